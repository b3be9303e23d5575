//! Images: one per process and content, resident by default, unmapped only where that is safe.

use std::ffi::c_void;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use libloading::os::unix::{Library, RTLD_LAZY, RTLD_LOCAL, RTLD_NOW};
use object::read::ReadCache;
use pintle_abi_core::{Callbacks, Entry, FLAG_UNLOAD_SAFE, covers};
use sha2::{Digest, Sha256};

use crate::descriptor::Descriptor;
use crate::inspect::{Loadable, Positioned, inspect_bytes, io, open_file, with_elf};
use crate::refusal::{LoadError, Refusal};
use crate::{residence, slots};

/// The images of this process. One that stays mapped stays listed, with its file open, so that the numbers by which
/// the system's loader tells files apart are not given to another file meanwhile.
static IMAGES: Mutex<Vec<Arc<Image>>> = Mutex::new(Vec::new());

/// The mapped library of a plugin.
pub(crate) struct Image {
    /// What the plugin says of itself.
    pub(crate) descriptor: Descriptor,
    /// The file, as the first load named it.
    path: PathBuf,
    file: File,
    identity: Identity,
    entry: *const Entry,
    state: Mutex<State>,
}

// SAFETY: `entry` points to constant data of a mapped library.
unsafe impl Send for Image {}
// SAFETY: as above.
unsafe impl Sync for Image {}

#[derive(Default)]
struct State {
    library: Option<Library>,
    users: usize,
    digest: Option<[u8; 32]>,
}

/// What tells one state of one file from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }

    fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

/// One use of an image. Dropping it keeps the image mapped; [`close`](Self::close) asks whether it can go.
pub(crate) struct Use {
    pub(crate) image: Arc<Image>,
}

/// What became of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is mapped no longer, as read back from the system.
    Unmapped,
    /// It is still mapped, and why.
    Resident(String),
}

/// How many fds the images of this process keep open.
pub(crate) fn open_files() -> usize {
    images().len()
}

fn images() -> MutexGuard<'static, Vec<Arc<Image>>> {
    IMAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Maps a plugin's file, or finds it mapped already. The file's constructors run here, and nothing of a file that is
/// refused by what it says of itself.
pub(crate) fn open(path: &Path) -> Result<Use, LoadError> {
    open_or_share(path).map_err(|refusal| refusal.of(path))
}

fn open_or_share(path: &Path) -> Result<Use, Refusal> {
    let (file, metadata) = open_file(path)?;
    let identity = Identity::of(&metadata);
    let mut images = images();
    if let Some(image) = find(&images, &identity, &file)? {
        image.reopen()?;
        return Ok(Use { image });
    }
    let descriptor = with_elf(&ReadCache::new(Positioned::of(&file, &metadata)), Loadable)?;
    let name = loader_name(&file, &images).map_err(io)?;
    let (library, entry) = map(&name, &file, &identity, &descriptor)?;
    let state = State { library: Some(library), users: 1, digest: None };
    let image = Arc::new(Image { descriptor, path: name, file, identity, entry, state: Mutex::new(state) });
    images.push(image.clone());
    Ok(Use { image })
}

/// The image of this file, or of another file with the same content.
fn find(images: &[Arc<Image>], identity: &Identity, file: &File) -> Result<Option<Arc<Image>>, Refusal> {
    if let Some(image) = images.iter().find(|image| image.identity.is_same_file(identity)) {
        return if image.identity == *identity { Ok(Some(image.clone())) } else { Err(Refusal::Changed) };
    }
    let mut own = None;
    for image in images.iter().filter(|image| image.identity.length == identity.length) {
        let own = match own {
            Some(own) => own,
            None => *own.insert(digest(file).map_err(io)?),
        };
        if image.digest().map_err(io)? == Some(own) {
            return Ok(Some(image.clone()));
        }
    }
    Ok(None)
}

fn digest(file: &File) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut at = 0;
    loop {
        match file.read_at(&mut buffer, at)? {
            0 => return Ok(hasher.finalize().into()),
            count => {
                hasher.update(&buffer[..count]);
                at += count as u64;
            }
        }
    }
}

/// The path to give to the system's loader: absolute, and spelled like that of no image. The loader compares spellings
/// before it looks at the file, so that a new file in an old place would get the old image.
fn loader_name(file: &File, images: &[Arc<Image>]) -> io::Result<PathBuf> {
    let path = path_of(file)?;
    let (folder, file) = (path.parent().unwrap_or(Path::new("/")), path.file_name().unwrap_or_default());
    let mut folder = folder.as_os_str().to_owned();
    loop {
        let mut name = folder.clone();
        name.push("/");
        name.push(file);
        if !images.iter().any(|image| image.path.as_os_str() == name) {
            return Ok(name.into());
        }
        folder.push("/.");
    }
}

/// Lets the system's loader map a file, and holds what it mapped against the file.
fn map(
    name: &Path,
    file: &File,
    identity: &Identity,
    descriptor: &Descriptor,
) -> Result<(Library, *const Entry), Refusal> {
    let before = libraries_added();
    // SAFETY: that the constructors of the library do no harm is what whoever loads a plugin vouches for.
    let library = unsafe { Library::open(Some(name), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| Refusal::Link(words(&error)))?;
    let entry = find_entry(&library, descriptor)?;
    let mapped = |fault: &str| Refusal::Mismatch(fault.to_owned());
    if !Identity::of(&fs::metadata(name).map_err(io)?).is_same_file(identity) {
        return Err(mapped("the file was replaced meanwhile"));
    }
    if libraries_added() == before && !is_mapped(entry.cast(), file).map_err(io)? {
        return Err(mapped("another file of this name is in the process already"));
    }
    Ok((library, entry))
}

fn words(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The entry, checked as far as it can be without calling anything.
fn find_entry(library: &Library, descriptor: &Descriptor) -> Result<*const Entry, Refusal> {
    let symbol = |name: &str| {
        // SAFETY: the symbol is only taken as an address.
        unsafe { library.get::<*const c_void>(name) }
            .map(|symbol| symbol.into_raw().cast_const())
            .map_err(|error| Refusal::Link(words(&error)))
    };
    let (described, entry) = (symbol("pintle_descriptor")?, symbol("pintle_entry")?.cast::<Entry>());
    // SAFETY: the file's headers place an object of this name in the library, and its section has these bytes; memory
    // that is mapped from a file is readable.
    let bytes = unsafe { std::slice::from_raw_parts(described.cast::<u8>(), descriptor.bytes.len()) };
    if bytes != descriptor.bytes {
        return Err(Refusal::Mismatch("its descriptor differs in memory".to_owned()));
    }
    if !entry.is_aligned() {
        return Err(Refusal::Entry("it is not aligned".to_owned()));
    }
    // SAFETY: `entry` is an object of the library, and an entry begins with its size.
    if !unsafe { covers!(entry, Entry, callbacks) } {
        return Err(Refusal::Entry("its size does not cover its members".to_owned()));
    }
    // SAFETY: its size covers these members.
    let (own, callbacks) = unsafe { ((*entry).descriptor, (*entry).callbacks) };
    if own.cast() != described {
        return Err(Refusal::Entry("it points to another descriptor than the exported one".to_owned()));
    }
    check_callbacks(callbacks, !descriptor.services.is_empty())?;
    Ok(entry)
}

/// Whether a table of callbacks can serve what the descriptor announces.
pub(crate) fn check_callbacks(callbacks: *const Callbacks, announces_services: bool) -> Result<(), Refusal> {
    if callbacks.is_null() {
        return Err(Refusal::Entry("its table of callbacks is NULL".to_owned()));
    }
    if !callbacks.is_aligned() {
        return Err(Refusal::Entry("its table of callbacks is not aligned".to_owned()));
    }
    // SAFETY: the table begins with its size.
    if !unsafe { covers!(callbacks, Callbacks, reserved) } {
        return Err(Refusal::Entry("the size of its table of callbacks is too small".to_owned()));
    }
    if !announces_services {
        return Ok(());
    }
    slots::check(|name| {
        // SAFETY: a member is read only if the table's size covers it.
        unsafe {
            match name {
                "request" => covers!(callbacks, Callbacks, request) && (*callbacks).request.is_some(),
                "slow_request" => {
                    covers!(callbacks, Callbacks, slow_request) && (*callbacks).slow_request.is_some()
                }
                _ => false,
            }
        }
    })
}

impl Image {
    /// The entry, for as long as the image is mapped.
    pub(crate) fn entry(&self) -> *const Entry {
        self.entry
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more use. An image that the system kept although it was closed is opened again.
    fn reopen(&self) -> Result<(), Refusal> {
        let mut state = self.state();
        if state.library.is_none() {
            let (library, entry) = map(&self.path, &self.file, &self.identity, &self.descriptor)?;
            debug_assert_eq!(entry, self.entry);
            state.library = Some(library);
        }
        state.users += 1;
        Ok(())
    }

    /// The digest of what was mapped; `None` if the file was changed since.
    fn digest(&self) -> io::Result<Option<[u8; 32]>> {
        let mut state = self.state();
        if state.digest.is_none() && Identity::of(&self.file.metadata()?) == self.identity {
            state.digest = Some(digest(&self.file)?);
        }
        Ok(state.digest)
    }

    /// Why the system kept the image although it was closed.
    fn pins(&self) -> String {
        let mut bytes = vec![0; usize::try_from(self.identity.length).unwrap_or(0)];
        let read = self.file.read_exact_at(&mut bytes, 0);
        let report = read.ok().and_then(|()| inspect_bytes(&self.path, &bytes).report);
        let pins = report.map(|report| residence::pins(&report)).unwrap_or_default();
        match pins.is_empty() {
            true => "something else in the process holds it".to_owned(),
            false => pins.into_iter().map(|pin| pin.rule).collect::<Vec<_>>().join("; "),
        }
    }
}

impl Use {
    /// Ends this use. The image goes with its last one, if its descriptor allows that; what really became of it is read
    /// back from the system.
    pub(crate) fn close(self) -> Fate {
        let image = self.image.clone();
        drop(self);
        let mut images = images();
        let mut state = image.state();
        if !image.descriptor.flags.has(FLAG_UNLOAD_SAFE) {
            return Fate::Resident("its descriptor lacks UNLOAD_SAFE".to_owned());
        }
        if state.users > 0 {
            return Fate::Resident(format!("{} other instances use it", state.users));
        }
        let Some(library) = state.library.take() else {
            return Fate::Resident("something else in the process holds it".to_owned());
        };
        // A failure shows in what is read back.
        let _ = library.close();
        if image.is_gone() {
            drop(state);
            images.retain(|other| !Arc::ptr_eq(other, &image));
            return Fate::Unmapped;
        }
        drop(state);
        Fate::Resident(image.pins())
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.image.state().users -= 1;
    }
}

impl Image {
    /// Whether the system's loader has let go of the image, and its memory is mapped no longer.
    fn is_gone(&self) -> bool {
        // SAFETY: a library that is loaded already runs nothing when it is opened once more.
        let held = unsafe { Library::open(Some(&self.path), RTLD_LAZY | libc::RTLD_NOLOAD) }.is_ok();
        !held && !is_mapped(self.entry.cast(), &self.file).unwrap_or(true)
    }
}

/// Whether an address lies in a mapping of this file.
fn is_mapped(address: *const c_void, file: &File) -> io::Result<bool> {
    let address = address.addr();
    let file = path_of(file)?;
    for line in fs::read_to_string("/proc/self/maps")?.lines() {
        let Some((from, to)) = line.split_whitespace().next().and_then(|range| range.split_once('-')) else {
            continue;
        };
        let number = |text| usize::from_str_radix(text, 16).unwrap_or(0);
        if (number(from)..number(to)).contains(&address) {
            let name = line.splitn(6, ' ').nth(5).unwrap_or_default().trim_start();
            return Ok(Path::new(name) == file);
        }
    }
    Ok(false)
}

/// Where a file is, without links.
fn path_of(file: &File) -> io::Result<PathBuf> {
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// How many libraries the system's loader has ever mapped in this process.
fn libraries_added() -> u64 {
    unsafe extern "C" fn first(info: *mut libc::dl_phdr_info, _: usize, added: *mut c_void) -> libc::c_int {
        // SAFETY: the loader passes a filled struct, and `added` is the number below.
        unsafe { *added.cast::<u64>() = (*info).dlpi_adds };
        1
    }
    let mut added = 0_u64;
    // SAFETY: the callback only writes to the number that it is given.
    unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut added).cast()) };
    added
}
