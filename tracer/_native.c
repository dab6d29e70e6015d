/* The recorder of `tracer.recorder` in C: the same log, byte for byte, with neither frames nor recursion of its own. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* What can end the recording of an event. */
enum { FINE = 0, FULL = 1, ENOUGH = 2, BROKEN = 3 };

#define TRY(call) \
    do { \
        int fault_ = (call); \
        if (fault_) \
            return fault_; \
    } while (0)

/* The numbers of tracer/opcodes.py. */
enum { NAME = 0x01, STATEMENT, PROBED, FUNCTION, PIECED, PROBED_INSIDE };
enum {
    NEW = 0x10, BIND, BIND_HERE, UNBIND, SETITEM, DELITEM, SPLICE, APPEND, POP_LAST, POP_FIRST,
    ADD, DISCARD, REFILL, PROBE, PROBE_NAME, NEXT, NEXT_NAME, PRINTED, READ, CUT
};
enum { FRAME = 0x30, CALL, RESUME, LINE, RETURN, YIELD, UNWIND, EXCEPTION };
enum { SHORT_BIND = 0x40, SHORT_BINDS = 0x3F, SHORT_LINE = 0x80, SHORT_LINES = 0x80 };
enum {
    V_NONE, V_TRUE, V_FALSE, V_ELLIPSIS, V_INT, V_INT2, V_INT4, V_FLOAT, V_STR, V_BYTES, V_COMPLEX,
    V_REF, V_OPAQUE, V_EXACT, V_TEXT, V_REPEAT
};
enum { SHORT_REF = 0x10, SHORT_REFS = 0x30, SHORT_INT = 0x40, SHORT_INTS = 0xC0, LEAST_INT = -32 };

/* Those of tracer/statements.py, tracer/effects.py and tracer/events.py. */
enum {
    N_BIND, N_BIND_GLOBAL, N_BIND_OUTER, N_UNBIND, N_UNBIND_GLOBAL, N_CHANGE, N_CHANGE_GLOBAL, N_CHANGE_OUTER,
    N_ITEM, N_CHANGE_ITEM, N_ATTRIBUTE, N_CHANGE_ATTRIBUTE, N_LOOK, N_LOOK_KEY
};
enum {
    NOTHING = -1, ANY, APPENDED, POPPED, DEQUEUED, PUSHED, INSERTED, KEYED, CALLED, EXTENDED, UNPACKED,
    HEAP_GREW, HEAP_SHRANK, HEAP_SIFTED, TURNED_LEFT, TURNED_RIGHT
};
enum { K_LIST, K_TUPLE, K_DICT, K_SET, K_FROZENSET, K_DEQUE, K_BYTEARRAY, K_OBJECT };
static const char *const KINDS[] = {"list", "tuple", "dict", "set", "frozenset", "deque", "bytearray", "object"};

enum { MAX_PROBES = 100000, LOOK_EVERY = 1024, LONG_TEXT = 12, RUN = 4, END_BYTES = 6, FEW_TOUCHED = 16 };
enum { LATEST = 4, SPREAD = 16, FEW = 16 };
/* Those of tracer/inner_budget.py, tracer/heap.py and tracer/readings.py. */
enum { INNER_EVALUATIONS = 1000, INNER_SHARE = 4, REFERENCE = 8, OVERHEAD = 2 };

/* What Python functions that are asked something may recurse; the program's own limit does not count them. */
enum { RECURSION_MARGIN = 200 };

/* ---- Bytes ---- */

typedef struct {
    unsigned char *data;
    size_t size, room;
} Bytes;

static int grow(Bytes *b, size_t more)
{
    if (b->size + more <= b->room)
        return FINE;
    size_t room = b->room * 2 + more + 64;
    unsigned char *data = PyMem_Realloc(b->data, room);
    if (!data) {
        PyErr_NoMemory();
        return BROKEN;
    }
    b->data = data;
    b->room = room;
    return FINE;
}

static int put(Bytes *b, const void *from, size_t size)
{
    TRY(grow(b, size));
    if (size)
        memcpy(b->data + b->size, from, size);
    b->size += size;
    return FINE;
}

static inline int put_byte(Bytes *b, unsigned char byte)
{
    if (b->size == b->room)
        TRY(grow(b, 1));
    b->data[b->size++] = byte;
    return FINE;
}

static int put_varint(Bytes *b, size_t number)
{
    TRY(grow(b, 10));
    while (number >= 0x80) {
        b->data[b->size++] = (unsigned char)(number | 0x80);
        number >>= 7;
    }
    b->data[b->size++] = (unsigned char)number;
    return FINE;
}

/* `size` bytes of a number in little-endian order. */
static int put_number(Bytes *b, unsigned char tag, uint64_t number, int size)
{
    TRY(grow(b, 9));
    b->data[b->size++] = tag;
    for (int i = 0; i < size; i++)
        b->data[b->size++] = (unsigned char)(number >> (8 * i));
    return FINE;
}

static int put_real(Bytes *b, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, 8);
    TRY(grow(b, 8));
    for (int i = 0; i < 8; i++)
        b->data[b->size++] = (unsigned char)(bits >> (8 * i));
    return FINE;
}

/* ---- Tables by address ---- */

typedef struct {
    const void *key;
    void *value;
} Slot;

typedef struct {
    Slot *slots;
    size_t mask, used;
} Map;

static inline size_t place_of(const Map *map, const void *key)
{
    return (size_t)(((uint64_t)(uintptr_t)key >> 4) * 0x9E3779B97F4A7C15u >> 20) & map->mask;
}

static inline void *map_get(const Map *map, const void *key)
{
    if (!map->slots)
        return NULL;
    for (size_t at = place_of(map, key);; at = (at + 1) & map->mask) {
        const Slot *slot = &map->slots[at];
        if (slot->key == key)
            return slot->value;
        if (!slot->key)
            return NULL;
    }
}

static void map_place(Map *map, const void *key, void *value)
{
    size_t at = place_of(map, key);
    while (map->slots[at].key)
        at = (at + 1) & map->mask;
    map->slots[at] = (Slot){key, value};
}

/* Sets a key that the map does not hold. */
static int map_add(Map *map, const void *key, void *value)
{
    if (!map->slots || map->used * 2 > map->mask) {
        size_t size = map->slots ? (map->mask + 1) * 2 : 64;
        Slot *old = map->slots;
        size_t count = old ? map->mask + 1 : 0;
        Slot *slots = PyMem_Calloc(size, sizeof(Slot));
        if (!slots) {
            PyErr_NoMemory();
            return BROKEN;
        }
        map->slots = slots;
        map->mask = size - 1;
        for (size_t i = 0; i < count; i++)
            if (old[i].key)
                map_place(map, old[i].key, old[i].value);
        PyMem_Free(old);
    }
    map_place(map, key, value);
    map->used++;
    return FINE;
}

static void map_drop(Map *map, const void *key)
{
    size_t at = place_of(map, key);
    while (map->slots[at].key != key) {
        if (!map->slots[at].key)
            return;
        at = (at + 1) & map->mask;
    }
    map->used--;
    size_t hole = at;
    for (;;) {
        at = (at + 1) & map->mask;
        const void *moved = map->slots[at].key;
        if (!moved)
            break;
        size_t home = place_of(map, moved);
        if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (Slot){NULL, NULL};
}

/* ---- Lists of owned objects that are taken from at both ends ---- */

typedef struct {
    PyObject **items;
    Py_ssize_t start, size, room;
} Objects;

static inline PyObject **first_of(const Objects *o)
{
    return o->items + o->start;
}

static int objects_room(Objects *o, Py_ssize_t more)
{
    if (o->start + o->size + more <= o->room)
        return FINE;
    if (o->start > o->size && o->size + more <= o->room) {
        memmove(o->items, first_of(o), (size_t)o->size * sizeof(PyObject *));
        o->start = 0;
        return FINE;
    }
    Py_ssize_t size = o->size + more;
    /* A first filling is taken as it is: most containers never grow. */
    Py_ssize_t room = o->size ? size + (size >> 1) + 4 : size;
    PyObject **items = PyMem_Malloc((size_t)room * sizeof(PyObject *));
    if (!items) {
        PyErr_NoMemory();
        return BROKEN;
    }
    if (o->size)
        memcpy(items, first_of(o), (size_t)o->size * sizeof(PyObject *));
    PyMem_Free(o->items);
    o->items = items;
    o->start = 0;
    o->room = room;
    return FINE;
}

static inline int objects_push(Objects *o, PyObject *item)
{
    TRY(objects_room(o, 1));
    o->items[o->start + o->size++] = Py_NewRef(item);
    return FINE;
}

/* Lets go of everything; what that runs sees an empty list. */
static void objects_clear(Objects *o)
{
    Objects old = *o;
    *o = (Objects){0};
    for (Py_ssize_t i = 0; i < old.size; i++)
        Py_DECREF(old.items[old.start + i]);
    PyMem_Free(old.items);
}

static int objects_copy(Objects *o, PyObject *const *items, Py_ssize_t size)
{
    TRY(objects_room(o, size));
    for (Py_ssize_t i = 0; i < size; i++)
        o->items[o->start + o->size++] = Py_NewRef(items[i]);
    return FINE;
}

static inline int objects_same(const Objects *a, const Objects *b)
{
    return a->size == b->size && !(a->size && memcmp(first_of(a), first_of(b), (size_t)a->size * sizeof(PyObject *)));
}

/* ---- What the recorder knows ---- */

typedef struct {
    int number;
    int place[4];
} Span;

typedef struct {
    Span *span;
    int exists, ends_iteration, acts, prints, io, augments;
} Line;

typedef struct {
    PyObject *text;
    int index; /* in the log's names; -1 before its first use */
} Variable;

typedef struct {
    int kind, variable, first, second, how, alone;
    PyObject *name;
} Action;

/* What a round or a call begins with: where its names stand. */
typedef struct {
    int index, place[4];
} Place;

typedef struct {
    int is_note, operands;
    Action *actions; /* of a note */
    int count;
    int spanned, variable, change, keeps, binds, bound, inner;
    Place place;
    Place *begins; /* of a beginning */
    int names;
} Tell;

typedef struct {
    int kind, ordered, mapping, bare, inherits, asks;
    PyObject *name, *note, *slots, *python;
} Shape;

/* The shadow of an object: `items` of sequences, or the keys of a dict that has others than plain ones, with
   `values`; `held` the bytes of a bytearray, or the dict of any other. */
typedef struct {
    Objects items, values;
    PyObject *held;
    int marks;
} Shadow;

typedef struct {
    PyObject *object;
    Shape *shape;
    Shadow *shadow;
    uint32_t number;
    int ends;
} Known;

enum { CHUNK = 256 };

typedef struct Chunk {
    struct Chunk *next;
    Known known[CHUNK];
} Chunk;

typedef struct {
    PyObject *value;
    uint32_t stamp;
} Cell;

typedef struct {
    PyObject *value;
    int change;
} Touched;

typedef struct {
    int number;
    PyObject *value;
} Kept;

typedef struct {
    PyCodeObject *code;
    PyObject *bytes, *arguments; /* names of the arguments, as a tuple */
    int *variables;
    int traced, generator, frees, cells, handlers, slow;
    Py_ssize_t index; /* of the function with all arguments bound; -1 before its first use */
} Code;

typedef struct {
    PyFrameObject *frame;
    Code *code;
    size_t number, parent;
    Line *line;
    Cell *cells;
    int cell_count, fresh, slow, raised;
    uint32_t stamps;
    Touched *touched;
    Py_ssize_t touched_count, touched_room;
    Map touched_places;
    Kept *kept;
    Py_ssize_t kept_count, kept_room;
} Activation;

typedef struct {
    int number;
    PyObject *first, *second;
} Told;

typedef struct {
    PyObject_HEAD
    Bytes out, record, body;
    size_t committed, max_bytes;
    Py_ssize_t events, max_events, next_look, next_stop, missed;
    PyObject *texts;     /* text -> its index in the log */
    PyObject *latest[LATEST];
    size_t spread;
    PyObject *places;    /* name -> its number as a variable */
    PyObject *span_ids;  /* span -> its place in `spans` */
    PyObject *functions; /* (address of the code, arguments) -> index */
    Variable *variables;
    int variable_count, variable_room;
    Span **spans;
    int span_count, span_room;
    int statement_count;
    Line *lines;
    int line_count;
    Tell *tells;
    int tell_count;
    int probe_count;
    int *after_line, *after_probe; /* which probe followed last; -1 none */
    int after_line_room, after_probe_room;
    int last_probe;
    PyObject *slow_lines;
    /* the heap */
    Map known, shapes;
    Chunk *chunks;
    uint32_t known_count;
    Known **pending, **mutable;
    Py_ssize_t pending_count, pending_room, mutable_count, mutable_room;
    /* the program */
    PyObject *filename, *globals, *given;
    int *stored;
    int stored_count, wild, audit;
    PyObject *stored_names;
    PyCodeObject *module_code, *silent;
    Map codes, activations;
    Activation module;
    PyFrameObject *running_frame, *foreign_frame; /* borrowed: the last ones that were looked up */
    Activation *running;
    size_t current, opened;
    Objects volatile_owners;
    Map volatile_places;
    /* what the program tells */
    Told *told;
    Py_ssize_t told_first, told_count, told_room;
    Told *spare;
    Py_ssize_t spare_room;
    /* what it tells of comprehensions and lambdas: see tracer/inner_budget.py */
    Py_ssize_t inner_left, inner_passes, inner_cut;
    int inner_told, inner_silent;
    /* input and output */
    PyObject *stdout_file, *counter, *flush_name, *count_name;
    Py_ssize_t read_seen;
    off_t printed_to;
    /* asking Python */
    PyObject *stop, *read_shape, *read_note, *describe_exact, *describe_opaque, *exception_text, *change_of_bound;
    PyObject *ordered_items, *super_self, *missing, *dict_name, *bit_length_name, *to_bytes_name, *self_name;
    PyObject *little, *deque_maxlen, *changes_of_bound;
    PyTypeObject *deque, *defaultdict, *counter_type, *ordered_dict, *method_wrapper;
    PyObject *range_name, *function_name;
    PyObject *held_item, *held_attribute, *untold;
    unsigned char yields[256], returns[256], stores[256];
    PyObject *failure; /* what has ended the recording beside a limit */
    int mark, busy;
} Recorder;

/* ---- Asking Python ---- */

/* Lets what is asked recurse, whatever the program's depth is; gives the limit that was. */
static int lift_limit(void)
{
    int limit = Py_GetRecursionLimit();
    Py_SetRecursionLimit(limit + RECURSION_MARGIN);
#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030E0000
    PyThreadState_Get()->c_recursion_remaining += RECURSION_MARGIN;
#endif
    return limit;
}

static void lower_limit(int limit)
{
#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030E0000
    PyThreadState_Get()->c_recursion_remaining -= RECURSION_MARGIN;
#endif
    /* Another thread may have set a limit of its own meanwhile. */
    if (Py_GetRecursionLimit() == limit + RECURSION_MARGIN)
        Py_SetRecursionLimit(limit);
}

/* Calls a function of ours or of the library. */
static PyObject *ask(PyObject *function, PyObject *first, PyObject *second)
{
    PyObject *arguments[] = {first, second};
    int limit = lift_limit();
    PyObject *answer = PyObject_Vectorcall(function, arguments, second ? 2 : 1, NULL);
    lower_limit(limit);
    return answer;
}

static PyObject *ask_method(PyObject *name, PyObject *self)
{
    int limit = lift_limit();
    PyObject *answer = PyObject_CallMethodNoArgs(self, name);
    lower_limit(limit);
    return answer;
}

/* ---- Texts and definitions ---- */

static int put_text(Bytes *b, PyObject *text)
{
    if (PyUnicode_IS_ASCII(text)) {
        size_t size = (size_t)PyUnicode_GET_LENGTH(text);
        TRY(put_varint(b, size));
        return put(b, PyUnicode_1BYTE_DATA(text), size);
    }
    PyObject *raw = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    if (!raw)
        return BROKEN;
    int fault = put_varint(b, (size_t)PyBytes_GET_SIZE(raw));
    if (!fault)
        fault = put(b, PyBytes_AS_STRING(raw), (size_t)PyBytes_GET_SIZE(raw));
    Py_DECREF(raw);
    return fault;
}

static int put_part(Bytes *b, PyObject *text, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *part = PyUnicode_Substring(text, start, end);
    int fault = part ? put_text(b, part) : BROKEN;
    Py_XDECREF(part);
    return fault;
}

/* Defines a text by an earlier one: what stands in front of it and behind it, and the part that is taken. */
static int write_piece(Recorder *r, PyObject *text, Py_ssize_t front, Py_ssize_t behind, PyObject *base,
                       Py_ssize_t start, Py_ssize_t length)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    if (r->out.size + (size_t)(front + behind) > r->max_bytes)
        return FULL;
    TRY(put_byte(&r->out, PIECED));
    TRY(put_part(&r->out, text, 0, front));
    TRY(put_varint(&r->out, PyLong_AsSize_t(PyDict_GetItemWithError(r->texts, base))));
    TRY(put_varint(&r->out, (size_t)start));
    TRY(put_varint(&r->out, (size_t)length));
    return put_part(&r->out, text, size - behind, size);
}

static int matches(PyObject *text, PyObject *part, int at_end)
{
    return PyUnicode_Tailmatch(text, part, 0, PyUnicode_GET_LENGTH(text), at_end ? 1 : -1) > 0;
}

/* Defines a text by one of the latest that it was made from, if there is one. */
static int define_piece(Recorder *r, PyObject *text, int *done)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    r->spread += (size_t)size;
    if (r->spread > SPREAD * r->max_bytes)
        return FULL;
    for (int i = 0; i < LATEST && r->latest[i] && !*done; i++) {
        PyObject *base = r->latest[i];
        Py_ssize_t held = PyUnicode_GET_LENGTH(base);
        *done = 1;
        if (matches(text, base, 0))
            TRY(write_piece(r, text, 0, size - held, base, 0, held));
        else if (matches(base, text, 0))
            TRY(write_piece(r, text, 0, 0, base, 0, size));
        else if (matches(base, text, 1))
            TRY(write_piece(r, text, 0, 0, base, held - size, size));
        else if (matches(text, base, 1))
            TRY(write_piece(r, text, size - held, 0, base, 0, held));
        else
            *done = 0;
    }
    Py_XDECREF(r->latest[LATEST - 1]);
    memmove(r->latest + 1, r->latest, (LATEST - 1) * sizeof(PyObject *));
    r->latest[0] = Py_NewRef(text);
    return FINE;
}

/* The index of a name or long text, defined on first use. */
static int name_index(Recorder *r, PyObject *text, size_t *index)
{
    PyObject *found = PyDict_GetItemWithError(r->texts, text);
    if (found) {
        *index = PyLong_AsSize_t(found);
        return FINE;
    }
    if (PyErr_Occurred())
        return BROKEN;
    *index = (size_t)PyDict_GET_SIZE(r->texts);
    PyObject *number = PyLong_FromSize_t(*index);
    if (!number || PyDict_SetItem(r->texts, text, number) < 0) {
        Py_XDECREF(number);
        return BROKEN;
    }
    Py_DECREF(number);
    int done = 0;
    if (PyUnicode_GET_LENGTH(text) >= LONG_TEXT)
        TRY(define_piece(r, text, &done));
    if (done)
        return FINE;
    if (r->out.size + (size_t)PyUnicode_GET_LENGTH(text) > r->max_bytes)
        return FULL;
    TRY(put_byte(&r->out, NAME));
    return put_text(&r->out, text);
}

static int put_name(Recorder *r, Bytes *b, PyObject *text)
{
    size_t index;
    TRY(name_index(r, text, &index));
    return put_varint(b, index);
}

static inline int variable_index(Recorder *r, int variable, size_t *index)
{
    Variable *known = &r->variables[variable];
    if (known->index < 0) {
        TRY(name_index(r, known->text, index));
        r->variables[variable].index = (int)*index;
        return FINE;
    }
    *index = (size_t)known->index;
    return FINE;
}

/* The number of a variable's name, a new one if need be; -1 on failure. */
static int variable_of(Recorder *r, PyObject *name)
{
    PyObject *found = PyDict_GetItemWithError(r->places, name);
    if (found)
        return (int)PyLong_AsLong(found);
    if (PyErr_Occurred())
        return -1;
    if (r->variable_count == r->variable_room) {
        int room = r->variable_room * 2 + 32;
        Variable *variables = PyMem_Realloc(r->variables, (size_t)room * sizeof(Variable));
        if (!variables) {
            PyErr_NoMemory();
            return -1;
        }
        r->variables = variables;
        r->variable_room = room;
    }
    int number = r->variable_count;
    PyObject *boxed = PyLong_FromLong(number);
    if (!boxed || PyDict_SetItem(r->places, name, boxed) < 0) {
        Py_XDECREF(boxed);
        return -1;
    }
    Py_DECREF(boxed);
    r->variables[r->variable_count++] = (Variable){Py_NewRef(name), -1};
    return number;
}

/* The span of four numbers, one for each place in the source. */
static Span *span_of(Recorder *r, PyObject *place)
{
    PyObject *found = PyDict_GetItemWithError(r->span_ids, place);
    if (found)
        return r->spans[PyLong_AsLong(found)];
    if (PyErr_Occurred())
        return NULL;
    if (!PyTuple_Check(place) || PyTuple_GET_SIZE(place) != 4) {
        PyErr_SetString(PyExc_TypeError, "a span is four numbers");
        return NULL;
    }
    if (r->span_count == r->span_room) {
        int room = r->span_room * 2 + 64;
        Span **spans = PyMem_Realloc(r->spans, (size_t)room * sizeof(Span *));
        if (!spans) {
            PyErr_NoMemory();
            return NULL;
        }
        r->spans = spans;
        r->span_room = room;
    }
    Span *span = PyMem_Calloc(1, sizeof(Span));
    if (!span) {
        PyErr_NoMemory();
        return NULL;
    }
    span->number = -1;
    for (int i = 0; i < 4; i++)
        span->place[i] = (int)PyLong_AsLong(PyTuple_GET_ITEM(place, i));
    PyObject *number = PyLong_FromLong(r->span_count);
    if (PyErr_Occurred() || !number || PyDict_SetItem(r->span_ids, place, number) < 0) {
        Py_XDECREF(number);
        PyMem_Free(span);
        return NULL;
    }
    Py_DECREF(number);
    r->spans[r->span_count++] = span;
    return span;
}

static int put_place(Bytes *b, const int *place)
{
    for (int i = 0; i < 4; i++)
        TRY(put_varint(b, (size_t)place[i]));
    return FINE;
}

/* Defines a statement on first use. */
static int define_statement(Recorder *r, Span *span)
{
    if (span->number >= 0)
        return FINE;
    int number = r->statement_count;
    if (number >= r->after_line_room) {
        int room = number * 2 + 64;
        int *after = PyMem_Realloc(r->after_line, (size_t)room * sizeof(int));
        if (!after) {
            PyErr_NoMemory();
            return BROKEN;
        }
        for (int i = r->after_line_room; i < room; i++)
            after[i] = -1;
        r->after_line = after;
        r->after_line_room = room;
    }
    span->number = r->statement_count++;
    TRY(put_byte(&r->out, STATEMENT));
    return put_place(&r->out, span->place);
}

/* ---- Values ---- */

static int heap_shape(Recorder *r, PyTypeObject *type, Shape **found);

static int put_int(Bytes *b, long long number)
{
    long long offset = number - LEAST_INT;
    if (offset >= 0 && offset < SHORT_INTS)
        return put_byte(b, (unsigned char)(SHORT_INT + offset));
    if (number >= -0x8000 && number < 0x8000)
        return put_number(b, V_INT2, (uint64_t)number, 2);
    if (number >= -0x80000000LL && number < 0x80000000LL)
        return put_number(b, V_INT4, (uint64_t)number, 4);
    unsigned long long magnitude = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    int bits = 64 - __builtin_clzll(magnitude);
    int size = (bits + 8) >> 3;
    TRY(put_byte(b, V_INT));
    TRY(put_number(b, (unsigned char)size, (uint64_t)number, size > 8 ? 8 : size));
    return size > 8 ? put_byte(b, number < 0 ? 0xFF : 0) : FINE;
}

static int put_big_int(Recorder *r, Bytes *b, PyObject *value)
{
    PyObject *length = ask_method(r->bit_length_name, value);
    if (!length)
        return BROKEN;
    size_t size = (PyLong_AsSize_t(length) + 8) >> 3;
    Py_DECREF(length);
    if (b->size + size > r->max_bytes)
        return FULL;
    PyObject *count = PyLong_FromSize_t(size);
    PyObject *arguments[] = {value, count, r->little, Py_True};
    PyObject *names = Py_BuildValue("(s)", "signed");
    PyObject *raw = NULL;
    if (count && names) {
        int limit = lift_limit();
        raw = PyObject_VectorcallMethod(r->to_bytes_name, arguments, 3, names);
        lower_limit(limit);
    }
    Py_XDECREF(count);
    Py_XDECREF(names);
    if (!raw)
        return BROKEN;
    int fault = put_byte(b, V_INT);
    if (!fault)
        fault = put_byte(b, size < 0xFF ? (unsigned char)size : 0xFF);
    if (!fault && size >= 0xFF)
        fault = put_varint(b, size);
    if (!fault)
        fault = put(b, PyBytes_AS_STRING(raw), size);
    Py_DECREF(raw);
    return fault;
}

static int put_str(Recorder *r, Bytes *b, PyObject *value)
{
    if (PyUnicode_GET_LENGTH(value) < LONG_TEXT) {
        TRY(put_byte(b, V_STR));
        return put_text(b, value);
    }
    size_t index;
    TRY(name_index(r, value, &index));
    TRY(put_byte(b, V_TEXT));
    return put_varint(b, index);
}

static int put_ref(Bytes *b, uint32_t number)
{
    if (number < SHORT_REFS)
        return put_byte(b, (unsigned char)(SHORT_REF + number));
    TRY(put_byte(b, V_REF));
    return put_varint(b, number);
}

static int put_opaque(Recorder *r, Bytes *b, PyObject *kind, PyObject *name)
{
    TRY(put_byte(b, V_OPAQUE));
    TRY(put_name(r, b, kind));
    return put_name(r, b, name);
}

/* A value that is only named. */
static int put_nameless(Recorder *r, Bytes *b, PyObject *value)
{
    if (PyFunction_Check(value))
        return put_opaque(r, b, r->function_name, ((PyFunctionObject *)value)->func_name);
    int fault = BROKEN;
    PyObject *said = NULL;
    if (PyRange_Check(value)) {
        PyObject *text = PyObject_Repr(value);
        said = text ? PyTuple_Pack(2, r->range_name, text) : NULL;
        Py_XDECREF(text);
    }
    else
        said = ask(r->describe_exact, value, NULL);
    if (!said)
        return BROKEN;
    if (said != Py_None) {
        fault = put_byte(b, V_EXACT);
        if (!fault)
            fault = put_name(r, b, PyTuple_GET_ITEM(said, 0));
        if (!fault)
            fault = put_text(b, PyTuple_GET_ITEM(said, 1));
        Py_DECREF(said);
        return fault;
    }
    Py_DECREF(said);
    said = ask(r->describe_opaque, value, NULL);
    if (!said)
        return BROKEN;
    fault = put_opaque(r, b, PyTuple_GET_ITEM(said, 0), PyTuple_GET_ITEM(said, 1));
    Py_DECREF(said);
    return fault;
}

static int push_known(Known ***list, Py_ssize_t *count, Py_ssize_t *room, Known *known)
{
    if (*count == *room) {
        Py_ssize_t more = *room * 2 + 64;
        Known **grown = PyMem_Realloc(*list, (size_t)more * sizeof(Known *));
        if (!grown) {
            PyErr_NoMemory();
            return BROKEN;
        }
        *list = grown;
        *room = more;
    }
    (*list)[(*count)++] = known;
    return FINE;
}

/* Deques with a limit drop at one end what comes to the other. */
static int deque_is_bounded(Recorder *r, PyObject *value, int *bounded)
{
    PyObject *limit = Py_TYPE(r->deque_maxlen)->tp_descr_get(r->deque_maxlen, value, (PyObject *)Py_TYPE(value));
    if (!limit)
        return BROKEN;
    *bounded = limit != Py_None;
    Py_DECREF(limit);
    return FINE;
}

/* A reference to an object that the trace does not know yet, or its name. */
static int put_new(Recorder *r, Bytes *b, PyObject *value)
{
    Shape *shape;
    TRY(heap_shape(r, Py_TYPE(value), &shape));
    if (!shape)
        return put_nameless(r, b, value);
    int bounded = 0;
    if (Py_IS_TYPE(value, r->deque))
        TRY(deque_is_bounded(r, value, &bounded));
    uint32_t number = r->known_count;
    if (number % CHUNK == 0) {
        Chunk *chunk = PyMem_Malloc(sizeof(Chunk));
        if (!chunk) {
            PyErr_NoMemory();
            return BROKEN;
        }
        chunk->next = r->chunks;
        r->chunks = chunk;
    }
    Known *known = &r->chunks->known[number % CHUNK];
    *known = (Known){NULL, shape, NULL, number, 0};
    known->ends = PyList_CheckExact(value) || (Py_IS_TYPE(value, r->deque) && !bounded);
    TRY(map_add(&r->known, value, known));
    known->object = Py_NewRef(value);
    r->known_count++;
    TRY(push_known(&r->pending, &r->pending_count, &r->pending_room, known));
    return put_ref(b, number);
}

/* A value; an object seen for the first time is defined by the next `flush`. */
static int put_value(Recorder *r, Bytes *b, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    if (type == &PyLong_Type) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        return overflow ? put_big_int(r, b, value) : put_int(b, number);
    }
    if (type == &PyUnicode_Type)
        return put_str(r, b, value);
    if (type == &PyBool_Type)
        return put_byte(b, value == Py_True ? V_TRUE : V_FALSE);
    if (value == Py_None)
        return put_byte(b, V_NONE);
    if (type == &PyFloat_Type) {
        TRY(put_byte(b, V_FLOAT));
        return put_real(b, PyFloat_AS_DOUBLE(value));
    }
    Known *known = map_get(&r->known, value);
    if (known)
        return put_ref(b, known->number);
    if (type == &PyBytes_Type) {
        size_t size = (size_t)PyBytes_GET_SIZE(value);
        if (r->out.size + size > r->max_bytes)
            return FULL;
        TRY(put_byte(b, V_BYTES));
        TRY(put_varint(b, size));
        return put(b, PyBytes_AS_STRING(value), size);
    }
    if (type == &PyComplex_Type) {
        Py_complex number = PyComplex_AsCComplex(value);
        TRY(put_byte(b, V_COMPLEX));
        TRY(put_real(b, number.real));
        return put_real(b, number.imag);
    }
    if (value == Py_Ellipsis)
        return put_byte(b, V_ELLIPSIS);
    return put_new(r, b, value);
}

/* The last item of a list under encoding; `times` of it are not spread out yet. */
typedef struct {
    PyObject *item;
    size_t at;
    size_t times;
} Run;

static int end_run(Bytes *b, const Run *run)
{
    if (run->times < 2)
        return FINE;
    size_t size = b->size - run->at;
    if (run->times < RUN) {
        TRY(grow(b, size * run->times));
        for (size_t i = 1; i < run->times; i++)
            TRY(put(b, b->data + run->at, size));
        return FINE;
    }
    Bytes head = {0};
    unsigned char room[16];
    head.data = room;
    head.room = sizeof room;
    TRY(put_byte(&head, V_REPEAT));
    TRY(put_varint(&head, run->times));
    TRY(grow(b, head.size));
    memmove(b->data + run->at + head.size, b->data + run->at, size);
    memcpy(b->data + run->at, room, head.size);
    b->size += head.size;
    return FINE;
}

static int put_item(Recorder *r, Bytes *b, Run *run, PyObject *item)
{
    if (run->times && item == run->item) {
        run->times++;
        return FINE;
    }
    size_t at = b->size;
    TRY(put_value(r, b, item));
    if (run->times) {
        size_t last = at - run->at, size = b->size - at;
        if (last == size && !memcmp(b->data + run->at, b->data + at, size)) {
            b->size = at;
            run->item = item;
            run->times++;
            return FINE;
        }
        if (run->times > 1) {
            /* The new item goes behind what the run grows to. */
            unsigned char few[64];
            unsigned char *kept = size <= sizeof few ? few : PyMem_Malloc(size);
            if (!kept) {
                PyErr_NoMemory();
                return BROKEN;
            }
            memcpy(kept, b->data + at, size);
            b->size = at;
            int fault = end_run(b, run);
            at = b->size;
            if (!fault)
                fault = put(b, kept, size);
            if (kept != few)
                PyMem_Free(kept);
            TRY(fault);
        }
    }
    *run = (Run){item, at, 1};
    return r->out.size + b->size > r->max_bytes ? FULL : FINE;
}

/* A count and the items, longer runs of equal ones told once; with `values`, items and values in turns. */
static int put_items(Recorder *r, Bytes *b, PyObject *const *items, PyObject *const *values, Py_ssize_t size)
{
    TRY(put_varint(b, (size_t)(values ? 2 * size : size)));
    Run run = {0};
    for (Py_ssize_t i = 0; i < size; i++) {
        TRY(put_item(r, b, &run, items[i]));
        if (values)
            TRY(put_item(r, b, &run, values[i]));
    }
    return end_run(b, &run);
}

/* ---- Shapes and contents ---- */

static int kind_of(PyObject *name)
{
    for (int i = 0; i < 8; i++)
        if (PyUnicode_CompareWithASCIIString(name, KINDS[i]) == 0)
            return i;
    return -1;
}

static int truth_of(PyObject *object, const char *name)
{
    PyObject *found = PyObject_GetAttrString(object, name);
    if (!found)
        return -1;
    int truth = PyObject_IsTrue(found);
    Py_DECREF(found);
    return truth;
}

static Shape nothing_to_read;

/* How a type's objects are read; NULL where they are only named. */
static int heap_shape(Recorder *r, PyTypeObject *type, Shape **found)
{
    Shape *shape = map_get(&r->shapes, type);
    if (!shape) {
        PyObject *module = PyDict_GetItemString(r->globals, "__name__");
        PyObject *said = ask(r->read_shape, (PyObject *)type, module ? module : Py_None);
        if (!said)
            return BROKEN;
        if (said == Py_None) {
            Py_DECREF(said);
            shape = &nothing_to_read;
        }
        else {
            shape = PyMem_Calloc(1, sizeof(Shape));
            if (!shape) {
                PyErr_NoMemory();
                Py_DECREF(said);
                return BROKEN;
            }
            shape->python = said;
            PyObject *kind = PyObject_GetAttrString(said, "kind");
            shape->kind = kind ? kind_of(kind) : -1;
            Py_XDECREF(kind);
            shape->name = PyObject_GetAttrString(said, "name");
            shape->note = PyObject_GetAttrString(said, "note");
            shape->slots = PyObject_GetAttrString(said, "slots");
            shape->ordered = truth_of(said, "ordered");
            shape->bare = truth_of(said, "bare");
            shape->inherits = truth_of(said, "inherits");
            shape->mapping =
                type == &PyDict_Type || type == r->defaultdict || type == r->counter_type || type == r->ordered_dict;
            shape->asks = shape->kind == K_DEQUE || PyType_IsSubtype(type, r->defaultdict);
            if (PyErr_Occurred() || shape->kind < 0)
                return BROKEN;
        }
        TRY(map_add(&r->shapes, Py_NewRef(type), shape));
    }
    *found = shape == &nothing_to_read ? NULL : shape;
    return FINE;
}

/* Does hashing and comparing a key run no code of the program, and is an equal one told by the same value?
   A tuple is a heap object: another one with the same elements has another number. */
static int is_plain(PyObject *key)
{
    PyTypeObject *type = Py_TYPE(key);
    return type == &PyLong_Type || type == &PyUnicode_Type || type == &PyFloat_Type || type == &PyBool_Type ||
           type == &PyBytes_Type || key == Py_None || type == &PyComplex_Type;
}

static int all_plain(const Objects *keys)
{
    for (Py_ssize_t i = 0; i < keys->size; i++)
        if (!is_plain(first_of(keys)[i]))
            return 0;
    return 1;
}

/* The `__dict__` of an instance, owned; NULL if it has none. */
static int read_attributes(Recorder *r, PyObject *value, PyObject **found)
{
    *found = PyObject_GenericGetAttr(value, r->dict_name);
    if (!*found) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError))
            return BROKEN;
        PyErr_Clear();
    }
    else if (!PyDict_Check(*found))
        Py_CLEAR(*found);
    return FINE;
}

static int read_dict(PyObject *value, Objects *keys, Objects *values)
{
    Py_ssize_t at = 0, size = PyDict_GET_SIZE(value);
    PyObject *key, *item;
    TRY(objects_room(keys, size));
    TRY(objects_room(values, size));
    while (PyDict_Next(value, &at, &key, &item)) {
        TRY(objects_push(keys, key));
        TRY(objects_push(values, item));
    }
    return FINE;
}

/* The keys and the values of a mapping, or the attributes of an instance. */
static int read_pairs(Recorder *r, PyObject *value, const Shape *shape, Objects *keys, Objects *values)
{
    if (shape->kind == K_DICT && !shape->ordered)
        return read_dict(value, keys, values);
    if (shape->kind == K_DICT) {
        PyObject *view = ask(r->ordered_items, value, NULL);
        PyObject *pairs = view ? PySequence_List(view) : NULL;
        Py_XDECREF(view);
        if (!pairs)
            return BROKEN;
        int fault = FINE;
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pairs) && !fault; i++) {
            PyObject *pair = PyList_GET_ITEM(pairs, i);
            fault = objects_push(keys, PyTuple_GET_ITEM(pair, 0));
            if (!fault)
                fault = objects_push(values, PyTuple_GET_ITEM(pair, 1));
        }
        Py_DECREF(pairs);
        return fault;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(shape->slots); i++) {
        PyObject *slot = PyList_GET_ITEM(shape->slots, i);
        PyObject *member = PyTuple_GET_ITEM(slot, 1);
        PyObject *held = Py_TYPE(member)->tp_descr_get(member, value, (PyObject *)Py_TYPE(value));
        if (!held) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError))
                return BROKEN;
            PyErr_Clear();
            continue;
        }
        int fault = objects_push(keys, PyTuple_GET_ITEM(slot, 0));
        if (!fault)
            fault = objects_push(values, held);
        Py_DECREF(held);
        TRY(fault);
    }
    PyObject *attributes;
    TRY(read_attributes(r, value, &attributes));
    if (!attributes)
        return FINE;
    int fault = read_dict(attributes, keys, values);
    Py_DECREF(attributes);
    return fault;
}

/* The elements of a list, tuple, deque or set, in order. */
static int read_elements(Recorder *r, PyObject *value, int kind, Objects *items)
{
    if (kind == K_LIST)
        return objects_copy(items, ((PyListObject *)value)->ob_item, PyList_GET_SIZE(value));
    if (kind == K_TUPLE)
        return objects_copy(items, ((PyTupleObject *)value)->ob_item, PyTuple_GET_SIZE(value));
    PyTypeObject *base = kind == K_DEQUE ? r->deque : kind == K_SET ? &PySet_Type : &PyFrozenSet_Type;
    PyObject *each = base->tp_iter(value);
    if (!each)
        return BROKEN;
    int fault = FINE;
    PyObject *item;
    while (!fault && (item = Py_TYPE(each)->tp_iternext(each))) {
        fault = objects_push(items, item);
        Py_DECREF(item);
    }
    Py_DECREF(each);
    if (!fault && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration))
            return BROKEN;
        PyErr_Clear();
    }
    return fault;
}

/* What a set's shadow knows an element by: the element, or a tuple of its id where that would run code. */
static PyObject *mark_of(Recorder *r, PyObject *item)
{
    if (is_plain(item))
        return Py_NewRef(item);
    PyObject *id = PyLong_FromVoidPtr(item);
    PyObject *mark = id ? PyTuple_Pack(2, r->missing, id) : NULL;
    Py_XDECREF(id);
    return mark;
}

static PyObject *set_shadow(Recorder *r, const Objects *items, int *marks)
{
    PyObject *shadow = PyDict_New();
    if (!shadow)
        return NULL;
    *marks = 0;
    for (Py_ssize_t i = 0; i < items->size; i++) {
        PyObject *item = first_of(items)[i];
        PyObject *mark = mark_of(r, item);
        if (mark && mark != item)
            *marks = 1;
        if (!mark || PyDict_SetItem(shadow, mark, item) < 0) {
            Py_XDECREF(mark);
            Py_DECREF(shadow);
            return NULL;
        }
        Py_DECREF(mark);
    }
    return shadow;
}

static PyObject *dict_of(const Objects *keys, const Objects *values)
{
    PyObject *made = PyDict_New();
    for (Py_ssize_t i = 0; made && i < keys->size; i++)
        if (PyDict_SetItem(made, first_of(keys)[i], first_of(values)[i]) < 0)
            Py_CLEAR(made);
    return made;
}

/* Makes pairs the shadow of an object, and takes them over. */
static int shadow_pairs(Shadow *shadow, const Shape *shape, Objects *keys, Objects *values)
{
    PyObject *made = NULL;
    if (shape->kind == K_OBJECT || all_plain(keys)) {
        made = dict_of(keys, values);
        if (!made)
            return BROKEN;
    }
    Objects old_keys = shadow->items, old_values = shadow->values;
    PyObject *old = shadow->held;
    shadow->held = made;
    if (made)
        shadow->items = shadow->values = (Objects){0};
    else {
        shadow->items = *keys;
        shadow->values = *values;
        *keys = *values = (Objects){0};
    }
    objects_clear(&old_keys);
    objects_clear(&old_values);
    Py_XDECREF(old);
    return FINE;
}

/* ---- Defining ---- */

static int note_of(Recorder *r, Known *known, PyObject **note)
{
    *note = known->shape->asks ? ask(r->read_note, known->object, known->shape->python) : Py_NewRef(known->shape->note);
    return *note ? FINE : BROKEN;
}

static int define(Recorder *r, Known *known)
{
    Shape *shape = known->shape;
    PyObject *value = known->object;
    Objects items = {0}, values = {0};
    Bytes *b = &r->body;
    int fault = FINE, pairs = shape->kind == K_DICT || shape->kind == K_OBJECT;
    if (shape->kind == K_LIST || shape->kind == K_TUPLE) {
        /* As many bytes at least as there are runs of one object: refused before anything is copied. */
        PyObject *const *held =
            shape->kind == K_LIST ? ((PyListObject *)value)->ob_item : ((PyTupleObject *)value)->ob_item;
        size_t runs = 0;
        for (Py_ssize_t i = 0, size = Py_SIZE(value); i < size; i++)
            runs += !i || held[i] != held[i - 1];
        if (r->out.size + runs > r->max_bytes)
            return FULL;
    }
    if (pairs)
        fault = read_pairs(r, value, shape, &items, &values);
    else if (shape->kind != K_BYTEARRAY)
        fault = read_elements(r, value, shape->kind, &items);
    Shadow *shadow = NULL;
    if (!fault && shape->kind != K_TUPLE && shape->kind != K_FROZENSET) {
        shadow = PyMem_Calloc(1, sizeof(Shadow));
        if (!shadow) {
            PyErr_NoMemory();
            fault = BROKEN;
        }
        else
            fault = push_known(&r->mutable, &r->mutable_count, &r->mutable_room, known);
    }
    PyObject *note = NULL;
    b->size = 0;
    if (!fault)
        fault = put_varint(b, known->number);
    if (!fault)
        fault = put_byte(b, (unsigned char)shape->kind);
    if (!fault)
        fault = put_name(r, b, shape->name);
    if (!fault)
        fault = note_of(r, known, &note);
    if (!fault)
        fault = put_name(r, b, note);
    Py_XDECREF(note);
    if (!fault && shape->kind == K_BYTEARRAY) {
        shadow->held = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(value), PyByteArray_GET_SIZE(value));
        fault = shadow->held ? put_items(r, b, &shadow->held, NULL, 1) : BROKEN;
    }
    else if (!fault)
        fault = put_items(r, b, first_of(&items), pairs ? first_of(&values) : NULL, items.size);
    if (!fault)
        fault = put_byte(&r->out, NEW);
    if (!fault)
        fault = put(&r->out, b->data, b->size);
    if (!fault && shadow) {
        switch (shape->kind) {
        case K_LIST:
        case K_DEQUE:
            shadow->items = items;
            items = (Objects){0};
            break;
        case K_SET:
            shadow->held = set_shadow(r, &items, &shadow->marks);
            fault = shadow->held ? FINE : BROKEN;
            break;
        case K_DICT:
        case K_OBJECT:
            fault = shadow_pairs(shadow, shape, &items, &values);
        }
    }
    known->shadow = shadow;
    objects_clear(&items);
    objects_clear(&values);
    return fault;
}

/* Defines every object that was met since the last flush, and those that they hold. */
static int flush(Recorder *r)
{
    for (Py_ssize_t at = 0; at < r->pending_count; at++)
        TRY(define(r, r->pending[at]));
    r->pending_count = 0;
    return FINE;
}

/* ---- Comparing ---- */

/* Writes a record on an object whose rest is in `body`. */
static int write_change(Recorder *r, unsigned char opcode, const Known *known)
{
    TRY(put_byte(&r->out, opcode));
    TRY(put_varint(&r->out, known->number));
    return put(&r->out, r->body.data, r->body.size);
}

static int write_one(Recorder *r, unsigned char opcode, const Known *known, PyObject *value)
{
    r->body.size = 0;
    if (value)
        TRY(put_value(r, &r->body, value));
    return write_change(r, opcode, known);
}

static int write_set(Recorder *r, const Known *known, PyObject *key, PyObject *value)
{
    r->body.size = 0;
    TRY(put_value(r, &r->body, key));
    TRY(put_value(r, &r->body, value));
    return write_change(r, SETITEM, known);
}

static int write_index(Recorder *r, const Known *known, Py_ssize_t index, PyObject *value)
{
    r->body.size = 0;
    TRY(put_int(&r->body, index));
    TRY(put_value(r, &r->body, value));
    return write_change(r, SETITEM, known);
}

static int write_splice(
    Recorder *r, const Known *known, Py_ssize_t start, Py_ssize_t removed, PyObject *const *items, Py_ssize_t size)
{
    r->body.size = 0;
    TRY(put_varint(&r->body, (size_t)start));
    TRY(put_varint(&r->body, (size_t)removed));
    TRY(put_items(r, &r->body, items, NULL, size));
    return write_change(r, SPLICE, known);
}

static int write_refill(
    Recorder *r, const Known *known, PyObject *const *items, PyObject *const *values, Py_ssize_t size)
{
    r->body.size = 0;
    TRY(put_items(r, &r->body, items, values, size));
    return write_change(r, REFILL, known);
}

/* Most elements differ: one has gone at an end and one come at the other, or it is told whole. */
static int write_moved(Recorder *r, const Known *known, PyObject *const *old, PyObject *const *new, Py_ssize_t size)
{
    size_t rest = (size_t)(size - 1) * sizeof(PyObject *);
    if (!memcmp(old + 1, new, rest)) {
        TRY(write_splice(r, known, 0, 1, NULL, 0));
        return write_splice(r, known, size - 1, 0, new + size - 1, 1);
    }
    if (!memcmp(old, new + 1, rest)) {
        TRY(write_splice(r, known, size - 1, 1, NULL, 0));
        return write_splice(r, known, 0, 0, new, 1);
    }
    return write_refill(r, known, new, NULL, size);
}

static int write_sequence_delta(Recorder *r, Known *known, const Objects *before, const Objects *after)
{
    PyObject *const *old = first_of(before), *const *new = first_of(after);
    if (before->size == after->size) {
        Py_ssize_t changed = 0;
        for (Py_ssize_t i = 0; i < after->size; i++)
            changed += old[i] != new[i];
        if (changed > FEW && 4 * changed > after->size)
            return write_moved(r, known, old, new, after->size);
        for (Py_ssize_t i = 0; i < after->size; i++)
            if (old[i] != new[i])
                TRY(write_index(r, known, i, new[i]));
        return FINE;
    }
    Py_ssize_t shorter = before->size < after->size ? before->size : after->size, head = 0, tail = 0;
    while (head < shorter && old[head] == new[head])
        head++;
    while (tail < shorter - head && old[before->size - 1 - tail] == new[after->size - 1 - tail])
        tail++;
    return write_splice(
        r, known, head, before->size - head - tail, new + head, after->size - head - tail);
}

static int compare_sequence(Recorder *r, Known *known, int *changed)
{
    Shadow *shadow = known->shadow;
    if (known->shape->kind == K_LIST) {
        Py_ssize_t size = PyList_GET_SIZE(known->object);
        if (size == shadow->items.size &&
            !(size && memcmp(first_of(&shadow->items), ((PyListObject *)known->object)->ob_item,
                             (size_t)size * sizeof(PyObject *))))
            return FINE;
        /* `sort` holds the elements at this moment. */
        if (!size && ((PyListObject *)known->object)->allocated < 0)
            return FINE;
    }
    Objects now = {0};
    int fault = read_elements(r, known->object, known->shape->kind, &now);
    if (!fault && !objects_same(&shadow->items, &now)) {
        *changed = 1;
        Objects before = shadow->items;
        shadow->items = now;
        now = before;
        fault = write_sequence_delta(r, known, &before, &shadow->items);
    }
    objects_clear(&now);
    return fault;
}

static int compare_bytearray(Recorder *r, Known *known, int *changed)
{
    PyObject *value = known->object, *old = known->shadow->held;
    Py_ssize_t size = PyByteArray_GET_SIZE(value);
    if (size == PyBytes_GET_SIZE(old) && !memcmp(PyByteArray_AS_STRING(value), PyBytes_AS_STRING(old), (size_t)size))
        return FINE;
    PyObject *now = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(value), size);
    if (!now)
        return BROKEN;
    *changed = 1;
    known->shadow->held = now;
    Py_DECREF(old);
    return write_refill(r, known, &now, NULL, 1);
}

/* Tells the elements of one set's shadow that another lacks. */
static int write_lacking(Recorder *r, const Known *known, unsigned char opcode, PyObject *const *items,
                         Py_ssize_t size, PyObject *shadow, int *changed)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *mark = mark_of(r, items[i]);
        if (!mark)
            return BROKEN;
        int found = PyDict_Contains(shadow, mark);
        Py_DECREF(mark);
        if (found < 0)
            return BROKEN;
        if (!found) {
            *changed = 1;
            TRY(write_one(r, opcode, known, items[i]));
        }
    }
    return FINE;
}

/* Does a set hold what its shadow holds? 0 also where telling could run code of the program; -1 on an error. */
static int holds_the_same(const Shadow *shadow, const Objects *now)
{
    PyObject *key, *item;
    Py_ssize_t at = 0, same = 0;
    if (PyDict_GET_SIZE(shadow->held) != now->size)
        return 0;
    while (PyDict_Next(shadow->held, &at, &key, &item) && item == first_of(now)[same])
        same++;
    if (same == now->size || shadow->marks)
        return same == now->size;
    for (Py_ssize_t i = 0; i < now->size; i++) {
        int held = is_plain(first_of(now)[i]) ? PyDict_Contains(shadow->held, first_of(now)[i]) : 0;
        if (held != 1)
            return held;
    }
    return 1;
}

static int compare_set(Recorder *r, Known *known, int *changed)
{
    Shadow *shadow = known->shadow;
    Objects now = {0}, before = {0};
    int fault = read_elements(r, known->object, K_SET, &now);
    PyObject *key, *item;
    Py_ssize_t at = 0;
    int same = fault ? 0 : holds_the_same(shadow, &now);
    if (same < 0)
        fault = BROKEN;
    if (!fault && !same) {
        PyObject *old = shadow->held;
        int marks = 0;
        PyObject *fresh = set_shadow(r, &now, &marks);
        fault = fresh ? FINE : BROKEN;
        if (!fault) {
            shadow->held = fresh;
            shadow->marks = marks;
            at = 0;
            while (!fault && PyDict_Next(old, &at, &key, &item))
                fault = objects_push(&before, item);
            if (!fault)
                fault = write_lacking(r, known, DISCARD, first_of(&before), before.size, fresh, changed);
            if (!fault)
                fault = write_lacking(r, known, ADD, first_of(&now), now.size, old, changed);
            Py_DECREF(old);
        }
    }
    objects_clear(&now);
    objects_clear(&before);
    return fault;
}

/* A key as a mapping's delta knows it: itself, or its id where comparing would run code. */
static PyObject *pair_mark(PyObject *key, int by_key)
{
    return by_key ? Py_NewRef(key) : PyLong_FromVoidPtr(key);
}

static PyObject *marks_of(const Objects *keys, int by_key)
{
    PyObject *marks = PyList_New(keys->size);
    for (Py_ssize_t i = 0; marks && i < keys->size; i++) {
        PyObject *mark = pair_mark(first_of(keys)[i], by_key);
        if (!mark)
            Py_CLEAR(marks);
        else
            PyList_SET_ITEM(marks, i, mark);
    }
    return marks;
}

static int write_pairs_delta(Recorder *r, Known *known, const Objects *old_keys, const Objects *old_values,
                             const Objects *keys, const Objects *values, PyObject *old_marks, PyObject *marks,
                             PyObject *before, PyObject *after)
{
    for (Py_ssize_t i = 0; i < old_keys->size; i++)
        if (PyDict_SetItem(before, PyList_GET_ITEM(old_marks, i), first_of(old_values)[i]) < 0)
            return BROKEN;
    for (Py_ssize_t i = 0; i < keys->size; i++)
        if (PySet_Add(after, PyList_GET_ITEM(marks, i)) < 0)
            return BROKEN;
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < old_keys->size; i++) {
        PyObject *mark = PyList_GET_ITEM(old_marks, i);
        int stays = PySet_Contains(after, mark);
        if (stays < 0)
            return BROKEN;
        if (!stays)
            continue;
        int in_order = kept < keys->size ? PyObject_RichCompareBool(mark, PyList_GET_ITEM(marks, kept), Py_EQ) : 0;
        if (in_order < 0)
            return BROKEN;
        if (!in_order)
            return write_refill(r, known, first_of(keys), first_of(values), keys->size);
        kept++;
    }
    for (Py_ssize_t i = 0; i < old_keys->size; i++) {
        int stays = PySet_Contains(after, PyList_GET_ITEM(old_marks, i));
        if (stays < 0)
            return BROKEN;
        if (!stays)
            TRY(write_one(r, DELITEM, known, first_of(old_keys)[i]));
    }
    for (Py_ssize_t i = 0; i < keys->size; i++) {
        PyObject *held = PyDict_GetItemWithError(before, PyList_GET_ITEM(marks, i));
        if (!held && PyErr_Occurred())
            return BROKEN;
        if (held != first_of(values)[i])
            TRY(write_set(r, known, first_of(keys)[i], first_of(values)[i]));
    }
    return FINE;
}

static int lists_equal(const Objects *left, const Objects *right, int *equal)
{
    *equal = left->size == right->size;
    for (Py_ssize_t i = 0; *equal && i < left->size; i++) {
        *equal = PyObject_RichCompareBool(first_of(left)[i], first_of(right)[i], Py_EQ);
        if (*equal < 0)
            return BROKEN;
    }
    return FINE;
}

static int pairs_delta(Recorder *r, Known *known, Objects *old_keys, Objects *old_values, int was_by_key,
                       Objects *keys, Objects *values, int *changed)
{
    int by_key = was_by_key && known->shadow->held;
    if (by_key && objects_same(old_values, values)) {
        int equal;
        TRY(lists_equal(old_keys, keys, &equal));
        if (equal)
            return FINE;
    }
    *changed = 1;
    PyObject *old_marks = marks_of(old_keys, by_key), *marks = marks_of(keys, by_key);
    PyObject *before = PyDict_New(), *after = PySet_New(NULL);
    int fault = BROKEN;
    if (old_marks && marks && before && after)
        fault = write_pairs_delta(r, known, old_keys, old_values, keys, values, old_marks, marks, before, after);
    Py_XDECREF(old_marks);
    Py_XDECREF(marks);
    Py_XDECREF(before);
    Py_XDECREF(after);
    return fault;
}

/* Does a dict hold the very same keys and values as its shadow, in the same order? */
static int same_dict(PyObject *live, PyObject *shadow)
{
    if (PyDict_GET_SIZE(live) != PyDict_GET_SIZE(shadow))
        return 0;
    Py_ssize_t at = 0, before = 0;
    PyObject *key, *value, *old_key, *old_value;
    while (PyDict_Next(live, &at, &key, &value))
        if (!PyDict_Next(shadow, &before, &old_key, &old_value) || key != old_key || value != old_value)
            return 0;
    return 1;
}

static int compare_pairs(Recorder *r, Known *known, int *changed)
{
    Shadow *shadow = known->shadow;
    Shape *shape = known->shape;
    if (shadow->held && shape->kind == K_DICT && !shape->ordered && same_dict(known->object, shadow->held))
        return FINE;
    if (shadow->held && shape->bare) {
        PyObject *attributes;
        TRY(read_attributes(r, known->object, &attributes));
        int same = attributes ? same_dict(attributes, shadow->held) : 0;
        Py_XDECREF(attributes);
        if (same)
            return FINE;
    }
    Objects keys = {0}, values = {0}, old_keys = {0}, old_values = {0};
    int fault = read_pairs(r, known->object, shape, &keys, &values), by_key = shadow->held != NULL;
    if (!fault && by_key)
        fault = read_dict(shadow->held, &old_keys, &old_values);
    else if (!fault) {
        fault = objects_copy(&old_keys, first_of(&shadow->items), shadow->items.size);
        if (!fault)
            fault = objects_copy(&old_values, first_of(&shadow->values), shadow->values.size);
    }
    if (!fault && !(objects_same(&old_keys, &keys) && objects_same(&old_values, &values))) {
        Objects new_keys = {0}, new_values = {0};
        fault = objects_copy(&new_keys, first_of(&keys), keys.size);
        if (!fault)
            fault = objects_copy(&new_values, first_of(&values), values.size);
        if (!fault)
            fault = shadow_pairs(shadow, shape, &new_keys, &new_values);
        objects_clear(&new_keys);
        objects_clear(&new_values);
        if (!fault)
            fault = pairs_delta(r, known, &old_keys, &old_values, by_key, &keys, &values, changed);
    }
    objects_clear(&keys);
    objects_clear(&values);
    objects_clear(&old_keys);
    objects_clear(&old_values);
    return fault;
}

static int compare(Recorder *r, Known *known, int *changed)
{
    switch (known->shape->kind) {
    case K_LIST:
    case K_DEQUE:
        return compare_sequence(r, known, changed);
    case K_BYTEARRAY:
        return compare_bytearray(r, known, changed);
    case K_SET:
        return compare_set(r, known, changed);
    default:
        return compare_pairs(r, known, changed);
    }
}

static int compare_quietly(Recorder *r, Known *known)
{
    int changed = 0;
    return compare(r, known, &changed);
}

/* Compares every known object; adds how many had changed unseen. */
static int look_everywhere(Recorder *r, Py_ssize_t *missed)
{
    for (Py_ssize_t i = 0; i < r->mutable_count; i++) {
        int changed = 0;
        TRY(compare(r, r->mutable[i], &changed));
        *missed += changed;
    }
    return FINE;
}

/* How many elements a look everywhere compares. */
static Py_ssize_t heap_size(const Recorder *r)
{
    Py_ssize_t size = 0;
    for (Py_ssize_t i = 0; i < r->mutable_count; i++) {
        const Known *known = r->mutable[i];
        const Shadow *shadow = known->shadow;
        if (known->shape->kind == K_BYTEARRAY)
            size += PyBytes_GET_SIZE(shadow->held);
        else if (shadow->held)
            size += PyDict_GET_SIZE(shadow->held);
        else
            size += known->shape->kind == K_LIST || known->shape->kind == K_DEQUE ? shadow->items.size : 2;
    }
    return size;
}

/* ---- Looking ---- */

static inline Known *known_of(const Recorder *r, PyObject *value)
{
    return map_get(&r->known, value);
}

static inline Py_ssize_t length_of(const Recorder *r, PyObject *value)
{
    return PyList_CheckExact(value) ? PyList_GET_SIZE(value) : r->deque->tp_as_sequence->sq_length(value);
}

/* An element of a list or deque, owned. */
static inline PyObject *element_of(const Recorder *r, PyObject *value, Py_ssize_t index)
{
    if (PyList_CheckExact(value))
        return Py_NewRef(PyList_GET_ITEM(value, index));
    return r->deque->tp_as_sequence->sq_item(value, index);
}

static int append_one(Recorder *r, Known *known, Py_ssize_t index)
{
    PyObject *fresh = element_of(r, known->object, index);
    if (!fresh)
        return BROKEN;
    int fault = write_one(r, APPEND, known, fresh);
    if (!fault)
        fault = objects_push(&known->shadow->items, fresh);
    Py_DECREF(fresh);
    return fault;
}

static int drop_last(Recorder *r, Known *known)
{
    r->body.size = 0;
    TRY(write_change(r, POP_LAST, known));
    Objects *items = &known->shadow->items;
    items->size--;
    Py_DECREF(first_of(items)[items->size]);
    return FINE;
}

static int drop_first(Recorder *r, Known *known)
{
    r->body.size = 0;
    TRY(write_change(r, POP_FIRST, known));
    Objects *items = &known->shadow->items;
    PyObject *gone = first_of(items)[0];
    items->start++;
    items->size--;
    Py_DECREF(gone);
    return FINE;
}

/* Reads a part of a list or deque. */
static int read_part(Recorder *r, PyObject *value, Py_ssize_t start, Py_ssize_t size, Objects *part)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = element_of(r, value, start + i);
        if (!item)
            return BROKEN;
        int fault = objects_push(part, item);
        Py_DECREF(item);
        TRY(fault);
    }
    return FINE;
}

static int insert_part(Objects *items, int in_front, const Objects *part)
{
    if (!in_front)
        return objects_copy(items, first_of(part), part->size);
    TRY(objects_room(items, part->size));
    memmove(first_of(items) + part->size, first_of(items), (size_t)items->size * sizeof(PyObject *));
    for (Py_ssize_t i = 0; i < part->size; i++)
        first_of(items)[i] = Py_NewRef(first_of(part)[i]);
    items->size += part->size;
    return FINE;
}

static void cut_part(Objects *items, int in_front, Py_ssize_t size)
{
    Objects gone = {0};
    gone.items = PyMem_Malloc((size_t)size * sizeof(PyObject *));
    PyObject **from = first_of(items) + (in_front ? 0 : items->size - size);
    if (gone.items) {
        memcpy(gone.items, from, (size_t)size * sizeof(PyObject *));
        gone.size = gone.room = size;
    }
    items->size -= size;
    if (in_front)
        items->start += size;
    objects_clear(&gone);
}

/* Records what came or went at an end of a sequence; `seen` stays 0 where that is not all. */
static int look_at_end(Recorder *r, Known *known, int change, int *seen)
{
    Shadow *shadow = known->shadow;
    Py_ssize_t length = length_of(r, known->object), grown = length - shadow->items.size;
    int grows = change == APPENDED || change == EXTENDED || change == PUSHED, shrinks = change == POPPED || change == DEQUEUED;
    if (!(grows && grown >= 0) && !(shrinks && grown <= 0))
        return FINE;
    *seen = 1;
    if (!grown)
        return FINE;
    if (shrinks) {
        if (grown == -1)
            return change == POPPED ? drop_last(r, known) : drop_first(r, known);
        TRY(write_splice(r, known, change == POPPED ? length : 0, -grown, NULL, 0));
        cut_part(&shadow->items, change == DEQUEUED, -grown);
        return FINE;
    }
    if (change != PUSHED && grown == 1)
        return append_one(r, known, length - 1);
    Objects part = {0};
    Py_ssize_t start = change == PUSHED ? 0 : shadow->items.size;
    int fault = read_part(r, known->object, start, grown, &part);
    if (!fault)
        fault = write_splice(r, known, start, 0, first_of(&part), part.size);
    if (!fault)
        fault = insert_part(&shadow->items, change == PUSHED, &part);
    objects_clear(&part);
    return fault;
}

/* Sets or deletes what a shadow dict holds under a plain key. */
static int shade(PyObject *shadow, PyObject *key, PyObject *value)
{
    if (value)
        return PyDict_SetItem(shadow, key, value) < 0 ? BROKEN : FINE;
    return PyDict_DelItem(shadow, key) < 0 ? BROKEN : FINE;
}

/* What a dict holds under a plain key, borrowed. */
static inline int lookup(PyObject *dict, PyObject *key, PyObject **found)
{
    *found = PyDict_GetItemWithError(dict, key);
    return !*found && PyErr_Occurred() ? BROKEN : FINE;
}

/* Records what became of one key or element; `seen` stays 0 where that is not all, or cannot be asked. */
static int look_at_key(Recorder *r, Known *known, PyObject *key, int *seen)
{
    Shadow *shadow = known->shadow;
    if (!shadow->held || shadow->marks || !key || !is_plain(key))
        return FINE;
    PyObject *live = known->object, *before, *after;
    TRY(lookup(shadow->held, key, &before));
    Py_ssize_t length;
    int fault = FINE;
    if (known->shape->kind == K_SET) {
        int held = PySet_Contains(live, key);
        if (held < 0)
            return BROKEN;
        after = Py_XNewRef(held ? key : NULL);
        if (!before != !after)
            fault = write_one(r, before ? DISCARD : ADD, known, key);
        length = PySet_GET_SIZE(live);
    }
    else {
        TRY(lookup(live, key, &after));
        Py_XINCREF(after);
        if (!after && before)
            fault = write_one(r, DELITEM, known, key);
        else if (after != before)
            fault = write_set(r, known, key, after);
        length = PyDict_GET_SIZE(live);
    }
    if (!fault && (before || after))
        fault = shade(shadow->held, key, after);
    Py_XDECREF(after);
    *seen = PyDict_GET_SIZE(shadow->held) == length;
    return fault;
}

/* Records keys that came to a dict; `seen` stays 0 where that is not all, or cannot be asked. */
static int look_at_new_keys(Recorder *r, Known *known, int *seen)
{
    Shadow *shadow = known->shadow;
    PyObject *live = known->object;
    if (!shadow->held)
        return FINE;
    Py_ssize_t grown = PyDict_GET_SIZE(live) - PyDict_GET_SIZE(shadow->held);
    if (grown < 0)
        return FINE;
    if (grown) {
        PyObject *keys = PyDict_Keys(live);
        if (!keys)
            return BROKEN;
        Objects fresh = {0};
        Py_ssize_t length = PyList_GET_SIZE(keys);
        int fault = objects_copy(&fresh, ((PyListObject *)keys)->ob_item + length - grown, grown);
        Py_DECREF(keys);
        if (!fault && (known->shape->ordered || !all_plain(&fresh))) {
            objects_clear(&fresh);
            return FINE;
        }
        for (Py_ssize_t i = 0; i < grown && !fault; i++) {
            PyObject *key = first_of(&fresh)[i], *value;
            fault = lookup(live, key, &value);
            if (!fault) {
                Py_INCREF(value);
                fault = shade(shadow->held, key, value);
                if (!fault)
                    fault = write_set(r, known, key, value);
                Py_DECREF(value);
            }
        }
        objects_clear(&fresh);
        TRY(fault);
    }
    *seen = 1;
    return FINE;
}

/* An object of a library may hold known ones in its attributes. */
static int look_inside(Recorder *r, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || PyType_IsSubtype(type, &PyType_Type))
        return FINE;
    PyObject *attributes;
    TRY(read_attributes(r, value, &attributes));
    if (!attributes)
        return FINE;
    Objects keys = {0}, held = {0};
    int fault = read_dict(attributes, &keys, &held);
    Py_DECREF(attributes);
    for (Py_ssize_t i = 0; i < held.size && !fault; i++) {
        Known *known = known_of(r, first_of(&held)[i]);
        if (known && known->shadow)
            fault = compare_quietly(r, known);
    }
    objects_clear(&keys);
    objects_clear(&held);
    return fault;
}

/* Puts an object in the place of another in a list's shadow. */
static inline void shade_index(Shadow *shadow, Py_ssize_t index, PyObject *value)
{
    PyObject **held = first_of(&shadow->items) + index, *old = *held;
    *held = Py_NewRef(value);
    Py_DECREF(old);
}

#include "_moves.h"

/* Records how a known object has changed; `change` and `key` say what alone can have happened to it. */
static int look(Recorder *r, PyObject *value, int change, PyObject *key)
{
    Known *known = known_of(r, value);
    if (!known)
        return look_inside(r, value);
    if (!known->shadow)
        return FINE;
    int seen = 0;
    if (change == ANY)
        ;
    else if (known->ends)
        TRY(change >= HEAP_GREW ? sift(r, known, change, &seen) : look_at_end(r, known, change, &seen));
    else if (change == KEYED) {
        if (known->shape->mapping || PySet_CheckExact(value))
            TRY(look_at_key(r, known, key, &seen));
    }
    else if (change == INSERTED && known->shape->mapping)
        TRY(look_at_new_keys(r, known, &seen));
    if (!seen)
        TRY(compare_quietly(r, known));
    return known->shape->inherits ? look_inside(r, value) : FINE;
}

static int look_at_item(Recorder *r, PyObject *container, PyObject *key)
{
    Known *known = known_of(r, container);
    if (!known || !known->shadow)
        return FINE;
    Shadow *shadow = known->shadow;
    if (PyList_CheckExact(container)) {
        int overflow = 1;
        long long index = PyLong_CheckExact(key) ? PyLong_AsLongLongAndOverflow(key, &overflow) : 0;
        Py_ssize_t size = shadow->items.size;
        if (!overflow && size == PyList_GET_SIZE(container) && -size <= index && index < size) {
            if (index < 0)
                index += size;
            PyObject *value = PyList_GET_ITEM(container, index);
            if (first_of(&shadow->items)[index] == value)
                return FINE;
            Py_INCREF(value);
            shade_index(shadow, index, value);
            int fault = write_index(r, known, index, value);
            Py_DECREF(value);
            return fault;
        }
    }
    else if (known->shape->mapping) {
        int seen = 0;
        TRY(look_at_key(r, known, key, &seen));
        if (seen)
            return FINE;
    }
    return compare_quietly(r, known);
}

static int look_at_attribute(Recorder *r, PyObject *value, PyObject *name)
{
    Known *known = known_of(r, value);
    if (!known || !known->shadow)
        return FINE;
    if (known->shape->bare) {
        PyObject *attributes, *after, *before, *shadow = known->shadow->held;
        TRY(read_attributes(r, value, &attributes));
        if (attributes) {
            int fault = lookup(attributes, name, &after), done = 0;
            if (!fault && after) {
                Py_INCREF(after);
                fault = lookup(shadow, name, &before);
                if (!fault && before != after) {
                    fault = shade(shadow, name, after);
                    if (!fault)
                        fault = write_set(r, known, name, after);
                }
                Py_DECREF(after);
                done = PyDict_GET_SIZE(shadow) == PyDict_GET_SIZE(attributes);
            }
            Py_DECREF(attributes);
            if (fault || done)
                return fault;
        }
    }
    return compare_quietly(r, known);
}

/* ---- Names ---- */

static inline PyObject *bound_to(const Activation *a, int variable)
{
    return variable < a->cell_count ? a->cells[variable].value : NULL;
}

/* Lets a frame's name stand for a value; a new name comes last. */
static int set_name(Recorder *r, Activation *a, int variable, PyObject *value)
{
    if (variable >= a->cell_count) {
        int count = variable < r->variable_count ? r->variable_count : variable + 1;
        Cell *cells = PyMem_Realloc(a->cells, (size_t)count * sizeof(Cell));
        if (!cells) {
            PyErr_NoMemory();
            return BROKEN;
        }
        memset(cells + a->cell_count, 0, (size_t)(count - a->cell_count) * sizeof(Cell));
        a->cells = cells;
        a->cell_count = count;
    }
    Cell *cell = &a->cells[variable];
    PyObject *old = cell->value;
    if (!old)
        cell->stamp = a->stamps++;
    cell->value = Py_NewRef(value);
    Py_XDECREF(old);
    return FINE;
}

static int bind_elsewhere(Recorder *r, Activation *a, int variable, PyObject *value)
{
    if (bound_to(a, variable) == value)
        return FINE;
    TRY(set_name(r, a, variable, value));
    r->record.size = 0;
    TRY(put_value(r, &r->record, value));
    size_t index;
    TRY(variable_index(r, variable, &index));
    TRY(put_byte(&r->out, BIND));
    TRY(put_varint(&r->out, a->number));
    TRY(put_varint(&r->out, index));
    return put(&r->out, r->record.data, r->record.size);
}

static int bind_here(Recorder *r, Activation *a, int variable, PyObject *value)
{
    TRY(set_name(r, a, variable, value));
    r->record.size = 0;
    TRY(put_value(r, &r->record, value));
    size_t index;
    TRY(variable_index(r, variable, &index));
    if (index < SHORT_BINDS)
        TRY(put_byte(&r->out, (unsigned char)(SHORT_BIND + index)));
    else {
        TRY(put_byte(&r->out, BIND_HERE));
        TRY(put_varint(&r->out, index));
    }
    return put(&r->out, r->record.data, r->record.size);
}

/* What a frame's name stands for in the frame itself, owned; NULL without an exception if it is not bound. */
static int local_value(PyFrameObject *frame, PyObject *name, PyObject **value)
{
    *value = NULL;
#if PY_VERSION_HEX >= 0x030C0000
    *value = PyFrame_GetVar(frame, name);
    if (!*value) {
        if (!PyErr_ExceptionMatches(PyExc_NameError))
            return BROKEN;
        PyErr_Clear();
    }
    return FINE;
#else
    PyObject *locals = PyFrame_GetLocals(frame);
    if (!locals)
        return BROKEN;
    int fault = lookup(locals, name, value);
    Py_XINCREF(*value);
    Py_DECREF(locals);
    return fault;
#endif
}

static int holds_name(PyObject *names, PyObject *name)
{
    int found = PySequence_Contains(names, name);
    Py_DECREF(names);
    return found;
}

static int bind_outside(Recorder *r, PyFrameObject *frame, int variable, PyObject *value)
{
    PyObject *name = r->variables[variable].text;
    int fault = FINE;
    PyFrameObject *outer = PyFrame_GetBack(frame);
    while (outer && !fault) {
        Activation *a = map_get(&r->activations, outer);
        if (a) {
            PyObject *cells = PyCode_GetCellvars(a->code->code), *frees = PyCode_GetFreevars(a->code->code);
            int shares = cells && frees ? holds_name(cells, name) | holds_name(frees, name) : -1;
            if (shares < 0)
                fault = BROKEN;
            else if (shares) {
                PyObject *seen = NULL;
                fault = local_value(outer, name, &seen);
                if (!fault && seen == value)
                    fault = bind_elsewhere(r, a, variable, value);
                Py_XDECREF(seen);
            }
        }
        PyFrameObject *next = PyFrame_GetBack(outer);
        Py_DECREF(outer);
        outer = next;
    }
    Py_XDECREF(outer);
    return fault;
}

static int bind(Recorder *r, Activation *a, int kind, int variable, PyObject *value)
{
    if (kind == N_BIND_GLOBAL && a != &r->module)
        return bind_elsewhere(r, &r->module, variable, value);
    if (bound_to(a, variable) != value)
        TRY(bind_here(r, a, variable, value));
    return kind == N_BIND_OUTER ? bind_outside(r, a->frame, variable, value) : FINE;
}

static int unbind(Recorder *r, Activation *a, int variable)
{
    PyObject *old = bound_to(a, variable);
    if (!old)
        return FINE;
    a->cells[variable].value = NULL;
    Py_DECREF(old);
    size_t index;
    TRY(variable_index(r, variable, &index));
    TRY(put_byte(&r->out, UNBIND));
    TRY(put_varint(&r->out, a->number));
    return put_varint(&r->out, index);
}

static int look_at_global(Recorder *r, int variable, Py_ssize_t *found)
{
    PyObject *value;
    TRY(lookup(r->globals, r->variables[variable].text, &value));
    if (bound_to(&r->module, variable) == value)
        return FINE;
    ++*found;
    if (!value)
        return unbind(r, &r->module, variable);
    Py_INCREF(value);
    int fault = bind_elsewhere(r, &r->module, variable, value);
    Py_DECREF(value);
    return fault;
}

/* Every name that a program which reaches for its names by other means may have bound, in order. */
static PyObject *wild_names(Recorder *r)
{
    PyObject *names = PySet_New(r->stored_names), *key, *value;
    Py_ssize_t at = 0;
    while (names && PyDict_Next(r->globals, &at, &key, &value)) {
        int given = PySet_Contains(r->given, key);
        if (given < 0 || (!given && PySet_Add(names, key) < 0))
            Py_CLEAR(names);
    }
    PyObject *sorted = names ? PySequence_List(names) : NULL;
    Py_XDECREF(names);
    if (sorted && PyList_Sort(sorted) < 0)
        Py_CLEAR(sorted);
    return sorted;
}

static int look_at_globals(Recorder *r, Py_ssize_t *found)
{
    if (!r->wild) {
        for (int i = 0; i < r->stored_count; i++)
            TRY(look_at_global(r, r->stored[i], found));
        return FINE;
    }
    PyObject *names = wild_names(r);
    if (!names)
        return BROKEN;
    int fault = FINE;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names) && !fault; i++) {
        int variable = variable_of(r, PyList_GET_ITEM(names, i));
        fault = variable < 0 ? BROKEN : look_at_global(r, variable, found);
    }
    Py_DECREF(names);
    return fault;
}

/* The names of a frame and what they stand for, as a dict of its own. */
static PyObject *locals_of(PyFrameObject *frame)
{
    PyObject *locals = PyFrame_GetLocals(frame);
    PyObject *copy = locals ? PyDict_New() : NULL;
    if (copy && PyDict_Update(copy, locals) < 0)
        Py_CLEAR(copy);
    Py_XDECREF(locals);
    return copy;
}

static int look_at_locals(Recorder *r, Activation *a, Py_ssize_t *found)
{
    PyObject *current = locals_of(a->frame), *name, *value;
    if (!current)
        return BROKEN;
    PyObject *frees = PyCode_GetFreevars(a->code->code);
    Py_ssize_t at = 0;
    int fault = frees ? FINE : BROKEN;
    while (!fault && PyDict_Next(current, &at, &name, &value)) {
        if (PyUnicode_GET_LENGTH(name) && PyUnicode_READ_CHAR(name, 0) == '.')
            continue;
        if (PyUnicode_CompareWithASCIIString(name, "__class__") == 0)
            continue;
        int variable = variable_of(r, name), outer = PySequence_Contains(frees, name);
        if (variable < 0 || outer < 0)
            fault = BROKEN;
        else if (bound_to(a, variable) != value) {
            fault = bind(r, a, outer ? N_BIND_OUTER : N_BIND, variable, value);
            ++*found;
        }
    }
    /* Names that are gone, in the order of their coming. */
    for (int64_t last = -1; !fault;) {
        int next = -1;
        for (int i = 0; i < a->cell_count && !fault; i++) {
            if (!a->cells[i].value || a->cells[i].stamp <= last)
                continue;
            if (next >= 0 && a->cells[next].stamp < a->cells[i].stamp)
                continue;
            int stays = PyDict_Contains(current, r->variables[i].text);
            if (stays < 0)
                fault = BROKEN;
            else if (!stays)
                next = i;
        }
        if (next < 0 || fault)
            break;
        last = a->cells[next].stamp;
        fault = unbind(r, a, next);
        ++*found;
    }
    Py_XDECREF(frees);
    Py_DECREF(current);
    return fault;
}

/* Compares all names that a frame and the module see; adds how many had changed unseen. */
static int look_at_names(Recorder *r, Activation *a, Py_ssize_t *found)
{
    if (a != &r->module)
        TRY(look_at_locals(r, a, found));
    return look_at_globals(r, found);
}

/* ---- Objects that a statement may be changing ---- */

static int is_atom(PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    return type == &PyLong_Type || type == &PyUnicode_Type || type == &PyFloat_Type || type == &PyBool_Type ||
           type == &PyBytes_Type || value == Py_None || type == &PyComplex_Type || type == &PyTuple_Type ||
           type == &PyType_Type || type == &PyFunction_Type || type == &PyModule_Type;
}

static int add_touched(Activation *a, PyObject *value, int change)
{
    Touched *found = NULL;
    if (a->touched_count > FEW_TOUCHED) {
        size_t place = (size_t)map_get(&a->touched_places, value);
        found = place ? &a->touched[place - 1] : NULL;
    }
    else
        for (Py_ssize_t i = 0; i < a->touched_count && !found; i++)
            if (a->touched[i].value == value)
                found = &a->touched[i];
    if (found) {
        if (found->change != change || change >= HEAP_GREW)
            found->change = ANY;
        return FINE;
    }
    if (a->touched_count == a->touched_room) {
        Py_ssize_t room = a->touched_room * 2 + 4;
        Touched *touched = PyMem_Realloc(a->touched, (size_t)room * sizeof(Touched));
        if (!touched) {
            PyErr_NoMemory();
            return BROKEN;
        }
        a->touched = touched;
        a->touched_room = room;
    }
    a->touched[a->touched_count++] = (Touched){Py_NewRef(value), change};
    if (a->touched_count == FEW_TOUCHED + 1)
        for (Py_ssize_t i = 0; i < a->touched_count; i++)
            TRY(map_add(&a->touched_places, a->touched[i].value, (void *)(size_t)(i + 1)));
    else if (a->touched_count > FEW_TOUCHED)
        TRY(map_add(&a->touched_places, value, (void *)(size_t)a->touched_count));
    return FINE;
}

/* What a method of a built-in object is called on, owned. */
static PyObject *owner_of(Recorder *r, PyObject *method)
{
    if (PyCFunction_CheckExact(method)) {
        PyObject *self = PyCFunction_GET_SELF(method);
        return Py_NewRef(self ? self : Py_None);
    }
    return PyObject_GetAttr(method, r->self_name);
}

static int change_of_bound(Recorder *r, PyObject *method, int *change)
{
    PyObject *name = PyObject_GetAttrString(method, "__name__");
    if (!name)
        return BROKEN;
    PyObject *known = PyDict_GetItemWithError(r->changes_of_bound, name);
    if (known)
        *change = (int)PyLong_AsLong(known);
    else {
        PyObject *said = PyErr_Occurred() ? NULL : ask(r->change_of_bound, name, NULL);
        if (!said || PyDict_SetItem(r->changes_of_bound, name, said) < 0) {
            Py_XDECREF(said);
            Py_DECREF(name);
            return BROKEN;
        }
        *change = (int)PyLong_AsLong(said);
        Py_DECREF(said);
    }
    Py_DECREF(name);
    return FINE;
}

static int touch(Recorder *r, Activation *a, PyObject *value, int change);

/* Notes that the statement may be changing what a container holds, which it hands over with a star. */
static int touch_unpacked(Recorder *r, Activation *a, PyObject *value)
{
    Py_ssize_t place = 0;
    PyObject *held;
    if (PyDict_CheckExact(value))
        while (PyDict_Next(value, &place, NULL, &held))
            TRY(touch(r, a, held, ANY));
    else if (PyList_CheckExact(value) || PyTuple_CheckExact(value))
        for (; place < PySequence_Fast_GET_SIZE(value); place++)
            TRY(touch(r, a, PySequence_Fast_GET_ITEM(value, place), ANY));
    return FINE;
}

/* Notes that the statement may be changing an object; it is looked at until the statement is done. */
static int touch(Recorder *r, Activation *a, PyObject *value, int change)
{
    if (change == UNPACKED)
        return touch_unpacked(r, a, value);
    if (is_atom(value))
        return FINE;
    PyTypeObject *type = Py_TYPE(value);
    PyObject *owner = NULL;
    if (type == &PyCFunction_Type || type == r->method_wrapper) {
        owner = owner_of(r, value);
        if (!owner)
            return BROKEN;
        int fault = FINE;
        if (change == CALLED)
            fault = change_of_bound(r, value, &change);
        else {
            if (!map_get(&r->volatile_places, owner)) {
                fault = map_add(&r->volatile_places, owner, owner);
                if (!fault)
                    fault = objects_push(&r->volatile_owners, owner);
            }
            r->next_stop = 0;
            change = ANY;
        }
        if (fault) {
            Py_DECREF(owner);
            return fault;
        }
        value = owner;
    }
    else if (change == CALLED)
        return FINE;
    else if (type == &PySuper_Type) {
        owner = ask(r->super_self, value, NULL);
        if (!owner)
            return BROKEN;
        value = owner;
    }
    int fault = change == NOTHING ? FINE : add_touched(a, value, change);
    Py_XDECREF(owner);
    return fault;
}

static int look_at_touched(Recorder *r, Activation *a)
{
    for (Py_ssize_t i = 0; i < a->touched_count; i++) {
        int change = a->touched[i].change;
        /* What a heap function's call does after this is only a part of it. */
        if (change >= HEAP_GREW)
            a->touched[i].change = ANY;
        TRY(look(r, a->touched[i].value, change, Py_None));
    }
    return FINE;
}

/* Forgets what belonged to the statement that is done. */
static void end_statement(Activation *a)
{
    while (a->touched_count) {
        PyObject *value = a->touched[--a->touched_count].value;
        Py_DECREF(value);
    }
    if (a->touched_places.slots) {
        PyMem_Free(a->touched_places.slots);
        a->touched_places = (Map){0};
    }
    while (a->kept_count) {
        PyObject *value = a->kept[--a->kept_count].value;
        Py_DECREF(value);
    }
}

static int keep(Activation *a, int number, PyObject *value)
{
    for (Py_ssize_t i = 0; i < a->kept_count; i++)
        if (a->kept[i].number == number) {
            PyObject *old = a->kept[i].value;
            a->kept[i].value = Py_NewRef(value);
            Py_DECREF(old);
            return FINE;
        }
    if (a->kept_count == a->kept_room) {
        Py_ssize_t room = a->kept_room * 2 + 4;
        Kept *kept = PyMem_Realloc(a->kept, (size_t)room * sizeof(Kept));
        if (!kept) {
            PyErr_NoMemory();
            return BROKEN;
        }
        a->kept = kept;
        a->kept_room = room;
    }
    a->kept[a->kept_count++] = (Kept){number, Py_NewRef(value)};
    return FINE;
}

/* ---- What the program tells ---- */

/* An operand of a note, borrowed; NULL if the probe that kept it did not run. */
static PyObject *operand(const Activation *a, const Tell *tell, const Told *told, int place)
{
    if (place <= 0) {
        for (Py_ssize_t i = 0; i < a->kept_count; i++)
            if (a->kept[i].number == -place)
                return a->kept[i].value;
        return NULL;
    }
    if (tell->operands <= 2)
        return place == 1 ? told->first : told->second;
    if (!PyTuple_CheckExact(told->first) || PyTuple_GET_SIZE(told->first) < place)
        return NULL;
    return PyTuple_GET_ITEM(told->first, place - 1);
}

/* Which probe followed last on what came before. */
static int *follower_of(Recorder *r)
{
    if (r->last_probe < 0)
        return &r->after_line[-1 - r->last_probe];
    if (r->last_probe >= r->after_probe_room) {
        int room = r->last_probe * 2 + 64;
        int *after = PyMem_Realloc(r->after_probe, (size_t)room * sizeof(int));
        if (!after) {
            PyErr_NoMemory();
            return NULL;
        }
        for (int i = r->after_probe_room; i < room; i++)
            after[i] = -1;
        r->after_probe = after;
        r->after_probe_room = room;
    }
    return &r->after_probe[r->last_probe];
}

static int define_probe(Recorder *r, Place *place, int variable, int inner)
{
    size_t name = 0;
    place->index = r->probe_count++;
    if (variable >= 0) {
        TRY(variable_index(r, variable, &name));
        name++;
    }
    TRY(put_byte(&r->out, inner ? PROBED_INSIDE : PROBED));
    TRY(put_varint(&r->out, name));
    return put_place(&r->out, place->place);
}

/* Is a value the one that a variable is bound to? */
static int is_implied(const Recorder *r, const Activation *a, int variable, PyObject *value)
{
    PyObject *bound = bound_to(a, variable);
    return (bound ? bound : bound_to(&r->module, variable)) == value;
}

/* Records a value, as short as tracer/wire.py has it. */
static int write_probe(Recorder *r, Activation *a, Place *place, int variable, int inner, PyObject *value)
{
    if (place->index < 0)
        TRY(define_probe(r, place, variable, inner));
    int *follower = follower_of(r);
    if (!follower)
        return BROKEN;
    int follows = *follower == place->index;
    *follower = place->index;
    r->last_probe = place->index + 1;
    if (variable >= 0 && is_implied(r, a, variable, value)) {
        TRY(put_byte(&r->out, follows ? NEXT_NAME : PROBE_NAME));
        return follows ? FINE : put_varint(&r->out, (size_t)place->index);
    }
    r->record.size = 0;
    TRY(put_value(r, &r->record, value));
    TRY(put_byte(&r->out, follows ? NEXT : PROBE));
    if (!follows)
        TRY(put_varint(&r->out, (size_t)place->index));
    return put(&r->out, r->record.data, r->record.size);
}

/* What tracer/heap.py says of a value that holds no others; 0 for a container. */
static int size_of_atom(Recorder *r, PyObject *value, size_t *size)
{
    PyTypeObject *type = Py_TYPE(value);
    *size = 0;
    if (type == &PyLong_Type) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (!overflow) {
            unsigned long long magnitude = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
            *size = (size_t)((magnitude ? 64 - __builtin_clzll(magnitude) : 0) >> 3) + 2;
            return FINE;
        }
        PyObject *length = ask_method(r->bit_length_name, value);
        if (!length)
            return BROKEN;
        *size = (PyLong_AsSize_t(length) >> 3) + 2;
        Py_DECREF(length);
    }
    else if (type == &PyUnicode_Type) {
        int known = PyDict_Contains(r->texts, value);
        if (known < 0)
            return BROKEN;
        *size = known ? REFERENCE : (size_t)PyUnicode_GET_LENGTH(value) + 2;
    }
    else if (type == &PyBytes_Type)
        *size = (size_t)PyBytes_GET_SIZE(value) + 2;
    else if (is_plain(value) || value == Py_Ellipsis)
        *size = REFERENCE;
    return FINE;
}

/* How many elements a container has; 0 for an instance. */
static size_t part_count(PyObject *value, int kind)
{
    switch (kind) {
    case K_OBJECT:
        return 0;
    case K_DICT:
        return (size_t)PyDict_GET_SIZE(value);
    case K_SET:
    case K_FROZENSET:
        return (size_t)PySet_GET_SIZE(value);
    }
    return (size_t)Py_SIZE(value);
}

static int read_parts(Recorder *r, PyObject *value, const Shape *shape, Objects *waiting)
{
    if (shape->kind == K_DICT || shape->kind == K_OBJECT) {
        Objects keys = {0}, values = {0};
        int fault = read_pairs(r, value, shape, &keys, &values);
        if (!fault && keys.size)
            fault = objects_copy(waiting, first_of(&keys), keys.size);
        if (!fault && values.size)
            fault = objects_copy(waiting, first_of(&values), values.size);
        objects_clear(&keys);
        objects_clear(&values);
        return fault;
    }
    if (shape->kind != K_BYTEARRAY)
        return read_elements(r, value, shape->kind, waiting);
    PyObject *bytes = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(value), PyByteArray_GET_SIZE(value));
    int fault = bytes ? objects_push(waiting, bytes) : BROKEN;
    Py_XDECREF(bytes);
    return fault;
}

/* Adds to a size about how many bytes telling one value takes, and puts what it holds among those that wait. */
static int add_size(Recorder *r, PyObject *value, Objects *waiting, Map *met, size_t most, size_t *size)
{
    size_t atom;
    TRY(size_of_atom(r, value, &atom));
    *size += atom ? atom : REFERENCE;
    if (atom || map_get(&r->known, value) || map_get(met, value))
        return FINE;
    Shape *shape;
    TRY(heap_shape(r, Py_TYPE(value), &shape));
    if (!shape)
        return FINE;
    TRY(map_add(met, value, value));
    if (part_count(value, shape->kind) + *size <= most)
        return read_parts(r, value, shape, waiting);
    *size = most + 1;
    return FINE;
}

/* About how many bytes telling a value takes, with all that it holds if it is new; above `most`, just more. */
static int size_of(Recorder *r, PyObject *value, size_t most, size_t *size)
{
    Objects waiting = {0};
    Map met = {0};
    *size = 0;
    int fault = objects_push(&waiting, value);
    while (waiting.size && *size <= most && !fault) {
        PyObject *one = waiting.items[waiting.start + --waiting.size];
        fault = add_size(r, one, &waiting, &met, most, size);
        Py_DECREF(one);
    }
    objects_clear(&waiting);
    PyMem_Free(met.slots);
    return fault;
}

/* May something of about so many bytes be told of what stands in a comprehension or lambda? */
static int takes(Recorder *r, size_t size)
{
    r->inner_told = 1;
    if (!r->inner_silent) {
        r->inner_left -= (Py_ssize_t)size;
        r->inner_silent = r->inner_left < 0;
    }
    r->inner_cut += r->inner_silent;
    return !r->inner_silent;
}

/* Records a value in a comprehension or lambda if there is room for it. */
static int read_inside(Recorder *r, Activation *a, Tell *tell, PyObject *value)
{
    size_t size = 0;
    if (!r->inner_silent && !(tell->variable >= 0 && is_implied(r, a, tell->variable, value)))
        TRY(size_of(r, value, (size_t)r->inner_left, &size));
    return takes(r, size + OVERHEAD) ? write_probe(r, a, &tell->place, tell->variable, 1, value) : FINE;
}

/* Records what the names of a round or a call are bound to, if there is room for it. */
static int read_beginning(Recorder *r, Activation *a, Tell *tell, PyObject *told)
{
    PyObject *const *values = tell->names == 1 ? &told : ((PyTupleObject *)told)->ob_item;
    size_t size = 0, one;
    for (int i = 0; i < tell->names && !r->inner_silent && size <= (size_t)r->inner_left; i++) {
        TRY(size_of(r, values[i], (size_t)r->inner_left, &one));
        size += one + OVERHEAD;
    }
    if (!takes(r, size))
        return FINE;
    for (int i = 0; i < tell->names; i++)
        TRY(write_probe(r, a, &tell->begins[i], -1, 1, values[i]));
    return FINE;
}

/* Begins the next event's count, and says how much of this one's was not told. */
static int close_inner(Recorder *r)
{
    Py_ssize_t cut = r->inner_cut;
    r->inner_told = 0;
    r->inner_cut = 0;
    r->inner_passes = r->inner_silent ? 1 : INNER_EVALUATIONS;
    if (!cut)
        return FINE;
    TRY(put_byte(&r->out, CUT));
    return put_varint(&r->out, (size_t)cut);
}

static int read_probe(Recorder *r, Activation *a, int number, PyObject *value)
{
    Tell *tell = &r->tells[number];
    if (tell->begins)
        return read_beginning(r, a, tell, value);
    if (tell->inner)
        return read_inside(r, a, tell, value);
    if (tell->spanned)
        TRY(write_probe(r, a, &tell->place, tell->variable, 0, value));
    if (tell->keeps)
        TRY(keep(a, number, value));
    if (tell->binds >= 0)
        TRY(bind(r, a, tell->binds, tell->bound, value));
    return tell->change == NOTHING ? FINE : touch(r, a, value, tell->change);
}

static int change_name(Recorder *r, Activation *a, const Action *action, PyObject *value)
{
    Activation *owner = action->kind == N_CHANGE_GLOBAL ? &r->module : a;
    if (bound_to(owner, action->variable) == value)
        return touch(r, a, value, action->how);
    return bind(r, a, action->kind - N_CHANGE, action->variable, value);
}

/* A lone change at an end of a sequence is told at once. */
static int read_end(Recorder *r, Activation *a, PyObject *value, int change)
{
    Known *known = known_of(r, value);
    if (known && known->ends && !a->touched_count && known->shadow) {
        Py_ssize_t length = length_of(r, value), grown = length - known->shadow->items.size;
        if (change == APPENDED && grown == 1)
            return append_one(r, known, length - 1);
        if (grown == -1 && change == POPPED)
            return drop_last(r, known);
        if (grown == -1 && change == DEQUEUED)
            return drop_first(r, known);
    }
    return touch(r, a, value, change);
}

/* A turn is told at once if nothing else may have changed what has turned. */
static int read_turn(Recorder *r, Activation *a, PyObject *value, int change)
{
    Known *known = known_of(r, value);
    int done = 0;
    if (known && known->ends && known->shadow && !a->touched_count)
        TRY(turn(r, known, change, &done));
    return done ? FINE : touch(r, a, value, ANY);
}

static inline int is_int_or_str(PyObject *key)
{
    return PyLong_CheckExact(key) || PyUnicode_CheckExact(key);
}

static int read_key(Recorder *r, PyObject *target, PyObject *key)
{
    if (!target)
        return FINE;
    if (key && PySet_CheckExact(target) && is_int_or_str(key)) {
        Known *known = known_of(r, target);
        if (!known)
            return FINE;
        Shadow *shadow = known->shadow;
        if (shadow && !shadow->marks) {
            int held = PySet_Contains(target, key), shown = PyDict_Contains(shadow->held, key);
            if (held < 0 || shown < 0)
                return BROKEN;
            if (held && PySet_GET_SIZE(target) - PyDict_GET_SIZE(shadow->held) == !shown) {
                if (shown)
                    return FINE;
                TRY(shade(shadow->held, key, key));
                return write_one(r, ADD, known, key);
            }
        }
    }
    return look(r, target, key ? KEYED : ANY, key);
}

static int read_dict_item(Recorder *r, Activation *a, Known *known, PyObject *key, int how, int *done)
{
    PyObject *live = known->object, *shadow = known->shadow->held, *value, *before;
    TRY(lookup(live, key, &value));
    if (!value)
        return FINE;
    TRY(lookup(shadow, key, &before));
    int fault = FINE;
    Py_INCREF(value);
    if (before == value) {
        *done = 1;
        fault = how == NOTHING ? FINE : touch(r, a, value, how);
    }
    else if (PyDict_GET_SIZE(live) - PyDict_GET_SIZE(shadow) == !before) {
        *done = 1;
        fault = shade(shadow, key, value);
        if (!fault)
            fault = write_set(r, known, key, value);
    }
    Py_DECREF(value);
    return fault;
}

/* Notes what an augmented assignment has stored, which it may have changed in place; everything where that is untold. */
static int touch_held(Recorder *r, Activation *a, PyObject *read, PyObject *holder, PyObject *key, int how)
{
    if (how == NOTHING)
        return FINE;
    PyObject *value = ask(read, holder, key);
    if (!value)
        return BROKEN;
    Py_ssize_t missed = 0;
    int fault = value == r->untold ? look_everywhere(r, &missed) : touch(r, a, value, how);
    Py_DECREF(value);
    return fault;
}

static int read_item(Recorder *r, Activation *a, PyObject *container, PyObject *key, int how)
{
    if (!container || !key)
        return FINE;
    int list = PyList_CheckExact(container) && PyLong_CheckExact(key);
    if (list || (PyDict_CheckExact(container) && is_int_or_str(key))) {
        Known *known = known_of(r, container);
        if (!known)
            return FINE;
        Shadow *shadow = known->shadow;
        if (list && shadow) {
            int overflow;
            long long index = PyLong_AsLongLongAndOverflow(key, &overflow);
            Py_ssize_t size = shadow->items.size;
            if (!overflow && index >= 0 && index < size && size == PyList_GET_SIZE(container)) {
                PyObject *value = PyList_GET_ITEM(container, index);
                if (first_of(&shadow->items)[index] == value)
                    return how == NOTHING ? FINE : touch(r, a, value, how);
                Py_INCREF(value);
                shade_index(shadow, index, value);
                int fault = write_index(r, known, index, value);
                Py_DECREF(value);
                return fault;
            }
        }
        else if (shadow && shadow->held) {
            int done = 0;
            TRY(read_dict_item(r, a, known, key, how, &done));
            if (done)
                return FINE;
        }
    }
    TRY(look_at_item(r, container, key));
    return touch_held(r, a, r->held_item, container, key, how);
}

static int read_attribute(Recorder *r, Activation *a, PyObject *target, PyObject *name, int how)
{
    if (!target)
        return FINE;
    Known *known = known_of(r, target);
    if (known && known->shadow && known->shape->bare) {
        PyObject *attributes, *after, *before, *shadow = known->shadow->held;
        TRY(read_attributes(r, target, &attributes));
        if (attributes && PyDict_CheckExact(attributes)) {
            int fault = lookup(attributes, name, &after), done = 0;
            if (!fault && after) {
                Py_INCREF(after);
                fault = lookup(shadow, name, &before);
                if (!fault && after == before) {
                    done = 1;
                    fault = how == NOTHING ? FINE : touch(r, a, after, how);
                }
                else if (!fault && (before || PyDict_GET_SIZE(attributes) == PyDict_GET_SIZE(shadow) + 1)) {
                    done = 1;
                    fault = write_set(r, known, name, after);
                    int first = !before;
                    if (!fault)
                        fault = shade(shadow, name, after);
                    /* What its class held under the name has become its own. */
                    if (!fault && first && how != NOTHING)
                        fault = touch(r, a, after, how);
                }
                Py_DECREF(after);
            }
            if (fault || done) {
                Py_DECREF(attributes);
                return fault;
            }
        }
        Py_XDECREF(attributes);
    }
    TRY(look_at_attribute(r, target, name));
    return touch_held(r, a, r->held_attribute, target, name, how);
}

static int read_action(Recorder *r, Activation *a, const Tell *tell, const Action *action, const Told *told)
{
    PyObject *value;
    switch (action->kind) {
    case N_UNBIND:
        return unbind(r, a, action->variable);
    case N_UNBIND_GLOBAL:
        return unbind(r, &r->module, action->variable);
    case N_BIND:
    case N_BIND_GLOBAL:
    case N_BIND_OUTER:
        value = operand(a, tell, told, action->second);
        return value ? bind(r, a, action->kind, action->variable, value) : FINE;
    case N_CHANGE:
    case N_CHANGE_GLOBAL:
    case N_CHANGE_OUTER:
        value = operand(a, tell, told, action->second);
        return value ? change_name(r, a, action, value) : FINE;
    case N_LOOK:
        value = operand(a, tell, told, action->first);
        if (!value)
            return FINE;
        if (action->alone && (action->how == APPENDED || action->how == POPPED || action->how == DEQUEUED))
            return read_end(r, a, value, action->how);
        if (action->how == TURNED_LEFT || action->how == TURNED_RIGHT)
            return read_turn(r, a, value, action->how);
        return touch(r, a, value, action->how);
    case N_LOOK_KEY:
        return read_key(
            r, operand(a, tell, told, action->first), operand(a, tell, told, action->second));
    case N_ATTRIBUTE:
    case N_CHANGE_ATTRIBUTE:
        return read_attribute(r, a, operand(a, tell, told, action->first), action->name, action->how);
    default:
        return read_item(r, a, operand(a, tell, told, action->first), operand(a, tell, told, action->second),
                         action->how);
    }
}

static int read_told(Recorder *r, Activation *a, const Told *told)
{
    Tell *tell = &r->tells[told->number];
    if (!tell->is_note)
        return read_probe(r, a, told->number, told->first);
    for (int i = 0; i < tell->count; i++)
        TRY(read_action(r, a, tell, &tell->actions[i], told));
    return FINE;
}

static void forget_told(Told *told)
{
    PyObject *first = told->first, *second = told->second;
    told->first = told->second = NULL;
    Py_XDECREF(first);
    Py_XDECREF(second);
}

/* Records what the probes and notes since the last event tell. */
static int drain(Recorder *r, Activation *a)
{
    int fault = FINE;
    /* What letting go of a value runs may tell more. */
    while (r->told_count && !fault) {
        Told *told = r->told;
        Py_ssize_t first = r->told_first, count = r->told_count, room = r->told_room;
        r->told = r->spare;
        r->told_room = r->spare_room;
        r->told_first = r->told_count = 0;
        r->spare = NULL;
        r->spare_room = 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            Told *one = &told[first + i < room ? first + i : first + i - room];
            if (!fault)
                fault = read_told(r, a, one);
            forget_told(one);
        }
        if (r->spare)
            PyMem_Free(told);
        else {
            r->spare = told;
            r->spare_room = room;
        }
    }
    return r->inner_told && !fault ? close_inner(r) : fault;
}

static void forget_all_told(Recorder *r)
{
    while (r->told_count) {
        Told one = r->told[r->told_first];
        r->told_first = (r->told_first + 1) % r->told_room;
        r->told_count--;
        forget_told(&one);
    }
}

/* Keeps what a probe or note tells, the oldest given up where nothing reads it. */
static int tell(Recorder *r, int number, PyObject *first, PyObject *second)
{
    if (r->told_count == MAX_PROBES) {
        Told oldest = r->told[r->told_first];
        r->told_first = (r->told_first + 1) % r->told_room;
        r->told_count--;
        forget_told(&oldest);
    }
    if (r->told_count == r->told_room) {
        Py_ssize_t room = r->told_room * 2 + 64;
        if (room > MAX_PROBES)
            room = MAX_PROBES;
        Told *told = PyMem_Malloc((size_t)room * sizeof(Told));
        if (!told) {
            PyErr_NoMemory();
            return -1;
        }
        for (Py_ssize_t i = 0; i < r->told_count; i++)
            told[i] = r->told[(r->told_first + i) % r->told_room];
        PyMem_Free(r->told);
        r->told = told;
        r->told_room = room;
        r->told_first = 0;
    }
    Py_ssize_t at = r->told_first + r->told_count;
    r->told[at < r->told_room ? at : at - r->told_room] = (Told){number, Py_NewRef(first), Py_XNewRef(second)};
    r->told_count++;
    return 0;
}

/* ---- Input and output ---- */

/* Records what a statement has read and printed; a NULL line is any. */
static int write_io(Recorder *r, const Line *line)
{
    PyObject *count = PyObject_GetAttr(r->counter, r->count_name);
    if (!count)
        return BROKEN;
    Py_ssize_t read = PyLong_AsSsize_t(count);
    Py_DECREF(count);
    if (read > r->read_seen) {
        TRY(put_byte(&r->out, READ));
        TRY(put_varint(&r->out, (size_t)(read - r->read_seen)));
        r->read_seen = read;
    }
    if (line && !line->prints)
        return FINE;
    PyObject *done = ask_method(r->flush_name, r->stdout_file);
    if (!done) {
        if (!PyErr_ExceptionMatches(PyExc_OSError) && !PyErr_ExceptionMatches(PyExc_ValueError))
            return BROKEN;
        PyErr_Clear();
        return FINE;
    }
    Py_DECREF(done);
    off_t end = lseek(1, 0, SEEK_CUR);
    if (end <= r->printed_to)
        return FINE;
    size_t size = (size_t)(end - r->printed_to);
    if (r->out.size + size > r->max_bytes) {
        r->printed_to = end;
        return FULL;
    }
    r->body.size = 0;
    TRY(grow(&r->body, size));
    ssize_t got = pread(1, r->body.data, size, r->printed_to);
    if (got < 0)
        return FINE;
    r->printed_to = end;
    TRY(put_byte(&r->out, PRINTED));
    TRY(put_varint(&r->out, (size_t)got));
    return put(&r->out, r->body.data, (size_t)got);
}

/* ---- Events ---- */

static int go(Recorder *r, size_t number)
{
    r->current = number;
    TRY(put_byte(&r->out, FRAME));
    return put_varint(&r->out, number);
}

/* Records what changed since the last event, as seen from the frame that was running. */
static int write_changes(Recorder *r, Activation *a)
{
    if (r->current != a->number)
        TRY(go(r, a->number));
    if (a->line && (a->line->io || r->wild))
        TRY(write_io(r, r->wild ? NULL : a->line));
    TRY(drain(r, a));
    TRY(look_at_touched(r, a));
    for (Py_ssize_t i = 0; i < r->volatile_owners.size; i++)
        TRY(look(r, first_of(&r->volatile_owners)[i], ANY, NULL));
    Py_ssize_t missed = 0;
    return r->wild ? look_everywhere(r, &missed) : FINE;
}

/* Counts what nothing has told of. */
static int take_full_look(Recorder *r, Activation *a, int entering)
{
    TRY(write_changes(r, a));
    Py_ssize_t missed = 0;
    if (!entering) {
        if (r->audit && !a->fresh)
            TRY(look_at_names(r, a, &missed));
        if (a->slow)
            missed = 0;
    }
    r->missed += missed;
    TRY(look_everywhere(r, &r->missed));
    Py_ssize_t wait = heap_size(r);
    if (r->audit)
        wait = 1;
    else if (wait < LOOK_EVERY)
        wait = LOOK_EVERY;
    r->next_look = r->events + wait;
    r->next_stop = r->next_look < r->max_events ? r->next_look : r->max_events;
    if (r->volatile_owners.size)
        r->next_stop = 0;
    return FINE;
}

static int check_limits(Recorder *r, Activation *a, int entering)
{
    if (r->events < r->next_stop)
        return FINE;
    if (r->events >= r->max_events)
        return ENOUGH;
    return r->events >= r->next_look ? take_full_look(r, a, entering) : FINE;
}

static int commit(Recorder *r)
{
    if (r->out.size + END_BYTES > r->max_bytes)
        return FULL;
    r->committed = r->out.size;
    r->events++;
    return FINE;
}

static int put_line(Recorder *r, const Line *line)
{
    int number = line->span->number;
    if (number < SHORT_LINES)
        return put_byte(&r->out, (unsigned char)(SHORT_LINE + number));
    TRY(put_byte(&r->out, LINE));
    return put_varint(&r->out, (size_t)number);
}

static int write_line(Recorder *r, Activation *a, Line *line)
{
    TRY(check_limits(r, a, 0));
    TRY(write_changes(r, a));
    if (a->slow || a->fresh) {
        Py_ssize_t found = 0;
        a->fresh = 0;
        TRY(look_at_names(r, a, &found));
    }
    TRY(define_statement(r, line->span));
    a->line = line;
    a->raised = 0;
    end_statement(a);
    TRY(flush(r));
    TRY(put_line(r, line));
    r->last_probe = -1 - line->span->number;
    return commit(r);
}

/* The same for a statement that has no need of more. */
static int write_usual_line(Recorder *r, Activation *a, Line *line)
{
    if (r->current != a->number)
        TRY(go(r, a->number));
    if (a->line && a->line->io)
        TRY(write_io(r, a->line));
    if (r->told_count)
        TRY(drain(r, a));
    if (a->touched_count | a->kept_count) {
        TRY(look_at_touched(r, a));
        end_statement(a);
    }
    if (r->pending_count)
        TRY(flush(r));
    TRY(put_line(r, line));
    TRY(commit(r));
    r->last_probe = -1 - line->span->number;
    a->line = line;
    a->raised = 0;
    return FINE;
}

/* The nearest frame of the program that waits for this one; the module if there is none. */
static Activation *parent_of(Recorder *r, PyFrameObject *frame)
{
    Activation *found = NULL;
    PyFrameObject *outer = PyFrame_GetBack(frame);
    while (outer && !found) {
        found = map_get(&r->activations, outer);
        PyFrameObject *next = found ? NULL : PyFrame_GetBack(outer);
        Py_DECREF(outer);
        outer = next;
    }
    Py_XDECREF(outer);
    return found ? found : &r->module;
}

static void free_activation(Activation *a)
{
    end_statement(a);
    Cell *cells = a->cells;
    int count = a->cell_count;
    a->cells = NULL;
    a->cell_count = 0;
    for (int i = 0; i < count; i++)
        Py_XDECREF(cells[i].value);
    PyMem_Free(cells);
    PyMem_Free(a->touched);
    PyMem_Free(a->kept);
    Py_XDECREF(a->frame);
}

/* Defines a function on first use; gives its index. */
static int define_function(Recorder *r, Code *code, PyObject *arguments, Py_ssize_t *index)
{
    PyObject *address = PyLong_FromVoidPtr(code->code), *key = address ? PyTuple_Pack(2, address, arguments) : NULL;
    Py_XDECREF(address);
    if (!key)
        return BROKEN;
    PyObject *known = PyDict_GetItemWithError(r->functions, key);
    if (known) {
        *index = PyLong_AsSsize_t(known);
        Py_DECREF(key);
        return FINE;
    }
    *index = PyDict_GET_SIZE(r->functions);
    PyObject *number = PyErr_Occurred() ? NULL : PyLong_FromSsize_t(*index);
    int failed = !number || PyDict_SetItem(r->functions, key, number) < 0;
    Py_XDECREF(number);
    Py_DECREF(key);
    if (failed)
        return BROKEN;
    PyObject *full = PyObject_GetAttrString((PyObject *)code->code, "co_qualname");
    PyObject *mark = PyUnicode_FromString("<locals>.");
    PyObject *parts = full && mark ? PyUnicode_RSplit(full, mark, 1) : NULL;
    Py_XDECREF(full);
    Py_XDECREF(mark);
    if (!parts)
        return BROKEN;
    Bytes *b = &r->body;
    b->size = 0;
    int fault = put_name(r, b, PyList_GET_ITEM(parts, PyList_GET_SIZE(parts) - 1));
    Py_DECREF(parts);
    TRY(fault);
    int first = code->code->co_firstlineno;
    Span *span;
    if (first < r->line_count && r->lines[first].exists)
        span = r->lines[first].span;
    else {
        PyObject *place = Py_BuildValue("(iiii)", first, 0, first, 0);
        span = place ? span_of(r, place) : NULL;
        Py_XDECREF(place);
        if (!span)
            return BROKEN;
    }
    TRY(define_statement(r, span));
    TRY(put_varint(b, (size_t)span->number));
    TRY(put_varint(b, (size_t)PyTuple_GET_SIZE(arguments)));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); i++)
        TRY(put_name(r, b, PyTuple_GET_ITEM(arguments, i)));
    TRY(put_byte(&r->out, FUNCTION));
    return put(&r->out, b->data, b->size);
}

static int write_new_call(Recorder *r, PyFrameObject *frame, Code *code, Activation *parent, Activation **opened)
{
    Activation *a = PyMem_Calloc(1, sizeof(Activation));
    if (!a) {
        PyErr_NoMemory();
        return BROKEN;
    }
    a->number = ++r->opened;
    a->parent = parent->number;
    a->slow = code->slow || r->wild;
    a->fresh = code->frees;
    a->code = code;
    a->frame = (PyFrameObject *)Py_NewRef(frame);
    int fault = map_add(&r->activations, frame, a);
    if (fault) {
        free_activation(a);
        PyMem_Free(a);
        return fault;
    }
    *opened = a;
    Py_ssize_t count = PyTuple_GET_SIZE(code->arguments), bound = 0;
    PyObject *held = PyTuple_New(count), *names = NULL;
    if (!held)
        return BROKEN;
    for (Py_ssize_t i = 0; i < count && !fault; i++) {
        PyObject *value;
        fault = local_value(frame, PyTuple_GET_ITEM(code->arguments, i), &value);
        if (!fault && value) {
            fault = set_name(r, a, code->variables[i], value);
            bound++;
            PyTuple_SET_ITEM(held, i, value);
        }
    }
    if (!fault && bound < count) {
        /* An argument can be missing only where the program has tampered with the frame. */
        names = PyList_New(0);
        for (Py_ssize_t i = 0; i < count && names; i++)
            if (PyTuple_GET_ITEM(held, i) && PyList_Append(names, PyTuple_GET_ITEM(code->arguments, i)) < 0)
                Py_CLEAR(names);
        PyObject *tuple = names ? PyList_AsTuple(names) : NULL;
        Py_XDECREF(names);
        names = tuple;
        fault = names ? FINE : BROKEN;
    }
    Bytes *b = &r->record;
    b->size = 0;
    for (Py_ssize_t i = 0; i < count && !fault; i++)
        if (PyTuple_GET_ITEM(held, i))
            fault = put_value(r, b, PyTuple_GET_ITEM(held, i));
    Py_ssize_t index = code->index;
    if (!fault && (index < 0 || names)) {
        fault = define_function(r, code, names ? names : code->arguments, &index);
        if (!names)
            code->index = index;
    }
    Py_XDECREF(names);
    Py_DECREF(held);
    TRY(fault);
    TRY(flush(r));
    TRY(put_byte(&r->out, CALL));
    TRY(put_varint(&r->out, (size_t)index));
    TRY(put(&r->out, b->data, b->size));
    r->current = a->number;
    return commit(r);
}

/* The instruction at which a frame stands; -1 on failure. */
static int opcode_of(const Activation *a)
{
    if (!a->code->bytes)
        a->code->bytes = PyCode_GetCode(a->code->code);
    PyObject *bytes = a->code->bytes;
    if (!bytes)
        return -1;
    Py_ssize_t at = PyFrame_GetLasti(a->frame);
    /* As Python indexes: a frame that has not begun stands before its first instruction. */
    if (at < 0)
        at += PyBytes_GET_SIZE(bytes);
    return at >= 0 && at < PyBytes_GET_SIZE(bytes) ? ((unsigned char *)PyBytes_AS_STRING(bytes))[at] : 0;
}

/* A setter is called with what the augmented assignment has changed in place. */
static int look_at_stored(Recorder *r, const Activation *parent, PyFrameObject *frame, const Code *code)
{
    PyFrameObject *outer = PyFrame_GetBack(frame);
    Py_XDECREF(outer);
    if (outer != parent->frame)
        return FINE;
    int opcode = opcode_of(parent);
    if (opcode < 0)
        return BROKEN;
    if (!r->stores[opcode])
        return FINE;
    Py_ssize_t missed = 0;
    if (code->code->co_flags & CO_VARARGS)
        return look_everywhere(r, &missed);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->arguments); i++) {
        PyObject *value;
        TRY(local_value(frame, PyTuple_GET_ITEM(code->arguments, i), &value));
        int fault = value ? look(r, value, ANY, NULL) : FINE;
        Py_XDECREF(value);
        TRY(fault);
    }
    return FINE;
}

static int write_call(Recorder *r, PyFrameObject *frame, Code *code, Activation **entered)
{
    Activation *parent = parent_of(r, frame);
    TRY(check_limits(r, parent, 1));
    TRY(write_changes(r, parent));
    if (parent->line && parent->line->augments)
        TRY(look_at_stored(r, parent, frame, code));
    Activation *a = map_get(&r->activations, frame);
    if (!a)
        return write_new_call(r, frame, code, parent, entered);
    *entered = a;
    a->parent = parent->number;
    a->fresh = code->frees || code->cells;
    TRY(flush(r));
    TRY(put_byte(&r->out, RESUME));
    TRY(put_varint(&r->out, a->number));
    r->current = a->number;
    return commit(r);
}

static void leave(Recorder *r, Activation *a)
{
    map_drop(&r->activations, a->frame);
    r->running_frame = NULL;
    r->running = NULL;
}

static int write_return(Recorder *r, Activation *a, PyObject *value)
{
    int opcode = opcode_of(a);
    if (opcode < 0)
        return BROKEN;
    int left = value == Py_None && (a->raised || a->code->handlers) && !r->returns[opcode] &&
               (a->raised || !r->yields[opcode]);
    if (a == &r->module) {
        TRY(write_io(r, NULL));
        if (a->code->code == r->silent && !left) {
            leave(r, a);
            return FINE;
        }
    }
    TRY(write_changes(r, a));
    if (a->slow || a->fresh || left) {
        Py_ssize_t found = 0;
        TRY(look_at_names(r, a, &found));
    }
    int waits = !left && a->code->generator && r->yields[opcode];
    r->record.size = 0;
    if (!left)
        TRY(put_value(r, &r->record, value));
    TRY(flush(r));
    TRY(put_byte(&r->out, left ? UNWIND : waits ? YIELD : RETURN));
    TRY(put(&r->out, r->record.data, r->record.size));
    r->current = a->parent;
    if (!waits && a != &r->module) {
        leave(r, a);
        free_activation(a);
        PyMem_Free(a);
    }
    return commit(r);
}

static int write_exception(Recorder *r, Activation *a, PyObject *raised)
{
    Line *line = a->line;
    PyObject *kind = PyTuple_GET_ITEM(raised, 0), *error = PyTuple_GET_ITEM(raised, 1);
    a->raised = 1;
    if (!line || (line->ends_iteration && kind == PyExc_StopIteration))
        return FINE;
    TRY(write_changes(r, a));
    if (line->acts || a->slow) {
        Py_ssize_t found = 0;
        TRY(look_at_names(r, a, &found));
        TRY(look_everywhere(r, &found));
    }
    TRY(define_statement(r, line->span));
    PyObject *name = PyType_GetName((PyTypeObject *)kind);
    PyObject *text = name ? ask(r->exception_text, kind, error) : NULL;
    Bytes *b = &r->record;
    b->size = 0;
    int fault = text ? FINE : BROKEN;
    if (!fault)
        fault = put_varint(b, (size_t)line->span->number);
    if (!fault)
        fault = put_name(r, b, name);
    if (!fault)
        fault = put_value(r, b, text);
    Py_XDECREF(name);
    Py_XDECREF(text);
    TRY(fault);
    TRY(flush(r));
    TRY(put_byte(&r->out, EXCEPTION));
    TRY(put(&r->out, b->data, b->size));
    return commit(r);
}

/* ---- The hook ---- */

static const char *const MARKS[] = {"end", "events", "bytes"};

/* Ends the recording for good, at a limit or because it has failed. */
static void cut(Recorder *r, int fault)
{
    if (fault == BROKEN) {
        int limit = lift_limit();
        PyObject *kind, *error, *traceback;
        PyErr_Fetch(&kind, &error, &traceback);
        r->mark = 1;
        r->failure = PyUnicode_FromFormat("%S: %S", kind, error ? error : Py_None);
        PyErr_Clear();
        if (!r->failure)
            r->failure = Py_NewRef(kind);
        Py_XDECREF(kind);
        Py_XDECREF(error);
        Py_XDECREF(traceback);
        lower_limit(limit);
        return;
    }
    r->mark = fault == ENOUGH ? 1 : 2;
    PyObject *mark = PyUnicode_FromString(MARKS[r->mark]);
    PyObject *done = mark ? ask(r->stop, mark, NULL) : NULL;
    Py_XDECREF(mark);
    Py_XDECREF(done);
    if (!done)
        PyErr_WriteUnraisable((PyObject *)r);
}

static int is_expression(PyObject *name)
{
    static const char *const NAMES[] = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"};
    for (int i = 0; i < 5; i++)
        if (PyUnicode_CompareWithASCIIString(name, NAMES[i]) == 0)
            return 1;
    return 0;
}

static int has_names(PyObject *names)
{
    int found = names && PyTuple_GET_SIZE(names) > 0;
    Py_XDECREF(names);
    return found;
}

/* What is known of a code object, found out when it is first run; NULL on failure. */
static Code *code_of(Recorder *r, PyCodeObject *code)
{
    Code *known = map_get(&r->codes, code);
    if (known)
        return known;
    known = PyMem_Calloc(1, sizeof(Code));
    if (!known) {
        PyErr_NoMemory();
        return NULL;
    }
    known->index = -1;
    if (map_add(&r->codes, code, known)) {
        PyMem_Free(known);
        return NULL;
    }
    known->code = (PyCodeObject *)Py_NewRef(code);
    known->traced = PyUnicode_Compare(code->co_filename, r->filename) == 0 && !is_expression(code->co_name) &&
                    (code->co_flags & CO_OPTIMIZED);
    known->handlers = PyBytes_GET_SIZE(code->co_exceptiontable) > 0;
    if (!known->traced)
        return known;
    known->generator = (code->co_flags & CO_GENERATOR) != 0;
    known->frees = has_names(PyCode_GetFreevars(code));
    known->cells = has_names(PyCode_GetCellvars(code));
    PyObject *line = PyLong_FromLong(code->co_firstlineno);
    known->slow = line ? PySet_Contains(r->slow_lines, line) : -1;
    Py_XDECREF(line);
    PyObject *names = PyCode_GetVarnames(code);
    Py_ssize_t count = code->co_argcount + code->co_kwonlyargcount + !!(code->co_flags & CO_VARARGS) +
                       !!(code->co_flags & CO_VARKEYWORDS);
    known->arguments = names ? PyTuple_GetSlice(names, 0, count) : NULL;
    Py_XDECREF(names);
    if (!known->arguments)
        return NULL;
    count = PyTuple_GET_SIZE(known->arguments);
    known->variables = PyMem_Malloc((size_t)(count + 1) * sizeof(int));
    for (Py_ssize_t i = 0; i < count && known->variables; i++)
        known->variables[i] = variable_of(r, PyTuple_GET_ITEM(known->arguments, i));
    return PyErr_Occurred() ? NULL : known;
}

static int on_call(Recorder *r, PyFrameObject *frame)
{
    PyCodeObject *object = PyFrame_GetCode(frame);
    Code *code = code_of(r, object);
    Py_DECREF(object);
    if (!code)
        return BROKEN;
    Activation *entered = NULL;
    if (object == r->module_code) {
        Py_XSETREF(r->module.frame, (PyFrameObject *)Py_NewRef(frame));
        r->module.code = code;
        if (!map_get(&r->activations, frame))
            TRY(map_add(&r->activations, frame, &r->module));
        entered = &r->module;
    }
    else if (!code->traced) {
        r->foreign_frame = frame;
        return FINE;
    }
    else
        TRY(write_call(r, frame, code, &entered));
    r->running_frame = frame;
    r->running = entered;
    if (r->foreign_frame == frame)
        r->foreign_frame = NULL;
    return FINE;
}

static int on_line(Recorder *r, Activation *a, PyFrameObject *frame)
{
    int number = PyFrame_GetLineNumber(frame);
    Line *line = number >= 0 && number < r->line_count ? &r->lines[number] : NULL;
    /* A jump inside a statement's own code fires again; between two runs of one stands another. */
    if (!line || !line->exists || line == a->line)
        return FINE;
    if (a->slow || a->fresh || line->span->number < 0 || r->events >= r->next_stop)
        return write_line(r, a, line);
    return write_usual_line(r, a, line);
}

static int hook(PyObject *self, PyFrameObject *frame, int what, PyObject *argument)
{
    Recorder *r = (Recorder *)self;
    if (r->mark || what > PyTrace_RETURN)
        return 0;
    Activation *a = NULL;
    if (what != PyTrace_CALL) {
        if (frame == r->foreign_frame)
            return 0;
        if (frame == r->running_frame)
            a = r->running;
        else {
            a = map_get(&r->activations, frame);
            if (!a) {
                r->foreign_frame = frame;
                return 0;
            }
            r->running_frame = frame;
            r->running = a;
        }
    }
    while (r->busy) {
        /* Another thread is recording, and waits for Python. */
        Py_BEGIN_ALLOW_THREADS
        usleep(20);
        Py_END_ALLOW_THREADS
        if (r->mark)
            return 0;
    }
    r->busy = 1;
    int fault = FINE;
    switch (what) {
    case PyTrace_CALL:
        fault = on_call(r, frame);
        break;
    case PyTrace_LINE:
        fault = on_line(r, a, frame);
        break;
    case PyTrace_RETURN:
        fault = check_limits(r, a, 0);
        if (!fault)
            fault = write_return(r, a, argument ? argument : Py_None);
        break;
    case PyTrace_EXCEPTION:
        fault = check_limits(r, a, 0);
        if (!fault)
            fault = write_exception(r, a, argument);
        break;
    }
    r->busy = 0;
    if (fault)
        cut(r, fault);
    return 0;
}

/* ---- Marks: what the instrumented program tells through ---- */

typedef struct {
    PyObject_HEAD
    Recorder *recorder;
    int number;
} Mark;

/* `mark[e]` is `e`, and tells it; `mark[x, …]` of a beginning is true. */
static PyObject *mark_probe(PyObject *self, PyObject *value)
{
    Mark *mark = (Mark *)self;
    Recorder *r = mark->recorder;
    const Tell *told = &r->tells[mark->number];
    if (told->inner) {
        PyObject *answer = told->begins ? Py_True : value;
        if (r->inner_passes <= 0)
            r->inner_cut++;
        else {
            r->inner_passes--;
            if (tell(r, mark->number, value, NULL) < 0)
                return NULL;
        }
        return Py_NewRef(answer);
    }
    return tell(mark->recorder, mark->number, value, NULL) < 0 ? NULL : Py_NewRef(value);
}

/* `del mark[x]` and `mark[x] = y` tell one and two operands, `del mark[x, y, z]` any number. */
static int mark_note(PyObject *self, PyObject *first, PyObject *second)
{
    Mark *mark = (Mark *)self;
    return tell(mark->recorder, mark->number, first, second);
}

static void mark_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((Mark *)self)->recorder);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot mark_slots[] = {
    {Py_mp_subscript, mark_probe},
    {Py_mp_ass_subscript, mark_note},
    {Py_tp_dealloc, mark_dealloc},
    {Py_tp_doc, "Tells the recorder what it is subscripted with."},
    {0, NULL},
};

static PyType_Spec mark_spec = {
    .name = "tracer._native.Mark",
    .basicsize = sizeof(Mark),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = mark_slots,
};

static PyTypeObject *mark_type;

/* ---- The recorder's tables ---- */

static int number_of(PyObject *object)
{
    return (int)PyLong_AsLong(object);
}

static int read_statement(Recorder *r, Line *line, PyObject *statement)
{
    PyObject *place = PyObject_GetAttrString(statement, "span");
    line->span = place ? span_of(r, place) : NULL;
    Py_XDECREF(place);
    if (!line->span)
        return BROKEN;
    line->exists = 1;
    line->ends_iteration = truth_of(statement, "ends_iteration");
    line->acts = truth_of(statement, "acts");
    line->prints = truth_of(statement, "prints");
    line->io = line->prints | truth_of(statement, "reads");
    line->augments = truth_of(statement, "augments");
    return PyErr_Occurred() ? BROKEN : FINE;
}

static int read_statements(Recorder *r, PyObject *statements)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(statements, &at, &key, &value))
        if (number_of(key) >= r->line_count)
            r->line_count = number_of(key) + 1;
    r->lines = PyMem_Calloc((size_t)r->line_count + 1, sizeof(Line));
    if (!r->lines) {
        PyErr_NoMemory();
        return BROKEN;
    }
    at = 0;
    while (PyDict_Next(statements, &at, &key, &value))
        if (number_of(key) >= 0)
            TRY(read_statement(r, &r->lines[number_of(key)], value));
    return PyErr_Occurred() ? BROKEN : FINE;
}

static void count_operand(Tell *tell, int place)
{
    if (place > tell->operands)
        tell->operands = place;
}

/* An action as tracer/statements.py has it. */
static int read_action_tuple(Recorder *r, Tell *tell, Action *action, PyObject *from)
{
    PyObject *first = PyTuple_GET_ITEM(from, 1), *second = PyTuple_GET_ITEM(from, 2);
    action->kind = number_of(PyTuple_GET_ITEM(from, 0));
    action->how = number_of(PyTuple_GET_ITEM(from, 3));
    if (action->kind <= N_CHANGE_OUTER) {
        action->variable = variable_of(r, first);
        action->second = number_of(second);
        count_operand(tell, action->second);
    }
    else {
        action->first = number_of(first);
        count_operand(tell, action->first);
        if (action->kind == N_LOOK)
            action->how = number_of(second);
        else if (action->kind == N_ATTRIBUTE || action->kind == N_CHANGE_ATTRIBUTE)
            action->name = Py_NewRef(second);
        else {
            action->second = number_of(second);
            count_operand(tell, action->second);
        }
        if (action->kind == N_ITEM || action->kind == N_ATTRIBUTE)
            action->how = NOTHING;
    }
    return PyErr_Occurred() ? BROKEN : FINE;
}

static int read_note_tell(Recorder *r, Tell *tell, PyObject *actions)
{
    int looks = 0;
    tell->is_note = 1;
    tell->count = (int)PyTuple_GET_SIZE(actions);
    tell->actions = PyMem_Calloc((size_t)tell->count + 1, sizeof(Action));
    if (!tell->actions) {
        PyErr_NoMemory();
        return BROKEN;
    }
    for (int i = 0; i < tell->count; i++) {
        TRY(read_action_tuple(r, tell, &tell->actions[i], PyTuple_GET_ITEM(actions, i)));
        looks += tell->actions[i].kind == N_LOOK;
    }
    for (int i = 0; i < tell->count; i++)
        tell->actions[i].alone = looks == 1;
    return FINE;
}

static int read_probe_tell(Recorder *r, Tell *tell, PyObject *probe)
{
    PyObject *span = PyObject_GetAttrString(probe, "span"), *name = PyObject_GetAttrString(probe, "name");
    PyObject *change = PyObject_GetAttrString(probe, "change"), *binds = PyObject_GetAttrString(probe, "binds");
    tell->keeps = truth_of(probe, "keeps");
    tell->inner = truth_of(probe, "inner");
    if (span && name && change && binds) {
        tell->change = number_of(change);
        tell->spanned = span != Py_None;
        for (int i = 0; i < 4 && tell->spanned; i++)
            tell->place.place[i] = number_of(PyTuple_GET_ITEM(span, i));
        if (name != Py_None)
            tell->variable = variable_of(r, name);
        if (binds != Py_None) {
            tell->binds = number_of(PyTuple_GET_ITEM(binds, 0));
            tell->bound = variable_of(r, PyTuple_GET_ITEM(binds, 1));
        }
    }
    Py_XDECREF(span);
    Py_XDECREF(name);
    Py_XDECREF(change);
    Py_XDECREF(binds);
    return PyErr_Occurred() ? BROKEN : FINE;
}

static int read_beginning_tell(Tell *tell, PyObject *spans)
{
    tell->inner = 1;
    tell->names = (int)PyTuple_GET_SIZE(spans);
    tell->begins = PyMem_Calloc((size_t)tell->names, sizeof(Place));
    if (!tell->begins) {
        PyErr_NoMemory();
        return BROKEN;
    }
    for (int i = 0; i < tell->names; i++) {
        tell->begins[i].index = -1;
        for (int j = 0; j < 4; j++)
            tell->begins[i].place[j] = number_of(PyTuple_GET_ITEM(PyTuple_GET_ITEM(spans, i), j));
    }
    return PyErr_Occurred() ? BROKEN : FINE;
}

static int read_tells(Recorder *r, PyObject *told, PyObject *note_type, PyObject *beginning_type)
{
    r->tells = PyMem_Calloc((size_t)PyList_GET_SIZE(told) + 1, sizeof(Tell));
    if (!r->tells) {
        PyErr_NoMemory();
        return BROKEN;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(told); i++) {
        PyObject *one = PyList_GET_ITEM(told, i);
        Tell *tell = &r->tells[i];
        tell->place.index = tell->variable = tell->binds = -1;
        r->tell_count++;
        if (Py_IS_TYPE(one, (PyTypeObject *)note_type)) {
            PyObject *actions = PyObject_GetAttrString(one, "actions");
            int fault = actions ? read_note_tell(r, tell, actions) : BROKEN;
            Py_XDECREF(actions);
            TRY(fault);
        }
        else if (Py_IS_TYPE(one, (PyTypeObject *)beginning_type)) {
            PyObject *spans = PyObject_GetAttrString(one, "spans");
            int fault = spans ? read_beginning_tell(tell, spans) : BROKEN;
            Py_XDECREF(spans);
            TRY(fault);
        }
        else
            TRY(read_probe_tell(r, tell, one));
    }
    return FINE;
}

static int read_names(Recorder *r, PyObject *names)
{
    PyObject *stored = PyObject_GetAttrString(names, "stored");
    r->stored_names = stored ? PySequence_List(stored) : NULL;
    Py_XDECREF(stored);
    r->wild = truth_of(names, "wild");
    if (!r->stored_names || r->wild < 0 || PyList_Sort(r->stored_names) < 0)
        return BROKEN;
    r->stored_count = (int)PyList_GET_SIZE(r->stored_names);
    r->stored = PyMem_Malloc(((size_t)r->stored_count + 1) * sizeof(int));
    if (!r->stored) {
        PyErr_NoMemory();
        return BROKEN;
    }
    for (int i = 0; i < r->stored_count; i++) {
        r->stored[i] = variable_of(r, PyList_GET_ITEM(r->stored_names, i));
        if (r->stored[i] < 0)
            return BROKEN;
    }
    return FINE;
}

static int read_program(Recorder *r, PyObject *program, PyObject *note_type, PyObject *beginning_type)
{
    PyObject *statements = PyObject_GetAttrString(program, "statements");
    PyObject *probes = PyObject_GetAttrString(program, "probes");
    PyObject *names = PyObject_GetAttrString(program, "names");
    int fault = BROKEN;
    r->slow_lines = PyObject_GetAttrString(program, "slow");
    if (statements && probes && names && r->slow_lines)
        fault = read_statements(r, statements);
    if (!fault)
        fault = read_tells(r, probes, note_type, beginning_type);
    if (!fault)
        fault = read_names(r, names);
    Py_XDECREF(statements);
    Py_XDECREF(probes);
    Py_XDECREF(names);
    if (fault)
        return fault;
    PyObject *zero = PyLong_FromLong(0);
    int slow = zero ? PySet_Contains(r->slow_lines, zero) : -1;
    Py_XDECREF(zero);
    r->module.slow = slow || r->wild;
    r->module.fresh = 1;
    return slow < 0 ? BROKEN : FINE;
}

/* ---- What the recorder needs of Python ---- */

static PyObject *import(const char *module, const char *name)
{
    PyObject *from = PyImport_ImportModule(module);
    PyObject *found = from ? PyObject_GetAttrString(from, name) : NULL;
    Py_XDECREF(from);
    return found;
}

/* An entry of a type's own dict. */
static PyObject *entry_of(PyObject *type, const char *name)
{
    PyObject *entries = PyObject_GetAttrString(type, "__dict__");
    PyObject *entry = entries ? PyMapping_GetItemString(entries, name) : NULL;
    Py_XDECREF(entries);
    return entry;
}

static int mark_opcodes(unsigned char *marked, PyObject *numbers, const char *first, const char *second)
{
    const char *const names[] = {first, second};
    for (int i = 0; i < 2; i++) {
        PyObject *number = PyDict_GetItemString(numbers, names[i]);
        if (number)
            marked[number_of(number) & 0xFF] = 1;
    }
    return PyErr_Occurred() ? BROKEN : FINE;
}

static int import_tools(Recorder *r)
{
    PyObject *self_member = entry_of((PyObject *)&PySuper_Type, "__self__");
    r->super_self = self_member ? PyObject_GetAttrString(self_member, "__get__") : NULL;
    Py_XDECREF(self_member);
    r->read_shape = import("tracer.shapes", "read_shape");
    r->read_note = import("tracer.shapes", "read_note");
    r->describe_exact = import("tracer.nameable", "describe_exact");
    r->describe_opaque = import("tracer.nameable", "describe_opaque");
    PyObject *module = PyDict_GetItemString(r->globals, "__name__");
    PyObject *kind = import("tracer.held", "Holder");
    PyObject *holder = kind ? PyObject_CallOneArg(kind, module ? module : Py_None) : NULL;
    r->held_item = holder ? PyObject_GetAttrString(holder, "item") : NULL;
    r->held_attribute = holder ? PyObject_GetAttrString(holder, "attribute") : NULL;
    Py_XDECREF(holder);
    Py_XDECREF(kind);
    r->untold = import("tracer.held", "UNTOLD");
    r->exception_text = import("tracer.frames", "exception_text");
    r->change_of_bound = import("tracer.effects", "change_of_bound");
    r->deque = (PyTypeObject *)import("collections", "deque");
    r->defaultdict = (PyTypeObject *)import("collections", "defaultdict");
    r->counter_type = (PyTypeObject *)import("collections", "Counter");
    r->ordered_dict = (PyTypeObject *)import("collections", "OrderedDict");
    r->method_wrapper = (PyTypeObject *)import("types", "MethodWrapperType");
    r->ordered_items = r->ordered_dict ? PyObject_GetAttrString((PyObject *)r->ordered_dict, "items") : NULL;
    r->deque_maxlen = r->deque ? entry_of((PyObject *)r->deque, "maxlen") : NULL;
    PyObject *numbers = import("opcode", "opmap");
    int fault = BROKEN;
    if (numbers)
        fault = mark_opcodes(r->yields, numbers, "YIELD_VALUE", "RESUME") |
                mark_opcodes(r->returns, numbers, "RETURN_VALUE", "RETURN_CONST") |
                mark_opcodes(r->stores, numbers, "STORE_ATTR", "STORE_SUBSCR");
    Py_XDECREF(numbers);
    r->flush_name = PyUnicode_InternFromString("flush");
    r->count_name = PyUnicode_InternFromString("count");
    r->dict_name = PyUnicode_InternFromString("__dict__");
    r->self_name = PyUnicode_InternFromString("__self__");
    r->bit_length_name = PyUnicode_InternFromString("bit_length");
    r->to_bytes_name = PyUnicode_InternFromString("to_bytes");
    r->little = PyUnicode_InternFromString("little");
    r->range_name = PyUnicode_InternFromString("range");
    r->function_name = PyUnicode_InternFromString("function");
    r->missing = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    r->texts = PyDict_New();
    r->places = PyDict_New();
    r->span_ids = PyDict_New();
    r->functions = PyDict_New();
    r->changes_of_bound = PyDict_New();
    return PyErr_Occurred() ? BROKEN : fault;
}

/* ---- The recorder as an object ---- */

static PyObject *recorder_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"header", "program", "filename", "names", "counter", "stdout", "stop", "max_events",
                            "max_bytes", "audit", NULL};
    PyObject *program, *filename, *globals, *counter, *stdout_file, *stop;
    Py_buffer header;
    Py_ssize_t max_events, max_bytes;
    int audit;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "y*OUO!OOOnnp", names, &header, &program, &filename,
                                     &PyDict_Type, &globals, &counter, &stdout_file, &stop, &max_events, &max_bytes,
                                     &audit))
        return NULL;
    Recorder *r = (Recorder *)type->tp_alloc(type, 0);
    if (!r) {
        PyBuffer_Release(&header);
        return NULL;
    }
    r->filename = Py_NewRef(filename);
    r->globals = Py_NewRef(globals);
    r->counter = Py_NewRef(counter);
    r->stdout_file = Py_NewRef(stdout_file);
    r->stop = Py_NewRef(stop);
    r->max_events = max_events;
    r->max_bytes = (size_t)max_bytes;
    r->audit = audit;
    r->next_look = audit ? 0 : LOOK_EVERY;
    r->next_stop = r->next_look < max_events ? r->next_look : max_events;
    int fault = put(&r->out, header.buf, (size_t)header.len);
    PyBuffer_Release(&header);
    r->committed = r->out.size;
    r->inner_left = max_bytes / INNER_SHARE;
    r->inner_passes = INNER_EVALUATIONS;
    PyObject *note_type = import("tracer.statements", "Note");
    PyObject *beginning_type = import("tracer.statements", "Beginning");
    if (!note_type || !beginning_type)
        fault = BROKEN;
    if (!fault)
        fault = import_tools(r);
    if (!fault)
        fault = read_program(r, program, note_type, beginning_type);
    Py_XDECREF(note_type);
    Py_XDECREF(beginning_type);
    if (fault) {
        Py_DECREF(r);
        return NULL;
    }
    return (PyObject *)r;
}

static int recorder_traverse(PyObject *self, visitproc visit, void *arg)
{
    Recorder *r = (Recorder *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(r->stop);
    Py_VISIT(r->globals);
    return 0;
}

static int recorder_clear(PyObject *self)
{
    Recorder *r = (Recorder *)self;
    r->mark = 1;
    Py_CLEAR(r->stop);
    return 0;
}

static void free_shadow(Shadow *shadow)
{
    if (!shadow)
        return;
    objects_clear(&shadow->items);
    objects_clear(&shadow->values);
    Py_XDECREF(shadow->held);
    PyMem_Free(shadow);
}

static void free_heap(Recorder *r)
{
    uint32_t count = r->known_count;
    for (Chunk *chunk = r->chunks; chunk;) {
        uint32_t used = count % CHUNK ? count % CHUNK : CHUNK;
        for (uint32_t i = 0; i < used && count; i++, count--) {
            free_shadow(chunk->known[i].shadow);
            Py_XDECREF(chunk->known[i].object);
        }
        Chunk *next = chunk->next;
        PyMem_Free(chunk);
        chunk = next;
    }
    for (size_t i = 0; r->shapes.slots && i <= r->shapes.mask; i++) {
        Slot slot = r->shapes.slots[i];
        if (!slot.key)
            continue;
        Shape *shape = slot.value;
        if (shape != &nothing_to_read) {
            Py_XDECREF(shape->name);
            Py_XDECREF(shape->note);
            Py_XDECREF(shape->slots);
            Py_XDECREF(shape->python);
            PyMem_Free(shape);
        }
        Py_DECREF((PyObject *)slot.key);
    }
    PyMem_Free(r->known.slots);
    PyMem_Free(r->shapes.slots);
    PyMem_Free(r->pending);
    PyMem_Free(r->mutable);
}

static void free_program(Recorder *r)
{
    for (int i = 0; i < r->tell_count; i++) {
        for (int j = 0; j < r->tells[i].count; j++)
            Py_XDECREF(r->tells[i].actions[j].name);
        PyMem_Free(r->tells[i].actions);
        PyMem_Free(r->tells[i].begins);
    }
    for (int i = 0; i < r->variable_count; i++)
        Py_DECREF(r->variables[i].text);
    for (int i = 0; i < LATEST; i++)
        Py_XDECREF(r->latest[i]);
    for (int i = 0; i < r->span_count; i++)
        PyMem_Free(r->spans[i]);
    for (size_t i = 0; r->codes.slots && i <= r->codes.mask; i++) {
        Code *code = r->codes.slots[i].value;
        if (!code)
            continue;
        Py_XDECREF(code->code);
        Py_XDECREF(code->bytes);
        Py_XDECREF(code->arguments);
        PyMem_Free(code->variables);
        PyMem_Free(code);
    }
    for (size_t i = 0; r->activations.slots && i <= r->activations.mask; i++) {
        Activation *a = r->activations.slots[i].value;
        if (!a || a == &r->module)
            continue;
        free_activation(a);
        PyMem_Free(a);
    }
    free_activation(&r->module);
    PyMem_Free(r->tells);
    PyMem_Free(r->variables);
    PyMem_Free(r->spans);
    PyMem_Free(r->lines);
    PyMem_Free(r->stored);
    PyMem_Free(r->after_line);
    PyMem_Free(r->after_probe);
    PyMem_Free(r->codes.slots);
    PyMem_Free(r->activations.slots);
}

static void recorder_dealloc(PyObject *self)
{
    Recorder *r = (Recorder *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    r->mark = 1;
    forget_all_told(r);
    PyMem_Free(r->told);
    PyMem_Free(r->spare);
    free_program(r);
    free_heap(r);
    objects_clear(&r->volatile_owners);
    PyMem_Free(r->volatile_places.slots);
    PyMem_Free(r->out.data);
    PyMem_Free(r->record.data);
    PyMem_Free(r->body.data);
    PyObject *held[] = {
        r->texts, r->places, r->span_ids, r->functions, r->slow_lines, r->filename, r->globals, r->given,
        r->stored_names, (PyObject *)r->module_code, (PyObject *)r->silent, r->stdout_file, r->counter, r->flush_name,
        r->count_name, r->stop, r->read_shape, r->read_note, r->describe_exact, r->describe_opaque,
        r->exception_text, r->change_of_bound, r->ordered_items, r->super_self, r->missing, r->dict_name,
        r->bit_length_name, r->to_bytes_name, r->self_name, r->little, r->deque_maxlen, r->changes_of_bound,
        (PyObject *)r->deque, (PyObject *)r->defaultdict, (PyObject *)r->counter_type, (PyObject *)r->ordered_dict,
        (PyObject *)r->method_wrapper,
        r->range_name, r->function_name, r->failure, r->held_item, r->held_attribute, r->untold,
    };
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        Py_XDECREF(held[i]);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *recorder_begin(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Recorder *r = (Recorder *)self;
    PyObject *given = PySet_New(r->globals);
    if (!given)
        return NULL;
    Py_XSETREF(r->given, given);
    Py_RETURN_NONE;
}

static PyObject *recorder_attach(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyEval_SetTrace(hook, self);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *recorder_enter(PyObject *self, PyObject *frame)
{
    if (!PyFrame_Check(frame)) {
        PyErr_SetString(PyExc_TypeError, "enter() takes a frame");
        return NULL;
    }
    hook(self, (PyFrameObject *)frame, PyTrace_CALL, Py_None);
    Py_RETURN_NONE;
}

static PyObject *recorder_enter_module(PyObject *self, PyObject *arguments)
{
    Recorder *r = (Recorder *)self;
    PyObject *code;
    int final;
    if (!PyArg_ParseTuple(arguments, "O!p", &PyCode_Type, &code, &final))
        return NULL;
    Py_XSETREF(r->module_code, (PyCodeObject *)Py_NewRef(code));
    Py_XSETREF(r->silent, final ? NULL : (PyCodeObject *)Py_NewRef(code));
    Py_RETURN_NONE;
}

static PyObject *recorder_marks(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Recorder *r = (Recorder *)self;
    PyObject *marks = PyList_New(r->tell_count);
    for (int i = 0; marks && i < r->tell_count; i++) {
        Mark *mark = (Mark *)mark_type->tp_alloc(mark_type, 0);
        if (!mark) {
            Py_CLEAR(marks);
            break;
        }
        mark->recorder = (Recorder *)Py_NewRef(self);
        mark->number = i;
        PyList_SET_ITEM(marks, i, (PyObject *)mark);
    }
    return marks;
}

static PyObject *recorder_skip_changes(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Recorder *r = (Recorder *)self;
    Py_ssize_t found = 0;
    r->busy = 1;
    int fault = r->mark ? FINE : look_everywhere(r, &found);
    if (!fault && !r->mark)
        fault = look_at_globals(r, &found);
    forget_all_told(r);
    r->inner_told = r->inner_cut = 0;
    r->inner_passes = r->inner_silent ? 1 : INNER_EVALUATIONS;
    r->busy = 0;
    if (fault == BROKEN)
        return NULL;
    if (fault)
        cut(r, fault);
    Py_RETURN_NONE;
}

static int write_last(Recorder *r)
{
    TRY(write_io(r, NULL));
    TRY(look_everywhere(r, &r->missed));
    TRY(flush(r));
    return r->out.size + END_BYTES > r->max_bytes ? FULL : FINE;
}

static PyObject *recorder_finish(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Recorder *r = (Recorder *)self;
    if (!r->mark) {
        int fault = write_last(r);
        if (fault == BROKEN)
            return NULL;
        r->mark = fault ? 2 : 0;
    }
    PyObject *found = Py_BuildValue("(y#snn)", r->out.data, (Py_ssize_t)(r->mark ? r->committed : r->out.size),
                                    MARKS[r->mark], r->missed, r->events);
    r->mark = r->mark ? r->mark : 1;
    return found;
}

static PyObject *recorder_get_failure(PyObject *self, void *Py_UNUSED(closure))
{
    PyObject *failure = ((Recorder *)self)->failure;
    return Py_NewRef(failure ? failure : Py_None);
}

static PyMethodDef recorder_methods[] = {
    {"attach", recorder_attach, METH_NOARGS, "Records what this thread runs from now on."},
    {"begin", recorder_begin, METH_NOARGS, "Takes the module's names as they are now for given."},
    {"enter", recorder_enter, METH_O, "Begins with a frame that has just been entered."},
    {"enter_module", recorder_enter_module, METH_VARARGS, "Names the code that runs as the module, and if it is final."},
    {"marks", recorder_marks, METH_NOARGS, "The marks of the program's probes and notes, by number."},
    {"skip_changes", recorder_skip_changes, METH_NOARGS, "Takes the state as it is now for granted."},
    {"finish", recorder_finish, METH_NOARGS, "The log up to its END record, the mark, misses and events."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef recorder_attributes[] = {
    {"failure", recorder_get_failure, NULL, "What has ended the recording beside a limit; None if nothing.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot recorder_slots[] = {
    {Py_tp_new, recorder_new},
    {Py_tp_dealloc, recorder_dealloc},
    {Py_tp_traverse, recorder_traverse},
    {Py_tp_clear, recorder_clear},
    {Py_tp_methods, recorder_methods},
    {Py_tp_getset, recorder_attributes},
    {Py_tp_doc, "Records one execution; `tracer.native` makes it."},
    {0, NULL},
};

static PyType_Spec recorder_spec = {
    .name = "tracer._native.Recorder",
    .basicsize = sizeof(Recorder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = recorder_slots,
};

static int load(PyObject *module)
{
    mark_type = (PyTypeObject *)PyType_FromSpec(&mark_spec);
    PyObject *recorder = PyType_FromSpec(&recorder_spec);
    int failed = !mark_type || !recorder || PyModule_AddObjectRef(module, "Recorder", recorder) < 0;
    Py_XDECREF(recorder);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, load},
    {0, NULL},
};

static PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, "tracer._native", "The recorder of tracer.recorder in C.", 0, NULL, module_slots, NULL, NULL,
    NULL,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&module_definition);
}
