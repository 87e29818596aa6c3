//! Sending datagrams: no address is ever sent more than it asked for, unless it cannot be another's.
//!
//! Anybody can write somebody else's address on a datagram. So an address that has not proved itself is sent no more bytes than
//! came from it, all in all (`promises.md` W1): who would use us against another gains nothing. Loopback proves itself, since
//! the kernel lets nothing in under such an address; every other does with an answer over a connection. That somebody takes the
//! connection proves nothing: whoever writes another's address writes a port beside it where something of theirs listens.
//!
//! An IPv6 address counts by its first 64 bits, which one subscriber has.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep;

/// How many bytes an address can have in store, and of how many addresses it is remembered.
const MOST_CREDIT: usize = 64 * 1024;
const ADDRESSES: usize = 4_096;
/// How often it is tried to connect to an address, until it is counted anew: to one that has not proved itself, and to another.
/// On loopback all clients of a machine have one address, and so has everything else that listens there.
const REACHED: (u32, u32) = (30, 1_000);
/// Between the copies of a reply that is sent several times.
const BETWEEN_COPIES: Duration = Duration::from_millis(30);

/// The way out.
pub(super) struct Post {
    socket: UdpSocket,
    copies: u8,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// What came from addresses that have not proved themselves, less what they were sent.
    credit: HashMap<IpAddr, usize>,
    proved: HashSet<IpAddr>,
    /// How often it was tried to connect to addresses, since it was counted anew.
    reached: HashMap<IpAddr, u32>,
}

/// The address that is counted by.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

impl Known {
    fn came(&mut self, from: IpAddr, length: usize) {
        let from = network(from);
        if from.is_loopback() {
            return;
        }
        if self.credit.len() >= ADDRESSES && !self.credit.contains_key(&from) {
            // Whoever it is begins anew; nobody gains by that.
            let other = self.credit.keys().next().copied();
            other.and_then(|other| self.credit.remove(&other));
        }
        let credit = self.credit.entry(from).or_default();
        *credit = MOST_CREDIT.min(*credit + length);
    }

    fn prove(&mut self, address: IpAddr) {
        if self.proved.len() < ADDRESSES {
            self.proved.insert(network(address));
        }
    }

    fn may_reach(&mut self, to: IpAddr) -> bool {
        let to = network(to);
        let is_known = to.is_loopback() || self.proved.contains(&to);
        let room = self.reached.len() < ADDRESSES || self.reached.contains_key(&to);
        let reached = if room { self.reached.entry(to).or_default() } else { return false };
        *reached += 1;
        *reached <= if is_known { REACHED.1 } else { REACHED.0 }
    }

    fn may_send(&mut self, to: IpAddr, length: usize) -> bool {
        let to = network(to);
        if to.is_loopback() || self.proved.contains(&to) {
            return true;
        }
        match self.credit.get_mut(&to).map(|credit| (credit.checked_sub(length), credit)) {
            Some((Some(left), credit)) => {
                *credit = left;
                true
            }
            _ => false,
        }
    }
}

impl Post {
    pub(super) fn new(socket: UdpSocket, copies: u8) -> Self {
        Self { socket, copies, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next datagram, and how many bytes it has. What is longer than the room for it is cut, and then is too long.
    pub(super) async fn receive(&self, bytes: &mut [u8]) -> std::io::Result<(usize, SocketAddr)> {
        let (length, from) = self.socket.recv_from(bytes).await?;
        self.known().came(from.ip(), length);
        Ok((length, from))
    }

    /// Whether it may be tried once more to connect to that address: a datagram that was made up must not make us knock at
    /// somebody's door again and again.
    pub(super) fn may_reach(&self, to: IpAddr) -> bool {
        self.known().may_reach(to)
    }

    /// Counts anew how often it was tried to connect.
    pub(super) fn count_anew(&self) {
        self.known().reached.clear();
    }

    /// That address answered over a connection: it is who it says.
    pub(super) fn proved(&self, address: IpAddr) {
        self.known().prove(address);
    }

    /// Sends a datagram, if the address may be sent so much.
    pub(super) async fn send(&self, to: SocketAddr, bytes: &[u8]) {
        if !self.known().may_send(to.ip(), bytes.len()) {
            tracing::debug!(%to, "an address that has not proved itself is sent nothing more");
            return;
        }
        if let Err(error) = self.socket.send_to(bytes, to).await {
            tracing::debug!(%error, %to, "a datagram was not sent");
        }
    }

    /// Answers, as often as it was set.
    pub(super) async fn reply(&self, to: SocketAddr, bytes: &[u8]) {
        self.send(to, bytes).await;
        for _ in 1..self.copies {
            sleep(BETWEEN_COPIES).await;
            self.send(to, bytes).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELSEWHERE: [IpAddr; 2] = [
        IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2)),
    ];

    #[test]
    fn an_address_that_has_not_proved_itself_is_sent_no_more_than_came_from_it() {
        let (mut known, [one, other]) = (Known::default(), ELSEWHERE);
        assert!(!known.may_send(one, 1), "nothing came");
        let (mut came, mut sent) = (0, 0);
        for length in [40, 12, 3, 900, 0, 1] {
            known.came(one, length);
            came += length;
            for answer in [12, 34, 44, 1_024] {
                sent += if known.may_send(one, answer) { answer } else { 0 };
                assert!(sent <= came, "{sent} of {came}");
            }
        }
        assert!(!known.may_send(other, 1), "what came from one is not for another");
        known.came(one, MOST_CREDIT);
        known.came(one, MOST_CREDIT);
        assert!(known.may_send(one, MOST_CREDIT) && !known.may_send(one, MOST_CREDIT));
    }

    #[test]
    fn loopback_and_who_answered_over_a_connection_are_who_they_say() {
        let (mut known, [one, _]) = (Known::default(), ELSEWHERE);
        assert!(known.may_send(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1_024));
        let tries = |known: &mut Known| (0..100).filter(|_| known.may_reach(one)).count();
        assert_eq!(tries(&mut known), 30, "nobody's door is knocked at for ever");
        known.prove(one);
        assert!(known.may_send(one, 1_024));
        assert_eq!(tries(&mut known), 100);
        let own = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        let tries = (0..2_000).filter(|_| known.may_reach(own)).count();
        assert_eq!(tries, 1_000, "nor one's own");
    }

    #[test]
    fn an_address_of_the_sixth_kind_counts_by_its_network() {
        let mut known = Known::default();
        let [one, same, other] = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
            .map(|address| address.parse::<IpAddr>().unwrap());
        known.came(one, 40);
        assert!(known.may_send(same, 40) && !known.may_send(one, 1) && !known.may_send(other, 1));
        let mapped = "::ffff:127.0.0.1".parse().unwrap();
        assert!(known.may_send(mapped, 1_024), "loopback is loopback however it is written");
    }

    #[test]
    fn many_addresses_are_not_remembered_for_ever() {
        let mut known = Known::default();
        for number in 0..2 * u32::try_from(ADDRESSES).unwrap() {
            known.came(IpAddr::V4(std::net::Ipv4Addr::from(0x0a00_0000 + number)), 1);
        }
        assert_eq!(known.credit.len(), ADDRESSES);
    }
}
