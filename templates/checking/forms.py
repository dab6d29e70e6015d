"""Follows a form of an expression (`3 + dp[0]` for `a + dp[i]`) along the source, with true values for its operands.

A form is read from left to right beside the source's own text: at each operand stands its value, or its source
taken further apart. What is not read this way is left to the full reading, which parses the form.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from templates.checking.arithmetic import Fails, Unknown, Work, compiled, run, unknown
from templates.checking.flow import Running
from templates.checking.moment import Moment
from templates.checking.parts import Part, part_of
from templates.checking.segment import Segment
from templates.checking.source_index import SourceIndex, Statement
from templates.checking.value_match import plain_text, same
from templates.checking.value_text import Literal, Raw, Reader, Row, Told, Unreadable
from tracer.events import Exact, Ref, Span, Value
from tracer.replay import HeapObject

_LOOSE = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr)
_SIGNS: dict[type[ast.operator], str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**"},
    **{ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.MatMult: "@"},
}
_LONGEST_BITS = 10_000
_LARGE = 10**300
_OPENERS = frozenset("[({")
_NO_TEXT = ""
_BETWEEN = "\x02"
_CHAINS_HELD = 8
"""Chains of one expression and length that are kept."""
_ATOMS = frozenset({int, float, str, bytes, bool, type(None)})


@dataclass(slots=True, eq=False)
class Chain:
    """Forms that stood one after the other and were true: the text of all, with `%s` for each value.

    Attributes:
        slots: the operands that have values, by span (None for what stood at an augmented assignment's target), and
            whether a negative number may stand there as it is.
        picks: which slot each `%s` is of.
        works: the calculation of each form, and which slots' values it takes.
    """

    text: str
    slots: tuple[tuple[Span | None, bool], ...]
    picks: tuple[int, ...]
    works: tuple[tuple[Work, tuple[int, ...]], ...]


class _Follower:
    """Follows one form.

    Attributes:
        deep: whether an operand is taken apart where that fits as well as its value (`0 - 0` for a difference of 0).
        put: the operands that values stand for, `values` these, and `spots` where their texts stand and whether a
            negative one may.
        odd: whether one of the values is none that can be calculated with.
        plain: whether each of them is written as any value like it is.
    """

    __slots__ = ("deep", "odd", "plain", "probes", "put", "segment", "spots", "text", "values")

    def __init__(self, text: str, running: Running, segment: Segment, *, deep: bool) -> None:
        self.text = text
        self.deep = deep
        self.probes = running.probes
        self.segment = segment
        self.put: list[ast.expr] = []
        self.values: list[Any] = []
        self.spots: list[tuple[int, int, bool]] = []
        self.odd = False
        self.plain = True

    def inside(self, part: Part, at: int) -> int:
        """Where the expression, taken apart, ends; -1 where the text is another one."""
        text = self.text
        for gap, operand in part.pieces:
            if not text.startswith(gap, at):
                return -1
            at = self.operand(operand, at + len(gap))
            if at < 0:
                return -1
        return at + len(part.rest) if text.startswith(part.rest, at) else -1

    def operand(self, part: Part, at: int) -> int:
        """Where an operand ends, its value or taken apart."""
        known = self.probes.get(part.span)
        if self.deep and (part.pieces or not known):
            marked = len(self.put)
            end = self._apart(part, at)
            if end >= 0 or not known:
                return end
            del self.put[marked:], self.values[marked:], self.spots[marked:]
        if known:
            end = self.any_value(part.node, known, at, negative=part.negative)
            if end >= 0 or self.deep:
                return end
        return self._apart(part, at)

    def _apart(self, part: Part, at: int) -> int:
        text, before = self.text, part.before
        if before:
            if not text.startswith(before, at):
                return -1
            at += len(before)
        at = self.inside(part, at)
        if at >= 0 and part.after:
            return at + len(part.after) if text.startswith(part.after, at) else -1
        return at

    def any_value(self, node: ast.expr, known: Sequence[Value], at: int, *, negative: bool) -> int:
        """Where the text of one of these values ends; -1 where none stands here."""
        fenced = self.text.startswith("(", at)
        for value in known:
            end = self._value(node, value, at, negative=negative)
            if end < 0 and fenced:
                end = self._value(node, value, at + 1, negative=True)
                end = end + 1 if end >= 0 and self.text.startswith(")", end) else -1
            if end >= 0:
                return end
        return -1

    def _value(self, node: ast.expr, value: Value, at: int, *, negative: bool) -> int:
        kind = type(value)
        if kind is int:
            if not (-_LARGE if negative else 0) <= value < _LARGE:  # type: ignore[operator]
                return -1
            told = str(value)
        elif kind is str or kind is bytes or kind is bool or value is None:
            told = repr(value)
        elif kind is float:
            told = repr(value)
            if told[-1] in "nf" or (told[0] == "-" and not negative):
                return -1
        elif kind is Ref and self.text[at : at + 1] in _OPENERS:
            return self._container(node, value, at)  # type: ignore[arg-type]
        elif kind is Exact:
            told, self.odd = value.text, True  # type: ignore[union-attr]
        else:
            return -1
        text = self.text
        if not text.startswith(told, at):
            return -1
        end = at + len(told)
        if (at and _is_word(text[at - 1])) or (end < len(text) and _is_word(text[end])):
            return -1
        if text.startswith(".", end) and (kind is int or kind is float):
            return -1
        self.put.append(node)
        self.values.append(value)
        self.spots.append((at, end, negative))
        return end

    def _container(self, node: ast.expr, value: Ref, at: int) -> int:
        text, segment = self.text, self.segment
        found = segment.now(value.id)
        shown = plain_text(found, len(text) - at)
        if shown and text.startswith(shown, at):
            self.put.append(node)
            self.values.append(_content(found))
            self.spots.append((at, at + len(shown), False))
            return at + len(shown)
        reader = Reader(text, at)
        try:
            told = reader.value()
            plain = _plain(told)
        except (Unreadable, Unknown, RecursionError):
            return -1
        self.plain = False
        if not same(told, value, segment.now) and not (segment.objects and same(told, value, segment.before)):
            return -1
        self.put.append(node)
        self.values.append(plain)
        self.spots.append((at, reader.at, False))
        return reader.at


def _is_word(character: str) -> bool:
    """Would a literal beside this character be read as one word with it?"""
    return character == "_" or character.isalnum()


def _content(found: HeapObject) -> Any:
    """A container of plain values as Python holds it, for a calculation."""
    match found.kind:
        case "list":
            return list(found.items)
        case "tuple":
            return tuple(found.items)
        case "set":
            return set(found.items)
    return dict(found.items)


def _plain(told: Told) -> Any:
    """The Python value that a text of a container says. Raises Unknown where it is cut or holds anything else."""
    if isinstance(told, Literal):
        return told.value
    if isinstance(told, Raw):
        try:
            return float(told.text)
        except ValueError:
            raise Unknown from None
    if not isinstance(told, Row):
        raise Unknown
    try:
        match told.bracket:
            case "[":
                return [_plain(item) for item in told.items]
            case "(":
                return tuple(_plain(item) for item in told.items)
            case "{":
                return {_plain(item) for item in told.items}
            case ":":
                return {_plain(pair.key): _plain(pair.value) for pair in told.items}  # type: ignore[union-attr, arg-type]
    except (TypeError, AttributeError):
        raise Unknown from None
    raise Unknown


def fits(moment: Moment, node: ast.expr, forms: tuple[str, ...], value: str = "") -> bool:
    """Are these surely true forms of an expression that come to its value, as far as they can be worked out?

    False says nothing: one of them may be a form that is not read this way. `value` is the text of what the whole
    came to, empty to take it from the probe.
    """
    index, running, segment = moment.index, moment.running, moment.segment
    if running is None:
        return False
    statement = running.statement
    news = running.probes.get(index.span(node), ())
    chains = statement.chains.setdefault((node, len(forms)), [])
    if chains and (followed := _along(chains, forms, running, segment, ())) is not None:
        return all([_comes_to(work, values, value, news) for work, values in followed])
    part = part_of(index, statement, node)
    read: list[_Follower] = []
    for form in forms:
        follower = _Follower(form, running, segment, deep=False)
        if follower.inside(part, 0) != len(form):
            follower = _Follower(form, running, segment, deep=True)
            if follower.inside(part, 0) != len(form):
                if follower.any_value(node, news, 0, negative=True) == len(form):
                    continue
                return False
        if not _comes_to(_work(statement, index, node, follower), follower.values, value, news):
            return False
        read.append(follower)
    if len(read) == len(forms):
        _learn(chains, index, statement, node, read)
    return True


def fits_stored(
    moment: Moment, node: ast.AugAssign, forms: tuple[str, ...], olds: Sequence[Value], news: Sequence[Value]
) -> bool:
    """The same for an augmented assignment, whose forms are old value, operator and other operand.

    `olds` and `news` are what may have stood at its target before and after.
    """
    index, running, segment = moment.index, moment.running, moment.segment
    if running is None:
        return False
    statement = running.statement
    chains = statement.chains.setdefault((node, len(forms)), [])
    if chains and news and (followed := _along(chains, forms, running, segment, olds)) is not None:
        return all([_comes_to(work, values, _NO_TEXT, news) for work, values in followed])
    target, part = part_of(index, statement, node.target), part_of(index, statement, node.value)
    read: list[_Follower] = []
    for form in forms:
        follower = _Follower(form, running, segment, deep=False)
        if _stored_end(follower, node, target, part, olds) != len(form):
            follower = _Follower(form, running, segment, deep=True)
            if _stored_end(follower, node, target, part, olds) != len(form):
                return False
        work = _work(statement, index, node, follower)
        if news and not _comes_to(work, follower.values, _NO_TEXT, news):
            return False
        read.append(follower)
    _learn(chains, index, statement, node, read)
    return True


def _stored_end(follower: _Follower, node: ast.AugAssign, target: Part, part: Part, olds: Sequence[Value]) -> int:
    """Where `old operator value` ends; -1 where the text is another one."""
    form, sign = follower.text, f" {_SIGNS[type(node.op)]} "
    at = follower.any_value(node.target, olds, 0, negative=not isinstance(node.op, ast.Pow))
    if at < 0:
        at = follower.inside(target, 0)
    if at < 0 or not form.startswith(sign, at):
        return -1
    at += len(sign)
    end = follower.any_value(node.value, follower.probes.get(part.span, ()), at, negative=True)
    if end >= 0 and (end == len(form) or not follower.deep):
        return end
    if not isinstance(node.value, _LOOSE):
        return follower.inside(part, at)
    end = follower.inside(part, at + 1) if form.startswith("(", at) else -1
    return end + 1 if end >= 0 and form.startswith(")", end) else -1


def _learn(
    chains: list[Chain], index: SourceIndex, statement: Statement, node: ast.expr | ast.AugAssign, read: list[_Follower]
) -> None:
    """Keeps the way that forms were written, if all of their values are plain ones or containers of these."""
    if len(chains) >= _CHAINS_HELD or any(each.odd or not each.plain for each in read):
        return
    slots: dict[tuple[Span | None, bool], int] = {}
    picks: list[int] = []
    texts: list[str] = []
    works: list[tuple[Work, tuple[int, ...]]] = []
    for each in read:
        text, at, mine = "", 0, []
        for operand, (start, end, negative) in zip(each.put, each.spots, strict=True):
            text += each.text[at:start].replace("%", "%%") + "%s"
            old = isinstance(node, ast.AugAssign) and operand is node.target
            mine.append(slots.setdefault((None if old else index.span(operand), negative), len(slots)))
            at = end
        texts.append(text + each.text[at:].replace("%", "%%"))
        picks += mine
        work = _work(statement, index, node, each)
        if work is not unknown:
            works.append((work, tuple(mine)))
    chains.append(Chain(_BETWEEN.join(texts), tuple(slots), tuple(picks), tuple(works)))


def _along(
    chains: list[Chain], forms: tuple[str, ...], running: Running, segment: Segment, olds: Sequence[Value]
) -> list[tuple[Work, list[Any]]] | None:
    """The calculations of forms that are written as some were before, with the values that they have now."""
    shown = forms[0] if len(forms) == 1 else _BETWEEN.join(forms)
    probes = running.probes
    for chain in chains:
        values: list[Any] = []
        texts: list[str] = []
        for span, negative in chain.slots:
            known = olds if span is None else probes.get(span)
            if known is None or len(known) != 1:
                break
            value: Any = known[0]
            kind = type(value)
            if kind is int:
                if not (-_LARGE if negative else 0) <= value < _LARGE:
                    break
                text = str(value)
            elif kind is Ref:
                found = segment.now(value.id)
                text = plain_text(found, len(shown))
                if not text:
                    break
                value = _content(found)
            elif kind in _ATOMS:
                text = repr(value)
                if kind is float and (text[-1] in "nf" or (text[0] == "-" and not negative)):
                    break
            else:
                break
            values.append(value)
            texts.append(text)
        else:
            if chain.text % tuple([texts[pick] for pick in chain.picks]) == shown:
                return [(work, [values[pick] for pick in picks]) for work, picks in chain.works]
    return None


def _comes_to(work: Work, values: list[Any], value: str, news: Sequence[Value]) -> bool:
    """Does a calculation come to the value, by its text or itself, or is it none that can be worked out?"""
    if work is unknown:
        return True
    try:
        result = run(work, values)
    except Unknown:
        return True
    except Fails:
        return False
    kind = type(result)
    if value:
        # The text of a longer int is cut, and Python refuses to write it: the reading by trees takes that.
        return not (kind is int and result.bit_length() > _LONGEST_BITS) and repr(result) == value
    return any(type(new) is kind and new == result and (kind is not float or repr(new) == repr(result)) for new in news)


def _work(statement: Statement, index: SourceIndex, node: ast.expr | ast.AugAssign, follower: _Follower) -> Work:
    """The calculation of an expression with values put in for operands."""
    if follower.odd:
        return unknown
    put = follower.put
    key = (node, *put)
    found: Work | None = statement.works.get(key)
    if found is None:
        whole = ast.BinOp(node.target, node.op, node.value) if isinstance(node, ast.AugAssign) else node
        found = compiled(whole, index.bound, {operand: place for place, operand in enumerate(put)})
        statement.works[key] = found
    return found
