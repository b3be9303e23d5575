//! Statuses, which every slot and callback returns as an `int32_t`: zero or a positive named constant.
//!
//! 0 to 99 are not errors, and all other values are, so that success and failure can be told apart for an unknown value
//! too. Of the errors, 100–999 belong to the kernel, 1000–1999 to the host, 2000–2999 to dialects, and those from
//! [`PLUGIN_FIRST`] on to plugins. Unknown errors are legal and are passed on unchanged. Where a value that is not an
//! error has no meaning as the result of a callback, it counts as [`OK`].

/// Done.
pub const OK: i32 = 0;
/// A filter took the message: the chain stops and the caller gets `OK`.
pub const CONSUMED: i32 = 1;
/// Not finished yet: a request that `done` will end, or a stop that `stopped` will complete.
pub const PENDING: i32 = 2;
/// An argument is invalid: a NULL pointer, an impossible length, an unknown constant.
pub const E_ARGUMENT: i32 = 100;
/// No host gave out this handle: it is zero or all ones, or names a slot that was never used.
pub const E_HANDLE: i32 = 101;
/// The object of the handle has ended.
pub const E_STALE: i32 = 102;
/// The handle names an object of another kind.
pub const E_KIND: i32 = 103;
/// The handle names an object of another host in this process.
pub const E_FOREIGN: i32 = 104;
/// The call is not legal in the present state of the object.
pub const E_STATE: i32 = 105;
/// The call is not legal on this thread, or the message belongs to another thread domain.
pub const E_WRONG_THREAD: i32 = 106;
/// Only the owner of the session, plugin zero or the kernel may do this.
pub const E_NOT_OWNER: i32 = 107;
/// Calls are nested too deep, or the call is not legal from inside a callback.
pub const E_REENTRANT: i32 = 108;
/// A limit that was set at the start is reached: of objects, of bytes in a message, or of text.
pub const E_CAPACITY: i32 = 109;
/// A bounded queue is full. Try again after `session_writable`, or in a later turn.
pub const E_AGAIN: i32 = 110;
/// The instance has been stopped, or the executor or socket is closed.
pub const E_CLOSED: i32 = 111;
/// The instance panicked or threw earlier and takes no more calls.
pub const E_POISONED: i32 = 112;
/// There is nothing of that name, number or index.
pub const E_NOT_FOUND: i32 = 113;
/// The host or the plugin does not have this feature: a callback is absent, or no plugin serves the address.
pub const E_UNSUPPORTED: i32 = 114;
/// The plugin's descriptor does not ask for the right to do this.
pub const E_PERMISSION: i32 = 115;
/// The message was sent or handed over and cannot be written any more.
pub const E_SEALED: i32 = 116;
/// Fewer bytes are left than were to be read, so none was read.
pub const E_UNDERFLOW: i32 = 117;
/// There is one already.
pub const E_EXISTS: i32 = 118;
/// The request was cancelled, or its session has ended.
pub const E_CANCELLED: i32 = 119;
/// A panic or exception was contained in a callback. Returning it poisons the instance.
pub const E_PANIC: i32 = 120;
/// A stop took longer than its timeout: one of the plugin's calls still runs, and the instance is abandoned.
pub const E_TIMEOUT: i32 = 121;

/// The operating system returned an error, whose text is in the error text.
pub const E_IO: i32 = 1000;
/// There is no such file.
pub const E_NO_FILE: i32 = 1001;
/// The file is not a shared library of this platform: text, a folder, a static archive.
pub const E_NOT_A_LIBRARY: i32 = 1002;
/// The file is shorter than its headers say.
pub const E_TRUNCATED: i32 = 1003;
/// The file is a shared library but not a Pintle plugin, as it lacks the descriptor or the entry.
pub const E_NO_ENTRY: i32 = 1004;
/// The descriptor is damaged.
pub const E_DESCRIPTOR: i32 = 1005;
/// The plugin was built for another major version of the ABI, or needs a newer host.
pub const E_VERSION: i32 = 1006;
/// The plugin was built for another processor, pointer width or byte order.
pub const E_MACHINE: i32 = 1007;
/// The plugin was built with a damaged or foreign header: the frozen part of its tables has another layout.
pub const E_LAYOUT: i32 = 1008;
/// The loader of the operating system refused the file; its reason is in the error text.
pub const E_LINK: i32 = 1009;
/// The descriptor in memory differs from the one in the file.
pub const E_MISMATCH: i32 = 1010;
/// A callback that this plugin must have is absent.
pub const E_SLOT: i32 = 1011;

/// The first status that is an error. 0 and the statuses up to this one are not errors.
pub const ERROR_FIRST: i32 = 100;
/// The first status that belongs to plugins.
pub const PLUGIN_FIRST: i32 = 10_000;

/// Whether a status is an error: it is negative, or at least [`ERROR_FIRST`].
#[must_use]
#[inline(always)]
pub const fn is_error(status: i32) -> bool {
    // As an unsigned number a negative status is large, so one comparison is enough.
    status as u32 >= ERROR_FIRST as u32
}

macro_rules! names {
    ($($name:ident)*) => {
        /// The name of a status as the headers have it, without the prefix; `None` for one that this edition does not know.
        #[must_use]
        pub const fn name(status: i32) -> Option<&'static str> {
            match status {
                $($name => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

names! {
    OK CONSUMED PENDING E_ARGUMENT E_HANDLE E_STALE E_KIND E_FOREIGN E_STATE E_WRONG_THREAD E_NOT_OWNER
    E_REENTRANT E_CAPACITY E_AGAIN E_CLOSED E_POISONED E_NOT_FOUND E_UNSUPPORTED E_PERMISSION E_SEALED
    E_UNDERFLOW E_EXISTS E_CANCELLED E_PANIC E_TIMEOUT E_IO E_NO_FILE E_NOT_A_LIBRARY E_TRUNCATED E_NO_ENTRY
    E_DESCRIPTOR E_VERSION E_MACHINE E_LAYOUT E_LINK E_MISMATCH E_SLOT
}
