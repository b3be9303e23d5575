//! What an owner tells of a session holds before anybody else hears of it, and for as long as the session can be found.

mod common;

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use common::{Host, Me, limits, owner, plug, said, say};
use pintle_abi_core::*;

fn text(text: &'static str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}

fn read(text: Text) -> String {
    // SAFETY: what a host shows is readable while the session can be found.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(text.data.cast(), text.length) }).into()
}

fn table(me: Me) -> &'static SessionApi {
    // SAFETY: an instance's tables outlive the test.
    unsafe { &*(*(*me.0).api).session }
}

fn create(me: Me, socket: Socket, options: *const SessionOptions) -> Result<Session, i32> {
    let mut session = Session::default();
    // SAFETY: the caller's options, and a writable place.
    match unsafe { (table(me).create)(me.0, socket, options, &mut session) } {
        status::OK => Ok(session),
        status => Err(status),
    }
}

fn data(me: Me, session: Session) -> *mut c_void {
    let mut data = null_mut();
    // SAFETY: a writable place.
    assert_eq!(unsafe { (table(me).data)(me.0, session, &mut data) }, status::OK);
    data
}

fn address(me: Me, session: Session, size: u32) -> Result<Address, i32> {
    let mut address = Address { size, ip: [7; 16], name: text("as it was"), ..Address::none() };
    // SAFETY: a writable place for the size that it names.
    match unsafe { (table(me).address)(me.0, session, &mut address) } {
        status::OK => Ok(address),
        status => Err(status),
    }
}

static KNOWN: AtomicU64 = AtomicU64::new(0);

/// The owner's: says what it knows of the session that it is to send on.
unsafe extern "C" fn send(plugin: *mut Plugin, session: Session, _: u32, message: Message) -> i32 {
    let me = Me(plugin);
    let known = KNOWN.load(Relaxed) == session.bits;
    say(format!("send {} known {known} data {}", me.text(message), data(me, session) as usize));
    status::OK
}

/// Another's: greets the peer at once.
unsafe extern "C" fn greet(plugin: *mut Plugin, session: Session) -> i32 {
    let me = Me(plugin);
    me.send(session, 0, me.message(b"hello")).map_or_else(|status| status, |()| status::OK)
}

/// docs/flow.md 3.15
#[test]
fn an_owner_knows_a_session_before_it_is_made_to_send_on_it() {
    let host = Host::new(limits());
    host.add(plug("org.test.greeter", 0, "", |callbacks| callbacks.session_created = Some(greet)));
    let mut callbacks = Callbacks::none();
    callbacks.session_send = Some(send);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let options = SessionOptions { data: 5 as *mut c_void, ..SessionOptions::none() };
    // SAFETY: readable options, and a place that the owner's callback reads.
    let status = unsafe { (table(zero).create)(zero.0, socket, &options, KNOWN.as_ptr().cast()) };
    assert_eq!(status, status::OK);
    assert_eq!(said(), ["send hello known true data 5"]);
}

/// docs/flow.md 3.16
#[test]
fn a_peer_is_who_its_owner_says() {
    let host = Host::new(limits());
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let place = Address { family: FAMILY_NAMED, name: text("unix:/run/x.sock"), ..Address::none() };
    let options = SessionOptions {
        client_id: -7,
        address: &place,
        user: text("ana"),
        protocol: text("chat.2"),
        ..SessionOptions::none()
    };
    let session = create(zero, socket, &options).unwrap();
    let other = create(zero, socket, &SessionOptions::none()).unwrap();
    let (mut user, mut protocol, mut client) = (Text::EMPTY, Text::EMPTY, 0);
    // SAFETY: writable places.
    unsafe {
        assert_eq!((table(zero).user)(zero.0, session, &mut user), status::OK);
        assert_eq!((table(zero).protocol)(zero.0, session, &mut protocol), status::OK);
        assert_eq!((table(zero).client_id)(zero.0, session, &mut client), status::OK);
    }
    assert_eq!((read(user), read(protocol), client), ("ana".into(), "chat.2".into(), -7));
    // SAFETY: as above.
    unsafe {
        assert_eq!((table(zero).user)(zero.0, other, &mut user), status::OK);
        assert_eq!((table(zero).protocol)(zero.0, other, &mut protocol), status::OK);
        assert_eq!((table(zero).user)(zero.0, session, null_mut()), status::E_ARGUMENT);
        assert_eq!((table(zero).protocol)(zero.0, session, null_mut()), status::E_ARGUMENT);
    }
    assert_eq!((user.length, protocol.length, data(zero, other)), (0, 0, null_mut()));
    zero.destroy(session).unwrap();
    // SAFETY: as above.
    let late = unsafe { (table(zero).user)(zero.0, session, &mut user) };
    assert_eq!(late, status::E_STALE);
}

/// docs/flow.md 1.14, 1.16, 1.17
#[test]
fn an_address_is_filled_as_far_as_both_know_it() {
    let host = Host::new(limits());
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let full = size_of::<Address>() as u32;
    let ip = [10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let place = Address { family: FAMILY_IPV4, port: 80, ip, name: text("none"), ..Address::none() };
    let with =
        |address: &Address| create(zero, socket, &SessionOptions { address, ..SessionOptions::none() });
    let numbered = with(&place).unwrap();

    let told = address(zero, numbered, full).unwrap();
    assert_eq!((told.size, told.family, told.port, told.ip), (full, FAMILY_IPV4, 80, ip));
    assert_eq!(read(told.name), "", "a name is shown for its own family only");
    let nowhere = create(zero, socket, &SessionOptions::none()).unwrap();
    assert_eq!(address(zero, nowhere, full).map(|told| (told.size, told.family)), Ok((full, FAMILY_NONE)));
    for session in [numbered, nowhere] {
        for size in [0, 7, 8, 31, full - 8, full - 1] {
            assert_eq!(address(zero, session, size).unwrap_err(), status::E_ARGUMENT, "{size}");
            let words =
                format!("pintle_address_t.size is {size} and must be {full} to 4096: set it to sizeof");
            assert_eq!(zero.last_error(), (status::E_ARGUMENT, words));
        }
    }

    let place = Address { family: FAMILY_NAMED, name: text("com1"), ..Address::none() };
    let named = with(&place).unwrap();
    assert_eq!(read(address(zero, named, full).unwrap().name), "com1");
    assert_eq!(address(zero, named, full - 8).unwrap_err(), status::E_ARGUMENT);
    // Whoever reads the address may know more than the host does.
    let mut longer = (Address { size: full + 64, ..Address::none() }, [1_u8; 64]);
    // SAFETY: a writable place, longer than the host's.
    assert_eq!(unsafe { (table(zero).address)(zero.0, named, &raw mut longer.0) }, status::OK);
    assert_eq!((longer.0.size, longer.1, read(longer.0.name)), (full, [1; 64], "com1".into()));
}

/// A struct with members of a later edition behind it.
#[repr(C)]
struct Later<T> {
    known: T,
    later: [u8; 16],
}

/// docs/flow.md 1.13, 1.16, 1.17
#[test]
fn options_are_read_for_their_size() {
    let host = Host::new(limits());
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let (mut place, mut options) = (Address::none(), SessionOptions::none());
    (place.family, place.port) = (FAMILY_IPV6, 7);
    options.client_id = 3;
    // What lies behind the size is not looked at.
    let exact = Later { known: place, later: [1; 16] };
    options.address = (&raw const exact).cast();
    let exact = Later { known: options, later: [1; 16] };
    let session = create(zero, socket, (&raw const exact).cast()).unwrap();
    zero.destroy(session).unwrap();
    // What a later edition has is nothing to this one as long as it asks for nothing.
    place.size += 16;
    options.size += 16;
    let mut address_of_later = Later { known: place, later: [0; 16] };
    options.address = (&raw const address_of_later).cast();
    let mut later = Later { known: options, later: [0; 16] };
    let session = create(zero, socket, (&raw const later).cast()).unwrap();
    let mut client = 0;
    // SAFETY: a writable place.
    assert_eq!(unsafe { (table(zero).client_id)(zero.0, session, &mut client) }, status::OK);
    let told = address(zero, session, size_of::<Address>() as u32).unwrap();
    assert_eq!((client, told.family, told.port), (3, FAMILY_IPV6, 7));
    zero.destroy(session).unwrap();
    for at in [0, 15] {
        later.later[at] = 1;
        assert_eq!(create(zero, socket, (&raw const later).cast()), Err(status::E_UNSUPPORTED));
        let (known, byte) = (size_of::<SessionOptions>(), size_of::<SessionOptions>() + at);
        let told = format!(
            "pintle_session_options_t: byte {byte} is set, this host knows {known}: leave later members zero"
        );
        assert_eq!(zero.last_error(), (status::E_UNSUPPORTED, told));
        later.later[at] = 0;
        address_of_later.later[at] = 1;
        assert_eq!(create(zero, socket, (&raw const later).cast()), Err(status::E_UNSUPPORTED));
        assert!(zero.last_error().1.starts_with("pintle_address_t: byte "), "{:?}", zero.last_error());
        address_of_later.later[at] = 0;
    }
    for size in [4097, u32::MAX] {
        later.known.size = size;
        assert_eq!(create(zero, socket, (&raw const later).cast()), Err(status::E_ARGUMENT));
        let told =
            format!("pintle_session_options_t.size is {size} and must be 64 to 4096: set it to sizeof");
        assert_eq!(zero.last_error(), (status::E_ARGUMENT, told));
    }
}

/// docs/flow.md 1.13
#[test]
fn reserved_members_are_zero() {
    let host = Host::new(limits());
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let options = SessionOptions { reserved: 1, ..SessionOptions::none() };
    assert_eq!(create(zero, socket, &options), Err(status::E_UNSUPPORTED));
    let address = &Address { reserved: 1, ..Address::none() };
    let options = SessionOptions { address, ..SessionOptions::none() };
    assert_eq!(create(zero, socket, &options), Err(status::E_UNSUPPORTED));
}

/// docs/flow.md 1.6, 1.7
#[test]
fn what_cannot_be_kept_is_refused_and_changes_nothing() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let none = SessionOptions::none();
    let bad = Text { data: c"\xff".as_ptr(), length: 1 };
    let missing = Text { data: null(), length: 1 };
    let ip = |size, family| Address { size, family, ..Address::none() };
    let full = size_of::<Address>() as u32;
    let places = [
        ip(0, 0),
        ip(7, 0),
        ip(31, FAMILY_IPV4),
        ip(8, FAMILY_IPV6),
        ip(full - 8, FAMILY_NAMED),
        ip(full - 8, FAMILY_NONE),
        ip(full, FAMILY_NAMED),
        ip(full, FAMILY_NAMED + 1),
        Address { family: FAMILY_NAMED, name: bad, ..Address::none() },
        Address { family: FAMILY_NAMED, name: missing, ..Address::none() },
    ];
    let mut refused: Vec<SessionOptions> =
        places.iter().map(|address| SessionOptions { address, ..none }).collect();
    refused.extend([
        SessionOptions { size: 0, ..none },
        SessionOptions { size: 7, ..none },
        SessionOptions { size: 16, ..none },
        SessionOptions { size: none.size - 1, ..none },
        SessionOptions { user: bad, ..none },
        SessionOptions { user: missing, ..none },
        SessionOptions { protocol: bad, ..none },
        SessionOptions { protocol: missing, ..none },
    ]);
    for options in &refused {
        assert_eq!(create(zero, socket, options), Err(status::E_ARGUMENT), "{options:?}");
    }
    assert_eq!(zero.destroy(session), Ok(()));
    // All four places of the host's limits are free.
    for _ in 0..4 {
        create(zero, socket, &none).unwrap();
    }
    assert_eq!(create(zero, socket, &none), Err(status::E_CAPACITY));
}

unsafe extern "C" fn keep(plugin: *mut Plugin, _: *const Create) -> i32 {
    // SAFETY: the plugin's own pointer and tables.
    unsafe { ((*(*(*plugin).api).data).set)(plugin, 9 as *mut c_void) }
}

unsafe extern "C" fn request_stop(plugin: *mut Plugin, stop: *const Stop) -> i32 {
    // SAFETY: the host's arguments, and what `create` set.
    let (plugin, stop) = unsafe { (&*plugin, &*stop) };
    say(format!("data {} size {}", plugin.data as usize, plugin.size as usize == size_of::<Plugin>()));
    say(format!("reason {} deadline {} size {}", stop.reason, stop.deadline, stop.size));
    status::OK
}

/// docs/flow.md 5.4
#[test]
fn a_plugin_reads_its_data_in_place_and_is_told_why_it_stops() {
    let host = Host::new(limits());
    let plugin = plug("org.test.stopped", 0, "", |callbacks| {
        callbacks.create = Some(keep);
        callbacks.request_stop = Some(request_stop);
    });
    let instance = host.add(plugin);
    // The clock stands at 1000.
    host.kernel.unload(instance, 500).unwrap();
    assert_eq!(said(), ["data 9 size true", "reason 0 deadline 1500 size 16"]);
    let instance = host.add(plugin);
    host.kernel.unload(instance, NEVER).unwrap();
    assert_eq!(said()[1], format!("reason 0 deadline {NEVER} size 16"));
}

/// docs/flow.md 3.16
#[test]
fn texts_are_shown_where_they_lie_and_the_address_as_it_was() {
    unsafe extern "C" fn created(plugin: *mut Plugin, session: Session) -> i32 {
        let (me, mut user) = (Me(plugin), Text::EMPTY);
        // SAFETY: a writable place.
        assert_eq!(unsafe { (table(me).user)(me.0, session, &mut user) }, status::OK);
        let port = address(me, session, size_of::<Address>() as u32).unwrap().port;
        say(format!("{} at {port}", read(user)));
        status::OK
    }
    let host = Host::new(limits());
    host.add(plug("org.test.other", 0, "", |callbacks| callbacks.session_created = Some(created)));
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let name = text("unix:/run/x.sock");
    let place = Cell::new(Address { family: FAMILY_NAMED, port: 80, name, ..Address::none() });
    let mut options =
        SessionOptions { user: text("ana"), protocol: text("chat.2"), ..SessionOptions::none() };
    options.address = place.as_ptr();
    let session = create(zero, socket, &options).unwrap();
    assert_eq!(said(), ["ana at 80"]);
    place.set(Address { port: 81, name: text("elsewhere"), ..Address::none() });
    let told = address(zero, session, size_of::<Address>() as u32).unwrap();
    assert_eq!((told.port, told.name.data), (80, name.data), "copied, and its name is not");
    let (mut user, mut protocol) = (Text::EMPTY, Text::EMPTY);
    // SAFETY: writable places.
    unsafe {
        assert_eq!((table(zero).user)(zero.0, session, &mut user), status::OK);
        assert_eq!((table(zero).protocol)(zero.0, session, &mut protocol), status::OK);
    }
    assert_eq!((user.data, protocol.data), (options.user.data, options.protocol.data));
}
