/* TickPrice and bars by hand through the C API of CPython: what a native decoder could give.
 *
 * ticks(data, wrapper, attribs, decimal) and bars(payload, wrapper, bar_class, decimal) call back;
 * tick_columns(data) and bar_columns(payload) give bytearrays of native numbers, a column each.
 * Numbers are read by strtod on the frame itself. A prototype: it trusts its input to be frames
 * of server 200 and is not part of the package. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

static PyObject *sizes, *n_price, *n_size, *n_hist, *names[8];

static inline unsigned length_at(const char *p) {
    const unsigned char *u = (const unsigned char *)p;
    return (unsigned)u[0] << 24 | (unsigned)u[1] << 16 | (unsigned)u[2] << 8 | u[3];
}

/* The next field: its begin, and p behind its end. */
static inline const char *next(const char **p, const char *end, Py_ssize_t *n) {
    const char *from = *p, *nul = memchr(from, 0, end - from);
    if (!nul) nul = end;
    *n = nul - from;
    *p = nul < end ? nul + 1 : end;
    return from;
}

static PyObject *size_of(const char *s, Py_ssize_t n, PyObject *decimal) {
    PyObject *key = PyUnicode_DecodeASCII(s, n, NULL), *found;
    if (!key) return NULL;
    found = PyDict_GetItemWithError(sizes, key);
    if (found) Py_INCREF(found);
    else if (!PyErr_Occurred() && (found = PyObject_CallOneArg(decimal, key))) {
        if (PyDict_GET_SIZE(sizes) >= 4096) PyDict_Clear(sizes);
        if (PyDict_SetItem(sizes, key, found) < 0) Py_CLEAR(found);
    }
    Py_DECREF(key);
    return found;
}

static int other_kind(long kind) {
    switch (kind) {
    case 1: return 0; case 2: return 3; case 4: return 5;
    case 66: return 69; case 67: return 70; case 68: return 71;
    default: return -1;
    }
}

static int one_tick(const char *p, const char *end, PyObject **call, PyObject *attribs, PyObject *decimal) {
    Py_ssize_t n;
    next(&p, end, &n);
    long req = strtol(next(&p, end, &n), NULL, 10);
    long kind = strtol(next(&p, end, &n), NULL, 10);
    double price = strtod(next(&p, end, &n), NULL);
    const char *amount = next(&p, end, &n);
    Py_ssize_t digits = n;
    long mask = strtol(next(&p, end, &n), NULL, 10);
    PyObject *args[4] = {PyLong_FromLong(req), PyLong_FromLong(kind), PyFloat_FromDouble(price),
                         Py_NewRef(PyTuple_GET_ITEM(attribs, mask & 7))};
    PyObject *done = PyObject_Vectorcall(call[0], args, 4, NULL);
    int other = other_kind(kind), bad = !done;
    Py_XDECREF(done);
    if (!bad && other >= 0) {
        PyObject *more[3] = {args[0], PyLong_FromLong(other), size_of(amount, digits, decimal)};
        done = more[2] ? PyObject_Vectorcall(call[1], more, 3, NULL) : NULL;
        bad = !done;
        Py_XDECREF(done); Py_XDECREF(more[1]); Py_XDECREF(more[2]);
    }
    for (int i = 0; i < 4; i++) Py_XDECREF(args[i]);
    return bad ? -1 : 0;
}

static PyObject *ticks(PyObject *self, PyObject *args) {
    const char *data; Py_ssize_t size, start = 0, count = 0; PyObject *wrapper, *attribs, *decimal;
    if (!PyArg_ParseTuple(args, "y#OO!O", &data, &size, &wrapper, &PyTuple_Type, &attribs, &decimal)) return NULL;
    PyObject *call[2] = {PyObject_GetAttr(wrapper, n_price), PyObject_GetAttr(wrapper, n_size)};
    int bad = !call[0] || !call[1];
    while (!bad && start + 4 <= size) {
        Py_ssize_t body = start + 4, end = body + length_at(data + start);
        if (end > size) break;
        start = end;
        if (end - body < 2 || data[body] != '1' || data[body + 1]) continue;
        bad = one_tick(data + body + 2, data + end, call, attribs, decimal) < 0;
        count++;
    }
    Py_XDECREF(call[0]); Py_XDECREF(call[1]);
    return bad ? NULL : PyLong_FromSsize_t(count);
}

static PyObject *bars(PyObject *self, PyObject *args) {
    const char *p; Py_ssize_t size, n; PyObject *wrapper, *made, *decimal, *none = PyTuple_New(0);
    if (!PyArg_ParseTuple(args, "y#OO!O", &p, &size, &wrapper, &PyType_Type, &made, &decimal)) return NULL;
    const char *end = p + size;
    next(&p, end, &n);
    PyObject *req = PyLong_FromLong(strtol(next(&p, end, &n), NULL, 10));
    long count = strtol(next(&p, end, &n), NULL, 10);
    PyObject *call = PyObject_GetAttr(wrapper, n_hist);
    int bad = !call;
    for (long i = 0; i < count && !bad; i++) {
        PyObject *o = PyBaseObject_Type.tp_new((PyTypeObject *)made, none, NULL), *v;
        for (int k = 0; k < 8 && !bad; k++) {
            const char *s = next(&p, end, &n);
            if (k == 0) v = PyUnicode_DecodeUTF8(s, n, NULL);
            else if (k < 5) v = PyFloat_FromDouble(strtod(s, NULL));
            else if (k < 7) v = size_of(s, n, decimal);
            else v = PyLong_FromLong(strtol(s, NULL, 10));
            bad = !v || PyObject_SetAttr(o, names[k], v) < 0;
            Py_XDECREF(v);
        }
        PyObject *two[2] = {req, o}, *done = bad ? NULL : PyObject_Vectorcall(call, two, 2, NULL);
        bad = !done;
        Py_XDECREF(done); Py_DECREF(o);
    }
    Py_XDECREF(call); Py_DECREF(req); Py_DECREF(none);
    return bad ? NULL : PyLong_FromLong(count);
}

static PyObject *columns_of(PyObject **columns, int many, Py_ssize_t rows, size_t width) {
    PyObject *found = PyTuple_New(many);
    for (int k = 0; k < many; k++) {
        PyByteArray_Resize(columns[k], rows * width);
        PyTuple_SET_ITEM(found, k, columns[k]);
    }
    return found;
}

static PyObject *tick_columns(PyObject *self, PyObject *args) {
    const char *data; Py_ssize_t size, start = 0, row = 0, n;
    if (!PyArg_ParseTuple(args, "y#", &data, &size)) return NULL;
    PyObject *columns[4]; double *to[4];
    for (int k = 0; k < 4; k++) {
        columns[k] = PyByteArray_FromStringAndSize(NULL, (size / 14 + 1) * sizeof(double));
        to[k] = (double *)PyByteArray_AS_STRING(columns[k]);
    }
    while (start + 4 <= size) {
        Py_ssize_t body = start + 4, end = body + length_at(data + start);
        if (end > size) break;
        start = end;
        if (end - body < 2 || data[body] != '1' || data[body + 1]) continue;
        const char *p = data + body + 2;
        next(&p, data + end, &n);
        for (int k = 0; k < 4; k++) to[k][row] = strtod(next(&p, data + end, &n), NULL);
        row++;
    }
    return columns_of(columns, 4, row, sizeof(double));
}

static PyObject *bar_columns(PyObject *self, PyObject *args) {
    const char *p; Py_ssize_t size, n;
    if (!PyArg_ParseTuple(args, "y#", &p, &size)) return NULL;
    const char *end = p + size;
    next(&p, end, &n); next(&p, end, &n);
    long count = strtol(next(&p, end, &n), NULL, 10);
    if (count < 0 || count > size / 8) return PyErr_Format(PyExc_ValueError, "count");
    PyObject *columns[7]; double *to[7];
    for (int k = 0; k < 7; k++) {
        columns[k] = PyByteArray_FromStringAndSize(NULL, count * sizeof(double));
        to[k] = (double *)PyByteArray_AS_STRING(columns[k]);
    }
    PyObject *dates = PyList_New(count);
    for (long i = 0; i < count; i++) {
        const char *s = next(&p, end, &n);
        PyList_SET_ITEM(dates, i, PyUnicode_DecodeUTF8(s, n, "replace"));
        for (int k = 0; k < 7; k++) to[k][i] = strtod(next(&p, end, &n), NULL);
    }
    return Py_BuildValue("NN", dates, columns_of(columns, 7, count, sizeof(double)));
}

static PyMethodDef methods[] = {{"ticks", ticks, METH_VARARGS, NULL},
                                {"bars", bars, METH_VARARGS, NULL},
                                {"tick_columns", tick_columns, METH_VARARGS, NULL},
                                {"bar_columns", bar_columns, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "tape_c", NULL, -1, methods};

PyMODINIT_FUNC PyInit_tape_c(void) {
    static const char *bar[8] = {"date", "open", "high", "low", "close", "volume", "wap", "barCount"};
    sizes = PyDict_New();
    n_price = PyUnicode_InternFromString("tickPrice");
    n_size = PyUnicode_InternFromString("tickSize");
    n_hist = PyUnicode_InternFromString("historicalData");
    for (int k = 0; k < 8; k++) names[k] = PyUnicode_InternFromString(bar[k]);
    return PyModule_Create(&module);
}
