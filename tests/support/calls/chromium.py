"""The Chromium of the end-to-end tests: the one that a bot on this machine would use.

python tests/support/calls/chromium.py      ends with 0 when there is one and it starts
"""

import asyncio
import subprocess
import sys

from minutebook.bots.runner.browser import find_chromium, own_chromium

CHROMIUM = find_chromium(None) or asyncio.run(own_chromium())

if __name__ == "__main__":
    sys.exit(CHROMIUM is None or subprocess.run([CHROMIUM, "--version"], capture_output=True, check=False).returncode)
