//! `pintle.io/1` with what cannot be watched, and watches that end while they are told of.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::io::{Write, pipe};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::{null, null_mut};
use std::time::Duration;

use pintle_host::Host;
use pintle_host::abi::{
    IO_HANGUP, IO_ID, IO_READABLE, IO_WRITABLE, IoApi, MODE_RELIABLE, Plugin, Watch, status,
};

type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, Watch, u32) -> i32;

fn host() -> Host {
    Host::builder().log(|_| ()).start().unwrap()
}

fn table(host: &Host) -> &IoApi {
    let (zero, id, mut table) = (host.zero(), IO_ID.to_bytes(), null());
    // SAFETY: plugin zero and its tables live as long as the host.
    unsafe {
        assert_eq!(
            ((*(*zero).api).extension)(zero, id.as_ptr().cast(), id.len(), &raw mut table),
            status::OK
        );
        &*table.cast()
    }
}

unsafe extern "C" fn count(_: *mut Plugin, data: *mut c_void, _: Watch, _: u32) -> i32 {
    // SAFETY: the test gives a counter that outlives the watch.
    let calls = unsafe { &*data.cast::<Cell<u32>>() };
    calls.set(calls.get() + 1);
    status::OK
}

#[test]
fn what_cannot_be_watched() {
    let host = host();
    let (io, zero) = (table(&host), host.zero());
    let (read, _write) = pipe().unwrap();
    let number = read.as_raw_fd() as isize;
    let calls = Cell::new(0_u32);
    let data = (&raw const calls).cast_mut().cast::<c_void>();
    let mut watch = Watch::default();
    // SAFETY: plugin zero's table, a plain function with its data, writable places.
    let mut ask = |plugin, fd, interest, run: Option<Run>| unsafe {
        (io.watch)(plugin, fd, interest, run, data, &raw mut watch)
    };
    assert_eq!(ask(null_mut(), number, IO_READABLE, Some(count)), status::E_ARGUMENT);
    assert_eq!(ask(zero, number, IO_READABLE, None), status::E_ARGUMENT);
    for interest in [0, IO_HANGUP, IO_READABLE | 8, u32::MAX] {
        assert_eq!(ask(zero, number, interest, Some(count)), status::E_ARGUMENT, "{interest}");
    }
    for closed in [-1, isize::MIN, isize::MAX] {
        assert_eq!(ask(zero, closed, IO_READABLE, Some(count)), status::E_IO, "{closed}");
    }
    let file = tempfile::tempfile().unwrap();
    assert_eq!(
        ask(zero, file.as_raw_fd() as isize, IO_READABLE, Some(count)),
        status::E_IO,
        "a regular file"
    );
    // SAFETY: as above.
    let nowhere = unsafe { (io.watch)(zero, number, IO_READABLE, Some(count), data, null_mut()) };
    assert_eq!(nowhere, status::E_ARGUMENT);
    assert_eq!(watch, Watch::default());
    // Refused ones took no place: as many as there may be can still be watched.
    let most = host.limits().watches as usize;
    let copies: Vec<_> = (0..=most).map(|_| read.try_clone().unwrap()).collect();
    for (index, copy) in copies.iter().enumerate() {
        // SAFETY: as above.
        let asked = unsafe {
            (io.watch)(zero, copy.as_raw_fd() as isize, IO_READABLE, Some(count), data, &raw mut watch)
        };
        assert_eq!(asked, if index < most { status::OK } else { status::E_CAPACITY }, "{index}");
    }
    host.poll(Some(Duration::ZERO)).unwrap();
    assert_eq!(calls.get(), 0);
}

#[test]
fn what_is_no_watch() {
    let (host, other) = (host(), host());
    let (io, zero) = (table(&host), host.zero());
    let (read, _write) = pipe().unwrap();
    let calls = Cell::new(0_u32);
    let data = (&raw const calls).cast_mut().cast::<c_void>();
    let start = |host: &Host| {
        let mut watch = Watch::default();
        // SAFETY: plugin zero's table, a plain function with its data, a writable place.
        let started = unsafe {
            (table(host).watch)(
                host.zero(),
                read.as_raw_fd() as isize,
                IO_READABLE,
                Some(count),
                data,
                &raw mut watch,
            )
        };
        assert_eq!(started, status::OK);
        watch
    };
    let (own, foreign) = (start(&host), start(&other));
    let socket = host.calls().unwrap().open(&[MODE_RELIABLE]).unwrap();
    let wrong = [
        (0, status::E_HANDLE),
        (u64::MAX, status::E_HANDLE),
        (foreign.bits, status::E_FOREIGN),
        (socket.bits, status::E_KIND),
        (own.bits ^ 1 << 40, status::E_STALE),
    ];
    // SAFETY: plugin zero's table; anything goes for a handle.
    let (change, unwatch) = unsafe {
        (
            |plugin, watch, interest| (io.change)(plugin, watch, interest),
            |plugin, watch| (io.unwatch)(plugin, watch),
        )
    };
    for (bits, expected) in wrong {
        let watch = Watch { bits };
        assert_eq!(
            (change(zero, watch, IO_WRITABLE), unwatch(zero, watch)),
            (expected, expected),
            "{bits:#x}"
        );
    }
    assert_eq!(change(null_mut(), own, 0), status::E_ARGUMENT);
    assert_eq!(unwatch(null_mut(), own), status::E_ARGUMENT);
    assert_eq!(change(zero, own, IO_HANGUP), status::E_ARGUMENT);
    assert_eq!(unwatch(zero, own), status::OK);
    assert_eq!((change(zero, own, 0), unwatch(zero, own)), (status::E_STALE, status::E_STALE));
}

/// Two watches that are ready at the same time; the one that is told first ends itself and the other.
struct Stage {
    io: *const IoApi,
    watches: [Cell<Watch>; 2],
    fds: RefCell<[OwnedFd; 2]>,
    quiet: OwnedFd,
    told: [Cell<u32>; 2],
    again: Cell<u32>,
}

unsafe extern "C" fn ends_both(plugin: *mut Plugin, data: *mut c_void, watch: Watch, _: u32) -> i32 {
    // SAFETY: the test gives a stage that outlives its watches, and its host's table.
    let (stage, io) = unsafe {
        let stage = &*data.cast::<Stage>();
        (stage, &*stage.io)
    };
    let own = usize::from(stage.watches[1].get() == watch);
    let other = 1 - own;
    stage.told[own].set(stage.told[own].get() + 1);
    for ended in [own, other] {
        // SAFETY: the host's table and instance.
        assert_eq!(unsafe { (io.unwatch)(plugin, stage.watches[ended].get()) }, status::OK);
    }
    // The other's number now stands for a pipe that nobody writes to, and is watched again.
    let fd = &mut stage.fds.borrow_mut()[other];
    rustix::io::dup2(&stage.quiet, fd).unwrap();
    let again = (&raw const stage.again).cast_mut().cast::<c_void>();
    let mut watch = Watch::default();
    // SAFETY: as above; the counter is the stage's.
    unsafe { (io.watch)(plugin, fd.as_raw_fd() as isize, IO_READABLE, Some(count), again, &raw mut watch) }
}

#[test]
fn an_event_of_the_same_turn_reaches_no_watch_that_has_ended_nor_the_next_of_its_number() {
    let host = host();
    let ((first, mut to_first), (second, mut to_second), (quiet, mut to_quiet)) =
        (pipe().unwrap(), pipe().unwrap(), pipe().unwrap());
    let stage = Stage {
        io: table(&host),
        watches: [const { Cell::new(Watch { bits: 0 }) }; 2],
        fds: RefCell::new([first.into(), second.into()]),
        quiet: quiet.into(),
        told: [const { Cell::new(0) }; 2],
        again: Cell::new(0),
    };
    let data = (&raw const stage).cast_mut().cast::<c_void>();
    for (index, watch) in stage.watches.iter().enumerate() {
        let number = stage.fds.borrow()[index].as_raw_fd() as isize;
        // SAFETY: plugin zero's table, a plain function with its data, a writable place.
        let started = unsafe {
            (table(&host).watch)(host.zero(), number, IO_READABLE, Some(ends_both), data, watch.as_ptr())
        };
        assert_eq!(started, status::OK);
    }
    to_first.write_all(b"x").unwrap();
    to_second.write_all(b"x").unwrap();
    for _ in 0..3 {
        host.poll(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(stage.told[0].get() + stage.told[1].get(), 1, "one of them, once");
    assert_eq!(stage.again.get(), 0, "the next watch of the number was told of what was not its own");
    to_quiet.write_all(b"x").unwrap();
    host.poll(Some(Duration::ZERO)).unwrap();
    assert_eq!(stage.again.get(), 1);
}

/// An fd that is closed without being unwatched leaves its number to the next one, which another watch may be for.
#[test]
fn a_watch_of_a_closed_fd_never_touches_the_one_that_has_its_number() {
    let host = host();
    let (io, zero) = (table(&host), host.zero());
    let (read, _write) = pipe().unwrap();
    let mut read = OwnedFd::from(read);
    let number = read.as_raw_fd();
    let (old_calls, calls) = (Cell::new(0_u32), Cell::new(0_u32));
    let (mut old, mut new) = (Watch::default(), Watch::default());
    // SAFETY: plugin zero's table, a plain function with a counter, a writable place.
    let begin = |calls: &Cell<u32>, watch: &mut Watch| unsafe {
        let data = std::ptr::from_ref(calls).cast_mut().cast();
        (io.watch)(zero, number as isize, IO_READABLE, Some(count), data, watch)
    };
    assert_eq!(begin(&old_calls, &mut old), status::OK);
    // This closes the first pipe's end.
    let (next, mut write) = pipe().unwrap();
    rustix::io::dup2(&next, &mut read).unwrap();
    drop(next);
    assert_eq!(begin(&calls, &mut new), status::OK);
    // SAFETY: plugin zero's table.
    unsafe {
        assert_eq!((io.change)(zero, old, IO_WRITABLE), status::E_IO);
        assert_eq!((io.unwatch)(zero, old), status::OK);
    }
    write.write_all(b"x").unwrap();
    host.poll(Some(Duration::from_secs(30))).unwrap();
    assert_eq!((old_calls.get(), calls.get()), (0, 1));
    // SAFETY: plugin zero's table.
    assert_eq!(unsafe { (io.unwatch)(zero, new) }, status::OK);
    drop(read);
}
