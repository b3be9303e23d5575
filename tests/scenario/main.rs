//! The scenario from Rust: see README.md.

mod words;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pintle_host::abi::{Instance, Message, NO_WORKERS, OUTCOME_STOPPED, ResultInfo, Session, Socket, status};
use pintle_host::{Answer, Application, Calls, Error, Host, LoadOptions, Outcome, default_limits};
use words::number;

/// A status other than `OK`, or a word of the step's own.
type Step = Result<String, Error>;

/// What the application shares with the steps.
#[derive(Default)]
struct State {
    sessions: HashMap<String, Session>,
    requests: Vec<Request>,
    answer: String,
}

struct Request {
    name: String,
    session: Session,
    answers: Vec<String>,
    done: bool,
}

/// Plugin zero.
#[derive(Clone, Default)]
struct Loopback(Arc<Mutex<State>>);

impl Loopback {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name_of(&self, session: Session) -> String {
        let state = self.state();
        let named = state.sessions.iter().find(|(_, other)| **other == session);
        named.expect("the session has a name").0.clone()
    }

    fn session(&self, name: &str) -> Session {
        self.state().sessions[name]
    }
}

impl Application for Loopback {
    fn session_send(&self, calls: &Calls<'_>, session: Session, channel: u32, message: Message) -> Answer {
        let bytes = calls.bytes(message).map_err(|error| error.code)?;
        say(&format!("out {} {channel} {}", self.name_of(session), words::of_bytes(&bytes)));
        let answer = self.state().answer.clone();
        match answer.as_str() {
            "close" => calls.destroy_session(session).map_err(|error| error.code),
            "OK" => Ok(()),
            word => Err(words::to_status(word)),
        }
    }

    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        // An exception without a text has no message.
        let bytes = |message| words::of_bytes(&calls.bytes(message).unwrap_or_default());
        let answer = match outcome {
            Outcome::Result(message) => format!("result {}", bytes(message)),
            Outcome::Exception(code, text) => format!("exception {} {}", words::of_status(code), bytes(text)),
            Outcome::Done(code) => format!("done {}", words::of_status(code)),
        };
        let request = &mut self.state().requests[info.correlation as usize];
        request.done = matches!(outcome, Outcome::Done(_));
        request.answers.push(answer);
        Ok(())
    }

    fn session_disconnect(&self, _: &Calls<'_>, session: Session) -> Answer {
        say(&format!("disconnect {}", self.name_of(session)));
        Ok(())
    }

    fn session_destroyed(&self, _: &Calls<'_>, session: Session) {
        say(&format!("ended {}", self.name_of(session)));
    }
}

struct Scenario {
    folder: PathBuf,
    workers: u32,
    host: Option<Host>,
    application: Loopback,
    plugins: HashMap<String, Instance>,
    sockets: HashMap<String, Socket>,
    settled: usize,
}

impl Scenario {
    fn step(&mut self, line: &str) -> Step {
        let words = words::split(line);
        match words[..] {
            ["host", ref limits @ ..] => self.start(limits)?,
            ["plugin", name, file, priority, config] => self.plugin(name, file, priority, config)?,
            ["socket", name, ref modes @ ..] => {
                let modes: Vec<_> = modes.iter().map(|mode| words::to_mode(mode)).collect();
                let socket = self.calls()?.open(&modes)?;
                self.sockets.insert(name.to_owned(), socket);
            }
            ["session", name, socket, client] => {
                let session = self.calls()?.create_session(self.sockets[socket], number(client), None)?;
                self.application.state().sessions.insert(name.to_owned(), session);
            }
            ["client", session] => return Ok(self.calls()?.client_id(self.session(session))?.to_string()),
            ["mode", session, channel] => {
                let mode = self.calls()?.channel_mode(self.session(session), number(channel))?;
                return Ok(words::MODES[mode as usize].to_owned());
            }
            ["change", session, channel, mode] => {
                let mode = words::to_mode(mode);
                self.calls()?.set_channel_mode(self.session(session), number(channel), mode)?;
            }
            ["receive", session, channel, bytes] => {
                self.calls()?.receive(self.session(session), number(channel), &words::to_bytes(bytes))?;
            }
            ["send", session, channel, bytes] => {
                self.calls()?.send(self.session(session), number(channel), &words::to_bytes(bytes))?;
            }
            ["answer", answer] => answer.clone_into(&mut self.application.state().answer),
            ["request", name, session, service, id, bytes] => {
                self.request(name, session, service, id, bytes)?;
            }
            ["cancel", name] => self.cancel(name)?,
            ["settle"] => self.settle()?,
            ["disconnect", session] => self.calls()?.disconnect(self.session(session))?,
            ["close", name] => self.close(name)?,
            ["unload", name] => return self.unload(name),
            ["forge"] => return refused(status::E_HANDLE, self.calls()?.disconnect(Session { bits: 1 })),
            ["!file", name] => {
                // SAFETY: no file of these names is a plugin.
                unsafe { self.host().load(self.folder.join(name), &LoadOptions::default()) }?;
            }
            ["!elsewhere", session, channel, bytes] => {
                let (host, session) = (self.host(), self.session(session));
                let (channel, bytes) = (number(channel), words::to_bytes(bytes));
                let send = || host.calls()?.send(session, channel, &bytes);
                let sent = std::thread::scope(|scope| scope.spawn(send).join().expect("it does not panic"));
                return refused(status::E_WRONG_THREAD, sent);
            }
            ["!foreign", session, channel, bytes] => {
                let other = Host::builder().start()?;
                let message = other.calls()?.message(&words::to_bytes(bytes))?;
                self.calls()?.send_message(self.session(session), number(channel), message)?;
            }
            ["end"] => drop(self.host.take()),
            _ => panic!("no step: {line}"),
        }
        Ok("OK".to_owned())
    }

    fn start(&mut self, words: &[&str]) -> Result<(), Error> {
        let mut limits = default_limits();
        limits.workers = if self.workers > 0 { self.workers } else { NO_WORKERS };
        for word in words {
            match word.split_once('=') {
                Some(("message_bytes", count)) => limits.message_bytes = number(count),
                Some(("large_message_bytes", count)) => limits.large_message_bytes = number(count),
                Some(("sessions", count)) => limits.sessions = number(count),
                Some(("requests_per_session", count)) => limits.requests_per_session = number(count),
                _ => panic!("no limit: {word}"),
            }
        }
        let builder = Host::builder().limits(limits).application(self.application.clone()).log(|line| {
            if !line.plugin.is_empty() {
                say(&format!("log {}: {}", line.plugin, line.text));
            }
        });
        self.host = Some(builder.start()?);
        Ok(())
    }

    fn plugin(&mut self, name: &str, file: &str, priority: &str, config: &str) -> Result<(), Error> {
        let options = LoadOptions {
            priority: number(priority),
            instance: name.to_owned(),
            config: String::from_utf8_lossy(&words::to_bytes(config)).into_owned(),
        };
        // SAFETY: the plugins are the project's own.
        let instance = unsafe { self.host().load(self.folder.join(format!("{file}.so")), &options) }?;
        self.plugins.insert(name.to_owned(), instance);
        Ok(())
    }

    fn request(&self, name: &str, session: &str, service: &str, id: &str, bytes: &str) -> Result<(), Error> {
        let session = self.session(session);
        let service = u32::from_str_radix(service, 16).expect("a service is hexadecimal");
        // Its answers can come before the call returns.
        let request = Request { name: name.to_owned(), session, answers: Vec::new(), done: false };
        self.application.state().requests.push(request);
        let correlation = self.application.state().requests.len() as u64 - 1;
        let asked = self.calls()?.request(session, service, number(id), correlation, &words::to_bytes(bytes));
        if asked.is_err() {
            self.application.state().requests.pop();
        }
        asked
    }

    fn cancel(&self, name: &str) -> Result<(), Error> {
        let (correlation, session) = {
            let state = self.application.state();
            let mut requests = state.requests.iter().enumerate();
            let (at, request) = requests.find(|(_, request)| request.name == name).expect("a request");
            (at as u64, request.session)
        };
        self.calls()?.cancel(session, correlation)
    }

    fn settle(&mut self) -> Result<(), Error> {
        while self.application.state().requests.iter().any(|request| !request.done) {
            self.host().poll(None)?;
        }
        let state = self.application.state();
        for request in &state.requests[self.settled..] {
            for answer in &request.answers {
                say(&format!("{} {answer}", request.name));
            }
        }
        self.settled = state.requests.len();
        Ok(())
    }

    fn close(&self, name: &str) -> Result<(), Error> {
        let calls = self.calls()?;
        let closed = match self.sockets.get(name) {
            Some(socket) => calls.close(*socket),
            None => calls.destroy_session(self.session(name)),
        };
        match closed {
            Err(error) if error.code == status::E_STALE => Ok(()),
            closed => closed,
        }
    }

    fn unload(&self, name: &str) -> Step {
        let receipt = self.host().unload(self.plugins[name], Duration::from_secs(5))?;
        let left = receipt.messages
            + receipt.sockets
            + receipt.sessions
            + receipt.requests
            + receipt.tasks
            + receipt.timers
            + receipt.watches;
        let outcome = if receipt.outcome == OUTCOME_STOPPED { "stopped" } else { "not stopped" };
        Ok(format!("{outcome}, calls {}, left {left}", receipt.calls))
    }

    fn host(&self) -> &Host {
        self.host.as_ref().expect("the scenario starts a host first")
    }

    fn calls(&self) -> Result<Calls<'_>, Error> {
        self.host().calls()
    }

    fn session(&self, name: &str) -> Session {
        self.application.session(name)
    }
}

/// How a call ends that is refused by the host here, and has no words at all in some other languages.
fn refused(expected: i32, called: Result<(), Error>) -> Step {
    match called {
        Err(error) if error.code == expected => Ok("refused".to_owned()),
        called => called.map(|()| "OK".to_owned()),
    }
}

/// Says a line of what happens meanwhile.
fn say(line: &str) {
    println!("    {line}");
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, steps, folder, workers] = &arguments[..] else {
        panic!("usage: scenario steps.txt FOLDER-OF-PLUGINS WORKERS");
    };
    let steps = std::fs::read_to_string(steps).unwrap_or_else(|error| panic!("{steps}: {error}"));
    let mut scenario = Scenario {
        folder: folder.into(),
        workers: number(workers),
        host: None,
        application: Loopback::default(),
        plugins: HashMap::new(),
        sockets: HashMap::new(),
        settled: 0,
    };
    "OK".clone_into(&mut scenario.application.state().answer);
    for line in steps.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        println!("{line}");
        let ended = scenario.step(line).unwrap_or_else(|error| words::of_status(error.code));
        say(&ended);
    }
}
