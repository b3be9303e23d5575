//! Processes that fork: in a child the hosts of its parent are closed, and the parent notices nothing.

mod support;

use std::io::{Read, Write, pipe};
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pintle_abi_core::{Instance, MODE_RELIABLE, Message, OUTCOME_STOPPED, status};
use pintle_host::{Application, Host, LoadOptions};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use support::{NO_TEXTS, by_itself, folder, plugin};

/// Watches the fd that its configuration names, and says what it reads.
const WATCHER: &str = r#"
    #include <unistd.h>
    static int32_t ready(pintle_plugin_t *plugin, void *data, pintle_watch_t watch, uint32_t events) {
        char byte[2] = "";
        (void)watch; (void)events;
        return read((int)(intptr_t)data, byte, 1) == 1 ? say(plugin, byte) : PINTLE_OK;
    }
    static int32_t begin(pintle_plugin_t *plugin, const pintle_create_t *args) {
        const pintle_io_api_t *io = NULL;
        pintle_watch_t watch;
        const int fd = number_of(args->config);
        int32_t status = pintle_extension(plugin, PINTLE_IO_ID, strlen(PINTLE_IO_ID), (const void **)&io);
        return status ? status : io->watch(plugin, fd, PINTLE_IO_READABLE, ready, (void *)(intptr_t)fd, &watch);
    }
"#;

/// Forks in a timer, and in a slow request.
const FORKER: &str = r#"
    #include <unistd.h>
    static int32_t forks(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
        (void)data; (void)timer;
        if (fork() == 0) {
            pintle_message_t message;
            return pintle_message_acquire(plugin, 1, &message) == PINTLE_E_CLOSED ? PINTLE_OK : (_exit(9), 0);
        }
        return say(plugin, "forked");
    }
    static int32_t goes_on(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
        (void)data; (void)timer;
        return say(plugin, "goes on");
    }
    static int32_t forks_on_worker(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
        (void)data; (void)message;
        return fork() == 0 ? PINTLE_OK : say(plugin, "forked");
    }
    static int32_t begin(pintle_plugin_t *plugin, const pintle_create_t *args) {
        pintle_timer_t timer;
        const pintle_message_t none = {0};
        if (args->config.length != 0) return pintle_executor_submit_worker(plugin, forks_on_worker, NULL, none);
        int32_t status = pintle_executor_start_timer(plugin, 0, 0, forks, NULL, &timer);
        return status ? status : pintle_executor_start_timer(plugin, 0, 0, goes_on, NULL, &timer);
    }
"#;

/// Watches an fd as [`WATCHER`] does, and forks when it is asked to stop.
const STOPPER: &str = r#"
    static int32_t stop(pintle_plugin_t *plugin, const pintle_stop_t *told) {
        (void)told;
        return fork() == 0 ? PINTLE_OK : (say(plugin, "asked"), PINTLE_PENDING);
    }
    static int32_t destroy(pintle_plugin_t *plugin) {
        return say(plugin, "destroyed");
    }
"#;

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn host(&self) -> Host {
        let said = self.clone();
        let sink = move |line: &pintle_host::Line<'_>| said.0.lock().unwrap().push(line.text.to_owned());
        Host::builder().log(sink).application(Nothing).start().expect("the host starts")
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Nothing;

impl Application for Nothing {}

fn load(host: &Host, path: &std::path::Path, config: &str) -> Instance {
    let options = LoadOptions { config: config.to_owned(), ..LoadOptions::default() };
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, &options) }.expect("it loads")
}

/// Runs `work` in a forked child, and returns what that exits with.
fn in_child(work: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the test runs alone in its process. What `work` does needs no thread that is not in the child.
    match unsafe { libc::fork() } {
        0 => {
            let code = catch_unwind(AssertUnwindSafe(work)).unwrap_or(99);
            // SAFETY: it ends the process at once.
            unsafe { libc::_exit(code) }
        }
        child => exit_code(child),
    }
}

fn exit_code(child: i32) -> i32 {
    let mut status = 0;
    // SAFETY: a place for the status.
    assert!(unsafe { libc::waitpid(child, &raw mut status, 0) } > 0);
    assert!(libc::WIFEXITED(status), "{status:x}");
    libc::WEXITSTATUS(status)
}

#[test]
fn a_child_has_closed_hosts_and_its_parent_notices_nothing() {
    by_itself("a_child_has_closed_hosts_and_its_parent_notices_nothing", || {
        let folder = folder();
        let path = plugin(folder.path(), "watcher", WATCHER, "PINTLE_ON(create, begin)", NO_TEXTS, "");
        let (reader, mut writer) = pipe().unwrap();
        let said = Said::default();
        let mut host = ManuallyDrop::new(said.host());
        let waker = host.waker();
        let instance = load(&host, &path, &reader.as_raw_fd().to_string());
        let code = in_child(|| {
            let closed = |refused: Result<(), pintle_host::Error>| {
                let error = refused.expect_err("it is refused");
                assert_eq!(error.code, status::E_CLOSED, "{error}");
                assert!(error.text.contains("forked child"), "{error}");
            };
            closed(host.poll(None));
            closed(host.run());
            closed(host.adopt());
            closed(host.unload(instance, Duration::ZERO).map(drop));
            closed(host.calls().map(drop));
            closed(waker.submit(1));
            waker.stop();
            // SAFETY: plugin zero's own table.
            let acquired = unsafe {
                let zero = host.zero();
                ((*(*(*zero).api).message).acquire)(zero, 1, &mut Message::default())
            };
            assert_eq!(acquired, status::E_CLOSED);
            assert_eq!(said.lines().iter().filter(|line| line.contains("forked child")).count(), 1);
            // SAFETY: the child does not use it any more.
            unsafe { ManuallyDrop::drop(&mut host) };
            // A host of its own works.
            let own = Said::default();
            let another = own.host();
            let (reader, mut writer) = pipe().unwrap();
            load(&another, &path, &reader.as_raw_fd().to_string());
            writer.write_all(b"c").unwrap();
            while own.lines().is_empty() {
                another.poll(None).unwrap();
            }
            assert_eq!(own.lines(), ["c"]);
            7
        });
        assert_eq!(code, 7);
        writer.write_all(b"p").unwrap();
        while said.lines().is_empty() {
            host.poll(None).unwrap();
        }
        assert_eq!(said.lines(), ["p"]);
        host.calls().unwrap().open(&[MODE_RELIABLE]).unwrap();
        let receipt = host.unload(instance, Duration::from_secs(5)).unwrap();
        assert_eq!((receipt.outcome, receipt.watches), (OUTCOME_STOPPED, 1));
        drop(ManuallyDrop::into_inner(host));
    });
}

#[test]
fn a_child_that_is_forked_in_a_callback_runs_nothing_more() {
    by_itself("a_child_that_is_forked_in_a_callback_runs_nothing_more", || {
        let folder = folder();
        let path = plugin(folder.path(), "forker", FORKER, "PINTLE_ON(create, begin)", NO_TEXTS, "");
        let said = Said::default();
        let host = said.host();
        load(&host, &path, "");
        // SAFETY: it has no conditions.
        let parent = unsafe { libc::getpid() };
        let (mut reader, mut writer) = pipe().unwrap();
        let stops = host.waker();
        while said.lines().len() < 2 {
            let polled = host.poll(None);
            // SAFETY: it has no conditions.
            if unsafe { libc::getpid() } != parent {
                let refused = host.run().map_err(|error| error.code);
                let told = format!("{:?} {refused:?} {:?}", polled.is_ok(), said.lines());
                writer.write_all(told.as_bytes()).unwrap();
                // SAFETY: it ends the child at once.
                unsafe { libc::_exit(7) };
            }
        }
        drop((writer, stops));
        assert_eq!(said.lines(), ["forked", "goes on"]);
        let mut told = String::new();
        reader.read_to_string(&mut told).unwrap();
        assert!(told.starts_with(&format!("true Err({}) [\"the host belongs", status::E_CLOSED)), "{told}");
        assert!(!told.contains("goes on"), "{told}");
        assert_eq!(exit_code(-1), 7);
    });
}

#[test]
fn a_child_that_is_forked_on_a_worker_ends() {
    by_itself("a_child_that_is_forked_on_a_worker_ends", || {
        let folder = folder();
        let path = plugin(folder.path(), "forker", FORKER, "PINTLE_ON(create, begin)", NO_TEXTS, "");
        let said = Said::default();
        let host = said.host();
        load(&host, &path, "on a worker");
        while said.lines().is_empty() {
            host.poll(Some(Duration::from_millis(1))).unwrap();
        }
        assert_eq!(exit_code(-1), 1);
        assert_eq!(said.lines(), ["forked"]);
    });
}

#[test]
fn a_child_that_is_forked_in_a_stop_ends_nothing() {
    by_itself("a_child_that_is_forked_in_a_stop_ends_nothing", || {
        let folder = folder();
        let on = "PINTLE_ON(create, begin), PINTLE_ON(request_stop, stop), PINTLE_ON(destroy, destroy)";
        let path = plugin(folder.path(), "stopper", &format!("{WATCHER}{STOPPER}"), on, NO_TEXTS, "");
        let (reader, mut writer) = pipe().unwrap();
        let said = Said::default();
        let host = said.host();
        let instance = load(&host, &path, &reader.as_raw_fd().to_string());
        // SAFETY: it has no conditions.
        let parent = unsafe { libc::getpid() };
        let begun = host.begin_unload(instance, Duration::from_secs(3600));
        // SAFETY: it has no conditions.
        if unsafe { libc::getpid() } != parent {
            let code = host.poll(None).map_err(|error| error.code);
            let is_good =
                code == Err(status::E_CLOSED) && !said.lines().iter().any(|line| line == "destroyed");
            // SAFETY: it ends the child at once.
            unsafe { libc::_exit(if is_good { 7 } else { 9 }) };
        }
        begun.unwrap();
        assert_eq!(exit_code(-1), 7);
        writer.write_all(b"p").unwrap();
        while said.lines().len() < 2 {
            host.poll(None).unwrap();
        }
        assert_eq!(said.lines(), ["asked", "p"]);
        assert_eq!(host.unload(instance, Duration::ZERO).unwrap().watches, 1);
        assert_eq!(said.lines(), ["asked", "p", "destroyed"]);
    });
}

#[test]
fn the_loop_of_a_child_wakes_up_and_is_not_the_parents() {
    by_itself("the_loop_of_a_child_wakes_up_and_is_not_the_parents", || {
        let said = Said::default();
        let host = said.host();
        host.poll(Some(Duration::ZERO)).unwrap();
        let is_readable = |patience| {
            let mut ready = [PollFd::from_borrowed_fd(host.pollable(), PollFlags::IN)];
            poll(&mut ready, Some(&Timespec { tv_sec: patience, tv_nsec: 0 })).unwrap() == 1
        };
        let code = in_child(|| {
            let refused = host.poll(None).map_err(|error| error.code);
            if is_readable(30) && refused == Err(status::E_CLOSED) { 7 } else { 9 }
        });
        assert_eq!(code, 7);
        assert!(!is_readable(0), "the child has woken the parent");
    });
}

/// A lock that another thread held when the process forked would be held for ever in the child.
#[test]
fn a_child_can_load_plugins_whatever_the_other_threads_did() {
    by_itself("a_child_can_load_plugins_whatever_the_other_threads_did", || {
        let folder = folder();
        let path = plugin(folder.path(), "watcher", WATCHER, "PINTLE_ON(create, begin)", NO_TEXTS, "");
        let (reader, _writer) = pipe().unwrap();
        let fd = reader.as_raw_fd().to_string();
        let ends = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let host = Said::default().host();
                while !ends.load(Ordering::Relaxed) {
                    let instance = load(&host, &path, &fd);
                    host.unload(instance, Duration::from_secs(5)).unwrap();
                }
            });
            // The other thread ends in any case.
            let forked = catch_unwind(AssertUnwindSafe(|| {
                for _ in 0..40 {
                    let code = in_child(|| {
                        // SAFETY: it has no conditions. A child that waits for ever ends with a signal.
                        unsafe { libc::alarm(30) };
                        load(&Said::default().host(), &path, &fd);
                        7
                    });
                    assert_eq!(code, 7);
                }
            }));
            ends.store(true, Ordering::Relaxed);
            forked.unwrap_or_else(|panic| resume_unwind(panic));
        });
    });
}
