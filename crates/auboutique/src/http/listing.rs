//! Listings over the JSON API.

use auboutique_domain::listing::{Category, Condition};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;

/// The routes of listings.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(categories))
}

/// The shelves and conditions there are.
#[derive(Serialize, ToSchema)]
pub struct Categories {
    /// Every category, in the order they are shown.
    #[schema(value_type = Vec<String>)]
    categories: &'static [Category],
    /// Every condition, best first.
    #[schema(value_type = Vec<String>)]
    conditions: &'static [Condition],
}

/// The shelves and conditions there are.
#[utoipa::path(get, path = "/categories", responses((status = OK, body = Categories)))]
pub async fn categories() -> Json<Categories> {
    Json(Categories { categories: Category::ALL, conditions: Condition::ALL })
}
