//! Who is signed in over which connection, and what stands for a log-in on connections that have none.
//!
//! ```text
//!                 asks for more
//!  (log in) ─▶ fresh ─────────▶ own ──▶ over when the connection ends, or the same name logs in elsewhere
//!                │ the connection ends
//!                ▼
//!              shared ──▶ over at a log-out, when the next one from the address is shared, or unused for half an hour
//! ```
//!
//! A log-in belongs to its connection. The shipped program opens one connection per request, so a log-in that was all a
//! connection ever asked for is shared, once that has ended, with the first requests of later ones from the same address.
//! That is a switch: behind one address there may be many people. Whoever keeps a connection is never mistaken for somebody
//! else, and nobody for them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auboutique_domain::Moment;
use auboutique_domain::id::{MemberId, SessionId};
use auboutique_domain::legacy::LegacyWire;
use auboutique_domain::time::Span;
use tokio::sync::watch;

/// How long a shared log-in is good for when nobody asks anything by it.
const LIFE: Span = Span::minutes(30);
/// How long the end of the connection that logged in may be on its way, when the next one is there already.
const CROSSING: Duration = Duration::from_millis(200);

/// How long after a log-in its connection may be about to end. One that stays longer is not waited for.
const LEAVING: Span = Span::seconds(2);

/// As what somebody is signed in: a connection may be both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// One who buys.
    Client,
    /// A store.
    Merchant,
}

impl Role {
    /// Where its names are.
    pub(super) const fn wire(self) -> LegacyWire {
        match self {
            Self::Client => LegacyWire::Client003,
            Self::Merchant => LegacyWire::Merchant003,
        }
    }
}

/// Whose a log-in is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Its connection has asked for nothing else so far.
    Fresh,
    /// Its connection's alone.
    Own,
    /// Its connection is gone: that of the first requests from its address.
    Shared,
}

#[derive(Debug)]
struct Login {
    session: SessionId,
    connection: u64,
    from: IpAddr,
    used_at: Moment,
    reach: Reach,
}

/// Everybody who is signed in over this wire: of each role, a member is so once.
pub(super) struct Logins {
    sticky: bool,
    all: Mutex<HashMap<(Role, MemberId), Login>>,
    changed: watch::Sender<()>,
}

impl Logins {
    pub(super) fn new(sticky: bool) -> Self {
        Self { sticky, all: Mutex::default(), changed: watch::Sender::new(()) }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(Role, MemberId), Login>> {
        // Nothing that holds it stops halfway.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A member is signed in over a connection by its `asked`-th request. Returns what that ends: where they were signed in
    /// before.
    pub(super) fn begin(
        &self,
        role: Role,
        member: MemberId,
        session: SessionId,
        (connection, from, asked): (u64, IpAddr, u64),
        now: Moment,
    ) -> Vec<SessionId> {
        let reach = if self.sticky && asked == 1 { Reach::Fresh } else { Reach::Own };
        let login = Login { session, connection, from, used_at: now, reach };
        self.all().insert((role, member), login).map(|before| before.session).into_iter().collect()
    }

    /// A connection asks for something. What it logged in as before is its own from the second time on.
    pub(super) fn asked(&self, connection: u64, asked: u64) {
        if asked != 2 {
            return;
        }
        let mut all = self.all();
        all.values_mut()
            .filter(|login| login.connection == connection && login.reach == Reach::Fresh)
            .for_each(|login| login.reach = Reach::Own);
        drop(all);
        self.changed.send_replace(());
    }

    /// A connection is gone. Returns what ends with it: its own log-ins, and those that were shared at its address, if it
    /// leaves another to be.
    pub(super) fn closed(&self, connection: u64) -> Vec<SessionId> {
        let mut all = self.all();
        let left: Vec<(Role, IpAddr)> = all
            .iter()
            .filter(|(_, login)| login.connection == connection && login.reach == Reach::Fresh)
            .map(|((role, _), login)| (*role, login.from))
            .collect();
        let over = |role: Role, login: &Login| match login.reach {
            Reach::Own => login.connection == connection,
            Reach::Shared => left.contains(&(role, login.from)),
            Reach::Fresh => false,
        };
        let ended =
            all.extract_if(|(role, _), login| over(*role, login)).map(|(_, login)| login.session).collect();
        all.values_mut().filter(|login| login.connection == connection).for_each(|login| {
            login.reach = Reach::Shared;
        });
        drop(all);
        self.changed.send_replace(());
        ended
    }

    /// As whom a connection itself is signed in.
    pub(super) fn own(&self, role: Role, connection: u64) -> Option<SessionId> {
        let all = self.all();
        let own = |login: &&Login| login.connection == connection && login.reach != Reach::Shared;
        all.iter().filter(|((of, _), _)| *of == role).map(|(_, login)| login).find(own).map(|it| it.session)
    }

    /// As whom the `asked`-th request of a connection counts, and what turned out to be over.
    pub(super) async fn find(
        &self,
        role: Role,
        connection: u64,
        from: IpAddr,
        asked: u64,
        now: impl Fn() -> Moment,
    ) -> (Option<SessionId>, Vec<SessionId>) {
        if let Some(own) = self.own(role, connection) {
            return (Some(own), Vec::new());
        }
        if !self.sticky || asked != 1 {
            return (None, Vec::new());
        }
        let ended = self.forget(now());
        let (mut changed, begun) = (self.changed.subscribe(), now());
        let settled = async {
            // Nobody who is awaited here goes away without a word.
            while self.is_undecided(role, from, begun) && changed.changed().await.is_ok() {}
        };
        drop(tokio::time::timeout(CROSSING, settled).await);
        (self.shared(role, from, now()), ended)
    }

    /// Whether somebody logged in from an address just now, and may be about to be gone.
    fn is_undecided(&self, role: Role, from: IpAddr, now: Moment) -> bool {
        let is_new = |login: &Login| login.reach == Reach::Fresh && now.since(login.used_at) < LEAVING;
        self.all().iter().any(|((of, _), login)| *of == role && login.from == from && is_new(login))
    }

    /// The latest log-in that is shared at an address.
    fn shared(&self, role: Role, from: IpAddr, now: Moment) -> Option<SessionId> {
        let mut all = self.all();
        let login = all
            .iter_mut()
            .filter(|((of, _), login)| *of == role && login.from == from && login.reach == Reach::Shared)
            .map(|(_, login)| login)
            .max_by_key(|login| login.used_at)?;
        login.used_at = now;
        Some(login.session)
    }

    /// Takes out what nobody used for long.
    fn forget(&self, now: Moment) -> Vec<SessionId> {
        let over = |login: &Login| login.reach == Reach::Shared && now.since(login.used_at) >= LIFE;
        self.all().extract_if(|_, login| over(login)).map(|(_, login)| login.session).collect()
    }

    /// Takes out what [`Logins::find`] found: the connection's own log-in, or what is shared at its address.
    pub(super) fn take(&self, role: Role, connection: u64, from: IpAddr) -> Vec<SessionId> {
        let own = self.own(role, connection).is_some();
        let meant = |login: &Login| {
            if own {
                login.connection == connection && login.reach != Reach::Shared
            } else {
                login.from == from && login.reach == Reach::Shared
            }
        };
        let mut all = self.all();
        all.extract_if(|(of, _), login| *of == role && meant(login)).map(|(_, login)| login.session).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const AWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

    fn at(minutes: i64) -> Moment {
        Moment::from_micros(0).plus(Span::minutes(minutes))
    }

    fn member(name: u8) -> MemberId {
        MemberId::new(at(0), [name; 10])
    }

    fn session(name: u8) -> SessionId {
        SessionId::new(at(0), [name; 10])
    }

    /// Logs a member in as one who buys, by the first request of a connection.
    fn log_in(logins: &Logins, name: u8, connection: u64) -> Vec<SessionId> {
        logins.asked(connection, 1);
        logins.begin(Role::Client, member(name), session(name + 100), (connection, HOME, 1), at(0))
    }

    async fn found(logins: &Logins, connection: u64, asked: u64, minute: i64) -> Option<SessionId> {
        logins.asked(connection, asked);
        logins.find(Role::Client, connection, HOME, asked, || at(minute)).await.0
    }

    #[tokio::test]
    async fn a_connection_that_stays_has_its_log_in_alone() {
        let logins = Logins::new(true);
        log_in(&logins, 1, 1);
        assert_eq!(found(&logins, 1, 2, 0).await, Some(session(101)));
        assert_eq!(found(&logins, 2, 1, 0).await, None);
        assert_eq!(logins.closed(1), [session(101)]);
        assert_eq!(found(&logins, 3, 1, 0).await, None);
    }

    #[tokio::test]
    async fn a_log_in_elsewhere_takes_the_session_along() {
        let logins = Logins::new(true);
        log_in(&logins, 1, 1);
        assert_eq!(found(&logins, 1, 2, 0).await, Some(session(101)));
        logins.asked(2, 5);
        let ended = logins.begin(Role::Client, member(1), session(9), (2, HOME, 5), at(0));
        assert_eq!(ended, [session(101)]);
        assert_eq!(found(&logins, 1, 3, 0).await, None);
        assert_eq!(found(&logins, 2, 6, 0).await, Some(session(9)));
    }

    #[tokio::test]
    async fn a_log_in_whose_connection_ended_stands_for_the_first_requests_of_later_ones() {
        let logins = Logins::new(true);
        log_in(&logins, 1, 1);
        assert!(logins.closed(1).is_empty());
        assert_eq!(found(&logins, 2, 1, 29).await, Some(session(101)));
        assert_eq!(found(&logins, 2, 2, 29).await, None, "who stays has to log in");
        assert_eq!(logins.find(Role::Merchant, 3, HOME, 1, || at(29)).await.0, None);
        assert_eq!(logins.find(Role::Client, 3, AWAY, 1, || at(29)).await.0, None);
        // It was used at minute 29.
        assert_eq!(found(&logins, 4, 1, 58).await, Some(session(101)));
        let (found, ended) = logins.find(Role::Client, 5, HOME, 1, || at(88)).await;
        assert_eq!((found, ended), (None, vec![session(101)]));
    }

    #[tokio::test]
    async fn the_next_log_in_replaces_what_is_shared_and_a_log_out_clears_it() {
        let logins = Logins::new(true);
        log_in(&logins, 1, 1);
        logins.closed(1);
        // A log-in on a connection that stays replaces nothing.
        assert!(log_in(&logins, 9, 9).is_empty());
        logins.asked(9, 2);
        assert_eq!(found(&logins, 10, 1, 0).await, Some(session(101)));
        assert!(log_in(&logins, 2, 2).is_empty());
        assert_eq!(logins.closed(2), [session(101)]);
        assert_eq!(found(&logins, 3, 1, 0).await, Some(session(102)));
        assert_eq!(logins.take(Role::Client, 3, HOME), [session(102)]);
        assert_eq!(found(&logins, 4, 1, 0).await, None);
    }

    #[tokio::test]
    async fn the_end_of_a_connection_is_waited_for_when_the_next_is_there_already() {
        let logins = Logins::new(true);
        log_in(&logins, 1, 1);
        let (early, ()) = tokio::join!(found(&logins, 2, 1, 0), async {
            logins.closed(1);
        });
        assert_eq!(early, Some(session(101)));
    }

    #[tokio::test]
    async fn with_the_switch_off_nothing_stands_for_a_log_in() {
        let logins = Logins::new(false);
        log_in(&logins, 1, 1);
        assert_eq!(logins.closed(1), [session(101)]);
        assert_eq!(found(&logins, 2, 1, 0).await, None);
    }
}
