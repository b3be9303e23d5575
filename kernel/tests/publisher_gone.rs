//! Offers whose publisher goes away, panics, or is not ready: no call reaches it, and everybody hears of it.

mod common;

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Barrier;

use common::*;
use pintle_abi_core::*;

const ID: &str = "org.test.price/1";
const OTHER: &str = "org.test.other/1";

/// A published table: what its one function does is up to the test.
#[repr(C)]
struct Price {
    size: u32,
    reserved: u32,
    price: unsafe extern "C" fn(publisher: *mut Plugin, bid: *mut c_void) -> i32,
}

static PRICE: Price = Price { size: size_of::<Price>() as u32, reserved: 0, price };

type Body = fn(Me) -> i32;

thread_local! {
    static BODY: Cell<Body> = const { Cell::new(|_| status::OK) };
    static OFFER: Cell<Offer> = const { Cell::new(Offer { bits: 0 }) };
    static INSTANCE: Cell<Instance> = const { Cell::new(Instance { bits: 0 }) };
    static KERNEL: Cell<Option<&'static pintle_kernel::Kernel>> = const { Cell::new(None) };
    static IN_CREATE: Cell<Body> = const { Cell::new(|_| status::OK) };
}

unsafe extern "C" fn price(publisher: *mut Plugin, _: *mut c_void) -> i32 {
    say("priced");
    BODY.get()(Me(publisher))
}

/// What a finder compiles: it calls the function of the table.
unsafe extern "C" fn ask(publisher: *mut Plugin, table: *const c_void, data: *mut c_void) -> i32 {
    // SAFETY: the table under this id.
    unsafe { ((*table.cast::<Price>()).price)(publisher, data) }
}

fn call(finder: Me, offer: Offer) -> Result<(), i32> {
    finder.call(offer, ask, null_mut())
}

fn told(what: &str, plugin: *mut Plugin, info: *const OfferInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    let info = unsafe { &*info };
    assert_eq!(info.size as usize, size_of::<OfferInfo>());
    // SAFETY: the kernel's text.
    let id = unsafe { std::slice::from_raw_parts(info.id.data.cast::<u8>(), info.id.length) };
    say(format!("{what} {}", str::from_utf8(id).unwrap()));
    if what == "ended" {
        assert_eq!(call(Me(plugin), info.offer), Err(status::E_STALE), "it has ended when it is told");
        INSTANCE.set(info.publisher);
    } else {
        assert_eq!(Me(plugin).find(str::from_utf8(id).unwrap()), Ok(info.offer));
        OFFER.set(info.offer);
    }
    status::OK
}

unsafe extern "C" fn published(plugin: *mut Plugin, info: *const OfferInfo) -> i32 {
    told("published", plugin, info)
}

unsafe extern "C" fn ended(plugin: *mut Plugin, info: *const OfferInfo) -> i32 {
    told("ended", plugin, info)
}

unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    IN_CREATE.get()(Me(plugin))
}

unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
    say("destroyed");
    status::OK
}

fn publisher() -> &'static Plug {
    IN_CREATE.set(|me| me.publish(ID, &PRICE).err().unwrap_or(status::OK));
    plug_with("org.test.publisher", "", "org.test.price/1 org.test.other/1", |callbacks| {
        callbacks.create = Some(create);
        callbacks.destroy = Some(destroy);
        // Nobody is told of its own offers.
        callbacks.offer_published = Some(published);
        callbacks.offer_ended = Some(ended);
    })
}

fn host() -> Host {
    let host = Host::new(limits());
    let mut callbacks = Callbacks::none();
    callbacks.offer_published = Some(published);
    callbacks.offer_ended = Some(ended);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    KERNEL.set(Some(host.kernel));
    BODY.set(|_| status::OK);
    host
}

/// docs/flow.md 8.7, 8.8
#[test]
fn a_call_reaches_the_publisher_until_it_is_unloaded() {
    let host = host();
    let zero = host.zero();
    assert_eq!(zero.find(ID), Err(status::E_NOT_FOUND));
    let instance = host.add(publisher());
    let offer = zero.find(ID).unwrap();
    call(zero, offer).unwrap();
    assert_eq!(said(), ["published org.test.price/1", "priced"]);
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(said(), ["ended org.test.price/1", "destroyed"], "the end is told before destroy");
    assert_eq!(INSTANCE.get(), instance);
    assert_eq!(call(zero, offer), Err(status::E_STALE));
    assert_eq!(zero.find(ID), Err(status::E_NOT_FOUND));
    // The next one of its id is another offer.
    host.add(publisher());
    assert_eq!(call(zero, offer), Err(status::E_STALE));
    assert_ne!(zero.find(ID).unwrap(), offer);
}

/// docs/flow.md 8.10
#[test]
fn a_publisher_that_unloads_itself_in_a_call_is_there_until_the_call_is_over() {
    let host = host();
    let zero = host.zero();
    INSTANCE.set(host.add(publisher()));
    BODY.set(|publisher| {
        let kernel = KERNEL.get().unwrap();
        assert_eq!(kernel.unload(INSTANCE.get(), 0), Ok(status::PENDING));
        // It is asked to stop, and lives: a nested call still comes through.
        BODY.set(|_| status::OK);
        call(publisher, OFFER.get()).unwrap();
        say("returns");
        status::OK
    });
    let offer = zero.find(ID).unwrap();
    said();
    call(zero, offer).unwrap();
    assert_eq!(said(), ["priced", "priced", "returns", "ended org.test.price/1", "destroyed"]);
    assert_eq!(call(zero, offer), Err(status::E_STALE));
}

/// docs/flow.md 8.7, 8.13, 8.14
#[test]
fn a_panic_in_a_call_poisons_the_publisher_and_ends_its_offers() {
    let host = host();
    let zero = host.zero();
    let instance = host.add(publisher());
    let offer = zero.find(ID).unwrap();
    said();
    BODY.set(|publisher| publisher.fail(status::E_PANIC, "no such symbol"));
    assert_eq!(call(zero, offer), Err(status::E_POISONED));
    assert_eq!(zero.last_error(), (status::E_POISONED, "org.test.publisher: no such symbol".into()));
    assert!(host.logged("org.test.publisher: panicked in offer: no such symbol"));
    assert_eq!(said(), ["priced", "ended org.test.price/1"]);
    assert_eq!(call(zero, offer), Err(status::E_STALE));
    // Another one may take its place at once.
    let other = zero.publish(ID, &PRICE).unwrap();
    assert_eq!(zero.find(ID), Ok(other));
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(said(), ["destroyed"], "nothing of it was left to end");
    assert_eq!(zero.find(ID), Ok(other));
}

/// docs/flow.md 8.7, 8.14
#[test]
fn a_poisoned_publisher_is_not_called_before_it_is_swept_up() {
    let host = host();
    let zero = host.zero();
    host.add(publisher());
    BODY.set(|publisher| {
        BODY.set(|publisher| publisher.fail(status::E_PANIC, ""));
        assert_eq!(call(publisher, OFFER.get()), Err(status::E_POISONED));
        // Its outer call still runs, so its offers stand, but nobody gets in.
        assert_eq!(call(Me(KERNEL.get().unwrap().zero()), OFFER.get()), Err(status::E_POISONED));
        status::OK
    });
    said();
    let _ = call(zero, zero.find(ID).unwrap());
    assert_eq!(said(), ["priced", "priced", "ended org.test.price/1"]);
}

#[test]
fn what_is_published_while_another_offer_is_announced_is_told_once() {
    unsafe extern "C" fn calls(plugin: *mut Plugin, info: *const OfferInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        call(Me(plugin), unsafe { (*info).offer }).unwrap();
        status::OK
    }
    let host = host();
    let zero = host.zero();
    // Slots that were used and are free: the second offer lies behind the first, where the walk still comes by.
    for offer in ["a", "b"].map(|id| zero.publish(id, &PRICE).unwrap()) {
        zero.withdraw(offer).unwrap();
    }
    host.add(plug("org.test.spoiler", 0, "", |callbacks| callbacks.offer_published = Some(calls)));
    BODY.set(|publisher| {
        BODY.set(|_| status::OK);
        publisher.publish(OTHER, &PRICE).err().unwrap_or(status::OK)
    });
    host.add(publisher());
    let expected = ["published org.test.price/1", "priced", "published org.test.other/1", "priced"];
    assert_eq!(said(), expected);
}

/// docs/flow.md 8.4
#[test]
fn what_is_published_in_a_create_that_fails_is_never_seen() {
    let host = host();
    let plug = publisher();
    IN_CREATE.set(|me| {
        let offer = me.publish(ID, &PRICE).unwrap();
        assert_eq!(me.find(ID), Err(status::E_NOT_FOUND), "not before create has succeeded");
        assert_eq!(me.publish(ID, &PRICE), Err(status::E_EXISTS));
        assert_eq!(me.last_error().1, "org.test.price/1: it is published already");
        assert_ne!(offer, Offer::default());
        me.fail(status::E_STATE, "")
    });
    // SAFETY: a `Plug` is what its types say.
    assert_eq!(unsafe { host.kernel.add(&plug.entry, None) }, Err(status::E_STATE));
    assert_eq!(said(), [""; 0]);
    assert_eq!(host.zero().find(ID), Err(status::E_NOT_FOUND));
    // Its place is free again.
    for id in [ID, OTHER, "a"] {
        host.zero().publish(id, &PRICE).unwrap();
    }
}

/// docs/flow.md 8.5
#[test]
fn the_finder_that_goes_first_leaves_nothing_behind() {
    let host = host();
    host.add(publisher());
    let finder = host.add(plug("org.test.finder", 0, "", |callbacks| {
        callbacks.offer_published = Some(published);
        callbacks.offer_ended = Some(ended);
    }));
    said();
    assert_eq!(host.kernel.unload(finder, 0), Ok(status::OK));
    call(host.zero(), host.zero().find(ID).unwrap()).unwrap();
    assert_eq!(said(), ["priced"]);
}

/// docs/flow.md 8.12
#[test]
fn calls_that_lead_back_nest_until_the_limit() {
    let host = host();
    let zero = host.zero();
    host.add(publisher());
    let offer = zero.publish(OTHER, &PRICE).unwrap();
    OFFER.set(zero.find(ID).unwrap());
    said();
    thread_local!(static BACK: Cell<Offer> = const { Cell::new(Offer { bits: 0 }) });
    BACK.set(offer);
    BODY.set(|me| {
        // Each calls the other.
        let there = if me.0 == KERNEL.get().unwrap().zero() { OFFER.get() } else { BACK.get() };
        call(me, there).err().unwrap_or(status::OK)
    });
    assert_eq!(call(zero, offer), Err(status::E_REENTRANT));
    assert_eq!(said().len(), limits().depth as usize);
    BODY.set(|_| status::OK);
    call(zero, offer).unwrap();
}

/// docs/flow.md 8.7, 8.8
#[test]
fn only_the_publisher_withdraws() {
    let host = host();
    let zero = host.zero();
    let instance = host.add(publisher());
    let theirs = zero.find(ID).unwrap();
    let ours = zero.publish(OTHER, &PRICE).unwrap();
    said();
    assert_eq!(zero.withdraw(theirs), Err(status::E_NOT_OWNER));
    assert_eq!(zero.withdraw(Offer::default()), Err(status::E_HANDLE));
    assert_eq!(zero.withdraw(Offer { bits: instance.bits }), Err(status::E_KIND));
    zero.withdraw(ours).unwrap();
    assert_eq!(said(), ["ended org.test.other/1"], "the publisher of the other hears it");
    assert_eq!(zero.withdraw(ours), Err(status::E_STALE));
}

/// docs/flow.md 8.1, 8.2
#[test]
fn what_cannot_be_published() {
    let host = host();
    let zero = host.zero();
    host.add(publisher());
    let short = [4_u32, 0];
    assert_eq!(zero.publish(OTHER, std::ptr::null::<Price>()), Err(status::E_ARGUMENT));
    assert_eq!(zero.publish(OTHER, &short), Err(status::E_ARGUMENT));
    assert_eq!(zero.publish("", &PRICE), Err(status::E_ARGUMENT));
    assert_eq!(zero.publish(ID, &PRICE), Err(status::E_EXISTS));
    assert_eq!(zero.last_error().1, "org.test.price/1: it is published already");
    assert_eq!(zero.publish("pintle.io/1", &PRICE), Err(status::E_PERMISSION));
    assert_eq!(zero.last_error().1, "pintle.io/1: ids that begin with pintle. are the host's");
    // The limit is 3, and one is the plugin's.
    zero.publish(OTHER, &PRICE).unwrap();
    zero.publish("a", &PRICE).unwrap();
    assert_eq!(zero.publish("b", &PRICE), Err(status::E_CAPACITY));
}

/// docs/flow.md 8.2
#[test]
fn a_plugin_publishes_what_its_descriptor_lists() {
    let host = host();
    IN_CREATE.set(|me| {
        for id in ["org.test.pric", "org.test.price/1 org.test.other/1", "org.test.price/12"] {
            assert_eq!(me.publish(id, &PRICE), Err(status::E_PERMISSION), "{id}");
        }
        assert_eq!(
            me.last_error().1,
            "org.test.price/12: the plugin's descriptor does not list it in offers"
        );
        me.publish(OTHER, &PRICE).err().unwrap_or(status::OK)
    });
    host.add(plug_with("org.test.picky", "", "org.test.price/1 org.test.other/1", |callbacks| {
        callbacks.create = Some(create);
    }));
    assert_eq!(said(), ["published org.test.other/1"]);
}

/// docs/flow.md 8.3
#[test]
fn a_need_is_met_by_what_another_plugin_has_published() {
    let host = host();
    let needy = plug_with("org.test.needy", "pintle.offer/1 org.test.price/1", "", |_| ());
    // SAFETY: a `Plug` is what its types say.
    let add = || unsafe { host.kernel.add(&needy.entry, None) };
    assert_eq!(add(), Err(status::E_UNSUPPORTED));
    assert_eq!(
        host.zero().last_error().1,
        "org.test.needy: needs the interface org.test.price/1, which neither this host nor a plugin offers"
    );
    host.add(publisher());
    add().unwrap();
}

/// docs/flow.md 8.6, 8.11
#[test]
fn an_offer_that_ends_while_it_is_announced_is_announced_to_nobody_else() {
    unsafe extern "C" fn calls(plugin: *mut Plugin, info: *const OfferInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        call(Me(plugin), unsafe { (*info).offer }).unwrap();
        status::OK
    }
    let host = host();
    host.add(plug("org.test.spoiler", 0, "", |callbacks| callbacks.offer_published = Some(calls)));
    host.add(plug("org.test.last", 0, "", |callbacks| {
        callbacks.offer_published = Some(published);
        callbacks.offer_ended = Some(ended);
    }));
    BODY.set(|publisher| publisher.withdraw(OFFER.get()).err().unwrap_or(status::OK));
    host.add(publisher());
    let end = "ended org.test.price/1";
    assert_eq!(
        said(),
        ["published org.test.price/1", "priced", end, end],
        "zero, and the last of its end only"
    );
    assert_eq!(host.zero().find(ID), Err(status::E_NOT_FOUND));
}

/// docs/flow.md 5.13, 8.9
#[test]
fn an_abandoned_publisher_is_not_called() {
    static INSIDE: Barrier = Barrier::new(2);
    static OVER: Barrier = Barrier::new(2);
    unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        INSIDE.wait();
        OVER.wait();
        status::OK
    }
    let host = Host::new(Limits { workers: 2, ..limits() });
    let plug = publisher();
    IN_CREATE.set(|me| {
        me.submit_worker(job).unwrap();
        me.publish(ID, &PRICE).err().unwrap_or(status::OK)
    });
    let instance = host.add(plug);
    let offer = host.zero().find(ID).unwrap();
    let kernel = host.kernel;
    let worker = std::thread::spawn(|| kernel.work(0));
    INSIDE.wait();
    assert_eq!(kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(kernel.receipt(instance).unwrap().outcome, OUTCOME_ABANDONED);
    assert_eq!(call(host.zero(), offer), Err(status::E_STALE));
    assert_eq!(host.zero().find(ID), Err(status::E_NOT_FOUND));
    OVER.wait();
    assert!(worker.join().unwrap());
    assert_eq!(said(), [""; 0], "neither priced nor destroyed");
}

/// docs/flow.md 8.12
#[test]
fn what_the_publisher_acquires_in_a_call_is_released_after_it() {
    let host = host();
    let zero = host.zero();
    let instance = host.add(publisher());
    BODY.set(|publisher| {
        publisher.acquire(8).unwrap();
        status::OK
    });
    let offer = zero.find(ID).unwrap();
    for _ in 0..30 {
        call(zero, offer).unwrap();
    }
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(host.kernel.receipt(instance).unwrap().messages, 0);
    said();
}
