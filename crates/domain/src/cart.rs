//! Carts: lines a buyer has gathered, from any number of stores and members. A cart promises nothing; see `checkout.rs`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{ListingId, MemberId};
use crate::listing::{Listing, ListingView};
use crate::money::{Money, sums};
use crate::refusal::Refusal;
use crate::time::Moment;

/// The most lines a cart has: as many as fit, with what stands beside them, into one answer of every wire.
pub const MOST_LINES: usize = 40;

/// A line of a cart: so many copies of a listing, and what one of them cost when the buyer put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    /// Whose cart.
    pub member: MemberId,
    /// Which listing.
    pub listing: ListingId,
    /// How many copies.
    pub quantity: i64,
    /// What one copy cost when the buyer last said how many.
    pub seen: Money,
    /// When it was put there.
    pub added_at: Moment,
}

/// What a listing offers a buyer at this moment: what is needed to say whether copies of it can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The listing.
    pub listing: &'a Listing,
    /// How many copies others have set aside, and when the first of those times is over.
    pub held: HeldByOthers,
    /// The most copies its store sells one buyer at once.
    pub limit: i64,
}

/// What others have set aside of a listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeldByOthers {
    /// How many copies.
    pub copies: i64,
    /// When the first of their holds is over.
    pub until: Option<Moment>,
}

impl Offer<'_> {
    /// How many copies this buyer can have now.
    #[must_use]
    pub const fn available(&self) -> i64 {
        self.listing.available() - self.held.copies
    }

    /// Whether this buyer can have so many copies at the price they saw.
    ///
    /// # Errors
    ///
    /// What [`Listing::can_be_bought`] says; [`Refusal::QuantityLimit`]; [`Refusal::Held`] when it is others who have not
    /// paid yet that stand before the buyer.
    pub fn can_be_bought(&self, buyer: MemberId, seen: Money, quantity: i64) -> Result<(), Refusal> {
        self.listing.can_be_bought(buyer, seen, quantity)?;
        if self.listing.stocked.is_some() && quantity > self.limit {
            return Err(Refusal::QuantityLimit { most: self.limit });
        }
        match self.held.until {
            Some(until) if quantity > self.available() => {
                Err(Refusal::Held { available: self.available(), until })
            }
            _ => Ok(()),
        }
    }
}

/// Whether another line has room in a cart.
///
/// # Errors
///
/// [`Refusal::CartFull`].
pub fn has_room(lines: usize) -> Result<(), Refusal> {
    if lines < MOST_LINES {
        Ok(())
    } else {
        Err(Refusal::CartFull { most: i64::try_from(MOST_LINES).unwrap_or(i64::MAX) })
    }
}

/// What a cart costs, one total per currency, exactly.
///
/// # Errors
///
/// [`Refusal::TotalOutOfRange`] when a total is more than a price may be.
pub fn totals(lines: impl IntoIterator<Item = (Money, i64)>) -> Result<Vec<Money>, Refusal> {
    let cost = |(price, quantity): (Money, i64)| {
        Some(Money::new(price.minor.checked_mul(quantity)?, price.currency))
    };
    let costs: Option<Vec<Money>> = lines.into_iter().map(cost).collect();
    let totals = costs.and_then(sums).ok_or(Refusal::TotalOutOfRange)?;
    if totals.iter().all(|total| crate::money::Price::RANGE.contains(&total.minor)) {
        Ok(totals)
    } else {
        Err(Refusal::TotalOutOfRange)
    }
}

/// What keeps a line of a cart from being bought as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CartProblem)]
pub struct Problem {
    /// The code of the refusal that buying it would meet: `listing_sold`, `stock_short`, `price_changed`, ….
    pub code: String,
    /// What is wrong and what to do, as sentences.
    pub message: String,
    /// The refusal itself, for those who say it in another language. It is on no wire.
    #[serde(skip)]
    #[schema(ignore)]
    pub refusal: Option<Refusal>,
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        Self { code: refusal.code(), message: refusal.to_string(), refusal: Some(refusal.clone()) }
    }
}

/// A line of a cart as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLineView {
    /// What it is, as it stands now, with its cover and without its description.
    pub listing: ListingView,
    /// How many copies.
    pub quantity: i64,
    /// What one copy cost when the buyer last said how many.
    pub seen: Money,
    /// What the copies cost together now.
    pub total: Money,
    /// What keeps it from being bought, if anything does. A changed price is one: saying how many again takes it as seen.
    #[schema(required = true)]
    pub problem: Option<Problem>,
}

/// A cart as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartView {
    /// What was gathered, in the order it was put there.
    pub lines: Vec<CartLineView>,
    /// What it costs now, one total per currency: what a checkout has to be asked for with.
    pub totals: Vec<Money>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency::{Lbp, Usd};

    #[test]
    fn a_cart_costs_exactly_what_its_lines_do_in_each_currency() {
        let lines = [(Money::new(1_250, Usd), 3), (Money::new(50_000, Lbp), 2), (Money::new(1, Usd), 1)];
        assert_eq!(totals(lines), Ok(vec![Money::new(3_751, Usd), Money::new(100_000, Lbp)]));
        assert_eq!(totals([]), Ok(vec![]));
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused_and_does_not_wrap() {
        for lines in [
            vec![(Money::new(i64::MAX, Usd), 2)],
            vec![(Money::new(1_000_000_000_000, Usd), 1), (Money::new(1, Usd), 1)],
            vec![(Money::new(i64::MAX, Usd), 1), (Money::new(i64::MAX, Usd), 1)],
        ] {
            assert_eq!(totals(lines), Err(Refusal::TotalOutOfRange));
        }
    }
}
