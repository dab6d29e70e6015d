"""What assignments and deletions do to their targets, and probes for what these evaluate."""

import ast

from tracer.effects import ANY
from tracer.expressions import Expressions
from tracer.notes import mangle
from tracer.probe_maker import ProbeMaker
from tracer.statements import ATTRIBUTE, CHANGE_ATTRIBUTE, CHANGE_ITEM, ITEM, LOOK_KEY


def instrument_target(target: ast.expr, maker: ProbeMaker, expressions: Expressions) -> ast.expr:
    """The target of an assignment, a loop or a deletion."""
    deletes = isinstance(getattr(target, "ctx", None), ast.Del)
    note = maker.note
    match target:
        case ast.Name(id=name) if note is not None:
            (note.unbind if deletes else note.bind)(name)
        case ast.Tuple() | ast.List():
            target.elts = [instrument_target(part, maker, expressions) for part in target.elts]
        case ast.Starred():
            target.value = instrument_target(target.value, maker, expressions)
        case ast.Subscript(slice=ast.Slice()):
            target.value = expressions.receiver(target.value, ANY, target)
            target.slice = expressions.wrap(target.slice)
        case ast.Subscript() if note is not None and note.is_stored_in_time():
            target.value, container = expressions.operand(note, target.value)
            target.slice, key = expressions.operand(note, target.slice)
            note.say(LOOK_KEY if deletes else ITEM, container, key)
        case ast.Attribute() if note is not None and note.is_stored_in_time() and not deletes:
            target.value, owner = expressions.operand(note, target.value)
            note.say(ATTRIBUTE, owner, mangle(target.attr, maker.owner))
        case ast.Subscript() | ast.Attribute():
            target.value = expressions.receiver(target.value, ANY, target)
            if isinstance(target, ast.Subscript):
                target.slice = expressions.wrap(target.slice)
    return target


def instrument_augmented(target: ast.expr, how: int, maker: ProbeMaker, expressions: Expressions) -> ast.expr:
    """The target of an augmented assignment, which may change in place `how` its operator does."""
    note = maker.note
    match target:
        case ast.Name(id=name) if note is not None:
            note.change(name, how)
        case ast.Subscript() if note is not None and not isinstance(target.slice, ast.Slice):
            target.value, container = expressions.operand(note, target.value)
            target.slice, key = expressions.operand(note, target.slice)
            note.say(CHANGE_ITEM, container, key, how)
        case ast.Attribute() if note is not None:
            target.value, owner = expressions.operand(note, target.value)
            note.say(CHANGE_ATTRIBUTE, owner, mangle(target.attr, maker.owner), how)
        case ast.Subscript() | ast.Attribute():
            return instrument_target(target, maker, expressions)
    return target
