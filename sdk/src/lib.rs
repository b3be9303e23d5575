//! Safe Rust for plugin authors.
//!
//! A plugin is a type that implements [`Plugin`] and is exported by the macro [`plugin!`]. This is a complete one:
//!
//! ```
//! use pintle_sdk::{CreateArgs, Host, Message, MessageInfo, Pass, Plugin, Result, info};
//!
//! struct Hello;
//!
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
//!
//! pintle_sdk::plugin! {
//!     type: Hello,
//!     name: hello,
//!     id: "org.example.hello",
//!     on: [message_in],
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
//! macro makes, so there is one at a time; a panic is not contained but ends in the firmware's panic handler, and the
//! descriptor says so (`PANIC_ABORT`). A plugin that uses only `core` runs unchanged with and without an operating system.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

mod callbacks;
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
pub use plugin::{Answer, CreateArgs, Pass, Plugin, Progress, SlowService, StopArgs, StopReason};
pub use service::Services;
pub use session::{RequestOptions, Rtt, Sessions};
pub use socket::{Mode, SocketState, Sockets};
