//! A member who is signed in over a wire of an older system: acts, is here while connected, and hears what others say.

use std::collections::BTreeMap;
use std::future::Future;

use auboutique_domain::conversation::{ConversationView, Message, MessageText, Partner};
use auboutique_domain::id::{ConversationId, MemberId, SessionId};
use auboutique_domain::legacy::{Identity, LegacyWire};
use auboutique_domain::listing::PAGE;
use auboutique_domain::member::MemberCard;
use auboutique_domain::{Command, Moment, Refusal, Reply};
use auboutique_market::{Answer, Arrival, Caller, Market, No, View, Who};
use serde::Deserialize;

use super::Legacy;
use crate::ear::{Ear, Told};
use crate::live::{CutOff, Form, Live};

/// How many bytes of what happens are taken at once.
const TAKEN: usize = 64 * 1_024;

/// Something another member said to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) conversation: ConversationId,
    pub(super) number: i64,
    /// What its sender is called on this wire.
    pub(super) from: String,
    pub(super) text: String,
}

/// The session is over: it was ended elsewhere, or the market closes.
#[derive(Debug)]
pub(super) struct Over;

/// A member's session on a wire.
pub(super) struct Session {
    market: Market,
    live: Live,
    wire: LegacyWire,
    session: SessionId,
    pub(super) member: MemberId,
    ear: Ear,
    arrival: Option<Arrival>,
    /// Up to which number of each conversation this connection was told what was said.
    told: BTreeMap<ConversationId, i64>,
}

impl Session {
    /// The member acts, and nobody sees them here.
    pub(super) fn unseen(
        legacy: &Legacy,
        wire: LegacyWire,
        (session, identity): (SessionId, Identity),
    ) -> Self {
        let (market, live) = (legacy.market.clone(), legacy.live.clone());
        Self {
            market,
            live,
            wire,
            session,
            member: identity.member,
            ear: Ear::Closed,
            arrival: None,
            told: BTreeMap::new(),
        }
    }

    /// The member is here, and hears what is said from now on.
    pub(super) async fn arrive(mut self) -> Result<Self, No> {
        match Ear::begin(&self.market, self.who(), None, Vec::new()).await {
            Ok((ear, ..)) => {
                self.ear = ear;
                self.arrival = Some(self.market.arrival(self.member));
                Ok(self)
            }
            Err(no) => {
                self.end().await;
                Err(no)
            }
        }
    }

    const fn who(&self) -> Who {
        Who::Member(self.session)
    }

    pub(super) fn run(&self, command: Command) -> impl Future<Output = Answer> + Send + use<> {
        self.market.run(Caller::member(self.session), command)
    }

    pub(super) fn ask<T, F>(&self, read: F) -> impl Future<Output = Result<T, No>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    {
        self.market.ask(Caller::member(self.session), read)
    }

    /// Waits until there may be something to hear.
    pub(super) async fn woken(&self) {
        self.ear.woken().await;
    }

    /// What others said since this was asked before.
    pub(super) async fn hear(&mut self) -> Result<Vec<Said>, Over> {
        let mut lines = Vec::new();
        let cursor = self.ear.cursor();
        match self.ear.hear(&self.live, Form::Lines, &mut lines, TAKEN).await {
            // What was missed is read from the log.
            Told::Over(CutOff::TooSlow) => {
                let begun = Ear::begin(&self.market, self.who(), Some(cursor), Vec::new()).await;
                self.ear = begun.map_err(|_| Over)?.0;
            }
            Told::Over(_) => return Err(Over),
            Told::Nothing | Told::Something => {}
        }
        let mut said = Vec::new();
        for message in lines.split(|&byte| byte == b'\n').filter_map(message) {
            let conversation = message.conversation;
            let told = self.told.get(&conversation).copied();
            let here = said.iter().filter(|said: &&Said| said.conversation == conversation);
            let told = here.map(|said| said.number).chain(told).max().unwrap_or_default();
            if message.sender == self.member || message.number <= told {
                continue;
            }
            // Whatever is unread before it comes first: reading it marks that as read too.
            let wire = self.wire;
            let unread = self.ask(move |view| {
                let talk = view.conversation(conversation)?;
                unread_of(view, wire, &talk, told)
            });
            // What cannot be told now is still unread, and comes with the next.
            if let Ok(unread) = unread.await {
                said.extend(unread.into_iter().map(|(_, said)| said));
            }
        }
        Ok(said)
    }

    /// What others said and the member has not read, the oldest first.
    pub(super) async fn unread(&self) -> Result<Vec<Said>, No> {
        let wire = self.wire;
        let unread = self.ask(move |view| {
            let mut unread = Vec::new();
            for talk in view.conversations(None, Some(PAGE.1))?.rows {
                if talk.unread > 0 {
                    unread.extend(unread_of(view, wire, &talk, 0)?);
                }
            }
            unread.sort_by_key(|(sent_at, _)| *sent_at);
            Ok(unread.into_iter().map(|(_, said)| said).collect())
        });
        unread.await
    }

    /// The member has read these, which reached them: they are not told here again.
    pub(super) async fn has_read(&mut self, said: &[Said]) {
        let mut up_to = BTreeMap::new();
        for said in said {
            let number = up_to.entry(said.conversation).or_insert(said.number);
            *number = said.number.max(*number);
        }
        for (conversation, number) in up_to {
            let told = self.told.entry(conversation).or_insert(number);
            *told = number.max(*told);
            if let Err(no) = self.run(Command::MarkRead { conversation, number }).await {
                tracing::debug!(%no, "what was read over an older program is shown again");
            }
        }
    }

    /// Says something to another member.
    pub(super) async fn say(&self, to: &MemberCard, text: &str) -> Result<(), No> {
        let text = MessageText::parse(text)?;
        let partner = Partner::Member(to.username.clone());
        match self.run(Command::StartConversation { partner }).await? {
            Reply::Conversation(talk) => {
                let command = Command::SendMessage { conversation: talk.conversation, message: None, text };
                self.run(command).await.map(drop)
            }
            _ => Err(Refusal::not_found("conversation").into()),
        }
    }

    /// The member of that name, and whether they are here.
    pub(super) async fn find(&self, name: &str) -> Result<Option<(MemberCard, bool)>, No> {
        let (wire, name) = (self.wire, name.to_owned());
        let found = self.ask(move |view| {
            let Some(card) = view.member_over(wire, &name)? else { return Ok(None) };
            let here = view.presence(&[card.username.to_string()])?;
            Ok(Some((card, here.first().is_some_and(|seen| seen.online))))
        });
        found.await
    }

    /// The member is gone, and the session over.
    pub(super) async fn end(self) {
        let Self { market, session, ear, arrival, .. } = self;
        drop((arrival, ear));
        let ended = market.run(Caller::member(session), Command::EndSession { session }).await;
        if let Err(no) = ended {
            tracing::debug!(%no, "the session of an older program was not ended");
        }
    }
}

/// What was said in a conversation and is neither read nor told up to that number: the oldest page of it.
fn unread_of(
    view: &mut View<'_>,
    wire: LegacyWire,
    talk: &ConversationView,
    told: i64,
) -> Result<Vec<(Moment, Said)>, No> {
    let from = view.name_over(wire, &talk.with)?;
    let page = view.messages(talk.conversation, (None, Some(told.max(talk.read))), Some(PAGE.1))?;
    let theirs = page.rows.into_iter().filter(|message| message.sender == talk.with.id);
    let said = |Message { conversation, number, sent_at, text, .. }| {
        // In these programs a line of its own would pass for the head of another message.
        let text = text.replace('\n', "\n    ");
        (sent_at, Said { conversation, number, from: from.clone(), text })
    };
    Ok(theirs.map(said).collect())
}

/// The message that a line tells of, if it tells of one.
fn message(line: &[u8]) -> Option<Message> {
    #[derive(Deserialize)]
    struct Line {
        event: Event,
    }
    #[derive(Deserialize)]
    struct Event {
        message: Message,
    }
    let line = std::str::from_utf8(line).ok().filter(|line| line.contains("\"message_sent\""))?;
    serde_json::from_str::<Line>(line).ok().map(|line| line.event.message)
}
