//! What both C APIs have: a function for every slot, and checks of the arguments that C passes.
#![no_std]

mod arguments;
pub mod calls;

pub use arguments::out;
