"""The sandbox image, made of this interpreter: its library, its binary and the shared libraries it needs."""

import functools
import hashlib
import io
import os
import py_compile
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sortedcontainers

import sandbox.jail
import tracer

IMAGE_NAME = "nlex-sandbox"
PYTHON = "/usr/local/bin/python3"
HOME = "/nlex"
_LEFT_OUT = {
    *("test", "tests", "idlelib", "idle_test", "ensurepip", "tkinter", "turtledemo", "lib2to3", "pydoc_data"),
    *("site-packages", "dist-packages", "venv", "msilib", "curses", "dbm", "wsgiref", "sqlite3"),
    *("__phello__",),
}
_LEFT_OUT_MODULES = re.compile(
    r"^(_tkinter|_curses|_curses_panel|_dbm|_gdbm|_sqlite3|_ssl|_test|_xx|xx|nis|ossaudiodev|readline|spwd|_crypt)"
)
_PASSWD = b"root:x:0:0:root:/:/nologin\nnobody:x:65534:65534:nobody:/:/nologin\n"


def _library_files(library: Path) -> Iterator[tuple[str, Path]]:
    """(path below the library, file) of the trimmed standard library."""
    for folder, subfolders, names in os.walk(library):
        here = Path(folder)
        subfolders[:] = sorted(name for name in subfolders if name not in _LEFT_OUT and not name.startswith("config-"))
        for name in sorted(names):
            if name.endswith(".so") and _LEFT_OUT_MODULES.match(name):
                continue
            if name.endswith((".py", ".so")) or name.endswith(f".{sys.implementation.cache_tag}.pyc"):
                yield str((here / name).relative_to(library)), here / name


def _package_files(library: str) -> Iterator[tuple[str, Path]]:
    """(path in the image, file) of what runs beside the job, and of the one package that contest judges add."""
    for target, package in (
        (f"{HOME}/jail", sandbox.jail),
        (f"{HOME}/tracer", tracer),
        (f"{library}/sortedcontainers", sortedcontainers),
    ):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".so") and path.is_file():
                yield f"{target}/{path.relative_to(folder)}", path


def _shared_libraries(binaries: list[Path]) -> Iterator[str]:
    """Paths of every shared library the binaries load, as the loader names them."""
    listing = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False).stdout
    found = set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listing, re.MULTILINE))
    # Threads that outlive the interpreter unwind through it, and it is loaded by name only then.
    for libc in [path for path in found if re.search(r"/libc[.-]", path)]:
        unwinder = Path(libc).with_name("libgcc_s.so.1")
        if unwinder.exists():
            found.add(str(unwinder))
    yield from sorted(found)


@functools.cache
def image_files() -> dict[str, Path]:
    """Every file of the image by its absolute path in there. Raises OSError where there is no `ldd`."""
    inside = f"/usr/local/lib/python{sys.version_info.major}.{sys.version_info.minor}"
    files: dict[str, Path] = {}
    for key in ("stdlib", "platstdlib"):
        # A virtual environment has no library of its own: ask for the base interpreter's.
        base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}
        library = Path(sysconfig.get_path(key, vars=base | {"installed_platbase": sys.base_exec_prefix}))
        for name, path in _library_files(library):
            files[f"{inside}/{name}"] = path
    binary = Path(os.path.realpath(sys.executable))
    files[PYTHON] = binary
    binaries = [binary, *(path for name, path in files.items() if name.endswith(".so"))]
    files.update({name: Path(name) for name in _shared_libraries(binaries)})
    files.update(_package_files(inside))
    return files


@functools.cache
def image_tag() -> str:
    """The image's name and the hash of its contents, byte code aside."""
    digest = hashlib.sha256()
    for name, path in sorted(image_files().items()):
        if not name.endswith(".pyc"):
            digest.update(f"{name}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{IMAGE_NAME}:{digest.hexdigest()[:16]}"


def _byte_code(path: Path, name: str) -> bytes:
    """Compiled once here, trusted there: the zygote starts faster and the tree is read-only."""
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "code.pyc")
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(path), target, dfile=name, doraise=True, invalidation_mode=mode)
        return Path(target).read_bytes()


def image_entries() -> Iterator[tuple[str, bytes, int, float]]:
    """(path, content, mode, time) of every file, the made ones too; all belong to root."""
    for name, path in sorted(image_files().items()):
        status = path.stat()
        mode = 0o755 if os.access(path, os.X_OK) or name.endswith(".so") else 0o644
        yield name, path.read_bytes(), mode, status.st_mtime
        if name.startswith(HOME) and name.endswith(".py"):
            stem = Path(name)
            code = stem.parent / "__pycache__" / f"{stem.stem}.{sys.implementation.cache_tag}.pyc"
            yield str(code), _byte_code(path, name), 0o644, status.st_mtime
    yield "/etc/passwd", _PASSWD, 0o644, 0.0


def write_tar(target: io.BufferedIOBase) -> None:
    """Write the image's tree as a tar."""
    folders = {"tmp", "proc", "dev", "sys"}
    with tarfile.open(fileobj=target, mode="w") as tar:

        def add_folders(path: str) -> None:
            for parent in reversed(Path(path).parents):
                name = str(parent).strip("/")
                if name and name not in seen:
                    seen.add(name)
                    entry = tarfile.TarInfo(name)
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(entry)

        seen: set[str] = {"."}
        for folder in sorted(folders):
            add_folders(f"/{folder}/x")
        for name, content, mode, modified in image_entries():
            add_folders(name)
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(content), mode, int(modified)
            tar.addfile(entry, io.BytesIO(content))
