//! The reference of a purchase: the same rows written by a bare loop on the same schema, 64 purchases to a commit.
//!
//! No rules, no lookups of who asks, no replies: what the database alone can do.

use anyhow::Context as _;
use rusqlite::{Connection, params};

use crate::stage::{Stage, clock, rate};

const BATCH: usize = 64;

/// Buys this many listings of a stage's market by writing the rows; returns purchases per second.
pub(crate) fn purchases(count: usize, runtime: &tokio::runtime::Runtime) -> anyhow::Result<f64> {
    let stage = Stage::new(2)?;
    let listings = runtime.block_on(stage.list(count))?;
    let file = stage.folder.path().join("market.db");
    stage.market.close();
    let mut db = Connection::open(&file)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    db.pragma_update(None, "cache_size", -65_536)?;
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
