//! Opening: the schema, one server per file, programs older than their database.

use auboutique_domain::Command;
use auboutique_market::{DbError, Location, Market, Options};

use crate::stage::{Stage, refused, usd};

fn sentence<T>(opened: Result<T, DbError>) -> String {
    opened.err().unwrap().to_string()
}

on_both! {
    fn an_empty_database_is_brought_to_the_newest_schema_once(stage) {
        let all = "1|the first sale\n2|talking and looking\n3|browsing\n4|stores\n5|checkout\n6|auctions\n7|delivery\n8|legacy wires\n9|lot names";
        assert_eq!(stage.sql("SELECT version, name FROM migrations ORDER BY version"), all);
        stage.member("rana");
        stage.close();
        stage.open();
        assert_eq!((stage.count("migrations"), stage.count("members")), (9, 1));
        assert_eq!(stage.events("pickup_point_added"), 1);
        stage.is_clean();
    }

    fn a_database_of_a_newer_program_is_refused_and_left_as_it_is(stage) {
        stage.close();
        stage.sql("INSERT INTO migrations (version, name, at) VALUES (999, 'from tomorrow', 0)");
        let refusal = sentence(stage.try_to_open(&stage.location));
        assert!(refusal.contains("of schema 999") && refusal.contains("start the newer program"), "{refusal}");
        assert!(sentence(auboutique_market::verify(&stage.location)).contains("of schema 999"));
        assert_eq!(stage.count("migrations"), 10);
    }

    fn what_the_first_release_wrote_is_brought_to_the_newest_schema_and_goes_on(stage) {
        let location = stage.empty_database();
        let mut old = auboutique_db::Connection::writer(&location).unwrap();
        auboutique_db::migration::run_to(&mut old, 1, stage.now()).unwrap();
        drop(old);
        crate::stage::sql_at(&location, include_str!("schema_1.sql"));
        let refusal = sentence(auboutique_market::verify(&location));
        assert!(refusal.contains("older version"), "{refusal}");

        let market = stage.try_to_open(&location).unwrap();
        let everything = auboutique_domain::listing::Browse::default();
        let page = market.ask_now(auboutique_market::Caller::VISITOR, move |view| view.browse(&everything, None, None)).unwrap();
        assert_eq!(page.rows.len(), 2);
        assert!(page.rows.iter().all(|row| row.pictures.is_empty()));
        assert_eq!(auboutique_market::verify(&location).unwrap().findings, []);
        // The log goes on where it was, and what was said in it before is found by whom it is for.
        let karim = page.rows[0].seller.username.clone();
        let role = auboutique_domain::member::Role::Moderator;
        market.run_now(auboutique_market::Caller::CONSOLE, Command::ChangeRole { username: karim, role }).unwrap();
        market.close();
        drop(market);
        assert_eq!(auboutique_market::verify(&location).unwrap().findings, []);
        if let Location::Sqlite(file) = location {
            let mut copy = file.into_os_string();
            copy.push(".schema-1");
            let rows = crate::stage::sql_at(&Location::Sqlite(copy.into()), "SELECT MAX(version) FROM migrations");
            assert_eq!(rows, "1", "the copy made before the upgrade");
        }
    }

    fn what_was_answered_is_there_after_closing(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500)));
        let head = stage.sql("SELECT seq, hash FROM log_head");
        stage.close();
        stage.open();
        assert_eq!(stage.order(&karim, order.order), order);
        assert_eq!(stage.sql("SELECT seq, hash FROM log_head"), head);
        stage.lists(&rana, "Physics", usd(900));
        stage.is_clean();
    }

    fn time_does_not_go_back_when_the_clock_does(stage) {
        let rana = stage.member("rana");
        stage.pass(auboutique_domain::time::Span::hours(5));
        stage.lists(&rana, "Calculus", usd(100));
        stage.close();
        stage.env.set(crate::stage::at(crate::stage::OPENING));
        stage.open();
        stage.lists(&rana, "Physics", usd(100));
        assert_eq!(stage.count("listings WHERE published_at < (SELECT MAX(at) FROM events)"), 0);
        assert_eq!(stage.sql("SELECT COUNT(*) FROM events a JOIN events b ON b.seq = a.seq + 1 WHERE b.at < a.at"), "0");
        stage.is_clean();
    }

    fn a_market_that_is_closing_says_so_and_keeps_what_it_answered(stage) {
        let rana = stage.member("rana");
        stage.market().close();
        let answer = stage.run(rana.caller(), Command::ChangeName { name: "Rana".to_owned() });
        let Err(auboutique_market::No::Busy(busy)) = answer else { panic!("{answer:?}") };
        assert_eq!(busy.code(), "closing");
        assert!(!stage.market().has_failed());
        stage.is_clean();
    }
}

#[test]
fn a_second_server_on_one_file_is_refused_with_what_to_do() {
    let mut stage = Stage::on_sqlite();
    let refusal = sentence(stage.try_to_open(&stage.location));
    assert!(refusal.contains("is in use by another server. Stop that one, or start this one"), "{refusal}");
    let rana = stage.member("rana");
    stage.close();
    stage.open();
    stage.sees(&rana, |view| view.account());
}

#[test]
fn a_second_server_on_one_postgresql_database_is_welcome_and_sees_the_same() {
    let stage = Stage::on_postgres();
    let other = stage.try_to_open(&stage.location).unwrap();
    let rana = stage.member("rana");
    let listing = stage.lists(&rana, "Calculus", usd(100));
    other.run_now(rana.caller(), Command::WithdrawListing { listing }).unwrap();
    assert!(matches!(refused(stage.listing(listing)), auboutique_domain::Refusal::NotFound { .. }));
    stage.is_clean();
}

#[test]
fn a_file_that_is_no_database_is_refused_and_not_touched() {
    let stage = Stage::on_sqlite();
    let file = stage.file("letter.txt");
    std::fs::write(&file, "Dear market, ".repeat(100)).unwrap();
    let location = Location::Sqlite(file.clone());
    let refusal = sentence(stage.try_to_open(&location));
    assert!(refusal.contains("not a database"), "{refusal}");
    assert!(auboutique_market::verify(&location).is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Dear market, ".repeat(100));
}

#[test]
fn where_a_database_is_never_tells_its_password() {
    let location: Location = "postgres://market:canary@db.example:5432/market".parse().unwrap();
    assert!(!format!("{location:?} {:?}", Options::new(location.clone())).contains("canary"));
    let unreachable: Location =
        "postgres://market:canary@127.0.0.1:1/market?connect_timeout=1".parse().unwrap();
    let env = std::sync::Arc::new(auboutique_market::env::SystemEnv::new());
    assert!(!sentence(Market::open(&Options::new(unreachable), env)).contains("canary"));
}
