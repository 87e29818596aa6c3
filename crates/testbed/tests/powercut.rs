//! Proves the power cuts on SQLite itself, of which is known what survives them at each setting.
//!
//! The program that is recorded is this test's own, run again: the test
//! `the_recorded_program_inserts_and_acknowledges` does nothing unless an environment variable tells it what
//! to do.
#![expect(clippy::unwrap_used, reason = "a test fails where something does not work out")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use auboutique_testbed::powercut::{CrashState, Recording, recorded, traced};
use rusqlite::Connection;

/// What to do as the recorded program: a journal mode, a synchronous setting, and an address to acknowledge
/// to or nothing to acknowledge on the standard output.
const ORDERS: &str = "POWERCUT_ORDERS";
/// The folder for the recorded program's database.
const FOLDER: &str = "POWERCUT_FOLDER";
const THREADS: u64 = 2;
const ROWS_EACH: u64 = 150;

/// The contents of a row, by which a wrong one is told from a right one.
fn body(id: u64) -> Vec<u8> {
    (0..200 + id * 37 % 3000).map(|at| (at * 7 + id) as u8).collect()
}

#[test]
fn the_recorded_program_inserts_and_acknowledges() {
    let Ok(orders) = env::var(ORDERS) else { return };
    let [journal, synchronous, address] = orders.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let path = Path::new(&env::var_os(FOLDER).unwrap()).join("rows.db");
    let client: Mutex<Box<dyn Write + Send>> = Mutex::new(match address {
        "stdout" => Box::new(std::io::stdout()),
        address => Box::new(TcpStream::connect(address).unwrap()),
    });
    let open = || {
        let database = Connection::open(&path).unwrap();
        database.busy_timeout(Duration::from_secs(60)).unwrap();
        database.pragma_update(None, "journal_mode", journal).unwrap();
        database.pragma_update(None, "synchronous", synchronous).unwrap();
        // Checkpoints come often, so that there are cuts in the middle of many.
        database.pragma_update(None, "wal_autocheckpoint", 40).unwrap();
        database
    };
    let first = open();
    first.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL)").unwrap();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (open, client) = (&open, &client);
            scope.spawn(move || {
                let database = open();
                for id in (0..ROWS_EACH).map(|row| row * THREADS + number) {
                    database
                        .execute("INSERT INTO rows (id, body) VALUES (?1, ?2)", (id as i64, body(id)))
                        .unwrap();
                    client.lock().unwrap().write_all(format!("ack {id}\n").as_bytes()).unwrap();
                }
            });
        }
    });
}

/// The identities in bytes that the recorded program sent.
fn acknowledged(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    // The words before are what the test harness says on the same line.
    text.lines().filter_map(|line| Some(line.split_once("ack ")?.1.to_owned())).collect()
}

/// Records the program with these settings, and proves that the recording misses nothing it did.
fn record(journal: &str, synchronous: &str, over_network: bool) -> Recording {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, log) = (scratch.path().join("data"), scratch.path().join("log"));
    fs::create_dir(&folder).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = match over_network {
        true => listener.local_addr().unwrap().to_string(),
        false => "stdout".to_owned(),
    };
    let args = ["--exact", "the_recorded_program_inserts_and_acknowledges", "--nocapture"].map(OsStr::new);
    let program = recorded(&env::current_exe().unwrap(), &args, &log)
        .env(ORDERS, format!("{journal} {synchronous} {address}"))
        .env(FOLDER, &folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("strace should be installed");
    let mut received = String::new();
    if over_network {
        listener.accept().unwrap().0.read_to_string(&mut received).unwrap();
    }
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "the recorded program failed");
    received.push_str(&String::from_utf8(output.stdout).unwrap());

    let recording = Recording::read(&log, &folder, acknowledged).unwrap();
    assert_eq!(recording.acknowledgements() as u64, THREADS * ROWS_EACH);
    assert_eq!(received.matches("ack ").count(), recording.acknowledgements());
    let files: BTreeMap<PathBuf, Vec<u8>> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (PathBuf::from(path.file_name().unwrap()), fs::read(&path).unwrap()))
        .collect();
    assert!(recording.everything() == files, "the recording does not lead to the files there are");
    recording
}

/// What SQLite makes of a crash state.
#[derive(Debug, PartialEq)]
enum Found {
    Whole,
    /// Rows that were acknowledged are not there.
    Lost(usize),
    Broken(String),
}

fn look(state: &CrashState) -> Found {
    let scratch = tempfile::tempdir().unwrap();
    state.write_to(scratch.path()).unwrap();
    let rows = || -> rusqlite::Result<BTreeSet<String>> {
        let database = Connection::open(scratch.path().join("rows.db"))?;
        // What recovery writes is thrown away, so it need not be waited for.
        database.pragma_update(None, "synchronous", "OFF")?;
        let integrity: String = database.query_row("PRAGMA integrity_check", (), |row| row.get(0))?;
        if integrity != "ok" {
            return Err(rusqlite::Error::InvalidColumnName(integrity));
        }
        let exists = "SELECT count(*) FROM sqlite_schema WHERE name = 'rows'";
        if database.query_row(exists, (), |row| row.get::<_, i64>(0))? == 0 {
            return Ok(BTreeSet::new());
        }
        let mut query = database.prepare("SELECT id, body FROM rows")?;
        let rows = query.query_map((), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        rows.map(|row| {
            row.and_then(|(id, found)| match found == body(id as u64) {
                true => Ok(id.to_string()),
                false => Err(rusqlite::Error::InvalidColumnName(format!("row {id} has a wrong body"))),
            })
        })
        .collect()
    };
    match rows() {
        Err(error) => Found::Broken(error.to_string()),
        Ok(rows) => match state.acknowledged().iter().filter(|id| !rows.contains(*id)).count() {
            0 => Found::Whole,
            lost => Found::Lost(lost),
        },
    }
}

/// How many of 500 crash states lack something acknowledged, and how many are broken.
fn tally(recording: &Recording) -> (usize, usize) {
    let (mut lost, mut broken) = (0, 0);
    for state in recording.crash_states(2, 500) {
        match look(&state) {
            Found::Whole => {}
            Found::Lost(_) => lost += 1,
            Found::Broken(_) => broken += 1,
        }
    }
    (lost, broken)
}

/// Demands that nothing acknowledged is lost and nothing broken in 500 crash states.
fn assert_durable(recording: &Recording) {
    for state in recording.crash_states(1, 500) {
        assert_eq!(look(&state), Found::Whole, "{state}");
    }
}

#[test]
fn a_wal_synced_at_every_commit_loses_nothing_acknowledged() {
    assert_durable(&record("WAL", "FULL", true));
}

#[test]
fn a_rollback_journal_whose_directory_is_synced_loses_nothing_acknowledged() {
    assert_durable(&record("DELETE", "EXTRA", false));
}

#[test]
fn a_rollback_journal_whose_removal_is_not_synced_loses_what_was_acknowledged_last() {
    let (lost, broken) = tally(&record("DELETE", "FULL", false));
    assert!(lost > 0);
    assert_eq!(broken, 0);
}

#[test]
fn a_wal_synced_only_at_checkpoints_loses_what_was_acknowledged_but_is_not_broken() {
    let (lost, broken) = tally(&record("WAL", "NORMAL", false));
    assert!(lost > 0);
    assert_eq!(broken, 0);
}

#[test]
fn a_database_never_synced_is_broken_or_loses_what_was_acknowledged() {
    let (lost, broken) = tally(&record("WAL", "OFF", true));
    assert!(lost > 0);
    assert!(broken > 0);
}

#[test]
fn the_same_seed_gives_the_same_crash_states() {
    let recording = record("WAL", "NORMAL", true);
    let states = |seed| recording.crash_states(seed, 60).collect::<Vec<_>>();
    let same = |one: &CrashState, other: &CrashState| {
        one.cut_after == other.cut_after
            && one.seed == other.seed
            && one.files == other.files
            && one.acknowledged() == other.acknowledged()
    };
    let (first, second, third) = (states(5), states(5), states(6));
    assert_eq!((first.len(), second.len()), (60, 60));
    assert!(first.iter().zip(&second).all(|(one, other)| same(one, other)));
    assert!(!first.iter().zip(&third).all(|(one, other)| same(one, other)));
    assert!(first.iter().all(|state| same(state, &recording.crash_state(state.cut_after, state.seed))));
}

#[test]
fn the_recorded_program_can_be_ended_by_its_own_process_number() {
    let scratch = tempfile::tempdir().unwrap();
    let mut strace = recorded(Path::new("/bin/cat"), &[], &scratch.path().join("log"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // What comes back has been through the program, so that it must be running.
    strace.stdin.as_mut().unwrap().write_all(b"!").unwrap();
    strace.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let program = traced(&strace).unwrap();
    assert_eq!(fs::read_to_string(format!("/proc/{program}/comm")).unwrap(), "cat\n");
    assert!(Command::new("kill").arg(program.to_string()).status().unwrap().success());
    assert!(!strace.wait().unwrap().success());
}

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
#[test]
fn two_thousand_crash_states_are_built_in_well_under_a_minute() {
    let recording = record("WAL", "FULL", false);
    let started = Instant::now();
    assert_eq!(recording.crash_states(3, 2000).count(), 2000);
    assert!(started.elapsed() < Duration::from_secs(30));
}
