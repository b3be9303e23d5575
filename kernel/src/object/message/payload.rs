//! The payload of a message: reading, writing, and writing in place.

use pintle_abi_core::{Bytes, status};

use crate::base::answer::Answer;
use crate::object::message::Message;

/// In [`Message::reserved`]: the payload itself was shown for overwriting. No payload is that long.
const SHOWN: u32 = u32::MAX;

impl Message {
    #[inline(always)]
    pub(crate) fn bytes(&self) -> Bytes {
        Bytes { data: self.data.get(), length: self.length() }
    }

    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.length.get() as usize
    }

    #[inline(always)]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity.get() as usize
    }

    /// Whoever gets it next reads from the beginning.
    #[inline(always)]
    pub(crate) fn rewind(&self) {
        self.position.set(0);
    }

    /// Where `length` bytes can be read, which [`end_read`](Self::end_read) then passes over.
    #[inline(always)]
    pub(crate) fn begin_read(&self, length: usize) -> Answer<*mut u8> {
        let at = self.position.get();
        if length > (self.length.get() - at) as usize {
            return Err(status::E_UNDERFLOW);
        }
        Ok(self.data.get().wrapping_add(at as usize))
    }

    #[inline(always)]
    pub(crate) fn end_read(&self, length: usize) {
        self.position.set(self.position.get() + length as u32);
    }

    /// Where `length` bytes can be written behind the payload, of which [`end_write`](Self::end_write) makes them a part.
    #[inline(always)]
    pub(crate) fn begin_write(&self, length: usize) -> Answer<*mut u8> {
        self.check_writable()?;
        if length > (self.capacity.get() - self.length.get()) as usize {
            return Err(status::E_CAPACITY);
        }
        Ok(self.data.get().wrapping_add(self.length()))
    }

    /// What was reserved or shown before is not committed any more.
    #[inline(always)]
    pub(crate) fn end_write(&self, length: usize) {
        self.length.set(self.length.get() + length as u32);
        self.reserved.set(0);
    }

    #[inline(always)]
    fn check_writable(&self) -> Answer {
        if self.is_sealed() { Err(status::E_SEALED) } else { Ok(()) }
    }

    /// As [`begin_write`](Self::begin_write), to be written in place and then committed.
    #[inline(always)]
    pub(crate) fn reserve(&self, length: usize) -> Answer<*mut u8> {
        let at = self.begin_write(length)?;
        self.reserved.set(length as u32);
        Ok(at)
    }

    /// Shows the payload for overwriting, until it is committed or written to otherwise.
    #[inline(always)]
    pub(crate) fn show(&self) -> Answer<Bytes> {
        self.check_writable()?;
        self.reserved.set(SHOWN);
        Ok(self.bytes())
    }

    /// Makes what was written in place a part of the payload, or says how much of what was shown is new.
    #[inline(always)]
    pub(crate) fn commit(&self, length: usize) -> Answer {
        self.check_writable()?;
        let reserved = self.reserved.get();
        if reserved == SHOWN {
            if length > self.length() {
                return Err(status::E_STATE);
            }
            self.reserved.set(0);
            return Ok(());
        }
        if reserved == 0 || length > reserved as usize {
            return Err(status::E_STATE);
        }
        self.end_write(length);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn clear(&self) -> Answer {
        self.check_writable()?;
        self.empty();
        Ok(())
    }

    /// Nothing is written, read or reserved.
    #[inline(always)]
    pub(super) fn empty(&self) {
        self.length.set(0);
        self.position.set(0);
        self.reserved.set(0);
    }

    /// Makes these bytes the payload.
    ///
    /// # Safety
    /// It has room for them, and nobody else reads or writes it.
    pub(crate) unsafe fn fill(&self, bytes: &[u8]) {
        // SAFETY: as the caller says.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.get(), bytes.len()) };
        self.length.set(bytes.len() as u32);
    }

    /// The payload of a copy was written, which is that long.
    pub(crate) fn end_copy(&self, length: usize) {
        self.length.set(length as u32);
    }
}
