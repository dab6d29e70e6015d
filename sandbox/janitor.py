"""Finds containers whose owner is gone, by their labels; a last resort, since they end by themselves."""

import contextlib
import os
import socket

import docker
import requests

LABEL = "nlex.sandbox"
_OWNER, _HOST, _BORN = "nlex.owner", "nlex.host", "nlex.born"
_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)


def _birth_of(pid: int) -> str | None:
    """When a process of this machine began, in ticks since the kernel did; None if there is none."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[19]
    except OSError:
        return None


def owner_labels() -> dict[str, str]:
    """The labels that name this process as a container's owner: a process number alone is used again."""
    born = _birth_of(os.getpid()) or ""
    return {LABEL: "1", _OWNER: str(os.getpid()), _HOST: socket.gethostname(), _BORN: born}


def _is_orphan(labels: dict[str, str]) -> bool:
    """Whether the owner was a process of this machine and is no more."""
    if labels.get(_HOST) != socket.gethostname() or not labels.get(_OWNER, "").isdigit():
        return False
    return _birth_of(int(labels[_OWNER])) != (labels.get(_BORN) or None)


def remove_orphans(client: docker.APIClient) -> list[str]:
    """Remove the containers whose owner is gone; their ids. Trouble with the engine is left to whoever needs it."""
    removed = []
    with contextlib.suppress(*_ERRORS):
        for container in client.containers(all=True, filters={"label": LABEL}):
            if _is_orphan(container.get("Labels") or {}):
                with contextlib.suppress(*_ERRORS):
                    client.remove_container(container["Id"], force=True)
                    removed.append(str(container["Id"]))
    return removed
