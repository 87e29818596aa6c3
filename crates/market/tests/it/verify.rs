//! `verify` names every row that was tampered with behind the market's back.

use auboutique_domain::id::{ListingId, OrderId};

use crate::stage::{Person, Stage, usd};

/// One sale that is completed, and one that waits for its drop-off.
struct Sales {
    rana: Person,
    completed: OrderId,
    collected: ListingId,
    placed: OrderId,
    sold: ListingId,
}

fn sales(stage: &Stage) -> Sales {
    let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
    let (collected, sold) =
        (stage.lists(&rana, "Calculus", usd(2_500)), stage.lists(&rana, "Physics", usd(900)));
    let (completed, placed) = (stage.buys(&karim, collected).order, stage.buys(&karim, sold).order);
    stage.drops_off(&nadim, &rana, completed);
    stage.collects(&nadim, &karim, completed);
    stage.does(&karim, auboutique_domain::Command::ConfirmOrder { order: completed });
    stage.is_clean();
    Sales { rana, completed, collected, placed, sold }
}

/// Whether `verify` names that row of that table, with a problem that says this.
fn is_found(stage: &Stage, table: &str, row: impl ToString, problem: &str) {
    let (findings, row) = (stage.findings(), row.to_string());
    let named = |finding: &&auboutique_domain::verdict::Finding| finding.table == table && finding.row == row;
    let mut of_row = findings.iter().filter(named);
    assert!(
        of_row.any(|finding| finding.problem.contains(problem)),
        "{table} {row} {problem:?} is not among {findings:#?}"
    );
}

on_both! {
    fn a_market_nobody_tampered_with_is_clean_and_says_what_was_checked(stage) {
        sales(stage);
        let checked = stage.verdict().checked;
        for (table, rows) in [("listings", 2), ("orders", 2), ("entries", 2)] {
            assert!(checked.contains(&(table.to_owned(), rows)), "{table}: {checked:?}");
        }
        let events = i64::try_from(stage.count("events")).unwrap();
        assert!(checked.contains(&("events".to_owned(), events)));
    }

    fn a_changed_on_hand_is_found(stage) {
        let Sales { sold, .. } = sales(stage);
        stage.sql(&format!("UPDATE listings SET on_hand = 2 WHERE id = '{sold}'"));
        is_found(stage, "listings", sold, "movements add up to 1");
    }

    fn a_deleted_movement_is_found(stage) {
        let Sales { collected, sold, .. } = sales(stage);
        stage.unlock("movements");
        stage.sql(&format!("DELETE FROM movements WHERE listing_id = '{sold}' AND kind = 'commit'"));
        is_found(stage, "listings", sold, "movements add up to");
        stage.sql(&format!("DELETE FROM movements WHERE listing_id = '{collected}' AND kind = 'receive'"));
        is_found(stage, "listings", collected, "movements add up to");
    }

    fn a_changed_event_is_found(stage) {
        let Sales { completed, .. } = sales(stage);
        stage.unlock("events");
        let seq = stage.sql(&format!("SELECT MIN(seq) FROM events WHERE subject = '{completed}'"));
        stage.sql(&format!("UPDATE events SET body = REPLACE(body, '2500', '2400') WHERE seq = {seq}"));
        is_found(stage, "events", seq, "hash does not fit");
    }

    fn a_changed_audience_or_moment_of_an_event_is_found(stage) {
        sales(stage);
        stage.unlock("events");
        stage.sql("UPDATE events SET audience = 'public' WHERE seq = 2");
        stage.sql("UPDATE events SET at = at - 1 WHERE seq = 3");
        is_found(stage, "events", 2, "audience is not the event's");
        is_found(stage, "events", 3, "hash does not fit");
    }

    fn a_removed_event_is_found_wherever_it_stood(stage) {
        let Sales { rana, .. } = sales(stage);
        stage.unlock("events");
        let last = stage.sql("SELECT MAX(seq) FROM events");
        stage.sql("DELETE FROM events WHERE seq = 3");
        is_found(stage, "events", 4, "follows 2: there is a gap");
        stage.sql(&format!("DELETE FROM events WHERE seq = {last}"));
        is_found(stage, "log_head", 1, &format!("stands at {last}"));
        stage.sql("DELETE FROM events WHERE seq = 1");
        is_found(stage, "events", 2, "follows 0: there is a gap");
        stage.sees(&rana, |view| view.account());
    }

    fn a_chain_that_was_made_anew_from_some_event_on_does_not_fit_the_head(stage) {
        sales(stage);
        stage.sql("UPDATE log_head SET hash = 'made anew'");
        is_found(stage, "log_head", 1, "stands at");
    }

    fn a_changed_balance_is_found(stage) {
        let Sales { rana, .. } = sales(stage);
        let account = format!("seller:{}", rana.id);
        stage.sql(&format!("UPDATE accounts SET balance = balance - 100000 WHERE name = '{account}'"));
        is_found(stage, "accounts", format!("{account} USD"), "its postings add up to -2500");
        is_found(stage, "accounts", "USD", "the trial balance is -100000");
    }

    fn a_changed_posting_is_found_even_when_the_books_still_balance(stage) {
        let Sales { completed, .. } = sales(stage);
        stage.unlock("postings");
        let entry = stage.sql(&format!(
            "SELECT id FROM entries WHERE source = '{completed}' AND kind = 'cash_taken'"
        ));
        stage.sql(&format!("UPDATE postings SET amount = amount * 2 WHERE entry_id = '{entry}'"));
        is_found(stage, "entries", &entry, "not what the event log tells");
        stage.sql(&format!("UPDATE postings SET amount = 1 WHERE entry_id = '{entry}' AND place = 1"));
        is_found(stage, "entries", &entry, "2 postings that add up to");
    }

    fn a_removed_entry_is_found(stage) {
        let Sales { completed, .. } = sales(stage);
        stage.unlock("postings");
        stage.unlock("entries");
        let entry = stage.sql(&format!(
            "SELECT id FROM entries WHERE source = '{completed}' AND kind = 'order_completed'"
        ));
        stage.sql(&format!("DELETE FROM postings WHERE entry_id = '{entry}'"));
        stage.sql(&format!("DELETE FROM entries WHERE id = '{entry}'"));
        is_found(stage, "entries", &entry, "told of by the event log");
    }

    fn a_thing_sold_twice_is_found(stage) {
        let Sales { placed, sold, .. } = sales(stage);
        stage.sql("DROP INDEX order_lines_one_sale");
        let double = OrderId::new(stage.now(), [7; 10]);
        stage.sql(&format!(
            "INSERT INTO orders (id, buyer_id, seller_id, state, total, commission, currency, pickup_point_id,
                pickup_day, pickup_code, drop_off_code, placed_at, changed_at, version)
             SELECT '{double}', buyer_id, seller_id, 'collected', total, commission, currency, pickup_point_id,
                pickup_day, pickup_code, drop_off_code, placed_at, changed_at, version FROM orders WHERE id = '{placed}'"
        ));
        stage.sql(&format!(
            "INSERT INTO order_lines (order_id, place, listing_id, title, quantity, price, currency, one_off)
             SELECT '{double}', place, listing_id, title, quantity, price, currency, one_off FROM order_lines
              WHERE order_id = '{placed}'"
        ));
        is_found(stage, "listings", sold, "sold 2 times");
        is_found(stage, "orders", double, "has no event that placed it");
    }

    fn the_schema_itself_refuses_a_second_sale(stage) {
        let Sales { completed, sold, .. } = sales(stage);
        let said = stage.refused_by_database(&format!(
            "INSERT INTO order_lines (order_id, place, listing_id, title, quantity, price, currency, one_off)
             VALUES ('{completed}', 2, '{sold}', 'Physics', 1, 900, 'USD', 1)"
        ));
        assert!(said.to_lowercase().contains("unique"), "{said}");
    }

    fn an_order_moved_by_hand_is_found(stage) {
        let Sales { placed, .. } = sales(stage);
        stage.sql(&format!("UPDATE orders SET state = 'completed' WHERE id = '{placed}'"));
        is_found(stage, "orders", placed, "is completed, but its events make it placed");
    }

    fn an_order_whose_total_or_payment_was_changed_is_found(stage) {
        let Sales { placed, .. } = sales(stage);
        stage.sql(&format!("UPDATE orders SET total = 1, paid_at = 1 WHERE id = '{placed}'"));
        is_found(stage, "orders", placed, "its escrow holds 0 instead of -1");
        is_found(stage, "orders", placed, "total");
    }

    fn a_booking_that_nobody_made_is_found(stage) {
        sales(stage);
        stage.sql("UPDATE pickup_days SET booked = 7");
        is_found(stage, "pickup_days", format!("{} 2026-11-25", stage.point().id), "booked 7, but 1 orders wait");
    }

    fn a_row_the_rules_never_wrote_is_found_and_not_stumbled_over(stage) {
        let Sales { placed, .. } = sales(stage);
        stage.sql(&format!("UPDATE orders SET state = 'lost' WHERE id = '{placed}'"));
        let findings = stage.findings();
        assert!(findings.iter().any(|finding| finding.row == placed.to_string()), "{findings:#?}");
    }
}

#[test]
fn a_damaged_page_of_the_file_is_found() {
    let mut stage = Stage::on_sqlite();
    sales(&stage);
    stage.close();
    stage.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let auboutique_market::Location::Sqlite(file) = stage.location.clone() else { panic!() };
    let root: usize =
        stage.sql("SELECT rootpage FROM sqlite_schema WHERE name = 'orders_buyer'").parse().unwrap();
    let size: usize = stage.sql("SELECT page_size FROM pragma_page_size").parse().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[(root - 1) * size + 16..root * size].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    match auboutique_market::verify(&stage.location) {
        Ok(verdict) => assert!(verdict.findings.iter().any(|finding| finding.table == "file"), "{verdict:?}"),
        Err(error) => assert!(error.to_string().contains("malformed"), "{error}"),
    }
}
