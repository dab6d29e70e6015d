"""A server on loopback that speaks what clients of Cloud Storage, OAuth and the Dataflow job service need."""

import base64
import hashlib
import json
import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import google_crc32c
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "my-project"
BUCKET = "my-bucket"


class Google:
    """What the server holds: objects by name, the jobs that were posted, and the requests that it does not know."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.jobs: list[dict[str, Any]] = []
        self.unknown: list[str] = []
        self.uploads: dict[str, str] = {}
        self.lock = threading.RLock()
        self.url = ""

    def resource(self, name: str) -> dict[str, Any]:
        """What Cloud Storage says of an object."""
        data = self.objects[name]
        crc = struct.pack(">I", google_crc32c.value(data))
        return {
            "kind": "storage#object",
            "id": f"{BUCKET}/{name}/1",
            "name": name,
            "bucket": BUCKET,
            "generation": "1",
            "metageneration": "1",
            "contentType": "application/octet-stream",
            "size": str(len(data)),
            "storageClass": "STANDARD",
            "timeCreated": "2026-01-01T00:00:00.000Z",
            "updated": "2026-01-01T00:00:00.000Z",
            "md5Hash": base64.b64encode(hashlib.md5(data).digest()).decode(),
            "crc32c": base64.b64encode(crc).decode(),
            "etag": "e",
            "mediaLink": f"{self.url}/download/storage/v1/b/{BUCKET}/o/{name}?alt=media",
        }

    def listing(self, prefix: str, delimiter: str) -> dict[str, Any]:
        """The objects below a prefix; those behind a delimiter are summed up."""
        items, prefixes = [], set()
        for name in sorted(self.objects):
            if name.startswith(prefix):
                head, cut, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
                if cut:
                    prefixes.add(prefix + head + cut)
                else:
                    items.append(self.resource(name))
        return {"kind": "storage#objects", "items": items, "prefixes": sorted(prefixes)}


def _handler(google: Google) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            return

        def _say(self, status: int, data: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def _json(self, data: Any, status: int = 200, **headers: str) -> None:
            self._say(status, json.dumps(data).encode(), Content_Type="application/json", **headers)

        def _missing(self) -> None:
            self._json({"error": {"code": 404, "message": "Not Found", "errors": [{"reason": "notFound"}]}}, 404)

        def _object(self, name: str, query: dict[str, str]) -> None:
            if name not in google.objects:
                return self._missing()
            if query.get("alt") != "media":
                return self._json(google.resource(name))
            data = google.objects[name]
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            crc = google.resource(name)["crc32c"]
            if not wanted:
                return self._say(200, data, X_Goog_Hash=f"crc32c={crc}", X_Goog_Generation="1")
            start, end = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
            if start >= len(data):
                return self._say(416, Content_Range=f"bytes */{len(data)}")
            part = data[start : end + 1]
            return self._say(206, part, Content_Range=f"bytes {start}-{end}/{len(data)}", X_Goog_Generation="1")

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _upload(self, query: dict[str, str], body: bytes) -> None:
            kind = query["uploadType"]
            if kind == "multipart":
                boundary = re.search(r"boundary=\"?'?([^\"';]+)", self.headers["Content-Type"])
                assert boundary is not None
                pieces = body.split(b"--" + boundary[1].encode())
                meta, data = (
                    piece.partition(b"\r\n\r\n" if b"\r\n\r\n" in piece else b"\n\n")[2] for piece in pieces[1:3]
                )
                name = json.loads(meta).get("name") or query["name"]
                google.objects[name] = data.removesuffix(b"\n").removesuffix(b"\r")
            elif kind == "media":
                name = query["name"]
                google.objects[name] = body
            else:
                name = query.get("name") or json.loads(body)["name"]
                token = f"upload-{len(google.uploads)}"
                google.uploads[token] = name
                google.objects.setdefault(f"\0{token}", b"")
                return self._say(200, Location=f"{google.url}/resumable/{token}")
            return self._json(google.resource(name))

        def _resumed(self, token: str, body: bytes) -> None:
            held = google.objects[f"\0{token}"] + body
            google.objects[f"\0{token}"] = held
            total = self.headers["Content-Range"].rpartition("/")[2]
            if total != "*" and len(held) >= int(total):
                name = google.uploads[token]
                google.objects[name] = google.objects.pop(f"\0{token}")
                return self._json(google.resource(name))
            return self._say(308, Range=f"bytes=0-{len(held) - 1}")

        def _job(self, body: bytes) -> None:
            job = json.loads(body)
            google.jobs.append(job)
            self._json({**job, "id": "job-1", "projectId": PROJECT, "currentState": "JOB_STATE_RUNNING"})

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            path, query = unquote(parts.path), {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self._body()
            here = f"/storage/v1/b/{BUCKET}"
            with google.lock:
                if path == "/token":
                    return self._json({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
                if path.startswith("/resumable/"):
                    return self._resumed(path.rpartition("/")[2], body)
                if path == f"/upload{here}/o":
                    return self._upload(query, body)
                if path == here:
                    return self._json({"kind": "storage#bucket", "name": BUCKET, "location": "US-CENTRAL1"})
                if path == f"{here}/o":
                    return self._json(google.listing(query.get("prefix", ""), query.get("delimiter", "")))
                if found := re.fullmatch(rf"(?:/download)?{here}/o/(.+)", path, re.DOTALL):
                    if self.command == "DELETE":
                        return self._say(204) if google.objects.pop(found[1], None) is not None else self._missing()
                    return self._object(found[1], query)
                if re.fullmatch(rf"/v1b3/projects/{PROJECT}/locations/[^/]+/jobs", path) and self.command == "POST":
                    return self._job(body)
                if re.fullmatch(rf"/v1b3/projects/{PROJECT}/locations/[^/]+/jobs/job-1", path):
                    done = {
                        "id": "job-1",
                        "projectId": PROJECT,
                        "currentState": "JOB_STATE_DONE",
                        "type": "JOB_TYPE_BATCH",
                    }
                    return self._json(google.jobs[-1] | done)
                if path.startswith("/v1b3/") and path.endswith("/messages"):
                    return self._json({})
                google.unknown.append(f"{self.command} {self.path}")
                return self._missing()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer

    return Handler


@contextmanager
def google_on_loopback() -> Iterator[Google]:
    """A running stand-in."""
    google = Google()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(google))
    google.url = f"http://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield google
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_credentials(path: Path, google: Google) -> None:
    """A service account that only the stand-in knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": PROJECT,
                "private_key_id": "1",
                "private_key": pem,
                "client_email": f"build@{PROJECT}.iam.gserviceaccount.com",
                "client_id": "1",
                "token_uri": f"{google.url}/token",
            }
        )
    )
