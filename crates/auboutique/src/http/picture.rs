//! Pictures: bringing one, and the files of their two sizes.

use std::time::Duration;

use auboutique_domain::id::{PictureId, UploadId};
use auboutique_domain::picture::{MOST_BYTES, PictureView, Size};
use auboutique_domain::{Refusal, Reply};
use auboutique_market::{Busy, Caller, Market, No};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{self, Named, Path, media_type};
use super::problem::Problem;
use super::reply::Created;

/// How long a client may take to bring a picture.
const PATIENCE: Duration = Duration::from_secs(120);
/// How many bytes are gathered before they are handed on.
const PIECE: usize = 256 * 1_024;

/// The routes of pictures.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(add_picture)).routes(routes!(picture))
}

/// Which picture, how large.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The picture.
    #[param(value_type = PictureId)]
    picture: Named<PictureId>,
    /// One of the two sizes it is kept in.
    #[param(value_type = Size)]
    size: String,
}

/// Brings a picture: it is decoded, turned upright, and made anew in two sizes.
///
/// For members. JPEG, PNG, WebP and GIF (its first frame) are recognized by their content. A picture that is put on no
/// listing is forgotten after a day.
#[utoipa::path(post, path = "/pictures", tag = "Pictures",
    request_body(content = (), content_type = "image/*",
        description = "The file: 1 to 8,388,608 bytes, with its `Content-Length`, within 120 seconds."),
    responses(
        (status = CREATED, description = "The picture; the address of its large size is in `Location`",
            body = PictureView),
        (status = LENGTH_REQUIRED, description = "`length_needed`"),
        (status = PAYLOAD_TOO_LARGE, description = "`picture_too_large`"),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "`image_needed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`picture_unreadable`, `picture_too_many_pixels`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_uploads`"),
    ))]
async fn add_picture(State(site): State<Site>, asker: Asker, request: Request) -> Result<Created, Problem> {
    if !media_type(request.headers()).starts_with("image/") {
        let detail = "Send the picture's file as the body, with its Content-Type, such as image/jpeg.";
        return Err(Problem::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "image_needed", detail));
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let bytes = length.and_then(|length| length.to_str().ok()?.parse().ok()).ok_or_else(|| {
        let detail = "Send the picture's file with its Content-Length, so that there is room for it.";
        Problem::http(StatusCode::LENGTH_REQUIRED, "length_needed", detail)
    })?;
    let upload = site.market.start_upload(asker.caller(), bytes).await?;
    let incoming = Incoming { market: site.market.clone(), caller: asker.caller(), upload };
    match timeout(PATIENCE, incoming.take(request.into_body())).await {
        Ok(taken) => taken?,
        Err(_) => return Err(input::too_slow(PATIENCE)),
    }
    let picture = site.market.finish_upload(asker.caller(), upload).await?;
    Ok(Created(Reply::Picture(picture)))
}

/// A picture on its way in. Whatever becomes of the request, nobody will go on with it.
struct Incoming {
    market: Market,
    caller: Caller,
    upload: UploadId,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.market.forget_upload(self.upload);
    }
}

impl Incoming {
    /// Takes a body in, piece by piece.
    async fn take(&self, mut body: Body) -> Result<(), Problem> {
        let (mut offset, mut piece) = (0, Vec::new());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| input::broken())?;
            piece.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
            if piece.len() >= PIECE {
                offset = self.hand_on(offset, std::mem::take(&mut piece)).await?;
            }
        }
        if !piece.is_empty() {
            self.hand_on(offset, piece).await?;
        }
        Ok(())
    }

    async fn hand_on(&self, offset: i64, piece: Vec<u8>) -> Result<i64, No> {
        let taken = self.market.send_chunk(self.caller.clone(), self.upload, offset, piece).await;
        taken.map_err(|no| match no {
            // It paused, and others needed the room.
            No::Refused(Refusal::NotFound { .. }) => No::Busy(Busy::Overloaded),
            no => no,
        })
    }
}

/// One size of a picture, as WebP.
///
/// For everybody who may see its listing; on no listing, for who brought it. A picture never changes under its id.
#[utoipa::path(get, path = "/pictures/{picture}/{size}", tag = "Pictures",
    security((), ("bearer" = []), ("cookie" = [])), params(Which),
    responses(
        (status = OK, description = "The file", body = (), content_type = "image/webp"),
        (status = NOT_FOUND, description = "`not_found` (`picture`)"),
    ))]
async fn picture(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { picture: Named(picture), size }): Path<Which>,
) -> Result<Response, Problem> {
    file(&site, &asker, picture, &size).await
}

/// The same at the address that pages have of it, `large.webp` or `thumbnail.webp`.
///
/// # Errors
///
/// `not_found`.
pub async fn show(
    State(site): State<Site>,
    asker: Asker,
    Path((Named(picture), name)): Path<(Named<PictureId>, String)>,
) -> Result<Response, Problem> {
    file(&site, &asker, picture, name.strip_suffix(".webp").unwrap_or_default()).await
}

/// A picture's file. It never changes; one that is on no listing yet is for its owner alone.
async fn file(site: &Site, asker: &Asker, id: PictureId, size: &str) -> Result<Response, Problem> {
    let (id, size) = match size {
        "large" => (id, Size::Large),
        "thumbnail" => (id, Size::Thumbnail),
        _ => (PictureId::NONE, Size::Large),
    };
    let (piece, cache) = match site.market.picture(Caller::VISITOR, id, size, 0, MOST_BYTES).await {
        Ok(piece) => (piece, "public, max-age=31536000, immutable"),
        Err(_) => (site.market.picture(asker.caller(), id, size, 0, MOST_BYTES).await?, "private, no-store"),
    };
    let headers = [(header::CONTENT_TYPE, "image/webp"), (header::CACHE_CONTROL, cache)];
    Ok((headers, piece.bytes).into_response())
}
