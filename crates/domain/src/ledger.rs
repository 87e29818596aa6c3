//! The ledger: double entry, one journal per currency, debits positive and credits negative.
//!
//! An [`Entry`] that does not balance cannot be built. Entries are never changed: a correction is another entry. The
//! postings of each event are `rules.md` 5.9; the numbers L7, L7b, L8 in the constructors are its rows.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{MemberId, OrderId, PickupPointId, StoreId};
use crate::money::Money;

/// A place in the ledger where a balance accumulates. Its name in the database is its `Display`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Cash in the drawer of a pickup point: an asset.
    CashBox(PickupPointId),
    /// What a buyer paid for an order that is not finished: owed to one of the two. Never below zero.
    Escrow(OrderId),
    /// What the market owes a seller; negative when the seller owes the market.
    Seller(MemberId),
    /// What the market owes a store, apart from what it owes its owner; negative when the store owes the market.
    Store(StoreId),
    /// What a member can spend here. Never below zero.
    Wallet(MemberId),
    /// What the market earned by commission.
    Commission,
}

impl Account {
    /// Whether credits must never be outweighed: `wallet` and `escrow` may not go below zero (`rules.md` 5.9).
    #[must_use]
    pub const fn has_floor(self) -> bool {
        matches!(self, Self::Escrow(_) | Self::Wallet(_))
    }
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CashBox(point) => write!(out, "cash_box:{point}"),
            Self::Escrow(order) => write!(out, "escrow:{order}"),
            Self::Seller(member) => write!(out, "seller:{member}"),
            Self::Store(store) => write!(out, "store:{store}"),
            Self::Wallet(member) => write!(out, "wallet:{member}"),
            Self::Commission => out.write_str("rev_commission"),
        }
    }
}

/// One line of an entry: an account and what it is debited (positive) or credited (negative).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: Account,
    /// Debit above zero, credit below; never zero.
    pub amount: Money,
}

/// Why an entry was made. With the order it is unique, so that a replay posts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// L7: cash taken at the desk.
    CashTaken,
    /// L7b: the order is completed, the seller and the house are credited.
    OrderCompleted,
    /// L8: the order came to nothing, the buyer has the money back.
    OrderRefunded,
}

impl EntryKind {
    /// The kind's name in snake case, as the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CashTaken => "cash_taken",
            Self::OrderCompleted => "order_completed",
            Self::OrderRefunded => "order_refunded",
        }
    }
}

/// A journal entry: postings of one currency that sum to zero, for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    kind: EntryKind,
    order: OrderId,
    postings: Vec<Posting>,
}

/// The postings do not make an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the postings of an entry are at least two, of one currency, and sum to zero")]
pub struct Unbalanced;

impl Entry {
    /// An entry of these postings; those of zero are left out.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when they do not sum to zero in one currency, or fewer than two remain.
    pub fn new(kind: EntryKind, order: OrderId, postings: Vec<Posting>) -> Result<Self, Unbalanced> {
        let postings: Vec<Posting> =
            postings.into_iter().filter(|posting| posting.amount.minor != 0).collect();
        let sum = postings.split_first().and_then(|(first, rest)| {
            rest.iter().try_fold(first.amount, |sum, posting| sum.plus(posting.amount))
        });
        if postings.len() < 2 || sum.is_none_or(|sum| sum.minor != 0) {
            return Err(Unbalanced);
        }
        Ok(Self { kind, order, postings })
    }

    /// L7: the buyer pays cash at the desk. `cash_box` is debited, `escrow` credited.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the total is zero.
    pub fn cash_taken(desk: PickupPointId, order: OrderId, total: Money) -> Result<Self, Unbalanced> {
        Self::new(
            EntryKind::CashTaken,
            order,
            vec![debit(Account::CashBox(desk), total), credit(Account::Escrow(order), total)],
        )
    }

    /// L7b: the order is completed. `escrow` is debited, the seller or the store credited with the total less the
    /// commission, the house with the commission.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when total and commission are of two currencies.
    pub fn order_completed(
        order: OrderId,
        earner: Account,
        total: Money,
        commission: Money,
    ) -> Result<Self, Unbalanced> {
        let proceeds = total.minus(commission).ok_or(Unbalanced)?;
        Self::new(
            EntryKind::OrderCompleted,
            order,
            vec![
                debit(Account::Escrow(order), total),
                credit(earner, proceeds),
                credit(Account::Commission, commission),
            ],
        )
    }

    /// L8: a paid order came to nothing. `escrow` is debited, the buyer's wallet credited.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the total is zero.
    pub fn order_refunded(order: OrderId, buyer: MemberId, total: Money) -> Result<Self, Unbalanced> {
        Self::new(
            EntryKind::OrderRefunded,
            order,
            vec![debit(Account::Escrow(order), total), credit(Account::Wallet(buyer), total)],
        )
    }

    /// Why it was made.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    /// The order it is about.
    #[must_use]
    pub const fn order(&self) -> OrderId {
        self.order
    }

    /// Its lines.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

const fn debit(account: Account, amount: Money) -> Posting {
    Posting { account, amount }
}

const fn credit(account: Account, amount: Money) -> Posting {
    Posting { account, amount: Money::new(-amount.minor, amount.currency) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moment;
    use crate::money::Currency::{Lbp, Usd};

    fn order() -> OrderId {
        OrderId::new(Moment::from_micros(0), [1; 10])
    }
    fn member() -> MemberId {
        MemberId::new(Moment::from_micros(0), [2; 10])
    }
    fn amounts(entry: &Entry) -> Vec<(String, i64)> {
        entry
            .postings()
            .iter()
            .map(|posting| {
                let name = posting.account.to_string();
                (name.split(':').next().unwrap().to_owned(), posting.amount.minor)
            })
            .collect()
    }

    #[test]
    fn cash_of_25_at_5_percent_makes_the_postings_of_the_rules() {
        let total = Money::new(2_500, Usd);
        let desk = PickupPointId::new(Moment::from_micros(0), [3; 10]);
        let paid = Entry::cash_taken(desk, order(), total).unwrap();
        assert_eq!(amounts(&paid), [("cash_box".to_owned(), 2_500), ("escrow".to_owned(), -2_500)]);
        let done =
            Entry::order_completed(order(), Account::Seller(member()), total, total.share(500)).unwrap();
        let expected = [("escrow", 2_500), ("seller", -2_375), ("rev_commission", -125)];
        assert_eq!(amounts(&done), expected.map(|(name, minor)| (name.to_owned(), minor)));
    }

    #[test]
    fn without_a_commission_the_house_has_no_posting() {
        let total = Money::new(2_500, Usd);
        let done = Entry::order_completed(order(), Account::Seller(member()), total, total.share(0)).unwrap();
        assert_eq!(done.postings().len(), 2);
    }

    #[test]
    fn an_entry_that_does_not_balance_cannot_be_built() {
        let line =
            |minor, currency| Posting { account: Account::Commission, amount: Money::new(minor, currency) };
        for postings in [
            vec![],
            vec![line(0, Usd), line(0, Usd)],
            vec![line(1, Usd)],
            vec![line(1, Usd), line(-2, Usd)],
            vec![line(1, Usd), line(-1, Lbp)],
            vec![line(i64::MAX, Usd), line(i64::MAX, Usd), line(2, Usd)],
        ] {
            assert_eq!(Entry::new(EntryKind::CashTaken, order(), postings), Err(Unbalanced));
        }
    }
}
