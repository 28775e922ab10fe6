"""The difference between a store and what was fetched: whatever happened, applying it makes both equal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minutebook.calendars.diff import Changes, Known, diff, fingerprint
from minutebook.calendars.model import Fetch, FetchedEvent, Window

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(hours=12), NOW + timedelta(days=31))


def event(key: str, hours: int = 1, title: str = "Weekly", *, series: str | None = None) -> FetchedEvent:
    start = NOW + timedelta(hours=hours)
    return FetchedEvent(key, title, start, start + timedelta(hours=1), {"summary": title}, series, group=series)


def stored(each: FetchedEvent, *, deleted: bool = False) -> Known:
    return Known(
        f"our {each.provider_id}", each.provider_id, fingerprint(each), each.start, each.end, deleted, each.series_id,
        each.group, each.title,
    )  # fmt: skip


def applied(store: dict[str, Known], changes: Changes) -> dict[str, Known]:
    ours = {known.id: key for key, known in store.items()}
    after = dict(store)
    for each in changes.added:
        after[each.provider_id] = stored(each)
    for our_id in changes.deleted:
        after[ours[our_id]] = replace(after[ours[our_id]], deleted=True)
    for our_id, each in changes.changed:
        assert ours[our_id] == each.provider_id or each.provider_id not in store
        del after[ours[our_id]]
        after[each.provider_id] = replace(stored(each), id=our_id)
    return after


def test_new_changed_and_gone_events_are_told_apart() -> None:
    old, moved, gone = event("a"), event("b"), event("c")
    fetch = Fetch(WINDOW, [old, event("b", hours=5), event("d", hours=2)], complete=True)
    changes = diff([stored(old), stored(moved), stored(gone)], fetch)
    assert [each.provider_id for each in changes.added] == ["d"]
    assert [key for key, _ in changes.changed] == ["our b"]
    assert changes.deleted == ("our c",)


def test_what_only_the_provider_sees_is_no_change() -> None:
    before = replace(event("a"), raw={"summary": "Weekly", "etag": "1", "updated": "yesterday", "sequence": 1})
    after = replace(before, raw={"summary": "Weekly", "etag": "2", "updated": "today", "sequence": 2})
    assert not diff([stored(before)], Fetch(WINDOW, [after], complete=True))


def test_a_part_that_is_fetched_says_nothing_about_the_rest() -> None:
    assert not diff([stored(event("a")), stored(event("b"))], Fetch(WINDOW, [event("a")]))


def test_a_series_that_is_gone_takes_its_occurrences_along() -> None:
    occurrences = [event(f"s/{hour}", hour, series="s") for hour in range(1, 4)]
    changes = diff([stored(each) for each in occurrences], Fetch(WINDOW, [], frozenset({"s"})))
    assert len(changes.deleted) == 3


def test_an_occurrence_that_its_series_has_not_any_more_is_gone() -> None:
    occurrences = [event(f"s/{hour}", hour, series="s") for hour in range(1, 4)]
    fetch = Fetch(WINDOW, occurrences[:2], groups=frozenset({"s"}))
    assert diff([stored(each) for each in occurrences], fetch).deleted == ("our s/3",)


def test_what_lies_outside_of_the_window_is_neither_added_nor_missed() -> None:
    far, past = event("far", 24 * 60), event("past", -48)
    assert not diff([stored(past)], Fetch(WINDOW, [far], complete=True))


def test_a_stored_event_that_leaves_the_window_is_followed() -> None:
    assert [key for key, _ in diff([stored(event("a"))], Fetch(WINDOW, [event("a", 24 * 60)])).changed] == ["our a"]


def test_a_deleted_event_comes_back_under_its_id() -> None:
    changes = diff([stored(event("a"), deleted=True)], Fetch(WINDOW, [event("a")], complete=True))
    assert [key for key, _ in changes.changed] == ["our a"]
    assert not changes.added


def test_an_event_that_is_called_otherwise_keeps_our_id() -> None:
    twins = [stored(event("a")), stored(event("b")), stored(event("c", hours=3))]
    changes = diff(twins, Fetch(WINDOW, [event("x"), event("c", hours=3), event("y", title="Other")], complete=True))
    assert [(key, each.provider_id) for key, each in changes.changed] == [("our a", "x")]
    assert changes.deleted == ("our b",)
    assert [each.provider_id for each in changes.added] == ["y"]


def test_what_the_provider_owes_a_description_of_stays() -> None:
    occurrences = [stored(event(f"s/{hour}", hour, series="s")) for hour in range(1, 4)]
    assert not diff(occurrences, Fetch(WINDOW, [], complete=True, unclear=frozenset({"s"})))
    assert diff(occurrences, Fetch(WINDOW, [], frozenset({"s/2"}), unclear=frozenset({"s"}))).deleted == ("our s/2",)


keys = st.sampled_from("abcdefgh")
hours = st.sampled_from([1, 2, 3]) | st.integers(-100, 1000)
events = st.builds(event, keys, hours, st.sampled_from(["Weekly", "Monthly"]))
calendars = st.lists(events, max_size=8).map(lambda found: {each.provider_id: each for each in found})


@given(calendars, st.sets(keys), calendars)
def test_a_complete_fetch_makes_the_store_show_the_window(
    before: dict[str, FetchedEvent], deleted: set[str], truth: dict[str, FetchedEvent]
) -> None:
    store = {key: stored(each, deleted=key in deleted) for key, each in before.items()}
    shown = [each for each in truth.values() if WINDOW.overlaps(each.start, each.end)]
    fetch = Fetch(WINDOW, shown, complete=True)
    after = applied(store, diff(list(store.values()), fetch))
    alive = {
        key: known.fingerprint
        for key, known in after.items()
        if not known.deleted and WINDOW.overlaps(known.start, known.end)
    }
    assert alive == {each.provider_id: fingerprint(each) for each in shown}
    assert not diff(list(after.values()), fetch)


@given(calendars, calendars)
def test_changes_in_part_come_to_the_same(before: dict[str, FetchedEvent], truth: dict[str, FetchedEvent]) -> None:
    store = {key: stored(each) for key, each in before.items()}
    changed = [each for each in truth.values() if before.get(each.provider_id) != each]
    fetch = Fetch(WINDOW, changed, frozenset(before.keys() - truth.keys()))
    after = applied(store, diff(list(store.values()), fetch))
    alive = {key: known.fingerprint for key, known in after.items() if not known.deleted}
    for key, each in truth.items():
        assert alive.get(key) == fingerprint(each) or not (key in before or WINDOW.overlaps(each.start, each.end))
    assert not alive.keys() - truth.keys()
    assert not diff(list(after.values()), fetch)
