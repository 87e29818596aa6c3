//! The till: a market that is killed between every two steps of paying by card, with the provider's books to compare.
//!
//! ```text
//!  prepare ── begin ── the buyer pays ── the market hears ── asks for the money ── the provider takes it ── places the orders
//!         1       2                   3                    4                     5                     6
//! ```
//!
//! In every round six buyers stand at these six points, one each, when the program is killed. When it is started again every
//! one of them ends with a paid order or with the money in the wallet, and the provider took each amount once.

#![expect(clippy::unwrap_used, reason = "a run that cannot go on has failed, and says where")]
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auboutique::card::callback::{self, Callback, SIGNATURE, What};
use auboutique::card::exchange::{Neighbor, post as tell};
use auboutique::card::secret::Secret;
use auboutique::card::{PaymentName, Report, Standing, WallClock};
use auboutique::http;
use auboutique_domain::{Currency, Money};
use auboutique_market::Env as _;
use auboutique_terminal::{Client, News, Tls};
use auboutique_wire::json::Outcome;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::process::{Server, Site, Town};

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the market is killed, with a buyer at each point.
const KILLS: usize = 100;
const FEE: Money = Money::new(30, Currency::Usd);

fn secret() -> Secret {
    Secret::new("the-secret-of-the-till").unwrap()
}

// ---- the provider ----

/// Where a capture stops until the market is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Nothing was taken yet.
    Asked,
    /// It was taken, and nobody is told.
    Taken,
    /// It was taken and told; what happens then happens at the same time as the kill.
    Told,
}

/// What the provider knows of a payment.
struct Account {
    amount: Money,
    standing: Standing,
    gate: Option<Gate>,
    /// How often the money was taken.
    captures: usize,
}

#[derive(Clone)]
struct Provider {
    accounts: Arc<Mutex<BTreeMap<String, Account>>>,
    /// Tells that a capture has come to its gate.
    arrived: mpsc::UnboundedSender<String>,
}

impl Provider {
    async fn open(runtime: &tokio::runtime::Handle) -> (Self, SocketAddr, mpsc::UnboundedReceiver<String>) {
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let provider = Self { accounts: Arc::default(), arrived };
        let router = Router::new()
            .route("/payments/{payment}", get(standing))
            .route("/payments/{payment}/capture", post(capture))
            .route("/payments/{payment}/cancel", post(cancel))
            .with_state(provider.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, closed) = watch::channel(false);
        runtime.spawn(async move {
            http::server::serve(listener, None, router, closed).await;
            drop(open);
        });
        (provider, address, arrivals)
    }

    /// The buyer pays on the provider's page; the capture of it will stop at that gate.
    fn is_paid(&self, payment: &str, amount: Money, gate: Option<Gate>) {
        let account = Account { amount, standing: Standing::Authorized, gate, captures: 0 };
        self.accounts.lock().unwrap().insert(payment.to_owned(), account);
    }

    fn report(payment: &str, account: &Account) -> Value {
        let payment = PaymentName::parse(payment).unwrap();
        json!(Report { payment, standing: account.standing.clone(), amount: account.amount })
    }
}

type Answer = (StatusCode, Json<Value>);

fn unknown() -> Answer {
    (StatusCode::NOT_FOUND, Json(json!({ "code": "payment_unknown", "detail": "There is no such payment." })))
}

async fn standing(State(provider): State<Provider>, Path(payment): Path<String>) -> Answer {
    let accounts = provider.accounts.lock().unwrap();
    accounts
        .get(&payment)
        .map_or_else(unknown, |account| (StatusCode::OK, Json(Provider::report(&payment, account))))
}

async fn capture(State(provider): State<Provider>, Path(payment): Path<String>) -> Answer {
    let gate = {
        let mut accounts = provider.accounts.lock().unwrap();
        let Some(account) = accounts.get_mut(&payment) else { return unknown() };
        let gate = account.gate.take();
        if gate != Some(Gate::Asked) && account.standing == Standing::Authorized {
            account.standing = Standing::Captured { fee: FEE };
            account.captures += 1;
        }
        gate
    };
    if let Some(gate) = gate {
        provider.arrived.send(payment.clone()).unwrap();
        if gate != Gate::Told {
            // Until the market is gone, and its connection with it: then nobody waits for this any more.
            std::future::pending::<()>().await;
        }
    }
    standing(State(provider), Path(payment)).await
}

async fn cancel(State(provider): State<Provider>, Path(payment): Path<String>) -> Answer {
    if let Some(account) = provider.accounts.lock().unwrap().get_mut(&payment) {
        account.standing = Standing::Canceled;
    }
    standing(State(provider), Path(payment)).await
}

// ---- the buyers ----

/// A buyer at the till: a connection, and what they have come to.
struct Buyer {
    client: Client,
    payment: String,
    checkout: String,
    amount: Money,
}

fn ask(client: &mut Client, op: &str, fields: Value) -> Value {
    match client.call(op, fields.as_object().cloned().unwrap_or_else(Map::new)).unwrap() {
        Outcome::Reply(value) => value,
        other => panic!("{op}: {other:?}"),
    }
}

fn signed_in(server: &Server, token: &str) -> Client {
    let mut client = Client::connect(&server.address, &Tls::Off).unwrap();
    ask(&mut client, "resume", json!({ "token": token }));
    client
}

impl Buyer {
    /// Puts a thing into the cart and has it set aside.
    fn prepares(server: &Server, token: &str, listing: &str) -> Self {
        let mut client = signed_in(server, token);
        let cart = ask(&mut client, "add_to_cart", json!({ "listing": listing }));
        let checkout = ask(&mut client, "prepare_checkout", json!({ "totals": cart["totals"] }));
        let checkout = checkout["checkout"].as_str().unwrap().to_owned();
        Self { client, payment: String::new(), checkout, amount: Money::new(0, Currency::Usd) }
    }

    fn begins_to_pay(&mut self) {
        let begun = json!({ "checkout": self.checkout, "currency": "USD" });
        let payment = ask(&mut self.client, "start_payment", begun);
        payment["payment"].as_str().unwrap().clone_into(&mut self.payment);
        self.amount = serde_json::from_value(payment["amount"].clone()).unwrap();
    }

    /// Waits until the provider has nothing more to say, and tells what became of the payment.
    fn comes_to(&mut self) -> String {
        let payment = json!({ "payment": self.payment });
        let mut state = ask(&mut self.client, "payment", payment)["state"].as_str().unwrap().to_owned();
        // From the first event on: what happened between the two questions is told too.
        ask(&mut self.client, "listen", json!({ "after": 0 }));
        while !matches!(state.as_str(), "placed" | "refunded" | "voided") {
            let News::Event(event) = self.client.next_news().unwrap() else { continue };
            if event["payment"] == self.payment.as_str() {
                state = match event["event"].as_str().unwrap() {
                    "payment_captured" => "placed".to_owned(),
                    "payment_refunded" => "refunded".to_owned(),
                    "payment_voided" => "voided".to_owned(),
                    _ => continue,
                };
            }
        }
        state
    }
}

/// The provider tells the market that a buyer has paid. Whether the market lives to answer is no matter.
fn tells(runtime: &tokio::runtime::Runtime, server: &Server, number: usize, buyer: &Buyer) {
    let payment = PaymentName::parse(&buyer.payment).unwrap();
    let report = Report { payment, standing: Standing::Authorized, amount: buyer.amount };
    let told = Callback { id: format!("evt_{number}"), at: WallClock.now(), what: What::Payment(report) };
    let body = serde_json::to_vec(&told).unwrap();
    let proof = [(SIGNATURE, callback::signature(&secret(), WallClock.now(), &body))];
    let market: SocketAddr = server.pages.strip_prefix("http://").unwrap().parse().unwrap();
    runtime.spawn(async move {
        drop(tell(&Neighbor::at(market, ""), callback::PATH, &proof, body, PATIENCE).await);
    });
}

#[test]
fn whoever_pays_by_card_has_an_order_or_the_money_wherever_the_market_is_killed() {
    killed_at_every_point(&Site::on_sqlite(), KILLS);
}

#[test]
fn and_on_postgres_as_well() {
    killed_at_every_point(&Site::on_postgres(), 10);
}

fn killed_at_every_point(site: &Site, kills: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (provider, address, mut arrivals) = runtime.block_on(Provider::open(runtime.handle()));
    let secret_file = site.folder().with_file_name("secret");
    std::fs::write(&secret_file, secret().reveal()).unwrap();
    let (url, file) = (format!("http://{address}"), secret_file.to_str().unwrap().to_owned());
    let cards = ["--cards", &url, "--cards-secret-file", &file];
    // Six people buy what the others sell, one thing each in every round.
    let town: Town = site.seed(6, kills * 6 + 36);
    let mut offers = town.offers.lock().unwrap().clone();
    // By their prices, so that the things of all of them take turns, and something of somebody else is always left.
    offers.sort_by_key(|offer| offer.cents);
    let (mut placed, mut refunded, mut payments) = (0, 0, BTreeSet::new());
    for round in 0..kills {
        let mut server = site.start_with(&cards);
        let buyers = town.tokens.iter().enumerate().map(|(place, token)| {
            let at = offers.iter().rposition(|offer| offer.seller != place).expect("there is something left");
            Buyer::prepares(&server, token, &offers.remove(at).listing)
        });
        let mut buyers: Vec<Buyer> = buyers.collect();
        let gates = [None, None, None, Some(Gate::Asked), Some(Gate::Taken), Some(Gate::Told)];
        for (point, buyer) in buyers.iter_mut().enumerate().skip(1) {
            buyer.begins_to_pay();
            if point >= 2 {
                provider.is_paid(&buyer.payment, buyer.amount, gates[point]);
            }
        }
        for (point, buyer) in buyers.iter().enumerate().skip(3) {
            tells(&runtime, &server, round * 6 + point, buyer);
        }
        for _ in 3..6 {
            let arrival = async { tokio::time::timeout(PATIENCE, arrivals.recv()).await };
            runtime.block_on(arrival).expect("every capture comes to its gate").unwrap();
        }
        // In every other round the buyer whose money was just taken has left meanwhile.
        let left = round % 2 == 1;
        if left {
            let Buyer { client, checkout, .. } = &mut buyers[4];
            ask(client, "cancel_checkout", json!({ "checkout": checkout }));
        }
        server.kill();

        let server = site.start_with(&cards);
        for (buyer, token) in buyers.iter_mut().zip(&town.tokens) {
            buyer.client = signed_in(&server, token);
        }
        buyers[0].begins_to_pay();
        for (point, buyer) in buyers.iter().enumerate().take(2) {
            provider.is_paid(&buyer.payment, buyer.amount, None);
            tells(&runtime, &server, round * 6 + point, buyer);
        }
        for (point, buyer) in buyers.iter_mut().enumerate() {
            let state = buyer.comes_to();
            let expected = if point == 4 && left { "refunded" } else { "placed" };
            assert_eq!(state, expected, "round {round}, point {}\n{}", point + 1, site.last_of_log());
            payments.insert(buyer.payment.clone());
            if state == "placed" { placed += 1 } else { refunded += 1 }
        }
    }
    assert_eq!((placed + refunded, payments.len()), (kills * 6, kills * 6));
    let accounts = provider.accounts.lock().unwrap();
    assert!(
        accounts.values().all(|account| account.captures == 1),
        "an amount was taken twice, or not at all"
    );
    // What somebody left is still in their cart, and bought with the next thing: then a payment pays two orders.
    let paid =
        site.column("SELECT DISTINCT checkout_id FROM orders WHERE means = 'card' AND paid_at IS NOT NULL");
    assert_eq!(paid.len(), placed);
    assert_eq!(site.column("SELECT id FROM orders WHERE checkout_id IS NULL OR paid_at IS NULL").len(), 0);
    let (is_clean, said) = site.verify();
    assert!(is_clean, "{said}");
    println!(
        "{kills} kills with a buyer at each of six points: {placed} paid orders, {refunded} refunds, 0 lost"
    );
}
