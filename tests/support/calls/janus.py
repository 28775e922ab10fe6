"""A real SFU: Debian's Janus with its VideoRoom, in a temporary folder of its own and on loopback alone."""

import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.server import free_port

ROOMS = tuple(range(1234, 1240))
"""Numbers of the rooms that exist; the first is the one that Janus' own page joins when it is not told another."""
READY_WITHIN_S = 20.0
DEMOS = Path("/usr/share/janus/demos")
"""Janus' own web pages (Debian's `janus-demos`)."""


class JanusMissingError(Exception):
    """Why there is no Janus here; the reason of a skip."""


class Janus:
    """One Janus process. `websocket` is the address that its web pages talk to."""

    def __init__(self, folder: Path) -> None:
        program, modules = _installed()
        self._http, self._ws = free_port(), free_port()
        configuration = _configure(folder, modules, self._http, self._ws)
        self._log = folder / "janus.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, "--configs-folder", configuration], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        try:
            self._wait_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def websocket(self) -> str:
        return f"ws://127.0.0.1:{self._ws}/"

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"Janus ended with code {self._process.returncode}: {self._last_lines()}")
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self._http}/janus/info", timeout=2).close()
                return
            time.sleep(0.1)
        raise TimeoutError(f"Janus was not ready after {READY_WITHIN_S:.0f} s: {self._last_lines()}")

    def _last_lines(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


@contextmanager
def janus() -> Iterator[Janus]:
    """A Janus for the length of a block; raises `JanusMissingError` where it cannot be had."""
    with tempfile.TemporaryDirectory(prefix="mbjanus", ignore_cleanup_errors=True) as folder:
        running = Janus(Path(folder))
        try:
            yield running
        finally:
            running.stop()


def _installed() -> tuple[str, Path]:
    program = shutil.which("janus")
    if program is None or not (DEMOS / "videoroomtest.html").exists():
        raise JanusMissingError("Janus and its pages are not installed: `apt-get install janus janus-demos`")
    plugin = next(Path("/usr/lib").glob("*/janus/plugins/libjanus_videoroom.so"), None)
    if plugin is None:
        raise JanusMissingError("this Janus has no VideoRoom plugin")
    return program, plugin.parents[1]


def _configure(folder: Path, modules: Path, http_port: int, ws_port: int) -> Path:
    """Write the configuration, and link the modules that are wanted: others open ports of their own."""
    for kind, names in {"plugins": ["videoroom"], "transports": ["http", "websockets"]}.items():
        (folder / kind).mkdir()
        for name in names:
            (folder / kind / f"libjanus_{name}.so").symlink_to(modules / kind / f"libjanus_{name}.so")
    configuration = folder / "configuration"
    configuration.mkdir()
    for name, text in _files(folder, configuration, http_port, ws_port).items():
        (configuration / f"{name}.jcfg").write_text(text)
    return configuration


def _files(folder: Path, configuration: Path, http_port: int, ws_port: int) -> dict[str, str]:
    rooms = "\n".join(
        f'room-{number}: {{ description="Room {number}" publishers=16 bitrate=256000 fir_freq=10 record=false }}'
        for number in ROOMS
    )
    return {
        "janus": f"""
general: {{ configs_folder="{configuration}" plugins_folder="{folder}/plugins"
  transports_folder="{folder}/transports" events_folder="{folder}/none" loggers_folder="{folder}/none"
  debug_level=3 server_name="test" }}
media: {{ rtp_port_range="20000-29999" }}
nat: {{ ice_enforce_list="lo" ice_tcp=false full_trickle=true }}
""",
        "janus.transport.http": f"""
general: {{ json="compact" base_path="/janus" http=true port={http_port} ip="127.0.0.1" https=false }}
""",
        "janus.transport.websockets": f"""
general: {{ json="compact" ws=true ws_port={ws_port} ws_ip="127.0.0.1" wss=false }}
""",
        "janus.plugin.videoroom": rooms,
    }
