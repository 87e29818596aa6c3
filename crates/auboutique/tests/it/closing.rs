//! The end of auctions: two hundred people who bid until it comes, a thousand lots that end while the program is down or is
//! killed, and a clock that somebody sets.
//!
//! What came is compared with what was acknowledged and with a second, naive reading of the rules: the highest maximum wins,
//! of two that are the same the earlier one, at the second highest and an increment. How late a lot was closed is measured
//! here, where it is told, so that the commit and the way are in it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::bid_log::{self, Act, Ending};
use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Currency, Money, Price, Reply};
use auboutique_market::env::{ManualEnv, SystemEnv};
use auboutique_market::{Caller, Env as _, Market, Options};
use auboutique_terminal::{Client, News, Tls};
use auboutique_wire::json::Outcome;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::auction::lot;
use crate::process::{Server, Site, code as code_of};
use crate::stage::{Person, Stage, Stream, code, joins, request, usd};

/// By how much a bid exceeds the price here, whatever that is, and what every lot begins at.
const INCREMENT: i64 = 50;
const START: i64 = 500;
/// Longer than somebody counts as new.
const AGE: Span = Span::days(8);
/// How late a lot is closed at most, be it after its end or after the program is ready (`promises.md` B4, B5).
const AT_ONCE: Span = Span::seconds(1);

fn set(market: &Market, name: &str, value: &str) {
    let change = Command::ChangeSetting { name: name.to_owned(), value: value.to_owned() };
    market.run_now(Caller::CONSOLE, change).unwrap();
}

// ---- many who bid until the end ----

#[test]
fn what_two_hundred_people_bid_until_the_end_is_in_the_log_once_and_makes_the_winner_and_the_price() {
    // So many more bids than bidders that a round of all of them is no minute.
    let sizes = [(200, 20_000), (20, 6_000)];
    for ((stage, clock), (bidders, bids)) in Stage::with_clocks().into_iter().zip(sizes) {
        bid_until_the_end(&stage, &clock, bidders, bids);
    }
}

/// A bid that was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Acknowledged {
    /// Its line in the log.
    line: i64,
    bidder: i64,
    maximum: i64,
}

/// So many people bid in a lot that was put up for a minute. Every answer brings the end nearer by as much as it takes to
/// get there with so many of them; late bids move it.
fn bid_until_the_end(stage: &Stage, clock: &Arc<ManualEnv>, bidders: usize, bids: usize) {
    for (name, value) in
        [("bids_per_minute", "100000"), ("soft_close_minutes", "1"), ("increments_usd", "0:50")]
    {
        set(&stage.market, name, value);
    }
    let seller = stage.member("seller");
    let people: Vec<Person> = (0..bidders).map(|number| stage.member(&format!("bidder_{number}"))).collect();
    clock.advance(AGE);
    let opened = stage.connect(&seller).does("open_auction", lot("A lamp", 60));
    let auction: Arc<str> = opened["auction"].as_str().unwrap().into();
    let step = Span::from_micros(Span::minutes(61).micros() / i64::try_from(bids).unwrap());
    let real = SystemEnv::new();
    let (began, answers) = (real.now(), Arc::new(AtomicUsize::new(0)));
    let told = stage.runtime.block_on(async {
        let streams = stage.connect_all(&people).await;
        let runs: Vec<_> = streams
            .into_iter()
            .zip(1..)
            .map(|(stream, seed)| {
                let (auction, clock) = (Arc::clone(&auction), Arc::clone(clock));
                let answers = Arc::clone(&answers);
                tokio::spawn(async move {
                    let answered = || {
                        clock.advance(step);
                        answers.fetch_add(1, Ordering::SeqCst);
                    };
                    bid_as_long_as_it_goes(stream, &auction, seed, answered).await
                })
            })
            .collect();
        let mut told = Vec::new();
        for run in runs {
            told.extend(run.await.unwrap());
        }
        told
    });
    let took = real.now().since(began);
    stage.market.tick().unwrap();

    let said = Api::of(stage).ask(None, "bid_log", &json!({ "auction": &*auction }));
    assert_eq!(said.status, 200, "{:?}", said.code());
    let log = String::from_utf8(said.body).unwrap();
    let lines = bids_in(&log);
    let acknowledged: BTreeSet<Acknowledged> = told.iter().copied().collect();
    assert_eq!(acknowledged.len(), told.len(), "a line was acknowledged twice");
    assert!(acknowledged.into_iter().eq(lines.iter().copied()), "what was acknowledged is not what is there");

    let (_, replayed) = bid_log::replay(&log).unwrap_or_else(|error| panic!("{error}"));
    let (winner, price) = naive(&lines).unwrap();
    let shown = stage.connect(&seller).does("auction", json!({ "auction": &*auction }));
    assert_eq!((replayed.ending, replayed.winner), (Some(Ending::Sold), Some(winner)));
    assert_eq!(replayed.price, Some(Money::new(price, Currency::Usd)));
    assert_eq!((&shown["state"], &shown["leader"]), (&json!("sold"), &json!(winner)));
    assert_eq!((&shown["price"], &shown["ends_at"]), (&usd(price), &json!(replayed.ends_at)));
    // How far depends on who bid when; bids ceased only because of the end.
    let ends = |auction: &Value| serde_json::from_value::<Moment>(auction["ends_at"].clone()).unwrap();
    assert!(ends(&shown) > ends(&opened), "late bids moved the end");
    assert!(ends(&shown) <= hard_end(&opened), "and no further than it goes");
    stage.is_clean();
    let answers = answers.load(Ordering::SeqCst);
    let rate = i64::try_from(answers).unwrap() * 1_000_000 / took.micros().max(1);
    eprintln!(
        "{:?}: {bidders} bidders, {answers} bids asked until the end at {rate}/s, {} accepted, sold to bidder {winner} at {}",
        stage.location,
        lines.len(),
        Money::new(price, Currency::Usd),
    );
}

/// How far the soft close can move the end of a lot that was put up like this.
fn hard_end(opened: &Value) -> Moment {
    let ends_at: Moment = serde_json::from_value(opened["ends_at"].clone()).unwrap();
    ends_at.plus(Span::minutes(60))
}

/// Bids the least that is taken, or a little more, or much more; tells what was acknowledged.
async fn bid_as_long_as_it_goes(
    mut stream: Stream,
    auction: &str,
    seed: u64,
    answered: impl Fn(),
) -> Vec<Acknowledged> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let (mut minimum, mut told) = (START, Vec::new());
    loop {
        let roll = i64::from(dice.next_u32() % 48);
        let maximum = minimum + INCREMENT * if roll < 3 { 40 } else { roll % 3 };
        let bid = json!({ "auction": auction, "maximum": usd(maximum) });
        stream.send(&request(1, "place_bid", bid)).await;
        let answer: Value = serde_json::from_str(&stream.line().await).unwrap();
        answered();
        match code(&answer) {
            "ok" => {
                let reply = &answer["reply"];
                assert_eq!(reply["maximum"], usd(maximum));
                minimum = reply["minimum"]["minor"].as_i64().unwrap();
                let number = |name: &str| reply[name].as_i64().unwrap();
                told.push(Acknowledged { line: number("number"), bidder: number("bidder"), maximum });
            }
            "bid_too_low" => {
                let least = answer["refused"]["minimum"]["minor"].as_i64().unwrap();
                assert!(least > maximum, "refused {maximum} where {least} is the least");
                minimum = least;
            }
            "auction_over" => return told,
            _ => panic!("{answer}"),
        }
    }
}

/// The bids in a log that was downloaded.
fn bids_in(log: &str) -> Vec<Acknowledged> {
    let bid = |text: &str| {
        let (entry, _) = text.rsplit_once(" #")?;
        let mut words = entry.splitn(3, ' ');
        let (line, _) = (words.next()?.parse().ok()?, words.next()?);
        match Act::parse(words.next()?)? {
            Act::Bid { bidder, maximum } => Some(Acknowledged { line, bidder, maximum }),
            _ => None,
        }
    };
    log.lines().filter_map(bid).collect()
}

/// Who has it at which price, read from the bids alone.
fn naive(bids: &[Acknowledged]) -> Option<(i64, i64)> {
    // Of two that are the same the earlier one is the higher.
    let first = bids.iter().max_by_key(|bid| (bid.maximum, -bid.line))?;
    let others = bids.iter().filter(|bid| bid.bidder != first.bidder);
    let second = others.map(|bid| bid.maximum).max();
    Some((first.bidder, second.map_or(START, |second| first.maximum.min(second + INCREMENT))))
}

// ---- a thousand that end while something happens ----

/// Lots in a market that is not running, and who has to win them.
struct Lots {
    /// When each ends.
    ends: BTreeMap<String, Moment>,
    /// What its row has to say when it is closed.
    rows: BTreeSet<String>,
    /// Who follows what happens, from which event on.
    token: String,
    cursor: i64,
    /// Something that runs for a day.
    other: AuctionId,
}

/// How many bidders there are.
const BIDDERS: usize = 12;
/// How many lots a seller puts up.
const OF_A_SELLER: usize = 100;
/// How long before now everything was put up and bid on: no bid was late.
const BEFORE: Span = Span::minutes(20);

impl Lots {
    /// So many lots, of which the first ends then and the last so much later. Each has no bid to three.
    fn put_up(site: &Site, count: usize, first: Moment, spread: Span) -> Self {
        let past = SystemEnv::new().now().minus(AGE).minus(BEFORE);
        let clock = Arc::new(ManualEnv::new(past, 9));
        let env = Arc::<ManualEnv>::clone(&clock);
        let market = Market::open(&Options::new(site.location()), env).unwrap();
        set(&market, "increments_usd", "0:50");
        set(&market, "bids_per_minute", "100000");
        let join = |name: &str| joins(&market, name).0;
        let sellers: Vec<MemberId> =
            (0..=count.div_ceil(OF_A_SELLER)).map(|number| join(&format!("seller_{number}"))).collect();
        let bidders: Vec<MemberId> = (0..BIDDERS).map(|number| join(&format!("bidder_{number}"))).collect();
        clock.advance(AGE);
        let session = |member: &MemberId| {
            let (session, token) = market.start_session_at_console(*member).unwrap();
            (Caller::member(session.session), token.reveal().to_owned())
        };
        let sellers: Vec<_> = sellers.iter().map(session).collect();
        let callers: Vec<_> = bidders.iter().map(session).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // All are queued before the first is waited for, so that they share commits.
        let all = |asked: Vec<(Caller, Command)>| -> Vec<Reply> {
            let mut replies = Vec::new();
            for some in asked.chunks(200) {
                let waiting: Vec<_> = some
                    .iter()
                    .map(|(caller, command)| market.run(caller.clone(), command.clone()))
                    .collect();
                replies.extend(waiting.into_iter().map(|answer| runtime.block_on(answer).unwrap()));
            }
            replies
        };
        let number = |place: usize| i64::try_from(place).unwrap();
        let put = |place: usize, ends: Ends| {
            let title = format!("Lot {place}");
            let price = Price::new(1_000, Currency::Usd).unwrap();
            let lot = ListingDraft::new(&title, "", price, Category::Books, Condition::Good, None).unwrap();
            let terms = AuctionDraft::new(Money::new(START, Currency::Usd), None, None, None, ends).unwrap();
            let (caller, _) = sellers[place / OF_A_SELLER].clone();
            (caller, Command::OpenAuction { lot: Lot::New(lot), draft: terms })
        };
        let end = |place: usize| {
            first.plus(Span::from_micros(spread.micros() * number(place) / number(count.max(2) - 1)))
        };
        let mut asked: Vec<_> = (0..count).map(|place| put(place, Ends::At(end(place)))).collect();
        asked.push(put(count, Ends::After(Span::days(1))));
        let mut ids: Vec<AuctionId> = all(asked)
            .into_iter()
            .map(|reply| match reply {
                Reply::Auction(auction) => auction.auction,
                other => panic!("{other:?}"),
            })
            .collect();
        let other = ids.pop().unwrap();

        let (mut asked, mut rows) = (Vec::new(), BTreeSet::new());
        for (place, auction) in ids.iter().enumerate() {
            // The second outbids the first; the third comes close to the second, and raises the price.
            let maxima = [START + 100, START + 2_000, START + 1_000 + number(place % 10) * 50];
            let bids: Vec<_> = (0..place % 4).map(|turn| ((place + turn) % BIDDERS, maxima[turn])).collect();
            let acknowledged: Vec<_> = bids
                .iter()
                .zip(1..)
                .map(|((bidder, maximum), line)| Acknowledged {
                    line,
                    bidder: number(*bidder),
                    maximum: *maximum,
                })
                .collect();
            rows.insert(match naive(&acknowledged) {
                Some((winner, price)) => {
                    let winner = bidders[usize::try_from(winner).unwrap()];
                    format!("{auction} sold {winner} {price}")
                }
                None => format!("{auction} no_bids - -"),
            });
            for (bidder, maximum) in bids {
                let maximum = Money::new(maximum, Currency::Usd);
                asked.push((callers[bidder].0.clone(), Command::PlaceBid { auction: *auction, maximum }));
            }
        }
        all(asked);
        let (_, token) = callers[0].clone();
        let cursor = *market.log().borrow();
        let ends = ids.iter().enumerate().map(|(place, auction)| (auction.to_string(), end(place))).collect();
        market.close();
        drop(market);
        site.settle();
        Self { ends, rows, token, cursor, other }
    }

    fn signed_in(&self, server: &Server) -> Client {
        let mut client = Client::connect(&server.address, &Tls::Off).unwrap();
        does(&mut client, "resume", json!({ "token": self.token }));
        client
    }

    /// Whoever follows what happens at that server.
    fn ear(&self, server: &Server, after: i64) -> Client {
        let mut client = self.signed_in(server);
        does(&mut client, "listen", json!({ "after": after }));
        client
    }

    /// Every lot was closed once, and to the right bidder at the right price.
    fn all_are_closed_right(&self, site: &Site, closed: &BTreeMap<String, Span>) {
        assert!(closed.keys().eq(self.ends.keys()), "not all were told to be closed");
        let rows = site.column(
            "SELECT id || ' ' || result || ' ' || COALESCE(winner_id, '-') || ' ' || COALESCE(CAST(hammer AS TEXT), '-')
             FROM auctions WHERE state <> 'open'",
        );
        assert!(rows == self.rows, "{:#?}", rows.symmetric_difference(&self.rows).collect::<Vec<_>>());
        for twice in [
            "SELECT auction_id FROM bid_log WHERE act = 'closed' GROUP BY auction_id HAVING COUNT(*) > 1",
            "SELECT subject FROM events WHERE event = 'auction_closed' GROUP BY subject HAVING COUNT(*) > 1",
        ] {
            assert_eq!(site.column(twice), BTreeSet::new(), "closed twice");
        }
        let (is_clean, said) = site.verify();
        assert!(is_clean, "{said}");
    }
}

fn does(client: &mut Client, op: &str, fields: Value) -> Value {
    match client.call(op, object(fields)).unwrap() {
        Outcome::Reply(reply) => reply,
        other => panic!("{op}: {other:?}"),
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// The lots that are closed until there are so many, each with how much later than its end it was told, or than the program
/// was ready if that was later; negative if before its end. Answers with the number of the last event.
fn closed_until(
    client: &mut Client,
    (lots, clock): (&Lots, &SystemEnv),
    ready: Moment,
    closed: &mut BTreeMap<String, Span>,
    enough: usize,
) -> i64 {
    let mut last = lots.cursor;
    while closed.len() < enough {
        let event = match client.next_news().unwrap() {
            News::Event(event) => event,
            News::End(end) => panic!("the stream ended: {end}"),
            News::Presence(_) | News::Typing(_) | News::Here(_) => continue,
        };
        let now = clock.now();
        last = event["seq"].as_i64().unwrap();
        if event["event"] == "auction_closed" {
            let auction = event["auction"].as_str().unwrap().to_owned();
            let end = lots.ends[&auction];
            let late = if now < end { now.since(end) } else { now.since(end.max(ready)) };
            assert_eq!(closed.insert(auction, late), None, "told to be closed twice: {event}");
        }
    }
    last
}

/// The middle, the 99th of a hundred and the most.
fn in_words(late: &BTreeMap<String, Span>) -> String {
    let mut late: Vec<i64> = late.values().map(|late| late.micros() / 1_000).collect();
    late.sort_unstable();
    let at = |hundredths: usize| late[(late.len() * hundredths).div_ceil(100) - 1];
    format!("p50 {} ms, p99 {} ms, most {} ms", at(50), at(99), at(100))
}

fn none_is_early_or_late(closed: &BTreeMap<String, Span>, what: &str) {
    eprintln!("{what}: {} lots, closed late by {}", closed.len(), in_words(closed));
    for (auction, late) in closed {
        assert!(
            late.micros() >= 0 && *late < AT_ONCE,
            "{auction} was closed {} ms late",
            late.micros() / 1_000
        );
    }
}

#[test]
fn a_thousand_lots_that_end_while_the_program_is_down_are_closed_once_as_soon_as_it_is_ready() {
    for (site, count) in [(Site::on_sqlite(), 1_000), (Site::on_postgres(), 200)] {
        let clock = SystemEnv::new();
        let lots = Lots::put_up(&site, count, clock.now().minus(Span::seconds(5)), Span::seconds(4));
        let server = site.start();
        let ready = clock.now();
        let mut closed = BTreeMap::new();
        let mut ear = lots.ear(&server, lots.cursor);
        closed_until(&mut ear, (&lots, &clock), ready, &mut closed, count);
        none_is_early_or_late(&closed, &format!("an outage, {:?}", site.location()));
        lots.all_are_closed_right(&site, &closed);
    }
}

#[test]
fn a_thousand_lots_that_end_around_a_kill_are_closed_once() {
    for (site, count) in [(Site::on_sqlite(), 1_000), (Site::on_postgres(), 200)] {
        let clock = SystemEnv::new();
        let lead = lead(count);
        let lots = Lots::put_up(&site, count, clock.now().plus(lead), Span::seconds(3));
        let mut server = site.start();
        let mut closed = BTreeMap::new();
        let mut ear = lots.ear(&server, lots.cursor);
        let last = closed_until(&mut ear, (&lots, &clock), clock.now(), &mut closed, count / 3);
        server.kill();
        server = site.start();
        let ready = clock.now();
        let mut ear = lots.ear(&server, last);
        closed_until(&mut ear, (&lots, &clock), ready, &mut closed, count);
        none_is_early_or_late(&closed, &format!("a kill after {}, {:?}", count / 3, site.location()));
        lots.all_are_closed_right(&site, &closed);
    }
}

/// How long before the first end a test begins to put up so many lots, so that they end while the program runs. Should the
/// machine be too slow for that, they end before, and it is an outage.
fn lead(count: usize) -> Span {
    Span::from_micros(i64::try_from(count).unwrap() * 8_000 + 2_000_000)
}

#[test]
fn lots_end_when_they_should_while_somebody_sets_the_clock_two_hours_on_and_back() {
    let (site, count) = (Site::on_sqlite(), 1_000);
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("clock");
    fs::write(&file, "+0").unwrap();
    let clock = SystemEnv::new();
    let lots = Lots::put_up(&site, count, clock.now().plus(lead(count)), Span::seconds(5));
    let server = site.start_with_clock(&file);
    let (ready, mut closed) = (clock.now(), BTreeMap::new());
    let mut ear = lots.ear(&server, lots.cursor);
    let mut bidder = lots.signed_in(&server);
    let ends_at = does(&mut bidder, "auction", json!({ "auction": lots.other }))["ends_at"].clone();
    for (step, enough) in [("+2h", count / 2), ("-2h", count)] {
        set_clock(&file, step);
        let before = does(&mut bidder, "auction", json!({ "auction": lots.other }));
        let bid = json!({ "auction": lots.other, "maximum": before["minimum"] });
        assert_eq!(does(&mut bidder, "place_bid", bid)["ends_at"], ends_at, "{step}");
        closed_until(&mut ear, (&lots, &clock), ready, &mut closed, enough);
    }
    none_is_early_or_late(&closed, "a clock set two hours on and four back");
    drop(server);
    lots.all_are_closed_right(&site, &closed);
}

#[test]
fn a_program_whose_clock_is_behind_its_last_commit_takes_no_bids_and_says_why() {
    let site = Site::on_sqlite();
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("clock");
    let lots = Lots::put_up(&site, 1, SystemEnv::new().now().plus(Span::minutes(10)), Span::seconds(0));
    set_clock(&file, "-2h");
    let mut server = site.start_with_clock(&file);
    let mut bidder = lots.signed_in(&server);
    let bid = || object(json!({ "auction": lots.other, "maximum": usd(START) }));
    match bidder.call("place_bid", bid()).unwrap() {
        Outcome::Busy(no) => assert_eq!(code_of(&no), "clock_behind"),
        other => panic!("{other:?}"),
    }
    // What needs no clock goes on.
    does(&mut bidder, "change_name", json!({ "name": "Somebody" }));
    assert!(site.last_of_log().contains("the clock is behind the last commit"), "{}", site.last_of_log());
    server.kill();
    let server = site.start();
    does(&mut lots.signed_in(&server), "place_bid", json!({ "auction": lots.other, "maximum": usd(START) }));
}

/// Sets the clock of a program that was started with that file, at once: the file is replaced and never half written.
fn set_clock(file: &Path, step: &str) {
    let new = file.with_extension("new");
    fs::write(&new, step).unwrap();
    fs::rename(&new, file).unwrap();
}
