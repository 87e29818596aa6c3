//! What the pages say and how they are drawn: every text is there and is needed, every page turns around for scripts that
//! run from right to left, and nothing but files of ours runs or paints on them.

#![expect(clippy::unwrap_used, reason = "a file that is not there fails the test that asks for it")]

use std::collections::{BTreeMap, BTreeSet};

use auboutique_domain::ledger::EntryKind;
use auboutique_domain::listing::{Category, Condition, Sort};
use auboutique_domain::member::Role;
use auboutique_domain::offer;
use auboutique_domain::order::Means;
use auboutique_domain::payout::{self, Purse};
use auboutique_domain::setting::NAMES;

use crate::tidy::{files_below, read, variants};

const MESSAGES: &str = "crates/auboutique/messages/en.ftl";
const STYLE: &str = "crates/auboutique/assets/style.css";

/// The messages there are, each with what the program puts into it.
fn messages() -> BTreeMap<String, BTreeSet<String>> {
    let text = read(MESSAGES);
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if !line.starts_with([' ', '}']) {
            last = line.split_once(" =").unwrap_or_else(|| panic!("{MESSAGES}: {line}")).0.to_owned();
            assert!(messages.insert(last.clone(), BTreeSet::new()).is_none(), "{last} stands there twice");
        }
        let placed = line.split('$').skip(1).map(|rest| {
            rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
        });
        messages.get_mut(&last).unwrap().extend(placed);
    }
    messages
}

/// The templates and the code of the pages, with their paths.
fn pages() -> Vec<(String, String)> {
    files_below("crates/auboutique/src/web").into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// What stands in quotes after each of these beginnings, and what follows it.
fn said<'a>(text: &'a str, beginning: &str) -> Vec<(&'a str, &'a str)> {
    let quoted = text.split(beginning).skip(1).filter_map(|rest| rest.strip_prefix('"')?.split_once('"'));
    quoted.collect()
}

#[test]
fn every_text_a_page_asks_for_is_there_with_a_place_for_what_belongs_into_it() {
    let messages = messages();
    let mut asked = 0;
    for (path, text) in pages() {
        for (verb, most) in [(".t(", 0), (".count(", 1), (".t1(", 1), (".t2(", 2)] {
            for (key, rest) in said(&text, verb) {
                asked += 1;
                let places = messages.get(key).unwrap_or_else(|| panic!("{path} asks for {key}"));
                assert_eq!(places.len(), most, "{path} says {key} with another number of words: {places:?}");
                let given = match verb {
                    ".count(" => "count",
                    ".t(" => continue,
                    _ => rest.split('"').nth(1).unwrap(),
                };
                assert!(places.contains(given), "{path} gives {given} to {key}, which has {places:?}");
            }
        }
    }
    assert!(asked > 200, "only {asked} texts were found");
}

#[test]
fn every_text_is_asked_for() {
    let pages = pages();
    let names = |family: &str, names: Vec<&str>| -> BTreeSet<String> {
        names.into_iter().map(|name| format!("{family}-{}", name.replace('_', "-"))).collect()
    };
    let mut families = names("category", Category::ALL.iter().map(|one| one.name()).collect());
    families.extend(names("condition", Condition::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("sort", Sort::ALL.iter().map(|one| one.name()).collect()));
    let states = variants("crates/domain/src/order.rs", "State");
    families.extend(names("state", states.keys().map(String::as_str).collect()));
    families.extend(names("role", Role::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("setting", NAMES.to_vec()));
    families.extend(names("entry", EntryKind::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("purse", Purse::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("payout", payout::State::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("offer-kind", offer::Kind::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("offer-state", offer::State::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("means", Means::ALL.iter().map(|one| one.name()).collect()));
    families.extend(names("weekday", vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"]));
    let messages = messages();
    for family in &families {
        assert!(messages.contains_key(family), "{family} has no name");
    }
    for key in messages.keys() {
        let by_name = || pages.iter().any(|(_, text)| text.contains(&format!("\"{key}\"")));
        // What was just done is named in the address, and what went wrong by its kind.
        let part = key.strip_prefix("done-").or_else(|| key.strip_prefix("error-")?.strip_suffix("-title"));
        let by_part = || {
            let part = part.unwrap_or("a word of no page");
            let written = [format!("\"{part}\""), format!("done={part}\"")];
            pages.iter().any(|(_, text)| written.iter().any(|written| text.contains(written)))
        };
        let refuses = key.starts_with("refusal-");
        assert!(refuses || families.contains(key) || by_name() || by_part(), "nobody asks for {key}");
    }
}

#[test]
fn every_refusal_is_said_with_nothing_but_what_it_carries() {
    let messages = messages();
    let refusals = variants("crates/domain/src/refusal.rs", "Refusal");
    for (code, fields) in &refusals {
        let key = format!("refusal-{}", code.replace('_', "-"));
        let places = messages.get(&key).unwrap_or_else(|| panic!("{key} is not there"));
        assert!(places.is_subset(fields), "{key} has places for {places:?}, the refusal carries {fields:?}");
    }
    let said = messages.keys().filter(|key| key.starts_with("refusal-")).count();
    assert_eq!(said, refusals.len(), "a refusal is said that there is not");
}

#[test]
fn the_style_knows_no_left_and_no_right() {
    let text = read(STYLE);
    for declaration in text.split(['{', '}', ';']) {
        let Some((property, value)) = declaration.trim().split_once(':') else { continue };
        let sided = |text: &str| {
            text.split(|letter: char| !letter.is_ascii_alphabetic())
                .any(|word| matches!(word, "left" | "right"))
        };
        assert!(!sided(property), "{STYLE}: {declaration}");
        assert!(
            property != "float" && !(property.starts_with("text-align") && sided(value)),
            "{STYLE}: {declaration}"
        );
    }
}

#[test]
fn a_page_has_no_script_and_no_style_of_its_own() {
    for (path, text) in pages().into_iter().filter(|(path, _)| path.ends_with(".html")) {
        for tag in text.split("<script").skip(1) {
            assert!(tag.split('>').next().unwrap().contains("src=\"{{ shell.assets }}/"), "{path}: a script");
        }
        assert!(!text.contains("<style") && !text.contains(" style="), "{path}: a style");
        let listens = text.split(" on").skip(1).any(|rest| {
            rest.split_once('=')
                .is_some_and(|(name, _)| name.chars().all(|letter| letter.is_ascii_lowercase()))
        });
        assert!(!listens && !text.contains("javascript:"), "{path}: a script in an attribute");
    }
}

#[test]
fn all_scripts_together_are_small() {
    let scripts = files_below("crates/auboutique/assets").into_iter().filter(|path| path.ends_with(".js"));
    let bytes: usize = scripts.map(|path| read(&path).len()).sum();
    assert!((1..60_000).contains(&bytes), "{bytes} bytes of scripts, before they are compressed");
}
