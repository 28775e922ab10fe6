"""Questions that were asked in earnest, and whether something answered them."""

from collections.abc import Sequence

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.model import Item, ItemKind
from minutebook.language.talk.moves import Move
from minutebook.language.talk.sentences import Sentence
from minutebook.language.talk.wording import sentence_case

_SHORTEST = 4


def questions_of(moves: Sequence[Move], sentences: Sequence[Sentence], lexicon: Lexicon) -> list[Item]:
    """Questions in the order of the talk; requests and small talk are not among them."""
    by_sentence: dict[int, list[Move]] = {}
    for move in moves:
        by_sentence.setdefault(move.sentence.index, []).append(move)
    items: list[Item] = []
    for sentence in sentences:
        acts = by_sentence.get(sentence.index, [])
        if sentence.is_question and _in_earnest(sentence, acts, lexicon):
            items.append(_question(sentence, sentences, by_sentence, lexicon))
        elif (open_question := _open(sentence, acts, sentences, by_sentence, lexicon)) is not None:
            items.append(open_question)
    return items


def _in_earnest(sentence: Sentence, acts: Sequence[Move], lexicon: Lexicon) -> bool:
    words = lexicon.words.normal_words(sentence.text)
    if len(words) < _SHORTEST or any(
        m.act is Act.REQUEST and m.do and not lexicon.matches("asks_when", m.clause.norm) for m in acts
    ):
        return False
    if lexicon.matches("offers", " ".join(words)) or _only_time(sentence, lexicon):
        return False
    norm = " ".join(words) + " ?"
    return not any(pattern.search(norm) for pattern in lexicon.small_talk)


def _only_time(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Whether a question is nothing but a time: it answers another one ("End of next week?")."""
    words = lexicon.words.normal_words(sentence.text)
    due = lexicon.dates.find_due(" ".join(words))
    return due is not None and len(words) - len(due.text.split()) <= 1


def _question(
    sentence: Sentence, sentences: Sequence[Sentence], moves: dict[int, list[Move]], lexicon: Lexicon
) -> Item:
    reply = _reply(sentence, sentences)
    unknown = any(m.act is Act.UNKNOWN for s in reply[:2] for m in moves.get(s.index, []))
    answered = bool(reply) and not unknown and (not reply[0].is_question or _only_time(reply[0], lexicon))
    before = sentences[sentence.index - 1] if sentence.index else None
    points_back = (
        before is not None
        and len(before.words) >= _SHORTEST
        and lexicon.patterns["question_points_back"].search(lexicon.words.norm(sentence.text)) is not None
    )
    spans = [*([before] if points_back and before else []), sentence, *reply[:1]]
    return Item(
        ItemKind.QUESTION,
        sentence_case(lexicon.patterns["before_question"].sub("", sentence.text)) + "?",
        tuple(s.evidence() for s in spans),
        answered=answered,
        answer=reply[0].text if answered else None,
        context=before.text if points_back and before else None,
    )


def _reply(sentence: Sentence, sentences: Sequence[Sentence]) -> list[Sentence]:
    after = sentences[sentence.index + 1 : sentence.index + 9]
    others = [s for s in after if s.speaker != sentence.speaker and s.turn <= sentence.turn + 1]
    filler = [s for s in others if len(s.words) > 2]
    return filler or others


def _open(
    sentence: Sentence,
    acts: Sequence[Move],
    sentences: Sequence[Sentence],
    moves: dict[int, list[Move]],
    lexicon: Lexicon,
) -> Item | None:
    """What somebody says is not known: "we still have no idea why …", or "Only why …" next to "I have no idea."."""
    if sentence.is_question:
        return None
    told = next((m for m in acts if m.act is Act.UNKNOWN and len(lexicon.words.normal_words(m.do)) >= _SHORTEST), None)
    if told is not None:
        return Item(ItemKind.QUESTION, sentence_case(told.do), (sentence.evidence(),), answered=False)
    match = lexicon.patterns["question_word"].match(lexicon.words.norm(sentence.text))
    following = sentences[sentence.index + 1 : sentence.index + 2]
    unknown = following and any(m.act is Act.UNKNOWN for m in moves.get(following[0].index, []))
    if match is None or not unknown or len(sentence.words) < _SHORTEST:
        return None
    at = next(i for i, w in enumerate(sentence.written) if w.casefold().strip(",") == match[1])
    text = sentence_case(" ".join(sentence.written[at:]))
    return Item(ItemKind.QUESTION, text, (sentence.evidence(), following[0].evidence()), answered=False)
