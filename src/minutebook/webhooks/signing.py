"""What a message carries so that its receiver can tell that it is ours: the v1 API's key, and a signature by Standard
Webhooks (https://www.standardwebhooks.com), which covers id, time and body."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from minutebook.sealing import Sealing

USER_AGENT: Final = "meetingbaas/1.0"
"""What the v1 engine calls itself."""

API_KEY_HEADER: Final = "x-meeting-baas-api-key"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the public prefix of a secret


def secret_of(sealing: Sealing, user_id: str) -> str:
    """The secret that an account's messages are signed with. Derived from the installation's key: it stays the same
    as long as that does, and is stored nowhere."""
    secret = sealing.derived_secret(f"webhooks of {user_id}")
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def headers_of(secret: str, api_key: str | None, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The headers of one attempt, made at `at`, to deliver `body`."""
    from standardwebhooks import Webhook

    signature = Webhook(secret).sign(message_id, at, body.decode())
    key = {API_KEY_HEADER: api_key} if api_key else {}
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        **key,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
