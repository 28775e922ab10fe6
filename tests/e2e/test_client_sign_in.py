"""A person signs in with a real browser, in each of the client's ways: terminal, agent, skill. Pages are pictured."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from support.calls.chromium import CHROMIUM
from support.server import EMAIL, PASSWORD, Server, free_port

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: run `make stage`")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "data")
    server.start()
    server.owner()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 900, "height": 700})
    yield context.new_page()
    context.close()


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Where the pages' pictures go: SCREENSHOTS when it is set."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "400"},
    )


def link_from(lines: Iterator[str]) -> str:
    """The link that a command shows."""
    answered: str = next(found[0] for line in lines if (found := re.findall(r"http://\S+/authorize\?\S+", line)))
    return answered


def agree(page: Page, link: str, photographs: Path, name: str, decision: str = "Allow") -> None:
    """Sign in and decide, as a person does."""
    page.goto(link)
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.screenshot(path=photographs / f"{name}-1-sign-in.png")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=decision, exact=True).wait_for()
    page.screenshot(path=photographs / f"{name}-2-consent.png")
    page.get_by_role("button", name=decision, exact=True).click()
    page.wait_for_load_state()
    page.screenshot(path=photographs / f"{name}-3-end.png")


def test_login_through_the_callback(server: Server, page: Page, tmp_path: Path, photographs: Path) -> None:
    tokens = tmp_path / "tokens.json"
    login = [
        sys.executable,
        "-m",
        "minutebook",
        "login",
        "--no-browser",
        "--server",
        server.url,
        "--tokens",
        str(tokens),
    ]
    with start([*login, "--port", str(free_port())], tmp_path) as process:
        assert process.stderr is not None
        agree(page, link_from(process.stderr), photographs, "callback")
        assert "Signed in" in page.content()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"Signed in to {server.url} as" in out
    assert EMAIL in out


def test_login_denied(server: Server, page: Page, tmp_path: Path, photographs: Path) -> None:
    tokens = tmp_path / "tokens.json"
    login = [
        sys.executable,
        "-m",
        "minutebook",
        "login",
        "--no-browser",
        "--server",
        server.url,
        "--tokens",
        str(tokens),
    ]
    with start([*login, "--port", str(free_port())], tmp_path) as process:
        assert process.stderr is not None
        agree(page, link_from(process.stderr), photographs, "denied", decision="Deny")
        _, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "Access was refused on the consent page" in err
    assert not tokens.exists()


def test_login_by_agent(server: Server, page: Page, tmp_path: Path, photographs: Path) -> None:
    tokens = tmp_path / "tokens.json"
    login = [sys.executable, "-m", "minutebook", "login", "--agent", "--server", server.url, "--tokens", str(tokens)]
    with start(login, tmp_path) as process:
        assert process.stderr is not None
        agree(page, link_from(process.stderr), photographs, "agent")
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert EMAIL in out


def test_the_skill_s_two_ways(server: Server, page: Page, chromium: Browser, tmp_path: Path, photographs: Path) -> None:
    skill = tmp_path / ".claude" / "skills" / "paxs-api"
    shutil.copytree(ROOT / "skills" / "paxs-api", skill, ignore=shutil.ignore_patterns("__pycache__"))
    paxs = [sys.executable, str(skill / "scripts" / "paxs.py")]
    shown = subprocess.run(
        [*paxs, "login-link", "--paxs-url", server.url], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    agree(page, link_from(iter(shown.stdout.splitlines())), photographs, "skill-agent")
    subprocess.run([*paxs, "login-wait"], cwd=tmp_path, check=True, timeout=60, capture_output=True)
    assert EMAIL in subprocess.run([*paxs, "whoami"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    (skill / ".tokens.json").unlink()

    callback = [sys.executable, str(skill / "scripts" / "oauth_callback_server.py"), "--paxs-url", server.url]
    with start([*callback, "--port", str(free_port())], tmp_path) as process:
        assert process.stdout is not None
        link = link_from(process.stdout)
        page.goto(link)  # still signed in: only consent is asked for
        page.get_by_role("button", name="Allow", exact=True).click()
        page.wait_for_load_state()
        assert "Signed in" in page.content()
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert EMAIL in subprocess.run([*paxs, "whoami"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
