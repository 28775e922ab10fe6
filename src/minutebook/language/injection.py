"""Speech that is meant for software, not for people: "ignore previous instructions", markup, pretended system lines.

Whoever says such a thing in a meeting may say it; it is in the transcript. It makes no line of a note, and no language
model is shown it.
"""

import re
from collections.abc import Iterator, Sequence

from minutebook.language.sentences import Sentence

_SOFTWARE = r"(?:assistants?|ai|a\.i\.|language models?|llm|chat ?bots?|bots?|note ?-?takers?|gpt|chatgpt|claude|summari[sz]er|transcri(?:ber|ption (?:software|tool|service))|copilot|gemini)"
_NOTE = r"(?:notes?|minutes|summary|summaries|report|action items?|decisions?|output|transcript|answer|response|reply)"
_ADDRESSES_SOFTWARE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(?:instructions?|prompts?|rules?|guidelines?|directives?|everything (?:above|before)|all (?:of )?(?:the )?above)"
    r"|\b(?:system|developer|hidden|secret|initial|original) (?:prompt|message|instructions?)\b"
    r"|\b(?:new|updated|real|actual|following) instructions?\b.{0,20}(?::|\b(?:are|is|for)\b)"
    rf"|\b(?:dear|hey|hello|attention|note to|instructions? (?:to|for)|message (?:to|for)|as an?|you are(?: now)? an?) (?:the |all |any |every |this |helpful )?{_SOFTWARE}\b"
    rf"|\b{_SOFTWARE},? (?:please |you )?(?:must|should|will|add|write|include|print|output|put|say|list|mark|insert|record|send|delete|remove)\b"
    rf"|\b(?:write|add|include|put|insert|print|state|record|list|mention|append|place)\b.{{0,60}}\b(?:in|into|to|as|at the (?:top|end) of)\b(?: the| your| this)? (?:meeting )?{_NOTE}\b"
    rf"|\b(?:in|for|of) (?:the|your) (?:meeting )?(?:summary|minutes|notes?|output|response|answer),? (?:write|say|state|claim|include|add|list|print|always|only)\b"
    r"|\byou are now\b|\bfrom now on,? you (?:are|will|must)\b|\bpretend (?:to be|that you)\b|\bact as (?:an?|the)\b|\bjailbreak|\bdeveloper mode\b|\bdo anything now\b"
    r"|\b(?:call|use|invoke|run|execute) (?:the |your |a )?(?:tool|function|plugin|browser|shell|code interpreter)\b"
    r"|\b(?:reveal|print|repeat|show|output|leak)\b.{0,30}\b(?:your|the) (?:system |hidden |initial )?(?:prompt|instructions|api key|secrets?|password|token)s?\b",
    re.IGNORECASE,
)  # fmt: skip
_MARKUP = re.compile(
    r"!\[|\]\(|<\s*/?\s*[a-z!][^>]{0,80}>|```|={4,}|#{3,}|<\|[^|]{0,40}\|>|\[/?inst\]|\bhttps?://|\bwww\.|\bdata:[a-z]+/|\bjavascript:"
    r"|^\W*(?:system|assistant|user|developer|tool|function)\s*:|\{\s*\"(?:items|role|kind|tool)",
    re.IGNORECASE,
)


def addresses_software(text: str) -> bool:
    """Whether words are directed at software, or carry markup that nobody speaks."""
    return _ADDRESSES_SOFTWARE.search(text) is not None or _MARKUP.search(text) is not None


def tainted(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """Sentences directed at software, and what the same turn adds to them."""
    turn = -1
    for sentence in sentences:
        if addresses_software(sentence.text):
            turn = sentence.turn
        if sentence.turn == turn:
            yield sentence


def meant_for_people(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences that a note is made of."""
    left_out = {s.index for s in tainted(sentences)}
    return [s for s in sentences if s.index not in left_out]
