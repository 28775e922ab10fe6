"""What a meeting platform is to the runner: how to get in, what the page shows, how to speak in its chat, how to leave.

A platform is a folder here: page facts (selectors, texts) as data, a small driver that reads them, and a page script.
The page script, a function of the facts' selectors and of `naming.js`, runs before the page's own and defines

    window.minutebookPage = {
      participantOf(track) → {id, name} | null     whose remote audio track this is, as soon as the page tells
      roster()             → [{id, name}] | null   who is in the call besides the bot; null when the page does not tell,
                                                   [] only where it shows that nobody is
      speaking()           → [id] | null           who speaks by the page's own signs; null when tracks tell it better
      speakingLagMs        number | null           how late that is at the moment; null: as late as usual
      speakingByNetwork    boolean                 whether the network tells it at the moment, not the picture
      chat()               → [{id, author, text}] | null   what the page shows of its chat
      mixesSound           true                    the page mixes what it plays with Web Audio: one track of everybody
    }

which `capture` calls now and then; every member may be missing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from playwright.async_api import Page


NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Place(StrEnum):
    """Where the bot is, by what the page shows."""

    JOINING = "joining"
    WAITING = "waiting"
    IN_CALL = "in_call"
    DENIED = "denied"
    REMOVED = "removed"
    ENDED = "ended"
    INVALID = "invalid"
    SIGN_IN = "sign_in"
    BLOCKED = "blocked"
    CAPTCHA = "captcha"
    UNREACHABLE = "unreachable"


class Hint(StrEnum):
    """What is known of a place beyond its kind: what it takes to come in from there."""

    PASSCODE_REQUIRED = "passcode_required"
    REGISTRATION_REQUIRED = "registration_required"
    HOST_NOT_STARTED = "host_not_started"


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the page: the place, and the text or sign that told it, for logs and error messages."""

    place: Place
    sign: str = ""
    hint: Hint | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Who joins: the name the bot shows, secrets that a platform may ask for (Zoom), and whether it comes with its
    microphone (it speaks) and its camera (it shows a picture) switched on. `speaker_view` and `gallery_view`
    say how it wants to see the others; neither where it records no picture."""

    name: str
    access: Mapping[str, str]
    microphone: bool = True
    camera: bool = True
    speaker_view: bool = False
    gallery_view: bool = False


class CannotJoinError(Exception):
    """The way in is closed. `place` tells how (`DENIED`, `INVALID`, `SIGN_IN`, `BLOCKED`, `CAPTCHA`, `UNREACHABLE`)."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


Sleep = Callable[[float], Awaitable[None]]


class Platform(Protocol):
    """One platform's driver; one instance serves one call. Methods return soon (seconds): the runner calls `step` and
    `look` again and again, and keeps all the time limits itself."""

    @property
    def name(self) -> str:
        """The folder's name, such as `webrtc`."""
        ...

    @property
    def page_script(self) -> str:
        """JavaScript that runs in every frame before the page's own."""
        ...

    @property
    def speaking_lag_ms(self) -> int:
        """How late `minutebookPage.speaking()` usually is."""
        ...

    def address(self, meeting_url: str, access: Mapping[str, str] = NOTHING) -> str:
        """The address to open for this meeting, with what of the guest's `access` belongs in there; raises
        `CannotJoinError` (`INVALID`) for one that is none."""
        ...

    def local_page(self, access: Mapping[str, str]) -> str | None:
        """The HTML of a page of the bot's own that is opened in place of the meeting's address, where the guest's
        `access` has what that takes; what it opens below its own address, such as `left`, is an empty page."""
        ...

    async def step(self, page: "Page", guest: Guest) -> None:
        """Do the next thing on the way in, if there is one now: dismiss a dialogue, type the name, ask to join. Called
        about twice a second until the bot is in the call, and now and then in it, for dialogues that come up there;
        doing nothing is fine. Must not raise for what the page does not show (yet)."""
        ...

    async def look(self, page: "Page") -> Sight:
        """Where the bot is now."""
        ...

    @property
    def facts_version(self) -> str:
        """Version and date of the facts that the driver goes by."""
        ...

    async def scrubbed(self, page: "Page") -> tuple[str, list[str]]:
        """The page's HTML without scripts and without other people's names and words; and those names, which may stand
        elsewhere."""
        ...

    async def post(self, page: "Page", text: str) -> bool:
        """Write a line into the chat; False when there is no chat for the bot."""
        ...

    async def open_chat(self, page: "Page") -> bool:
        """Have the page show its chat, so that it can be read; False when there is none for the bot."""
        ...

    async def leave(self, page: "Page") -> None:
        """Leave in good order, as a person would: press the button. The page may be gone already."""
        ...
