//! Payload is as long as a plugin likes, and whoever waits for the lock (on a board, every interrupt) waits for all that is
//! done under it: no payload is copied there.

mod common;

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use common::*;
use pintle_abi_core::*;

type Change = unsafe extern "C" fn(*mut c_void);

/// The memory of the one host of this file.
struct Memory(NonNull<[u8]>);
// SAFETY: it is only read, while the kernel's lock is held or no other thread is in the kernel.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

static PLATFORM: OnceLock<(Change, Change)> = OnceLock::new();
static MEMORY: OnceLock<Memory> = OnceLock::new();
static AT_LOCK: AtomicUsize = AtomicUsize::new(0);
static COPIED: AtomicUsize = AtomicUsize::new(0);
static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// The newest payload, like no other: what an earlier one left in the memory is not taken for a copy of it.
fn payload() -> String {
    format!("a payload with the number {:04}", NUMBER.load(SeqCst))
}

/// How often the newest payload is there.
fn copies() -> usize {
    let Some(Memory(memory)) = MEMORY.get() else { return 0 };
    // SAFETY: the host lives as long as its lock is taken, and nobody writes meanwhile.
    let bytes = unsafe { memory.as_ref() };
    let payload = payload();
    bytes.windows(payload.len()).filter(|window| *window == payload.as_bytes()).count()
}

unsafe extern "C" fn lock(context: *mut c_void) {
    // SAFETY: as the kernel calls it.
    unsafe { PLATFORM.get().unwrap().0(context) };
    AT_LOCK.store(copies(), SeqCst);
}

unsafe extern "C" fn unlock(context: *mut c_void) {
    COPIED.fetch_add(copies().saturating_sub(AT_LOCK.load(SeqCst)), SeqCst);
    // SAFETY: as the kernel calls it.
    unsafe { PLATFORM.get().unwrap().1(context) };
}

unsafe extern "C" fn task(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    status::OK
}

/// A message that the caller keeps a reference to, so that a copy travels.
fn kept(api: Me) -> Message {
    NUMBER.fetch_add(1, SeqCst);
    let message = api.message(payload().as_bytes());
    api.retain(message).unwrap();
    message
}

fn hand_over(api: Me, to_worker: bool) {
    let message = kept(api);
    // SAFETY: a live plugin pointer and a plain function.
    let status = unsafe {
        let executor = &*(*(*api.0).api).executor;
        let submit = if to_worker { executor.submit_worker } else { executor.submit };
        submit(api.0, Some(task), null_mut(), message)
    };
    assert_eq!((status, copies()), (status::OK, 2));
    api.release(message).unwrap();
}

unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
    let api = Me(plugin);
    let message = kept(api);
    api.result(request, message).unwrap();
    assert_eq!(copies(), 2);
    api.release(message).unwrap();
    hand_over(api, false);
    status::OK
}

/// docs/flow.md 7.11
#[test]
fn every_copy_is_made_without_it() {
    let host = Host::on(Limits { workers: 2, worker_messages: 12, ..limits() }, |platform| {
        assert!(PLATFORM.set((platform.lock.unwrap(), platform.unlock.unwrap())).is_ok());
        platform.lock = Some(lock);
        platform.unlock = Some(unlock);
    });
    assert!(MEMORY.set(Memory(host.memory())).is_ok());
    let zero = host.zero();
    let mut callbacks = Callbacks::none();
    callbacks.slow_request = Some(slow);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    zero.declare(5, &[2]).unwrap();
    let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    // On the kernel thread, to a task, to a worker, and as the payload of a slow request.
    hand_over(zero, false);
    hand_over(zero, true);
    let payload = kept(zero);
    zero.ask(session, &me::ask(5, 2, 1, payload)).unwrap();
    host.kernel.turn().unwrap();
    assert_eq!(copies(), 2);
    // On a worker, as a result and to a task.
    let kernel = host.kernel;
    thread::spawn(|| while kernel.work(0) {}).join().unwrap();
    // On a thread of the plugin's own.
    let plugin = zero.0 as usize;
    thread::spawn(move || hand_over(Me(plugin as *mut Plugin), true)).join().unwrap();
    assert_eq!(COPIED.load(SeqCst), 0, "copied under the lock");
}
