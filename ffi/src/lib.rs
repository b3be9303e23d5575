//! The C API: `libpintle.a` and `libpintle.so`, the host behind functions that any language can call.
//!
//! Every function answers with a status; results go through out-pointers. A NULL pointer is `E_ARGUMENT`, and a panic
//! of the host is `E_PANIC`: nothing unwinds into the caller ([`wall`]).
//!
//! ```sh
//! cargo build --release -p pintle-ffi
//! packaging/archive.sh target/release/libpintle.a ffi/symbols.txt libpintle.a
//! ```
//!
//! The second line leaves in the archive the names of `symbols.txt` alone; the shared library exports no others.

mod arguments;
mod callbacks;
mod calls;
mod error;
mod host;
mod inspect;
mod lists;
mod log;
mod mailbox;
mod plugins;
mod running;
mod version;
mod wall;

pub use host::Host;
