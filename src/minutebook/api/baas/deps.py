"""What the endpoints of the v1 API ask for: the caller by the API key, and the body, whatever it says it is."""

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, Final, NoReturn, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from minutebook.access_log.model import Actor, Via
from minutebook.api.bodies import unread
from minutebook.api.deps import ServicesOf, acts, base_url
from minutebook.bots.record.links import MediaLinks
from minutebook.errors import Kind, MinutebookError, invalid

KEY_HEADERS: Final = ("x-meeting-baas-api-key", "x-spoke-api-key")
"""The header of the API key, and its former name, which clients still send."""

Model = TypeVar("Model", bound=BaseModel)

DEEPEST: Final = 64
"""Levels of arrays and objects in a body; what is nested deeper is no bot's data."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who calls, and the key itself: a bot's webhooks carry it."""

    user_id: str
    api_key: str


async def key_holder(request: Request, services: ServicesOf) -> KeyHolder:
    """Who calls, by the API key; 401 without one that is known."""
    key = next((value for header in KEY_HEADERS if (value := request.headers.get(header, "").strip())), None)
    if key is None:
        message = f"Send an API key: {KEY_HEADERS[0]}: …"
        if "authorization" in request.headers:
            message += " (access tokens open the API below /api, not this one)"
        raise MinutebookError(Kind.UNAUTHENTICATED, "api_key_missing", message)
    async with services.db.reading() as tx:
        found = await services.accounts.api_key(tx, key)
    acts(request, Actor(found.user_id, Via.API_KEY, found.name))
    await services.accounts.note_use(services.db, found)
    return KeyHolder(found.user_id, key)


ApiKey = Annotated[KeyHolder, Depends(key_holder)]
"""The caller; 401 without a key that is known. Name it before the transaction."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as JSON, None where there is none; `request` keeps which of its members were not read."""

    value: object
    request: Request

    def read(self, model: type[Model], otherwise: object = None) -> Model:
        """The body as a model, or what to take for none; raises the framework's own validation error, so that all of
        them read alike."""
        value = otherwise if self.value is None else self.value
        try:
            found = model.model_validate(value)
        except ValidationError as error:
            told: list[Any] = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
            raise RequestValidationError(told) from None
        self.request.state.unread = list(unread(model, value))
        return found


async def _json_body(request: Request, _caller: ApiKey) -> Sent:
    """The body as JSON, whatever its Content-Type says."""
    data = await request.body()
    if not data.strip():
        return Sent(None, request)
    try:
        value = json.loads(data, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise invalid("body_not_json", "The body is not valid JSON.") from None
    _check_plain(value)
    return Sent(value, request)


JsonBody = Annotated[Sent, Depends(_json_body)]


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def _check_plain(value: object) -> None:
    """Refuse what could be parsed but never be sent back: half of a surrogate pair, and nesting without end."""
    level = [value]
    for _ in range(DEEPEST):
        if not level:
            return
        below: list[object] = []
        for each in level:
            match each:
                case str():
                    _check_text(each)
                case dict():
                    below += [*each.keys(), *each.values()]
                case list():
                    below += each
        level = below
    raise invalid("body_too_deep", f"The body is nested more than {DEEPEST} levels deep.")


def _check_text(text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise invalid("body_not_text", "The body holds half of a surrogate pair, which is no character.")


async def _links(request: Request, services: ServicesOf) -> MediaLinks:
    return services.media_links.at(base_url(request))


LinksOf = Annotated[MediaLinks, Depends(_links)]
"""Links to what bots recorded, at the address by which the client reached the server."""
