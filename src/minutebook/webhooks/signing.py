"""What a message carries so that its receiver can tell that it is ours: the v1 API's key, and a signature by Standard
Webhooks (https://www.standardwebhooks.com), which covers id, time and body."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from minutebook.sealing import Sealing

USER_AGENT: Final = "meetingbaas/1.0"
"""What the v1 engine calls itself."""

API_KEY_HEADER: Final = "x-meeting-baas-api-key"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the public prefix of a secret


def secrets_of(sealing: Sealing, user_id: str) -> list[str]:
    """The secrets that an account's messages are signed with, the newest first. Derived from the installation's keys:
    they stay the same as long as those do, and are stored nowhere."""
    secrets = sealing.derived_secrets(f"webhooks of {user_id}")
    return [SECRET_PREFIX + base64.b64encode(secret).decode() for secret in secrets]


def headers_of(
    secrets: Sequence[str], api_key: str | None, message_id: str, at: datetime, body: bytes
) -> Mapping[str, str]:
    """The headers of one attempt, made at `at`, to deliver `body`; signed with each secret, so that receivers may
    change over to a new one."""
    from standardwebhooks import Webhook

    signatures = [Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets]
    key = {API_KEY_HEADER: api_key} if api_key else {}
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        **key,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
