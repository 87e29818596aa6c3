//! The door: load, ask the rules, save, record events.
//!
//! [`Market::run`] is the one way in for every change. It queues the command for the writer, which runs whatever waits as
//! one batch in one transaction, commits once, and only then answers (`writer.rs`). [`Market::ask`] is the one way in for
//! every read. Business code is synchronous; these two are where an async caller meets it.

pub mod backup;
mod caller;
mod credential;
mod door;
pub mod env;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "listings have no pictures yet: the door to this comes with them")
)]
mod imaging;
mod listing;
mod lock;
mod member;
mod no;
mod order;
mod pickup;
mod reader;
mod session;
mod setting;
mod timekeeper;
mod verify;
mod writer;

use std::future::Future;
use std::sync::Arc;

use auboutique_domain::{Command, Reply};
use tokio::sync::{oneshot, watch};

pub use auboutique_db::{DbError, Location, is_planted};
pub use caller::{Caller, Key, Who};
pub use credential::{Password, SignIn, Source, Token};
pub use env::Env;
pub use no::{Answer, Broken, Busy, No};
pub use pickup::Desk;
pub use reader::View;
pub use verify::{check_settings, verify};

/// How a market is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the database is.
    pub location: Location,
    /// How many threads read.
    pub readers: usize,
    /// How many commands may wait for the writer before the next is told it is busy.
    pub queue: usize,
    /// How many threads hash passwords. Each hash takes 19 MiB and some 30 ms.
    pub hashers: usize,
}

impl Options {
    /// The usual numbers, for that database.
    #[must_use]
    pub const fn new(location: Location) -> Self {
        Self { location, readers: 3, queue: 1_024, hashers: 1 }
    }
}

/// The market: everything anyone can ask for, on one database.
///
/// Cheap to clone; all clones are the same market. It closes when the last one is dropped or [`Market::close`] is called.
#[derive(Clone)]
pub struct Market {
    shared: Arc<Shared>,
}

struct Shared {
    writer: writer::Handle,
    readers: reader::Readers,
    hashers: credential::Hashers,
    env: Arc<dyn Env>,
    log: watch::Receiver<i64>,
    location: Location,
    // Held for as long as the market is open; dropped last.
    _lock: Option<lock::Lock>,
}

impl Market {
    /// Opens the database, brings its schema up to date and starts the threads.
    ///
    /// # Errors
    ///
    /// [`DbError`] with a sentence that says what to do: locked by another server, newer, read-only, not a database.
    pub fn open(options: &Options, env: Arc<dyn Env>) -> Result<Self, DbError> {
        let lock = lock::Lock::take(&options.location)?;
        let writer = writer::Writer::open(&options.location, Arc::clone(&env))?;
        let log = writer.log();
        let writer = writer::Handle::start(writer, options.queue);
        let shared = Shared {
            readers: reader::Readers::start(&options.location, options.readers, &env)?,
            hashers: credential::Hashers::start(options.hashers, env.as_ref()),
            writer,
            env,
            log,
            location: options.location.clone(),
            _lock: lock,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Asks for a change. Answers after it is durable, or with the reason why nothing changed.
    ///
    /// The command is queued before this returns, so two calls one after the other are run in that order.
    ///
    /// # Errors
    ///
    /// [`No`]: refused by the rules, busy, or broken.
    pub fn run(&self, caller: Caller, command: Command) -> impl Future<Output = Answer> + Send + use<> {
        let waiting = self.shared.writer.send(caller, command);
        async move {
            match waiting {
                Ok(answer) => answer.await.unwrap_or_else(|_| Err(No::stopped())),
                Err(no) => Err(no),
            }
        }
    }

    /// The same for callers that may block: the timekeeper, commands of the program, tests.
    ///
    /// # Errors
    ///
    /// As [`Market::run`].
    pub fn run_now(&self, caller: Caller, command: Command) -> Answer {
        match self.shared.writer.send(caller, command) {
            Ok(answer) => answer.blocking_recv().unwrap_or_else(|_| Err(No::stopped())),
            Err(no) => Err(no),
        }
    }

    /// Asks to see something, as this caller may see it.
    ///
    /// # Errors
    ///
    /// [`No`]: refused, busy, or broken.
    pub fn ask<T, F>(&self, caller: Caller, read: F) -> impl Future<Output = Result<T, No>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    {
        let waiting = self.ask_queued(caller, read);
        async move {
            match waiting {
                Ok(answer) => answer.await.unwrap_or_else(|_| Err(No::stopped())),
                Err(no) => Err(no),
            }
        }
    }

    /// The same for callers that may block.
    ///
    /// # Errors
    ///
    /// As [`Market::ask`].
    pub fn ask_now<T: Send + 'static>(
        &self,
        caller: Caller,
        read: impl FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    ) -> Result<T, No> {
        self.ask_queued(caller, read)?.blocking_recv().unwrap_or_else(|_| Err(No::stopped()))
    }

    fn ask_queued<T: Send + 'static>(
        &self,
        caller: Caller,
        read: impl FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, No>>, No> {
        let (tell, answer) = oneshot::channel();
        self.shared.readers.send(Box::new(move |connection, now| {
            // Nobody may be waiting any more; then the answer has nowhere to go.
            let outcome = View::open(connection, now, &caller).and_then(|mut view| read(&mut view));
            drop(tell.send(outcome));
        }))?;
        Ok(answer)
    }

    /// The number of the last event that is committed, as it grows.
    #[must_use]
    pub fn log(&self) -> watch::Receiver<i64> {
        self.shared.log.clone()
    }

    /// The moment it is.
    #[must_use]
    pub fn now(&self) -> auboutique_domain::Moment {
        self.shared.env.now()
    }

    /// Whether the writer has stopped for good: a commit failed and nothing more is acknowledged. The process should end
    /// with an error, so that whoever runs it looks.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.shared.writer.has_failed()
    }

    /// Waits until everything that was queued is answered, then stops the readers and the writer.
    pub fn close(&self) {
        self.shared.readers.close();
        self.shared.writer.close();
    }

    /// Where the database is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.shared.location
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // In this order, so that the writer's connection is the last one open on the file.
        self.readers.close();
        self.writer.close();
    }
}

/// What a command came to, before the commit.
pub(crate) type Outcome = Result<Reply, no::Stop>;
