"""Holds sentences on comprehensions and lambdas against what was recorded in them, round by round."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from templates.checking.claims import Claim
from templates.checking.flow import Running
from templates.checking.inner_rounds import Evaluated
from templates.checking.inner_scopes import InnerScope
from templates.checking.moment import Moment, Refused, Verify, refuse_unless
from templates.checking.source_index import same_source
from templates.checking.substitution import check_forms, said_value
from templates.checking.value_match import same, same_fields
from templates.checking.value_text import Gap, Reader, Row, Told, Unreadable, read_value
from tracer.events import Ref, Value

Found = tuple[int, Evaluated, ast.expr, Moment]
"""A record's number and itself, an expression that it completes or a part of that, and the moment within that round."""


def _rounds(moment: Moment, claim: Claim) -> Iterator[Found]:
    """What a sentence may speak of: from where the text has come to on, in order."""
    inner = moment.inner
    source, bound = claim.code["source"], claim.code.get("bound")
    names = _names(bound) if bound is not None else None
    found = told = False
    for number, record in enumerate(inner.records[inner.at :], start=inner.at):
        place = record.place
        if place.whole is None or record.told:
            continue
        nodes = [node for node in moment.index.find(place.scope.statement, source) if _holds(place.whole[0], node)]
        found |= bool(nodes)
        if nodes and (names is None or _binds(moment, names, record)):
            told = True
            running = Running(place.scope.statement, moment.at, moment.at + 1, probes=record.probes)
            within = replace(moment, running=running)
            for node in nodes:
                yield number, record, node, within
    refuse_unless(found, "nothing that is left to tell of a comprehension or lambda evaluates that here")
    refuse_unless(told, "no round or call that is left to tell has these names and values")


def _holds(whole: ast.expr, node: ast.expr) -> bool:
    return any(part is node for part in ast.walk(whole))


def _names(text: str) -> tuple[Told, ...]:
    """The names with values that a text says."""
    reader = Reader(text + ")")
    items = reader.items(")", fields=True)
    if reader.at != len(text) + 1 or any(isinstance(item, Gap) for item in items):
        raise Unreadable("these are no names with values")
    return items


def _binds(moment: Moment, names: tuple[Told, ...], record: Evaluated) -> bool:
    segment = moment.segment
    return same_fields(names, [*record.names], segment.now) or same_fields(names, [*record.names], segment.before)


def _hold(moment: Moment, claim: Claim, role: str = "", *, key: bool = False, truth: bool | None = None) -> None:
    """Holds a sentence against the first round that bears it out; `role` is what its expression is to its scope."""
    reason = "it is not worked out so"
    value = claim.code.get("value")
    for number, record, node, within in _rounds(moment, claim):
        assert record.place.whole is not None
        whole, true_role = record.place.whole
        if role and (node is not whole or role != true_role or (key and not record.place.scope.is_key)):
            reason = f"it is no {role}"
        elif value is not None and not said_value(within, node, value):
            reason = "its value is another one"
        elif truth is not None and _truth(moment, record.value) is not truth:
            reason = "it came out otherwise"
        else:
            try:
                check_forms(within, node, claim.forms, value)
            except Refused as refused:
                reason = str(refused)
                continue
            record.told = node is whole or node is record.place.node
            moment.inner.at = number + record.told
            return
    raise Refused(reason)


def _truth(moment: Moment, value: Value) -> bool | None:
    if isinstance(value, Ref):
        found = moment.segment.now(value.id)
        return bool(found.items) if found.kind == found.type and found.kind != "object" else None
    return bool(value) if value is None or isinstance(value, (int, float, complex, str, bytes)) else None


def _value(moment: Moment, claim: Claim) -> None:
    _hold(moment, claim)


def _element(moment: Moment, claim: Claim) -> None:
    _hold(moment, claim, "element")


def _lambda(moment: Moment, claim: Claim) -> None:
    _hold(moment, claim, "body")


def _key(moment: Moment, claim: Claim) -> None:
    _hold(moment, claim, "body", key=True)


def _true(moment: Moment, claim: Claim) -> None:
    _hold(moment, claim, "test", truth=True)


def _false(moment: Moment, claim: Claim) -> None:
    _hold(moment, claim, "test", truth=False)


# One value after another.


def _listed(text: str) -> tuple[Told, ...]:
    told = read_value(text)
    if not isinstance(told, Row) or told.bracket != "[" or any(isinstance(item, Gap) for item in told.items):
        raise Unreadable("it is no list of values, one after another")
    return told.items


def _goes_through(moment: Moment, items: tuple[Told, ...], rows: list[list[Value]]) -> str:
    """Why a list does not say the values of rounds in order; empty if it does."""
    if not items or len(items) > len(rows):
        return f"there are {len(rows)} rounds"
    for number, (told, row) in enumerate(zip(items, rows, strict=False), start=1):
        parts: tuple[Told, ...] = (told,)
        if len(row) > 1:
            if not isinstance(told, Row) or told.bracket != "(" or len(told.items) != len(row):
                return f"number {number} does not say {len(row)} names"
            parts = told.items
        for part, value in zip(parts, row, strict=True):
            if not same(part, value, moment.segment.now) and not same(part, value, moment.segment.before):
                return f"number {number} is another one"
    return ""


def _rows(moment: Moment, claim: Claim) -> None:
    inner = moment.inner
    names = tuple(claim.code["names"].split(", "))
    items = _listed(claim.code["items"])
    rows: dict[tuple[InnerScope, int], list[list[Value]]] = {}
    for record in inner.records:
        scope, clause = record.place.scope, record.place.clause
        if record.place.name and record.place.name == scope.clauses[clause][-1] and scope.clauses[clause] == names:
            values = dict(record.names)
            rows.setdefault((scope, clause), []).append([values[name] for name in names])
    reason = "no rounds or calls that are left to tell bind these names"
    for key, found in rows.items():
        if key not in inner.rounds:
            reason = _goes_through(moment, items, found)
            if not reason:
                inner.partial |= len(items) < len(found)
                inner.rounds.add(key)
                return
    raise Refused(reason)


def _column(moment: Moment, claim: Claim) -> None:
    inner = moment.inner
    values = _listed(claim.code["values"])
    found: dict[ast.AST, list[Evaluated]] = {}
    for record in inner.records:
        if not record.place.name:
            found.setdefault(record.place.node, []).append(record)
    reason = "nothing that is left to tell of a comprehension or lambda evaluates that here"
    for node, records in found.items():
        if node in inner.columns or not same_source(claim.code["source"], moment.index.text(node)):
            continue
        reason = _goes_through(moment, values, [[record.value] for record in records])
        if not reason:
            inner.columns.add(node)
            inner.partial |= len(values) < len(records)
            for record in records[: len(values)]:
                record.told = True
            return
    raise Refused(reason)


def _settled(moment: Moment, claim: Claim) -> None:
    """The last element that `any` or `all` has seen, which was told, decides it."""
    name = claim.code["name"]
    refuse_unless(name in ("any", "all") and name not in moment.index.bound, "it is neither `any` nor `all`")
    last: dict[InnerScope, Evaluated] = {}
    for record in moment.inner.records:
        if record.place.whole is not None and record.place.whole[1] == "element":
            last[record.place.scope] = record
    consumed = [record for scope, record in last.items() if scope.consumer == name and record.told]
    refuse_unless(bool(consumed), "it has been told no element of what it looks at")
    holds = any(
        record.place.whole is not None
        and record.place.node is record.place.whole[0]
        and _truth(moment, record.value) is (name == "any")
        for record in consumed
    )
    refuse_unless(holds, "the last element that it has seen does not decide it")


# What is left out.


def _rest(moment: Moment, claim: Claim) -> None:
    inner = moment.inner
    count = inner.untold()
    refuse_unless(not inner.rest and count == claim.counts["n"], f"{count} more are to be told")
    inner.rest = count


def _cut(moment: Moment, claim: Claim) -> None:
    inner = moment.inner
    refuse_unless(not inner.cut_told and inner.cut == claim.counts["n"], f"the trace leaves out {inner.cut}")
    inner.cut_told = True


def inner_missing(moment: Moment) -> str:
    """What a step that tells of comprehensions or lambdas leaves out of them without saying so; empty if nothing."""
    inner = moment.inner
    if not inner.is_begun():
        return ""
    untold = inner.untold()
    if untold != inner.rest:
        return f"how {untold} values in comprehensions or lambdas came about"
    if inner.partial and not inner.rest:
        return "all values of an expression in a comprehension or lambda"
    return "how much of comprehensions and lambdas was not recorded" if inner.cut and not inner.cut_told else ""


INNER: dict[str, Verify] = {
    "inner_value": _value,
    "inner_form": _value,
    "inner_element": _element,
    "lambda_value": _lambda,
    "key_value": _key,
    "inner_true": _true,
    "inner_false": _false,
    "inner_rounds": _rows,
    "inner_column": _column,
    "settled": _settled,
    "inner_rest": _rest,
    "inner_cut": _cut,
}
