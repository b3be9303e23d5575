//! Crossings: every call from the host into an instance goes through here.

use pintle_abi_core::{LOG_ERROR, LOG_WARN, Plugin, status};

use crate::base::features::{LOG_TEXT, STATUS_IN_LOG};
use crate::base::slab::NIL;
use crate::base::trace;
use crate::kernel::Kernel;
use crate::object::error::ErrorText;
use crate::object::frame::{Frame, pack};
use crate::object::instance::Instance;

/// The way into instances at one depth: several crossings, one after the other, may go through it.
pub(crate) struct Gate<'k> {
    kernel: &'k Kernel,
    frame: &'k Frame,
}

impl Drop for Gate<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.kernel.frames.pop();
    }
}

impl Gate<'_> {
    /// What the frame holds at the beginning of a crossing that is shown `message`, or none (`NIL`).
    #[inline(always)]
    pub(crate) const fn showing(message: u32) -> u64 {
        pack(NIL, message)
    }

    /// Notes that a crossing begins.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn begin(&self, instance: &Instance, kind: u8, showing: u64) {
        let word = trace::word(instance.index(), kind);
        self.frame.begin(word, showing);
        self.kernel.trace.note(word);
        instance.count_call();
    }

    /// Notes that a crossing is over; its answer.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn leave(self, status: i32) -> i32 {
        if self.holds() != Self::showing(NIL) {
            self.release();
        }
        if status == status::E_PANIC {
            self.poison();
        }
        status
    }

    /// As [`leave`](Self::leave), where an answer is of no use and only logged.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn leave_noting(self, status: i32) {
        let (kernel, word) = (self.kernel, self.frame.word());
        let status = self.leave(status);
        kernel.note(kernel.instance(trace::word_instance(word)), word as u8, status);
    }

    #[cold]
    fn poison(&self) {
        let word = self.frame.word();
        self.kernel.panicked(self.kernel.instance(trace::word_instance(word)), word as u8);
    }

    /// What the frame holds now.
    #[inline(always)]
    pub(crate) fn holds(&self) -> u64 {
        self.frame.messages()
    }

    /// Releases what the last crossing acquired and did not give away.
    fn release(&self) {
        if self.frame.acquired() != NIL {
            self.kernel.release_acquired(self.frame);
        }
    }

    #[inline(always)]
    pub(crate) fn frame(&self) -> &Frame {
        self.frame
    }
}

/// An open dispatch. Ends of objects wait until the outermost one is over.
pub(crate) struct Dispatch<'k>(&'k Kernel);

impl Drop for Dispatch<'_> {
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn drop(&mut self) {
        let kernel = self.0;
        if kernel.dispatches.close() {
            kernel.settle_ends();
        }
    }
}

impl Kernel {
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn dispatch(&self) -> Dispatch<'_> {
        self.dispatches.open();
        Dispatch(self)
    }

    /// The way into instances at the present depth, or `None` if it is too deep.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn gate(&self) -> Option<Gate<'_>> {
        Some(Gate { kernel: self, frame: self.frames.push()? })
    }

    /// Begins a crossing on the kernel thread. `None`: nested too deep, nothing is to be called.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn enter(&self, instance: &Instance, kind: u8) -> Option<Gate<'_>> {
        let Some(gate) = self.gate() else {
            self.too_deep(instance, kind);
            return None;
        };
        gate.begin(instance, kind, Gate::showing(NIL));
        Some(gate)
    }

    /// Calls into an instance on the kernel thread. `E_REENTRANT`: nested too deep, nothing was called.
    #[inline(always)]
    pub(crate) fn cross(&self, instance: &Instance, kind: u8, call: impl FnOnce(*mut Plugin) -> i32) -> i32 {
        match self.enter(instance, kind) {
            Some(gate) => gate.leave(call(instance.pointer())),
            None => status::E_REENTRANT,
        }
    }

    /// As [`cross`](Self::cross), where an answer is of no use and only logged.
    #[inline(always)]
    pub(crate) fn tell(&self, instance: &Instance, kind: u8, call: impl FnOnce(*mut Plugin) -> i32) {
        if let Some(gate) = self.enter(instance, kind) {
            gate.leave_noting(call(instance.pointer()));
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn too_deep(&self, instance: &Instance, kind: u8) -> i32 {
        self.say(
            LOG_WARN,
            instance,
            &[trace::crossing_name(kind), ": callbacks are nested too deep; not called"],
        );
        status::E_REENTRANT
    }

    /// A crossing on the kernel thread panicked or threw; called before its frame is left.
    #[cold]
    pub(crate) fn panicked(&self, instance: &Instance, kind: u8) {
        let error = self.error_of_running_crossing(instance);
        self.say_panicked(instance, kind, &error);
        self.poison(instance);
    }

    #[cold]
    fn say_panicked(&self, instance: &Instance, kind: u8, error: &ErrorText) {
        let text = error.about(status::E_PANIC);
        let colon = if text.is_empty() { "" } else { ": " };
        self.say(LOG_ERROR, instance, &["panicked in ", trace::crossing_name(kind), colon, text]);
    }

    /// Marks an instance that panicked or threw; plugin zero never is.
    #[cold]
    pub(crate) fn poison(&self, instance: &Instance) {
        if instance.poison() {
            self.dispatches.note_poisoned();
        }
    }

    /// Logs an answer from a callback that has no use for one, right after its crossing.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn note(&self, instance: &Instance, kind: u8, status: i32) {
        if LOG_TEXT && status != status::OK && status != status::E_REENTRANT && status != status::E_PANIC {
            self.note_slow(instance, kind, status);
        }
    }

    #[cold]
    fn note_slow(&self, instance: &Instance, kind: u8, status: i32) {
        if status::is_error(status) {
            self.say_failed(instance, kind, status, &self.error_of_last_crossing(instance));
        }
    }

    fn say_failed(&self, instance: &Instance, kind: u8, status: i32, error: &ErrorText) {
        if !STATUS_IN_LOG {
            let words = [trace::crossing_name(kind), " returned an error: ", error.text()];
            return self.say(LOG_WARN, instance, &words);
        }
        let text = error.about(status);
        let colon = if text.is_empty() { "" } else { ": " };
        self.warn_of(status, instance, [trace::crossing_name(kind), " returned an error", colon, text]);
    }

    /// Calls into an instance on a worker. What the crossing acquired is released under the lock by whoever takes up what it
    /// has done.
    pub(crate) fn cross_on_worker(
        &self,
        worker: u32,
        instance: &Instance,
        kind: u8,
        call: impl FnOnce(*mut Plugin) -> i32,
    ) -> i32 {
        self.workers.at(worker).begin(trace::word(instance.index(), kind));
        let status = call(instance.pointer());
        self.leave_on_worker(worker, instance, kind, status);
        status
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn leave_on_worker(&self, worker: u32, instance: &Instance, kind: u8, status: i32) {
        self.workers.at(worker).end();
        self.note_of_worker(worker, instance, kind, status);
    }

    /// Logs what a crossing on a worker ended with, on that worker: its error text is there. The error of a slow request is
    /// its asker's.
    fn note_of_worker(&self, worker: u32, instance: &Instance, kind: u8, status: i32) {
        if !LOG_TEXT || !status::is_error(status) {
            return;
        }
        let error = self.error_of_worker(worker, instance);
        if status == status::E_PANIC {
            self.say_panicked(instance, kind, &error);
        } else if kind == trace::WORKER_TASK {
            self.say_failed(instance, kind, status, &error);
        }
    }
}
