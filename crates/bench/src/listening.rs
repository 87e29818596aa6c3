//! Listening: one event to many listeners, what a listener costs, a message from one member to another.
//!
//! The server is a process of its own, this program started once more, so that its memory and its processor time are its
//! own. What is measured is measured here, at the clients: from the moment a request is sent, so that the commit is in it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use auboutique::config::{Cli, Verb};
use auboutique_domain::Command as Order;
use auboutique_market::Caller;
use clap::Parser as _;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::stage::{PRICE, Stage, clock};
use crate::{Figure, Target};

/// How many events are told to everybody.
const EVENTS: usize = 40;
/// How many members there are: of one session no more than eight streams may be open over HTTP.
const MEMBERS: usize = 1_500;
/// How many of them listen while two of them talk, and how many messages these send.
const ONLINE: usize = 1_000;
const MESSAGES: usize = 1_000;
/// How many messages are sent before that are not counted.
const WARM: usize = 200;
/// How often somebody who is there is heard of.
const HEARTBEAT: Duration = Duration::from_millis(1_500);
/// How many connections are signed in at the same time while the crowd gathers.
const ENTERING: usize = 64;
/// How many files a process needs besides its connections.
const FILES: u64 = 200;

// ---- the processes ----

/// What this program does when it is started by itself.
pub(crate) fn play(part: &str, folder: Option<&Path>) -> anyhow::Result<()> {
    match (part, folder) {
        ("server", Some(folder)) => {
            let data = folder.to_str().context("the folder's name is no text")?;
            let words = ["auboutique", "serve", "--port", "0", "--http", "127.0.0.1:0", "--data", data];
            let Verb::Serve(options) = Cli::try_parse_from(words)?.verb else { bail!("no server") };
            auboutique::serve::run(&options)
        }
        ("echo", _) => echo(None),
        ("durable-echo", Some(folder)) => echo(Some(&std::fs::File::create(folder.join("echo"))?)),
        _ => bail!("no such part: {part}"),
    }
}

/// Answers requests of as many bytes as the first line says with as many as it says beside it; with a file, after they
/// are written there and durable, which is what a message is before it is told.
#[expect(clippy::print_stdout, reason = "whoever started this reads where it listens")]
fn echo(file: Option<&std::fs::File>) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("  protocol   {}", listener.local_addr()?);
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut sizes = [0; 16];
    stream.read_exact(&mut sizes)?;
    let size = |bytes: &[u8]| anyhow::Ok(usize::from_str_radix(std::str::from_utf8(bytes)?, 16)?);
    let (mut request, answer) = (vec![0; size(&sizes[..8])?], vec![b'x'; size(&sizes[8..])?]);
    while stream.read_exact(&mut request).is_ok() {
        if let Some(mut file) = file {
            file.write_all(&request)?;
            file.sync_data()?;
        }
        stream.write_all(&answer)?;
    }
    Ok(())
}

/// A process that plays a part. It ends when this is dropped.
pub(crate) struct Player {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for HTTP, if it does.
    pages: Option<SocketAddr>,
}

impl Player {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(part: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut program = Command::new(std::env::current_exe()?);
        program.args(["--part", part, "--folder"]).arg(folder);
        program.env("RUST_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = program.spawn()?;
        let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        let mut pages = None;
        loop {
            let Some(line) = lines.next() else { bail!("the {part} does not start") };
            let line = line?;
            if let Some(url) = line.trim().strip_prefix("pages ") {
                pages = Some(url.trim().trim_start_matches("http://").parse()?);
            } else if let Some(address) = line.trim().strip_prefix("protocol ") {
                let address = address.trim().parse()?;
                // What it says later is nobody's concern, but it must not find its output closed.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { process, address, pages });
            }
        }
    }

    /// Where it listens for those who come that way.
    pub(crate) fn address_of(&self, way: Way) -> Option<SocketAddr> {
        match way {
            Way::Protocol => Some(self.address),
            Way::Http => self.pages,
        }
    }

    fn proc(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.process.id()))
    }

    /// How much memory it has, in bytes.
    fn memory(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
    }

    /// How long its threads have run, to the nanosecond.
    fn processor_time(&self) -> anyhow::Result<Duration> {
        let mut nanos = 0;
        for task in std::fs::read_dir(self.proc("task"))? {
            let run = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanos += run.split(' ').next().context("no schedstat")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Lets this process, and those it starts, have that many files open; or says how many it may have.
fn files(wanted: u64) -> anyhow::Result<u64> {
    let may = || -> anyhow::Result<u64> {
        let limits = std::fs::read_to_string("/proc/self/limits")?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no limit")?;
        Ok(line.split_whitespace().next().context("no limit")?.parse().unwrap_or(u64::MAX))
    };
    if may()? < wanted {
        let number = std::process::id().to_string();
        // Should it not be there or not work, there is less room, and fewer come.
        drop(Command::new("prlimit").args(["--pid", &number, &format!("--nofile={wanted}:")]).status());
    }
    may()
}

// ---- the listeners ----

/// How listeners listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Over the protocol.
    Protocol,
    /// Over HTTP, by server-sent events.
    Http,
}

/// A connection that asks and reads lines.
pub(crate) struct Line {
    stream: tokio::io::BufStream<tokio::net::TcpStream>,
    text: String,
    way: Way,
}

impl Line {
    async fn connect(address: SocketAddr, way: Way) -> anyhow::Result<Self> {
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        // A listener of ten thousand has little room of its own here either.
        let stream = tokio::io::BufStream::with_capacity(1_024, 1_024, stream);
        Ok(Self { stream, text: String::new(), way })
    }

    /// Signed in over the protocol.
    pub(crate) async fn sign_in(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let mut line = Self::connect(address, Way::Protocol).await?;
        line.next().await?;
        line.does(&json!({ "id": 0, "op": "resume", "token": token })).await?;
        Ok(line)
    }

    async fn listening(address: SocketAddr, token: &str, way: Way) -> anyhow::Result<Self> {
        Self::told(address, token, way, None).await
    }

    /// Listens, and follows an auction.
    pub(crate) async fn following(
        address: SocketAddr,
        token: &str,
        way: Way,
        auction: &str,
    ) -> anyhow::Result<Self> {
        Self::told(address, token, way, Some(auction)).await
    }

    async fn told(address: SocketAddr, token: &str, way: Way, auction: Option<&str>) -> anyhow::Result<Self> {
        if way == Way::Protocol {
            let mut line = Self::sign_in(address, token).await?;
            let auctions: Vec<&str> = auction.into_iter().collect();
            line.does(&json!({ "id": 0, "op": "listen", "auctions": auctions })).await?;
            return Ok(line);
        }
        let mut line = Self::connect(address, way).await?;
        let query = auction.map_or_else(String::new, |auction| format!("?auction={auction}"));
        let head = format!("Host: {address}\r\nAuthorization: Bearer {token}\r\n");
        line.send(&format!("GET /api/v1/events{query} HTTP/1.1\r\n{head}\r\n")).await?;
        // It listens when it was told where the stream begins.
        while !line.any().await?.starts_with("retry: ") {
            ensure!(!line.text.starts_with("HTTP/1.1 4"), "{}", line.text);
        }
        Ok(line)
    }

    /// Sends a line.
    pub(crate) async fn send(&mut self, request: &str) -> anyhow::Result<()> {
        self.stream.write_all(request.as_bytes()).await?;
        Ok(self.stream.flush().await?)
    }

    /// The next line that tells something.
    pub(crate) async fn next(&mut self) -> anyhow::Result<&str> {
        self.any().await?;
        while self.way == Way::Http && !self.text.starts_with("data: ") {
            self.any().await?;
        }
        Ok(&self.text)
    }

    /// The next line in which these words are.
    pub(crate) async fn next_of(&mut self, words: &str) -> anyhow::Result<&str> {
        while !self.next().await?.contains(words) {}
        Ok(&self.text)
    }

    async fn any(&mut self) -> anyhow::Result<&str> {
        self.text.clear();
        ensure!(self.stream.read_line(&mut self.text).await? > 0, "the server closed the connection");
        Ok(&self.text)
    }

    async fn does(&mut self, request: &Value) -> anyhow::Result<Value> {
        self.send(&format!("{request}\n")).await?;
        let answer: Value = serde_json::from_str(self.next().await?)?;
        let reply = answer.get("reply").cloned();
        reply.with_context(|| format!("{request}: {answer}"))
    }
}

/// Opens that many connections that listen, some at a time.
async fn gather(address: SocketAddr, tokens: &[String], count: usize, way: Way) -> anyhow::Result<Vec<Line>> {
    let tokens: Arc<[String]> = tokens.into();
    let mut entering = tokio::task::JoinSet::new();
    let mut lines = Vec::with_capacity(count);
    for number in 0..count {
        if entering.len() >= ENTERING
            && let Some(line) = entering.join_next().await
        {
            lines.push(line??);
        }
        let tokens = Arc::clone(&tokens);
        entering.spawn(async move { Line::listening(address, &tokens[number % tokens.len()], way).await });
    }
    while let Some(line) = entering.join_next().await {
        lines.push(line??);
    }
    Ok(lines)
}

// ---- the figures ----

/// Measures what listeners cost and how soon they are told.
pub(crate) fn measure() -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stage = Stage::new(MEMBERS)?;
    let name = "messages_per_minute".to_owned();
    stage.market.run_now(Caller::CONSOLE, Order::ChangeSetting { name, value: "100000".to_owned() })?;
    let tokens: Vec<String> = stage.buyers.iter().map(|(_, token)| token.reveal().to_owned()).collect();
    stage.market.close();
    let folder = stage.folder;
    drop(stage.market);
    let mut figures = Vec::new();
    let room = files(10_000 + FILES)?.saturating_sub(FILES);
    for count in [1_000, 10_000] {
        if room < count {
            say_left_out(count, room);
            continue;
        }
        for way in [Way::Protocol, Way::Http] {
            let server = Player::start("server", folder.path())?;
            figures.extend(runtime.block_on(to_everybody(&server, &tokens, usize::try_from(count)?, way))?);
        }
    }
    let server = Player::start("server", folder.path())?;
    let echoes = [Player::start("echo", folder.path())?, Player::start("durable-echo", folder.path())?];
    figures.extend(runtime.block_on(from_one_to_another(&server, &echoes, &tokens))?);
    Ok(figures)
}

/// Whoever reads the table must know what is missing in it.
fn say_left_out(count: u64, room: u64) {
    eprintln!(
        "F7 with {count} listeners is left out: only {room} connections may be open. Run `ulimit -n` first"
    );
}

/// One event to all of them.
async fn to_everybody(
    server: &Player,
    tokens: &[String],
    count: usize,
    way: Way,
) -> anyhow::Result<Vec<Figure>> {
    let mut seller = Line::sign_in(server.address, &tokens[0]).await?;
    let (address, how) = match way {
        Way::Protocol => (server.address, ""),
        Way::Http => (server.pages.context("the server has no pages")?, " over HTTP"),
    };
    // What the server makes once is not a listener's.
    drop(gather(address, tokens, 64, way).await?);
    let empty = server.memory()?;
    let lines = gather(address, tokens, count, way).await?;
    let full = server.memory()?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let listeners: Vec<_> = lines
        .into_iter()
        .map(|mut line| {
            let tell = tell.clone();
            tokio::spawn(async move {
                for _ in 0..=EVENTS {
                    if !line.next().await.is_ok_and(|line| line.contains("listing_published"))
                        || tell.send(()).is_err()
                    {
                        return Err(line.text);
                    }
                }
                Ok(line)
            })
        })
        .collect();
    let (mut times, mut processor) = (Vec::new(), Duration::ZERO);
    // The first one warms everything up.
    for number in 0..=EVENTS {
        let lamp = json!({ "id": 1, "op": "add_listing", "title": format!("A good lamp number {number}"),
            "price": { "minor": PRICE, "currency": "USD" }, "category": "books", "condition": "good" });
        let before = server.processor_time()?;
        let start = clock();
        seller.does(&lamp).await?;
        for _ in 0..count {
            told.recv().await.context("the listeners are gone")?;
        }
        if number > 0 {
            times.push(start.elapsed());
            processor += server.processor_time()?.saturating_sub(before);
        }
    }
    for listener in listeners {
        if let Err(text) = listener.await? {
            bail!("a listener was told something else: {text}");
        }
    }
    times.sort();
    let slowest = times[(times.len() * 99).div_ceil(100) - 1];
    let deliveries = count * EVENTS;
    let figure = |what: &str, ours, unit, target| Figure {
        id: "F7",
        what: format!("{what}, {count} listeners{how}"),
        ours,
        reference: None,
        unit,
        target,
    };
    // Most of ten thousand is what was promised; what a thousand take is shown beside it.
    let most = |most| if count >= 10_000 { Target::AtMost(most) } else { Target::None };
    Ok(vec![
        figure(
            "an event to the last, commit included, median",
            millis(times[times.len() / 2]),
            "ms",
            most(150.0),
        ),
        figure("an event to the last, commit included, p99", millis(slowest), "ms", Target::None),
        figure("processor time of the server per delivery", per(processor, deliveries), "µs", Target::None),
        figure(
            "memory of the server per idle listener",
            kib(full.saturating_sub(empty), count),
            "KiB",
            Target::AtMost(8.0),
        ),
    ])
}

/// Somebody who is there: reads what is told, and is heard of in time.
async fn stay(mut line: Line) -> anyhow::Result<()> {
    let mut beat = tokio::time::interval(HEARTBEAT);
    let mut bytes = vec![0; 4_096];
    loop {
        tokio::select! {
            _ = beat.tick() => line.send("{\"op\":\"ping\"}\n").await?,
            read = line.stream.read(&mut bytes) => ensure!(read? > 0, "the server closed the connection"),
        }
    }
}

/// An echo: how long it takes to send so many bytes and have so many back.
struct Echo {
    stream: tokio::net::TcpStream,
    answer: Vec<u8>,
    times: Histogram<u64>,
}

impl Echo {
    async fn of(player: &Player, request: &str, answer: &str) -> anyhow::Result<Self> {
        let mut stream = tokio::net::TcpStream::connect(player.address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(format!("{:08x}{:08x}", request.len(), answer.len()).as_bytes()).await?;
        Ok(Self { stream, answer: vec![0; answer.len()], times: Histogram::new(3)? })
    }

    async fn ask(&mut self, request: &str) -> anyhow::Result<()> {
        let start = clock();
        self.stream.write_all(request.as_bytes()).await?;
        self.stream.read_exact(&mut self.answer).await?;
        Ok(self.times.record(u64::try_from(start.elapsed().as_micros())?)?)
    }
}

/// A message to somebody among a thousand who are there, against echoes of as many bytes.
async fn from_one_to_another(
    server: &Player,
    [echo, durable]: &[Player; 2],
    tokens: &[String],
) -> anyhow::Result<Vec<Figure>> {
    let mut sender = Line::sign_in(server.address, &tokens[0]).await?;
    let mut recipient = Line::sign_in(server.address, &tokens[1]).await?;
    let talk = sender.does(&json!({ "op": "start_conversation", "username": "buyer_1" })).await?;
    let send = |text: &str| {
        let talk = &talk["conversation"];
        format!("{}\n", json!({ "op": "send_message", "conversation": talk, "text": text }))
    };
    sender.does(&serde_json::from_str(&send("Is it still there?"))?).await?;
    recipient.does(&serde_json::from_str(&send("It is."))?).await?;
    let mut crowd = tokio::task::JoinSet::new();
    for line in gather(server.address, &tokens[2..], ONLINE - 1, Way::Protocol).await? {
        crowd.spawn(stay(line));
    }
    recipient.does(&json!({ "op": "listen" })).await?;
    let request = send("When can I come and see it? I am free after my last class.");
    let mut ours = Histogram::<u64>::new(3)?;
    let mut echoes: Vec<Echo> = Vec::new();
    for number in 0..MESSAGES + WARM {
        let start = clock();
        sender.send(&request).await?;
        let heard = recipient.next().await?;
        let took = start.elapsed();
        ensure!(heard.contains("\"message_sent\""), "told something else: {heard}");
        if echoes.is_empty() {
            echoes = vec![Echo::of(echo, &request, heard).await?, Echo::of(durable, &request, heard).await?];
        }
        ensure!(sender.next().await?.contains("\"reply\""), "not sent: {}", sender.text);
        // Who just came is being kept and told at first.
        if number >= WARM {
            ours.record(u64::try_from(took.as_micros())?)?;
            for echo in &mut echoes {
                echo.ask(&request).await?;
            }
        }
    }
    ensure!(crowd.try_join_next().is_none(), "somebody in the crowd was cut off");
    let figure = |what: &str, place: usize, quantile, target| Figure {
        id: "F8",
        what: format!("a message to one of {ONLINE}, {what}"),
        ours: micros(ours.value_at_quantile(quantile)),
        reference: echoes.get(place).map(|echo| micros(echo.times.value_at_quantile(quantile))),
        unit: "µs",
        target,
    };
    Ok(vec![
        figure("median, by an echo", 0, 0.5, Target::None),
        figure("p99, by an echo", 0, 0.99, Target::RatioAtMost(5.0)),
        figure("median, by an echo that syncs to disk", 1, 0.5, Target::None),
        figure("p99, by an echo that syncs to disk", 1, 0.99, Target::None),
    ])
}

#[expect(clippy::float_arithmetic, reason = "a duration, no money")]
fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

fn micros(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[expect(clippy::float_arithmetic, reason = "a duration, no money")]
fn per(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1_000_000.0 / f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[expect(clippy::float_arithmetic, reason = "an amount of memory, no money")]
fn kib(bytes: u64, count: usize) -> f64 {
    f64::from(u32::try_from(bytes / 64).unwrap_or(u32::MAX))
        / 16.0
        / f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
