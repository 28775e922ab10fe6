"""A double of a hosted PAXS service, written from the protocol's description alone.

A real HTTP server on the loopback address that remembers every call and can be told to misbehave. It shares no
code with Minutebook's own server, so that a client which passes on both follows the protocol and not a bug.
"""

import base64
import hashlib
import json
import re
import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import urlencode

from support.paxs_results import CONTENTS, TRANSCRIPTION
from support.paxs_wire import Call, serving

ACCEPTED = {
    "mp3": {"audio/mpeg", "audio/mp3"},
    "wav": {"audio/wav", "audio/x-wav", "audio/wave"},
    "flac": {"audio/flac", "audio/x-flac"},
    "mpa": {"audio/mpeg", "audio/mpa"},
    "aac": {"audio/aac"},
    "opus": {"audio/opus", "audio/ogg"},
    "m4a": {"audio/mp4", "audio/x-m4a", "audio/m4a"},
    "mpeg": {"video/mpeg"},
    "mp4": {"video/mp4"},
    "flv": {"video/x-flv"},
    "webm": {"video/webm"},
    "wmv": {"video/x-ms-wmv"},
    "3gp": {"video/3gpp"},
}
TYPES = ("transcription", "meeting note", "key_points", "sentiment")


@dataclass
class Scripted:
    """An answer that is given instead of the usual one, `times` times."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    times: int


class Refused(Exception):  # noqa: N818  (not a failure: an answer)
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        self.status = status
        self.body: dict[str, Any] = {"error": {"code": code, "message": message, "field": field}}


class OAuthRefused(Refused):
    """The same in RFC 6749's form."""

    def __init__(self, code: str, description: str) -> None:
        self.status = 400
        self.body = {"error": code, "error_description": description}


class PaxsDouble:
    """The service. Start it as a context; scripts are plain attributes."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.scripted: list[Scripted] = []
        self.on_call: Callable[[Call], object] = lambda call: None
        self.consent = "allow"
        self.pkce = False
        self.polls_until_done = 1
        self.failing: dict[str, int] = {}
        self.cut_uploads = 0
        self.lose_uploads = 0
        self.lose_refreshes = 0
        self.refresh_works = True
        self.user = {"id": str(uuid.uuid4()), "email": "ada@example.com", "display_name": "Ada Lovelace"}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.recordings: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, dict[str, dict[str, Any]]] = {}
        self.reused_refresh_tokens = 0
        self._keys: dict[str, str] = {}
        self._access: set[str] = set()
        self._refresh: set[str] = set()
        self._forgiven: str | None = None
        self._codes: dict[str, dict[str, Any]] = {}
        self._agent: dict[str, str] = {}
        self._polls: dict[str, int] = {}
        self._lock = threading.RLock()

    def __enter__(self) -> "PaxsDouble":
        self._server = serving(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *ending: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # what tests do to it

    def issue(self) -> dict[str, str]:
        """A pair of tokens, as if somebody had signed in."""
        pair = {"access_token": f"at_{secrets.token_hex(16)}", "refresh_token": f"rt_{secrets.token_hex(16)}"}
        with self._lock:
            self._access.add(pair["access_token"])
            self._refresh.add(pair["refresh_token"])
        return pair

    def expire_access_tokens(self) -> None:
        """All access tokens end; refresh tokens stay."""
        with self._lock:
            self._access.clear()

    def script(
        self, method: str, path: str, status: int, *, times: int = 1, body: dict[str, Any] | None = None, **headers: str
    ) -> None:
        """Answer the next calls whose path matches (a regular expression) with this status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        error = body if body is not None else {"error": {"code": "scripted", "message": "The double was told to."}}
        self.scripted.append(Scripted(method, path, status, named, error, times))

    def calls_to(self, method: str, path: str) -> list[Call]:
        """The calls whose path matches the regular expression."""
        return [call for call in self.calls if call.method == method and re.fullmatch(path, call.path)]

    # the protocol

    def answer(self, call: Call) -> tuple[int, dict[str, str], object]:
        with self._lock:
            self.on_call(call)
            for scripted in self.scripted:
                if scripted.times and scripted.method == call.method and re.fullmatch(scripted.path, call.path):
                    scripted.times -= 1
                    return scripted.status, scripted.headers, scripted.body
            try:
                return self._dispatch(call)
            except Refused as refused:
                headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
                return refused.status, headers, refused.body

    def _dispatch(self, call: Call) -> tuple[int, dict[str, str], object]:
        for method, pattern, handler, public in ROUTES:
            match = re.fullmatch(pattern, call.path)
            if match and method == call.method:
                if not public and call.bearer not in self._access:
                    raise Refused(401, "token_invalid", "The access token is missing, expired or revoked.")
                return handler(self, call, *match.groups())
        raise Refused(404, "not_found", "There is nothing at this address.")

    def _authorize(self, call: Call) -> tuple[int, dict[str, str], object]:
        query = call.query
        if query.get("response_type") != "code" or len(query.get("state", "")) < 22:
            raise Refused(400, "invalid_request", "response_type and a state of 128 bits are needed.")
        agent = query.get("flow") == "agent"
        redirect_uri = f"{self.url}/api/oauth/provider/agent-callback" if agent else query["redirect_uri"]
        code = secrets.token_urlsafe(24)
        if self.consent == "allow":
            self._codes[code] = {"redirect_uri": redirect_uri, "challenge": query.get("code_challenge")}
        if agent:
            self._agent[query["state"]] = {"allow": code, "deny": "denied", "wait": "pending"}[self.consent]
            return 200, {}, {"page": "You may close this page."}
        given = {"error": "access_denied"} if self.consent == "deny" else {"code": code}
        return 302, {"Location": f"{redirect_uri}?{urlencode(given | {'state': query['state']})}"}, {}

    def _poll(self, call: Call) -> tuple[int, dict[str, str], object]:
        held = self._agent.get(call.query.get("state", ""), "pending")
        if held in {"pending", "denied"}:
            return 200, {}, {"status": held}
        if held == "delivered":
            raise Refused(404, "authorization_not_found", "There is no such authorization.")
        self._agent[call.query["state"]] = "delivered"
        return 200, {}, {"status": "complete", "code": held}

    def _token(self, call: Call) -> tuple[int, dict[str, str], object]:
        body = call.json or {}
        if body.get("grant_type") == "refresh_token":
            self._spend(str(body.get("refresh_token")))
        else:
            self._check_code(body)
        return (
            200,
            {},
            self.issue() | {"token_type": "Bearer", "expires_in": 3600, "scope": "session media analysis user:read"},
        )

    def _spend(self, refresh_token: str) -> None:
        """A refresh token works once; its repeat is forgiven when the first answer got lost."""
        if self.refresh_works and refresh_token in self._refresh:
            self._refresh.discard(refresh_token)
            self._forgiven = refresh_token if self.lose_refreshes else None
            return
        self.reused_refresh_tokens += 1
        if not self.refresh_works or refresh_token != self._forgiven:
            raise OAuthRefused("invalid_grant", "The refresh token is not valid.")

    def _check_code(self, body: dict[str, Any]) -> None:
        held = self._codes.pop(body.get("code", ""), None)
        if body.get("grant_type") != "authorization_code" or held is None:
            raise OAuthRefused("invalid_grant", "The code is unknown, used or too old.")
        if held["redirect_uri"] != body.get("redirect_uri"):
            raise OAuthRefused("invalid_grant", "The code belongs to another redirect URI.")
        if held["challenge"]:
            digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != held["challenge"]:
                raise OAuthRefused("invalid_grant", "The PKCE verifier does not fit.")

    def _metadata(self, call: Call) -> tuple[int, dict[str, str], object]:
        if not self.pkce:
            raise Refused(404, "not_found", "There is nothing at this address.")
        return 200, {}, {"issuer": self.url, "code_challenge_methods_supported": ["S256"]}

    def _me(self, call: Call) -> tuple[int, dict[str, str], object]:
        return 200, {}, self.user | {"created_at": _now()}

    def _create(self, call: Call) -> tuple[int, dict[str, str], object]:
        body = call.json or {}
        people = body.get("attendees")
        if not people:
            raise Refused(400, "attendees_required", "attendees is required and not empty.", "attendees")
        if any(not person.get("email") or not person.get("displayName") for person in people):
            raise Refused(400, "attendee_invalid", "email and displayName are required.", "attendees")
        key = call.headers.get("idempotency-key")
        if key in self._keys:
            return 201, {}, self.sessions[self._keys[key]]
        session: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "title": body.get("title") or _now(),
            "description": body.get("description"),
            "attendees": [{"role": "Unknown", "source": "manual", **person} for person in people],
            "status": "created",
            "recording": None,
            "created_at": _now(),
            "updated_at": _now(),
        }
        self.sessions[session["id"]] = session
        if key:
            self._keys[key] = session["id"]
        return 201, {}, session

    def _list(self, call: Call) -> tuple[int, dict[str, str], object]:
        page, size = int(call.query.get("page", 1)), int(call.query.get("page_size", 20))
        wanted = call.query.get("q", "").lower()
        found = [held for held in reversed(self.sessions.values()) if wanted in held["title"].lower()]
        items = found[(page - 1) * size : page * size]
        return 200, {}, {"items": items, "page": page, "page_size": size, "total": len(found)}

    def _session(self, session_id: str | None) -> dict[str, Any]:
        if session_id not in self.sessions:
            raise Refused(404, "session_not_found", "There is no such session.")
        return self.sessions[session_id]

    def _get(self, call: Call, session_id: str) -> tuple[int, dict[str, str], object]:
        return 200, {}, self._session(session_id)

    def _patch(self, call: Call, session_id: str) -> tuple[int, dict[str, str], object]:
        self._session(session_id).update(call.json or {})
        return 200, {}, self._session(session_id)

    def _delete(self, call: Call, session_id: str) -> tuple[int, dict[str, str], object]:
        self._session(session_id)
        del self.sessions[session_id]
        return 204, {}, None

    def _upload(self, call: Call) -> tuple[int, dict[str, str], object]:
        if "session_id" not in call.parts:
            raise Refused(400, "session_id_required", "session_id must be a form field.", "session_id")
        session = self._session(call.parts["session_id"].value.decode())
        file = call.parts.get("file")
        if file is None or not file.filename:
            raise Refused(400, "file_required", "The form needs a file part.", "file")
        extension = PurePath(file.filename).suffix.lower().removeprefix(".")
        if file.content_type not in ACCEPTED.get(extension, set()):
            raise Refused(400, "unsupported_format", f"Accepted: {', '.join(ACCEPTED)}.", "file")
        recording = {
            "id": str(uuid.uuid4()),
            "session_id": session["id"],
            "filename": file.filename,
            "content_type": file.content_type,
            "size": file.size,
            "sha256": file.sha256,
            "duration_s": 83.5,
            "status": "uploaded",
            "created_at": _now(),
        }
        session["recording"] = recording
        self.recordings[recording["id"]] = recording
        self.reports[recording["id"]] = {}
        self._begin(recording["id"], ["transcription", "meeting note"])
        return 201, {}, recording

    def _begin(self, recording_id: str, types: list[str]) -> list[dict[str, Any]]:
        held = self.reports[recording_id]
        self._polls[recording_id] = 0
        for type in types:
            held[type] = {
                "id": str(uuid.uuid4()),
                "recording_id": recording_id,
                "analysis_type": type,
                "status": "pending",
                "version": held[type]["version"] + 1 if type in held else 1,
                "progress": 0.0,
                "report_content": None,
                "error": None,
                "created_at": _now(),
                "updated_at": _now(),
            }
        return [held[type] for type in types]

    def _request(self, call: Call) -> tuple[int, dict[str, str], object]:
        body = call.json or {}
        types = body.get("analysis_types") or []
        held = self.reports.get(body.get("attachment_id", ""))
        if held is None:
            raise Refused(404, "recording_not_found", "There is no such recording.")
        if not types or any(type not in TYPES for type in types):
            raise Refused(400, "analysis_type_unknown", f"Types are {', '.join(TYPES)}.", "analysis_types")
        if "meeting note" in types and not body.get("instruction"):
            raise Refused(400, "instruction_required", "A meeting note needs an instruction.", "instruction")
        if held.get("transcription", {}).get("status") != "completed" and "transcription" not in types:
            types = ["transcription", *types]
        return 202, {}, self._begin(body["attachment_id"], types)

    def _analysis(self, call: Call, recording_id: str) -> tuple[int, dict[str, str], object]:
        session = self._session(call.query.get("session_id"))
        if recording_id not in self.reports or self.recordings[recording_id]["session_id"] != session["id"]:
            raise Refused(404, "recording_not_found", "There is no such recording.")
        self._polls[recording_id] += 1
        done = self._polls[recording_id] >= self.polls_until_done
        held = self.reports[recording_id]
        for type in TYPES:
            if type in held and held[type]["status"] in {"pending", "processing"}:
                self._advance(held, type, done)
        wanted = call.query.get("analysis_type")
        return 200, {}, [report for type, report in held.items() if wanted in {None, type}]

    def _advance(self, held: dict[str, dict[str, Any]], type: str, done: bool) -> None:
        report = held[type]
        if not done:
            report.update(status="processing", progress=0.5)
        elif type != "transcription" and held["transcription"]["status"] == "failed":
            report.update(status="failed", error=_error("dependency_failed", "The transcription failed."))
        elif self.failing.get(type, 0):
            self.failing[type] -= 1
            report.update(status="failed", error=_error("engine_failed", f"The {type} engine broke."))
        else:
            report.update(status="completed", progress=1.0, report_content=json.dumps(CONTENTS[type]))

    def _export(self, call: Call, recording_id: str, format: str) -> tuple[int, dict[str, str], object]:
        if recording_id not in self.recordings:
            raise Refused(404, "recording_not_found", "There is no such recording.")
        if format == "json":
            return 200, {}, TRANSCRIPTION
        return 200, {}, f"{format}: We launch on Thursday.\n"

    def _revoke(self, call: Call) -> tuple[int, dict[str, str], object]:
        self._refresh.clear()
        self._access.clear()
        return 200, {}, {}


ROUTES = (
    ("GET", "/api/oauth/provider/authorize", PaxsDouble._authorize, True),
    ("GET", "/api/oauth/provider/poll", PaxsDouble._poll, True),
    ("POST", "/api/oauth/provider/token", PaxsDouble._token, True),
    ("POST", "/api/oauth/provider/revoke", PaxsDouble._revoke, True),
    ("GET", "/.well-known/oauth-authorization-server", PaxsDouble._metadata, True),
    ("GET", "/api/users/me", PaxsDouble._me, False),
    ("POST", "/api/sessions", PaxsDouble._create, False),
    ("GET", "/api/sessions", PaxsDouble._list, False),
    ("GET", "/api/sessions/([^/]+)", PaxsDouble._get, False),
    ("PATCH", "/api/sessions/([^/]+)", PaxsDouble._patch, False),
    ("DELETE", "/api/sessions/([^/]+)", PaxsDouble._delete, False),
    ("POST", "/api/recordings", PaxsDouble._upload, False),
    ("POST", "/api/analysis/request", PaxsDouble._request, False),
    ("GET", "/api/recordings/([^/]+)/analysis", PaxsDouble._analysis, False),
    ("GET", r"/api/recordings/([^/]+)/transcript\.(json|txt|srt|vtt|md)", PaxsDouble._export, False),
)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "retryable": True}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
