"""Where objects are kept, by configuration: a folder, a bucket, or memory."""

import asyncio
import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from minutebook.config import Settings
from minutebook.errors import invalid
from minutebook.storage.objects import AbortUnfinished, ObjectStorage, nothing_unfinished
from minutebook.storage.unfinished import Bucket, abort_unfinished

if TYPE_CHECKING:
    from obstore.store import S3Config

_STAGED = re.compile(r".+#\d+")
"""How the storage library names a local file that it is still writing."""
STALE_AFTER_S = 3600.0
"""A file that nobody has written to for so long belongs to a process that is gone."""


def storage_of(settings: Settings) -> ObjectStorage:
    """The storage that the settings name: `s3://bucket/prefix`, `memory://`, or the data directory."""
    if settings.storage_url is None:
        return local_storage(settings.data_dir / "objects")
    place = urlsplit(settings.storage_url)
    if place.scheme == "s3" and place.netloc:
        return _bucket_storage(settings, place.netloc, place.path.strip("/"))
    if place.scheme == "memory":
        return memory_storage()
    raise invalid(
        "storage_url_invalid",
        f"MINUTEBOOK_STORAGE_URL is {settings.storage_url!r}; it has to look like s3://bucket/prefix.",
        "storage_url",
    )


def memory_storage() -> ObjectStorage:
    """A storage that forgets; for tests."""
    from obstore.store import MemoryStore

    return ObjectStorage(MemoryStore())


def local_storage(folder: Path) -> ObjectStorage:
    """Objects as files below `folder`, which is made when it is missing. What a crashed process left half written is
    removed."""
    from obstore.store import LocalStore

    folder.mkdir(parents=True, exist_ok=True)
    remove_stale(folder, time.time() - STALE_AFTER_S)

    async def abort(before: datetime) -> int:
        return await asyncio.to_thread(remove_stale, folder, before.timestamp())

    return ObjectStorage(LocalStore(folder.resolve(), automatic_cleanup=True), folder, abort)


def remove_stale(folder: Path, before: float) -> int:
    """Remove half-written files last touched before the moment `before` (seconds since 1970); returns how many."""
    stale = [path for path in folder.rglob("*#*") if _STAGED.fullmatch(path.name) and path.stat().st_mtime < before]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _bucket_storage(settings: Settings, bucket: str, prefix: str) -> ObjectStorage:
    from obstore.store import S3Store

    return ObjectStorage(
        S3Store(
            bucket,
            prefix=prefix or None,
            config=_bucket_config(settings),
            client_options={
                "allow_http": (settings.storage_endpoint or "").startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=120),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        ),
        abort_unfinished=_abort_in(settings, bucket, prefix),
    )


def _abort_in(settings: Settings, name: str, prefix: str) -> AbortUnfinished:
    """Needs keys that are configured here: with a role of the machine, a lifecycle rule of the bucket does it."""
    secret_key = settings.storage_secret_key
    if settings.storage_access_key is None or secret_key is None:
        return nothing_unfinished
    endpoint = settings.storage_endpoint or f"https://s3.{settings.storage_region}.amazonaws.com"
    below = f"{prefix}/" if prefix else ""
    keys = (settings.storage_access_key, secret_key.get_secret_value())
    bucket = Bucket(endpoint, settings.storage_region, name, below, *keys)
    return lambda before: abort_unfinished(bucket, before)


def _bucket_config(settings: Settings) -> "S3Config":
    config: S3Config = {"region": settings.storage_region}
    if settings.storage_endpoint:
        config["endpoint"] = settings.storage_endpoint
    if settings.storage_access_key and settings.storage_secret_key:
        config["access_key_id"] = settings.storage_access_key
        config["secret_access_key"] = settings.storage_secret_key.get_secret_value()
    return config
