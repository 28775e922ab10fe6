"""What was written in a bot's call: while it lasts by the observations that came home, afterwards by the record."""

from collections.abc import Sequence

from minutebook.bots.model import Bot
from minutebook.bots.protocol import Observation, ObservationKind, epoch_ms
from minutebook.bots.record.people import observed_of, recorded_sources
from minutebook.db.database import Database
from minutebook.recordings.sources import ChatLine
from minutebook.speech.media.notices import clock
from minutebook.storage.ports import Storage


async def chat_of(db: Database, storage: Storage, bot: Bot) -> Sequence[ChatLine]:
    """The lines by time, in seconds from the start of the recording. During the call this is as old as the newest piece
    that came home: seconds."""
    if bot.recording_id is not None:
        return (await recorded_sources(storage, bot.recording_id)).chat
    started_ms = epoch_ms(bot.recording_started_at) if bot.recording_started_at is not None else 0
    return lines_of(await observed_of(db, storage, bot), started_ms)


def lines_of(observations: Sequence[Observation], started_ms: int) -> tuple[ChatLine, ...]:
    """The chat of a recording that began then. A line that several attempts saw is one."""
    first: dict[str, Observation] = {}
    for each in sorted(observations, key=lambda o: o.at_ms):
        if each.kind is ObservationKind.CHAT:
            first.setdefault(each.key, each)
    return tuple(
        ChatLine(round(max(0, each.at_ms - started_ms) / 1000, 1), each.name, each.text) for each in first.values()
    )


def pauses_of(observations: Sequence[Observation]) -> list[tuple[int, int]]:
    """When nothing was to be recorded: from, until (epoch, ms), in order, what follows without a hole as one."""
    joined: list[tuple[int, int]] = []
    told = [each for each in observations if each.kind is ObservationKind.PAUSED]
    for each in sorted(told, key=lambda o: (o.start_ms, o.end_ms)):
        if joined and each.start_ms <= joined[-1][1] + SEAM_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], each.end_ms))
        else:
            joined.append((each.start_ms, each.end_ms))
    return joined


SEAM_MS = 200
"""Stretches of one pause are told this close to each other."""


def pause_sentences(observations: Sequence[Observation], started_ms: int) -> tuple[str, ...]:
    """The pauses of a recording that began then, as its readers see them."""
    moments = ([(max(0, ms - started_ms) / 1000) for ms in span] for span in pauses_of(observations))
    return tuple(
        f"From {clock(since_s)} to {clock(until_s)} the recording was paused: nothing of it is kept."
        for since_s, until_s in moments
    )
