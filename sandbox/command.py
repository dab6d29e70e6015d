"""What `nlex sandbox build|doctor|run` does; the arguments and the work, not the program's entry point."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from sandbox.config import SandboxConfig, SandboxUnavailable
from sandbox.doctor import examine
from sandbox.levels import DEFAULT_LEVEL, LEVELS
from sandbox.observe import observe
from sandbox.pool import Sandbox
from schemas.job import Limits, Program
from schemas.outcome import Outcome

_DONE, _WRONG, _USAGE, _ENVIRONMENT = 0, 1, 2, 3
_DEFAULTS = Limits()


def add_sandbox_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the subcommands of `nlex sandbox`."""
    commands = parser.add_subparsers(dest="sandbox_command", required=True, metavar="build|doctor|run")
    build = commands.add_parser("build", help="make the image that programs run in, out of this interpreter")
    build.add_argument("--json", action="store_true", help="one JSON object as the last line")
    doctor = commands.add_parser("doctor", help="tell what this machine can do, and how to mend what it cannot")
    run = commands.add_parser("run", help="run one program and tell what it came to")
    run.add_argument("program", type=Path, metavar="PROGRAM.py")
    given = run.add_mutually_exclusive_group()
    given.add_argument("--stdin", type=Path, metavar="FILE", help="the program's input; `-` is this command's own")
    given.add_argument("--call", metavar="EXPR", help="call a function of the program instead of running a script")
    run.add_argument("--traced", action="store_true", help="trace it too, and tell the trace's integrity")
    run.add_argument("--cpu", type=float, default=_DEFAULTS.cpu_s, metavar="SECONDS")
    run.add_argument("--wall", type=float, default=_DEFAULTS.wall_s, metavar="SECONDS")
    run.add_argument("--memory", type=int, default=_DEFAULTS.memory_bytes >> 20, metavar="MIB")
    run.add_argument(
        "--scratch", type=int, default=0, metavar="MIB", help="let it write files, so many MiB of them (default: none)"
    )
    run.add_argument(
        "--limit-scale", type=float, default=1.0, metavar="FACTOR", help="multiply the CPU and wall limits"
    )
    run.add_argument(
        "--sandbox-min-level",
        choices=LEVELS,
        default=DEFAULT_LEVEL,
        help="refuse to run behind a weaker wall; `nlex sandbox doctor` shows the ladder (default: %(default)s)",
    )
    for command in (doctor, run):
        command.add_argument("--sandbox", choices=("docker", "process"), default="docker")
        command.add_argument("--image", help="a Docker image to use instead of our own")
        command.add_argument(
            "--docker-runtime", metavar="NAME", help="an OCI runtime that the engine knows, such as runsc (gVisor)"
        )
        command.add_argument("--json", action="store_true", help="one JSON object as the last line")


def run_sandbox_command(args: argparse.Namespace) -> int:
    """Do what the arguments ask; 0 done, 1 the program or the machine falls short, 2 usage, 3 environment."""
    try:
        if args.sandbox_command == "build":
            return _build(args)
        config = SandboxConfig(backend=args.sandbox, image=args.image, runtime=args.docker_runtime)
        if args.sandbox_command == "doctor":
            return _doctor(args, config)
        return _run(args, dataclasses.replace(config, min_level=args.sandbox_min_level))
    except SandboxUnavailable as error:
        print(f"nlex sandbox: {error}", file=sys.stderr)
        return _ENVIRONMENT


def _build(args: argparse.Namespace) -> int:
    from sandbox.docker_backend import build_image, connect, remove_older_images

    client = connect()
    tag = build_image(client)
    removed = remove_older_images(client)
    print(f"image {tag}" + (f" (removed {len(removed)} older)" if removed else ""))
    if args.json:
        print(json.dumps({"image": tag, "removed": removed}))
    return _DONE


def _doctor(args: argparse.Namespace, config: SandboxConfig) -> int:
    examination = examine(config)
    wanted = examination.checks[1]
    for check in examination.checks:
        print(f"{'ok ' if check.well else 'NO '} {check.name}: {check.detail}")
        if check.remedy:
            print(f"    remedy: {check.remedy}")
        for step in examination.ladder:
            if check.name == f"{step.backend} sandbox":
                print(f"    {'on ' if step.on else 'off'} {step.level}: {step.meaning}")
                if step.mend:
                    print(f"        to mend it: {step.mend}")
    if args.json:
        print(json.dumps({"ok": wanted.well, **dataclasses.asdict(examination)}))
    return _DONE if wanted.well else _ENVIRONMENT


def _read(path: Path) -> str:
    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    return data.decode("utf-8", "surrogateescape")


def _run(args: argparse.Namespace, config: SandboxConfig) -> int:
    try:
        code = args.program.read_text(encoding="utf-8")
        stdin = _read(args.stdin) if args.stdin else ""
        limits = Limits(cpu_s=args.cpu, wall_s=args.wall, memory_bytes=args.memory << 20)
        limits = dataclasses.replace(limits, scratch_bytes=args.scratch << 20).scaled(args.limit_scale)
    except (OSError, ValueError) as error:
        print(f"nlex sandbox run: {error}", file=sys.stderr)
        return _USAGE
    program = Program("stdin" if args.call is None else "function", code)
    with Sandbox(config) as sandbox:
        observation = observe(sandbox, program, stdin=stdin, call=args.call, limits=limits, trace=args.traced)
    outcome = observation.outcome
    if args.json:
        print(json.dumps(_summary(outcome) | {"nondeterministic": observation.nondeterministic}))
    else:
        _show(outcome, observation.nondeterministic, observation.traced_detail)
    if outcome.verdict == "sandbox_error":
        return _ENVIRONMENT
    return _DONE if outcome.verdict == "ok" else _WRONG


def _summary(outcome: Outcome) -> dict[str, Any]:
    return {
        "verdict": outcome.verdict,
        "trace_integrity": outcome.trace_integrity,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "stdout": outcome.stdout.decode("utf-8", "backslashreplace"),
        "value": outcome.value,
        "error": dataclasses.asdict(outcome.error) if outcome.error else None,
        "detail": outcome.detail,
        "cpu_s": round(outcome.cpu_s, 6),
        "wall_s": round(outcome.wall_s, 6),
        "max_rss_bytes": outcome.max_rss_bytes,
    }


def _show(outcome: Outcome, nondeterministic: str, traced_detail: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(outcome.stdout)
    sys.stdout.buffer.flush()
    if outcome.stderr_tail:
        sys.stderr.write(outcome.stderr_tail.decode("utf-8", "backslashreplace"))
    if outcome.value is not None:
        print(outcome.value)
    words = [
        outcome.verdict,
        f"{outcome.cpu_s:.3f} s CPU",
        f"{outcome.wall_s:.3f} s",
        f"{outcome.max_rss_bytes >> 20} MiB",
    ]
    if outcome.trace_integrity:
        words.append(f"trace {outcome.trace_integrity}")
    words += [word for word in (outcome.detail, traced_detail, nondeterministic) if word]
    print(f"-- {', '.join(words)}", file=sys.stderr)
