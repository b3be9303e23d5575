//! Bytes that the caller of a method gives.

use std::mem::MaybeUninit;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Lends the bytes of a bytes-like object to `work`, which calls nothing that could run Python code: that could write
/// over them.
#[inline(always)]
pub(crate) fn lend<T>(data: &Bound<'_, PyAny>, work: impl FnOnce(&[u8]) -> T) -> PyResult<T> {
    match data.cast::<PyBytes>() {
        Ok(bytes) => Ok(work(bytes.as_bytes())),
        Err(_) => lend_buffer(data, work),
    }
}

fn lend_buffer<T>(data: &Bound<'_, PyAny>, work: impl FnOnce(&[u8]) -> T) -> PyResult<T> {
    let mut view = MaybeUninit::uninit();
    // SAFETY: the object lives, and the view is written before it is read.
    let got = unsafe { ffi::PyObject_GetBuffer(data.as_ptr(), view.as_mut_ptr(), ffi::PyBUF_SIMPLE) };
    if got != 0 {
        return Err(PyErr::fetch(data.py()));
    }
    // SAFETY: the call succeeded, and so filled it in.
    let view = Lent(unsafe { view.assume_init() });
    Ok(work(view.bytes()))
}

/// A buffer that is given back.
struct Lent(ffi::Py_buffer);

impl Lent {
    fn bytes(&self) -> &[u8] {
        match usize::try_from(self.0.len) {
            // SAFETY: a simple buffer is `len` contiguous bytes that stay while it is held; nobody writes to them, for
            // the lock is held and no Python code runs.
            Ok(length) if length > 0 => unsafe { std::slice::from_raw_parts(self.0.buf.cast(), length) },
            _ => &[],
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // SAFETY: the buffer was got, and is given back once.
        unsafe { ffi::PyBuffer_Release(&raw mut self.0) };
    }
}
