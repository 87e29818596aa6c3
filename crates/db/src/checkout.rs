//! Checkouts and what they set aside.

use auboutique_domain::cart::HeldByOthers;
use auboutique_domain::checkout::{Checkout, Delivery, Hold, State};
use auboutique_domain::id::{AuctionId, CheckoutId, ListingId, MemberId, PickupPointId};
use auboutique_domain::money::Rate;
use auboutique_domain::order::{FulfillmentKind, Line};
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::Row;

macro_rules! checkout {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.buyer_id, c.state, c.rate, c.started_at, c.expires_at, c.ended_at, c.version,
                c.auction_id, c.delivery, c.delivery_point_id
             FROM checkouts c ",
            $rest
        )
    };
}
const BY_ID: &str = checkout!("WHERE c.id = $1");
const OPEN: &str = checkout!("WHERE c.buyer_id = $1 AND c.state = 'held' AND c.auction_id IS NULL");
const OF_AUCTION: &str = checkout!("WHERE c.auction_id = $1 AND c.state = 'held'");
const DUE: &str =
    "SELECT id FROM checkouts WHERE state = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT $2";
const NEXT_DUE: &str = "SELECT expires_at FROM checkouts WHERE state = 'held' ORDER BY expires_at LIMIT 1";
const IN_VAIN: &str = "SELECT CAST(COALESCE(SUM(
        CASE WHEN ended_at < expires_at THEN ended_at - started_at ELSE expires_at - started_at END), 0) AS BIGINT),
        MIN(ended_at) FROM checkouts
    WHERE buyer_id = $1 AND ended_at > $2 AND ended_at > started_at AND state IN ('canceled', 'expired')
        AND auction_id IS NULL";
const INSERT: &str =
    "INSERT INTO checkouts (id, buyer_id, state, rate, started_at, expires_at, ended_at, version, auction_id, delivery,
        delivery_point_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const UPDATE: &str = "UPDATE checkouts SET state = $1, expires_at = $2, ended_at = $3, delivery = $4,
    delivery_point_id = $5, version = version + 1 WHERE id = $6 AND version = $7";
const HOLDS: &str =
    "SELECT listing_id, title, quantity, price, currency, seller_id, store_id, pickup_point_id
    FROM holds WHERE checkout_id = $1 ORDER BY place";
const INSERT_HOLD: &str = "INSERT INTO holds (checkout_id, place, listing_id, buyer_id, title, quantity, price, currency,
    seller_id, store_id, pickup_point_id, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const UPDATE_HOLDS: &str =
    "UPDATE holds SET expires_at = $1, ended_at = $2 WHERE checkout_id = $3 AND ended_at IS NULL";
// Asked by every purchase: answered by the index over the live holds of the listing, which is mostly empty.
const HELD_BY_OTHERS: &str = "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT), MIN(expires_at) FROM holds
    WHERE listing_id = $1 AND ended_at IS NULL AND expires_at > $2 AND buyer_id <> $3";

const PICKUP: &str = FulfillmentKind::Pickup.name();
const SHIPMENT: &str = FulfillmentKind::Shipment.name();

fn read(row: &mut Row<'_>) -> Result<Checkout, DbError> {
    Ok(Checkout {
        id: row.value()?,
        buyer: row.value()?,
        state: row.parsed(State::parse)?,
        rate: Rate::new(row.integer()?).unwrap_or_default(),
        started_at: row.moment()?,
        expires_at: row.moment()?,
        ended_at: row.moment_or_null()?,
        version: row.integer()?,
        auction: row.value_or_null()?,
        delivery: read_delivery(row)?,
        // They are read after the checkout.
        holds: Vec::new(),
    })
}

fn read_delivery(row: &mut Row<'_>) -> Result<Option<Delivery>, DbError> {
    let (ships, point) = (row.text_or_null()?, row.value_or_null()?);
    let pickup = point.map(Delivery::Pickup);
    Ok(pickup.or_else(|| (ships.as_deref() == Some(SHIPMENT)).then_some(Delivery::Shipment)))
}

/// How a lot reaches the winner, as columns: which way, and the pickup point.
const fn delivery_columns(delivery: Option<Delivery>) -> (Option<&'static str>, Option<PickupPointId>) {
    match delivery {
        Some(Delivery::Pickup(point)) => (Some(PICKUP), Some(point)),
        Some(Delivery::Shipment) => (Some(SHIPMENT), None),
        None => (None, None),
    }
}

fn read_hold(row: &mut Row<'_>) -> Result<Hold, DbError> {
    let line =
        Line { listing: row.value()?, title: row.text()?, quantity: row.integer()?, price: row.money()? };
    Ok(Hold { line, seller: row.value()?, store: row.value_or_null()?, pickup_point: row.value()? })
}

fn with_holds(db: &mut Connection, found: Option<Checkout>) -> Result<Option<Checkout>, DbError> {
    let Some(checkout) = found else { return Ok(None) };
    let holds = db.query("holds", HOLDS, params![checkout.id], read_hold)?;
    Ok(Some(Checkout { holds, ..checkout }))
}

/// The checkout with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: CheckoutId) -> Result<Option<Checkout>, DbError> {
    let found = db.find("checkouts", BY_ID, params![id], read)?;
    with_holds(db, found)
}

/// The checkout of a buyer's cart that has not ended. Its time may be over.
///
/// # Errors
///
/// What the database says.
pub fn open_of(db: &mut Connection, buyer: MemberId) -> Result<Option<Checkout>, DbError> {
    let found = db.find("checkouts", OPEN, params![buyer], read)?;
    with_holds(db, found)
}

/// The checkout that holds the lot of an auction and has not ended. Its time may be over.
///
/// # Errors
///
/// What the database says.
pub fn auction_checkout(db: &mut Connection, auction: AuctionId) -> Result<Option<Checkout>, DbError> {
    let found = db.find("checkouts", OF_AUCTION, params![auction], read)?;
    with_holds(db, found)
}

/// For how many microseconds things were set aside for a buyer in the checkouts that came to nothing since that moment, and
/// when the first of them ended. What was won in an auction does not count.
///
/// # Errors
///
/// What the database says.
pub fn in_vain(
    db: &mut Connection,
    buyer: MemberId,
    since: Moment,
) -> Result<(i64, Option<Moment>), DbError> {
    let found = db.find("checkouts", IN_VAIN, params![buyer, since], |row| {
        Ok((row.integer()?, row.moment_or_null()?))
    })?;
    Ok(found.unwrap_or_default())
}

/// Checkouts whose time is over, longest waiting first.
///
/// # Errors
///
/// What the database says.
pub fn due(db: &mut Connection, now: Moment, most: i64) -> Result<Vec<CheckoutId>, DbError> {
    db.query("checkouts", DUE, params![now, most], |row| row.value())
}

/// When the time of the next checkout is over.
///
/// # Errors
///
/// What the database says.
pub fn next_due(db: &mut Connection) -> Result<Option<Moment>, DbError> {
    db.find("checkouts", NEXT_DUE, &[], |row| row.moment())
}

/// Keeps a new checkout and what it sets aside.
///
/// # Errors
///
/// [`DbError::Constraint`] when the buyer's cart, or the auction, has another one that has not ended.
pub fn insert(db: &mut Connection, checkout: &Checkout) -> Result<(), DbError> {
    let (delivery, point) = delivery_columns(checkout.delivery);
    let params = params![
        checkout.id,
        checkout.buyer,
        checkout.state.name(),
        checkout.rate.pounds(),
        checkout.started_at,
        checkout.expires_at,
        checkout.ended_at,
        checkout.version,
        checkout.auction,
        delivery,
        point
    ];
    db.change_one(INSERT, params)?;
    for (place, hold) in (1_i64..).zip(&checkout.holds) {
        let params = params![
            checkout.id,
            place,
            hold.line.listing,
            checkout.buyer,
            &hold.line.title,
            hold.line.quantity,
            hold.line.price.minor,
            hold.line.price.currency.code(),
            hold.seller,
            hold.store,
            hold.pickup_point,
            checkout.expires_at
        ];
        db.change_one(INSERT_HOLD, params)?;
    }
    Ok(())
}

/// Saves where a checkout is in its life, and its holds with it.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, checkout: &Checkout) -> Result<(), DbError> {
    let Checkout { id, state, expires_at, ended_at, delivery, version, .. } = checkout;
    let (delivery, point) = delivery_columns(*delivery);
    db.change_one(UPDATE, params![state.name(), *expires_at, *ended_at, delivery, point, *id, *version])?;
    db.execute(UPDATE_HOLDS, params![*expires_at, *ended_at, *id])?;
    Ok(())
}

/// What buyers other than this one have set aside of a listing now.
///
/// # Errors
///
/// What the database says.
pub fn held_by_others(
    db: &mut Connection,
    listing: ListingId,
    buyer: MemberId,
    now: Moment,
) -> Result<HeldByOthers, DbError> {
    let held = db.find("holds", HELD_BY_OTHERS, params![listing, now, buyer], |row| {
        Ok(HeldByOthers { copies: row.integer()?, until: row.moment_or_null()? })
    })?;
    Ok(held.unwrap_or_default())
}
