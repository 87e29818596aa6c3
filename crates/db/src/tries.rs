//! Counted tries of credentials and codes: the one throttle of every wire, shared by all nodes.

use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;

const FIND: &str = "SELECT since, count FROM tries WHERE subject = $1 AND since > $2";
// A window that began too long ago begins anew with this try.
const COUNT: &str = "INSERT INTO tries (subject, since, count) VALUES ($1, $2, 1)
    ON CONFLICT (subject) DO UPDATE SET
        count = CASE WHEN tries.since > $3 THEN tries.count + 1 ELSE 1 END,
        since = CASE WHEN tries.since > $3 THEN tries.since ELSE excluded.since END
    RETURNING since, count";
const FORGIVE: &str = "DELETE FROM tries WHERE subject = $1";
const TAKE_BACK: &str = "UPDATE tries SET count = count - 1 WHERE subject = $1 AND count > 0";
const FORGET: &str = "DELETE FROM tries WHERE since <= $1";

/// Tries against one subject in the running window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// When the window began.
    pub since: Moment,
    /// How many there were in it.
    pub count: i64,
}

/// The tries against a subject in a window that began after `window`.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, subject: &str, window: Moment) -> Result<Option<Tries>, DbError> {
    db.find("tries", FIND, params![subject, window], |row| {
        Ok(Tries { since: row.moment()?, count: row.integer()? })
    })
}

/// Counts one more, and says how many there are now.
///
/// # Errors
///
/// What the database says.
pub fn count(db: &mut Connection, subject: &str, now: Moment, window: Moment) -> Result<Tries, DbError> {
    let tries = db.find("tries", COUNT, params![subject, now, window], |row| {
        Ok(Tries { since: row.moment()?, count: row.integer()? })
    })?;
    Ok(tries.unwrap_or(Tries { since: now, count: 1 }))
}

/// Forgets the tries against a subject.
///
/// # Errors
///
/// What the database says.
pub fn forgive(db: &mut Connection, subject: &str) -> Result<(), DbError> {
    db.execute(FORGIVE, params![subject]).map(drop)
}

/// Takes back one counted try.
///
/// # Errors
///
/// What the database says.
pub fn take_back(db: &mut Connection, subject: &str) -> Result<(), DbError> {
    db.execute(TAKE_BACK, params![subject]).map(drop)
}

/// Deletes windows that began before that moment.
///
/// # Errors
///
/// What the database says.
pub fn forget(db: &mut Connection, window: Moment) -> Result<u64, DbError> {
    db.execute(FORGET, params![window])
}
