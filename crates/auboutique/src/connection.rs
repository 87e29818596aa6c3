//! One connection of the AUBoutique protocol, over whatever carries its bytes.
//!
//! Requests are answered in the order they came. Commands do not wait for each other: they are queued at the market as
//! they are read, so a client that sends many without waiting has them in one batch. Everything else waits until what was
//! sent before it is answered, so that a read sees the writes before it.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use auboutique_domain::Command;
use auboutique_domain::listing::{Category, Condition, Page};
use auboutique_market::{Answer, Busy, Caller, Key, Market, No, Password, SignIn, Source, Token, View, Who};
use auboutique_wire::json::{self, Failure, Frame, Id, Lines, MAX_FRAME, Malformed, Op, Query, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a connection that is not signed in may take for a whole request (`promises.md` W3).
const VISITOR_PATIENCE: Duration = Duration::from_secs(10);
/// How long a signed-in connection may be silent.
const MEMBER_PATIENCE: Duration = Duration::from_secs(30 * 60);
/// How long a client may take to read its answers before it is cut off.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// How many requests of one connection may be under way.
const UNDER_WAY: usize = 256;
/// How many bytes of answers are gathered before they are written.
const GATHER: usize = 64 * 1_024;
/// How many bytes a page may have, so that with its id it fits into a line.
const PAGE_BYTES: usize = MAX_FRAME - 1_024;

/// The name this server greets with.
pub const SERVER: &str = concat!("AUBoutique ", env!("CARGO_PKG_VERSION"));

type Pending = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

/// A connection and who is on the other side.
pub struct Connection {
    market: Market,
    source: Source,
    who: Who,
    /// The console keeps its rights when a member logs out on it.
    base: Who,
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client closed it.
    Closed,
    /// The client was silent for too long.
    Silent,
    /// The client did not read its answers.
    Unread,
    /// The market is closing.
    Closing,
}

impl Connection {
    /// A connection from that source. `base` is who it is before anybody signs in: a visitor, or the console.
    #[must_use]
    pub const fn new(market: Market, source: Source, base: Who) -> Self {
        Self { market, source, who: base, base }
    }

    /// Serves the connection until it ends.
    ///
    /// # Errors
    ///
    /// What the transport says.
    pub async fn serve(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        mut closing: watch::Receiver<bool>,
    ) -> io::Result<End> {
        let (mut input, mut output) = tokio::io::split(stream);
        let mut lines = Lines::default();
        let mut pending: VecDeque<Pending> = VecDeque::new();
        let mut arrived: Option<Frame> = None;
        let mut held: Option<Request> = None;
        let mut bytes = vec![0; 16 * 1_024];
        let mut ended = false;
        let mut out = json::greeting(SERVER, self.market.now());
        loop {
            // Everything that can be started is started, in order.
            while held.is_none() && pending.len() < UNDER_WAY && !*closing.borrow() {
                let Some(frame) = arrived.take().or_else(|| lines.next_frame()) else { break };
                match self.begin(frame) {
                    Ok(answer) => pending.push_back(answer),
                    Err(request) => held = Some(request),
                }
            }
            if pending.is_empty()
                && let Some(request) = held.take()
            {
                out.append(&mut self.perform(request).await);
                if out.len() < GATHER {
                    continue;
                }
            }
            // What can be answered at once is gathered, so that many answers are one write.
            while out.len() < GATHER
                && let Some(front) = pending.front_mut()
                && let Some(mut answer) = now_or_never(front.as_mut())
            {
                out.append(&mut answer);
                pending.pop_front();
            }
            if !out.is_empty() {
                match timeout(WRITE_PATIENCE, async {
                    output.write_all(&out).await?;
                    output.flush().await
                })
                .await
                {
                    Ok(written) => written?,
                    Err(_) => return Ok(End::Unread),
                }
                out.clear();
                continue;
            }
            if ended && pending.is_empty() {
                return Ok(End::Closed);
            }
            if *closing.borrow() && pending.is_empty() {
                return self.say_goodbye(&mut output).await;
            }
            let patience = match self.who {
                Who::Member(_) => MEMBER_PATIENCE,
                Who::Console => Duration::MAX,
                _ => VISITOR_PATIENCE,
            };
            let idle = pending.is_empty();
            tokio::select! {
                answer = next(&mut pending), if !idle => {
                    out = answer;
                }
                read = timeout(patience, read_frame(&mut input, &mut lines, &mut bytes)),
                    if !ended && held.is_none() && pending.len() < UNDER_WAY =>
                {
                    match read {
                        Ok(frame) => {
                            arrived = frame?;
                            ended = arrived.is_none();
                        }
                        // Requests under way are not silence.
                        Err(_) if !idle => {}
                        Err(_) => return Ok(End::Silent),
                    }
                }
                changed = closing.changed() => if changed.is_err() { ended = true; },
            }
        }
    }

    /// Starts what a frame asks: an answer that may still be coming, or the request when it has to wait its turn.
    fn begin(&self, frame: Frame) -> Result<Pending, Request> {
        let line = match frame {
            Frame::Line(line) => line,
            Frame::TooLong => {
                let malformed = Malformed::FrameTooLong { most_bytes: MAX_FRAME };
                return Ok(ready(json::failure(&Id::default(), &Failure::Malformed(malformed))));
            }
        };
        let request = match json::decode(&line) {
            Ok(request) => request,
            Err((id, unreadable)) => return Ok(ready(json::failure(&id, &unreadable.into()))),
        };
        let Request { id, key, op } = request;
        match op {
            Op::Command(command) => Ok(self.run(id, key, command)),
            Op::Ping => Ok(ready(json::reply(&id, &json!({ "time": self.market.now() })))),
            op => Err(Request { id, key, op }),
        }
    }

    fn caller(&self, key: Option<String>) -> Result<Caller, No> {
        let key = key.map(|key| Key::parse(&key)).transpose()?;
        Ok(Caller { who: self.who, key })
    }

    /// Queues a command; its answer comes after the commit.
    fn run(&self, id: Id, key: Option<String>, command: Command) -> Pending {
        match self.caller(key) {
            Err(no) => ready(json::failure(&id, &failure(no))),
            Ok(caller) => {
                let answer = self.market.run(caller, command);
                Box::pin(async move { line(&id, answer.await) })
            }
        }
    }

    /// Does what has to wait its turn, and answers.
    async fn perform(&mut self, request: Request) -> Vec<u8> {
        let Request { id, key, op } = request;
        match self.value(key, op).await {
            Ok(value) => json::reply(&id, &value),
            Err(failure) => json::failure(&id, &failure),
        }
    }

    async fn value(&mut self, key: Option<String>, op: Op) -> Result<Value, Failure> {
        let caller = self.caller(key).map_err(failure)?;
        let market = self.market.clone();
        match op {
            Op::Hello { versions } => {
                match json::VERSIONS.iter().rev().find(|known| versions.contains(known)) {
                    Some(version) => Ok(json!({ "version": version, "server": SERVER })),
                    None => {
                        let versions = json::VERSIONS.to_vec();
                        Err(Failure::Malformed(Malformed::VersionUnsupported { versions }))
                    }
                }
            }
            Op::Register { name, username, email, password, device } => {
                let password = Password::typed(password.reveal());
                let said = (name.as_str(), username.as_str(), email.as_str());
                market.register(caller.key, said, &password).await.map_err(failure)?;
                self.sign_in(&username, &password, device).await
            }
            Op::LogIn { login, password, device } => {
                self.sign_in(&login, &Password::typed(password.reveal()), device).await
            }
            Op::Resume { token } => {
                let (session, account) =
                    market.resume(&Token::shown(token.reveal())).await.map_err(failure)?;
                self.who = Who::Member(session);
                Ok(json!({ "session": session, "account": account }))
            }
            Op::LogOut => {
                let Who::Member(session) = self.who else {
                    return Err(Failure::Refused(auboutique_domain::Refusal::SignInNeeded));
                };
                let ended = market.run(caller, Command::EndSession { session }).await;
                self.who = self.base;
                ended.map(|_| json!({})).map_err(failure)
            }
            Op::ChangePassword { current, new } => {
                let (current, new) = (Password::typed(current.reveal()), Password::typed(new.reveal()));
                let changed = market.change_password(caller, &self.source, &current, &new).await;
                value(changed.map_err(failure)?)
            }
            Op::ChangeEmail { current, email } => {
                let current = Password::typed(current.reveal());
                value(market.change_email(caller, &self.source, &current, &email).await.map_err(failure)?)
            }
            Op::Query(query) => market.ask(caller, move |view| show(view, query)).await.map_err(failure),
            // These two are begun, not performed; answered here all the same, should that change.
            Op::Ping => Ok(json!({ "time": market.now() })),
            Op::Command(command) => {
                let reply = market.run(caller, command).await.map_err(failure)?;
                value_of(&reply)
            }
        }
    }

    async fn sign_in(
        &mut self,
        login: &str,
        password: &Password,
        device: Option<String>,
    ) -> Result<Value, Failure> {
        let device = device.unwrap_or_else(|| "AUBoutique protocol".to_owned());
        let signed_in = self.market.log_in(login, password, &self.source, &device).await;
        let SignIn { session, token, account } = signed_in.map_err(failure)?;
        self.who = Who::Member(session.session);
        Ok(json!({ "session": session.session, "token": token.reveal(), "expires_at": session.expires_at,
            "account": account }))
    }

    async fn say_goodbye(&self, output: &mut (impl AsyncWrite + Unpin)) -> io::Result<End> {
        let line = json::failure(&Id::default(), &failure(No::Busy(Busy::Closing)));
        drop(timeout(Duration::from_secs(1), output.write_all(&line)).await);
        Ok(End::Closing)
    }
}

/// Reads until a frame is whole; nothing at the end of the stream. Cancel-safe: bytes are pushed as soon as they are read.
async fn read_frame(
    input: &mut (impl AsyncRead + Unpin),
    lines: &mut Lines,
    bytes: &mut [u8],
) -> io::Result<Option<Frame>> {
    // The time for a whole request runs from its first byte: neither a byte now and then makes it longer, nor a blank
    // line. So one call ends only with a frame, or with the end of the stream.
    loop {
        if let Some(frame) = lines.next_frame() {
            return Ok(Some(frame));
        }
        match input.read(bytes).await? {
            0 => return Ok(None),
            count => lines.push(&bytes[..count]),
        }
    }
}

async fn next(pending: &mut VecDeque<Pending>) -> Vec<u8> {
    match pending.front_mut() {
        Some(front) => {
            let answer = front.as_mut().await;
            pending.pop_front();
            answer
        }
        None => std::future::pending().await,
    }
}

fn now_or_never(future: Pin<&mut (dyn Future<Output = Vec<u8>> + Send)>) -> Option<Vec<u8>> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut context) {
        std::task::Poll::Ready(answer) => Some(answer),
        std::task::Poll::Pending => None,
    }
}

fn ready(line: Vec<u8>) -> Pending {
    Box::pin(std::future::ready(line))
}

fn line(id: &Id, answer: Answer) -> Vec<u8> {
    match answer {
        Ok(reply) => match value_of(&reply) {
            Ok(value) => json::reply(id, &value),
            Err(failure) => json::failure(id, &failure),
        },
        Err(no) => json::failure(id, &failure(no)),
    }
}

fn value_of(reply: &auboutique_domain::Reply) -> Result<Value, Failure> {
    json::reply_value(reply).map_err(|error| unencodable(&error))
}

fn value(value: impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|error| unencodable(&error))
}

fn unencodable(error: &serde_json::Error) -> Failure {
    tracing::error!(%error, "a reply cannot be written as JSON");
    Failure::Broken { incident: "encoding".to_owned(), message: "The answer cannot be written.".to_owned() }
}

/// The one place where this wire maps the three kinds of no.
fn failure(no: No) -> Failure {
    match no {
        No::Refused(refusal) => Failure::Refused(refusal),
        No::Busy(busy) => Failure::Busy {
            code: busy.code().to_owned(),
            message: busy.to_string(),
            retry_after_ms: busy.retry_after_ms(),
        },
        No::Broken(broken) => Failure::Broken { message: broken.to_string(), incident: broken.incident },
    }
}

/// Shows what a query asks for.
fn show(view: &mut View<'_>, query: Query) -> Result<Value, No> {
    use auboutique_domain::order::Side;
    match query {
        Query::Me => shown(&view.account()?),
        Query::Sessions => shown(&json!({ "rows": view.sessions()? })),
        Query::Member { username } => shown(&view.member_card(&username)?),
        Query::Categories => shown(&json!({ "categories": Category::ALL, "conditions": Condition::ALL })),
        Query::PickupPoints => shown(&json!({ "rows": view.pickup_points()? })),
        Query::Listings { category, after, limit } => {
            page(limit, |limit| view.newest(category, after.as_deref(), limit))
        }
        Query::Search { search, category, after, limit } => {
            page(limit, |limit| view.search(&search, category, after.as_deref(), limit))
        }
        Query::ListingsOf { username, after, limit } => {
            page(limit, |limit| view.listings_of(&username, after.as_deref(), limit))
        }
        Query::Listing { listing } => shown(&view.listing(listing)?),
        Query::MyListings { after, limit } => page(limit, |limit| view.own_listings(after.as_deref(), limit)),
        Query::MyOrders { after, limit } => {
            page(limit, |limit| view.orders(Side::Buyer, after.as_deref(), limit))
        }
        Query::MySales { after, limit } => {
            page(limit, |limit| view.orders(Side::Seller, after.as_deref(), limit))
        }
        Query::Order { order } => shown(&view.order(order)?),
        Query::Settings => shown(&view.settings()?),
    }
}

fn shown(view: &impl serde::Serialize) -> Result<Value, No> {
    serde_json::to_value(view).map_err(|error| {
        tracing::error!(%error, "a view cannot be written as JSON");
        No::Broken(auboutique_market::Broken { incident: "encoding".to_owned() })
    })
}

/// A page that fits into a line: as many rows as were asked for, or as there is room for.
fn page<T: serde::Serialize>(
    limit: Option<i64>,
    mut read: impl FnMut(Option<i64>) -> Result<Page<T>, No>,
) -> Result<Value, No> {
    let mut limit = limit;
    loop {
        let page = read(limit)?;
        let (rows, value) = (page.rows.len(), shown(&page)?);
        let bytes = value.to_string().len();
        if bytes <= PAGE_BYTES || rows <= 1 {
            return Ok(value);
        }
        // As many as would fit were all of one size. Should those be the large ones, it is tried again with fewer.
        let fit = (rows * PAGE_BYTES / bytes).clamp(1, rows - 1);
        limit = Some(i64::try_from(fit).unwrap_or(1));
    }
}
