"""What happens in a played meeting.

A script is a list of steps, each a verb and what it is about:

    asked, again            until a page asks to be let in; until it asks once more
    stop                    the bot is told to leave
    lobby TEXT, call, end KIND TEXT, wall KIND TEXT, blank      what the page shows from now on; a wall stands before
                            anybody can ask
    wait S, visit           until so many seconds are over; until the page was opened anew
    come NAME, leave NAME, rename NAME = NAME, share NAME, unshare NAME, video off
    talk NAME ...           these speak in turn from now on, until another `talk`
    say NAME CLIP           one says a clip of tests/data/speech, and a short pause follows
    go URL, freeze, cut, dialog KIND, hide, show     what happens to the page itself
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from support.audio import RATE as SOURCE_RATE
from support.audio import samples_of
from support.calls.talk import SPEECH
from support.replicas.people import RATE, Company
from support.replicas.room import Room

CLIPS = ("1688-1.flac", "1998-1.flac", "367-1.flac")
PAUSE_S = 0.4


class Script:
    """Plays the steps in a room, one after the other. `failure` is what went wrong with that."""

    def __init__(self, steps: Sequence[str]) -> None:
        self.steps = steps
        self.failure: BaseException | None = None
        self._talking: asyncio.Task[None] | None = None

    async def __call__(self, room: Room) -> None:
        try:
            for step in self.steps:
                verb, _, about = step.partition(" ")
                room.note(step)
                await (VERBS.get(verb) or _of_people(verb))(self, room, about)
        except Exception as error:  # the test tells of it
            self.failure = error
        finally:
            await self.talk(room, "")

    async def talk(self, room: Room, names: str) -> None:
        if self._talking is not None:
            self._talking.cancel()
        people = [name for name in names.split(", ") if name]
        self._talking = asyncio.ensure_future(_talking(room.company, people)) if people else None


Step = Callable[[Script, Room, str], Awaitable[None]]


async def _asked(script: Script, room: Room, about: str) -> None:
    await room.asked.wait()


async def _again(script: Script, room: Room, about: str) -> None:
    room.asked.clear()
    await room.asked.wait()


async def _wait(script: Script, room: Room, about: str) -> None:
    await asyncio.sleep(float(about))


async def _visit(script: Script, room: Room, about: str) -> None:
    known = room.visits
    while room.visits == known:
        await asyncio.sleep(0.05)


async def _stop(script: Script, room: Room, about: str) -> None:
    room.on_stop()


async def _lobby(script: Script, room: Room, about: str) -> None:
    await room.change({"scene": "lobby", "text": about})


async def _call(script: Script, room: Room, about: str) -> None:
    await room.change({"scene": "call", "layout": room.layout})


async def _blank(script: Script, room: Room, about: str) -> None:
    await room.change({"scene": "blank"})


async def _end(script: Script, room: Room, about: str) -> None:
    kind, _, text = about.partition(" ")
    await room.change({"scene": "end", "kind": kind, "text": text})


async def _wall(script: Script, room: Room, about: str) -> None:
    kind, _, text = about.partition(" ")
    room.wall = {"scene": "wall", "kind": kind, "text": text} if kind != "none" else None
    await room.change(room.scene)


async def _say(script: Script, room: Room, about: str) -> None:
    name, _, clip = about.partition(" ")
    samples = samples_of(SPEECH / clip)
    room.company.named(name).say(time.time() + PAUSE_S, samples)
    await asyncio.sleep(len(samples) / SOURCE_RATE + PAUSE_S)


async def _cut(script: Script, room: Room, about: str) -> None:
    """All connections break without a word, as when a media server goes away."""
    for visitor in room.visitors:
        if visitor.leg is not None:
            visitor.leg.silence()


def _told(verb: str) -> Step:
    async def step(script: Script, room: Room, about: str) -> None:
        await room.tell_all(type=verb, about=about)

    return step


VERBS: dict[str, Step] = {
    "asked": _asked,
    "again": _again,
    "wait": _wait,
    "visit": _visit,
    "stop": _stop,
    "lobby": _lobby,
    "call": _call,
    "blank": _blank,
    "end": _end,
    "wall": _wall,
    "cut": _cut,
    "say": _say,
    "talk": Script.talk,
    **{verb: _told(verb) for verb in ("go", "freeze", "dialog", "hide", "show")},
}


def _of_people(verb: str) -> Step:
    async def step(script: Script, room: Room, about: str) -> None:
        _change(room.company, verb, about)
        await room.introduce_all()

    return step


def _change(company: Company, verb: str, about: str) -> None:
    match verb:
        case "come":
            company.come(about)
        case "leave":
            company.named(about).here = False
        case "rename":
            before, _, after = about.partition(" = ")
            company.named(before).name = after
        case "share" | "unshare":
            company.named(about).share = verb == "share"
        case "video":
            for person in company.people:
                person.video = about != "off"
        case _:
            raise ValueError(f"no such step: {verb} {about}")


async def _talking(company: Company, names: Sequence[str]) -> None:
    """These speak in turn, for ever."""
    clips = [samples_of(SPEECH / clip) for clip in CLIPS]
    people = [company.named(name) for name in names]
    # What is being said is said to its end.
    ends = [began + len(samples) / RATE + PAUSE_S for each in company.people for began, samples in each.said]
    turn, at = 0, max([time.time() + 0.2, *ends])
    while True:
        clip = clips[turn % len(clips)]
        people[turn % len(people)].say(at, clip)
        at += len(clip) / SOURCE_RATE + PAUSE_S
        turn += 1
        await asyncio.sleep(max(0.0, at - time.time() - 0.2))
