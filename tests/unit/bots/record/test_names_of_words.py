"""Whose name stands at which word, without a browser: a made meeting, shown by the played pages, read by the platforms'
own page scripts in a document of ours, recorded by the runner's recording, put together and named. Ways of showing by
cases.

A cell has too few words for a hundredth, so that is asked of a way's cells together; a single one may have as many
wrong words as one turn. The figures are printed (`-s`)."""

from pathlib import Path
from random import Random

import pytest

from minutebook.bots.platforms.facts.reading import load_pages
from support.naming.cases import CASES, MOST_WRONG, NARROW, WAYS, Way, made
from support.naming.counting import START_MS, Names, counted, observed, total, transcribed, voices
from support.naming.signs import Pages, pages

IN_ONE_CALL = 0.03
QUICK_S, LONG_S = 120.0, 240.0
EVERYWHERE = ("30 people", "renames", "share")
"""What has gone wrong in some way of showing; the other cases are quick in one way of each platform."""
MAIN = ("contributing sources", "network", "gallery")
SEEDS = (1, 2)


def played(showing: Pages, way: Way, case: str, length_s: float, seed: int, folder: Path) -> Names:
    happened = made(case, length_s, seed)
    told = showing.told(happened, Random(seed), **way.how, video=case != "all video off")
    late_ms = load_pages(way.platform)[0].speaking_lag_ms
    seen = observed(told, happened, folder / f"{case} {seed}", late_ms, mixed=way.platform == "zoom")
    said = voices(happened, Random(seed + 1))
    return counted(transcribed(seen, START_MS, said, length_s), happened.said, length_s, at_the_time=not way.everybody)


def judged(way: Way, found: dict[str, Names]) -> None:
    table = "\n".join(f"{way!s:34s} {case:28s} {names}" for case, names in found.items())
    print(f"\n{table}")
    together = total(found.values())
    assert together.wrong_share <= MOST_WRONG, f"{table}\n{together.wrongly.most_common(9)}"
    assert not {case: names.wrongly for case, names in found.items() if names.wrong_share > IN_ONE_CALL}, table
    assert way.least_named <= together.right / together.words, table


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_at_most_a_hundredth_of_the_words_have_a_wrong_name(way: Way, tmp_path: Path) -> None:
    cases = [case for case in (CASES if way.name in MAIN else EVERYWHERE) if case not in way.beyond]
    with pages(way.platform) as showing:
        found = {case: played(showing, way, case, QUICK_S, 1, tmp_path) for case in cases}
    judged(way, found)


SHORT = [pytest.param(way, marks=pytest.mark.xfail(strict=False, reason="a view of one person")) for way in NARROW]


@pytest.mark.soak
@pytest.mark.parametrize("way", [*WAYS, *SHORT], ids=str)
def test_at_most_a_hundredth_in_longer_meetings(way: Way, tmp_path: Path) -> None:
    with pages(way.platform) as showing:
        found = {
            case: total(played(showing, way, case, LONG_S, seed, tmp_path) for seed in SEEDS)
            for case in CASES
            if case not in way.beyond
        }
    judged(way, found)
