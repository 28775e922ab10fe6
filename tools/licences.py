"""Whether what we ship is ours to ship: `python -m tools.licences audit`, and `… sbom PATH` for a CycloneDX file.

Works offline, from the lock files, the metadata of installed packages and `requirements/licences.toml`.
"""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_PIN: Final = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_CLASSIFIERS: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zero-Clause BSD (0BSD)": "0BSD",
}
"""What Trove classifiers mean at the least; a package's own SPDX expression goes before them."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of a lock file; `lock` is the file's name."""

    name: str
    version: str
    lock: str


def locked(folder: Path) -> list[Locked]:
    """The packages of all lock files."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        for name, version in _PIN.findall(path.read_text(encoding="utf-8")):
            found.append(Locked(re.sub(r"[-_.]+", "-", name).lower(), version, path.stem))
    return found


def licence_of(name: str, told: Mapping[str, str]) -> str | None:
    """The licence as it was told by hand, else as the installed package states it; None when neither says."""
    if name in told:
        return told[name]
    try:
        stated = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    if "License-Expression" in stated:
        return stated["License-Expression"]
    classes = [each.rpartition(" :: ")[2] for each in stated.get_all("Classifier", []) if each.startswith("License")]
    known = [_CLASSIFIERS[each] for each in classes if each in _CLASSIFIERS]
    return " AND ".join(known) or next((stated[field] for field in ("License",) if field in stated), None)


def is_allowed(expression: str, allowed: Iterable[str]) -> bool:
    """Whether an SPDX expression lets us: every part of an AND, one of an OR (OR binds less than AND)."""
    bare = expression.replace("(", " ").replace(")", " ")
    choices = re.split(r"\s+OR\s+", bare)
    return any(all(part.strip() in allowed for part in re.split(r"\s+AND\s+", choice)) for choice in choices)


def faults(root: Path) -> list[str]:
    """What forbids to ship, a sentence each."""
    rules = _rules(root)
    found = []
    for name in sorted({each.name for each in locked(root / "requirements")}):
        licence = licence_of(name, rules["told"])
        if licence is None:
            found.append(f"{name}: its licence is not known here. Read it and tell it in requirements/licences.toml.")
        elif not is_allowed(licence, rules["allowed"]) and rules["excepted"].get(name, [None])[0] != licence:
            found.append(f"{name}: {licence} is not allowed. Do without the package, or except it and say why.")
    notice = (root / "NOTICE").read_text(encoding="utf-8")
    found += [f"NOTICE does not name {each['name']}." for each in rules["shipped"] if each["name"] not in notice]
    return found


def bill_of_materials(root: Path, version: str) -> dict[str, Any]:
    """What an installation consists of, as a CycloneDX 1.6 document: the packages of the base lock file, and the
    models, data and binaries that come with them."""
    rules = _rules(root)
    packages = [_package(each, rules["told"]) for each in locked(root / "requirements") if each.lock == "base"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "minutebook",
                "name": "minutebook",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [*packages, *map(_shipped, rules["shipped"])],
    }


def _package(each: Locked, told: Mapping[str, str]) -> dict[str, Any]:
    reference = f"pkg:pypi/{each.name}@{each.version}"
    licence = licence_of(each.name, told)
    return {
        "type": "library",
        "bom-ref": reference,
        "name": each.name,
        "version": each.version,
        "purl": reference,
        **({"licenses": [{"expression": licence}]} if licence else {}),
    }


def _shipped(each: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": each["kind"],
        "bom-ref": f"shipped:{each['name']}",
        "name": each["name"],
        "description": f"in {each['where']}",
        "licenses": [{"license": {"id": each["licence"]}}],
        **({"externalReferences": [{"type": "vcs", "url": each["source"]}]} if "://" in each["source"] else {}),
    }


def _rules(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "requirements" / "licences.toml").read_text(encoding="utf-8"))


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    commands = options.add_subparsers(dest="command", required=True)
    commands.add_parser("audit")
    commands.add_parser("sbom").add_argument("path", type=Path)
    chosen = options.parse_args()
    if chosen.command == "sbom":
        document = bill_of_materials(ROOT, metadata.version("minutebook"))
        chosen.path.parent.mkdir(parents=True, exist_ok=True)
        chosen.path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        print(f"{chosen.path}: {len(document['components'])} components")
        return
    found = faults(ROOT)
    print(*found, sep="\n")
    names = {each.name for each in locked(ROOT / "requirements")}
    print(f"{len(names)} packages, {len(_rules(ROOT)['shipped'])} models, data files and binaries: {len(found)} faults")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
