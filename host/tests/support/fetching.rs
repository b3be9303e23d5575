//! A host whose application puts everything into a mailbox.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use pintle_abi_core::{MODE_RELIABLE, Message, MessageInfo, ResultInfo, Session, Socket, Timer};
use pintle_host::mailbox::{Mailbox, Reply};
use pintle_host::{Answer, Application, Calls, Host, LoadOptions, Outcome};

use super::plugin;

/// Puts everything into a mailbox.
pub struct Fetcher(Arc<Kept>);

pub struct Kept {
    pub mailbox: Mailbox,
    pub told: Mutex<Vec<String>>,
}

// SAFETY: everything here stays on the thread that started the host, but for the list, which is locked.
unsafe impl Send for Kept {}
// SAFETY: as above.
unsafe impl Sync for Kept {}

impl Kept {
    fn tell(&self, text: String) {
        self.told.lock().unwrap().push(text);
    }
}

impl Application for Fetcher {
    fn session_created(&self, calls: &Calls<'_>, session: Session) {
        self.0.mailbox.begin(calls, session);
    }

    fn session_destroyed(&self, calls: &Calls<'_>, session: Session) {
        self.0.mailbox.end(calls, session);
    }

    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        self.0.mailbox.keep_incoming(calls, info)
    }

    fn session_send(&self, calls: &Calls<'_>, session: Session, channel: u32, message: Message) -> Answer {
        self.0.mailbox.keep_outgoing(calls, session, channel, message)
    }

    fn session_disconnect(&self, calls: &Calls<'_>, session: Session) -> Answer {
        calls.destroy_session(session).map_err(|error| error.code)
    }

    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        self.0.mailbox.answer(calls, info.session, info.correlation, outcome)
    }

    fn timer(&self, _: &Calls<'_>, timer: Timer) {
        self.0.tell(format!("timer {:x}", timer.bits));
    }

    fn task(&self, _: &Calls<'_>, task: usize) {
        self.0.tell(format!("task {task}"));
    }
}

/// A host with a mailbox, and nothing in it.
pub struct Bench {
    pub kept: Arc<Kept>,
    pub host: Rc<Host>,
}

impl Bench {
    pub fn new(capacity: usize) -> Self {
        let kept = Arc::new(Kept { mailbox: Mailbox::new(capacity), told: Mutex::default() });
        let host = Host::builder().application(Fetcher(kept.clone())).start().unwrap();
        Self { kept, host: Rc::new(host) }
    }

    pub fn mailbox(&self) -> &Mailbox {
        &self.kept.mailbox
    }

    pub fn calls(&self) -> Calls<'_> {
        self.host.calls().unwrap()
    }

    pub fn load(&self, folder: &Path, name: &str, body: &str, on: &str, texts: &str) {
        let library = plugin(folder, name, body, on, texts, "");
        // SAFETY: the library was compiled by the test.
        unsafe { self.host.load(library, &LoadOptions::default()) }.unwrap();
    }

    /// An own session on a new socket.
    pub fn session(&self) -> (Socket, Session) {
        let socket = self.calls().open(&[MODE_RELIABLE]).unwrap();
        self.calls().listen(socket, "test:x").unwrap();
        (socket, self.create_session(socket))
    }

    pub fn create_session(&self, socket: Socket) -> Session {
        let session = self.calls().create_session(socket, 1, None).unwrap();
        self.mailbox().begin_own(&self.calls(), session);
        session
    }

    pub fn ask(&self, session: Session, id: u32) -> u64 {
        let ask = |number| self.calls().request(session, 7, id, number, b"");
        self.mailbox().request(session, ask).unwrap()
    }

    /// The next reply, in words; the host runs until there is one.
    pub fn reply(&self, number: u64) -> String {
        loop {
            match self.mailbox().reply(&self.calls(), number) {
                Some(Reply::Result(message)) => {
                    let text = self.calls().bytes(message).unwrap();
                    self.calls().release(message).unwrap();
                    return String::from_utf8(text).unwrap();
                }
                Some(Reply::Exception(code, text)) => return format!("exception {code} {text}"),
                Some(Reply::Done(code)) => return format!("done {code}"),
                None => self.host.poll(None).unwrap(),
            }
        }
    }

    pub fn take(&self, session: Session) -> Option<String> {
        let inbound = self.mailbox().take(&self.calls(), session)?;
        let text = self.calls().bytes(inbound.message).unwrap();
        self.calls().release(inbound.message).unwrap();
        Some(String::from_utf8(text).unwrap())
    }
}

/// Serves `test:` addresses.
pub const SERVER: &str = r#"
    static int32_t listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
        return pintle_socket_attach(plugin, socket, address, length);
    }
"#;
