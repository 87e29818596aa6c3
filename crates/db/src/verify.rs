//! The queries of `verify`: each finds rows that disagree with the log they are derived from.
//!
//! What should be is computed from the append-only tables (movements, postings, events); what is, is read from the rows
//! that are kept for speed. Run inside one snapshot, so that a running market does not move under the check.

use std::collections::HashMap;

use auboutique_domain::Event;
use auboutique_domain::auction::Auction;
use auboutique_domain::bid_log::{Act, Replay, Told};
use auboutique_domain::id::{OrderId, PictureId};
use auboutique_domain::money::Money;
use auboutique_domain::order::State;
use auboutique_domain::picture::{Extent, PictureView};
use auboutique_domain::verdict::Verdict;

use crate::auction::{self, Kept};
use crate::dialect::Connection;
use crate::error::DbError;
use crate::event::chained;
use crate::params;

const STOCK: &str = "SELECT l.id, l.on_hand, l.committed,
        COALESCE(m.received, 0) + COALESCE(m.adjusted, 0) + COALESCE(m.returned, 0) - COALESCE(m.collected, 0),
        COALESCE(m.committed, 0) - COALESCE(m.uncommitted, 0) - COALESCE(m.collected, 0),
        CASE WHEN l.sold_at IS NULL THEN 0 ELSE 1 END
    FROM listings l LEFT JOIN (
        SELECT listing_id,
            CAST(SUM(CASE WHEN kind = 'receive' THEN quantity ELSE 0 END) AS BIGINT) AS received,
            CAST(SUM(CASE WHEN kind = 'adjust' THEN quantity ELSE 0 END) AS BIGINT) AS adjusted,
            CAST(SUM(CASE WHEN kind = 'commit' THEN quantity ELSE 0 END) AS BIGINT) AS committed,
            CAST(SUM(CASE WHEN kind = 'uncommit' THEN quantity ELSE 0 END) AS BIGINT) AS uncommitted,
            CAST(SUM(CASE WHEN kind = 'collect' THEN quantity ELSE 0 END) AS BIGINT) AS collected,
            CAST(SUM(CASE WHEN kind = 'return' THEN quantity ELSE 0 END) AS BIGINT) AS returned
        FROM movements GROUP BY listing_id) m ON m.listing_id = l.id";
const PROMISED: &str = "SELECT l.id, l.committed,
        CAST(COALESCE(SUM(CASE WHEN o.id IS NULL THEN 0 ELSE i.quantity END), 0) AS BIGINT)
    FROM listings l LEFT JOIN order_lines i ON i.listing_id = l.id AND i.released_at IS NULL
    LEFT JOIN orders o ON o.id = i.order_id AND o.state IN ('placed', 'at_desk')
    GROUP BY l.id, l.committed
    HAVING l.committed <> COALESCE(SUM(CASE WHEN o.id IS NULL THEN 0 ELSE i.quantity END), 0)";
// Of a product one variant stands on the shelves, and every variant is in the store of the first.
const SHELVES: &str =
    "SELECT product_id, CAST(SUM(CASE WHEN unshelved_at IS NULL THEN 1 ELSE 0 END) AS BIGINT),
        COUNT(DISTINCT store_id)
    FROM listings WHERE product_id IS NOT NULL GROUP BY product_id
    HAVING SUM(CASE WHEN unshelved_at IS NULL THEN 1 ELSE 0 END) <> 1 OR COUNT(DISTINCT store_id) <> 1";
const HALF_STOCKED: &str = "SELECT id FROM listings WHERE (store_id IS NULL) <> (product_id IS NULL)
    OR (store_id IS NULL AND (unshelved_at IS NOT NULL OR on_hand > 1))";
const ORDERS_OF_STORES: &str = "SELECT o.id FROM orders o JOIN order_lines i ON i.order_id = o.id
    JOIN listings l ON l.id = i.listing_id
    WHERE COALESCE(o.store_id, '') <> COALESCE(l.store_id, '') OR o.seller_id <> l.seller_id
        OR i.one_off <> CASE WHEN l.store_id IS NULL THEN 1 ELSE 0 END";
const INVITATIONS: &str = "SELECT s.id FROM stores s
    WHERE NOT EXISTS (SELECT 1 FROM invitations i WHERE i.store_id = s.id AND i.used_at = s.opened_at)";
const SOLD_TWICE: &str = "SELECT i.listing_id, COUNT(*) FROM order_lines i
    WHERE i.one_off = 1 AND i.released_at IS NULL GROUP BY i.listing_id HAVING COUNT(*) > 1";
const SALES_OF_LISTING: &str =
    "SELECT i.listing_id, COUNT(*) FROM order_lines i JOIN orders o ON o.id = i.order_id
    WHERE i.one_off = 1 AND o.state IN ('placed', 'shipped', 'at_desk', 'collected', 'completed', 'return_open', 'returned')
    GROUP BY i.listing_id HAVING COUNT(*) > 1";
const RELEASE: &str = "SELECT o.id, o.state FROM orders o JOIN order_lines i ON i.order_id = o.id
    WHERE (i.released_at IS NULL) <>
        (o.state IN ('placed', 'shipped', 'at_desk', 'collected', 'completed', 'return_open', 'returned'))";
const TOTALS: &str = "SELECT o.id, o.total, CAST(SUM(i.price * i.quantity) AS BIGINT)
    FROM orders o JOIN order_lines i ON i.order_id = o.id AND i.currency = o.currency
    GROUP BY o.id, o.total HAVING o.total <> SUM(i.price * i.quantity)";
const LINELESS: &str = "SELECT o.id FROM orders o
    WHERE NOT EXISTS (SELECT 1 FROM order_lines i WHERE i.order_id = o.id AND i.currency = o.currency)";
const BOOKED: &str = "SELECT d.pickup_point_id, d.day, d.booked,
        (SELECT COUNT(*) FROM orders o WHERE o.pickup_point_id = d.pickup_point_id AND o.pickup_day = d.day
            AND o.state IN ('placed', 'at_desk') AND o.fulfillment = 'pickup')
    FROM pickup_days d";
const UNBOOKED: &str = "SELECT o.id FROM orders o WHERE o.state IN ('placed', 'at_desk') AND o.fulfillment = 'pickup'
    AND NOT EXISTS (SELECT 1 FROM pickup_days d WHERE d.pickup_point_id = o.pickup_point_id AND d.day = o.pickup_day)";
const ORDERS: &str = "SELECT id, state FROM orders";
const UNBALANCED: &str = "SELECT e.id, CAST(COALESCE(SUM(p.amount), 0) AS BIGINT), COUNT(p.amount)
    FROM entries e LEFT JOIN postings p ON p.entry_id = e.id
    GROUP BY e.id, p.currency HAVING COALESCE(SUM(p.amount), 0) <> 0 OR COUNT(p.amount) < 2";
const BALANCES: &str = "SELECT a.name, a.currency, a.balance, CAST(COALESCE(p.total, 0) AS BIGINT), a.has_floor
    FROM accounts a LEFT JOIN (SELECT account, currency, SUM(amount) AS total FROM postings GROUP BY account, currency) p
        ON p.account = a.name AND p.currency = a.currency
    WHERE a.balance <> COALESCE(p.total, 0) OR (a.has_floor = 1 AND a.balance > 0)";
const TRIAL_BALANCE: &str =
    "SELECT currency, CAST(SUM(balance) AS BIGINT) FROM accounts GROUP BY currency HAVING SUM(balance) <> 0";
const ESCROW: &str = "SELECT o.id, COALESCE(a.balance, 0),
        CASE WHEN o.paid_at IS NOT NULL AND o.state IN ('placed', 'shipped', 'at_desk', 'collected') THEN -o.total ELSE 0 END
    FROM orders o LEFT JOIN accounts a ON a.name = 'escrow:' || o.id AND a.currency = o.currency";
// What is set aside, by the movements and by the holds that have not ended.
const HELD: &str = "SELECT l.id, CAST(COALESCE(m.held, 0) AS BIGINT), CAST(COALESCE(h.held, 0) AS BIGINT)
    FROM listings l
    LEFT JOIN (SELECT listing_id, SUM(CASE WHEN kind = 'hold' THEN quantity ELSE -quantity END) AS held
        FROM movements WHERE kind IN ('hold', 'release') GROUP BY listing_id) m ON m.listing_id = l.id
    LEFT JOIN (SELECT listing_id, SUM(quantity) AS held FROM holds WHERE ended_at IS NULL GROUP BY listing_id) h
        ON h.listing_id = l.id
    WHERE COALESCE(m.held, 0) <> COALESCE(h.held, 0)";
const HOLDS: &str = "SELECT c.id FROM checkouts c LEFT JOIN holds h ON h.checkout_id = c.id
    WHERE h.checkout_id IS NULL OR (c.ended_at IS NULL) <> (h.ended_at IS NULL) OR h.expires_at <> c.expires_at
        OR h.buyer_id <> c.buyer_id";
const GROUPS: &str = "SELECT c.id FROM checkouts c
    WHERE (c.state = 'placed') <> EXISTS (SELECT 1 FROM orders o WHERE o.checkout_id = c.id)";
// What ships is sent once, and is paid and has an address before; what is collected has none.
const SHIPMENTS: &str = "SELECT o.id FROM orders o
    WHERE (o.fulfillment = 'shipment') <> EXISTS (SELECT 1 FROM addresses a WHERE a.order_id = o.id)
        OR (o.fulfillment = 'shipment' AND o.paid_at IS NULL)
        OR (o.fulfillment = 'pickup' AND (o.shipped_at IS NOT NULL OR o.state = 'shipped'))
        OR (o.state = 'shipped' AND o.shipped_at IS NULL)";
const ADDRESSES: &str = "SELECT a.checkout_id FROM addresses a JOIN checkouts c ON c.id = a.checkout_id
    WHERE (a.erased_at IS NULL AND COALESCE(c.delivery, '') <> 'shipment')
        OR (a.erased_at IS NULL AND c.state IN ('canceled', 'expired'))";
// Every copy that was set aside for a checkout that was placed is on a line of one of its orders, at its price.
const GROUP_LINES: &str = "SELECT c.id FROM checkouts c WHERE c.state = 'placed' AND
    (SELECT COALESCE(SUM(h.quantity * h.price), 0) FROM holds h WHERE h.checkout_id = c.id) <>
    (SELECT COALESCE(SUM(i.quantity * i.price), 0) FROM order_lines i JOIN orders o ON o.id = i.order_id
        WHERE o.checkout_id = c.id)";
// Money that a provider took bought something, or is in a wallet.
const TAKEN: &str = "SELECT p.id FROM payments p WHERE p.state = 'placed' AND p.amount <>
    (SELECT COALESCE(SUM(o.paid), 0) FROM orders o WHERE o.checkout_id = p.checkout_id AND o.means = 'card'
        AND o.paid_currency = p.currency)";
const TAKEN_LATE: &str = "SELECT p.id FROM payments p WHERE (p.state = 'refunded') <>
    EXISTS (SELECT 1 FROM entries e WHERE e.kind = 'payment_refunded' AND e.source = p.id)";
const STRAY_LOTS: &str = "SELECT l.id FROM listings l LEFT JOIN auctions a ON a.id = l.auction_id
    WHERE l.auction_id IS NOT NULL AND (a.id IS NULL OR a.finished_at IS NOT NULL OR a.listing_id <> l.id)";
const LOTLESS: &str = "SELECT a.id FROM auctions a JOIN listings l ON l.id = a.listing_id
    WHERE a.finished_at IS NULL AND (l.auction_id IS NULL OR l.auction_id <> a.id)";
const UNPAID: &str = "SELECT a.id FROM auctions a WHERE a.state = 'sold' AND NOT EXISTS
    (SELECT 1 FROM checkouts c WHERE c.auction_id = a.id AND c.state = 'held' AND c.buyer_id = a.winner_id)";
const ORDERLESS: &str = "SELECT a.id FROM auctions a WHERE a.state = 'settled' AND NOT EXISTS
    (SELECT 1 FROM orders o WHERE o.auction_id = a.id AND o.buyer_id = a.winner_id AND o.total = a.hammer)";
const SHILLS: &str =
    "SELECT a.id FROM auctions a JOIN bidders b ON b.auction_id = a.id AND b.member_id = a.seller_id";
/// How many auctions are read at once.
const AUCTIONS_AT_ONCE: i64 = 500;
const UNRECEIPTED: &str =
    "SELECT id FROM orders WHERE (paid_at IS NULL) <> (means IS NULL) OR (means IS NULL) <> (paid IS NULL)
        OR (refunded > 0 AND state NOT IN ('completed', 'refunded')) OR (state = 'refunded' AND refunded <> total)";
// What went back after completion is what was posted to wallets for it.
const REFUNDS: &str = "SELECT o.id, o.refunded, CAST(COALESCE(r.back, 0) AS BIGINT) FROM orders o LEFT JOIN (
        SELECT SUBSTR(e.source, 1, 30) AS order_id, SUM(-p.amount) AS back
        FROM entries e JOIN postings p ON p.entry_id = e.id AND p.account LIKE 'wallet:%'
        WHERE e.kind = 'sale_refunded' GROUP BY SUBSTR(e.source, 1, 30)) r ON r.order_id = o.id
    WHERE o.refunded <> COALESCE(r.back, 0)";
const IN_FLIGHT: &str = "SELECT a.currency, a.balance, CAST(COALESCE(p.waiting, 0) AS BIGINT) FROM accounts a
    LEFT JOIN (SELECT currency, SUM(amount) AS waiting FROM payouts WHERE state = 'requested' GROUP BY currency) p
        ON p.currency = a.currency
    WHERE a.name = 'payout_in_flight' AND -a.balance <> COALESCE(p.waiting, 0)";
const POSTINGS: &str =
    "SELECT p.entry_id, p.account, p.amount, p.currency FROM postings p ORDER BY p.entry_id, p.place";
const EVENTS: &str = "SELECT seq, at, audience, body, hash FROM events ORDER BY seq";

const TALKS: &str = "SELECT c.id, c.last_number, COUNT(m.id), COALESCE(MAX(m.number), 0),
        (SELECT COUNT(*) FROM events e WHERE e.subject = c.id AND e.event = 'message_sent')
    FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id GROUP BY c.id, c.last_number";
// The sender is compared as an expression: SQLite would count by the index over senders, every message of theirs each time.
const PARTS: &str = "SELECT p.conversation_id, p.sent, p.unread, p.delivered, p.read_up_to, c.last_number,
        (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = p.conversation_id
            AND m.sender_id || '' = p.member_id),
        (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = p.conversation_id
            AND m.sender_id <> p.member_id AND m.number > p.read_up_to)
    FROM participants p JOIN conversations c ON c.id = p.conversation_id";
const SHOWN: &str = "SELECT l.id, l.pictures, p.id, p.large_width, p.large_height, p.large_bytes,
        p.thumbnail_width, p.thumbnail_height, p.thumbnail_bytes
    FROM pictures p JOIN listings l ON l.id = p.listing_id ORDER BY l.id, p.place";
const PICTURELESS: &str = "SELECT l.id FROM listings l WHERE l.pictures <> '[]'
    AND NOT EXISTS (SELECT 1 FROM pictures p WHERE p.listing_id = COALESCE(l.product_id, l.id))";
// The pictures of a product are on its first variant; the others show the same.
const LOOKS: &str =
    "SELECT l.id FROM listings l JOIN listings f ON f.id = l.product_id WHERE l.pictures <> f.pictures";
// A store shows the picture that says so; the ids are compared here.
const STORE_PICTURES: &str =
    "SELECT s.id, s.picture, p.id FROM stores s LEFT JOIN pictures p ON p.store_id = s.id";

/// Conversations and what their participants have read against the messages, and the messages against the event log.
///
/// # Errors
///
/// What the database says.
pub fn conversations(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    let mut messages = 0;
    db.each("conversations", TALKS, &[], |row| {
        let (id, last) = (row.text()?, row.integer()?);
        let (count, highest, told) = (row.integer()?, row.integer()?, row.integer()?);
        messages += count;
        if (count, highest) != (last, last) {
            verdict.find(
                "conversations",
                &id,
                format!("last_number {last}, but it has {count} messages up to number {highest}"),
            );
        }
        if told != last {
            verdict.find("conversations", &id, format!("{last} messages, but the event log tells of {told}"));
        }
        Ok(())
    })?;
    verdict.checked.push(("messages".to_owned(), messages));
    db.each("participants", PARTS, &[], |row| {
        let id = row.text()?;
        let (sent, unread) = (row.integer()?, row.integer()?);
        let (delivered, read, last) = (row.integer()?, row.integer()?, row.integer()?);
        if (sent, unread) != (row.integer()?, row.integer()?) {
            verdict.find(
                "participants",
                &id,
                format!("sent {sent} and unread {unread} do not fit its messages"),
            );
        }
        if read > delivered || delivered > last {
            verdict.find(
                "participants",
                &id,
                format!("read {read}, delivered {delivered} of {last} messages"),
            );
        }
        Ok(())
    })
}

/// What listings show against the pictures that are on them.
///
/// # Errors
///
/// What the database says.
pub fn pictures(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    let mut pictures = 0;
    // The rows of one listing come together: its list, and what its pictures add up to so far.
    let mut open: Option<(String, String, Vec<PictureView>)> = None;
    let close = |open: Option<(String, String, Vec<PictureView>)>, verdict: &mut Verdict| {
        if let Some((id, list, views)) = open
            && serde_json::from_str::<Vec<PictureView>>(&list).ok().as_ref() != Some(&views)
        {
            verdict.find("listings", id, "its list of pictures is not what is on it");
        }
    };
    db.each("pictures", SHOWN, &[], |row| {
        pictures += 1;
        let (id, list) = (row.text()?, row.text()?);
        let picture = row.value()?;
        let mut extent = || -> Result<Extent, DbError> {
            Ok(Extent { width: row.integer()?, height: row.integer()?, bytes: row.integer()? })
        };
        let view = PictureView { picture, large: extent()?, thumbnail: extent()? };
        match &mut open {
            Some((listing, _, views)) if *listing == id => views.push(view),
            _ => close(open.replace((id, list, vec![view])), verdict),
        }
        Ok(())
    })?;
    close(open, verdict);
    verdict.checked.push(("pictures on listings".to_owned(), pictures));
    db.each("listings", PICTURELESS, &[], |row| {
        verdict.find("listings", row.text()?, "shows pictures that are not on it");
        Ok(())
    })?;
    db.each("listings", LOOKS, &[], |row| {
        verdict.find("listings", row.text()?, "looks unlike the other variants of its product");
        Ok(())
    })?;
    db.each("stores", STORE_PICTURES, &[], |row| {
        let (id, shown, kept) = (row.text()?, row.text_or_null()?, row.value_or_null::<PictureId>()?);
        let shown = shown.and_then(|json| serde_json::from_str::<PictureView>(&json).ok());
        if shown.map(|view| view.picture) != kept {
            verdict.find("stores", id, "shows a picture that is not its own");
        }
        Ok(())
    })
}

/// Stock, promises and sales against the movements and the orders.
///
/// # Errors
///
/// What the database says.
pub fn stock(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    let mut listings = 0;
    db.each("listings", STOCK, &[], |row| {
        listings += 1;
        let id = row.text()?;
        let (on_hand, committed) = (row.integer()?, row.integer()?);
        let (on_hand_moved, committed_moved, sold) = (row.integer()?, row.integer()?, row.integer()?);
        if (on_hand, committed) != (on_hand_moved, committed_moved) {
            verdict.find(
                "listings",
                &id,
                format!(
                    "on_hand {on_hand} and committed {committed}, but its movements add up to {on_hand_moved} and {committed_moved}"
                ),
            );
        }
        if (sold == 1) != (on_hand - committed <= 0) {
            verdict.find("listings", &id, format!("sold_at does not fit {} copies left", on_hand - committed));
        }
        Ok(())
    })?;
    verdict.checked.push(("listings".to_owned(), listings));
    db.each("listings", PROMISED, &[], |row| {
        let (id, committed, lines) = (row.text()?, row.integer()?, row.integer()?);
        verdict.find("listings", id, format!("committed {committed}, but {lines} open orders hold a copy"));
        Ok(())
    })?;
    db.each("listings", SHELVES, &[], |row| {
        let (id, shelved, stores) = (row.text()?, row.integer()?, row.integer()?);
        verdict.find("listings", id, format!("{shelved} variants on the shelves, in {stores} stores"));
        Ok(())
    })?;
    for (table, sql, said) in [
        ("listings", HALF_STOCKED, "belongs to half a store, or is a single thing with more than one copy"),
        ("orders", ORDERS_OF_STORES, "has a line that is another seller's or another store's"),
        ("stores", INVITATIONS, "was opened without an invitation"),
    ] {
        db.each(table, sql, &[], |row| {
            verdict.find(table, row.text()?, said);
            Ok(())
        })?;
    }
    db.each("listings", HELD, &[], |row| {
        let (id, moved, held) = (row.text()?, row.integer()?, row.integer()?);
        verdict.find(
            "listings",
            id,
            format!("its holds have {held} copies, but its movements add up to {moved}"),
        );
        Ok(())
    })?;
    for sql in [SOLD_TWICE, SALES_OF_LISTING] {
        db.each("order_lines", sql, &[], |row| {
            let (id, sales) = (row.text()?, row.integer()?);
            verdict.find("listings", id, format!("sold {sales} times"));
            Ok(())
        })?;
    }
    Ok(())
}

/// Orders against their lines and the bookings of pickup days.
///
/// # Errors
///
/// What the database says.
pub fn orders(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    db.each("orders", RELEASE, &[], |row| {
        let (id, state) = (row.text()?, row.text()?);
        verdict.find("order_lines", id, format!("released_at does not fit the state {state}"));
        Ok(())
    })?;
    db.each("orders", TOTALS, &[], |row| {
        let (id, total, sum) = (row.text()?, row.integer()?, row.integer()?);
        verdict.find("orders", id, format!("total {total}, but its lines add up to {sum}"));
        Ok(())
    })?;
    db.each("orders", UNRECEIPTED, &[], |row| {
        verdict.find("orders", row.text()?, "its receipt or its refund does not fit its state");
        Ok(())
    })?;
    db.each("orders", REFUNDS, &[], |row| {
        let (id, refunded, posted) = (row.text()?, row.integer()?, row.integer()?);
        verdict.find("orders", id, format!("refunded {refunded}, but {posted} went into a wallet"));
        Ok(())
    })?;
    db.each("orders", LINELESS, &[], |row| {
        verdict.find("orders", row.text()?, "has no line in its currency");
        Ok(())
    })?;
    db.each("pickup_days", BOOKED, &[], |row| {
        let (point, day, booked, orders) = (row.text()?, row.text()?, row.integer()?, row.integer()?);
        if booked != orders {
            verdict.find(
                "pickup_days",
                format!("{point} {day}"),
                format!("booked {booked}, but {orders} orders wait"),
            );
        }
        Ok(())
    })?;
    db.each("orders", UNBOOKED, &[], |row| {
        verdict.find("orders", row.text()?, "waits on a day that has no booking");
        Ok(())
    })
}

/// Checkouts against what they set aside, the orders they became and the cards that paid for them.
///
/// # Errors
///
/// What the database says.
pub fn checkouts(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    for (table, sql, said) in [
        ("checkouts", HOLDS, "does not fit what it set aside"),
        ("checkouts", GROUPS, "is placed without orders, or has orders without being placed"),
        ("checkouts", GROUP_LINES, "set aside something else than its orders have"),
        ("orders", SHIPMENTS, "is not sent as it shall be, or has no address to be sent to"),
        ("addresses", ADDRESSES, "is kept though nothing is shipped to it"),
        ("payments", TAKEN, "was taken, but its orders were paid with something else"),
        ("payments", TAKEN_LATE, "came too late and is in no wallet, or is in one without having come"),
    ] {
        db.each(table, sql, &[], |row| {
            verdict.find(table, row.text()?, said);
            Ok(())
        })?;
    }
    Ok(())
}

/// Auctions: every log is run again, from its first line, with every hash; what is kept beside it has to be what it comes to.
/// Lots are where their auctions say, and who won has a checkout or an order.
///
/// # Errors
///
/// What the database says.
pub fn auctions(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    for (table, sql, said) in [
        ("listings", STRAY_LOTS, "is the lot of an auction that is over, or of another lot"),
        ("auctions", LOTLESS, "is not over, and its lot is free"),
        ("auctions", UNPAID, "is sold, and nothing is set aside for its winner"),
        ("auctions", ORDERLESS, "is settled without an order"),
        ("auctions", SHILLS, "has a bid of its own seller"),
    ] {
        db.each(table, sql, &[], |row| {
            verdict.find(table, row.text()?, said);
            Ok(())
        })?;
    }
    let (mut last, mut count) = (String::new(), 0);
    loop {
        let found = auction::all(db, &last, AUCTIONS_AT_ONCE)?;
        let Some(end) = found.last() else { break };
        last = end.id.to_string();
        for auction in found {
            count += 1;
            if let Some(problem) = log_problem(db, &auction)? {
                verdict.find("auctions", auction.id, problem);
            }
        }
    }
    verdict.checked.push(("auctions".to_owned(), count));
    Ok(())
}

/// What is wrong with an auction when its log is run again.
fn log_problem(db: &mut Connection, auction: &Auction) -> Result<Option<String>, DbError> {
    let log = auction::log(db, auction.id)?;
    let reserves = log.iter().filter_map(|line| line.reserve).collect();
    let mut replay = Replay::new(Some(Told { salt: auction.salt.clone(), reserves }));
    let (mut before, mut visible) = (String::new(), 0);
    for Kept { entry, hash, seen, .. } in &log {
        if entry.chained(&before) != *hash {
            return Ok(Some(format!("line {} of its log does not have the hash it should have", entry.seq)));
        }
        if let Err(problem) = replay.push(entry) {
            return Ok(Some(format!("its log cannot have happened: {problem}")));
        }
        visible += i64::from(matches!(entry.act, Act::Bid { .. }) && seen.is_some());
        before.clone_from(hash);
    }
    if (auction.seq, &auction.hash) != (i64::try_from(log.len()).unwrap_or(i64::MAX), &before) {
        return Ok(Some(format!("it ends at line {} of its log, which has {}", auction.seq, log.len())));
    }
    let kept = auction::bids(db, auction.id)?;
    let lead = auction.standing.lead.map(|lead| lead.bidder);
    let leader = kept.iter().find(|bid| Some(bid.bidder) == lead).map(|bid| bid.member);
    let Some(replayed) = replay.outcome() else { return Ok(Some("it has no log".to_owned())) };
    let right = replay.standing() == auction.standing
        && leader == auction.leader.filter(|_| lead.is_some())
        && replayed.ends_at == Some(auction.ends_at)
        && replayed.ending == auction.ending
        && visible == auction.bids;
    Ok((!right).then(|| format!("its log comes to {replayed:?}, which is not what is kept")))
}

/// The ledger: every entry balances, every balance is the sum of its postings, escrow is the money of open orders.
///
/// # Errors
///
/// What the database says.
pub fn ledger(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    db.each("entries", UNBALANCED, &[], |row| {
        let (id, sum, postings) = (row.text()?, row.integer()?, row.integer()?);
        verdict.find("entries", id, format!("{postings} postings that add up to {sum}"));
        Ok(())
    })?;
    db.each("accounts", BALANCES, &[], |row| {
        let (name, currency, balance, sum) = (row.text()?, row.text()?, row.integer()?, row.integer()?);
        let problem = if balance == sum {
            format!("balance {balance} is below its floor")
        } else {
            format!("balance {balance}, but its postings add up to {sum}")
        };
        verdict.find("accounts", format!("{name} {currency}"), problem);
        Ok(())
    })?;
    db.each("accounts", TRIAL_BALANCE, &[], |row| {
        let (currency, sum) = (row.text()?, row.integer()?);
        verdict.find("accounts", currency, format!("the trial balance is {sum} instead of 0"));
        Ok(())
    })?;
    db.each("accounts", IN_FLIGHT, &[], |row| {
        let (currency, balance, waiting) = (row.text()?, row.integer()?, row.integer()?);
        let problem = format!("{} are in flight, but {waiting} wait to be handed over", -balance);
        verdict.find("accounts", format!("payout_in_flight {currency}"), problem);
        Ok(())
    })?;
    db.each("orders", ESCROW, &[], |row| {
        let (id, held, owed) = (row.text()?, row.integer()?, row.integer()?);
        if held != owed {
            verdict.find("orders", id, format!("its escrow holds {held} instead of {owed}"));
        }
        Ok(())
    })
}

/// The event log: no gap, an unbroken chain of hashes, a head that is its last row; and what it tells of orders and
/// ledger entries is what their rows say.
///
/// # Errors
///
/// What the database says.
pub fn events(db: &mut Connection, verdict: &mut Verdict) -> Result<(), DbError> {
    let mut states: HashMap<OrderId, State> = HashMap::new();
    let mut told: HashMap<String, Vec<(String, Money)>> = HashMap::new();
    let (mut last, mut before) = (0, String::new());
    db.each("events", EVENTS, &[], |row| {
        let (seq, at) = (row.integer()?, row.moment()?);
        let (audience, body, hash) = (row.text()?, row.text()?, row.text()?);
        if seq != last + 1 {
            verdict.find("events", seq, format!("follows {last}: there is a gap"));
        }
        if hash != chained(&before, seq, at, &audience, &body) {
            verdict.find("events", seq, "its hash does not fit the row and the one before it");
        }
        match serde_json::from_str::<Event>(&body) {
            Err(error) => verdict.find("events", seq, format!("its body is no event: {error}")),
            Ok(event) => {
                if audience != event.audience().text() {
                    verdict.find("events", seq, "its audience is not the event's");
                }
                if let (Some(state), Ok(order)) = (event.order_state(), OrderId::parse(&event.subject())) {
                    states.insert(order, state);
                }
                if let Event::EntryPosted { entry, postings, .. } = event {
                    told.insert(entry.to_string(), postings);
                }
            }
        }
        (last, before) = (seq, hash);
        Ok(())
    })?;
    verdict.checked.push(("events".to_owned(), last));
    let head = crate::event::head(db)?;
    if (head.seq, &head.hash) != (last, &before) {
        verdict.find("log_head", 1, format!("stands at {}, but the last event is {last}", head.seq));
    }

    let mut orders = 0;
    db.each("orders", ORDERS, &[], |row| {
        orders += 1;
        let (id, state) = (row.value::<OrderId>()?, row.parsed(State::parse)?);
        match states.remove(&id) {
            Some(folded) if folded == state => {}
            Some(folded) => verdict.find(
                "orders",
                id,
                format!("is {}, but its events make it {}", state.name(), folded.name()),
            ),
            None => verdict.find("orders", id, "has no event that placed it"),
        }
        Ok(())
    })?;
    verdict.checked.push(("orders".to_owned(), orders));
    for order in states.into_keys() {
        verdict.find("orders", order, "is told of by the event log, but has no row");
    }

    let mut posted: HashMap<String, Vec<(String, Money)>> = HashMap::new();
    db.each("postings", POSTINGS, params![], |row| {
        let (entry, account) = (row.text()?, row.text()?);
        posted.entry(entry).or_default().push((account, row.money()?));
        Ok(())
    })?;
    verdict.checked.push(("entries".to_owned(), i64::try_from(posted.len()).unwrap_or(i64::MAX)));
    for (entry, postings) in posted {
        match told.remove(&entry) {
            Some(told) if told == postings => {}
            Some(_) => verdict.find("entries", entry, "its postings are not what the event log tells"),
            None => verdict.find("entries", entry, "is not in the event log"),
        }
    }
    for entry in told.into_keys() {
        verdict.find("entries", entry, "is told of by the event log, but has no postings");
    }
    Ok(())
}
