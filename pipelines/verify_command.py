"""`nlex verify`: runs the checks and prints what they found."""

import argparse
import sys
from dataclasses import asdict

import orjson
from tqdm import tqdm

from pipelines.build_command import default_workers
from pipelines.exit_codes import DONE, ENVIRONMENT, FOUND_WRONG, USAGE
from pipelines.manifest import ManifestError, read_manifest
from pipelines.rerun import rerun
from pipelines.verify import verify
from sandbox import Sandbox, SandboxConfig, SandboxUnavailable

_SHOWN = 50


def run_verify_command(args: argparse.Namespace) -> int:
    """Runs `nlex verify` and returns its exit code."""
    try:
        total = sum(listed["rows"] for listed in read_manifest(args.corpus)["files"])
        with tqdm(total=total, unit="row", desc="nlex verify", file=sys.stderr) as bar:
            report = verify(args.corpus, workers=default_workers(), done=bar.update)
        if args.rerun:
            with Sandbox(SandboxConfig(backend=args.sandbox)) as sandbox:
                report.rerun, findings = rerun(args.corpus, args.rerun, sandbox)
            report.findings += findings
    except ManifestError as error:
        print(f"nlex: {error}", file=sys.stderr)
        return USAGE
    except SandboxUnavailable as error:
        print(f"nlex: {error}", file=sys.stderr)
        return ENVIRONMENT
    for finding in report.findings[:_SHOWN]:
        print(finding)
    if len(report.findings) > _SHOWN:
        print(f"... and {len(report.findings) - _SHOWN} more")
    again = f", {report.rerun} executed again" if args.rerun else ""
    print(f"{report.rows:,} rows, {report.claims:,} claims{again}: {len(report.findings)} problems")
    if args.json:
        print(orjson.dumps(asdict(report) | {"problems": len(report.findings)}).decode())
    return FOUND_WRONG if report.findings else DONE
