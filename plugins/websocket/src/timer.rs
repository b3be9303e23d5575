//! What happens later: rounds in the next turn, trying again, deadlines and pings.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use pintle_sdk::{Host, Message, Timer, debug, warn};
use tungstenite::protocol::frame::coding::CloseCode;

use crate::{link::Stall, transport::Transport};

/// How long closing may take when the instance is asked to stop.
pub(crate) const STOP: Duration = Duration::from_millis(500);
/// Time between two looks at deadlines and pings.
const TICK: Duration = Duration::from_millis(250);
/// Time after which a host that was out of memory is asked again.
const RETRY: Duration = Duration::from_millis(2);

/// The timer that is started. There is none while there are no connections.
#[derive(Default)]
pub(crate) struct Clock {
    /// Links that go on in the next turn.
    next: BTreeSet<usize>,
    /// The task for them is submitted.
    submitted: bool,
    /// The timer for links that wait for memory.
    retry: Option<Timer>,
    tick: Option<Timer>,
}

impl Transport {
    /// Goes on with a link in the next turn.
    pub(crate) fn soon(&self, host: &Host, key: usize) {
        let mut state = self.state.borrow_mut();
        state.clock.next.insert(key);
        if state.clock.submitted {
            return;
        }
        drop(state);
        let run = |transport: &Self, host: &Host, _, _: Option<&mut Message<'_>>| {
            transport.state.borrow_mut().clock.submitted = false;
            transport.go_on(host);
            Ok(())
        };
        match host.executor().submit(run, 0, None) {
            Ok(()) => self.state.borrow_mut().clock.submitted = true,
            // The next tick takes them up.
            Err(error) => debug!(host, "no task is free: {error}"),
        }
    }

    fn go_on(&self, host: &Host) {
        let next = std::mem::take(&mut self.state.borrow_mut().clock.next);
        for key in next {
            self.pump(host, key);
        }
    }

    /// Asks the host again in a moment for what it had no memory for.
    pub(crate) fn retry_later(&self, host: &Host) {
        if self.state.borrow().clock.retry.is_some() {
            return;
        }
        let run = |transport: &Self, host: &Host, _, _| {
            transport.state.borrow_mut().clock.retry = None;
            transport.retry(host);
            Ok(())
        };
        match host.executor().start_timer(RETRY, Duration::ZERO, run, 0) {
            Ok(timer) => self.state.borrow_mut().clock.retry = Some(timer),
            // The next tick does it.
            Err(error) => debug!(host, "no timer is free: {error}"),
        }
    }

    fn retry(&self, host: &Host) {
        for key in self.keys(|link| link.stall == Stall::Memory) {
            self.link(key, |link| link.stall = Stall::None);
            self.pump(host, key);
        }
    }

    /// Lets the clock tick as long as there is something to look after.
    pub(crate) fn tick(&self, host: &Host) {
        if self.state.borrow().clock.tick.is_some() {
            return;
        }
        let run = |transport: &Self, host: &Host, _, _| {
            transport.look(host);
            Ok(())
        };
        match host.executor().start_timer(TICK, TICK, run, 0) {
            Ok(timer) => self.state.borrow_mut().clock.tick = Some(timer),
            Err(error) => warn!(host, "without a timer, handshakes have no limit for now: {error}"),
        }
    }

    fn look(&self, host: &Host) {
        let now = Instant::now();
        for key in self.keys(|_| true) {
            if self.link(key, |link| link.expire(now)) == Some(true) {
                debug!(host, "a handshake took too long");
            }
            if self.link(key, |link| link.ping(now, &self.config)) == Some(false) {
                self.end(host, key, CloseCode::Away, "pings were not answered");
            }
            self.settle(host, key);
        }
        self.retry(host);
        self.go_on(host);
        self.welcome(host);
        self.stop_clock(host);
    }

    /// Stops the clock if there is nothing to look after any more.
    pub(crate) fn stop_clock(&self, host: &Host) {
        let mut state = self.state.borrow_mut();
        if !state.links.is_empty() || state.listeners.iter().any(|(_, one)| one.rests) {
            return;
        }
        let timers = [state.clock.retry.take(), state.clock.tick.take()];
        drop(state);
        for timer in timers.into_iter().flatten() {
            // It is there, as it was kept.
            let _ = host.executor().cancel_timer(timer);
        }
    }
}
