//! Durable purchases: through the door, and end to end over the protocol and over HTTP.

use anyhow::{Context as _, bail};
use auboutique::http;
use auboutique::serve::{Doors, Running};
use auboutique_domain::{Command, Currency, Money};
use auboutique_market::Key;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::client::Client;
use crate::stage::{PRICE, Stage, clock, median, rate};
use crate::{Figure, Target, raw};

const CALLERS: usize = 64;
/// How many requests a connection has under way.
const PIPELINE: usize = 16;

/// Measures purchases against the bare loop.
pub(crate) fn measure(count: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut bare, mut door, mut wire, mut http) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(raw::purchases(count, &runtime)?);
        let stage = Stage::new(CALLERS)?;
        door.push(runtime.block_on(through_the_door(&stage, count))?);
        let stage = Stage::new(CALLERS)?;
        wire.push(runtime.block_on(over_the_protocol(&stage, count))?);
        let stage = Stage::new(CALLERS)?;
        http.push(runtime.block_on(over_http(&stage, count))?);
    }
    let bare = median(bare);
    let figure = |id, what: &str, ours, least| Figure {
        id,
        what: what.to_owned(),
        ours,
        reference: Some(bare),
        unit: "/s",
        target: Target::RatioAtLeast(least),
    };
    Ok(vec![
        figure("F4a", "durable purchases through market.run, 64 callers", median(door), 0.3),
        figure("F4", "durable purchases over the protocol, 64 connections", median(wire), 0.3),
        figure("F4b", "durable purchases over HTTP, 64 connections", median(http), 0.2),
    ])
}

/// Each caller buys its share, one after the other.
async fn through_the_door(stage: &Stage, count: usize) -> anyhow::Result<f64> {
    let listings = stage.list(count).await?;
    let start = clock();
    let mut callers = tokio::task::JoinSet::new();
    for (number, (caller, _)) in stage.buyers.iter().enumerate() {
        let (market, caller) = (stage.market.clone(), caller.clone());
        let mine: Vec<_> = listings.iter().copied().skip(number).step_by(CALLERS).collect();
        callers.spawn(async move {
            for listing in mine {
                let price = Money::new(PRICE, Currency::Usd);
                let caller = caller.clone().under(Some(Key::parse(&listing.to_string())?));
                market.run(caller, Command::BuyListing { listing, price, quantity: 1 }).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(rate(count, start.elapsed()))
}

/// The same over the JSON API, a request at a time on each connection.
async fn over_http(stage: &Stage, count: usize) -> anyhow::Result<f64> {
    let listings = stage.list(count).await?;
    let options = http::Options { per_minute: None, ..http::Options::new("127.0.0.1:0".parse()?) };
    let doors = Doors { http: Some(options), ..Doors::default() };
    let running = Running::start(stage.market.clone(), doors).await?;
    let address = running.http.context("no pages")?;
    let mut connections = Vec::new();
    for (_, token) in &stage.buyers {
        connections.push((Client::connect(address).await?, token.reveal().to_owned()));
    }
    let start = clock();
    let mut buyers = tokio::task::JoinSet::new();
    for (number, (mut client, token)) in connections.into_iter().enumerate() {
        let mine: Vec<_> = listings.iter().copied().skip(number).step_by(CALLERS).collect();
        buyers.spawn(async move {
            for listing in mine {
                let body = json!({ "listing": listing, "price": { "minor": PRICE, "currency": "USD" } });
                let key = listing.to_string();
                let status = client.post("/api/v1/orders", &token, Some(&key), &body.to_string()).await?;
                if status != 201 {
                    bail!("not bought: {}", String::from_utf8_lossy(client.body()));
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = buyers.join_next().await {
        done.context("a buyer stopped")??;
    }
    let took = start.elapsed();
    running.close().await;
    Ok(rate(count, took))
}

/// The same from real sockets, some requests under way on each.
async fn over_the_protocol(stage: &Stage, count: usize) -> anyhow::Result<f64> {
    let listings = stage.list(count).await?;
    let running = Running::start(stage.market.clone(), Doors::protocol("127.0.0.1:0".parse()?)).await?;
    let mut connections = Vec::new();
    for (_, token) in &stage.buyers {
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
        if !line.contains("\"reply\"") {
            bail!("not signed in: {line}");
        }
        connections.push(stream);
    }
    let start = clock();
    let mut buyers = tokio::task::JoinSet::new();
    for (number, mut stream) in connections.into_iter().enumerate() {
        let mine: Vec<_> = listings.iter().copied().skip(number).step_by(CALLERS).collect();
        buyers.spawn(async move {
            let mut line = String::new();
            for some in mine.chunks(PIPELINE) {
                let mut out = String::new();
                for listing in some {
                    let price = json!({ "minor": PRICE, "currency": "USD" });
                    let buy =
                        json!({ "id": 1, "op": "buy", "key": listing, "listing": listing, "price": price });
                    out.push_str(&buy.to_string());
                    out.push('\n');
                }
                stream.write_all(out.as_bytes()).await?;
                for _ in some {
                    line.clear();
                    stream.read_line(&mut line).await?;
                    if !line.contains("\"reply\"") {
                        bail!("not bought: {line}");
                    }
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = buyers.join_next().await {
        done.context("a buyer stopped")??;
    }
    let took = start.elapsed();
    running.close().await;
    Ok(rate(count, took))
}
