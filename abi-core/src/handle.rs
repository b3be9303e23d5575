//! Handles: objects are named by 64 bits, never by address.
//!
//! What the bits mean is the host's own affair: handles are copied and compared for equality. Zero and all ones are never
//! valid. Each kind is a struct of its own, so that C and C++ cannot mix a session with a message.

/// Bytes on their way. Lives until its last reference is released.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Message {
    /// The handle; 0 is no message.
    pub bits: u64,
}

/// A place where sessions arise: something listened on or connected to.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Socket {
    /// The handle; 0 is no socket.
    pub bits: u64,
}

/// One peer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Session {
    /// The handle; 0 is no session.
    pub bits: u64,
}

/// A service request from its arrival until it is done.
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

/// A live plugin, as its host names it.
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

/// What events are published under. Reserved: no host gives one out yet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Topic {
    /// The handle; 0 is no topic.
    pub bits: u64,
}

/// A chain that an instance runs. Reserved: no host gives one out yet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Hook {
    /// The handle; 0 is no hook.
    pub bits: u64,
}

/// Sessions that are spoken to together. Reserved: no host gives one out yet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Group {
    /// The handle; 0 is no group.
    pub bits: u64,
}
