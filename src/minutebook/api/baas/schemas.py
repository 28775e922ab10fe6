"""Bodies of requests of the v1 API. What they become is decided in `wishes`."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, PlainValidator, StrictBool, StrictInt, StrictStr

from minutebook.api.bodies import Body
from minutebook.bots.model import RecordingMode, SpeechProvider

MILLISECONDS_FROM = 1e11
"""Numbers from here on are milliseconds: as seconds they would be in the year 5138."""


def _start_moment(value: object) -> datetime | None:
    """Seconds since the epoch, as the API says; milliseconds, as it said earlier; or ISO text, as its own tool for
    assistants sends. Text without a zone is UTC."""
    if isinstance(value, str) and value.strip():
        text = value.strip()
        value = float(text) if text.isascii() and text.isdecimal() else _utc(text)
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("seconds since 1970 are expected")
    if value < 0:
        raise ValueError("a moment before 1970 cannot be joined")
    try:
        return datetime.fromtimestamp(value / 1000 if value >= MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("this moment is too far away") from None


def _utc(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("seconds since 1970 or an ISO 8601 date and time are expected") from None


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _with_provider(value: object) -> object:
    return {"provider": value} if isinstance(value, str) else value


Text = StrictStr | None
Seconds = Annotated[Annotated[StrictInt, Field(ge=0)] | None, BeforeValidator(_whole)]


class AutomaticLeaveIn(BaseModel):
    """When to leave; seconds."""

    waiting_room_timeout: Seconds = None
    noone_joined_timeout: Seconds = None
    silence_timeout: Seconds = None


class SpeechToTextIn(BaseModel):
    """Who is to transcribe."""

    provider: SpeechProvider
    api_key: Text = None


class StreamingIn(BaseModel):
    """WebSocket addresses."""

    input: Text = None
    output: Text = None
    audio_frequency: Literal["16khz", "24khz"] | None = None


SpeechToTextWish = Annotated[SpeechToTextIn | None, BeforeValidator(_with_provider)]


class JoinRequest(Body):
    """The body of `POST /bots/`. Only here, and not in the objects in it, are unknown members refused, as in the
    contract; elsewhere the answer says which were not read (`Sent`)."""

    meeting_url: StrictStr
    bot_name: StrictStr
    bot_image: Text = None
    entry_message: Text = None
    recording_mode: RecordingMode | None = None
    reserved: StrictBool | None = None
    start_time: Annotated[datetime | None, PlainValidator(_start_moment)] = None
    speech_to_text: SpeechToTextWish = None
    transcription_custom_parameters: Any = None
    automatic_leave: AutomaticLeaveIn | None = None
    streaming: StreamingIn | None = None
    webhook_url: Text = None
    deduplication_key: Text = None
    extra: Any = None
    zoom_sdk_id: Text = None
    zoom_sdk_pwd: Text = None
    zoom_access_token_url: Text = None
    zoom_obf_token: Text = None
    zoom_obf_token_url: Text = None
    zoom_obf_token_user_id: Text = None


class EventBotRequest(BaseModel):
    """The body of `POST /calendar_events/{uuid}/bot`: flat, where that of a bot has objects."""

    bot_name: StrictStr
    bot_image: Text = None
    deduplication_key: Text = None
    enter_message: Text = None
    extra: Any = None
    noone_joined_timeout: Seconds = None
    waiting_room_timeout: Seconds = None
    silence_timeout: Seconds = None
    recording_mode: RecordingMode | None = None
    speech_to_text: SpeechToTextWish = None
    streaming_input: Text = None
    streaming_output: Text = None
    streaming_audio_frequency: Literal["16khz", "24khz"] | None = None
    transcription_custom_parameters: Any = None
    webhook_url: Text = None
    zoom_sdk_id: Text = None
    zoom_sdk_pwd: Text = None
    zoom_access_token_url: Text = None
    zoom_obf_token: Text = None
    zoom_obf_token_url: Text = None
    zoom_obf_token_user_id: Text = None


class EventBotChange(EventBotRequest):
    """The body of `PATCH /calendar_events/{uuid}/bot`: what is absent or null stays as it is."""

    bot_name: Text = None  # type: ignore[assignment]


class CalendarCredentials(BaseModel):
    """The body of `POST /calendars/raw` and of `PATCH /calendars/{uuid}`."""

    oauth_client_id: Annotated[StrictStr, Field(min_length=1)]
    oauth_client_secret: Annotated[StrictStr, Field(min_length=1)]
    oauth_refresh_token: Annotated[StrictStr, Field(min_length=1)]
    platform: Literal["Google", "Microsoft"]


class ConnectCalendarRequest(CalendarCredentials):
    """The body of `POST /calendars/`; without an id it is the account's primary calendar."""

    raw_calendar_id: Text = None


class CreateConnectionRequest(BaseModel):
    """The body of `POST /zoom_oauth_connections/`."""

    authorization_code: Annotated[StrictStr, Field(min_length=1)]
    redirect_uri: Annotated[StrictStr, Field(min_length=1)]
    zoom_client_id: Annotated[StrictStr, Field(min_length=1)]
    zoom_client_secret: Annotated[StrictStr, Field(min_length=1)]


class RetranscribeRequest(BaseModel):
    """The body of `POST /bots/retranscribe`; the parameters, as for a new bot, are more than the contract knows."""

    bot_uuid: StrictStr
    speech_to_text: SpeechToTextWish = None
    transcription_custom_parameters: Any = None
    webhook_url: Text = None


class WebhookUrlRequest(BaseModel):
    """The body of `POST /accounts/webhook_url`; null or nothing takes the address away."""

    webhook_url: Text
