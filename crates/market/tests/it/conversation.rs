//! Conversations: in order, once, between the two and nobody else.

use auboutique_domain::conversation::{MessageText, Partner};
use auboutique_domain::id::{ConversationId, MessageId};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Event, Refusal, Reply};
use auboutique_market::Caller;

use crate::stage::{Person, Stage, conversation_in, refused, saying, usd};

fn texts(stage: &Stage, person: &Person, id: ConversationId) -> Vec<String> {
    let page = stage.sees(person, move |view| view.messages(id, (None, None), Some(100)));
    page.rows.into_iter().map(|message| message.text).collect()
}

fn with(person: &Person) -> Command {
    Command::StartConversation { partner: Partner::Member(person.username.clone()) }
}

on_both! {
    fn what_is_said_stands_in_the_same_order_for_both(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        stage.says(&karim, id, "Is it still there?");
        stage.says(&rana, id, "It is.");
        stage.says(&karim, id, "مرحبا\nI take it.");
        let said = ["Is it still there?", "It is.", "مرحبا\nI take it."];
        assert_eq!(texts(stage, &rana, id), said);
        assert_eq!(texts(stage, &karim, id), said);
        stage.is_clean();
    }

    fn a_message_sent_again_under_its_id_is_answered_again_and_shown_once(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        let message = MessageId::new(stage.now(), [7; 10]);
        let text = |text: &str| MessageText::parse(text).unwrap();
        let send = |id, words| Command::SendMessage { conversation: id, message: Some(message), text: text(words) };
        let first = stage.does(&karim, send(id, "Hello"));
        assert_eq!(stage.does(&karim, send(id, "Hello")), first);
        // Also after they have fallen out: what was sent, was sent.
        stage.does(&rana, Command::BlockMember { username: karim.username.clone() });
        assert_eq!(stage.does(&karim, send(id, "Hello")), first);
        assert_eq!(texts(stage, &rana, id), ["Hello"]);
        assert_eq!(stage.refusal(&karim, send(id, "Hullo")), Refusal::MessageIdUsed);
        let zoe = stage.member("zoe");
        let other = stage.talks_to(&zoe, &rana);
        assert_eq!(stage.refusal(&zoe, send(other, "Hello")), Refusal::MessageIdUsed);
        stage.is_clean();
    }

    fn two_members_have_one_conversation_about_one_thing(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let about = |partner| conversation_in(stage.does(&karim, Command::StartConversation { partner }));
        let nothing = about(Partner::Member(rana.username.clone()));
        let book = about(Partner::Seller(listing));
        let order = stage.buys(&karim, listing).order;
        let bought = about(Partner::OtherSide(order));
        assert_eq!(about(Partner::Seller(listing)).conversation, book.conversation);
        assert_eq!(nothing.about, None);
        assert_eq!(book.about.as_ref().and_then(|about| about.listing), Some(listing));
        assert_eq!(book.about.map(|about| about.title).as_deref(), Some("Calculus"));
        assert_eq!(bought.about.as_ref().and_then(|about| about.order), Some(order));
        let ids = [nothing.conversation, book.conversation, bought.conversation];
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
        // From the other side it is the same one.
        let partner = Partner::OtherSide(order);
        let theirs = conversation_in(stage.does(&rana, Command::StartConversation { partner }));
        assert_eq!(theirs.conversation, bought.conversation);
        stage.is_clean();
    }

    fn an_empty_conversation_is_seen_by_who_started_it_until_the_other_starts_it_too(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        assert_eq!(stage.sees(&rana, |view| view.conversations(None, None)).rows, []);
        assert_eq!(refused(stage.ask(rana.caller(), move |view| view.conversation(id))), Refusal::not_found("conversation"));
        assert_eq!(stage.refusal(&rana, saying(id, "Hello")), Refusal::not_found("conversation"));
        assert_eq!(stage.talks_to(&rana, &karim), id);
        assert_eq!(stage.sees(&rana, |view| view.conversations(None, None)).rows.len(), 1);
        stage.says(&rana, id, "Hello");
        stage.is_clean();
    }

    fn nobody_else_reads_or_writes_there_and_cannot_tell_it_from_one_that_is_not(stage) {
        let (rana, karim, zoe) = (stage.member("rana"), stage.member("karim"), stage.member("zoe"));
        let id = stage.talks_to(&karim, &rana);
        stage.says(&karim, id, "Between us");
        let missing = ConversationId::new(stage.now(), [1; 10]);
        for id in [id, missing] {
            let no = Refusal::not_found("conversation");
            assert_eq!(refused(stage.ask(zoe.caller(), move |view| view.conversation(id))), no);
            assert_eq!(refused(stage.ask(zoe.caller(), move |view| view.messages(id, (None, None), None))), no);
            assert_eq!(stage.refusal(&zoe, saying(id, "Hello")), no);
            assert_eq!(stage.refusal(&zoe, Command::MarkRead { conversation: id, number: 1 }), no);
            assert_eq!(stage.refusal_to_visitor(saying(id, "Hello")), Refusal::SignInNeeded);
            assert_eq!(
                refused(stage.ask(Caller::VISITOR, move |view| view.messages(id, (None, None), None))),
                Refusal::SignInNeeded
            );
        }
        let operator = stage.operator("ziad");
        assert!(stage.ask(operator.caller(), move |view| view.conversation(id)).is_err());
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(100))).order;
        let partner = Partner::OtherSide(order);
        assert_eq!(stage.refusal(&zoe, Command::StartConversation { partner }), Refusal::not_found("order"));
    }

    fn what_is_unread_in_all_is_what_is_unread_in_each(stage) {
        let (rana, karim, zoe) = (stage.member("rana"), stage.member("karim"), stage.member("zoe"));
        let unread = |person: &Person| {
            let all = stage.sees(person, |view| view.unread());
            let each = stage.sees(person, |view| view.conversations(None, Some(100))).rows;
            assert_eq!(all, each.iter().map(|row| row.unread).sum::<i64>());
            assert_eq!(all, stage.sees(person, |view| view.me()).unread);
            all
        };
        assert_eq!(unread(&rana), 0);
        let (one, other) = (stage.talks_to(&karim, &rana), stage.talks_to(&zoe, &rana));
        assert_eq!(unread(&rana), 0, "nobody said anything yet");
        for words in ["Hello", "Is it still there?"] {
            stage.says(&karim, one, words);
            stage.says(&zoe, other, words);
        }
        assert_eq!((unread(&rana), unread(&karim), unread(&zoe)), (4, 0, 0));
        stage.says(&rana, one, "It is");
        assert_eq!((unread(&rana), unread(&karim)), (4, 1));
        stage.does(&rana, Command::MarkDelivered { conversation: one, number: 2 });
        assert_eq!(unread(&rana), 4);
        stage.does(&rana, Command::MarkRead { conversation: one, number: 1 });
        assert_eq!(unread(&rana), 3);
        // Who is blocked stays in the list, and so does what they said before.
        stage.does(&rana, Command::BlockMember { username: zoe.username.clone() });
        assert_eq!(unread(&rana), 3);
        stage.does(&rana, Command::MarkRead { conversation: other, number: 2 });
        assert_eq!(unread(&rana), 1);
        assert_eq!(refused(stage.ask(Caller::VISITOR, |view| view.unread())), Refusal::SignInNeeded);
        assert_eq!(refused(stage.ask(Caller::CONSOLE, |view| view.unread())), Refusal::SignInNeeded);
    }

    fn whoever_types_is_refused_like_whoever_sends_and_told_to_who_may_see_it(stage) {
        let (rana, karim, zoe) = (stage.member("rana"), stage.member("karim"), stage.member("zoe"));
        let id = stage.talks_to(&karim, &rana);
        let types = |person: &Person, id| stage.ask(person.caller(), move |view| view.typing(id));
        let told = |person: &Person| types(person, id).unwrap().2;
        let events = stage.count("events");
        // She does not see the conversation yet, so nothing says that there is one.
        assert!(!told(&karim));
        assert_eq!(refused(types(&rana, id)), Refusal::not_found("conversation"));
        stage.says(&karim, id, "Hello");
        let (recipient, who, seen) = types(&karim, id).unwrap();
        assert_eq!((recipient, who.id, who.username, seen), (rana.id, karim.id, karim.username.clone(), true));
        assert!(told(&rana));
        for id in [id, ConversationId::new(stage.now(), [1; 10])] {
            assert_eq!(refused(types(&zoe, id)), Refusal::not_found("conversation"));
            let visitor = stage.ask(Caller::VISITOR, move |view| view.typing(id));
            assert_eq!(refused(visitor), Refusal::SignInNeeded);
        }
        // Hidden is hidden, and what cannot be sent is not announced.
        stage.does(&karim, Command::HidePresence { hidden: true });
        assert!(!told(&karim) && told(&rana));
        stage.does(&karim, Command::HidePresence { hidden: false });
        for _ in 0..4 {
            stage.says(&karim, id, "Are you there?");
        }
        assert!(matches!(stage.refusal(&karim, saying(id, "Hello?")), Refusal::StrangerLimit { .. }));
        assert!(!told(&karim));
        stage.says(&rana, id, "I am");
        assert!(told(&karim));
        for (blocker, blocked) in [(&rana, &karim), (&karim, &rana)] {
            stage.does(blocker, Command::BlockMember { username: blocked.username.clone() });
            for person in [&rana, &karim] {
                assert_eq!(refused(types(person, id)), Refusal::ConversationBlocked);
                assert_eq!(stage.refusal(person, saying(id, "Hello?")), Refusal::ConversationBlocked);
            }
            stage.does(blocker, Command::UnblockMember { username: blocked.username.clone() });
        }
        let said = stage.sql("SELECT COUNT(*) FROM events WHERE event LIKE '%typ%'");
        assert!(stage.count("events") > events && said == "0", "typing is in no log");
    }

    fn marks_go_forward_and_unread_is_what_the_other_said_since(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        for text in ["one", "two", "three"] {
            stage.says(&karim, id, text);
        }
        stage.says(&rana, id, "four");
        let seen = |person: &Person| stage.sees(person, move |view| view.conversation(id));
        assert_eq!((seen(&rana).unread, seen(&karim).unread), (3, 1));
        stage.does(&rana, Command::MarkDelivered { conversation: id, number: 3 });
        assert_eq!((seen(&karim).their_delivered, seen(&karim).their_read), (3, 0));
        stage.does(&rana, Command::MarkRead { conversation: id, number: 2 });
        assert_eq!((seen(&rana).unread, seen(&rana).read, seen(&karim).their_read), (1, 2, 2));
        let events = stage.count("events");
        // Backwards, or where they are already: nothing happens. Beyond the end: the end.
        stage.does(&rana, Command::MarkRead { conversation: id, number: 1 });
        stage.does(&rana, Command::MarkDelivered { conversation: id, number: 2 });
        assert_eq!(stage.count("events"), events);
        let end = conversation_in(stage.does(&rana, Command::MarkRead { conversation: id, number: i64::MAX }));
        assert_eq!((end.unread, end.read, end.last.map(|last| last.number)), (0, 4, Some(4)));
        assert_eq!((seen(&karim).their_delivered, seen(&karim).their_read), (4, 4));
        stage.is_clean();
    }

    fn history_comes_in_pages_from_either_end(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        stage.says(&karim, id, "message 1");
        stage.says(&rana, id, "message 2");
        for number in 3..=50 {
            stage.says(&karim, id, &format!("message {number}"));
        }
        let numbers = |before, after, limit| {
            let page = stage.sees(&rana, move |view| view.messages(id, (before, after), Some(limit)));
            (page.rows.iter().map(|message| message.number).collect::<Vec<_>>(), page.next)
        };
        assert_eq!(numbers(None, None, 20), ((31..=50).collect(), Some(31)));
        assert_eq!(numbers(Some(31), None, 20), ((11..=30).collect(), Some(11)));
        assert_eq!(numbers(Some(11), None, 20), ((1..=10).collect(), None));
        assert_eq!(numbers(None, Some(0), 30), ((1..=30).collect(), Some(30)));
        assert_eq!(numbers(None, Some(30), 30), ((31..=50).collect(), None));
        assert_eq!(numbers(None, Some(50), 30), (vec![], None));
    }

    fn the_list_of_conversations_is_by_latest_talk_and_comes_in_pages(stage) {
        let rana = stage.member("rana");
        let others: Vec<Person> = (0..5).map(|number| stage.member(&format!("other_{number}"))).collect();
        let ids: Vec<_> = others.iter().map(|other| stage.talks_to(other, &rana)).collect();
        for (other, id) in others.iter().zip(&ids) {
            stage.says(other, *id, "Hello");
        }
        stage.says(&rana, ids[1], "Hello yourself");
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let cursor = after.clone();
            let page = stage.sees(&rana, move |view| view.conversations(cursor.as_deref(), Some(2)));
            seen.extend(page.rows.iter().map(|row| row.conversation));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, [ids[1], ids[4], ids[3], ids[2], ids[0]]);
        let cursor = refused(stage.ask(rana.caller(), |view| view.conversations(Some("x.y"), None)));
        assert_eq!(cursor, Refusal::not_found("page"));
    }

    fn a_blocked_member_is_refused_and_what_they_said_is_not_told(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        stage.says(&karim, id, "One");
        let heard = |stage: &Stage, person: &Person| {
            let sent = |told: &auboutique_market::Told| matches!(told.event, Event::MessageSent { .. });
            stage.told(person, 0).iter().filter(|told| sent(told)).count()
        };
        assert_eq!((heard(stage, &rana), heard(stage, &karim)), (1, 1));
        stage.does(&rana, Command::BlockMember { username: karim.username.clone() });
        assert_eq!((heard(stage, &rana), heard(stage, &karim)), (0, 1));
        assert_eq!(stage.refusal(&karim, saying(id, "Two")), Refusal::ConversationBlocked);
        assert_eq!(stage.refusal(&rana, saying(id, "Two")), Refusal::ConversationBlocked);
        let listing = stage.lists(&rana, "Calculus", usd(100));
        let partner = Partner::Seller(listing);
        assert_eq!(stage.refusal(&karim, Command::StartConversation { partner }), Refusal::ConversationBlocked);
        assert!(stage.sees(&rana, move |view| view.conversation(id)).blocked);
        assert!(!stage.sees(&karim, move |view| view.conversation(id)).blocked, "nobody is told who blocks them");
        assert_eq!(stage.sees(&rana, |view| view.blocks()).len(), 1);
        stage.does(&rana, Command::UnblockMember { username: karim.username.clone() });
        assert_eq!(heard(stage, &rana), 1);
        stage.says(&rana, id, "Two");
        let own = Command::BlockMember { username: rana.username.clone() };
        assert_eq!(stage.refusal(&rana, own), Refusal::Yourself);
        assert_eq!(stage.refusal(&rana, with(&rana)), Refusal::Yourself);
        stage.is_clean();
    }

    fn a_stranger_says_five_things_and_waits_for_an_answer(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        for number in 1..=5 {
            stage.says(&karim, id, &format!("Please {number}"));
        }
        assert!(matches!(stage.refusal(&karim, saying(id, "Please")), Refusal::StrangerLimit { messages: 5, .. }));
        stage.says(&rana, id, "Yes?");
        stage.says(&karim, id, "Thank you");
        // Who has an order together is no stranger.
        let zoe = stage.member("zoe");
        let order = stage.buys(&zoe, stage.lists(&rana, "Calculus", usd(100))).order;
        let partner = Partner::OtherSide(order);
        let id = conversation_in(stage.does(&zoe, Command::StartConversation { partner })).conversation;
        for number in 1..=7 {
            stage.says(&zoe, id, &format!("When {number}"));
        }
        stage.is_clean();
    }

    fn a_member_writes_to_twenty_strangers_a_day(stage) {
        let karim = stage.member("karim");
        let others: Vec<Person> = (0..23).map(|number| stage.member(&format!("other_{number}"))).collect();
        for other in &others[..20] {
            stage.talks_to(&karim, other);
        }
        assert!(matches!(stage.refusal(&karim, with(&others[20])), Refusal::StrangerLimit { conversations: 20, .. }));
        let id = stage.talks_to(&karim, &others[0]);
        stage.says(&karim, id, "Hello");
        stage.says(&others[0], id, "Hello");
        stage.talks_to(&karim, &others[20]);
        assert!(matches!(stage.refusal(&karim, with(&others[21])), Refusal::StrangerLimit { .. }));
        stage.env.advance(Span::days(1));
        stage.talks_to(&karim, &others[21]);
    }

    fn more_than_a_person_writes_in_a_minute_is_refused_with_how_long_to_wait(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        stage.says(&karim, id, "Hello");
        stage.says(&rana, id, "Hello");
        stage.env.advance(Span::seconds(10));
        for number in 0..59 {
            stage.says(&karim, id, &format!("{number}"));
        }
        assert_eq!(stage.refusal(&karim, saying(id, "Too fast")), Refusal::TooManyMessages { wait_seconds: 50 });
        stage.env.advance(Span::seconds(51));
        stage.says(&karim, id, "Slower");
        assert_eq!(stage.refusal(&karim, saying(id, "Too fast")), Refusal::TooManyMessages { wait_seconds: 9 });
        stage.at_console(Command::ChangeSetting { name: "messages_per_minute".to_owned(), value: "61".to_owned() });
        stage.says(&karim, id, "As the operator likes");
    }

    fn a_conversation_that_does_not_fit_its_messages_is_found_by_verify(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        stage.says(&karim, id, "One");
        stage.says(&karim, id, "Two");
        stage.sql("UPDATE participants SET unread = 1 WHERE unread = 2");
        assert_eq!(stage.findings().len(), 1);
        stage.sql("UPDATE participants SET unread = 2 WHERE unread = 1");
        stage.sql("DELETE FROM messages WHERE number = 1");
        assert!(stage.findings().iter().any(|finding| finding.to_string().contains("last_number 2")));
    }

    fn a_no_that_passes_with_time_is_not_remembered_under_a_key(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        for number in 1..=5 {
            stage.says(&karim, id, &format!("Please {number}"));
        }
        let ask = || stage.run(karim.caller().under(crate::stage::key("k1")), saying(id, "Please"));
        assert!(matches!(refused(ask()), Refusal::StrangerLimit { .. }));
        stage.says(&rana, id, "Yes?");
        assert!(ask().is_ok());
    }

    fn what_a_withdrawn_listing_is_called_is_its_sellers_to_see(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(100));
        let partner = Partner::Seller(listing);
        let id = conversation_in(stage.does(&karim, Command::StartConversation { partner })).conversation;
        stage.says(&karim, id, "Hello");
        stage.does(&rana, Command::WithdrawListing { listing });
        let title = |person: &Person| stage.sees(person, move |view| view.conversation(id)).about.unwrap().title;
        assert_eq!((title(&rana).as_str(), title(&karim).as_str()), ("Calculus", ""));
    }

    fn how_far_somebody_has_read_is_not_told_to_whom_they_block(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        stage.says(&karim, id, "Hello");
        stage.does(&rana, Command::BlockMember { username: karim.username.clone() });
        stage.does(&rana, Command::MarkRead { conversation: id, number: 1 });
        let hears = |person: &Person| {
            stage.told(person, 0).iter().any(|told| matches!(told.event, Event::MessagesRead { .. }))
        };
        assert_eq!((hears(&rana), hears(&karim)), (true, false));
    }

    fn a_message_asked_for_under_a_key_is_answered_from_memory(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&karim, &rana);
        let ask = || stage.run(karim.caller().under(crate::stage::key("k1")), saying(id, "Hello")).unwrap();
        assert_eq!(ask(), ask());
        assert!(matches!(ask(), Reply::Message(_)));
        assert_eq!(stage.count("messages"), 1);
    }
}
