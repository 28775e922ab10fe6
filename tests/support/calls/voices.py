"""People in a Janus room who have no browser: each a WebRTC connection of this process that only sends sound."""

import asyncio
import json
import socket
from contextlib import suppress
from typing import Any, Final

import aioice.ice
import psutil
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

KEPT_ALIVE_S: Final = 20.0


def _addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """The machine's own, where Janus listens; loopback where there is no other."""
    found = [each.address for own in psutil.net_if_addrs().values() for each in own if each.family is socket.AF_INET]
    return [each for each in found if not each.startswith("127.")] or found


aioice.ice.get_host_addresses = _addresses


class Voice:
    """Somebody in a room who sends this track. `join` it, and `leave` at the end."""

    def __init__(self, name: str, track: MediaStreamTrack) -> None:
        self.name = name
        self._track = track
        self._connection = RTCPeerConnection()
        self._socket: ClientConnection | None = None
        self._session = self._handle = 0
        self._alive: asyncio.Task[None] | None = None

    async def join(self, websocket: str, room: int) -> None:
        """Come into the room of a Janus, and be heard."""
        protocol: Any = ["janus-protocol"]
        self._socket = await connect(websocket, subprotocols=protocol)
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]
        attached = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        self._handle = attached["data"]["id"]
        await self._tell({"request": "join", "ptype": "publisher", "room": room, "display": self.name})
        self._connection.addTrack(self._track)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        offer = {"type": "offer", "sdp": self._connection.localDescription.sdp}
        answer = await self._tell({"request": "publish", "audio": True, "video": False}, offer)
        await self._connection.setRemoteDescription(RTCSessionDescription(answer["jsep"]["sdp"], "answer"))
        self._alive = asyncio.create_task(self._keep_alive())

    async def leave(self) -> None:
        if self._alive is not None:
            self._alive.cancel()
        await self._connection.close()
        if self._socket is not None:
            await self._socket.close()

    async def _tell(self, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        """A request to the room; its event."""
        message: dict[str, Any] = {"janus": "message", "body": body}
        return await self._ask(message | ({"jsep": jsep} if jsep else {}), "event")

    async def _ask(self, message: dict[str, Any], answer: str = "success") -> dict[str, Any]:
        assert self._socket is not None
        known = {"session_id": self._session, "handle_id": self._handle}
        transaction = f"{self.name}-{message['janus']}-{id(message)}"
        whole = message | {key: value for key, value in known.items() if value} | {"transaction": transaction}
        await self._socket.send(json.dumps(whole))
        while True:
            told: dict[str, Any] = json.loads(await self._socket.recv())
            if told.get("transaction") == transaction and told["janus"] == answer:
                return told
            assert told["janus"] != "error", told

    async def _keep_alive(self) -> None:
        assert self._socket is not None
        reading = asyncio.create_task(self._read())
        try:
            while True:
                await asyncio.sleep(KEPT_ALIVE_S)
                message = {"janus": "keepalive", "session_id": self._session, "transaction": "alive"}
                await self._socket.send(json.dumps(message))
        finally:
            reading.cancel()

    async def _read(self) -> None:
        """Nobody asks any more, but what is not read closes the line."""
        assert self._socket is not None
        with suppress(ConnectionClosed):
            async for _ in self._socket:
                pass
