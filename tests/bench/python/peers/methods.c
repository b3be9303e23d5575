/* The same as methods of objects that hold their handle: the shape that the package has. */
#include "extension.h"

typedef struct handle_t {
    PyObject_HEAD
    /* A session's handle, or a message's number. */
    uint64_t handle;
} handle_t;

#define HANDLE(object) (((handle_t *)(object))->handle)
#define CLOSED UINT64_MAX

static PyTypeObject message_type;

static PyObject *object(PyTypeObject *type, uint64_t handle) {
    handle_t *object = PyObject_New(handle_t, type);
    if (object != NULL) {
        object->handle = handle;
    }
    return (PyObject *)object;
}

static PyObject *nothing(PyObject *self, PyObject *unused) {
    (void)self;
    (void)unused;
    bench_nothing();
    Py_RETURN_NONE;
}

static PyObject *client_id(PyObject *self, void *unused) {
    (void)unused;
    return integer(bench_client_id(HANDLE(self)));
}

static PyObject *channel_mode(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    if (!expects(1, count)) {
        return NULL;
    }
    unsigned long channel = PyLong_AsUnsignedLong(args[0]);
    if (channel == (unsigned long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    return integer(bench_channel_mode(HANDLE(self), (uint32_t)channel));
}

static PyObject *send(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    input_t data;
    if (!expects(1, count) || !input(args[0], &data)) {
        return NULL;
    }
    int64_t sent = bench_send(HANDLE(self), 0, data.data, data.length);
    drop(&data);
    return nothing_of(sent);
}

static PyObject *take(PyObject *self, PyObject *unused) {
    (void)unused;
    int64_t message = bench_take(HANDLE(self));
    return message < 0 ? refuse(message) : object(&message_type, (uint64_t)message);
}

static PyObject *close_message(PyObject *self, PyObject *unused) {
    (void)unused;
    int64_t released = HANDLE(self) == CLOSED ? 0 : bench_release(HANDLE(self));
    HANDLE(self) = CLOSED;
    return nothing_of(released);
}

static void message_dealloc(PyObject *self) {
    if (HANDLE(self) != CLOSED) {
        bench_release(HANDLE(self));
    }
    PyObject_Free(self);
}

static PyObject *request(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    return expects(3, count) ? call(HANDLE(self), args) : NULL;
}

static Py_ssize_t length(PyObject *self) {
    int64_t length = bench_length(HANDLE(self));
    if (length < 0) {
        refuse(length);
        return -1;
    }
    return (Py_ssize_t)length;
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags) {
    const uint8_t *data;
    int64_t length = bench_view(HANDLE(self), &data);
    if (length < 0) {
        refuse(length);
        return -1;
    }
    return PyBuffer_FillInfo(view, self, (void *)data, (Py_ssize_t)length, 1, flags);
}

#define FAST(function) (PyCFunction)(void (*)(void))function, METH_FASTCALL, NULL

static PyMethodDef session_methods[] = {
    {"nothing", nothing, METH_NOARGS, NULL},
    {"channel_mode", FAST(channel_mode)},
    {"send", FAST(send)},
    {"take", take, METH_NOARGS, NULL},
    {"call", FAST(request)},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef message_methods[] = {{"close", close_message, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyGetSetDef session_getters[] = {
    {"client_id", client_id, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject session_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "methods.Session",
    .tp_basicsize = sizeof(handle_t),
    .tp_methods = session_methods,
    .tp_getset = session_getters,
};

static PySequenceMethods message_sequence = {.sq_length = length};
static PyBufferProcs message_buffer = {.bf_getbuffer = get_buffer};

static PyTypeObject message_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "methods.Message",
    .tp_basicsize = sizeof(handle_t),
    .tp_dealloc = message_dealloc,
    .tp_methods = message_methods,
    .tp_as_sequence = &message_sequence,
    .tp_as_buffer = &message_buffer,
};

static PyObject *start(PyObject *module, PyObject *args) {
    const char *owner, *service;
    bench_handles_t handles;
    (void)module;
    if (!PyArg_ParseTuple(args, "ss", &owner, &service)) {
        return NULL;
    }
    int64_t started = bench_start(owner, service, &handles);
    if (started < 0) {
        return refuse(started);
    }
    return Py_BuildValue("NNN", object(&session_type, handles.session), object(&session_type, handles.own),
                         object(&message_type, handles.message));
}

static PyMethodDef functions[] = {{"start", start, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "methods", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit_methods(void) {
    if (PyType_Ready(&session_type) != 0 || PyType_Ready(&message_type) != 0) {
        return NULL;
    }
    return PyModule_Create(&module);
}
