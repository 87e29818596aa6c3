//! Backups: made while the market runs, restored into either database, equal to what they were made of.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use auboutique_domain::Command;
use auboutique_domain::id::MemberId;
use auboutique_domain::listing::Browse;
use auboutique_domain::text::Search;
use auboutique_market::backup::{back_up, restore};
use auboutique_market::{Caller, DbError, Location};
use auboutique_testbed::postgres::database_url;

use crate::stage::{Stage, key, sql_at, usd};

/// Every table that a copy must carry over, with the columns that make it the same.
const KEPT: [&str; 15] = [
    "SELECT id, username, email, role FROM members ORDER BY id",
    "SELECT member_id, hash FROM credentials ORDER BY member_id",
    "SELECT id, number, title, price, on_hand, committed, sold_at, withdrawn_at, version FROM listings ORDER BY id",
    "SELECT id, state, total, pickup_day, pickup_code, drop_off_code, due_at, version FROM orders ORDER BY id",
    "SELECT order_id, place, listing_id, title, released_at FROM order_lines ORDER BY order_id, place",
    "SELECT id, listing_id, kind, quantity, order_id, member_id, reason, at FROM movements ORDER BY id",
    "SELECT id, owner_id, name, handle, picture, away FROM stores ORDER BY id",
    "SELECT store_id, member_id FROM staff ORDER BY store_id, member_id",
    "SELECT id, code_hash, inviter_id, store_id, used_at FROM invitations ORDER BY id",
    "SELECT id, store_id, product_id, label, sku, low_stock, unshelved_at FROM listings ORDER BY id",
    "SELECT id, listing_id, store_id FROM pictures ORDER BY id",
    "SELECT name, currency, balance FROM accounts ORDER BY name, currency",
    "SELECT entry_id, place, account, amount FROM postings ORDER BY entry_id, place",
    "SELECT seq, at, hash FROM events ORDER BY seq",
    "SELECT asker, key, fingerprint, expires_at FROM answers ORDER BY asker, key",
];

fn contents(location: &Location) -> Vec<String> {
    KEPT.iter()
        .map(|sql| sql_at(location, sql))
        .chain([sql_at(location, "SELECT seq, hash FROM log_head")])
        .collect()
}

fn is_clean(location: &Location) {
    assert_eq!(auboutique_market::verify(location).unwrap().findings, []);
}

/// A market with something in every table that matters: sold, withdrawn and edited listings, money, a strike.
fn furnish(stage: &Stage) {
    let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
    let buy = |title, price| stage.buys(&karim, stage.lists(&rana, title, usd(price))).order;
    let (completed, canceled, paid) = (buy("Calculus", 2_500), buy("Physics", 900), buy("Chemistry", 700));
    stage.drops_off(&nadim, &rana, completed);
    stage.collects(&nadim, &karim, completed);
    stage.run(karim.caller().under(key("one")), Command::ConfirmOrder { order: completed }).unwrap();
    stage.cancels(&rana, canceled);
    stage.pays(&nadim, &karim, paid);
    stage.lists(&rana, "Café table, مكتبة", usd(1_200));
    let store = stage.opens(&rana, "Rana's lamps");
    let lamp = stage.stocks(&rana, store, "Lamp", 5);
    stage.does(&rana, Command::AppointStaff { username: nadim.username.clone() });
    stage.does(
        &nadim,
        Command::AdjustStock { listing: lamp, copies: -2, reason: "Two are broken".to_owned() },
    );
    stage.buys_of(&karim, lamp, 3).unwrap();
    let withdrawn = stage.lists(&rana, "Withdrawn", usd(100));
    stage.does(&rana, Command::WithdrawListing { listing: withdrawn });
}

/// A market opened on a copy goes on where the original stood: it finds by words, sells, and stays clean.
fn goes_on(stage: &Stage, location: &Location) {
    let market = stage.try_to_open(location).unwrap();
    let search = |words: &str| {
        let browse = Browse::words(Search::parse(words).unwrap());
        market.ask_now(Caller::VISITOR, move |view| view.browse(&browse, None, None)).unwrap().rows
    };
    let on_sale = search("cafe مكتبه");
    assert_eq!((on_sale.len(), search("calculus").len(), search("withdrawn").len()), (1, 0, 0));
    let karim = sql_at(location, "SELECT id FROM members WHERE username = 'karim'");
    let (session, _) = market.start_session_at_console(MemberId::parse(&karim).unwrap()).unwrap();
    let (listing, price) = (on_sale[0].listing, on_sale[0].price);
    market
        .run_now(Caller::member(session.session), Command::BuyListing { listing, price, quantity: 1 })
        .unwrap();
    drop(market);
    is_clean(location);
}

fn sentence(outcome: Result<i64, DbError>) -> String {
    outcome.unwrap_err().to_string()
}

on_both! {
    fn a_backup_restores_into_either_database_as_it_was(stage) {
        furnish(stage);
        let file = stage.file("backup.sqlite");
        let rows = back_up(&stage.location, &file, stage.now()).unwrap();
        let original = contents(&stage.location);
        for empty in [
            Location::Sqlite(stage.file("restored.sqlite")),
            Location::Postgres(database_url()),
        ] {
            assert_eq!(restore(&file, &empty, stage.now()).unwrap(), rows, "{empty:?}");
            is_clean(&empty);
            assert_eq!(contents(&empty), original, "{empty:?}");
            goes_on(stage, &empty);
        }
        assert_eq!(contents(&stage.location), original);
    }

    fn a_market_moves_to_the_other_database_and_back(stage) {
        furnish(stage);
        let (there, back) = if stage.is_on_postgres() {
            (Location::Sqlite(stage.file("there.sqlite")), Location::Postgres(database_url()))
        } else {
            (Location::Postgres(database_url()), Location::Sqlite(stage.file("back.sqlite")))
        };
        let original = contents(&stage.location);
        let (first, second) = (stage.file("first.sqlite"), stage.file("second.sqlite"));
        back_up(&stage.location, &first, stage.now()).unwrap();
        restore(&first, &there, stage.now()).unwrap();
        back_up(&there, &second, stage.now()).unwrap();
        restore(&second, &back, stage.now()).unwrap();
        assert_eq!((contents(&there), contents(&back)), (original.clone(), original));
        is_clean(&back);
        goes_on(stage, &back);
    }

    fn a_backup_made_while_people_write_is_one_moment_of_the_market(stage) {
        furnish(stage);
        let maya = stage.member("maya");
        let (enough, written) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (file, location) = (stage.file("backup.sqlite"), stage.location.clone());
        let (first, rest) = crossbeam_channel::bounded(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !enough.load(Ordering::SeqCst) {
                    stage.lists(&maya, "Written meanwhile", usd(100));
                    written.fetch_add(1, Ordering::SeqCst);
                    let _ = first.try_send(());
                }
            });
            rest.recv().unwrap();
            let made = back_up(&location, &file, stage.now());
            enough.store(true, Ordering::SeqCst);
            made.unwrap();
        });
        let copy = Location::Sqlite(file);
        is_clean(&copy);
        let copied: usize =
            sql_at(&copy, "SELECT COUNT(*) FROM listings WHERE title = 'Written meanwhile'").parse().unwrap();
        assert!((1..=written.into_inner()).contains(&copied), "{copied}");
        stage.is_clean();
    }

    fn a_database_that_is_not_empty_is_not_restored_into(stage) {
        furnish(stage);
        let file = stage.file("backup.sqlite");
        back_up(&stage.location, &file, stage.now()).unwrap();
        let before = contents(&stage.location);
        let now = stage.now();
        if !stage.is_on_postgres() {
            assert!(sentence(restore(&file, &stage.location, now)).contains("in use by another server"));
        }
        stage.close();
        assert!(sentence(restore(&file, &stage.location, now)).contains("is not empty"));
        assert_eq!(contents(&stage.location), before);
        stage.is_clean();
    }

    fn a_backup_never_overwrites_a_file(stage) {
        let file = stage.file("backup.sqlite");
        std::fs::write(&file, "precious").unwrap();
        assert!(sentence(back_up(&stage.location, &file, stage.now())).contains("exists already"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    }

    fn a_market_that_does_not_verify_gives_no_backup(stage) {
        furnish(stage);
        stage.sql("UPDATE listings SET on_hand = 2, committed = 1 WHERE title = 'Chemistry'");
        let file = stage.file("backup.sqlite");
        let said = sentence(back_up(&stage.location, &file, stage.now()));
        assert!(said.contains("does not verify: listings lst_"), "{said}");
        assert!(!file.exists());
    }

    fn what_is_no_backup_is_not_restored(stage) {
        let (letter, empty) = (stage.file("letter.txt"), Location::Sqlite(stage.file("restored.sqlite")));
        assert!(sentence(restore(&letter, &empty, stage.now())).contains("there is no file"));
        std::fs::write(&letter, "Dear market, ".repeat(100)).unwrap();
        restore(&letter, &empty, stage.now()).unwrap_err();
        let file = stage.file("backup.sqlite");
        back_up(&stage.location, &file, stage.now()).unwrap();
        sql_at(&Location::Sqlite(file.clone()), "UPDATE log_head SET seq = 999");
        assert!(sentence(restore(&file, &empty, stage.now())).contains("does not verify: log_head 1"));
        assert!(!stage.file("restored.sqlite").exists());
    }
}
