//! Messages.

use core::fmt;
use core::ops::{Deref, DerefMut};

use abi::status;
use pintle_abi_core as abi;

use crate::host::call;
use crate::{Error, Host, Result, Status};

/// Messages: `host.message()`.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'h>(pub(crate) &'h Host);

impl Host {
    /// Messages.
    #[must_use]
    pub const fn message(&self) -> Messages<'_> {
        Messages(self)
    }
}

impl<'h> Messages<'h> {
    /// Acquires an empty message with room for at least `capacity` bytes. Any thread.
    ///
    /// # Errors
    /// `E_CAPACITY`: `capacity` is over the limit, or no message is free.
    #[inline]
    pub fn acquire(self, capacity: usize) -> Result<Message<'h>> {
        let mut handle = abi::Message::default();
        call!(self.0, message.acquire(capacity, &raw mut handle))?;
        Ok(Message { host: self.0, handle, hold: Hold::Owned })
    }

    /// Acquires a message with a copy of `bytes`. Any thread.
    ///
    /// # Errors
    /// As for [`acquire`](Messages::acquire).
    pub fn from_bytes(self, bytes: &[u8]) -> Result<Message<'h>> {
        let mut message = self.acquire(bytes.len())?;
        message.write(bytes)?;
        Ok(message)
    }

    /// Makes a message of one that was [kept](Message::keep).
    #[must_use]
    pub const fn take(self, kept: Kept) -> Message<'h> {
        Message { host: self.0, handle: kept.handle, hold: Hold::Owned }
    }
}

/// A message: bytes in the host's memory.
///
/// There is one `Message` value for a message at a time, and every method borrows it mutably, so the bytes that
/// [`view`](Self::view) returns are valid until the next call with the same message.
///
/// A message that the plugin acquired is released when the value is dropped. A message that a callback was given belongs to
/// the caller: it can be read, passed on, copied and [kept](Self::keep), and is sealed unless the filter
/// [edits](Self::edit) it.
///
/// A message belongs to one thread domain. In another one its methods return `E_STALE` or `E_WRONG_THREAD`.
pub struct Message<'h> {
    host: &'h Host,
    handle: abi::Message,
    hold: Hold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    /// The value has a reference of the plugin's.
    Owned,
    /// The message belongs to the caller.
    Borrowed,
    /// The payload of the running handler's request, which can be handed over without a reference.
    Payload,
    /// The message belongs to the running chain of filters, and is writable.
    Edited,
}

impl<'h> Message<'h> {
    /// The message that a callback was given.
    pub(crate) const fn borrowed(host: &'h Host, handle: abi::Message) -> Self {
        Message { host, handle, hold: Hold::Borrowed }
    }

    /// The payload that a handler was given.
    pub(crate) const fn payload(host: &'h Host, handle: abi::Message) -> Self {
        Message { host, handle, hold: Hold::Payload }
    }

    /// The handle, to tell messages apart; 0 once the message was handed over.
    #[must_use]
    pub const fn handle(&self) -> abi::Message {
        self.handle
    }

    /// How many bytes the message has, whatever the reading position is.
    ///
    /// # Errors
    /// Those common to all messages.
    #[inline]
    pub fn length(&mut self) -> Result<usize> {
        let mut length = 0;
        call!(self.host, message.length(self.handle, &raw mut length))?;
        Ok(length)
    }

    /// All bytes, without copying them. The slice is a `std::io::Read` and `BufRead`: `io::copy(&mut message.view()?, &mut file)?`.
    ///
    /// # Errors
    /// Those common to all messages.
    #[inline]
    pub fn view(&mut self) -> Result<&[u8]> {
        let mut bytes = abi::Bytes { data: core::ptr::null(), length: 0 };
        call!(self.host, message.view(self.handle, &raw mut bytes))?;
        if bytes.length == 0 {
            return Ok(&[]);
        }
        // SAFETY: the host shows initialised bytes, valid until the next call with this message; `&mut self` is
        // borrowed until then, and nobody writes a message that others can reach.
        Ok(unsafe { core::slice::from_raw_parts(bytes.data, bytes.length) })
    }

    /// All bytes, to be overwritten in place. They are committed when the view is dropped.
    ///
    /// # Errors
    /// `E_SEALED`: the message was passed on, or belongs to the caller and was not edited.
    #[inline]
    pub fn view_mut(&mut self) -> Result<ViewMut<'_, 'h>> {
        let (mut data, mut length) = (core::ptr::null_mut(), 0);
        call!(self.host, message.view_mut(self.handle, &raw mut data, &raw mut length))?;
        let bytes: &mut [u8] = if length == 0 {
            &mut []
        } else {
            // SAFETY: as for `view`; a message that is not sealed is reached through this value only.
            unsafe { core::slice::from_raw_parts_mut(data, length) }
        };
        Ok(ViewMut { host: self.host, message: self.handle, bytes })
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// `E_CAPACITY`: they do not fit, and nothing was written. `E_SEALED`.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> Result {
        call!(self.host, message.write(self.handle, bytes.as_ptr(), bytes.len()))
    }

    /// Fills `bytes` from the reading position and moves it.
    ///
    /// # Errors
    /// `E_UNDERFLOW`: fewer bytes are left; nothing was read.
    #[inline]
    pub fn read(&mut self, bytes: &mut [u8]) -> Result {
        call!(self.host, message.read(self.handle, bytes.as_mut_ptr(), bytes.len()))
    }

    /// Puts the reading position back to the first byte.
    ///
    /// # Errors
    /// Those common to all messages.
    pub fn rewind(&mut self) -> Result {
        call!(self.host, message.rewind(self.handle))
    }

    /// Room for `length` more bytes, to be filled in place and then [committed](Self::commit).
    ///
    /// # Errors
    /// `E_CAPACITY`: they do not fit. `E_SEALED`.
    pub fn reserve(&mut self, length: usize) -> Result<&mut [u8]> {
        let mut data = core::ptr::null_mut();
        call!(self.host, message.reserve(self.handle, length, &raw mut data))?;
        if length == 0 {
            return Ok(&mut []);
        }
        // SAFETY: the host shows `length` bytes of its initialised region; as for `view_mut`.
        Ok(unsafe { core::slice::from_raw_parts_mut(data, length) })
    }

    /// Appends the first `length` bytes of the reserved room.
    ///
    /// # Errors
    /// `E_STATE`: less than `length` was reserved since the last write, or nothing was. `E_SEALED`.
    pub fn commit(&mut self, length: usize) -> Result {
        call!(self.host, message.commit(self.handle, length))
    }

    /// Empties the message.
    ///
    /// # Errors
    /// `E_SEALED`.
    pub fn clear(&mut self) -> Result {
        call!(self.host, message.clear(self.handle))
    }

    /// Inside `message_in` and `message_out`: makes the message writable until the filter returns. The value then
    /// is the message that is passed on; the caller's own message is never altered.
    ///
    /// # Errors
    /// `E_STATE`: not the message of the running filter. `E_CAPACITY`: no message is free for the copy.
    pub fn edit(&mut self) -> Result {
        let mut edited = abi::Message::default();
        call!(self.host, message.edit(self.handle, &raw mut edited))?;
        // What was acquired and not given by the host is never the running filter's, so nothing is lost here.
        self.handle = edited;
        self.hold = Hold::Edited;
        Ok(())
    }

    /// A writable copy with room for at least `capacity` bytes.
    ///
    /// # Errors
    /// `E_CAPACITY`: as for [`Messages::acquire`].
    pub fn copy(&mut self, capacity: usize) -> Result<Message<'h>> {
        let mut handle = abi::Message::default();
        call!(self.host, message.clone(self.handle, capacity, &raw mut handle))?;
        Ok(Message { host: self.host, handle, hold: Hold::Owned })
    }

    /// Keeps the message beyond the callback. A message that the plugin acquired moves into the result, and this value is
    /// spent; a message that the callback was given can still be used.
    ///
    /// # Errors
    /// `E_STATE`: it is being edited; keep a [copy](Self::copy). `E_CAPACITY`: this instance holds 65,535 references or more
    /// of it.
    pub fn keep(&mut self) -> Result<Kept> {
        if self.hold == Hold::Edited {
            return Err(Error::new(Status(status::E_STATE), "a message that is being edited cannot be kept"));
        }
        let handle = self.handle;
        call!(self.host, message.retain(handle))?;
        if self.hold == Hold::Owned {
            // Gives back the reference that the callback would; the retained one stays.
            let _ = call!(self.host, message.release(handle));
            self.spend();
        }
        Ok(Kept { handle })
    }

    /// Runs a call that spends a reference on success. For a message of the caller's a reference is taken first.
    pub(crate) fn hand_over(&mut self, call: impl FnOnce(abi::Message) -> Result) -> Result {
        let handle = self.handle;
        match self.hold {
            Hold::Owned => {
                call(handle)?;
                self.spend();
                Ok(())
            }
            Hold::Payload => call(handle),
            Hold::Borrowed | Hold::Edited => {
                call!(self.host, message.retain(handle))?;
                let outcome = call(handle);
                if outcome.is_err() {
                    let _ = call!(self.host, message.release(handle));
                }
                outcome
            }
        }
    }

    const fn spend(&mut self) {
        self.handle = abi::Message { bits: 0 };
        self.hold = Hold::Borrowed;
    }
}

/// The bytes of a message, to be overwritten in place: [`Message::view_mut`].
#[derive(Debug)]
pub struct ViewMut<'m, 'h> {
    host: &'h Host,
    message: abi::Message,
    bytes: &'m mut [u8],
}

impl Deref for ViewMut<'_, '_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes
    }
}

impl DerefMut for ViewMut<'_, '_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.bytes
    }
}

impl Drop for ViewMut<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        // It fails only if the host has ended the message meanwhile, and then nothing travels.
        let _ = call!(self.host, message.commit(self.message, self.bytes.len()));
    }
}

impl Drop for Message<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.hold == Hold::Owned {
            // A refusal says that the host has taken it back already.
            let _ = call!(self.host, message.release(self.handle));
        }
    }
}

/// Appends text. If it does not fit, that is an error and the message is unchanged.
impl fmt::Write for Message<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// Appends bytes. Those that do not fit are refused with `E_CAPACITY`, and the message is unchanged.
#[cfg(feature = "std")]
impl std::io::Write for Message<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Message::write(self, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("handle", &self.handle.bits).field("hold", &self.hold).finish()
    }
}

/// A message that is kept beyond the callback. [`Messages::take`] makes a usable message of it.
///
/// It has no `Drop`, because it has no reference to a host. If it is dropped, the message is released when the instance
/// ends, and counted in the receipt. To release it, drop what `take` returns.
#[must_use = "a kept message is released by `host.message().take(kept)`"]
#[derive(Debug)]
pub struct Kept {
    handle: abi::Message,
}

impl Kept {
    /// The handle, to tell messages apart.
    #[must_use]
    pub const fn handle(&self) -> abi::Message {
        self.handle
    }
}
