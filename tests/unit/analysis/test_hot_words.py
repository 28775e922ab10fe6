"""What corrections teach the recogniser."""

from hypothesis import given
from hypothesis import strategies as st

from minutebook.analysis.edits.hot_words import HOT_WORDS_MAX, hot_words
from minutebook.analysis.edits.model import WordsChange


def change(text: str, before: str = "x", *, remember: bool = True) -> WordsChange:
    return WordsChange(0, 0, 0, text, before, remember)


def test_the_most_frequent_come_first_then_the_newest() -> None:
    newest_first = [change("Kubernetes."), change("Kilburn"), change("Keiko,"), change("Kilburn's")]
    assert hot_words(newest_first, "en") == ("Kilburn", "Kubernetes", "Keiko")


def test_what_teaches_nothing_is_left_out() -> None:
    changes = [
        change("the"),
        change("of 42 to"),
        change("Ada said so", before="ada said zo"),
        change("Lovelace", remember=False),
        change(""),
        change("x" * 41),
    ]
    assert hot_words(changes, "en") == ()
    assert hot_words([change("nicht"), change("Grünberg")], "de") == ("Grünberg",)


def test_a_spelling_is_the_newest_one() -> None:
    assert hot_words([change("MinuteBook"), change("Minutebook")], "en") == ("MinuteBook",)


@given(st.lists(st.text(max_size=60).map(change), max_size=80))
def test_there_are_never_many(changes: list[WordsChange]) -> None:
    told = hot_words(changes, "xx")
    assert len(told) <= HOT_WORDS_MAX
    assert len({word.casefold() for word in told}) == len(told)
