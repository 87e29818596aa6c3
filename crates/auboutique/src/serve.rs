//! `serve`: opens the market, listens, and closes in good order.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use auboutique_market::env::SystemEnv;
use auboutique_market::{Env, Market, Options};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::config::{DEMO_FOLDER, FOLDER, Serve};
use crate::live::Live;
use crate::{demo, tcp};

/// The name of the console's socket in the data folder.
pub const CONSOLE: &str = "console.sock";

/// Makes the data folder if there is none, for its owner alone.
///
/// # Errors
///
/// What the system says, and what to do.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| {
        format!("cannot make the data folder {}: choose another with --data", folder.display())
    })
}

/// A market that listens.
pub struct Running {
    /// The address it listens on.
    pub address: SocketAddr,
    market: Market,
    closing: watch::Sender<bool>,
    stop_time: crossbeam_channel::Sender<()>,
    loops: tokio::task::JoinSet<()>,
    time: Option<std::thread::JoinHandle<()>>,
    console: Option<PathBuf>,
}

impl Running {
    /// Starts to listen and to keep time. `console` is where the console's socket shall be, if there shall be one.
    ///
    /// # Errors
    ///
    /// When the address is taken, with what to do.
    pub async fn start(
        market: Market,
        address: SocketAddr,
        acceptor: Option<TlsAcceptor>,
        console: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let listener = listen(address).await?;
        let address = listener.local_addr()?;
        let (closing, closed) = watch::channel(false);
        let mut loops = tokio::task::JoinSet::new();
        let live = Live::new(market.clone());
        loops.spawn(live.clone().tell(closed.clone()));
        loops.spawn(tcp::serve(listener, acceptor, (market.clone(), live.clone()), closed.clone()));
        if let Some(path) = &console {
            drop(std::fs::remove_file(path));
            match UnixListener::bind(path) {
                Ok(listener) => {
                    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
                    loops.spawn(tcp::serve_console(listener, (market.clone(), live), closed));
                }
                // A path of over 100 bytes, or a file system without sockets: the market runs all the same.
                Err(error) => tracing::warn!(%error, path = %path.display(), "there is no console"),
            }
        }
        let (stop_time, stop) = crossbeam_channel::bounded(1);
        let keeper = market.clone();
        let time = std::thread::Builder::new()
            .name("timekeeper".to_owned())
            .spawn(move || keeper.keep_time(&stop))
            .context("cannot start the timekeeper")?;
        Ok(Self { address, market, closing, stop_time, loops, time: Some(time), console })
    }

    /// Stops accepting, finishes what is under way, commits it, and closes the market.
    pub async fn close(mut self) {
        self.closing.send_replace(true);
        while self.loops.join_next().await.is_some() {}
        drop(self.stop_time);
        let (market, time) = (self.market, self.time.take());
        let end = std::thread::spawn(move || {
            if let Some(time) = time {
                drop(time.join());
            }
            market.close();
        });
        drop(end.join());
        if let Some(path) = self.console {
            drop(std::fs::remove_file(path));
        }
    }

    /// Whether a commit failed and nothing more is acknowledged.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.market.has_failed()
    }

    /// The market behind it.
    #[must_use]
    pub const fn market(&self) -> &Market {
        &self.market
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {} on {} is in use. Is another market running? Choose another port with --port",
            address.port(),
            address.ip()
        ),
        std::io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "port {} needs rights this account does not have. Choose one above 1023 with --port",
            address.port()
        ),
        std::io::ErrorKind::AddrNotAvailable => {
            anyhow::anyhow!("{} is no address of this machine. Choose another with --listen", address.ip())
        }
        _ => anyhow::anyhow!("cannot listen on {address}: {error}"),
    })
}

/// Runs the market until a signal or a failure.
///
/// # Errors
///
/// What keeps it from starting, with what to do; that a commit failed.
pub fn run(options: &Serve) -> anyhow::Result<()> {
    start_log(options.log_json);
    let folder = options.place.folder(if options.demo { DEMO_FOLDER } else { FOLDER })?;
    make_folder(&folder)?;
    let location = options.place.location(&folder)?;
    let acceptor = match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => Some(tcp::tls(certificate, key)?),
        _ => None,
    };
    let env: Arc<dyn Env> = Arc::new(SystemEnv::new());
    let market = Options::new(location.clone()).with_pictures(options.place.pictures(&folder));
    let said = if options.demo { Some(demo::fill(&market, options.demo_seed, env.now())?) } else { None };
    let market = Market::open(&market, env)?;
    if acceptor.is_none() && !options.listen.is_loopback() {
        tracing::warn!(
            "connections to {} are not encrypted: passwords travel in clear. Give --tls-cert and --tls-key",
            options.listen
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before anybody is told that the market is open, so that no signal finds it unprepared.
        let stop = stop_signal()?;
        let running =
            Running::start(market, options.address(), acceptor, Some(folder.join(CONSOLE))).await?;
        announce(&running, &location, said.as_deref()).context("cannot print where the market is")?;
        let mut look = tokio::time::interval(Duration::from_millis(250));
        tokio::pin!(stop);
        loop {
            tokio::select! {
                signal = &mut stop => {
                    tracing::info!(signal, "closing: finishing what is under way");
                    running.close().await;
                    tracing::info!("closed");
                    return Ok(());
                }
                _ = look.tick() => if running.has_failed() {
                    bail!(
                        "a commit failed, so nothing more is acknowledged. Look at the disk and at the log above, \
                         run `auboutique doctor` and `auboutique verify`, then start again"
                    );
                }
            }
        }
    })
}

/// Says where the market is, to the person who started it.
fn announce(
    running: &Running,
    location: &auboutique_market::Location,
    demo: Option<&str>,
) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "AUBoutique {} is open.", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  protocol   {}", running.address)?;
    writeln!(out, "  data       {location:?}")?;
    if let Some(text) = demo {
        writeln!(out, "{text}")?;
    }
    writeln!(out, "Ctrl-C closes it.")
}

/// Listens for the signals that close the market, from the moment this returns.
fn stop_signal() -> anyhow::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Starts the log on standard error. `RUST_LOG` chooses what it says.
pub fn start_log(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log that was started before stays as it is.
    drop(if json { log.json().try_init() } else { log.with_ansi(false).try_init() });
}
