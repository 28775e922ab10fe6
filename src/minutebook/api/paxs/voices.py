"""`/api/account/voices`: people who are known again by their voice, because they agreed."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from minutebook.analysis.remembering import ShownVoice
from minutebook.api.bodies import Body
from minutebook.api.deps import AccountCaller, AccountsOf, Read, ServicesOf, Tx
from minutebook.api.paxs.schemas import errors
from minutebook.voices.model import Remembered

router = APIRouter(prefix="/api/account/voices", tags=["account"])


class SwitchIn(Body):
    """Whether voices are remembered."""

    remembering: bool


class RememberIn(Body):
    """A voice of a recording of yours, under the name it has there, and how the person agreed to be remembered."""

    recording_id: str
    speaker_id: str = Field(examples=["speaker_1"])
    consent: str = Field(examples=["Dana agreed in our call on 2 March 2026."])


class ConsentOut(BaseModel):
    """That the person agreed: who says so, how, and when it was said."""

    said_by: str
    statement: str
    at: datetime


class VoiceOut(BaseModel):
    """Somebody whose voice is remembered. `state` is `learning` (a recording is still to be listened to), `remembered`
    or `failed` (then `problem` is why). The voice itself, one vector, is kept sealed and never told."""

    id: str
    name: str
    email: str | None
    state: str
    problem: str | None
    consent: ConsentOut
    enrolments: int
    seconds: float


class ShownVoiceOut(VoiceOut):
    """With the meetings, by id, in which the voice was learnt and recognised; and the names of those who sound too much
    alike for either to be recognised."""

    learnt_in: list[str]
    recognised_in: list[str]
    alike: list[str]


class VoiceReceiptOut(BaseModel):
    """What says that a voice is forgotten. It names nobody; `withdrawn` are the recordings in which a name was taken
    back, `sha256` is over all the rest (sorted keys, no blanks)."""

    voice_id: str
    name_sha256: str
    removed_at: str = Field(description="As it is in what `sha256` is over.")
    vectors: int
    enrolments: int
    withdrawn: list[str]
    sha256: str


class VoicesOut(BaseModel):
    """All of it."""

    remembering: bool
    voices: list[ShownVoiceOut]
    receipts: list[VoiceReceiptOut]


@router.get("", summary="List remembered voices", responses=errors())
async def voices(caller: AccountCaller, read: Read, services: ServicesOf) -> VoicesOut:
    """Whose voices you remember, and receipts of those you forgot."""
    remembering = services.remembering
    return VoicesOut(
        remembering=await remembering.is_on(read, caller.user_id),
        voices=[_shown(each) for each in await remembering.list(read, caller.user_id)],
        receipts=[VoiceReceiptOut.model_validate(each) for each in await remembering.receipts(read, caller.user_id)],
    )


@router.put("", summary="Remember voices, or none", responses=errors(400))
async def switch(caller: AccountCaller, body: SwitchIn, tx: Tx, services: ServicesOf) -> VoicesOut:
    """Off until you switch it on. Switching it off forgets all voices."""
    await services.remembering.switch(tx, caller.user_id, on=body.remembering)
    return await voices(caller, tx, services)


@router.post("", status_code=201, summary="Remember a voice", responses=errors(400, 404, 409))
async def remember(
    caller: AccountCaller, body: RememberIn, tx: Tx, services: ServicesOf, accounts: AccountsOf
) -> VoiceOut:
    """Have a voice that has a name known again in your later recordings. It is listened to shortly afterwards."""
    user = await accounts.user(tx, caller.user_id)
    person = await services.remembering.remember(tx, user, body.recording_id, body.speaker_id, body.consent)
    return _voice(person, is_learning=True)


@router.delete("/{voice_id}", summary="Forget a voice", responses=errors(404))
async def forget(caller: AccountCaller, voice_id: str, tx: Tx, services: ServicesOf) -> VoiceReceiptOut:
    """The voice is gone, and every name that was guessed by it is taken back. The receipt is kept."""
    return VoiceReceiptOut.model_validate(await services.remembering.forget(tx, caller.user_id, voice_id))


def _shown(shown: ShownVoice) -> ShownVoiceOut:
    return ShownVoiceOut(
        **_voice(shown.person, is_learning=shown.is_learning).model_dump(),
        learnt_in=list(shown.learnt),
        recognised_in=list(shown.meetings),
        alike=list(shown.alike),
    )


def _voice(person: Remembered, *, is_learning: bool) -> VoiceOut:
    consent = person.consent
    return VoiceOut(
        id=person.id,
        name=person.name,
        email=person.email,
        state=person.state(is_learning=is_learning),
        problem=person.problem,
        consent=ConsentOut(said_by=consent.said_by, statement=consent.statement, at=consent.at),
        enrolments=person.enrolments,
        seconds=person.seconds,
    )
