//! Counts the messages that come in, and says so when it is unloaded.

use std::cell::Cell;

use pintle_sdk::{CreateArgs, Host, Message, MessageInfo, Pass, Plugin, Result, info, plugin};

/// The state of one instance. Callbacks nest, so what changes stands in a `Cell` or `RefCell`.
pub struct MyPlugin {
    count: Cell<u64>,
    bytes: Cell<u64>,
}

#[plugin(name = "my_plugin", id = "org.example.my-plugin", vendor = "Example", flags = [MULTI_INSTANCE])]
impl Plugin for MyPlugin {
    fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self> {
        info!(host, "{} begins, configured with {:?}", args.instance, args.config);
        Ok(MyPlugin { count: Cell::new(0), bytes: Cell::new(0) })
    }

    fn destroy(self, host: &Host) -> Result {
        info!(host, "{} messages, {} bytes", self.count.get(), self.bytes.get());
        Ok(())
    }

    fn message_in(&self, _: &Host, _: &MessageInfo, message: &mut Message<'_>) -> Result<Pass> {
        self.count.set(self.count.get() + 1);
        self.bytes.set(self.bytes.get() + message.length()? as u64);
        Ok(Pass::On)
    }
}
