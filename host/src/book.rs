//! The book of a host's instances: what the host holds for each until it ends, and the receipts of those that have ended.
//!
//! The kernel says when an instance ends, and its receipt is written there and then.

use std::sync::{Mutex, PoisonError};

use pintle_abi_core::{IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, OUTCOME_ABANDONED, OUTCOME_FORCED};

use crate::ambient::{self, Ambient};
use crate::cache::{Fate, Use};
use crate::plugins::PluginInfo;
use crate::process::Census;
use crate::receipt::Receipt;
use crate::single::Single;

/// What the host holds for an instance from before its `create` until it has ended.
pub(crate) struct Member {
    pub(crate) info: PluginInfo,
    pub(crate) image: Option<Use>,
    pub(crate) single: Option<Single>,
    pub(crate) before: Census,
    /// Where the host was asked to look at the process.
    pub(crate) ambient: Option<Ambient>,
    /// Its `create` has succeeded.
    pub(crate) is_created: bool,
}

/// The instances of one host.
#[derive(Default)]
pub(crate) struct Book(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    members: Vec<Member>,
    receipts: Vec<(Instance, Receipt)>,
    has_abandoned: bool,
}

/// The number of receipts that are kept.
const RECEIPTS: usize = 256;

impl Book {
    /// Nothing of a plugin runs inside: an image is closed outside of the lock, because its destructors are code of the plugin.
    fn with<R>(&self, work: impl FnOnce(&mut Pages) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An instance begins; its `create` runs next.
    pub(crate) fn begin(&self, instance: Instance, mut member: Member) {
        member.info.instance = instance;
        self.with(|pages| pages.members.push(member));
    }

    /// The `create` of an instance has succeeded. What has changed in the process meanwhile, if the host looks at that.
    pub(crate) fn note_created(&self, instance: Instance) -> Option<String> {
        self.with(|pages| {
            let member = pages.members.iter_mut().find(|member| member.info.instance == instance)?;
            member.is_created = true;
            member.ambient.as_ref()?.changes()
        })
    }

    /// An instance has ended: releases what the host holds for it, and keeps its receipt.
    pub(crate) fn end(&self, instance: Instance, receipt: Receipt) {
        let ended = self.with(|pages| {
            let at = pages.members.iter().position(|member| member.info.instance == instance)?;
            Some(pages.members.remove(at))
        });
        let Some(member) = ended else { return };
        let is_created = member.is_created;
        let receipt = member.end(receipt);
        self.with(|pages| {
            pages.has_abandoned |= receipt.outcome == OUTCOME_ABANDONED;
            // Nobody was given the handle of an instance whose `create` failed.
            if is_created {
                pages.keep(instance, receipt);
            }
        });
    }

    /// Whether a call of an ended instance still runs and may never return.
    pub(crate) fn has_abandoned(&self) -> bool {
        self.with(|pages| pages.has_abandoned)
    }

    /// The receipt of an instance that has ended, if it is still kept.
    pub(crate) fn receipt(&self, instance: Instance) -> Option<Receipt> {
        self.with(|pages| {
            pages.receipts.iter().rev().find(|(other, _)| *other == instance).map(|(_, receipt)| *receipt)
        })
    }

    /// Runs `read`, which calls no host, with a live plugin.
    pub(crate) fn with_plugin<R>(
        &self,
        instance: Instance,
        read: impl FnOnce(&PluginInfo) -> R,
    ) -> Option<R> {
        self.with(|pages| {
            let is_it = |member: &&Member| member.is_created && member.info.instance == instance;
            pages.members.iter().find(is_it).map(|member| read(&member.info))
        })
    }

    /// The live plugins, in the order of loading.
    pub(crate) fn list(&self) -> Vec<PluginInfo> {
        let created = |pages: &mut Pages| {
            pages
                .members
                .iter()
                .filter(|member| member.is_created)
                .map(|member| member.info.clone())
                .collect()
        };
        self.with(created)
    }

    /// The name for a new instance: the one that was asked for, or the plugin's id, with the first free number if it is
    /// taken.
    pub(crate) fn name(&self, id: &str, wish: &str) -> String {
        if !wish.is_empty() {
            return wish.to_owned();
        }
        self.with(|pages| {
            let taken = |name: &str| pages.members.iter().any(|member| member.info.name == name);
            if !taken(id) {
                return id.to_owned();
            }
            let numbered = (2_u32..).map(|number| format!("{id}-{number}"));
            numbered.into_iter().find(|name| !taken(name)).unwrap_or_default()
        })
    }
}

impl Pages {
    fn keep(&mut self, instance: Instance, receipt: Receipt) {
        if self.receipts.len() == RECEIPTS {
            self.receipts.remove(0);
        }
        self.receipts.push((instance, receipt));
    }
}

impl Member {
    /// The kernel has refused the plugin before its `create`.
    pub(crate) fn drop_unbegun(self) {
        let Some(image) = self.image else { return };
        if Census::take().growth_since(&self.before, Some(image.image.anchor().addr())).stays.is_some() {
            // A constructor of the library may have begun a thread that still runs.
            std::mem::forget(image);
        } else {
            image.close();
        }
    }

    /// Releases what the host holds for an instance that has ended, and completes its receipt.
    pub(crate) fn end(self, mut receipt: Receipt) -> Receipt {
        let anchor = self.image.as_ref().map(|image| image.image.anchor().addr());
        let growth = Census::take().growth_since(&self.before, anchor);
        (receipt.0.threads, receipt.0.fds) = (growth.threads, growth.fds);
        if receipt.outcome == OUTCOME_ABANDONED {
            std::mem::forget(self.single);
        }
        if let Some(changes) = self.ambient.as_ref().and_then(Ambient::changes) {
            receipt.add_reason(&changes);
        }
        let Some(image) = self.image else { return receipt };
        let stays = match receipt.outcome {
            OUTCOME_ABANDONED => Some("one of its calls still runs".to_owned()),
            OUTCOME_FORCED => Some("it did not stop in its time, and may have threads".to_owned()),
            _ => growth
                .stays
                .map(str::to_owned)
                .or_else(|| handled(&image, self.ambient.as_ref(), &mut receipt)),
        };
        let fate = match stays {
            Some(reason) => {
                // This use of the image never ends, so that the end of another instance does not unmap the image.
                std::mem::forget(image);
                Fate::Resident(reason)
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

/// The reason to keep an image whose code handles signals, if no other instance keeps it. Handlers are put back where it is known
/// what was there before.
fn handled(image: &Use, ambient: Option<&Ambient>, receipt: &mut Receipt) -> Option<String> {
    if !image.is_last() {
        return None;
    }
    let anchor = image.image.anchor().addr();
    if let Some(signals) = ambient.and_then(|before| before.put_back(anchor)) {
        receipt.add_reason(&format!("its handler was taken from {signals}"));
    }
    ambient::handled_by(anchor).map(|signals| format!("its code handles {signals}"))
}
