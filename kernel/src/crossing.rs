//! Crossings: every call from the host into an instance goes through here.

use core::cell::Cell;
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::{LOG_ERROR, LOG_WARN, Plugin, STATE_POISONED, status};

use crate::cell::Counter;
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::slab::NIL;
use crate::trace;

/// What the kernel keeps of one crossing.
#[derive(Default)]
pub(crate) struct Frame {
    /// The instance and the callback, as the trace packs them; read from signal handlers.
    pub(crate) word: Counter,
    /// The first message that this crossing acquired and nobody retained yet.
    pub(crate) acquired: Cell<u32>,
    /// The message that a filter is looking at, or `NIL`.
    pub(crate) filtering: Cell<u32>,
}

/// The way into instances at one depth: several crossings, one after the other, may go through it.
pub(crate) struct Gate<'k> {
    kernel: &'k Kernel,
    frame: &'k Frame,
    depth: u32,
}

impl Gate<'_> {
    /// Calls into an instance, showing it a message that it may edit, or none (`NIL`).
    #[inline(always)]
    pub(crate) fn cross(
        &self,
        record: &Record,
        place: u8,
        message: u32,
        call: impl FnOnce(*mut Plugin) -> i32,
    ) -> i32 {
        let (kernel, frame) = (self.kernel, self.frame);
        let word = trace::word(record.index, place);
        frame.word.set(word);
        frame.acquired.set(NIL);
        frame.filtering.set(message);
        kernel.trace.note(word);
        kernel.depth.set(self.depth + 1);
        record.calls.set(record.calls.get() + 1);
        let status = call(record.pointer());
        kernel.depth.set(self.depth);
        if frame.acquired.get() != NIL {
            kernel.release_acquired(&frame.acquired);
        }
        if status == status::E_PANIC {
            kernel.poison(record, place);
        }
        status
    }

    /// The message that the last crossing left: the one that it was shown, or the copy that it edited.
    #[inline(always)]
    pub(crate) fn left(&self) -> u32 {
        self.frame.filtering.get()
    }
}

/// An open dispatch. Ends of objects wait until the outermost one is over.
pub(crate) struct Dispatch<'k>(&'k Kernel);

impl Drop for Dispatch<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        let kernel = self.0;
        kernel.dispatching.set(kernel.dispatching.get() - 1);
        if kernel.dispatching.get() == 0 && kernel.has_ends.get() {
            kernel.settle_ends();
        }
    }
}

impl Kernel {
    #[inline(always)]
    pub(crate) fn dispatch(&self) -> Dispatch<'_> {
        self.dispatching.set(self.dispatching.get() + 1);
        Dispatch(self)
    }

    /// The way into instances at the present depth, or `None` if it is too deep.
    #[inline(always)]
    pub(crate) fn gate(&self) -> Option<Gate<'_>> {
        let depth = self.depth.get();
        // SAFETY: all frames are written at start.
        (depth < self.frames.length()).then(|| Gate {
            kernel: self,
            frame: unsafe { self.frames.get(depth) },
            depth,
        })
    }

    /// Calls into an instance on the kernel thread. `E_REENTRANT`: nested too deep, nothing was called.
    #[inline(always)]
    pub(crate) fn cross(&self, record: &Record, place: u8, call: impl FnOnce(*mut Plugin) -> i32) -> i32 {
        match self.gate() {
            Some(gate) => gate.cross(record, place, NIL, call),
            None => self.too_deep(record, place),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn too_deep(&self, record: &Record, place: u8) -> i32 {
        self.say(
            LOG_WARN,
            record,
            &[trace::place_name(place), ": callbacks are nested too deep; not called"],
        );
        status::E_REENTRANT
    }

    /// The frame of the running crossing.
    pub(crate) fn top_frame(&self) -> Option<&Frame> {
        let depth = self.depth.get();
        // SAFETY: all frames are written at start.
        (depth > 0).then(|| unsafe { self.frames.get(depth - 1) })
    }

    /// Marks an instance that panicked or threw; plugin zero never is.
    #[cold]
    pub(crate) fn poison(&self, record: &Record, place: u8) {
        let mut error = self.last_error(record);
        if error.code != status::E_PANIC {
            error.length = 0;
        }
        let text = error.text();
        self.say(
            LOG_ERROR,
            record,
            &["panicked in ", trace::place_name(place), if text.is_empty() { "" } else { ": " }, text],
        );
        if record.is_zero() || !record.is_live() {
            return;
        }
        record.state.store(STATE_POISONED, Relaxed);
        self.has_ends.set(true);
        self.has_poisoned.set(true);
    }

    /// Logs an answer from a callback that has no use for one.
    #[inline(always)]
    pub(crate) fn note(&self, record: &Record, place: u8, status: i32) {
        if status != status::OK && status != status::E_REENTRANT && status != status::E_PANIC {
            self.note_slow(record, place);
        }
    }

    #[cold]
    fn note_slow(&self, record: &Record, place: u8) {
        let error = self.last_error(record);
        self.say(LOG_WARN, record, &[trace::place_name(place), " returned an error: ", error.text()]);
    }
}
