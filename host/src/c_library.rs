//! The C library of this process, whose loader maps plugins: what it maps, what not, and what its words mean.

use std::fs;
use std::ptr::null;
use std::sync::OnceLock;

/// The first version of glibc whose loader makes no stack executable for a library.
const KEEPS_STACKS: (u32, u32) = (2, 41);

/// Has glibc make stacks executable as the versions before [`KEEPS_STACKS`] do, if it is in `GLIBC_TUNABLES`.
const MAKES_STACKS: &str = "glibc.rtld.execstack=2";

/// Whether a library of this name is the C library of another system than this process is of.
pub(crate) fn is_another(library: &str) -> bool {
    // glibc has libc.so.6. libc.so is a script for linkers there, and on other systems the library itself.
    glibc().is_some() && (library == "libc.so" || library.starts_with("libc.musl-"))
}

/// Whether the loader maps a library that asks for an executable stack.
pub(crate) fn gives_executable_stack() -> bool {
    // musl does not look at what a library asks for.
    glibc().is_none_or(|version| {
        let tunables = std::env::var("GLIBC_TUNABLES").unwrap_or_default();
        makes_stacks(version, &tunables) || has_executable_stack()
    })
}

fn makes_stacks(glibc: (u32, u32), tunables: &str) -> bool {
    glibc < KEEPS_STACKS || tunables.split(':').any(|tunable| tunable == MAKES_STACKS)
}

fn has_executable_stack() -> bool {
    let mappings = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let stack = mappings.lines().find(|line| line.ends_with("[stack]"));
    stack.and_then(|line| line.split(' ').nth(1)).is_some_and(|permissions| permissions.contains('x'))
}

/// Whether the program has no loader in it, as static programs of musl have none.
pub(crate) fn is_static() -> bool {
    static IS_STATIC: OnceLock<bool> = OnceLock::new();
    *IS_STATIC.get_or_init(|| {
        // SAFETY: without a path this only looks for the program itself.
        let program = unsafe { libc::dlopen(null(), libc::RTLD_LAZY) };
        program.is_null()
    })
}

/// What to do about an error of the loader, by its words: it gives no number.
pub(crate) fn link_cure(words: &str) -> &'static str {
    let cures = [
        ("static TLS", "Build it without -ftls-model=initial-exec, or link the program with it."),
        ("executable stack", "Link it with -z noexecstack."),
        (
            "failed to map segment",
            "See which limit of memory, or rule of the system, keeps it from being mapped.",
        ),
        ("undefined symbol", "Link it with the library that defines the symbol."),
        (
            "not supported",
            "Link the host dynamically; on musl, Rust needs -C target-feature=-crt-static for that.",
        ),
    ];
    let known = cures.into_iter().find(|(cause, _)| words.contains(cause));
    known.map_or("Install the libraries that it needs.", |(_, cure)| cure)
}

/// The version of glibc, if that is the C library.
fn glibc() -> Option<(u32, u32)> {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it returns a static text.
        let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
        parse(version.to_str().ok()?)
    }
    #[cfg(not(target_env = "gnu"))]
    None
}

/// Reads `MAJOR.MINOR`, which other numbers may follow.
#[cfg(any(target_env = "gnu", test))]
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_glibc_makes_no_stack_executable_unless_it_is_told_to() {
        let version = |text| parse(text).expect("a version");
        assert!(makes_stacks(version("2.36"), ""));
        assert!(makes_stacks(version("2.40.9000"), ""));
        assert!(!makes_stacks(version("2.41"), "glibc.malloc.check=1:glibc.rtld.execstack=1"));
        assert!(!makes_stacks(version("3.0"), ""));
        assert!(makes_stacks(version("2.42"), "glibc.malloc.check=1:glibc.rtld.execstack=2"));
    }
}
