"""Making and restoring backups.

Making holds nobody up: rows are read in one view of the database, objects one after the other. Objects are copied
before the rows are read and once more after, what has come since: whatever a row that was read points at had been
written before, and is in one of the two passes.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from minutebook import __version__
from minutebook.backup import rows
from minutebook.backup.archive import Archive, Unfinished
from minutebook.backup.model import DAMAGED, KeptObject, KeptTable, Manifest, Summary, damaged, newer
from minutebook.db.database import Database
from minutebook.db.migrations import migrate
from minutebook.db.migrations.run import knows
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.storage.ports import Storage, StoredObject


async def make(db: Database, storage: Storage, clock: Clock, folder: Path, *, key: bytes | None, keep: int) -> Summary:
    """Back the installation up into `folder` and keep the newest `keep` backups there; `key` is kept with it.

    Raises `backup_busy`, `backup_folder`, `storage_full`, and what database and storage raise; an earlier backup stays
    as it was then."""
    archive = Archive(folder)
    with archive.locked():
        unfinished = archive.begin(clock.now())
        copying = _Copying(archive, storage, archive.newest())
        await copying.run()
        schema, tables = await _read_rows(db, unfinished)
        await copying.run()
        if key is not None:
            unfinished.write_key(key)
        manifest = Manifest(clock.now(), __version__, schema, tables, copying.kept)
        unfinished.finish(manifest)
        archive.keep_newest(keep)
    return Summary.of(unfinished.name, manifest, copying.copied)


async def restore(db: Database, storage: Storage, folder: Path, at: str | None = None) -> Summary:
    """Put a backup into an empty installation, and bring its schema up to date.

    Every byte and every row is compared with what was kept. Objects go first and rows in one transaction after them: a
    restore that was interrupted is begun again with the same command. Raises `backup_missing`, `backup_damaged`,
    `backup_newer`, `restore_not_empty`."""
    archive = Archive(folder)
    name = archive.chosen(at)
    try:
        manifest = archive.manifest(name)
        if not knows(manifest.schema):
            raise newer(f"was made by Minutebook {manifest.program}, whose schema is newer than this program's")
        await _look_for_others(db, storage, manifest)
        await asyncio.to_thread(_check_rows, archive, name, manifest)
        await _put_objects(storage, archive, manifest)
    except MinutebookError as error:
        if error.code != DAMAGED:
            raise
        raise archive.with_earlier(error, name) from error
    await _fill(db, archive, name, manifest)
    await migrate(db)
    return Summary.of(name, manifest, [kept.size for kept in manifest.objects.values()])


def _check_rows(archive: Archive, name: str, manifest: Manifest) -> None:
    """Before anything is put to use: all lines are those that were kept."""
    for table, kept in manifest.tables.items():
        digest = rows.Digest()
        for batch in archive.rows(name, table):
            for line in batch:
                digest.add(line)
        if KeptTable(digest.rows, digest.hex()) != kept:
            raise damaged(f"the rows of {table} are not those that were kept")


async def _put_objects(storage: Storage, archive: Archive, manifest: Manifest) -> None:
    """All of them, or, where one turns out to be damaged, none: the storage is empty for an earlier backup."""
    put: list[str] = []
    try:
        for key, kept in manifest.objects.items():
            put.append(key)
            stored = await storage.put_stream(key, archive.bytes_of(kept.sha256))
            if stored.sha256 != kept.sha256:
                raise damaged(f"{key} came out of it with another sum")
    except MinutebookError as error:
        if error.code == DAMAGED:
            for key in put:
                await storage.delete(key)
        raise


async def _look_for_others(db: Database, storage: Storage, manifest: Manifest) -> None:
    async with db.reading() as tx:
        found = await rows.in_use(tx)
    if not found:
        others = [stored.key async for stored in storage.listing() if stored.key not in manifest.objects]
        found = f"its storage holds {min(others)}" if others else None
    if found:
        message = (
            f"A backup is restored into an installation that was never used, and this one was ({found}). Name a data "
            "directory that does not exist yet (--data-dir), or an empty database and bucket, where no server was "
            "started before."
        )
        raise MinutebookError(Kind.CONFLICT, "restore_not_empty", message)


async def _read_rows(db: Database, unfinished: Unfinished) -> tuple[str, dict[str, KeptTable]]:
    kept: dict[str, KeptTable] = {}
    async with db.reading() as tx:
        schema, tables = await rows.schema_of(tx)
        for table in tables:
            digest = rows.Digest()
            await unfinished.write_rows(table.name, _counted(rows.lines(tx, table), digest))
            kept[table.name] = KeptTable(digest.rows, digest.hex())
    return schema, kept


async def _counted(batches: AsyncIterator[list[bytes]], digest: rows.Digest) -> AsyncIterator[list[bytes]]:
    async for batch in batches:
        for line in batch:
            digest.add(line)
        yield batch


async def _fill(db: Database, archive: Archive, name: str, manifest: Manifest) -> None:
    await migrate(db, manifest.schema)
    async with db.transaction() as tx:
        _, tables = await rows.schema_of(tx)
        if {table.name for table in tables} != manifest.tables.keys():
            raise damaged("its tables are not those of its schema")
        for table in reversed(tables):
            await tx.execute(table.delete())
        for table in tables:
            await rows.fill(tx, table, archive.rows(name, table.name))


class _Copying:
    """Copies what has not been copied: objects that the last backup has in the same version are taken over from it."""

    def __init__(self, archive: Archive, storage: Storage, last: Manifest | None) -> None:
        self._archive = archive
        self._storage = storage
        self._last = dict(last.objects) if last else {}
        self.kept: dict[str, KeptObject] = {}
        self.copied: list[int] = []

    async def run(self) -> None:
        """One pass over the storage. What is removed meanwhile is left out."""
        async for stored in self._storage.listing():
            known = self.kept.get(stored.key) or self._last.get(stored.key)
            if known and _is_same(known, stored) and self._archive.has(known.sha256, known.size):
                self.kept[stored.key] = known
                continue
            try:
                sha256, size = await self._archive.keep(self._storage.stream(stored.key))
            except MinutebookError as error:
                if error.kind is not Kind.NOT_FOUND:
                    raise
                self.kept.pop(stored.key, None)
            else:
                self.kept[stored.key] = KeptObject(size, sha256, stored.etag)
                self.copied.append(size)


def _is_same(known: KeptObject, stored: StoredObject) -> bool:
    return bool(stored.etag) and (known.etag, known.size) == (stored.etag, stored.size)
