//! Sessions that ended before anybody took what waits on them: the newest of them are kept, and no more.

mod support;

use pintle_abi_core::MODE_RELIABLE;
use support::fetching::Bench;

/// docs/flow.md 16.9
#[test]
fn the_newest_sixteen_are_kept() {
    let bench = Bench::new(64);
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    let end = |number: u32| {
        let session = bench.create_session(socket);
        bench.calls().send(session, 0, number.to_string().as_bytes()).unwrap();
        bench.calls().destroy_session(session).unwrap();
        session
    };
    let ended: Vec<_> = (0..20).map(end).collect();
    let taken: Vec<_> = ended.iter().filter_map(|session| bench.take(*session)).collect();
    let newest: Vec<_> = (4..20).map(|number| number.to_string()).collect();
    assert_eq!(taken, newest);
}
