//! All the Rust of a firmware. A program can link one archive of Rust and no second one, so its kernel and its plugins
//! in Rust come together here, as rlibs; each plugin is a feature of this package.
//!
//! ```sh
//! cargo build -p pintle-bundle --profile freestanding --target thumbv7em-none-eabihf --features echo
//! ```
#![no_std]

#[cfg(feature = "echo")]
pub use pintle_echo::ENTRY as ECHO;
pub use pintle_ffi_core as core;
