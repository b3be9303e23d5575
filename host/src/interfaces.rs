//! The interfaces of the program around a host, which plugins find through `extension` and ask for in `needs`.

use std::ffi::{c_char, c_void};
use std::ptr::null;

use pintle_abi_core::{Instance, Plugin, status};
use pintle_kernel::Kernel;

use crate::error::Error;

/// The instance that calls a function of such a table, by the pointer that it passes. [`tag_of`](crate::tag_of) its handle
/// tells the host. Any thread.
///
/// # Errors
/// `E_ARGUMENT`: NULL. `E_CLOSED`, `E_POISONED`: the instance has ended, or may not call any more.
///
/// # Safety
/// `plugin` is NULL or the pointer that a host gave to a plugin, and the host still lives.
pub unsafe fn caller(plugin: *const Plugin) -> Result<Instance, i32> {
    // SAFETY: the caller's.
    unsafe { Kernel::caller(plugin) }
}

/// A table and the id by which plugins find it.
struct Interface {
    id: String,
    table: *const c_void,
}

/// The interfaces of one host. They are complete before the host starts, so any thread reads them without a lock.
#[derive(Default)]
pub(crate) struct Interfaces(Vec<Interface>);

// SAFETY: the tables are only passed on to plugins; whoever registers one promises that any thread may use it.
unsafe impl Send for Interfaces {}
// SAFETY: as for `Send`.
unsafe impl Sync for Interfaces {}

impl Interfaces {
    pub(crate) fn add(&mut self, id: &str, table: *const c_void) {
        self.0.push(Interface { id: id.to_owned(), table });
    }

    /// Finds an id that no plugin could ask for, or that is there twice.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (at, Interface { id, table }) in self.0.iter().enumerate() {
            let fault = if id.is_empty() || id.contains(|byte: char| byte.is_ascii_whitespace()) {
                "an id has at least one character and no white space"
            } else if table.is_null() {
                "its table is NULL"
            } else if self.0[..at].iter().any(|other| other.id == *id) {
                "it was registered twice"
            } else {
                continue;
            };
            return Err(Error::new(status::E_ARGUMENT, format!("the interface \"{id}\": {fault}")));
        }
        Ok(())
    }

    /// The table of an id, or NULL.
    ///
    /// # Safety
    /// `length` bytes of `id` are readable.
    pub(crate) unsafe fn find(&self, id: *const c_char, length: usize) -> *const c_void {
        if length == 0 {
            return null();
        }
        // SAFETY: the caller's.
        let id = unsafe { std::slice::from_raw_parts(id.cast::<u8>(), length) };
        self.0.iter().find(|own| own.id.as_bytes() == id).map_or(null(), |own| own.table)
    }
}
