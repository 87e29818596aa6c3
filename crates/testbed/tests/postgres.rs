//! The private PostgreSQL cluster keeps its promises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use auboutique_testbed::postgres::{self, Cluster};

#[test]
fn two_calls_give_two_databases_and_neither_sees_the_tables_of_the_other() {
    let (first, second) = (postgres::database_url(), postgres::database_url());
    assert_ne!(first, second);

    postgres::sql(&first, "CREATE TABLE listings (id TEXT)");

    assert_eq!(tables_in(&first), "listings");
    assert_eq!(tables_in(&second), "");
}

#[test]
fn many_tests_may_ask_for_a_database_at_the_same_moment() {
    let mut urls: Vec<String> = thread::scope(|scope| {
        let askers: Vec<_> = (0..8).map(|_| scope.spawn(postgres::database_url)).collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).collect()
    });
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 8);
}

#[test]
fn the_cluster_is_as_durable_as_a_real_one_and_speaks_utf8() {
    let url = postgres::database_url();
    for (setting, expected) in [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "200"),
        ("server_encoding", "UTF8"),
        ("listen_addresses", "127.0.0.1"),
    ] {
        assert_eq!(postgres::sql(&url, &format!("SHOW {setting}")), expected, "{setting}");
    }
    assert_eq!(postgres::sql(&url, "SELECT 'بيروت'"), "بيروت");
}

#[test]
fn what_was_committed_survives_a_crash_of_the_cluster() {
    let cluster = Cluster::start();
    let url = cluster.new_database();
    postgres::sql(&url, "CREATE TABLE bids (amount BIGINT); INSERT INTO bids VALUES (1100)");

    cluster.crash_and_recover();

    assert_eq!(postgres::sql(&url, "SELECT amount FROM bids"), "1100");
}

#[test]
fn a_dropped_cluster_is_gone() {
    let cluster = Cluster::start();
    let remains = Remains::of(&cluster);
    assert_eq!(remains.found(), ["its folder", "its port", "its process"]);

    drop(cluster);

    remains.vanish();
}

#[test]
fn the_cluster_goes_away_with_its_process_when_that_is_killed_with_sigkill() {
    if plays_the_child() {
        println!("{}", Remains::of(postgres::cluster()).to_line());
        loop {
            thread::park();
        }
    }
    let (mut child, remains) =
        child_with_a_cluster("the_cluster_goes_away_with_its_process_when_that_is_killed_with_sigkill");
    assert_eq!(remains.found(), ["its folder", "its port", "its process"]);

    child.kill().unwrap();
    child.wait().unwrap();

    remains.vanish();
}

#[test]
fn the_cluster_goes_away_with_its_process_when_that_panics() {
    if plays_the_child() {
        println!("{}", Remains::of(postgres::cluster()).to_line());
        panic!("this panic is part of the test");
    }
    let (mut child, remains) =
        child_with_a_cluster("the_cluster_goes_away_with_its_process_when_that_panics");

    assert!(!child.wait().unwrap().success());

    remains.vanish();
}

fn tables_in(url: &str) -> String {
    postgres::sql(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
}

/// Set for the copy of this test binary that a test starts in order to see it end.
const CHILD: &str = "AUBOUTIQUE_TESTBED_CHILD";

fn plays_the_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Runs `test` in a process of its own, and answers that process with what its cluster would leave behind.
fn child_with_a_cluster(test: &str) -> (Child, Remains) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let remains = lines.find_map(|line| Remains::from_line(&line.unwrap()));
    // Whatever else the child prints has a reader until it ends.
    thread::spawn(move || lines.for_each(drop));
    (child, remains.expect("the child should print where its cluster is"))
}

/// What a cluster would leave behind if nobody cleaned up.
#[derive(Debug)]
struct Remains {
    folder: PathBuf,
    port: u16,
    process: u32,
}

impl Remains {
    fn of(cluster: &Cluster) -> Self {
        let url = cluster.url();
        let port = url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap();
        let lines = postgres::sql(&url, "SELECT pg_read_file('postmaster.pid')");
        let process = lines.lines().next().unwrap().parse().unwrap();
        Self { folder: cluster.folder().to_owned(), port, process }
    }

    fn to_line(&self) -> String {
        format!("cluster|{}|{}|{}", self.folder.display(), self.port, self.process)
    }

    /// Reads [`Self::to_line`] back; the test harness may have written something before it on the same line.
    fn from_line(line: &str) -> Option<Self> {
        let mut words = line[line.find("cluster|")?..].split('|').skip(1);
        let folder = PathBuf::from(words.next()?);
        Some(Self { folder, port: words.next()?.parse().ok()?, process: words.next()?.parse().ok()? })
    }

    /// What is still there.
    fn found(&self) -> Vec<&'static str> {
        [
            (self.folder.exists(), "its folder"),
            (TcpStream::connect(("127.0.0.1", self.port)).is_ok(), "its port"),
            (is_running(self.process), "its process"),
        ]
        .into_iter()
        .filter_map(|(is_there, what)| is_there.then_some(what))
        .collect()
    }

    /// Waits until nothing is there any more.
    #[expect(
        clippy::disallowed_methods,
        reason = "another process's end can only be polled for, with a deadline"
    )]
    fn vanish(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.found().is_empty() {
            assert!(Instant::now() < deadline, "still there: {:?} of {self:?}", self.found());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether a process runs. One that has ended may stay listed as `Z` for as long as its parent does not look.
fn is_running(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}
