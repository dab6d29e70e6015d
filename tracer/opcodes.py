"""The numbers of the trace log's records and values; `tracer.wire` says what they mean."""

MAGIC = b"NLXT"
VERSION = 3

# Definitions.
NAME, STATEMENT, PROBED, FUNCTION, PIECED, PROBED_INSIDE = range(0x01, 0x07)
# Changes.
(
    NEW,
    BIND,
    BIND_HERE,
    UNBIND,
    SETITEM,
    DELITEM,
    SPLICE,
    APPEND,
    POP_LAST,
    POP_FIRST,
    ADD,
    DISCARD,
    REFILL,
    PROBE,
    PROBE_NAME,
    NEXT,
    NEXT_NAME,
    PRINTED,
    READ,
    CUT,
) = range(0x10, 0x24)
# Where control stands, and events.
FRAME, CALL, RESUME, LINE, RETURN, YIELD, UNWIND, EXCEPTION = range(0x30, 0x38)
# From here on a BIND_HERE and its name in one byte.
SHORT_BIND, SHORT_BINDS = 0x40, 0x3F
# The end: opcode, mark, and the number of events in four bytes.
END = 0x7F
# From here on a LINE and its statement in one byte.
SHORT_LINE, SHORT_LINES = 0x80, 0x80

# Value tags.
(
    V_NONE,
    V_TRUE,
    V_FALSE,
    V_ELLIPSIS,
    V_INT,
    V_INT2,
    V_INT4,
    V_FLOAT,
    V_STR,
    V_BYTES,
    V_COMPLEX,
    V_REF,
    V_OPAQUE,
    V_EXACT,
    V_TEXT,
    V_REPEAT,
) = range(16)
# From here on a whole reference, and a whole integer from LEAST_INT on, in one byte.
SHORT_REF, SHORT_REFS = 0x10, 0x30
SHORT_INT, SHORT_INTS, LEAST_INT = 0x40, 0xC0, -32

MARKS = ("end", "events", "bytes")
