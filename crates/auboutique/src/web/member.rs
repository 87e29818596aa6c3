//! Members: what everybody may see of one.

use askama::Template;
use auboutique_domain::listing::{ListingState, ListingView};
use auboutique_domain::member::{MemberCard, Username};
use auboutique_domain::presence::PresenceView;
use auboutique_domain::{Command, Refusal};
use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};

use super::error::Failed;
use super::form::{Form, Typed};
use super::visit::{Shell, Visit};
use crate::http::kept::Offers;
use crate::http::problem::Problem;

#[derive(Template)]
#[template(path = "member.html")]
struct Profile {
    shell: Shell,
    member: MemberCard,
    presence: Option<PresenceView>,
    blocked: bool,
    is_me: bool,
    rows: Vec<ListingView>,
    more: Option<String>,
}

/// Shows a member and what they have on sale.
///
/// # Errors
///
/// When there is no such member.
pub async fn show(visit: Visit, Path(username): Path<String>) -> Result<Response, Failed> {
    let after = Typed::parse(visit.query().as_bytes()).some("after").map(str::to_owned);
    let signed_in = visit.shell.me.is_some();
    let (member, page, presence, blocked) = visit
        .ask(move |view| {
            let member = view.member_card(&username)?;
            let page = view.listings_of(&username, after.as_deref(), Some(24))?;
            let (mut presence, mut blocked) = (None, false);
            if signed_in {
                presence = view.presence(&[username])?.pop();
                blocked = view.blocks()?.iter().any(|other| other.id == member.id);
            }
            Ok((member, page, presence, blocked))
        })
        .await?;
    let more = page.next.map(|next| format!("/members/{}?after={next}", member.username));
    let is_me = visit.shell.me.as_ref().is_some_and(|me| me.account.id == member.id);
    let (shell, offers) = (visit.shell.clone(), Extension(Offers(member.id)));
    let page = visit.page(&Profile { shell, member, presence, blocked, is_me, rows: page.rows, more })?;
    Ok((offers, page).into_response())
}

/// Stops hearing a member, or hears them again.
///
/// # Errors
///
/// When there is no such member, or it is oneself.
pub async fn act(
    Path((name, verb)): Path<(String, String)>,
    Form(visit, _): Form,
) -> Result<Response, Failed> {
    visit.me()?;
    let username =
        Username::parse(&name).map_err(|_| visit.fail(Problem::from(Refusal::not_found("member"))))?;
    let (command, done) = match verb.as_str() {
        "block" => (Command::BlockMember { username: username.clone() }, "blocked"),
        "unblock" => (Command::UnblockMember { username: username.clone() }, "unblocked"),
        _ => return Err(visit.fail(Problem::no_route())),
    };
    visit.run(command).await.map_err(|no| visit.fail(no))?;
    Ok(visit.go(&format!("/members/{username}?done={done}")))
}
