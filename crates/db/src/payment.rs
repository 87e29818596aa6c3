//! Card payments.

use auboutique_domain::id::{CheckoutId, PaymentId};
use auboutique_domain::payment::{Payment, State};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::Row;

macro_rules! payment {
    ($rest:literal) => {
        concat!(
            "SELECT id, checkout_id, buyer_id, amount, currency, state, reason, started_at, changed_at, version
             FROM payments ",
            $rest
        )
    };
}
const BY_ID: &str = payment!("WHERE id = $1");
const LAST_OF: &str = payment!("WHERE checkout_id = $1 ORDER BY id DESC LIMIT 1");
const OPEN: &str =
    payment!("WHERE state IN ('started', 'declined', 'authorized') AND id > $1 ORDER BY id LIMIT $2");
const INSERT: &str = "INSERT INTO payments
    (id, checkout_id, buyer_id, amount, currency, state, reason, started_at, changed_at, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const UPDATE: &str = "UPDATE payments SET state = $1, reason = $2, changed_at = $3, version = version + 1
    WHERE id = $4 AND version = $5";

fn read(row: &mut Row<'_>) -> Result<Payment, DbError> {
    Ok(Payment {
        id: row.value()?,
        checkout: row.value()?,
        buyer: row.value()?,
        amount: row.money()?,
        state: row.parsed(State::parse)?,
        reason: row.text()?,
        started_at: row.moment()?,
        changed_at: row.moment()?,
        version: row.integer()?,
    })
}

/// The payment with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: PaymentId) -> Result<Option<Payment>, DbError> {
    db.find("payments", BY_ID, params![id], read)
}

/// The payment that was begun last for a checkout.
///
/// # Errors
///
/// What the database says.
pub fn last_of(db: &mut Connection, checkout: CheckoutId) -> Result<Option<Payment>, DbError> {
    db.find("payments", LAST_OF, params![checkout], read)
}

/// Payments of which the provider still has something to say, oldest first, beyond that one.
///
/// # Errors
///
/// What the database says.
pub fn open(db: &mut Connection, after: PaymentId, most: i64) -> Result<Vec<Payment>, DbError> {
    db.query("payments", OPEN, params![after, most], read)
}

/// Keeps a new payment.
///
/// # Errors
///
/// What the database says.
pub fn insert(db: &mut Connection, payment: &Payment) -> Result<(), DbError> {
    let params = params![
        payment.id,
        payment.checkout,
        payment.buyer,
        payment.amount.minor,
        payment.amount.currency.code(),
        payment.state.name(),
        &payment.reason,
        payment.started_at,
        payment.changed_at,
        payment.version
    ];
    db.change_one(INSERT, params)
}

/// Saves where a payment is in its life.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, payment: &Payment) -> Result<(), DbError> {
    let Payment { id, state, reason, changed_at, version, .. } = payment;
    db.change_one(UPDATE, params![state.name(), reason, *changed_at, *id, *version])
}
