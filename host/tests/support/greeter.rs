//! Libraries of another system, which export five functions and no descriptor, and the dialect that makes plugins of them.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pintle_abi_core::{
    Bytes, Callbacks, Create, FLAG_MULTI_INSTANCE, FLAG_UNLOAD_SAFE, MessageInfo, Plugin, status,
};
use pintle_host::dialect::{Claim, Dialect, Entrance, Exports, Library};
use pintle_host::{About, Descriptor, Refusal};

use super::compile;

/// A library as its author writes it; `further` is more of it. Its answers count the messages since it was mapped.
pub fn greeter(folder: &Path, name: &str, further: &str, options: &[&str]) -> PathBuf {
    let source = format!(
        "#include <stddef.h>
        #include <stdio.h>
        #include <stdlib.h>
        #define EXPORT __attribute__((visibility(\"default\")))
        static char answer[80];
        static int inits, messages;
        EXPORT const char *greeter_name(void) {{ return \"{name}\"; }}
        EXPORT int greeter_init(void) {{ return ++inits; }}
        EXPORT const char *greeter_on_message(const char *text, size_t length) {{
            #ifdef CRASHES
            __builtin_trap();
            #endif
            snprintf(answer, sizeof answer, \"%d: hello, %.*s\", ++messages, (int)length, text);
            return answer;
        }}
        #ifndef NO_FINI
        EXPORT void greeter_fini(void) {{}}
        #endif
        {further}"
    );
    compile(folder, &format!("{name}.so"), &source, options)
}

/// What the dialect was told and has done, in order.
#[derive(Clone, Default)]
pub struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn say(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// What was said since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// The dialect. A library that exports `greeter_many` can have many instances, and one that exports `greeter_stays` stays mapped.
pub struct Greeter {
    pub name: &'static str,
    pub anchor: &'static str,
    pub said: Said,
}

impl Greeter {
    pub fn new(said: &Said) -> Self {
        Self { name: "Greeter 1", anchor: "greeter_name", said: said.clone() }
    }

    fn refusal(&self, reason: String) -> Refusal {
        let cure = "Export all five functions of a greeter.";
        Refusal::Dialect { dialect: self.name.to_owned(), code: status::E_NO_ENTRY, reason, cure }
    }
}

/// The functions without which a library is refused.
const NEEDED: [&str; 4] = ["greeter_name", "greeter_init", "greeter_on_message", "greeter_fini"];

impl Dialect for Greeter {
    fn name(&self) -> &str {
        self.name
    }

    fn anchor(&self) -> &str {
        self.anchor
    }

    fn look(&self, exports: &Exports<'_>) -> Option<Claim> {
        if !exports.names().any(|name| name.starts_with(b"greeter_")) {
            return None;
        }
        let flag = |name, flag| if exports.has(name) { flag } else { 0 };
        let id = format!("org.greeter.{}", exports.path().file_stem().unwrap_or_default().display());
        let about = About {
            id: &id,
            flags: flag("greeter_many", FLAG_MULTI_INSTANCE)
                | (FLAG_UNLOAD_SAFE & !flag("greeter_stays", FLAG_UNLOAD_SAFE)),
            services: if exports.has("greeter_service") { &[7] } else { &[] },
            ..About::default()
        };
        let checked = match NEEDED.iter().find(|name| !exports.has(name)) {
            Some(missing) => Err(self.refusal(format!("it does not export {missing}"))),
            None => Ok(()),
        };
        Some(Claim::of(about.descriptor(), checked))
    }

    fn enter(&self, library: &Library<'_>, descriptor: &Descriptor) -> Result<Entrance, Refusal> {
        let find = |name: &str| {
            library.address(name).ok_or_else(|| self.refusal(format!("{name} is not in memory")))
        };
        if find("greeter_refuses").is_ok() {
            return Err(self.refusal("it does not want to".to_owned()));
        }
        let has_others = library.address("snprintf").is_some();
        self.said.say(if has_others { "entered, with the system's functions" } else { "entered" });
        // SAFETY: these are the functions of a greeter.
        let functions = unsafe {
            Functions {
                name: std::mem::transmute::<*const c_void, extern "C" fn() -> *const c_char>(find(
                    NEEDED[0],
                )?),
                init: std::mem::transmute::<*const c_void, extern "C" fn() -> c_int>(find(NEEDED[1])?),
                on_message: std::mem::transmute::<*const c_void, OnMessage>(find(NEEDED[2])?),
                fini: std::mem::transmute::<*const c_void, extern "C" fn()>(find(NEEDED[3])?),
                said: self.said.clone(),
            }
        };
        let name = functions.text((functions.name)());
        let id = match library.address("greeter_has_another_id") {
            Some(_) => "org.greeter.another",
            None => &descriptor.id,
        };
        let about = About {
            id,
            name: &name,
            flags: descriptor.flags.0,
            services: &descriptor.services,
            ..About::default()
        };
        // SAFETY: these callbacks take the functions for the data of their instance.
        unsafe { Entrance::made(about.descriptor()?, &CALLBACKS, Arc::new(functions)) }
    }
}

type OnMessage = unsafe extern "C" fn(text: *const c_char, length: usize) -> *const c_char;

/// The functions of a library that is mapped.
struct Functions {
    name: extern "C" fn() -> *const c_char,
    init: extern "C" fn() -> c_int,
    on_message: OnMessage,
    fini: extern "C" fn(),
    said: Said,
}

impl Functions {
    fn text(&self, text: *const c_char) -> String {
        // SAFETY: the functions of a greeter return texts that are there until the next call.
        unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
    }

    fn say(&self, what: &str) {
        self.said.say(format!("{} {what}", self.text((self.name)())));
    }
}

impl Drop for Functions {
    fn drop(&mut self) {
        self.say("is let go");
    }
}

static CALLBACKS: Callbacks = Callbacks {
    create: Some(create),
    message_in: Some(message_in),
    destroy: Some(destroy),
    ..Callbacks::none()
};

/// # Safety
/// `plugin` is an instance of this dialect.
unsafe fn functions<'a>(plugin: *mut Plugin) -> &'a Functions {
    // SAFETY: the data of such an instance is what `enter` has kept.
    unsafe { &*(*plugin).data.cast::<Functions>() }
}

unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    // SAFETY: the host's call.
    let functions = unsafe { functions(plugin) };
    functions.say(&format!("init {}", (functions.init)()));
    status::OK
}

unsafe extern "C" fn message_in(plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
    let mut bytes = Bytes { data: std::ptr::null(), length: 0 };
    // SAFETY: the host's call, with a table and a message of the host's, whose bytes are there during the call.
    unsafe {
        let functions = functions(plugin);
        let viewed = ((*(*(*plugin).api).message).view)(plugin, (*info).message, &raw mut bytes);
        assert_eq!(viewed, status::OK);
        functions.say(&functions.text((functions.on_message)(bytes.data.cast(), bytes.length)));
    }
    status::OK
}

unsafe extern "C" fn destroy(plugin: *mut Plugin) -> i32 {
    // SAFETY: the host's call.
    let functions = unsafe { functions(plugin) };
    (functions.fini)();
    functions.say("fini");
    status::OK
}
