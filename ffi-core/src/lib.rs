//! The freestanding C API: libpintle-core.a
