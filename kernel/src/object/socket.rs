//! A socket: its state, its channels, who is attached.

use core::cell::{Cell, UnsafeCell};

use pintle_abi_core as abi;
use pintle_abi_core::{ADDRESS_MAX, Limits, SOCKET_CONNECTING, SOCKET_LISTENING, SOCKET_OPEN, Text, status};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::handle::{self, KIND_SOCKET};
use crate::base::queue::Queue;
use crate::base::region::{Cursor, Slice};
use crate::base::slab::{FreeList, Live, Slab, Wrap, Zeroed};

/// One socket, its address last: what is read most lies together.
#[repr(C)]
pub(crate) struct Socket {
    pub(crate) opener: Cell<u32>,
    pub(crate) state: Cell<u32>,
    pub(crate) channels: Cell<u32>,
    /// Sessions whose slots are not free yet.
    pub(crate) sessions: Cell<u32>,
    /// One bit for each instance that serves it.
    attached: [Cell<u32>; 8],
    next_ended: Counter,
    address_length: Cell<u16>,
    pub(crate) is_told: Cell<bool>,
    address: UnsafeCell<[u8; ADDRESS_MAX]>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Socket {}

impl Socket {
    pub(crate) fn is_started(&self) -> bool {
        matches!(self.state.get(), SOCKET_LISTENING | SOCKET_CONNECTING)
    }

    pub(crate) fn is_attached(&self, instance: u32) -> bool {
        self.attached[instance as usize / 32].get() & (1 << (instance % 32)) != 0
    }

    pub(crate) fn set_attached(&self, instance: u32, attached: bool) {
        let word = &self.attached[instance as usize / 32];
        let bit = 1 << (instance % 32);
        word.set(if attached { word.get() | bit } else { word.get() & !bit });
    }

    pub(crate) fn has_attached(&self) -> bool {
        self.attached.iter().any(|word| word.get() != 0)
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
    pub(crate) slab: Slab<Socket, KIND_SOCKET>,
    pub(crate) free: FreeList,
    modes: Slice<Cell<u8>>,
    channels: u32,
    /// Sockets that have ended, and of which everybody is still to hear.
    ended: Queue,
}

impl Sockets {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            slab: Slab::take(cursor, limits.sockets, handle::low_half(tag), Wrap::Retire),
            free: FreeList::new(0, limits.sockets),
            modes: cursor.take(limits.sockets * limits.channels),
            channels: limits.channels,
            ended: Queue::new(),
        }
    }

    /// A new socket, in the state `OPEN`.
    pub(crate) fn open(&self, opener: u32, modes: &[u32]) -> Answer<u32> {
        let index = self.slab.allocate(&self.free).ok_or(status::E_CAPACITY)?;
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
        self.slab.begin(index);
        Ok(index)
    }

    pub(crate) fn find(&self, socket: abi::Socket) -> Answer<u32> {
        self.slab.find(socket.bits, &self.free)
    }

    pub(crate) fn at(&self, index: u32) -> &Socket {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Socket {
        abi::Socket { bits: self.slab.bits(index) }
    }

    pub(crate) fn mode(&self, index: u32, channel: u32) -> &Cell<u8> {
        // SAFETY: written for all channels of the socket when it was opened.
        unsafe { self.modes.get(index * self.channels + channel) }
    }

    /// Makes the handle stale.
    pub(crate) fn end(&self, index: u32) {
        self.slab.end(index);
        self.ended.push(index, |index| &self.at(index).next_ended);
    }

    pub(crate) fn pop_ended(&self) -> Option<u32> {
        self.ended.pop(|index| &self.at(index).next_ended)
    }

    /// The live sockets.
    pub(crate) fn live(&self) -> Live<'_> {
        self.slab.live(&self.free)
    }
}
