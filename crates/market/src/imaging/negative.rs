//! From the bytes somebody sent to pixels, format by format.
//!
//! Every format is measured from its own headers before its decoder allocates anything, because what a decoder takes is
//! not in its promises: a progressive JPEG keeps all its coefficients, an animated WebP three canvases, a lossless WebP
//! tables that can outweigh the file four hundred times. What would take too much is refused with a reason.

use std::io::Cursor;

use auboutique_domain::picture::{MOST_BYTES, MOST_PIXELS};
use fast_image_resize::PixelType;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat};

use super::{Bitmap, MOST_SIDE, Unreadable};

/// How many bytes one picture may take while it is decoded, the pixels that come out of it included. With the file
/// itself, the copy some decoders make of it and the first pass of the resizer it stays below 256 MiB.
const MOST_MEMORY: u64 = 210_000_000;
/// How many pixels all scans of a progressive JPEG may visit together: ten scans, as they are usual, of forty million.
const MOST_VISITS: u64 = 480_000_000;
/// How many bytes of tables a byte of a lossless WebP can unfold to: a prefix code of eleven symbols is written in as
/// many bytes and read into a table of 4 KiB, and nothing but the length of the file limits how many there are.
const TABLES_PER_BYTE: u64 = 400;

/// Reads a picture of one of the four formats, told apart by their content.
pub(super) fn read(bytes: &[u8]) -> Result<(Bitmap, Orientation), Unreadable> {
    if !i64::try_from(bytes.len()).is_ok_and(|length| length <= MOST_BYTES) {
        return Err(Unreadable::TooLarge { most: MOST_BYTES });
    }
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => jpeg(bytes),
        Ok(ImageFormat::Png) => png(bytes),
        Ok(ImageFormat::WebP) => webp(bytes),
        Ok(ImageFormat::Gif) => gif(bytes),
        _ => Err(Unreadable::NotAPicture),
    }
}

/// Checks a picture's size. Decoding takes `quarters` quarter bytes per pixel and `fixed` bytes besides.
fn measure(width: u32, height: u32, quarters: u64, fixed: u64) -> Result<(), Unreadable> {
    if width == 0 || height == 0 {
        return Err(Unreadable::broken("it has no size"));
    }
    let room = MOST_MEMORY.checked_sub(fixed).ok_or(Unreadable::TooElaborate)?;
    let most = MOST_PIXELS.unsigned_abs().min(room * 4 / quarters);
    if u64::from(width) * u64::from(height) > most || width.max(height) > MOST_SIDE {
        // Below this many pixels it is the rest of the file that takes too much.
        if fixed > MOST_MEMORY / 4 {
            return Err(Unreadable::TooElaborate);
        }
        return Err(Unreadable::TooManyPixels { width, height, most });
    }
    Ok(())
}

/// How many bytes that many pixels of this kind take.
fn room(width: u32, height: u32, kind: PixelType) -> Result<usize, Unreadable> {
    usize::try_from(u64::from(width) * u64::from(height) * kind.size() as u64).map_err(Unreadable::broken)
}

/// Decodes with one of the decoders of `image`, which has been measured.
fn decode(decoder: impl ImageDecoder) -> Result<Bitmap, Unreadable> {
    let (width, height) = decoder.dimensions();
    let kind = match decoder.color_type() {
        image::ColorType::L8 => PixelType::U8,
        image::ColorType::La8 => PixelType::U8x2,
        image::ColorType::Rgb8 => PixelType::U8x3,
        image::ColorType::Rgba8 => PixelType::U8x4,
        other => return Err(Unreadable::Broken(format!("its colors are {other:?}"))),
    };
    let mut pixels = vec![0; room(width, height, kind)?];
    decoder.read_image(&mut pixels).map_err(Unreadable::broken)?;
    Ok(Bitmap { width, height, kind, pixels })
}

/// Takes bytes from the front of a file, in the ways the formats need it.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (front, rest) = self.0.split_at_checked(count).ok_or(Unreadable::Truncated)?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (front, rest) = self.0.split_first_chunk().ok_or(Unreadable::Truncated)?;
        self.0 = rest;
        Ok(*front)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        self.array::<1>().map(|[byte]| byte)
    }
}

// ---- JPEG ----

fn jpeg(bytes: &[u8]) -> Result<(Bitmap, Orientation), Unreadable> {
    let frame = survey(Bytes(bytes))?;
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(Unreadable::broken)?;
    if decoder.dimensions() != (frame.width, frame.height) {
        return Err(Unreadable::broken("it has two sizes"));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((decode(decoder)?, orientation))
}

/// What a JPEG says of itself.
struct Frame {
    width: u32,
    height: u32,
    progressive: bool,
    /// Quarter bytes per pixel of what comes out of the decoder.
    out: u64,
    /// Quarter bytes per pixel of the coefficients, where they have to be kept.
    coefficients: u64,
}

/// Walks along the markers of a JPEG to its end and measures it. That it has an end is checked here, because the decoder
/// paints what is missing of a truncated picture gray.
fn survey(mut bytes: Bytes<'_>) -> Result<Frame, Unreadable> {
    let mut found: Option<Frame> = None;
    let mut scans = 0;
    loop {
        // What stands before a marker is the picture itself, or nothing.
        while bytes.byte()? != 0xff {}
        let mut marker = 0xff;
        while marker == 0xff {
            marker = bytes.byte()?;
        }
        match marker {
            // A stuffed 0xff, a restart, the start of the file: no length follows.
            0x00 | 0x01 | 0xd0..=0xd8 => continue,
            0xd9 => break,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(bytes.array()?));
        let length = length.checked_sub(2).ok_or_else(|| Unreadable::broken("a part has no length"))?;
        let mut part = Bytes(bytes.take(length)?);
        match (marker, &found) {
            (0xc4 | 0xc8 | 0xcc, _) => {}
            (0xc0..=0xcf, None) => {
                let frame = Frame::read(&mut part, marker)?;
                measure(frame.width, frame.height, frame.out, 0)?;
                found = Some(frame);
            }
            (0xc0..=0xcf, Some(_)) => return Err(Unreadable::broken("it has two frames")),
            (0xda, _) => scans += 1,
            _ => {}
        }
    }
    let frame = found.filter(|_| scans > 0).ok_or(Unreadable::Truncated)?;
    if frame.progressive || scans > 1 {
        measure(frame.width, frame.height, frame.out + frame.coefficients, 0)?;
        if scans * u64::from(frame.width) * u64::from(frame.height) > MOST_VISITS {
            return Err(Unreadable::TooElaborate);
        }
    }
    Ok(frame)
}

impl Frame {
    fn read(part: &mut Bytes<'_>, marker: u8) -> Result<Self, Unreadable> {
        let [_precision, tall, high, wide, broad, components] = part.array()?;
        let mut samples = Vec::new();
        for _ in 0..components {
            let [_name, sampling, _table] = part.array()?;
            samples.push((u64::from(sampling >> 4), u64::from(sampling & 15)));
        }
        let all: u64 = samples.iter().map(|(across, down)| across * down).sum();
        let across = samples.iter().map(|(across, _)| *across).max().unwrap_or(0);
        let down = samples.iter().map(|(_, down)| *down).max().unwrap_or(0);
        Ok(Self {
            width: u32::from(u16::from_be_bytes([wide, broad])),
            height: u32::from(u16::from_be_bytes([tall, high])),
            progressive: !matches!(marker, 0xc0 | 0xc1),
            out: if components == 1 { 4 } else { 12 },
            // Two bytes each.
            coefficients: (8 * all).div_ceil((across * down).max(1)),
        })
    }
}

// ---- PNG ----

fn png(bytes: &[u8]) -> Result<(Bitmap, Orientation), Unreadable> {
    // Sixteen bits become eight, palettes and single bits become colors, row by row.
    let mut decoder =
        png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 8 * 1024 * 1024 });
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    // Texts and color profiles are compressed, and not wanted.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(png_problem)?;
    measure(header.width, header.height, 4, 0)?;
    let mut reader = decoder.read_info().map_err(png_problem)?;
    let (width, height) = reader.info().size();
    let kind = match reader.output_color_type().0 {
        png::ColorType::Grayscale => PixelType::U8,
        png::ColorType::GrayscaleAlpha => PixelType::U8x2,
        png::ColorType::Rgb => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    measure(width, height, 4 * kind.size() as u64, 0)?;
    let mut pixels = vec![0; room(width, height, kind)?];
    reader.next_frame(&mut pixels).map_err(png_problem)?;
    reader.finish().map_err(png_problem)?;
    let exif = reader.info().exif_metadata.as_deref();
    let orientation = exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    Ok((Bitmap { width, height, kind, pixels }, orientation))
}

fn png_problem(error: png::DecodingError) -> Unreadable {
    match error {
        png::DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Unreadable::Truncated
        }
        png::DecodingError::LimitsExceeded => Unreadable::TooElaborate,
        other => Unreadable::broken(other),
    }
}

// ---- GIF ----

/// The first frame, which is the picture; what moves is not shown.
fn gif(bytes: &[u8]) -> Result<(Bitmap, Orientation), Unreadable> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes).map_err(gif_problem)?;
    let frame = decoder.next_frame_info().map_err(gif_problem)?.ok_or(Unreadable::Truncated)?;
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    let kind = PixelType::U8x4;
    // Beside the colors there are, for a moment, their numbers in the palette.
    measure(width, height, 4 * (kind.size() as u64 + 1), 0)?;
    let mut pixels = vec![0; room(width, height, kind)?];
    decoder.read_into_buffer(&mut pixels).map_err(gif_problem)?;
    Ok((Bitmap { width, height, kind, pixels }, Orientation::NoTransforms))
}

fn gif_problem(error: gif::DecodingError) -> Unreadable {
    match error {
        gif::DecodingError::UnexpectedEof => Unreadable::Truncated,
        gif::DecodingError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Unreadable::Truncated
        }
        gif::DecodingError::MemoryLimit => Unreadable::TooElaborate,
        other => Unreadable::broken(other),
    }
}

// ---- WebP ----

/// The still picture in a WebP: the whole, or its first frame.
#[derive(Default)]
struct Still<'a> {
    lossy: Option<&'a [u8]>,
    lossless: Option<&'a [u8]>,
    alpha: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
}

/// Takes the first still picture out of its container and decodes it in a container of its own, so that nothing the
/// first one says, of sizes, of frames, of canvases, needs to be believed.
fn webp(bytes: &[u8]) -> Result<(Bitmap, Orientation), Unreadable> {
    let mut still = Still::default();
    let mut file = Bytes(bytes);
    let _riff = file.take(4)?;
    let size = u32::from_le_bytes(file.array()?) as usize;
    let mut file = Bytes(file.take(size)?);
    let _webp = file.take(4)?;
    still.read(file, true)?;
    let exif = still.exif.and_then(Orientation::from_exif_chunk);
    let decoder = WebPDecoder::new(Cursor::new(still.alone()?)).map_err(Unreadable::broken)?;
    Ok((decode(decoder)?, exif.unwrap_or(Orientation::NoTransforms)))
}

impl<'a> Still<'a> {
    fn read(&mut self, mut chunks: Bytes<'a>, outermost: bool) -> Result<(), Unreadable> {
        while !chunks.0.is_empty() {
            let name = chunks.array::<4>()?;
            let size = u32::from_le_bytes(chunks.array()?) as usize;
            let body = chunks.take(size)?;
            // The padding of the last chunk is often forgotten.
            chunks = Bytes(chunks.0.get(size % 2..).unwrap_or_default());
            let has_picture = self.lossy.is_some() || self.lossless.is_some();
            match &name {
                b"VP8 " if !has_picture => self.lossy = Some(body),
                b"VP8L" if !has_picture => self.lossless = Some(body),
                b"ALPH" if !has_picture => self.alpha = Some(body),
                b"EXIF" if outermost => self.exif = Some(body),
                b"ANMF" if outermost && !has_picture => {
                    // Before the frame's own chunks stand its place and its duration.
                    let mut frame = Bytes(body);
                    frame.take(16)?;
                    self.read(frame, false)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A WebP file with nothing in it but this picture, which has been measured.
    fn alone(&self) -> Result<Vec<u8>, Unreadable> {
        let mut chunks = Vec::new();
        let mut chunk = |name: &[u8; 4], body: &[u8]| {
            chunks.extend_from_slice(name);
            chunks.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
            chunks.extend_from_slice(body);
            chunks.resize(chunks.len().next_multiple_of(2), 0);
        };
        if let Some(body) = self.lossy {
            let [.., a, b, c, d] = Bytes(body).array::<10>()?;
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            let (width, height) = (side(a, b), side(c, d));
            if let Some(alpha) = self.alpha {
                // RGBA, planes of color, and alpha once as a plane and once as the colors it is compressed in.
                let compressed = alpha.first().is_some_and(|first| first & 3 != 0);
                let tables = if compressed { alpha.len() as u64 * TABLES_PER_BYTE } else { 0 };
                measure(width, height, 4 * 4 + 6 + 4 * 5, tables)?;
                let mut head = vec![0x10, 0, 0, 0];
                head.extend_from_slice(&width.saturating_sub(1).to_le_bytes()[..3]);
                head.extend_from_slice(&height.saturating_sub(1).to_le_bytes()[..3]);
                chunk(b"VP8X", &head);
                chunk(b"ALPH", alpha);
            } else {
                measure(width, height, 4 * 3 + 6, 0)?;
            }
            chunk(b"VP8 ", body);
        } else if let Some(body) = self.lossless {
            let [_signature, header @ ..] = Bytes(body).array::<5>()?;
            let header = u32::from_le_bytes(header);
            let has_alpha = header >> 28 & 1 == 1;
            // RGBA and what transforms it, and RGB besides if that is what comes out.
            let quarters = if has_alpha { 4 * 5 } else { 4 * 8 };
            let tables = body.len() as u64 * TABLES_PER_BYTE;
            measure((header & 0x3fff) + 1, (header >> 14 & 0x3fff) + 1, quarters, tables)?;
            chunk(b"VP8L", body);
        } else {
            return Err(Unreadable::Truncated);
        }
        let mut file = b"RIFF".to_vec();
        file.extend_from_slice(&u32::try_from(chunks.len() + 4).unwrap_or(u32::MAX).to_le_bytes());
        file.extend_from_slice(b"WEBP");
        file.append(&mut chunks);
        Ok(file)
    }
}
