//! The system's loader, which maps a library by its path. What it mapped is held against the file.
//!
//! The path is the file's own and not `/proc/self/fd`: debuggers, symbolizers and `$ORIGIN` go by it.

use std::ffi::c_void;
use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::ptr::null_mut;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use pintle_abi_core::Entry;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::descriptor::Descriptor;
use crate::entry;
use crate::file::{FileId, PluginFile, io};
use crate::process;
use crate::refusal::Refusal;

/// A library in memory.
pub(crate) struct Mapped {
    pub(crate) library: Library,
    /// The path by which the system's loader knows it.
    pub(crate) path: PathBuf,
    pub(crate) entry: *const Entry,
}

/// Paths that are tried for one file.
const SPELLINGS: usize = 16;

/// Lets the system's loader map a file. The constructors of whatever lies at the path run here.
///
/// The loader compares paths as they are spelled before it looks at the file, so a new file in an old place gets the old
/// library. Then the path is spelled in another way.
pub(crate) fn map(path: &Path, file: &PluginFile, descriptor: &Descriptor) -> Result<Mapped, Refusal> {
    let mut path = absolute(path).map_err(io)?;
    for _ in 0..SPELLINGS {
        // SAFETY: that the constructors of the library do no harm is what whoever loads a plugin vouches for.
        let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }
            .map_err(|error| Refusal::Link(words(&error)))?;
        let lies_there =
            || Ok::<_, Refusal>(FileId::of(&fs::metadata(&path).map_err(io)?) == file.identity().id);
        let is_the_file = match entry::address(&library, "pintle_entry") {
            // If the system does not tell what is mapped, what lies at the path has to do.
            Ok(entry) => is_mapped(entry, file).or_else(|_| lies_there())?,
            Err(_) => false,
        };
        if is_the_file {
            let entry = entry::of_library(&library, descriptor)?;
            return Ok(Mapped { library, path, entry });
        }
        if !lies_there()? {
            return Err(Refusal::Mismatch("the file was replaced meanwhile".to_owned()));
        }
        path = respell(&path);
    }
    Err(Refusal::Mismatch("other files of this name are in the process already".to_owned()))
}

/// The same path, one `/.` longer.
fn respell(path: &Path) -> PathBuf {
    let mut longer = path.parent().unwrap_or(Path::new("/")).as_os_str().to_owned();
    longer.push("/./");
    longer.push(path.file_name().unwrap_or_default());
    longer.into()
}

/// What the system's loader says of its error.
pub(crate) fn words(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// Whether an address lies in a mapping of this file.
///
/// # Errors
/// The system does not tell.
pub(crate) fn is_mapped(address: *const c_void, file: &PluginFile) -> io::Result<bool> {
    let there = process::file_mapped_at(address)?;
    Ok(there.is_some() && (there == Some(file.identity().id) || there == as_mapped(file)?))
}

/// The numbers that a mapping of this file has. On some file systems, overlayfs and btrfs for two, these are not the
/// numbers of the file.
fn as_mapped(file: &PluginFile) -> io::Result<Option<FileId>> {
    // SAFETY: a new mapping, which nobody reads.
    let page = unsafe { mmap(null_mut(), 1, ProtFlags::READ, MapFlags::PRIVATE, file, 0) }?;
    let id = process::file_mapped_at(page);
    // SAFETY: the mapping from above.
    unsafe { munmap(page, 1) }?;
    id
}
