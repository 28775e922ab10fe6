"""From bots to the bodies of the v1 API. Its flat records repeat what was asked for; secrets are answered with null."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from minutebook.bots.model import Bot, BotMedia, BotWish, Screenshot
from minutebook.bots.record.files import AUDIO, DIARIZATION, NETWORK_DIARIZATION, PARTICIPANTS, VIDEO
from minutebook.bots.record.links import MediaLinks, screenshot_name
from minutebook.bots.sound_trouble import SoundNotice
from minutebook.bots.v1.codes import ERRORS, moment
from minutebook.kit.ids import new_id
from minutebook.transcript.model import Segment, Transcript

FREQUENCY_NAMES: Final[Mapping[int, str]] = {16_000: "16khz", 24_000: "24khz"}

Body = dict[str, Any]


def account_number(owner_id: str) -> int:
    """A positive 32-bit number that always is the same for an owner: the API has accounts as integers."""
    return int.from_bytes(hashlib.sha256(owner_id.encode()).digest()[:4]) & 0x7FFF_FFFF or 1


def metadata_json(
    bot: Bot,
    media: BotMedia,
    transcripts: str,
    notices: Sequence[SoundNotice],
    links: MediaLinks,
    event_id: str | None,
) -> str:
    """The answer of `GET /bots/meeting_data`, with transcripts that are JSON already: a long one is rendered elsewhere
    and only put in its place here."""
    place = new_id()
    body = json.dumps(metadata(bot, media, place, notices, links, event_id), ensure_ascii=False, separators=(",", ":"))
    return body.replace(f'"{place}"', transcripts, 1)


def metadata(
    bot: Bot,
    media: BotMedia,
    transcripts: object,
    notices: Sequence[SoundNotice],
    links: MediaLinks,
    event_id: str | None,
) -> Body:
    """The answer's values; addresses of files that do not exist are empty. `event_id` is the calendar event that
    the bot was sent to."""

    def link(key: str | None, name: str) -> str:
        return links.link(bot.id, name) if key is not None else ""

    return {
        "bot_data": {
            "bot": bot_with_params(bot, media),
            "transcripts": transcripts,
            "event_uuid": event_id,
            "notices": [
                {"code": each.trouble.value, "message": each.sentence, "date": moment(each.at)} for each in notices
            ],
        },
        "duration": round(bot.duration_s),
        "mp4": link(media.mp4, VIDEO),
        "audio": link(media.audio, AUDIO),
        "speaker_diarization_file": link(media.diarization, DIARIZATION),
        "speaker_diarization_file_network": link(media.network_diarization, NETWORK_DIARIZATION),
        "meeting_participants_file": link(media.participants, PARTICIPANTS),
    }


def bot_with_params(bot: Bot, media: BotMedia) -> Body:
    """A bot and what was asked of it, in one flat object."""
    return {**_bot(bot, media.mp4 or ""), **params(bot.wish)}


def _bot(bot: Bot, mp4_path: str) -> Body:
    return {
        "account_id": account_number(bot.owner_id),
        "bot_exited_at": _optional(bot.exited_at),
        "bot_joined_at": _optional(bot.joined_at),
        "bot_param_id": bot.number,
        "created_at": moment(bot.created_at),
        "diarization_fails": None,
        "diarization_v2": False,
        "ended_at": _optional(bot.ended_at),
        "errors": ERRORS[bot.failure] if bot.failure else None,
        "event_id": None,
        "id": bot.number,
        "is_stopped": bot.stop_requested,
        "meeting_url": bot.wish.meeting_url,
        "mp4_s3_path": mp4_path,
        "reserved": bot.wish.reserved,
        "scheduled_bot_id": None,
        "session_id": bot.meeting_id,
        "transcription_fails": None,
        "transcription_payloads": None,
        "user_reported_error": None,
        "uuid": bot.id,
    }


def params(wish: BotWish) -> Body:
    """What was asked of a bot, in one flat object."""
    leave, speech = wish.leave, wish.speech_to_text
    streams = wish.streaming.input or wish.streaming.output
    return {
        "bot_image": wish.bot_image,
        "bot_name": wish.bot_name,
        "deduplication_key": wish.deduplication_key,
        "enter_message": wish.entry_message,
        "extra": wish.extra,
        "noone_joined_timeout": leave.noone_joined_s,
        "recording_mode": wish.recording_mode.value,
        "silence_timeout": leave.silence_s,
        "speech_to_text_api_key": None,
        "speech_to_text_provider": speech.provider.value if speech else None,
        "streaming_audio_frequency": FREQUENCY_NAMES[wish.streaming.frequency] if streams else None,
        "streaming_input": wish.streaming.input,
        "streaming_output": wish.streaming.output,
        "transcription_custom_parameters": wish.transcription_parameters,
        "waiting_room_timeout": leave.waiting_room_s,
        "webhook_url": wish.webhook_url or "",
        "zoom_access_token_url": wish.zoom.access_token_url,
        "zoom_obf_token": None,
        "zoom_obf_token_url": wish.zoom.obf_token_url,
        "zoom_obf_token_user_id": wish.zoom.obf_token_user_id,
        "zoom_sdk_id": None,
        "zoom_sdk_pwd": None,
    }


def transcripts_json(bot_number: int, transcript: Transcript) -> str:
    """The segments that hold words, as JSON; ids count segments and words of this bot from 1."""
    return json.dumps(transcripts(bot_number, transcript), ensure_ascii=False, separators=(",", ":"))


def transcripts(bot_number: int, transcript: Transcript) -> list[Body]:
    """The values of it."""
    rows: list[Body] = []
    words = 0
    for segment in transcript.segments:
        if segment.words:
            rows.append(_transcript_row(bot_number, transcript, segment, len(rows) + 1, words + 1))
            words += len(segment.words)
    return rows


def _transcript_row(bot_number: int, transcript: Transcript, segment: Segment, row_id: int, first_word: int) -> Body:
    return {
        "id": row_id,
        "bot_id": bot_number,
        "speaker": transcript.name_of(segment.speaker),
        "start_time": segment.start,
        "end_time": segment.end,
        "lang": transcript.language or None,
        "user_id": None,
        "words": [
            {
                "id": first_word + place,
                "bot_id": bot_number,
                "text": word.word.strip(),
                "start_time": word.start,
                "end_time": word.end,
                "user_id": None,
            }
            for place, word in enumerate(segment.words)
        ],
    }


def recent_bots(
    bots: Sequence[Bot], speakers: Mapping[int, Sequence[str]], next_cursor: str | None, now: datetime
) -> Body:
    """The answer of `GET /bots/bots_with_metadata`. Clients of earlier documents read the members in camel case."""
    entries = [_recent_bot(bot, list(speakers.get(bot.number, ()))) for bot in bots]
    return {
        "bots": entries,
        "recent_bots": entries,
        "recentBots": entries,
        "next_cursor": next_cursor,
        "nextCursor": next_cursor,
        "last_updated": moment(now),
        "lastUpdated": moment(now),
    }


def _recent_bot(bot: Bot, speakers: Sequence[str]) -> Body:
    created_at, ended_at = moment(bot.created_at), _optional(bot.ended_at)
    return {
        "id": bot.number,
        "uuid": bot.id,
        "bot_name": bot.wish.bot_name,
        "meeting_url": bot.wish.meeting_url,
        "created_at": created_at,
        "ended_at": ended_at,
        "duration": round(bot.duration_s) if bot.ended_at else None,
        "extra": bot.wish.extra,
        "speakers": speakers,
        "session_id": bot.meeting_id,
        "access_count": None,
        "last_accessed_at": None,
        "name": bot.wish.bot_name,
        "meetingUrl": bot.wish.meeting_url,
        "createdAt": created_at,
        "endedAt": ended_at,
        "sessionId": bot.meeting_id,
        "accessCount": None,
        "lastAccessedAt": None,
    }


def screenshots(bot: Bot, taken: Sequence[Screenshot], links: MediaLinks) -> list[Body]:
    """The answer of `GET /bots/{uuid}/screenshots`."""
    return [{"url": links.link(bot.id, screenshot_name(shot.number)), "date": moment(shot.taken_at)} for shot in taken]


def bot_with_status(bot: Bot, status: Body) -> Body:
    """One entry of `GET /bots/all`; `status` is what `standing.status_of` says."""
    mp4_path = VIDEO if bot.recording_id and bot.wish.recording_mode.has_video else ""
    return {
        **_bot(bot, mp4_path),
        "params": params(bot.wish),
        "duration": round(bot.duration_s),
        "status": status,
        "account_email": None,
    }


def _optional(at: datetime | None) -> str | None:
    return moment(at) if at else None
