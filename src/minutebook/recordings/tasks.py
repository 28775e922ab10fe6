"""Durable work of recordings."""

from collections.abc import Mapping

from minutebook.jobs.ports import Json, Steps, Task
from minutebook.recordings.service import SWEEP_TASK, Recordings


def recording_tasks(recordings: Recordings) -> Mapping[str, Task]:
    """The tasks by their registered names. A worker also runs `Recordings.sweep` now and then, for what falls due
    later (uploads that never completed)."""

    async def sweep(steps: Steps, args: Mapping[str, Json]) -> None:
        async def clear() -> Json:
            return await recordings.sweep()

        await steps.run("clear", clear, attempts=3)

    return {SWEEP_TASK: sweep}
