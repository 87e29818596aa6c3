//! Settings over the JSON API, for operators.

use auboutique_domain::Command;
use auboutique_domain::setting::Settings;
use axum::Json as Body;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Path};
use super::problem::Problem;
use super::reply::Done;

/// The routes of settings.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(settings)).routes(routes!(change_setting))
}

/// Which setting.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The setting's name, as `settings` shows it.
    name: String,
}

/// Another value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewValue {
    /// The value as typed: domains with commas between, or a number.
    value: String,
}

/// The settings.
///
/// For operators.
#[utoipa::path(get, path = "/settings", tag = "Settings",
    responses(
        (status = OK, description = "The settings", body = Settings),
        (status = FORBIDDEN, description = "`role_needed`"),
    ))]
async fn settings(State(site): State<Site>, asker: Asker) -> Result<Body<Settings>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), |view| view.settings()).await?))
}

/// Changes a setting.
///
/// For operators.
#[utoipa::path(put, path = "/settings/{name}", tag = "Settings", params(Which),
    request_body = NewValue,
    responses(
        (status = OK, description = "The settings as they are now", body = Settings),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`setting_invalid`"),
    ))]
async fn change_setting(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { name }): Path<Which>,
    Json(NewValue { value }): Json<NewValue>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::ChangeSetting { name, value }).await?))
}
