//! Everybody who bids at the same time sees one auction: whatever overlaps, there is an order in which one after the other did
//! it, and in which everybody was told what they were told (`promises.md` T15).
//!
//! A history is what callers asked and what they were told, each as it happened. Some answers never come: what was asked may
//! have been done or not. The tester looks for an order; what one bid after the other comes to is written down a second time
//! here, naively. On PostgreSQL two nodes take the bids.

use std::sync::{Barrier, Mutex};
use std::thread;

use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::id::AuctionId;
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Busy, Market, No};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use stateright::semantics::{ConsistencyTester as _, LinearizabilityTester, SequentialSpec};

use crate::stage::{Person, Stage, cents, usd};

const BIDDERS: usize = 4;
/// How often each of them asks something in a history.
const ASKED: usize = 6;
/// How many answers of a history never come, at most: the search doubles with each.
const UNKNOWN: usize = 6;
const START: i64 = 500;
const INCREMENT: i64 = 50;
/// How long an auction lasts: no bid here is late, and nobody has to have paid before all of them are over.
const LASTS: Span = Span::minutes(10);

#[derive(Debug, Clone)]
enum Ask {
    Bid {
        bidder: usize,
        maximum: i64,
    },
    Look,
    /// The clock comes to the end; nobody closes it.
    End,
}

#[derive(Debug, Clone, PartialEq)]
enum Told {
    Accepted {
        leads: bool,
        price: i64,
        minimum: i64,
    },
    TooLow {
        minimum: i64,
    },
    Over,
    Seen {
        price: i64,
        minimum: i64,
        bidders: i64,
    },
    Ended,
    /// It was busy: nothing was done.
    NotNow,
    /// Something that is not answered to this.
    Strange(String),
}

/// An auction, as a table of who bid what in which order.
#[derive(Debug, Clone, Default)]
struct Plain {
    bids: Vec<(usize, i64)>,
    over: bool,
}

impl Plain {
    /// The most anybody bid, the earlier one if two did; and the most anybody else bid.
    fn first_and_second(&self) -> (Option<(usize, i64)>, Option<i64>) {
        let mut first: Option<(usize, i64)> = None;
        for &(bidder, maximum) in &self.bids {
            if first.is_none_or(|(_, most)| maximum > most) {
                first = Some((bidder, maximum));
            }
        }
        let leader = first.map(|(bidder, _)| bidder);
        let others = self.bids.iter().filter(|(bidder, _)| Some(*bidder) != leader);
        (first, others.map(|(_, maximum)| *maximum).max())
    }

    fn price(&self) -> i64 {
        match self.first_and_second() {
            (Some((_, most)), Some(second)) => most.min(second + INCREMENT),
            _ => START,
        }
    }

    fn minimum(&self, asker: Option<usize>) -> i64 {
        match self.first_and_second().0 {
            None => START,
            Some((leader, most)) if Some(leader) == asker => most + INCREMENT,
            Some(_) => self.price() + INCREMENT,
        }
    }
}

impl SequentialSpec for Plain {
    type Op = Ask;
    type Ret = Told;

    fn invoke(&mut self, ask: &Ask) -> Told {
        match *ask {
            Ask::Bid { .. } if self.over => Told::Over,
            Ask::Bid { bidder, maximum } => {
                let minimum = self.minimum(Some(bidder));
                if maximum < minimum {
                    return Told::TooLow { minimum };
                }
                self.bids.push((bidder, maximum));
                let leads = self.first_and_second().0.is_some_and(|(leader, _)| leader == bidder);
                Told::Accepted { leads, price: self.price(), minimum: self.minimum(Some(bidder)) }
            }
            Ask::Look => {
                let bidders: std::collections::BTreeSet<usize> =
                    self.bids.iter().map(|(bidder, _)| *bidder).collect();
                let bidders = i64::try_from(bidders.len()).unwrap();
                Told::Seen { price: self.price(), minimum: self.minimum(None), bidders }
            }
            Ask::End => {
                self.over = true;
                Told::Ended
            }
        }
    }

    fn is_valid_step(&mut self, ask: &Ask, told: &Told) -> bool {
        *told == Told::NotNow || self.invoke(ask) == *told
    }
}

/// What happened, in its order: a client asked something, or was told what came of it. A client who is not told does not
/// come back: whoever it was goes on as another.
type History = Vec<(usize, Result<Told, Ask>)>;

/// Everybody at once asks in an auction of its own. With `ends` the time for it is over in the middle of it, and nobody
/// looks: who looks is shown what is committed, which a bid that came in time is a moment later.
fn record(
    stage: &Stage,
    nodes: &[Market],
    (people, auction): (&[Person], AuctionId),
    seed: u64,
    ends: bool,
) -> History {
    let history = Mutex::new(History::new());
    let note = |client: usize, what: Result<Told, Ask>| history.lock().unwrap().push((client, what));
    let unknown = Mutex::new(UNKNOWN);
    let may_not_know = || {
        let mut unknown = unknown.lock().unwrap();
        *unknown = unknown.saturating_sub(1);
        *unknown > 0
    };
    let half = Barrier::new(BIDDERS + 1);
    thread::scope(|scope| {
        for (bidder, person) in people.iter().enumerate() {
            let (half, node) = (&half, &nodes[bidder % nodes.len()]);
            let (note, may_not_know) = (&note, &may_not_know);
            scope.spawn(move || {
                let mut dice = ChaCha8Rng::seed_from_u64(seed * 100 + u64::try_from(bidder).unwrap());
                let (mut client, mut minimum) = (bidder, START);
                for turn in 0..ASKED {
                    if turn == ASKED / 2 {
                        half.wait();
                    }
                    let roll = dice.next_u32();
                    if !ends && roll % 4 == 0 {
                        note(client, Err(Ask::Look));
                        let seen = node.ask_now(person.caller(), move |view| view.auction(auction)).unwrap();
                        let mut least = seen.minimum.unwrap();
                        // Who leads is shown what they themselves would have to bid.
                        if seen.you.is_some_and(|you| you.leads) {
                            least = cents(seen.price.minor + INCREMENT);
                        }
                        let (price, minimum) = (seen.price.minor, least.minor);
                        note(client, Ok(Told::Seen { price, minimum, bidders: seen.bidders }));
                        continue;
                    }
                    let maximum = minimum + INCREMENT * i64::from(roll / 4 % 4);
                    note(client, Err(Ask::Bid { bidder, maximum }));
                    let bid = Command::PlaceBid { auction, maximum: cents(maximum) };
                    if roll / 16 % 4 == 0 && may_not_know() {
                        drop(node.run(person.caller(), bid));
                        client += BIDDERS;
                        continue;
                    }
                    let told = match node.run_now(person.caller(), bid) {
                        Ok(Reply::Bid(bid)) => {
                            minimum = bid.minimum.minor;
                            let (leads, price) = (bid.you.leads, bid.price.minor);
                            Told::Accepted { leads, price, minimum }
                        }
                        Err(No::Refused(Refusal::BidTooLow { minimum: least })) => {
                            minimum = least.minor;
                            Told::TooLow { minimum }
                        }
                        Err(No::Refused(Refusal::AuctionOver)) => Told::Over,
                        Err(No::Busy(Busy::OutcomeUnknown)) => {
                            client += BIDDERS;
                            continue;
                        }
                        Err(No::Busy(_)) => Told::NotNow,
                        other => Told::Strange(format!("{other:?}")),
                    };
                    note(client, Ok(told));
                }
            });
        }
        half.wait();
        if ends {
            let clock = usize::MAX;
            note(clock, Err(Ask::End));
            stage.env.advance(LASTS);
            note(clock, Ok(Told::Ended));
        }
    });
    history.into_inner().unwrap()
}

/// Looks for an order in which one after the other did all of it.
fn is_linearizable(history: &History) -> bool {
    let mut tester = LinearizabilityTester::new(Plain::default());
    for (client, what) in history {
        let noted = match what {
            Err(ask) => tester.on_invoke(*client, ask.clone()),
            Ok(told) => tester.on_return(*client, told.clone()),
        };
        noted.map(drop).unwrap();
    }
    tester.is_consistent()
}

/// Records so many histories and looks for the order of each.
fn all_are_linearizable(stage: &Stage, histories: u64) {
    for (name, value) in [("bids_per_minute", "100000"), ("increments_usd", "0:50")] {
        stage.at_console(Command::ChangeSetting { name: name.to_owned(), value: value.to_owned() });
    }
    let seller = stage.member("seller");
    let people: Vec<Person> = (0..BIDDERS).map(|number| stage.member(&format!("bidder_{number}"))).collect();
    stage.pass(Span::days(8));
    let mut nodes = vec![stage.market().clone()];
    if stage.is_on_postgres() {
        nodes.push(stage.try_to_open(&stage.location).unwrap());
    }
    let (mut asked, mut unknown) = (0, 0);
    for seed in 0..histories {
        let auction = put_up(stage, &seller);
        let history = record(stage, &nodes, (&people, auction), seed, seed % 2 == 1);
        let asks = history.iter().filter(|(_, what)| what.is_err()).count();
        asked += asks;
        unknown += 2 * asks - history.len();
        assert!(is_linearizable(&history), "history {seed} has no order: {history:#?}");
        stage.market().tick().unwrap();
    }
    for node in nodes.split_off(1) {
        node.close();
    }
    stage.is_clean();
    eprintln!("{:?}: {histories} histories, {asked} asked, {unknown} of unknown outcome", stage.location);
}

fn put_up(stage: &Stage, seller: &Person) -> AuctionId {
    let draft =
        ListingDraft::new("A brass lamp", "", usd(3_000), Category::Other, Condition::Good, None).unwrap();
    let terms = AuctionDraft::new(cents(START), None, None, None, Ends::After(LASTS)).unwrap();
    match stage.does(seller, Command::OpenAuction { lot: Lot::New(draft), draft: terms }) {
        Reply::Auction(auction) => auction.auction,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whatever_many_ask_of_an_auction_at_once_they_could_have_asked_one_after_the_other() {
    all_are_linearizable(&Stage::on_sqlite(), 200);
}

#[test]
fn whatever_many_ask_of_an_auction_on_two_nodes_at_once_they_could_have_asked_one_after_the_other() {
    all_are_linearizable(&Stage::on_postgres(), 60);
}

/// The tester itself: what nobody can have been told is found, what is unknown may have been done or not.
#[test]
fn a_history_in_which_two_bids_did_not_see_each_other_has_no_order() {
    let bid = |bidder, maximum| Err(Ask::Bid { bidder, maximum });
    let accepted = |leads, price, minimum| Ok(Told::Accepted { leads, price, minimum });
    let seen = |price, minimum, bidders| Ok(Told::Seen { price, minimum, bidders });
    let (first, low) = (accepted(true, 500, 650), accepted(true, 500, 600));
    assert!(is_linearizable(&vec![(0, bid(0, 600)), (0, first.clone())]));
    // Both lead at the starting price.
    let both = [(0, bid(0, 600)), (1, bid(1, 550)), (0, first.clone()), (1, low.clone())];
    assert!(!is_linearizable(&both.to_vec()));
    // What was never answered may have been done, may not have been, but not both.
    let asked = [(0, bid(0, 600)), (1, Err(Ask::Look))];
    let looks = |more: &[(usize, Result<Told, Ask>)]| is_linearizable(&[asked.as_slice(), more].concat());
    assert!(looks(&[(1, seen(500, 500, 0))]) && looks(&[(1, seen(500, 550, 1))]));
    assert!(!looks(&[(1, seen(500, 550, 1)), (1, Err(Ask::Look)), (1, seen(500, 500, 0))]));
    // After the end nothing is taken, whoever has closed it.
    let end = [(9, Err(Ask::End)), (9, Ok(Told::Ended)), (0, bid(0, 600))];
    assert!(is_linearizable(&[end.as_slice(), &[(0, Ok(Told::Over))]].concat()));
    assert!(!is_linearizable(&[end.as_slice(), &[(0, first)]].concat()));
}

/// A test counts only after it failed: on a market with a defect, which the environment of another process names.
#[cfg(feature = "plants")]
#[test]
fn planted_defects_of_auctions_have_histories_without_an_order() {
    let test =
        "linearizability::whatever_many_ask_of_an_auction_at_once_they_could_have_asked_one_after_the_other";
    let run = |plant: &str| {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", test, "--nocapture"]).env("AUBOUTIQUE_PLANT", plant);
        let output = again.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for plant in ["timer-only-close", "check-then-act-bid", "ack-before-commit"] {
        let (passed, said) = run(plant);
        assert!(!passed && said.contains("has no order"), "{plant} is not found: {said}");
        let history = said.lines().find(|line| line.contains("has no order")).unwrap_or_default();
        eprintln!("{plant}: {history}");
    }
    let (passed, said) = run("none");
    assert!(passed, "{said}");
}
