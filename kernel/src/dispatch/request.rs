//! Requests from asking to the end ([`queue`]), and what is told of them.

mod queue;

use pintle_abi_core as abi;
use pintle_abi_core::{CHANNEL_SERVICE, MessageInfo, RequestInfo, ResultInfo, TRAFFIC_RESULT};

use crate::base::slab::NIL;
use crate::dispatch::filter;
use crate::kernel::Kernel;

impl Kernel {
    /// What the filters of a request that is asked, or of its result, are told; the chain adds which message it is.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn traffic(&self, index: u32, kind: u32) -> MessageInfo {
        let request = self.requests.at(index);
        MessageInfo {
            kind,
            service: request.service.get(),
            id: request.id.get(),
            flags: request.public_flags(),
            correlation: request.correlation.get(),
            request: if kind == TRAFFIC_RESULT {
                self.requests.named(index)
            } else {
                abi::Request::default()
            },
            ..filter::plain(request.session_handle.get(), CHANNEL_SERVICE)
        }
    }

    /// What the asker is told.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn result_info(&self, index: u32, kind: u32, code: i32, message: abi::Message) -> ResultInfo {
        let request = self.requests.at(index);
        ResultInfo {
            size: size_of::<ResultInfo>() as u32,
            kind,
            session: request.session_handle.get(),
            correlation: request.correlation.get(),
            code,
            flags: request.public_flags(),
            message,
            request: self.requests.named(index),
        }
    }

    /// What a handler is told.
    pub(crate) fn request_info(&self, index: u32) -> RequestInfo {
        let request = self.requests.at(index);
        let message = request.message.get();
        RequestInfo {
            size: size_of::<RequestInfo>() as u32,
            service: request.service.get(),
            id: request.id.get(),
            flags: request.public_flags(),
            session: request.session_handle.get(),
            correlation: request.correlation.get(),
            message: if message == NIL { abi::Message::default() } else { self.messages.handle(message) },
        }
    }
}
