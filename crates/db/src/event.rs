//! The event log: everything that happened, in one order without gaps, each row hashed over the one before it.
//!
//! Numbers are given out under the lock of the log's head row, held until the commit. On PostgreSQL several nodes commit
//! at once, and this is what makes the numbers safe to follow: no reader can step over a row that commits late.

use auboutique_domain::Event;
use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::time::Moment;
use sha2::{Digest as _, Sha256};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;

/// The head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the last event; 0 before the first.
    pub seq: i64,
    /// Its hash; empty before the first.
    pub hash: String,
    /// The latest moment anything was committed at.
    pub at: Moment,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its number.
    pub seq: i64,
    /// When it happened.
    pub at: Moment,
    /// What happened.
    pub event: Event,
    /// Who may see it, as the database keeps it.
    pub audience: String,
    /// The hash over this row and the one before.
    pub hash: String,
}

const HEAD: &str = "SELECT seq, hash, at FROM log_head WHERE id = 1";
// The write takes the row's lock; what it returns is what the last committed batch left.
const HOLD_HEAD: &str = "UPDATE log_head SET at = CASE WHEN at > $1 THEN at ELSE $1 END WHERE id = 1
    RETURNING seq, hash, at";
const MOVE_HEAD: &str = "UPDATE log_head SET seq = $1, hash = $2 WHERE id = 1";
const INSERT: &str = "INSERT INTO events (seq, at, event, subject, audience, body, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const AFTER: &str = "SELECT seq, at, audience, body, hash FROM events WHERE seq > $1 ORDER BY seq LIMIT $2";
const FOR_EVERYBODY: &str = "SELECT seq, at, audience, body, hash FROM events
    WHERE substr(audience, 1, 30) = 'public' AND seq > $1 ORDER BY seq LIMIT $2";
const FOR_OPERATORS: &str = "SELECT seq, at, audience, body, hash FROM events
    WHERE substr(audience, 1, 30) = 'operators' AND seq > $1 ORDER BY seq LIMIT $2";
const FOR_FIRST: &str = "SELECT seq, at, audience, body, hash FROM events
    WHERE substr(audience, 1, 30) = $1 AND seq > $2 ORDER BY seq LIMIT $3";
const FOR_SECOND: &str = "SELECT seq, at, audience, body, hash FROM events
    WHERE length(audience) > 30 AND substr(audience, 32, 30) = $1 AND seq > $2 ORDER BY seq LIMIT $3";
const FOR_FIRST_BEFORE: &str = "SELECT seq, at, audience, body, hash FROM events
    WHERE substr(audience, 1, 30) = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
const FOR_SECOND_BEFORE: &str = "SELECT seq, at, audience, body, hash FROM events
    WHERE length(audience) > 30 AND substr(audience, 32, 30) = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
const OF_SUBJECT: &str =
    "SELECT seq, at, audience, body, hash FROM events WHERE subject = $1 ORDER BY seq LIMIT $2";

/// The hash of a row over the one before it: SHA-256 in hex of its parts with a zero byte between.
#[must_use]
pub fn chained(before: &str, seq: i64, at: Moment, audience: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    for part in [before, &seq.to_string(), &at.micros().to_string(), audience, body] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

/// The head of the log as it stands.
///
/// # Errors
///
/// What the database says.
pub fn head(db: &mut Connection) -> Result<Head, DbError> {
    let found = db.find("log_head", HEAD, &[], read_head)?;
    found.ok_or_else(|| DbError::Inconsistent { table: "log_head", row: "1".to_owned(), column: 1 })
}

fn read_head(row: &mut crate::row::Row<'_>) -> Result<Head, DbError> {
    Ok(Head { seq: row.integer()?, hash: row.text()?, at: row.moment()? })
}

/// Numbers these events and keeps them, and moves the head. The last write of a batch: what is held from here to the
/// commit is held by all nodes' batches in turn. Returns the head as it is now.
///
/// # Errors
///
/// What the database says.
pub fn append(db: &mut Connection, events: &[Event], now: Moment) -> Result<Head, DbError> {
    let found = db.find("log_head", HOLD_HEAD, params![now], read_head)?;
    let mut head =
        found.ok_or_else(|| DbError::Inconsistent { table: "log_head", row: "1".to_owned(), column: 1 })?;
    for event in events {
        let body = serde_json::to_string(event).map_err(|error| DbError::Other(error.to_string()))?;
        let audience = event.audience().text();
        head.seq += 1;
        head.hash = chained(&head.hash, head.seq, now, &audience, &body);
        // The body starts with the event's name, which serde wrote there as its tag.
        let name = body.split('"').nth(3).unwrap_or_default();
        let subject = event.subject();
        db.change_one(INSERT, params![head.seq, now, name, &subject, &audience, &body, &head.hash])?;
    }
    db.change_one(MOVE_HEAD, params![head.seq, &head.hash])?;
    Ok(head)
}

fn read(row: &mut crate::row::Row<'_>) -> Result<Logged, DbError> {
    Ok(Logged {
        seq: row.integer()?,
        at: row.moment()?,
        audience: row.text()?,
        event: row.parsed(|body| serde_json::from_str(body).ok())?,
        hash: row.text()?,
    })
}

/// The events after that number, oldest first.
///
/// # Errors
///
/// What the database says.
pub fn after(db: &mut Connection, seq: i64, most: i64) -> Result<Vec<Logged>, DbError> {
    db.query("events", AFTER, params![seq, most], read)
}

/// The events after that number that are for everybody, visitors included, and those in these auctions, oldest first.
///
/// # Errors
///
/// What the database says.
pub fn after_for_everybody(
    db: &mut Connection,
    seq: i64,
    auctions: &[AuctionId],
    most: i64,
) -> Result<Vec<Logged>, DbError> {
    let mut found = db.query("events", FOR_EVERYBODY, params![seq, most], read)?;
    for auction in auctions {
        found.append(&mut db.query("events", FOR_FIRST, params![*auction, seq, most], read)?);
    }
    Ok(first(found, most))
}

/// The first of them, oldest first.
fn first(mut found: Vec<Logged>, most: i64) -> Vec<Logged> {
    found.sort_unstable_by_key(|logged| logged.seq);
    found.truncate(usize::try_from(most).unwrap_or(0));
    found
}

/// The events after that number that are for this member, oldest first: everybody's, those in auctions they follow, the
/// member's own, and an operator's. Each of these is an index of its own, so what others do costs nothing.
///
/// # Errors
///
/// What the database says.
pub fn after_for(
    db: &mut Connection,
    seq: i64,
    (member, is_operator): (MemberId, bool),
    auctions: &[AuctionId],
    most: i64,
) -> Result<Vec<Logged>, DbError> {
    let mut found = after_for_everybody(db, seq, auctions, most)?;
    found.append(&mut db.query("events", FOR_FIRST, params![member, seq, most], read)?);
    found.append(&mut db.query("events", FOR_SECOND, params![member, seq, most], read)?);
    if is_operator {
        found.append(&mut db.query("events", FOR_OPERATORS, params![seq, most], read)?);
    }
    Ok(first(found, most))
}

/// The events before that number whose audience names this member, newest first.
///
/// # Errors
///
/// What the database says.
pub fn before_for(
    db: &mut Connection,
    seq: i64,
    member: MemberId,
    most: i64,
) -> Result<Vec<Logged>, DbError> {
    let mut found = db.query("events", FOR_FIRST_BEFORE, params![member, seq, most], read)?;
    found.append(&mut db.query("events", FOR_SECOND_BEFORE, params![member, seq, most], read)?);
    found.sort_unstable_by_key(|logged| std::cmp::Reverse(logged.seq));
    found.truncate(usize::try_from(most).unwrap_or(0));
    Ok(found)
}

/// The story of one thing, oldest first.
///
/// # Errors
///
/// What the database says.
pub fn of_subject(db: &mut Connection, subject: &str, most: i64) -> Result<Vec<Logged>, DbError> {
    db.query("events", OF_SUBJECT, params![subject, most], read)
}
