"""A Hub on the loopback interface: as much of its interface as `huggingface_hub` and `datasets` need, over real HTTP.

It keeps commits and large files in memory, checks tokens, parents and hashes as the Hub does, counts what it is sent,
and drops a connection in the middle of an upload when it is told to.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

TOKEN = "hf_loopbackSecretToken1234"
_LICENSES = {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "bsd-3-clause", "other", "unknown"}


@dataclass(frozen=True)
class Stored:
    """A file of a commit: its bytes, and whether they are kept as a large file."""

    data: bytes
    large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def git_oid(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()

    def entry(self, path: str) -> dict[str, Any]:
        """The file as the tree lists it."""
        entry = {"type": "file", "path": path, "size": len(self.data), "oid": self.git_oid}
        if self.large:
            entry["lfs"] = {"oid": self.sha256, "size": len(self.data), "pointerSize": 130}
        return entry


@dataclass
class Repo:
    """A repository: its commits, oldest first, each a name, its message and all its files."""

    private: bool
    commits: list[tuple[str, str, dict[str, Stored]]] = field(default_factory=list)

    def add(self, message: str, files: dict[str, Stored]) -> str:
        name = hashlib.sha1(f"{len(self.commits)}{message}{sorted(files)}".encode()).hexdigest()
        self.commits.append((name, message, files))
        return name

    def at(self, revision: str) -> dict[str, Stored] | None:
        if revision in ("main", "HEAD"):
            return self.commits[-1][2]
        return next((files for name, _, files in self.commits if name == revision), None)

    @property
    def head(self) -> str:
        return self.commits[-1][0]


class Hub:
    """The state of the server, and what tests ask of it."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self.requests: list[str] = []
        self.drop_uploads = 0
        self.answer_late = threading.Event()
        self.answer_late.set()
        self.upload_began = threading.Event()
        self.lose_answer = False
        self.refused_licence = ""
        self.before_commit: list[Any] = []
        self.url = ""

    def file(self, repo: str, path: str) -> bytes:
        return self.repos[repo].commits[-1][2][path].data


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *args: Any) -> None:
        pass

    def _answer(self, status: int, body: Any = b"", headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _refuse(self, status: int, message: str, code: str = "") -> None:
        self._answer(
            status, {"error": message}, {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        )

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    @property
    def _allowed(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _repo(self, name: str) -> Repo | None:
        """The repository, if there is one that the caller may see; else the answer is given."""
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and not self._allowed):
            self._refuse(404, "Repository not found", "RepoNotFound")
            return None
        return repo

    def _route(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        self.hub.requests.append(f"{self.command} {path}")
        for method, pattern, do in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and self.command in method:
                do(self, parse_qs(url.query), *found.groups())
                return
        self._refuse(404, f"no such address: {self.command} {path}")

    do_GET = do_HEAD = do_POST = do_PUT = _route

    def whoami(self, query: Any) -> None:
        if self._allowed:
            self._answer(200, {"type": "user", "name": "tester", "orgs": []})
        else:
            self._refuse(401, "Invalid credentials")

    def validate(self, query: Any) -> None:
        content = json.loads(self._body())["content"]
        head = re.match(r"---\n(.*?)\n---\n", content, re.S)
        errors = []
        try:
            card = yaml.safe_load(head.group(1)) if head else {}
            named = card.get("license", [])
            for name in named if isinstance(named, list) else [named]:
                if name not in _LICENSES or name == self.hub.refused_licence:
                    errors.append({"message": f"licence {name} is not known"})
            for config in card.get("configs", []):
                if not config["config_name"] or not config["data_files"]:
                    errors.append({"message": "a config without name or files"})
        except yaml.YAMLError as error:
            errors.append({"message": str(error)})
        self._answer(400 if errors else 200, {"errors": errors, "warnings": []})

    def create(self, query: Any) -> None:
        asked = json.loads(self._body())
        if not self._allowed:
            self._refuse(401, "Invalid credentials")
            return
        name = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else asked["name"]
        url = f"{self.hub.url}/datasets/{name}"
        if name in self.hub.repos:
            self._answer(409, {"error": "You already created this repo", "url": url})
            return
        private = asked.get("private") is True or asked.get("visibility") == "private"
        repo = self.hub.repos[name] = Repo(private)
        repo.add(
            "initial commit", {".gitattributes": Stored(b"*.parquet filter=lfs diff=lfs merge=lfs -text\n", False)}
        )
        self._answer(200, {"url": url, "name": name, "id": name})

    def info(self, query: Any, name: str, revision: str | None = None) -> None:
        repo = self._repo(name)
        if repo is None:
            return
        files = repo.at(revision or "main")
        if files is None:
            self._refuse(404, "Revision not found", "RevisionNotFound")
            return
        sha = repo.head if revision in (None, "main") else revision
        siblings = [{"rfilename": path} for path in sorted(files)]
        about = {"id": name, "sha": sha, "private": repo.private, "siblings": siblings, "tags": [], "downloads": 0}
        self._answer(200, {**about, "_id": "0", "gated": False, "disabled": False, "likes": 0})

    def tree(self, query: Any, name: str, revision: str, folder: str | None = None) -> None:
        repo = self._repo(name)
        if repo is None:
            return
        files = repo.at(revision) or {}
        start = f"{folder.strip('/')}/" if folder and folder.strip("/") else ""
        inside = {path: file for path, file in files.items() if path.startswith(start)}
        if start and not inside:
            self._refuse(404, "Entry not found", "EntryNotFound")
            return
        folders = {start + path[len(start) :].rpartition("/")[0] for path in inside if "/" in path[len(start) :]}
        entries: list[dict[str, Any]] = [{"type": "directory", "path": path, "size": 0, "oid": "0"} for path in folders]
        recursive = query.get("recursive", ["false"])[0].lower() in ("true", "1")
        entries += [file.entry(path) for path, file in inside.items() if recursive or "/" not in path[len(start) :]]
        self._answer(200, entries)

    def paths_info(self, query: Any, name: str, revision: str) -> None:
        body = self._body()
        repo = self._repo(name)
        if repo is None:
            return
        sent = body.decode()
        asked = json.loads(sent)["paths"] if sent.startswith("{") else parse_qs(sent)["paths"]
        files = repo.at(revision) or {}
        entries: list[dict[str, Any]] = []
        for path in asked:
            if path in files:
                entries.append(files[path].entry(path))
            elif any(other.startswith(f"{path}/") for other in files):
                entries.append({"type": "directory", "path": path, "size": 0, "oid": "0"})
        self._answer(200, entries)

    def preupload(self, query: Any, name: str, revision: str) -> None:
        asked = json.loads(self._body())["files"]
        repo = self._repo(name)
        if repo is None:
            return
        there = repo.at(revision) or {}
        files = []
        for file in asked:
            mode = "lfs" if file["path"].endswith(".parquet") else "regular"
            info = {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}
            if file["path"] in there:
                stored = there[file["path"]]
                info["oid"] = stored.sha256 if stored.large else stored.git_oid
            files.append(info)
        self._answer(200, {"files": files})

    def batch(self, query: Any, name: str) -> None:
        asked = json.loads(self._body())
        objects = []
        for each in asked["objects"]:
            found = {"oid": each["oid"], "size": each["size"]}
            if each["oid"] not in self.hub.large:
                found["actions"] = {"upload": {"href": f"{self.hub.url}/large/{each['oid']}"}}
            objects.append(found)
        self._answer(200, {"transfer": "basic", "objects": objects}, {"Content-Type": "application/vnd.git-lfs+json"})

    def upload(self, query: Any, oid: str) -> None:
        if self.hub.drop_uploads:
            self.hub.drop_uploads -= 1
            self.rfile.read(int(self.headers["Content-Length"]) // 2)
            self.close_connection = True
            self.connection.close()
            return
        data = self._body()
        self.hub.upload_began.set()
        self.hub.answer_late.wait(60)
        if hashlib.sha256(data).hexdigest() != oid:
            self._refuse(400, "the hash is another")
            return
        self.hub.large[oid] = data
        self.hub.uploads.append(oid)
        self._answer(200)

    def commit(self, query: Any, name: str, revision: str) -> None:
        lines = [json.loads(line) for line in self._body().splitlines() if line]
        while self.hub.before_commit:
            self.hub.before_commit.pop()()
        repo = self._repo(name)
        if repo is None:
            return
        if not self._allowed:
            self._refuse(403, "no right to write")
            return
        files = dict(repo.commits[-1][2])
        message = ""
        for line in lines:
            value = line["value"]
            match line["key"]:
                case "header":
                    message = value["summary"]
                    if value.get("parentCommit") not in (None, repo.head):
                        self._refuse(412, "A commit has happened since")
                        return
                case "file":
                    files[value["path"]] = Stored(base64.b64decode(value["content"]), False)
                case "lfsFile":
                    if value["oid"] not in self.hub.large:
                        self._refuse(400, f"{value['path']} was not uploaded")
                        return
                    files[value["path"]] = Stored(self.hub.large[value["oid"]], True)
                case "deletedFile":
                    del files[value["path"]]
        oid = repo.add(message, files)
        if self.hub.lose_answer:
            self.hub.lose_answer = False
            self.close_connection = True
            self.connection.close()
            return
        self._answer(
            200, {"success": True, "commitOid": oid, "commitUrl": f"{self.hub.url}/datasets/{name}/commit/{oid}"}
        )

    def resolve(self, query: Any, name: str, revision: str, path: str) -> None:
        repo = self._repo(name)
        if repo is None:
            return
        file = (repo.at(revision) or {}).get(path)
        if file is None:
            self._refuse(404, "Entry not found", "EntryNotFound")
            return
        etag = f'"{file.sha256 if file.large else file.git_oid}"'
        commit = repo.head if revision == "main" else revision
        headers = {
            "ETag": etag,
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
            "Content-Type": "binary/octet-stream",
        }
        if file.large:
            headers |= {"X-Linked-Etag": etag, "X-Linked-Size": str(len(file.data))}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted:
            first, last = int(wanted[1]), min(int(wanted[2] or len(file.data) - 1), len(file.data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(file.data)}"
            self._answer(206, file.data[first : last + 1], headers)
        else:
            self._answer(200, file.data, headers)


_REPO = r"([^/]+/[^/]+)"
_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/api/whoami-v2", _Handler.whoami),
    ("POST", "/api/validate-yaml", _Handler.validate),
    ("POST", "/api/repos/create", _Handler.create),
    ("GET HEAD", f"/api/datasets/{_REPO}", _Handler.info),
    ("GET HEAD", f"/api/datasets/{_REPO}/revision/([^/]+)", _Handler.info),
    ("GET", f"/api/datasets/{_REPO}/tree/([^/]+)(/.*)?", _Handler.tree),
    ("POST", f"/api/datasets/{_REPO}/paths-info/([^/]+)", _Handler.paths_info),
    ("POST", f"/api/datasets/{_REPO}/preupload/([^/]+)", _Handler.preupload),
    ("POST", f"/datasets/{_REPO}.git/info/lfs/objects/batch", _Handler.batch),
    ("PUT", "/large/([0-9a-f]+)", _Handler.upload),
    ("POST", f"/api/datasets/{_REPO}/commit/([^/]+)", _Handler.commit),
    ("GET HEAD", f"/datasets/{_REPO}/resolve/([^/]+)/(.+)", _Handler.resolve),
]


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A Hub that answers while the block runs, at `hub.url`."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
