"""How an item reads: the words that were said, without address, politeness and the due date in front or behind."""

import re
from dataclasses import replace

from minutebook.language.lexicon import Lexicon
from minutebook.language.model import Item, ItemKind
from minutebook.language.talk.clauses import Clause

_EDGE_PUNCTUATION = " ,.;:?!…—–\"'“”"


def trimmed(clause: Clause, first: int, last: int, due: tuple[int, int] | None, lexicon: Lexicon) -> str:
    """The words of `clause.norm[first:last]` as written, cut at both ends; the due expression goes when it stands at
    an end (it is shown on its own)."""
    words = clause.words_in(first, last)
    marked = {token.word for token in clause.tokens if token.text.startswith("@")}
    due_words = set(clause.words_in(*due)) if due else set()
    before = lexicon.lists["fringe_before"]
    while words and (
        words[-1] in due_words or _is_fringe(clause, words, lexicon) or _is_address(clause, words, marked)
    ):
        words.pop()
    while words and (_drops(clause, words[0], before) or (words[0] in due_words and len(words) > len(due_words))):
        words.pop(0)
    return sentence_case(" ".join(clause.sentence.written[i] for i in words))


def for_people(item: Item, lexicon: Lexicon) -> Item:
    """An action or decision as it is written down rather than said: without hesitation, "I'll" and the like, and with
    "the invoices" for "those invoices"; where a language keeps the subject, with it ("Je vous envoie …")."""
    if item.kind not in (ItemKind.ACTION, ItemKind.DECISION):
        return item
    text = _with_subject(item, lexicon)
    for pattern, becomes in lexicon.wording:
        text = pattern.sub(becomes, text)
    due = replace(item.due, said=_in_a_line(item.due.said, lexicon)) if item.due else None
    return replace(item, text=sentence_case(text) or item.text, due=due)


def _with_subject(item: Item, lexicon: Lexicon) -> str:
    """The text with the "je" that stands before it in a quote: without it "te la poste" is cut speech."""
    start = item.text[:1].lower() + item.text[1:]
    for subject in lexicon.lists["kept_subjects"]:
        for written in (f"{subject} {start}", f"{subject}{start}"):
            if any(written.lower() in evidence.quote.lower() for evidence in item.evidence):
                return written
    return item.text


def _in_a_line(said: str, lexicon: Lexicon) -> str:
    """A time that began its sentence ("This week.") as it stands in a line."""
    first = said.partition(" ")[0].casefold()
    small = first in lexicon.stopwords or first in lexicon.lists["date_words"]
    return said[:1].lower() + said[1:] if small else said


def _is_fringe(clause: Clause, words: list[int], lexicon: Lexicon) -> bool:
    """Whether the last word says nothing of the task: "…, please", "…, everybody", but not "for everybody"."""
    object_of = len(words) > 1 and _drops(clause, words[-2], lexicon.lists["before_object"])
    return not object_of and _drops(clause, words[-1], lexicon.lists["fringe_after"])


def _drops(clause: Clause, word: int, fringe: frozenset[str]) -> bool:
    return clause.sentence.written[word].strip(_EDGE_PUNCTUATION).casefold() in fringe


def _is_address(clause: Clause, words: list[int], marked: set[int]) -> bool:
    written = clause.sentence.written
    return words[-1] in marked and len(words) > 1 and written[words[-2]].endswith(",")


def sentence_case(text: str) -> str:
    """Without punctuation at the ends and with a capital in front."""
    text = re.sub(r"\s+", " ", text).strip(_EDGE_PUNCTUATION)
    return text[:1].upper() + text[1:]
