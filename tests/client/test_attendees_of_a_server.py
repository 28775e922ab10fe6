"""Attendees of whom only a part was given, for a server: what is not known is asked for, never made up."""

import pytest

from minutebook.cli.remote.people import attendees_of
from minutebook.client import Paxs
from minutebook.errors import MinutebookError


def test_a_name_that_no_meeting_knows_is_asked_for(paxs: Paxs) -> None:
    with pytest.raises(MinutebookError, match="Which address has Alan Turing") as caught:
        attendees_of(paxs, [("Alan Turing", "")])
    assert caught.value.code == "attendee_email_required"
