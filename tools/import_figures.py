"""How the folders of the source hang together: files, import edges and levels, of the working tree or of any revision.

    python tools/import_figures.py [REVISION] [--folder bots] [--all]

For each folder of `src/minutebook` it looks at the folder's own children (a file or a room is one child): `rooms` is
how many there are, `edges` the number of pairs (a, b) in which something in a imports something in b, `levels` the
number of storeys when every child stands above what it imports; children that import each other in a circle share one
(`circles` counts those groups). `files` and `lines` count all Python below the folder. Needs git and Python alone.
"""

import argparse
import ast
import io
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = "src/minutebook"
PACKAGE = "minutebook"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one folder; see the module's text."""

    folder: str
    files: int
    lines: int
    rooms: int
    edges: int
    levels: int
    circles: int


def sources(revision: str | None) -> dict[str, str]:
    """Module names with their text; of the working tree without a revision."""
    if revision is None:
        paths = {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in (ROOT / SOURCE).rglob("*.py")}
    else:
        packed = subprocess.run(["git", "archive", revision, SOURCE], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            paths = {
                each.name: found.read().decode("utf-8")
                for each in archive.getmembers()
                if each.name.endswith(".py") and (found := archive.extractfile(each)) is not None
            }
    return {_module(path): text for path, text in paths.items()}


def _module(path: str) -> str:
    name = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")


def imports(module: str, text: str, known: Iterable[str]) -> set[str]:
    """The modules of the package that a module imports, wherever in its text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    modules = set(known)
    longest = {name if name in modules else name.rpartition(".")[0] for name in names if name.startswith(PACKAGE)}
    direct = {name for name in longest if name in modules and name != module}
    # `from a import b` names a; where b is a module, that one is meant and a is not.
    return {name for name in direct if not any(other.startswith(f"{name}.") and other in names for other in direct)}


def figures(folder: str, texts: Mapping[str, str], uses: Mapping[str, set[str]]) -> Figures:
    """Those of one folder ("" is the whole package)."""
    prefix = f"{PACKAGE}.{folder.replace('/', '.')}".rstrip(".")
    inside = {name for name in texts if name.startswith(f"{prefix}.")}
    child = {name: name.removeprefix(f"{prefix}.").partition(".")[0] for name in inside}
    edges: dict[str, set[str]] = {each: set() for each in child.values()}
    for name in inside:
        edges[child[name]] |= {child[other] for other in uses[name] if other in child} - {child[name]}
    groups = _circles(edges)
    lines = sum(texts[name].count("\n") for name in inside | ({prefix} & set(texts)))
    files = len(inside | ({prefix} & set(texts)))
    return Figures(
        folder or ".",
        files,
        lines,
        len(edges),
        sum(map(len, edges.values())),
        _levels(edges, groups),
        sum(len(each) > 1 for each in set(groups.values())),
    )


def _circles(edges: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """For each child those that it reaches and that reach it, with itself."""
    reach = {each: set(edges[each]) for each in edges}
    for middle in edges:
        for start in edges:
            if middle in reach[start]:
                reach[start] |= reach[middle]
    return {each: frozenset({each} | {other for other in reach[each] if each in reach[other]}) for each in edges}


def _levels(edges: Mapping[str, set[str]], groups: Mapping[str, frozenset[str]]) -> int:
    heights: dict[frozenset[str], int] = {}

    def height(group: frozenset[str]) -> int:
        if group not in heights:
            below = {groups[other] for each in group for other in edges[each]} - {group}
            heights[group] = 1 + max(map(height, below), default=0)
        return heights[group]

    return max((height(group) for group in groups.values()), default=0)


def folders(texts: Iterable[str], everything: bool) -> list[str]:
    """The package, its folders, and with `everything` the rooms in them."""
    parents = {name.rpartition(".")[0].removeprefix(PACKAGE).removeprefix(".") for name in texts if "." in name}
    depth = 99 if everything else 1
    named = {".".join(each.split(".")[:end]) for each in parents for end in range(1, each.count(".") + 2) if each}
    return ["", *sorted(each.replace(".", "/") for each in named if each.count(".") < depth)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("revision", nargs="?", help="a commit, tag or branch; else the working tree")
    parser.add_argument("--folder", action="append", help="only these, below src/minutebook")
    parser.add_argument("--all", action="store_true", help="rooms inside folders too")
    chosen = parser.parse_args()
    texts = sources(chosen.revision)
    uses = {name: imports(name, text, texts) for name, text in texts.items()}
    print(f"{'folder':32s} {'files':>6s} {'lines':>7s} {'rooms':>6s} {'edges':>6s} {'levels':>7s} {'circles':>8s}")
    for folder in chosen.folder or folders(texts, chosen.all):
        f = figures(folder, texts, uses)
        print(f"{f.folder:32s} {f.files:6d} {f.lines:7d} {f.rooms:6d} {f.edges:6d} {f.levels:7d} {f.circles:8d}")


if __name__ == "__main__":
    main()
