//! Statements: what happened on an account of the ledger in a period, and what a store earned in it.
//!
//! Profit is not a number that is kept: it is the sum of the lines that are shown with it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::EntryId;
use crate::ledger::EntryKind;
use crate::money::Money;
use crate::refusal::Refusal;
use crate::store::StoreCard;
use crate::time::{Date, Moment};

/// The most days a period has: ten years.
pub const MOST_DAYS: i64 = 3_653;
/// The most lines it has.
pub const MOST_LINES: i64 = 20_000;

/// A period of days, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

impl Period {
    /// The period of these days.
    ///
    /// # Errors
    ///
    /// [`Refusal::PeriodInvalid`] when it ends before it begins, or has more than [`MOST_DAYS`].
    pub fn new(from: Date, until: Date) -> Result<Self, Refusal> {
        let days = i64::from((until - from).get_days());
        if (0..MOST_DAYS).contains(&days) { Ok(Self { from, until }) } else { Err(Self::invalid()) }
    }

    /// The no to a period that has too much in it.
    #[must_use]
    pub const fn invalid() -> Refusal {
        Refusal::PeriodInvalid { days: MOST_DAYS, lines: MOST_LINES }
    }
}

/// A line of the ledger as whoever owns the account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementLine {
    /// The entry it is a line of.
    pub entry: EntryId,
    /// When it was made.
    pub at: Moment,
    /// Why.
    pub kind: EntryKind,
    /// What it is about: the id of an order, a payment, a payout, …; of several refunds of an order with a number behind.
    pub source: String,
    /// What came in, or went out when it is below zero.
    pub amount: Money,
}

/// What happened on an account in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementView {
    /// Which days.
    pub period: Period,
    /// What was there before, per currency.
    pub opening: Vec<Money>,
    /// What happened, oldest first.
    pub lines: Vec<StatementLine>,
    /// What was there after: the opening and the lines, added up.
    pub closing: Vec<Money>,
}

/// What a store took in on a day, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayOfSales {
    /// The day, where things are collected.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// What completed orders brought, less what went back: the sum of the day's lines.
    pub profit: Money,
    /// How many orders were completed.
    pub orders: i64,
}

/// What a store earned in a period: the sum of the lines of the ledger behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProfitView {
    /// Which store.
    pub store: StoreCard,
    /// Which days.
    pub period: Period,
    /// What it earned, one sum per currency: after the commission, less what went back. Payouts are no part of it.
    pub profit: Vec<Money>,
    /// What it earned day by day; days on which nothing happened are left out.
    pub days: Vec<DayOfSales>,
    /// The lines it is the sum of, oldest first.
    pub lines: Vec<StatementLine>,
    /// What the market owes the store now, per currency; below zero when the store owes the market.
    pub balance: Vec<Money>,
}

/// A member's money in the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WalletView {
    /// What the member can spend, per currency.
    pub wallet: Vec<Money>,
    /// What the member earned by single things and has not been paid out; below zero for a debt.
    pub sales: Vec<Money>,
    /// What the member's store earned and has not been paid out; nothing for who has no store.
    #[schema(required = true)]
    pub store: Option<Vec<Money>>,
    /// What happened in the wallet last, newest first.
    pub lines: Vec<StatementLine>,
    /// The payouts that were asked for last, newest first.
    pub payouts: Vec<crate::payout::PayoutView>,
}
