"""One call on Janus' own page that a bot is sent to, and everything that came of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Playwright

from support.audio import samples_of
from support.calls.bots import BotServer
from support.calls.pages import CallPages
from support.calls.participants import Participant, participants
from support.calls.receivers import Delivery, Listener, WebhookReceiver, listener
from support.calls.scoring import Said
from support.calls.talk import SPEECH, Talk, three_people

BOT_SAYS = "1998-2.flac"
"""What the bot says into the call, as somebody streams it."""
CLAPS_AFTER_S = (1.0, 2.5, 4.0, 5.5, 7.0)
CALL_DELAY_S = 3.0
"""A busy machine keeps sound back for so long."""
JOINED_WITHIN_S = 120.0
FINAL_WITHIN_S = 240.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of call: the bot's recording mode and streaming rate, and how many turns the people take."""

    mode: str
    rate: int
    turns: int
    room: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of it. Moments are seconds since the epoch; `talk_at` is the beginning of the talk."""

    wanted: Wanted
    bot_id: str
    talk: Talk
    talk_at: float
    claps_at: Sequence[float]
    deliveries: Sequence[Delivery]
    told: Sequence[str]
    streamed: Listener
    bot_heard: Path
    files: Mapping[str, Path]
    meeting_data: Mapping[str, Any]

    @property
    def recording_at(self) -> float:
        """When the recording began, as the webhook tells it."""
        told = next(each for each in self.deliveries if each.code == "in_call_recording")
        return float(told.body["data"]["status"]["start_time"]) / 1000

    @property
    def complete(self) -> Mapping[str, Any]:
        """The data of the final webhook."""
        found: Mapping[str, Any] = next(each for each in self.deliveries if each.event == "complete").body["data"]
        return found

    @property
    def words(self) -> list[Said]:
        """The words of the final webhook that fall into the talk, on the talk's time line."""
        shift = self.recording_at - self.talk_at
        words = [
            Said(turn["speaker"], word["word"].strip(), word["start"] + shift, word["end"] + shift)
            for turn in self.complete["transcript"]
            for word in turn["words"]
        ]
        return [word for word in words if -1.0 <= word.start_s <= self.talk.duration_s + 1.0]


def record(
    wanted: Wanted,
    server: BotServer,
    webhooks: WebhookReceiver,
    pages: CallPages,
    playwright: Playwright,
    folder: Path,
) -> Recorded:
    """Three people meet, a bot is sent, they talk; then it says something itself, and is told to leave."""
    talk = three_people(wanted.turns)
    with listener() as socket, participants(playwright, ["Ada", "Boris", "Clara"]) as people:
        for person in people:
            person.join_janus(pages.janus(wanted.room))
        learn_all(talk, people)
        bot_id = server.send(
            pages.janus(wanted.room),
            webhook_url=webhooks.url,
            recording_mode=wanted.mode,
            speech_to_text={"provider": "Default"},
            streaming={
                "output": socket.url,
                "input": socket.url,
                "audio_frequency": f"{wanted.rate // 1000}khz",
            },
            extra={"room": wanted.room},
        )
        webhooks.wait(bot_id, "in_call_recording", JOINED_WITHIN_S)
        talk_at = say_all(people)
        time.sleep(talk_at + talk.duration_s + 0.5 - time.time())
        boris = people[1]
        boris.listen()
        time.sleep(0.5)
        socket.send(pcm_at(SPEECH / BOT_SAYS, wanted.rate), wanted.rate)
        time.sleep(1.5)
        bot_heard = boris.heard(folder / "heard.webm")
        claps_at = [time.time() + after for after in CLAPS_AFTER_S]
        for moment in claps_at:
            people[0].clap(moment)
        time.sleep(CLAPS_AFTER_S[-1] + CALL_DELAY_S)
        server.leave(bot_id)
        webhooks.wait(bot_id, "call_ended")
    webhooks.wait(bot_id, "complete", FINAL_WITHIN_S)
    data = server.meeting_data(bot_id)
    files = {
        name: server.fetch(data[key], folder / name)
        for key, name in {"audio": "recording.wav", "mp4": "recording.mp4"}.items()
        if data[key]
    }
    return Recorded(
        wanted,
        bot_id,
        talk,
        talk_at,
        claps_at,
        webhooks.of(bot_id),
        webhooks.told(bot_id),
        socket,
        bot_heard,
        files,
        data,
    )


def learn_all(talk: Talk, people: Sequence[Participant]) -> None:
    """Everybody gets ready what they have to say in the talk."""
    for person in people:
        person.learn(talk.wav_of(person.name))


def say_all(people: Sequence[Participant]) -> float:
    """The talk begins; returns the moment of its beginning, which is to come."""
    at = time.time() + 3.0
    for person in people:
        person.say(at)
    assert time.time() < at, "too slow to begin together"
    return at


def pcm_at(clip: Path, rate: int) -> bytes:
    """A clip's samples at another rate, s16le."""
    samples = samples_of(clip).astype(np.float64)
    places = np.arange(0, len(samples) - 1, 16_000 / rate)
    found: bytes = np.interp(places, np.arange(len(samples)), samples).astype("<i2").tobytes()
    return found
