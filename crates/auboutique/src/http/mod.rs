//! The HTTP door: sockets, who asks, what is let in, and the JSON API, one file per aggregate.
//!
//! ```text
//!  bytes ─▶ server ─▶ guard: host, origin, rate ─▶ router ─▶ a handler of the API, or of a page (`web`)
//!                                                              parse ─▶ call ─▶ render
//! ```

pub mod asker;
pub mod auction;
pub mod card;
pub mod cart;
pub mod checkout;
pub mod conversation;
pub mod deadline;
pub mod desk;
pub mod document;
pub mod event;
pub mod guard;
pub mod health;
pub mod input;
pub mod kept;
pub mod listing;
pub mod member;
pub mod metric;
pub mod order;
pub mod pickup;
pub mod picture;
pub mod presence;
pub mod problem;
pub mod rate;
pub mod reply;
pub mod server;
pub mod session;
pub mod setting;
pub mod store;
pub mod wallet;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use auboutique_market::{Caller, Market};
use auboutique_wire::json::Failure;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use utoipa_axum::router::OpenApiRouter;

use self::problem::{Problem, Said};
use crate::card::callback::Inbox;
use crate::card::cashier::Cashier;
use crate::live::Live;
use crate::web::locale::{Locales, zone_of};

/// What every address of the JSON API begins with.
pub const API: &str = "/api/v1";

/// The operations of the protocol that have no route of their own, and why.
pub const WITHOUT_ROUTE: &[(&str, &str)] = &[
    ("hello", "the version is in the address"),
    ("ping", "every request is answered at once; /healthz tells whether anybody is there"),
    ("resume", "every request brings its token, and makes its session last"),
    ("follow", "a stream says in its address which auctions it follows"),
    ("unfollow", "a stream says in its address which auctions it follows"),
    ("start_upload", "add_picture takes a file as one body"),
    ("send_chunk", "add_picture takes a file as one body"),
    ("finish_upload", "add_picture takes a file as one body"),
    ("set_legacy_password", "it is for who runs the program on its machine: nobody does it in a browser"),
];

/// How the HTTP door is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on.
    pub address: SocketAddr,
    /// Where people find the market, `https://market.example.edu`; without it, by its address.
    pub url: Option<String>,
    /// A proxy on this machine speaks for the clients: its `X-Forwarded-For` is believed.
    pub behind_proxy: bool,
    /// How many requests a minute one asker may send, if that is limited.
    pub per_minute: Option<u32>,
    /// Whether programs of older systems are let in: then the pages say how to come along from one.
    pub older: bool,
}

impl Options {
    /// The usual door at that address.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, url: None, behind_proxy: false, per_minute: Some(rate::PER_MINUTE), older: false }
    }
}

/// What every handler stands on. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    /// The market.
    pub market: Market,
    /// The listeners.
    pub live: Live,
    /// Becomes true when the market closes.
    pub closing: watch::Receiver<bool>,
    /// Who asks the provider about cards, if any are taken.
    pub cards: Option<Cashier>,
    /// Where they tell what happened.
    pub callbacks: Option<Arc<Inbox>>,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) hosts: guard::Hosts,
    pub(crate) behind_proxy: bool,
    pub(crate) older: bool,
    pub(crate) sessions: asker::Sessions,
    pub(crate) rate: Option<rate::Rate>,
    pub(crate) locales: Locales,
    pub(crate) kept: kept::Kept,
    pub(crate) streams: event::Streams,
    /// The right to hold a picture of a form in memory: up to 8 MiB each.
    pub(crate) forms: Semaphore,
}

/// How many pictures of forms are held in memory at once.
const FORM_PICTURES: usize = 8;

impl Site {
    /// The site of a market.
    ///
    /// # Errors
    ///
    /// When the URL is none, or the market cannot be read.
    pub async fn new(
        market: Market,
        live: Live,
        options: &Options,
        (address, encrypted): (SocketAddr, bool),
        closing: watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        let points = market.ask(Caller::VISITOR, |view| view.pickup_points()).await?;
        let shared = Shared {
            hosts: guard::Hosts::new(address, options.url.as_deref(), encrypted)?,
            behind_proxy: options.behind_proxy,
            older: options.older,
            sessions: asker::Sessions::default(),
            rate: options.per_minute.and_then(rate::Rate::new),
            kept: kept::Kept::default(),
            locales: Locales::load(&zone_of(&points))?,
            streams: event::Streams::default(),
            forms: Semaphore::new(FORM_PICTURES),
        };
        let (cards, callbacks) = (None, None);
        Ok(Self { market, live, closing, cards, callbacks, shared: Arc::new(shared) })
    }

    /// The same site, where cards are taken.
    #[must_use]
    pub fn with_cards(self, cashier: Cashier, inbox: Inbox) -> Self {
        Self { cards: Some(cashier), callbacks: Some(Arc::new(inbox)), ..self }
    }
}

impl Site {
    /// The languages of the pages.
    #[must_use]
    pub fn locales(&self) -> &Locales {
        &self.shared.locales
    }

    /// Where people find the market, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.shared.hosts.url()
    }
}

/// The JSON API: one file per aggregate, each route with its part of the document.
#[must_use]
pub fn api() -> OpenApiRouter<Site> {
    let routes = OpenApiRouter::new()
        .merge(session::routes())
        .merge(member::routes())
        .merge(presence::routes())
        .merge(listing::routes())
        .merge(picture::routes())
        .merge(store::routes())
        .merge(cart::routes())
        .merge(checkout::routes())
        .merge(order::routes())
        .merge(auction::routes())
        .merge(wallet::routes())
        .merge(desk::routes())
        .merge(conversation::routes())
        .merge(pickup::routes())
        .merge(setting::routes())
        .merge(event::routes());
    OpenApiRouter::with_openapi(document::head()).nest(API, routes)
}

/// Notes every request: its route, never its address, and nothing that was said.
#[expect(
    clippy::disallowed_methods,
    reason = "how long an answer took is told to operators, and decides nothing"
)]
pub async fn note(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    let took = began.elapsed();
    let said = response.extensions().get::<Said>().map(|said| said.0.as_str());
    metric::answered(&method, route.as_deref(), response.status(), said, took);
    tracing::debug!(%method, route, status = response.status().as_u16(), said, ?took, "answered");
    response
}

/// A panic is a mistake of ours in one handler. Whoever asked is told; everybody else goes on.
pub async fn catch_panics(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(incident = "panic", "a request panicked");
            let message =
                "Something is wrong on our side. Tell the operator if it keeps happening.".to_owned();
            Problem::Failure(Failure::Broken { incident: "panic".to_owned(), message }).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    async fn ill() -> &'static str {
        panic!("a mistake of ours")
    }

    #[tokio::test]
    async fn a_panic_of_one_handler_is_a_problem_for_whoever_asked_and_for_nobody_else() {
        let router = Router::new().route("/ill", get(ill)).route("/well", get(async || "well"));
        let router = router.layer(from_fn(catch_panics));
        let ask = async |path: &str| {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let kind = response.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
            let status = response.status();
            (status, kind, response.into_body().collect().await.unwrap().to_bytes())
        };
        let (status, kind, body) = ask("/ill").await;
        assert_eq!((status, kind.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "application/problem+json"));
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&Value::from("broken"), &Value::from(500)));
        assert!(!problem.to_string().contains("a mistake of ours"), "{problem}");
        assert_eq!(ask("/well").await.0, StatusCode::OK);
    }
}
