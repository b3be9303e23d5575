//! Reporting that a watched fd is ready, and ending watches.

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::base::answer::needs;
use crate::base::features::IO;
use crate::base::trace;
use crate::dispatch::turn::Turning;
use crate::kernel::Kernel;
use crate::object::instance::Instance;

impl Kernel {
    pub(crate) fn end_watch(&self, index: u32) {
        let platform = self.shared.platform();
        if let Some(close) = platform.unwatch {
            // SAFETY: the platform's own function and context.
            unsafe { close(platform.context, self.watches.at(index).fd()) };
        }
        self.watches.end(index);
    }

    /// The platform has learnt that the fd of a watch was closed, because another watch has begun with its number. From here on
    /// the watch names no fd (-1) and is never ready. On the kernel thread.
    pub fn lose(&self, watch: u64) {
        if IO && let Ok(index) = self.watches.find(abi::Watch { bits: watch }) {
            self.watches.at(index).lose();
        }
    }

    /// Ends all watches of an instance; how many.
    pub(crate) fn end_watches_of(&self, instance: &Instance) -> u32 {
        let mut ended = 0;
        if !IO {
            return ended;
        }
        for index in self.watches.live() {
            if self.watches.at(index).instance() == instance.index() {
                self.end_watch(index);
                ended += 1;
            }
        }
        ended
    }

    /// Delivers readiness that the platform saw for a watch, named by the number that it was given with. A watch that
    /// has ended meanwhile is passed over.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`, `E_REENTRANT`. `E_UNSUPPORTED`: the kernel was built without `pintle.io/1`.
    pub fn ready(&self, watch: u64, ready: u32) -> Result<(), i32> {
        needs(IO)?;
        self.on_kernel_thread()?;
        self.at_depth_zero()?;
        // A turn follows.
        let _turning = Turning::begin(self).ok_or(status::E_REENTRANT)?;
        let handle = abi::Watch { bits: watch };
        self.take_outbox();
        let Ok(index) = self.watches.find(handle) else {
            return Ok(());
        };
        let watch = self.watches.at(index);
        let instance = self.instance(watch.instance());
        let (run, data) = watch.run();
        if let Some(run) = run.filter(|_| instance.is_live()) {
            let _dispatch = self.dispatch();
            // SAFETY: the instance's own function with its own pointer and data.
            self.tell(instance, trace::WATCH, |plugin| unsafe { run(plugin, data, handle, ready) });
        }
        Ok(())
    }
}
