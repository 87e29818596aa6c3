//! A market that listens on a socket of this machine, set up for one test, and people who speak to it over the wire.
//!
//! The verbs panic when something is not as it must be; where a no is what the test is about, it looks at the answer.

#![expect(clippy::unwrap_used, reason = "what a test stands on fails by panicking, as the test does")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use auboutique::card::Cards;
use auboutique::card::secret::Secret as CardSecret;
use auboutique::http;
use auboutique::legacy::{self, System};
use auboutique::serve::{Doors, Running};
use auboutique_domain::id::{MemberId, SessionId};
use auboutique_domain::listing::Browse;
use auboutique_domain::member::{Email, Role, Secret, Username};
use auboutique_domain::pickup::{PickupPoint, PickupPointDraft};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Reply};
use auboutique_market::env::{ManualEnv, SystemEnv};
use auboutique_market::{Caller, Env, Location, Market, Options};
use auboutique_testbed::postgres;
use auboutique_wire::json::MAX_FRAME;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// Makes two tests of each function: one on an SQLite file, one on a private PostgreSQL database.
macro_rules! on_both {
    ($($(#[$about:meta])* fn $sentence:ident($stage:ident) $story:block)+) => {
        $($(#[$about])* fn $sentence($stage: &crate::stage::Stage) $story)+

        mod sqlite {
            $(#[test] fn $sentence() {
                super::$sentence(&crate::stage::Stage::on_sqlite());
            })+
        }

        mod postgres {
            $(#[test] fn $sentence() {
                super::$sentence(&crate::stage::Stage::on_postgres());
            })+
        }
    };
}
pub(crate) use on_both;

/// How long an answer may take before the test says that there is none.
const PATIENCE: Duration = Duration::from_secs(30);

/// A password nobody guesses, and its hash with parameters that cost nothing.
pub(crate) const PASSWORD: &str = "a heron over the corniche";
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$0000000000000000000000000000000000000000000";

/// A member with a session of their own.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: MemberId,
    pub(crate) username: Username,
    pub(crate) session: SessionId,
    pub(crate) token: String,
}

/// Somebody joins a market that nobody listens to yet.
pub(crate) fn joins(market: &Market, name: &str) -> (MemberId, Username) {
    join(market, name, Secret::new(HASH.to_owned()))
}

fn join(market: &Market, name: &str, password: Secret) -> (MemberId, Username) {
    let username = Username::parse(name).unwrap();
    let command = Command::Register {
        name: name.to_owned(),
        username: username.clone(),
        email: Email::parse(&format!("{name}@mail.aub.edu")).unwrap(),
        password,
    };
    match market.run_now(Caller::VISITOR, command).unwrap() {
        Reply::Account(account) => (account.id, username),
        other => panic!("{other:?}"),
    }
}

/// Where a market keeps what it knows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Database {
    /// In a file.
    Sqlite,
    /// In a private PostgreSQL database.
    Postgres,
}

impl Database {
    pub(crate) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// The wires of all older systems, at free ports.
pub(crate) fn every_older_wire() -> Vec<(System, u16)> {
    [System::S000, System::S001, System::S003, System::S004].map(|system| (system, 0)).to_vec()
}

/// Leaves who takes one `recv` for one message more time between two than usual: a client of a test may have to wait for the
/// processor.
pub(crate) fn unhurried() -> legacy::Options {
    legacy::Options { gap: Duration::from_millis(250), ..legacy::Options::default() }
}

/// A market on an empty database, listening on a free port.
pub(crate) struct Stage {
    pub(crate) market: Market,
    pub(crate) address: SocketAddr,
    /// Where the pages and the JSON API are.
    pub(crate) http: SocketAddr,
    pub(crate) location: Location,
    pub(crate) runtime: Runtime,
    pub(crate) folder: TempDir,
    /// Where the wires of older systems listen.
    pub(crate) older: Vec<(System, SocketAddr)>,
    running: Option<Running>,
}

impl Stage {
    /// On an SQLite file, with all wires of older systems open at free ports.
    pub(crate) fn with_older_wires() -> Self {
        Self::with_older_wires_as(unhurried(), Arc::new(SystemEnv::new()))
    }

    /// The same on an SQLite file, and on a private PostgreSQL database.
    pub(crate) fn each_with_older_wires() -> [Self; 2] {
        Database::BOTH.map(|database| {
            let options = legacy::Options { wires: every_older_wire(), ..unhurried() };
            Self::with_wires(database, options, Arc::new(SystemEnv::new()), None)
        })
    }

    /// The same with other options, and with that clock.
    pub(crate) fn with_older_wires_as(options: legacy::Options, env: Arc<dyn Env>) -> Self {
        let options = legacy::Options { wires: every_older_wire(), ..options };
        Self::with_wires(Database::Sqlite, options, env, None)
    }

    /// With those wires of older systems on that database, and with a sandbox of cards if there is a name for its file.
    pub(crate) fn with_wires(
        database: Database,
        options: legacy::Options,
        env: Arc<dyn Env>,
        sandbox: Option<&str>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let location = match database {
            Database::Sqlite => Location::Sqlite(folder.path().join("market.db")),
            Database::Postgres => Location::Postgres(postgres::database_url()),
        };
        let cards = sandbox.map(|file| Cards::Sandbox {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            file: Some(folder.path().join(file)),
            secret: CardSecret::new("the-secret-of-the-sandbox").unwrap(),
        });
        Self::set_up_with(folder, location, (None, None), env, (options, cards))
    }

    /// Where the wire of that system listens.
    pub(crate) fn older(&self, system: System) -> SocketAddr {
        self.older.iter().find(|(other, _)| *other == system).unwrap().1
    }

    pub(crate) fn on_sqlite() -> Self {
        Self::on_sqlite_with(None, None)
    }

    /// The same with encryption of the protocol, of HTTP.
    pub(crate) fn on_sqlite_with(protocol: Option<TlsAcceptor>, http: Option<TlsAcceptor>) -> Self {
        let folder = TempDir::new().unwrap();
        let location = Location::Sqlite(folder.path().join("market.db"));
        Self::set_up(folder, location, (protocol, http), Arc::new(SystemEnv::new()))
    }

    /// The same after a past of so many days, which is played under a clock of its own.
    pub(crate) fn on_sqlite_after(days: i64, past: impl FnOnce(&Market, &ManualEnv)) -> Self {
        let folder = TempDir::new().unwrap();
        let location = Location::Sqlite(folder.path().join("market.db"));
        let begin = SystemEnv::new().now().minus(Span::days(days));
        let env = Arc::new(ManualEnv::new(begin, 7));
        let market = Market::open(&Options::new(location.clone()), env.clone()).unwrap();
        past(&market, &env);
        market.close();
        drop(market);
        Self::set_up(folder, location, (None, None), Arc::new(SystemEnv::new()))
    }

    pub(crate) fn on_postgres() -> Self {
        let location = Location::Postgres(postgres::database_url());
        Self::set_up(TempDir::new().unwrap(), location, (None, None), Arc::new(SystemEnv::new()))
    }

    /// On an SQLite file, and on a private PostgreSQL database, with clocks that are set by hand.
    pub(crate) fn with_clocks() -> [(Self, Arc<ManualEnv>); 2] {
        let (folder, now) = (TempDir::new().unwrap(), SystemEnv::new().now());
        let file = Location::Sqlite(folder.path().join("market.db"));
        let postgres = Location::Postgres(postgres::database_url());
        [(folder, file), (TempDir::new().unwrap(), postgres)].map(|(folder, location)| {
            let clock = Arc::new(ManualEnv::new(now, 4_711));
            let env: Arc<dyn Env> = Arc::<ManualEnv>::clone(&clock);
            (Self::set_up(folder, location, (None, None), env), clock)
        })
    }

    fn set_up(
        folder: TempDir,
        location: Location,
        encrypted: (Option<TlsAcceptor>, Option<TlsAcceptor>),
        env: Arc<dyn Env>,
    ) -> Self {
        Self::set_up_with(folder, location, encrypted, env, (legacy::Options::default(), None))
    }

    fn set_up_with(
        folder: TempDir,
        location: Location,
        encrypted: (Option<TlsAcceptor>, Option<TlsAcceptor>),
        env: Arc<dyn Env>,
        (legacy, cards): (legacy::Options, Option<Cards>),
    ) -> Self {
        // It takes cards, so that payments can begin; what a provider says of them is the test's to tell.
        let options = Options::new(location.clone()).with_cards(true);
        let market = Market::open(&options, env).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let console = folder.path().join("console.sock");
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let doors = Doors {
            protocol: Some(anywhere),
            encrypted,
            console: Some(console),
            http: Some(http::Options { per_minute: None, ..http::Options::new(anywhere) }),
            metrics: None,
            cards,
            legacy,
            bots: None,
        };
        let start = Running::start(market.clone(), doors);
        let running = runtime.block_on(start).unwrap();
        let (address, http) = (running.address, running.http.unwrap());
        let older = running.legacy.clone();
        Self { market, address, http, location, runtime, folder, older, running: Some(running) }
    }

    // ---- members ----

    /// Somebody joins and has a session.
    pub(crate) fn member(&self, name: &str) -> Person {
        self.member_with_hash(name, Secret::new(HASH.to_owned()))
    }

    /// Somebody joins with a password that was hashed before.
    pub(crate) fn member_with_hash(&self, name: &str, password: Secret) -> Person {
        let (id, username) = join(&self.market, name, password);
        self.again(id, &username)
    }

    /// Another session of somebody.
    pub(crate) fn again(&self, id: MemberId, username: &Username) -> Person {
        let (session, token) = self.market.start_session_at_console(id).unwrap();
        let token = token.reveal().to_owned();
        Person { id, username: username.clone(), session: session.session, token }
    }

    /// Somebody joins and is given a role.
    pub(crate) fn member_with(&self, role: Role, name: &str) -> Person {
        let person = self.member(name);
        self.at_console(Command::ChangeRole { username: person.username.clone(), role });
        person
    }

    /// Somebody joins and serves the desk.
    pub(crate) fn attendant(&self, name: &str) -> Person {
        let person = self.member(name);
        let pickup_point = self.point().id;
        self.at_console(Command::AppointAttendant { pickup_point, username: person.username.clone() });
        person
    }

    /// Whoever runs the program asks, and it is done.
    pub(crate) fn at_console(&self, command: Command) -> Reply {
        self.market.run_now(Caller::CONSOLE, command).unwrap()
    }

    /// The pickup point a market has from the start.
    pub(crate) fn point(&self) -> PickupPoint {
        self.market.ask_now(Caller::VISITOR, |view| view.pickup_points()).unwrap().remove(0).point
    }

    /// From now on it hands over as many orders on a day as a pickup point can.
    pub(crate) fn widen_the_point(&self) {
        let PickupPoint { id, name, address, time_zone, opening, .. } = self.point();
        let opening: BTreeMap<String, String> = opening.into();
        let draft = PickupPointDraft::new(&name, &address, &time_zone, &opening, 10_000).unwrap();
        self.at_console(Command::ChangePickupPoint { pickup_point: id, draft });
    }

    // ---- what must not change ----

    /// The number of the last event and how many listings are on sale: what a request without effect leaves as it is.
    pub(crate) fn state(&self) -> (i64, usize) {
        let on_sale =
            self.market.ask_now(Caller::VISITOR, |view| view.browse(&Browse::default(), None, Some(100)));
        (*self.market.log().borrow(), on_sale.unwrap().rows.len())
    }

    /// Panics with the first finding if anything disagrees with its log.
    pub(crate) fn is_clean(&self) {
        assert_eq!(auboutique_market::verify(&self.location).unwrap().findings, []);
    }

    // ---- connections ----

    /// A connection that is not signed in.
    pub(crate) fn visitor(&self) -> Wire {
        Wire::greeted(TcpStream::connect(self.address).unwrap())
    }

    /// A connection on which that member is signed in.
    pub(crate) fn connect(&self, person: &Person) -> Wire {
        Wire::signed_in(TcpStream::connect(self.address).unwrap(), &person.token)
    }

    /// A connection to the console.
    pub(crate) fn console(&self) -> Wire {
        Wire::greeted(UnixStream::connect(self.folder.path().join("console.sock")).unwrap())
    }

    /// Opens as many signed-in connections as there are people, for tests that speak on all of them at once.
    pub(crate) async fn connect_all(&self, people: &[Person]) -> Vec<Stream> {
        let mut streams = Vec::new();
        for person in people {
            let mut stream = Stream::connect(self.address).await;
            let resumed = stream.ask(&json!({ "id": 0, "op": "resume", "token": person.token })).await;
            assert!(resumed.contains("\"reply\""), "{resumed}");
            streams.push(stream);
        }
        streams
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            if std::thread::panicking() {
                return;
            }
            self.runtime.block_on(running.close());
        }
    }
}

// ---- one connection, asked and answered in turn ----

/// A socket of either kind.
pub(crate) enum Socket {
    Network(TcpStream),
    Console(UnixStream),
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self::Network(stream)
    }
}

impl From<UnixStream> for Socket {
    fn from(stream: UnixStream) -> Self {
        Self::Console(stream)
    }
}

impl Socket {
    fn be_patient(&self, patience: Duration) {
        match self {
            Self::Network(stream) => stream.set_read_timeout(Some(patience)).unwrap(),
            Self::Console(stream) => stream.set_read_timeout(Some(patience)).unwrap(),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Network(stream) => stream.read(bytes),
            Self::Console(stream) => stream.read(bytes),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Network(stream) => stream.write(bytes),
            Self::Console(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection that sends what it is told to and gives back whole lines.
pub(crate) struct Wire {
    socket: BufReader<Socket>,
    number: u64,
}

impl Wire {
    /// Takes the greeting.
    pub(crate) fn greeted(socket: impl Into<Socket>) -> Self {
        let socket = socket.into();
        socket.be_patient(PATIENCE);
        let mut wire = Self { socket: BufReader::new(socket), number: 0 };
        let greeting = wire.answer();
        assert_eq!(greeting["hello"]["protocol"], "auboutique", "{greeting}");
        wire
    }

    /// Takes the greeting and signs in.
    pub(crate) fn signed_in(socket: impl Into<Socket>, token: &str) -> Self {
        let mut wire = Self::greeted(socket);
        let resumed = wire.ask("resume", json!({ "token": token }));
        assert_eq!(code(&resumed), "ok", "{resumed}");
        wire
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).unwrap();
    }

    /// Sends, if the server still takes anything.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.get_mut().write_all(bytes)
    }

    /// Says that nothing more will come.
    pub(crate) fn finish(&self) {
        match self.socket.get_ref() {
            Socket::Network(stream) => stream.shutdown(Shutdown::Write).unwrap(),
            Socket::Console(stream) => stream.shutdown(Shutdown::Write).unwrap(),
        }
    }

    /// The next line; nothing when the server closed the connection.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.socket.read_line(&mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
            Err(error) => panic!("no answer: {error}"),
        }
        assert_eq!(line.pop(), Some('\n'), "half a line: {line}");
        assert!(line.len() <= MAX_FRAME, "a line of {} bytes: {}…", line.len(), start_of(&line));
        Some(line)
    }

    /// The next line, if it comes as a whole; nothing when the connection ended, be it in the middle of one.
    pub(crate) fn whole_line(&mut self) -> Option<String> {
        // Bytes, since a connection may end in the middle of a letter.
        let mut line = Vec::new();
        match self.socket.read_until(b'\n', &mut line) {
            Ok(_) => line.strip_suffix(b"\n").map(|line| String::from_utf8(line.to_vec()).unwrap()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// The next line as JSON, if one begins to come within that time.
    pub(crate) fn answer_within(&mut self, patience: Duration) -> Option<Value> {
        self.socket.get_ref().be_patient(patience);
        let came = match self.socket.fill_buf() {
            Ok(_) => true,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => false,
            Err(error) => panic!("no answer: {error}"),
        };
        self.socket.get_ref().be_patient(PATIENCE);
        came.then(|| self.answer())
    }

    /// The next line as JSON.
    pub(crate) fn answer(&mut self) -> Value {
        let line = self.line().expect("the server closed the connection");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {}", start_of(&line)))
    }

    /// Asks one thing and waits for its answer; the answer carries the id of the request.
    pub(crate) fn ask(&mut self, op: &str, parameters: Value) -> Value {
        self.number += 1;
        let number = self.number;
        self.send(request(number, op, parameters).as_bytes());
        let answer = self.answer();
        assert_eq!(answer["id"], number, "{answer}");
        answer
    }

    /// Asks what may not even be read; the answer carries the id of the request, or none.
    pub(crate) fn ask_any(&mut self, op: &str, parameters: Value) -> Value {
        self.number += 1;
        self.send(request(self.number, op, parameters).as_bytes());
        let answer = self.answer();
        assert!(answer["id"] == self.number || answer["id"].is_null(), "{answer}");
        answer
    }

    /// Asks, and it is done.
    pub(crate) fn does(&mut self, op: &str, parameters: Value) -> Value {
        let answer = self.ask(op, parameters);
        assert_eq!(code(&answer), "ok", "{op}: {answer}");
        answer["reply"].clone()
    }

    /// Puts something on sale; answers with its id.
    pub(crate) fn lists(&mut self, title: &str, cents: i64) -> String {
        let listing = self.does("add_listing", listing(title, cents));
        listing["listing"].as_str().unwrap().to_owned()
    }

    /// Buys it; answers with the order.
    pub(crate) fn buys(&mut self, listing: &str, cents: i64) -> Value {
        self.does("buy", json!({ "listing": listing, "price": usd(cents) }))
    }

    /// That the connection still answers.
    pub(crate) fn is_alive(&mut self) {
        self.does("ping", json!({}));
    }

    /// Whether the server closes the connection without another word. Waits as long as `patience`.
    pub(crate) fn is_closed_within(&mut self, patience: Duration) -> bool {
        self.socket.get_ref().be_patient(patience);
        let mut rest = Vec::new();
        match self.socket.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

// ---- many connections at once ----

/// A connection of a test that speaks on many at once.
pub(crate) struct Stream {
    reader: tokio::io::BufReader<tokio::net::tcp::OwnedReadHalf>,
    writer: tokio::net::tcp::OwnedWriteHalf,
}

impl Stream {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (reader, writer) = stream.into_split();
        let mut stream = Self { reader: tokio::io::BufReader::new(reader), writer };
        let greeting = stream.line().await;
        assert!(greeting.starts_with("{\"hello\""), "{greeting}");
        stream
    }

    pub(crate) async fn send(&mut self, line: &str) {
        use tokio::io::AsyncWriteExt as _;
        self.writer.write_all(line.as_bytes()).await.unwrap();
    }

    pub(crate) async fn line(&mut self) -> String {
        use tokio::io::AsyncBufReadExt as _;
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.reader.read_line(&mut line));
        assert!(read.await.expect("no answer").unwrap() > 0, "the server closed the connection");
        line
    }

    pub(crate) async fn ask(&mut self, request: &Value) -> String {
        self.send(&format!("{request}\n")).await;
        self.line().await
    }
}

// ---- words ----

/// A request as it stands on the wire, line end included.
pub(crate) fn request(id: u64, op: &str, parameters: Value) -> String {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), Value::from(id));
    fields.insert("op".to_owned(), Value::from(op));
    if let Value::Object(parameters) = parameters {
        fields.extend(parameters);
    }
    let mut line = String::new();
    writeln!(line, "{}", Value::Object(fields)).unwrap();
    line
}

/// `ok`, or the code of the no; `broken` when something is wrong over there.
pub(crate) fn code(answer: &Value) -> &str {
    if answer.get("reply").is_some() {
        return "ok";
    }
    let no = ["refused", "busy", "broken"].iter().find_map(|kind| answer.get(kind));
    no.and_then(|no| no["code"].as_str()).unwrap_or_else(|| panic!("no answer of this protocol: {answer}"))
}

pub(crate) fn usd(cents: i64) -> Value {
    json!({ "minor": cents, "currency": "USD" })
}

/// The parameters by which something is put on sale.
pub(crate) fn listing(title: &str, cents: i64) -> Value {
    json!({ "title": title, "price": usd(cents), "category": "books", "condition": "good" })
}

fn start_of(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A picture as somebody may send it: a PNG of one color.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    let pixels = usize::try_from(u64::from(width) * u64::from(height)).unwrap();
    writer.write_image_data(&[200, 60, 40].repeat(pixels)).unwrap();
    writer.finish().unwrap();
    file
}
