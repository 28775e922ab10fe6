"""Members that a body does not have, and what was probably meant."""

import pytest
from pydantic import ValidationError

from minutebook.api.bodies import MEMBER_UNKNOWN, Body
from minutebook.api.paxs.schemas import AnalysisIn, AttendeeIn, RecordingFromUrl, SessionIn


@pytest.mark.parametrize(
    ("model", "member", "hint"),
    [
        (SessionIn, "titel", "did you mean `title`?"),
        (SessionIn, "Attendee", "did you mean `attendees`?"),
        (AttendeeIn, "display-name", "did you mean `displayName`?"),
        (AttendeeIn, "DisplayName", "did you mean `displayName`?"),
        (AttendeeIn, "mail", "did you mean `email`?"),
        (AttendeeIn, "phone", "there are `email`, `displayName`, `role`, `source`."),
        (AnalysisIn, "sessionId", "did you mean `session_id`?"),
        (AnalysisIn, "analysis_type", "did you mean `analysis_types`?"),
        (RecordingFromUrl, "uri", "did you mean `url`?"),
    ],
)
def test_the_nearest_name(model: type[Body], member: str, hint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({member: "x"})
    (error,) = refused.value.errors()
    assert (error["type"], error["ctx"]["member"]) == (MEMBER_UNKNOWN, member)
    assert error["msg"] == f"is not known here: {hint}"


def test_both_names_of_a_member_are_known() -> None:
    for name in ("displayName", "display_name"):
        assert AttendeeIn.model_validate({name: "Ada"}).display_name == "Ada"
