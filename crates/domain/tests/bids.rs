//! The rules of bidding, held against golden vectors and against a second, naive reading of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use auboutique_domain::auction::{Auction, AuctionDraft, Bid, Bidder, Ends, Turn};
use auboutique_domain::bid::{Ladder, Standing};
use auboutique_domain::bid_log::{self, Act, Because, Ending, Entry, Told};
use auboutique_domain::id::{AuctionId, ListingId, MemberId};
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Event, Refusal};
use proptest::prelude::*;
use serde::Deserialize;

const START: Moment = Moment::from_micros(1_795_000_000_000_000);

fn member(number: u8) -> MemberId {
    MemberId::new(START, [number; 10])
}

fn at(seconds: i64) -> Moment {
    START.plus(Span::seconds(seconds))
}

/// An auction that was just opened, with its log.
struct Room {
    auction: Auction,
    lines: Vec<(Entry, String)>,
    bids: Vec<Bid>,
}

impl Room {
    fn open(currency: Currency, start: i64, reserve: Option<i64>, seconds: i64, window: i64) -> Self {
        let money = |minor| Money::new(minor, currency);
        let ends = Ends::After(Span::seconds(seconds));
        let draft = AuctionDraft::new(money(start), reserve.map(money), None, None, ends).unwrap();
        let ids = (AuctionId::new(START, [1; 10]), ListingId::new(START, [2; 10]), member(0));
        let house = (Ladder::of(currency), Span::seconds(window), "salt".to_owned());
        let turn = Auction::open(&draft, ids, house, 0, START).unwrap();
        let mut room = Self { auction: turn.auction.clone(), lines: Vec::new(), bids: Vec::new() };
        room.take(turn);
        room
    }

    fn take(&mut self, turn: Turn) {
        self.auction = turn.auction;
        self.lines.extend(turn.entries);
    }

    fn number(&self, who: u8) -> Option<i64> {
        self.bids.iter().find(|bid| bid.member == member(who)).map(|bid| bid.bidder)
    }

    fn bid(&mut self, who: u8, maximum: i64, now: Moment) -> Result<Vec<Event>, Refusal> {
        let bidder = Bidder {
            member: member(who),
            number: self.number(who),
            linked: false,
            blocked: false,
            is_new: false,
            running: 0,
        };
        let maximum = self.auction.money(maximum);
        let turn = self.auction.clone().place_bid(&bidder, maximum, now)?;
        let number = bidder.number.unwrap_or(turn.auction.bidders);
        let bid = Bid {
            seq: turn.auction.seq,
            bidder: number,
            member: member(who),
            maximum: maximum.minor,
            at: now,
        };
        self.bids.push(bid);
        let events = turn.events.clone();
        self.take(turn);
        Ok(events)
    }

    fn drop_bids(&mut self, who: u8, now: Moment) {
        let Some(number) = self.number(who) else { return };
        let kept: Vec<Bid> = self.bids.iter().filter(|bid| bid.bidder != number).copied().collect();
        let turn = self.auction.clone().drop_bids((number, 0), Because::Retracted, &kept, now);
        self.take(turn);
    }

    fn price(&self) -> Option<i64> {
        self.auction.standing.price(&self.auction.terms)
    }

    fn close(&mut self) -> Option<i64> {
        let now = self.auction.ends_at;
        self.auction.due_at = Some(now);
        let (turn, award) = self.auction.clone().lapse(now).unwrap();
        self.take(turn);
        award.map(|award| award.price.minor)
    }

    fn log(&self, told: bool) -> String {
        let reserves: Vec<i64> = self.auction.terms.reserve.into_iter().collect();
        let told = (told && !reserves.is_empty()).then(|| Told { salt: "salt".to_owned(), reserves });
        bid_log::write(self.auction.id, &self.lines, told.as_ref())
    }
}

// ---- golden vectors ----

#[derive(Deserialize)]
struct Vector {
    name: String,
    currency: Currency,
    start: i64,
    reserve: Option<i64>,
    scheduled_end: i64,
    window: i64,
    cap: i64,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    user: String,
    max: i64,
    at: i64,
    result: String,
    leader: Option<String>,
    price: Option<i64>,
    ends: i64,
    reserve_met: Option<bool>,
}

#[test]
fn the_golden_vectors_come_to_what_they_say() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("data/bid_vectors.json")).unwrap();
    assert_eq!(vectors.len(), 13);
    let who = |name: &str| if name == "seller" { 0 } else { name.as_bytes()[0] };
    for vector in vectors {
        let Vector { name, currency, start, reserve, scheduled_end, window, cap, steps } = vector;
        assert_eq!(Span::seconds(cap), auboutique_domain::auction::LONGEST_EXTENSION, "{name}");
        let mut room = Room::open(currency, start, reserve, scheduled_end, window);
        for (place, step) in steps.iter().enumerate() {
            let came_to = match room.bid(who(&step.user), step.max, at(step.at)) {
                Ok(_) => "ok",
                Err(Refusal::BidTooLow { .. }) => "low",
                Err(Refusal::AuctionOver) => "closed",
                Err(Refusal::OwnAuction) => "own",
                Err(other) => panic!("{name}, step {place}: {other}"),
            };
            assert_eq!(came_to, step.result, "{name}, step {place}");
            let leader = step.leader.as_deref().map(|name| member(who(name)));
            assert_eq!(room.auction.leader, leader, "{name}, step {place}");
            assert_eq!(room.price(), step.price, "{name}, step {place}");
            assert_eq!(room.auction.ends_at, at(step.ends), "{name}, step {place}");
            let met = room.auction.standing.reserve_met(&room.auction.terms);
            assert_eq!(met, step.reserve_met.or(reserve.map(|_| false)), "{name}, step {place}");
        }
    }
}

// ---- a second reading of the rules ----

/// The rules once more, slowly: every bid is kept, and everything is computed from all of them each time.
struct Naive {
    currency: Currency,
    start: i64,
    reserve: Option<i64>,
    bids: Vec<(u8, i64)>,
    ends: i64,
    hard_end: i64,
    window: i64,
}

impl Naive {
    fn step(&self, price: i64) -> i64 {
        match self.currency {
            Currency::Usd => match price {
                0..=999 => 50,
                1_000..=4_999 => 100,
                5_000..=9_999 => 200,
                10_000..=24_999 => 500,
                25_000..=49_999 => 1_000,
                50_000..=99_999 => 2_500,
                100_000..=249_999 => 5_000,
                _ => 10_000,
            },
            Currency::Lbp => match price {
                0..=999_999 => 50_000,
                1_000_000..=4_999_999 => 100_000,
                5_000_000..=9_999_999 => 200_000,
                10_000_000..=24_999_999 => 500_000,
                25_000_000..=49_999_999 => 1_000_000,
                50_000_000..=99_999_999 => 2_500_000,
                _ => 5_000_000,
            },
        }
    }

    /// Everybody's last bid, best first.
    fn ranked(&self) -> Vec<(u8, i64)> {
        let mut last: Vec<(u8, i64, usize)> = Vec::new();
        for (place, &(who, max)) in self.bids.iter().enumerate() {
            last.retain(|bid| bid.0 != who);
            last.push((who, max, place));
        }
        let mut ranked = Vec::new();
        while !last.is_empty() {
            let mut best = 0;
            for place in 1..last.len() {
                let (one, other) = (last[place], last[best]);
                if one.1 > other.1 || (one.1 == other.1 && one.2 < other.2) {
                    best = place;
                }
            }
            let (who, max, _) = last.remove(best);
            ranked.push((who, max));
        }
        ranked
    }

    fn price(&self) -> Option<i64> {
        let ranked = self.ranked();
        let (_, most) = *ranked.first()?;
        let mut price = self.start;
        if let Some(&(_, second)) = ranked.get(1) {
            let wanted = second + self.step(second);
            price = price.max(if wanted < most { wanted } else { most });
        }
        if let Some(reserve) = self.reserve
            && most >= reserve
            && price < reserve
        {
            price = reserve;
        }
        Some(price)
    }

    fn bid(&mut self, who: u8, max: i64, now: i64) -> bool {
        let unit = if self.currency == Currency::Usd { 50 } else { 1_000 };
        let ranked = self.ranked();
        let enough = match ranked.first() {
            None => max >= self.start,
            Some(&(leader, own)) if leader == who => max > own,
            Some(_) => self.price().is_some_and(|price| max >= price + self.step(price)),
        };
        if now >= self.ends || max % unit != 0 || !enough {
            return false;
        }
        let before = (ranked.first().map(|bid| bid.0), self.price());
        self.bids.push((who, max));
        let after = (self.ranked().first().map(|bid| bid.0), self.price());
        if before.0 != Some(who) && before != after && self.ends - now < self.window {
            self.ends = self.hard_end.min(self.ends.max(now + self.window));
        }
        true
    }
}

#[derive(Debug, Clone)]
struct Stream {
    currency: Currency,
    start: i64,
    reserve: Option<i64>,
    bids: Vec<(u8, i64, i64)>,
    dropped: Vec<u8>,
}

/// Bids that are about as often too low as not: what is bid is chosen around what the price will be.
fn streams() -> impl Strategy<Value = Stream> {
    let bid = (1_u8..6, 0_i64..60, 0_i64..40);
    (
        any::<bool>(),
        1_i64..400,
        prop::option::of(0_i64..60),
        prop::collection::vec(bid, 1..24),
        prop::collection::vec(1_u8..6, 0..4),
    )
        .prop_map(|(usd, start, reserve, bids, dropped)| {
            let (currency, unit) = if usd { (Currency::Usd, 50) } else { (Currency::Lbp, 50_000) };
            let start = start * unit;
            let mut now = 0;
            let bids = bids
                .into_iter()
                .map(|(who, more, later)| {
                    now += later;
                    (who, start + more * unit * (1 + now / 60) - if more == 7 { unit / 2 } else { 0 }, now)
                })
                .collect();
            Stream { currency, start, reserve: reserve.map(|more| start + more * unit), bids, dropped }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60_000, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn sixty_thousand_streams_of_bids_come_to_what_a_second_reading_of_the_rules_says(stream in streams()) {
        let Stream { currency, start, reserve, bids, dropped } = stream;
        let mut room = Room::open(currency, start, reserve, 300, 180);
        let mut naive = Naive { currency, start, reserve, bids: Vec::new(), ends: 300, hard_end: 3_900, window: 180 };
        let mut last_price = 0;
        for (who, max, now) in bids {
            let before = room.auction.clone();
            let accepted = room.bid(who, max, at(now));
            prop_assert_eq!(accepted.is_ok(), naive.bid(who, max, now), "{:?}", accepted);
            if let Err(refusal) = accepted {
                prop_assert_eq!(&room.auction, &before, "a refused bid changes nothing: {}", refusal);
                if let Refusal::BidTooLow { minimum } = refusal {
                    prop_assert!(max < minimum.minor);
                    let once = room.auction.clone();
                    let bidder = Bidder { member: member(who), number: room.number(who), linked: false, blocked: false, is_new: false, running: 0 };
                    prop_assert!(once.place_bid(&bidder, minimum, at(now)).is_ok(), "the minimum it names is taken");
                }
            }
            let leader = naive.ranked().first().map(|bid| member(bid.0));
            prop_assert_eq!(room.auction.leader, leader);
            prop_assert_eq!(room.price(), naive.price());
            prop_assert_eq!(room.auction.ends_at, at(naive.ends));
            if let Some(price) = room.price() {
                let most = room.auction.standing.lead.map_or(0, |lead| lead.maximum);
                prop_assert!(start <= price && price <= most && last_price <= price);
                last_price = price;
            }
        }
        // In whichever order bids are dropped, what is left is what it would be had they never been.
        for who in dropped {
            room.drop_bids(who, at(naive.ends - 1));
            let number = room.number(who);
            room.bids.retain(|bid| Some(bid.bidder) != number);
            naive.bids.retain(|bid| bid.0 != who);
            prop_assert_eq!(room.price(), naive.price());
            prop_assert_eq!(room.auction.leader, naive.ranked().first().map(|bid| member(bid.0)));
            let kept = room.bids.iter().map(|bid| (bid.bidder, bid.maximum, bid.seq));
            prop_assert_eq!(room.auction.standing, Standing::of(kept));
        }
        let sold = room.close();
        let expected = naive.price().filter(|_| {
            naive.reserve.is_none_or(|reserve| naive.ranked().first().is_some_and(|best| best.1 >= reserve))
        });
        prop_assert_eq!(sold, expected);
    }

    #[test]
    fn a_log_that_is_run_again_comes_to_the_same_winner_price_and_end(stream in streams()) {
        let Stream { currency, start, reserve, bids, dropped } = stream;
        let mut room = Room::open(currency, start, reserve, 300, 180);
        let mut ever_met = false;
        for (who, max, now) in bids {
            if room.bid(who, max, at(now)).is_ok() {
                ever_met |= room.auction.standing.reserve_met(&room.auction.terms) == Some(true);
            }
        }
        let now = room.lines.last().unwrap().0.at;
        for who in dropped {
            room.drop_bids(who, now);
            let number = room.number(who);
            room.bids.retain(|bid| Some(bid.bidder) != number);
        }
        let sold = room.close();
        let (auction, replayed) = bid_log::replay(&room.log(ever_met)).unwrap();
        prop_assert_eq!(auction, room.auction.id);
        prop_assert_eq!(replayed.ending, room.auction.ending);
        prop_assert_eq!(replayed.ends_at, Some(room.auction.ends_at));
        if replayed.ending == Some(Ending::Sold) {
            prop_assert_eq!(replayed.price.map(|price| price.minor), sold);
            let winner = room.bids.iter().find(|bid| Some(bid.member) == room.auction.winner);
            prop_assert_eq!(replayed.winner, winner.map(|bid| bid.bidder));
        }
    }
}

// ---- the log ----

fn closed_room() -> Room {
    let mut room = Room::open(Currency::Usd, 500, Some(2_500), 600, 180);
    room.bid(1, 1_000, at(10)).unwrap();
    room.bid(2, 3_000, at(20)).unwrap();
    room.bid(1, 2_800, at(500)).unwrap();
    assert_eq!(room.close(), Some(2_900));
    room
}

#[test]
fn a_log_says_who_won_and_for_what() {
    let (_, replayed) = bid_log::replay(&closed_room().log(true)).unwrap();
    assert_eq!((replayed.winner, replayed.bids), (Some(2), 3));
    assert_eq!(replayed.price, Some(Money::new(2_900, Currency::Usd)));
}

#[test]
fn whatever_is_changed_in_a_log_is_found() {
    let log = closed_room().log(true);
    for (from, to) in [
        ("maximum=1000", "maximum=1050"),
        ("bidder=2 maximum=3000", "bidder=1 maximum=3000"),
        ("price=2900", "price=2800"),
        ("bidder=2 price", "bidder=1 price"),
        ("result=sold", "result=no_bids"),
        ("starting_price=500", "starting_price=450"),
        ("amounts=2500", "amounts=2000"),
        ("salt=salt", "salt=pepper"),
    ] {
        assert!(log.contains(from), "{from}");
        assert!(bid_log::replay(&log.replacen(from, to, 1)).is_err(), "{from} became {to}");
    }
    let lines: Vec<&str> = log.lines().collect();
    for left_out in 0..lines.len() {
        let shorter: Vec<&str> =
            lines.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, line)| *line).collect();
        assert!(bid_log::replay(&shorter.join("\n")).is_err(), "without {}", lines[left_out]);
    }
}

#[test]
fn a_log_whose_hashes_were_made_anew_still_has_to_follow_the_rules() {
    let rehashed = |change: &dyn Fn(&mut Vec<Entry>)| {
        let room = closed_room();
        let mut entries: Vec<Entry> = room.lines.iter().map(|line| line.0.clone()).collect();
        change(&mut entries);
        let mut before = String::new();
        let lines: Vec<(Entry, String)> = entries
            .into_iter()
            .map(|entry| {
                before = entry.chained(&before);
                (entry, before.clone())
            })
            .collect();
        let told = Told { salt: "salt".to_owned(), reserves: vec![2_500] };
        bid_log::replay(&bid_log::write(room.auction.id, &lines, Some(&told)))
    };
    assert!(rehashed(&|_| {}).is_ok());
    let low = rehashed(&|entries| entries[2].act = Act::Bid { bidder: 2, maximum: 500 });
    assert_eq!(low.unwrap_err().line, 3);
    let late = rehashed(&|entries| {
        entries[3].at = at(600);
        entries[4].at = at(700);
    });
    assert!(late.unwrap_err().problem.contains("after the end"));
    let early = rehashed(&|entries| entries[4].at = at(599));
    assert!(early.unwrap_err().problem.contains("before its end"));
    let cheap = rehashed(&|entries| {
        entries[4].act = Act::Closed { ending: Ending::Sold, bidder: Some(1), price: Some(1_000) };
    });
    assert!(cheap.unwrap_err().problem.contains("sold for 2 at 2900"));
}

#[test]
fn a_reserve_price_that_was_not_met_stays_hidden_and_the_log_can_be_run_again() {
    let mut room = Room::open(Currency::Usd, 500, Some(9_900), 600, 180);
    room.bid(1, 1_000, at(10)).unwrap();
    room.bid(2, 3_000, at(20)).unwrap();
    assert_eq!(room.close(), None);
    let log = room.log(false);
    assert!(!log.contains("9900"), "{log}");
    let (_, replayed) = bid_log::replay(&log).unwrap();
    assert_eq!(replayed.ending, Some(Ending::ReserveNotMet));
}

#[test]
fn nothing_that_is_no_log_is_taken_for_one() {
    for text in ["", "x", "auboutique bid log 1", "auboutique bid log 1 auc_x\n1 2 3", "\u{0}\u{1}"] {
        assert!(bid_log::replay(text).is_err(), "{text:?}");
    }
    let title = closed_room().log(false).lines().next().unwrap().to_owned();
    for line in ["1", "1 1 opened #x", "1 1 bid bidder=1 maximum=99999999999999999999 #x", "-1 -1 closed #"] {
        assert!(bid_log::replay(&format!("{title}\n{line}\n")).is_err(), "{line}");
    }
}

// ---- what is told ----

#[test]
fn a_leader_who_raises_their_maximum_tells_nobody_and_moves_no_end() {
    let mut room = Room::open(Currency::Usd, 500, None, 600, 180);
    room.bid(1, 1_000, at(10)).unwrap();
    let events = room.bid(1, 5_000, at(599)).unwrap();
    assert_eq!(events, [Event::MaximumRaised { auction: room.auction.id, member: member(1) }]);
    assert_eq!((room.auction.bids, room.auction.ends_at), (1, at(600)));
}

#[test]
fn who_is_outbid_is_told_and_bidders_stand_in_what_is_told_by_their_numbers() {
    let mut room = Room::open(Currency::Usd, 500, None, 600, 180);
    room.bid(1, 1_000, at(10)).unwrap();
    let events = room.bid(2, 2_000, at(20)).unwrap();
    let price = Money::new(1_100, Currency::Usd);
    assert!(events.contains(&Event::Outbid { auction: room.auction.id, member: member(1), price }));
    let Some(Event::BidPlaced { by, leader, minimum, .. }) = events.first() else { panic!("{events:?}") };
    assert_eq!((*by, *leader, minimum.minor), (2, 2, 1_200));
    let told = serde_json::to_string(&events[0]).unwrap();
    assert!(!told.contains("mbr_") && !told.contains("2000"), "{told}");
}

#[test]
fn whoever_belongs_to_the_seller_does_not_bid_and_a_new_member_not_everywhere() {
    let room = Room::open(Currency::Usd, 500, None, 600, 180);
    let bidder =
        Bidder { member: member(1), number: None, linked: false, blocked: false, is_new: true, running: 4 };
    let bid = |bidder: Bidder, minor| {
        room.auction.clone().place_bid(&bidder, Money::new(minor, Currency::Usd), at(1)).map(drop)
    };
    assert_eq!(bid(bidder, 500), Ok(()));
    assert_eq!(bid(Bidder { member: member(0), ..bidder }, 500), Err(Refusal::OwnAuction));
    assert_eq!(bid(Bidder { linked: true, ..bidder }, 500), Err(Refusal::BidderLinked));
    assert_eq!(bid(Bidder { blocked: true, ..bidder }, 500), Err(Refusal::BidderBlocked));
    assert_eq!(bid(Bidder { running: 5, ..bidder }, 500), Err(Refusal::TooManyAuctions { most: 5 }));
    assert!(matches!(bid(bidder, 50_050), Err(Refusal::BidTooHigh { .. })));
    assert_eq!(bid(Bidder { is_new: false, ..bidder }, 50_050), Ok(()));
    assert!(matches!(bid(bidder, 525), Err(Refusal::NotCashUnit { .. })));
    let pounds = room.auction.clone().place_bid(&bidder, Money::new(1_000_000, Currency::Lbp), at(1));
    assert_eq!(pounds.map(drop), Err(Refusal::AuctionCurrency { currency: Currency::Usd }));
}
