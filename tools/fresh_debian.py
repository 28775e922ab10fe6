"""The first minutes of a new machine, in a chroot: Debian with Python and nothing else, the wheel, a recording, the
server, the first sign-in. Prints what each step took. Needs root, debootstrap and network for packages; nothing of this
checkout is seen in there but the wheel and the sample: `python tools/fresh_debian.py FOLDER [SUITE]`.

Debian's mirror is the one that this machine's own sources name; the packages are fetched by pip outside, so that the
chroot needs no configuration of an index, and are installed as `pip install minutebook` installs them.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

ROOT = Path(__file__).parents[1]
PORT = 8123
SOURCES = (*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*"))
OWNER = {"email": "owner@example.com", "display_name": "Owner", "password": "correct horse battery staple"}
ATTENDEES = ("Maria Silva <maria@example.com>", "Tom Berg <tom@example.com>")
READY_WITHIN_S = 120


def mirror(suite: str) -> str:
    """Where this machine's Debian comes from."""
    one_line = rf"^deb (?:\[.*?\] )?(\S+) {suite} "
    stanza = rf"^URIs: (\S+)$\n^Suites: (?:.* )?{suite}(?: .*)?$"
    for each in SOURCES:
        if found := re.search(f"{one_line}|{stanza}", each.read_text(encoding="utf-8"), re.MULTILINE):
            return found[1] or found[2]
    sys.exit(f"fresh_debian: this machine's sources name no mirror of {suite}.")


@contextmanager
def timed(step: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{step:<44} {time.monotonic() - began:7.1f} s", flush=True)


def run(*command: str | Path, **more: str) -> str:
    """What a program printed; its complaint ends everything."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=more.get("text"))
    if done.returncode:
        sys.exit(f"fresh_debian: {command} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def megabytes(folder: Path) -> int:
    return int(run("du", "-sxm", folder).split()[0])


def first_sign_in(address: str, setup: str) -> None:
    """Create the owner by the link that the server printed, and look at the first page as the owner."""
    browser = build_opener(HTTPCookieProcessor())
    page = browser.open(setup).read().decode()
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    wanted = fields | OWNER
    browser.open(setup.partition("?")[0], urlencode(wanted).encode()).read()
    first = browser.open(f"{address}/").read().decode()
    if "Sign out" not in first and "New meeting" not in first:
        sys.exit(f"fresh_debian: the owner is not signed in:\n{first[:2000]}")


def served(inside: tuple[str | Path, ...]) -> None:
    """Start the server, sign in, stop it."""
    serve = subprocess.Popen(
        [*inside, "serve", "--port", str(PORT)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert serve.stdout is not None
    try:
        with timed("minutebook serve, until it names its address"):
            link = next(found[0] for line in serve.stdout if (found := re.search(r"http://\S+/setup\?token=\S+", line)))
        with timed("first sign-in: the owner's account and page"):
            first_sign_in(f"http://127.0.0.1:{PORT}", link)
    finally:
        serve.terminate()
        with suppress(subprocess.TimeoutExpired):
            serve.wait(30)


def main() -> None:
    folder, suite = Path(sys.argv[1]).resolve(), (sys.argv[2:] or ["bookworm"])[0]
    debian, wheels = folder / suite, folder / "wheels"
    with timed(f"debootstrap {suite}, with Python"):
        include = "--include=python3,python3-venv"
        run("debootstrap", "--variant=minbase", include, suite, debian, mirror(suite))
    before = megabytes(debian)
    with timed("build the wheel, fetch what it needs"):
        build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", wheels)
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        # In the chroot's Python, which need not be this one.
        (wheel,) = wheels.glob("minutebook-*.whl")
        minor = run("chroot", debian, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
        only = ("--python-version", minor, "--only-binary=:all:")
        locked = "\n".join(line for line in (ROOT / "requirements/base.txt").read_text().splitlines() if "==" in line)
        (folder / "locked.txt").write_text(locked.replace(" \\", ""))
        fetch = (sys.executable, "-m", "pip", "download", "--quiet", *only, "-d", wheels, "-c", folder / "locked.txt")
        run(*fetch, wheel)
    shutil.copytree(wheels, debian / "wheels")
    shutil.copy(ROOT / "samples/launch.flac", debian / "root/launch.flac")
    program = "/opt/minutebook/bin/minutebook"
    with timed("pip install minutebook"):
        run("chroot", debian, "python3", "-m", "venv", "/opt/minutebook")
        install = ("install", "--quiet", "--no-index", "--find-links", "/wheels", "minutebook")
        run("chroot", debian, "/opt/minutebook/bin/pip", *install)
    shutil.rmtree(debian / "wheels")
    print(f"Debian with Python {before} MB, then {megabytes(debian)} MB; wheel {wheel.stat().st_size / 1e6:.1f} MB")
    inside = ("chroot", debian, "/usr/bin/env", "-i", "HOME=/root", "PATH=/usr/bin:/bin", program)
    with timed("minutebook --version"):
        print(run(*inside, "--version").strip())
    with timed("minutebook process launch.flac (96 s of speech)"):
        attendees = [part for each in ATTENDEES for part in ("--attendee", each)]
        said = run(*inside, "process", "/root/launch.flac", *attendees)
    print(said[:1500])
    served(inside)


if __name__ == "__main__":
    main()
