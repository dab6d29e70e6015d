"""Tells whether a text is Python 3, and if not, why, in words for a person."""

import ast
import re
import warnings

_PYTHON_2 = re.compile(
    r"^[ \t]*print[ \t]+[^\s(=]"
    r"|^[ \t]*print[ \t]*$"
    r"|^[ \t]*except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:"
    r"|^[ \t]*raise[ \t]+[\w.]+[ \t]*,"
    r"|^[ \t]*exec[ \t]+['\"]"
    r"|\b0[0-7]+[lL]?\b|\b\d+[lL]\b|<>|\braw_input\s*\(",
    re.MULTILINE,
)


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} (line {error.lineno or 0})"
    return str(error) or type(error).__name__


def program_fault(code: str) -> tuple[str, str] | None:
    """None for a text that parses as Python 3, else a reason code (`syntax`, `python2`) and a sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            if _PYTHON_2.search(code):
                return "python2", f"the program is Python 2: {_message(error)}; translate it to Python 3"
            return "syntax", f"the program is not Python 3: {_message(error)}; mend it or leave the row out"
    if not tree.body:
        return "syntax", "the program has no statement; give a program or leave the row out"
    return None


def call_fault(call: str) -> str:
    """Empty for a text that is one Python expression on one line, else what is wrong with it."""
    if "\n" in call or "\r" in call:
        return "the call spans several lines; write it on one"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(call, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return f"the call is no Python expression: {_message(error)}"
    return ""
