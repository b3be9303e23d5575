//! The plugins of a host: loading, adding, unloading.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pintle_abi_core::{
    AddOptions, Entry, FLAG_MULTI_INSTANCE, IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, OUTCOME_ABANDONED,
    OUTCOME_FORCED, OUTCOME_LIVE, Text, status,
};

use crate::descriptor::Descriptor;
use crate::entry;
use crate::error::Error;
use crate::host::Host;
use crate::image::{self, Fate, Use};
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
    /// The plugin's description of itself.
    pub descriptor: Descriptor,
}

/// The state that a host keeps for a plugin until its receipt is written.
struct Member {
    info: PluginInfo,
    image: Option<Use>,
    single: Option<Single>,
    before: Census,
    stopping: bool,
}

/// The plugins of one host, and the receipts of those that have ended.
#[derive(Default)]
pub(crate) struct Plugins {
    members: Vec<Member>,
    receipts: Vec<(Instance, Receipt)>,
}

/// The number of receipts that are kept.
const RECEIPTS: usize = 256;

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
        let image = image::open(path)?;
        let (entry, descriptor) = (image.image.entry(), image.image.descriptor.clone());
        let member = (Some(path), descriptor, before.clone());
        // SAFETY: the entry was checked when the image was mapped, and the image stays mapped as long as its use lives.
        match unsafe { self.add(entry, member, options) } {
            Ok(instance) => {
                self.plugins(|plugins| {
                    if let Some(member) = plugins.find(instance) {
                        member.image = Some(image);
                    }
                });
                self.settle();
                Ok(instance)
            }
            Err(error) => {
                let growth = Census::take().growth_since(&before, Some(entry.addr()));
                if growth.stays.is_some() || !self.is_idle() {
                    // A thread of the plugin may still run, or its end may not be complete yet.
                    std::mem::forget(image);
                } else {
                    image.close();
                }
                self.settle();
                Err(error)
            }
        }
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
        let descriptor = unsafe { entry::describe(entry) }.map_err(refused)?;
        // SAFETY: `describe` has checked the entry, and the caller promises that it stays.
        let added = unsafe { self.add(entry, (None, descriptor, Census::take()), options) };
        self.settle();
        added
    }

    /// # Safety
    /// `entry` was checked, and stays valid as long as the instance lives.
    unsafe fn add(
        &self,
        entry: *const Entry,
        (path, descriptor, before): (Option<&Path>, Descriptor, Census),
        options: &LoadOptions,
    ) -> Result<Instance, Error> {
        let name = self.plugins(|plugins| plugins.name(&descriptor.id, &options.instance));
        let alone = !descriptor.flags.has(FLAG_MULTI_INSTANCE);
        let single = alone.then(|| Single::take(entry, &name)).transpose().map_err(|first| {
            Refusal::SecondInstance { first }.of(path.unwrap_or(Path::new(&descriptor.id)))
        })?;
        let raw = AddOptions {
            size: size_of::<AddOptions>() as u32,
            priority: options.priority,
            instance: text(&name),
            config: text(&options.config),
        };
        // SAFETY: the caller promises a checked entry that stays valid.
        let added = unsafe { self.kernel().add(entry, Some(&raw)) };
        let instance = match added {
            Ok(instance) => instance,
            Err(code) => {
                let Error { text, .. } = self.calls()?.error(code);
                // If the text is the plugin's own, the kernel has put the name in front of it.
                let text = text.strip_prefix(&format!("{name}: ")).unwrap_or(&text).to_owned();
                return Err(Error { code, plugin: Some(name), text });
            }
        };
        let info = PluginInfo { instance, name, path: path.map(Path::to_owned), descriptor };
        let member = Member { info, image: None, single, before, stopping: false };
        self.plugins(|plugins| plugins.members.push(member));
        Ok(instance)
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
        self.plugins(|plugins| {
            if let Some(member) = plugins.find(instance) {
                member.stopping = true;
            }
        });
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
            return Err(Error::plain(status::E_REENTRANT));
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
        let kept = self.plugins(|plugins| {
            plugins.receipts.iter().rev().find(|(other, _)| *other == instance).map(|(_, receipt)| *receipt)
        });
        match kept {
            Some(receipt) => Ok(receipt),
            None => self.kernel_receipt(instance),
        }
    }

    fn kernel_receipt(&self, instance: Instance) -> Result<Receipt, Error> {
        self.kernel().receipt(instance).map(Receipt).map_err(Error::plain)
    }

    /// The live plugins, in the order of loading.
    #[must_use]
    pub fn list(&self) -> Vec<PluginInfo> {
        self.plugins(|plugins| plugins.members.iter().map(|member| member.info.clone()).collect())
    }

    /// Writes the receipts of the instances that have ended since the last call, and ends the use of their images.
    pub(crate) fn write_receipts(&self) {
        let stopping: Vec<Instance> = self.plugins(|plugins| {
            plugins
                .members
                .iter()
                .filter(|member| member.stopping)
                .map(|member| member.info.instance)
                .collect()
        });
        for instance in stopping {
            let Ok(receipt) = self.kernel_receipt(instance) else { continue };
            if receipt.outcome == OUTCOME_LIVE {
                continue;
            }
            let Some(member) = self.plugins(|plugins| plugins.remove(instance)) else { continue };
            let receipt = member.end(receipt);
            self.plugins(|plugins| plugins.keep(instance, receipt));
            if receipt.outcome == OUTCOME_ABANDONED {
                self.abandon();
            }
        }
    }
}

impl Member {
    /// Releases what the host holds for an instance that has ended, and completes its receipt.
    fn end(self, mut receipt: Receipt) -> Receipt {
        let entry = self.image.as_ref().map(|image| image.image.entry().addr());
        let growth = Census::take().growth_since(&self.before, entry);
        (receipt.0.threads, receipt.0.fds) = (growth.threads, growth.fds);
        if receipt.outcome == OUTCOME_ABANDONED {
            std::mem::forget(self.single);
        }
        let Some(image) = self.image else { return receipt };
        let stays = match receipt.outcome {
            OUTCOME_ABANDONED => Some("one of its calls still runs"),
            OUTCOME_FORCED => Some("it did not stop in its time, and may have threads"),
            _ => growth.stays,
        };
        let fate = match stays {
            Some(reason) => {
                // This use of the image never ends, so that the end of another instance does not unmap the image.
                std::mem::forget(image);
                Fate::Resident(reason.to_owned())
            }
            None => image.close(),
        };
        match fate {
            Fate::Unmapped => receipt.0.image = IMAGE_UNMAPPED,
            Fate::Resident(reason) => {
                receipt.0.image = IMAGE_RESIDENT;
                receipt.add_reason(&reason);
            }
        }
        receipt
    }
}

impl Plugins {
    fn find(&mut self, instance: Instance) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.info.instance == instance)
    }

    fn remove(&mut self, instance: Instance) -> Option<Member> {
        let at = self.members.iter().position(|member| member.info.instance == instance)?;
        Some(self.members.remove(at))
    }

    fn keep(&mut self, instance: Instance, receipt: Receipt) {
        if self.receipts.len() == RECEIPTS {
            self.receipts.remove(0);
        }
        self.receipts.push((instance, receipt));
    }

    /// The name for a new instance: the one that was asked for, or the plugin's id, with the first free number if it is
    /// taken.
    fn name(&self, id: &str, wish: &str) -> String {
        if !wish.is_empty() {
            return wish.to_owned();
        }
        let taken = |name: &str| self.members.iter().any(|member| member.info.name == name);
        if !taken(id) {
            return id.to_owned();
        }
        let numbered = (2_u32..).map(|number| format!("{id}-{number}"));
        numbered.into_iter().find(|name| !taken(name)).unwrap_or_default()
    }
}

fn text(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}
