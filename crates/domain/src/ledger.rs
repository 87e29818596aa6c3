//! The ledger: double entry, one journal per currency, debits positive and credits negative.
//!
//! An [`Entry`] that does not balance in every currency it touches cannot be built. Entries are never changed: a correction
//! is another entry. The postings of each event are `rules.md` 5.9; the numbers L1 to L11 in the constructors are its rows.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{MemberId, OrderId, PaymentId, PayoutId, PickupPointId, StoreId, TopUpId};
use crate::money::{Currency, Money};
use crate::refusal::Refusal;

/// A place in the ledger where a balance accumulates. Its name in the database is its `Display`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The market's account at its bank: an asset.
    Bank,
    /// Cash in the drawer of a pickup point: an asset.
    CashBox(PickupPointId),
    /// What the card provider took in and has not paid to the bank: an asset.
    CardClearing,
    /// What a buyer paid for an order that is not finished: owed to one of the two. Never below zero.
    Escrow(OrderId),
    /// What the market owes a seller; negative when the seller owes the market.
    Seller(MemberId),
    /// What the market owes a store, apart from what it owes its owner; negative when the store owes the market.
    Store(StoreId),
    /// What a member can spend here. Never below zero.
    Wallet(MemberId),
    /// What was asked to be paid out and has not been handed over. Never below zero.
    PayoutInFlight,
    /// What the market earned by commission.
    Commission,
    /// What the market earned by keeping what was not collected.
    Handling,
    /// What the card provider costs.
    CardCost,
    /// What was taken in one currency for what is owed in another: the position of the market in that currency.
    Exchange(Currency),
}

impl Account {
    /// Whether credits must never be outweighed: `wallet` and `escrow` may not go below zero (`rules.md` 5.9), and no more
    /// is paid out than was asked for.
    #[must_use]
    pub const fn has_floor(self) -> bool {
        matches!(self, Self::Escrow(_) | Self::Wallet(_) | Self::PayoutInFlight)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bank => out.write_str("bank"),
            Self::CashBox(point) => write!(out, "cash_box:{point}"),
            Self::CardClearing => out.write_str("psp_clearing"),
            Self::Escrow(order) => write!(out, "escrow:{order}"),
            Self::Seller(member) => write!(out, "seller:{member}"),
            Self::Store(store) => write!(out, "store:{store}"),
            Self::Wallet(member) => write!(out, "wallet:{member}"),
            Self::PayoutInFlight => out.write_str("payout_in_flight"),
            Self::Commission => out.write_str("rev_commission"),
            Self::Handling => out.write_str("rev_handling"),
            Self::CardCost => out.write_str("exp_psp"),
            Self::Exchange(currency) => write!(out, "fx:{currency}"),
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

/// Why an entry was made. With what it is about it is unique, so that a replay posts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// L7: cash taken at the desk for an order.
    CashTaken,
    /// L1: an order was paid by card.
    CardPaid,
    /// An order was paid from the buyer's wallet.
    WalletPaid,
    /// L7b: the order is completed, the seller and the house are credited.
    OrderCompleted,
    /// L8, L9: the order came to nothing, the buyer has the money back, less what the house keeps for handling.
    OrderRefunded,
    /// L6: goods came back, or a part of the money: the buyer has it, the commission is reversed pro rata.
    SaleRefunded,
    /// Cash paid into a wallet at the desk.
    WalletToppedUp,
    /// L2: what the provider takes for a card payment.
    CardCost,
    /// L5: the provider paid what it took in to the bank.
    CardsSettled,
    /// A card payment came too late for its checkout and is in the buyer's wallet.
    PaymentRefunded,
    /// L4: a payout was asked for.
    PayoutRequested,
    /// L4b: a payout was handed over.
    PayoutPaid,
    /// L4 reversed: a payout was taken back, or nobody handed it over in time.
    PayoutVoided,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::CashTaken,
        Self::CardPaid,
        Self::WalletPaid,
        Self::OrderCompleted,
        Self::OrderRefunded,
        Self::SaleRefunded,
        Self::WalletToppedUp,
        Self::CardCost,
        Self::CardsSettled,
        Self::PaymentRefunded,
        Self::PayoutRequested,
        Self::PayoutPaid,
        Self::PayoutVoided,
    ];

    /// The kind's name in snake case, as the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CashTaken => "cash_taken",
            Self::CardPaid => "card_paid",
            Self::WalletPaid => "wallet_paid",
            Self::OrderCompleted => "order_completed",
            Self::OrderRefunded => "order_refunded",
            Self::SaleRefunded => "sale_refunded",
            Self::WalletToppedUp => "wallet_topped_up",
            Self::CardCost => "card_cost",
            Self::CardsSettled => "cards_settled",
            Self::PaymentRefunded => "payment_refunded",
            Self::PayoutRequested => "payout_requested",
            Self::PayoutPaid => "payout_paid",
            Self::PayoutVoided => "payout_voided",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it moves earned money out or back in, and is no part of what was earned.
    #[must_use]
    pub const fn is_payout(self) -> bool {
        matches!(self, Self::PayoutRequested | Self::PayoutPaid | Self::PayoutVoided)
    }
}

/// What an entry is about. Its text, which is its `Display`, is unique for a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An order.
    Order(OrderId),
    /// One of several refunds of an order, told apart by the version of the order that made it.
    Refund(OrderId, i64),
    /// A card payment.
    Payment(PaymentId),
    /// Money paid into a wallet.
    TopUp(TopUpId),
    /// A payout.
    Payout(PayoutId),
    /// A settlement, as the provider calls it.
    Settlement(String),
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(order) => write!(out, "{order}"),
            Self::Refund(order, version) => write!(out, "{order}/{version}"),
            Self::Payment(payment) => write!(out, "{payment}"),
            Self::TopUp(top_up) => write!(out, "{top_up}"),
            Self::Payout(payout) => write!(out, "{payout}"),
            Self::Settlement(batch) => write!(out, "settlement:{batch}"),
        }
    }
}

/// A journal entry: postings that sum to zero in every currency, for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    kind: EntryKind,
    source: Source,
    postings: Vec<Posting>,
}

/// The postings do not make an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the postings of an entry are at least two, and sum to zero in every currency")]
pub struct Unbalanced;

/// Why a step that moves money cannot be made: the rules say no, or the books would not balance (which is nobody's fault
/// but ours).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The row says something the rules could never have written.
    #[error("amounts that make no ledger entry: {0}")]
    Unbalanced(#[from] Unbalanced),
}

impl Entry {
    /// An entry of these postings; those of zero are left out.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when they do not sum to zero in every currency, or fewer than two remain.
    pub fn new(kind: EntryKind, source: Source, postings: Vec<Posting>) -> Result<Self, Unbalanced> {
        let postings: Vec<Posting> =
            postings.into_iter().filter(|posting| posting.amount.minor != 0).collect();
        let sums = crate::money::sums(postings.iter().map(|posting| posting.amount)).ok_or(Unbalanced)?;
        if postings.len() < 2 || sums.iter().any(|sum| sum.minor != 0) {
            return Err(Unbalanced);
        }
        Ok(Self { kind, source, postings })
    }

    fn two(
        kind: EntryKind,
        source: Source,
        from: Account,
        to: Account,
        amount: Money,
    ) -> Result<Self, Unbalanced> {
        Self::new(kind, source, vec![debit(from, amount), credit(to, amount)])
    }

    /// L1, L7: the buyer pays an order. Where the money comes from is debited, `escrow` credited; across currencies (L11)
    /// the two meet on the exchange accounts.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the total is zero, or something else is paid in its own currency.
    pub fn order_paid(
        kind: EntryKind,
        from: Account,
        order: OrderId,
        paid: Money,
        total: Money,
    ) -> Result<Self, Unbalanced> {
        let mut postings = vec![debit(from, paid)];
        if paid.currency != total.currency {
            postings.push(credit(Account::Exchange(paid.currency), paid));
            postings.push(debit(Account::Exchange(total.currency), total));
        }
        postings.push(credit(Account::Escrow(order), total));
        Self::new(kind, Source::Order(order), postings)
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
            Source::Order(order),
            vec![
                debit(Account::Escrow(order), total),
                credit(earner, proceeds),
                credit(Account::Commission, commission),
            ],
        )
    }

    /// L8, L9: a paid order came to nothing. `escrow` is debited, the buyer's wallet credited, less what the house keeps for
    /// handling.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the total is zero.
    pub fn order_refunded(
        order: OrderId,
        buyer: MemberId,
        total: Money,
        handling: Money,
    ) -> Result<Self, Unbalanced> {
        let back = total.minus(handling).ok_or(Unbalanced)?;
        Self::new(
            EntryKind::OrderRefunded,
            Source::Order(order),
            vec![
                debit(Account::Escrow(order), total),
                credit(Account::Wallet(buyer), back),
                credit(Account::Handling, handling),
            ],
        )
    }

    /// L6: a part of what was earned goes back to the buyer's wallet: who earned and the house give their shares.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when amount and commission are of two currencies.
    pub fn sale_refunded(
        source: Source,
        earner: Account,
        buyer: MemberId,
        amount: Money,
        commission: Money,
    ) -> Result<Self, Unbalanced> {
        let proceeds = amount.minus(commission).ok_or(Unbalanced)?;
        Self::new(
            EntryKind::SaleRefunded,
            source,
            vec![
                debit(earner, proceeds),
                debit(Account::Commission, commission),
                credit(Account::Wallet(buyer), amount),
            ],
        )
    }

    /// Cash is paid into a wallet at a desk.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the amount is zero.
    pub fn wallet_topped_up(
        top_up: TopUpId,
        desk: PickupPointId,
        member: MemberId,
        cash: Money,
    ) -> Result<Self, Unbalanced> {
        let (from, to) = (Account::CashBox(desk), Account::Wallet(member));
        Self::two(EntryKind::WalletToppedUp, Source::TopUp(top_up), from, to, cash)
    }

    /// L2: what the provider takes for a payment.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when it takes nothing.
    pub fn card_cost(payment: PaymentId, cost: Money) -> Result<Self, Unbalanced> {
        let source = Source::Payment(payment);
        Self::two(EntryKind::CardCost, source, Account::CardCost, Account::CardClearing, cost)
    }

    /// L5: the provider paid to the bank.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when it paid nothing.
    pub fn cards_settled(batch: String, amount: Money) -> Result<Self, Unbalanced> {
        let source = Source::Settlement(batch);
        Self::two(EntryKind::CardsSettled, source, Account::Bank, Account::CardClearing, amount)
    }

    /// A card payment came when its checkout was over: it is in the buyer's wallet.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the amount is zero.
    pub fn payment_refunded(payment: PaymentId, buyer: MemberId, amount: Money) -> Result<Self, Unbalanced> {
        let (source, to) = (Source::Payment(payment), Account::Wallet(buyer));
        Self::two(EntryKind::PaymentRefunded, source, Account::CardClearing, to, amount)
    }

    /// L4: a payout is asked for.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the amount is zero.
    pub fn payout_requested(payout: PayoutId, from: Account, amount: Money) -> Result<Self, Unbalanced> {
        let source = Source::Payout(payout);
        Self::two(EntryKind::PayoutRequested, source, from, Account::PayoutInFlight, amount)
    }

    /// L4b: a payout was made by the bank.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the amount is zero.
    pub fn payout_paid(payout: PayoutId, amount: Money) -> Result<Self, Unbalanced> {
        let source = Source::Payout(payout);
        Self::two(EntryKind::PayoutPaid, source, Account::PayoutInFlight, Account::Bank, amount)
    }

    /// L4 reversed: a payout was taken back.
    ///
    /// # Errors
    ///
    /// [`Unbalanced`] when the amount is zero.
    pub fn payout_voided(payout: PayoutId, from: Account, amount: Money) -> Result<Self, Unbalanced> {
        let source = Source::Payout(payout);
        Self::two(EntryKind::PayoutVoided, source, Account::PayoutInFlight, from, amount)
    }

    /// Why it was made.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    /// What it is about.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// Its lines.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// Whether what it debits must be there: nobody is paid out what they have not earned, though a refund may leave a
    /// seller in debt.
    #[must_use]
    pub const fn must_be_covered(&self) -> bool {
        matches!(self.kind, EntryKind::PayoutRequested)
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

    type Row<'a> = (Result<Entry, Unbalanced>, &'a [(&'a str, i64)]);

    #[test]
    fn every_row_of_the_rules_makes_its_postings() {
        let usd = |minor| Money::new(minor, Usd);
        let desk = PickupPointId::new(Moment::from_micros(0), [3; 10]);
        let payment = PaymentId::new(Moment::from_micros(0), [4; 10]);
        let payout = PayoutId::new(Moment::from_micros(0), [5; 10]);
        let (seller, wallet) = (Account::Seller(member()), Account::Wallet(member()));
        let paid = |kind, from, paid, total| Entry::order_paid(kind, from, order(), paid, total);
        let rows: [Row<'_>; 13] = [
            (
                paid(EntryKind::CardPaid, Account::CardClearing, usd(4_000), usd(4_000)),
                &[("psp_clearing", 4_000), ("escrow", -4_000)],
            ),
            (Entry::card_cost(payment, usd(150)), &[("exp_psp", 150), ("psp_clearing", -150)]),
            (
                Entry::order_completed(order(), seller, usd(4_000), usd(4_000).share(500)),
                &[("escrow", 4_000), ("seller", -3_800), ("rev_commission", -200)],
            ),
            (
                Entry::payout_requested(payout, seller, usd(3_800)),
                &[("seller", 3_800), ("payout_in_flight", -3_800)],
            ),
            (Entry::payout_paid(payout, usd(3_800)), &[("payout_in_flight", 3_800), ("bank", -3_800)]),
            (
                Entry::payout_voided(payout, seller, usd(3_800)),
                &[("payout_in_flight", 3_800), ("seller", -3_800)],
            ),
            (Entry::cards_settled("1".to_owned(), usd(3_850)), &[("bank", 3_850), ("psp_clearing", -3_850)]),
            (
                Entry::sale_refunded(Source::Refund(order(), 7), seller, member(), usd(1_000), usd(50)),
                &[("seller", 950), ("rev_commission", 50), ("wallet", -1_000)],
            ),
            (
                paid(EntryKind::CashTaken, Account::CashBox(desk), usd(2_500), usd(2_500)),
                &[("cash_box", 2_500), ("escrow", -2_500)],
            ),
            (
                Entry::order_refunded(order(), member(), usd(4_000), usd(0)),
                &[("escrow", 4_000), ("wallet", -4_000)],
            ),
            (
                Entry::order_refunded(order(), member(), usd(4_000), usd(100)),
                &[("escrow", 4_000), ("wallet", -3_900), ("rev_handling", -100)],
            ),
            (
                paid(EntryKind::WalletPaid, wallet, Money::new(3_580_000, Lbp), usd(4_000)),
                &[("wallet", 3_580_000), ("fx", -3_580_000), ("fx", 4_000), ("escrow", -4_000)],
            ),
            (
                Entry::payment_refunded(payment, member(), usd(4_000)),
                &[("psp_clearing", 4_000), ("wallet", -4_000)],
            ),
        ];
        for (entry, expected) in rows {
            let expected: Vec<_> =
                expected.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect();
            assert_eq!(amounts(&entry.unwrap()), expected);
        }
    }

    #[test]
    fn cash_of_25_at_5_percent_makes_the_postings_of_the_rules() {
        let total = Money::new(2_500, Usd);
        let desk = PickupPointId::new(Moment::from_micros(0), [3; 10]);
        let paid =
            Entry::order_paid(EntryKind::CashTaken, Account::CashBox(desk), order(), total, total).unwrap();
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
            assert_eq!(Entry::new(EntryKind::CashTaken, Source::Order(order()), postings), Err(Unbalanced));
        }
    }
}
