"""Strangers at the sign-in: they get no unlimited tries, lock nobody out, and make nobody wait."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from ipaddress import ip_network
from typing import Literal

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import FastAPI
from sqlalchemy import update

from minutebook.accounts.limits import count_try
from minutebook.accounts.model import User
from minutebook.accounts.passwords import STRANGERS_WAITING, Passwords
from minutebook.accounts.repository import rate_limits
from minutebook.accounts.sign_in import PER_ADDRESS, PER_PERSON, STRANGERS
from minutebook.api.app import create_app
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from support.browser import PASSWORD, Browser, IssueToken
from support.records import ADA

FIELDS = {"email": "ada@example.com", "password": "wrong"}


def visiting(app: FastAPI, address: str = "203.0.113.9", **headers: str) -> Browser:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return Browser(httpx.AsyncClient(transport=transport, base_url="http://minutebook.example", headers=headers))


async def tries(app: FastAPI, count: int, address: str = "203.0.113.9", **headers: str) -> list[int]:
    visitor = visiting(app, address, **headers)
    page = await visitor.open("/sign-in")
    return [(await visitor.send(page, **FIELDS)).status_code for _ in range(count)]


async def test_forwarded_addresses_give_no_more_tries(app: FastAPI, user: User) -> None:
    answers = [await tries(app, 1, **{"X-Forwarded-For": f"198.51.100.{i}"}) for i in range(PER_PERSON.limit + 5)]
    assert answers[: PER_PERSON.limit] == [[401]] * PER_PERSON.limit
    assert answers[PER_PERSON.limit :] == [[429]] * 5


async def test_naming_a_victims_address_locks_nobody_out(app: FastAPI, user: User) -> None:
    await tries(app, PER_PERSON.limit + 1, **{"X-Forwarded-For": "192.0.2.7"})
    victim = visiting(app, "192.0.2.7")
    page = await victim.open("/sign-in")
    assert (await victim.send(page, email="ada@example.com", password=PASSWORD)).status_code == 303


async def test_behind_a_trusted_proxy_people_are_told_apart(services: Services, user: User) -> None:
    services.settings.http.trusted_proxies = [ip_network("10.0.0.0/8")]
    app = create_app(services)
    await tries(app, PER_PERSON.limit + 1, "10.0.0.5", **{"X-Forwarded-For": "198.51.100.1"})
    # What the client itself claims stands to the left of what the proxy saw.
    assert await tries(app, 1, "10.0.0.5", **{"X-Forwarded-For": "192.0.2.1, 198.51.100.1"}) == [429]
    assert await tries(app, 1, "10.0.0.5", **{"X-Forwarded-For": "198.51.100.1, 192.0.2.1"}) == [401]


async def test_one_customers_ipv6_addresses_count_as_one(app: FastAPI, user: User) -> None:
    answers = [await tries(app, 1, f"2001:db8:1:2::{i:x}") for i in range(PER_PERSON.limit + 2)]
    assert answers[-2:] == [[429], [429]]
    assert await tries(app, 1, "2001:db8:1:3::1") == [401]


async def test_a_crowd_of_strangers_locks_no_account(app: FastAPI, user: User, clock: VirtualClock) -> None:
    known = visiting(app, "192.0.2.1")
    await known.sign_in(await known.open("/sign-in"))
    for i in range(STRANGERS.limit // 5):
        await tries(app, 5, f"198.51.100.{i}")
    # From now on a new stranger has two tries; an unknown place of the owner's too, a known one all of them.
    assert await tries(app, 3, "198.51.100.200") == [401, 401, 429]
    elsewhere = visiting(app, "192.0.2.99")
    page = await elsewhere.open("/sign-in")
    assert (await elsewhere.send(page, **FIELDS)).status_code == 401
    assert (await elsewhere.send(page, email="ada@example.com", password=PASSWORD)).status_code == 303


async def test_a_known_browser_is_not_held_up_by_its_neighbours(app: FastAPI, services: Services, user: User) -> None:
    known = visiting(app, "203.0.113.9")
    await known.sign_in(await known.open("/sign-in"))
    async with services.db.transaction() as tx:
        await count_try(tx, services.clock, [(PER_ADDRESS, "203.0.113.9")])
        await tx.execute(update(rate_limits).values(count=PER_ADDRESS.limit))
    stranger = visiting(app, "203.0.113.9")
    page = await stranger.open("/sign-in")
    assert (await stranger.send(page, email="somebody@example.com", password="x")).status_code == 429
    page = await known.open("/sign-in")
    assert (await known.send(page, email="ada@example.com", password=PASSWORD)).status_code == 303


class SlowHasher(PasswordHasher):
    """Stands still until it is let go."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go, self.at_once, self.most = threading.Event(), 0, 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        assert self.go.wait(30)
        self.at_once -= 1
        return super().verify(hash, password)


async def test_the_queue_for_hashing_is_short_and_strangers_wait_in_their_own() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher)
    stored = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right")
    strangers = [asyncio.create_task(passwords.matches(stored, "x", known=False)) for _ in range(40)]
    await asyncio.sleep(0)
    known = asyncio.create_task(passwords.matches(stored, "right"))
    while hasher.most < 2:  # one stranger and the known one, side by side
        await asyncio.sleep(0.01)
    refused = [task for task in strangers if task.done()]
    assert len(refused) == 40 - 1 - STRANGERS_WAITING
    hasher.go.set()
    assert await known
    for task in refused:
        with pytest.raises(MinutebookError) as error:
            await task
        assert (error.value.code, error.value.retry_after_s) == ("sign_in_busy", 2.0)
    assert [await task for task in strangers if task not in refused] == [False] * (1 + STRANGERS_WAITING)
    assert hasher.most == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
async def test_strangers_hashes_leave_the_processor_to_everybody_else() -> None:
    seen: list[int] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            # A thread that it starts, as the hash's own lanes are, takes its priority over.
            thread = threading.Thread(target=lambda: seen.append(os.getpriority(os.PRIO_PROCESS, 0)))
            thread.start()
            thread.join()
            raise VerifyMismatchError

    passwords, own = Passwords(Watched()), os.getpriority(os.PRIO_PROCESS, 0)
    for known in (True, False, True):
        assert not await passwords.matches("kept", "x", known=known)
    assert seen == [own, min(own + 10, 19), own]


async def test_a_full_queue_is_a_503_that_says_when(app: FastAPI, user: User, services: Services) -> None:
    visitor = visiting(app)
    page = await visitor.open("/sign-in")
    services.accounts._sign_in._passwords._strangers._room = 0
    answer = await visitor.send(page, **FIELDS)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize("email", ["\ud800@example.com", "\0ada@example.com", "a" * 5000, "groß@example.com"])
async def test_odd_addresses_are_wrong_ones(services: Services, user: User, email: str) -> None:
    with pytest.raises(MinutebookError) as error:
        await services.accounts.authenticate(services.db, email, "wrong", "192.0.2.1")
    assert error.value.code == "sign_in_failed"


async def test_two_people_whose_addresses_fold_alike(services: Services, user: User) -> None:
    async with services.db.transaction() as tx:
        first = await services.accounts.create_user(tx, "groß@example.com", PASSWORD, "Groß")
        second = await services.accounts.create_user(tx, "gross@example.com", PASSWORD, "Gross")
    assert first.id != second.id
    signed_in = await services.accounts.authenticate(services.db, "GROSS@example.com", PASSWORD, "a")
    assert signed_in.id == second.id


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not happened():
            await asyncio.sleep(0)


async def test_a_flood_of_writes_delays_only_its_own_account(
    app: FastAPI, services: Services, user_token: IssueToken, other_user_token: IssueToken
) -> None:
    order: list[str] = []

    async def write(name: str, token: str) -> None:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minutebook.example")
        async with client:
            bearer = {"Authorization": f"Bearer {token}"}
            answer = await client.post("/api/sessions", json={"title": name, "attendees": [ADA]}, headers=bearer)
        assert answer.status_code == 201
        order.append(name)

    flooding, honest = await user_token(), await other_user_token()
    await write("first", flooding)
    await write("first", honest)
    async with services.db.transaction():
        flood = [asyncio.create_task(write("flood", flooding)) for _ in range(20)]
        await until(lambda: services.db.writing.waiting == 20)
        one = asyncio.create_task(write("honest", honest))
        await until(lambda: services.db.writing.waiting == 21)
    await asyncio.gather(*flood, one)
    assert order[2:].index("honest") <= 5, "the turns of both alternate; answers may overtake each other by a little"
