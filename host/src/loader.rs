//! The system's loader maps a library by its path; afterwards it is checked that the mapped file is the one that was
//! read.
//!
//! The loader gets the file's own path and not one below `/proc/self/fd`, because debuggers, symbolizers and `$ORIGIN`
//! use it.

use std::ffi::c_void;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::file::{FileId, PluginFile, io};
use crate::process;
use crate::refusal::Refusal;

/// A library in memory.
pub(crate) struct Mapped {
    pub(crate) library: Library,
    /// The path under which the system's loader lists the library.
    pub(crate) path: PathBuf,
    /// The address of the symbol by which its mapping was found.
    pub(crate) anchor: *const c_void,
}

/// How many spellings of its path are tried for one file. Each is new to this process, so a further one is needed only if
/// others spell in the same way.
const SPELLINGS: usize = 16;

/// How many spellings this process has used.
static SPELLED: AtomicU32 = AtomicU32::new(0);

/// Has the system's loader map a file. This runs the constructors of the file that is at the path now, even if it is then
/// refused.
///
/// The loader compares the spelling of paths before it looks at the file, so for a new file at a path that is loaded
/// already it returns the old library. The path is then tried in another spelling. It is absolute, and taken as it is spelled,
/// so that a library that stayed is found again.
///
/// `anchor` is a symbol that the file defines, by which the mapping of the library is found.
pub(crate) fn map(path: &Path, file: &PluginFile, anchor: &str) -> Result<Mapped, Refusal> {
    let own = path;
    let mut path = own.to_owned();
    for _ in 0..SPELLINGS {
        // SAFETY: whoever loads a plugin promises that the constructors of its library do no harm.
        let library =
            unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
                match file.check_file_system() {
                    Err(Refusal::NoExec) => Refusal::NoExec,
                    _ => Refusal::Link(words(&error)),
                }
            })?;
        let lies_there =
            || Ok::<_, Refusal>(FileId::of(&fs::metadata(&path).map_err(io)?) == file.identity().id);
        if let Ok(anchor) = address(&library, anchor)
            // If the system does not tell which file is mapped, the file at the path is compared instead.
            && is_mapped(anchor, file).or_else(|_| lies_there())?
        {
            return Ok(Mapped { library, path, anchor });
        }
        if !lies_there()? {
            return Err(Refusal::Mismatch("the file was replaced meanwhile".to_owned()));
        }
        path = respell(own, SPELLED.fetch_add(1, Ordering::Relaxed));
    }
    Err(Refusal::Mismatch("other files of this name are in the process already".to_owned()))
}

/// Another spelling of the same path for each number: its digits in base two stand before the file's name as `/` and `/.`.
fn respell(path: &Path, number: u32) -> PathBuf {
    let mut longer = path.parent().unwrap_or(Path::new("/")).as_os_str().to_owned();
    for digit in (0..32 - number.leading_zeros()).rev() {
        longer.push(if number >> digit & 1 == 1 { "/." } else { "/" });
    }
    longer.push("/./");
    longer.push(path.file_name().unwrap_or_default());
    longer.into()
}

/// The address of a symbol in a mapped library.
pub(crate) fn address(library: &Library, symbol: &str) -> Result<*const c_void, Refusal> {
    // SAFETY: the symbol is used as an address only.
    unsafe { library.get::<*const c_void>(symbol) }
        .map(|symbol| symbol.into_raw().cast_const())
        .map_err(|error| Refusal::Link(words(&error)))
}

/// Where the image of an address begins; NULL if it is in none.
pub(crate) fn image_of(address: usize) -> *mut c_void {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: the loader looks the address up and does not follow it; all-zero bytes are valid if it finds nothing.
    unsafe {
        libc::dladdr(std::ptr::without_provenance(address), found.as_mut_ptr());
        found.assume_init().dli_fbase
    }
}

/// The error text of the system's loader.
fn words(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// Whether an address lies in a mapping of this file.
///
/// # Errors
/// The system does not tell which file is mapped.
pub(crate) fn is_mapped(address: *const c_void, file: &PluginFile) -> io::Result<bool> {
    let there = process::file_mapped_at(address)?;
    Ok(there.is_some() && (there == Some(file.identity().id) || there == as_mapped(file)?))
}

/// The numbers that the system gives for a mapping of this file. On some file systems, such as overlayfs and btrfs, they
/// differ from the numbers of the file.
fn as_mapped(file: &PluginFile) -> io::Result<Option<FileId>> {
    // SAFETY: the mapping is new, at an address that the system chooses, and nobody reads it.
    let page = unsafe { mmap(null_mut(), 1, ProtFlags::READ, MapFlags::PRIVATE, file, 0) }?;
    let id = process::file_mapped_at(page);
    // SAFETY: the mapping is the one from above, to which nothing refers.
    unsafe { munmap(page, 1) }?;
    id
}
