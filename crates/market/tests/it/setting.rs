//! Settings, and what only operators may do.

use auboutique_domain::id::PickupPointId;
use auboutique_domain::member::{Role, Username};
use auboutique_domain::pickup::PickupPointDraft;
use auboutique_domain::{Command, Refusal};
use auboutique_market::Caller;

use crate::stage::{Stage, day, refused};

/// Every command of operators, as it would go through.
fn of_operators(stage: &Stage) -> Vec<Command> {
    let pickup_point: PickupPointId = stage.point().id;
    let username = Username::parse("maya").unwrap();
    let draft = PickupPointDraft::post_office();
    vec![
        Command::ChangeRole { username: username.clone(), role: Role::Moderator },
        Command::AddPickupPoint { draft: draft.clone() },
        Command::ChangePickupPoint { pickup_point, draft },
        Command::CloseDay { pickup_point, day: day("2026-11-25") },
        Command::OpenDay { pickup_point, day: day("2026-11-25") },
        Command::AppointAttendant { pickup_point, username: username.clone() },
        Command::DismissAttendant { pickup_point, username },
        Command::ChangeSetting { name: "commission_basis_points".to_owned(), value: "500".to_owned() },
        Command::ClosePickupPoint { pickup_point },
    ]
}

fn set(name: &str, value: &str) -> Command {
    Command::ChangeSetting { name: name.to_owned(), value: value.to_owned() }
}

on_both! {
    fn what_operators_do_is_refused_to_members_and_moderators_and_asks_visitors_to_sign_in(stage) {
        stage.member("maya");
        let (rana, moderator) = (stage.member("rana"), stage.member_with(Role::Moderator, "mounir"));
        let log = stage.sql("SELECT seq FROM log_head");
        for command in of_operators(stage) {
            let needed = Refusal::RoleNeeded { role: Role::Operator };
            assert_eq!(stage.refusal(&rana, command.clone()), needed, "{command:?}");
            assert_eq!(stage.refusal(&moderator, command.clone()), needed, "{command:?}");
            assert_eq!(stage.refusal_to_visitor(command), Refusal::SignInNeeded);
        }
        assert_eq!(stage.sql("SELECT seq FROM log_head"), log);
    }

    fn an_operator_may_do_all_of_it_and_so_may_whoever_runs_the_program(stage) {
        let (operator, _) = (stage.operator("olga"), stage.member("maya"));
        for command in of_operators(stage) {
            stage.does(&operator, command);
        }
        let pickup_point = stage.point().id;
        stage.at_console(set("commission_basis_points", "0"));
        stage.at_console(Command::OpenDay { pickup_point, day: day("2026-11-25") });
        stage.is_clean();
    }

    fn a_right_that_was_taken_away_is_gone_at_once(stage) {
        let (first, second) = (stage.operator("olga"), stage.operator("omar"));
        stage.does(&second, set("commission_basis_points", "500"));
        stage.does(&first, Command::ChangeRole { username: second.username.clone(), role: Role::Member });
        let refusal = stage.refusal(&second, set("commission_basis_points", "0"));
        assert_eq!(refusal, Refusal::RoleNeeded { role: Role::Operator });
    }

    fn what_the_node_asks_of_itself_is_refused_to_everybody_else(stage) {
        let rana = stage.member("rana");
        let commands = [
            Command::StartSession {
                member: rana.id,
                token: auboutique_domain::member::Secret::new("a hash".to_owned()),
                device: String::new(),
                forgive: Vec::new(),
            },
            Command::ResumeSession { session: rana.session },
            Command::CountTry { subjects: vec!["account:x".to_owned()] },
            Command::ForgiveTries { subjects: vec!["account:x".to_owned()] },
            Command::Forget,
        ];
        for command in commands {
            for caller in [Caller::VISITOR, rana.caller()] {
                let answer = stage.run(caller, command.clone());
                assert!(matches!(refused(answer), Refusal::RoleNeeded { .. }), "{command:?}");
            }
        }
    }

    fn settings_are_seen_by_operators_only_and_outlive_a_restart(stage) {
        let (operator, rana) = (stage.operator("olga"), stage.member("rana"));
        stage.does(&operator, set("email_domains", "mail.aub.edu, AUB.edu.lb"));
        stage.does(&operator, set("commission_basis_points", "250"));
        stage.close();
        stage.open();
        let settings = stage.sees(&operator, |view| view.settings());
        assert_eq!(settings.email_domains, ["mail.aub.edu", "aub.edu.lb"]);
        assert_eq!(settings.commission_basis_points, 250);
        let refusal = refused(stage.ask(rana.caller(), |view| view.settings()));
        assert_eq!(refusal, Refusal::RoleNeeded { role: Role::Operator });
        assert_eq!(refused(stage.ask(Caller::VISITOR, |view| view.settings())), Refusal::SignInNeeded);
    }

    fn a_setting_that_is_none_or_cannot_have_the_value_changes_nothing(stage) {
        let operator = stage.operator("olga");
        for (name, value) in
            [("color", "red"), ("commission_basis_points", "5001"), ("email_domains", "not a domain")]
        {
            let refusal = stage.refusal(&operator, set(name, value));
            assert!(matches!(refusal, Refusal::SettingInvalid { .. }), "{refusal:?}");
        }
        assert_eq!(stage.count("settings"), 0);
    }
}
