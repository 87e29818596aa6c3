//! Presence: counted by connections, shown to whom it is shown, never in the log.

use auboutique_domain::Command;
use auboutique_domain::presence::PresenceView;

use crate::stage::{Person, Stage};

fn seen(stage: &Stage, viewer: &Person, other: &Person) -> PresenceView {
    let names = vec![other.username.to_string(), "nobody_at_all".to_owned(), "!".to_owned()];
    let mut rows = stage.sees(viewer, move |view| view.presence(&names));
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

fn told(stage: &Stage) -> Vec<(auboutique_domain::id::MemberId, bool)> {
    stage.wait(stage.market().presence_changes())
}

on_both! {
    fn a_member_is_here_while_one_of_their_connections_is(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        assert!(!seen(stage, &karim, &rana).online);
        let mut phone = stage.market().arrival(rana.id);
        assert!(seen(stage, &karim, &rana).online);
        let laptop = stage.market().arrival(rana.id);
        drop(laptop);
        assert!(seen(stage, &karim, &rana).online);
        phone.silent();
        assert!(!seen(stage, &karim, &rana).online);
        phone.silent();
        phone.heard();
        assert!(seen(stage, &karim, &rana).online);
        drop(phone);
        assert!(!seen(stage, &karim, &rana).online);
        assert_eq!(told(stage), [(rana.id, false)], "changes are told once, however many there were");
    }

    fn those_who_talk_with_a_member_are_told_and_the_moment_is_kept_but_not_in_the_log(stage) {
        let (rana, karim, zoe) = (stage.member("rana"), stage.member("karim"), stage.member("zoe"));
        let id = stage.talks_to(&rana, &karim);
        stage.says(&rana, id, "Hello");
        let events = stage.count("events");
        drop(stage.market().arrival(rana.id));
        stage.wait(stage.market().note_seen(rana.id)).unwrap();
        let (view, audience) = stage.wait(stage.market().presence_news(rana.id, false)).unwrap().unwrap();
        assert_eq!((view.online, view.last_seen_at, audience), (false, Some(stage.now()), vec![karim.id]));
        assert_eq!(seen(stage, &zoe, &rana).last_seen_at, Some(stage.now()));
        assert_eq!(stage.count("events"), events);
    }

    fn who_hides_is_seen_by_nobody_and_who_blocks_not_by_the_blocked(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&rana, &karim);
        stage.says(&rana, id, "Hello");
        let _here = stage.market().arrival(rana.id);
        stage.wait(stage.market().note_seen(rana.id)).unwrap();
        let row = || stage.sees(&karim, move |view| view.conversation(id));
        assert!(row().online);
        stage.does(&rana, Command::HidePresence { hidden: true });
        assert_eq!((row().online, row().last_seen_at), (false, None));
        assert_eq!((seen(stage, &karim, &rana).online, seen(stage, &karim, &rana).last_seen_at), (false, None));
        stage.does(&rana, Command::HidePresence { hidden: false });
        assert!(row().online);
        stage.does(&rana, Command::BlockMember { username: karim.username.clone() });
        assert_eq!((row().online, row().last_seen_at), (false, None));
        assert!(!seen(stage, &karim, &rana).online);
        let (_, audience) = stage.wait(stage.market().presence_news(rana.id, false)).unwrap().unwrap();
        assert_eq!(audience, []);
        let between = |of: &Person, to: &Person| stage.wait(stage.market().presence_between(of.id, to.id)).unwrap();
        assert_eq!(between(&rana, &karim).map(|view| view.online), Some(false));
        stage.does(&rana, Command::UnblockMember { username: karim.username.clone() });
        assert_eq!(between(&rana, &karim).map(|view| view.online), Some(true));
        let zoe = stage.member("zoe");
        assert_eq!(between(&rana, &zoe), None, "who does not talk with them is told nothing");
    }

    fn of_who_hides_nothing_is_told_but_once_that_they_are_gone(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let id = stage.talks_to(&rana, &karim);
        stage.says(&rana, id, "Hello");
        let news = |turned| stage.wait(stage.market().presence_news(rana.id, turned)).unwrap();
        stage.does(&rana, Command::HidePresence { hidden: true });
        let events = stage.count("events");
        stage.does(&rana, Command::HidePresence { hidden: true });
        assert_eq!(stage.count("events"), events, "nothing changed");
        let here = stage.market().arrival(rana.id);
        assert_eq!(news(false), None);
        assert_eq!(news(true).map(|(view, audience)| (view.online, audience)), Some((false, vec![karim.id])));
        stage.does(&rana, Command::HidePresence { hidden: false });
        assert_eq!(news(false).map(|(view, _)| view.online), Some(true));
        drop(here);
    }

    fn an_empty_conversation_tells_nobody_who_does_not_see_it(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        stage.talks_to(&rana, &karim);
        let audience = |member: &Person| {
            stage.wait(stage.market().presence_news(member.id, false)).unwrap().map(|(_, audience)| audience)
        };
        assert_eq!(audience(&rana), Some(vec![]));
        assert_eq!(audience(&karim), Some(vec![rana.id]));
    }
}
