//! Messages that are handed over and given back.

use std::ffi::c_void;

use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::Ordering::Relaxed;
use pintle_abi_core::*;

use crate::common::*;
use crate::explore::*;

#[test]
fn a_task_that_a_thread_submits_while_the_kernel_thread_turns() {
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        let thread = beside(move || {
            let message = zero.message(b"handed over");
            assert_eq!(hand_over(zero, says, message, false), status::OK);
        });
        kernel.turn().unwrap();
        let early = said();
        thread.join().unwrap();
        assert_eq!(kernel.next_deadline(), if early.is_empty() { Some(0) } else { None });
        host.settle();
        assert_eq!([early, said()].concat(), ["handed over"]);
    });
}

/// docs/flow.md 7.9
#[test]
fn a_message_goes_to_a_worker_and_comes_back() {
    unsafe extern "C" fn pass_on(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
        hand_over(Me(plugin), says, message, false)
    }
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        let message = zero.message(b"there and back");
        let thread = beside(move || {
            kernel.work(0);
        });
        assert_eq!(hand_over(zero, pass_on, message, true), status::OK);
        kernel.turn().unwrap();
        thread.join().unwrap();
        works_off(kernel);
        host.settle();
        assert_eq!(said(), ["there and back"]);
        assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 2);
    });
}

#[test]
fn a_message_is_the_kernel_threads_as_soon_as_it_is_handed_over() {
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        // Relaxed: it tells the handle, and orders nothing.
        let told = std::rc::Rc::new(AtomicU64::new(0));
        let tells = told.clone();
        let thread = beside(move || {
            let message = zero.message(b"1234");
            tells.store(message.bits, Relaxed);
            assert_eq!(hand_over(zero, says, message, false), status::OK);
        });
        for _ in 0..2 {
            let answer = zero.read(Message { bits: told.load(Relaxed) }, 2);
            // A thread that is told of a handle in no order may not see yet what it names.
            let refused = [status::E_WRONG_THREAD, status::E_HANDLE, status::E_STALE];
            let may = answer.as_ref().map_or_else(
                |refusal| refused.contains(refusal),
                |bytes| [b"12", b"34"].iter().any(|expected| bytes == *expected),
            );
            assert!(may, "{answer:?}");
        }
        kernel.turn().unwrap();
        thread.join().unwrap();
        host.settle();
        assert_eq!(said(), ["1234"]);
    });
}

#[test]
fn what_a_worker_posts_while_the_kernel_thread_takes_is_not_lost() {
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        zero.submit_worker(says).unwrap();
        works_off(kernel);
        zero.submit_worker(says).unwrap();
        let thread = beside(move || assert!(kernel.work(0)));
        kernel.turn().unwrap();
        thread.join().unwrap();
        host.settle();
        assert_eq!(said(), ["-", "-"]);
        // There is room for two, and what has come back takes none.
        assert_eq!([zero.submit(says), zero.submit(says)], [Ok(()); 2]);
    });
}

#[test]
fn a_reference_that_a_thread_gives_back_once_too_often() {
    explore(Limits { messages: 1, ..few() }, |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        let message = zero.message(b"old");
        zero.retain(message).unwrap();
        let thread = beside(move || {
            zero.release(message).unwrap();
            let _ = zero.release(message);
        });
        let _ = zero.release(message);
        kernel.turn().unwrap();
        let next = zero.acquire(1).ok();
        thread.join().unwrap();
        host.settle();
        assert_eq!(zero.release(message), Err(status::E_STALE));
        let next = next.unwrap_or_else(|| zero.acquire(1).unwrap());
        assert_eq!(zero.release(next), Ok(()), "nobody else had it");
    });
}

/// docs/flow.md 7.6
#[test]
fn a_reference_that_a_thread_gives_back_and_never_had() {
    explore(Limits { messages: 1, ..few() }, |host| {
        let zero = host.zero();
        let message = zero.message(b"old");
        let thread = beside(move || {
            let _ = zero.release(message);
        });
        // Without the lock: it ends, and the next one begins in its slot.
        zero.release(message).unwrap();
        let next = zero.message(b"next");
        thread.join().unwrap();
        host.settle();
        assert_eq!(zero.release(next), Ok(()), "the thread never saw it");
    });
}
