//! The names of members on the legacy wires.

use auboutique_domain::id::{ListingId, MemberId};
use auboutique_domain::legacy::{Identity, LegacyName, LegacyWire};
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::{FromText, Row};

macro_rules! identity {
    ($rest:literal) => {
        concat!("SELECT wire, name, member_id, email, contact, source FROM identities ", $rest)
    };
}

const BY_NAME: &str = identity!("WHERE wire = $1 AND name_key = $2");
const BY_EMAIL: &str = identity!("WHERE wire = $1 AND email = $2 ORDER BY taken_at, name_key LIMIT 1");
const BY_MEMBER: &str = identity!("WHERE wire = $1 AND member_id = $2");
const OF_MEMBER: &str = identity!("WHERE member_id = $1 ORDER BY wire");
const OF_WIRE: &str = identity!("WHERE wire = $1 AND name_key > $2 ORDER BY name_key LIMIT $3");
const INSERT: &str =
    "INSERT INTO identities (wire, name_key, name, member_id, email, contact, source, taken_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const UPDATE: &str = "UPDATE identities SET name_key = $1, name = $2, email = $3, contact = $4
    WHERE wire = $5 AND member_id = $6";
const MOVE: &str = "UPDATE identities SET member_id = $1 WHERE wire = $2 AND member_id = $3";
const DELETE: &str = "DELETE FROM identities WHERE wire = $1 AND member_id = $2";
const DELETE_CREDENTIAL: &str = "DELETE FROM credentials WHERE member_id = $1 AND kind = $2";
const NUMBER: &str = "SELECT number FROM listings WHERE id = $1";
const BY_NUMBER: &str = "SELECT id FROM listings WHERE number = $1";
// What an account may not leave behind when the only way into it goes elsewhere.
const IS_BUSY: &str = "SELECT 1 WHERE
    EXISTS (SELECT 1 FROM listings WHERE seller_id = $1 AND sold_at IS NULL AND withdrawn_at IS NULL)
    OR EXISTS (SELECT 1 FROM orders WHERE buyer_id = $1 OR seller_id = $1)
    OR EXISTS (SELECT 1 FROM bidders WHERE member_id = $1)
    OR EXISTS (SELECT 1 FROM stores WHERE owner_id = $1)";

impl FromText for LegacyName {
    /// What was stored was checked when it came in.
    fn from_text(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
    }
}

pub(crate) fn read(row: &mut Row<'_>) -> Result<Identity, DbError> {
    Ok(Identity {
        wire: row.parsed(LegacyWire::parse)?,
        name: row.value()?,
        member: row.value()?,
        email: row.text_or_null()?,
        contact: row.text_or_null()?,
        source: row.text()?,
    })
}

/// The identity of that name.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, wire: LegacyWire, name_key: &str) -> Result<Option<Identity>, DbError> {
    db.find("identities", BY_NAME, params![wire.name(), name_key], read)
}

/// The identity that gave this e-mail address first.
///
/// # Errors
///
/// What the database says.
pub fn find_by_email(
    db: &mut Connection,
    wire: LegacyWire,
    email: &str,
) -> Result<Option<Identity>, DbError> {
    db.find("identities", BY_EMAIL, params![wire.name(), email], read)
}

/// The member's identity on a wire.
///
/// # Errors
///
/// What the database says.
pub fn find_by_member(
    db: &mut Connection,
    wire: LegacyWire,
    member: MemberId,
) -> Result<Option<Identity>, DbError> {
    db.find("identities", BY_MEMBER, params![wire.name(), member], read)
}

/// All identities of a member, by wire.
///
/// # Errors
///
/// What the database says.
pub fn of_member(db: &mut Connection, member: MemberId) -> Result<Vec<Identity>, DbError> {
    db.query("identities", OF_MEMBER, params![member], read)
}

/// So many identities of a wire behind that name, by name.
///
/// # Errors
///
/// What the database says.
pub fn of_wire(
    db: &mut Connection,
    wire: LegacyWire,
    behind: &str,
    most: i64,
) -> Result<Vec<Identity>, DbError> {
    db.query("identities", OF_WIRE, params![wire.name(), behind, most], read)
}

/// Keeps a new identity.
///
/// # Errors
///
/// [`DbError::Constraint`] when the name is taken on the wire, or the member has another there.
pub fn insert(db: &mut Connection, identity: &Identity, now: Moment) -> Result<(), DbError> {
    let key = identity.name.key();
    let params = params![
        identity.wire.name(),
        &key,
        identity.name.as_str(),
        identity.member,
        identity.email.as_deref(),
        identity.contact.as_deref(),
        &identity.source,
        now
    ];
    db.change_one(INSERT, params)
}

/// Saves the name, the e-mail address and what else a wire keeps with it.
///
/// # Errors
///
/// [`DbError::Constraint`] when the name is taken on the wire.
pub fn save(db: &mut Connection, identity: &Identity) -> Result<(), DbError> {
    let key = identity.name.key();
    let params = params![
        &key,
        identity.name.as_str(),
        identity.email.as_deref(),
        identity.contact.as_deref(),
        identity.wire.name(),
        identity.member
    ];
    db.change_one(UPDATE, params)
}

/// Gives an identity to another member.
///
/// # Errors
///
/// [`DbError::Constraint`] when that member has one on the wire.
pub fn give(db: &mut Connection, identity: &Identity, to: MemberId) -> Result<(), DbError> {
    db.change_one(MOVE, params![to, identity.wire.name(), identity.member])
}

/// Deletes an identity and its secret.
///
/// # Errors
///
/// What the database says.
pub fn delete(db: &mut Connection, wire: LegacyWire, member: MemberId) -> Result<(), DbError> {
    db.change_one(DELETE, params![wire.name(), member])?;
    delete_credential(db, wire, member)
}

/// Deletes the secret of a member for a wire.
///
/// # Errors
///
/// What the database says.
pub fn delete_credential(db: &mut Connection, wire: LegacyWire, member: MemberId) -> Result<(), DbError> {
    db.execute(DELETE_CREDENTIAL, params![member, wire.name()]).map(drop)
}

/// Whether an account sells, has bought, sold or bid, or has a store.
///
/// # Errors
///
/// What the database says.
pub fn is_busy(db: &mut Connection, member: MemberId) -> Result<bool, DbError> {
    Ok(db.find("members", IS_BUSY, params![member], |row| row.integer())?.is_some())
}

/// The number of a listing, which it has for ever.
///
/// # Errors
///
/// What the database says.
pub fn number(db: &mut Connection, listing: ListingId) -> Result<Option<i64>, DbError> {
    db.find("listings", NUMBER, params![listing], |row| row.integer())
}

/// The listing of that number.
///
/// # Errors
///
/// What the database says.
pub fn listing(db: &mut Connection, number: i64) -> Result<Option<ListingId>, DbError> {
    db.find("listings", BY_NUMBER, params![number], |row| row.value())
}
