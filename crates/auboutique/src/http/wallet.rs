//! Money over the JSON API: the wallet, statements as objects and as sheets, and payouts.

use auboutique_domain::Command;
use auboutique_domain::id::{EntryId, PayoutId};
use auboutique_domain::listing::Page;
use auboutique_domain::money::{Money, Price};
use auboutique_domain::payout::{self, PayoutView, Purse};
use auboutique_domain::statement::{StatementView, WalletView};
use auboutique_market::View;
use auboutique_wire::csv;
use auboutique_wire::json::period;
use axum::Json as Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{As, Json, Limit, Named, Paging, Path, Query};
use super::problem::Problem;
use super::reply::{Created, Done, sheet};
use crate::connection::lines_from;

/// The routes of wallets, statements and payouts.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(wallet))
        .routes(routes!(statement))
        .routes(routes!(payouts, request_payout))
        .routes(routes!(open_payouts))
        .routes(routes!(confirm_payout))
        .routes(routes!(void_payout))
}

/// Which payout.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The payout.
    #[param(value_type = PayoutId)]
    payout: Named<PayoutId>,
}

/// Of which purse, of which days, and which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Which of the asker's purses.
    purse: Purse,
    /// The first day, where things are collected.
    #[param(format = Date)]
    from: String,
    /// The last day.
    #[param(format = Date)]
    until: String,
    /// Where the page begins: what stood in `next` on the page before. A sheet has no pages.
    after: Option<EntryId>,
    /// How many lines the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

/// A page of a statement: the sums are those of all its lines.
#[derive(Serialize, ToSchema)]
struct Statement {
    #[serde(flatten)]
    statement: StatementView,
    /// Where the next page begins; `null` on the last.
    #[schema(required = true)]
    next: Option<EntryId>,
}

/// Money to be paid out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// From which of the asker's purses.
    purse: Purse,
    /// How much.
    #[schema(value_type = Price)]
    amount: Money,
}

/// How a payout was handed over, or why it is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    /// A line; empty when it is left out.
    #[schema(max_length = 200)]
    note: Option<String>,
}

/// The asker's money: what is in each purse, what happened in the wallet last, and the last payouts.
///
/// For members.
#[utoipa::path(get, path = "/wallet", tag = "Wallet",
    responses((status = OK, description = "The wallet", body = WalletView)))]
async fn wallet(State(site): State<Site>, asker: Asker) -> Result<Body<WalletView>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), |view| view.wallet()).await?))
}

/// What happened to the asker's money in a period.
///
/// For members. With `Accept: text/csv` it is a sheet of all lines, which ends in what was there after, per currency.
#[utoipa::path(get, path = "/wallet/statement", tag = "Wallet", params(Asked),
    responses(
        (status = OK, description = "The statement", content((Statement = "application/json"), (String = "text/csv"))),
        (status = NOT_FOUND, description = "`not_found` (`store`)"),
        (status = UNPROCESSABLE_ENTITY, description = "`period_invalid`"),
    ))]
async fn statement(
    State(site): State<Site>,
    asker: Asker,
    form: As,
    Query(Asked { purse, from, until, after, limit }): Query<Asked>,
) -> Result<Response, Problem> {
    let period = period(&from, &until)?;
    let mut statement = site.market.ask(asker.caller(), move |view| view.statement(purse, period)).await?;
    Ok(match form {
        As::Sheet => sheet(&format!("{}-{from}-{until}.csv", purse.name()), csv::write_statement(&statement)),
        As::Json => {
            let lines = std::mem::take(&mut statement.lines);
            let next;
            (statement.lines, next) = lines_from(lines, after, limit.map(Into::into));
            Body(Statement { statement, next }).into_response()
        }
    })
}

/// Asks for money to be paid out.
///
/// For members. It is set aside until an operator hands it over, or it is taken back: by whoever asked, by an operator, or after 7
/// days.
#[utoipa::path(post, path = "/payouts", tag = "Wallet",
    request_body = Wanted,
    responses(
        (status = CREATED, description = "The payout", body = PayoutView),
        (status = NOT_FOUND, description = "`not_found` (`store`)"),
        (status = CONFLICT, description = "`balance_short`"),
        (status = UNPROCESSABLE_ENTITY, description = "`amount_out_of_range`"),
    ))]
async fn request_payout(
    State(site): State<Site>,
    asker: Asker,
    Json(Wanted { purse, amount }): Json<Wanted>,
) -> Result<Created, Problem> {
    Ok(Created(site.market.run(asker.caller(), Command::RequestPayout { purse, amount }).await?))
}

/// The asker's payouts, newest first.
///
/// For members.
#[utoipa::path(get, path = "/payouts", tag = "Wallet", params(Paging),
    responses(
        (status = OK, description = "A page of payouts", body = Page<PayoutView>),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
    ))]
async fn payouts(
    State(site): State<Site>,
    asker: Asker,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<PayoutView>>, Problem> {
    let page = move |view: &mut View<'_>| view.payouts(after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// Payouts that wait to be handed over, oldest first.
///
/// For operators.
#[utoipa::path(get, path = "/payouts/open", tag = "Wallet", params(Paging),
    responses(
        (status = OK, description = "A page of payouts", body = Page<PayoutView>),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`page`)"),
    ))]
async fn open_payouts(
    State(site): State<Site>,
    asker: Asker,
    Query(Paging { after, limit }): Query<Paging>,
) -> Result<Body<Page<PayoutView>>, Problem> {
    let page = move |view: &mut View<'_>| view.open_payouts(after.as_deref(), limit.map(Into::into));
    Ok(Body(site.market.ask(asker.caller(), page).await?))
}

/// Says that a payout was handed over.
///
/// For operators.
#[utoipa::path(post, path = "/payouts/{payout}/confirm", tag = "Wallet", params(Which),
    request_body = Note,
    responses(
        (status = OK, description = "The payout as it is now", body = PayoutView),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`payout`)"),
        (status = CONFLICT, description = "`payout_over`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn confirm_payout(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { payout: Named(payout) }): Path<Which>,
    Json(Note { note }): Json<Note>,
) -> Result<Done, Problem> {
    let note = payout::note(&note.unwrap_or_default())?;
    Ok(Done(site.market.run(asker.caller(), Command::ConfirmPayout { payout, note }).await?))
}

/// Takes a payout back: the money is where it was.
///
/// For whoever asked for it, and for operators.
#[utoipa::path(post, path = "/payouts/{payout}/void", tag = "Wallet", params(Which),
    request_body = Note,
    responses(
        (status = OK, description = "The payout as it is now", body = PayoutView),
        (status = NOT_FOUND, description = "`not_found` (`payout`)"),
        (status = CONFLICT, description = "`payout_over`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn void_payout(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { payout: Named(payout) }): Path<Which>,
    Json(Note { note }): Json<Note>,
) -> Result<Done, Problem> {
    let note = payout::note(&note.unwrap_or_default())?;
    Ok(Done(site.market.run(asker.caller(), Command::VoidPayout { payout, note }).await?))
}
