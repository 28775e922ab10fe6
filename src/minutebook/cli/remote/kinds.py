"""What can be asked for, as it is written on the command line."""

from enum import StrEnum

from minutebook.client import AnalysisType


class Kind(StrEnum):
    """Types of analysis, as they are written on the command line."""

    TRANSCRIPTION = "transcription"
    MEETING_NOTE = "meeting_note"
    KEY_POINTS = "key_points"
    SENTIMENT = "sentiment"

    @property
    def type(self) -> AnalysisType:
        """The protocol's name."""
        return AnalysisType[self.name]


class MeetingKind(StrEnum):
    """What sort of meeting it was; shapes the note."""

    GROUP = "group"
    TEAM = "team"
    DEPARTMENT = "department"
    CROSS_FUNCTIONAL = "cross_functional"
    ORGANIZATION = "organization"
    COMPANY = "company"
