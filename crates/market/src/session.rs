//! Sessions: starting, resuming, ending, forgetting.

use auboutique_db::{address, answer, auction, member, picture, session as db, tries};
use auboutique_domain::id::{MemberId, SessionId};
use auboutique_domain::member::{SESSION_LIFE, Secret, SessionView};
use auboutique_domain::picture::UNUSED_LIFE;
use auboutique_domain::time::Span;
use auboutique_domain::{Event, Refusal, Reply};
use sha2::{Digest as _, Sha256};

use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, credential};

/// How long ended sessions are kept, so that a member who looks into an incident still finds them in the log.
const ENDED_LIFE: Span = Span::days(1);
/// How long it is remembered that two members used one device.
const DEVICE_LIFE: Span = Span::days(180);
/// How long after its end it is known where an order was shipped to.
const ADDRESS_LIFE: Span = Span::days(90);

pub(crate) fn start(
    work: &mut Work<'_>,
    member: MemberId,
    token: &Secret,
    device: String,
    forgive: &[String],
) -> Outcome {
    work.node()?;
    let member = member::find(work.db, member)?.ok_or(Refusal::WrongCredentials)?;
    credential::forgive(work, forgive)?;
    let session = work.id(SessionId::new);
    let view = SessionView {
        session,
        started_at: work.now,
        expires_at: work.now.plus(SESSION_LIFE),
        last_seen_at: work.now,
        device,
        current: true,
    };
    db::insert(work.db, &view, member.id, token.reveal())?;
    work.tell(Event::SessionStarted { member: member.id, session });
    Ok(Reply::Session(view))
}

pub(crate) fn resume(work: &mut Work<'_>, session: SessionId) -> Outcome {
    work.node()?;
    db::extend(work.db, session, work.now, work.now.plus(SESSION_LIFE))?;
    Ok(Reply::Done)
}

pub(crate) fn see_device(work: &mut Work<'_>, member: MemberId, device: &Secret) -> Outcome {
    work.node()?;
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(device.reveal().as_bytes()));
    auction::see_device(work.db, &hash, member, work.now)?;
    Ok(Reply::Done)
}

pub(crate) fn end(work: &mut Work<'_>, session: SessionId) -> Outcome {
    let member = work.member()?;
    if !db::end(work.db, session, member.id, work.now)? {
        return Err(Refusal::not_found("session").into());
    }
    work.tell(Event::SessionEnded { member: member.id, session });
    Ok(Reply::Done)
}

/// Deletes what is no longer needed, and erases where things were shipped to, so that no table grows by what nobody asks for.
pub(crate) fn forget(work: &mut Work<'_>) -> Outcome {
    work.node()?;
    let sessions = db::forget(work.db, work.now.minus(ENDED_LIFE), work.now.minus(ENDED_LIFE))?;
    let answers = answer::forget(work.db, work.now)?;
    let tries = tries::forget(work.db, work.now.minus(credential::WINDOW))?;
    let pictures = picture::forget(work.db, work.now.minus(UNUSED_LIFE))?;
    let addresses = address::forget(work.db, work.now.minus(ADDRESS_LIFE), work.now)?;
    let devices = auction::forget_devices(work.db, work.now.minus(DEVICE_LIFE))?;
    let forgotten = sessions + answers + tries + pictures + addresses + devices;
    Ok(Reply::Forgotten(i64::try_from(forgotten).unwrap_or(i64::MAX)))
}

impl View<'_> {
    /// The asker's live sessions, newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub fn sessions(&mut self) -> Result<Vec<SessionView>, No> {
        let (member, Some(current)) = (self.member()?, self.session) else {
            return Err(Refusal::SignInNeeded.into());
        };
        let found = db::of_member(self.db, member.id, current, self.now);
        self.settle(found.map_err(Stop::from))
    }
}
