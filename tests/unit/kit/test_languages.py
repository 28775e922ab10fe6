"""Languages by whatever they are called."""

import pytest
from faster_whisper.tokenizer import _LANGUAGE_CODES

from minutebook.errors import MinutebookError
from minutebook.kit.languages import checked_language, language_code, language_name


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("en", "en"), ("EN", "en"), (" de ", "de"), ("en-US", "en"), ("en_GB", "en"), ("zh-Hant-TW", "zh"),
        ("pt-BR", "pt"),
        ("nb", "no"), ("nb-NO", "no"), ("nn", "nn"), ("fil", "tl"), ("jv", "jw"), ("iw", "he"), ("in", "id"),
        ("ji", "yi"),
        ("cmn", "zh"), ("cmn-Hans-CN", "zh"), ("yue", "yue"), ("jp", "ja"), ("deu", "de"), ("ger", "de"), ("fra", "fr"),
        ("German", "de"), ("english", "en"), ("Norwegian Bokmål", "no"), ("Scottish Gaelic", "gd"), ("Farsi", "fa"),
        ("ga", "ga"), ("zu", "zu"),
    ],
)  # fmt: skip
def test_every_name_of_a_language_is_understood(told: str, code: str) -> None:
    assert checked_language(told) == code
    assert language_code(language_name(code)) == code


@pytest.mark.parametrize(
    "told", ["xx", "e", "Klingon", "en US", "🇩🇪", "-", "english please", "x" * 10_000, "\x00", 7, True, ["de"]]
)
def test_what_is_no_language_is_refused_with_the_field(told: object) -> None:
    with pytest.raises(MinutebookError) as refused:
        checked_language(told, "a.language")
    assert (refused.value.code, refused.value.field) == ("language_invalid", "a.language")
    assert len(refused.value.message) < 250


@pytest.mark.parametrize("told", [None, "", "  ", "auto", "AUTO"])
def test_what_is_not_told_is_detected(told: str | None) -> None:
    assert checked_language(told) is None


def test_what_the_model_hears_is_in_the_table() -> None:
    assert {code: language_code(code) for code in _LANGUAGE_CODES} == {code: code for code in _LANGUAGE_CODES}
