//! Auctions: those that run, one of them with all that its bidders and its seller can do, one's own, and the terms on which
//! something is put up.

use askama::Template;
use auboutique_domain::auction::{
    AuctionDraft, AuctionRow, AuctionView, BidRow, BrowseAuctions, Ends, Lot, Note, RESERVE_FIXED, RETRACT,
    State, Which,
};
use auboutique_domain::bid::payable;
use auboutique_domain::bid_log::Ending;
use auboutique_domain::id::{AuctionId, ListingId, OfferId};
use auboutique_domain::listing::{Category, ListingState, ListingView};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::offer::{self, OfferView};
use auboutique_domain::time::{Moment, Span, TimeZone, zone};
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Desk, No};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::error::Failed;
use super::form::{Form, Sent, Typed, Wrong};
use super::listing::named as named_listing;
use super::sell::plain;
use super::visit::{Markup, Shell, Visit};
use crate::http::problem::Problem;

/// How many auctions a page has, and how many of somebody's own.
const CARDS: i64 = 24;
const OWN: i64 = 50;
/// How many bids of the history come at once.
const BIDS: i64 = 20;

/// How long is left of it: words for whoever has no script, and what a script needs to let the time run.
pub(super) fn countdown(shell: &Shell, ends_at: &Moment, now: &Moment) -> Markup {
    let (ends, at) = (ends_at.micros() / 1_000, now.micros() / 1_000);
    let left = shell.l.left(ends_at.since(*now));
    Markup::ours(format!(
        "<span class=\"countdown\" role=\"timer\" data-ends=\"{ends}\" data-now=\"{at}\">{left}</span>"
    ))
}

// ---- on which terms something is put up ----

/// For how long bidding can last without naming an end, in minutes.
const DURATIONS: [i64; 8] = [10, 60, 360, 1_440, 4_320, 10_080, 20_160, 43_200];
/// What is chosen when nobody has chosen: three days.
const USUAL: &str = "4320";
/// What is chosen by whoever names an end.
const UNTIL: &str = "until";

/// The fields of the terms, as they were typed, and what is wrong with one of them.
pub(super) struct Terms<'a> {
    pub(super) shell: &'a Shell,
    pub(super) typed: &'a Typed,
    pub(super) wrong: &'a Wrong,
}

#[derive(Template)]
#[template(path = "auction-terms.html")]
struct TermsPage<'a> {
    shell: &'a Shell,
    typed: &'a Typed,
    wrong: &'a Wrong,
}

impl Terms<'_> {
    /// Writes the fields; the starting price stands before them.
    pub(super) fn fields(&self) -> Markup {
        let page = TermsPage { shell: self.shell, typed: self.typed, wrong: self.wrong };
        Markup::ours(page.render().unwrap_or_default())
    }
}

impl TermsPage<'_> {
    fn durations(&self) -> Vec<(String, String)> {
        let said = |minutes: i64| (minutes.to_string(), self.shell.l.left(Span::minutes(minutes)));
        DURATIONS.into_iter().map(said).collect()
    }

    fn is_chosen(&self, lasts: &str) -> bool {
        self.typed.some("lasts").unwrap_or(USUAL) == lasts
    }
}

/// The names of the fields of the terms: something wrong with them is said there.
pub(super) const TERMS: [&str; 5] = ["price", "reserve", "buy_now", "increment", "lasts"];

/// What is wrong with what was typed, and with which field.
pub(super) type Mistake = (Refusal, &'static str);

/// An amount that was typed, if one was.
fn amount(typed: &Typed, field: &'static str) -> Result<Option<Money>, Mistake> {
    let read = |text| payable(Price::parse(text, Currency::parse(typed.get("currency"))?)?.money());
    typed.some(field).map(read).transpose().map_err(|refusal| (refusal, field))
}

/// An amount that has to be there.
fn needed(typed: &Typed, field: &'static str) -> Result<Money, Mistake> {
    amount(typed, field)?.ok_or((Refusal::PriceUnreadable, field))
}

/// The terms as they were typed. Moments are those of that time zone.
pub(super) fn terms(typed: &Typed, zone: &TimeZone) -> Result<AuctionDraft, Mistake> {
    let starting_price = needed(typed, "price")?;
    let [reserve, buy_now, increment] =
        [amount(typed, "reserve")?, amount(typed, "buy_now")?, amount(typed, "increment")?];
    let ends = ends(typed, zone).ok_or((Refusal::DurationInvalid, "lasts"))?;
    AuctionDraft::new(starting_price, reserve, buy_now, increment, ends).map_err(|refusal| {
        let field = match refusal {
            Refusal::ReserveTooLow { .. } => "reserve",
            Refusal::BuyNowTooLow { .. } => "buy_now",
            Refusal::DurationInvalid => "lasts",
            _ => "price",
        };
        (refusal, field)
    })
}

/// What a new lot would cost at a fixed price: what it can be had for at once, or what bidding begins with.
pub(super) fn worth(typed: &Typed) -> Result<Price, Mistake> {
    let price = match amount(typed, "buy_now")? {
        Some(price) => price,
        None => needed(typed, "price")?,
    };
    Price::new(price.minor, price.currency).map_err(|refusal| (refusal, "price"))
}

fn ends(typed: &Typed, zone: &TimeZone) -> Option<Ends> {
    match typed.some("lasts").unwrap_or(USUAL) {
        UNTIL => {
            let local: jiff::civil::DateTime = typed.some("until")?.parse().ok()?;
            let moment = local.to_zoned(zone.clone()).ok()?.timestamp();
            Some(Ends::At(Moment::from_micros(moment.as_microsecond())))
        }
        // What would overflow is too long anyway.
        minutes => minutes.parse::<i32>().ok().map(|minutes| Ends::After(Span::minutes(i64::from(minutes)))),
    }
}

/// The time zone of the pickup point a form names, or of the market's first one.
pub(super) fn zone_of(points: &[Desk], point: &str) -> TimeZone {
    let named = points.iter().find(|desk| desk.point.id.to_string() == point);
    let zone = named.or(points.first()).and_then(|desk| zone(&desk.point.time_zone));
    zone.unwrap_or(TimeZone::UTC)
}

// ---- looking for one ----

#[derive(Template)]
#[template(path = "auctions.html")]
struct Auctions {
    shell: Shell,
    categories: &'static [Category],
    chosen: Option<Category>,
    over: bool,
    rows: Vec<AuctionRow>,
    more: Option<String>,
}

impl Auctions {
    fn with_category(category: Option<&Category>) -> String {
        category.map_or_else(
            || "/auctions".to_owned(),
            |category| format!("/auctions?category={}", category.name()),
        )
    }
}

/// Shows those that run, the next to end first, or those that are over.
///
/// # Errors
///
/// For a page that is none.
pub async fn all(visit: Visit) -> Result<Response, Failed> {
    let mut typed = Typed::parse(visit.query().as_bytes());
    let after = typed.some("after").map(str::to_owned);
    let over = typed.is("show", Which::Over.name());
    let category = typed.some("category").map(Category::parse).transpose();
    let chosen = category.map_err(|refusal| visit.fail(Problem::from(refusal)))?.filter(|_| !over);
    let asked = BrowseAuctions { which: if over { Which::Over } else { Which::Running }, category: chosen };
    let page = visit.ask(move |view| view.auctions(&asked, after.as_deref(), Some(CARDS))).await?;
    let more = page.next.map(|next| {
        typed.set("after", &next);
        format!("/auctions?{}", typed.address())
    });
    let (shell, categories) = (visit.shell.clone(), Category::ALL);
    visit.page(&Auctions { shell, categories, chosen, over, rows: page.rows, more })
}

// ---- one's own ----

#[derive(Template)]
#[template(path = "auctions-own.html")]
struct Own {
    shell: Shell,
    which: Which,
    /// What waits for the member: to be paid, or to be answered.
    waiting: Vec<AuctionRow>,
    rows: Vec<AuctionRow>,
    more: Option<String>,
    second_chances: bool,
}

impl Own {
    /// Where a row leads: what has to be paid is paid in its checkout.
    fn way(row: &AuctionRow) -> String {
        match row.checkout.filter(|_| row.state == State::Sold) {
            Some(checkout) => format!("/checkout/{checkout}"),
            None => format!("/auctions/{}", row.auction),
        }
    }

    /// How a row stands for the member, and its colour.
    fn standing(row: &AuctionRow) -> Option<(&'static str, &'static str)> {
        let leads = row.you.as_ref().map(|you| you.leads);
        Some(match (row.state, leads) {
            _ if row.asked => ("wait", "auction-tag-asked"),
            (State::Open, Some(true)) => ("good", "auction-tag-leading"),
            (State::Open, Some(false)) => ("bad", "auction-tag-outbid"),
            (State::Open, None) => return None,
            (State::Sold, Some(true)) => ("wait", "auction-tag-to-pay"),
            (State::Settled, Some(true)) => ("good", "auction-tag-won"),
            _ => ("", ended(&row.state, &row.result)),
        })
    }
}

/// How an auction ended, as the key of a word. What was sold and not paid came to nothing.
const fn ended(state: &State, result: &Option<Ending>) -> &'static str {
    match (state, result) {
        (State::Passed, Some(Ending::Sold)) => "ending-not-paid",
        (_, Some(Ending::Sold)) => "ending-sold",
        (_, Some(Ending::ReserveNotMet)) => "ending-reserve-not-met",
        (_, Some(Ending::Canceled)) => "ending-canceled",
        _ => "ending-no-bids",
    }
}

/// Shows the auctions the member bids in, watches or sells. What waits for them stands first.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn own(visit: Visit) -> Result<Response, Failed> {
    visit.me()?;
    let typed = Typed::parse(visit.query().as_bytes());
    let after = typed.some("after").map(str::to_owned);
    let which = typed
        .some("show")
        .and_then(Which::parse)
        .filter(|which| matches!(which, Which::Watched | Which::Selling))
        .unwrap_or(Which::Bidding);
    let asked = BrowseAuctions { which, category: None };
    let (page, second_chances) = visit
        .ask(move |view| {
            Ok((view.auctions(&asked, after.as_deref(), Some(OWN))?, view.wants_second_chances()?))
        })
        .await?;
    let more = page.next.map(|next| {
        let fields = [("show", which.name().to_owned()), ("after", next)];
        format!("/my/auctions?{}", Typed::of(fields).address())
    });
    let waits = |row: &AuctionRow| row.asked || (row.checkout.is_some() && row.state == State::Sold);
    let (waiting, rows) = page.rows.into_iter().partition(waits);
    visit.page(&Own { shell: visit.shell.clone(), which, waiting, rows, more, second_chances })
}

/// Whether the member wants to hear of second chances.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn want(Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let wanted = typed.get("wanted") == "yes";
    visit.run(Command::WantSecondChances { wanted }).await.map_err(|no| visit.fail(no))?;
    Ok(visit.go("/my/auctions?done=second-chances"))
}

// ---- one of them ----

#[derive(Template)]
#[template(path = "auction.html")]
struct One {
    shell: Shell,
    auction: AuctionView,
    /// The latest bids.
    bids: Vec<BidRow>,
    more: Option<String>,
    sent: Sent,
}

/// A form of the seller's with one amount in it.
#[derive(Template)]
#[template(path = "amount-form.html")]
struct AmountForm<'a> {
    page: &'a One,
    verb: &'a str,
    go: &'a str,
    hint: &'a str,
}

impl One {
    fn is_open(&self) -> bool {
        self.auction.state == State::Open && self.auction.now < self.auction.ends_at
    }

    fn is_mine(&self) -> bool {
        self.auction.selling.is_some()
    }

    /// A bidder by their number, or the one who looks.
    fn bidder(&self, number: &i64) -> String {
        match &self.auction.you {
            Some(you) if you.bidder == *number => self.shell.l.t("auction-you"),
            _ => self.shell.l.count("auction-bidder", *number),
        }
    }

    /// Whether the one who looks leads, or won.
    fn leads(&self) -> bool {
        self.auction.you.as_ref().is_some_and(|you| you.leads)
    }

    /// What has to be typed at least, as a field holds it.
    fn minimum(&self) -> String {
        self.auction.minimum.map(plain).unwrap_or_default()
    }

    /// What moves on the page when something is news.
    fn tells(&self) -> String {
        format!("{} {:?} {}", self.auction.price, self.auction.leader, self.auction.state.name())
    }

    /// Whether a late bid moved the end.
    fn moved(&self) -> bool {
        self.auction.ends_at > self.auction.scheduled_end
    }

    /// How it ended, in a word.
    const fn ended(&self) -> &'static str {
        ended(&self.auction.state, &self.auction.result)
    }

    /// The latest bid of the one who looks, among those that are shown.
    fn last_bid(&self) -> Option<&BidRow> {
        let you = self.auction.you.as_ref()?.bidder;
        self.bids.iter().find(|bid| bid.bidder == you && !bid.removed)
    }

    /// Whether a typing error can be put right now: within ten minutes, more than an hour before the end, or because the
    /// seller added something since. The market decides; this only says whether the form is worth showing.
    fn may_retract(&self) -> bool {
        let AuctionView { now, ends_at, .. } = self.auction;
        let Some(last) = self.last_bid().filter(|_| self.is_open()) else { return false };
        let fresh = now.since(last.at) <= RETRACT.0 && ends_at.since(now) > RETRACT.1;
        fresh || self.noted_since(last.at)
    }

    fn noted_since(&self, at: Moment) -> bool {
        self.auction.notes.iter().any(|note| note.at > at)
    }

    /// Whether a bid can be taken back without another one in its place.
    fn may_leave(&self) -> bool {
        self.last_bid().is_some_and(|last| self.noted_since(last.at))
    }

    /// Whether the reserve price can still be lowered.
    fn may_lower_reserve(&self) -> bool {
        let before = self.auction.scheduled_end.minus(RESERVE_FIXED);
        self.is_open() && self.auction.reserve_met == Some(false) && self.auction.now <= before
    }

    /// What stands in the form for relisting: the terms as they were, or as they were typed.
    fn relists(&self) -> Typed {
        if self.sent.is("relist") {
            return self.sent.typed.clone();
        }
        let mut typed = Typed::of([("price", plain(self.auction.starting_price))]);
        typed.set("currency", self.auction.price.currency.code());
        typed
    }

    /// The fields of the terms on which the lot is put up again.
    fn relist_terms(&self) -> Markup {
        let (typed, none) = (self.relists(), Wrong::default());
        let wrong = if self.sent.is("relist") { &self.sent.wrong } else { &none };
        Terms { shell: &self.shell, typed: &typed, wrong }.fields()
    }

    /// A form of one amount, for that deed of the seller's.
    fn amount_form(&self, verb: &str, go: &str, hint: &str) -> Markup {
        Markup::ours(AmountForm { page: self, verb, go, hint }.render().unwrap_or_default())
    }

    /// Whether the seller can do something with a lot that was not sold.
    fn is_negotiable(&self) -> bool {
        let until = self.auction.selling.as_ref().and_then(|selling| selling.negotiable_until);
        self.auction.state == State::Passed && until.is_some_and(|until| self.auction.now < until)
    }

    /// Until when that is.
    fn negotiable_until(&self) -> Option<Moment> {
        self.auction.selling.as_ref()?.negotiable_until
    }

    /// Whether an offer the seller made still stands.
    fn offers_now(&self) -> bool {
        let offers = self.auction.selling.iter().flat_map(|selling| &selling.offers);
        offers.into_iter().any(|offer| self.stands(offer))
    }

    fn stands(&self, offer: &OfferView) -> bool {
        offer.state == offer::State::Open && self.auction.now < offer.expires_at
    }

    /// Whether the bids failed the reserve price alone, so that their leader can be asked.
    fn may_ask_the_leader(&self) -> bool {
        self.auction.result == Some(Ending::ReserveNotMet)
    }
}

/// The auction an address names.
fn named(visit: &Visit, id: &str) -> Result<AuctionId, Failed> {
    AuctionId::parse(id).map_err(|_| visit.fail(Problem::from(Refusal::not_found("auction"))))
}

async fn page(visit: &Visit, id: AuctionId, sent: Sent) -> Result<One, Failed> {
    let after = Typed::parse(visit.query().as_bytes()).some("after").map(str::to_owned);
    let (auction, bids) =
        visit.ask(move |view| Ok((view.auction(id)?, view.bids(id, after.as_deref(), Some(BIDS))?))).await?;
    let more = bids.next.map(|next| format!("/auctions/{id}?{}", Typed::of([("after", next)]).address()));
    Ok(One { shell: visit.shell.clone(), auction, bids: bids.rows, more, sent })
}

/// Shows an auction.
///
/// # Errors
///
/// When there is none of that name.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let page = page(&visit, named(&visit, &id)?, Sent::default()).await?;
    visit.page(&page)
}

/// The bid log of an auction that is over, as a file that anybody can run again.
///
/// # Errors
///
/// While it runs.
pub async fn log(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let auction = named(&visit, &id)?;
    let log = visit.ask(move |view| view.bid_log(auction)).await?;
    let file = format!("attachment; filename=\"{auction}.log\"");
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned())];
    Ok((headers, [(header::CONTENT_DISPOSITION, file)], log).into_response())
}

/// What a form of the page asks for; nothing when there is no such form.
fn command(
    auction: AuctionId,
    verb: &str,
    typed: &Typed,
    zone: &TimeZone,
) -> Result<Option<Command>, Mistake> {
    let amount = || needed(typed, "amount");
    Ok(Some(match verb {
        "bid" => Command::PlaceBid { auction, maximum: amount()? },
        "take" => Command::TakeBuyNow { auction, price: seen(typed).map_err(|refusal| (refusal, ""))? },
        "retract" => Command::RetractBid { auction, corrected: self::amount(typed, "amount")? },
        "watch" => Command::WatchAuction { auction },
        "unwatch" => Command::UnwatchAuction { auction },
        "lower" => Command::LowerPrice { auction, price: amount()? },
        "keep" => Command::KeepPrice { auction },
        "reserve" if typed.is("none", "yes") => Command::LowerReserve { auction, reserve: None },
        "reserve" => Command::LowerReserve { auction, reserve: Some(amount()?) },
        "note" => {
            let text = Note::text(typed.get("note")).map_err(|refusal| (refusal, "note"))?;
            Command::AddAuctionNote { auction, text }
        }
        "cancel" => Command::CancelAuction { auction, reason: typed.get("reason").to_owned() },
        "accept" => Command::AcceptLeadingBid { auction },
        "counter" => Command::CounterOffer { auction, price: amount()? },
        "offer" => Command::OfferToWatchers { auction, price: amount()? },
        "relist" => Command::RelistAuction { auction, draft: terms(typed, zone)? },
        "fixed" => {
            let price = amount()?;
            let price = Price::new(price.minor, price.currency).map_err(|refusal| (refusal, "amount"))?;
            Command::SellAtFixedPrice { auction, price }
        }
        "answer" => {
            let offer = OfferId::parse(typed.get("offer"));
            let offer = offer.map_err(|_| (Refusal::not_found("offer"), ""))?;
            Command::AnswerOffer { offer, accept: typed.is("accept", "yes") }
        }
        _ => return Ok(None),
    }))
}

/// The price that stood on the page.
fn seen(typed: &Typed) -> Result<Money, Refusal> {
    let minor = typed.get("minor").parse::<i64>().unwrap_or(0);
    Price::new(minor, Currency::parse(typed.get("currency"))?).map(Price::money)
}

/// What is said when that was done.
fn done(verb: &str) -> &'static str {
    match verb {
        "watch" => "?done=watched",
        "unwatch" => "?done=unwatched",
        "lower" => "?done=price-lowered",
        "keep" => "?done=price-kept",
        "reserve" => "?done=reserve-lowered",
        "note" => "?done=note-added",
        "cancel" => "?done=auction-canceled",
        "accept" | "counter" | "offer" => "?done=offered",
        "relist" => "?done=auction-opened",
        "answer" => "?done=offer-declined",
        _ => "",
    }
}

/// Bids, takes, watches; lowers, adds, calls off; offers and answers.
///
/// # Errors
///
/// The page again, as it is now, with the reason at the form that was sent and with what was typed.
pub async fn act(
    Path((id, verb)): Path<(String, String)>,
    Form(visit, typed): Form,
) -> Result<Response, Failed> {
    let auction = named(&visit, &id)?;
    visit.me()?;
    let points = if verb == "relist" { visit.ask(|view| view.pickup_points()).await? } else { Vec::new() };
    let asked = command(auction, &verb, &typed, &zone_of(&points, typed.get("pickup_point")));
    let (outcome, field) = match asked {
        Ok(Some(command)) => (visit.run_once(&typed, command).await, ""),
        Ok(None) => return Err(visit.fail(Problem::no_route())),
        Err((refusal, field)) => (Err(refusal.into()), field),
    };
    let problem = match outcome {
        Ok(Reply::Bid(bid)) => {
            let done = if bid.you.leads { "?done=bid-leads" } else { "?done=bid-outbid" };
            return Ok(visit.go(&format!("/auctions/{auction}{done}")));
        }
        Ok(Reply::Listing(listing)) => {
            return Ok(visit.go(&format!("/listings/{}?done=published", listing.listing)));
        }
        Ok(Reply::Auction(view)) => {
            let paying = matches!(verb.as_str(), "take" | "answer");
            return Ok(visit.go(&match view.checkout.filter(|_| paying) {
                Some(checkout) => format!("/checkout/{checkout}"),
                None => format!("/auctions/{}{}", view.auction, done(&verb)),
            }));
        }
        Ok(_) => return Ok(visit.go(&format!("/auctions/{auction}"))),
        Err(no @ (No::Refused(Refusal::NotFound { .. } | Refusal::SessionEnded) | No::Broken(_))) => {
            return Err(visit.fail(no));
        }
        Err(no) => Problem::from(no),
    };
    let wrong = Wrong::because(&visit.shell, &problem).in_field(field);
    let page = page(&visit, auction, Sent { form: verb, typed, wrong }).await?;
    visit.page_with(problem.status(), &page)
}

// ---- putting up what is described already ----

#[derive(Template)]
#[template(path = "put-up.html")]
struct PutUp {
    shell: Shell,
    listing: ListingView,
    typed: Typed,
    wrong: Wrong,
}

impl PutUp {
    fn terms(&self) -> Markup {
        Terms { shell: &self.shell, typed: &self.typed, wrong: &self.wrong }.fields()
    }

    /// What is wrong with no field.
    fn beyond(&self) -> Option<&str> {
        self.wrong.beyond(&TERMS)
    }
}

async fn put_up_page(
    visit: &Visit,
    listing: ListingId,
    sent: Option<(Typed, Wrong)>,
) -> Result<PutUp, Failed> {
    let me = visit.me()?.account.id;
    let listing = visit.ask(move |view| view.listing(listing)).await?;
    if listing.seller.id != me {
        return Err(visit.fail(Problem::from(Refusal::NotYours)));
    }
    if listing.state == ListingState::Sold {
        return Err(visit.fail(Problem::from(Refusal::ListingSold)));
    }
    let currency = listing.price.currency.code().to_owned();
    let (typed, wrong) = sent.unwrap_or_else(|| (Typed::of([("currency", currency)]), Wrong::default()));
    Ok(PutUp { shell: visit.shell.clone(), listing, typed, wrong })
}

/// The terms on which a listing of one's own is put up: what it is has been said.
///
/// # Errors
///
/// When it is not the asker's, or sold.
pub async fn put_up_form(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let listing = named_listing(&visit, &id)?;
    let page = put_up_page(&visit, listing, None).await?;
    visit.page(&page)
}

/// Puts it up.
///
/// # Errors
///
/// The form again, with what was typed and the reason.
pub async fn put_up(Path(id): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let listing = named_listing(&visit, &id)?;
    visit.me()?;
    let (points, seen) = visit.ask(move |view| Ok((view.pickup_points()?, view.listing(listing)?))).await?;
    let zone = zone_of(&points, &seen.pickup_point.id.to_string());
    let (outcome, field) = match terms(&typed, &zone) {
        Ok(draft) => {
            let command = Command::OpenAuction { lot: Lot::Listing(listing), draft };
            (visit.run_once(&typed, command).await, "")
        }
        Err((refusal, field)) => (Err(refusal.into()), field),
    };
    match outcome {
        Ok(Reply::Auction(view)) => Ok(visit.go(&format!("/auctions/{}?done=auction-opened", view.auction))),
        Ok(_) => Ok(visit.go("/my/auctions?show=selling")),
        Err(no @ (No::Refused(Refusal::NotFound { .. } | Refusal::SessionEnded) | No::Broken(_))) => {
            Err(visit.fail(no))
        }
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem).in_field(field);
            let page = put_up_page(&visit, listing, Some((typed, wrong))).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Result<AuctionDraft, Mistake> {
        terms(&Typed::parse(form.as_bytes()), &zone("Asia/Beirut").unwrap())
    }

    #[test]
    fn what_is_wrong_with_the_terms_is_said_at_the_field_it_is_wrong_with() {
        for (form, field) in [
            ("currency=USD&price=a+song", "price"),
            ("currency=USD", "price"),
            ("currency=USD&price=10.25", "price"),
            ("currency=USD&price=10&reserve=12.30", "reserve"),
            ("currency=USD&price=10&reserve=5", "reserve"),
            ("currency=USD&price=10&buy_now=NaN", "buy_now"),
            ("currency=USD&price=10&buy_now=11", "buy_now"),
            ("currency=USD&price=10&increment=-1", "increment"),
            ("currency=USD&price=10&lasts=0", "lasts"),
            ("currency=USD&price=10&lasts=until", "lasts"),
            ("currency=USD&price=10&lasts=until&until=soon", "lasts"),
            ("currency=USD&price=9223372036854775808", "price"),
        ] {
            assert_eq!(read(form).unwrap_err().1, field, "{form}");
        }
    }

    #[test]
    fn an_end_is_read_by_the_clock_of_the_pickup_point() {
        let typed = Typed::parse(b"lasts=until&until=2026-11-24T18:00");
        let Some(Ends::At(moment)) = ends(&typed, &zone("Asia/Beirut").unwrap()) else { panic!() };
        assert_eq!(moment.to_string(), "2026-11-24T16:00:00.000000Z");
        assert_eq!(ends(&Typed::default(), &TimeZone::UTC), Some(Ends::After(Span::days(3))));
    }
}
