//! How an uploaded picture becomes two clean ones.
//!
//! What people send is never kept. It is recognized by its content, measured before it is decoded, decoded under a bound
//! of memory, and what is kept is encoded anew from the pixels: no place, no name of a camera, no script hidden behind
//! them comes along. [`develop`] does that and nothing else; the [`Darkroom`] is the one thread it runs on, so that at
//! most one picture lies open in memory, however many are sent at once.

mod negative;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use auboutique_domain::Refusal;
use auboutique_domain::picture::{LARGE_SIDE, Stored, THUMBNAIL_SIDE};
use crossbeam_channel::{Sender, TrySendError};
use fast_image_resize as fir;
use image::metadata::Orientation;
use image::{DynamicImage, ImageBuffer};
use tokio::sync::oneshot;

use crate::env::Env;
use crate::gallery::Gallery;
use crate::no::{Busy, No};
use crate::writer::broken;

/// How long a side may be. Nothing that people want to look at is longer.
pub(crate) const MOST_SIDE: u32 = 30_000;
/// How hard WebP compresses, from 0 to 100.
const QUALITY: f32 = 80.0;
/// How many pictures may wait. At some 0.3 s for a photo the last has waited three seconds.
const WAITING: usize = 8;

/// A picture as it is kept: twice, as WebP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Developed {
    /// No side longer than [`LARGE_SIDE`].
    pub(crate) large: Encoded,
    /// No side longer than [`THUMBNAIL_SIDE`].
    pub(crate) thumbnail: Encoded,
}

/// A WebP file and its size in pixels, the right way up.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

impl std::fmt::Debug for Encoded {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Encoded({} × {}, {} bytes)", self.width, self.height, self.bytes.len())
    }
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("The picture is larger than {} MiB. Make it smaller and send it again.", most / (1024 * 1024))]
    TooLarge { most: i64 },
    #[error(
        "The picture is {width} × {height} pixels, which is more than we can open: {} million pixels, and {MOST_SIDE} \
        on a side, are the most for a file of this sort. Make it smaller and send it again.", most / 1_000_000
    )]
    TooManyPixels { width: u32, height: u32, most: u64 },
    #[error("The picture is stored in a way that takes too much to open. Save it as a JPEG and send that.")]
    TooElaborate,
    #[error("This is not a picture that we can read. Send a JPEG, a PNG, a WebP or a GIF.")]
    NotAPicture,
    #[error("The picture ends before it is complete. Send it again.")]
    Truncated,
    #[error("The picture is damaged: {0}. Open it, save it anew and send that.")]
    Broken(String),
}

impl Unreadable {
    fn broken(problem: impl std::fmt::Display) -> Self {
        Self::Broken(problem.to_string())
    }
}

/// Makes two clean pictures of one that somebody sent, or says why not.
pub(crate) fn develop(bytes: &[u8]) -> Result<Developed, Unreadable> {
    guarded(|| {
        let (source, orientation) = negative::read(bytes)?;
        // From here on there are at most 1,600 × 1,600 pixels: turning them costs little.
        let large = source.shrink(LARGE_SIDE)?.turn(orientation)?;
        let encoded = large.encode()?;
        Ok(Developed { large: encoded, thumbnail: large.shrink(THUMBNAIL_SIDE)?.encode()? })
    })
}

/// The decoders are other people's code, reading what strangers wrote. If one panics, the picture is to blame.
fn guarded(work: impl FnOnce() -> Result<Developed, Unreadable>) -> Result<Developed, Unreadable> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Unreadable::broken("it makes no sense to our decoder")))
}

/// Pixels, row by row from the top: gray, gray and alpha, RGB or RGBA, eight bits each.
struct Bitmap {
    width: u32,
    height: u32,
    kind: fir::PixelType,
    pixels: Vec<u8>,
}

impl Bitmap {
    /// The same picture with its longer side at most that long. Never makes it larger.
    fn shrink(self, side: u32) -> Result<Self, Unreadable> {
        let Self { width, height, kind, pixels } = self;
        let longer = width.max(height);
        if longer <= side {
            return Ok(Self { width, height, kind, pixels });
        }
        let scale = |length: u32| {
            let scaled = (u64::from(length) * u64::from(side) + u64::from(longer / 2)) / u64::from(longer);
            u32::try_from(scaled).unwrap_or(side).max(1)
        };
        let has_alpha = matches!(kind, fir::PixelType::U8x2 | fir::PixelType::U8x4);
        let mut source =
            fir::images::Image::from_vec_u8(width, height, pixels, kind).map_err(Unreadable::broken)?;
        let mut target = fir::images::Image::new(scale(width), scale(height), kind);
        // What is transparent must not bleed its color into its neighbors. Done in place: the resizer would copy.
        let alpha = fir::MulDiv::new();
        if has_alpha {
            alpha.multiply_alpha_inplace(&mut source).map_err(Unreadable::broken)?;
        }
        let options = fir::ResizeOptions::new()
            .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3))
            .use_alpha(false);
        fir::Resizer::new().resize(&source, &mut target, &options).map_err(Unreadable::broken)?;
        drop(source);
        if has_alpha {
            alpha.divide_alpha_inplace(&mut target).map_err(Unreadable::broken)?;
        }
        Ok(Self { width: target.width(), height: target.height(), kind, pixels: target.into_vec() })
    }

    /// The picture the way up it was taken, as RGB or RGBA.
    fn turn(self, orientation: Orientation) -> Result<Self, Unreadable> {
        fn image<P: image::Pixel<Subpixel = u8>>(bitmap: Bitmap) -> Option<ImageBuffer<P, Vec<u8>>> {
            ImageBuffer::from_raw(bitmap.width, bitmap.height, bitmap.pixels)
        }
        let kind = self.kind;
        let image = match kind {
            fir::PixelType::U8 => image(self).map(DynamicImage::ImageLuma8),
            fir::PixelType::U8x2 => image(self).map(DynamicImage::ImageLumaA8),
            fir::PixelType::U8x3 => image(self).map(DynamicImage::ImageRgb8),
            _ => image(self).map(DynamicImage::ImageRgba8),
        };
        let mut image = image.ok_or_else(|| Unreadable::broken("its rows have different lengths"))?;
        image.apply_orientation(orientation);
        let (width, height) = (image.width(), image.height());
        Ok(match kind {
            fir::PixelType::U8 | fir::PixelType::U8x3 => {
                Self { width, height, kind: fir::PixelType::U8x3, pixels: image.into_rgb8().into_raw() }
            }
            _ => Self { width, height, kind: fir::PixelType::U8x4, pixels: image.into_rgba8().into_raw() },
        })
    }

    /// The picture, which has been [turned](Self::turn), as WebP.
    fn encode(&self) -> Result<Encoded, Unreadable> {
        let (width, height) = (self.width, self.height);
        let encoder = match self.kind {
            fir::PixelType::U8x3 => webp::Encoder::from_rgb(&self.pixels, width, height),
            _ => webp::Encoder::from_rgba(&self.pixels, width, height),
        };
        let bytes = encoder
            .encode_simple(false, QUALITY)
            .map_err(|error| Unreadable::Broken(format!("it cannot be encoded anew ({error:?})")))?
            .to_vec();
        Ok(Encoded { width, height, bytes })
    }
}

/// What comes out of the darkroom: the large size and the one for lists, kept.
pub(crate) type Made = Result<(Stored, Stored), No>;

/// The one thread that develops pictures and keeps their files, and the few that wait for it.
pub(crate) struct Darkroom {
    queue: Sender<(Arc<Vec<u8>>, oneshot::Sender<Made>)>,
}

impl Darkroom {
    /// Starts the thread. It ends when the darkroom is dropped and what waited is done.
    pub(crate) fn start(gallery: Gallery, env: Arc<dyn Env>) -> Self {
        let (queue, tasks) = crossbeam_channel::bounded::<(Arc<Vec<u8>>, oneshot::Sender<Made>)>(WAITING);
        let work = move || {
            while let Ok((bytes, tell)) = tasks.recv() {
                // Who hung up while waiting is not worked for.
                if tell.is_closed() {
                    continue;
                }
                let made = match develop(&bytes) {
                    Ok(developed) => crate::picture::keep(&gallery, developed)
                        .map_err(|stop| broken(env.as_ref(), "keeping a picture", &stop)),
                    Err(unreadable) => Err(Refusal::from(unreadable).into()),
                };
                drop(tell.send(made));
            }
        };
        if let Err(error) = std::thread::Builder::new().name("darkroom".to_owned()).spawn(work) {
            tracing::error!(%error, "cannot start the darkroom");
        }
        Self { queue }
    }

    /// Hands a picture in, and says where the answer comes.
    ///
    /// # Errors
    ///
    /// [`Busy::Overloaded`] when too many wait.
    pub(crate) fn make(&self, bytes: Arc<Vec<u8>>) -> Result<oneshot::Receiver<Made>, No> {
        let (tell, made) = oneshot::channel();
        self.queue.try_send((bytes, tell)).map_err(|error| match error {
            TrySendError::Full(_) => No::Busy(Busy::Overloaded),
            TrySendError::Disconnected(_) => No::Busy(Busy::Closing),
        })?;
        Ok(made)
    }
}
