//! What a plugin's calls and answers become on the host's side.
#![cfg(feature = "std")]

mod fake;

use std::cell::RefCell;
use std::time::Duration;

use fake::{Fake, Later, callbacks};
use pintle_sdk::abi;
use pintle_sdk::{
    CreateArgs, Error, Host, Kept, Message, MessageInfo, Pass, Plugin, Progress, Readiness, Request,
    RequestInfo, RequestOptions, Result, Session, Status, StopArgs, StopReason, info, status,
};

/// Does in its filter what its configuration says.
#[derive(Default)]
struct Filter {
    order: String,
    kept: RefCell<Vec<Kept>>,
    heard: RefCell<Vec<String>>,
}

#[pintle_sdk::plugin(
    name = "filter",
    id = "org.example.filter",
    vendor = "Example",
    url = "",
    needs = "pintle.io/1",
    services = [1, (2, [7])],
    settings = ["port int 1..9 =8 The port", "root text ! A folder"],
    abi_minor_least = abi::ABI_MINOR,
    flags = [MULTI_INSTANCE, SESSION_DATA]
)]
impl Plugin for Filter {
    fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self> {
        info!(host, "hello from {} on 1.{} of 1.{}", args.instance, args.abi_minor, args.host_minor);
        match args.config {
            "refuse" => Err(Error::new(Status(status::E_PERMISSION), "not here")),
            order => Ok(Filter { order: order.into(), ..Filter::default() }),
        }
    }

    fn request_stop(&self, _: &Host, args: StopArgs) -> Result<Progress> {
        assert_eq!((args.reason, args.deadline), (StopReason::UNLOAD, Some(Duration::from_nanos(7))));
        Ok(Progress::Pending)
    }

    fn destroy(self, host: &Host) -> Result {
        for kept in self.kept.into_inner() {
            drop(host.message().take(kept));
        }
        Ok(())
    }

    fn message_in(&self, host: &Host, info: &MessageInfo, message: &mut Message<'_>) -> Result<Pass> {
        match self.order.as_str() {
            "pass" => Ok(Pass::On),
            "consume" => Ok(Pass::Consumed),
            "fixed" => Err(Error::new(Status(10_007), "a fixed text")),
            "made" => Err(host.error(10_008, format_args!("session {}", info.session.bits))),
            "plain" => Err(Status(status::E_AGAIN).into()),
            "acquire" => {
                let mut own = host.message().from_bytes(b"abc")?;
                assert_eq!(own.view()?, b"abc");
                Ok(Pass::On)
            }
            "keep own" => {
                let mut own = host.message().from_bytes(b"abc")?;
                self.kept.borrow_mut().push(own.keep()?);
                assert_eq!(own.view().unwrap_err().code(), Status(status::E_HANDLE), "it is spent");
                Ok(Pass::On)
            }
            "keep" => {
                self.kept.borrow_mut().push(message.keep()?);
                assert_eq!(message.view()?, b"in");
                Ok(Pass::On)
            }
            "edit" => {
                let original = message.handle();
                message.edit()?;
                assert_ne!(message.handle(), original);
                message.write(b"ner")?;
                assert_eq!(message.keep().unwrap_err().code(), Status(status::E_STATE));
                Ok(Pass::On)
            }
            "overwrite" => {
                message.edit()?;
                message.view_mut()?[0] = b'o';
                assert_eq!(message.view()?, b"on");
                Ok(Pass::On)
            }
            "request" => {
                let mut own = host.message().from_bytes(b"abc")?;
                host.session().request(info.session, &RequestOptions::new(1, 2, 3), &mut own)?;
                assert_eq!(own.handle().bits, 0, "it is spent");
                Ok(Pass::On)
            }
            "pass on" => {
                host.session().request(info.session, &RequestOptions::new(1, 2, 3), message)?;
                Ok(Pass::On)
            }
            order => unreachable!("{order}"),
        }
    }

    fn request(
        &self,
        host: &Host,
        request: Request,
        _: &RequestInfo,
        payload: &mut Message<'_>,
    ) -> Result<Progress> {
        host.service().result(request, payload)?;
        Ok(Progress::Pending)
    }
}

/// A plugin of another type, to submit tasks for by mistake.
struct Other;

impl Plugin for Other {
    fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> {
        Ok(Other)
    }
}

fn message_in(host: &Fake, message: abi::Message) -> i32 {
    let info = MessageInfo {
        size: size_of::<MessageInfo>() as u32,
        kind: abi::TRAFFIC_MESSAGE,
        session: Session { bits: 42 },
        message,
        channel: 0,
        service: 0,
        id: 0,
        flags: 0,
        correlation: 0,
        request: Request::default(),
    };
    // SAFETY: called as a host does.
    unsafe { callbacks(&ENTRY).message_in.unwrap()(host.plugin(), &info) }
}

fn filter(order: &str) -> (&'static Fake, i32) {
    let host: &Fake = Fake::new();
    assert_eq!(host.create(&ENTRY, order), status::OK);
    let message = host.message(b"in");
    (host, message_in(host, message))
}

fn api(host: &Fake) -> Host {
    // SAFETY: the fake lives until the test ends.
    unsafe { Host::from_raw(host.plugin()) }
}

#[test]
fn only_what_is_listed_is_in_the_table() {
    let table = callbacks(&ENTRY);
    assert_eq!((ENTRY.size as usize, table.size as usize), (size_of_val(&ENTRY), size_of_val(table)));
    // SAFETY: behind two `u32` the table is pointer-sized slots.
    let slots = unsafe {
        let first = (&raw const table.create).cast::<usize>();
        std::slice::from_raw_parts(first, (size_of_val(table) - 8) / size_of::<usize>())
    };
    assert_eq!(slots.iter().filter(|slot| **slot != 0).count(), 5);
    assert!(table.create.is_some() && table.request_stop.is_some() && table.destroy.is_some());
    assert!(table.message_in.is_some() && table.request.is_some());
}

#[test]
fn the_descriptor_says_what_the_macro_was_told() {
    // SAFETY: the entry points to a static descriptor of `size` bytes.
    let (head, bytes) = unsafe {
        let head = &*ENTRY.descriptor;
        (head, std::slice::from_raw_parts(ENTRY.descriptor.cast::<u8>(), head.size as usize))
    };
    let text = |span: abi::Span| {
        str::from_utf8(&bytes[usize::from(span.offset)..][..usize::from(span.length)]).unwrap()
    };
    assert_eq!(&bytes[..8], b"PINTLE\x1a\n");
    assert_eq!((head.abi_major, head.abi_minor), (abi::ABI_MAJOR, abi::ABI_MINOR));
    assert_eq!((usize::from(head.pointer_width), usize::from(head.head_size)), (size_of::<usize>(), 80));
    assert_eq!((text(head.id), text(head.name)), ("org.example.filter", "filter"));
    assert_eq!((text(head.version), text(head.vendor)), (env!("CARGO_PKG_VERSION"), "Example"));
    assert_eq!((text(head.description), text(head.url)), (env!("CARGO_PKG_DESCRIPTION"), ""));
    assert_eq!((text(head.needs), text(head.offers), text(head.services)), ("pintle.io/1", "", "0x1 0x2"));
    assert_eq!(text(head.settings), "port int 1..9 =8 The port\nroot text ! A folder\n");
    assert_eq!(head.abi_minor_least, abi::ABI_MINOR);
    let debug = if cfg!(debug_assertions) { abi::FLAG_DEBUG } else { 0 };
    assert_eq!(head.flags, abi::FLAG_MULTI_INSTANCE | abi::FLAG_SESSION_DATA | debug);
}

#[test]
fn create_is_told_and_may_refuse() {
    let host = Fake::new();
    assert_eq!(host.create(&ENTRY, "refuse"), status::E_PERMISSION);
    assert_eq!(*host.error.borrow(), (status::E_PERMISSION, "not here".into()));
    assert!(host.data.get().is_null());
    let line = (abi::LOG_INFO, "plugin".into(), "hello from one on 1.0 of 1.3".into());
    assert_eq!(*host.log.borrow(), [line]);
}

#[test]
fn a_host_with_shorter_tables_is_refused() {
    let host = Fake::new();
    host.shorten_messages();
    assert_eq!(host.create(&ENTRY, "pass"), status::E_LAYOUT);
    assert!(host.data.get().is_null() && host.log.borrow().is_empty());
}

#[test]
fn a_callback_without_an_instance_is_refused() {
    let host = Fake::new();
    let message = host.message(b"in");
    assert_eq!(message_in(host, message), status::E_STATE);
    assert_eq!(host.destroy(&ENTRY), status::OK);
}

#[test]
fn a_view_commits_all_that_it_showed_when_it_goes() {
    let (host, answer) = filter("overwrite");
    assert_eq!((answer, &*host.commits.borrow()), (status::OK, &vec![(2, 2)]));
}

#[test]
fn a_request_is_asked_as_the_contract_has_it() {
    let (host, answer) = filter("request");
    assert_eq!(answer, status::OK);
    let asked = host.asked.borrow()[0];
    assert_eq!(asked.size as usize, size_of::<abi::RequestOptions>());
    assert_eq!((asked.service, asked.id, asked.flags, asked.correlation), (1, 2, 0, 3));
}

#[test]
fn two_instances_do_not_meet() {
    let (one, two) = (Fake::new(), Fake::new());
    assert_eq!(one.create(&ENTRY, "pass"), status::OK);
    assert_eq!(two.create(&ENTRY, "consume"), status::OK);
    let (a, b) = (one.message(b""), two.message(b""));
    assert_eq!((message_in(one, a), message_in(two, b)), (status::OK, status::CONSUMED));
    assert_eq!(one.destroy(&ENTRY), status::OK);
    assert_eq!(message_in(two, b), status::CONSUMED);
}

#[test]
fn answers_become_statuses() {
    assert_eq!(filter("pass").1, status::OK);
    assert_eq!(filter("consume").1, status::CONSUMED);
    let (host, answer) = filter("fixed");
    assert_eq!((answer, host.error.take()), (10_007, (10_007, "a fixed text".into())));
    let (host, answer) = filter("made");
    assert_eq!((answer, host.error.take()), (10_008, (10_008, "session 42".into())));
    let (host, answer) = filter("plain");
    assert_eq!((answer, host.error.take()), (status::E_AGAIN, (0, String::new())), "the host's words stay");
    let stop = abi::Stop { size: size_of::<abi::Stop>() as u32, reason: abi::STOP_UNLOAD, deadline: 7 };
    // SAFETY: called as a host does.
    let stop = unsafe { callbacks(&ENTRY).request_stop.unwrap()(host.plugin(), &raw const stop) };
    assert_eq!(stop, status::PENDING);
}

#[test]
fn the_last_error_is_read_back() {
    let (host, _) = filter("made");
    let error = api(host).last_error().unwrap();
    assert_eq!((error.code(), error.text()), (Status(10_008), "session 42"));
}

#[test]
fn an_acquired_message_is_released_when_dropped() {
    let (host, answer) = filter("acquire");
    assert_eq!((answer, host.references()), (status::OK, 0));
}

#[test]
fn a_kept_message_holds_one_reference_until_it_is_taken() {
    for order in ["keep", "keep own"] {
        let (host, answer) = filter(order);
        assert_eq!((answer, host.references()), (status::OK, 1), "{order}");
        assert_eq!(host.destroy(&ENTRY), status::OK);
        assert_eq!(host.references(), 0, "{order}");
    }
}

#[test]
fn an_edited_message_is_the_one_that_travels_on() {
    let (host, answer) = filter("edit");
    assert_eq!(answer, status::OK);
    let messages = host.messages.borrow();
    assert_eq!(messages[0].bytes, b"in");
    assert_eq!(messages[1].bytes, b"inner");
}

#[test]
fn a_hand_over_spends_one_reference_and_a_refused_one_none() {
    for order in ["request", "pass on"] {
        let (host, answer) = filter(order);
        assert_eq!((answer, host.references()), (status::OK, 0), "{order}");
        host.answer.set(status::E_AGAIN);
        let message = host.message(b"in");
        assert_eq!(message_in(host, message), status::E_AGAIN, "{order}");
        assert_eq!(host.references(), 0, "{order}: what was not taken is released");
    }
}

#[test]
fn a_payload_is_handed_over_as_it_is() {
    let host = Fake::new();
    assert_eq!(host.create(&ENTRY, "pass"), status::OK);
    let message = host.message(b"in");
    let info = RequestInfo {
        size: size_of::<RequestInfo>() as u32,
        service: 1,
        id: 1,
        flags: 0,
        session: Session { bits: 1 },
        correlation: 5,
        message,
    };
    // SAFETY: called as a host does.
    let answer =
        unsafe { callbacks(&ENTRY).request.unwrap()(host.plugin(), Request { bits: 6 }, &raw const info) };
    assert_eq!((answer, host.results.take()), (status::PENDING, vec![message.bits]));
    assert_eq!(host.references(), 0);
}

#[test]
fn tasks_get_the_instance_and_their_word() {
    let (host, _) = filter("pass");
    let api = api(host);
    let mut message = api.message().from_bytes(b"abc").unwrap();
    api.executor()
        .submit(
            |filter: &Filter, _, data, message| {
                let text = str::from_utf8(message.unwrap().view()?).unwrap().to_string();
                filter.heard.borrow_mut().push(format!("{data} {text}"));
                Err(Error::new(Status(10_009), "heard"))
            },
            77,
            Some(&mut message),
        )
        .unwrap();
    assert_eq!(message.handle().bits, 0, "it is spent");
    assert_eq!((host.run_last(), host.error.take()), (10_009, (10_009, "heard".into())));

    let run = |filter: &Filter, _: &Host, _: abi::Timer, data| {
        assert_eq!((filter.heard.borrow().as_slice(), data), (["77 abc".to_string()].as_slice(), 78));
        Ok(())
    };
    api.executor().start_timer(Duration::from_micros(2), Duration::MAX, run, 78).unwrap();
    assert!(matches!(host.later.borrow().last(), Some(Later::Timer(_, _, 2000, u64::MAX))));
    assert_eq!(host.run_last(), status::OK);

    let run = |_: &Filter, _: &Host, _: abi::Watch, ready: Readiness, data| {
        assert_eq!((ready, data), (Readiness::READABLE, 79));
        Ok(())
    };
    let interest = Readiness::READABLE | Readiness::WRITABLE;
    api.io().unwrap().watch(5, interest, run, 79).unwrap();
    assert!(matches!(host.later.borrow().last(), Some(Later::Watch(_, _, 5, 3))));
    assert_eq!(host.run_last(), status::OK);
}

#[test]
fn a_task_for_another_type_does_not_run() {
    let (host, _) = filter("pass");
    api(host).executor().submit(|_: &Other, _, _, _| unreachable!(), 0, None).unwrap();
    assert_eq!(host.run_last(), status::E_ARGUMENT);
    assert_eq!(host.error.borrow().1, "the task is for another plugin's type");
}

#[test]
fn a_message_is_a_stream() {
    use std::io::{Read, Write};

    let (host, _) = filter("pass");
    let api = api(host);
    let mut message = api.message().acquire(8).unwrap();
    let stream: &mut dyn Write = &mut message;
    stream.write_all(b"abc").unwrap();
    write!(stream, "{}", 12).unwrap();
    let mut text = String::new();
    message.view().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc12");
}

#[test]
fn an_interface_that_the_host_lacks_is_an_error() {
    let (host, _) = filter("pass");
    let error = api(host).extension("org.example.absent/1").unwrap_err();
    assert_eq!(error.code(), Status(status::E_NOT_FOUND));
}
