"""Catalogues of gettext messages, read from their source (`.po`):
https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html. Messages with a context are not read: the
interface has none."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from gettext import NullTranslations, c2py

_PART = re.compile(r'^(msgid_plural|msgid|msgstr)?(?:\[(\d+)\])? ?(".*")$')
_PLURAL = re.compile(r"Plural-Forms:.*\bplural=([^;\n]+)")
_GERMANIC = "n != 1"


class Catalogue(NullTranslations):
    """The words of a language: each message with its translations, one for each plural form."""

    def __init__(self, messages: Mapping[str, tuple[str, ...]], plural: Callable[[int], int]) -> None:
        super().__init__()
        self._messages, self._plural = messages, plural

    def gettext(self, message: str) -> str:
        """The translation of a message; the message itself where there is none."""
        return self._messages.get(message, (message,))[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The translation of a message for this number."""
        forms = self._messages.get(msgid1)
        return forms[self._plural(n)] if forms else super().ngettext(msgid1, msgid2, n)


def read_catalogue(text: str) -> Catalogue:
    """A catalogue from its source. Messages that have no translation yet, or a fuzzy one, stay as they are."""
    messages: dict[str, tuple[str, ...]] = {}
    for entry in re.split(r"\n\s*\n", text):
        parts = _parts(entry.splitlines())
        forms = tuple(said for name, said in sorted(parts.items()) if name[0] == "msgstr")
        if forms and all(forms) and "fuzzy" not in _flags(entry):
            messages[parts.get(("msgid", 0), "")] = forms
    head = messages.pop("", ("",))[0]
    plural = _PLURAL.search(head)
    return Catalogue(messages, c2py(plural[1].strip() if plural else _GERMANIC))


def _parts(lines: list[str]) -> dict[tuple[str, int], str]:
    """What is said under each keyword, and under which number of it."""
    parts: dict[tuple[str, int], str] = defaultdict(str)
    place = ("", 0)
    for line in lines:
        if found := _PART.match(line):
            keyword, number, quoted = found.groups()
            place = (keyword, int(number or 0)) if keyword else place
            parts[place] += ast.literal_eval(quoted)
    return parts


def _flags(entry: str) -> set[str]:
    return {flag.strip() for line in entry.splitlines() if line.startswith("#,") for flag in line[2:].split(",")}
