//! Interfaces between plugins in three languages, and what becomes of them when one side goes away or is poisoned.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use pintle_host::abi::{IMAGE_UNMAPPED, Instance, MODE_RELIABLE, Plugin, status};
use pintle_host::{Host, LoadOptions};
use pintle_tests::plugins::{Heard, alone, build_library, load, root, run, said, workshop};
use pintle_tests::stir::WAIT;

const ID: &str = "org.test.prices/1";

/// The table of `prices.h`.
#[repr(C)]
struct Prices {
    size: u32,
    reserved: u32,
    price: unsafe extern "C" fn(publisher: *mut Plugin, symbol: u32, out: *mut u64) -> i32,
}

/// Compiles a file of `tests/offers` to a library that can be unmapped. Each has an id of its own: tests that run at the same
/// time in one process would share the image of equal files, and its one instance.
fn compile(folder: &Path, name: &str) -> PathBuf {
    static BUILDS: AtomicU32 = AtomicU32::new(1);
    let build = BUILDS.fetch_add(1, Relaxed);
    let library = folder.join(format!("{name}.so"));
    let (language, compiler) =
        if name.ends_with(".c") { ("c", "cc -std=c11") } else { ("cpp", "c++ -std=c++17") };
    let root = root();
    run(
        folder,
        &format!(
            "{compiler} -O1 -fPIC -shared -fvisibility=hidden -Wall -Wextra -pedantic -Werror \
             -Wl,--build-id=0x{build:08x} -Wl,--version-script={root}/templates/{language}/exports.map -I {root}/include -o {out} {root}/tests/offers/{name}",
            root = root.display(),
            out = library.display(),
        ),
    );
    library
}

fn as_instance(host: &Host, library: &Path, name: &str, config: &str) -> Instance {
    let options =
        LoadOptions { instance: name.to_owned(), config: config.to_owned(), ..LoadOptions::default() };
    // SAFETY: the library was built by the test.
    unsafe { host.load(library, &options) }.unwrap()
}

/// What was said since the last time, once a socket was opened: every finder asks.
fn ask(host: &Host, heard: &Heard) -> Vec<String> {
    let before = heard.lines().len();
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    calls.close(socket).unwrap();
    heard.lines().split_off(before)
}

/// The application asks for a price.
fn price(host: &Host, symbol: u32) -> Result<u64, pintle_host::Error> {
    let calls = host.calls().unwrap();
    let mut price = 0;
    calls.call_offer(calls.find_offer(ID)?, |publisher, table| {
        // SAFETY: the table of this id, and the publisher's own pointer.
        unsafe { ((*table.cast::<Prices>()).price)(publisher, symbol, &raw mut price) }
    })?;
    Ok(price)
}

/// Runs a test in a process of its own. What a receipt tells of threads is the process's, where other tests begin theirs.
fn by_itself(test: &str, work: impl FnOnce()) {
    if let Some(output) = alone(test, "", |_| work()) {
        assert!(said(&output).contains("1 passed"), "{}", said(&output));
    }
}

/// docs/flow.md 8.8, 8.13
#[test]
fn the_publisher_goes_first() {
    by_itself("the_publisher_goes_first", || {
        let folder = workshop();
        let (shop, finder) = (compile(folder.path(), "shop.c"), compile(folder.path(), "finder.cpp"));
        let rust = build_library("pintle-finder", "so");
        let heard = Heard::default();
        let host = heard.builder().start().unwrap();
        load(&host, &finder, "7");
        load(&host, &rust, "8");
        assert_eq!(price(&host, 1).unwrap_err().code, status::E_NOT_FOUND);
        let instance = load(&host, &shop, "");
        assert_eq!(heard.lines(), ["org.test.finder.cpp: found", "org.test.finder.rust: found"]);
        assert_eq!(ask(&host, &heard), ["org.test.finder.cpp: price 14", "org.test.finder.rust: price 16"]);
        assert_eq!(price(&host, 21).unwrap(), 42);
        let error = price(&host, 13).unwrap_err();
        assert_eq!((error.code, &*error.text), (status::E_NOT_FOUND, "org.test.shop: there is no symbol 13"));

        let before = heard.lines().len();
        let receipt = host.unload(instance, WAIT).unwrap();
        assert_eq!(receipt.image, IMAGE_UNMAPPED, "{receipt}");
        assert_eq!(
            heard.lines()[before..],
            ["org.test.finder.cpp: ended", "org.test.finder.rust: ended", "org.test.shop: destroyed"]
        );
        // They still have the handle, and call: nothing of the image is there any more.
        let told = ask(&host, &heard);
        assert!(told[0].starts_with("org.test.finder.cpp: no price: "), "{told:?}");
        assert!(
            told[1].starts_with(&format!("org.test.finder.rust: no price: {}", status::E_STALE)),
            "{told:?}"
        );
        assert_eq!(price(&host, 1).unwrap_err().code, status::E_NOT_FOUND);
        // The next one is found again.
        load(&host, &shop, "");
        assert_eq!(ask(&host, &heard), ["org.test.finder.cpp: price 14", "org.test.finder.rust: price 16"]);
    });
}

/// docs/flow.md 8.5
#[test]
fn the_finder_goes_first() {
    by_itself("the_finder_goes_first", || {
        let folder = workshop();
        let (shop, finder) = (compile(folder.path(), "shop.c"), compile(folder.path(), "finder.cpp"));
        let heard = Heard::default();
        let host = heard.builder().start().unwrap();
        let finder = load(&host, &finder, "7");
        let instance = load(&host, &shop, "");
        assert_eq!(ask(&host, &heard), ["org.test.finder.cpp: price 14"]);
        assert_eq!(host.unload(finder, WAIT).unwrap().image, IMAGE_UNMAPPED);
        assert_eq!(price(&host, 21).unwrap(), 42);
        assert_eq!(ask(&host, &heard), [""; 0]);
        assert_eq!(host.unload(instance, WAIT).unwrap().image, IMAGE_UNMAPPED);
    });
}

/// docs/flow.md 8.14
#[test]
fn a_publisher_in_any_language_that_panics_is_poisoned_alone() {
    let folder = workshop();
    let rust = build_library("pintle-finder", "so");
    let finder = compile(folder.path(), "finder.cpp");
    let shops = [
        (compile(folder.path(), "shop.c"), "", 2, "the table of prices is broken"),
        (compile(folder.path(), "shop.cpp"), "", 3, "exception in offer: the table of prices is broken"),
        (rust.clone(), "shop", 5, "panic in price: the table of prices is broken"),
    ];
    for (shop, config, factor, words) in shops {
        let heard = Heard::default();
        let host = heard.builder().start().unwrap();
        let instance = as_instance(&host, &shop, "shop", config);
        let finders = [as_instance(&host, &finder, "cpp", "666"), as_instance(&host, &rust, "rust", "7")];
        assert_eq!(price(&host, 10).unwrap(), 10 * factor);
        let error = price(&host, 13).unwrap_err();
        assert_eq!((error.code, &*error.text), (status::E_NOT_FOUND, "shop: there is no symbol 13"));
        // Those that came later than the shop were told nothing: another one is published while they live.
        assert_eq!(host.unload(instance, WAIT).unwrap().poisoned, 0);
        let instance = as_instance(&host, &shop, "shop", config);
        let told = ask(&host, &heard);
        assert!(
            told.iter().any(|line| line.starts_with("cpp: no price: ") && line.contains(words)),
            "{told:#?}"
        );
        assert!(told.iter().any(|line| line == &format!("shop: panicked in offer: {words}")), "{told:#?}");
        assert!(
            told.contains(&"cpp: ended".to_owned()) && told.contains(&"rust: ended".to_owned()),
            "{told:#?}"
        );
        assert_eq!(price(&host, 1).unwrap_err().code, status::E_NOT_FOUND);
        assert_eq!(host.unload(instance, WAIT).unwrap().poisoned, 1);
        for finder in finders {
            assert_eq!(host.unload(finder, WAIT).unwrap().poisoned, 0);
        }
    }
}

/// docs/flow.md 8.15
#[test]
fn a_finder_that_panics_in_or_after_a_call_is_poisoned_alone() {
    let folder = workshop();
    let (shop, finder) = (compile(folder.path(), "shop.c"), compile(folder.path(), "finder.cpp"));
    let rust = build_library("pintle-finder", "so");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    let finders = [as_instance(&host, &finder, "cpp", "throw"), as_instance(&host, &rust, "rust", "panic")];
    let instance = as_instance(&host, &shop, "shop", "");
    let told = ask(&host, &heard);
    let expected = [
        "cpp: price 14",
        "cpp: panicked in socket_created: exception in socket_created: after the call",
        "rust: panicked in socket_created: panic in socket_created: in the call",
    ];
    assert_eq!(told, expected);
    assert_eq!(price(&host, 21).unwrap(), 42);
    for finder in finders {
        assert_eq!(host.unload(finder, WAIT).unwrap().poisoned, 1);
    }
    assert_eq!(host.unload(instance, WAIT).unwrap().poisoned, 0);
}

/// docs/flow.md 8.2, 8.15
#[test]
fn the_application_publishes_and_hears() {
    unsafe extern "C" fn price(_: *mut Plugin, symbol: u32, out: *mut u64) -> i32 {
        // SAFETY: whoever calls passes a place to write to.
        unsafe { out.write(u64::from(symbol) * 100) };
        status::OK
    }
    static PRICES: Prices = Prices { size: size_of::<Prices>() as u32, reserved: 0, price };
    let folder = workshop();
    let finder = compile(folder.path(), "finder.cpp");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    load(&host, &finder, "7");
    let calls = host.calls().unwrap();
    // SAFETY: the table of this id.
    let offer = unsafe { calls.publish(ID, &PRICES) }.unwrap();
    assert_eq!(ask(&host, &heard), ["org.test.finder.cpp: price 700"]);
    calls.withdraw(offer).unwrap();
    assert_eq!(heard.lines().last().unwrap(), "org.test.finder.cpp: ended");
    assert_eq!(calls.withdraw(offer).unwrap_err().code, status::E_STALE);
    // SAFETY: as above.
    assert_eq!(unsafe { calls.publish("pintle.x/1", &PRICES) }.unwrap_err().code, status::E_PERMISSION);
    // A panic of the application's own goes on where it called.
    // SAFETY: as above.
    let offer = unsafe { calls.publish(ID, &PRICES) }.unwrap();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        calls.call_offer(offer, |_, _| panic!("its own"))
    }));
    assert_eq!(unwound.unwrap_err().downcast_ref::<&str>(), Some(&"its own"));
    assert_eq!(ask(&host, &heard), ["org.test.finder.cpp: price 700"]);
}

#[test]
fn a_table_is_published_by_its_address() {
    unsafe extern "C" fn price(_: *mut Plugin, symbol: u32, out: *mut u64) -> i32 {
        // SAFETY: whoever calls passes a place to write to.
        unsafe { out.write(u64::from(symbol) + 1) };
        // No error, and no meaning to the host.
        50
    }
    static PRICES: Prices = Prices { size: size_of::<Prices>() as u32, reserved: 0, price };
    struct Program;
    impl pintle_host::Application for Program {}
    let at = (&raw const PRICES).cast();
    let host = Host::builder().application(Program).start().unwrap();
    let calls = host.calls().unwrap();
    for round in 0..3 {
        // The id lives on where the text of the caller's does not.
        let id = ID.to_owned();
        // SAFETY: the table of this id.
        let offer = unsafe { calls.publish_at(&id, at) }.unwrap();
        drop(id);
        assert_eq!(calls.find_offer(ID).unwrap(), offer);
        let mut price = 0;
        let answered = calls.call_offer(offer, |publisher, table| {
            // SAFETY: the table of this id, and the publisher's own pointer.
            unsafe { ((*table.cast::<Prices>()).price)(publisher, round, &raw mut price) }
        });
        assert_eq!((answered.unwrap(), price), (50, u64::from(round) + 1));
        calls.withdraw(offer).unwrap();
        assert_eq!(calls.find_offer(ID).unwrap_err().code, status::E_NOT_FOUND);
    }
    // SAFETY: NULL is no table.
    let error = unsafe { calls.publish_at(ID, std::ptr::null()) }.unwrap_err();
    assert_eq!(error.code, status::E_ARGUMENT);
    let bare = Host::builder().start().unwrap();
    // SAFETY: the table of this id.
    let error = unsafe { bare.calls().unwrap().publish_at(ID, at) }.unwrap_err();
    assert_eq!(error.code, status::E_STATE, "{error}");
}
