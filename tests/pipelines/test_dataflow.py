"""Dataflow without a cloud: what its client stages and posts, against stand-ins, and the staged graph run for real."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import docker
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from pipelines.build_command import build
from pipelines.cli import make_parser
from pipelines.dataflow.flex import build_arguments
from pipelines.options import BuildOptions
from sandbox.docker_backend import build_image
from tests.pipelines.corpora import varied_rows, write_rows
from tests.pipelines.google_stand_in import BUCKET, PROJECT, Google, google_on_loopback, write_credentials
from tests.pipelines.reading import bytes_of, hash_of

ROOT = Path(__file__).parents[2]
IMAGE = "us-central1-docker.pkg.dev/my-project/nlex/nlex:1"
BATCH = 1
DATAFLOW = ROOT / "pipelines" / "dataflow"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A source of three work units."""
    return write_rows(tmp_path_factory.mktemp("source") / "rows.jsonl", *varied_rows(16))


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    """A stand-in for Google's services, known to this process and those it starts by their own variables."""
    with google_on_loopback() as running, pytest.MonkeyPatch.context() as patch:
        credentials = tmp_path_factory.mktemp("google") / "account.json"
        write_credentials(credentials, running)
        patch.setenv("STORAGE_EMULATOR_HOST", running.url)
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials))
        patch.setenv("NO_GCE_CHECK", "true")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        yield running


def nlex(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`nlex` in a process of its own."""
    command = [sys.executable, "-m", "pipelines.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)


def on_dataflow(google: Google, source: str, folder: str) -> list[str]:
    """The arguments that build a source on Dataflow."""
    own = ["build", source, "--output", f"gs://{BUCKET}/{folder}", "--sandbox", "process", "--"]
    cloud = [f"--project={PROJECT}", "--region=us-central1", f"--temp_location=gs://{BUCKET}/tmp"]
    workers = [f"--sdk_container_image={IMAGE}", "--sdk_location=container", "--max_num_workers=8"]
    return [*own, "--runner=DataflowRunner", *cloud, *workers, f"--dataflow_endpoint={google.url}"]


@pytest.fixture(scope="module")
def submitted(google: Google, few: str) -> subprocess.CompletedProcess[str]:
    """A build that was given to the Dataflow service, which says at once that it is done."""
    return nlex(*on_dataflow(google, few, "corpus"))


def staged_graph(google: Google) -> Any:
    """The pipeline that the client left for the service."""
    (name,) = [name for name in google.objects if name.endswith("pipeline.pb")]
    graph = beam_runner_api_pb2.Pipeline()
    graph.ParseFromString(google.objects[name])
    return graph


def run_here(graph: Any) -> str:
    """Runs a staged pipeline with workers of this process in place of containers."""
    for environment in graph.components.environments.values():
        environment.urn = python_urns.EMBEDDED_PYTHON
        environment.payload = b""
        del environment.dependencies[:]
    result = FnApiRunner().run_via_runner_api(graph, PipelineOptions([]))
    return str(result.state)


def corpus_at(google: Google, folder: str) -> dict[str, str]:
    """The SHA-256 of every file of a corpus in the stand-in's bucket, but parts and what tells the time."""
    names = {
        name.removeprefix(f"{folder}/"): data for name, data in google.objects.items() if name.startswith(f"{folder}/")
    }
    return {name: hash_of(data) for name, data in names.items() if not name.startswith(".") and name != "metrics.json"}


def test_the_job_asks_for_our_image_and_one_process_a_core(
    google: Google, submitted: subprocess.CompletedProcess[str]
) -> None:
    (job,) = google.jobs
    assert job["type"] == BATCH
    (pool,) = job["environment"]["workerPools"]
    (image,) = pool["sdkHarnessContainerImages"]
    assert (image["containerImage"], image["useSingleCorePerContainer"]) == (IMAGE, True)
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 8
    options = job["environment"]["sdkPipelineOptions"]["options"]
    assert options["number_of_worker_harness_threads"] == 1
    assert not options["save_main_session"]


def test_rows_and_plan_are_staged_and_no_program_is_run_by_the_driver(
    google: Google, submitted: subprocess.CompletedProcess[str]
) -> None:
    held = {name.rpartition("/")[0] for name in google.objects if name.startswith("corpus/")}
    assert held == {"corpus/.parts", "corpus/.parts/spool"}
    assert google.unknown == []
    assert submitted.returncode == 1
    assert "the job has ended and left no manifest.json" in submitted.stderr


def test_the_graph_that_was_staged_makes_the_corpus_of_a_build_in_a_folder(
    google: Google, submitted: subprocess.CompletedProcess[str], few: str, tmp_path: Path
) -> None:
    assert run_here(staged_graph(google)) == "DONE"
    build(BuildOptions((few,), sandbox="process"), tmp_path, workers=1)
    assert corpus_at(google, "corpus") == bytes_of(tmp_path)


def test_a_build_at_a_url_goes_on_where_one_stopped_and_drops_what_is_stale(google: Google, tmp_path: Path) -> None:
    fewer, all_rows = tmp_path / "few.jsonl", tmp_path / "all.jsonl"
    arguments = ("--output", f"gs://{BUCKET}/grown", "--sandbox", "process")
    first = nlex("build", write_rows(fewer, *varied_rows(9)), *arguments)
    assert first.returncode == 0, first.stderr
    source = write_rows(all_rows, *varied_rows(12))
    (lost, *_) = [name for name in google.objects if name.startswith("grown/.parts/prose/b") and name.endswith("zip")]
    google.objects.pop(lost)
    second = nlex("build", source, *arguments)
    assert second.returncode == 0, second.stderr
    build(BuildOptions((source,), sandbox="process"), tmp_path / "fresh", workers=1)
    assert corpus_at(google, "grown") == bytes_of(tmp_path / "fresh")
    assert not [name for name in google.objects if name.startswith("grown/.parts/spool/")]


def test_a_sandbox_in_docker_is_refused_on_dataflow(google: Google, few: str) -> None:
    arguments = on_dataflow(google, few, "refused")
    arguments[arguments.index("process")] = "docker"
    refused = nlex(*arguments)
    assert refused.returncode == 2
    assert "no Docker engine" in refused.stderr


def test_a_flex_template_takes_what_its_description_names() -> None:
    names = {parameter["name"] for parameter in json.loads((DATAFLOW / "metadata.json").read_text())["parameters"]}
    assert names == {"sources", "output", "options"}
    given = [
        "--sources=jsonl:gs://b/a.jsonl jsonl:gs://b/c.jsonl",
        "--output=gs://b/out",
        "--options=--styles steps,story",
    ]
    arguments = build_arguments([*given, "--runner=DataflowRunner", "--template_location=gs://b/t"])
    cut = arguments.index("--")
    parsed = make_parser("build").parse_args(arguments[:cut])
    assert parsed.source == ["jsonl:gs://b/a.jsonl", "jsonl:gs://b/c.jsonl"]
    assert (parsed.output, parsed.styles, parsed.sandbox) == ("gs://b/out", ("steps", "story"), "process")
    assert arguments[cut + 1 :] == ["--runner=DataflowRunner", "--template_location=gs://b/t"]


def test_a_template_is_written_and_nothing_is_run(google: Google, few: str) -> None:
    jobs = len(google.jobs)
    made = nlex(*on_dataflow(google, few, "template"), f"--template_location=gs://{BUCKET}/templates/nlex")
    assert made.returncode == 0, made.stderr
    assert "the jobs started from it" in made.stdout
    assert len(google.jobs) == jobs
    assert json.loads(google.objects["templates/nlex"])["type"] == "JOB_TYPE_BATCH"


def test_the_image_has_the_beam_and_the_files_of_this_tree() -> None:
    text = (DATAFLOW / "Dockerfile").read_text()
    assert f"ARG BEAM={version('apache-beam')}" in text
    assert 'ENTRYPOINT ["/opt/apache/beam/boot"]' in text
    copied = [path for path in re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE)]
    assert all((ROOT / path).exists() for path in copied)


def test_a_container_without_privileges_runs_programs_at_the_level_user(tmp_path: Path) -> None:
    """What a Dataflow worker is: root in a container, with Docker's usual capabilities and no engine."""
    tree = ["/usr", "/lib", "/lib64", "/bin", sys.base_prefix, sys.prefix, str(ROOT)]
    read_only = [f"{path}:{path}:ro" for path in dict.fromkeys(tree)]
    engine = docker.from_env()
    said = engine.containers.run(
        build_image(engine.api),
        ["-m", "pipelines.cli", "sandbox", "doctor", "--sandbox", "process", "--json"],
        entrypoint=[sys.executable],
        working_dir=str(ROOT),
        environment={"XDG_CACHE_HOME": "/cache", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)},
        network_disabled=True,
        remove=True,
        volumes=[*read_only, f"{tmp_path}:/home:ro"],
    )
    ladder = json.loads(said.splitlines()[-1])["ladder"]
    assert [step["level"] for step in ladder if step["on"]] == ["limits", "files", "user"]
