//! What happens, as it happens: server-sent events over the JSON API.
//!
//! ```text
//!  GET /api/v1/events ─▶ a place among the streams ─▶ an ear (`ear.rs`) ─▶ what is there, at once; a comment every 2 s
//! ```

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auboutique_domain::Refusal;
use auboutique_domain::id::{AuctionId, SessionId};
use auboutique_market::{Arrival, No, Source, Who};
use auboutique_wire::json::auction::followed;
use auboutique_wire::json::{self, Malformed};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::sleep;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::asker::Asker;
use super::input::{Limit, Number, Query};
use super::metric;
use super::problem::Problem;
use super::server::{Endless, Peer};
use crate::ear::{Ear, Told};
use crate::live::{CutOff, Form, Live, Viewer};

/// How many streams are open at once, how many of those may be visitors', and how many are of one session, or of the
/// visitors of one address.
const STREAMS: usize = 10_000;
const OF_VISITORS: usize = 8_000;
const OF_SESSION: usize = 8;
const OF_ADDRESS: usize = 64;
/// How long nothing is said before a comment is. A machine that does not take it within seconds is gone.
const QUIET: Duration = Duration::from_secs(2);
/// How many bytes are gathered before they are written.
const GATHER: usize = 16 * 1_024;
/// How soon a browser comes back, in milliseconds.
const COME_BACK: u32 = 2_000;
/// What has to be read anew by who has read it already is not; a proxy that gathers before it passes on is told not to.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "text/event-stream"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];
const LAST_EVENT_ID: &str = "last-event-id";

/// The routes of what happens.
pub fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(listen)).routes(routes!(events))
}

/// Some of what happened to the asker.
#[derive(Serialize, ToSchema)]
struct OwnEvents {
    /// The events, newest first, each as it stands in the stream: `seq`, `at`, `event` and the fields of its kind.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
    /// Give this as `before` to get the next page; `null` on the last one.
    next: Option<i64>,
}

/// Which of one's own events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Back {
    /// Only what happened before the event of that number.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    before: Option<Number>,
    /// How many rows the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<Limit>,
}

/// What happened to the asker, the latest first.
///
/// For members: the events that name them, which the stream tells of as they happen.
#[utoipa::path(get, path = "/me/events", tag = "Events", params(Back),
    responses((status = OK, description = "A page of events", body = OwnEvents)))]
async fn events(
    State(site): State<Site>,
    asker: Asker,
    Query(Back { before, limit }): Query<Back>,
) -> Result<axum::Json<OwnEvents>, Problem> {
    let (before, limit) = (before.map(Into::into), limit.map(Into::into));
    let page = site.market.ask(asker.caller(), move |view| view.own_events(before, limit)).await?;
    let row = |told: &auboutique_market::Told| {
        json::event_value(told.seq, told.at, &told.event, told.message.as_ref())
    };
    Ok(axum::Json(OwnEvents { rows: page.rows.iter().map(row).collect(), next: page.next }))
}

/// From where on, and of which auctions.
#[derive(Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// Everything after this number; from now on without it. `Last-Event-ID` goes before it.
    after: Option<i64>,
    /// What happens in this auction is told too. Up to 50 are followed: the name stands there once for each.
    #[param(value_type = Option<Vec<AuctionId>>, max_items = 50)]
    auction: Vec<AuctionId>,
}

impl<'de> Deserialize<'de> for From {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Fields)
    }
}

/// The fields of [`From`], of which one may stand there more than once.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = From;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number to go on from, and auctions")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<From, A::Error> {
        let mut read = From::default();
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "after" if read.after.is_some() => return Err(A::Error::duplicate_field("after")),
                "after" => read.after = Some(fields.next_value()?),
                "auction" => read.auction.push(fields.next_value()?),
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(read)
    }
}

/// Listen to what happens.
///
/// A stream of server-sent events, for browsers' `EventSource` and for programs. Each has one line of `data`, an object of
/// one field: `event` with a number `seq`, which is also the `id` to come back with; `presence`; `typing`; `here`; or `end`,
/// after which the stream is over, with a `code` that says why and the `cursor` to come back with. Members are told what is for
/// their eyes, and are shown as here while they listen; visitors are told what everybody may see. What happens in an auction is
/// told to whoever follows it: name it in the address.
///
/// Whoever comes back with the last number they saw is told everything after it, once and in order. A number that is ahead
/// of the log ends the stream with `resync_required`: load everything anew, then listen from the `cursor` given.
#[utoipa::path(
    get,
    path = "/events",
    tag = "Events",
    params(
        From,
        ("Last-Event-ID" = Option<i64>, Header, description = "Everything after this number; browsers send it when they come back."),
    ),
    responses(
        (status = OK, description = "What happens, until either side goes.", body = String, content_type = "text/event-stream"),
        (status = BAD_REQUEST, description = "`bad_field`: a number or an id that is none, or too many auctions."),
        (status = UNAUTHORIZED, description = "`session_ended`, `authorization_unreadable`."),
        (status = NOT_FOUND, description = "`not_found` (`auction`)."),
        (status = TOO_MANY_REQUESTS, description = "`too_many_streams`, `too_many_requests`."),
        (status = SERVICE_UNAVAILABLE, description = "The market is busy, or closing."),
    ),
)]
pub async fn listen(
    State(site): State<Site>,
    asker: Asker,
    peer: Option<Extension<Peer>>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = last_event_id(&headers)?.or(from.after);
    let auctions = followed(from.auction, "auction")?;
    let place = site.shared.streams.enter(&asker)?;
    let (ear, viewer) = match Ear::begin(&site.market, asker.who, after, auctions).await {
        Ok((ear, viewer, cursor)) => ((ear, cursor), viewer),
        // What is no stream a browser cannot read.
        Err(No::Refused(Refusal::ResyncRequired { cursor })) => {
            let mut out = Vec::new();
            CutOff::ResyncRequired.write(cursor, Form::ServerSent, &mut out);
            return Ok((HEADERS, out).into_response());
        }
        Err(no) => return Err(no.into()),
    };
    let (ear, cursor) = ear;
    if let Some(Extension(peer)) = peer {
        peer.listens();
    }
    let here = match viewer {
        Viewer::Member { member, .. } => Some(site.market.arrival(member)),
        Viewer::Console | Viewer::Visitor => None,
    };
    // The number stands there before anything happened, so that whoever is cut off before that misses nothing either.
    let first = format!("retry: {COME_BACK}\nid: {cursor}\n: AUBoutique tells what happens\n\n").into_bytes();
    let now = site.market.now().timestamp();
    let listening =
        Listening { live: site.live, closing: site.closing, ear, first, _here: here, _place: place };
    let date =
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default();
    let told = stream::unfold(Some(listening), |listening| async move {
        let mut listening = listening?;
        let (bytes, over) = listening.next().await;
        Some((Ok::<_, Infallible>(bytes), (!over).then_some(listening)))
    });
    Ok((Extension(Endless), HEADERS, [(header::DATE, date)], Body::from_stream(told)).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Malformed> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let number = id.to_str().ok().and_then(|id| id.parse().ok());
    let bad = || Malformed::BadField {
        field: "Last-Event-ID".to_owned(),
        problem: "it is the number of an event".to_owned(),
    };
    number.map(Some).ok_or_else(bad)
}

/// Somebody who listens.
struct Listening {
    live: Live,
    closing: watch::Receiver<bool>,
    ear: Ear,
    /// What is said first.
    first: Vec<u8>,
    /// The member is here for as long as their machine takes what is written.
    _here: Option<Arrival>,
    _place: Place,
}

impl Listening {
    /// Waits for something to say. Whether it is the last.
    async fn next(&mut self) -> (Bytes, bool) {
        let mut out = std::mem::take(&mut self.first);
        loop {
            let cursor = self.ear.cursor();
            let told = self.ear.hear(&self.live, Form::ServerSent, &mut out, GATHER).await;
            let mut over = matches!(told, Told::Over(_));
            if !over && *self.closing.borrow() {
                let cursor = self.ear.cursor().max(cursor);
                CutOff::Closing.write(cursor, Form::ServerSent, &mut out);
                over = true;
            }
            if over || !out.is_empty() {
                return (out.into(), over);
            }
            if matches!(told, Told::Something) {
                continue;
            }
            tokio::select! {
                () = self.ear.woken() => {}
                () = sleep(QUIET) => return (Bytes::from_static(b":\n\n"), false),
                _ = self.closing.wait_for(|closing| *closing) => {}
            }
        }
    }
}

/// How many streams are open, and whose.
#[derive(Default)]
pub(crate) struct Streams {
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    all: usize,
    visitors: usize,
    of: HashMap<Whose, usize>,
}

/// Whose stream it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Session(SessionId),
    Address(Source),
}

impl Whose {
    const fn is_visitor(&self) -> bool {
        matches!(self, Self::Address(_))
    }
}

/// A place among the streams. It is free again when this is dropped.
struct Place {
    open: Arc<Mutex<Open>>,
    whose: Whose,
    _counted: metric::Open,
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Streams {
    /// A place for one more stream of that asker.
    fn enter(&self, asker: &Asker) -> Result<Place, Problem> {
        let (whose, most) = match asker.who {
            Who::Member(session) => (Whose::Session(session), OF_SESSION),
            _ => (Whose::Address(asker.source.clone()), OF_ADDRESS),
        };
        let mut open = lock(&self.open);
        let mine = open.of.get(&whose).copied().unwrap_or(0);
        let crowded = open.all >= STREAMS || (whose.is_visitor() && open.visitors >= OF_VISITORS);
        if crowded || mine >= most {
            return Err(Problem::http(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_streams",
                format!("At most {most} streams of yours are open at once. Close one, or try again later."),
            ));
        }
        open.all += 1;
        open.visitors += usize::from(whose.is_visitor());
        open.of.insert(whose.clone(), mine + 1);
        Ok(Place { open: Arc::clone(&self.open), whose, _counted: metric::Open::stream() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all = open.all.saturating_sub(1);
        open.visitors = open.visitors.saturating_sub(usize::from(self.whose.is_visitor()));
        let left = open.of.get(&self.whose).map_or(0, |mine| mine.saturating_sub(1));
        if left == 0 {
            open.of.remove(&self.whose);
        } else {
            open.of.insert(self.whose.clone(), left);
        }
    }
}
