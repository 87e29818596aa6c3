//! Live: tells listeners what happens, in order, each what is for their eyes.
//!
//! ```text
//!  commit ─▶ log ─▶ read once, written as a line once ─▶ the mailbox of everybody it is for ─▶ their connection
//!                                  └─▶ the last few thousand lines are kept for who comes back
//! ```
//!
//! What happens in an auction is for whoever follows it, a visitor too: each auction knows the mailboxes of its followers, so
//! that a bid costs nobody else anything. How many they are is told to them as it changes, once a second at most.
//!
//! A listener is a cursor into the event log. One task per node wakes after a commit, reads what is new once, writes each
//! event as a line once and puts the same bytes into every mailbox. Nobody who is slow makes anybody wait: a mailbox that
//! is full is closed with a reason, and its owner comes back with the last number they saw.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auboutique_domain::id::{AuctionId, ConversationId, MemberId, SessionId};
use auboutique_domain::member::{MemberCard, Role};
use auboutique_domain::presence::{PresenceView, TYPING_KNOWN};
use auboutique_domain::time::Span;
use auboutique_domain::{Audience, Event, Moment};
use auboutique_market::{Market, Told, Who};
use auboutique_wire::json;
use auboutique_wire::json::auction::{self, MOST_FOLLOWED};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// How many lines a mailbox holds before its owner is too slow.
const MAILBOX: usize = 1_024;
/// How many lines are kept for who comes back, and how many bytes they may have.
const RECENT: (usize, usize) = (4_096, 16 * 1_024 * 1_024);
/// How many events are read at once.
const READ: i64 = 512;
/// How often the log is read anew where other nodes write to it too (`promises.md` R7).
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How often it is asked whether the sessions of the listeners still last. One that is ended is heard of at once; this is
/// for those that expire.
const CHECK_SESSIONS: Duration = Duration::from_secs(60);
/// How often those who follow an auction are told how many they are, at most.
const COUNT_AGAIN: Duration = Duration::from_secs(1);
/// How many members' coming and going is kept and told at a time.
const AT_A_TIME: usize = 64;
/// Of how many who type it is remembered when that was told. Were there more at once, nobody is told of the next.
const TYPISTS: usize = 4_096;
/// How long to wait when the market cannot be read: at first, and at most.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A line for listeners.
struct Line {
    /// The event's number; 0 for what is not in the log.
    seq: i64,
    audience: Audience,
    /// Which block keeps it from one of them: who would block whom, and who is not told then.
    hushed_by: Option<(MemberId, MemberId, MemberId)>,
    /// There is such a block.
    hidden: AtomicBool,
    bytes: Vec<u8>,
}

impl Line {
    /// What passes, and is not in the log.
    const fn passing(bytes: Vec<u8>, audience: Audience) -> Self {
        Self { seq: 0, audience, hushed_by: None, hidden: AtomicBool::new(false), bytes }
    }
}

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A member.
    Member {
        /// Who.
        member: MemberId,
        /// By which session.
        session: SessionId,
        /// Whether what is for operators is for them.
        operator: bool,
    },
    /// Whoever runs the program: sees everything.
    Console,
    /// Somebody who is not signed in: sees what everybody sees.
    Visitor,
}

impl Viewer {
    /// Who that is to the market.
    #[must_use]
    pub const fn who(self) -> Who {
        match self {
            Self::Member { session, .. } => Who::Member(session),
            Self::Console => Who::Console,
            Self::Visitor => Who::Visitor,
        }
    }
}

/// How what is told stands in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As lines.
    Lines,
    /// As server-sent events, which browsers read: each the same line, under the number to come back with.
    ServerSent,
}

impl Form {
    /// Writes a line, line end included.
    pub fn write(self, seq: i64, line: &[u8], out: &mut Vec<u8>) {
        if self == Self::Lines {
            return out.extend_from_slice(line);
        }
        if seq > 0 {
            out.extend_from_slice(format!("id: {seq}\n").as_bytes());
        }
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
}

/// Why a stream ends before its listener goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOff {
    /// The listener's session ended.
    SessionEnded,
    /// The listener did not read as fast as things happened.
    TooSlow,
    /// The log cannot be read.
    Broken,
    /// The listener came with a number that is ahead of the log.
    ResyncRequired,
    /// The market closes.
    Closing,
}

impl CutOff {
    /// Writes the last line of the stream.
    pub fn write(self, cursor: i64, form: Form, out: &mut Vec<u8>) {
        let (code, message) = match self {
            Self::SessionEnded => ("session_ended", "This session has ended. Log in again."),
            Self::Broken => (
                "broken",
                "What happened cannot be read on our side. Tell the operator if it keeps happening.",
            ),
            Self::TooSlow => (
                "too_slow",
                "More happened than was read. Connect again and listen after the last event seen.",
            ),
            Self::ResyncRequired => (
                "resync_required",
                "This market has not come that far: it is another one, or was restored. Load everything anew.",
            ),
            Self::Closing => ("closing", "The market is closing. Connect again in a moment."),
        };
        form.write(cursor, &json::end(code, message, cursor), out);
    }
}

struct Mailbox {
    mail: Mutex<Mail>,
    wake: Notify,
}

struct Mail {
    viewer: Viewer,
    lines: VecDeque<Arc<Line>>,
    /// What happens in these is for this mailbox too.
    follows: Vec<AuctionId>,
    /// Only events after this number are for this mailbox.
    after: i64,
    cut_off: Option<CutOff>,
}

impl Mail {
    fn is_for(&self, line: &Line) -> bool {
        if line.seq > 0 && line.seq <= self.after {
            return false;
        }
        match (self.viewer, &line.audience) {
            (Viewer::Console, _) => line.seq > 0,
            (_, Audience::Public) => true,
            (_, Audience::Auction(auction)) => self.follows.contains(auction),
            (Viewer::Member { operator, .. }, Audience::Operators) => operator,
            (Viewer::Member { member, .. }, Audience::Members(members)) => members.contains(&member),
            (Viewer::Visitor, _) => false,
        }
    }

    /// Puts a line in. Whether the owner has to be woken.
    fn put(&mut self, line: &Arc<Line>) -> bool {
        if self.cut_off.is_some() || !self.is_for(line) {
            return false;
        }
        if self.lines.len() >= MAILBOX {
            self.cut_off(CutOff::TooSlow);
        } else {
            self.lines.push_back(Arc::clone(line));
        }
        true
    }

    fn cut_off(&mut self, why: CutOff) {
        self.lines.clear();
        self.cut_off = Some(why);
    }

    fn is_hidden(&self, line: &Line) -> bool {
        let not_told = line.hushed_by.map(|(_, _, not_told)| not_told);
        let me = matches!(self.viewer, Viewer::Member { member, .. } if Some(member) == not_told);
        me && line.hidden.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct State {
    /// Everything up to this number is in the mailboxes.
    head: i64,
    recent: VecDeque<Arc<Line>>,
    recent_bytes: usize,
    mailboxes: HashMap<u64, Arc<Mailbox>>,
    of_member: HashMap<MemberId, Vec<u64>>,
    operators: Vec<u64>,
    of_auction: HashMap<AuctionId, Vec<u64>>,
    /// Where somebody began or ceased to follow since it was told last how many do.
    stirred: HashSet<AuctionId>,
    last_number: u64,
}

impl State {
    fn put_to(&self, number: u64, line: &Arc<Line>, woken: &mut Vec<Arc<Mailbox>>) {
        if let Some(mailbox) = self.mailboxes.get(&number)
            && lock(&mailbox.mail).put(line)
        {
            woken.push(Arc::clone(mailbox));
        }
    }

    /// Puts a line into the mailbox of everybody it is for.
    fn put(&self, line: &Arc<Line>, woken: &mut Vec<Arc<Mailbox>>) {
        match &line.audience {
            Audience::Public => {
                for mailbox in self.mailboxes.values() {
                    if lock(&mailbox.mail).put(line) {
                        woken.push(Arc::clone(mailbox));
                    }
                }
            }
            Audience::Operators => {
                for &number in &self.operators {
                    self.put_to(number, line, woken);
                }
            }
            Audience::Members(members) => {
                for number in members.iter().filter_map(|member| self.of_member.get(member)).flatten() {
                    self.put_to(*number, line, woken);
                }
                self.put_to_console(line, woken);
            }
            Audience::Auction(auction) => {
                for number in self.of_auction.get(auction).into_iter().flatten() {
                    self.put_to(*number, line, woken);
                }
                self.put_to_console(line, woken);
            }
        }
    }

    /// Puts a line into the mailboxes of the console, which sees everything.
    fn put_to_console(&self, line: &Arc<Line>, woken: &mut Vec<Arc<Mailbox>>) {
        // It is among the operators, who have no part in what is for others.
        for &number in &self.operators {
            if let Some(mailbox) = self.mailboxes.get(&number)
                && lock(&mailbox.mail).viewer == Viewer::Console
            {
                self.put_to(number, line, woken);
            }
        }
    }

    fn follow(&mut self, number: u64, auction: AuctionId) {
        // The console is told of every auction as it is: it is no follower who counts.
        let Some(mailbox) = self.mailboxes.get(&number) else { return };
        if lock(&mailbox.mail).viewer != Viewer::Console {
            self.of_auction.entry(auction).or_default().push(number);
            self.stirred.insert(auction);
        }
    }

    fn unfollow(&mut self, number: u64, auction: AuctionId) {
        let Some(numbers) = self.of_auction.get_mut(&auction) else { return };
        let Some(place) = numbers.iter().position(|&other| other == number) else { return };
        numbers.swap_remove(place);
        if numbers.is_empty() {
            self.of_auction.remove(&auction);
        }
        self.stirred.insert(auction);
    }

    fn keep(&mut self, line: Arc<Line>) {
        self.head = line.seq;
        self.recent_bytes += line.bytes.len();
        self.recent.push_back(line);
        while self.recent.len() > RECENT.0 || self.recent_bytes > RECENT.1 {
            let Some(gone) = self.recent.pop_front() else { break };
            self.recent_bytes -= gone.bytes.len();
        }
    }

    /// What an event changes about who may hear what.
    fn heed(&mut self, event: &Event, woken: &mut Vec<Arc<Mailbox>>) {
        match event {
            Event::SessionEnded { member, session } => {
                for number in self.of_member.get(member).into_iter().flatten() {
                    let Some(mailbox) = self.mailboxes.get(number) else { continue };
                    let mut mail = lock(&mailbox.mail);
                    if matches!(mail.viewer, Viewer::Member { session: theirs, .. } if theirs == *session) {
                        mail.cut_off(CutOff::SessionEnded);
                        woken.push(Arc::clone(mailbox));
                    }
                }
            }
            Event::RoleChanged { member, role } => {
                let is = *role >= Role::Operator;
                for &number in self.of_member.get(member).into_iter().flatten() {
                    let Some(mailbox) = self.mailboxes.get(&number) else { continue };
                    if let Viewer::Member { operator, .. } = &mut lock(&mailbox.mail).viewer {
                        *operator = is;
                    }
                    self.operators.retain(|&other| other != number);
                    if is {
                        self.operators.push(number);
                    }
                }
            }
            // What was told before the block is still in mailboxes, and kept for who comes back.
            Event::MemberBlocked { member, blocked } => self.hide(*member, *blocked, true),
            Event::MemberUnblocked { member, blocked } => self.hide(*member, *blocked, false),
            _ => {}
        }
    }

    fn hide(&self, member: MemberId, blocked: MemberId, hidden: bool) {
        let hushed = |line: &&Arc<Line>| {
            line.hushed_by.is_some_and(|(blocker, other, _)| (blocker, other) == (member, blocked))
        };
        for line in self.recent.iter().filter(hushed) {
            line.hidden.store(hidden, Ordering::SeqCst);
        }
    }

    fn forget(&mut self, number: u64) {
        let Some(mailbox) = self.mailboxes.remove(&number) else { return };
        let (viewer, follows) = {
            let mut mail = lock(&mailbox.mail);
            (mail.viewer, std::mem::take(&mut mail.follows))
        };
        for auction in follows {
            self.unfollow(number, auction);
        }
        if let Viewer::Member { member, .. } = viewer
            && let Some(numbers) = self.of_member.get_mut(&member)
        {
            numbers.retain(|&other| other != number);
            if numbers.is_empty() {
                self.of_member.remove(&member);
            }
        }
        self.operators.retain(|&other| other != number);
    }
}

/// What the one who tells everybody wakes up for.
enum News {
    /// There may be new events.
    Events,
    /// A minute has passed.
    Minute,
    /// The market closes.
    Closing,
}

/// The listeners of this node.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
}

struct Shared {
    market: Market,
    state: Mutex<State>,
    /// When it was told last that a member types in a conversation.
    typing: Mutex<HashMap<(ConversationId, MemberId), Moment>>,
    /// Somebody began or ceased to follow an auction.
    stirred: Notify,
}

impl Live {
    /// The listeners of a market. Nobody is told anything until [`Live::tell`] runs.
    #[must_use]
    pub fn new(market: Market) -> Self {
        let head = *market.log().borrow();
        let state = Mutex::new(State { head, ..State::default() });
        let shared = Shared { market, state, typing: Mutex::default(), stirred: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// The market of which is told.
    #[must_use]
    pub fn market(&self) -> &Market {
        &self.shared.market
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        lock(&self.shared.state).mailboxes.len()
    }

    /// Tells listeners what happens and who comes and goes, until the market closes. What happens does not wait for who
    /// goes: that may be a thousand at once, and each is kept.
    pub async fn tell(self, closing: watch::Receiver<bool>) {
        tokio::join!(
            self.tell_what_happens(closing.clone()),
            self.tell_who_is_here(closing.clone()),
            self.tell_how_many_follow(closing),
        );
    }

    async fn tell_how_many_follow(&self, mut closing: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = self.shared.stirred.notified() => self.count_followers(),
                _ = closing.wait_for(|closing| *closing) => return,
            }
            tokio::select! {
                () = tokio::time::sleep(COUNT_AGAIN) => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
        }
    }

    /// Tells those who follow an auction how many they are, of each where somebody came or went.
    fn count_followers(&self) {
        let mut woken = Vec::new();
        let mut state = lock(&self.shared.state);
        for auction in std::mem::take(&mut state.stirred) {
            let followers = state.of_auction.get(&auction).map_or(0, Vec::len);
            if followers > 0 {
                let line = Line::passing(auction::here(auction, followers), Audience::Auction(auction));
                state.put(&Arc::new(line), &mut woken);
            }
        }
        drop(state);
        for mailbox in woken {
            mailbox.wake.notify_one();
        }
    }

    async fn tell_who_is_here(&self, mut closing: watch::Receiver<bool>) {
        loop {
            let members = tokio::select! {
                members = self.shared.market.presence_changes() => members,
                _ = closing.wait_for(|closing| *closing) => return,
            };
            // Some at a time, so that they share a commit.
            let mut telling = JoinSet::new();
            for (member, turned) in members {
                if telling.len() >= AT_A_TIME {
                    telling.join_next().await;
                }
                let live = self.clone();
                telling.spawn(async move { live.tell_presence(member, turned).await });
            }
            while telling.join_next().await.is_some() {}
        }
    }

    async fn tell_what_happens(&self, mut closing: watch::Receiver<bool>) {
        let market = self.shared.market.clone();
        let mut log = market.log();
        let mut look_again = tokio::time::interval(LOOK_AGAIN);
        let mut check_sessions = tokio::time::interval(CHECK_SESSIONS);
        loop {
            let news = tokio::select! {
                changed = log.changed() => if changed.is_ok() { News::Events } else { News::Closing },
                _ = look_again.tick(), if market.is_shared() => News::Events,
                _ = check_sessions.tick() => News::Minute,
                _ = closing.wait_for(|closing| *closing) => News::Closing,
            };
            match news {
                News::Events => self.tell_events(&mut closing).await,
                News::Minute => self.end_sessions().await,
                News::Closing => return,
            }
        }
    }

    async fn tell_events(&self, closing: &mut watch::Receiver<bool>) {
        let mut pause = PAUSE;
        loop {
            let head = lock(&self.shared.state).head;
            match self.shared.market.log_after(head, READ).await {
                Ok(told) if told.is_empty() => return,
                Ok(told) => {
                    pause = PAUSE;
                    for (member, other) in self.deliver(told) {
                        self.tell_between(member, other).await;
                    }
                }
                Err(no) => {
                    // Nothing is stepped over: whoever listens waits until the log can be read.
                    tracing::warn!(%no, "nobody is told what happens: the log cannot be read at the moment");
                    tokio::select! {
                        () = tokio::time::sleep(pause) => pause = LONGEST_PAUSE.min(pause * 2),
                        _ = closing.wait_for(|closing| *closing) => return,
                    }
                }
            }
        }
    }

    /// A member blocked or unblocked another, who is told what they see of the member now.
    async fn tell_between(&self, member: MemberId, other: MemberId) {
        match self.shared.market.presence_between(member, other).await {
            Ok(Some(view)) => self.put_presence(&view, vec![other]),
            Ok(None) => {}
            Err(no) => tracing::warn!(%no, "somebody was not told of a block"),
        }
    }

    /// Tells a member, where they listen at this node, that another types in a conversation of theirs; unless that was told a
    /// moment ago.
    pub fn tell_typing(&self, conversation: ConversationId, recipient: MemberId, who: &MemberCard) {
        if self.is_news(conversation, who.id) {
            self.put_passing(json::typing(conversation, who), vec![recipient]);
        }
    }

    fn is_news(&self, conversation: ConversationId, who: MemberId) -> bool {
        let now = self.shared.market.now();
        let is_known = |told: &Moment| (Span::seconds(0)..TYPING_KNOWN).contains(&now.since(*told));
        let mut typing = lock(&self.shared.typing);
        if typing.get(&(conversation, who)).is_some_and(is_known) {
            return false;
        }
        if typing.len() >= TYPISTS {
            typing.retain(|_, told| is_known(told));
            if typing.len() >= TYPISTS {
                return false;
            }
        }
        typing.insert((conversation, who), now);
        true
    }

    fn put_presence(&self, view: &PresenceView, audience: Vec<MemberId>) {
        self.put_passing(json::presence(view), audience);
    }

    /// Puts what passes and is not in the log into the mailboxes of these members.
    fn put_passing(&self, bytes: Vec<u8>, audience: Vec<MemberId>) {
        let line = Arc::new(Line::passing(bytes, Audience::Members(audience)));
        let mut woken = Vec::new();
        lock(&self.shared.state).put(&line, &mut woken);
        for mailbox in woken {
            mailbox.wake.notify_one();
        }
    }

    /// Puts what happened into the mailboxes. Returns who blocked or unblocked whom.
    fn deliver(&self, told: Vec<Told>) -> Vec<(MemberId, MemberId)> {
        let lines: Vec<_> = told
            .into_iter()
            .map(|Told { seq, at, event, message, hidden_from }| {
                let line = Line {
                    seq,
                    audience: event.audience(),
                    hushed_by: event.hushed_by(),
                    hidden: AtomicBool::new(hidden_from.is_some()),
                    bytes: json::event(seq, at, &event, message.as_ref()),
                };
                (Arc::new(line), event)
            })
            .collect();
        let (mut woken, mut fallen_out) = (Vec::new(), Vec::new());
        let mut state = lock(&self.shared.state);
        for (line, event) in lines {
            let seq = line.seq;
            state.heed(&event, &mut woken);
            state.put(&line, &mut woken);
            state.keep(line);
            self.shared.market.heard(&event, seq);
            match event {
                Event::PresenceHidden { member, .. } => self.shared.market.presence_turned(member),
                Event::MemberBlocked { member, blocked } | Event::MemberUnblocked { member, blocked } => {
                    fallen_out.push((member, blocked));
                }
                _ => {}
            }
        }
        drop(state);
        for mailbox in woken {
            mailbox.wake.notify_one();
        }
        fallen_out
    }

    /// Tells those who talk with a member that they came or went, and has it kept when they were here.
    async fn tell_presence(&self, member: MemberId, turned: bool) {
        if let Err(no) = self.shared.market.note_seen(member).await {
            tracing::debug!(%no, "it was not noted when a member was here");
        }
        let (view, audience) = match self.shared.market.presence_news(member, turned).await {
            Ok(Some(news)) => news,
            Ok(None) => return,
            Err(no) => {
                // Whoever asks is told the truth; whoever listens is told when it changes again.
                tracing::warn!(%no, "nobody was told that a member came or went");
                return;
            }
        };
        self.put_presence(&view, audience);
    }

    async fn end_sessions(&self) {
        let sessions: Vec<(MemberId, SessionId)> = lock(&self.shared.state)
            .mailboxes
            .values()
            .filter_map(|mailbox| match lock(&mailbox.mail).viewer {
                Viewer::Member { member, session, .. } => Some((member, session)),
                Viewer::Console | Viewer::Visitor => None,
            })
            .collect();
        if sessions.is_empty() {
            return;
        }
        let asked = sessions.iter().map(|&(_, session)| session).collect();
        let Ok(ended) = self.shared.market.ended_among(asked).await else { return };
        let mut woken = Vec::new();
        let ended: HashSet<SessionId> = ended.into_iter().collect();
        for (member, session) in sessions.into_iter().filter(|(_, session)| ended.contains(session)) {
            lock(&self.shared.state).heed(&Event::SessionEnded { member, session }, &mut woken);
        }
        for mailbox in woken {
            mailbox.wake.notify_one();
        }
    }

    /// Begins to listen after that number, and to follow these auctions. Nothing when the lines from there on are no longer at
    /// hand: then they are read from the log first.
    #[must_use]
    pub fn join(&self, cursor: i64, viewer: Viewer, follows: &[AuctionId]) -> Option<Listener> {
        let mut state = lock(&self.shared.state);
        let at_hand =
            cursor >= state.head || state.recent.front().is_some_and(|first| first.seq <= cursor + 1);
        if !at_hand {
            return None;
        }
        let follows = follows.to_vec();
        let mut mail =
            Mail { viewer, lines: VecDeque::new(), follows: follows.clone(), after: cursor, cut_off: None };
        let start = state.recent.partition_point(|line| line.seq <= cursor);
        for line in state.recent.range(start..) {
            mail.put(line);
        }
        if mail.cut_off.is_some() {
            return None;
        }
        state.last_number += 1;
        let number = state.last_number;
        let mailbox = Arc::new(Mailbox { mail: Mutex::new(mail), wake: Notify::new() });
        // What is there already is taken without being woken for it.
        mailbox.wake.notify_one();
        state.mailboxes.insert(number, Arc::clone(&mailbox));
        match viewer {
            Viewer::Visitor => {}
            Viewer::Console => state.operators.push(number),
            Viewer::Member { member, operator, .. } => {
                state.of_member.entry(member).or_default().push(number);
                if operator {
                    state.operators.push(number);
                }
            }
        }
        for auction in follows {
            state.follow(number, auction);
        }
        if !state.stirred.is_empty() {
            self.shared.stirred.notify_one();
        }
        drop(state);
        Some(Listener { live: self.clone(), number, mailbox, cursor })
    }
}

/// Somebody who listens. When it is dropped, nobody listens there any more.
pub struct Listener {
    live: Live,
    number: u64,
    mailbox: Arc<Mailbox>,
    cursor: i64,
}

impl Listener {
    /// Waits until there may be something to take.
    pub async fn woken(&self) {
        self.mailbox.wake.notified().await;
    }

    /// The number up to which everything was taken.
    #[must_use]
    pub const fn cursor(&self) -> i64 {
        self.cursor
    }

    /// Follows an auction from here on. Whether there was room for one more.
    #[must_use]
    pub fn follow(&self, auction: AuctionId) -> bool {
        let mut state = lock(&self.live.shared.state);
        {
            let mut mail = lock(&self.mailbox.mail);
            if mail.follows.contains(&auction) {
                return true;
            }
            if mail.follows.len() >= MOST_FOLLOWED {
                return false;
            }
            mail.follows.push(auction);
        }
        state.follow(self.number, auction);
        drop(state);
        self.live.shared.stirred.notify_one();
        true
    }

    /// Follows it no longer: nothing of it is told from here on.
    pub fn unfollow(&self, auction: AuctionId) {
        let mut state = lock(&self.live.shared.state);
        {
            let mut mail = lock(&self.mailbox.mail);
            mail.follows.retain(|&other| other != auction);
            if mail.viewer != Viewer::Console {
                mail.lines.retain(|line| line.audience != Audience::Auction(auction));
            }
        }
        state.unfollow(self.number, auction);
        drop(state);
        self.live.shared.stirred.notify_one();
    }

    /// Takes lines until `out` has that many bytes. Says so when the stream is over, after its last line.
    pub fn take(&mut self, out: &mut Vec<u8>, enough: usize, form: Form) -> Option<CutOff> {
        let mut mail = lock(&self.mailbox.mail);
        while out.len() < enough {
            let Some(line) = mail.lines.pop_front() else {
                if mail.lines.capacity() > 64 {
                    mail.lines = VecDeque::new();
                }
                let cut_off = mail.cut_off?;
                cut_off.write(self.cursor, form, out);
                return Some(cut_off);
            };
            self.cursor = self.cursor.max(line.seq);
            if !mail.is_hidden(&line) {
                form.write(line.seq, &line.bytes, out);
            }
        }
        // There may be more: whoever waits next does not wait.
        self.mailbox.wake.notify_one();
        None
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = lock(&self.live.shared.state);
        state.forget(self.number);
        let stirred = !state.stirred.is_empty();
        drop(state);
        if stirred {
            self.live.shared.stirred.notify_one();
        }
    }
}
