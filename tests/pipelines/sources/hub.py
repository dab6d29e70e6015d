"""A stand-in for the Hugging Face Hub on loopback: lists and serves the files of one data set."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve(files: dict[str, bytes]) -> Iterator[str]:
    """The endpoint of a Hub whose data set `user/set` has these files, while open."""

    class Hub(BaseHTTPRequestHandler):
        """Answers what the client asks when it globs and reads."""

        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Says nothing."""

        def _send(self, code: int, body: bytes, **headers: str) -> None:
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def _json(self, value: object) -> None:
            self._send(200, json.dumps(value).encode(), Content_Type="application/json")

        def _entry(self, name: str) -> dict[str, object]:
            return {
                "type": "file",
                "path": name,
                "size": len(files[name]),
                "oid": hashlib.sha1(files[name]).hexdigest(),
            }

        def _folder(self, name: str) -> dict[str, object]:
            return {"type": "directory", "path": name, "size": 0, "oid": COMMIT}

        def _listed(self, folder: str) -> list[dict[str, object]]:
            inside = f"{folder}/" if folder else ""
            below = [name for name in sorted(files) if name.startswith(inside)]
            if "recursive=True" in self.path or "recursive=true" in self.path:
                return [self._entry(name) for name in below]
            children = dict.fromkeys(inside + name.removeprefix(inside).partition("/")[0] for name in below)
            return [self._entry(name) if name in files else self._folder(name) for name in children]

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            tree = f"/api/datasets/user/set/tree/{COMMIT}"
            if path.startswith(("/api/datasets/user/set/tree/main", tree)):
                self._json(self._listed(path.partition("/tree/")[2].partition("/")[2]))
            elif path.startswith("/api/datasets/user/set"):
                self._json(
                    {"id": "user/set", "sha": COMMIT, "private": False, "siblings": [], "tags": [], "downloads": 0}
                )
            elif "/resolve/" in path:
                self._resolve(path.partition("/resolve/")[2].partition("/")[2])
            else:
                self._send(404, b"")

        do_HEAD = do_GET

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["paths"]
            folders = [name for name in asked if any(file.startswith(f"{name}/") for file in files)]
            self._json([*map(self._folder, folders), *(self._entry(name) for name in asked if name in files)])

        def _resolve(self, name: str) -> None:
            if name not in files:
                self._send(404, b"")
                return
            data, etag = files[name], {"ETag": f'"{hashlib.sha1(files[name]).hexdigest()}"', "X_Repo_Commit": COMMIT}
            asked = self.headers.get("Range")
            if asked is None:
                self._send(200, data, Accept_Ranges="bytes", **etag)
                return
            first, _, last = asked.removeprefix("bytes=").partition("-")
            end = min(int(last) if last else len(data) - 1, len(data) - 1)
            where = f"bytes {first}-{end}/{len(data)}"
            self._send(206, data[int(first) : end + 1], Content_Range=where, **etag)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
