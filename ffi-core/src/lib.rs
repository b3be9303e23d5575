//! The freestanding C API: `libpintle-core.a`, the kernel without an allocator and without an operating system.
//!
//! ```sh
//! cargo build -p pintle-bundle --profile freestanding --target thumbv7em-none-eabi
//! LD=arm-none-eabi-ld OBJCOPY=arm-none-eabi-objcopy AR=arm-none-eabi-ar packaging/archive.sh \
//!     target/thumbv7em-none-eabi/freestanding/libpintle_core.a ffi-core/symbols.txt libpintle-core.a
//! ```
//!
//! Its features leave out what a firmware does not need: `--no-default-features --features timers` has timers, and
//! neither `services`, `io` nor `log-text`. firmware/README.md says what a firmware must provide.
//!
//! It is built with the profile `freestanding`, where a panic calls the platform's `fatal` and stops the machine. Any
//! other profile, as tools use them to check the code, takes the panic machinery from `std`.
#![no_std]

#[cfg(panic = "unwind")]
extern crate std;

mod kernel;
#[cfg(not(panic = "unwind"))]
mod panic;
mod plugins;
mod turns;

pub use kernel::Core;
