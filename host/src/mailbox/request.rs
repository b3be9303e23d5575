//! Replies that wait for the application, by request.

use std::collections::VecDeque;

use pintle_abi_core::{Message, Session, status};

use super::{Mailbox, News};
use crate::application::{Answer, Outcome};
use crate::calls::Calls;
use crate::error::Error;

/// One reply to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A result. It carries a reference that is plugin zero's to release.
    Result(Message),
    /// The request failed, with the service's code and text.
    Exception(i32, String),
    /// The request is over, with `OK`, `E_CANCELLED`, or the status that the handler returned.
    Done(i32),
}

/// What waits for one request.
pub(super) struct Replies {
    session: Session,
    waiting: VecDeque<Reply>,
    /// The session was told to wait.
    full: bool,
    done: bool,
    forgotten: bool,
}

impl Replies {
    fn new(session: Session, waiting: VecDeque<Reply>) -> Self {
        Self { session, waiting, full: false, done: false, forgotten: false }
    }
}

impl Mailbox {
    /// Asks a service on a session that the application created. `ask` makes the call, with the number that the request
    /// goes by; a fast one is answered inside it.
    ///
    /// # Errors
    /// Those of `ask`.
    pub fn request(
        &self,
        session: Session,
        ask: impl FnOnce(u64) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let number = self.last_request.get() + 1;
        self.last_request.set(number);
        let waiting = self.spare.take().unwrap_or_default();
        self.requests.borrow_mut().insert(number, Replies::new(session, waiting));
        match ask(number) {
            Ok(()) => Ok(number),
            Err(error) => {
                self.requests.borrow_mut().remove(&number);
                Err(error)
            }
        }
    }

    /// Keeps an answer: for [`Application::session_result`](crate::Application::session_result).
    ///
    /// # Errors
    /// `E_CAPACITY`: the message has too many references. `E_AGAIN`: there is no room, and the session waits.
    pub fn answer(&self, calls: &Calls<'_>, session: Session, number: u64, outcome: Outcome) -> Answer {
        let fills = {
            let mut requests = self.requests.borrow_mut();
            let Some(replies) = requests.get_mut(&number) else { return Ok(()) };
            if replies.forgotten {
                if matches!(outcome, Outcome::Done(_)) {
                    requests.remove(&number);
                }
                return Ok(());
            }
            let is_full = replies.full && replies.waiting.len() >= self.capacity;
            if is_full && matches!(outcome, Outcome::Result(_)) {
                // The application let the session go on before there was room. The answer suspends it again.
                return Err(status::E_AGAIN);
            }
            // None of these calls runs a callback.
            let reply = match outcome {
                Outcome::Result(message) => {
                    calls.retain(message).map_err(|error| error.code)?;
                    Reply::Result(message)
                }
                Outcome::Exception(code, text) => {
                    let text = calls.bytes(text).unwrap_or_default();
                    Reply::Exception(code, String::from_utf8_lossy(&text).into_owned())
                }
                Outcome::Done(code) => Reply::Done(code),
            };
            replies.done |= matches!(reply, Reply::Done(_));
            replies.waiting.push_back(reply);
            if replies.waiting.len() == 1 {
                self.tell(News::Request(number));
            }
            let fills = !replies.full && !replies.done && replies.waiting.len() >= self.capacity;
            replies.full |= fills;
            fills
        };
        if fills {
            self.rest(calls, session);
        }
        Ok(())
    }

    /// Resumes a session that was paused because too many results of a request waited, if half of them are about to be taken,
    /// as [`make_room`](Self::make_room) does for messages.
    pub fn make_room_for_replies(&self, calls: &Calls<'_>, number: u64) {
        let rested = {
            let mut requests = self.requests.borrow_mut();
            let Some(replies) = requests.get_mut(&number) else { return };
            let has_room = replies.full && replies.waiting.len() <= self.capacity / 2 + 1;
            replies.full &= !has_room;
            has_room.then_some(replies.session)
        };
        if let Some(session) = rested {
            self.go_on(calls, session);
        }
    }

    /// Takes the oldest reply to a request. Nothing comes after `Done`.
    ///
    /// [Makes room](Self::make_room_for_replies) first.
    pub fn reply(&self, calls: &Calls<'_>, number: u64) -> Option<Reply> {
        self.make_room_for_replies(calls, number);
        let mut requests = self.requests.borrow_mut();
        let replies = requests.get_mut(&number)?;
        let reply = replies.waiting.pop_front();
        if let Some(Reply::Done(_)) = reply {
            // No reply follows the end, so its entry is removed.
            self.spare.set(requests.remove(&number).map(|over| over.waiting));
        }
        reply
    }

    /// Whether all replies to a request have come, fetched or not.
    #[must_use]
    pub fn is_done(&self, number: u64) -> bool {
        self.requests.borrow().get(&number).is_none_or(|replies| replies.done)
    }

    /// Drops the replies to a request that wait and those that will come. The request goes on.
    pub fn forget(&self, calls: &Calls<'_>, number: u64) {
        let (dropped, rested) = {
            let mut requests = self.requests.borrow_mut();
            let Some(replies) = requests.get_mut(&number) else { return };
            replies.forgotten = true;
            let rested = std::mem::take(&mut replies.full).then_some(replies.session);
            let dropped = std::mem::take(&mut replies.waiting);
            if replies.done {
                requests.remove(&number);
            }
            (dropped, rested)
        };
        for reply in dropped {
            if let Reply::Result(message) = reply {
                // The release fails only if the message is released already.
                let _ = calls.release(message);
            }
        }
        if let Some(session) = rested {
            self.go_on(calls, session);
        }
    }

    /// Ends the requests of a session that has ended: the kernel says nothing more of them.
    pub(super) fn end_requests(&self, session: Session, code: i32) {
        let mut requests = self.requests.borrow_mut();
        requests.retain(|_, replies| replies.session != session || !replies.forgotten);
        for (number, replies) in requests.iter_mut().filter(|(_, it)| it.session == session && !it.done) {
            replies.done = true;
            replies.waiting.push_back(Reply::Done(code));
            if replies.waiting.len() == 1 {
                self.tell(News::Request(*number));
            }
        }
    }

    /// Cancels a request that is not done.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: it is done; the errors of handles.
    pub fn cancel(&self, calls: &Calls<'_>, number: u64) -> Result<(), Error> {
        let session =
            self.requests.borrow().get(&number).filter(|replies| !replies.done).map(|it| it.session);
        let Some(session) = session else { return Err(Error::plain(status::E_NOT_FOUND)) };
        calls.cancel(session, number)
    }
}
