//! The writer: one thread, one connection, whatever waits in one transaction.
//!
//! ```text
//!  run ─▶ queue ─▶ batch: [mark, command, mark, command, …] ─▶ events ─▶ commit ─▶ answers, listeners
//! ```
//!
//! A batch is the next command and whatever else already waits, 256 at most. Each runs behind a savepoint, so that one
//! that is refused leaves nothing behind; all share one commit, and so one wait for the disk. Nobody is answered before
//! it returned.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use auboutique_db::{Connection, DbError, Location, answer, event, is_planted, migration};
use auboutique_domain::id::{IdEntropy, MemberId};
use auboutique_domain::member::{Member, Role};
use auboutique_domain::setting::BIDS_PER_MINUTE;
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Event, Refusal, Reply};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use sha2::{Digest as _, Sha256};
use tokio::sync::{oneshot, watch};

use crate::Outcome;
use crate::caller::{Caller, Who};
use crate::catalogue::Catalogue;
use crate::env::{Env, random};
use crate::no::{Answer, Broken, Busy, No, Stop};
use crate::pace::Paces;
use crate::presence::Presences;
use crate::{Options, backup, door, pickup};

/// How many commands share one commit at most.
const BATCH: usize = 256;
/// How often a command runs again when others changed what it read.
const RUNS: usize = 8;
/// How long an answer is remembered; those of orders are kept for ever (`promises.md` A2).
const ANSWER_LIFE: Span = Span::hours(48);
/// How far the clock may be behind the last commit before the log says so.
const CLOCK_SLACK: Span = Span::seconds(2);

/// A command that waits, and where its answer goes.
struct Job {
    caller: Caller,
    command: Command,
    asked_at: Moment,
    tell: oneshot::Sender<Answer>,
}

/// Is told the name of a command, what it came to, and how long that took.
pub(crate) type Observer = Box<dyn Fn(&str, &'static str, Span) + Send + Sync>;

/// The way to the writer's thread.
pub(crate) struct Handle {
    queue: Mutex<Option<Sender<Job>>>,
    observer: Arc<OnceLock<Observer>>,
    env: Arc<dyn Env>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: Arc<AtomicBool>,
}

impl Handle {
    /// Starts the thread.
    pub(crate) fn start(writer: Writer, queue: usize) -> Self {
        let (sender, receiver) = crossbeam_channel::bounded(queue);
        let (failed, observer) = (Arc::clone(&writer.failed), Arc::clone(&writer.observer));
        let env = Arc::clone(&writer.env);
        let thread =
            std::thread::Builder::new().name("writer".to_owned()).spawn(move || writer.work(&receiver));
        Self { queue: Mutex::new(Some(sender)), observer, env, thread: Mutex::new(thread.ok()), failed }
    }

    /// Tells from now on what commands come to.
    pub(crate) fn observe(&self, observer: Observer) {
        // Whoever came first is told.
        drop(self.observer.set(observer));
    }

    /// How many commands wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, Sender::len)
    }

    /// Queues a command. Says so at once when the queue is full or closed.
    pub(crate) fn send(&self, caller: Caller, command: Command) -> Result<oneshot::Receiver<Answer>, No> {
        let (tell, answer) = oneshot::channel();
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else { return Err(No::Busy(Busy::Closing)) };
        let asked_at = self.env.now();
        match queue.try_send(Job { caller, command, asked_at, tell }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(No::Busy(Busy::Overloaded)),
            Err(TrySendError::Disconnected(_)) => Err(No::Busy(Busy::Closing)),
        }
    }

    /// Whether a commit failed and nothing more is acknowledged.
    pub(crate) fn has_failed(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        self.failed.load(Ordering::SeqCst) || thread.as_ref().is_some_and(JoinHandle::is_finished)
    }

    /// Lets the thread finish what is queued, and waits for it.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
    }
}

/// What a command works with: the connection, the moment, and what it tells the log.
pub(crate) struct Work<'a> {
    /// The writing connection.
    pub(crate) db: &'a mut Connection,
    /// The moment of the batch.
    pub(crate) now: Moment,
    /// Who asks.
    pub(crate) who: Who,
    /// Who is here.
    pub(crate) presences: &'a Presences,
    member: Option<Member>,
    env: &'a dyn Env,
    cards: bool,
    behind: bool,
    paces: &'a mut Paces,
    numbers: &'a mut i64,
    events: Vec<Event>,
    counted: Vec<String>,
}

impl Work<'_> {
    /// A new id of that kind: `work.id(OrderId::new)`.
    pub(crate) fn id<T>(&self, make: fn(Moment, IdEntropy) -> T) -> T {
        make(self.now, random(self.env))
    }

    /// Random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        random(self.env)
    }

    /// A number above all before it: the microsecond of now, or the next one that is free.
    pub(crate) fn number(&mut self) -> i64 {
        *self.numbers = self.now.micros().max(*self.numbers + 1);
        *self.numbers
    }

    /// The number of a new listing: small, as people who use an older program type it. Another node may take the same one;
    /// then the command runs again and finds the next.
    pub(crate) fn listing_number(&mut self) -> Result<i64, Stop> {
        Ok(auboutique_db::listing::last_number(self.db)? + 1)
    }

    /// Notes what happened.
    pub(crate) fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Undoes everything this command wrote and told so far, so that it can come to something else.
    pub(crate) fn start_over(&mut self) -> Result<(), Stop> {
        self.db.undo()?;
        self.events.clear();
        Ok(())
    }

    /// Whether the clock is behind what was committed, so that time stands still.
    pub(crate) const fn is_behind(&self) -> bool {
        self.behind
    }

    /// Counts a bid of a member, or says that they bid too fast.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooManyBids`].
    pub(crate) fn keep_pace(&mut self, member: MemberId) -> Result<(), Stop> {
        if self.paces.count(member, self.now) <= BIDS_PER_MINUTE {
            return Ok(());
        }
        // Only who is fast is looked up: the operator may allow more.
        let most = crate::setting::find(self)?.bids_per_minute;
        let (count, wait) = self.paces.of(member, self.now);
        if count <= most {
            Ok(())
        } else {
            Err(Refusal::TooManyBids { wait_seconds: wait.seconds_up() }.into())
        }
    }

    /// Whether card payments can be begun.
    pub(crate) const fn takes_cards(&self) -> bool {
        self.cards
    }

    /// Counts a try against this subject if the command is refused.
    pub(crate) fn count_if_refused(&mut self, subject: String) {
        self.counted.push(subject);
    }

    /// The member who asks.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] when it is no member.
    pub(crate) fn member(&self) -> Result<Member, Refusal> {
        self.member.clone().ok_or(Refusal::SignInNeeded)
    }

    /// Whether an operator asks, or whoever runs the program.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`], [`Refusal::RoleNeeded`].
    pub(crate) fn operator(&self) -> Result<(), Refusal> {
        if self.who == Who::Console { Ok(()) } else { self.member()?.needs(Role::Operator) }
    }

    /// Whether the node itself asks.
    ///
    /// # Errors
    ///
    /// [`Refusal::RoleNeeded`]: no wire gets here with such a command.
    pub(crate) fn node(&self) -> Result<(), Refusal> {
        match self.who {
            Who::Node | Who::Timekeeper | Who::Console => Ok(()),
            Who::Visitor | Who::Member(_) => Err(Refusal::RoleNeeded { role: Role::Operator }),
        }
    }
}

/// How a batch ended.
enum BatchEnd {
    /// Committed, or nothing was written.
    Committed,
    /// Nothing was changed, and everybody is told this.
    Nothing(Busy),
    /// It is not known whether the commit happened.
    Unknown,
}

/// The writing connection and what it needs to run commands.
pub(crate) struct Writer {
    db: Connection,
    location: Location,
    env: Arc<dyn Env>,
    presences: Arc<Presences>,
    cards: bool,
    behind: bool,
    paces: Paces,
    last: Moment,
    numbers: i64,
    log: watch::Sender<i64>,
    catalogue: Arc<Catalogue>,
    failed: Arc<AtomicBool>,
    observer: Arc<OnceLock<Observer>>,
}

impl Writer {
    /// Opens the writing connection and brings the schema up to date.
    pub(crate) fn open(
        options: &Options,
        env: Arc<dyn Env>,
        presences: Arc<Presences>,
    ) -> Result<Self, DbError> {
        let location = &options.location;
        let mut db = Connection::writer(location)?;
        backup::before_migration(&mut db, location, env.now())?;
        migration::run(&mut db, env.now())?;
        auboutique_db::setting::check(&mut db)?;
        let head = event::head(&mut db)?;
        if env.now() < head.at.minus(CLOCK_SLACK) {
            tracing::warn!(
                clock = %env.now(), last_commit = %head.at,
                "the clock is behind the last commit; time stands still until it has caught up"
            );
        }
        // A clock that stands still, or is behind, would give the numbers out again.
        let numbers = auboutique_db::conversation::last_active(&mut db)?;
        let mut writer = Self {
            db,
            location: location.clone(),
            env,
            presences,
            cards: options.cards,
            behind: false,
            paces: Paces::default(),
            last: head.at,
            numbers,
            log: watch::Sender::new(head.seq),
            catalogue: Arc::new(Catalogue::new(head.seq)),
            failed: Arc::new(AtomicBool::new(false)),
            observer: Arc::default(),
        };
        writer.furnish()?;
        Ok(writer)
    }

    /// A market without a pickup point gets the post office.
    fn furnish(&mut self) -> Result<(), DbError> {
        if auboutique_db::pickup::all(&mut self.db)?.is_empty() {
            let command = Command::AddPickupPoint { draft: pickup::first_point() };
            if let Err(no) = self.run_one(Caller::CONSOLE, command) {
                return Err(DbError::Other(format!("cannot set up the first pickup point: {no}")));
            }
        }
        Ok(())
    }

    /// Since when what everybody sees looks the way it does.
    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue)
    }

    /// The number of the last committed event, as it grows.
    pub(crate) fn log(&self) -> watch::Receiver<i64> {
        self.log.subscribe()
    }

    fn run_one(&mut self, caller: Caller, command: Command) -> Answer {
        let (tell, mut answer) = oneshot::channel();
        self.run_batch(vec![Job { caller, command, asked_at: self.env.now(), tell }]);
        answer.try_recv().unwrap_or_else(|_| Err(No::stopped()))
    }

    /// Takes batches from the queue until it is closed or a commit fails.
    fn work(mut self, queue: &Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                let Ok(next) = queue.try_recv() else { break };
                batch.push(next);
            }
            self.run_batch(batch);
            if self.failed.load(Ordering::SeqCst) {
                // Fail stop (`promises.md` R15): whoever waits is told that nothing is known, and no more is taken.
                while let Ok(job) = queue.try_recv() {
                    drop(job.tell.send(Err(No::Busy(Busy::Closing))));
                }
                return;
            }
        }
        // Closed in good order, the file alone is the whole market (`promises.md` R13).
        if let Err(error) = self.db.checkpoint() {
            tracing::warn!(%error, "the write-ahead log could not be emptied; it is read at the next start");
        }
    }

    fn run_batch(&mut self, batch: Vec<Job>) {
        let now = self.env.now();
        self.behind = now < self.last.minus(CLOCK_SLACK);
        self.last = now.max(self.last);
        let observer = Arc::clone(&self.observer);
        let asked: Vec<(String, Moment)> = match observer.get() {
            Some(_) => batch.iter().map(|job| (job.command.name(), job.asked_at)).collect(),
            None => Vec::new(),
        };
        let mut tells = Vec::with_capacity(batch.len());
        let mut answers = Vec::with_capacity(batch.len());
        let end = self.run_in_transaction(batch, &mut tells, &mut answers);
        let all = |no: No, answers: &mut Vec<Answer>| {
            *answers = tells.iter().map(|_| Err(no.clone())).collect();
        };
        match end {
            BatchEnd::Committed => {}
            BatchEnd::Nothing(busy) => all(No::Busy(busy), &mut answers),
            BatchEnd::Unknown => all(No::Busy(Busy::OutcomeUnknown), &mut answers),
        }
        let kind = |answer: &Answer| answer.as_ref().map_or_else(No::kind, |_| "done");
        let came_to: Vec<&str> = asked.iter().zip(&answers).map(|(_, answer)| kind(answer)).collect();
        for (tell, answer) in tells.into_iter().zip(answers) {
            // Whoever asked may be gone; what was done is done.
            drop(tell.send(answer));
        }
        if let Some(observe) = observer.get() {
            let now = self.env.now();
            for ((command, asked_at), came_to) in asked.iter().zip(came_to) {
                observe(command, came_to, now.since(*asked_at));
            }
        }
    }

    fn run_in_transaction(
        &mut self,
        batch: Vec<Job>,
        tells: &mut Vec<oneshot::Sender<Answer>>,
        answers: &mut Vec<Answer>,
    ) -> BatchEnd {
        let mut jobs = Vec::with_capacity(batch.len());
        for Job { caller, command, tell, .. } in batch {
            tells.push(tell);
            jobs.push((caller, command));
        }
        if let Err(error) = self.db.begin() {
            return self.gave_up(&error);
        }
        let mut events = Vec::new();
        for (caller, command) in jobs {
            match self.run_command(&caller, command, &mut events) {
                Ok(answer) => answers.push(answer),
                Err(error) => return self.gave_up(&error),
            }
        }
        // A batch in which nothing happened leaves the log alone; if it wrote nothing else either, its commit is free.
        let head = if events.is_empty() {
            None
        } else {
            match event::append(&mut self.db, &events, self.last) {
                Ok(head) => Some(head),
                Err(error) => return self.gave_up(&error),
            }
        };
        if is_planted("ack-before-commit") {
            for (tell, answer) in tells.drain(..).zip(answers.drain(..)) {
                drop(tell.send(answer));
            }
        }
        match self.db.commit() {
            Ok(()) => {
                if let Some(head) = head {
                    events.iter().for_each(|event| self.catalogue.hear(event, head.seq));
                    self.log.send_replace(head.seq);
                }
                BatchEnd::Committed
            }
            Err(error @ (DbError::Full | DbError::Busy(_) | DbError::Constraint(_) | DbError::Conflict)) => {
                self.gave_up(&error)
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed: its outcome is unknown");
                if self.db.is_shared() {
                    self.reconnect();
                } else {
                    self.failed.store(true, Ordering::SeqCst);
                }
                BatchEnd::Unknown
            }
        }
    }

    /// Before the commit an error of the whole transaction changes nothing: it is rolled back and everybody may retry.
    fn gave_up(&mut self, error: &DbError) -> BatchEnd {
        tracing::error!(%error, "a batch was given up; nothing was changed");
        if self.db.rollback().is_err() || matches!(error, DbError::Lost(_)) {
            self.reconnect();
        }
        BatchEnd::Nothing(match error {
            DbError::Full => Busy::DiskFull,
            DbError::ReadOnly(_) => Busy::ReadOnly,
            DbError::Busy(_) | DbError::Conflict | DbError::Constraint(_) => Busy::Contended,
            _ => Busy::Disconnected,
        })
    }

    fn reconnect(&mut self) {
        match Connection::writer(&self.location) {
            Ok(db) => self.db = db,
            Err(error) => tracing::error!(%error, "cannot connect to the database"),
        }
    }

    /// Runs one command behind its own savepoint, again when others were first. An `Err` gives up the whole batch.
    fn run_command(
        &mut self,
        caller: &Caller,
        command: Command,
        events: &mut Vec<Event>,
    ) -> Result<Answer, DbError> {
        let mut last = String::new();
        for _ in 0..RUNS {
            self.db.mark()?;
            let mut work = Work {
                db: &mut self.db,
                now: self.last,
                who: caller.who,
                presences: &self.presences,
                member: None,
                env: self.env.as_ref(),
                cards: self.cards,
                behind: self.behind,
                paces: &mut self.paces,
                numbers: &mut self.numbers,
                events: Vec::new(),
                counted: Vec::new(),
            };
            // A panic is a mistake of ours in one command: it is undone, whoever asked is told, the others go on.
            let outcome = catch_unwind(AssertUnwindSafe(|| run_once(&mut work, caller, &command)))
                .unwrap_or_else(|_| Err(Stop::Wrong("it panicked".to_owned())));
            match outcome {
                Ok(answer) => {
                    events.append(&mut work.events);
                    return Ok(answer);
                }
                Err(Stop::Db(error @ (DbError::Conflict | DbError::Constraint(_)))) => {
                    self.db.undo()?;
                    last = error.to_string();
                }
                Err(Stop::Db(
                    error @ (DbError::Lost(_) | DbError::Full | DbError::ReadOnly(_) | DbError::Busy(_)),
                )) => return Err(error),
                Err(Stop::Busy(busy)) => {
                    self.db.undo()?;
                    return Ok(Err(No::Busy(busy)));
                }
                Err(stop) => {
                    self.db.undo()?;
                    return Ok(Err(broken(self.env.as_ref(), &command.name(), &stop)));
                }
            }
        }
        tracing::warn!(command = command.name(), last, "gave up after {RUNS} runs");
        Ok(Err(No::Busy(Busy::Contended)))
    }
}

/// Notes an incident and names it.
pub(crate) fn broken(env: &dyn Env, what: &str, stop: &Stop) -> No {
    let incident = data_encoding::BASE32_NOPAD.encode(&random::<5>(env)).to_lowercase();
    tracing::error!(incident, command = what, error = %stop, "a command broke");
    No::Broken(Broken { incident })
}

/// Looks the caller up, answers from memory if it was asked before, and otherwise does it and remembers the answer.
fn run_once(work: &mut Work<'_>, caller: &Caller, command: &Command) -> Result<Answer, Stop> {
    if let Who::Member(session) = caller.who {
        match auboutique_db::session::find_live(work.db, session, work.now)? {
            Some(signed_in) => work.member = Some(signed_in.member),
            None => return Ok(Err(Refusal::SessionEnded.into())),
        }
    }
    let Some(key) = &caller.key else {
        let outcome = door::run(work, command.clone());
        return finish(work, outcome);
    };
    let asker = match (&work.member, caller.who) {
        (Some(member), _) => member.id.to_string(),
        (None, who) => format!("{who:?}").to_lowercase(),
    };
    let fingerprint = fingerprint(command)?;
    if let Some(known) = answer::find(work.db, &asker, key.as_str())? {
        if known.fingerprint != fingerprint {
            return Ok(Err(Refusal::KeyReused.into()));
        }
        return recall(&known.answer);
    }
    let outcome = door::run(work, command.clone());
    let answer = finish(work, outcome)?;
    let remembered = match &answer {
        Ok(reply) => Remembered::Reply(reply.clone()),
        // Or anybody could make the market write, and wait for the disk, without having an account.
        Err(No::Refused(_)) if caller.who == Who::Visitor => return Ok(answer),
        Err(No::Refused(refusal)) if refusal.passes() => return Ok(answer),
        Err(No::Refused(refusal)) => Remembered::Refused(refusal.clone()),
        Err(No::Busy(_) | No::Broken(_)) => return Ok(answer),
    };
    let text = serde_json::to_string(&remembered).map_err(|error| Stop::Wrong(error.to_string()))?;
    let expires_at = match command {
        Command::BuyListing { .. } | Command::PlaceOrders { .. } if answer.is_ok() => None,
        _ => Some(work.now.plus(ANSWER_LIFE)),
    };
    let known = answer::Answer { fingerprint, answer: text };
    answer::insert(work.db, &asker, key.as_str(), &known, expires_at)?;
    Ok(answer)
}

/// What a key remembers.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Remembered {
    Reply(Reply),
    Refused(Refusal),
}

fn recall(text: &str) -> Result<Answer, Stop> {
    match serde_json::from_str(text) {
        Ok(Remembered::Reply(reply)) => Ok(Ok(reply)),
        Ok(Remembered::Refused(refusal)) => Ok(Err(No::Refused(refusal))),
        Err(error) => Err(Stop::Wrong(format!("a remembered answer cannot be read: {error}"))),
    }
}

/// The hash of what was asked, without its secrets.
fn fingerprint(command: &Command) -> Result<String, Stop> {
    let text = serde_json::to_vec(command).map_err(|error| Stop::Wrong(error.to_string()))?;
    Ok(data_encoding::HEXLOWER.encode(&Sha256::digest(text)))
}

/// Turns what a handler came to into an answer. A refusal leaves nothing behind but the tries it counts.
fn finish(work: &mut Work<'_>, outcome: Outcome) -> Result<Answer, Stop> {
    match outcome {
        Ok(reply) => Ok(Ok(reply)),
        Err(Stop::Refused(refusal)) => {
            work.start_over()?;
            let counted = std::mem::take(&mut work.counted);
            for subject in counted {
                crate::credential::count(work, &subject)?;
            }
            Ok(Err(refusal.into()))
        }
        Err(stop) => Err(stop),
    }
}
