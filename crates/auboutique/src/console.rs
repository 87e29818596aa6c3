//! The console: the operator's way in from the machine the market runs on.
//!
//! It speaks the same protocol as everybody, with an operator's rights: through a socket in the data folder while the
//! market runs there, and otherwise by opening the market in this process for as long as it takes.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use auboutique_market::env::SystemEnv;
use auboutique_market::{Location, Market, Options, Source, Who};
use auboutique_terminal::Client;
use tokio::sync::watch;

use crate::connection::Connection;
use crate::live::Live;
use crate::serve::CONSOLE;

/// A console, and the market behind it when it had to be opened here.
pub struct Console {
    /// The connection.
    pub client: Client,
    here: Option<Here>,
}

struct Here {
    market: Market,
    runtime: tokio::runtime::Runtime,
    // Dropping it would close the connection.
    _closing: watch::Sender<bool>,
}

impl Console {
    /// Connects to the market that runs on this data, or opens it with the files of its pictures in that folder.
    ///
    /// # Errors
    ///
    /// When there is none, or it can be neither reached nor opened.
    pub fn open(folder: &Path, location: &Location, pictures: PathBuf) -> anyhow::Result<Self> {
        if let Ok(stream) = UnixStream::connect(folder.join(CONSOLE)) {
            return Ok(Self { client: Client::over(stream)?, here: None });
        }
        if let Location::Sqlite(file) = location {
            anyhow::ensure!(
                file.exists(),
                "there is no market in {}. Start it once with `auboutique serve`, or name its folder with --data",
                folder.display()
            );
        }
        let market = Market::open(
            &Options::new(location.clone()).with_pictures(pictures),
            Arc::new(SystemEnv::new()),
        )?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (ours, theirs) = UnixStream::pair().context("cannot make a pair of sockets")?;
        theirs.set_nonblocking(true)?;
        let (closing, closed) = watch::channel(false);
        let live = Live::new(market.clone());
        runtime.spawn(live.clone().tell(closed.clone()));
        let connection = Connection::new(market.clone(), live, Source::console(), Who::Console);
        runtime.spawn(async move {
            if let Ok(stream) = tokio::net::UnixStream::from_std(theirs) {
                drop(connection.serve(stream, closed).await);
            }
        });
        let client = Client::over(ours)?;
        Ok(Self { client, here: Some(Here { market, runtime, _closing: closing }) })
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(here) = self.here.take() {
            here.market.close();
            here.runtime.shutdown_background();
        }
    }
}
