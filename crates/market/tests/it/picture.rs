//! Pictures: brought piece by piece, kept twice, shown where their listing is.

use auboutique_domain::id::{ListingId, PictureId};
use auboutique_domain::listing::{Category, Condition, ListingChanges, ListingDraft};
use auboutique_domain::picture::{PictureView, Size};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Caller, No, verify_pictures};

use crate::stage::{Person, Stage, png, refused, usd};

fn lists(stage: &Stage, seller: &Person, pictures: &[PictureView]) -> Result<ListingId, No> {
    let ids = pictures.iter().map(|picture| picture.picture).collect();
    let draft = ListingDraft::new("Lamp", "", usd(500), Category::Furniture, Condition::Good, None).unwrap();
    let draft = draft.with_pictures(ids).unwrap();
    stage.run(seller.caller(), Command::AddListing { draft }).map(|reply| match reply {
        Reply::Listing(listing) => listing.listing,
        other => panic!("{other:?}"),
    })
}

fn shows(stage: &Stage, seller: &Person, listing: ListingId, pictures: &[PictureView]) -> Result<(), No> {
    let ids = pictures.iter().map(|picture| picture.picture).collect();
    let changes = ListingChanges::default().pictures(Some(ids)).unwrap();
    stage.run(seller.caller(), Command::EditListing { listing, changes }).map(drop)
}

fn piece(stage: &Stage, caller: Caller, id: PictureId, offset: i64) -> Result<Vec<u8>, No> {
    let asked = stage.market().picture(caller, id, Size::Thumbnail, offset, 64);
    stage.wait(asked).map(|piece| piece.bytes)
}

on_both! {
    fn a_picture_comes_in_by_pieces_and_goes_out_by_pieces(stage) {
        let rana = stage.member("rana");
        let (market, file) = (stage.market().clone(), png(3));
        let whole = i64::try_from(file.len()).unwrap();
        let upload = stage.wait(market.start_upload(rana.caller(), whole)).unwrap();
        let send = |offset: i64, piece: &[u8]| {
            stage.wait(market.send_chunk(rana.caller(), upload, offset, piece.to_vec()))
        };
        assert_eq!(send(0, &file[..100]).unwrap(), 100);
        assert_eq!(send(0, &file[..100]).unwrap(), 100, "a piece that was received already is answered again");
        assert_eq!(refused(send(101, &file[101..])), Refusal::UploadMisplaced { received: 100 });
        let early = stage.wait(market.finish_upload(rana.caller(), upload));
        assert_eq!(refused(early), Refusal::UploadMisplaced { received: 100 });
        assert_eq!(refused(send(100, &[0; 5_000])), Refusal::UploadMisplaced { received: 100 });
        assert_eq!(send(50, &file[50..]).unwrap(), whole, "a piece may overlap the one before");
        let picture = stage.wait(market.finish_upload(rana.caller(), upload)).unwrap();
        assert_eq!((picture.large.width, picture.large.height), (12, 9));
        assert_eq!(stage.wait(market.finish_upload(rana.caller(), upload)).unwrap(), picture);
        assert_eq!(stage.count("pictures"), 1);

        let mut out = Vec::new();
        while i64::try_from(out.len()).unwrap() < picture.thumbnail.bytes {
            let offset = i64::try_from(out.len()).unwrap();
            out.extend(piece(stage, rana.caller(), picture.picture, offset).unwrap());
        }
        assert!(out.starts_with(b"RIFF") && out[8..].starts_with(b"WEBP"));
        let beyond = piece(stage, rana.caller(), picture.picture, picture.thumbnail.bytes);
        assert_eq!(refused(beyond), Refusal::not_found("page"));
        stage.is_clean();
    }

    fn what_is_no_picture_is_refused_and_leaves_nothing_behind(stage) {
        let rana = stage.member("rana");
        let page = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
        let answer = stage.market().add_picture_now(rana.caller(), page);
        assert!(matches!(refused(answer), Refusal::PictureUnreadable { .. }));
        let answer = stage.market().add_picture_now(rana.caller(), png(1)[..60].to_vec());
        assert!(matches!(refused(answer), Refusal::PictureUnreadable { .. }));
        for bytes in [0, -1, 8 * 1_024 * 1_024 + 1, i64::MAX] {
            let answer = stage.wait(stage.market().start_upload(rana.caller(), bytes));
            assert!(matches!(refused(answer), Refusal::PictureTooLarge { .. }), "{bytes}");
        }
        let answer = stage.wait(stage.market().start_upload(Caller::VISITOR, 10));
        assert_eq!(refused(answer), Refusal::SignInNeeded);
        assert_eq!(stage.count("pictures"), 0);
    }

    fn an_upload_is_its_members_and_is_forgotten_after_ten_silent_minutes(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let market = stage.market().clone();
        let upload = stage.wait(market.start_upload(rana.caller(), 100)).unwrap();
        let theirs = stage.wait(market.send_chunk(karim.caller(), upload, 0, vec![1]));
        assert_eq!(refused(theirs), Refusal::not_found("upload"));
        stage.env.advance(Span::minutes(10));
        stage.wait(market.start_upload(karim.caller(), 100)).unwrap();
        let late = stage.wait(market.send_chunk(rana.caller(), upload, 0, vec![1]));
        assert_eq!(refused(late), Refusal::not_found("upload"));
        // Who begins a third gives up the first.
        let first = stage.wait(market.start_upload(rana.caller(), 100)).unwrap();
        stage.env.advance(Span::seconds(1));
        for _ in 0..2 {
            stage.wait(market.start_upload(rana.caller(), 100)).unwrap();
        }
        assert!(stage.wait(market.send_chunk(rana.caller(), first, 0, vec![1])).is_err());
    }

    fn announcing_takes_no_room_and_uploads_that_pause_make_it(stage) {
        let market = stage.market().clone();
        let members: Vec<Person> = (0..5).map(|number| stage.member(&format!("member_{number}"))).collect();
        let begin = |member: &Person| stage.wait(market.start_upload(member.caller(), 8_388_608)).unwrap();
        let send = |member: &Person, upload| stage.wait(market.send_chunk(member.caller(), upload, 0, vec![1]));
        let uploads: Vec<_> = members.iter().map(begin).collect();
        let sent = members.iter().zip(&uploads).map(|(member, &upload)| send(member, upload));
        let sent: Vec<bool> = sent.map(|answer| answer.is_ok()).collect();
        assert_eq!(sent, [true, true, true, false, false]);
        assert!(matches!(send(&members[3], uploads[3]), Err(No::Busy(_))));
        stage.env.advance(Span::seconds(31));
        assert_eq!(send(&members[3], uploads[3]).unwrap(), 1);
        assert_eq!(refused(send(&members[0], uploads[0])), Refusal::not_found("upload"));
    }

    fn finishing_twice_at_once_makes_one_picture(stage) {
        let rana = stage.member("rana");
        let (market, file) = (stage.market().clone(), png(3));
        let upload = stage.wait(market.start_upload(rana.caller(), i64::try_from(file.len()).unwrap())).unwrap();
        stage.wait(market.send_chunk(rana.caller(), upload, 0, file)).unwrap();
        let finish = || market.finish_upload(rana.caller(), upload);
        let (one, other) = stage.wait(async { tokio::join!(finish(), finish()) });
        let made: Vec<PictureView> = [one, other].into_iter().filter_map(Result::ok).collect();
        assert_eq!((made.len(), stage.count("pictures")), (1, 1));
        assert_eq!(stage.wait(finish()).unwrap(), made[0]);
    }

    fn a_listing_shows_its_pictures_in_their_order_and_a_picture_is_on_one_listing(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let all: Vec<PictureView> = (0..3).map(|number| stage.brings_picture(&rana, number)).collect();
        assert_eq!(refused(lists(stage, &rana, &[])), Refusal::PictureNeeded);
        let listing = lists(stage, &rana, &all[..2]).unwrap();
        assert_eq!(stage.listing(listing).unwrap().pictures, all[..2]);
        shows(stage, &rana, listing, &[all[2], all[0]]).unwrap();
        assert_eq!(stage.listing(listing).unwrap().pictures, [all[2], all[0]]);
        assert_eq!(refused(shows(stage, &rana, listing, &[])), Refusal::PictureNeeded);
        // Neither another's picture, nor one that is on another listing, nor one that is not.
        assert_eq!(refused(lists(stage, &karim, &all[1..2])), Refusal::not_found("picture"));
        assert_eq!(refused(lists(stage, &rana, &all[..1])), Refusal::not_found("picture"));
        let other = lists(stage, &rana, &all[1..2]).unwrap();
        assert_eq!(stage.listing(other).unwrap().pictures, all[1..2]);
        assert_eq!(stage.sees(&rana, |view| view.own_listings(None, None)).rows[0].listing.pictures, all[1..2]);
        stage.is_clean();
        stage.sql("UPDATE listings SET pictures = '[]'");
        assert_eq!(stage.findings().len(), 2);
    }

    fn a_picture_is_seen_where_its_listing_is(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let picture = stage.brings_picture(&rana, 1);
        let id = picture.picture;
        let missing = Refusal::not_found("picture");
        assert_eq!(refused(piece(stage, karim.caller(), id, 0)), missing);
        assert!(piece(stage, rana.caller(), id, 0).is_ok());
        let listing = lists(stage, &rana, &[picture]).unwrap();
        assert!(piece(stage, Caller::VISITOR, id, 0).is_ok());
        stage.does(&rana, Command::WithdrawListing { listing });
        assert_eq!(refused(piece(stage, Caller::VISITOR, id, 0)), missing);
        assert!(piece(stage, rana.caller(), id, 0).is_ok());
    }

    fn a_member_has_forty_pictures_on_no_listing_and_each_for_a_day(stage) {
        let rana = stage.member("rana");
        let kept = stage.brings_picture(&rana, 0);
        let listing = lists(stage, &rana, &[kept]).unwrap();
        for number in 1..=40 {
            stage.brings_picture(&rana, number);
        }
        let one_more = stage.wait(stage.market().start_upload(rana.caller(), 10));
        assert_eq!(refused(one_more), Refusal::TooManyUploads { most: 40 });
        let one_more = stage.market().add_picture_now(rana.caller(), png(41));
        assert_eq!(refused(one_more), Refusal::TooManyUploads { most: 40 });
        stage.env.advance(Span::hours(23));
        stage.run(Caller::TIMEKEEPER, Command::Forget).unwrap();
        assert_eq!(stage.count("pictures"), 41);
        stage.env.advance(Span::hours(2));
        stage.run(Caller::TIMEKEEPER, Command::Forget).unwrap();
        assert_eq!(stage.count("pictures"), 1);
        assert_eq!(stage.listing(listing).unwrap().pictures, [kept]);
        stage.is_clean();
    }
}

#[test]
fn a_picture_file_that_is_missing_or_changed_is_found_by_verify() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let kept: Vec<PictureView> = (0..2).map(|number| stage.brings_picture(&rana, number * 90)).collect();
    lists(&stage, &rana, &kept).unwrap();
    let folder = stage.file("pictures");
    let findings = || {
        let mut verdict = stage.verdict();
        verify_pictures(&stage.location, &folder, &mut verdict).unwrap();
        verdict.findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(findings(), [] as [String; 0]);
    let file = |hash: &str| folder.join(&hash[..2]).join(format!("{hash}.webp"));
    let hashes = stage.sql("SELECT large_hash FROM pictures ORDER BY id");
    let hashes: Vec<&str> = hashes.lines().collect();
    // So small a picture is its own thumbnail: the two rows share one file each.
    std::fs::remove_file(file(hashes[0])).unwrap();
    let mut bytes = std::fs::read(file(hashes[1])).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(file(hashes[1]), bytes).unwrap();
    let found = findings();
    assert!(found.iter().any(|found| found.contains("the file is missing")), "{found:?}");
    assert!(found.iter().any(|found| found.contains("holds something else")), "{found:?}");
}
