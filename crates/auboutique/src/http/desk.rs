//! The desk over the JSON API: taking in, taking cash, handing out, taking back. All of it for attendants of the order's pickup
//! point.

use auboutique_domain::Command;
use auboutique_domain::member::Username;
use auboutique_domain::money::{Money, Price};
use auboutique_domain::order::{Code, DeskView};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::Json;
use super::problem::Problem;
use super::reply::Done;

/// The routes of the desk.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(show_code))
        .routes(routes!(drop_off))
        .routes(routes!(take_payment))
        .routes(routes!(collect))
        .routes(routes!(take_return))
        .routes(routes!(top_up))
}

/// A code somebody shows at the desk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// Six letters and digits, in any case; blanks and dashes do not matter.
    code: String,
}

/// A buyer's code and their cash.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Payment {
    /// The pickup code: it starts with a digit.
    code: String,
    /// Exactly what is due.
    #[schema(value_type = Price)]
    cash: Money,
}

/// A buyer's code and the cash that is still due.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Collection {
    /// The pickup code: it starts with a digit.
    code: String,
    /// Exactly what is due; left out when nothing is.
    #[schema(value_type = Option<Price>)]
    cash: Option<Money>,
}

/// Cash for somebody's wallet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TopUp {
    /// Whose wallet: not the attendant's own.
    #[schema(value_type = Username)]
    username: String,
    /// What was handed over.
    #[schema(value_type = Price)]
    cash: Money,
}

/// What is in a wallet.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only says in the OpenAPI document what the answer looks like")]
struct Balance {
    /// What the member can spend now, per currency.
    wallet: Vec<Money>,
}

/// Says what is to be done with a code somebody shows.
///
/// For attendants. Wrong codes are counted.
#[utoipa::path(post, path = "/desk/show_code", tag = "Desk",
    request_body = Shown,
    responses(
        (status = OK, description = "What an attendant sees of the order", body = DeskView),
        (status = NOT_FOUND, description = "`not_found` (`desk`, `code`)"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn show_code(
    State(site): State<Site>,
    asker: Asker,
    Json(Shown { code }): Json<Shown>,
) -> Result<Done, Problem> {
    let code = Code::parse(&code)?;
    Ok(Done(site.market.run(asker.caller(), Command::ShowCode { code }).await?))
}

/// Takes in what the seller brings.
///
/// For attendants.
#[utoipa::path(post, path = "/desk/drop_off", tag = "Desk",
    request_body(content = Shown, description = "A drop-off code: it starts with a letter."),
    responses(
        (status = OK, description = "What an attendant sees of the order", body = DeskView),
        (status = NOT_FOUND, description = "`not_found` (`desk`, `code`)"),
        (status = CONFLICT, description = "`order_state`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn drop_off(
    State(site): State<Site>,
    asker: Asker,
    Json(Shown { code }): Json<Shown>,
) -> Result<Done, Problem> {
    let code = Code::parse(&code)?;
    Ok(Done(site.market.run(asker.caller(), Command::DropOff { code }).await?))
}

/// Takes the cash of a buyer before they collect.
///
/// For attendants.
#[utoipa::path(post, path = "/desk/take_payment", tag = "Desk",
    request_body = Payment,
    responses(
        (status = OK, description = "What an attendant sees of the order", body = DeskView),
        (status = NOT_FOUND, description = "`not_found` (`desk`, `code`)"),
        (status = CONFLICT, description = "`order_state`, `cash_due`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn take_payment(
    State(site): State<Site>,
    asker: Asker,
    Json(Payment { code, cash }): Json<Payment>,
) -> Result<Done, Problem> {
    let code = Code::parse(&code)?;
    Ok(Done(site.market.run(asker.caller(), Command::TakePayment { code, cash }).await?))
}

/// Hands out to the buyer, for the cash that is due.
///
/// For attendants.
#[utoipa::path(post, path = "/desk/collect", tag = "Desk",
    request_body = Collection,
    responses(
        (status = OK, description = "What an attendant sees of the order", body = DeskView),
        (status = NOT_FOUND, description = "`not_found` (`desk`, `code`)"),
        (status = CONFLICT, description = "`order_state`, `cash_due`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn collect(
    State(site): State<Site>,
    asker: Asker,
    Json(Collection { code, cash }): Json<Collection>,
) -> Result<Done, Problem> {
    let code = Code::parse(&code)?;
    Ok(Done(site.market.run(asker.caller(), Command::Collect { code, cash }).await?))
}

/// Takes back what the buyer brings, as it was sold.
///
/// For attendants.
#[utoipa::path(post, path = "/desk/take_return", tag = "Desk",
    request_body(content = Shown, description = "The buyer's code, made anew for the return: it starts with a digit."),
    responses(
        (status = OK, description = "What an attendant sees of the order", body = DeskView),
        (status = NOT_FOUND, description = "`not_found` (`desk`, `code`)"),
        (status = CONFLICT, description = "`order_state`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn take_return(
    State(site): State<Site>,
    asker: Asker,
    Json(Shown { code }): Json<Shown>,
) -> Result<Done, Problem> {
    let code = Code::parse(&code)?;
    Ok(Done(site.market.run(asker.caller(), Command::TakeReturn { code }).await?))
}

/// Takes cash for a member's wallet.
///
/// For attendants. Nobody fills their own.
#[utoipa::path(post, path = "/desk/top_up", tag = "Desk",
    request_body = TopUp,
    responses(
        (status = OK, description = "What is in the wallet now", body = Balance),
        (status = NOT_FOUND, description = "`not_found` (`desk`, `member`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`username_invalid`, `username_reserved`, `amount_out_of_range`, `yourself`"),
    ))]
async fn top_up(
    State(site): State<Site>,
    asker: Asker,
    Json(TopUp { username, cash }): Json<TopUp>,
) -> Result<Done, Problem> {
    let username = Username::parse(&username)?;
    Ok(Done(site.market.run(asker.caller(), Command::TopUp { username, cash }).await?))
}
