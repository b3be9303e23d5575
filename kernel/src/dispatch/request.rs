//! Requests from asking to the end ([`queue`]), and what is told of them.

mod queue;

use pintle_abi_core as abi;
use pintle_abi_core::{CHANNEL_SERVICE, MessageInfo, RequestInfo, TRAFFIC_RESULT};

use crate::base::slab::NIL;
use crate::dispatch::filter;
use crate::kernel::Kernel;

impl Kernel {
    /// What the filters of a request that is asked, or of its result, are told; the chain adds which message it is.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn traffic(&self, index: u32, kind: u32) -> MessageInfo {
        let RequestInfo { service, id, flags, session, correlation, .. } =
            self.requests.at(index).info(abi::Message::default());
        let is_result = kind == TRAFFIC_RESULT;
        let request = if is_result { self.requests.named(index) } else { abi::Request::default() };
        MessageInfo {
            kind,
            service,
            id,
            flags,
            correlation,
            request,
            ..filter::plain(session, CHANNEL_SERVICE)
        }
    }

    /// What a handler is told.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn request_info(&self, index: u32) -> RequestInfo {
        let request = self.requests.at(index);
        let payload = request.payload();
        request.info(if payload == NIL { abi::Message::default() } else { self.messages.handle(payload) })
    }
}
