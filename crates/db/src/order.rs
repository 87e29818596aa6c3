//! Orders and their lines.

use auboutique_domain::id::{ListingId, MemberId, OrderId, PickupPointId};
use auboutique_domain::member::MemberCard;
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::order::{Code, Line, Order, State};
use auboutique_domain::time::{Date, Moment};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member::read_card;
use crate::params;
use crate::row::Row;

macro_rules! order {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT o.id, o.buyer_id, o.seller_id, o.state, o.total, o.commission, o.currency, o.pickup_point_id,
             o.pickup_day, o.pickup_code, o.drop_off_code, o.placed_at, o.dropped_off_at, o.paid_at,
             o.cancel_requested_at, o.changed_at, o.due_at, o.version, i.listing_id, i.title, i.quantity, i.price,
             i.currency",
            $more,
            " FROM orders o JOIN order_lines i ON i.order_id = o.id AND i.place = 1 ",
            $rest
        )
    };
}
const BY_ID: &str = order!("", "WHERE o.id = $1");
const BY_ID_WITH_MEMBERS: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id WHERE o.id = $1"
);
const BY_CODE: &str = order!(
    "",
    "WHERE o.pickup_point_id = $1 AND o.state IN ('placed', 'at_desk') AND (o.pickup_code = $2 OR o.drop_off_code = $2)"
);
const BOUGHT: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id
     WHERE o.buyer_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
);
const SOLD: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id
     WHERE o.seller_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
);
const ON_DAY: &str = order!(
    "",
    "WHERE o.pickup_point_id = $1 AND o.pickup_day = $2 AND o.state IN ('placed', 'at_desk') ORDER BY o.id"
);
const DUE: &str = "SELECT id FROM orders WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
const NEXT_DUE: &str = "SELECT due_at FROM orders WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
const INSERT: &str = "INSERT INTO orders
    (id, buyer_id, seller_id, state, total, commission, currency, pickup_point_id, pickup_day, pickup_code,
     drop_off_code, placed_at, dropped_off_at, paid_at, cancel_requested_at, changed_at, due_at, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const INSERT_LINE: &str = "INSERT INTO order_lines
    (order_id, place, listing_id, title, quantity, price, currency, one_off) VALUES ($1, 1, $2, $3, $4, $5, $6, 1)";
const UPDATE: &str = "UPDATE orders SET state = $1, pickup_day = $2, dropped_off_at = $3, paid_at = $4,
    cancel_requested_at = $5, changed_at = $6, due_at = $7, version = version + 1 WHERE id = $8 AND version = $9";
const RELEASE_LINES: &str =
    "UPDATE order_lines SET released_at = $1 WHERE order_id = $2 AND released_at IS NULL";

fn read(row: &mut Row<'_>) -> Result<Order, DbError> {
    let (id, buyer, seller) = (row.value()?, row.value()?, row.value()?);
    let state = row.parsed(State::parse)?;
    let (total, commission) = (row.integer()?, row.integer()?);
    let currency = row.parsed(|code| Currency::parse(code).ok())?;
    Ok(Order {
        id,
        buyer,
        seller,
        state,
        total: Money::new(total, currency),
        commission: Money::new(commission, currency),
        pickup_point: row.value()?,
        pickup_day: row.day()?,
        pickup_code: row.parsed(|code| Code::parse(code).ok())?,
        drop_off_code: row.parsed(|code| Code::parse(code).ok())?,
        placed_at: row.moment()?,
        dropped_off_at: row.moment_or_null()?,
        paid_at: row.moment_or_null()?,
        cancel_requested_at: row.moment_or_null()?,
        changed_at: row.moment()?,
        due_at: row.moment_or_null()?,
        version: row.integer()?,
        line: Line {
            listing: row.value()?,
            title: row.text()?,
            quantity: row.integer()?,
            price: row.money()?,
        },
    })
}

/// An order with its buyer and its seller.
#[derive(Debug, Clone)]
pub struct OrderOfMembers {
    /// The order.
    pub order: Order,
    /// Who bought.
    pub buyer: MemberCard,
    /// Who sold.
    pub seller: MemberCard,
}

fn read_with_members(row: &mut Row<'_>) -> Result<OrderOfMembers, DbError> {
    Ok(OrderOfMembers { order: read(row)?, buyer: read_card(row)?, seller: read_card(row)? })
}

/// The order with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: OrderId) -> Result<Option<Order>, DbError> {
    db.find("orders", BY_ID, params![id], read)
}

/// The order with this id, its buyer and its seller.
///
/// # Errors
///
/// What the database says.
pub fn find_with_members(db: &mut Connection, id: OrderId) -> Result<Option<OrderOfMembers>, DbError> {
    db.find("orders", BY_ID_WITH_MEMBERS, params![id], read_with_members)
}

/// The order at that point whose pickup or drop-off code this is, while the desk has something to do for it.
///
/// # Errors
///
/// What the database says.
pub fn find_by_code(
    db: &mut Connection,
    point: PickupPointId,
    code: &Code,
) -> Result<Option<Order>, DbError> {
    db.find("orders", BY_CODE, params![point, code.as_str()], read)
}

/// What a member bought, newest first, before that order.
///
/// # Errors
///
/// What the database says.
pub fn bought_by(
    db: &mut Connection,
    buyer: MemberId,
    before: &str,
    most: i64,
) -> Result<Vec<OrderOfMembers>, DbError> {
    db.query("orders", BOUGHT, params![buyer, before, most], read_with_members)
}

/// What a member sold, newest first, before that order.
///
/// # Errors
///
/// What the database says.
pub fn sold_by(
    db: &mut Connection,
    seller: MemberId,
    before: &str,
    most: i64,
) -> Result<Vec<OrderOfMembers>, DbError> {
    db.query("orders", SOLD, params![seller, before, most], read_with_members)
}

/// The orders to be handed over at that point on that day.
///
/// # Errors
///
/// What the database says.
pub fn on_day(db: &mut Connection, point: PickupPointId, day: Date) -> Result<Vec<Order>, DbError> {
    db.query("orders", ON_DAY, params![point, day], read)
}

/// Orders whose moment has come, longest waiting first.
///
/// # Errors
///
/// What the database says.
pub fn due(db: &mut Connection, now: Moment, most: i64) -> Result<Vec<OrderId>, DbError> {
    db.query("orders", DUE, params![now, most], |row| row.value())
}

/// The next moment an order waits for.
///
/// # Errors
///
/// What the database says.
pub fn next_due(db: &mut Connection) -> Result<Option<Moment>, DbError> {
    db.find("orders", NEXT_DUE, &[], |row| row.moment())
}

/// Keeps a new order and its line.
///
/// # Errors
///
/// [`DbError::Constraint`] when a code is in use at the point, or the listing has a live sale already.
pub fn insert(db: &mut Connection, order: &Order) -> Result<(), DbError> {
    let params = params![
        order.id,
        order.buyer,
        order.seller,
        order.state.name(),
        order.total.minor,
        order.commission.minor,
        order.total.currency.code(),
        order.pickup_point,
        order.pickup_day,
        order.pickup_code.as_str(),
        order.drop_off_code.as_str(),
        order.placed_at,
        order.dropped_off_at,
        order.paid_at,
        order.cancel_requested_at,
        order.changed_at,
        order.due_at,
        order.version
    ];
    db.change_one(INSERT, params)?;
    let line = &order.line;
    let listing: ListingId = line.listing;
    let price = line.price;
    db.change_one(
        INSERT_LINE,
        params![order.id, listing, &line.title, line.quantity, price.minor, price.currency.code()],
    )
}

/// Saves what changed of an order; when it no longer is a sale, its line lets go of the listing.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, order: &Order, now: Moment) -> Result<(), DbError> {
    let params = params![
        order.state.name(),
        order.pickup_day,
        order.dropped_off_at,
        order.paid_at,
        order.cancel_requested_at,
        order.changed_at,
        order.due_at,
        order.id,
        order.version
    ];
    db.change_one(UPDATE, params)?;
    if !order.state.is_sale() {
        db.execute(RELEASE_LINES, params![now, order.id])?;
    }
    Ok(())
}
