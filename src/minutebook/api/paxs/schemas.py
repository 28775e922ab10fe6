"""The wire shapes of sections 3 to 5 of the PAXS API. Rules on their values are the capabilities'; here are types."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from minutebook.api.bodies import Body
from minutebook.meetings.model import ATTENDEES_MAX
from minutebook.recordings.model import NUM_SPEAKERS_MAX

NumSpeakers = Annotated[
    int | None,
    Field(ge=1, le=NUM_SPEAKERS_MAX, description="How many voices there are at most; found out when missing."),
]
Progress = Annotated[float, Field(ge=0, le=1, description="How much of the work is done.")]


_SESSION = "0192f3a1-7c2e-7b6d-9a51-6a3f5f1f0c21"


class ErrorDetail(BaseModel):
    """What went wrong: a stable code, a sentence for people, the offending field."""

    code: str = Field(examples=["attendees_required"])
    message: str
    field: str | None = None


class ErrorBody(BaseModel):
    """The body of every error."""

    error: ErrorDetail


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of an operation, for its description; 401 and 403 are on all of them."""
    return {status: {"model": ErrorBody, "description": _MEANINGS[status]} for status in (*statuses, 401, 403)}


_MEANINGS = {
    400: "A parameter is wrong or missing.",
    401: "The token is missing, expired or revoked.",
    403: "The token lacks the scope.",
    404: "It does not exist, or it belongs to somebody else.",
    409: "Not possible as things stand now.",
    413: "Too large.",
    415: "The body is neither JSON nor multipart.",
    416: "No byte of what was asked for exists.",
    503: "Somebody whom this needs is away at the moment; ask again later.",
}


class AttendeeIn(Body):
    """Somebody who takes part. `source` is `manual`, `event` or `zoom_participant`."""

    email: str | None = Field(None, examples=["ada@example.com"])
    display_name: str | None = Field(
        None, validation_alias=AliasChoices("displayName", "display_name"), examples=["Ada Lovelace"]
    )
    role: str | None = Field(None, examples=["participant"])
    source: str | None = Field(None, examples=["manual"])


class SessionIn(Body):
    """A meeting to be made, or what to change of one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "Weekly", "attendees": [{"email": "ada@example.com", "displayName": "Ada Lovelace"}]}
            ]
        }
    )

    title: str | None = Field(None, description="Date and time when missing.")
    description: str | None = None
    attendees: list[AttendeeIn] | None = Field(
        None, max_length=2 * ATTENDEES_MAX, description=f"1 to {ATTENDEES_MAX} for a new meeting."
    )


class AttendeeOut(BaseModel):
    """Somebody who took part."""

    email: str
    display_name: str = Field(serialization_alias="displayName")
    role: str
    source: str


class RecordingOut(BaseModel):
    """A recording (the API says attachment). `duration_s` is null until the file was probed."""

    id: str
    session_id: str
    filename: str
    content_type: str
    size: int
    duration_s: float | None
    sha256: str
    language: str | None = Field(description="The spoken language as it was given; null when it is detected.")
    num_speakers: int | None = Field(description="How many voices there are at most, as it was given.")
    origin: str | None = Field(description="Where it came from, in a sentence; null when somebody handed it over.")
    status: str = Field(description="`processing`, `completed`, `partial` or `failed`.")
    created_at: datetime


class SessionOut(BaseModel):
    """A meeting. `status` is `created` without a recording, else the recording's."""

    id: str
    title: str
    description: str
    attendees: list[AttendeeOut]
    status: str
    recording: RecordingOut | None
    created_at: datetime
    updated_at: datetime


class SessionPage(BaseModel):
    """One page of meetings, newest first, and how many match in all."""

    items: list[SessionOut]
    page: int
    page_size: int
    total: int


class RecordingFromUrl(Body):
    """A recording that the server fetches itself, from a public address."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"session_id": _SESSION, "url": "https://example.com/weekly.mp3"}]}
    )

    session_id: str
    url: str = Field(max_length=4096, examples=["https://example.com/weekly.mp3"])
    language: str | None = None
    num_speakers: NumSpeakers = None


class AnalysisIn(Body):
    """Analyses to be made. Types: `transcription`, `meeting note` (needs `instruction`, here or in its
    template), `key_points`, `sentiment`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "session_id": _SESSION,
                    "analysis_types": ["transcription", "meeting note"],
                    "instruction": "Generate a detailed meeting summary",
                    "meeting_type": "group",
                }
            ]
        }
    )

    session_id: str
    attachment_id: str | None = Field(None, description="The meeting's recording when missing.")
    analysis_types: list[str] = Field(max_length=50, examples=[["transcription", "meeting note"]])
    instruction: str | None = Field(None, examples=["Generate a detailed meeting summary"])
    meeting_type: str | None = Field(
        None, description="`group`, `team`, `department`, `cross_functional`, `organization` or `company`."
    )
    language: str | None = Field(None, description="Language code for a new transcription; detected when missing.")
    num_speakers: NumSpeakers = None
    template: str | None = Field(
        None, max_length=1000, description="Note template, by id or name; the meeting type's own when missing."
    )


class ReportError(BaseModel):
    """Why a report failed."""

    code: str
    message: str
    retryable: bool


class WaitingOut(BaseModel):
    """What holds the work up, which goes on by itself when that is over, and since when."""

    code: str
    message: str
    since: datetime


class ProgressDetail(BaseModel):
    """What is being done, and how many seconds of the recording are transcribed, of how many."""

    stage: str
    done_s: float | None
    total_s: float | None


class ReportOut(BaseModel):
    """One version of one analysis. `status` is `pending`, `processing`, `completed` or `failed`; `report_content` is
    JSON as a string, present once it is completed. `stale`: the transcript was corrected since this was made from it;
    requesting the analysis again makes it from the corrected one. `waiting`: an outage holds the work up."""

    id: str
    recording_id: str
    analysis_type: str
    status: str
    version: int
    progress: Progress
    progress_detail: ProgressDetail
    report_content: str | None
    stale: bool
    error: ReportError | None
    waiting: WaitingOut | None
    created_at: datetime
    updated_at: datetime


class WordOut(BaseModel):
    """A word as it was said, in seconds from the start, and from 0 to 1 how surely it was heard."""

    word: str
    start: float
    end: float
    probability: float


class SegmentOut(BaseModel):
    """What a voice said in one go; `speaker` is the `id` of one of `speakers`."""

    speaker: str
    start: float
    end: float
    text: str
    words: list[WordOut]


class TranscriptSpeakerOut(BaseModel):
    """A voice of a transcript under the name that is shown."""

    id: str
    name: str
    talk_time_s: float


class TranscriptOut(BaseModel):
    """A transcript, corrected; `notices` says what was wrong with the sound."""

    summary: str
    language: str
    duration_s: float
    notices: list[str]
    speakers: list[TranscriptSpeakerOut]
    segments: list[SegmentOut]


class PeaksOut(BaseModel):
    """The loudest sample, 0 to 1, of each of equal stretches of a recording."""

    duration_s: float
    peaks: list[float]


class EvidenceOut(BaseModel):
    """Something said, in seconds from the start; `speaker` is the voice's name."""

    start: float
    end: float
    speaker: str
    quote: str


class GuessOut(BaseModel):
    """A remembered voice that this one sounds like: from 0 to 1 how much, and from how many meetings it is known."""

    voice_id: str
    likeness: float
    meetings: int


class NameProposalOut(BaseModel):
    """Whom a voice is taken for, from 0 to 1 how surely: by the talk (`evidence`), by its sound (`sounds_like`), or by
    both. Only what is `assigned` is shown as the voice's name, and only until somebody says otherwise. `attendee` is
    null for somebody whom the meeting does not list; they are never assigned."""

    name: str
    attendee: str | None
    confidence: float
    assigned: bool
    evidence: list[EvidenceOut]
    sounds_like: GuessOut | None = None


class SpeakerOut(BaseModel):
    """A voice of a recording, under the name that is shown; `attendee` is the e-mail address of who it is. `source` is
    where the name comes from: `hand`, `call`, `talk`, `voice` (it sounds like a remembered one) or
    `none`."""

    id: str
    name: str
    attendee: str | None
    talk_time_s: float
    source: str
    proposal: NameProposalOut | None = Field(description="What talk and sound say of who this is.")


class SpeakersOut(BaseModel):
    """The voices of a recording."""

    speakers: list[SpeakerOut]


class SpeakerNameIn(Body):
    """Who a voice is: a `name`, an `attendee` (e-mail address), or `"name": null` to take its name away for good."""

    id: str = Field(examples=["speaker_1"])
    name: str | None = Field(None, examples=["Ada"])
    attendee: str | None = Field(None, examples=["ada@example.com"])


class SpeakersIn(Body):
    """Names for voices; those not listed keep theirs."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"speakers": [{"id": "speaker_1", "attendee": "ada@example.com"}]}]}
    )

    speakers: list[SpeakerNameIn] = Field(max_length=1000)
