//! A host of its own for each test: a region on the heap, a clock that the test turns, a log that it reads, and
//! plugins that are plain functions writing what they see into one transcript.
#![allow(dead_code)]

pub mod me;
pub mod slots;

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::{RefCell, UnsafeCell};
use std::ffi::{c_char, c_void};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize};
use std::thread;

use pintle_abi_core::*;
use pintle_kernel::Kernel;
use pintle_kernel::handle::TAG_MAX;

pub use me::Me;

/// A mutex that ThreadSanitizer watches whole. Of std's, which is not compiled for it, it misses what threads that wait for
/// each other do, and reports what they guard.
pub struct Watched<T> {
    is_taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `with` gives the value to one thread at a time.
unsafe impl<T: Send> Sync for Watched<T> {}

impl<T> Watched<T> {
    pub const fn new(value: T) -> Self {
        Self { is_taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    pub fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        while self.is_taken.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            thread::yield_now();
        }
        // SAFETY: no other thread is between the exchange and the store, and `look` keeps no reference.
        let result = look(unsafe { &mut *self.value.get() });
        self.is_taken.store(false, Release);
        result
    }
}

/// What the platform's functions work on.
pub struct World {
    clock: AtomicU64,
    /// The thread that holds the lock, or 0. A spin lock of one word: ThreadSanitizer sees it, and would miss parts of
    /// std's mutex, which is not compiled for it. It orders threads in no other way, so that it hides no race.
    holder: AtomicUsize,
    pub log: Watched<Vec<String>>,
}

impl World {
    /// Whether this thread is inside the platform's lock.
    pub fn is_locked_here(&self) -> bool {
        self.holder.load(Relaxed) == this_thread()
    }
}

/// A number that no other live thread has, and is not 0.
fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

unsafe extern "C" fn now(context: *mut c_void) -> u64 {
    // SAFETY: the context of every platform here is its `World`.
    unsafe { &*context.cast::<World>() }.clock.load(Relaxed)
}

unsafe extern "C" fn lock(context: *mut c_void) {
    // SAFETY: as in `now`.
    let world = unsafe { &*context.cast::<World>() };
    assert!(!world.is_locked_here(), "the kernel nested its lock");
    while world.holder.compare_exchange(0, this_thread(), Acquire, Relaxed).is_err() {
        thread::yield_now();
    }
}

unsafe extern "C" fn unlock(context: *mut c_void) {
    // SAFETY: as in `now`.
    let world = unsafe { &*context.cast::<World>() };
    assert!(world.is_locked_here(), "the kernel left a lock that it does not hold");
    world.holder.store(0, Release);
}

unsafe extern "C" fn log(
    context: *mut c_void,
    level: u32,
    instance: *const c_char,
    instance_length: usize,
    _target: *const c_char,
    _target_length: usize,
    text: *const c_char,
    text_length: usize,
) {
    // SAFETY: as in `now`; the kernel gives readable texts.
    let (world, instance, text) = unsafe {
        (
            &*context.cast::<World>(),
            std::slice::from_raw_parts(instance.cast::<u8>(), instance_length),
            std::slice::from_raw_parts(text.cast::<u8>(), text_length),
        )
    };
    let line = format!("{level} {}: {}", String::from_utf8_lossy(instance), String::from_utf8_lossy(text));
    world.log.with(|log| log.push(line));
}

pub struct Host {
    pub kernel: &'static Kernel,
    pub world: &'static World,
    region: NonNull<u8>,
    layout: Layout,
}

static TAG: AtomicU16 = AtomicU16::new(0);

impl Host {
    pub fn new(limits: Limits) -> Self {
        Self::on(limits, |_| ())
    }

    /// A host whose platform a test has changed; the context stays the `World`.
    pub fn on(limits: Limits, change: impl FnOnce(&mut Platform)) -> Self {
        let world: &'static World = Box::leak(Box::new(World {
            clock: AtomicU64::new(1000),
            holder: AtomicUsize::new(0),
            log: Watched::new(Vec::new()),
        }));
        let mut platform = Platform {
            size: size_of::<Platform>() as u32,
            reserved: 0,
            context: std::ptr::from_ref(world).cast_mut().cast(),
            now: Some(now),
            lock: Some(lock),
            unlock: Some(unlock),
            thread: None,
            wake: None,
            work: None,
            log: Some(log),
            watch: None,
            change: None,
            unwatch: None,
            fatal: None,
            ended: None,
            extension: None,
        };
        change(&mut platform);
        let size = Kernel::region_size(&limits).unwrap();
        let layout = Layout::from_size_align(size, 64).unwrap();
        // SAFETY: the size is not 0.
        let region = NonNull::new(unsafe { alloc_zeroed(layout) }).unwrap();
        let tag = TAG.fetch_add(1, Relaxed) % TAG_MAX + 1;
        // SAFETY: the region is this host's until it is dropped; the world is never freed.
        let kernel = unsafe { Kernel::start(region, size, &limits, &platform, tag) }.unwrap();
        Self { kernel, world, region, layout }
    }

    pub fn zero(&self) -> Me {
        Me(self.kernel.zero())
    }

    /// All the memory that this host has.
    pub fn memory(&self) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(self.region, self.layout.size())
    }

    pub fn advance(&self, nanoseconds: u64) {
        self.world.clock.fetch_add(nanoseconds, Relaxed);
    }

    /// Turns until nothing is left to do now. A kernel that always says that something is to be done fails.
    pub fn settle(&self) {
        for _ in 0..100 {
            if self.kernel.next_deadline() != Some(0) {
                return;
            }
            self.kernel.turn().unwrap();
        }
        panic!("after 100 turns something is still to be done at once");
    }

    pub fn add(&self, plugin: &'static Plug) -> Instance {
        // SAFETY: a `Plug` is what its types say.
        unsafe { self.kernel.add(&plugin.entry, None) }.unwrap()
    }

    pub fn logged(&self, text: &str) -> bool {
        self.world.log.with(|log| log.iter().any(|line| line.contains(text)))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout; no test keeps a plugin pointer.
        unsafe { dealloc(self.region.as_ptr(), self.layout) }
    }
}

/// Small limits, so that tests reach them.
pub fn limits() -> Limits {
    Limits {
        size: size_of::<Limits>() as u32,
        plugins: 8,
        sockets: 3,
        sessions: 4,
        channels: 3,
        services: 4,
        requests: 8,
        requests_per_session: 2,
        messages: 12,
        message_bytes: 64,
        large_messages: 2,
        large_message_bytes: 256,
        worker_messages: 4,
        worker_large_messages: 1,
        tasks: 4,
        timers: 4,
        watches: 4,
        inbox: NO_INBOX,
        workers: NO_WORKERS,
        depth: 6,
        offers: 3,
    }
}

/// A plugin made of functions.
pub struct Plug {
    pub entry: Entry,
}

/// A descriptor with its texts behind it.
#[repr(C)]
struct Told {
    head: Descriptor,
    texts: [u8; 96],
}

/// A plugin that is never freed: tests are short.
pub fn plug(id: &str, flags: u32, services: &str, set: impl FnOnce(&mut Callbacks)) -> &'static Plug {
    plug_for(0, id, flags, services, set)
}

/// A plugin that needs a host of this minor version or a later one.
pub fn plug_for(
    abi_minor_least: u16,
    id: &str,
    flags: u32,
    services: &str,
    set: impl FnOnce(&mut Callbacks),
) -> &'static Plug {
    described(abi_minor_least, flags, [id, services, "", ""], set)
}

/// A plugin that needs interfaces and offers some.
pub fn plug_with(id: &str, needs: &str, offers: &str, set: impl FnOnce(&mut Callbacks)) -> &'static Plug {
    described(0, 0, [id, "", needs, offers], set)
}

/// A plugin by its least minor version, its flags, and its id, services, needs and offers.
pub fn described(
    abi_minor_least: u16,
    flags: u32,
    given: [&str; 4],
    set: impl FnOnce(&mut Callbacks),
) -> &'static Plug {
    let head_size = size_of::<Descriptor>() as u16;
    let none = Span { offset: head_size, length: 0 };
    let mut texts = [0; 96];
    let mut end = 0;
    let [id, services, needs, offers] = given.map(|text| {
        texts[end..end + text.len()].copy_from_slice(text.as_bytes());
        let span = Span { offset: head_size + end as u16, length: text.len() as u16 };
        end += text.len();
        span
    });
    let told: &'static Told = Box::leak(Box::new(Told {
        head: Descriptor {
            magic: MAGIC,
            size: size_of::<Told>() as u32,
            abi_major: ABI_MAJOR,
            abi_minor: ABI_MINOR,
            pointer_width: size_of::<usize>() as u8,
            byte_order: ORDER_LITTLE,
            head_size,
            flags,
            fingerprint: FINGERPRINT,
            id,
            name: id,
            version: none,
            vendor: none,
            description: none,
            licence: none,
            url: none,
            needs,
            offers,
            services,
            settings: none,
            abi_minor_least,
            reserved: 0,
        },
        texts,
    }));
    let mut callbacks = Callbacks::none();
    set(&mut callbacks);
    Box::leak(Box::new(Plug {
        entry: Entry {
            size: size_of::<Entry>() as u32,
            reserved: 0,
            descriptor: &told.head,
            callbacks: Box::leak(Box::new(callbacks)),
        },
    }))
}

thread_local! {
    static TRANSCRIPT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes a line into this test's transcript.
pub fn say(line: impl Into<String>) {
    TRANSCRIPT.with_borrow_mut(|lines| lines.push(line.into()));
}

/// What was said since the last time.
pub fn said() -> Vec<String> {
    TRANSCRIPT.take()
}

type Hook = std::rc::Rc<dyn Fn(Me, Session, Message) -> i32>;

thread_local! {
    static HOOKS: RefCell<Vec<(&'static str, Hook)>> = const { RefCell::new(Vec::new()) };
}

/// What the hooked plugins do in a callback from now on.
pub fn hook(place: &'static str, run: impl Fn(Me, Session, Message) -> i32 + 'static) {
    HOOKS.with_borrow_mut(|hooks| {
        hooks.retain(|(name, _)| *name != place);
        hooks.push((place, std::rc::Rc::new(run)));
    });
}

fn run_hook(place: &str, plugin: *mut Plugin, session: Session, message: Message) -> i32 {
    let hook =
        HOOKS.with_borrow(|hooks| hooks.iter().find(|(name, _)| *name == place).map(|(_, run)| run.clone()));
    hook.map_or(status::OK, |run| run(Me(plugin), session, message))
}

macro_rules! hooked {
    ($($function:ident = $place:literal),*) => {$(
        pub unsafe extern "C" fn $function(plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
            // SAFETY: the kernel's arguments.
            let info = unsafe { &*info };
            run_hook($place, plugin, info.session, info.message)
        }
    )*};
}

hooked!(first_in = "first in", first_out = "first out", second_in = "second in", second_out = "second out");

pub unsafe extern "C" fn send(plugin: *mut Plugin, session: Session, _: u32, message: Message) -> i32 {
    run_hook("send", plugin, session, message)
}

pub unsafe extern "C" fn writable(plugin: *mut Plugin, session: Session) -> i32 {
    run_hook("writable", plugin, session, Message::default())
}

pub unsafe extern "C" fn disconnect(plugin: *mut Plugin, session: Session) -> i32 {
    run_hook("disconnect", plugin, session, Message::default())
}

pub unsafe extern "C" fn destroyed(plugin: *mut Plugin, session: Session, _: *mut c_void) -> i32 {
    run_hook("destroyed", plugin, session, Message::default())
}

pub unsafe extern "C" fn result(plugin: *mut Plugin, result: *const ResultInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    let &ResultInfo { session, correlation, kind, code, message, .. } = unsafe { &*result };
    let kind = ["?", "result", "exception", "done"][kind as usize];
    say(format!("{correlation} {kind} {code} {}", Me(plugin).text(message)));
    run_hook("result", plugin, session, message)
}

pub unsafe extern "C" fn request(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    let info = unsafe { &*info };
    run_hook("request", plugin, Session { bits: request.bits }, info.message)
}

pub unsafe extern "C" fn slow_request(
    plugin: *mut Plugin,
    request: Request,
    info: *const RequestInfo,
) -> i32 {
    // SAFETY: the kernel's arguments.
    let info = unsafe { &*info };
    run_hook("slow request", plugin, Session { bits: request.bits }, info.message)
}

/// A filter on both ways.
pub fn first() -> &'static Plug {
    plug("org.test.first", 0, "", |callbacks| {
        callbacks.message_in = Some(first_in);
        callbacks.message_out = Some(first_out);
    })
}

/// Another one.
pub fn second() -> &'static Plug {
    plug("org.test.second", 0, "", |callbacks| {
        callbacks.message_in = Some(second_in);
        callbacks.message_out = Some(second_out);
    })
}

/// Plugin zero as an owner of sessions and a service, all hooked, and a session of its.
pub fn owner(host: &Host) -> Session {
    let mut callbacks = Callbacks::none();
    callbacks.session_send = Some(send);
    callbacks.session_writable = Some(writable);
    callbacks.session_disconnect = Some(disconnect);
    callbacks.session_destroyed = Some(destroyed);
    callbacks.session_result = Some(result);
    callbacks.request = Some(request);
    callbacks.slow_request = Some(slow_request);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    host.zero().create(host.zero().open(&[MODE_RELIABLE; 3]).unwrap()).unwrap()
}
