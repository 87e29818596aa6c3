//! The program as people run it: what it prints, what it says when it cannot, and the status it ends with.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use auboutique_wire::csv;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::{PASSWORD, Wire, code, listing, png};

// ---- what goes wrong ----

#[test]
fn what_cannot_be_done_is_said_in_a_sentence_and_with_a_status() {
    let home = Home::new();
    let server = home.serve("busy", &[]);
    let address = server.address.to_string();
    let file = |name: &str, text: &[u8]| {
        let path = home.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let folder = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let a_file = file("a file", b"hello");
    let certificate =
        file("certificate.pem", b"-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n");
    file(
        "garbage/market.db",
        &b"this is not a database, and it is long enough to look like one ".repeat(100),
    );
    file("folder/market.db/x", b"");
    newer(&home.path("newer/market.db"));
    let good = file("good.csv", b"title,price\nA lamp,10\n");
    let huge = file("huge.csv", &b"title,price\n".repeat(800_000));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (busy_port, busy_ip) = (taken.local_addr().unwrap().port().to_string(), "127.0.0.1");
    let busy = format!("{busy_ip}:{busy_port}");
    let nobody = nobody();
    let web = another_protocol(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let gone = another_protocol(b"");
    let backup = folder("market.backup");
    home.run(&["backup", &backup, "--data", &folder("busy")]).is_done();

    for (about, arguments, says) in [
        ("nothing at all", vec![], "Usage"),
        ("an unknown verb", vec!["sell"], "unrecognized subcommand"),
        ("an unknown flag", vec!["serve", "--colour"], "unexpected argument"),
        ("a port out of range", vec!["serve", "--port", "70000"], "70000 is not in 0..=65535"),
        ("a port that is none", vec!["serve", "--port", "http"], "invalid digit"),
        ("a negative port", vec!["serve", "--port=-1"], "--port"),
        ("a host that is no address", vec!["serve", "--listen", "nohost"], "invalid IP address"),
        ("a seed without a demo", vec!["serve", "--demo-seed", "1"], "--demo"),
        ("a certificate without its key", vec!["serve", "--tls-cert", &a_file], "--tls-key"),
        ("a call of nothing", vec!["call"], "<OP>"),
        ("an import of nothing", vec!["import"], "<FILE>"),
        ("an operator who does nothing", vec!["operator"], "Usage"),
        ("a name without an address", vec!["operator", "add", "rana", "--name", "Rana"], "--email"),
        ("a flag twice", vec!["serve", "--port", "1", "--port", "2"], "cannot be used multiple times"),
        ("a word too many", vec!["doctor", "extra"], "unexpected argument"),
        ("a file for a folder", vec!["serve", "--data", &a_file], "choose another with --data"),
        (
            "a folder in a file",
            vec!["serve", "--data", &format!("{a_file}/data")],
            "choose another with --data",
        ),
        (
            "a folder nobody can make",
            vec!["serve", "--data", "/proc/auboutique"],
            "choose another with --data",
        ),
        ("a file system that keeps nothing", vec!["serve", "--data", "/sys"], "choose another with --data"),
        (
            "a database of another kind",
            vec!["serve", "--database", "mysql://x"],
            "postgres://USER:PASSWORD@HOST:PORT/NAME",
        ),
        ("an address that is none", vec!["serve", "--database", "postgres://x:y:z@"], "PostgreSQL"),
        (
            "a PostgreSQL nobody runs",
            vec!["serve", "--database", &format!("postgres://rana:hunter2@{nobody}/market")],
            "onnect",
        ),
        (
            "a PostgreSQL that is something else",
            vec!["serve", "--database", &format!("postgres://rana:hunter2@{web}/market")],
            "",
        ),
        (
            "a certificate that is not there",
            vec!["serve", "--tls-cert", "/nothing.pem", "--tls-key", "/nothing.key"],
            "/nothing.pem",
        ),
        ("a certificate that is none", vec!["serve", "--tls-cert", &a_file, "--tls-key", &a_file], "a file"),
        (
            "a certificate that is broken",
            vec!["serve", "--tls-cert", &certificate, "--tls-key", &certificate],
            "certificate.pem",
        ),
        (
            "a port in use",
            vec!["serve", "--listen", busy_ip, "--port", &busy_port],
            "Choose another port with --port",
        ),
        (
            "an address of somebody else",
            vec!["serve", "--listen", "192.0.2.1", "--port", "0"],
            "no address of this machine",
        ),
        (
            "a door that is no address",
            vec!["serve", "--http", "8080"],
            "write it like 127.0.0.1:8080, or off",
        ),
        (
            "a door in use",
            vec!["serve", "--data", &folder("door"), "--port", "0", "--http", &busy],
            "Choose another port with --http",
        ),
        (
            "a door at an address of somebody else",
            vec!["serve", "--data", &folder("door"), "--port", "0", "--http", "192.0.2.1:0"],
            "Choose another with --http",
        ),
        (
            "pages that are found at no URL",
            vec!["serve", "--data", &folder("door"), "--port", "0", "--url", "market.example.edu"],
            "write it like https://market.example.edu",
        ),
        (
            "pages that are found below a path",
            vec!["serve", "--data", &folder("door"), "--port", "0", "--url", "https://example.edu/market"],
            "write it like https://market.example.edu",
        ),
        ("metrics at no address", vec!["serve", "--metrics", "here"], "--metrics"),
        (
            "metrics at an address in use",
            vec!["serve", "--data", &folder("door"), "--port", "0", "--metrics", &busy],
            "Choose another port with --metrics",
        ),
        ("a check for a door that is no address", vec!["doctor", "--http", "8080"], "or off"),
        (
            "a folder another server is on",
            vec!["serve", "--data", &folder("busy"), "--port", "0"],
            "in use by another server",
        ),
        (
            "a database that is none",
            vec!["serve", "--data", &folder("garbage"), "--port", "0"],
            "not a database",
        ),
        ("a folder for a database", vec!["serve", "--data", &folder("folder"), "--port", "0"], "market.db"),
        (
            "a newer database",
            vec!["serve", "--data", &folder("newer"), "--port", "0"],
            "start the newer program",
        ),
        ("a check of nothing", vec!["verify", "--data", &folder("nothing")], "--data"),
        (
            "a check of garbage",
            vec!["verify", "--data", &folder("garbage")],
            "garbage/market.db: file is not a database",
        ),
        (
            "a check of a newer database",
            vec!["verify", "--data", &folder("newer")],
            "start the newer program",
        ),
        ("a check of a file", vec!["verify", "--data", &a_file], "--data"),
        ("a backup of nothing", vec!["backup", &folder("b"), "--data", &folder("nothing")], "--data"),
        ("a backup over a file", vec!["backup", &a_file, "--data", &folder("busy")], "exists already"),
        (
            "a backup over a folder",
            vec!["backup", &folder("busy"), "--data", &folder("busy")],
            "exists already",
        ),
        (
            "a backup into no folder",
            vec!["backup", "/nothing/here", "--data", &folder("busy")],
            "/nothing/here",
        ),
        ("a restore of nothing", vec!["restore", "/nothing", "--data", &folder("r")], "no file /nothing"),
        (
            "a restore of a text",
            vec!["restore", &a_file, "--data", &folder("r")],
            "a file: file is not a database",
        ),
        ("a restore of a sheet", vec!["restore", &huge, "--data", &folder("r")], "not a database"),
        (
            "a restore over a market that runs",
            vec!["restore", &backup, "--data", &folder("busy")],
            "in use by another server",
        ),
        (
            "an operator of nothing",
            vec!["operator", "settings", "--data", &folder("nothing")],
            "auboutique serve",
        ),
        (
            "an operator of garbage",
            vec!["operator", "settings", "--data", &folder("garbage")],
            "not a database",
        ),
        ("a call of nobody", vec!["call", "ping", "--server", &nobody], "Is the server running"),
        ("a call of no host", vec!["call", "ping", "--server", "nohost.invalid:7351"], "nohost.invalid"),
        ("a call without a port", vec!["call", "ping", "--server", "127.0.0.1"], "127.0.0.1"),
        (
            "a call of a port out of range",
            vec!["call", "ping", "--server", "127.0.0.1:70000"],
            "127.0.0.1:70000",
        ),
        (
            "a call of another protocol",
            vec!["call", "ping", "--server", &web],
            "does not speak the AUBoutique protocol",
        ),
        ("a call of somebody who hangs up", vec!["call", "ping", "--server", &gone], "closed"),
        ("a call with TLS where there is none", vec!["call", "ping", "--tls", "--server", &address], "TLS"),
        (
            "a call with no authority",
            vec!["call", "ping", "--ca", "/nothing.pem", "--server", &address],
            "/nothing.pem",
        ),
        ("a call with a text", vec!["call", "ping", "hello", "--server", &address], "JSON object"),
        ("a call with a list", vec!["call", "ping", "[1]", "--server", &address], "JSON object"),
        ("a call with half an object", vec!["call", "ping", "{\"a\":", "--server", &address], "JSON object"),
        ("a call with an id", vec!["call", "ping", "{\"id\":1}", "--server", &address], "must not have"),
        ("an unknown operation", vec!["call", "serach", "--server", &address], "Did you mean \"search\""),
        ("a refused operation", vec!["call", "me", "--server", &address], "Sign in first"),
        (
            "a call too long for a line",
            vec!["call", "ping", &format!("{{\"x\":\"{}\"}}", "x".repeat(70_000)), "--server", &address],
            "longer than",
        ),
        (
            "an import of a file that is not there",
            vec!["import", "/nothing.csv", "--server", &address],
            "/nothing.csv",
        ),
        ("an import of a folder", vec!["import", "/tmp", "--server", &address], "/tmp"),
        ("an import of too much", vec!["import", &huge, "--server", &address], "Split it"),
        ("an import of a text", vec!["import", &a_file, "--server", &address], "title"),
        ("an import of nothing to read", vec!["import", "/dev/null", "--server", &address], "empty"),
        ("an import to nobody", vec!["import", &good, "--yes", "--server", &nobody], "Is the server running"),
        ("an export of nobody", vec!["export", "--server", &address], "Sign in first"),
        ("an export from nobody", vec!["export", "--server", &nobody], "Is the server running"),
        (
            "an unknown setting",
            vec!["operator", "set", "colour", "red", "--data", &folder("busy")],
            "The settings are",
        ),
        (
            "an operator nobody knows",
            vec!["operator", "add", "nobody_here", "--data", &folder("busy")],
            "no such member",
        ),
        (
            "a point nobody knows",
            vec!["operator", "appoint", "nobody_here", "--point", "here", "--data", &folder("busy")],
            "pickup_point",
        ),
        (
            "an operator's call of nothing",
            vec!["operator", "call", "nothing", "--data", &folder("busy")],
            "There is no operation",
        ),
        (
            "an operator's call of a text",
            vec!["operator", "call", "ping", "hello", "--data", &folder("busy")],
            "JSON object",
        ),
        (
            "an account with a weak password",
            vec![
                "operator",
                "add",
                "karim",
                "--name",
                "Karim",
                "--email",
                "k@aub.edu",
                "--data",
                &folder("busy"),
            ],
            "A password has",
        ),
    ] {
        let run = home.run(&arguments);
        run.is_not_done(about);
        assert!(run.err.contains(says), "{about}: it should say {says:?} and says: {}", run.err);
        assert!(!run.err.contains("hunter2") && !run.out.contains("hunter2"), "{about}: {}", run.err);
    }

    let good = home.run(&["restore", &backup, "--data", &folder("restored")]);
    good.is_done();
    let again = home.run(&["restore", &backup, "--data", &folder("restored")]);
    again.is_not_done("a restore over a market");
    assert!(again.err.contains("empty"), "{}", again.err);

    let sessions = home.path(".config/auboutique/sessions.json");
    fs::create_dir_all(sessions.parent().unwrap()).unwrap();
    fs::write(&sessions, "{").unwrap();
    let run = home.run(&["call", "ping", "--server", &address]);
    run.is_not_done("sessions nobody can read");
    assert!(run.err.contains("delete it and log in again"), "{}", run.err);
}

#[test]
fn the_pages_have_a_door_of_their_own_which_can_be_shut_and_the_doctor_looks_at_it() {
    let home = Home::new();
    let data = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let open = home.serve("open", &["--metrics", "127.0.0.1:0"]);
    assert!(open.said["pages"].starts_with("http://127.0.0.1:"), "{:?}", open.said);
    assert!(get(&open.said["pages"], "/healthz").starts_with("HTTP/1.1 200 "));
    assert!(get(&open.said["metrics"], "").starts_with("HTTP/1.1 200 "));
    let named = home.serve("named", &["--url", "https://market.example.edu"]);
    assert_eq!(named.said["pages"], "https://market.example.edu");
    let shut = home.serve("shut", &["--http", "off"]);
    assert_eq!(shut.said.get("pages"), None);
    assert_eq!(shut.said.get("metrics"), None);
    Wire::greeted(TcpStream::connect(shut.address).unwrap()).is_alive();

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let look = |http: &str| home.run(&["doctor", "--port", "0", "--data", &data("new"), "--http", http]);
    let ill = look(&address);
    assert_eq!(ill.status, 1);
    assert!(ill.out.contains("choose another with --http"), "{}", ill.out);
    look("off").is_done();
    look("127.0.0.1:0").is_done();
}

/// `auboutique verify | head` is no reason to panic, whatever is printed.
#[test]
fn a_reader_that_went_away_is_no_reason_to_panic() {
    let home = Home::new();
    let server = home.serve("data", &[]);
    let (address, data) = (server.address.to_string(), home.path("data").to_str().unwrap().to_owned());
    let file = |name: &str| home.path(name).to_str().unwrap().to_owned();
    home.run(&["backup", &file("backup"), "--data", &data]).is_done();
    fs::write(home.path("sheet.csv"), "title,price\nA lamp,10\n").unwrap();
    for arguments in [
        vec!["verify", "--data", &data],
        vec!["doctor", "--data", &data],
        vec!["backup", &file("another"), "--data", &data],
        vec!["restore", &file("backup"), "--data", &file("restored")],
        vec!["serve", "--port", "0", "--data", &file("new")],
        vec!["serve", "--demo", "--port", "0", "--data", &file("demo")],
        vec!["call", "categories", "--server", &address],
        vec!["import", &file("sheet.csv"), "--server", &address],
        vec!["operator", "settings", "--data", &data],
        vec!["--help"],
        vec!["--version"],
    ] {
        // A full disk says no to whatever is written to it.
        let mut command = home.command(&arguments);
        command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{arguments:?}: {err}");
        assert_ne!(output.status.code(), Some(101), "{arguments:?}: {err}");
        assert_ne!(
            output.status.code(),
            Some(124),
            "{arguments:?} goes on although nobody learns where it listens"
        );
    }
}

#[test]
fn a_call_ends_with_0_when_answered_1_when_refused_and_4_when_nobody_answers() {
    let home = Home::new();
    let server = home.serve("data", &[]);
    let address = server.address.to_string();
    let call = |op: &str, parameters: &str| home.run(&["call", op, parameters, "--server", &address]);
    let answered = call("ping", "{}");
    assert_eq!((answered.status, answered.err.as_str()), (0, ""));
    assert!(answered.json()["time"].is_string());
    let refused = call("me", "{}");
    assert_eq!(refused.status, 1);
    assert_eq!(refused.json()["code"], "sign_in_needed");
    assert_eq!(refused.err, "Sign in first: this can only be done by a member.\n");
    assert_eq!(home.run(&["call", "ping", "--server", &nobody()]).status, 4);

    // A session is kept for the next call, per profile, and never printed.
    let joined = home.join(&address, "rana", "default");
    assert_eq!(joined["token"], "kept");
    assert_eq!(call("me", "{}").json()["username"], "rana");
    home.join(&address, "karim", "karim");
    let as_karim = home.run(&["call", "me", "--profile", "karim", "--server", &address]);
    assert_eq!(as_karim.json()["username"], "karim");
    assert_eq!(call("me", "{}").json()["username"], "rana");
    let kept = fs::metadata(home.path(".config/auboutique/sessions.json")).unwrap();
    assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    call("log_out", "{}").is_done();
    assert_eq!(call("me", "{}").status, 1);

    // Asked twice under one key, it is done once.
    let profile = ["--profile", "karim", "--server", address.as_str()];
    let mut lamp = listing("A lamp", 1_000);
    lamp["key"] = Value::from("the-same");
    let [first, second] = [(), ()].map(|()| {
        home.run(&[&["call", "add_listing", lamp.to_string().as_str()][..], &profile[..]].concat()).json()
    });
    assert_eq!(first, second);
    assert_eq!(server.listings_of("karim").len(), 1);
}

// ---- pictures, and what happens ----

#[test]
fn a_picture_goes_with_a_listing_into_a_backup_and_out_of_it_again() {
    let home = Home::new();
    let server = home.serve("data", &[]);
    let address = server.address.to_string();
    home.join(&address, "rana", "default");
    fs::write(home.path("lamp.png"), png(64, 48)).unwrap();
    fs::write(home.path("lamp back.png"), png(48, 64)).unwrap();
    fs::write(home.path("no picture.png"), b"<svg onload=alert(1)>").unwrap();
    let mut lamp = listing("A lamp", 1_000);
    lamp["category"] = Value::from("furniture");
    let lamp = lamp.to_string();
    let add =
        |more: &[&str]| home.run(&[&["call", "add_listing", &lamp, "--server", &address][..], more].concat());
    assert_eq!(add(&[]).json()["code"], "picture_needed");
    let refused = add(&["--picture", "no picture.png"]);
    refused.is_not_done("a file that is no picture");
    assert!(refused.err.contains("no picture.png: This is not a picture"), "{}", refused.err);
    add(&["--picture", "nothing.png"]).is_not_done("a file that is not there");
    let added = add(&["--picture", "lamp.png", "--picture", "lamp back.png"]);
    added.is_done();
    let pictures = added.json()["pictures"].clone();
    assert_eq!((&pictures[0]["width"], &pictures[1]["width"]), (&json!(64), &json!(48)));

    // A sheet names the files beside it.
    let sheet =
        "title,price,category,pictures\nA chair,9,furniture,lamp.png | lamp back.png\nA table,9,furniture,\n";
    fs::write(home.path("sheet.csv"), sheet).unwrap();
    let imported = home.run(&["import", "sheet.csv", "--yes", "--server", &address]);
    assert!(imported.out.contains("1 listings are new on sale"), "{}", imported.out);
    assert!(imported.out.contains("line 3: A listing in this category needs a picture"), "{}", imported.out);

    home.run(&["backup", "market.backup", "--data", "data"]).is_done();
    server.stop();
    assert_eq!(fs::metadata(home.path("data/pictures")).unwrap().permissions().mode() & 0o777, 0o700);
    home.run(&["restore", "market.backup", "--data", "again"]).is_done();
    let verified = home.run(&["verify", "--data", "again"]);
    verified.is_done();
    assert!(
        verified.out.contains(" 2 picture files") || verified.out.contains(" 4 picture files"),
        "{}",
        verified.out
    );
    let server = home.serve("again", &[]);
    let asked = json!({ "picture": pictures[0]["picture"], "size": "large" }).to_string();
    let shown = home.run(&["call", "picture", &asked, "--server", &server.address.to_string()]).json();
    let bytes = data_encoding::BASE64.decode(shown["data"].as_str().unwrap().as_bytes()).unwrap();
    assert!(bytes.starts_with(b"RIFF"), "{shown}");
    assert_eq!(shown["bytes"], json!(bytes.len()));

    // Damage on the disk is found.
    let folder = home.path("again/pictures");
    let shelf = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let file = fs::read_dir(shelf).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, b"something else").unwrap();
    let verified = home.run(&["verify", "--data", "again"]);
    assert_eq!(verified.status, 1);
    assert!(verified.out.contains("wrong: pictures"), "{}", verified.out);
}

#[test]
fn what_happens_is_printed_a_line_each_until_the_session_ends() {
    let home = Home::new();
    let server = home.serve("data", &[]);
    let address = server.address.to_string();
    home.join(&address, "rana", "default");
    let mut listening = home.command(&["call", "listen", "{\"after\":0}", "--server", &address]);
    let mut listening = listening.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["cursor"], 0);
    let lamp = listing("A lamp", 1_000).to_string();
    home.run(&["call", "add_listing", &lamp, "--server", &address]).is_done();
    while next()["event"]["event"] != "listing_published" {}
    home.run(&["call", "log_out", "--server", &address]).is_done();
    let end = loop {
        let line = next();
        if !line["end"].is_null() {
            break line;
        }
    };
    assert_eq!(end["end"]["code"], "session_ended");
    assert_eq!(listening.wait().unwrap().code(), Some(3));
}

// ---- sheets ----

#[test]
fn a_sheet_of_a_thousand_lines_is_shown_then_offered_then_offered_no_second_time() {
    let home = Home::new();
    let server = home.serve("data", &[]);
    let address = server.address.to_string();
    home.join(&address, "rana", "default");
    let sheet = home.path("sheet.csv");
    let (text, bad, titles) = thousand_lines();
    fs::write(&sheet, text).unwrap();
    let import = |more: &[&str]| {
        let file = sheet.to_str().unwrap();
        home.run(&[&["import", file, "--server", &address][..], more].concat())
    };
    let shown = import(&[]);
    assert_eq!(shown.status, 1, "{}", shown.err);
    let problems = |run: &Run| {
        run.out
            .lines()
            .filter_map(|line| line.strip_prefix("line ")?.split(':').next()?.parse().ok())
            .collect()
    };
    let named: BTreeSet<u64> = problems(&shown);
    assert!(bad.iter().all(|line| named.contains(line)), "bad lines {bad:?} are not in {named:?}");
    assert_eq!(named.len(), bad.len() + 5, "the bad lines, and five of the good ones: {}", shown.out);
    assert!(
        shown.out.contains(&format!("{} lines can be imported, {} cannot", titles.len(), bad.len())),
        "{}",
        shown.out
    );
    assert!(shown.out.contains("run it again with --yes"), "{}", shown.out);
    assert_eq!(server.listings_of("rana").len(), 0);

    for (added, known) in [(titles.len(), 0), (0, titles.len())] {
        let done = import(&["--yes"]);
        assert_eq!(done.status, 1, "some lines were not imported: {}", done.err);
        let told =
            format!("{added} listings are new on sale, {known} were there already, {} lines", bad.len());
        assert!(done.out.contains(&told), "{}", done.out);
        let listed: BTreeSet<String> = server
            .listings_of("rana")
            .iter()
            .map(|listing| listing["title"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(listed, titles);
        assert_eq!(server.listings_of("rana").len(), titles.len());
    }
}

#[test]
fn what_is_exported_can_be_imported_elsewhere_and_says_the_same_there() {
    let home = Home::new();
    let (here, there) = (home.serve("here", &[]), home.serve("there", &[]));
    assert_ne!(here.address, there.address);
    let (from, to) = (here.address.to_string(), there.address.to_string());
    home.join(&from, "rana", "default");
    home.join(&to, "rana", "default");
    let (text, _, titles) = thousand_lines();
    let path = |name: &str| home.path(name).to_str().unwrap().to_owned();
    fs::write(path("sheet.csv"), text).unwrap();
    home.run(&["import", &path("sheet.csv"), "--yes", "--server", &from]);
    home.run(&["export", &path("first.csv"), "--server", &from]).is_done();
    let printed = home.run(&["export", "--server", &from]);
    assert_eq!(printed.out.as_bytes(), fs::read(path("first.csv")).unwrap());
    let again = home.run(&["import", &path("first.csv"), "--yes", "--server", &to]);
    assert_eq!(again.status, 0, "{}{}", again.err, again.out);
    home.run(&["export", &path("second.csv"), "--server", &to]).is_done();
    let said = |name: &str| {
        let sheet = csv::read(&fs::read(path(name)).unwrap()).unwrap();
        let mut rows: Vec<String> =
            sheet.rows.into_iter().map(|row| format!("{:?}", row.listing.unwrap())).collect();
        rows.sort();
        rows
    };
    let (first, second) = (said("first.csv"), said("second.csv"));
    assert_eq!(first.len(), titles.len());
    assert_eq!(first, second);
    // Two servers side by side know nothing of each other.
    home.run(&["call", "log_out", "--server", &from]).is_done();
    assert_eq!(home.run(&["call", "me", "--server", &to]).status, 0);
    let refused = home.run(&["export", &path("nothing/third.csv"), "--server", &to]);
    refused.is_not_done("an export into no folder");
    assert!(refused.err.contains("nothing/third.csv"), "{}", refused.err);
}

#[test]
fn a_sheet_of_long_descriptions_is_offered_and_exported_whole() {
    let home = Home::new();
    let server = home.serve("data", &[]);
    let address = server.address.to_string();
    home.join(&address, "rana", "default");
    let path = home.path("sheet.csv");
    let path = path.to_str().unwrap();
    let mut text = "title,price,description\n".to_owned();
    for number in 0..400 {
        writeln!(text, "Lamp {number},10,{}", "🪔".repeat(4_000)).unwrap();
    }
    fs::write(path, text).unwrap();
    let done = home.run(&["import", path, "--yes", "--server", &address]);
    assert_eq!(done.status, 0, "{}{}", done.err, &done.out.chars().take(500).collect::<String>());
    let exported = home.run(&["export", "--server", &address]);
    exported.is_done();
    assert_eq!(csv::read(exported.out.as_bytes()).unwrap().rows.len(), 400);
}

// ---- operators ----

#[test]
fn an_operator_is_made_on_a_market_that_runs_and_on_one_that_does_not() {
    let home = Home::new();
    let data = home.path("data").to_str().unwrap().to_owned();
    let server = home.serve("data", &[]);
    let address = server.address.to_string();
    home.join(&address, "rana", "rana");
    let settings = |profile: &str, address: &str| {
        home.run(&["call", "settings", "--profile", profile, "--server", address]).status
    };
    assert_eq!(settings("rana", &address), 1);
    let made = home.run(&["operator", "add", "rana", "--data", &data]);
    made.is_done();
    assert_eq!(settings("rana", &address), 0);
    let new =
        ["operator", "add", "karim", "--name", "Karim", "--email", "karim@mail.aub.edu", "--data", &data];
    home.run_with(&new, &format!("{PASSWORD}\n")).is_done();
    home.run(&["operator", "set", "commission_basis_points", "500", "--data", &data]).is_done();
    assert!(!home.path("data/console.sock").metadata().unwrap().permissions().readonly());
    server.stop();

    assert!(!home.path("data/console.sock").exists(), "the console outlived its market");
    let settled = home.run(&["operator", "settings", "--data", &data]);
    assert_eq!(settled.json()["commission_basis_points"], 500);
    let new = ["operator", "add", "lina", "--name", "Lina", "--email", "lina@mail.aub.edu", "--data", &data];
    home.run_with(&new, PASSWORD).is_done();
    home.run(&["operator", "remove", "rana", "--data", &data]).is_done();
    home.run(&["verify", "--data", &data]).is_done();
    let appointed = home.run(&["operator", "appoint", "rana", "--data", &data]);
    appointed.is_done();

    let server = home.serve("data", &[]);
    let address = server.address.to_string();
    for name in ["karim", "lina"] {
        let log_in = json!({ "login": name, "password": PASSWORD }).to_string();
        let arguments = ["call", "log_in", "-", "--profile", name, "--server", &address];
        home.run_with(&arguments, &log_in).is_done();
        assert_eq!(settings(name, &address), 0, "{name}");
    }
    home.run(&["operator", "remove", "lina", "--data", &data]).is_done();
    let last = home.run(&["operator", "remove", "karim", "--data", &data]);
    assert_eq!(last.status, 1);
    assert!(last.err.contains("last operator"), "{}", last.err);
    home.run(&["operator", "dismiss", "rana", "--data", &data]).is_done();
    home.run(&["doctor", "--data", &data]).is_done();
}

// ---- a full disk ----

/// `promises.md` T6. The disk is a file system of four megabytes in a mount namespace of the server's own, so it is gone
/// with the server.
#[test]
fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept_and_reading_goes_on() {
    let home = Home::new();
    let disk = home.path("disk");
    fs::create_dir(&disk).unwrap();
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    let script = "mount -t tmpfs -o size=5m none \"$1\" && head -c 1048576 /dev/zero >\"$1/ballast\" && cp \"$1/ballast\" \"$1/more\" && shift && exec \"$@\"";
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(&disk).arg(PROGRAM);
    let data = disk.join("data");
    command.args(["serve", "--port", "0", "--data"]).arg(&data);
    let server = home.start(command);
    let mut wire = Wire::greeted(TcpStream::connect(server.address).unwrap());
    wire.does(
        "register",
        json!({ "name": "Rana", "username": "rana", "email": "rana@aub.edu", "password": PASSWORD }),
    );
    let mut lamp = listing("A lamp", 1_000);
    lamp["description"] = Value::from("a very long description. ".repeat(150));
    let mut kept = BTreeSet::new();
    let mut fill = |wire: &mut Wire| {
        for _ in 0..5_000 {
            let answer = wire.ask("add_listing", lamp.clone());
            match code(&answer) {
                "ok" => drop(kept.insert(answer["reply"]["listing"].as_str().unwrap().to_owned())),
                "disk_full" => return kept.clone(),
                _ => panic!("{answer}"),
            }
        }
        panic!("five megabytes are never full");
    };
    let first = fill(&mut wire);
    assert!(!first.is_empty());
    for _ in 0..20 {
        let still = wire.ask("add_listing", lamp.clone());
        assert!(["disk_full", "ok"].contains(&code(&still)), "{still}");
        wire.does("listings", json!({ "limit": 3 }));
        wire.does("me", json!({}));
    }
    // Whoever runs the market makes room, from outside, and it goes on without being asked.
    let inside = PathBuf::from(format!("/proc/{}/root", server.child.id()));
    let of_server = |path: &Path| inside.join(path.strip_prefix("/").unwrap());
    fs::remove_file(of_server(&disk.join("ballast"))).unwrap();
    let before = server.listings_of("rana").len();
    let second = fill(&mut wire);
    assert!(second.len() > first.len(), "there is room again, and nothing is taken");
    let there: BTreeSet<String> = server
        .listings_of("rana")
        .iter()
        .map(|listing| listing["listing"].as_str().unwrap().to_owned())
        .collect();
    assert!(second.is_subset(&there), "what was acknowledged is not there");
    eprintln!(
        "{} listings until the disk was full, {before} then, {} after room was made",
        first.len(),
        there.len()
    );
    // The disk is where only the server sees it, so whoever checks goes there too.
    let mut check = Command::new("nsenter");
    check.arg(format!("--mount=/proc/{}/ns/mnt", server.child.id()));
    if !is_root() {
        check.args(["--preserve-credentials", &format!("--user=/proc/{}/ns/user", server.child.id())]);
    }
    let verdict = check.arg(PROGRAM).args(["verify", "--data"]).arg(&data).output().unwrap();
    assert!(verdict.status.success(), "{verdict:?}");
    // It is full once more, and once more there is room.
    fs::remove_file(of_server(&disk.join("more"))).unwrap();
    wire.does("change_name", json!({ "name": "Rana" }));
}

// ---- the program ----

const PROGRAM: &str = env!("CARGO_BIN_EXE_auboutique");

/// A home folder of a person who has never run the program.
struct Home {
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
struct Run {
    arguments: String,
    status: i32,
    out: String,
    err: String,
}

impl Run {
    fn is_done(&self) {
        assert_eq!(self.status, 0, "{}: {}{}", self.arguments, self.err, self.out);
        assert!(!self.err.contains("panicked"), "{}: {}", self.arguments, self.err);
    }

    /// It ended with a status, and what it says of it is for people: a sentence of ours, or the usage.
    fn is_not_done(&self, about: &str) {
        let Self { arguments, status, out, err } = self;
        assert!([1, 2, 3, 4].contains(status), "{about}: {arguments} ended with {status}: {err}{out}");
        for noise in ["panicked", "RUST_BACKTRACE", "Error {", "Some(", "Err(", "Os {"] {
            assert!(!err.contains(noise) && !out.contains(noise), "{about}: {err}{out}");
        }
        let said: Vec<&str> = err.lines().filter(|line| !line.contains(" WARN ")).collect();
        assert!(!said.is_empty(), "{about}: {arguments} says nothing");
        if *status != 2 {
            assert_eq!(said.len(), 1, "{about}: {err}");
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Home {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with nothing of this machine's settings, ended after a while if it does not end.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", "240", PROGRAM]).args(arguments);
        self.at_home(&mut command);
        command
    }

    fn at_home(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"AUBOUTIQUE")
                || name.as_encoded_bytes().starts_with(b"XDG_")
            {
                command.env_remove(name);
            }
        }
        // Many of them run at the same time.
        command.env("AUBOUTIQUE_HTTP", "127.0.0.1:0");
        command.env("HOME", self.folder.path()).env_remove("RUST_LOG").current_dir(self.folder.path());
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// Runs it with this on its standard input.
    fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may end without reading it.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let arguments = arguments.join(" ").chars().take(200).collect();
        Run {
            arguments,
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// A market on that folder and a free port.
    fn serve(&self, folder: &str, more: &[&str]) -> Server {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--port", "0", "--data"]).arg(self.path(folder)).args(more);
        self.start(command)
    }

    fn start(&self, mut command: Command) -> Server {
        self.at_home(&mut command);
        let log = fs::File::create(self.path("log")).unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Server { child, address: nowhere, said: BTreeMap::new() };
        for line in lines.by_ref().map_while(Result::ok).take_while(|line| !line.starts_with("Ctrl-C")) {
            if let Some((what, said)) = line.trim().split_once("  ") {
                server.said.insert(what.to_owned(), said.trim().to_owned());
            }
        }
        let Some(address) = server.said.get("protocol") else {
            panic!("the market does not open: {}", fs::read_to_string(self.path("log")).unwrap());
        };
        server.address = address.parse().unwrap();
        // What else it prints is let go, so that it can never wait for its reader.
        std::thread::spawn(move || lines.for_each(drop));
        server
    }

    /// Somebody joins from the command line; the password goes in by standard input.
    fn join(&self, server: &str, name: &str, profile: &str) -> Value {
        let email = format!("{name}@mail.aub.edu");
        let said = json!({ "name": name, "username": name, "email": email, "password": PASSWORD });
        let arguments = ["call", "register", "-", "--profile", profile, "--server", server];
        let joined = self.run_with(&arguments, &said.to_string());
        joined.is_done();
        joined.json()
    }
}

/// A market that runs; it ends with the test.
struct Server {
    child: Child,
    address: SocketAddr,
    /// Where it says that everything is.
    said: BTreeMap<String, String>,
}

impl Server {
    /// Asks it to end in good order, and waits.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// What everybody sees of a member's listings.
    fn listings_of(&self, username: &str) -> Vec<Value> {
        let mut wire = Wire::greeted(TcpStream::connect(self.address).unwrap());
        let (mut rows, mut after) = (Vec::new(), Value::Null);
        loop {
            let asked = json!({ "username": username, "limit": 100, "after": after });
            let page = wire.does("listings_of", asked);
            rows.extend(page["rows"].as_array().unwrap().iter().cloned());
            after = page["next"].clone();
            if after.is_null() {
                return rows;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended cannot be ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

// ---- the rest of the world ----

/// An address on which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// What is answered at a URL of this machine.
fn get(url: &str, path: &str) -> String {
    let url = format!("{url}{path}");
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The address of somebody who says this to whoever comes, and hangs up.
fn another_protocol(words: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Whoever came may be gone.
            drop(stream.write_all(words));
            if !words.is_empty() {
                drop(stream.shutdown(std::net::Shutdown::Write));
                drop(stream.read_to_end(&mut Vec::new()));
            }
        }
    });
    address
}

/// A database as a program of the future leaves it.
fn newer(file: &Path) {
    let home = Home::new();
    home.serve("data", &[]).stop();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::copy(home.path("data/market.db"), file).unwrap();
    let database = rusqlite::Connection::open(file).unwrap();
    database.execute("INSERT INTO migrations (version, name, at) VALUES (999, 'the future', 0)", []).unwrap();
}

/// A thousand good lines as a spreadsheet program of a French machine writes them, with bad ones among them: the sheet,
/// the numbers of the bad lines, and the titles of the good ones.
fn thousand_lines() -> (Vec<u8>, BTreeSet<u64>, BTreeSet<String>) {
    let mut text = "\u{feff}Titre;Description;Prix;Devise;Catégorie;État;Remarque\r\n".to_owned();
    let (mut bad, mut titles, mut line) = (BTreeSet::new(), BTreeSet::new(), 2);
    for number in 0..1_000 {
        let (title, cells) = match number % 5 {
            0 => (format!("كتاب الفيزياء {number}"), "\"سطر أول\nسطر ثان\";12,50;USD;كتب;جيد;".to_owned()),
            1 => (
                format!("Lampe d’été n° {number}"),
                "à l’état neuf; 1 250,50 ;USD;Études;comme neuf;x".to_owned(),
            ),
            2 => (format!("He said \"yes\" {number}"), "\"a; semicolon, a \"\"quote\"\"\";7;;;;".to_owned()),
            3 => (format!("Calculator {number}"), "\"three\r\nlines\r\n\";350000;LBP;Other;fair;".to_owned()),
            _ => (format!("=1+{number} {}", "é".repeat(60)), ";٥٠;USD;;;".to_owned()),
        };
        let row = format!("\"{}\";{cells}\r\n", title.replace('"', "\"\""));
        line += u64::try_from(row.matches('\n').count()).unwrap();
        text.push_str(&row);
        titles.insert(title);
        if number % 100 == 50 {
            let broken = [
                "No price;;;USD;;;",
                "No number;;ten;USD;;;",
                "Too dear;;999999999999999;USD;;;",
                "Too fine;;1,234567;USD;;;",
                "For nothing;;0;USD;;;",
                "In francs;;5;FRF;;;",
                "On no shelf;;5;USD;shelf;;",
                ";no title;5;USD;;;",
                "ab;;5;USD;;;",
                "Worn;;5;USD;books;eaten by a dog;",
            ][number / 100];
            text.push_str(broken);
            text.push_str("\r\n");
            bad.insert(line);
            line += 1;
        }
    }
    (text.into_bytes(), bad, titles)
}
