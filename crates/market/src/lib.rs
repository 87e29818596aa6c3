//! The door: load, ask the rules, save, record events.
//!
//! [`Market::run`] is the one way in for every change. It queues the command for the writer, which runs whatever waits as
//! one batch in one transaction, commits once, and only then answers (`writer.rs`). [`Market::ask`] is the one way in for
//! every read. Business code is synchronous; these two are where an async caller meets it.

mod auction;
pub mod backup;
mod caller;
mod cart;
mod catalogue;
mod checkout;
mod conversation;
mod credential;
mod door;
pub mod env;
mod event;
mod gallery;
mod imaging;
mod ledger;
mod legacy;
mod listing;
mod lock;
mod lot_name;
mod member;
mod no;
mod order;
mod pace;
mod payment;
mod payout;
mod pickup;
mod picture;
mod presence;
mod reader;
mod session;
mod setting;
mod statement;
mod store;
mod timekeeper;
mod verify;
mod writer;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use auboutique_domain::id::MemberId;
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Event, Reply};
use tokio::sync::{oneshot, watch};

pub use auboutique_db::{DbError, Location, is_planted};
pub use caller::{Caller, Key, Who};
pub use credential::{Password, SignIn, Source, Token};
pub use env::Env;
pub use event::{EventPage, OwnEvents, Told};
pub use legacy::sale::{Sale, ToSend, Won};
pub use legacy::store::Opening;
pub use lot_name::{Known, Room};
pub use no::{Answer, Broken, Busy, No};
pub use pickup::Desk;
pub use picture::Piece;
pub use presence::Arrival;
pub use reader::View;
pub use verify::{check_settings, verify, verify_pictures};

/// The folder of the pictures' files, beside the database.
pub const PICTURES: &str = "pictures";

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
    /// Whether card payments can be begun: somebody in this process asks a provider about them.
    pub cards: bool,
    /// The folder of the pictures' files. Without one they are kept in memory, and are gone with the process.
    pub pictures: Option<PathBuf>,
}

impl Options {
    /// The usual numbers, for that database. Pictures lie beside a database that is a file.
    #[must_use]
    pub fn new(location: Location) -> Self {
        let pictures = match &location {
            Location::Sqlite(file) => Some(file.with_file_name(PICTURES)),
            Location::Postgres(_) => None,
        };
        Self { location, readers: 3, queue: 1_024, hashers: 1, cards: false, pictures }
    }

    /// The same with card payments, or without.
    #[must_use]
    pub const fn with_cards(mut self, cards: bool) -> Self {
        self.cards = cards;
        self
    }

    /// The same with the pictures' files in that folder.
    #[must_use]
    pub fn with_pictures(self, folder: PathBuf) -> Self {
        Self { pictures: Some(folder), ..self }
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
    presences: Arc<presence::Presences>,
    uploads: picture::Uploads,
    darkroom: imaging::Darkroom,
    gallery: gallery::Gallery,
    env: Arc<dyn Env>,
    log: watch::Receiver<i64>,
    catalogue: Arc<catalogue::Catalogue>,
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
        let gallery = gallery::Gallery::open(options.pictures.as_deref())?;
        let presences = Arc::new(presence::Presences::default());
        let writer = writer::Writer::open(options, Arc::clone(&env), Arc::clone(&presences))?;
        let (log, catalogue) = (writer.log(), writer.catalogue());
        let writer = writer::Handle::start(writer, options.queue);
        let shared = Shared {
            readers: reader::Readers::start(&options.location, options.readers, &env)?,
            hashers: credential::Hashers::start(options.hashers, env.as_ref()),
            presences,
            uploads: picture::Uploads::default(),
            darkroom: imaging::Darkroom::start(gallery.clone(), Arc::clone(&env)),
            gallery,
            writer,
            env,
            log,
            catalogue,
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
        let presences = Arc::clone(&self.shared.presences);
        self.shared.readers.send(Box::new(move |connection, now| {
            // Nobody may be waiting any more; then the answer has nowhere to go.
            let outcome =
                View::open(connection, now, presences, &caller).and_then(|mut view| read(&mut view));
            drop(tell.send(outcome));
        }))?;
        Ok(answer)
    }

    /// The number of the last event that this node committed, as it grows. On PostgreSQL other nodes commit too.
    #[must_use]
    pub fn log(&self) -> watch::Receiver<i64> {
        self.shared.log.clone()
    }

    /// The number of the last event that changed what everybody sees; of what one member offers, if it is asked of one.
    /// Whatever was read after asking for it is as it was then, until it grows: before the change is acknowledged here, and
    /// as soon as it is heard of from other nodes.
    #[must_use]
    pub fn catalogue(&self, of: Option<MemberId>) -> i64 {
        self.shared.catalogue.changed(of)
    }

    /// That was written, perhaps by another node.
    pub fn heard(&self, event: &Event, seq: i64) {
        self.shared.catalogue.hear(event, seq);
    }

    /// The moment it is.
    #[must_use]
    pub fn now(&self) -> auboutique_domain::Moment {
        self.shared.env.now()
    }

    /// A key nobody has used, for a form that may be sent twice.
    #[must_use]
    pub fn fresh_key(&self) -> Key {
        Key::random(env::random(self.shared.env.as_ref()))
    }

    /// A name for a message that is about to be written.
    #[must_use]
    pub fn fresh_message(&self) -> auboutique_domain::id::MessageId {
        auboutique_domain::id::MessageId::new(self.now(), env::random(self.shared.env.as_ref()))
    }

    /// From now on tells what commands come to, for metrics: the name of each, `done` or which kind of no, and how long it
    /// took from being asked. What it is told by must not wait: nothing is written meanwhile. The first one stays.
    pub fn observe(&self, observer: impl Fn(&str, &'static str, Span) + Send + Sync + 'static) {
        self.shared.writer.observe(Box::new(observer));
    }

    /// How many commands wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.writer.waiting()
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

    /// Whether other nodes may write to the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.shared.location, Location::Postgres(_))
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
