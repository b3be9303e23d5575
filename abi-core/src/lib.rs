//! The contract between a plugin and its host.
//!
//! Everything that crosses is declared here, once: handles, statuses, views, the tables that a plugin calls
//! ([`Api`]), the callbacks that it offers ([`Callbacks`]), and the two objects that a plugin file exports
//! ([`Descriptor`] and [`Entry`]). The crate has no behaviour but that of sizes: the kernel implements it, the C header is
//! generated from it, and `abi/1.0.json` is its snapshot. Structs grow at their ends: [`extensible`] has the rule for sizes, in
//! both directions, and the code that reads and fills by it.
//!
//! # Tags
//!
//! The comment of every slot ends in tags that machines read:
//!
//! | tag | values | meaning |
//! |---|---|---|
//! | `thread` | `kernel`, `worker`, `any`, `isr` (joined by `\|`) | where it may be called; elsewhere: `E_WRONG_THREAD`. `kernel`: the host's kernel thread outside a slow request. `worker`: inside a slow request or a worker task. `any`: those two and the plugin's own threads. `isr`: an interrupt handler |
//! | `state` | `running`, `live`, `any` | of the calling instance. `running`: from `create` until it is asked to stop. `live`: until its `destroy` begins. `any`: also inside `destroy`, and after poisoning |
//! | `reentrant` | `yes`, `no` | a slot: callable from inside a callback. A callback: may be entered while one of the same instance runs |
//! | `blocking` | `no`, `yes` | whether it can wait |
//! | `message` | `borrow`, `hand-over` | what becomes of a message that is passed; see [`MessageApi`] |
//! | `since` | `1.0` | the ABI version that brought it |
//!
//! The table in [`rules`] is generated from these tags; the kernel checks every call against it.
//!
//! Lifetimes of views are one of `[call]` (until the call returns), `[until-next]` (until the next call that takes
//! the same object), `[session]` (until the session's `session_destroyed` has returned), `[instance]` (until `destroy`
//! returns) and `[static]`.
#![no_std]

#[cfg(test)]
extern crate std;

mod api;
mod batch;
mod callbacks;
mod data;
mod descriptor;
mod entry;
mod error;
mod event;
mod executor;
pub mod extensible;
mod fingerprint;
mod group;
mod handle;
mod hook;
mod host;
mod io;
mod layout;
mod log;
mod message;
mod offer;
mod rule;
pub mod rules;
mod service;
mod session;
mod settings;
mod socket;
mod state;
pub mod status;
mod table;
mod user;
mod view;

pub use api::*;
pub use batch::*;
pub use callbacks::*;
pub use data::*;
pub use descriptor::*;
pub use entry::*;
pub use error::*;
pub use event::*;
pub use executor::*;
pub use fingerprint::*;
pub use group::*;
pub use handle::*;
pub use hook::*;
pub use host::*;
pub use io::*;
pub use log::*;
pub use message::*;
pub use offer::*;
pub use rule::*;
pub use service::*;
pub use session::*;
pub use settings::*;
pub use socket::*;
pub use state::*;
pub use table::*;
pub use user::*;
pub use view::*;
