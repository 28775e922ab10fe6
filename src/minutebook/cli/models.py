"""`minutebook models`: which recognition models there are, what they cost, and which one is in use."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from minutebook.cli.console import stderr, stdout, table_of
from minutebook.cli.exits import tell
from minutebook.cli.settings import settings_for
from minutebook.errors import Kind, MinutebookError, invalid

app = typer.Typer(help="Recognition models: what each costs, fetching, choosing.", no_args_is_help=True)

NAME = typer.Argument(..., help="Name of the model, as `minutebook models list` shows it.", show_default=False)
DATA_DIR = typer.Option(None, "--data-dir", help="The data directory that holds the models.")


@app.command("list")
@tell
def list_models(
    measure: bool = typer.Option(False, "--measure", help="First measure those that are here and were not measured."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """List the models: size, memory, speed on this machine, languages, licence."""
    from minutebook.speech.catalogue import chosen, entries
    from minutebook.speech.catalogue.state import state_of
    from minutebook.speech.measuring import measured, measured_now

    settings = settings_for(data_dir)
    in_use = chosen(settings.speech, settings.models_dir).model
    rows = []
    for entry in entries():
        state = state_of(entry, settings.models_dir)
        cost = measured(entry, settings.models_dir)
        if measure and cost is None and state.is_here:
            cost = measured_now(entry, settings.models_dir, settings.speech.threads)
        rows.append((entry, "in use" if entry.name == in_use else state.value, cost))
    if as_json:
        shown = [{**asdict(e), "state": s, "measured": asdict(c) if c else None} for e, s, c in rows]
        typer.echo(json.dumps(shown, indent=2))
        return
    table = table_of("model", "state", "size", "memory", "speed here", "languages", "engine", "licence")
    for entry, shown_state, cost in rows:
        memory = f"{cost.peak_mb:.0f} MB" if cost else f"about {entry.memory_mb} MB"
        speed = f"{cost.times_real_time:.1f} × real time" if cost else "not measured"
        size = f"{entry.size_mb} MB"
        table.add_row(entry.name, shown_state, size, memory, speed, entry.spoken, entry.engine, entry.licence)
    stdout.print(table)


@app.command("fetch")
@tell
def fetch_model(name: str = NAME, data_dir: Path | None = DATA_DIR) -> None:
    """Fetch a model from the hub; what an earlier try left is used."""
    from minutebook.speech.catalogue import entry_of
    from minutebook.speech.catalogue.fetching import fetch
    from minutebook.speech.catalogue.hub import Hub

    settings, entry = settings_for(data_dir), entry_of(name)
    if entry.bundled:
        raise invalid("model_bundled", f"The model {name} comes with a package; there is nothing to fetch.", "name")
    with _progress(name) as tell_bytes:
        folder = fetch(entry, settings.models_dir, Hub(settings.speech.hub_url), tell_bytes)
    stderr.print(f"{name} is in {folder}. Use it with `minutebook models use {name}`.")


@app.command("use")
@tell
def use_model(name: str = NAME, data_dir: Path | None = DATA_DIR) -> None:
    """Use a model from now on; processes that run already keep theirs until they start again."""
    from minutebook.speech.catalogue import entry_of
    from minutebook.speech.catalogue.choice import note, told
    from minutebook.speech.catalogue.state import state_of

    settings, entry = settings_for(data_dir), entry_of(name)
    state = state_of(entry, settings.models_dir)
    if not state.is_here:
        raise MinutebookError(Kind.CONFLICT, "model_not_here", f"The model {name} is not here: {state.how(entry)}")
    note(entry, settings.models_dir)
    stdout.print(f"{name} is used from the next start on.")
    if told(settings.speech):
        stderr.print("The settings name another model (MINUTEBOOK_SPEECH__MODEL or …__ENGINE): those win.")


@app.command("remove")
@tell
def remove_model(name: str = NAME, data_dir: Path | None = DATA_DIR) -> None:
    """Remove a fetched model; `base` is used again when it was in use."""
    from minutebook.speech.catalogue import entry_of
    from minutebook.speech.catalogue.choice import note, noted
    from minutebook.speech.catalogue.fetching import remove

    settings, entry = settings_for(data_dir), entry_of(name)
    if entry.bundled:
        raise invalid("model_bundled", f"The model {name} comes with a package and stays with it.", "name")
    if noted(settings.models_dir) == name:
        note(entry_of("base"), settings.models_dir)
        stderr.print("It was in use; base is used again from the next start on.")
    freed = remove(entry, settings.models_dir)
    if not freed:
        raise MinutebookError(Kind.NOT_FOUND, "model_not_here", f"The model {name} is not here.")
    stdout.print(f"{name} is removed, {freed / 1e6:.0f} MB are free again.")


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=stderr) as bar:
        task = bar.add_task(f"Fetching {name}", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
