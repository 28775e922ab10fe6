"""The rules' items and a model's as one list: nothing lost, nothing twice, the better word stays."""

from dataclasses import replace

from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Due, Evidence, Item, ItemKind, Owner, Span
from minutebook.language.producers.merging import is_better, joined

ENGLISH = lexicon_of("en")
LINE = Evidence(10, 14, "speaker_1", "I'll send the results of the load test to the board by Friday.")
LATER = Evidence(200, 204, "speaker_2", "I'll send the invoices to the board.")
TASK = Item(ItemKind.ACTION, "I'll send the results of the load test to the board", (LINE,), Owner("speaker_1"))


def always(_: Item) -> bool:
    return True


def test_the_better_word_for_the_same_thing_stands_once() -> None:
    said = replace(TASK, text="Send the load test results to the board", due=Due("Friday"))

    (one,) = joined([TASK], [said, said], ENGLISH, always)

    assert one == replace(TASK, text=said.text, due=said.due)


def test_what_the_lock_refuses_of_a_joint_line_is_not_made() -> None:
    said = replace(TASK, text="Send the load test results to the board", due=Due("Friday"))

    assert joined([TASK], [said], ENGLISH, lambda item: item == TASK) == [TASK]
    assert joined([TASK], [said], ENGLISH, lambda i: i.due is None) == [replace(TASK, text=said.text)]


def test_what_only_the_model_found_is_added_and_nothing_of_the_rules_is_lost() -> None:
    other = Item(ItemKind.ACTION, "Send the invoices to the board", (LATER,), Owner("speaker_2"))
    question = Item(ItemKind.QUESTION, "Who pays?", (LATER,))

    assert joined([TASK, question], [other], ENGLISH, always) == [TASK, question, other]
    assert joined([TASK, question], [], ENGLISH, always) == [TASK, question]


def test_the_owner_of_the_rules_stands() -> None:
    said = replace(TASK, text="Send the load test results to the board", owner=Owner(name="Tom"))

    assert [i.owner for i in joined([TASK], [said], ENGLISH, always)] == [TASK.owner]


def test_a_line_that_only_repeats_under_another_kind_is_not_added() -> None:
    said = Item(ItemKind.DECISION, "Send the results of the load test to the board", (LINE,))

    assert joined([TASK], [said], ENGLISH, always) == [TASK]


def test_the_same_words_of_another_moment_or_by_somebody_else_are_another_task() -> None:
    much_later = replace(TASK, evidence=(replace(LINE, start=900, end=904),))
    somebody = replace(TASK, evidence=(replace(LATER, start=20, end=24),), owner=Owner("speaker_2"))

    assert len(joined([TASK], [much_later, somebody], ENGLISH, always)) == 3


def test_other_numbers_are_other_tasks() -> None:
    first, second = (replace(TASK, text=f"Send report number {n} to the board") for n in (1, 2))

    assert joined([first], [second], ENGLISH, always) == [first, second]


def test_a_topic_of_the_same_time_rewords_and_does_not_double() -> None:
    topic = Item(ItemKind.TOPIC, "We talked with our board about the load test", (LINE,), span=Span(0, 100))
    said = Item(ItemKind.TOPIC, "Board and load test", (LINE,))
    elsewhere = Item(ItemKind.TOPIC, "Invoices to the board", (LATER,))

    assert joined([topic], [said, said, elsewhere], ENGLISH, always) == [replace(topic, text=said.text), elsewhere]


def test_a_wording_is_not_better_when_it_loses_what_counts() -> None:
    old = "I'll order thirty chairs for Maria by Friday"
    assert is_better("Order thirty chairs for Maria by Friday", old, ENGLISH)
    assert is_better("Order 30 chairs for Maria by Friday", old, ENGLISH)
    for lost in ("Order chairs for Maria by Friday", "Order thirty chairs by Friday", "Order thirty chairs for Maria"):
        assert not is_better(lost, old, ENGLISH), lost
    assert not is_better("Do not order thirty chairs for Maria by Friday", old, ENGLISH)
    assert not is_better("Chairs", "I'll order chairs", ENGLISH)
    assert not is_better(old, old, ENGLISH)


def test_a_short_line_is_better_than_a_long_one_of_the_same_kind_of_words() -> None:
    old = (
        "Post the release notes to the forum and then look whether anybody has a question about the release that has "
        "to be answered"
    )
    assert is_better("Post the release notes to the forum and answer questions there", old, ENGLISH)
