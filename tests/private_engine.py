"""A Docker engine of one's own, beside the machine's: its folders, socket and control group are nobody else's."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import docker

_CPU_FOLDERS = (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup"))
_START_S = 60


def _cpu_folder() -> Path:
    return next(folder for folder in _CPU_FOLDERS if (folder / "cgroup.procs").exists())


class PrivateEngine:
    """A `dockerd` that runs while the context is open. Needs root.

    Attributes:
        url: what DOCKER_HOST must be to reach it.
    """

    def __init__(self, runtimes: Mapping[str, Path] | None = None) -> None:
        """`runtimes` are those it shall know beside its own, by name."""
        self._runtimes = runtimes or {}
        self.folder = Path(tempfile.mkdtemp(prefix="nlex-engine-"))
        self.url = f"unix://{self.folder}/docker.sock"
        self._group = f"nlex-{self.folder.name[-8:]}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the end of its log when it does not."""
        own = _cpu_folder() / self._group / "engine"
        own.mkdir(parents=True, exist_ok=True)
        log = self.folder / "log"
        # The shell puts itself, and so the engine, into the group before there is an engine.
        enter = f'echo $$ > {own}/cgroup.procs; exec "$@"'
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [
                    *("sh", "-c", enter, "sh", "dockerd"),
                    f"--host={self.url}",
                    f"--data-root={self.folder}/data",
                    f"--exec-root={self.folder}/exec",
                    f"--pidfile={self.folder}/pid",
                    f"--cgroup-parent=/{self._group}/jobs",
                    "--bridge=none",
                    "--iptables=false",
                    "--ip6tables=false",
                    *(f"--add-runtime={name}={path}" for name, path in self._runtimes.items()),
                ],
                stdout=said,
                stderr=said,
            )
        give_up = time.monotonic() + _START_S
        while time.monotonic() < give_up and self._process.poll() is None:
            with contextlib.suppress(docker.errors.DockerException):
                docker.DockerClient(base_url=self.url).ping()
                return
            time.sleep(0.1)
        raise RuntimeError(f"no engine: {log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it, and with it all its containers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def restart(self) -> None:
        """What an upgrade of the engine does to its users."""
        self.stop()
        self.start()

    def cpu_s(self) -> float:
        """CPU seconds of the engine and of everything that ever ran in its containers."""
        group = _cpu_folder() / self._group
        if (group / "cpuacct.usage").exists():
            return int((group / "cpuacct.usage").read_text()) / 1e9
        rows = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
        return int(rows["usage_usec"]) / 1e6

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            if str(self.folder) in line.split()[4]:
                subprocess.run(["umount", "-l", line.split()[4]], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        for controller in (*Path("/sys/fs/cgroup").glob("*"), Path("/sys/fs/cgroup")):
            for name in ("engine", "jobs", ""):
                with contextlib.suppress(OSError):
                    (controller / self._group / name).rmdir()
