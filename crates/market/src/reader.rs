//! The readers: a few threads, each with its own connection. They never wait for the writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use auboutique_db::{Connection, DbError, Location};
use auboutique_domain::member::{Member, Role};
use auboutique_domain::time::Moment;
use auboutique_domain::{Refusal, id::SessionId};
use crossbeam_channel::{Sender, TrySendError};

use crate::caller::{Caller, Who};
use crate::env::Env;
use crate::no::{Busy, No, Stop};
use crate::presence::Presences;
use crate::writer::broken;

type Read = Box<dyn FnOnce(&mut Connection, Now<'_>) + Send>;

/// The moment of a read, and where to note an incident.
#[derive(Clone, Copy)]
pub(crate) struct Now<'a> {
    pub(crate) env: &'a dyn Env,
}

/// How many reads may wait.
const QUEUE: usize = 2_048;

pub(crate) struct Readers {
    queue: Mutex<Option<Sender<Read>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Opens the connections and starts the threads.
    pub(crate) fn start(location: &Location, count: usize, env: &Arc<dyn Env>) -> Result<Self, DbError> {
        let (queue, reads) = crossbeam_channel::bounded::<Read>(QUEUE);
        let mut threads = Vec::with_capacity(count);
        for number in 0..count.max(1) {
            let mut connection = Connection::reader(location)?;
            let (reads, env, location) = (reads.clone(), Arc::clone(env), location.clone());
            let work = move || {
                while let Ok(read) = reads.recv() {
                    if connection.is_closed()
                        && let Ok(fresh) = Connection::reader(&location)
                    {
                        connection = fresh;
                    }
                    // A panic is a mistake of ours in one view. Whoever asked is told; the others go on reading.
                    let answer = AssertUnwindSafe(|| read(&mut connection, Now { env: env.as_ref() }));
                    if catch_unwind(answer).is_err() {
                        tracing::error!("a read panicked");
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("reader {number}")).spawn(work);
            threads.push(thread.map_err(|error| DbError::Other(format!("cannot start a reader: {error}")))?);
        }
        Ok(Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads) })
    }

    /// Queues a read.
    pub(crate) fn send(&self, read: Read) -> Result<(), No> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else { return Err(No::Busy(Busy::Closing)) };
        queue.try_send(read).map_err(|error| match error {
            TrySendError::Full(_) => No::Busy(Busy::Overloaded),
            TrySendError::Disconnected(_) => No::Busy(Busy::Closing),
        })
    }

    /// Lets the threads finish what is queued, and closes their connections: while one is open on SQLite, the last writer
    /// cannot fold its log back into the one file.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        for thread in std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner)) {
            drop(thread.join());
        }
    }
}

/// What a viewer may see, one method per page or response; each stands in its aggregate's file.
pub struct View<'a> {
    pub(crate) db: &'a mut Connection,
    pub(crate) now: Moment,
    pub(crate) viewer: Option<Member>,
    pub(crate) session: Option<SessionId>,
    pub(crate) presences: Arc<Presences>,
    pub(crate) who: Who,
    env: &'a dyn Env,
}

impl<'a> View<'a> {
    /// Looks up who asks.
    pub(crate) fn open(
        db: &'a mut Connection,
        now: Now<'a>,
        presences: Arc<Presences>,
        caller: &Caller,
    ) -> Result<Self, No> {
        let (env, who) = (now.env, caller.who);
        let mut view = Self { db, now: env.now(), viewer: None, session: None, presences, who, env };
        if let Who::Member(session) = caller.who {
            let found = auboutique_db::session::find_live(view.db, session, view.now);
            let signed_in = view.settle(found.map_err(Stop::from))?.ok_or(Refusal::SessionEnded)?;
            view.viewer = Some(signed_in.member);
            view.session = Some(session);
        }
        Ok(view)
    }

    /// The member who asks.
    pub(crate) fn member(&self) -> Result<Member, Refusal> {
        self.viewer.clone().ok_or(Refusal::SignInNeeded)
    }

    /// Whether an operator asks, or whoever runs the program.
    pub(crate) fn operator(&self) -> Result<(), Refusal> {
        if self.who == Who::Console { Ok(()) } else { self.member()?.needs(Role::Operator) }
    }

    /// Whether the node itself asks.
    pub(crate) fn node(&self) -> Result<(), Refusal> {
        match self.who {
            Who::Node | Who::Timekeeper | Who::Console => Ok(()),
            Who::Visitor | Who::Member(_) => Err(Refusal::RoleNeeded { role: Role::Operator }),
        }
    }

    /// Turns what a read came to into an answer.
    pub(crate) fn settle<T>(&self, outcome: Result<T, Stop>) -> Result<T, No> {
        outcome.map_err(|stop| match stop {
            Stop::Refused(refusal) => No::Refused(refusal),
            Stop::Busy(busy) => No::Busy(busy),
            Stop::Db(DbError::Busy(_) | DbError::Conflict) => No::Busy(Busy::Overloaded),
            Stop::Db(DbError::Lost(_)) => No::Busy(Busy::Disconnected),
            stop => broken(self.env, "a read", &stop),
        })
    }
}
