//! Sockets: their slots, and what opens, starts, stops and ends them.

use core::cell::{Cell, UnsafeCell};

use pintle_abi_core::{
    ADDRESS_MAX, Callbacks, KIND_SOCKET, Limits, Plugin, SOCKET_CONNECTING, SOCKET_LISTENING, SOCKET_OPEN,
    SOCKET_STOPPED, Socket, Text, rules::callback, status,
};

use crate::guard::{Answer, Caller, check};
use crate::handle;
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::region::{Cursor, Slice};
use crate::slab::{FreeList, Live, Slab, Wrap, Zeroed};

/// A callback that is told something about a socket.
type Told = unsafe extern "C" fn(*mut Plugin, Socket) -> i32;

/// One socket, its address last: what is read most lies together.
#[repr(C)]
pub(crate) struct Place {
    pub(crate) opener: Cell<u32>,
    pub(crate) state: Cell<u32>,
    pub(crate) channels: Cell<u32>,
    /// Sessions whose slots are not free yet.
    pub(crate) sessions: Cell<u32>,
    /// One bit for each instance that serves it.
    attached: [Cell<u32>; 8],
    pub(crate) next_end: Cell<u32>,
    address_length: Cell<u16>,
    is_told: Cell<bool>,
    address: UnsafeCell<[u8; ADDRESS_MAX]>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Place {}

impl Place {
    pub(crate) fn is_started(&self) -> bool {
        matches!(self.state.get(), SOCKET_LISTENING | SOCKET_CONNECTING)
    }

    pub(crate) fn is_attached(&self, record: u32) -> bool {
        self.attached[record as usize / 32].get() & (1 << (record % 32)) != 0
    }

    pub(crate) fn set_attached(&self, record: u32, attached: bool) {
        let word = &self.attached[record as usize / 32];
        let bit = 1 << (record % 32);
        word.set(if attached { word.get() | bit } else { word.get() & !bit });
    }

    fn has_attached(&self) -> bool {
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
    slab: Slab<Place>,
    free: FreeList,
    modes: Slice<Cell<u8>>,
    channels: u32,
}

impl Sockets {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u8) -> Self {
        Self {
            slab: Slab::take(cursor, limits.sockets, handle::low_half(KIND_SOCKET, tag), Wrap::Retire),
            free: FreeList::new(0, limits.sockets),
            modes: cursor.take(limits.sockets * limits.channels),
            channels: limits.channels,
        }
    }

    /// A new socket, in the state `OPEN`.
    pub(crate) fn open(&self, opener: u32, modes: &[u32]) -> Answer<u32> {
        let index = self.slab.allocate(&self.free).ok_or(status::E_CAPACITY)?;
        let place = self.at(index);
        place.opener.set(opener);
        place.state.set(SOCKET_OPEN);
        place.channels.set(modes.len() as u32);
        place.sessions.set(0);
        place.address_length.set(0);
        place.is_told.set(false);
        for (channel, mode) in modes.iter().enumerate() {
            self.modes.write(index * self.channels + channel as u32, Cell::new(*mode as u8));
        }
        Ok(index)
    }

    pub(crate) fn find(&self, socket: Socket) -> Answer<u32> {
        self.slab.find(socket.bits, &self.free)
    }

    pub(crate) fn at(&self, index: u32) -> &Place {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> Socket {
        Socket { bits: self.slab.bits(index) }
    }

    pub(crate) fn mode(&self, index: u32, channel: u32) -> &Cell<u8> {
        // SAFETY: written for all channels of the socket when it was opened.
        unsafe { self.modes.get(index * self.channels + channel) }
    }

    pub(crate) fn end(&self, index: u32) {
        self.slab.end(index);
    }

    /// The live sockets.
    pub(crate) fn live(&self) -> Live<'_> {
        self.slab.live(&self.free)
    }
}

impl Kernel {
    /// Tells every instance that hears it something about a socket, through the callback that `offer` finds.
    pub(crate) fn broadcast(&self, place: u8, socket: Socket, offer: fn(&Callbacks) -> Option<Told>) {
        for record in self.hearers(place) {
            if let Some(run) = offer(record.callbacks()) {
                // SAFETY: the instance's own callback with its own pointer.
                self.tell(record, place, |plugin| unsafe { run(plugin, socket) });
            }
        }
    }

    /// The socket, if the caller opened it or is plugin zero.
    pub(crate) fn opened_socket(&self, caller: &Caller<'_>, socket: Socket) -> Answer<u32> {
        let index = self.sockets.find(socket)?;
        if self.sockets.at(index).opener.get() != caller.record.index && !caller.record.is_zero() {
            return Err(status::E_PERMISSION);
        }
        Ok(index)
    }

    /// Begins to listen at an address, or to connect to it with a token: tells everybody, and somebody must attach, and
    /// nobody may refuse.
    pub(crate) fn start_socket(
        &self,
        caller: &Caller<'_>,
        socket: Socket,
        address: &str,
        token: Option<(*const u8, usize)>,
    ) -> Answer {
        let index = self.opened_socket(caller, socket)?;
        let place = self.sockets.at(index);
        if place.is_started() {
            return Err(status::E_STATE);
        }
        let _dispatch = self.dispatch();
        place.state.set(if token.is_some() { SOCKET_CONNECTING } else { SOCKET_LISTENING });
        place.set_address(address);
        let told = if token.is_some() { callback::SOCKET_CONNECTING } else { callback::SOCKET_LISTENING };
        for record in self.hearers(told) {
            let (text, length) = (address.as_ptr().cast(), address.len());
            let status = match (token, record.callbacks()) {
                (None, Callbacks { socket_listening: Some(run), .. }) => {
                    // SAFETY: the instance's own callback with its own pointer; the text is the caller's.
                    self.cross(record, told, |plugin| unsafe { run(plugin, socket, text, length) })
                }
                (Some((token, size)), Callbacks { socket_connecting: Some(run), .. }) => {
                    // SAFETY: as above, and so is the token.
                    self.cross(record, told, |plugin| unsafe {
                        run(plugin, socket, text, length, token, size)
                    })
                }
                _ => continue,
            };
            if status::is_error(status) {
                return self.refuse_socket(caller, socket, record, status);
            }
            self.sockets.find(socket)?;
        }
        if !place.is_started() {
            return Err(status::E_STATE);
        }
        if !place.has_attached() {
            self.stop_socket(index);
            self.set_error(
                caller.record,
                status::E_UNSUPPORTED,
                &["no plugin serves ", address, ": load a transport for its scheme"],
            );
            return Err(status::E_UNSUPPORTED);
        }
        Ok(())
    }

    /// An instance refuses that a socket starts: it stops, and the caller gets the words.
    #[cold]
    fn refuse_socket(&self, caller: &Caller<'_>, socket: Socket, by: &Record, status: i32) -> Answer {
        let refused = check(status);
        self.pass_words(caller.record, by, refused.err().unwrap_or(status));
        if let Ok(index) = self.sockets.find(socket)
            && self.sockets.at(index).is_started()
        {
            self.stop_socket(index);
        }
        refused
    }

    /// Stops a started socket and ends what is left on it.
    pub(crate) fn stop_socket(&self, index: u32) {
        let place = self.sockets.at(index);
        let handle = self.sockets.handle(index);
        place.state.set(SOCKET_STOPPED);
        self.broadcast(callback::SOCKET_STOPPED, handle, |callbacks| callbacks.socket_stopped);
        self.end_sessions_on(index);
        for record in 0..self.records.length() {
            self.detach(index, handle, record);
        }
    }

    fn end_sessions_on(&self, index: u32) {
        for session in self.sessions.live() {
            if self.sessions.at(session).socket.get() == index {
                self.end_session(session);
            }
        }
    }

    /// Takes an attachment away, if there is one, and tells everybody.
    pub(crate) fn detach(&self, index: u32, handle: Socket, record: u32) -> bool {
        let place = self.sockets.at(index);
        if !place.is_attached(record) {
            return false;
        }
        place.set_attached(record, false);
        self.broadcast(callback::SOCKET_DETACHED, handle, |callbacks| callbacks.socket_detached);
        true
    }

    /// Stops a socket if need be and makes its handle stale; the rest happens at depth 0.
    pub(crate) fn close_socket(&self, index: u32) {
        let handle = self.sockets.handle(index);
        if self.sockets.at(index).is_started() {
            self.stop_socket(index);
        }
        if self.sockets.find(handle).is_err() {
            // A callback closed it meanwhile.
            return;
        }
        // Sessions that were made on a socket that never started.
        self.end_sessions_on(index);
        self.sockets.end(index);
        self.ends.add_socket(self, index);
    }

    /// At depth 0: tells everybody that a closed socket is gone.
    pub(crate) fn settle_socket(&self, index: u32) {
        let handle = Socket { bits: self.sockets.slab.bits(index) - (1 << 32) };
        self.broadcast(callback::SOCKET_DESTROYED, handle, |callbacks| callbacks.socket_destroyed);
        self.sockets.at(index).is_told.set(true);
        self.free_socket_if_quiet(index);
    }

    /// Frees a closed socket once the slots of its sessions are free of it.
    pub(crate) fn free_socket_if_quiet(&self, index: u32) {
        let place = self.sockets.at(index);
        if place.is_told.get() && place.sessions.get() == 0 {
            place.is_told.set(false);
            self.sockets.slab.free(index, &self.sockets.free);
        }
    }
}
