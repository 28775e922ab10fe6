"""Recordings become records: each file is uploaded, analysed, and its note and key points are printed.

    python examples/one_shot.py http://127.0.0.1:8000 tokens.json "Ada Lovelace <ada@example.com>" weekly.m4a

`minutebook login --tokens tokens.json` writes the tokens. Run it again after an interruption: it goes on where it was.
"""

import sys
from email.utils import parseaddr
from pathlib import Path

from minutebook.client import AnalysisType, Attendee, FileLedger, FileTokens, Paxs, Wishes

LEDGER = Path(".minutebook-one-shot")


def main(server: str, tokens: str, attendee: str, *recordings: str) -> int:
    """Returns how many recordings failed."""
    name, email = parseaddr(attendee)
    wishes = Wishes((Attendee(email, name),), types=(AnalysisType.MEETING_NOTE, AnalysisType.KEY_POINTS))
    failed = 0
    with Paxs(server, FileTokens(Path(tokens), server)) as paxs:
        for result in paxs.process_files(list(recordings), wishes, ledger=FileLedger(LEDGER)):
            if result.error is not None or result.meeting is None:
                print(f"{result.source}: {result.error}", file=sys.stderr)
                failed += 1
                continue
            print(f"# {result.meeting.title}\n")
            print(result.reports[AnalysisType.MEETING_NOTE].markdown)
            for point in result.reports[AnalysisType.KEY_POINTS].key_points:
                print(f"- {point}")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
