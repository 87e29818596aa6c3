//! The names by which older programs know a member: taking one, bringing one along, and making a full account of one.

use askama::Template;
use auboutique_domain::legacy::{Identity, IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::{Command, Refusal};
use auboutique_market::{No, Password};
use axum::extract::Path;
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Sent, Wrong};
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

#[derive(Template)]
#[template(path = "older.html")]
struct Older {
    shell: Shell,
    sent: Sent,
    identities: Vec<Identity>,
}

struct Choice {
    wire: LegacyWire,
    program: String,
    is_chosen: bool,
}

impl Older {
    /// What people call the programs of a wire.
    fn program(&self, wire: LegacyWire) -> String {
        self.shell.l.t(match wire {
            LegacyWire::Text000 => "older-wire-000",
            LegacyWire::Bare001 => "older-wire-001",
            LegacyWire::Client003 => "older-wire-003",
            LegacyWire::Merchant003 => "older-wire-003-merchant",
            LegacyWire::Auction004 => "older-wire-004",
        })
    }

    /// What can be chosen in a form.
    fn choices(&self, form: &str) -> Vec<Choice> {
        let wires = if self.shell.me.is_some() { self.free() } else { LegacyWire::ALL.to_vec() };
        let chosen = self.sent.value(form, "wire", "");
        let choice =
            |wire: LegacyWire| Choice { wire, program: self.program(wire), is_chosen: chosen == wire.name() };
        wires.into_iter().map(choice).collect()
    }

    /// The wires a member of a full account can take a name on.
    fn free(&self) -> Vec<LegacyWire> {
        let taken = |wire: &LegacyWire| self.identities.iter().any(|identity| identity.wire == *wire);
        LegacyWire::ALL.into_iter().filter(|wire| !taken(wire)).collect()
    }
}

async fn page(visit: &Visit, sent: Sent) -> Result<Older, Failed> {
    let identities = match visit.shell.me {
        Some(_) => visit.ask(|view| view.identities()).await?,
        None => Vec::new(),
    };
    Ok(Older { shell: visit.shell.clone(), sent, identities })
}

/// Shows the names, and the forms.
///
/// # Errors
///
/// None but a page that cannot be written.
pub async fn show(visit: Visit) -> Result<Response, Failed> {
    let page = page(&visit, Sent::default()).await?;
    visit.page(&page)
}

/// Takes a name, brings one along, gives one up, or makes a full account of one.
///
/// # Errors
///
/// The page again, with the reason beside the form that was sent.
pub async fn act(Path(verb): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let market = &visit.site.market;
    let (caller, source) = (visit.asker.caller(), &visit.asker.source);
    let wire = LegacyWire::parse(typed.get("wire")).ok_or_else(|| No::from(Refusal::not_found("wire")));
    let older = typed.some("older").map(Password::typed);
    let outcome = match (verb.as_str(), wire) {
        ("claim" | "link" | "add" | "remove", Err(no)) => Err(no),
        ("claim", Ok(wire)) => {
            let done = "claimed";
            let password = Password::typed(typed.get("password"));
            let account = (typed.get("email"), &password);
            let claimed =
                market.claim_account((wire, typed.get("name")), older.as_ref(), account, source).await;
            match claimed {
                // The new password is tried at once, where every other is.
                Ok(account) => {
                    return Ok(visit.go(&format!("/login?done={done}&login={}", account.username)));
                }
                Err(no) => Err(no),
            }
        }
        ("link", Ok(wire)) => {
            visit.me()?;
            market.link_identity(caller, wire, typed.get("name"), older.as_ref(), source).await.map(drop)
        }
        ("add", Ok(wire)) => {
            let me = visit.me()?.account.clone();
            match (LegacyName::parse(typed.get("name")), older) {
                (Ok(name), Some(older)) => {
                    let draft = IdentityDraft {
                        name,
                        shown: me.name,
                        // Some wires show it to others: what is known of the account is not for them.
                        email: None,
                        contact: None,
                        source: source.name().to_owned(),
                    };
                    market.add_identity(caller, wire, draft, &older).await.map(drop)
                }
                (Err(refusal), _) => Err(refusal.into()),
                (_, None) => Err(Refusal::PasswordLength { least: 1, most: 200 }.into()),
            }
        }
        ("remove", Ok(wire)) => {
            visit.me()?;
            visit.run(Command::RemoveIdentity { wire }).await.map(drop)
        }
        _ => return Err(visit.fail(Problem::no_route())),
    };
    match outcome {
        Ok(()) => {
            let done = match verb.as_str() {
                "add" => "older-add",
                "link" => "older-link",
                _ => "older-remove",
            };
            Ok(visit.go(&format!("/older?done={done}")))
        }
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            let page = page(&visit, Sent { form: verb, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}
