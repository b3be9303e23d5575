//! The C API: libpintle.a and libpintle.so

mod calls;
