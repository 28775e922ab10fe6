"""Metrics of this process, in a registry of their own, and how they are shown to Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

REQUESTS = Counter(
    "minutebook_http_requests_total", "Requests answered.", ["method", "route", "status"], registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "minutebook_http_request_seconds",
    "Time to answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
    registry=REGISTRY,
)
JOBS = Counter(
    "minutebook_jobs_total", "Jobs of this process, by what became of them.", ["task", "outcome"], registry=REGISTRY
)
JOBS_BY_STATE = Gauge("minutebook_jobs_by_state", "Jobs of all runners, by state.", ["state"], registry=REGISTRY)


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. `route` is the route's pattern ("/api/sessions/{id}"), never the path that came."""
    REQUESTS.labels(method, route, str(status)).inc()
    REQUEST_SECONDS.labels(route).observe(seconds)


def render() -> bytes:
    """Everything in Prometheus's text format; the media type is `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)
