//! The version of this library.

use pintle_abi_core::status::E_IO;
use pintle_abi_core::{ABI_MAJOR, ABI_MINOR, Text};
use pintle_ffi_shared::out;

use crate::lists::view;
use crate::wall::{Failure, free_standing};

/// Gives the version of the ABI that the library offers, and the version of the library, such as `0.1.0` `[static]`.
///
/// `E_ARGUMENT`: a NULL pointer.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// The pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_version(abi_major: *mut u32, abi_minor: *mut u32, library: *mut Text) -> i32 {
    free_standing(|| {
        let (abi_major, abi_minor, library) = (out(abi_major)?, out(abi_minor)?, out(library)?);
        // SAFETY: none is NULL.
        unsafe {
            abi_major.write(ABI_MAJOR.into());
            abi_minor.write(ABI_MINOR.into());
            library.write(view(env!("CARGO_PKG_VERSION")));
        }
        Ok(())
    })
}

/// Installs a handler for the signals that a fault of the process causes. It writes one line to standard error that names the
/// plugin and callback that were running on the thread, and one with the last crossings, and then passes the signal to the
/// handler that was installed before. It applies to the whole process.
///
/// The calling thread, and each thread that begins to run a host or to work for one afterwards, gets a stack for the handler, so
/// that a stack that overflows is reported too. A further call does no more than that for its thread.
///
/// `E_IO`: the system refused.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
#[unsafe(no_mangle)]
pub extern "C" fn pintle_install_crash_handler() -> i32 {
    free_standing(|| {
        pintle_host::install_crash_handler().map_err(|error| Failure { code: E_IO, text: error.to_string() })
    })
}
