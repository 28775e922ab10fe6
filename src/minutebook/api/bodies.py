"""Bodies of requests: a member that is not known is refused with the name that was probably meant, since what is
silently left out is noticed late."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

MEMBER_UNKNOWN: Final = "member_unknown"
"""The type of the error; its context holds the `member`."""
LONGEST_NAME: Final = 100
"""What is longer is nobody's misspelling, and is quoted cut."""


class Body(BaseModel):
    """A JSON object that has the members of its model and no others."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_known(cls, sent: Any) -> Any:
        if isinstance(sent, Mapping):
            names = [_names(name, field) for name, field in cls.model_fields.items()]
            known = {name for each in names for name in each}
            for member in sent:
                if member not in known:
                    raise _unknown(str(member), [each[0] for each in names])
        return sent


def unread(model: type[BaseModel], sent: object, place: str = "") -> Iterator[str]:
    """The members of a body and of its objects that an open model takes and does not read: `streaming.format`."""
    if not isinstance(sent, Mapping):
        return
    fields = {known: field for name, field in model.model_fields.items() for known in _names(name, field)}
    for member, value in sent.items():
        where = f"{place}{member}"
        if member not in fields:
            yield where
        elif (inner := _model_in(fields[member].annotation)) is not None:
            yield from unread(inner, value, f"{where}.")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)


def _names(name: str, field: FieldInfo) -> list[str]:
    match field.validation_alias:
        case AliasChoices(choices=choices):
            return [str(each) for each in choices]
        case str(alias):
            return [alias]
        case _:
            return [name]


def _unknown(member: str, names: list[str]) -> PydanticCustomError:
    by_letters = {_letters(name): name for name in names}
    nearest = get_close_matches(_letters(member), by_letters, n=1) if len(member) <= LONGEST_NAME else []
    hint = (
        f"did you mean `{by_letters[nearest[0]]}`?"
        if nearest
        else f"there are {', '.join(f'`{name}`' for name in names)}."
    )
    quoted = member[:LONGEST_NAME].encode("utf-8", "replace").decode() + "…" * (len(member) > LONGEST_NAME)
    return PydanticCustomError(MEMBER_UNKNOWN, "is not known here: {hint}", {"member": quoted, "hint": hint})


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()
