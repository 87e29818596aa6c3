//! How fast members bid. It is known to the running market alone and never kept: a minute later nobody asks.

use std::collections::HashMap;

use auboutique_domain::id::MemberId;
use auboutique_domain::time::{Moment, Span};

const MINUTE: Span = Span::minutes(1);
/// Of how many members it is remembered before those who stopped are forgotten.
const REMEMBERED: usize = 10_000;

/// When the minute of each began, and how often they bid in it.
#[derive(Debug, Default)]
pub(crate) struct Paces(HashMap<MemberId, (Moment, i64)>);

impl Paces {
    /// Counts one more of that member. Returns how many it makes within the minute.
    pub(crate) fn count(&mut self, member: MemberId, now: Moment) -> i64 {
        if self.0.len() >= REMEMBERED {
            self.0.retain(|_, (began, _)| now.since(*began) < MINUTE);
        }
        let (began, count) = self.0.entry(member).or_insert((now, 0));
        if now.since(*began) >= MINUTE {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        *count
    }

    /// How many there are in the minute of that member, and how long it still is.
    pub(crate) fn of(&self, member: MemberId, now: Moment) -> (i64, Span) {
        self.0
            .get(&member)
            .map_or((0, Span::seconds(0)), |&(began, count)| (count, began.plus(MINUTE).since(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_later_nobody_remembers_how_fast_somebody_was() {
        let (member, now) = (MemberId::new(Moment::from_micros(0), [1; 10]), Moment::from_micros(0));
        let mut paces = Paces::default();
        assert_eq!([1, 2, 3].map(|_| paces.count(member, now)), [1, 2, 3]);
        let later = now.plus(Span::seconds(59));
        assert_eq!((paces.count(member, later), paces.of(member, later)), (4, (4, Span::seconds(1))));
        assert_eq!(paces.count(member, now.plus(MINUTE)), 1);
    }
}
