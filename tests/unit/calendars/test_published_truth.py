"""The published file of the simulations says what their truth says, by a reader that is not ours: else a bot that goes
where the file sends it would count as one too many."""

from datetime import UTC, datetime, timedelta
from random import Random

import icalendar
import pytest
import recurring_ical_events

from support.calendars.edits import Editor
from support.calendars.published import ics_of
from support.calendars.world import Truth

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(3))
def test_the_published_file_shows_what_the_truth_shows(seed: int) -> None:
    truth, now = Truth(), START
    editor = Editor(truth, Random(seed), "e", most_series=4)
    for _ in range(40):
        for _ in range(3):
            editor.edit(now, now)
        until = now + timedelta(days=30)
        events = recurring_ical_events.of(icalendar.Calendar.from_ical(ics_of(truth))).between(now, until)
        written = {(str(each["UID"]), each.start.astimezone(UTC), each.end.astimezone(UTC)) for each in events}
        shown = truth.instances(now, until).values()
        assert written == {(each.series or each.key, each.start, each.end) for each in shown}
        now += timedelta(hours=18)
