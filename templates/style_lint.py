"""Tries a style's folder: renders every macro on a gallery of inputs, and reads each sentence by the style's claims."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from templates.checking.claims import Claim, Patterns, Sentence, patterns_of, sentences_of
from templates.checking.kinds import KINDS
from templates.sentences import STYLES, StyleError, code, environment, read_macros, sentences, style_folder

COUNTS = frozenset({"n", "k", "i", "j", "d", "l"})
"""Inputs that are bare numbers; all others are code between backticks, `shown` one piece or several."""

_PLACES = ("x", "grid[0][1]", "node.next.value", "d['a b']", "d['`']")
_VALUES = ("3", "-0.5", "'a. b'", "[1, 2, <94 more>, 99]", "{'k': (1,)}", "Node#7(next=None)", "'``'")
_SOURCES = ("a[i - 1] + f(b)", "not done", 'word.split(". ")', "x if `y` else z".replace("`", ""))
GALLERY: dict[str, tuple[str, ...]] = {
    "place": _PLACES,
    "other": _PLACES[1:],
    "value": _VALUES,
    "old": _VALUES[1:],
    "source": _SOURCES,
    "name": ("total", "Node.__init__", "outer.inner"),
    "names": ("math", "a, b"),
    "type": ("ValueError", "list"),
    "message": ("'no such key'", "''"),
    "text": ("'3 4\\n'", "'` '"),
    "call": ("f(n=3)", "Node.__init__(self=Node#7(...))"),
    "waiter": ("main", "Solver.run"),
    "key": ("-1", "-12"),
    "bound": ("x=1", "a='` ', b=[1, 2]"),
    "items": ("[1, 2]", "[(1, 'a. b'), (2, '`')]"),
    "values": ("[True, False]", "['a', 'b']"),
}
"""What macros are tried on, by the name of the input."""
_CHAINS = (("3 + 4",), ("2 * (1 + 2)", "2 * 3"), ("'a' in 'b'", "False"))
_NUMBERS = (1, 2, 10, 123)


@dataclass(frozen=True)
class Fault:
    """Something wrong with a style: where (a file, or a macro of one), and what."""

    where: str
    what: str


@dataclass(frozen=True)
class Tried:
    """What a lint found.

    Attributes:
        macros: how many macros were rendered; `phrasings` how many sentences they can write.
    """

    macros: int
    phrasings: int
    faults: tuple[Fault, ...]


def lint_style(style: str) -> Tried:
    """Tries a style, by its name or its folder's path; never raises for what is wrong inside the folder.

    Raises:
        StyleError: there is no such style.
    """
    folder = style_folder(style)
    faults: list[Fault] = []
    patterns: Patterns | None = None
    try:
        patterns = patterns_of(folder)
    except (OSError, ValueError) as error:
        faults.append(Fault(f"{folder.name}/*.claims", str(error)))
    macros = phrasings = 0
    for path in sorted(folder.glob("*.jinja")):
        if path.name.startswith(("prompt_", "ranges", "scratchpad")):
            continue
        try:
            found = read_macros(path)
        except StyleError as error:
            faults.append(Fault(path.name, str(error)))
            continue
        for macro, (inputs, lines) in found.items():
            macros += 1
            phrasings += len(lines)
            where = f"{path.name}: {macro}"
            said = list(_contract_faults(macro, inputs, lines))
            faults += [Fault(where, what) for what in said]
            if not said:
                faults += [Fault(where, what) for what in _branching(path, macro, inputs)]
                if patterns is not None:
                    faults += [Fault(where, what) for what in _ungrounded(macro, inputs, lines, patterns)]
    return Tried(macros, phrasings, tuple(faults))


def _contract_faults(macro: str, inputs: tuple[str, ...], lines: tuple[str, ...]) -> Iterator[str]:
    """What breaks the contract: macros that nobody says, and inputs that they are not given."""
    known = sentences("steps").inputs
    if macro not in known:
        near = ", ".join(sorted(name for name in known if name.split("__")[0] == macro.split("__", maxsplit=1)[0]))
        yield f"no sentence is named so{f'; there are {near}' if near else ''}: the narrator never says it"
    elif inputs != known[macro]:
        yield f"it takes ({', '.join(inputs)}), and is given ({', '.join(known[macro])}) in this order"
    for line in lines:
        if not line.endswith((".", ":")):
            yield f"a phrasing ends without a full stop: {line!r}"


def _inputs(inputs: tuple[str, ...]) -> Iterator[tuple[dict[str, object], dict[str, str], tuple[str, ...]]]:
    """Rows of the gallery: inputs as macros get them, as the checker reads them, and the forms of a chain."""
    for number in range(max(map(len, GALLERY.values()))):
        given: dict[str, object] = {}
        codes: dict[str, str] = {}
        chain: tuple[str, ...] = ()
        for name in inputs:
            if name in COUNTS:
                given[name] = _NUMBERS[number % len(_NUMBERS)]
            elif name == "shown":
                chain = _CHAINS[number % len(_CHAINS)]
                given[name] = " = ".join(map(code, chain))
            else:
                codes[name] = next(islice(cycle(GALLERY[name]), number, None))
                given[name] = code(codes[name])
        yield given, codes, chain


def _branching(path: Path, macro: str, inputs: tuple[str, ...]) -> Iterator[str]:
    """Refuses a macro whose text hangs on its inputs: its phrasings are compiled before any value is known."""
    module = environment(path.parent.parent).get_template(f"{path.parent.name}/{path.name}").module
    lines = read_macros(path)[macro][1]
    for given, _, _ in _inputs(inputs):
        text = str(getattr(module, macro)(*given.values()))
        if [line.strip() for line in text.split("\n") if line.strip()] != [line.format(**given) for line in lines]:
            yield "it writes something else for other inputs; a macro only places its inputs"
            return


def _ungrounded(macro: str, inputs: tuple[str, ...], lines: tuple[str, ...], patterns: Patterns) -> Iterator[str]:
    """Phrasings that the claims do not know as this kind of sentence."""
    kind = macro.split("__", maxsplit=1)[0]
    if kind not in KINDS:
        yield f"no kind of claim is named {kind}"
        return
    for line in lines:
        for given, codes, chain in _inputs(inputs):
            found = sentences_of(line.format(**given), patterns)
            read = [claim for claim in _claims(found) if claim.kind == kind]
            if not any(_agrees(claim, given, codes, chain) for claim in read):
                yield f"no line of the claims reads {line!r}; it would be `{kind}: {_as_pattern(line, inputs)}`"
                break


def _claims(found: tuple[Sentence, ...]) -> list[Claim]:
    """What a line that is one sentence may be read as."""
    return [found[0].claim(fit) for fit in found[0].shape.fits] if len(found) == 1 else []


def _agrees(claim: Claim, given: dict[str, object], codes: dict[str, str], chain: tuple[str, ...]) -> bool:
    counts = {name: value for name, value in given.items() if name in COUNTS}
    return (
        claim.code.items() <= codes.items()
        and claim.counts.items() <= counts.items()
        and (not claim.forms or claim.forms == chain)
    )


def _as_pattern(line: str, inputs: tuple[str, ...]) -> str:
    for name in inputs:
        mark = "#" if name in COUNTS else "*" if name == "shown" else ""
        line = line.replace(f"{{{name}}}", f"{{{mark}{name}}}")
    return line


def own_styles() -> list[str]:
    """The styles of this package whose sentences are macros."""
    return sorted(path.parent.name for path in STYLES.glob("*/around.jinja"))
