"""Sends a bot to a meeting, waits until it is back, and prints who said what.

    MINUTEBOOK_KEY=… python examples/send_bot.py http://127.0.0.1:8000 https://meet.google.com/abc-defg-hij

`minutebook admin create-api-key ada@example.com` makes the key. Long waits are better left to webhooks: see
webhook_receiver.py.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

LOOK_EVERY_S = 10.0


async def send(http: httpx.AsyncClient, meeting_url: str) -> str:
    """The id of a bot that is on its way."""
    wish = {"meeting_url": meeting_url, "bot_name": "Minutes", "speech_to_text": "Default"}
    answer = await http.post("/bots/", json=wish)
    answer.raise_for_status()
    return str(answer.json()["bot_id"])


async def ended(
    http: httpx.AsyncClient, bot_id: str, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> dict[str, Any]:
    """What the server has of the bot's meeting, once the bot has ended."""
    while True:
        answer = await http.get("/bots/meeting_data", params={"bot_id": bot_id})
        answer.raise_for_status()
        data: dict[str, Any] = answer.json()["bot_data"]
        if data["bot"]["ended_at"]:
            return data
        await pause(LOOK_EVERY_S)


def lines(data: dict[str, Any]) -> list[str]:
    """One line per stretch of talk; one line with the reason when the bot did not get its record."""
    if data["bot"]["errors"]:
        return [f"The bot failed: {data['bot']['errors']}"]
    return [f"{part['speaker']}: {' '.join(word['text'] for word in part['words'])}" for part in data["transcripts"]]


async def main(server: str, meeting_url: str) -> None:
    headers = {"x-meeting-baas-api-key": os.environ["MINUTEBOOK_KEY"]}
    async with httpx.AsyncClient(base_url=server, headers=headers) as http:
        for line in lines(await ended(http, await send(http, meeting_url))):
            print(line)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
