//! Any bytes, as a plugin file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pintle_model::targets::inspect(bytes));
