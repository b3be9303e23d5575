//! The steps of `tests/frozen/application.h`, taken in Rust.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use pintle_host::abi::{
    IMAGE_UNMAPPED, MODE_RELIABLE, MODE_SEQUENCED, MODE_UNRELIABLE, Message, MessageInfo, ResultInfo, Session,
};
use pintle_host::{Answer, Application, Calls, Host, LoadOptions, Outcome, Peer};
use pintle_tests::plugins::Heard;

const SERVICE: u32 = 0x46;
const WAIT: Duration = Duration::from_secs(60);

/// The application: says what it hears, and remembers the plugin's session and its own.
#[derive(Clone)]
struct Program {
    heard: Heard,
    sessions: std::sync::Arc<Mutex<[Session; 2]>>,
}

impl Program {
    fn says(&self, line: impl std::fmt::Display) {
        self.heard.add(format!("application: {line}"));
    }

    fn theirs(&self) -> Session {
        self.sessions.lock().unwrap()[0]
    }

    fn ours(&self) -> Session {
        self.sessions.lock().unwrap()[1]
    }
}

fn text(calls: &Calls<'_>, message: Message) -> String {
    if message.bits == 0 {
        return "nothing".to_owned();
    }
    String::from_utf8(calls.bytes(message).unwrap()).unwrap()
}

impl Application for Program {
    fn session_created(&self, calls: &Calls<'_>, session: Session) {
        self.sessions.lock().unwrap()[0] = session;
        let (user, place) = (calls.user(session).unwrap(), calls.address(session).unwrap());
        self.says(format_args!("a session of {user} at {place}"));
    }

    fn session_destroyed(&self, _: &Calls<'_>, session: Session) {
        let whose = if session == self.ours() { "its own" } else { "another's" };
        self.says(format_args!("{whose} session is gone"));
    }

    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        self.says(format_args!("{} comes in, kind {}", text(calls, info.message), info.kind));
        Ok(())
    }

    fn session_send(&self, calls: &Calls<'_>, _: Session, channel: u32, message: Message) -> Answer {
        self.says(format_args!("{} for the peer, on channel {channel}", text(calls, message)));
        Ok(())
    }

    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        let (code, message) = match outcome {
            Outcome::Result(message) => (0, message),
            Outcome::Exception(code, message) => (code, message),
            Outcome::Done(code) => (code, Message::default()),
        };
        let message = text(calls, message);
        self.says(format_args!("answer {} to {}: code {code}, {message}", info.kind, info.correlation));
        Ok(())
    }
}

/// Polls until a line was heard that has these words.
fn until(host: &Host, heard: &Heard, line: &str) {
    while !heard.has(line) {
        host.poll(Some(WAIT)).unwrap();
    }
}

/// Runs a plugin, and gives the lines.
pub fn transcript(plugin: &Path) -> String {
    let heard = Heard::default();
    let program = Program { heard: heard.clone(), sessions: std::sync::Arc::default() };
    let log = heard.clone();
    let builder = Host::builder().application(program.clone()).log(move |line| {
        if !line.plugin.is_empty() {
            log.add(format!("{}: {}", line.plugin, line.text));
        }
    });
    let host = builder.start().unwrap();
    let options =
        LoadOptions { priority: 3, instance: "frozen".to_owned(), config: "greeting=hi".to_owned() };
    // SAFETY: the library was built by the test.
    let instance = unsafe { host.load(plugin, &options) }.unwrap();
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE, MODE_UNRELIABLE]).unwrap();
    calls.listen(socket, "frozen:here").unwrap();
    calls.send(program.theirs(), 0, b"hello").unwrap();

    let about = Peer {
        address: "10.0.0.1:80".parse().unwrap(),
        user: "bob".to_owned(),
        protocol: "chat.2".to_owned(),
    };
    let ours = calls.create_session(socket, 9, Some(about)).unwrap();
    program.sessions.lock().unwrap()[1] = ours;
    calls.receive(ours, 0, b"in").unwrap();
    calls.send(ours, 1, b"out").unwrap();
    for id in 1..=5 {
        calls.request(ours, SERVICE, id, u64::from(10 * id), b"stressed").unwrap();
        until(&host, &heard, &format!("application: answer 3 to {}:", 10 * id));
    }
    calls.send(program.theirs(), 0, b"ask").unwrap();
    calls.send(program.theirs(), 1, b"tick").unwrap();
    until(&host, &heard, "application: ticked comes in");
    calls.send(program.theirs(), 0, b"work").unwrap();
    until(&host, &heard, "application: worked comes in");
    let (mean, deviation) = calls.rtt(program.theirs()).unwrap();
    program.says(format_args!("the way takes {}, more or less {}", mean.as_nanos(), deviation.as_nanos()));
    calls.set_channel_mode(program.theirs(), 1, MODE_SEQUENCED).unwrap();
    calls.disconnect(program.theirs()).unwrap();
    calls.close(socket).unwrap();

    let receipt = host.unload(instance, WAIT).unwrap();
    assert_eq!(receipt.image, IMAGE_UNMAPPED, "{receipt}");
    program.says(format_args!(
        "outcome {}, left behind: messages {}, sockets {}, sessions {}, requests {}, tasks {}, timers {}, watches {}",
        receipt.outcome,
        receipt.messages,
        receipt.sockets,
        receipt.sessions,
        receipt.requests,
        receipt.tasks,
        receipt.timers,
        receipt.watches
    ));
    heard.lines().join("\n") + "\n"
}
