//! Members: joining, changing one's account, roles.

use auboutique_db::{member as db, pickup, presence, session};
use auboutique_domain::id::MemberId;
use auboutique_domain::member::{Account, Email, Me, Member, MemberCard, Role, Secret, Username};
use auboutique_domain::{Event, Refusal, Reply};

use crate::caller::Who;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, setting};

/// The kind of credential that serves the wires that take a password as typed.
pub(crate) const PASSWORD: &str = "password";

pub(crate) fn register(
    work: &mut Work<'_>,
    name: String,
    username: Username,
    email: Email,
    password: &Secret,
) -> Outcome {
    email.allowed_by(&setting::find(work)?)?;
    if db::find_by_username(work.db, username.as_str())?.is_some() {
        return Err(Refusal::UsernameTaken.into());
    }
    crate::store::is_no_store(work, &username, None)?;
    if db::find_by_email(work.db, email.as_str())?.is_some() {
        return Err(Refusal::EmailTaken.into());
    }
    let member = Member {
        id: work.id(MemberId::new),
        username,
        email,
        name,
        role: Role::Member,
        registered_at: work.now,
        version: 1,
    };
    db::insert(work.db, &member)?;
    db::set_credential(work.db, member.id, PASSWORD, password, work.now)?;
    work.tell(Event::MemberRegistered { member: member.id });
    Ok(Reply::Account(member.account()))
}

fn save(work: &mut Work<'_>, member: &Member, event: Event) -> Outcome {
    db::save(work.db, member)?;
    work.tell(event);
    Ok(Reply::Account(member.account()))
}

pub(crate) fn change_name(work: &mut Work<'_>, name: String) -> Outcome {
    let member = Member { name, ..work.member()? };
    save(work, &member, Event::NameChanged { member: member.id })
}

pub(crate) fn change_username(work: &mut Work<'_>, username: Username) -> Outcome {
    let member = work.member()?;
    if db::find_by_username(work.db, username.as_str())?.is_some_and(|other| other.id != member.id) {
        return Err(Refusal::UsernameTaken.into());
    }
    crate::store::is_no_store(work, &username, Some(member.id))?;
    let member = Member { username, ..member };
    save(work, &member, Event::UsernameChanged { member: member.id })
}

pub(crate) fn change_email(work: &mut Work<'_>, email: Email) -> Outcome {
    let member = work.member()?;
    email.allowed_by(&setting::find(work)?)?;
    if db::find_by_email(work.db, email.as_str())?.is_some_and(|other| other.id != member.id) {
        return Err(Refusal::EmailTaken.into());
    }
    let member = Member { email, ..member };
    save(work, &member, Event::EmailChanged { member: member.id })
}

pub(crate) fn change_password(work: &mut Work<'_>, password: &Secret) -> Outcome {
    let member = work.member()?;
    let Who::Member(kept) = work.who else { return Err(Refusal::SignInNeeded.into()) };
    db::set_credential(work.db, member.id, PASSWORD, password, work.now)?;
    for session in session::end_others(work.db, member.id, kept, work.now)? {
        work.tell(Event::SessionEnded { member: member.id, session });
    }
    work.tell(Event::PasswordChanged { member: member.id });
    Ok(Reply::Account(member.account()))
}

pub(crate) fn change_role(work: &mut Work<'_>, username: &Username, role: Role) -> Outcome {
    work.operator()?;
    let member = find(work, username)?;
    if member.role == Role::Operator && role < Role::Operator && db::operators(work.db)? <= 1 {
        return Err(Refusal::LastOperator.into());
    }
    let member = Member { role, ..member };
    db::save(work.db, &member)?;
    work.tell(Event::RoleChanged { member: member.id, role });
    Ok(Reply::Member(member.card()))
}

/// The member of that username.
pub(crate) fn find(work: &mut Work<'_>, username: &Username) -> Result<Member, Stop> {
    let found = db::find_by_username(work.db, username.as_str())?;
    Ok(found.ok_or_else(|| Refusal::not_found("member"))?)
}

impl View<'_> {
    /// The asker's own account.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub fn account(&mut self) -> Result<Account, No> {
        Ok(self.member()?.account())
    }

    /// The same with what a client has to know from the start.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub fn me(&mut self) -> Result<Me, No> {
        let member = self.member()?;
        let kept = presence::find(self.db, member.id);
        let kept = self.settle(kept.map_err(Stop::from))?;
        let attends = pickup::attended(self.db, member.id);
        let attends = self.settle(attends.map_err(Stop::from))?;
        let presence_hidden = kept.is_some_and(|kept| kept.hidden);
        let unread = self.unread()?;
        Ok(Me { account: member.account(), presence_hidden, unread, attends })
    }

    /// What everybody may see of a member.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`].
    pub fn member_card(&mut self, username: &str) -> Result<MemberCard, No> {
        // What cannot be a username is the name of nobody; the database is not asked for it.
        let username = Username::parse(username).map_err(|_| Refusal::not_found("member"))?;
        let found = db::find_by_username(self.db, username.as_str());
        let member = self.settle(found.map_err(Stop::from))?;
        Ok(member.ok_or_else(|| Refusal::not_found("member"))?.card())
    }

    /// How many members there are, for operators.
    ///
    /// # Errors
    ///
    /// A refusal for anybody else.
    pub fn count_members(&mut self) -> Result<i64, No> {
        self.operator()?;
        let count = db::count(self.db);
        self.settle(count.map_err(Stop::from))
    }
}
