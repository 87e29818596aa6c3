//! The log as it is told: to each what is for their eyes, in order, from any number on.

use auboutique_domain::time::Span;
use auboutique_domain::{Audience, Command, Event, Refusal};
use auboutique_market::{Caller, Told};

use crate::stage::{Person, Stage, refused, usd};

/// Something of everything that can be told.
fn busy_day(stage: &mut Stage) -> [Person; 3] {
    let (rana, karim, zoe) = (stage.member("rana"), stage.member("karim"), stage.member("zoe"));
    for round in 0..6 {
        let listing = stage.lists(&rana, &format!("Calculus {round}"), usd(2_500));
        let order = stage.buys(&karim, listing);
        let id = stage.talks_to(&zoe, &karim);
        if round < 5 {
            stage.says(&zoe, id, &format!("Round {round}"));
        }
        stage.cancels(&karim, order.order);
        stage.env.advance(Span::seconds(1));
    }
    [rana, karim, zoe]
}

fn numbers(told: &[Told]) -> Vec<i64> {
    told.iter().map(|told| told.seq).collect()
}

on_both! {
    fn each_is_told_what_is_for_their_eyes_and_nothing_else(stage) {
        let people = busy_day(stage);
        let all = stage.ask(Caller::CONSOLE, |view| view.events_after(0, &[], 10_000)).unwrap().told;
        assert_eq!(numbers(&all), (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
        for person in &people {
            let is_theirs = |told: &&Told| match told.event.audience() {
                Audience::Public => true,
                Audience::Operators | Audience::Auction(_) => false,
                Audience::Members(members) => members.contains(&person.id),
            };
            let expected: Vec<Told> = all.iter().filter(is_theirs).cloned().collect();
            assert!(expected.len() < all.len());
            assert_eq!(stage.told(person, 0), expected, "{}", person.username);
        }
        let operator = stage.operator("ziad");
        let told = stage.told(&operator, 0);
        assert!(told.iter().any(|told| matches!(told.event, Event::MemberRegistered { .. })));
        assert!(!told.iter().any(|told| matches!(told.event, Event::OrderPlaced { .. } | Event::MessageSent { .. })));
    }

    fn a_visitor_is_told_what_everybody_may_see_and_nothing_else(stage) {
        busy_day(stage);
        let all = stage.ask(Caller::CONSOLE, |view| view.events_after(0, &[], 10_000)).unwrap().told;
        let public: Vec<Told> = all.into_iter().filter(|told| told.event.audience() == Audience::Public).collect();
        assert!(public.iter().any(|told| matches!(told.event, Event::ListingSold { .. })));
        let (mut cursor, mut told) = (0, Vec::new());
        loop {
            let page = stage.ask(Caller::VISITOR, move |view| view.events_after(cursor, &[], 7)).unwrap();
            told.extend(page.told);
            if page.up_to == cursor {
                break;
            }
            cursor = page.up_to;
        }
        assert_eq!(told, public);
    }

    fn page_by_page_from_any_number_nothing_is_missed_or_repeated(stage) {
        let people = busy_day(stage);
        for person in &people {
            let whole = stage.told(person, 0);
            for size in [1, 2, 3, 7] {
                let (mut cursor, mut told) = (0, Vec::new());
                loop {
                    let page = stage.sees(person, move |view| view.events_after(cursor, &[], size));
                    told.extend(page.told);
                    if page.up_to == cursor {
                        break;
                    }
                    cursor = page.up_to;
                }
                assert_eq!(told, whole, "pages of {size}");
            }
            for start in [0, 5, 17] {
                let rest: Vec<Told> = whole.iter().filter(|told| told.seq > start).cloned().collect();
                assert_eq!(stage.told(person, start), rest);
            }
        }
    }

    fn whoever_looks_back_sees_what_names_them_newest_first_page_by_page(stage) {
        let people = busy_day(stage);
        let all = stage.ask(Caller::CONSOLE, |view| view.events_after(0, &[], 10_000)).unwrap().told;
        let operator = stage.operator("ziad");
        for person in people.iter().chain([&operator]) {
            let names = |told: &&Told| {
                matches!(told.event.audience(), Audience::Members(members) if members.contains(&person.id))
            };
            let head: i64 = stage.sees(person, |view| view.log_head());
            let all = if person.id == operator.id {
                stage.ask(Caller::CONSOLE, |view| view.events_after(0, &[], 10_000)).unwrap().told
            } else {
                all.clone()
            };
            let expected: Vec<Told> = all.iter().filter(names).rev().cloned().collect();
            assert!(!expected.is_empty() && expected.len() < all.len());
            for size in [1, 2, 7, 100] {
                let (mut before, mut seen) = (None, Vec::new());
                loop {
                    let page = stage.sees(person, move |view| view.own_events(before, Some(size)));
                    assert!(page.rows.len() <= usize::try_from(size).unwrap());
                    seen.extend(page.rows);
                    let Some(next) = page.next else { break };
                    before = Some(next);
                }
                assert_eq!(seen, expected, "{} in pages of {size}", person.username);
            }
            for odd in [i64::MIN, 0, 1] {
                let page = stage.sees(person, move |view| view.own_events(Some(odd), None));
                assert_eq!((page.rows, page.next), (vec![], None));
            }
            let page = stage.sees(person, move |view| view.own_events(Some(head + 1), Some(i64::MAX)));
            assert_eq!(numbers(&page.rows), numbers(&expected));
            assert_eq!(stage.sees(person, |view| view.own_events(None, Some(-1))).rows.len(), 1);
        }
        for caller in [Caller::VISITOR, Caller::CONSOLE] {
            assert_eq!(refused(stage.ask(caller, |view| view.own_events(None, None))), Refusal::SignInNeeded);
        }
    }

    fn what_a_blocked_member_said_is_not_looked_back_at(stage) {
        let [_, karim, zoe] = busy_day(stage);
        let said = |person: &Person| {
            let mut texts = Vec::new();
            let mut before = None;
            loop {
                // One row at a time: a page of nothing but what is hidden still leads on.
                let page = stage.sees(person, move |view| view.own_events(before, Some(1)));
                texts.extend(page.rows.into_iter().filter_map(|told| told.message).map(|message| message.text));
                let Some(next) = page.next else { return texts };
                before = Some(next);
            }
        };
        let all: Vec<String> = (0..5).rev().map(|round| format!("Round {round}")).collect();
        assert_eq!((said(&karim), said(&zoe)), (all.clone(), all.clone()));
        stage.does(&karim, Command::BlockMember { username: zoe.username.clone() });
        assert_eq!((said(&karim), said(&zoe)), (vec![], all.clone()));
        stage.does(&karim, Command::UnblockMember { username: zoe.username.clone() });
        assert_eq!(said(&karim), all);
    }

    fn a_cursor_ahead_of_the_log_is_refused_with_where_the_log_ends(stage) {
        let [rana, ..] = busy_day(stage);
        let head: i64 = stage.sql("SELECT seq FROM log_head").parse().unwrap();
        let ahead = refused(stage.ask(rana.caller(), move |view| view.events_after(head + 1, &[], 10)));
        assert_eq!(ahead, Refusal::ResyncRequired { cursor: head });
        assert_eq!(stage.told(&rana, head), []);
        stage.does(&rana, Command::EndSession { session: rana.session });
        assert_eq!(refused(stage.ask(rana.caller(), |view| view.events_after(0, &[], 10))), Refusal::SessionEnded);
    }

    fn a_message_is_told_with_its_text_and_the_log_keeps_none(stage) {
        let [_, karim, zoe] = busy_day(stage);
        let heard = stage.told(&karim, 0).into_iter().find_map(|told| told.message).unwrap();
        assert_eq!((heard.text.as_str(), heard.sender), ("Round 0", zoe.id));
        assert_eq!(stage.count("events WHERE body LIKE '%Round%'"), 0);
    }
}
