//! Orders: what was bought and sold, where and when it changes hands, and with which code.

use std::fmt::Write as _;

use askama::Template;
use auboutique_domain::checkout::ShippingAddress;
use auboutique_domain::id::OrderId;
use auboutique_domain::listing::{ListingState, OwnListing};
use auboutique_domain::money::{Currency, Money, Price, Rate};
use auboutique_domain::order::{OrderView, Side, State};
use auboutique_domain::time::{Date, Moment};
use auboutique_domain::{Command, Refusal, picture};
use auboutique_market::{No, View};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::ToSpan as _;
use qrcode::{EcLevel, QrCode};

use super::error::Failed;
use super::form::{Form, Sent, Wrong};
use super::visit::{Markup, Shell, Visit};
use crate::http::problem::Problem;

/// An order in a list, with what the thing looks like.
pub(super) struct Row {
    pub(super) order: OrderView,
    pub(super) cover: Option<picture::PictureView>,
}

impl Row {
    /// What was bought, in a line.
    pub(super) fn title(&self) -> String {
        title(&self.order)
    }
}

/// What was bought, in a line: how many of what, and how much more there is.
pub(super) fn title(order: &OrderView) -> String {
    let Some((first, rest)) = order.lines.split_first() else { return String::new() };
    let several = if first.quantity > 1 { format!("{} × ", first.quantity) } else { String::new() };
    let more = if rest.is_empty() { String::new() } else { format!(" + {}", rest.len()) };
    format!("{several}{}{more}", first.title)
}

/// The colour of a state.
pub(super) const fn tone(state: &State) -> &'static str {
    match state {
        State::Placed | State::ReturnOpen | State::Returned => "wait",
        State::AtDesk | State::Shipped | State::Collected => "good",
        State::Completed | State::Refunded => "",
        State::Canceled | State::NoDropOff | State::NoPickup => "bad",
    }
}

#[derive(Template)]
#[template(path = "orders.html")]
struct Orders {
    shell: Shell,
    rows: Vec<Row>,
    more: Option<String>,
}

fn after(visit: &Visit) -> Option<String> {
    super::form::Typed::parse(visit.query().as_bytes()).some("after").map(str::to_owned)
}

/// What the member bought.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn bought(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    let after = after(&visit);
    let (rows, next) = visit
        .ask(move |view| {
            let page = view.orders(Side::Buyer, after.as_deref(), Some(20))?;
            let mut rows = Vec::with_capacity(page.rows.len());
            for order in page.rows {
                rows.push(Row { cover: cover(view, &order), order });
            }
            Ok((rows, page.next))
        })
        .await?;
    let more = next.map(|next| format!("/orders?after={next}"));
    visit.page(&Orders { shell: visit.shell.clone(), rows, more })
}

/// What the thing of an order looks like, if it can still be seen.
pub(super) fn cover(view: &mut View<'_>, order: &OrderView) -> Option<picture::PictureView> {
    let listing = order.lines.first()?.listing;
    view.listing(listing).ok()?.pictures.first().copied()
}

#[derive(Template)]
#[template(path = "selling.html")]
struct Selling {
    shell: Shell,
    rows: Vec<OwnListing>,
    sales: Vec<Row>,
    more: Option<String>,
    first: bool,
}

/// What the member has on sale, sold, and who bought it.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn selling(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    let after = after(&visit);
    let first = after.is_none();
    let (page, sales) = visit
        .ask(move |view| {
            let page = view.own_listings(after.as_deref(), Some(24))?;
            let mut sales = Vec::new();
            if after.is_none() {
                for order in view.to_hand_over(None, None, Some(100))?.rows {
                    sales.push(Row { cover: cover(view, &order), order });
                }
            }
            Ok((page, sales))
        })
        .await?;
    let more = page.next.map(|next| format!("/selling?after={next}"));
    visit.page(&Selling { shell: visit.shell.clone(), rows: page.rows, sales, more, first })
}

// ---- one order ----

/// A step in the life of an order, as the page draws it.
struct Step {
    key: &'static str,
    at: Option<Moment>,
    mood: &'static str,
}

/// What the wallet of one currency can do for an order that is to be paid.
struct Offer {
    /// What it has.
    there: Money,
    /// What the order costs in it.
    cost: Money,
    /// How many pounds a dollar is, where the order is in the other currency.
    rate: Option<Rate>,
}

impl Offer {
    /// Whether it has enough.
    const fn suffices(&self) -> bool {
        self.there.minor >= self.cost.minor
    }
}

#[derive(Template)]
#[template(path = "order.html")]
struct One {
    shell: Shell,
    /// What its seller sent that was refused.
    sold: Sent,
    order: OrderView,
    cover: Option<picture::PictureView>,
    steps: Vec<Step>,
    /// Where it is shipped to, if it is and that is still known.
    address: Option<ShippingAddress>,
    /// What the wallet can pay of what is due.
    offers: Vec<Offer>,
    /// How many orders the same checkout became.
    together: usize,
    sent: Sent,
}

impl One {
    fn is_buyer(&self) -> bool {
        self.order.you_are == Side::Buyer
    }

    pub(super) fn title(&self) -> String {
        title(&self.order)
    }

    /// What is wrong with nothing that has a place of its own to say so.
    fn beyond(&self) -> Option<&str> {
        let placed = (self.sent.is("pay") && !self.offers.is_empty())
            || (self.sent.is("give_back") && self.order.return_until.is_some());
        self.sent.wrong.any().filter(|_| !placed)
    }

    /// Whether a part of what was paid went back, without the goods.
    const fn was_refunded(&self) -> bool {
        self.order.refunded.minor > 0
    }

    /// Whether more than one copy of one thing was bought.
    fn has_several(&self) -> bool {
        self.order.lines.len() > 1 || self.order.lines.iter().any(|line| line.quantity > 1)
    }

    /// The code as a QR code, to be shown instead of read out.
    fn qr(&self) -> Option<Markup> {
        let code = self.order.pickup.code.as_ref()?;
        let drawn = QrCode::with_error_correction_level(code.as_str(), EcLevel::M).ok()?;
        let width = drawn.width();
        let mut path = String::new();
        for (place, color) in drawn.to_colors().into_iter().enumerate() {
            if color == qrcode::Color::Dark {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{} {}h1v1h-1z", place % width + 2, place / width + 2);
            }
        }
        let side = width + 4;
        let said = self.shell.l.t("order-qr");
        Some(Markup::ours(format!(
            "<svg role=\"img\" aria-label=\"{said}\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><path \
             fill=\"#000\" d=\"{path}\"/></svg>"
        )))
    }
}

/// The ways to pay what is due from the wallet, where that is still possible.
fn offers(view: &mut View<'_>, order: &OrderView) -> Result<Vec<Offer>, No> {
    let payable = matches!(order.state, State::Placed | State::AtDesk);
    if order.you_are != Side::Buyer || order.due.minor == 0 || !payable {
        return Ok(Vec::new());
    }
    let (rate, wallet) = (view.rate()?, view.wallet()?.wallet);
    let offer = |there: &Money| {
        let cost = rate.convert(order.due, there.currency)?;
        let rate = (cost.currency != order.due.currency).then_some(rate);
        Some(Offer { there: *there, cost, rate })
    };
    Ok(wallet.iter().filter(|there| there.minor > 0).filter_map(offer).collect())
}

/// The way an order goes, with how far it is.
fn steps(order: &OrderView) -> Vec<Step> {
    let over = matches!(order.state, State::Canceled | State::NoDropOff | State::NoPickup);
    let way: &[&str] = if order.ships() {
        &["step-placed", "step-shipped", "step-completed"]
    } else {
        &["step-placed", "step-at-desk", "step-collected", "step-completed"]
    };
    let end = way.len() - 1;
    let reached = match order.state {
        State::Placed | State::Canceled | State::NoDropOff => 0,
        State::AtDesk | State::NoPickup | State::Shipped => 1,
        State::Collected => 2,
        State::Completed => end,
        State::ReturnOpen => end + 1,
        State::Returned => end + 2,
        State::Refunded => end + 3,
    };
    let back = ["step-return-open", "step-returned", "step-refunded"];
    let mut keys = way.to_vec();
    if order.return_request.is_some() {
        keys.extend(back);
    }
    if reached == end {
        // What was said to come back and never came is as it was before.
        keys.truncate(way.len());
    }
    let mut steps = Vec::new();
    for (place, key) in keys.into_iter().enumerate() {
        if over && place > reached {
            break;
        }
        let asked = order.return_request.as_ref().map(|request| request.at);
        let at = match place {
            0 => Some(order.placed_at),
            1 if order.ships() => order.fulfillment.shipped_at,
            _ if place == end + 1 && place <= reached => asked,
            _ if place == reached && !over => Some(order.changed_at),
            _ => None,
        };
        let mood = if place <= reached {
            "done"
        } else if place == reached + 1 {
            "now"
        } else {
            ""
        };
        steps.push(Step { key, at, mood });
    }
    if over {
        let key = match order.state {
            State::Canceled => "step-canceled",
            State::NoDropOff if order.ships() => "step-never-sent",
            State::NoDropOff => "step-no-drop-off",
            _ => "step-no-pickup",
        };
        steps.push(Step { key, at: Some(order.changed_at), mood: "now" });
    }
    steps
}

fn named(visit: &Visit, id: &str) -> Result<OrderId, Failed> {
    visit.me()?;
    OrderId::parse(id).map_err(|_| visit.fail(Problem::from(Refusal::not_found("order"))))
}

async fn one(visit: &Visit, id: OrderId, sent: Sent) -> Result<One, Failed> {
    let (order, cover, offers, together, address) = visit
        .ask(move |view| {
            let order = view.order(id)?;
            let cover = cover(view, &order);
            let offers = offers(view, &order)?;
            let checkout = order.checkout.filter(|_| order.you_are == Side::Buyer);
            let together = checkout.map(|checkout| view.checkout(checkout)).transpose()?;
            let address = if order.ships() { view.shipping_address(id)? } else { None };
            Ok((order, cover, offers, together.map_or(1, |checkout| checkout.orders.len()), address))
        })
        .await?;
    let steps = steps(&order);
    let sold = Sent::default();
    Ok(One { shell: visit.shell.clone(), sold, order, cover, steps, address, offers, together, sent })
}

/// Shows an order to its buyer and its seller.
///
/// # Errors
///
/// When it is not theirs.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let page = one(&visit, named(&visit, &id)?, Sent::default()).await?;
    visit.page(&page)
}

/// Calls it off, asks for that, or says that all is well.
///
/// # Errors
///
/// When it cannot be done the order is shown again, as it is now.
pub async fn act(
    Path((id, verb)): Path<(String, String)>,
    Form(visit, typed): Form,
) -> Result<Response, Failed> {
    let order = named(&visit, &id)?;
    let (command, done) = match verb.as_str() {
        "cancel" => (Ok(Command::CancelOrder { order }), "canceled"),
        "request_cancel" => (Ok(Command::RequestCancel { order }), "cancel-requested"),
        "confirm" => (Ok(Command::ConfirmOrder { order }), "confirmed"),
        "pay" => {
            let currency = Currency::parse(typed.get("currency"));
            (currency.map(|currency| Command::PayOrder { order, currency }), "order-paid")
        }
        "give_back" => {
            let reason = typed.get("reason").to_owned();
            (Ok(Command::RequestReturn { order, reason }), "give-back")
        }
        _ => return Err(visit.fail(Problem::no_route())),
    };
    let outcome = match command {
        Ok(command) => visit.run_once(&typed, command).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(_) => Ok(visit.go(&format!("/orders/{order}?done={done}"))),
        Err(no @ (No::Refused(Refusal::NotFound { .. }) | No::Broken(_))) => Err(visit.fail(no)),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            let page = one(&visit, order, Sent { form: verb, typed, wrong }).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

// ---- what its seller does: sending it, and when it comes back ----

impl One {
    /// Whether who looks acts for the store that sold it.
    fn is_sellers(&self) -> bool {
        self.order.you_are == Side::Seller
    }

    /// What can still go back to the buyer of a completed order; only its owner gives money away.
    fn refundable(&self) -> Option<Money> {
        let is_owner = self.shell.me.as_ref().is_some_and(|me| me.account.id == self.order.seller.id);
        let left = self.order.total.minus(self.order.refunded)?;
        (is_owner && self.order.state == State::Completed && left.minor > 0).then_some(left)
    }
}

/// Does what a form of the seller's says; shows the order again when that is refused.
async fn sell(
    visit: &Visit,
    order: OrderId,
    sold: Sent,
    (command, done): (Result<Command, Refusal>, &str),
) -> Result<Response, Failed> {
    let outcome = match command {
        Ok(command) => visit.run_once(&sold.typed, command).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(_) => Ok(visit.go(&format!("/orders/{order}?{done}"))),
        Err(no @ (No::Refused(Refusal::NotFound { .. }) | No::Broken(_))) => Err(visit.fail(no)),
        Err(no) => {
            let problem = Problem::from(no);
            let mut page = one(visit, order, Default::default()).await?;
            page.sold = Sent { wrong: Wrong::because(&visit.shell, &problem), ..sold };
            visit.page_with(problem.status(), &page)
        }
    }
}

/// The seller says that it was sent.
///
/// # Errors
///
/// The form again, with what was typed and the reason.
pub async fn ship(Path(id): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let order = named(&visit, &id)?;
    let command = Command::ShipOrder { order, note: typed.get("note").to_owned() };
    let sold = Sent { form: "ship".to_owned(), typed, wrong: Wrong::default() };
    sell(&visit, order, sold, (Ok(command), "done=shipped")).await
}

/// Who acts for the store says where goods go that came back.
///
/// # Errors
///
/// When it cannot be done the order is shown again, as it is now.
pub async fn settle_return(Path(id): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let order = named(&visit, &id)?;
    let restock = typed.is("restock", "yes");
    let done = if restock { "done=restocked" } else { "done=written-off" };
    let sold = Sent { form: "settle".to_owned(), typed, wrong: Wrong::default() };
    sell(&visit, order, sold, (Ok(Command::SettleReturn { order, restock }), done)).await
}

/// The seller gives a part of the money back.
///
/// # Errors
///
/// The form again, with what was typed and the reason.
pub async fn refund(Path(id): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let order = named(&visit, &id)?;
    let amount = Currency::parse(typed.get("currency"))
        .and_then(|currency| Price::parse(typed.get("amount"), currency))
        .map(|price| Command::RefundOrder { order, amount: price.money() });
    let sold = Sent { form: "refund".to_owned(), typed, wrong: Wrong::default() };
    sell(&visit, order, sold, (amount, "done=refunded")).await
}

/// The pickup as an entry for a calendar.
///
/// # Errors
///
/// When the order is not theirs.
pub async fn calendar(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let id = named(&visit, &id)?;
    let order = visit.ask(move |view| view.order(id)).await?;
    let l = &visit.shell.l;
    let title = order.lines.first().map_or("", |line| line.title.as_str());
    let key = if order.you_are == Side::Buyer { "calendar-collect" } else { "calendar-drop-off" };
    let zone = auboutique_domain::time::zone(&order.pickup.time_zone).unwrap_or(auboutique_domain::time::UTC);
    let moment = |text: &str| {
        let at = time_of(order.pickup.day, text)?.to_zoned(zone.clone()).ok()?;
        Some(at.timestamp().to_string().replace(['-', ':'], ""))
    };
    // Without hours the day alone is certain.
    let hours = order.pickup.hours.as_deref().and_then(|hours| hours.split_once('-'));
    let (opens, closes) = hours.map_or((None, None), |(opens, closes)| (moment(opens), moment(closes)));
    let whole_day = order.pickup.day.to_string().replace('-', "");
    let next_day = order.pickup.day.saturating_add(1.day()).to_string().replace('-', "");
    let stamp = order.changed_at.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//AUBoutique//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@auboutique", order.order),
        format!("DTSTAMP:{stamp}"),
    ];
    match (opens, closes) {
        (Some(opens), Some(closes)) => {
            lines.push(format!("DTSTART:{opens}"));
            lines.push(format!("DTEND:{closes}"));
        }
        _ => {
            lines.push(format!("DTSTART;VALUE=DATE:{whole_day}"));
            lines.push(format!("DTEND;VALUE=DATE:{next_day}"));
        }
    }
    lines.push(format!("SUMMARY:{}", calendar_text(&l.t1(key, "title", title))));
    lines.push(format!(
        "LOCATION:{}",
        calendar_text(&format!("{}, {}", order.pickup.name, order.pickup.address))
    ));
    lines.push(format!("URL:{}/orders/{}", visit.shell.url, order.order));
    lines.extend(["END:VEVENT".to_owned(), "END:VCALENDAR".to_owned()]);
    let text: String = lines.iter().map(|line| folded(line)).collect();
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"pickup.ics\""),
    ];
    Ok((headers, text).into_response())
}

/// The time of day that hours name; the day may end at 24:00, which is when the next begins.
fn time_of(day: Date, text: &str) -> Option<jiff::civil::DateTime> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    if (hour, minute) == (24, 0) {
        return Some(day.tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()));
    }
    Some(day.to_datetime(jiff::civil::Time::new(hour, minute, 0, 0).ok()?))
}

/// A text as RFC 5545 wants it, without the marks that keep scripts apart.
fn calendar_text(text: &str) -> String {
    let plain = text.replace(['\u{2068}', '\u{2069}'], "");
    plain.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A line of at most 75 bytes, the rest on lines that begin with a blank (RFC 5545, 3.1).
fn folded(line: &str) -> String {
    let (mut folded, mut length) = (String::new(), 0);
    for letter in line.chars() {
        if length + letter.len_utf8() > 75 {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(letter);
        length += letter.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_calendar_is_never_too_long_and_never_cut_inside_a_letter() {
        let line = format!("SUMMARY:{}", "كتاب ".repeat(40));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(folded.replace("\r\n ", "").trim_end(), line.trim_end());
    }

    #[test]
    fn a_day_that_ends_at_midnight_ends_when_the_next_begins() {
        let day = jiff::civil::date(2026, 11, 24);
        let at = |text| time_of(day, text).map(|at| at.to_string());
        assert_eq!(at("08:30").unwrap(), "2026-11-24T08:30:00");
        assert_eq!(at("24:00").unwrap(), "2026-11-25T00:00:00");
        assert_eq!((at("24:01"), at("08:60"), at("8"), at("")), (None, None, None, None));
    }

    #[test]
    fn a_title_cannot_add_a_line_to_a_calendar() {
        assert_eq!(calendar_text("a\nATTENDEE:x;y,z\\"), "a\\nATTENDEE:x\\;y\\,z\\\\");
    }
}
