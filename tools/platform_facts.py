"""What of the facts about meeting pages was seen, what others rely on and what is a guess, as tables for
docs/platforms.md: `python -m tools.platform_facts` puts them there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from minutebook.bots.platforms.facts.files import wordings_of
from minutebook.bots.platforms.facts.model import PageFacts, Probe, Source
from minutebook.bots.platforms.facts.reading import load_pages

PAGE: Final = Path(__file__).parents[1] / "docs" / "platforms.md"
BEGIN: Final = "<!-- facts: written by tools/platform_facts.py -->"
END: Final = "<!-- end of the facts -->"
NAMES: Final = {"google_meet": "Google Meet", "teams": "Microsoft Teams", "zoom": "Zoom"}


def rows_of(facts: PageFacts) -> Iterator[tuple[Source, str, list[str]]]:
    """Source, what it tells or is for, and the facts."""
    for sign in (each for each in facts.signs if not each.probe.patterns):
        urls = [pattern.pattern for pattern in (sign.url, sign.away_from) if pattern is not None]
        yield (
            sign.source,
            f"{sign.place}{f' ({sign.hint})' if sign.hint else ''}",
            [*entries(sign.probe), *urls],
        )
    for step in facts.steps:
        yield step.source, f"step: {step.name}", entries(step.probe)
    for source, probe in zip(facts.leave_sources, facts.leave, strict=True):
        yield source, "leaving", entries(probe)
    if facts.chat is not None:
        chat = facts.chat
        yield chat.source, "chat", [*entries(chat.open), *entries(chat.field), *entries(chat.send)]
    for name, selectors in facts.script.items():
        yield facts.script_sources[name], f"people: {name}", list(selectors)
    yield facts.people_source, "people's words", list(facts.people)


def entries(probe: Probe) -> list[str]:
    """Everything that a probe looks for."""
    return [*probe.selectors, *probe.texts, *probe.labels]


def section(platform: str) -> str:
    """One platform's table: per source and purpose the facts."""
    (facts,) = load_pages(platform)
    rows = list(rows_of(facts))
    counts = {source: sum(len(each) for at, _, each in rows if at is source) for source in Source}
    lines = [f"### {NAMES[platform]}", "", f"Version {facts.version} of {facts.date}: ", ""]
    lines[2] += ", ".join(f"{count} {source}" for source, count in counts.items()) + "."
    lines += ["| source | tells | facts |", "|---|---|---|"]
    for source in Source:
        for _, tells, found in (row for row in rows if row[0] is source):
            shown = " · ".join("`` {} ``".format(each.replace("|", "\\|")) for each in found)
            lines.append(f"| {source} | {tells} | {shown} |")
    return "\n".join(lines)


def wordings() -> str:
    """What is read off its wording on every platform."""
    lines = [
        "### Wordings",
        "",
        "In `wordings/<language>.toml`, all of them guesses; what a page words first in this order:",
        "",
    ]
    for sign in wordings_of():
        told = " ".join(filter(None, (sign["place"], sign.get("cause"))))
        lines.append(f"- {told}: {len(sign['patterns'])} languages")
    return "\n".join(lines)


def written() -> str:
    """The whole of it."""
    return "\n\n".join([BEGIN, *map(section, NAMES), wordings(), END])


def main() -> None:
    """Put it into the page."""
    page = PAGE.read_text("utf-8")
    before, after = page[: page.index(BEGIN)], page[page.index(END) + len(END) :]
    PAGE.write_text(before + written() + after, "utf-8")


if __name__ == "__main__":
    main()
