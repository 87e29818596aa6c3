//! What happened to the member: as a page to look back on, and one by one as it is told in passing.

use askama::Template;
use auboutique_domain::auction::News;
use auboutique_domain::id::AuctionId;
use auboutique_domain::order::Side;
use auboutique_domain::time::Moment;
use auboutique_domain::{Event, offer};
use auboutique_market::{No, Told, View};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::error::Failed;
use super::form::Typed;
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

/// How many events a page shows.
const SHOWN: i64 = 50;

/// Something that happened, as a sentence and a way to it.
struct Notice {
    at: Moment,
    icon: &'static str,
    key: &'static str,
    subject: String,
    way: String,
}

#[derive(Template)]
#[template(path = "events.html")]
struct Events {
    shell: Shell,
    notices: Vec<Notice>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct One {
    shell: Shell,
    notice: Notice,
}

/// What is worth telling of an event: a message about the order, or about who wrote. What the member did themself is not.
fn notice(view: &mut View<'_>, told: &Told) -> Result<Option<Notice>, No> {
    let at = told.at;
    let order =
        |view: &mut View<'_>, order, icon, seller: Option<&'static str>, buyer: Option<&'static str>| {
            let seen = view.order(order)?;
            let key = if seen.you_are == Side::Seller { seller } else { buyer };
            let subject = seen.lines.first().map_or_else(String::new, |line| line.title.clone());
            Ok(key.map(|key| Notice { at, icon, key, subject, way: format!("/orders/{order}") }))
        };
    let about = |view: &mut View<'_>, auction: AuctionId, icon, key| {
        let subject = view.auction(auction)?.lot.title;
        Ok(Some(Notice { at, icon, key, subject, way: format!("/auctions/{auction}") }))
    };
    match &told.event {
        Event::OrderPlaced { order: id, .. } => {
            order(view, *id, "tag", Some("told-sold"), Some("told-bought"))
        }
        Event::OrderShipped { order: id, .. } => order(view, *id, "box", None, Some("told-shipped")),
        Event::OrderDroppedOff { order: id, .. } => order(view, *id, "desk", None, Some("told-at-desk")),
        Event::OrderCollected { order: id, .. } => order(view, *id, "box", Some("told-collected"), None),
        Event::OrderCompleted { order: id, .. } => order(view, *id, "check", Some("told-completed"), None),
        Event::OrderCancelRequested { order: id, .. } => {
            order(view, *id, "clock", Some("told-cancel-asked"), None)
        }
        Event::OrderCanceled { order: id, by, .. } => {
            let (seller, buyer) = match by {
                Side::Buyer => (Some("told-canceled"), None),
                Side::Seller => (None, Some("told-canceled")),
            };
            order(view, *id, "cross", seller, buyer)
        }
        Event::DropOffMissed { order: id, .. } => {
            order(view, *id, "cross", Some("told-drop-off-missed"), Some("told-never-brought"))
        }
        Event::PickupMissed { order: id, .. } => {
            order(view, *id, "cross", Some("told-not-collected"), Some("told-pickup-missed"))
        }
        Event::PickupReminded { order: id, .. } => order(view, *id, "clock", None, Some("told-reminded")),
        Event::PickupMoved { order: id, .. } => {
            order(view, *id, "calendar", Some("told-moved"), Some("told-moved"))
        }
        Event::ReturnRequested { order: id, .. } => {
            order(view, *id, "give-back", Some("told-return-asked"), None)
        }
        Event::ReturnTaken { order: id, .. } => {
            order(view, *id, "give-back", Some("told-return-taken"), None)
        }
        Event::ReturnSettled { order: id, .. } | Event::OrderRefunded { order: id, .. } => {
            order(view, *id, "wallet", None, Some("told-refunded"))
        }
        Event::Outbid { auction, .. } => about(view, *auction, "hammer", "told-outbid"),
        Event::AuctionNews { auction, news, .. } => {
            let (icon, key) = match news {
                News::EndingSoon => ("clock", "told-ending-soon"),
                News::PriceLowered => ("tag", "told-price-lowered"),
                News::NoteAdded => ("study", "told-note-added"),
                News::Closed => ("hammer", "told-closed"),
                News::Offered => ("tag", "told-offered"),
            };
            about(view, *auction, icon, key)
        }
        Event::NegotiationAsked { auction, .. } => about(view, *auction, "tag", "told-asked"),
        Event::AuctionWon { auction, buyer, checkout, .. } => {
            let won = *buyer == view.me()?.account.id;
            let mut notice =
                about(view, *auction, "hammer", if won { "told-won" } else { "told-auction-sold" })?;
            if let Some(notice) = notice.as_mut().filter(|_| won) {
                notice.way = format!("/checkout/{checkout}");
            }
            Ok(notice)
        }
        Event::SettlementReminded { auction, .. } => about(view, *auction, "clock", "told-pay-reminded"),
        Event::WinnerDefaulted { auction, buyer, .. } => {
            let own = *buyer == view.me()?.account.id;
            about(view, *auction, "cross", if own { "told-not-paid" } else { "told-defaulted" })
        }
        Event::OfferMade { auction, member: Some(member), .. } if *member == view.me()?.account.id => {
            about(view, *auction, "tag", "told-offered")
        }
        Event::OfferEnded { auction, state, seller, .. } => {
            let own = *seller == view.me()?.account.id;
            match (state, own) {
                (offer::State::Declined, true) => about(view, *auction, "cross", "told-offer-declined"),
                (offer::State::Expired, true) => about(view, *auction, "clock", "told-offer-expired"),
                (offer::State::Withdrawn, false) => about(view, *auction, "cross", "told-offer-withdrawn"),
                _ => Ok(None),
            }
        }
        Event::MessageSent { conversation, recipient, .. } => {
            let conversation = *conversation;
            if *recipient != view.me()?.account.id {
                return Ok(None);
            }
            let subject = view.conversation(conversation)?.with.name;
            let way = format!("/messages/{conversation}#say");
            Ok(Some(Notice { at, icon: "talk", key: "told-message", subject, way }))
        }
        _ => Ok(None),
    }
}

/// Shows what happened to the member, the latest first.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn all(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    let before = Typed::parse(visit.query().as_bytes()).some("before").and_then(|text| text.parse().ok());
    let (notices, next) = visit
        .ask(move |view| {
            let page = view.own_events(before, Some(SHOWN))?;
            let mut notices = Vec::new();
            for told in &page.rows {
                // What can no longer be seen is not told of.
                if let Ok(Some(notice)) = notice(view, told) {
                    notices.push(notice);
                }
            }
            Ok((notices, page.next))
        })
        .await?;
    let more = next.map(|next| format!("/events?before={next}"));
    visit.page(&Events { shell: visit.shell.clone(), notices, more })
}

/// One thing that happened, to be told in passing; nothing when it is not worth a word, or did not happen to the member.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn one(visit: Visit, Path(seq): Path<String>) -> Result<Response, Failed> {
    visit.me()?;
    let seq: i64 = seq.parse().map_err(|_| visit.fail(Problem::no_route()))?;
    let found = visit
        .ask(move |view| {
            let page = view.own_events(Some(seq.saturating_add(1)), Some(1))?;
            match page.rows.first().filter(|told| told.seq == seq) {
                Some(told) => notice(view, told),
                None => Ok(None),
            }
        })
        .await?;
    match found {
        Some(notice) => visit.page(&One { shell: visit.shell.clone(), notice }),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}
