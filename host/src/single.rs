//! Plugins that allow one instance at a time in a process.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::copies::shared;

/// The name of the one instance of each such plugin that this copy of the library runs, by an address of the plugin.
static NAMES: Mutex<Option<HashMap<usize, String>>> = Mutex::new(None);

fn names() -> MutexGuard<'static, Option<HashMap<usize, String>>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps other threads out while this one forks.
pub(crate) fn hold() -> MutexGuard<'static, impl Sized> {
    names()
}

/// The right to be the one instance of a plugin. When it is dropped, another instance can take it.
pub(crate) struct Single {
    plugin: usize,
}

impl Single {
    /// Takes the right, before the plugin runs. The error is the name of the instance that has it.
    pub(crate) fn take(plugin: *const c_void, name: &str) -> Result<Self, String> {
        let (mut names, plugin) = (names(), plugin.addr());
        let names = names.get_or_insert_default();
        if let Some(first) = names.get(&plugin) {
            return Err(first.clone());
        }
        if !shared().take_single(plugin) {
            return Err("one of another copy of the host's library, which this process has too".to_owned());
        }
        names.insert(plugin, name.to_owned());
        Ok(Self { plugin })
    }
}

impl Drop for Single {
    fn drop(&mut self) {
        let mut names = names();
        names.get_or_insert_default().remove(&self.plugin);
        shared().give_single_back(self.plugin);
    }
}
