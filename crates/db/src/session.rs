//! Sessions: members signed in on some wire. Tokens are kept as hashes.

use auboutique_domain::id::{MemberId, SessionId};
use auboutique_domain::member::{Member, SessionView};
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member;
use crate::params;

/// A session with the member it signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Which session.
    pub session: SessionId,
    /// Who it signs in.
    pub member: Member,
}

const INSERT: &str =
    "INSERT INTO sessions (id, member_id, token_hash, device, started_at, last_seen_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LIVE: &str = "SELECT m.id, m.username, m.email, m.name, m.role, m.registered_at, m.version
    FROM sessions s JOIN members m ON m.id = s.member_id
    WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2";
const BY_TOKEN: &str =
    "SELECT id FROM sessions WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > $2";
const OF_MEMBER: &str = "SELECT id, started_at, expires_at, last_seen_at, device FROM sessions
    WHERE member_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY started_at DESC, id DESC LIMIT 100";
const EXTEND: &str =
    "UPDATE sessions SET last_seen_at = $1, expires_at = $2 WHERE id = $3 AND ended_at IS NULL
    AND expires_at > $4";
const END: &str = "UPDATE sessions SET ended_at = $1 WHERE id = $2 AND member_id = $3 AND ended_at IS NULL
    AND expires_at > $4";
const END_OTHERS: &str =
    "UPDATE sessions SET ended_at = $1 WHERE member_id = $2 AND id <> $3 AND ended_at IS NULL
    RETURNING id";
const END_ALL: &str =
    "UPDATE sessions SET ended_at = $1 WHERE member_id = $2 AND ended_at IS NULL RETURNING id";
const FORGET: &str = "DELETE FROM sessions WHERE expires_at <= $1 OR ended_at <= $2";

/// Keeps a new session.
///
/// # Errors
///
/// What the database says.
pub fn insert(
    db: &mut Connection,
    view: &SessionView,
    member: MemberId,
    token_hash: &str,
) -> Result<(), DbError> {
    let SessionView { session, started_at, expires_at, last_seen_at, device, .. } = view;
    db.change_one(
        INSERT,
        params![*session, member, token_hash, device, *started_at, *last_seen_at, *expires_at],
    )
}

/// The session with its member, while it lasts.
///
/// # Errors
///
/// What the database says.
pub fn find_live(db: &mut Connection, session: SessionId, now: Moment) -> Result<Option<SignedIn>, DbError> {
    db.find("members", LIVE, params![session, now], |row| {
        Ok(SignedIn { session, member: member::read(row)? })
    })
}

/// The session whose token has this hash, while it lasts.
///
/// # Errors
///
/// What the database says.
pub fn find_by_token(
    db: &mut Connection,
    token_hash: &str,
    now: Moment,
) -> Result<Option<SessionId>, DbError> {
    db.find("sessions", BY_TOKEN, params![token_hash, now], |row| row.value())
}

/// The live sessions of a member, newest first, 200 at most.
///
/// # Errors
///
/// What the database says.
pub fn of_member(
    db: &mut Connection,
    member: MemberId,
    current: SessionId,
    now: Moment,
) -> Result<Vec<SessionView>, DbError> {
    db.query("sessions", OF_MEMBER, params![member, now], |row| {
        let session: SessionId = row.value()?;
        Ok(SessionView {
            session,
            started_at: row.moment()?,
            expires_at: row.moment()?,
            last_seen_at: row.moment()?,
            device: row.text()?,
            current: session == current,
        })
    })
}

/// Notes that a session was resumed.
///
/// # Errors
///
/// [`DbError::Conflict`] when it has ended.
pub fn extend(db: &mut Connection, session: SessionId, now: Moment, until: Moment) -> Result<(), DbError> {
    db.change_one(EXTEND, params![now, until, session, now])
}

/// Ends a member's session. `false` when the member has no such live session.
///
/// # Errors
///
/// What the database says.
pub fn end(db: &mut Connection, session: SessionId, member: MemberId, now: Moment) -> Result<bool, DbError> {
    Ok(db.execute(END, params![now, session, member, now])? > 0)
}

/// Ends every other session of a member and says which they were.
///
/// # Errors
///
/// What the database says.
pub fn end_others(
    db: &mut Connection,
    member: MemberId,
    kept: SessionId,
    now: Moment,
) -> Result<Vec<SessionId>, DbError> {
    db.query("sessions", END_OTHERS, params![now, member, kept], |row| row.value())
}

/// Ends every session of a member and says which they were.
///
/// # Errors
///
/// What the database says.
pub fn end_all(db: &mut Connection, member: MemberId, now: Moment) -> Result<Vec<SessionId>, DbError> {
    db.query("sessions", END_ALL, params![now, member], |row| row.value())
}

/// Deletes sessions that expired before `expired`, or ended before `ended`.
///
/// # Errors
///
/// What the database says.
pub fn forget(db: &mut Connection, expired: Moment, ended: Moment) -> Result<u64, DbError> {
    db.execute(FORGET, params![expired, ended])
}
