//! Slow requests and worker tasks, run on a worker's thread or by `poll` in its place.

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::status;

use crate::base::domain::{COOPERATIVE, Domain, KERNEL};
use crate::base::lock::Locked;
use crate::base::slab::NIL;
use crate::base::trace;
use crate::kernel::Kernel;
use crate::object::task::Work;
use crate::object::worker::Item;

impl Kernel {
    /// Runs one slow request or worker task, if one waits; whether one did. `worker` counts from 0 to below
    /// `Limits::workers`; each number is used by one thread at a time, which is not the kernel thread.
    pub fn work(&self, worker: u32) -> bool {
        if worker >= self.limits.workers {
            return false;
        }
        let thread = self.this_thread();
        self.workers.at(worker).enter(thread);
        let worked = self.run_item(worker, thread);
        self.workers.at(worker).leave();
        worked
    }

    /// Runs one item in place of a worker.
    pub(crate) fn work_cooperatively(&self) {
        self.thread.step_aside();
        self.run_item(0, COOPERATIVE);
        self.thread.come_back();
    }

    fn run_item(&self, worker: u32, domain: Domain) -> bool {
        // What an instance that is being created has submitted waits until that is over.
        let may_run = |item| match item {
            Item::Task(index) => !self.instance(self.executor.at(index).instance()).is_creating(),
            Item::Request(_) => true,
        };
        match self.workers.pop(&self.shared, self.node_link(), may_run) {
            None => return false,
            Some((locked, Item::Request(index))) => self.run_slow(locked, worker, domain, index),
            Some((locked, Item::Task(index))) => self.run_worker_task(locked, worker, domain, index),
        }
        true
    }

    fn run_slow(&self, locked: Locked<'_>, worker: u32, domain: Domain, index: u32) {
        let request = self.requests.at(index);
        let instance = self.instance(request.instance());
        let handler = request.begin_work(&locked, domain, instance.is_live());
        let message = request.payload();
        if message != NIL {
            self.messages.at(message).set_domain(domain);
            self.messages.at(message).rewind();
        }
        let info = self.request_info(index);
        let handle = self.requests.handle(index);
        drop(locked);
        let status = handler.map_or(status::E_CANCELLED, |run| {
            // SAFETY: the instance's own callback with its own pointer; `info` outlives the call.
            self.cross_on_worker(worker, instance, callback::SLOW_REQUEST, |plugin| unsafe {
                run(plugin, handle, &info)
            })
        });
        let error = status::is_error(status).then(|| self.error_of_worker(worker, instance));
        let said = error.as_ref().map_or("", |error| error.about(status));
        let locked = self.lock_when_released(self.workers.frame(worker));
        let message = request.payload();
        if message != NIL {
            self.messages.at(message).set_domain(KERNEL);
        }
        request.end_work(&locked, status, said);
        self.post_end(&locked, index);
    }

    fn run_worker_task(&self, locked: Locked<'_>, worker: u32, domain: Domain, index: u32) {
        let task = self.executor.at(index);
        let instance = self.instance(task.instance());
        instance.add_work(&locked);
        let Work { run, data, message, .. } = task.begin_work(&locked, instance.is_live());
        let shown = if message == NIL {
            abi::Message::default()
        } else {
            self.messages.at(message).set_domain(domain);
            if self.messages.give_to_crossing(instance, message) {
                self.messages.link_on_worker(&self.workers, worker, instance, message);
            }
            self.messages.handle(message)
        };
        drop(locked);
        let status = run.map_or(status::OK, |run| {
            // SAFETY: the instance's own function with its own pointer and data.
            self.cross_on_worker(worker, instance, trace::WORKER_TASK, |plugin| unsafe {
                run(plugin, data, shown)
            })
        });
        let locked = self.lock_when_released(self.workers.frame(worker));
        task.end_work(&locked, status);
        self.post_task_end(&locked, index);
    }
}
