"""From the page's messages to pieces, on a clock of its own."""

import base64
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from minutebook.bots.protocol import Observation, ObservationKind, observations_from_lines
from minutebook.bots.runner.capture.page_messages import Message
from minutebook.bots.runner.capture.participants import Participants
from minutebook.bots.runner.capture.recording import ANONYMOUS_AFTER_MS, Recording
from minutebook.bots.runner.capture.spool import Spool, finished
from minutebook.bots.sound_trouble import SoundTrouble

START_MS = 1_700_000_000_000
RUN_MS = 100
RUN = 2400


class Call:
    """A call in which 100 ms pass at a time: tracks send what they are given, and the recording ticks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = Spool(folder, 1, 10.0)
        self.recording = Recording(START_MS, self.spool, Participants(), speaking_lag_ms=900)
        self.now_ms = START_MS
        self.heard = b""
        self.speaking: list[list[dict[str, object]]] = []
        self.recording.sound_listeners.append(self._hear)
        self.recording.speaking_listeners.append(self.speaking.append)

    def _hear(self, pcm: bytes) -> None:
        self.heard += pcm

    def tell(self, kind: str, content: object) -> None:
        self.recording.take(Message("document", kind, content), self.now_ms)

    def tracks(self, owners: dict[str, str | None], live: bool = True) -> None:
        rows = [
            {"id": track, "live": live, "who": None if name is None else {"id": f"id of {name}", "name": name}}
            for track, name in owners.items()
        ]
        self.tell("tracks", rows)

    def roster(self, *names: str) -> None:
        self.tell("roster", [{"id": f"id of {name}", "name": name} for name in names])

    def run(self, **sounds: np.ndarray | None) -> None:
        """100 ms: the samples of each track (None: silence)."""
        rows = [
            {
                "track": track,
                "at": self.now_ms,
                "count": RUN,
                "pcm": "" if samples is None else base64.b64encode(samples.astype("<i2").tobytes()).decode(),
            }
            for track, samples in sounds.items()
        ]
        self.now_ms += RUN_MS
        self.tell("sound", rows)
        self.recording.tick(self.now_ms)

    def end(self) -> None:
        self.recording.finish(self.now_ms)
        self.spool.close()

    def sound(self, stream: str = "audio") -> np.ndarray:
        """What was recorded of a stream, on the time line."""
        line = np.zeros((self.now_ms - START_MS) * 24, np.int16)
        for piece in finished(self.folder):
            if piece.stream == stream:
                with av.open(str(piece.path)) as source:
                    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in source.decode(audio=0)])
                at = (piece.start_ms - START_MS) * 24
                line[at : at + len(samples)] = samples
        return line

    def observations(self, kind: ObservationKind | None = None) -> list[Observation]:
        pieces = [piece.path.read_bytes() for piece in finished(self.folder) if piece.stream == "observations"]
        return [each for data in pieces for each in observations_from_lines(data) if kind in {None, each.kind}]

    def key(self, name: str) -> str:
        return next(each.key for each in self.observations(ObservationKind.PARTICIPANT) if each.name == name)


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Call]:
    made = Call(tmp_path)
    yield made
    made.spool.close()


def noise(seed: int, peak: int = 6000) -> np.ndarray:
    return np.random.default_rng(seed).integers(-peak, peak, RUN)


def test_the_mix_is_the_sum_of_the_tracks_on_one_time_line(call: Call) -> None:
    call.roster("Ana", "Ben")
    call.tracks({"a": "Ana", "b": "Ben"})
    first, second = [noise(number) for number in range(30)], [noise(100 + number) for number in range(30)]
    for one, other in zip(first, second, strict=True):
        call.run(a=one, b=other)
    call.end()
    assert np.array_equal(call.sound(), np.concatenate(first) + np.concatenate(second))
    assert np.array_equal(call.sound(f"track.{call.key('Ana')}"), np.concatenate(first))
    assert np.array_equal(call.sound(f"track.{call.key('Ben')}"), np.concatenate(second))


def test_silence_is_recorded_and_streamed_and_is_no_piece_of_a_track(call: Call) -> None:
    call.roster("Ana")
    call.tracks({"a": "Ana"})
    for _ in range(20):
        call.run(a=None)
    call.end()
    assert call.heard == bytes(2 * RUN * 20)
    assert {piece.stream for piece in finished(call.folder)} == {"audio", "observations"}
    assert not call.sound().any()


def test_audio_pieces_have_no_holes(call: Call) -> None:
    for number in range(250):
        call.run(**({"a": noise(number)} if number % 3 else {}))
    call.end()
    pieces = [piece for piece in finished(call.folder) if piece.stream == "audio"]
    assert pieces[0].start_ms == START_MS
    assert all(following.start_ms == piece.start_ms + piece.length_ms for piece, following in pairwise(pieces))
    assert all(piece.length_ms <= 10_000 for piece in pieces)


def mixed(call: Call) -> None:
    call.tell("tracks", [{"id": "mix", "live": True, "mixed": True, "who": None}])


def test_a_track_of_everybody_is_recorded_and_is_nobodys(call: Call) -> None:
    call.roster("Ana", "Ben")
    mixed(call)
    sounds = [noise(number) for number in range(100)]
    for sound in sounds:
        call.run(mix=sound)
    call.end()
    assert np.array_equal(call.sound(), np.concatenate(sounds))
    assert {piece.stream for piece in finished(call.folder)} == {"audio", "observations"}
    participants = call.observations(ObservationKind.PARTICIPANT)
    assert [(each.name, each.track) for each in participants] == [("Ana", False), ("Ben", False)]
    assert call.recording.last_sound_ms is not None


def test_on_a_track_of_everybody_the_pages_signs_tell_who_speaks(call: Call) -> None:
    call.roster("Ana", "Ben")
    mixed(call)
    for number in range(60):
        call.tell("speaking", {"ids": ["id of Ana"] if number < 30 else ["id of Ben"], "lag": None})
        call.run(mix=noise(number))
    call.end()
    spoken = call.observations(ObservationKind.SPEAKING)
    assert {each.key for each in spoken} == {call.key("Ana"), call.key("Ben")}
    assert {each.source for each in spoken} == {"page"}


def test_somebody_is_there_while_there_is_a_track_of_everybody(call: Call) -> None:
    """The page may name nobody for a while: the bot must not take itself for alone."""
    for number in range(100):
        mixed(call)
        call.run(mix=noise(number))
    assert call.recording.ever_present
    assert len(call.recording.presence.present) == 1
    assert not call.recording.presence.has_track(next(iter(call.recording.presence.present)))
    call.end()
    assert {piece.stream for piece in finished(call.folder)} == {"audio", "observations"}


def test_sound_is_streamed_in_real_time(call: Call) -> None:
    for number in range(20):
        call.run(a=noise(number))
        assert len(call.heard) // (2 * RUN) >= number - 3


def test_a_late_track_is_waited_for(call: Call) -> None:
    call.roster("Ana", "Ben")
    call.tracks({"a": "Ana", "b": "Ben"})
    sounds = [noise(number) for number in range(20)]
    for number, sound in enumerate(sounds):
        rows = {"a": sound} if number < 5 or number >= 12 else {}
        call.run(b=sound, **rows)
        if number == 11:
            # The page was busy with track a for 0.7 s and now tells everything at once.
            held = [
                {"track": "a", "at": START_MS + 100 * late, "count": RUN, "pcm": encoded(sounds[late])}
                for late in range(5, 12)
            ]
            call.tell("sound", held)
    call.end()
    assert np.array_equal(call.sound(), 2 * np.concatenate(sounds))


def encoded(samples: np.ndarray) -> str:
    return base64.b64encode(samples.astype("<i2").tobytes()).decode()


def test_sound_before_its_owner_is_known_is_theirs(call: Call) -> None:
    call.roster("Ana")
    call.tracks({"a": None})
    sounds = [noise(number) for number in range(30)]
    for number, sound in enumerate(sounds):
        if number == 20:
            call.tracks({"a": "Ana"})
        call.run(a=sound)
    call.end()
    assert np.array_equal(call.sound(f"track.{call.key('Ana')}"), np.concatenate(sounds))
    spoken = call.observations(ObservationKind.SPEAKING)
    assert {each.key for each in spoken} == {call.key("Ana")}
    assert min(each.start_ms for each in spoken) < START_MS + 200


def test_where_the_page_names_nobody_a_track_is_somebody(call: Call) -> None:
    for number in range(ANONYMOUS_AFTER_MS // RUN_MS + 20):
        call.run(a=noise(number))
    assert list(call.recording.presence.names.values()) == [""]
    assert call.recording.ever_present
    call.tracks({"a": "Ana"})
    for number in range(10):
        call.run(a=noise(number))
    call.end()
    names = {each.key: each.name for each in call.observations(ObservationKind.PARTICIPANT)}
    assert set(names.values()) == {"Ana"}
    assert {each.key for each in call.observations(ObservationKind.SPEAKING)} <= set(names)


def test_a_mixed_track_of_a_page_with_a_roster_is_nobody_alone(call: Call) -> None:
    call.roster("Ana", "Ben")
    call.tracks({"mixed": None})
    call.tell("speaking", {"ids": ["id of Ana"], "lag": None})
    for number in range(80):
        call.run(mixed=noise(number))
    call.end()
    assert not [piece for piece in finished(call.folder) if piece.stream.startswith("track.")]
    spoken = call.observations(ObservationKind.SPEAKING)
    assert {(each.key, each.source, each.lag_ms) for each in spoken} == {(call.key("Ana"), "page", 900)}
    assert spoken[0].confidence < 1
    assert sum(each.end_ms - each.start_ms for each in spoken) == pytest.approx(7900, abs=200)


def test_the_page_may_say_how_late_it_is(call: Call) -> None:
    call.roster("Ana", "Ben")
    mixed(call)
    call.tell("speaking", {"ids": ["id of Ana"], "lag": 200})
    for number in range(60):
        call.run(mix=noise(number))
    call.end()
    assert {each.lag_ms for each in call.observations(ObservationKind.SPEAKING)} == {200}


def test_what_the_network_tells_is_surer_than_what_is_drawn(call: Call) -> None:
    call.roster("Ana", "Ben")
    mixed(call)
    for network in (True, False):
        call.tell("speaking", {"ids": ["id of Ana"], "lag": None, "network": network})
        for number in range(30):
            call.run(mix=noise(number))
    call.end()
    spoken = call.observations(ObservationKind.SPEAKING)
    by_source = {each.source: each.confidence for each in spoken}
    assert list(by_source) == ["network", "page"]
    assert by_source["network"] > by_source["page"]
    assert sum(each.end_ms - each.start_ms for each in spoken) == pytest.approx(5900, abs=200)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(spoken))


@pytest.mark.parametrize(("people", "speakers"), [(("Ana",), {"Ana"}), (("Ana", "Ben"), set())])
def test_all_that_is_heard_is_the_only_others(call: Call, people: tuple[str, ...], speakers: set[str]) -> None:
    """Pages highlight nobody where there are two, and nobody is made up where there are more."""
    call.roster(*people)
    mixed(call)
    for number in range(80):
        call.run(mix=noise(number))
    call.end()
    spoken = call.observations(ObservationKind.SPEAKING)
    assert {(each.key, each.source, each.lag_ms) for each in spoken} == {
        (call.key(name), "page", 0) for name in speakers
    }


def test_sound_without_names_is_told(call: Call) -> None:
    call.roster("Ana", "Ben")
    mixed(call)
    for number in range(1000):
        call.run(mix=noise(number) if number % 10 < 8 else None)
    assert call.recording.health.notices() == [SoundTrouble.NAMELESS]


def test_silence_that_arrives_is_told(call: Call) -> None:
    call.roster("Ana")
    call.tracks({"a": "Ana"})
    for number in range(700):
        if number % 50 == 0:
            call.tell("arrived", {"packets": number, "samples": number, "madeUp": 0, "energy": 0})
        call.run(a=None)
    assert call.recording.health.notices() == [SoundTrouble.SILENT]


def test_a_call_without_a_living_connection_is_cut_off(call: Call) -> None:
    assert not call.recording.is_cut_off(START_MS)
    call.tell("cut off", True)
    assert call.recording.is_cut_off(call.now_ms)
    call.tell("cut off", None)
    assert not call.recording.is_cut_off(call.now_ms)


def test_tracks_tell_better_than_the_page(call: Call) -> None:
    call.roster("Ana")
    call.tracks({"a": "Ana"})
    call.tell("speaking", {"ids": ["id of Ana"], "lag": None})
    for number in range(60):
        call.run(a=noise(number))
    call.end()
    later = [each for each in call.observations(ObservationKind.SPEAKING) if each.start_ms > START_MS + 500]
    assert {each.source for each in later} == {"track"}


def test_participants_are_observed_with_whether_they_have_a_track(call: Call) -> None:
    call.roster("Ana", "Ben")
    call.tracks({"a": "Ana"})
    for number in range(20):
        call.run(a=noise(number))
    call.end()
    last = {each.name: each.track for each in call.observations(ObservationKind.PARTICIPANT)}
    assert last == {"Ana": True, "Ben": False}


def test_who_reconnects_goes_on_in_the_same_track(call: Call) -> None:
    call.roster("Ana")
    call.tracks({"a": "Ana"})
    for number in range(20):
        call.run(a=noise(number))
    call.tell("ended", {"track": "a"})
    call.tell("roster", [{"id": "another", "name": "Ana"}])
    call.tell("tracks", [{"id": "c", "live": True, "who": {"id": "another", "name": "Ana"}}])
    for number in range(20, 40):
        call.run(c=noise(number))
    call.end()
    assert len({each.key for each in call.observations(ObservationKind.SPEAKING)}) == 1
    assert np.array_equal(call.sound(f"track.{call.key('Ana')}"), np.concatenate([noise(n) for n in range(40)]))
    assert not call.observations(ObservationKind.LEFT)


def test_somebody_who_leaves_is_observed(call: Call) -> None:
    call.roster("Ana", "Ben")
    call.run()
    call.roster("Ana")
    for _ in range(40):
        call.run()
    call.end()
    assert list(call.recording.presence.names.values()) == ["Ana"]
    assert [each.key for each in call.observations(ObservationKind.LEFT)] == [call.key("Ben")]


def test_changes_of_speakers_are_told_with_everybody(call: Call) -> None:
    call.roster("Ana", "Ben")
    call.tracks({"a": "Ana", "b": "Ben"})
    for number in range(15):
        call.run(a=noise(number), b=None)
    for _ in range(15):
        call.run(a=None, b=None)
    told = [{row["name"]: row["isSpeaking"] for row in rows} for rows in call.speaking]
    assert told == [{"Ana": True, "Ben": False}, {"Ana": False, "Ben": False}]
    assert {type(row["id"]) for rows in call.speaking for row in rows} == {int}
    assert call.recording.last_sound_ms == pytest.approx(START_MS + 1500, abs=600)


def test_a_crash_takes_at_most_half_a_second_of_sound(call: Call) -> None:
    for number in range(57):
        call.run(a=noise(number))
    (part,) = (call.folder / "1").glob("audio.*.part")
    assert part.stat().st_size >= 2 * RUN * (57 - 5)


def test_a_pause_holds_no_sound_and_says_so(call: Call) -> None:
    call.roster("Ana")
    call.tracks({"a": "Ana"})
    sounds = [noise(number) for number in range(90)]
    for number, sound in enumerate(sounds):
        if number in {30, 60}:
            call.recording.pause(number == 30, call.now_ms)
        call.run(a=sound)
    call.end()
    expected = np.concatenate([*sounds[:30], np.zeros(30 * RUN, np.int64), *sounds[60:]])
    assert np.array_equal(call.sound(), expected)
    assert np.array_equal(call.sound(f"track.{call.key('Ana')}"), expected)
    assert np.array_equal(np.frombuffer(call.heard, "<i2"), expected), "nor does the stream"
    told = [(each.start_ms - START_MS, each.end_ms - START_MS) for each in call.observations(ObservationKind.PAUSED)]
    assert told == [(3000, 6000)]
    spoken = call.observations(ObservationKind.SPEAKING)
    assert spoken
    assert all(each.end_ms - START_MS <= 3000 or each.start_ms - START_MS >= 6000 for each in spoken)
    assert call.recording.last_sound_ms is not None, "who is heard is known all the same: the bot does not leave"


def test_a_long_pause_is_told_while_it_lasts_and_ends_with_the_recording(call: Call) -> None:
    call.recording.pause(True, call.now_ms)
    for _ in range(130):
        call.run(a=None)
    call.end()
    told = [(each.start_ms - START_MS, each.end_ms - START_MS) for each in call.observations(ObservationKind.PAUSED)]
    assert [told[0][0], told[-1][1]] == [0, 13_000]
    assert all(one[1] == other[0] for one, other in pairwise(told))
    assert len(told) >= 2


def test_lines_of_the_chat_are_observed_once_and_not_in_a_pause(call: Call) -> None:
    lines = [{"id": "1", "author": "Ana", "text": "Hello"}, {"id": "2", "author": None, "text": "x" * 9000}, {"id": 3}]
    call.tell("chat", lines)
    call.tell("chat", [*lines, {"id": "4", "author": "Ben", "text": "Bye"}])
    call.run(a=None)
    call.recording.pause(True, call.now_ms)
    call.tell("chat", [{"id": "5", "author": "Ben", "text": "A secret"}])
    call.end()
    written = [(each.name, each.text[:20], len(each.text)) for each in call.observations(ObservationKind.CHAT)]
    assert written == [("Ana", "Hello", 5), ("", "x" * 20, 4000), ("Ben", "Bye", 3)]
