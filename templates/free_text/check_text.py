"""Holds an explanation that no template wrote against what happened, as strictly as free text can be held."""

from bisect import bisect_left
from dataclasses import dataclass

from schemas.narration import UngroundedClaim
from templates.execution import Execution
from templates.free_text.claims import Passage, TextClaim, passages
from templates.free_text.moments import Moments
from templates.values import value_text
from tracer.events import Bind, Probe
from tracer.replay import State


@dataclass(frozen=True)
class TextReport:
    """What a free text says, sentence by sentence.

    Attributes:
        claims: how many claims were recognised.
        problems: claims that are false, or true only at another line, iteration or in another order.
        unread: what was not recognised as a claim, and code and values that stand neither in the program nor in
            what happened.
    """

    claims: int
    problems: tuple[UngroundedClaim, ...]
    unread: tuple[UngroundedClaim, ...]

    @property
    def grounded(self) -> bool:
        """Was there something to hold against the trace, and did all of it hold?"""
        return self.claims > 0 and not self.problems


def check_text(execution: Execution, text: str) -> TextReport:
    """Holds the claims of a text against an execution.

    A claim on a value, outcome, call, return or output must be true at some moment of the lines and the iteration
    that its sentence names, if it names any. Claims on what changes must also be true in the order in which the
    text makes them; what merely stands, may be looked back at. A text says nothing of what it leaves out.
    Never raises for any text; SyntaxError where the source of the execution is no program.
    """
    told = list(passages(text))
    moments = Moments(execution, {claim for passage in told for claim in passage.claims})
    known = _Known(execution)
    problems: list[UngroundedClaim] = []
    unread: list[UngroundedClaim] = []
    claims, reached = 0, 0
    for passage in told:
        for claim in passage.claims:
            if _is_prose(claim, moments.names):
                unread.append(UngroundedClaim(passage.number, claim.text, f"{claim.subject} is no name of the program"))
                continue
            claims += 1
            reason, reached = _held(claim, moments, reached)
            if reason:
                problems.append(UngroundedClaim(passage.number, claim.text, reason))
        unread += _unread(passage, known)
    return TextReport(claims, tuple(problems), tuple(unread))


def _is_prose(claim: TextClaim, names: frozenset[str]) -> bool:
    """Is it said of a word that only looks like a name?"""
    name = claim.subject.partition("[")[0].partition(".")[0]
    named = claim.kind in ("becomes", "holds", "returns") and name.isidentifier()
    return named and f"`{claim.subject}`" not in claim.text and name not in names


_IN_ORDER = frozenset({"becomes", "prints", "calls", "returns", "raises"})


def _held(claim: TextClaim, moments: Moments, reached: int) -> tuple[str, int]:
    """Why a claim does not hold, empty if it does, and the moment that the text has reached with it."""
    if claim.kind == "line":
        return ("" if claim.lines[0] in moments.lines else "that line never runs"), reached
    found = moments.true.get(claim, [])
    if not found:
        return "that is true at no moment of the run", reached
    if claim.lines:
        found = [at for at in found if _near(moments, at, claim.lines)]
        if not found:
            return f"that is not so at line {' or '.join(map(str, claim.lines))}", reached
    if claim.iteration is not None:
        found = [at for at in found if claim.iteration in moments.rounds[at]]
        if not found:
            return f"that is not so in iteration {claim.iteration}", reached
    if claim.kind not in _IN_ORDER:
        return "", reached
    place = bisect_left(found, reached)
    if place == len(found):
        return "that happens, but before what the text has told already", reached
    return "", found[place]


def _near(moments: Moments, at: int, lines: tuple[int, ...]) -> bool:
    """Does a moment lie at one of these lines, before or right after it ran?"""
    return any(moments.lines[place] in lines for place in (at, at - 1, at + 1) if 0 <= place < len(moments.lines))


def _unread(passage: Passage, known: "_Known") -> list[UngroundedClaim]:
    found = [
        UngroundedClaim(passage.number, piece, "it stands neither in the program nor among what happened")
        for piece in passage.rest
        if not known.holds(piece)
    ]
    if not passage.claims and any(character.isdigit() or character == "`" for character in passage.text):
        found.append(UngroundedClaim(passage.number, passage.text, "no claim in it is one that can be held"))
    return found


class _Known:
    """The texts that stand in the program, its input and its output, and those of all values of the run."""

    def __init__(self, execution: Execution) -> None:
        self._texts = (execution.source, execution.stdin, execution.stdout, execution.call or "", execution.value or "")
        self._values: set[str] = set()
        state = State()
        for event in execution.trace.events:
            for change in event.changes:
                state.apply(change)
            for change in event.changes:
                if isinstance(change, Bind | Probe):
                    self._values.add(value_text(change.value, state.heap))
            state.enter(event)

    def holds(self, piece: str) -> bool:
        """Does a piece of code or a value occur?"""
        return piece in self._values or any(piece in text for text in self._texts)
