//! Inspection takes little memory, however large a file is and whatever it claims. Every file is looked at in a process of its
//! own, whose peak the system counts.

mod support;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use pintle_abi_core::status;
use pintle_host::{inspect, read_descriptor};
use support::{alone_with, compile, folder, plain};

/// How much the memory of a process may grow by at its peak, in KiB.
const GROWTH_MAX: u64 = 8 << 10;

/// A line of `/proc/self/status`, in KiB.
fn status_of(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of this process");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it has a line for that");
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number")
}

/// Inspects a file in a process of its own, and expects this status of the verdict.
#[track_caller]
fn assert_bounded(test: &str, make: impl FnOnce(&Path) -> PathBuf, code: i32) {
    let folder = folder();
    let path = match std::env::var_os("PINTLE_TEST_ALONE") {
        Some(path) => path.into(),
        None => make(folder.path()),
    };
    let word = path.to_str().expect("a path of the test is text").to_owned();
    let output = alone_with(test, &word, |path| {
        // The peak begins anew.
        fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
        let before = status_of("VmRSS:");
        let inspection = inspect(Path::new(path));
        let _ = read_descriptor(Path::new(path));
        let growth = status_of("VmHWM:").saturating_sub(before);
        assert_eq!(inspection.verdict.code(), code, "{:?}", inspection.verdict);
        assert!(growth < GROWTH_MAX, "{growth} KiB");
    });
    if let Some(output) = output {
        assert!(output.stdout.contains("1 passed"), "{}\n{}", output.stdout, output.stderr);
    }
}

/// A plugin whose first section header of type `kind` is changed, and whose file has this length: behind its own end it reads as
/// zeros.
fn changed(folder: &Path, kind: u32, length: u64, change: impl FnOnce(&mut [u8])) -> PathBuf {
    let path = compile(folder, "plugin.so", &plain(), &[]);
    let mut bytes = fs::read(&path).unwrap();
    let table = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
    let header = bytes[table..].chunks_mut(64).find(|header| header[4..8] == kind.to_le_bytes());
    change(header.expect("a section of this type"));
    fs::write(&path, bytes).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
    path
}

/// The section has this length, in bytes.
fn of_length(length: u64) -> impl FnOnce(&mut [u8]) {
    move |header| header[32..40].copy_from_slice(&length.to_le_bytes())
}

const GIB: u64 = 1 << 30;

#[test]
fn a_plugin_with_much_data() {
    let make = |folder: &Path| {
        let source = format!("{}\nEXPORT const char bulk[100 << 20] = {{ 1 }};", plain());
        compile(folder, "large.so", &source, &[])
    };
    assert_bounded("a_plugin_with_much_data", make, status::OK);
}

#[test]
fn a_head_and_nothing_behind_it() {
    let make = |folder: &Path| {
        let path = compile(folder, "plugin.so", &plain(), &[]);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(64).unwrap();
        file.set_len(3 * GIB).unwrap();
        path
    };
    assert_bounded("a_head_and_nothing_behind_it", make, status::E_NO_ENTRY);
}

#[test]
fn a_section_table_without_end() {
    let make = |folder: &Path| {
        let path = compile(folder, "plugin.so", &plain(), &[]);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(3 * GIB).unwrap();
        // The number of sections is in the first of them, which has this type and this length.
        file.write_all_at(&length.to_le_bytes(), 40).unwrap();
        file.write_all_at(&[0, 0], 60).unwrap();
        file.write_all_at(&(2 * GIB / 64).to_le_bytes(), length + 32).unwrap();
        path
    };
    assert_bounded("a_section_table_without_end", make, status::E_NOT_A_LIBRARY);
}

#[test]
fn symbols_without_end() {
    const DYNSYM: u32 = 11;
    let make = |folder: &Path| changed(folder, DYNSYM, 3 * GIB, of_length(GIB));
    assert_bounded("symbols_without_end", make, status::E_NOT_A_LIBRARY);
}

#[test]
fn names_without_end() {
    const STRTAB: u32 = 3;
    let make = |folder: &Path| changed(folder, STRTAB, 3 * GIB, of_length(2 * GIB));
    assert_bounded("names_without_end", make, status::E_NOT_A_LIBRARY);
}

#[test]
fn a_dynamic_table_without_end() {
    const DYNAMIC: u32 = 6;
    let make = |folder: &Path| changed(folder, DYNAMIC, 3 * GIB, of_length(2 * GIB));
    assert_bounded("a_dynamic_table_without_end", make, status::E_NOT_A_LIBRARY);
}

/// A megabyte of section headers that all name one table.
#[test]
fn sections_that_share_a_table() {
    const RELA: u32 = 4;
    let make = |folder: &Path| {
        let path = compile(folder, "plugin.so", &plain(), &[]);
        let mut bytes = fs::read(&path).unwrap();
        let table = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
        let count = u16::from_le_bytes(bytes[60..62].try_into().unwrap());
        let headers: Vec<_> = bytes.split_off(table).chunks(64).map(<[u8]>::to_vec).collect();
        let shared = headers.iter().find(|header| header[4..8] == RELA.to_le_bytes()).unwrap();
        let more = 15_000;
        bytes.extend(headers.concat());
        bytes.extend(shared.repeat(more.into()));
        bytes[60..62].copy_from_slice(&(count + more).to_le_bytes());
        fs::write(&path, bytes).unwrap();
        path
    };
    assert_bounded("sections_that_share_a_table", make, status::E_NOT_A_LIBRARY);
}
