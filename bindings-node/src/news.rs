//! The news that JavaScript is given at the end of each call and turn: lines of the log, and changes that it awaits.

use std::cell::{Cell, RefCell};

use pintle_host::abi::{Instance, LOG_WARN, OUTCOME_LIVE};
use pintle_host::{Host, LogQueue, WrittenLine, mailbox};

use crate::application::{Desk, Event};
use crate::{plugin, value};

/// The sources of news.
pub(crate) struct News {
    log: LogQueue,
    /// Whether JavaScript awaits messages or replies.
    expected: Cell<bool>,
    /// Instances whose end JavaScript awaits.
    unloading: RefCell<Vec<(Instance, String)>>,
}

impl News {
    pub(crate) fn new(log: LogQueue) -> Self {
        Self { log, expected: Cell::new(false), unloading: RefCell::default() }
    }

    /// Whether arrivals are news.
    pub(crate) fn expect(&self, expected: bool) {
        self.expected.set(expected);
    }

    /// Makes the end of an instance news.
    pub(crate) fn expect_end(&self, instance: Instance, name: String) {
        if !self.expects_end(instance) {
            self.unloading.borrow_mut().push((instance, name));
        }
    }

    /// Whether the end of an instance is still awaited.
    pub(crate) fn expects_end(&self, instance: Instance) -> bool {
        self.unloading.borrow().iter().any(|(other, _)| *other == instance)
    }

    /// Tells all that there is by now. Costs next to nothing if that is nothing.
    pub(crate) fn tell(&self, desk: &Desk, host: &Host) {
        if !self.log.is_empty() {
            self.tell_lines(desk);
        }
        if desk.mailbox.has_news() {
            self.tell_arrivals(desk);
        }
        if !self.unloading.borrow().is_empty() {
            self.tell_ends(desk, host);
        }
        if !self.log.is_empty() || desk.mailbox.has_news() {
            // The callbacks caused more news. They are given in another turn, because this one might never end otherwise.
            host.waker().wake();
        }
    }

    #[cold]
    fn tell_lines(&self, desk: &Desk) {
        let (mut lines, lost) = self.log.take();
        if lost > 0 {
            let text = format!("{lost} lines were lost: they came faster than they could be written");
            lines.push(WrittenLine { level: LOG_WARN, plugin: String::new(), target: String::new(), text });
        }
        for line in lines {
            // An exception of a log function is kept as that of any callback; its result is ignored.
            let _ = desk.tell(Event::Log, |env| {
                Ok([
                    value::of(env, line.level)?,
                    value::of(env, line.plugin)?,
                    value::of(env, line.target)?,
                    value::of(env, line.text)?,
                ])
            });
        }
    }

    #[cold]
    fn tell_arrivals(&self, desk: &Desk) {
        let news = desk.mailbox.news();
        if !self.expected.get() {
            return;
        }
        for news in news {
            let _ = desk.tell(Event::Arrived, |env| {
                Ok([match news {
                    mailbox::News::Session(session) => value::of(env, session.bits)?,
                    mailbox::News::Request(number) => value::of(env, number as f64)?,
                }])
            });
        }
    }

    #[cold]
    fn tell_ends(&self, desk: &Desk, host: &Host) {
        let mut ended = Vec::new();
        self.unloading.borrow_mut().retain(|(instance, name)| {
            let receipt = host.receipt(*instance).ok().filter(|receipt| receipt.outcome != OUTCOME_LIVE);
            let lives = receipt.is_none();
            ended.extend(receipt.map(|receipt| (*instance, name.clone(), receipt)));
            lives
        });
        for (instance, name, receipt) in ended {
            let _ = desk.tell(Event::Unloaded, |env| plugin::ended(env, instance, &name, &receipt));
        }
    }
}
