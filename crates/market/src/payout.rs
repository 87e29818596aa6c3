//! A member's money: the wallet, what was earned, and payouts.

use auboutique_db::{ledger as books, order as orders, payout as db, pickup, store};
use auboutique_domain::id::{OrderId, PayoutId, TopUpId};
use auboutique_domain::ledger::{Account, Entry, StepError};
use auboutique_domain::listing::Page;
use auboutique_domain::member::{MemberCard, Username};
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::order::{Means, Receipt, Side};
use auboutique_domain::payout::{self, Payout, PayoutView, Purse, Step};
use auboutique_domain::statement::WalletView;
use auboutique_domain::store::StoreCard;
use auboutique_domain::{Event, Refusal, Reply};

use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, ledger, member, setting};

/// How many lines of the wallet are shown with its balance.
const LAST_LINES: i64 = 50;

/// An attendant takes cash for somebody's wallet. Nobody fills their own.
pub(crate) fn top_up(work: &mut Work<'_>, username: &Username, cash: Money) -> Outcome {
    let attendant = work.member()?;
    let points = pickup::served_by(work.db, attendant.id)?;
    let desk = *points.first().ok_or_else(|| Refusal::not_found("desk"))?;
    let amount = payout::amount(cash)?;
    let member = member::find(work, username)?;
    if member.id == attendant.id {
        return Err(Refusal::Yourself.into());
    }
    let entry = Entry::wallet_topped_up(work.id(TopUpId::new), desk, member.id, amount)?;
    ledger::post(work, &entry)?;
    work.tell(Event::WalletToppedUp { member: member.id, by: attendant.id, pickup_point: desk, amount });
    Ok(Reply::Balance(ledger::purse(work.db, Account::Wallet(member.id))?))
}

/// A buyer pays an order from the wallet that is to be paid at the desk.
pub(crate) fn pay_order(work: &mut Work<'_>, id: OrderId, currency: Currency) -> Outcome {
    let rate = setting::find(work)?.lbp_per_usd;
    let buyer = work.member()?;
    let missing = || Refusal::not_found("order");
    let order = orders::find(work.db, id)?.filter(|order| order.buyer == buyer.id).ok_or_else(missing)?;
    let receipt = Receipt::of(Means::Wallet, order.total, currency, rate)?;
    let account = Account::Wallet(buyer.id);
    let step = order.clone().settle(account, receipt, work.now)?;
    let available = ledger::owed(work.db, account, currency)?;
    if receipt.paid.minor > available.minor {
        return Err(Refusal::BalanceShort { available }.into());
    }
    crate::order::apply(work, &order, step)?;
    Ok(Reply::Order(crate::order::shown(work, id, Side::Buyer)?))
}

pub(crate) fn request(work: &mut Work<'_>, purse: Purse, amount: Money) -> Outcome {
    let member = work.member()?;
    let store = match purse {
        Purse::Store => store::find_by_owner(work.db, member.id)?,
        Purse::Wallet | Purse::Sales => None,
    };
    let id = store.as_ref().map(|store| store.id);
    let account = purse.account(member.id, id).ok_or_else(|| Refusal::not_found("store"))?;
    let available = ledger::owed(work.db, account, amount.currency)?;
    let payout = work.id(PayoutId::new);
    let (payout, entry, event) =
        Payout::request(payout, (member.id, purse, id), amount, available, work.now)?;
    db::insert(work.db, &payout)?;
    ledger::post(work, &entry)?;
    work.tell(event);
    Ok(Reply::Payout(payout.view(member.card(), store.map(|store| store.card()))))
}

/// Ends a payout.
fn end(
    work: &mut Work<'_>,
    id: PayoutId,
    may: impl FnOnce(&Work<'_>, &Payout) -> Result<(), Refusal>,
    step: impl FnOnce(Payout, &Work<'_>) -> Result<Step, StepError>,
) -> Outcome {
    let (found, member, store): (Payout, MemberCard, Option<StoreCard>) =
        db::find(work.db, id)?.ok_or_else(|| Refusal::not_found("payout"))?;
    may(work, &found)?;
    let (payout, entry, event) = step(found, work)?;
    db::save(work.db, &payout)?;
    ledger::post(work, &entry)?;
    work.tell(event);
    Ok(Reply::Payout(payout.view(member, store)))
}

pub(crate) fn confirm(work: &mut Work<'_>, id: PayoutId, note: &str) -> Outcome {
    let note = payout::note(note)?;
    work.operator()?;
    end(work, id, |_, _| Ok(()), |payout, work| payout.confirm(note, work.now))
}

pub(crate) fn void(work: &mut Work<'_>, id: PayoutId, note: &str) -> Outcome {
    let note = payout::note(note)?;
    let operator = work.operator();
    if operator == Err(Refusal::SignInNeeded) {
        return Err(Refusal::SignInNeeded.into());
    }
    let may = |work: &Work<'_>, payout: &Payout| {
        let theirs = work.member().is_ok_and(|member| member.id == payout.member);
        if theirs || operator.is_ok() { Ok(()) } else { Err(Refusal::not_found("payout")) }
    };
    end(work, id, may, |payout, work| payout.void(note, work.now))
}

/// The timekeeper: nobody handed it over in time.
pub(crate) fn lapse(work: &mut Work<'_>, id: PayoutId) -> Outcome {
    work.node()?;
    end(work, id, |_, _| Ok(()), |payout, work| payout.lapse(work.now)).map(|_| Reply::Done)
}

impl View<'_> {
    /// The asker's money: the balances, what happened in the wallet last, and the last payouts.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`].
    pub fn wallet(&mut self) -> Result<WalletView, No> {
        let member = self.member()?;
        let wallet = ledger::purse(self.db, Account::Wallet(member.id));
        let wallet = self.settle(wallet)?;
        let sales = ledger::purse(self.db, Account::Seller(member.id));
        let sales = self.settle(sales)?;
        let own = store::find_by_owner(self.db, member.id);
        let store = match self.settle(own.map_err(Stop::from))? {
            Some(store) => {
                let purse = ledger::purse(self.db, Account::Store(store.id));
                Some(self.settle(purse)?)
            }
            None => None,
        };
        let lines = books::posted_last(self.db, Account::Wallet(member.id), LAST_LINES);
        let lines = self.settle(lines.map_err(Stop::from))?;
        let payouts = self.payouts(None, None)?.rows;
        Ok(WalletView { wallet, sales, store, lines, payouts })
    }

    /// The asker's payouts, newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] for a cursor that is none.
    pub fn payouts(&mut self, after: Option<&str>, limit: Option<i64>) -> Result<Page<PayoutView>, No> {
        let member = self.member()?;
        let (before, limit) = cut(after, limit, "~")?;
        let found = db::of_member(self.db, member.id, &before, limit + 1);
        let found = self.settle(found.map_err(Stop::from))?;
        Ok(page(found, limit))
    }

    /// Payouts that wait to be handed over, oldest first; for operators.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`], [`Refusal::RoleNeeded`]; [`Refusal::NotFound`] for a cursor that is none.
    pub fn open_payouts(&mut self, after: Option<&str>, limit: Option<i64>) -> Result<Page<PayoutView>, No> {
        self.operator()?;
        let (beyond, limit) = cut(after, limit, "")?;
        let found = db::open(self.db, &beyond, limit + 1);
        let found = self.settle(found.map_err(Stop::from))?;
        Ok(page(found, limit))
    }
}

fn cut(after: Option<&str>, limit: Option<i64>, start: &str) -> Result<(String, i64), Refusal> {
    let from = match after {
        None => start.to_owned(),
        Some(cursor) => PayoutId::parse(cursor).map_err(|_| Refusal::not_found("page"))?.to_string(),
    };
    let (_, limit) = crate::listing::cut(None, limit)?;
    Ok((from, limit))
}

fn page(mut rows: Vec<db::PayoutOf>, limit: i64) -> Page<PayoutView> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(payout, ..)| payout.id.to_string());
    Page { rows: rows.into_iter().map(|(payout, member, store)| payout.view(member, store)).collect(), next }
}
