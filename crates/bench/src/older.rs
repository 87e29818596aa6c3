//! The wires of older systems, against the rates at which the older servers answered on two cores (`docs/wires/legacy.md`).
//!
//! Each client asks, waits for the answer and asks again, as the older programs do, so a figure of one connection is how
//! long one answer takes: for what changes something, one wait for the disk.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use auboutique::legacy::{self, System};
use auboutique::serve::{Doors, Running};
use auboutique_domain::Command;
use auboutique_domain::id::ListingId;
use auboutique_market::Caller;
use auboutique_wire::legacy::pickle::Writer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::stage::{Stage, clock, median, rate};
use crate::{Figure, Target};

/// What is measured of a wire, and at which rate the older server did it with 1 and with 16 connections.
const FIGURES: [(Deed, &str, [f64; 2]); 5] = [
    (Deed::Buy000, "000: purchases", [1.2, 19.0]),
    (Deed::Buy001, "001: purchases", [42.0, 64.0]),
    (Deed::CheckOut003, "003: adding to the cart and checking out", [21.0, 24.0]),
    (Deed::List003, "003: lists of stores", [181.0, 261.0]),
    (Deed::Bid004, "004: bids", [205.0, 207.0]),
];
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A password as a client of 000 sends it.
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// What a client does again and again.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Buy000,
    Buy001,
    CheckOut003,
    List003,
    Bid004,
}

impl Deed {
    const fn system(self) -> System {
        match self {
            Self::Buy000 => System::S000,
            Self::Buy001 => System::S001,
            Self::CheckOut003 | Self::List003 => System::S003,
            Self::Bid004 => System::S004,
        }
    }
}

/// Measures every wire with one connection and with sixteen.
pub(crate) fn measure(rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut figures = Vec::new();
    for (deed, what, before) in FIGURES {
        for (connections, reference) in [(1, before[0]), (16, before[1])] {
            let each = if connections == 1 { 900 } else { 200 };
            let mut rates = Vec::new();
            for _ in 0..rounds {
                rates.push(round(&runtime, deed, connections, each).with_context(|| what.to_owned())?);
            }
            let plural = if connections == 1 { "" } else { "s" };
            figures.push(Figure {
                id: "F13",
                what: format!("{what}, {connections} connection{plural}"),
                ours: median(rates),
                reference: Some(reference),
                unit: "/s",
                target: Target::RatioAtLeast(20.0),
            });
        }
    }
    Ok(figures)
}

fn round(runtime: &Runtime, deed: Deed, connections: usize, each: usize) -> anyhow::Result<f64> {
    let stage = Stage::new(0)?;
    for (name, value) in [("bids_per_minute", "100000"), ("increments_usd", "0:50")] {
        let (name, value) = (name.to_owned(), value.to_owned());
        stage.market.run_now(Caller::CONSOLE, Command::ChangeSetting { name, value })?;
    }
    runtime.block_on(async {
        let things = match deed {
            Deed::List003 | Deed::Bid004 => Vec::new(),
            Deed::Buy000 | Deed::Buy001 | Deed::CheckOut003 => stage.list(connections * each).await?,
        };
        let options = legacy::Options { wires: vec![(deed.system(), 0)], ..legacy::Options::default() };
        let doors = Doors { legacy: options, ..Doors::protocol("127.0.0.1:0".parse()?) };
        let running = Running::start(stage.market.clone(), doors).await?;
        let (_, address) = *running.legacy.first().context("the wire is not open")?;
        let mut clients = Vec::new();
        for number in 0..connections {
            let mine: Vec<ListingId> = things.iter().copied().skip(number).step_by(connections).collect();
            clients.push(Client::enter(&stage, deed, address, number, &mine).await?);
        }
        let start = clock();
        let mut busy = JoinSet::new();
        for mut client in clients {
            busy.spawn(async move {
                for time in 0..each {
                    client.act(time).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = busy.join_next().await {
            done??;
        }
        let took = start.elapsed();
        running.close().await;
        Ok(rate(connections * each, took))
    })
}

/// A socket of either kind. A message is what one `recv` gives.
enum Socket {
    Stream(TcpStream),
    Datagrams(UdpSocket),
}

impl Socket {
    async fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Stream(stream) => stream.write_all(message).await?,
            Self::Datagrams(socket) => drop(socket.send(message).await?),
        }
        Ok(())
    }

    async fn receive(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = vec![0; 2_048];
        let count = match self {
            Self::Stream(stream) => timeout(PATIENCE, stream.read(&mut bytes)).await??,
            Self::Datagrams(socket) => timeout(PATIENCE, socket.recv(&mut bytes)).await??,
        };
        ensure!(count > 0, "the server closed the connection");
        bytes.truncate(count);
        Ok(bytes)
    }

    /// Asks, and makes sure of the answer.
    async fn ask(&mut self, message: &[u8], expected: &str) -> anyhow::Result<()> {
        self.send(message).await?;
        let answer = self.receive().await?;
        let answer = String::from_utf8_lossy(&answer);
        ensure!(answer.contains(expected), "{expected:?} is not in {answer:?}");
        Ok(())
    }
}

/// A request of 003.
fn pickle(words: &[&str]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.tuple(|writer| words.iter().for_each(|word| writer.text(word)));
    writer.finish()
}

/// One who does the same again and again.
struct Client {
    deed: Deed,
    socket: Socket,
    /// What is sent, and what the answer says.
    deeds: Vec<Vec<(Vec<u8>, &'static str)>>,
    lot: String,
}

impl Client {
    /// Joins over the wire and signs in; knows what there is to do.
    async fn enter(
        stage: &Stage,
        deed: Deed,
        address: SocketAddr,
        number: usize,
        things: &[ListingId],
    ) -> anyhow::Result<Self> {
        let name = format!("buyer{number}");
        let mut socket = match deed {
            Deed::Bid004 => {
                let socket = UdpSocket::bind("127.0.0.1:0").await?;
                socket.connect(address).await?;
                Socket::Datagrams(socket)
            }
            _ => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Socket::Stream(stream)
            }
        };
        let lot = format!("Lamp{number}");
        let email = format!("{name}@mail.aub.edu");
        match deed {
            Deed::Buy000 => {
                socket.receive().await?;
                socket.send(b"register").await?;
                let says = format!("{name}{email}{name}{HASH}");
                socket.ask(says.as_bytes(), "Account created.").await?;
                socket.ask(format!("{name}{HASH}").as_bytes(), "login successful.").await?;
                socket.receive().await?;
            }
            Deed::Buy001 => {
                let joins = json!({ "command": "register", "name": name, "email": email, "username": name,
                    "password": "secret" });
                socket.ask(joins.to_string().as_bytes(), "Registration successful").await?;
                let enters = json!({ "command": "login", "username": name, "password": "secret" });
                socket.ask(enters.to_string().as_bytes(), "Login successful").await?;
            }
            Deed::CheckOut003 | Deed::List003 => {
                socket.ask(&pickle(&["CLIENT_CREATE", "1", &name, &email, "secret"]), "201").await?;
                socket.ask(&pickle(&["CLIENT_LOGIN", "1", &name, "secret"]), "200").await?;
            }
            Deed::Bid004 => {
                let Socket::Datagrams(own) = &socket else { anyhow::bail!("004 is datagrams") };
                let port = own.local_addr()?.port();
                // Who puts it up, from another socket: nobody bids on their own.
                let seller = UdpSocket::bind("127.0.0.1:0").await?;
                seller.connect(address).await?;
                let at = seller.local_addr()?.port();
                let mut seller = Socket::Datagrams(seller);
                let joins = format!("REGISTER 1 seller{number} seller 127.0.0.1 {at} 7001");
                seller.ask(joins.as_bytes(), "REGISTERED").await?;
                let lists = format!("LIST_ITEM 2 {lot} green 1.0 60 seller{number}");
                seller.ask(lists.as_bytes(), "ITEM_LISTED").await?;
                let joins = format!("REGISTER 1 {name} buyer 127.0.0.1 {port} 7002");
                socket.ask(joins.as_bytes(), "REGISTERED").await?;
            }
        }
        let numbers = things.to_vec();
        let numbered = move |view: &mut auboutique_market::View<'_>| {
            numbers.iter().map(|&id| Ok((view.listing_number(id)?, view.listing(id)?.title))).collect()
        };
        let known: Vec<(i64, String)> = stage.market.ask(Caller::VISITOR, numbered).await?;
        let deeds = known.into_iter().map(|(number, title)| match deed {
            Deed::Buy000 => {
                let buys = json!({ "action": "buy", "prod_list": "", "ID": number.to_string() });
                vec![(buys.to_string().into_bytes(), "Purchase confirmed!")]
            }
            Deed::Buy001 => {
                let buys = json!({ "command": "buy_product", "product": title });
                vec![(buys.to_string().into_bytes(), "Product purchased successfully.")]
            }
            _ => vec![
                (pickle(&["CLIENT_ADD_ITEM", "1", &number.to_string(), "1"]), "200 OK"),
                (pickle(&["CLIENT_CHECKOUT_ITEM", "1"]), "200 OK"),
            ],
        });
        Ok(Self { deed, socket, deeds: deeds.collect(), lot })
    }

    async fn act(&mut self, time: usize) -> anyhow::Result<()> {
        match self.deed {
            Deed::List003 => self.socket.ask(&pickle(&["LIST_MERCHANT", "1"]), "200 OK").await,
            Deed::Bid004 => {
                // Whoever leads raises by the least there is: who is new bids no more than 500 dollars.
                let halves = time + 1;
                let (units, half) = (1 + halves / 2, halves % 2 * 5);
                let bid = format!("BID {} {} {units}.{half}", time + 2, self.lot);
                self.socket.ask(bid.as_bytes(), "BID_ACCEPTED").await
            }
            Deed::Buy000 | Deed::Buy001 | Deed::CheckOut003 => {
                let steps = self.deeds.get(time).context("there is nothing left to do")?;
                for (message, expected) in steps {
                    self.socket.ask(message, expected).await?;
                }
                Ok(())
            }
        }
    }
}
