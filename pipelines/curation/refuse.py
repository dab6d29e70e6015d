"""Which programs are not wanted, by their own properties: label, size, imports, difficulty, tags."""

import ast
import warnings

from pipelines.curation.options import Curation
from schemas.problem import Problem
from schemas.solution import Solution

Refusal = tuple[str, str]
"""A reason code and a sentence."""


def imported_modules(code: str) -> set[str]:
    """The modules that a program imports, with the packages they lie in: `os.path` gives `os` and `os.path`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update([node.module, *(f"{node.module}.{each.name}" for each in node.names)])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            names.update(
                each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )
    return {".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 2)}


def _of_size(code: str, curation: Curation) -> Refusal | None:
    size = len(code.encode("utf-8", "replace"))
    if size > curation.max_bytes:
        return "too_long", f"the program has {size:,} bytes, at most {curation.max_bytes:,} are wanted"
    if size < curation.min_bytes:
        return "too_short", f"the program has {size:,} bytes, at least {curation.min_bytes:,} are wanted"
    lines = code.count("\n") + 1
    if curation.max_lines is not None and lines > curation.max_lines:
        return "too_long", f"the program has {lines:,} lines, at most {curation.max_lines:,} are wanted"
    return None


def problem_refusal(problem: Problem | Solution, curation: Curation) -> Refusal | None:
    """Why a problem is not wanted, with all its solutions; None where it is."""
    if curation.difficulties and problem.difficulty not in curation.difficulties:
        wanted = ", ".join(curation.difficulties)
        return "difficulty", f"its difficulty is {problem.difficulty or 'unknown'}, wanted is one of {wanted}"
    if curation.tags and not set(curation.tags) & set(problem.tags):
        return "tag", f"it has none of the tags {', '.join(curation.tags)}"
    return None


def refusal(solution: Solution, curation: Curation) -> Refusal | None:
    """Why a solution is not wanted, None where it is."""
    if solution.correct is not None and curation.labels == ("incorrect" if solution.correct else "correct"):
        said = "correct" if solution.correct else "incorrect"
        return "label", f"its source calls it {said}, and only {curation.labels} solutions are wanted"
    if refused := _of_size(solution.program.code, curation):
        return refused
    if refused := problem_refusal(solution, curation):
        return refused
    if curation.banned_imports:
        banned = sorted(imported_modules(solution.program.code) & set(curation.banned_imports))
        if banned:
            return "banned_import", f"the program imports {', '.join(banned)}, which is banned"
    return None
