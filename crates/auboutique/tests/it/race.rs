//! What happens when many ask for the same thing at the same moment, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::BTreeMap;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::stage::{Person, Stage, Stream, code, listing, on_both, request, usd};

const BUYERS: usize = 64;
const ROUNDS: usize = 1_000;
/// How many listings are put on sale at a time.
const CHUNK: usize = 100;

on_both! {
    /// `promises.md` S1: every round one thing is on sale, and everybody wants it at once.
    fn sixty_four_buyers_of_one_listing_make_one_order(stage) {
        stage.widen_the_point();
        let seller = stage.member("seller");
        let buyers: Vec<Person> = (0..BUYERS).map(|number| stage.member(&format!("buyer_{number}"))).collect();
        let (wins, micros) = stage.runtime.block_on(async {
            let mut seller = stage.connect_all(&[seller]).await.remove(0);
            let mut streams = stage.connect_all(&buyers).await;
            let line = Arc::new(Barrier::new(BUYERS));
            let (mut wins, mut micros) = (vec![0; BUYERS], 0);
            for chunk in 0..ROUNDS / CHUNK {
                let listings: Arc<[String]> = put_on_sale(&mut seller, chunk).await.into();
                let start = stage.market.now();
                let runs: Vec<_> = std::mem::take(&mut streams)
                    .into_iter()
                    .map(|stream| tokio::spawn(grab(stream, Arc::clone(&listings), Arc::clone(&line))))
                    .collect();
                let mut winners = vec![0; CHUNK];
                for (buyer, run) in runs.into_iter().enumerate() {
                    let (stream, won) = run.await.unwrap();
                    streams.push(stream);
                    for round in won {
                        winners[round] += 1;
                        wins[buyer] += 1;
                    }
                }
                assert_eq!(winners, vec![1; CHUNK], "how many buyers each listing was sold to");
                micros += stage.market.now().since(start).micros();
            }
            (wins, micros)
        });
        assert_eq!(wins.iter().sum::<usize>(), ROUNDS);
        let bought: usize = buyers.iter().map(|buyer| bought(stage, buyer).len()).sum();
        assert_eq!(bought, ROUNDS, "orders that are there in the end");
        stage.is_clean();
        let rate = i64::try_from(ROUNDS).unwrap() * 1_000_000 / micros.max(1);
        let most = wins.iter().max().unwrap();
        eprintln!("{:?}: {ROUNDS} rounds of {BUYERS} buyers, {rate} rounds/s; the luckiest won {most}", stage.location);
    }

    /// `promises.md` A2, T17: whatever the order in which the five come, one of them does it and all are told the same.
    fn the_same_request_sent_five_times_under_one_key_on_different_connections_has_one_effect_and_one_answer(stage) {
        stage.widen_the_point();
        let (seller, rana) = (stage.member("seller"), stage.member("rana"));
        let sessions: Vec<Person> = (0..TIMES).map(|_| stage.again(rana.id, &rana.username)).collect();
        let chunks = usize::div_ceil(KEYS, CHUNK);
        let before = *stage.market.log().borrow();
        let (answers, offered) = stage.runtime.block_on(async {
            let mut seller = stage.connect_all(&[seller]).await.remove(0);
            let mut listings = Vec::new();
            for chunk in 0..chunks {
                listings.extend(put_on_sale(&mut seller, chunk).await);
            }
            let requests: Arc<[String]> = (0..KEYS).map(|key| keyed(key, &listings[key])).collect();
            let runs: Vec<_> = stage
                .connect_all(&sessions)
                .await
                .into_iter()
                .zip(1..)
                .map(|(stream, seed)| tokio::spawn(send_shuffled(stream, Arc::clone(&requests), seed)))
                .collect();
            let mut answers: BTreeMap<u64, Vec<String>> = BTreeMap::new();
            for run in runs {
                for (key, answer) in run.await.unwrap() {
                    answers.entry(key).or_default().push(answer);
                }
            }
            (answers, listings.len())
        });
        assert_eq!(answers.len(), KEYS);
        let (mut codes, mut wrong) = (BTreeMap::<String, usize>::new(), 0);
        for (key, five) in &answers {
            assert_eq!(five.len(), TIMES);
            if five.iter().any(|answer| *answer != five[0]) {
                wrong += 1;
                eprintln!("under key {key} came different answers: {five:#?}");
            }
            *codes.entry(code(&serde_json::from_str(&five[0]).unwrap()).to_owned()).or_default() += 1;
        }
        assert_eq!(wrong, 0);
        // Every fourth request is one the rules refuse, which is remembered like everything else.
        assert_eq!(codes, BTreeMap::from([("ok".to_owned(), KEYS * 3 / 4), ("price_changed".to_owned(), KEYS / 4)]));
        assert_eq!(bought(stage, &rana).len(), KEYS / 4, "one order for every key under which was bought");
        // Published: what is for sale and what was offered under a key. Bought: placed and sold. Renamed: one each.
        let events = usize::try_from(*stage.market.log().borrow() - before).unwrap();
        assert_eq!(events, offered + KEYS / 4 + 2 * (KEYS / 4) + KEYS / 4);
        let mut wire = stage.connect(&rana);
        let other = wire.ask("change_name", json!({ "name": "Somebody Else", "key": "key-0" }));
        assert_eq!(code(&other), "key_reused");
        // A key belongs to whoever uses it: somebody else's is another.
        let mut karim = stage.connect(&stage.member("karim"));
        karim.does("change_name", json!({ "name": "Karim", "key": "key-0" }));
        stage.is_clean();
    }
}

const KEYS: usize = 400;
const TIMES: usize = 5;

/// A chunk of listings of one price each; answers with their ids.
async fn put_on_sale(seller: &mut Stream, chunk: usize) -> Vec<String> {
    let lines: String =
        (0..CHUNK).map(|n| request(0, "add_listing", listing(&format!("Lamp {chunk}-{n}"), 1_000))).collect();
    seller.send(&lines).await;
    let mut listings = Vec::new();
    for _ in 0..CHUNK {
        let answer: Value = serde_json::from_str(&seller.line().await).unwrap();
        listings.push(answer["reply"]["listing"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
    }
    listings
}

/// Tries to buy each of them, at the same moment as everybody else at the line. Answers with those it got.
async fn grab(mut stream: Stream, listings: Arc<[String]>, line: Arc<Barrier>) -> (Stream, Vec<usize>) {
    let mut won = Vec::new();
    for (round, listing) in listings.iter().enumerate() {
        let buy = request(1, "buy", json!({ "listing": listing, "price": usd(1_000) }));
        line.wait().await;
        stream.send(&buy).await;
        let answer: Value = serde_json::from_str(&stream.line().await).unwrap();
        match code(&answer) {
            "ok" => won.push(round),
            "listing_sold" => {}
            _ => panic!("round {round}: {answer}"),
        }
    }
    (stream, won)
}

/// The request of that key: something is bought, offered, renamed, or asked for in vain.
fn keyed(key: usize, for_sale: &str) -> String {
    let id = u64::try_from(key).unwrap();
    let name = format!("key-{key}");
    let (op, mut fields) = match key % 4 {
        0 => ("buy", json!({ "listing": for_sale, "price": usd(1_000) })),
        1 => ("add_listing", listing(&format!("Kettle {key}"), 500)),
        2 => ("change_name", json!({ "name": format!("Rana {key}") })),
        _ => ("buy", json!({ "listing": for_sale, "price": usd(999) })),
    };
    fields["key"] = Value::from(name);
    request(id, op, fields)
}

/// Sends all of them in an order of its own without waiting; answers with what came under each id.
async fn send_shuffled(mut stream: Stream, requests: Arc<[String]>, seed: u64) -> Vec<(u64, String)> {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    for place in (1..order.len()).rev() {
        let with = usize::try_from(dice.next_u32()).unwrap() % (place + 1);
        order.swap(place, with);
    }
    let mut answers = Vec::new();
    for few in order.chunks(16) {
        let lines: String = few.iter().map(|&key| requests[key].as_str()).collect();
        stream.send(&lines).await;
        for &key in few {
            let line = stream.line().await;
            let answer: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(answer["id"], key, "answers come in the order of the requests");
            answers.push((u64::try_from(key).unwrap(), line));
        }
    }
    answers
}

/// The orders of a buyer.
fn bought(stage: &Stage, buyer: &Person) -> Vec<Value> {
    let mut wire = stage.connect(buyer);
    let (mut orders, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = wire.does("my_orders", json!({ "limit": 20, "after": after }));
        orders.extend(page["rows"].as_array().unwrap().iter().cloned());
        after = page["next"].clone();
        if after.is_null() {
            return orders;
        }
    }
}
