//! Sanitizers. A library that was built with one ends the process if the process was not started with the sanitizer.

use std::ffi::CStr;

use crate::elf::Symbol;

/// The symbol that a library built with a sanitizer needs, and the sanitizer's name.
const SANITIZERS: [(&CStr, &str); 4] = [
    (c"__asan_init", "AddressSanitizer"),
    (c"__hwasan_init", "HWAddressSanitizer"),
    (c"__msan_init", "MemorySanitizer"),
    (c"__tsan_init", "ThreadSanitizer"),
];

/// The sanitizer that a library with these symbols needs and that this process lacks.
pub(crate) fn missing(symbols: &[Symbol<'_>]) -> Option<&'static str> {
    let needs = |name: &CStr| symbols.iter().any(|symbol| !symbol.defined && symbol.name == name.to_bytes());
    let needed = SANITIZERS.into_iter().find(|(name, _)| needs(name))?;
    // SAFETY: the name ends with a zero byte, and the address that is found is not called.
    let here = unsafe { libc::dlsym(libc::RTLD_DEFAULT, needed.0.as_ptr()) };
    here.is_null().then_some(needed.1)
}
