//! What every slot and callback returns: an `int32_t`, zero or a positive named constant.
//!
//! 0 to 99 are no errors, everything else is one, so that whoever meets a value that it does not know can still tell
//! success from failure. Of the errors 100–999 belong to the kernel, 1000–1999 to the host, 2000–2999
//! to dialects, and from [`PLUGIN_FIRST`] on to plugins. Unknown errors are legal and travel unchanged. A value that
//! is no error counts as [`OK`] where a callback has no use for it.

/// Done.
pub const OK: i32 = 0;
/// A filter took the message: the chain stops and the caller sees `OK`.
pub const CONSUMED: i32 = 1;
/// Not finished yet: a request that `done` will end, or a stop that `stopped` will complete.
pub const PENDING: i32 = 2;
/// An argument is not acceptable: a NULL pointer, a length that cannot be, an unknown constant.
pub const E_ARGUMENT: i32 = 100;
/// Not a handle that a host ever gave out: zero, all ones, or a slot that was never used.
pub const E_HANDLE: i32 = 101;
/// The handle's object is gone.
pub const E_STALE: i32 = 102;
/// A handle of another kind of object.
pub const E_KIND: i32 = 103;
/// A handle of another host in this process.
pub const E_FOREIGN: i32 = 104;
/// Not legal in the object's present state.
pub const E_STATE: i32 = 105;
/// Not legal on this thread, or the message belongs to another thread domain.
pub const E_WRONG_THREAD: i32 = 106;
/// Only the owner of the session, plugin zero or the kernel may do this.
pub const E_NOT_OWNER: i32 = 107;
/// Nested too deep, or not legal from inside a callback.
pub const E_REENTRANT: i32 = 108;
/// A limit given at start is reached: of objects, of bytes in a message, of text.
pub const E_CAPACITY: i32 = 109;
/// A bounded queue is full: try again after `session_writable`, or in a later turn.
pub const E_AGAIN: i32 = 110;
/// The instance has been stopped, or the executor or socket is closed.
pub const E_CLOSED: i32 = 111;
/// The instance panicked or threw earlier and takes no more calls.
pub const E_POISONED: i32 = 112;
/// Nothing of that name, number or index.
pub const E_NOT_FOUND: i32 = 113;
/// The other side does not offer this: an absent callback, or no plugin that serves the address.
pub const E_UNSUPPORTED: i32 = 114;
/// The plugin's descriptor does not ask for this.
pub const E_PERMISSION: i32 = 115;
/// The message was sent or handed over and cannot be written any more.
pub const E_SEALED: i32 = 116;
/// Fewer bytes are left to read than were asked for; nothing was read.
pub const E_UNDERFLOW: i32 = 117;
/// It exists already.
pub const E_EXISTS: i32 = 118;
/// The request was cancelled, or its session has ended.
pub const E_CANCELLED: i32 = 119;
/// A panic or exception was contained in a callback. Returning it poisons the instance.
pub const E_PANIC: i32 = 120;
/// A stop did not finish in its time: one of the plugin's calls still runs, and the instance is abandoned.
pub const E_TIMEOUT: i32 = 121;

/// The operating system refused; the error text has its words.
pub const E_IO: i32 = 1000;
/// There is no such file.
pub const E_NO_FILE: i32 = 1001;
/// The file is not a shared library of this platform: text, a folder, a static archive.
pub const E_NOT_A_LIBRARY: i32 = 1002;
/// The file ends before what its headers promise.
pub const E_TRUNCATED: i32 = 1003;
/// A shared library, but not a Pintle plugin: it lacks the descriptor or the entry.
pub const E_NO_ENTRY: i32 = 1004;
/// The descriptor is damaged.
pub const E_DESCRIPTOR: i32 = 1005;
/// The plugin was built for another major version of the ABI, or needs a newer host.
pub const E_VERSION: i32 = 1006;
/// Built for another processor, pointer width or byte order.
pub const E_MACHINE: i32 = 1007;
/// The frozen part of the tables has another layout: the plugin was built with a damaged or foreign header.
pub const E_LAYOUT: i32 = 1008;
/// The loader of the operating system refused the file; the error text has its words.
pub const E_LINK: i32 = 1009;
/// The descriptor in memory is not the one in the file.
pub const E_MISMATCH: i32 = 1010;
/// A callback that this plugin must offer is absent.
pub const E_SLOT: i32 = 1011;

/// The first status that is an error: below it, down to 0, nothing is.
pub const ERROR_FIRST: i32 = 100;
/// The first status that belongs to plugins.
pub const PLUGIN_FIRST: i32 = 10_000;

/// Whether a status says that something went wrong: one that is negative, or [`ERROR_FIRST`] or more.
#[must_use]
#[inline(always)]
pub const fn is_error(status: i32) -> bool {
    // One comparison: what is negative is large without its sign.
    status as u32 >= ERROR_FIRST as u32
}
