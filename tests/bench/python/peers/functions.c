/* The floor: functions of a module, by METH_FASTCALL and METH_O, on handles that are integers. */
#include "extension.h"

static inline int handle(PyObject *object, uint64_t *bits) {
    *bits = PyLong_AsUnsignedLongLong(object);
    return *bits != UINT64_MAX || !PyErr_Occurred();
}

static PyObject *start(PyObject *module, PyObject *args) {
    const char *owner, *service;
    bench_handles_t handles;
    (void)module;
    if (!PyArg_ParseTuple(args, "ss", &owner, &service)) {
        return NULL;
    }
    int64_t started = bench_start(owner, service, &handles);
    return started < 0 ? refuse(started) : Py_BuildValue("KKK", handles.session, handles.own, handles.message);
}

static PyObject *nothing(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    bench_nothing();
    Py_RETURN_NONE;
}

static PyObject *client_id(PyObject *module, PyObject *session) {
    uint64_t bits;
    (void)module;
    return handle(session, &bits) ? integer(bench_client_id(bits)) : NULL;
}

static PyObject *channel_mode(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    uint64_t session;
    (void)module;
    if (!expects(2, count) || !handle(args[0], &session)) {
        return NULL;
    }
    unsigned long channel = PyLong_AsUnsignedLong(args[1]);
    if (channel == (unsigned long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    return integer(bench_channel_mode(session, (uint32_t)channel));
}

static PyObject *send(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    uint64_t session;
    input_t data;
    (void)module;
    if (!expects(2, count) || !handle(args[0], &session) || !input(args[1], &data)) {
        return NULL;
    }
    int64_t sent = bench_send(session, 0, data.data, data.length);
    drop(&data);
    return nothing_of(sent);
}

static PyObject *length(PyObject *module, PyObject *message) {
    uint64_t bits;
    (void)module;
    return handle(message, &bits) ? integer(bench_length(bits)) : NULL;
}

static PyObject *contents(PyObject *module, PyObject *message) {
    uint64_t bits;
    const uint8_t *data;
    (void)module;
    if (!handle(message, &bits)) {
        return NULL;
    }
    int64_t length = bench_view(bits, &data);
    return bytes(length, data);
}

static PyObject *take(PyObject *module, PyObject *own) {
    uint64_t bits;
    (void)module;
    return handle(own, &bits) ? integer(bench_take(bits)) : NULL;
}

static PyObject *release(PyObject *module, PyObject *message) {
    uint64_t bits;
    (void)module;
    return handle(message, &bits) ? nothing_of(bench_release(bits)) : NULL;
}

static PyObject *request(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    uint64_t session;
    (void)module;
    return expects(4, count) && handle(args[0], &session) ? call(session, args + 1) : NULL;
}

#define FAST(function) (PyCFunction)(void (*)(void))function, METH_FASTCALL, NULL

static PyMethodDef functions[] = {
    {"start", start, METH_VARARGS, NULL},
    {"nothing", nothing, METH_NOARGS, NULL},
    {"client_id", client_id, METH_O, NULL},
    {"channel_mode", FAST(channel_mode)},
    {"send", FAST(send)},
    {"length", length, METH_O, NULL},
    {"contents", contents, METH_O, NULL},
    {"take", take, METH_O, NULL},
    {"release", release, METH_O, NULL},
    {"call", FAST(request)},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "functions", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit_functions(void) {
    return PyModule_Create(&module);
}
