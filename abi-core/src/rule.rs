//! What the tags of a slot or callback say, for machines. The values stand in [`rules`](crate::rules).

/// Thread: the kernel thread, outside a slow request.
pub const THREAD_KERNEL: u8 = 1;
/// Thread: inside a slow request or a worker task.
pub const THREAD_WORKER: u8 = 2;
/// Thread: one that a plugin started itself.
pub const THREAD_OWN: u8 = 4;
/// Thread: an interrupt handler.
pub const THREAD_ISR: u8 = 8;
/// The tag `any`.
pub const THREAD_ANY: u8 = THREAD_KERNEL | THREAD_WORKER | THREAD_OWN;

/// State of an instance: from `create` until it is asked to stop.
pub const STATE_RUNNING: u8 = 1;
/// State of an instance: asked to stop, until `destroy` begins.
pub const STATE_STOPPING: u8 = 2;
/// State of an instance: inside `destroy`.
pub const STATE_DESTROYING: u8 = 4;
/// State of an instance: it panicked or threw.
pub const STATE_POISONED: u8 = 8;
/// The tag `live`.
pub const STATE_LIVE: u8 = STATE_RUNNING | STATE_STOPPING;
/// The tag `any`.
pub const STATE_ANY: u8 = STATE_LIVE | STATE_DESTROYING | STATE_POISONED;

/// What becomes of a message that a slot takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// The slot takes none, or works on it in place.
    None,
    /// The call is over with it when it returns.
    Borrow,
    /// On success one reference of the caller is spent.
    HandOver,
}

/// The tags of one slot or callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The table: `session`; for a callback: `callbacks`.
    pub table: &'static str,
    /// The member: `send`.
    pub name: &'static str,
    /// `THREAD_` bits.
    pub threads: u8,
    /// `STATE_` bits.
    pub states: u8,
    /// Callable from inside a callback; for a callback: while another one of the same instance runs.
    pub reentrant: bool,
    /// It can wait.
    pub blocking: bool,
    /// What becomes of a message.
    pub passing: Passing,
    /// The minor version of ABI 1 that brought it.
    pub since: u16,
}
