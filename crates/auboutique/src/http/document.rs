//! The OpenAPI document: what every operation has in common is said here once. And where people read it.

use std::sync::Arc;

use auboutique_domain::auction::Which;
use auboutique_domain::id::{
    AuctionId, CheckoutId, ConversationId, EntryId, InvitationId, ListingId, MemberId, MessageId, OfferId,
    OrderId, PaymentId, PayoutId, PickupPointId, PictureId, SessionId, StoreId,
};
use auboutique_domain::listing::{Category, Condition, Sort};
use auboutique_domain::member::{Email, Username};
use auboutique_domain::money::{Currency, Price};
use auboutique_domain::order::Means;
use auboutique_domain::payout::Purse;
use auboutique_domain::picture::Size;
use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};
use utoipa_swagger_ui::Config;

use super::asker::COOKIE;
use super::problem::{Described, Problem};
use super::{API, Site, problem, reply};

/// The pages that show the document put styles on their elements. Scripts come from files there too.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AUBoutique",
        description = "A campus marketplace: members sell one-off things to each other, talk about them, and hand them over \
            at the desk of a pickup point.\n\n\
            Every operation has the name, the parameters and the answer it has in the AUBoutique protocol. What is refused \
            is a problem (RFC 9457) whose `code` is the same on every wire; [all of them](/api/problems). A command under an \
            `Idempotency-Key` is done once.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "Sessions", description = "Signing in and out."),
        (name = "Members", description = "Joining, one's account, roles."),
        (name = "Presence", description = "Who is here now."),
        (name = "Listings", description = "Offering, changing, finding."),
        (name = "Pictures", description = "What a listing looks like."),
        (name = "Stores", description = "Opening one, its staff, its products and their stock."),
        (name = "Cart", description = "Gathering what shall be bought together."),
        (name = "Checkout", description = "Setting it aside, turning it into orders, paying by card."),
        (name = "Orders", description = "Buying, until it is collected or comes to nothing."),
        (name = "Auctions", description = "Putting something up, bidding, watching, and what follows the end."),
        (name = "Wallet", description = "A member's money, what happened to it, and payouts."),
        (name = "Desk", description = "Taking in, taking cash, handing out: for attendants."),
        (name = "Conversations", description = "Talking, and not hearing somebody."),
        (name = "Events", description = "What happens, as it happens and afterwards."),
        (name = "Pickup points", description = "Where and when things change hands."),
        (name = "Settings", description = "What an operator can set while the market runs."),
    ),
    components(schemas(
        Described, AuctionId, Category, CheckoutId, Condition, ConversationId, Currency, Email, EntryId, InvitationId, ListingId, Means, MemberId, MessageId,
        OfferId, OrderId, PaymentId, PayoutId, PickupPointId, PictureId, Price, Purse, SessionId, Size, Sort, StoreId, Username, Which
    )),
    modifiers(&Schemes),
    security(("bearer" = []), ("cookie" = [])),
)]
struct Head;

/// How an asker says who they are.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("For programs: the token that `log_in` gave.".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let about =
            "For the pages of the market itself. What changes something has to come from one of them.";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(COOKIE, about));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    }
}

/// What stands before the routes.
#[must_use]
pub fn head() -> openapi::OpenApi {
    Head::openapi()
}

/// What any operation may be answered with, beside what it says itself.
const ALWAYS: &[(u16, &str)] = &[
    (400, "`bad_field`, `host_unclear`, `host_unknown`"),
    (401, "`sign_in_needed`, `session_ended`, `authorization_unreadable`"),
    (429, "`too_many_requests`"),
    (500, "`broken`"),
    (
        503,
        "`overloaded`, `contended`, `clock_behind`, `read_only`, `disconnected`, `outcome_unknown`, `closing`",
    ),
];
/// The same for those that change something.
const CHANGING: &[(u16, &str)] =
    &[(403, "`foreign_origin`"), (422, "`key_invalid`, `key_reused`"), (507, "`disk_full`")];
/// The same for those that take a body.
const WITH_BODY: &[(u16, &str)] = &[(400, "`body_broken`"), (408, "`body_too_slow`")];
/// The same for those whose body is JSON.
const WITH_JSON: &[(u16, &str)] = &[(400, "`not_json`"), (413, "`body_too_large`"), (415, "`json_needed`")];

/// The headers of responses, and of which statuses; of all, where none is named.
const HEADERS: &[(&str, &[&str], &str)] = &[
    ("RateLimit", &[], "How many requests are left, and for how many seconds."),
    ("RateLimit-Policy", &[], "How many there are in how many seconds."),
    ("Location", &["201"], "Where it is, if it has an address of its own."),
    ("WWW-Authenticate", &["401"], "`Bearer`."),
    ("Retry-After", &["429", "503", "507"], "After how many seconds to ask again."),
];

/// The document with what every operation has in common.
///
/// # Errors
///
/// None in practice: every document can be written as JSON.
pub fn complete(document: &openapi::OpenApi) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(document)?;
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (_, path) in paths.into_iter().flatten() {
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            operation.as_object_mut().into_iter().for_each(|operation| complete_operation(method, operation));
        }
    }
    let header = |(name, _, about): &(&str, _, &str)| {
        ((*name).to_owned(), json!({ "description": about, "schema": { "type": "string" } }))
    };
    document["components"]["headers"] = HEADERS.iter().map(header).collect();
    document["components"]["parameters"] = json!({ "Idempotency-Key": {
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Makes asking twice the same as asking once. Best a random UUID for each new request.",
        "schema": { "type": "string", "pattern": "^[!-~]{1,100}$" },
    } });
    Ok(document)
}

fn complete_operation(method: &str, operation: &mut Map<String, Value>) {
    let mut common = ALWAYS.to_vec();
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    // What stands in an address is there or is not; it has no way to say null.
    for parameter in parameters.as_array_mut().into_iter().flatten() {
        without_null(&mut parameter["schema"]);
    }
    if method != "get" {
        common.extend(CHANGING);
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(json!({ "$ref": "#/components/parameters/Idempotency-Key" }));
        }
    }
    if let Some(body) = operation.get("requestBody") {
        common.extend(WITH_BODY);
        if body["content"].get("application/json").is_some() {
            common.extend(WITH_JSON);
        }
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, codes) in common {
        let response = responses.entry(status.to_string()).or_insert_with(|| json!({ "description": "" }));
        let own = response["description"].as_str().unwrap_or_default();
        let all = if own.is_empty() { codes.to_owned() } else { format!("{own}, {codes}") };
        response["description"] = Value::from(all);
    }
    responses.sort_keys();
    for (status, response) in responses {
        let mut headers = Map::new();
        for (name, of, _) in HEADERS {
            if of.is_empty() || of.contains(&status.as_str()) {
                let place = format!("#/components/headers/{name}");
                headers.insert((*name).to_owned(), json!({ "$ref": place }));
            }
        }
        response["headers"] = Value::Object(headers);
        if status.as_str() >= "400" {
            let schema = json!({ "$ref": "#/components/schemas/Problem" });
            response["content"] = json!({ "application/problem+json": { "schema": schema } });
        }
    }
}

/// The schema of a value that is left out rather than null.
fn without_null(schema: &mut Value) {
    let null = json!("null");
    for of_several in ["type", "oneOf"] {
        let Some(all) = schema.get_mut(of_several).and_then(Value::as_array_mut) else { continue };
        all.retain(|one| *one != null && one.get("type") != Some(&null));
        if let [one] = all.as_slice() {
            let one = one.clone();
            *(if of_several == "type" { &mut schema[of_several] } else { &mut *schema }) = one;
        }
    }
}

/// Where the document is: for programs, and for people.
///
/// # Errors
///
/// None in practice: every document can be written as JSON.
pub fn routes(document: &openapi::OpenApi) -> anyhow::Result<Router<Site>> {
    let bytes = Bytes::from(serde_json::to_vec(&complete(document)?)?);
    // Nothing here is looked up at anybody else's.
    let place = format!("{API}/openapi.json");
    let config = Config::from(place.clone()).validator_url("none").display_operation_id(true).filter(true);
    let config = Arc::new(config.default_models_expand_depth(-1));
    let browser = move |path: String| std::future::ready(browsed(&path, Arc::clone(&config)));
    let start = browser.clone();
    Ok(Router::new()
        .route(&place, get(move || std::future::ready(reply::file("application/json", bytes.clone()))))
        .route("/api", get(|| std::future::ready(Redirect::permanent("/api/"))))
        .route("/api/", get(move || start("index.html".to_owned())))
        .route("/api/{file}", get(move |Path(file): Path<String>| browser(file)))
        .route("/api/problems", get(problem::page)))
}

/// A file of the pages that show the document.
fn browsed(path: &str, config: Arc<Config<'static>>) -> Response {
    let file = match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => file,
        Ok(None) => return Problem::no_route().into_response(),
        Err(error) => {
            tracing::error!(%error, "the pages of the API document cannot be made");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = reply::file("application/octet-stream", file.bytes.into_owned());
    let headers = response.headers_mut();
    if let Ok(media_type) = HeaderValue::try_from(file.content_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
