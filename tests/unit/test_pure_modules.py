"""What calls itself pure loads neither a database nor a web framework."""

import json
import re
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src"

IMPURE = ("sqlalchemy", "fastapi", "dbos", "obstore", "playwright")

LOADED = """
import importlib, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    for loaded in [each for each in sys.modules if each.partition(".")[0] in {"minutebook", *json.loads(sys.argv[2])}]:
        del sys.modules[loaded]
    importlib.import_module(name)
    found[name] = [each for each in json.loads(sys.argv[2]) if each in sys.modules]
print(json.dumps(found))
"""


def pure_modules() -> list[str]:
    """The modules whose docstring says so; those of `api/` may know HTTP, and importing one loads its package."""
    named = []
    for path in sorted((SOURCES / "minutebook").rglob("*.py")):
        head = path.read_text(encoding="utf-8").partition('"""')[2].partition('"""')[0]
        module = ".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
        if re.search(r"\bPure\b", head) and not module.startswith("minutebook.api."):
            named.append(module)
    return named


def test_pure_modules_load_nothing_that_does_io() -> None:
    modules = pure_modules()
    assert len(modules) > 30
    command = [sys.executable, "-c", LOADED, json.dumps(modules), json.dumps(IMPURE)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout)
    assert list(found) == modules
    assert {module: loaded for module, loaded in found.items() if loaded} == {}
