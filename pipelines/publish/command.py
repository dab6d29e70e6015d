"""`nlex publish`: verifies a corpus, sends what the Hub lacks in one commit, and reads the counts back."""

import argparse
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from pipelines.exit_codes import DONE, ENVIRONMENT, FOUND_WRONG, USAGE
from pipelines.finding import Finding
from pipelines.manifest import ManifestError, read_manifest

_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{8,}")
_SHOWN = 20


def without_token(text: str) -> str:
    """The text without anything that is, or looks like, an access token."""
    own = os.environ.get("HF_TOKEN", "")
    return _TOKEN.sub("hf_...", text.replace(own, "hf_...") if own else text)


def _say(text: object) -> None:
    print(without_token(f"nlex: {text}"), file=sys.stderr)


def _fail(text: object, code: int) -> int:
    _say(text)
    return code


def _findings(corpus: Path, manifest: Mapping[str, Any]) -> list[Finding]:
    from tqdm import tqdm

    from pipelines.build_command import default_workers
    from pipelines.verify import verify

    total = sum(shard["rows"] for shard in manifest["files"])
    with tqdm(total=total, unit="row", desc="nlex publish: verifying", file=sys.stderr) as bar:
        return verify(corpus, workers=default_workers(), done=bar.update).findings


def run_publish_command(args: argparse.Namespace) -> int:
    """Runs `nlex publish` and returns its exit code."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    from pipelines.publish.repository import ConflictError, PublishError

    try:
        manifest = read_manifest(args.corpus)
        findings = _findings(args.corpus, manifest)
        if findings:
            for finding in findings[:_SHOWN]:
                print(finding)
            number = "one problem" if len(findings) == 1 else f"{len(findings):,} problems"
            message = f"{args.corpus} is not published: {number} (above; all with `nlex verify {args.corpus}`)"
            return _fail(message, FOUND_WRONG)
        return _publish(args, manifest)
    except (ManifestError, HFValidationError) as error:
        return _fail(error, USAGE)
    except ConflictError as error:
        return _fail(error, FOUND_WRONG)
    except (PublishError, httpx2.TransportError, ConnectionError, TimeoutError) as error:
        return _fail(error, ENVIRONMENT)
    except HfHubHTTPError as error:
        hint = f". Is there a token that may write to {args.repository}? Run `hf auth login`, or set HF_TOKEN"
        allowed = error.response.status_code not in (401, 403)
        return _fail(f"the Hub refused: {error}{'' if allowed else hint}", ENVIRONMENT)


def _publish(args: argparse.Namespace, manifest: Mapping[str, Any]) -> int:
    from huggingface_hub import HfApi

    from pipelines.publish.difference import difference, local_files
    from pipelines.publish.repository import ConflictError, Repository

    repository = Repository(args.repository, HfApi(library_name="nlex"))
    files = local_files(args.corpus, manifest)
    state = repository.state()
    wanted = difference(files, state.files if state else ())
    if state and not state.private and not args.public:
        raise ConflictError(f"{args.repository} is public; give --public to publish to it for all to see")
    _show(wanted, files, f"{args.repository}{'' if state else ' (new)'}")
    if args.dry_run:
        print("Nothing was sent: this was a dry run.")
        return _end(args, None, wanted, manifest, [])
    if state is None:
        state = repository.create(private=not args.public)
    if args.public and state.private:
        _say(f"{args.repository} is private and stays so: make it public in its settings")
    if not wanted:
        print(f"{args.repository} holds this corpus already: no commit was made.")
        commit = state.commit
    else:
        commit = repository.commit(files, state, args.message, _say)
    problems = repository.read_back(args.corpus, manifest, commit)
    for problem in problems[:_SHOWN]:
        print(f"{args.repository}: {problem}")
    rows = sum(shard["rows"] for shard in manifest["files"])
    if not problems:
        print(f"{args.repository} at {commit[:12]}: {len(files):,} files and {rows:,} rows, counted there.")
    return _end(args, commit, wanted, manifest, problems)


def _show(wanted: Any, files: Mapping[str, Path], name: str) -> None:
    """Prints what is to be done."""
    print(f"{name}: {sum(files[path].stat().st_size for path in wanted.sent):,} bytes to send")
    for word, paths in (("add", wanted.added), ("replace", wanted.replaced)):
        for path in paths:
            print(f"  {word:8} {path} ({files[path].stat().st_size:,} bytes)")
    for path in wanted.deleted:
        print(f"  {'delete':8} {path}")
    print(f"  {'keep':8} {len(wanted.same)} files that are there")


def _end(
    args: argparse.Namespace, commit: str | None, wanted: Any, manifest: Mapping[str, Any], problems: list[str]
) -> int:
    if args.json:
        report = {
            "commit": commit,
            "added": wanted.added,
            "replaced": wanted.replaced,
            "deleted": wanted.deleted,
            "same": wanted.same,
            "rows": sum(shard["rows"] for shard in manifest["files"]),
            "problems": problems,
        }
        print(orjson.dumps(report).decode())
    return FOUND_WRONG if problems else DONE
