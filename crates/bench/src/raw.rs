//! The references of purchases and bids: the same rows written by a bare loop on the same schema, 64 to a commit.
//!
//! No rules, no lookups of who asks, no replies: what the database alone can do.

use std::path::Path;

use anyhow::Context as _;
use rusqlite::{Connection, params};

use crate::hall::{Hall, STEP};
use crate::stage::{Stage, clock, rate};

/// How many purchases or bids share a commit, unless it is asked what one costs alone.
pub(crate) const BATCH: usize = 64;

/// The file, with the settings of the market.
fn open(file: &Path) -> anyhow::Result<Connection> {
    let db = Connection::open(file)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    db.pragma_update(None, "cache_size", -65_536)?;
    Ok(db)
}

/// Buys this many listings of a stage's market by writing the rows; returns purchases per second.
pub(crate) fn purchases(count: usize, runtime: &tokio::runtime::Runtime) -> anyhow::Result<f64> {
    let stage = Stage::new(2)?;
    let listings = runtime.block_on(stage.list(count))?;
    let file = stage.folder.path().join("market.db");
    stage.market.close();
    let mut db = open(&file)?;
    let (seller, buyer): (String, String) = db.query_row(
        "SELECT (SELECT id FROM members WHERE username = 'seller_0'), (SELECT id FROM members WHERE username = 'buyer_0')",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let point: String =
        db.query_row("SELECT id FROM pickup_points", [], |row| row.get(0)).context("no point")?;
    let mut seq: i64 = db.query_row("SELECT seq FROM log_head", [], |row| row.get(0))?;
    let hash = "0".repeat(64);
    let body = "x".repeat(260);
    let start = clock();
    for batch in listings.chunks(BATCH) {
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for listing in batch {
            let listing = listing.to_string();
            let id = listing.replace("lst_", "ord_");
            let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<usize> {
                transaction.prepare_cached(sql)?.execute(values)
            };
            run(
                "INSERT INTO orders (id, buyer_id, seller_id, state, total, commission, currency, pickup_point_id,
                 pickup_day, pickup_code, drop_off_code, placed_at, changed_at, due_at, version)
                 VALUES (?1, ?2, ?3, 'placed', 1250, 0, 'USD', ?4, '2026-11-25', ?5, ?6, 1, 1, 1, 1)",
                params![id, buyer, seller, point, &id[20..], &id[19..]],
            )?;
            run(
                "INSERT INTO order_lines (order_id, place, listing_id, title, quantity, price, currency, one_off)
                 VALUES (?1, 1, ?2, 'A good lamp', 1, 1250, 'USD', 1)",
                params![id, listing],
            )?;
            run(
                "UPDATE listings SET committed = committed + 1, sold_at = 1, version = version + 1
                 WHERE id = ?1 AND on_hand - committed >= 1 AND withdrawn_at IS NULL",
                params![listing],
            )?;
            run(
                "INSERT INTO movements (id, listing_id, kind, quantity, order_id, at) VALUES (?1, ?2, 'commit', 1, ?3, 1)",
                params![listing.replace("lst_", "mov_x"), listing, id],
            )?;
            run(
                "INSERT INTO pickup_days (pickup_point_id, day, booked) VALUES (?1, '2026-11-25', 1)
                 ON CONFLICT DO UPDATE SET booked = booked + 1",
                params![point],
            )?;
            for event in ["order_placed", "listing_sold"] {
                seq += 1;
                run(
                    "INSERT INTO events (seq, at, event, subject, audience, body, hash) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6)",
                    params![seq, event, id, buyer, body, hash],
                )?;
            }
            run(
                "INSERT INTO answers (asker, key, fingerprint, answer) VALUES (?1, ?2, ?3, ?4)",
                params![buyer, id, hash, "x".repeat(900)],
            )?;
        }
        transaction.execute("UPDATE log_head SET seq = ?1", params![seq])?;
        transaction.commit()?;
    }
    Ok(rate(listings.len(), start.elapsed()))
}

/// Which rows of a bid are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// The auction is read, the bid inserted, the auction updated if nobody was first, and one event inserted.
    FourStatements,
    /// Everything that a bid leaves behind: also what its bidder bids up to, and the event that tells who led before.
    All,
}

/// Bids in turn in every auction of a hall by writing the rows, so many to a commit; returns bids per second.
pub(crate) fn bids(hall: Hall, count: usize, rows: Rows, batch: usize) -> anyhow::Result<f64> {
    let Hall { market, auctions, folder, .. } = hall;
    market.close();
    let mut db = open(&folder.path().join("market.db"))?;
    let members: Vec<String> = {
        let mut members = db.prepare("SELECT id FROM members WHERE username LIKE 'bidder_%' LIMIT 2")?;
        members.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let auctions: Vec<String> = auctions.iter().map(ToString::to_string).collect();
    let mut seq: i64 = db.query_row("SELECT seq FROM log_head", [], |row| row.get(0))?;
    let hash = "0".repeat(64);
    let (placed, outbid) = ("x".repeat(330), "x".repeat(150));
    let start = clock();
    let mut done = 0;
    while done < count {
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for _ in 0..batch.min(count - done) {
            let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<usize> {
                transaction.prepare_cached(sql)?.execute(values)
            };
            let (auction, turn) = (&auctions[done % auctions.len()], done / auctions.len());
            let (bidder, number) = (&members[turn % 2], i64::try_from(turn % 2 + 1)?);
            let maximum = STEP * i64::try_from(turn + 1)?;
            let mut read = transaction.prepare_cached(
                "SELECT state, ends_at, currency, starting_price, leader, leader_maximum, leader_id, seq, version
                 FROM auctions WHERE id = ?1",
            )?;
            let (led, line, version): (Option<i64>, i64, i64) =
                read.query_row(params![auction], |row| Ok((row.get(5)?, row.get(7)?, row.get(8)?)))?;
            run(
                "INSERT INTO bid_log (auction_id, seq, at, act, bidder, member_id, amount, price, leader, hash)
                 VALUES (?1, ?2, 1, 'bid', ?3, ?4, ?5, ?5, ?3, ?6)",
                params![auction, line + 1, number, bidder, maximum, hash],
            )?;
            let updated = run(
                "UPDATE auctions SET leader = ?1, leader_maximum = ?2, leader_id = ?3, second_maximum = ?4,
                 bids = bids + 1, bidders = 2, seq = ?5, hash = ?6, version = version + 1
                 WHERE id = ?7 AND version = ?8",
                params![number, maximum, bidder, led, line + 1, hash, auction, version],
            )?;
            anyhow::ensure!(updated == 1, "somebody was first");
            if rows == Rows::All {
                run(
                    "INSERT INTO bidders (auction_id, member_id, number, maximum) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (auction_id, member_id) DO UPDATE SET maximum = excluded.maximum",
                    params![auction, bidder, number, maximum],
                )?;
            }
            let mut tell = |event: &str, audience: &str, body: &str| {
                seq += 1;
                run(
                    "INSERT INTO events (seq, at, event, subject, audience, body, hash) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6)",
                    params![seq, event, auction, audience, body, hash],
                )
            };
            tell("bid_placed", auction, &placed)?;
            if rows == Rows::All && turn > 0 {
                tell("outbid", &members[(turn + 1) % 2], &outbid)?;
            }
            done += 1;
        }
        transaction.execute("UPDATE log_head SET seq = ?1", params![seq])?;
        transaction.commit()?;
    }
    Ok(rate(count, start.elapsed()))
}
