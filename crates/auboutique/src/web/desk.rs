//! The desk of a pickup point: a code, what to do, the next in the queue; and cash for wallets.
//!
//! One field serves all of it. What is typed into it is looked up; sent empty, it does what is to be done with the code that
//! is shown. So a desk needs nothing but a scanner and Enter, with a script and without.

use askama::Template;
use auboutique_domain::member::Username;
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::order::{Action, Code, DeskView, Line, Side};
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::No;
use axum::http::StatusCode;
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::order::tone;
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

/// The most letters of what was last done that are carried on.
const LAST: usize = 400;

/// A code that was looked up.
struct Shown {
    code: String,
    desk: DeskView,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Page {
    shell: Shell,
    /// The code that was refused, to be put right.
    code: String,
    wrong: Wrong,
    shown: Option<Shown>,
    /// What was last done, in words: the page itself carries it on.
    last: String,
    /// The form for wallets, when it was refused.
    sent: Sent,
    /// What was just put into a wallet, in words.
    topped_up: Option<String>,
}

impl Page {
    /// The desk with nobody in front of it.
    fn empty(visit: &Visit) -> Self {
        Self {
            shell: visit.shell.clone(),
            code: String::new(),
            wrong: Wrong::default(),
            shown: None,
            last: String::new(),
            sent: Sent::default(),
            topped_up: None,
        }
    }

    /// What is wrong with a field of the form for wallets.
    fn cash_wrong(&self, field: &str) -> Option<&str> {
        self.sent.wrong.with(field)
    }

    /// What is wrong with that form, and with none of its fields.
    fn cash_beyond(&self) -> Option<&str> {
        self.sent.wrong.beyond(&["username", "cash"])
    }
}

impl Shown {
    /// What is to be done with it: what is sent for it, what is said above it, and on its button.
    const fn next(&self) -> Option<(&'static str, &'static str, &'static str)> {
        match self.desk.next {
            Some(Action::DropOff) => Some(("drop_off", "desk-takes-in", "desk-drop-off")),
            Some(Action::Collect) => Some(("collect", "desk-hands-over", "desk-collect")),
            Some(Action::TakeReturn) => Some(("take_return", "desk-takes-back", "desk-take-return")),
            _ => None,
        }
    }

    /// The cash to take with it.
    fn cash(&self) -> Option<Money> {
        Some(self.desk.due).filter(|due| due.minor > 0 && self.desk.next == Some(Action::Collect))
    }

    /// What changes hands without cash, as the key of what is said of it.
    const fn no_cash(&self) -> &'static str {
        match self.desk.next {
            Some(Action::Collect) => "desk-paid",
            Some(Action::TakeReturn) => "desk-return-cash",
            _ => "desk-no-cash",
        }
    }

    fn is_buyers(&self) -> bool {
        self.desk.shown_by == Side::Buyer
    }

    fn takes_in(&self) -> bool {
        matches!(self.desk.next, Some(Action::DropOff | Action::TakeReturn))
    }
}

/// Lines of an order, in a line.
fn what(lines: &[Line]) -> String {
    let each = lines.iter().map(|line| format!("{} × {}", line.quantity, line.title));
    each.collect::<Vec<_>>().join(", ")
}

/// The field for the code.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn show(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    visit.page(&Page::empty(&visit))
}

/// What a form of the desk asks for: the command, the code it is about, and what is said once it is done.
fn asked(typed: &Typed) -> Result<(Command, Code, Option<&'static str>), Refusal> {
    let goes_on = typed.some("code").is_none() || typed.is("now", "yes");
    if let Some(shown) = typed.some("shown").filter(|_| goes_on) {
        let code = Code::parse(shown)?;
        let of = code.clone();
        return Ok(match typed.get("act") {
            "drop_off" => (Command::DropOff { code }, of, Some("desk-did-drop-off")),
            "collect" => (Command::Collect { code, cash: cash(typed) }, of, Some("desk-did-collect")),
            "take_return" => (Command::TakeReturn { code }, of, Some("desk-did-take-return")),
            _ => (Command::ShowCode { code }, of, None),
        });
    }
    let code = Code::parse(typed.get("code"))?;
    Ok((Command::ShowCode { code: code.clone() }, code, None))
}

/// The cash that was taken.
fn cash(typed: &Typed) -> Option<Money> {
    let currency = Currency::parse(typed.get("currency")).ok()?;
    Some(Money::new(typed.get("cash").parse().ok()?, currency))
}

/// Looks a code up, or does what it is for.
///
/// # Errors
///
/// The field again, with the reason.
pub async fn act(Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let mut page = Page::empty(&visit);
    page.last = typed.get("last").chars().take(LAST).collect();
    let outcome = match asked(&typed) {
        Ok((command, code, did @ Some(_))) => {
            visit.run_once(&typed, command).await.map(|reply| (reply, code, did))
        }
        // Looking is not remembered: under the key of a page many codes can be looked up.
        Ok((command, code, None)) => visit.run(command).await.map(|reply| (reply, code, None)),
        Err(refusal) => Err(No::from(refusal)),
    };
    match outcome {
        Ok((Reply::Desk(desk), _, Some(did))) => {
            page.last = done(&visit, &typed, &desk, did);
            visit.page(&page)
        }
        Ok((Reply::Desk(desk), code, None)) => {
            page.shown = Some(Shown { code: code.as_str().to_owned(), desk });
            visit.page(&page)
        }
        Ok(_) => Ok(visit.go("/desk")),
        Err(no) => {
            let problem = Problem::from(no);
            page.wrong = Wrong::because(&visit.shell, &problem);
            typed.some("code").or(typed.some("shown")).unwrap_or_default().clone_into(&mut page.code);
            visit.page_with(problem.status(), &page)
        }
    }
}

/// What was just done, in words.
fn done(visit: &Visit, typed: &Typed, desk: &DeskView, did: &str) -> String {
    let l = &visit.shell.l;
    let mut said = l.t2(did, "name", &desk.name, "what", what(&desk.lines));
    if let Some(cash) = cash(typed) {
        said.push(' ');
        said.push_str(&l.t1("desk-did-cash", "cash", l.money(cash)));
    }
    said
}

/// Takes cash for somebody's wallet.
///
/// # Errors
///
/// The form again, with the reason beside its field.
pub async fn top_up(Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let mut page = Page::empty(&visit);
    let (problem, field) = match topped_up(&visit, &typed).await {
        Ok(said) => {
            page.topped_up = Some(said);
            return visit.page(&page);
        }
        Err(wrong) => wrong,
    };
    if problem.status() == StatusCode::INTERNAL_SERVER_ERROR {
        return Err(visit.fail(problem));
    }
    let wrong = Wrong::because(&visit.shell, &problem).in_field(field);
    page.sent = Sent { form: "top-up".to_owned(), typed, wrong };
    visit.page_with(problem.status(), &page)
}

/// Says whose wallet has how much now; or what is wrong, and with which field.
async fn topped_up(visit: &Visit, typed: &Typed) -> Result<String, (Problem, &'static str)> {
    let nobody = || (Problem::from(Refusal::not_found("member")), "username");
    let username =
        Username::parse(typed.get("username").trim().trim_start_matches('@')).map_err(|_| nobody())?;
    let cash = Currency::parse(typed.get("currency"))
        .and_then(|currency| Price::parse(typed.get("cash"), currency))
        .map_err(|refusal| (Problem::from(refusal), "cash"))?
        .money();
    let named = username.as_str().to_owned();
    let found = visit.site.market.ask(visit.asker.caller(), move |view| view.presence(&[named])).await;
    let member = found.map_err(|no| (Problem::from(no), ""))?.pop().ok_or_else(nobody)?.member;
    let reply = visit.run_once(typed, Command::TopUp { username, cash }).await.map_err(|no| {
        let field = match &no {
            No::Refused(Refusal::Yourself) => "username",
            No::Refused(Refusal::AmountOutOfRange { .. }) => "cash",
            _ => "",
        };
        (Problem::from(no), field)
    })?;
    let l = &visit.shell.l;
    let name = format!("{} (@{})", member.name, member.username);
    let mut said = l.t2("desk-topped-up", "name", name, "cash", l.money(cash));
    let Reply::Balance(purse) = reply else { return Ok(said) };
    if let Some(after) = purse.into_iter().find(|money| money.currency == cash.currency)
        && let Some(before) = after.minus(cash)
    {
        said.push(' ');
        said.push_str(&l.t2("desk-topped-up-now", "before", l.money(before), "after", l.money(after)));
    }
    Ok(said)
}
