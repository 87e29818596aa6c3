//! A provider of card payments that behaves like a real one, and where no money moves: its door, its file, and what it tells.
//!
//! It is another company: it listens on a port of its own, looks different, and knows of the market what any provider would.
//! What it decides stands in `bank`.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use askama::Template;
use auboutique_market::Env;
use auboutique_market::env::random;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;

use super::bank::{self, Answered, Bank, Due, Line, MOST_TRIES, No, Opening, Payment, Settlement, TestCard};
use super::callback::{self, Callback};
use super::exchange::{self, Neighbor};
use super::secret::Secret;
use super::{Standing, WallClock};
use crate::config::CardSandbox;
use crate::http::{input, server};
use crate::serve;

/// The name of the sandbox's file in the data folder.
pub const FILE: &str = "card-sandbox.jsonl";
/// The name of the file of its secret in the data folder.
pub const SECRET: &str = "card-sandbox.secret";
/// How many bytes a body may have.
const MOST_BODY: usize = 16 * 1_024;
/// How many payments the page lists.
const LISTED: usize = 200;
/// How long a market may take to take a callback.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long after a buyer has paid the market is told by the card that answers late.
const LATE: Duration = Duration::from_secs(20);
/// How long it is waited before a callback that was not taken is told again; after the last it is given up, until the
/// sandbox is started anew.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
];
/// How long an answer is held back that shall never come.
const NEVER: Duration = Duration::from_secs(60);
/// How many callbacks are told at once.
const TELLING: usize = 32;

const STYLE: &str = include_str!("sandbox.css");

/// How a sandbox is run.
#[derive(Clone)]
pub struct Options {
    /// Where the market takes callbacks.
    pub callback: Neighbor,
    /// What it shares with the market.
    pub secret: Secret,
    /// Where it keeps what it knows; without it, only in memory.
    pub file: Option<PathBuf>,
    /// How long the card that answers late is late.
    pub late: Duration,
    /// How long it is waited before a callback is told again.
    pub pauses: Vec<Duration>,
    /// Its clock and its randomness.
    pub env: Arc<dyn Env>,
}

impl Options {
    /// The usual sandbox, which tells a market there and keeps nothing.
    #[must_use]
    pub fn new(callback: Neighbor, secret: Secret) -> Self {
        let (late, pauses) = (LATE, PAUSES.to_vec());
        Self { callback, secret, file: None, late, pauses, env: Arc::new(WallClock) }
    }
}

/// A sandbox. Cheap to clone.
#[derive(Clone)]
struct Sandbox(Arc<Shared>);

struct Shared {
    options: Options,
    /// What its own addresses begin with.
    url: String,
    closing: watch::Receiver<bool>,
    telling: Semaphore,
    /// How many callbacks are on their way, or wait to be.
    on_their_way: watch::Sender<usize>,
    book: Mutex<Book>,
}

/// What is known, and the file it is kept in.
struct Book {
    bank: Bank,
    file: Option<File>,
}

impl Book {
    /// Reads what was kept. A last line without an end was never kept as a whole, and is cut off.
    fn open(file: Option<&FilePath>) -> anyhow::Result<Self> {
        let mut bank = Bank::default();
        let Some(path) = file else { return Ok(Self { bank, file: None }) };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).with_context(|| format!("cannot write {}", path.display()))?;
        for (number, line) in (1..).zip(bytes[..whole].split(|byte| *byte == b'\n')) {
            if line.is_empty() {
                continue;
            }
            bank.apply(serde_json::from_slice(line).with_context(|| {
                format!(
                    "line {number} of {} cannot be read: move the file aside to start anew",
                    path.display()
                )
            })?);
        }
        Ok(Self { bank, file: Some(file) })
    }

    /// Keeps what changes, then takes it in.
    fn keep(&mut self, lines: Vec<Line>) -> Result<(), Refused> {
        if lines.is_empty() {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            let before = file.metadata().map_err(unwritten)?.len();
            let mut bytes = Vec::new();
            for line in &lines {
                serde_json::to_writer(&mut bytes, line).map_err(std::io::Error::other).map_err(unwritten)?;
                bytes.push(b'\n');
            }
            if let Err(error) = file.write_all(&bytes) {
                // Half a line would spoil the next.
                drop(file.set_len(before));
                return Err(unwritten(error));
            }
        }
        for line in lines {
            self.bank.apply(line);
        }
        Ok(())
    }
}

fn unwritten(error: std::io::Error) -> Refused {
    tracing::error!(%error, "the sandbox of card payments cannot write its file");
    let detail = "The sandbox cannot write its file, so nothing was changed. Look at its disk.";
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "unwritable", detail)
}

/// Why something was not done, as the API says it.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// Where the payment stands, when that is why.
    payment: Option<Value>,
}

impl Refused {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), payment: None }
    }
}

impl From<No> for Refused {
    fn from(no: No) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match no {
            No::Unknown => Self::new(StatusCode::NOT_FOUND, "payment_unknown", "There is no such payment."),
            No::Amount(currency) => {
                let detail =
                    format!("A payment is at least one minor unit and at most {}.", bank::most(currency));
                Self::new(unprocessable, "amount_out_of_range", detail)
            }
            No::ReturnUrl => {
                let detail = "The buyer is sent back to a page: its address begins with http:// or https://, names a \
                              host, and has at most 2,000 letters.";
                Self::new(unprocessable, "return_url_invalid", detail)
            }
            No::Differs => {
                let detail = "A payment of that name is about another amount. Take another name.";
                Self::new(StatusCode::CONFLICT, "payment_differs", detail)
            }
            No::Full => {
                let detail = "The sandbox takes no more. Start it anew without its file.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "full", detail)
            }
            No::Card => Self::new(unprocessable, "card_unknown", "Choose one of the test cards."),
            No::Stands(report) => {
                let standing = standing_of(&report.standing);
                let detail = format!("The payment does not allow this: it is {standing}.");
                let payment = serde_json::to_value(*report).ok();
                Self { payment, ..Self::new(StatusCode::CONFLICT, "payment_stands_otherwise", detail) }
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut problem = json!({ "code": self.code, "detail": self.detail });
        if let Some(payment) = self.payment {
            problem["payment"] = payment;
        }
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string())
            .into_response()
    }
}

/// The same for people.
struct RefusedPage(Refused);

impl<E: Into<Refused>> From<E> for RefusedPage {
    fn from(why: E) -> Self {
        Self(why.into())
    }
}

#[derive(Template)]
#[template(path = "sandbox-no.html")]
struct NoPage {
    detail: String,
}

impl IntoResponse for RefusedPage {
    fn into_response(self) -> Response {
        page(self.0.status, &NoPage { detail: self.0.detail })
    }
}

/// A standing in words.
fn standing_of(standing: &Standing) -> String {
    match standing {
        Standing::Open => "open".to_owned(),
        Standing::Authorized => "authorized".to_owned(),
        Standing::Declined { reason } => format!("declined: {reason}"),
        Standing::Captured { fee } => format!("captured, fee {fee}"),
        Standing::Canceled => "canceled".to_owned(),
    }
}

fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the sandbox cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn see_other(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

impl Sandbox {
    /// What is known, to look at and to change.
    fn book(&self) -> MutexGuard<'_, Book> {
        // Every change is whole before it is taken in.
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name nobody guesses.
    fn named(&self, beginning: &str) -> String {
        let random = random::<16>(self.0.options.env.as_ref());
        format!("{beginning}_{}", data_encoding::HEXLOWER.encode(&random))
    }

    /// Decides, keeps what was decided, and tells the market what it has to know.
    fn change<T, E>(&self, decide: impl FnOnce(&Bank) -> Result<(Vec<Line>, T), E>) -> Result<T, Refused>
    where
        Refused: From<E>,
    {
        let mut book = self.book();
        let (lines, outcome) = decide(&book.bank)?;
        let due: Vec<Due> = lines.iter().filter_map(due_of).collect();
        book.keep(lines)?;
        drop(book);
        due.into_iter().for_each(|due| self.tell(due));
        Ok(outcome)
    }

    /// Where a payment stands, and where its buyer pays it.
    fn said(&self, payment: &Payment) -> Response {
        let mut said = json!(payment.report());
        said["page"] = format!("{}/pay/{}", self.0.url, payment.reference).into();
        axum::Json(said).into_response()
    }

    /// Sends a callback until it is taken, or has been sent often enough.
    fn tell(&self, due: Due) {
        let one = OneMore::of(self);
        let mut closing = self.0.closing.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = one.0.deliver(due) => {}
                // What was not taken stands in the file as due.
                _ = closing.wait_for(|closing| *closing) => {}
            }
        });
    }

    async fn deliver(&self, due: Due) {
        if due.late {
            sleep(self.0.options.late).await;
        }
        let id = due.callback.id.clone();
        for _ in 0..due.times {
            if !self.deliver_once(&due.callback).await {
                return tracing::warn!(callback = %id, "a callback was not taken, and is given up for now");
            }
        }
        // A file that cannot be written says so itself: then this is told again after the next start, as providers do.
        drop(self.book().keep(vec![Line::Told(id)]));
    }

    /// Sends a callback, with growing pauses, until it is taken. Each time it is signed anew: signatures grow old.
    async fn deliver_once(&self, callback: &Callback) -> bool {
        let Options { callback: neighbor, secret, pauses, env, .. } = &self.0.options;
        let body = json!(callback).to_string().into_bytes();
        let mut pauses = pauses.iter();
        loop {
            let told = {
                let Ok(_turn) = self.0.telling.acquire().await else { return false };
                let proof = [(callback::SIGNATURE, callback::signature(secret, env.now(), &body))];
                exchange::post(neighbor, "", &proof, body.clone(), PATIENCE).await
            };
            match told {
                Ok((status, _)) if status.is_success() => return true,
                Ok((status, _)) => tracing::debug!(%status, id = callback.id, "a callback was not taken"),
                Err(why) => tracing::debug!(?why, id = callback.id, "a callback was not taken"),
            }
            match pauses.next() {
                Some(pause) => sleep(*pause).await,
                None => return false,
            }
        }
    }
}

/// A callback on its way, until this is dropped.
struct OneMore(Sandbox);

impl OneMore {
    fn of(sandbox: &Sandbox) -> Self {
        sandbox.0.on_their_way.send_modify(|count| *count += 1);
        Self(sandbox.clone())
    }
}

impl Drop for OneMore {
    fn drop(&mut self) {
        self.0.0.on_their_way.send_modify(|count| *count -= 1);
    }
}

fn due_of(line: &Line) -> Option<Due> {
    match line {
        Line::Due(due) => Some(due.clone()),
        Line::Settled { callback, .. } => Some(Due { callback: callback.clone(), times: 1, late: false }),
        Line::Payment(_) | Line::Told(_) => None,
    }
}

/// Serves a sandbox until it closes.
///
/// # Errors
///
/// When its file cannot be read.
pub fn serve(
    listener: TcpListener,
    options: Options,
    closing: watch::Receiver<bool>,
) -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let book = Book::open(options.file.as_deref())?;
    let url = format!("http://{}", listener.local_addr()?);
    let due: Vec<Due> = book.bank.due().cloned().collect();
    let shared = Shared {
        options,
        url,
        closing: closing.clone(),
        telling: Semaphore::new(TELLING),
        on_their_way: watch::Sender::new(0),
        book: Mutex::new(book),
    };
    let sandbox = Sandbox(Arc::new(shared));
    Ok(async move {
        // What was not taken before.
        due.into_iter().for_each(|due| sandbox.tell(due));
        let mut on_their_way = sandbox.0.on_their_way.subscribe();
        server::serve(listener, None, router(sandbox), closing).await;
        // Whoever opens the file next is the only one who writes to it.
        drop(on_their_way.wait_for(|count| *count == 0).await);
    })
}

/// Every route of the sandbox.
fn router(sandbox: Sandbox) -> Router {
    let api = Router::new()
        .route("/payments", post(open))
        .route("/payments/{name}", get(show))
        .route("/payments/{name}/card", post(card))
        .route("/payments/{name}/capture", post(capture))
        .route("/payments/{name}/cancel", post(cancel))
        .layer(from_fn_with_state(sandbox.clone(), is_market));
    Router::new()
        .route("/", get(payments))
        .route("/settle", post(settle))
        .route("/pay/{reference}", get(ask).post(pay))
        .route("/sandbox.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
        .merge(api)
        .fallback(nothing)
        .layer(from_fn(guard))
        .with_state(sandbox)
}

async fn nothing() -> RefusedPage {
    Refused::new(StatusCode::NOT_FOUND, "no_route", "There is nothing at this address.").into()
}

// ---- what the market asks ----

/// Lets in who knows the secret.
async fn is_market(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let mut given = request.headers().get_all(header::AUTHORIZATION).iter();
    let (first, second) = (given.next(), given.next());
    let secret =
        first.filter(|_| second.is_none()).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if secret.is_some_and(|secret| sandbox.0.options.secret.is(secret)) {
        return next.run(request).await;
    }
    let detail =
        "Send the header `Authorization: Bearer …` with the secret that this sandbox shares with its market.";
    let refused = Refused::new(StatusCode::UNAUTHORIZED, "secret_wrong", detail);
    ([(header::WWW_AUTHENTICATE, "Bearer")], refused).into_response()
}

/// Reads a whole body.
async fn read(request: Request) -> Result<Bytes, Refused> {
    input::read(request, MOST_BODY, input::PATIENCE).await.map_err(|problem| {
        let detail = format!("The body has at most {MOST_BODY} bytes, and comes at once.");
        Refused::new(problem.status(), "body_unreadable", detail)
    })
}

async fn open(State(sandbox): State<Sandbox>, request: Request) -> Result<Response, Refused> {
    let body = read(request).await?;
    let opening: Opening = serde_json::from_slice(&body).map_err(|error| {
        Refused::new(StatusCode::BAD_REQUEST, "body_unreadable", format!("The body cannot be read: {error}."))
    })?;
    let (reference, now) = (sandbox.named("ref"), sandbox.0.options.env.now());
    sandbox.change(|bank| Ok::<_, No>((bank.open(&opening, reference, now)?, ())))?;
    let book = sandbox.book();
    Ok(sandbox.said(book.bank.payment(opening.payment.as_str())?))
}

/// A card that its buyer typed at the market. Of its number nothing is kept but which of the test cards it is.
async fn card(
    State(sandbox): State<Sandbox>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    #[derive(serde::Deserialize)]
    struct Typed {
        number: String,
    }
    let body = read(request).await?;
    let typed: Typed = serde_json::from_slice(&body)
        .map_err(|_| Refused::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body is no card."))?;
    let card = TestCard::of_number(&typed.number).ok_or(No::Card)?;
    let reference = sandbox.book().bank.payment(&name)?.reference.clone();
    let (made, now) = ((sandbox.named("tok"), sandbox.named("evt")), sandbox.0.options.env.now());
    sandbox.change(|bank| Ok::<_, No>((bank.choose(&reference, card, made, now)?, ())))?;
    let book = sandbox.book();
    Ok(sandbox.said(book.bank.payment(&name)?))
}

async fn show(State(sandbox): State<Sandbox>, Path(name): Path<String>) -> Result<Response, Refused> {
    let book = sandbox.book();
    Ok(sandbox.said(book.bank.payment(&name)?))
}

async fn capture(State(sandbox): State<Sandbox>, Path(name): Path<String>) -> Result<Response, Refused> {
    let answered = sandbox.change(|bank| bank.capture(&name))?;
    if answered == Answered::Never {
        let mut closing = sandbox.0.closing.clone();
        tokio::select! {
            () = sleep(NEVER) => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
        let detail = "This answer was held back on purpose.";
        return Err(Refused::new(StatusCode::GATEWAY_TIMEOUT, "held_back", detail));
    }
    let book = sandbox.book();
    Ok(sandbox.said(book.bank.payment(&name)?))
}

async fn cancel(State(sandbox): State<Sandbox>, Path(name): Path<String>) -> Result<Response, Refused> {
    sandbox.change(|bank| Ok::<_, No>((bank.cancel(&name)?, ())))?;
    let book = sandbox.book();
    Ok(sandbox.said(book.bank.payment(&name)?))
}

// ---- what people see ----

#[derive(Template)]
#[template(path = "sandbox-pay.html")]
struct PayPage {
    amount: String,
    payment: String,
    market: String,
    back: String,
    said: Option<String>,
    bad: bool,
    payable: bool,
    cards: [TestCard; 8],
}

/// The hosted page.
async fn ask(State(sandbox): State<Sandbox>, Path(reference): Path<String>) -> Result<Response, RefusedPage> {
    let payment = sandbox.book().bank.page(&reference)?.clone();
    let origin = bank::origin(&payment.return_url).ok_or(No::ReturnUrl)?;
    let payable = payment.is_payable();
    let said = match &payment.standing {
        Standing::Open => None,
        Standing::Declined { reason } if payable => {
            Some(format!("Declined: {reason}. You can choose another card."))
        }
        Standing::Declined { reason } if payment.tries >= MOST_TRIES => {
            Some(format!("Declined: {reason}. Enough cards were tried."))
        }
        Standing::Declined { reason } => Some(format!("Declined: {reason}.")),
        Standing::Authorized | Standing::Captured { .. } => Some("This is paid.".to_owned()),
        Standing::Canceled => Some("This need not be paid any more.".to_owned()),
    };
    let shown = PayPage {
        amount: payment.amount.to_string(),
        payment: payment.name.to_string(),
        market: origin.split_once("://").map_or_else(String::new, |(_, host)| host.to_owned()),
        back: payment.return_url.clone(),
        said,
        bad: matches!(payment.standing, Standing::Declined { .. }),
        payable,
        cards: TestCard::ALL,
    };
    let mut response = page(StatusCode::OK, &shown);
    // Browsers hold what answers a form to the same policy as the form, so it names where the buyer is sent back to.
    if let Ok(policy) = HeaderValue::try_from(policy(Some(&origin))) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// A buyer chooses a card. Whoever was declined sees the page again, everybody else goes back to the market.
async fn pay(
    State(sandbox): State<Sandbox>,
    Path(reference): Path<String>,
    request: Request,
) -> Result<Response, RefusedPage> {
    let body = read(request).await?;
    let chosen = form_urlencoded::parse(&body).find(|(name, _)| name == "card");
    let card = chosen.and_then(|(_, card)| TestCard::parse(&card)).ok_or(No::Card)?;
    let (made, now) = ((sandbox.named("tok"), sandbox.named("evt")), sandbox.0.options.env.now());
    let outcome = sandbox.change(|bank| Ok::<_, No>((bank.choose(&reference, card, made, now)?, ())));
    let payment = sandbox.book().bank.page(&reference)?.clone();
    match outcome {
        Ok(()) if payment.standing == Standing::Authorized => Ok(see_other(&payment.return_url)),
        // Sent twice, or too late: the page says what is the case.
        Ok(()) => Ok(see_other(&format!("/pay/{reference}"))),
        Err(refused) if refused.payment.is_some() => Ok(see_other(&format!("/pay/{reference}"))),
        Err(refused) => Err(refused.into()),
    }
}

struct Row {
    payment: Payment,
    standing: String,
}

#[derive(Template)]
#[template(path = "sandbox-payments.html")]
struct PaymentsPage {
    count: usize,
    untold: usize,
    payments: Vec<Row>,
    settlements: Vec<Settlement>,
}

async fn payments(State(sandbox): State<Sandbox>) -> Response {
    let book = sandbox.book();
    let rows = book.bank.newest().take(LISTED);
    let shown = PaymentsPage {
        count: book.bank.count(),
        untold: book.bank.due().count(),
        payments: rows
            .map(|row| Row { payment: row.clone(), standing: standing_of(&row.standing) })
            .collect(),
        settlements: book.bank.settlements().cloned().collect(),
    };
    drop(book);
    page(StatusCode::OK, &shown)
}

async fn settle(State(sandbox): State<Sandbox>) -> Result<Response, RefusedPage> {
    let now = sandbox.0.options.env.now();
    sandbox.change(|bank| {
        let lines = bank.settle(&mut |beginning| sandbox.named(beginning), now)?;
        Ok::<_, No>((lines, ()))
    })?;
    Ok(see_other("/"))
}

// ---- what is let in ----

/// Nothing runs here, nothing is framed, and forms go here and back to the market.
fn policy(origin: Option<&str>) -> String {
    let back = match origin {
        // A policy has no way to name an address of IPv6.
        Some(origin) if origin.contains('[') => {
            origin.split_once("//").map_or_else(String::new, |(scheme, _)| format!(" {scheme}"))
        }
        Some(origin) => format!(" {origin}"),
        None => String::new(),
    };
    format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{back}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Lets a request in that names this machine as its host and, if it changes something, comes from a page of ours or from no
/// page at all; and gives its answer what every answer carries.
async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).unwrap_or_default();
    // Whoever gave a name of theirs our address would read what stands here.
    let is_here = host.parse::<Authority>().is_ok_and(|authority| {
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_ours = text(HeaderName::from_static("sec-fetch-site"))
        .is_none_or(|site| matches!(site, "same-origin" | "none"))
        && text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    let mut response = if !is_here {
        let detail = "The sandbox is on this machine, and is found under no other name.";
        RefusedPage::from(Refused::new(StatusCode::BAD_REQUEST, "host_unknown", detail)).into_response()
    } else if !safe && !is_ours {
        let detail = "This comes from another site, so nothing was done.";
        RefusedPage::from(Refused::new(StatusCode::FORBIDDEN, "foreign_origin", detail)).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy(None)) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // The address of a hosted page is nobody else's business.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

// ---- alone ----

/// Runs a sandbox alone, until a signal.
///
/// # Errors
///
/// What keeps it from starting, with what to do.
pub fn run(options: &CardSandbox) -> anyhow::Result<()> {
    serve::start_log(false);
    let callback = Neighbor::parse(&options.callback).context("--callback")?;
    let secret = Secret::keep(&options.secret_file, &WallClock)?;
    let settings = Options { file: options.data_file.clone(), ..Options::new(callback, secret) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = serve::stop_signal()?;
        let listener = serve::listen(options.http, "--http").await?;
        let address = listener.local_addr()?;
        let (closing, closed) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, settings, closed)?);
        announce(address).context("cannot print where the sandbox is")?;
        let signal = stop.await;
        tracing::info!(signal, "closing");
        closing.send_replace(true);
        serving.await.context("the sandbox broke")
    })
}

fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "The sandbox of card payments is open; no money moves in it.")?;
    writeln!(out, "  payments   http://{address}")?;
    writeln!(out, "Ctrl-C closes it.")
}
