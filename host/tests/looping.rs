//! The loop: what wakes it, who may drive it, and what it waits on.

mod support;

use std::ffi::c_void;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use pintle_abi_core::{
    IO_HANGUP, IO_ID, IO_READABLE, IO_WRITABLE, IoApi, Limits, MODE_RELIABLE, Message, NO_WORKERS, Plugin,
    Socket, Timer, Watch, status,
};
use pintle_host::{Application, Calls, HOSTS_MAX, Host, default_limits};
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn host() -> Host {
    let limits = Limits { workers: NO_WORKERS, ..default_limits() };
    Host::builder().limits(limits).log(|_| ()).start().expect("the host starts")
}

/// Waits as another loop would.
fn wait_for(descriptor: impl AsFd) {
    let mut ready = [PollFd::new(&descriptor, PollFlags::IN)];
    // Long enough for any machine; it only keeps a failure from waiting for ever.
    let patience = rustix::event::Timespec { tv_sec: 30, tv_nsec: 0 };
    assert_eq!(
        rustix::event::poll(&mut ready, Some(&patience)).expect("it polls"),
        1,
        "nothing became readable"
    );
}

fn is_ready(descriptor: impl AsFd) -> bool {
    let mut ready = [PollFd::new(&descriptor, PollFlags::IN)];
    rustix::event::poll(&mut ready, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 }))
        .expect("it polls")
        == 1
}

const NOW: Option<Duration> = Some(Duration::ZERO);

unsafe extern "C" fn count(_: *mut Plugin, data: *mut c_void, _: Timer) -> i32 {
    // SAFETY: the test gives a counter.
    unsafe { &*data.cast::<AtomicU32>() }.fetch_add(1, Ordering::Relaxed);
    status::OK
}

unsafe extern "C" fn count_task(plugin: *mut Plugin, data: *mut c_void, _: Message) -> i32 {
    // SAFETY: as the kernel gives them.
    unsafe { count(plugin, data, Timer::default()) }
}

fn start_timer(host: &Host, delay: u64, period: u64, counter: &AtomicU32) -> Timer {
    let (zero, mut timer) = (host.zero(), Timer::default());
    // SAFETY: plugin zero and its tables live; the counter outlives the timer.
    let started = unsafe {
        let executor = (*(*zero).api).executor;
        ((*executor).start_timer)(
            zero,
            delay,
            period,
            Some(count),
            (&raw const *counter).cast_mut().cast(),
            &raw mut timer,
        )
    };
    assert_eq!(started, status::OK);
    timer
}

#[test]
fn another_loop_can_wait_for_a_timer() {
    let (host, counter) = (host(), AtomicU32::new(0));
    assert!(!is_ready(host.pollable()));
    assert_eq!(host.next_deadline().unwrap(), None);
    start_timer(&host, 1_000_000, 0, &counter);
    assert!(host.next_deadline().unwrap().is_some());
    wait_for(host.pollable());
    while counter.load(Ordering::Relaxed) == 0 {
        // It may first have been woken to look at its deadline.
        host.poll(NOW).unwrap();
        if counter.load(Ordering::Relaxed) == 0 {
            wait_for(host.pollable());
        }
    }
    assert_eq!(host.next_deadline().unwrap(), None);
    host.poll(NOW).unwrap();
    assert!(!is_ready(host.pollable()));
    assert_eq!(counter.load(Ordering::Relaxed), 1);
}

#[test]
fn another_loop_can_wait_for_a_task() {
    let (host, counter) = (host(), AtomicU32::new(0));
    let zero = host.zero();
    // SAFETY: plugin zero and its tables live; the counter outlives the task.
    let submitted = unsafe {
        let executor = (*(*zero).api).executor;
        let data = (&raw const counter).cast_mut().cast();
        ((*executor).submit)(zero, Some(count_task), data, Message::default())
    };
    assert_eq!(submitted, status::OK);
    wait_for(host.pollable());
    host.poll(None).unwrap();
    assert_eq!(counter.load(Ordering::Relaxed), 1);
}

#[test]
fn a_wake_ends_the_wait() {
    let host = host();
    let waker = host.waker();
    let thread = std::thread::spawn(move || waker.wake());
    host.poll(None).unwrap();
    thread.join().unwrap();
    host.poll(NOW).unwrap();
    assert!(!is_ready(host.pollable()));
}

#[test]
fn a_run_ends_when_it_is_told_to() {
    let (host, counter) = (host(), AtomicU32::new(0));
    host.waker().stop();
    host.run().unwrap();
    start_timer(&host, 0, 1000, &counter);
    let waker = host.waker();
    let thread = std::thread::spawn(move || waker.stop());
    host.run().unwrap();
    thread.join().unwrap();
    // A waker may outlive its host.
    let waker = host.waker();
    drop(host);
    waker.wake();
}

/// Calls the host from inside a callback.
struct Nesting(Arc<OnceLock<Weak<Host>>>, Arc<AtomicU32>);

impl Application for Nesting {
    fn session_created(&self, calls: &Calls<'_>, session: pintle_abi_core::Session) {
        self.session_writable(calls, session);
    }

    fn session_destroyed(&self, _: &Calls<'_>, _: pintle_abi_core::Session) {
        let host = self.0.get().and_then(Weak::upgrade).expect("the host lives");
        assert_eq!(host.poll(NOW).unwrap_err().code, status::E_REENTRANT);
        assert_eq!(host.run().unwrap_err().code, status::E_REENTRANT);
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

/// docs/flow.md 6.8
#[test]
fn a_nested_poll_is_refused() {
    let (own, count) = (Arc::<OnceLock<Weak<Host>>>::default(), Arc::<AtomicU32>::default());
    let application = Nesting(own.clone(), count.clone());
    let host = Arc::new(Host::builder().log(|_| ()).application(application).start().unwrap());
    own.set(Arc::downgrade(&host)).unwrap_or_else(|_| unreachable!("set once"));
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let folder = support::folder();
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(support::transport(folder.path()), &Default::default()) }.unwrap();
    calls.listen(socket, "test:x").unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.destroy_session(session).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 1);
    let _: Socket = socket;
}

/// docs/flow.md 7.1
#[test]
fn only_the_kernel_thread_may_call() {
    let mut host = host();
    std::thread::scope(|scope| {
        let host = &host;
        scope.spawn(move || {
            assert_eq!(host.poll(NOW).unwrap_err().code, status::E_WRONG_THREAD);
            assert_eq!(host.next_deadline().unwrap_err().code, status::E_WRONG_THREAD);
            assert_eq!(host.calls().err().unwrap().code, status::E_WRONG_THREAD);
            host.waker().wake();
        });
    });
    let mut host = std::thread::spawn(move || {
        host.adopt().unwrap();
        host.poll(NOW).unwrap();
        host
    })
    .join()
    .unwrap();
    assert_eq!(host.poll(NOW).unwrap_err().code, status::E_WRONG_THREAD);
    host.adopt().unwrap();
    host.poll(NOW).unwrap();
}

#[test]
fn a_thread_is_not_taken_for_one_that_ended() {
    let host = std::thread::spawn(host).join().unwrap();
    // The system gives a new thread the place of the one that ended.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let host = &host;
            let refused = scope.spawn(move || host.poll(NOW).unwrap_err().code).join().unwrap();
            assert_eq!(refused, status::E_WRONG_THREAD);
        }
    });
}

#[test]
fn a_process_has_a_bounded_number_of_hosts() {
    let test = "a_process_has_a_bounded_number_of_hosts";
    let output = support::alone(test, || {
        // Every host has a few of its own.
        let fds = Rlimit { current: Some(8 * HOSTS_MAX as u64), ..getrlimit(Resource::Nofile) };
        setrlimit(Resource::Nofile, fds).expect("the hard limit of open files (ulimit -Hn) is over 8,184");
        for _ in 0..3 {
            let hosts: Vec<Host> = (0..HOSTS_MAX).map(|_| host()).collect();
            let error = Host::builder().start().err().unwrap();
            assert_eq!(error.code, status::E_CAPACITY, "{error}");
            drop(hosts);
        }
        println!("all of them");
    });
    let Some(output) = output else { return };
    assert!(output.stdout.contains("all of them"), "{output:?}");
}

#[test]
fn a_host_can_be_told_to_hold_four_million_sessions() {
    let limits = Limits { workers: NO_WORKERS, sessions: 4_000_000, ..default_limits() };
    let host =
        Host::builder().limits(limits).log(|_| ()).start().expect("memory is committed as it is touched");
    assert_eq!(host.limits().sessions, 4_000_000);
}

/// What watches have reported.
#[derive(Default)]
struct Seen {
    ready: AtomicU32,
    calls: AtomicU32,
    last: AtomicU64,
}

unsafe extern "C" fn seen(_: *mut Plugin, data: *mut c_void, watch: Watch, ready: u32) -> i32 {
    // SAFETY: the test gives what outlives the watch.
    let seen = unsafe { &*data.cast::<Seen>() };
    seen.ready.store(ready, Ordering::Relaxed);
    seen.calls.fetch_add(1, Ordering::Relaxed);
    seen.last.store(watch.bits, Ordering::Relaxed);
    status::OK
}

/// Plugin zero's `pintle.io/1`.
struct Io<'h>(&'h Host, *const IoApi);

impl<'h> Io<'h> {
    fn of(host: &'h Host) -> Self {
        let (zero, mut table) = (host.zero(), std::ptr::null());
        let id = IO_ID.to_bytes();
        // SAFETY: plugin zero and its tables live as long as the host.
        let found = unsafe { ((*(*zero).api).extension)(zero, id.as_ptr().cast(), id.len(), &raw mut table) };
        assert_eq!(found, status::OK);
        Self(host, table.cast())
    }

    fn watch(&self, fd: isize, interest: u32, into: &Seen) -> Result<Watch, i32> {
        let (data, mut watch) = ((&raw const *into).cast_mut().cast(), Watch::default());
        // SAFETY: the table lives, and `into` outlives the watch.
        match unsafe { ((*self.1).watch)(self.0.zero(), fd, interest, Some(seen), data, &raw mut watch) } {
            status::OK => Ok(watch),
            code => Err(code),
        }
    }

    fn change(&self, watch: Watch, interest: u32) -> i32 {
        // SAFETY: the table lives.
        unsafe { ((*self.1).change)(self.0.zero(), watch, interest) }
    }

    fn unwatch(&self, watch: Watch) -> i32 {
        // SAFETY: the table lives.
        unsafe { ((*self.1).unwatch)(self.0.zero(), watch) }
    }
}

fn pipe() -> (File, File) {
    let (read, write) = rustix::pipe::pipe().expect("a pipe");
    (read.into(), write.into())
}

#[test]
fn a_watch_reports_until_it_is_read() {
    let (host, seen, (mut read, mut write)) = (host(), Seen::default(), pipe());
    let io = Io::of(&host);
    let watch = io.watch(read.as_raw_fd() as isize, IO_READABLE, &seen).unwrap();
    host.poll(NOW).unwrap();
    assert_eq!(seen.calls.load(Ordering::Relaxed), 0);
    write.write_all(b"ab").unwrap();
    wait_for(host.pollable());
    for calls in 1..=2 {
        host.poll(None).unwrap();
        assert_eq!(seen.calls.load(Ordering::Relaxed), calls);
        assert_eq!(seen.ready.load(Ordering::Relaxed), IO_READABLE);
        assert_eq!(seen.last.load(Ordering::Relaxed), watch.bits);
    }
    read.read_exact(&mut [0; 2]).unwrap();
    host.poll(NOW).unwrap();
    assert_eq!(seen.calls.load(Ordering::Relaxed), 2);
    assert_eq!(io.unwatch(watch), status::OK);
    assert_eq!(io.unwatch(watch), status::E_STALE);
    write.write_all(b"c").unwrap();
    host.poll(NOW).unwrap();
    assert_eq!(seen.calls.load(Ordering::Relaxed), 2);
}

#[test]
fn a_hang_up_comes_without_being_asked_for_and_a_rest_is_a_rest() {
    let (host, seen, (read, write)) = (host(), Seen::default(), pipe());
    let io = Io::of(&host);
    let watch = io.watch(read.as_raw_fd() as isize, IO_READABLE, &seen).unwrap();
    drop(write);
    host.poll(None).unwrap();
    assert_eq!(seen.ready.load(Ordering::Relaxed) & IO_HANGUP, IO_HANGUP);
    assert_eq!(io.change(watch, 0), status::OK);
    assert!(!is_ready(host.pollable()));
    host.poll(NOW).unwrap();
    assert_eq!(seen.calls.load(Ordering::Relaxed), 1);
    assert_eq!(io.change(watch, IO_READABLE), status::OK);
    host.poll(None).unwrap();
    assert_eq!(seen.calls.load(Ordering::Relaxed), 2);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let (host, seen, (read, write)) = (host(), Seen::default(), pipe());
    let io = Io::of(&host);
    let watch = io.watch(write.as_raw_fd() as isize, IO_WRITABLE, &seen).unwrap();
    assert_eq!(io.watch(write.as_raw_fd() as isize, IO_WRITABLE, &seen), Err(status::E_EXISTS));
    let file = tempfile::tempfile().unwrap();
    assert_eq!(io.watch(file.as_raw_fd() as isize, IO_READABLE, &seen), Err(status::E_IO));
    assert_eq!(io.watch(-1, IO_READABLE, &seen), Err(status::E_IO));
    // Cut off to 32 bits this would be a number that is open.
    let beyond = (1 << 32) | read.as_raw_fd() as isize;
    assert_eq!(io.watch(beyond, IO_READABLE, &seen), Err(status::E_IO));
    assert_eq!(io.watch(read.as_raw_fd() as isize, 0, &seen), Err(status::E_ARGUMENT));
    assert_eq!(io.watch(read.as_raw_fd() as isize, 8, &seen), Err(status::E_ARGUMENT));
    host.poll(None).unwrap();
    assert_eq!(seen.ready.load(Ordering::Relaxed), IO_WRITABLE);
    assert_eq!(io.unwatch(watch), status::OK);
}

#[test]
fn an_event_of_a_number_that_was_used_again_reaches_nobody() {
    let (host, first, second) = (host(), Seen::default(), Seen::default());
    let io = Io::of(&host);
    let (read, write) = pipe();
    let old = io.watch(read.as_raw_fd() as isize, IO_READABLE, &first).unwrap();
    // The description lives on in the copy, and with it what the system keeps of the watch.
    let copy = read.try_clone().unwrap();
    let ((again, _other), mut number) = (pipe(), OwnedFd::from(read));
    rustix::io::dup2(&again, &mut number).unwrap();
    assert_eq!(io.unwatch(old), status::OK);
    io.watch(number.as_raw_fd() as isize, IO_READABLE, &second).unwrap();
    drop(write);
    host.poll(NOW).unwrap();
    assert_eq!((first.calls.load(Ordering::Relaxed), second.calls.load(Ordering::Relaxed)), (0, 0));
    drop(copy);
}

#[test]
fn log_lines_reach_the_sink_even_if_it_panics() {
    let folder = support::folder();
    let body =
        "static int32_t create(pintle_plugin_t *p, const pintle_create_t *a) { return say(p, \"hello\"); }";
    let path =
        support::plugin(folder.path(), "hello", body, "PINTLE_ON(create, create)", support::NO_TEXTS, "");
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let kept = lines.clone();
    let host = Host::builder()
        .log(move |line| {
            kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(line.text.to_owned());
            panic!("a sink's own");
        })
        .start()
        .unwrap();
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, &Default::default()) }.unwrap();
    assert_eq!(*lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner()), ["hello"]);
}

/// docs/flow.md 6.1
#[test]
fn what_is_ready_comes_before_the_timers_of_the_turn() {
    unsafe extern "C" fn first(_: *mut Plugin, data: *mut c_void, _: Watch, _: u32) -> i32 {
        // SAFETY: the test gives a counter, and the timer adds to it.
        let counter = unsafe { &*data.cast::<AtomicU32>() };
        let _ = counter.compare_exchange(0, 10, Ordering::Relaxed, Ordering::Relaxed);
        status::OK
    }
    let (host, counter, (read, mut write)) = (host(), AtomicU32::new(0), pipe());
    let (io, mut watch) = (Io::of(&host), Watch::default());
    let (fd, data) = (read.as_raw_fd() as isize, (&raw const counter).cast_mut().cast());
    // SAFETY: the table lives, and the counter outlives the watch.
    let watched = unsafe { ((*io.1).watch)(host.zero(), fd, IO_READABLE, Some(first), data, &raw mut watch) };
    assert_eq!(watched, status::OK);
    start_timer(&host, 0, 0, &counter);
    write.write_all(b"x").unwrap();
    host.poll(NOW).unwrap();
    assert_eq!(counter.load(Ordering::Relaxed), 11);
}
