//! The OpenAPI document, and where people read it.

use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi;

use super::Site;

#[derive(OpenApi)]
#[openapi(info(title = "AUBoutique", description = "A campus marketplace."))]
struct Head;

/// What stands before the routes.
#[must_use]
pub fn head() -> openapi::OpenApi {
    Head::openapi()
}

/// Where the document is.
pub fn routes(_document: openapi::OpenApi) -> Router<Site> {
    Router::new()
}
