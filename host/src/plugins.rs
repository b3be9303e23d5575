//! The plugins of a host: loading, adding, unloading.

use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::time::Duration;

use pintle_abi_core::{
    AddOptions, Entry, FLAG_MULTI_INSTANCE, Instance, LOG_WARN, OUTCOME_LIVE, STATE_DESTROYING,
    STATE_POISONED, STATE_RUNNING, STATE_STOPPING, Text, status,
};

use crate::ambient::Ambient;
use crate::book::Member;
use crate::cache::{self, Use};
use crate::descriptor::Descriptor;
use crate::dialect::Start;
use crate::dialects::Dialects;
use crate::error::Error;
use crate::host::Host;
use crate::native;
use crate::process::Census;
use crate::receipt::Receipt;
use crate::refusal::Refusal;
use crate::single::Single;

/// Options for loading or adding a plugin.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Plugins with a lower priority come first; those with equal priorities in the order of loading.
    pub priority: i32,
    /// The instance's name, which is unique in its host and has at most 64 bytes. If it is empty, the name is the
    /// plugin's id, with a number if that is taken.
    pub instance: String,
    /// The configuration of the instance, in the form that the plugin documents.
    pub config: String,
}

/// A live plugin.
#[derive(Clone, Debug)]
pub struct PluginInfo {
    /// The handle of the instance.
    pub instance: Instance,
    /// The name of the instance, which is unique in its host.
    pub name: String,
    /// The file that the plugin was loaded from; `None` if it is linked in.
    pub path: Option<PathBuf>,
    /// Plugins with a lower priority come first; those with equal priorities in the order of loading.
    pub priority: i32,
    /// The plugin's description of itself.
    pub descriptor: Descriptor,
}

/// What an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// It has ended; its [receipt](Host::receipt) is final.
    Ended,
    /// It runs.
    Running,
    /// It was asked to stop, or is inside `destroy`.
    Stopping,
    /// It panicked or threw, and takes no more calls.
    Poisoned,
}

impl Host {
    /// Loads a plugin from its file and creates an instance of it.
    ///
    /// # Errors
    /// The reason why the file was refused ([`Refusal`]), or the error that the plugin's `create` returned. Nothing of
    /// the plugin is left then but its image, if that has to stay mapped.
    ///
    /// # Safety
    /// The file can be trusted, as its code can do anything to the process.
    pub unsafe fn load(&self, path: impl AsRef<Path>, options: &LoadOptions) -> Result<Instance, Error> {
        let path = path.as_ref();
        self.begin_call()?;
        let before = Census::take();
        let (image, start) = cache::open(path, self.dialects())?;
        let descriptor = image.image.descriptor.clone();
        // SAFETY: the entry was checked when the image was mapped, and the image stays mapped as long as its use lives.
        let added = unsafe { self.add(start, (Some(path), descriptor, Some(image), before), options) };
        self.settle();
        added
    }

    /// Creates an instance of a plugin that is linked into the program.
    ///
    /// # Errors
    /// The fault of its descriptor or its callbacks, or the error that its `create` returned.
    ///
    /// # Safety
    /// `entry` is the entry of a plugin, in constant memory that stays valid until the process ends.
    pub unsafe fn add_static(&self, entry: *const Entry, options: &LoadOptions) -> Result<Instance, Error> {
        self.begin_call()?;
        let refused = |refusal: Refusal| refusal.of(Path::new("the plugin that is linked in"));
        // SAFETY: the caller promises an entry of a plugin.
        let descriptor = unsafe { native::describe(entry) }.map_err(refused)?;
        let start = Start { entry, data: null_mut() };
        // SAFETY: `describe` has checked the entry, and the caller promises that it stays.
        let added = unsafe { self.add(start, (None, descriptor, None, Census::take()), options) };
        self.settle();
        added
    }

    /// # Safety
    /// `entry` was checked, and stays valid as long as the image is used, or for ever if there is none.
    unsafe fn add(
        &self,
        Start { entry, data }: Start,
        (path, descriptor, image, before): (Option<&Path>, Descriptor, Option<Use>, Census),
        options: &LoadOptions,
    ) -> Result<Instance, Error> {
        let name = self.book().name(&descriptor.id, &options.instance);
        let raw = AddOptions {
            size: size_of::<AddOptions>() as u32,
            priority: options.priority,
            instance: text(&name),
            config: text(&options.config),
        };
        let is_single = !descriptor.flags.has(FLAG_MULTI_INSTANCE);
        let info = PluginInfo {
            instance: Instance::default(),
            name: name.clone(),
            path: path.map(Path::to_owned),
            priority: options.priority,
            descriptor,
        };
        let ambient = self.engine.outside.watches_process.then(Ambient::take);
        let mut member = Member { info, image, single: None, before, ambient, is_created: false };
        if is_single {
            let address = member.image.as_ref().map_or(entry.cast(), |image| image.image.anchor());
            match Single::take(address, &name) {
                Ok(single) => member.single = Some(single),
                Err(first) => {
                    let plugin = path.unwrap_or(Path::new(&member.info.descriptor.id)).to_owned();
                    member.drop_unbegun();
                    return Err(Refusal::SecondInstance { first }.of(&plugin).into());
                }
            }
        }
        let mut waiting = Some(member);
        let begun = |instance| {
            if let Some(member) = waiting.take() {
                self.book().begin(instance, member);
                self.kernel().begin_data(instance, data);
            }
        };
        // SAFETY: the caller promises a checked entry that stays valid; the member that holds its image is in the book until
        // the kernel says that the instance has ended.
        let added = unsafe { self.kernel().add_with(entry, Some(&raw), begun) };
        if let Some(member) = waiting {
            member.drop_unbegun();
        }
        match added {
            Ok(instance) => {
                if let Some(changes) = self.book().note_created(instance) {
                    self.engine.outside.log(LOG_WARN, &name, &format!("since its create began, {changes}"));
                }
                Ok(instance)
            }
            Err(code) => {
                let Error { text, .. } = self.calls()?.error(code);
                // If the text is the plugin's own, the kernel has put the name in front of it.
                let text = text.strip_prefix(&format!("{name}: ")).unwrap_or(&text).to_owned();
                Err(Error { code, plugin: Some(name), text })
            }
        }
    }

    /// Asks an instance to stop, and returns. The instance ends in the turns that follow, at the latest after `timeout`;
    /// [`receipt`](Self::receipt) then says how. It may be called from inside a callback.
    ///
    /// # Errors
    /// `E_CLOSED`, `E_STALE`: the instance has ended. `E_HANDLE`, `E_KIND`, `E_FOREIGN`. `E_WRONG_THREAD`.
    pub fn begin_unload(&self, instance: Instance, timeout: Duration) -> Result<(), Error> {
        self.begin_call()?;
        let timeout = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        self.kernel().unload(instance, timeout).map_err(Error::plain)?;
        self.settle();
        Ok(())
    }

    /// Ends an instance: asks it to stop, runs the loop until it has stopped or `timeout` is over, and returns the
    /// receipt of what it left behind.
    ///
    /// # Errors
    /// `E_REENTRANT`: it was called from inside a callback, where [`begin_unload`](Self::begin_unload) may be called
    /// instead. As for [`begin_unload`](Self::begin_unload).
    pub fn unload(&self, instance: Instance, timeout: Duration) -> Result<Receipt, Error> {
        self.begin_call()?;
        if !self.is_idle() {
            return Err(self.busy());
        }
        self.begin_unload(instance, timeout)?;
        loop {
            let receipt = self.receipt(instance)?;
            if receipt.outcome != OUTCOME_LIVE {
                return Ok(receipt);
            }
            self.poll(None)?;
        }
    }

    /// What an instance has done and left behind: so far while it is live, finally once it has ended.
    ///
    /// # Errors
    /// `E_STALE`: the receipt is no longer kept.
    pub fn receipt(&self, instance: Instance) -> Result<Receipt, Error> {
        match self.book().receipt(instance) {
            Some(receipt) => Ok(receipt),
            None => self.kernel().receipt(instance).map(Receipt).map_err(Error::plain),
        }
    }

    /// What an instance does.
    ///
    /// # Errors
    /// `E_STALE`: it has ended, and its receipt is no longer kept. `E_HANDLE`, `E_KIND`, `E_FOREIGN`. `E_WRONG_THREAD`.
    pub fn state(&self, instance: Instance) -> Result<InstanceState, Error> {
        match self.kernel().state(instance) {
            Ok(STATE_RUNNING) => Ok(InstanceState::Running),
            Ok(STATE_STOPPING | STATE_DESTROYING) => Ok(InstanceState::Stopping),
            Ok(STATE_POISONED) => Ok(InstanceState::Poisoned),
            Ok(_) => Ok(InstanceState::Ended),
            Err(status::E_STALE) if self.book().receipt(instance).is_some() => Ok(InstanceState::Ended),
            Err(code) => Err(Error::plain(code)),
        }
    }

    /// Runs `read`, which may not call the host, with a live plugin.
    ///
    /// # Errors
    /// `E_STALE`: no such instance lives.
    pub fn with_plugin<R>(
        &self,
        instance: Instance,
        read: impl FnOnce(&PluginInfo) -> R,
    ) -> Result<R, Error> {
        self.book().with_plugin(instance, read).ok_or_else(|| Error::plain(status::E_STALE))
    }

    /// The dialects of the libraries that it loads.
    #[must_use]
    pub fn dialects(&self) -> &Dialects {
        &self.engine.outside.dialects
    }

    /// The live plugins, in the order of loading.
    #[must_use]
    pub fn list(&self) -> Vec<PluginInfo> {
        self.book().list()
    }
}

fn text(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}
