"""The arguments of `nlex build` that say which programs and inputs are kept."""

import argparse

from pipelines.curation.options import Curation


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def add_curation_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds them as a group of their own."""
    group = parser.add_argument_group("selection", "which programs and inputs are kept; each other one is counted")
    default = Curation()
    group.add_argument(
        "--dedup",
        choices=["none", "exact", "near"],
        default=default.dedup,
        help="leave out programs like another: but for names and formatting (exact, the default), or nearly (near)",
    )
    group.add_argument(
        "--decontaminate",
        action="append",
        default=[],
        metavar="SOURCE",
        help="KIND:PATH of a set that no row may overlap with; may be given again",
    )
    group.add_argument(
        "--labels",
        choices=["correct", "incorrect", "both"],
        default=default.labels,
        help="by what the source says (both)",
    )
    group.add_argument("--max-solutions", type=_count, metavar="N", help="of a problem, model and label")
    group.add_argument(
        "--inputs",
        choices=["public", "all"],
        default=default.inputs,
        help="all: run hidden tests too; their answers then stand in explanations (public)",
    )
    group.add_argument("--max-inputs", type=_count, metavar="M", help="of a solution, small and different ones first")
    group.add_argument(
        "--synthesize",
        type=_count,
        default=0,
        metavar="M",
        help="make inputs for programs with fewer than M: changed ones that take another way through the program",
    )
    group.add_argument("--min-bytes", type=_count, default=0, metavar="N", help="of a program's text")
    group.add_argument(
        "--max-bytes", type=_count, default=default.max_bytes, metavar="N", help="of a program's text (1 MiB)"
    )
    group.add_argument("--max-lines", type=_count, metavar="N", help="of a program's text")
    group.add_argument(
        "--ban-imports", type=_listed, default=(), metavar="A,B", help="leave out programs that import these"
    )
    group.add_argument(
        "--difficulty", type=_listed, default=(), metavar="A,B", help="only problems of these difficulties"
    )
    group.add_argument("--tags", type=_listed, default=(), metavar="A,B", help="only problems with one of these tags")
    group.add_argument(
        "--predict-correct",
        type=_count,
        default=default.predict_correct,
        metavar="N",
        help="right solutions of a problem and model whose output is to be predicted (4)",
    )
    group.add_argument("--predict-wrong", action="store_true", help="let outputs of wrong solutions be predicted too")


def curation_of(args: argparse.Namespace) -> Curation:
    """What those arguments ask for."""
    return Curation(
        dedup=args.dedup,
        decontaminate=tuple(args.decontaminate),
        labels=args.labels,
        max_solutions=args.max_solutions,
        inputs=args.inputs,
        max_inputs=args.max_inputs,
        synthesize=args.synthesize,
        min_bytes=args.min_bytes,
        max_bytes=args.max_bytes,
        max_lines=args.max_lines,
        banned_imports=args.ban_imports,
        difficulties=args.difficulty,
        tags=args.tags,
        predict_correct=args.predict_correct,
        predict_wrong=args.predict_wrong,
    )
