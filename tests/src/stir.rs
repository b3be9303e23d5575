//! Leads a host into every callback of a plugin that is a transport and a service.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pintle_host::abi::{MODE_RELIABLE, MODE_SEQUENCED, Message, ResultInfo, Session, status};
use pintle_host::{Answer, Application, Calls, Host, Outcome};

use crate::plugins::Heard;

/// How long a test waits for what is to come; it only keeps a failure from waiting for ever.
pub const WAIT: Duration = Duration::from_secs(20);

/// Keeps the sessions that plugins create, is full once on channel 1, and counts the requests that are done.
#[derive(Clone, Default)]
pub struct Peer(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    theirs: Vec<Session>,
    was_full: bool,
    done: Vec<(u64, i32)>,
}

impl Peer {
    fn kept<R>(&self, look: impl FnOnce(&mut Kept) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sessions that plugins created.
    #[must_use]
    pub fn theirs(&self) -> Vec<Session> {
        self.kept(|kept| kept.theirs.clone())
    }

    /// Whether the request with this correlation is done, with this status.
    #[must_use]
    pub fn is_done(&self, correlation: u64, code: i32) -> bool {
        self.kept(|kept| kept.done.contains(&(correlation, code)))
    }
}

impl Application for Peer {
    fn session_created(&self, _: &Calls<'_>, session: Session) {
        self.kept(|kept| kept.theirs.push(session));
    }

    fn session_send(&self, _: &Calls<'_>, _: Session, channel: u32, _: Message) -> Answer {
        if channel == 1 && !self.kept(|kept| std::mem::replace(&mut kept.was_full, true)) {
            return Err(status::E_AGAIN);
        }
        Ok(())
    }

    fn session_result(&self, _: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        if let Outcome::Done(code) = outcome {
            self.kept(|kept| kept.done.push((info.correlation, code)));
        }
        Ok(())
    }
}

/// Polls until something is so.
///
/// # Panics
/// If it never is.
pub fn until(host: &Host, heard: &Heard, so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if so() {
            return;
        }
        host.poll(Some(WAIT / 1000)).expect("it polls");
    }
    panic!("it never is so; heard: {:#?}", heard.lines());
}

/// The round-trip time of a session, as its owner answers for it.
fn ask_rtt(host: &Host, session: Session) {
    let (mut mean, mut deviation) = (0, 0);
    let zero = host.zero();
    // SAFETY: plugin zero and its tables live as long as the host, and this is its kernel thread.
    unsafe { ((*(*(*zero).api).session).rtt)(zero, session, &raw mut mean, &raw mut deviation) };
}

/// Leads to every callback of the plugin that serves `address`, whatever has become of it. The plugin says "slow done" in
/// the log when its slow request is, or "panicked" is heard of it.
///
/// # Panics
/// If what concerns the host alone fails.
pub fn stir(host: &Host, heard: &Heard, peer: &Peer, address: &str) {
    let calls = host.calls().expect("the kernel thread");
    let modes = [MODE_RELIABLE, MODE_RELIABLE];
    let open = || calls.open(&modes).expect("a socket");
    let (listening, connecting) = (open(), open());
    let _ = calls.listen(listening, address);
    let _ = calls.connect(connecting, address, b"token");
    for (index, session) in peer.theirs().into_iter().enumerate() {
        ask_rtt(host, session);
        let _ = calls.set_channel_mode(session, 0, MODE_SEQUENCED);
        let _ = calls.send(session, 0, b"ask yourself");
        until(host, heard, || heard.has("panicked") || heard.count("slow done") > index);
        let _ = calls.disconnect(session);
    }
    // SAFETY: a table of its size alone, as the id says.
    let offer = unsafe { calls.publish("org.test.stir/1", &[8_u32, 0]) }.expect("an offer");
    calls.withdraw(offer).expect("its own");
    let second = open();
    let own = calls.create_session(second, 1, None).expect("a session");
    let _ = calls.receive(own, 0, b"in");
    let _ = calls.send(own, 0, b"out");
    let _ = calls.receive(own, 1, b"answer");
    let _ = calls.receive(own, 1, b"and again");
    let _ = calls.resume(own);
    let _ = calls.destroy_session(own);
    for socket in [listening, connecting, second] {
        let _ = calls.close(socket);
    }
}
