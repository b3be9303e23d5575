//! Services.

use core::fmt;

use pintle_abi_core as abi;

use crate::host::call;
use crate::{Host, Message, Request, Result, text};

/// Services: `host.service()`.
///
/// Errors common to all that take a request: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_WRONG_THREAD`, and
/// `E_NOT_OWNER`: the request is for another plugin's service.
#[derive(Clone, Copy, Debug)]
pub struct Services<'h>(pub(crate) &'h Host);

impl Host {
    /// Services.
    #[must_use]
    pub const fn service(&self) -> Services<'_> {
        Services(self)
    }
}

impl Services<'_> {
    /// Offers a service that the descriptor announces; the request ids in `slow` are slow, all others fast. Kernel
    /// thread.
    ///
    /// # Errors
    /// `E_PERMISSION`: not announced. `E_EXISTS`: another plugin offers it. `E_CAPACITY`: too many.
    pub fn declare(self, service: u32, slow: &[u32]) -> Result {
        call!(self.0, service.declare(service, slow.as_ptr(), slow.len()))
    }

    /// Sends one result to the asker; a request may have any number of them. On success the message is spent; the
    /// payload that the handler was given may be passed on too, once without a copy, and is then no longer to be read.
    /// Kernel thread and workers.
    ///
    /// # Errors
    /// `E_STATE`: an exception was sent. `E_CANCELLED`: the request was cancelled. `E_CAPACITY`: the message is shared and no
    /// message is free for the copy. Or the error with which a filter or the asker refused it.
    #[inline]
    pub fn result(self, request: Request, message: &mut Message<'_>) -> Result {
        message.hand_over(|message| call!(self.0, service.result(request, message)))
    }

    /// Tells the asker that the request failed; results end with it. Returning an error from the handler does the same.
    /// The text is cut at 240 bytes. Kernel thread and workers.
    ///
    /// # Errors
    /// `E_ARGUMENT`: `code` is not positive. `E_STATE`: sent already. `E_CANCELLED`: the request was cancelled.
    pub fn exception(self, request: Request, code: i32, text: fmt::Arguments<'_>) -> Result {
        text::with::<{ abi::ERROR_TEXT_MAX }, _>(text, |text| {
            call!(self.0, service.exception(request, code, text.as_ptr().cast(), text.len()))
        })
    }

    /// Ends a request whose handler returned `Pending`. Kernel thread.
    ///
    /// # Errors
    /// `E_STATE`: the handler has not returned `Pending`.
    pub fn done(self, request: Request) -> Result {
        call!(self.0, service.done(request))
    }

    /// Whether the request was cancelled or is over. Any thread.
    #[must_use]
    #[inline]
    pub fn is_cancelled(self, request: Request) -> bool {
        call!(self.0, service.is_cancelled(request)).is_err()
    }

    /// Inside `slow_arrive`: the request was answered there and needs no worker.
    ///
    /// # Errors
    /// `E_STATE`: not inside `slow_arrive` of this request.
    pub fn drop_current(self, request: Request) -> Result {
        call!(self.0, service.drop_current(request))
    }
}
