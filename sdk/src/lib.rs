//! Safe Rust for plugin authors.
//!
//! A plugin is a type that implements [`Plugin`] and is exported by the attribute [`plugin`](macro@plugin). This is a complete
//! one:
//!
//! ```
//! use pintle_sdk::{CreateArgs, Host, Message, MessageInfo, Pass, Plugin, Result, info, plugin};
//!
//! struct Hello;
//!
//! #[plugin(name = "hello", id = "org.example.hello")]
//! impl Plugin for Hello {
//!     fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self> {
//!         info!(host, "hello from {}", args.instance);
//!         Ok(Hello)
//!     }
//!
//!     fn message_in(&self, host: &Host, info: &MessageInfo, message: &mut Message<'_>) -> Result<Pass> {
//!         info!(host, "{} bytes on channel {}", message.length()?, info.channel);
//!         Ok(Pass::On)
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! Its crate is a `cdylib` that depends on this one; `templates/rust` is such a crate to copy.
//!
//! # How it is kept sound
//!
//! - **Callbacks nest**, so they take `&self`, and there is never a `&mut` to the instance. State that changes is in
//!   a `Cell` or `RefCell`. Callbacks run on one thread at a time: a plugin is `Send`, and need not be `Sync`.
//! - **Workers** run at the same time as callbacks, so whatever runs on them requires `Sync`: [`SlowService`] and
//!   [`Executor::submit_worker`].
//! - **The host** is lent to every callback and task as `&Host` and cannot be kept, so it cannot be used after the instance
//!   has ended.
//! - **A message** is one value, which each call borrows mutably. A view therefore ends at the next call, as the contract
//!   requires. Handles (`Session`, `Socket`, `Request`, `Timer`, `Watch`, `Offer`) are plain numbers to keep and compare; a
//!   call with a stale one returns a status.
//! - **A panic** ends at the wall, the one function that catches it: the callback returns `E_PANIC`, the text is passed to
//!   `error->set`, and of that instance the host calls only `destroy` from then on. Other plugins and the host go on.
//!
//! # Without an operating system
//!
//! With `default-features = false` the crate needs neither `std` nor an allocator. The instance then lives in a static that the
//! attribute makes, so there is one at a time; a panic is not contained but ends in the firmware's panic handler, and the
//! descriptor says so (`PANIC_ABORT`). A plugin that uses only `core` runs unchanged with and without an operating system.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

mod callbacks;
#[cfg(feature = "std")]
mod closures;
mod descriptor;
mod entry;
mod error;
mod executor;
mod host;
mod instance;
mod io;
mod log;
mod message;
mod offer;
mod peer;
mod plugin;
mod service;
mod session;
mod socket;
mod text;
mod wall;

pub use descriptor::flag;
#[doc(hidden)]
pub use entry::export;
pub use error::{Error, LastError, Result, Status};
pub use executor::Executor;
pub use host::Host;
pub use io::{Io, Readiness};
pub use log::{LOG_LINE_MAX, Level};
pub use message::{Kept, Message, Messages, ViewMut};
pub use offer::{Found, Interface, Offers, offered};
pub use peer::{Address, SessionOptions};
pub use pintle_abi_core as abi;
pub use pintle_abi_core::{
    MessageInfo, Offer, OfferInfo, Request, RequestInfo, ResultInfo, Session, Socket, Text, Timer, Watch,
    status,
};
/// Exports a plugin; it stands on the type's `impl Plugin`. It writes the two objects that a plugin file exports:
/// `pintle_descriptor`, in the section `pintle`, and `pintle_entry`, with the callbacks that are implemented.
///
/// | key | value | default |
/// |---|---|---|
/// | `name` | the plugin's name, an identifier in quotes | |
/// | `id` | the plugin's id, in reverse domain notation, which never changes | |
/// | `version`, `vendor`, `description`, `licence`, `url` | texts | from `Cargo.toml` |
/// | `needs`, `offers` | ids of interfaces, separated by single spaces | none |
/// | `services` | ids of services; `(ID, [SLOW])` for one with slow requests. Each is announced, and declared before `create` | none |
/// | `settings` | a list of lines, each of which declares a setting, such as `"port int 1..65535 =8080 The port"` | none |
/// | `abi_minor_least` | the least minor version of the ABI that its host must have | 0 |
/// | `flags` | names from [`flag`] | none |
///
/// `slow_request`, which belongs to [`SlowService`], may stand in the same `impl`.
///
/// The entry is `pub static ENTRY` as well, for a program that links the plugin in. With this crate's feature `static` the entry
/// is exported as `pintle_entry_<name>` and nothing else is, so that many plugins fit in one program.
///
/// What cannot be right does not compile:
///
/// ```compile_fail
/// # use pintle_sdk::{CreateArgs, Host, Plugin, Result};
/// # struct Wordy;
/// const LONG: [u8; 4096] = [b'a'; 4096];
/// #[pintle_sdk::plugin(
///     name = "wordy",
///     id = "org.example.wordy",
///     description = match str::from_utf8(&LONG) { Ok(text) => text, Err(_) => "" },
/// )]
/// impl Plugin for Wordy {
///     fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> { Ok(Wordy) }
/// }
/// # fn main() {}
/// ```
pub use pintle_sdk_macros::plugin;
pub use plugin::{Answer, CreateArgs, Pass, Plugin, Progress, SlowService, StopArgs, StopReason};
pub use service::Services;
pub use session::{RequestOptions, Rtt, Sessions};
pub use socket::{Mode, SocketState, Sockets};
