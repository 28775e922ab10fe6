"""From what the page tells to what is recorded: one wall-clock time line of sound, and observations beside it.

Everything here is called from one thread, with the time as a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from minutebook.bots.protocol import AUDIO, OBSERVATIONS, TRACK_PREFIX, Observation, observations_to_lines
from minutebook.bots.runner.capture.chat_log import ChatLog
from minutebook.bots.runner.capture.page_messages import (
    Message,
    Owner,
    arrived_of,
    chat_of,
    flag_of,
    owners_of,
    runs_of,
    speaking_of,
    track_states_of,
)
from minutebook.bots.runner.capture.participants import Participants
from minutebook.bots.runner.capture.pauses import Pauses
from minutebook.bots.runner.capture.presence import STALE_AFTER_MS, Presence, Told
from minutebook.bots.runner.capture.sound.health import SoundHealth
from minutebook.bots.runner.capture.sound.mixing import Mixer
from minutebook.bots.runner.capture.sound.speaking import (
    NETWORK,
    PAGE,
    SPLIT_MS,
    TRACK,
    PageSpeaking,
    Speaker,
    SpeakingListener,
    speaker,
    spoken,
)
from minutebook.bots.runner.capture.sound.timeline import FRAME_MS, Frames, Placement
from minutebook.bots.runner.capture.sound.tracks import Track, is_due

if TYPE_CHECKING:
    from minutebook.bots.runner.capture.page_messages import Speaking, TrackState
    from minutebook.bots.runner.capture.sound.timeline import Sum
    from minutebook.bots.runner.capture.sound.voice import Voiced
    from minutebook.bots.runner.capture.spool import Spool

ANONYMOUS_AFTER_MS: Final = 3_000
"""Where the page names nobody, a track without an owner is a participant without a name after this time."""

SoundListener = Callable[[bytes], None]


class Recording:
    """The recording of one attempt, from `start_ms` (epoch) on."""

    def __init__(self, start_ms: int, spool: Spool, people: Participants, *, speaking_lag_ms: int = 0) -> None:
        self.start_ms = start_ms
        self.presence = Presence(people)
        self.ever_present = False
        self.last_sound_ms: int | None = None
        self.health = SoundHealth(start_ms)
        self.sound_listeners: list[SoundListener] = []
        self.speaking_listeners: list[SpeakingListener] = []
        self._pauses = Pauses()
        self._spool = spool
        self._tracks: dict[str, Track] = {}
        self._number = 0
        self._next_of_track: dict[str, int] = {}
        self._mixer = Mixer()
        self._roster: Told[list[Owner]] = Told()
        self._cut_off: Told[bool] = Told()
        self._chat = ChatLog()
        self._page_speaking: Told[Speaking] = Told()
        self._lag_ms = speaking_lag_ms
        self._page = PageSpeaking(speaking_lag_ms)
        self._speaking: frozenset[str] = frozenset()
        self._looked_ms = start_ms

    def take(self, message: Message, now_ms: int) -> None:
        """A message of the page."""
        match message.kind:
            case "sound":
                for run in runs_of(message.content):
                    self._track(run.track, now_ms).hear(run, now_ms)
            case "roster":
                self._roster.hear(message.document, owners_of(message.content), now_ms)
                self._see(now_ms)
            case "speaking":
                self._page_speaking.hear(message.document, speaking_of(message.content), now_ms)
            case "arrived" if (counted := arrived_of(message.content, now_ms)) is not None:
                self.health.arrived(counted)
            case "cut off":
                self._cut_off.hear(message.document, flag_of(message.content), now_ms)
            case "tracks":
                self._see_tracks(track_states_of(message.content), now_ms)
            case "chat":
                self._observe(self._chat.new(chat_of(message.content), now_ms), now_ms)
            case "ended" if isinstance(message.content, dict):
                self._end(str(message.content.get("track")))

    def pause(self, paused: bool, now_ms: int) -> None:
        """Record nothing from now on; or record again. Who is there, and whether anybody is heard, is known all the
        same."""
        if paused:
            self._pauses.begin(now_ms)
        else:
            self._observe(self._pauses.end(now_ms), now_ms)
            self.health.resumed(now_ms)

    def is_cut_off(self, now_ms: int) -> bool:
        """Whether no connection of the page lives any more."""
        return self._cut_off.latest(now_ms) is True

    def tick(self, now_ms: int) -> None:
        """Record everything that is due; called about every 50 ms."""
        while is_due(self._number, self.start_ms, list(self._tracks.values()), now_ms):
            self._record_frame()
        self._look(now_ms)
        self._spool.advance(now_ms)

    def finish(self, now_ms: int) -> None:
        """Record what came up to now, whatever is still missing."""
        while self.start_ms + (self._number + 1) * FRAME_MS <= now_ms:
            self._record_frame()
        self._look(now_ms)
        for track in self._tracks.values():
            self._note_voice(track, track.voice.end(self._number * FRAME_MS))
        self._observe(self._page.shown(frozenset(), now_ms), now_ms)
        self._observe(self._pauses.end(now_ms), now_ms)

    def _track(self, identity: str, now_ms: int) -> Track:
        track = self._tracks.get(identity)
        if track is None:
            placement, frames = Placement(self.start_ms), Frames(self._number)
            track = self._tracks[identity] = Track(identity, placement, frames, now_ms, now_ms, now_ms)
        return track

    def _see_tracks(self, states: list[TrackState], now_ms: int) -> None:
        for state in states:
            track = self._track(state.id, now_ms)
            track.live, track.mixed, track.told_ms = state.live, state.mixed, now_ms
        # Who is gone comes first: else a new track of somebody who reconnected is taken for a namesake's.
        self._see(now_ms)
        for state in states:
            track = self._tracks[state.id]
            if state.owner is not None and state.owner != track.owner:
                track.owner = state.owner
                self._give(track, state.owner, now_ms)

    def _give(self, track: Track, owner: Owner, now_ms: int) -> None:
        """From now on the track's sound is this participant's; so is what was kept of it."""
        person, before = self.presence.person(owner), track.key
        if before == person.key:
            return
        if before is not None:
            self._note_voice(track, track.voice.split(self._number * FRAME_MS))
            self._name_anonymous(before, person.name, now_ms)
        track.key = person.key
        for number, frame in track.ownerless:
            self._record_track(person.key, number, [frame])
        for voiced in track.unattributed:
            self._note_voice(track, voiced)
        track.ownerless.clear()
        track.unattributed.clear()

    def _name_anonymous(self, key: str, name: str, now_ms: int) -> None:
        person = self.presence.people.everybody[key]
        if not person.name:
            person.name = name
            self._observe(self.presence.renamed(person, now_ms), now_ms)

    def _end(self, identity: str) -> None:
        track = self._tracks.get(identity)
        if track is not None:
            track.live = False

    def _record_frame(self) -> None:
        number, heard = self._number, []
        is_paused = self._pauses.touch(self._time_of(number), self._time_of(number + 1))
        alone: dict[str, list[Sum]] = {}
        for track in list(self._tracks.values()):
            frame = track.frames.take(number)
            for voiced in track.voice.frame(number, frame):
                self._note_voice(track, voiced)
            if frame is not None and not is_paused:
                heard.append(frame)
                if track.key is None:
                    track.ownerless.append((number, frame))
                else:
                    alone.setdefault(track.key, []).append(frame)
            self._note_long_speech(track, number)
        mix = self._mixer.mix(heard)
        mixed = mix.tobytes()
        self.health.recorded(self._time_of(number), loud=bool(mix.any()))
        self._spool.sound(AUDIO, self._time_of(number), mixed)
        for key, frames in alone.items():
            self._record_track(key, number, frames)
        self._number += 1
        for listener in self.sound_listeners:
            listener(mixed)

    def _record_track(self, key: str, number: int, frames: list[Sum]) -> None:
        if number < self._next_of_track.get(key, 0):
            return
        self._next_of_track[key] = number + 1
        self._spool.sound(TRACK_PREFIX + key, self._time_of(number), Mixer().mix(frames).tobytes())
        self.presence.track_recorded(key)

    def _note_long_speech(self, track: Track, number: int) -> None:
        if not track.voice.active:
            return
        now_ms = (number + 1) * FRAME_MS
        self.last_sound_ms = self.start_ms + now_ms
        if track.voice.since_ms is not None and now_ms - track.voice.since_ms >= SPLIT_MS:
            self._note_voice(track, track.voice.split(now_ms))

    def _note_voice(self, track: Track, voiced: Voiced | None) -> None:
        if voiced is None:
            return
        if track.key is None:
            track.unattributed = [*track.unattributed[-50:], voiced]
            return
        at_ms = self._time_of(self._number)
        start_ms, end_ms = self.start_ms + voiced.start_ms, self.start_ms + voiced.end_ms
        self._observe([spoken(track.key, start_ms, end_ms, at_ms, TRACK)], at_ms)

    def _look(self, now_ms: int) -> None:
        """Who is there and who speaks, by everything that is known now."""
        if self._roster.latest(now_ms) is None:
            self._name_ownerless(now_ms)
        self._see(now_ms)
        self._forget_ended(now_ms)
        self._look_who_speaks(now_ms)
        self._observe(self._pauses.tell(now_ms), now_ms)

    def _see(self, now_ms: int) -> None:
        roster = self._roster.latest(now_ms)
        owners = roster if roster is not None else self._track_owners()
        self._observe(self.presence.see(owners, now_ms), now_ms)
        self.ever_present = self.ever_present or bool(self.presence.present)

    def _name_ownerless(self, now_ms: int) -> None:
        for track in self._tracks.values():
            nobodys = track.owner is None and track.key is None and not track.mixed
            if nobodys and now_ms - track.first_heard_ms >= ANONYMOUS_AFTER_MS:
                self._give(track, Owner(f"track {track.id}", ""), now_ms)

    def _track_owners(self) -> list[Owner]:
        # Where everybody is on one track and the page names nobody, there is somebody all the same.
        live = [track for track in self._tracks.values() if track.live and (track.mixed or track.key is not None)]
        return [track.owner or Owner(f"track {track.id}", "") for track in live]

    def _forget_ended(self, now_ms: int) -> None:
        for track in list(self._tracks.values()):
            if now_ms - track.told_ms >= STALE_AFTER_MS:
                track.live = False
            if not track.live and track.is_drained:
                self._note_voice(track, track.voice.end(self._number * FRAME_MS))
                del self._tracks[track.id]

    def _look_who_speaks(self, now_ms: int) -> None:
        by_track = {track.key for track in self._tracks.values() if track.key is not None and track.voice.active}
        shown = self._page_speaking.latest(now_ms)
        if shown is None:
            by_page, source, lag_ms = self._only_voice(now_ms), PAGE, 0
        else:
            people = [person for each in shown.ids if (person := self.presence.people.known(each)) is not None]
            by_page = frozenset(person.key for person in people if not self.presence.has_track(person.key))
            source = NETWORK if shown.network else PAGE
            lag_ms = self._lag_ms if shown.lag_ms is None else shown.lag_ms
        if by_page:
            self.last_sound_ms = now_ms
        self._observe([*self._page.by(source, lag_ms, now_ms), *self._page.shown(by_page, now_ms)], now_ms)
        speaking = by_page | by_track
        self._note_names(speaking, now_ms)
        if self._pauses.is_open:
            speaking = frozenset()
        if speaking != self._speaking:
            self._speaking = speaking
            self._tell_speaking(now_ms)

    def _note_names(self, speaking: frozenset[str], now_ms: int) -> None:
        """Whether what is heard has a name."""
        since_ms, self._looked_ms = self._looked_ms, now_ms
        if any(track.voice.active for track in self._tracks.values()):
            everybody = self.presence.people.everybody
            named = any(everybody[key].name for key in speaking if key in everybody)
            self.health.spoke(now_ms - since_ms, named=named)

    def _only_voice(self, now_ms: int) -> frozenset[str]:
        """Where the page does not tell who speaks and one person is there, what is heard on a track of nobody is
        theirs."""
        if self._roster.latest(now_ms) is None or len(self.presence.present) != 1:
            return frozenset()
        (key,) = self.presence.present
        nobodys = [track for track in self._tracks.values() if track.key is None and track.voice.active]
        old = [track for track in nobodys if track.mixed or now_ms - track.first_heard_ms >= ANONYMOUS_AFTER_MS]
        return frozenset({key}) if old and not self.presence.has_track(key) else frozenset()

    def _tell_speaking(self, now_ms: int) -> None:
        entries: list[Speaker] = [
            speaker(person.name, person.number, now_ms, person.key in self._speaking)
            for person in self.presence.present.values()
        ]
        for listener in self.speaking_listeners:
            listener(entries)

    def _observe(self, observations: list[Observation], now_ms: int) -> None:
        kept = list(self._pauses.kept(observations))
        if kept:
            self._spool.lines(OBSERVATIONS, now_ms, observations_to_lines(kept))

    def _time_of(self, number: int) -> int:
        return self.start_ms + number * FRAME_MS
