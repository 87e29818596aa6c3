//! The transcripts in `docs/wires` are replayed: what a reader sees there is what the server says.
//!
//! Each block fenced as `transcript` is a story of its own, told to a fresh market over real sockets. How its lines are
//! read is explained to the readers at the head of `docs/wires/json.md`.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed, and says where")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auboutique::serve::{CONSOLE, Doors, Running};
use auboutique_market::env::SystemEnv;
use auboutique_market::{Location, Market, Options};
use auboutique_testbed::postgres;
use serde_json::Value;

/// What stands for any value once a line is JSON: a string nobody writes.
const ANYTHING: &str = "\u{0}";

#[test]
fn the_transcripts_in_the_documents_are_what_the_server_says() {
    let transcripts = transcripts();
    assert!(!transcripts.is_empty(), "the documents of the wires hold no transcript");
    for transcript in &transcripts {
        let folder = tempfile::tempdir().unwrap();
        replay(transcript, folder.path(), Location::Sqlite(folder.path().join("market.db")));
        replay(transcript, folder.path(), Location::Postgres(postgres::database_url()));
    }
}

/// A line of a transcript and where it stands.
struct Step {
    place: String,
    who: String,
    says: bool,
    json: Value,
}

fn transcripts() -> Vec<Vec<Step>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/wires");
    let mut pages: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut found = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.file_name().unwrap_or_default().to_string_lossy();
        let mut open: Option<Vec<Step>> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let place = format!("{name}:{number}");
            match open.as_mut() {
                None if line == "```transcript" => open = Some(Vec::new()),
                None => {}
                Some(_) if line == "```" => found.extend(open.take()),
                Some(_) if line.is_empty() || line.starts_with('#') => {}
                Some(steps) => steps.push(step(place, line)),
            }
        }
        assert!(open.is_none(), "{name}: a transcript does not end");
    }
    found
}

fn step(place: String, line: &str) -> Step {
    let (head, json) = line.split_once(' ').unwrap_or((line, ""));
    let (who, says) = match (head.strip_suffix('>'), head.strip_suffix('<')) {
        (Some(who), _) => (who, true),
        (_, Some(who)) => (who, false),
        _ => panic!("{place}: a line starts with who says or hears it, such as \"C1> \" or \"C1< \""),
    };
    let json = serde_json::from_str(&spelled_out(json))
        .unwrap_or_else(|error| panic!("{place}: this is not JSON: {error}"));
    Step { place, who: who.to_owned(), says, json }
}

/// The line with [`ANYTHING`] for each `…` outside of strings, so that it is JSON.
fn spelled_out(line: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let mut json = String::new();
    for letter in line.chars() {
        if letter == '…' && !quoted {
            json.push_str("\"\\u0000\"");
            continue;
        }
        if letter == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = letter == '\\' && !escaped;
        json.push(letter);
    }
    json
}

/// Tells the story to a fresh market there.
fn replay(transcript: &[Step], folder: &Path, location: Location) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let console = folder.join(CONSOLE);
    let market = Market::open(&Options::new(location.clone()), Arc::new(SystemEnv::new())).unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let running = runtime
        .block_on(Running::start(market, Doors::protocol(address).with_console(console.clone())))
        .unwrap();
    let mut clients: BTreeMap<&str, Client> = BTreeMap::new();
    let mut known = BTreeMap::new();
    for Step { place, who, says, json } in transcript {
        let client = clients.entry(who).or_insert_with(|| Client::connect(who, running.address, &console));
        if *says {
            client.say(&filled(json, &known, place));
        } else {
            let heard = client.hear(place);
            if let Err(difference) = compare(json, &heard, &mut known, "") {
                panic!("{place}, on {location:?}: {difference}\nthe server said {heard}");
            }
        }
    }
    drop(clients);
    runtime.block_on(running.close());
}

struct Client {
    input: BufReader<Box<dyn Read>>,
    output: Box<dyn Write>,
}

impl Client {
    /// Everybody comes over TCP, the operator over the console.
    fn connect(who: &str, address: SocketAddr, console: &Path) -> Self {
        let patience = Some(Duration::from_secs(30));
        if who == "O" {
            let stream = UnixStream::connect(console).unwrap();
            stream.set_read_timeout(patience).unwrap();
            Self { input: BufReader::new(Box::new(stream.try_clone().unwrap())), output: Box::new(stream) }
        } else {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(patience).unwrap();
            Self { input: BufReader::new(Box::new(stream.try_clone().unwrap())), output: Box::new(stream) }
        }
    }

    fn say(&mut self, json: &Value) {
        self.output.write_all(format!("{json}\n").as_bytes()).unwrap();
    }

    fn hear(&mut self, place: &str) -> Value {
        let mut line = String::new();
        self.input.read_line(&mut line).unwrap_or_else(|error| panic!("{place}: nothing came: {error}"));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{place}: {line:?} came: {error}"))
    }
}

/// The name between the angle brackets, if the string is a placeholder.
fn placeholder(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>')
}

/// The value with every placeholder replaced by what it was first seen as.
fn filled(value: &Value, known: &BTreeMap<String, Value>, place: &str) -> Value {
    match value {
        Value::String(text) => match placeholder(text) {
            Some(name) => known
                .get(name)
                .unwrap_or_else(|| panic!("{place}: <{name}> has not been in an answer yet"))
                .clone(),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, known, place)).collect(),
        Value::Object(fields) => {
            let filled = |(name, field): (&String, &Value)| (name.clone(), filled(field, known, place));
            Value::Object(fields.iter().map(filled).collect())
        }
        _ => value.clone(),
    }
}

/// Compares what is written with what came, and learns what the placeholders stand for.
fn compare(
    written: &Value,
    came: &Value,
    known: &mut BTreeMap<String, Value>,
    path: &str,
) -> Result<(), String> {
    if let Value::String(text) = written
        && let Some(name) = placeholder(text)
    {
        let meant = known.entry(name.to_owned()).or_insert_with(|| came.clone());
        return if meant == came { Ok(()) } else { Err(format!("{path}: {text} was {meant} before")) };
    }
    match (written, came) {
        (Value::String(any), _) if any == ANYTHING => Ok(()),
        (Value::String(any), Value::String(_)) if any == "..." => Ok(()),
        (Value::Object(wanted), Value::Object(found)) => {
            let missing = wanted.keys().find(|name| !found.contains_key(*name));
            let extra = found.keys().find(|name| !wanted.contains_key(*name));
            match (missing, extra) {
                (Some(name), _) => Err(format!("{path}/{name} is written and did not come")),
                (None, Some(name)) => Err(format!("{path}/{name} came and is not written")),
                (None, None) => wanted.iter().try_for_each(|(name, value)| {
                    compare(value, &found[name.as_str()], known, &format!("{path}/{name}"))
                }),
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let pairs = wanted.iter().zip(found).enumerate();
            pairs.into_iter().try_for_each(|(place, (value, came))| {
                compare(value, came, known, &format!("{path}/{place}"))
            })
        }
        _ if written == came => Ok(()),
        _ => Err(format!("{path}: {written} is written")),
    }
}

#[test]
fn a_transcript_that_is_wrong_is_found_out() {
    let came = serde_json::json!({ "id": 1, "reply": { "a": "x", "b": [1, 2], "c": "x" } });
    let check = |line: &str| compare(&step(String::new(), line).json, &came, &mut BTreeMap::new(), "");
    for right in [
        r#"C1< {"id":1,"reply":{"a":"x","b":[1,2],"c":"x"}}"#,
        r#"C1< {"reply":{"c":"<it>","b":…,"a":"<it>"},"id":1}"#,
        r#"C1< {"id":1,"reply":{"a":"...","b":[1,…],"c":"x"}}"#,
        r#"C1< {"id":"<id>","reply":…}"#,
    ] {
        assert_eq!(check(right), Ok(()), "{right}");
    }
    for wrong in [
        r#"C1< {"id":1,"reply":{"a":"y","b":[1,2],"c":"x"}}"#,
        r#"C1< {"id":1,"reply":{"a":"<it>","b":"<it>","c":"x"}}"#,
        r#"C1< {"id":1,"reply":{"a":"x","b":"...","c":"x"}}"#,
        r#"C1< {"id":1,"reply":{"a":"x","b":[1],"c":"x"}}"#,
        r#"C1< {"id":1,"reply":{"a":"x","b":[1,2]}}"#,
        r#"C1< {"id":1,"reply":{"a":"x","b":[1,2],"c":"x","d":1}}"#,
        r#"C1< {"id":1,"reply":{"a":"…","b":[1,2],"c":"x"}}"#,
    ] {
        assert!(check(wrong).is_err(), "{wrong}");
    }
}
