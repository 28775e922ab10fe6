"""The served document against the server: whatever schemathesis makes of it, no answer is a 5xx and all are as
described. A larger run: `MOST=500 … -k contract` with `EXAMPLES` raised by hand."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import hypothesis
import pytest
import schemathesis
import uvicorn
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from minutebook.api.app import create_app
from minutebook.api.baas.document import contract
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import SystemClock
from minutebook.storage import storage_of
from minutebook.wiring import build_services
from support.backends import new_sqlite

EXAMPLES = 12
"""Per operation and base; a run by hand with 400 is in the notes of the release."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

schema = schemathesis.openapi.from_dict(contract())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server on loopback, in a thread of its own, and an API key."""
    folder: Path = tmp_path_factory.mktemp("contract")
    # Nobody outside is asked: an address on loopback is refused before anything is sent.
    nowhere = "http://127.0.0.1:9"
    settings = Settings(
        _env_file=None,
        data_dir=folder,
        log_level="error",
        google={"oauth_url": nowhere, "api_url": nowhere},
        microsoft={"login_url": nowhere, "graph_url": nowhere},
        zoom={"oauth_url": nowhere, "api_url": nowhere},
    )
    new_sqlite(folder / "minutebook.db")
    ready: Queue[tuple[str, str]] = Queue()
    done = Event()

    async def serve() -> None:
        db = Database(settings.sqlalchemy_url)
        services = build_services(settings, db, storage_of(settings), DurableJobs(), SystemClock())
        async with db.transaction() as tx:
            user = await services.accounts.local_user(tx)
            key = (await services.accounts.management.create_api_key(tx, user))[1]
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            config = uvicorn.Config(create_app(services), log_level="error", lifespan="off")
            running = uvicorn.Server(config)
            task = asyncio.create_task(running.serve([listener]))
            ready.put((f"http://127.0.0.1:{listener.getsockname()[1]}", key))
            await asyncio.to_thread(done.wait)
            running.should_exit = True
            await task
        await db.close()

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    yield ready.get(timeout=60)
    done.set()
    thread.join(30)


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(hypothesis.HealthCheck), derandomize=True
)
def test_the_server_is_as_its_document_says(case: schemathesis.Case[Any], server: tuple[str, str]) -> None:
    address, key = server
    case.call_and_validate(base_url=address, headers={"x-meeting-baas-api-key": key}, checks=CHECKS)
