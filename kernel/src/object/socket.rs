//! A socket: its state, its channels, who is attached.

use core::cell::{Cell, UnsafeCell};

use pintle_abi_core as abi;
use pintle_abi_core::{
    ADDRESS_MAX, Limits, SOCKET_CONNECTING, SOCKET_LISTENING, SOCKET_OPEN, SOCKET_STOPPED, Text, status,
};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::handle::{self, KIND_SOCKET};
use crate::base::pool::Pool;
use crate::base::queue::Queue;
use crate::base::region::{Cursor, Slice};
use crate::base::slab::{Live, Wrap, Zeroed};

/// One socket, its address last: what is read most lies together.
#[repr(C)]
pub(crate) struct Socket {
    opener: Cell<u32>,
    /// One of the `SOCKET_` constants.
    state: Cell<u32>,
    channels: Cell<u32>,
    /// Sessions of which somebody is still to hear the end.
    sessions: Cell<u32>,
    /// One bit for each instance that serves it.
    attached: [Cell<u32>; 8],
    next_ended: Counter,
    address_length: Cell<u16>,
    /// `socket_destroyed` has run; the slot waits for sessions that end.
    is_told: Cell<bool>,
    address: UnsafeCell<[u8; ADDRESS_MAX]>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Socket {}

impl Socket {
    pub(crate) fn is_opened_by(&self, instance: u32) -> bool {
        self.opener.get() == instance
    }

    pub(crate) fn state(&self) -> u32 {
        self.state.get()
    }

    pub(crate) fn channels(&self) -> u32 {
        self.channels.get()
    }

    pub(crate) fn is_started(&self) -> bool {
        matches!(self.state.get(), SOCKET_LISTENING | SOCKET_CONNECTING)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state.get() == SOCKET_STOPPED
    }

    /// It begins to listen at an address, or to connect to it.
    pub(crate) fn start(&self, connects: bool, address: &str) -> Answer {
        if self.is_started() {
            return Err(status::E_STATE);
        }
        self.state.set(if connects { SOCKET_CONNECTING } else { SOCKET_LISTENING });
        self.set_address(address);
        Ok(())
    }

    pub(crate) fn stop(&self) {
        self.state.set(SOCKET_STOPPED);
    }

    /// An instance serves it from now on, while it is started.
    pub(crate) fn attach(&self, instance: u32) -> Answer {
        if !self.is_started() {
            return Err(status::E_STATE);
        }
        let (word, bit) = self.attachment(instance);
        if word.get() & bit != 0 {
            return Err(status::E_EXISTS);
        }
        word.set(word.get() | bit);
        Ok(())
    }

    /// An instance serves it no more; whether it did.
    pub(crate) fn detach(&self, instance: u32) -> bool {
        let (word, bit) = self.attachment(instance);
        let was_attached = word.get() & bit != 0;
        word.set(word.get() & !bit);
        was_attached
    }

    fn attachment(&self, instance: u32) -> (&Cell<u32>, u32) {
        (&self.attached[instance as usize / 32], 1 << (instance % 32))
    }

    pub(crate) fn has_attached(&self) -> bool {
        self.attached.iter().any(|word| word.get() != 0)
    }

    /// A session begins on it.
    pub(crate) fn add_session(&self) {
        self.sessions.set(self.sessions.get() + 1);
    }

    /// Everybody has heard of a session's end.
    pub(crate) fn drop_session(&self) {
        self.sessions.set(self.sessions.get() - 1);
    }

    pub(crate) fn set_address(&self, address: &str) {
        // SAFETY: the kernel thread alone touches it, and no reference to it is kept. The new text may be a view of
        // the old one, so it is moved.
        unsafe {
            core::ptr::copy(address.as_ptr(), self.address.get().cast::<u8>(), address.len());
        }
        self.address_length.set(address.len() as u16);
    }

    pub(crate) fn copy_address(&self) -> ([u8; ADDRESS_MAX], usize) {
        // SAFETY: the kernel thread alone touches it.
        (unsafe { self.address.get().read() }, usize::from(self.address_length.get()))
    }

    pub(crate) fn address(&self) -> Text {
        Text { data: self.address.get().cast(), length: usize::from(self.address_length.get()) }
    }
}

/// All sockets of a host.
pub(crate) struct Sockets {
    pool: Pool<Socket, KIND_SOCKET>,
    modes: Slice<Cell<u8>>,
    channels: u32,
    /// Sockets that have ended, and of which everybody is still to hear.
    ended: Queue,
}

impl Sockets {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            pool: Pool::take(cursor, limits.sockets, handle::low_half(tag), Wrap::Retire),
            modes: cursor.take(limits.sockets * limits.channels),
            channels: limits.channels,
            ended: Queue::new(),
        }
    }

    /// A new socket, in the state `OPEN`.
    pub(crate) fn open(&self, opener: u32, modes: &[u32]) -> Answer<u32> {
        let index = self.pool.allocate().ok_or(status::E_CAPACITY)?;
        let socket = self.at(index);
        socket.opener.set(opener);
        socket.state.set(SOCKET_OPEN);
        socket.channels.set(modes.len() as u32);
        socket.sessions.set(0);
        socket.address_length.set(0);
        socket.is_told.set(false);
        for (channel, mode) in modes.iter().enumerate() {
            self.modes.write(index * self.channels + channel as u32, Cell::new(*mode as u8));
        }
        self.pool.begin(index);
        Ok(index)
    }

    pub(crate) fn find(&self, socket: abi::Socket) -> Answer<u32> {
        self.pool.find(socket.bits)
    }

    /// The socket that a handle names.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn get(&self, socket: abi::Socket) -> Answer<&Socket> {
        Ok(self.at(self.find(socket)?))
    }

    pub(crate) fn at(&self, index: u32) -> &Socket {
        self.pool.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Socket {
        abi::Socket { bits: self.pool.bits(index) }
    }

    /// The handle of a socket that was closed, until its slot is free.
    pub(crate) fn ended_handle(&self, index: u32) -> abi::Socket {
        abi::Socket { bits: self.pool.ended_bits(index) }
    }

    pub(crate) fn mode(&self, index: u32, channel: u32) -> u8 {
        // SAFETY: written for all channels of the socket when it was opened.
        unsafe { self.modes.get(index * self.channels + channel) }.get()
    }

    /// Makes the handle stale.
    pub(crate) fn end(&self, index: u32) {
        self.pool.end(index);
        self.ended.push(index, |index| &self.at(index).next_ended);
    }

    pub(crate) fn pop_ended(&self) -> Option<u32> {
        self.ended.pop(|index| &self.at(index).next_ended)
    }

    /// Everybody has heard that it is gone.
    pub(crate) fn note_told(&self, index: u32) {
        self.at(index).is_told.set(true);
    }

    /// Frees a closed socket once everybody has heard of it and of the ends of its sessions.
    pub(crate) fn free_if_quiet(&self, index: u32) {
        let socket = self.at(index);
        if socket.is_told.get() && socket.sessions.get() == 0 {
            socket.is_told.set(false);
            self.pool.free(index);
        }
    }

    /// The live sockets.
    pub(crate) fn live(&self) -> Live<'_> {
        self.pool.live()
    }
}
