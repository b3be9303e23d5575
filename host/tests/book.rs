//! The book of a host's instances: the kernel says when one ends, and its receipt is there from then on.

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

use pintle_abi_core::{
    IMAGE_UNMAPPED, Instance, MODE_RELIABLE, Message, OUTCOME_STOPPED, Plugin, Session, status,
};
use pintle_host::{Answer, Application, Calls, Host, LoadOptions, caller, tag_of};
use support::{NO_TEXTS, by_itself, folder, plugin};

const WAIT: Duration = Duration::from_secs(20);

static HOST: AtomicPtr<Host> = AtomicPtr::new(std::ptr::null_mut());
static INSTANCE: AtomicU64 = AtomicU64::new(0);

fn host() -> &'static Host {
    // SAFETY: the test that stored the pointer waits for the call that gets here.
    unsafe { HOST.load(Ordering::Relaxed).as_ref() }.expect("a host")
}

fn load(host: &Host, path: &Path) -> Result<Instance, pintle_host::Error> {
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, &LoadOptions::default()) }
}

/// Sends a message on a session of its own, so that `session_send` of the application runs.
fn send(host: &Host) {
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.send(session, 0, b"x").unwrap();
}

/// Unloads an instance when it is sent a message.
struct Unloader;

impl Application for Unloader {
    fn session_send(&self, _: &Calls<'_>, _: Session, _: u32, _: Message) -> Answer {
        let instance = Instance { bits: INSTANCE.load(Ordering::Relaxed) };
        host().begin_unload(instance, WAIT).expect("it lives");
        Ok(())
    }
}

#[test]
fn a_receipt_is_there_when_the_instance_has_ended() {
    by_itself("a_receipt_is_there_when_the_instance_has_ended", || {
        let folder = folder();
        let quiet = plugin(folder.path(), "quiet", "", "PINTLE_ON(create, 0)", NO_TEXTS, "");
        let host = Host::builder().application(Unloader).start().unwrap();
        HOST.store(std::ptr::from_ref(&host).cast_mut(), Ordering::Relaxed);
        let first = load(&host, &quiet).unwrap();
        INSTANCE.store(first.bits, Ordering::Relaxed);
        send(&host);
        assert_eq!(host.receipt(first).unwrap().outcome, OUTCOME_STOPPED);
        assert!(host.list().is_empty());
        let second = load(&host, &quiet).unwrap();
        assert_eq!(host.list()[0].name, "org.test.quiet", "the name is free again");
        assert_eq!(host.list().len(), 1);
        assert_ne!(first, second);
        assert_eq!(host.receipt(first).unwrap().outcome, OUTCOME_STOPPED);
    });
}

static CODE: AtomicI32 = AtomicI32::new(0);
static PATH: std::sync::Mutex<Option<std::path::PathBuf>> = std::sync::Mutex::new(None);

/// Loads a file when it is sent a message.
struct Loader;

impl Application for Loader {
    fn session_send(&self, _: &Calls<'_>, _: Session, _: u32, _: Message) -> Answer {
        let path = PATH.lock().unwrap().clone().expect("a path");
        let code = load(host(), &path).map_or_else(|error| error.code, |_| status::OK);
        CODE.store(code, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn an_image_whose_create_failed_inside_a_callback_is_unmapped() {
    by_itself("an_image_whose_create_failed_inside_a_callback_is_unmapped", || {
        let folder = folder();
        let body = "static int32_t create(pintle_plugin_t *p, const pintle_create_t *c) { return PINTLE_E_NOT_FOUND; }";
        let on = "PINTLE_ON(create, create)";
        let failing = plugin(folder.path(), "failing", body, on, NO_TEXTS, "| PINTLE_FLAG_UNLOAD_SAFE");
        *PATH.lock().unwrap() = Some(failing.clone());
        let host = Host::builder().application(Loader).start().unwrap();
        HOST.store(std::ptr::from_ref(&host).cast_mut(), Ordering::Relaxed);
        send(&host);
        assert_eq!(CODE.load(Ordering::Relaxed), status::E_NOT_FOUND);
        assert!(host.list().is_empty());
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        assert!(!maps.contains(failing.to_str().unwrap()), "{maps}");
    });
}

/// A table of the program's own.
#[repr(C)]
struct Numbers {
    size: u32,
    next: unsafe extern "C" fn(*mut Plugin, *mut u32) -> i32,
}

static CALLER: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" fn next(plugin: *mut Plugin, out: *mut u32) -> i32 {
    // SAFETY: the plugin passes its own pointer and a place for a number.
    unsafe {
        match caller(plugin) {
            Ok(instance) => {
                CALLER.store(instance.bits, Ordering::Relaxed);
                out.write(41);
                status::OK
            }
            Err(code) => code,
        }
    }
}

static NUMBERS: Numbers = Numbers { size: size_of::<Numbers>() as u32, next };

const ASKER: &str = r#"
    struct numbers { uint32_t size; int32_t (*next)(pintle_plugin_t *, uint32_t *); };
    static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *c) {
        const void *table;
        int32_t code = pintle_extension(plugin, "org.test.numbers/1", 18, &table);
        if (code) return code;
        uint32_t number = 0;
        code = ((const struct numbers *)table)->next(plugin, &number);
        return code ? code : number == 41 ? PINTLE_OK : PINTLE_E_IO;
    }
"#;

#[test]
fn plugins_find_and_need_interfaces_of_the_program() {
    let folder = folder();
    let (on, needs) = ("PINTLE_ON(create, create)", "\"org.test.numbers/1\", \"\", \"\"");
    let needing = plugin(folder.path(), "needing", ASKER, on, needs, "");
    let asking = plugin(folder.path(), "asking", ASKER, on, NO_TEXTS, "");

    let without = Host::builder().start().unwrap();
    let error = load(&without, &needing).unwrap_err();
    assert_eq!(error.code, status::E_UNSUPPORTED);
    assert!(error.text.contains("org.test.numbers/1"), "{error}");
    assert_eq!(load(&without, &asking).unwrap_err().code, status::E_NOT_FOUND);

    let table = (&raw const NUMBERS).cast();
    // SAFETY: the table is constant and what the plugins take it for.
    let with = unsafe { Host::builder().interface("org.test.numbers/1", table) }.start().unwrap();
    for path in [&needing, &asking] {
        let instance = load(&with, path).unwrap();
        assert_eq!(CALLER.load(Ordering::Relaxed), instance.bits);
        assert_eq!(u32::from(tag_of(instance.bits)), with.tag());
        with.unload(instance, WAIT).unwrap();
    }
}

#[test]
fn an_interface_without_a_table_or_with_an_id_of_another_is_refused() {
    let table = (&raw const NUMBERS).cast();
    for (ids, word) in [
        (vec![("", table)], "at least one character"),
        (vec![("a b", table)], "white space"),
        (vec![("a", std::ptr::null())], "NULL"),
        (vec![("a", table), ("b", table), ("a", table)], "twice"),
    ] {
        // SAFETY: no plugin is loaded.
        let builder =
            ids.iter().fold(Host::builder(), |builder, (id, table)| unsafe { builder.interface(id, *table) });
        let error = builder.start().err().expect("a refusal");
        assert_eq!(error.code, status::E_ARGUMENT);
        assert!(error.text.contains(word), "{error}");
    }
}

#[test]
fn a_second_load_after_an_unload_has_an_image_of_its_own() {
    by_itself("a_second_load_after_an_unload_has_an_image_of_its_own", || {
        let folder = folder();
        let safe =
            plugin(folder.path(), "safe", "", "PINTLE_ON(create, 0)", NO_TEXTS, "| PINTLE_FLAG_UNLOAD_SAFE");
        let host = Host::builder().start().unwrap();
        for _ in 0..3 {
            let instance = load(&host, &safe).unwrap();
            assert_eq!(host.unload(instance, WAIT).unwrap().image, IMAGE_UNMAPPED);
        }
    });
}
