//! What can happen when two threads meet in the kernel, each way of it: loom runs these models again and again, with
//! every order of the kernel's atomics and of its lock, and with every value that a weakly ordered load may see.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p pintle-kernel --release --test interleavings`, or `cargo xtask test threads`. At
//! most `LOOM_MAX_PREEMPTIONS` times, 2 if it is not set, a thread is interrupted where it need not be.
#![cfg(loom)]

#[path = "../common/mod.rs"]
mod common;
mod ends;
mod explore;
mod messages;
mod requests;
