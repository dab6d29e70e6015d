"""Reads from a frame or code object what the interpreter's events leave open."""

import inspect
import types
from opcode import opmap
from typing import Any

from tracer.identity import identity

_YIELD_OPCODES = frozenset(opmap[name] for name in ("YIELD_VALUE", "RESUME") if name in opmap)
"""Where a generator stands as it pauses: from 3.13 on already on the instruction after."""
_RETURN_OPCODES = frozenset(opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in opmap)
_STORE_OPCODES = frozenset(opmap[name] for name in ("STORE_ATTR", "STORE_SUBSCR"))
_PLAIN = frozenset(map(identity, (str, bytes, int, float, bool, type(None))))
_arguments = BaseException.__dict__["args"].__get__


def argument_count(code: types.CodeType) -> int:
    """How many names a call binds, `*args` and `**kwargs` among them."""
    flags = code.co_flags
    star = bool(flags & inspect.CO_VARARGS) + bool(flags & inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + star


def _opcode(frame: types.FrameType) -> int:
    return frame.f_code.co_code[frame.f_lasti]


def pauses(frame: types.FrameType) -> bool:
    """Does a frame that gives a value only pause, being a generator's?"""
    return bool(frame.f_code.co_flags & inspect.CO_GENERATOR) and _opcode(frame) in _YIELD_OPCODES


def unwinds(frame: types.FrameType, raised: bool) -> bool:
    """Is a frame that gives None left by an exception? A generator that is closed stands at its `yield`."""
    opcode = _opcode(frame)
    return opcode not in _RETURN_OPCODES and (raised or opcode not in _YIELD_OPCODES)


def stores(frame: types.FrameType) -> bool:
    """Does a frame stand where it stores an attribute or an element?"""
    return _opcode(frame) in _STORE_OPCODES


def exception_text(kind: type, error: Any) -> str | None:
    """The text of a built-in exception about plain values; any other's would run the program's code."""
    if kind.__module__ != "builtins" or not isinstance(error, BaseException):
        return None
    if not all(identity(type(argument)) in _PLAIN for argument in _arguments(error)):
        return None
    return str(error)
