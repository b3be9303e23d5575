//! Faults of plugins in a running host: what is said of them.

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pintle_abi_core::{IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance};
use pintle_host::{Host, Line, LoadOptions, Receipt};
use support::{NO_TEXTS, by_itself, folder, plugin, plugin_with};

const WAIT: Duration = Duration::from_secs(10);

fn load(host: &Host, path: &Path) -> Instance {
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, &LoadOptions::default()) }.expect("it loads")
}

#[test]
fn an_error_that_is_only_logged_has_its_status_and_its_own_words() {
    let folder = folder();
    let body = r#"
        static int32_t own(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) { return -77; }
        static int32_t known(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) { return PINTLE_E_IO; }
        static int32_t told(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
            pintle_error_set(plugin, PINTLE_E_IO, "the disk is full", 16);
            return PINTLE_E_IO;
        }
        static int32_t other(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
            pintle_error_set(plugin, PINTLE_E_IO, "the disk is full", 16);
            return 10077;
        }
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            int32_t (*timers[])(pintle_plugin_t *, void *, pintle_timer_t) = {own, known, told, other};
            pintle_timer_t timer;
            for (int i = 0; i < 4; i++) pintle_executor_start_timer(plugin, i, 0, timers[i], 0, &timer);
            return PINTLE_OK;
        }"#;
    let path = plugin(folder.path(), "failing", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    let host =
        Host::builder().log(move |line| heard.lock().unwrap().push(line.text.to_owned())).start().unwrap();
    load(&host, &path);
    while lines.lock().unwrap().len() < 4 {
        host.poll(Some(WAIT)).expect("it polls");
    }
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "timer returned an error (status -77)",
            "timer returned an error (E_IO, status 1000)",
            "timer returned an error: the disk is full (E_IO, status 1000)",
            "timer returned an error (status 10077)",
        ]
    );
}

/// The handler of Rust's library, which was there before, raises a signal of its own.
#[test]
fn a_stack_that_overflows_is_reported_once_and_as_that() {
    let folder = folder();
    let body = r#"
        static int32_t small(volatile int level) {
            volatile char room[64];
            room[0] = (char)level;
            return level < 0 ? 0 : small(level + 1) + room[0];
        }
        static int32_t large(volatile int level) {
            volatile char room[3000];
            room[1500] = (char)level;
            return level < 0 ? 0 : large(level + 1) + room[1500];
        }
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            return args->config.length == 5 ? small(0) : large(0);
        }"#;
    let path = plugin(folder.path(), "deep", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    for frame in ["small", "a large one"] {
        let test = "a_stack_that_overflows_is_reported_once_and_as_that";
        let output = support::alone_with(test, frame, |config| {
            pintle_host::install_crash_handler().unwrap();
            let host = Host::builder().log(|_| ()).start().unwrap();
            let options = LoadOptions { config: config.to_owned(), ..LoadOptions::default() };
            // SAFETY: the library was compiled by the test.
            unsafe { host.load(&path, &options) }.expect("it loads");
        });
        let Some(output) = output else { return };
        let reports: Vec<_> = output.stderr.lines().filter(|line| line.contains(" in plugin ")).collect();
        assert_eq!(
            reports,
            ["pintle: stack overflow in plugin org.test.deep, callback create"],
            "{output:?}"
        );
        assert!(output.signal.is_some(), "{output:?}");
    }
}

/// On the kernel thread the variables of the thread are destroyed before anything can be said.
#[test]
fn a_plugin_that_ends_the_process_is_named() {
    let folder = folder();
    let body = r#"
        #include <pthread.h>
        #include <unistd.h>
        static void *leave(void *unused) { exit(0); return unused; }
        static int32_t work(pintle_plugin_t *plugin, void *data, pintle_message_t message) { exit(0); }
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            pthread_t thread;
            pintle_message_t none = {0};
            switch (*args->config.data) {
                case 'c': exit(0);
                case 'w': return pintle_executor_submit_worker(plugin, work, 0, none);
                case 't': pthread_create(&thread, 0, leave, 0); for (;;) pause();
            }
            return PINTLE_OK;
        }"#;
    let on = "PINTLE_ON(create, create)";
    let path = plugin_with(folder.path(), "leaving", body, on, NO_TEXTS, "", &["-pthread"]);
    for (place, said) in [
        ("callback", "called in plugin org.test.leaving, callback create"),
        ("worker", "called in plugin org.test.leaving, callback worker task"),
        ("thread", "called on a thread of plugin org.test.leaving"),
        ("program", ""),
    ] {
        let output = support::alone_with("a_plugin_that_ends_the_process_is_named", place, |config| {
            pintle_host::install_crash_handler().unwrap();
            let host = Host::builder().log(|_| ()).start().unwrap();
            let options = LoadOptions { config: config.to_owned(), ..LoadOptions::default() };
            // SAFETY: the library was compiled by the test.
            unsafe { host.load(&path, &options) }.expect("it loads");
            if config == "program" {
                std::process::exit(0);
            }
            host.run().expect("it runs");
        });
        let Some(output) = output else { return };
        let lines: Vec<_> = output.stderr.lines().filter(|line| line.starts_with("pintle: ")).collect();
        let expected = format!("pintle: exit ends the process, {said}");
        assert_eq!(
            lines,
            if said.is_empty() { vec![] } else { vec![expected.as_str()] },
            "{place}: {output:?}"
        );
    }
}

fn unload(host: &Host, instance: Instance) -> Receipt {
    host.unload(instance, WAIT).expect("it unloads")
}

#[test]
fn what_a_plugin_changes_in_the_process_is_told() {
    by_itself("what_a_plugin_changes_in_the_process_is_told", || {
        let folder = folder();
        let body = r#"
            #include <locale.h>
            #include <signal.h>
            #include <unistd.h>
            static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
                signal(SIGINT, SIG_IGN);
                signal(SIGSEGV, SIG_DFL);
                return PINTLE_OK;
            }
            static int32_t destroy(pintle_plugin_t *plugin) {
                return chdir("/") || !setlocale(LC_ALL, "C.UTF-8") ? PINTLE_E_IO : PINTLE_OK;
            }"#;
        let on = "PINTLE_ON(create, create), PINTLE_ON(destroy, destroy)";
        let path = plugin(folder.path(), "changing", body, on, NO_TEXTS, "| PINTLE_FLAG_UNLOAD_SAFE");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = lines.clone();
        let log =
            move |line: &Line<'_>| heard.lock().unwrap().push(format!("{}: {}", line.plugin, line.text));
        pintle_host::install_crash_handler().unwrap();
        let host = Host::builder().log(log).watch_process().start().unwrap();
        let instance = load(&host, &path);
        assert_eq!(
            *lines.lock().unwrap(),
            ["org.test.changing: since its create began, the process has another action for SIGINT, SIGSEGV"]
        );
        let receipt = unload(&host, instance);
        assert_eq!(
            receipt.reason(),
            "the process has another action for SIGINT, SIGSEGV, another locale, another working directory"
        );
        assert_eq!(receipt.image, IMAGE_UNMAPPED, "{receipt}");
        assert_eq!(unload(&host, load(&host, &path)).reason(), "", "all is as it was before");
    });
}

#[test]
fn no_signal_is_left_with_a_handler_that_is_gone() {
    by_itself("no_signal_is_left_with_a_handler_that_is_gone", || {
        let folder = folder();
        let body = r#"
            #include <signal.h>
            static void handle(int signal) {}
            static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
                return signal(SIGUSR1, handle) == SIG_ERR ? PINTLE_E_IO : PINTLE_OK;
            }"#;
        let on = "PINTLE_ON(create, create)";
        let path = plugin(folder.path(), "handling", body, on, NO_TEXTS, "| PINTLE_FLAG_UNLOAD_SAFE");
        extern "C" fn own(_: libc::c_int) {}
        let own: extern "C" fn(libc::c_int) = own;
        let own = own as *const () as libc::sighandler_t;
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(libc::SIGUSR1, own) };
        let watching = Host::builder().log(|_| ()).watch_process().start().unwrap();
        let receipt = unload(&watching, load(&watching, &path));
        assert_eq!(
            receipt.reason(),
            "the process has another action for SIGUSR1; its handler was taken from SIGUSR1"
        );
        assert_eq!(receipt.image, IMAGE_UNMAPPED, "{receipt}");
        // SAFETY: as above.
        assert_eq!(unsafe { libc::signal(libc::SIGUSR1, own) }, own, "it was put back");
        let host = Host::builder().log(|_| ()).start().unwrap();
        let receipt = unload(&host, load(&host, &path));
        assert_eq!((receipt.image, receipt.reason()), (IMAGE_RESIDENT, "its code handles SIGUSR1"));
        // SAFETY: the handler is mapped.
        unsafe { libc::raise(libc::SIGUSR1) };
    });
}
