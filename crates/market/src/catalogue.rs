//! The catalogue: since when what everybody sees looks the way it does.
//!
//! A page that was read at some number of the event log can be given out again for as long as nothing it shows has changed
//! since. What one member offers is counted apart: most pages show the things of one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use auboutique_domain::Event;
use auboutique_domain::event::Seen;
use auboutique_domain::id::MemberId;

/// Of how many members it is known when what they offer changed last. Of all others it may have been just now.
const MEMBERS: usize = 20_000;

/// The numbers of the last events that changed what everybody sees.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// Of all of them.
    last: AtomicI64,
    /// Of those that may have changed anything, and of those that are no longer kept apart.
    anything: AtomicI64,
    /// Of those that changed what one member offers.
    of: Mutex<HashMap<MemberId, i64>>,
}

impl Catalogue {
    /// Nothing changed after that number.
    pub(crate) fn new(seq: i64) -> Self {
        Self { last: AtomicI64::new(seq), anything: AtomicI64::new(seq), of: Mutex::default() }
    }

    fn of(&self) -> MutexGuard<'_, HashMap<MemberId, i64>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That happened, and has a number no higher than this one.
    pub(crate) fn hear(&self, event: &Event, seq: i64) {
        match event.changes() {
            None => return,
            Some(Seen::Anything) => {
                self.anything.fetch_max(seq, Ordering::SeqCst);
            }
            Some(Seen::Of(member)) => {
                let mut of = self.of();
                if of.len() >= MEMBERS && !of.contains_key(&member) {
                    let newest = of.drain().map(|(_, seq)| seq).max().unwrap_or(seq);
                    self.anything.fetch_max(newest, Ordering::SeqCst);
                }
                let known = of.entry(member).or_insert(seq);
                *known = seq.max(*known);
            }
        }
        self.last.fetch_max(seq, Ordering::SeqCst);
    }

    /// The number of the last event that changed what everybody sees; of what one member offers, if it is asked of one.
    pub(crate) fn changed(&self, member: Option<MemberId>) -> i64 {
        let Some(member) = member else { return self.last.load(Ordering::SeqCst) };
        let own = self.of().get(&member).copied().unwrap_or(i64::MIN);
        own.max(self.anything.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use auboutique_domain::id::{ListingId, PickupPointId};
    use auboutique_domain::{Currency, Moment, Money};

    use super::*;

    fn member(number: i64) -> MemberId {
        MemberId::new(Moment::from_micros(number * 1_000), [0; 10])
    }
    fn edited(seller: MemberId) -> Event {
        let listing = ListingId::new(Moment::from_micros(0), [0; 10]);
        Event::ListingEdited { listing, seller, price: Money::new(100, Currency::Usd) }
    }

    #[test]
    fn what_one_member_changes_is_no_news_on_the_pages_of_another() {
        let catalogue = Catalogue::new(5);
        catalogue.hear(&edited(member(1)), 7);
        assert_eq!(catalogue.changed(Some(member(1))), 7);
        assert_eq!(catalogue.changed(Some(member(2))), 5);
        assert_eq!(catalogue.changed(None), 7);
        let point = PickupPointId::new(Moment::from_micros(0), [0; 10]);
        catalogue.hear(&Event::PickupPointChanged { pickup_point: point }, 9);
        assert_eq!([Some(member(1)), Some(member(2)), None].map(|whose| catalogue.changed(whose)), [9; 3]);
        // Another node's news may come later than one's own.
        catalogue.hear(&edited(member(1)), 8);
        assert_eq!([Some(member(1)), None].map(|whose| catalogue.changed(whose)), [9; 2]);
    }

    #[test]
    fn of_more_members_than_are_remembered_it_is_never_said_that_nothing_changed() {
        let catalogue = Catalogue::new(0);
        let most = i64::try_from(MEMBERS).unwrap();
        for number in 1..=most + 1 {
            catalogue.hear(&edited(member(number)), number);
        }
        assert!(catalogue.of().len() <= MEMBERS);
        for number in 1..=most + 1 {
            assert!(catalogue.changed(Some(member(number))) >= number);
        }
    }
}
