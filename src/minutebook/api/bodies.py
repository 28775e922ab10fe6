"""Bodies of requests: a member that is not known is refused with the name that was probably meant, since what is
silently left out is noticed late."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

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
