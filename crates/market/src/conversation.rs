//! Conversations: starting, saying, reading, blocking.

use auboutique_db::conversation::{self as db, Asked, Listed};
use auboutique_db::{listing, order, presence};
use auboutique_domain::conversation::{
    About, Conversation, ConversationView, FLOOD_WINDOW, MessagePage, MessageText, Partner, STRANGER_WINDOW,
    Standing,
};
use auboutique_domain::id::{ConversationId, MemberId, MessageId};
use auboutique_domain::listing::{PAGE, Page};
use auboutique_domain::member::{Member, MemberCard, Username};
use auboutique_domain::{Event, Refusal, Reply};

use crate::no::{No, Stop};
use crate::presence::Presences;
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, setting};

/// With whom, and about what, as the rules know it.
fn partner(work: &mut Work<'_>, by: &Member, partner: &Partner) -> Result<(MemberId, About), Stop> {
    Ok(match partner {
        Partner::Member(username) => (crate::member::find(work, username)?.id, About::Nothing),
        Partner::Seller(id) => {
            let found = listing::find(work.db, *id)?.filter(|listing| listing.is_seen_by(Some(by)));
            let listing = found.ok_or_else(|| Refusal::not_found("listing"))?;
            (listing.seller, About::Listing(listing.id))
        }
        Partner::OtherSide(id) => {
            let found = order::find(work.db, *id)?.filter(|order| order.side_of(by.id).is_some());
            let order = found.ok_or_else(|| Refusal::not_found("order"))?;
            (if order.buyer == by.id { order.seller } else { order.buyer }, About::Order(order.id))
        }
    })
}

fn standing(
    work: &mut Work<'_>,
    sender: MemberId,
    recipient: MemberId,
    conversation: Option<ConversationId>,
) -> Result<Standing, Stop> {
    let allowed = setting::find(work)?.messages_per_minute;
    let asked = Asked {
        sender,
        recipient,
        conversation,
        strangers_since: work.now.minus(STRANGER_WINDOW),
        flood: (work.now.minus(FLOOD_WINDOW), allowed),
    };
    Ok(db::standing(work.db, &asked)?)
}

/// The conversation as this participant sees it now.
fn seen(work: &mut Work<'_>, id: ConversationId, viewer: MemberId) -> Outcome {
    let listed = db::view(work.db, id, viewer)?.ok_or_else(|| Refusal::not_found("conversation"))?;
    Ok(Reply::Conversation(with_presence(listed, work.presences)))
}

fn with_presence(Listed { hidden, view, .. }: Listed, presences: &Presences) -> ConversationView {
    let online = !hidden && presences.has(view.with.id);
    let last_seen_at = if online { None } else { view.last_seen_at };
    ConversationView { online, last_seen_at, ..view }
}

pub(crate) fn start(work: &mut Work<'_>, with: &Partner) -> Outcome {
    let by = work.member()?;
    let (other, about) = partner(work, &by, with)?;
    if other == by.id {
        return Err(Refusal::Yourself.into());
    }
    if let Some(known) = db::between(work.db, by.id, other, about)? {
        if !known.is_seen_by(by.id) {
            // The other one started it and has said nothing yet.
            let id = known.id;
            let (opened, event) = known.open(work.now);
            let place = work.number();
            db::open(work.db, &opened, place)?;
            work.tell(event);
            return seen(work, id, by.id);
        }
        return seen(work, known.id, by.id);
    }
    let standing = standing(work, by.id, other, None)?;
    let id = work.id(ConversationId::new);
    let (conversation, event) = Conversation::start(id, by.id, other, about, &standing, work.now)?;
    let place = work.number();
    db::insert(work.db, &conversation, place)?;
    work.tell(event);
    seen(work, id, by.id)
}

pub(crate) fn send(
    work: &mut Work<'_>,
    id: ConversationId,
    message: Option<MessageId>,
    text: MessageText,
) -> Outcome {
    let sender = work.member()?;
    let found = db::find(work.db, id)?;
    let conversation = found.ok_or_else(|| Refusal::not_found("conversation"))?;
    let recipient = conversation.other_than(sender.id)?;
    // Asked before whether it may be sent: what was sent already is answered again, whatever has changed since.
    if let Some(message) = message
        && let Some(known) = db::find_message(work.db, message)?
    {
        let same = known.sender == sender.id && known.conversation == id && known.text == text.as_str();
        return if same { Ok(Reply::Message(known)) } else { Err(Refusal::MessageIdUsed.into()) };
    }
    let standing = standing(work, sender.id, recipient, Some(id))?;
    let message = message.unwrap_or_else(|| work.id(MessageId::new));
    let (conversation, said, event) = conversation.say((message, text), sender.id, &standing, work.now)?;
    let place = work.number();
    db::insert_message(work.db, &conversation, &said, place)?;
    work.tell(event);
    Ok(Reply::Message(said))
}

pub(crate) fn mark_delivered(work: &mut Work<'_>, id: ConversationId, number: i64) -> Outcome {
    mark(work, id, number, false)
}

pub(crate) fn mark_read(work: &mut Work<'_>, id: ConversationId, number: i64) -> Outcome {
    mark(work, id, number, true)
}

fn mark(work: &mut Work<'_>, id: ConversationId, number: i64, read: bool) -> Outcome {
    let member = work.member()?;
    let found = db::find(work.db, id)?;
    let conversation = found.ok_or_else(|| Refusal::not_found("conversation"))?;
    let to = conversation.other_than(member.id)?;
    let marks = db::marks(work.db, id, member.id)?.ok_or_else(|| Refusal::not_found("conversation"))?;
    let last = conversation.last_number;
    let moved = if read { marks.read_up_to(number, last) } else { marks.delivered_up_to(number, last) };
    if let Some(marks) = moved {
        db::set_marks(work.db, id, member.id, marks)?;
        let by = member.id;
        work.tell(if read {
            Event::MessagesRead { conversation: id, by, number: marks.read, to }
        } else {
            Event::MessagesDelivered { conversation: id, by, number: marks.delivered, to }
        });
    }
    seen(work, id, member.id)
}

pub(crate) fn block(work: &mut Work<'_>, username: &Username) -> Outcome {
    let member = work.member()?;
    let other = crate::member::find(work, username)?;
    if other.id == member.id {
        return Err(Refusal::Yourself.into());
    }
    if db::block(work.db, member.id, other.id, work.now)? {
        work.tell(Event::MemberBlocked { member: member.id, blocked: other.id });
    }
    Ok(Reply::Member(other.card()))
}

pub(crate) fn unblock(work: &mut Work<'_>, username: &Username) -> Outcome {
    let member = work.member()?;
    let other = crate::member::find(work, username)?;
    if db::unblock(work.db, member.id, other.id)? {
        work.tell(Event::MemberUnblocked { member: member.id, blocked: other.id });
    }
    Ok(Reply::Member(other.card()))
}

impl View<'_> {
    /// One of the asker's conversations.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs.
    pub fn conversation(&mut self, id: ConversationId) -> Result<ConversationView, No> {
        let member = self.member()?;
        let found = db::view(self.db, id, member.id);
        let found = self.settle(found.map_err(Stop::from))?;
        let listed = found.ok_or_else(|| Refusal::not_found("conversation"))?;
        Ok(with_presence(listed, &self.presences))
    }

    /// The asker's conversations, latest talk first.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] for a cursor that is none.
    pub fn conversations(
        &mut self,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<ConversationView>, No> {
        let member = self.member()?;
        let below = match after {
            None => Some((i64::MAX, "~".to_owned())),
            Some(cursor) => cursor.split_once('.').and_then(|(place, id)| {
                Some((place.parse().ok()?, ConversationId::parse(id).ok()?.to_string()))
            }),
        };
        let (place, id) = below.ok_or_else(|| Refusal::not_found("page"))?;
        let limit = limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
        let found = db::of_member(self.db, member.id, (place, &id), limit + 1);
        let mut found = self.settle(found.map_err(Stop::from))?;
        let more = found.len() > usize::try_from(limit).unwrap_or(0);
        found.truncate(usize::try_from(limit).unwrap_or(0));
        let cursor = |last: &Listed| format!("{}.{}", last.active_at, last.view.conversation);
        let next = found.last().filter(|_| more).map(cursor);
        let rows = found.into_iter().map(|listed| with_presence(listed, &self.presences)).collect();
        Ok(Page { rows, next })
    }

    /// Messages of one of the asker's conversations, oldest first: the newest of them, those before that number, or those
    /// after it.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when the conversation is not theirs.
    pub fn messages(
        &mut self,
        id: ConversationId,
        (before, after): (Option<i64>, Option<i64>),
        limit: Option<i64>,
    ) -> Result<MessagePage, No> {
        let member = self.member()?;
        let found = db::find(self.db, id);
        let found = self.settle(found.map_err(Stop::from))?;
        found.ok_or_else(|| Refusal::not_found("conversation"))?.other_than(member.id)?;
        let limit = limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
        let rows = match (before, after) {
            (None, Some(after)) => db::after(self.db, id, after, limit + 1),
            (before, _) => db::before(self.db, id, before.unwrap_or(i64::MAX), limit + 1),
        };
        let mut rows = self.settle(rows.map_err(Stop::from))?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(0);
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let next = rows.last().filter(|_| more).map(|message| message.number);
        if after.is_none() || before.is_some() {
            rows.reverse();
        }
        Ok(MessagePage { rows, next })
    }

    /// The asker types in a conversation: who is on its other side, the asker's card for them, and whether they are told. They
    /// are not when the asker hides their presence, when they do not see the conversation yet, and when no message could
    /// follow.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs; [`Refusal::ConversationBlocked`].
    pub fn typing(&mut self, id: ConversationId) -> Result<(MemberId, MemberCard, bool), No> {
        let member = self.member()?;
        let found = db::find(self.db, id);
        let conversation =
            self.settle(found.map_err(Stop::from))?.ok_or_else(|| Refusal::not_found("conversation"))?;
        let recipient = conversation.other_than(member.id)?;
        let asked = Asked {
            sender: member.id,
            recipient,
            conversation: Some(id),
            strangers_since: self.now,
            // Who is told to wait for a moment goes on typing.
            flood: (self.now, 1),
        };
        let standing = db::standing(self.db, &asked);
        let may_send = match self.settle(standing.map_err(Stop::from))?.may_send(self.now) {
            Err(blocked @ Refusal::ConversationBlocked) => return Err(blocked.into()),
            outcome => outcome.is_ok(),
        };
        let kept = presence::find(self.db, member.id);
        let hides = self.settle(kept.map_err(Stop::from))?.is_some_and(|kept| kept.hidden);
        let told = may_send && !hides && conversation.is_seen_by(recipient);
        Ok((recipient, member.card(), told))
    }

    /// How many messages of others the asker has not read: what the conversations of their list have unread, together.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub fn unread(&mut self) -> Result<i64, No> {
        let member = self.member()?;
        let unread = db::unread(self.db, member.id);
        self.settle(unread.map_err(Stop::from))
    }

    /// Whom the asker blocks, the latest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub fn blocks(&mut self) -> Result<Vec<MemberCard>, No> {
        let member = self.member()?;
        let found = db::blocked_by(self.db, member.id);
        self.settle(found.map_err(Stop::from))
    }
}
