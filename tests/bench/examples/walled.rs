//! A plugin in Rust that sees every message that comes in, behind the wall of the sdk.

use pintle_sdk::{CreateArgs, Host, Message, MessageInfo, Pass, Plugin, Result, plugin};

/// The plugin.
pub struct Walled;

#[plugin(name = "walled", id = "org.pintle.bench.walled", vendor = "Pintle", flags = [MULTI_INSTANCE])]
impl Plugin for Walled {
    fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> {
        Ok(Walled)
    }

    fn message_in(&self, _: &Host, _: &MessageInfo, _: &mut Message<'_>) -> Result<Pass> {
        Ok(Pass::On)
    }
}
