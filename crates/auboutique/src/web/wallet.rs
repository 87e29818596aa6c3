//! The wallet: what a member has in the market, what happened to it, and money on its way out.

use askama::Template;
use auboutique_domain::id::{OrderId, PayoutId};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::payout::{self, Purse};
use auboutique_domain::statement::{Period, StatementLine, WalletView};
use auboutique_domain::{Command, Refusal};
use auboutique_market::No;
use axum::extract::Path;
use axum::response::Response;
use jiff::ToSpan as _;

use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

/// How many days back the page tells what happened in a purse that is not the wallet.
const DAYS: i64 = 30;

#[derive(Template)]
#[template(path = "wallet.html")]
struct Page {
    shell: Shell,
    wallet: WalletView,
    /// The purse whose lines are shown.
    purse: Purse,
    /// What happened in it, the latest first.
    lines: Vec<StatementLine>,
    sent: Sent,
}

impl Page {
    /// The purses there are: whoever has no store has no purse of one.
    fn purses(&self) -> Vec<Purse> {
        let there = |purse: &Purse| *purse != Purse::Store || self.wallet.store.is_some();
        Purse::ALL.into_iter().filter(there).collect()
    }

    /// What a purse has, a sum per currency.
    fn sums(&self, purse: &Purse) -> &[Money] {
        match purse {
            Purse::Wallet => &self.wallet.wallet,
            Purse::Sales => &self.wallet.sales,
            Purse::Store => self.wallet.store.as_deref().unwrap_or_default(),
        }
    }

    /// The order a line is about.
    fn order(line: &StatementLine) -> Option<OrderId> {
        OrderId::parse(line.source.split('/').next()?).ok()
    }

    /// The purse and the currency that are chosen in the form.
    fn chosen(&self, field: &str, value: &str) -> &'static str {
        if self.sent.is("payout") && self.sent.typed.is(field, value) { " selected" } else { "" }
    }

    /// What is wrong with a form that has no place of its own to say so.
    fn beyond(&self) -> Option<&str> {
        self.sent.wrong.any().filter(|_| !self.sent.is("payout"))
    }
}

async fn page(visit: &Visit, sent: Sent) -> Result<Page, Failed> {
    visit.me()?;
    let purse = Typed::parse(visit.query().as_bytes()).some("purse").and_then(Purse::parse);
    let purse = purse.unwrap_or(Purse::Wallet);
    let (wallet, lines) = visit
        .ask(move |view| {
            let wallet = view.wallet()?;
            let lines = match purse {
                Purse::Wallet => wallet.lines.clone(),
                purse => {
                    let today = view.today()?;
                    let period = Period::new(today.saturating_sub((DAYS - 1).days()), today)?;
                    let mut lines = view.statement(purse, period)?.lines;
                    lines.reverse();
                    lines
                }
            };
            Ok((wallet, lines))
        })
        .await?;
    Ok(Page { shell: visit.shell.clone(), wallet, purse, lines, sent })
}

/// Shows it.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn show(visit: Visit) -> Result<Response, Failed> {
    let page = page(&visit, Sent::default()).await?;
    visit.page(&page)
}

fn command(verb: &str, typed: &Typed) -> Result<Option<Command>, Refusal> {
    Ok(Some(match verb {
        "payout" => {
            let currency = Currency::parse(typed.get("currency"))?;
            let amount = Price::parse(typed.get("amount"), currency)?.money();
            let purse = Purse::parse(typed.get("purse")).ok_or_else(|| Refusal::not_found("purse"))?;
            Command::RequestPayout { purse, amount }
        }
        "void" => {
            let missing = |_| Refusal::not_found("payout");
            let payout = PayoutId::parse(typed.get("payout")).map_err(missing)?;
            Command::VoidPayout { payout, note: String::new() }
        }
        _ => return Ok(None),
    }))
}

/// Asks for money to be paid out, or takes that back.
///
/// # Errors
///
/// The page again, with the reason beside the form that was sent.
pub async fn act(Path(verb): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let outcome = match command(&verb, &typed) {
        Ok(Some(command)) => visit.run_once(&typed, command).await,
        Ok(None) => return Err(visit.fail(Problem::no_route())),
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(_) if verb == "void" => Ok(visit.go("/wallet?done=payout-back")),
        Ok(_) => Ok(visit.go("/wallet?done=payout")),
        Err(no @ No::Broken(_)) => Err(visit.fail(no)),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            let page = page(&visit, Sent { form: verb, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}
