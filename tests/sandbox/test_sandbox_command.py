"""`nlex sandbox`: what it prints and its exit codes."""

import argparse
import json

import pytest

from sandbox.command import add_sandbox_arguments, run_sandbox_command


@pytest.fixture
def sandbox_command(capfd):
    def run(*arguments: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        add_sandbox_arguments(parser)
        code = run_sandbox_command(parser.parse_args(arguments))
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"

    def write(code: str) -> str:
        path.write_text(code)
        return str(path)

    return write


def last_object(out: str) -> dict:
    return json.loads(out.splitlines()[-1])


@pytest.mark.parametrize("backend", ["docker", "process"])
def test_run_tells_everything_of_a_run_as_one_object(sandbox_command, program, tmp_path, backend):
    (tmp_path / "in").write_text("3 4\n")
    path = program("print(sum(map(int, input().split())))\n")
    code, out, _ = sandbox_command("run", path, "--stdin", f"{tmp_path}/in", "--sandbox", backend, "--traced", "--json")
    told = last_object(out)
    assert code == 0
    assert (told["verdict"], told["trace_integrity"], told["stdout"]) == ("ok", "complete", "7\n")
    assert (told["exit_code"], told["signal"]) == (0, None)
    assert told["cpu_s"] >= 0 and told["wall_s"] > 0 and told["max_rss_bytes"] > 0


def test_run_calls_a_function(sandbox_command, program):
    path = program("def f(a, k):\n    return a * k\n")
    code, out, _ = sandbox_command("run", path, "--call", "f([1], k=2)", "--sandbox", "process", "--json")
    assert (code, last_object(out)["value"]) == (0, "[1, 1]")


def test_run_ends_with_1_when_the_program_fails(sandbox_command, program):
    code, out, err = sandbox_command("run", program("print(5)\n1 / 0\n"), "--sandbox", "process")
    assert (code, out) == (1, "5\n")
    assert "ZeroDivisionError" in err and "runtime_error" in err


def test_run_ends_with_2_when_there_is_no_program(sandbox_command):
    code, _, err = sandbox_command("run", "nowhere.py")
    assert code == 2
    assert "nowhere.py" in err


def test_run_ends_with_3_when_there_is_no_engine(sandbox_command, program, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    code, _, err = sandbox_command("run", program("print(1)"))
    assert code == 3
    assert "no Docker engine" in err


def test_build_names_the_image(sandbox_command):
    code, out, _ = sandbox_command("build", "--json")
    assert code == 0
    assert last_object(out)["image"].startswith("nlex-sandbox:")


def test_doctor_tells_what_guards_held(sandbox_command):
    code, out, _ = sandbox_command("doctor", "--json")
    told = last_object(out)
    assert (code, told["ok"]) == (0, True)
    assert any("no network" in check["detail"] for check in told["checks"])


def test_doctor_tells_which_recorder_is_in_use(sandbox_command):
    _, out, _ = sandbox_command("doctor", "--json")
    found = [check["detail"] for check in last_object(out)["checks"] if check["name"].endswith("sandbox")]
    assert len(found) == 2
    assert all("the recorder is the one in C" in detail for detail in found)


def test_doctor_names_the_remedy_where_there_is_no_engine(sandbox_command, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    code, out, _ = sandbox_command("doctor")
    assert code == 3
    assert "apt-get install docker.io" in out


def test_doctor_shows_the_ladder_of_both_backends_and_how_to_climb_it(sandbox_command):
    _, out, _ = sandbox_command("doctor", "--json")
    ladder = last_object(out)["ladder"]
    for backend, top in (("docker", "kernel"), ("process", "namespaces")):
        steps = [step for step in ladder if step["backend"] == backend]
        assert (steps[0]["level"], steps[-1]["level"]) == ("limits", top)
        assert steps[0]["on"]
        assert all(step["on"] or step["mend"] for step in steps)
    assert "to mend it: install gVisor" in out


def test_run_refuses_a_wall_weaker_than_asked_for(sandbox_command, program):
    wanted = ("--sandbox", "process", "--sandbox-min-level", "container")
    code, out, err = sandbox_command("run", program("print(1)"), *wanted)
    assert (code, out) == (3, "")
    assert "below `container`" in err and "--sandbox docker" in err


def test_run_names_the_runtimes_there_are(sandbox_command, program):
    code, _, err = sandbox_command("run", program("print(1)"), "--docker-runtime", "no-such-runtime")
    assert code == 3
    assert "no-such-runtime" in err and "runc" in err


def test_run_scales_its_limits(sandbox_command, program):
    path = program("x = 0\nfor _ in range(10**9):\n    x += 1\n")
    code, out, _ = sandbox_command("run", path, "--sandbox", "process", "--limit-scale", "0.1", "--json")
    assert (code, last_object(out)["verdict"]) == (1, "cpu_limit")
    assert sandbox_command("run", path, "--limit-scale", "0")[0] == 2
