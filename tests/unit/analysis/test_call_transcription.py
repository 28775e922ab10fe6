"""Recordings of calls: transcribed from their tracks, under their participants' names, by us or by a provider."""

import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from minutebook.analysis.making.provided import Providers
from minutebook.analysis.model import AnalysisType, Options, Report, ReportStatus
from minutebook.analysis.tasks import analysis_tasks
from minutebook.analysis.voices.model import NameSource, Naming
from minutebook.config import OutgoingSettings, Settings
from minutebook.db.database import Database
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.language.producers.choice import producer_of
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.outgoing.client import OutgoingClient
from minutebook.recordings.model import Incoming, Recording
from minutebook.recordings.sources import Interval, Participant, Sources, sources_key, sources_to_json, track_key
from minutebook.sealing import Sealing
from minutebook.speech.activity import ChunkActivity, levels_of
from minutebook.speech.diarization import ChunkVoices, silence
from minutebook.speech.media import Pcm
from minutebook.speech.pipeline import Chunk
from minutebook.speech.ports import Recognised
from minutebook.speech.tracks import Clip
from minutebook.storage import storage_of
from minutebook.transcript.model import Transcript, Turn, Word
from minutebook.wiring import Services, build_services
from support.provider_doubles import KEY, Double, gladia, served
from support.records import ScriptedPipeline, Worker, folder, stored_files, wav

OWNER = new_id()
RECORD = (AnalysisType.TRANSCRIPTION, AnalysisType.MEETING_NOTE)
SECONDS = 20.0

# Who says what when, at what level of their own track; Ada and Bob overlap.
ADA = (("a", 1.0, 5.0, "good morning everybody let us begin now"), ("a", 12.0, 14.0, "we decided to wait"))
BOB = (("b", 4.0, 6.0, "good morning Ada"),)


def tone(*spans: tuple[float, float], level: float = 0.1) -> np.ndarray:
    sound = np.zeros(int(SECONDS * 24_000), np.float32)
    for start, end in spans:
        sound[int(start * 24_000) : int(end * 24_000)] = level
    return sound


def flac(sound: np.ndarray) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=24_000, layout="mono")
        samples = (sound * 32767).astype("<i2")
        for at in range(0, len(samples), 4096):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 4096], format="s16", layout="mono")
            frame.sample_rate, frame.pts = 24_000, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


class CallPipeline(ScriptedPipeline):
    """Speech is where a track is loud; what is recognised is the script's line at that time."""

    script: Sequence[tuple[str, float, float, str]] = (*ADA, *BOB)
    mixed_turns: Sequence[Turn] = ()
    heard: list[tuple[str, float]]

    def activity(self, mixed: Pcm, of_tracks: Mapping[str, Pcm], chunk: Chunk) -> ChunkActivity:
        count = round((chunk.end_s - chunk.start_s) * 10) + 1
        levels = {key: levels_of(pcm.read(chunk.start_s, chunk.end_s), count) for key, pcm in of_tracks.items()}
        spans = {}
        for key, own in levels.items():
            edges = np.flatnonzero(np.diff(np.concatenate([[0], own > -40, [0]]))).reshape(-1, 2)
            spans[key] = [(chunk.start_s + a / 10, min(chunk.start_s + b / 10, chunk.end_s)) for a, b in edges]
        return ChunkActivity(chunk.start_s, spans, levels, levels_of(mixed.read(chunk.start_s, chunk.end_s), count))

    def other_voices(self, pcm: Pcm, chunk: Chunk, of_tracks: Mapping[str, Pcm]) -> ChunkVoices:
        return silence(chunk.start_s, chunk.end_s)

    def turns(self, voices: Sequence[ChunkVoices], diarize: bool = True, at_most: int | None = None) -> list[Turn]:
        return list(self.mixed_turns)

    def recognise_clips(
        self,
        clips: Sequence[Clip],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        self.before_words(Chunk(0, 0, 0))
        found = []
        for clip in clips:
            self.heard.append((clip.turn.speaker, clip.turn.start))
            lines = [
                line
                for line in self.script
                if clip.turn.speaker in {f"@{line[0]}", line[0]} and clip.turn.start - 0.3 <= line[1] < clip.turn.end
            ]
            words = tuple(word for _, start, end, text in lines for word in spread(start, end, text))
            levels = (-20.0,) * len(words) if clip.turn.speaker.startswith("@") else ()
            found.append(Recognised(clip.turn, words, levels))
        return found


def spread(start: float, end: float, text: str) -> list[Word]:
    each = (end - start) / len(text.split())
    return [Word(word, start + n * each, start + (n + 1) * each, 0.9) for n, word in enumerate(text.split())]


def services_on(database: Database, folder: Path) -> Services:
    settings = Settings(_env_file=None, data_dir=folder)
    settings.speech.chunk_s = 8.0
    return build_services(settings, database, storage_of(settings), DurableJobs(), VirtualClock())


@pytest.fixture
async def services(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    database = Database(sqlite_url)
    yield services_on(database, tmp_path)
    await database.close()


@pytest.fixture
def sealing() -> Sealing:
    return Sealing(b"k" * 32)


class CallWorker(Worker):
    """A worker that knows calls and, when told, providers."""

    def __init__(self, services: Services, providers: Providers | None = None) -> None:
        super().__init__(services)
        self.pipeline = self.call = CallPipeline(services)
        self.call.heard = []
        self.jobs.tasks = {
            **self.jobs.tasks,
            **analysis_tasks(
                services.db,
                services.storage,
                services.recordings,
                services.scheduler,
                services.results,
                self.pipeline,
                producer_of(services.settings.llm),
                services.settings.speech,
                services.settings.data_dir / "scratch",
                providers,
                sealing=services.sealing,
                clock=services.clock,
            ),
        }


async def recorded(
    services: Services, sources: Sources | None, tracks: Mapping[str, bytes], options: Options | None = None
) -> Recording:
    """A call's recording as a bot leaves it, scheduled."""

    async def chunks() -> AsyncIterator[bytes]:
        yield wav(SECONDS)

    received = await services.recordings.receive(Incoming("recording.wav", "audio/wav", chunks()))
    if sources is not None:
        await services.storage.put_bytes(sources_key(received.id), sources_to_json(sources).encode())
    for key, data in tracks.items():
        await services.storage.put_bytes(track_key(received.id, key), data)
    async with services.db.transaction() as tx:
        draft = MeetingDraft(title="Call", attendees=(AttendeeDraft("ada@example.com", "Ada Lovelace"),))
        meeting = await services.meetings.create(tx, OWNER, draft)
        recording = await services.recordings.attach(tx, OWNER, meeting.id, received, automatic=False)
        if options is not None:
            await services.analysis.schedule_for(tx, recording, RECORD, options)
    return recording


async def transcript_of(services: Services, recording: Recording) -> Transcript:
    async with services.db.reading() as tx:
        return await services.results.transcript(tx, OWNER, recording.id)


async def reports_of(services: Services, recording: Recording) -> Mapping[AnalysisType, Report]:
    async with services.db.reading() as tx:
        return {r.type: r for r in await services.analysis.progress(tx, OWNER, recording.id)}


def lines(transcript: Transcript) -> list[tuple[str, str]]:
    return [(transcript.name_of(segment.speaker), segment.text) for segment in transcript.segments]


TWO = Sources((Participant("a", "Ada", True), Participant("b", "Bob", True)))
TRACKS = {"a": flac(tone((1, 5), (12, 14))), "b": flac(tone((4, 6)))}


async def test_a_call_is_told_under_its_participants_names(services: Services) -> None:
    worker = CallWorker(services)
    recording = await recorded(services, TWO, TRACKS, Options())
    await worker.drain()
    assert lines(await transcript_of(services, recording)) == [
        ("Ada", "good morning everybody let us begin now"),
        ("Bob", "good morning Ada"),
        ("Ada", "we decided to wait"),
    ]
    assert sorted(speaker for speaker, _ in worker.call.heard) == ["@a", "@a", "@b"]
    async with services.db.reading() as tx:
        speakers = await services.results.speakers(tx, OWNER, recording.id)
    assert [(s.name, s.source, round(s.talk_time_s)) for s in speakers] == [
        ("Ada", NameSource.CALL, 6),
        ("Bob", NameSource.CALL, 2),
    ]
    done = await reports_of(services, recording)
    assert {report.status for report in done.values()} == {ReportStatus.COMPLETED}
    # Nothing of the work is left, neither in storage nor on this machine.
    assert not [name for name in stored_files(services) if "/work/" in name]
    assert folder(services.settings.data_dir / "scratch") == []


async def test_names_by_hand_win_over_the_calls(services: Services) -> None:
    worker = CallWorker(services)
    recording = await recorded(services, TWO, TRACKS, Options())
    await worker.drain()
    async with services.db.transaction() as tx:
        await services.naming.name_speakers(tx, OWNER, recording.id, [Naming("speaker_2", name="Robert")])
    assert [speaker.name for speaker in (await transcript_of(services, recording)).speakers] == ["Ada", "Robert"]
    async with services.db.transaction() as tx:
        taken = await services.naming.name_speakers(tx, OWNER, recording.id, [Naming("speaker_2")])
    assert [(s.name, s.source) for s in taken] == [("Ada", NameSource.CALL), ("Bob", NameSource.CALL)]


async def test_who_came_back_is_one_person_on_two_tracks(services: Services) -> None:
    sources = Sources((Participant("a", "Ada", True), Participant("a2", "Ada", True, person="a")))
    worker = CallWorker(services)
    worker.call.script = (ADA[0], ("a2", *ADA[1][1:]))
    recording = await recorded(services, sources, {"a": flac(tone((1, 5))), "a2": flac(tone((12, 14)))}, Options())
    await worker.drain()
    transcript = await transcript_of(services, recording)
    assert [speaker.name for speaker in transcript.speakers] == ["Ada"]
    assert len(transcript.segments) == 2


async def test_who_has_no_track_is_heard_in_the_mixed_sound_and_named_by_the_page(services: Services) -> None:
    sources = Sources(
        (Participant("a", "Ada", True), Participant("b", "Bob")), (Interval("b", 15.2, 19.5, "page", 0.6),)
    )
    worker = CallWorker(services)
    worker.call.mixed_turns = [Turn("speaker_1", 15.0, 19.0)]
    worker.call.script = (*ADA, ("speaker_1", 15.0, 19.0, "I have no track of my own"))
    recording = await recorded(services, sources, {"a": TRACKS["a"]}, Options())
    await worker.drain()
    assert lines(await transcript_of(services, recording))[-1] == ("Bob", "I have no track of my own")


async def test_a_track_that_is_missing_or_broken_does_not_fail_the_call(services: Services) -> None:
    worker = CallWorker(services)
    worker.call.mixed_turns = [Turn("speaker_1", 4.0, 6.0)]
    worker.call.script = (*ADA, ("speaker_1", 4.0, 6.0, "good morning Ada"))
    sources = Sources((*TWO.participants, Participant("c", "Cem", True)))
    recording = await recorded(services, sources, {"a": TRACKS["a"], "b": b"no sound"}, Options())
    await worker.drain()
    assert sorted(lines(await transcript_of(services, recording)))[-1] == ("Speaker 2", "good morning Ada")


async def test_a_chunk_that_failed_once_is_heard_again_and_the_others_are_not(services: Services) -> None:
    worker = CallWorker(services)
    recording = await recorded(services, TWO, TRACKS, Options())
    failures = iter([False, True])

    def second_time(_chunk: Chunk) -> None:
        if next(failures, False):
            raise RuntimeError("the power went")

    worker.pipeline.before_words = second_time
    await worker.drain()
    assert len(lines(await transcript_of(services, recording))) == 3
    assert sorted(worker.call.heard) == [("@a", 1.0), ("@a", 12.0), ("@b", 4.0)]


async def test_nothing_is_made_of_a_recording_by_itself_when_that_was_said(services: Services) -> None:
    worker = CallWorker(services)
    recording = await recorded(services, None, {})
    assert await worker.drain() == 0
    assert await reports_of(services, recording) == {}


async def test_a_providers_key_is_kept_with_the_transcription_alone(
    database: Database, tmp_path: Path, sealing: Sealing
) -> None:
    services = services_on(database, tmp_path)
    options = Options(provider="Gladia", sealed_api_key=sealing.seal(KEY), provider_parameters={"a": [1]})
    recording = await recorded(services, TWO, TRACKS, options)
    kept = await reports_of(services, recording)
    assert kept[AnalysisType.TRANSCRIPTION].options == options
    assert kept[AnalysisType.MEETING_NOTE].options == Options()


def providers_at(double: Double, services: Services, sealing: Sealing) -> Providers:
    settings = services.settings.speech
    settings.gladia_url = double.url
    return Providers(settings, OutgoingClient(OutgoingSettings(allow=["127.0.0.1"])), sealing, services.clock)


def gladia_options(sealing: Sealing, key: str = KEY) -> Options:
    return Options(provider="Gladia", sealed_api_key=sealing.seal(key))


def said(_number: int, _seconds: float) -> list[tuple[str, float, float]]:
    return [(w.word, w.start, w.end) for w in spread(1.0, 3.9, "good morning") + spread(4.2, 6.0, "morning Ada")]


async def test_a_providers_words_get_the_participants_names(services: Services, sealing: Sealing) -> None:
    double = Double(words=said, busy=2)
    tracks = {"a": flac(tone((1, 4))), "b": flac(tone((4, 6)))}
    async with served(gladia(double), double):
        worker = CallWorker(services, providers_at(double, services, sealing))
        recording = await recorded(services, TWO, tracks, gladia_options(sealing))
        await worker.drain()
    transcript = await transcript_of(services, recording)
    assert lines(transcript) == [("Ada", "good morning"), ("Bob", "morning Ada")]
    assert (transcript.language, transcript.notices) == ("en", ())
    assert worker.call.heard == []
    assert len(double.uploads) == 1


async def test_a_provider_works_on_recordings_without_sources(services: Services, sealing: Sealing) -> None:
    double = Double(words=said)
    async with served(gladia(double), double):
        worker = CallWorker(services, providers_at(double, services, sealing))
        worker.call.mixed_turns = [Turn("v2", 0.5, 4.0), Turn("v1", 4.1, 6.5)]
        recording = await recorded(services, None, {}, gladia_options(sealing))
        await worker.drain()
    # Nothing but the talk names anybody: who is greeted by the name of an attendee is that one.
    assert lines(await transcript_of(services, recording)) == [
        ("Ada Lovelace", "good morning"),
        ("Speaker 2", "morning Ada"),
    ]


async def test_where_two_speak_alike_a_providers_word_is_nobodys(services: Services, sealing: Sealing) -> None:
    double = Double(words=said)
    tracks = {"a": flac(tone((1, 6))), "b": flac(tone((4, 6)))}
    async with served(gladia(double), double):
        worker = CallWorker(services, providers_at(double, services, sealing))
        recording = await recorded(services, TWO, tracks, gladia_options(sealing))
        await worker.drain()
    assert lines(await transcript_of(services, recording)) == [("Ada", "good morning"), ("Unknown", "morning Ada")]


async def test_without_a_key_we_transcribe_and_say_so(services: Services, sealing: Sealing) -> None:
    double = Double()
    async with served(gladia(double), double):
        worker = CallWorker(services, providers_at(double, services, sealing))
        recording = await recorded(services, TWO, TRACKS, Options(provider="Gladia"))
        await worker.drain()
    transcript = await transcript_of(services, recording)
    assert len(transcript.segments) == 3
    assert transcript.notices == (
        "Gladia was asked for without an API key; the recording was transcribed here instead.",
    )
    assert double.requests == []


async def test_a_refused_key_fails_the_transcription_with_a_code(services: Services, sealing: Sealing) -> None:
    double = Double()
    async with served(gladia(double), double):
        worker = CallWorker(services, providers_at(double, services, sealing))
        recording = await recorded(services, TWO, TRACKS, gladia_options(sealing, "wrong"))
        await worker.drain()
    failure = (await reports_of(services, recording))[AnalysisType.TRANSCRIPTION].failure
    assert failure is not None
    assert (failure.code, failure.retryable) == ("provider_key_refused", False)
    assert len(double.requests) == 1


async def test_weather_is_waited_out_and_nothing_is_ordered_twice(services: Services, sealing: Sealing) -> None:
    double = Double(words=said, fail_with=[503, 429])
    async with served(gladia(double), double):
        worker = CallWorker(services, providers_at(double, services, sealing))
        recording = await recorded(services, TWO, TRACKS, gladia_options(sealing))
        await worker.drain()
    assert (await reports_of(services, recording))[AnalysisType.TRANSCRIPTION].status is ReportStatus.COMPLETED
    assert len(double.jobs) == 1


async def test_transcribing_again_makes_a_new_version_with_other_options(services: Services, sealing: Sealing) -> None:
    double = Double(words=said)
    async with served(gladia(double), double):
        worker = CallWorker(services, providers_at(double, services, sealing))
        recording = await recorded(services, TWO, TRACKS, Options())
        await worker.drain()
        async with services.db.transaction() as tx:
            options = gladia_options(sealing)
            (again,) = await services.analysis.schedule_for(tx, recording, (AnalysisType.TRANSCRIPTION,), options)
        assert (again.version, again.options.provider) == (2, "Gladia")
        await worker.drain()
    assert lines(await transcript_of(services, recording))[0] == ("Ada", "good morning")
