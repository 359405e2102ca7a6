"""Records the calls of a boto3 client, one exchange per line, for `ivs-conformance judge`.

    client = boto3.client("ivs")
    record(client, "traffic.ndjson")

No header that authenticates is written. Stream keys, passphrases and metadata are: keep the file to yourself.
"""

import base64
import json
import threading
import time
from datetime import datetime, timezone

SECRET_HEADERS = {"authorization", "x-amz-security-token", "cookie", "set-cookie"}


def record(client, path):
    """Appends every exchange of `client` to the file at `path`."""
    service = client.meta.service_model.service_id.hyphenize()
    under_way = threading.local()
    writing = threading.Lock()

    def headers(pairs):
        shown = {}
        for name, value in pairs.items():
            if name.lower() not in SECRET_HEADERS:
                shown[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        return shown

    def before_send(request, **_):
        body = request.body
        if isinstance(body, str):
            body = body.encode()
        under_way.began = time.monotonic()
        under_way.line = {
            "method": request.method,
            "url": request.url,
            "request_headers": headers(request.headers),
            "started_at": datetime.now(timezone.utc).isoformat(),
            "region": client.meta.region_name,
        }
        if isinstance(body, bytes):
            under_way.line["request_body_base64"] = base64.b64encode(body).decode()

    def response_received(response_dict, **_):
        line = getattr(under_way, "line", None)
        if line is None or response_dict is None:
            return
        under_way.line = None
        line["duration_ms"] = (time.monotonic() - under_way.began) * 1000
        line["status"] = response_dict["status_code"]
        line["response_headers"] = headers(response_dict["headers"])
        line["response_body_base64"] = base64.b64encode(response_dict["body"]).decode()
        with writing, open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    client.meta.events.register(f"before-send.{service}", before_send)
    client.meta.events.register(f"response-received.{service}", response_received)
