//! Values that the interpreter's lock protects.

use pyo3::Python;

/// A value that can be reached only under the interpreter's lock, and therefore need not be `Send` or `Sync`.
pub(crate) struct Gil<T>(T);

// SAFETY: a reference to the value is only given to the thread that holds the lock, for as long as it does; and the
// objects that hold such a value are dropped by the interpreter, under the lock.
unsafe impl<T> Send for Gil<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Gil<T> {}

impl<T> Gil<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    #[inline(always)]
    pub(crate) fn get<'a>(&'a self, _py: Python<'a>) -> &'a T {
        &self.0
    }

    /// For the garbage collector, which holds the lock without being able to prove it.
    ///
    /// # Safety
    /// This thread holds the lock.
    pub(crate) unsafe fn collected(&self) -> &T {
        &self.0
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
