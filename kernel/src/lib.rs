//! The engine: runs plugins, sessions, messages and services in memory given at start.
//!
//! No `std`, no allocator, no global state. What each part does is told in `docs/flow.md`; each noun of the contract
//! has a file of its name here. Two rules keep it sound:
//!
//! * Kernel state is reached through shared references to cells; no `&mut` to it lives across a call into a plugin.
//! * Everything that another thread may touch is atomic or behind the platform's one short lock ([`shared`]);
//!   everything else is touched by the kernel thread alone, which every slot checks first ([`guard`]).
#![no_std]

mod about;
mod add;
mod api;
mod cell;
mod crossing;
mod data;
mod descriptor;
mod ends;
mod error;
mod executor;
mod features;
mod filter;
pub mod footprint;
mod guard;
mod handle;
mod io;
mod kernel;
mod limits;
mod log;
mod message;
mod message_api;
mod offer;
mod plugin;
mod region;
mod request;
mod results;
mod service;
mod session;
mod session_api;
mod shared;
mod slab;
mod socket;
mod socket_api;
mod stop;
mod text;
mod thread;
mod timer;
mod trace;
mod turn;
mod work;

pub use kernel::{Inbound, Kernel};
pub use trace::RING;
