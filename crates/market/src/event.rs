//! The event log as it is told: to each viewer what is for their eyes, in order.

use auboutique_db::event::{self as db, Logged};
use auboutique_db::{conversation, session};
use auboutique_domain::conversation::Message;
use auboutique_domain::id::{AuctionId, MemberId, SessionId};
use auboutique_domain::listing::PAGE;
use auboutique_domain::member::Role;
use auboutique_domain::time::Moment;
use auboutique_domain::{Event, Refusal};

use crate::Market;
use crate::caller::{Caller, Who};
use crate::no::{No, Stop};
use crate::reader::View;

/// An event as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub seq: i64,
    /// When it happened.
    pub at: Moment,
    /// What happened.
    pub event: Event,
    /// What was said, when it tells of a message. The log itself keeps no text.
    pub message: Option<Message>,
    /// A member who is not told although the event is for them, because of a block.
    pub hidden_from: Option<MemberId>,
}

/// Some of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, oldest first.
    pub told: Vec<Told>,
    /// Everything up to this number was looked at: the cursor to go on from.
    pub up_to: i64,
}

/// Some of what happened to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEvents {
    /// The events, newest first.
    pub rows: Vec<Told>,
    /// The number to give as `before` for the next page; absent on the last.
    pub next: Option<i64>,
}

impl Market {
    /// All of the log after that number, for the one who tells everybody.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub fn log_after(
        &self,
        cursor: i64,
        most: i64,
    ) -> impl Future<Output = Result<Vec<Told>, No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| view.log_after(cursor, most))
    }

    /// Which of these sessions are over, for the one who tells everybody.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub fn ended_among(
        &self,
        sessions: Vec<SessionId>,
    ) -> impl Future<Output = Result<Vec<SessionId>, No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| view.ended_among(&sessions))
    }
}

impl View<'_> {
    /// What a viewer may see of the log after that number, a visitor what everybody may, with what happened in these
    /// auctions: `most` events are looked at.
    ///
    /// # Errors
    ///
    /// [`Refusal::ResyncRequired`] when the cursor is ahead of the log.
    pub fn events_after(&mut self, cursor: i64, auctions: &[AuctionId], most: i64) -> Result<EventPage, No> {
        let viewer = match self.who {
            Who::Console | Who::Visitor => None,
            _ => Some(self.member()?),
        };
        let head = self.log_head()?;
        if cursor > head {
            return Err(Refusal::ResyncRequired { cursor: head }.into());
        }
        let found = match &viewer {
            None if self.who == Who::Visitor => db::after_for_everybody(self.db, cursor, auctions, most),
            None => db::after(self.db, cursor, most),
            Some(member) => {
                let whose = (member.id, member.role >= Role::Operator);
                db::after_for(self.db, cursor, whose, auctions, most)
            }
        };
        let found = self.settle(found.map_err(Stop::from))?;
        // The head was read first. What was committed since may have come in by half: it is read with the next page.
        let full = found.len() >= usize::try_from(most).unwrap_or(0);
        let up_to = found.last().filter(|_| full).map_or(head, |last| last.seq.min(head));
        let mut told = Vec::with_capacity(found.len());
        for logged in found.into_iter().take_while(|logged| logged.seq <= up_to) {
            let each = self.told(logged)?;
            if viewer.as_ref().is_none_or(|member| each.hidden_from != Some(member.id)) {
                told.push(each);
            }
        }
        Ok(EventPage { told, up_to })
    }

    /// What happened to the asker, newest first: the events that are for them by name, from the newest down or from before
    /// that number.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub fn own_events(&mut self, before: Option<i64>, limit: Option<i64>) -> Result<OwnEvents, No> {
        let member = self.member()?;
        let limit = limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
        let found = db::before_for(self.db, before.unwrap_or(i64::MAX), member.id, limit + 1);
        let mut found = self.settle(found.map_err(Stop::from))?;
        let more = found.len() > usize::try_from(limit).unwrap_or(0);
        found.truncate(usize::try_from(limit).unwrap_or(0));
        let next = found.last().filter(|_| more).map(|last| last.seq);
        let mut rows = Vec::with_capacity(found.len());
        for logged in found {
            let each = self.told(logged)?;
            if each.hidden_from != Some(member.id) {
                rows.push(each);
            }
        }
        Ok(OwnEvents { rows, next })
    }

    /// All of the log after that number.
    pub(crate) fn log_after(&mut self, cursor: i64, most: i64) -> Result<Vec<Told>, No> {
        self.node()?;
        let found = db::after(self.db, cursor, most);
        let found = self.settle(found.map_err(Stop::from))?;
        found.into_iter().map(|logged| self.told(logged)).collect()
    }

    /// The number of the last event.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub fn log_head(&mut self) -> Result<i64, No> {
        let head = db::head(self.db);
        Ok(self.settle(head.map_err(Stop::from))?.seq)
    }

    /// Which of these sessions are over.
    pub(crate) fn ended_among(&mut self, sessions: &[SessionId]) -> Result<Vec<SessionId>, No> {
        self.node()?;
        let mut ended = Vec::new();
        for &id in sessions {
            let live = session::find_live(self.db, id, self.now);
            if self.settle(live.map_err(Stop::from))?.is_none() {
                ended.push(id);
            }
        }
        Ok(ended)
    }

    fn told(&mut self, Logged { seq, at, event, .. }: Logged) -> Result<Told, No> {
        let mut told = Told { seq, at, event, message: None, hidden_from: None };
        if let Event::MessageSent { message, .. } = &told.event {
            let message = *message;
            let found = conversation::find_message(self.db, message);
            told.message = self.settle(found.map_err(Stop::from))?;
        }
        if let Some((blocker, blocked, not_told)) = told.event.hushed_by() {
            let blocks = conversation::blocks(self.db, blocker, blocked);
            if self.settle(blocks.map_err(Stop::from))? {
                told.hidden_from = Some(not_told);
            }
        }
        Ok(told)
    }
}
