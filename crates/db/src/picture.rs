//! Pictures: whose they are, how large, on which listing. Their files lie elsewhere, under their hash.

use auboutique_domain::id::{ListingId, MemberId, PictureId, StoreId};
use auboutique_domain::picture::{Extent, PictureView, Stored};
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::params;
use crate::row::Row;

/// A picture with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Which picture.
    pub id: PictureId,
    /// Who brought it.
    pub member: MemberId,
    /// The large size.
    pub large: Stored,
    /// The size for lists.
    pub thumbnail: Stored,
    /// The listing it is on, if it is on one.
    pub listing: Option<ListingId>,
    /// The store it shows, if it shows one.
    pub store: Option<StoreId>,
}

impl Picture {
    /// What everybody sees of it.
    #[must_use]
    pub const fn view(&self) -> PictureView {
        PictureView { picture: self.id, large: self.large.extent, thumbnail: self.thumbnail.extent }
    }
}

macro_rules! picture {
    ($rest:literal) => {
        concat!(
            "SELECT id, member_id, large_hash, large_width, large_height, large_bytes, thumbnail_hash,
             thumbnail_width, thumbnail_height, thumbnail_bytes, listing_id, store_id FROM pictures ",
            $rest
        )
    };
}
const BY_ID: &str = picture!("WHERE id = $1");
const INSERT: &str = "INSERT INTO pictures
    (id, member_id, large_hash, large_width, large_height, large_bytes, thumbnail_hash, thumbnail_width,
     thumbnail_height, thumbnail_bytes, added_at, unused_since)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
const UNUSED: &str = "SELECT COUNT(*) FROM pictures WHERE member_id = $1 AND unused_since IS NOT NULL";
const TAKE_OFF: &str =
    "UPDATE pictures SET listing_id = NULL, place = NULL, unused_since = $1 WHERE listing_id = $2";
const PUT_ON: &str = "UPDATE pictures SET listing_id = $1, place = $2, unused_since = NULL
    WHERE id = $3 AND listing_id IS NULL AND store_id IS NULL";
const TAKE_OFF_STORE: &str = "UPDATE pictures SET store_id = NULL, unused_since = $1 WHERE store_id = $2";
const PUT_ON_STORE: &str = "UPDATE pictures SET store_id = $1, unused_since = NULL
    WHERE id = $2 AND listing_id IS NULL AND store_id IS NULL";
const FORGET: &str = "DELETE FROM pictures WHERE unused_since <= $1";
const KEEPS: &str = "SELECT 1 FROM pictures WHERE large_hash = $1
    UNION ALL SELECT 1 FROM pictures WHERE thumbnail_hash = $1 LIMIT 1";
const FILES: &str = "SELECT large_hash, large_bytes FROM pictures
    UNION SELECT thumbnail_hash, thumbnail_bytes FROM pictures";

fn read_stored(row: &mut Row<'_>) -> Result<Stored, DbError> {
    let hash = row.text()?;
    Ok(Stored {
        hash,
        extent: Extent { width: row.integer()?, height: row.integer()?, bytes: row.integer()? },
    })
}

fn read(row: &mut Row<'_>) -> Result<Picture, DbError> {
    Ok(Picture {
        id: row.value()?,
        member: row.value()?,
        large: read_stored(row)?,
        thumbnail: read_stored(row)?,
        listing: row.value_or_null()?,
        store: row.value_or_null()?,
    })
}

/// The picture with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: PictureId) -> Result<Option<Picture>, DbError> {
    db.find("pictures", BY_ID, params![id], read)
}

/// Keeps a new picture, on no listing yet.
///
/// # Errors
///
/// What the database says.
pub fn insert(db: &mut Connection, picture: &Picture, now: Moment) -> Result<(), DbError> {
    let Picture { id, member, large, thumbnail, .. } = picture;
    let params = params![
        *id,
        *member,
        &large.hash,
        large.extent.width,
        large.extent.height,
        large.extent.bytes,
        &thumbnail.hash,
        thumbnail.extent.width,
        thumbnail.extent.height,
        thumbnail.extent.bytes,
        now
    ];
    db.change_one(INSERT, params)
}

/// How many pictures of a member are on no listing.
///
/// # Errors
///
/// What the database says.
pub fn count_unused(db: &mut Connection, member: MemberId) -> Result<i64, DbError> {
    Ok(db.find("pictures", UNUSED, params![member], |row| row.integer())?.unwrap_or(0))
}

/// Puts these pictures on a listing, in this order, instead of those it has.
///
/// # Errors
///
/// [`DbError::Conflict`] when one of them is on another listing, or shows a store.
pub fn put_on(
    db: &mut Connection,
    listing: ListingId,
    pictures: &[PictureView],
    now: Moment,
) -> Result<(), DbError> {
    db.execute(TAKE_OFF, params![now, listing])?;
    for (place, picture) in (1_i64..).zip(pictures) {
        db.change_one(PUT_ON, params![listing, place, picture.picture])?;
    }
    Ok(())
}

/// Shows a store by this picture, or by none, instead of the one it has.
///
/// # Errors
///
/// [`DbError::Conflict`] when it is on a listing, or shows another store.
pub fn put_on_store(
    db: &mut Connection,
    store: StoreId,
    picture: Option<&PictureView>,
    now: Moment,
) -> Result<(), DbError> {
    db.execute(TAKE_OFF_STORE, params![now, store])?;
    match picture {
        Some(picture) => db.change_one(PUT_ON_STORE, params![store, picture.picture]),
        None => Ok(()),
    }
}

/// Forgets pictures that have been on no listing since before that moment. Their files stay until they are swept.
///
/// # Errors
///
/// What the database says.
pub fn forget(db: &mut Connection, before: Moment) -> Result<u64, DbError> {
    db.execute(FORGET, params![before])
}

/// Whether any picture is kept in the file of this hash.
///
/// # Errors
///
/// What the database says.
pub fn keeps(db: &mut Connection, hash: &str) -> Result<bool, DbError> {
    Ok(db.find("pictures", KEEPS, params![hash], |row| row.integer())?.is_some())
}

/// Visits the hash and the length of every file a picture is kept in.
///
/// # Errors
///
/// What the database or the visitor says.
pub fn each_file(
    db: &mut Connection,
    mut visit: impl FnMut(String, i64) -> Result<(), DbError>,
) -> Result<(), DbError> {
    db.each("pictures", FILES, &[], |row| visit(row.text()?, row.integer()?))
}
