"""docs/operations.md against the program: every error that is not a caller's fault, and all that readiness and doctor
look at, stand there, and nothing stands there that is not."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from minutebook.api import readiness
from minutebook.cli import doctor

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SOURCES: Final = {file: file.read_text(encoding="utf-8") for file in (ROOT / "src" / "minutebook").rglob("*.py")}
PARTS: Final = ("database", "jobs", "storage", "disk")
FROM_ELSEWHERE: Final = {
    "database_unavailable", "database_damaged", "database_newer", "disk_full", "google_unavailable", "setting_invalid",
    "worker_crashed",
}  # fmt: skip
"""Codes that are made elsewhere than in an error of the kind `unavailable`."""


def own_codes() -> Iterator[str]:
    """Codes of the errors that say: it is not your fault."""
    for text in SOURCES.values():
        tree = ast.parse(text)
        constants = dict(re.findall(r'^([A-Z_]+)(?:: Final)? = "([a-z_]+)"$', text, re.MULTILINE))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "MinutebookError":
                continue
            if len(node.args) > 1 and getattr(node.args[0], "attr", "") == "UNAVAILABLE":
                code = node.args[1]
                if isinstance(code, ast.Constant):
                    yield str(code.value)
                elif isinstance(code, ast.Name) and code.id in constants:
                    yield constants[code.id]


def told_codes() -> set[str]:
    """The codes in the first column of the page's tables of errors."""
    tables = re.findall(r"^\| code \|.*?(?=\n\n)", PAGE, re.MULTILINE | re.DOTALL)
    cells = (line.split("|")[1] for table in tables for line in table.splitlines()[2:])
    return {code for cell in cells for code in re.findall(r"`([a-z_]+)`", cell)}


def test_every_error_an_operator_can_meet_has_its_line() -> None:
    assert set(own_codes()) | FROM_ELSEWHERE <= told_codes()


def test_every_line_is_of_an_error_that_there_is() -> None:
    literals = {word for text in SOURCES.values() for word in re.findall(r'"([a-z_]+)"', text)}
    assert {code for code in told_codes() if code not in literals} <= {"google_unavailable"}


def test_what_readiness_looks_at() -> None:
    checked = re.findall(r'^        "(\w+)": _\w+,$', inspect.getsource(readiness.findings), re.MULTILINE)
    assert tuple(checked) == PARTS
    assert all(f"`{part}`" in PAGE for part in checked)
    sentences = re.findall(r'"(It [^"{(]+)', inspect.getsource(readiness))
    assert sentences
    assert all(sentence.strip().rstrip(".") in PAGE for sentence in sentences)


def test_what_doctor_looks_at() -> None:
    for group, checks in doctor.CHECKS.items():
        for name in checks:
            assert f"| `{group}.{name}` |" in PAGE, name
    told = set(re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE))
    assert told == {f"{group}.{name}" for group, checks in doctor.CHECKS.items() for name in checks}


def test_every_advice_of_doctor_stands_on_the_page() -> None:
    source = inspect.getsource(doctor)
    advice = re.findall(r'Finding\(False, [^\n]*?, "([^"]+)"\)', source)
    assert len(advice) >= 3
    assert [each for each in advice if each not in PAGE] == []
