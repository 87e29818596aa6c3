//! Members over the JSON API: joining, one's account, roles.

use auboutique_domain::member::{Account, Me, MemberCard, Role, Username, display_name};
use auboutique_domain::{Command, Reply};
use auboutique_market::Password;
use auboutique_wire::json::Typed;
use axum::Json as Body;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Json, Named, Path};
use super::problem::Problem;
use super::reply::{Created, Done, Public};

/// The routes of members.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(member))
        .routes(routes!(change_role))
        .routes(routes!(me))
        .routes(routes!(change_name))
        .routes(routes!(change_username))
        .routes(routes!(change_email))
        .routes(routes!(change_password))
}

/// Who joins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Registration {
    /// The name shown.
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// The unique handle. It is brought to lower case.
    #[schema(pattern = r"^\s*[A-Za-z0-9_]{3,30}\s*$")]
    username: String,
    /// Where mail reaches the member; shown to nobody else.
    #[schema(format = Email)]
    email: String,
    /// The password. One that is guessed soon is refused.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 200)]
    password: Typed,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewName {
    /// The name shown from now on.
    #[schema(min_length = 1, max_length = 80)]
    name: String,
}

/// Another handle.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUsername {
    /// The unique handle from now on. It is brought to lower case.
    #[schema(pattern = r"^\s*[A-Za-z0-9_]{3,30}\s*$")]
    username: String,
}

/// Another address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEmail {
    /// The password as it is.
    #[schema(value_type = String, format = Password)]
    current_password: Typed,
    /// Where mail reaches the member from now on.
    #[schema(format = Email)]
    email: String,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The password as it is.
    #[schema(value_type = String, format = Password)]
    current_password: Typed,
    /// The password from now on.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 200)]
    new_password: Typed,
}

/// Another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    /// What the member may do beyond trading from now on.
    role: Role,
}

/// Which member.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Which {
    /// The member's username.
    #[param(value_type = Username)]
    username: Named<Username>,
}

/// Joins.
///
/// For everybody. It signs nobody in: that is `log_in`.
#[utoipa::path(post, path = "/members", tag = "Members", security(()),
    request_body = Registration,
    responses(
        (status = CREATED, description = "The account; its address is in `Location`", body = Account),
        (status = CONFLICT, description = "`username_taken`, `email_taken`"),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`, `username_invalid`, \
            `username_reserved`, `email_invalid`, `email_domain_not_allowed`, `password_length`, `password_weak`"),
    ))]
async fn register(
    State(site): State<Site>,
    asker: Asker,
    Json(Registration { name, username, email, password }): Json<Registration>,
) -> Result<Created, Problem> {
    let password = Password::typed(password.reveal());
    let account = site.market.register(asker.key, (&name, &username, &email), &password).await?;
    Ok(Created(Reply::Account(account)))
}

/// What everybody may see of a member.
///
/// For everybody.
#[utoipa::path(get, path = "/members/{username}", tag = "Members", security((), ("bearer" = []), ("cookie" = [])),
    params(Which),
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = NOT_FOUND, description = "`not_found` (`member`)"),
    ))]
async fn member(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { username: Named(username) }): Path<Which>,
) -> Result<Public<MemberCard>, Problem> {
    let card = site.market.ask(asker.caller(), move |view| view.member_card(username.as_str()));
    Ok(Public(card.await?))
}

/// Changes what a member may do beyond trading.
///
/// For operators. A market keeps one operator.
#[utoipa::path(put, path = "/members/{username}/role", tag = "Members", params(Which),
    request_body = NewRole,
    responses(
        (status = OK, description = "The member's card", body = MemberCard),
        (status = FORBIDDEN, description = "`role_needed`"),
        (status = NOT_FOUND, description = "`not_found` (`member`)"),
        (status = CONFLICT, description = "`last_operator`"),
    ))]
async fn change_role(
    State(site): State<Site>,
    asker: Asker,
    Path(Which { username: Named(username) }): Path<Which>,
    Json(NewRole { role }): Json<NewRole>,
) -> Result<Done, Problem> {
    Ok(Done(site.market.run(asker.caller(), Command::ChangeRole { username, role }).await?))
}

/// The asker's own account, and what a client has to know from the start.
///
/// For members.
#[utoipa::path(get, path = "/me", tag = "Members",
    responses((status = OK, description = "The account", body = Me)))]
async fn me(State(site): State<Site>, asker: Asker) -> Result<Body<Me>, Problem> {
    Ok(Body(site.market.ask(asker.caller(), |view| view.me()).await?))
}

/// Changes the name that is shown.
///
/// For members.
#[utoipa::path(put, path = "/me/name", tag = "Members",
    request_body = NewName,
    responses(
        (status = OK, description = "The account as it is now", body = Account),
        (status = UNPROCESSABLE_ENTITY, description = "`text_length`, `text_unprintable`, `card_number`"),
    ))]
async fn change_name(
    State(site): State<Site>,
    asker: Asker,
    Json(NewName { name }): Json<NewName>,
) -> Result<Done, Problem> {
    let name = display_name(&name)?;
    Ok(Done(site.market.run(asker.caller(), Command::ChangeName { name }).await?))
}

/// Takes another handle.
///
/// For members.
#[utoipa::path(put, path = "/me/username", tag = "Members",
    request_body = NewUsername,
    responses(
        (status = OK, description = "The account as it is now", body = Account),
        (status = CONFLICT, description = "`username_taken`"),
        (status = UNPROCESSABLE_ENTITY, description = "`username_invalid`, `username_reserved`"),
    ))]
async fn change_username(
    State(site): State<Site>,
    asker: Asker,
    Json(NewUsername { username }): Json<NewUsername>,
) -> Result<Done, Problem> {
    let username = Username::parse(&username)?;
    Ok(Done(site.market.run(asker.caller(), Command::ChangeUsername { username }).await?))
}

/// Takes another e-mail address.
///
/// For members. It needs the password, because whoever has the mail has the account.
#[utoipa::path(put, path = "/me/email", tag = "Members",
    request_body = NewEmail,
    responses(
        (status = OK, description = "The account as it is now", body = Account),
        (status = UNAUTHORIZED, description = "`wrong_credentials`"),
        (status = CONFLICT, description = "`email_taken`"),
        (status = UNPROCESSABLE_ENTITY, description = "`email_invalid`, `email_domain_not_allowed`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn change_email(
    State(site): State<Site>,
    asker: Asker,
    Json(NewEmail { current_password, email }): Json<NewEmail>,
) -> Result<Done, Problem> {
    let current = Password::typed(current_password.reveal());
    let account = site.market.change_email(asker.caller(), &asker.source, &current, &email).await?;
    Ok(Done(Reply::Account(account)))
}

/// Takes another password. Every other session of the member ends.
///
/// For members.
#[utoipa::path(put, path = "/me/password", tag = "Members",
    request_body = NewPassword,
    responses(
        (status = OK, description = "The account", body = Account),
        (status = UNAUTHORIZED, description = "`wrong_credentials`"),
        (status = UNPROCESSABLE_ENTITY, description = "`password_length`, `password_weak`"),
        (status = TOO_MANY_REQUESTS, description = "`too_many_tries`"),
    ))]
async fn change_password(
    State(site): State<Site>,
    asker: Asker,
    Json(NewPassword { current_password, new_password }): Json<NewPassword>,
) -> Result<Done, Problem> {
    let (current, new) = (Password::typed(current_password.reveal()), Password::typed(new_password.reveal()));
    let account = site.market.change_password(asker.caller(), &asker.source, &current, &new).await?;
    Ok(Done(Reply::Account(account)))
}
