"""Packets → one mono track on the recording's own clock. Runs in the child process only.

Players follow the timestamps in a file, not the count of its samples. So do we: where the timestamps leave a gap (a
paused recorder, a damaged piece, sound that starts after the picture), silence is put in, and a time in the
transcript is the time a player shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.packet import Packet
from av.stream import Stream

from minutebook.errors import invalid
from minutebook.speech.media.downmix import Mixer
from minutebook.speech.media.separation import ChannelComparison
from minutebook.speech.media.source import Source

GAP_S = 0.1
"""Timestamps of common recorders jitter by less than this; it also bounds how far sound and clock drift apart."""

UNDECLARED_GAP_S = 60.0
"""The longest gap that is believed when nothing says how long the file is; a longer one is a broken timestamp."""

JUMP_BACK_S = 1.0
READ_ERRORS_IN_A_ROW = 50


Block = bytes | memoryview


@dataclass(slots=True)
class Timeline:
    """Decodes a source once, as mono 16-bit little-endian blocks at `rate`; afterwards says how it went: how many
    pieces were `skipped` and where the last one was, how much is `missing_s` between the first sound and the last, and
    where on the recording's clock (`end_s`) the last packet of any stream ended. With `channel` only that one is heard
    instead of the mix; `comparison` gets the two channels of stereo."""

    source: Source
    rate: int
    max_duration_s: float
    channel: int | None = None
    comparison: ChannelComparison | None = None
    samples: int = 0
    skipped: int = 0
    skipped_at_s: float = 0.0
    missing_s: float = 0.0
    end_s: float = 0.0
    _resampler: AudioResampler | None = None
    _mixer: Mixer | None = None
    _shape: tuple[str, str, int] | None = None
    _clock_s: float = 0.0
    _shift_s: float | None = None
    _errors_in_a_row: int = field(default=0)

    @property
    def duration_s(self) -> float:
        """How much sound came out."""
        return self.samples / self.rate

    def blocks(self) -> Iterator[Block]:
        """The sound, in pieces of at most about a second."""
        for packet in self._packets():
            if packet.stream.index != self.source.stream.index:
                self._note_end(packet)
                continue
            for frame in self._frames(packet):
                yield from self._silence_before(frame)
                self._clock_s += frame.samples / frame.sample_rate
                self.end_s = max(self.end_s, self._clock_s)
                yield from self._mono(frame)
        yield from self._flush()

    def _packets(self) -> Iterator[Packet[Stream]]:
        """All packets up to the end or up to where nothing can be read any more."""
        while self._errors_in_a_row < READ_ERRORS_IN_A_ROW:
            try:
                for packet in self.source.container.demux():
                    self._errors_in_a_row = 0
                    yield packet
                return
            except MemoryError:
                raise
            except av.FFmpegError:
                self._errors_in_a_row += 1
                if self._errors_in_a_row == 1:
                    self._skip()

    def _frames(self, packet: Packet[Stream]) -> list[AudioFrame]:
        try:
            frames: list[object] = list(packet.decode())
        except MemoryError:
            raise
        except av.FFmpegError:
            self._skip()
            return []
        return [frame for frame in frames if isinstance(frame, AudioFrame) and frame.samples > 0]

    def _skip(self) -> None:
        self.skipped += 1
        self.skipped_at_s = self._clock_s

    def _note_end(self, packet: Packet[Stream]) -> None:
        if packet.pts is not None and packet.time_base is not None:
            length = packet.pts + (packet.duration or 0)
            self.end_s = max(self.end_s, float(length * packet.time_base) - self.source.start_s)

    def _silence_before(self, frame: AudioFrame) -> Iterator[Block]:
        if frame.pts is None or frame.time_base is None:
            return
        at_s = float(frame.pts * frame.time_base) - self.source.start_s
        if self._shift_s is None:
            self._shift_s = 0.0
        gap_s = at_s + self._shift_s - self._clock_s
        if gap_s < -JUMP_BACK_S or gap_s > self._longest_gap_s():
            self._shift_s -= gap_s
        elif gap_s > GAP_S:
            self.missing_s += gap_s if self._clock_s else 0.0
            self._clock_s += gap_s
            yield from self._flush()
            for count in _pieces(round(gap_s * self.rate), self.rate):
                self._count(count)
                yield bytes(2 * count)

    def _longest_gap_s(self) -> float:
        declared_s = self.source.facts.declared_duration_s
        if declared_s is None or declared_s > self.max_duration_s:
            return UNDECLARED_GAP_S
        return max(UNDECLARED_GAP_S, declared_s - self._clock_s)

    def _mono(self, frame: AudioFrame) -> Iterator[Block]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            yield from self._flush()
            plain = frame.layout.nb_channels == 1
            self._mixer = None if plain else Mixer(self.rate, self.channel, self.comparison)
            self._resampler = (
                AudioResampler("s16", "mono", self.rate) if plain else AudioResampler("flt", frame.layout, self.rate)
            )
            self._shape = shape
        frame.pts = None
        yield from self._resample(frame)

    def _flush(self) -> Iterator[Block]:
        if self._resampler is not None:
            yield from self._resample(None)
        if self._mixer is not None and (rest := self._mixer.rest()):
            self._count(len(rest) // 2)
            yield rest
        self._resampler = self._mixer = self._shape = None

    def _resample(self, frame: AudioFrame | None) -> Iterator[Block]:
        assert self._resampler is not None
        for resampled in self._resampler.resample(frame):
            if resampled is None or not resampled.samples:
                continue
            if self._mixer is None:
                self._count(resampled.samples)
                yield memoryview(resampled.planes[0])[: 2 * resampled.samples]
                continue
            for block in self._mixer.mixed(resampled):
                self._count(len(block) // 2)
                yield block

    def _count(self, samples: int) -> None:
        self.samples += samples
        if self.duration_s > self.max_duration_s:
            most = f"{hours:g} hours" if (hours := self.max_duration_s / 3600) >= 1 else f"{60 * hours:g} minutes"
            raise invalid(
                "media_too_long",
                f"The recording is longer than {most}, the most this server accepts. Cut it into parts.",
            )


def _pieces(samples: int, most: int) -> Iterator[int]:
    while samples > 0:
        yield min(samples, most)
        samples -= most
