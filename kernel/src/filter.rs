//! Filter chains: everything that comes in or goes out of a session passes them.

use pintle_abi_core::{Session, rules::callback, status};

use crate::guard::{Answer, KERNEL};
use crate::kernel::Kernel;
use crate::plugin::{Record, ZERO};
use crate::slab::NIL;

impl Kernel {
    /// Passes a pinned message through `message_in` of all but the owner, plugin zero last.
    #[inline(always)]
    pub(crate) fn filter_in(&self, session: u32, handle: Session, channel: u32, message: &mut u32) -> Answer {
        let newest = self.born.get();
        let owner = self.sessions.at(session).owner.get();
        let mut index = self.zero_record().next.get();
        while index != NIL {
            let record = self.record(index);
            if record.born.get() <= newest && index != owner {
                self.filter(record, callback::MESSAGE_IN, handle, channel, message)?;
            }
            index = record.next.get();
        }
        if owner == ZERO {
            return Ok(());
        }
        self.filter(self.zero_record(), callback::MESSAGE_IN, handle, channel, message)
    }

    /// Passes a pinned message through `message_out` of all but the owner, plugin zero first.
    #[inline(always)]
    pub(crate) fn filter_out(
        &self,
        session: u32,
        handle: Session,
        channel: u32,
        message: &mut u32,
    ) -> Answer {
        let newest = self.born.get();
        let owner = self.sessions.at(session).owner.get();
        if owner != ZERO {
            self.filter(self.zero_record(), callback::MESSAGE_OUT, handle, channel, message)?;
        }
        let mut index = self.last.get();
        while index != ZERO {
            let record = self.record(index);
            if record.born.get() <= newest && index != owner {
                self.filter(record, callback::MESSAGE_OUT, handle, channel, message)?;
            }
            index = record.previous.get();
        }
        Ok(())
    }

    #[inline(always)]
    fn filter(&self, record: &Record, place: u8, handle: Session, channel: u32, message: &mut u32) -> Answer {
        let callbacks = record.callbacks();
        let run = if place == callback::MESSAGE_IN { callbacks.message_in } else { callbacks.message_out };
        let Some(run) = run else {
            return Ok(());
        };
        if !record.hears(place) {
            return Ok(());
        }
        self.messages.at(*message).position.set(0);
        let shown = self.messages.handle(*message);
        // SAFETY: the instance's own callback with its own pointer; nothing of the kernel is borrowed mutably.
        let (status, left) = self.cross_filtering(record, place, *message, |plugin| unsafe {
            run(plugin, handle, channel, shown)
        });
        if left != *message {
            self.unpin(KERNEL, *message);
            *message = left;
        }
        self.messages.at(left).seal();
        if status != status::OK {
            return Err(status);
        }
        if self.sessions.find(handle).is_err() { Err(status::E_STALE) } else { Ok(()) }
    }
}
