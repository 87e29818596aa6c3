//! Stores, their staff, and the invitations that open them.

use auboutique_domain::id::{InvitationId, MemberId, StoreId};
use auboutique_domain::legacy::LegacyWire;
use auboutique_domain::member::{Email, Member, MemberCard};
use auboutique_domain::store::{Invitation, Store, StoreCard, StoreName};
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member::read_card;
use crate::params;
use crate::row::Row;

macro_rules! store {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT t.id, t.owner_id, t.name, t.handle, t.description, t.email, t.picture, t.away, t.opened_at, t.version,
             t.most_at_once",
            $more,
            " FROM stores t ",
            $rest
        )
    };
}
macro_rules! invitation {
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT i.id, i.inviter_id, i.made_at, i.expires_at, i.revoked_at, i.used_at, i.store_id, i.version",
            $more,
            " FROM invitations i ",
            $rest
        )
    };
}

const BY_ID: &str = store!("", "WHERE t.id = $1");
const BY_HANDLE: &str = store!("", "WHERE t.handle = $1");
const BY_OWNER: &str = store!("", "WHERE t.owner_id = $1");
const SHOWN: &str = store!(
    ", m.id, m.username, m.name",
    "JOIN members m ON m.id = t.owner_id WHERE t.handle = $1 OR t.id = $1"
);
const ALL: &str = store!(
    ", m.id, m.username, m.name",
    "JOIN members m ON m.id = t.owner_id WHERE t.handle > $1 ORDER BY t.handle LIMIT $2"
);
// The address for mail that an owner gave on an older wire stands for the store's.
const NEWEST: &str =
    "SELECT t.id, t.owner_id, t.name, t.handle, t.description, COALESCE(i.email, t.email), t.picture,
    t.away, t.opened_at, t.version, t.most_at_once, m.id, m.username, m.name
    FROM stores t JOIN members m ON m.id = t.owner_id
    LEFT JOIN identities i ON i.member_id = t.owner_id AND i.wire = $1
    ORDER BY t.opened_at DESC, t.id DESC LIMIT $2";
const SERVED: &str = "SELECT t.id, t.name, t.handle FROM stores t
    WHERE t.owner_id = $1 OR t.id IN (SELECT store_id FROM staff WHERE member_id = $1) ORDER BY t.handle LIMIT 100";
const SERVES: &str = "SELECT t.id, t.name, t.handle FROM stores t
    WHERE t.id = $1 AND (t.owner_id = $2
        OR EXISTS (SELECT 1 FROM staff s WHERE s.store_id = t.id AND s.member_id = $2))";
const INSERT: &str = "INSERT INTO stores
    (id, owner_id, name, handle, description, email, picture, away, opened_at, version, most_at_once)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const UPDATE: &str =
    "UPDATE stores SET name = $1, handle = $2, description = $3, email = $4, picture = $5, away = $6,
    most_at_once = $7, version = version + 1 WHERE id = $8 AND version = $9";
const APPOINT: &str = "INSERT INTO staff (store_id, member_id, appointed_at) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING";
const DISMISS: &str = "DELETE FROM staff WHERE store_id = $1 AND member_id = $2";
const STAFF: &str = "SELECT m.id, m.username, m.name FROM staff s JOIN members m ON m.id = s.member_id
    WHERE s.store_id = $1 ORDER BY m.username LIMIT 100";
const COUNT_STAFF: &str = "SELECT COUNT(*) FROM staff WHERE store_id = $1";

const INVITATION: &str = invitation!("", "WHERE i.id = $1");
const INVITATION_OF_CODE: &str = invitation!("", "WHERE i.code_hash = $1");
// What the operator made has no inviter.
const INVITATIONS: &str = invitation!(
    ", t.id, t.name, t.handle",
    "LEFT JOIN stores t ON t.id = i.store_id
     WHERE COALESCE(i.inviter_id, '') = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3"
);
const OPEN_INVITATIONS: &str = "SELECT COUNT(*) FROM invitations
    WHERE inviter_id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2";
const INSERT_INVITATION: &str =
    "INSERT INTO invitations (id, code_hash, inviter_id, made_at, expires_at, version)
    VALUES ($1, $2, $3, $4, $5, $6)";
const UPDATE_INVITATION: &str = "UPDATE invitations SET revoked_at = $1, used_at = $2, store_id = $3,
    version = version + 1 WHERE id = $4 AND version = $5";

fn read(row: &mut Row<'_>) -> Result<Store, DbError> {
    Ok(Store {
        id: row.value()?,
        owner: row.value()?,
        name: StoreName::kept(row.text()?, row.text()?),
        description: row.text()?,
        email: row.value::<Email>()?,
        picture: row.text_or_null()?.and_then(|json| serde_json::from_str(&json).ok()),
        away: row.text_or_null()?.and_then(|json| serde_json::from_str(&json).ok()),
        opened_at: row.moment()?,
        version: row.integer()?,
        limit: row.integer()?,
    })
}

/// Reads the columns id, name, handle of an outer join: what stands beside what a store sells.
pub(crate) fn read_store_card(row: &mut Row<'_>) -> Result<Option<StoreCard>, DbError> {
    let (id, name, handle) = (row.value_or_null()?, row.text_or_null()?, row.text_or_null()?);
    Ok(id.zip(name).zip(handle).map(|((store, name), handle)| StoreCard { store, name, handle }))
}

fn read_own_card(row: &mut Row<'_>) -> Result<StoreCard, DbError> {
    Ok(StoreCard { store: row.value()?, name: row.text()?, handle: row.text()? })
}

fn read_invitation(row: &mut Row<'_>) -> Result<Invitation, DbError> {
    Ok(Invitation {
        id: row.value()?,
        inviter: row.value_or_null()?,
        made_at: row.moment()?,
        expires_at: row.moment()?,
        revoked_at: row.moment_or_null()?,
        used_at: row.moment_or_null()?,
        store: row.value_or_null()?,
        version: row.integer()?,
    })
}

/// The store with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: StoreId) -> Result<Option<Store>, DbError> {
    db.find("stores", BY_ID, params![id], read)
}

/// The store with this handle.
///
/// # Errors
///
/// What the database says.
pub fn find_by_handle(db: &mut Connection, handle: &str) -> Result<Option<Store>, DbError> {
    db.find("stores", BY_HANDLE, params![handle], read)
}

/// The member whose store has this handle.
///
/// # Errors
///
/// What the database says.
pub fn find_owner(db: &mut Connection, handle: &str) -> Result<Option<Member>, DbError> {
    let Some(store) = find_by_handle(db, handle)? else { return Ok(None) };
    crate::member::find(db, store.owner)
}

/// The store of this member.
///
/// # Errors
///
/// What the database says.
pub fn find_by_owner(db: &mut Connection, owner: MemberId) -> Result<Option<Store>, DbError> {
    db.find("stores", BY_OWNER, params![owner], read)
}

/// The store with this handle, or this id, and its owner.
///
/// # Errors
///
/// What the database says.
pub fn find_shown(db: &mut Connection, name: &str) -> Result<Option<(Store, MemberCard)>, DbError> {
    db.find("stores", SHOWN, params![name], |row| Ok((read(row)?, read_card(row)?)))
}

/// All stores by their handles, after that one.
///
/// # Errors
///
/// What the database says.
pub fn all(db: &mut Connection, after: &str, most: i64) -> Result<Vec<(Store, MemberCard)>, DbError> {
    db.query("stores", ALL, params![after, most], |row| Ok((read(row)?, read_card(row)?)))
}

/// The stores that opened last; each with the address for mail that its owner gave on a legacy wire.
///
/// # Errors
///
/// What the database says.
pub fn newest(db: &mut Connection, wire: LegacyWire, most: i64) -> Result<Vec<(Store, MemberCard)>, DbError> {
    db.query("stores", NEWEST, params![wire.name(), most], |row| Ok((read(row)?, read_card(row)?)))
}

/// The stores a member acts for: their own, and those whose staff they are.
///
/// # Errors
///
/// What the database says.
pub fn served_by(db: &mut Connection, member: MemberId) -> Result<Vec<StoreCard>, DbError> {
    db.query("stores", SERVED, params![member], read_own_card)
}

/// That store, if the member acts for it.
///
/// # Errors
///
/// What the database says.
pub fn served(db: &mut Connection, id: StoreId, member: MemberId) -> Result<Option<StoreCard>, DbError> {
    db.find("stores", SERVES, params![id, member], read_own_card)
}

fn json<T: serde::Serialize>(value: Option<&T>) -> Result<Option<String>, DbError> {
    value.map(serde_json::to_string).transpose().map_err(|error| DbError::Other(error.to_string()))
}

/// Keeps a new store.
///
/// # Errors
///
/// [`DbError::Constraint`] when the member owns one, or the handle is taken.
pub fn insert(db: &mut Connection, store: &Store) -> Result<(), DbError> {
    let (picture, away) = (json(store.picture.as_ref())?, json(store.away.as_ref())?);
    let params = params![
        store.id,
        store.owner,
        store.name.as_str(),
        store.name.handle(),
        &store.description,
        store.email.as_str(),
        picture.as_ref(),
        away.as_ref(),
        store.opened_at,
        store.version,
        store.limit
    ];
    db.change_one(INSERT, params)
}

/// Saves what changed of a store.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read; [`DbError::Constraint`] when the handle is taken.
pub fn save(db: &mut Connection, store: &Store) -> Result<(), DbError> {
    let (picture, away) = (json(store.picture.as_ref())?, json(store.away.as_ref())?);
    let params = params![
        store.name.as_str(),
        store.name.handle(),
        &store.description,
        store.email.as_str(),
        picture.as_ref(),
        away.as_ref(),
        store.limit,
        store.id,
        store.version
    ];
    db.change_one(UPDATE, params)
}

/// A member may act for a store. Returns whether they could not before.
///
/// # Errors
///
/// What the database says.
pub fn appoint(db: &mut Connection, id: StoreId, member: MemberId, now: Moment) -> Result<bool, DbError> {
    Ok(db.execute(APPOINT, params![id, member, now])? > 0)
}

/// A member no longer may. Returns whether they could before.
///
/// # Errors
///
/// What the database says.
pub fn dismiss(db: &mut Connection, id: StoreId, member: MemberId) -> Result<bool, DbError> {
    Ok(db.execute(DISMISS, params![id, member])? > 0)
}

/// Who may act for a store beside its owner.
///
/// # Errors
///
/// What the database says.
pub fn staff(db: &mut Connection, id: StoreId) -> Result<Vec<MemberCard>, DbError> {
    db.query("members", STAFF, params![id], read_card)
}

/// How many they are.
///
/// # Errors
///
/// What the database says.
pub fn count_staff(db: &mut Connection, id: StoreId) -> Result<i64, DbError> {
    Ok(db.find("staff", COUNT_STAFF, params![id], |row| row.integer())?.unwrap_or(0))
}

/// The invitation with this id.
///
/// # Errors
///
/// What the database says.
pub fn find_invitation(db: &mut Connection, id: InvitationId) -> Result<Option<Invitation>, DbError> {
    db.find("invitations", INVITATION, params![id], read_invitation)
}

/// The invitation whose code has this hash.
///
/// # Errors
///
/// What the database says.
pub fn find_invitation_of_code(db: &mut Connection, hash: &str) -> Result<Option<Invitation>, DbError> {
    db.find("invitations", INVITATION_OF_CODE, params![hash], read_invitation)
}

/// The invitations a member made, or the operator, newest first, before that one; each with the store it opened.
///
/// # Errors
///
/// What the database says.
pub fn invitations(
    db: &mut Connection,
    inviter: Option<MemberId>,
    before: &str,
    most: i64,
) -> Result<Vec<(Invitation, Option<StoreCard>)>, DbError> {
    let inviter = inviter.map_or(String::new(), |member| member.to_string());
    db.query("invitations", INVITATIONS, params![&inviter, before, most], |row| {
        Ok((read_invitation(row)?, read_store_card(row)?))
    })
}

/// How many invitations of a member can still be used.
///
/// # Errors
///
/// What the database says.
pub fn count_open_invitations(db: &mut Connection, inviter: MemberId, now: Moment) -> Result<i64, DbError> {
    Ok(db.find("invitations", OPEN_INVITATIONS, params![inviter, now], |row| row.integer())?.unwrap_or(0))
}

/// Keeps a new invitation under the hash of its code.
///
/// # Errors
///
/// What the database says.
pub fn insert_invitation(db: &mut Connection, invitation: &Invitation, hash: &str) -> Result<(), DbError> {
    let Invitation { id, inviter, made_at, expires_at, version, .. } = *invitation;
    db.change_one(INSERT_INVITATION, params![id, hash, inviter, made_at, expires_at, version])
}

/// Saves what became of an invitation: the conditional write that decides who of many opens a store with it.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save_invitation(db: &mut Connection, invitation: &Invitation) -> Result<(), DbError> {
    let Invitation { id, revoked_at, used_at, store, version, .. } = *invitation;
    db.change_one(UPDATE_INVITATION, params![revoked_at, used_at, store, id, version])
}
