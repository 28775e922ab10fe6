"""Ten calls with what openapi-python-client makes of `/meetingbaas/openapi.json?for=generators`: `… ADDRESS KEY` prints
their names."""

import sys
import time
from uuid import UUID, uuid4

from bots import AuthenticatedClient
from bots.api.accounts import get_webhook_url, post_webhook_url
from bots.api.bots import (
    bots_with_metadata,
    delete_data,
    get_all_bots,
    get_meeting_data,
    get_screenshots,
    join,
    leave,
    webhook_documentation,
)
from bots.api.calendars import list_calendars
from bots.api.zoom_oauth_connections import get_zoom_oauth_connection, list_zoom_oauth_connections
from bots.models import (
    AutomaticLeaveRequest,
    Error,
    Extra,
    JoinRequest,
    PostWebhookUrlRequest,
    RecordingMode,
    SpeechToTextApiParameter,
    SpeechToTextProvider,
)

address, key = sys.argv[1:3]
LINK = "https://meet.google.com/abc-defg-hij"


def passed(operation: str) -> None:
    print(operation)


with AuthenticatedClient(address, token=key, prefix="", auth_header_name="x-meeting-baas-api-key") as client:
    hooks = PostWebhookUrlRequest(webhook_url="https://hooks.example/minutebook")
    assert post_webhook_url.sync(client=client, body=hooks).webhook_url == hooks.webhook_url
    passed("post_webhook_url")

    assert get_webhook_url.sync(client=client).webhook_url == hooks.webhook_url
    passed("get_webhook_url")

    extra = Extra()
    extra["customer"] = "42"
    wanted = JoinRequest(
        bot_name="Notes",
        meeting_url=LINK,
        recording_mode=RecordingMode.AUDIO_ONLY,
        speech_to_text=SpeechToTextApiParameter(provider=SpeechToTextProvider.DEFAULT),
        automatic_leave=AutomaticLeaveRequest(noone_joined_timeout=300),
        extra=extra,
    )
    bot = join.sync(client=client, body=wanted).bot_id
    assert isinstance(bot, UUID)
    passed("join")

    plain = join.sync(client=client, body=JoinRequest(bot_name="Plain", meeting_url=LINK, deduplication_key="2")).bot_id

    for _ in range(600):
        data = get_meeting_data.sync(client=client, bot_id=bot)
        if data.bot_data.bot.bot_joined_at is not None:
            break
        time.sleep(0.2)
    assert leave.sync(bot, client=client).ok
    passed("leave")

    for _ in range(600):
        data = get_meeting_data.sync(client=client, bot_id=bot)
        if data.bot_data.bot.ended_at is not None:
            break
        time.sleep(0.2)
    assert data.bot_data.bot.extra["customer"] == "42"
    assert data.bot_data.bot.ended_at > data.bot_data.bot.created_at
    assert data.duration >= 0
    passed("get_meeting_data")

    listed = bots_with_metadata.sync(client=client).bots
    assert {each.uuid for each in listed} == {bot, plain}
    passed("bots_with_metadata")

    everything = get_all_bots.sync(client=client, offset=0, limit=10)
    assert {each.params.bot_name for each in everything.bots} == {"Notes", "Plain"}
    assert everything.bots[0].status.value
    passed("get_all_bots")

    assert isinstance(get_screenshots.sync(bot, client=client), list)
    passed("get_screenshots")

    assert webhook_documentation.sync(client=client)
    passed("webhook_documentation")

    assert list_calendars.sync(client=client) == []
    passed("list_calendars")

    assert list_zoom_oauth_connections.sync(client=client) == []
    passed("list_zoom_oauth_connections")

    unknown = get_zoom_oauth_connection.sync(uuid4(), client=client)
    assert isinstance(unknown, Error)
    assert unknown.code
    passed("get_zoom_oauth_connection")

    # While its recording is being put together, a bot's data stays (409); five tries a minute are allowed.
    for _ in range(4):
        deleted = delete_data.sync_detailed(bot, client=client)
        if deleted.status_code == 200:
            break
        time.sleep(5)
    assert deleted.parsed.status == "deleted"
    passed("delete_data")
