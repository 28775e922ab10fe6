"""tools/licences.py: what may be shipped, offline; and the list of what is."""

from pathlib import Path

import pytest
from tools.licences import ROOT, bill_of_materials, faults, is_allowed, licence_of, locked

from minutebook.speech import models


def repository(folder: Path, pins: str, notice: str = "Model X", told: str = "") -> Path:
    (folder / "requirements").mkdir()
    (folder / "requirements" / "base.txt").write_text(pins)
    shipped = '[[shipped]]\nname = "Model X"\nkind = "data"\nlicence = "MIT"\nwhere = "here"\nsource = "us"\n'
    rules = f'allowed = ["MIT", "Apache-2.0"]\n[excepted]\nlgpl = ["LGPL-3.0-only", "why"]\n[told]\n{told}\n{shipped}'
    (folder / "requirements" / "licences.toml").write_text(rules)
    (folder / "NOTICE").write_text(notice)
    return folder


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("(MIT OR GPL-2.0-only)", True),
        ("MIT AND Apache-2.0", True),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("custom", False),
    ],
)
def test_every_part_must_be_allowed_or_one_choice(expression: str, allowed: bool) -> None:
    assert is_allowed(expression, {"MIT", "Apache-2.0"}) is allowed


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ('no-such-package = "MIT"', None),
        ('no-such-package = "GPL-3.0-only"', "no-such-package: GPL-3.0-only is not allowed"),
        ("", "no-such-package: its licence is not known here"),
    ],
)
def test_a_package_is_judged_by_its_licence(tmp_path: Path, told: str, fault: str | None) -> None:
    pins = "No_Such.Package[extra]==1.0 ; python_version > '3' \\\n    --hash=sha256:0\n"
    root = repository(tmp_path, pins, told=told)
    assert [(p.name, p.version, p.lock) for p in locked(root / "requirements")] == [("no-such-package", "1.0", "base")]
    found = faults(root)
    assert found == [] if fault is None else found[0].startswith(fault)


def test_an_exception_holds_for_its_licence_alone(tmp_path: Path) -> None:
    root = repository(tmp_path, "lgpl==1.0\n", told='lgpl = "LGPL-3.0-only"')
    assert faults(root) == []
    rules = root / "requirements" / "licences.toml"
    rules.write_text(rules.read_text().replace('lgpl = "LGPL-3.0-only"', 'lgpl = "AGPL-3.0-only"'))
    assert len(faults(root)) == 1


def test_what_is_shipped_stands_in_the_notice(tmp_path: Path) -> None:
    assert faults(repository(tmp_path, "", notice="nothing")) == ["NOTICE does not name Model X."]


def test_this_repository_has_every_model_in_its_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for path in Path(models.__file__).parent.glob("*.onnx"):
        assert path.name in notice
    assert licence_of("fastapi", {}) == "MIT"


def test_the_bill_of_materials_holds_every_locked_package() -> None:
    made = bill_of_materials(ROOT, "1.0")
    listed = {component["bom-ref"] for component in made["components"]}
    assert len(listed) == len(made["components"])
    assert {f"pkg:pypi/{p.name}@{p.version}" for p in locked(ROOT / "requirements") if p.lock == "base"} <= listed
    assert not any("wordllama" in reference for reference in listed)
