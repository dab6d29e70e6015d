"""The image made of this interpreter."""

import io
import tarfile

import pytest

from sandbox.docker_backend import build_image, connect
from sandbox.image import PYTHON, image_tag, write_tar


@pytest.fixture(scope="module")
def members() -> dict[str, tarfile.TarInfo]:
    stream = io.BytesIO()
    write_tar(stream)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        return {member.name: member for member in tar.getmembers()}


def test_it_holds_the_interpreter_the_tracer_and_the_jail(members):
    for name in (PYTHON.lstrip("/"), "nlex/tracer/program.py", "nlex/jail/supervisor.py"):
        assert name in members


def test_it_holds_no_shell_no_tools_and_nothing_privileged(members):
    assert not [name for name in members if name.rpartition("/")[2] in ("sh", "bash", "pip", "ls")]
    assert not [name for name in members if "site-packages" in name or "/ensurepip" in name]
    assert not [name for name, member in members.items() if member.mode & 0o7022]


def test_everything_in_it_belongs_to_root(members):
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}


def test_building_twice_gives_one_image():
    client = connect()
    assert build_image(client) == build_image(client) == image_tag()
