"""Text that people send."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minutebook.errors import MinutebookError
from minutebook.kit.text import clean_line, clean_text, is_storable

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Other work may share the machine: time proves nothing here."""


@PATIENT
@given(st.text(st.characters()))
def test_what_is_kept_can_be_stored_and_is_kept_again_as_it_is(text: str) -> None:
    if is_storable(text):
        kept = clean_text(text, "title", at_most=10_000)
        assert is_storable(kept)
        assert clean_text(kept, "title", at_most=10_000) == kept
        kept.encode()
        line = clean_line(text, "title", at_most=10_000)
        assert "\n" not in line
        assert clean_line(line, "title", at_most=10_000) == line
    else:
        with pytest.raises(MinutebookError, match="not text"):
            clean_text(text, "title", at_most=10_000)


def test_lines_are_kept_and_controls_are_not() -> None:
    assert clean_text(" a\r\nb\x07\x1b[31m\tc ", "x", at_most=99) == "a\nb[31m\tc"
    assert clean_line(" a\r\n b ", "x", at_most=99) == "a b"
    with pytest.raises(MinutebookError, match="at most 3"):
        clean_text("abcd", "x", at_most=3)
