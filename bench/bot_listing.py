"""How the list of bots bears their number: `GET /bots/bots_with_metadata` for an account of 1,000 and one of 1,000,000
bots, on SQLite and on Postgres, in one process without a network.

    python -m bench.bot_listing [--bots 1000000] [--requests 200] [--folder FOLDER] [--databases sqlite postgres]
        [--cpu]

Prints a table (median and p95 in milliseconds, and the ratio of the p95s). The two accounts are asked in turn, so that
whatever else the machine does hits both alike; on a crowded machine `--cpu` says more (on SQLite all work is done in
this process, on Postgres only a part). Every bot has three members of `extra`: `order` (its own), `customer`
(one in a hundred) and `team` (one in ten); pages hold ten bots. "deep" pages begin anywhere in the list.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import httpx
from sqlalchemy import Connection, create_engine, select, text

from minutebook.api.app import create_app
from minutebook.bots.listing.query import Position, cursor_of
from minutebook.bots.model import BotWish
from minutebook.bots.repository.bots import bot_extras, bot_speakers, bots
from minutebook.bots.wish_json import wish_to_json
from minutebook.config import Settings
from minutebook.db.database import Database, metadata
from minutebook.db.migrations.compare import load_tables
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import SystemClock
from minutebook.storage import storage_of
from minutebook.wiring import build_services
from support.backends import Postgres

SMALL = 1_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMERS, TEAMS = 100, 10
ORDER = 2_654_435_761
"""An odd number: multiplied with it, the numbers of bots come in no order, and no two alike (Knuth, TAOCP 3, 6.4)."""

NUMBERS = MappingProxyType(
    {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)",
        "postgresql": "WITH n AS (SELECT i::bigint FROM generate_series(1, :count) AS s(i))",
    }
)
MOMENT = MappingProxyType(
    {
        "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', {begin} + i * 7 + {later}, 'unixepoch')",
        "postgresql": "to_timestamp({begin} + i * 7 + {later})",
    }
)
HEX = MappingProxyType(
    {
        "sqlite": f"printf('%08x', (i * {ORDER}) % 4294967296)",
        "postgresql": f"lpad(to_hex((i * {ORDER}) % 4294967296), 8, '0')",
    }
)


def order_of(number: int) -> str:
    """The member `order` of a bot, as the SQL above makes it."""
    return f"{number * ORDER % 2**32:08x}"


def fill(connection: Connection, owner_id: str, count: int) -> None:
    """Make `count` bots by the database itself, numbered from 1."""
    kind = connection.dialect.name
    begin, order = int(BEGIN.timestamp()), HEX[kind]
    created, ended = (MOMENT[kind].format(begin=begin, later=later) for later in (0, 3600))
    wish = json.dumps(wish_to_json(BotWish("https://meet.example/@n@", "Bot @n@", extra={"@e@": 1})))
    members = (("order", order), ("customer", f"'c' || (i % {CUSTOMERS})"), ("team", f"'t' || (i % {TEAMS})"))
    extra = " || ', ' || ".join(f"'\"{member}\": \"' || {value} || '\"'" for member, value in members)
    made = f"replace(replace(:wish, '@n@', CAST(i AS TEXT)), '\"@e@\": 1', {extra})"
    as_json = f"CAST({made} AS JSON)" if kind == "postgresql" else made
    no = "false" if kind == "postgresql" else "0"
    columns = (
        "number, id, owner_id, wish, name_folded, url_folded, sameness, state, start_at, due_at, attempt, created_at, "
        "updated_at, ended_at, duration_s, files, data_deleted"
    )
    values = (
        f"i, '00000000-0000-7000-8000-' || substr('000000000000' || i, -12), :owner, {as_json}, 'bot ' || i, "
        f"'https://meet.example/' || i, 'x' || i, 'completed', {created}, {created}, 1, {created}, {created}, {ended}, "
        f"60, '[]', {no}"
    )
    if kind == "postgresql":
        values = values.replace("substr('000000000000' || i, -12)", "lpad(i::text, 12, '0')")
    given = {"count": count, "owner": owner_id}
    connection.execute(
        text(f"INSERT INTO bots ({columns}) {NUMBERS[kind]} SELECT {values} FROM n"), given | {"wish": wish}
    )
    for field, value in (
        ("order", order),
        ("customer", f"'c' || (i % {CUSTOMERS})"),
        ("team", f"'t' || (i % {TEAMS})"),
    ):
        connection.execute(
            text(
                "INSERT INTO bot_extras (bot_number, field, owner_id, value, value_head, created_at) "
                f"{NUMBERS[kind]} SELECT i, '{field}', :owner, {value}, {value}, {created} FROM n"
            ),
            given,
        )
    connection.execute(
        text(
            "INSERT INTO bot_speakers (bot_number, position, name, name_folded) "
            f"{NUMBERS[kind]} SELECT i, 0, 'Speaker ' || (i % 1000), 'speaker ' || (i % 1000) FROM n"
        ),
        {"count": count},
    )


@dataclass
class Account:
    """One installation with one account of `count` bots, and a client of it."""

    count: int
    client: httpx.AsyncClient
    db: Database

    def deep(self, sort: str = "", *, among: Callable[[int], bool] = lambda _: True) -> str:
        """A cursor anywhere in a list, at a bot that the list has."""
        number = next(n for n in iter(lambda: random.randint(1, self.count), None) if among(n))
        created_at = BEGIN + timedelta(seconds=number * 7)
        value = {"": None, "order": order_of(number), "team": f"t{number % TEAMS}"}[sort.partition(":")[0]]
        return cursor_of(Position(number, created_at, value), sort)


@dataclass(frozen=True)
class Case:
    """One kind of request: its parameters for an account, drawn anew each time."""

    name: str
    parameters: Callable[[Account], dict[str, str]]


def _customer() -> int:
    return random.randrange(CUSTOMERS)


def _deep_filtered(account: Account) -> dict[str, str]:
    customer = _customer()
    return {
        "filter_by_extra": f"customer:c{customer}",
        "cursor": account.deep(among=lambda number: number % CUSTOMERS == customer),
    }


def _deep_both(account: Account, member: str, size: int) -> dict[str, str]:
    place = random.randrange(size)
    cursor = account.deep("order:asc", among=lambda number: number % size == place)
    return {"filter_by_extra": f"{member}:{member[0]}{place}", "sort_by_extra": "order:asc", "cursor": cursor}


CASES = (
    Case("no filter, first page", lambda _: {}),
    Case("no filter, deep page", lambda account: {"cursor": account.deep()}),
    Case("filter customer (1%), first", lambda _: {"filter_by_extra": f"customer:c{_customer()}"}),
    Case("filter customer (1%), deep", _deep_filtered),
    Case("filter team (10%), first", lambda _: {"filter_by_extra": f"team:t{random.randrange(TEAMS)}"}),
    Case(
        "filter customer + team, first",
        lambda _: {"filter_by_extra": f"customer:c{(c := _customer())},team:t{c % TEAMS}"},
    ),
    Case("sort order asc, first", lambda _: {"sort_by_extra": "order:asc"}),
    Case(
        "sort order desc, deep", lambda account: {"sort_by_extra": "order:desc", "cursor": account.deep("order:desc")}
    ),
    Case("sort team asc, first", lambda _: {"sort_by_extra": "team:asc"}),
    Case("sort team desc, deep", lambda account: {"sort_by_extra": "team:desc", "cursor": account.deep("team:desc")}),
    Case(
        "sort order, filter customer, first",
        lambda _: {"sort_by_extra": "order", "filter_by_extra": f"customer:c{_customer()}"},
    ),
    Case("sort order, filter customer, deep", lambda account: _deep_both(account, "customer", CUSTOMERS)),
    Case(
        "sort order, filter team, first",
        lambda _: {"sort_by_extra": "order", "filter_by_extra": f"team:t{random.randrange(TEAMS)}"},
    ),
    Case("sort order, filter team, deep", lambda account: _deep_both(account, "team", TEAMS)),
    Case(
        "ended lately",
        lambda account: {"ended_after": (BEGIN + timedelta(seconds=(account.count - 20) * 7 + 3600)).isoformat()},
    ),
    Case(
        "created in a week of the past, deep",
        lambda account: {
            "created_before": (
                BEGIN + timedelta(seconds=random.randint(account.count // 2, account.count) * 7)
            ).isoformat()
        },
    ),
)
"""What the promise is about: the p95 at a million at most twice that at a thousand."""

SCANS = (
    Case("part of a name that many have", lambda _: {"bot_name": "BOT 1"}),
    Case("part of a name that nobody has", lambda _: {"bot_name": "nobody"}),
    Case("a speaker (0.1%)", lambda _: {"speaker_name": f"speaker {random.randrange(100, 1000)}"}),
    Case("two conditions that exclude each other", lambda _: {"filter_by_extra": "team:t1,customer:c2"}),
)
"""What no index knows: up to 50,000 bots are looked at for a page."""


async def measured(
    case: Case, accounts: tuple[Account, Account], requests: int, clock: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """The times of both accounts, in milliseconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(requests + 5):
        for account, kept in zip(accounts, times, strict=True):
            parameters = case.parameters(account)
            started = clock()
            answer = await account.client.get("/bots/bots_with_metadata", params=parameters)
            took = (clock() - started) * 1000
            answer.raise_for_status()
            if turn >= 5:
                kept.append(took)
    return times


def p95(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


async def opened(url: str, folder: Path, count: int) -> Account:
    """An account of `count` bots in this database."""
    settings = Settings(_env_file=None, data_dir=folder, database_url=url, log_level="error")
    db = Database(url)
    services = build_services(settings, db, storage_of(settings), DurableJobs(), SystemClock())
    async with db.transaction() as tx:
        user = await services.accounts.create_user(tx, "ada@example.com", "correct horse battery", "Ada")
        _, key = await services.accounts.management.create_api_key(tx, user)
    _load(url, user.id, count)
    transport = httpx.ASGITransport(create_app(services))
    client = httpx.AsyncClient(transport=transport, base_url="http://bench", headers={"x-meeting-baas-api-key": key})
    return Account(count, client, db)


def _load(url: str, owner_id: str, count: int) -> None:
    tables = (bots, bot_extras, bot_speakers)
    indexes = [index for table in tables for index in table.indexes]
    engine = create_engine(url)
    started = time.perf_counter()
    with engine.begin() as connection:
        for index in indexes:
            index.drop(connection)
        fill(connection, owner_id, count)
        for index in indexes:
            index.create(connection)
        assert connection.execute(select(bots.c.number).order_by(bots.c.number.desc()).limit(1)).scalar_one() == count
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    print(f"{count:,} bots made in {time.perf_counter() - started:.0f} s", flush=True)


async def run(
    urls: tuple[str, str], folder: Path, counts: tuple[int, int], requests: int, clock: Callable[[], float]
) -> None:
    """Measure one kind of database and print its table."""
    small = await opened(urls[0], folder, counts[0])
    large = await opened(urls[1], folder, counts[1])
    sizes = " | ".join(f"{count:,} bots: median, p95" for count in counts)
    print(f"| request | {sizes} | p95 ratio |\n|---|---|---|---|")
    for case in (*CASES, *SCANS):
        few, many = await measured(case, (small, large), requests, clock)
        cells = [f"{statistics.median(times):.1f}, {p95(times):.1f}" for times in (few, many)]
        print(f"| {case.name} | {cells[0]} | {cells[1]} | {p95(many) / p95(few):.2f} |", flush=True)
    for account in (small, large):
        await account.client.aclose()
        await account.db.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bots", type=int, default=1_000_000)
    options.add_argument("--requests", type=int, default=200)
    options.add_argument("--folder", type=Path, help="where the databases are made; a temporary folder")
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgres"], choices=["sqlite", "postgres"])
    options.add_argument("--cpu", action="store_true", help="processor time of this process instead of time passed")
    chosen = options.parse_args()
    clock = time.process_time if chosen.cpu else time.perf_counter
    load_tables()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=chosen.folder, prefix="mbl")))
        for kind in chosen.databases:
            if kind == "sqlite":
                urls = tuple(f"sqlite:///{folder / f'{name}.db'}" for name in ("small", "large"))
                for url in urls:
                    engine = create_engine(url)
                    metadata.create_all(engine)
                    engine.dispose()
            else:
                server = Postgres(folder / "pg")
                stack.callback(server.stop)
                urls = (server.new_database(), server.new_database())
            print(f"\n{kind}", flush=True)
            asyncio.run(run((urls[0], urls[1]), folder, (SMALL, chosen.bots), chosen.requests, clock))


if __name__ == "__main__":
    main()
