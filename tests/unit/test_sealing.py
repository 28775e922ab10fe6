"""Keys turn over: the newest seals and signs, those of before still open and prove."""

import os
import stat
from pathlib import Path

import pytest

from minutebook.errors import MinutebookError
from minutebook.sealing import Sealing, forget_old_keys, load_or_make_keys, put_new_key

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


def test_a_key_of_before_opens_and_the_newest_seals() -> None:
    before, after = Sealing(OLD), Sealing(NEW, OLD)
    sealed = before.seal("secret")
    assert after.open(sealed) == "secret"
    with pytest.raises(MinutebookError, match="another key"):
        before.open(after.seal("secret"))
    with pytest.raises(MinutebookError, match="another key"):
        Sealing(OTHER).open(sealed)


def test_what_is_sealed_anew_needs_the_newest_key_alone() -> None:
    both = Sealing(NEW, OLD)
    anew = both.resealed(Sealing(OLD).seal("secret"))
    assert Sealing(NEW).open(anew) == "secret"
    assert both.resealed(anew) == anew, "it is not done twice"
    with pytest.raises(MinutebookError):
        both.resealed(Sealing(OTHER).seal("secret"))


def test_signatures_of_before_hold_until_their_key_is_forgotten() -> None:
    signature = Sealing(OLD).sign("links", "a")
    assert Sealing(NEW, OLD).is_signed("links", "a", signature)
    assert Sealing(NEW, OLD).is_signed("links", "a", Sealing(NEW).sign("links", "a"))
    assert not Sealing(NEW).is_signed("links", "a", signature)
    assert not Sealing(NEW, OLD).is_signed("forms", "a", signature)
    assert Sealing(NEW, OLD).derived_secrets("x") == [
        *Sealing(NEW).derived_secrets("x"),
        *Sealing(OLD).derived_secrets("x"),
    ]


def test_the_file_of_keys(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    (first,) = load_or_make_keys(path)
    assert load_or_make_keys(path) == [first]
    put_new_key(path)
    newest, *rest = load_or_make_keys(path)
    assert rest == [first]
    assert newest != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert forget_old_keys(path) == 1
    assert load_or_make_keys(path) == [newest]
    assert os.listdir(path.parent) == ["secret.key"]
