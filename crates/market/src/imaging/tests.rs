//! Pictures are made here, byte by byte where no honest encoder would.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use image::ImageDecoder as _;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPDecoder;
use proptest::prelude::*;

use auboutique_domain::Moment;
use auboutique_domain::picture::{MOST_BYTES, MOST_PIXELS};

use super::*;
use crate::env::ManualEnv;

type Color = [u8; 3];
const RED: Color = [220, 30, 30];
const GREEN: Color = [30, 200, 30];
const BLUE: Color = [30, 30, 220];
const WHITE: Color = [250, 250, 250];
const PAYLOAD: &[u8] = b"<script>alert('boo')</script>";

// ---- making pictures ----

/// Four quarters: red, green, blue, white.
fn quarters(width: u32, height: u32) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            pixels.extend(match (x < width / 2, y < height / 2) {
                (true, true) => RED,
                (false, true) => GREEN,
                (true, false) => BLUE,
                (false, false) => WHITE,
            });
        }
    }
    pixels
}

fn jpeg(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let kind = match pixels.len() / (width * height) as usize {
        1 => image::ExtendedColorType::L8,
        _ => image::ExtendedColorType::Rgb8,
    };
    JpegEncoder::new_with_quality(&mut bytes, 75).encode(pixels, width, height, kind).unwrap();
    bytes
}

fn png(width: u32, height: u32, color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette([RED, GREEN, BLUE, WHITE].concat());
        encoder.set_trns(vec![255, 255, 255, 0]);
    }
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    bytes
}

fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &[RED, WHITE].concat()).unwrap();
    let pixels = vec![0; usize::from(width) * usize::from(height)];
    let mut frame = gif::Frame::from_indexed_pixels(width, height, pixels, None);
    frame.make_lzw_pre_encoded();
    for _ in 0..frames {
        encoder.write_lzw_pre_encoded_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

fn webp(width: u32, height: u32, pixels: &[u8], lossless: bool) -> Vec<u8> {
    let encoder = match pixels.len() / (width * height) as usize {
        3 => webp::Encoder::from_rgb(pixels, width, height),
        _ => webp::Encoder::from_rgba(pixels, width, height),
    };
    encoder.encode_simple(lossless, 75.0).unwrap().to_vec()
}

/// The chunks of a WebP file that stand for the picture itself.
fn webp_picture(file: &[u8]) -> Vec<u8> {
    match &file[12..16] {
        b"VP8X" => file[30..].to_vec(),
        _ => file[12..].to_vec(),
    }
}

fn riff(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend(body);
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

fn webp_extended(flags: u8, (width, height): (u32, u32), chunks: &[Vec<u8>]) -> Vec<u8> {
    let head = [&[flags, 0, 0, 0][..], &(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]];
    let body = [b"WEBP".to_vec(), riff(b"VP8X", &head.concat()), chunks.concat()].concat();
    riff(b"RIFF", &body)
}

fn webp_animated(width: u32, height: u32, picture: &[u8], frames: usize) -> Vec<u8> {
    let place =
        [&[0; 6][..], &(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3], &[40, 0, 0, 0]];
    let frame = riff(b"ANMF", &[&place.concat(), picture].concat());
    let chunks = [vec![riff(b"ANIM", &[0; 6])], vec![frame; frames]].concat();
    webp_extended(0x02, (width, height), &chunks)
}

/// An EXIF block with an orientation and a place: 33.9° north, 35.5° east.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    let degrees = |degrees: u32, minutes: u32| [degrees, 1, minutes, 1, 0, 1].map(u32::to_le_bytes).concat();
    [
        b"II*\0\x08\0\0\0".to_vec(),
        vec![2, 0],
        entry(0x0112, 3, 1, [orientation, 0, 0, 0]),
        entry(0x8825, 4, 1, 38_u32.to_le_bytes()),
        vec![0; 4],
        vec![4, 0],
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

/// That segment right after the start of a JPEG.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, body, &jpeg[2..]].concat()
}

fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    with_segment(jpeg, 0xe1, &[b"Exif\0\0", &exif(orientation)[..]].concat())
}

/// A PNG from its chunks.
fn png_chunks(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in chunks {
        bytes.extend((body.len() as u32).to_be_bytes());
        let mut crc = u32::MAX;
        for byte in name.iter().chain(*body) {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        bytes.extend(*name);
        bytes.extend(*body);
        bytes.extend((!crc).to_be_bytes());
    }
    bytes
}

fn ihdr(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat()
}

/// Bits, the lowest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for place in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if value >> place & 1 == 1 {
                *self.bytes.last_mut().unwrap() |= 1 << (self.used % 8);
            }
            self.used += 1;
        }
    }
}

/// At least that many zeros, as zlib packs them at its best: thirteen bits for 258.
fn zeros(count: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with the fixed codes, and a zero to repeat.
    bits.put(0b011, 3);
    bits.put(0b0000_1100, 8);
    let repeats = count / 258 + 1;
    (0..repeats).for_each(|_| bits.put(0b1010_0011, 13));
    bits.put(0, 7);
    let sum = ((repeats * 258 + 1) % 65_521) << 16 | 1;
    [&[0x78, 0x01], &bits.bytes[..], &(sum as u32).to_be_bytes()].concat()
}

/// A JPEG that is nothing but zeros: a frame of this sort, a scan of its direct parts, and scans of all the rest, each of
/// which says in a few bits that thousands of blocks have nothing.
fn flat_jpeg(width: u16, height: u16, luma: u8, scans: usize) -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        [&[0xff, marker], &u16::try_from(body.len() + 2).unwrap().to_be_bytes()[..], body].concat()
    };
    let table = |class: u8, symbol: u8| [&[class, 1][..], &[0; 15], &[symbol]].concat();
    let [w, h] = [width, height].map(u16::to_be_bytes);
    let frame = [&[8][..], &h, &w, &[3, 1, luma, 0, 2, 0x11, 0, 3, 0x11, 0]].concat();
    let across = u32::from(luma & 15);
    let blocks = |part: u32| {
        let side = |length: u16| u32::from(length).div_ceil(part).div_ceil(8) as usize;
        side(width) * side(height)
    };
    // One bit for each block; then fifteen for each 16,384 of them.
    let direct = blocks(across) * (across * across + 2) as usize;
    let mut bytes = vec![0xff, 0xd8];
    bytes.extend(segment(0xdb, &[&[0][..], &[1; 64]].concat()));
    bytes.extend(segment(0xc2, &frame));
    bytes.extend(segment(0xc4, &[table(0x00, 0), table(0x10, 0xe0)].concat()));
    bytes.extend(segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 0, 0]));
    bytes.extend(vec![0; direct.div_ceil(8)]);
    for scan in 0..scans {
        let component = (scan % 3 + 1) as u8;
        let blocks = blocks(if component == 1 { 1 } else { across });
        bytes.extend(segment(0xda, &[1, component, 0, 1, 63, 0]));
        bytes.extend(vec![0; (blocks.div_ceil(16_384) * 15).div_ceil(8)]);
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// A lossless WebP with that many groups of prefix codes, each written as briefly as a large table can be.
fn webp_tables(groups: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(0, 14);
    bits.put(0, 14);
    // With alpha; version 0; no transforms; no cache of colors; groups, chosen by an image of one pixel.
    bits.put(1, 1);
    bits.put(0, 3);
    bits.put(0, 1);
    bits.put(0, 1);
    bits.put(1, 1);
    bits.put(0, 3);
    bits.put(0, 1);
    for symbol in [(groups - 1) & 255, (groups - 1) >> 8, 0, 0, 0] {
        bits.put(0b101, 3);
        bits.put(symbol, 8);
    }
    let mut code = Bits::default();
    // Lengths of lengths, in their order 17 18 0 1 2 3 4 5 16 6 7 8 9 10: ten symbols of three or four bits.
    code.put(0, 1);
    code.put(10, 4);
    let lengths = [0, 0, 0, 3, 3, 3, 3, 3, 0, 3, 4, 4, 4, 4];
    lengths.iter().for_each(|length| code.put(*length, 3));
    // Eleven symbols.
    code.put(1, 1);
    code.put(1, 3);
    code.put(9, 4);
    let reversed = |code: u32, length: u32| code.reverse_bits() >> (32 - length);
    let written = |length: u32| match length {
        1..=6 => (reversed(length - 1, 3), 3),
        _ => (reversed(12 + (length - 7), 4), 4),
    };
    for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10] {
        let (value, count) = written(length);
        code.put(value, count);
    }
    for _ in 0..groups * 5 {
        for place in 0..code.used {
            bits.put(u32::from(code.bytes[(place / 8) as usize] >> (place % 8) & 1), 1);
        }
    }
    bits.bytes.resize(bits.bytes.len() + 16, 0);
    riff(b"RIFF", &[&b"WEBP"[..], &riff(b"VP8L", &bits.bytes)].concat())
}

// ---- looking at what came out ----

fn pixels(encoded: &Encoded) -> (Vec<u8>, usize) {
    let decoder = WebPDecoder::new(Cursor::new(&encoded.bytes)).unwrap();
    assert_eq!(decoder.dimensions(), (encoded.width, encoded.height));
    let channels = usize::from(decoder.color_type().channel_count());
    let mut pixels = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut pixels).unwrap();
    (pixels, channels)
}

/// Which of the four colors stand in the four quarters.
fn corners(encoded: &Encoded) -> [Color; 4] {
    let (pixels, channels) = pixels(encoded);
    let (width, height) = (encoded.width as usize, encoded.height as usize);
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let place = (height * y / 4 * width + width * x / 4) * channels;
        let distance = |color: &Color| -> i32 {
            color.iter().zip(&pixels[place..]).map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2)).sum()
        };
        [RED, GREEN, BLUE, WHITE].into_iter().min_by_key(distance).unwrap()
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn sizes(developed: &Developed) -> [(u32, u32); 2] {
    [&developed.large, &developed.thumbnail].map(|encoded| (encoded.width, encoded.height))
}

// ---- pictures ----

#[test]
fn each_format_comes_out_as_two_webp_pictures_of_the_same_colors() {
    let (w, h) = (2_000, 1_000);
    let rgb = quarters(w, h);
    let rgba: Vec<u8> = rgb.chunks(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    let deep: Vec<u8> = rgb.iter().flat_map(|value| [*value, 0]).collect();
    let palette: Vec<u8> = (0..h)
        .flat_map(|y| (0..w / 4).map(move |x| (y >= h / 2, x >= w / 8)))
        .map(|quarter| match quarter {
            (false, false) => 0b0000_0000,
            (false, true) => 0b0101_0101,
            (true, false) => 0b1010_1010,
            (true, true) => 0b1111_1111,
        })
        .collect();
    let files = [
        jpeg(w, h, &rgb),
        png(w, h, png::ColorType::Rgb, png::BitDepth::Eight, &rgb),
        png(w, h, png::ColorType::Rgba, png::BitDepth::Eight, &rgba),
        png(w, h, png::ColorType::Rgb, png::BitDepth::Sixteen, &deep),
        webp(w, h, &rgb, false),
        webp(w, h, &rgba, true),
        webp(w, h, &rgb, true),
        webp_animated(w, h, &webp_picture(&webp(w, h, &rgb, false)), 3),
    ];
    for (number, file) in files.iter().enumerate() {
        let developed = develop(file).unwrap_or_else(|reason| panic!("{number}: {reason}"));
        assert_eq!(sizes(&developed), [(1_600, 800), (320, 160)], "{number}");
        assert_eq!(corners(&developed.large), [RED, GREEN, BLUE, WHITE], "{number}");
        assert_eq!(corners(&developed.thumbnail), [RED, GREEN, BLUE, WHITE], "{number}");
        assert!(developed.large.bytes.len() < 40_000, "{number}: {developed:?}");
    }
    let palette = develop(&png(w, h, png::ColorType::Indexed, png::BitDepth::Two, &palette)).unwrap();
    assert_eq!(corners(&palette.large)[..3], [RED, GREEN, BLUE]);
    assert_eq!(pixels(&palette.large).0.last(), Some(&0), "what is transparent stays so");
}

#[test]
fn gray_pictures_stay_gray_and_transparent_ones_transparent() {
    let gray: Vec<u8> = (0..400 * 300).map(|place| if place % 400 < 200 { 40 } else { 200 }).collect();
    let faint: Vec<u8> = gray.iter().flat_map(|value| [*value, 128]).collect();
    let deep: Vec<u8> = gray.iter().flat_map(|value| [*value, 7]).collect();
    let files = [
        jpeg(400, 300, &gray),
        png(400, 300, png::ColorType::Grayscale, png::BitDepth::Eight, &gray),
        png(400, 300, png::ColorType::Grayscale, png::BitDepth::Sixteen, &deep),
        png(400, 300, png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, &faint),
    ];
    for (number, file) in files.iter().enumerate() {
        let developed = develop(file).unwrap();
        assert_eq!(sizes(&developed), [(400, 300), (320, 240)], "{number}");
        let (pixels, channels) = pixels(&developed.large);
        assert_eq!(channels, if number == 3 { 4 } else { 3 });
        for (place, value) in [(100, 40), (300, 200)] {
            for channel in 0..3 {
                assert!(pixels[place * channels + channel].abs_diff(value) < 12, "{number}");
            }
        }
        assert!(channels == 3 || pixels[3].abs_diff(128) < 3);
    }
    let ink =
        develop(&png(1, 8, png::ColorType::Grayscale, png::BitDepth::One, &[0, 0, 0, 0, 128, 128, 128, 128]));
    assert_eq!(sizes(&ink.unwrap()), [(1, 8), (1, 8)]);
}

#[test]
fn color_does_not_bleed_out_of_what_is_transparent() {
    // Red where nothing can be seen, gray where something can.
    let rgba: Vec<u8> = (0..4_000 * 400)
        .flat_map(|place| if place / 2 % 2 == 0 { [255, 0, 0, 0] } else { [120, 120, 120, 255] })
        .collect();
    let developed = develop(&png(4_000, 400, png::ColorType::Rgba, png::BitDepth::Eight, &rgba)).unwrap();
    let (pixels, _) = pixels(&developed.large);
    assert!(
        pixels
            .chunks(4)
            .all(|pixel| pixel[3] < 30 || pixel[..3].iter().all(|value| value.abs_diff(120) < 12))
    );
}

#[test]
fn small_pictures_are_never_made_larger_and_narrow_ones_never_vanish() {
    let one = develop(&png(1, 1, png::ColorType::Rgb, png::BitDepth::Eight, &RED)).unwrap();
    assert_eq!(sizes(&one), [(1, 1), (1, 1)]);
    let thin = develop(&jpeg(20_000, 1, &RED.repeat(20_000))).unwrap();
    assert_eq!(sizes(&thin), [(1_600, 1), (320, 1)]);
    let exact = develop(&jpeg(320, 1_600, &quarters(320, 1_600))).unwrap();
    assert_eq!(sizes(&exact), [(320, 1_600), (64, 320)]);
}

#[test]
fn a_photo_comes_back_the_right_way_up_and_without_the_place_it_was_taken_at() {
    let plain = jpeg(60, 30, &quarters(60, 30));
    let [r, g, b, w] = [RED, GREEN, BLUE, WHITE];
    let upright = [
        [r, g, b, w],
        [g, r, w, b],
        [w, b, g, r],
        [b, w, r, g],
        [r, b, g, w],
        [b, r, w, g],
        [w, g, b, r],
        [g, w, r, b],
    ];
    let still = webp_picture(&webp(60, 30, &quarters(60, 30), false));
    let raw: Vec<u8> = quarters(60, 30).chunks(180).flat_map(|row| [&[0], row].concat()).collect();
    let mut packed = vec![0x78, 0x01];
    // Stored, not compressed: one block.
    packed.extend(
        [&[1][..], &(raw.len() as u16).to_le_bytes(), &(!(raw.len() as u16)).to_le_bytes(), &raw].concat(),
    );
    let (low, high) = raw.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    packed.extend((high << 16 | low).to_be_bytes());
    for (orientation, corners_wanted) in (1..).zip(upright) {
        let files = [
            with_exif(&plain, orientation),
            png_chunks(&[
                (b"IHDR", &ihdr(60, 30, 8, 2)),
                (b"eXIf", &exif(orientation)),
                (b"IDAT", &packed),
                (b"IEND", &[]),
            ]),
            webp_extended(0x08, (60, 30), &[still.clone(), riff(b"EXIF", &exif(orientation))]),
        ];
        for (number, file) in files.iter().enumerate() {
            let developed = develop(file).unwrap_or_else(|reason| panic!("{number}: {reason}"));
            let size = if orientation < 5 { (60, 30) } else { (30, 60) };
            assert_eq!(sizes(&developed), [size; 2], "{number}, {orientation}");
            assert_eq!(corners(&developed.large), corners_wanted, "{number}, {orientation}");
            for encoded in [&developed.large, &developed.thumbnail] {
                for part in [&b"Exif"[..], b"EXIF", b"II*\0", &33_u32.to_le_bytes()] {
                    let found = contains(&encoded.bytes[12..], part);
                    assert!(part.len() == 4 && part[0] == 33 || !found, "{number}, {orientation}");
                }
            }
        }
    }
    let nonsense = with_segment(&plain, 0xe1, b"Exif\0\0II*\0\xff\xff\xff\xff");
    assert_eq!(corners(&develop(&nonsense).unwrap().large), upright[0]);
    assert!(develop(&with_exif(&plain, 9)).is_ok());
}

#[test]
fn what_is_no_picture_of_the_four_formats_is_refused() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let html = [b"<!DOCTYPE html>", PAYLOAD, &jpeg(9, 9, &quarters(9, 9))].concat();
    let bmp = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0";
    let tiff = b"II*\0\x08\0\0\0\x01\0";
    for bytes in
        [&b""[..], b"P", b"Hello", svg, &html, bmp, tiff, b"%PDF-1.7", b"PK\x03\x04", b"RIFF\0\0\0\0WAVE"]
    {
        assert_eq!(develop(bytes), Err(Unreadable::NotAPicture));
    }
    assert_eq!(
        develop(&vec![0; usize::try_from(MOST_BYTES).unwrap() + 1]),
        Err(Unreadable::TooLarge { most: MOST_BYTES })
    );
    let large = Unreadable::TooLarge { most: MOST_BYTES }.to_string();
    assert_eq!(large, "The picture is larger than 8 MiB. Make it smaller and send it again.");
}

#[test]
fn a_picture_that_was_cut_off_is_refused_whatever_is_left_of_it() {
    let (w, h) = (200, 150);
    // Noise, so that the pixels are most of the file.
    let noise: Vec<u8> =
        (0..w * h * 3_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let rgba: Vec<u8> = noise.chunks(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], rgb[0] / 2]).collect();
    let mut noisy_gif = Vec::new();
    let frame = gif::Frame::from_rgb(w as u16, h as u16, &noise);
    gif::Encoder::new(&mut noisy_gif, w as u16, h as u16, &[]).unwrap().write_frame(&frame).unwrap();
    let files = [
        jpeg(w, h, &noise),
        flat_jpeg(w as u16, h as u16, 0x22, 3),
        png(w, h, png::ColorType::Rgb, png::BitDepth::Eight, &noise),
        noisy_gif,
        webp(w, h, &noise, false),
        webp(w, h, &noise, true),
        webp(w, h, &rgba, false),
        webp_animated(w, h, &webp_picture(&webp(w, h, &noise, false)), 1),
    ];
    for (number, file) in files.iter().enumerate() {
        develop(file).unwrap_or_else(|reason| panic!("{number}: {reason}"));
        let cuts = (1..40).map(|part| file.len() * part / 40);
        for length in cuts.chain([file.len() - 20, file.len() - 2]) {
            // A GIF's last two bytes say that there is no further frame.
            if number == 3 && length == file.len() - 2 {
                continue;
            }
            let outcome = develop(&file[..length]);
            assert!(outcome.is_err(), "{number}: {length} of {}: {outcome:?}", file.len());
        }
    }
    let cut = &files[0][..files[0].len() / 2];
    assert_eq!(develop(cut), Err(Unreadable::Truncated));
}

#[test]
fn nothing_of_what_hides_in_or_behind_a_picture_comes_out() {
    let photo = jpeg(100, 100, &quarters(100, 100));
    let drawing = png(100, 100, png::ColorType::Rgb, png::BitDepth::Eight, &quarters(100, 100));
    let mut script = gif(100, 100, 1);
    // The width is a comment's beginning: `GIF89a/*…` is JavaScript.
    script.splice(6..8, *b"/*");
    script.extend([b"*/=1;", PAYLOAD].concat());
    let mut commented = gif(100, 100, 1);
    let end = commented.len() - 1;
    let comment = [&[0x21, 0xfe, PAYLOAD.len() as u8], PAYLOAD, &[0]].concat();
    commented.splice(end..end, comment.clone());
    let mut comment_first = gif(100, 100, 1);
    comment_first.splice(13 + 6..13 + 6, comment);
    let text = [b"Comment\0", PAYLOAD].concat();
    let pieces = [
        (b"IHDR", &ihdr(10, 10, 8, 0)[..]),
        (b"tEXt", &text),
        (b"IDAT", &zeros(110)),
        (b"tEXt", &text),
        (b"IEND", &[]),
    ];
    let still = webp(100, 100, &quarters(100, 100), false);
    let files = [
        [&photo[..], PAYLOAD].concat(),
        with_segment(&photo, 0xfe, PAYLOAD),
        with_segment(&photo, 0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", PAYLOAD].concat()),
        with_segment(&photo, 0xe2, &[b"ICC_PROFILE\0\x01\x01", PAYLOAD].concat()),
        [&drawing[..], PAYLOAD].concat(),
        png_chunks(&pieces),
        script,
        commented,
        comment_first,
        [&still[..], PAYLOAD].concat(),
        webp_extended(0x04, (100, 100), &[webp_picture(&still), riff(b"XMP ", PAYLOAD)]),
        webp_extended(0x20, (100, 100), &[riff(b"ICCP", PAYLOAD), webp_picture(&still)]),
        webp_extended(0, (100, 100), &[riff(b"EVIL", PAYLOAD), webp_picture(&still)]),
    ];
    for (number, file) in files.iter().enumerate() {
        assert!(contains(file, PAYLOAD), "{number}");
        let developed = develop(file).unwrap_or_else(|reason| panic!("{number}: {reason}"));
        for encoded in [developed.large, developed.thumbnail] {
            assert!(!contains(&encoded.bytes, b"script") && !contains(&encoded.bytes, b"ICC"), "{number}");
        }
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_anything_is_decoded() {
    let vast = png_chunks(&[
        (b"IHDR", &ihdr(50_000, 50_000, 1, 0)),
        (b"IDAT", &zeros(50_000 * 6_251)),
        (b"IEND", &[]),
    ]);
    assert!(vast.len() < usize::try_from(MOST_BYTES).unwrap());
    let too_many =
        Unreadable::TooManyPixels { width: 50_000, height: 50_000, most: MOST_PIXELS.unsigned_abs() };
    assert_eq!(develop(&vast), Err(too_many.clone()));
    assert_eq!(
        too_many.to_string(),
        "The picture is 50000 × 50000 pixels, which is more than we can open: 40 million pixels, and 30000 on a side, \
        are the most for a file of this sort. Make it smaller and send it again."
    );
    let only_header = &vast[..40];
    assert!(matches!(develop(only_header), Err(Unreadable::TooManyPixels { .. })));
    let long = png_chunks(&[(b"IHDR", &ihdr(1, 40_000, 1, 0)), (b"IDAT", &zeros(80_000)), (b"IEND", &[])]);
    assert!(matches!(develop(&long), Err(Unreadable::TooManyPixels { .. })));
    let empty = png_chunks(&[(b"IHDR", &ihdr(0, 10, 8, 0)), (b"IDAT", &zeros(10)), (b"IEND", &[])]);
    assert!(matches!(develop(&empty), Err(Unreadable::Broken(_))));
    assert!(matches!(
        develop(&flat_jpeg(60_000, 60_000, 0x22, 0)[..200]),
        Err(Unreadable::TooManyPixels { .. })
    ));
    assert!(matches!(develop(&flat_jpeg(6_400, 6_200, 0x11, 3)), Err(Unreadable::TooManyPixels { .. })));
    assert_eq!(develop(&flat_jpeg(4_000, 4_000, 0x11, 50)), Err(Unreadable::TooElaborate));
    let mut screen = gif(10, 10, 1);
    // The frame, not the screen, is what is decoded: its size stands after the color table and a separator.
    let frame = screen.windows(5).position(|window| window == [0x2c, 0, 0, 0, 0]).unwrap();
    screen.splice(frame + 5..frame + 9, [0xff; 4]);
    assert!(matches!(develop(&screen), Err(Unreadable::TooManyPixels { .. })));
    // The container says 10 × 10, the picture in it 16,383 × 16,383.
    let mut lossy = webp(10, 10, &quarters(10, 10), false);
    lossy.splice(26..30, [0xff, 0x3f, 0xff, 0x3f]);
    let lossy = webp_extended(0, (10, 10), &[webp_picture(&lossy)]);
    assert!(matches!(develop(&lossy), Err(Unreadable::TooManyPixels { .. })));
    assert_eq!(develop(&webp_tables(65_536)), Err(Unreadable::TooElaborate));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_picture_or_a_reason(head in 0_usize..8, tail in prop::collection::vec(any::<u8>(), 0..600)) {
        let heads: [&[u8]; 8] = [
            b"",
            b"\xff\xd8\xff\xdb",
            b"\xff\xd8\xff\xc0\0\x11\x08\0\x20\0\x20\x03\x01\x22\0\x02\x11\x01\x03\x11\x01",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a\x10\0\x10\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x10\0\x10\0\0\x02",
            b"RIFF\x40\0\0\0WEBPVP8 \x30\0\0\0\x10\0\0\x9d\x01\x2a\x10\0\x10\0",
            b"RIFF\x40\0\0\0WEBPVP8L\x30\0\0\0\x2f\x0f\xc0\x03\0",
            b"RIFF\x40\0\0\0WEBPVP8X",
        ];
        drop(develop(&[heads[head], &tail].concat()));
    }

    #[test]
    fn any_damage_to_a_picture_leaves_a_picture_or_a_reason(
        which in 0_usize..7,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let rgb = quarters(24, 16);
        let rgba: Vec<u8> = rgb.chunks(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], rgb[0]]).collect();
        let mut file = match which {
            0 => with_exif(&jpeg(24, 16, &rgb), 6),
            1 => flat_jpeg(24, 16, 0x22, 6),
            2 => png(24, 16, png::ColorType::Rgba, png::BitDepth::Eight, &rgba),
            3 => gif(24, 16, 2),
            4 => webp(24, 16, &rgba, false),
            5 => webp(24, 16, &rgba, true),
            _ => webp_animated(24, 16, &webp_picture(&webp(24, 16, &rgba, false)), 2),
        };
        for (place, value) in damage {
            let place = place.index(file.len());
            file[place] = value;
        }
        drop(develop(&file));
    }
}

// ---- the darkroom ----

#[test]
fn a_decoder_that_panics_costs_one_picture_and_not_the_thread() {
    assert!(matches!(guarded(|| panic!("a decoder stumbles")), Err(Unreadable::Broken(_))));
}

#[test]
fn the_darkroom_says_it_is_busy_when_too_many_wait_and_works_for_nobody_who_left() {
    let env = Arc::new(ManualEnv::new(Moment::from_micros(0), 1));
    let darkroom = Darkroom::start(Gallery::open(None).unwrap(), env);
    let slow = Arc::new(png_chunks(&[
        (b"IHDR", &ihdr(8_000, 5_000, 8, 2)),
        (b"IDAT", &zeros(5_000 * 24_001)),
        (b"IEND", &[]),
    ]));
    let sent: Vec<_> = (0..WAITING + 4).map(|_| darkroom.make(Arc::clone(&slow))).collect();
    assert!(sent[..WAITING].iter().all(Result::is_ok));
    assert!(matches!(sent.last(), Some(Err(No::Busy(Busy::Overloaded)))));
    drop(sent);
    // One may be in the bath; the others are put aside, and there is room again.
    while darkroom.queue.is_full() {
        std::thread::yield_now();
    }
    let quick = Arc::new(png(1, 1, png::ColorType::Rgb, png::BitDepth::Eight, &RED));
    let (large, thumbnail) = darkroom.make(quick).unwrap().blocking_recv().unwrap().unwrap();
    assert_eq!([large.extent.width, thumbnail.extent.height], [1, 1]);
}

// ---- what it costs ----

/// What a process of its own needed for one picture.
struct Cost {
    outcome: String,
    /// Milliseconds of processor time.
    milliseconds: u64,
    /// The most memory it ever had, all of it, in MiB.
    peak: u64,
}

const CHILD: &str = "AUBOUTIQUE_TEST_PICTURE";

/// In the child: develops one picture and says what it took.
fn develop_alone(path: &Path) {
    let outcome = match develop(&std::fs::read(path).unwrap()) {
        Ok(developed) => format!("{:?}", developed.large),
        Err(reason) => format!("{reason:?}"),
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let times: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks = times[11].parse::<u64>().unwrap() + times[12].parse::<u64>().unwrap();
    println!("\nCOST\t{outcome}\t{}\t{}", ticks * 10, peak / 1024);
}

fn cost(folder: &Path, name: &str, file: &[u8]) -> Cost {
    assert!(file.len() <= usize::try_from(MOST_BYTES).unwrap(), "{name} has {} bytes", file.len());
    let path = folder.join(name);
    std::fs::write(&path, file).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "imaging::tests::the_worst_pictures_take_less_than_256_mib_and_two_seconds",
        ])
        .env(CHILD, &path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("COST\t"));
    let fields: Vec<&str> = line.unwrap_or_else(|| panic!("{name}: {output:?}")).split('\t').collect();
    Cost {
        outcome: fields[1].to_owned(),
        milliseconds: fields[2].parse().unwrap(),
        peak: fields[3].parse().unwrap(),
    }
}

#[test]
fn the_worst_pictures_take_less_than_256_mib_and_two_seconds() {
    if let Some(path) = std::env::var_os(CHILD) {
        return develop_alone(Path::new(&path));
    }
    let gray_noise = |count: u64| -> Vec<u8> {
        (0..count).map(|place| (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as u8 + 90).collect()
    };
    let png_of = |width: u32, height: u32, depth: u8, color: u8, row: u64| {
        let rows = zeros((row + 1) * u64::from(height));
        png_chunks(&[(b"IHDR", &ihdr(width, height, depth, color)), (b"IDAT", &rows), (b"IEND", &[])])
    };
    let interlaced = {
        let mut header = ihdr(8_000, 5_000, 8, 6);
        header[12] = 1;
        png_chunks(&[(b"IHDR", &header), (b"IDAT", &zeros(5_000 * 32_001 + 20_000)), (b"IEND", &[])])
    };
    let small = ihdr(10, 10, 8, 0);
    let bomb = |name: &[u8; 4], head: &[u8]| {
        let body = [head, &zeros(1 << 30)].concat();
        png_chunks(&[(b"IHDR", &small), (name, &body), (b"IDAT", &zeros(110)), (b"IEND", &[])])
    };
    let frames = png_chunks(&[
        (b"IHDR", &small),
        (b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
        (b"IDAT", &zeros(110)),
        (b"fcTL", &[&[0, 0, 0, 0][..], &10_u32.to_be_bytes(), &10_u32.to_be_bytes(), &[0; 14]].concat()),
        (b"fdAT", &[&[0, 0, 0, 1], &zeros(1 << 30)[..]].concat()),
        (b"IEND", &[]),
    ]);
    let flat = |pixel: &[u8]| pixel.repeat(8_000 * 5_000);
    let noise = gray_noise(8_000 * 5_000);
    let noisy: Vec<u8> = noise.iter().flat_map(|value| [*value, value / 2 + 60, 255 - value]).collect();
    let photo = jpeg(8_000, 5_000, &flat(&[200, 120, 40]));
    let worst: Vec<(&str, bool, Vec<u8>)> = vec![
        ("jpeg-40mp", true, photo),
        ("jpeg-40mp-gray-noise", true, {
            let mut bytes = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 50);
            encoder.encode(&noise, 8_000, 5_000, image::ExtendedColorType::L8).unwrap();
            bytes
        }),
        ("jpeg-25mp-noise", true, {
            let mut bytes = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 75);
            encoder
                .encode(&noisy[..5_000 * 5_000 * 3], 5_000, 5_000, image::ExtendedColorType::Rgb8)
                .unwrap();
            bytes
        }),
        ("jpeg-progressive-34mp", true, flat_jpeg(6_800, 5_000, 0x22, 9)),
        ("jpeg-progressive-23mp-444", true, flat_jpeg(4_600, 5_000, 0x11, 12)),
        ("jpeg-scans", true, flat_jpeg(2_400, 2_000, 0x11, 96)),
        ("png-40mp-rgba", true, png_of(8_000, 5_000, 8, 6, 32_000)),
        ("png-40mp-rgba16", true, png_of(8_000, 5_000, 16, 6, 64_000)),
        ("png-40mp-gray1", true, png_of(8_000, 5_000, 1, 0, 1_000)),
        ("png-40mp-interlaced", true, interlaced),
        ("png-text-bomb", true, bomb(b"zTXt", b"Comment\0\0")),
        ("png-international-text-bomb", true, bomb(b"iTXt", b"Comment\0\x01\0\0\0")),
        ("png-profile-bomb", true, bomb(b"iCCP", b"profile\0\0")),
        ("png-data-bomb", true, bomb(b"IDAT", b"")),
        ("png-frames", true, frames),
        ("gif-40mp", true, gif(8_000, 5_000, 1)),
        ("gif-1000-frames", true, gif(2_000, 2_000, 1_000)),
        ("gif-100000-frames", true, gif(2, 2, 100_000)),
        ("webp-40mp", true, webp(8_000, 5_000, &flat(&[200, 120, 40]), false)),
        ("webp-19mp-alpha", true, webp(4_000, 4_900, &flat(&[200, 120, 40, 90])[..78_400_000], false)),
        ("webp-40mp-lossless-alpha", true, webp(8_000, 5_000, &flat(&[200, 120, 40, 90]), true)),
        ("webp-26mp-lossless", true, webp(5_200, 5_000, &flat(&[200, 120, 40])[..78_000_000], true)),
        ("webp-tables", true, webp_tables(8_000)),
        ("webp-too-many-tables", false, webp_tables(65_536)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    for (name, is_picture, file) in worst {
        let cost = cost(folder.path(), name, &file);
        println!(
            "{name}: {} ms, {} MiB, {} bytes: {}",
            cost.milliseconds,
            cost.peak,
            file.len(),
            cost.outcome
        );
        if cost.peak >= 256 || cost.milliseconds >= 2_000 || cost.outcome.starts_with("Encoded") != is_picture
        {
            failures.push(name);
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}
