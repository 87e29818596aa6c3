//! Presence over the JSON API: who is here now.

use auboutique_domain::Command;
use auboutique_domain::presence::PresenceView;
use axum::Json as Body;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Query};
use super::problem::Problem;
use super::reply::{Done, Rows};

/// The routes of presence.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(presence)).routes(routes!(hide_presence))
}

/// Of whom.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Up to 100 usernames with commas between. Further and unknown ones are left out.
    #[param(value_type = Vec<String>, style = Form, explode = false)]
    usernames: String,
}

/// Whether to hide. It is what it comes to as well.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Hiding {
    /// Whether the member hides when they are here, and when they were.
    hidden: bool,
}

/// Who of these members is here.
///
/// For members.
#[utoipa::path(get, path = "/presence", tag = "Presence", params(Asked),
    responses((status = OK, description = "Their presences", body = Rows<PresenceView>)))]
async fn presence(
    State(site): State<Site>,
    asker: Asker,
    Query(Asked { usernames }): Query<Asked>,
) -> Result<Body<Rows<PresenceView>>, Problem> {
    let usernames: Vec<String> = usernames.split(',').map(str::to_owned).collect();
    let rows = site.market.ask(asker.caller(), move |view| view.presence(&usernames)).await?;
    Ok(Body(Rows { rows }))
}

/// Hides, or shows, when the asker is here and when they were.
///
/// For members.
#[utoipa::path(put, path = "/me/presence", tag = "Presence",
    request_body = Hiding,
    responses((status = OK, description = "Whether the member hides now", body = Hiding)))]
async fn hide_presence(
    State(site): State<Site>,
    asker: Asker,
    Json(Hiding { hidden }): Json<Hiding>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::HidePresence { hidden }).await?))
}
