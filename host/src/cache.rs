//! Images: mapped plugin files, one for each content in a process. An image stays mapped unless it is safe to unmap it.

use std::cell::Cell;
use std::ffi::c_void;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use libloading::os::unix::Library;
use pintle_abi_core::FLAG_UNLOAD_SAFE;

use crate::descriptor::Descriptor;
use crate::dialect::{self, Dialect, Entrance, Start};
use crate::dialects::{Dialects, Recognise, Recognised};
use crate::file::{PluginFile, io};
use crate::loader::{self, Mapped};
use crate::refusal::{LoadError, Refusal};
use crate::report::Headers;
use crate::residence;
use crate::threads;

/// The images of this process. An image that stays mapped stays in the list with its file open, so that the system
/// gives the numbers of the file to no other file.
static IMAGES: Mutex<Vec<Arc<Image>>> = Mutex::new(Vec::new());

/// The mapped library of a plugin.
pub(crate) struct Image {
    /// The plugin's description of itself.
    pub(crate) descriptor: Descriptor,
    dialect: Arc<dyn Dialect>,
    file: PluginFile,
    /// Of the file when it was mapped.
    checksum: u64,
    /// What its dialect finds it by, which is at another address after the image was mapped anew.
    anchor: AtomicPtr<c_void>,
    users: AtomicUsize,
    /// Locked only by whoever has the list of images locked, so that a forked child finds it free.
    state: Mutex<State>,
}

struct State {
    /// `None` once the library was closed, even if the system keeps it mapped.
    open: Option<Open>,
    /// The path under which the system's loader lists the library.
    path: PathBuf,
    digest: Option<[u8; 32]>,
}

/// A library that was mapped and not closed.
struct Open {
    /// Dropped before the library is closed.
    entrance: Entrance,
    library: Library,
}

/// One use of an image. Dropping it keeps the image mapped; [`close`](Self::close) unmaps the image if that is safe.
pub(crate) struct Use {
    pub(crate) image: Arc<Image>,
}

/// What became of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The system says that it is not mapped any more.
    Unmapped,
    /// It is still mapped, for this reason.
    Resident(String),
}

thread_local!(static IS_INSIDE: Cell<bool> = const { Cell::new(false) });

/// The list, locked while code of a plugin may run: a constructor, or a destructor.
struct Inside(MutexGuard<'static, Vec<Arc<Image>>>);

impl Inside {
    fn begin() -> Self {
        let images = images();
        IS_INSIDE.set(true);
        Self(images)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        IS_INSIDE.set(false);
    }
}

/// Keeps other threads out while this one forks; `None` if it does so already.
pub(crate) fn hold() -> Option<MutexGuard<'static, impl Sized>> {
    (!IS_INSIDE.get()).then(images)
}

/// The id of a plugin whose code is on the stack of the calling thread; `None` also if another thread maps or unmaps one now.
pub(crate) fn on_this_stack() -> Option<String> {
    let images = IMAGES.try_lock().ok()?;
    let is_here = |image: &&Arc<Image>| threads::is_on_this_stack(image.anchor().addr());
    images.iter().find(is_here).map(|image| image.descriptor.id.clone())
}

fn images() -> MutexGuard<'static, Vec<Arc<Image>>> {
    IMAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Maps a plugin's file, or shares the image that has its content. Mapping runs the file's constructors; a file that is
/// refused by its headers or its descriptor is not mapped.
pub(crate) fn open(path: &Path, dialects: &Dialects) -> Result<(Use, Start), LoadError> {
    open_or_share(path, dialects).map_err(|refusal| refusal.of(path))
}

fn open_or_share(path: &Path, dialects: &Dialects) -> Result<(Use, Start), Refusal> {
    let file = PluginFile::open(path)?;
    let recognise = Recognise { dialects, path };
    let mut inside = Inside::begin();
    let images = &mut inside.0;
    images.retain(|image| !image.was_collected());
    if let Some(image) = find(images, &file)? {
        // What a host says of a file does not depend on the dialects of other hosts.
        if !Dialects::leads(&*image.dialect) && file.look(recognise)?.dialect.name() != image.dialect.name() {
            return Err(Refusal::OtherDialect { dialect: image.dialect.name().to_owned() });
        }
        let start = image.reopen()?;
        return Ok((Use { image }, start));
    }
    let (Recognised { dialect, descriptor }, checksum) = file.look_and_sum(recognise)?;
    let Mapped { library, path, anchor } =
        loader::map(&absolute(path).map_err(io)?, &file, dialect.anchor())?;
    let entrance = enter(&*dialect, &library, anchor, &descriptor)?;
    let (start, descriptor) = (entrance.start(), entrance.descriptor().cloned().unwrap_or(descriptor));
    let state = Mutex::new(State { open: Some(Open { entrance, library }), path, digest: None });
    let (anchor, users) = (AtomicPtr::new(anchor.cast_mut()), AtomicUsize::new(1));
    let image = Arc::new(Image { descriptor, dialect, file, checksum, anchor, users, state });
    images.push(image.clone());
    Ok((Use { image }, start))
}

/// Enters a mapped library. What its dialect says of it now agrees with what it said of the file.
fn enter(
    dialect: &dyn Dialect,
    library: &Library,
    anchor: *const c_void,
    descriptor: &Descriptor,
) -> Result<Entrance, Refusal> {
    let entrance = dialect.enter(&dialect::Library { library, anchor }, descriptor)?;
    match entrance.descriptor() {
        Some(made) if made.id != descriptor.id || made.flags != descriptor.flags => {
            Err(Refusal::Mismatch("its dialect gives it another id or other flags".to_owned()))
        }
        _ => Ok(entrance),
    }
}

/// The image of this file, or of another file with the same content.
fn find(images: &[Arc<Image>], file: &PluginFile) -> Result<Option<Arc<Image>>, Refusal> {
    let identity = file.identity();
    if let Some(image) = images.iter().find(|image| image.file.identity().id == identity.id) {
        let is_same = image.file.identity() == identity || file.checksum().map_err(io)? == image.checksum;
        return if is_same { Ok(Some(image.clone())) } else { Err(Refusal::Changed) };
    }
    let mut own = None;
    for image in images.iter().filter(|image| image.file.identity().length == identity.length) {
        let own = match own {
            Some(own) => own,
            None => *own.insert(file.digest().map_err(io)?),
        };
        if image.digest().map_err(io)? == Some(own) {
            return Ok(Some(image.clone()));
        }
    }
    Ok(None)
}

impl Image {
    /// An address in the image.
    pub(crate) fn anchor(&self) -> *const c_void {
        self.anchor.load(Ordering::Acquire)
    }

    fn users(&self) -> usize {
        self.users.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the system kept the image when it was closed, and has unmapped it since.
    fn was_collected(&self) -> bool {
        let state = self.state();
        state.open.is_none() && self.users() == 0 && matches!(self.is_mapped(), Ok(false))
    }

    fn is_mapped(&self) -> io::Result<bool> {
        loader::is_mapped(self.anchor(), &self.file)
    }

    /// Counts one more use. An image that was closed and that the system kept is opened again.
    fn reopen(&self) -> Result<Start, Refusal> {
        let mut state = self.state();
        let start = match &state.open {
            Some(open) => open.entrance.start(),
            None => {
                let Mapped { library, path, anchor } =
                    loader::map(&state.path, &self.file, self.dialect.anchor())?;
                let entrance = enter(&*self.dialect, &library, anchor, &self.descriptor)?;
                let start = entrance.start();
                (state.open, state.path) = (Some(Open { entrance, library }), path);
                self.anchor.store(anchor.cast_mut(), Ordering::Release);
                start
            }
        };
        self.users.fetch_add(1, Ordering::Relaxed);
        Ok(start)
    }

    /// The digest of what was mapped; `None` if the file was changed since.
    fn digest(&self) -> io::Result<Option<[u8; 32]>> {
        let mut state = self.state();
        if state.digest.is_none() && self.file.has(self.checksum)? {
            state.digest = Some(self.file.digest()?);
        }
        Ok(state.digest)
    }

    /// The reason why the system kept the image although it was closed.
    fn pins(&self) -> String {
        let pins = self.file.look(Headers).map(|report| residence::pins(&report)).unwrap_or_default();
        match pins.is_empty() {
            true => "something else in the process holds it".to_owned(),
            false => pins.into_iter().map(|pin| pin.rule).collect::<Vec<_>>().join("; "),
        }
    }
}

impl Use {
    /// Whether closing this use unmaps the image, if the system can.
    pub(crate) fn is_last(&self) -> bool {
        self.image.descriptor.flags.has(FLAG_UNLOAD_SAFE) && self.image.users() == 1
    }

    /// Ends this use. The last use closes the image if its descriptor allows that. Whether the system has then unmapped
    /// it is asked of the system.
    pub(crate) fn close(self) -> Fate {
        let image = self.image.clone();
        drop(self);
        let mut inside = Inside::begin();
        let mut state = image.state();
        if !image.descriptor.flags.has(FLAG_UNLOAD_SAFE) {
            return Fate::Resident("its descriptor lacks UNLOAD_SAFE".to_owned());
        }
        let users = image.users();
        if users > 0 {
            let reason = if users == 1 { "another instance uses it" } else { "other instances use it" };
            return Fate::Resident(reason.to_owned());
        }
        let Some(Open { entrance, library }) = state.open.take() else {
            return Fate::Resident("something else in the process holds it".to_owned());
        };
        drop(entrance);
        // If this fails, the image is still mapped, which is found out below.
        let _ = library.close();
        match image.is_mapped() {
            Ok(false) => {
                drop(state);
                inside.0.retain(|other| !Arc::ptr_eq(other, &image));
                Fate::Unmapped
            }
            Ok(true) => Fate::Resident(image.pins()),
            Err(_) => Fate::Resident("the system does not tell whether it is still mapped".to_owned()),
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.image.users.fetch_sub(1, Ordering::Relaxed);
    }
}
