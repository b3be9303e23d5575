//! Timers of the application.

use std::ptr::null_mut;
use std::time::Duration;

use pintle_abi_core::{Timer, status};

use super::Calls;
use crate::application;
use crate::error::Error;

impl Calls<'_> {
    /// Has [`Application::timer`](crate::Application::timer) called after `delay`, then every `period`; without a period,
    /// once.
    ///
    /// # Errors
    /// `E_STATE`: the host has no application. `E_ARGUMENT`: a time too long. `E_CAPACITY`: too many timers.
    pub fn start_timer(&self, delay: Duration, period: Option<Duration>) -> Result<Timer, Error> {
        if self.seat.is_none() {
            return Err(Error::plain(status::E_STATE));
        }
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (delay, period) = (nanoseconds(delay), period.map_or(0, |period| nanoseconds(period).max(1)));
        let mut timer = Timer::default();
        call!(
            self,
            executor.start_timer(delay, period, Some(application::timer), null_mut(), &raw mut timer)
        )?;
        Ok(timer)
    }

    /// Cancels a timer: its callback is not called again. A timer without a period ends when it has run.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn cancel_timer(&self, timer: Timer) -> Result<(), Error> {
        call!(self, executor.cancel_timer(timer))
    }
}
