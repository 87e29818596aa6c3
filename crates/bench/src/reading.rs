//! Reading from a large market: pages, search as you type, start to ready.

use std::sync::Arc;
use std::time::Duration;

use auboutique_domain::Currency;
use auboutique_domain::listing::{Browse, Category, PriceRange, Sort};
use auboutique_domain::text::Search;
use auboutique_market::env::SystemEnv;
use auboutique_market::{Caller, Market, Options};
use hdrhistogram::Histogram;

use crate::stage::{Stage, clock};
use crate::{Figure, Target};

/// Searches asked per second, and for how long.
const PER_SECOND: u32 = 200;
const SEARCHES: u32 = 1_000;

/// Measures reading from a market of this many listings.
pub(crate) fn measure(count: usize) -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stage = Stage::new(32)?;
    runtime.block_on(stage.list(count))?;
    let search = runtime.block_on(searches(&stage.market))?;
    let newest = runtime.block_on(pages(&stage.market, Browse::default()))?;
    let shelf = runtime.block_on(pages(&stage.market, Browse::shelf(Some(Category::Books))))?;
    let price = Some(PriceRange { currency: Currency::Usd, least: None, most: None });
    let cheapest = Browse { price, sort: Sort::Cheapest, ..Browse::default() };
    let cheapest = runtime.block_on(pages(&stage.market, cheapest))?;
    let location = stage.market.location().clone();
    stage.market.close();
    let folder = stage.folder;
    drop(stage.market);
    let start = clock();
    let market = Market::open(&Options::new(location), Arc::new(SystemEnv::new()))?;
    market.ask_now(Caller::VISITOR, |view| view.browse(&Browse::default(), None, None))?;
    let ready = millis(start.elapsed());
    drop(market);
    drop(folder);
    let figure = |id, what: &str, ours, most| Figure {
        id,
        what: format!("{what}, {count} listings"),
        ours,
        reference: None,
        unit: "ms",
        target: most,
    };
    Ok(vec![
        figure("F6", "search as you type at 200/s, common words, p99", search, Target::AtMost(20.0)),
        figure("F5a", "the newest 20, p99 at 200/s", newest, Target::None),
        figure("F5b", "a shelf's newest 20, p99 at 200/s", shelf, Target::None),
        figure("F5c", "the cheapest 20, p99 at 200/s", cheapest, Target::None),
        figure("F12", "start to ready", ready, Target::AtMost(1_000.0)),
    ])
}

#[expect(clippy::float_arithmetic, reason = "a duration, no money")]
fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// Asks at a steady rate whatever the answers do, and measures from the moment each should have been asked: a slow answer
/// is not hidden by the pause it causes.
async fn steadily<F, T>(ask: impl Fn(u32) -> F) -> anyhow::Result<f64>
where
    F: Future<Output = anyhow::Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let start = clock();
    let mut asked = tokio::task::JoinSet::new();
    let pause = Duration::from_secs(1) / PER_SECOND;
    let mut ticks = tokio::time::interval(pause);
    for number in 0..SEARCHES {
        ticks.tick().await;
        let due = start + pause * number;
        let answer = ask(number);
        asked.spawn(async move {
            answer.await?;
            anyhow::Ok(due.elapsed())
        });
    }
    let mut times = Histogram::<u64>::new(3)?;
    while let Some(took) = asked.join_next().await {
        times.record(u64::try_from(took??.as_micros())?)?;
    }
    Ok(millis(Duration::from_micros(times.value_at_quantile(0.99))))
}

async fn searches(market: &Market) -> anyhow::Result<f64> {
    let texts = [
        "g",
        "go",
        "good",
        "good c",
        "calculus",
        "good lamp",
        "number 7",
        "campus good condition",
        "book n",
        "bic",
    ];
    steadily(|number| {
        let text = texts[usize::try_from(number).unwrap_or(0) % texts.len()];
        let market = market.clone();
        async move {
            let browse = Browse::words(Search::parse(text)?);
            Ok(market.ask(Caller::VISITOR, move |view| view.browse(&browse, None, None)).await?)
        }
    })
    .await
}

async fn pages(market: &Market, browse: Browse) -> anyhow::Result<f64> {
    steadily(|_| {
        let market = market.clone();
        let browse = browse.clone();
        async move { Ok(market.ask(Caller::VISITOR, move |view| view.browse(&browse, None, None)).await?) }
    })
    .await
}
