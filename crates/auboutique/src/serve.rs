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

use crate::card::callback::{self, Inbox};
use crate::card::cashier::Cashier;
use crate::card::client::Client;
use crate::card::exchange::Neighbor;
use crate::card::{Cards, Provider, WallClock, sandbox};
use crate::config::{DEMO_FOLDER, FOLDER, Serve};
use crate::legacy::{self, Legacy};
use crate::live::Live;
use crate::{demo, http, router, tcp};

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

/// Where a market listens, and how.
#[derive(Default)]
pub struct Doors {
    /// The address of the AUBoutique protocol.
    pub protocol: Option<SocketAddr>,
    /// Encryption of the protocol and of HTTP.
    pub encrypted: (Option<TlsAcceptor>, Option<TlsAcceptor>),
    /// Where the console's socket shall be.
    pub console: Option<PathBuf>,
    /// The pages and the JSON API.
    pub http: Option<http::Options>,
    /// The metrics and health checks.
    pub metrics: Option<SocketAddr>,
    /// Who takes cards. Without pages nobody does.
    pub cards: Option<Cards>,
    /// Which wires of older systems are open, and how.
    pub legacy: legacy::Options,
    /// Who bids along in the auctions of the demo.
    pub bots: Option<demo::Bots>,
}

impl Doors {
    /// Only the protocol, at that address.
    #[must_use]
    pub fn protocol(address: SocketAddr) -> Self {
        Self { protocol: Some(address), ..Self::default() }
    }

    /// The same with a console there.
    #[must_use]
    pub fn with_console(self, path: PathBuf) -> Self {
        Self { console: Some(path), ..self }
    }
}

/// A market that listens.
pub struct Running {
    /// The address of the protocol.
    pub address: SocketAddr,
    /// The address of the pages and the JSON API.
    pub http: Option<SocketAddr>,
    /// The address of the metrics.
    pub metrics: Option<SocketAddr>,
    /// Where people find the pages.
    pub url: Option<String>,
    /// The address of the sandbox of card payments.
    pub card_sandbox: Option<SocketAddr>,
    /// Where the wires of older systems listen.
    pub legacy: Vec<(legacy::System, SocketAddr)>,
    market: Market,
    closing: watch::Sender<bool>,
    stop_time: crossbeam_channel::Sender<()>,
    loops: tokio::task::JoinSet<()>,
    time: Option<std::thread::JoinHandle<()>>,
    console: Option<PathBuf>,
}

impl Running {
    /// Starts to listen and to keep time.
    ///
    /// # Errors
    ///
    /// When an address is taken, with what to do.
    pub async fn start(market: Market, doors: Doors) -> anyhow::Result<Self> {
        let (closing, closed) = watch::channel(false);
        let mut loops = tokio::task::JoinSet::new();
        if doors.metrics.is_some() {
            http::metric::start(&market);
        }
        let live = Live::new(market.clone());
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = listen(doors.protocol.unwrap_or(anywhere), "--port").await?;
        let address = listener.local_addr()?;
        let (mut http, mut url, mut card_sandbox) = (None, None, None);
        let mut cashier = None;
        if let Some(mut options) = doors.http {
            options.older = !doors.legacy.wires.is_empty();
            let listener = listen(options.address, "--http").await?;
            let at = (listener.local_addr()?, doors.encrypted.1.is_some());
            let mut site =
                http::Site::new(market.clone(), live.clone(), &options, at, closed.clone()).await?;
            if let Some(cards) = doors.cards {
                (site, card_sandbox) = take_cards(site, cards, at, &mut loops).await?;
            }
            cashier.clone_from(&site.cards);
            (http, url) = (Some(at.0), Some(site.url().to_owned()));
            let router = router::router(site)?;
            loops.spawn(http::server::serve(listener, doors.encrypted.1, router, closed.clone()));
        }
        let mut metrics = None;
        if let Some(at) = doors.metrics {
            let listener = listen(at, "--metrics").await?;
            metrics = Some(listener.local_addr()?);
            let health =
                http::health::Health { market: market.clone(), live: live.clone(), closing: closed.clone() };
            let router = router::operators(health);
            loops.spawn(http::server::serve(listener, None, router, closed.clone()));
            loops.spawn(http::metric::keep(closed.clone()));
        }
        if let Some(bots) = doors.bots {
            loops.spawn(bots.bid(closed.clone()));
        }
        let older = Legacy { market: market.clone(), live: live.clone(), cashier, options: doors.legacy };
        let legacy = legacy::open(&older, &closed, &mut loops).await?;
        loops.spawn(live.clone().tell(closed.clone()));
        loops.spawn(tcp::serve(listener, doors.encrypted.0, (market.clone(), live.clone()), closed.clone()));
        if let Some(path) = &doors.console {
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
        let time = Some(time);
        let console = doors.console;
        Ok(Self {
            address,
            http,
            metrics,
            url,
            card_sandbox,
            legacy,
            market,
            closing,
            stop_time,
            loops,
            time,
            console,
        })
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

/// Lets a site take cards, and starts the sandbox if that is who takes them. `at` is where the site listens, and whether it
/// is encrypted.
async fn take_cards(
    site: http::Site,
    cards: Cards,
    at: (SocketAddr, bool),
    loops: &mut tokio::task::JoinSet<()>,
) -> anyhow::Result<(http::Site, Option<SocketAddr>)> {
    let closing = site.closing.clone();
    let (provider, secret, sandbox) = match cards {
        Cards::Elsewhere { provider, secret } => (provider, secret, None),
        Cards::Sandbox { address, file, secret } => {
            let listener = listen(address, "--card-sandbox").await?;
            let address = listener.local_addr()?;
            let client = Client::new(Neighbor::at(address, ""), secret.clone());
            let provider: Arc<dyn Provider> = Arc::new(client);
            (provider, secret, Some((listener, address, file)))
        }
    };
    let (inbox, deliveries) = Inbox::new(secret.clone(), Arc::new(WallClock));
    let cashier = Cashier::new(site.market.clone(), Arc::clone(&provider));
    loops.spawn(cashier.clone().work(deliveries, closing.clone()));
    let site = site.with_cards(cashier, inbox);
    let Some((listener, address, file)) = sandbox else { return Ok((site, None)) };
    // The sandbox does not speak TLS.
    let told_at = match at {
        (market, false) => market,
        (_, true) => {
            let door = listen(SocketAddr::from(([127, 0, 0, 1], 0)), "--http").await?;
            let told_at = door.local_addr()?;
            loops.spawn(http::server::serve(
                door,
                None,
                router::callbacks_alone(site.clone()),
                closing.clone(),
            ));
            told_at
        }
    };
    let options = sandbox::Options::new(Neighbor::at(told_at, callback::PATH), secret);
    loops.spawn(sandbox::serve(listener, sandbox::Options { file, ..options }, closing)?);
    Ok((site, Some(address)))
}

/// Listens there.
///
/// # Errors
///
/// When the address is taken or cannot be had, with the option that chooses another.
pub(crate) async fn listen(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {} on {} is in use. Is another market running? Choose another port with {option}",
            address.port(),
            address.ip()
        ),
        std::io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "port {} needs rights this account does not have. Choose one above 1023 with {option}",
            address.port()
        ),
        std::io::ErrorKind::AddrNotAvailable => {
            let option = if option == "--port" { "--listen" } else { option };
            anyhow::anyhow!("{} is no address of this machine. Choose another with {option}", address.ip())
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
    let encrypted = match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => {
            (Some(tcp::tls(certificate, key, &[])?), Some(tcp::tls(certificate, key, &["h2", "http/1.1"])?))
        }
        _ => (None, None),
    };
    let env: Arc<dyn Env> = Arc::new(SystemEnv::new());
    let cards = options.cards(&folder)?;
    let market = Options::new(location.clone()).with_pictures(options.place.pictures(&folder));
    let market = market.with_cards(cards.is_some() && options.http().is_some());
    let said = if options.demo { Some(demo::fill(&market, options.demo_seed, env.now())?) } else { None };
    let market = Market::open(&market, env)?;
    let bots = options.demo.then(|| demo::Bots::sign_in(&market, options.demo_seed)).transpose()?;
    if encrypted.0.is_none() && !options.listen.is_loopback() {
        tracing::warn!(
            "connections to {} are not encrypted: passwords travel in clear. Give --tls-cert and --tls-key",
            options.listen
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before anybody is told that the market is open, so that no signal finds it unprepared.
        let stop = stop_signal()?;
        let doors = Doors {
            protocol: Some(options.address()),
            encrypted,
            console: Some(folder.join(CONSOLE)),
            http: options.http(),
            metrics: options.metrics,
            cards,
            legacy: options.legacy(),
            bots,
        };
        let running = Running::start(market, doors).await?;
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
    if let Some(url) = &running.url {
        writeln!(out, "  pages      {url}")?;
    }
    writeln!(out, "  protocol   {}", running.address)?;
    for (system, address) in &running.legacy {
        writeln!(out, "  older      {address}  (system {}, not encrypted)", system.name())?;
    }
    if let Some(address) = running.metrics {
        writeln!(out, "  metrics    http://{address}/metrics")?;
    }
    if let Some(address) = running.card_sandbox {
        writeln!(out, "  cards      http://{address}  (a sandbox: no money moves)")?;
    }
    writeln!(out, "  data       {location:?}")?;
    if let Some(text) = demo {
        writeln!(out, "{text}")?;
    }
    writeln!(out, "Ctrl-C closes it.")
}

/// Listens for the signals that close the market, from the moment this returns.
pub(crate) fn stop_signal() -> anyhow::Result<impl Future<Output = &'static str>> {
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
