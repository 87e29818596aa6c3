//! Payouts: earned money that leaves the market, handed over by a person (`rules.md` 5.9, L4).
//!
//! ```text
//!  request ──▶ requested ──confirm (operator)──▶ paid
//!                  └── void: whoever asked, an operator, or 7 days ──▶ voided
//! ```

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::Event;
use crate::id::{MemberId, PayoutId, StoreId};
use crate::ledger::{Account, Entry, StepError};
use crate::member::MemberCard;
use crate::money::{Money, Price};
use crate::refusal::Refusal;
use crate::store::StoreCard;
use crate::text;
use crate::time::{Moment, Span};

/// How long a payout waits to be handed over before it is taken back.
pub const PAYOUT_LIFE: Span = Span::days(7);

/// Where a member's money lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purse {
    /// What the member can spend here.
    Wallet,
    /// What the member earned by single things.
    Sales,
    /// What the member's store earned.
    Store,
}

impl Purse {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Wallet, Self::Sales, Self::Store];

    /// The name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Sales => "sales",
            Self::Store => "store",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purse| purse.name() == name)
    }

    /// The account in the ledger; nothing for the store of who has none.
    #[must_use]
    pub fn account(self, member: MemberId, store: Option<StoreId>) -> Option<Account> {
        match self {
            Self::Wallet => Some(Account::Wallet(member)),
            Self::Sales => Some(Account::Seller(member)),
            Self::Store => store.map(Account::Store),
        }
    }
}

/// Where a payout is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PayoutState)]
pub enum State {
    /// It was asked for, and is set aside.
    Requested,
    /// It was handed over.
    Paid,
    /// It was taken back.
    Voided,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Requested, Self::Paid, Self::Voided];

    /// The state's name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Paid => "paid",
            Self::Voided => "voided",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Earned money on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Which one.
    pub id: PayoutId,
    /// Whose money.
    pub member: MemberId,
    /// From which purse.
    pub purse: Purse,
    /// Of which store, if it is one's.
    pub store: Option<StoreId>,
    /// How much.
    pub amount: Money,
    /// Where it is in its life.
    pub state: State,
    /// When it was asked for.
    pub requested_at: Moment,
    /// When it is taken back if nobody hands it over.
    pub due_at: Option<Moment>,
    /// When it was paid or taken back.
    pub ended_at: Option<Moment>,
    /// How it was paid, or why it was taken back: a line.
    pub note: String,
    /// Counts the changes to the row.
    pub version: i64,
}

/// What a step makes of a payout.
pub type Step = (Payout, Entry, Event);

/// How a payout was handed over, or why it was taken back: a line of up to 200 characters.
///
/// # Errors
///
/// What [`text::line`](crate::text::line()) says.
pub fn note(raw: &str) -> Result<String, Refusal> {
    text::line("note", raw, 0, 200)
}

/// An amount somebody wants moved: 1 to as many minor units as a price may have.
///
/// # Errors
///
/// [`Refusal::AmountOutOfRange`].
pub fn amount(money: Money) -> Result<Money, Refusal> {
    if Price::RANGE.contains(&money.minor) {
        Ok(money)
    } else {
        Err(Refusal::AmountOutOfRange { most: *Price::RANGE.end() })
    }
}

impl Payout {
    /// Asks for a payout of what is there (L4).
    ///
    /// # Errors
    ///
    /// [`Refusal::AmountOutOfRange`]; [`Refusal::NotFound`] for the store of who has none; [`Refusal::BalanceShort`].
    pub fn request(
        id: PayoutId,
        (member, purse, store): (MemberId, Purse, Option<StoreId>),
        wanted: Money,
        available: Money,
        now: Moment,
    ) -> Result<Step, StepError> {
        let wanted = amount(wanted)?;
        let account = purse.account(member, store).ok_or_else(|| Refusal::not_found("store"))?;
        if wanted.currency != available.currency || wanted.minor > available.minor {
            return Err(Refusal::BalanceShort { available }.into());
        }
        let payout = Self {
            id,
            member,
            purse,
            store: store.filter(|_| purse == Purse::Store),
            amount: wanted,
            state: State::Requested,
            requested_at: now,
            due_at: Some(now.plus(PAYOUT_LIFE)),
            ended_at: None,
            note: String::new(),
            version: 1,
        };
        let entry = Entry::payout_requested(id, account, wanted)?;
        Ok((payout, entry, Event::PayoutRequested { payout: id, member, amount: wanted }))
    }

    fn end(mut self, state: State, note: String, now: Moment) -> Result<Self, Refusal> {
        if self.state != State::Requested {
            return Err(Refusal::PayoutOver);
        }
        self.state = state;
        self.note = note;
        self.due_at = None;
        self.ended_at = Some(now);
        Ok(self)
    }

    /// An operator handed it over (L4b).
    ///
    /// # Errors
    ///
    /// [`Refusal::PayoutOver`].
    pub fn confirm(self, note: String, now: Moment) -> Result<Step, StepError> {
        let payout = self.end(State::Paid, note, now)?;
        let entry = Entry::payout_paid(payout.id, payout.amount)?;
        let event = Event::PayoutPaid { payout: payout.id, member: payout.member, amount: payout.amount };
        Ok((payout, entry, event))
    }

    /// Whoever asked takes it back, or an operator does, or nobody handed it over in time.
    ///
    /// # Errors
    ///
    /// [`Refusal::PayoutOver`].
    pub fn void(self, note: String, now: Moment) -> Result<Step, StepError> {
        let payout = self.end(State::Voided, note, now)?;
        let account = payout.purse.account(payout.member, payout.store);
        let account = account.ok_or_else(|| Refusal::not_found("store"))?;
        let entry = Entry::payout_voided(payout.id, account, payout.amount)?;
        let event = Event::PayoutVoided { payout: payout.id, member: payout.member, amount: payout.amount };
        Ok((payout, entry, event))
    }

    /// The timekeeper: nobody handed it over in time.
    ///
    /// # Errors
    ///
    /// [`Refusal::PayoutOver`] when it ended, or its time is not over.
    pub fn lapse(self, now: Moment) -> Result<Step, StepError> {
        if self.due_at.is_none_or(|due| due > now) {
            return Err(Refusal::PayoutOver.into());
        }
        self.void("Nobody handed it over within 7 days.".to_owned(), now)
    }

    /// What whoever it concerns sees.
    #[must_use]
    pub fn view(self, member: MemberCard, store: Option<StoreCard>) -> PayoutView {
        PayoutView {
            payout: self.id,
            member,
            purse: self.purse,
            store,
            amount: self.amount,
            state: self.state,
            requested_at: self.requested_at,
            until: self.due_at,
            ended_at: self.ended_at,
            note: self.note,
        }
    }
}

/// A payout as its member and operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutView {
    /// Which one.
    pub payout: PayoutId,
    /// Whose money.
    pub member: MemberCard,
    /// From which purse.
    pub purse: Purse,
    /// Of which store, if it is one's.
    #[schema(required = true)]
    pub store: Option<StoreCard>,
    /// How much.
    pub amount: Money,
    /// Where it is in its life.
    pub state: State,
    /// When it was asked for.
    pub requested_at: Moment,
    /// When it is taken back if nobody hands it over.
    #[schema(required = true)]
    pub until: Option<Moment>,
    /// When it was paid or taken back.
    #[schema(required = true)]
    pub ended_at: Option<Moment>,
    /// How it was paid, or why it was taken back.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency::{Lbp, Usd};

    fn request(wanted: Money, available: Money) -> Result<Step, StepError> {
        let zero = Moment::from_micros(0);
        let who = (MemberId::new(zero, [1; 10]), Purse::Sales, None);
        Payout::request(PayoutId::new(zero, [2; 10]), who, wanted, available, zero)
    }

    #[test]
    fn nobody_is_paid_out_what_they_have_not_earned() {
        let available = Money::new(3_800, Usd);
        assert!(request(available, available).is_ok());
        for wanted in [Money::new(3_801, Usd), Money::new(100, Lbp)] {
            assert_eq!(request(wanted, available).unwrap_err(), Refusal::BalanceShort { available }.into());
        }
        for minor in [0, -1, i64::MIN, i64::MAX] {
            let refused = request(Money::new(minor, Usd), available).unwrap_err();
            assert!(matches!(refused, StepError::Refused(Refusal::AmountOutOfRange { .. })), "{minor}");
        }
    }

    #[test]
    fn a_payout_ends_once_by_hand_or_by_the_clock() {
        let (payout, ..) = request(Money::new(100, Usd), Money::new(100, Usd)).unwrap();
        let due = payout.due_at.unwrap();
        assert!(payout.clone().lapse(due.minus(Span::seconds(1))).is_err());
        assert_eq!(payout.clone().lapse(due).unwrap().0.state, State::Voided);
        let (paid, ..) = payout.confirm("cash".to_owned(), due).unwrap();
        assert_eq!(paid.clone().void(String::new(), due).unwrap_err(), Refusal::PayoutOver.into());
        assert_eq!(paid.confirm(String::new(), due).unwrap_err(), Refusal::PayoutOver.into());
    }
}
