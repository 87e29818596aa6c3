//! Statements, and what a store earned.

use auboutique_db::{ledger as books, pickup, store as stores};
use auboutique_domain::Refusal;
use auboutique_domain::id::StoreId;
use auboutique_domain::ledger::{Account, EntryKind};
use auboutique_domain::money::{Currency, in_every_currency, sums};
use auboutique_domain::payout::Purse;
use auboutique_domain::statement::{
    DayOfSales, MOST_LINES, Period, ProfitView, StatementLine, StatementView,
};
use auboutique_domain::time::{Date, Moment, TimeZone, UTC, zone};

use crate::ledger;
use crate::no::{No, Stop};
use crate::reader::View;

impl View<'_> {
    /// The time zone in which a day is a day: that of the market's first pickup point.
    fn zone(&mut self) -> Result<TimeZone, No> {
        let point = pickup::first_open(self.db);
        let point = self.settle(point.map_err(Stop::from))?;
        Ok(point.and_then(|point| zone(&point.time_zone)).unwrap_or(UTC))
    }

    /// What happened on an account in a period: not more lines than a statement has.
    fn lines(
        &mut self,
        account: Account,
        period: Period,
        zone: &TimeZone,
    ) -> Result<(Vec<StatementLine>, Moment), No> {
        let after = period.until.tomorrow().unwrap_or(period.until);
        let (from, until) = (start_of(period.from, zone), start_of(after, zone));
        let lines = books::posted(self.db, account, (from, until), MOST_LINES + 1);
        let lines = self.settle(lines.map_err(Stop::from))?;
        if i64::try_from(lines.len()).unwrap_or(i64::MAX) > MOST_LINES {
            return Err(Period::invalid().into());
        }
        Ok((lines, from))
    }

    /// What happened to the asker's money in a period.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] for the store of who has none; [`Refusal::PeriodInvalid`].
    pub fn statement(&mut self, purse: Purse, period: Period) -> Result<StatementView, No> {
        let member = self.member()?;
        let own = stores::find_by_owner(self.db, member.id);
        let own = self.settle(own.map_err(Stop::from))?.map(|store| store.id);
        let account = purse.account(member.id, own).ok_or_else(|| Refusal::not_found("store"))?;
        let zone = self.zone()?;
        let (lines, from) = self.lines(account, period, &zone)?;
        let before = books::owed_before(self.db, account, from);
        let before = self.settle(before.map_err(Stop::from))?;
        let opening = in_every_currency(&before);
        let after = sums(opening.iter().copied().chain(lines.iter().map(|line| line.amount)));
        let closing = in_every_currency(&after.ok_or(Refusal::TotalOutOfRange)?);
        Ok(StatementView { period, opening, lines, closing })
    }

    /// What a store earned in a period, for whoever acts for it: the sum of the lines that stand with it.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs; [`Refusal::PeriodInvalid`].
    pub fn profit(&mut self, store: StoreId, period: Period) -> Result<ProfitView, No> {
        let member = self.member()?;
        let served = stores::served(self.db, store, member.id);
        let served = self.settle(served.map_err(Stop::from))?;
        let store = served.ok_or_else(|| Refusal::not_found("store"))?;
        let zone = self.zone()?;
        let (lines, _) = self.lines(Account::Store(store.store), period, &zone)?;
        let lines: Vec<StatementLine> = lines.into_iter().filter(|line| !line.kind.is_payout()).collect();
        let profit = sums(lines.iter().map(|line| line.amount)).ok_or(Refusal::TotalOutOfRange)?;
        let balance = ledger::purse(self.db, Account::Store(store.store));
        let balance = self.settle(balance)?;
        let days = days(&lines, &zone)?;
        Ok(ProfitView { store, period, profit: in_every_currency(&profit), days, lines, balance })
    }

    /// The day it is where things are collected.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub fn today(&mut self) -> Result<Date, No> {
        let zone = self.zone()?;
        Ok(self.now.timestamp().to_zoned(zone).date())
    }
}

/// The moment a day begins.
fn start_of(day: Date, zone: &TimeZone) -> Moment {
    let begins = day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp().as_microsecond());
    Moment::from_micros(begins.unwrap_or(0))
}

/// The lines, summed day by day and currency by currency.
fn days(lines: &[StatementLine], zone: &TimeZone) -> Result<Vec<DayOfSales>, Refusal> {
    let mut days: Vec<DayOfSales> = Vec::new();
    for line in lines {
        let day = line.at.timestamp().to_zoned(zone.clone()).date();
        let orders = i64::from(line.kind == EntryKind::OrderCompleted);
        let same =
            |sales: &&mut DayOfSales| (sales.day, sales.profit.currency) == (day, line.amount.currency);
        match days.iter_mut().rev().take(2 * Currency::ALL.len()).find(same) {
            Some(sales) => {
                sales.profit = sales.profit.plus(line.amount).ok_or(Refusal::TotalOutOfRange)?;
                sales.orders += orders;
            }
            None => days.push(DayOfSales { day, profit: line.amount, orders }),
        }
    }
    Ok(days)
}
