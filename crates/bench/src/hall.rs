//! A market with members who have been here for weeks and auctions that run for weeks to come, to measure bids on.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::member::{Email, Secret, Username};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Currency, Money, Price, Reply};
use auboutique_market::env::{ManualEnv, SystemEnv};
use auboutique_market::{Caller, Env as _, Location, Market, Options, Token};
use tokio::runtime::Runtime;

/// What every auction begins at, and by how much every bid exceeds the one before it. The operator has set a ladder of one
/// band, so that there is room for many bids below the highest that is taken.
pub(crate) const STEP: i64 = 50;
/// How many auctions a seller has.
const OF_A_SELLER: usize = 50;
/// For how long the members have been here: who has just joined bids in few auctions.
const PAST: Span = Span::days(30);

/// A market on a fresh file.
pub(crate) struct Hall {
    /// The market.
    pub market: Market,
    /// Who bids, each with the token of their session.
    pub bidders: Vec<(Caller, Token)>,
    /// What they bid in.
    pub auctions: Vec<AuctionId>,
    /// The folder of the file; gone when the hall is.
    pub folder: tempfile::TempDir,
}

impl Hall {
    /// A market with this many who bid in this many auctions.
    pub(crate) fn open(runtime: &Runtime, bidders: usize, auctions: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let options = Options::new(Location::Sqlite(folder.path().join("market.db")));
        let now = SystemEnv::new().now();
        let market = Market::open(&options, Arc::new(ManualEnv::new(now.minus(PAST), 1)))?;
        let increments = format!("0:{STEP}");
        for (name, value) in [("bids_per_minute", "100000"), ("increments_usd", increments.as_str())] {
            let (name, value) = (name.to_owned(), value.to_owned());
            market.run_now(Caller::CONSOLE, Command::ChangeSetting { name, value })?;
        }
        let mut waiting = Vec::new();
        for number in 0..auctions.div_ceil(OF_A_SELLER) {
            waiting.push(join(&market, format!("seller_{number}"))?);
        }
        let sellers = runtime.block_on(members(waiting))?;
        let mut waiting = Vec::new();
        for number in 0..bidders {
            waiting.push(join(&market, format!("bidder_{number}"))?);
        }
        let bidders = runtime.block_on(members(waiting))?;
        market.close();
        drop(market);

        let market = Market::open(&options, Arc::new(SystemEnv::new()))?;
        let session = |member: MemberId| -> anyhow::Result<(Caller, Token)> {
            let (session, token) = market.start_session_at_console(member)?;
            Ok((Caller::member(session.session), token))
        };
        let sellers = sellers.into_iter().map(session).collect::<anyhow::Result<Vec<_>>>()?;
        let bidders = bidders.into_iter().map(session).collect::<anyhow::Result<Vec<_>>>()?;
        let mut open = Vec::with_capacity(auctions);
        for chunk in (0..auctions).collect::<Vec<_>>().chunks(256) {
            let waiting: Vec<_> = chunk
                .iter()
                .map(|number| {
                    let (seller, _) = sellers.get(number / OF_A_SELLER).context("no seller")?;
                    let (lot, draft) = lot(*number)?;
                    anyhow::Ok(market.run(seller.clone(), Command::OpenAuction { lot: Lot::New(lot), draft }))
                })
                .collect::<Result<_, _>>()?;
            for answer in waiting {
                let Reply::Auction(auction) = runtime.block_on(answer)? else { bail!("no auction") };
                open.push(auction.auction);
            }
        }
        Ok(Self { market, bidders, auctions: open, folder })
    }
}

/// Somebody joins, as soon as it is waited for.
fn join(
    market: &Market,
    name: String,
) -> anyhow::Result<impl Future<Output = auboutique_market::Answer> + Send + use<>> {
    let command = Command::Register {
        username: Username::parse(&name)?,
        email: Email::parse(&format!("{name}@mail.aub.edu"))?,
        name,
        password: Secret::new(String::new()),
    };
    Ok(market.run(Caller::VISITOR, command))
}

async fn members(
    waiting: Vec<impl Future<Output = auboutique_market::Answer>>,
) -> anyhow::Result<Vec<MemberId>> {
    let mut members = Vec::with_capacity(waiting.len());
    for answer in waiting {
        let Reply::Account(account) = answer.await? else { bail!("not joined") };
        members.push(account.id);
    }
    Ok(members)
}

/// Something that is bid for until long after the measurement.
fn lot(number: usize) -> anyhow::Result<(ListingDraft, AuctionDraft)> {
    let lot = ListingDraft::new(
        &format!("A good lamp number {number}"),
        "Used for two semesters, good condition, collected on campus.",
        Price::new(1_250, Currency::Usd)?,
        Category::Other,
        Condition::Good,
        None,
    )?;
    let ends = Ends::After(Span::days(30));
    Ok((lot, AuctionDraft::new(usd(STEP), None, None, None, ends)?))
}

/// So many cents.
pub(crate) const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}
