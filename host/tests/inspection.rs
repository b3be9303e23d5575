//! What inspection tells of a library, without running it, and whatever its bytes are.

mod support;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use pintle_host::{Report, Verdict, inspect, inspect_bytes, read_descriptor, read_descriptor_bytes};
use proptest::prelude::*;
use support::{PLUGIN, compile, folder, plain};

fn report(path: &Path) -> Report {
    inspect(path).report.expect("its headers can be read")
}

#[test]
fn a_constructor_does_not_run() {
    let folder = folder();
    let marker = folder.path().join("marker");
    let source = format!(
        "{}\n#include <stdio.h>\n__attribute__((constructor)) static void mark(void) {{ fopen(\"{}\", \"w\"); }}",
        plain(),
        marker.display()
    );
    let path = compile(folder.path(), "marking.so", &source, &[]);
    let inspection = inspect(&path);
    read_descriptor(&path).unwrap();
    assert!(!marker.exists(), "inspection ran the plugin");
    // frame_dummy of the C runtime and the one above.
    assert!(inspection.report.unwrap().constructors >= 2);
}

#[test]
fn the_headers_are_told() {
    let folder = folder();
    let source = format!(
        "{PLUGIN}
        extern int printf(const char *, ...);
        EXPORT int extra(void) {{ return printf(\"\"); }}
        static int32_t create() {{ return 0; }}
        static int32_t in() {{ return 0; }}
        CALLBACKS([CREATE] = create, [MESSAGE_IN] = in, [SESSION_SEND] = create)
        ENTRY"
    );
    let path = compile(folder.path(), "told.so", &source, &["-Wl,-rpath,/opt/told", "-Wl,-z,execstack"]);
    let report = report(&path);
    assert!(report.exports.iter().any(|name| name == "extra"), "{:?}", report.exports);
    assert!(report.exports.iter().any(|name| name == "pintle_entry"), "{:?}", report.exports);
    assert!(report.imports.iter().any(|name| name == "printf"), "{:?}", report.imports);
    assert_eq!(report.libraries, ["libc.so.6"]);
    assert_eq!(report.search_path.as_deref(), Some("/opt/told"));
    assert!(report.executable_stack);
    assert_eq!(report.callbacks.unwrap(), ["create", "message_in", "session_send"]);
    assert!(!report.never_unmapped && !report.thread_destructors && report.unique_symbols.is_empty());
}

#[test]
fn callbacks_are_found_behind_packed_relocations() {
    let folder = folder();
    let source =
        format!("{PLUGIN}\nstatic int32_t create() {{ return 0; }}\nCALLBACKS([CREATE] = create)\nENTRY\n");
    let path = compile(folder.path(), "packed.so", &source, &["-Wl,-z,pack-relative-relocs"]);
    assert_eq!(report(&path).callbacks.unwrap(), ["create"]);
}

#[test]
fn callbacks_that_are_filled_in_at_start_are_not_guessed() {
    let folder = folder();
    let source = format!(
        "{PLUGIN}\nEXPORT struct entry pintle_entry;
        __attribute__((constructor)) static void fill(void) {{ pintle_entry.size = sizeof(struct entry); }}"
    );
    assert_eq!(report(&compile(folder.path(), "late.so", &source, &[])).callbacks, None);
}

#[test]
fn what_stays_resident_is_told_with_its_reasons() {
    let folder = folder();
    let reasons = |name: &str, source: &str, options: &[&str]| match inspect(&compile(
        folder.path(),
        name,
        source,
        options,
    ))
    .verdict
    {
        Verdict::Loads => Vec::new(),
        Verdict::Resident { reasons } => reasons.into_iter().map(|reason| reason.rule).collect(),
        Verdict::Refused { finding, .. } => panic!("{finding:?}"),
    };
    let safe = "-DFLAGS=3";
    assert_eq!(reasons("safe.so", &plain(), &[safe]), [""; 0]);
    let [unsafe_flag] = &reasons("flag.so", &plain(), &[])[..] else { panic!() };
    assert!(unsafe_flag.contains("UNLOAD_SAFE"));
    let [nodelete] = &reasons("nodelete.so", &plain(), &[safe, "-Wl,-z,nodelete"])[..] else { panic!() };
    assert!(nodelete.contains("nodelete"));
    let unique = format!(
        "{}\n__asm__(\".globl shared\\n.type shared, @gnu_unique_object\\n.data\\nshared: .long 0\\n\");",
        plain()
    );
    let [unique] = &reasons("unique.so", &unique, &[safe])[..] else { panic!() };
    assert!(unique.contains("the symbol shared"), "{unique}");
    let threads = format!(
        "{}\nextern int __cxa_thread_atexit_impl(void);\nEXPORT int arm(void) {{ return __cxa_thread_atexit_impl(); }}",
        plain()
    );
    let [threads] = &reasons("threads.so", &threads, &[safe])[..] else { panic!() };
    assert!(threads.contains("thread-local"));
}

#[test]
fn the_quick_look_reads_little_of_a_large_file() {
    let folder = folder();
    let source = format!("{}\nEXPORT const char bulk[1 << 24] = {{ 1 }};", plain());
    let path = compile(folder.path(), "large.so", &source, &[]);
    let before = bytes_read();
    read_descriptor(&path).unwrap();
    let read = bytes_read() - before;
    assert!(read < 64 * 1024, "{read} bytes were read");
}

/// How many bytes this thread has read from files.
fn bytes_read() -> u64 {
    let io = fs::read_to_string("/proc/thread-self/io").expect("Linux counts what a thread reads");
    let line = io.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("it has a line for that");
    line.parse().expect("a number")
}

/// The bytes of a real plugin.
fn genuine() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = folder();
        fs::read(compile(folder.path(), "genuine.so", &plain(), &["-DSERVICES={HEAD+18,6}"])).unwrap()
    })
}

fn look(bytes: &[u8]) {
    let whole = inspect_bytes(Path::new("mutated"), bytes);
    let quick = read_descriptor_bytes(bytes);
    if !matches!(whole.verdict, Verdict::Refused { .. }) {
        assert_eq!(quick.ok(), whole.descriptor, "the quick look refuses what loads");
    }
}

/// Where the numbers that steer the reader stand: the ELF header, the program headers, the tables at the end.
fn position() -> impl Strategy<Value = usize> {
    let length = genuine().len();
    prop_oneof![0..64_usize, 64..1024_usize, length - 2500..length, 0..length]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        look(&bytes);
    }

    #[test]
    fn no_change_to_a_plugin_makes_it_panic(
        changes in prop::collection::vec((position(), prop_oneof![Just(0_u8), Just(0xff), any::<u8>()], 1..9_usize), 1..8),
        length in prop_oneof![4 => Just(usize::MAX), 1 => 0..20_000_usize],
    ) {
        let mut bytes = genuine().to_vec();
        for (at, value, run) in changes {
            let end = (at + run).min(bytes.len());
            bytes[at..end].fill(value);
        }
        bytes.truncate(length);
        look(&bytes);
    }
}

#[test]
fn long_relocation_tables_are_not_read() {
    let folder = folder();
    let of_length = |name: &str, pointers: usize| {
        let body = format!(
            "{PLUGIN}
            static int32_t create() {{ return 0; }}
            CALLBACKS((slot)create)
            ENTRY
            EXPORT const void *const table[{pointers}] = {{ [0 ... {pointers} - 1] = &callbacks }};"
        );
        inspect(&compile(folder.path(), name, &body, &[])).report.expect("a report").callbacks
    };
    assert_eq!(of_length("short.so", 1_000), Some(vec!["create".to_owned()]));
    // A relocation has 24 bytes at 64 bits and 8 at 32 bits: these are more than 4 MiB.
    assert_eq!(of_length("long.so", 600_000), None);
}
