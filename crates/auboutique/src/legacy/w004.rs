//! The wire of system 004: auctions in datagrams, and connections to those who have to close them.
//!
//! ```text
//!  datagram ─▶ who sends it, not too often ─▶ decode ─▶ the market ─▶ answers ─▶ where it came from        (`ask`)
//!                                                                            └▶ no more than came from there (`post`)
//!  the log ─▶ bids, lower prices ─▶ a notice to everybody who subscribed                                    (`tell`)
//!          └▶ a lot is sold, or not ─▶ connections to winner and seller ─▶ the card is charged, or nothing is (`closing`)
//! ```
//!
//! Datagrams of one socket are taken one after the other, so that who subscribes and then bids has subscribed. What is no
//! message of this wire takes nobody's place, and when there are too many sockets the one that was silent longest makes room.
//! A name has no secret unless a newer client gave one: it is acted under from the address that took it, and nothing is ever
//! sent to an address that somebody only wrote.

mod ask;
mod closing;
mod person;
mod post;
mod tell;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auboutique_domain::id::{AuctionId, MemberId, SessionId};
use auboutique_domain::legacy::LegacyWire;
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::time::Moment;
use auboutique_domain::{Command, Refusal};
use auboutique_market::{Answer, Busy, Caller, No, Source};
use auboutique_wire::legacy::w004::{Malformed, Request, decode};
use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

use self::person::{People, Person};
use self::post::Post;
use super::Legacy;

const WIRE: LegacyWire = LegacyWire::Auction004;
/// The longest datagram that is read.
const LONGEST: usize = 1_024;
/// How many sockets are heard at once, how many of their datagrams wait, and after how many ticks of silence one is forgotten.
const SOURCES: usize = 4_096;
const WAITING: usize = 64;
const FORGET: u32 = 600;
/// How often every socket may send more again, by how many datagrams, and how many at once.
const TICK: Duration = Duration::from_millis(100);
const PER_TICK: u32 = 500;
const AT_ONCE: u32 = 1_000;
/// How many auctions are known by heart; beyond that all are looked up anew.
const LOTS: usize = 10_000;
/// After how many ticks it is counted anew how often it was tried to connect somewhere: ten minutes.
const COUNT_ANEW: u32 = 6_000;
/// How many sales are closed at once.
const SALES: usize = 256;
/// How long what is under way may take when the market closes.
const DRAIN: Duration = Duration::from_secs(5);
/// How long is waited before something is tried again for which the market was busy: at first, and at most.
const BUSY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// What is known of an auction that somebody asked for here.
struct Lot {
    name: String,
    currency: Currency,
    /// What bidding starts at, while nobody has bid.
    starting_price: Option<Money>,
    subscribers: HashSet<MemberId>,
    /// The names of bidders by their numbers.
    bidders: HashMap<i64, (MemberId, String)>,
}

/// A sale that could not be closed: how often, and when it may be tried again. Or one side could pester the other by signing
/// in again and again.
#[derive(Clone, Copy)]
struct Tried {
    times: u32,
    again_at: Moment,
}

/// What somebody sent: a request, or what they are told who sent none.
type Sent = Result<Request, Malformed>;

#[derive(Default)]
struct State {
    people: People,
    lots: HashMap<AuctionId, Lot>,
    /// Names that were asked for, until something else is put up.
    names: HashMap<String, AuctionId>,
    /// Bids that are being placed: whoever sees one in the log waits until it is known whose it is.
    under_way: BTreeSet<u64>,
    last_ticket: u64,
    /// The numbers that the senders of bids gave them, by auction and line of its log, until they were told.
    own_bids: HashMap<(AuctionId, i64), String>,
    /// What was sold and could not be closed: it is tried again when one of the two signs in.
    tried: HashMap<AuctionId, Tried>,
    /// Of these, what one of the two came back for while it could not be tried.
    wanted: HashSet<AuctionId>,
    /// The sales somebody is spoken to about at the moment.
    closing: HashSet<AuctionId>,
}

/// The wire as it runs.
struct Wire {
    legacy: Legacy,
    post: Post,
    state: Mutex<State>,
    /// Grows when a bid was placed, or was not.
    placed: watch::Sender<u64>,
    /// Everything up to this number of the log was told.
    told: watch::Sender<i64>,
    /// The server's own numbers.
    numbers: AtomicU64,
    sales: Semaphore,
    tasks: Mutex<JoinSet<()>>,
}

/// A bid that is being placed, until this is dropped.
struct Ticket<'a>(&'a Wire, u64);

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.0.state().under_way.remove(&self.1);
        self.0.placed.send_modify(|count| *count += 1);
    }
}

/// A socket somewhere, and what it may still send.
struct Heard {
    queue: mpsc::Sender<Sent>,
    left: u32,
    silent: u32,
}

/// Serves the wire until the market closes. What happens is told from the moment this is called, not from when it is first
/// waited for: by then the timekeeper may have ended what ran out while there was no market.
pub fn serve(
    socket: UdpSocket,
    legacy: Legacy,
    closing: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send {
    let head = *legacy.market.log().borrow();
    let wire = Arc::new(Wire {
        post: Post::new(socket, legacy.options.repeat),
        legacy,
        state: Mutex::default(),
        placed: watch::Sender::new(0),
        told: watch::Sender::new(head),
        numbers: AtomicU64::new(0),
        sales: Semaphore::new(SALES),
        tasks: Mutex::default(),
    });
    take_datagrams(wire, closing)
}

async fn take_datagrams(wire: Arc<Wire>, mut closing: watch::Receiver<bool>) {
    wire.spawn(Arc::clone(&wire).tell(closing.clone()));
    wire.spawn(Arc::clone(&wire).close_what_was_left());
    let mut heard: HashMap<SocketAddr, Heard> = HashMap::new();
    let (mut bytes, mut tick, mut ticks) = (vec![0; LONGEST + 1], interval(TICK), 0);
    loop {
        tokio::select! {
            received = wire.post.receive(&mut bytes) => match received {
                Ok((length, from)) if length <= LONGEST => {
                    wire.take(&mut heard, from, bytes.get(..length).unwrap_or_default());
                }
                Ok(_) => {}
                // Somebody is not there who was sent something: that says nothing about who sends next.
                Err(error) => tracing::debug!(%error, "a datagram could not be taken"),
            },
            _ = tick.tick() => {
                heard.retain(|_, heard| {
                    heard.left = AT_ONCE.min(heard.left + PER_TICK);
                    heard.silent += 1;
                    heard.silent < FORGET
                });
                ticks = (ticks + 1) % COUNT_ANEW;
                if ticks == 0 {
                    wire.post.count_anew();
                }
                wire.close_wanted();
            }
            _ = closing.wait_for(|closing| *closing) => break,
        }
    }
    drop(heard);
    wire.end().await;
}

impl Wire {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Puts a datagram behind the others of its socket, unless that sends too much.
    fn take(self: &Arc<Self>, heard: &mut HashMap<SocketAddr, Heard>, from: SocketAddr, datagram: &[u8]) {
        let sent = match decode(datagram) {
            Err(Malformed::Silent) => return,
            sent => sent,
        };
        if !heard.contains_key(&from) {
            if heard.len() >= SOURCES {
                let most_silent = heard.iter().max_by_key(|(_, heard)| heard.silent).map(|(from, _)| *from);
                most_silent.and_then(|from| heard.remove(&from));
            }
            let (queue, mut waiting) = mpsc::channel::<Sent>(WAITING);
            let wire = Arc::clone(self);
            self.spawn(async move {
                while let Some(sent) = waiting.recv().await {
                    wire.hear(from, sent).await;
                }
            });
            heard.insert(from, Heard { queue, left: AT_ONCE, silent: 0 });
        }
        if let Some(heard) = heard.get_mut(&from) {
            heard.silent = 0;
            match heard.left.checked_sub(1) {
                // What does not fit is lost, as datagrams are.
                Some(left) if heard.queue.try_send(sent).is_ok() => heard.left = left,
                _ => tracing::debug!(%from, "a datagram too many was dropped"),
            }
        }
    }

    async fn hear(self: &Arc<Self>, from: SocketAddr, sent: Sent) {
        match sent {
            Ok(request) => self.answer(from, request).await,
            Err(Malformed::Answered { number, answer }) => {
                self.post.reply(from, &answer.encode(&number)).await;
            }
            Err(Malformed::Silent) => {}
        }
    }

    /// Does something for which the market may be too busy at the moment, again and again until it is not, or closes.
    async fn patiently<T, F: Future<Output = Result<T, No>>>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, No> {
        let (mut wait, longest) = BUSY;
        loop {
            match attempt().await {
                Err(No::Busy(busy)) if busy != Busy::Closing => sleep(wait).await,
                outcome => return outcome,
            }
            wait = longest.min(wait * 2);
        }
    }

    /// Does something as somebody. A session that ended meanwhile is begun anew, where that takes no secret.
    async fn act(&self, person: &Person, command: Command) -> Answer {
        let market = &self.legacy.market;
        let session = self.session(person).await?;
        match market.run(Caller::member(session), command.clone()).await {
            Err(No::Refused(Refusal::SessionEnded)) => {
                let session = self.begin_session(person).await?;
                market.run(Caller::member(session), command).await
            }
            answer => answer,
        }
    }

    async fn session(&self, person: &Person) -> Result<SessionId, No> {
        let known = self.state().people.get(person.member).and_then(|person| person.session);
        match known.or(person.session) {
            Some(session) => Ok(session),
            None => self.begin_session(person).await,
        }
    }

    async fn begin_session(&self, person: &Person) -> Result<SessionId, No> {
        let source = Source::address(person.contact.ip);
        let (session, _) = self.legacy.market.log_in_over(WIRE, &person.name, None, &source).await?;
        let before = self.state().people.have_session(person.member, session);
        self.end_session(before).await;
        Ok(session)
    }

    async fn end_session(&self, session: Option<SessionId>) {
        if let Some(session) = session {
            let end = Command::EndSession { session };
            // It may have ended before.
            drop(self.legacy.market.run(Caller::member(session), end).await);
        }
    }

    /// Lets what is under way end, and all sessions.
    async fn end(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let finish = async { while tasks.join_next().await.is_some() {} };
        if timeout(DRAIN, finish).await.is_err() {
            tracing::warn!("something on the wire of system 004 did not finish in time and was cut");
        }
        let sessions = self.state().people.sessions();
        for session in sessions {
            self.end_session(Some(session)).await;
        }
    }
}
