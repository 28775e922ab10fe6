"""What the program tells about itself: logs for people, metrics for Prometheus."""

from minutebook.telemetry.logs import configure_logging

__all__ = ["configure_logging"]
