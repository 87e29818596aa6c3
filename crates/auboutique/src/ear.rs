//! An ear: what one viewer is told, whatever carries it.
//!
//! ```text
//!  a cursor ─▶ behind: what happened meanwhile, from the log ─▶ open: what happens, from a mailbox ─▶ closed
//! ```

use std::time::Duration;

use auboutique_domain::Refusal;
use auboutique_domain::id::AuctionId;
use auboutique_domain::member::Role;
use auboutique_market::{Caller, Market, No, Who};
use auboutique_wire::json;
use auboutique_wire::json::auction::MOST_FOLLOWED;
use tokio::time::sleep;

use crate::live::{CutOff, Form, Listener, Live, Viewer};

/// How long to wait before the log is read again for a listener, when the market is too busy.
const RETRY: Duration = Duration::from_millis(20);
/// How many events are read at once for a listener who comes back.
const CATCH_UP: i64 = 256;

/// Whether somebody is told what happens.
pub enum Ear {
    /// They are not.
    Closed,
    /// They are told first what happened while they were away: everything after that number, and what of it in the auctions
    /// they follow.
    Behind(i64, Viewer, Vec<AuctionId>),
    /// They are told what happens.
    Open(Listener),
}

/// What a listener was told.
pub enum Told {
    /// Nothing.
    Nothing,
    /// Something, and there may be more.
    Something,
    /// The last there is.
    Over(CutOff),
}

impl Ear {
    /// Begins to listen after that number, or from now on, and to follow these auctions. Says who listens, and after which
    /// number.
    ///
    /// # Errors
    ///
    /// [`Refusal::ResyncRequired`] when the number is ahead of the log; [`Refusal::NotFound`] when there is no such auction;
    /// [`Refusal::SessionEnded`]; [`No::Busy`], [`No::Broken`].
    pub async fn begin(
        market: &Market,
        who: Who,
        after: Option<i64>,
        auctions: Vec<AuctionId>,
    ) -> Result<(Self, Viewer, i64), No> {
        for &auction in &auctions {
            find(market, who, auction).await?;
        }
        let (viewer, head) = look_up(market, who).await?;
        let cursor = after.unwrap_or(head).max(0);
        if cursor > head {
            return Err(Refusal::ResyncRequired { cursor: head }.into());
        }
        Ok((Self::Behind(cursor, viewer, auctions), viewer, cursor))
    }

    /// Follows an auction from here on: whether there is room for one more. Who is not told anything follows nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`]; [`Refusal::SessionEnded`]; [`No::Busy`], [`No::Broken`].
    pub async fn follow(&mut self, market: &Market, who: Who, auction: AuctionId) -> Result<bool, No> {
        find(market, who, auction).await?;
        Ok(match self {
            Self::Closed => false,
            Self::Behind(_, _, follows) if follows.contains(&auction) => true,
            Self::Behind(_, _, follows) => {
                let room = follows.len() < MOST_FOLLOWED;
                if room {
                    follows.push(auction);
                }
                room
            }
            Self::Open(listener) => listener.follow(auction),
        })
    }

    /// Follows it no longer.
    pub fn unfollow(&mut self, auction: AuctionId) {
        match self {
            Self::Closed => {}
            Self::Behind(_, _, follows) => follows.retain(|&other| other != auction),
            Self::Open(listener) => listener.unfollow(auction),
        }
    }

    /// Waits until there may be something to hear.
    pub async fn woken(&self) {
        match self {
            Self::Open(listener) => listener.woken().await,
            Self::Behind(..) => sleep(RETRY).await,
            Self::Closed => std::future::pending().await,
        }
    }

    /// Gathers what is to be told now, until `out` has that many bytes. Nobody is told anything after the last line.
    pub async fn hear(&mut self, live: &Live, form: Form, out: &mut Vec<u8>, enough: usize) -> Told {
        let told = match self {
            Self::Closed => Told::Nothing,
            Self::Open(listener) => match listener.take(out, enough, form) {
                None => Told::Nothing,
                Some(why) => Told::Over(why),
            },
            // It is done seldom, and takes far more room than waiting does.
            Self::Behind(cursor, viewer, follows) => {
                let from = (*cursor, *viewer, follows.clone());
                Box::pin(self.catch_up(live, from, form, out)).await
            }
        };
        if matches!(told, Told::Over(_)) {
            *self = Self::Closed;
        }
        told
    }

    async fn catch_up(
        &mut self,
        live: &Live,
        (cursor, viewer, follows): (i64, Viewer, Vec<AuctionId>),
        form: Form,
        out: &mut Vec<u8>,
    ) -> Told {
        let mut over = |why: CutOff| {
            why.write(cursor, form, out);
            Told::Over(why)
        };
        if let Some(listener) = live.join(cursor, viewer, &follows) {
            // The session may have ended, and the member's role changed, before there was a mailbox to hear of it.
            let now = look_up(live.market(), viewer.who()).await;
            *self = match now {
                Ok((now, _)) if now == viewer => Self::Open(listener),
                Ok((now, _)) => Self::Behind(cursor, now, follows),
                Err(No::Refused(_)) => return over(CutOff::SessionEnded),
                Err(_) => return Told::Nothing,
            };
            return Told::Something;
        }
        let caller = Caller { who: viewer.who(), key: None };
        let followed = follows.clone();
        let page =
            live.market().ask(caller, move |view| view.events_after(cursor, &followed, CATCH_UP)).await;
        match page {
            Ok(page) => {
                for told in &page.told {
                    let line = json::event(told.seq, told.at, &told.event, told.message.as_ref());
                    form.write(told.seq, &line, out);
                }
                *self = Self::Behind(page.up_to, viewer, follows);
                Told::Something
            }
            Err(No::Refused(_)) => over(CutOff::SessionEnded),
            Err(No::Broken(_)) => over(CutOff::Broken),
            // It is asked again in a moment.
            Err(No::Busy(_)) => Told::Nothing,
        }
    }

    /// The number up to which everything was told.
    #[must_use]
    pub const fn cursor(&self) -> i64 {
        match self {
            Self::Closed => 0,
            Self::Behind(cursor, ..) => *cursor,
            Self::Open(listener) => listener.cursor(),
        }
    }
}

/// Whether there is such an auction, for those eyes.
async fn find(market: &Market, who: Who, auction: AuctionId) -> Result<(), No> {
    market.ask(Caller { who, key: None }, move |view| view.auction(auction).map(drop)).await
}

/// Who listens, and the number of the last event.
async fn look_up(market: &Market, who: Who) -> Result<(Viewer, i64), No> {
    let asked = market.ask(Caller { who, key: None }, move |view| {
        let viewer = match who {
            Who::Member(session) => {
                let account = view.account()?;
                Viewer::Member { member: account.id, session, operator: account.role >= Role::Operator }
            }
            Who::Console => Viewer::Console,
            _ => Viewer::Visitor,
        };
        Ok((viewer, view.log_head()?))
    });
    asked.await
}
