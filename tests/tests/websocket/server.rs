//! A host with the transport and `echo`, loaded from their files, on a thread of its own.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pintle_host::abi::{
    Instance, LOG_WARN, Limits, MODE_RELIABLE, MessageInfo, OUTCOME_STOPPED, Session, Socket,
    TRAFFIC_REQUEST, status,
};
use pintle_host::{Answer, Application, Calls, Error, Host, LoadOptions, Receipt, Waker};

/// A wait that only a failing test reaches.
const PATIENCE: Duration = Duration::from_secs(30);

/// The shared library of one of the project's packages, built by the cargo that runs this test.
fn library(package: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--lib", "--message-format", "json", "-p", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = format!("lib{}.so", package.replace('-', "_"));
    let lines = output.stdout.split(|byte| *byte == b'\n');
    let mut files = lines
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let file =
        files.find_map(|file| Some(PathBuf::from(file.as_str()?)).filter(|file| file.ends_with(&name)));
    file.unwrap_or_else(|| panic!("{package} has no shared library"))
}

pub fn libraries() -> &'static [PathBuf; 2] {
    static BUILT: OnceLock<[PathBuf; 2]> = OnceLock::new();
    BUILT.get_or_init(|| [library("pintle-websocket"), library("pintle-echo")])
}

/// What the application was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The client id, the peer's port, and the session.
    Created(i64, u16, Session),
    Destroyed,
    Attached(String),
    Detached,
    /// Sending was answered with `E_AGAIN`.
    Suspended,
    /// A message that began with `!`.
    Told(Vec<u8>),
    Warned(String),
}

/// What the application does with a new session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    Nothing,
    /// Sends this at once.
    Send(&'static [u8]),
    /// Turns it away at once.
    Disconnect,
}

/// Channels and messages.
type Queue = VecDeque<(u32, Vec<u8>)>;

/// The application: answers messages, and keeps what it cannot send yet.
struct App {
    events: Sender<Event>,
    greeting: Greeting,
    outbox: RefCell<HashMap<Session, Queue>>,
}

impl App {
    fn tell(&self, event: Event) {
        // A test that has seen enough does not listen.
        let _ = self.events.send(event);
    }

    fn push(&self, calls: &Calls<'_>, session: Session, channel: u32, bytes: Vec<u8>) {
        self.outbox.borrow_mut().entry(session).or_default().push_back((channel, bytes));
        self.flush(calls, session);
    }

    fn flush(&self, calls: &Calls<'_>, session: Session) {
        loop {
            let next = self.outbox.borrow().get(&session).and_then(|queue| queue.front().cloned());
            let Some((channel, bytes)) = next else { return };
            match calls.send(session, channel, &bytes) {
                Err(error) if error.code == status::E_AGAIN => return self.tell(Event::Suspended),
                sent => sent.unwrap(),
            }
            self.outbox.borrow_mut().get_mut(&session).unwrap().pop_front();
        }
    }

    /// Answers a message: `flood COUNT SIZE` with so many messages, each beginning with its number; `bye` with a
    /// disconnect; `!…` not at all; anything else with itself.
    fn answer(&self, calls: &Calls<'_>, session: Session, channel: u32, bytes: Vec<u8>) {
        let words: Vec<_> = str::from_utf8(&bytes).unwrap_or("").split(' ').collect();
        match *words {
            ["flood", count, size] => {
                let size = size.parse().unwrap();
                for number in 0..count.parse::<u32>().unwrap() {
                    let mut bytes = number.to_le_bytes().to_vec();
                    bytes.resize(size, number as u8);
                    self.push(calls, session, channel, bytes);
                }
            }
            ["bye"] => calls.disconnect(session).unwrap(),
            _ if bytes.starts_with(b"!") => self.tell(Event::Told(bytes)),
            _ => self.push(calls, session, channel, bytes),
        }
    }
}

impl Application for App {
    fn socket_attached(&self, _: &Calls<'_>, _: Socket, address: &str) {
        self.tell(Event::Attached(address.to_owned()));
    }

    fn socket_detached(&self, _: &Calls<'_>, _: Socket) {
        self.tell(Event::Detached);
    }

    fn session_created(&self, calls: &Calls<'_>, session: Session) {
        let peer = calls.address(session).unwrap();
        self.tell(Event::Created(calls.client_id(session).unwrap(), peer.ip().unwrap().port(), session));
        match self.greeting {
            Greeting::Nothing => {}
            Greeting::Send(bytes) => self.push(calls, session, 0, bytes.to_vec()),
            Greeting::Disconnect => calls.disconnect(session).unwrap(),
        }
    }

    fn session_destroyed(&self, _: &Calls<'_>, session: Session) {
        self.outbox.borrow_mut().remove(&session);
        self.tell(Event::Destroyed);
    }

    fn session_writable(&self, calls: &Calls<'_>, session: Session) {
        self.flush(calls, session);
    }

    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        let bytes = calls.bytes(info.message).unwrap();
        if info.kind == TRAFFIC_REQUEST {
            return if bytes == b"too much" { Err(status::E_CAPACITY) } else { Ok(()) };
        }
        self.answer(calls, info.session, info.channel, bytes);
        Ok(())
    }
}

/// What a server is started with.
pub struct Setup {
    pub limits: Limits,
    pub config: &'static str,
    pub greeting: Greeting,
}

impl Default for Setup {
    fn default() -> Self {
        Self { limits: pintle_host::default_limits(), config: "", greeting: Greeting::Nothing }
    }
}

/// What the test asks the host's thread to do.
type Job = Box<dyn FnOnce(&Host, Socket) + Send>;

/// A running host.
pub struct Server {
    pub address: String,
    pub events: Receiver<Event>,
    jobs: Arc<Mutex<VecDeque<Job>>>,
    end: Arc<Mutex<bool>>,
    waker: Waker,
    thread: JoinHandle<[Receipt; 2]>,
}

impl Server {
    /// Starts a host that listens at `ws://127.0.0.1:0/test`.
    pub fn start(setup: Setup) -> Self {
        let (ready, started) = channel();
        let (sender, events) = channel();
        let jobs = Arc::<Mutex<VecDeque<Job>>>::default();
        let end = Arc::<Mutex<bool>>::default();
        let (thread_jobs, thread_end) = (jobs.clone(), end.clone());
        let thread = thread::spawn(move || {
            let host = host(&setup, sender);
            let plugins = load(&host, setup.config);
            let socket = host.calls().unwrap().open(&[MODE_RELIABLE; 2]).unwrap();
            host.calls().unwrap().listen(socket, "ws://127.0.0.1:0/test").unwrap();
            let address = host.calls().unwrap().socket_address(socket).unwrap();
            ready.send((address, host.waker())).unwrap();
            while !*thread_end.lock().unwrap() {
                host.poll(None).unwrap();
                while host.limits().inbox != 0 && take(&host) {
                    // The inbox is full more often than not.
                    host.poll(Some(Duration::ZERO)).unwrap();
                }
                loop {
                    let job = thread_jobs.lock().unwrap().pop_front();
                    let Some(job) = job else { break };
                    job(&host, socket);
                }
            }
            plugins.map(|plugin| host.unload(plugin, PATIENCE).unwrap())
        });
        let (address, waker) = started.recv_timeout(PATIENCE).expect("the server starts");
        Self { address, events, jobs, end, waker, thread }
    }

    pub fn client(&self) -> super::client::Client {
        super::client::Client::connect(&self.address)
    }

    /// Runs `job` on the host's thread, and waits for what it gives.
    pub fn run<R: Send + 'static>(&self, job: impl FnOnce(&Host, Socket) -> R + Send + 'static) -> R {
        let (sender, result) = channel();
        let job = move |host: &Host, socket| sender.send(job(host, socket)).unwrap();
        self.jobs.lock().unwrap().push_back(Box::new(job));
        self.waker.wake();
        result.recv_timeout(PATIENCE).expect("the host's thread answers")
    }

    /// The next event that fits.
    pub fn wait_for(&self, fits: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.events.recv_timeout(PATIENCE).expect("something happens");
            if fits(&event) {
                return event;
            }
        }
    }

    /// Unloads the plugins: the receipts of the transport and of `echo`.
    pub fn stop(self) -> [Receipt; 2] {
        *self.end.lock().unwrap() = true;
        self.waker.wake();
        self.thread.join().unwrap()
    }

    /// Unloads the plugins, which must have given everything back.
    pub fn stop_clean(self) {
        for receipt in self.stop() {
            let left = receipt.messages + receipt.sockets + receipt.sessions + receipt.requests;
            let planned = receipt.tasks + receipt.timers + receipt.watches;
            // Threads and fds belong to the process, in which other tests run.
            assert!(receipt.outcome == OUTCOME_STOPPED && left + planned == 0, "{receipt}");
        }
    }
}

fn host(setup: &Setup, events: Sender<Event>) -> Host {
    let app = App { events: events.clone(), greeting: setup.greeting, outbox: RefCell::default() };
    let events = Mutex::new(events);
    let log = move |line: &pintle_host::Line<'_>| {
        if line.level <= LOG_WARN {
            let _ = events.lock().unwrap().send(Event::Warned(line.text.to_owned()));
        }
    };
    Host::builder().limits(setup.limits).application(app).log(log).start().unwrap()
}

fn load(host: &Host, config: &str) -> [Instance; 2] {
    [load_transport(host, config).unwrap(), load_file(host, &libraries()[1], "").unwrap()]
}

fn load_file(host: &Host, path: &Path, config: &str) -> Result<Instance, Error> {
    let options = LoadOptions { config: config.to_owned(), ..LoadOptions::default() };
    // SAFETY: the library is one of this project's plugins, built just now.
    unsafe { host.load(path, &options) }
}

/// Loads an instance of the transport.
pub fn load_transport(host: &Host, config: &str) -> Result<Instance, Error> {
    load_file(host, &libraries()[0], config)
}

/// Sends the oldest message of the inbox back. `false`: there was none.
fn take(host: &Host) -> bool {
    let Some(inbound) = host.take().unwrap() else { return false };
    let calls = host.calls().unwrap();
    calls.send_message(inbound.session, inbound.channel, inbound.message).unwrap();
    calls.release(inbound.message).unwrap();
    true
}

/// Why the transport is not created with this configuration.
pub fn refusal(config: &str) -> String {
    let host = Host::builder().log(|_| ()).start().unwrap();
    load_transport(&host, config).unwrap_err().text
}
