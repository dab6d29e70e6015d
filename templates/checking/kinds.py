"""The kinds of claims that sentences can make, and the slots that each kind reads."""

from dataclasses import dataclass

_SLOTS = {
    "opening": "",
    "closing": "",
    # Of the statement.
    "define_function": "name?",
    "define_class": "name?",
    "import": "names?",
    "condition_true": "source? *shown?",
    "condition_false": "source? *shown?",
    "take": "#l?",
    "skip": "#l?",
    "loop_over": "source value #n?",
    "iteration": "#k",
    "loop_end": "#k",
    "loop_once": "#k?",
    "loop_none": "#k?",
    "exhausted": "source #k",
    "exhausted_once": "source #k?",
    "exhausted_none": "source #k?",
    "loop_else": "",
    "else_skipped": "",
    "break": "#l?",
    "continue": "#l?",
    "return_source": "source?",
    "return_nothing": "",
    "return_work": "source *shown? value",
    "raise_source": "source?",
    "evaluate": "source?",
    "enter_with": "source",
    "leave_with": "source",
    "catch": "source?",
    "no_catch": "source",
    "finally": "",
    "finally_raised": "type",
    "try_else": "",
    "match": "source value",
    "case_true": "source",
    "case_false": "source",
    "work": "source *shown? value",
    "becomes_work": "place source *shown? value",
    "change_work": "place old source *shown? value",
    "stay_work": "place source *shown? value",
    "augmented": "source *shown",
    "unevaluated": "source",
    "fails": "source *shown?",
    "position": "source key #i",
    "positions": "source #i #j",
    "positions_none": "source",
    "digits": "source *shown value",
    "factors": "source *shown value",
    # Of comprehensions and lambdas.
    "inner_value": "bound? source *shown? value",
    "inner_element": "bound source *shown? value",
    "lambda_value": "bound source *shown? value",
    "key_value": "bound source *shown? value",
    "inner_form": "bound? source *shown",
    "inner_true": "bound source *shown?",
    "inner_false": "bound source *shown?",
    "inner_rounds": "names items",
    "inner_column": "source values",
    "settled": "name",
    "inner_rest": "#n",
    "inner_cut": "#n",
    # Of changes.
    "idle": "",
    "becomes": "place value",
    "change": "place old value",
    "stay": "place value",
    "put": "place value",
    "deleted": "place",
    "append": "value place #n?",
    "append_all": "value place #n?",
    "insert": "value place #i #n?",
    "pop": "value place #i? #n?",
    "replace": "place #i old value",
    "add": "value place",
    "discard": "value place",
    "restate": "place value",
    # Of places, without any change.
    "alias": "place other type?",
    "recap": "place value",
    "holds": "place value",
    # Of input and output.
    "print": "text",
    "print_line": "text #k?",
    "read": "text",
    "read_line": "text #k?",
    "read_rest": "text",
    # Of other events.
    "call": "call #d? #l? waiter?",
    "call_itself": "call #d? #l?",
    "resume": "name? #l?",
    "return": "name? value #l? source?",
    "return_end": "name? value",
    "yield": "name? value #l?",
    "raise": "type message?",
    "pass_on": "type name?",
    "unwind": "name?",
    "program_end": "",
    "call_end": "value",
    "program_fails": "",
    # Of a range of events.
    "block": "#first #last?",
    "iterations": "#i #j? #l",
    "brief_call": "call #d",
    "series": "place values",
    "tally": "#l #t #f",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a pattern of a kind may show: its backticked slots, its bare numbers, and the slot that may be a chain.

    `order` holds the backticked slots but the chain in the order of the table.
    """

    codes: frozenset[str]
    counts: frozenset[str]
    chain: str
    needed: frozenset[str]
    order: tuple[str, ...]


def _kind(slots: str) -> Kind:
    codes: set[str] = set()
    order: list[str] = []
    counts: set[str] = set()
    needed: set[str] = set()
    chain = ""
    for slot in slots.split():
        name = slot.strip("*#?")
        (counts if slot.startswith("#") else codes).add(name)
        if slot.startswith("*"):
            chain = name
        elif not slot.startswith("#"):
            order.append(name)
        if not slot.endswith("?"):
            needed.add(name)
    return Kind(frozenset(codes), frozenset(counts), chain, frozenset(needed), tuple(order))


KINDS: dict[str, Kind] = {name: _kind(slots) for name, slots in _SLOTS.items()}
"""Every kind by name. A slot that may be missing claims nothing where a pattern does not show it."""
