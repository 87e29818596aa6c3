//! Presence: who is here now, counted by connections that listen.
//!
//! It lives in the memory of the node. A member is here while at least one of their connections is heard of; that they
//! came or went is told to whoever shows it, once per change, and when they were last here is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use auboutique_db::presence::{self as db, Kept};
use auboutique_domain::id::MemberId;
use auboutique_domain::member::Username;
use auboutique_domain::presence::{MOST_ASKED, PresenceView};
use auboutique_domain::{Command, Event, Reply};
use tokio::sync::Notify;

use crate::caller::Caller;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Market, Outcome};

/// Who is here, and whose coming or going nobody has been told of yet.
#[derive(Default)]
pub(crate) struct Presences {
    known: Mutex<Known>,
    wake: Notify,
}

#[derive(Default)]
struct Known {
    connections: HashMap<MemberId, usize>,
    /// Of whom something is to be told; and whether it is told although they hide: that they began to.
    changed: HashMap<MemberId, bool>,
}

impl Presences {
    /// Whether the member is here.
    pub(crate) fn has(&self, member: MemberId) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).connections.contains_key(&member)
    }

    /// The member hides, or shows themself again: that is to be told.
    fn turned(&self, member: MemberId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).changed.insert(member, true);
        self.wake.notify_one();
    }

    fn count(&self, member: MemberId, comes: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let count = known.connections.get(&member).copied().unwrap_or(0);
        let now = if comes { count + 1 } else { count.saturating_sub(1) };
        if now == 0 {
            known.connections.remove(&member);
        } else {
            known.connections.insert(member, now);
        }
        if (count == 0) != (now == 0) {
            known.changed.entry(member).or_insert(false);
            drop(known);
            self.wake.notify_one();
        }
    }

    fn view(&self, kept: Kept) -> PresenceView {
        let online = !kept.hidden && self.has(kept.member.id);
        let last_seen_at = if online || kept.hidden { None } else { kept.seen_at };
        PresenceView { member: kept.member, online, last_seen_at }
    }
}

/// A connection of a member that listens. While it is heard of, the member is here; when it is dropped, it is gone.
pub struct Arrival {
    presences: Arc<Presences>,
    member: MemberId,
    heard: bool,
}

impl Arrival {
    /// The connection was heard of.
    pub fn heard(&mut self) {
        if !std::mem::replace(&mut self.heard, true) {
            self.presences.count(self.member, true);
        }
    }

    /// The connection has been silent for too long.
    pub fn silent(&mut self) {
        if std::mem::replace(&mut self.heard, false) {
            self.presences.count(self.member, false);
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.silent();
    }
}

impl Market {
    /// A connection of that member begins to listen.
    #[must_use]
    pub fn arrival(&self, member: MemberId) -> Arrival {
        let mut arrival = Arrival { presences: Arc::clone(&self.shared.presences), member, heard: false };
        arrival.heard();
        arrival
    }

    /// The member hides their presence from now on, or shows it: those who see them shall be told.
    pub fn presence_turned(&self, member: MemberId) {
        self.shared.presences.turned(member);
    }

    /// Keeps that the member was here just now.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub async fn note_seen(&self, member: MemberId) -> Result<(), No> {
        self.run(Caller::NODE, Command::NoteSeen { member }).await.map(drop)
    }

    /// What is to be told of a member's coming or going, and to whom: those they talk with, unless they block them. Of who
    /// hides nothing is told but, once, that they are gone: a line that says so each time would say when they come.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub async fn presence_news(
        &self,
        member: MemberId,
        turned: bool,
    ) -> Result<Option<(PresenceView, Vec<MemberId>)>, No> {
        self.ask(Caller::NODE, move |view| view.presence_news(member, turned)).await
    }

    /// What one member is told of another whom they talk with, who blocked or unblocked them just now.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub async fn presence_between(&self, of: MemberId, to: MemberId) -> Result<Option<PresenceView>, No> {
        self.ask(Caller::NODE, move |view| view.presence_between(of, to)).await
    }

    /// Waits until members came or went, hid or showed themselves, and says who, and whether it was one of the latter. Each
    /// change is told to one caller.
    pub async fn presence_changes(&self) -> Vec<(MemberId, bool)> {
        let presences = &self.shared.presences;
        loop {
            let changed =
                std::mem::take(&mut presences.known.lock().unwrap_or_else(PoisonError::into_inner).changed);
            if !changed.is_empty() {
                return changed.into_iter().collect();
            }
            presences.wake.notified().await;
        }
    }
}

/// A member came or went: keeps the moment.
pub(crate) fn note_seen(work: &mut Work<'_>, member: MemberId) -> Outcome {
    work.node()?;
    db::seen(work.db, member, work.now)?;
    Ok(Reply::Done)
}

pub(crate) fn hide(work: &mut Work<'_>, hidden: bool) -> Outcome {
    let member = work.member()?;
    let before = db::find(work.db, member.id)?.is_some_and(|kept| kept.hidden);
    if before != hidden {
        db::hide(work.db, member.id, hidden.then_some(work.now))?;
        work.tell(Event::PresenceHidden { member: member.id, hidden });
    }
    Ok(Reply::Hidden(hidden))
}

impl View<'_> {
    /// Who of these members is here. Unknown names are left out, as are names beyond the hundredth.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`](auboutique_domain::Refusal::SignInNeeded) for a visitor.
    pub fn presence(&mut self, usernames: &[String]) -> Result<Vec<PresenceView>, No> {
        let viewer = self.member()?;
        let mut rows = Vec::new();
        for username in usernames.iter().take(MOST_ASKED) {
            // What cannot be a username is the name of nobody.
            let Ok(username) = Username::parse(username) else { continue };
            let found = db::find_by_username(self.db, username.as_str());
            let Some(mut kept) = self.settle(found.map_err(Stop::from))? else { continue };
            let blocks = auboutique_db::conversation::blocks(self.db, kept.member.id, viewer.id);
            kept.hidden |= self.settle(blocks.map_err(Stop::from))?;
            rows.push(self.presences.view(kept));
        }
        Ok(rows)
    }

    fn presence_between(&mut self, of: MemberId, to: MemberId) -> Result<Option<PresenceView>, No> {
        self.node()?;
        // Who does not talk with them is told nothing of them.
        let talk = auboutique_db::conversation::talks(self.db, to, of);
        if !self.settle(talk.map_err(Stop::from))? {
            return Ok(None);
        }
        let found = db::find(self.db, of);
        let Some(mut kept) = self.settle(found.map_err(Stop::from))? else { return Ok(None) };
        let blocks = auboutique_db::conversation::blocks(self.db, of, to);
        kept.hidden |= self.settle(blocks.map_err(Stop::from))?;
        Ok(Some(self.presences.view(kept)))
    }

    fn presence_news(
        &mut self,
        member: MemberId,
        turned: bool,
    ) -> Result<Option<(PresenceView, Vec<MemberId>)>, No> {
        self.node()?;
        let found = db::find(self.db, member);
        let kept = self.settle(found.map_err(Stop::from))?.filter(|kept| turned || !kept.hidden);
        let Some(kept) = kept else { return Ok(None) };
        let told = auboutique_db::conversation::talks_with(self.db, member);
        let told = self.settle(told.map_err(Stop::from))?;
        Ok(Some((self.presences.view(kept), told)))
    }
}
