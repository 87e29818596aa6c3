//! Members, their credentials and their strikes.

use auboutique_domain::id::{AuctionId, MemberId, OrderId, StrikeId};
use auboutique_domain::member::{Email, Member, MemberCard, Role, Secret, Strike, StrikeReason, Username};
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::{FromText, Row};

macro_rules! member {
    ($rest:literal) => {
        concat!("SELECT id, username, email, name, role, registered_at, version FROM members ", $rest)
    };
}

const BY_ID: &str = member!("WHERE id = $1");
const BY_USERNAME: &str = member!("WHERE username = $1");
const BY_EMAIL: &str = member!("WHERE email = $1");
const INSERT: &str = "INSERT INTO members (id, username, email, name, role, registered_at, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const UPDATE: &str =
    "UPDATE members SET username = $1, email = $2, name = $3, role = $4, version = version + 1
    WHERE id = $5 AND version = $6";
const OPERATORS: &str = "SELECT COUNT(*) FROM members WHERE role = 'operator'";
const COUNT: &str = "SELECT COUNT(*) FROM members";
const SET_CREDENTIAL: &str =
    "INSERT INTO credentials (member_id, kind, hash, changed_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (member_id, kind) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
const CREDENTIAL: &str = "SELECT hash FROM credentials WHERE member_id = $1 AND kind = $2";
const INSERT_STRIKE: &str =
    "INSERT INTO strikes (id, member_id, order_id, reason, at) VALUES ($1, $2, $3, $4, $5)";
const INSERT_STRIKE_AT_AUCTION: &str =
    "INSERT INTO strikes (id, member_id, auction_id, reason, at) VALUES ($1, $2, $3, $4, $5)";
const STRIKES: &str = "SELECT at FROM strikes WHERE member_id = $1 AND at > $2 ORDER BY at";

impl FromText for Username {
    /// What was stored was checked when it came in; a name reserved since stays its owner's.
    fn from_text(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
    }
}
impl FromText for Email {
    fn from_text(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
    }
}

/// Reads the columns of a member in the order of the statements here.
pub(crate) fn read(row: &mut Row<'_>) -> Result<Member, DbError> {
    Ok(Member {
        id: row.value()?,
        username: row.value()?,
        email: row.value()?,
        name: row.text()?,
        role: row.parsed(Role::parse)?,
        registered_at: row.moment()?,
        version: row.integer()?,
    })
}

/// Reads the columns id, username, name: what everybody sees of a member.
pub(crate) fn read_card(row: &mut Row<'_>) -> Result<MemberCard, DbError> {
    Ok(MemberCard { id: row.value()?, username: row.value()?, name: row.text()? })
}

/// The same three columns of an outer join, which may all be missing.
pub(crate) fn read_card_or_null(row: &mut Row<'_>) -> Result<Option<MemberCard>, DbError> {
    let (id, username, name) = (row.value_or_null()?, row.value_or_null()?, row.text_or_null()?);
    Ok(id.zip(username).zip(name).map(|((id, username), name)| MemberCard { id, username, name }))
}

/// The member with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: MemberId) -> Result<Option<Member>, DbError> {
    db.find("members", BY_ID, params![id], read)
}

/// The member with this username.
///
/// # Errors
///
/// What the database says.
pub fn find_by_username(db: &mut Connection, username: &str) -> Result<Option<Member>, DbError> {
    db.find("members", BY_USERNAME, params![username], read)
}

/// The member with this e-mail address.
///
/// # Errors
///
/// What the database says.
pub fn find_by_email(db: &mut Connection, email: &str) -> Result<Option<Member>, DbError> {
    db.find("members", BY_EMAIL, params![email], read)
}

/// Keeps a new member.
///
/// # Errors
///
/// [`DbError::Constraint`] when the username or the address is taken.
pub fn insert(db: &mut Connection, member: &Member) -> Result<(), DbError> {
    let params = params![
        member.id,
        member.username.as_str(),
        member.email.as_str(),
        &member.name,
        member.role.name(),
        member.registered_at,
        member.version
    ];
    db.change_one(INSERT, params)
}

/// Saves what changed of a member.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, member: &Member) -> Result<(), DbError> {
    let params = params![
        member.username.as_str(),
        member.email.as_str(),
        &member.name,
        member.role.name(),
        member.id,
        member.version
    ];
    db.change_one(UPDATE, params)
}

/// How many operators there are.
///
/// # Errors
///
/// What the database says.
pub fn operators(db: &mut Connection) -> Result<i64, DbError> {
    Ok(db.find("members", OPERATORS, &[], |row| row.integer())?.unwrap_or(0))
}

/// How many members there are.
///
/// # Errors
///
/// What the database says.
pub fn count(db: &mut Connection) -> Result<i64, DbError> {
    Ok(db.find("members", COUNT, &[], |row| row.integer())?.unwrap_or(0))
}

/// Keeps the Argon2id hash of a member's secret for a kind of wire.
///
/// # Errors
///
/// What the database says.
pub fn set_credential(
    db: &mut Connection,
    member: MemberId,
    kind: &str,
    hash: &Secret,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(SET_CREDENTIAL, params![member, kind, hash.reveal(), now])
}

/// The Argon2id hash of a member's secret for a kind of wire.
///
/// # Errors
///
/// What the database says.
pub fn credential(db: &mut Connection, member: MemberId, kind: &str) -> Result<Option<Secret>, DbError> {
    db.find("credentials", CREDENTIAL, params![member, kind], |row| row.text().map(Secret::new))
}

/// Keeps a strike.
///
/// # Errors
///
/// [`DbError::Constraint`] when the order has given one for this reason.
pub fn insert_strike(db: &mut Connection, id: StrikeId, strike: Strike, now: Moment) -> Result<(), DbError> {
    let order: OrderId = strike.order;
    db.change_one(INSERT_STRIKE, params![id, strike.member, order, strike.reason.name(), now])
}

/// Keeps a strike that an auction gave.
///
/// # Errors
///
/// [`DbError::Constraint`] when it has given this member one.
pub fn insert_strike_at_auction(
    db: &mut Connection,
    id: StrikeId,
    (member, auction): (MemberId, AuctionId),
    reason: StrikeReason,
    now: Moment,
) -> Result<(), DbError> {
    db.change_one(INSERT_STRIKE_AT_AUCTION, params![id, member, auction, reason.name(), now])
}

/// When a member was struck, since that moment.
///
/// # Errors
///
/// What the database says.
pub fn strikes(db: &mut Connection, member: MemberId, since: Moment) -> Result<Vec<Moment>, DbError> {
    db.query("strikes", STRIKES, params![member, since], |row| row.moment())
}
