//! Auctions, their bid logs, who bids and who watches, and the offers that follow.

use auboutique_domain::auction::{Auction, Bid, Bidder, Note, State};
use auboutique_domain::bid::{Ladder, Lead, Standing, Terms};
use auboutique_domain::bid_log::{Act, Ending, Entry};
use auboutique_domain::id::{AuctionId, MemberId, OfferId};
use auboutique_domain::listing::{Category, ListingView};
use auboutique_domain::money::Currency;
use auboutique_domain::offer::{self, Offer};
use auboutique_domain::time::{Moment, Span};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::listing::read_view;
use crate::params;
use crate::row::Row;

macro_rules! columns {
    () => {
        "a.id, a.listing_id, a.seller_id, a.currency, a.starting_price, a.reserve, a.increment, a.ladder, a.buy_now, a.salt,
         a.state, a.opened_at, a.scheduled_end, a.ends_at, a.soft_close, a.leader, a.leader_maximum, a.second_maximum,
         a.leader_id, a.bids, a.bidders, a.seq, a.hash, a.asked_at, a.answered_at, a.soon_at, a.result, a.closed_at,
         a.winner_id, a.hammer, a.sold_at, a.reminded_at, a.round, a.notes, a.negotiable_until, a.finished_at, a.due_at,
         a.version"
    };
}
/// An auction with its lot as everybody sees it.
macro_rules! row {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", ",
            crate::listing::listing_columns!(),
            ", m.id, m.username, m.name, p.name, t.id, t.name, t.handle
             FROM auctions a JOIN listings l ON l.id = a.listing_id JOIN members m ON m.id = l.seller_id
             JOIN pickup_points p ON p.id = l.pickup_point_id LEFT JOIN stores t ON t.id = l.store_id ",
            $rest
        )
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM auctions a WHERE a.id = $1");
// Everything a bid needs to know, in one question: it is asked before every bid. $2 is the bidder, and older strikes than of
// $3 do not count any more.
const FOR_BID: &str = concat!(
    "SELECT ",
    columns!(),
    ", b.number,
     CASE WHEN EXISTS (SELECT 1 FROM blocks k WHERE k.member_id = a.seller_id AND k.blocked_id = $2)
        OR EXISTS (SELECT 1 FROM blocks k WHERE k.member_id = $2 AND k.blocked_id = a.seller_id) THEN 1 ELSE 0 END,
     CASE WHEN EXISTS (SELECT 1 FROM stores s JOIN invitations i ON i.store_id = s.id
            WHERE s.owner_id = $2 AND i.inviter_id = a.seller_id)
        OR EXISTS (SELECT 1 FROM stores s JOIN invitations i ON i.store_id = s.id
            WHERE s.owner_id = a.seller_id AND i.inviter_id = $2)
        OR EXISTS (SELECT 1 FROM staff f JOIN stores s ON s.id = f.store_id
            WHERE f.member_id = $2 AND s.owner_id = a.seller_id)
        OR EXISTS (SELECT 1 FROM staff f JOIN stores s ON s.id = f.store_id
            WHERE f.member_id = a.seller_id AND s.owner_id = $2)
        OR EXISTS (SELECT 1 FROM devices d JOIN devices e ON e.device_hash = d.device_hash
            WHERE d.member_id = $2 AND e.member_id = a.seller_id) THEN 1 ELSE 0 END,
     CASE WHEN EXISTS (SELECT 1 FROM strikes x WHERE x.member_id = $2 AND x.at > $3) THEN 1 ELSE 0 END
     FROM auctions a LEFT JOIN bidders b ON b.auction_id = a.id AND b.member_id = $2 WHERE a.id = $1"
);
const BIDS_IN_RUNNING: &str = "SELECT COUNT(*) FROM bidders b JOIN auctions a ON a.id = b.auction_id
    WHERE b.member_id = $1 AND a.state = 'open'";
const RUN_BY: &str = "SELECT COUNT(*) FROM auctions WHERE seller_id = $1 AND state = 'open'";
const INSERT: &str = "INSERT INTO auctions
    (id, listing_id, seller_id, category, currency, starting_price, reserve, buy_now, increment, ladder, salt, opened_at,
     scheduled_end, soft_close, round, state, ends_at, bids, bidders, seq, hash, notes, due_at, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0, $18, $19, 0, $20, $21)";
// What a bid changes that moves neither the end nor anything the timekeeper waits for: no index is touched.
const UPDATE_STANDING: &str =
    "UPDATE auctions SET leader = $1, leader_maximum = $2, leader_id = $3, second_maximum = $4,
    bids = $5, bidders = $6, seq = $7, hash = $8, version = version + 1 WHERE id = $9 AND version = $10";
const UPDATE: &str = "UPDATE auctions SET leader = $1, leader_maximum = $2, leader_id = $3, second_maximum = $4, bids = $5,
    bidders = $6, seq = $7, hash = $8, starting_price = $9, reserve = $10, state = $11, ends_at = $12, asked_at = $13,
    answered_at = $14, soon_at = $15, result = $16, closed_at = $17, winner_id = $18, hammer = $19, sold_at = $20,
    reminded_at = $21, notes = $22, negotiable_until = $23, finished_at = $24, due_at = $25, version = version + 1
    WHERE id = $26 AND version = $27";
const SHELVE: &str = "UPDATE auctions SET category = $1 WHERE id = $2";
const INSERT_ENTRY: &str =
    "INSERT INTO bid_log (auction_id, seq, at, act, bidder, member_id, amount, detail, price, leader, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const LOG: &str = "SELECT seq, at, act, bidder, member_id, amount, detail, price, leader, hash FROM bid_log
    WHERE auction_id = $1 ORDER BY seq";
const HISTORY: &str =
    "SELECT seq, at, act, bidder, member_id, amount, detail, price, leader, hash FROM bid_log
    WHERE auction_id = $1 AND seq < $2 AND (act = 'bid' AND price IS NOT NULL OR act = 'bought')
    ORDER BY seq DESC LIMIT $3";
const REMOVALS: &str = "SELECT bidder, amount FROM bid_log WHERE auction_id = $1 AND act = 'removed'";
const SAVE_BIDDER: &str =
    "INSERT INTO bidders (auction_id, member_id, number, maximum) VALUES ($1, $2, $3, $4)
    ON CONFLICT (auction_id, member_id) DO UPDATE SET maximum = excluded.maximum";
const BIDDER: &str = "SELECT number, maximum FROM bidders WHERE auction_id = $1 AND member_id = $2";
const BIDDERS: &str = "SELECT member_id FROM bidders WHERE auction_id = $1";
const WATCH: &str = "INSERT INTO watches (auction_id, member_id, watched_at) VALUES ($1, $2, $3)
    ON CONFLICT (auction_id, member_id) DO NOTHING";
const UNWATCH: &str = "DELETE FROM watches WHERE auction_id = $1 AND member_id = $2";
const WATCHES: &str =
    "SELECT COUNT(*), COALESCE(MAX(CASE WHEN member_id = $2 THEN 1 ELSE 0 END), 0) FROM watches
    WHERE auction_id = $1";
const WATCHED_BY: &str = "SELECT COUNT(*) FROM watches w JOIN auctions a ON a.id = w.auction_id
    WHERE w.member_id = $1 AND a.state = 'open'";
const WATCHERS: &str = "SELECT member_id FROM watches WHERE auction_id = $1 ORDER BY member_id";
const RUNNING: &str = row!(
    "WHERE a.state = 'open' AND a.ends_at > $1 AND (a.ends_at, a.id) > ($2, $3) ORDER BY a.ends_at, a.id LIMIT $4"
);
const RUNNING_IN: &str = row!(
    "WHERE a.category = $5 AND a.state = 'open' AND a.ends_at > $1 AND (a.ends_at, a.id) > ($2, $3)
     ORDER BY a.ends_at, a.id LIMIT $4"
);
const OVER: &str = row!(
    "WHERE a.state <> 'open' AND a.state <> 'canceled' AND (a.closed_at, a.id) < ($1, $2)
     ORDER BY a.closed_at DESC, a.id DESC LIMIT $3"
);
const BIDDING: &str = row!(
    "JOIN bidders b ON b.auction_id = a.id AND b.member_id = $1 WHERE a.id < $2 ORDER BY a.id DESC LIMIT $3"
);
const WATCHED: &str = row!(
    "JOIN watches w ON w.auction_id = a.id AND w.member_id = $1 WHERE a.id < $2 ORDER BY a.id DESC LIMIT $3"
);
const SELLING: &str = row!("WHERE a.seller_id = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3");
const WITH_LOT: &str = row!("WHERE a.id = $1");
const INSERT_NOTE: &str = "INSERT INTO auction_notes (auction_id, place, at, text) VALUES ($1, $2, $3, $4)";
const NOTES: &str = "SELECT at, text FROM auction_notes WHERE auction_id = $1 ORDER BY place";
const DUE: &str =
    "SELECT id FROM auctions WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
const NEXT_DUE: &str = "SELECT due_at FROM auctions WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
const ALL: &str = concat!("SELECT ", columns!(), " FROM auctions a WHERE a.id > $1 ORDER BY a.id LIMIT $2");

macro_rules! offer {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.auction_id, o.kind, o.member_id, o.price, o.currency, o.made_at, o.expires_at, o.state,
             o.ended_at, o.version FROM auction_offers o ",
            $rest
        )
    };
}
const OFFER: &str = offer!("WHERE o.id = $1");
const OFFERS: &str = offer!("WHERE o.auction_id = $1 ORDER BY o.id DESC");
const INSERT_OFFER: &str = "INSERT INTO auction_offers
    (id, auction_id, kind, member_id, price, currency, made_at, expires_at, state, ended_at, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const UPDATE_OFFER: &str =
    "UPDATE auction_offers SET member_id = $1, state = $2, ended_at = $3, version = version + 1
    WHERE id = $4 AND version = $5";
const OFFERS_DUE: &str =
    "SELECT id FROM auction_offers WHERE state = 'open' AND expires_at <= $1 ORDER BY expires_at LIMIT $2";
const NEXT_OFFER_DUE: &str =
    "SELECT expires_at FROM auction_offers WHERE state = 'open' ORDER BY expires_at LIMIT 1";
const SECOND_CHANCES_OFF: &str = "INSERT INTO second_chances_off (member_id, since) VALUES ($1, $2)
    ON CONFLICT (member_id) DO NOTHING";
const SECOND_CHANCES_ON: &str = "DELETE FROM second_chances_off WHERE member_id = $1";
const WANTS_NO_SECOND_CHANCES: &str = "SELECT 1 FROM second_chances_off WHERE member_id = $1";
const SEE_DEVICE: &str = "INSERT INTO devices (device_hash, member_id, seen_at) VALUES ($1, $2, $3)
    ON CONFLICT (device_hash, member_id) DO UPDATE SET seen_at = excluded.seen_at";
const FORGET_DEVICES: &str = "DELETE FROM devices WHERE seen_at <= $1";

fn read(row: &mut Row<'_>) -> Result<Auction, DbError> {
    let (id, lot, seller) = (row.value()?, row.value()?, row.value()?);
    let currency = row.parsed(|code| Currency::parse(code).ok())?;
    let terms = Terms {
        currency,
        starting_price: row.integer()?,
        reserve: row.integer_or_null()?,
        increment: row.integer_or_null()?,
        ladder: row.parsed(|text| Ladder::parse(text, currency).ok())?,
    };
    let (buy_now, salt) = (row.integer_or_null()?, row.text()?);
    let state = row.parsed(State::parse)?;
    let (opened_at, scheduled_end, ends_at) = (row.moment()?, row.moment()?, row.moment()?);
    let window = Span::from_micros(row.integer()?);
    let lead = row.integer_or_null()?.zip(row.integer_or_null()?);
    let standing = Standing {
        lead: lead.map(|(bidder, maximum)| Lead { bidder, maximum }),
        second: row.integer_or_null()?,
    };
    Ok(Auction {
        id,
        lot,
        seller,
        terms,
        buy_now,
        salt,
        state,
        opened_at,
        scheduled_end,
        ends_at,
        window,
        standing,
        leader: row.value_or_null()?,
        bids: row.integer()?,
        bidders: row.integer()?,
        seq: row.integer()?,
        hash: row.text()?,
        asked_at: row.moment_or_null()?,
        answered_at: row.moment_or_null()?,
        soon_at: row.moment_or_null()?,
        ending: row.text_or_null()?.and_then(|name| Ending::parse(&name)),
        closed_at: row.moment_or_null()?,
        winner: row.value_or_null()?,
        hammer: row.integer_or_null()?,
        sold_at: row.moment_or_null()?,
        reminded_at: row.moment_or_null()?,
        round: row.integer()?,
        notes: row.integer()?,
        negotiable_until: row.moment_or_null()?,
        finished_at: row.moment_or_null()?,
        due_at: row.moment_or_null()?,
        version: row.integer()?,
    })
}

/// An auction with its lot as everybody sees it.
pub type WithLot = (Auction, ListingView);

fn read_with_lot(row: &mut Row<'_>) -> Result<WithLot, DbError> {
    Ok((read(row)?, read_view(row)?.1))
}

/// The auction with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: AuctionId) -> Result<Option<Auction>, DbError> {
    db.find("auctions", BY_ID, params![id], read)
}

/// The auction with this id and its lot.
///
/// # Errors
///
/// What the database says.
pub fn find_with_lot(db: &mut Connection, id: AuctionId) -> Result<Option<WithLot>, DbError> {
    db.find("auctions", WITH_LOT, params![id], read_with_lot)
}

/// The auction with this id as somebody who wants to bid finds it: what stands in the way is answered with it. Whether they
/// have just joined is for the caller to say. Last comes whether they have strikes younger than `struck_since`.
///
/// # Errors
///
/// What the database says.
pub fn find_for_bid(
    db: &mut Connection,
    id: AuctionId,
    member: MemberId,
    struck_since: Moment,
) -> Result<Option<(Auction, Bidder, bool)>, DbError> {
    db.find("auctions", FOR_BID, params![id, member, struck_since], |row| {
        let auction = read(row)?;
        let number = row.integer_or_null()?;
        let (blocked, linked) = (row.integer()? > 0, row.integer()? > 0);
        let bidder = Bidder { member, number, linked, blocked, is_new: false, running: 0 };
        Ok((auction, bidder, row.integer()? > 0))
    })
}

/// In how many running auctions a member bids.
///
/// # Errors
///
/// What the database says.
pub fn bids_in_running(db: &mut Connection, member: MemberId) -> Result<i64, DbError> {
    Ok(db.find("bidders", BIDS_IN_RUNNING, params![member], |row| row.integer())?.unwrap_or(0))
}

/// How many auctions of a member run.
///
/// # Errors
///
/// What the database says.
pub fn run_by(db: &mut Connection, seller: MemberId) -> Result<i64, DbError> {
    Ok(db.find("auctions", RUN_BY, params![seller], |row| row.integer())?.unwrap_or(0))
}

/// Keeps a new auction. Its log is kept by [`append`].
///
/// # Errors
///
/// [`DbError::Constraint`] when its lot is in another auction.
pub fn insert(db: &mut Connection, auction: &Auction, category: Category) -> Result<(), DbError> {
    let ladder = auction.terms.ladder.to_string();
    let params = params![
        auction.id,
        auction.lot,
        auction.seller,
        category.name(),
        auction.terms.currency.code(),
        auction.terms.starting_price,
        auction.terms.reserve,
        auction.buy_now,
        auction.terms.increment,
        &ladder,
        &auction.salt,
        auction.opened_at,
        auction.scheduled_end,
        auction.window.micros(),
        auction.round,
        auction.state.name(),
        auction.ends_at,
        auction.seq,
        &auction.hash,
        auction.due_at,
        auction.version
    ];
    db.change_one(INSERT, params)
}

/// Saves what a bid made of an auction. `before` is as it was read.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save_bid(
    db: &mut Connection,
    before: (Moment, Option<Moment>),
    auction: &Auction,
) -> Result<(), DbError> {
    if before != (auction.ends_at, auction.due_at) {
        return save(db, auction);
    }
    let lead = auction.standing.lead;
    let params = params![
        lead.map(|lead| lead.bidder),
        lead.map(|lead| lead.maximum),
        auction.leader,
        auction.standing.second,
        auction.bids,
        auction.bidders,
        auction.seq,
        &auction.hash,
        auction.id,
        auction.version
    ];
    db.change_one(UPDATE_STANDING, params)
}

/// Saves an auction.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, auction: &Auction) -> Result<(), DbError> {
    let lead = auction.standing.lead;
    let params = params![
        lead.map(|lead| lead.bidder),
        lead.map(|lead| lead.maximum),
        auction.leader,
        auction.standing.second,
        auction.bids,
        auction.bidders,
        auction.seq,
        &auction.hash,
        auction.terms.starting_price,
        auction.terms.reserve,
        auction.state.name(),
        auction.ends_at,
        auction.asked_at,
        auction.answered_at,
        auction.soon_at,
        auction.ending.map(Ending::name),
        auction.closed_at,
        auction.winner,
        auction.hammer,
        auction.sold_at,
        auction.reminded_at,
        auction.notes,
        auction.negotiable_until,
        auction.finished_at,
        auction.due_at,
        auction.id,
        auction.version
    ];
    db.change_one(UPDATE, params)
}

/// Puts an auction on another shelf.
///
/// # Errors
///
/// [`DbError::Conflict`] when there is none.
pub fn shelve(db: &mut Connection, id: AuctionId, category: Category) -> Result<(), DbError> {
    db.change_one(SHELVE, params![category.name(), id])
}

// ---- the bid log ----

/// A line of the bid log as it is kept: with whose it is, and with what everybody saw change, if they did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The line.
    pub entry: Entry,
    /// Its hash.
    pub hash: String,
    /// Who that is, of a bid.
    pub member: Option<MemberId>,
    /// The reserve price, of a line that hides one.
    pub reserve: Option<i64>,
    /// The price after a bid and who led then, when it changed either.
    pub seen: Option<(i64, i64)>,
}

/// Appends a line to the log of an auction.
///
/// # Errors
///
/// [`DbError::Constraint`] when there is a line of that number: another was first.
pub fn append(db: &mut Connection, auction: AuctionId, kept: &Kept) -> Result<(), DbError> {
    let Kept { entry, hash, member, reserve, seen } = kept;
    let (bidder, amount) = match &entry.act {
        Act::Bid { bidder, maximum } => (Some(*bidder), Some(*maximum)),
        Act::Bought { bidder, price } => (Some(*bidder), Some(*price)),
        Act::Removed { bidder, from, .. } => (Some(*bidder), Some(*from)),
        Act::Opened { .. } | Act::Reserve { .. } => (None, *reserve),
        Act::Lowered { .. } | Act::Closed { .. } => (None, None),
    };
    // Of bids there are many, and their two numbers say all.
    let detail = match entry.act {
        Act::Bid { .. } => None,
        _ => Some(entry.act.to_string()),
    };
    let (price, leader) = seen.unzip();
    let params = params![
        auction,
        entry.seq,
        entry.at,
        entry.act.name(),
        bidder,
        *member,
        amount,
        detail.as_deref(),
        price,
        leader,
        hash
    ];
    db.change_one(INSERT_ENTRY, params)
}

fn read_kept(row: &mut Row<'_>) -> Result<Kept, DbError> {
    let (seq, at) = (row.integer()?, row.moment()?);
    let act = row.text()?;
    let (bidder, member, amount) = (row.integer_or_null()?, row.value_or_null()?, row.integer_or_null()?);
    let detail = row.text_or_null()?;
    let seen = row.integer_or_null()?.zip(row.integer_or_null()?);
    let inconsistent = || DbError::Inconsistent { table: "bid_log", row: format!("{seq}"), column: 3 };
    let act = match (act.as_str(), bidder, amount) {
        ("bid", Some(bidder), Some(maximum)) => Some(Act::Bid { bidder, maximum }),
        _ => detail.as_deref().and_then(Act::parse),
    };
    let act = act.ok_or_else(inconsistent)?;
    let reserve = amount.filter(|_| matches!(act, Act::Opened { .. } | Act::Reserve { .. }));
    Ok(Kept { entry: Entry { seq, at, act }, hash: row.text()?, member, reserve, seen })
}

/// The whole log of an auction, from its first line.
///
/// # Errors
///
/// What the database says; [`DbError::Inconsistent`] for a line that nobody wrote.
pub fn log(db: &mut Connection, auction: AuctionId) -> Result<Vec<Kept>, DbError> {
    db.query("bid_log", LOG, params![auction], read_kept)
}

/// The bids that changed what everybody sees, newest first, below that line.
///
/// # Errors
///
/// What the database says.
pub fn history(db: &mut Connection, auction: AuctionId, below: i64, most: i64) -> Result<Vec<Kept>, DbError> {
    db.query("bid_log", HISTORY, params![auction, below, most], read_kept)
}

/// Whose bids no longer count, and from which line on.
///
/// # Errors
///
/// What the database says.
pub fn removals(db: &mut Connection, auction: AuctionId) -> Result<Vec<(i64, i64)>, DbError> {
    db.query("bid_log", REMOVALS, params![auction], |row| Ok((row.integer()?, row.integer()?)))
}

/// The bids that still count, oldest first.
///
/// # Errors
///
/// What the database says.
pub fn bids(db: &mut Connection, auction: AuctionId) -> Result<Vec<Bid>, DbError> {
    let mut bids: Vec<Bid> = Vec::new();
    for Kept { entry, member, .. } in log(db, auction)? {
        match (entry.act, member) {
            (Act::Bid { bidder, maximum }, Some(member)) => {
                bids.push(Bid { seq: entry.seq, bidder, member, maximum, at: entry.at });
            }
            (Act::Removed { bidder, from, .. }, _) => {
                bids.retain(|bid| bid.bidder != bidder || bid.seq < from)
            }
            _ => {}
        }
    }
    Ok(bids)
}

// ---- who bids, and who watches ----

/// Notes up to what a member bids, under which number.
///
/// # Errors
///
/// What the database says.
pub fn save_bidder(
    db: &mut Connection,
    auction: AuctionId,
    member: MemberId,
    (number, maximum): (i64, i64),
) -> Result<(), DbError> {
    db.change_one(SAVE_BIDDER, params![auction, member, number, maximum])
}

/// By which number a member bids, and up to what.
///
/// # Errors
///
/// What the database says.
pub fn bidder(
    db: &mut Connection,
    auction: AuctionId,
    member: MemberId,
) -> Result<Option<(i64, i64)>, DbError> {
    db.find("bidders", BIDDER, params![auction, member], |row| Ok((row.integer()?, row.integer()?)))
}

/// Everybody who bid.
///
/// # Errors
///
/// What the database says.
pub fn bidders(db: &mut Connection, auction: AuctionId) -> Result<Vec<MemberId>, DbError> {
    db.query("bidders", BIDDERS, params![auction], |row| row.value())
}

/// Notes that a member watches. Asked again it changes nothing.
///
/// # Errors
///
/// What the database says.
pub fn watch(db: &mut Connection, auction: AuctionId, member: MemberId, now: Moment) -> Result<(), DbError> {
    db.execute(WATCH, params![auction, member, now]).map(drop)
}

/// Notes that a member no longer watches.
///
/// # Errors
///
/// What the database says.
pub fn unwatch(db: &mut Connection, auction: AuctionId, member: MemberId) -> Result<(), DbError> {
    db.execute(UNWATCH, params![auction, member]).map(drop)
}

/// How many watch, and whether this member does; for a visitor nobody is asked about.
///
/// # Errors
///
/// What the database says.
pub fn watches(
    db: &mut Connection,
    auction: AuctionId,
    member: Option<MemberId>,
) -> Result<(i64, bool), DbError> {
    let member = member.unwrap_or(MemberId::NONE);
    let found = db
        .find("watches", WATCHES, params![auction, member], |row| Ok((row.integer()?, row.integer()? > 0)))?;
    Ok(found.unwrap_or_default())
}

/// How many running auctions a member watches.
///
/// # Errors
///
/// What the database says.
pub fn watched_by(db: &mut Connection, member: MemberId) -> Result<i64, DbError> {
    Ok(db.find("watches", WATCHED_BY, params![member], |row| row.integer())?.unwrap_or(0))
}

/// Everybody who watches.
///
/// # Errors
///
/// What the database says.
pub fn watchers(db: &mut Connection, auction: AuctionId) -> Result<Vec<MemberId>, DbError> {
    db.query("watches", WATCHERS, params![auction], |row| row.value())
}

// ---- lists ----

/// Auctions that run at that moment, the next to end first, on one shelf or on all, beyond that end and id.
///
/// # Errors
///
/// What the database says.
pub fn running(
    db: &mut Connection,
    category: Option<Category>,
    (after, id): (Moment, &str),
    (now, most): (Moment, i64),
) -> Result<Vec<WithLot>, DbError> {
    match category {
        None => db.query("auctions", RUNNING, params![now, after, id, most], read_with_lot),
        Some(category) => {
            db.query("auctions", RUNNING_IN, params![now, after, id, most, category.name()], read_with_lot)
        }
    }
}

/// Auctions that are over, the last to end first, before that end and id.
///
/// # Errors
///
/// What the database says.
pub fn over(db: &mut Connection, (before, id): (Moment, &str), most: i64) -> Result<Vec<WithLot>, DbError> {
    db.query("auctions", OVER, params![before, id, most], read_with_lot)
}

/// Which auctions of a member are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Those they bid in.
    Bidding,
    /// Those they watch.
    Watched,
    /// Those they sell.
    Selling,
}

/// A member's auctions, newest first, before that id.
///
/// # Errors
///
/// What the database says.
pub fn own(
    db: &mut Connection,
    own: Own,
    member: MemberId,
    before: &str,
    most: i64,
) -> Result<Vec<WithLot>, DbError> {
    let sql = match own {
        Own::Bidding => BIDDING,
        Own::Watched => WATCHED,
        Own::Selling => SELLING,
    };
    db.query("auctions", sql, params![member, before, most], read_with_lot)
}

/// Some of all auctions, by their ids, beyond that one: for who looks whether all is well.
///
/// # Errors
///
/// What the database says.
pub fn all(db: &mut Connection, after: &str, most: i64) -> Result<Vec<Auction>, DbError> {
    db.query("auctions", ALL, params![after, most], read)
}

// ---- notes, time, devices ----

/// Keeps a dated addition.
///
/// # Errors
///
/// What the database says.
pub fn insert_note(db: &mut Connection, auction: &Auction, text: &str, now: Moment) -> Result<(), DbError> {
    db.change_one(INSERT_NOTE, params![auction.id, auction.notes, now, text])
}

/// The dated additions, oldest first.
///
/// # Errors
///
/// What the database says.
pub fn notes(db: &mut Connection, auction: AuctionId) -> Result<Vec<Note>, DbError> {
    db.query("auction_notes", NOTES, params![auction], |row| {
        Ok(Note { at: row.moment()?, text: row.text()? })
    })
}

/// Auctions whose moment has come, longest waiting first.
///
/// # Errors
///
/// What the database says.
pub fn due(db: &mut Connection, now: Moment, most: i64) -> Result<Vec<AuctionId>, DbError> {
    db.query("auctions", DUE, params![now, most], |row| row.value())
}

/// When the next auction waits for.
///
/// # Errors
///
/// What the database says.
pub fn next_due(db: &mut Connection) -> Result<Option<Moment>, DbError> {
    db.find("auctions", NEXT_DUE, &[], |row| row.moment())
}

/// Notes that a member signed in on a device.
///
/// # Errors
///
/// What the database says.
pub fn see_device(db: &mut Connection, hash: &str, member: MemberId, now: Moment) -> Result<(), DbError> {
    db.execute(SEE_DEVICE, params![hash, member, now]).map(drop)
}

/// Forgets devices that were last seen before that moment.
///
/// # Errors
///
/// What the database says.
pub fn forget_devices(db: &mut Connection, before: Moment) -> Result<u64, DbError> {
    db.execute(FORGET_DEVICES, params![before])
}

// ---- offers ----

fn read_offer(row: &mut Row<'_>) -> Result<Offer, DbError> {
    Ok(Offer {
        id: row.value()?,
        auction: row.value()?,
        kind: row.parsed(offer::Kind::parse)?,
        member: row.value_or_null()?,
        price: row.money()?,
        made_at: row.moment()?,
        expires_at: row.moment()?,
        state: row.parsed(offer::State::parse)?,
        ended_at: row.moment_or_null()?,
        version: row.integer()?,
    })
}

/// The offer with this id.
///
/// # Errors
///
/// What the database says.
pub fn find_offer(db: &mut Connection, id: OfferId) -> Result<Option<Offer>, DbError> {
    db.find("auction_offers", OFFER, params![id], read_offer)
}

/// The offers that followed an auction, newest first.
///
/// # Errors
///
/// What the database says.
pub fn offers(db: &mut Connection, auction: AuctionId) -> Result<Vec<Offer>, DbError> {
    db.query("auction_offers", OFFERS, params![auction], read_offer)
}

/// Keeps a new offer.
///
/// # Errors
///
/// [`DbError::Constraint`] when another of this auction stands.
pub fn insert_offer(db: &mut Connection, offer: &Offer) -> Result<(), DbError> {
    let params = params![
        offer.id,
        offer.auction,
        offer.kind.name(),
        offer.member,
        offer.price.minor,
        offer.price.currency.code(),
        offer.made_at,
        offer.expires_at,
        offer.state.name(),
        offer.ended_at,
        offer.version
    ];
    db.change_one(INSERT_OFFER, params)
}

/// Saves an offer.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save_offer(db: &mut Connection, offer: &Offer) -> Result<(), DbError> {
    let Offer { id, member, state, ended_at, version, .. } = offer;
    db.change_one(UPDATE_OFFER, params![*member, state.name(), *ended_at, *id, *version])
}

/// Offers whose time is over, longest waiting first.
///
/// # Errors
///
/// What the database says.
pub fn offers_due(db: &mut Connection, now: Moment, most: i64) -> Result<Vec<OfferId>, DbError> {
    db.query("auction_offers", OFFERS_DUE, params![now, most], |row| row.value())
}

/// When the time of the next offer is over.
///
/// # Errors
///
/// What the database says.
pub fn next_offer_due(db: &mut Connection) -> Result<Option<Moment>, DbError> {
    db.find("auction_offers", NEXT_OFFER_DUE, &[], |row| row.moment())
}

/// Whether a member wants to hear of second chances: everybody does who did not say otherwise.
///
/// # Errors
///
/// What the database says.
pub fn wants_second_chances(db: &mut Connection, member: MemberId) -> Result<bool, DbError> {
    Ok(db
        .find("second_chances_off", WANTS_NO_SECOND_CHANCES, params![member], |row| row.integer())?
        .is_none())
}

/// Notes whether a member wants to hear of second chances.
///
/// # Errors
///
/// What the database says.
pub fn want_second_chances(
    db: &mut Connection,
    member: MemberId,
    wanted: bool,
    now: Moment,
) -> Result<(), DbError> {
    if wanted {
        db.execute(SECOND_CHANCES_ON, params![member])?;
    } else {
        db.execute(SECOND_CHANCES_OFF, params![member, now])?;
    }
    Ok(())
}
