"""Ranges of bytes, for all sizes and headers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minutebook.api.byte_ranges import Span, requested_span

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Other work may share the machine: time proves nothing here."""

SIZES = st.integers(0, 10**12)


@PATIENT
@given(SIZES, st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_span_lies_within_the_file(size: int, first: int, last: int) -> None:
    for header in (f"bytes={first}-{last}", f"bytes={first}-", f"bytes=-{last}"):
        try:
            span = requested_span(header, size)
        except ValueError:
            continue
        if span is not None:
            assert 0 <= span.start < span.end <= size
            assert span.length == span.end - span.start


@PATIENT
@given(SIZES, st.text())
def test_any_header_is_answered(size: int, header: str) -> None:
    try:
        requested_span(header, size)
        requested_span(f"bytes={header}", size)
    except ValueError as error:
        assert "asks for nothing" in str(error)  # noqa: PT017 - both ends are right


def test_no_header_asks_for_everything() -> None:
    assert requested_span(None, 5) is None
    assert requested_span("bytes=0-4", 5) == Span(0, 5, 5)
    with pytest.raises(ValueError, match="asks for nothing"):
        requested_span("bytes=0-", 0)
