"""How many saved pages the detector reads rightly, per platform: `python -m bench.platform_scenes [FILE] [--third N]`.

A scene has `platform`, `url`, `html`, `want` (a place, or several joined by " or "), maybe `cause`, and `source`. With
`--third` only every third scene counts, chosen by the hash of its name: what is kept from whoever mends the facts.
"""

import argparse
import asyncio
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from minutebook.bots.platforms.ports import Hint, Place, Sight
from minutebook.bots.runner.saved_pages import SavedPage, sights_of

SCENES = Path(__file__).parents[1] / "tests" / "data" / "platforms" / "scenes.json"


def third_of(scene: dict[str, Any]) -> int:
    """0, 1 or 2, by the scene's own name."""
    return int(hashlib.sha256(f"{scene['platform']} {scene['name']}".encode()).hexdigest(), 16) % 3


ANSWERS = {
    "a retryable error": Place.UNREACHABLE,
    'a typed error "passcode needed"': Hint.PASSCODE_REQUIRED,
    'a typed error "passcode needed" (or "passcode wrong")': Hint.PASSCODE_REQUIRED,
}
"""Our words for what authors of scenes call otherwise."""


def is_right(scene: dict[str, Any], sight: Sight) -> bool:
    """Whether place or cause is one of those that the scene allows."""
    want = str(scene["want"])
    wanted = [want] if want in ANSWERS else want.split(" or ")
    return not {ANSWERS.get(each, each) for each in wanted}.isdisjoint({sight.place, sight.hint})


def main() -> None:
    """Print each wrong scene and the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenes", type=Path, nargs="?", default=SCENES)
    parser.add_argument("--third", type=int, choices=range(3))
    parser.add_argument("--quiet", action="store_true", help="figures only")
    asked = parser.parse_args()
    scenes = [
        scene
        for scene in json.loads(asked.scenes.read_text("utf-8"))
        if asked.third is None or third_of(scene) == asked.third
    ]
    sights = asyncio.run(sights_of(SavedPage(each["platform"], each["url"], each["html"]) for each in scenes))
    figures: Counter[tuple[str, str, bool]] = Counter()
    for scene, sight in zip(scenes, sights, strict=True):
        right = is_right(scene, sight)
        kind = "guess" if "guess" in scene["source"] else "sourced"
        figures[scene["platform"], kind, right] += 1
        if not right and not asked.quiet:
            print(f"{scene['platform']}: {scene['name']}: {sight.place} ({sight.sign}) instead of {scene['want']}")
    for platform, kind in sorted({(platform, kind) for platform, kind, _ in figures}):
        counts = [figures[platform, kind, told] for told in (True, False)]
        print(f"{platform:12} {kind:8} {counts[0]:4} right {counts[1]:4} wrong")


if __name__ == "__main__":
    main()
