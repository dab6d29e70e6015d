"""What programs could have left on this machine: processes, mounts, files, segments, semaphores, queues."""

from pathlib import Path

_IPC = ("shm", "sem", "msg")
_WRITABLE = ("/tmp", "/dev/shm", "/var/tmp", "/dev/mqueue")


def _job_processes(owned: set[int]) -> list[str]:
    """Processes that run under one of the jobs' users; such processes end with their job."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except (OSError, ValueError):
            continue
        uid = int(fields["Uid"].split()[0])
        if uid in owned and not fields["State"].strip().startswith("Z"):
            found.append(f"process {fields['Name'].strip()} of user {uid}")
    return found


def _owned_files(owned: set[int]) -> list[str]:
    """Files of the jobs' users in the folders that anybody may write to."""
    found = []
    for folder in map(Path, _WRITABLE):
        for path in folder.glob("*") if folder.exists() else ():
            try:
                if path.lstat().st_uid in owned:
                    found.append(f"file {path}")
            except OSError:
                continue
    return found


def _ipc_objects(owned: set[int]) -> list[str]:
    found = []
    for kind in _IPC:
        lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        columns = lines[0].split()
        for line in lines[1:]:
            row = dict(zip(columns, line.split(), strict=False))
            if int(row["uid"]) in owned or int(row["cuid"]) in owned:
                found.append(f"{kind} object {line.split()[1]}")
    return found


def _mounts() -> set[str]:
    return {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines() if "nlex" in line}


class LeftBehind:
    """Looks for what jobs under these users have left since it was made."""

    def __init__(self, uids: set[int]) -> None:
        self.uids = uids
        self._mounts = _mounts()

    def since_the_start(self) -> list[str]:
        """What is there and should not be, in words."""
        mounts = [f"mount {path}" for path in sorted(_mounts() - self._mounts)]
        return _job_processes(self.uids) + _owned_files(self.uids) + _ipc_objects(self.uids) + mounts
