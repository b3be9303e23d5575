//! A panic in any callback, task, timer or watch is a status with a text; what was thrown may itself panic when dropped.
#![cfg(feature = "std")]

mod fake;

use std::panic::panic_any;
use std::time::Duration;

use fake::{Fake, callbacks};
use pintle_sdk::abi;
use pintle_sdk::{
    Answer, CreateArgs, Host, Message, MessageInfo, Mode, Pass, Plugin, Progress, Readiness, Request,
    RequestInfo, Result, ResultInfo, Rtt, Session, Socket, Status, StopArgs, status,
};

/// Panics in the place and in the way that its configuration names: `place way`.
struct Bad {
    place: String,
    way: String,
}

/// What is thrown, and thrown again out of its own `drop`, three times.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Bomb(self.0 - 1));
        }
    }
}

impl Bad {
    fn at(&self, place: &str) {
        if self.place != place {
            return;
        }
        match self.way.as_str() {
            "text" => panic!("broken"),
            "formatted" => panic!("broken {}", self.place),
            "number" => panic_any(7),
            "bomb" => panic_any(Bomb(3)),
            "long" => panic!("{}", "é".repeat(200)),
            way => unreachable!("{way}"),
        }
    }
}

#[pintle_sdk::plugin(name = "bad", id = "org.example.bad")]
impl Plugin for Bad {
    fn create(_: &Host, args: CreateArgs<'_>) -> Result<Self> {
        let (place, way) = args.config.split_once(' ').unwrap();
        let bad = Bad { place: place.into(), way: way.into() };
        bad.at("create");
        Ok(bad)
    }

    fn request_stop(&self, _: &Host, _: StopArgs) -> Result<Progress> {
        self.at("request_stop");
        Ok(Progress::Done)
    }

    fn destroy(self, _: &Host) -> Result {
        self.at("destroy");
        Ok(())
    }

    fn socket_created(&self, _: &Host, _: Socket) -> Result {
        self.at("socket_created");
        Ok(())
    }

    fn socket_listening(&self, _: &Host, _: Socket, _: &str) -> Result {
        self.at("socket_listening");
        Ok(())
    }

    fn socket_connecting(&self, _: &Host, _: Socket, _: &str, _: &[u8]) -> Result {
        self.at("socket_connecting");
        Ok(())
    }

    fn socket_stopped(&self, _: &Host, _: Socket) -> Result {
        self.at("socket_stopped");
        Ok(())
    }

    fn socket_destroyed(&self, _: &Host, _: Socket) -> Result {
        self.at("socket_destroyed");
        Ok(())
    }

    fn socket_attached(&self, _: &Host, _: Socket, _: &str) -> Result {
        self.at("socket_attached");
        Ok(())
    }

    fn socket_detached(&self, _: &Host, _: Socket) -> Result {
        self.at("socket_detached");
        Ok(())
    }

    fn session_created(&self, _: &Host, _: Session) -> Result {
        self.at("session_created");
        Ok(())
    }

    fn session_destroyed(&self, _: &Host, _: Session, _: usize) -> Result {
        self.at("session_destroyed");
        Ok(())
    }

    fn message_in(&self, _: &Host, _: &MessageInfo, _: &mut Message<'_>) -> Result<Pass> {
        self.at("message_in");
        Ok(Pass::On)
    }

    fn message_out(&self, _: &Host, _: &MessageInfo, _: &mut Message<'_>) -> Result<Pass> {
        self.at("message_out");
        Ok(Pass::On)
    }

    fn session_send(&self, _: &Host, _: Session, _: u32, _: &mut Message<'_>) -> Result {
        self.at("session_send");
        Ok(())
    }

    fn session_writable(&self, _: &Host, _: Session) -> Result {
        self.at("session_writable");
        Ok(())
    }

    fn session_disconnect(&self, _: &Host, _: Session) -> Result {
        self.at("session_disconnect");
        Ok(())
    }

    fn session_result(&self, _: &Host, _: &ResultInfo, _: Answer<'_, '_>) -> Result {
        self.at("session_result");
        Ok(())
    }

    fn session_get_rtt(&self, _: &Host, _: Session) -> Result<Rtt> {
        self.at("session_get_rtt");
        Ok(Rtt { mean: Duration::ZERO, deviation: Duration::ZERO })
    }

    fn session_set_mode(&self, _: &Host, _: Session, _: u32, _: Mode) -> Result {
        self.at("session_set_mode");
        Ok(())
    }

    fn request(&self, _: &Host, _: Request, _: &RequestInfo, _: &mut Message<'_>) -> Result<Progress> {
        self.at("request");
        Ok(Progress::Done)
    }

    fn slow_arrive(&self, _: &Host, _: Request, _: &RequestInfo, _: &mut Message<'_>) -> Result {
        self.at("slow_arrive");
        Ok(())
    }

    fn request_done(&self, _: &Host, _: Request, _: &RequestInfo, _: Status) -> Result {
        self.at("request_done");
        Ok(())
    }

    fn slow_request(&self, _: &Host, _: Request, _: &RequestInfo, _: &mut Message<'_>) -> Result<Progress> {
        self.at("slow_request");
        Ok(Progress::Done)
    }
}

type Call = fn(&Fake) -> i32;

/// Every callback between `create` and `destroy`, with how a host calls it.
fn every_callback() -> Vec<(&'static str, Call)> {
    const SOCKET: Socket = Socket { bits: 1 };
    const SESSION: Session = Session { bits: 2 };
    const REQUEST: Request = Request { bits: 3 };
    const MESSAGE: abi::Message = abi::Message { bits: 4 };
    static INFO: RequestInfo = RequestInfo {
        size: size_of::<RequestInfo>() as u32,
        service: 1,
        id: 1,
        flags: 0,
        session: SESSION,
        correlation: 0,
        message: MESSAGE,
    };
    static PASSING: MessageInfo = MessageInfo {
        size: size_of::<MessageInfo>() as u32,
        kind: abi::TRAFFIC_MESSAGE,
        session: SESSION,
        message: MESSAGE,
        channel: 0,
        service: 0,
        id: 0,
        flags: 0,
        correlation: 0,
        request: Request { bits: 0 },
    };
    static DONE: ResultInfo = ResultInfo {
        size: size_of::<ResultInfo>() as u32,
        kind: abi::RESULT_DONE,
        session: SESSION,
        correlation: 0,
        code: status::OK,
        flags: 0,
        message: abi::Message { bits: 0 },
        request: REQUEST,
    };
    static STOP: abi::Stop =
        abi::Stop { size: size_of::<abi::Stop>() as u32, reason: abi::STOP_UNLOAD, deadline: abi::NEVER };
    macro_rules! callbacks {
        ($($name:ident($($argument:expr),*))*) => {
            vec![$((stringify!($name), |host: &Fake| {
                // SAFETY: called with what a host would give.
                unsafe { callbacks(&ENTRY).$name.unwrap()(host.plugin() $(, $argument)*) }
            })),*]
        };
    }
    callbacks! {
        request_stop(&raw const STOP)
        socket_created(SOCKET)
        socket_listening(SOCKET, c"a".as_ptr(), 1)
        socket_connecting(SOCKET, c"a".as_ptr(), 1, std::ptr::null(), 0)
        socket_stopped(SOCKET)
        socket_destroyed(SOCKET)
        socket_attached(SOCKET, c"a".as_ptr(), 1)
        socket_detached(SOCKET)
        session_created(SESSION)
        session_destroyed(SESSION, std::ptr::null_mut())
        message_in(&raw const PASSING)
        message_out(&raw const PASSING)
        session_send(SESSION, 0, MESSAGE)
        session_writable(SESSION)
        session_disconnect(SESSION)
        session_result(&raw const DONE)
        session_get_rtt(SESSION, &raw mut *Box::leak(Box::new(0)), &raw mut *Box::leak(Box::new(0)))
        session_set_mode(SESSION, 0, abi::MODE_RELIABLE)
        request(REQUEST, &raw const INFO)
        slow_arrive(REQUEST, &raw const INFO)
        slow_request(REQUEST, &raw const INFO)
        request_done(REQUEST, &raw const INFO, 0)
    }
}

#[test]
fn a_panic_in_any_callback_is_a_status_with_a_text() {
    for (name, call) in every_callback() {
        for (way, text) in [
            ("text", "broken".to_string()),
            ("formatted", format!("broken {name}")),
            ("number", "(a panic without a text)".into()),
            ("bomb", "(a panic without a text)".into()),
        ] {
            let host = Fake::new();
            assert_eq!(host.create(&ENTRY, &format!("{name} {way}")), status::OK);
            assert_eq!(call(host), status::E_PANIC, "{name} {way}");
            assert_eq!(*host.error.borrow(), (status::E_PANIC, format!("panic in {name}: {text}")));
            assert_eq!(host.destroy(&ENTRY), status::OK, "destroying a poisoned instance is legal");
            assert!(host.data.get().is_null());
        }
    }
}

#[test]
fn a_callback_that_does_not_panic_is_not_touched_by_the_wall() {
    let host = Fake::new();
    assert_eq!(host.create(&ENTRY, "nowhere text"), status::OK);
    for (name, call) in every_callback() {
        assert_eq!(call(host), status::OK, "{name}");
    }
    assert_eq!(*host.error.borrow(), (0, String::new()));
    assert_eq!(host.destroy(&ENTRY), status::OK);
}

#[test]
fn a_panic_in_create_leaves_no_instance() {
    for way in ["text", "bomb"] {
        let host = Fake::new();
        assert_eq!(host.create(&ENTRY, &format!("create {way}")), status::E_PANIC);
        assert!(host.error.borrow().1.starts_with("panic in create: "));
        assert!(host.data.get().is_null());
    }
}

#[test]
fn a_panic_in_destroy_is_a_status() {
    for way in ["text", "bomb"] {
        let host = Fake::new();
        assert_eq!(host.create(&ENTRY, &format!("destroy {way}")), status::OK);
        assert_eq!(host.destroy(&ENTRY), status::E_PANIC);
        assert!(host.data.get().is_null());
    }
}

#[test]
fn a_panic_in_what_runs_later_is_a_status() {
    let host = Fake::new();
    assert_eq!(host.create(&ENTRY, "later bomb"), status::OK);
    // SAFETY: the fake's instance lives until the test ends.
    let api = unsafe { Host::from_raw(host.plugin()) };
    api.executor()
        .submit(
            |bad: &Bad, _, _, _| {
                bad.at("later");
                Ok(())
            },
            0,
            None,
        )
        .unwrap();
    assert_eq!(host.run_last(), status::E_PANIC);
    assert_eq!(host.error.borrow().1, "panic in task: (a panic without a text)");
    api.executor()
        .start_timer(
            Duration::ZERO,
            Duration::ZERO,
            |bad: &Bad, _, _, _| {
                bad.at("later");
                Ok(())
            },
            0,
        )
        .unwrap();
    assert_eq!(host.run_last(), status::E_PANIC);
    assert_eq!(host.error.borrow().1, "panic in timer: (a panic without a text)");
    api.io()
        .unwrap()
        .watch(
            0,
            Readiness::READABLE,
            |bad: &Bad, _, _, _, _| {
                bad.at("later");
                Ok(())
            },
            0,
        )
        .unwrap();
    assert_eq!(host.run_last(), status::E_PANIC);
    assert_eq!(host.error.borrow().1, "panic in watch: (a panic without a text)");
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let host = Fake::new();
    assert_eq!(host.create(&ENTRY, "message_in long"), status::OK);
    let (_, call) = every_callback().into_iter().find(|(name, _)| *name == "message_in").unwrap();
    assert_eq!(call(host), status::E_PANIC);
    let (_, text) = host.error.borrow().clone();
    // "panic in message_in: " has 21 bytes: 109 characters of 2 bytes fit into the other 219.
    assert_eq!(text.len(), abi::ERROR_TEXT_MAX - 1);
    assert!(text.ends_with("éé"));
}
