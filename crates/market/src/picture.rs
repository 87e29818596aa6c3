//! Pictures: taking them in piece by piece, keeping both sizes, giving them out piece by piece.
//!
//! What comes in is gathered in memory, within bounds; the darkroom makes two clean pictures of it on a thread of its
//! own, the gallery keeps their files, and only then a command writes the row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use auboutique_db::picture::{self as db, Picture};
use auboutique_domain::id::{ListingId, MemberId, PictureId, StoreId, UploadId};
use auboutique_domain::member::Member;
use auboutique_domain::picture::{Extent, MOST_BYTES, MOST_UNUSED, PictureView, Size, Stored, UNUSED_LIFE};
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Event, Refusal, Reply};

use crate::caller::Caller;
use crate::env::random;
use crate::imaging::{Developed, Encoded, Unreadable};
use crate::no::{Busy, No, Stop};
use crate::reader::View;
use crate::writer::{Work, broken};
use crate::{Market, Outcome};

/// How many bytes the uploads of which something has come may have announced together: with the one picture that lies open
/// in the darkroom they stay under 256 MiB.
const MOST_INCOMING: i64 = 3 * MOST_BYTES;
/// How long an upload may pause before it makes room for others.
const PAUSE: Span = Span::seconds(30);
/// How many uploads one member may have under way.
const MOST_UPLOADS: usize = 2;
/// How long an upload is kept after its last piece.
const UPLOAD_LIFE: Span = Span::minutes(10);

/// What is on its way in.
#[derive(Default)]
pub(crate) struct Uploads {
    under_way: Mutex<HashMap<UploadId, Upload>>,
}

struct Upload {
    member: MemberId,
    announced: i64,
    bytes: Arc<Vec<u8>>,
    touched: Moment,
    /// It is in the darkroom.
    developing: bool,
    picture: Option<PictureView>,
}

/// A piece of a picture's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// How large the picture is.
    pub extent: Extent,
    /// Where the piece begins in the file.
    pub offset: i64,
    /// The piece.
    pub bytes: Vec<u8>,
}

impl Uploads {
    fn start(&self, id: UploadId, member: MemberId, announced: i64, now: Moment) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, upload| now.since(upload.touched) < UPLOAD_LIFE);
        // A member who begins another gives up their oldest: a client that lost its place starts anew.
        let mine = under_way.iter().filter(|(_, upload)| upload.member == member);
        let mut mine: Vec<_> = mine.map(|(&id, upload)| (upload.touched, id)).collect();
        mine.sort_unstable();
        for (_, id) in mine.iter().take((mine.len() + 1).saturating_sub(MOST_UPLOADS)) {
            under_way.remove(id);
        }
        let bytes = Arc::default();
        let upload = Upload { member, announced, bytes, touched: now, developing: false, picture: None };
        under_way.insert(id, upload);
    }

    /// Takes in a piece. One that was taken already is answered again; one that leaves a gap is refused.
    fn take(
        &self,
        id: UploadId,
        member: MemberId,
        offset: i64,
        piece: &[u8],
        now: Moment,
    ) -> Result<i64, No> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let announced = find(&mut under_way, id, member)?.announced;
        if find(&mut under_way, id, member)?.bytes.is_empty()
            && !make_room(&mut under_way, id, announced, now)
        {
            return Err(No::Busy(Busy::Overloaded));
        }
        let upload = find(&mut under_way, id, member)?;
        upload.touched = now;
        let received = i64::try_from(upload.bytes.len()).unwrap_or(i64::MAX);
        let end = offset.saturating_add(i64::try_from(piece.len()).unwrap_or(i64::MAX));
        if offset < 0 || offset > received || end > upload.announced {
            return Err(Refusal::UploadMisplaced { received }.into());
        }
        if end <= received {
            return Ok(received);
        }
        let fresh = &piece[usize::try_from(received - offset).unwrap_or(0)..];
        let bytes = Arc::make_mut(&mut upload.bytes);
        // What was announced and no more: a vector that grows by itself would take twice as much.
        bytes.reserve_exact(usize::try_from(upload.announced - received).unwrap_or(0));
        bytes.extend_from_slice(fresh);
        Ok(end)
    }

    /// The bytes of an upload that is whole, which is taken to be in the darkroom from now on; or the picture that was made
    /// of it before.
    fn whole(&self, id: UploadId, member: MemberId) -> Result<Result<PictureView, Arc<Vec<u8>>>, No> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let upload = find(&mut under_way, id, member)?;
        if let Some(picture) = upload.picture {
            return Ok(Ok(picture));
        }
        let received = i64::try_from(upload.bytes.len()).unwrap_or(i64::MAX);
        if received != upload.announced {
            return Err(Refusal::UploadMisplaced { received }.into());
        }
        // Two who finish the same at once would make two pictures of it.
        if std::mem::replace(&mut upload.developing, true) {
            return Err(No::Busy(Busy::Contended));
        }
        Ok(Err(Arc::clone(&upload.bytes)))
    }

    fn is_out_of_the_darkroom(&self, id: UploadId) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(upload) = under_way.get_mut(&id) {
            upload.developing = false;
        }
    }

    /// The upload became this picture: its bytes are no longer needed, and asking again tells the same.
    fn became(&self, id: UploadId, picture: PictureView) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(upload) = under_way.get_mut(&id) {
            upload.bytes = Arc::default();
            upload.announced = 0;
            upload.picture = Some(picture);
        }
    }

    fn give_up(&self, id: UploadId) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// Whether there is room for one more of that many bytes; uploads that pause make it.
fn make_room(under_way: &mut HashMap<UploadId, Upload>, id: UploadId, announced: i64, now: Moment) -> bool {
    let taken = |under_way: &HashMap<UploadId, Upload>| -> i64 {
        under_way.values().filter(|upload| !upload.bytes.is_empty()).map(|upload| upload.announced).sum()
    };
    if taken(under_way) + announced > MOST_INCOMING {
        under_way.retain(|&other, upload| {
            other == id || upload.developing || upload.bytes.is_empty() || now.since(upload.touched) < PAUSE
        });
    }
    taken(under_way) + announced <= MOST_INCOMING
}

/// An upload that is in the darkroom; it is out when whoever waits has gone.
struct Developing<'a>(&'a Uploads, UploadId);

impl Drop for Developing<'_> {
    fn drop(&mut self) {
        self.0.is_out_of_the_darkroom(self.1);
    }
}

fn find(
    under_way: &mut HashMap<UploadId, Upload>,
    id: UploadId,
    member: MemberId,
) -> Result<&mut Upload, Refusal> {
    let found = under_way.get_mut(&id).filter(|upload| upload.member == member);
    found.ok_or_else(|| Refusal::not_found("upload"))
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge { .. } => Self::PictureTooLarge { most_bytes: MOST_BYTES },
            // A side that is too long says so in its own sentence.
            Unreadable::TooManyPixels { width, height, most }
                if u64::from(width) * u64::from(height) > most =>
            {
                Self::PictureTooManyPixels { most: i64::try_from(most).unwrap_or(i64::MAX) }
            }
            other => Self::PictureUnreadable { problem: other.to_string() },
        }
    }
}

impl Market {
    /// A member wants to bring a picture of that many bytes.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`], [`Refusal::PictureTooLarge`], [`Refusal::TooManyUploads`].
    pub async fn start_upload(&self, caller: Caller, bytes: i64) -> Result<UploadId, No> {
        let member = self.ask(caller, |view| view.may_bring_picture()).await?;
        if !(1..=MOST_BYTES).contains(&bytes) {
            return Err(Refusal::PictureTooLarge { most_bytes: MOST_BYTES }.into());
        }
        let (id, now) = (UploadId::new(self.now(), random(self.shared.env.as_ref())), self.now());
        self.shared.uploads.start(id, member, bytes, now);
        Ok(id)
    }

    /// A piece of it comes, at that place. Returns how many bytes have been received.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when there is no such upload of theirs; [`Refusal::UploadMisplaced`];
    /// [`Busy::Overloaded`] at the first piece when too much is under way.
    pub async fn send_chunk(
        &self,
        caller: Caller,
        id: UploadId,
        offset: i64,
        piece: Vec<u8>,
    ) -> Result<i64, No> {
        let member = self.ask(caller, |view| Ok(view.member()?.id)).await?;
        self.shared.uploads.take(id, member, offset, &piece, self.now())
    }

    /// All of it is there: it is decoded, turned upright, made anew in two sizes and kept.
    ///
    /// # Errors
    ///
    /// [`Refusal::PictureUnreadable`], [`Refusal::PictureTooManyPixels`], [`Refusal::UploadMisplaced`] when pieces are
    /// missing, [`Refusal::TooManyUploads`]; [`Busy::Overloaded`] when too many wait to be decoded, [`Busy::Contended`] while
    /// this one is: finish again later.
    pub async fn finish_upload(&self, caller: Caller, id: UploadId) -> Result<PictureView, No> {
        let member = self.ask(caller.clone(), |view| Ok(view.member()?.id)).await?;
        let bytes = match self.shared.uploads.whole(id, member)? {
            Ok(picture) => return Ok(picture),
            Err(bytes) => bytes,
        };
        let _developing = Developing(&self.shared.uploads, id);
        self.ask(caller.clone(), |view| view.may_bring_picture()).await?;
        let made = self.shared.darkroom.make(bytes)?.await.unwrap_or_else(|_| Err(No::stopped()));
        let (large, thumbnail) = match made {
            Ok(made) => made,
            Err(no) => {
                if matches!(no, No::Refused(_)) {
                    self.shared.uploads.give_up(id);
                }
                return Err(no);
            }
        };
        let reply = self.run(caller, Command::AddPicture { large, thumbnail }).await?;
        let picture = self.picture_in(reply)?;
        self.shared.uploads.became(id, picture);
        Ok(picture)
    }

    /// An upload nobody will go on with is forgotten, whatever has become of it.
    pub fn forget_upload(&self, id: UploadId) {
        self.shared.uploads.give_up(id);
    }

    fn picture_in(&self, reply: Reply) -> Result<PictureView, No> {
        match reply {
            Reply::Picture(picture) => Ok(picture),
            other => {
                let wrong = Stop::Wrong(format!("a picture became {other:?}"));
                Err(broken(self.shared.env.as_ref(), "add_picture", &wrong))
            }
        }
    }

    /// The same for a file that is there as a whole.
    ///
    /// # Errors
    ///
    /// As [`Market::finish_upload`], and [`Refusal::PictureTooLarge`].
    pub async fn add_picture(&self, caller: Caller, bytes: Vec<u8>) -> Result<PictureView, No> {
        self.ask(Caller { key: None, ..caller.clone() }, |view| view.may_bring_picture()).await?;
        if !i64::try_from(bytes.len()).is_ok_and(|length| (1..=MOST_BYTES).contains(&length)) {
            return Err(Refusal::PictureTooLarge { most_bytes: MOST_BYTES }.into());
        }
        let made = self.shared.darkroom.make(Arc::new(bytes))?.await;
        let (large, thumbnail) = made.unwrap_or_else(|_| Err(No::stopped()))?;
        let reply = self.run(caller, Command::AddPicture { large, thumbnail }).await?;
        self.picture_in(reply)
    }

    /// The same for callers that may block.
    ///
    /// # Errors
    ///
    /// As [`Market::finish_upload`].
    pub fn add_picture_now(&self, caller: Caller, bytes: Vec<u8>) -> Result<PictureView, No> {
        let made = self.shared.darkroom.make(Arc::new(bytes))?;
        let (large, thumbnail) = made.blocking_recv().unwrap_or_else(|_| Err(No::stopped()))?;
        let reply = self.run_now(caller, Command::AddPicture { large, thumbnail })?;
        self.picture_in(reply)
    }

    /// A piece of a picture, at most that many bytes from that place on.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is no such picture for the asker's eyes, or the place lies behind its end.
    pub async fn picture(
        &self,
        caller: Caller,
        id: PictureId,
        size: Size,
        offset: i64,
        most: i64,
    ) -> Result<Piece, No> {
        let Stored { hash, extent } = self.ask(caller, move |view| view.picture(id, size)).await?;
        if !(0..extent.bytes).contains(&offset) {
            return Err(Refusal::not_found("page").into());
        }
        let end = offset.saturating_add(most.max(1)).min(extent.bytes);
        let range = u64::try_from(offset).unwrap_or(0)..u64::try_from(end).unwrap_or(0);
        match self.shared.gallery.piece(&hash, range).await {
            Ok(bytes) => Ok(Piece { extent, offset, bytes }),
            Err(stop) => Err(broken(self.shared.env.as_ref(), "a picture", &stop)),
        }
    }

    /// Removes the files no picture is kept in any more. Returns how many there were. Blocks.
    ///
    /// A file younger than a day stays: its row may be about to be written.
    pub(crate) fn sweep_pictures(&self) -> Result<usize, No> {
        let env = self.shared.env.as_ref();
        let settle = |stop: Stop| broken(env, "sweeping pictures", &stop);
        let before = self.now().minus(UNUSED_LIFE).micros();
        let mut swept = 0;
        for hash in self.shared.gallery.written_before(before).map_err(settle)? {
            let asked = hash.clone();
            let kept = self.ask_now(Caller::TIMEKEEPER, move |view| {
                let kept = db::keeps(view.db, &asked);
                view.settle(kept.map_err(Stop::from))
            })?;
            if !kept && self.shared.gallery.remove_older(&hash, before).map_err(settle)? {
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// Keeps what the darkroom made.
pub(crate) fn keep(
    gallery: &crate::gallery::Gallery,
    Developed { large, thumbnail }: Developed,
) -> Result<(Stored, Stored), Stop> {
    let kept = |Encoded { width, height, bytes }: Encoded| {
        let extent = Extent {
            width: width.into(),
            height: height.into(),
            bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        };
        Ok::<_, Stop>(Stored { hash: gallery.keep(bytes)?, extent })
    };
    Ok((kept(large)?, kept(thumbnail)?))
}

pub(crate) fn add(work: &mut Work<'_>, large: Stored, thumbnail: Stored) -> Outcome {
    let member = work.member()?;
    if db::count_unused(work.db, member.id)? >= MOST_UNUSED {
        return Err(Refusal::TooManyUploads { most: MOST_UNUSED }.into());
    }
    let id = work.id(PictureId::new);
    let picture = Picture { id, member: member.id, large, thumbnail, listing: None, store: None };
    db::insert(work.db, &picture, work.now)?;
    work.tell(Event::PictureAdded { picture: id, member: member.id });
    Ok(Reply::Picture(picture.view()))
}

/// The pictures a member chose for a listing: those it has, whoever of its store brought them, and their own that nothing
/// else shows.
pub(crate) fn chosen(
    work: &mut Work<'_>,
    member: &Member,
    listing: Option<ListingId>,
    ids: &[PictureId],
) -> Result<Vec<PictureView>, Stop> {
    let mut views = Vec::with_capacity(ids.len());
    for &id in ids {
        let found = db::find(work.db, id)?.filter(|picture| match picture.listing {
            Some(on) => Some(on) == listing,
            None => picture.member == member.id && picture.store.is_none(),
        });
        views.push(found.ok_or_else(|| Refusal::not_found("picture"))?.view());
    }
    Ok(views)
}

/// The picture a store's owner chose for it: the one it has, or one of theirs that nothing else shows.
pub(crate) fn chosen_for_store(
    work: &mut Work<'_>,
    owner: &Member,
    store: StoreId,
    id: PictureId,
) -> Result<PictureView, Stop> {
    let found = db::find(work.db, id)?.filter(|picture| {
        picture.member == owner.id
            && picture.listing.is_none()
            && picture.store.is_none_or(|shown| shown == store)
    });
    Ok(found.ok_or_else(|| Refusal::not_found("picture"))?.view())
}

impl View<'_> {
    /// Whether the asker may bring one more picture, and who it is.
    pub(crate) fn may_bring_picture(&mut self) -> Result<MemberId, No> {
        let member = self.member()?.id;
        let unused = db::count_unused(self.db, member);
        if self.settle(unused.map_err(Stop::from))? >= MOST_UNUSED {
            return Err(Refusal::TooManyUploads { most: MOST_UNUSED }.into());
        }
        Ok(member)
    }

    /// Where a size of a picture is found: for everybody who may see its listing, or another variant of the product, for
    /// everybody when it shows a store, and for who brought it.
    pub(crate) fn picture(&mut self, id: PictureId, size: Size) -> Result<Stored, No> {
        let found = db::find(self.db, id);
        let missing = || Refusal::not_found("picture");
        let picture = self.settle(found.map_err(Stop::from))?.ok_or_else(missing)?;
        let mine = self.viewer.as_ref().is_some_and(|viewer| viewer.id == picture.member);
        if !mine && picture.store.is_none() {
            let listing = picture.listing.ok_or_else(missing)?;
            let seen = match self.listing(listing) {
                Err(No::Refused(Refusal::NotFound { .. })) => self.variants(listing, None, None).map(drop),
                seen => seen.map(drop),
            };
            seen.map_err(|no| match no {
                No::Refused(Refusal::NotFound { .. }) => missing().into(),
                no => no,
            })?;
        }
        Ok(match size {
            Size::Large => picture.large,
            Size::Thumbnail => picture.thumbnail,
        })
    }
}
