"""A Microsoft Graph that refuses what the real one refuses, and is as sparing with words: resources by its published
types (@microsoft/microsoft-graph-types 2.43.1, MIT)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from support.calendars.provider import Account, Channel, FakeProvider, answer
from support.calendars.world import Instance, Series, Truth

FACTS = json.loads((Path(__file__).parents[2] / "data" / "calendars" / "graph_facts.json").read_text())
LONGEST = timedelta(minutes=4230)
BASE = "https://graph.microsoft.com/v1.0"


class FakeGraph(FakeProvider):
    """The API at graph.microsoft.com. `page` events make a page; refresh tokens turn over, old ones are dead at once.
    With `lazy`, a changed series is told by its master alone."""

    host, token_host, rotates = "graph.microsoft.com", "login.microsoftonline.com", True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.page = 3
        self.links: dict[str, dict[str, Any]] = {}
        self.lazy = True

    def api(self, request: httpx.Request) -> httpx.Response:
        account = self.caller(request)
        if account is None:
            return error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        parts = [unquote(part) for part in request.url.raw_path.decode().split("?")[0].split("/")][2:]
        if parts[0] == "subscriptions":
            return self._subscriptions(request, parts[1:], account)
        params = dict(request.url.params)
        match (request.method, parts):
            case ("GET", ["me", "calendars"]):
                return answer(200, {"value": self._calendars(account)})
            case ("GET", ["me", "calendars", key, "calendarView", "delta"]) if key in account.calendars:
                if 'outlook.timezone="UTC"' not in request.headers.get("prefer", ""):
                    return error(400, "ErrorInvalidRequest", "These tests read times in UTC")
                return self._delta(account.calendars[key], account, key, params)
            case ("GET", ["me", "events", key, "instances"]):
                return self._instances(account, key, params)
            case ("GET", ["me", "events", key]):
                return self._master(account, key)
        return not_found()

    def _calendars(self, account: Account) -> list[dict[str, Any]]:
        owner = {"name": "Ada", "address": account.email}
        return [
            {"id": key, "name": account.names.get(key, key), "isDefaultCalendar": not place, "owner": owner}
            for place, key in enumerate(account.calendars)
        ]

    def _subscriptions(self, request: httpx.Request, parts: list[str], account: Account) -> httpx.Response:
        match (request.method, parts):
            case ("POST", []):
                return self._subscribe(account, json.loads(request.content))
            case ("PATCH", [key]) if key in self.channels:
                ends = moment(json.loads(request.content)["expirationDateTime"])
                if ends > self.now() + LONGEST:
                    return error(400, "InvalidRequest", "Subscription expiration can only be 4230 minutes away.")
                self.channels[key].expires_at = ends
                return answer(200, {"id": key, "expirationDateTime": stamp(ends)})
            case ("DELETE", [key]) if key in self.channels:
                del self.channels[key]
                return answer(204)
        return not_found()

    def push(self, channel: Channel, **members: str) -> dict[str, Any]:
        """The body of a notification."""
        told = {"changeType": "updated", "resource": "x", **members}
        return {"value": [{"subscriptionId": channel.id, "clientState": channel.secret, **told}]}

    def _subscribe(self, account: Account, body: dict[str, Any]) -> httpx.Response:
        if unknown := body.keys() - set(FACTS["subscription"]):
            return error(400, "BadRequest", f"Invalid property {sorted(unknown)}")
        ends = moment(body["expirationDateTime"])
        if ends > self.now() + LONGEST or not body["notificationUrl"].startswith("https://"):
            return error(400, "InvalidRequest", "Subscription expiration can only be 4230 minutes away.")
        key = f"subscription-{next(self._numbers)}"
        calendar = body["resource"].split("/")[3]
        self.channels[key] = Channel(key, calendar, body["notificationUrl"], body["clientState"], ends, account)
        return answer(201, {"id": key, "expirationDateTime": stamp(ends)})

    def _delta(self, truth: Truth, account: Account, key: str, params: dict[str, str]) -> httpx.Response:
        token = params.get("$deltatoken") or params.get("$skiptoken")
        if token is None:
            if params.keys() != {"startDateTime", "endDateTime"}:
                return error(400, "ErrorInvalidUrlQuery", f"calendarView/delta takes no {sorted(params)}")
            bounds = (moment(params["startDateTime"]), moment(params["endDateTime"]))
            view = truth.instances(*bounds)
            seen = prints(truth, view)
            items = [told(key, truth, view, account) for key in seen]
            state: dict[str, Any] = {"items": items, "seen": seen, "bounds": bounds}
        elif params.keys() - {"$deltatoken", "$skiptoken"}:
            return error(400, "ErrorInvalidUrlQuery", "startDateTime and endDateTime are in the delta token already")
        elif token not in self.links:
            return error(410, "syncStateNotFound", "The sync state generation is not found; please reset.")
        elif "$skiptoken" in params:
            state = self.links[token]
        else:
            old = self.links[token]
            state = self._changed(truth, old, account)
        return self._paged(key, state, int(state.get("first", 0)))

    def _changed(self, truth: Truth, old: dict[str, Any], account: Account) -> dict[str, Any]:
        view = truth.instances(*old["bounds"])
        now = prints(truth, view)
        differ = [key for key in sorted(now) if old["seen"].get(key) != now[key]]
        masters = [key for key in differ if key not in view]
        events = [key for key in differ if key in view and not (self.lazy and view[key].series in masters)]
        items = [told(key, truth, view, account) for key in (*masters, *events)]
        items += [{"id": key, "@removed": {"reason": "deleted"}} for key in sorted(old["seen"].keys() - now.keys())]
        return {"items": items, "seen": now, "bounds": old["bounds"]}

    def _paged(self, key: str, state: dict[str, Any], first: int) -> httpx.Response:
        items = state["items"]
        token = f"state-{next(self._numbers)}"
        url = f"{BASE}/me/calendars/{key}/calendarView/delta"
        body = {"value": items[first : first + self.page]}
        done = first + self.page >= len(items)
        self.links[token] = {**state, "first": 0 if done else first + self.page}
        for old in list(self.links)[:-300]:
            del self.links[old]
        name = ("@odata.deltaLink", "$deltatoken") if done else ("@odata.nextLink", "$skiptoken")
        return answer(200, {**body, name[0]: f"{url}?{name[1]}={token}"})

    def _instances(self, account: Account, key: str, params: dict[str, str]) -> httpx.Response:
        for truth in account.calendars.values():
            if key in truth.series:
                found = truth.series[key].instances(moment(params["startDateTime"]), moment(params["endDateTime"]))
                return answer(200, {"value": [full(each, account, truth) for each in found]})
        return not_found()

    def _master(self, account: Account, key: str) -> httpx.Response:
        for truth in account.calendars.values():
            if key in truth.series:
                return answer(200, master(truth.series[key], account))
        return not_found()


def prints(truth: Truth, view: dict[str, Instance]) -> dict[str, object]:
    """What the delta goes by: the masters of what is in view, then the events; equal for what is told alike."""
    series = sorted({each.series for each in view.values() if each.series is not None})
    masters: dict[str, object] = {key: replace(truth.series[key], changes={}) for key in series}
    return masters | {
        key: each if each.series is None or is_exception(each, truth) else (each.start, each.end)
        for key, each in view.items()
    }


def told(key: str, truth: Truth, view: dict[str, Instance], account: Account) -> dict[str, Any]:
    return item_of(view[key], account, truth) if key in view else master(truth.series[key], account)


def is_exception(each: Instance, truth: Truth) -> bool:
    return each.series is not None and each.original in truth.series[each.series].changes


def body_of(title: str, url: str, account: Account, *, declined: bool = False, mine: bool = True) -> dict[str, Any]:
    organizer = {"name": "Ada", "address": account.email} if mine else {"name": "Boss", "address": "boss@example.com"}
    item: dict[str, Any] = {
        "subject": title,
        "body": {"contentType": "html", "content": f'<p>Join: <a href="{url}">here</a></p>'},
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": mine,
        "showAs": "busy",
        "sensitivity": "normal",
        "responseStatus": {"response": "declined" if declined else "accepted"},
        "organizer": {"emailAddress": organizer},
        "attendees": [{"type": "required", "emailAddress": {"name": "Grace", "address": "Grace@example.com"}}],
    }
    return {**item, **({"isOnlineMeeting": True, "onlineMeeting": {"joinUrl": url}} if url else {})}


def times(start: datetime, end: datetime) -> dict[str, Any]:
    return {
        name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
        for name, at in (("start", start), ("end", end))
    }


def item_of(each: Instance, account: Account, truth: Truth) -> dict[str, Any]:
    """An event in a delta: singles and exceptions whole, occurrences with little but their times."""
    if each.series is None:
        return checked(single(each, account))
    if is_exception(each, truth):
        return full(each, account, truth)
    return checked({"id": each.key, "type": "occurrence", "seriesMasterId": each.series, **times(each.start, each.end)})


def single(each: Instance, account: Account) -> dict[str, Any]:
    body = body_of(each.title, each.url, account, declined=each.declined, mine=each.mine)
    return {"id": each.key, "type": "singleInstance", **times(each.start, each.end), **body, "isAllDay": each.all_day}


def full(each: Instance, account: Account, truth: Truth) -> dict[str, Any]:
    kind = "exception" if is_exception(each, truth) else "occurrence"
    body = body_of(each.title, each.url, account)
    return checked({"id": each.key, "type": kind, "seriesMasterId": each.series, **times(each.start, each.end), **body})


def master(each: Series, account: Account) -> dict[str, Any]:
    start = datetime.combine(each.first, each.at, UTC)
    pattern = {"pattern": {"type": "daily", "interval": each.every_days}, "range": {"endDate": str(each.last)}}
    pattern["at"] = {"zone": each.zone, "at": str(each.at)}
    body = {**body_of(each.title, each.url, account), "recurrence": pattern}
    return checked(
        {"id": each.key, "type": "seriesMaster", **times(start, start + timedelta(minutes=each.minutes)), **body}
    )


def checked(item: dict[str, Any]) -> dict[str, Any]:
    unknown = item.keys() - set(FACTS["event"])
    assert not unknown, unknown
    return item


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    assert found.tzinfo is not None, text
    return found


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def error(status: int, code: str, message: str) -> httpx.Response:
    """An error as Graph writes it."""
    return answer(status, {"error": {"code": code, "message": message}})


def not_found() -> httpx.Response:
    return error(404, "ErrorItemNotFound", "The specified object was not found in the store.")
