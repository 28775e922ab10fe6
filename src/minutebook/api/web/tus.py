"""`/uploads`: recordings that come piece by piece and can be gone on with, by tus 1.0 (https://tus.io/protocols/
resumable-upload) with its extensions creation, expiration, checksum and termination. The last piece makes a meeting of
the file; the answer names it.

Not for other sites: requests that change something carry the form token of our pages as a header, `Form-Token`.
"""

import base64
import binascii
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from email.utils import format_datetime
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf
from minutebook.api.errors import Failure, paxs_body
from minutebook.api.multipart import read_on
from minutebook.api.web.forms import check_token
from minutebook.api.web.frame import SignedIn, SignInStanding
from minutebook.api.web.uploads import WHOLE_RECORD, draft_of, meeting_for
from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.kit.languages import checked_language
from minutebook.recordings.formats import UNDECLARED, media_type_of
from minutebook.recordings.model import checked_num_speakers
from minutebook.recordings.uploads.model import PartialUpload

PREFIX: Final = "/uploads"
VERSION: Final = "1.0.0"
PIECE_TYPE: Final = "application/offset+octet-stream"
MEETING: Final = "Minutebook-Meeting"
"""Where the meeting is that an upload has become."""
KEPT_FIELDS: Final = ("title", "attendees", "language", "num_speakers", "modified", "meeting")
"""What of `Upload-Metadata` is kept besides the file's name and type; `modified` helps to know the file again,
`meeting` is one that waits for its recording."""
STATUS: Final = {"tus_version_unknown": 412, "piece_damaged": 460}
"""Where the protocol has codes of its own."""
METADATA_MOST: Final = 100_000

router = APIRouter(prefix=PREFIX, include_in_schema=False)


async def _versioned(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        message = f"This server speaks tus {VERSION}: send the header Tus-Resumable: {VERSION}."
        raise MinutebookError(Kind.INVALID, "tus_version_unknown", message, field="Tus-Resumable")


async def _ours(request: Request) -> None:
    check_token(request, request.headers.get("form-token", ""))


def tus_body(request: Request, failure: Failure) -> Response:
    """Errors as the API tells them, with the status codes that the protocol has for its own."""
    status = STATUS.get(failure.code, failure.status)
    headers = {**failure.headers, "Tus-Resumable": VERSION, "Tus-Version": VERSION}
    return paxs_body(request, replace(failure, status=status, headers=headers))


Versioned = Depends(_versioned)
Ours = Depends(_ours)


@router.options("")
@router.options("/{upload_id}")
async def options(services: ServicesOf) -> Response:
    """What this server can do."""
    headers = {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,expiration,checksum,termination",
        "Tus-Checksum-Algorithm": "sha256",
        "Tus-Max-Size": str(services.settings.http.max_upload_bytes),
    }
    return Response(status_code=204, headers=headers)


@router.get("")
async def known(user: SignedIn, services: ServicesOf) -> Response:
    """What can be gone on with, and what has become a meeting whose sender may not know it: who was cut off behind the
    last piece finds it here instead of sending the file once more. It stays until the sender discards it."""
    async with services.db.reading() as read:
        found = await services.uploads.known(read, user.id)
    return JSONResponse([told(upload) for upload in found])


def told(upload: PartialUpload) -> Mapping[str, object]:
    """An upload as scripts compare it with a file."""
    return {
        "url": f"{PREFIX}/{upload.id}",
        "filename": upload.filename,
        "size": upload.size,
        "received": upload.received,
        "modified": upload.fields.get("modified", ""),
        "meeting": upload.fields.get("meeting", ""),
    }


@router.post("", dependencies=[Ours, Versioned])
async def create(request: Request, user: SignedIn, services: ServicesOf) -> Response:
    """Announce a file. Everything that speaks against it is said before a byte of it is sent."""
    fields = _metadata(request.headers.get("upload-metadata", ""))
    filename, declared = fields.pop("filename", ""), fields.pop("filetype", "").partition(";")[0].strip().lower()
    # As in the form: browsers declare what their system knows; where that is nothing, the name decides.
    content_type = media_type_of(filename) if declared in UNDECLARED else declared
    checked_language(fields.get("language"))
    checked_num_speakers(fields.get("num_speakers"))
    draft_of(fields, user, filename)
    if named := fields.get("meeting"):
        async with services.db.reading() as read:
            await services.meetings.get(read, user.id, named)
    size = _number(request, "upload-length")
    kept: dict[str, str] = {name: fields[name] for name in KEPT_FIELDS if name in fields}
    upload = await services.uploads.begin(user.id, filename, content_type, size, kept)
    return Response(status_code=201, headers={**_standing(upload), "Location": f"{PREFIX}/{upload.id}"})


@router.head("/{upload_id}", dependencies=[Versioned])
async def standing(user: SignedIn, services: ServicesOf, upload_id: str) -> Response:
    """How much is stored."""
    return Response(status_code=200, headers=_standing(await _get(services, user, upload_id)))


@router.patch("/{upload_id}", dependencies=[Ours, Versioned])
async def receive(
    request: Request, user: SignedIn, services: ServicesOf, sign_in: SignInStanding, upload_id: str
) -> Response:
    """Take a piece; the last one, or an empty one behind it, makes the meeting."""
    body = request.stream()
    try:
        upload = await _received(request, user, services, upload_id, sign_in.arriving(body))
        if upload.is_whole and upload.meeting_id is None:
            upload = await _finished(services, user, upload)
    except MinutebookError:
        await read_on(body)
        raise
    return Response(status_code=204, headers=_standing(upload))


@router.delete("/{upload_id}", dependencies=[Ours, Versioned])
async def give_up(user: SignedIn, services: ServicesOf, upload_id: str) -> Response:
    """Discard an upload, with what is stored of it; a meeting that it has become stays."""
    async with services.db.transaction() as tx:
        await services.uploads.give_up(tx, await services.uploads.get(tx, user.id, upload_id, lock=True))
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


async def _get(services: ServicesOf, user: User, upload_id: str) -> PartialUpload:
    async with services.db.reading() as read:
        return await services.uploads.get(read, user.id, upload_id)


async def _received(
    request: Request, user: User, services: ServicesOf, upload_id: str, body: AsyncIterator[bytes]
) -> PartialUpload:
    if request.headers.get("content-type") != PIECE_TYPE:
        message = f"A piece is sent with Content-Type: {PIECE_TYPE}."
        raise MinutebookError(Kind.UNSUPPORTED_MEDIA, "piece_type_unknown", message, field="Content-Type")
    upload, at = await _get(services, user, upload_id), _number(request, "upload-offset")
    return await services.uploads.receive(upload, at, body, _checksum(request.headers.get("upload-checksum")))


async def _finished(services: ServicesOf, user: User, upload: PartialUpload) -> PartialUpload:
    """The upload as a meeting. Asked twice at once, or again after an answer was lost, it is made once."""
    received = await services.uploads.join(upload)
    draft = draft_of(upload.fields, user, upload.filename)
    async with services.db.transaction() as tx:
        upload = await services.uploads.get(tx, user.id, upload.id, lock=True)
        if upload.meeting_id is None:
            meeting_id = await meeting_for(services, tx, user, upload.fields, draft)
            language, voices = upload.fields.get("language"), checked_num_speakers(upload.fields.get("num_speakers"))
            recording = await services.recordings.attach(
                tx, user.id, meeting_id, received, language=language, num_speakers=voices
            )
            await services.analysis.schedule_for(tx, recording, WHOLE_RECORD)
            await services.uploads.finish(tx, upload, meeting_id)
            upload = await services.uploads.get(tx, user.id, upload.id)
    return upload


def _standing(upload: PartialUpload) -> dict[str, str]:
    headers = {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.size),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    return headers | ({MEETING: f"/meetings/{upload.meeting_id}"} if upload.meeting_id else {})


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdecimal() and len(value) < 16):
        raise invalid("upload_header_invalid", f"The header {header.title()} is a number of bytes.", header.title())
    return int(value)


def _checksum(header: str | None) -> bytes | None:
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm != "sha256":
        message = "Pieces are checked by SHA-256: `Upload-Checksum: sha256 <base64>`."
        raise invalid("checksum_unknown", message, "Upload-Checksum")
    return _decoded(value, "Upload-Checksum")


def _metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: names, and values in base64."""
    if len(header) > METADATA_MOST:
        raise invalid("upload_header_invalid", "The header Upload-Metadata is too long.", "Upload-Metadata")
    found = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        if name:
            found[name] = _decoded(value, "Upload-Metadata").decode("utf-8", "replace")
    return found


def _decoded(value: str, header: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("upload_header_invalid", f"The header {header} is not base64.", header) from error
