//! What whoever embeds the kernel calls: start, adding instances, how much memory it takes.

mod add;
pub mod footprint;
mod start;
