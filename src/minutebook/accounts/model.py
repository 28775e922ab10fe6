"""People who may sign in, and the rules about their e-mail addresses and passwords."""

from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

from minutebook.errors import MinutebookError, invalid

PASSWORD_MIN_CHARS = 8
"""NIST SP 800-63B, section 5.1.1.1."""

PASSWORD_MAX_BYTES = 1024
"""Bounds the work of hashing; far above any passphrase."""

DISPLAY_NAME_MAX_CHARS = 200

API_KEY_PREFIX = "mbk"
"""How a key's secret begins, by which people and programs tell it from a token."""
KEY_NAME_MAX_CHARS = 100

DEVICE_MAX_CHARS = 200

PASSWORD_LINK_S = 24 * 3600
"""Life of a link with which a new password is chosen."""

_BELOW = ".example"

LOCAL_EMAIL = "you@localhost"
"""Address of the user who stands in until there is an owner; nobody signs in with it."""

WEB_SESSION_S = 7 * 24 * 3600
"""Life of a browser's sign-in."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who owns meetings. `email` is as it was typed, `email_key` is what makes it unique. The owner is the
    user who was there first. A disabled user gets in nowhere, and keeps what they own."""

    id: str
    email: str
    display_name: str
    is_owner: bool
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def address(self) -> str | None:
        """The e-mail address that somebody gave; None for the user who stands in until there is an owner."""
        return None if self.email == LOCAL_EMAIL else self.email


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A long-lived key; `prefix` is the part that may be shown, the secret itself is not kept. `last_used_at` is exact
    to a minute."""

    id: str
    user_id: str
    prefix: str
    created_at: datetime
    name: str = ""
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser in which somebody is signed in; `device` is what it calls itself."""

    id: str
    user_id: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    device: str
    address: str


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """A person as another sign-in service vouches for them: `subject` never changes, the verified e-mail may."""

    provider: str
    subject: str
    email: str


def checked_email(text: str) -> str:
    """The address in its normal form; `email_invalid` when it is none. Domains of a home or company network pass:
    the library would refuse names like `nas.local`, so it is shown them below a public one."""
    try:
        return validate_email(text.strip() + _BELOW, check_deliverability=False).normalized.removesuffix(_BELOW)
    except EmailNotValidError as error:
        raise invalid("email_invalid", f"This is not an e-mail address: {error}", "email") from error


def email_key(email: str) -> str:
    """What two spellings of one address have in common: composed characters, lower case. Not case folding, which makes
    one of `groß@` and `gross@`, who are two people. NUL and lone surrogates, which no address has, are left out."""
    storable = email.replace("\0", "").encode("utf-8", "ignore").decode()
    return normalize("NFC", storable).strip().lower()


def checked_password(password: str) -> str:
    """The password itself, when it is neither too short nor absurdly long."""
    if len(password) < PASSWORD_MIN_CHARS:
        raise invalid(
            "password_too_short", f"Choose a password of at least {PASSWORD_MIN_CHARS} characters.", "password"
        )
    if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_MAX_BYTES:
        raise invalid("password_too_long", f"Choose a password of at most {PASSWORD_MAX_BYTES} bytes.", "password")
    return password


def checked_display_name(name: str) -> str:
    """The name without surrounding blanks; empty, overlong or unprintable ones are refused."""
    name = name.strip()
    if not name:
        raise invalid("display_name_required", "Say how the user is to be called.", "display_name")
    if len(name) > DISPLAY_NAME_MAX_CHARS or not name.isprintable():
        message = f"A name has at most {DISPLAY_NAME_MAX_CHARS} printable characters."
        raise invalid("display_name_invalid", message, "display_name")
    return name


def email_taken(email: str) -> MinutebookError:
    """Somebody has this address already."""
    return invalid("email_taken", f"There is already a user with the e-mail address {email}.", "email")
