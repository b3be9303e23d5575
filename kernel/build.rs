//! Tells whether the machine is a Cortex-M, which no stable `cfg` does. `cfg(loom)` is set by hand: see `tests/interleavings`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(cortex_m)");
    println!("cargo::rustc-check-cfg=cfg(loom)");
    let target = std::env::var("TARGET").unwrap_or_default();
    let profile = target.strip_prefix("thumbv").and_then(|version| version.split('-').next());
    if profile.is_some_and(|profile| profile.contains('m')) {
        println!("cargo::rustc-cfg=cortex_m");
    }
}
