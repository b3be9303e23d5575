//! Which instance is inside which callback: read for crash reports by a signal handler or another thread.

use crate::base::domain::COOPERATIVE;
use crate::base::trace::{crossing_name, word_instance};
use crate::kernel::Kernel;
use crate::object::instance::NAME_MAX;

impl Kernel {
    fn show(&self, word: u32, visit: &mut impl FnMut(&str, &str)) {
        let index = word_instance(word);
        if word != 0 && index < self.instances.length() {
            let mut buffer = [0; NAME_MAX];
            visit(self.instance(index).name_now(&mut buffer), crossing_name(word as u8));
        }
    }

    /// The crossings that run on the kernel thread, innermost first, each as instance and callback. Callable from a
    /// signal handler: it only reads.
    pub fn running(&self, mut visit: impl FnMut(&str, &str)) {
        for frame in self.frames.running() {
            self.show(frame.word(), &mut visit);
        }
    }

    /// The crossings that run on workers. As [`running`](Self::running).
    pub fn working(&self, mut visit: impl FnMut(&str, &str)) {
        self.workers.each_crossing(|word| self.show(word, &mut visit));
    }

    /// The last crossings, newest first, at most [`RING`](crate::RING). As [`running`](Self::running).
    pub fn recent(&self, mut visit: impl FnMut(&str, &str)) {
        for word in self.trace.recent() {
            self.show(word, &mut visit);
        }
    }

    /// How many crossings have begun on the kernel thread: the lowest byte of it. As [`running`](Self::running).
    pub fn crossings(&self) -> u8 {
        self.trace.count()
    }

    /// What the calling thread is inside, for a signal handler: instance and callback.
    pub fn inside(&self, mut visit: impl FnMut(&str, &str)) {
        let thread = self.this_thread();
        let is_aside = self.thread.is_aside();
        if self.thread.is_home(thread) && !is_aside {
            let mut first = true;
            self.running(|plugin, kind| {
                if core::mem::take(&mut first) {
                    visit(plugin, kind);
                }
            });
        } else if let Some(worker) = self.workers.find_in(if is_aside { COOPERATIVE } else { thread }) {
            self.show(self.workers.crossing(worker), &mut visit);
        }
    }
}
