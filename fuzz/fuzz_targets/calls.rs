//! Any bytes, as calls on the kernel and on the model.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pintle_model::targets::calls(bytes));
