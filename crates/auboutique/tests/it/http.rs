//! The HTTP door as the rough world finds it: slow, garbled, forged, encrypted; and what every answer carries.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use auboutique::http;
use auboutique::http::input::Json;
use auboutique::serve::{Doors, Running};
use auboutique_market::Caller;
use axum::Router;
use axum::routing::{get, post};
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;

use crate::listener::make_room_for_files;
use crate::stage::{Person, Stage, listing, png};
use crate::wire::certificate;

/// How long an answer may take before the test says that there is none.
const PATIENCE: Duration = Duration::from_secs(30);

// ---- one connection, asked and answered in turn ----

/// A connection to the HTTP door.
pub(crate) struct Connection<S> {
    stream: BufReader<S>,
    host: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header; nothing when it is not there. It must not be there twice.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = found.next();
        assert!(found.next().is_none(), "{name} twice: {:?}", self.headers);
        first
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The code of the problem it is.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status, "{problem}");
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl Connection<TcpStream> {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self::over(stream, address.to_string())
    }
}

impl<S: Read + Write> Connection<S> {
    pub(crate) fn over(stream: S, host: String) -> Self {
        Self { stream: BufReader::new(stream), host }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
        self.stream.get_mut().flush().unwrap();
    }

    /// Asks with these headers, `Name: value` each, and a body if it is not empty.
    pub(crate) fn ask(&mut self, request: &str, headers: &[&str], body: &[u8]) -> Answer {
        self.begin(request, headers, body);
        self.answer().expect("the server closed the connection")
    }

    /// The same without waiting for the answer.
    pub(crate) fn begin(&mut self, request: &str, headers: &[&str], body: &[u8]) {
        let mut head = format!("{request} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        if !body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.send(&[head.as_bytes(), body].concat());
    }

    /// Asks for what has no end, and takes the head of it.
    pub(crate) fn begun(&mut self, request: &str, headers: &[&str]) -> Answer {
        self.begin(request, headers, b"");
        self.head().expect("the server closed the connection")
    }

    /// The head of the next answer; nothing when the server closed the connection.
    pub(crate) fn head(&mut self) -> Option<Answer> {
        let first = line(&mut self.stream)?;
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {first}"));
        let mut headers = Vec::new();
        loop {
            let line = line(&mut self.stream).expect("half a head");
            let Some((name, value)) = line.split_once(": ") else {
                assert_eq!(line, "");
                return Some(Answer { status, headers, body: Vec::new() });
            };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    /// The next answer; nothing when the server closed the connection.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.head()?;
        if let Some(length) = answer.header("content-length") {
            answer.body = vec![0; length.parse().unwrap()];
            self.stream.read_exact(&mut answer.body).unwrap();
        } else if answer.header("transfer-encoding").is_some() {
            while let Some(mut chunk) = self.chunk() {
                answer.body.append(&mut chunk);
            }
        }
        Some(answer)
    }

    /// The next piece of a body that comes in pieces; nothing at its end. A body that breaks off fails the test.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        self.try_chunk().unwrap().expect("the body broke off")
    }

    /// The same; the outer nothing when the connection ended in the middle of the body.
    pub(crate) fn try_chunk(&mut self) -> io::Result<Option<Option<Vec<u8>>>> {
        let mut size = String::new();
        if self.stream.read_line(&mut size)? == 0 {
            return Ok(None);
        }
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap_or_else(|_| panic!("no size: {size}"));
        let mut bytes = vec![0; size + 2];
        self.stream.read_exact(&mut bytes)?;
        assert_eq!(bytes.split_off(size), b"\r\n");
        Ok(Some((size > 0).then_some(bytes)))
    }

    /// Everything until the server closes the connection, in whatever way.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => panic!("not closed: {error}"),
            _ => rest,
        }
    }
}

fn line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        Ok(0) => None,
        Ok(_) => Some(line.strip_suffix("\r\n").unwrap_or_else(|| panic!("half a line: {line}")).to_owned()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
        Err(error) => panic!("no answer: {error}"),
    }
}

/// The header by which a member is known.
pub(crate) fn bearer(person: &Person) -> String {
    format!("Authorization: Bearer {}", person.token)
}

/// The cookie by which a member's browser is known.
pub(crate) fn cookie(person: &Person) -> String {
    format!("Cookie: {}={}", http::asker::COOKIE, person.token)
}

/// Asks one thing on a connection of its own.
fn ask(stage: &Stage, request: &str, headers: &[&str]) -> Answer {
    Connection::open(stage.http).ask(request, headers, b"")
}

// ---- slow clients ----

/// How many there are of each sort.
const SLOW: usize = 100;
/// How much there is for those who do not read.
const MUCH: usize = 256 * 1_024;
/// How long they may keep their places, in microseconds.
const KEPT: i64 = 10_000_000;

/// `promises.md` T24, W3.
#[test]
fn clients_that_are_slow_on_purpose_lose_their_places_and_delay_nobody() {
    make_room_for_files(4_096);
    let stage = Stage::on_sqlite();
    let (closing, closed) = watch::channel(false);
    let own = stage.runtime.block_on(async {
        // What takes fields, and what gives much, whatever the routes of the market are.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let take = |Json(fields): Json<Value>| async move { fields.to_string() };
        let much = get(async || vec![b'x'; MUCH]);
        let router = Router::new().route("/fields", post(take)).route("/much", much);
        tokio::spawn(http::server::serve(listener, None, router, closed));
        address
    });
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut fresh, kept) = clients.block_on(async {
        let start = stage.market.now();
        let mut slow = tokio::task::JoinSet::new();
        for _ in 0..SLOW {
            let host = format!("Host: {}\r\n", stage.http);
            let body = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
            slow.spawn(drip(stage.http, String::new(), ""));
            slow.spawn(drip(stage.http, format!("GET / HTTP/1.1\r\n{host}X: "), "x"));
            slow.spawn(drip(stage.http, format!("POST /api/v1/sessions HTTP/1.1\r\n{host}{body}"), " "));
            slow.spawn(drip(own, format!("POST /fields HTTP/1.1\r\n{host}{body}"), " "));
            slow.spawn(never_read(own, format!("GET /much HTTP/1.1\r\n{host}\r\n")));
        }
        // Others come meanwhile.
        let mut fresh = Vec::new();
        let mut often = tokio::time::interval(Duration::from_millis(100));
        let mut closed = Vec::new();
        while !slow.is_empty() {
            tokio::select! {
                Some(done) = slow.join_next() => {
                    done.unwrap();
                    closed.push(stage.market.now().since(start).micros());
                }
                _ = often.tick() => {
                    let before = stage.market.now();
                    greet(stage.http).await;
                    fresh.push(stage.market.now().since(before).micros());
                }
            }
        }
        (fresh, closed)
    });
    closing.send_replace(true);
    let slowest = *kept.iter().max().unwrap();
    fresh.sort_unstable();
    let median = fresh[fresh.len() / 2];
    println!(
        "{} slow clients: the last lost its place after {} ms; {} others: median {} µs, slowest {} µs",
        kept.len(),
        slowest / 1_000,
        fresh.len(),
        median,
        fresh[fresh.len() - 1]
    );
    assert_eq!(kept.len(), 5 * SLOW);
    assert!(slowest < KEPT, "somebody slow was kept for {slowest} µs");
    assert!(median < 50_000, "others waited {median} µs");
}

/// Says the beginning, then a byte a second if there is one, until the server has enough.
async fn drip(address: SocketAddr, beginning: String, more: &str) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    let mut each_second = tokio::time::interval(Duration::from_secs(1));
    let mut bytes = vec![0; 4_096];
    loop {
        tokio::select! {
            read = stream.read(&mut bytes) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            },
            _ = each_second.tick() => if !more.is_empty() && stream.write_all(more.as_bytes()).await.is_err() {
                return;
            },
        }
    }
}

/// Asks for much again and again, takes as little of it as can be and reads nothing, until the server has enough.
async fn never_read(address: SocketAddr, request: String) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1_024).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(request.repeat(40).as_bytes()).await.unwrap();
    let mut often = tokio::time::interval(Duration::from_millis(200));
    loop {
        often.tick().await;
        if stream.write_all(b"\r\n").await.is_err() {
            return;
        }
    }
}

/// A client that is not slow.
async fn greet(address: SocketAddr) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

// ---- garbled requests ----

/// `promises.md` T26: what is sent as one request, and with which statuses it may be answered; 0 when the connection is
/// closed without a word. Nothing is ever answered twice.
#[test]
fn no_request_however_garbled_is_answered_twice_or_by_the_wrong_market() {
    let stage = Stage::on_sqlite();
    let host = format!("Host: {}\r\n", stage.http);
    let get = |headers: &str| format!("GET /healthz HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    // What follows would be a second request, if the first ended where it must not.
    let second = format!("GET /healthz HTTP/1.1\r\n{host}\r\n");
    let post = |headers: &str, body: &str| format!("POST /smuggled HTTP/1.1\r\n{host}{headers}\r\n{body}");
    let chunked = |encoding: &str, body: &str| post(&format!("Transfer-Encoding: {encoding}\r\n"), body);
    let many = "X: y\r\n".repeat(80);
    let garbage = "\u{1}\u{2}\u{3}\r\n\r\n".to_owned();
    let probes: Vec<(&str, String, &[u16])> = vec![
        (
            "both lengths",
            post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", &format!("0\r\n\r\n{second}")),
            &[400, 404, 405],
        ),
        (
            "both lengths, the other way round",
            post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", &format!("0\r\n\r\n{second}")),
            &[400, 404, 405],
        ),
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), &[400]),
        ("two lengths in one", post("Content-Length: 5, 6\r\n", "hello!"), &[400]),
        ("a negative length", post("Content-Length: -1\r\n", &second), &[400]),
        ("a length with a sign", post("Content-Length: +5\r\n", "hello"), &[400]),
        ("a length in hexadecimal", post("Content-Length: 0x5\r\n", "hello"), &[400]),
        ("a length beyond all numbers", post("Content-Length: 99999999999999999999999\r\n", ""), &[400, 413]),
        ("another encoding last", chunked("chunked, identity", &format!("0\r\n\r\n{second}")), &[400]),
        ("an encoding nobody knows", chunked("xchunked", &format!("0\r\n\r\n{second}")), &[400]),
        ("an encoding before", chunked("gzip, chunked", "0\r\n\r\n"), &[400]),
        (
            "an encoding behind a tab",
            post("Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n", &format!("0\r\n\r\n{second}")),
            &[400, 404, 405],
        ),
        (
            "an encoding with a space before its colon",
            post("Transfer-Encoding : chunked\r\n", &format!("0\r\n\r\n{second}")),
            &[400],
        ),
        (
            "an encoding under HTTP/1.0",
            format!("POST / HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{second}"),
            &[400],
        ),
        ("a piece of no size", chunked("chunked", &format!("x\r\n\r\n{second}")), &[0, 400, 404, 405]),
        (
            "a piece of a size beyond all numbers",
            chunked("chunked", &format!("fffffffffffffffff\r\n{second}")),
            &[0, 400, 404, 405],
        ),
        (
            "a piece with an extension without end",
            chunked("chunked", &format!("1;{}\r\nx\r\n0\r\n\r\n", "x".repeat(40_000))),
            &[0, 400, 404, 405],
        ),
        ("a folded header", get(&format!("{host}X: a\r\n b\r\n")), &[400]),
        ("a header with a NUL", get(&format!("{host}X: a\0b\r\n")), &[400]),
        ("a header with a lone return", get(&format!("{host}X: a\rb\r\n")), &[400]),
        ("a header without a name", get(&format!("{host}: x\r\n")), &[400]),
        ("a header with a space before its colon", get(&format!("{host}X : y\r\n")), &[400]),
        (
            "line ends without a return",
            format!("GET /healthz HTTP/1.1\n{}Connection: close\n\n", host.replace('\r', "")),
            &[200, 400],
        ),
        ("no host", get(""), &[400]),
        ("two hosts", get(&format!("{host}{host}")), &[400]),
        ("a foreign host", get("Host: evil.example\r\n"), &[400]),
        ("a host with a user", get(&format!("Host: a@{}\r\n", stage.http)), &[400]),
        ("an empty host", get("Host:\r\n"), &[400]),
        (
            "another host in the request line",
            format!("GET http://evil.example/healthz HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
            &[400],
        ),
        (
            "a host of HTTP/1.0 in the request line",
            "GET http://evil.example/healthz HTTP/1.0\r\n\r\n".to_owned(),
            &[400],
        ),
        ("too many headers", get(&format!("{host}{many}")), &[431]),
        ("a header that is too long", get(&format!("{host}X: {}\r\n", "y".repeat(20_000))), &[431]),
        (
            "an address that is too long",
            format!("GET /{} HTTP/1.1\r\n{host}\r\n", "x".repeat(20_000)),
            &[414, 431],
        ),
        ("no version", "GET /healthz\r\n\r\n".to_owned(), &[0, 400]),
        ("a version of the future", format!("GET /healthz HTTP/3.0\r\n{host}\r\n"), &[0, 400, 505]),
        ("HTTP/2 without encryption", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[0, 400]),
        ("a greeting of TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}".to_owned() + "\r\n\r\n", &[0, 400]),
        ("garbage", garbage, &[0, 400]),
        (
            "a method in small letters",
            format!("get /healthz HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
            &[400, 405],
        ),
        (
            "a method nobody knows",
            format!("STEAL / HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
            &[404, 405],
        ),
        (
            "a tunnel",
            "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n".to_owned(),
            &[400],
        ),
        (
            "an echo",
            format!("TRACE / HTTP/1.1\r\n{host}X-Secret: canary\r\nConnection: close\r\n\r\n"),
            &[404, 405],
        ),
        (
            "an asterisk",
            format!("OPTIONS * HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
            &[200, 400, 404, 405],
        ),
        ("a path with a NUL", format!("GET /\0 HTTP/1.1\r\n{host}Connection: close\r\n\r\n"), &[400]),
        (
            "a body where none is asked",
            format!("GET /healthz HTTP/1.1\r\n{host}Content-Length: 5\r\nConnection: close\r\n\r\nhello"),
            &[200, 400],
        ),
    ];
    std::thread::scope(|scope| {
        for (about, request, allowed) in &probes {
            let stage = &stage;
            scope.spawn(move || {
                let (statuses, said) = statuses(stage, request.as_bytes());
                assert!(statuses.len() <= 1, "{about}: {statuses:?}");
                let status = statuses.first().copied().unwrap_or(0);
                assert!(allowed.contains(&status), "{about}: {status}");
                assert!(!said.contains("canary"), "{about}: it is echoed");
            });
        }
    });
    assert!(probes.len() >= 27);
    // Afterwards everything is as it was.
    assert_eq!(ask(&stage, "GET /healthz", &[]).status, 200);
}

/// The statuses of everything that comes back until the connection is closed.
fn statuses(stage: &Stage, request: &[u8]) -> (Vec<u16>, String) {
    let mut connection = Connection::open(stage.http);
    // It may have had enough before all of it was sent.
    drop(connection.stream.get_mut().write_all(request));
    let said = String::from_utf8_lossy(&connection.rest()).into_owned();
    let mut lines = said.lines().filter_map(|line| line.strip_prefix("HTTP/1."));
    (lines.by_ref().map(|line| line[2..5].parse().unwrap()).collect(), said)
}

#[test]
fn as_many_requests_as_are_sent_at_once_are_answered_in_their_order() {
    let stage = Stage::on_sqlite();
    let mut connection = Connection::open(stage.http);
    let paths = ["/healthz", "/api/v1/categories", "/nothing", "/", "/api/nothing"];
    let all: Vec<&str> = paths.iter().copied().cycle().take(50).collect();
    let requests: String =
        all.iter().map(|path| format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", stage.http)).collect();
    connection.send(requests.as_bytes());
    for path in all {
        let answer = connection.answer().unwrap();
        let (status, kind) = match path {
            "/healthz" => (200, "text/plain; charset=utf-8"),
            "/api/v1/categories" => (200, "application/json"),
            "/" => (200, "text/html; charset=utf-8"),
            "/nothing" => (404, "text/html; charset=utf-8"),
            _ => (404, "application/problem+json"),
        };
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)), "{path}");
    }
    connection.begin("GET /healthz", &["Connection: close"], b"");
    assert_eq!(connection.answer().unwrap().status, 200);
    assert!(connection.answer().is_none(), "nothing more was asked");
}

// ---- forged requests ----

/// `promises.md` T29. The door is shut before any route: so it is for those that are yet to be built.
#[test]
fn nothing_is_changed_by_a_request_that_another_site_makes_a_browser_send() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let before = stage.state();
    let (_, document) = http::api().split_for_parts();
    let document = serde_json::to_value(&document).unwrap();
    let mut routes: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in
            methods.as_object().unwrap().keys().filter(|method| !["get", "head"].contains(&method.as_str()))
        {
            let path: String = path
                .split('/')
                .map(|part| if part.starts_with('{') { "x" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            routes.insert((method.to_ascii_uppercase(), path));
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "STEAL"] {
        for path in
            ["/", "/login", "/logout", "/api/v1/sessions", "/api/v1/sessions/current", "/api/v1/listings"]
        {
            routes.insert((method.to_owned(), path.to_owned()));
        }
    }
    let foreign = [
        vec![],
        vec!["Origin: https://evil.example"],
        vec!["Origin: null"],
        vec!["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"],
        vec!["Sec-Fetch-Site: cross-site"],
        vec!["Sec-Fetch-Site: same-site"],
        vec!["Sec-Fetch-Site: same-origin", "Origin: https://evil.example"],
    ];
    let cookie = cookie(&rana);
    let mut connection = Connection::open(stage.http);
    for (method, path) in &routes {
        for headers in &foreign {
            let mut headers = headers.clone();
            headers.push(&cookie);
            for body in ["", "{}"] {
                let answer = connection.ask(&format!("{method} {path}"), &headers, body.as_bytes());
                assert_eq!(
                    (answer.status, answer.code()),
                    (403, "foreign_origin".to_owned()),
                    "{method} {path} {headers:?}"
                );
                if answer.header("connection") == Some("close") || !body.is_empty() {
                    connection = Connection::open(stage.http);
                }
            }
        }
    }
    assert_eq!(stage.state(), before);
    stage.connect(&rana).does("me", json!({}));
    println!("{} routes, {} ways each", routes.len(), foreign.len() * 2);
}

// ---- what every answer carries ----

#[test]
fn every_kind_of_answer_says_what_a_browser_may_do_with_it() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let caller = Caller::member(rana.session);
    let picture = stage.market.add_picture_now(caller.clone(), png(40, 30)).unwrap();
    let thumbnail = format!("/pictures/{}/thumbnail.webp", picture.picture);
    let (cookie, bearer) = (cookie(&rana), bearer(&rana));
    let asset = format!("{}/style.css", auboutique::web::asset::folder());
    let foreign = ["Origin: https://evil.example", cookie.as_str()];
    let private = "no-store";
    let forever = "public, max-age=31536000, immutable";
    let score = |about: &str, answer: &Answer, status: u16, kind: &str, cache: &str| {
        assert_eq!(answer.status, status, "{about}");
        let kind_of = answer.header("content-type").unwrap_or_else(|| panic!("{about}: no type"));
        assert!(kind_of.starts_with(kind), "{about}: {kind_of}");
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{about}: no policy"));
        let rule = |name: &str| {
            let rule = policy.split(';').find_map(|rule| rule.trim().strip_prefix(name));
            rule.unwrap_or_else(|| panic!("{about}: no {name} in {policy}")).trim().to_owned()
        };
        assert_eq!(rule("default-src"), "'none'", "{about}");
        assert_eq!(rule("script-src"), "'self'", "{about}");
        assert_eq!(rule("frame-ancestors"), "'none'", "{about}");
        assert_eq!(rule("base-uri"), "'none'", "{about}");
        assert_eq!(rule("form-action"), "'self'", "{about}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains('*'), "{about}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{about}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{about}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{about}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{about}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{about}");
        assert!(answer.header("permissions-policy").is_some(), "{about}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{about}");
        assert_eq!(answer.header("strict-transport-security"), None, "{about}: it is not encrypted");
        assert_eq!(answer.header("server"), None, "{about}");
    };
    for (about, request, headers, (status, kind, cache)) in [
        ("a page", "GET /", vec![], (200, "text/html", private)),
        ("a page of a member", "GET /", vec![cookie.as_str()], (200, "text/html", private)),
        ("a page that is not there", "GET /nothing", vec![], (404, "text/html", private)),
        ("a problem", "GET /api/nothing", vec![], (404, "application/problem+json", private)),
        ("a problem of a page", "POST /", foreign.to_vec(), (403, "application/problem+json", private)),
        ("a foreign host", "GET /?", vec!["Host: evil.example"], (400, "application/problem+json", private)),
        ("a check of health", "GET /healthz", vec![], (200, "text/plain", private)),
        ("an asset", &format!("GET {asset}"), vec![], (200, "", forever)),
        (
            "a picture of one's own",
            &format!("GET {thumbnail}"),
            vec![bearer.as_str()],
            (200, "image/webp", "private, no-store"),
        ),
        (
            "a picture of somebody else",
            &format!("GET {thumbnail}"),
            vec![],
            (404, "application/problem+json", private),
        ),
    ] {
        score(about, &ask(&stage, request, &headers), status, kind, cache);
    }
    let mut lamp = listing("A lamp", 1_000);
    lamp["pictures"] = json!([picture.picture]);
    stage.connect(&rana).does("add_listing", lamp);
    score(
        "a picture for everybody",
        &ask(&stage, &format!("GET {thumbnail}"), &[]),
        200,
        "image/webp",
        forever,
    );
    let answer = Connection::open(stage.http).begun("GET /api/v1/events", &[]);
    score("what happens", &answer, 200, "text/event-stream", private);
}

// ---- health and metrics ----

/// The same market with a door for operators too.
fn with_metrics(stage: &Stage) -> Running {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = http::Options { per_minute: None, ..http::Options::new(anywhere) };
    let doors = Doors { http: Some(options), metrics: Some(anywhere), ..Doors::protocol(anywhere) };
    stage.runtime.block_on(Running::start(stage.market.clone(), doors)).unwrap()
}

#[test]
fn a_market_that_cannot_be_read_in_time_is_not_ready_and_its_process_is_there_all_the_same() {
    let stage = Stage::on_sqlite();
    let running = with_metrics(&stage);
    let everywhere = [running.http.unwrap(), running.metrics.unwrap()];
    let ask =
        |path: &str| everywhere.map(|at| Connection::open(at).ask(&format!("GET {path}"), &[], b"").status);
    assert_eq!((ask("/healthz"), ask("/readyz")), ([200; 2], [200; 2]));
    // Every reader reads something that has no end.
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let reads: Vec<_> = (0..3)
        .map(|_| {
            let wait = Arc::clone(&wait);
            stage.market.ask(Caller::VISITOR, move |_| {
                let _ = wait.lock().unwrap().recv();
                Ok(())
            })
        })
        .collect();
    assert_eq!((ask("/healthz"), ask("/readyz")), ([200; 2], [503; 2]));
    drop(release);
    for read in reads {
        stage.runtime.block_on(read).unwrap();
    }
    assert_eq!(ask("/readyz"), [200; 2]);
    stage.runtime.block_on(running.close());
}

/// `promises.md` P4.
#[test]
fn metrics_say_how_the_market_does_and_nothing_that_anybody_said() {
    const CANARY: &str = "canary_in_the_mine";
    let stage = Stage::on_sqlite();
    let running = with_metrics(&stage);
    let (http, metrics) = (running.http.unwrap(), running.metrics.unwrap());
    let karim = stage.member("karim");
    let password = format!("{CANARY} over the corniche");
    let join = json!({ "name": CANARY, "username": CANARY, "email": format!("{CANARY}@mail.aub.edu"), "password": password });
    let mut rana = stage.visitor();
    let token = rana.does("register", join)["token"].as_str().unwrap().to_owned();
    let talk = rana.does("start_conversation", json!({ "username": "karim" }))["conversation"].clone();
    rana.does("send_message", json!({ "conversation": talk, "text": CANARY }));
    assert_eq!(
        crate::stage::code(&rana.ask("block", json!({ "username": format!("{CANARY}_2") }))),
        "not_found"
    );
    let ask = |request: &str, headers: &[&str]| Connection::open(http).ask(request, headers, b"").status;
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(ask("GET /api/v1/categories", &[&bearer]), 200);
    assert_eq!(ask(&format!("GET /{CANARY}?q={CANARY}"), &[&format!("Cookie: {CANARY}=1")]), 404);
    assert_eq!(ask(&format!("GET /pictures/{CANARY}/large.webp"), &[]), 404);
    assert_eq!(ask(&format!("{CANARY} /"), &[]), 405);
    assert_eq!(ask("POST /", &[&format!("Origin: https://{CANARY}.example")]), 403);
    assert_eq!(ask("GET /api/v1/events", &[&format!("Authorization: Bearer {CANARY}")]), 401);
    let mut stream = Connection::open(http);
    assert_eq!(stream.begun("GET /api/v1/events", &[&crate::http::bearer(&karim)]).status, 200);
    drop(stream.chunk());

    let answer = Connection::open(metrics).ask("GET /metrics", &[], b"");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let text = answer.text();
    // Other tests of this process are counted too.
    let at_least = |row: &str, least: u32| {
        let found = text.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
        let found = found.unwrap_or_else(|| panic!("no {row} in\n{text}"));
        assert!(found.split('.').next().unwrap().parse::<u32>().unwrap() >= least, "{row} {found}");
    };
    for (row, least) in [
        (r#"auboutique_http_requests_total{method="GET",route="/api/v1/categories",status="200"}"#, 1),
        (r#"auboutique_http_requests_total{method="GET",route="/api/v1/events",status="401"}"#, 1),
        (
            r#"auboutique_http_requests_total{method="GET",route="/pictures/{picture}/{size}",status="404"}"#,
            1,
        ),
        (r#"auboutique_http_requests_total{method="GET",route="none",status="404"}"#, 1),
        (r#"auboutique_http_requests_total{method="other",route="/",status="405"}"#, 1),
        (r#"auboutique_http_requests_total{method="POST",route="/",status="403"}"#, 1),
        (r#"auboutique_http_request_seconds_bucket{method="GET",route="/api/v1/categories",le="+Inf"}"#, 1),
        (r#"auboutique_http_request_seconds_count{method="GET",route="/api/v1/categories"}"#, 1),
        (r#"auboutique_http_problems_total{code="foreign_origin"}"#, 1),
        (r#"auboutique_commands_total{command="send_message",outcome="done"}"#, 1),
        (r#"auboutique_commands_total{command="block_member",outcome="refused"}"#, 1),
        (r#"auboutique_command_seconds_bucket{command="send_message",le="+Inf"}"#, 1),
        (r#"auboutique_connections{wire="http"}"#, 2),
        (r#"auboutique_connections{wire="protocol"}"#, 1),
        ("auboutique_http_streams", 1),
        ("auboutique_listeners", 1),
        ("auboutique_last_event", 5),
        ("auboutique_commands_waiting", 0),
        ("auboutique_failed", 0),
        (&format!("auboutique_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1),
    ] {
        at_least(row, least);
    }
    for secret in [CANARY, token.as_str(), &token[4..], karim.token.as_str(), talk.as_str().unwrap()] {
        assert!(!text.contains(secret), "{secret} is in the metrics");
    }
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<f64>().is_ok(), "no metric: {line}");
    }
    stage.runtime.block_on(running.close());
}

// ---- encryption ----

/// What a client trusts and wants to speak.
fn client_config(certificate: &std::path::Path, alpn: &str) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    Arc::new(config)
}

#[test]
fn behind_encryption_a_client_chooses_its_version_and_is_told_to_come_back_encrypted() {
    let folder = TempDir::new().unwrap();
    let (file, key) = certificate(folder.path(), "ours");
    let acceptor = auboutique::tcp::tls(&file, &key, &["h2", "http/1.1"]).unwrap();
    let stage = Stage::on_sqlite_with(None, Some(acceptor));
    let rana = stage.member("rana");
    let mut seller = stage.connect(&stage.member("karim"));

    // HTTP/1.1.
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let connect = |alpn: &str| {
        let session = rustls::ClientConnection::new(client_config(&file, alpn), name.clone()).unwrap();
        let socket = TcpStream::connect(stage.http).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection::over(rustls::StreamOwned::new(session, socket), stage.http.to_string())
    };
    let mut connection = connect("http/1.1");
    for _ in 0..3 {
        let answer = connection.ask("GET /", &[], b"");
        assert_eq!(
            (answer.status, answer.header("strict-transport-security")),
            (200, Some("max-age=31536000"))
        );
    }
    assert_eq!(connection.stream.get_ref().conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut stream = connect("http/1.1");
    assert_eq!(stream.begun("GET /api/v1/events", &[&bearer(&rana)]).status, 200);
    assert!(String::from_utf8(stream.chunk().unwrap()).unwrap().starts_with("retry: "));
    let lamp = seller.lists("A lamp", 1_000);
    assert!(told(|| stream.chunk()).contains(&lamp));

    // HTTP/2.
    stage.runtime.block_on(async {
        let socket = tokio::net::TcpStream::connect(stage.http).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(client_config(&file, "h2"));
        let socket = connector.connect(name.clone(), socket).await.unwrap();
        assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut send, connection) = h2::client::handshake(socket).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = |path: &str| {
            let request = axum::http::Request::builder().uri(format!("https://{}{path}", stage.http));
            request.header("authorization", format!("Bearer {}", rana.token)).body(()).unwrap()
        };
        let (answer, _) = send.send_request(request("/"), true).unwrap();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().contains_key("strict-transport-security"));
        let foreign = axum::http::Request::builder().uri("https://evil.example/").body(()).unwrap();
        let (answer, _) = send.send_request(foreign, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 400);

        let (answer, _) = send.send_request(request("/api/v1/events"), true).unwrap();
        let mut body = answer.await.unwrap().into_body();
        let mut next = async || {
            let bytes = body.data().await.expect("the stream ended").unwrap();
            body.flow_control().release_capacity(bytes.len()).unwrap();
            bytes
        };
        assert!(next().await.starts_with(b"retry: "));
        let desk = tokio::task::block_in_place(|| seller.lists("A desk", 1_000));
        loop {
            let bytes = next().await;
            if bytes.starts_with(b"id: ") {
                assert!(String::from_utf8_lossy(&bytes).contains(&desk));
                break;
            }
        }

        // Whoever asks for nothing more loses the place, though it goes on answering pings.
        drop(body);
        let since = stage.market.now();
        connection.await.unwrap().unwrap();
        let kept = stage.market.now().since(since).micros();
        assert!((1..10_000_000).contains(&kept), "an idle connection was kept for {kept} µs");
        assert!(send.ready().await.is_err());
    });
}

/// The first thing that is told; comments are passed over.
fn told(mut next: impl FnMut() -> Option<Vec<u8>>) -> String {
    loop {
        let text = String::from_utf8(next().expect("the stream ended")).unwrap();
        if !text.starts_with(':') {
            return text;
        }
    }
}
