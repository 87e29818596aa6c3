//! The member's own account: name, username, address, password, presence, sessions, and whom they do not hear.

use askama::Template;
use auboutique_domain::id::SessionId;
use auboutique_domain::member::{MemberCard, SessionView, Username, display_name};
use auboutique_domain::{Command, Refusal};
use auboutique_market::{No, Password};
use axum::extract::Path;
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Sent, Wrong};
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    shell: Shell,
    sent: Sent,
    sessions: Vec<SessionView>,
    blocks: Vec<MemberCard>,
}

async fn page(visit: &Visit, sent: Sent) -> Result<Account, Failed> {
    visit.me()?;
    let (sessions, blocks) = visit.ask(|view| Ok((view.sessions()?, view.blocks()?))).await?;
    Ok(Account { shell: visit.shell.clone(), sent, sessions, blocks })
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

/// Changes a part of it.
///
/// # Errors
///
/// The page again, with the reason beside the form that was sent.
pub async fn change(Path(part): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let market = &visit.site.market;
    let (caller, source) = (visit.asker.caller(), &visit.asker.source);
    let current = Password::typed(typed.get("current"));
    let run = async |command: Result<Command, Refusal>| visit.run(command?).await.map(drop);
    let (done, outcome): (_, Result<(), No>) = match part.as_str() {
        "name" => {
            ("name", run(display_name(typed.get("name")).map(|name| Command::ChangeName { name })).await)
        }
        "username" => {
            let username = Username::parse(typed.get("username"));
            ("username", run(username.map(|username| Command::ChangeUsername { username })).await)
        }
        "email" => {
            let changed = market.change_email(caller, source, &current, typed.get("email")).await;
            ("email", changed.map(drop))
        }
        "password" => {
            let new = Password::typed(typed.get("password"));
            ("password", market.change_password(caller, source, &current, &new).await.map(drop))
        }
        "presence" => {
            ("presence", run(Ok(Command::HidePresence { hidden: typed.get("hidden") == "yes" })).await)
        }
        _ => return Err(visit.fail(Problem::no_route())),
    };
    match outcome {
        Ok(()) => Ok(visit.go(&format!("/account?done={done}"))),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            let page = page(&visit, Sent { form: part, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

/// Ends one of the sessions.
///
/// # Errors
///
/// When there is no such session of theirs.
pub async fn end_session(Path(id): Path<String>, Form(visit, _): Form) -> Result<Response, Failed> {
    visit.me()?;
    let none = || visit.fail(Problem::from(Refusal::not_found("session")));
    let session = SessionId::parse(&id).map_err(|_| none())?;
    visit.run(Command::EndSession { session }).await.map_err(|no| visit.fail(no))?;
    Ok(visit.go("/account?done=session-ended"))
}
