//! The files of pictures.

use auboutique_domain::id::PictureId;
use auboutique_domain::picture::Size;
use auboutique_domain::{Refusal, picture};
use auboutique_market::Caller;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::Site;
use super::asker::Asker;
use super::problem::Problem;

/// A picture's file. It never changes; one that is on no listing yet is for its owner alone.
///
/// # Errors
///
/// `not_found`.
pub async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path((id, size)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let none = || Problem::from(Refusal::not_found("picture"));
    let id = PictureId::parse(&id).map_err(|_| none())?;
    let size = match size.as_str() {
        "large.webp" => Size::Large,
        "thumbnail.webp" => Size::Thumbnail,
        _ => return Err(none()),
    };
    let most = picture::MOST_BYTES;
    let (piece, cache) = match site.market.picture(Caller::VISITOR, id, size, 0, most).await {
        Ok(piece) => (piece, "public, max-age=31536000, immutable"),
        Err(_) => (site.market.picture(asker.caller(), id, size, 0, most).await?, "private, no-store"),
    };
    let headers = [(header::CONTENT_TYPE, "image/webp"), (header::CACHE_CONTROL, cache)];
    Ok((headers, piece.bytes).into_response())
}
