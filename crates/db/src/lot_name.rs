//! The names of lots on the wire of system 004, each of one auction for ever.

use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::legacy::{Identity, LegacyWire};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;

const FIND: &str = "SELECT auction_id FROM lot_names WHERE name = $1";
// Of those that run, so that it is no more to look through than there is in the rooms.
const BY_TITLE: &str = "SELECT a.id FROM auctions a JOIN listings l ON l.id = a.listing_id
    WHERE a.state = 'open' AND REPLACE(l.title, ' ', '_') = $1 ORDER BY a.id LIMIT 1";
const OF: &str = "SELECT COALESCE(n.name, REPLACE(l.title, ' ', '_')) FROM auctions a
    JOIN listings l ON l.id = a.listing_id LEFT JOIN lot_names n ON n.auction_id = a.id WHERE a.id = $1";
const INSERT: &str = "INSERT INTO lot_names (name, auction_id) VALUES ($1, $2)";
const BIDDER: &str = "SELECT member_id FROM bidders WHERE auction_id = $1 AND number = $2";
const WATCHERS: &str = "SELECT i.wire, i.name, i.member_id, i.email, i.contact, i.source FROM watches w
    JOIN identities i ON i.member_id = w.member_id AND i.wire = $2 WHERE w.auction_id = $1 ORDER BY w.member_id";

/// The auction of that name; else the one that runs and whose title is it, but for the blanks.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, name: &str) -> Result<Option<AuctionId>, DbError> {
    match named(db, name)? {
        Some(auction) => Ok(Some(auction)),
        None => db.find("auctions", BY_TITLE, params![name], |row| row.value()),
    }
}

/// The auction that was given that name.
///
/// # Errors
///
/// What the database says.
pub fn named(db: &mut Connection, name: &str) -> Result<Option<AuctionId>, DbError> {
    db.find("lot_names", FIND, params![name], |row| row.value())
}

/// The name of an auction: the one it was given, or else its title with `_` for the blanks.
///
/// # Errors
///
/// What the database says.
pub fn of(db: &mut Connection, auction: AuctionId) -> Result<Option<String>, DbError> {
    db.find("auctions", OF, params![auction], |row| row.text())
}

/// Gives an auction a name.
///
/// # Errors
///
/// [`DbError::Constraint`] when another has it.
pub fn insert(db: &mut Connection, name: &str, auction: AuctionId) -> Result<(), DbError> {
    db.change_one(INSERT, params![name, auction])
}

/// Who bids under that number in an auction.
///
/// # Errors
///
/// What the database says.
pub fn bidder(db: &mut Connection, auction: AuctionId, number: i64) -> Result<Option<MemberId>, DbError> {
    db.find("bidders", BIDDER, params![auction, number], |row| row.value())
}

/// Everybody who watches an auction and has a name on that wire.
///
/// # Errors
///
/// What the database says.
pub fn watchers(db: &mut Connection, auction: AuctionId, wire: LegacyWire) -> Result<Vec<Identity>, DbError> {
    db.query("identities", WATCHERS, params![auction, wire.name()], crate::legacy::read)
}
