"""What can be wrong with a call's sound while a bot records it: the runner finds it, the server keeps it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class SoundTrouble(StrEnum):
    """One minute of sound was not what it should be."""

    SILENT = "silent"
    DEAF = "deaf"
    LOSSY = "lossy"
    NAMELESS = "nameless"


SENTENCES: Final[Mapping[SoundTrouble, str]] = {
    SoundTrouble.SILENT: (
        "For 60 s all the sound that arrived was silence: everybody was muted, or the bot heard nobody."
    ),
    SoundTrouble.DEAF: "For 60 s sound arrived and none of it was recorded: the bot's capture did not hear it.",
    SoundTrouble.LOSSY: "More than 5% of the sound of 60 s did not arrive and was made up: the bot's network was bad.",
    SoundTrouble.NAMELESS: "For 60 s somebody spoke and the page told no name: voices alone tell who it was.",
}


@dataclass(frozen=True, slots=True)
class SoundNotice:
    """A bot's trouble, with the end of its first minute."""

    trouble: SoundTrouble
    at: datetime

    @property
    def sentence(self) -> str:
        """For people."""
        return SENTENCES[self.trouble]


def trouble_of(code: str | None) -> SoundTrouble | None:
    """The trouble that a runner names; None for what is not known here."""
    return next((each for each in SoundTrouble if each == code), None)
