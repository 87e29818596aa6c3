//! The style, the scripts and the drawings of the pages: part of the program, under an address that changes with them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::http::problem::Problem;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Assets::iter() {
        hash.update(name.as_bytes());
        hash.update(Assets::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    format!("/assets/{}", &data_encoding::HEXLOWER.encode(&hash.finalize())[..12])
});

/// Where the assets of this program are.
#[must_use]
pub fn folder() -> &'static str {
    &FOLDER
}

/// One of the assets. Under the address of this program it never changes.
///
/// # Errors
///
/// `no_route`.
pub async fn asset(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let file = Assets::get(&name).ok_or_else(Problem::no_route)?;
    let kind = match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    };
    let current = FOLDER.strip_prefix("/assets/") == Some(version.as_str());
    let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], file.data.into_owned())
        .into_response())
}
