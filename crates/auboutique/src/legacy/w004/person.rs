//! People on the wire of system 004: where they are, and as whom a datagram is taken.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use auboutique_domain::id::{MemberId, SessionId};
use auboutique_domain::legacy::Identity;
use auboutique_wire::legacy::w004::Role;
use serde::{Deserialize, Serialize};

/// From how many sockets one member can be signed in at once.
const SOURCES_EACH: usize = 4;

/// Where somebody is told what happens. It is kept with their name, so that it outlasts a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contact {
    pub(super) role: String,
    /// The address their last registration or log-in came from; never one they only wrote.
    pub(super) ip: IpAddr,
    pub(super) udp: u16,
    pub(super) tcp: u16,
    /// They left. The name stays theirs.
    #[serde(default)]
    pub(super) gone: bool,
}

impl Contact {
    pub(super) fn of(identity: &Identity) -> Option<Self> {
        serde_json::from_str(identity.contact.as_deref()?).ok()
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Buyer)
    }

    /// Where datagrams go.
    pub(super) const fn datagrams(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.udp)
    }

    /// Where they wait for the closing dialogue.
    pub(super) const fn dialogue(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.tcp)
    }
}

/// Somebody who was heard of since the start.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) member: MemberId,
    pub(super) name: String,
    pub(super) contact: Contact,
    pub(super) session: Option<SessionId>,
}

/// Everybody who was heard of since the start, and whom a datagram is from.
#[derive(Default)]
pub(super) struct People {
    people: HashMap<MemberId, Person>,
    sources: HashMap<SocketAddr, MemberId>,
    of_member: HashMap<MemberId, VecDeque<SocketAddr>>,
}

impl People {
    /// What is known of somebody now. A session they have stays. Nothing of who has no place where they are told.
    pub(super) fn meet(&mut self, identity: &Identity) -> Option<Person> {
        let contact = Contact::of(identity)?;
        let session = self.people.get(&identity.member).and_then(|person| person.session);
        let name = identity.name.as_str().to_owned();
        let person = Person { member: identity.member, name, contact, session };
        self.people.insert(identity.member, person.clone());
        Some(person)
    }

    /// They have this session from now on. The one before is no longer needed.
    pub(super) fn have_session(&mut self, member: MemberId, session: SessionId) -> Option<SessionId> {
        let before = self.people.get_mut(&member)?.session.replace(session);
        before.filter(|before| *before != session)
    }

    /// What comes from there is from them.
    pub(super) fn sign_in(&mut self, source: SocketAddr, member: MemberId) {
        if let Some(other) = self.sources.insert(source, member).filter(|other| *other != member)
            && let Some(sources) = self.of_member.get_mut(&other)
        {
            sources.retain(|theirs| *theirs != source);
        }
        let sources = self.of_member.entry(member).or_default();
        if !sources.contains(&source) {
            sources.push_back(source);
        }
        if sources.len() > SOURCES_EACH
            && let Some(oldest) = sources.pop_front()
        {
            self.sources.remove(&oldest);
        }
    }

    /// Whom a datagram from there is from.
    pub(super) fn at(&self, source: SocketAddr) -> Option<Person> {
        self.sources.get(&source).and_then(|member| self.people.get(member)).cloned()
    }

    pub(super) fn get(&self, member: MemberId) -> Option<&Person> {
        self.people.get(&member)
    }

    /// Nothing is from them any more. The session they had is no longer needed.
    pub(super) fn sign_out(&mut self, member: MemberId) -> Option<SessionId> {
        for source in self.of_member.remove(&member).into_iter().flatten() {
            self.sources.remove(&source);
        }
        self.people.get_mut(&member)?.session.take()
    }

    /// Every session that was begun here.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        self.people.values().filter_map(|person| person.session).collect()
    }
}
