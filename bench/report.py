"""Tables and a plot from the outcomes of a comparison."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.evaluation import Item
from bench.scoring import WordErrors, diarization_errors, speaker_word_errors, word_errors
from bench.systems import Outcome
from minutebook.transcript.model import Turn

OURS, PLAIN = "minutebook", "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """One recording, both systems. Counts and seconds, so that rows can be pooled; empty where nothing is known."""

    name: str
    kind: str
    duration_s: float
    words: Mapping[str, WordErrors]
    speaker_words: tuple[int, int] | None
    diarization: Mapping[str, tuple[float, float]]
    voices: tuple[int, int] | None
    cpu_s: Mapping[str, float]
    wall_s: Mapping[str, float]
    peak_rss_mb: Mapping[str, float]
    diarization_cpu_s: float


def score(item: Item, duration_s: float, outcomes: Mapping[str, Outcome]) -> Row:
    """Compare what the systems said with what is known."""
    ours = outcomes[OURS]
    turns = [Turn(*turn) for turn in ours["turns"]]
    return Row(
        name=item.name,
        kind=item.kind,
        duration_s=duration_s,
        words=_words(item, outcomes),
        speaker_words=speaker_word_errors(item.speaker_texts, ours["speaker_texts"]) if item.speaker_texts else None,
        diarization=diarization_errors(item.turns, turns, duration_s) if item.turns else {},
        voices=(len({t.speaker for t in turns}), len({t.speaker for t in item.turns})) if item.turns else None,
        cpu_s={name: outcome["cpu_s"] for name, outcome in outcomes.items()},
        wall_s={name: outcome["wall_s"] for name, outcome in outcomes.items()},
        peak_rss_mb={name: outcome["peak_rss_mb"] for name, outcome in outcomes.items()},
        diarization_cpu_s=ours["diarization_cpu_s"],
    )


def _words(item: Item, outcomes: Mapping[str, Outcome]) -> dict[str, WordErrors]:
    if item.text is None:
        return {}
    return {name: word_errors(item.text, outcome["text"]) for name, outcome in outcomes.items()}


def summary(rows: Sequence[Row]) -> str:
    """The pooled figures as a Markdown table."""
    seconds = sum(row.duration_s for row in rows)
    words = {name: _pooled_words(rows, name) for name in (OURS, PLAIN)}
    cpu = {name: sum(row.cpu_s[name] for row in rows) for name in (OURS, PLAIN)}
    wall = {name: sum(row.wall_s[name] for row in rows) for name in (OURS, PLAIN)}
    figures: list[tuple[str, Callable[[str], str]]] = [
        ("WER %", lambda name: f"{words[name].rate:.2f}"),
        ("substituted / deleted / inserted", lambda name: _edits(words[name])),
        ("runs of ≥ 10 deleted words (longest run)", lambda name: _runs(words[name])),
        ("CPU real-time factor", lambda name: f"{cpu[name] / seconds:.4f}"),
        ("wall real-time factor", lambda name: f"{wall[name] / seconds:.4f}"),
        ("CPU, plain = 1", lambda name: f"{cpu[name] / cpu[PLAIN]:.2f}"),
        ("wall, plain = 1", lambda name: f"{wall[name] / wall[PLAIN]:.2f}"),
        ("peak RSS MB", lambda name: f"{max(row.peak_rss_mb[name] for row in rows):.0f}"),
    ]
    lines = [[label, figure(OURS), figure(PLAIN)] for label, figure in figures]
    own = sum(row.diarization_cpu_s for row in rows) / seconds
    lines.insert(4, ["of that, diarization", f"{own:.4f}", ""])
    return table(["", "minutebook (speakers, word times)", "plain faster-whisper"], lines)


def by_kind(rows: Sequence[Row]) -> str:
    """Word and speaker errors by kind of recording, as a Markdown table."""
    kinds = {kind: [row for row in rows if row.kind == kind] for kind in dict.fromkeys(row.kind for row in rows)}
    lines = [
        [
            kind,
            f"{sum(row.duration_s for row in part) / 60:.1f}",
            *_rates(part),
            _cp(part),
            _der(part, "0.25"),
            _der(part, "0.25 alone"),
            _der(part, "0"),
            f"{_ratio(part):.2f}",
        ]
        for kind, part in kinds.items()
    ]
    return table(
        ["kind", "min", "WER", "WER plain", "cpWER", "DER ±0.25", "without overlap", "DER 0", "CPU, plain = 1"], lines
    )


def by_recording(rows: Sequence[Row]) -> str:
    """Every recording, as a Markdown table."""
    lines = [
        [
            row.name,
            *_rates([row]),
            _cp([row]),
            _der([row], "0.25"),
            _der([row], "0.25 alone"),
            _der([row], "0"),
            f"{row.voices[0]} of {row.voices[1]}" if row.voices else "",
            *(f"{row.cpu_s[name] / row.duration_s:.3f}" for name in (OURS, PLAIN)),
        ]
        for row in rows
    ]
    head = [
        "recording",
        "WER",
        "WER plain",
        "cpWER",
        "DER ±0.25",
        "without overlap",
        "DER 0",
        "voices",
        "CPU",
        "CPU plain",
    ]
    return table(head, lines)


def plot(rows: Sequence[Row], to: Path) -> None:
    """Word error rate and CPU real-time factor of both systems, per recording."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (errors, cost) = pyplot.subplots(2, 1, figsize=(9, 7), layout="constrained")
    worded = [row for row in rows if row.words]
    _bars(errors, worded, lambda row, name: row.words[name].rate)
    errors.set_ylabel("WER %")
    _bars(cost, rows, lambda row, name: row.cpu_s[name] / row.duration_s)
    cost.set_ylabel("CPU s per s of sound")
    errors.legend()
    figure.suptitle("minutebook (speakers, word times) and plain faster-whisper: same weights, beam 5, int8")
    figure.savefig(to, dpi=110)
    pyplot.close(figure)


def _bars(axes: object, rows: Sequence[Row], value: Callable[[Row, str], float]) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    for offset, name in ((-0.2, OURS), (0.2, PLAIN)):
        axes.bar([at + offset for at in range(len(rows))], [value(row, name) for row in rows], 0.4, label=name)
    axes.set_xticks(range(len(rows)), [row.name for row in rows], rotation=35, ha="right")


def _pooled_words(rows: Iterable[Row], name: str) -> WordErrors:
    return sum((row.words[name] for row in rows if row.words), WordErrors())


def _edits(errors: WordErrors) -> str:
    return f"{errors.substitutions} / {errors.deletions} / {errors.insertions} of {errors.words}"


def _runs(errors: WordErrors) -> str:
    return f"{errors.long_deletions} ({errors.longest_deletion})"


def _rates(rows: Sequence[Row]) -> list[str]:
    worded = [row for row in rows if row.words]
    return [f"{_pooled_words(worded, name).rate:.2f}" if worded else "" for name in (OURS, PLAIN)]


def _cp(rows: Sequence[Row]) -> str:
    counted = [row.speaker_words for row in rows if row.speaker_words]
    return f"{100 * sum(errors for errors, _ in counted) / sum(words for _, words in counted):.2f}" if counted else ""


def _der(rows: Sequence[Row], collar: str) -> str:
    parts = [row.diarization[collar] for row in rows if row.diarization]
    return f"{100 * sum(wrong for wrong, _ in parts) / sum(total for _, total in parts):.1f}" if parts else ""


def _ratio(rows: Sequence[Row]) -> float:
    return sum(row.cpu_s[OURS] for row in rows) / sum(row.cpu_s[PLAIN] for row in rows)


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first hold figures."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))
