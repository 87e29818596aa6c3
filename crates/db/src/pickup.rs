//! Pickup points, their closures, bookings and attendants.

use std::collections::{BTreeMap, BTreeSet};

use auboutique_domain::id::{MemberId, PickupPointId};
use auboutique_domain::listing::PickupPointName;
use auboutique_domain::member::MemberCard;
use auboutique_domain::pickup::{Calendar, PickupPoint};
use auboutique_domain::time::{Date, Moment};

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::Row;

macro_rules! point {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, address, time_zone, opening, daily_capacity, closed_at, version FROM pickup_points ",
            $rest
        )
    };
}

const BY_ID: &str = point!("WHERE id = $1");
const ALL: &str = point!("ORDER BY id LIMIT 1000");
const FIRST_OPEN: &str = point!("WHERE closed_at IS NULL ORDER BY id LIMIT 1");
const INSERT: &str = "INSERT INTO pickup_points
    (id, name, address, time_zone, opening, daily_capacity, closed_at, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const UPDATE: &str = "UPDATE pickup_points SET name = $1, address = $2, time_zone = $3, opening = $4,
    daily_capacity = $5, closed_at = $6, version = version + 1 WHERE id = $7 AND version = $8";
const CLOSURES: &str = "SELECT day FROM closures WHERE pickup_point_id = $1 AND day >= $2";
const CLOSE_DAY: &str = "INSERT INTO closures (pickup_point_id, day) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const OPEN_DAY: &str = "DELETE FROM closures WHERE pickup_point_id = $1 AND day = $2";
const BOOKED: &str =
    "SELECT day, booked FROM pickup_days WHERE pickup_point_id = $1 AND day >= $2 AND booked > 0";
const BOOK: &str = "INSERT INTO pickup_days (pickup_point_id, day, booked) VALUES ($1, $2, 1)
    ON CONFLICT (pickup_point_id, day) DO UPDATE SET booked = pickup_days.booked + 1
    WHERE pickup_days.booked < $3";
const RELEASE: &str = "UPDATE pickup_days SET booked = booked - 1
    WHERE pickup_point_id = $1 AND day = $2 AND booked > 0";
const APPOINT: &str = "INSERT INTO attendants (pickup_point_id, member_id, appointed_at) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING";
const DISMISS: &str = "DELETE FROM attendants WHERE pickup_point_id = $1 AND member_id = $2";
const SERVED: &str =
    "SELECT pickup_point_id FROM attendants WHERE member_id = $1 ORDER BY appointed_at LIMIT 100";
const ATTENDED: &str =
    "SELECT p.id, p.name FROM attendants a JOIN pickup_points p ON p.id = a.pickup_point_id
    WHERE a.member_id = $1 ORDER BY a.appointed_at LIMIT 100";
const ATTENDANTS: &str =
    "SELECT m.id, m.username, m.name FROM attendants a JOIN members m ON m.id = a.member_id
    WHERE a.pickup_point_id = $1 ORDER BY m.username LIMIT 1000";

fn read(row: &mut Row<'_>) -> Result<PickupPoint, DbError> {
    Ok(PickupPoint {
        id: row.value()?,
        name: row.text()?,
        address: row.text()?,
        time_zone: row.text()?,
        opening: row.parsed(|text| serde_json::from_str(text).ok())?,
        daily_capacity: row.integer()?,
        closed_at: row.moment_or_null()?,
        version: row.integer()?,
    })
}

fn opening(point: &PickupPoint) -> String {
    serde_json::to_string(&point.opening).unwrap_or_default()
}

/// The pickup point with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: PickupPointId) -> Result<Option<PickupPoint>, DbError> {
    db.find("pickup_points", BY_ID, params![id], read)
}

/// The oldest point that takes orders.
///
/// # Errors
///
/// What the database says.
pub fn first_open(db: &mut Connection) -> Result<Option<PickupPoint>, DbError> {
    db.find("pickup_points", FIRST_OPEN, &[], read)
}

/// Every pickup point, oldest first.
///
/// # Errors
///
/// What the database says.
pub fn all(db: &mut Connection) -> Result<Vec<PickupPoint>, DbError> {
    db.query("pickup_points", ALL, &[], read)
}

/// Keeps a new pickup point.
///
/// # Errors
///
/// What the database says.
pub fn insert(db: &mut Connection, point: &PickupPoint) -> Result<(), DbError> {
    let opening = opening(point);
    let params = params![
        point.id,
        &point.name,
        &point.address,
        &point.time_zone,
        &opening,
        point.daily_capacity,
        point.closed_at,
        point.version
    ];
    db.change_one(INSERT, params)
}

/// Saves what changed of a pickup point.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn save(db: &mut Connection, point: &PickupPoint) -> Result<(), DbError> {
    let opening = opening(point);
    let params = params![
        &point.name,
        &point.address,
        &point.time_zone,
        &opening,
        point.daily_capacity,
        point.closed_at,
        point.id,
        point.version
    ];
    db.change_one(UPDATE, params)
}

/// The point with its closures and bookings from that day on.
///
/// # Errors
///
/// What the database says.
pub fn calendar(db: &mut Connection, point: PickupPoint, from: Date) -> Result<Calendar, DbError> {
    let closures: BTreeSet<Date> =
        db.query("closures", CLOSURES, params![point.id, from], |row| row.day())?.into_iter().collect();
    let booked: BTreeMap<Date, i64> = db
        .query("pickup_days", BOOKED, params![point.id, from], |row| Ok((row.day()?, row.integer()?)))?
        .into_iter()
        .collect();
    Ok(Calendar { point, closures, booked })
}

/// Closes a day. `false` when it was closed already.
///
/// # Errors
///
/// What the database says.
pub fn close_day(db: &mut Connection, point: PickupPointId, day: Date) -> Result<bool, DbError> {
    Ok(db.execute(CLOSE_DAY, params![point, day])? > 0)
}

/// Opens a closed day again. `false` when it was not closed.
///
/// # Errors
///
/// What the database says.
pub fn open_day(db: &mut Connection, point: PickupPointId, day: Date) -> Result<bool, DbError> {
    Ok(db.execute(OPEN_DAY, params![point, day])? > 0)
}

/// Books a pickup on a day that has room.
///
/// # Errors
///
/// [`DbError::Conflict`] when the day has become full.
pub fn book(db: &mut Connection, point: &PickupPoint, day: Date) -> Result<(), DbError> {
    db.change_one(BOOK, params![point.id, day, point.daily_capacity])
}

/// Gives a booked place back.
///
/// # Errors
///
/// [`DbError::Conflict`] when none was booked.
pub fn release(db: &mut Connection, point: PickupPointId, day: Date) -> Result<(), DbError> {
    db.change_one(RELEASE, params![point, day])
}

/// Lets a member serve the desk. `false` when they do already.
///
/// # Errors
///
/// What the database says.
pub fn appoint(
    db: &mut Connection,
    point: PickupPointId,
    member: MemberId,
    now: Moment,
) -> Result<bool, DbError> {
    Ok(db.execute(APPOINT, params![point, member, now])? > 0)
}

/// Lets a member no longer serve it. `false` when they did not.
///
/// # Errors
///
/// What the database says.
pub fn dismiss(db: &mut Connection, point: PickupPointId, member: MemberId) -> Result<bool, DbError> {
    Ok(db.execute(DISMISS, params![point, member])? > 0)
}

/// The points whose desk the member serves.
///
/// # Errors
///
/// What the database says.
pub fn served_by(db: &mut Connection, member: MemberId) -> Result<Vec<PickupPointId>, DbError> {
    db.query("attendants", SERVED, params![member], |row| row.value())
}

/// The same points with their names.
///
/// # Errors
///
/// What the database says.
pub fn attended(db: &mut Connection, member: MemberId) -> Result<Vec<PickupPointName>, DbError> {
    db.query("pickup_points", ATTENDED, params![member], |row| {
        Ok(PickupPointName { id: row.value()?, name: row.text()? })
    })
}

/// Who serves the desk of a point.
///
/// # Errors
///
/// What the database says.
pub fn attendants(db: &mut Connection, point: PickupPointId) -> Result<Vec<MemberCard>, DbError> {
    db.query("members", ATTENDANTS, params![point], crate::member::read_card)
}
