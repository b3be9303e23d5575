//! Room for error texts.
//!
//! A text belongs to the crossing that set it, or whose call failed: each frame, each worker and plugin zero outside all
//! crossings has room for one, which only the thread that runs the crossing touches. The threads of plugins' own share
//! one, under the lock.

use core::cell::UnsafeCell;

use pintle_abi_core::Limits;

use crate::base::domain::Domain;
use crate::base::lock::Locked;
use crate::base::region::{Cursor, Slice};
use crate::base::sync::Cell;
use crate::base::text::{self, KEPT};
use crate::object::instance::Instance;

/// A status and a text about it.
#[derive(Clone, Copy)]
pub(crate) struct ErrorText {
    code: i32,
    length: u16,
    /// Whose it is.
    instance: u16,
    text: [u8; KEPT],
}

impl ErrorText {
    pub(crate) const NONE: Self = Self { code: 0, length: 0, instance: 0, text: [0; KEPT] };

    pub(crate) fn code(&self) -> i32 {
        self.code
    }

    /// The room for the text, and how many bytes of it are used.
    pub(crate) fn bytes(&self) -> (&[u8; KEPT], u16) {
        (&self.text, self.length)
    }

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

/// Where the texts are: first the one of calls outside all crossings, most often plugin zero's, then one for each frame and
/// one for each worker, and last the one of all other threads.
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

    /// The place of the innermost frame's text.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    fn last(&self) -> u32 {
        self.texts.length() - 1
    }

    /// The text of a thread of a plugin's own, if no other thread had one since.
    pub(crate) fn read_for_thread(
        &self,
        _locked: &Locked<'_>,
        thread: Domain,
        instance: &Instance,
    ) -> ErrorText {
        self.read(self.last(), instance, self.thread.get() == thread)
    }

    /// Keeps a text for a thread of a plugin's own.
    pub(crate) fn write_for_thread(
        &self,
        _locked: &Locked<'_>,
        thread: Domain,
        instance: &Instance,
        code: i32,
        parts: &[&[u8]],
    ) {
        self.thread.set(thread);
        self.write(self.last(), instance, code, parts);
    }

    /// The text at a place, if it is there and about this instance.
    pub(crate) fn read(&self, index: u32, instance: &Instance, is_there: bool) -> ErrorText {
        // SAFETY: all are written at start; only the thread that the text belongs to touches it, or the lock is held.
        let error = unsafe { &*self.texts.get(index).get() };
        if is_there && u32::from(error.instance) == instance.index() { *error } else { ErrorText::NONE }
    }

    pub(crate) fn write(&self, index: u32, instance: &Instance, code: i32, parts: &[&[u8]]) {
        // SAFETY: as in `read`, and no other reference to it is ever kept.
        let error = unsafe { &mut *self.texts.get(index).get() };
        error.code = code;
        error.length = 0;
        error.instance = instance.index() as u16;
        for part in parts {
            error.push(part);
        }
    }
}
