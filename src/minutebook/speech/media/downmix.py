"""Channels → one, without losing what only one of them holds. Runs in the child process only.

The mean of two channels that are out of phase is silence, and that of eight microphones is faint where one person
speaks. So the mix is chosen anew for each block by its power: where it holds far less than the loudest channel does,
that channel is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from minutebook.speech.media.separation import ChannelComparison

BLOCK_S: Final = 0.1
LOST: Final = 0.1
"""The mix counts as cancelled below this part (-10 dB) of the loudest channel's power. One voice in one of two channels
is mixed at -6 dB, which is no loss …"""
FOUND: Final = 0.2
"""… and as whole again above this one (-7 dB)."""
LOUDER: Final = 4.0
"""Another channel takes over when it has four times (6 dB) the power of the one that is heard."""
SILENCE: Final = 1e-9
"""Mean square below which a block says nothing about its channels (-90 dB of full scale)."""

MIX: Final = -1

PLAIN_CHANNELS: Final = 8
"""Up to here FFmpeg knows how to mix channels down; beyond, their mean is taken."""

STEREO: Final = 2

FULL_SCALE: Final = 32_768.0


class Downmix:
    """Mixes block after block, and fades where it goes from one choice to another."""

    def __init__(self) -> None:
        self._heard = MIX

    def mono(self, channels: NDArray[np.float32], mix: NDArray[np.float32]) -> NDArray[np.float32]:
        """One block: `channels` [channels, samples] and their usual `mix` [samples] become [samples]."""
        before, self._heard = self._heard, self._choose(channels, mix)
        after = mix if self._heard == MIX else channels[self._heard]
        if before == self._heard:
            return after
        earlier = mix if before == MIX else channels[before]
        rise = np.linspace(0.0, 1.0, len(mix), dtype=np.float32)
        return earlier * (1 - rise) + after * rise

    def _choose(self, channels: NDArray[np.float32], mix: NDArray[np.float32]) -> int:
        powers = np.square(channels, dtype=np.float64).mean(axis=1)
        loudest = int(powers.argmax())
        if powers[loudest] < SILENCE:
            return self._heard
        share = float(np.square(mix, dtype=np.float64).mean() / powers[loudest])
        if self._heard == MIX:
            return loudest if share < LOST else MIX
        if share > FOUND:
            return MIX
        return loudest if powers[loudest] > LOUDER * powers[self._heard] else self._heard


class Mixer:
    """Collects the channels of resampled frames in blocks and mixes each down to 16 bits."""

    def __init__(self, rate: int, channel: int | None = None, comparison: ChannelComparison | None = None) -> None:
        """With `channel` that one is taken instead of the mix; `comparison` is shown the channels of stereo."""
        self._channel = channel
        self._comparison = comparison
        self._size = round(BLOCK_S * rate)
        self._downmix = Downmix()
        self._to_mono = AudioResampler("flt", "mono", rate)
        self._held: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        self._count = 0

    def mixed(self, frame: AudioFrame) -> Iterator[bytes]:
        """The blocks that are complete with this frame (packed floats: PyAV's planes end before the eighth)."""
        packed: NDArray[Any] = frame.to_ndarray()
        channels: NDArray[np.float32] = packed.reshape(-1, frame.layout.nb_channels).T
        if self._comparison is not None and channels.shape[0] == STEREO:
            self._comparison.add(channels)
        if self._channel is not None:
            channels = channels[min(self._channel, channels.shape[0] - 1)][np.newaxis]
        self._held.append((channels, self._plain(frame, channels)))
        self._count += channels.shape[1]
        while self._count >= self._size:
            yield self._block(self._size)

    def rest(self) -> bytes:
        """What is left at the end of a stretch."""
        return self._block(self._count) if self._count else b""

    def _plain(self, frame: AudioFrame, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """FFmpeg's mix for layouts that it knows; the mean for those that nobody named (field mixers record up to 64
        channels)."""
        if channels.shape[0] == 1:
            only: NDArray[np.float32] = channels[0]
            return only
        if channels.shape[0] > PLAIN_CHANNELS:
            mean: NDArray[np.float32] = channels.mean(axis=0, dtype=np.float32)
            return mean
        mixed: NDArray[Any] = self._to_mono.resample(frame)[0].to_ndarray()
        plain: NDArray[np.float32] = mixed[0]
        return plain

    def _block(self, size: int) -> bytes:
        channels = np.concatenate([each for each, _ in self._held], axis=1)
        mix = np.concatenate([each for _, each in self._held])
        self._held = [(channels[:, size:], mix[size:])]
        self._count -= size
        mono = self._downmix.mono(channels[:, :size], mix[:size])
        samples: NDArray[np.int16] = np.clip(np.rint(mono * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("<i2")
        return samples.tobytes()
