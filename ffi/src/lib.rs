//! The C API: libpintle.a and libpintle.so
