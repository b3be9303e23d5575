//! Real threads: workers, plugins' own threads, messages that cross, and a stop that finds somebody still inside.

mod common;

use std::ffi::c_void;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

use common::*;
use pintle_abi_core::*;

/// Something that may cross to another thread in a test.
struct Crossing<T>(T);
// SAFETY: what is sent are plugin pointers and handles, which may be used on any thread.
unsafe impl<T> Send for Crossing<T> {}

fn with_workers() -> Limits {
    Limits { workers: 2, ..limits() }
}

unsafe extern "C" fn relay(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
    say(format!("task {}", Me(plugin).text(message)));
    status::OK
}

fn submit(api: Me, message: Message) -> i32 {
    // SAFETY: a live plugin pointer and a plain function.
    unsafe { ((*(*(*api.0).api).executor).submit)(api.0, Some(relay), std::ptr::null_mut(), message) }
}

/// docs/flow.md 2.4, 2.5
#[test]
fn a_threads_message_belongs_to_it_until_it_is_handed_over() {
    let host = Host::new(limits());
    let zero = host.zero();
    let kernels = Crossing((zero, zero.message(b"the kernel's")));
    let message = thread::spawn(move || {
        let Crossing((zero, kernels)) = { kernels };
        assert_eq!(zero.write(kernels, b"!"), Err(status::E_WRONG_THREAD));
        assert_eq!(zero.retain(kernels), Err(status::E_WRONG_THREAD));
        assert_eq!(submit(zero, kernels), status::E_WRONG_THREAD);
        zero.release(kernels).unwrap();
        let own = zero.message(b"a thread's");
        Crossing((own, kernels))
    })
    .join()
    .unwrap();
    let Crossing((own, kernels)) = message;
    assert_eq!(zero.text(kernels), "the kernel's", "given back, but not yet taken");
    host.settle();
    assert_eq!(zero.release(kernels), Err(status::E_STALE));
    assert_eq!(zero.write(own, b"!"), Err(status::E_WRONG_THREAD));
    zero.release(own).unwrap();
    assert_eq!(zero.release(own), Err(status::E_STALE));

    let other = Crossing(zero);
    thread::spawn(move || {
        let Crossing(zero) = { other };
        let own = zero.message(b"handed over");
        assert_eq!(submit(zero, own), status::OK);
        assert_eq!(zero.write(own, b"!"), Err(status::E_WRONG_THREAD));
    })
    .join()
    .unwrap();
    assert_eq!(said(), [""; 0]);
    host.settle();
    assert_eq!(said(), ["task handed over"]);
    // The worker pool has 4 small messages: all are free again.
    let other = Crossing(zero);
    thread::spawn(move || {
        let Crossing(zero) = { other };
        assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 4);
    })
    .join()
    .unwrap();
}

#[test]
fn references_that_other_threads_give_back_without_end_are_never_refused() {
    let host = Host::new(limits());
    let zero = host.zero();
    let messages: Vec<_> = (0..12).map(|_| zero.message(b"x")).collect();
    for message in &messages {
        for _ in 0..9 {
            zero.retain(*message).unwrap();
        }
    }
    let crossing = Crossing((zero, messages.clone()));
    thread::spawn(move || {
        let Crossing((zero, messages)) = { crossing };
        for message in messages {
            for _ in 0..10 {
                zero.release(message).unwrap();
            }
        }
    })
    .join()
    .unwrap();
    // The pool is exhausted: taking from it looks for what came back.
    zero.acquire(1).unwrap();
    assert!(messages.iter().all(|message| zero.release(*message) == Err(status::E_STALE)));
}

#[test]
fn what_was_given_back_too_often_is_not_taken_from_the_next_message_of_the_slot() {
    fn give_back(zero: Me, message: Message) {
        let crossing = Crossing((zero, message));
        let released = thread::spawn(move || {
            let Crossing((zero, message)) = { crossing };
            zero.release(message)
        });
        assert_eq!(released.join().unwrap(), Ok(()));
    }
    let host = Host::new(limits());
    let zero = host.zero();
    let first = zero.message(b"first");
    give_back(zero, first);
    give_back(zero, first);
    // Before the kernel thread has taken what came back, the message ends, and another one begins in its slot.
    zero.release(first).unwrap();
    let next = std::iter::from_fn(|| zero.acquire(1).ok())
        .find(|message| message.bits as u32 == first.bits as u32)
        .expect("slots are used again");
    zero.retain(next).unwrap();
    zero.retain(next).unwrap();
    give_back(zero, next);
    host.settle();
    // Of three references, two are left.
    assert_eq!((zero.release(next), zero.release(next)), (Ok(()), Ok(())));
    assert_eq!(zero.release(next), Err(status::E_STALE));
}

#[test]
fn a_worker_task_waits_until_its_instance_is_created() {
    unsafe extern "C" fn task(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        status::OK
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        // SAFETY: a live plugin pointer and a plain function.
        let submitted = unsafe {
            ((*(*(*plugin).api).executor).submit_worker)(
                plugin,
                Some(task),
                std::ptr::null_mut(),
                Message::default(),
            )
        };
        assert_eq!(submitted, status::OK);
        let kernel = KERNEL.get().unwrap();
        say(format!("worked: {}", thread::spawn(|| kernel.work(0)).join().unwrap()));
        status::OK
    }
    static KERNEL: OnceLock<&'static pintle_kernel::Kernel> = OnceLock::new();
    let host = Host::new(with_workers());
    assert!(KERNEL.set(host.kernel).is_ok());
    host.add(plug("org.test.eager", 0, "", |callbacks| callbacks.create = Some(create)));
    assert_eq!(said(), ["worked: false"]);
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
}

/// Where the slow handlers of this file wait, and say that they are there.
struct Gate {
    arrived: Sender<()>,
    leave: Mutex<Receiver<()>>,
}
static GATE: OnceLock<Gate> = OnceLock::new();

unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).declare(77, &[2]).map_or_else(|status| status, |()| status::OK)
}

unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
    let api = Me(plugin);
    let gate = GATE.get().unwrap();
    gate.arrived.send(()).unwrap();
    gate.leave.lock().unwrap().recv().unwrap();
    match api.is_cancelled(request) {
        Ok(()) => {}
        Err(status::E_CANCELLED) => {
            assert_eq!(api.result(request, api.message(b"late")), Err(status::E_CANCELLED));
            return status::E_CANCELLED;
        }
        Err(abandoned) => {
            assert_eq!(abandoned, status::E_CLOSED);
            assert_eq!(api.acquire(1), Err(status::E_CLOSED));
            return abandoned;
        }
    }
    api.result(request, api.message(b"first")).unwrap();
    // SAFETY: the kernel's arguments.
    api.result(request, unsafe { (*info).message }).unwrap();
    status::OK
}

/// docs/flow.md 4.20, 5.13
#[test]
fn slow_requests_on_a_worker_and_a_stop_that_finds_one_inside() {
    let (arrived, arrivals) = channel();
    let (leaver, leave) = channel();
    assert!(GATE.set(Gate { arrived, leave: Mutex::new(leave) }).is_ok());
    let host = Host::new(with_workers());
    let session = owner(&host);
    let zero = host.zero();
    let service = host.add(plug("org.test.slow", 0, "77", |callbacks| {
        callbacks.create = Some(create);
        callbacks.slow_request = Some(slow);
    }));
    let work = || {
        let kernel = host.kernel;
        thread::spawn(move || assert!(kernel.work(0)))
    };
    let start = |correlation| {
        zero.request(session, 77, 2, correlation, "payload").unwrap();
        host.kernel.turn().unwrap();
        let worker = work();
        arrivals.recv().unwrap();
        worker
    };

    let worker = start(1);
    assert_eq!(said(), [""; 0]);
    let mut inside = Vec::new();
    host.kernel.working(|plugin, place| inside.push(format!("{plugin} {place}")));
    assert_eq!(inside, ["org.test.slow slow_request"]);
    leaver.send(()).unwrap();
    worker.join().unwrap();
    host.settle();
    assert_eq!(said(), ["1 result 0 first", "1 result 0 payload", "1 done 0 -"]);

    let worker = start(2);
    zero.cancel(session, 2).unwrap();
    leaver.send(()).unwrap();
    worker.join().unwrap();
    host.settle();
    assert_eq!(said(), ["2 done 119 -"]);

    let worker = start(3);
    assert_eq!(host.kernel.unload(service, 1000), Ok(status::PENDING));
    host.kernel.turn().unwrap();
    assert_eq!(host.kernel.receipt(service).unwrap().outcome, OUTCOME_LIVE);
    host.advance(1000);
    host.kernel.turn().unwrap();
    assert_eq!(host.kernel.receipt(service).unwrap().outcome, OUTCOME_ABANDONED);
    assert!(host.logged("abandoned"));
    leaver.send(()).unwrap();
    worker.join().unwrap();
    host.settle();
    assert_eq!(said(), ["3 done 119 -"]);
}
