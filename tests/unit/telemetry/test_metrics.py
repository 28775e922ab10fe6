"""Metrics are shown in Prometheus's format."""

from prometheus_client.parser import text_string_to_metric_families

from minutebook.telemetry.metrics import observe_request, render


def test_requests_are_counted_by_route() -> None:
    observe_request("GET", "/api/test/{id}", 200, 0.02)
    observe_request("GET", "/api/test/{id}", 200, 0.3)
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(render().decode())
        for sample in family.samples
        if sample.labels.get("route") == "/api/test/{id}"
    }
    labels = (("method", "GET"), ("route", "/api/test/{id}"), ("status", "200"))
    assert samples["minutebook_http_requests_total", *labels] == 2
    assert samples["minutebook_http_request_seconds_bucket", ("le", "0.025"), ("route", "/api/test/{id}")] == 1
    assert samples["minutebook_http_request_seconds_count", ("route", "/api/test/{id}")] == 2


def test_the_process_is_told() -> None:
    assert b"process_resident_memory_bytes" in render()
