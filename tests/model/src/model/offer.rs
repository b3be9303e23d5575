//! Offers: tables that instances publish under ids, and call on each other.

use pintle_abi_core::{
    DESCRIPTOR_MAX,
    status::{
        E_ARGUMENT, E_CAPACITY, E_EXISTS, E_NOT_FOUND, E_NOT_OWNER, E_PANIC, E_PERMISSION, E_POISONED, OK,
        is_error,
    },
};

use super::{DONE, Model, Outcome, crossing::About, instance::LastError};
use crate::{
    argument::{Id, Ref, Table},
    crossing::Crossing,
    event::{Kind, Value},
};

/// One offer.
pub(super) struct Offer {
    pub(super) publisher: usize,
    pub(super) id: Vec<u8>,
    table: u8,
    slot: usize,
    /// Published in `create`, which has not succeeded yet.
    pub(super) hidden: bool,
    pub(super) live: bool,
}

impl Model {
    pub(super) fn offer_publish(&mut self, instance: usize, id: Id, table: Table, null: bool) -> Outcome {
        let bytes = id.bytes();
        let Table::Number(table) = table else { return Err(E_ARGUMENT) };
        let fits = !bytes.is_empty() && bytes.len() <= DESCRIPTOR_MAX && str::from_utf8(&bytes).is_ok();
        if null || id == Id::Null || !fits {
            return Err(E_ARGUMENT);
        }
        let listed = &self.definitions[self.instances[instance].definition].offers;
        let may = instance == 0 || listed.iter().any(|n| Id::Offer(*n).bytes() == bytes);
        if bytes.starts_with(b"pintle.") || !may {
            return Err(self.explained(instance, E_PERMISSION));
        }
        if self.offers.iter().any(|it| it.live && it.id == bytes) {
            return Err(self.explained(instance, E_EXISTS));
        }
        let slot = self.offer_slots.take().ok_or(E_CAPACITY)?;
        let hidden = !self.instances[instance].created;
        self.offers.push(Offer { publisher: instance, id: bytes, table, slot, hidden, live: true });
        let offer = self.offers.len() - 1;
        if !hidden {
            self.announce(offer);
        }
        Ok(vec![self.name(Kind::Offer, offer)])
    }

    /// `create` has succeeded: what was published in it is found from now on, and told.
    pub(super) fn show_offers_of(&mut self, instance: usize) {
        let hidden = self.offers_of(instance);
        for offer in &hidden {
            self.offers[*offer].hidden = false;
        }
        for offer in hidden {
            self.announce(offer);
        }
    }

    /// The offers of an instance that have not ended, in the order of their slots.
    fn offers_of(&self, instance: usize) -> Vec<usize> {
        let of = |at: &usize| self.offers[*at].live && self.offers[*at].publisher == instance;
        let mut offers: Vec<usize> = (0..self.offers.len()).filter(of).collect();
        offers.sort_by_key(|at| self.offers[*at].slot);
        offers
    }

    /// Whoever is not reached before the offer ends hears of its end only.
    fn announce(&mut self, offer: usize) {
        for at in self.order() {
            if self.offers[offer].live {
                self.tell_of_offer(at, Crossing::OfferPublished, offer);
            }
        }
    }

    fn tell_of_offer(&mut self, at: usize, crossing: Crossing, offer: usize) {
        let publisher = self.offers[offer].publisher;
        if at != publisher && self.hears(at, crossing) && !self.is_too_deep(crossing) {
            let id = Value::Bytes(self.offers[offer].id.clone());
            let arguments = vec![self.name(Kind::Offer, offer), self.name(Kind::Instance, publisher), id];
            let _ = self.cross(at, crossing, arguments, About::default());
        }
    }

    /// Its handle is stale; then everybody hears of it who could have heard of its beginning.
    fn end_offer(&mut self, offer: usize) {
        self.offers[offer].live = false;
        self.offer_slots.free(self.offers[offer].slot);
        if self.offers[offer].hidden {
            return;
        }
        for at in self.order() {
            self.tell_of_offer(at, Crossing::OfferEnded, offer);
        }
    }

    /// The publisher drains, or is poisoned, or its `create` has failed.
    pub(super) fn end_offers_of(&mut self, instance: usize) {
        while let Some(offer) = self.offers_of(instance).first() {
            self.end_offer(*offer);
        }
    }

    pub(super) fn offer_withdraw(&mut self, instance: usize, offer: Ref) -> Outcome {
        let offer = self.check(Kind::Offer, offer)?;
        if self.offers[offer].publisher != instance {
            return Err(E_NOT_OWNER);
        }
        self.end_offer(offer);
        DONE
    }

    /// Whether an offer under this id can be found.
    fn standing(&self, id: &[u8]) -> Option<usize> {
        self.offers.iter().position(|it| it.live && !it.hidden && it.id == id)
    }

    pub(super) fn offer_find(&mut self, id: Id, null: bool) -> Outcome {
        if null || id == Id::Null {
            return Err(E_ARGUMENT);
        }
        let offer = self.standing(&id.bytes()).ok_or(E_NOT_FOUND)?;
        Ok(vec![self.name(Kind::Offer, offer)])
    }

    /// Whether offers stand that a plugin cannot do without.
    pub(super) fn has_needs(&self, definition: usize) -> bool {
        self.definitions[definition].needs.iter().all(|n| self.standing(&Id::Offer(*n).bytes()).is_some())
    }

    pub(super) fn offer_call(&mut self, instance: usize, offer: Ref, data: u8, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let offer = self.check(Kind::Offer, offer)?;
        let Offer { publisher, table, .. } = self.offers[offer];
        if self.instances[publisher].poisoned {
            return Err(E_POISONED);
        }
        let arguments = vec![Value::Number(data.into()), Value::Number(table.into())];
        let crossed = self.cross(publisher, Crossing::OfferCall, arguments, About::default());
        let (answered, _) = crossed.map_err(|refused| self.explained(instance, refused))?;
        let status = if answered == E_PANIC { E_POISONED } else { answered };
        if is_error(status) {
            let name = crate::data::plugin_id(self.instances[publisher].definition);
            let text = Value::Behind(name, self.words.about(answered));
            *self.error_of(instance) = LastError { code: status, text };
        }
        if status == OK { DONE } else { Err(status) }
    }
}
