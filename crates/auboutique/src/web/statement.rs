//! What a store earned in a period: the sums, a chart, and the lines of the ledger they are the sums of; as a page and as a
//! sheet. And the way to have it paid out.

use askama::Template;
use auboutique_domain::id::PayoutId;
use auboutique_domain::ledger::EntryKind;
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::payout::{PayoutView, Purse, State};
use auboutique_domain::statement::{Period, ProfitView, StatementLine};
use auboutique_domain::store::StoreView;
use auboutique_domain::time::{self, Date};
use auboutique_domain::{Command, Refusal};
use auboutique_market::No;
use auboutique_wire::csv;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::ToSpan as _;

use super::chart::Chart;
use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::locale::Of;
use super::store::mine;
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

/// How many lines are shown at once.
const LINES: usize = 50;

/// The periods that have a name, the first for whoever chose none.
const PERIODS: [&str; 5] = ["month", "last-month", "week", "days", "year"];

/// What a period that has a name is called.
fn period_key(name: &str) -> &'static str {
    match name {
        "last-month" => "money-last-month",
        "week" => "money-week",
        "days" => "money-days",
        "year" => "money-year",
        _ => "money-month",
    }
}

/// The days of a period that has a name.
fn days_of(name: &str, today: Date) -> (Date, Date) {
    let month = today.first_of_month();
    match name {
        "last-month" => {
            let last = month.saturating_sub(1.day());
            (last.first_of_month(), last)
        }
        "week" => (today.saturating_sub(6.days()), today),
        "days" => (today.saturating_sub(29.days()), today),
        "year" => (today.first_of_year(), today),
        _ => (month, today),
    }
}

/// Which period an address asks for: its name, if it has one, and its days.
fn wanted(typed: &Typed, today: Date) -> Result<(&'static str, Period), Refusal> {
    if typed.some("from").is_some() || typed.some("until").is_some() {
        let day = |name| time::parse_day(typed.get(name).trim()).map_err(|_| Period::invalid());
        return Ok(("", Period::new(day("from")?, day("until")?)?));
    }
    let name = PERIODS.into_iter().find(|name| typed.is("period", name)).unwrap_or(PERIODS[0]);
    let (from, until) = days_of(name, today);
    Ok((name, Period::new(from, until)?))
}

#[derive(Template)]
#[template(path = "store-money.html")]
struct Page {
    shell: Shell,
    store: StoreView,
    is_owner: bool,
    profit: ProfitView,
    /// The name of the period, if it has one.
    chosen: &'static str,
    names: &'static [&'static str],
    /// The two dates, as they were typed.
    typed: Typed,
    /// What is wrong with them.
    wrong: Wrong,
    charts: Vec<Chart>,
    lines: Vec<StatementLine>,
    more: Option<String>,
    payouts: Vec<PayoutView>,
    sent: Sent,
}

impl Page {
    /// The sums worth showing: of the currencies in which there is anything, or of the first.
    fn there(sums: &[Money]) -> Vec<Money> {
        let there: Vec<Money> = sums.iter().copied().filter(|sum| sum.minor != 0).collect();
        if there.is_empty() { sums.iter().copied().take(1).collect() } else { there }
    }

    fn profits(&self) -> Vec<Money> {
        Self::there(&self.profit.profit)
    }

    /// What the market owes the store, and what the store owes the market, each with the keys of what is said of it.
    fn balances(&self) -> Vec<(Vec<Money>, &'static str, &'static str)> {
        let (debts, owed): (Vec<Money>, Vec<Money>) =
            Self::there(&self.profit.balance).into_iter().partition(|sum| sum.minor < 0);
        let debts: Vec<Money> =
            debts.iter().map(|sum| Money::new(sum.minor.saturating_neg(), sum.currency)).collect();
        let both = [(owed, "money-balance", "money-balance-hint"), (debts, "money-debt", "money-debt-hint")];
        both.into_iter().filter(|(sums, ..)| !sums.is_empty()).collect()
    }

    /// What can be paid out.
    fn payable(&self) -> Vec<Money> {
        self.profit.balance.iter().copied().filter(|sum| sum.minor > 0).collect()
    }

    fn first(&self) -> String {
        self.sheet("/store/money.csv")
    }

    /// An address that names the store and the days.
    fn sheet(&self, page: &str) -> String {
        let Period { from, until } = self.profit.period;
        let fields =
            [("store", self.store.handle.clone()), ("from", from.to_string()), ("until", until.to_string())];
        format!("{page}?{}", Typed::of(fields).address())
    }

    fn named(&self, name: &str) -> String {
        let fields = [("store", self.store.handle.clone()), ("period", name.to_owned())];
        format!("/store/money?{}", Typed::of(fields).address())
    }

    /// Why a line was written, in words.
    fn kind(&self, line: &StatementLine) -> String {
        self.shell.l.t(match line.kind {
            EntryKind::OrderCompleted => "earned-order-completed",
            EntryKind::SaleRefunded => "earned-sale-refunded",
            _ => "earned-other",
        })
    }

    /// What is wrong with a form that has no place of its own to say so.
    fn beyond(&self) -> Option<&str> {
        let placed = self.payable().iter().any(|sum| self.sent.is(&asks(sum.currency)));
        self.sent.wrong.any().filter(|_| !placed)
    }

    /// How much is asked for: what was typed, or all there is.
    fn amount(&self, there: &Money) -> String {
        self.sent.value(&asks(there.currency), "amount", &plain(*there))
    }

    fn said(&self, payout: &PayoutView) -> String {
        let at = payout.until.or(payout.ended_at).unwrap_or(payout.requested_at);
        let date = self.shell.l.date(at);
        match payout.state {
            State::Requested => self.shell.l.t1("store-payout-requested", "date", date),
            State::Paid => self.shell.l.t1("store-payout-paid", "date", date),
            State::Voided => self.shell.l.t1("store-payout-voided", "date", date),
        }
    }
}

/// The order a line is about, if it is about one.
fn order_of(line: &StatementLine) -> Option<&str> {
    line.source.split('/').next().filter(|id| id.starts_with("ord_"))
}

/// The form that asks for a payout in a currency.
fn asks(currency: impl Of<Currency>) -> String {
    format!("payout-{}", currency.of().code())
}

/// An amount as it is typed, without its currency.
pub(super) fn plain(money: Money) -> String {
    money.to_string().split(' ').next().unwrap_or_default().to_owned()
}

/// The store, what it earned in the days that are asked for, and what is wrong with them: then it is the first period.
async fn earned(
    visit: &Visit,
    typed: &Typed,
) -> Result<(StoreView, &'static str, ProfitView, Option<Problem>), Failed> {
    let (store, _) = mine(visit, typed.some("store")).await?;
    let id = store.store;
    let asked = typed.clone();
    let (chosen, profit, refusal) = visit
        .ask(move |view| {
            let today = view.today()?;
            let found = wanted(&asked, today).map_err(No::from);
            let found = found.and_then(|(chosen, period)| Ok((chosen, view.profit(id, period)?)));
            match found {
                Ok((chosen, profit)) => Ok((chosen, profit, None)),
                Err(No::Refused(refusal @ Refusal::PeriodInvalid { .. })) => {
                    let (chosen, period) = wanted(&Typed::default(), today)?;
                    Ok((chosen, view.profit(id, period)?, Some(refusal)))
                }
                Err(no) => Err(no),
            }
        })
        .await?;
    Ok((store, chosen, profit, refusal.map(Problem::from)))
}

async fn page(visit: &Visit, mut typed: Typed, sent: Sent) -> Result<(Page, Option<Problem>), Failed> {
    let (store, chosen, profit, problem) = earned(visit, &typed).await?;
    let is_owner = visit.me()?.account.id == store.owner.id;
    let wrong = problem.as_ref().map(|problem| Wrong::because(&visit.shell, problem)).unwrap_or_default();
    if !wrong.is_any() {
        typed.set("from", &profit.period.from.to_string());
        typed.set("until", &profit.period.until.to_string());
    }
    let payouts = if is_owner {
        let mut payouts = visit.ask(|view| Ok(view.payouts(None, Some(50))?.rows)).await?;
        payouts.retain(|payout| payout.purse == Purse::Store);
        payouts
    } else {
        Vec::new()
    };
    let charts = Chart::all(&visit.shell.l, profit.period, &profit.days);
    // The newest first; the sheet has all of them in the order they were written.
    let passed = typed.get("passed").parse::<usize>().unwrap_or(0);
    let lines: Vec<StatementLine> = profit.lines.iter().rev().skip(passed).take(LINES).cloned().collect();
    let more = (passed + lines.len() < profit.lines.len()).then(|| passed + lines.len());
    let mut page = Page {
        shell: visit.shell.clone(),
        store,
        is_owner,
        profit,
        chosen,
        names: &PERIODS,
        typed,
        wrong,
        charts,
        lines,
        more: None,
        payouts,
        sent,
    };
    page.more = more.map(|passed| format!("{}&passed={passed}", page.sheet("/store/money")));
    Ok((page, problem))
}

/// What a store earned in a period, for whoever acts for it.
///
/// # Errors
///
/// When the asker acts for no store.
pub async fn show(visit: Visit) -> Result<Response, Failed> {
    let typed = Typed::parse(visit.query().as_bytes());
    let (page, problem) = page(&visit, typed, Sent::default()).await?;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status());
    visit.page_with(status, &page)
}

/// The same as a sheet: every line, and at its end the sums.
///
/// # Errors
///
/// When the asker acts for no store, or the days make no period.
pub async fn sheet(visit: Visit) -> Result<Response, Failed> {
    let typed = Typed::parse(visit.query().as_bytes());
    let (_, _, profit, problem) = earned(&visit, &typed).await?;
    if let Some(problem) = problem {
        return Err(visit.fail(problem));
    }
    let Period { from, until } = profit.period;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"profit-{from}-{until}.csv\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, csv::write_profit(&profit)).into_response())
}

fn command(verb: &str, typed: &Typed) -> Result<Option<Command>, Refusal> {
    Ok(Some(match verb {
        "payout" => {
            let price = Price::parse(typed.get("amount"), Currency::parse(typed.get("currency"))?)?;
            Command::RequestPayout { purse: Purse::Store, amount: price.money() }
        }
        "void" => {
            let payout = PayoutId::parse(typed.get("payout")).map_err(|_| Refusal::not_found("payout"))?;
            Command::VoidPayout { payout, note: String::new() }
        }
        _ => return Ok(None),
    }))
}

/// Asks for a payout, or takes one back.
///
/// # Errors
///
/// The page again, with the reason beside the form that was sent.
pub async fn act(Path(verb): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let (store, _) = mine(&visit, typed.some("store")).await?;
    // Staff may own a store too: what they earn there is not what is asked for here.
    if visit.me()?.account.id != store.owner.id {
        return Err(visit.fail(Problem::from(Refusal::not_found("store"))));
    }
    let outcome = match command(&verb, &typed) {
        Ok(Some(command)) => visit.run_once(&typed, command).await.map_err(Problem::from),
        Ok(None) => return Err(visit.fail(Problem::no_route())),
        Err(refusal) => Err(Problem::from(refusal)),
    };
    let here = typed.only("store");
    match outcome {
        Ok(_) => {
            let done = if verb == "void" { "done=store-payout-back" } else { "done=store-payout" };
            Ok(visit.go(&format!("/store/money?{}&{done}", here.address())))
        }
        Err(problem) => {
            let wrong = Wrong::because(&visit.shell, &problem);
            let form = Currency::parse(typed.get("currency")).map_or(verb, asks);
            let (page, _) = page(&visit, here, Sent { form, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_with_a_name_ends_today_or_with_the_month_before() {
        let day = |text| time::parse_day(text).unwrap();
        for (today, name, from, until) in [
            ("2026-03-31", "month", "2026-03-01", "2026-03-31"),
            ("2026-03-31", "last-month", "2026-02-01", "2026-02-28"),
            ("2026-01-05", "last-month", "2025-12-01", "2025-12-31"),
            ("2026-03-03", "week", "2026-02-25", "2026-03-03"),
            ("2026-03-30", "days", "2026-03-01", "2026-03-30"),
            ("2026-03-31", "year", "2026-01-01", "2026-03-31"),
        ] {
            assert_eq!(days_of(name, day(today)), (day(from), day(until)), "{name}");
        }
    }

    #[test]
    fn two_dates_are_a_period_unless_they_are_none() {
        let today = time::parse_day("2026-11-22").unwrap();
        let asked = |query: &str| wanted(&Typed::parse(query.as_bytes()), today);
        assert_eq!(asked("period=week").unwrap().0, "week");
        assert_eq!(asked("period=century").unwrap().0, "month");
        assert_eq!(asked("from=2026-11-01&until=2026-11-02&period=week").unwrap().0, "");
        for none in
            ["from=2026-11-02&until=2026-11-01", "from=2026-11-01", "from=x&until=y", "until=2026-11-01"]
        {
            assert_eq!(asked(none), Err(Period::invalid()), "{none}");
        }
    }
}
