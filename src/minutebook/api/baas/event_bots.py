"""From requests for a bot on an event to wishes, and changes of wishes. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from minutebook.api.baas.schemas import (
    AutomaticLeaveIn,
    EventBotChange,
    EventBotRequest,
    JoinRequest,
    StreamingIn,
)
from minutebook.api.baas.wishes import Ground, wish_of
from minutebook.bots.model import BotWish

NO_ROOM: Final = "https://event.invalid/"
"""Stands for the event's own address, which its bot gets when it is planned."""

MEMBERS: Final[Mapping[str, str]] = {
    "bot_name": "bot_name",
    "bot_image": "bot_image",
    "deduplication_key": "deduplication_key",
    "enter_message": "entry_message",
    "extra": "extra",
    "recording_mode": "recording_mode",
    "speech_to_text": "speech_to_text",
    "transcription_custom_parameters": "transcription_parameters",
    "webhook_url": "webhook_url",
}
"""Members of the body, and where a wish has them; those below are within one of its parts."""
PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "noone_joined_timeout": ("leave", "noone_joined_s"),
    "waiting_room_timeout": ("leave", "waiting_room_s"),
    "silence_timeout": ("leave", "silence_s"),
    "streaming_input": ("streaming", "input"),
    "streaming_output": ("streaming", "output"),
    "streaming_audio_frequency": ("streaming", "frequency"),
    "zoom_sdk_id": ("zoom", "sealed_sdk_id"),
    "zoom_sdk_pwd": ("zoom", "sealed_sdk_pwd"),
    "zoom_access_token_url": ("zoom", "access_token_url"),
    "zoom_obf_token": ("zoom", "sealed_obf_token"),
    "zoom_obf_token_url": ("zoom", "obf_token_url"),
    "zoom_obf_token_user_id": ("zoom", "obf_token_user_id"),
}


def event_wish(request: EventBotRequest, ground: Ground) -> BotWish:
    """What is asked of an event's bot; raises as `wishes.wish_of` does."""
    return wish_of(_join_request(request, request.bot_name), ground)


def wish_change(request: EventBotChange, ground: Ground) -> Callable[[BotWish], BotWish]:
    """The change that a request means; what it does not name, or names with null, stays. Raises as `event_wish`."""
    given = {name for name in type(request).model_fields if getattr(request, name) is not None}
    fresh = wish_of(_join_request(request, request.bot_name if request.bot_name is not None else "unchanged"), ground)

    def change(wish: BotWish) -> BotWish:
        whole: dict[str, Any] = {MEMBERS[name]: getattr(fresh, MEMBERS[name]) for name in given if name in MEMBERS}
        parts: dict[str, Any] = {}
        for name in given & PARTS.keys():
            part, member = PARTS[name]
            value = getattr(getattr(fresh, part), member)
            parts[part] = replace(parts.get(part, getattr(wish, part)), **{member: value})
        changed = replace(wish, **whole, **parts)
        if "transcription_custom_parameters" in given and "speech_to_text" not in given and changed.speech_to_text:
            parameters = request.transcription_custom_parameters
            kept = parameters if isinstance(parameters, Mapping) else {}
            changed = replace(changed, speech_to_text=replace(changed.speech_to_text, parameters=kept))
        return changed

    return change


def _join_request(request: EventBotRequest, bot_name: str) -> JoinRequest:
    shared = {name: getattr(request, name) for name in JoinRequest.model_fields if name in type(request).model_fields}
    leave = AutomaticLeaveIn(
        waiting_room_timeout=request.waiting_room_timeout,
        noone_joined_timeout=request.noone_joined_timeout,
        silence_timeout=request.silence_timeout,
    )
    streaming = StreamingIn(
        input=request.streaming_input,
        output=request.streaming_output,
        audio_frequency=request.streaming_audio_frequency,
    )
    return JoinRequest(
        **{
            **shared,
            "meeting_url": NO_ROOM,
            "bot_name": bot_name,
            "entry_message": request.enter_message,
            "automatic_leave": leave,
            "streaming": streaming,
        }
    )
