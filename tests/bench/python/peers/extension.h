/* What the two C extensions have in common. */
#ifndef BENCH_EXTENSION_H
#define BENCH_EXTENSION_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "application.h"

static PyObject *refuse(int64_t result) {
    return PyErr_Format(PyExc_RuntimeError, "status %lld", (long long)-result);
}

static inline PyObject *integer(int64_t result) {
    return result < 0 ? refuse(result) : PyLong_FromLongLong(result);
}

static inline PyObject *nothing_of(int64_t result) {
    return result < 0 ? refuse(result) : Py_NewRef(Py_None);
}

static inline PyObject *bytes(int64_t length, const uint8_t *data) {
    return length < 0 ? refuse(length) : PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)length);
}

static inline int expects(Py_ssize_t wanted, Py_ssize_t given) {
    if (wanted == given) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "%zd arguments expected, %zd given", wanted, given);
    return 0;
}

/* Any bytes-like object, and bytes without a detour. */
typedef struct input_t {
    const uint8_t *data;
    size_t length;
    Py_buffer buffer;
} input_t;

static inline int input(PyObject *object, input_t *input) {
    input->buffer.obj = NULL;
    if (PyBytes_CheckExact(object)) {
        input->data = (const uint8_t *)PyBytes_AS_STRING(object);
        input->length = (size_t)PyBytes_GET_SIZE(object);
        return 1;
    }
    if (PyObject_GetBuffer(object, &input->buffer, PyBUF_SIMPLE) != 0) {
        return 0;
    }
    input->data = input->buffer.buf;
    input->length = (size_t)input->buffer.len;
    return 1;
}

static inline void drop(input_t *input) {
    if (input->buffer.obj != NULL) {
        PyBuffer_Release(&input->buffer);
    }
}

/* A list, as `Session.call` gives. */
static inline PyObject *call(uint64_t session, PyObject *const *args) {
    unsigned long service = PyLong_AsUnsignedLong(args[0]);
    unsigned long id = PyLong_AsUnsignedLong(args[1]);
    input_t payload;
    const uint8_t *result;
    if (PyErr_Occurred() || !input(args[2], &payload)) {
        return NULL;
    }
    int64_t length = bench_call(session, (uint32_t)service, (uint32_t)id, payload.data, payload.length, &result);
    drop(&payload);
    PyObject *item = bytes(length, result);
    PyObject *list = item == NULL ? NULL : PyList_New(1);
    if (list == NULL) {
        Py_XDECREF(item);
        return NULL;
    }
    PyList_SET_ITEM(list, 0, item);
    return list;
}

#endif
