//! Pages: home, shelves and listings as HTML and as JSON, while things are edited, beside the shortest answer the same
//! router gives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use auboutique::http;
use auboutique::serve::{Doors, Running};
use auboutique_domain::Command;
use auboutique_domain::id::ListingId;
use auboutique_domain::listing::ListingChanges;

use crate::client::Client;
use crate::stage::{Stage, clock, median, rate};
use crate::{Figure, Target};

/// How many browsers ask at once.
const BROWSERS: usize = 64;
/// How many requests a round has.
const REQUESTS: usize = 40_000;
/// After so many pages comes a change of what everybody sees: of twenty requests one is a write.
const PER_WRITE: usize = 19;

/// Measures pages of a market of this many listings.
pub(crate) fn measure(count: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stage = Stage::new(1)?;
    let listed = runtime.block_on(stage.list(count))?;
    let options = http::Options { per_minute: None, ..http::Options::new("127.0.0.1:0".parse()?) };
    let doors = Doors { http: Some(options), ..Doors::default() };
    let running = runtime.block_on(Running::start(stage.market.clone(), doors))?;
    let address = running.http.unwrap_or(running.address);
    let some: Vec<ListingId> = listed.iter().rev().take(40).copied().collect();
    let html: Vec<String> =
        ["/", "/browse", "/browse?category=books", "/browse?category=study", "/browse?text=lamp"]
            .into_iter()
            .map(str::to_owned)
            .chain(some.iter().map(|listing| format!("/listings/{listing}")))
            .collect();
    let json: Vec<String> =
        ["listings", "listings?category=books", "listings?category=study", "listings/search?text=lamp"]
            .into_iter()
            .map(|path| format!("/api/v1/{path}"))
            .chain(some.iter().map(|listing| format!("/api/v1/listings/{listing}")))
            .collect();
    let hello = vec!["/healthz".to_owned()];
    let (mut hellos, mut pages, mut written, mut bodies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        hellos.push(runtime.block_on(round(&stage, address, &hello, None))?);
        pages.push(runtime.block_on(round(&stage, address, &html, None))?);
        written.push(runtime.block_on(round(&stage, address, &html, Some(&listed)))?);
        bodies.push(runtime.block_on(round(&stage, address, &json, Some(&listed)))?);
    }
    let bytes = runtime.block_on(first_load(address))?;
    runtime.block_on(running.close());
    let hello = median(hellos);
    let figure = |id, what: &str, ours, target| Figure {
        id,
        what: format!("{what}, {count} listings"),
        ours: median(ours),
        reference: Some(hello),
        unit: "/s",
        target,
    };
    Ok(vec![
        figure("F5d", "pages as HTML, nothing changes", pages, Target::None),
        figure("F5", "pages as HTML, 5 % writes", written, Target::RatioAtLeast(0.5)),
        figure("F5e", "pages as JSON, 5 % writes", bodies, Target::RatioAtLeast(0.5)),
        Figure {
            id: "F5f",
            what: "first load of home without pictures, compressed".to_owned(),
            ours: bytes,
            reference: None,
            unit: "kB",
            target: Target::AtMost(100.0),
        },
    ])
}

/// Every browser asks for one page after the other; where things are edited, whoever has looked at nineteen edits one, and
/// goes on when that is durable. What counts are the pages.
async fn round(
    stage: &Stage,
    address: std::net::SocketAddr,
    paths: &[String],
    edit: Option<&[ListingId]>,
) -> anyhow::Result<f64> {
    let asked = Arc::new(AtomicUsize::new(0));
    let paths: Arc<[String]> = paths.into();
    // Listing n is seller n's, counted round. What is edited is what is looked at: the newest.
    let newest = edit.map(|listed| {
        let newest = (0..listed.len()).rev().take(2_000);
        newest.map(|at| (stage.sellers[at % stage.sellers.len()].clone(), listed[at])).collect::<Arc<[_]>>()
    });
    let mut browsers = tokio::task::JoinSet::new();
    let mut clients = Vec::new();
    for _ in 0..BROWSERS {
        clients.push(Client::connect(address).await?);
    }
    let start = clock();
    for (number, mut client) in clients.into_iter().enumerate() {
        let (asked, paths) = (Arc::clone(&asked), Arc::clone(&paths));
        let (market, newest) = (stage.market.clone(), newest.clone());
        browsers.spawn(async move {
            for at in number.. {
                if asked.fetch_add(1, Ordering::Relaxed) >= REQUESTS {
                    break;
                }
                let path = &paths[at % paths.len()];
                let status = client.get(path).await?;
                ensure!(status == 200, "{path} is answered with {status}");
                if let Some(newest) = &newest
                    && at % PER_WRITE == 0
                {
                    // Sixty-four who edit have nothing in common.
                    let (seller, listing) = &newest[(at * BROWSERS + number) % newest.len()];
                    let text = format!("Edited at {at} by {number}.");
                    let changes = ListingChanges::default().texts(None, Some(&text))?;
                    market.run(seller.clone(), Command::EditListing { listing: *listing, changes }).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(browser) = browsers.join_next().await {
        browser??;
    }
    Ok(rate(REQUESTS, start.elapsed()))
}

/// How many kilobytes the home page and what it needs take, compressed, without pictures.
#[expect(clippy::float_arithmetic, reason = "bytes, no money")]
async fn first_load(address: std::net::SocketAddr) -> anyhow::Result<f64> {
    let mut client = Client::connect(address).await?;
    ensure!(client.get("/").await? == 200, "no home page");
    let mut bytes = client.body().len();
    let folder = auboutique::web::asset::folder();
    for name in ["style.css", "market.js", "live.js", "talk.js", "sell.js", "icons.svg", "favicon.svg"] {
        ensure!(client.get(&format!("{folder}/{name}")).await? == 200, "no {name}");
        bytes += client.body().len();
    }
    Ok(f64::from(u32::try_from(bytes)?) / 1_000.0)
}
