"""How a text is searched as one string: the same words as one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.kit.text import folded
from minutebook.search.hits import Matching, counted, hits_of
from minutebook.search.model import Part, Passage, parsed
from minutebook.search.words import key_of, runs_of, spread, terms_of, words_of

ALPHABET = st.sampled_from(
    [*list("abcXYZ éöß_-.'\"\\,\t\x0b0²ﬁ"), "我", "ก", "า", "日", "क", "\u0301", "\u00a8", "\u2028"]
)
TEXTS = st.text(ALPHABET, max_size=30)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_spread_text_has_the_words_of_its_lines(texts: list[str]) -> None:
    lines = spread(folded("\n".join(texts))).split("\n")
    assert lines.pop() == ""
    assert [line.split() for line in lines] == [words_of(text) for text in texts]
    assert all(not line.split() or line.startswith(" ") for line in lines)


@given(st.lists(st.sampled_from(["load", "the", "test", "cafe", "café", "of"]), min_size=2, max_size=8), st.data())
def test_a_phrase_is_found_by_its_runs_and_in_the_text(words: list[str], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(words) - 2))
    end = data.draw(st.integers(begin + 2, len(words)))
    phrase = " ".join(words[begin:end])
    terms = set(terms_of([" ".join(words)], "en"))
    (term,) = parsed(f'"{phrase}"')
    assert all(terms.intersection(need) for need in term.needs())
    hits, more = hits_of([Passage(Part.TRANSCRIPT, ", ".join(words))], Matching((term,), "en"))
    assert (len(hits), more) == (1, 0)


def test_runs_are_pairs_and_threes_of_short_words() -> None:
    assert len(runs_of(["end", "of", "the", "quarter"])) == 4
    assert len(runs_of(["quarter", "figures"])) == 1
    assert runs_of(["alone"]) == []


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ('"load test"', "the load, test", True),
        ('"load test"', "the load\ntest", True),
        ('"load test"', "the upload test", False),
        ('"load test"', "the load tests", False),
        ('"cafe au lait"', "Un café au lait?", True),
        ('"三月"', "我们三月十日", True),
        ('"月三"', "我们三月十日", False),
    ],
)
def test_phrases(query: str, text: str, found: bool) -> None:
    hits, _ = hits_of([Passage(Part.TRANSCRIPT, text)], Matching(parsed(query), "en"))
    assert bool(hits) is found


def test_terms_of_each_passage() -> None:
    passages = [
        Passage(Part.TRANSCRIPT, "We test the Éclair launch.", "Tom"),
        Passage(Part.TRANSCRIPT, "Nothing here.", "Launch Person"),
        Passage(Part.TRANSCRIPT, "Tested.", "Launch Person"),
    ]
    assert counted(passages, Matching(parsed("testing launch eclair"), "en")) == [3, 0, 2]
    assert counted(passages, Matching(parsed('"not there" launch'), "en")) == [1, 0, 0]
    assert key_of("éclair") == "eclair"
