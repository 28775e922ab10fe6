"""Speech providers by the names of the v1 API: a new one is a module and a line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from minutebook.config import SpeechSettings
from minutebook.outgoing.client import OutgoingClient
from minutebook.speech.providers.gladia import Gladia
from minutebook.speech.providers.ports import TranscriptionService
from minutebook.speech.providers.runpod import Runpod

PROVIDERS: Final[Mapping[str, Callable[[SpeechSettings, OutgoingClient], TranscriptionService]]] = MappingProxyType(
    {
        "Gladia": lambda settings, outgoing: Gladia(settings.gladia_url, outgoing),
        "Runpod": lambda settings, outgoing: Runpod(settings.runpod_url, settings.runpod_endpoint, outgoing),
    }
)
