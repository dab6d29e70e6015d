"""Rebuilds the program's state from what the text alone tells, and holds it against the recorded state.

Values come from the text and from nothing else: each change that a sentence states is made to a state of
its own, in the order of the text. The trace only says in which frame a name lives and which places hold
one and the same object, which no text of values could say.
"""

from collections.abc import Callable, Iterable

from templates.checking.cells import (
    HIDDEN,
    Cell,
    Content,
    Held,
    elements_of,
    holds_parts,
    position_of,
    recorded_at,
    says,
    shown_in,
)
from templates.checking.claims import Claim
from templates.checking.moment import Moment
from templates.checking.place_text import Link as PlaceLink
from templates.checking.place_text import Nowhere, read_place
from templates.checking.segment import NOTHING, Nothing, ObjectChange
from templates.checking.value_match import Look, plain_text
from templates.checking.value_text import Cut, Gap, Instance, Literal, Pair, Reader, Told, read_value
from tracer.events import DelItem, Event, Ref, SetItem, Value
from tracer.replay import HeapObject, State

_COMPARED_WHOLE = 32
"""Elements up to which an object that changed is compared whole at each step; the end compares all."""


class Retelling:
    """The state as the text tells it."""

    def __init__(self) -> None:
        self.names: dict[int, dict[str, Cell]] = {0: {}}
        self.objects: dict[int, Content] = {}
        self.printed: list[str | int] = []

    def begin(self, state: State) -> None:
        """Takes note of the globals that there are before the first event; no text tells their values."""
        self.names[0] = dict.fromkeys(state.frames[0].names, HIDDEN)

    # What the text says.

    def tell(self, moment: Moment, claim: Claim) -> None:
        """Makes the change that a sentence states."""
        act = _ACTS.get(claim.kind)
        if act is not None:
            act(self, moment, claim.code, claim)

    def call(self, event: Event, text: str, look: Look) -> None:
        """Begins a frame with the arguments that a sentence states."""
        reader = Reader(text, len(event.name) + 1)
        told = {str(item.key): item.value for item in reader.items(")", fields=True) if isinstance(item, Pair)}
        self.names[event.frame] = {
            name: self._cell(told[name], value, look) if name in told else HIDDEN for name, value in event.args
        }

    def begin_call(self, frame: int, told: Iterable[tuple[str, str, Value]]) -> None:
        """Begins a frame with names, the plain texts of their values, and the values."""
        self.names[frame] = {name: self._plain(text, value) for name, text, value in told}

    def set_name(self, frame: int, name: str, text: str, value: Value) -> None:
        """A name gets a value, of which this is the plain text."""
        self.names.setdefault(frame, {})[name] = self._plain(text, value)

    def set_item(self, number: int, link: PlaceLink, text: str, value: Value) -> bool:
        """An element gets a value, of which this is the plain text; False if the text told of no such place."""
        content = self.objects.get(number)
        if content is None:
            self._plain(text, value)
        elif isinstance(link, str) or not content.cells:
            content.keyed[link if isinstance(link, str) else link[0]] = self._plain(text, value)
        else:
            index = position_of(link, len(content.cells))
            if index is None:
                return False
            content.cells[index] = self._plain(text, value)
        return True

    def append(self, number: int, text: str, value: Value) -> None:
        """A list gets a value, of which this is the plain text, as its last element."""
        cell, content = self._plain(text, value), self.objects.get(number)
        if content is not None:
            content.cells.append(cell)

    def _plain(self, text: str, value: Value) -> Cell:
        """What stands where a value's plain text does."""
        if type(value) is not Ref:
            return text
        self.objects[value.id] = Content(text)
        return Held(value.id)

    def _put(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        place = read_place(code["place"])
        segment = moment.segment
        if not place.links:
            frame, made = segment.look_up(place.name)
            value = made.new if made is not None else segment.state.frames[frame].names[place.name]
            cell: Cell = HIDDEN
            if type(value) is Ref:
                cell = self._cell(read_value(code["value"]), value, segment.now)
            elif not isinstance(value, Nothing):
                cell = code["value"]
            self.names.setdefault(frame, {})[place.name] = cell
            return
        told = read_value(code["value"])
        content = self._content(moment, code["place"], element=True)
        if content is None:
            return
        try:
            cell = self._cell(told, segment.value_at(place), segment.now)
        except Nowhere:
            cell = HIDDEN if holds_parts(told) else told
        link = place.links[-1]
        if content.cells or not isinstance(link, str):
            index = position_of(link, len(content.cells))
            if index is not None and content.cells:
                content.cells[index] = cell
                return
        content.keyed[link if isinstance(link, str) else link[0]] = cell

    def _delete(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        place = read_place(code["place"])
        if not place.links:
            self.names.get(moment.segment.look_up(place.name)[0], {}).pop(place.name, None)
            return
        content = self._content(moment, code["place"], element=True)
        if content is not None:
            link = place.links[-1]
            content.keyed.pop(link if isinstance(link, str) else link[0], None)

    def _append(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        self._splice(moment, code, None, 0, (read_value(code["value"]),))

    def _append_all(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        self._splice(moment, code, None, 0, elements_of(read_value(code["value"])))

    def _insert(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        self._splice(moment, code, claim.counts["i"], 0, (read_value(code["value"]),))

    def _pop(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        content = self._content(moment, code["place"])
        if content is None or not content.cells:
            return
        # Where no index is told, it is the first or last element; the trace says which.
        at = claim.counts.get("i", moment.popped)
        if at < len(content.cells):
            del content.cells[at]

    def _replace(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        old = elements_of(read_value(code["old"]))
        count = sum(item.count if isinstance(item, Gap) else 1 for item in old)
        self._splice(moment, code, claim.counts["i"], count, elements_of(read_value(code["value"])))

    def _splice(
        self, moment: Moment, code: dict[str, str], start: int | None, removed: int, items: tuple[Told, ...]
    ) -> None:
        found = self._holder(moment, code["place"])
        content = self.objects.get(found.id) if found is not None else None
        if found is None or content is None:
            return
        at = len(content.cells) if start is None else start
        values = found.items[at : at + sum(i.count if isinstance(i, Gap) else 1 for i in items)]
        content.cells[at : at + removed] = self._row(items, values, moment.segment.now)

    def _add(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        content = self._content(moment, code["place"])
        if content is not None:
            content.keyed[read_value(code["value"])] = HIDDEN

    def _discard(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        content = self._content(moment, code["place"])
        if content is not None:
            content.keyed.pop(read_value(code["value"]), None)

    def _restate(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        value = moment.segment.value_at(read_place(code["place"]))
        self._cell(read_value(code["value"]), value, moment.segment.now)

    def _print(self, moment: Moment, code: dict[str, str], claim: Claim) -> None:
        told = read_value(code["text"])
        if isinstance(told, Literal) and isinstance(told.value, str):
            self.printed.append(told.value)
        elif isinstance(told, Cut):
            self.printed += [str(told.head), told.count, str(told.tail)]

    def _holder(self, moment: Moment, text: str, *, element: bool = False) -> HeapObject | None:
        """The object that a place, or the chain before its last link, leads to."""
        place = read_place(text)
        links: tuple[PlaceLink, ...] = place.links[:-1] if element else place.links
        found = None
        for before in (False, True):
            try:
                value = moment.segment.value_at(place, before=before, links=links)
            except Nowhere:
                continue
            if isinstance(value, Ref):
                found = moment.segment.now(value.id)
                if value.id in moment.segment.objects:
                    break
        return found

    def _content(self, moment: Moment, text: str, *, element: bool = False) -> Content | None:
        found = self._holder(moment, text, element=element)
        return self.objects.get(found.id) if found is not None else None

    # Texts to cells.

    def _cell(self, told: Told, value: Value, look: Look) -> Cell:
        """What stands where a text says this; objects that it shows are filled with what it shows."""
        if not isinstance(value, Ref):
            return HIDDEN if holds_parts(told) else told
        if not isinstance(told, Instance) or told.items is not None:
            self._fill(told, look(value.id), look)
        return Held(value.id)

    def _fill(self, told: Told, found: HeapObject, look: Look) -> None:
        items = shown_in(told)
        if items is None:
            return
        content = self.objects[found.id] = Content()
        held = found.items
        if isinstance(held, dict):
            content.partial = any(isinstance(item, Gap) for item in items)
            keys, at = list(held), 0
            for item in items:
                if isinstance(item, Pair):
                    key = item.key
                    value = recorded_at(key, held, look, keys[at] if at < len(keys) else NOTHING)
                    content.keyed[key] = HIDDEN if isinstance(value, Nothing) else self._cell(item.value, value, look)
                elif not isinstance(item, Gap):
                    content.keyed[item] = HIDDEN
                at += item.count if isinstance(item, Gap) else 1
            return
        told_items = [item.value if isinstance(item, Pair) else item for item in items]
        content.cells = self._row(told_items, held, look)

    def _row(self, items: Iterable[Told], values: list[Value], look: Look) -> list[Cell]:
        cells: list[Cell] = []
        for item in items:
            if isinstance(item, Gap):
                cells += [HIDDEN] * item.count
            elif len(cells) < len(values):
                cells.append(self._cell(item, values[len(cells)], look))
            else:
                cells.append(HIDDEN if holds_parts(item) else item)
        return cells

    # The recorded state.

    def settle(self, moment: Moment) -> str:
        """After a step: what the text rebuilds otherwise than it was recorded, of all that the step touched."""
        segment = moment.segment
        if not segment.names and not segment.objects:
            return ""
        for (frame, name), made in segment.names.items():
            if not made.told and made.new is not NOTHING:
                self.names.setdefault(frame, {})[name] = HIDDEN
            elif not made.told:
                self.names.get(frame, {}).pop(name, None)
        for number, changes in segment.objects.items():
            content = self.objects.get(number)
            if content is None:
                continue
            if number not in segment.covered and not all(made.told for made in changes):
                del self.objects[number]
            elif not self._agrees(content, segment.now(number), segment.now, changes):
                return f"what the text tells of the {segment.now(number).type} with id {number} does not add up to it"
        return ""

    def _agrees(self, content: Content, found: HeapObject, look: Look, changes: list[ObjectChange]) -> bool:
        if self._is_shown(content, found):
            return True
        if isinstance(found.items, dict):
            small = len(found.items) <= _COMPARED_WHOLE
            return (
                self._same_keys(content, found, look) if small else content.partial or self._same_size(content, found)
            )
        if len(content.cells) != len(found.items):
            return False
        indices: Iterable[int] = range(len(content.cells))
        if len(content.cells) > _COMPARED_WHOLE:
            keys = [made.change.key for made in changes if isinstance(made.change, (SetItem, DelItem))]
            indices = [key for key in keys if isinstance(key, int)]
        return all(says(content.cells[index], found.items[index], look) for index in indices)

    @staticmethod
    def _is_shown(content: Content, found: HeapObject) -> bool:
        """Does the object still stand as a text showed all of it?"""
        return bool(content.text) and content.text == plain_text(found, len(content.text))

    @staticmethod
    def _same_size(content: Content, found: HeapObject) -> bool:
        return len(content.keyed) == len(found.items)

    def _same_keys(self, content: Content, found: HeapObject, look: Look) -> bool:
        if content.partial:
            return True
        if not self._same_size(content, found):
            return False
        for (key, cell), guess in zip(content.keyed.items(), list(found.items), strict=True):
            value = recorded_at(key, found.items, look, guess)
            if isinstance(value, Nothing) or not says(cell, value, look):
                return False
        return True

    def end_frame(self, number: int, state: State) -> str:
        """When a frame ends: the first of its names that the text rebuilds otherwise than it was recorded."""
        told = self.names.pop(number, None)
        frame = state.frames.get(number)
        if told is None or frame is None:
            return ""
        return self._differing(told, frame.names, state)

    def end(self, state: State) -> str:
        """At the end: what the text rebuilds otherwise than it was recorded, of globals, objects and output."""
        for number in list(self.names):
            if number in state.frames and (
                name := self._differing(self.names[number], state.frames[number].names, state)
            ):
                return name
        for number, content in self.objects.items():
            if not self._agrees_whole(content, state.heap[number], state):
                return f"what the text tells of the {state.heap[number].type} with id {number} does not add up to it"
        text = state.stdout.decode("utf-8", "surrogateescape")
        at = 0
        for piece in self.printed:
            if isinstance(piece, str) and not text.startswith(piece, at):
                return "the pieces that are printed do not add up to the output"
            at += piece if isinstance(piece, int) else len(piece)
        return "" if at == len(text) else "the pieces that are printed do not add up to the output"

    def _agrees_whole(self, content: Content, found: HeapObject, state: State) -> bool:
        def look(number: int) -> HeapObject:
            return state.heap[number]

        if self._is_shown(content, found):
            return True
        if isinstance(found.items, dict):
            return self._same_keys(content, found, look)
        return len(content.cells) == len(found.items) and all(
            says(cell, value, look) for cell, value in zip(content.cells, found.items, strict=True)
        )

    @staticmethod
    def _differing(told: dict[str, Cell], names: dict[str, Value], state: State) -> str:
        def look(number: int) -> HeapObject:
            return state.heap[number]

        for name, value in names.items():
            if name.startswith("__") and name.endswith("__"):
                continue
            if name not in told or not says(told[name], value, look):
                return f"what the text tells of `{name}` does not add up to its value"
        return next((f"the text does not tell that `{name}` is gone" for name in told if name not in names), "")


Act = Callable[[Retelling, Moment, dict[str, str], Claim], None]
_ACTS: dict[str, Act] = {
    **dict.fromkeys(("becomes", "change", "stay", "put", "becomes_work", "change_work", "stay_work"), Retelling._put),
    "deleted": Retelling._delete,
    "append": Retelling._append,
    "append_all": Retelling._append_all,
    "insert": Retelling._insert,
    "pop": Retelling._pop,
    "replace": Retelling._replace,
    "add": Retelling._add,
    "discard": Retelling._discard,
    "restate": Retelling._restate,
    **dict.fromkeys(("print", "print_line"), Retelling._print),
}
