"""A web server on loopback in a thread of its own, with an event loop that others may ask for something."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from support.server import free_port

READY_WITHIN_S = 20.0


class Serving:
    """Serves from the beginning until `stop`; over TLS with a certificate."""

    def __init__(self, routes: Sequence[BaseRoute], certificate: Path | None = None) -> None:
        self.port = free_port()
        configuration = uvicorn.Config(
            Starlette(routes=routes),
            host="127.0.0.1",
            port=self.port,
            ws="websockets-sansio",
            log_level="warning",
            timeout_graceful_shutdown=1,
            ssl_certfile=None if certificate is None else str(certificate),
        )
        self._server = uvicorn.Server(configuration)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="replicas", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._server.started:
            assert time.monotonic() < deadline, "the played platforms are not up"
            time.sleep(0.05)

    def do(self, what: Coroutine[Any, Any, None]) -> None:
        """Have something done in the server's thread, and wait for it."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve()
