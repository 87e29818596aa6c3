//! Metrics: what operators' dashboards read. Routes by their template, commands and problems by their name, nothing anybody
//! said.

use std::sync::OnceLock;
use std::time::Duration;

use auboutique_domain::time::Span;
use auboutique_market::Market;
use axum::http::{Method, StatusCode};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::watch;

use crate::live::Live;

/// The bounds between which durations are counted, in seconds.
const BUCKETS: [f64; 13] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// How often what was measured is put together, so that it takes little room when nobody reads it.
const UPKEEP: Duration = Duration::from_secs(5);

const REQUESTS: &str = "auboutique_http_requests_total";
const REQUEST_SECONDS: &str = "auboutique_http_request_seconds";
const PROBLEMS: &str = "auboutique_http_problems_total";
const CONNECTIONS: &str = "auboutique_connections";
const STREAMS: &str = "auboutique_http_streams";
const COMMANDS: &str = "auboutique_commands_total";
const COMMAND_SECONDS: &str = "auboutique_command_seconds";
const WAITING: &str = "auboutique_commands_waiting";
const LAST_EVENT: &str = "auboutique_last_event";
const LISTENERS: &str = "auboutique_listeners";
const FAILED: &str = "auboutique_failed";
const BUILD: &str = "auboutique_build_info";

/// The metrics of this process; there are none until somebody may read them.
static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// From now on there are metrics, and the market's commands are among them.
pub fn start(market: &Market) {
    METRICS.get_or_init(|| {
        let built =
            PrometheusBuilder::new().set_buckets(&BUCKETS).and_then(PrometheusBuilder::install_recorder);
        match built {
            Ok(handle) => {
                describe();
                Some(handle)
            }
            Err(error) => {
                tracing::warn!(%error, "there are no metrics");
                None
            }
        }
    });
    market.observe(ran);
}

fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by method, route and status.");
    describe_histogram!(
        REQUEST_SECONDS,
        "How long requests took until their answer began, by method and route."
    );
    describe_counter!(PROBLEMS, "Requests answered with a problem, by its code.");
    describe_gauge!(CONNECTIONS, "Connections that are open, by wire.");
    describe_gauge!(STREAMS, "Streams of events that are open over HTTP.");
    describe_counter!(COMMANDS, "Commands run, by name and what they came to.");
    describe_histogram!(
        COMMAND_SECONDS,
        "How long commands took from being asked to being durable, by name."
    );
    describe_gauge!(WAITING, "Commands that wait for the writer.");
    describe_gauge!(LAST_EVENT, "The number of the last event.");
    describe_gauge!(LISTENERS, "Listeners on all wires.");
    describe_gauge!(FAILED, "1 when a commit failed and nothing more is acknowledged.");
    describe_gauge!(BUILD, "1, with the version of the program.");
}

/// Puts together what was measured, now and then, until the market closes.
pub async fn keep(mut closing: watch::Receiver<bool>) {
    let mut often = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            _ = often.tick() => if let Some(Some(handle)) = METRICS.get() {
                handle.run_upkeep();
            },
            _ = closing.wait_for(|closing| *closing) => return,
        }
    }
}

/// What Prometheus reads.
#[must_use]
pub fn render(market: &Market, live: &Live) -> String {
    let Some(Some(handle)) = METRICS.get() else { return String::new() };
    gauge!(WAITING).set(count(market.waiting()));
    gauge!(LISTENERS).set(count(live.listeners()));
    gauge!(LAST_EVENT).set(count(usize::try_from(*market.log().borrow()).unwrap_or(0)));
    gauge!(FAILED).set(if market.has_failed() { 1.0 } else { 0.0 });
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    handle.render()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn are_read() -> bool {
    matches!(METRICS.get(), Some(Some(_)))
}

/// A request was answered. What matched no route has none.
pub(crate) fn answered(
    method: &Method,
    route: Option<&str>,
    status: StatusCode,
    said: Option<&str>,
    took: Duration,
) {
    if !are_read() {
        return;
    }
    // Whoever asks may make up a method, and must not make up a row here.
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let method = known.iter().find(|known| *known == method).map_or("other", Method::as_str).to_owned();
    let route = route.unwrap_or("none").to_owned();
    let labels = [("method", method), ("route", route)];
    histogram!(REQUEST_SECONDS, &labels).record(took);
    let [method, route] = labels;
    counter!(REQUESTS, &[method, route, ("status", status.as_u16().to_string())]).increment(1);
    if let Some(code) = said {
        counter!(PROBLEMS, "code" => code.to_owned()).increment(1);
    }
}

fn ran(command: &str, came_to: &'static str, took: Span) {
    counter!(COMMANDS, "command" => command.to_owned(), "outcome" => came_to).increment(1);
    let took = Duration::from_micros(u64::try_from(took.micros()).unwrap_or(0));
    histogram!(COMMAND_SECONDS, "command" => command.to_owned()).record(took);
}

/// Something that is open, and counted for as long as this is not dropped.
pub(crate) struct Open(metrics::Gauge);

impl Open {
    /// A connection of that wire.
    pub(crate) fn connection(wire: &'static str) -> Self {
        Self::counted(gauge!(CONNECTIONS, "wire" => wire))
    }

    /// A stream of events over HTTP.
    pub(crate) fn stream() -> Self {
        Self::counted(gauge!(STREAMS))
    }

    fn counted(gauge: metrics::Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
