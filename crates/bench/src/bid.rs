//! Durable bids: through the door, on many auctions and on a hot one, end to end over the protocol and over HTTP; and how
//! soon those who follow an auction are told of one.
//!
//! Every bid here is the dearest kind: it leads, moves the price, and tells whoever led before that they no longer do. So
//! that none is refused for having come too late, those who bid in the same auctions take turns: two of them share some, and
//! while one bids in one half of these, the other bids in the other half.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use auboutique::http;
use auboutique::serve::{Doors, Running};
use auboutique_domain::Command;
use auboutique_domain::id::AuctionId;
use auboutique_market::{Key, Token};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Mutex};

use crate::client::Client;
use crate::hall::{Hall, STEP, usd};
use crate::listening::{Line, Player, Way};
use crate::stage::{clock, median, rate};
use crate::{Figure, Target, raw};

const CALLERS: usize = 64;
/// How many auctions two callers share.
const SHARED: usize = 32;
/// How many auctions there are.
const AUCTIONS: usize = CALLERS / 2 * SHARED;
/// How many bids are followed on their way to a screen, and how many before these are not counted.
const FOLLOWED: usize = 1_000;
const WARM: usize = 100;
/// How many bids are placed by one who waits for every answer.
const ALONE: usize = 2_000;

/// Measures bids against bare loops.
pub(crate) fn measure(count: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let hall = |auctions| Hall::open(&runtime, CALLERS, auctions);
    let (mut bare, mut rows) = (Vec::new(), Vec::new());
    let (mut door, mut keyed, mut hot) = (Vec::new(), Vec::new(), Vec::new());
    let (mut wire, mut http) = (Vec::new(), Vec::new());
    let (mut alone, mut alone_rows) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(raw::bids(hall(AUCTIONS)?, count, raw::Rows::FourStatements, raw::BATCH)?);
        rows.push(raw::bids(hall(AUCTIONS)?, count, raw::Rows::All, raw::BATCH)?);
        alone_rows.push(raw::bids(hall(AUCTIONS)?, ALONE, raw::Rows::All, 1)?);
        alone.push(runtime.block_on(one_after_the_other(&hall(AUCTIONS)?))?);
        door.push(runtime.block_on(through_the_door(&hall(AUCTIONS)?, count, false))?);
        keyed.push(runtime.block_on(through_the_door(&hall(AUCTIONS)?, count, true))?);
        hot.push(runtime.block_on(on_a_hot_one(&hall(1)?, count))?);
        wire.push(runtime.block_on(over_the_protocol(&hall(AUCTIONS)?, count))?);
        http.push(runtime.block_on(over_http(&hall(AUCTIONS)?, count))?);
    }
    let (bare, rows, door) = (median(bare), median(rows), median(door));
    let figure = |id, what: &str, ours, reference, target| Figure {
        id,
        what: what.to_owned(),
        ours,
        reference: Some(reference),
        unit: "/s",
        target,
    };
    let least = Target::RatioAtLeast;
    let mut figures = vec![
        figure("F1", "durable bids through market.run, 1,024 auctions", door, rows, least(0.4)),
        figure("F1a", "the same, by a loop of four statements", door, bare, Target::None),
        figure("F1b", "the same with a key each", median(keyed), rows, Target::None),
        figure("F1c", "one bid after the other", median(alone), median(alone_rows), Target::None),
        figure("F2", "durable bids on one hot auction, by F1", median(hot), door, least(0.8)),
        figure("F3", "durable bids over the protocol, 64 connections", median(wire), rows, least(0.4)),
        figure("F3a", "durable bids over HTTP, 64 connections", median(http), rows, least(0.25)),
    ];
    figures.extend(until_followers_are_told(&runtime)?);
    Ok(figures)
}

// ---- through the door ----

/// A turn of a caller: the auctions they bid in, and what they bid. Two who share auctions are never in the same half.
fn turns(hall: &Hall, number: usize, count: usize) -> impl Iterator<Item = (Vec<AuctionId>, i64)> + use<> {
    let shared: Vec<AuctionId> =
        hall.auctions.iter().skip(number / 2 * SHARED).take(SHARED).copied().collect();
    let halves = shared.as_chunks::<{ SHARED / 2 }>().0.to_vec();
    let rounds = i64::try_from(count / CALLERS / (SHARED / 2)).unwrap_or(i64::MAX);
    (0..rounds).filter_map(move |round| {
        let place = usize::try_from(round).ok()? + number;
        let half = halves.get(place % 2)?;
        Some((half.to_vec(), STEP * (round + 1)))
    })
}

/// How many bids there are when everybody has had their turns.
const fn all(count: usize) -> usize {
    count / CALLERS / (SHARED / 2) * (SHARED / 2) * CALLERS
}

/// Those who share auctions wait for each other between their turns.
fn pairs() -> Vec<Arc<Barrier>> {
    (0..CALLERS / 2).map(|_| Arc::new(Barrier::new(2))).collect()
}

/// Each caller bids in all of their auctions, one after the other.
async fn through_the_door(hall: &Hall, count: usize, keyed: bool) -> anyhow::Result<f64> {
    let pairs = pairs();
    let start = clock();
    let mut callers = tokio::task::JoinSet::new();
    for (number, (caller, _)) in hall.bidders.iter().enumerate() {
        let (market, caller, pair) = (hall.market.clone(), caller.clone(), Arc::clone(&pairs[number / 2]));
        let turns = turns(hall, number, count);
        callers.spawn(async move {
            for (auctions, maximum) in turns {
                for auction in auctions {
                    let key = keyed.then(|| Key::parse(&format!("{auction}-{maximum}"))).transpose()?;
                    let bid = Command::PlaceBid { auction, maximum: usd(maximum) };
                    market.run(caller.clone().under(key), bid).await?;
                }
                pair.wait().await;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(rate(all(count), start.elapsed()))
}

/// Two bid in turns, and each waits for what came of the other's: every bid has a commit of its own.
async fn one_after_the_other(hall: &Hall) -> anyhow::Result<f64> {
    let start = clock();
    for number in 0..ALONE {
        let turn = number / hall.auctions.len();
        let (caller, _) = hall.bidders.get(turn % 2).context("no bidder")?;
        let auction = *hall.auctions.get(number % hall.auctions.len()).context("no auction")?;
        let maximum = usd(STEP * (i64::try_from(turn)? + 1));
        hall.market.run(caller.clone(), Command::PlaceBid { auction, maximum }).await?;
    }
    Ok(rate(ALONE, start.elapsed()))
}

/// Everybody bids in the same auction. They queue in the order of their bids.
async fn on_a_hot_one(hall: &Hall, count: usize) -> anyhow::Result<f64> {
    let auction = *hall.auctions.first().context("no auction")?;
    let last = Arc::new(Mutex::new(0));
    let start = clock();
    let mut callers = tokio::task::JoinSet::new();
    for (caller, _) in &hall.bidders {
        let (market, caller, last) = (hall.market.clone(), caller.clone(), Arc::clone(&last));
        callers.spawn(async move {
            for _ in 0..count / CALLERS {
                let queued = {
                    let mut last = last.lock().await;
                    *last += STEP;
                    market.run(caller.clone(), Command::PlaceBid { auction, maximum: usd(*last) })
                };
                queued.await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(rate(count / CALLERS * CALLERS, start.elapsed()))
}

// ---- over sockets ----

/// A request of the protocol.
fn bidding(auction: AuctionId, maximum: i64) -> String {
    let maximum = json!({ "minor": maximum, "currency": "USD" });
    format!("{}\n", json!({ "id": 1, "op": "place_bid", "auction": auction, "maximum": maximum }))
}

/// A turn's bids of a connection are all under way at once.
async fn over_the_protocol(hall: &Hall, count: usize) -> anyhow::Result<f64> {
    let running = Running::start(hall.market.clone(), Doors::protocol("127.0.0.1:0".parse()?)).await?;
    let mut connections = Vec::new();
    for (_, token) in &hall.bidders {
        let stream = TcpStream::connect(running.address).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        let resume = json!({ "id": 0, "op": "resume", "token": token.reveal() });
        stream.write_all(format!("{resume}\n").as_bytes()).await?;
        let mut line = String::new();
        for _ in 0..2 {
            line.clear();
            stream.read_line(&mut line).await?;
        }
        ensure!(line.contains("\"reply\""), "not signed in: {line}");
        connections.push(stream);
    }
    let pairs = pairs();
    let start = clock();
    let mut bidders = tokio::task::JoinSet::new();
    for (number, mut stream) in connections.into_iter().enumerate() {
        let (turns, pair) = (turns(hall, number, count), Arc::clone(&pairs[number / 2]));
        bidders.spawn(async move {
            let mut line = String::new();
            for (auctions, maximum) in turns {
                let out: String = auctions.iter().map(|auction| bidding(*auction, maximum)).collect();
                stream.write_all(out.as_bytes()).await?;
                for _ in &auctions {
                    line.clear();
                    stream.read_line(&mut line).await?;
                    ensure!(line.contains("\"reply\""), "not taken: {line}");
                }
                pair.wait().await;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = bidders.join_next().await {
        done.context("a bidder stopped")??;
    }
    let took = start.elapsed();
    running.close().await;
    Ok(rate(all(count), took))
}

/// The same over the JSON API, a request at a time on each connection.
async fn over_http(hall: &Hall, count: usize) -> anyhow::Result<f64> {
    let options = http::Options { per_minute: None, ..http::Options::new("127.0.0.1:0".parse()?) };
    let doors = Doors { http: Some(options), ..Doors::default() };
    let running = Running::start(hall.market.clone(), doors).await?;
    let address = running.http.context("no pages")?;
    let mut connections = Vec::new();
    for (_, token) in &hall.bidders {
        connections.push((Client::connect(address).await?, token.reveal().to_owned()));
    }
    let pairs = pairs();
    let start = clock();
    let mut bidders = tokio::task::JoinSet::new();
    for (number, (mut client, token)) in connections.into_iter().enumerate() {
        let (turns, pair) = (turns(hall, number, count), Arc::clone(&pairs[number / 2]));
        bidders.spawn(async move {
            for (auctions, maximum) in turns {
                let body = json!({ "maximum": { "minor": maximum, "currency": "USD" } }).to_string();
                for auction in auctions {
                    let path = format!("/api/v1/auctions/{auction}/bids");
                    if client.post(&path, &token, None, &body).await? != 201 {
                        bail!("not taken: {}", String::from_utf8_lossy(client.body()));
                    }
                }
                pair.wait().await;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = bidders.join_next().await {
        done.context("a bidder stopped")??;
    }
    let took = start.elapsed();
    running.close().await;
    Ok(rate(all(count), took))
}

// ---- on the screens of others ----

/// From the moment a bid is sent, so that its commit is in it, and from the moment its bidder is answered, until it is told
/// to somebody who follows the auction. The server is a process of its own.
fn until_followers_are_told(runtime: &tokio::runtime::Runtime) -> anyhow::Result<Vec<Figure>> {
    let Hall { market, bidders, auctions, folder } = Hall::open(runtime, 3, 1)?;
    market.close();
    drop(market);
    let tokens: Vec<Token> = bidders.into_iter().map(|(_, token)| token).collect();
    let [tokens] = tokens.as_chunks::<3>().0 else { bail!("not three bidders") };
    let auction = *auctions.first().context("no auction")?;
    let mut figures = Vec::new();
    let mut last = 0;
    for (way, id, how) in [(Way::Protocol, "F3b", "the protocol"), (Way::Http, "F3c", "server-sent events")] {
        let server = Player::start("server", folder.path())?;
        let (sent, answered) = runtime.block_on(follow(&server, tokens, auction, way, &mut last))?;
        let figure = |what: &str, times: &Histogram<u64>, quantile, target| Figure {
            id,
            what: format!("a bid to who follows over {how}, {what}"),
            ours: millis(times.value_at_quantile(quantile)),
            reference: None,
            unit: "ms",
            target,
        };
        figures.push(figure("commit included, median", &sent, 0.5, Target::AtMost(200.0)));
        figures.push(figure("commit included, p99", &sent, 0.99, Target::AtMost(200.0)));
        figures.push(figure("after its answer, median", &answered, 0.5, Target::None));
        figures.push(figure("after its answer, p99", &answered, 0.99, Target::None));
    }
    Ok(figures)
}

async fn follow(
    server: &Player,
    [one, other, third]: &[Token; 3],
    auction: AuctionId,
    way: Way,
    last: &mut i64,
) -> anyhow::Result<(Histogram<u64>, Histogram<u64>)> {
    let address = server.address_of(way).context("the server has no pages")?;
    let mut follower = Line::following(address, third.reveal(), way, &auction.to_string()).await?;
    let mut bidders = [
        Line::sign_in(server.address, one.reveal()).await?,
        Line::sign_in(server.address, other.reveal()).await?,
    ];
    let (mut sent, mut answered) = (Histogram::<u64>::new(3)?, Histogram::<u64>::new(3)?);
    for number in 0..WARM + FOLLOWED {
        *last += STEP;
        let bid = bidding(auction, *last);
        let bidder = &mut bidders[number % 2];
        let start = clock();
        bidder.send(&bid).await?;
        let reply = async {
            let line = bidder.next().await?;
            ensure!(line.contains("\"reply\""), "not taken: {line}");
            anyhow::Ok(clock())
        };
        let told = async {
            follower.next_of("\"bid_placed\"").await?;
            anyhow::Ok(clock())
        };
        let (replied, told) = tokio::try_join!(reply, told)?;
        if number >= WARM {
            sent.record(u64::try_from(told.duration_since(start).as_micros())?)?;
            answered.record(u64::try_from(told.saturating_duration_since(replied).as_micros())?)?;
        }
    }
    Ok((sent, answered))
}

#[expect(clippy::float_arithmetic, reason = "a duration, no money")]
fn millis(micros: u64) -> f64 {
    f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1_000.0
}
