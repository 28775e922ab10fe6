"""Ten calls with what openapi-generator (python) makes of `/meetingbaas/openapi.json?for=generators`: `… ADDRESS KEY`
prints their names."""

import json
import sys
import time
from collections.abc import Callable
from uuid import UUID, uuid4

from bots import (
    AccountsApi,
    ApiClient,
    AutomaticLeaveRequest,
    BotsApi,
    CalendarsApi,
    Configuration,
    JoinRequest,
    PostWebhookUrlRequest,
    RecordingMode,
    SpeechToText,
    SpeechToTextApiParameter,
    SpeechToTextProvider,
    ZoomOauthConnectionsApi,
)
from bots.exceptions import NotFoundException

address, key = sys.argv[1:3]
LINK = "https://meet.google.com/abc-defg-hij"


def passed(operation: str) -> None:
    print(operation)


def refusal(call: Callable[..., object], *arguments: object) -> NotFoundException:
    try:
        call(*arguments)
    except NotFoundException as refused:
        return refused
    raise AssertionError("not refused")


with ApiClient(Configuration(host=address, api_key={"ApiKeyAuth": key})) as client:
    accounts, bots, zoom = AccountsApi(client), BotsApi(client), ZoomOauthConnectionsApi(client)

    hooks = "https://hooks.example/minutebook"
    assert accounts.post_webhook_url(PostWebhookUrlRequest(webhook_url=hooks)).webhook_url == hooks
    passed("post_webhook_url")

    assert accounts.get_webhook_url().webhook_url == hooks
    passed("get_webhook_url")

    wanted = JoinRequest(
        bot_name="Notes",
        meeting_url=LINK,
        recording_mode=RecordingMode.AUDIO_ONLY,
        speech_to_text=SpeechToText(SpeechToTextApiParameter(provider=SpeechToTextProvider.DEFAULT)),
        automatic_leave=AutomaticLeaveRequest(noone_joined_timeout=300),
        extra={"customer": "42"},
    )
    joined = bots.join(wanted).bot_id
    assert isinstance(joined, UUID)
    bot = str(joined)  # in addresses the contract has text
    passed("join")

    plain = bots.join(JoinRequest(bot_name="Plain", meeting_url=LINK, deduplication_key="2")).bot_id

    for _ in range(600):
        data = bots.get_meeting_data(bot_id=bot)
        if data.bot_data.bot.bot_joined_at is not None:
            break
        time.sleep(0.2)
    assert bots.leave(bot).ok
    passed("leave")

    for _ in range(600):
        data = bots.get_meeting_data(bot_id=bot)
        if data.bot_data.bot.ended_at is not None:
            break
        time.sleep(0.2)
    assert data.bot_data.bot.extra == {"customer": "42"}
    assert data.bot_data.bot.ended_at > data.bot_data.bot.created_at
    assert data.duration >= 0
    passed("get_meeting_data")

    assert {each.uuid for each in bots.bots_with_metadata().bots} == {joined, plain}
    passed("bots_with_metadata")

    everything = bots.get_all_bots(offset=0, limit=10)
    assert {each.params.bot_name for each in everything.bots} == {"Notes", "Plain"}
    assert everything.bots[0].status.value
    passed("get_all_bots")

    assert isinstance(bots.get_screenshots(bot), list)
    passed("get_screenshots")

    assert bots.webhook_documentation()
    passed("webhook_documentation")

    assert CalendarsApi(client).list_calendars() == []
    passed("list_calendars")

    assert zoom.list_zoom_oauth_connections() == []
    passed("list_zoom_oauth_connections")

    assert refusal(zoom.get_zoom_oauth_connection, str(uuid4())).data.code
    passed("get_zoom_oauth_connection")

    # While its recording is being put together, a bot's data stays (409); five tries a minute are allowed.
    for _ in range(4):
        answer = bots.delete_data_without_preload_content(bot)
        if answer.status == 200:
            break
        time.sleep(5)
    assert json.loads(answer.data)["status"] == "deleted"
    passed("delete_data")
