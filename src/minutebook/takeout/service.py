"""Takeout: everything of a user as one archive, made while it is sent."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Final

from minutebook.access_log.model import Action, Actor, Via
from minutebook.access_log.service import AccessLog
from minutebook.accounts.model import User
from minutebook.analysis.corrections import Corrections
from minutebook.analysis.remembering import Remembering, ShownVoice
from minutebook.analysis.results import Results
from minutebook.db.database import Database
from minutebook.kit.clock import Clock
from minutebook.kit.filenames import file_stem
from minutebook.meetings.model import Meeting
from minutebook.meetings.service import Meetings
from minutebook.preferences import repository as preferences_repository
from minutebook.recordings.model import Recording
from minutebook.recordings.service import Recordings
from minutebook.sharing.service import Sharing
from minutebook.takeout import repository
from minutebook.takeout.archive import Archive
from minutebook.templates.service import Templates

_PAGE: Final = 50


class Takeout:
    """Archives of their owners: nobody else's data is ever in one."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        meetings: Meetings,
        recordings: Recordings,
        results: Results,
        corrections: Corrections,
        templates: Templates,
        sharing: Sharing,
        access_log: AccessLog,
        remembering: Remembering,
    ) -> None:
        self._db = db
        self._clock = clock
        self._meetings = meetings
        self._recordings = recordings
        self._results = results
        self._corrections = corrections
        self._templates = templates
        self._sharing = sharing
        self._access_log = access_log
        self._remembering = remembering

    async def archive(self, user: User) -> AsyncIterator[bytes]:
        """A ZIP: `account.json`, a folder for each meeting (those in the trash too) with its recording, all that was
        made of it and its corrections, and `checksums.sha256`."""
        archive = Archive(self._clock.now())
        yield archive.add_text("account.json", await self._account(user))
        after = ""
        while ids := await self._next(user.id, after):
            for meeting_id in ids:
                async for piece in self._meeting(archive, user, meeting_id):
                    if piece:
                        yield piece
            after = ids[-1]
        for piece in archive.end():
            yield piece

    async def _next(self, owner_id: str, after: str) -> Sequence[str]:
        async with self._db.reading() as read:
            return await repository.meetings_after(read, owner_id, after, _PAGE)

    async def _account(self, user: User) -> str:
        async with self._db.reading() as read:
            wished = await preferences_repository.load(read, user.id)
            templates = await self._templates.list(read, user.id)
            groups = await self._sharing.groups.list(read, user.id)
            voices = await self._remembering.list(read, user.id)
        return _json(
            {
                "user": asdict(user),
                "preferences": asdict(wished),
                "note_templates": [asdict(each) for each in templates],
                "groups": [asdict(each) for each in groups],
                "remembered_voices": [_of_voice(each) for each in voices],
            }
        )

    async def _meeting(self, archive: Archive, user: User, meeting_id: str) -> AsyncIterator[bytes]:
        async with self._db.reading() as read:
            found = await self._meetings.of_ids(read, user.id, [meeting_id])
            if not found:  # deleted meanwhile
                return
            meeting = found[0]
            recording = (await self._recordings.of_meetings(read, [meeting.id])).get(meeting.id)
            kept = await self._results.kept_reports(read, user.id, recording.id) if recording else ()
            edits = await self._corrections.edits(read, user.id, recording.id) if recording else ()
        folder = _folder(meeting)
        yield archive.add_text(f"{folder}/meeting.json", _json(asdict(meeting)))
        if recording is None:
            return
        await self._noted(user, recording)
        yield archive.add_text(f"{folder}/recording.json", _json(_told(recording)))
        for shown in await self._results.shown(kept):
            if shown.content is not None:
                name = shown.report.type.value.replace(" ", "_")
                yield archive.add_text(f"{folder}/{name}.json", shown.content)
        if edits:
            yield archive.add_text(f"{folder}/corrections.json", _json([asdict(edit) for edit in edits]))
        if recording.sound_removed_at is None:
            ending = recording.storage_key.rpartition(".")[2]
            sound = self._recordings.media(recording)
            async for piece in archive.add(f"{folder}/recording.{ending}", sound, packed=True):
                yield piece

    async def _noted(self, user: User, recording: Recording) -> None:
        actor = Actor(user.id, Via.WEB, "")
        await self._access_log.note(self._db, user.id, recording.id, actor, Action.EXPORTED, "archive of everything")


def _folder(meeting: Meeting) -> str:
    """Unique by the end of the meeting's id."""
    return f"meetings/{meeting.created_at:%Y-%m-%d} {file_stem(meeting.title)} {meeting.id[-8:]}"


def _of_voice(shown: ShownVoice) -> dict[str, object]:
    """That a vector is kept, and never the vector: it is of use to nobody who means well."""
    person = asdict(shown.person)
    return {**person, "vector_kept": shown.person.enrolments > 0, "meetings": list(shown.meetings)}


def _told(recording: Recording) -> dict[str, object]:
    """Without what concerns this server alone."""
    return {name: value for name, value in asdict(recording).items() if name != "storage_key"}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"
