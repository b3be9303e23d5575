//! Which plugin a thread is counted for, and whose image it keeps mapped.

mod support;

use std::fs;
use std::io::{Write, pipe};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pintle_abi_core::{IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, NO_WORKERS};
use pintle_host::{Host, LoadOptions, Receipt, default_limits};
use support::{NO_TEXTS, PLUGIN, by_itself, compile, folder, plain, plugin};

fn host() -> Host {
    let limits = pintle_abi_core::Limits { workers: NO_WORKERS, ..default_limits() };
    Host::builder().limits(limits).log(|_| ()).start().expect("the host starts")
}

fn load(host: &Host, path: &Path) -> Instance {
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, &LoadOptions::default()) }.expect("it loads")
}

fn unload(host: &Host, instance: Instance) -> Receipt {
    host.unload(instance, Duration::from_secs(10)).expect("it unloads")
}

fn is_mapped(path: &Path) -> bool {
    let path = path.to_str().expect("a path in UTF-8");
    fs::read_to_string("/proc/self/maps").expect("it can be read").contains(path)
}

/// A plugin that does nothing, of a content of its own.
fn quiet(folder: &Path, name: &str) -> PathBuf {
    let source = format!("{}\nEXPORT const char own[] = \"{name}\";", plain());
    compile(folder, name, &source, &["-DFLAGS=3"])
}

/// A plugin whose `create` begins a thread that runs `body`.
fn threaded(folder: &Path, name: &str, body: &str) -> PathBuf {
    let source = format!(
        "{PLUGIN}
        #include <pthread.h>
        #include <unistd.h>
        static void *run(void *unused) {{ (void)unused; for (;;) {{ {body} }} return 0; }}
        static int32_t create() {{ pthread_t t; return pthread_create(&t, 0, run, 0) ? -1 : 0; }}
        CALLBACKS((slot)create)
        ENTRY"
    );
    compile(folder, name, &source, &["-DFLAGS=3", "-pthread"])
}

/// Returns when every other thread of the process waits for something.
fn all_wait() {
    // SAFETY: it has no conditions.
    let own = unsafe { libc::gettid() }.to_string();
    let runs = || {
        fs::read_dir("/proc/self/task").expect("a list").any(|thread| {
            let thread = thread.expect("a thread");
            thread.file_name().to_str() != Some(&own)
                && fs::read_to_string(thread.path().join("syscall")).is_ok_and(|text| text == "running\n")
        })
    };
    while runs() {
        thread::yield_now();
    }
}

#[test]
fn a_thread_of_the_server_is_not_blamed_on_a_plugin() {
    by_itself("a_thread_of_the_server_is_not_blamed_on_a_plugin", || {
        let folder = folder();
        let path = quiet(folder.path(), "quiet.so");
        let host = host();
        let instance = load(&host, &path);
        let (end, ended) = mpsc::channel::<()>();
        let thread = thread::spawn(move || ended.recv());
        all_wait();
        let receipt = unload(&host, instance);
        assert_eq!((receipt.threads, receipt.image, receipt.reason()), (0, IMAGE_UNMAPPED, ""));
        assert!(!is_mapped(&path));
        drop(end);
        thread.join().unwrap().unwrap_err();
    });
}

#[test]
fn a_thread_is_blamed_on_the_plugin_that_began_it_and_on_no_other() {
    by_itself("a_thread_is_blamed_on_the_plugin_that_began_it_and_on_no_other", || {
        let folder = folder();
        let (quiet, culprit) =
            (quiet(folder.path(), "quiet.so"), threaded(folder.path(), "culprit.so", "pause();"));
        let host = host();
        let (first, second) = (load(&host, &quiet), load(&host, &culprit));
        all_wait();
        let receipt = unload(&host, first);
        assert_eq!((receipt.threads, receipt.image, receipt.reason()), (0, IMAGE_UNMAPPED, ""));
        assert!(!is_mapped(&quiet));
        let receipt = unload(&host, second);
        assert_eq!((receipt.threads, receipt.image), (1, IMAGE_RESIDENT));
        assert_eq!(receipt.reason(), "a thread that runs its code has not ended");
        assert!(is_mapped(&culprit));
    });
}

#[test]
fn the_kernel_thread_of_another_host_is_not_blamed_on_a_plugin_that_it_runs() {
    by_itself("the_kernel_thread_of_another_host_is_not_blamed_on_a_plugin_that_it_runs", || {
        let folder = folder();
        // `create` waits for a byte if the configuration names a descriptor to read it from.
        let body = r"
            #include <unistd.h>
            static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
                char number[8] = {0}, byte;
                memcpy(number, args->config.data, args->config.length);
                return !number[0] || read(atoi(number), &byte, 1) == 1 ? PINTLE_OK : PINTLE_E_IO;
            }
        ";
        let path = plugin(
            folder.path(),
            "waits",
            body,
            "PINTLE_ON(create, create)",
            NO_TEXTS,
            "| PINTLE_FLAG_UNLOAD_SAFE",
        );
        let first = host();
        let instance = load(&first, &path);
        let (wait, end) = pipe().expect("a pipe");
        thread::scope(|scope| {
            // Dropped before the scope waits, so that a failure ends the other thread's wait.
            let mut end = end;
            scope.spawn(|| {
                let second = host();
                let config = wait.as_raw_fd().to_string();
                let options = LoadOptions { config, ..LoadOptions::default() };
                // SAFETY: the library was compiled by the test.
                unsafe { second.load(&path, &options) }.expect("it loads");
            });
            all_wait();
            let receipt = unload(&first, instance);
            assert_eq!(receipt.threads, 0, "{receipt}");
            end.write_all(b"!").expect("it is open");
        });
    });
}

#[test]
fn a_thread_that_never_waits_keeps_its_image_mapped() {
    by_itself("a_thread_that_never_waits_keeps_its_image_mapped", || {
        let folder = folder();
        let path = threaded(folder.path(), "busy.so", "__asm__ volatile(\"\");");
        let host = host();
        let instance = load(&host, &path);
        let receipt = unload(&host, instance);
        // Whether it could be attributed depends on whether the system has interrupted it.
        assert_eq!(receipt.image, IMAGE_RESIDENT, "{receipt}");
        assert!(is_mapped(&path));
    });
}
