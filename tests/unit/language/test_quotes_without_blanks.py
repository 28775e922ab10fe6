"""Notes of languages written without blanks: what is shown has none between their characters."""

from minutebook.language.lock.verify import locked
from minutebook.language.model import Draft, Item, ItemKind, KeyPoint, NoteRequest
from minutebook.language.render.wire import key_points_to_json, note_to_json
from minutebook.language.talk.sentences import sentences_of
from support.talks import talk


def test_items_quotes_and_markdown_are_joined_by_the_one_joiner() -> None:
    heard = talk("Ada: 来週 の 会議 で API を 公開 し ます 。", language="ja")
    (sentence,) = sentences_of(heard)
    item = Item(ItemKind.TOPIC, sentence.text, (sentence.evidence(),))
    shown = note_to_json(locked(Draft((item,), "test"), heard, NoteRequest()), heard)
    joined = "来週の会議でAPIを公開します。"
    assert [(each["text"], each["evidence"][0]["quote"]) for each in shown["items"]] == [(joined, joined)]
    assert shown["markdown"].count(joined) == 2
    points = key_points_to_json([KeyPoint(sentence.text, (sentence.evidence(),))], heard)
    assert points["key_points"][0]["text"] == joined
    stored = note_to_json(locked(Draft((item,), "test"), heard, NoteRequest()))
    assert stored["items"][0]["evidence"][0]["quote"] == sentence.text, "the lock compares words"
