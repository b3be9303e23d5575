//! Results on their way to the asker: passed on, held back, or posted by a worker.
//!
//! They queue through links in their own slots, so that a queue is never full: a result through its message's, the
//! end of a request through the request's.

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{RESULT_DONE, RESULT_EXCEPTION, RESULT_RESULT, ResultInfo, TRAFFIC_RESULT, status};

use crate::base::answer::{Answer, check};
use crate::base::cell::Counter;
use crate::base::features::SERVICES;
use crate::base::lock::{Locked, RESULTS};
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::message::{Access, Message};
use crate::object::request::State;
use crate::object::worker::{REQUEST, TASK};

/// What became of a result.
enum Delivery {
    /// Delivered, consumed or refused.
    Over(Answer),
    /// The owner is full, and the session lives.
    Full,
}

impl Kernel {
    /// Where a queue of messages, requests and tasks finds its links.
    pub(crate) fn node_link<'k>(&'k self) -> impl Fn(u32) -> &'k Counter {
        move |node| self.link_of(node)
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn link_of(&self, node: u32) -> &Counter {
        if SERVICES && node & REQUEST != 0 {
            self.requests.at(node & !REQUEST).link()
        } else if node & TASK != 0 {
            self.executor.at(node & !TASK).link()
        } else {
            self.messages.at(node).result_link()
        }
    }

    /// `service->result` on the kernel thread: to the asker now, or later. The caller's reference is spent only if all
    /// goes well.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn give_result(&self, caller: &Caller<'_>, request: u32, message_index: u32) -> Answer {
        let _dispatch = self.dispatch();
        let session = self.requests.at(request).session();
        if !self.sessions.at(session).is_flowing() {
            let taken = self.take_result(caller, request, message_index)?;
            self.hold_back(request, session, taken);
            return Ok(());
        }
        // Callbacks may end the request and free the message, and others may take their slots.
        let (handle, life) = (self.messages.handle(message_index), self.requests.at(request).life());
        let message = self.messages.at(message_index);
        message.lend();
        let mut current = message_index;
        if let Delivery::Over(answer) = self.deliver_result(request, session, &mut current) {
            self.unpin(Access::Kernel, current);
            answer?;
            self.spend_result(caller, request, life, handle);
            return Ok(());
        }
        if current == message_index {
            self.unpin(Access::Kernel, message_index);
            current = self.take_result(caller, request, message_index)?;
        } else {
            self.spend_result(caller, request, life, handle);
        }
        self.hold_filtered(request, session, current);
        Ok(())
    }

    /// What a worker posted: to the asker now, or later.
    fn pass_result(&self, request_index: u32, mut message: u32) -> Answer {
        let request = self.requests.at(request_index);
        let session = request.session();
        if request.is_cancelled() || self.sessions.find(request.session_handle()).is_err() {
            self.unpin(Access::Kernel, message);
            return Ok(());
        }
        if !self.sessions.at(session).is_flowing() {
            self.hold_back(request_index, session, message);
            return Ok(());
        }
        let delivered = self.deliver_result(request_index, session, &mut message);
        self.settle_delivery(request_index, session, message, delivered)
    }

    /// After the delivery of a result that only the kernel has.
    fn settle_delivery(&self, request: u32, session: u32, message: u32, delivered: Delivery) -> Answer {
        match delivered {
            Delivery::Over(answer) => {
                self.unpin(Access::Kernel, message);
                answer
            }
            Delivery::Full => {
                self.hold_filtered(request, session, message);
                Ok(())
            }
        }
    }

    /// Filters and delivers one pinned result.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn deliver_result(&self, request_index: u32, session: u32, current: &mut u32) -> Delivery {
        let request = self.requests.at(request_index);
        let handle = request.session_handle();
        let life = request.life();
        if !self.messages.at(*current).take_filtered() {
            match self.filter_out(session, || self.traffic(request_index, TRAFFIC_RESULT), current) {
                Ok(()) if request.life() != life => return Delivery::Over(Err(status::E_STALE)),
                Ok(()) => {}
                Err(status::CONSUMED) => return Delivery::Over(Ok(())),
                refused => return Delivery::Over(refused),
            }
        }
        let (message, shown) = (self.messages.at(*current), self.messages.handle(*current));
        let info = self.requests.result_info(request_index, RESULT_RESULT, status::OK, shown);
        let status = self.tell_owner(session, &info, Some(message));
        if status != status::E_AGAIN {
            return Delivery::Over(check(status));
        }
        // Nothing comes after the end of its request, or of the session.
        let has_ended = request.life() != life || self.sessions.find(handle).is_err();
        if has_ended { Delivery::Over(Ok(())) } else { Delivery::Full }
    }

    fn hold_back(&self, request: u32, session: u32, message: u32) {
        self.messages.at(message).carry_result(request);
        self.sessions.at(session).hold(message, self.node_link());
    }

    /// The owner was full: this is the first that it gets when it resumes.
    fn hold_filtered(&self, request: u32, session: u32, message_index: u32) {
        let message = self.messages.at(message_index);
        message.mark_filtered();
        message.carry_result(request);
        self.hold_refused(session, message_index);
    }

    fn hold_refused(&self, session: u32, node: u32) {
        self.sessions.at(session).hold_refused(node, self.node_link());
        self.update_ready(session);
    }

    /// Tells the asker of a result, which it reads from the beginning, or of an end.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn tell_owner(&self, session: u32, info: &ResultInfo, message: Option<&Message>) -> i32 {
        let owner = self.instance(self.sessions.at(session).owner());
        if !owner.is_live() {
            return status::OK;
        }
        let Some(run) = owner.callbacks().session_result else {
            return status::OK;
        };
        let call = |plugin| {
            if let Some(message) = message {
                message.rewind();
            }
            // SAFETY: the owner's own callback with its own pointer; `info` outlives the call.
            unsafe { run(plugin, info) }
        };
        self.cross(owner, callback::SESSION_RESULT, call)
    }

    /// The end of a request: to the asker now, or later; then its slot is free.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn pass_end(&self, request_index: u32) {
        let request = self.requests.at(request_index);
        let session = request.session();
        if self.sessions.find(request.session_handle()).is_err() {
            self.requests.free(request_index);
        } else if self.sessions.at(session).is_flowing() {
            self.deliver_end(request_index, session);
        } else {
            self.sessions.at(session).hold(request_index | REQUEST, self.node_link());
        }
    }

    fn deliver_end(&self, request_index: u32, session: u32) {
        let request = self.requests.at(request_index);
        let handle = request.session_handle();
        if request.owes_exception() {
            if self.tell_exception(request_index, session) == status::E_AGAIN
                && self.sessions.find(handle).is_ok()
            {
                return self.hold_refused(session, request_index | REQUEST);
            }
            request.note_exception_told();
        }
        if self.sessions.find(handle).is_ok() {
            let info = self.requests.result_info(
                request_index,
                RESULT_DONE,
                request.status(),
                abi::Message::default(),
            );
            let status = self.tell_owner(session, &info, None);
            if status == status::E_AGAIN && self.sessions.find(handle).is_ok() {
                return self.hold_refused(session, request_index | REQUEST);
            }
        }
        self.requests.free(request_index);
    }

    /// Delivers an exception, with its text if there is a message for it.
    #[cold]
    fn tell_exception(&self, request_index: u32, session: u32) -> i32 {
        let request = self.requests.at(request_index);
        // SAFETY: it is over, and nothing runs before the text is copied.
        let (code, text) = unsafe { request.exception() };
        let message = if text.is_empty() { None } else { self.text_message(text) };
        let shown = message.map_or(abi::Message::default(), |index| self.messages.handle(index));
        let info = self.requests.result_info(request_index, RESULT_EXCEPTION, code, shown);
        let status = self.tell_owner(session, &info, None);
        if let Some(index) = message {
            self.unpin(Access::Kernel, index);
        }
        status
    }

    /// Delivers what was held back until the owner is full again.
    pub(crate) fn deliver_held(&self, session_index: u32) {
        let session = self.sessions.at(session_index);
        let handle = self.sessions.handle(session_index);
        while SERVICES
            && !session.is_suspended()
            && self.sessions.find(handle).is_ok()
            && let Some(node) = session.pop_held(self.node_link())
        {
            if node & REQUEST == 0 {
                let request = self.messages.at(node).request();
                let mut message = node;
                let delivered = self.deliver_result(request, session_index, &mut message);
                let refused = self.settle_delivery(request, session_index, message, delivered);
                self.note_refusal(request, refused);
            } else {
                self.deliver_end(node & !REQUEST, session_index);
            }
        }
    }

    /// Drops what was held back for a session that has ended.
    pub(crate) fn drop_held(&self, session_index: u32) {
        let session = self.sessions.at(session_index);
        while SERVICES && let Some(node) = session.pop_held(self.node_link()) {
            if node & REQUEST == 0 {
                self.unpin(Access::Kernel, node)
            } else {
                self.requests.free(node & !REQUEST)
            }
        }
    }

    /// Posts a result of a request that a worker runs, or has returned from: that return stays behind all results.
    pub(crate) fn post_result(&self, locked: &mut Locked<'_>, request: u32, message: u32) {
        self.messages.at(message).carry_result(request);
        // Only the kernel thread answers for a request that has returned. So this is the kernel thread, which may
        // change the queue of what has arrived.
        let has_returned = self.requests.at(request).state() == State::Returned;
        if has_returned {
            self.workers.take_back(locked, request | REQUEST, self.node_link());
        }
        self.post(locked, message);
        if has_returned {
            self.post_end(locked, request);
        }
    }

    /// Posts that a worker is through with a request.
    pub(crate) fn post_end(&self, locked: &Locked<'_>, request: u32) {
        self.post(locked, request | REQUEST);
    }

    /// Posts that a worker is through with a task.
    pub(crate) fn post_task_end(&self, locked: &Locked<'_>, task: u32) {
        self.post(locked, task | TASK);
    }

    fn post(&self, locked: &Locked<'_>, node: u32) {
        self.workers.post(locked, node, self.node_link());
    }

    /// Passes on what workers have posted.
    pub(crate) fn take_outbox(&self) {
        if self.shared.has(RESULTS) {
            self.workers.collect(&self.shared.lock(), self.node_link());
        }
        while let Some(node) = self.workers.next_arrived(self.node_link()) {
            let _dispatch = self.dispatch();
            if !SERVICES || node & TASK != 0 && node & REQUEST == 0 {
                self.task_came_back(node & !TASK);
            } else if node & REQUEST == 0 {
                let request = self.messages.at(node).request();
                let refused = self.pass_result(request, node);
                self.note_refusal(request, refused);
            } else {
                self.come_back(node & !REQUEST);
            }
        }
    }

    /// A worker is through with a request.
    fn come_back(&self, request_index: u32) {
        let request = self.requests.at(request_index);
        let instance = self.instance(request.instance());
        instance.drop_work(&self.shared.lock());
        self.dispatches.note_end();
        let (status, ran) = request.hear_of_return();
        if ran && !instance.is_abandoned() {
            instance.count_call();
        }
        if status == status::E_PANIC {
            self.poison(instance);
        }
        if status != status::PENDING {
            self.finish(request_index, if status::is_error(status) { status } else { status::OK });
        } else if instance.is_live() {
            self.handler_returned(request_index, status);
        } else {
            // The handler returned `PENDING`, but its instance is called no more: nobody could end the request
            // later.
            self.finish(request_index, instance.why_closed());
        }
    }

    fn note_refusal(&self, request: u32, refused: Answer) {
        if let Err(status) = refused {
            let instance = self.instance(self.requests.at(request).instance());
            self.warn_of(status, instance, ["a filter or the asker refused a result", "", "", ""]);
        }
    }
}
