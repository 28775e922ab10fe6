"""Gladia, API v2: upload a file, start a pre-recorded job, ask for its result.

From its public documentation (docs.gladia.io: upload, pre-recorded flow, supported formats); not tried against the
service itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from minutebook.outgoing.client import OutgoingClient
from minutebook.speech.providers.http import ProviderHttp
from minutebook.speech.providers.ports import Answer, Order
from minutebook.transcript.model import Word

LONGEST_S: Final = 2 * 3600.0
"""It takes up to 135 minutes at once."""
_WORKING: Final = frozenset({"queued", "processing"})


class Gladia:
    """Transcribes at Gladia."""

    def __init__(self, base_url: str, outgoing: OutgoingClient) -> None:
        self._http = ProviderHttp(self.name, base_url, outgoing)

    @property
    def name(self) -> str:
        return "Gladia"

    @property
    def longest_s(self) -> float:
        return LONGEST_S

    async def submit(self, order: Order, key: str) -> str:
        headers = {"x-gladia-key": key}
        file = {"audio": ("recording.ogg", order.sound, "audio/ogg")}
        uploaded = await self._http.call("POST", "/v2/upload", headers, files=file)
        if not isinstance(uploaded.get("audio_url"), str):
            raise self._http.invalid("the upload has no address")
        languages = {"language_config": {"languages": [order.language]}} if order.language else {}
        body = {**languages, **order.parameters, "audio_url": uploaded["audio_url"]}
        job = await self._http.call("POST", "/v2/pre-recorded", headers, json=body)
        return self._http.job_id(job.get("id"))

    async def answer(self, job: str, key: str) -> Answer | None:
        found = await self._http.call("GET", f"/v2/pre-recorded/{job}", {"x-gladia-key": key})
        status = found.get("status")
        if status in _WORKING:
            return None
        if status == "error":
            raise self._http.failed(f"error {found.get('error_code') or 'without a code'}")
        try:
            transcription = found["result"]["transcription"]
            words = tuple(_words(transcription["utterances"]))
            languages = transcription.get("languages") or ()
        except (KeyError, TypeError, ValueError) as error:
            raise self._http.invalid(f"a job is {status!r} without its words") from error
        return Answer(words, str(languages[0]) if languages else None)


def _words(utterances: list[Mapping[str, Any]]) -> Iterator[Word]:
    for utterance in utterances:
        for word in utterance["words"]:
            text = str(word["word"]).strip()
            if text:
                yield Word(text, float(word["start"]), float(word["end"]), float(word.get("confidence", 1.0)))
