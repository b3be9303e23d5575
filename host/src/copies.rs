//! What all copies of this library in a process share. A program can contain `libpintle.a`, load `libpintle.so`, and load the
//! modules for Python and Node; each copy has statics of its own, and none knows of the others. They find what they share by the
//! name of its mapping.

use std::fs::File;
use std::io::{self, Read};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use pintle_kernel::handle::TAG_MAX;
use rustix::fs::{FlockOperation, MemfdFlags, flock, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap};

/// The name of the memory. Its number is that of the layout of [`Shared`]: copies with another layout do not find it.
const NAME: &str = "pintle-process-1";
/// The list of the process's mappings, whose lock keeps other copies out.
const MAPS: &str = "/proc/self/maps";
/// For how many plugins that allow one instance the copies keep watch together: four for each host that a process can have. With
/// more, each copy keeps watch alone.
const SINGLES_MAX: usize = 4096;

/// It begins as zeroes. No lock is in it, which a thread that a forked child does not have could hold.
#[repr(C)]
pub(crate) struct Shared {
    last_tag: AtomicU32,
    /// One bit for each tag.
    tags: [AtomicU32; TAG_MAX as usize / 32 + 1],
    /// How many of the next were ever in use, so that the rest need not be looked at.
    singles_used: AtomicUsize,
    /// The entries of the plugins that allow one instance and have it.
    singles: [AtomicUsize; SINGLES_MAX],
}

/// What this copy has alone where the system gives no such memory.
static OWN: Shared = Shared {
    last_tag: AtomicU32::new(0),
    tags: [const { AtomicU32::new(0) }; TAG_MAX as usize / 32 + 1],
    singles_used: AtomicUsize::new(0),
    singles: [const { AtomicUsize::new(0) }; SINGLES_MAX],
};

/// What the copies share.
pub(crate) fn shared() -> &'static Shared {
    static FOUND: AtomicPtr<Shared> = AtomicPtr::new(null_mut());
    let mut found = FOUND.load(Ordering::Acquire);
    if found.is_null() {
        let first = find_or_map().map_or((&raw const OWN).cast_mut(), NonNull::as_ptr);
        found = match FOUND.compare_exchange(null_mut(), first, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => first,
            Err(other) => other,
        };
    }
    // SAFETY: it is never unmapped, and its members are atomics, for which zeroes are a value.
    unsafe { &*found }
}

impl Shared {
    /// Takes the tag behind the last one, so that handles of a host that has ended remain foreign as long as possible; `None`
    /// if all are taken.
    pub(crate) fn take_tag(&self) -> Option<u16> {
        let last = self.last_tag.load(Ordering::Relaxed);
        let most = u32::from(TAG_MAX);
        let mut behind = (0..most).map(|step| (last + step) % most + 1);
        let tag = behind.find(|&tag| {
            let (word, bit) = self.tag(tag);
            word.fetch_or(bit, Ordering::AcqRel) & bit == 0
        })?;
        self.last_tag.store(tag, Ordering::Relaxed);
        Some(tag as u16)
    }

    pub(crate) fn give_tag_back(&self, tag: u16) {
        let (word, bit) = self.tag(tag.into());
        word.fetch_and(!bit, Ordering::AcqRel);
    }

    fn tag(&self, tag: u32) -> (&AtomicU32, u32) {
        (&self.tags[tag as usize / 32], 1 << (tag % 32))
    }

    /// Takes the right to be the one instance of a plugin, which is named by its entry. Two copies that try at the same moment
    /// may both be refused.
    pub(crate) fn take_single(&self, entry: usize) -> bool {
        let free =
            |slot: &AtomicUsize| slot.compare_exchange(0, entry, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        let Some(mine) = self.singles.iter().position(free) else { return true };
        self.singles_used.fetch_max(mine + 1, Ordering::SeqCst);
        // Whoever comes later finds this one, so looking afterwards misses nobody.
        let is_only = self.used().filter(|slot| slot.load(Ordering::SeqCst) == entry).count() == 1;
        if !is_only {
            self.singles[mine].store(0, Ordering::SeqCst);
        }
        is_only
    }

    pub(crate) fn give_single_back(&self, entry: usize) {
        if let Some(slot) = self.used().find(|slot| slot.load(Ordering::SeqCst) == entry) {
            slot.store(0, Ordering::SeqCst);
        }
    }

    fn used(&self) -> impl Iterator<Item = &AtomicUsize> {
        self.singles.iter().take(self.singles_used.load(Ordering::SeqCst))
    }
}

fn find_or_map() -> io::Result<NonNull<Shared>> {
    let maps = File::open(MAPS)?;
    // The file is this process's own, so its lock keeps out nobody else. A child that is forked meanwhile has the descriptor
    // too, so closing would not give the lock back.
    flock(&maps, FlockOperation::LockExclusive)?;
    let found = find(&maps).and_then(|found| found.map_or_else(map, Ok));
    flock(&maps, FlockOperation::Unlock)?;
    found
}

fn find(mut maps: &File) -> io::Result<Option<NonNull<Shared>>> {
    let mut text = Vec::new();
    maps.read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).lines().find_map(place))
}

/// Where the memory is, if a line of the list is about it.
fn place(line: &str) -> Option<NonNull<Shared>> {
    let (range, rest) = line.split_once(" rw-p 00000000 ")?;
    let (_, file) = rest.split_once('/')?;
    let name = file.strip_prefix("memfd:")?.strip_suffix(" (deleted)")?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    let is_it = name == NAME && end.checked_sub(start)? >= size_of::<Shared>();
    if is_it { NonNull::new(std::ptr::with_exposed_provenance_mut(start)) } else { None }
}

/// Maps new memory. It is private: a forked child goes on with a copy of its own, as with statics.
fn map() -> io::Result<NonNull<Shared>> {
    let memory = File::from(memfd_create(NAME, MemfdFlags::CLOEXEC)?);
    memory.set_len(size_of::<Shared>() as u64)?;
    // SAFETY: a fresh mapping, placed by the system.
    let start = unsafe {
        mmap(
            null_mut(),
            size_of::<Shared>(),
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE,
            &memory,
            0,
        )
    }?;
    NonNull::new(start.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}
