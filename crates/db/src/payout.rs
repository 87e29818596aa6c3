//! Payouts.

use auboutique_domain::id::{MemberId, PayoutId};
use auboutique_domain::member::MemberCard;
use auboutique_domain::payout::{Payout, Purse, State};
use auboutique_domain::store::StoreCard;
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member::read_card;
use crate::params;
use crate::row::Row;
use crate::store::read_store_card;

macro_rules! payout {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.member_id, p.purse, p.store_id, p.amount, p.currency, p.state, p.requested_at, p.due_at,
             p.ended_at, p.note, p.version, m.id, m.username, m.name, t.id, t.name, t.handle
             FROM payouts p JOIN members m ON m.id = p.member_id LEFT JOIN stores t ON t.id = p.store_id ",
            $rest
        )
    };
}
const BY_ID: &str = payout!("WHERE p.id = $1");
const OF_MEMBER: &str = payout!("WHERE p.member_id = $1 AND p.id < $2 ORDER BY p.id DESC LIMIT $3");
const OPEN: &str = payout!("WHERE p.state = 'requested' AND p.id > $1 ORDER BY p.id LIMIT $2");
const DUE: &str = "SELECT id FROM payouts WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
const NEXT_DUE: &str = "SELECT due_at FROM payouts WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
const INSERT: &str = "INSERT INTO payouts
    (id, member_id, purse, store_id, amount, currency, state, requested_at, due_at, ended_at, note, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const UPDATE: &str =
    "UPDATE payouts SET state = $1, due_at = $2, ended_at = $3, note = $4, version = version + 1
    WHERE id = $5 AND version = $6";

/// A payout with whose it is.
pub type PayoutOf = (Payout, MemberCard, Option<StoreCard>);

fn read(row: &mut Row<'_>) -> Result<PayoutOf, DbError> {
    let payout = Payout {
        id: row.value()?,
        member: row.value()?,
        purse: row.parsed(Purse::parse)?,
        store: row.value_or_null()?,
        amount: row.money()?,
        state: row.parsed(State::parse)?,
        requested_at: row.moment()?,
        due_at: row.moment_or_null()?,
        ended_at: row.moment_or_null()?,
        note: row.text()?,
        version: row.integer()?,
    };
    Ok((payout, read_card(row)?, read_store_card(row)?))
}

/// The payout with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: PayoutId) -> Result<Option<PayoutOf>, DbError> {
    db.find("payouts", BY_ID, params![id], read)
}

/// The payouts of a member, newest first, before that one.
///
/// # Errors
///
/// What the database says.
pub fn of_member(
    db: &mut Connection,
    member: MemberId,
    before: &str,
    most: i64,
) -> Result<Vec<PayoutOf>, DbError> {
    db.query("payouts", OF_MEMBER, params![member, before, most], read)
}

/// Payouts that wait to be handed over, oldest first, beyond that one.
///
/// # Errors
///
/// What the database says.
pub fn open(db: &mut Connection, after: &str, most: i64) -> Result<Vec<PayoutOf>, DbError> {
    db.query("payouts", OPEN, params![after, most], read)
}

/// Payouts whose time is over, longest waiting first.
///
/// # Errors
///
/// What the database says.
pub fn due(db: &mut Connection, now: Moment, most: i64) -> Result<Vec<PayoutId>, DbError> {
    db.query("payouts", DUE, params![now, most], |row| row.value())
}

/// When the time of the next payout is over.
///
/// # Errors
///
/// What the database says.
pub fn next_due(db: &mut Connection) -> Result<Option<Moment>, DbError> {
    db.find("payouts", NEXT_DUE, &[], |row| row.moment())
}

/// Keeps a new payout.
///
/// # Errors
///
/// What the database says.
pub fn insert(db: &mut Connection, payout: &Payout) -> Result<(), DbError> {
    let params = params![
        payout.id,
        payout.member,
        payout.purse.name(),
        payout.store,
        payout.amount.minor,
        payout.amount.currency.code(),
        payout.state.name(),
        payout.requested_at,
        payout.due_at,
        payout.ended_at,
        &payout.note,
        payout.version
    ];
    db.change_one(INSERT, params)
}

/// Saves where a payout is in its life.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, payout: &Payout) -> Result<(), DbError> {
    let Payout { id, state, due_at, ended_at, note, version, .. } = payout;
    db.change_one(UPDATE, params![state.name(), *due_at, *ended_at, note, *id, *version])
}
