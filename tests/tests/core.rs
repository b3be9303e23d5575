//! The freestanding library: what it needs, how much memory, and that it runs. On boards, `cargo xtask firmware` runs it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use pintle_abi_core::{Limits, NO_INBOX, NO_WORKERS};
use pintle_kernel::footprint;
use pintle_tests::artefacts::{libpintle_core, libpintle_core_with, libpintle_fatal, symbols};
use pintle_tests::plugins::{self, root, said};
use pintle_tools::is_installed;

/// Compiles, links and runs `tests/c/host/NAME.c`.
fn run(compiler: &str, name: &str, options: &[&str]) -> Result<Output, String> {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join(name);
    let compiled = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-I"])
        .arg(root().join("include"))
        .arg(root().join(format!("tests/c/host/{name}.c")))
        .args(options)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap();
    if !compiled.status.success() {
        return Err(said(&compiled));
    }
    let output = Command::new(&program).output().unwrap();
    if output.status.success() { Ok(output) } else { Err(format!("{}: {}", output.status, said(&output))) }
}

#[test]
fn it_needs_four_functions_at_most() {
    let needed: BTreeSet<_> = plugins::symbols(libpintle_core(), &["-u"]).into_iter().collect();
    let allowed = ["memcmp", "memcpy", "memmove", "memset", "pintle.o:"].map(str::to_owned).into();
    assert!(needed.is_subset(&allowed), "{needed:?}");
}

#[test]
fn it_exports_what_the_headers_declare() {
    let list = symbols("ffi-core/symbols.txt");
    let mut defined = plugins::symbols(libpintle_core(), &["--defined-only", "--extern-only"]);
    defined.retain(|name| name != "pintle.o:");
    assert_eq!(defined, list);
    let calls: BTreeSet<_> = symbols("ffi/symbols.txt").into_iter().collect();
    let header = std::fs::read_to_string(root().join("include/pintle/host.h")).unwrap();
    for name in &list {
        assert!(calls.contains(name) || header.contains(&format!("int32_t {name}(")), "{name}");
    }
    let own = list.iter().filter(|name| name.starts_with("pintle_core_")).count();
    assert_eq!(header.matches("int32_t pintle_core_").count(), own);
}

/// Two requests and two answers, a byte each, pass the filters.
const STATS: &str = "org.pintle.stats: Stats: sent 2 messages (2 bytes), received 2 messages (2 bytes)";

#[test]
fn a_firmware_runs() {
    let archive = libpintle_core().display().to_string();
    let stats = root().join("plugins/stats/stats.c").display().to_string();
    let options = ["-std=c11", "-Wno-missing-field-initializers", "-DPINTLE_STATIC", &stats, &archive];
    let output = run("cc", "firmware", &options).unwrap_or_else(|error| panic!("{error}"));
    assert!(said(&output).contains(STATS), "{}", said(&output));
}

#[test]
fn a_panic_is_told_to_the_platform_and_ends_the_program() {
    let archive = libpintle_fatal().display().to_string();
    let options = ["-std=c11", "-Wno-missing-field-initializers", &archive];
    let hooked = run("cc", "fatal", &[&options[..], &["-DHOOK"]].concat());
    let output = hooked.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said(&output), "it panicked\n");
    let error = run("cc", "fatal", &options).unwrap_err();
    assert!(error.contains("SIGILL"), "{error}");
}

/// Bytes of code, of the region, and of the array that the macro makes for it.
fn without(features: &[&str]) -> [usize; 3] {
    const ALL: [&str; 5] = ["services", "timers", "io", "offers", "log-text"];
    let left: Vec<_> = ALL.into_iter().filter(|feature| !features.contains(feature)).collect();
    let archive = libpintle_core_with(&left);
    let has = ALL.map(|feature| {
        let name = feature.replace('-', "_").to_uppercase();
        format!("-DHAS_{name}={}", u8::from(left.contains(&feature)))
    });
    let path = archive.display().to_string();
    let options: Vec<_> = ["-std=c11", "-Wno-missing-field-initializers"]
        .into_iter()
        .chain(has.iter().map(String::as_str))
        .collect();
    let output = run("cc", "left_out", &[&options[..], &[&path]].concat())
        .unwrap_or_else(|error| panic!("without {features:?}: {error}"));
    let said = said(&output);
    let sizes: Vec<usize> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
    [code_size(&archive), sizes[0], sizes[1]]
}

/// Bytes of all sections with code.
fn code_size(archive: &Path) -> usize {
    let output = Command::new("size").arg("-A").arg(archive).output().unwrap();
    let sizes = said(&output);
    let sections = sizes.lines().filter(|line| line.starts_with(".text"));
    sections.map(|line| line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()).sum()
}

#[test]
fn what_a_firmware_leaves_out_is_gone() {
    let [code, region, array] = without(&[]);
    for feature in ["services", "timers", "io", "offers", "log-text"] {
        let [less_code, less_region, less_array] = without(&[feature]);
        assert!(less_code + 500 < code, "{feature}: {less_code} bytes of {code}");
        let takes_memory = feature != "log-text";
        assert_eq!(less_region < region, takes_memory, "{feature}: {less_region} bytes of {region}");
        assert_eq!(less_array < array, takes_memory, "{feature}: {less_array} bytes of {array}");
    }
    let [least_code, ..] = without(&["services", "timers", "io", "offers", "log-text"]);
    assert!(least_code * 4 < code * 3, "{least_code} bytes of {code}");
}

const LISTS: [[u32; 20]; 7] = [
    [0; 20],
    [2, 1, 2, 1, 1, 4, 2, 8, 64, 1, 64, 1, 1, 4, 2, 1, NO_INBOX, NO_WORKERS, 4, 1],
    [4, 1, 8, 2, 2, 8, 4, 32, 128, 4, 1024, 1, 1, 16, 8, 1, 8, NO_WORKERS, 8, 2],
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    [7, 3, 9, 5, 11, 13, 1, 17, 30, 19, 63, 23, 29, 31, 37, 41, 43, 47, 53, 59],
    [
        254, 64, 50_000, 8, 256, 10_000, 64, 4096, 1500, 64, 200_000, 512, 16, 9999, 777, 50_000, 4096, 64,
        250, 100,
    ],
    [0, 0, 100_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];

fn limits(list: [u32; 20]) -> Limits {
    let mut members = [0; 21];
    members[0] = size_of::<Limits>() as u32;
    members[1..].copy_from_slice(&list);
    // SAFETY: the struct is 21 32-bit numbers, the size first.
    unsafe { std::mem::transmute::<[u32; 21], Limits>(members) }
}

#[test]
fn the_macro_is_the_bound() {
    let mut lists = "-DLISTS(X)=".to_owned();
    for list in LISTS {
        let list = list.map(|limit| format!("{limit}u")).join(",");
        write!(lists, "X({list})").unwrap();
    }
    for (compiler, options, tool) in [
        ("cc", vec!["-std=c11"], None),
        ("cc", vec!["-std=c11", "-m32"], Some("-m32")),
        ("c++", vec!["-x", "c++", "-std=c++11"], None),
        ("clang", vec!["-std=c17"], Some("clang")),
    ] {
        if !tool.is_none_or(is_installed) {
            continue;
        }
        let options = [&options[..], &[lists.as_str()]].concat();
        let output = run(compiler, "region", &options)
            .unwrap_or_else(|error| panic!("{compiler} {options:?}: {error}"));
        let wide = !options.contains(&"-m32");
        let printed: Vec<usize> = said(&output).lines().map(|line| line.parse().unwrap()).collect();
        let bounds: Vec<_> =
            LISTS.iter().map(|list| footprint::bound(&limits(*list), wide).unwrap()).collect();
        assert_eq!(printed, bounds, "{compiler} {options:?}");
    }
}
