//! What the system's loader cannot map is refused by inspection, and loading says the same.

mod support;

use std::fs;
use std::path::Path;

use pintle_abi_core::status;
use pintle_host::{Host, LoadOptions, inspect};
use support::{compile, folder, plain};

/// What inspection and loading say alike: the status, and the sentence if the file is refused.
fn both(path: &Path) -> (i32, String) {
    let verdict = inspect(path).verdict;
    let host = Host::builder().log(|_| ()).start().unwrap();
    // SAFETY: the library was compiled by the test.
    let (code, text) = match unsafe { host.load(path, &LoadOptions::default()) } {
        Ok(_) => (status::OK, String::new()),
        Err(error) => (error.code, error.text),
    };
    assert_eq!(code, verdict.code(), "inspection: {verdict:?}; loading: {text}");
    let rule = match code {
        status::OK => String::new(),
        _ => verdict.findings()[0].rule.clone(),
    };
    assert!(text.starts_with(&rule), "{text:?} does not begin with {rule:?}");
    (code, rule)
}

/// A note that says which levels of x86-64 the library needs.
fn needs_levels(bits: u32) -> String {
    format!(
        "{}\n__asm__(\".pushsection .note.gnu.property, \\\"a\\\"\\n.balign 8\\n.long 4, 16, 5\\n.asciz \\\"GNU\\\"\\n\"
            \".long 0xc0008002, 4, {bits}, 0\\n.popsection\");",
        plain()
    )
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_library_for_a_larger_processor() {
    let folder = folder();
    // No processor has the sixth level, and each has the first.
    let path = compile(folder.path(), "sixth.so", &needs_levels(1 << 5), &[]);
    let (code, rule) = both(&path);
    assert_eq!(code, status::E_MACHINE, "{rule}");
    assert!(rule.contains("built for x86-64-v6, and this process is x86-64"), "{rule}");
    let path = compile(folder.path(), "first.so", &needs_levels(1), &[]);
    assert_eq!(both(&path).0, status::OK);
    // The compiler's own mark for this processor.
    let path = compile(folder.path(), "native.so", &plain(), &["-march=native", "-mneeded"]);
    assert_eq!(both(&path).0, status::OK);
}

/// A plugin that is linked to a stub of a C library with this name.
fn linked_to(folder: &Path, library: &str) -> std::path::PathBuf {
    let stub = compile(folder, library, "int stub;", &["-nostdlib", &format!("-Wl,-soname,{library}")]);
    let name = format!("with-{library}");
    let search = format!("-Wl,-rpath,{}", folder.display());
    let stub = stub.display().to_string();
    compile(folder, &name, &plain(), &["-nostdlib", "-Wl,--no-as-needed", &stub, &search])
}

#[test]
#[cfg(target_env = "gnu")]
fn a_library_for_another_c_library() {
    let folder = folder();
    for library in ["libc.so", "libc.musl-x86_64.so.1"] {
        let (code, rule) = both(&linked_to(folder.path(), library));
        assert_eq!(code, status::E_LINK, "{rule}");
        assert!(rule.contains("musl") && rule.contains(library), "{rule}");
    }
    assert_eq!(both(&linked_to(folder.path(), "libcopy.so")).0, status::OK);
}

#[test]
fn a_library_that_asks_for_an_executable_stack() {
    let folder = folder();
    let path = compile(folder.path(), "asks.so", &plain(), &["-Wl,-z,execstack"]);
    assert!(inspect(&path).report.unwrap().executable_stack);
    // Which of the two it is depends on the C library.
    let (code, rule) = both(&path);
    assert!(code == status::OK || rule.contains("executable stack"), "{code} {rule}");

    // On x86, a library without a word about it asks for one.
    let path = compile(folder.path(), "silent.so", &plain(), &["-Wl,-z,noexecstack"]);
    assert!(!inspect(&path).report.unwrap().executable_stack);
    let mut bytes = fs::read(&path).unwrap();
    let stack = 0x6474_e551_u32.to_le_bytes();
    let at = bytes.chunks(8).position(|word| word[..4] == stack).expect("a segment for the stack") * 8;
    bytes[at..at + 4].fill(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(inspect(&path).report.unwrap().executable_stack, cfg!(target_arch = "x86_64"));
}

/// How much of it is left in a process that has started is not told by the system.
#[test]
fn static_thread_local_storage_is_told() {
    let folder = folder();
    let storage = "static __thread char big[8192] __attribute__((tls_model(\"initial-exec\")));
        EXPORT char *use(void) { return big; }";
    let path = compile(folder.path(), "static.so", &format!("{}\n{storage}", plain()), &[]);
    let inspection = inspect(&path);
    assert!(inspection.to_string().contains("static TLS    8192 bytes"), "{inspection}");
    assert_eq!(inspection.report.unwrap().static_tls, 8192);
    let storage = storage.replace("initial-exec", "global-dynamic");
    let path = compile(folder.path(), "dynamic.so", &format!("{}\n{storage}", plain()), &[]);
    assert_eq!(inspect(&path).report.unwrap().static_tls, 0);
}
