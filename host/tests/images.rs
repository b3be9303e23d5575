//! What is mapped, what is shared, and what really becomes of it.

mod support;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pintle_abi_core::{IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, NO_WORKERS, status};
use pintle_host::{Error, Host, LoadOptions, Receipt, default_limits};
use support::{PLUGIN, by_itself, compile, folder, plain};

const WAIT: Duration = Duration::from_secs(10);

fn host() -> Host {
    let limits = pintle_abi_core::Limits { workers: NO_WORKERS, ..default_limits() };
    Host::builder().limits(limits).log(|_| ()).start().expect("the host starts")
}

fn load(host: &Host, path: &Path) -> Result<Instance, Error> {
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, &LoadOptions::default()) }
}

fn unload(host: &Host, instance: Instance) -> Receipt {
    host.unload(instance, WAIT).expect("it unloads")
}

/// A plugin whose constructor adds a line to `marker`, so that mappings can be counted.
fn marking(marker: &Path, line: &str) -> String {
    format!(
        "{}
        #include <stdio.h>
        __attribute__((constructor)) static void mark(void) {{
            FILE *f = fopen(\"{}\", \"a\"); fputs(\"{line}\\n\", f); fclose(f);
        }}",
        plain(),
        marker.display()
    )
}

fn lines(marker: &Path) -> Vec<String> {
    fs::read_to_string(marker).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn is_mapped(path: &Path) -> bool {
    let path = path.to_str().expect("a path in UTF-8");
    fs::read_to_string("/proc/self/maps").expect("it can be read").contains(path)
}

/// A marker and a library that writes to it, in a folder of their own.
fn marked(folder: &Path, options: &[&str]) -> (PathBuf, PathBuf) {
    let marker = folder.join("marker");
    let path = compile(folder, "plugin.so", &marking(&marker, "first"), options);
    (marker, path)
}

#[test]
fn one_content_is_mapped_once() {
    by_itself("one_content_is_mapped_once", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &[]);
        let copy = folder.path().join("copy.so");
        fs::copy(&path, &copy).unwrap();
        let (one, other) = (host(), host());
        load(&one, &path).unwrap();
        load(&one, &path).unwrap();
        load(&other, &copy).unwrap();
        assert_eq!(lines(&marker), ["first"]);
        assert!(!is_mapped(&copy));
    });
}

#[test]
fn a_file_moved_over_a_loaded_one_is_loaded_itself() {
    by_itself("a_file_moved_over_a_loaded_one_is_loaded_itself", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &[]);
        let host = host();
        load(&host, &path).unwrap();
        let next = compile(folder.path(), "next.so", &marking(&marker, "next"), &[]);
        fs::rename(&next, &path).unwrap();
        load(&host, &path).unwrap();
        load(&host, &path).unwrap();
        assert_eq!(lines(&marker), ["first", "next"]);
    });
}

#[test]
fn a_file_changed_in_place_is_refused() {
    by_itself("a_file_changed_in_place_is_refused", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &[]);
        let host = host();
        load(&host, &path).unwrap();
        // Behind what is mapped, or the process could not go on.
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        let error = load(&host, &path).unwrap_err();
        assert_eq!(error.code, status::E_MISMATCH, "{error}");
        assert!(error.text.contains("changed in place"), "{error}");
        assert_eq!(lines(&marker), ["first"]);
    });
}

#[test]
fn a_file_that_was_touched_is_the_same_file() {
    by_itself("a_file_that_was_touched_is_the_same_file", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &[]);
        let copy = folder.path().join("copy.so");
        fs::copy(&path, &copy).unwrap();
        let host = host();
        load(&host, &path).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        load(&host, &path).unwrap();
        load(&host, &copy).unwrap();
        assert_eq!(lines(&marker), ["first"]);
    });
}

/// The system's loader knows a library by the spelling of its path.
#[test]
fn a_path_can_have_a_new_version_any_number_of_times() {
    by_itself("a_path_can_have_a_new_version_any_number_of_times", || {
        let folder = folder();
        let (_, path) = marked(folder.path(), &[]);
        let host = host();
        for version in 0..30 {
            let next = folder.path().join("next.so");
            fs::copy(&path, &next).unwrap();
            fs::OpenOptions::new().append(true).open(&next).unwrap().write_all(&[version]).unwrap();
            fs::rename(&next, &path).unwrap();
            load(&host, &path).unwrap();
        }
        let text = fs::read_to_string("/proc/self/maps").unwrap();
        let inodes: HashSet<&str> = text
            .lines()
            .filter(|line| line.contains("plugin.so"))
            .filter_map(|line| line.split_whitespace().nth(4))
            .collect();
        assert_eq!(inodes.len(), 30);
    });
}

#[test]
fn a_library_of_the_same_name_that_others_loaded_is_not_taken_for_the_file() {
    by_itself("a_library_of_the_same_name_that_others_loaded_is_not_taken_for_the_file", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &[]);
        let path = fs::canonicalize(path).unwrap();
        // SAFETY: the library was compiled by the test.
        let theirs = unsafe { libloading::Library::new(&path) }.unwrap();
        let next = compile(folder.path(), "next.so", &marking(&marker, "next"), &[]);
        fs::rename(&next, &path).unwrap();
        load(&host(), &path).unwrap();
        assert_eq!(lines(&marker), ["first", "next"]);
        drop(theirs);
    });
}

#[test]
fn an_image_that_is_safe_to_unload_goes_with_its_last_instance() {
    by_itself("an_image_that_is_safe_to_unload_goes_with_its_last_instance", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &["-DFLAGS=3"]);
        let host = host();
        let (one, two) = (load(&host, &path).unwrap(), load(&host, &path).unwrap());
        let receipt = unload(&host, one);
        assert_eq!((receipt.image, receipt.reason()), (IMAGE_RESIDENT, "another instance uses it"));
        assert!(is_mapped(&path));
        let receipt = unload(&host, two);
        assert_eq!((receipt.image, receipt.reason()), (IMAGE_UNMAPPED, ""));
        assert!(!is_mapped(&path));
        load(&host, &path).unwrap();
        assert_eq!(lines(&marker), ["first", "first"]);
    });
}

#[test]
fn an_image_stays_unless_it_says_that_it_can_go() {
    by_itself("an_image_stays_unless_it_says_that_it_can_go", || {
        let folder = folder();
        let (_, path) = marked(folder.path(), &[]);
        let host = host();
        let instance = load(&host, &path).unwrap();
        let receipt = unload(&host, instance);
        assert_eq!((receipt.image, receipt.reason()), (IMAGE_RESIDENT, "its descriptor lacks UNLOAD_SAFE"));
        assert!(is_mapped(&path));
    });
}

/// An image that promises to go and stays: the receipt says why, and it can be used again.
fn assert_stays(source: &str, options: &[&str], reason: &str) {
    let folder = folder();
    let path = compile(folder.path(), "plugin.so", source, &[&["-DFLAGS=3"], options].concat());
    let host = host();
    for _ in 0..2 {
        let instance = load(&host, &path).unwrap();
        let receipt = unload(&host, instance);
        assert_eq!(receipt.image, IMAGE_RESIDENT);
        assert!(receipt.reason().contains(reason), "{:?} does not say {reason:?}", receipt.reason());
        assert!(is_mapped(&path));
    }
}

#[test]
fn an_image_that_was_linked_to_stay_stays() {
    by_itself("an_image_that_was_linked_to_stay_stays", || {
        assert_stays(&plain(), &["-Wl,-z,nodelete"], "nodelete");
    });
}

#[test]
fn an_image_with_a_unique_symbol_stays() {
    by_itself("an_image_with_a_unique_symbol_stays", || {
        let unique = "
        __asm__(\".globl shared\\n.type shared, @gnu_unique_object\\n.size shared, 4\\n.data\\nshared: .long 0\\n.text\\n\");
        extern int shared;
        EXPORT int *use(void) { return &shared; }";
        let source = plain() + unique;
        let source = source
            .replace("extern int shared;", "extern __attribute__((visibility(\"default\"))) int shared;");
        assert_stays(&source, &[], "the symbol shared");
    });
}

#[test]
fn an_image_that_others_hold_stays() {
    by_itself("an_image_that_others_hold_stays", || {
        let folder = folder();
        let (_, path) = marked(folder.path(), &["-DFLAGS=3"]);
        let host = host();
        let instance = load(&host, &path).unwrap();
        // SAFETY: the library was compiled by the test.
        let held = unsafe { libloading::Library::new(&path) }.unwrap();
        let receipt = unload(&host, instance);
        assert_eq!(
            (receipt.image, receipt.reason()),
            (IMAGE_RESIDENT, "something else in the process holds it")
        );
        drop(held);
    });
}

/// The image is mapped elsewhere then, where calls with the old entry would run into whatever came to its place.
#[test]
fn an_image_that_the_system_collected_later_is_mapped_anew() {
    by_itself("an_image_that_the_system_collected_later_is_mapped_anew", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &["-DFLAGS=3"]);
        let host = host();
        let instance = load(&host, &path).unwrap();
        // SAFETY: the library was compiled by the test.
        let held = unsafe { libloading::Library::new(&path) }.unwrap();
        assert_eq!(unload(&host, instance).image, IMAGE_RESIDENT);
        drop(held);
        assert!(!is_mapped(&path));
        let next = compile(folder.path(), "next.so", &marking(&marker, "next"), &["-DFLAGS=3"]);
        // SAFETY: the library was compiled by the test.
        let in_its_place = unsafe { libloading::Library::new(next) }.unwrap();
        let again = load(&host, &path).unwrap();
        assert_eq!(lines(&marker), ["first", "next", "first"]);
        assert_eq!(unload(&host, again).image, IMAGE_UNMAPPED);
        drop(in_its_place);
    });
}

/// Both versions have the same path, so the system's loader knows the second one by another spelling of it.
#[test]
fn a_second_version_that_stayed_is_found_again() {
    by_itself("a_second_version_that_stayed_is_found_again", || {
        let folder = folder();
        let stays = ["-DFLAGS=3", "-Wl,-z,nodelete"];
        let (marker, path) = marked(folder.path(), &stays);
        let host = host();
        load(&host, &path).unwrap();
        let next = compile(folder.path(), "next.so", &marking(&marker, "next"), &stays);
        let copy = folder.path().join("copy.so");
        fs::copy(&next, &copy).unwrap();
        fs::rename(&next, &path).unwrap();
        let second = load(&host, &path).unwrap();
        assert_eq!(unload(&host, second).image, IMAGE_RESIDENT);
        fs::remove_file(&path).unwrap();
        load(&host, &copy).unwrap();
        assert_eq!(lines(&marker), ["first", "next"]);
    });
}

#[test]
fn the_old_version_of_a_file_goes_and_comes_back() {
    by_itself("the_old_version_of_a_file_goes_and_comes_back", || {
        let folder = folder();
        let (marker, path) = marked(folder.path(), &["-DFLAGS=3"]);
        let old = folder.path().join("old.so");
        fs::copy(&path, &old).unwrap();
        let host = host();
        let first = load(&host, &path).unwrap();
        let next = compile(folder.path(), "next.so", &marking(&marker, "next"), &["-DFLAGS=3"]);
        fs::rename(&next, &path).unwrap();
        load(&host, &path).unwrap();
        let receipt = unload(&host, first);
        assert_eq!((receipt.image, receipt.reason()), (IMAGE_UNMAPPED, ""));
        fs::rename(&old, &path).unwrap();
        load(&host, &path).unwrap();
        assert_eq!(lines(&marker), ["first", "next", "first"]);
    });
}

#[test]
fn a_plugin_without_multi_instance_has_one_instance_in_the_process() {
    by_itself("a_plugin_without_multi_instance_has_one_instance_in_the_process", || {
        let folder = folder();
        let (_, path) = marked(folder.path(), &["-DFLAGS=0"]);
        let (one, other) = (host(), host());
        let first = load(&one, &path).unwrap();
        for host in [&one, &other] {
            let error = load(host, &path).unwrap_err();
            assert_eq!(error.code, status::E_EXISTS, "{error}");
            assert!(error.text.contains("org.test.probe"), "{error}");
            assert!(error.text.contains("plugin.so"), "{error}");
        }
        unload(&one, first);
        load(&other, &path).unwrap();
    });
}

#[test]
fn two_threads_do_not_both_get_the_one_instance() {
    by_itself("two_threads_do_not_both_get_the_one_instance", || {
        let folder = folder();
        let (inside, go) = (folder.path().join("inside"), folder.path().join("go"));
        // The first `create` waits inside; a second one would not.
        let body = format!(
            "#include <fcntl.h>
        #include <unistd.h>
        static int32_t waits(void) {{
            static int entered;
            if (__atomic_fetch_add(&entered, 1, __ATOMIC_SEQ_CST)) return 0;
            close(open(\"{}\", O_CREAT | O_WRONLY, 0600));
            while (access(\"{}\", F_OK)) {{ }}
            return 0;
        }}",
            inside.display(),
            go.display()
        );
        let source = format!("{PLUGIN}\n{body}\nCALLBACKS(waits)\nENTRY\n");
        let path = compile(folder.path(), "plugin.so", &source, &["-DFLAGS=0"]);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| load(&host(), &path).is_ok());
            while !inside.exists() {
                std::thread::yield_now();
            }
            let second = load(&host(), &path);
            fs::write(&go, "").unwrap();
            assert_eq!(second.unwrap_err().code, status::E_EXISTS);
            assert!(first.join().unwrap());
        });
    });
}

#[test]
fn what_the_systems_loader_refuses_is_told_in_its_words() {
    by_itself("what_the_systems_loader_refuses_is_told_in_its_words", || {
        let folder = folder();
        let source =
            format!("{}\nextern int nowhere(void); EXPORT int use(void) {{ return nowhere(); }}", plain());
        let path = compile(folder.path(), "unlinked.so", &source, &[]);
        let error = load(&host(), &path).unwrap_err();
        assert_eq!(error.code, status::E_LINK, "{error}");
        assert!(error.text.contains("undefined symbol: nowhere"), "{error}");
    });
}

#[test]
fn a_descriptor_that_is_changed_at_start_is_noticed() {
    by_itself("a_descriptor_that_is_changed_at_start_is_noticed", || {
        let folder = folder();
        let source = format!(
            "{}
        #include <sys/mman.h>
        __attribute__((constructor)) static void change(void) {{
            char *page = (char *)((uintptr_t)&pintle_descriptor & ~(uintptr_t)4095);
            mprotect(page, 8192, PROT_READ | PROT_WRITE);
            ((char *)&pintle_descriptor)[sizeof(struct described) - 3] ^= 1;
        }}",
            plain()
        );
        let path = compile(folder.path(), "changing.so", &source, &[]);
        let error = load(&host(), &path).unwrap_err();
        assert_eq!(error.code, status::E_MISMATCH, "{error}");
    });
}

#[test]
fn an_entry_is_checked_once_it_is_mapped() {
    by_itself("an_entry_is_checked_once_it_is_mapped", || {
        let folder = folder();
        let refused = |name: &str, entry: &str, code: i32, words: &str| {
            let source = plain().replace("{ sizeof(struct entry), 0, DESCRIPTOR, &callbacks }", entry);
            let error = load(&host(), &compile(folder.path(), name, &source, &[])).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.text.contains(words), "{error}");
        };
        refused("short", "{ 16, 0, DESCRIPTOR, &callbacks }", status::E_NO_ENTRY, "its size");
        refused(
            "other",
            "{ 24, 0, (const void *)&callbacks, &callbacks }",
            status::E_NO_ENTRY,
            "another descriptor",
        );
        refused("null", "{ 24, 0, DESCRIPTOR, 0 }", status::E_NO_ENTRY, "is NULL");
        let narrow = plain().replace("{ sizeof(struct table), 0,", "{ 7, 0,");
        let error = load(&host(), &compile(folder.path(), "narrow", &narrow, &[])).unwrap_err();
        assert_eq!(error.code, status::E_NO_ENTRY, "{error}");
    });
}
