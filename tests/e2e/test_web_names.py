"""The accessible names that people's own automation relies on; and that nothing runs that is not ours, on any page and
in any dialog over a record in which everything that people can write is an attack."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, Playwright, expect

from minutebook.analysis.voices.model import Naming
from minutebook.bots.model import BotWish
from support.calls.chromium import CHROMIUM
from support.site import Site

ATTACKS = (
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</textarea></title><svg onload=alert(1)>",
    'javascript:alert(1)//" onmouseover="alert(1)" autofocus onfocus="alert(1)',
)
LISTEN = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser(people_can_come: Playwright) -> Iterator[Browser]:
    opened = people_can_come.chromium.launch(executable_path=CHROMIUM)
    yield opened
    opened.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", base_url=site.url)
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "minutebook_session", "value": site.session(), "url": site.url}])
    yield context.new_page()
    context.close()


def have(root: Page | Locator, role: str, *names: str) -> None:
    """Elements of a role whose accessible names are just these are to be seen."""
    for name in names:
        expect(root.get_by_role(role, name=name, exact=True).first).to_be_visible()  # type: ignore[arg-type]


def test_names_of_the_list_and_its_dialogs(page: Page, site: Site) -> None:
    page.goto("/")
    have(page, "link", "Meetings", "Search", "Bots", "Calendars", "Settings")
    have(page, "heading", "Meetings")
    have(page, "button", "New meeting", "Record")
    page.get_by_role("button", name="New meeting", exact=True).click()
    dialog = page.get_by_role("dialog", name="New meeting", exact=True)
    have(dialog, "textbox", "Title", "Attendees")
    have(dialog, "button", "Upload")
    assert dialog.get_by_label("Recording", exact=True).get_attribute("type") == "file"


def test_names_of_a_meeting(page: Page, site: Site) -> None:
    page.goto(f"/meetings/{site.add_meeting()}")
    have(page, "heading", "Launch of the new billing")
    have(page, "region", "Player", "Transcript", "Note", "Key points", "Sentiment")
    have(page, "button", "Play", "0:56", "Share")
    note = page.get_by_role("region", name="Note", exact=True)
    assert note.get_by_role("button").first.inner_text().startswith("“")
    transcript = page.get_by_role("region", name="Transcript", exact=True)
    name = transcript.locator("button.name").first.inner_text().strip()
    transcript.get_by_role("button", name=name, exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Name this speaker", exact=True)
    have(dialog, "combobox", "Name")
    have(dialog, "button", "Save")
    dialog.get_by_role("button", name="Close").click()
    transcript.get_by_role("button", name="Edit", exact=True).first.click()
    have(transcript, "textbox", "Text")
    have(transcript, "button", "Save", "Undo")
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share", exact=True)
    have(dialog, "combobox", "Expires")
    dialog.get_by_role("button", name="Create link", exact=True).click()
    have(dialog, "textbox", "Link")
    # A new link is seen, and at hand, without looking for it.
    expect(dialog.get_by_role("textbox", name="Link")).to_be_in_viewport()
    expect(dialog.get_by_role("textbox", name="Link")).to_be_focused()
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Download", exact=True).click()
    have(page, "menu", "Download")


def test_names_of_the_other_pages(page: Page, site: Site) -> None:
    site.add_meeting()
    page.goto("/search")
    page.get_by_role("searchbox", name="Search meetings", exact=True).fill("launch")
    page.keyboard.press("Enter")
    results = page.get_by_role("list", name="Results", exact=True)
    expect(results.get_by_role("link").first).to_be_visible()
    page.goto("/my/bots")
    have(page, "textbox", "Meeting link", "Bot name")
    have(page, "button", "Send bot")
    page.goto("/settings")
    keys = page.get_by_role("region", name="API keys", exact=True)
    have(keys, "button", "Create key")
    keys.get_by_role("button", name="Create key", exact=True).click()
    have(page.get_by_role("region", name="API keys", exact=True), "button", "Copy", "Revoke")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_and_nothing_is_refused(page: Page, site: Site, attack: str) -> None:
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.add_init_script(LISTEN)
    site.talk = (
        ("speaker_1", 0.5, 5.0, f"We decided to move the launch to {attack} on Monday."),
        ("speaker_2", 5.5, 9.0, f"I will send {attack} to the board by Thursday."),
    )
    meeting = site.add_meeting(attack)
    site.run(hostile(site, meeting, attack))

    for path in (
        "/",
        "/?q=%22%3E%3Cscript%3E",
        f"/meetings/{meeting}",
        f"/meetings/{meeting}/history",
        f"/meetings/{meeting}/versions",
        f"/meetings/{meeting}/speaker?speaker=speaker_1",
        "/search?q=board",
        "/settings",
        "/settings/server",
        "/my/bots",
        "/my/calendars",
        "/docs",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.refused") == [], path
    page.goto(f"/meetings/{meeting}")
    page.locator("#s0").get_by_role("button", name="Edit").click()
    expect(page.locator("#s0 textarea")).to_be_visible()
    page.locator(".line .name").first.click()
    expect(page.locator("#speaker-name")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Create link").click()
    shared = page.get_by_role("textbox", name="Link").input_value()
    assert page.evaluate("window.refused") == []
    page.goto(shared)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.refused") == []
    page.goto("/settings")
    templates = page.get_by_role("region", name="Note templates")
    templates.get_by_text("New template").click()
    templates.get_by_label("Name", exact=True).fill(attack[:60])
    templates.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("status").filter(has_text="would read so")).to_be_visible()
    assert page.evaluate("window.refused") == []
    assert ran == []


async def hostile(site: Site, meeting_id: str, attack: str) -> None:
    """Everything that people can write around a meeting holds the attack."""
    services, owner = site.services, site.owner
    async with services.db.transaction() as tx:
        recording = (await services.recordings.of_meetings(tx, [meeting_id]))[meeting_id]
        await services.naming.name_speakers(tx, owner.id, recording.id, [Naming("speaker_1", name=attack)])
        await services.library.tag(tx, owner.id, [meeting_id], attack[:50])
        await services.accounts.management.create_api_key(tx, owner, attack)
        await services.sharing.groups.create(tx, owner.id, attack)
        wish = BotWish("https://meet.google.com/abc-defg-hij", attack, deduplication_key=attack)
        await services.bots.create(tx, owner.id, wish, api_key=None)
