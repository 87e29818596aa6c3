//! Orders and their lines.

use std::collections::HashMap;

use auboutique_domain::id::{AuctionId, CheckoutId, MemberId, OrderId, PickupPointId, StoreId};
use auboutique_domain::money::{Currency, Money, Rate};
use auboutique_domain::order::{
    Code, FulfillmentKind, Line, Means, Order, Parties, Receipt, ReturnRequest, Shipment, State,
};
use auboutique_domain::time::{Date, Moment};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member::read_card;
use crate::params;
use crate::row::Row;
use crate::store::read_store_card;

macro_rules! order {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT o.id, o.buyer_id, o.seller_id, o.state, o.total, o.commission, o.currency, o.pickup_point_id,
             o.pickup_day, o.pickup_code, o.drop_off_code, o.placed_at, o.dropped_off_at, o.paid_at,
             o.cancel_requested_at, o.changed_at, o.due_at, o.version, o.store_id, o.checkout_id, o.means, o.paid,
             o.paid_currency, o.paid_rate, o.refunded, o.return_requested_at, o.return_reason,
             o.auction_id, o.fulfillment, o.shipped_at, o.shipping_note",
            $more,
            " FROM orders o ",
            $rest
        )
    };
}
const BY_ID: &str = order!("", "WHERE o.id = $1");
const BY_ID_WITH_MEMBERS: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name, t.id, t.name, t.handle",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id LEFT JOIN stores t ON t.id = o.store_id WHERE o.id = $1"
);
const BY_CODE: &str = order!(
    "",
    "WHERE o.pickup_point_id = $1 AND o.state IN ('placed', 'at_desk', 'return_open') AND (o.pickup_code = $2 OR o.drop_off_code = $2)
     AND (o.fulfillment = 'pickup' OR o.state = 'return_open')"
);
const BOUGHT: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name, t.id, t.name, t.handle",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id LEFT JOIN stores t ON t.id = o.store_id
     WHERE o.buyer_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
);
const SOLD: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name, t.id, t.name, t.handle",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id LEFT JOIN stores t ON t.id = o.store_id
     WHERE o.seller_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
);
const ON_DAY: &str = order!(
    "",
    "WHERE o.pickup_point_id = $1 AND o.pickup_day = $2 AND o.state IN ('placed', 'at_desk') AND o.fulfillment = 'pickup' ORDER BY o.id"
);
const OF_STORE: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name, t.id, t.name, t.handle",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id LEFT JOIN stores t ON t.id = o.store_id
     WHERE o.store_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
);
const TO_HAND_OVER: &str = order!(
    ", b.id, b.username, b.name, s.id, s.username, s.name, t.id, t.name, t.handle",
    "JOIN members b ON b.id = o.buyer_id JOIN members s ON s.id = o.seller_id LEFT JOIN stores t ON t.id = o.store_id
     WHERE o.seller_id = $1 AND o.state IN ('placed', 'at_desk') AND ($2 = '' OR o.store_id = $2)
     AND (o.pickup_day, o.id) > ($3, $4) ORDER BY o.pickup_day, o.id LIMIT $5"
);
// The lines of orders that were read together: those between the lowest and the highest id, of one buyer, seller or store.
macro_rules! lines {
    ($whose:literal) => {
        concat!(
            "SELECT i.order_id, i.listing_id, i.title, i.quantity, i.price, i.currency FROM order_lines i
             JOIN orders o ON o.id = i.order_id WHERE ",
            $whose,
            " ORDER BY i.order_id, i.place"
        )
    };
}
const LINES: &str = lines!("o.id = $1");
const LINES_BOUGHT: &str = lines!("o.buyer_id = $1 AND o.id BETWEEN $2 AND $3");
const LINES_SOLD: &str = lines!("o.seller_id = $1 AND o.id BETWEEN $2 AND $3");
const LINES_OF_STORE: &str = lines!("o.store_id = $1 AND o.id BETWEEN $2 AND $3");
const LINES_TO_HAND_OVER: &str =
    lines!("o.seller_id = $1 AND o.state IN ('placed', 'at_desk') AND o.id BETWEEN $2 AND $3");
// A line that was called off is released.
const SOLD_FOR: &str = "SELECT CAST(SUM(i.quantity * i.price) AS BIGINT), i.currency FROM order_lines i
    JOIN orders o ON o.id = i.order_id WHERE o.store_id = $1 AND i.released_at IS NULL GROUP BY i.currency
    ORDER BY i.currency";
const OF_CHECKOUT: &str = "SELECT id FROM orders WHERE checkout_id = $1 ORDER BY id";
const OF_AUCTION: &str = "SELECT id FROM orders WHERE auction_id = $1 ORDER BY id DESC LIMIT 1";
const DUE: &str = "SELECT id FROM orders WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
const NEXT_DUE: &str = "SELECT due_at FROM orders WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
const INSERT: &str = "INSERT INTO orders
    (id, buyer_id, seller_id, state, total, commission, currency, pickup_point_id, pickup_day, pickup_code,
     drop_off_code, placed_at, dropped_off_at, paid_at, cancel_requested_at, changed_at, due_at, version, store_id, checkout_id,
     means, paid, paid_currency, paid_rate, auction_id, fulfillment)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
     $25, $26)";
const INSERT_LINE: &str = "INSERT INTO order_lines
    (order_id, place, listing_id, title, quantity, price, currency, one_off) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const UPDATE: &str = "UPDATE orders SET state = $1, pickup_day = $2, dropped_off_at = $3, paid_at = $4,
    cancel_requested_at = $5, changed_at = $6, due_at = $7, pickup_code = $8, drop_off_code = $9, means = $10, paid = $11,
    paid_currency = $12, paid_rate = $13, refunded = $14, return_requested_at = $15, return_reason = $16,
    shipped_at = $17, shipping_note = $18, version = version + 1 WHERE id = $19 AND version = $20";
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
        store: row.value_or_null()?,
        checkout: row.value_or_null()?,
        receipt: read_receipt(row)?,
        refunded: Money::new(row.integer()?, currency),
        return_request: read_return_request(row)?,
        auction: row.value_or_null()?,
        shipment: read_shipment(row)?,
        // They are read after the orders.
        lines: Vec::new(),
    })
}

fn read_receipt(row: &mut Row<'_>) -> Result<Option<Receipt>, DbError> {
    let means = row.text_or_null()?.and_then(|name| Means::parse(&name));
    let (paid, currency) = (row.integer_or_null()?, row.text_or_null()?);
    let currency = currency.and_then(|code| Currency::parse(&code).ok());
    let rate = row.integer_or_null()?.and_then(Rate::new);
    let receipt = |((means, paid), currency)| Receipt { means, paid: Money::new(paid, currency), rate };
    Ok(means.zip(paid).zip(currency).map(receipt))
}

fn read_return_request(row: &mut Row<'_>) -> Result<Option<ReturnRequest>, DbError> {
    let (at, reason) = (row.moment_or_null()?, row.text_or_null()?);
    Ok(at.zip(reason).map(|(at, reason)| ReturnRequest { at, reason }))
}

fn read_shipment(row: &mut Row<'_>) -> Result<Option<Shipment>, DbError> {
    let ships = row.text()? == FulfillmentKind::Shipment.name();
    let shipment = Shipment { shipped_at: row.moment_or_null()?, note: row.text()? };
    Ok(ships.then_some(shipment))
}

fn read_line(row: &mut Row<'_>) -> Result<(OrderId, Line), DbError> {
    let order = row.value()?;
    let line =
        Line { listing: row.value()?, title: row.text()?, quantity: row.integer()?, price: row.money()? };
    Ok((order, line))
}

/// Gives one order its lines.
fn with_lines(db: &mut Connection, order: Option<Order>) -> Result<Option<Order>, DbError> {
    let Some(mut order) = order else { return Ok(None) };
    let lines = db.query("order_lines", LINES, params![order.id], read_line)?;
    order.lines = lines.into_iter().map(|(_, line)| line).collect();
    Ok(Some(order))
}

/// Gives orders that were read together their lines, with one more question.
fn with_lines_of(
    db: &mut Connection,
    sql: &'static str,
    whose: &str,
    mut orders: Vec<OrderOfMembers>,
) -> Result<Vec<OrderOfMembers>, DbError> {
    let ids = orders.iter().map(|found| found.order.id);
    let (Some(lowest), Some(highest)) = (ids.clone().min(), ids.max()) else { return Ok(orders) };
    let lines = db.query("order_lines", sql, params![whose, lowest, highest], read_line)?;
    let mut of: HashMap<OrderId, Vec<Line>> = HashMap::new();
    for (order, line) in lines {
        of.entry(order).or_default().push(line);
    }
    for found in &mut orders {
        found.order.lines = of.remove(&found.order.id).unwrap_or_default();
    }
    Ok(orders)
}

/// An order with its two sides.
#[derive(Debug, Clone)]
pub struct OrderOfMembers {
    /// The order.
    pub order: Order,
    /// Who bought, and who sold.
    pub parties: Parties,
}

fn read_with_members(row: &mut Row<'_>) -> Result<OrderOfMembers, DbError> {
    let order = read(row)?;
    let parties = Parties { buyer: read_card(row)?, seller: read_card(row)?, store: read_store_card(row)? };
    Ok(OrderOfMembers { order, parties })
}

/// The order with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: OrderId) -> Result<Option<Order>, DbError> {
    let found = db.find("orders", BY_ID, params![id], read)?;
    with_lines(db, found)
}

/// The order with this id, its buyer and its seller.
///
/// # Errors
///
/// What the database says.
pub fn find_with_members(db: &mut Connection, id: OrderId) -> Result<Option<OrderOfMembers>, DbError> {
    let Some(found) = db.find("orders", BY_ID_WITH_MEMBERS, params![id], read_with_members)? else {
        return Ok(None);
    };
    let order = with_lines(db, Some(found.order))?;
    Ok(order.map(|order| OrderOfMembers { order, parties: found.parties }))
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
    let found = db.find("orders", BY_CODE, params![point, code.as_str()], read)?;
    with_lines(db, found)
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
    let found = db.query("orders", BOUGHT, params![buyer, before, most], read_with_members)?;
    with_lines_of(db, LINES_BOUGHT, &buyer.to_string(), found)
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
    let found = db.query("orders", SOLD, params![seller, before, most], read_with_members)?;
    with_lines_of(db, LINES_SOLD, &seller.to_string(), found)
}

/// What a store sold, newest first, before that order.
///
/// # Errors
///
/// What the database says.
pub fn of_store(
    db: &mut Connection,
    store: StoreId,
    before: &str,
    most: i64,
) -> Result<Vec<OrderOfMembers>, DbError> {
    let found = db.query("orders", OF_STORE, params![store, before, most], read_with_members)?;
    with_lines_of(db, LINES_OF_STORE, &store.to_string(), found)
}

/// What a store sold and was not called off, at the prices it was sold at, one sum per currency.
///
/// # Errors
///
/// What the database says.
pub fn sold_for(db: &mut Connection, store: StoreId) -> Result<Vec<Money>, DbError> {
    db.query("order_lines", SOLD_FOR, params![store], |row| row.money())
}

/// What a seller still has to hand over, the next pickup day first, beyond that day and order; of one store alone if that
/// is asked.
///
/// # Errors
///
/// What the database says.
pub fn to_hand_over(
    db: &mut Connection,
    seller: MemberId,
    store: Option<StoreId>,
    (day, order): &(String, String),
    most: i64,
) -> Result<Vec<OrderOfMembers>, DbError> {
    let store = store.map_or(String::new(), |store| store.to_string());
    let found =
        db.query("orders", TO_HAND_OVER, params![seller, &store, day, order, most], read_with_members)?;
    with_lines_of(db, LINES_TO_HAND_OVER, &seller.to_string(), found)
}

/// The orders to be handed over at that point on that day.
///
/// # Errors
///
/// What the database says.
pub fn on_day(db: &mut Connection, point: PickupPointId, day: Date) -> Result<Vec<Order>, DbError> {
    let orders = db.query("orders", ON_DAY, params![point, day], read)?;
    let mut whole = Vec::with_capacity(orders.len());
    for order in orders {
        whole.extend(with_lines(db, Some(order))?);
    }
    Ok(whole)
}

/// The order that an auction became.
///
/// # Errors
///
/// What the database says.
pub fn of_auction(db: &mut Connection, auction: AuctionId) -> Result<Option<OrderId>, DbError> {
    db.find("orders", OF_AUCTION, params![auction], |row| row.value())
}

/// The orders a checkout became, in the order they were placed.
///
/// # Errors
///
/// What the database says.
pub fn of_checkout(db: &mut Connection, checkout: CheckoutId) -> Result<Vec<OrderId>, DbError> {
    db.query("orders", OF_CHECKOUT, params![checkout], |row| row.value())
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

/// Keeps a new order and its lines.
///
/// # Errors
///
/// [`DbError::Constraint`] when a code is in use at the point, or the listing has a live sale already.
pub fn insert(db: &mut Connection, order: &Order) -> Result<(), DbError> {
    let fulfillment =
        if order.shipment.is_some() { FulfillmentKind::Shipment } else { FulfillmentKind::Pickup };
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
        order.version,
        order.store,
        order.checkout,
        order.receipt.map(|receipt| receipt.means.name()),
        order.receipt.map(|receipt| receipt.paid.minor),
        order.receipt.map(|receipt| receipt.paid.currency.code()),
        order.receipt.and_then(|receipt| receipt.rate).map(Rate::pounds),
        order.auction,
        fulfillment.name()
    ];
    db.change_one(INSERT, params)?;
    let one_off = i64::from(order.store.is_none());
    for (place, line) in (1_i64..).zip(&order.lines) {
        let (price, currency) = (line.price.minor, line.price.currency.code());
        let line =
            params![order.id, place, line.listing, &line.title, line.quantity, price, currency, one_off];
        db.change_one(INSERT_LINE, line)?;
    }
    Ok(())
}

/// Saves what changed of an order; when it no longer is a sale, its lines let go of their listings.
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
        order.pickup_code.as_str(),
        order.drop_off_code.as_str(),
        order.receipt.map(|receipt| receipt.means.name()),
        order.receipt.map(|receipt| receipt.paid.minor),
        order.receipt.map(|receipt| receipt.paid.currency.code()),
        order.receipt.and_then(|receipt| receipt.rate).map(Rate::pounds),
        order.refunded.minor,
        order.return_request.as_ref().map(|request| request.at),
        order.return_request.as_ref().map(|request| &request.reason),
        order.shipment.as_ref().and_then(|shipment| shipment.shipped_at),
        order.shipment.as_ref().map_or("", |shipment| shipment.note.as_str()),
        order.id,
        order.version
    ];
    db.change_one(UPDATE, params)?;
    if !order.state.is_sale() {
        db.execute(RELEASE_LINES, params![now, order.id])?;
    }
    Ok(())
}
