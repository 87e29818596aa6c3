//! A market with members and listings to measure on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use auboutique_domain::id::ListingId;
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::member::{Email, Secret, Username};
use auboutique_domain::pickup::PickupPointDraft;
use auboutique_domain::{Command, Currency, Price, Reply};
use auboutique_market::env::SystemEnv;
use auboutique_market::{Caller, Location, Market, Options, Token};

/// What every listing costs.
pub(crate) const PRICE: i64 = 1_250;

/// How many members sell. A million listings between them stay below what each may have on sale.
const SELLERS: usize = 600;

/// A market on a fresh file.
pub(crate) struct Stage {
    /// The market.
    pub market: Market,
    /// Who sells: several, because one may not have everything on sale.
    pub sellers: Vec<Caller>,
    /// Who buys, each with the token of their session.
    pub buyers: Vec<(Caller, Token)>,
    /// The folder of the file; gone when the stage is.
    pub folder: tempfile::TempDir,
}

impl Stage {
    /// A market with one seller and this many buyers, and a post office with room for all they buy.
    pub(crate) fn new(buyers: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let location = Location::Sqlite(folder.path().join("market.db"));
        let market = Market::open(&Options::new(location), Arc::new(SystemEnv::new()))?;
        let points = market.ask_now(Caller::CONSOLE, |view| view.pickup_points())?;
        let point = &points.first().context("no pickup point")?.point;
        let opening = point.opening.clone().into();
        let draft = PickupPointDraft::new(&point.name, &point.address, &point.time_zone, &opening, 10_000)?;
        market.run_now(Caller::CONSOLE, Command::ChangePickupPoint { pickup_point: point.id, draft })?;
        let join = |name: String| -> anyhow::Result<(Caller, Token)> {
            let command = Command::Register {
                name: name.clone(),
                username: Username::parse(&name)?,
                email: Email::parse(&format!("{name}@mail.aub.edu"))?,
                password: Secret::new(String::new()),
            };
            let Reply::Account(account) = market.run_now(Caller::VISITOR, command)? else {
                bail!("not joined")
            };
            let (session, token) = market.start_session_at_console(account.id)?;
            Ok((Caller::member(session.session), token))
        };
        let sellers = (0..SELLERS)
            .map(|number| Ok(join(format!("seller_{number}"))?.0))
            .collect::<anyhow::Result<_>>()?;
        let buyers = (0..buyers).map(|number| join(format!("buyer_{number}"))).collect::<Result<_, _>>()?;
        Ok(Self { market, sellers, buyers, folder })
    }

    /// Lists this many things, as many in one batch as go. The words are the same few, as on a real market.
    pub(crate) async fn list(&self, count: usize) -> anyhow::Result<Vec<ListingId>> {
        let things = ["lamp", "desk", "calculus book", "bicycle", "kettle", "calculator", "chair", "jacket"];
        // Shelves on which things may lie without a picture.
        let shelves: Vec<_> = Category::ALL.iter().filter(|category| !category.needs_picture()).collect();
        let mut listed = Vec::with_capacity(count);
        for start in (0..count).step_by(256) {
            let mut waiting = Vec::new();
            for number in start..count.min(start + 256) {
                let thing = things[number % things.len()];
                let draft = ListingDraft::new(
                    &format!("A good {thing} number {number}"),
                    "Used for two semesters, good condition, collected on campus.",
                    Price::new(PRICE, Currency::Usd)?,
                    *shelves[number % shelves.len()],
                    Condition::Good,
                    None,
                )?;
                let caller = self.sellers[number % self.sellers.len()].clone();
                waiting.push(self.market.run(caller, Command::AddListing { draft }));
            }
            for answer in waiting {
                match answer.await? {
                    Reply::Listing(view) => listed.push(view.listing),
                    other => bail!("a listing became {other:?}"),
                }
            }
        }
        Ok(listed)
    }
}

/// Now, for measuring how long something takes.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn clock() -> Instant {
    Instant::now()
}

/// How many per second.
#[expect(clippy::float_arithmetic, reason = "a rate of a measurement, no money")]
pub(crate) fn rate(count: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

/// The middle of what was measured.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
