"""A Google Calendar that refuses what the real one refuses: parameters, resources and errors by its discovery document
(`calendar.v3.json` of google-api-python-client 2.202.0, Apache-2.0)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from support.calendars.provider import Account, Channel, FakeProvider, answer
from support.calendars.world import Instance, Truth

FACTS = json.loads((Path(__file__).parents[2] / "data" / "calendars" / "google_facts.json").read_text())
NOT_WITH_TOKEN = frozenset(FACTS["not_with_sync_token"])
FURTHER = timedelta(days=20)
"""Changes this far beyond the window are told too, once a sync token is used."""


class FakeGoogle(FakeProvider):
    """The API at www.googleapis.com. `page` events make a page."""

    host, token_host = "www.googleapis.com", "oauth2.googleapis.com"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.page = 3
        self.tokens: dict[str, dict[str, Any]] = {}
        self.not_enabled = False

    def secret_of(self, account: Account) -> str:
        return next(iter(account.refresh_tokens))

    def api(self, request: httpx.Request) -> httpx.Response:
        account = self.caller(request)
        if account is None:
            return error(401, "authError", "Request had invalid authentication credentials.")
        if self.not_enabled:
            return error(
                403,
                "accessNotConfigured",
                "Google Calendar API has not been used in project 1.",
            )
        parts = [unquote(part) for part in request.url.raw_path.decode().split("?")[0].split("/")][3:]
        match (request.method, parts):
            case ("GET", ["users", "me", "calendarList"]):
                return answer(200, {"kind": "calendar#calendarList", "items": self._list(account)})
            case ("GET", ["calendars", key, "events"]) if key in account.calendars:
                return self._events(account.calendars[key], account, dict(request.url.params))
            case ("POST", ["calendars", key, "events", "watch"]) if key in account.calendars:
                return self._watch(account, key, json.loads(request.content))
            case ("POST", ["channels", "stop"]):
                body = json.loads(request.content)
                if body.get("id") not in self.channels:
                    return error(404, "notFound", "Channel not found.")
                assert body["resourceId"] == f"resource of {self.channels[body['id']].calendar}"
                del self.channels[body["id"]]
                return answer(204)
        return error(404, "notFound", "Not Found")

    def push(self, channel: Channel) -> dict[str, str]:
        """The headers of a notification."""
        return {
            "x-goog-channel-id": channel.id,
            "x-goog-channel-token": channel.secret,
            "x-goog-resource-id": f"resource of {channel.calendar}",
            "x-goog-resource-state": "exists",
            "x-goog-message-number": "7",
        }

    def _list(self, account: Account) -> list[dict[str, Any]]:
        return [
            {"id": key, "summary": account.names.get(key, key), **({"primary": True} if key == account.email else {})}
            for key in account.calendars
        ]

    def _watch(self, account: Account, key: str, body: dict[str, Any]) -> httpx.Response:
        unknown = body.keys() - set(FACTS["channel"])
        if unknown or body.get("type") != "web_hook" or not str(body.get("address", "")).startswith("https://"):
            return error(400, "push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {unknown}")
        if body["id"] in self.channels:
            return error(400, "channelIdNotUnique", "Channel id not unique")
        asked = datetime.fromtimestamp(int(body["expiration"]) / 1000, UTC)
        ends = min(asked, self.now() + timedelta(days=7))
        self.channels[body["id"]] = Channel(body["id"], key, body["address"], body["token"], ends, account)
        millis = str(round(ends.timestamp() * 1000))
        return answer(200, {"id": body["id"], "resourceId": f"resource of {key}", "expiration": millis})

    def _events(self, truth: Truth, account: Account, params: dict[str, str]) -> httpx.Response:
        if unknown := params.keys() - set(FACTS["list_parameters"]):
            return error(400, "badRequest", f"Unknown parameters {sorted(unknown)}")
        if not 1 <= int(params.get("maxResults", "250")) <= FACTS["max_results"]:
            return error(400, "badRequest", "maxResults out of range")
        token = params.get("syncToken")
        if token is not None and (wrong := params.keys() & NOT_WITH_TOKEN):
            return error(400, "badRequest", f"Sync token cannot be used with {sorted(wrong)}")
        same = {
            name: value for name, value in params.items() if name not in NOT_WITH_TOKEN | {"syncToken", "pageToken"}
        }
        if token is None:
            bounds = [datetime.fromisoformat(params[name].replace("Z", "+00:00")) for name in ("timeMin", "timeMax")]
            if any(each.tzinfo is None for each in bounds) or bounds[0] >= bounds[1]:
                return error(400, "badRequest", "Bad Request: times")
            found = truth.instances(*bounds)
            items = [resource(each, account) for each in found.values()]
            items += [gone(key) for key in self._dead(truth, found)] if params.get("showDeleted") == "true" else []
            kept = {"bounds": bounds, "same": same, "seen": around(truth, bounds)}
        else:
            known = self.tokens.get(token)
            if known is None:
                return error(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
            if known["same"] != same:
                return error(400, "badRequest", "All other parameters must be as in the initial request")
            now = around(truth, known["bounds"])
            items = [resource(now[key], account) for key in sorted(now) if known["seen"].get(key) != now[key]]
            items += [gone(key) for key in sorted(known["seen"].keys() - now.keys())]
            kept = {**known, "seen": now}
        return self._paged(items, params, kept)

    def _paged(self, items: list[dict[str, Any]], params: dict[str, str], kept: dict[str, Any]) -> httpx.Response:
        first = int(params.get("pageToken", "0"))
        page = min(self.page, int(params.get("maxResults", "250")))
        body: dict[str, Any] = {"kind": "calendar#events", "items": items[first : first + page]}
        if first + page < len(items):
            return answer(200, {**body, "nextPageToken": str(first + page)})
        token = f"sync-{next(self._numbers)}"
        self.tokens[token] = kept
        for old in list(self.tokens)[:-50]:
            del self.tokens[old]
        return answer(200, {**body, "nextSyncToken": token})

    def _dead(self, truth: Truth, found: dict[str, Instance]) -> list[str]:
        return [f"{key}_gone" for key in sorted(truth.series)[:1] if found]


def around(truth: Truth, bounds: list[datetime]) -> dict[str, Instance]:
    """The events a little further than the window."""
    return truth.instances(bounds[0] - FURTHER, bounds[1] + FURTHER)


def gone(key: str) -> dict[str, Any]:
    return {"kind": "calendar#event", "id": google_id(key), "status": "cancelled"}


def google_id(key: str) -> str:
    return key.replace(" ", "").lower()


def resource(each: Instance, account: Account) -> dict[str, Any]:
    """An event as `events.list` shows it with `singleEvents`."""
    item: dict[str, Any] = {
        "kind": "calendar#event",
        "etag": f'"{abs(hash(each))}"',
        "id": google_id(each.key),
        "status": "confirmed",
        "summary": each.title,
        "eventType": "default",
        "start": {"dateTime": each.start.isoformat().replace("+00:00", "Z"), "timeZone": "UTC"},
        "end": {"dateTime": each.end.isoformat().replace("+00:00", "Z"), "timeZone": "UTC"},
        "organizer": {"email": account.email, "self": True} if each.mine else {"email": "boss@example.com"},
        "attendees": [
            {"email": account.email, "self": True, "responseStatus": "declined" if each.declined else "accepted"},
            {"email": "Grace@example.com", "displayName": "Grace", "responseStatus": "needsAction"},
        ],
        "iCalUID": f"{google_id(each.key)}@google.com",
    }
    if each.all_day:
        item["start"], item["end"] = {"date": f"{each.start:%Y-%m-%d}"}, {"date": f"{each.end:%Y-%m-%d}"}
    if each.url:
        item["conferenceData"] = {"entryPoints": [{"entryPointType": "video", "uri": each.url}]}
    if each.series is not None and each.original is not None:
        item["recurringEventId"] = google_id(each.series)
        item["originalStartTime"] = {"dateTime": each.original.isoformat().replace("+00:00", "Z")}
    unknown = item.keys() - set(FACTS["event"])
    assert not unknown, unknown
    return item


def error(status: int, reason: str, message: str) -> httpx.Response:
    """An error as Google's APIs write it."""
    inner = {"domain": "global", "reason": reason, "message": message}
    return answer(status, {"error": {"errors": [inner], "code": status, "message": message}})
