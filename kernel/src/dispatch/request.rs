//! Requests: their slots. How they begin, wait and end is told in [`queue`].

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
        let ask = self.requests.at(index);
        MessageInfo {
            kind,
            service: ask.service.get(),
            id: ask.id.get(),
            flags: ask.public_flags(),
            correlation: ask.correlation.get(),
            request: if kind == TRAFFIC_RESULT {
                self.requests.named(index)
            } else {
                abi::Request::default()
            },
            ..filter::plain(ask.session_handle.get(), CHANNEL_SERVICE)
        }
    }

    /// What the asker is told.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn result_info(&self, index: u32, kind: u32, code: i32, message: abi::Message) -> ResultInfo {
        let ask = self.requests.at(index);
        ResultInfo {
            size: size_of::<ResultInfo>() as u32,
            kind,
            session: ask.session_handle.get(),
            correlation: ask.correlation.get(),
            code,
            flags: ask.public_flags(),
            message,
            request: self.requests.named(index),
        }
    }

    /// What a handler is told.
    pub(crate) fn request_info(&self, index: u32) -> RequestInfo {
        let ask = self.requests.at(index);
        let message = ask.message.get();
        RequestInfo {
            size: size_of::<RequestInfo>() as u32,
            service: ask.service.get(),
            id: ask.id.get(),
            flags: ask.public_flags(),
            session: ask.session_handle.get(),
            correlation: ask.correlation.get(),
            message: if message == NIL { abi::Message::default() } else { self.messages.handle(message) },
        }
    }
}
