//! Many people talk at once over connections that do not last, and in the end everybody has read the same.
//!
//! Each person is a client as the protocol asks for one: signs in by token, listens after the last number it saw, and
//! sends again, under the same id, what was not answered.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]
#![expect(clippy::disallowed_methods, reason = "how long everybody is waited for")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use auboutique_domain::Command;
use auboutique_domain::id::MessageId;
use auboutique_domain::time::Moment;
use auboutique_market::Env as _;
use auboutique_market::env::{SystemEnv, random};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::cable::Cable;
use crate::process::Site;
use crate::stage::{Person, Stage, Wire, code, request};

/// How long everybody together may take before the test says that somebody waits for ever.
const PATIENCE: Duration = Duration::from_secs(300);
/// How many messages of one person are under way.
const WINDOW: usize = 8;
/// Everybody has this many conversations; the first two messages of each are said before anything breaks.
const EACH: usize = 4;

/// `promises.md` C1.
#[test]
fn ten_thousand_messages_over_connections_that_break_are_told_once_and_in_order_to_both_sides() {
    let stage = Stage::on_sqlite();
    let said = on_stage(&stage, 20, 10_000);
    println!("SQLite: {said}");
}

#[test]
fn two_thousand_messages_over_connections_that_break_are_told_once_and_in_order_on_postgres() {
    let stage = Stage::on_postgres();
    let said = on_stage(&stage, 20, 2_000);
    println!("PostgreSQL: {said}");
}

fn on_stage(stage: &Stage, people: usize, messages: usize) -> String {
    let name = "messages_per_minute".to_owned();
    stage.at_console(Command::ChangeSetting { name, value: "100000".to_owned() });
    let people: Vec<Person> = (0..people).map(|number| stage.member(&format!("talker_{number}"))).collect();
    let names: Vec<String> = people.iter().map(|person| person.username.to_string()).collect();
    let tokens = people.into_iter().map(|person| person.token).collect();
    let door = Door::open_to(stage.address);
    let mut story = Story::begin(&door, names, tokens, messages);
    let tale = story.tell(&door, |_| {});
    story.is_the_same_for_everybody(&door);
    stage.is_clean();
    tale
}

/// `promises.md` C1, C2: the same while the program is killed in the middle of it.
#[test]
fn messages_to_a_program_that_is_killed_again_and_again_are_told_once_and_in_order() {
    let site = Site::on_sqlite();
    let tokens = site.seed(12, 0).tokens;
    site.set("messages_per_minute", "100000");
    let names = (0..tokens.len()).map(|number| format!("trader{number}")).collect();
    let port = free_port().to_string();
    let mut server = site.start_on(&port);
    let door = Door::open_to(server.address.parse().unwrap());
    let (messages, kills) = (1_500, 6);
    let mut story = Story::begin(&door, names, tokens, messages);
    let mut killed = 0;
    let tale = story.tell(&door, |answered| {
        if answered % (messages / (kills + 1)) == 0 && killed < kills {
            killed += 1;
            door.close();
            server.kill();
            server = site.start_on(&port);
            door.open(server.address.parse().unwrap());
        }
    });
    assert_eq!(killed, kills);
    story.is_the_same_for_everybody(&door);
    server.kill();
    let (is_clean, said) = site.verify();
    assert!(is_clean, "{said}");
    println!("{kills} kills: {tale}");
}

/// A port below those that connections get: nobody takes it while the program is down.
fn free_port() -> u16 {
    let start = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (start..start + 1_000).find(is_free).expect("a thousand ports in a row are taken")
}

// ---- the door ----

/// Where the server is, when it is there.
struct Door {
    address: Mutex<Option<SocketAddr>>,
    opened: Condvar,
}

impl Door {
    fn open_to(address: SocketAddr) -> Self {
        Self { address: Mutex::new(Some(address)), opened: Condvar::new() }
    }

    fn close(&self) {
        *self.address.lock().unwrap() = None;
    }

    fn open(&self, address: SocketAddr) {
        *self.address.lock().unwrap() = Some(address);
        self.opened.notify_all();
    }

    fn wait(&self) -> SocketAddr {
        let closed = |address: &mut Option<SocketAddr>| address.is_none();
        let (address, _) =
            self.opened.wait_timeout_while(self.address.lock().unwrap(), PATIENCE, closed).unwrap();
        address.expect("the server does not come back")
    }

    fn enter(&self, token: &str) -> Wire {
        Wire::signed_in(TcpStream::connect(self.wait()).unwrap(), token)
    }
}

// ---- the story ----

/// A message, as one who takes part knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    message: String,
    sender: String,
    text: String,
}

/// What everybody says and hears.
struct Story {
    people: Vec<Talker>,
    /// The two who take part in each conversation.
    pairs: BTreeMap<String, [usize; 2]>,
    /// How many messages each conversation has in the end.
    lengths: BTreeMap<String, usize>,
    seed: u64,
}

/// One who takes part.
struct Talker {
    token: String,
    /// What is to be said and was not answered yet: conversation, message and text.
    outbox: VecDeque<(String, String, String)>,
    /// What was said, by itself, in each conversation, in this order.
    said: BTreeMap<String, Vec<String>>,
    heard: BTreeMap<String, Vec<Said>>,
    /// How many messages there are to be heard.
    expected: usize,
    cursor: i64,
    dice: ChaCha8Rng,
    /// How often the connection was lost.
    lost: usize,
    /// How many messages were sent more than once.
    again: usize,
}

impl Story {
    /// Everybody meets: a conversation with each neighbor, in which both have said something.
    fn begin(door: &Door, names: Vec<String>, tokens: Vec<String>, messages: usize) -> Self {
        let seed = std::env::var("AUBOUTIQUE_SEED").map_or(1, |seed| seed.parse().unwrap());
        eprintln!("AUBOUTIQUE_SEED={seed}");
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let count = tokens.len();
        let mut wires: Vec<Wire> = tokens.iter().map(|token| door.enter(token)).collect();
        let mut people: Vec<Talker> = tokens
            .into_iter()
            .zip(1_u64..)
            .map(|(token, number)| {
                let dice = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(number));
                Talker {
                    token,
                    outbox: VecDeque::new(),
                    said: BTreeMap::new(),
                    heard: BTreeMap::new(),
                    expected: 0,
                    cursor: 0,
                    dice,
                    lost: 0,
                    again: 0,
                }
            })
            .collect();
        let cursor = wires[0].does("listen", json!({}))["cursor"].as_i64().unwrap();
        people.iter_mut().for_each(|person| person.cursor = cursor);
        // The wire that listened is told from now on: another one takes its place.
        wires[0] = door.enter(&people[0].token);
        let mut pairs = BTreeMap::new();
        for one in 0..count {
            for step in 1..=EACH / 2 {
                let other = (one + step) % count;
                let with = json!({ "username": names[other] });
                let talk = wires[one].does("start_conversation", with)["conversation"].clone();
                for (who, text) in [(one, "Hello"), (other, "Hello yourself")] {
                    let sent = wires[who].does("send_message", json!({ "conversation": talk, "text": text }));
                    let message = sent["message"].as_str().unwrap().to_owned();
                    people[who].said.entry(talk.as_str().unwrap().to_owned()).or_default().push(message);
                }
                pairs.insert(talk.as_str().unwrap().to_owned(), [one, other]);
            }
        }
        let mut lengths: BTreeMap<String, usize> = pairs.keys().map(|talk| (talk.clone(), 2)).collect();
        let env = SystemEnv::new();
        let talks: Vec<String> = pairs.keys().cloned().collect();
        for number in 0..messages - 2 * pairs.len() {
            let talk = talks[below(&mut dice, talks.len())].clone();
            let who = pairs[&talk][below(&mut dice, 2)];
            let message = MessageId::new(Moment::from_micros(env.now().micros()), random(&env)).to_string();
            *lengths.get_mut(&talk).unwrap() += 1;
            people[who].said.entry(talk.clone()).or_default().push(message.clone());
            people[who].outbox.push_back((talk, message, format!("Line {number} 🪔")));
        }
        for (talk, pair) in &pairs {
            pair.iter().for_each(|&who| people[who].expected += lengths[talk]);
        }
        Self { people, pairs, lengths, seed }
    }

    /// Everybody talks until everything is answered and heard. `look` is called with the number of answers.
    fn tell(&mut self, door: &Door, mut look: impl FnMut(usize)) -> String {
        let start = Instant::now();
        let (answers, answered) = mpsc::channel();
        std::thread::scope(|scope| {
            for person in &mut self.people {
                let answers = answers.clone();
                scope.spawn(move || person.talk(door, &answers, start + PATIENCE));
            }
            drop(answers);
            for number in 1.. {
                if answered.recv().is_err() {
                    break;
                }
                look(number);
            }
        });
        let lost: usize = self.people.iter().map(|person| person.lost).sum();
        let again: usize = self.people.iter().map(|person| person.again).sum();
        assert!(lost >= self.people.len(), "hardly a connection broke: {lost}");
        assert!(again > 0, "nothing had to be sent again");
        format!(
            "{} messages in {} conversations of {} people, {lost} connections lost, {again} messages sent again, \
             0 lost, 0 repeated, seed {}, {} ms",
            self.lengths.values().sum::<usize>(),
            self.pairs.len(),
            self.people.len(),
            self.seed,
            start.elapsed().as_millis(),
        )
    }

    /// Both sides heard what can be read, all of it, in the order in which each said it.
    fn is_the_same_for_everybody(&self, door: &Door) {
        let seed = self.seed;
        let mut wires: Vec<Wire> = self.people.iter().map(|person| door.enter(&person.token)).collect();
        for (talk, &[one, other]) in &self.pairs {
            let written = read(&mut wires[one], talk);
            assert_eq!(written.len(), self.lengths[talk], "seed {seed}, {talk}: lost or repeated");
            assert_eq!(read(&mut wires[other], talk), written, "seed {seed}, {talk}");
            for who in [one, other] {
                assert_eq!(self.people[who].heard[talk], written, "seed {seed}, {talk}: heard by {who}");
            }
            let ids: BTreeSet<&String> = written.iter().map(|said| &said.message).collect();
            assert_eq!(ids.len(), written.len(), "seed {seed}, {talk}: repeated");
            for who in [one, other] {
                let said = self.people[who].said.get(talk).cloned().unwrap_or_default();
                let mine: BTreeSet<&String> = said.iter().collect();
                let order: Vec<&String> = written
                    .iter()
                    .map(|said| &said.message)
                    .filter(|message| mine.contains(message))
                    .collect();
                assert_eq!(order, said.iter().collect::<Vec<_>>(), "seed {seed}, {talk}: as {who} said it");
            }
        }
    }
}

fn below(dice: &mut ChaCha8Rng, count: usize) -> usize {
    usize::try_from(dice.next_u32()).unwrap() % count
}

/// A conversation, page by page.
fn read(wire: &mut Wire, talk: &str) -> Vec<Said> {
    let mut said = Vec::new();
    let mut after = json!(0);
    while !after.is_null() {
        let page = wire.does("messages", json!({ "conversation": talk, "after": after, "limit": 100 }));
        for row in page["rows"].as_array().unwrap() {
            said.push(Said::of(row));
            assert_eq!(row["number"], said.len(), "{talk}: a page with a gap");
        }
        after = page["next"].clone();
    }
    said
}

impl Said {
    fn of(message: &Value) -> Self {
        let text = |name: &str| message[name].as_str().unwrap_or_else(|| panic!("{message}")).to_owned();
        Self { message: text("message"), sender: text("sender"), text: text("text") }
    }
}

impl Talker {
    fn talk(&mut self, door: &Door, answers: &Sender<()>, deadline: Instant) {
        while !self.has_heard_everything() {
            assert!(Instant::now() < deadline, "{} messages heard of {}", self.count(), self.expected);
            if let Err(error) = self.spell(door, answers) {
                assert!(
                    !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "nothing comes any more, and {} messages were heard of {}",
                    self.count(),
                    self.expected
                );
                self.lost += 1;
            }
        }
    }

    fn count(&self) -> usize {
        self.heard.values().map(Vec::len).sum()
    }

    fn has_heard_everything(&self) -> bool {
        self.outbox.is_empty() && self.count() == self.expected
    }

    /// Talks on one connection for as long as it lasts.
    fn spell(&mut self, door: &Door, answers: &Sender<()>) -> io::Result<()> {
        let server = door.wait();
        // Half of the connections are cut somewhere in the cable; on the others the client goes away by itself.
        let (length, lines) = match below(&mut self.dice, 2) {
            0 => (1 + below(&mut self.dice, 60_000), usize::MAX),
            _ => (usize::MAX, 1 + below(&mut self.dice, 150)),
        };
        let (stream, _cable) = Cable::lay(server, length)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        (&stream).write_all(request(1, "resume", json!({ "token": self.token })).as_bytes())?;
        (&stream).write_all(request(2, "listen", json!({ "after": self.cursor })).as_bytes())?;
        let (mut under_way, mut line) = (0, String::new());
        for number in 0.. {
            if self.has_heard_everything() {
                return Ok(());
            }
            while under_way < WINDOW
                && let Some((talk, message, text)) = self.outbox.get(under_way)
            {
                let fields = json!({ "conversation": talk, "message": message, "text": text });
                let line = request(3, "send_message", fields);
                if number >= lines {
                    // In the middle of a request, or right behind it, and without waiting for what is under way.
                    let part = below(&mut self.dice, line.len() + 1);
                    drop((&stream).write_all(&line.as_bytes()[..part]));
                    drop(stream.shutdown(Shutdown::Both));
                    self.again += under_way;
                    return Err(ErrorKind::ConnectionAborted.into());
                }
                (&stream).write_all(line.as_bytes())?;
                under_way += 1;
            }
            if number >= lines {
                self.again += under_way;
                return Err(ErrorKind::ConnectionAborted.into());
            }
            line.clear();
            let count = reader.read_line(&mut line);
            if !matches!(count, Ok(1..)) || !line.ends_with('\n') {
                self.again += under_way;
                count?;
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let came: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if came.get("event").is_some() {
                self.hear(&came["event"]);
            } else if came["id"] == 3 {
                if came.get("busy").is_some() {
                    self.again += under_way;
                    return Err(ErrorKind::ConnectionAborted.into());
                }
                assert_eq!(code(&came), "ok", "{came}");
                let (_, message, _) = self.outbox.pop_front().unwrap();
                assert_eq!(came["reply"]["message"], message, "the answer to something else");
                under_way -= 1;
                answers.send(()).unwrap();
            } else if came.get("id").is_some() {
                assert_eq!(code(&came), "ok", "{came}");
            } else if came.get("end").is_some() {
                assert_eq!(came["end"]["code"], "too_slow", "{came}");
            }
        }
        Ok(())
    }

    fn hear(&mut self, event: &Value) {
        let seq = event["seq"].as_i64().unwrap();
        assert!(seq > self.cursor, "{seq} after {}: {event}", self.cursor);
        self.cursor = seq;
        if event["event"] == "message_sent" {
            let heard = self.heard.entry(event["conversation"].as_str().unwrap().to_owned()).or_default();
            heard.push(Said::of(&event["message"]));
            assert_eq!(event["number"], heard.len(), "a message was lost, repeated or out of order: {event}");
        }
    }
}
