"""Delivers waiting messages. Every worker does; a claim on a queue keeps two from sending the same one, and lets
another take over from one that was killed."""

import asyncio
import logging
import random
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.outgoing.client import OutgoingAnswer, OutgoingClient
from minutebook.webhooks import repository
from minutebook.webhooks.letters import Letters, NoLetter, host_of
from minutebook.webhooks.model import Claim, DeliveryAttempt, Limits, Message, MessageState, Outcome, Verdict
from minutebook.webhooks.rules import is_late, next_due, next_to_send, retry_after_s, settle, verdict_of

logger = logging.getLogger(__name__)

REDIRECTS: Final = range(300, 400)


@dataclass(slots=True)
class _Turn:
    """A queue in this process's hands: what was sent in vain, whether late status changes are still sent along, whether
    the receiver asked for a pause."""

    claim: Claim
    tried: set[int] = field(default_factory=set)
    along: bool = True
    is_paused: bool = False


class Delivery:
    """Sends what is due, many queues at once and each in order."""

    def __init__(self, db: Database, clock: Clock, outgoing: OutgoingClient, letters: Letters, limits: Limits) -> None:
        self._db = db
        self._clock = clock
        self._outgoing = outgoing
        self._letters = letters
        self._limits = limits

    async def deliver_due(self) -> int:
        """Send until nothing is due that this process may send; returns how many attempts were made. Slow receivers
        keep their own few places busy; everybody else's messages go on meanwhile."""
        made = 0
        running: dict[asyncio.Task[int], str] = {}
        try:
            while True:
                for claim in await self._claim(Counter(running.values())):
                    running[asyncio.create_task(self._send_queue(claim))] = claim.host
                if not running:
                    return made
                done, _ = await asyncio.wait(running, timeout=self._limits.poll_s, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del running[task]
                    made += task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _claim(self, busy: Counter[str]) -> list[Claim]:
        """Take as many queues as there is room for, overall and by host."""
        free, now = self._limits.overall - busy.total(), self._clock.now()
        full = [host for host, count in busy.items() if count >= self._limits.per_host]
        if free <= 0:
            return []
        async with self._db.reading() as tx:
            due = await repository.due_queues(tx, now, full, self._limits.per_host, free)
        if not due:
            return []
        claims: list[Claim] = []
        async with self._db.transaction() as tx:
            for order_key, host in due:
                claim = Claim(order_key, host, new_id())
                has_place = busy[host] < self._limits.per_host
                if has_place and await repository.claim(tx, claim, now, now + self._lease):
                    busy[host] += 1
                    claims.append(claim)
        return claims

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self._limits.lease_s)

    async def _send_queue(self, claim: Claim) -> int:
        """Send what is due in a queue, then give it back; returns the attempts made."""
        made, turn = 0, _Turn(claim)
        try:
            message = await self._next(turn)
            while message is not None:
                outcome = await self._attempt(message)
                made += 1
                message = await self._next(turn, message, outcome)
        except Exception:
            # The other queues go on; this one is taken up again when its claim has run out.
            logger.exception("webhooks: sending a queue broke off; it is taken up in %.0f s", self._limits.lease_s)
        return made

    async def _next(self, turn: _Turn, sent: Message | None = None, outcome: Outcome | None = None) -> Message | None:
        """Keep what came of the message that was sent, and choose the next one, with the claim renewed for it; None
        once the queue is given back or lost. One transaction: on SQLite each one waits for the disk."""
        async with self._db.transaction() as tx:
            now = self._clock.now()
            if not await repository.renew(tx, turn.claim, now + self._lease):
                logger.warning("webhooks: this worker was so slow that another one took its queue over")
                return None
            if sent is not None and outcome is not None:
                await self._settle(tx, turn, sent, outcome, now)
            queue = await repository.waiting_in(tx, turn.claim.order_key)
            message = None if turn.is_paused else next_to_send(queue, now, turn.tried, along=turn.along)
            if message is None:
                await repository.release(tx, turn.claim, next_due(queue))
            return message

    async def _settle(self, tx: AsyncConnection, turn: _Turn, message: Message, outcome: Outcome, at: datetime) -> None:
        """Keep what came of an attempt."""
        settlement = settle(message, outcome, at, random.random())  # noqa: S311 (spreads retries, guards nothing)
        url, owner_id = outcome.attempt.url, message.event.owner_id
        await repository.record(tx, message, outcome.attempt, settlement, at)
        if url is not None:
            await repository.note_receiver(tx, turn.claim, host_of(url), settlement.paused_until)
        if url is not None and outcome.verdict is Verdict.GONE:
            await repository.stop(tx, owner_id, url, at)
        elif url is not None and outcome.verdict is Verdict.DELIVERED:
            await repository.unstop(tx, owner_id, url)
        if outcome.verdict is Verdict.RETRY:
            turn.tried.add(message.number)
            turn.along = turn.along and not is_late(message)
            turn.is_paused = settlement.paused_until is not None
        _log(message, outcome, settlement.state)

    async def _attempt(self, message: Message) -> Outcome:
        """Write the letter as it is now, and send it."""
        at, began = self._clock.now(), monotonic()
        letter = await self._letters.written(message, at)
        if isinstance(letter, NoLetter):
            return Outcome(DeliveryAttempt(at, monotonic() - began, letter.url, None, letter.reason), letter.verdict)
        try:
            answer = await self._outgoing.post(
                letter.url,
                letter.body,
                letter.headers,
                timeout_s=self._limits.timeout_s,
                keep_bytes=self._limits.answer_bytes,
            )
        except MinutebookError as error:
            return Outcome(DeliveryAttempt(at, monotonic() - began, letter.url, None, error.message), Verdict.RETRY)
        attempt = DeliveryAttempt(
            at, monotonic() - began, letter.url, answer.status, _complaint(answer), _readable(answer.beginning)
        )
        pause_s = retry_after_s(answer.headers.get("retry-after"), self._clock.now())
        return Outcome(attempt, verdict_of(answer.status), pause_s)


def _complaint(answer: OutgoingAnswer) -> str:
    """What is wrong with an answer, as a sentence; empty when nothing is."""
    match verdict_of(answer.status):
        case Verdict.DELIVERED:
            return ""
        case Verdict.GONE:
            return "The receiver answered 410 Gone: it wants no more messages at this address."
        case _ if answer.status in REDIRECTS:
            return f"The receiver answered {answer.status}, a redirect, which is not followed: give the final address."
        case _:
            return f"The receiver answered {answer.status}; 2xx was expected."


def _readable(beginning: bytes) -> str:
    """The beginning of an answer as text that every database and every terminal can hold."""
    text = beginning.decode("utf-8", "replace")
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text)


def _log(message: Message, outcome: Outcome, state: MessageState) -> None:
    """One line per attempt. Addresses may hold secrets in their path: only the host is named."""
    host = host_of(outcome.attempt.url) if outcome.attempt.url else "nobody"
    what = f"webhooks: {message.event.kind} {message.id} to {host}"
    if outcome.verdict is Verdict.DELIVERED:
        logger.info("%s: delivered", what)
    elif outcome.verdict is Verdict.GONE:
        logger.warning("%s: 410 Gone; nothing more is sent to this address until somebody asks for it again", what)
    elif state is MessageState.WAITING:
        logger.warning("%s: %s It is tried again.", what, outcome.attempt.error)
    else:
        logger.warning("%s: %s (%s)", what, outcome.attempt.error, state)
