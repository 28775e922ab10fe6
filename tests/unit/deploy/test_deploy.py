"""What is handed to operators: the image, the compose file, the systemd unit. No builder of images is needed: they are
held to rules, and the image's own build step is run on the files that it copies."""

import fnmatch
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from minutebook.cli.app import app
from minutebook.config import Settings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
LOCKED = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)
INTERPOLATED = re.compile(r"\$\{(\w+)")


def instructions() -> list[tuple[str, str]]:
    """The Containerfile as pairs of instruction and arguments, continued lines joined."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in lines)]


def compose() -> dict[str, Any]:
    load: Any = yaml.safe_load  # the package has no types
    document: dict[str, Any] = load((DEPLOY / "compose.yaml").read_text())
    return document


def settings_names(model: type[BaseModel], prefix: str = "MINUTEBOOK_") -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= settings_names(kind, f"{prefix}{name.upper()}__")
        else:
            names.add(f"{prefix}{name.upper()}")
    return names


def test_every_setting_that_is_named_exists() -> None:
    """A name with a slip in it is silently ignored by whoever reads the environment."""
    texts = [path.read_text() for path in DEPLOY.iterdir() if path.name != "example.env"]
    named = {name for text in texts for name in re.findall(r"MINUTEBOOK_[A-Z0-9_]+(?=[=:])", text)}
    assert len(named) >= 12
    assert named <= settings_names(Settings)


def test_every_command_that_is_started_exists() -> None:
    commands = set(getattr(get_command(app), "commands", {}))
    started = {service["command"][0] for service in ours().values() if "command" in service}
    for word, rest in instructions():
        if word == "CMD":
            started.add(rest.strip('[]"'))
    assert started == {"serve", "worker", "bots"}
    assert started <= commands


def test_the_image_runs_as_nobody_and_keeps_nothing_it_does_not_need() -> None:
    lines = instructions()
    stages = [rest.split() for word, rest in lines if word == "FROM"]
    assert [stage[-1] for stage in stages] == ["build", "build-bots", "server", "bots"]
    assert all(
        ":" in stage[0] and not stage[0].endswith(":latest") for stage in stages if stage[0] not in {"build", "server"}
    )
    users = [rest for word, rest in lines if word == "USER"]
    assert users == ["10001:10001", "root", "10001:10001"]
    assert not [word for word, _ in lines if word == "ADD"]
    for word, rest in lines:
        if word == "RUN" and "apt-get install" in rest:
            assert "--no-install-recommends" in rest
            assert "rm -rf /var/lib/apt/lists/*" in rest
        if word == "RUN" and "pip install" in rest:
            assert "--no-cache-dir" in rest
            assert "--require-hashes" in rest or "--no-deps" in rest
    assert [word for word, _ in lines].count("HEALTHCHECK") == 2


def test_the_image_s_build_needs_only_what_it_copies(tmp_path: Path) -> None:
    source, target = tmp_path / "src", tmp_path / "site"
    source.mkdir()
    allowed = [line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        part for word, rest in instructions() if word == "COPY" and "--from" not in rest for part in rest.split()[:-1]
    ]
    for name in copied:
        assert any(fnmatch.fnmatch(name, pattern) for pattern in allowed), f"{name} does not go to the builder"
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (source / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    arguments = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", str(target), "."]
    subprocess.run([sys.executable, "-m", "pip", "install", *arguments], cwd=source, check=True, capture_output=True)
    files = {path.relative_to(target) for path in (target / "minutebook").rglob("*") if path.is_file()}
    shipped = {path.relative_to(ROOT / "src") for path in (ROOT / "src" / "minutebook").rglob("*") if path.is_file()}
    missing = {path for path in shipped - files if "__pycache__" not in path.parts}
    assert not missing


def test_the_extra_of_bots_is_what_is_locked_for_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extra = project["project"]["optional-dependencies"]["bots"]
    assert extra == project["dependency-groups"]["bots"]
    base, bots = (set(LOCKED.findall((ROOT / f"requirements/{name}.txt").read_text())) for name in ("base", "bots"))
    (driver,) = (re.split("[<>=]", each)[0] for each in extra)
    assert driver in {name for name, _ in bots}
    assert driver not in {name for name, _ in base}
    shared = {name for name, _ in base} & {name for name, _ in bots}
    assert {pin for pin in base if pin[0] in shared} == {pin for pin in bots if pin[0] in shared}


def test_both_ignore_files_are_one() -> None:
    assert (ROOT / ".dockerignore").read_text() == (ROOT / ".containerignore").read_text()


def ours() -> dict[str, Any]:
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def test_our_containers_are_closed() -> None:
    services = ours()
    assert set(services) == {"server", "worker", "bots"}
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert service["build"]["dockerfile"] == "deploy/Containerfile"


def test_only_the_proxy_is_open_to_others() -> None:
    for name, service in compose()["services"].items():
        for port in service.get("ports", ()):
            assert name == "proxy" or port.startswith("127.0.0.1:")


def test_images_are_pinned_and_state_lies_in_volumes() -> None:
    document = compose()
    for name, service in document["services"].items():
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in document["volumes"], name


def test_no_secret_has_a_default() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)([^}]*)\}", text)
    assert len(secrets) >= 4
    assert all(rest.startswith(":?") for _, rest in secrets)
    asked = set(INTERPOLATED.findall(text))
    offered = {line.partition("=")[0] for line in (DEPLOY / "example.env").read_text().splitlines() if "=" in line}
    assert asked == offered


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_the_unit_is_sound(tmp_path: Path) -> None:
    """With its program in place: systemd looks for it."""
    unit = tmp_path / "minutebook.service"
    unit.write_text((DEPLOY / "minutebook.service").read_text().replace("/opt/minutebook/bin/minutebook", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "minutebook.service" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_unit_is_hardened() -> None:
    text = (DEPLOY / "minutebook.service").read_text()
    for directive in ("ProtectSystem=strict", "NoNewPrivileges=yes", "DynamicUser=yes", "CapabilityBoundingSet=\n"):
        assert directive in text
