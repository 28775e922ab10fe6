"""Addresses that people type lead to pages; to programs they are what they were."""

import httpx
import pytest

from minutebook.api.web.shortcuts import PLACES
from support.people import Person

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("address", PLACES)
async def test_a_typed_address_leads_to_its_page(ada: Person, address: str, end: str) -> None:
    led = await ada.open(address + end, headers=BROWSER)
    assert (led.status_code, led.headers["location"]) == (303, PLACES[address])
    assert (await ada.open(led.headers["location"], headers=BROWSER)).status_code in {200, 303}


async def test_who_is_not_signed_in_is_led_there_and_back(client: httpx.AsyncClient) -> None:
    led = await client.get("/bots", headers=BROWSER)
    asked = await client.get(led.headers["location"], headers=BROWSER)
    assert asked.headers["location"] == "/sign-in?next=%2Fmy%2Fbots"


async def test_programs_are_answered_by_the_api(client: httpx.AsyncClient) -> None:
    for accept in ("*/*", "application/json", ""):
        assert (await client.get("/calendars/", headers={"Accept": accept})).status_code == 401
        assert (await client.get("/bots/", headers={"Accept": accept})).status_code == 405
    sent = await client.post("/bots/", headers=BROWSER, json={})
    assert sent.status_code == 401
