"""How each probe and note is read: a function made once, for what the recorder does a million times.

A reading gets the frame that was running and the tuple that the program has left in the buffer.
"""

from tracer import opcodes as op
from tracer import statements as note
from tracer.activation import Activation
from tracer.effects import ANY, APPENDED, DEQUEUED, KEYED, NOTHING, POPPED, TURNED_LEFT, TURNED_RIGHT
from tracer.events import Span
from tracer.identity import identity
from tracer.inner_readings import tell_beginning, tell_inside
from tracer.ledger import Item, Ledger, Reading
from tracer.shapes import read_attributes
from tracer.statements import Action, Beginning, Note, Probe, Told
from tracer.writer import SMALL_INTS, encode_int, varint

_MISSING = object()
_NO_SPAN = (0, 0, 0, 0)


def make_readings(ledger: Ledger, told: list[Told]) -> list[Reading]:
    """The readings of each probe and note, by number."""
    follower: dict[int, int] = {}
    probed: list[int] = []
    found: list[Reading] = []
    for number, one in enumerate(told):
        if isinstance(one, Note):
            alone = sum(action[0] == note.LOOK for action in one.actions) == 1
            found.append(_join([_read_action(ledger, action, alone) for action in one.actions]))
        elif isinstance(one, Beginning):
            tells = [_tell(ledger, span, None, follower, probed, inner=True) for span in one.spans]
            found.append(tell_beginning(ledger, tells))
        elif one.inner:
            found.append(tell_inside(ledger, one, _tell(ledger, one.span, one.name, follower, probed, inner=True)))
        else:
            found.append(_join(_read_probe(ledger, number, one, follower, probed)))
    return found


def _join(readings: list[Reading]) -> Reading:
    if len(readings) == 1:
        return readings[0]
    several = tuple(readings)

    def read(activation: Activation, item: Item) -> None:
        for one in several:
            one(activation, item)

    return read


# Probes.


def _read_probe(
    ledger: Ledger, number: int, probe: Probe, follower: dict[int, int], probed: list[int]
) -> list[Reading]:
    readings: list[Reading] = []
    if probe.span is not None:
        readings.append(_tell(ledger, probe.span, probe.name, follower, probed))
    if probe.keeps:

        def keep(activation: Activation, item: Item) -> None:
            activation.values[number] = item[1]

        readings.append(keep)
    if probe.binds is not None:
        kind, name = probe.binds[0], str(probe.binds[1])
        readings.append(lambda activation, item: ledger.bind(activation, kind, name, item[1]))
    if probe.change != NOTHING:
        change = probe.change
        readings.append(lambda activation, item: ledger.touch(activation, item[1], change))
    return readings


def _tell(
    ledger: Ledger,
    span: Span | None,
    name: str | None,
    follower: dict[int, int],
    probed: list[int],
    *,
    inner: bool = False,
) -> Reading:
    """Records a value, as short as `tracer.wire` has it."""
    writer, value_of = ledger.writer, ledger.heap.value
    out, module, follows_on = writer.out, ledger.module, follower.get
    index, place, full, full_name = -1, b"", b"", b""
    next_one, next_name = bytes([op.NEXT]), bytes([op.NEXT_NAME])

    def tell(activation: Activation, item: Item) -> None:
        nonlocal index, place, full, full_name, out
        value = item[1]
        if index < 0:
            index = len(probed)
            probed.append(index)
            place = varint(index)
            full, full_name = bytes([op.PROBE]) + place, bytes([op.PROBE_NAME]) + place
            writer.define_probe(span or _NO_SPAN, name, inner=inner)
        last = ledger.last_probe
        follows = follows_on(last) == index
        if not follows:
            follower[last] = index
        ledger.last_probe = index + 1
        if name is not None:
            bound = activation.names.get(name, _MISSING)
            if bound is _MISSING:
                bound = module.names.get(name, _MISSING)
            if bound is value:
                out += next_name if follows else full_name
                return
        if type(value) is int:
            encoded = SMALL_INTS.get(value) or encode_int(value)
        else:
            encoded = value_of(value)
        out += next_one if follows else full
        out += encoded

    return tell


# Notes.


def _read_action(ledger: Ledger, action: Action, alone: bool) -> Reading:
    kind, first, second, how = action
    if kind <= note.CHANGE_OUTER:
        return _read_name(ledger, kind, str(first), int(second), how)
    place = int(first)
    match kind:
        case note.LOOK if alone and second == APPENDED:
            return _look_appended(ledger, place)
        case note.LOOK if alone and second in (POPPED, DEQUEUED):
            return _look_taken(ledger, place, int(second))
        case note.LOOK if second in (TURNED_LEFT, TURNED_RIGHT):
            return _look_turned(ledger, place, int(second))
        case note.LOOK:
            change = int(second)
            return lambda activation, item: ledger.touch(activation, item[place], change)
        case note.LOOK_KEY:
            return _look_at_key(ledger, place, int(second))
        case note.ITEM:
            return _look_at_item(ledger, place, int(second), NOTHING)
        case note.CHANGE_ITEM:
            return _look_at_item(ledger, place, int(second), how)
    return _look_at_attribute(ledger, place, str(second), how if kind == note.CHANGE_ATTRIBUTE else NOTHING)


def _read_name(ledger: Ledger, kind: int, name: str, place: int, how: int) -> Reading:
    if kind == note.BIND:
        return _bind_here(ledger, name, place)
    if kind <= note.BIND_OUTER:
        return lambda activation, item: ledger.bind(activation, kind, name, item[place])
    if kind == note.UNBIND:
        return lambda activation, item: ledger.unbind(activation, name)
    if kind == note.UNBIND_GLOBAL:
        return lambda activation, item: ledger.unbind(ledger.module, name)
    if kind == note.CHANGE:
        return _bind_here(ledger, name, place, how)
    binding = kind - note.CHANGE
    shared = kind == note.CHANGE_GLOBAL

    def change(activation: Activation, item: Item) -> None:
        value = item[place]
        names = ledger.module.names if shared else activation.names
        if names.get(name, _MISSING) is value:
            ledger.touch(activation, value, how)
        else:
            ledger.bind(activation, binding, name, value)

    return change


def _bind_here(ledger: Ledger, name: str, place: int, how: int = NOTHING) -> Reading:
    writer, value_of, touch = ledger.writer, ledger.heap.value, ledger.touch
    out, record = writer.out, b""

    def bind(activation: Activation, item: Item) -> None:
        nonlocal record, out
        value = item[place]
        names = activation.names
        if names.get(name, _MISSING) is value:
            if how != NOTHING:
                touch(activation, value, how)
            return
        names[name] = value
        if type(value) is int:
            encoded = SMALL_INTS.get(value) or encode_int(value)
        else:
            encoded = value_of(value)
        if not record:
            record = writer.bind_here(name)
        out += record
        out += encoded

    return bind


def _look_appended(ledger: Ledger, place: int) -> Reading:
    heap, touch = ledger.heap, ledger.touch
    value_of, known_of, out = heap.value, heap.known.get, ledger.writer.out

    def look(activation: Activation, item: Item) -> None:
        nonlocal out
        value = item[place]
        known = known_of(identity(value))
        if known is not None and known.ends and not activation.touched:
            shadow = known.shadow
            if shadow is not None and len(value) - len(shadow) == 1:
                fresh = value[-1]
                if type(fresh) is int:
                    encoded = SMALL_INTS.get(fresh) or encode_int(fresh)
                else:
                    encoded = value_of(fresh)
                out += known.appended
                out += encoded
                shadow.append(fresh)
                return
        touch(activation, value, APPENDED)

    return look


def _look_taken(ledger: Ledger, place: int, change: int) -> Reading:
    touch, known_of, out = ledger.touch, ledger.heap.known.get, ledger.writer.out
    at = -1 if change == POPPED else 0

    def look(activation: Activation, item: Item) -> None:
        nonlocal out
        value = item[place]
        known = known_of(identity(value))
        if known is not None and known.ends and not activation.touched:
            shadow = known.shadow
            if shadow is not None and len(shadow) - len(value) == 1:
                out += known.dequeued if at == 0 else known.popped
                del shadow[at]
                return
        touch(activation, value, change)

    return look


def _look_turned(ledger: Ledger, place: int, change: int) -> Reading:
    touch, known_of, turn = ledger.touch, ledger.heap.known.get, ledger.heap.mover.turn

    def look(activation: Activation, item: Item) -> None:
        value = item[place]
        known = known_of(identity(value))
        told = known is not None and known.ends and known.shadow is not None and not activation.touched
        if known is None or not told or not turn(known, change):
            touch(activation, value, ANY)

    return look


def _look_at_key(ledger: Ledger, first: int, second: int) -> Reading:
    heap, out = ledger.heap, ledger.writer.out
    look, known_of, value_of = heap.look, heap.known.get, heap.value

    def look_at_key(activation: Activation, item: Item) -> None:
        nonlocal out
        target = item[first] if first > 0 else activation.values.get(-first, _MISSING)
        key = item[second] if second > 0 else activation.values.get(-second, _MISSING)
        if type(target) is set and (type(key) is int or type(key) is str):
            known = known_of(identity(target))
            if known is None:
                return
            shadow = known.shadow
            if type(shadow) is dict and key in target and len(target) - len(shadow) == (key not in shadow):
                if key not in shadow:
                    shadow[key] = key
                    encoded = value_of(key)
                    out += known.added
                    out += encoded
                return
        if target is not _MISSING:
            if key is _MISSING:
                look(target)
            else:
                look(target, KEYED, key)

    return look_at_key


def _look_at_item(ledger: Ledger, first: int, second: int, how: int) -> Reading:
    heap, touch = ledger.heap, ledger.touch
    value_of, known_of, out = heap.value, heap.known.get, ledger.writer.out

    def look(activation: Activation, item: Item) -> None:
        nonlocal out
        container = item[first] if first > 0 else activation.values.get(-first, _MISSING)
        key = item[second] if second > 0 else activation.values.get(-second, _MISSING)
        if type(container) is list and type(key) is int:
            known = known_of(identity(container))
            if known is None:
                return
            shadow = known.shadow
            if shadow is not None and -1 < key < len(shadow) == len(container):
                value = container[key]
                if shadow[key] is value:
                    if how != NOTHING:
                        touch(activation, value, how)
                    return
                shadow[key] = value
                if type(value) is int:
                    encoded = SMALL_INTS.get(value) or encode_int(value)
                else:
                    encoded = value_of(value)
                out += known.set
                out += SMALL_INTS.get(key) or encode_int(key)
                out += encoded
                return
        elif type(container) is dict and (type(key) is int or type(key) is str):
            known = known_of(identity(container))
            if known is None:
                return
            shadow = known.shadow
            if type(shadow) is dict:
                value = container.get(key, _MISSING)
                if shadow.get(key, _MISSING) is value and value is not _MISSING:
                    if how != NOTHING:
                        touch(activation, value, how)
                    return
                if value is not _MISSING and len(container) - len(shadow) == (key not in shadow):
                    shadow[key] = value
                    encoded = value_of(key) + value_of(value)
                    out += known.set
                    out += encoded
                    return
        if container is _MISSING or key is _MISSING:
            return
        heap.look_at_item(container, key)
        if how != NOTHING:
            ledger.touch_held(activation, ledger.holder.item(container, key), how)

    return look


def _look_at_attribute(ledger: Ledger, place: int, name: str, how: int) -> Reading:
    heap, touch = ledger.heap, ledger.touch
    value_of, known_of, out = heap.value, heap.known.get, ledger.writer.out

    def look(activation: Activation, item: Item) -> None:
        nonlocal out
        target = item[place] if place > 0 else activation.values.get(-place, _MISSING)
        if target is _MISSING:
            return
        known = known_of(identity(target))
        if known is not None and known.shadow is not None and known.shape.bare:
            shadow = known.shadow
            attributes = read_attributes(target)
            if type(attributes) is dict:
                after = attributes.get(name, _MISSING)
                before = shadow.get(name, _MISSING)
                if after is before and after is not _MISSING:
                    if how != NOTHING:
                        touch(activation, after, how)
                    return
                if after is not _MISSING and (before is not _MISSING or len(attributes) == len(shadow) + 1):
                    encoded = value_of(name) + value_of(after)
                    out += known.set
                    out += encoded
                    shadow[name] = after
                    if before is _MISSING and how != NOTHING:
                        # What its class held under the name has become its own.
                        touch(activation, after, how)
                    return
        heap.look_at_attribute(target, name)
        if how != NOTHING:
            ledger.touch_held(activation, ledger.holder.attribute(target, name), how)

    return look
