"""Remembered voices in the settings and in the dialog that names a voice: seen by whose they are, by nobody else."""

import re

from sqlalchemy import select

from minutebook.analysis.reports.repository import reports
from minutebook.analysis.voices import repository as names_repository
from minutebook.sharing.model import Right
from minutebook.voices import repository as voices_repository
from minutebook.voices.model import Match
from minutebook.wiring import Services
from support.people import Held, Person

DIALOG = "/speaker?speaker=speaker_1"
AGREED = {"speaker": "speaker_1", "agreed": "on", "consent": "Yes, she said so on 2 March."}


async def named(ada: Person, held: Held) -> None:
    await ada.send(f"{held.path}/speaker", {"speaker": "speaker_1", "name": "Dana <Scott>"})


async def test_off_until_it_is_switched_on(ada: Person, held: Held) -> None:
    await named(ada, held)
    assert "Remember this voice" not in (await ada.open(held.path + DIALOG)).text
    assert (await ada.send("/settings/voices", {"remembering": "on"})).status_code == 303
    assert "Remember this voice" in (await ada.open(held.path + DIALOG)).text
    assert "Remember this voice" not in (await ada.open(f"{held.path}/speaker?speaker=speaker_2")).text, "no name yet"


async def test_a_voice_is_remembered_shown_and_forgotten(ada: Person, held: Held, services: Services) -> None:
    await named(ada, held)
    await ada.send("/settings/voices", {"remembering": "on"})
    refused = await ada.send(f"{held.path}/speaker/remember", {**AGREED, "agreed": ""})
    assert refused.status_code == 400
    assert (await ada.send(f"{held.path}/speaker/remember", AGREED)).status_code == 303
    page = (await ada.open("/settings")).text
    assert "Dana &lt;Scott&gt;" in page
    assert "is being listened to" in page
    assert "Agreed, says ada@example.com" in page
    assert AGREED["consent"] in page
    found = re.search(r"/settings/voices/([0-9a-f-]{36})/forget", page)
    assert found is not None
    assert (await ada.send(f"/settings/voices/{found[1]}/forget")).status_code == 303
    page = (await ada.open("/settings")).text
    assert "Dana" not in page
    assert "What was forgotten" in page
    assert (await ada.send(f"/settings/voices/{found[1]}/forget")).status_code == 404


async def test_a_guess_is_told_to_its_owner_alone(ada: Person, grace: Person, held: Held, services: Services) -> None:
    await named(ada, held)
    await ada.send("/settings/voices", {"remembering": "on"})
    await ada.send(f"{held.path}/speaker/remember", AGREED)
    async with services.db.transaction() as tx:
        (dana,) = await voices_repository.of_owner(tx, ada.user.id)
        report = (await tx.execute(select(reports.c.id).where(reports.c.type == "transcription"))).scalar_one()
        await names_repository.guess(tx, report, [Match("speaker_2", dana.id, 0.83, True)])
        await services.sharing.share(tx, ada.user.id, held.meeting_id, Right.CORRECT, email=grace.user.email)
    dialog = f"{held.path}/speaker?speaker=speaker_2"
    hers = (await ada.open(dialog)).text
    assert "Sounds like Dana &lt;Scott&gt; in 0 meetings" in hers
    assert "83 %" in hers
    shared = (await grace.open(dialog)).text
    assert "Name this speaker" in shared
    assert "Sounds like" not in shared
    assert "Remember this voice" not in (await grace.open(held.path + DIALOG)).text
    assert (await grace.send(f"{held.path}/speaker/remember", AGREED)).status_code in {403, 404}
    assert "Dana" not in (await grace.open("/settings")).text
