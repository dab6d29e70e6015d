"""Reads a place (`x`, `d['a'][2]`, `self.next.val`) and follows it through names and objects."""

import re
from dataclasses import dataclass
from functools import lru_cache

from templates.checking.value_match import Look, find_key
from templates.checking.value_text import Literal, Reader, Told, Unreadable
from tracer.events import Ref, Value
from tracer.replay import HeapObject

_NAME = re.compile(r"[^\W\d]\w*")

Link = str | tuple[Told]
"""An attribute's name, or an index or key in a tuple of one."""


class Nowhere(ValueError):
    """The place does not exist; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A name and the links of the chain from it."""

    name: str
    links: tuple[Link, ...]


@lru_cache(maxsize=8192)
def read_place(text: str) -> Place:
    """The place that a text names.

    Raises:
        Unreadable: it names none.
    """
    found = _NAME.match(text)
    if found is None:
        raise Unreadable("a place begins with a name")
    reader = Reader(text, found.end())
    links: list[Link] = []
    while reader.at < len(text):
        if text[reader.at] == ".":
            attribute = _NAME.match(text, reader.at + 1)
            if attribute is None:
                reader.fail("an attribute")
            reader.at = attribute.end()
            links.append(attribute.group())
        elif text[reader.at] == "[":
            reader.at += 1
            links.append((reader.value(),))
            if text[reader.at : reader.at + 1] != "]":
                reader.fail("']'")
            reader.at += 1
        else:
            reader.fail("'.' or '['")
    return Place(found.group(), tuple(links))


def key_of(link: Link, holder: HeapObject, look: Look) -> Value:
    """The index, key or attribute that a link stands for in an object.

    Raises:
        Nowhere: the object has none such.
    """
    kind = holder.kind
    if isinstance(link, str):
        if kind == "object" and link in holder.items:
            return link
        if kind == "tuple" and link in holder.note.split():
            return holder.note.split().index(link)
        raise Nowhere(f"no attribute {link!r} on a {holder.type}")
    told = link[0]
    if kind in ("list", "tuple", "deque", "bytearray"):
        return _index(told, len(holder.items))
    if kind != "dict":
        raise Nowhere(f"a {holder.type} has no elements by key")
    key = find_key(told, holder.items, look)
    if key is None and told != Literal(None):
        raise Nowhere("no such key")
    return key


def _index(told: Told, size: int) -> int:
    if not isinstance(told, Literal) or type(told.value) is not int:
        raise Nowhere("an index is an int")
    index = told.value if told.value >= 0 else told.value + size
    if not 0 <= index < size:
        raise Nowhere(f"no index {told.value} in length {size}")
    return index


def follow(value: Value, links: tuple[Link, ...], look: Look) -> Value:
    """What stands at the end of a chain of links.

    Raises:
        Nowhere: the chain breaks.
    """
    for link in links:
        if type(value) is not Ref:
            raise Nowhere("the chain goes through a value that has no parts")
        holder = look(value.id)
        value = holder.items[key_of(link, holder, look)]
    return value
