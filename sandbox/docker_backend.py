"""Jails in Docker containers: one long-lived, locked-down container a slot, spoken to over its attached streams."""

import contextlib
import json
import socket
import struct
import tempfile
import threading
import time
from typing import Any

import docker
import requests
from docker.utils import kwargs_from_env

from sandbox.config import EngineGone, SandboxConfig, SandboxUnavailable
from sandbox.image import HOME, IMAGE_NAME, PYTHON, image_tag, write_tar
from sandbox.jail.children import FLAGS, START
from sandbox.jail_client import is_readable
from sandbox.janitor import owner_labels, remove_orphans
from sandbox.slot_number import SlotNumber

_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)
_STREAM = struct.Struct(">BxxxI")
_STDOUT = 1
_SAID = 64 << 10
_NO_ENGINE = (
    "no Docker engine answers ({error}): install and start one (Debian: apt-get install docker.io), "
    "give yourself its group, or use the weaker `--sandbox process`"
)
_building = threading.Lock()
_swept = threading.Event()
"""Set once this process has looked for containers that others left."""


def connect() -> docker.APIClient:
    """A client of the engine the environment names. Raises EngineGone when none answers."""
    try:
        return docker.APIClient(version="auto", timeout=120, **kwargs_from_env())
    except _ERRORS as error:
        raise EngineGone(_NO_ENGINE.format(error=error)) from error


def build_image(client: docker.APIClient) -> str:
    """Make the image of this interpreter unless the engine has it already; its tag."""
    tag = image_tag()
    with _building:
        try:
            client.inspect_image(tag)  # type: ignore[no-untyped-call]
            return tag
        except docker.errors.ImageNotFound:
            pass
        name, _, version = tag.partition(":")
        try:
            with tempfile.NamedTemporaryFile(suffix=".tar") as file:
                write_tar(file.file)  # type: ignore[arg-type]
                file.flush()
                client.import_image_from_file(file.name, repository=name, tag=version)
            client.inspect_image(tag)  # type: ignore[no-untyped-call]
        except _ERRORS as error:
            raise SandboxUnavailable(f"the sandbox image cannot be built: {error}") from error
    return tag


def remove_older_images(client: docker.APIClient) -> list[str]:
    """Remove images that other versions made, unless a container runs on them; their tags."""
    removed = []
    with contextlib.suppress(*_ERRORS):
        for image in client.images(name=IMAGE_NAME):
            for tag in set(image.get("RepoTags") or ()) - {image_tag()}:
                with contextlib.suppress(*_ERRORS):
                    client.remove_image(tag)
                    removed.append(tag)
    return sorted(removed)


def _why_not(client: docker.APIClient, config: SandboxConfig, image: str, error: Exception) -> SandboxUnavailable:
    """What kept a container from starting, as the error to raise."""
    try:
        known = client.info().get("Runtimes", {})
    except _ERRORS:
        return EngineGone(_NO_ENGINE.format(error=error))
    if config.runtime is not None and config.runtime not in known:
        return SandboxUnavailable(
            f"the engine knows no runtime {config.runtime!r}, only {', '.join(sorted(known))}: install it and "
            f"name it under `runtimes` in the engine's daemon.json"
        )
    return SandboxUnavailable(f"no container of {image} can be started: {error}")


class DockerJail:
    """One container, running from here until `close` or until this process ends, however it ends."""

    def __init__(self, config: SandboxConfig, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self._client = connect()
        self.host_kernel = str(self._client.info().get("KernelVersion", ""))
        if not _swept.is_set():
            _swept.set()
            remove_orphans(self._client)
        image = config.image or build_image(self._client)
        self._slot = SlotNumber()
        self._said = bytearray()
        self._id = ""
        self._stream: Any = None
        self._buffer = bytearray()
        try:
            self._start(config, image)
        except _ERRORS as error:
            self.close()
            raise _why_not(self._client, config, image, error) from error

    def _start(self, config: SandboxConfig, image: str) -> None:
        client = self._client
        host = client.create_host_config(
            auto_remove=True,
            network_mode="none",
            ipc_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            cap_add=["SETUID", "SETGID", "KILL"],
            security_opt=["no-new-privileges"],
            pids_limit=64,
            mem_limit=self.capacity_bytes,
            memswap_limit=self.capacity_bytes,
            ulimits=[
                docker.types.Ulimit(name="core", soft=0, hard=0),
                docker.types.Ulimit(name="nofile", soft=256, hard=256),
            ],
            log_config=docker.types.LogConfig(type="none"),
            runtime=config.runtime,
        )
        start = START.format(path=HOME, module="supervisor")
        settings = {"uid": self._slot.uid, "readable": None, "counted": True, "guards": ["user", "container"]}
        container = client.create_container(
            image,
            command=[PYTHON, *FLAGS, "-c", start, json.dumps(settings)],
            user="0:0",
            working_dir="/",
            stdin_open=True,
            network_disabled=True,
            host_config=host,
            labels=owner_labels(),
        )
        self._id = container["Id"]
        stream: Any = client.attach_socket(self._id, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        self._stream = stream
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        client.start(self._id)

    def send(self, data: bytes, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)
        self._socket.sendall(data)

    def _take(self, count: int, deadline: float) -> bytes:
        parts = []
        while count:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            part = self._socket.recv(min(count, 1 << 18))
            if not part:
                raise EOFError(f"the container ended: {self._said.decode(errors='replace').strip()}")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def receive_exactly(self, count: int, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while len(self._buffer) < count:
            stream, length = _STREAM.unpack(self._take(_STREAM.size, deadline))
            data = self._take(length, deadline)
            if stream == _STDOUT:
                self._buffer += data
            else:
                self._said = (self._said + data)[-_SAID:]
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def has_stirred(self) -> bool:
        return is_readable(self._socket)

    def close(self) -> str:
        """End the container: hanging up is enough, the kill is for one that is stuck."""
        if self._stream is not None:
            with contextlib.suppress(*_ERRORS):
                self._socket.close()
                self._stream.close()
        if self._id:
            with contextlib.suppress(*_ERRORS):
                self._client.remove_container(self._id, force=True)
        with contextlib.suppress(*_ERRORS):
            self._client.close()
        self._slot.close()
        return self._said.decode(errors="replace").strip()
