"""Holds sentences about loops, and about the `else` and `finally` blocks that hang on them, against the flow."""

import ast

from templates.checking.claims import Claim
from templates.checking.flow import Running
from templates.checking.moment import Moment, Verify, refuse_unless
from templates.checking.source_index import LOOPS
from templates.checking.statement_claims import once, running_of
from templates.checking.substitution import had_value, is_known, lengths
from templates.checking.value_text import read_value

_FORS = (ast.For, ast.AsyncFor)


def _loop_over(moment: Moment, claim: Claim) -> None:
    running = running_of(moment, *_FORS)
    node = running.statement.node
    assert isinstance(node, _FORS)
    refuse_unless(not running.entered, "the loop was entered before")
    refuse_unless(moment.index.says(running.statement, node.iter, claim.code["source"]), "it loops over something else")
    refuse_unless(had_value(moment, node.iter, read_value(claim.code["value"])), "the value is another one")
    if "n" in claim.counts:
        found = lengths(moment, node.iter)
        refuse_unless(claim.counts["n"] in found, f"its length is {found[0]}" if found else "its length is not known")
    once(running, "loop_over")


def _iteration(moment: Moment, claim: Claim) -> None:
    running = running_of(moment, *LOOPS)
    refuse_unless(moment.flow.goes_into_body(running) is True, "no iteration begins")
    refuse_unless(claim.counts["k"] == running.count, f"it is iteration {running.count}")
    once(running, "iteration")


def _ends(moment: Moment) -> Running:
    """The loop that ends here of itself."""
    running = running_of(moment, *LOOPS)
    refuse_unless(moment.flow.goes_into_body(running) is False, "the loop does not end")
    node = running.statement.node
    if isinstance(node, ast.While):
        refuse_unless(is_known(moment, node.test), "the test is not worked out yet")
    return running


def _ends_after(moment: Moment, claim: Claim, count: int | None) -> None:
    running = _ends(moment)
    told = claim.counts.get("k", count)
    refuse_unless(told == running.count and count in (None, told), f"it ends after {running.count}")
    if "source" in claim.code:
        node = running.statement.node
        refuse_unless(isinstance(node, _FORS), "the loop runs over nothing")
        assert isinstance(node, _FORS)
        told_source = claim.code["source"]
        refuse_unless(moment.index.says(running.statement, node.iter, told_source), "it loops over something else")
    once(running, "loop_end")


def _loop_end(moment: Moment, claim: Claim) -> None:
    _ends_after(moment, claim, None)


def _loop_once(moment: Moment, claim: Claim) -> None:
    _ends_after(moment, claim, 1)


def _loop_none(moment: Moment, claim: Claim) -> None:
    _ends_after(moment, claim, 0)


def _loop_else(moment: Moment, claim: Claim) -> None:
    running = _ends(moment)
    orelse = running.statement.node.orelse  # type: ignore[union-attr]
    refuse_unless(bool(orelse), "the loop has no else")
    refuse_unless(moment.flow.goes_to(running, orelse), "its else block does not run")
    once(running, "loop_else")


def _else_skipped(moment: Moment, claim: Claim) -> None:
    loop = moment.index.loop_of(running_of(moment, ast.Break).statement)
    refuse_unless(loop is not None and bool(getattr(loop.node, "orelse", None)), "the loop has no else")


def _leaves(moment: Moment, claim: Claim, kind: type[ast.stmt]) -> None:
    statement = running_of(moment, kind).statement
    if "l" in claim.counts:
        loop = moment.index.loop_of(statement)
        line = loop.span[0] if loop is not None else 0
        refuse_unless(claim.counts["l"] == line, f"its loop begins at line {line}")


def _break(moment: Moment, claim: Claim) -> None:
    _leaves(moment, claim, ast.Break)


def _continue(moment: Moment, claim: Claim) -> None:
    _leaves(moment, claim, ast.Continue)


def _begins_block(moment: Moment, block: str) -> ast.Try:
    """The `try` whose `finally` or `else` block begins with the running statement."""
    statement = running_of(moment).statement
    found = moment.index.begins.get(statement.node)
    refuse_unless(found is not None and found[1] == block, f"no {'finally' if block == 'finalbody' else 'else'} begins")
    assert found is not None and isinstance(found[0], ast.Try)
    return found[0]


def _finally(moment: Moment, claim: Claim) -> None:
    owner = _begins_block(moment, "finalbody")
    before = moment.flow.frames[moment.segment.frame].before
    inside = before is not None and moment.index.within(owner.finalbody, before.span[:2])
    refuse_unless(not inside, "the block began before")
    once(running_of(moment), "finally")


def _finally_raised(moment: Moment, claim: Claim) -> None:
    _finally(moment, claim)
    raised = moment.flow.frames[moment.segment.frame].raised
    refuse_unless(bool(raised), "no exception is on its way")
    refuse_unless(claim.code["type"] == raised, f"the exception is `{raised}`")


def _try_else(moment: Moment, claim: Claim) -> None:
    owner = _begins_block(moment, "orelse")
    before = moment.flow.frames[moment.segment.frame].before
    inside = before is not None and moment.index.within(owner.body, before.span[:2])
    refuse_unless(inside, "the frame does not come from the try")
    once(running_of(moment), "try_else")


LOOPING: dict[str, Verify] = {
    "loop_over": _loop_over,
    "iteration": _iteration,
    "loop_end": _loop_end,
    "loop_once": _loop_once,
    "loop_none": _loop_none,
    "exhausted": _loop_end,
    "exhausted_once": _loop_once,
    "exhausted_none": _loop_none,
    "loop_else": _loop_else,
    "else_skipped": _else_skipped,
    "break": _break,
    "continue": _continue,
    "finally": _finally,
    "finally_raised": _finally_raised,
    "try_else": _try_else,
}
