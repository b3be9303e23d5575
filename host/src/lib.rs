//! The host for an operating system: inspection, loading, workers and the loop.
//!
//! ```no_run
//! use pintle_host::{Host, LoadOptions};
//!
//! let host = Host::builder().start()?;
//! // SAFETY: the file is a plugin that is trusted.
//! unsafe { host.load("plugins/stats.so", &LoadOptions::default()) }?;
//! let calls = host.calls()?;
//! let socket = calls.open(&[pintle_host::abi::MODE_RELIABLE])?;
//! calls.listen(socket, "ws://127.0.0.1:0")?;
//! host.run()?;
//! # Ok::<(), pintle_host::Error>(())
//! ```
//!
//! One thread is a host's kernel thread: the one that started it, until another [adopts](Host::adopt) it. Any other
//! loop can drive a host: it waits for [`Host::pollable`] and calls [`Host::poll`].

mod about;
mod account;
mod address;
mod ambient;
mod application;
mod book;
mod builder;
mod c_library;
mod cache;
mod calls;
mod copies;
mod crash;
mod descriptor;
pub mod dialect;
mod dialects;
mod elf;
mod engine;
mod error;
mod exit;
mod file;
mod folder;
mod fork;
mod format;
mod host;
mod inspect;
mod interfaces;
mod loadable;
mod loader;
mod log;
mod log_queue;
mod machine;
pub mod mailbox;
mod native;
mod path;
mod platform;
mod plugins;
mod process;
mod reactor;
mod receipt;
mod refusal;
mod report;
mod residence;
mod sanitizer;
pub mod settings;
mod signal_context;
mod signal_stack;
mod single;
mod slots;
mod standard;
mod threads;
mod unable;
mod waker;
mod watchdog;
mod workers;

/// The contract: handles, statuses, limits.
pub use pintle_abi_core as abi;

pub use about::About;
pub use address::Address;
pub use application::{Answer, Application, Outcome};
pub use builder::{Builder, default_limits, region_size};
pub use calls::Calls;
pub use calls::texts::Peer;
pub use crash::install_crash_handler;
pub use descriptor::{Descriptor, Flags};
pub use dialects::Dialects;
pub use engine::HOSTS_MAX;
pub use error::{Error, status_name, status_text};
pub use folder::Found;
pub use host::Host;
pub use inspect::{Inspection, Verdict, inspect, inspect_bytes, read_descriptor, read_descriptor_bytes};
pub use interfaces::caller;
pub use log::{Line, Sink};
pub use log_queue::{LogQueue, WrittenLine};
pub use path::Shown;
pub use pintle_kernel::Inbound;
pub use pintle_kernel::handle::tag as tag_of;
pub use plugins::{InstanceState, LoadOptions, PluginInfo};
pub use receipt::Receipt;
pub use refusal::{LoadError, Refusal};
pub use report::Report;
pub use residence::Finding;
pub use standard::StandardError;
pub use waker::{Closing, Waker};
