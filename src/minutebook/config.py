"""All settings, nested, and the only reader of the environment (`MINUTEBOOK_…`, nested names joined by `__`)."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, IPvAnyNetwork, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from minutebook.kit.languages import UNTOLD, language_code


def _comma_separated(value: object) -> object:
    """A list, written with commas or as JSON."""
    if not isinstance(value, str):
        return value
    if value.strip().startswith("["):
        with suppress(ValueError):  # an address in brackets is none: [::1]:9000
            return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _host(entry: str) -> str:
    if _HOST.fullmatch(entry) is None:
        raise ValueError(
            f"`{entry}` is neither a host nor a network, so it can match nothing; write nas.lan or 10.1.0.0/16"
        )
    return entry


def _page(entry: str) -> str:
    parts = urlsplit(entry)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"`{entry}` is no address, so it can match nothing; write https://meet.example.com/")
    return entry


_HOST = re.compile(r"\[?[\w.:-]+(%\w+)?\]?(:\d+)?(/\d+)?")
"""A name, an address or a network, with a port or without; what it means is for whoever matches it to say."""

_DATABASE = re.compile(r"(postgres(ql)?|sqlite)(\+\w+)?://")

CommaSeparated = Annotated[list[str], NoDecode, BeforeValidator(_comma_separated)]
Hosts = Annotated[list[Annotated[str, AfterValidator(_host)]], NoDecode, BeforeValidator(_comma_separated)]
Pages = Annotated[list[Annotated[str, AfterValidator(_page)]], NoDecode, BeforeValidator(_comma_separated)]
Networks = Annotated[list[IPvAnyNetwork], NoDecode, BeforeValidator(_comma_separated)]


class HttpSettings(BaseModel):
    """The server's own face."""

    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` is every one of this machine.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    base_url: str | None = Field(None, description="Public address of the server, when it stands behind a proxy.")
    allowed_hosts: Hosts = Field(
        default_factory=list,
        description="Further names by which the server may be called; others are refused. Comma-separated.",
    )
    trusted_proxies: Networks = Field(
        default_factory=list,
        description="Addresses or networks of proxies whose `X-Forwarded-For`, `-Proto` and `-Host` are believed; "
        "comma-separated.",
    )
    metrics_token: SecretStr | None = Field(None, description="Opens `/metrics` to other machines, as a bearer token.")
    connections: int = Field(4000, description="Most connections at once; fewer where `ulimit -n` leaves less room.")
    connections_per_address: int = Field(500, description="Most connections of one address, trusted proxies excepted.")
    header_s: float = Field(20.0, description="Longest wait for the head of a request, in seconds.")
    body_s: float = Field(30.0, description="Longest wait for a body to begin; 500 bytes earn one more second.")
    keep_alive_s: float = Field(15.0, description="Longest wait for the next request of a connection, in seconds.")
    stalled_s: float = Field(600.0, description="Longest wait for a client to read on, in seconds.")
    max_upload_bytes: int = Field(4 * 1024**3, description="Largest recording accepted, in bytes.")
    reserve_bytes: int = Field(
        512 * 1024**2, description="Room that uploads leave on the disk of the data directory, in bytes."
    )
    max_body_bytes: int = Field(1024 * 1024, description="Largest JSON or form body accepted, in bytes.")

    @field_validator("base_url")
    @classmethod
    def _whole_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "http://none")
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ValueError(f"`{value}` is no address of a server; write https://minutes.example.com, without a path")
        return value

    @property
    def local_address(self) -> str:
        """Where processes of this machine reach the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"

    @property
    def address(self) -> str:
        """Where its users reach the server."""
        return (self.base_url or self.local_address).rstrip("/")


class OAuthSettings(BaseModel):
    """Sign-in and tokens."""

    redirect_uris: CommaSeparated = Field(
        default_factory=list,
        description="Redirect URIs allowed besides loopback ones; exact matches, comma-separated.",
    )
    access_token_s: int = Field(3600, description="Life of an access token, in seconds.")
    refresh_token_s: int = Field(30 * 24 * 3600, description="Life of a refresh token, in seconds.")
    google_client_id: str | None = Field(None, description="Google sign-in appears when id and secret are set.")
    google_client_secret: SecretStr | None = Field(None, description="See google_client_id.")
    openid_issuer: str | None = Field(
        None, description="Address of any OpenID provider; its sign-in appears when id and secret are set too."
    )
    openid_client_id: str | None = Field(None, description="See openid_issuer.")
    openid_client_secret: SecretStr | None = Field(None, description="See openid_issuer.")
    openid_name: str = Field("single sign-on", description="What the button for that sign-in says.")
    openid_trusts_addresses: bool = Field(
        False, description="Take addresses for verified of which that provider does not say whether they are."
    )

    @field_validator("openid_issuer")
    @classmethod
    def _issuer_is_https(cls, value: str | None) -> str | None:
        """OpenID Connect Discovery 1.0, section 3; loopback is for trying out."""
        parts = urlsplit(value or "")
        if value and parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("must begin with https://")
        return value


class SpeechSettings(BaseModel):
    """Transcription."""

    engine: Literal["faster-whisper", "onnx-asr", "openai"] = Field(
        "faster-whisper", description="Which recogniser is used."
    )
    model: str = Field("base", description="`base` (bundled), `tiny.en`, a model name of the hub, or a folder.")
    threads: int = Field(0, description="Processor threads for speech; 0 takes all cores.")
    language: str | None = Field(None, description="Language of all recordings (`de`); detected when not set.")
    base_url: str | None = Field(None, description="Address of an OpenAI-compatible endpoint (engine `openai`).")
    api_key: SecretStr | None = Field(None, description="Key for that endpoint.")
    hub_url: str = Field("https://huggingface.co", description="Model hub that `minutebook models fetch` reads from.")
    chunk_s: float = Field(600.0, description="Length of the pieces a long recording is worked on in, in seconds.")
    max_duration_s: float = Field(12 * 3600, description="Longest recording accepted, in seconds.")
    gladia_url: str = Field("https://api.gladia.io", description="Address of the Gladia API (bots may ask for it).")
    runpod_url: str = Field("https://api.runpod.ai/v2", description="Address of the Runpod API (bots may ask for it).")
    runpod_endpoint: str = Field("faster-whisper", description="Runpod endpoint that transcribes.")

    @field_validator("language")
    @classmethod
    def _known_language(cls, told: str | None) -> str | None:
        if told is None or told.strip().casefold() in UNTOLD:
            return None
        if (code := language_code(told)) is None:
            raise ValueError(f"`{told}` is neither a language's code nor its English name")
        return code


class LlmSettings(BaseModel):
    """An optional language model for notes; without one notes are extractive."""

    base_url: str | None = Field(None, description="Address of an OpenAI-compatible endpoint.")
    model: str | None = Field(None, description="Model name at that endpoint.")
    api_key: SecretStr | None = Field(None, description="Key for that endpoint.")
    timeout_s: float = Field(300.0, gt=0, description="Longest wait for the next word of an answer, in seconds.")
    answer_s: float = Field(900.0, gt=0, description="Longest wait for the whole of an answer, in seconds.")
    attempts: int = Field(3, ge=1, description="How often a busy endpoint is asked before a part is made without it.")
    max_tokens: int = Field(4096, ge=1, description="Longest answer, in tokens.")
    chunk_words: int = Field(1500, ge=100, description="Longest stretch of a talk in one request, in words.")
    price_prompt: float | None = Field(None, description="Price of 1000 tokens sent, for the cost in the report.")
    price_completion: float | None = Field(None, description="Price of 1000 tokens received.")


class JobSettings(BaseModel):
    """Durable work."""

    workers: int = Field(1, ge=0, description="Worker processes that `serve` starts; 0 when workers run elsewhere.")
    poll_s: float = Field(0.2, description="How often a worker looks for work, in seconds.")
    heartbeat_s: float = Field(2.0, description="How often a worker says that it is alive, in seconds.")
    lease_s: float = Field(8.0, description="After this silence a worker's work is given to another, in seconds.")


class OutgoingSettings(BaseModel):
    """Requests that the server makes to addresses which users give."""

    allow: Hosts = Field(
        default_factory=list,
        description="Hosts or networks that may be reached although they are not public; comma-separated.",
    )
    timeout_s: float = Field(30.0, description="Longest wait for an answer, in seconds.")


class BotSettings(BaseModel):
    """Bots that join calls."""

    launcher: Literal["process", "fake"] = Field(
        "process", description="`process` starts a runner per bot; `fake` joins nothing (tests of the API)."
    )
    concurrency: int = Field(4, ge=0, description="Bots at work at once on this machine; 0 starts none here.")
    home_url: str | None = Field(None, description="Where runners reach the server; its own address when not set.")
    chromium: str | None = Field(None, description="Path of the Chromium to use; looked for when not set.")
    facts: Path | None = Field(
        None,
        description="Folder with facts about meeting pages (`PLATFORM/NAME.toml`) that replace those of the release.",
    )
    webrtc_pages: Pages = Field(
        default_factory=list,
        description="Addresses (prefixes) of self-hosted WebRTC meeting pages that bots may join; comma-separated.",
    )
    voice: str | None = Field(
        None,
        description="Program with which bots say texts: reads text from standard input, writes WAV to standard output, "
        "such as `espeak-ng --stdin --stdout`.",
    )
    chunk_s: float = Field(10.0, description="Length of the pieces in which a call is brought to safety, in seconds.")
    lost_after_s: float = Field(15.0, description="After this silence a runner is taken for lost, in seconds.")
    attempts: int = Field(5, description="How often a bot that lost its runner is sent again.")
    longest_s: int = Field(4 * 3600, description="Longest stay of a bot in a call, in seconds.")
    alone_s: int = Field(60, description="A bot leaves when it has been alone again for so long, in seconds.")
    media_url_s: int = Field(4 * 3600, description="How long a link to a bot's recording works, in seconds.")


class GoogleSettings(BaseModel):
    """Google's APIs, for calendars and recordings of Google Meet."""

    oauth_url: str = Field("https://oauth2.googleapis.com", description="Address of Google's token endpoint.")
    api_url: str = Field("https://www.googleapis.com", description="Address of the Google Calendar API and of Drive's.")
    meet_url: str = Field("https://meet.googleapis.com", description="Address of the Google Meet API.")


class MicrosoftSettings(BaseModel):
    """Microsoft's APIs, for calendars and recordings of meetings."""

    login_url: str = Field("https://login.microsoftonline.com", description="Address of Microsoft's token endpoint.")
    graph_url: str = Field("https://graph.microsoft.com", description="Address of Microsoft Graph.")
    recordings: bool = Field(
        False, description="Whether organisers' own recordings of Teams meetings are imported, which needs more scopes."
    )


class ZoomSettings(BaseModel):
    """Zoom's OAuth and API, for connections, and its Meeting SDK, for bots."""

    oauth_url: str = Field("https://zoom.us", description="Address of Zoom's OAuth.")
    api_url: str = Field("https://api.zoom.us", description="Address of the Zoom API.")
    sdk_url: str | None = Field(
        None,
        description="Where bots load Zoom's Meeting SDK from, up to its version (`…/6.2.0`); they do not when not set.",
    )


class CalendarSettings(BaseModel):
    """Connected calendars."""

    window_days: int = Field(30, description="How many days ahead calendars are read.")
    keep_days: int = Field(90, description="How many days events are kept after they ended.")
    poll_s: float | None = Field(
        None, description="How often calendars are read that tell nothing by themselves, in seconds; by provider."
    )
    push_poll_s: float = Field(900.0, description="How often calendars are read that do tell, in seconds.")
    concurrency: int = Field(8, description="Calendars that one worker reads at once.")


class Settings(BaseSettings):
    """Everything that can be configured. Defaults run the whole product on a laptop."""

    model_config = SettingsConfigDict(
        env_prefix="MINUTEBOOK_", env_nested_delimiter="__", env_file=".env", extra="ignore"
    )

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("minutebook", appauthor=False)),
        description="Where database, recordings and models live unless set otherwise.",
    )
    database_url: str | None = Field(None, description="Postgres address; SQLite in the data directory when not set.")
    storage_url: str | None = Field(None, description="`s3://bucket/prefix`; files in the data directory when not set.")
    storage_endpoint: str | None = Field(None, description="Endpoint of an S3-compatible server.")
    storage_region: str = Field("us-east-1", description="Region of the bucket.")
    storage_access_key: str | None = Field(None, description="Access key of the bucket.")
    storage_secret_key: SecretStr | None = Field(None, description="Secret key of the bucket.")
    secret_key: SecretStr | None = Field(
        None, description="Seals stored secrets and signs links; the same on all machines. A file is made when not set."
    )
    old_secret_keys: SecretStr | None = Field(
        None, description="Secret keys of before, separated by blanks: they still open what they have sealed."
    )
    events_days: int = Field(90, description="How long the record of events is kept, in days.")
    access_log_days: int = Field(90, ge=0, description="How long it is kept who read, played or took away a recording.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")

    http: HttpSettings = HttpSettings()
    oauth: OAuthSettings = OAuthSettings()
    speech: SpeechSettings = SpeechSettings()
    llm: LlmSettings = LlmSettings()
    jobs: JobSettings = JobSettings()
    outgoing: OutgoingSettings = OutgoingSettings()
    bots: BotSettings = BotSettings()
    calendars: CalendarSettings = CalendarSettings()
    google: GoogleSettings = GoogleSettings()
    microsoft: MicrosoftSettings = MicrosoftSettings()
    zoom: ZoomSettings = ZoomSettings()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is not None and _DATABASE.match(value) is None:
            raise ValueError("it has to look like postgresql://user:password@host:5432/name")
        _ = urlsplit(value or "").port  # a ValueError when it is none
        return value

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address, whichever it is."""
        return self.database_url or f"sqlite:///{self.data_dir / 'minutebook.db'}"

    @property
    def models_dir(self) -> Path:
        """Where model weights are kept."""
        return self.data_dir / "models"
