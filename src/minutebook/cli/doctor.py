"""`minutebook doctor`: looks at everything the product needs and says what to do about what is wrong."""

import asyncio
import json
import shutil
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.text import Text

from minutebook.cli.console import print_lines
from minutebook.cli.exits import FAILED
from minutebook.cli.settings import settings_for, without_effect
from minutebook.config import Settings
from minutebook.errors import MinutebookError

LOW_DISK_BYTES = 2 * 1024**3
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine that runs this release has an honest clock before its year."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check: what was seen, and what to do, when it is not well or could be better."""

    ok: bool
    detail: str
    advice: str = ""
    path: str = ""

    @property
    def mark(self) -> Text:
        """What stands before it: `ok`, `note` when there is something to do all the same, or `FAIL`."""
        if not self.ok:
            return Text("FAIL", style="red")
        return Text("note", style="yellow") if self.advice else Text("ok", style="green")

    @property
    def said(self) -> str:
        """Everything about it as sentences."""
        seen = f"{self.detail} ({self.path})" if self.path else self.detail
        return f"{seen}. {self.advice}" if self.advice else seen


async def _asr(settings: Settings) -> Finding:
    from minutebook.speech.catalogue import chosen
    from minutebook.speech.weights import fetched, locate

    speech = chosen(settings.speech, settings.models_dir)
    if speech.engine == "openai":
        return Finding(True, f"remote endpoint {speech.base_url}")
    find = locate if speech.engine == "faster-whisper" else fetched
    path = await asyncio.to_thread(find, speech.model, settings.models_dir)
    return Finding(True, f"model {speech.model}", path=str(path))


async def _better(settings: Settings) -> Finding:
    import psutil

    from minutebook.speech.catalogue import chosen, recommended

    memory_mb, cores = psutil.virtual_memory().total / 1e6, psutil.cpu_count() or 1
    machine = f"{cores} cores, {memory_mb / 1000:.0f} GB"
    best = recommended(memory_mb, cores)
    if best.name == chosen(settings.speech, settings.models_dir).model:
        return Finding(True, f"{best.name} is what suits this machine ({machine})")
    fetching = "" if best.bundled else f"`minutebook models fetch {best.name}`, then "
    how = f"{fetching}`minutebook models use {best.name}`"
    return Finding(True, f"{best.name} would suit this machine ({machine})", f"{how}: fewer wrong words.")


async def _speed(settings: Settings) -> Finding:
    import psutil

    from minutebook.speech.catalogue import chosen, entries
    from minutebook.speech.measuring import measured, measured_now

    speech = chosen(settings.speech, settings.models_dir)
    entry = next((each for each in entries() if each.name == speech.model), None)
    if entry is None or speech.engine == "openai":
        return Finding(True, f"{speech.model} is not measured here")
    models = settings.models_dir
    cost = measured(entry, models)
    if cost is None:
        cost = await asyncio.to_thread(measured_now, entry, models, speech.threads)
    free_mb = psutil.virtual_memory().available / 2**20
    detail = (
        f"an hour of sound takes about {max(round(60 / cost.times_real_time), 1)} min with {entry.name} "
        f"({cost.times_real_time:.1f} × real time); {free_mb:.0f} MB of memory are free, it needs {cost.peak_mb:.0f}"
    )
    if free_mb < cost.peak_mb:
        return Finding(True, detail, "Recordings may fail for want of memory: close other programs.")
    return Finding(True, detail)


async def _voices(settings: Settings) -> Finding:
    from minutebook.speech.diarization import Diarizer

    await asyncio.to_thread(Diarizer, settings.speech.threads)
    return Finding(True, "segmentation and speaker models load")


async def _language(settings: Settings) -> Finding:
    from minutebook.language.producers.choice import looked_at

    llm = settings.llm
    if not llm.base_url and not llm.model:
        return Finding(True, "no language model is set; notes are made by rules")
    if not llm.base_url or not llm.model:
        advice = "Set both MINUTEBOOK_LLM__BASE_URL and MINUTEBOOK_LLM__MODEL: notes are made by rules until then."
        return Finding(True, "only one of address and model is set", advice)
    seen = await asyncio.to_thread(looked_at, llm)
    if seen.failure is not None:
        detail = f"the language model {llm.model} does not answer: {seen.failure}"
        return Finding(
            False, detail, "Start the language model, or check MINUTEBOOK_LLM__BASE_URL, __MODEL and __API_KEY."
        )
    detail = f"the language model {llm.model} answers in {seen.took_s:.1f} s"
    if seen.elsewhere is not None:
        return Finding(True, detail, f"But {seen.elsewhere}: the server takes any name.")
    return Finding(True, detail)


async def _database(settings: Settings) -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from minutebook.db.database import Database
    from minutebook.db.migrations.run import check_sound
    from minutebook.storage.private import keep_private

    keep_private(settings.data_dir)
    database = Database(settings.sqlalchemy_url)
    try:
        await check_sound(database)
    except SQLAlchemyError as error:
        return Finding(False, type(error).__name__, "Check MINUTEBOOK_DATABASE_URL and that the server is running.")
    finally:
        await database.close()
    return Finding(True, database.url.render_as_string(hide_password=True))


async def _queue(settings: Settings) -> Finding:
    from minutebook.db.database import Database
    from minutebook.jobs.health import check_queue
    from minutebook.jobs.system import system_url

    database = Database(settings.sqlalchemy_url)
    await asyncio.to_thread(check_queue, system_url(database.url), thorough=True)
    await database.close()
    return Finding(True, "the queue of work can be read")


async def _storage(settings: Settings) -> Finding:
    from minutebook.storage import storage_of

    await storage_of(settings).check()
    return Finding(True, settings.storage_url or str(settings.data_dir))


async def _privacy(settings: Settings) -> Finding:
    from minutebook.storage.private import make_private

    mended = await asyncio.to_thread(make_private, settings.data_dir, thoroughly=True)
    if mended:
        return Finding(True, f"was open to others in {mended} places; closed now", path=str(settings.data_dir))
    return Finding(True, "closed to others on this machine", path=str(settings.data_dir))


async def _disk(settings: Settings) -> Finding:
    place = next(p for p in (settings.data_dir, *settings.data_dir.parents) if p.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < max(LOW_DISK_BYTES, settings.http.reserve_bytes):
        return Finding(False, detail, "Free some space, or set MINUTEBOOK_DATA_DIR to a larger disk.")
    return Finding(True, detail)


async def _clock(_settings: Settings) -> Finding:
    now = datetime.now(UTC)
    if now < EARLIEST:
        return Finding(False, f"{now:%Y-%m-%d %H:%M} UTC", "Set the machine's clock: tokens and dates depend on it.")
    return Finding(True, f"{now:%Y-%m-%d %H:%M} UTC")


async def _key(settings: Settings) -> Finding:
    from minutebook.records import key_file
    from minutebook.sealing import keys_in

    if settings.secret_key is not None:
        return Finding(True, "the key of MINUTEBOOK_SECRET_KEY")
    path = key_file(settings)
    if not path.exists():
        return Finding(True, "none yet; it is made when something is sealed or the server starts")
    keys_in(path.read_bytes(), path)
    return Finding(True, "can be read", path=str(path))


async def _settings(_settings: Settings) -> Finding:
    if found := without_effect():
        return Finding(True, "variables without effect", " ".join(found))
    return Finding(True, "every MINUTEBOOK_ variable is a setting")


async def _chromium(settings: Settings) -> Finding:
    from minutebook.bots.runner.browser import (
        NO_DRIVER,
        BrowserMissingError,
        find_chromium,
        is_driver_installed,
        own_chromium,
    )

    if settings.bots.concurrency == 0:
        return Finding(True, "no bots are sent from this machine")
    if not is_driver_installed():
        return Finding(True, "no bots are sent from here", NO_DRIVER)
    try:
        found = find_chromium(settings.bots.chromium) or await own_chromium()
    except BrowserMissingError as error:
        return Finding(False, "no browser there", str(error))
    if found is None:
        # Recordings need none, so this is nothing that is wrong.
        advice = f"Bots cannot join calls: install Chromium, or run `{sys.executable} -m playwright install chromium`."
        return Finding(True, "no Chromium found", advice)
    return Finding(True, "Chromium for bots", path=found)


Check = Callable[[Settings], Awaitable[Finding]]
CHECKS: dict[str, dict[str, Check]] = {
    "models": {"asr": _asr, "recommended": _better, "speed": _speed, "voices": _voices, "language": _language},
    "bots": {"chromium": _chromium},
    "system": {
        "privacy": _privacy,
        "database": _database,
        "queue": _queue,
        "storage": _storage,
        "disk": _disk,
        "clock": _clock,
        "key": _key,
        "settings": _settings,
    },
}


async def _examine(settings: Settings) -> dict[str, dict[str, Finding]]:
    from minutebook.storage.private import keep_private

    # What the checks themselves make is nothing that others found open. Where it cannot be made, a check says so.
    with suppress(MinutebookError):
        keep_private(settings.data_dir)
    return {
        group: {name: await _finding(check, settings) for name, check in checks.items()}
        for group, checks in CHECKS.items()
    }


async def _finding(check: Check, settings: Settings) -> Finding:
    try:
        return await check(settings)
    except MinutebookError as error:
        return Finding(False, error.code, error.message)
    except OSError as error:
        return Finding(False, str(error), "Check that the folder exists and may be written to.")


def doctor(
    as_json: bool = typer.Option(False, "--json", help="Machine-readable output."),
    data_dir: Path | None = typer.Option(None, "--data-dir", help="The data directory to look at."),
) -> None:
    """Check models, a language model, database, storage, disk, clock and browser, and say what to do."""
    findings = asyncio.run(_examine(settings_for(data_dir)))
    well = all(finding.ok for group in findings.values() for finding in group.values())
    if as_json:
        report = {group: {name: asdict(f) for name, f in checks.items()} for group, checks in findings.items()}
        typer.echo(json.dumps({"ok": well, **report}, indent=2))
    else:
        print_lines(
            [
                (finding.mark, f"{group}.{name}", finding.said)
                for group, checks in findings.items()
                for name, finding in checks.items()
            ]
        )
    if not well:
        raise typer.Exit(FAILED)
