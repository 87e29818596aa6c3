//! Asking twice is answering twice: idempotency keys.

use std::thread;

use auboutique_domain::member::{Email, Secret, Username};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Caller, Key};

use crate::stage::{Person, cents, key, refused, usd};

impl Person {
    fn under(&self, text: &str) -> Caller {
        self.caller().under(key(text))
    }
}

fn rename(name: &str) -> Command {
    Command::ChangeName { name: name.to_owned() }
}

fn registration(name: &str, password: &str) -> Command {
    Command::Register {
        name: name.to_owned(),
        username: Username::parse(name).unwrap(),
        email: Email::parse(&format!("{name}@mail.aub.edu")).unwrap(),
        password: Secret::new(password.to_owned()),
    }
}

on_both! {
    fn the_same_key_from_five_threads_is_one_order_and_one_answer(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let buying = stage.buying(stage.lists(&rana, "Calculus", usd(2_500)));
        let answers: Vec<_> = thread::scope(|scope| {
            let ask = || stage.run(karim.under("one"), buying.clone());
            let asked: Vec<_> = (0..5).map(|_| scope.spawn(ask)).collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        assert!(answers[0].is_ok(), "{answers:?}");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!((stage.count("orders"), stage.events("order_placed")), (1, 1));
        stage.is_clean();
    }

    fn another_command_under_a_used_key_is_refused_and_not_done(stage) {
        let rana = stage.member("rana");
        stage.run(rana.under("one"), rename("Rana")).unwrap();
        assert_eq!(refused(stage.run(rana.under("one"), rename("Somebody"))), Refusal::KeyReused);
        assert_eq!(stage.sees(&rana, |view| view.account()).name, "Rana");
    }

    fn a_refusal_is_remembered_like_any_answer(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let at_less = Command::BuyListing { listing, price: cents(2_000), quantity: 1 };
        let changed = Refusal::PriceChanged { price: cents(2_500) };
        assert_eq!(refused(stage.run(karim.under("one"), at_less.clone())), changed);
        stage.sql("UPDATE listings SET price = 2000");
        assert_eq!(refused(stage.run(karim.under("one"), at_less.clone())), changed);
        stage.run(karim.under("two"), at_less).unwrap();
    }

    fn the_keys_of_two_members_do_not_meet(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        for (person, name) in [(&rana, "Rana"), (&karim, "Karim")] {
            stage.run(person.under("one"), rename(name)).unwrap();
            assert_eq!(stage.sees(person, |view| view.account()).name, name);
        }
    }

    fn a_key_is_the_members_own_on_every_session(stage) {
        let rana = stage.member("rana");
        let first = stage.run(rana.under("one"), rename("Rana"));
        let phone = stage.again(&rana);
        assert_eq!(stage.run(phone.under("one"), rename("Rana")), first);
        assert_eq!(stage.events("name_changed"), 1);
    }

    fn a_remembered_answer_needs_a_session_that_lasts(stage) {
        let rana = stage.member("rana");
        stage.run(rana.under("one"), rename("Rana")).unwrap();
        stage.does(&rana, Command::EndSession { session: rana.session });
        assert_eq!(refused(stage.run(rana.under("one"), rename("Rana"))), Refusal::SessionEnded);
    }

    fn a_visitor_who_is_refused_leaves_nothing_behind(stage) {
        stage.run(Caller::VISITOR, registration("rana", "a hash")).unwrap();
        for number in 0..20 {
            let visitor = Caller::VISITOR.under(key(&format!("random-{number}")));
            let refused_again = stage.run(visitor, registration("rana", "a hash"));
            assert_eq!(refused(refused_again), Refusal::UsernameTaken);
        }
        assert_eq!(stage.count("answers"), 0);
    }

    fn a_visitor_who_registers_twice_under_a_key_is_one_member(stage) {
        let visitor = || Caller::VISITOR.under(key("one"));
        let first = stage.run(visitor(), registration("rana", "a hash"));
        assert!(matches!(first, Ok(Reply::Account(_))));
        assert_eq!(stage.run(visitor(), registration("rana", "salted otherwise")), first);
        assert_eq!(refused(stage.run(visitor(), registration("karim", "a hash"))), Refusal::KeyReused);
        let without = stage.run(Caller::VISITOR, registration("rana", "a hash"));
        assert_eq!(refused(without), Refusal::UsernameTaken);
        assert_eq!(stage.count("members"), 1);
    }

    fn neither_a_password_nor_its_hash_is_remembered_with_a_key(stage) {
        stage.run(Caller::VISITOR.under(key("one")), registration("rana", "canary")).unwrap();
        assert_eq!(stage.count("answers WHERE answer LIKE '%canary%' OR fingerprint LIKE '%canary%'"), 0);
        assert_eq!(stage.count("events WHERE body LIKE '%canary%' OR body LIKE '%@%'"), 0);
    }

    fn an_answer_outlives_a_restart(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let buying = stage.buying(stage.lists(&rana, "Calculus", usd(2_500)));
        let first = stage.run(karim.under("one"), buying.clone());
        stage.close();
        stage.open();
        assert_eq!(stage.run(karim.under("one"), buying), first);
        assert_eq!(stage.count("orders"), 1);
    }

    fn answers_are_forgotten_after_two_days_but_those_of_orders_never(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let buying = stage.buying(stage.lists(&rana, "Calculus", usd(2_500)));
        let bought = stage.run(karim.under("order"), buying.clone());
        stage.run(karim.under("name"), rename("Karim")).unwrap();
        stage.pass(Span::hours(47));
        stage.run(Caller::TIMEKEEPER, Command::Forget).unwrap();
        assert_eq!(stage.count("answers"), 2);
        stage.pass(Span::hours(1));
        stage.run(Caller::TIMEKEEPER, Command::Forget).unwrap();
        assert_eq!(stage.sql("SELECT key FROM answers"), "order");
        assert_eq!(stage.run(karim.under("order"), buying), bought);
    }
}

#[test]
fn a_key_is_one_to_a_hundred_printable_characters() {
    for text in ["k", "0b9c4f1e-7a34-4c0e-9a55-3f2d8f0f7a11", &"k".repeat(100)] {
        assert!(Key::parse(text).is_ok(), "{text}");
    }
    for text in ["", "two words", "line\n", "clé", &"k".repeat(101)] {
        assert_eq!(Key::parse(text), Err(Refusal::KeyInvalid), "{text}");
    }
}
