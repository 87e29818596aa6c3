//! Client programs that run, and bare connections that read as they do: one `recv` for one message.

#![expect(clippy::unwrap_used, reason = "what a test stands on fails by panicking, as the test does")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use auboutique_domain::conversation::{MessageText, Partner};
use auboutique_domain::id::SessionId;
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::member::{MemberCard, Username};
use auboutique_domain::order::{OrderView, Side};
use auboutique_domain::{Command as Ask, Currency, Price, Reply};
use auboutique_market::Caller;

use crate::stage::Stage;

/// How long anything may take before the test says that it never comes.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// In how long nothing comes when nothing is to come.
pub(super) const QUIET: Duration = Duration::from_millis(500);

/// A process that does not outlive its test: these clients wait for ever when their server is gone.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop((self.0.kill(), self.0.wait()));
    }
}

/// A client program of an older system, whose user is the test.
pub(super) struct Program {
    child: Running,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Program {
    /// Starts the program of that name.
    pub(super) fn start(name: &str, at: SocketAddr, options: &[&str]) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/legacy").join(name);
        let (host, port) = (at.ip().to_string(), at.port().to_string());
        let mut child = Command::new("python3")
            .arg("-B")
            .arg(path)
            .args(["--host", &host, "--port", &port])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 should be installed");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child: Running(child), input, lines }
    }

    /// Its user types these lines, each when it is asked for.
    pub(super) fn types(&mut self, lines: &[&str]) {
        for line in lines {
            writeln!(self.input, "{line}").unwrap();
        }
        self.input.flush().unwrap();
    }

    /// What the program received next, in one `recv`.
    #[track_caller]
    pub(super) fn receives(&self) -> String {
        self.receives_within(PATIENCE).expect("nothing came")
    }

    /// The same, if something comes within that time.
    #[track_caller]
    pub(super) fn receives_within(&self, patience: Duration) -> Option<String> {
        loop {
            match self.lines.recv_timeout(patience) {
                Ok(line) => {
                    if let Some(received) = line.strip_prefix('@') {
                        return Some(serde_json::from_str(received).unwrap());
                    }
                }
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended"),
            }
        }
    }

    /// Its user sees that line.
    #[track_caller]
    pub(super) fn shows(&self, text: &str) {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line == text {
                return;
            }
            seen.push(line);
        }
        panic!("{text:?} is not among {seen:?}");
    }

    /// It ends.
    pub(super) fn ends(mut self) -> ExitStatus {
        drop(self.input);
        let lines = self.lines;
        // Its output ends with it.
        while lines.recv_timeout(PATIENCE).is_ok() {}
        self.child.0.wait().unwrap()
    }

    /// It is killed.
    pub(super) fn dies(mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }
}

/// A connection that takes what one `recv` gives it for a message. As in the programs, a thread of its own reads it.
pub(crate) struct Bare {
    stream: TcpStream,
    messages: Receiver<String>,
}

impl Bare {
    pub(crate) fn open(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).unwrap();
        stream.set_nodelay(true).unwrap();
        let (tell, messages) = mpsc::channel();
        let mut input = stream.try_clone().unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 1_024];
            // A connection that is reset is at its end as well.
            while let Ok(count @ 1..) = input.read(&mut bytes) {
                let message = String::from_utf8(bytes[..count].to_vec()).unwrap();
                if tell.send(message).is_err() {
                    break;
                }
            }
        });
        Self { stream, messages }
    }

    pub(crate) fn says(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).unwrap();
    }

    /// The next message; nothing when the server closed the connection.
    #[track_caller]
    pub(crate) fn reads(&mut self) -> Option<String> {
        self.reads_within(PATIENCE).expect("nothing came")
    }

    /// The same, if something comes within that time.
    pub(super) fn reads_within(&mut self, patience: Duration) -> Option<Option<String>> {
        match self.messages.recv_timeout(patience) {
            Ok(message) => Some(Some(message)),
            Err(RecvTimeoutError::Disconnected) => Some(None),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    #[track_caller]
    pub(crate) fn asks(&mut self, text: impl AsRef<[u8]>) -> String {
        self.says(text);
        self.reads().expect("the server closed the connection")
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // The thread that reads has the connection too: closing this end alone would leave it open.
        drop(self.stream.shutdown(Shutdown::Both));
    }
}

// ---- the same market over its own wires ----

/// The card of a member, and a session of theirs on another wire.
pub(crate) fn elsewhere(stage: &Stage, username: &str) -> (MemberCard, SessionId) {
    let name = username.to_owned();
    let card = stage.market.ask_now(Caller::VISITOR, move |view| view.member_card(&name)).unwrap();
    let session = stage.again(card.id, &card.username).session;
    (card, session)
}

/// A member says something to another, over the market's own wires.
pub(super) fn says(stage: &Stage, from: SessionId, to: &str, text: &str) {
    let partner = Partner::Member(Username::parse(to).unwrap());
    let started = stage.market.run_now(Caller::member(from), Ask::StartConversation { partner }).unwrap();
    let Reply::Conversation(talk) = started else { panic!("{started:?}") };
    let text = MessageText::parse(text).unwrap();
    let command = Ask::SendMessage { conversation: talk.conversation, message: None, text };
    stage.market.run_now(Caller::member(from), command).unwrap();
}

/// What was said to a member last, by whom.
pub(super) fn last_said(stage: &Stage, to: SessionId) -> (String, String) {
    let talks = stage.market.ask_now(Caller::member(to), |view| view.conversations(None, None)).unwrap();
    let talk = &talks.rows[0];
    (talk.with.username.to_string(), talk.last.as_ref().unwrap().text.clone())
}

/// The orders of a member as a buyer, newest first.
pub(super) fn bought(stage: &Stage, by: SessionId) -> Vec<OrderView> {
    stage.market.ask_now(Caller::member(by), |view| view.orders(Side::Buyer, None, None)).unwrap().rows
}

/// A member puts something on sale over the market's own wires.
pub(super) fn offers(
    stage: &Stage,
    seller: SessionId,
    title: &str,
    description: &str,
    price: (i64, Currency),
) {
    let price = Price::new(price.0, price.1).unwrap();
    let draft = ListingDraft::new(title, description, price, Category::Books, Condition::Good, None).unwrap();
    stage.market.run_now(Caller::member(seller), Ask::AddListing { draft }).unwrap();
}

/// The number by which older programs know what has that title.
pub(crate) fn number(stage: &Stage, title: &str) -> i64 {
    let title = title.to_owned();
    stage.market.ask_now(Caller::VISITOR, move |view| view.titled(&title, 1)).unwrap()[0].0
}

/// A member is here, or gone, as another sees it, within a moment.
pub(super) fn becomes(stage: &Stage, asker: SessionId, username: &str, here: bool) {
    #![expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        let name = [username.to_owned()];
        let seen = stage.market.ask_now(Caller::member(asker), move |view| view.presence(&name)).unwrap();
        if seen[0].online == here {
            return;
        }
        thread::yield_now();
    }
    panic!("{username} does not become {}", if here { "online" } else { "offline" });
}
