"""What goes wrong in front of a page, in the reader's language: the sentences of the API that people meet there. Others
are told in English, as the API has them."""

from typing import Final

from minutebook.accounts.model import PASSWORD_MIN_CHARS
from minutebook.bots.endings import SENTENCES

TOLD: Final = (
    "A tag needs at least one character.",
    "Ask something.",
    "Choose at least one meeting.",
    "Choose at least one recording.",
    "Choose what the other voice says.",
    f"Choose a password of at least {PASSWORD_MIN_CHARS} characters.",
    "E-mail address or password is wrong.",
    "Give the group a name.",
    "Only the owner of this server may do this.",
    "Paste the link of the call.",
    "Say how the user is to be called.",
    "The present password is wrong.",
    "There is no calendar in iCalendar form at this address.",
    "There is no CalDAV account at this address.",
    "There is nothing at this address.",
    "This account is disabled. Ask the owner of this server.",
    "This calendar is connected already, under another id.",
    "This form is out of date, or cookies are switched off. Go back, reload the page, and try again.",
    "This is no address of a meeting that Minutebook knows.",
    "This link has expired or was used before. Sign in, or ask the server's owner for a new one.",
    "This link is not the newest. Start the server again: while nobody has an account, it prints a new one.",
    "This link opens nothing: it expired, was revoked or is not whole. Ask whoever sent it for a new one.",
    "This link was used: this server has its owner. Sign in, or ask the owner for an invitation.",
    "This meeting is held. End its hold before it is deleted.",
    "This meeting is shared with you for reading. Ask its owner to let you correct it.",
    "This server keeps sign-ins at its https address alone: open it there.",
    "This meeting is yours already.",
    "Too many attempts. Wait a little, then try again.",
    "Too many people sign in at this moment. Try again in a few seconds.",
    "Your sign-in has ended. Sign in and try again.",
    "This meeting does not exist, or it is not shared with you.",
    "There is no such user.",
    "There is no such link.",
    "There is no such bot.",
    *SENTENCES.values(),
)
"""A catalogue has each of these."""
