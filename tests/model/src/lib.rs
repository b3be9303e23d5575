//! A plain model of the kernel, a language of calls, and a driver that runs both on them.
//!
//! A [`Plan`] says which plugins there are, what their callbacks do, and which calls come from outside. [`check`] runs it on
//! the kernel and on the model, and compares every status, every value that comes back, every callback with its arguments
//! and bytes, and every receipt.

mod argument;
mod crossing;
mod cue;
mod data;
mod ending;
mod event;
mod kernel;
mod model;
mod op;
mod phrase;
mod plan;
mod reference;
mod run;
mod shrink;
mod stage;
pub mod targets;

pub use plan::Plan;
pub use run::{Difference, check, transcript};
