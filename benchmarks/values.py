"""Counts how many of the values that a program's sub-expressions had are stated by its narration.

    python -m benchmarks.values DATA [--most N] [--all] [--style STYLE] [--worst N]

DATA is a folder of `jsonl` files in NLEX's own input format; of each, a seeded sample of programs is taken, with the
first input of each. The programs run **without a sandbox**, in child processes with a limit of processor time: give it
data that you trust. A program is counted where its trace is whole and it can be narrated.

An oracle (`benchmarks/oracle_of_values.py`) runs each program once more, with every expression wrapped in a counter of
its own and no limit on what is counted; it shares nothing with the tracer. It counts each time that an expression came
to a value, wherever it stands: calls, subscripts, attributes, operations, comparisons, `and` and `or`, `if`-`else`,
f-strings, walruses, comprehensions. Not counted are constants and bare names, the value of a statement that is a lone
expression (it goes nowhere), and values that have no text: functions, modules, classes, iterators, files. Objects that
only lead to a part of them (`self.rows` in `self.rows[2]`) are counted apart, as `places`.

A value is **stated** where a sentence gives it: the claim of the sentence, by the patterns of the style, says that
this expression came to this value (`{source} is {shown}, which is {value}`), or one of the forms of the chain has a
literal value in the expression's place. Each evaluation of an expression is matched by at most one statement of it.
"""

import argparse
import ast
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from templates.checking.source_index import SourceIndex
from templates.checking.value_text import Row as Elements
from templates.checking.value_text import read_value
from templates.execution import Execution
from templates.flow import read_flow
from templates.narrator import NarrationError, narrate
from templates.sentences import STYLES
from tests.tracing import trace_program
from tracer.events import Span

ORACLE = Path(__file__).with_name("oracle_of_values.py")
CPU_S = 20
EVENTS = 2_000
"""Events of the longest trace that a sample counts; `--all` counts all."""
STATING = frozenset(
    [
        "work",
        "becomes_work",
        "change_work",
        "stay_work",
        "return_work",
        "condition_true",
        "condition_false",
        "loop_over",
        "match",
    ]
)
INNER = frozenset(
    ["inner_value", "inner_element", "lambda_value", "key_value", "inner_form", "inner_true", "inner_false"]
)
SCOPES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
STORING = frozenset(["becomes", "change", "stay", "append", "add", "put"])
_FENCED = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_RUN = re.compile("\x00(?: = \x00)+")
Row = tuple[Span, str, str, str]
"""Where an expression stands, its kind, what it stands in, and the sort of its value."""


def main() -> int:
    """Prints the table, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder of jsonl files")
    parser.add_argument("--most", type=int, default=25, metavar="N", help="programs of each file (25)")
    parser.add_argument("--all", action="store_true", help="every program of every file, however long its trace")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--style", default="steps", help="steps (the default), or blocks' or story's base")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="also print the N programs that miss most")
    args = parser.parse_args()
    totals: Counter[tuple[str, str, str]] = Counter()
    passed: Counter[str] = Counter()
    shares: list[tuple[int, float, str]] = []
    for row in tqdm(_rows(args.data, None if args.all else args.most, args.seed), unit="program", disable=None):
        found = _count_row(row, args.style, sys.maxsize if args.all else EVENTS)
        if isinstance(found, str):
            passed[found] += 1
            continue
        totals.update(found)
        values = _sum(found, "values")
        shares.append((values[0] - values[1], values[1] / values[0] if values[0] else 1.0, row["id"]))
    _print_table(totals)
    for missing, share, name in sorted(shares, reverse=True)[: args.worst]:
        print(f"{name}: {missing} values are not stated ({share:.1%} are)")
    result = {"programs": len(shares), "passed_over": dict(passed)}
    for name in ("values", "places"):
        evaluated, told = _sum(totals, name)
        result[name] = {"evaluated": evaluated, "stated": told, "share": round(told / max(evaluated, 1), 4)}
    whole = sum(share >= 0.98 for _, share, _ in shares)
    result["programs_at_98"] = round(whole / max(len(shares), 1), 4)
    print(json.dumps(result))
    return 0


def _rows(data: Path, most: int | None, seed: int) -> list[dict[str, Any]]:
    chosen = []
    for path in sorted(data.glob("*.jsonl")):
        lines = path.read_text("utf-8").splitlines()
        picked = lines if most is None else random.Random(seed).sample(lines, min(most, len(lines)))
        chosen += [json.loads(line) for line in picked]
    return chosen


def _count_row(row: dict[str, Any], style: str, most_events: int) -> Counter[tuple[str, str, str]] | str:
    """What one program evaluated and what its narration states, or why it is passed over."""
    prelude = row.get("prelude") or ""
    options: dict[str, Any] = {"cpu_s": CPU_S, "prelude": prelude}
    options |= {"stdin": row["tests"][0]["input"]} if row["kind"] == "stdin" else {"call": row["calls"][0]["call"]}
    try:
        execution = trace_program(row["code"], setup=row.get("setup") or "", **options)
    except (KeyError, ValueError):
        return "it does not end in time"
    if execution.trace.mark != "end":
        return "its trace is cut"
    if len(execution.trace.events) > most_events:
        return "it is longer than what a sample counts"
    return counted(execution, style, prelude)


def _print_table(totals: Counter[tuple[str, str, str]]) -> None:
    kinds = sorted({(where, kind) for where, kind, _ in totals if not kind.startswith("place: ")})
    print(f"{'where':<34} {'kind':<16} {'evaluated':>10} {'stated':>10} {'share':>8} {'missing':>8}")
    for where, kind in kinds:
        evaluated, told = totals[where, kind, "evaluated"], totals[where, kind, "stated"]
        print(f"{where:<34} {kind:<16} {evaluated:>10} {told:>10} {told / evaluated:>8.1%} {evaluated - told:>8}")
    for name in ("values", "places"):
        evaluated, told = _sum(totals, name)
        print(f"{name:<51} {evaluated:>10} {told:>10} {told / max(evaluated, 1):>8.1%} {evaluated - told:>8}")


def _sum(totals: Counter[tuple[str, str, str]], name: str) -> tuple[int, int]:
    """All evaluated and all stated, of values or of places."""
    found = [
        sum(
            n
            for (_, kind, what), n in totals.items()
            if what == wanted and kind.startswith("place: ") is (name == "places")
        )
        for wanted in ("evaluated", "stated")
    ]
    return found[0], found[1]


def counted(execution: Execution, style: str, prelude: str = "") -> Counter[tuple[str, str, str]] | str:
    """What one program evaluated and what its narration states, by place and kind; else why it cannot be said."""
    evaluated = oracle(execution, prelude)
    if evaluated is None:
        return "the oracle cannot run it"
    try:
        told = stated(execution, narrate(execution, style=style).explanation, style)
    except NarrationError as error:
        return f"it is not narrated: {error.reason}"
    totals: Counter[tuple[str, str, str]] = Counter()
    for (span, kind, where, sort), count in evaluated.items():
        if sort == "opaque":
            continue
        name = f"place: {kind}" if sort == "place" else kind
        totals[where, name, "evaluated"] += count
        given = min(count, told[span])
        totals[where, name, "stated"] += given
        told[span] -= given
    return totals


def oracle(execution: Execution, prelude: str = "") -> Counter[Row] | None:
    """How often each expression came to a value of which sort, by a run of the wrapped program."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "program.py").write_text(execution.source, "utf-8", "surrogatepass")
        (Path(folder) / "prelude.py").write_text(prelude, "utf-8")
        try:
            done = subprocess.run(
                [sys.executable, str(ORACLE), folder, "__main__" if execution.call is None else "program"],
                input=execution.stdin.encode("utf-8", "surrogateescape"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONHASHSEED": "0"},
                timeout=60,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        if done.returncode:
            return None
        rows = json.loads((Path(folder) / "counts.json").read_text())
    return Counter({((a, b, c, d), kind, where, sort): count for a, b, c, d, kind, where, sort, count in rows})


# What the prose states.


def stated(execution: Execution, explanation: str, style: str) -> Counter[Span]:
    """How often the value of each expression is stated."""
    index, flow, events = SourceIndex(execution.source), read_flow(execution.trace), execution.trace.events
    kinds = kinds_by_skeleton(style)
    told: Counter[Span] = Counter()
    once: set[tuple[int, Span]] = set()
    for line in explanation.split("\n"):
        numbered = re.match(r"(\d+)\. ", line)
        if numbered is None:
            continue
        owner = flow.owner[int(numbered[1]) - 1]
        span = events[owner].span if owner >= 0 else None
        statement = index.statements.get(span) if span else None
        if statement is None:
            continue
        for kind, pieces in sentences_of(re.sub(r"^\d+\. (Line \d+: )?", "", line), kinds):
            if kind in INNER or kind == "inner_column":
                for node, times in stated_inside(statement.node, index.tree, kind, pieces):
                    told[index.span(node)] += times
                continue
            for node in stated_nodes(statement.node, kind, pieces):
                where = (owner, index.span(node))
                if where not in once:
                    once.add(where)
                    told[where[1]] += 1
    return told


def kinds_by_skeleton(style: str) -> dict[str, str]:
    """The kind of each sentence by its text with the slots blanked."""
    found = {}
    for line in (STYLES / style / f"{style}.claims").read_text().splitlines():
        kind, _, pattern = line.partition(": ")
        found[re.sub(r"\{#\w+\}", "#", re.sub(r"\{\*?\w+\}", "\x00", pattern))] = kind
    return found


def sentences_of(text: str, kinds: dict[str, str]) -> list[tuple[str, list[str]]]:
    """The kind and the pieces of code of each sentence of a step."""
    pieces = [found[2] for found in _FENCED.finditer(text)]
    blank = _FENCED.sub("\x00", text)
    found = []
    for sentence in blank.split(".")[:-1]:
        count = sentence.count("\x00")
        skeleton = re.sub(r"\b\d+\b", "#", _RUN.sub("\x00", sentence.strip())) + "."
        found.append((kinds.get(skeleton, ""), pieces[:count]))
        pieces = pieces[count:]
    return found


def stated_nodes(statement: ast.AST, kind: str, pieces: list[str]) -> list[ast.expr]:
    """The expressions of a statement whose value a sentence states."""
    found: list[ast.expr] = []
    if kind in STORING and isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        found.append(statement.value)
    if kind == "return" and pieces:
        found += [node for piece in pieces for node in _nodes(statement, piece) if isinstance(node, ast.Call)]
    if kind == "return_source" and isinstance(statement, ast.Return) and statement.value is not None:
        found.append(statement.value)
    if kind == "augmented" and isinstance(statement, ast.AugAssign):
        for piece in pieces[1:]:
            form = _parsed(piece)
            if isinstance(form, ast.BinOp):
                found += list(_shown(statement.value, form.right))
    if kind in STATING or kind == "fails":
        for number, piece in enumerate(pieces):
            for node in _nodes(statement, piece):
                found += [node] if kind != "fails" else []
                for other in (*pieces[:number], *pieces[number + 1 :]):
                    form = _parsed(other)
                    if form is not None:
                        found += list(_shown(node, form))
    return found


def stated_inside(statement: ast.AST, tree: ast.AST, kind: str, pieces: list[str]) -> Iterator[tuple[ast.expr, int]]:
    """The expressions in comprehensions and lambdas whose value a sentence states, and how many values of each."""
    if kind == "inner_column":
        form = _parsed(pieces[1])
        times = len(form.elts) if isinstance(form, ast.List) else _length(pieces[1])
        yield from ((node, times) for node in _inside(statement, tree, pieces[0]))
        return
    for number, piece in enumerate(pieces):
        for node in _inside(statement, tree, piece):
            if kind != "inner_form":
                yield node, 1
            shown: dict[ast.expr, int] = {}
            for other in (*pieces[:number], *pieces[number + 1 :]):
                form = _parsed(other)
                if form is not None:
                    shown |= dict.fromkeys(_shown(node, form), 1)
            yield from ((part, 1) for part in shown if part is not node)


def _length(text: str) -> int:
    """How many values a list says whose text is no Python."""
    told = read_value(text)
    return len(told.items) if isinstance(told, Elements) else 0


def _inside(statement: ast.AST, tree: ast.AST, piece: str) -> list[ast.expr]:
    """The expressions in comprehensions and lambdas of a statement, else of the program, that a piece of text is."""
    form = _parsed(piece)
    if form is None or isinstance(form, ast.Constant | ast.Name):
        return []
    wanted = ast.dump(form)
    for place in (statement, tree):
        scopes = [node for node in ast.walk(place) if isinstance(node, SCOPES)]
        nodes = {node: None for scope in scopes for node in ast.walk(scope) if isinstance(node, ast.expr)}
        found = [node for node in nodes if ast.dump(node) == wanted]
        if found:
            return found
    return []


def _parsed(piece: str) -> ast.expr | None:
    try:
        return ast.parse(f"({piece}\n)", mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _nodes(statement: ast.AST, piece: str) -> list[ast.expr]:
    form = _parsed(piece)
    if form is None or isinstance(form, ast.Constant | ast.Name):
        return []
    wanted = ast.dump(form)
    return [node for node in _header(statement) if ast.dump(node) == wanted]


def _header(statement: ast.AST) -> list[ast.expr]:
    found = []
    for name, value in ast.iter_fields(statement):
        if name not in ("body", "orelse", "finalbody", "handlers", "cases"):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    found += [node for node in ast.walk(part) if isinstance(node, ast.expr)]
    return found


def _shown(node: ast.AST, form: ast.AST) -> list[ast.expr]:
    """The expressions inside a node that a form of it shows the value of."""
    if type(node) is not type(form) or _differs(node, form):
        return [node] if isinstance(node, ast.expr) and _is_value(form) else []
    # `-2` is at once the value of `-x` and the form of it that shows `x`.
    found: list[ast.expr] = [node] if isinstance(node, ast.UnaryOp) and _is_value(form) else []
    for (_, left), (_, right) in zip(ast.iter_fields(node), ast.iter_fields(form), strict=True):
        lefts, rights = (left, right) if isinstance(left, list) else ([left], [right])
        for a, b in zip(lefts, rights, strict=False):
            if isinstance(a, ast.expr | ast.comprehension | ast.keyword) and isinstance(b, ast.AST):
                found += _shown(a, b)
    return found


def _differs(node: ast.AST, form: ast.AST) -> bool:
    """Is a literal another one, or an expression one of another shape?"""
    if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
        return False
    return isinstance(node, ast.Constant) and isinstance(form, ast.Constant) and node.value != form.value


def _is_value(form: ast.AST) -> bool:
    try:
        ast.literal_eval(form)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
