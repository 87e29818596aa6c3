//! Pictures: what a listing looks like.
//!
//! ```text
//!            bytes in pieces          decoded, turned, made anew            attached
//!  (upload) ────────────────▶ file   ────────────────────────▶ picture ───────────────▶ on a listing
//!                                                               │   ▲                      │
//!                                        forgotten after a day ◀┘   └──────── taken off ───┘
//! ```
//!
//! What is kept is made anew from the pixels: no byte of the file that came in is ever given out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::PictureId;
use crate::refusal::Refusal;
use crate::time::Span;

/// The most bytes a file may have that comes in.
pub const MOST_BYTES: i64 = 8 * 1_024 * 1_024;
/// The most pixels it may have, width times height.
pub const MOST_PIXELS: i64 = 40_000_000;
/// The most pictures a listing has.
pub const MOST_PER_LISTING: usize = 8;
/// The longer side of what is shown large, in pixels.
pub const LARGE_SIDE: u32 = 1_600;
/// The longer side of what stands in lists, in pixels.
pub const THUMBNAIL_SIDE: u32 = 320;
/// How long a picture is kept that is on no listing.
pub const UNUSED_LIFE: Span = Span::days(1);
/// How many pictures on no listing a member may have at once.
pub const MOST_UNUSED: i64 = 40;

/// One of the two sizes a picture is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PictureSize)]
pub enum Size {
    /// For lists.
    Thumbnail,
    /// To look at.
    Large,
}

/// A size of a picture: how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Extent {
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// Of the file.
    pub bytes: i64,
}

/// A size of a picture as it was made: where its file is found, and how large it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The SHA-256 of the file in hex, which is its name.
    pub hash: String,
    /// How large it is.
    pub extent: Extent,
}

/// A picture as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PictureView {
    /// Which picture.
    pub picture: PictureId,
    /// The large size.
    #[serde(flatten)]
    pub large: Extent,
    /// The size for lists.
    pub thumbnail: Extent,
}

/// Checks the pictures chosen for a listing: each once, not too many. The first is the cover.
///
/// # Errors
///
/// [`Refusal::TooManyPictures`].
pub fn chosen(pictures: Vec<PictureId>) -> Result<Vec<PictureId>, Refusal> {
    let unique: std::collections::BTreeSet<_> = pictures.iter().collect();
    if unique.len() != pictures.len() || pictures.len() > MOST_PER_LISTING {
        let most = i64::try_from(MOST_PER_LISTING).unwrap_or(i64::MAX);
        return Err(Refusal::TooManyPictures { most });
    }
    Ok(pictures)
}
