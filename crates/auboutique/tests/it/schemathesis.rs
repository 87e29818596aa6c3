//! The JSON API, attacked by what its own document promises: schemathesis sends what the document allows and what it
//! forbids, and compares every answer with it (`promises.md` T23).
//!
//! `cargo xtask test` installs it below cargo's folder. `AUBOUTIQUE_SCHEMATHESIS` names another folder it is installed in.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::api::Api;
use crate::stage::{Stage, listing};

/// How many cases are tried of each operation, at most, in each phase.
const CASES: &str = "20";
/// Where the random cases begin: the same every time.
const SEED: &str = "20261122";

/// Which statuses mean that what the document allows was understood, and what it forbids was not done. The rules may say
/// no to values that look right, and things that are not as they must be are told before values that look wrong.
const SETTINGS: &str = "\
[checks.positive_data_acceptance]
expected-statuses = [\"2xx\", 401, 403, 404, 409, 413, 422, 429]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 429]
";

/// Where schemathesis is installed.
fn folder() -> PathBuf {
    let below_cargo = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("schemathesis");
    env::var_os("AUBOUTIQUE_SCHEMATHESIS").map_or_else(below_cargo, PathBuf::from)
}

/// Lets it loose on some operations, as whoever has that token.
fn attack(stage: &Stage, token: &str, which: &[&str]) {
    let bin = folder().join("bin");
    let settings = stage.folder.path().join("schemathesis.toml");
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/schemathesis.py");
    std::fs::write(&settings, format!("hooks = {hooks:?}\n{SETTINGS}")).unwrap();
    let mut command = Command::new(bin.join("python"));
    command.arg(bin.join("st")).arg("--config-file").arg(&settings).arg("run");
    command.arg(format!("http://{}/api/v1/openapi.json", stage.http));
    command.args([
        "--checks",
        "all",
        "--max-examples",
        CASES,
        "--seed",
        SEED,
        "--workers",
        "1",
        "--no-color",
    ]);
    command.args(["--request-timeout", "10", "--warnings", "off", "--header"]);
    command.arg(format!("Authorization: Bearer {token}")).args(which).current_dir(stage.folder.path());
    let out = command.output().unwrap_or_else(|error| {
        let place = bin.display();
        panic!("schemathesis is not in {place}: {error}. Run `cargo xtask test`, which installs it")
    });
    let (said, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{said}\n{errors}");
    eprintln!("{said}");
}

#[test]
fn the_api_does_what_its_document_says_and_nothing_else() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    let (person, other) = (stage.member("rana"), stage.member("karim"));
    for number in 0..3 {
        let lamp =
            api.does(&other, "add_listing", listing(&format!("Lamp {number}"), 700))["listing"].clone();
        let talk =
            api.does(&person, "start_conversation", json!({ "listing": lamp }))["conversation"].clone();
        api.does(&person, "send_message", json!({ "conversation": talk, "text": "Is it still there?" }));
        api.does(&person, "add_listing", listing(&format!("Chair {number}"), 900));
        api.does(&person, "add_to_cart", json!({ "listing": lamp }));
    }
    let desk = stage.attendant("desk_one");
    api.does(&desk, "top_up", json!({ "username": "rana", "cash": { "minor": 9_000, "currency": "USD" } }));
    let totals = json!({ "totals": [{ "minor": 2_100, "currency": "USD" }] });
    api.does(&person, "prepare_checkout", totals);
    // These two end sessions, that of whoever asks among them.
    let ending = ["log_out", "end_session"];
    // What never ends is no answer to compare with a schema; `event.rs` reads it.
    let apart = [ending[0], ending[1], "listen"];
    attack(&stage, &person.token, &apart.map(|op| ["--exclude-operation-id", op]).concat());
    let another = stage.again(person.id, &person.username);
    attack(&stage, &another.token, &ending.map(|op| ["--include-operation-id", op]).concat());
    stage.is_clean();
}
