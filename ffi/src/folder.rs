//! The plugins of a folder.

use std::ffi::{c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use pintle_abi_core::status::OK;
use pintle_abi_core::{AddOptions, FOUND_LOADED, FOUND_PASSED_OVER, FOUND_REFUSED, Found, Instance, Text};
use pintle_host::{Descriptor, Error, LoadOptions, status_text};

use crate::host::Host;
use crate::lists::{self, view, view_bytes};
use crate::plugins::own;
use crate::wall::{Failure, with_host};

/// Loads the plugins of a folder in the order of their names. The files are those that a shell finds as `*.so`: hidden ones and
/// other folders are left out. A file that is refused does not keep the others from being loaded, and is no error of this call.
///
/// `options` is called for each plugin with its path and its id `[call]` and with options that it may change. Their texts must be
/// readable until the next call of `found`. Any other status than `OK` refuses the plugin. `options` may be NULL: each plugin then
/// has the defaults. `found` is called with what became of each file, and may be NULL. Both are called with `context`. Plugins
/// with a lower priority come first, equal ones in the order of loading.
///
/// The code of the plugins runs in the process, with all its rights: load only from folders that are trusted.
///
/// `E_ARGUMENT`: `host` is NULL, or the path is empty or has a NUL in it. `E_NO_FILE`, `E_IO`: the folder cannot be read, and nothing was loaded.
/// `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `path` is NULL or readable, the plugins of the folder are trusted, the functions
/// are NULL or may be called with `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_load_folder(
    host: *mut Host,
    path: *const c_char,
    path_length: usize,
    options: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            path: *const c_char,
            path_length: usize,
            id: *const c_char,
            id_length: usize,
            options: *mut AddOptions,
        ) -> i32,
    >,
    found: Option<unsafe extern "C" fn(context: *mut c_void, found: *const Found)>,
    context: *mut c_void,
) -> i32 {
    let choose = |path: &Path, descriptor: &Descriptor| {
        let Some(options) = options else { return Ok(LoadOptions::default()) };
        let (path, id) = (path.as_os_str().as_bytes(), &descriptor.id);
        let none = Text { data: std::ptr::null(), length: 0 };
        let mut chosen =
            AddOptions { size: size_of::<AddOptions>() as u32, priority: 0, instance: none, config: none };
        // SAFETY: the caller's; all that is passed lives until it returns.
        let code = unsafe {
            options(context, path.as_ptr().cast(), path.len(), id.as_ptr().cast(), id.len(), &raw mut chosen)
        };
        let chosen = match code {
            // SAFETY: the function has filled it.
            OK => unsafe { own(&raw const chosen) },
            code => Err(Failure { code, text: format!("the program refused it: {}", status_text(code)) }),
        };
        chosen.map_err(|failure| Error { code: failure.code, plugin: Some(id.clone()), text: failure.text })
    };
    let tell = |file: &pintle_host::Found| {
        if let Some(found) = found {
            shown(file, |file| {
                // SAFETY: the caller's; all that is passed lives until it returns.
                unsafe { found(context, file) }
            });
        }
    };
    // SAFETY: the caller's.
    unsafe { with_host(host, |inner| Ok(inner.load_folder(lists::path(path, path_length)?, choose, tell)?)) }
}

/// Calls `show` with a file as C sees it.
fn shown(file: &pintle_host::Found, show: impl FnOnce(&Found)) {
    let (path, kind, instance, code, text) = match file {
        pintle_host::Found::Loaded { path, instance } => (path, FOUND_LOADED, *instance, OK, String::new()),
        pintle_host::Found::PassedOver(error) => {
            (&error.path, FOUND_PASSED_OVER, Instance::default(), error.code(), error.to_string())
        }
        pintle_host::Found::Refused { path, error } => {
            let Failure { code, text } = error.clone().into();
            (path, FOUND_REFUSED, Instance::default(), code, text)
        }
    };
    show(&Found {
        size: size_of::<Found>() as u32,
        kind,
        instance,
        code,
        reserved: 0,
        path: view_bytes(path.as_os_str().as_bytes()),
        text: view(&text),
    });
}
