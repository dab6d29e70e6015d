"""Tells a list comprehension element by element, where it is short and nothing is left out by a condition."""

from collections.abc import Sequence

from templates.expressions import Expression
from templates.plans import LITERAL, NUMBER, Way, sight_of
from templates.running import Running
from templates.sentences import Voice, code
from templates.values import Heap, literal_text, value_text
from templates.work import Planner
from tracer.events import Exact, Ref, Span, Value

_MOST = 8
"""A comprehension with more elements is told by its value alone."""
_ORDERED = frozenset({"list", "tuple", "deque", "dict"})


def elements_worked_out(running: Running, comprehension: Expression, heap: Heap, say: Voice) -> list[str]:
    """How each element came of its item; nothing where it is the item or has none in it, or they are too many."""
    made = running.statement.reader.elements.get(comprehension)
    result = running.probes.get(comprehension.span)
    if made is None or type(result) is not Ref or result.id in running.changed:
        return []
    name, element = made
    values: Sequence[Value] = heap[result.id].items
    items = _items(running.probes.get(comprehension.parts[0].span), heap, running.changed)
    if (
        element.kind == "name"
        or not _uses(element, name)
        or items is None
        or len(items) != len(values)
        or len(items) > _MOST
    ):
        return []
    said = []
    for item, value in zip(items, values, strict=True):
        text = literal_text(item, heap, running.changed)
        if text is None:
            return []
        told = code(name), code(text), code(element.text)
        form = _form(running, element, name, text)
        now = code(value_text(value, heap))
        if form and code(form) != now:
            said.append(say("each", *told, code(form), now))
        else:
            said.append(say("each__plain", *told, now))
    return said


def _items(value: Value, heap: Heap, changed: set[int]) -> Sequence[Value] | None:
    """What an iterable gives, one after the other; None where that is not seen."""
    if isinstance(value, str):
        return value
    if isinstance(value, Exact) and value.type == "range":
        return range(*(int(part) for part in value.text.removeprefix("range(").removesuffix(")").split(",")))
    if isinstance(value, Ref) and value.id not in changed and heap[value.id].kind in _ORDERED:
        return list(heap[value.id].items)
    return None


def _form(running: Running, element: Expression, name: str, text: str) -> str:
    """The element with the item for its name; empty where the name does not stand in it."""
    spans = _uses(element, name)
    sort = NUMBER if text[0] in "-0123456789" else LITERAL
    way = Way(tuple(spans), 0, sort * len(spans), False)
    key = ("element", element.span, way)
    plans = running.statement.plans
    piece = plans.get(key)
    if piece is None:
        piece = plans[key] = Planner(running.statement, sight_of(running.statement), way).piece(element)
    if not piece.forms:
        return ""
    form, picks = piece.forms[0]
    fenced = f"({text})" if text[0] == "-" else text
    return str(form % tuple([text if pick < len(spans) else fenced for pick in picks]))


def _uses(expression: Expression, name: str) -> list[Span]:
    found = [expression.span] if expression.kind == "name" and expression.word == name else []
    return found + [span for part in expression.parts for span in _uses(part, name)]
