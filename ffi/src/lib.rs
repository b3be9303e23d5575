//! The C API: `libpintle.a` and `libpintle.so`, the host behind functions that any language can call.
//!
//! Every function returns a status and writes its results through out-pointers. It returns `E_ARGUMENT` for a NULL pointer,
//! and `E_PANIC` if the host panics: nothing unwinds into the caller ([`wall`]).
//!
//! ```sh
//! cargo build --release -p pintle-ffi
//! packaging/archive.sh target/release/libpintle.a ffi/symbols.txt libpintle.a
//! ```
//!
//! The second line removes all global symbols from the archive but those in `symbols.txt`, which are also the only ones that
//! the shared library exports.

mod callbacks;
mod error;
mod folder;
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
