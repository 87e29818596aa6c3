//! When members were last here, and who hides it.

use auboutique_domain::id::MemberId;
use auboutique_domain::member::MemberCard;
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member::read_card;
use crate::params;
use crate::row::Row;

/// What is kept of a member's presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Who.
    pub member: MemberCard,
    /// When they were last here.
    pub seen_at: Option<Moment>,
    /// Whether they hide it.
    pub hidden: bool,
}

macro_rules! kept {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.username, m.name, p.seen_at, p.hidden_at
             FROM members m LEFT JOIN presences p ON p.member_id = m.id ",
            $rest
        )
    };
}
const BY_ID: &str = kept!("WHERE m.id = $1");
const BY_USERNAME: &str = kept!("WHERE m.username = $1");
const SEEN: &str = "INSERT INTO presences (member_id, seen_at) VALUES ($1, $2)
    ON CONFLICT (member_id) DO UPDATE SET seen_at = excluded.seen_at";
const HIDE: &str = "INSERT INTO presences (member_id, hidden_at) VALUES ($1, $2)
    ON CONFLICT (member_id) DO UPDATE SET hidden_at = excluded.hidden_at";

fn read(row: &mut Row<'_>) -> Result<Kept, DbError> {
    let member = read_card(row)?;
    Ok(Kept { member, seen_at: row.moment_or_null()?, hidden: row.moment_or_null()?.is_some() })
}

/// What is kept of the presence of the member with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: MemberId) -> Result<Option<Kept>, DbError> {
    db.find("members", BY_ID, params![id], read)
}

/// What is kept of the presence of the member with this username.
///
/// # Errors
///
/// What the database says.
pub fn find_by_username(db: &mut Connection, username: &str) -> Result<Option<Kept>, DbError> {
    db.find("members", BY_USERNAME, params![username], read)
}

/// The member was here.
///
/// # Errors
///
/// What the database says.
pub fn seen(db: &mut Connection, id: MemberId, now: Moment) -> Result<(), DbError> {
    db.change_one(SEEN, params![id, now])
}

/// The member hides their presence from that moment on, or shows it.
///
/// # Errors
///
/// What the database says.
pub fn hide(db: &mut Connection, id: MemberId, hidden_at: Option<Moment>) -> Result<(), DbError> {
    db.change_one(HIDE, params![id, hidden_at])
}
