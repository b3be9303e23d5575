//! Instances: live plugins. Number 0 is plugin zero, the application.

mod name;
mod order;

use core::cell::{Cell as PlainCell, UnsafeCell};
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU8 as PlainByte};

use pintle_abi_core::{
    Api, Callbacks, Descriptor, FLAG_OPENS_SOCKETS, FLAG_SESSION_DATA, IMAGE_STATIC, OUTCOME_ABANDONED,
    Plugin, Receipt, STATE_DESTROYING, STATE_LIVE, STATE_POISONED, STATE_RUNNING, STATE_STOPPING, Span,
    rules, status,
};

use crate::base::cell::Counter;
use crate::base::features::FORKS;
use crate::base::handle::{self, KIND_INSTANCE};
use crate::base::lock::Locked;
use crate::base::sync::{AtomicBool, AtomicU8, Cell};
use crate::object::descriptor;
use crate::object::stop::{Stop, Tally};

pub(crate) use order::Instances;

/// State of a place besides the ABI's `STATE_` bits: it was never used, or its instance has ended, and another may
/// begin.
const STATE_CLOSED: u8 = 16;

/// State of a place besides the ABI's `STATE_` bits: its instance was abandoned, and the place is never used again.
const STATE_ABANDONED: u8 = 32;

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

/// The place of an instance, in which one after another lives. The first four members are the [`Plugin`] that the
/// plugin sees; what is read most comes next. `PlainCell` and `PlainByte` are core's own types, which loom does not
/// watch: these members need the layout of plain values.
#[repr(C)]
pub(crate) struct Instance {
    api: PlainCell<*const Api>,
    /// The instance's own pointer.
    data: AtomicPtr<c_void>,
    size: u32,
    reserved: u32,
    /// The kernel, whose type objects do not know.
    kernel: NonNull<()>,
    /// One of the ABI's `STATE_` bits, or of the two above.
    state: AtomicU8,
    /// One of the `EXECUTOR_` constants. Written by the kernel thread; closed under the lock.
    executor: AtomicU8,
    /// Until `create` is over: its worker tasks wait until there is an instance to run them on. Ends under the lock.
    is_creating: AtomicBool,
    name_length: AtomicU8,
    index: u32,
    next: Cell<*const Instance>,
    /// Crossings in all.
    calls: Cell<u64>,
    /// Counts additions: a broadcast passes over whoever came after it began.
    born: Cell<usize>,
    previous: Cell<*const Instance>,
    /// The upper half of the handle of the instance that lives here, or that lived here last.
    life: Counter,
    priority: Cell<i32>,
    flags: Cell<u32>,
    /// Slow requests that wait for a worker or run there, and worker tasks that run. Written under the lock.
    working: Counter,
    descriptor: Cell<*const Descriptor>,
    stop: Stop,
    callbacks: UnsafeCell<Callbacks>,
    tally: Cell<Tally>,
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

    #[inline(always)]
    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    /// The kernel that it belongs to.
    #[inline(always)]
    pub(crate) fn kernel(&self) -> NonNull<()> {
        self.kernel
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

    /// A plugin takes the free place, as its descriptor says.
    pub(crate) fn describe(&self, descriptor: *const Descriptor, flags: u32, priority: i32) {
        self.descriptor.set(descriptor);
        self.flags.set(flags);
        self.priority.set(priority);
    }

    /// Clears what the last instance has left, and shows the plugin the tables of the agreed minor version.
    pub(crate) fn reset(&self, api: &'static Api) {
        self.api.set(api);
        self.data.store(core::ptr::null_mut(), Relaxed);
        self.calls.set(0);
        // No lock: a worker looks at it for a task, and the instance has none yet.
        self.is_creating.store(true, Relaxed);
        self.set_executor(EXECUTOR_OPEN);
        self.stop.reset();
        self.tally.set(Tally::default());
    }

    /// It lives from now on: old handles are stale, and `born` is its number among all additions.
    fn live(&self, born: usize) {
        self.life.set(handle::ended(self.life.get()) | KIND_INSTANCE);
        self.born.set(born);
    }

    /// It may call and be called.
    pub(crate) fn run(&self) {
        self.set_state(STATE_RUNNING);
    }

    /// A place that was abandoned stays so.
    fn set_state(&self, state: u8) {
        if !FORKS || !self.is_abandoned() {
            self.state.store(state, Relaxed);
        }
    }

    /// `create` is over: what the instance has submitted to workers may run.
    pub(crate) fn end_create(&self, _locked: &Locked<'_>) {
        self.is_creating.store(false, Relaxed);
    }

    pub(crate) fn is_creating(&self) -> bool {
        self.is_creating.load(Relaxed)
    }

    /// It is asked to stop.
    pub(crate) fn begin_stop(&self) {
        self.set_state(STATE_STOPPING);
    }

    /// It panicked or threw: nothing calls it any more. Whether it lived until now; plugin zero is never poisoned.
    pub(crate) fn poison(&self) -> bool {
        let may = !self.is_zero() && self.is_live();
        if may {
            self.set_state(STATE_POISONED);
            self.stop.note_poisoned();
        }
        may
    }

    /// Its last callback is about to run, or `create` has failed.
    pub(crate) fn begin_destroy(&self) {
        self.set_state(STATE_DESTROYING);
    }

    /// Its receipt is written. An abandoned one's place is never used again.
    pub(crate) fn close(&self, outcome: u32, closings: usize) {
        self.stop.close(outcome, closings);
        let is_abandoned = outcome == OUTCOME_ABANDONED;
        self.set_state(if is_abandoned { STATE_ABANDONED } else { STATE_CLOSED });
    }

    /// Another instance may take its place.
    pub(crate) fn is_free(&self) -> bool {
        self.state.load(Relaxed) == STATE_CLOSED
    }

    /// Its receipt is written.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.state.load(Relaxed), STATE_CLOSED | STATE_ABANDONED)
    }

    /// How far its stop is.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.get()
    }

    pub(crate) fn set_tally(&self, tally: Tally) {
        self.tally.set(tally);
    }

    /// What it has done and left; of one that lives, so far.
    pub(crate) fn receipt(&self) -> Receipt {
        let tally = self.tally.get();
        Receipt {
            size: size_of::<Receipt>() as u32,
            outcome: self.stop.outcome(),
            poisoned: u32::from(self.stop.was_poisoned()),
            image: IMAGE_STATIC,
            calls: self.calls.get(),
            messages: tally.messages,
            sockets: tally.sockets,
            sessions: tally.sessions,
            requests: tally.requests,
            tasks: tally.tasks,
            timers: tally.timers,
            watches: tally.watches,
            threads: -1,
            fds: -1,
            reason_length: 0,
            reason: [0; 240],
        }
    }

    /// A crossing into it begins.
    #[inline(always)]
    pub(crate) fn count_call(&self) {
        self.calls.set(self.calls.get() + 1);
    }

    /// A slow request of it is given to the workers, or one of its worker tasks begins.
    pub(crate) fn add_work(&self, _locked: &Locked<'_>) {
        self.working.add(1);
    }

    /// The kernel thread has heard that this is over.
    pub(crate) fn drop_work(&self, _locked: &Locked<'_>) {
        self.working.sub(1);
    }

    /// Workers are or will be inside, or the kernel thread has not heard yet that they are through.
    pub(crate) fn has_work(&self) -> bool {
        self.working.get() != 0
    }

    /// The instance's own pointer. Any thread.
    pub(crate) fn data(&self) -> *mut c_void {
        self.data.load(Acquire)
    }

    pub(crate) fn set_data(&self, data: *mut c_void) {
        self.data.store(data, Release);
    }

    pub(crate) fn set_executor(&self, state: u8) {
        self.executor.store(state, Relaxed);
    }

    /// Ends submissions for good. A submission holds the lock too, so it comes before this or is refused.
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

    /// Whether a slot or callback with these states in its tags fits its present state.
    #[inline(always)]
    pub(crate) fn is_in(&self, states: u8) -> bool {
        self.state.load(Relaxed) & states != 0
    }

    pub(crate) fn state(&self) -> u8 {
        self.state.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn is_live(&self) -> bool {
        self.is_in(STATE_LIVE)
    }

    /// Whether the instance **hears** a callback: the callback's tags allow it to be called in the instance's
    /// present state. Whether the instance has the callback is another question.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn hears(&self, kind: u8) -> bool {
        self.is_in(rules::CALLBACKS[kind as usize].states)
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.is_in(STATE_POISONED)
    }

    /// Its receipt is written, and nothing is added to it.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.state.load(Relaxed) == STATE_ABANDONED
    }

    /// Nothing is called here, nor may anything be called from here, any more.
    pub(crate) fn forsake(&self) {
        self.state.store(STATE_ABANDONED, Relaxed);
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

    /// The id that the descriptor names.
    ///
    /// # Safety
    /// An instance lives here that is not plugin zero.
    pub(crate) unsafe fn id(&self) -> &str {
        let descriptor = self.descriptor.get();
        // SAFETY: checked when the instance was added.
        unsafe { descriptor::text(descriptor, (*descriptor).id) }
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
}
