"""Search through its service, over SQLite's FTS5 and Postgres's tsvector: both find the same."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text, update

from minutebook.accounts.repository import users
from minutebook.analysis.edits.requests import ItemRequest, SegmentRequest
from minutebook.analysis.voices.model import Naming
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.ids import new_id
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.search.model import Asked, Part
from minutebook.search.repository import documents, vocabulary
from minutebook.sharing import repository as sharing_repository
from minutebook.sharing.model import Right
from minutebook.wiring import Services
from support.searching import ADA, meeting, recorded, search, services_over, texts

TALK = (
    ("speaker_1", "Who promised the load test for the café terminals?"),
    ("speaker_2", "Priya promises to load the test data, and she tested the launch."),
    ("speaker_1", "Budgets are planned until Thursday."),
)


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Services:
    return services_over(database, tmp_path)


async def talk(services: Services) -> tuple[str, str]:
    made = await meeting(services, title="Quarterly review")
    return made, await recorded(services, made, TALK, note=[("The tenth of March was decided.", 2)])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("budget", [2]),
        ("BUDGETING", [2]),
        ("promise test", [0, 1]),
        ('"load test"', [0]),
        ('"test load"', []),
        ('"the load test"', [0]),
        ('"promise"', []),
        ("cafe", [0]),
        ("CAFÉ", [0]),
        ("thu", [2]),
        ("thrusday", [2]),
        ("budgest", [2]),
        ("load-test", [0]),
        ("elephant", []),
        ("promise elephant", [0, 1]),
        ("", []),
        ("?!", []),
        ("budget OR elephant", [2]),
        ("load NEAR/2 *", []),
        ("'; drop table search_documents; --", []),
        ("a:b | c & ! (", []),
    ],
)
async def test_words_and_phrases(services: Services, query: str, found: list[int]) -> None:
    await talk(services)
    assert texts(await search(services, query)) == [TALK[place][1] for place in found]


async def test_what_nothing_holds_in_full_is_shortened(services: Services) -> None:
    await talk(services)
    assert (await search(services, "who promised the elephant?")).left_out == ("who", "the", "elephant")
    assert (await search(services, "promised load")).left_out == ()
    for query in ("whom these", "elephants", '"promised elephants"'):
        found = await search(services, query)
        assert (found.meetings, found.left_out) == ((), ()), query


async def test_a_shortened_list_goes_on_over_its_pages(services: Services) -> None:
    made = [await meeting(services, title="Weekly") for _ in range(12)]
    first = await search(services, "weekly elephants")
    rest = await search(services, "weekly elephants", cursor=first.next_cursor or "")
    assert sorted(each.meeting_id for each in (*first.meetings, *rest.meetings)) == sorted(made)
    assert first.left_out == rest.left_out == ("elephants",)


async def test_the_best_hits_are_shown(services: Services) -> None:
    said = [f"We test number {n}, and it carries a lot of load." for n in range(4)]
    said += ["Priya does the load test.", "Loading tests."]
    made = await meeting(services, title="Load and test")
    await recorded(services, made, [("speaker_1", text) for text in said])
    (found,) = (await search(services, "load test")).meetings
    assert (len(found.hits), found.more) == (3, 4)
    shown = [hit.passage.text for hit in found.hits]
    assert "Priya does the load test." in shown
    assert "Loading tests." in shown
    assert "Load and test" not in shown


async def test_a_hit_has_its_place(services: Services) -> None:
    made, _ = await talk(services)
    hit = (await search(services, "budget")).meetings[0].hits[0]
    assert (hit.passage.part, hit.passage.speaker, hit.passage.start_s) == (Part.TRANSCRIPT, "Speaker 1", 20.0)
    assert [(part.text, part.found) for part in hit.snippet] == [
        ("Budgets", True),
        (" are planned until Thursday.", False),
    ]
    title = (await search(services, "quarterly")).meetings[0]
    assert (title.meeting_id, title.hits[0].passage.part) == (made, Part.TITLE)
    note = (await search(services, "march")).meetings[0].hits[0].passage
    assert (note.part, note.start_s, note.speaker) == (Part.NOTE, 20.0, "Speaker 1")
    assert (await search(services, "budgte")).read_as == {"budgte": ["budgets"]}


async def test_other_languages(services: Services) -> None:
    german = await meeting(services, title="Treffen")
    await recorded(services, german, [("speaker_1", "Die Häuser wurden gebaut, schöne Größe.")], language="de")
    other = await meeting(services, title="会议")
    await recorded(services, other, [("speaker_1", "我们决定三月十日发布")], language="zh")
    assert [m.meeting_id for m in (await search(services, "Haus Grösse")).meetings] == [german]
    assert [m.meeting_id for m in (await search(services, "hauser")).meetings] == [german]
    assert [m.meeting_id for m in (await search(services, "三月")).meetings] == [other]
    assert (await search(services, "月三")).meetings == ()


async def test_corrections_and_names_are_found_at_once(services: Services) -> None:
    made, recording_id = await talk(services)
    async with services.db.transaction() as tx:
        request = SegmentRequest(segment=2, word=0, text="Elephants")
        edits = await services.corrections.correct_transcript(tx, ADA, recording_id, [request])
        await services.corrections.correct_note(tx, ADA, recording_id, [ItemRequest(0, {"text": "Moved to giraffes"})])
        await services.naming.name_speakers(tx, ADA, recording_id, [Naming("speaker_2", "Grace Hopper")])
    assert texts(await search(services, "elephant")) == ["Elephants are planned until Thursday."]
    assert (await search(services, "budget")).meetings == ()
    assert texts(await search(services, "giraffe")) == ["Moved to giraffes"]
    hit = (await search(services, "hopper launch")).meetings[0].hits[0].passage
    assert (hit.speaker, hit.start_s) == ("Grace Hopper", 10.0)
    assert [m.meeting_id for m in (await search(services, "launch", person="grace h")).meetings] == [made]
    async with services.db.transaction() as tx:
        await services.corrections.undo(tx, ADA, recording_id, edits[0].id)
        draft = MeetingDraft(title="Zebra", attendees=[AttendeeDraft("kim@example.com", "Kim")])
        await services.meetings.update(tx, ADA, made, draft)
    assert (await search(services, "elephant")).meetings == ()
    assert len(texts(await search(services, "budget"))) == 1
    assert texts(await search(services, "zebra")) == ["Zebra"]
    assert (await search(services, "quarterly")).meetings == ()


async def test_what_is_rolled_back_is_not_found(services: Services) -> None:
    made = await meeting(services, title="Weekly")

    async def fail() -> None:
        async with services.db.transaction() as tx:
            await services.meetings.update(tx, ADA, made, MeetingDraft(title="Elephant"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert (await search(services, "elephant")).meetings == ()
    assert texts(await search(services, "weekly")) == ["Weekly"]


async def test_deleting_leaves_no_trace(services: Services) -> None:
    made, _ = await talk(services)
    kept = await meeting(services, title="Budget")
    async with services.db.transaction() as tx:
        await services.meetings.trash(tx, ADA, [made])
    assert [m.meeting_id for m in (await search(services, "budget")).meetings] == [kept]
    async with services.db.transaction() as tx:
        await services.meetings.delete(tx, ADA, made)
    assert (await search(services, "promise")).meetings == ()
    assert (await search(services, "budgets")).meetings[0].meeting_id == kept
    async with services.db.reading() as read:
        assert (await read.execute(select(func.count()).select_from(documents))).scalar_one() == 1
        words = set(await read.scalars(select(vocabulary.c.word)))
        assert words == {"budget", "ada", "lovelace"}, "what the other meeting holds too stays"
        if services.db.is_sqlite:
            await read.execute(text("INSERT INTO search_terms(search_terms) VALUES ('integrity-check')"))


async def test_filters_and_pages(services: Services) -> None:
    start = services.clock.now()
    made = [await meeting(services, title=f"Standup {n}", people=["Kim" if n % 2 else "Tom"]) for n in range(25)]
    seen, cursor, pages = [], "", 0
    while True:
        page = await search(services, "standup", cursor=cursor)
        seen += [each.meeting_id for each in page.meetings]
        pages += 1
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert (seen, pages) == (made[::-1], 3)
    found = await search(services, "standup", since=start + timedelta(seconds=3), until=start + timedelta(seconds=6))
    assert [each.meeting_id for each in found.meetings] == made[3:6][::-1]
    kims = await search(services, "standup", person="KIM@")
    assert {each.meeting_id for each in kims.meetings} <= set(made[1::2])
    assert [m.meeting_id for m in (await search(services, "standup", meeting_id=made[4])).meetings] == [made[4]]
    for bad in ("x", "AAAA", "MjAyNi0wMS0wMXx4", "é"):
        with pytest.raises(MinutebookError, match="next_cursor"):
            await search(services, "standup", cursor=bad)


async def test_what_an_older_version_left_is_indexed(services: Services) -> None:
    first = await meeting(services, title="Old elephant")
    await meeting(services, title="Older giraffe")
    async with services.db.transaction() as tx:
        await tx.execute(documents.delete().where(documents.c.meeting_id == first))
        await tx.execute(update(documents).values(version=0))
    assert (await search(services, "elephant")).meetings == ()
    assert await services.search.backfill() == 2
    assert await services.search.backfill() == 0
    assert texts(await search(services, "elephant")) == ["Old elephant"]


async def test_more_pairs_of_words_than_are_kept(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minutebook.search.words.RUNS_BYTES_MAX", 30)
    await talk(services)
    assert texts(await search(services, '"load test"')) == [TALK[0][1]]
    assert texts(await search(services, '"test load"')) == []


WORDS = ("alpha", "beta", "gamma", "delta", "launch", "launched", "résumé")
FATES = ("kept", "deleted", "trashed", "corrected", "undone", "renamed", "shared", "unshared")
LINES = st.tuples(st.integers(0, 1), st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), st.sampled_from(FATES))
MENDED = "elephant"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(LINES, min_size=1, max_size=5),
    query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
    phrase=st.booleans(),
)
def test_nobody_finds_what_is_foreign_or_deleted(
    database_url: str, tmp_path: Path, lines: list[tuple[int, list[str], str]], query: list[str], phrase: bool
) -> None:
    """Meetings of two owners, some of them deleted, corrected or renamed, and queries by each. The database keeps what
    earlier examples left there: more that is foreign."""
    owners = (new_id(), new_id())

    async def walk() -> None:
        database = Database(database_url)
        services = services_over(database, tmp_path)
        there: dict[str, tuple[str, list[str]]] = {}
        titled: dict[str, set[str]] = {}
        seen_by_others: dict[str, set[str]] = {}
        for owner_id in owners:
            await user(database, owner_id)
        for number, words, fate in lines:
            owner_id = owners[number]
            made = await meeting(services, owner_id, title="Giraffe", people=["Somebody"])
            recording_id = await recorded(services, made, [("speaker_1", " ".join(words))], owner_id=owner_id)
            left = await suffered(services, owner_id, made, recording_id, words, fate)
            if fate in {"shared", "unshared"}:
                other = owners[1 - number]
                await shared(services, owner_id, made, other, ends=fate == "unshared")
                if fate == "shared":
                    seen_by_others.setdefault(other, set()).add(made)
            if left is not None:
                there[made] = (owner_id, left)
            if left is not None and fate != "renamed":
                titled.setdefault(owner_id, set()).add(made)
        asked = f'"{" ".join(query)}"' if phrase else " ".join(query)
        for owner_id in owners:
            matching = {made for made, (_, words) in there.items() if _has(words, query, phrase)}
            visible = {m for m, (owner, _) in there.items() if owner == owner_id} | seen_by_others.get(owner_id, set())
            seen = await seen_of(services, owner_id, asked)
            assert seen <= visible
            assert seen == visible & matching or not visible & matching
            found = {m.meeting_id for m in (await search(services, asked, owner_id=owner_id)).meetings}
            mine = {made: words for made, (owner, words) in there.items() if owner == owner_id}
            assert found <= set(mine)
            expected = {made for made, words in mine.items() if _has(words, query, phrase)}
            assert found == expected or not expected, "a word that nobody said is read as another"
            by_title = (await search(services, '"giraffe"', owner_id=owner_id)).meetings
            assert {m.meeting_id for m in by_title} == titled.get(owner_id, set())
        await database.close()

    asyncio.run(walk())


async def user(database: Database, user_id: str) -> None:
    address = f"{user_id}@example.com"
    values = {"id": user_id, "email": address, "email_key": address, "display_name": "Somebody", "password_hash": ""}
    async with database.transaction() as tx:
        created_at = datetime(2026, 3, 2, tzinfo=UTC)
        await tx.execute(insert(users).values(**values, is_owner=False, created_at=created_at))


async def shared(services: Services, owner_id: str, meeting_id: str, other: str, *, ends: bool) -> None:
    async with services.db.transaction() as tx:
        share_id, now = new_id(), services.clock.now()
        await sharing_repository.add_share(tx, share_id, meeting_id, owner_id, other, None, Right.READ, now)
        if ends:
            await services.sharing.unshare(tx, owner_id, meeting_id, share_id)


async def seen_of(services: Services, user_id: str, query: str) -> set[str]:
    """What a user finds among all that they see."""
    async with services.db.reading() as read:
        found = await services.search.find(read, user_id, Asked(query), shared=True)
    return {each.meeting_id for each in found.meetings}


async def suffered(
    services: Services, owner_id: str, made: str, recording_id: str, words: list[str], fate: str
) -> list[str] | None:
    """Let it happen to the meeting; the words that it has afterwards, None when it is gone."""
    async with services.db.transaction() as tx:
        match fate:
            case "deleted":
                await services.meetings.delete(tx, owner_id, made)
                return None
            case "trashed":
                await services.meetings.trash(tx, owner_id, [made])
                return None
            case "corrected":
                mended = [SegmentRequest(segment=0, word=0, text=MENDED)]
                await services.corrections.correct_transcript(tx, owner_id, recording_id, mended)
                return [MENDED, *words[1:]]
            case "renamed":
                await services.meetings.update(tx, owner_id, made, MeetingDraft(title="Zebra"))
    if fate == "undone":
        async with services.db.transaction() as tx:
            edits = await services.corrections.correct_transcript(
                tx, owner_id, recording_id, [SegmentRequest(segment=0, word=0, text=MENDED)]
            )
            await services.corrections.undo(tx, owner_id, recording_id, edits[0].id)
    return words


def _has(words: list[str], query: list[str], phrase: bool) -> bool:
    if phrase:
        return any(words[i : i + len(query)] == query for i in range(len(words)))
    stem = {"launched": "launch"}
    return {stem.get(w, w) for w in query} <= {stem.get(w, w) for w in words}
