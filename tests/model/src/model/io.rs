//! `pintle.io/1` on fds that nobody really has.

use pintle_abi_core::{
    IO_READABLE, IO_WRITABLE,
    status::{E_ARGUMENT, E_CAPACITY, E_EXISTS, E_NOT_OWNER, E_REENTRANT, E_WRONG_THREAD},
};

use super::{DONE, Model, Outcome, crossing::About};
use crate::{
    argument::Ref,
    crossing::Crossing,
    event::{Kind, Value},
};

/// A watch.
pub(super) struct Watch {
    pub(super) instance: usize,
    fd: u32,
    data: u8,
    pub(super) live: bool,
}

fn known(interest: u32) -> bool {
    interest & !(IO_READABLE | IO_WRITABLE) == 0
}

impl Model {
    pub(super) fn io_watch(
        &mut self,
        instance: usize,
        fd: u32,
        interest: u32,
        data: u8,
        null: bool,
    ) -> Outcome {
        if null || !known(interest) || interest == 0 {
            return Err(E_ARGUMENT);
        }
        if self.watches.iter().filter(|watch| watch.live).count() >= self.limits.watches as usize {
            return Err(E_CAPACITY);
        }
        if self.watches.iter().any(|watch| watch.live && watch.fd == fd) {
            return Err(E_EXISTS);
        }
        self.watches.push(Watch { instance, fd, data, live: true });
        Ok(vec![self.name(Kind::Watch, self.watches.len() - 1)])
    }

    fn own_watch(&self, instance: usize, watch: Ref) -> Result<usize, i32> {
        let watch = self.check(Kind::Watch, watch)?;
        if self.watches[watch].instance == instance { Ok(watch) } else { Err(E_NOT_OWNER) }
    }

    pub(super) fn io_change(&mut self, instance: usize, watch: Ref, interest: u32) -> Outcome {
        if !known(interest) {
            return Err(E_ARGUMENT);
        }
        self.own_watch(instance, watch)?;
        DONE
    }

    pub(super) fn io_unwatch(&mut self, instance: usize, watch: Ref) -> Outcome {
        let watch = self.own_watch(instance, watch)?;
        self.watches[watch].live = false;
        DONE
    }

    /// The host found an fd ready.
    pub(super) fn ready(&mut self, watch: Ref, ready: u32) -> Outcome {
        if self.on_worker() {
            return Err(E_WRONG_THREAD);
        }
        if self.dispatching > 0 {
            return Err(E_REENTRANT);
        }
        // The host knows only watches that were there before what is taken here.
        let watch = self.check(Kind::Watch, watch);
        self.take_posts();
        let Ok(watch) = watch else { return DONE };
        let Watch { instance, data, live, .. } = self.watches[watch];
        if live && self.hears(instance, Crossing::Watch) {
            let arguments = vec![
                Value::Number(i128::from(data)),
                self.name(Kind::Watch, watch),
                Value::Number(i128::from(ready)),
            ];
            let _ =
                self.dispatch(|model| model.cross(instance, Crossing::Watch, arguments, About::default()));
        }
        DONE
    }

    /// Ends the watches of an instance, and counts them.
    pub(super) fn drop_watches(&mut self, instance: usize) -> u32 {
        let mine = self.watches.iter_mut().filter(|watch| watch.live && watch.instance == instance);
        u32::try_from(mine.map(|watch| watch.live = false).count()).expect("few watches")
    }
}
