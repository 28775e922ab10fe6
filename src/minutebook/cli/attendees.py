"""Who took part: from options, from a file, or asked for. Never invented."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from minutebook.cli.console import stderr
from minutebook.errors import MinutebookError, invalid

Person = tuple[str, str]
"""Display name and e-mail address; one of them may be empty."""

_WRITTEN = re.compile(r"""^\s*["']?(?P<name>[^<>"']*?)["']?\s*<\s*(?P<email>[^<>\s]+)\s*>\s*$""")
_EMAIL = re.compile(r"^[^@\s<>,;]+@[^@\s<>,;.]+(\.[^@\s<>,;.]+)*$")
_NAME = re.compile(r"^[^@<>,;]*\w[^@<>,;]*$")
_EMAIL_COLUMNS = ("email", "e-mail", "mail", "address")
_NAME_COLUMNS = ("displayname", "display_name", "display name", "name")
EXAMPLE = "Ada Lovelace <ada@example.com>"


def parse_attendee(text: str) -> Person:
    """`"Ada Lovelace <ada@example.com>"` → `("Ada Lovelace", "ada@example.com")`; a name or an address alone leaves the
    other empty; `attendee_invalid` otherwise."""
    match = _WRITTEN.match(text)
    if match:
        return _person(match["name"].strip(), match["email"], text)
    alone = text.strip().strip("\"'").strip()
    return ("", alone) if _EMAIL.match(alone) else _person(alone, "", text)


def read_attendees(path: Path) -> list[Person]:
    """People from a CSV file (columns name and email) or a JSON list; `attendees_file_invalid` otherwise."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _bad_file(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _bad_file(path, "is not UTF-8 text") from None
    people = _from_json(path, text) if path.suffix.lower() == ".json" else _from_csv(path, text)
    if not people:
        raise _bad_file(path, "names nobody")
    return people


def ask_attendees() -> list[Person]:
    """Ask on the terminal until an empty line; `attendees_required` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise invalid(
            "attendees_required",
            f'Who took part? Give each with --attendee "{EXAMPLE}", or --attendees FILE.',
            "attendees",
        )
    stderr.print(f"Who took part? One per line, like {EXAMPLE}; an empty line ends the list.")
    people: list[Person] = []
    while True:
        line = stderr.input(f"Attendee {len(people) + 1}: ").strip()
        if not line and people:
            return people
        try:
            people.append(parse_attendee(line))
        except MinutebookError as error:
            stderr.print(error.message)


def gather_attendees(texts: Iterable[str], file: Path | None = None) -> list[Person]:
    """Everybody named by options and file, each once; asked for when there is nobody."""
    people = [parse_attendee(text) for text in texts] + (read_attendees(file) if file else [])
    return list({(email or name).lower(): (name, email) for name, email in people}.values()) or ask_attendees()


def _person(name: str, email: str, given: str) -> Person:
    if (email and not _EMAIL.match(email)) or not (email or _NAME.match(name)):
        raise invalid("attendee_invalid", f"“{given}” is not an attendee; write it as {EXAMPLE}.", "attendees")
    return name, email


def _from_json(path: Path, text: str) -> list[Person]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _bad_file(path, f"is not JSON: {error}") from None
    if isinstance(content, dict):
        content = content.get("attendees")
    if not isinstance(content, list):
        raise _bad_file(path, "holds no list of attendees")
    return [parse_attendee(entry) if isinstance(entry, str) else _from_row(path, entry) for entry in content]


def _from_csv(path: Path, text: str) -> list[Person]:
    rows: Sequence[list[str]] = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if not rows:
        return []
    header = [cell.strip().lower() for cell in rows[0]]
    if any(column in header for column in _EMAIL_COLUMNS):
        return [_from_row(path, dict(zip(header, row, strict=False))) for row in rows[1:]]
    return [
        parse_attendee(row[0]) if len(row) == 1 else _person(row[0].strip(), row[1].strip(), ",".join(row))
        for row in rows
    ]


def _from_row(path: Path, row: object) -> Person:
    if not isinstance(row, dict):
        raise _bad_file(path, "holds an entry that is neither an object nor a text")
    cells = {str(key).strip().lower(): str(value or "").strip() for key, value in row.items()}
    name = next((cells[column] for column in _NAME_COLUMNS if cells.get(column)), "")
    email = next((cells[column] for column in _EMAIL_COLUMNS if cells.get(column)), "")
    return _person(name, email, ", ".join(cells.values()))


def _bad_file(path: Path, reason: str) -> MinutebookError:
    return invalid("attendees_file_invalid", f"{path} {reason}. It needs a name and an email column.", "attendees")
