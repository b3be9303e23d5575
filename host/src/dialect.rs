//! Dialects: how a library is recognised by what it exports, and how it becomes a plugin. This contract's own is the first
//! one; a program can add others, for libraries that were made for another system.
//!
//! A dialect of another system makes what such a library lacks: a descriptor ([`About`](crate::About)), and a table of
//! callbacks, which call the functions that the library has.

use std::any::Any;
use std::ffi::c_void;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;

use libloading::os::unix;
use pintle_abi_core::{Callbacks, Entry};

use crate::descriptor::Descriptor;
use crate::elf::{Section, Symbol};
use crate::loader::{self, image_of};
use crate::refusal::Refusal;
use crate::slots;

/// A kind of plugin library.
///
/// Images are shared by all hosts of a process, so the dialect of the host that maps a library serves the others too, on
/// their threads, as long as the library is mapped.
pub trait Dialect: Send + Sync + 'static {
    /// Its name for people, such as `Pomelo 1`. Dialects with one name are taken for the same.
    fn name(&self) -> &str;

    /// A function that each of its libraries exports. The host asks the system which file is mapped where it is.
    fn anchor(&self) -> &str;

    /// Looks at a file that is not mapped, none of whose code has run. `None`: it is not of this dialect.
    fn look(&self, exports: &Exports<'_>) -> Option<Claim>;

    /// Enters a library that was mapped, and whose constructors have run; `descriptor` is the one of the claim. It may call
    /// the library, but no host: another load waits meanwhile.
    ///
    /// # Errors
    /// Why the library is refused now that it is mapped. It is unmapped again.
    fn enter(&self, library: &Library<'_>, descriptor: &Descriptor) -> Result<Entrance, Refusal>;
}

/// What a dialect says of a file that is its own.
pub enum Claim {
    /// It can be loaded.
    Accepted(Descriptor),
    /// It cannot be loaded.
    Refused {
        /// Why; [`Refusal::Dialect`] has words of the dialect's own.
        refusal: Refusal,
        /// What the plugin is, if that can be told all the same.
        descriptor: Option<Descriptor>,
    },
}

impl Claim {
    /// A claim with this descriptor, whose file was checked with this result.
    #[must_use]
    pub fn of(descriptor: Result<Descriptor, Refusal>, checked: Result<(), Refusal>) -> Self {
        match (checked, descriptor) {
            (Err(refusal), descriptor) => Self::Refused { refusal, descriptor: descriptor.ok() },
            (Ok(()), Err(refusal)) => Self::Refused { refusal, descriptor: None },
            (Ok(()), Ok(descriptor)) => match descriptor.check() {
                Ok(()) => Self::Accepted(descriptor),
                Err(refusal) => Self::Refused { refusal, descriptor: Some(descriptor) },
            },
        }
    }

    pub(crate) fn accepted(self) -> Result<Descriptor, Refusal> {
        match self {
            Self::Accepted(descriptor) => Ok(descriptor),
            Self::Refused { refusal, .. } => Err(refusal),
        }
    }

    /// The two parts of [`of`](Self::of).
    pub(crate) fn parts(self) -> (Option<Descriptor>, Result<(), Refusal>) {
        match self {
            Self::Accepted(descriptor) => (Some(descriptor), Ok(())),
            Self::Refused { refusal, descriptor } => (descriptor, Err(refusal)),
        }
    }
}

/// What a file exports, read from its headers.
pub struct Exports<'a> {
    pub(crate) path: &'a Path,
    pub(crate) symbols: &'a [Symbol<'a>],
    /// The section that a plugin of this contract has.
    pub(crate) section: Result<Section<'a>, Refusal>,
}

impl<'a> Exports<'a> {
    /// The path of the file, as it was named; empty if there is none. A copy of the file shares its image, whatever it is called.
    #[must_use]
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// The names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.symbols.iter().filter(|symbol| symbol.defined).map(|symbol| symbol.name)
    }

    /// Whether a name is exported.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|own| own == name.as_bytes())
    }
}

/// A library in memory.
pub struct Library<'a> {
    pub(crate) library: &'a unix::Library,
    /// The address of the dialect's [anchor](Dialect::anchor).
    pub(crate) anchor: *const c_void,
}

impl Library<'_> {
    /// The address of what the library exports under a name; `None` if it exports no such name itself. It is valid until
    /// what the dialect keeps in its [`Entrance`] is dropped.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<*const c_void> {
        // The system's loader looks in the libraries that this one needs, too.
        self.find(name).ok().filter(|&found| image_of(found.addr()) == image_of(self.anchor.addr()))
    }

    pub(crate) fn find(&self, name: &str) -> Result<*const c_void, Refusal> {
        loader::address(self.library, name)
    }
}

/// How the kernel gets into a library: an entry, with what it points to.
pub struct Entrance {
    entry: *const Entry,
    made: Option<Arc<Made>>,
}

// SAFETY: an entry is constant data that points to constant data.
unsafe impl Send for Entrance {}

/// What a dialect has made for a library.
struct Made {
    entry: Entry,
    /// The bytes of the descriptor, aligned.
    _bytes: Arc<[u64]>,
    descriptor: Descriptor,
    kept: Arc<dyn Any + Send + Sync>,
}

// SAFETY: as for `Entrance`; the rest is Send itself.
unsafe impl Send for Made {}

/// What the kernel is given of an entrance. It is valid as long as that.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    pub(crate) entry: *const Entry,
    /// The [data](pintle_abi_core::Plugin::data) of an instance whose `create` begins.
    pub(crate) data: *mut c_void,
}

impl Entrance {
    /// An entrance that the dialect makes.
    ///
    /// `descriptor` has the id and the flags of the claim. The rest may be known better now that the library can be
    /// called, but is the same whenever it is mapped.
    ///
    /// `kept` is what the callbacks need: above all the addresses of the library's functions. When the `create` of an
    /// instance begins, [`Plugin::data`](pintle_abi_core::Plugin::data) points to it; `create` may put a pointer of the instance in its place.
    /// It is dropped right before the library is unmapped, when no instance is left, and never if the library stays mapped.
    ///
    /// # Errors
    /// `Entry`: the table's size is not that of [`Callbacks`]. `Slots`: the descriptor announces services, and nothing
    /// handles requests.
    ///
    /// # Safety
    /// The callbacks take what `kept` is for the data of their instance, from `create` on and until they replace it. Whatever
    /// they call of the library is what they take it for.
    pub unsafe fn made<T: Any + Send + Sync>(
        descriptor: Descriptor,
        callbacks: &'static Callbacks,
        kept: Arc<T>,
    ) -> Result<Self, Refusal> {
        if callbacks.size as usize != size_of::<Callbacks>() {
            return Err(Refusal::Entry("its table of callbacks does not have this host's size".to_owned()));
        }
        // SAFETY: a whole table.
        unsafe { slots::check_table(callbacks, !descriptor.services.is_empty()) }?;
        let words = descriptor.bytes.chunks(size_of::<u64>()).map(|chunk| {
            let mut word = [0; size_of::<u64>()];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        });
        let bytes: Arc<[u64]> = words.collect();
        let entry = Entry {
            size: size_of::<Entry>() as u32,
            reserved: 0,
            descriptor: bytes.as_ptr().cast(),
            callbacks,
        };
        let made = Arc::new(Made { entry, _bytes: bytes, descriptor, kept });
        Ok(Self { entry: &raw const made.entry, made: Some(made) })
    }

    /// The entry that the library has itself.
    ///
    /// # Safety
    /// It was checked, and lies in the library.
    pub(crate) unsafe fn own(entry: *const Entry) -> Self {
        Self { entry, made: None }
    }

    pub(crate) fn start(&self) -> Start {
        let data = self.made.as_ref().map_or(null_mut(), |made| Arc::as_ptr(&made.kept).cast_mut().cast());
        Start { entry: self.entry, data }
    }

    /// The descriptor that was made with it.
    pub(crate) fn descriptor(&self) -> Option<&Descriptor> {
        self.made.as_ref().map(|made| &made.descriptor)
    }
}
