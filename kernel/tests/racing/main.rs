//! Threads that meet in the kernel without meeting anywhere else: nothing here but the kernel's own lock and atomics
//! orders them, so that ThreadSanitizer sees what those miss (`cargo xtask test threads`). Each test also counts that
//! nothing was lost, told twice or told to the wrong one.

#[path = "../common/mod.rs"]
mod common;
mod crew;
mod ends;
mod messages;
mod requests;
