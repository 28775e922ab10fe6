"""Databases and storages for tests: SQLite and memory at once, Postgres and S3 as real servers, when asked for."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from pydantic import SecretStr

from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.kit.collector import settle
from minutebook.kit.ids import new_id
from support.backends import S3, Postgres, ServerMissingError, new_sqlite, postgres, s3

# Test processes are started with a terminal of 80 columns, and consoles that are made at import keep that.
os.environ.pop("COLUMNS", None)

# No test measures time: a crowded machine is no failure.
hypothesis.settings.register_profile("minutebook", deadline=None)
hypothesis.settings.load_profile("minutebook")


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: no pass over garbage need look at it again."""
    settle()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One Postgres for the whole run."""
    try:
        with postgres() as server:
            yield server
    except ServerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """A fresh Postgres database that has the tables."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def empty_postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """A fresh Postgres database without tables."""
    url = postgres_server.new_database(empty=True)
    yield url
    postgres_server.drop(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file that has the tables."""
    return new_sqlite(tmp_path / "minutebook.db")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each database in turn, fresh, with the tables."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Each database in turn, open."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """One S3 server for the whole run."""
    try:
        with s3() as server:
            yield server
    except ServerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def s3_settings(s3_server: S3, tmp_path: Path) -> Settings:
    """Settings that point at an S3 bucket, under a prefix of the test's own."""
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        storage_url=f"s3://{S3.bucket}/{new_id()}",
        storage_endpoint=s3_server.endpoint,
        storage_access_key=S3.access_key,
        storage_secret_key=SecretStr(S3.secret_key),
    )
