//! What an operator does from the browser: settings, pickup points with their hours and closed days, who serves the desks,
//! and what members may do.

use std::collections::BTreeMap;

use askama::Template;
use auboutique_domain::id::{PayoutId, PickupPointId};
use auboutique_domain::member::{Role, Username};
use auboutique_domain::payout::{PayoutView, Purse};
use auboutique_domain::pickup::PickupPointDraft;
use auboutique_domain::setting::{NAMES, Settings};
use auboutique_domain::{Command, Refusal, time};
use auboutique_market::Desk;
use axum::extract::Path;
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::visit::{Markup, Shell, Visit};
use crate::http::problem::Problem;

/// The days of a week, as wires and messages name them.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// How many payouts are shown at once: the oldest.
const WAITING: i64 = 100;

#[derive(Template)]
#[template(path = "operator.html")]
struct Page {
    shell: Shell,
    settings: Settings,
    names: &'static [&'static str],
    desks: Vec<Desk>,
    days: &'static [&'static str],
    roles: &'static [Role],
    /// What waits to be handed over.
    payouts: Vec<PayoutView>,
    sent: Sent,
}

/// The form of that name of a point.
fn at(form: &str, desk: &Desk) -> String {
    format!("{form}-{}", desk.point.id)
}

/// The form of a payout.
fn payout(payout: &PayoutView) -> String {
    format!("payout-{}", payout.payout)
}

/// From which purse a payout is, as the key of a message.
const fn purse(payout: &PayoutView) -> &'static str {
    match payout.purse {
        Purse::Sales => "operator-payout-sales",
        Purse::Wallet | Purse::Store => "operator-payout-wallet",
    }
}

impl Page {
    /// What is wrong with a form that has no place of its own to say so.
    fn beyond(&self) -> Option<&str> {
        let at_point =
            |desk| ["point", "close_day", "appoint"].iter().any(|form| self.sent.is(&at(form, desk)));
        let is_setting = self.names.iter().any(|name| self.sent.is(&format!("setting-{name}")));
        let is_payout = self.payouts.iter().any(|payout| self.sent.is(&self::payout(payout)));
        let has_place = is_setting || is_payout || matches!(self.sent.form.as_str(), "add" | "role");
        self.sent.wrong.any().filter(|_| !has_place && !self.desks.iter().any(at_point))
    }

    fn capacity(&self, desk: &Desk) -> String {
        self.sent.value(&at("point", desk), "capacity", &desk.point.daily_capacity.to_string())
    }

    fn setting(&self, name: &str) -> String {
        let now = self.settings.value(name).unwrap_or_default();
        self.sent.value(&format!("setting-{name}"), "value", &now)
    }

    fn mark_setting(&self, name: &str) -> Markup {
        self.sent.mark(&format!("setting-{name}"))
    }

    fn say_setting(&self, name: &str) -> Markup {
        self.sent.say(&format!("setting-{name}"))
    }

    /// The hours of a point on a day of the week.
    fn hours(&self, desk: &Desk, day: &str) -> String {
        let week: BTreeMap<String, String> = desk.point.opening.clone().into();
        let now = week.get(day).map_or("", String::as_str);
        self.sent.value(&at("point", desk), day, now)
    }

    fn attendants<'a>(&self, desk: &'a Desk) -> &'a [auboutique_domain::member::MemberCard] {
        desk.attendants.as_deref().unwrap_or_default()
    }
}

async fn page(visit: &Visit, sent: Sent) -> Result<Page, Failed> {
    visit.me()?;
    let (settings, desks, payouts) = visit
        .ask(|view| {
            Ok((view.settings()?, view.pickup_points()?, view.open_payouts(None, Some(WAITING))?.rows))
        })
        .await?;
    Ok(Page {
        shell: visit.shell.clone(),
        settings,
        names: &NAMES,
        desks,
        days: &DAYS,
        roles: &Role::ALL,
        payouts,
        sent,
    })
}

/// Shows it, to operators.
///
/// # Errors
///
/// When somebody else asks.
pub async fn show(visit: Visit) -> Result<Response, Failed> {
    let page = page(&visit, Sent::default()).await?;
    visit.page(&page)
}

fn point(typed: &Typed) -> Result<PickupPointId, Refusal> {
    PickupPointId::parse(typed.get("point")).map_err(|_| Refusal::not_found("pickup point"))
}

fn member(typed: &Typed) -> Result<Username, Refusal> {
    Username::parse(typed.get("username")).map_err(|_| Refusal::not_found("member"))
}

fn day(typed: &Typed) -> Result<time::Date, Refusal> {
    time::parse_day(typed.get("day")).map_err(|_| Refusal::DayInvalid)
}

fn draft(typed: &Typed) -> Result<PickupPointDraft, Refusal> {
    let open = DAYS.iter().filter_map(|day| Some(((*day).to_owned(), typed.some(day)?.to_owned())));
    let opening: BTreeMap<String, String> = open.collect();
    let capacity = typed.get("capacity").trim().parse().unwrap_or(0);
    PickupPointDraft::new(typed.get("name"), typed.get("address"), typed.get("time_zone"), &opening, capacity)
}

fn command(verb: &str, typed: &Typed) -> Result<Option<Command>, Refusal> {
    Ok(Some(match verb {
        "setting" => Command::ChangeSetting {
            name: typed.get("name").to_owned(),
            value: typed.get("value").to_owned(),
        },
        "add" => Command::AddPickupPoint { draft: draft(typed)? },
        "point" => Command::ChangePickupPoint { pickup_point: point(typed)?, draft: draft(typed)? },
        "close" => Command::ClosePickupPoint { pickup_point: point(typed)? },
        "close_day" => Command::CloseDay { pickup_point: point(typed)?, day: day(typed)? },
        "open_day" => Command::OpenDay { pickup_point: point(typed)?, day: day(typed)? },
        "appoint" => Command::AppointAttendant { pickup_point: point(typed)?, username: member(typed)? },
        "dismiss" => Command::DismissAttendant { pickup_point: point(typed)?, username: member(typed)? },
        "payout" => {
            let payout = PayoutId::parse(typed.get("payout")).map_err(|_| Refusal::not_found("payout"))?;
            let note = typed.get("note").to_owned();
            match typed.get("what") {
                "void" => Command::VoidPayout { payout, note },
                _ => Command::ConfirmPayout { payout, note },
            }
        }
        "role" => {
            let role = Role::parse(typed.get("role")).ok_or_else(|| Refusal::not_found("role"))?;
            Command::ChangeRole { username: member(typed)?, role }
        }
        _ => return Ok(None),
    }))
}

/// Does what one of the forms says.
///
/// # Errors
///
/// The page again, with the reason beside the form that was sent.
pub async fn act(Path(verb): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let outcome = match command(&verb, &typed) {
        Ok(Some(command)) => visit.run_once(&typed, command).await.map_err(Problem::from),
        Ok(None) => return Err(visit.fail(Problem::no_route())),
        Err(refusal) => Err(Problem::from(refusal)),
    };
    match outcome {
        Ok(_) => Ok(visit.go("/operator?done=operator")),
        Err(problem) => {
            let of = match verb.as_str() {
                "setting" => typed.get("name"),
                "payout" => typed.get("payout"),
                _ => typed.get("point"),
            };
            let form = if of.is_empty() { verb } else { format!("{verb}-{of}") };
            let wrong = Wrong::because(&visit.shell, &problem);
            let page = page(&visit, Sent { form, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}
