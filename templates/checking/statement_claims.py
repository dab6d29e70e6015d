"""Holds sentences about the running statement against the source and what the trace shows of it."""

import ast

from templates.checking.claims import Claim
from templates.checking.flow import Flow, Running
from templates.checking.moment import Moment, Verify, refuse_unless
from templates.checking.source_index import WITHS, Node, imported, same_source
from templates.checking.substitution import check_forms, had_value, is_known
from templates.checking.value_text import read_value

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def running_of(moment: Moment, *kinds: type[Node]) -> Running:
    running = moment.running
    refuse_unless(running is not None, "no statement runs here")
    assert running is not None
    if kinds and not isinstance(running.statement.node, kinds):
        names = " or ".join(kind.__name__ for kind in kinds)
        refuse_unless(False, f"the statement is no {names}, it is {type(running.statement.node).__name__}")
    return running


def once(running: Running, what: str) -> None:
    refuse_unless(what not in running.said, "it was told before")
    running.said.add(what)


def _define(moment: Moment, claim: Claim, *kinds: type[Node]) -> None:
    true = getattr(running_of(moment, *kinds).statement.node, "name", "")
    refuse_unless(claim.code.get("name", true) == true, f"it is named `{true}`")


def _define_function(moment: Moment, claim: Claim) -> None:
    _define(moment, claim, *_FUNCTIONS)


def _define_class(moment: Moment, claim: Claim) -> None:
    _define(moment, claim, ast.ClassDef)


def _import(moment: Moment, claim: Claim) -> None:
    node = running_of(moment, ast.Import, ast.ImportFrom).statement.node
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    names = ", ".join(imported(node))
    refuse_unless(claim.code.get("names", names) == names, f"it binds `{names}`")


def _condition(moment: Moment, claim: Claim, came_out: bool) -> None:
    running = running_of(moment, ast.If, ast.While, ast.Assert, ast.match_case)
    node = running.statement.node
    test = node.guard if isinstance(node, ast.match_case) else getattr(node, "test", None)
    refuse_unless(isinstance(test, ast.expr), "the case has no guard")
    assert isinstance(test, ast.expr)
    if "source" in claim.code:
        refuse_unless(moment.index.says(running.statement, test, claim.code["source"]), "its condition is another one")
    refuse_unless(is_known(moment, test), "it is not worked out yet")
    truth = moment.flow.truth(running)
    refuse_unless(truth is not None, "how it comes out is not known")
    refuse_unless(truth is came_out, f"it is {str(truth).lower()}")
    check_forms(moment, test, claim.forms, None)
    once(running, "condition")


def _condition_true(moment: Moment, claim: Claim) -> None:
    _condition(moment, claim, True)


def _condition_false(moment: Moment, claim: Claim) -> None:
    _condition(moment, claim, False)


def _branch(moment: Moment, claim: Claim, taken: bool) -> None:
    running = running_of(moment, ast.If)
    refuse_unless(is_known(moment, running.statement.node.test), "the test is not worked out yet")  # type: ignore[union-attr]
    into = moment.flow.goes_into_body(running)
    refuse_unless(into is taken, "the branch is not taken" if taken else "the branch is not skipped")
    if "l" in claim.counts:
        line = moment.flow.next_line(running)
        refuse_unless(claim.counts["l"] == line, f"it goes on at line {line}" if line else "it goes on nowhere")
    once(running, "branch")


def _take(moment: Moment, claim: Claim) -> None:
    _branch(moment, claim, True)


def _skip(moment: Moment, claim: Claim) -> None:
    _branch(moment, claim, False)


def return_source(moment: Moment, claim: Claim) -> None:
    running = running_of(moment, ast.Return)
    value = running.statement.node.value  # type: ignore[union-attr]
    refuse_unless(value is not None, "it returns nothing")
    assert isinstance(value, ast.expr)
    if "source" in claim.code:
        holds = moment.index.says(running.statement, value, claim.code["source"])
        refuse_unless(holds, f"it returns `{moment.index.text(value)}`")


def _return_nothing(moment: Moment, claim: Claim) -> None:
    node = running_of(moment, ast.Return).statement.node
    refuse_unless(getattr(node, "value", None) is None, "it returns something")


def _raise_source(moment: Moment, claim: Claim) -> None:
    running = running_of(moment, ast.Raise)
    text = moment.index.clause(running.statement)
    refuse_unless(same_source(claim.code.get("source", ""), text), f"it raises `{text}`")


def _evaluate(moment: Moment, claim: Claim) -> None:
    running = running_of(moment)
    told = claim.code.get("source")
    if told is None:
        return
    header = moment.index.header_text(running.statement)
    holds = same_source(told.removesuffix(":"), header) or bool(moment.index.find(running.statement, told))
    refuse_unless(holds, "the statement does not say that")


def _with(moment: Moment, claim: Claim, leaving: bool) -> None:
    running = running_of(moment, *WITHS)
    refuse_unless(running.entered is leaving, "it is entered here" if leaving else "it is left here")
    text = moment.index.clause(running.statement)
    refuse_unless(_same_clause(claim.code["source"], text), f"its items are `{text}`")


def _same_clause(told: str, true: str) -> bool:
    if same_source(told, true):
        return True
    return true.startswith("(") and true.endswith(")") and same_source(told, true[1:-1])


def _enter_with(moment: Moment, claim: Claim) -> None:
    _with(moment, claim, False)


def _leave_with(moment: Moment, claim: Claim) -> None:
    _with(moment, claim, True)


def _handler(moment: Moment, claim: Claim, catches: bool) -> None:
    running = running_of(moment, ast.ExceptHandler)
    text = moment.index.clause(running.statement)
    told = claim.code.get("source", "")
    kind = running.statement.node.type  # type: ignore[union-attr]
    holds = same_source(told, text) or (kind is not None and same_source(told, moment.index.text(kind)))
    refuse_unless(holds, f"it is a handler for `{text}`")
    into = moment.flow.goes_into_body(running)
    refuse_unless(bool(into) is catches, "it does not catch" if catches else "it catches")
    once(running, "catch")


def _catch(moment: Moment, claim: Claim) -> None:
    _handler(moment, claim, True)


def _no_catch(moment: Moment, claim: Claim) -> None:
    _handler(moment, claim, False)


def _match(moment: Moment, claim: Claim) -> None:
    running = running_of(moment, ast.Match)
    node = running.statement.node
    assert isinstance(node, ast.Match)
    refuse_unless(
        moment.index.says(running.statement, node.subject, claim.code["source"]), "its subject is another one"
    )
    refuse_unless(had_value(moment, node.subject, read_value(claim.code["value"])), "the value is another one")


def _case(moment: Moment, claim: Claim, matches: bool) -> None:
    running = running_of(moment, ast.match_case)
    node = running.statement.node
    assert isinstance(node, ast.match_case)
    text = moment.index.text(node.pattern)
    refuse_unless(same_source(claim.code["source"], text), f"its pattern is `{text}`")
    into = moment.flow.goes_into_body(running)
    if node.guard is not None and not into:
        into = bool(running.probes.get(moment.index.span(node.guard))) or isinstance(node.guard, ast.Constant)
    refuse_unless(into is matches, "it does not match" if matches else "it matches")
    once(running, "case")


def _case_true(moment: Moment, claim: Claim) -> None:
    _case(moment, claim, True)


def _case_false(moment: Moment, claim: Claim) -> None:
    _case(moment, claim, False)


def outcome_missing(flow: Flow, running: Running) -> str:
    """Which outcome an execution of a statement that is over had to tell and did not; empty if none."""
    node, said = running.statement.node, running.said
    match node:
        case ast.If():
            if not said & {"condition", "branch"} and flow.goes_into_body(running) is not None:
                return "whether its condition is true"
        case ast.Assert():
            if "condition" not in said and flow.truth(running) is not None:
                return "whether its condition is true"
        case ast.While() | ast.For() | ast.AsyncFor():
            into = flow.goes_into_body(running)
            if into is not None and ("iteration" if into else "loop_end") not in said and "condition" not in said:
                return "which iteration begins" if into else "that the loop ends"
    return ""


STATEMENTS: dict[str, Verify] = {
    "define_function": _define_function,
    "define_class": _define_class,
    "import": _import,
    "condition_true": _condition_true,
    "condition_false": _condition_false,
    "take": _take,
    "skip": _skip,
    "return_source": return_source,
    "return_nothing": _return_nothing,
    "raise_source": _raise_source,
    "evaluate": _evaluate,
    "enter_with": _enter_with,
    "leave_with": _leave_with,
    "catch": _catch,
    "no_catch": _no_catch,
    "match": _match,
    "case_true": _case_true,
    "case_false": _case_false,
}
