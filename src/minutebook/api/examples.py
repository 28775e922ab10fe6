"""An example of each body and each answer of `/openapi.json`. The framework leaves nulls out of examples that stand
with their models, and what is null in an answer is there all the same."""

from collections.abc import Mapping
from typing import Any, Final

_ID: Final = "0192f3a1-7c2e-7b6d-9a51-6a3f5f1f0c"
_SESSION: Final = f"{_ID}21"
_RECORDING: Final = f"{_ID}22"
_REPORT: Final = f"{_ID}23"
_MOMENT: Final = "2026-03-02T09:00:00Z"
_LATER: Final = "2026-03-02T10:30:00Z"
_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_QUOTE: Final = {"start": 61.2, "end": 64.0, "speaker": "Ada Lovelace", "quote": "I will send the figures by Friday."}

_RECORDING_OUT: Final[Mapping[str, Any]] = {
    "id": _RECORDING,
    "session_id": _SESSION,
    "filename": "weekly.mp3",
    "content_type": "audio/mpeg",
    "size": 9_600_000,
    "duration_s": 600.0,
    "sha256": _SHA256,
    "language": None,
    "num_speakers": None,
    "origin": None,
    "status": "processing",
    "created_at": _MOMENT,
}
_VOICE_OUT: Final[Mapping[str, Any]] = {
    "id": f"{_ID}30",
    "name": "Dana Scott",
    "email": "dana@example.com",
    "state": "remembered",
    "problem": None,
    "consent": {"said_by": "ada@example.com", "statement": "Dana agreed in our call.", "at": _MOMENT},
    "enrolments": 1,
    "seconds": 42.5,
}
_SHOWN_VOICE_OUT: Final = {**_VOICE_OUT, "learnt_in": [_SESSION], "recognised_in": [], "alike": []}
_RECEIPT_OUT: Final[Mapping[str, Any]] = {
    "voice_id": f"{_ID}31",
    "name_sha256": _SHA256,
    "removed_at": "2026-03-02T09:00:00+00:00",
    "vectors": 1,
    "enrolments": 1,
    "withdrawn": [_RECORDING],
    "sha256": _SHA256,
}
_SESSION_OUT: Final[Mapping[str, Any]] = {
    "id": _SESSION,
    "title": "Weekly",
    "description": "",
    "attendees": [
        {"email": "ada@example.com", "displayName": "Ada Lovelace", "role": "Unknown", "source": "manual"},
    ],
    "status": "processing",
    "recording": _RECORDING_OUT,
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}
_REPORT_OUT: Final[Mapping[str, Any]] = {
    "id": _REPORT,
    "recording_id": _RECORDING,
    "analysis_type": "transcription",
    "status": "processing",
    "version": 1,
    "progress": 0.4,
    "progress_detail": {"stage": "transcribing", "done_s": 240.0, "total_s": 600.0},
    "report_content": None,
    "stale": False,
    "error": None,
    "waiting": None,
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}
_TRANSCRIPT_OUT: Final[Mapping[str, Any]] = {
    "summary": "Ada Lovelace spoke for 3 seconds.",
    "language": "en",
    "duration_s": 600.0,
    "notices": [],
    "speakers": [{"id": "speaker_1", "name": "Ada Lovelace", "talk_time_s": 2.8}],
    "segments": [
        {
            "speaker": "speaker_1",
            "start": 61.2,
            "end": 61.9,
            "text": "Good morning.",
            "words": [
                {"word": "Good", "start": 61.2, "end": 61.4, "probability": 0.98},
                {"word": "morning.", "start": 61.4, "end": 61.9, "probability": 0.99},
            ],
        }
    ],
}
_EDIT_OUT: Final[Mapping[str, Any]] = {
    "id": f"{_ID}24",
    "report_id": _REPORT,
    "kind": "speaker",
    "change": {"segment": 1, "speaker": "speaker_1", "before": "speaker_2", "seconds": 3.2},
    "created_at": _LATER,
    "undone_at": None,
}
_TEMPLATE_OUT: Final[Mapping[str, Any]] = {
    "id": f"{_ID}25",
    "name": "Stand-up",
    "sections": [{"kinds": ["action"], "heading": "To do"}, {"kinds": ["question"], "heading": None}],
    "instruction": "Who does what until when",
    "meeting_type": "team",
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}
_SPEAKER_OUT: Final[Mapping[str, Any]] = {
    "id": "speaker_1",
    "name": "Ada Lovelace",
    "attendee": "ada@example.com",
    "talk_time_s": 211.4,
    "source": "talk",
    "proposal": {
        "name": "Ada Lovelace",
        "attendee": "ada@example.com",
        "confidence": 0.93,
        "assigned": True,
        "evidence": [{"start": 2.1, "end": 3.9, "speaker": "Ada Lovelace", "quote": "Hello, this is Ada."}],
        "sounds_like": None,
    },
}
_KEY_OUT: Final[Mapping[str, Any]] = {
    "id": f"{_ID}26",
    "name": "Scheduler",
    "prefix": "mb_4f2a",
    "created_at": _MOMENT,
    "expires_at": None,
    "last_used_at": _LATER,
}
_USER_OUT: Final[Mapping[str, Any]] = {
    "id": f"{_ID}27",
    "email": "ada@example.com",
    "display_name": "Ada Lovelace",
    "created_at": _MOMENT,
}
_COMMAND_OUT: Final[Mapping[str, Any]] = {
    "id": f"{_ID}2c",
    "kind": "chat",
    "state": "done",
    "text": "The recording has begun.",
    "message": None,
    "created_at": _MOMENT,
    "expires_at": "2026-03-02T09:01:00Z",
    "answered_at": "2026-03-02T09:00:02Z",
}
_IMPORTABLE_OUT: Final[Mapping[str, Any]] = {
    "id": "9f86d081884c7d659a2feaa0c55ad015",
    "title": "Weekly",
    "started_at": _MOMENT,
    "duration_s": 600.0,
    "size": 9_600_000,
    "session_id": None,
}
_RULE: Final[Mapping[str, Any]] = {
    "mine_only": True,
    "words": ["weekly"],
    "never_private": True,
    "never_free": True,
    "bot_name": "Notes",
}
_CALENDAR_OUT: Final[Mapping[str, Any]] = {
    "id": f"{_ID}28",
    "provider": "caldav",
    "name": "Work",
    "email": "ada@example.com",
    "state": "connected",
    "error_message": None,
    "synced_at": _LATER,
    "rule": _RULE,
}
_CREDENTIALS: Final[Mapping[str, Any]] = {
    "provider": "caldav",
    "url": "https://calendar.example.com/ada/",
    "username": "ada",
    "password": "of this calendar",
    "email": "ada@example.com",
}

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "AccessOut": {
        "at": _LATER,
        "action": "played",
        "detail": "media",
        "via": "program",
        "label": "Notes app",
        "actor_id": _USER_OUT["id"],
    },
    "CalendarOut": _CALENDAR_OUT,
    "ChatIn": {"text": "The recording has begun."},
    "ChatOut": {"lines": [{"at_s": 12.5, "author": "Ada Lovelace", "text": "Who takes the minutes?"}]},
    "CommandOut": _COMMAND_OUT,
    "CommandsOut": {"commands": [_COMMAND_OUT]},
    "EditOut": _EDIT_OUT,
    "EditsOut": {"edits": [_EDIT_OUT]},
    "ErrorBody": {"error": {"code": "attendees_required", "message": "`attendees` is required.", "field": "attendees"}},
    "EventOut": {
        "id": f"{_ID}29",
        "title": "Weekly",
        "start": _MOMENT,
        "end": _LATER,
        "meeting_url": "https://meet.google.com/abc-defg-hij",
        "bot_id": None,
    },
    "ImportIn": {
        "meeting_url": "https://us02web.zoom.us/j/81234567890",
        "recording_id": _IMPORTABLE_OUT["id"],
        "near": _MOMENT,
    },
    "ImportOut": {"session_id": _SESSION, "provider": "Zoom", "started_at": _MOMENT, "already_imported": False},
    "ImportablesOut": {"provider": "Zoom", "recordings": [_IMPORTABLE_OUT], "reason": None},
    "KeyIn": {"name": "Scheduler", "expires_at": "2027-03-02T00:00:00Z"},
    "KeyOut": _KEY_OUT,
    "ManagedUserOut": {**_USER_OUT, "is_owner": False, "disabled_at": None},
    "NewCalendar": {**_CREDENTIALS, "calendar_id": "work"},
    "NewKeyOut": {**_KEY_OUT, "last_used_at": None, "secret": "mb_4f2a…"},
    "VoiceOut": _VOICE_OUT,
    "VoicesOut": {"remembering": True, "voices": [_SHOWN_VOICE_OUT], "receipts": [_RECEIPT_OUT]},
    "VoiceReceiptOut": _RECEIPT_OUT,
    "RememberIn": {"recording_id": _RECORDING, "speaker_id": "speaker_1", "consent": "Dana agreed in our call."},
    "SwitchIn": {"remembering": True},
    "NoteTemplateOut": _TEMPLATE_OUT,
    "NoteTemplatesOut": {"templates": [_TEMPLATE_OUT]},
    "OAuthErrorBody": {"error": "invalid_grant", "error_description": "The code is not known, or it was used before."},
    "ParticipantsOut": {
        "participants": [{"number": 1, "name": "Ada Lovelace", "present": True, "same_as": None, "has_audio": True}]
    },
    "PasswordIn": {"current": "correct horse battery staple", "new": "a longer one than before"},
    "PasswordLinkOut": {"url": "https://minutebook.example/password?token=…", "expires_in": 86_400},
    "PeaksOut": {"duration_s": 61.5, "peaks": [0.02, 0.31, 0.28]},
    "PollOut": {"status": "pending", "user_code": "BDWP-HQPK"},
    "ProgramOut": {
        "id": f"{_ID}2a",
        "name": "localhost:3000",
        "scopes": ["session", "analysis"],
        "created_at": _MOMENT,
        "expires_at": "2026-06-02T09:00:00Z",
        "last_used_at": _LATER,
    },
    "RawCalendarOut": {"id": "work", "name": "Work", "is_primary": True},
    "ReadinessOut": {"status": "ok", "checks": {"database": "ok", "jobs": "ok", "storage": "ok", "disk": "ok"}},
    "ReceiptOut": {
        "user_id": _USER_OUT["id"],
        "email_sha256": _SHA256,
        "removed_at": _LATER,
        "rows": {"meetings": 1, "recordings": 1, "reports": 2},
        "recordings": [{"id": _RECORDING, "size": 9_600_000, "sha256": _SHA256}],
        "recordings_bytes": 9_600_000,
        "sha256": _SHA256,
    },
    "RecordingOut": _RECORDING_OUT,
    "ReportOut": _REPORT_OUT,
    "RuleBody": _RULE,
    "SearchPage": {
        "items": [
            {
                "session_id": _SESSION,
                "title": "Weekly",
                "created_at": _MOMENT,
                "hits": [
                    {
                        "part": "transcript",
                        "speaker": "Ada Lovelace",
                        "start_s": _QUOTE["start"],
                        "text": _QUOTE["quote"],
                        "snippet": [
                            {"text": "I will send the ", "found": False},
                            {"text": "figures", "found": True},
                            {"text": " by Friday.", "found": False},
                        ],
                    }
                ],
                "more": 0,
            }
        ],
        "next_cursor": None,
        "read_as": {},
        "left_out": [],
    },
    "Secrets": _CREDENTIALS,
    "SayIn": {"text": "Hello. I take the minutes."},
    "SessionOut": _SESSION_OUT,
    "SessionPage": {"items": [_SESSION_OUT], "page": 1, "page_size": 20, "total": 1},
    "SignInOut": {
        "id": f"{_ID}2b",
        "device": "Firefox on Linux",
        "address": "192.0.2.7",
        "created_at": _MOMENT,
        "expires_at": "2026-04-01T09:00:00Z",
        "last_used_at": _LATER,
    },
    "SpeakersOut": {"speakers": [_SPEAKER_OUT]},
    "TokenOut": {
        "access_token": "mbat_…",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "mbrt_…",
        "scope": "session media analysis",
    },
    "TranscriptOut": _TRANSCRIPT_OUT,
    "UserOut": _USER_OUT,
}
"""By the name of the schema. A list's example is one of these."""

_REDIRECT: Final = "http://localhost:3000/callback"

CONTENTS: Final[Mapping[tuple[str, str, str], Any]] = {
    ("operations.healthz", "200", "application/json"): {"status": "ok"},
    ("oauth.token", "body", ""): {"grant_type": "authorization_code", "code": "mbac_…", "redirect_uri": _REDIRECT},
    ("oauth.revoke", "body", ""): {"token": "mbrt_…"},
    ("oauth.metadata", "200", "application/json"): {
        "issuer": "https://minutebook.example",
        "token_endpoint": "https://minutebook.example/api/oauth/provider/token",
        "scopes_supported": ["session", "media", "analysis", "user:read", "account"],
    },
    ("recordings.upload", "body", "multipart/form-data"): {
        "session_id": _SESSION,
        "file": "(the bytes of weekly.mp3)",
        "language": "en",
    },
    ("analysis.export", "200", "text/plain"): "[1:01] Ada Lovelace: Good morning.\n",
    ("analysis.export", "200", "application/x-subrip"): (
        "1\n00:01:01,200 --> 00:01:01,900\nAda Lovelace: Good morning.\n"
    ),
    ("analysis.export", "200", "text/vtt"): (
        "WEBVTT\n\n00:01:01.200 --> 00:01:01.900\n<v Ada Lovelace>Good morning.</v>\n"
    ),
    ("analysis.export", "200", "text/markdown"): "# Transcript\n\n## Talk\n\n**Ada Lovelace** (1:01): Good morning.\n",
    ("analysis.events", "200", "text/event-stream"): 'event: end\ndata: {"reason":"removed"}\n\n',
}
"""By operation, `body` or the answer's status, and media type, empty for every one: what has no schema of its own."""
