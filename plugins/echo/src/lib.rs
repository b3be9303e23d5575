//! A service that answers with what it was asked.
//!
//! | request of service [`SERVICE`] | answer |
//! |---|---|
//! | [`FAST`] | one result: the payload |
//! | [`SLOW`] | the same, from a worker |
//! | [`FAIL`] | the exception [`FAILED`], with the payload for its text |
//! | any other | the exception `E_NOT_FOUND` |
//!
//! It keeps to `core` and allocates nothing, so it runs in a firmware as it does in a server.
#![cfg_attr(not(feature = "std"), no_std)]

use pintle_sdk::{
    CreateArgs, Error, Host, Message, Plugin, Progress, Request, RequestInfo, Result, Status, plugin, status,
};

/// The service.
pub const SERVICE: u32 = 0x1000_0001;
/// Request id: echo on the kernel thread.
pub const FAST: u32 = 1;
/// Request id: echo on a worker.
pub const SLOW: u32 = 2;
/// Request id: echo as an exception.
pub const FAIL: u32 = 3;
/// The exception that answers [`FAIL`].
pub const FAILED: i32 = status::PLUGIN_FIRST + 1;

/// The plugin.
pub struct Echo;

#[plugin(
    name = "echo",
    id = "org.pintle.echo",
    vendor = "Pintle",
    services = [(SERVICE, [SLOW])],
    flags = [MULTI_INSTANCE]
)]
impl Plugin for Echo {
    fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> {
        Ok(Echo)
    }

    fn request(
        &self,
        host: &Host,
        request: Request,
        info: &RequestInfo,
        payload: &mut Message<'_>,
    ) -> Result<Progress> {
        match info.id {
            FAST => host.service().result(request, payload)?,
            FAIL => {
                let text = str::from_utf8(payload.view()?)
                    .map_err(|_| Error::new(Status(status::E_ARGUMENT), "the payload is not UTF-8"))?;
                host.service().exception(request, FAILED, format_args!("{text}"))?;
            }
            id => {
                return Err(host.error(
                    status::E_NOT_FOUND,
                    format_args!("echo has no request {id}; it has 1, 2 and 3"),
                ));
            }
        }
        Ok(Progress::Done)
    }

    fn slow_request(
        &self,
        host: &Host,
        request: Request,
        _: &RequestInfo,
        payload: &mut Message<'_>,
    ) -> Result<Progress> {
        if host.service().is_cancelled(request) {
            return Err(Status(status::E_CANCELLED).into());
        }
        host.service().result(request, payload)?;
        Ok(Progress::Done)
    }
}
