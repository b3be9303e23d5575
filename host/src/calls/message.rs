//! Messages.

use std::ptr::{null, slice_from_raw_parts};

use pintle_abi_core::{Bytes, Message};

use super::Calls;
use crate::error::Error;

impl Calls<'_> {
    /// An empty message that holds at least `capacity` bytes.
    ///
    /// # Errors
    /// `E_CAPACITY`: more than a message can hold, or no message is free.
    pub fn acquire(&self, capacity: usize) -> Result<Message, Error> {
        let mut message = Message::default();
        call!(self, message.acquire(capacity, &raw mut message))?;
        Ok(message)
    }

    /// A message that holds `bytes`.
    ///
    /// # Errors
    /// `E_CAPACITY`: too long, or no message is free.
    pub fn message(&self, bytes: &[u8]) -> Result<Message, Error> {
        let message = self.acquire(bytes.len())?;
        self.write(message, bytes)?;
        Ok(message)
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// `E_SEALED`: it was passed on. `E_CAPACITY`; the errors of handles.
    pub fn write(&self, message: Message, bytes: &[u8]) -> Result<(), Error> {
        call!(self, message.write(message, bytes.as_ptr(), bytes.len()))
    }

    /// Lets a message be read from its beginning.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles.
    pub fn rewind(&self, message: Message) -> Result<(), Error> {
        call!(self, message.rewind(message))
    }

    /// How many bytes a message holds.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles.
    pub fn length(&self, message: Message) -> Result<usize, Error> {
        let mut length = 0;
        call!(self, message.length(message, &raw mut length))?;
        Ok(length)
    }

    /// The bytes of a message. They are valid as long as there is a reference to it.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles.
    pub fn view(&self, message: Message) -> Result<*const [u8], Error> {
        let mut view = Bytes { data: null(), length: 0 };
        call!(self, message.view(message, &raw mut view))?;
        Ok(slice_from_raw_parts(view.data, view.length))
    }

    /// A copy of the bytes of a message.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles.
    pub fn bytes(&self, message: Message) -> Result<Vec<u8>, Error> {
        let view = self.view(message)?;
        if view.is_empty() {
            return Ok(Vec::new());
        }
        // SAFETY: the view is good until the next call with this message, and nothing is called before it is copied.
        Ok(unsafe { &*view }.to_vec())
    }

    /// Adds a reference, so that a message outlives the callback that it was given to.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles; `E_CAPACITY`.
    pub fn retain(&self, message: Message) -> Result<(), Error> {
        call!(self, message.retain(message))
    }

    /// Gives back a reference.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles; `E_STATE`: plugin zero holds none.
    pub fn release(&self, message: Message) -> Result<(), Error> {
        call!(self, message.release(message))
    }

    /// Gives a message that holds `bytes` to `work`, which borrows it.
    pub(super) fn with_message(
        &self,
        bytes: &[u8],
        work: impl FnOnce(Message) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lent = Lent { calls: self, message: self.message(bytes)? };
        work(lent.message)
    }

    /// Gives back a message that was made here.
    pub(super) fn give_up(&self, message: Message) {
        // It can only be gone already, which is as well.
        let _ = self.release(message);
    }
}

/// A message that is given back also if the application's panic passes through.
struct Lent<'c, 'h> {
    calls: &'c Calls<'h>,
    message: Message,
}

impl Drop for Lent<'_, '_> {
    fn drop(&mut self) {
        self.calls.give_up(self.message);
    }
}
