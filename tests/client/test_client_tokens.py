"""The token file: private, atomic, shared between processes."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from minutebook.client import FileTokens, LocalFailure, NotAuthenticated, Paxs, Tokens
from support.paxs_client import on_disk
from support.paxs_double import PaxsDouble

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="gives up root's rights to see a refusal")


def python(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    found: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], text=True, stdout=subprocess.PIPE, **options
    )
    return found


def test_the_file_is_private_and_new_ones_stay_so(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tokens.json"
    store = FileTokens(path)
    store.save(Tokens("a", "r"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    store.save(Tokens("b", "s"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.load() == Tokens("b", "s")
    assert os.listdir(path.parent) == ["tokens.json"]


def test_tokens_are_never_shown(tmp_path: Path) -> None:
    assert "secret" not in repr(Tokens("secret-access", "secret-refresh"))


@pytest.mark.parametrize("content", ["", "  \n", "{}", '{"access_token": ""}', "[]"])
def test_an_empty_file_is_nobody_signed_in(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content)
    assert FileTokens(path).load() is None


def test_a_broken_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text('{"access_token": "abc')
    with pytest.raises(NotAuthenticated, match="is not a token file"):
        FileTokens(path).load()


WRITER = """
import sys
from pathlib import Path
from minutebook.client import FileTokens, Tokens
store, n = FileTokens(Path(sys.argv[1])), 0
print("ready", flush=True)
while True:
    n += 1
    store.reserve()
    store.save(Tokens(f"access-{n}-" + "x" * 4000, f"refresh-{n}-" + "y" * 4000))
"""


def test_kill_9_while_writing_never_leaves_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    for round in range(8):
        with python(WRITER, path) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.006 * round)  # another place in the loop each time
            writer.send_signal(signal.SIGKILL)
        if path.exists():
            pair = FileTokens(path).load()
            assert pair is not None
            number = pair.access_token.split("-")[1]
            assert pair == Tokens(f"access-{number}-" + "x" * 4000, f"refresh-{number}-" + "y" * 4000)
            FileTokens(path).save(pair)
    assert path.exists()


REFRESHER = """
import sys
from pathlib import Path
from minutebook.client import FileTokens, NotAuthenticated, Paxs
url, path, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
with Paxs(url, FileTokens(path, url)) as client:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(rounds):
        try:
            client.users.me()
        except NotAuthenticated as error:
            assert error.code != "refresh_refused"  # the fresh token may have ended again before the retry
print("done", flush=True)
"""


def test_processes_that_share_a_file_refresh_once_between_them(
    double: PaxsDouble, store: FileTokens, token_path: Path
) -> None:
    """Access tokens end all the time; a second use of a refresh token would end the sign-in for all."""
    processes = [python(REFRESHER, double.url, token_path, 40, stdin=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    while any(process.poll() is None for process in processes):
        time.sleep(0.01)
        double.expire_access_tokens()
        if double.reused_refresh_tokens:
            break
    outputs = [process.communicate()[0] for process in processes]
    assert outputs == ["done\n"] * 3
    assert double.reused_refresh_tokens == 0


def test_a_dead_holder_s_lock_is_free(double: PaxsDouble, store: FileTokens, token_path: Path) -> None:
    holder = python(
        "import sys, time; from pathlib import Path; from minutebook.client import FileTokens\n"
        "lock = FileTokens(Path(sys.argv[1])).lock(); assert lock.attempt(); print('held', flush=True); time.sleep(60)",
        token_path,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    assert not store.lock().attempt()
    holder.kill()
    holder.communicate()
    double.expire_access_tokens()
    with Paxs(double.url, store) as client:
        assert client.users.me().email == "ada@example.com"


FULL_DISK = """
import resource, sys
from pathlib import Path
from minutebook.client import FileTokens, LocalFailure, Paxs
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    with Paxs(sys.argv[1], FileTokens(Path(sys.argv[2]), sys.argv[1])) as client:
        client.users.me()
except LocalFailure as error:
    print(error.code, error.message)
"""


def test_no_room_is_noticed_before_the_refresh_token_is_used(
    double: PaxsDouble, store: FileTokens, token_path: Path
) -> None:
    """A limit on file size stands for a full disk: the write itself fails."""
    before = on_disk(token_path)
    double.expire_access_tokens()
    with python(FULL_DISK, double.url, token_path) as process:
        said = process.communicate()[0]
    assert said.startswith("not_writable")
    assert str(token_path.parent) in said
    assert double.calls_to("POST", "/api/oauth/provider/token") == []
    assert on_disk(token_path) == before
    with Paxs(double.url, store) as client:
        assert client.users.me().email == "ada@example.com"


READ_ONLY = """
import os, sys
from pathlib import Path
from minutebook.client import FileTokens, LocalFailure, Paxs
try:
    with Paxs(sys.argv[1], FileTokens(Path(sys.argv[2]), sys.argv[1])) as client:
        "localhost".encode("idna")  # loads what root alone may read
        os.setegid(65534)
        os.seteuid(65534)
        client.users.me()
except LocalFailure as error:
    print(error.code, error.message)
"""


@needs_root
def test_a_read_only_folder_is_noticed_before_the_refresh_token_is_used(double: PaxsDouble) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.json"
        path.write_text(json.dumps(double.issue()))
        path.chmod(0o644)
        Path(folder).chmod(0o755)
        double.expire_access_tokens()
        with python(READ_ONLY, double.url, path) as process:
            said = process.communicate()[0]
    assert said.startswith("not_writable")
    assert "cannot be written to" in said
    assert double.calls_to("POST", "/api/oauth/provider/token") == []


def test_a_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    with pytest.raises(LocalFailure, match="cannot be written to"):
        FileTokens(tmp_path / "config" / "tokens.json").save(Tokens("a", "b"))
