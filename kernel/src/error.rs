//! Error texts, and the `error` table.
//!
//! A text belongs to the crossing that set it, or whose call failed: each frame, each worker and plugin zero outside all
//! crossings has room for one, which only the thread that runs the crossing touches. The threads of plugins' own share
//! one, under the lock.

use core::cell::{Cell, UnsafeCell};
use core::ffi::c_char;

use pintle_abi_core::{Error, ErrorApi, Limits, Plugin, rules::error as rule, status};

use crate::crossing::Frame;
use crate::features::LOG_TEXT;
use crate::guard::{Caller, Domain, KERNEL, answer, enter, out};
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::region::{Cursor, Slice};
use crate::text::{self, KEPT};
use crate::trace;

pub(crate) static TABLE: ErrorApi = ErrorApi { size: size_of::<ErrorApi>() as u32, reserved: 0, set, last };

/// A status and a text about it.
#[derive(Clone, Copy)]
pub(crate) struct ErrorText {
    pub(crate) code: i32,
    length: u16,
    /// Whose it is.
    record: u16,
    text: [u8; KEPT],
}

impl ErrorText {
    pub(crate) const NONE: Self = Self { code: 0, length: 0, record: 0, text: [0; KEPT] };

    pub(crate) fn text(&self) -> &str {
        // A plugin's text may be anything; what is not UTF-8 ends it.
        let bytes = &self.text[..usize::from(self.length)];
        match core::str::from_utf8(bytes) {
            Ok(text) => text,
            // SAFETY: so far it is.
            Err(broken) => unsafe { core::str::from_utf8_unchecked(&bytes[..broken.valid_up_to()]) },
        }
    }

    /// The text, if it is about this code.
    pub(crate) fn about(&self, code: i32) -> &str {
        if self.code == code { self.text() } else { "" }
    }

    fn push(&mut self, part: &[u8]) {
        let at = usize::from(self.length);
        let part = text::cut(part, KEPT - at);
        self.text[at..at + part.len()].copy_from_slice(part);
        self.length += part.len() as u16;
    }
}

/// Where the texts are: first the one of calls outside all crossings, which are plugin zero's most often, one for each frame, one for each worker, and last the one of
/// all other threads.
pub(crate) struct Errors {
    texts: Slice<UnsafeCell<ErrorText>>,
    depth: u32,
    /// The thread that the last text belongs to. Under the lock.
    thread: Cell<Domain>,
}

impl Errors {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits) -> Self {
        let texts = cursor.take(limits.depth + limits.workers.max(1) + 2);
        Self { texts, depth: limits.depth, thread: Cell::new(0) }
    }

    pub(crate) fn begin(self) -> Self {
        self.texts.fill(|_| UnsafeCell::new(ErrorText::NONE));
        self
    }

    fn last(&self) -> u32 {
        self.texts.length() - 1
    }

    /// The text at a place, if it is there and about this instance.
    fn read(&self, index: u32, record: &Record, is_there: bool) -> ErrorText {
        // SAFETY: all are written at start; only the thread that the text belongs to touches it, or the lock is held.
        let error = unsafe { &*self.texts.get(index).get() };
        if is_there && u32::from(error.record) == record.index { *error } else { ErrorText::NONE }
    }

    fn write(&self, index: u32, record: &Record, code: i32, parts: &[&[u8]]) {
        // SAFETY: as in `read`, and no other reference to it is ever kept.
        let error = unsafe { &mut *self.texts.get(index).get() };
        error.code = code;
        error.length = 0;
        error.record = record.index as u16;
        for part in parts {
            error.push(part);
        }
    }
}

impl Kernel {
    /// Where an instance's running crossing in a domain keeps its text, or its calls outside all of its crossings do; `None`
    /// for the threads of plugins' own.
    fn place_of(&self, domain: Domain, record: &Record) -> Option<u32> {
        if domain != KERNEL {
            return self.workers.find_in(domain).map(|worker| self.place_of_worker(worker));
        }
        let is_its = |frame: &&Frame| trace::word_record(frame.word.get()) == record.index;
        Some(self.top_frame().filter(is_its).map_or(0, |_| self.depth.get()))
    }

    fn place_of_worker(&self, worker: u32) -> u32 {
        self.errors.depth + 1 + worker
    }

    /// The frame whose text is at a place; calls outside all crossings have none.
    fn frame_of(&self, place: u32) -> Option<&Frame> {
        let depth = self.errors.depth;
        if place > depth {
            return Some(self.workers.frame(place - depth - 1));
        }
        // SAFETY: all frames are written at start.
        (place > 0).then(|| unsafe { self.frames.get(place - 1) })
    }

    fn keep_error(&self, domain: Domain, record: &Record, code: i32, parts: &[&[u8]]) {
        if let Some(place) = self.place_of(domain, record) {
            self.errors.write(place, record, code, parts);
            if let Some(frame) = self.frame_of(place) {
                frame.has_error.set(true);
            }
        } else {
            let _locked = self.shared.lock();
            self.errors.thread.set(domain);
            self.errors.write(self.errors.last(), record, code, parts);
        }
    }

    fn kept_error(&self, domain: Domain, record: &Record) -> ErrorText {
        if let Some(place) = self.place_of(domain, record) {
            return self.error_at(place, record);
        }
        let _locked = self.shared.lock();
        let is_its = self.errors.thread.get() == domain;
        self.errors.read(self.errors.last(), record, is_its)
    }

    fn error_at(&self, place: u32, record: &Record) -> ErrorText {
        let is_there = self.frame_of(place).is_none_or(|frame| frame.has_error.get());
        self.errors.read(place, record, is_there)
    }

    /// Keeps the host's words for a call of this instance that is about to fail, on the kernel thread.
    #[cold]
    pub(crate) fn set_error(&self, record: &Record, code: i32, parts: &[&str]) {
        self.set_error_in(KERNEL, record, code, parts);
    }

    /// As [`set_error`](Self::set_error), for a call from any thread.
    #[cold]
    pub(crate) fn set_error_in(&self, domain: Domain, record: &Record, code: i32, parts: &[&str]) {
        // So many parts has no sentence of the kernel.
        let mut bytes = [&[][..]; 6];
        if LOG_TEXT {
            for (part, text) in bytes.iter_mut().zip(parts) {
                *part = text.as_bytes();
            }
        }
        self.keep_error(domain, record, code, &bytes);
    }

    /// What an instance was told last in the running crossing, on the kernel thread.
    pub(crate) fn error_of_running_crossing(&self, record: &Record) -> ErrorText {
        self.kept_error(KERNEL, record)
    }

    /// What the crossing of this instance said that has just returned to the kernel thread, or was too deep to begin.
    pub(crate) fn error_of_last_crossing(&self, record: &Record) -> ErrorText {
        let place = self.depth.get() + 1;
        if place > self.errors.depth { ErrorText::NONE } else { self.error_at(place, record) }
    }

    /// The words of another instance, whose crossing has just answered `code`, or a panic that is told as `code`, become those
    /// of the caller, whose call is about to fail with it.
    #[cold]
    #[inline(never)]
    pub(crate) fn pass_words(&self, caller: &Record, other: &Record, code: i32) {
        let error = self.error_of_last_crossing(other);
        let text = match error.about(code) {
            "" if code == status::E_POISONED => error.about(status::E_PANIC),
            text => text,
        };
        self.set_error(caller, code, &[other.name(), ": ", text]);
    }

    /// What the crossing of this instance said that has just returned on this worker.
    pub(crate) fn error_of_worker(&self, worker: u32, record: &Record) -> ErrorText {
        self.error_at(self.place_of_worker(worker), record)
    }
}

unsafe extern "C" fn set(plugin: *mut Plugin, code: i32, text: *const c_char, length: usize) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller: Caller<'_> = unsafe { enter(plugin, &rule::SET) }?;
        // SAFETY: the plugin's text is readable.
        let bytes = unsafe { text::bytes(text.cast(), length) }?;
        caller.kernel.keep_error(caller.domain, caller.record, code, &[bytes]);
        Ok(())
    })
}

unsafe extern "C" fn last(plugin: *mut Plugin, to: *mut Error) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::LAST) }?;
        let to = out(to)?;
        // SAFETY: not NULL, so its `size` at least is readable.
        if (unsafe { (*to).size } as usize) < size_of::<Error>() {
            return Err(status::E_ARGUMENT);
        }
        let error = caller.kernel.kept_error(caller.domain, caller.record);
        // SAFETY: writable for the size that it names, and nobody else has it during the call; zero bytes are a value.
        let told = unsafe {
            to.write_bytes(0, 1);
            &mut *to
        };
        told.size = size_of::<Error>() as u32;
        told.code = error.code;
        told.length = error.length.into();
        told.text[..KEPT].copy_from_slice(&error.text);
        Ok(())
    })
}
