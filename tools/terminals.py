"""What the command line looks like, for docs/terminals.md: each command is run in a real terminal (tmux) of 80 and of
120 columns and through a pipe, on the sample meeting, and what stood there is written down. Needs tmux."""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "terminals.md"
WIDTHS = (80, 120)
LINES = 400
DONE = "[done]"
WITHIN_S = 3600.0
LOOK_S = 0.2
BARE = ("--noprofile", "--norc")
ATTENDEES = '--attendee "Maria Silva <maria@example.com>" --attendee "Tom Berg"'

INTRODUCTION = """# What it looks like

Recorded by `make terminals` (`tools/terminals.py`) on the sample meeting: in terminals of 80 and 120 columns, and
through a pipe (`| cat`), where lines are as long as what they say and nothing moves. What stands here is what stood
there.
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A command, where it is shown, and what ends it when it does not end by itself."""

    command: str
    widths: tuple[int, ...] = WIDTHS
    piped: bool = True
    until: str = ""


SCENES = (
    Scene(f"minutebook process launch.flac {ATTENDEES}", widths=(80,), piped=False),
    Scene(f"minutebook process again.flac {ATTENDEES}", widths=()),
    Scene("minutebook transcribe launch.flac --format txt", widths=(80,), piped=False),
    Scene("minutebook meetings list"),
    Scene("minutebook meetings show launch"),
    Scene('minutebook speakers set launch "Speaker 4=Tom Berg"', widths=(80,), piped=False),
    Scene("minutebook search load test"),
    Scene('minutebook correct launch supplier "supplier in Porto"', widths=(80,), piped=False),
    Scene("minutebook correct launch"),
    Scene("minutebook correct launch --note"),
    Scene("minutebook doctor"),
    Scene("minutebook serve", widths=(80,), piped=False, until="/setup?token="),
)


class Terminal:
    """A tmux session of a width in columns, with a shell whose prompt is `$`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], width: int) -> None:
        self._folder = folder
        self._tmux = ("tmux", "-S", str(folder / f"tmux-{width}"))
        size = ("-x", str(width), "-y", str(LINES))
        # Behind the login shell, which has a PATH of its own.
        shell = shlex.join(["env", *(f"{name}={value}" for name, value in environment.items()), "bash", *BARE])
        self._call("-f", "/dev/null", "new-session", "-d", *size, "-c", str(folder), shell)

    def play(self, scene: Scene) -> str:
        """What stands on the screen when the command is through."""
        (self._folder / "scene").write_text(f"clear\n{scene.command}\necho '{DONE}'\n")
        self._call("send-keys", "-t", "0", ". ./scene", "Enter")
        screen = self._wait_for(scene.until or DONE)
        if scene.until:
            self._call("send-keys", "-t", "0", "C-c")
            self._wait_for(DONE)
        self._call("send-keys", "-t", "0", "clear", "Enter")
        self._wait_for_none_of(DONE)
        return "\n".join(line.rstrip() for line in screen.partition(DONE)[0].splitlines()).strip("\n")

    def close(self) -> None:
        """End the session and what runs in it."""
        self._call("kill-server")

    def _wait_for(self, text: str) -> str:
        before = time.monotonic() + WITHIN_S
        while time.monotonic() < before:
            screen = self._call("capture-pane", "-p", "-t", "0")
            if text in screen:
                return screen
            time.sleep(LOOK_S)
        sys.exit(f"terminals: {text!r} did not come:\n{screen}")

    def _wait_for_none_of(self, text: str) -> None:
        while text in self._call("capture-pane", "-p", "-t", "0"):
            time.sleep(LOOK_S)

    def _call(self, *arguments: str) -> str:
        return subprocess.run([*self._tmux, *arguments], check=True, capture_output=True, text=True).stdout


@contextmanager
def stage() -> Iterator[tuple[Path, dict[str, str]]]:
    """A home folder with the sample recording, and the environment in which nobody has used Minutebook yet."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for copy in ("launch.flac", "again.flac"):
            shutil.copy(ROOT / "samples" / "launch.flac", home / copy)
        path = f"{ROOT / '.venv' / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        settings = {"HOME": name, "PATH": path, "PYTHONPATH": str(ROOT / "src")}
        yield home, {**settings, "PS1": "$ ", "LANG": "C.UTF-8", "TZ": "UTC", "HISTFILE": ""}


def told(text: str, home: Path) -> str:
    """Without what is this machine's or nobody's business."""
    return re.sub(r"token=[\w-]+", "token=…", text.replace(str(home), "~").replace(str(ROOT), "~/minutebook"))


def recorded() -> Iterator[str]:
    """The page, piece by piece."""
    yield INTRODUCTION
    with stage() as (home, environment):
        terminals = {width: Terminal(home, environment, width) for width in WIDTHS}
        try:
            for scene in SCENES:
                print(scene.command, flush=True)
                yield f"\n## `{scene.command.partition(' --attendee')[0]}`\n"
                yield f"\n```console\n$ {scene.command}\n```\n"
                for width in scene.widths:
                    yield f"\n{width} columns:\n\n```text\n{told(terminals[width].play(scene), home)}\n```\n"
                if scene.piped:
                    done = subprocess.run(
                        ["bash", "-c", f"{scene.command} 2>&1 | cat"],
                        cwd=home, env=environment, capture_output=True, text=True, check=True,
                    )  # fmt: skip
                    yield f"\nPiped:\n\n```text\n{told(done.stdout.strip(chr(10)), home)}\n```\n"
        finally:
            for terminal in terminals.values():
                terminal.close()


def main() -> None:
    PAGE.write_text("".join(recorded()), encoding="utf-8")


if __name__ == "__main__":
    main()
