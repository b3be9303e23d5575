//! Messages that threads hand over and give back.

use std::ffi::c_void;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::thread;

use pintle_abi_core::*;

use crate::common::*;
use crate::crew::*;

/// docs/flow.md 7.9
#[test]
fn what_threads_hand_over_arrives_whole_and_once() {
    static SUM: AtomicU64 = AtomicU64::new(0);
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    /// On the kernel thread, where every message ends.
    unsafe extern "C" fn arrive(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
        SUM.store(SUM.load(Relaxed) + number(Me(plugin), message), Relaxed);
        COUNT.store(COUNT.load(Relaxed) + 1, Relaxed);
        status::OK
    }
    /// On a worker: what somebody keeps a reference to travels on as a copy, all else itself.
    unsafe extern "C" fn pass_on(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
        let api = Me(plugin);
        let is_kept = number(api, message).is_multiple_of(2);
        if is_kept {
            api.retain(message).unwrap();
        }
        while let Err(refused) = hand_over(api, message, arrive, false) {
            assert!([status::E_AGAIN, status::E_CAPACITY].contains(&refused), "{refused}");
            thread::yield_now();
        }
        if is_kept {
            api.release(message).unwrap();
        }
        status::OK
    }
    for workers in [2, NO_WORKERS] {
        SUM.store(0, Relaxed);
        COUNT.store(0, Relaxed);
        // Room for all at once: a task that is inside waits for room itself.
        let (worker_messages, tasks) = (2 * rounds() as u32 + 32, 2 * rounds() as u32 + 64);
        let host = Host::new(Limits { tasks, worker_messages, messages: 32, workers, ..limits() });
        let (kernel, zero) = (host.kernel, Shared(host.zero()));
        thread::scope(|scope| {
            let crew = Crew::begin(scope, kernel);
            let submitters = [false, true].map(|to_worker| {
                scope.spawn(move || {
                    let api = zero.me();
                    for number in 1..=rounds() as u64 {
                        let message = loop {
                            match api.acquire(8) {
                                Ok(message) => break message,
                                Err(refused) => assert_eq!(refused, status::E_CAPACITY),
                            }
                            thread::yield_now();
                        };
                        api.write(message, &number.to_le_bytes()).unwrap();
                        let run = if to_worker { pass_on } else { arrive };
                        while hand_over(api, message, run, to_worker).is_err() {
                            thread::yield_now();
                        }
                    }
                })
            });
            let mut own = 0;
            while COUNT.load(Relaxed) < 2 * rounds() + own {
                crew.turn(kernel);
                // The kernel thread's own, to a worker and back.
                if own < rounds()
                    && let Ok(message) = host.zero().acquire(8)
                {
                    host.zero().write(message, &0u64.to_le_bytes()).unwrap();
                    match hand_over(host.zero(), message, pass_on, true) {
                        Ok(()) => own += 1,
                        Err(_) => host.zero().release(message).unwrap(),
                    }
                }
            }
            submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
            crew.end();
        });
        while kernel.work(0) || kernel.next_deadline() == Some(0) {
            kernel.turn().unwrap();
        }
        assert_eq!(SUM.load(Relaxed), (rounds() * (rounds() + 1)) as u64);
        assert_eq!(free_messages(host.zero()), 32);
    }
}

/// docs/flow.md 7.6
#[test]
fn a_stale_handle_that_a_thread_releases_ends_no_later_message() {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    let host = Host::new(Limits { messages: 2, large_messages: 1, ..with_workers() });
    let (kernel, zero) = (host.kernel, Shared(host.zero()));
    thread::scope(|scope| {
        let mut crew = Crew::begin(scope, kernel);
        for _ in 0..2 {
            crew.add(scope, move || {
                let answer = zero.me().release(Message { bits: GIVEN.load(Relaxed) });
                assert!(
                    [Ok(()), Err(status::E_STALE), Err(status::E_HANDLE)].contains(&answer),
                    "{answer:?}"
                );
                answer == Ok(())
            });
        }
        let mut round = 0;
        while !crew.has_worked() {
            round += 1;
            let message = host.zero().message(b"one");
            // Both threads may give this one back as often as they like; what comes next in its slot they never saw.
            for _ in 0..8 {
                host.zero().retain(message).unwrap();
            }
            GIVEN.store(message.bits, Relaxed);
            crew.turn(kernel);
            GIVEN.store(0, Relaxed);
            while host.zero().release(message).is_ok() {}
            let next = host.zero().message(b"next");
            let other = host.zero().message(b"other");
            crew.turn(kernel);
            for kept in [next, other] {
                assert_eq!(host.zero().release(kept), Ok(()), "in round {round}, nobody else had it");
            }
        }
        crew.end();
    });
}
