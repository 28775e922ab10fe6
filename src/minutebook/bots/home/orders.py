"""What a runner is told to do. Pure."""

import json

from minutebook.bots.model import Attempt, Bot, ZoomAccess
from minutebook.bots.protocol import Orders, epoch_ms
from minutebook.config import BotSettings
from minutebook.sealing import Sealing


def orders_for(
    bot: Bot, attempt: Attempt, platform: str, sealing: Sealing, settings: BotSettings, *, paused: bool = False
) -> Orders:
    """The orders of an attempt at this bot, whose recording may be paused."""
    wish = bot.wish
    return Orders(
        bot_id=bot.id,
        attempt=attempt.attempt,
        bot_name=wish.bot_name,
        meeting_url=wish.meeting_url,
        platform=platform,
        video=wish.recording_mode.has_video,
        leave={
            "waiting_room_s": wish.leave.waiting_room_s,
            "noone_joined_s": wish.leave.noone_joined_s,
            "silence_s": wish.leave.silence_s,
            "alone_s": wish.leave.alone_s,
            "longest_s": wish.leave.longest_s,
        },
        bot_image=wish.bot_image,
        entry_message=wish.entry_message,
        stream_output=wish.streaming.output,
        stream_input=wish.streaming.input,
        stream_frequency=wish.streaming.frequency,
        rejoin=bot.joined_at is not None,
        recording_started_ms=epoch_ms(bot.recording_started_at) if bot.recording_started_at else None,
        stop=bot.stop_requested or attempt.stop_reason is not None,
        paused=paused,
        layout=wish.recording_mode.value if wish.recording_mode.has_video else "",
        chunk_s=settings.chunk_s,
        zoom=_zoom(wish.zoom, wish.extra, sealing),
    )


def _zoom(access: ZoomAccess, extra: object, sealing: Sealing) -> dict[str, str]:
    """Zoom's secrets, open, by their names; `extra` (JSON text) goes along where an address is asked for a token."""
    sealed = {
        "sdk_id": access.sealed_sdk_id,
        "sdk_pwd": access.sealed_sdk_pwd,
        "obf_token": access.sealed_obf_token,
    }
    plain = {
        "access_token_url": access.access_token_url,
        "obf_token_url": access.obf_token_url,
        "obf_token_user_id": access.obf_token_user_id,
    }
    given = {name: sealing.open(value) for name, value in sealed.items() if value}
    given |= {name: value for name, value in plain.items() if value}
    if access.access_token_url or access.obf_token_url:
        given["extra"] = json.dumps(extra, ensure_ascii=False)
    return given
