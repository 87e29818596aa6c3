//! The ledger: what each step of an order posts, whom it credits, and that nothing of it is ever changed.

use auboutique_domain::Command;
use auboutique_domain::Refusal;
use auboutique_domain::order::State;
use auboutique_domain::time::Span;

use crate::stage::{Person, Stage, cents, usd};

/// A buyer, a seller and an attendant.
fn people(stage: &Stage) -> (Person, Person, Person) {
    (stage.member("karim"), stage.member("rana"), stage.attendant("nadim"))
}

/// The postings of entries of that kind, as `account amount`, accounts without their ids.
fn postings(stage: &Stage, kind: &str) -> Vec<(String, i64)> {
    let sql = format!(
        "SELECT p.account, p.amount FROM postings p JOIN entries e ON e.id = p.entry_id
          WHERE e.kind = '{kind}' ORDER BY e.id, p.place"
    );
    let read = |line: &str| {
        let (account, amount) = line.split_once('|').unwrap();
        (account.split(':').next().unwrap().to_owned(), amount.parse().unwrap())
    };
    stage.sql(&sql).lines().map(read).collect()
}

fn lines(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(account, amount)| ((*account).to_owned(), *amount)).collect()
}

on_both! {
    fn cash_goes_to_escrow_and_from_there_to_the_seller_and_the_house(stage) {
        let (karim, rana, nadim) = people(stage);
        stage.at_console(Command::ChangeSetting {
            name: "commission_basis_points".to_owned(),
            value: "500".to_owned(),
        });
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.drops_off(&nadim, &rana, order);
        assert_eq!(stage.count("entries"), 0);
        stage.collects(&nadim, &karim, order);
        assert_eq!(postings(stage, "cash_taken"), lines(&[("cash_box", 2_500), ("escrow", -2_500)]));
        stage.does(&karim, Command::ConfirmOrder { order });
        let credited = lines(&[("escrow", 2_500), ("seller", -2_375), ("rev_commission", -125)]);
        assert_eq!(postings(stage, "order_completed"), credited);
        stage.is_clean();
    }

    fn the_commission_of_an_order_is_the_one_of_the_moment_it_was_placed(stage) {
        let (karim, rana, nadim) = people(stage);
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.at_console(Command::ChangeSetting {
            name: "commission_basis_points".to_owned(),
            value: "5000".to_owned(),
        });
        stage.drops_off(&nadim, &rana, order);
        stage.collects(&nadim, &karim, order);
        stage.does(&karim, Command::ConfirmOrder { order });
        assert_eq!(stage.balance(&format!("seller:{}", rana.id)), -2_500);
        assert_eq!(stage.balance("rev_commission"), 0);
    }

    fn who_paid_ahead_and_cancels_has_the_money_in_the_wallet(stage) {
        let (karim, rana, nadim) = people(stage);
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        assert_eq!(stage.pays(&nadim, &karim, order).due, cents(0));
        assert_eq!(stage.balance(&format!("escrow:{order}")), -2_500);
        stage.cancels(&karim, order);
        assert_eq!(postings(stage, "order_refunded"), lines(&[("escrow", 2_500), ("wallet", -2_500)]));
        assert_eq!(stage.balance(&format!("escrow:{order}")), 0);
        assert_eq!(stage.balance(&format!("wallet:{}", karim.id)), -2_500);
        assert_eq!(stage.balance(&format!("cash_box:{}", stage.point().id)), 2_500);
        stage.is_clean();
    }

    fn two_refunds_add_up_in_one_wallet(stage) {
        let (karim, rana, nadim) = people(stage);
        for (title, price) in [("Calculus", 2_500), ("Physics", 900)] {
            let order = stage.buys(&karim, stage.lists(&rana, title, usd(price))).order;
            stage.pays(&nadim, &karim, order);
            stage.cancels(&karim, order);
        }
        assert_eq!(stage.balance(&format!("wallet:{}", karim.id)), -3_400);
        stage.is_clean();
    }

    fn money_for_what_was_not_brought_or_not_collected_goes_back(stage) {
        let (karim, rana, nadim) = people(stage);
        let not_brought = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        let not_collected = stage.buys(&karim, stage.lists(&rana, "Physics", usd(900))).order;
        stage.pays(&nadim, &karim, not_brought);
        stage.pays(&nadim, &karim, not_collected);
        stage.drops_off(&nadim, &rana, not_collected);
        stage.pass(Span::days(20));
        assert_eq!(stage.state(&karim, not_brought), State::NoDropOff);
        assert_eq!(stage.state(&karim, not_collected), State::NoPickup);
        assert_eq!(stage.balance(&format!("wallet:{}", karim.id)), -3_400);
        stage.is_clean();
    }

    fn the_desk_takes_exactly_what_is_due_and_only_once(stage) {
        let (karim, rana, nadim) = people(stage);
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.drops_off(&nadim, &rana, order);
        let code = stage.code(&karim, order);
        for cash in [None, Some(cents(2_499)), Some(cents(2_501)), Some(cents(0)), Some(cents(-2_500))] {
            let collect = Command::Collect { code: code.clone(), cash };
            assert_eq!(stage.refusal(&nadim, collect), Refusal::CashDue { due: cents(2_500) });
        }
        stage.pays(&nadim, &karim, order);
        for cash in [cents(2_500), cents(0)] {
            let pay = Command::TakePayment { code: code.clone(), cash };
            assert_eq!(stage.refusal(&nadim, pay), Refusal::CashDue { due: cents(0) });
        }
        stage.collects(&nadim, &karim, order);
        assert_eq!(postings(stage, "cash_taken").len(), 2);
        stage.is_clean();
    }

    fn pounds_and_dollars_never_meet_in_an_account(stage) {
        let (karim, rana, nadim) = people(stage);
        let pounds = auboutique_domain::Price::new(350_000, auboutique_domain::Currency::Lbp).unwrap();
        for price in [usd(2_500), pounds] {
            let order = stage.buys(&karim, stage.lists(&rana, "Calculus", price)).order;
            stage.drops_off(&nadim, &rana, order);
            stage.collects(&nadim, &karim, order);
            stage.does(&karim, Command::ConfirmOrder { order });
        }
        let sql = "SELECT currency, balance FROM accounts WHERE name LIKE 'seller:%' ORDER BY currency";
        assert_eq!(stage.sql(sql), "LBP|-350000\nUSD|-2500");
        stage.is_clean();
    }

    fn movements_entries_postings_and_events_can_be_neither_changed_nor_deleted(stage) {
        let (karim, rana, nadim) = people(stage);
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.drops_off(&nadim, &rana, order);
        stage.collects(&nadim, &karim, order);
        for (table, column) in
            [("movements", "quantity"), ("entries", "at"), ("postings", "amount"), ("events", "at")]
        {
            let rows = stage.sql(&format!("SELECT * FROM {table} ORDER BY 1"));
            assert!(!rows.is_empty(), "{table}");
            let mut attempts = vec![
                format!("UPDATE {table} SET {column} = {column} + 1"),
                format!("DELETE FROM {table}"),
            ];
            if stage.is_on_postgres() {
                attempts.push(format!("TRUNCATE {table} CASCADE"));
            }
            for attempt in attempts {
                let said = stage.refused_by_database(&attempt);
                assert!(said.contains("is append-only"), "{attempt}: {said}");
            }
            assert_eq!(stage.sql(&format!("SELECT * FROM {table} ORDER BY 1")), rows);
        }
        stage.is_clean();
    }

    fn an_account_with_a_floor_stops_at_it_whatever_the_code_does(stage) {
        let (karim, rana, nadim) = people(stage);
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.pays(&nadim, &karim, order);
        let said = stage.refused_by_database("UPDATE accounts SET balance = 1 WHERE has_floor = 1");
        assert!(said.to_lowercase().contains("check"), "{said}");
        stage.is_clean();
    }
}
