//! Sessions over the JSON API: signing in, signing out.

use auboutique_domain::member::{Account, SessionView};
use auboutique_domain::{Command, Moment};
use auboutique_market::{Password, SignIn};
use auboutique_wire::json::Typed;
use axum::Json as Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Named, Path};
use super::problem::Problem;
use super::reply::{Done, Rows};
use auboutique_domain::id::SessionId;

/// The routes of sessions.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(log_in, sessions))
        .routes(routes!(log_out))
        .routes(routes!(end_session))
}

/// Who signs in, and from where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogIn {
    /// The username or the e-mail address.
    login: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Typed,
    /// How the session calls itself in the list of sessions.
    device: Option<String>,
}

/// A session that began, and the secret that proves it.
#[derive(Serialize, ToSchema)]
struct SignedIn {
    /// Which session.
    session: SessionId,
    /// What proves it: send it as `Authorization: Bearer …`, and keep it like a password. It is shown once.
    token: String,
    /// When the session ends by itself, if it is not used before.
    expires_at: Moment,
    /// Whose it is.
    account: Account,
}

/// Which session.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The session.
    #[param(value_type = SessionId)]
    session: Named<SessionId>,
}

/// Signs in.
///
/// For everybody. An unknown login and a wrong password are answered alike.
#[utoipa::path(post, path = "/sessions", tag = "Sessions", security(()),
    request_body = LogIn,
    responses(
        (status = CREATED, description = "The session, and the token that proves it", body = SignedIn),
        (status = UNAUTHORIZED, description = "`wrong_credentials`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn log_in(
    State(site): State<Site>,
    asker: Asker,
    Json(LogIn { login, password, device }): Json<LogIn>,
) -> Result<(StatusCode, Body<SignedIn>), Problem> {
    let device = device.unwrap_or_else(|| "JSON API".to_owned());
    let password = Password::typed(password.reveal());
    let SignIn { session, token, account } =
        site.market.log_in(&login, &password, &asker.source, &device).await?;
    let token = token.reveal().to_owned();
    let said = SignedIn { session: session.session, token, expires_at: session.expires_at, account };
    Ok((StatusCode::CREATED, Body(said)))
}

/// Signs out: ends the session that asks.
///
/// For members. Its token is worth nothing from then on.
#[utoipa::path(delete, path = "/sessions/current", tag = "Sessions",
    responses((status = NO_CONTENT, description = "The session has ended")))]
async fn log_out(State(site): State<Site>, asker: Asker) -> Result<Done, Problem> {
    let session = asker.session()?;
    Ok(Done(site.market.run(asker.caller(), Command::EndSession { session }).await?))
}

/// The asker's live sessions, newest first, 100 at most.
///
/// For members.
#[utoipa::path(get, path = "/sessions", tag = "Sessions",
    responses((status = OK, description = "The sessions", body = Rows<SessionView>)))]
async fn sessions(State(site): State<Site>, asker: Asker) -> Result<Body<Rows<SessionView>>, Problem> {
    let rows = site.market.ask(asker.caller(), |view| view.sessions()).await?;
    Ok(Body(Rows { rows }))
}

/// Ends one of the asker's sessions, this one or another.
///
/// For members.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "Sessions", params(Which),
    responses(
        (status = NO_CONTENT, description = "The session has ended"),
        (status = NOT_FOUND, description = "`not_found` (`session`)"),
    ))]
async fn end_session(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { session: Named(session) }): Path<Which>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::EndSession { session }).await?))
}
