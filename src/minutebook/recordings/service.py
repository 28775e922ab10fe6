"""What can be done with recordings.

The upload walk: note that bytes are coming (`receive`), stream them to storage, then `attach` them to their meeting:
row, event and planned work in one transaction. Bytes are in storage before a row speaks of them, and every key that
ever gets bytes is known to the database first, as a disposal that falls due unless the upload completes. So whatever
crashes where, nothing is lost and nothing is left behind.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.config import HttpSettings
from minutebook.db.database import Database
from minutebook.db.events import Event, Events
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.jobs.ports import Job, Jobs
from minutebook.kit.clock import Clock
from minutebook.kit.ids import is_id, new_id
from minutebook.kit.languages import checked_language
from minutebook.meetings import events as meeting_events
from minutebook.meetings.service import Meetings
from minutebook.outgoing.client import OutgoingClient
from minutebook.recordings import events as recording_events
from minutebook.recordings import repository
from minutebook.recordings.formats import HEAD_BYTES, UNDECLARED, accepted_format, media_type_of
from minutebook.recordings.model import (
    Incoming,
    Received,
    Recording,
    checked_filename,
    checked_num_speakers,
    not_ready,
    original_key,
    prefix_of,
)
from minutebook.storage.ports import Storage
from minutebook.storage.room import NOTHING_LOCAL, Reserve

SWEEP_TASK: Final = "recordings.sweep"
UPLOAD_LIFE: Final = timedelta(hours=48)
"""An upload that takes longer than this is taken for dead."""
LATE_WRITES: Final = timedelta(hours=1)
"""Work that is cancelled may still write what it holds in hand; a second disposal takes that away."""
SWEEP_AGAIN: Final = timedelta(minutes=5)
_SWEEP_BATCH = 100


class Recordings:
    """Recordings of their owners: nobody else's are ever found."""

    def __init__(
        self,
        db: Database,
        storage: Storage,
        jobs: Jobs,
        events: Events,
        clock: Clock,
        meetings: Meetings,
        outgoing: OutgoingClient,
        settings: HttpSettings,
        reserve: Reserve = NOTHING_LOCAL,
    ) -> None:
        self._reserve = reserve
        self._db = db
        self._storage = storage
        self._jobs = jobs
        self._events = events
        self._clock = clock
        self._meetings = meetings
        self._outgoing = outgoing
        self._max_bytes = settings.max_upload_bytes

    def subscribe(self, events: Events) -> None:
        """Follow the meetings: called once, by wiring."""
        events.subscribe(meeting_events.DELETED, self._on_meeting_deleted)

    def check_room(self, coming: int = 0) -> None:
        """Raises `storage_full` when `coming` bytes more would reach into the reserve of the local disk. For what
        people send; work under way may use the reserve."""
        self._reserve.check(coming)

    async def receive(self, incoming: Incoming) -> Received:
        """Stream a file to storage. Name, declared type and first bytes are checked before anything is written.

        Raises the codes of `formats.accepted_format`, `filename_required` and `file_too_large`; whatever is
        raised, by the stream too, nothing of the file stays.
        """
        filename = checked_filename(incoming.filename)
        head = await _head(incoming.chunks)
        accepted_format(filename, incoming.content_type, head)
        recording_id = new_id()
        key = original_key(recording_id, filename.rpartition(".")[2].lower())
        async with self._db.transaction() as tx:
            await repository.plan_disposal(tx, prefix_of(recording_id), self._clock.now() + UPLOAD_LIFE)
        try:
            stored = await self._storage.put_stream(key, _chained(head, incoming.chunks), max_bytes=self._max_bytes)
        except MinutebookError:
            await self._forget(recording_id)
            raise
        content_type = (incoming.content_type or "").partition(";")[0].strip().lower()
        return Received(recording_id, filename, content_type, stored.size, stored.sha256, key)

    async def discard(self, received: Received) -> None:
        """Take back a received file that gets no meeting."""
        await self._storage.delete(received.storage_key)
        await self._forget(received.id)

    async def refused(self, received: Received, error: MinutebookError) -> None:
        """Take back a received file that could not be attached. In an outage nobody knows whether the commit arrived:
        the file stays, and if there was no commit, it goes by the disposal that is planned for it."""
        if error.kind is not Kind.UNAVAILABLE:
            await self.discard(received)

    async def attach(
        self,
        tx: AsyncConnection,
        owner_id: str,
        meeting_id: str,
        received: Received,
        *,
        language: str | None = None,
        num_speakers: int | None = None,
        automatic: bool = True,
        origin: str | None = None,
    ) -> Recording:
        """Make a received file the recording of a meeting; one that is there is replaced and removed. Without
        `automatic` nothing is made of it until somebody asks.

        Raises `session_not_found`, `language_invalid`, `num_speakers_invalid`, `meeting_held`, and `upload_expired` for
        a file older than `UPLOAD_LIFE`.
        """
        meeting = await self._meetings.get(tx, owner_id, meeting_id, lock=True)
        if await repository.drop_disposals(tx, prefix_of(received.id)) == 0:
            raise invalid("upload_expired", "The upload took too long and was given up; send it again.", "file")
        previous = (await repository.of_meetings(tx, [meeting.id])).get(meeting.id)
        if previous is not None and meeting.held_at is not None:
            message = "This meeting is held: its recording is not replaced. End its hold first."
            raise MinutebookError(Kind.CONFLICT, "meeting_held", message)
        if previous is not None:
            await self._remove(tx, previous, recording_events.REPLACED)
        recording = Recording(
            id=received.id,
            meeting_id=meeting.id,
            owner_id=owner_id,
            filename=received.filename,
            content_type=received.content_type,
            size=received.size,
            sha256=received.sha256,
            storage_key=received.storage_key,
            created_at=self._clock.now(),
            language=checked_language(language),
            num_speakers=checked_num_speakers(num_speakers),
            origin=origin,
        )
        await repository.add(tx, recording)
        event = recording_events.recording_event(recording_events.UPLOADED, recording, automatic=automatic)
        await self._events.publish(tx, event)
        return recording

    async def add(
        self,
        owner_id: str,
        meeting_id: str,
        incoming: Incoming,
        *,
        language: str | None = None,
        num_speakers: int | None = None,
    ) -> Recording:
        """The whole walk for a file whose meeting is known beforehand."""
        checked_language(language)
        checked_num_speakers(num_speakers)
        self.check_room()
        async with self._db.reading() as tx:
            await self._meetings.get(tx, owner_id, meeting_id)
        received = await self.receive(incoming)
        try:
            async with self._db.transaction() as tx:
                return await self.attach(
                    tx, owner_id, meeting_id, received, language=language, num_speakers=num_speakers
                )
        except MinutebookError as error:
            await self.refused(received, error)
            raise

    async def add_from_url(
        self,
        owner_id: str,
        meeting_id: str,
        url: str,
        *,
        language: str | None = None,
        num_speakers: int | None = None,
    ) -> Recording:
        """The whole walk for a file at a public address. A server that declares no media type is not held to it:
        then the name decides what the bytes must be."""
        async with self._db.reading() as tx:
            await self._meetings.get(tx, owner_id, meeting_id)
        async with self._outgoing.stream(url) as body:
            declared = (body.content_type or "").partition(";")[0].strip().lower()
            content_type = media_type_of(body.filename) if declared in UNDECLARED else declared
            incoming = Incoming(body.filename, content_type, body.chunks)
            return await self.add(owner_id, meeting_id, incoming, language=language, num_speakers=num_speakers)

    async def get(self, tx: AsyncConnection, owner_id: str, recording_id: str, *, lock: bool = False) -> Recording:
        """One recording; `recording_not_found` when there is none of this owner. `lock` keeps other writers off it."""
        recording = await repository.find(tx, owner_id, recording_id, lock=lock) if is_id(recording_id) else None
        if recording is None:
            raise not_found("recording")
        return recording

    async def present(self, tx: AsyncConnection, recording_ids: Sequence[str]) -> frozenset[str]:
        """Those of them that are there."""
        return await repository.present(tx, recording_ids)

    async def of_meetings(self, tx: AsyncConnection, meeting_ids: Sequence[str]) -> Mapping[str, Recording]:
        """The recordings of meetings whose ownership the caller has checked, by meeting."""
        return await repository.of_meetings(tx, meeting_ids)

    async def load(self, tx: AsyncConnection, recording_id: str, *, lock: bool = False) -> Recording | None:
        """A recording for work in its owner's name; None when it is gone. `lock` keeps other writers off it."""
        return await repository.load(tx, recording_id, lock=lock)

    async def set_duration(self, tx: AsyncConnection, recording_id: str, duration_s: float) -> None:
        """Keep what the probe found."""
        await repository.set_duration(tx, recording_id, duration_s)

    async def remove_sound(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Recording:
        """Delete the file and what is derived from it; what was made of its words stays. `recording_not_found`."""
        recording = await self.get(tx, owner_id, recording_id, lock=True)
        await repository.set_sound_removed(tx, recording.id, self._clock.now())
        await self.dispose(tx, prefix_of(recording.id))
        return recording

    def media(self, recording: Recording, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes [start, end) of the file as it arrived."""
        return self._storage.stream(recording.storage_key, start, end)

    async def derived_size(self, key: str, what: str) -> int:
        """The size of a derived object; raises `not_ready` while there is none."""
        stored = await self._storage.head(key)
        if stored is None:
            raise not_ready(what)
        return stored.size

    def derived(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes [start, end) of a derived object."""
        return self._storage.stream(key, start, end)

    async def sweep(self) -> int:
        """Delete from storage what is due for it; returns how many prefixes were cleared. Safe to run at any time. What
        cannot be deleted now stays due a little later, behind the rest; then the last failure is raised."""
        failure: MinutebookError | None = None
        async with self._db.reading() as tx:
            due = await repository.due_disposals(tx, self._clock.now(), _SWEEP_BATCH)
        for disposal_id, prefix in due:
            try:
                await self._storage.delete_prefix(prefix)
            except MinutebookError as error:
                failure = error
                async with self._db.transaction() as tx:
                    await repository.postpone_disposal(tx, disposal_id, self._clock.now() + SWEEP_AGAIN)
                continue
            async with self._db.transaction() as tx:
                await repository.drop_disposal(tx, disposal_id)
        if failure is not None:
            raise failure
        return len(due)

    async def abort_unfinished(self) -> int:
        """Give up uploads to the storage that a killed process began; returns how many."""
        return await self._storage.abort_unfinished(self._clock.now() - UPLOAD_LIFE)

    async def dispose(self, tx: AsyncConnection, prefix: str) -> None:
        """Have everything under `prefix` deleted from storage: soon, and again after what may still be written late."""
        now = self._clock.now()
        planned = await repository.plan_disposal(tx, prefix, now)
        await repository.plan_disposal(tx, prefix, now + LATE_WRITES)
        await self._jobs.enqueue(tx, Job(task=SWEEP_TASK, key=f"sweep:{planned}"))

    async def _forget(self, recording_id: str) -> None:
        async with self._db.transaction() as tx:
            await repository.drop_disposals(tx, prefix_of(recording_id))

    async def _on_meeting_deleted(self, tx: AsyncConnection, event: Event) -> None:
        recording = (await repository.of_meetings(tx, [event.subject_id])).get(event.subject_id)
        if recording is not None:
            await self._remove(tx, recording, recording_events.REMOVED)

    async def _remove(self, tx: AsyncConnection, recording: Recording, kind: str) -> None:
        # Rows are locked from the meeting down to the reports, by everybody: otherwise a removal and the completion of
        # a report could wait for each other.
        await repository.load(tx, recording.id, lock=True)
        await self._events.publish(tx, recording_events.recording_event(kind, recording))
        await repository.remove(tx, recording.id)
        await self.dispose(tx, prefix_of(recording.id))


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    return bytes(head)


async def _chained(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in rest:
        yield chunk
