//! Pickup points over the JSON API: for everybody to see, for operators to set up.

use std::collections::BTreeMap;

use auboutique_domain::id::PickupPointId;
use auboutique_domain::member::{MemberCard, Username};
use auboutique_domain::pickup::{PickupPoint, PickupPointDraft, Week};
use auboutique_domain::time::{Date, parse_day};
use auboutique_domain::{Command, Refusal};
use auboutique_market::Desk;
use axum::Json as Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Named, Path};
use super::problem::Problem;
use super::reply::{Created, Done, Public, Rows};

/// The routes of pickup points.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(pickup_points, add_pickup_point))
        .routes(routes!(change_pickup_point))
        .routes(routes!(close_pickup_point))
        .routes(routes!(close_day, open_day))
        .routes(routes!(appoint_attendant, dismiss_attendant))
}

/// A pickup point as an operator describes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PickupPointDescription {
    /// What people call it.
    #[schema(min_length = 2, max_length = 80)]
    name: String,
    /// How to find it.
    #[schema(min_length = 2, max_length = 200)]
    address: String,
    /// The IANA name of its time zone, such as `Asia/Beirut`.
    time_zone: String,
    /// When it is open.
    #[schema(value_type = Week)]
    opening: BTreeMap<String, String>,
    /// How many orders can be collected on one day.
    #[schema(minimum = 1, maximum = 10_000)]
    daily_capacity: i64,
}

impl PickupPointDescription {
    fn draft(&self) -> Result<PickupPointDraft, Refusal> {
        let Self { name, address, time_zone, opening, daily_capacity } = self;
        PickupPointDraft::new(name, address, time_zone, opening, *daily_capacity)
    }
}

/// Which pickup point.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The pickup point.
    #[param(value_type = PickupPointId)]
    pickup_point: Named<PickupPointId>,
}

/// Which day of which pickup point.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OnDay {
    /// The pickup point.
    #[param(value_type = PickupPointId)]
    pickup_point: Named<PickupPointId>,
    /// The day, `2026-11-24`: today or later.
    #[param(format = Date)]
    day: String,
}

impl OnDay {
    fn day(&self) -> Result<Date, Refusal> {
        parse_day(&self.day).map_err(|_| Refusal::DayInvalid)
    }
}

/// Who serves the desk of which pickup point.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct AtDesk {
    /// The pickup point.
    #[param(value_type = PickupPointId)]
    pickup_point: Named<PickupPointId>,
    /// The member's username.
    #[param(value_type = Username)]
    username: Named<Username>,
}

/// Every pickup point, oldest first.
///
/// For everybody. Operators see the attendants of each.
#[utoipa::path(get, path = "/pickup_points", tag = "Pickup points",
    security((), ("bearer" = []), ("cookie" = [])),
    responses((status = OK, description = "The pickup points", body = Rows<Desk>)))]
async fn pickup_points(State(site): State<Site>, asker: Asker) -> Result<Response, Problem> {
    let rows = site.market.ask(asker.caller(), |view| view.pickup_points()).await?;
    let for_operator = rows.iter().any(|desk| desk.attendants.is_some());
    let rows = Rows { rows };
    Ok(if for_operator { Body(rows).into_response() } else { Public(rows).into_response() })
}

/// Adds a pickup point.
///
/// For operators.
#[utoipa::path(post, path = "/pickup_points", tag = "Pickup points",
    request_body = PickupPointDescription,
    responses(
        (status = CREATED, description = "The pickup point", body = PickupPoint),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`, `time_zone_unknown`, \
            `opening_invalid`, `capacity_out_of_range`"),
    ))]
async fn add_pickup_point(
    State(site): State<Site>,
    asker: Asker,
    Json(point): Json<PickupPointDescription>,
) -> Result<Created, Problem> {
    let draft = point.draft()?;
    Ok(Created(site.market.run(asker.caller(), Command::AddPickupPoint { draft }).await?))
}

/// Describes a pickup point anew, all of it.
///
/// For operators.
#[utoipa::path(put, path = "/pickup_points/{pickup_point}", tag = "Pickup points", params(Which),
    request_body = PickupPointDescription,
    responses(
        (status = OK, description = "The pickup point as it is now", body = PickupPoint),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`pickup point`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`, `time_zone_unknown`, \
            `opening_invalid`, `capacity_out_of_range`"),
    ))]
async fn change_pickup_point(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { pickup_point: Named(pickup_point) }): Path<Which>,
    Json(point): Json<PickupPointDescription>,
) -> Result<Done, Problem> {
    let draft = point.draft()?;
    let command = Command::ChangePickupPoint { pickup_point, draft };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}

/// Closes a pickup point: it takes no new orders, for good.
///
/// For operators.
#[utoipa::path(post, path = "/pickup_points/{pickup_point}/close", tag = "Pickup points", params(Which),
    responses(
        (status = OK, description = "The pickup point as it is now", body = PickupPoint),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`pickup point`)"),
        (status = CONFLICT, description = "`pickup_point_closed`"),
    ))]
async fn close_pickup_point(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { pickup_point: Named(pickup_point) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::ClosePickupPoint { pickup_point }).await?))
}

/// Keeps a pickup point closed on a day: its pickups move to the next open day with room.
///
/// For operators.
#[utoipa::path(put, path = "/pickup_points/{pickup_point}/closures/{day}", tag = "Pickup points", params(OnDay),
    responses(
        (status = NO_CONTENT, description = "It stays closed on that day"),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`pickup point`)"),
        (status = CONFLICT, description = "`pickup_point_full`"),
        (status = UNPROCESSABLE_ENTITY, description = "`day_invalid`"),
    ))]
async fn close_day(State(site): State<Site>, asker: Asker, Path(on): Path<OnDay>) -> Result<Done, Problem> {
    let command = Command::CloseDay { day: on.day()?, pickup_point: on.pickup_point.0 };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}

/// Opens a pickup point on that day after all.
///
/// For operators.
#[utoipa::path(delete, path = "/pickup_points/{pickup_point}/closures/{day}", tag = "Pickup points",
    params(OnDay),
    responses(
        (status = NO_CONTENT, description = "It opens on that day as its week says"),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`pickup point`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`day_invalid`"),
    ))]
async fn open_day(State(site): State<Site>, asker: Asker, Path(on): Path<OnDay>) -> Result<Done, Problem> {
    let command = Command::OpenDay { day: on.day()?, pickup_point: on.pickup_point.0 };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}

/// Lets a member serve the desk.
///
/// For operators.
#[utoipa::path(put, path = "/pickup_points/{pickup_point}/attendants/{username}", tag = "Pickup points",
    params(AtDesk),
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`pickup point`, `member`)"),
    ))]
async fn appoint_attendant(
    State(site): State<Site>,
    asker: Asker,
    Path(AtDesk { pickup_point: Named(pickup_point), username: Named(username) }): Path<AtDesk>,
) -> Result<Done, Problem> {
    let command = Command::AppointAttendant { pickup_point, username };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}

/// Lets a member serve the desk no more.
///
/// For operators.
#[utoipa::path(delete, path = "/pickup_points/{pickup_point}/attendants/{username}", tag = "Pickup points",
    params(AtDesk),
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`member`, `attendant`)"),
    ))]
async fn dismiss_attendant(
    State(site): State<Site>,
    asker: Asker,
    Path(AtDesk { pickup_point: Named(pickup_point), username: Named(username) }): Path<AtDesk>,
) -> Result<Done, Problem> {
    let command = Command::DismissAttendant { pickup_point, username };
    Ok(Done(site.market.run(asker.caller(), command).await?))
}
