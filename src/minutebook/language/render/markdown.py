"""Notes, key points and sentiment as Markdown.

Speaker ids are what is stored; names are put in when something is shown, so that a rename needs no new analysis.
Everything that was said or written by a model is escaped: a note can hold no image, link, heading or HTML of its own.
"""

from collections.abc import Iterable, Sequence

from minutebook.language.items.citing import carrying
from minutebook.language.lexicon import Lexicon, lexicon_of
from minutebook.language.model import (
    Item,
    ItemKind,
    KeyPoint,
    MeetingType,
    Mood,
    Note,
    NoteSection,
    Owner,
    Sentiment,
    Unsupported,
)
from minutebook.language.render.summary import begins, summary_of
from minutebook.language.talk.people import first_key, is_default_name
from minutebook.transcript.joining import as_written
from minutebook.transcript.model import Transcript
from minutebook.transcript.render.neutral import in_markdown as escaped

_ORDERS = {
    MeetingType.GROUP: ("decision", "action", "question", "topic"),
    MeetingType.TEAM: ("action", "decision", "question", "topic"),
    MeetingType.DEPARTMENT: ("decision", "action", "topic", "question"),
    MeetingType.CROSS_FUNCTIONAL: ("decision", "action", "question", "topic"),
    MeetingType.ORGANIZATION: ("decision", "topic", "action", "question"),
    MeetingType.COMPANY: ("decision", "topic", "action", "question"),
}
"""Emphasis by kind of meeting: teams look for their tasks first, a company for what was decided and discussed."""
_QUOTES = {MeetingType.ORGANIZATION: 1, MeetingType.COMPANY: 1}
"""Quotes shown per line where fewer are than those that carry it; of the others the times alone stand there."""


def clock(seconds: float) -> str:
    """`m:ss`, or `h:mm:ss` from one hour."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def owner_name(owner: Owner | None, transcript: Transcript) -> str | None:
    """How an owner is shown now: by the voice's name; while the voice has none, by the name used in the talk."""
    if owner is None:
        return None
    if owner.speaker is None:
        return _named_voice(owner.name, transcript) or owner.name
    shown = transcript.name_of(owner.speaker)
    return f"{owner.name} ({shown})" if owner.name and is_default_name(shown) else shown


def _named_voice(name: str | None, transcript: Transcript) -> str | None:
    matches = [s.name for s in transcript.speakers if name and first_key(s.name) == first_key(name)]
    return matches[0] if len(matches) == 1 else None


def note_markdown(
    note: Note, transcript: Transcript, title: str | None = None, sections: Sequence[NoteSection] = ()
) -> str:
    """The note with headings in the recording's language; each line links its time (`#t=` seconds) and quotes. Of the
    transcript only the voices are needed. `sections` say which kinds of item are shown, in which order and under which
    headings; without them all are, in the order of the type of meeting, after the summary."""
    words, meeting_type = lexicon_of(note.language), note.meeting_type
    summary = [] if sections else _summary_lines(note, transcript, words)
    sections = sections or [NoteSection((ItemKind(kind),)) for kind in _ORDERS[meeting_type]]
    wanted = {kind for section in sections for kind in section.kinds}
    lines = [f"# {escaped(title) if title else words.headings['note']}", "", *summary]
    for section in sections:
        items = [item for kind in section.kinds for item in note.items if item.kind == kind]
        if items:
            lines += [f"## {_section_heading(section, words)}", ""]
            for item in items:
                lines += _item_lines(item, transcript, words, _QUOTES.get(meeting_type))
            lines.append("")
    if not any(item.kind in wanted for item in note.items):
        lines += [words.headings["nothing"], ""]
    lines += _unsupported_lines([each for each in note.unsupported if each.item.kind in wanted], words)
    if note.notices:
        lines += [f"## {words.headings['notices']}", "", *(f"- {escaped(n)}" for n in note.notices), ""]
    return "\n".join(lines).rstrip() + "\n"


def _summary_lines(note: Note, transcript: Transcript, words: Lexicon) -> list[str]:
    lines = [
        f"- {words.headings[line.kind]}: "
        + "; ".join(f"{_said(item.text, transcript)} {_time_link(begins(item))}" for item in line.items)
        for line in summary_of(note)
    ]
    return [f"## {words.headings['summary']}", "", *lines, ""] if lines else []


def _section_heading(section: NoteSection, words: Lexicon) -> str:
    return escaped(section.heading) if section.heading else ", ".join(words.headings[kind] for kind in section.kinds)


def _item_lines(item: Item, transcript: Transcript, words: Lexicon, most: int | None) -> list[str]:
    lines = [f"- {_headline(item, transcript, words)} {_when(item)}"]
    shown = carrying(item, words)[:most]
    for evidence in shown:
        name = escaped(transcript.name_of(evidence.speaker))
        lines.append(f"  - {_time_link(evidence.start)} {name}: “{_said(evidence.quote, transcript)}”")
    others = sorted({e.start for e in item.evidence if e not in shown} - {begins(item)})
    return [*lines, f"  - … {' '.join(_time_link(start) for start in others)}"] if others else lines


def _headline(item: Item, transcript: Transcript, words: Lexicon) -> str:
    text = _said(item.text, transcript) + (f" (re: “{_said(item.context, transcript)}”)" if item.context else "")
    details = []
    if item.kind is ItemKind.ACTION:
        details.append(escaped(owner_name(item.owner, transcript) or words.headings["owner_unknown"]))
        text = f"**{text}**"
    if item.due is not None:
        when = f" ({item.due.on.isoformat()})" if item.due.on else ""
        details.append(f"{words.headings['due']} {escaped(item.due.said)}{when}")
    if item.kind is ItemKind.QUESTION and item.answered is not None:
        details.append(words.headings["answered" if item.answered else "open"])
    return text + (f" — {', '.join(details)}" if details else "")


def _said(text: str, transcript: Transcript) -> str:
    """Words of the talk, as their language writes them and as Markdown shows them."""
    return escaped(as_written(text, transcript.language))


def _time_link(seconds: float) -> str:
    return f"[{clock(seconds)}](#t={seconds:.1f})"


def _when(item: Item) -> str:
    return _time_link(begins(item)) + (f"–{_time_link(item.span.end)}" if item.span else "")


def _unsupported_lines(unsupported: Sequence[Unsupported], words: Lexicon) -> list[str]:
    if not unsupported:
        return []
    lines = [f"## {words.headings['unsupported']}", "", words.headings["unsupported_intro"], ""]
    lines += [f"- ~~{escaped(u.item.text)}~~ — {escaped(u.reason)}" for u in unsupported]
    return [*lines, ""]


def key_points_markdown(points: Sequence[KeyPoint], transcript: Transcript) -> str:
    """Key points as a list with time links."""
    heading = lexicon_of(transcript.language).headings["key_points"]
    lines = [f"- {_said(p.text, transcript)} {' '.join(_time_link(e.start) for e in p.evidence)}" for p in points]
    return "\n".join([f"# {heading}", "", *lines]).rstrip() + "\n"


def sentiment_markdown(sentiment: Sentiment, transcript: Transcript) -> str:
    """Mood overall and by speaker, with the sentences that moved it."""
    lines = [f"**{sentiment.overall.label}** ({sentiment.overall.score:+.2f})", ""]
    for speaker, mood in sentiment.by_speaker:
        lines.append(f"- {escaped(transcript.name_of(speaker))}: {mood.label} ({mood.score:+.2f})")
        lines += _mood_lines(mood, transcript)
    return "\n".join(lines).rstrip() + "\n"


def _mood_lines(mood: Mood, transcript: Transcript) -> Iterable[str]:
    return (f"  - {_time_link(e.start)} “{_said(e.quote, transcript)}”" for e in mood.evidence)
