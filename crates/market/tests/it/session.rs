//! Sessions: signing in, the throttle, other devices, the end of a session.

use auboutique_domain::Command;
use auboutique_domain::Refusal;
use auboutique_domain::id::SessionId;
use auboutique_domain::listing::Browse;
use auboutique_domain::time::Span;
use auboutique_market::{Caller, No, Password, Source, Token};

use crate::stage::{PASSWORD, Stage, refused, usd};

const WRONG: &str = "a pelican over the corniche";
const NEW: &str = "seven cats at the main gate";

fn password(text: &str) -> Password {
    Password::typed(text)
}

fn changes_password(stage: &Stage, caller: Caller, current: &str, new: &str) -> Result<(), No> {
    let (source, current, new) = (Source::console(), password(current), password(new));
    stage.wait(stage.market().change_password(caller, &source, &current, &new)).map(drop)
}

/// How long is to be waited after too many tries; nothing when the try was considered.
fn wait_after(tried: Result<auboutique_market::SignIn, No>) -> Option<i64> {
    match tried {
        Err(No::Refused(Refusal::TooManyTries { wait_seconds })) => Some(wait_seconds),
        Ok(_) | Err(No::Refused(Refusal::WrongCredentials)) => None,
        other => panic!("{other:?}"),
    }
}

on_both! {
    fn a_member_logs_in_by_username_or_address_in_any_case(stage) {
        let id = stage.member_with_password("rana");
        for login in ["rana", " RANA ", "rana@mail.aub.edu", "Rana@Mail.AUB.edu"] {
            let signed_in = stage.log_in(login, PASSWORD).unwrap();
            assert_eq!(signed_in.account.id, id, "{login}");
            assert_eq!(signed_in.session.expires_at, stage.now().plus(Span::days(30)));
        }
        assert_eq!(stage.events("session_started"), 4);
    }

    fn an_unknown_login_and_a_wrong_password_are_refused_alike(stage) {
        stage.member_with_password("rana");
        for (login, password) in
            [("rana", WRONG), ("rana@mail.aub.edu", ""), ("nobody_here", PASSWORD), ("no@where.lb", PASSWORD), ("", "")]
        {
            assert_eq!(refused(stage.log_in(login, password)), Refusal::WrongCredentials, "{login}");
        }
        assert_eq!(stage.count("sessions"), 0);
    }

    fn after_ten_wrong_passwords_the_right_one_waits_a_quarter_of_an_hour_too(stage) {
        stage.member_with_password("rana");
        for login in ["rana", "rana@mail.aub.edu"].repeat(5) {
            assert_eq!(refused(stage.log_in(login, WRONG)), Refusal::WrongCredentials);
        }
        assert_eq!(wait_after(stage.log_in("rana", WRONG)), Some(900));
        assert_eq!(wait_after(stage.log_in("rana", PASSWORD)), Some(900));
        stage.env.advance(Span::seconds(899));
        assert_eq!(wait_after(stage.log_in("rana", PASSWORD)), Some(1));
        stage.env.advance(Span::seconds(1));
        stage.log_in("rana", PASSWORD).unwrap();
    }

    fn an_unknown_login_is_throttled_like_a_known_one(stage) {
        for _ in 0..10 {
            assert_eq!(wait_after(stage.log_in("nobody_here", WRONG)), None);
        }
        assert_eq!(wait_after(stage.log_in("nobody_here", WRONG)), Some(900));
    }

    fn of_fifty_wrong_passwords_at_once_ten_are_evaluated(stage) {
        stage.member_with_password("rana");
        let market = stage.market().clone();
        let answers = stage.wait(async {
            let mut tries = tokio::task::JoinSet::new();
            for number in 0..50 {
                let market = market.clone();
                tries.spawn(async move {
                    let guess = password(&format!("{WRONG} {number}"));
                    market.log_in("rana", &guess, &Source::console(), "a guesser").await
                });
            }
            tries.join_all().await
        });
        assert_eq!(answers.into_iter().filter_map(wait_after).count(), 40);
        assert_eq!(wait_after(stage.log_in("rana", PASSWORD)), Some(900));
    }

    fn a_right_password_makes_the_wrong_ones_before_it_forgotten(stage) {
        stage.member_with_password("rana");
        for _ in 0..2 {
            for _ in 0..9 {
                assert_eq!(wait_after(stage.log_in("rana", WRONG)), None);
            }
            stage.log_in("rana", PASSWORD).unwrap();
        }
    }

    fn an_address_is_throttled_over_all_accounts(stage) {
        stage.member_with_password("rana");
        let count = || stage.at_console(Command::CountTry { subjects: vec!["source:console".to_owned()] });
        for _ in 0..300 {
            count();
        }
        assert_eq!(wait_after(stage.log_in("rana", PASSWORD)), Some(900));
        let elsewhere = Source::address("192.0.2.7".parse().unwrap());
        stage.wait(stage.market().log_in("rana", &password(PASSWORD), &elsewhere, "a phone")).unwrap();
        stage.env.advance(Span::minutes(15));
        stage.log_in("rana", PASSWORD).unwrap();
    }

    fn another_password_ends_every_session_but_the_one_that_asked(stage) {
        let (rana, token) = stage.member_logged_in("rana");
        let phone = stage.log_in("rana", PASSWORD).unwrap();
        changes_password(stage, rana.caller(), PASSWORD, NEW).unwrap();
        stage.wait(stage.market().resume(&token)).unwrap();
        stage.sees(&rana, |view| view.account());
        assert_eq!(refused(stage.wait(stage.market().resume(&phone.token))), Refusal::SessionEnded);
        let read = stage.ask(Caller::member(phone.session.session), |view| view.account());
        assert_eq!(refused(read), Refusal::SessionEnded);
        assert_eq!(refused(stage.log_in("rana", PASSWORD)), Refusal::WrongCredentials);
        stage.log_in("rana", NEW).unwrap();
        stage.is_clean();
    }

    fn another_password_needs_the_current_one_and_must_not_be_easy(stage) {
        let (rana, _) = stage.member_logged_in("rana");
        let wrong = changes_password(stage, rana.caller(), WRONG, NEW);
        assert_eq!(refused(wrong), Refusal::WrongCredentials);
        let short = changes_password(stage, rana.caller(), PASSWORD, "short");
        assert_eq!(refused(short), Refusal::PasswordLength { least: 8, most: 200 });
        let weak = changes_password(stage, rana.caller(), PASSWORD, "password1");
        assert!(matches!(refused(weak), Refusal::PasswordWeak { .. }));
        let visitor = changes_password(stage, Caller::VISITOR, PASSWORD, NEW);
        assert_eq!(refused(visitor), Refusal::SignInNeeded);
        stage.log_in("rana", PASSWORD).unwrap();
    }

    fn wrong_current_passwords_count_with_those_of_logging_in(stage) {
        let (rana, _) = stage.member_logged_in("rana");
        for _ in 0..10 {
            let wrong = changes_password(stage, rana.caller(), WRONG, NEW);
            assert_eq!(refused(wrong), Refusal::WrongCredentials);
        }
        assert_eq!(wait_after(stage.log_in("rana", PASSWORD)), Some(900));
        let right = changes_password(stage, rana.caller(), PASSWORD, NEW);
        assert!(matches!(refused(right), Refusal::TooManyTries { .. }));
    }

    fn another_address_needs_the_password(stage) {
        let (rana, _) = stage.member_logged_in("rana");
        stage.member("karim");
        let change = |password: &str, email: &str| {
            let (source, password) = (Source::console(), Password::typed(password));
            stage.wait(stage.market().change_email(rana.caller(), &source, &password, email))
        };
        assert_eq!(refused(change(WRONG, "rana@aub.edu.lb")), Refusal::WrongCredentials);
        assert_eq!(refused(change(PASSWORD, "karim@mail.aub.edu")), Refusal::EmailTaken);
        assert_eq!(refused(change(PASSWORD, "nowhere")), Refusal::EmailInvalid);
        change(PASSWORD, " Rana@AUB.edu.lb").unwrap();
        stage.log_in("rana@aub.edu.lb", PASSWORD).unwrap();
        assert_eq!(refused(stage.log_in("rana@mail.aub.edu", PASSWORD)), Refusal::WrongCredentials);
    }

    fn an_ended_session_neither_reads_nor_writes(stage) {
        let rana = stage.member("rana");
        let listing = stage.lists(&rana, "Calculus", usd(100));
        stage.does(&rana, Command::EndSession { session: rana.session });
        assert_eq!(refused(stage.ask(rana.caller(), |view| view.account())), Refusal::SessionEnded);
        let public = stage.ask(rana.caller(), |view| view.browse(&Browse::default(), None, None));
        assert_eq!(refused(public), Refusal::SessionEnded);
        for command in [
            Command::WithdrawListing { listing },
            Command::EndSession { session: rana.session },
            Command::ChangeName { name: "Rana".to_owned() },
        ] {
            assert_eq!(stage.refusal(&rana, command), Refusal::SessionEnded);
        }
    }

    fn a_session_ends_by_itself_after_thirty_days_unless_it_is_resumed(stage) {
        let (rana, token) = stage.member_logged_in("rana");
        let other = stage.again(&rana);
        stage.pass(Span::days(29));
        stage.wait(stage.market().resume(&token)).unwrap();
        stage.pass(Span::days(1));
        assert_eq!(refused(stage.ask(other.caller(), |view| view.account())), Refusal::SessionEnded);
        let write = Command::ChangeName { name: "Rana".to_owned() };
        assert_eq!(stage.refusal(&other, write.clone()), Refusal::SessionEnded);
        stage.does(&rana, write);
        stage.pass(Span::days(29));
        assert_eq!(refused(stage.wait(stage.market().resume(&token))), Refusal::SessionEnded);
        assert_eq!(refused(stage.ask(rana.caller(), |view| view.account())), Refusal::SessionEnded);
    }

    fn a_token_nobody_was_given_resumes_nothing(stage) {
        let (_, token) = stage.member_logged_in("rana");
        for text in ["", "aub_", "aub_AAAA", &token.reveal().to_lowercase(), &format!("{} ", token.reveal())] {
            let resumed = stage.wait(stage.market().resume(&Token::shown(text)));
            assert_eq!(refused(resumed), Refusal::SessionEnded, "{text}");
        }
        let shown = Token::shown(token.reveal());
        stage.wait(stage.market().resume(&shown)).unwrap();
    }

    fn a_member_sees_their_sessions_and_ends_another_one(stage) {
        let rana = stage.member("rana");
        stage.pass(Span::minutes(1));
        let phone = stage.again(&rana);
        let listed = stage.sees(&rana, |view| view.sessions());
        let seen: Vec<_> = listed.iter().map(|session| (session.session, session.current)).collect();
        assert_eq!(seen, [(phone.session, false), (rana.session, true)]);
        stage.does(&rana, Command::EndSession { session: phone.session });
        assert_eq!(refused(stage.ask(phone.caller(), |view| view.account())), Refusal::SessionEnded);
        assert_eq!(stage.sees(&rana, |view| view.sessions()).len(), 1);
        assert_eq!(refused(stage.ask(Caller::VISITOR, |view| view.sessions())), Refusal::SignInNeeded);
    }

    fn the_session_of_another_is_not_told_apart_from_one_that_is_missing(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        for session in [rana.session, SessionId::new(stage.now(), [9; 10])] {
            let refusal = stage.refusal(&karim, Command::EndSession { session });
            assert_eq!(refusal, Refusal::not_found("session"));
            assert_eq!(stage.refusal_to_visitor(Command::EndSession { session }), Refusal::SignInNeeded);
        }
        stage.sees(&rana, |view| view.account());
    }

    fn neither_passwords_nor_tokens_are_in_the_database(stage) {
        let (_, token) = stage.member_logged_in("rana");
        assert!(stage.sql("SELECT hash FROM credentials").starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let kept = stage.sql("SELECT token_hash FROM sessions");
        assert_eq!(kept.len(), 64);
        assert!(!kept.contains(token.reveal()));
        assert_eq!(stage.count(&format!("events WHERE body LIKE '%{kept}%'")), 0);
    }

    fn ended_sessions_and_old_tries_are_forgotten(stage) {
        let rana = stage.member("rana");
        let phone = stage.again(&rana);
        assert_eq!(wait_after(stage.log_in("rana", WRONG)), None);
        stage.does(&rana, Command::EndSession { session: phone.session });
        stage.pass(Span::hours(23));
        stage.run(Caller::TIMEKEEPER, Command::Forget).unwrap();
        assert_eq!((stage.count("sessions"), stage.count("tries")), (2, 0));
        stage.pass(Span::hours(1));
        stage.run(Caller::TIMEKEEPER, Command::Forget).unwrap();
        assert_eq!(stage.sql("SELECT id FROM sessions"), rana.session.to_string());
    }
}
