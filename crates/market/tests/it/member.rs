//! Members: joining, changing one's account, roles.

use auboutique_domain::member::{Email, Role, Secret, Username};
use auboutique_domain::{Command, Refusal};
use auboutique_market::{Caller, No, Password};

use crate::stage::{PASSWORD, Stage, refused};

/// A visitor tries to join.
fn joins(stage: &Stage, username: &str, email: &str, password: &str) -> Result<Username, No> {
    let names = ("Somebody", username, email);
    let joined = stage.wait(stage.market().register(None, names, &Password::typed(password)));
    joined.map(|account| account.username)
}

fn registration(username: &str, email: &str) -> Command {
    Command::Register {
        name: "Somebody".to_owned(),
        username: Username::parse(username).unwrap(),
        email: Email::parse(email).unwrap(),
        password: Secret::new("a hash".to_owned()),
    }
}

on_both! {
    fn who_joined_is_a_member_with_nothing_more_to_say_than_others(stage) {
        let joined = joins(stage, " Rana_99 ", "Rana@Mail.AUB.edu", PASSWORD).unwrap();
        assert_eq!(joined.as_str(), "rana_99");
        let signed_in = stage.log_in("rana_99", PASSWORD).unwrap();
        assert_eq!(signed_in.account.role, Role::Member);
        assert_eq!(signed_in.account.email.as_str(), "rana@mail.aub.edu");
        let card = stage.ask(Caller::VISITOR, |view| view.member_card("RANA_99")).unwrap();
        assert_eq!((card.id, card.name.as_str()), (signed_in.account.id, "Somebody"));
        stage.is_clean();
    }

    fn a_username_or_an_address_is_taken_in_whatever_case_it_is_typed(stage) {
        stage.run(Caller::VISITOR, registration("rana", "rana@mail.aub.edu")).unwrap();
        let same_name = stage.refusal_to_visitor(registration("RANA", "other@mail.aub.edu"));
        assert_eq!(same_name, Refusal::UsernameTaken);
        let same_address = stage.refusal_to_visitor(registration("other", "Rana@MAIL.aub.edu"));
        assert_eq!(same_address, Refusal::EmailTaken);
        assert_eq!(stage.count("members"), 1);
    }

    fn of_many_who_want_one_username_at_once_one_gets_it(stage) {
        let answers: Vec<_> = std::thread::scope(|scope| {
            let stage = &*stage;
            let join = |number| {
                move || stage.run(Caller::VISITOR, registration("rana", &format!("rana{number}@aub.edu")))
            };
            let asked: Vec<_> = (0..16).map(|number| scope.spawn(join(number))).collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        let (joined, missed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(joined.len(), 1);
        assert!(missed.into_iter().all(|answer| refused(answer) == Refusal::UsernameTaken));
    }

    fn only_addresses_of_the_allowed_domains_join_once_some_are_named(stage) {
        let rana = stage.member("rana");
        stage.at_console(Command::ChangeSetting {
            name: "email_domains".to_owned(),
            value: "mail.aub.edu,aub.edu.lb".to_owned(),
        });
        let not_allowed = Refusal::EmailDomainNotAllowed {
            domains: vec!["mail.aub.edu".to_owned(), "aub.edu.lb".to_owned()],
        };
        assert_eq!(stage.refusal_to_visitor(registration("eve", "eve@gmail.com")), not_allowed);
        assert_eq!(stage.refusal_to_visitor(registration("eve", "eve@x.mail.aub.edu")), not_allowed);
        let email = Email::parse("rana@gmail.com").unwrap();
        assert_eq!(stage.refusal(&rana, Command::ChangeEmail { email }), not_allowed);
        stage.run(Caller::VISITOR, registration("karim", "karim@aub.edu.lb")).unwrap();
    }

    fn a_password_too_short_too_long_or_guessed_first_is_refused(stage) {
        let length = Refusal::PasswordLength { least: 8, most: 200 };
        for password in ["", "7 chars", &"ab c".repeat(51)] {
            assert_eq!(refused(joins(stage, "rana", "rana@mail.aub.edu", password)), length);
        }
        for password in ["password", "12345678", "qwertyuiop", "rana_haddad", "auboutique"] {
            let refusal = refused(joins(stage, "rana_haddad", "rana@mail.aub.edu", password));
            assert!(matches!(refusal, Refusal::PasswordWeak { .. }), "{password}: {refusal:?}");
        }
        assert_eq!(stage.count("members"), 0);
        joins(stage, "rana", "rana@mail.aub.edu", "كنت أمشي على الكورنيش").unwrap();
    }

    fn names_that_are_no_names_are_refused(stage) {
        for (username, email, refusal) in [
            ("ab", "ab@mail.aub.edu", Refusal::UsernameInvalid),
            ("رنا", "rana@mail.aub.edu", Refusal::UsernameInvalid),
            ("operator", "rana@mail.aub.edu", Refusal::UsernameReserved),
            ("rana", "rana", Refusal::EmailInvalid),
        ] {
            assert_eq!(refused(joins(stage, username, email, PASSWORD)), refusal);
        }
    }

    fn a_member_changes_name_and_username_but_not_to_one_that_is_taken(stage) {
        let (rana, _) = (stage.member("rana"), stage.member("karim"));
        stage.does(&rana, Command::ChangeName { name: "Rana H.".to_owned() });
        let taken = Command::ChangeUsername { username: Username::parse("karim").unwrap() };
        assert_eq!(stage.refusal(&rana, taken), Refusal::UsernameTaken);
        for username in ["rana", "rana_h"] {
            stage.does(&rana, Command::ChangeUsername { username: Username::parse(username).unwrap() });
        }
        let account = stage.sees(&rana, |view| view.account());
        assert_eq!((account.name.as_str(), account.username.as_str()), ("Rana H.", "rana_h"));
        let old = stage.ask(Caller::VISITOR, |view| view.member_card("rana"));
        assert_eq!(refused(old), Refusal::not_found("member"));
        stage.run(Caller::VISITOR, registration("rana", "another.rana@mail.aub.edu")).unwrap();
    }

    fn what_members_do_asks_visitors_to_sign_in(stage) {
        for command in [
            Command::ChangeName { name: "Nobody".to_owned() },
            Command::ChangeUsername { username: Username::parse("nobody_here").unwrap() },
            Command::ChangeEmail { email: Email::parse("nobody@aub.edu").unwrap() },
            Command::ChangePassword { password: Secret::new("a hash".to_owned()) },
        ] {
            assert_eq!(stage.refusal_to_visitor(command), Refusal::SignInNeeded);
        }
        assert_eq!(refused(stage.ask(Caller::VISITOR, |view| view.account())), Refusal::SignInNeeded);
    }

    fn the_last_operator_cannot_step_down_and_the_one_before_can(stage) {
        let olga = stage.operator("olga");
        let step_down = |person: &crate::stage::Person| Command::ChangeRole {
            username: person.username.clone(),
            role: Role::Member,
        };
        assert_eq!(stage.refusal(&olga, step_down(&olga)), Refusal::LastOperator);
        assert_eq!(refused(stage.run(Caller::CONSOLE, step_down(&olga))), Refusal::LastOperator);
        let omar = stage.operator("omar");
        stage.does(&olga, step_down(&olga));
        assert_eq!(stage.refusal(&omar, step_down(&omar)), Refusal::LastOperator);
    }

    fn only_operators_count_the_members(stage) {
        let (operator, rana) = (stage.operator("olga"), stage.member("rana"));
        assert_eq!(stage.sees(&operator, |view| view.count_members()), 2);
        let refusal = refused(stage.ask(rana.caller(), |view| view.count_members()));
        assert_eq!(refusal, Refusal::RoleNeeded { role: Role::Operator });
    }
}
