"""The launcher of a flex template: `--sources`, `--output` and `--options` are for `nlex build`, the rest for Beam."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from pipelines.cli import main


def build_arguments(given: Sequence[str]) -> list[str]:
    """The arguments of `nlex` for what Dataflow passes to a launcher."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--sources", required=True, help="KIND:PATH each, with spaces between")
    parser.add_argument("--output", required=True, help="where the corpus goes: gs://BUCKET/FOLDER")
    parser.add_argument("--options", default="", help="further options of `nlex build`, as on its command line")
    own, beam = parser.parse_known_args(given)
    options = shlex.split(own.options)
    sandbox = [] if "--sandbox" in options else ["--sandbox", "process"]
    return ["build", *shlex.split(own.sources), "--output", own.output, *sandbox, *options, "--", *beam]


if __name__ == "__main__":
    sys.exit(main(build_arguments(sys.argv[1:])))
