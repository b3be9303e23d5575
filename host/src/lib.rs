//! The host for an operating system: inspection, loading, workers and the loop

mod descriptor;
mod elf;
mod image;
mod inspect;
mod process;
mod refusal;
mod report;
mod residence;
mod slots;

pub use descriptor::{Descriptor, Flags};
pub use inspect::{
    Finding, Inspection, Verdict, inspect, inspect_bytes, read_descriptor, read_descriptor_bytes,
};
pub use refusal::{LoadError, Refusal};
pub use report::Report;
