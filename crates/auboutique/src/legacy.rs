//! The loops that own the sockets of the four legacy wires. Off unless asked for, and on loopback unless moved.
//!
//! Each is an adapter on the one door: its language (`auboutique_wire::legacy`) reads requests, the member who is signed in
//! runs commands and asks for views as over every other wire, and what comes back is said in the wire's own words.

mod connection;
pub mod pace;
mod session;
mod shelf;
pub mod w000;
pub mod w001;
mod w003;
pub mod w004;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use auboutique_market::Market;
use auboutique_wire::legacy::w004::dialogue::ANSWER_WITHIN;
use tokio::net::{TcpListener, UdpSocket, lookup_host};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::card::cashier::Cashier;
use crate::live::Live;
use crate::serve::listen;

/// One of the four older systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// A hand-shake in plain text, then JSON.
    S000,
    /// Requests in JSON, bare replies.
    S001,
    /// Pickles.
    S003,
    /// Auctions in datagrams.
    S004,
}

impl System {
    /// Its number, as it is written on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::S000 => "000",
            Self::S001 => "001",
            Self::S003 => "003",
            Self::S004 => "004",
        }
    }

    /// The port its clients expect; of the last one for datagrams.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::S000 => 1235,
            Self::S001 => 8888,
            Self::S003 => 22333,
            Self::S004 => 5000,
        }
    }

    /// What its clients send in clear.
    const fn secret(self) -> &'static str {
        match self {
            Self::S000 => "the hash that serves as a password, and all messages",
            Self::S001 => "passwords and messages",
            Self::S003 => "passwords",
            Self::S004 => "card numbers and addresses, and in whose name somebody acts,",
        }
    }
}

/// Which legacy wires are open, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address they listen on.
    pub listen: IpAddr,
    /// Which, each at a port; 0 takes a free one.
    pub wires: Vec<(System, u16)>,
    /// Whether requests of 003 without a session of their own count for who signed in last from their address.
    pub sticky: bool,
    /// How often replies of 004 are sent.
    pub repeat: u8,
    /// Whether sellers of 004 are asked to lower their price.
    pub negotiate: bool,
    /// How long people of 004 have to answer when a sale is closed.
    pub answer_within: Duration,
    /// How long nothing is written to a connection after something was, where each `recv` of a client is to be one message.
    pub gap: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let listen = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let answer_within = Duration::from_millis(ANSWER_WITHIN);
        Self {
            listen,
            wires: Vec::new(),
            sticky: true,
            repeat: 1,
            negotiate: false,
            answer_within,
            gap: pace::GAP,
        }
    }
}

/// What every legacy wire stands on.
#[derive(Clone)]
pub struct Legacy {
    /// The market.
    pub market: Market,
    /// Who tells what happens.
    pub live: Live,
    /// Who charges cards, where cards are taken.
    pub cashier: Option<Cashier>,
    /// How the wires are open.
    pub options: Options,
}

/// Opens the wires. Says where each listens.
///
/// # Errors
///
/// When an address is taken, with what to do.
pub async fn open(
    legacy: &Legacy,
    closing: &watch::Receiver<bool>,
    loops: &mut JoinSet<()>,
) -> anyhow::Result<Vec<(System, SocketAddr)>> {
    let mut open = Vec::new();
    for &(system, port) in &legacy.options.wires {
        let is_open = open.iter().any(|(other, _)| *other == system);
        anyhow::ensure!(!is_open, "--legacy names system {} twice", system.name());
        let address = SocketAddr::new(legacy.options.listen, port);
        if !address.ip().is_loopback() {
            tracing::warn!(
                "system {} on {address}: {} travel in clear, for anybody on the network to read",
                system.name(),
                system.secret()
            );
        }
        let (legacy, closing) = (legacy.clone(), closing.clone());
        let at = match system {
            System::S004 => {
                let socket = UdpSocket::bind(address).await.map_err(|error| {
                    anyhow::anyhow!(
                        "cannot take datagrams on {address}: {error}. Choose another port with --legacy 004=PORT"
                    )
                })?;
                let at = socket.local_addr()?;
                loops.spawn(w004::serve(socket, legacy, closing));
                at
            }
            System::S000 | System::S001 | System::S003 => {
                let option = format!("--legacy {}=PORT", system.name());
                let listener = listen(address, &option).await?;
                let at = listener.local_addr()?;
                if let Some(other) = by_name(system, at).await {
                    let other = listen(other, &option).await?;
                    loops.spawn(connections(system, other, legacy.clone(), closing.clone()));
                }
                loops.spawn(connections(system, listener, legacy, closing));
                at
            }
        };
        open.push((system, at));
    }
    Ok(open)
}

/// Where else on loopback the clients of a system look for it. Those of 000 go to the name of the machine, which is
/// 127.0.1.1 on many.
async fn by_name(system: System, at: SocketAddr) -> Option<SocketAddr> {
    let name = rustix::system::uname();
    let name = name.nodename().to_str().ok().filter(|_| system == System::S000 && at.ip().is_loopback())?;
    let found = lookup_host((name, at.port())).await.ok()?.find(SocketAddr::is_ipv4)?;
    (found.ip().is_loopback() && found != at).then_some(found)
}

async fn connections(
    system: System,
    listener: TcpListener,
    legacy: Legacy,
    mut closing: watch::Receiver<bool>,
) {
    match system {
        System::S000 => w000::serve(listener, legacy, closing).await,
        System::S001 => w001::serve(listener, legacy, closing).await,
        System::S003 => w003::serve(listener, legacy, closing).await,
        System::S004 => {
            drop(listener);
            drop(closing.wait_for(|closing| *closing).await);
        }
    }
}
