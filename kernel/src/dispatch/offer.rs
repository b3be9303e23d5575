//! Announcing offers, and ending them.

use pintle_abi_core::OfferInfo;
use pintle_abi_core::rules::callback;

use crate::base::text;
use crate::kernel::Kernel;
use crate::object::instance::Instance;

/// What becomes of an offer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Begins,
    Ends,
}

impl Kernel {
    /// The offer under an id, and whether it can be found. There are few: they are searched from the beginning.
    #[inline(never)]
    pub(crate) fn find_offer(&self, id: &[u8]) -> Option<(u32, bool)> {
        let index = self.offers.live().find(|index| self.offers.at(*index).id().as_bytes() == id)?;
        Some((index, !self.offers.at(index).is_hidden()))
    }

    pub(crate) fn publisher(&self, index: u32) -> &Instance {
        self.instance(self.offers.at(index).instance())
    }

    /// Announces what an instance published in its `create`, which has just succeeded, or ends all that it offers. What it
    /// publishes while it is announced has been announced.
    #[inline(never)]
    pub(crate) fn settle_offers_of(&self, instance: &Instance, fate: Fate) {
        let its = || self.offers.live().filter(|index| self.offers.at(*index).instance() == instance.index());
        if fate == Fate::Begins {
            // All can be found before any is announced.
            its().for_each(|index| self.offers.at(index).show());
        }
        for index in its() {
            if fate == Fate::Ends || self.offers.at(index).announce() {
                self.settle_offer(index, fate);
            }
        }
    }

    /// Announces an offer, or ends it, and tells everybody but the publisher; of what it published in `create` nobody is told
    /// before that has succeeded. If an offer ends while it is announced, those that were not reached hear of its end only.
    #[inline(never)]
    pub(crate) fn settle_offer(&self, index: u32, fate: Fate) {
        let (offers, publisher) = (&self.offers, self.publisher(index));
        let info = OfferInfo {
            size: size_of::<OfferInfo>() as u32,
            reserved: 0,
            offer: offers.handle(index),
            publisher: self.instances.handle(publisher),
            id: text::view(offers.at(index).id()),
        };
        let is_hidden = offers.at(index).is_hidden();
        let ends = fate == Fate::Ends;
        if ends {
            offers.end(index);
        }
        if is_hidden {
            return;
        }
        let kind = if ends { callback::OFFER_ENDED } else { callback::OFFER_PUBLISHED };
        for instance in self.instances.hearers(kind) {
            if !ends && offers.find(info.offer).is_err() {
                return;
            }
            let callbacks = instance.callbacks();
            let run = if ends { callbacks.offer_ended } else { callbacks.offer_published };
            if let Some(run) = run
                && instance.index() != publisher.index()
            {
                // SAFETY: the instance's own callback with its own pointer; what it is told outlives the call.
                self.tell(instance, kind, |plugin| unsafe { run(plugin, &info) });
            }
        }
    }
}
