//! Where things are shipped to: read by whoever may, and erased when it is no longer needed.

use auboutique_domain::checkout::ShippingAddress;
use auboutique_domain::id::{CheckoutId, OrderId};
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::Row;

const OF_CHECKOUT: &str = "SELECT name, address FROM addresses WHERE checkout_id = $1 AND erased_at IS NULL";
const OF_ORDER: &str = "SELECT name, address FROM addresses WHERE order_id = $1 AND erased_at IS NULL";
const WRITE: &str = "INSERT INTO addresses (checkout_id, name, address, written_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (checkout_id) DO UPDATE SET name = excluded.name, address = excluded.address,
        written_at = excluded.written_at, erased_at = NULL";
const SHIP_TO: &str = "UPDATE addresses SET order_id = $1 WHERE checkout_id = $2 AND erased_at IS NULL";
const ERASE: &str = "UPDATE addresses SET name = NULL, address = NULL, erased_at = $1
    WHERE checkout_id = $2 AND erased_at IS NULL";
const FORGET: &str =
    "UPDATE addresses SET name = NULL, address = NULL, erased_at = $1 WHERE erased_at IS NULL AND
    order_id IN (SELECT o.id FROM orders o WHERE o.changed_at <= $2
        AND o.state IN ('completed', 'canceled', 'no_drop_off', 'refunded'))";

fn read(row: &mut Row<'_>) -> Result<ShippingAddress, DbError> {
    let name = row.text()?;
    row.parsed(|address| ShippingAddress::new(&name, address).ok())
}

/// Where a checkout shall be shipped to.
///
/// # Errors
///
/// What the database says.
pub fn of_checkout(db: &mut Connection, checkout: CheckoutId) -> Result<Option<ShippingAddress>, DbError> {
    db.find("addresses", OF_CHECKOUT, params![checkout], read)
}

/// Where an order is shipped to.
///
/// # Errors
///
/// What the database says.
pub fn of_order(db: &mut Connection, order: OrderId) -> Result<Option<ShippingAddress>, DbError> {
    db.find("addresses", OF_ORDER, params![order], read)
}

/// Keeps where a checkout shall be shipped to, instead of what was there before.
///
/// # Errors
///
/// What the database says.
pub fn write(
    db: &mut Connection,
    checkout: CheckoutId,
    to: &ShippingAddress,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(WRITE, params![checkout, to.name(), to.address(), now])
}

/// The checkout became that order.
///
/// # Errors
///
/// [`DbError::Conflict`] when there is no address.
pub fn ship_to(db: &mut Connection, checkout: CheckoutId, order: OrderId) -> Result<(), DbError> {
    db.change_one(SHIP_TO, params![order, checkout])
}

/// Erases the address of a checkout, if there is one.
///
/// # Errors
///
/// What the database says.
pub fn erase(db: &mut Connection, checkout: CheckoutId, now: Moment) -> Result<(), DbError> {
    db.execute(ERASE, params![now, checkout]).map(drop)
}

/// Erases the addresses of orders that ended before that moment.
///
/// # Errors
///
/// What the database says.
pub fn forget(db: &mut Connection, ended: Moment, now: Moment) -> Result<u64, DbError> {
    db.execute(FORGET, params![now, ended])
}
