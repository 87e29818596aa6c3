//! Pictures that nobody sends in good faith, brought over the wire to the real program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]
#![expect(clippy::disallowed_methods, reason = "how long others wait for their answers is measured here")]

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use image::ImageDecoder as _;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPDecoder;
use serde_json::{Value, json};

use crate::process::{Server, Site, Town};
use crate::stage::{Wire, code};

const SCRIPT: &[u8] = b"<script>alert('boo')</script>";
/// How large a piece is.
const PIECE: usize = 45_000;

/// `promises.md` U1.
#[test]
fn no_picture_that_is_brought_over_the_wire_takes_much_memory_or_keeps_others_waiting() {
    let site = Site::on_sqlite();
    let town = site.seed(4, 1);
    let server = site.start();
    let before = server.peak_mib();
    let (is_over, files) = (AtomicBool::new(false), files());
    let (asked, slowest) = std::thread::scope(|scope| {
        let others = scope.spawn({
            let (wire, is_over) = (enter(&server, &town, 3), &is_over);
            move || ask_meanwhile(wire, is_over)
        });
        // Three bring them at once, each in an order of their own.
        let members: Vec<_> = (0..3)
            .map(|person| {
                let (mut wire, files) = (enter(&server, &town, person), &files);
                scope.spawn(move || bring_everything(&mut wire, files, person * 3))
            })
            .collect();
        for member in members {
            member.join().unwrap();
        }
        is_over.store(true, Ordering::SeqCst);
        others.join().unwrap()
    });
    let mut wire = enter(&server, &town, 0);
    a_photo_comes_back_upright_and_without_its_place(&mut wire);
    what_is_no_upload_is_refused(&mut wire);
    // Beside what a market takes that stands empty: the one picture that lies open, and what is on its way in.
    let peak = server.peak_mib();
    assert!(peak - before < 256, "{peak} MiB at the peak, {before} before");
    assert!(asked > 20 && slowest < Duration::from_secs(3), "{asked} answers, the slowest after {slowest:?}");
    println!(
        "{peak} MiB at the peak, {before} before; {asked} answers to others meanwhile, the slowest after {slowest:?}"
    );
}

fn enter(server: &Server, town: &Town, person: usize) -> Wire {
    Wire::signed_in(TcpStream::connect(&server.address).unwrap(), &town.tokens[person])
}

/// Somebody looks around while pictures are brought: how often, and how long the longest answer took.
fn ask_meanwhile(mut wire: Wire, is_over: &AtomicBool) -> (usize, Duration) {
    let (mut asked, mut slowest) = (0, Duration::ZERO);
    while !is_over.load(Ordering::SeqCst) {
        let start = Instant::now();
        wire.does("listings", json!({}));
        wire.does("change_name", json!({ "name": format!("Somebody {asked}") }));
        slowest = slowest.max(start.elapsed());
        asked += 1;
    }
    (asked, slowest)
}

/// A file, what it is, and what is said of it.
type File = (&'static str, Vec<u8>, &'static str);

fn files() -> Vec<File> {
    let photo = jpeg(60, 30);
    vec![
        ("50,000 × 50,000", vast(), "picture_too_many_pixels"),
        ("a text of a gigabyte", text_bomb(), "ok"),
        ("the most that may be open", deep(), "ok"),
        ("half a photo", photo[..photo.len() / 2].to_vec(), "picture_unreadable"),
        ("a drawing with a script", svg(), "picture_unreadable"),
        ("a page that is no photo", [b"<!DOCTYPE html>", SCRIPT, &photo].concat(), "picture_unreadable"),
        ("a photo that is a page", [&photo, SCRIPT].concat(), "ok"),
        ("a page in a photo's comment", with_segment(&photo, 0xfe, SCRIPT), "ok"),
        ("a GIF that is a script", gif_script(), "ok"),
        ("nothing much", b"Hello".to_vec(), "picture_unreadable"),
    ]
}

/// Brings each of them, beginning with that one.
fn bring_everything(wire: &mut Wire, files: &[File], first: usize) {
    for (about, file, expected) in files.iter().cycle().skip(first).take(files.len()) {
        let answer = bring(wire, file);
        assert_eq!(code(&answer), *expected, "{about}: {answer}");
        if *expected == "ok" {
            for size in ["large", "thumbnail"] {
                let kept = fetch(wire, &answer["reply"], size);
                assert!(kept.starts_with(b"RIFF") && &kept[8..12] == b"WEBP", "{about}");
                assert!(!contains(&kept, b"script") && !contains(&kept, b"Comment"), "{about}");
            }
        }
    }
}

fn a_photo_comes_back_upright_and_without_its_place(wire: &mut Wire) {
    // Taken with the camera turned: the file says how to turn it back, and where that was.
    let turned = with_segment(&jpeg(60, 30), 0xe1, &[b"Exif\0\0", &exif(6)[..]].concat());
    assert!(contains(&turned, b"Exif"));
    let answer = bring(wire, &turned);
    assert_eq!((&answer["reply"]["width"], &answer["reply"]["height"]), (&json!(30), &json!(60)), "{answer}");
    for size in ["large", "thumbnail"] {
        let kept = fetch(wire, &answer["reply"], size);
        for part in [&b"Exif"[..], b"EXIF", b"II*\0", b"GPS"] {
            assert!(!contains(&kept, part), "{size}");
        }
        // Its left half was red and its right half blue; a quarter turn to the right brings red to the top.
        let decoder = WebPDecoder::new(std::io::Cursor::new(&kept)).unwrap();
        assert_eq!(decoder.dimensions(), (30, 60));
        let channels = usize::from(decoder.color_type().channel_count());
        let mut pixels = vec![0; usize::try_from(decoder.total_bytes()).unwrap()];
        decoder.read_image(&mut pixels).unwrap();
        let at = |x: usize, y: usize| &pixels[(y * 30 + x) * channels..][..3];
        for (top, bottom) in [(at(5, 10), at(5, 50)), (at(25, 10), at(25, 50))] {
            assert!(top[0] > 150 && top[2] < 100, "{top:?} at the top");
            assert!(bottom[2] > 150 && bottom[0] < 100, "{bottom:?} at the bottom");
        }
    }
}

fn what_is_no_upload_is_refused(wire: &mut Wire) {
    for bytes in [8 * 1_024 * 1_024 + 1, i64::MAX, 0, -1] {
        let no = wire.ask("start_upload", json!({ "bytes": bytes }));
        assert_eq!(
            (code(&no), &no["refused"]["most_bytes"]),
            ("picture_too_large", &json!(8 * 1_024 * 1_024))
        );
    }
    let photo = jpeg(60, 30);
    let upload = wire.does("start_upload", json!({ "bytes": photo.len() }))["upload"].clone();
    let piece = |offset: i64, data: &str| json!({ "upload": upload, "offset": offset, "data": data });
    let some = BASE64.encode(&photo[..10]);
    assert_eq!(wire.does("send_chunk", piece(0, &some)), json!({ "received": 10 }));
    // A gap, a place that is none, more than was announced.
    let much = BASE64.encode(&vec![0; PIECE]);
    for (offset, data) in [(11, &some), (-1, &some), (i64::MAX, &some), (10, &much)] {
        let no = wire.ask("send_chunk", piece(offset, data));
        assert_eq!((code(&no), &no["refused"]["received"]), ("upload_misplaced", &json!(10)), "{offset}");
    }
    for rubbish in ["====", "a", "not base 64 at all!", "AAAA\u{0}", "ÄÖÜ", "AAA", "AA=A"] {
        let no = wire.ask("send_chunk", piece(10, rubbish));
        assert_eq!((code(&no), &no["refused"]["field"]), ("bad_field", &json!("data")), "{rubbish}: {no}");
    }
    assert_eq!(code(&wire.ask("finish_upload", json!({ "upload": upload }))), "upload_misplaced");
    // What was refused changed nothing: the rest still fits.
    wire.does("send_chunk", piece(10, &BASE64.encode(&photo[10..])));
    let picture = wire.does("finish_upload", json!({ "upload": upload }));
    assert_eq!(wire.does("finish_upload", json!({ "upload": upload })), picture);
}

// ---- bringing and fetching ----

/// Brings a file, piece by piece: the answer to its last request.
fn bring(wire: &mut Wire, file: &[u8]) -> Value {
    let start = Instant::now();
    loop {
        let upload = wire.does("start_upload", json!({ "bytes": file.len() }))["upload"].clone();
        for (number, piece) in file.chunks(PIECE).enumerate() {
            let data = BASE64.encode(piece);
            wire.does("send_chunk", json!({ "upload": upload, "offset": number * PIECE, "data": data }));
        }
        let answer = wire.ask("finish_upload", json!({ "upload": upload }));
        // Too many wait to be looked at: what the protocol says to do is to ask again.
        if answer.get("busy").is_none() {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{answer}");
    }
}

/// A picture's file, piece by piece.
fn fetch(wire: &mut Wire, picture: &Value, size: &str) -> Vec<u8> {
    let (mut file, mut offset) = (Vec::new(), json!(0));
    while !offset.is_null() {
        let fields = json!({ "picture": picture["picture"], "size": size, "offset": offset });
        let piece = wire.does("picture", fields);
        assert_eq!(piece["media_type"], "image/webp");
        file.extend(BASE64.decode(piece["data"].as_str().unwrap().as_bytes()).unwrap());
        offset = piece["next"].clone();
    }
    file
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

// ---- making files ----

/// A photo whose left half is red and whose right half is blue.
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let color = |place| if place % width < width / 2 { [220, 30, 30] } else { [30, 30, 220] };
    let pixels: Vec<u8> = (0..width * height).flat_map(color).collect();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 75);
    encoder.encode(&pixels, width, height, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// That segment right after the start of a JPEG.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, body, &jpeg[2..]].concat()
}

/// An EXIF block with an orientation and a place: 33.9° north, 35.5° east.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    let degrees = |degrees: u32, minutes: u32| [degrees, 1, minutes, 1, 0, 1].map(u32::to_le_bytes).concat();
    [
        b"II*\0\x08\0\0\0\x02\0".to_vec(),
        entry(0x0112, 3, 1, [orientation, 0, 0, 0]),
        entry(0x8825, 4, 1, 38_u32.to_le_bytes()),
        vec![0, 0, 0, 0, 4, 0],
        entry(1, 2, 2, *b"N\0\0\0"),
        entry(2, 5, 3, 92_u32.to_le_bytes()),
        entry(3, 2, 2, *b"E\0\0\0"),
        entry(4, 5, 3, 116_u32.to_le_bytes()),
        vec![0; 4],
        degrees(33, 54),
        degrees(35, 30),
    ]
    .concat()
}

/// A PNG of that size from its further chunks.
fn png(width: u32, height: u32, depth: u8, color: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [(b"IHDR", &header[..])].iter().chain(chunks).chain(&[(b"IEND", &[][..])]) {
        let mut crc = u32::MAX;
        for byte in name.iter().chain(*body) {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(*name);
        bytes.extend(*body);
        bytes.extend((!crc).to_be_bytes());
    }
    bytes
}

/// At least that many zeros, as zlib packs them at its best: thirteen bits for 258.
fn zeros(count: u64) -> Vec<u8> {
    let (mut bytes, mut used) = (vec![0x78, 0x01], 0);
    let mut put = |value: u32, count: u32| {
        for place in 0..count {
            if used % 8 == 0 {
                bytes.push(0);
            }
            if value >> place & 1 == 1 {
                *bytes.last_mut().unwrap() |= 1 << (used % 8);
            }
            used += 1;
        }
    };
    // The last block, with the fixed codes, and a zero to repeat.
    put(0b011, 3);
    put(0b0000_1100, 8);
    let repeats = count / 258 + 1;
    (0..repeats).for_each(|_| put(0b1010_0011, 13));
    put(0, 7);
    let sum = ((repeats * 258 + 1) % 65_521) << 16 | 1;
    bytes.extend(u32::try_from(sum).unwrap().to_be_bytes());
    bytes
}

fn vast() -> Vec<u8> {
    png(50_000, 50_000, 1, 0, &[(b"IDAT", &zeros(50_000 * 6_251))])
}

fn text_bomb() -> Vec<u8> {
    let text = [b"Comment\0\0", &zeros(1 << 30)[..]].concat();
    png(10, 10, 8, 0, &[(b"zTXt", &text), (b"IDAT", &zeros(110))])
}

/// 40 million pixels of 64 bits.
fn deep() -> Vec<u8> {
    png(8_000, 5_000, 16, 6, &[(b"IDAT", &zeros(5_000 * 64_001))])
}

fn svg() -> Vec<u8> {
    [b"<svg xmlns='http://www.w3.org/2000/svg'>", SCRIPT, b"</svg>"].concat()
}

/// A GIF of one pixel on a screen whose width is a comment's beginning: `GIF89a/*…` is JavaScript.
fn gif_script() -> Vec<u8> {
    let head = b"GIF89a/*\x01\0\x80\0\0\xff\0\0\xff\xff\xff";
    let frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    [&head[..], frame, b"\x3b*/=1;", SCRIPT].concat()
}
