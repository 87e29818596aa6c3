//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use auboutique_market::{Location, PICTURES};
use auboutique_terminal::{Pictures, Tls};
use auboutique_wire::json::DEFAULT_PORT;
use clap::{Args, Parser, Subcommand, ValueEnum};
use etcetera::BaseStrategy as _;

use crate::card::client::Client;
use crate::card::exchange::Neighbor;
use crate::card::secret::Secret;
use crate::card::{Cards, WallClock, sandbox};
use crate::legacy::{self, System};

/// A marketplace that a campus runs for itself: one binary, one file of data.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the market.
    Serve(Serve),
    /// Run a provider of card payments for trials, in which no money moves, as a process of its own.
    CardSandbox(CardSandbox),
    /// Send one request to a market and print the answer as JSON; `listen` prints what happens, a line each.
    ///
    /// The session of `register` and `log_in` is kept for the next call. Exit status: 0 answered, 1 refused, 3 busy,
    /// 4 broken or no answer.
    Call(Call),
    /// Use a market on the whole screen: look around, buy, sell, talk.
    Terminal(Terminal),
    /// Do what an operator does, from the machine the market runs on.
    Operator(Operator),
    /// Offer everything in a spreadsheet (CSV) as your listings, after showing what is in it.
    Import(Import),
    /// Write your listings to a spreadsheet (CSV).
    Export(Export),
    /// Re-derive stock, orders, ledger and event log; say `clean`, or name every row that is wrong.
    Verify(Place),
    /// Run the bid log of an auction again: say who won, at which price and when, and `clean`; or name the first line that is
    /// wrong.
    ///
    /// Anybody can download the log of an auction that is over. Exit status: 0 clean, 1 something is wrong, 4 no such file.
    Replay {
        /// The log, as it was downloaded.
        file: PathBuf,
    },
    /// Copy the database into one file, while the market runs.
    Backup {
        /// The file to write; it must not exist.
        file: PathBuf,
        /// Where the market's data is.
        #[command(flatten)]
        place: Place,
    },
    /// Bring a backup into an empty data folder or an empty PostgreSQL database.
    Restore {
        /// The backup.
        file: PathBuf,
        /// Where the market's data shall be.
        #[command(flatten)]
        place: Place,
    },
    /// Look for what would keep a market from running well here, and say what to do about it.
    Doctor(Doctor),
}

/// Where a market's data is.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The folder of the data.
    #[arg(long, value_name = "DIR", global = true, env = "AUBOUTIQUE_DATA")]
    pub data: Option<PathBuf>,
    /// The database, instead of a file in the folder: `postgres://USER:PASSWORD@HOST:PORT/NAME`.
    #[arg(long, value_name = "URL", global = true, env = "AUBOUTIQUE_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// The folder of the pictures' files, instead of `pictures` in the folder: several servers on one database share it.
    #[arg(long, value_name = "DIR", global = true, env = "AUBOUTIQUE_PICTURES")]
    pub pictures: Option<PathBuf>,
}

impl Place {
    /// The folder of the pictures' files.
    #[must_use]
    pub fn pictures(&self, folder: &Path) -> PathBuf {
        self.pictures.clone().unwrap_or_else(|| folder.join(PICTURES))
    }

    /// The folder of the data: the one that was named, or `auboutique` in the user's folder for such things.
    ///
    /// # Errors
    ///
    /// When the user has no home folder and named none.
    pub fn folder(&self, default: &str) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(folder) => Ok(folder.clone()),
            None => {
                let strategy = etcetera::choose_base_strategy()
                    .context("there is no home folder to keep the data in: choose one with --data")?;
                Ok(strategy.data_dir().join(default))
            }
        }
    }

    /// Where the database is.
    ///
    /// # Errors
    ///
    /// When the address cannot be read.
    pub fn location(&self, folder: &Path) -> anyhow::Result<Location> {
        match &self.database {
            Some(url) => Ok(url.parse()?),
            None => Ok(Location::Sqlite(folder.join("market.db"))),
        }
    }
}

/// The folder of a market that is nobody's demo.
pub const FOLDER: &str = "auboutique";
/// The folder of the demo.
pub const DEMO_FOLDER: &str = "auboutique-demo";

/// Run the market.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the market's data is.
    #[command(flatten)]
    pub place: Place,
    /// The address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1", env = "AUBOUTIQUE_LISTEN")]
    pub listen: IpAddr,
    /// The port of the AUBoutique protocol; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PORT, env = "AUBOUTIQUE_PORT")]
    pub port: u16,
    /// The address of the pages and the JSON API, ADDR:PORT; `off` opens no such door.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = door, env = "AUBOUTIQUE_HTTP")]
    pub http: Door,
    /// Where people find the pages, such as `https://market.example.edu`; their address when not given.
    #[arg(long, value_name = "URL", env = "AUBOUTIQUE_URL")]
    pub url: Option<String>,
    /// A proxy on this machine speaks for the browsers: believe its X-Forwarded-For.
    #[arg(long)]
    pub behind_proxy: bool,
    /// The address of the metrics and health checks for operators, ADDR:PORT.
    #[arg(long, value_name = "ADDR", env = "AUBOUTIQUE_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// The certificate chain (PEM) to encrypt connections with.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key (PEM) of the certificate.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Who takes cards: the address of a provider's API on this machine, such as `http://127.0.0.1:8090`.
    #[arg(
        long,
        value_name = "URL",
        requires = "cards_secret_file",
        conflicts_with = "card_sandbox",
        env = "AUBOUTIQUE_CARDS"
    )]
    pub cards: Option<String>,
    /// The file of the secret that the provider and the market share.
    #[arg(long, value_name = "FILE", requires = "cards", env = "AUBOUTIQUE_CARDS_SECRET_FILE")]
    pub cards_secret_file: Option<PathBuf>,
    /// Take cards in a sandbox at this address, where no money moves; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", value_parser = here)]
    pub card_sandbox: Option<SocketAddr>,
    /// Let client programs of the older systems in: 000, 001, 003 and 004, with commas between. Each listens at the port
    /// its clients expect, or at another: `000=4000`.
    #[arg(long, value_name = "WIRES", value_delimiter = ',', value_parser = legacy_wire)]
    pub legacy: Vec<(System, u16)>,
    /// The address the older systems' wires listen on. What they send is not encrypted.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1", requires = "legacy")]
    pub legacy_listen: IpAddr,
    /// Whether a request of 003 without a session of its own counts for who signed in last from its address: the shipped
    /// program opens a connection per request. On by default on loopback alone.
    #[arg(long, value_name = "BOOL", requires = "legacy")]
    pub legacy_sticky: Option<bool>,
    /// How often each reply of 004 is sent: clients that read their socket in two threads lose some.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10), requires = "legacy")]
    pub legacy_repeat: u8,
    /// Ask sellers on 004 to lower the price when half of the time has gone without a bid: for clients that can answer.
    #[arg(long, requires = "legacy")]
    pub legacy_negotiate: bool,
    /// Fill an empty market with a believable campus, and take cards in a sandbox.
    #[arg(long)]
    pub demo: bool,
    /// What the demo is made from: the same number makes the same campus.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "demo")]
    pub demo_seed: u64,
    /// Log as JSON, one object per line.
    #[arg(long)]
    pub log_json: bool,
}

/// A door that is at an address, or shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Open at this address.
    At(SocketAddr),
    /// Shut.
    Off,
}

fn legacy_wire(text: &str) -> Result<(System, u16), String> {
    let (name, port) = text.split_once('=').map_or((text, None), |(name, port)| (name, Some(port)));
    let systems = [System::S000, System::S001, System::S003, System::S004];
    let system = systems.into_iter().find(|system| system.name() == name);
    let system = system.ok_or("the older systems are 000, 001, 003 and 004")?;
    let port = port.map_or(Ok(system.port()), str::parse);
    Ok((system, port.map_err(|_| "a port is a number up to 65535")?))
}

fn door(text: &str) -> Result<Door, String> {
    if text == "off" {
        return Ok(Door::Off);
    }
    text.parse().map(Door::At).map_err(|_| "write it like 127.0.0.1:8080, or off".to_owned())
}

/// An address of this machine that nobody else reaches.
fn here(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "write it like 127.0.0.1:8090".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("the sandbox believes everybody that they paid, so it listens for this machine alone: write it like 127.0.0.1:8090"
        .to_owned())
}

impl Serve {
    /// Who takes cards, if anybody does: the provider that was named; the sandbox that was named; a sandbox of the demo.
    ///
    /// # Errors
    ///
    /// When the provider is not on this machine, or the secret cannot be read or made.
    pub fn cards(&self, folder: &Path) -> anyhow::Result<Option<Cards>> {
        if let (Some(url), Some(file)) = (&self.cards, &self.cards_secret_file) {
            let (neighbor, secret) = (Neighbor::parse(url).context("--cards")?, Secret::read(file)?);
            let provider = Arc::new(Client::new(neighbor, secret.clone()));
            return Ok(Some(Cards::Elsewhere { provider, secret }));
        }
        let of_the_demo = || self.demo.then(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        if self.http == Door::Off {
            anyhow::ensure!(
                self.card_sandbox.is_none(),
                "cards are paid with on pages: --card-sandbox needs --http"
            );
            return Ok(None);
        }
        let Some(address) = self.card_sandbox.or_else(of_the_demo) else { return Ok(None) };
        let secret = Secret::keep(&folder.join(sandbox::SECRET), &WallClock)?;
        Ok(Some(Cards::Sandbox { address, file: Some(folder.join(sandbox::FILE)), secret }))
    }

    /// How the HTTP door is opened, if it is.
    #[must_use]
    pub fn http(&self) -> Option<crate::http::Options> {
        let Door::At(address) = self.http else { return None };
        let options = crate::http::Options::new(address);
        Some(crate::http::Options { url: self.url.clone(), behind_proxy: self.behind_proxy, ..options })
    }

    /// Which wires of older systems are open, and how.
    #[must_use]
    pub fn legacy(&self) -> legacy::Options {
        legacy::Options {
            listen: self.legacy_listen,
            wires: self.legacy.clone(),
            sticky: self.legacy_sticky.unwrap_or_else(|| self.legacy_listen.is_loopback()),
            repeat: self.legacy_repeat,
            negotiate: self.legacy_negotiate,
            ..legacy::Options::default()
        }
    }

    /// The address of the AUBoutique protocol.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.listen, self.port)
    }
}

/// Run the sandbox of card payments alone.
#[derive(Debug, Args)]
pub struct CardSandbox {
    /// The address to listen on, ADDR:PORT; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", value_parser = here)]
    pub http: SocketAddr,
    /// Where the market takes callbacks, such as `http://127.0.0.1:8080/cards/callback`.
    #[arg(long, value_name = "URL")]
    pub callback: String,
    /// The file of the secret that it and the market share; it is made when there is none.
    #[arg(long, value_name = "FILE")]
    pub secret_file: PathBuf,
    /// The file in which it keeps what it knows; without it, it forgets when it ends.
    #[arg(long, value_name = "FILE")]
    pub data_file: Option<PathBuf>,
}

/// Which market to speak to, and as whom.
#[derive(Debug, Clone, Args)]
pub struct Server {
    /// The market, HOST:PORT.
    #[arg(long, value_name = "HOST:PORT", default_value_t = format!("127.0.0.1:{DEFAULT_PORT}"), env = "AUBOUTIQUE_SERVER")]
    pub server: String,
    /// Encrypt the connection.
    #[arg(long)]
    pub tls: bool,
    /// Trust the certificates in this PEM file instead of the public authorities.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Keep sessions apart: several members can be signed in on one machine, one per profile.
    #[arg(long, value_name = "NAME", default_value = "default", env = "AUBOUTIQUE_PROFILE")]
    pub profile: String,
}

impl Server {
    /// Whether and how to encrypt.
    #[must_use]
    pub fn tls(&self) -> Tls {
        match &self.ca {
            Some(file) => Tls::Authority(file.clone()),
            None if self.tls => Tls::Public,
            None => Tls::Off,
        }
    }
}

/// Send one request.
#[derive(Debug, Args)]
pub struct Call {
    /// The operation, such as `search`; `docs/wires/json.md` describes all of them.
    pub op: String,
    /// Its parameters as a JSON object; `-` reads them from standard input, where passwords belong.
    pub parameters: Option<String>,
    /// A picture's file: it is brought first, and its id stands in `pictures` of the request. Up to eight times; the first
    /// is the cover.
    #[arg(long = "picture", value_name = "FILE")]
    pub pictures: Vec<PathBuf>,
    /// Which market, and as whom.
    #[command(flatten)]
    pub server: Server,
}

/// Use a market on the whole screen.
#[derive(Debug, Args)]
pub struct Terminal {
    /// The market, HOST or HOST:PORT.
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1", env = "AUBOUTIQUE_SERVER")]
    pub server: String,
    /// Insist on encryption; without it the connection is encrypted when the market offers it.
    #[arg(long)]
    pub tls: bool,
    /// Insist on encryption and trust the certificates in this PEM file instead of the public authorities.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Keep sessions apart: several members can be signed in on one machine, one per profile.
    #[arg(long, value_name = "NAME", default_value = "default", env = "AUBOUTIQUE_PROFILE")]
    pub profile: String,
    /// How pictures are shown.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = ShowPictures::Best)]
    pub pictures: ShowPictures,
}

/// How pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowPictures {
    /// As well as the terminal can (kitty, sixel, iTerm2 or half blocks).
    Best,
    /// With half blocks, on any terminal with colors.
    Blocks,
    /// Not at all.
    Off,
}

impl From<ShowPictures> for Pictures {
    fn from(how: ShowPictures) -> Self {
        match how {
            ShowPictures::Best => Self::Best,
            ShowPictures::Blocks => Self::Blocks,
            ShowPictures::Off => Self::Off,
        }
    }
}

impl Terminal {
    /// Whether and how to encrypt.
    #[must_use]
    pub fn tls(&self) -> Tls {
        match &self.ca {
            Some(file) => Tls::Authority(file.clone()),
            None if self.tls => Tls::Public,
            None => Tls::Offered,
        }
    }
}

/// Offer everything in a spreadsheet.
#[derive(Debug, Args)]
pub struct Import {
    /// The spreadsheet, as CSV.
    pub file: PathBuf,
    /// Do it without asking.
    #[arg(long)]
    pub yes: bool,
    /// Which market, and as whom.
    #[command(flatten)]
    pub server: Server,
}

/// Write your listings to a spreadsheet.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write; standard output without it.
    pub file: Option<PathBuf>,
    /// Which market, and as whom.
    #[command(flatten)]
    pub server: Server,
}

/// Look for trouble.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where the market's data is.
    #[command(flatten)]
    pub place: Place,
    /// The address the market shall listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub listen: IpAddr,
    /// The port it shall listen on.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// The address its pages shall have, ADDR:PORT; `off` when it shall have none.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = door, env = "AUBOUTIQUE_HTTP")]
    pub http: Door,
}

/// Do what an operator does.
#[derive(Debug, Args)]
pub struct Operator {
    /// Where the market's data is.
    #[command(flatten)]
    pub place: Place,
    /// What to do.
    #[command(subcommand)]
    pub verb: OperatorVerb,
}

/// What an operator does from the command line.
#[derive(Debug, Subcommand)]
pub enum OperatorVerb {
    /// Make a member an operator; with --name and --email an account is made first, its password is read from the
    /// terminal or from standard input.
    Add {
        /// The member.
        username: String,
        /// The name of a new account.
        #[arg(long, requires = "email")]
        name: Option<String>,
        /// The address of a new account.
        #[arg(long, requires = "name")]
        email: Option<String>,
    },
    /// Make an operator a member again.
    Remove {
        /// The operator.
        username: String,
    },
    /// Let a member serve the desk of a pickup point.
    Appoint {
        /// The member.
        username: String,
        /// The pickup point's id; the first one without it.
        #[arg(long, value_name = "ID")]
        point: Option<String>,
    },
    /// Let a member no longer serve it.
    Dismiss {
        /// The member.
        username: String,
        /// The pickup point's id; the first one without it.
        #[arg(long, value_name = "ID")]
        point: Option<String>,
    },
    /// Give a name on a wire of the older systems another password, which is read from the terminal or from standard input.
    /// The store of the house, Cybermarket on 003-merchant, has none before.
    LegacyPassword {
        /// The wire: 000, 001, 003, 003-merchant or 004.
        wire: String,
        /// The name there.
        name: String,
    },
    /// Show the settings.
    Settings,
    /// Change a setting.
    Set {
        /// `email_domains` or `commission_basis_points`.
        name: String,
        /// Its value.
        value: String,
    },
    /// Send any request of the protocol with an operator's rights and print the answer.
    Call {
        /// The operation.
        op: String,
        /// Its parameters as a JSON object.
        parameters: Option<String>,
    },
}
