//! Conversations, their participants and messages, and who blocks whom.

use auboutique_domain::conversation::{
    About, Conversation, ConversationView, Marks, Message, Standing, Subject,
};
use auboutique_domain::id::{ConversationId, MemberId, MessageId};
use auboutique_domain::member::MemberCard;
use auboutique_domain::time::Moment;

use crate::dialect::Connection;
use crate::error::DbError;
use crate::member::read_card;
use crate::params;
use crate::row::Row;

macro_rules! conversation {
    ($rest:literal) => {
        concat!(
            "SELECT id, starter_id, other_id, about, started_at, opened_at, last_number, version FROM conversations ",
            $rest
        )
    };
}
const BY_ID: &str = conversation!("WHERE id = $1");
const BETWEEN: &str = conversation!("WHERE low_id = $1 AND high_id = $2 AND about = $3");
const INSERT: &str = "INSERT INTO conversations
    (id, starter_id, other_id, low_id, high_id, about, started_at, last_number, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 1)";
const INSERT_PARTICIPANT: &str = "INSERT INTO participants
    (conversation_id, member_id, with_id, active_at, sent, unread, delivered, read_up_to)
    VALUES ($1, $2, $3, $4, 0, 0, 0, 0)";
const UPDATE: &str = "UPDATE conversations SET opened_at = $1, last_number = $2, version = version + 1
    WHERE id = $3 AND version = $4";
const SHOW: &str = "UPDATE participants SET active_at = $1 WHERE conversation_id = $2 AND member_id = $3";
const SENT: &str = "UPDATE participants SET sent = sent + 1, active_at = $1
    WHERE conversation_id = $2 AND member_id = $3";
const RECEIVED: &str = "UPDATE participants SET unread = unread + 1, active_at = $1
    WHERE conversation_id = $2 AND member_id <> $3";
const INSERT_MESSAGE: &str = "INSERT INTO messages (id, conversation_id, number, sender_id, sent_at, text)
    VALUES ($1, $2, $3, $4, $5, $6)";

macro_rules! message {
    ($rest:literal) => {
        concat!("SELECT id, conversation_id, number, sender_id, sent_at, text FROM messages ", $rest)
    };
}
const MESSAGE: &str = message!("WHERE id = $1");
const BEFORE: &str = message!("WHERE conversation_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
const AFTER: &str = message!("WHERE conversation_id = $1 AND number > $2 ORDER BY number LIMIT $3");

const MARKS: &str =
    "SELECT delivered, read_up_to FROM participants WHERE conversation_id = $1 AND member_id = $2";
// What is unread falls by what is read now. Counting what is left would miss a message that another node sends meanwhile.
const SET_MARKS: &str = "UPDATE participants SET delivered = $1, read_up_to = $2,
    unread = unread - (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = $3
        AND m.number > participants.read_up_to AND m.number <= $2 AND m.sender_id <> $4)
    WHERE conversation_id = $3 AND member_id = $4 AND delivered <= $1 AND read_up_to <= $2";

const BLOCKED: &str = "SELECT 1 FROM blocks WHERE (member_id = $1 AND blocked_id = $2)
    OR (member_id = $2 AND blocked_id = $1)";
const BLOCKS: &str = "SELECT 1 FROM blocks WHERE member_id = $1 AND blocked_id = $2";
const BLOCK: &str = "INSERT INTO blocks (member_id, blocked_id, at) VALUES ($1, $2, $3)
    ON CONFLICT (member_id, blocked_id) DO NOTHING";
const UNBLOCK: &str = "DELETE FROM blocks WHERE member_id = $1 AND blocked_id = $2";
const BLOCKED_BY: &str = "SELECT m.id, m.username, m.name FROM blocks b JOIN members m ON m.id = b.blocked_id
    WHERE b.member_id = $1 ORDER BY b.at DESC, m.id LIMIT 500";

const HAS_WRITTEN: &str =
    "SELECT 1 FROM participants WHERE member_id = $1 AND with_id = $2 AND sent > 0 LIMIT 1";
const HAVE_TRADED: &str = "SELECT 1 FROM orders WHERE buyer_id = $1 AND seller_id = $2 LIMIT 1";
const SENT_HERE: &str = "SELECT sent FROM participants WHERE conversation_id = $1 AND member_id = $2";
const STRANGERS: &str = "SELECT COUNT(*) FROM conversations c JOIN participants p
    ON p.conversation_id = c.id AND p.member_id <> c.starter_id
    WHERE c.starter_id = $1 AND c.started_at > $2 AND p.sent = 0";
const NTH_LAST: &str = "SELECT sent_at FROM messages WHERE sender_id = $1 AND sent_at > $2
    ORDER BY sent_at DESC LIMIT 1 OFFSET $3";

/// A conversation with what its viewer sees beside it. The title of what it is about is looked up with it: the listing's,
/// or that of the order's first line.
macro_rules! view {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.about, c.started_at, w.id, w.username, w.name,
             p.active_at, p.unread, p.read_up_to, o.delivered, o.read_up_to,
             CASE WHEN EXISTS (SELECT 1 FROM blocks b WHERE b.member_id = p.member_id AND b.blocked_id = p.with_id)
                THEN 1 ELSE 0 END,
             COALESCE((SELECT l.title FROM listings l WHERE l.id = c.about
                    AND (l.withdrawn_at IS NULL OR l.sold_at IS NOT NULL OR l.seller_id = p.member_id)),
                (SELECT i.title FROM order_lines i WHERE i.order_id = c.about AND i.place = 1)),
             r.seen_at, CASE WHEN r.hidden_at IS NOT NULL OR EXISTS (SELECT 1 FROM blocks b
                WHERE b.member_id = p.with_id AND b.blocked_id = p.member_id) THEN 1 ELSE 0 END,
             s.id, s.number, s.sender_id, s.sent_at, s.text
             FROM participants p JOIN conversations c ON c.id = p.conversation_id
             JOIN participants o ON o.conversation_id = p.conversation_id AND o.member_id = p.with_id
             JOIN members w ON w.id = p.with_id LEFT JOIN presences r ON r.member_id = p.with_id
             LEFT JOIN messages s ON s.conversation_id = c.id AND s.number = c.last_number ",
            $rest
        )
    };
}
const VIEW: &str = view!("WHERE p.conversation_id = $1 AND p.member_id = $2 AND p.active_at IS NOT NULL");
const OF_MEMBER: &str = view!(
    "WHERE p.member_id = $1 AND p.active_at IS NOT NULL AND (p.active_at, p.conversation_id) < ($2, $3)
     ORDER BY p.active_at DESC, p.conversation_id DESC LIMIT $4"
);
// Those in whose list a conversation with the member stands. The latest come first, should there be too many.
const TALKS_WITH: &str = "SELECT o.member_id FROM participants p JOIN participants o
        ON o.conversation_id = p.conversation_id AND o.member_id = p.with_id
    WHERE p.member_id = $1 AND o.active_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.member_id = $1 AND b.blocked_id = o.member_id)
    GROUP BY o.member_id ORDER BY MAX(o.active_at) DESC LIMIT 2000";
const TALKS: &str =
    "SELECT 1 FROM participants WHERE member_id = $1 AND with_id = $2 AND active_at IS NOT NULL LIMIT 1";
// Of the conversations that stand in the member's list, blocked ones among them. PostgreSQL adds up to more than a BIGINT.
const UNREAD: &str = "SELECT CAST(COALESCE(SUM(unread), 0) AS BIGINT) FROM participants
    WHERE member_id = $1 AND active_at IS NOT NULL";
const LAST_ACTIVE: &str = "SELECT COALESCE(MAX(active_at), 0) FROM participants";

fn read(row: &mut Row<'_>) -> Result<Conversation, DbError> {
    Ok(Conversation {
        id: row.value()?,
        starter: row.value()?,
        other: row.value()?,
        about: row.parsed(About::parse)?,
        started_at: row.moment()?,
        opened_at: row.moment_or_null()?,
        last_number: row.integer()?,
        version: row.integer()?,
    })
}

fn read_message(row: &mut Row<'_>) -> Result<Message, DbError> {
    Ok(Message {
        message: row.value()?,
        conversation: row.value()?,
        number: row.integer()?,
        sender: row.value()?,
        sent_at: row.moment()?,
        text: row.text()?,
    })
}

/// A conversation as it stands in its viewer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its place there: later talk is larger.
    pub active_at: i64,
    /// Whether the other hides their presence from the viewer.
    pub hidden: bool,
    /// The conversation; whether the other is online is left for the market to say.
    pub view: ConversationView,
}

fn read_view(row: &mut Row<'_>) -> Result<Listed, DbError> {
    let conversation: ConversationId = row.value()?;
    let about = row.parsed(About::parse)?;
    let started_at = row.moment()?;
    let with = read_card(row)?;
    let active_at = row.integer()?;
    let (unread, read) = (row.integer()?, row.integer()?);
    let (their_delivered, their_read) = (row.integer()?, row.integer()?);
    let blocked = row.integer()? > 0;
    let title = row.text_or_null()?.unwrap_or_default();
    let seen_at = row.moment_or_null()?;
    let hidden = row.integer()? > 0;
    let about = match about {
        About::Nothing => None,
        About::Listing(listing) => Some(Subject { listing: Some(listing), order: None, title }),
        About::Order(order) => Some(Subject { listing: None, order: Some(order), title }),
    };
    let last = match row.value_or_null()? {
        None => None,
        Some(message) => Some(Message {
            message,
            conversation,
            number: row.integer()?,
            sender: row.value()?,
            sent_at: row.moment()?,
            text: row.text()?,
        }),
    };
    let view = ConversationView {
        conversation,
        with,
        online: false,
        last_seen_at: if hidden { None } else { seen_at },
        about,
        started_at,
        last,
        unread,
        read,
        their_delivered,
        their_read,
        blocked,
    };
    Ok(Listed { active_at, hidden, view })
}

/// The conversation with this id.
///
/// # Errors
///
/// What the database says.
pub fn find(db: &mut Connection, id: ConversationId) -> Result<Option<Conversation>, DbError> {
    db.find("conversations", BY_ID, params![id], read)
}

/// The conversation of these two about that.
///
/// # Errors
///
/// What the database says.
pub fn between(
    db: &mut Connection,
    one: MemberId,
    other: MemberId,
    about: About,
) -> Result<Option<Conversation>, DbError> {
    let about = about.text();
    db.find("conversations", BETWEEN, params![one.min(other), one.max(other), &about], read)
}

/// Keeps a new conversation. `active_at` is its place in its starter's list.
///
/// # Errors
///
/// [`DbError::Constraint`] when the two have one about that already.
pub fn insert(db: &mut Connection, conversation: &Conversation, active_at: i64) -> Result<(), DbError> {
    let Conversation { id, starter, other, about, started_at, .. } = conversation;
    let about = about.text();
    let (low, high) = (*starter.min(other), *starter.max(other));
    db.change_one(INSERT, params![*id, *starter, *other, low, high, &about, *started_at])?;
    db.change_one(INSERT_PARTICIPANT, params![*id, *starter, *other, Some(active_at)])?;
    db.change_one(INSERT_PARTICIPANT, params![*id, *other, *starter, None::<i64>])
}

fn save(db: &mut Connection, conversation: &Conversation) -> Result<(), DbError> {
    let Conversation { id, opened_at, last_number, version, .. } = conversation;
    db.change_one(UPDATE, params![*opened_at, *last_number, *id, *version])
}

/// The other participant sees the conversation from now on; `active_at` is its place in their list.
///
/// # Errors
///
/// [`DbError::Conflict`] when the row changed since it was read.
pub fn open(db: &mut Connection, conversation: &Conversation, active_at: i64) -> Result<(), DbError> {
    save(db, conversation)?;
    db.change_one(SHOW, params![active_at, conversation.id, conversation.other])
}

/// Keeps a message: its conversation counts it, and moves to `active_at` in both lists.
///
/// # Errors
///
/// [`DbError::Conflict`] when another message was first.
pub fn insert_message(
    db: &mut Connection,
    conversation: &Conversation,
    said: &Message,
    active_at: i64,
) -> Result<(), DbError> {
    save(db, conversation)?;
    let Message { message, conversation, number, sender, sent_at, text } = said;
    db.change_one(INSERT_MESSAGE, params![*message, *conversation, *number, *sender, *sent_at, text])?;
    db.change_one(SENT, params![active_at, *conversation, *sender])?;
    db.change_one(RECEIVED, params![active_at, *conversation, *sender])
}

/// The message with this id.
///
/// # Errors
///
/// What the database says.
pub fn find_message(db: &mut Connection, id: MessageId) -> Result<Option<Message>, DbError> {
    db.find("messages", MESSAGE, params![id], read_message)
}

/// Messages below that number, newest first.
///
/// # Errors
///
/// What the database says.
pub fn before(
    db: &mut Connection,
    id: ConversationId,
    number: i64,
    most: i64,
) -> Result<Vec<Message>, DbError> {
    db.query("messages", BEFORE, params![id, number, most], read_message)
}

/// Messages above that number, oldest first.
///
/// # Errors
///
/// What the database says.
pub fn after(
    db: &mut Connection,
    id: ConversationId,
    number: i64,
    most: i64,
) -> Result<Vec<Message>, DbError> {
    db.query("messages", AFTER, params![id, number, most], read_message)
}

/// How far a participant is; nothing for somebody who is none.
///
/// # Errors
///
/// What the database says.
pub fn marks(db: &mut Connection, id: ConversationId, member: MemberId) -> Result<Option<Marks>, DbError> {
    db.find("participants", MARKS, params![id, member], |row| {
        Ok(Marks { delivered: row.integer()?, read: row.integer()? })
    })
}

/// Moves a participant's marks, and takes what is read now off what is unread.
///
/// # Errors
///
/// [`DbError::Conflict`] when they are further already.
pub fn set_marks(
    db: &mut Connection,
    id: ConversationId,
    member: MemberId,
    marks: Marks,
) -> Result<(), DbError> {
    db.change_one(SET_MARKS, params![marks.delivered, marks.read, id, member])
}

/// A conversation as this participant sees it; nothing when they do not.
///
/// # Errors
///
/// What the database says.
pub fn view(db: &mut Connection, id: ConversationId, viewer: MemberId) -> Result<Option<Listed>, DbError> {
    db.find("conversations", VIEW, params![id, viewer], read_view)
}

/// A member's conversations, latest first, below that place in the list.
///
/// # Errors
///
/// What the database says.
pub fn of_member(
    db: &mut Connection,
    member: MemberId,
    (active_at, id): (i64, &str),
    most: i64,
) -> Result<Vec<Listed>, DbError> {
    db.query("conversations", OF_MEMBER, params![member, active_at, id, most], read_view)
}

/// Whether a conversation with that member stands in this one's list.
///
/// # Errors
///
/// What the database says.
pub fn talks(db: &mut Connection, member: MemberId, with: MemberId) -> Result<bool, DbError> {
    Ok(db.find("participants", TALKS, params![member, with], |row| row.integer())?.is_some())
}

/// The members who see this one come and go: those who talk with them, and whom they do not block.
///
/// # Errors
///
/// What the database says.
pub fn talks_with(db: &mut Connection, member: MemberId) -> Result<Vec<MemberId>, DbError> {
    db.query("participants", TALKS_WITH, params![member], |row| row.value())
}

/// How many messages of others a member has not read, in all the conversations of their list.
///
/// # Errors
///
/// What the database says.
pub fn unread(db: &mut Connection, member: MemberId) -> Result<i64, DbError> {
    Ok(db.find("participants", UNREAD, params![member], |row| row.integer())?.unwrap_or(0))
}

/// The highest place any conversation has in a list.
///
/// # Errors
///
/// What the database says.
pub fn last_active(db: &mut Connection) -> Result<i64, DbError> {
    Ok(db.find("participants", LAST_ACTIVE, &[], |row| row.integer())?.unwrap_or(0))
}

// ---- how two members stand ----

/// Whether this member blocks that one.
///
/// # Errors
///
/// What the database says.
pub fn blocks(db: &mut Connection, member: MemberId, blocked: MemberId) -> Result<bool, DbError> {
    Ok(db.find("blocks", BLOCKS, params![member, blocked], |row| row.integer())?.is_some())
}

/// A member blocks another. `false` when they did already.
///
/// # Errors
///
/// What the database says.
pub fn block(db: &mut Connection, member: MemberId, blocked: MemberId, now: Moment) -> Result<bool, DbError> {
    Ok(db.execute(BLOCK, params![member, blocked, now])? > 0)
}

/// A member blocks another no more. `false` when they did not.
///
/// # Errors
///
/// What the database says.
pub fn unblock(db: &mut Connection, member: MemberId, blocked: MemberId) -> Result<bool, DbError> {
    Ok(db.execute(UNBLOCK, params![member, blocked])? > 0)
}

/// Whom a member blocks, the latest first, 500 at most.
///
/// # Errors
///
/// What the database says.
pub fn blocked_by(db: &mut Connection, member: MemberId) -> Result<Vec<MemberCard>, DbError> {
    db.query("blocks", BLOCKED_BY, params![member], read_card)
}

/// What is asked of the database before a member may write to another.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Who wants to write.
    pub sender: MemberId,
    /// To whom.
    pub recipient: MemberId,
    /// In which conversation, when there is one.
    pub conversation: Option<ConversationId>,
    /// Since when conversations with strangers are counted.
    pub strangers_since: Moment,
    /// Since when messages are counted, and how many are allowed.
    pub flood: (Moment, i64),
}

/// How the two stand.
///
/// # Errors
///
/// What the database says.
pub fn standing(db: &mut Connection, asked: &Asked) -> Result<Standing, DbError> {
    let Asked { sender, recipient, .. } = *asked;
    let mut is = |sql, one: MemberId, other: MemberId| -> Result<bool, DbError> {
        Ok(db.find("participants", sql, params![one, other], |row| row.integer())?.is_some())
    };
    let blocked = is(BLOCKED, sender, recipient)?;
    let acquainted = is(HAS_WRITTEN, recipient, sender)?
        || is(HAVE_TRADED, sender, recipient)?
        || is(HAVE_TRADED, recipient, sender)?;
    let sent_here = match asked.conversation {
        None => 0,
        Some(id) => {
            db.find("participants", SENT_HERE, params![id, sender], |row| row.integer())?.unwrap_or(0)
        }
    };
    let strangers = if acquainted || asked.conversation.is_some() {
        0
    } else {
        let since = asked.strangers_since;
        db.find("conversations", STRANGERS, params![sender, since], |row| row.integer())?.unwrap_or(0)
    };
    let (since, allowed) = asked.flood;
    let flooding_since =
        db.find("messages", NTH_LAST, params![sender, since, allowed - 1], |row| row.moment())?;
    Ok(Standing { blocked, acquainted, sent_here, strangers, flooding_since })
}
