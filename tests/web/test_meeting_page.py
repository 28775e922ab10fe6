"""A meeting's page: what it shows, and that what is corrected there is what the API tells afterwards."""

import html
import re

import pytest
from sqlalchemy import update

from minutebook.analysis.edits import repository as edits_repository
from minutebook.analysis.edits.model import Edit, WordsChange
from minutebook.kit.ids import new_id
from minutebook.recordings import repository as recordings_repository
from minutebook.wiring import Services
from support.people import Held, Person


def regions(page: str) -> set[str]:
    """Names of the page's regions."""
    named = {html.unescape(name) for name in re.findall(r'<section[^>]*aria-label="([^"]+)"', page)}
    titles = dict(re.findall(r'<h2 id="([^"]+)">([^<]+)</h2>', page))
    return named | {titles[by] for by in re.findall(r'<section[^>]*aria-labelledby="([^"]+)"', page)}


def text_of(page: str, place: int) -> str:
    found = re.search(rf'id="s{place}".*?<p class="said-text"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


async def test_the_page_has_its_regions(ada: Person, held: Held) -> None:
    page = (await ada.open(held.path)).text
    assert regions(page) == {"Player", "Transcript", "Note", "Key points", "Sentiment"}
    assert '<h1 dir="auto">Weekly</h1>' in page
    assert ">0:04</button>" in page
    assert re.search(r'class="quote"[^>]*><span class="q" dir="auto">“', page)
    assert 'aria-label="Play"' in page
    summary = re.search(r'class="summary-line"><strong>(\w+):</strong> <span dir="auto">([^<;]+)', page)
    assert summary is not None
    assert f'<p class="item-text" dir="auto">{summary[2].strip()}' in page


async def test_words_stand_where_they_were_said(ada: Person, held: Held) -> None:
    page = (await ada.open(held.path)).text
    line = re.search(r'id="s1" data-s="([\d.]+)" data-e="([\d.]+)" data-w="([^"]*)"', page)
    assert line is not None
    offsets = [int(each) for each in line[3].split()]
    assert len(offsets) == len(text_of(page, 1).split())
    assert offsets[0] == 0
    assert offsets == sorted(offsets)
    assert float(line[1]) + offsets[-1] / 100 <= float(line[2])


async def test_a_meeting_without_a_recording(ada: Person, held: Held) -> None:
    files = {"recording": ("a.wav", b"RIFF", "audio/wav")}
    assert (await ada.send("/meetings/new", {}, files=files)).status_code == 400
    for path in ("/meetings/nonsense", "/meetings/00000000-0000-7000-8000-000000000000"):
        page = await ada.open(path, headers={"Accept": "text/html"})
        assert page.status_code == 404
        assert "This meeting does not exist, or it is not shared with you." in page.text


async def test_naming_a_voice(ada: Person, held: Held) -> None:
    dialog = await ada.part(f"{held.path}/speaker?speaker=speaker_2")
    assert "Name this speaker" in dialog.text
    assert 'list="speaker-names"' in dialog.text
    renewed = await ada.send(f"{held.path}/speaker", {"speaker": "speaker_2", "name": "Tom Kilburn"})
    assert renewed.headers["location"] == held.path
    page = (await ada.open(held.path)).text
    assert 'value="speaker_2" dir="auto">Tom Kilburn</button>' in page
    taken = await ada.send(f"{held.path}/speaker", {"speaker": "speaker_1", "name": "Tom Kilburn"})
    assert taken.status_code == 400
    assert "attendee_taken" in taken.text
    await ada.send(f"{held.path}/speaker", {"speaker": "speaker_2", "name": ""})
    assert "Tom Kilburn</button>" not in (await ada.open(held.path)).text
    assert (await ada.part(f"{held.path}/speaker?speaker=speaker_9")).status_code == 404


async def test_who_asks_for_another_note_is_told_whether_words_count(
    ada: Person, held: Held, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "words written here change nothing"
    assert told in (await ada.open(held.path)).text
    monkeypatch.setattr(type(services.answers), "available", True)
    assert told not in (await ada.open(held.path)).text


async def test_an_address_that_nobody_wrote_is_nowhere_on_the_page(ada: Person, held: Held) -> None:
    await ada.send(f"{held.path}/details", {"title": "Weekly", "attendees": "Tom Berg"})
    dialog = (await ada.open(f"{held.path}/speaker?speaker=speaker_1")).text
    assert '<option value="Tom Berg">' in dialog
    assert "no-address" not in dialog + (await ada.open(held.path)).text


async def test_two_voices_are_one(ada: Person, held: Held) -> None:
    await ada.send(f"{held.path}/speaker", {"speaker": "speaker_2", "name": "", "also": "speaker_1"})
    page = (await ada.open(held.path)).text
    assert page.count('value="speaker_1" dir="auto"') == 3
    history = (await ada.part(f"{held.path}/history")).text
    undo = re.findall(r'name="edit" value="([^"]+)"', history)
    await ada.send(f"{held.path}/undo", {"edit": undo})
    assert 'value="speaker_2" dir="auto"' in (await ada.open(held.path)).text


async def test_a_voice_is_split_named_and_put_together_again(ada: Person, held: Held) -> None:
    await ada.send(f"{held.path}/speaker", {"speaker": "speaker_2", "also": "speaker_1"})
    form = (await ada.part(f"{held.path}/segment?place=1")).text
    assert '<option value="new">' in form
    moved = {"place": "1", "speaker": "new", "spoken_by": "speaker_1", "reach": "segment"}
    await ada.send(f"{held.path}/segment", moved)
    page = (await ada.open(held.path)).text
    assert page.count('value="speaker_3" dir="auto">Speaker 3</button>') == 1
    await ada.send(f"{held.path}/speaker", {"speaker": "speaker_3", "name": "Tom Kilburn"})
    assert 'value="speaker_3" dir="auto">Tom Kilburn</button>' in (await ada.open(held.path)).text
    dialog = (await ada.part(f"{held.path}/speaker?speaker=speaker_1")).text
    turns = re.findall(r'name="turn" value="([^"]+)"', dialog)
    assert turns == ["0", "2"]
    await ada.send(f"{held.path}/speaker/split", {"turn": turns})
    page = (await ada.open(held.path)).text
    assert page.count('value="speaker_4" dir="auto"') == 2
    history = (await ada.part(f"{held.path}/history")).text
    newest = history.partition("</li>")[0]
    await ada.send(f"{held.path}/undo", {"edit": re.findall(r'name="edit" value="([^"]+)"', newest)})
    page = (await ada.open(held.path)).text
    assert "speaker_4" not in page
    assert page.count('value="speaker_1" dir="auto"') == 2
    for wrong in ({}, {"turn": "99"}, {"turn": "x"}, {"turn": "9" * 30}):
        assert (await ada.send(f"{held.path}/speaker/split", wrong)).status_code == 400


@pytest.mark.parametrize("part", [True, False], ids=["with-scripts", "without"])
async def test_mending_words_with_undo(ada: Person, held: Held, part: bool) -> None:
    headers = {"HX-Request": "true"} if part else {}
    form = await ada.open(f"{held.path}/segment?place=1", headers=headers)
    assert ">Text</label>" in form.text
    before = text_of((await ada.open(held.path)).text, 1)
    fields = {"place": "1", "text": before.replace("figures", "numbers"), "spoken_by": "speaker_2"}
    answer = await ada.send(f"{held.path}/segment", fields, headers=headers)
    assert answer.status_code == (200 if part else 303)
    page = (await ada.open(held.path)).text
    assert text_of(page, 1) == before.replace("figures", "numbers")
    stale = "The transcript was corrected since these were made: Note."
    found = " ".join(page.split())
    assert found[found.find("The transcript was") :][: len(stale)] == stale
    if part:
        assert "numbers" in answer.text
        assert 'id="stale" hx-swap-oob="true"' in answer.text
    undo = re.search(r'data-undo="([^"]+)" data-place="1"', page)
    assert undo is not None
    await ada.send(f"{held.path}/undo", {"edit": undo[1], "place": "1"}, headers=headers)
    assert text_of((await ada.open(held.path)).text, 1) == before


async def test_what_the_machine_put_right_is_marked_and_taken_back(ada: Person, held: Held, services: Services) -> None:
    async with services.db.transaction() as tx:
        recording = await services.recordings.get(tx, ada.user.id, held.recording_id)
        report = await services.results.transcription(tx, recording)
        change = WordsChange(1, 0, 0, "Kilburn", "Killbern", remember=False, machine=True)
        edit = Edit(new_id(), report.id, recording.id, ada.user.id, change, services.clock.now())
        await edits_repository.add(tx, edit)
    page = (await ada.open(held.path)).text
    marked = re.search(r'class="by-machine".*?</p>', page, re.DOTALL)
    assert marked is not None
    assert '<del dir="auto">Killbern</del>' in marked[0]
    assert f'data-undo="{edit.id}"' in marked[0]
    assert "by itself" in (await ada.part(f"{held.path}/history")).text
    await ada.send(f"{held.path}/undo", {"edit": edit.id, "place": "1"})
    assert "by-machine" not in (await ada.open(held.path)).text
    assert "Kilburn" not in text_of(page=(await ada.open(held.path)).text, place=1)


async def test_a_segment_goes_to_another_voice(ada: Person, held: Held) -> None:
    fields = {"place": "1", "speaker": "speaker_1", "spoken_by": "speaker_2"}
    assert (await ada.send(f"{held.path}/segment", fields)).status_code == 303
    assert 'value="speaker_2" dir="auto"' not in (await ada.open(held.path)).text
    for wrong in ({"place": "99", "text": "x"}, {"place": "-1", "text": "x"}, {"place": "x", "text": "x"}):
        assert (await ada.send(f"{held.path}/segment", wrong)).status_code == 400


async def test_mending_and_removing_a_line_of_the_note(ada: Person, held: Held) -> None:
    page = (await ada.open(held.path)).text
    item = re.search(r'id="item-(\d+)">\s*<p class="item-text" dir="auto">([^<]+)', page)
    assert item is not None
    place, was = item[1], html.unescape(item[2]).strip()
    fields = {"item": place, "text": "Quite another line", "text_was": was, "act": "save"}
    assert (await ada.send(f"{held.path}/item", fields)).status_code == 303
    page = (await ada.open(held.path)).text
    assert "Quite another line" in page
    undo = re.search(r'data-undo="([^"]+)">Undo', page)
    assert undo is not None
    await ada.send(f"{held.path}/undo", {"edit": undo[1]})
    assert "Quite another line" not in (await ada.open(held.path)).text
    await ada.send(f"{held.path}/item", {"item": place, "act": "remove"})
    assert "1 removed line" in (await ada.open(held.path)).text


async def test_another_note_and_making_anew(ada: Person, held: Held) -> None:
    fields = {"instruction": "Who does what", "meeting_type": "team"}
    assert (await ada.send(f"{held.path}/ask", fields)).status_code == 303
    page = (await ada.open(held.path)).text
    assert 'data-follow="' in page
    assert "Version" in page
    wrong = await ada.send(f"{held.path}/ask/anew", {"type": "horoscope"})
    assert wrong.status_code == 400


async def test_what_has_no_sound_is_not_transcribed_anew(ada: Person, held: Held, services: Services) -> None:
    async with services.db.transaction() as tx:
        await services.recordings.remove_sound(tx, ada.user.id, held.recording_id)
    refused = await ada.send(f"{held.path}/ask/anew", {"type": "transcription"})
    assert refused.status_code == 409
    assert "The sound was removed on" in refused.text
    assert (await ada.send(f"{held.path}/ask/anew", {"type": "meeting note"})).status_code == 303


async def test_a_video_is_shown_and_its_sound_stands_in(ada: Person, held: Held, services: Services) -> None:
    assert "<video" not in (await ada.open(held.path)).text
    async with services.db.transaction() as tx:
        its = recordings_repository.recordings.c.id == held.recording_id
        await tx.execute(update(recordings_repository.recordings).where(its).values(content_type="video/mp4"))
    page = (await ada.open(held.path)).text
    sources = re.findall(r'<source src="([^"]+)" type="([^"]+)"', page.partition("<video")[2].partition("</video>")[0])
    assert sources == [(f"{held.path}/recording", "video/mp4"), (f"{held.path}/audio", "audio/mp4")]
    for address, media_type in sources:
        assert (await ada.open(address)).headers["content-type"] == media_type


async def test_title_and_attendees(ada: Person, held: Held) -> None:
    fields = {"title": "Board", "description": "Each week", "attendees": "Grace Hopper <grace@example.com>"}
    assert (await ada.send(f"{held.path}/details", fields)).status_code == 303
    page = (await ada.open(held.path)).text
    assert '<h1 dir="auto">Board</h1>' in page
    assert "Grace Hopper" in page
    wrong = await ada.send(f"{held.path}/details", {**fields, "attendees": "Ada <nobody"})
    assert wrong.status_code == 400


async def test_sound_whole_and_in_part(ada: Person, held: Held) -> None:
    whole = await ada.open(f"{held.path}/audio")
    assert whole.headers["content-type"] == "audio/mp4"
    part = await ada.open(f"{held.path}/audio", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]
    assert (await ada.open(f"{held.path}/recording")).content.startswith(b"RIFF")
    peaks = (await ada.open(f"{held.path}/peaks")).json()
    assert peaks["duration_s"] == pytest.approx(15.0, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "begins"), [("srt", "1\n"), ("vtt", "WEBVTT"), ("txt", "[0:00]"), ("md", "# "), ("json", "{")]
)
async def test_downloads(ada: Person, held: Held, kind: str, begins: str) -> None:
    answer = await ada.open(f"{held.path}/download/{kind}")
    assert answer.text.startswith(begins)
    assert re.match(rf'attachment; filename="\d{{4}}-\d\d-\d\d Weekly\.{kind}"', answer.headers["content-disposition"])
    assert (await ada.open(f"{held.path}/download/exe")).status_code == 400


async def test_progress_is_told(ada: Person, held: Held) -> None:
    async with ada.http.stream("GET", f"/events?meeting={held.meeting_id}&meeting=nonsense") as stream:
        told = "".join([chunk async for chunk in stream.aiter_text()])
    assert 'event: meeting\ndata: {"id": "' in told
    assert '"status": "completed"' in told
    assert told.endswith("event: end\ndata: {}\n\n")
