//! Auctions: putting up, bidding, watching, closing, and what follows.

use auboutique_db::auction::{self as db, Kept, Own};
use auboutique_db::{
    checkout as checkouts, is_planted, listing as shelf, member as members, order as orders,
};
use auboutique_domain::auction::{
    Auction, AuctionDraft, AuctionRow, AuctionView, Award, Bid, BidRow, Bidder, BrowseAuctions, Lot,
    MOST_OF_NEW, MOST_OPEN, MOST_RELISTS, MOST_WATCHED, News, Note, SellerSide, State, Turn, Which, YourBid,
};
use auboutique_domain::bid::{Standing, payable};
use auboutique_domain::bid_log::{self, Act, Because, Ending, Replay, Told};
use auboutique_domain::checkout::Hold;
use auboutique_domain::id::{AuctionId, MemberId, OfferId, OrderId, StrikeId};
use auboutique_domain::listing::{Actor, Category, Listing, ListingChanges, ListingView, PAGE, Page};
use auboutique_domain::member::{Member, NEW_FOR_DAYS, STRIKE_LIFE, StrikeReason};
use auboutique_domain::money::{Money, Price};
use auboutique_domain::offer::{self, MOST_SECOND_CHANCES, Offer};
use auboutique_domain::order::Line;
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Event, Refusal, Reply};
use data_encoding::HEXLOWER;

use crate::no::{Busy, No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, checkout, listing, setting};

fn missing() -> Refusal {
    Refusal::not_found("auction")
}

/// Whether the clock can be trusted with an end: one that is behind what was committed cannot (`promises.md` B5).
fn on_time(work: &Work<'_>) -> Result<(), Stop> {
    if work.is_behind() { Err(Stop::Busy(Busy::ClockBehind)) } else { Ok(()) }
}

fn load(work: &mut Work<'_>, id: AuctionId) -> Result<Auction, Stop> {
    on_time(work)?;
    Ok(db::find(work.db, id)?.ok_or_else(missing)?)
}

/// The auction, for its seller who asks.
fn own(work: &mut Work<'_>, id: AuctionId) -> Result<Auction, Stop> {
    let seller = work.member()?;
    Ok(load(work, id)?.sold_by(seller.id)?)
}

/// Whether a member has just joined.
fn is_new(member: &Member, now: Moment) -> bool {
    now.since(member.registered_at) < Span::days(NEW_FOR_DAYS)
}

/// Keeps a turn of an auction: its log, its row, and what it tells. `by` is who bid in it.
fn keep(work: &mut Work<'_>, before: &Auction, turn: Turn, by: Option<MemberId>) -> Result<Auction, Stop> {
    let Turn { auction, entries, events, news } = turn;
    let bid = matches!(entries.as_slice(), [(bid_log::Entry { act: Act::Bid { .. }, .. }, _)]);
    append(work, &auction, entries, (before.bids < auction.bids, by))?;
    if bid {
        db::save_bid(work.db, (before.ends_at, before.due_at), &auction)?;
    } else {
        db::save(work.db, &auction)?;
    }
    let auction = Auction { version: auction.version + 1, ..auction };
    for event in events {
        work.tell(event);
    }
    if let Some(news) = news {
        spread(work, &auction, news)?;
    }
    // A lot that was sold is freed by its sale.
    if before.finished_at.is_none() && auction.finished_at.is_some() && auction.state != State::Settled {
        shelf::free(work.db, auction.lot, auction.id)?;
    }
    Ok(auction)
}

fn append(
    work: &mut Work<'_>,
    auction: &Auction,
    entries: Vec<(bid_log::Entry, String)>,
    (visible, by): (bool, Option<MemberId>),
) -> Result<(), Stop> {
    for (entry, hash) in entries {
        let (member, reserve, seen) = match &entry.act {
            Act::Bid { bidder, .. } => {
                let leader = auction.standing.lead.map_or(*bidder, |lead| lead.bidder);
                (by, None, visible.then(|| (auction.price().minor, leader)))
            }
            Act::Bought { bidder, price } => (by, None, Some((*price, *bidder))),
            Act::Opened { .. } | Act::Reserve { .. } => (None, auction.terms.reserve, None),
            Act::Removed { .. } | Act::Lowered { .. } | Act::Closed { .. } => (None, None, None),
        };
        db::append(work.db, auction.id, &Kept { entry, hash, member, reserve, seen })?;
    }
    Ok(())
}

/// Tells everybody who watches or bids, each by name.
fn spread(work: &mut Work<'_>, auction: &Auction, news: News) -> Result<(), Stop> {
    let mut members = db::watchers(work.db, auction.id)?;
    if news == News::Closed {
        members.append(&mut db::bidders(work.db, auction.id)?);
    }
    members.sort_unstable();
    members.dedup();
    for member in members {
        work.tell(Event::AuctionNews { auction: auction.id, member, news });
    }
    Ok(())
}

fn reply(work: &mut Work<'_>, id: AuctionId, viewer: &Member) -> Outcome {
    let shown = view(work.db, id, Some(viewer.id), work.now)?;
    Ok(Reply::Auction(Box::new(shown)))
}

// ---- putting up ----

pub(crate) fn open(work: &mut Work<'_>, lot: Lot, draft: &AuctionDraft) -> Outcome {
    on_time(work)?;
    let seller = work.member()?;
    listing::may_trade_now(work, &seller)?;
    let most = if is_new(&seller, work.now) { MOST_OF_NEW } else { MOST_OPEN };
    if db::run_by(work.db, seller.id)? >= most {
        return Err(Refusal::TooManyAuctions { most }.into());
    }
    let lot = match lot {
        Lot::New(draft) => listing::keep_new(work, &seller, draft)?,
        Lot::Listing(id) => {
            let found = shelf::find(work.db, id)?.ok_or_else(|| Refusal::not_found("listing"))?;
            let held = checkouts::held_by_others(work.db, id, seller.id, work.now)?;
            found.owned_by(Actor::alone(&seller))?;
            if let Some(until) = held.until.filter(|_| held.copies > 0) {
                return Err(Refusal::Held { available: 0, until }.into());
            }
            listing::open_point(work, Some(found.pickup_point))?;
            found
        }
    };
    let id = put_up(work, &seller, lot, draft, 0)?;
    reply(work, id, &seller)
}

/// Opens an auction over a listing of the seller's.
fn put_up(
    work: &mut Work<'_>,
    seller: &Member,
    lot: Listing,
    draft: &AuctionDraft,
    round: i64,
) -> Result<AuctionId, Stop> {
    let id = work.id(AuctionId::new);
    let settings = setting::find(work)?;
    let currency = draft.starting_price().currency;
    let salt = HEXLOWER.encode(&work.random::<16>());
    let house = (settings.ladder(currency).clone(), Span::minutes(settings.soft_close_minutes), salt);
    let turn = Auction::open(draft, (id, lot.id, seller.id), house, round, work.now)?;
    let (category, now) = (lot.category, work.now);
    let (lot, withdrawn) = lot.put_up(Actor::alone(seller), id, now)?;
    db::insert(work.db, &turn.auction, category)?;
    append(work, &turn.auction, turn.entries, (false, None))?;
    shelf::put_up(work.db, &lot)?;
    for event in withdrawn.into_iter().chain(turn.events) {
        work.tell(event);
    }
    Ok(id)
}

// ---- bidding ----

/// The auction as this member finds it who bids, not too fast and without too many strikes.
fn load_for_bid(work: &mut Work<'_>, id: AuctionId, member: &Member) -> Result<(Auction, Bidder), Stop> {
    work.keep_pace(member.id)?;
    let (auction, bidder, has_strikes) = load_with_bidder(work, id, member)?;
    if has_strikes {
        listing::may_trade_now(work, member)?;
    }
    Ok((auction, bidder))
}

/// An auction, what this member is in it, and whether they have strikes that count.
fn load_with_bidder(
    work: &mut Work<'_>,
    id: AuctionId,
    member: &Member,
) -> Result<(Auction, Bidder, bool), Stop> {
    on_time(work)?;
    let since = work.now.minus(STRIKE_LIFE);
    let found = db::find_for_bid(work.db, id, member.id, since)?;
    let (mut auction, mut bidder, has_strikes) = found.ok_or_else(missing)?;
    if is_planted("timer-only-close") && auction.state == State::Open {
        auction.ends_at = auction.ends_at.max(work.now.plus(Span::seconds(1)));
    }
    if is_planted("check-then-act-bid") {
        // It is checked against what was read before the last bid came.
        let bids = db::bids(work.db, id)?;
        let before = bids.iter().rev().skip(1).map(|bid| (bid.bidder, bid.maximum, bid.seq));
        auction.standing = Standing::of(before);
    }
    if is_new(member, work.now) {
        bidder.is_new = true;
        if bidder.number.is_none() {
            bidder.running = db::bids_in_running(work.db, member.id)?;
        }
    }
    Ok((auction, bidder, has_strikes))
}

pub(crate) fn bid(work: &mut Work<'_>, id: AuctionId, maximum: Money) -> Outcome {
    let member = work.member()?;
    let (auction, bidder) = load_for_bid(work, id, &member)?;
    place(work, auction, &bidder, maximum)
}

fn place(work: &mut Work<'_>, auction: Auction, bidder: &Bidder, maximum: Money) -> Outcome {
    let before = auction.clone();
    let turn = auction.place_bid(bidder, maximum, work.now)?;
    let number = bidder.number.unwrap_or(turn.auction.bidders);
    let auction = keep(work, &before, turn, Some(bidder.member))?;
    db::save_bidder(work.db, auction.id, bidder.member, (number, maximum.minor))?;
    if bidder.number.is_none() {
        db::watch(work.db, auction.id, bidder.member, work.now)?;
    }
    let you = auction.yours(number, bidder.member, maximum.minor);
    Ok(Reply::Bid(auction.bid_view(you)))
}

pub(crate) fn buy_now(work: &mut Work<'_>, id: AuctionId, seen: Money) -> Outcome {
    let member = work.member()?;
    let (auction, bidder) = load_for_bid(work, id, &member)?;
    let before = auction.clone();
    let (turn, award) = auction.take(&bidder, seen, work.now)?;
    let number = bidder.number.unwrap_or(turn.auction.bidders);
    db::save_bidder(work.db, id, member.id, (number, award.price.minor))?;
    let auction = keep(work, &before, turn, Some(member.id))?;
    hand_over(work, &auction, award)?;
    reply(work, id, &member)
}

/// Takes a bid back, and bids something else in the same breath if that is wanted.
pub(crate) fn retract(work: &mut Work<'_>, id: AuctionId, corrected: Option<Money>) -> Outcome {
    let member = work.member()?;
    work.keep_pace(member.id)?;
    let (auction, bidder, _) = load_with_bidder(work, id, &member)?;
    let bids = db::bids(work.db, id)?;
    let theirs: Vec<Bid> = bids.iter().filter(|bid| bid.member == member.id).copied().collect();
    let (Some(last), Some(number)) = (theirs.last(), bidder.number) else {
        return Err(Refusal::RetractionRefused.into());
    };
    let noted_at = db::notes(work.db, id)?.last().map(|note| note.at);
    auction.may_retract(last, noted_at, corrected, work.now)?;
    // What was bid on another description is all gone; a typing error is one bid.
    let misled = noted_at.is_some_and(|noted| noted > last.at);
    let from = if misled { theirs.first().map_or(last.seq, |bid| bid.seq) } else { last.seq };
    let auction = forget_bids(work, auction, &bids, (number, from), Because::Retracted)?;
    let maximum = theirs.iter().rev().find(|bid| bid.seq < from).map_or(0, |bid| bid.maximum);
    db::save_bidder(work.db, id, member.id, (number, maximum))?;
    match corrected {
        Some(corrected) => place(work, auction, &bidder, corrected),
        None => Ok(Reply::Bid(auction.bid_view(auction.yours(number, member.id, maximum)))),
    }
}

/// Bids of a bidder no longer count, from that line of the log on.
fn forget_bids(
    work: &mut Work<'_>,
    auction: Auction,
    bids: &[Bid],
    (number, from): (i64, i64),
    because: Because,
) -> Result<Auction, Stop> {
    let kept: Vec<Bid> = bids.iter().filter(|bid| bid.bidder != number || bid.seq < from).copied().collect();
    let before = auction.clone();
    let turn = auction.drop_bids((number, from), because, &kept, work.now);
    keep(work, &before, turn, None)
}

// ---- watching ----

pub(crate) fn watch(work: &mut Work<'_>, id: AuctionId) -> Outcome {
    let member = work.member()?;
    let auction = load(work, id)?;
    if auction.state == State::Open && db::watched_by(work.db, member.id)? >= MOST_WATCHED {
        return Err(Refusal::TooManyWatched { most: MOST_WATCHED }.into());
    }
    db::watch(work.db, id, member.id, work.now)?;
    reply(work, id, &member)
}

pub(crate) fn unwatch(work: &mut Work<'_>, id: AuctionId) -> Outcome {
    let member = work.member()?;
    load(work, id)?;
    db::unwatch(work.db, id, member.id)?;
    reply(work, id, &member)
}

// ---- the seller ----

/// Does something to an auction of the asker's, and shows it as it became.
fn act(
    work: &mut Work<'_>,
    id: AuctionId,
    step: impl FnOnce(Auction, Moment) -> Result<Turn, Refusal>,
) -> Outcome {
    let before = own(work, id)?;
    let turn = step(before.clone(), work.now)?;
    keep(work, &before, turn, None)?;
    let seller = work.member()?;
    reply(work, id, &seller)
}

pub(crate) fn lower(work: &mut Work<'_>, id: AuctionId, price: Money) -> Outcome {
    act(work, id, |auction, now| auction.lower(price, now))
}

pub(crate) fn keep_price(work: &mut Work<'_>, id: AuctionId) -> Outcome {
    act(work, id, Auction::keep_price)
}

pub(crate) fn lower_reserve(work: &mut Work<'_>, id: AuctionId, reserve: Option<Money>) -> Outcome {
    act(work, id, |auction, now| auction.lower_reserve(reserve, now))
}

pub(crate) fn add_note(work: &mut Work<'_>, id: AuctionId, text: &str) -> Outcome {
    let text = Note::text(text)?;
    let before = own(work, id)?;
    let turn = before.clone().add_note(work.now)?;
    let auction = keep(work, &before, turn, None)?;
    db::insert_note(work.db, &auction, &text, work.now)?;
    let seller = work.member()?;
    reply(work, id, &seller)
}

pub(crate) fn cancel(work: &mut Work<'_>, id: AuctionId, reason: &str) -> Outcome {
    let by = work.member()?;
    let before = load(work, id)?;
    let (turn, reason) = before.clone().cancel(&by, reason, work.now)?;
    let auction = keep(work, &before, turn, None)?;
    if !reason.is_empty() {
        db::insert_note(work.db, &auction, &reason, work.now)?;
    }
    reply(work, id, &by)
}

// ---- closing ----

/// The timekeeper: the moment the auction was waiting for has come.
pub(crate) fn lapse(work: &mut Work<'_>, id: AuctionId) -> Outcome {
    work.node()?;
    let before = load(work, id)?;
    let (turn, award) = before.clone().lapse(work.now)?;
    let auction = keep(work, &before, turn, None)?;
    if let Some(award) = award {
        hand_over(work, &auction, award)?;
    }
    Ok(Reply::Done)
}

/// Somebody has it: the lot is set aside for them until they have paid.
fn hand_over(work: &mut Work<'_>, auction: &Auction, award: Award) -> Result<(), Stop> {
    let lot = shelf::find(work.db, auction.lot)?;
    let lot = lot.ok_or_else(|| Stop::Wrong(format!("{} has no lot", auction.id)))?;
    let line = Line { listing: lot.id, title: lot.full_title(), quantity: 1, price: award.price };
    let hold = Hold { line, seller: auction.seller, store: None, pickup_point: lot.pickup_point };
    let checkout = checkout::award(work, award.winner, hold, auction.id)?;
    work.tell(Event::AuctionWon {
        auction: auction.id,
        buyer: award.winner,
        seller: auction.seller,
        price: award.price,
        checkout: checkout.id,
        pay_by: checkout.expires_at,
    });
    Ok(())
}

/// The winner paid, and there is an order.
pub(crate) fn settled(work: &mut Work<'_>, id: AuctionId, order: OrderId) -> Result<(), Stop> {
    let before = db::find(work.db, id)?.ok_or_else(missing)?;
    let turn = before.clone().settled(order, work.now);
    keep(work, &before, turn, None).map(drop)
}

/// The winner did not pay: a strike, and the next bidder may have it.
pub(crate) fn defaulted(work: &mut Work<'_>, id: AuctionId, winner: MemberId) -> Result<(), Stop> {
    let before = db::find(work.db, id)?.ok_or_else(missing)?;
    let turn = before.clone().defaulted(work.now);
    let auction = keep(work, &before, turn, None)?;
    let reason = StrikeReason::NotPaid;
    let strike = work.id(StrikeId::new);
    members::insert_strike_at_auction(work.db, strike, (winner, id), reason, work.now)?;
    work.tell(Event::StrikeGiven { member: winner, order: None, auction: Some(id), reason });
    drop_out(work, auction, winner, Because::Defaulted)
}

/// Somebody is out of it, and the next bidder is given a second chance (`rules.md` 5.5).
fn drop_out(work: &mut Work<'_>, auction: Auction, member: MemberId, because: Because) -> Result<(), Stop> {
    let mut auction = forget_all(work, auction, member, because)?;
    let made = db::offers(work.db, auction.id)?;
    let made = made.iter().filter(|offer| offer.kind == offer::Kind::SecondChance).count();
    if i64::try_from(made).unwrap_or(i64::MAX) >= MOST_SECOND_CHANCES {
        return Ok(());
    }
    while let Some(Award { winner, price }) = auction.runner_up(work.now) {
        let may = members::find(work.db, winner)?.map(|member| listing::may_trade_now(work, &member));
        let wants = db::wants_second_chances(work.db, winner)?;
        match may {
            Some(Ok(())) if wants => {
                let to = (Some(winner), price);
                make_offer(work, auction, offer::Kind::SecondChance, to)?;
                return Ok(());
            }
            Some(Err(Stop::Refused(_)) | Ok(())) | None => {
                auction = forget_all(work, auction, winner, Because::Declined)?;
            }
            Some(Err(stop)) => return Err(stop),
        }
    }
    Ok(())
}

/// None of a member's bids counts any more.
fn forget_all(
    work: &mut Work<'_>,
    auction: Auction,
    member: MemberId,
    because: Because,
) -> Result<Auction, Stop> {
    let Some((number, _)) = db::bidder(work.db, auction.id, member)? else { return Ok(auction) };
    let bids = db::bids(work.db, auction.id)?;
    forget_bids(work, auction, &bids, (number, 0), because)
}

// ---- what follows ----

/// Makes an offer of the lot. The seller has at least as long as it stands to do something else afterwards.
fn make_offer(
    work: &mut Work<'_>,
    auction: Auction,
    kind: offer::Kind,
    to: (Option<MemberId>, Money),
) -> Result<Auction, Stop> {
    let id = work.id(OfferId::new);
    let (offer, event) = Offer::make((id, auction.id, auction.seller), kind, to, work.now);
    db::insert_offer(work.db, &offer)?;
    work.tell(event);
    let before = auction.clone();
    let turn = auction.offered(&offer, work.now);
    keep(work, &before, turn, None)
}

/// The asker's auction that passed and can be negotiated, with nothing offered at the moment.
fn negotiable(work: &mut Work<'_>, id: AuctionId) -> Result<(Auction, Vec<Offer>), Stop> {
    let auction = own(work, id)?.negotiable(work.now)?;
    let offers = db::offers(work.db, id)?;
    if offers.iter().any(|offer| offer.state == offer::State::Open) {
        return Err(Refusal::NotNegotiable.into());
    }
    Ok((auction, offers))
}

fn offer_and_show(
    work: &mut Work<'_>,
    auction: Auction,
    kind: offer::Kind,
    to: (Option<MemberId>, Money),
) -> Outcome {
    let auction = make_offer(work, auction, kind, to)?;
    let seller = work.member()?;
    reply(work, auction.id, &seller)
}

pub(crate) fn accept_leading_bid(work: &mut Work<'_>, id: AuctionId) -> Outcome {
    let (auction, _) = negotiable(work, id)?;
    let Award { winner, price } = auction.leading_bid().ok_or(Refusal::NotNegotiable)?;
    offer_and_show(work, auction, offer::Kind::LeadingBid, (Some(winner), price))
}

pub(crate) fn counter(work: &mut Work<'_>, id: AuctionId, price: Money) -> Outcome {
    let (auction, offers) = negotiable(work, id)?;
    let made = offers.iter().any(|offer| offer.kind == offer::Kind::Counter);
    let Award { winner, price } = auction.counter(price, made)?;
    offer_and_show(work, auction, offer::Kind::Counter, (Some(winner), price))
}

pub(crate) fn offer_to_watchers(work: &mut Work<'_>, id: AuctionId, price: Money) -> Outcome {
    let (auction, _) = negotiable(work, id)?;
    if auction.ending != Some(Ending::NoBids) {
        return Err(Refusal::NotNegotiable.into());
    }
    if price.currency != auction.terms.currency {
        return Err(Refusal::AuctionCurrency { currency: auction.terms.currency }.into());
    }
    let price = payable(price)?;
    let auction = make_offer(work, auction, offer::Kind::Watchers, (None, price))?;
    spread(work, &auction, News::Offered)?;
    let seller = work.member()?;
    reply(work, id, &seller)
}

pub(crate) fn answer_offer(work: &mut Work<'_>, id: OfferId, accept: bool) -> Outcome {
    let member = work.member()?;
    on_time(work)?;
    let none = || Refusal::not_found("offer");
    let offer = db::find_offer(work.db, id)?.ok_or_else(none)?;
    let (auction, bidder, has_strikes) = load_with_bidder(work, offer.auction, &member)?;
    if offer.member.is_none() && !db::watches(work.db, auction.id, Some(member.id))?.1 {
        return Err(none().into());
    }
    if accept {
        if has_strikes {
            listing::may_trade_now(work, &member)?;
        }
        auction.lets_bid(&Bidder { is_new: false, ..bidder })?;
    }
    let (offer, event) = offer.answer((member.id, auction.seller), accept, work.now)?;
    db::save_offer(work.db, &offer)?;
    work.tell(event);
    if accept {
        let award = Award { winner: member.id, price: offer.price };
        let before = auction.clone();
        let turn = auction.awarded(award, work.now);
        let auction = keep(work, &before, turn, None)?;
        hand_over(work, &auction, award)?;
    } else if offer.kind == offer::Kind::SecondChance {
        drop_out(work, auction, member.id, Because::Declined)?;
    }
    reply(work, offer.auction, &member)
}

/// The timekeeper: the time of an offer is over.
pub(crate) fn lapse_offer(work: &mut Work<'_>, id: OfferId) -> Outcome {
    work.node()?;
    on_time(work)?;
    let offer = db::find_offer(work.db, id)?.ok_or_else(|| Refusal::not_found("offer"))?;
    let auction = load(work, offer.auction)?;
    let (offer, event) = offer.lapse(auction.seller, work.now)?;
    db::save_offer(work.db, &offer)?;
    work.tell(event);
    if let Some(member) = offer.member.filter(|_| offer.kind == offer::Kind::SecondChance) {
        drop_out(work, auction, member, Because::Declined)?;
    }
    Ok(Reply::Done)
}

/// Ends what is left of an auction that was not sold: its lot is free for something else.
fn give_up(work: &mut Work<'_>, auction: Auction) -> Result<Listing, Stop> {
    for offer in db::offers(work.db, auction.id)? {
        if offer.state == offer::State::Open {
            let (offer, event) = offer.withdraw(auction.seller, work.now);
            db::save_offer(work.db, &offer)?;
            work.tell(event);
        }
    }
    let before = auction.clone();
    let turn = auction.finish(work.now);
    let auction = keep(work, &before, turn, None)?;
    let lot = shelf::find(work.db, auction.lot)?;
    lot.ok_or_else(|| Stop::Wrong(format!("{} has no lot", auction.id)))
}

pub(crate) fn relist(work: &mut Work<'_>, id: AuctionId, draft: &AuctionDraft) -> Outcome {
    let seller = work.member()?;
    listing::may_trade_now(work, &seller)?;
    let auction = own(work, id)?.relist(draft, work.now)?;
    let round = auction.round + 1;
    let lot = give_up(work, auction)?;
    listing::open_point(work, Some(lot.pickup_point))?;
    let id = put_up(work, &seller, lot, draft, round)?;
    reply(work, id, &seller)
}

pub(crate) fn sell_at_fixed_price(work: &mut Work<'_>, id: AuctionId, price: Price) -> Outcome {
    let auction = own(work, id)?.negotiable(work.now)?;
    let lot = give_up(work, auction)?;
    let mut changes = ListingChanges::default();
    changes.price = Some(price);
    listing::edit(work, lot.id, changes)?;
    listing::publish(work, lot.id)
}

pub(crate) fn want_second_chances(work: &mut Work<'_>, wanted: bool) -> Outcome {
    let member = work.member()?;
    db::want_second_chances(work.db, member.id, wanted, work.now)?;
    Ok(Reply::Done)
}

/// Whether what is said of a lot can still be changed: until the first bid. It stands on that shelf from then on.
pub(crate) fn may_edit(work: &mut Work<'_>, id: AuctionId, shelf: Option<Category>) -> Result<(), Stop> {
    let auction = load(work, id)?;
    if auction.bidders > 0 || !auction.is_open(work.now) {
        return Err(Refusal::AuctionHasBids.into());
    }
    if let Some(shelf) = shelf {
        db::shelve(work.db, id, shelf)?;
    }
    Ok(())
}

// ---- what is shown ----

/// An auction as this member sees it, or a visitor.
fn view(
    db: &mut auboutique_db::Connection,
    id: AuctionId,
    viewer: Option<MemberId>,
    now: Moment,
) -> Result<AuctionView, Stop> {
    let (auction, lot) = self::db::find_with_lot(db, id)?.ok_or_else(missing)?;
    let bidder = match viewer {
        Some(viewer) => self::db::bidder(db, id, viewer)?,
        None => None,
    };
    let you = bidder.zip(viewer).map(|((number, maximum), member)| auction.yours(number, member, maximum));
    let (watchers, watching) = self::db::watches(db, id, viewer)?;
    let sells = viewer == Some(auction.seller);
    let won = viewer.is_some() && viewer == auction.winner;
    let offers = if auction.closed_at.is_some() { self::db::offers(db, id)? } else { Vec::new() };
    let mine = |offer: &&Offer| match offer.member {
        Some(member) => viewer == Some(member),
        None => watching && !sells,
    };
    let offer = offers.iter().filter(|offer| offer.is_open(now)).find(mine).map(|offer| offer.view(now));
    let checkout = checkouts::auction_checkout(db, id)?.filter(|found| found.is_held(now));
    let pay_by = checkout.as_ref().map(|found| found.expires_at).filter(|_| auction.state == State::Sold);
    let checkout = checkout.filter(|_| won).map(|found| found.id);
    let order = match auction.state {
        State::Settled if won || sells => orders::of_auction(db, id)?,
        _ => None,
    };
    let winner = match (auction.state, auction.winner) {
        (State::Sold | State::Settled, Some(winner)) => {
            self::db::bidder(db, id, winner)?.map(|found| found.0)
        }
        _ => None,
    };
    let open = auction.is_open(now);
    let selling = sells.then(|| SellerSide {
        reserve: auction.terms.reserve.map(|reserve| auction.money(reserve)),
        asked: auction.is_asked(now),
        negotiable_until: auction
            .negotiable_until
            .filter(|until| auction.finished_at.is_none() && now < *until),
        relists_left: (MOST_RELISTS - auction.round).max(0),
        offers: offers.iter().map(|offer| offer.view(now)).collect(),
    });
    let minimum = auction.standing.minimum(&auction.terms, you.as_ref().map(|you| you.bidder));
    Ok(AuctionView {
        auction: id,
        state: auction.state,
        result: auction.ending,
        price: auction.price(),
        starting_price: auction.money(auction.terms.starting_price),
        minimum: open.then(|| auction.money(minimum)),
        increment: auction.money(auction.terms.increment(auction.price().minor)),
        reserve_met: auction.standing.reserve_met(&auction.terms),
        buy_now: auction.buy_now(now),
        bids: auction.bids,
        bidders: auction.bidders,
        leader: if auction.state == State::Open {
            auction.standing.lead.map(|lead| lead.bidder)
        } else {
            winner
        },
        you,
        watching,
        watchers,
        opened_at: auction.opened_at,
        ends_at: auction.ends_at,
        scheduled_end: auction.scheduled_end,
        hard_end: auction.hard_end(),
        closed_at: auction.closed_at,
        notes: self::db::notes(db, id)?,
        checkout,
        pay_by,
        order,
        offer,
        selling,
        number: auction.seq,
        now,
        lot,
    })
}

fn row(auction: &Auction, lot: ListingView, you: Option<YourBid>, now: Moment) -> AuctionRow {
    AuctionRow {
        auction: auction.id,
        lot,
        state: auction.state,
        result: auction.ending,
        price: auction.price(),
        bids: auction.bids,
        reserve_met: auction.standing.reserve_met(&auction.terms),
        buy_now: auction.buy_now(now),
        ends_at: auction.ends_at,
        you,
        checkout: None,
        asked: false,
    }
}

/// Where a page begins that is cut by a moment and an id: beyond what the page before gave as `next`.
fn beyond(after: Option<&str>, start: Moment, id: &str) -> Result<(Moment, String), Refusal> {
    let Some(cursor) = after else { return Ok((start, id.to_owned())) };
    let read = || {
        let (moment, id) = cursor.split_once('-')?;
        let id = AuctionId::parse(id).ok()?;
        Some((Moment::from_micros(moment.parse().ok()?), id.to_string()))
    };
    read().ok_or_else(|| Refusal::not_found("page"))
}

impl View<'_> {
    /// One auction, as the asker sees it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`].
    pub fn auction(&mut self, id: AuctionId) -> Result<AuctionView, No> {
        let viewer = self.viewer.as_ref().map(|viewer| viewer.id);
        let found = view(self.db, id, viewer, self.now);
        self.settle(found)
    }

    /// Some auctions: those that run or are over, or the asker's own.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor who asks for their own; [`Refusal::NotFound`] for a cursor that is none.
    pub fn auctions(
        &mut self,
        asked: &BrowseAuctions,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<AuctionRow>, No> {
        let limit = limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
        let own = match asked.which {
            Which::Running => {
                let (from, id) = beyond(after, self.now, "")?;
                let found = db::running(self.db, asked.category, (from, &id), (self.now, limit + 1));
                let found = self.settle(found.map_err(Stop::from))?;
                return Ok(self.page(found, limit, |auction| auction.ends_at));
            }
            Which::Over => {
                let (before, id) = beyond(after, Moment::from_micros(i64::MAX), "~")?;
                let found = db::over(self.db, (before, &id), limit + 1);
                let found = self.settle(found.map_err(Stop::from))?;
                return Ok(self.page(found, limit, |auction| auction.closed_at.unwrap_or(auction.ends_at)));
            }
            Which::Bidding => Own::Bidding,
            Which::Watched => Own::Watched,
            Which::Selling => Own::Selling,
        };
        let member = self.member()?;
        let before = match after {
            None => "~".to_owned(),
            Some(cursor) => AuctionId::parse(cursor).map_err(|_| Refusal::not_found("page"))?.to_string(),
        };
        let found = self.own_rows(own, member.id, &before, limit);
        self.settle(found)
    }

    fn page(
        &self,
        mut found: Vec<db::WithLot>,
        limit: i64,
        moment: impl Fn(&Auction) -> Moment,
    ) -> Page<AuctionRow> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = found.len() > limit;
        found.truncate(limit);
        let cursor = |(auction, _): &db::WithLot| format!("{}-{}", moment(auction).micros(), auction.id);
        let next = found.last().filter(|_| more).map(cursor);
        let rows = found.into_iter().map(|(auction, lot)| row(&auction, lot, None, self.now)).collect();
        Page { rows, next }
    }

    fn own_rows(
        &mut self,
        own: Own,
        member: MemberId,
        before: &str,
        limit: i64,
    ) -> Result<Page<AuctionRow>, Stop> {
        let mut found = db::own(self.db, own, member, before, limit + 1)?;
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(auction, _)| auction.id.to_string());
        let mut rows = Vec::with_capacity(found.len());
        for (auction, lot) in found {
            let bidder = db::bidder(self.db, auction.id, member)?;
            let you = bidder.map(|(number, maximum)| auction.yours(number, member, maximum));
            let asked = own == Own::Selling && auction.is_asked(self.now);
            let checkout = match auction.state {
                State::Sold if auction.winner == Some(member) => {
                    checkouts::auction_checkout(self.db, auction.id)?
                }
                _ => None,
            };
            let checkout = checkout.filter(|found| found.is_held(self.now)).map(|found| found.id);
            rows.push(AuctionRow { checkout, asked, ..row(&auction, lot, you, self.now) });
        }
        Ok(Page { rows, next })
    }

    /// The bids of an auction that changed what everybody sees, newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is no such auction, or for a cursor that is none.
    pub fn bids(
        &mut self,
        id: AuctionId,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<BidRow>, No> {
        let (below, limit) = listing::cut(after, limit)?;
        let found = self.bid_rows(id, below, limit);
        Ok(listing::page(self.settle(found)?, limit))
    }

    fn bid_rows(&mut self, id: AuctionId, below: i64, limit: i64) -> Result<Vec<(i64, BidRow)>, Stop> {
        let auction = db::find(self.db, id)?.ok_or_else(missing)?;
        let removals = db::removals(self.db, id)?;
        let kept = db::history(self.db, id, below, limit + 1)?;
        let bid = |Kept { entry, seen, .. }: Kept| {
            let (Act::Bid { bidder, .. } | Act::Bought { bidder, .. }) = entry.act else { return None };
            let (price, leader) = seen?;
            let removed = removals.iter().any(|&(whose, from)| whose == bidder && entry.seq >= from);
            let price = auction.money(price);
            Some((entry.seq, BidRow { number: entry.seq, at: entry.at, bidder, price, leader, removed }))
        };
        Ok(kept.into_iter().filter_map(bid).collect())
    }

    /// The bid log of an auction that is over, as a file that can be run again (`bid_log.rs`).
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`]; [`Refusal::AuctionStillOpen`] while bids are taken.
    pub fn bid_log(&mut self, id: AuctionId) -> Result<String, No> {
        let written = self.written_log(id);
        self.settle(written)
    }

    fn written_log(&mut self, id: AuctionId) -> Result<String, Stop> {
        let auction = db::find(self.db, id)?.ok_or_else(missing)?;
        if auction.state == State::Open {
            return Err(Refusal::AuctionStillOpen.into());
        }
        let kept = db::log(self.db, id)?;
        let told = told(&auction, &kept);
        let lines: Vec<_> = kept.into_iter().map(|line| (line.entry, line.hash)).collect();
        Ok(bid_log::write(id, &lines, told.as_ref()))
    }

    /// Whether the asker wants to hear of second chances.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`].
    pub fn wants_second_chances(&mut self) -> Result<bool, No> {
        let member = self.member()?;
        let wants = db::wants_second_chances(self.db, member.id);
        self.settle(wants.map_err(Stop::from))
    }
}

/// What is told of the reserve price of an auction that is over: all of it when it was ever met, for then it decided
/// something; nothing when it was not.
fn told(auction: &Auction, kept: &[Kept]) -> Option<Told> {
    let reserves: Vec<i64> = kept.iter().filter_map(|line| line.reserve).collect();
    if reserves.is_empty() {
        return None;
    }
    let told = Told { salt: auction.salt.clone(), reserves };
    let mut replay = Replay::new(Some(told.clone()));
    for line in kept {
        if replay.push(&line.entry).is_err() {
            break;
        }
    }
    replay.ever_met().then_some(told)
}
