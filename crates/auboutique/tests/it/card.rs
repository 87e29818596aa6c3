//! Card payments over real sockets: a market's client, the sandbox of a provider, a buyer's browser between them, and what
//! the provider tells.

#![expect(clippy::unwrap_used, reason = "a company that cannot be set up fails the test that needs it")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auboutique::card::bank::TestCard;
use auboutique::card::callback::{self, Callback, What};
use auboutique::card::client::Client;
use auboutique::card::exchange::Neighbor;
use auboutique::card::sandbox::{self, Options};
use auboutique::card::secret::Secret;
use auboutique::card::{Cards, Provider, Report, Standing, TypedCard, Unavailable, WallClock};
use auboutique::http;
use auboutique::serve::{Doors, Running};
use auboutique::tcp;
use auboutique_domain::{Currency, Money};
use auboutique_market::env::SystemEnv;
use auboutique_market::{Env, Location, Market};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::wire::certificate;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Where buyers are sent back to.
const BACK: &str = "http://127.0.0.1:8080/orders/1?done=paid";
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn secret() -> Secret {
    Secret::new("the-secret-of-the-two").unwrap()
}

const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

// ---- the market's ear ----

/// What hears callbacks in place of a market: it believes them first, and takes none of the next so many.
#[derive(Clone)]
struct Ear {
    heard: mpsc::UnboundedSender<Callback>,
    deaf: Arc<AtomicUsize>,
}

async fn hear(State(ear): State<Ear>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let callback = callback::verify(&secret(), &headers, &body, WallClock.now()).expect("it is signed");
    ear.heard.send(callback).unwrap();
    let take = |left: usize| left.checked_sub(1);
    match ear.deaf.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::NO_CONTENT,
    }
}

// ---- the company ----

/// A sandbox that runs, and a market that hears it.
struct Company {
    address: SocketAddr,
    client: Client,
    heard: mpsc::UnboundedReceiver<Callback>,
    deaf: Arc<AtomicUsize>,
    ear: SocketAddr,
    pauses: Vec<Duration>,
    file: Option<PathBuf>,
    closing: watch::Sender<bool>,
    serving: JoinHandle<()>,
    _ear_open: watch::Sender<bool>,
}

impl Company {
    async fn open() -> Self {
        Self::open_with(None, 3).await
    }

    /// One that keeps what it knows in a file, and tells a callback again so many times.
    async fn open_with(file: Option<PathBuf>, again: usize) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let deaf = Arc::new(AtomicUsize::new(0));
        let ear = Ear { heard: tell, deaf: Arc::clone(&deaf) };
        let router = Router::new().route(callback::PATH, post(hear)).with_state(ear);
        let listener = TcpListener::bind(ANYWHERE).await.unwrap();
        let ear = listener.local_addr().unwrap();
        let (ear_open, closed) = watch::channel(false);
        tokio::spawn(http::server::serve(listener, None, router, closed));
        let pauses = vec![Duration::from_millis(1); again];
        let (address, closing, serving) = Self::start(ear, &pauses, file.as_ref()).await;
        let client = Client::new(Neighbor::at(address, ""), secret());
        Self { address, client, heard, deaf, ear, pauses, file, closing, serving, _ear_open: ear_open }
    }

    async fn start(
        ear: SocketAddr,
        pauses: &[Duration],
        file: Option<&PathBuf>,
    ) -> (SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
        let listener = TcpListener::bind(ANYWHERE).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (closing, closed) = watch::channel(false);
        let options = Options {
            file: file.cloned(),
            pauses: pauses.to_vec(),
            late: Duration::from_millis(20),
            ..Options::new(Neighbor::at(ear, callback::PATH), secret())
        };
        let serving = tokio::spawn(sandbox::serve(listener, options, closed).unwrap());
        (address, closing, serving)
    }

    /// Closes the sandbox.
    async fn stop(&mut self) {
        self.closing.send_replace(true);
        timeout(PATIENCE, &mut self.serving).await.unwrap().unwrap();
    }

    /// Opens it again, elsewhere, on the same file.
    async fn start_again(&mut self) {
        let started = Self::start(self.ear, &self.pauses, self.file.as_ref()).await;
        (self.address, self.closing, self.serving) = started;
        self.client = Client::new(Neighbor::at(self.address, ""), secret());
    }

    /// Opens a payment; the path of its hosted page.
    async fn opens(&self, payment: &str, amount: Money) -> String {
        let page = self.client.open(payment, amount, BACK).await.unwrap();
        let path = page.strip_prefix(&format!("http://{}", self.address)).unwrap_or_else(|| panic!("{page}"));
        assert!(path.starts_with("/pay/ref_") && path.len() > 40, "{path}");
        path.to_owned()
    }

    /// A buyer chooses a card; where the browser is sent then.
    async fn pays(&self, page: &str, card: TestCard) -> String {
        let origin = format!("origin: http://{}\r\nsec-fetch-site: same-origin\r\n", self.address);
        let answer = self.browses("POST", page, &origin, &format!("card={}", card.name())).await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        let place = answer.lines().find_map(|line| line.strip_prefix("location: "));
        place.unwrap().to_owned()
    }

    /// A payment that was paid with that card.
    async fn paid(&self, payment: &str, card: TestCard) {
        let page = self.opens(payment, usd(1_250)).await;
        assert_eq!(self.pays(&page, card).await, BACK);
    }

    /// What a browser is answered, head and all.
    async fn browses(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        asks(self.address, method, path, headers, body).await
    }

    async fn stands(&self, payment: &str) -> Standing {
        self.client.standing(payment).await.unwrap().unwrap().standing
    }

    async fn captures(&self, payment: &str) -> Standing {
        self.client.capture(payment).await.unwrap().standing
    }

    /// Whoever runs the market has captured money paid out.
    async fn settles(&self) {
        let answer = self.browses("POST", "/settle", "", "").await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    }

    /// The next thing the market hears.
    async fn hears(&mut self) -> Callback {
        timeout(PATIENCE, self.heard.recv()).await.expect("nothing is told").unwrap()
    }

    /// The next thing the market hears is about that payment; where it stands.
    async fn hears_of(&mut self, payment: &str) -> Standing {
        match self.hears().await.what {
            What::Payment(Report { payment: name, standing, amount }) => {
                assert_eq!((name.as_str(), amount), (payment, usd(1_250)));
                standing
            }
            other @ What::Settled { .. } => panic!("{other:?}"),
        }
    }

    /// The next thing the market hears is a settlement; how much it is.
    async fn hears_of_a_settlement(&mut self) -> Money {
        match self.hears().await.what {
            What::Settled { batch, amount } if batch.starts_with("stl_") => amount,
            other => panic!("{other:?}"),
        }
    }
}

/// Sends one request and reads all of its answer.
async fn asks(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> String {
    let host = if headers.contains("host: ") { String::new() } else { format!("host: {address}\r\n") };
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{host}{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("no answer").unwrap();
    answer
}

const FEE: Standing = Standing::Captured { fee: usd(66) };

// ---- the cards ----

#[tokio::test]
async fn a_payment_is_approved_told_captured_and_given_back() {
    let mut company = Company::open().await;
    let page = company.opens("pay_1", usd(1_250)).await;
    assert_eq!(company.stands("pay_1").await, Standing::Open);
    assert_eq!(company.opens("pay_1", usd(1_250)).await, page, "asked again it is the same");
    assert_eq!(company.pays(&page, TestCard::Approves).await, BACK);
    assert_eq!(company.hears_of("pay_1").await, Standing::Authorized);
    assert_eq!(company.captures("pay_1").await, FEE);
    assert_eq!(company.captures("pay_1").await, FEE, "asked again it is the same");
    for _ in 0..2 {
        assert_eq!(company.client.cancel("pay_1").await.unwrap().standing, Standing::Canceled);
    }
    assert_eq!(company.captures("pay_1").await, Standing::Canceled, "it says where it stands");
}

#[tokio::test]
async fn who_is_declined_chooses_another_card_on_the_same_page() {
    let mut company = Company::open().await;
    let page = company.opens("pay_1", usd(1_250)).await;
    for (card, reason) in
        [(TestCard::NotEnoughMoney, "not enough money"), (TestCard::Stolen, "the card was reported stolen")]
    {
        assert_eq!(company.pays(&page, card).await, page);
        let declined = Standing::Declined { reason: reason.to_owned() };
        assert_eq!(company.hears_of("pay_1").await, declined);
        assert_eq!(company.captures("pay_1").await, declined);
        let shown = company.browses("GET", &page, "", "").await;
        assert!(
            shown.contains(&format!("Declined: {reason}")) && shown.contains("type=\"radio\""),
            "{shown}"
        );
    }
    assert_eq!(company.pays(&page, TestCard::Approves).await, BACK);
    assert_eq!(company.hears_of("pay_1").await, Standing::Authorized);
    assert_eq!(company.pays(&page, TestCard::Stolen).await, page, "what is paid is not paid again");
    assert_eq!(company.stands("pay_1").await, Standing::Authorized);
}

#[tokio::test]
async fn an_answer_that_is_late_is_there_for_whoever_asks() {
    let mut company = Company::open().await;
    company.paid("pay_1", TestCard::AnswersLate).await;
    assert_eq!(company.stands("pay_1").await, Standing::Authorized);
    assert_eq!(company.hears_of("pay_1").await, Standing::Authorized);
}

#[tokio::test]
async fn what_is_told_twice_has_the_same_name() {
    let mut company = Company::open().await;
    company.paid("pay_1", TestCard::CallsTwice).await;
    let first = company.hears().await;
    assert_eq!(company.hears().await, first);
}

#[tokio::test]
async fn what_is_never_told_can_be_asked_for() {
    let mut company = Company::open().await;
    company.paid("pay_1", TestCard::NeverTells).await;
    assert_eq!(company.stands("pay_1").await, Standing::Authorized);
    company.paid("pay_2", TestCard::Approves).await;
    assert_eq!(company.hears_of("pay_2").await, Standing::Authorized, "the first thing that is heard");
    assert_eq!(company.captures("pay_1").await, FEE);
}

#[tokio::test]
async fn a_capture_that_times_out_once_is_captured_exactly_once() {
    let mut company = Company::open().await;
    company.paid("pay_1", TestCard::CaptureTimesOut).await;
    assert_eq!(company.hears_of("pay_1").await, Standing::Authorized);
    let hasty = company.client.clone().with_patience(Duration::from_millis(250));
    assert_eq!(hasty.capture("pay_1").await, Err(Unavailable::Late));
    assert_eq!(company.stands("pay_1").await, FEE, "it was done");
    assert_eq!(company.captures("pay_1").await, FEE);
    company.settles().await;
    assert_eq!(company.hears_of_a_settlement().await, usd(1_184));
    // What is paid out next is the next payment alone.
    company.settles().await;
    company.paid("pay_2", TestCard::NeverTells).await;
    company.captures("pay_2").await;
    company.settles().await;
    assert_eq!(company.hears_of_a_settlement().await, usd(1_184));
}

#[tokio::test]
async fn a_capture_that_fails_leaves_no_money() {
    let mut company = Company::open().await;
    company.paid("pay_1", TestCard::CaptureFails).await;
    assert_eq!(company.hears_of("pay_1").await, Standing::Authorized);
    let declined = company.captures("pay_1").await;
    assert!(matches!(declined, Standing::Declined { .. }), "{declined:?}");
    assert_eq!(company.captures("pay_1").await, declined);
    let page = company.opens("pay_1", usd(1_250)).await;
    let shown = company.browses("GET", &page, "", "").await;
    assert!(!shown.contains("<form"), "{shown}");
}

#[tokio::test]
async fn a_card_that_was_typed_at_the_market_pays_or_does_not_and_its_number_is_kept_nowhere() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sandbox.jsonl");
    let mut company = Company::open_with(Some(file.clone()), 3).await;
    let (good, poor) =
        (TypedCard::new("4242424242424242", "12/27"), TypedCard::new("4000000000009995", "12/27"));
    let declined = Standing::Declined { reason: "not enough money".to_owned() };
    for (payment, card, standing) in [("pay_1", &good, Standing::Authorized), ("pay_2", &poor, declined)] {
        company.opens(payment, usd(1_250)).await;
        assert_eq!(company.client.present(payment, card).await.unwrap().standing, standing);
        assert_eq!(company.hears_of(payment).await, standing);
    }
    let again = company.client.present("pay_1", &poor).await.unwrap();
    assert_eq!(again.standing, Standing::Authorized, "what is paid is not paid again");
    let five = company.client.present("pay_2", &TypedCard::new("five", "12/27")).await;
    assert!(matches!(five, Err(Unavailable::Refused { code, .. }) if code == "card_unknown"));
    assert!(!format!("{good:?}").contains("4242"));
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(kept.contains("approves") && !kept.contains("4242") && !kept.contains("9995"), "{kept}");
}

// ---- what is told ----

#[tokio::test]
async fn a_callback_is_told_again_until_it_is_taken() {
    let mut company = Company::open().await;
    company.deaf.store(3, Ordering::SeqCst);
    company.paid("pay_1", TestCard::Approves).await;
    let first = company.hears().await;
    for _ in 0..3 {
        assert_eq!(company.hears().await, first);
    }
    // It is told no more than that: the next thing is about another payment.
    company.paid("pay_2", TestCard::Approves).await;
    assert_eq!(company.hears_of("pay_2").await, Standing::Authorized);
}

#[tokio::test]
async fn a_sandbox_that_is_started_again_remembers() {
    let folder = TempDir::new().unwrap();
    let mut company = Company::open_with(Some(folder.path().join("sandbox.jsonl")), 0).await;
    company.paid("pay_1", TestCard::NeverTells).await;
    assert_eq!(company.captures("pay_1").await, FEE);
    let page = company.opens("pay_2", usd(1_250)).await;
    company.deaf.store(1, Ordering::SeqCst);
    company.paid("pay_3", TestCard::Approves).await;
    let untaken = company.hears().await;

    company.stop().await;
    company.start_again().await;
    assert_eq!(company.hears().await, untaken, "what was not taken is told again");
    assert_eq!(company.stands("pay_1").await, FEE);
    assert_eq!(company.stands("pay_3").await, Standing::Authorized);
    assert_eq!(company.opens("pay_2", usd(1_250)).await, page);
    company.settles().await;
    assert_eq!(company.hears_of_a_settlement().await, usd(1_184));

    // A line that was not written to its end was never kept.
    company.stop().await;
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().append(true).open(company.file.clone().unwrap()).unwrap();
    file.write_all(b"{\"payment\":{\"na").unwrap();
    company.start_again().await;
    company.paid("pay_4", TestCard::NeverTells).await;
    company.stop().await;
    company.start_again().await;
    assert_eq!(company.stands("pay_4").await, Standing::Authorized);
    assert_eq!(company.stands("pay_1").await, FEE);
}

// ---- what is let in ----

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_a_code() {
    let company = Company::open().await;
    let code = |outcome: Result<String, Unavailable>| match outcome {
        Err(Unavailable::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    let open = async |payment: &'static str, amount, back: &'static str| {
        code(company.client.open(payment, amount, back).await)
    };
    assert_eq!(open("pay_1", usd(0), BACK).await, "amount_out_of_range");
    assert_eq!(open("pay_1", usd(1_000_001), BACK).await, "amount_out_of_range");
    assert_eq!(open("pay_1", usd(1), "javascript:alert(1)").await, "return_url_invalid");
    assert_eq!(open("pay_/../../settle", usd(1), BACK).await, "payment_unknown");
    company.opens("pay_1", usd(1)).await;
    assert_eq!(open("pay_1", usd(2), BACK).await, "payment_differs");
    assert_eq!(company.client.standing("pay_2").await, Ok(None));
    assert!(matches!(company.client.capture("pay_2").await, Err(Unavailable::Refused { .. })));
    assert_eq!(company.captures("pay_1").await, Standing::Open);
    let stranger =
        Client::new(Neighbor::at(company.address, ""), Secret::new("another-secret-of-two").unwrap());
    assert!(matches!(
        stranger.standing("pay_1").await,
        Err(Unavailable::Refused { code, .. }) if code == "secret_wrong"
    ));
    let problem =
        company.browses("POST", "/payments", "authorization: Bearer the-secret-of-the-two\r\n", "{}").await;
    assert!(problem.starts_with("HTTP/1.1 400") && problem.contains("\"body_unreadable\""), "{problem}");
    let long = "x".repeat(16 * 1_024 + 1);
    let problem =
        company.browses("POST", "/payments", "authorization: Bearer the-secret-of-the-two\r\n", &long).await;
    assert!(problem.starts_with("HTTP/1.1 413"), "{problem}");
}

#[tokio::test]
async fn a_provider_that_is_away_is_told_from_one_that_is_slow() {
    let listener = TcpListener::bind(ANYWHERE).await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = Client::new(Neighbor::at(address, ""), secret()).with_patience(Duration::from_millis(100));
    assert_eq!(client.standing("pay_1").await, Err(Unavailable::Late));
    drop(listener);
    assert!(matches!(client.standing("pay_1").await, Err(Unavailable::Unreachable(_))));
}

#[tokio::test]
async fn the_hosted_page_asks_for_no_number_and_says_what_it_is() {
    let company = Company::open().await;
    let page = company.opens("pay_1", usd(1_250)).await;
    let shown = company.browses("GET", &page, "", "").await;
    assert!(shown.starts_with("HTTP/1.1 200") && shown.contains("no money moves"), "{shown}");
    let inputs: Vec<&str> = shown.split("<input").skip(1).collect();
    assert_eq!(inputs.len(), TestCard::ALL.len());
    assert!(inputs.iter().all(|input| input.starts_with(" type=\"radio\" name=\"card\"")), "{shown}");
    for text in ["<script", "<style", " style=", "<textarea"] {
        assert!(!shown.contains(text), "{text}");
    }
    let policy = shown.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("form-action 'self' http://127.0.0.1:8080;")
    );
    assert!(company.browses("GET", "/sandbox.css", "", "").await.starts_with("HTTP/1.1 200"));
    for (method, path, headers, body, status) in [
        ("GET", "/pay/ref_0", "", "", 404),
        ("GET", "/nothing", "", "", 404),
        ("POST", page.as_str(), "", "card=gold", 422),
        ("POST", page.as_str(), "", "", 422),
        ("POST", page.as_str(), "origin: https://evil.example\r\n", "card=approves", 403),
        ("POST", "/settle", "sec-fetch-site: cross-site\r\n", "", 403),
        ("POST", "/settle", "sec-fetch-site: same-site\r\n", "", 403),
        ("GET", "/", "host: rebound.example\r\n", "", 400),
        ("GET", "/payments/pay_1", "", "", 401),
    ] {
        let answer = company.browses(method, path, headers, body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{method} {path} {headers}: {answer}");
    }
    assert_eq!(company.stands("pay_1").await, Standing::Open);
}

#[tokio::test]
async fn whoever_runs_the_market_sees_all_payments_and_no_way_into_one() {
    let company = Company::open().await;
    company.paid("pay_1", TestCard::NeverTells).await;
    let page = company.opens("pay_2", usd(99)).await;
    let shown = company.browses("GET", "/", "", "").await;
    assert!(shown.contains("pay_1") && shown.contains("authorized") && shown.contains("tok_"), "{shown}");
    assert!(shown.contains("pay_2") && shown.contains("0.99 USD") && shown.contains("Settle"), "{shown}");
    assert!(!shown.contains(page.trim_start_matches("/pay/")), "{shown}");
}

// ---- the market ----

/// A market with a sandbox in its process, or without.
struct House {
    running: Running,
    http: SocketAddr,
    _folder: TempDir,
}

impl House {
    async fn open(cards: bool) -> Self {
        Self::open_with(cards, false).await
    }

    async fn open_with(cards: bool, encrypted: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let acceptor = encrypted.then(|| {
            let (chain, key) = certificate(folder.path(), "house");
            tcp::tls(&chain, &key, &["http/1.1"]).unwrap()
        });
        let location = Location::Sqlite(folder.path().join("market.db"));
        let options = auboutique_market::Options::new(location);
        let market = Market::open(&options, Arc::new(SystemEnv::new())).unwrap();
        let file = Some(folder.path().join(sandbox::FILE));
        let doors = Doors {
            http: Some(http::Options { per_minute: None, ..http::Options::new(ANYWHERE) }),
            cards: cards.then(|| Cards::Sandbox { address: ANYWHERE, file, secret: secret() }),
            encrypted: (None, acceptor),
            ..Doors::protocol(ANYWHERE)
        };
        let running = Running::start(market, doors).await.unwrap();
        Self { http: running.http.unwrap(), running, _folder: folder }
    }
}

/// A callback and the header it is signed with.
fn signed(secret: &Secret, body: &Value) -> (String, String) {
    let body = body.to_string();
    let signature = callback::signature(secret, WallClock.now(), body.as_bytes());
    (format!("auboutique-signature: {signature}\r\n"), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_takes_what_its_provider_signed_and_nothing_else() {
    let house = House::open(true).await;
    let settled = json!({
        "id": "evt_1", "at": WallClock.now(), "kind": "settled", "batch": "stl_1", "amount": usd(1),
    });
    let tells = async |headers: &str, body: &str| {
        let answer = asks(house.http, "POST", callback::PATH, headers, body).await;
        answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    let (header, body) = signed(&secret(), &settled);
    assert_eq!(tells(&header, &body).await, 204);
    let from_afar = format!("{header}origin: https://cards.example\r\nsec-fetch-site: cross-site\r\n");
    assert_eq!(tells(&from_afar, &body).await, 204, "it is the signature that counts");
    assert_eq!(tells(&header, &body.replace("stl_1", "stl_2")).await, 400);
    assert_eq!(tells("", &body).await, 400);
    assert_eq!(tells(&format!("{header}{header}"), &body).await, 400);
    let (forged, _) = signed(&Secret::new("another-secret-of-two").unwrap(), &settled);
    assert_eq!(tells(&forged, &body).await, 400);
    assert_eq!(tells(&header, &"x".repeat(callback::MOST_BODY + 1)).await, 413);
    house.running.close().await;

    let without = House::open(false).await;
    let answer = asks(without.http, "POST", callback::PATH, &header, &body).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    without.running.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_in_the_process_of_a_market_is_heard_by_it() {
    is_heard(House::open(true).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_in_the_process_of_a_market_that_speaks_tls_is_heard_by_it() {
    is_heard(House::open_with(true, true).await).await;
}

/// A payment is made, and the market takes what it is told of it.
async fn is_heard(house: House) {
    let address = house.running.card_sandbox.unwrap();
    let client = Client::new(Neighbor::at(address, ""), secret());
    let page = client.open("pay_1", usd(1_250), BACK).await.unwrap();
    let path = page.strip_prefix(&format!("http://{address}")).unwrap();
    let answer = asks(address, "POST", path, "", "card=approves").await;
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let taken = async {
        while asks(address, "GET", "/", "", "").await.contains("are not taken yet") {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, taken).await.expect("the market does not hear its provider");
    house.running.close().await;
}
