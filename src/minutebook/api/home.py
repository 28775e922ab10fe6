"""`/internal/bots`: where the runners of bots report to, as `bots.protocol` describes it.

A runner is known by the bearer token of its ticket."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from minutebook.api.deps import Db, ServicesOf
from minutebook.bots.home.reception import PIECE_MAX_BYTES, Reception, sentence
from minutebook.bots.protocol import CommandAnswer, CommandOrder, Orders, ReportKind, RunnerReport
from minutebook.errors import Kind, MinutebookError

PREFIX = "/internal/bots"
BODY_MAX_BYTES = PIECE_MAX_BYTES
"""Pieces of media; what is stored has its limits there."""
REPORTS_AT_ONCE = 1000
ANSWERS_AT_ONCE = 100

router = APIRouter(prefix=PREFIX + "/{bot_id}/attempts/{attempt}", tags=["runners"], include_in_schema=False)


async def _reception(services: ServicesOf) -> Reception:
    return services.bot_reception


async def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        message = "Send the token of the runner's ticket: Authorization: Bearer …"
        raise MinutebookError(Kind.UNAUTHENTICATED, "token_missing", message)
    return token.strip()


ReceptionOf = Annotated[Reception, Depends(_reception)]
Token = Annotated[str, Depends(_token)]


class AnswerIn(BaseModel):
    """What became of a command."""

    id: Annotated[str, Field(max_length=64)]
    done: bool
    message: str | None = None


class HeartbeatIn(BaseModel):
    """What a runner says of itself every second."""

    state: str = ""
    sent: int = 0
    answers: Annotated[list[AnswerIn], Field(max_length=ANSWERS_AT_ONCE)] = []


class HeartbeatOut(BaseModel):
    """`stop`: leave, deliver, end. `commands`: what the bot is told."""

    stop: bool
    commands: list[CommandOrder] = []


class ReportIn(BaseModel):
    """A report; members as in `protocol.RunnerReport`."""

    model_config = ConfigDict(extra="ignore")

    seq: int = Field(ge=0, lt=2**31)
    kind: ReportKind
    at_ms: int
    state: str | None = None
    end_reason: str | None = None
    failure: str | None = None
    message: str | None = None
    code: str | None = None


class ReportsOut(BaseModel):
    """`next`: the number of the report that is expected next."""

    next: int


@router.get("/orders")
async def orders(token: Token, services: ServicesOf, bot_id: str, attempt: int) -> Orders:
    """What this attempt is to do, with fresh tokens where it needs some."""
    async with services.db.reading() as read:
        owner_id, told = await services.bot_reception.owner_and_orders(read, bot_id, attempt, token)
    return await services.zoom_tokens.filled(owner_id, told)


@router.post("/heartbeat")
async def heartbeat(token: Token, reception: ReceptionOf, bot_id: str, attempt: int, beat: HeartbeatIn) -> HeartbeatOut:
    """The runner lives."""
    answers = [CommandAnswer(each.id, each.done, sentence(each.message)) for each in beat.answers]
    answer = await reception.heartbeat(bot_id, attempt, token, answers)
    return HeartbeatOut(stop=answer.stop, commands=list(answer.commands))


@router.get("/commands/{command_id}/sound")
async def sound(token: Token, reception: ReceptionOf, bot_id: str, attempt: int, command_id: str) -> Response:
    """What the bot is to say."""
    data = await reception.sound(bot_id, attempt, token, command_id)
    return Response(data, media_type="application/octet-stream")


@router.post("/reports")
async def reports(
    token: Token,
    reception: ReceptionOf,
    bot_id: str,
    attempt: int,
    sent: Annotated[list[ReportIn], Field(max_length=REPORTS_AT_ONCE)],
    db: Db,
) -> ReportsOut:
    """What the runner has to tell, in order."""
    told = [RunnerReport(**each.model_dump()) for each in sent]
    async with db.transaction() as tx:
        return ReportsOut(next=await reception.report(tx, bot_id, attempt, token, told))


@router.put("/media/{stream}/{index}", status_code=204)
async def media(
    token: Token,
    reception: ReceptionOf,
    request: Request,
    bot_id: str,
    attempt: int,
    stream: str,
    index: int,
    start_ms: Annotated[int, Query()],
    length_ms: Annotated[int, Query()],
) -> Response:
    """Store a piece of a media stream."""
    body = request.stream()
    await reception.keep_piece(bot_id, attempt, token, stream, index, body, start_ms=start_ms, length_ms=length_ms)
    return Response(status_code=204)


@router.put("/screenshots/{index}", status_code=204)
async def screenshot(
    token: Token,
    reception: ReceptionOf,
    request: Request,
    bot_id: str,
    attempt: int,
    index: int,
    name: Annotated[str, Query()],
    taken_ms: Annotated[int, Query()],
) -> Response:
    """Store a screenshot."""
    await reception.keep_screenshot(bot_id, attempt, token, index, request.stream(), name=name, taken_ms=taken_ms)
    return Response(status_code=204)
