//! One connection of the AUBoutique protocol, over whatever carries its bytes.
//!
//! Requests are answered in the order they came. Commands do not wait for each other: they are queued at the market as
//! they are read, so a client that sends many without waiting has them in one batch. Everything else waits until what was
//! sent before it is answered, so that a read sees the writes before it.
//!
//! A connection that listens is told between its answers what happens (`live.rs`). While it is heard of, its member is
//! here.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use auboutique_domain::id::{AuctionId, EntryId};
use auboutique_domain::listing::{Category, Condition, PAGE, Page};
use auboutique_domain::presence::{HEARTBEAT, SILENCE};
use auboutique_domain::statement::StatementLine;
use auboutique_domain::{Command, Refusal};
use auboutique_market::{
    Answer, Arrival, Busy, Caller, Key, Market, No, OwnEvents, Password, SignIn, Source, Token, View, Who,
};
use auboutique_wire::json::auction::{MOST_FOLLOWED, log_piece};
use auboutique_wire::json::{
    self, Failure, Frame, Id, Lines, MAX_CHUNK, MAX_FRAME, Malformed, Op, Query, Request,
};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, timeout};

use crate::ear::{Ear, Told};
use crate::live::{CutOff, Form, Live, Viewer};

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
/// How many bytes of requests are read at once.
const READ: usize = 16 * 1_024;
/// How much room answers may go on taking when there are none. Most connections are idle most of the time.
const KEPT: usize = 1_024;
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
    live: Live,
    ear: Ear,
    here: Option<Here>,
}

/// The member of a connection that listens is here, for as long as it is heard of.
struct Here {
    arrival: Arrival,
    silence: Option<Pin<Box<Sleep>>>,
}

impl Here {
    fn heard(&mut self) {
        self.arrival.heard();
        let micros = u64::try_from(SILENCE.micros()).unwrap_or(0);
        self.silence = Some(Box::pin(sleep(Duration::from_micros(micros))));
    }
}

/// Waits until a connection that listens has been silent for so long that its member counts as gone.
async fn silence(here: &mut Option<Here>) {
    match here.as_mut().and_then(|here| here.silence.as_mut()) {
        Some(silence) => silence.await,
        None => std::future::pending().await,
    }
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
    /// The client listened, and was cut off.
    CutOff(CutOff),
    /// The market is closing.
    Closing,
}

impl Connection {
    /// A connection from that source. `base` is who it is before anybody signs in: a visitor, or the console.
    #[must_use]
    pub const fn new(market: Market, live: Live, source: Source, base: Who) -> Self {
        Self { market, source, who: base, base, live, ear: Ear::Closed, here: None }
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
        let mut ended = false;
        let mut out = json::greeting(SERVER, self.market.now());
        loop {
            // Everything that can be started is started, in order.
            while held.is_none() && pending.len() < UNDER_WAY && !*closing.borrow() {
                let Some(frame) = arrived.take().or_else(|| lines.next_frame()) else { break };
                if let Some(here) = &mut self.here {
                    here.heard();
                }
                match self.begin(frame) {
                    Ok(answer) => pending.push_back(answer),
                    Err(request) => held = Some(request),
                }
            }
            if pending.is_empty()
                && let Some(request) = held.take()
            {
                // What is done here takes far more room than waiting does, and is done seldom.
                out.append(&mut Box::pin(self.perform(request)).await);
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
            let told = if out.len() < GATHER { self.listen(&mut out).await } else { Told::Nothing };
            let wrote = !out.is_empty();
            if wrote {
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
                out.shrink_to(KEPT);
                if let Told::Over(why) = told {
                    return Ok(End::CutOff(why));
                }
            }
            if wrote || matches!(told, Told::Something) {
                // Whoever is told much is still heard: what they sent is taken in between.
                if !ended
                    && held.is_none()
                    && pending.len() < UNDER_WAY
                    && let Some(frame) = poll_once(read_frame(&mut input, &mut lines)).await
                {
                    arrived = frame?;
                    ended = arrived.is_none();
                }
                if *closing.borrow() && pending.is_empty() && held.is_none() {
                    return self.say_goodbye(&mut output).await;
                }
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
                read = timeout(patience, read_frame(&mut input, &mut lines)),
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
                () = self.ear.woken() => {}
                () = silence(&mut self.here) => {
                    if let Some(here) = &mut self.here {
                        here.silence = None;
                        here.arrival.silent();
                    }
                }
                changed = closing.changed() => if changed.is_err() { ended = true; },
            }
        }
    }

    /// Gathers what a listener is to be told now.
    async fn listen(&mut self, out: &mut Vec<u8>) -> Told {
        let told = self.ear.hear(&self.live, Form::Lines, out, GATHER).await;
        if matches!(told, Told::Over(_)) {
            self.here = None;
        }
        told
    }

    /// Somebody else is on the other side from now on: what was told to the one before is not for them.
    fn becomes(&mut self, who: Who) {
        self.who = who;
        self.ear = Ear::Closed;
        self.here = None;
    }

    async fn begin_to_listen(
        &mut self,
        caller: Caller,
        after: Option<i64>,
        auctions: Vec<AuctionId>,
    ) -> Result<Value, Failure> {
        if caller.who == Who::Visitor {
            return Err(Failure::Refused(Refusal::SignInNeeded));
        }
        let begun = Ear::begin(&self.market, caller.who, after, auctions).await;
        let (ear, viewer, cursor) = begun.map_err(failure)?;
        self.ear = ear;
        if let Viewer::Member { member, .. } = viewer {
            let mut here = Here { arrival: self.market.arrival(member), silence: None };
            here.heard();
            self.here = Some(here);
        }
        Ok(listening(cursor))
    }

    /// Follows an auction; a connection that does not listen yet begins to.
    async fn follow(&mut self, caller: Caller, auction: AuctionId) -> Result<Value, Failure> {
        if matches!(self.ear, Ear::Closed) {
            return self.begin_to_listen(caller, None, vec![auction]).await;
        }
        if self.ear.follow(&self.market, caller.who, auction).await.map_err(failure)? {
            return Ok(listening(self.ear.cursor()));
        }
        let problem = format!("a connection follows at most {MOST_FOLLOWED} auctions: unfollow one first");
        Err(Failure::Malformed(Malformed::BadField { field: "auction".to_owned(), problem }))
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
                self.becomes(Who::Member(session));
                Ok(json!({ "session": session, "account": account }))
            }
            Op::LogOut => {
                let Who::Member(session) = self.who else {
                    return Err(Failure::Refused(auboutique_domain::Refusal::SignInNeeded));
                };
                let ended = market.run(caller, Command::EndSession { session }).await;
                self.becomes(self.base);
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
            Op::SetLegacyPassword { wire, name, password } => {
                let password = Password::typed(password.reveal());
                value(market.set_legacy_password(caller, wire, &name, &password).await.map_err(failure)?)
            }
            Op::Listen { after, auctions } => self.begin_to_listen(caller, after, auctions).await,
            Op::Follow { auction } => self.follow(caller, auction).await,
            Op::Unfollow { auction } => {
                if caller.who == Who::Visitor {
                    return Err(Failure::Refused(Refusal::SignInNeeded));
                }
                self.ear.unfollow(auction);
                Ok(json!({}))
            }
            Op::Typing { conversation } => {
                let typing = market.ask(caller, move |view| view.typing(conversation)).await;
                let (recipient, who, told) = typing.map_err(failure)?;
                if told {
                    self.live.tell_typing(conversation, recipient, &who);
                }
                Ok(json!({}))
            }
            Op::StartUpload { bytes } => {
                let upload = market.start_upload(caller, bytes).await.map_err(failure)?;
                Ok(json!({ "upload": upload, "chunk_bytes": MAX_CHUNK, "received": 0 }))
            }
            Op::SendChunk { upload, offset, data } => {
                let received = market.send_chunk(caller, upload, offset, data).await.map_err(failure)?;
                Ok(json!({ "received": received }))
            }
            Op::FinishUpload { upload } => {
                value(market.finish_upload(caller, upload).await.map_err(failure)?)
            }
            Op::Picture { picture, size, offset } => {
                let most = i64::try_from(MAX_CHUNK).unwrap_or(i64::MAX);
                let piece = market.picture(caller, picture, size, offset, most).await.map_err(failure)?;
                Ok(json::piece(piece.extent, piece.offset, &piece.bytes))
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
        self.becomes(Who::Member(session.session));
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
async fn read_frame(input: &mut (impl AsyncRead + Unpin), lines: &mut Lines) -> io::Result<Option<Frame>> {
    // The time for a whole request runs from its first byte: neither a byte now and then makes it longer, nor a blank
    // line. So one call ends only with a frame, or with the end of the stream.
    loop {
        if let Some(frame) = lines.next_frame() {
            return Ok(Some(frame));
        }
        if poll_fn(|context| read_some(input, lines, context)).await? == 0 {
            return Ok(None);
        }
    }
}

/// Reads what is there. The room for it is on the stack: who waits for bytes holds none.
fn read_some(
    input: &mut (impl AsyncRead + Unpin),
    lines: &mut Lines,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut room = [const { MaybeUninit::uninit() }; READ];
    let mut bytes = ReadBuf::uninit(&mut room);
    std::task::ready!(Pin::new(input).poll_read(context, &mut bytes))?;
    lines.push(bytes.filled());
    Poll::Ready(Ok(bytes.filled().len()))
}

/// What a future comes to without being waited for.
async fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}

/// From where on a listener is told what happens, and how often it lets itself be heard of.
fn listening(cursor: i64) -> Value {
    json!({ "cursor": cursor, "heartbeat_ms": HEARTBEAT.micros() / 1_000 })
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
    let mut context = Context::from_waker(Waker::noop());
    match future.poll(&mut context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
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

/// The one place where the three kinds of no become what wires say of them.
#[must_use]
pub fn failure(no: No) -> Failure {
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
        Query::Me => shown(&view.me()?),
        Query::Sessions => shown(&json!({ "rows": view.sessions()? })),
        Query::Member { username } => shown(&view.member_card(&username)?),
        Query::Categories => {
            let without: Vec<_> = Category::ALL.iter().filter(|category| !category.needs_picture()).collect();
            shown(&json!({
                "categories": Category::ALL, "conditions": Condition::ALL, "without_picture": without,
            }))
        }
        Query::PickupPoints => shown(&json!({ "rows": view.pickup_points()? })),
        Query::Browse { browse, after, limit } => {
            page(limit, |limit| view.browse(&browse, after.as_deref(), limit))
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
        Query::Events { before, limit } => fitting(
            limit,
            |limit| view.own_events(before, limit).map(|events| own_events(&events)),
            |page| page["rows"].as_array().map_or(0, Vec::len),
        ),
        Query::Presence { usernames } => shown(&json!({ "rows": view.presence(&usernames)? })),
        Query::Conversations { after, limit } => {
            page(limit, |limit| view.conversations(after.as_deref(), limit))
        }
        Query::Conversation { conversation } => shown(&view.conversation(conversation)?),
        Query::Messages { conversation, before, after, limit } => fitting(
            limit,
            |limit| view.messages(conversation, (before, after), limit),
            |page| page.rows.len(),
        ),
        Query::Blocks => shown(&json!({ "rows": view.blocks()? })),
        Query::Settings => shown(&view.settings()?),
        Query::Stores { after, limit } => page(limit, |limit| view.stores(after.as_deref(), limit)),
        Query::Store { store } => shown(&view.store(&store)?),
        Query::StoreListings { store, after, limit } => {
            page(limit, |limit| view.store_listings(&store, after.as_deref(), limit))
        }
        Query::Variants { product, after, limit } => {
            page(limit, |limit| view.variants(product, after.as_deref(), limit))
        }
        Query::MyStores => shown(&json!({ "rows": view.my_stores()? })),
        Query::StoreStock { store, after, limit } => {
            page(limit, |limit| view.stock(store, after.as_deref(), limit))
        }
        Query::StoreOrders { store, after, limit } => {
            page(limit, |limit| view.store_orders(store, after.as_deref(), limit))
        }
        Query::ToHandOver { store, after, limit } => {
            page(limit, |limit| view.to_hand_over(store, after.as_deref(), limit))
        }
        Query::Staff { store } => shown(&json!({ "rows": view.staff(store)? })),
        Query::Invitations { after, limit } => page(limit, |limit| view.invitations(after.as_deref(), limit)),
        Query::Cart => shown(&view.cart()?),
        Query::Checkout { checkout: Some(checkout) } => shown(&view.checkout(checkout)?),
        Query::Checkout { checkout: None } => {
            shown(&view.open_checkout()?.ok_or_else(|| Refusal::not_found("checkout"))?)
        }
        Query::CheckoutAddress { checkout } => shown(&view.checkout_address(checkout)?),
        Query::ShippingAddress { order } => shown(&view.shipping_address(order)?),
        Query::Payment { payment } => shown(&view.payment(payment)?),
        Query::Wallet => shown(&view.wallet()?),
        Query::Statement { purse, period, after, limit } => {
            let mut statement = view.statement(purse, period)?;
            let lines = std::mem::take(&mut statement.lines);
            let next;
            (statement.lines, next) = lines_from(lines, after, limit);
            leading_on(shown(&statement)?, next)
        }
        Query::Profit { store, period, after, limit } => {
            let mut profit = view.profit(store, period)?;
            // Who reads the lines can sum them day by day; both together are more than a line of the protocol has room for.
            profit.days.clear();
            let lines = std::mem::take(&mut profit.lines);
            let next;
            (profit.lines, next) = lines_from(lines, after, limit);
            leading_on(shown(&profit)?, next)
        }
        Query::Payouts { after, limit } => page(limit, |limit| view.payouts(after.as_deref(), limit)),
        Query::OpenPayouts { after, limit } => {
            page(limit, |limit| view.open_payouts(after.as_deref(), limit))
        }
        Query::Auction { auction } => shown(&view.auction(auction)?),
        Query::Auctions { asked, after, limit } => {
            page(limit, |limit| view.auctions(&asked, after.as_deref(), limit))
        }
        Query::Bids { auction, after, limit } => {
            page(limit, |limit| view.bids(auction, after.as_deref(), limit))
        }
        Query::BidLog { auction, after } => Ok(log_piece(auction, &view.bid_log(auction)?, after)),
        Query::SecondChances => shown(&json!({ "wanted": view.wants_second_chances()? })),
    }
}

/// As many lines of a statement as were asked for, beyond that entry, and where to go on.
pub(crate) fn lines_from(
    mut lines: Vec<StatementLine>,
    after: Option<EntryId>,
    limit: Option<i64>,
) -> (Vec<StatementLine>, Option<EntryId>) {
    let from = after.map_or(0, |after| lines.partition_point(|line| line.entry <= after));
    let most = usize::try_from(limit.unwrap_or(PAGE.0).clamp(1, PAGE.1)).unwrap_or(1);
    let mut rows = lines.split_off(from);
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(|line| line.entry);
    (rows, next)
}

/// A page of a statement. Its sums are those of all lines.
fn leading_on(mut statement: Value, next: Option<EntryId>) -> Result<Value, No> {
    statement["next"] = shown(&next)?;
    Ok(statement)
}

/// A page of events, each as it stands in the stream.
fn own_events(events: &OwnEvents) -> Value {
    let row = |told: &auboutique_market::Told| {
        json::event_value(told.seq, told.at, &told.event, told.message.as_ref())
    };
    json!({ "rows": events.rows.iter().map(row).collect::<Vec<_>>(), "next": events.next })
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
    read: impl FnMut(Option<i64>) -> Result<Page<T>, No>,
) -> Result<Value, No> {
    fitting(limit, read, |page| page.rows.len())
}

/// The same for pages of any sort, of which this tells how many rows they have.
fn fitting<P: serde::Serialize>(
    limit: Option<i64>,
    mut read: impl FnMut(Option<i64>) -> Result<P, No>,
    count: impl Fn(&P) -> usize,
) -> Result<Value, No> {
    let mut limit = limit;
    loop {
        let page = read(limit)?;
        let (rows, value) = (count(&page), shown(&page)?);
        let bytes = value.to_string().len();
        if bytes <= PAGE_BYTES || rows <= 1 {
            return Ok(value);
        }
        // As many as would fit were all of one size. Should those be the large ones, it is tried again with fewer.
        let fit = (rows * PAGE_BYTES / bytes).clamp(1, rows - 1);
        limit = Some(i64::try_from(fit).unwrap_or(1));
    }
}
