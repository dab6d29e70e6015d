/* Single moves in long lists and deques: see tracer/moves.py, whose steps these are. */

/* Puts into the log that an element of a list is another one now. */
static int store_at(Recorder *r, Known *known, Py_ssize_t place)
{
    PyObject *value = PyList_GET_ITEM(known->object, place);
    if (first_of(&known->shadow->items)[place] == value)
        return FINE;
    Py_INCREF(value);
    shade_index(known->shadow, place, value);
    int fault = write_index(r, known, place, value);
    Py_DECREF(value);
    return fault;
}

/* Is an object of this kind never less than itself? */
static int is_unlike_itself(PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    return type == &PyLong_Type || type == &PyUnicode_Type || type == &PyFloat_Type || type == &PyBytes_Type ||
           type == &PyBool_Type || type == &PyTuple_Type || type == &PyList_Type;
}

/* Goes down from the root; `seen` stays 0 where the path may go both ways. */
static int follow_path(Recorder *r, Known *known, int *seen)
{
    for (Py_ssize_t place = 0, after;; place = after) {
        PyObject *moved = PyList_GET_ITEM(known->object, place), **shadow = first_of(&known->shadow->items);
        Py_ssize_t size = known->shadow->items.size, left = 2 * place + 1, right = left + 1;
        after = left < size && shadow[left] == moved ? left : 0;
        if (right < size && shadow[right] == moved) {
            if (after && !is_unlike_itself(moved))
                return FINE;
            after = right;
        }
        TRY(store_at(r, known, place));
        if (!after)
            break;
    }
    *seen = 1;
    return FINE;
}

/* Records what one call of a heap function did; `seen` stays 0 where that is not all, or cannot be told. */
static int sift(Recorder *r, Known *known, int change, int *seen)
{
    if (!PyList_CheckExact(known->object) || known->shadow->items.size <= FEW)
        return FINE;
    Py_ssize_t length = PyList_GET_SIZE(known->object), grown = length - known->shadow->items.size;
    if (change == HEAP_GREW && grown == 1) {
        TRY(append_one(r, known, length - 1));
        for (Py_ssize_t place = length - 1; place;) {
            place = (place - 1) >> 1;
            TRY(store_at(r, known, place));
        }
        *seen = 1;
        return FINE;
    }
    if (change == HEAP_SHRANK && grown == -1) {
        TRY(drop_last(r, known));
        return follow_path(r, known, seen);
    }
    return change == HEAP_SIFTED && !grown ? follow_path(r, known, seen) : FINE;
}

/* Records that an element has gone at one end and one has come at the other; `done` stays 0 where it cannot be told. */
static int turn(Recorder *r, Known *known, int change, int *done)
{
    Py_ssize_t length = length_of(r, known->object);
    if (length != known->shadow->items.size || length <= FEW)
        return FINE;
    *done = 1;
    if (change == TURNED_LEFT) {
        TRY(drop_first(r, known));
        return append_one(r, known, length - 1);
    }
    TRY(drop_last(r, known));
    Objects part = {0};
    int fault = read_part(r, known->object, 0, 1, &part);
    if (!fault)
        fault = write_splice(r, known, 0, 0, first_of(&part), 1);
    if (!fault)
        fault = insert_part(&known->shadow->items, 1, &part);
    objects_clear(&part);
    return fault;
}
