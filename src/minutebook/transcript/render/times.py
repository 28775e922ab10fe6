"""Times as people and subtitle players read them."""


def clock_time(seconds: float, separator: str) -> str:
    """`HH:MM:SS` + `separator` + milliseconds."""
    milliseconds = round(max(seconds, 0.0) * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{separator}{milliseconds % 1000:03}"


def short_time(seconds: float) -> str:
    """`M:SS`, or `H:MM:SS` from one hour on."""
    minutes, whole = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"
