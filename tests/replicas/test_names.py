"""Whose name stands at which word, after the unmodified bot was in a played meeting over real WebRTC: the meeting
knows who was sent when; a recogniser that mistakes no word and a diarizer that does are played. The figures are
printed (`-s`)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from minutebook.bots.protocol import Observation, ReportKind, observations_from_lines
from minutebook.kit.ids import new_id
from support.calls.chromium import CHROMIUM
from support.calls.home import RunnerAtHome, orders_for, runner
from support.calls.talk import SPEECH
from support.naming.cases import MOST_WRONG
from support.naming.counting import counted, transcribed, voices
from support.naming.talk import NAMES, Meeting, Person, Utterance
from support.replicas.people import RATE
from support.replicas.room import Room
from support.replicas.script import CLIPS, Script
from support.replicas.server import Replicas, address_of, replicas

PLATFORMS = ("google_meet", "teams", "zoom")
FIRST_MEETING = 400
"""Numbers of meetings from here on are not those of other tests."""
END = "end ended The meeting has ended"
MOST_WRONG_OF_FEW = 0.12
"""Of the seventy words of a short call one at the rim of a turn is over a hundredth already; and on a starved machine
signs come so late that no voice gets a name. So a short call shows that names are not mixed up; that they come is
shown without a browser (`test_names_of_words`), and by the calls of minutes (`make soak`)."""
SETTLED_S = 2.0
"""What was said this shortly after the recording's begin, and before its end, is not judged."""
pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(240),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`"),
]


def _come(*names: str) -> list[str]:
    return [f"come {name}" for name in names]


def _talk(names: tuple[str, ...], seconds: int) -> list[str]:
    return [f"talk {', '.join(names)}", f"wait {seconds}"]


A, B, C, D = NAMES[:4]
IN = ["asked", "call"]
SCRIPTS: dict[str, list[str]] = {
    "a change of everything": [
        *_come(A, B, C),
        *IN,
        *_talk((A, B, C), 13),
        f"rename {A} = {A} Lovelace",
        f"come {D}",
        f"share {B}",
        *_talk((D, B, f"{A} Lovelace", C), 15),
    ],
    "2 people": [*_come(A, B), *IN, *_talk((A, B), 40)],
    "3 people": [*_come(A, B, C), *IN, *_talk((A, B, C), 45)],
    "5 people": [*_come(*NAMES[:5]), *IN, *_talk(NAMES[:5], 60)],
    "8 people": [*_come(*NAMES[:8]), *IN, *_talk(NAMES[:8], 75)],
    "30 people": [*_come(*NAMES), *IN, *_talk(NAMES, 130)],
    "namesakes": [
        *_come(A, B, "Other"),
        f"rename Other = {A}x",
        *IN,
        *_talk((A, B, f"{A}x"), 1),
        f"rename {A}x = {A}",
        "wait 44",
    ],
    "a rename, then one who is late": [
        *_come(A, B, C),
        *IN,
        *_talk((A, B, C), 20),
        f"rename {A} = {A} Lovelace",
        "wait 15",
        f"come {D}",
        *_talk((D, B, f"{A} Lovelace", C), 35),
    ],
    "a share": [*_come(A, B, C), *IN, *_talk((A, B, C), 15), f"share {B}", "wait 25", f"unshare {B}", "wait 10"],
    "all video off": [*_come(*NAMES[:5]), "video off", *IN, *_talk(NAMES[:5], 45)],
}
QUICK = "a change of everything"
OTHER_WAYS: dict[str, dict[str, Any]] = {
    "one speaker": {"sources": False},
    "outlines": {"network": False},
    "captions": {"network": False, "layout": "captions"},
}
"""How Teams tells who speaks where its network tells no source of sound, or nobody at all."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with replicas(tmp_path_factory.mktemp("replicas")) as running:
        yield running


def _cases() -> Iterator[Any]:
    cases: list[tuple[str, str, str, dict[str, Any]]] = [(p, case, "", {}) for p in PLATFORMS for case in SCRIPTS]
    cases += [("teams", case, f", {way}", how) for way, how in OTHER_WAYS.items() for case in (QUICK, "5 people")]
    for place, (platform, case, way, how) in enumerate(cases):
        marks = () if case == QUICK and not way else (pytest.mark.soak,)
        yield pytest.param(platform, case, FIRST_MEETING + place, how, id=f"{platform}{way}: {case}", marks=marks)


@pytest.mark.parametrize(("platform", "case", "number", "how"), list(_cases()))
def test_words_have_their_speakers_names(
    platform: str, case: str, number: int, how: dict[str, Any], server: Replicas, tmp_path: Path
) -> None:
    address, key = address_of(platform, number)
    script = Script([*SCRIPTS[case], END])
    room = server.rooms[key] = Room(platform, script, **how)
    orders = replace(orders_for(address, new_id()), platform=platform, bot_name="Minutebook")
    with runner(orders, tmp_path, {"MINUTEBOOK_BOTS__CHROMIUM": str(server.chromium)}) as running:
        room.on_stop = running.request_stop
        ending = running.wait_end(200.0)
    server.close(room)
    assert script.failure is None, script.failure
    assert ending.end_reason == "meeting_ended", f"{ending.message}\n{room.log}"
    started_ms = next(
        each.at_ms for each in running.reports if each.kind is ReportKind.STATE and each.state == "recording"
    )
    made = _said(room, started_ms / 1000)
    transcript = transcribed(_observed(running), started_ms, voices(made, Random(1)), made.length_s)
    found = counted(transcript, made.said, made.length_s)
    print(f"\n{platform}: {case} {how or ''}: {found} {dict(found.wrongly)}")
    told = f"{found} {found.wrongly}\n{_observed(running)}"
    assert found.wrong_share <= (MOST_WRONG_OF_FEW if case == QUICK else MOST_WRONG), told
    assert found.right > 0 or case == QUICK, told


def _said(room: Room, started: float) -> Meeting:
    """What was sent, in seconds of the recording."""
    ended = next(at for at, what in room.log if what == END) - started
    made = Meeting([], ended)
    for number, each in enumerate(room.company.people):
        person = Person(each.id, each.source, [(0.0, each.name)], [(0.0, ended)])
        made.people.append(person)
        for place, (at, samples) in enumerate(each.said):
            begin, length = at - started, len(samples) / RATE
            if begin >= SETTLED_S and begin + length <= ended - SETTLED_S:
                made.said.append(Utterance(person, begin, _words(begin, length, f"p{number}u{place}")))
    made.said.sort(key=lambda each: each.start)
    return made


def _words(begin: float, length_s: float, name: str) -> tuple[tuple[float, str], ...]:
    """As many words as the clip of this length has, at equal distances."""
    clips = {row["file"]: row for row in json.loads((SPEECH / "utterances.json").read_text())}
    row = min((clips[clip] for clip in CLIPS), key=lambda each: abs(each["duration_s"] - length_s))
    count = len(row["text"].split())
    return tuple((round(begin + place * length_s / count, 3), f"{name}x{place}") for place in range(count))


def _observed(running: RunnerAtHome) -> list[Observation]:
    pieces = sorted((key, data) for key, data in running.pieces.items() if key[0] == "observations")
    return [each for _, data in pieces for each in observations_from_lines(data)]
