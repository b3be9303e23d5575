//! Plugins that were made for a later host: which of them an older one still takes.

mod common;

use common::*;
use pintle_abi_core::*;

#[track_caller]
fn add(least: u16, flags: u32) -> Result<(), i32> {
    let host = Host::new(limits());
    let plug =
        plug_for(least, "org.test.newer", flags, "", |callbacks| callbacks.message_in = Some(first_in));
    // SAFETY: a `Plug` is what its types say.
    unsafe { host.kernel.add(&plug.entry, None) }.map(drop)
}

#[test]
fn the_least_minor_version_is_asked_for() {
    assert_eq!(add(ABI_MINOR, 0), Ok(()));
    assert_eq!(add(ABI_MINOR + 1, 0), Err(status::E_VERSION));
    assert_eq!(add(u16::MAX, 0), Err(status::E_VERSION));
}

#[test]
fn a_flag_that_nobody_knows_is_ignored_in_the_lower_half_and_refused_in_the_upper() {
    for bit in 0..32 {
        let expected = if bit < 16 { Ok(()) } else { Err(status::E_VERSION) };
        assert_eq!(add(0, 1 << bit), expected, "bit {bit}");
    }
    assert_eq!(add(0, u32::MAX), Err(status::E_VERSION));
}
