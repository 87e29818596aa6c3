//! Pickup points, as operators set them up.

use auboutique_db::pickup as db;
use auboutique_domain::id::PickupPointId;
use auboutique_domain::member::{MemberCard, Username};
use auboutique_domain::pickup::{PickupPoint, PickupPointDraft};
use auboutique_domain::time::Date;
use auboutique_domain::{Event, Refusal, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, member, order};

/// The point a new market has.
pub(crate) fn first_point() -> PickupPointDraft {
    PickupPointDraft::post_office()
}

fn find(work: &mut Work<'_>, id: PickupPointId) -> Result<PickupPoint, Stop> {
    let found = db::find(work.db, id)?;
    Ok(found.ok_or_else(|| Refusal::not_found("pickup point"))?)
}

pub(crate) fn add(work: &mut Work<'_>, draft: PickupPointDraft) -> Outcome {
    work.operator()?;
    let point = draft.point(work.id(PickupPointId::new), None, 1);
    db::insert(work.db, &point)?;
    work.tell(Event::PickupPointAdded { pickup_point: point.id });
    Ok(Reply::PickupPoint(point))
}

fn save(work: &mut Work<'_>, point: PickupPoint) -> Outcome {
    db::save(work.db, &point)?;
    work.tell(Event::PickupPointChanged { pickup_point: point.id });
    Ok(Reply::PickupPoint(point))
}

pub(crate) fn change(work: &mut Work<'_>, id: PickupPointId, draft: PickupPointDraft) -> Outcome {
    work.operator()?;
    let point = find(work, id)?;
    save(work, draft.point(id, point.closed_at, point.version))
}

pub(crate) fn close(work: &mut Work<'_>, id: PickupPointId) -> Outcome {
    work.operator()?;
    let point = find(work, id)?;
    if point.closed_at.is_some() {
        return Err(Refusal::PickupPointClosed.into());
    }
    let closed_at = Some(work.now);
    save(work, PickupPoint { closed_at, ..point })
}

fn not_past(work: &mut Work<'_>, id: PickupPointId, day: Date) -> Result<(), Stop> {
    find(work, id)?;
    if day < order::calendar(work, id)?.day_of(work.now) {
        return Err(Refusal::DayInvalid.into());
    }
    Ok(())
}

pub(crate) fn close_day(work: &mut Work<'_>, id: PickupPointId, day: Date) -> Outcome {
    work.operator()?;
    not_past(work, id, day)?;
    if db::close_day(work.db, id, day)? {
        work.tell(Event::DayClosed { pickup_point: id, day });
        order::move_from(work, id, day)?;
    }
    Ok(Reply::Done)
}

pub(crate) fn open_day(work: &mut Work<'_>, id: PickupPointId, day: Date) -> Outcome {
    work.operator()?;
    not_past(work, id, day)?;
    if db::open_day(work.db, id, day)? {
        work.tell(Event::DayOpened { pickup_point: id, day });
    }
    Ok(Reply::Done)
}

pub(crate) fn appoint(work: &mut Work<'_>, id: PickupPointId, username: &Username) -> Outcome {
    work.operator()?;
    find(work, id)?;
    let member = member::find(work, username)?;
    if db::appoint(work.db, id, member.id, work.now)? {
        work.tell(Event::AttendantAppointed { pickup_point: id, member: member.id });
    }
    Ok(Reply::Member(member.card()))
}

pub(crate) fn dismiss(work: &mut Work<'_>, id: PickupPointId, username: &Username) -> Outcome {
    work.operator()?;
    let member = member::find(work, username)?;
    if !db::dismiss(work.db, id, member.id)? {
        return Err(Refusal::not_found("attendant").into());
    }
    work.tell(Event::AttendantDismissed { pickup_point: id, member: member.id });
    Ok(Reply::Member(member.card()))
}

/// A pickup point with the days it stays closed, and, for operators, who serves its desk.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PickupPointDesk)]
pub struct Desk {
    /// The point.
    #[serde(flatten)]
    pub point: PickupPoint,
    /// The days from today on that it stays closed although its week says otherwise.
    #[schema(value_type = Vec<String>)]
    pub closures: Vec<Date>,
    /// Who serves it; only for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attendants: Option<Vec<MemberCard>>,
}

impl View<'_> {
    /// Every pickup point, oldest first.
    ///
    /// # Errors
    ///
    /// [`No::Busy`] or [`No::Broken`] only.
    pub fn pickup_points(&mut self) -> Result<Vec<Desk>, No> {
        let points = db::all(self.db);
        let points = self.settle(points.map_err(Stop::from))?;
        let for_operator = self.operator().is_ok();
        let mut desks = Vec::with_capacity(points.len());
        for point in points {
            let (id, today) = (point.id, self.now.timestamp());
            let zone = auboutique_domain::time::zone(&point.time_zone);
            let today = today.to_zoned(zone.unwrap_or(auboutique_domain::time::UTC)).date();
            let calendar = db::calendar(self.db, point, today);
            let calendar = self.settle(calendar.map_err(Stop::from))?;
            let attendants = if for_operator {
                let found = db::attendants(self.db, id);
                Some(self.settle(found.map_err(Stop::from))?)
            } else {
                None
            };
            desks.push(Desk {
                point: calendar.point,
                closures: calendar.closures.into_iter().collect(),
                attendants,
            });
        }
        Ok(desks)
    }
}
