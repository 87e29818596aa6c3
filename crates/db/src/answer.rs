//! Answers remembered under idempotency keys.

use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;

/// What was answered under a key, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The hash of the command that was answered.
    pub fingerprint: String,
    /// The answer as JSON.
    pub answer: String,
}

const FIND: &str = "SELECT fingerprint, answer FROM answers WHERE asker = $1 AND key = $2";
const INSERT: &str =
    "INSERT INTO answers (asker, key, fingerprint, answer, expires_at) VALUES ($1, $2, $3, $4, $5)";
const FORGET: &str = "DELETE FROM answers WHERE expires_at IS NOT NULL AND expires_at <= $1";

/// What was answered to this asker under this key.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, asker: &str, key: &str) -> Result<Option<Answer>, DbError> {
    db.find("answers", FIND, params![asker, key], |row| {
        Ok(Answer { fingerprint: row.text()?, answer: row.text()? })
    })
}

/// Remembers an answer; for ever when it has no expiry.
///
/// # Errors
///
/// [`DbError::Constraint`] when another node answered under the key first.
pub fn insert(
    db: &mut Connection,
    asker: &str,
    key: &str,
    answer: &Answer,
    expires_at: Option<Moment>,
) -> Result<(), DbError> {
    db.change_one(INSERT, params![asker, key, &answer.fingerprint, &answer.answer, expires_at])
}

/// Deletes answers whose time is over.
///
/// # Errors
///
/// What the database says.
pub fn forget(db: &mut Connection, now: Moment) -> Result<u64, DbError> {
    db.execute(FORGET, params![now])
}
