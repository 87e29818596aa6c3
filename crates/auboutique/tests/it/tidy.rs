//! What no compiler guards: that the documents say what the code does, that the layers stay apart, and that names are kept.

#![expect(clippy::unwrap_used, reason = "a file that is not there fails the test that asks for it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use auboutique::config::Cli;
use auboutique::http::problem::KNOWN;
use auboutique::http::{self, WITHOUT_ROUTE, document};
use auboutique_wire::json::OPS;
use clap::Parser as _;
use serde_json::Value;

// ---- reading the tree ----

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

/// The names in a folder, sorted.
fn names_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Every file below a folder, as paths from the root.
pub(crate) fn files_below(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for name in names_in(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn sources() -> impl Iterator<Item = String> {
    files_below("crates").into_iter().filter(|path| path.ends_with(".rs"))
}

/// Every document of the repository.
fn documents() -> Vec<String> {
    let top = names_in("").into_iter().filter(|name| name.ends_with(".md"));
    top.chain(files_below("docs").into_iter().filter(|path| path.ends_with(".md"))).collect()
}

/// The variants of an enum with their fields, read from its source, in snake case.
pub(crate) fn variants(source: &str, name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = read(source);
    let start = text.find(&format!("pub enum {name} {{")).unwrap_or_else(|| panic!("{source}: {name}"));
    let mut variants: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in text[start..].lines().skip(1).take_while(|line| *line != "}") {
        let depth = line.len() - line.trim_start().len();
        let line = line.trim().trim_end_matches(',');
        if line.starts_with(['/', '#', '"', ')', '}', ']']) || line.is_empty() {
            continue;
        }
        if depth == 4 {
            let (variant, inline) = line.split_once('{').unwrap_or((line, ""));
            last = auboutique_domain::text::snake_case(variant.trim());
            let names = inline.trim_end_matches('}').split(", ").filter_map(|field| field.split_once(':'));
            let fields = names.map(|(field, _)| field.trim().to_owned()).collect();
            variants.insert(last.clone(), fields);
        } else if depth == 8
            && let Some((field, _)) = line.split_once(": ")
        {
            variants.get_mut(&last).unwrap().insert(field.to_owned());
        }
    }
    variants
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The first table below a heading: what its first column names, and what its second does.
fn table(document: &str, heading: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = read(document);
    let start = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("{document}: {heading}"));
    let rows = text[start..].lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let mut cells = row.split('|').skip(1);
        let name = quoted(cells.next().unwrap()).next().unwrap_or_else(|| panic!("{document}: {row}"));
        (name, quoted(cells.next().unwrap()).collect())
    })
    .collect()
}

const WIRE: &str = "docs/wires/json.md";

// ---- the documents say what the code does ----

#[test]
fn every_operation_has_its_heading_and_no_other_has_one() {
    let text = read(WIRE);
    let headings = text.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    assert_eq!(headings.collect::<BTreeSet<_>>(), OPS.iter().copied().collect::<BTreeSet<_>>());
}

#[test]
fn every_refusal_is_in_the_table_of_the_protocol_with_its_fields() {
    let refusals = variants("crates/domain/src/refusal.rs", "Refusal");
    assert!(refusals["password_length"].contains("least"), "the source is not read as it should be");
    assert_eq!(table(WIRE, "### Refusals"), refusals);
    let malformed = variants("crates/wire/src/json.rs", "Malformed");
    assert_eq!(table(WIRE, "### Lines that are no requests"), malformed);
}

#[test]
fn no_two_ways_to_say_no_share_a_code() {
    let kinds = [
        variants("crates/domain/src/refusal.rs", "Refusal"),
        variants("crates/wire/src/json.rs", "Malformed"),
        variants("crates/market/src/no.rs", "Busy"),
    ];
    let codes: Vec<&String> = kinds.iter().flat_map(BTreeMap::keys).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    let busy: BTreeSet<String> = table(WIRE, "### Busy").into_keys().collect();
    assert_eq!(busy, kinds[2].keys().cloned().collect());
}

#[test]
fn every_event_is_in_the_table_of_the_protocol_with_its_fields() {
    assert_eq!(table(WIRE, "## Events"), variants("crates/domain/src/event.rs", "Event"));
}

#[test]
fn the_code_map_is_the_tree() {
    let text = read("ARCHITECTURE.md");
    let mapped: BTreeSet<String> = text
        .split("crates/")
        .skip(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect())
        .filter(|name: &String| !name.is_empty())
        .collect();
    assert_eq!(mapped, names_in("crates").into_iter().collect());
}

#[test]
fn decisions_are_numbered_without_gaps_and_linked_from_the_architecture() {
    let architecture = read("ARCHITECTURE.md");
    for (number, name) in (1..).zip(names_in("docs/decisions")) {
        assert!(name.starts_with(&format!("{number:04}-")), "{name} should have the number {number:04}");
        let path = format!("docs/decisions/{name}");
        assert!(architecture.contains(&format!("({path})")), "ARCHITECTURE.md does not link {path}");
        let text = read(&path);
        for part in ["# ", "\n## Context\n", "\n## Decision\n", "\n## What was given up\n"] {
            assert!(text.contains(part), "{path} has no {part:?}");
        }
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in documents() {
        let text = read(&document);
        let folder = root().join(&document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.contains(char::is_whitespace) {
                continue;
            }
            let there = if file.is_empty() { root().join(&document) } else { folder.join(file) };
            assert!(there.exists(), "{document} links {link}, which is not there");
            if !heading.is_empty() {
                let anchors = fs::read_to_string(there).unwrap();
                let mut anchors = anchors.lines().filter(|line| line.starts_with('#')).map(anchor);
                assert!(anchors.any(|anchor| anchor == heading), "{document} links {link}: no such heading");
            }
        }
    }
}

/// What a heading is linked by.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn the_commands_in_the_documents_are_understood() {
    let mut understood = 0;
    for document in documents() {
        let text = read(&document);
        let mut shell = false;
        for line in text.lines() {
            if line.starts_with("```") {
                shell = line == "```sh";
                continue;
            }
            let Some(words) = started(line).filter(|_| shell) else { continue };
            let words = std::iter::once("auboutique".to_owned()).chain(shell_words(words));
            let read = Cli::try_parse_from(words);
            assert!(read.is_ok(), "{document}: {line}\n{}", read.err().unwrap());
            understood += 1;
        }
    }
    assert!(understood > 20, "only {understood} commands were found");
}

/// What follows the program's name where a line starts it: alone, behind a pipe, or as the account of the service.
fn started(line: &str) -> Option<&str> {
    let command = line.rsplit("' | ").next()?;
    command.strip_prefix("sudo -u auboutique ").unwrap_or(command).strip_prefix("auboutique ")
}

/// The words of a command up to a comment; quotes hold a word together.
fn shell_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in text.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            ('#', None) => break,
            (' ', None) => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

// ---- the document of the API says what the routes do ----

const HTTP: &str = "docs/wires/http.md";

/// Every operation of the OpenAPI document: its method and path, and what is said of it.
fn operations() -> BTreeMap<String, (String, Value)> {
    let document = document::complete(&http::api().into_openapi()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, says) in methods.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            let name = says["operationId"].as_str().unwrap().to_owned();
            assert!(
                operations.insert(name.clone(), (route, says.clone())).is_none(),
                "{name} stands there twice"
            );
        }
    }
    operations
}

#[test]
fn every_operation_of_the_protocol_has_a_route_of_its_name_or_a_reason_to_have_none() {
    let mut known: BTreeSet<String> = operations().into_keys().collect();
    for (op, why) in WITHOUT_ROUTE {
        assert!(known.insert((*op).to_owned()), "{op} has a route, although {why}");
    }
    // It stands for the three that bring a picture in pieces.
    assert!(known.remove("add_picture"));
    assert_eq!(known, OPS.iter().map(|op| (*op).to_owned()).collect());
}

#[test]
fn every_route_of_the_api_is_in_its_document_and_described() {
    let mut handlers = 0;
    for path in files_below("crates/auboutique/src/http").iter().filter(|path| !path.ends_with("document.rs"))
    {
        let text = read(path);
        let text = text.split("#[cfg(test)]").next().unwrap();
        handlers += text.matches("#[utoipa::path(").count();
        assert!(!text.contains(".route("), "{path} has a route that is not in the document");
    }
    assert_eq!(handlers, operations().len(), "a handler has no route");
    for (op, (route, says)) in operations() {
        for part in ["summary", "description"] {
            assert!(
                says[part].as_str().is_some_and(|text| text.ends_with('.')),
                "{op} has no {part}: {says}"
            );
        }
        assert_eq!(says["tags"].as_array().map(Vec::len), Some(1), "{op}");
        let parameters = says["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter.get("$ref").is_none()) {
            assert!(
                parameter["description"].as_str().is_some_and(|text| text.len() > 5),
                "{op}: {parameter}"
            );
            assert!(parameter["schema"].is_object(), "{op}: {parameter}");
        }
        for (status, response) in says["responses"].as_object().unwrap() {
            let text = response["description"].as_str().unwrap();
            assert!(!text.is_empty(), "{op} does not say what {status} is");
            if status.as_str() < "400" {
                continue;
            }
            for code in quoted(text).filter(|_| !text.contains("(`")) {
                let listed = KNOWN.iter().any(|(known, of, _)| **known == code && of.to_string() == *status);
                assert!(listed, "{route} says that {code} is {status}");
            }
        }
    }
}

#[test]
fn what_the_document_of_the_api_refers_to_is_in_it() {
    let document = document::complete(&http::api().into_openapi()).unwrap();
    let text = document.to_string();
    let mut references = 0;
    for place in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(place).is_some_and(Value::is_object), "there is no {place}");
        references += 1;
    }
    assert!(references > 100, "only {references} references");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, says) in schema["properties"].as_object().into_iter().flatten() {
            let says_so =
                says["description"].is_string() || says.to_string().contains("$ref") || name == "Week";
            assert!(says_so, "{name} does not say what its {field} is");
        }
    }
}

#[test]
fn every_route_is_in_the_table_for_people_and_no_other_is() {
    let said = table(HTTP, "## All routes");
    let known = operations()
        .into_iter()
        .map(|(op, (route, _))| (op, BTreeSet::from([route.replacen("/api/v1", "", 1)])));
    assert_eq!(said, known.collect());
}

#[test]
fn every_problem_is_known_with_the_status_it_has() {
    let mut codes: BTreeMap<String, Option<u16>> = BTreeMap::from([("broken".to_owned(), None)]);
    for (source, name) in [
        ("crates/domain/src/refusal.rs", "Refusal"),
        ("crates/wire/src/json.rs", "Malformed"),
        ("crates/market/src/no.rs", "Busy"),
    ] {
        codes.extend(variants(source, name).into_keys().map(|code| (code, None)));
    }
    for path in sources().filter(|path| path.contains("auboutique/src")) {
        let text = read(&path);
        // Where it is made, it calls itself so.
        for said in text.replace("Self::http(", "Problem::http(").split("Problem::http(").skip(1) {
            let Some((status, rest)) = said.split_once(',') else { continue };
            let Some(status) = status.trim().strip_prefix("StatusCode::") else { continue };
            let status = status_named(status);
            codes.insert(rest.split('"').nth(1).unwrap().to_owned(), Some(status));
        }
    }
    let known: BTreeSet<&str> = KNOWN.iter().map(|(code, ..)| *code).collect();
    assert_eq!(known.len(), KNOWN.len(), "a problem stands there twice");
    assert_eq!(known, codes.keys().map(String::as_str).collect());
    for (code, status, when) in KNOWN {
        assert!(!when.is_empty() && when.matches('`').count() % 2 == 0, "{code}: {when}");
        assert!(codes[*code].is_none_or(|said| said == *status), "{code} is said with another status");
    }
}

/// The number of a status by the name it has in code.
fn status_named(name: &str) -> u16 {
    let words = name.to_lowercase().replace('_', " ");
    let mut all = (400..600).filter_map(|number| {
        let reason = axum::http::StatusCode::from_u16(number).ok()?.canonical_reason()?.to_lowercase();
        (reason == words).then_some(number)
    });
    all.next().unwrap_or_else(|| panic!("{name} is no status"))
}

// ---- the layers stay apart ----

/// The dependencies a crate lists, without those of its tests: name and the rest of the line.
fn dependencies(folder: &str) -> BTreeMap<String, String> {
    let text = read(&format!("crates/{folder}/Cargo.toml"));
    let lines = text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| {
            let end = line.find(['.', ' ', '='])?;
            Some((line[..end].to_owned(), line[end..].to_owned()))
        })
        .collect()
}

#[test]
fn the_layers_list_only_what_they_may() {
    let domain: Vec<String> = dependencies("domain").into_keys().collect();
    // How values are described to others is said where they are, like how they are written.
    assert_eq!(
        domain,
        ["data-encoding", "jiff", "serde", "sha2", "thiserror", "unicode-normalization", "utoipa"]
    );
    let ours = |folder: &str| {
        let ours = dependencies(folder).into_keys();
        ours.filter_map(|name| Some(name.strip_prefix("auboutique-")?.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(ours("db"), ["domain"]);
    assert_eq!(ours("market"), ["db", "domain"]);
    assert_eq!(ours("wire"), ["domain"]);
    assert_eq!(ours("terminal"), ["domain", "wire"]);
    assert_eq!(ours("auboutique"), ["domain", "market", "terminal", "wire"]);
    assert_eq!(ours("testbed"), Vec::<String>::new());
}

#[test]
fn business_code_has_no_runtime() {
    for folder in ["domain", "db", "wire"] {
        assert!(!dependencies(folder).contains_key("tokio"), "{folder}");
    }
    let tokio = &dependencies("market")["tokio"];
    assert!(tokio.contains(r#"features = ["sync"]"#), "market lists tokio with {tokio}");
    for path in sources() {
        let layer = path.split('/').nth(1).unwrap();
        if !path.contains("/src/") || !["domain", "db", "wire", "market"].contains(&layer) {
            continue;
        }
        let text = read(&path);
        for (place, _) in text.match_indices("tokio::") {
            let rest = &text[place..];
            assert!(rest.starts_with("tokio::sync"), "{path}: {}", rest.lines().next().unwrap());
        }
        // An async caller meets the rules at the door of the market; beside it only hashes, the files of pictures, the
        // news of who is here and the secrets of older programs are waited for.
        let waits = [
            "lib.rs",
            "credential.rs",
            "gallery.rs",
            "legacy.rs",
            "legacy/store.rs",
            "picture.rs",
            "presence.rs",
        ];
        let may_wait = waits.iter().any(|file| path.ends_with(&format!("market/src/{file}")));
        assert!(may_wait || !text.contains("async "), "{path} waits");
    }
}

// ---- names are kept ----

#[test]
fn no_file_is_named_by_a_word_that_says_nothing() {
    let empty = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "service", "handler"];
    for path in files_below("crates") {
        let stem = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        let words: Vec<&str> = stem.split('_').collect();
        assert!(!words.iter().any(|word| empty.contains(word)), "{path}: what is in it?");
    }
}

#[test]
fn a_lint_is_expected_with_a_reason_and_never_allowed() {
    let (outer, inner) = (concat!("#[", "allow("), concat!("#![", "allow("));
    for path in sources() {
        let text = read(&path);
        assert!(!text.contains(outer) && !text.contains(inner), "{path}: use #[expect(…, reason = …)]");
    }
}

#[test]
fn every_source_file_begins_by_saying_what_it_is() {
    for path in sources().filter(|path| read(path).lines().count() > 5) {
        assert!(read(&path).starts_with("//! "), "{path} has no head");
    }
}
