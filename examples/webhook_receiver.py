"""A receiver of Minutebook's webhooks: verifies the signature, handles each event once. Needs nothing but Python.

WEBHOOK_SECRET=$(minutebook webhooks secret you@example.com) PORT=8080 python3 webhook_receiver.py
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE_S = 300
seen: set[str] = set()  # keep this in your database: it must outlive the process


def secret() -> bytes:
    """What `minutebook webhooks secret EMAIL` prints, from the environment."""
    with suppress(ValueError):
        if key := base64.b64decode(os.environ.get("WEBHOOK_SECRET", "").removeprefix("whsec_"), validate=True):
            return key
    sys.exit("Set WEBHOOK_SECRET to what `minutebook webhooks secret EMAIL` prints: it begins with whsec_.")


SECRET = secret()


def is_ours(headers: Message, body: bytes) -> bool:
    """Whether the body is signed with our secret, and was signed just now."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdigit() or abs(time.time() - int(sent_at)) > TOLERANCE_S:
        return False
    signed = hmac.new(SECRET, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(signed).decode()
    offered = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in offered)


def handle(event: Mapping[str, Any]) -> None:
    """What you do with it. Be quick: answer first, work afterwards."""
    data = event["data"]
    subject, code = data.get("bot_id") or data.get("calendar_id"), data.get("status", {}).get("code", "")
    print(event["event"], subject, code, flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_ours(self.headers, body):
            print("refused: not signed with WEBHOOK_SECRET, or not just now", file=sys.stderr, flush=True)
            self.answer(401)
            return
        if self.headers["webhook-id"] not in seen:
            handle(json.loads(body))
            seen.add(self.headers["webhook-id"])
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8080"))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    except OSError as error:
        sys.exit(f"Port {port} cannot be listened at: {error.strerror}. Set PORT to another one.")
    print(f"Waiting for messages at http://127.0.0.1:{port}/ (Ctrl-C ends it)", file=sys.stderr, flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()
