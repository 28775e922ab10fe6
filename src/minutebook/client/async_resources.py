"""The asyncio client's resources: one method for each call."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

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
from minutebook.client.protocol import operations
from minutebook.client.protocol.operations import new_key
from minutebook.client.protocol.request import OnProgress
from minutebook.client.sending.polling import AUTOMATIC, CONTRACT, OnReports, Polling, Reports, demanding, settle
from minutebook.client.sending.steps import AsyncFollowSteps, AsyncRunOperation
from minutebook.client.sign_in.callback import CallbackServer
from minutebook.client.sign_in.flows import Invite, ShowCode, SignIn, by_agent, by_code, pkce_offered
from minutebook.client.state.locks import aholding
from minutebook.client.state.tokens import TokenStore


class _Resource:
    def __init__(self, run: AsyncRunOperation) -> None:
        self._run = run


class AsyncUsers(_Resource):
    """People."""

    async def me(self) -> User:
        """The signed-in user."""
        return await self._run(operations.me())


class AsyncSessions(_Resource):
    """Meetings, which the API calls sessions."""

    async def create(
        self,
        attendees: Iterable[Attendee],
        *,
        title: str | None = None,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> Meeting:
        """Create a meeting. The same `idempotency_key` again returns the same meeting."""
        return await self._run(operations.create_session(attendees, title, description, idempotency_key or new_key()))

    async def list(self, *, page: int = 1, page_size: int = 20, search: str | None = None) -> Page[Meeting]:
        """A page of meetings, newest first."""
        return await self._run(operations.list_sessions(page, page_size, search))

    async def search(
        self,
        query: str,
        *,
        person: str = "",
        since: date | None = None,
        until: date | None = None,
        cursor: str | None = None,
    ) -> Found:
        """A page of the meetings that hold every word of the query, newest first; days are UTC. Minutebook only."""
        return await self._run(operations.search(query, person, since, until, cursor))

    async def get(self, session_id: str) -> Meeting:
        """One meeting."""
        return await self._run(operations.get_session(session_id))

    async def update(self, session_id: str, changes: Mapping[str, object]) -> Meeting:
        """Change title, description or attendees."""
        return await self._run(operations.update_session(session_id, changes))

    async def delete(self, session_id: str) -> None:
        """Delete a meeting with its recording and all results."""
        await self._run(operations.delete_session(session_id))


class AsyncRecordings(_Resource):
    """The recording of a meeting."""

    async def upload(
        self, session_id: str, path: Path, *, filename: str | None = None, on_progress: OnProgress | None = None
    ) -> Recording:
        """Stream a file to the meeting, in constant memory. `on_progress` hears bytes sent and bytes in all."""
        return await self._run(operations.upload(session_id, path, filename, on_progress))

    async def upload_from_url(self, session_id: str, url: str) -> Recording:
        """Let the server fetch the recording from a public address."""
        return await self._run(operations.upload_from_url(session_id, url))

    async def export(self, recording_id: str, format: str) -> str:
        """The transcript as `json`, `txt`, `srt`, `vtt` or `md`."""
        return await self._run(operations.export(recording_id, format))

    async def speakers(self, recording_id: str) -> tuple[Speaker, ...]:
        """The voices of the newest transcript. Minutebook only, like all that follows."""
        return await self._run(operations.speakers(recording_id))

    async def name_speakers(self, recording_id: str, names: Mapping[str, str | None]) -> tuple[Speaker, ...]:
        """Say who voices are, by their ids: a name, an attendee's e-mail address, or None to take a name away."""
        return await self._run(operations.name_speakers(recording_id, names))

    async def correct(self, recording_id: str, edits: Sequence[Mapping[str, object]]) -> tuple[Edit, ...]:
        """Correct words of the newest transcript, or who said them; all of the edits or none."""
        return await self._run(operations.correct_transcript(recording_id, edits))

    async def correct_note(self, recording_id: str, edits: Sequence[Mapping[str, object]]) -> tuple[Edit, ...]:
        """Correct or remove items of the newest note, by their index; all of the edits or none."""
        return await self._run(operations.correct_note(recording_id, edits))

    async def edits(self, recording_id: str) -> tuple[Edit, ...]:
        """What was corrected, with what was taken back."""
        return await self._run(operations.edits(recording_id))

    async def undo(self, recording_id: str, edit_id: str) -> Edit:
        """Take a correction back."""
        return await self._run(operations.undo_edit(recording_id, edit_id))


class AsyncAnalysis(_Resource):
    """What is made of a recording."""

    def __init__(self, run: AsyncRunOperation, follow: AsyncFollowSteps) -> None:
        super().__init__(run)
        self._follow = follow

    async def request(
        self,
        recording_id: str,
        session_id: str,
        types: Sequence[AnalysisType],
        *,
        instruction: str | None = None,
        meeting_type: str | None = None,
        template: str | None = None,
    ) -> tuple[Report, ...]:
        """Ask for analyses."""
        return await self._run(
            operations.request_analysis(recording_id, session_id, types, instruction, meeting_type, template)
        )

    async def reports(self, recording_id: str, session_id: str, type: AnalysisType | None = None) -> tuple[Report, ...]:
        """The newest report of each type."""
        return await self._run(operations.reports(recording_id, session_id, type))

    async def wait_for(
        self,
        recording_id: str,
        session_id: str,
        types: Iterable[AnalysisType] = AUTOMATIC,
        *,
        polling: Polling = CONTRACT,
        on_reports: OnReports | None = None,
    ) -> Reports:
        """Wait until the wanted reports are completed; `AnalysisFailed` when one failed, `StillRunning` at the end."""
        wanted = tuple(types)
        waiting = settle(recording_id, session_id, wanted, polling, on_reports)
        return await self._follow(demanding(waiting, wanted))


class AsyncOAuth(_Resource):
    """Sign-in and tokens."""

    def __init__(self, run: AsyncRunOperation, follow: AsyncFollowSteps, tokens: TokenStore, base_url: str) -> None:
        super().__init__(run)
        self._follow = follow
        self._tokens = tokens
        self._base_url = base_url

    async def by_callback(self, invite: Invite, *, port: int = 3000, wait_s: float = 300.0) -> None:
        """Sign in through a callback server on this machine; `invite` is given the link to show or open."""
        await self._make_room()
        with CallbackServer(port) as server:
            sign_in = SignIn.begin(server.redirect_uri, await self._follow(pkce_offered()))
            invite(sign_in.link(self._base_url))
            await self._keep(
                await self._follow(by_code(sign_in, await asyncio.to_thread(server.wait, sign_in.state, wait_s)))
            )

    async def by_agent(self, invite: Invite, show_code: ShowCode | None = None) -> None:
        """Sign in by polling: every 3 s, at most 5 minutes. `show_code` is given what the user should compare."""
        await self._make_room()
        agent_callback = self._base_url + operations.AGENT_CALLBACK
        sign_in = SignIn.begin(agent_callback, await self._follow(pkce_offered()), agent=True)
        invite(sign_in.link(self._base_url))
        await self._keep(await self._follow(by_agent(sign_in, show_code)))

    async def revoke(self) -> None:
        """End the sign-in on the server; the store is not touched."""
        tokens = self._tokens.load()
        if tokens is not None:
            await self._run(operations.revoke(tokens.refresh_token or tokens.access_token))

    async def _make_room(self) -> None:
        """Before the user is asked for anything: tokens that could not be stored would be of no use."""
        async with aholding(self._tokens.lock()):
            self._tokens.reserve()

    async def _keep(self, tokens: Tokens) -> None:
        async with aholding(self._tokens.lock()):
            self._tokens.save(tokens)


class AsyncBots(_Resource):
    """Bots in their calls. Minutebook only. Each call answers at once; `command` says what became of it."""

    async def chat(self, bot_id: str) -> tuple[ChatLine, ...]:
        """What was written in the call, as far as the bot had the chat open."""
        return await self._run(operations.bot_chat(bot_id))

    async def write(self, bot_id: str, text: str) -> Command:
        """Write a line into the chat."""
        return await self._run(operations.tell_bot(bot_id, "chat", text))

    async def open_chat(self, bot_id: str) -> Command:
        """Have the chat opened, so that it is read."""
        return await self._run(operations.tell_bot(bot_id, "chat/open"))

    async def say(self, bot_id: str, text: str) -> Command:
        """Say a text with the server's voice."""
        return await self._run(operations.tell_bot(bot_id, "say", text))

    async def play(self, bot_id: str, sound: bytes) -> Command:
        """Play a sound: the bytes of a file."""
        return await self._run(operations.tell_bot(bot_id, "sound", sound=sound))

    async def take_screenshot(self, bot_id: str) -> Command:
        """Take a picture of the page now."""
        return await self._run(operations.tell_bot(bot_id, "screenshot"))

    async def screenshot(self, bot_id: str) -> bytes:
        """The newest picture of the page (PNG)."""
        return await self._run(operations.bot_screenshot(bot_id))

    async def pause(self, bot_id: str) -> Command:
        """Record nothing from now on."""
        return await self._run(operations.tell_bot(bot_id, "pause"))

    async def resume(self, bot_id: str) -> Command:
        """Record again."""
        return await self._run(operations.tell_bot(bot_id, "resume"))

    async def command(self, bot_id: str, command_id: str) -> Command:
        """What became of something that the bot was told."""
        return await self._run(operations.bot_command(bot_id, command_id))
