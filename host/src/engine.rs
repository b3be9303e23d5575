//! A kernel with its memory and its platform functions.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Weak};

use pintle_abi_core::{LOG_WARN, Limits, status};
use pintle_kernel::Kernel;
use pintle_kernel::handle::TAG_MAX;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::copies::shared;
use crate::error::Error;
use crate::exit;
use crate::fork::{self, Process};
use crate::platform::Outside;
use crate::signal_stack;
use crate::threads::OfHost;
use crate::waker::Posted;

/// How many hosts one process can have: the tags that fit into a handle.
pub const HOSTS_MAX: usize = TAG_MAX as usize;

/// The kernels of this process by tag, for the crash handler, which can take no lock.
pub(crate) static KERNELS: [AtomicPtr<Kernel>; HOSTS_MAX] = [const { AtomicPtr::new(null_mut()) }; HOSTS_MAX];

/// Visits the kernels of this process. A signal handler may call this.
pub(crate) fn each_kernel(mut visit: impl FnMut(&Kernel)) {
    for kernel in &KERNELS {
        // SAFETY: a kernel that is listed lives, unless its host ends at this very moment on another thread. This is for when the
        // process ends, and nothing better could be done then.
        if let Some(kernel) = unsafe { kernel.load(Ordering::Acquire).as_ref() } {
            visit(kernel);
        }
    }
}

/// One host's engine. Everything in it lives at one address until the last reference is dropped.
pub(crate) struct Engine {
    kernel: NonNull<Kernel>,
    pub(crate) outside: Box<Outside>,
    pub(crate) posted: Posted,
    /// Unmapped after everything above is dropped.
    _region: Region,
    tag: Tag,
}

// SAFETY: the kernel may be reached from any thread, and checks on which one it is; the rest is Send and Sync itself.
unsafe impl Send for Engine {}
// SAFETY: as above.
unsafe impl Sync for Engine {}

impl Engine {
    /// Starts a kernel; the calling thread becomes its kernel thread.
    pub(crate) fn start(
        limits: &Limits,
        outside: Outside,
        memory: Option<Memory>,
    ) -> Result<Arc<Self>, Error> {
        let outside = Box::new(outside);
        let size = Kernel::region_size(limits).map_err(Error::plain)?;
        let region = match memory {
            Some(memory) => memory.region(size)?,
            None => Region::map(size)?,
        };
        let tag = Tag::take()?;
        // SAFETY: the region is fresh memory and lives as long as the kernel, as does what `outside` points to; no
        // other kernel has the tag.
        let kernel = unsafe { Kernel::start(region.start, region.size, limits, &outside.platform(), tag.0) }
            .map_err(Error::plain)?;
        outside.serve(kernel);
        let engine = Arc::new(Self {
            kernel: NonNull::from(kernel),
            outside,
            posted: Posted::default(),
            _region: region,
            tag,
        });
        KERNELS[engine.tag.index()].store(engine.kernel.as_ptr(), Ordering::Release);
        fork::enlist(&engine.outside);
        engine.own_by_this_thread();
        Ok(engine)
    }

    pub(crate) fn kernel(&self) -> &Kernel {
        // SAFETY: it lives in the region, which is unmapped after the last use.
        unsafe { self.kernel.as_ref() }
    }

    pub(crate) fn tag(&self) -> u32 {
        self.tag.0.into()
    }

    /// Refuses calls in a forked child. The first one is logged.
    pub(crate) fn check_process(&self) -> Result<(), Error> {
        let process = &self.outside.process;
        if process.is_this() {
            return Ok(());
        }
        let refusal = Process::refusal();
        if process.tell() {
            self.outside.log(LOG_WARN, "", &refusal.text);
        }
        Err(refusal)
    }

    /// The plugin and the callback that the kernel thread is inside, as far as another thread can tell.
    pub(crate) fn running(&self) -> Option<(String, String)> {
        let mut innermost = None;
        self.kernel().running(|plugin, callback| {
            innermost.get_or_insert_with(|| (plugin.to_owned(), callback.to_owned()));
        });
        innermost
    }

    /// Ends the wait of the kernel thread, if that is another one.
    pub(crate) fn wake_unless_here(&self) {
        if !self.kernel().is_kernel_thread() {
            self.outside.reactor.wake();
        }
    }

    /// Makes the calling thread the kernel thread.
    ///
    /// # Safety
    /// As for [`Kernel::adopt`].
    pub(crate) unsafe fn adopt(self: &Arc<Self>) -> Result<(), Error> {
        self.check_process()?;
        // SAFETY: the caller's.
        unsafe { self.kernel().adopt() }.map_err(Error::plain)?;
        self.own_by_this_thread();
        Ok(())
    }

    /// Makes this thread resign as the kernel thread when it ends, because a later thread may get the same thread pointer and
    /// must not be taken for the kernel thread.
    fn own_by_this_thread(self: &Arc<Self>) {
        signal_stack::offer();
        OWNED.with_borrow_mut(|owned| {
            owned.of_host.get_or_insert_with(OfHost::begin);
            owned.engines.retain(|engine| engine.strong_count() > 0 && !engine.ptr_eq(&Arc::downgrade(self)));
            owned.engines.push(Arc::downgrade(self));
        });
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        fork::delist(&self.outside);
        // There is no reference to the kernel any more; its region is unmapped with this.
        KERNELS[self.tag.index()].store(null_mut(), Ordering::Release);
    }
}

/// The engines that a thread is or was the kernel thread of.
struct Owned {
    engines: Vec<Weak<Engine>>,
    of_host: Option<OfHost>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        for engine in self.engines.iter().filter_map(Weak::upgrade) {
            exit::note_end(engine.kernel());
            engine.kernel().resign();
        }
    }
}

thread_local!(static OWNED: RefCell<Owned> = const { RefCell::new(Owned { engines: Vec::new(), of_host: None }) });

/// Memory that the program has for a host.
pub(crate) struct Memory {
    pub(crate) start: NonNull<u8>,
    pub(crate) size: usize,
}

impl Memory {
    fn region(self, needed: usize) -> Result<Region, Error> {
        let Self { start, size } = self;
        if start.align_offset(ALIGNMENT) != 0 {
            let text = format!("the memory for the host begins at {start:p}: align it to {ALIGNMENT} bytes");
            return Err(Error::new(status::E_ARGUMENT, text));
        }
        if size < needed {
            let text = format!(
                "the limits ask for {needed} bytes of memory, and {size} are given: give more, or lower the limits"
            );
            return Err(Error::new(status::E_CAPACITY, text));
        }
        Ok(Region { start, size, is_mapped: false })
    }
}

/// The alignment of a kernel's region, in bytes.
const ALIGNMENT: usize = 64;

/// The memory of a host. Pages that the system gave are committed when they are first used.
struct Region {
    start: NonNull<u8>,
    size: usize,
    /// It was mapped for this host, and is not the program's.
    is_mapped: bool,
}

impl Region {
    fn map(size: usize) -> Result<Self, Error> {
        // SAFETY: a fresh mapping, placed by the system.
        let start = unsafe {
            mmap_anonymous(
                null_mut(),
                size,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        };
        let start = start.map_err(|error| {
            Error::new(
                status::E_IO,
                format!("the limits ask for {size} bytes of memory: {error}. Lower them."),
            )
        })?;
        let Some(start) = NonNull::new(start.cast()) else { return Err(Error::plain(status::E_IO)) };
        Ok(Self { start, size, is_mapped: true })
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if !self.is_mapped {
            return;
        }
        // SAFETY: the range is the one that was mapped. Whoever dropped this uses nothing in it any more; for such a range the
        // call cannot fail.
        let _ = unsafe { munmap(self.start.as_ptr().cast::<c_void>(), self.size) };
    }
}

/// A number that no other live host of this process has, whichever copy of the library has started it.
struct Tag(u16);

impl Tag {
    fn take() -> Result<Self, Error> {
        shared().take_tag().map(Self).ok_or_else(|| {
            let text = format!("this process has {HOSTS_MAX} hosts already. End one of them first.");
            Error::new(status::E_CAPACITY, text)
        })
    }

    fn index(&self) -> usize {
        usize::from(self.0) - 1
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        shared().give_tag_back(self.0);
    }
}

#[cfg(test)]
mod tests {
    use pintle_abi_core::LOG_TRACE;

    use super::*;
    use crate::builder::default_limits;
    use crate::interfaces::Interfaces;
    use crate::log::Log;

    /// How many mappings of the process have at least so many bytes. Other threads may map less meanwhile.
    fn mappings(least: usize) -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("the system tells");
        let end = |text: &str| usize::from_str_radix(text, 16).expect("an address");
        let range = |line: &str| {
            line.split(' ')
                .next()
                .and_then(|range| range.split_once('-'))
                .map(|(from, to)| end(to) - end(from))
        };
        maps.lines().filter_map(range).filter(|length| *length >= least).count()
    }

    /// Other tests end hosts, whose tags would be free, so this one is repeated in a process of its own.
    #[test]
    fn a_host_that_cannot_start_keeps_no_memory() {
        const ALONE: &str = "PINTLE_TEST_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let program = std::env::current_exe().expect("this program has a path");
            let mut alone = std::process::Command::new(program);
            alone.args(["--exact", "engine::tests::a_host_that_cannot_start_keeps_no_memory"]).env(ALONE, "");
            let output = alone.output().expect("this program runs");
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
            return;
        }
        let tags: Vec<Tag> = std::iter::from_fn(|| Tag::take().ok()).collect();
        let limits = Limits { messages: 1 << 18, ..default_limits() };
        let one = Kernel::region_size(&limits).expect("limits that are in range");
        let before = mappings(one);
        for _ in 0..8 {
            let outside =
                Outside::new(Log::new(Box::new(|_| ()), LOG_TRACE), Interfaces::default()).expect("files");
            assert_eq!(
                Engine::start(&limits, outside, None).err().map(|error| error.code),
                Some(status::E_CAPACITY)
            );
        }
        let after = mappings(one);
        drop(tags);
        assert_eq!(after, before, "regions of {one} bytes stay mapped");
    }
}
