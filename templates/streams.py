"""Tells input and output: what was read and printed, and which line of the whole it is."""

import codecs

from templates.sentences import Voice, code


class StreamTeller:
    """Writes the sentences on one execution's input and output."""

    def __init__(self, stdin: str, say: Voice) -> None:
        self._stdin = stdin
        self._say = say
        self._read_at = 0
        self._lines_read = 0
        self._lines_printed = 0
        self._at_line_start = True
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")

    def read(self, count: int) -> list[str]:
        """The program takes this many characters.

        Raises:
            ValueError: there are not so many left.
        """
        at = self._read_at
        text = self._stdin[at : at + count]
        if len(text) != count:
            raise ValueError(f"{count} characters read at {at} of {len(self._stdin)}")
        self._read_at += count
        starts = at == 0 or self._stdin[at - 1] == "\n"
        ended = self._read_at == len(self._stdin)
        lines = text.count("\n") + (ended and not text.endswith("\n"))
        self._lines_read += lines
        told = code(repr(text))
        if starts and lines == 1 and (text.endswith("\n") or ended):
            return [self._say("read_line", told, self._lines_read)]
        return [self._say("read_rest", told)] if ended and at else [self._say("read", told)]

    def print(self, data: bytes) -> list[str]:
        """The program prints these bytes; half a character waits for its other half.

        Raises:
            UnicodeDecodeError: they are no UTF-8.
        """
        text = self._decoder.decode(data)
        if not text:
            return []
        starts, self._at_line_start = self._at_line_start, text.endswith("\n")
        lines = text.count("\n")
        self._lines_printed += lines
        if starts and lines == 1 and self._at_line_start:
            return [self._say("print_line", code(repr(text)), self._lines_printed)]
        return [self._say("print", code(repr(text)))]

    def close(self) -> None:
        """The output is over.

        Raises:
            UnicodeDecodeError: it ends within a character.
        """
        self._decoder.decode(b"", True)
