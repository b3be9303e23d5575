//! Error texts of crossings: where a call's text is kept, and what is read back.

use pintle_abi_core::status;

use crate::base::domain::{Domain, KERNEL};
use crate::base::features::LOG_TEXT;
use crate::kernel::Kernel;
use crate::object::error::ErrorText;
use crate::object::frame::Frame;
use crate::object::instance::Instance;

impl Kernel {
    /// Where an instance's running crossing in a domain keeps its text, or its calls outside all of its crossings do; `None`
    /// for the threads of plugins' own.
    fn place_of(&self, domain: Domain, instance: &Instance) -> Option<u32> {
        if domain != KERNEL {
            return self.workers.find_in(domain).map(|worker| self.place_of_worker(worker));
        }
        let is_its = self.frames.top().is_some_and(|frame| frame.is_in(instance.index()));
        Some(if is_its { self.frames.depth() } else { 0 })
    }

    fn place_of_worker(&self, worker: u32) -> u32 {
        self.errors.depth() + 1 + worker
    }

    /// The frame whose text is at a place; calls outside all crossings have none.
    fn frame_of(&self, place: u32) -> Option<&Frame> {
        let depth = self.errors.depth();
        if place > depth {
            return Some(self.workers.frame(place - depth - 1));
        }
        (place > 0).then(|| self.frames.at(place))
    }

    pub(crate) fn keep_error(&self, domain: Domain, instance: &Instance, code: i32, parts: &[&[u8]]) {
        if let Some(place) = self.place_of(domain, instance) {
            self.errors.write(place, instance, code, parts);
            if let Some(frame) = self.frame_of(place) {
                frame.note_error();
            }
        } else {
            self.errors.write_for_thread(&self.shared.lock(), domain, instance, code, parts);
        }
    }

    pub(crate) fn kept_error(&self, domain: Domain, instance: &Instance) -> ErrorText {
        if let Some(place) = self.place_of(domain, instance) {
            return self.error_at(place, instance);
        }
        self.errors.read_for_thread(&self.shared.lock(), domain, instance)
    }

    fn error_at(&self, place: u32, instance: &Instance) -> ErrorText {
        let is_there = self.frame_of(place).is_none_or(|frame| frame.has_error());
        self.errors.read(place, instance, is_there)
    }

    /// Keeps the host's words for a call of this instance that is about to fail, on the kernel thread.
    #[cold]
    pub(crate) fn set_error(&self, instance: &Instance, code: i32, parts: &[&str]) {
        self.set_error_in(KERNEL, instance, code, parts);
    }

    /// As [`set_error`](Self::set_error), for a call from any thread.
    #[cold]
    pub(crate) fn set_error_in(&self, domain: Domain, instance: &Instance, code: i32, parts: &[&str]) {
        // No text of the kernel has more parts.
        let mut bytes = [&[][..]; 6];
        if LOG_TEXT {
            for (part, text) in bytes.iter_mut().zip(parts) {
                *part = text.as_bytes();
            }
        }
        self.keep_error(domain, instance, code, &bytes);
    }

    /// What an instance was told last in the running crossing, on the kernel thread.
    pub(crate) fn error_of_running_crossing(&self, instance: &Instance) -> ErrorText {
        self.kept_error(KERNEL, instance)
    }

    /// What the crossing of this instance said that has just returned to the kernel thread, or was too deep to begin.
    pub(crate) fn error_of_last_crossing(&self, instance: &Instance) -> ErrorText {
        let place = self.frames.depth() + 1;
        if place > self.errors.depth() { ErrorText::NONE } else { self.error_at(place, instance) }
    }

    /// The words of another instance, whose crossing has just answered `code`, or a panic that is told as `code`, become those
    /// of the caller, whose call is about to fail with it.
    #[cold]
    #[inline(never)]
    pub(crate) fn pass_words(&self, caller: &Instance, other: &Instance, code: i32) {
        self.repeat_words(caller, other, code, &self.error_of_last_crossing(other));
    }

    /// As [`pass_words`](Self::pass_words), of what was read from the crossing before.
    #[cold]
    #[inline(never)]
    pub(crate) fn repeat_words(&self, caller: &Instance, other: &Instance, code: i32, error: &ErrorText) {
        let text = match error.about(code) {
            "" if code == status::E_POISONED => error.about(status::E_PANIC),
            text => text,
        };
        self.set_error(caller, code, &[other.name(), ": ", text]);
    }

    /// What the crossing of this instance said that has just returned on this worker.
    pub(crate) fn error_of_worker(&self, worker: u32, instance: &Instance) -> ErrorText {
        self.error_at(self.place_of_worker(worker), instance)
    }
}
