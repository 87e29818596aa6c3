//! A member's money: topped up, earned, refunded, paid out; and what a store earned is the sum of its lines.

use auboutique_domain::checkout::PayBy;
use auboutique_domain::id::{ListingId, OrderId, StoreId};
use auboutique_domain::ledger::EntryKind;
use auboutique_domain::order::State as Order;
use auboutique_domain::payout::{PayoutView, Purse, State};
use auboutique_domain::statement::Period;
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Currency, Money, Refusal, Reply};

use crate::stage::{Person, Stage, cents, day, refused, usd};

fn payout_in(reply: Reply) -> PayoutView {
    match reply {
        Reply::Payout(payout) => payout,
        other => panic!("{other:?}"),
    }
}

fn asking(purse: Purse, amount: Money) -> Command {
    Command::RequestPayout { purse, amount }
}

/// A store, its owner and desk, at 5 percent commission.
struct Shopfront {
    karim: Person,
    maya: Person,
    club: StoreId,
    board: ListingId,
}

fn set_up(stage: &Stage) -> Shopfront {
    stage.at_console(Command::ChangeSetting {
        name: "commission_basis_points".to_owned(),
        value: "500".to_owned(),
    });
    let (karim, maya) = (stage.member("karim"), stage.attendant("maya"));
    let club = stage.opens(&karim, "Engineering Club");
    let board = stage.stocks(&karim, club, "Breadboard", 20);
    Shopfront { karim, maya, club, board }
}

impl Shopfront {
    /// Somebody buys so many boards of 10 USD, and has them, and is content.
    fn sells(&self, stage: &Stage, buyer: &Person, copies: i64) -> OrderId {
        stage.puts(buyer, self.board, copies);
        let order = stage.places(buyer, stage.prepares(buyer).checkout, PayBy::Cash).remove(0).order;
        stage.drops_off(&self.maya, &self.karim, order);
        stage.collects(&self.maya, buyer, order);
        stage.does(buyer, Command::ConfirmOrder { order });
        order
    }

    fn profit(&self, stage: &Stage, from: &str, until: &str) -> auboutique_domain::statement::ProfitView {
        let (club, period) = (self.club, Period::new(day(from), day(until)).unwrap());
        stage.sees(&self.karim, move |view| view.profit(club, period))
    }
}

on_both! {
    fn what_a_store_earned_in_a_period_is_the_sum_of_the_lines_that_stand_with_it(stage) {
        let shop = set_up(stage);
        let rana = stage.member("rana");
        shop.sells(stage, &rana, 2);
        stage.pass(Span::days(1));
        let second = shop.sells(stage, &rana, 1);
        stage.pass(Span::days(1));
        stage.does(&shop.karim, Command::RefundOrder { order: second, amount: cents(400) });
        stage.does(&shop.karim, asking(Purse::Store, cents(1_000)));
        let all = shop.profit(stage, "2026-11-01", "2026-11-30");
        assert_eq!(all.profit[0], cents(1_900 + 950 - 380));
        let sum: i64 = all.lines.iter().map(|line| line.amount.minor).sum();
        assert_eq!((sum, all.lines.len()), (all.profit[0].minor, 3));
        assert!(all.lines.iter().all(|line| !line.kind.is_payout()));
        let days: Vec<(String, i64, i64)> =
            all.days.iter().map(|day| (day.day.to_string(), day.profit.minor, day.orders)).collect();
        assert_eq!(days, [
            ("2026-11-23".to_owned(), 1_900, 1),
            ("2026-11-24".to_owned(), 950, 1),
            ("2026-11-25".to_owned(), -380, 0),
        ]);
        assert_eq!(all.balance[0], cents(1_470));
        assert_eq!(shop.profit(stage, "2026-11-24", "2026-11-24").profit[0], cents(950));
        assert_eq!(shop.profit(stage, "2026-10-01", "2026-10-31").lines, []);
        stage.is_clean();
    }

    fn only_who_acts_for_a_store_sees_what_it_earned(stage) {
        let shop = set_up(stage);
        let (rana, leila) = (stage.member("rana"), stage.member("leila"));
        stage.does(&shop.karim, Command::AppointStaff { username: leila.username.clone() });
        let period = Period::new(day("2026-11-01"), day("2026-11-30")).unwrap();
        let club = shop.club;
        assert!(stage.ask(leila.caller(), move |view| view.profit(club, period)).is_ok());
        let foreign = refused(stage.ask(rana.caller(), move |view| view.profit(club, period)));
        assert_eq!(foreign, Refusal::not_found("store"));
        let none = refused(stage.ask(rana.caller(), move |view| view.statement(Purse::Store, period)));
        assert_eq!(none, Refusal::not_found("store"));
        for (from, until) in [("2026-11-02", "2026-11-01"), ("1990-01-01", "2026-11-01")] {
            assert!(matches!(Period::new(day(from), day(until)), Err(Refusal::PeriodInvalid { .. })));
        }
    }

    fn a_statement_goes_from_its_opening_to_its_closing_by_its_lines(stage) {
        let shop = set_up(stage);
        let rana = stage.member("rana");
        stage.tops_up(&shop.maya, &rana, cents(5_000));
        stage.pass(Span::days(1));
        stage.puts(&rana, shop.board, 2);
        stage.places(&rana, stage.prepares(&rana).checkout, PayBy::Wallet(Currency::Usd));
        let period = Period::new(day("2026-11-24"), day("2026-11-24")).unwrap();
        let statement = stage.sees(&rana, move |view| view.statement(Purse::Wallet, period));
        assert_eq!((statement.opening[0], statement.closing[0]), (cents(5_000), cents(3_000)));
        let lines: Vec<(EntryKind, i64)> =
            statement.lines.iter().map(|line| (line.kind, line.amount.minor)).collect();
        assert_eq!(lines, [(EntryKind::WalletPaid, -2_000)]);
    }

    fn earned_money_is_paid_out_by_hand_once_and_never_more_than_there_is(stage) {
        let shop = set_up(stage);
        let (rana, ziad) = (stage.member("rana"), stage.operator("ziad"));
        shop.sells(stage, &rana, 2);
        let short = Refusal::BalanceShort { available: cents(1_900) };
        assert_eq!(stage.refusal(&shop.karim, asking(Purse::Store, cents(1_901))), short);
        assert_eq!(stage.refusal(&rana, asking(Purse::Store, cents(1))), Refusal::not_found("store"));
        for minor in [0, -1, i64::MIN, i64::MAX] {
            let refusal = stage.refusal(&shop.karim, asking(Purse::Store, cents(minor)));
            assert!(matches!(refusal, Refusal::AmountOutOfRange { .. }), "{minor}");
        }
        let asked = payout_in(stage.does(&shop.karim, asking(Purse::Store, cents(1_900))));
        let nothing = Refusal::BalanceShort { available: cents(0) };
        assert_eq!(stage.refusal(&shop.karim, asking(Purse::Store, cents(1))), nothing);
        let confirm = Command::ConfirmPayout { payout: asked.payout, note: "in cash".to_owned() };
        assert!(matches!(stage.refusal(&shop.karim, confirm.clone()), Refusal::RoleNeeded { .. }));
        assert_eq!(stage.sees(&ziad, |view| view.open_payouts(None, None)).rows.len(), 1);
        assert_eq!(payout_in(stage.does(&ziad, confirm.clone())).state, State::Paid);
        assert_eq!(stage.refusal(&ziad, confirm), Refusal::PayoutOver);
        let void = Command::VoidPayout { payout: asked.payout, note: String::new() };
        assert_eq!(stage.refusal(&shop.karim, void.clone()), Refusal::PayoutOver);
        assert_eq!(stage.refusal(&rana, void), Refusal::not_found("payout"));
        assert_eq!((stage.balance("bank"), stage.balance("payout_in_flight")), (-1_900, 0));
        stage.is_clean();
    }

    fn a_payout_nobody_hands_over_comes_back_after_seven_days(stage) {
        let shop = set_up(stage);
        let rana = stage.member("rana");
        stage.tops_up(&shop.maya, &rana, cents(500));
        let asked = payout_in(stage.does(&rana, asking(Purse::Wallet, cents(500))));
        stage.pass(Span::minutes(7 * 24 * 60 - 1));
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet[0], cents(0));
        stage.pass(Span::minutes(1));
        let wallet = stage.sees(&rana, |view| view.wallet());
        assert_eq!((wallet.wallet[0], wallet.payouts[0].state), (cents(500), State::Voided));
        assert_eq!(wallet.payouts[0].payout, asked.payout);
        stage.is_clean();
    }

    fn a_desk_tops_up_the_wallets_of_others(stage) {
        let (maya, rana) = (stage.attendant("maya"), stage.member("rana"));
        let top_up = |who: &Person, minor| Command::TopUp { username: who.username.clone(), cash: cents(minor) };
        assert_eq!(stage.refusal(&rana, top_up(&maya, 100)), Refusal::not_found("desk"));
        assert_eq!(stage.refusal(&maya, top_up(&maya, 100)), Refusal::Yourself);
        assert!(matches!(stage.refusal(&maya, top_up(&rana, 0)), Refusal::AmountOutOfRange { .. }));
        assert_eq!(stage.tops_up(&maya, &rana, cents(1_250))[0], cents(1_250));
        assert_eq!(stage.balance(&format!("cash_box:{}", stage.point().id)), 1_250);
        stage.is_clean();
    }

    fn goods_of_a_store_come_back_over_the_desk_and_into_the_stock(stage) {
        let shop = set_up(stage);
        let (rana, leila) = (stage.member("rana"), stage.member("leila"));
        stage.does(&shop.karim, Command::AppointStaff { username: leila.username.clone() });
        let order = shop.sells(stage, &rana, 2);
        let back = Command::RequestReturn { order, reason: "The wrong size".to_owned() };
        assert_eq!(stage.refusal(&shop.karim, back.clone()), Refusal::not_found("order"));
        stage.does(&rana, back);
        let code = stage.code(&rana, order);
        assert_eq!(stage.refusal(&rana, Command::TakeReturn { code: code.clone() }), Refusal::not_found("desk"));
        stage.does(&shop.maya, Command::TakeReturn { code });
        assert_eq!(stage.state(&rana, order), Order::Returned);
        let settle = Command::SettleReturn { order, restock: true };
        assert_eq!(stage.refusal(&rana, settle.clone()), Refusal::not_found("order"));
        stage.does(&leila, settle);
        assert_eq!(stage.state(&rana, order), Order::Refunded);
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet[0], cents(2_000));
        assert_eq!(stage.balance(&format!("store:{}", shop.club)), 0);
        assert_eq!(stage.balance("rev_commission"), 0);
        let stock = format!("SELECT on_hand, committed FROM listings WHERE id = '{}'", shop.board);
        assert_eq!(stage.sql(&stock), "20|0");
        stage.is_clean();
    }

    fn a_return_a_store_does_not_look_at_is_refunded_and_written_off(stage) {
        let shop = set_up(stage);
        let rana = stage.member("rana");
        let order = shop.sells(stage, &rana, 1);
        stage.does(&rana, Command::RequestReturn { order, reason: "Broken".to_owned() });
        let code = stage.code(&rana, order);
        stage.does(&shop.maya, Command::TakeReturn { code });
        stage.pass(Span::hours(48));
        assert_eq!(stage.state(&rana, order), Order::Refunded);
        assert_eq!(stage.sql(&format!("SELECT on_hand FROM listings WHERE id = '{}'", shop.board)), "19");
        stage.is_clean();
    }

    fn a_refund_may_leave_a_seller_in_debt_which_the_next_sale_pays(stage) {
        let shop = set_up(stage);
        let (rana, leila) = (stage.member("rana"), stage.member("leila"));
        stage.does(&shop.karim, Command::AppointStaff { username: leila.username.clone() });
        let order = shop.sells(stage, &rana, 1);
        stage.does(&shop.karim, asking(Purse::Store, cents(950)));
        let part = Command::RefundOrder { order, amount: cents(1_000) };
        // Whoever acts for a store does not give its owner's money away.
        assert_eq!(stage.refusal(&leila, part.clone()), Refusal::not_found("order"));
        stage.does(&shop.karim, part.clone());
        assert_eq!(stage.refusal(&shop.karim, part), Refusal::RefundTooLarge { left: cents(0) });
        assert_eq!(stage.balance(&format!("store:{}", shop.club)), 950);
        let debt = Refusal::BalanceShort { available: cents(-950) };
        assert_eq!(stage.refusal(&shop.karim, asking(Purse::Store, cents(1))), debt);
        shop.sells(stage, &rana, 2);
        assert_eq!(stage.balance(&format!("store:{}", shop.club)), -950);
        stage.is_clean();
    }

    fn of_what_is_not_collected_the_house_keeps_its_handling_fee(stage) {
        let shop = set_up(stage);
        stage.at_console(Command::ChangeSetting { name: "handling_basis_points".to_owned(), value: "250".to_owned() });
        let rana = stage.member("rana");
        stage.tops_up(&shop.maya, &rana, cents(4_000));
        stage.puts(&rana, shop.board, 4);
        let order = stage.places(&rana, stage.prepares(&rana).checkout, PayBy::Wallet(Currency::Usd)).remove(0).order;
        stage.drops_off(&shop.maya, &shop.karim, order);
        stage.pass(Span::days(14));
        let rana = stage.again(&rana);
        assert_eq!(stage.state(&rana, order), Order::NoPickup);
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet[0], cents(3_900));
        assert_eq!(stage.balance("rev_handling"), -100);
        stage.is_clean();
    }

    fn a_wallet_pays_an_order_that_waits_for_cash(stage) {
        let (rana, omar, maya) = (stage.member("rana"), stage.member("omar"), stage.attendant("maya"));
        let order = stage.buys(&rana, stage.lists(&omar, "Lamp", usd(2_500))).order;
        let pay = |currency| Command::PayOrder { order, currency };
        assert_eq!(stage.refusal(&rana, pay(Currency::Usd)), Refusal::BalanceShort { available: cents(0) });
        assert_eq!(stage.refusal(&omar, pay(Currency::Usd)), Refusal::not_found("order"));
        stage.tops_up(&maya, &rana, Money::new(2_237_500, Currency::Lbp));
        stage.does(&rana, pay(Currency::Lbp));
        assert!(matches!(stage.refusal(&rana, pay(Currency::Lbp)), Refusal::CashDue { .. }));
        stage.drops_off(&maya, &omar, order);
        assert_eq!(stage.collects(&maya, &rana, order).state, Order::Collected);
        stage.is_clean();
    }
}
