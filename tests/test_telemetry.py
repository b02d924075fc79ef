"""A service that exports traces, to a receiver of OTLP over HTTP on this machine."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from api.wire.examples import REQUEST
from tests.service_process import running_service
from tests.timing import until

otlp = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")


@pytest.fixture
def spans():
    """What was exported so far, and the address to export it to."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = otlp.ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                service = {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"]
                received.extend((service, span) for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield received, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_forecast_is_a_span_of_the_trace_that_its_caller_began(spans, tmp_path):
    received, endpoint = spans
    settings = {
        "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
        "OTEL_SERVICE_NAME": "grokcast",
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with running_service(tmp_path, **settings) as url:
        headers = {"traceparent": f"00-{trace}-{parent}-01"}
        answer = httpx2.post(f"{url}/v1/forecasts", json=REQUEST, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code == 200

        def ours():
            return [s for name, s in received if name == "grokcast" and s.trace_id.hex() == trace]

        until(lambda: any(span.parent_span_id.hex() == parent for span in ours()))
    (server,) = (span for span in ours() if span.parent_span_id.hex() == parent)
    attributes = {a.key: a.value for a in server.attributes}
    assert server.name == "POST /v1/forecasts"
    assert attributes["http.route"].string_value == "/v1/forecasts"
    assert attributes["http.response.status_code"].int_value == 200
