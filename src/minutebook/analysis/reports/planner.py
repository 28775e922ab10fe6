"""Which reports a request makes, repeats or finds under way, and which waiting ones may start. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from minutebook.analysis.kinds import KINDS
from minutebook.analysis.model import AnalysisType, Report, ReportStatus


@dataclass(frozen=True, slots=True)
class Existing:
    """What is there of one type: the newest version, its state, and whether any version is completed."""

    version: int
    status: ReportStatus
    has_completed: bool

    @property
    def is_usable(self) -> bool:
        """Whether work that depends on it could start: something is completed and nothing newer is awaited."""
        return self.has_completed and not self.status.is_active


class Action(StrEnum):
    """What a plan does about one report."""

    CREATE = "create"
    REQUEUE = "requeue"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of a plan: the report of this type and version is created, queued again, or kept as it is."""

    type: AnalysisType
    version: int
    action: Action


class Readiness(StrEnum):
    """What a pending report is to do."""

    READY = "ready"
    WAITING = "waiting"
    DOOMED = "doomed"


Inventory = Mapping[AnalysisType, Existing]


def plan(existing: Inventory, requested: Collection[AnalysisType]) -> tuple[Planned, ...]:
    """The reports for `requested`, dependencies first.

    A requested type that is completed gets a new version, a failed one is queued again, one under way is kept. What
    these depend on is added where no version of it is completed and none is under way.
    """
    planned: list[Planned] = []
    needed = _with_dependencies(existing, requested)
    for kind_type in KINDS:
        if kind_type in needed:
            planned.append(_planned(kind_type, existing.get(kind_type)))
    return tuple(planned)


def readiness(existing: Inventory, kind_type: AnalysisType) -> Readiness:
    """Whether a pending report of this type may start now, has to wait, or can never start."""
    needs = [existing.get(dependency) for dependency in KINDS[kind_type].depends_on]
    if all(need is not None and need.is_usable for need in needs):
        return Readiness.READY
    if any(need is None or not (need.is_usable or need.status.is_active) for need in needs):
        return Readiness.DOOMED
    return Readiness.WAITING


def newest_of_types(found: Sequence[Report]) -> dict[AnalysisType, Report]:
    """The newest report of each type, in the order of `KINDS`; `found` has versions ascending."""
    newest = {report.type: report for report in found}
    return {kind_type: newest[kind_type] for kind_type in KINDS if kind_type in newest}


def newest_completed(found: Sequence[Report], wanted: AnalysisType = AnalysisType.TRANSCRIPTION) -> Report | None:
    """The newest completed report of a type; `found` has versions ascending."""
    return next((r for r in reversed(found) if r.type is wanted and r.status is ReportStatus.COMPLETED), None)


def _with_dependencies(existing: Inventory, requested: Collection[AnalysisType]) -> set[AnalysisType]:
    needed = set(requested)
    # Dependants stand behind their dependencies in KINDS, so one walk from the end reaches all of them.
    for kind_type in reversed(tuple(KINDS)):
        if kind_type in needed:
            needed.update(d for d in KINDS[kind_type].depends_on if _is_missing(existing.get(d)))
    return needed


def _is_missing(existing: Existing | None) -> bool:
    return existing is None or not (existing.has_completed or existing.status.is_active)


def _planned(kind_type: AnalysisType, existing: Existing | None) -> Planned:
    if existing is None:
        return Planned(kind_type, 1, Action.CREATE)
    if existing.status is ReportStatus.COMPLETED:
        return Planned(kind_type, existing.version + 1, Action.CREATE)
    action = Action.REQUEUE if existing.status is ReportStatus.FAILED else Action.KEEP
    return Planned(kind_type, existing.version, action)
