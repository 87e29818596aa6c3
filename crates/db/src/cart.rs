//! Carts: one row per line.

use auboutique_domain::cart::CartLine;
use auboutique_domain::id::{ListingId, MemberId};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::Row;

const OF_MEMBER: &str = "SELECT member_id, listing_id, quantity, price, currency, added_at FROM cart_lines
    WHERE member_id = $1 ORDER BY added_at, listing_id";
const ONE: &str = "SELECT member_id, listing_id, quantity, price, currency, added_at FROM cart_lines
    WHERE member_id = $1 AND listing_id = $2";
const COUNT: &str = "SELECT COUNT(*) FROM cart_lines WHERE member_id = $1";
const SAVE: &str = "INSERT INTO cart_lines (member_id, listing_id, quantity, price, currency, added_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (member_id, listing_id) DO UPDATE SET quantity = $3, price = $4, currency = $5";
const REMOVE: &str = "DELETE FROM cart_lines WHERE member_id = $1 AND listing_id = $2";

fn read(row: &mut Row<'_>) -> Result<CartLine, DbError> {
    Ok(CartLine {
        member: row.value()?,
        listing: row.value()?,
        quantity: row.integer()?,
        seen: row.money()?,
        added_at: row.moment()?,
    })
}

/// The lines of a member's cart, in the order they were put there.
///
/// # Errors
///
/// What the database says.
pub fn of(db: &mut Connection, member: MemberId) -> Result<Vec<CartLine>, DbError> {
    db.query("cart_lines", OF_MEMBER, params![member], read)
}

/// The line of a member's cart for a listing.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, member: MemberId, listing: ListingId) -> Result<Option<CartLine>, DbError> {
    db.find("cart_lines", ONE, params![member, listing], read)
}

/// How many lines a member's cart has.
///
/// # Errors
///
/// What the database says.
pub fn count(db: &mut Connection, member: MemberId) -> Result<i64, DbError> {
    Ok(db.find("cart_lines", COUNT, params![member], |row| row.integer())?.unwrap_or(0))
}

/// Keeps a line, or what it says now.
///
/// # Errors
///
/// What the database says.
pub fn save(db: &mut Connection, line: &CartLine) -> Result<(), DbError> {
    let (price, currency) = (line.seen.minor, line.seen.currency.code());
    db.change_one(SAVE, params![line.member, line.listing, line.quantity, price, currency, line.added_at])
}

/// Takes a line out. Returns whether it was there.
///
/// # Errors
///
/// What the database says.
pub fn remove(db: &mut Connection, member: MemberId, listing: ListingId) -> Result<bool, DbError> {
    Ok(db.execute(REMOVE, params![member, listing])? > 0)
}
