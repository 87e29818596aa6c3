//! The desk of a pickup point: a code, what to do, the next in the queue.

use askama::Template;
use auboutique_domain::money::Money;
use auboutique_domain::order::{Action, Code, DeskView, Side};
use auboutique_domain::{Command, Reply};
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Typed, Wrong};
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

#[derive(Template)]
#[template(path = "desk.html")]
struct Page {
    shell: Shell,
    typed: Typed,
    wrong: Wrong,
    shown: Option<DeskView>,
    /// What was just done with it.
    did: Option<&'static str>,
}

fn page(
    visit: &Visit,
    typed: Typed,
    wrong: Wrong,
    shown: Option<DeskView>,
    did: Option<&'static str>,
) -> Page {
    Page { shell: visit.shell.clone(), typed, wrong, shown, did }
}

/// The field for the code.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn show(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    visit.page(&page(&visit, Typed::default(), Wrong::default(), None, None))
}

/// Looks a code up, or does what it is for.
///
/// # Errors
///
/// The field again, with the reason.
pub async fn act(Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let cash = || {
        let currency = auboutique_domain::Currency::parse(typed.get("currency")).ok()?;
        Some(Money::new(typed.get("cash").parse().ok()?, currency))
    };
    let command = Code::parse(typed.get("code")).map(|code| match typed.get("act") {
        "drop_off" => (Command::DropOff { code }, Some("desk-did-drop-off")),
        "collect" => (Command::Collect { code, cash: cash() }, Some("desk-did-collect")),
        _ => (Command::ShowCode { code }, None),
    });
    let outcome = match command {
        Ok((command, did)) => visit.run_once(&typed, command).await.map(|reply| (reply, did)),
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok((Reply::Desk(shown), did)) => {
            let typed = if did.is_some() { Typed::default() } else { typed };
            visit.page(&page(&visit, typed, Wrong::default(), Some(shown), did))
        }
        Ok(_) => Ok(visit.go("/desk")),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            visit.page_with(problem.status(), &page(&visit, typed, wrong, None, None))
        }
    }
}

impl Page {
    /// What is to be done with the code that is shown.
    fn next(&self) -> Option<(&'static str, &'static str)> {
        if self.did.is_some() {
            return None;
        }
        match self.shown.as_ref()?.next? {
            Action::DropOff => Some(("drop_off", "desk-drop-off")),
            Action::Collect => Some(("collect", "desk-collect")),
            _ => None,
        }
    }

    fn is_sellers(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.shown_by == Side::Seller)
    }
}
