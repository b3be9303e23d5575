//! Instances: live plugins. Number 0 is plugin zero, the application.

use core::cell::{Cell as PlainCell, UnsafeCell};
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicPtr, AtomicU8 as PlainByte};

use pintle_abi_core::{
    Api, Callbacks, Descriptor, FLAG_OPENS_SOCKETS, FLAG_SESSION_DATA, Plugin, STATE_LIVE, STATE_POISONED,
    Span, rules, status,
};

use crate::base::cell::Counter;
use crate::base::lock::Locked;
use crate::base::sync::{AtomicBool, AtomicU8, Cell};
use crate::object::descriptor;
use crate::object::stop::{Stop, Tally};

/// State of a place besides the ABI's `STATE_` bits: never used, or its instance has stopped and another may come.
pub(crate) const STATE_CLOSED: u8 = 16;

/// State of a place besides the ABI's `STATE_` bits: its instance was abandoned, and nobody comes there again.
pub(crate) const STATE_ABANDONED: u8 = 32;

/// The instance's executor takes tasks and timers.
pub(crate) const EXECUTOR_OPEN: u8 = 0;

/// It does not, after `shutdown`.
pub(crate) const EXECUTOR_SHUT: u8 = 1;

/// It never will again: the instance drains.
const EXECUTOR_CLOSED: u8 = 2;

/// The longest instance name, in bytes.
pub(crate) const NAME_MAX: usize = 64;

/// Plugin zero's number.
pub(crate) const ZERO: u32 = 0;

/// One instance, or the place of one: instances come and go in it. The first four members are what the plugin sees, its [`Plugin`]; what is read most comes next. What has the
/// layout of plain values here is core's own, which loom does not watch.
#[repr(C)]
pub(crate) struct Instance {
    api: PlainCell<*const Api>,
    /// The instance's own pointer.
    pub(crate) data: AtomicPtr<c_void>,
    size: u32,
    reserved: u32,
    /// The kernel, whose type objects do not know.
    pub(crate) kernel: NonNull<()>,
    pub(crate) state: AtomicU8,
    /// One of the `EXECUTOR_` constants. Written by the kernel thread; closed under the lock.
    executor: AtomicU8,
    /// Inside `create`: its worker tasks wait until there is an instance to run them on. Written under the lock.
    pub(crate) is_creating: AtomicBool,
    name_length: AtomicU8,
    pub(crate) index: u32,
    pub(crate) next: Cell<*const Instance>,
    /// Crossings in all.
    pub(crate) calls: Cell<u64>,
    /// Counts additions: a broadcast passes over whoever came after it began.
    pub(crate) born: Cell<usize>,
    pub(crate) previous: Cell<*const Instance>,
    /// Odd while an instance lives here, like a slot's.
    pub(crate) life: Counter,
    pub(crate) priority: Cell<i32>,
    pub(crate) flags: Cell<u32>,
    /// Slow requests that wait for a worker or run there, and worker tasks that run. Written under the lock.
    pub(crate) working: Counter,
    descriptor: Cell<*const Descriptor>,
    pub(crate) stop: Stop,
    callbacks: UnsafeCell<Callbacks>,
    pub(crate) tally: Cell<Tally>,
    /// Written by the kernel thread while no instance lives here, and then too read for crash reports.
    name: [PlainByte; NAME_MAX],
}

const _: () = assert!(
    offset_of!(Instance, api) == offset_of!(Plugin, api)
        && offset_of!(Instance, data) == offset_of!(Plugin, data)
        && offset_of!(Instance, size) == offset_of!(Plugin, size)
        && offset_of!(Instance, reserved) == offset_of!(Plugin, reserved)
);

impl Instance {
    /// Writes a place that nobody is in yet.
    ///
    /// # Safety
    /// `at` is its place, and nobody else knows it.
    pub(crate) unsafe fn begin(at: *mut Self, kernel: NonNull<()>, index: u32, api: &'static Api) {
        // SAFETY: as the caller says; of the other members, zero bytes are a value.
        unsafe {
            at.write_bytes(0, 1);
            (&raw mut (*at).api).write(PlainCell::new(api));
            (&raw mut (*at).size).write(size_of::<Plugin>() as u32);
            (&raw mut (*at).kernel).write(kernel);
            (&raw mut (*at).index).write(index);
            (&raw mut (*at).state).write(AtomicU8::new(STATE_CLOSED));
            (&raw mut (*at).executor).write(AtomicU8::new(EXECUTOR_OPEN));
        }
    }

    /// The next one in the order of priorities.
    #[inline(always)]
    pub(crate) fn next<'k>(&self) -> Option<&'k Instance> {
        // SAFETY: NULL, or an instance's place, which is there as long as the kernel.
        unsafe { self.next.get().as_ref() }
    }

    /// The one before it; plugin zero is the first.
    #[inline(always)]
    pub(crate) fn previous(&self) -> Option<&Instance> {
        // SAFETY: as in `next`.
        unsafe { self.previous.get().as_ref() }
    }

    pub(crate) fn pointer(&self) -> *mut Plugin {
        core::ptr::from_ref(self).cast_mut().cast()
    }

    #[inline(always)]
    pub(crate) fn callbacks(&self) -> &Callbacks {
        // SAFETY: written only while no crossing of this instance runs, on the kernel thread, which alone reads it.
        unsafe { &*self.callbacks.get() }
    }

    /// Takes what the table covers; what it does not is absent.
    ///
    /// # Safety
    /// `table` is readable for the size that it names, which is at least 8. Nothing reads the callbacks meanwhile.
    pub(crate) unsafe fn learn(&self, table: *const Callbacks) {
        // SAFETY: `size` is the first member.
        let given = unsafe { (*table).size } as usize;
        // SAFETY: the smaller of both sizes is readable there and writable here; zero bytes are absent callbacks.
        unsafe {
            self.callbacks.get().write_bytes(0, 1);
            core::ptr::copy_nonoverlapping(
                table.cast::<u8>(),
                self.callbacks.get().cast::<u8>(),
                given.min(size_of::<Callbacks>()),
            );
        }
    }

    /// Shows the plugin the tables of the agreed minor version.
    pub(crate) fn agree(&self, api: &'static Api) {
        self.api.set(api);
    }

    pub(crate) fn set_executor(&self, state: u8) {
        self.executor.store(state, Relaxed);
    }

    /// Ends submissions for good: the lock orders this and whatever is submitted.
    pub(crate) fn close_executor(&self, _locked: &Locked<'_>) {
        self.executor.store(EXECUTOR_CLOSED, Relaxed);
    }

    pub(crate) fn takes_tasks(&self, _locked: &Locked<'_>) -> bool {
        self.executor.load(Relaxed) == EXECUTOR_OPEN
    }

    /// On the kernel thread, which alone opens and closes the executor.
    pub(crate) fn takes_timers(&self) -> bool {
        self.executor.load(Relaxed) == EXECUTOR_OPEN
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.index == ZERO
    }

    #[inline(always)]
    pub(crate) fn is_live(&self) -> bool {
        self.state.load(Relaxed) & STATE_LIVE != 0
    }

    /// Whether a callback's tags allow it to be called in the instance's present state.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn hears(&self, kind: u8) -> bool {
        self.state.load(Relaxed) & rules::CALLBACKS[kind as usize].states != 0
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.state.load(Relaxed) & STATE_POISONED != 0
    }

    /// Its receipt is written, and nothing is added to it.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.state.load(Relaxed) == STATE_ABANDONED
    }

    /// What calls end with that are about an instance which is called no more.
    pub(crate) fn why_closed(&self) -> i32 {
        if self.is_poisoned() { status::E_POISONED } else { status::E_CLOSED }
    }

    pub(crate) fn may_open_sockets(&self) -> bool {
        self.is_zero() || self.flags.get() & FLAG_OPENS_SOCKETS != 0
    }

    pub(crate) fn has_session_data(&self) -> bool {
        self.is_zero() || self.flags.get() & FLAG_SESSION_DATA != 0
    }

    pub(crate) fn set_descriptor(&self, descriptor: *const Descriptor) {
        self.descriptor.set(descriptor);
    }

    pub(crate) fn descriptor(&self) -> *const Descriptor {
        self.descriptor.get()
    }

    /// The services that the descriptor announces.
    pub(crate) fn services(&self) -> &str {
        self.announced(|descriptor| descriptor.services)
    }

    /// The interfaces that the descriptor announces.
    pub(crate) fn offers(&self) -> &str {
        self.announced(|descriptor| descriptor.offers)
    }

    fn announced(&self, pick: fn(&Descriptor) -> Span) -> &str {
        let descriptor = self.descriptor.get();
        if descriptor.is_null() {
            return "";
        }
        // SAFETY: checked when the instance was added; a descriptor lives as long as its image, which is not unmapped
        // while an instance lives.
        unsafe { descriptor::text(descriptor, pick(&*descriptor)) }
    }

    /// Not while the kernel thread names an instance here: on that thread, or on one that the living instance is on.
    pub(crate) fn name(&self) -> &str {
        let length = usize::from(self.name_length.load(Relaxed));
        // SAFETY: nobody writes it, as above; it was written from a `str`, in whole characters.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.name.as_ptr().cast::<u8>(), length);
            core::str::from_utf8_unchecked(bytes)
        }
    }

    /// The name, at any time and from any thread. While another instance takes the place it may be parts of both names.
    pub(crate) fn name_now<'b>(&self, buffer: &'b mut [u8; NAME_MAX]) -> &'b str {
        for (to, from) in buffer.iter_mut().zip(&self.name) {
            *to = from.load(Relaxed);
        }
        let bytes = &buffer[..usize::from(self.name_length.load(Relaxed)).min(NAME_MAX)];
        match core::str::from_utf8(bytes) {
            Ok(name) => name,
            // SAFETY: so far it is.
            Err(broken) => unsafe { core::str::from_utf8_unchecked(&bytes[..broken.valid_up_to()]) },
        }
    }

    /// Writes a part of the name, which ends behind it. No instance lives here yet.
    fn put_name(&self, at: usize, part: &[u8]) {
        for (to, from) in self.name[at..].iter().zip(part) {
            to.store(*from, Relaxed);
        }
        self.name_length.store((at + part.len()) as u8, Relaxed);
    }

    pub(crate) fn set_name(&self, name: &str) {
        self.put_name(0, name.as_bytes());
    }

    /// Names it `name-number`; there are fewer than 1000 instances.
    pub(crate) fn number_name(&self, name: &str, number: u32) {
        let digits = [number / 100, number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8);
        let shown = if number < 10 {
            &digits[2..]
        } else if number < 100 {
            &digits[1..]
        } else {
            &digits[..]
        };
        self.put_name(name.len(), b"-");
        self.put_name(name.len() + 1, shown);
    }
}
