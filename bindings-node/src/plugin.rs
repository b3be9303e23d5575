//! Plugins: loading them, ending them, and what they left behind.

use std::ptr::with_exposed_provenance;
use std::time::{Duration, Instant};

use napi::{Env, JsValue, sys};
use pintle_host::abi::{
    IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_LIVE,
    OUTCOME_STOPPED,
};
use pintle_host::{LoadOptions, PluginInfo, Receipt};

use crate::class::Methods;
use crate::failure::Failure;
use crate::function::Call;
use crate::host::{Host, milliseconds};
use crate::news::News;
use crate::value::{self, Raw};

pub(crate) fn add_methods(methods: &mut Methods<Host>) {
    methods.add(c"load", |host, call| {
        let (path, options) = (call.get::<String>(0)?, options(call)?);
        // SAFETY: whoever loads a plugin trusts its file, in JavaScript as anywhere.
        host.with(|host| Ok(unsafe { host.load(path, &options) }?.bits))
    });
    methods.add(c"loadStatic", |host, call| {
        let (entry, options) = (call.u64(0)?, options(call)?);
        let entry = usize::try_from(entry).map_err(|_| Failure::argument("no address is that large"))?;
        // SAFETY: whoever passes an address vouches for what is there; its memory was exposed by whoever told it.
        host.with(|host| Ok(unsafe { host.add_static(with_exposed_provenance(entry), &options) }?.bits))
    });
    methods.add(c"plugins", |host, call| {
        let plugins = host.with(|host| Ok(host.list()))?;
        let plugins: Vec<_> =
            plugins.iter().map(|plugin| info(call.env, plugin)).collect::<Result<_, _>>()?;
        value::array(call.env, &plugins)
    });
    methods.add(c"unload", |host, call| {
        let (instance, timeout) = (Instance { bits: call.u64(0)? }, milliseconds(call.get(1)?)?);
        host.with(|inner| {
            let name = inner.list().into_iter().find(|plugin| plugin.instance == instance);
            inner.begin_unload(instance, timeout)?;
            host.news.expect_end(instance, name.map(|plugin| plugin.name).unwrap_or_default());
            Ok(())
        })
    });
    methods.add(c"isUnloading", |host, call| Ok(host.news.expects_end(Instance { bits: call.u64(0)? })));
    methods.add(c"receipt", |host, call| {
        let instance = Instance { bits: call.u64(0)? };
        let receipt = host.with(|host| Ok(host.receipt(instance)?))?;
        Ok(Raw(told(call.env, &receipt)?))
    });
}

/// The name, the configuration and the priority, which follow the first argument.
fn options(call: &Call) -> Result<LoadOptions, Failure> {
    Ok(LoadOptions { instance: call.get(1)?, config: call.get(2)?, priority: call.get(3)? })
}

fn info(env: sys::napi_env, plugin: &PluginInfo) -> Result<sys::napi_value, Failure> {
    let object = value::object(env)?;
    let path = plugin.path.as_ref().map(|path| path.to_string_lossy().into_owned());
    value::set(env, object, "handle", value::of(env, plugin.instance.bits)?)?;
    value::set(env, object, "name", value::of(env, plugin.name.as_str())?)?;
    value::set(env, object, "path", value::of(env, path)?)?;
    let descriptor = Env::from_raw(env).to_js_value(&plugin.descriptor)?;
    value::set(env, object, "descriptor", descriptor.raw())?;
    Ok(object)
}

/// Unloads every plugin, the last loaded first. They have `patience` to stop, all together. Their ends are news as those of others.
pub(crate) fn unload_all(host: &pintle_host::Host, news: &News, patience: Duration) {
    let begun = Instant::now();
    for plugin in host.list().into_iter().rev() {
        news.expect_end(plugin.instance, plugin.name);
        // A plugin that has ended meanwhile needs nothing.
        let _ = host.unload(plugin.instance, patience.saturating_sub(begun.elapsed()));
    }
}

/// The news of an instance that has ended: its handle, its name and its receipt.
pub(crate) fn ended(
    env: sys::napi_env,
    instance: Instance,
    name: &str,
    receipt: &Receipt,
) -> Result<[sys::napi_value; 3], Failure> {
    Ok([value::of(env, instance.bits)?, value::of(env, name)?, told(env, receipt)?])
}

fn told(env: sys::napi_env, receipt: &Receipt) -> Result<sys::napi_value, Failure> {
    let outcome = match receipt.outcome {
        OUTCOME_LIVE => "live",
        OUTCOME_STOPPED => "stopped",
        OUTCOME_FORCED => "forced",
        OUTCOME_ABANDONED => "abandoned",
        _ => "unknown",
    };
    let image = match receipt.image {
        IMAGE_UNMAPPED => "unmapped",
        IMAGE_RESIDENT => "resident",
        _ => "static",
    };
    let left = value::object(env)?;
    for (name, count) in [
        ("messages", i64::from(receipt.messages)),
        ("sockets", receipt.sockets.into()),
        ("sessions", receipt.sessions.into()),
        ("requests", receipt.requests.into()),
        ("tasks", receipt.tasks.into()),
        ("timers", receipt.timers.into()),
        ("watches", receipt.watches.into()),
        ("threads", receipt.threads.into()),
        ("fds", receipt.fds.into()),
    ] {
        if count > 0 {
            value::set(env, left, name, value::of(env, count)?)?;
        }
    }
    let object = value::object(env)?;
    value::set(env, object, "outcome", value::of(env, outcome)?)?;
    value::set(env, object, "poisoned", value::of(env, receipt.poisoned != 0)?)?;
    value::set(env, object, "image", value::of(env, image)?)?;
    value::set(env, object, "calls", value::of(env, receipt.calls as f64)?)?;
    value::set(env, object, "left", left)?;
    value::set(env, object, "reason", value::of(env, receipt.reason())?)?;
    value::set(env, object, "clean", value::of(env, receipt.is_clean())?)?;
    value::set(env, object, "text", value::of(env, receipt.to_string())?)?;
    Ok(object)
}
