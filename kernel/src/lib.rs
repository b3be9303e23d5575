//! The engine: runs plugins, sessions, messages and services in memory given at start.
//!
//! No `std`, no allocator, no global state. What each part does is told in `docs/flow.md`. The folders are floors; a file
//! imports from its own and from those below, which `cargo xtask check` sees to:
//!
//! | floor | what is there |
//! |---|---|
//! | `embed` | what a host calls to start a kernel and to add plugins |
//! | `table` | the tables that plugins call: guard, arguments, one call down |
//! | `dispatch` | the only code that calls plugins: crossings, filters, requests, turns, stops |
//! | `kernel` | the one struct that holds everything of a host |
//! | `object` | sessions, sockets, requests, messages …: their slots and states |
//! | `base` | memory, slots, queues, the lock, handles, texts |
//!
//! Two rules keep it sound:
//!
//! * Kernel state is reached through shared references to cells; no `&mut` to it lives across a call into a plugin.
//! * Everything that another thread may touch is atomic or behind the platform's one short lock (`base::lock`), and made
//!   of what `base::sync` has, so that loom can watch it (`tests/interleavings`); everything else is touched by the
//!   kernel thread alone, which every slot checks first (`table::guard`).
#![no_std]

mod base;
mod dispatch;
mod embed;
mod kernel;
mod object;
mod table;

pub use base::handle;
#[cfg(loom)]
pub use base::sync::explored;
pub use base::trace::RING;
pub use dispatch::inbox::Inbound;
pub use embed::footprint;
pub use kernel::Kernel;
