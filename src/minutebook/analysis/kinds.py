"""The kinds of analysis and what they depend on, as data. A new kind is a row here and a maker in `derivation`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from minutebook.analysis.model import AnalysisType
from minutebook.errors import invalid
from minutebook.jobs.ports import QueueName

TRANSCRIBE_TASK: Final = "analysis.transcribe"
DERIVE_TASK: Final = "analysis.derive"
NAMES_TASK: Final = "analysis.names"
ENROL_TASK: Final = "analysis.enrol"


@dataclass(frozen=True, slots=True)
class AnalysisKind:
    """How one kind of report is made: what must be completed first, which task makes it, where that waits, and
    whether the user has to say what is wanted."""

    type: AnalysisType
    task: str
    queue: QueueName
    depends_on: tuple[AnalysisType, ...] = ()
    needs_instruction: bool = False


KINDS: Final[Mapping[AnalysisType, AnalysisKind]] = MappingProxyType(
    {
        kind.type: kind
        for kind in (
            AnalysisKind(AnalysisType.TRANSCRIPTION, TRANSCRIBE_TASK, QueueName.SPEECH),
            AnalysisKind(
                AnalysisType.MEETING_NOTE,
                DERIVE_TASK,
                QueueName.DEFAULT,
                depends_on=(AnalysisType.TRANSCRIPTION,),
                needs_instruction=True,
            ),
            AnalysisKind(
                AnalysisType.KEY_POINTS, DERIVE_TASK, QueueName.DEFAULT, depends_on=(AnalysisType.TRANSCRIPTION,)
            ),
            AnalysisKind(
                AnalysisType.SENTIMENT, DERIVE_TASK, QueueName.DEFAULT, depends_on=(AnalysisType.TRANSCRIPTION,)
            ),
        )
    }
)
"""In dependency order: a kind stands behind everything it depends on."""

AUTOMATIC: Final = (AnalysisType.TRANSCRIPTION, AnalysisType.MEETING_NOTE)
"""What an upload starts without being asked."""


ALIASES: Final = {"business note": AnalysisType.MEETING_NOTE}
"""Other names that the API's public descriptions use."""


def checked_types(names: Sequence[str]) -> tuple[AnalysisType, ...]:
    """The analyses of these names, each once. Raises `analysis_types_required` and `analysis_type_unknown`."""
    known = ", ".join(AnalysisType)
    if not names:
        raise invalid("analysis_types_required", f"Name at least one analysis: {known}.", "analysis_types")
    meant = [ALIASES.get(name, name) for name in names]
    if not set(meant) <= set(AnalysisType):
        raise invalid("analysis_type_unknown", f"An analysis is one of: {known}.", "analysis_types")
    return tuple(dict.fromkeys(map(AnalysisType, meant)))
