//! Names on the legacy wires: joining, signing in, linking, claiming.

use std::net::IpAddr;

use auboutique_domain::legacy::{Identity, IdentityChanges, IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::{Command, Refusal};
use auboutique_market::{Caller, No, Password, Source};

use crate::stage::{PASSWORD, Stage, refused, usd};

/// A secret as a client of 000 sends it.
const SENT: &str = "7c4a8d09ca3762af61e59520943dc26494f8941b7c4a8d09ca3762af61e59520";

fn source(last: u8) -> Source {
    Source::address(IpAddr::from([192, 0, 2, last]))
}

fn draft(name: &str) -> IdentityDraft {
    IdentityDraft {
        name: LegacyName::parse(name).unwrap(),
        shown: format!("{name} of old"),
        email: Some(format!("{}@mail.aub.edu", name.to_lowercase())),
        contact: None,
        source: String::new(),
    }
}

fn joins(stage: &Stage, wire: LegacyWire, name: &str, secret: Option<&str>) -> Result<Identity, No> {
    let secret = secret.map(Password::typed);
    stage.wait(stage.market().join_over(wire, draft(name), secret.as_ref(), &source(1)))
}

fn logs_in(
    stage: &Stage,
    wire: LegacyWire,
    name: &str,
    secret: Option<&str>,
    from: u8,
) -> Result<Caller, No> {
    let secret = secret.map(Password::typed);
    let signed_in = stage.wait(stage.market().log_in_over(wire, name, secret.as_ref(), &source(from)));
    signed_in.map(|(session, _)| Caller::member(session))
}

fn is_called(stage: &Stage, wire: LegacyWire, username: &str) -> String {
    let username = username.to_owned();
    let name = move |view: &mut auboutique_market::View<'_>| {
        let card = view.member_card(&username)?;
        view.name_over(wire, &card)
    };
    stage.market().ask_now(Caller::VISITOR, name).unwrap()
}

on_both! {
    fn a_name_is_one_on_its_wire_in_any_case_and_free_on_the_others(stage) {
        use LegacyWire::{Bare001, Text000};
        let first = joins(stage, Text000, "Rana", Some(SENT)).unwrap();
        assert_eq!(refused(joins(stage, Text000, "rana", Some(SENT))), Refusal::UsernameTaken);
        let second = joins(stage, Bare001, "rana", Some("secret")).unwrap();
        assert_ne!(first.member, second.member);
        assert_eq!(is_called(stage, Text000, "rana"), "Rana");
        assert_eq!(is_called(stage, Bare001, "rana_001"), "rana");
        // Who is known by that name elsewhere is not taken for who is known by it here.
        assert_eq!(is_called(stage, Bare001, "rana"), "rana@aub");
        assert_eq!(is_called(stage, Text000, "rana_001"), "rana_001");
        for (wire, name, member) in [
            (Text000, "RANA", first.member),
            (Bare001, "rana", second.member),
            (Bare001, "rana@aub", first.member),
            (Text000, "rana_001", second.member),
        ] {
            let found = stage.market().ask_now(Caller::VISITOR, move |view| view.member_over(wire, name)).unwrap();
            assert_eq!(found.unwrap().id, member, "{name} on {wire}");
        }
        stage.is_clean();
    }

    fn nobody_takes_the_name_of_a_full_account(stage) {
        stage.member_with_password("rana");
        assert_eq!(refused(joins(stage, LegacyWire::Text000, "RANA", Some(SENT))), Refusal::UsernameTaken);
        assert_eq!(stage.count("identities"), 0);
    }

    fn an_address_stands_for_one_name_where_the_wire_needs_it_so(stage) {
        use LegacyWire::{Bare001, Client003};
        for (wire, refusal) in [(Bare001, Some(Refusal::EmailTaken)), (Client003, None)] {
            joins(stage, wire, "rana", Some("secret")).unwrap();
            let twin = IdentityDraft { name: LegacyName::parse("twin").unwrap(), ..draft("rana") };
            let password = Password::typed("secret");
            let joined = stage.wait(stage.market().join_over(wire, twin, Some(&password), &source(1)));
            match refusal {
                Some(refusal) => assert_eq!(refused(joined), refusal),
                None => assert!(joined.is_ok()),
            }
        }
    }

    fn a_secret_opens_its_wire_and_nothing_else(stage) {
        joins(stage, LegacyWire::Text000, "rana", Some(SENT)).unwrap();
        joins(stage, LegacyWire::Client003, "karim", Some("123456")).unwrap();
        assert!(logs_in(stage, LegacyWire::Text000, "Rana", Some(SENT), 2).is_ok());
        let wrong = logs_in(stage, LegacyWire::Text000, "rana", Some("x"), 2);
        assert_eq!(refused(wrong), Refusal::WrongCredentials);
        assert_eq!(refused(logs_in(stage, LegacyWire::Text000, "rana", None, 1)), Refusal::WrongCredentials);
        assert_eq!(refused(logs_in(stage, LegacyWire::Bare001, "rana", Some(SENT), 2)), Refusal::not_found("member"));
        assert_eq!(refused(stage.log_in("rana", SENT)), Refusal::WrongCredentials);
        assert_eq!(refused(stage.log_in("karim", "123456")), Refusal::WrongCredentials);
    }

    fn what_a_wire_sends_as_a_secret_is_kept_as_a_hash_of_its_own(stage) {
        use LegacyWire::{Auction004, Bare001, Client003, Merchant003, Text000};
        for (wire, secret) in
            [(Text000, SENT), (Bare001, "one"), (Client003, "two"), (Merchant003, "three"), (Auction004, "4711")]
        {
            joins(stage, wire, &format!("rana.{}", wire.name()), Some(secret)).unwrap();
        }
        let kept = stage.sql("SELECT kind, hash FROM credentials ORDER BY kind");
        for wire in LegacyWire::ALL {
            assert!(kept.contains(&format!("{}|$argon2id$v=19$", wire.name())), "{wire}: {kept}");
        }
        assert_eq!(kept.lines().count(), LegacyWire::ALL.len(), "{kept}");
    }

    fn a_name_without_a_secret_is_acted_under_from_where_it_was_taken_alone(stage) {
        let wire = LegacyWire::Auction004;
        joins(stage, wire, "rana", None).unwrap();
        assert!(logs_in(stage, wire, "rana", None, 1).is_ok());
        assert_eq!(refused(logs_in(stage, wire, "rana", None, 2)), Refusal::WrongCredentials);
        joins(stage, wire, "karim", Some("4711")).unwrap();
        assert_eq!(refused(logs_in(stage, wire, "karim", None, 1)), Refusal::WrongCredentials);
        assert!(logs_in(stage, wire, "karim", Some("4711"), 2).is_ok());
    }

    fn after_ten_wrong_secrets_the_right_one_waits_too(stage) {
        let wire = LegacyWire::Bare001;
        joins(stage, wire, "rana", Some("secret")).unwrap();
        for _ in 0..10 {
            assert_eq!(refused(logs_in(stage, wire, "rana", Some("guess"), 2)), Refusal::WrongCredentials);
        }
        let Refusal::TooManyTries { .. } = refused(logs_in(stage, wire, "rana", Some("secret"), 3)) else { panic!() };
    }

    fn a_name_and_a_secret_can_be_changed_by_who_is_signed_in(stage) {
        let wire = LegacyWire::Client003;
        joins(stage, wire, "rana", Some("123456")).unwrap();
        joins(stage, wire, "karim", Some("123456")).unwrap();
        let caller = logs_in(stage, wire, "rana", Some("123456"), 1).unwrap();
        let (old, new) = (Password::typed("123456"), Password::typed("654321"));
        let change = |name: &str, secret| {
            let name = Some(LegacyName::parse(name).unwrap());
            let changes = IdentityChanges { name, ..IdentityChanges::default() };
            stage.wait(stage.market().change_identity(caller.clone(), wire, changes, secret, &source(1)))
        };
        assert_eq!(refused(change("Karim", None)), Refusal::UsernameTaken);
        assert_eq!(change("Rana Haddad", None).unwrap().name.as_str(), "Rana Haddad");
        assert_eq!(refused(change("rana", Some((&new, &old)))), Refusal::WrongCredentials);
        change("rana", Some((&old, &new))).unwrap();
        assert!(logs_in(stage, wire, "rana", Some("654321"), 1).is_ok());
        stage.is_clean();
    }

    fn who_joined_over_an_older_program_makes_of_it_a_full_account_once(stage) {
        let wire = LegacyWire::Bare001;
        joins(stage, wire, "rana", Some("secret")).unwrap();
        let (old, new, wrong) = (Password::typed("secret"), Password::typed(PASSWORD), Password::typed("x"));
        let claim = |name: &'static str, typed: &Password, email: &str| {
            let account = (email, &new);
            stage.wait(stage.market().claim_account((wire, name), Some(typed), account, &source(1)))
        };
        assert_eq!(refused(claim("rana", &wrong, "rana@mail.aub.edu")), Refusal::WrongCredentials);
        assert_eq!(refused(claim("nobody", &old, "rana@mail.aub.edu")), Refusal::WrongCredentials);
        assert_eq!(claim("rana", &old, "rana@mail.aub.edu").unwrap().username.as_str(), "rana");
        assert_eq!(refused(claim("rana", &old, "other@mail.aub.edu")), Refusal::UsernameTaken);
        assert!(stage.log_in("rana@mail.aub.edu", PASSWORD).is_ok());
        assert!(logs_in(stage, wire, "rana", Some("secret"), 1).is_ok());
        stage.is_clean();
    }

    fn a_name_is_linked_to_a_full_account_unless_its_own_has_business(stage) {
        let wire = LegacyWire::Bare001;
        stage.member_with_password("rana_h");
        let rana = Caller::member(stage.log_in("rana_h", PASSWORD).unwrap().session.session);
        let karim = stage.member("karim").caller();
        joins(stage, wire, "rana", Some("secret")).unwrap();
        joins(stage, wire, "busy", Some("secret")).unwrap();
        let busy = logs_in(stage, wire, "busy", Some("secret"), 1).unwrap();
        let lamp = ListingDraft::new("A lamp", "", usd(500), Category::Books, Condition::Good, None).unwrap();
        stage.run(busy, Command::AddListing { draft: lamp }).unwrap();
        let old = Password::typed("secret");
        let link = |who: &Caller, name: &'static str| {
            stage.wait(stage.market().link_identity(who.clone(), wire, name, Some(&old), &source(1)))
        };
        assert_eq!(refused(link(&karim, "busy")), Refusal::AccountInUse);
        assert_eq!(refused(link(&karim, "nobody")), Refusal::WrongCredentials);
        let before = logs_in(stage, wire, "rana", Some("secret"), 1).unwrap();
        link(&rana, "rana").unwrap();
        assert_eq!(refused(stage.market().ask_now(before, |view| view.account())), Refusal::SessionEnded);
        let now = logs_in(stage, wire, "rana", Some("secret"), 1).unwrap();
        let account = stage.market().ask_now(now, |view| view.account()).unwrap();
        assert_eq!(account.username.as_str(), "rana_h");
        assert_eq!(is_called(stage, wire, "rana_h"), "rana");
        assert_eq!(refused(link(&karim, "rana")), Refusal::AccountInUse);
        stage.run(rana, Command::RemoveIdentity { wire }).unwrap();
        assert_eq!(refused(logs_in(stage, wire, "rana", Some("secret"), 1)), Refusal::not_found("member"));
        stage.is_clean();
    }

    fn a_full_account_takes_a_name_for_the_programs_that_hash_what_is_typed(stage) {
        let rana = stage.member("rana").caller();
        let typed = Password::typed("Cedars-1943");
        let added = stage.market().add_identity(rana.clone(), LegacyWire::Text000, draft("rana"), &typed);
        stage.wait(added).unwrap();
        let sent = SENT;
        assert_eq!(refused(logs_in(stage, LegacyWire::Text000, "rana", Some(sent), 1)), Refusal::WrongCredentials);
        let sent = sha256("Cedars-1943");
        assert!(logs_in(stage, LegacyWire::Text000, "rana", Some(&sent), 1).is_ok());
    }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}
