"""Every call of the PAXS protocol as a pure function: arguments in, `Operation` out. Both clients run these."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

from minutebook.client.errors import BadRequest
from minutebook.client.model import (
    AnalysisType,
    Attendee,
    ChatLine,
    Command,
    Edit,
    Found,
    Meeting,
    Page,
    Recording,
    Report,
    Speaker,
    Tokens,
    User,
)
from minutebook.client.protocol import decode
from minutebook.client.protocol.formats import media_type_of
from minutebook.client.protocol.request import IDEMPOTENCY_KEY, OnProgress, Operation, Reply, Request, Upload

SCOPES = "session media analysis user:read"
AGENT_CALLBACK = "/api/oauth/provider/agent-callback"
EXPORTS = ("json", "txt", "srt", "vtt", "md")
DEFAULT_INSTRUCTION = "Generate a detailed meeting summary"


def new_key() -> str:
    """A fresh idempotency key."""
    return str(uuid.uuid4())


def me() -> Operation[User]:
    """The signed-in user."""
    return Operation(Request("GET", "/api/users/me"), decode.reading(decode.user))


def create_session(
    attendees: Iterable[Attendee], title: str | None, description: str | None, idempotency_key: str
) -> Operation[Meeting]:
    """Create a meeting. The same key again gives the same meeting; attendees are required."""
    people = [
        {"email": who.email, "displayName": who.display_name, "role": who.role, "source": who.source}
        for who in attendees
    ]
    if not people:
        raise BadRequest("A meeting needs at least one attendee.", code="attendees_required", field="attendees")
    body = {"title": title, "description": description, "attendees": people}
    request = Request(
        "POST",
        "/api/sessions",
        json={name: value for name, value in body.items() if value is not None},
        headers={IDEMPOTENCY_KEY: idempotency_key},
    )
    return Operation(request, decode.reading(decode.meeting))


def list_sessions(page: int, page_size: int, search: str | None) -> Operation[Page[Meeting]]:
    """A page of meetings, newest first."""
    query = {"page": str(page), "page_size": str(page_size)} | ({"q": search} if search else {})
    return Operation(Request("GET", "/api/sessions", query=query), decode.reading(decode.meetings))


def search(
    query: str, person: str = "", since: date | None = None, until: date | None = None, cursor: str | None = None
) -> Operation[Found]:
    """A page of what was said or written. Not part of the PAXS contract: only Minutebook answers it."""
    optional = {
        "person": person,
        "since": since and since.isoformat(),
        "until": until and until.isoformat(),
        "cursor": cursor,
    }
    asked = {"q": query} | {name: value for name, value in optional.items() if value}
    return Operation(Request("GET", "/api/search", query=asked), decode.reading(decode.found))


def get_session(session_id: str) -> Operation[Meeting]:
    """One meeting."""
    return Operation(Request("GET", f"/api/sessions/{_part(session_id)}"), decode.reading(decode.meeting))


def update_session(session_id: str, changes: Mapping[str, object]) -> Operation[Meeting]:
    """Change a meeting's title, description or attendees."""
    request = Request("PATCH", f"/api/sessions/{_part(session_id)}", json=changes)
    return Operation(request, decode.reading(decode.meeting))


def delete_session(session_id: str) -> Operation[None]:
    """Delete a meeting with everything made from it."""
    return Operation(Request("DELETE", f"/api/sessions/{_part(session_id)}"), decode.nothing)


def upload(
    session_id: str,
    path: Path,
    filename: str | None = None,
    on_progress: OnProgress | None = None,
    hints: Mapping[str, str] = {},
) -> Operation[Recording]:
    """Send a file as the meeting's recording; it replaces the one before and starts transcription and note. `hints`
    are further fields of the form (`language`, `num_speakers`), which the contract leaves to the server."""
    name = filename or path.name
    part = Upload(path, name, media_type_of(name), on_progress)
    request = Request("POST", "/api/recordings", form={**hints, "session_id": session_id}, upload=part)
    return Operation(request, decode.reading(decode.recording))


def upload_from_url(session_id: str, url: str) -> Operation[Recording]:
    """Let the server fetch the recording from a public address."""
    request = Request("POST", "/api/recordings", json={"session_id": session_id, "url": url})
    return Operation(request, decode.reading(decode.recording))


def export(recording_id: str, format: str) -> Operation[str]:
    """The transcript as `json`, `txt`, `srt`, `vtt` or `md`."""
    if format not in EXPORTS:
        raise BadRequest(f"There is no export as {format}; choose one of {', '.join(EXPORTS)}.", field="format")
    request = Request("GET", f"/api/recordings/{_part(recording_id)}/transcript.{format}")
    return Operation(request, _text)


def speakers(recording_id: str) -> Operation[tuple[Speaker, ...]]:
    """The voices of the newest transcript. Not part of the PAXS contract, nor are the corrections."""
    return Operation(Request("GET", f"/api/recordings/{_part(recording_id)}/speakers"), decode.reading(decode.speakers))


def name_speakers(recording_id: str, names: Mapping[str, str | None]) -> Operation[tuple[Speaker, ...]]:
    """Say who voices are, by their ids: a name, an attendee's e-mail address, or None to take a name away."""
    named = [
        {"id": voice, "attendee" if name and "@" in name else "name": name}  # a plain name holds no @
        for voice, name in names.items()
    ]
    request = Request("PATCH", f"/api/recordings/{_part(recording_id)}/speakers", json={"speakers": named})
    return Operation(request, decode.reading(decode.speakers))


def correct_transcript(recording_id: str, edits: Sequence[Mapping[str, object]]) -> Operation[tuple[Edit, ...]]:
    """Correct words of the newest transcript, or who said them; all of the edits or none."""
    request = Request("PATCH", f"/api/recordings/{_part(recording_id)}/transcript", json={"edits": list(edits)})
    return Operation(request, decode.reading(decode.edits))


def correct_note(recording_id: str, edits: Sequence[Mapping[str, object]]) -> Operation[tuple[Edit, ...]]:
    """Correct or remove items of the newest note; all of the edits or none."""
    request = Request("PATCH", f"/api/recordings/{_part(recording_id)}/note", json={"edits": list(edits)})
    return Operation(request, decode.reading(decode.edits))


def edits(recording_id: str) -> Operation[tuple[Edit, ...]]:
    """What was corrected, with what was taken back."""
    return Operation(Request("GET", f"/api/recordings/{_part(recording_id)}/edits"), decode.reading(decode.edits))


def undo_edit(recording_id: str, edit_id: str) -> Operation[Edit]:
    """Take a correction back."""
    request = Request("POST", f"/api/recordings/{_part(recording_id)}/edits/{_part(edit_id)}/undo", repeatable=True)
    return Operation(request, decode.reading(decode.edit))


def reports(recording_id: str, session_id: str, type: AnalysisType | None = None) -> Operation[tuple[Report, ...]]:
    """The newest report of each type of analysis."""
    query = {"session_id": session_id} | ({"analysis_type": type.value} if type else {})
    request = Request("GET", f"/api/recordings/{_part(recording_id)}/analysis", query=query)
    return Operation(request, decode.reading(decode.reports))


def request_analysis(
    recording_id: str,
    session_id: str,
    types: Sequence[AnalysisType],
    instruction: str | None = None,
    meeting_type: str | None = None,
    template: str | None = None,
) -> Operation[tuple[Report, ...]]:
    """Ask for analyses; what they depend on is added by the server. A meeting note gets the default instruction,
    unless a `template` (an id or a name; not part of the contract) has its own."""
    if AnalysisType.MEETING_NOTE in types and template is None:
        instruction = instruction or DEFAULT_INSTRUCTION
    body: dict[str, object] = {
        "session_id": session_id,
        "attachment_id": recording_id,
        "analysis_types": [type.value for type in types],
    }
    optional = {"instruction": instruction, "meeting_type": meeting_type, "template": template}
    body |= {name: value for name, value in optional.items() if value is not None}
    return Operation(Request("POST", "/api/analysis/request", json=body), decode.reading(decode.reports))


def authorization_url(base_url: str, state: str, redirect_uri: str | None, challenge: str | None = None) -> str:
    """The page that the user opens; without a redirect URI it is the agent flow's."""
    query = {"response_type": "code", "state": state}
    query |= {"redirect_uri": redirect_uri} if redirect_uri else {"flow": "agent"}
    if challenge:
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{base_url}/api/oauth/provider/authorize?{urlencode(query)}"


def tell_bot(
    bot_id: str, what: str, text: str | None = None, sound: bytes | None = None, key: str = ""
) -> Operation[Command]:
    """Tell a bot in its call something: `what` is the end of the call's address (`chat`, `say`, `sound`, `pause` …)."""
    body = {"text": text} if text is not None else None
    headers = {IDEMPOTENCY_KEY: key or new_key()}
    request = Request("POST", f"/api/bots/{_part(bot_id)}/{what}", headers=headers, json=body, content=sound)
    return Operation(request, decode.reading(decode.command))


def bot_command(bot_id: str, command_id: str) -> Operation[Command]:
    """What became of something that a bot was told."""
    path = f"/api/bots/{_part(bot_id)}/commands/{_part(command_id)}"
    return Operation(Request("GET", path), decode.reading(decode.command))


def bot_chat(bot_id: str) -> Operation[tuple[ChatLine, ...]]:
    """What was written in a bot's call."""
    return Operation(Request("GET", f"/api/bots/{_part(bot_id)}/chat"), decode.reading(decode.chat))


def bot_screenshot(bot_id: str) -> Operation[bytes]:
    """The newest picture of what a bot sees (PNG)."""
    return Operation(Request("GET", f"/api/bots/{_part(bot_id)}/screenshot"), lambda reply: reply.body)


def metadata() -> Operation[Mapping[str, object]]:
    """The authorisation server's description of itself (RFC 8414)."""
    request = Request("GET", "/.well-known/oauth-authorization-server", authorised=False)
    return Operation(request, decode.reading(decode.mapping))


def poll(state: str) -> Operation[Mapping[str, object]]:
    """Whether the agent flow's code is there yet."""
    request = Request("GET", "/api/oauth/provider/poll", query={"state": state}, authorised=False)
    return Operation(request, decode.reading(decode.mapping))


def exchange_code(code: str, redirect_uri: str, verifier: str | None = None) -> Operation[Tokens]:
    """A code for tokens. A code works once, so this is never sent twice."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return _token(body | ({"code_verifier": verifier} if verifier else {}))


def refresh(refresh_token: str) -> Operation[Tokens]:
    """A new pair for an old one. A repeat after a lost answer succeeds within 10 s, so it counts as repeatable."""
    return _token({"grant_type": "refresh_token", "refresh_token": refresh_token}, repeatable=True)


def revoke(token: str) -> Operation[None]:
    """End a token and the family it belongs to (RFC 7009)."""
    request = Request("POST", "/api/oauth/provider/revoke", form={"token": token}, authorised=False, repeatable=True)
    return Operation(request, decode.nothing)


def _token(body: Mapping[str, object], repeatable: bool = False) -> Operation[Tokens]:
    request = Request("POST", "/api/oauth/provider/token", json=body, authorised=False, repeatable=repeatable)
    return Operation(request, decode.reading(decode.tokens))


def _text(reply: Reply) -> str:
    return reply.body.decode("utf-8")


def _part(identifier: str) -> str:
    return quote(identifier, safe="")
