"""The planner's rules, for all states and requests."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minutebook.analysis.kinds import AUTOMATIC, KINDS
from minutebook.analysis.model import TRANSITIONS, AnalysisType, Outcome, ReportStatus, outcome, sources_of
from minutebook.analysis.reports.planner import Action, Existing, Inventory, Planned, Readiness, plan, readiness

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Other work may share the machine: time proves nothing here."""

STATUSES = st.sampled_from(ReportStatus)


@st.composite
def existing(draw: st.DrawFn) -> Existing:
    version, status = draw(st.integers(1, 5)), draw(STATUSES)
    completed = status is ReportStatus.COMPLETED or (version > 1 and draw(st.booleans()))
    return Existing(version, status, completed)


INVENTORIES = st.dictionaries(st.sampled_from(AnalysisType), existing())
REQUESTS = st.lists(st.sampled_from(AnalysisType), min_size=1).map(tuple)
Types = tuple[AnalysisType, ...]
T, N, K = AnalysisType.TRANSCRIPTION, AnalysisType.MEETING_NOTE, AnalysisType.KEY_POINTS
DONE = Existing(1, ReportStatus.COMPLETED, True)
RUNNING = Existing(1, ReportStatus.PROCESSING, False)
FAILED = Existing(1, ReportStatus.FAILED, False)


@pytest.mark.parametrize(
    ("there", "requested", "planned"),
    [
        ({}, AUTOMATIC, [Planned(T, 1, Action.CREATE), Planned(N, 1, Action.CREATE)]),
        ({}, [K], [Planned(T, 1, Action.CREATE), Planned(K, 1, Action.CREATE)]),
        ({T: DONE}, [K], [Planned(K, 1, Action.CREATE)]),
        ({T: DONE, N: DONE}, [N], [Planned(N, 2, Action.CREATE)]),
        ({T: DONE, N: DONE}, [T], [Planned(T, 2, Action.CREATE)]),
        ({T: FAILED, N: FAILED}, [N], [Planned(T, 1, Action.REQUEUE), Planned(N, 1, Action.REQUEUE)]),
        ({T: DONE, N: FAILED}, [N], [Planned(N, 1, Action.REQUEUE)]),
        ({T: RUNNING}, [T], [Planned(T, 1, Action.KEEP)]),
        ({T: RUNNING}, [N], [Planned(N, 1, Action.CREATE)]),
        ({T: Existing(2, ReportStatus.FAILED, True)}, [N], [Planned(N, 1, Action.CREATE)]),
    ],
)
def test_plans(there: Inventory, requested: list[AnalysisType], planned: list[Planned]) -> None:
    assert list(plan(there, requested)) == planned


@PATIENT
@given(INVENTORIES, REQUESTS)
def test_a_plan_holds_what_was_asked_once_behind_what_it_needs(
    there: Inventory, requested: tuple[AnalysisType]
) -> None:
    planned = [line.type for line in plan(there, requested)]
    assert set(requested) <= set(planned)
    assert len(planned) == len(set(planned))
    for line in planned:
        for dependency in KINDS[line].depends_on:
            assert dependency not in planned or planned.index(dependency) < planned.index(line)


@PATIENT
@given(INVENTORIES, REQUESTS)
def test_nothing_that_is_planned_is_doomed(there: Inventory, requested: Types) -> None:
    after = _after(there, requested)
    for line in plan(there, requested):
        if after[line.type].status is ReportStatus.PENDING:
            assert readiness(after, line.type) is not Readiness.DOOMED


@PATIENT
@given(INVENTORIES, REQUESTS)
def test_asking_again_at_once_changes_nothing(there: Inventory, requested: Types) -> None:
    again = plan(_after(there, requested), requested)
    assert {line.action for line in again} == {Action.KEEP}


@PATIENT
@given(INVENTORIES, REQUESTS)
def test_plans_never_touch_a_completed_version(there: Inventory, requested: Types) -> None:
    for line in plan(there, requested):
        before = there.get(line.type)
        if before is not None and before.status is ReportStatus.COMPLETED:
            assert (line.action, line.version) == (Action.CREATE, before.version + 1)


def _after(there: Inventory, requested: Types) -> dict[AnalysisType, Existing]:
    after = dict(there)
    for line in plan(there, requested):
        if line.action is not Action.KEEP:
            before = there.get(line.type)
            after[line.type] = Existing(line.version, ReportStatus.PENDING, bool(before and before.has_completed))
    return after


def test_every_active_state_leads_to_an_end() -> None:
    assert set(TRANSITIONS) == set(ReportStatus)
    for status in ReportStatus:
        if status.is_active:
            assert ReportStatus.FAILED in TRANSITIONS[status]
    assert sources_of(ReportStatus.COMPLETED) == {ReportStatus.PROCESSING}
    assert TRANSITIONS[ReportStatus.COMPLETED] == frozenset()


@PATIENT
@given(st.dictionaries(st.sampled_from(AnalysisType), STATUSES))
def test_an_outcome_is_final_only_when_all_reports_are(statuses: dict[AnalysisType, ReportStatus]) -> None:
    is_open = not statuses or any(status.is_active for status in statuses.values())
    assert (outcome(statuses) is Outcome.PROCESSING) == is_open


def test_kinds_stand_behind_what_they_depend_on() -> None:
    order = list(KINDS)
    for kind in KINDS.values():
        assert all(order.index(dependency) < order.index(kind.type) for dependency in kind.depends_on)
