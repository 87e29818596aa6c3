//! What was acknowledged is still there: after kill -9, after SIGTERM, after the power was cut.
//!
//! Nothing here is worth more than the defects it finds: `plants.rs` runs the same checks on a program with one planted.

#![expect(clippy::unwrap_used, reason = "a run that cannot go on has failed, and says where")]

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::process::{Again, Ask, Known, PowerCut, Site, Traded, ask_again, orders, trade};

/// How soon a market answers again after a crash.
const READY_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn fifty_kills_under_load_lose_nothing_acknowledged() {
    let tally = kill_again_and_again(&Site::on_sqlite(), 50);
    println!("kill -9, SQLite: {tally}");
}

#[test]
fn ten_kills_under_load_lose_nothing_acknowledged_on_postgres() {
    let tally = kill_again_and_again(&Site::on_postgres(), 10);
    println!("kill -9, PostgreSQL: {tally}");
}

/// Kills the program in the middle of a trade, starts it again and asks everything again, so many times over.
fn kill_again_and_again(site: &Site, kills: u64) -> String {
    let town = site.seed(8, 200);
    let mut dice = ChaCha8Rng::seed_from_u64(kills);
    let mut history: Vec<Ask> = Vec::new();
    let mut recoveries = Vec::new();
    let (mut acknowledged, mut refused, mut resolved, mut silent) = (0, 0, 0, 0);
    let mut server = site.start();
    for round in 1..=kills {
        let enough = 10 + usize::try_from(dice.next_u32() % 110).unwrap();
        let address = server.address.clone();
        let Traded { mut asks, .. } = trade(&address, &town, round, enough, |_| server.kill());
        acknowledged += asks.iter().filter(|ask| ask.done().is_some()).count();
        refused += asks.iter().filter(|ask| matches!(ask.known, Known::Refused(_))).count();

        server = site.start();
        recoveries.push(server.ready_after);
        assert!(server.ready_after < READY_WITHIN, "kill {round}: ready after {:?}", server.ready_after);
        history.append(&mut asks);
        // Orders that were placed, and whose buyers have not heard of it.
        silent += site.column("SELECT id FROM orders").difference(&orders(&history)).count();
        let fresh = history.iter_mut().filter(|ask| ask.round == round);
        let again = ask_again(&server.address, &town, fresh);
        assert_eq!(again.changed, Vec::<String>::new(), "kill {round}\n{}", site.last_of_log());
        resolved += again.resolved;
    }
    assert!(resolved > 0, "no kill met a request under way");
    let again = ask_again(&server.address, &town, &mut history);
    assert_eq!(again.changed, Vec::<String>::new());
    all_is_as_remembered(site, &history);
    server.kill();
    let (is_clean, said) = site.verify();
    assert!(is_clean && said.trim_end().ends_with("clean"), "{said}");
    recoveries.sort();
    format!(
        "{kills} kills, {acknowledged} acknowledged, 0 lost, {refused} refused, {resolved} unknown and resolved \
         ({silent} orders among them were placed before the kill), {} orders, ready again after {} ms (p50) and {} ms (most)",
        orders(&history).len(),
        recoveries[recoveries.len() / 2].as_millis(),
        recoveries[recoveries.len() - 1].as_millis(),
    )
}

/// Every order that is known of is there, no other one is, and no thing was sold twice.
fn all_is_as_remembered(site: &Site, history: &[Ask]) {
    assert_eq!(history.iter().filter(|ask| ask.known == Known::Unknown).count(), 0);
    assert_eq!(site.column("SELECT id FROM orders"), orders(history));
    let listings = site.column("SELECT id FROM listings");
    let added = history.iter().filter(|ask| ask.op == "add_listing").filter_map(Ask::done);
    let added: BTreeSet<String> = added.map(str::to_owned).collect();
    assert_eq!(added.difference(&listings).count(), 0);
    let sold = site.column("SELECT DISTINCT listing_id FROM order_lines");
    assert_eq!(sold.len(), orders(history).len(), "a thing was sold twice");
}

#[test]
fn a_market_told_to_close_answers_what_it_took_and_says_that_it_is_closing() {
    let site = Site::on_sqlite();
    let town = site.seed(8, 200);
    let mut history: Vec<Ask> = Vec::new();
    let (mut goodbyes, mut unanswered, mut done) = (0, 0, 0);
    for round in 1..=5 {
        let mut server = site.start();
        let Traded { mut asks, goodbyes: told, people } =
            trade(&server.address, &town, round, 200, |_| server.ask_to_end());
        assert!(server.end_within(Duration::from_secs(10)).success(), "{}", site.last_of_log());
        assert_eq!(told, people, "somebody was cut off without a word");
        the_file_alone_has(&site, &orders(&asks));
        goodbyes += told;
        unanswered += asks.iter().filter(|ask| ask.known == Known::Unknown).count();

        let server = site.start();
        let Again { changed, done: late, .. } = ask_again(&server.address, &town, &mut asks);
        assert_eq!(changed, Vec::<String>::new());
        done += late;
        history.append(&mut asks);
    }
    all_is_as_remembered(&site, &history);
    let (is_clean, said) = site.verify();
    assert!(is_clean, "{said}");
    println!(
        "SIGTERM: 5 times, {} requests answered and 0 lost, {goodbyes} connections told, {unanswered} requests not \
         answered, of which {done} were done when asked again, {} orders",
        history.len() - unanswered,
        orders(&history).len(),
    );
}

/// A market that was closed in good order leaves nothing in its write-ahead log.
fn the_file_alone_has(site: &Site, orders: &BTreeSet<String>) {
    let copy = Site::on_sqlite();
    fs::copy(site.folder().join("market.db"), copy.folder().join("market.db")).unwrap();
    assert_eq!(orders.difference(&copy.column("SELECT id FROM orders")).count(), 0);
}

#[test]
fn three_hundred_power_cuts_around_a_checkpoint_lose_nothing_acknowledged() {
    let tally = PowerCut::record_over_full_log(200).tally(3, 300);
    assert_eq!((tally.states, tally.lossy, tally.broken), (300, 0, 0), "{:?}", tally.examples);
    println!(
        "power cut around a checkpoint: {} states with {} acknowledgements before their cuts: {} lossy, {} broken",
        tally.states, tally.acknowledged, tally.lossy, tally.broken
    );
}

#[test]
fn two_thousand_power_cuts_lose_nothing_acknowledged() {
    let run = PowerCut::record(None, 200);
    let tally = run.tally(1, 2_000);
    assert_eq!((tally.states, tally.lossy, tally.broken), (2_000, 0, 0), "{:?}", tally.examples);

    // What a disk was left with is what the program is started on, and asked again.
    let mut asked = 0;
    for state in run.recording.crash_states(2, 10) {
        let site = Site::on_sqlite();
        fs::remove_dir(site.folder()).unwrap();
        state.write_to(&site.folder()).unwrap();
        let server = site.start();
        assert!(server.ready_after < READY_WITHIN, "{state}: ready after {:?}", server.ready_after);
        let acknowledged: BTreeSet<&String> = state.acknowledged().iter().collect();
        let known = |ask: &&mut Ask| ask.done().is_some_and(|id| acknowledged.contains(&id.to_owned()));
        let mut asks = run.asks.clone();
        let again = ask_again(&server.address, &run.town, asks.iter_mut().filter(known));
        assert_eq!(again.changed, Vec::<String>::new(), "{state}");
        asked += acknowledged.len();
        drop(server);
        let (is_clean, said) = site.verify();
        assert!(is_clean, "{state}: {said}");
    }
    println!(
        "power cut: {} calls, {} moments, {} acknowledged; {} states with {} acknowledgements before their cuts: \
         {} lossy, {} broken; 10 states served again, {asked} answers the same",
        run.recording.calls(),
        run.recording.moments(),
        run.recording.acknowledgements(),
        tally.states,
        tally.acknowledged,
        tally.lossy,
        tally.broken,
    );
}
