"""Jails in Docker containers: one long-lived, locked-down container a slot, spoken to over its attached streams."""

import contextlib
import json
import os
import tempfile
import threading
from typing import Any

import docker
import requests
from docker.utils import kwargs_from_env

from sandbox.config import EngineGone, SandboxConfig, SandboxUnavailable
from sandbox.image import HOME, IMAGE_NAME, PYTHON, image_tag, write_tar
from sandbox.jail import scratch
from sandbox.jail.children import FLAGS, START
from sandbox.jail_client import Room
from sandbox.janitor import owner_labels, remove_orphans
from sandbox.meeting import PLACE, Meeting, remove_forgotten
from sandbox.slot_number import SlotNumber
from sandbox.streams import EngineStream, SocketStream

_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)
_START_S = 120.0
_LAST_WORDS_S = 1.0
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


def _why_not(client: docker.APIClient, config: SandboxConfig, image: str, error: str) -> SandboxUnavailable:
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
    under = "" if config.runtime is None else f" under the runtime {config.runtime!r}, which may be too old,"
    return SandboxUnavailable(f"no container of {image} can be started{under}: {error}")


def _shares_files(client: docker.APIClient) -> bool:
    """Whether the engine may be on this machine, under this kernel; what it can reach, a jail has to try."""
    own_kernel = client.info().get("KernelVersion") == os.uname().release
    return own_kernel and client.base_url.startswith("http+docker://localhost")


class DockerJail:
    """One container, running from here until `close` or until this process ends, however it ends."""

    def __init__(self, config: SandboxConfig, room: Room) -> None:
        self.room = room
        self._client = connect()
        self.host_kernel = str(self._client.info().get("KernelVersion", ""))
        if not _swept.is_set():
            _swept.set()
            remove_orphans(self._client)
            remove_forgotten()
        image = config.image or build_image(self._client)
        self._slot = SlotNumber()
        self._id = ""
        self._engine: EngineStream | None = None
        self._stream: SocketStream | None = None
        try:
            if _shares_files(self._client):
                with contextlib.closing(Meeting()) as meeting:
                    self._start(config, image, meeting)
            else:
                self._start(config, image, None)
        except (*_ERRORS, EOFError) as error:
            said = self.close()
            raise _why_not(self._client, config, image, f"{error} {said}") from error

    def _start(self, config: SandboxConfig, image: str, meeting: Meeting | None) -> None:
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
            mem_limit=self.room.memory_bytes,
            memswap_limit=self.room.memory_bytes,
            ulimits=[
                docker.types.Ulimit(name="core", soft=0, hard=0),
                docker.types.Ulimit(name="nofile", soft=256, hard=256),
            ],
            log_config=docker.types.LogConfig(type="none"),
            runtime=config.runtime,
            tmpfs={scratch.FOLDER: scratch.mount_options(self.room.scratch_bytes)} if self.room.scratch_bytes else {},
            mounts=[] if meeting is None else [docker.types.Mount(PLACE, meeting.path, type="bind", read_only=True)],
        )
        start = START.format(path=HOME, module="supervisor")
        settings: dict[str, Any] = {"uid": self._slot.uid, "readable": None, "counted": True}
        settings |= {"guards": ["user", "container"], "meeting": None if meeting is None else PLACE}
        settings["scratch"] = self.room.scratch_bytes > 0
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
        attached: Any = client.attach_socket(self._id, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        self._attached = attached
        self._engine = EngineStream(getattr(attached, "_sock", attached))
        client.start(self._id)
        self._stream = self._engine if meeting is None else meeting.wait(self._engine, _START_S)

    def send(self, data: bytes, timeout_s: float) -> None:
        assert self._stream is not None
        self._stream.send(data, timeout_s)

    def receive_exactly(self, count: int, timeout_s: float) -> bytes:
        assert self._stream is not None and self._engine is not None
        try:
            return self._stream.receive_exactly(count, timeout_s)
        except EOFError as error:
            self._engine.read_rest(_LAST_WORDS_S)
            raise EOFError(f"the container ended: {self._engine.said.decode(errors='replace').strip()}") from error

    def has_stirred(self) -> bool:
        assert self._stream is not None
        return self._stream.is_readable()

    def close(self) -> str:
        """End the container: hanging up is enough, the kill is for one that is stuck."""
        said = b""
        with contextlib.suppress(*_ERRORS):
            if self._stream is not None and self._stream is not self._engine:
                self._stream.close()
            if self._engine is not None:
                self._engine.read_rest(_LAST_WORDS_S)
                said = self._engine.said
                self._engine.close()
                self._attached.close()
        if self._id:
            with contextlib.suppress(*_ERRORS):
                self._client.remove_container(self._id, force=True)
        with contextlib.suppress(*_ERRORS):
            self._client.close()
        self._slot.close()
        return said.decode(errors="replace").strip()
