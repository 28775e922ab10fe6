"""From a request to join to a wish that is checked: trimmed, clamped, its secrets sealed. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from minutebook.api.baas.schemas import (
    AutomaticLeaveIn,
    JoinRequest,
    SpeechToTextIn,
    StreamingIn,
)
from minutebook.bots.model import (
    BotWish,
    LeaveRules,
    RecordingMode,
    SpeechProvider,
    SpeechToText,
    Streaming,
    ZoomAccess,
)
from minutebook.errors import MinutebookError, invalid
from minutebook.kit.languages import checked_language
from minutebook.kit.text import clean_line, clean_text
from minutebook.sealing import Sealing

NAME_MOST: Final = 255
"""As the API's second version has it; the first states none."""
FARTHEST_START: Final = timedelta(days=10 * 365)
MESSAGE_MOST: Final = 4000
URL_MOST: Final = 4096
KEY_MOST: Final = 1000

WAITING_ROOM_S: Final = range(120, 1801)
NOONE_JOINED_S: Final = range(120, 1801)
SILENCE_S: Final = range(300, 1801)
"""The ranges that the API documents; what lies outside is moved into them, since its own clients send 0."""

FREQUENCIES: Final[Mapping[str | None, int]] = {None: 24_000, "16khz": 16_000, "24khz": 24_000}


@dataclass(frozen=True, slots=True)
class Ground:
    """What wishes are made on: the installation's key, the present moment, and the check that an address may get
    webhooks."""

    sealing: Sealing
    now: datetime
    checked_webhook_url: Callable[[str], str]


def wish_of(request: JoinRequest, ground: Ground) -> BotWish:
    """The wish; raises `…_invalid`, `…_required` with the member that is wrong."""
    parameters = request.transcription_custom_parameters
    return BotWish(
        meeting_url=_address(request.meeting_url, "meeting_url", "http", "https"),
        bot_name=_name(request.bot_name),
        recording_mode=request.recording_mode or RecordingMode.SPEAKER_VIEW,
        bot_image=_optional_address(request.bot_image, "bot_image", "http", "https"),
        entry_message=_blank_is_none(request.entry_message, "entry_message", MESSAGE_MOST),
        reserved=bool(request.reserved),
        start_at=_start(request.start_time, ground.now),
        speech_to_text=speech_of(request.speech_to_text, parameters, ground.sealing),
        leave=_leave_rules(request.automatic_leave or AutomaticLeaveIn()),
        streaming=_streaming(request.streaming or StreamingIn()),
        webhook_url=webhook_url_of(request.webhook_url, ground.checked_webhook_url),
        deduplication_key=_blank_is_none(request.deduplication_key, "deduplication_key", KEY_MOST),
        extra={} if request.extra is None else request.extra,
        transcription_parameters={} if parameters is None else parameters,
        zoom=_zoom(request, ground.sealing),
    )


def speech_of(asked: SpeechToTextIn | None, parameters: object, sealing: Sealing) -> SpeechToText | None:
    """The wish for a transcript; None when none is wanted. A provider takes parameters as an object only."""
    if asked is None:
        return None
    key = _sealed(asked.api_key, "speech_to_text.api_key", sealing)
    kept = parameters if isinstance(parameters, Mapping) else {}
    if asked.provider is SpeechProvider.DEFAULT:
        checked_language(kept.get("language"), "transcription_custom_parameters.language")
    return SpeechToText(asked.provider, key, kept)


def webhook_url_of(url: str | None, checked: Callable[[str], str]) -> str | None:
    """An address for webhooks; None when none was given."""
    return checked(url) if url and url.strip() else None


def _leave_rules(asked: AutomaticLeaveIn) -> LeaveRules:
    usual = LeaveRules()
    return LeaveRules(
        waiting_room_s=_clamped(asked.waiting_room_timeout, WAITING_ROOM_S, usual.waiting_room_s),
        noone_joined_s=_clamped(asked.noone_joined_timeout, NOONE_JOINED_S, usual.noone_joined_s),
        silence_s=_clamped(asked.silence_timeout, SILENCE_S, usual.silence_s),
    )


def _clamped(seconds: int | None, within: range, usual: int) -> int:
    return min(max(seconds, within[0]), within[-1]) if seconds else usual


def _streaming(asked: StreamingIn) -> Streaming:
    return Streaming(
        output=_optional_address(asked.output, "streaming.output", "ws", "wss"),
        input=_optional_address(asked.input, "streaming.input", "ws", "wss"),
        frequency=FREQUENCIES[asked.audio_frequency],
    )


def _zoom(request: JoinRequest, sealing: Sealing) -> ZoomAccess:
    sdk_id = _sealed(request.zoom_sdk_id, "zoom_sdk_id", sealing)
    sdk_pwd = _sealed(request.zoom_sdk_pwd, "zoom_sdk_pwd", sealing)
    if (sdk_id is None) != (sdk_pwd is None):
        missing = "zoom_sdk_id" if sdk_id is None else "zoom_sdk_pwd"
        raise invalid("zoom_sdk_incomplete", "Send `zoom_sdk_id` and `zoom_sdk_pwd` together, or neither.", missing)
    return ZoomAccess(
        sealed_sdk_id=sdk_id,
        sealed_sdk_pwd=sdk_pwd,
        access_token_url=_optional_address(request.zoom_access_token_url, "zoom_access_token_url", "http", "https"),
        sealed_obf_token=_sealed(request.zoom_obf_token, "zoom_obf_token", sealing),
        obf_token_url=_optional_address(request.zoom_obf_token_url, "zoom_obf_token_url", "http", "https"),
        obf_token_user_id=_blank_is_none(request.zoom_obf_token_user_id, "zoom_obf_token_user_id", NAME_MOST),
    )


def _name(text: str) -> str:
    name = clean_line(text, "bot_name", at_most=NAME_MOST)
    if not name:
        raise invalid("bot_name_required", "`bot_name` is required: it is what the others in the call see.", "bot_name")
    return name


def _optional_address(text: str | None, field: str, *schemes: str) -> str | None:
    return _address(text, field, *schemes) if text and text.strip() else None


def _address(text: str, field: str, *schemes: str) -> str:
    """The address without the blanks around it, otherwise as it is: clients put secrets into path and query."""
    address = text.strip()
    wrong = _invalid_address(field, schemes)
    if len(address) > URL_MOST or not address.isprintable() or " " in address:
        raise wrong
    try:
        parts = urlsplit(address)
        known = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise wrong from None
    if not known:
        raise wrong
    return address


def _invalid_address(field: str, schemes: tuple[str, ...]) -> MinutebookError:
    forms = " or ".join(f"{scheme}://…" for scheme in schemes)
    return invalid(f"{field.rpartition('.')[2]}_invalid", f"`{field}` is not an address of the form {forms}.", field)


def _blank_is_none(text: str | None, field: str, at_most: int) -> str | None:
    return clean_text(text, field, at_most=at_most) or None if text is not None else None


def _sealed(secret: str | None, field: str, sealing: Sealing) -> str | None:
    kept = _blank_is_none(secret, field, URL_MOST)
    return sealing.seal(kept) if kept is not None else None


def _start(wanted: datetime | None, now: datetime) -> datetime | None:
    """When the bot is to join; None for at once. `start_time_invalid` beyond `FARTHEST_START`."""
    if wanted is None or wanted <= now:
        return None
    if wanted - now > FARTHEST_START:
        message = f"`start_time` lies more than {FARTHEST_START.days // 365} years ahead."
        raise invalid("start_time_invalid", message, "start_time")
    return wanted
