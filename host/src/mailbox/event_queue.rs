//! Everything that waits for an application, in the order in which it came.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use pintle_abi_core::{
    EVENT_DONE, EVENT_EXCEPTION, EVENT_MESSAGE_IN, EVENT_RESULT, EVENT_SESSION_CREATED,
    EVENT_SESSION_DESTROYED, EVENT_SESSION_DISCONNECT, EVENT_SESSION_SEND, EVENT_SESSION_WRITABLE,
    EVENT_TIMER, EVENT_UNLOADED, Event, Instance, Message, MessageInfo, OUTCOME_LIVE, RESULT_EXCEPTION,
    RESULT_RESULT, ResultInfo, Session, TRAFFIC_MESSAGE, Timer, status,
};

use super::hash::HashMap;
use super::peer::Peer;
use super::room::{Class, Room};
use crate::application::Answer;
use crate::calls::Calls;
use crate::error::Error;
use crate::host::Host;

/// Stale events, which are about sessions that the application must not see any more, are removed once there are more of them
/// than of the others, and more than this.
const SWEEP: usize = 64;

/// All events that wait for an application, in the order in which they came.
///
/// It is filled by the callbacks of plugin zero. It is bounded as a [`Mailbox`](super::Mailbox) is: for each session in each
/// direction, and in all for messages from peers.
pub struct EventQueue {
    capacity: usize,
    events: RefCell<VecDeque<Event>>,
    peers: RefCell<HashMap<Session, Peer>>,
    /// How many of the events are stale.
    stale: Cell<usize>,
    room: Room,
    /// Sessions that may go on.
    relieved: RefCell<Vec<Relief>>,
    /// The timers whose event waits.
    due: RefCell<HashMap<u64, ()>>,
    /// Instances whose end is awaited.
    ending: RefCell<Vec<Instance>>,
}

/// Which way a session may go on.
#[derive(Clone, Copy)]
enum Relief {
    Inward(Session),
    Outward(Session),
}

const fn bit(kind: u32) -> u32 {
    1 << kind
}

fn event(kind: u32) -> Event {
    Event { size: size_of::<Event>() as u32, kind, ..Event::default() }
}

impl EventQueue {
    /// A queue in which at most `capacity` messages wait for each session and way.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            events: RefCell::default(),
            peers: RefCell::default(),
            stale: Cell::default(),
            room: Room::default(),
            relieved: RefCell::default(),
            due: RefCell::default(),
            ending: RefCell::default(),
        }
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.borrow().len() == self.stale.get()
    }

    /// Notes a session of a plugin that began: for `session_created`.
    pub fn begin(&self, calls: &Calls<'_>, session: Session) {
        self.peer(calls, &mut self.peers.borrow_mut(), session);
    }

    /// The peer of a session. It is new if there was no event of the session before; it is then paused if the others are.
    fn peer<'p>(
        &self,
        calls: &Calls<'_>,
        peers: &'p mut HashMap<Session, Peer>,
        session: Session,
    ) -> &'p mut Peer {
        peers.entry(session).or_insert_with(|| {
            let crowded = self.room.is_full();
            if crowded {
                pause(calls, session, true);
            }
            Peer { crowded, ..Peer::default() }
        })
    }

    /// Tells something about a session itself: one of the kinds `EVENT_SESSION_CREATED`, `EVENT_SESSION_WRITABLE` and
    /// `EVENT_SESSION_DISCONNECT`. One of each waits at a time.
    pub fn tell(&self, calls: &Calls<'_>, kind: u32, session: Session) {
        let mut peers = self.peers.borrow_mut();
        let peer = self.peer(calls, &mut peers, session);
        if !peer.ended && peer.news & bit(kind) == 0 {
            peer.news |= bit(kind);
            self.push(Event { session, ..event(kind) });
        }
    }

    fn push(&self, event: Event) {
        self.events.borrow_mut().push_back(event);
    }

    /// Keeps a message that came in: for `message_in`. Requests are not kept: they go on to their services.
    ///
    /// # Errors
    /// `E_CAPACITY`: the message has too many references.
    pub fn keep_incoming(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        if info.kind != TRAFFIC_MESSAGE {
            return Ok(());
        }
        calls.retain(info.message).map_err(|error| error.code)?;
        let mut peers = self.peers.borrow_mut();
        let peer = self.peer(calls, &mut peers, info.session);
        if peer.inward.take(self.capacity) {
            pause(calls, info.session, true);
        }
        let (session, channel, message) = (info.session, info.channel, info.message);
        self.push(Event { session, channel, message, ..event(EVENT_MESSAGE_IN) });
        if self.room.take(calls, Class::of(calls, message)) {
            for (session, peer) in peers.iter_mut().filter(|(_, peer)| !peer.ended) {
                peer.crowded = true;
                pause(calls, *session, true);
            }
        }
        Ok(())
    }

    /// Keeps a message for the peer of a session of the application's own: for `session_send`.
    ///
    /// # Errors
    /// `E_AGAIN`: there is no room, and the session is suspended by that. `E_CAPACITY`: the message has too many
    /// references.
    pub fn keep_outgoing(
        &self,
        calls: &Calls<'_>,
        session: Session,
        channel: u32,
        message: Message,
    ) -> Answer {
        self.keep_outward(calls, Event { session, channel, message, ..event(EVENT_SESSION_SEND) })
    }

    /// Keeps an answer: for `session_result`.
    ///
    /// # Errors
    /// As for [`keep_outgoing`](Self::keep_outgoing).
    pub fn answer(&self, calls: &Calls<'_>, info: &ResultInfo) -> Answer {
        let kind = match info.kind {
            RESULT_RESULT => EVENT_RESULT,
            RESULT_EXCEPTION => EVENT_EXCEPTION,
            _ => EVENT_DONE,
        };
        let (session, token) = (info.session, info.correlation);
        let (message, code) = (info.message, info.code);
        self.keep_outward(calls, Event { session, token, message, code, ..event(kind) })
    }

    fn keep_outward(&self, calls: &Calls<'_>, event: Event) -> Answer {
        let fills = {
            let mut peers = self.peers.borrow_mut();
            let peer = self.peer(calls, &mut peers, event.session);
            // An end is always taken: it needs no message, and there is one for each request.
            if peer.outward.refuses(self.capacity) && event.kind != EVENT_DONE {
                return Err(status::E_AGAIN);
            }
            if event.message != Message::default() {
                calls.retain(event.message).map_err(|error| error.code)?;
            }
            peer.outward.take(self.capacity)
        };
        self.push(event);
        if fills {
            // Only a session that has ended refuses, and nothing comes for it any more.
            let _ = calls.suspend(event.session);
        }
        Ok(())
    }

    /// Notes that a session has ended: for `session_destroyed`. With `tells` the application hears of it from here, behind
    /// all that waits for the session.
    pub fn end(&self, calls: &Calls<'_>, session: Session, tells: bool) {
        let mut peers = self.peers.borrow_mut();
        let peer = self.peer(calls, &mut peers, session);
        let waits = peer.inward.waiting + peer.outward.waiting > 0;
        let is_known = peer.news & bit(EVENT_SESSION_CREATED) == 0;
        peer.ended = true;
        if tells && (waits || is_known) {
            peer.news |= bit(EVENT_SESSION_DESTROYED);
            self.push(Event { session, ..event(EVENT_SESSION_DESTROYED) });
        } else if !waits {
            // The other events about the session are stale from now on.
            self.stale.set(self.stale.get() + peer.news.count_ones() as usize);
            peers.remove(&session);
            self.sweep(&peers);
        }
    }

    /// Removes the stale events, if they are the greater part.
    fn sweep(&self, peers: &HashMap<Session, Peer>) {
        let mut events = self.events.borrow_mut();
        if self.stale.get() > SWEEP && self.stale.get() > events.len() / 2 {
            events.retain(|event| {
                !matches!(
                    event.kind,
                    EVENT_SESSION_CREATED | EVENT_SESSION_WRITABLE | EVENT_SESSION_DISCONNECT
                ) || peers.contains_key(&event.session)
            });
            self.stale.set(0);
        }
    }

    /// Tells that a timer is due. One event of each timer waits at a time.
    pub fn timer(&self, timer: Timer, token: u64) {
        if self.due.borrow_mut().insert(timer.bits, ()).is_none() {
            self.push(Event { timer, token, ..event(EVENT_TIMER) });
        }
    }

    /// Puts an event into the queue when this instance has ended.
    pub fn expect_end(&self, instance: Instance) {
        let mut ending = self.ending.borrow_mut();
        if !ending.contains(&instance) {
            ending.push(instance);
        }
    }

    /// Takes the oldest events, at most `most` of them, and gives each to `give`. Their messages carry references that are
    /// plugin zero's to release. Sessions that had to wait then go on, if there is room.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`.
    pub fn fetch(&self, host: &Host, most: usize, mut give: impl FnMut(Event)) -> Result<(), Error> {
        let calls = host.calls()?;
        self.tell_ends(host);
        for _ in 0..most {
            match self.next(&calls) {
                Some(event) => give(event),
                None => break,
            }
        }
        self.relieve(&calls);
        Ok(())
    }

    /// Tells which of the awaited instances have ended.
    fn tell_ends(&self, host: &Host) {
        self.ending.borrow_mut().retain(|instance| {
            let lives = host.receipt(*instance).is_ok_and(|receipt| receipt.outcome == OUTCOME_LIVE);
            if !lives {
                self.push(Event { instance: *instance, ..event(EVENT_UNLOADED) });
            }
            lives
        });
    }

    fn next(&self, calls: &Calls<'_>) -> Option<Event> {
        loop {
            let event = self.events.borrow_mut().pop_front()?;
            match event.kind {
                EVENT_TIMER => {
                    self.due.borrow_mut().remove(&event.timer.bits);
                }
                EVENT_UNLOADED => {}
                _ if !self.forget(calls, &event) => {
                    self.stale.set(self.stale.get() - 1);
                    continue;
                }
                _ => {}
            }
            return Some(event);
        }
    }

    /// Counts an event of a session as fetched; `false` if the event is stale.
    fn forget(&self, calls: &Calls<'_>, event: &Event) -> bool {
        let mut peers = self.peers.borrow_mut();
        let Some(peer) = peers.get_mut(&event.session) else { return false };
        let mut relieved = self.relieved.borrow_mut();
        let session = event.session;
        match event.kind {
            EVENT_MESSAGE_IN if peer.inward.give_back(self.capacity) => {
                relieved.push(Relief::Inward(session))
            }
            EVENT_MESSAGE_IN => {}
            EVENT_SESSION_SEND | EVENT_RESULT | EVENT_EXCEPTION | EVENT_DONE => {
                if peer.outward.give_back(self.capacity) {
                    relieved.push(Relief::Outward(session));
                }
            }
            kind => peer.news &= !bit(kind),
        }
        if peer.is_over() {
            peers.remove(&session);
        }
        if event.kind == EVENT_MESSAGE_IN && self.room.give_back(calls, Class::of(calls, event.message)) {
            for (session, peer) in peers.iter_mut().filter(|(_, peer)| peer.crowded) {
                peer.crowded = false;
                relieved.push(Relief::Inward(*session));
            }
        }
        if event.message != Message::default() {
            // Others who hold it may have read it meanwhile. It can only be gone already.
            let _ = calls.rewind(event.message);
        }
        true
    }

    /// Lets sessions go on that there is room for.
    fn relieve(&self, calls: &Calls<'_>) {
        loop {
            let Some(relief) = self.relieved.borrow_mut().pop() else { return };
            let may = |session: &Session, is_kept: fn(&Peer) -> bool| {
                self.peers.borrow().get(session).is_some_and(|peer| !peer.ended && !is_kept(peer))
            };
            match relief {
                Relief::Inward(session) if may(&session, Peer::is_paused) => pause(calls, session, false),
                Relief::Outward(session) if may(&session, |peer| peer.outward.full) => {
                    // It runs callbacks. Only a session that has ended refuses.
                    let _ = calls.resume(session);
                }
                _ => {}
            }
        }
    }
}

fn pause(calls: &Calls<'_>, session: Session, paused: bool) {
    // Only a session that has ended refuses, and nothing comes in on it any more.
    let _ = calls.pause(session, paused);
}
