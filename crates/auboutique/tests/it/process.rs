//! The real program as a process of its own, people who trade on it over sockets, and what they remember of it.
//!
//! ```text
//!  Site ──seed──▶ market.db ◀── auboutique serve ◀── sockets ◀── trade: eight people, each with a history
//!                                  kill, SIGTERM, strace                   │
//!                 a fresh start ◀──────────────── ask_again, under the same keys
//! ```
//!
//! A [`Site`] is a place for a market: a data folder, and a PostgreSQL database if it is to run on one. People are made
//! ahead of time through the market itself, so that no password is ever hashed. What they [`trade`] is kept as [`Ask`]s:
//! the history of the client's side, on which everything that is asserted of the server rests.

#![expect(clippy::unwrap_used, reason = "a run that cannot go on has failed, and says where")]
#![expect(
    clippy::disallowed_methods,
    reason = "how long a process takes to start and to end is measured here"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, thread};

use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::member::{Email, Secret, Username};
use auboutique_domain::pickup::PickupPointDraft;
use auboutique_domain::{Command as Order, Currency, Price, Reply};
use auboutique_market::env::SystemEnv;
use auboutique_market::{Caller, Location, Market, Options, verify};
use auboutique_terminal::{Client, ClientError, Tls};
use auboutique_testbed::postgres;
use auboutique_testbed::powercut::{CrashState, Recording, recorded, traced};
use auboutique_wire::json::Outcome;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many people trade, each on a connection of their own.
const PEOPLE: usize = 8;
/// How many requests of one person are under way.
const WINDOW: usize = 4;
/// How many requests of one person are under way when everything is asked again.
const AGAIN_WINDOW: usize = 64;

// ---- the place ----

/// A place for a market.
pub(crate) struct Site {
    home: TempDir,
    database: Option<String>,
    plant: Option<&'static str>,
}

impl Site {
    /// An empty data folder, on SQLite.
    pub(crate) fn on_sqlite() -> Self {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join("data")).unwrap();
        Self { home, database: None, plant: None }
    }

    /// An empty data folder, and an empty database of PostgreSQL.
    pub(crate) fn on_postgres() -> Self {
        Self { database: Some(postgres::database_url()), ..Self::on_sqlite() }
    }

    /// The same place, for a program with this defect in it.
    pub(crate) fn planted(self, plant: Option<&'static str>) -> Self {
        Self { plant, ..self }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub(crate) fn location(&self) -> Location {
        match &self.database {
            Some(url) => url.parse().unwrap(),
            None => Location::Sqlite(self.folder().join("market.db")),
        }
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("log")
    }

    fn words(&self, verb: &[&str]) -> Vec<OsString> {
        let mut words: Vec<OsString> = verb.iter().map(OsString::from).collect();
        words.extend(["--data".into(), self.folder().into_os_string()]);
        if let Some(url) = &self.database {
            words.extend(["--database".into(), url.into()]);
        }
        words
    }

    /// The program's verb, away from the settings of whoever runs the tests.
    fn surround(&self, command: &mut Command) {
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"AUBOUTIQUE_") {
                command.env_remove(name);
            }
        }
        if let Some(plant) = self.plant {
            command.env("AUBOUTIQUE_PLANT", plant);
        }
        // Many of them run at the same time.
        command.env("AUBOUTIQUE_HTTP", "127.0.0.1:0");
        command.env("RUST_LOG", "info").stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::options().append(true).create(true).open(self.log()).unwrap());
    }

    /// Starts the program, and waits until it answers.
    pub(crate) fn start(&self) -> Server {
        self.start_on("0")
    }

    /// The same on that port.
    pub(crate) fn start_on(&self, port: &str) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auboutique"));
        command.args(self.words(&["serve", "--port", port]));
        self.run(command, false)
    }

    /// The same with these words more.
    pub(crate) fn start_with(&self, words: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auboutique"));
        command.args(self.words(&["serve", "--port", "0"])).args(words);
        self.run(command, false)
    }

    /// The same under strace, which records to `log`.
    pub(crate) fn start_recorded(&self, log: &Path) -> Server {
        let words = self.words(&["serve", "--port", "0"]);
        let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
        self.run(recorded(Path::new(env!("CARGO_BIN_EXE_auboutique")), &words, log), true)
    }

    /// The same with a clock that is as far from the machine's as that file says, whenever it says something else. Only
    /// the clock on the wall can be set: the one that measures how time passes is the machine's.
    pub(crate) fn start_with_clock(&self, file: &Path) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auboutique"));
        command.args(self.words(&["serve", "--port", "0"]));
        command.env("LD_PRELOAD", faketime()).env("FAKETIME_TIMESTAMP_FILE", file);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        self.run(command, false)
    }

    fn run(&self, mut command: Command, is_recorded: bool) -> Server {
        self.surround(&mut command);
        let started = Instant::now();
        let mut process = command.spawn().expect("strace should be installed");
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (tell, said) = mpsc::channel();
        let mut server = Server {
            address: String::new(),
            pages: String::new(),
            ready_after: Duration::ZERO,
            process: Some(process),
            is_recorded,
            said,
        };
        // The channel closes when the program's output does: that is how its end is waited for.
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                drop(tell.send(line));
            }
        });
        while server.address.is_empty() {
            match server.said.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let line = line.trim();
                    if let Some(url) = line.strip_prefix("pages ") {
                        url.trim().clone_into(&mut server.pages);
                    } else if let Some(address) = line.strip_prefix("protocol ") {
                        address.trim().clone_into(&mut server.address);
                    }
                }
                Err(error) => panic!("the program does not open: {error}\n{}", self.last_of_log()),
            }
        }
        let mut client = Client::connect(&server.address, &Tls::Off).unwrap();
        assert!(matches!(client.call("ping", Map::new()).unwrap(), Outcome::Reply(_)));
        // It is said where the pages are before anything else, and they are there.
        let pages = server.pages.strip_prefix("http://").expect("the pages have an address");
        assert!(TcpStream::connect(pages).is_ok(), "nobody is at {}", server.pages);
        server.ready_after = started.elapsed();
        server
    }

    /// The last lines the program logged.
    pub(crate) fn last_of_log(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Runs `auboutique verify`: whether it ended well, and what it said.
    pub(crate) fn verify(&self) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auboutique"));
        command.args(self.words(&["verify"]));
        self.surround(&mut command);
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    /// Asks something of the console of the market that is running, and reads what it says.
    pub(crate) fn console(&self, op: &str) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auboutique"));
        command.args(self.words(&["operator", "call", op]));
        self.surround(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{op}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Looks into the database from outside: the first column of every row.
    pub(crate) fn column(&self, sql: &str) -> BTreeSet<String> {
        match self.location() {
            Location::Postgres(url) => postgres::sql(&url, sql).lines().map(str::to_owned).collect(),
            Location::Sqlite(file) => column_of_file(&file, sql).unwrap(),
        }
    }

    /// Fills the empty market with people and with things to buy.
    pub(crate) fn seed(&self, people: usize, offers: usize) -> Town {
        let market = Market::open(&Options::new(self.location()), Arc::new(SystemEnv::new())).unwrap();
        let point = market.ask_now(Caller::CONSOLE, |view| view.pickup_points()).unwrap().remove(0).point;
        let opening = BTreeMap::from(point.opening);
        let (name, address, zone) = (&point.name, &point.address, &point.time_zone);
        let draft = PickupPointDraft::new(name, address, zone, &opening, 10_000).unwrap();
        market.run_now(Caller::CONSOLE, Order::ChangePickupPoint { pickup_point: point.id, draft }).unwrap();
        let mut town = Town { tokens: Vec::new(), offers: Mutex::default() };
        for number in 0..people {
            let name = format!("trader{number}");
            let join = Order::Register {
                name: name.clone(),
                username: Username::parse(&name).unwrap(),
                email: Email::parse(&format!("{name}@mail.aub.edu")).unwrap(),
                password: Secret::new("nobody signs in with this".to_owned()),
            };
            let Reply::Account(account) = market.run_now(Caller::VISITOR, join).unwrap() else {
                panic!("registering shows the account");
            };
            let (session, token) = market.start_session_at_console(account.id).unwrap();
            town.tokens.push(token.reveal().to_owned());
            for place in (number..offers).step_by(people) {
                let title = format!("Thing {place}");
                let price = Price::new(cents(place), Currency::Usd).unwrap();
                let draft = ListingDraft::new(&title, "", price, Category::Books, Condition::Good, None);
                let add = Order::AddListing { draft: draft.unwrap() };
                match market.run_now(Caller::member(session.session), add).unwrap() {
                    Reply::Listing(view) => {
                        let listing = view.listing.to_string();
                        town.offers.lock().unwrap().push(Offer {
                            listing,
                            cents: cents(place),
                            seller: number,
                        });
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        market.close();
        drop(market);
        self.settle();
        town
    }

    /// Changes a setting of the market that is not running.
    pub(crate) fn set(&self, name: &str, value: &str) {
        let market = Market::open(&Options::new(self.location()), Arc::new(SystemEnv::new())).unwrap();
        let change = Order::ChangeSetting { name: name.to_owned(), value: value.to_owned() };
        market.run_now(Caller::CONSOLE, change).unwrap();
        market.close();
        drop(market);
        self.settle();
    }

    /// Waits until every connection of this process to the file is closed, and nothing is left beside it.
    pub(crate) fn settle(&self) {
        let Location::Sqlite(file) = self.location() else { return };
        let deadline = Instant::now() + PATIENCE;
        while file.with_extension("db-wal").exists() {
            assert!(Instant::now() < deadline, "the market does not let go of its file");
            // The last one to close the file takes the log with it, if it may write.
            let last = rusqlite::Connection::open(&file).unwrap();
            last.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
        }
    }
}

/// Debian's library that stands between a program and its clock.
fn faketime() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let library = |folder: PathBuf| folder.join("faketime/libfaketimeMT.so.1");
    let found = folders.map(library).find(|library| library.is_file());
    found.expect("the clock cannot be set: install the Debian package `faketime`, as `cargo xtask test` does")
}

fn column_of_file(file: &Path, sql: &str) -> rusqlite::Result<BTreeSet<String>> {
    let database = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = database.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Some price, by the number of the thing.
fn cents(place: usize) -> i64 {
    100 + i64::try_from(place % 900).unwrap() * 7
}

// ---- the process ----

/// A running program. It ends when this is dropped.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: String,
    /// Where people find its pages.
    pub(crate) pages: String,
    /// How long it took from the start of the process to its first answer.
    pub(crate) ready_after: Duration,
    process: Option<Child>,
    is_recorded: bool,
    said: Receiver<String>,
}

impl Server {
    fn signal(&self, name: &str) {
        let Some(process) = &self.process else { return };
        // Killing strace would let the program run on.
        let number = if self.is_recorded { traced(process).ok() } else { Some(process.id()) };
        if let Some(number) = number {
            Command::new("kill").arg(name).arg(number.to_string()).status().unwrap();
        }
    }

    /// The most memory it ever had, all of it, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        let number = self.process.as_ref().unwrap().id();
        let status = fs::read_to_string(format!("/proc/{number}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        self.signal("-KILL");
        if let Some(mut process) = self.process.take() {
            process.wait().unwrap();
        }
    }

    /// Asks it to end, and returns without waiting.
    pub(crate) fn ask_to_end(&self) {
        self.signal("-TERM");
    }

    /// Waits for its end.
    pub(crate) fn end_within(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            match self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the program does not end within {patience:?}"),
            }
        }
        self.process.take().unwrap().wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("-KILL");
        if let Some(process) = &mut self.process {
            // Only of use when strace has not started the program yet, or has ended by itself.
            drop(process.kill());
            drop(process.wait());
        }
    }
}

// ---- the people ----

/// Who trades, and what there is to buy.
pub(crate) struct Town {
    /// By which each of them signs in.
    pub(crate) tokens: Vec<String>,
    /// What nobody has taken yet.
    pub(crate) offers: Mutex<Vec<Offer>>,
}

/// Something to buy.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) listing: String,
    pub(crate) cents: i64,
    pub(crate) seller: usize,
}

impl Offer {
    /// The parameters of buying it.
    pub(crate) fn buying(&self) -> Map<String, Value> {
        object(json!({ "listing": self.listing, "price": { "minor": self.cents, "currency": "USD" } }))
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// What somebody asked, and what they know came of it.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    person: usize,
    pub(crate) round: u64,
    key: String,
    pub(crate) op: &'static str,
    fields: Map<String, Value>,
    pub(crate) known: Known,
}

/// What a client knows came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// It was done, and this is the order or the listing that came of it.
    Done(String),
    /// The rules said no, with this code.
    Refused(String),
    /// It was sent, and no answer came or none that tells.
    Unknown,
}

impl Ask {
    /// The order or the listing that is known to have come of it.
    pub(crate) fn done(&self) -> Option<&str> {
        match &self.known {
            Known::Done(id) => Some(id),
            Known::Refused(_) | Known::Unknown => None,
        }
    }

    fn request(&self) -> Map<String, Value> {
        let mut request = self.fields.clone();
        request.insert("key".to_owned(), Value::from(self.key.clone()));
        request
    }
}

/// The orders that are known to have been placed.
pub(crate) fn orders(asks: &[Ask]) -> BTreeSet<String> {
    asks.iter().filter(|ask| ask.op == "buy").filter_map(Ask::done).map(str::to_owned).collect()
}

/// What a code says of a no.
pub(crate) fn code(no: &Value) -> &str {
    no["code"].as_str().unwrap_or_default()
}

/// The order or the listing that a reply shows.
fn subject(reply: &Value) -> Option<&str> {
    reply.get("order").or_else(|| reply.get("listing")).and_then(Value::as_str)
}

fn learn(outcome: &Outcome) -> Known {
    match outcome {
        Outcome::Reply(reply) => Known::Done(subject(reply).unwrap().to_owned()),
        Outcome::Refused(no) => Known::Refused(code(no).to_owned()),
        Outcome::Busy(_) | Outcome::Broken(_) => Known::Unknown,
    }
}

impl Town {
    /// Connects, as that person.
    pub(crate) fn sign_in(&self, address: &str, person: usize) -> Result<Client, ClientError> {
        let mut client = Client::connect(address, &Tls::Off)?;
        match client.call("resume", object(json!({ "token": self.tokens[person] })))? {
            Outcome::Reply(_) => Ok(client),
            Outcome::Busy(no) if code(&no) == "closing" => {
                Err(ClientError::Lost(std::io::ErrorKind::UnexpectedEof.into()))
            }
            other => panic!("a session that nobody ended does not last: {other:?}"),
        }
    }

    /// What this person does next. Some things are left on the shelf after they were chosen, for somebody else to want.
    fn next(&self, person: usize, dice: &mut ChaCha8Rng) -> (&'static str, Map<String, Value>) {
        let mut offers = self.offers.lock().unwrap();
        let roll = usize::try_from(dice.next_u32()).unwrap();
        let place = (roll / 16).checked_rem(offers.len());
        match place {
            Some(place) if roll % 4 != 0 && offers[place].seller != person => {
                let offer = if roll % 16 == 1 { offers[place].clone() } else { offers.swap_remove(place) };
                ("buy", offer.buying())
            }
            _ => (
                "add_listing",
                object(json!({ "title": format!("Thing {roll}"), "category": "books", "condition": "good",
                    "price": { "minor": cents(roll), "currency": "USD" } })),
            ),
        }
    }
}

/// What came of a trade.
pub(crate) struct Traded {
    pub(crate) asks: Vec<Ask>,
    /// How many people were told that the market is closing.
    pub(crate) goodbyes: usize,
    /// How many people there were.
    pub(crate) people: usize,
}

/// Everybody trades. When `enough` purchases are acknowledged, `then` is called, with the switch that stops everybody;
/// the trade ends when that is set, or everybody's connection ended.
pub(crate) fn trade(
    address: &str,
    town: &Town,
    round: u64,
    enough: usize,
    then: impl FnOnce(&AtomicBool),
) -> Traded {
    let stop = AtomicBool::new(false);
    let (acks, acknowledged) = mpsc::channel();
    let (histories, came) = thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE)
            .map(|person| {
                let (acks, stop) = (acks.clone(), &stop);
                scope.spawn(move || shop(address, town, person, round, &acks, stop))
            })
            .collect();
        drop(acks);
        let came = (0..enough).take_while(|_| acknowledged.recv_timeout(PATIENCE).is_ok()).count();
        if came == enough {
            then(&stop);
        } else {
            stop.store(true, Ordering::SeqCst);
        }
        let histories: Vec<_> = people.into_iter().map(|person| person.join().unwrap()).collect();
        (histories, came)
    });
    assert_eq!(came, enough, "the trade dried up");
    let goodbyes = histories.iter().filter(|(_, goodbye)| *goodbye).count();
    let asks = histories.into_iter().flat_map(|(asks, _)| asks).collect();
    Traded { asks, goodbyes, people: PEOPLE }
}

/// One person asks until the connection ends or everybody stops. Returns their history and whether they were told that
/// the market is closing.
fn shop(
    address: &str,
    town: &Town,
    person: usize,
    round: u64,
    acks: &Sender<()>,
    stop: &AtomicBool,
) -> (Vec<Ask>, bool) {
    let mut dice = ChaCha8Rng::seed_from_u64(round * 1_000 + u64::try_from(person).unwrap());
    let mut asks: Vec<Ask> = Vec::new();
    let mut waiting: VecDeque<usize> = VecDeque::new();
    let (mut goodbye, mut is_broken) = (false, false);
    // The program may be gone before everybody has said who they are.
    let Ok(mut client) = town.sign_in(address, person) else { return (asks, goodbye) };
    loop {
        let is_over = stop.load(Ordering::SeqCst);
        while waiting.len() < WINDOW && !is_over && !goodbye && !is_broken {
            let (op, fields) = town.next(person, &mut dice);
            let ask = Ask {
                person,
                round,
                key: format!("{round}-{person}-{}", asks.len()),
                op,
                fields,
                known: Known::Unknown,
            };
            // In the history before it is sent: a request that was sent in half may have been understood.
            waiting.push_back(asks.len());
            asks.push(ask);
            is_broken = client.send(op, asks[asks.len() - 1].request()).is_err();
        }
        if is_over && waiting.is_empty() {
            return (asks, goodbye);
        }
        let outcome = match client.answer() {
            Ok(outcome) => outcome,
            Err(ClientError::Lost(_)) => return (asks, goodbye),
            Err(error) => panic!("{error}"),
        };
        let asked = waiting.pop_front();
        match &outcome {
            Outcome::Busy(no) if code(no) == "closing" => goodbye = true,
            Outcome::Reply(_) | Outcome::Refused(_) => {
                let ask = &mut asks[asked.unwrap()];
                ask.known = learn(&outcome);
                match (ask.op, ask.done()) {
                    ("buy", Some(_)) => drop(acks.send(())),
                    (_, Some(listing)) => {
                        let cents = ask.fields["price"]["minor"].as_i64().unwrap();
                        let offer = Offer { listing: listing.to_owned(), cents, seller: person };
                        town.offers.lock().unwrap().push(offer);
                    }
                    (_, None) => {}
                }
            }
            // Not now: it is asked again with everything else that has no answer.
            Outcome::Busy(_) => {}
            Outcome::Broken(_) => panic!("{outcome:?}"),
        }
    }
}

/// What came of asking again.
#[derive(Debug, Default)]
pub(crate) struct Again {
    /// Whose answer is no longer what it was, with both.
    pub(crate) changed: Vec<String>,
    /// How many outcomes were unknown and are known now.
    pub(crate) resolved: usize,
    /// How many of those turned out to be done, before or now.
    pub(crate) done: usize,
}

/// Asks everything again under its key, and learns what was unknown.
pub(crate) fn ask_again<'a>(
    address: &str,
    town: &Town,
    asks: impl IntoIterator<Item = &'a mut Ask>,
) -> Again {
    let mut again = Again::default();
    let mut by_person: BTreeMap<usize, VecDeque<&mut Ask>> = BTreeMap::new();
    for ask in asks {
        by_person.entry(ask.person).or_default().push_back(ask);
    }
    let deadline = Instant::now() + PATIENCE * 2;
    for (person, mut asks) in by_person {
        let mut client = town.sign_in(address, person).unwrap();
        let mut waiting: VecDeque<&mut Ask> = VecDeque::new();
        while !(asks.is_empty() && waiting.is_empty()) {
            assert!(Instant::now() < deadline, "asking again goes on for too long");
            while waiting.len() < AGAIN_WINDOW
                && let Some(ask) = asks.pop_front()
            {
                client.send(ask.op, ask.request()).unwrap();
                waiting.push_back(ask);
            }
            let outcome = client.answer().unwrap();
            let ask = waiting.pop_front().unwrap();
            match (learn(&outcome), &ask.known) {
                (Known::Unknown, _) if matches!(outcome, Outcome::Busy(_)) => asks.push_back(ask),
                (Known::Unknown, _) => again.changed.push(format!("{}: {outcome:?}", ask.key)),
                (now, Known::Unknown) => {
                    again.resolved += 1;
                    again.done += usize::from(matches!(now, Known::Done(_)));
                    ask.known = now;
                }
                (now, before) if now != *before => {
                    again.changed.push(format!("{}: {before:?} became {outcome:?}", ask.key));
                }
                _ => {}
            }
        }
    }
    again
}

// ---- the power cut ----

/// A run of the program of which every system call is known.
pub(crate) struct PowerCut {
    pub(crate) recording: Recording,
    pub(crate) town: Town,
    /// What was asked in the run, and came of it.
    pub(crate) asks: Vec<Ask>,
}

/// What became of crash states.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) states: usize,
    /// How many acknowledgements there were before the cuts, over all states.
    pub(crate) acknowledged: usize,
    /// How many states lack something acknowledged.
    pub(crate) lossy: usize,
    /// The most that one state lacks.
    pub(crate) most_lost: usize,
    /// How many states do not open, or do not verify.
    pub(crate) broken: usize,
    /// One state of each kind, to rebuild it by.
    pub(crate) examples: Vec<String>,
}

impl PowerCut {
    /// Records the program with this defect, from its start through so many purchases to its end in good order.
    pub(crate) fn record(plant: Option<&'static str>, purchases: usize) -> Self {
        let site = Site::on_sqlite().planted(plant);
        let town = site.seed(PEOPLE, purchases);
        Self::record_at(&site, town, purchases, || {})
    }

    /// The same on a write-ahead log that is all but full, so that it is moved into the file and begun anew in the middle
    /// of the trade.
    pub(crate) fn record_over_full_log(purchases: usize) -> Self {
        let site = Site::on_sqlite();
        let town = site.seed(PEOPLE, purchases);
        let file = site.folder().join("market.db");
        let log = file.with_extension("db-wal");
        fill_log(&file, &log);
        let salt = |log: &Path| fs::read(log).unwrap()[16..24].to_vec();
        let (file_before, salt_before) = (fs::read(&file).unwrap(), salt(&log));
        Self::record_at(&site, town, purchases, || {
            assert!(fs::read(&file).unwrap() != file_before, "nothing was moved from the log into the file");
            assert!(salt(&log) != salt_before, "the log was not begun anew");
        })
    }

    /// `look` is called after the trade, while the program runs.
    fn record_at(site: &Site, town: Town, purchases: usize, look: impl FnOnce()) -> Self {
        let before = files(&site.folder());
        let log = site.home.path().join("calls");
        let mut server = site.start_recorded(&log);
        let traded = trade(&server.address, &town, 1, purchases, |stop| stop.store(true, Ordering::SeqCst));
        look();
        server.ask_to_end();
        assert!(server.end_within(PATIENCE).success(), "{}", site.last_of_log());
        let recording = Recording::read_over(&log, &site.folder(), &before, acknowledged).unwrap();
        let shown = recording.everything();
        let there = files(&site.folder());
        assert_eq!(shown.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
        assert!(shown == there, "the recording does not lead to the files there are");
        let done: BTreeSet<&str> = traded.asks.iter().filter_map(Ask::done).collect();
        assert_eq!(recording.acknowledgements(), done.len(), "what was sent is not what came");
        Self { recording, town, asks: traded.asks }
    }

    /// Looks into so many crash states, on as many threads as there are processors.
    pub(crate) fn tally(&self, seed: u64, count: usize) -> Tally {
        let (give, take) = mpsc::sync_channel::<CrashState>(4);
        let (take, tally) = (Mutex::new(take), Mutex::new(Tally::default()));
        let look_on = || {
            loop {
                let next = take.lock().unwrap().recv();
                let Ok(state) = next else { break };
                let found = look(&state);
                let mut tally = tally.lock().unwrap();
                tally.states += 1;
                tally.acknowledged += state.acknowledged().len();
                match found {
                    Ok(0) => {}
                    Ok(lost) => {
                        if tally.lossy == 0 {
                            tally.examples.push(format!("{state}: {lost} acknowledgements lost"));
                        }
                        tally.lossy += 1;
                        tally.most_lost = tally.most_lost.max(lost);
                    }
                    Err(problem) => {
                        if tally.broken == 0 {
                            tally.examples.push(format!("{state}: {problem}"));
                        }
                        tally.broken += 1;
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(look_on);
            }
            for state in self.recording.crash_states(seed, count) {
                give.send(state).unwrap();
            }
            drop(give);
        });
        tally.into_inner().unwrap()
    }
}

/// Writes to the log, changing nothing in the end, until it is nearly as long as the market lets it become.
fn fill_log(file: &Path, log: &Path) {
    let database = rusqlite::Connection::open(file).unwrap();
    database.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    database.pragma_update(None, "synchronous", "off").unwrap();
    database.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    for _ in 0..20_000 {
        if fs::metadata(log).is_ok_and(|log| log.len() > 3_800 * 4_120) {
            return;
        }
        // There and back, as a row that is written as it was is not written at all.
        database.execute("UPDATE log_head SET at = at + 1", []).unwrap();
        database.execute("UPDATE log_head SET at = at - 1", []).unwrap();
    }
    panic!("the log does not grow");
}

/// The ids of the orders and listings in bytes that the program sent.
fn acknowledged(bytes: &[u8]) -> Vec<String> {
    let lines = String::from_utf8_lossy(bytes);
    let replies = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    replies.filter_map(|line| subject(line.get("reply")?).map(str::to_owned)).collect()
}

/// The files in a folder, as a recording knows them.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| PathBuf::from(entry.file_name()))
        .filter(|name| !name.to_string_lossy().ends_with("-shm"))
        .map(|name| (name.clone(), fs::read(folder.join(&name)).unwrap()))
        .collect()
}

/// How many acknowledged orders and listings a crash state lacks, or what is wrong with it.
fn look(state: &CrashState) -> Result<usize, String> {
    let folder = TempDir::new().unwrap();
    state.write_to(folder.path()).unwrap();
    let file = folder.path().join("market.db");
    let verdict = verify(&Location::Sqlite(file.clone())).map_err(|error| error.to_string())?;
    if let Some(finding) = verdict.findings.first() {
        return Err(format!("{} findings, the first: {finding}", verdict.findings.len()));
    }
    let there = column_of_file(&file, "SELECT id FROM orders UNION ALL SELECT id FROM listings");
    let there = there.map_err(|error| error.to_string())?;
    Ok(state.acknowledged().iter().filter(|id| !there.contains(*id)).count())
}
