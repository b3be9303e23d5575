//! Handles: 64-bit numbers that name objects. Objects are never named by an address.
//!
//! Only the host knows the meaning of the bits; others copy handles and compare them for equality. Zero and all ones
//! are never valid. Each kind of handle has its own struct, so that a compiler for C or C++ refuses a session in place
//! of a message.

/// A message: bytes that are sent or handed over. It lives until its last reference is released.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Message {
    /// The handle; 0 is no message.
    pub bits: u64,
}

/// A socket, on which sessions begin: it listens at an address, or connects to one.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Socket {
    /// The handle; 0 is no socket.
    pub bits: u64,
}

/// A session with one peer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Session {
    /// The handle; 0 is no session.
    pub bits: u64,
}

/// A request to a service, from its arrival until it is done.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Request {
    /// The handle; 0 is no request.
    pub bits: u64,
}

/// A one-shot or periodic timer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Timer {
    /// The handle; 0 is no timer.
    pub bits: u64,
}

/// A watched descriptor of the operating system.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Watch {
    /// The handle; 0 is no watch.
    pub bits: u64,
}

/// A live instance of a plugin.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Instance {
    /// The handle; 0 is no instance.
    pub bits: u64,
}

/// An interface that a live plugin offers to others.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Offer {
    /// The handle; 0 is no offer.
    pub bits: u64,
}

/// A table that an instance has opened. Reserved: no host gives one out yet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Table {
    /// The handle; 0 is no table.
    pub bits: u64,
}

/// A topic, under which events are published. Reserved: no host gives one out yet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Topic {
    /// The handle; 0 is no topic.
    pub bits: u64,
}

/// A hook: a chain of members that an instance runs. Reserved: no host gives one out yet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Hook {
    /// The handle; 0 is no hook.
    pub bits: u64,
}

/// A group of sessions, which get the same messages. Reserved: no host gives one out yet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Group {
    /// The handle; 0 is no group.
    pub bits: u64,
}
