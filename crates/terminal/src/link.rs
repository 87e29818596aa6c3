//! A connection that holds: it reconnects by itself, signs in again, listens from where it stopped and sends what was
//! not answered again, under the same key.
//!
//! ```text
//!            ┌────────────── lost, ended, silent ──────────────┐
//!            ▼                                                 │
//! waiting ──────▶ connecting ──greeting──▶ resuming ──▶ listening
//!    ▲  backoff       │                       │ no session: a visitor's connection
//!    └────────────────┘                       └──▶ open
//! ```
//!
//! One thread owns the connection and writes to it; a second one reads. What comes out is a stream of [`Told`].

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use auboutique_wire::json::{Frame, Id, Lines, Outcome, ServerLine, decode_server_line};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use serde_json::{Map, Value};

use crate::client::{ClientError, Tls, reach};
use crate::clock;

/// How long to wait before connecting again, by how often it failed in a row.
const BACKOFF: [u64; 6] = [300, 1_000, 2_000, 4_000, 8_000, 15_000];
/// How long an answer may be missing before the connection is given up.
const SILENCE: Duration = Duration::from_secs(15);
/// How often a visitor says something: a silent one is cut off after ten seconds.
const VISITOR: Duration = Duration::from_secs(4);
/// How often a member says something where nothing is streamed.
const MEMBER: Duration = Duration::from_secs(60);
/// How often a request that is answered by `busy` is sent again.
const TRIES: u32 = 6;

/// Who keeps the session's token between two runs.
pub trait Keeper: Send {
    /// The token that is kept.
    fn token(&self) -> Option<String>;
    /// Keeps a token, or forgets it.
    ///
    /// # Errors
    ///
    /// A sentence, when it cannot be written.
    fn keep(&mut self, token: Option<&str>) -> Result<(), String>;
    /// Whether this market was spoken to over TLS before: then it is never spoken to in clear again, so that nobody on
    /// the way gets the token by pretending that it does not encrypt.
    fn is_encrypted(&self) -> bool {
        false
    }
    /// Remembers that this market speaks TLS.
    ///
    /// # Errors
    ///
    /// A sentence, when it cannot be written.
    fn keep_encrypted(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// A keeper that forgets everything at the end.
#[derive(Debug, Default)]
pub struct Forgetful(Option<String>);

impl Keeper for Forgetful {
    fn token(&self) -> Option<String> {
        self.0.clone()
    }
    fn keep(&mut self, token: Option<&str>) -> Result<(), String> {
        self.0 = token.map(str::to_owned);
        Ok(())
    }
}

/// What a link tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// It tries to connect.
    Connecting,
    /// It is connected.
    Up {
        /// Whether the connection is encrypted.
        encrypted: bool,
        /// Whether it stays on this machine.
        local: bool,
        /// The server's clock.
        time: Option<String>,
    },
    /// It is not, and tries again after a while.
    Down {
        /// What happened.
        why: String,
        /// How long until the next try.
        again_in: Duration,
    },
    /// It is signed in; `live` when what happens is streamed, `again` when nothing was missed since the last time.
    SignedIn {
        /// The account.
        account: Value,
        /// Whether events come.
        live: bool,
        /// Whether this goes on where the last connection stopped.
        again: bool,
    },
    /// It is a visitor's connection.
    Visiting {
        /// Why the session is over, when it was.
        why: Option<String>,
    },
    /// What was known may be wrong: load everything anew.
    Resync,
    /// What came of a request.
    Answer {
        /// The number the asker gave it.
        ticket: u64,
        /// What came of it.
        outcome: Outcome,
    },
    /// Something happened.
    Event(Value),
    /// Somebody came or went.
    Presence(Value),
    /// Somebody types.
    Typing(Value),
    /// So many follow an auction.
    Here(Value),
    /// The server's clock.
    Time(String),
    /// Something the person should know.
    Note(String),
}

/// A request for the link.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The number under which the answer is told.
    pub ticket: u64,
    /// The operation.
    pub op: &'static str,
    /// Its parameters.
    pub fields: Map<String, Value>,
}

enum Inbox {
    Ask(Ask),
    Now,
    Close,
    Came(u64, Vec<u8>),
    Lost(u64, String),
}

/// The handle of a link. The link ends when it is dropped.
pub struct Link {
    inbox: Sender<Inbox>,
}

impl Link {
    /// Starts a link to `HOST:PORT`. `tell` is called from the link's thread; the link ends when it returns false.
    pub fn start(
        server: String,
        tls: Tls,
        keeper: Box<dyn Keeper>,
        tell: impl FnMut(Told) -> bool + Send + 'static,
    ) -> Self {
        let (sender, receiver) = unbounded();
        let inbox = sender.clone();
        thread::spawn(move || {
            let mut thread = Thread {
                server,
                tls,
                keeper,
                tell: Box::new(tell),
                sender,
                receiver,
                generation: 0,
                number: 0,
                queue: VecDeque::new(),
                later: Vec::new(),
                cursor: None,
                followed: Vec::new(),
                lost_session: None,
                closed: false,
            };
            thread.run();
        });
        Self { inbox }
    }

    /// Sends a request. Its answer is told under its ticket, whatever happens to the connection in between.
    pub fn ask(&self, ask: Ask) {
        let _ = self.inbox.send(Inbox::Ask(ask));
    }

    /// Tries to connect now instead of later.
    pub fn now(&self) {
        let _ = self.inbox.send(Inbox::Now);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.inbox.send(Inbox::Close);
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Whose {
    Asker(u64),
    Resume,
    Listen { after: Option<i64> },
    Ping,
}

#[derive(Debug, Clone)]
struct Pending {
    whose: Whose,
    op: &'static str,
    fields: Map<String, Value>,
    tries: u32,
}

/// The writing side of a connection.
struct Pipe {
    stream: TcpStream,
    tls: Option<Arc<Mutex<rustls::ClientConnection>>>,
}

impl Pipe {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        match &self.tls {
            None => self.stream.write_all(line),
            Some(tls) => {
                let mut tls = tls.lock().unwrap_or_else(PoisonError::into_inner);
                tls.writer().write_all(line)?;
                while tls.wants_write() {
                    tls.write_tls(&mut self.stream)?;
                }
                Ok(())
            }
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // The reading thread ends when the socket does.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Reads until the end, and passes on every line.
fn read(
    mut stream: TcpStream,
    tls: Option<Arc<Mutex<rustls::ClientConnection>>>,
    generation: u64,
    inbox: &Sender<Inbox>,
) {
    let mut lines = Lines::default();
    let mut bytes = [0; 16 * 1_024];
    let mut pass = |clear: &[u8]| -> Result<(), String> {
        lines.push(clear);
        while let Some(frame) = lines.next_frame() {
            let Frame::Line(line) = frame else {
                return Err("a line longer than the protocol allows came".to_owned());
            };
            inbox.send(Inbox::Came(generation, line)).map_err(|_| String::new())?;
        }
        Ok(())
    };
    // The handshake may have read the first lines already: they wait inside.
    let mut fresh = 0;
    let why = loop {
        let done = match &tls {
            None => pass(&bytes[..fresh]),
            Some(tls) => decrypt(tls, &bytes[..fresh], &stream, &mut pass),
        };
        if let Err(why) = done {
            break why;
        }
        match stream.read(&mut bytes) {
            Ok(0) => break "the server closed the connection".to_owned(),
            Ok(count) => fresh = count,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                fresh = 0;
            }
            Err(error) => break error.to_string(),
        }
    };
    let _ = inbox.send(Inbox::Lost(generation, why));
}

fn decrypt(
    tls: &Mutex<rustls::ClientConnection>,
    mut bytes: &[u8],
    mut stream: &TcpStream,
    pass: &mut dyn FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let mut clear = Vec::new();
    {
        let mut tls = tls.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if !bytes.is_empty() {
                tls.read_tls(&mut bytes).map_err(|error| error.to_string())?;
            }
            tls.process_new_packets().map_err(|error| error.to_string())?;
            let mut some = [0; 4_096];
            loop {
                match tls.reader().read(&mut some) {
                    Ok(0) => break,
                    Ok(count) => clear.extend_from_slice(&some[..count]),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.to_string()),
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        while tls.wants_write() {
            tls.write_tls(&mut stream).map_err(|error| error.to_string())?;
        }
    }
    pass(&clear)
}

struct Thread {
    server: String,
    tls: Tls,
    keeper: Box<dyn Keeper>,
    tell: Box<dyn FnMut(Told) -> bool + Send>,
    sender: Sender<Inbox>,
    receiver: Receiver<Inbox>,
    generation: u64,
    number: u64,
    /// What was asked and not yet sent on a connection that lives.
    queue: VecDeque<Pending>,
    /// What shall be sent again after a while, because the server was busy.
    later: Vec<(Instant, Pending)>,
    /// The highest event that came.
    cursor: Option<i64>,
    /// The auctions that are followed: another connection is asked to follow them, too.
    followed: Vec<Value>,
    lost_session: Option<String>,
    closed: bool,
}

/// A connection that lives.
struct Connection {
    pipe: Pipe,
    sent: VecDeque<(u64, Pending)>,
    /// Whether the requests of the asker may go out: signing in is over.
    open: bool,
    again: bool,
    account: Option<Value>,
    every: Duration,
    last_sent: Instant,
    last_heard: Instant,
}

/// Why a connection is over: with a sentence, or at once and on purpose.
enum Over {
    Lost(String),
    Again,
}

impl Thread {
    fn tell(&mut self, told: Told) {
        if !(self.tell)(told) {
            self.closed = true;
        }
    }

    /// What was encrypted once is not spoken in clear by a later connection, nor the next time.
    fn insist(&mut self) {
        if self.tls == Tls::Offered {
            self.tls = Tls::Public;
        }
        if !self.keeper.is_encrypted()
            && let Err(error) = self.keeper.keep_encrypted()
        {
            self.tell(Told::Note(error));
        }
    }

    fn run(&mut self) {
        let mut failed = 0;
        if self.tls == Tls::Offered && self.keeper.is_encrypted() {
            self.tls = Tls::Public;
        }
        while !self.closed {
            self.tell(Told::Connecting);
            let why = match reach(&self.server, &self.tls) {
                Ok((stream, tls)) => {
                    let encrypted = tls.is_some();
                    if encrypted {
                        self.insist();
                    }
                    let before = clock::now();
                    match self.converse(stream, tls) {
                        Over::Again => {
                            failed = 0;
                            continue;
                        }
                        Over::Lost(why) => {
                            if before.elapsed_since() > Duration::from_secs(5) {
                                failed = 0;
                            }
                            why
                        }
                    }
                }
                Err(error @ ClientError::Tls(_)) => error.to_string(),
                Err(ClientError::Unreachable { error, .. }) => error.to_string(),
                Err(error) => error.to_string(),
            };
            if self.closed {
                return;
            }
            let again_in = Duration::from_millis(BACKOFF[failed.min(BACKOFF.len() - 1)]);
            failed += 1;
            self.tell(Told::Down { why, again_in });
            self.wait(again_in);
        }
    }

    /// Waits, and takes in what is asked meanwhile.
    fn wait(&mut self, how_long: Duration) {
        let until = clock::now() + how_long;
        while !self.closed {
            match self.receiver.recv_deadline(until) {
                Ok(Inbox::Ask(ask)) => self.take(ask),
                Ok(Inbox::Now) => return,
                Ok(Inbox::Close) | Err(RecvTimeoutError::Disconnected) => self.closed = true,
                Ok(Inbox::Came(..) | Inbox::Lost(..)) => {}
                Err(RecvTimeoutError::Timeout) => return,
            }
        }
    }

    fn take(&mut self, ask: Ask) {
        let mut fields = ask.fields;
        let auction = fields.get("auction").cloned().unwrap_or_default();
        match ask.op {
            "follow" if !self.followed.contains(&auction) => self.followed.push(auction),
            "unfollow" => self.followed.retain(|followed| *followed != auction),
            _ => {}
        }
        fields
            .entry("key")
            .or_insert_with(|| Value::from(data_encoding::HEXLOWER.encode(&clock::random::<16>())));
        self.queue.push_back(Pending { whose: Whose::Asker(ask.ticket), op: ask.op, fields, tries: 0 });
    }

    fn converse(&mut self, stream: TcpStream, tls: Option<rustls::ClientConnection>) -> Over {
        self.generation += 1;
        let generation = self.generation;
        let encrypted = tls.is_some();
        let local = stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
        let tls = tls.map(|tls| Arc::new(Mutex::new(tls)));
        let reading = match stream.try_clone() {
            Ok(stream) => stream,
            Err(error) => return Over::Lost(error.to_string()),
        };
        let (inbox, shared) = (self.sender.clone(), tls.clone());
        thread::spawn(move || read(reading, shared, generation, &inbox));
        let mut connection = Connection {
            pipe: Pipe { stream, tls },
            sent: VecDeque::new(),
            open: false,
            again: false,
            account: None,
            every: VISITOR,
            last_sent: clock::now(),
            last_heard: clock::now(),
        };
        // Signing in begins anew; what was asked is asked again.
        self.later.retain(|(_, pending)| matches!(pending.whose, Whose::Asker(_)));
        let mut greeted = false;
        let over = loop {
            if self.closed {
                break Over::Again;
            }
            if let Err(error) = self.flush(&mut connection, greeted) {
                break Over::Lost(error.to_string());
            }
            match self.receiver.recv_timeout(self.pause(&connection)) {
                Ok(Inbox::Ask(ask)) => self.take(ask),
                Ok(Inbox::Now) => {}
                Ok(Inbox::Close) | Err(RecvTimeoutError::Disconnected) => self.closed = true,
                Ok(Inbox::Lost(which, why)) if which == generation => break Over::Lost(why),
                Ok(Inbox::Came(which, line)) if which == generation => {
                    connection.last_heard = clock::now();
                    let line = match decode_server_line(&line) {
                        Ok(line) => line,
                        Err(why) => break Over::Lost(why),
                    };
                    if let ServerLine::Hello(hello) = line {
                        greeted = true;
                        let time = hello.get("time").and_then(Value::as_str).map(str::to_owned);
                        self.tell(Told::Up { encrypted, local, time });
                        if let Err(error) = self.sign_in(&mut connection) {
                            break Over::Lost(error.to_string());
                        }
                        continue;
                    }
                    if !greeted {
                        break Over::Lost("this does not speak the AUBoutique protocol".to_owned());
                    }
                    if let Some(over) = self.hear(&mut connection, line) {
                        break over;
                    }
                }
                Ok(Inbox::Came(..) | Inbox::Lost(..)) => {}
                Err(RecvTimeoutError::Timeout) => {
                    let waiting = !greeted || !connection.sent.is_empty();
                    if waiting && connection.last_heard.elapsed_since() > SILENCE {
                        break Over::Lost("the server says nothing any more".to_owned());
                    }
                }
            }
        };
        // What was not answered is asked again, in the same order and under the same keys; but that somebody typed is over.
        for (_, pending) in connection.sent.drain(..).rev() {
            match pending.whose {
                Whose::Asker(ticket) if pending.op == "typing" => {
                    self.tell(Told::Answer { ticket, outcome: Outcome::Busy(Value::Null) });
                }
                Whose::Asker(_) => self.queue.push_front(pending),
                _ => {}
            }
        }
        over
    }

    fn pause(&self, connection: &Connection) -> Duration {
        let beat = connection.every.saturating_sub(connection.last_sent.elapsed_since());
        let later = self.later.iter().map(|(at, _)| at.saturating_duration_since(clock::now()));
        later.fold(beat, Duration::min).max(Duration::from_millis(5))
    }

    fn sign_in(&mut self, connection: &mut Connection) -> io::Result<()> {
        match self.keeper.token() {
            Some(token) => {
                let fields = Map::from_iter([("token".to_owned(), Value::from(token))]);
                self.send(connection, Pending { whose: Whose::Resume, op: "resume", fields, tries: 0 })
            }
            None => {
                connection.open = true;
                let why = self.lost_session.take();
                self.tell(Told::Visiting { why });
                Ok(())
            }
        }
    }

    /// Sends what is due: heartbeats, what was busy, what waits.
    fn flush(&mut self, connection: &mut Connection, greeted: bool) -> io::Result<()> {
        if !greeted {
            return Ok(());
        }
        if connection.last_sent.elapsed_since() >= connection.every {
            self.send(connection, Pending { whose: Whose::Ping, op: "ping", fields: Map::new(), tries: 0 })?;
        }
        let (now, open) = (clock::now(), connection.open);
        let may = |pending: &Pending| open || !matches!(pending.whose, Whose::Asker(_));
        let all = std::mem::take(&mut self.later);
        let (due, later): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(at, pending)| *at <= now && may(pending));
        self.later = later;
        for (_, pending) in due {
            self.send(connection, pending)?;
        }
        if !connection.open {
            return Ok(());
        }
        while connection.sent.len() < 100
            && let Some(pending) = self.queue.pop_front()
        {
            self.send(connection, pending)?;
            if self.signs_in(connection) {
                break;
            }
        }
        Ok(())
    }

    /// Whether the last thing that was sent changes who speaks: what follows waits for its answer.
    fn signs_in(&self, connection: &mut Connection) -> bool {
        let last = connection.sent.back().map(|(_, pending)| pending.op);
        let signs = matches!(last, Some("log_in" | "register" | "log_out"));
        if signs {
            connection.open = false;
        }
        signs
    }

    fn send(&mut self, connection: &mut Connection, pending: Pending) -> io::Result<()> {
        self.number += 1;
        let mut fields = pending.fields.clone();
        fields.insert("id".to_owned(), Value::from(self.number));
        fields.insert("op".to_owned(), Value::from(pending.op));
        let mut line = Value::Object(fields).to_string();
        line.push('\n');
        if connection.sent.is_empty() {
            // Silence counts from when there is something to answer.
            connection.last_heard = clock::now();
        }
        connection.sent.push_back((self.number, pending));
        connection.last_sent = clock::now();
        connection.pipe.write(line.as_bytes())
    }

    fn hear(&mut self, connection: &mut Connection, line: ServerLine) -> Option<Over> {
        match line {
            ServerLine::Hello(_) => {}
            ServerLine::Event(event) => {
                let seq = event.get("seq").and_then(Value::as_i64);
                // Nothing is told twice, whatever the server repeats.
                if seq.is_none_or(|seq| self.cursor.is_none_or(|cursor| seq > cursor)) {
                    self.cursor = seq.or(self.cursor);
                    self.tell(Told::Event(event));
                }
            }
            ServerLine::Presence(presence) => self.tell(Told::Presence(presence)),
            ServerLine::Typing(typing) => self.tell(Told::Typing(typing)),
            ServerLine::Here(here) => self.tell(Told::Here(here)),
            ServerLine::End(_) => return Some(Over::Again),
            ServerLine::Response { id, outcome } => {
                if id == Id::default() && matches!(outcome, Outcome::Busy(_)) {
                    return Some(Over::Lost("the server shuts down".to_owned()));
                }
                let place = connection.sent.iter().position(|(number, _)| Id::number(*number) == id)?;
                let (_, pending) = connection.sent.remove(place)?;
                return self.answered(connection, pending, outcome);
            }
        }
        None
    }

    fn answered(
        &mut self,
        connection: &mut Connection,
        mut pending: Pending,
        outcome: Outcome,
    ) -> Option<Over> {
        let code = |no: &Value| no.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Outcome::Busy(no) = &outcome
            && pending.tries < TRIES
        {
            pending.tries += 1;
            if matches!(pending.whose, Whose::Asker(_)) {
                connection.open = true;
            }
            let wait = no.get("retry_after_ms").and_then(Value::as_u64).unwrap_or(500).clamp(50, 10_000);
            self.later.push((clock::now() + Duration::from_millis(wait), pending));
            return None;
        }
        if let Outcome::Refused(no) = &outcome
            && code(no) == "session_ended"
        {
            let why = no.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
            self.forget(Some(why));
            if let Whose::Asker(ticket) = pending.whose {
                self.tell(Told::Answer { ticket, outcome });
            }
            return Some(Over::Again);
        }
        match pending.whose {
            Whose::Ping => {
                if let Outcome::Reply(reply) = &outcome
                    && let Some(time) = reply.get("time").and_then(Value::as_str)
                {
                    self.tell(Told::Time(time.to_owned()));
                }
                None
            }
            Whose::Resume => match outcome {
                Outcome::Reply(mut reply) => {
                    connection.account = Some(reply["account"].take());
                    self.listen(connection, self.cursor)
                }
                Outcome::Refused(_) | Outcome::Busy(_) | Outcome::Broken(_) => {
                    Some(Over::Lost("the market cannot sign you in now".to_owned()))
                }
            },
            Whose::Listen { after } => self.listened(connection, after, outcome),
            Whose::Asker(ticket) => {
                let mut outcome = outcome;
                let mut over = None;
                match (&mut outcome, pending.op) {
                    (Outcome::Reply(reply), "log_in" | "register") => {
                        let token = reply.get_mut("token").map(Value::take);
                        if let Err(error) = self.keeper.keep(token.as_ref().and_then(Value::as_str)) {
                            self.tell(Told::Note(error));
                        }
                        connection.account = reply.get("account").cloned();
                        self.cursor = None;
                        over = self.listen(connection, None);
                    }
                    (Outcome::Reply(_), "log_out") => {
                        self.forget(None);
                        over = Some(Over::Again);
                    }
                    (_, "log_in" | "register" | "log_out") => connection.open = true,
                    (Outcome::Refused(_), "follow") => {
                        let auction = pending.fields.get("auction");
                        self.followed.retain(|followed| Some(followed) != auction);
                    }
                    _ => {}
                }
                self.tell(Told::Answer { ticket, outcome });
                over
            }
        }
    }

    fn forget(&mut self, why: Option<String>) {
        if let Err(error) = self.keeper.keep(None) {
            self.tell(Told::Note(error));
        }
        self.cursor = None;
        self.followed.clear();
        self.lost_session = why;
    }

    fn listen(&mut self, connection: &mut Connection, after: Option<i64>) -> Option<Over> {
        let mut fields: Map<String, Value> =
            after.map(|after| ("after".to_owned(), Value::from(after))).into_iter().collect();
        if !self.followed.is_empty() {
            fields.insert("auctions".to_owned(), Value::from(self.followed.clone()));
        }
        connection.again = after.is_some();
        let pending = Pending { whose: Whose::Listen { after }, op: "listen", fields, tries: 0 };
        self.send(connection, pending).err().map(|error| Over::Lost(error.to_string()))
    }

    fn listened(
        &mut self,
        connection: &mut Connection,
        after: Option<i64>,
        outcome: Outcome,
    ) -> Option<Over> {
        let (live, beat) = match outcome {
            Outcome::Reply(reply) => {
                // With `after` the events up to the reply's cursor are still on their way: only what came counts.
                if after.is_none() {
                    self.cursor = reply.get("cursor").and_then(Value::as_i64);
                }
                let beat = reply.get("heartbeat_ms").and_then(Value::as_u64).unwrap_or(1_500);
                (true, Duration::from_millis(beat.clamp(400, 60_000) * 4 / 5))
            }
            Outcome::Refused(no) if no.get("code").and_then(Value::as_str) == Some("resync_required") => {
                let cursor = no.get("cursor").and_then(Value::as_i64);
                self.cursor = cursor;
                self.tell(Told::Resync);
                if cursor == after {
                    return Some(Over::Lost("the server does not know where its log ends".to_owned()));
                }
                return self.listen(connection, cursor);
            }
            // One of the auctions is not there: what else happens is heard all the same.
            Outcome::Refused(no)
                if !self.followed.is_empty()
                    && no.get("code").and_then(Value::as_str) == Some("not_found") =>
            {
                self.followed.clear();
                return self.listen(connection, after);
            }
            // An older server does not stream: everything else works.
            Outcome::Refused(_) => (false, MEMBER),
            Outcome::Busy(_) | Outcome::Broken(_) => {
                return Some(Over::Lost("the market cannot stream now".to_owned()));
            }
        };
        connection.every = beat;
        connection.open = true;
        let account = connection.account.clone().unwrap_or_default();
        self.tell(Told::SignedIn { account, live, again: connection.again && live });
        None
    }
}

trait ElapsedSince {
    fn elapsed_since(&self) -> Duration;
}

impl ElapsedSince for Instant {
    fn elapsed_since(&self) -> Duration {
        clock::now().saturating_duration_since(*self)
    }
}
