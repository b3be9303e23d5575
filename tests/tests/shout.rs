//! `plugins/shout`: it alters what is in flight, on the channels that it is told, and nothing else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pintle_host::abi::{MODE_RELIABLE, Message, MessageInfo, ResultInfo, Session, TRAFFIC_REQUEST, status};
use pintle_host::{Answer, Application, Calls, Host, Outcome};
use pintle_tests::plugins::{
    Heard, TWO_OBJECTS, build, build_library, compile_cpp, exports, load, try_load, workshop,
};

const WAIT: Duration = Duration::from_secs(20);
const ECHO: u32 = 0x1000_0001;
const FAST: u32 = 1;
const FAIL: u32 = 3;

/// The session that another plugin created last.
type Last = Arc<Mutex<Session>>;

/// Writes down what arrives at either end.
struct Ends(Heard, Last);

impl Ends {
    fn hear(&self, calls: &Calls<'_>, word: &str, message: Message) {
        let bytes = calls.bytes(message).unwrap();
        self.0.add(format!("{word} {}", String::from_utf8_lossy(&bytes)));
    }
}

impl Application for Ends {
    fn session_created(&self, _: &Calls<'_>, session: Session) {
        *self.1.lock().unwrap() = session;
    }

    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        if info.kind == TRAFFIC_REQUEST {
            self.hear(calls, "request", info.message);
            return Ok(());
        }
        self.hear(calls, &format!("in {}", info.channel), info.message);
        Ok(())
    }

    fn session_send(&self, calls: &Calls<'_>, _: Session, channel: u32, message: Message) -> Answer {
        self.hear(calls, &format!("out {channel}"), message);
        Ok(())
    }

    fn session_result(&self, calls: &Calls<'_>, _: &ResultInfo, outcome: Outcome) -> Answer {
        match outcome {
            Outcome::Result(message) => self.hear(calls, "result", message),
            Outcome::Exception(code, message) => self.hear(calls, &format!("exception {code}"), message),
            Outcome::Done(code) => self.0.add(format!("done {code}")),
        }
        Ok(())
    }
}

fn host(heard: &Heard) -> (Host, Last) {
    let last = Last::default();
    (heard.builder().application(Ends(heard.clone(), last.clone())).start().unwrap(), last)
}

#[test]
fn it_exports_two_objects() {
    let folder = workshop();
    assert_eq!(exports(&build(folder.path(), "shout")), TWO_OBJECTS);
}

#[test]
fn it_alters_the_channels_of_its_configuration_in_both_directions() {
    let folder = workshop();
    let heard = Heard::default();
    let (host, last) = host(&heard);
    load(&host, &build(folder.path(), "shout"), "channels=0,3");
    load(&host, &compile_cpp(folder.path(), "loopback", ""), "az AZ 09 `{@[ \u{e4}\u{0}");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE; 4]).unwrap();
    calls.listen(socket, "loopback:").unwrap();
    let session = *last.lock().unwrap();
    for channel in 0..4 {
        calls.send(session, channel, b"out there").unwrap();
    }
    let (loud, quiet) = ("AZ AZ 09 `{@[ \u{e4}\u{0}", "az AZ 09 `{@[ \u{e4}\u{0}");
    let expected = [
        "org.test.loopback: got OUT THERE".to_owned(),
        format!("in 0 {loud}"),
        "org.test.loopback: got out there".to_owned(),
        format!("in 1 {quiet}"),
        "org.test.loopback: got out there".to_owned(),
        format!("in 2 {quiet}"),
        "org.test.loopback: got OUT THERE".to_owned(),
        format!("in 3 {loud}"),
    ];
    assert_eq!(heard.lines(), expected);
}

#[test]
fn the_sender_keeps_what_it_wrote() {
    let folder = workshop();
    let heard = Heard::default();
    let (host, _) = host(&heard);
    load(&host, &build(folder.path(), "shout"), "channels=1");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE; 2]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    let message = calls.message(b"quiet").unwrap();
    calls.send_message(session, 1, message).unwrap();
    calls.send_message(session, 0, message).unwrap();
    assert_eq!(calls.bytes(message).unwrap(), b"quiet");
    calls.release(message).unwrap();
    assert_eq!(heard.lines(), ["out 1 QUIET", "out 0 quiet"]);
}

#[test]
fn services_are_left_alone() {
    let folder = workshop();
    let heard = Heard::default();
    let (host, _) = host(&heard);
    load(&host, &build(folder.path(), "shout"), "channels=0");
    load(&host, &build_library("pintle-echo", "so"), "");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.request(session, ECHO, FAST, 1, b"ping").unwrap();
    calls.request(session, ECHO, FAIL, 2, b"no").unwrap();
    assert_eq!(
        heard.lines(),
        ["request ping", "result ping", "done 0", "request no", "exception 10001 no", "done 0"]
    );
}

#[test]
fn what_it_cannot_read_is_refused_with_a_sentence() {
    let folder = workshop();
    let library = build(folder.path(), "shout");
    let heard = Heard::default();
    let (host, _) = host(&heard);
    let cases = [
        ("", "its configuration is a list such as channels=0,3, not \"\""),
        ("channel=0", "its configuration is a list such as channels=0,3, not \"channel=0\""),
        ("channels=", "a channel is a number from 0 to 1023, not \"\""),
        ("channels=0,", "a channel is a number from 0 to 1023, not \"\""),
        ("channels=0,x", "a channel is a number from 0 to 1023, not \"x\""),
        ("channels=1 ", "a channel is a number from 0 to 1023, not \"1 \""),
        ("channels=-1", "a channel is a number from 0 to 1023, not \"-1\""),
        ("channels=1024", "a channel is a number from 0 to 1023, not \"1024\""),
        ("channels=4294967295", "a channel is a number from 0 to 1023, not \"4294967295\""),
        ("channels=99999999999999999999", "a channel is a number from 0 to 1023"),
    ];
    for (config, sentence) in cases {
        let error = try_load(&host, &library, config).unwrap_err();
        assert_eq!(error.code, status::E_ARGUMENT, "{config}: {error}");
        assert!(error.text.contains(sentence), "{config}: {error}");
    }
    assert!(host.list().is_empty());
    let instance = load(&host, &library, "channels=1023");
    assert!(host.unload(instance, WAIT).unwrap().is_clean());
}
