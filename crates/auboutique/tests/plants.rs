//! A check counts only after it has failed: those of `it/crash.rs`, and a race, on a program that has a defect.
//!
//! `cargo test -p auboutique --features plants --test plants`. Which defect is in is told to the program alone, through
//! its environment; the market that the tests themselves open, to make the people, has none.

#![expect(clippy::unwrap_used, reason = "a run that cannot go on has failed, and says where")]
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use auboutique_market::Location;
use auboutique_wire::json::Outcome;

#[path = "it/process.rs"]
#[expect(dead_code, reason = "the kills of `it/crash.rs` need more of it")]
mod process;

use process::{Offer, PowerCut, Site, code};

/// How many people want the same thing at once.
const BUYERS: usize = 16;
/// How many such things there are.
const THINGS: usize = 20;

/// The defects that the program can have.
const PLANTS: usize = 3;
static FOUND: AtomicUsize = AtomicUsize::new(0);

/// Counts a defect that made its check fail. The last one prints them all.
fn found(plant: &str, by: &str) {
    println!("{plant}: {by}");
    println!("plants found: {}/{PLANTS}", FOUND.fetch_add(1, Ordering::SeqCst) + 1);
}

// ---- durability ----

#[test]
fn a_log_that_is_not_synced_at_every_commit_loses_acknowledged_orders_in_a_power_cut() {
    is_found_by_power_cuts("synchronous-normal");
}

#[test]
fn an_answer_that_is_sent_before_its_commit_is_lost_in_a_power_cut() {
    is_found_by_power_cuts("ack-before-commit");
}

/// The check of `two_thousand_power_cuts_lose_nothing_acknowledged` fails: something acknowledged is lost. Nothing is
/// broken all the same, so that it is the loss that was found.
fn is_found_by_power_cuts(plant: &'static str) {
    let run = PowerCut::record(Some(plant), 300);
    let tally = run.tally(1, 300);
    assert!(tally.lossy > 0, "{plant} is not found: {tally:?}");
    assert_eq!(tally.broken, 0, "{:?}", tally.examples);
    let by = format!(
        "{} of {} crash states lack something acknowledged, {} things at most ({})",
        tally.lossy,
        tally.states,
        tally.most_lost,
        tally.examples.join("; ")
    );
    found(plant, &by);
}

// ---- one thing, many buyers ----

/// What the buyers of each thing were told.
struct Race {
    site: Site,
    /// For each thing: how many got it, and how often each code of a no was told.
    things: Vec<(usize, BTreeMap<String, usize>)>,
    verdict: String,
    is_clean: bool,
}

/// Sixteen people ask for each of twenty things at once. The schema's last wall can be taken down before.
fn race(plant: Option<&'static str>, has_last_wall: bool) -> Race {
    let site = Site::on_sqlite().planted(plant);
    let people = BUYERS + 1;
    let town = site.seed(people, people * THINGS);
    if let (Location::Sqlite(file), false) = (site.location(), has_last_wall) {
        let database = rusqlite::Connection::open(file).unwrap();
        database.execute_batch("DROP INDEX order_lines_one_sale").unwrap();
    }
    let server = site.start();
    let mut wanted: Vec<Offer> = town.offers.lock().unwrap().clone();
    wanted.retain(|offer| offer.seller == BUYERS);
    assert_eq!(wanted.len(), THINGS);
    let start = Barrier::new(BUYERS);
    let told: Vec<Vec<Outcome>> = thread::scope(|scope| {
        let buyers: Vec<_> = (0..BUYERS)
            .map(|person| {
                let (town, address, wanted, start) = (&town, &server.address, &wanted, &start);
                scope.spawn(move || {
                    let mut client = town.sign_in(address, person).unwrap();
                    start.wait();
                    for offer in wanted {
                        client.send("buy", offer.buying()).unwrap();
                    }
                    wanted.iter().map(|_| client.answer().unwrap()).collect()
                })
            })
            .collect();
        buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect()
    });
    drop(server);
    let things = (0..THINGS).map(|thing| {
        let mut noes = BTreeMap::new();
        let mut sales = 0;
        for outcomes in &told {
            match &outcomes[thing] {
                Outcome::Reply(_) => sales += 1,
                Outcome::Refused(no) | Outcome::Busy(no) | Outcome::Broken(no) => {
                    *noes.entry(code(no).to_owned()).or_default() += 1;
                }
            }
        }
        (sales, noes)
    });
    let things = things.collect();
    let (is_clean, verdict) = site.verify();
    Race { site, things, verdict, is_clean }
}

fn only(code: &str) -> BTreeMap<String, usize> {
    [(code.to_owned(), BUYERS - 1)].into()
}

impl Race {
    fn orders(&self) -> usize {
        self.site.column("SELECT id FROM orders").len()
    }
}

#[test]
fn of_sixteen_buyers_one_gets_the_thing_and_the_others_are_told_that_it_is_sold() {
    let race = race(None, true);
    for thing in &race.things {
        assert_eq!(*thing, (1, only("listing_sold")));
    }
    assert_eq!(race.orders(), THINGS);
    assert!(race.is_clean, "{}", race.verdict);
}

#[test]
fn a_sale_that_checks_and_then_acts_is_held_by_the_last_wall_and_told_by_busy_answers_and_by_verify() {
    let race = race(Some("check-then-act"), true);
    // Never two orders: the schema's unique index stops the second one, and its buyer is not told why.
    for thing in &race.things {
        assert_eq!(*thing, (1, only("contended")));
    }
    assert_eq!(race.orders(), THINGS);
    assert!(!race.is_clean, "{}", race.verdict);
}

#[test]
fn a_sale_that_checks_and_then_acts_sells_a_thing_to_everybody_without_the_last_wall_and_verify_names_it() {
    let race = race(Some("check-then-act"), false);
    for thing in &race.things {
        assert_eq!(*thing, (BUYERS, BTreeMap::new()));
    }
    assert_eq!(race.orders(), THINGS * BUYERS);
    assert!(!race.is_clean);
    assert_eq!(race.verdict.matches("sold 16 times").count(), 2 * THINGS, "{}", race.verdict);
    let by = format!("{THINGS} things sold {} times, and verify names each of them", race.orders());
    found("check-then-act", &by);
}
