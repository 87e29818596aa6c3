//! Every route on one page: the JSON API, the pages, and what operators look at.
//!
//! The routes of the API come with their part of the OpenAPI document, so none can be missing in it.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use crate::card::callback;
use crate::http::health::Health;
use crate::http::problem::Problem;
use crate::http::{self, Site, deadline, guard, kept, rate};
use crate::web;

/// The door: everything people and programs reach.
///
/// # Errors
///
/// When the texts of the pages cannot be read.
pub fn router(site: Site) -> anyhow::Result<Router> {
    let (api, document) = http::api().split_for_parts();
    let programs = api.merge(http::document::routes(&document)?);
    let programs = programs.layer(from_fn(http::problem::no_such_method));
    let asked = Router::new()
        .merge(pages())
        .merge(programs)
        .fallback(nothing)
        .layer(CompressionLayer::new().gzip(true).quality(tower_http::CompressionLevel::Fastest))
        .layer(from_fn_with_state(site.clone(), kept::keep))
        .layer(from_fn(deadline::keep))
        .layer(from_fn_with_state(site.clone(), rate::limit));
    let router = Router::new()
        .route("/healthz", get(http::health::healthz))
        .route("/readyz", get(http::health::readyz))
        .route("/assets/{version}/{file}", get(web::asset::asset))
        .route("/pictures/{picture}/{size}", get(http::picture::show))
        .merge(callbacks())
        .layer(CompressionLayer::new().gzip(true).quality(tower_http::CompressionLevel::Fastest))
        .merge(asked)
        .layer(from_fn(http::reply::revalidate))
        .layer(from_fn(http::catch_panics))
        .layer(from_fn_with_state(site.clone(), guard::guard))
        .layer(from_fn_with_state(site.clone(), web::error::for_people))
        .layer(from_fn(http::note));
    Ok(router.with_state(site))
}

/// The pages.
fn pages() -> Router<Site> {
    Router::new()
        // Looking around.
        .route("/", get(web::home::home))
        .route("/browse", get(web::listing::browse))
        .route("/listings/{listing}", get(web::listing::show))
        .route("/members/{username}", get(web::member::show))
        // Buying and selling.
        .route("/listings/{listing}/buy", post(web::listing::buy))
        .route("/listings/{listing}/cart", post(web::cart::add))
        .route("/cart", get(web::cart::show))
        .route("/cart/{verb}", post(web::cart::act))
        .route("/checkout/{checkout}", get(web::checkout::show))
        .route("/checkout/{checkout}/{verb}", post(web::checkout::act))
        .route("/wallet", get(web::wallet::show))
        .route("/wallet/{verb}", post(web::wallet::act))
        .route("/sell", get(web::sell::form).post(web::sell::add).layer(pictures()))
        .route("/listings/{listing}/edit", get(web::sell::edit).post(web::sell::change).layer(pictures()))
        .route("/listings/{listing}/withdraw", post(web::listing::withdraw))
        .route("/listings/{listing}/publish", post(web::listing::publish))
        .route("/selling", get(web::order::selling))
        .route("/orders", get(web::order::bought))
        .route("/orders/{order}", get(web::order::show))
        .route("/orders/{order}/pickup.ics", get(web::order::calendar))
        .route("/orders/{order}/ship", post(web::order::ship))
        .route("/orders/{order}/settle_return", post(web::order::settle_return))
        .route("/orders/{order}/refund", post(web::order::refund))
        .route("/orders/{order}/{verb}", post(web::order::act))
        .route("/payments/{payment}", get(web::payment::back))
        .route("/payments/{payment}/page", get(web::payment::page))
        // Auctions.
        .route("/auctions", get(web::auction::all))
        .route("/auctions/{auction}", get(web::auction::show))
        .route("/auctions/{auction}/log", get(web::auction::log))
        .route("/auctions/{auction}/{verb}", post(web::auction::act))
        .route("/my/auctions", get(web::auction::own).post(web::auction::want))
        .route("/listings/{listing}/auction", get(web::auction::put_up_form).post(web::auction::put_up))
        // Stores, and their back rooms.
        .route("/stores", get(web::store::all))
        .route("/stores/{store}", get(web::store::show))
        .route("/store", get(web::store::back))
        .route("/store/stock", get(web::store::stock))
        .route("/store/orders", get(web::store::orders))
        .route("/store/money", get(web::statement::show))
        .route("/store/money.csv", get(web::statement::sheet))
        .route("/store/money/{verb}", post(web::statement::act))
        .route("/store/add", get(web::store::product_form).post(web::store::add_product).layer(pictures()))
        .route("/store/stock/{verb}", post(web::store::stock_act))
        .route("/store/edit", post(web::store::edit).layer(pictures()))
        .route("/store/{verb}", post(web::store::act))
        // Talking.
        .route("/messages", get(web::conversation::all).post(web::conversation::start))
        .route("/messages/{conversation}", get(web::conversation::show).post(web::conversation::say))
        .route("/members/{username}/{verb}", post(web::member::act))
        // The account.
        .route("/login", get(web::session::login_form).post(web::session::login))
        .route("/signup", get(web::session::signup_form).post(web::session::signup))
        .route("/logout", post(web::session::logout))
        .route("/account", get(web::account::show))
        .route("/account/{part}", post(web::account::change))
        .route("/account/sessions/{session}/end", post(web::account::end_session))
        .route("/older", get(web::older::show))
        .route("/older/{verb}", post(web::older::act))
        .route("/events", get(web::event::all))
        .route("/events/{event}", get(web::event::one))
        // The desk, and the house.
        .route("/desk", get(web::desk::show).post(web::desk::act))
        .route("/desk/top-up", post(web::desk::top_up))
        .route("/operator", get(web::operator::show))
        .route("/operator/{verb}", post(web::operator::act))
        .method_not_allowed_fallback(forms_only)
}

/// Forms that bring pictures are larger than others.
fn pictures() -> DefaultBodyLimit {
    DefaultBodyLimit::max(web::sell::MOST_FORM)
}

/// Answers people who visit what only takes forms: the way back is the page before.
async fn forms_only(State(site): State<Site>, request: Request) -> Response {
    let detail = "This address only takes what a form sends. Go back to the page and send the form again.";
    let problem = Problem::http(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    web::error::say(&site, request.into_parts().0, problem).await
}

/// What the provider of card payments tells. It is not counted among what visitors ask: nobody is believed who cannot sign.
fn callbacks() -> Router<Site> {
    Router::new().route(callback::PATH, post(http::card::callback))
}

/// The same as a door of its own, for a provider in this process that cannot come in by an encrypted one.
pub fn callbacks_alone(site: Site) -> Router {
    callbacks().layer(from_fn(http::catch_panics)).with_state(site)
}

/// What operators look at, on a port of its own.
pub fn operators(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(http::health::healthz))
        .route("/readyz", get(http::health::ready_of))
        .route("/metrics", get(http::health::metrics))
        .with_state(health)
}

/// Answers what asks for something that is not there: programs with a problem, people with a page.
async fn nothing(State(site): State<Site>, request: Request) -> Response {
    if request.uri().path().starts_with("/api") {
        return Problem::no_route().into_response();
    }
    web::error::say(&site, request.into_parts().0, Problem::no_route()).await
}
