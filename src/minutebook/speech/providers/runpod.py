"""Runpod serverless: an endpoint with the public faster-whisper worker, started with `run` and asked with `status`.

From its public documentation (docs.runpod.io, endpoint operations) and the worker's input schema; not tried against
the service itself.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from minutebook.outgoing.client import OutgoingClient
from minutebook.speech.providers.http import ProviderHttp
from minutebook.speech.providers.ports import Answer, Order
from minutebook.transcript.model import Word

LONGEST_S: Final = 1200.0
"""`run` takes 10 MB: 20 minutes of our sound are 6.4 MB in base64."""
MODEL: Final = "large-v3"
"""The worker's own default is `base`, which is what is used here without a provider."""
_WORKING: Final = frozenset({"IN_QUEUE", "IN_PROGRESS"})


class Runpod:
    """Transcribes at a Runpod endpoint."""

    def __init__(self, base_url: str, endpoint: str, outgoing: OutgoingClient) -> None:
        self._http = ProviderHttp(self.name, base_url, outgoing)
        self._endpoint = quote(endpoint, safe="")

    @property
    def name(self) -> str:
        return "Runpod"

    @property
    def longest_s(self) -> float:
        return LONGEST_S

    async def submit(self, order: Order, key: str) -> str:
        asked: dict[str, object] = {"model": MODEL, **({"language": order.language} if order.language else {})}
        asked |= {**order.parameters, "word_timestamps": True, "translate": False}
        asked["audio_base64"] = base64.b64encode(order.sound).decode()
        job = await self._http.call("POST", f"/{self._endpoint}/run", _headers(key), json={"input": asked})
        return self._http.job_id(job.get("id"))

    async def answer(self, job: str, key: str) -> Answer | None:
        found = await self._http.call("GET", f"/{self._endpoint}/status/{job}", _headers(key))
        status = found.get("status")
        if status in _WORKING:
            return None
        if status != "COMPLETED":
            raise self._http.failed(f"its job is {str(status).lower()}; {found.get('error') or 'it gives no reason'}")
        try:
            output = found["output"]
            language = output.get("detected_language")
            return Answer(tuple(_words(output)), str(language) if language else None)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._http.invalid("a job is completed without its words") from error


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _words(output: Mapping[str, Any]) -> Iterator[Word]:
    for word in output["word_timestamps"]:
        text = str(word["word"]).strip()
        if text:
            yield Word(text, float(word["start"]), float(word["end"]), float(word.get("probability", 1.0)))
