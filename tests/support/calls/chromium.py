"""The Chromium of the end-to-end tests: an installed one, else Playwright's own download.

python tests/support/calls/chromium.py      ends with 0 when there is one and it starts
"""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def find() -> str | None:
    """Its path, where there is one."""
    installed = shutil.which("chromium") or shutil.which("google-chrome")
    if installed is not None:
        return installed
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


if __name__ == "__main__":
    found = find()
    sys.exit(found is None or subprocess.run([found, "--version"], capture_output=True, check=False).returncode)
