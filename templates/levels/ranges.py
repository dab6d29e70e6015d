"""Writes the step of each range: what it folds, then what it comes to."""

from templates.execution import Execution
from templates.levels.net import NetTeller
from templates.levels.regions import Fold
from templates.sentences import Voice, code
from templates.values import value_text
from tracer.events import Change


def told_ranges(execution: Execution, folds: list[Fold], say: Voice) -> list[str]:
    """The step of each range, in order."""
    events = execution.trace.events
    teller = NetTeller(say, execution.stdin)
    state = teller.state
    depths = {0: 0}
    told: list[str] = []
    waiting = iter(folds)
    fold = next(waiting, None)
    teller.pass_over(events[0].changes if events else ())
    number = 0
    while number < len(events) and fold is not None:
        event = events[number]
        if number < fold.start:
            if event.kind == "call":
                depths[event.frame] = depths.get(event.parent, 0) + 1
            state.enter(event)
            teller.pass_over(_segment(execution, number))
            number += 1
            continue
        say.begin(fold.start + 1)
        first = _fold_sentence(say, execution, fold, depths, teller)
        changes: list[Change] = []
        for inside in range(fold.start, fold.end + 1):
            changes += _segment(execution, inside)
        before = teller.before(changes, fold.frame)
        for inside in range(fold.start, fold.end + 1):
            if events[inside].kind == "call":
                depths[events[inside].frame] = depths.get(events[inside].parent, 0) + 1
            state.enter(events[inside])
            teller.pass_over(_segment(execution, inside))
        said = [*teller.series(changes, fold.frame)] if fold.kind != "block" else []
        said += teller.tell(changes, fold.frame, before)
        told.append(f"{fold.start + 1}-{fold.end + 1}. {' '.join([first, *(said or [say('idle')])])}")
        number = fold.end + 1
        fold = next(waiting, None)
    return told


def _segment(execution: Execution, number: int) -> tuple[Change, ...]:
    """The changes between an event and the next."""
    trace = execution.trace
    return trace.events[number + 1].changes if number + 1 < len(trace.events) else trace.tail


def _fold_sentence(say: Voice, execution: Execution, fold: Fold, depths: dict[int, int], teller: NetTeller) -> str:
    match fold.kind:
        case "block":
            one = fold.first == fold.last
            return say("block__line", fold.first) if one else say("block", fold.first, fold.last)
        case "iterations":
            if fold.first == fold.last:
                return say("iterations__one", fold.first, fold.line)
            return say("iterations", fold.first, fold.last, fold.line)
    event = execution.trace.events[fold.start]
    arguments = ", ".join(f"{name}={value_text(value, teller.state.heap)}" for name, value in event.args)
    return say("brief_call", code(f"{event.name}({arguments})"), depths.get(event.parent, 0) + 1)
