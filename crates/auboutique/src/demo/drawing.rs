//! Pictures of the demo's things, drawn by the program itself.
//!
//! A picture book: each page is a function that draws one thing out of a few kinds of shapes, on a stage of 400 × 300
//! with the floor at 240. Words in a listing's title choose the page, the listing's shelf the light it stands in, and a
//! seed its colors and its format. What no page is known for comes as a parcel.

mod pages;
mod products;
#[cfg(test)]
mod tests;

use auboutique_domain::listing::Category;
use tiny_skia::{
    FillRule, GradientStop, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Point, RadialGradient, Rect,
    Shader, SpreadMode, Stroke, Transform,
};

/// Draws the thing a title speaks of, as a PNG. The same arguments give the same bytes.
pub(crate) fn draw(title: &str, category: Category, seed: u64) -> Vec<u8> {
    let light = light(category);
    // Stirred, so that neighbors differ in more than one thing.
    let stirred = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let pick = |count: usize, shift: u32| ((stirred >> shift) % count as u64) as usize;
    let (width, height, horizon, place) = FORMATS[pick(FORMATS.len(), 20)];
    let Some(canvas) = Pixmap::new(width, height) else { return Vec::new() };
    let mut easel = Easel { canvas, place, horizon };
    easel.backdrop(light, pick(3, 40));
    let (main, other) = light.colors[pick(light.colors.len(), 0)];
    let hues = Hues { main, dark: mix(main, 0x14_1830, 30), light: mix(main, 0xff_ffff, 35), other };
    find(title).unwrap_or(pages::parcel)(&mut easel, hues);
    encode(&easel.canvas).unwrap_or_default()
}

/// The page for a title, or for the words by which a store's products are drawn.
fn find(title: &str) -> Option<Page> {
    products::find(title).or_else(|| pages::find(title))
}

/// Whether there is a page for a title: what none is known for comes as a parcel.
#[cfg(test)]
pub(super) fn is_known(title: &str) -> bool {
    find(title).is_some()
}

/// A PNG without the alpha, because the backdrop is everywhere, and packed in haste: it is developed right away.
fn encode(canvas: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let rgb: Vec<u8> =
        canvas.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, canvas.width(), canvas.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(&rgb)?;
    Ok(bytes)
}

type Color = u32;
type Spot = (i16, i16);
type Page = fn(&mut Easel, Hues);

/// The sizes of the pictures, the row where the floor begins, and what brings the stage into their middle.
const FORMATS: [(u32, u32, u32, Transform); 3] = [
    (800, 600, 480, Transform { sx: 2.0, kx: 0.0, ky: 0.0, sy: 2.0, tx: 0.0, ty: 0.0 }),
    (720, 720, 546, Transform { sx: 2.0, kx: 0.0, ky: 0.0, sy: 2.0, tx: -40.0, ty: 66.0 }),
    (640, 800, 576, Transform { sx: 1.9, kx: 0.0, ky: 0.0, sy: 1.9, tx: -60.0, ty: 120.0 }),
];

/// The colors of one picture: of the thing, its shady and its bright side, and of what stands out on it.
#[derive(Clone, Copy)]
struct Hues {
    main: Color,
    dark: Color,
    light: Color,
    other: Color,
}

/// The light of a shelf: above, below, and the pairs of colors that look good in it.
struct Light {
    above: Color,
    below: Color,
    colors: [(Color, Color); 3],
}

fn light(category: Category) -> &'static Light {
    macro_rules! light {
        ($above:literal $below:literal $($main:literal $other:literal),*) => {
            &Light { above: $above, below: $below, colors: [$(($main, $other)),*] }
        };
    }
    match category {
        Category::Books => light!(0xfbf0de 0xefd6b4 0x2f6f8f 0xf4c95d, 0xb5483f 0xf6dfae, 0x3d6b4f 0xf2b56b),
        Category::Electronics => {
            light!(0xe6eef8 0xbcd2ea 0x3f5d92 0xff9f6b, 0x2f8f8a 0xffd166, 0x6a5fb0 0x7fe0c8)
        }
        Category::Furniture => {
            light!(0xf5eee3 0xe0cdb3 0x2e8b83 0xf2a65a, 0xd9743f 0x4a7c8c, 0x5a6fa8 0xf0c05a)
        }
        Category::Kitchen => {
            light!(0xfff0e2 0xf6c9a8 0xd4483b 0xffd166, 0x2a8c82 0xffb199, 0x3e5c8a 0xf7b267)
        }
        Category::Clothing => {
            light!(0xf9e8ef 0xe3bbcf 0x5b4b8a 0xf3b562, 0x2f7f86 0xf7a1a1, 0xb8456b 0xffd9a0)
        }
        Category::Sports => light!(0xe6f6ea 0xafdcc1 0xe2583e 0xffd35c, 0x2b66a8 0xffb347, 0x7a3f9d 0xf4e04d),
        Category::Music => light!(0xefe9fa 0xc6b5e6 0xb5562f 0xf6d186, 0x8a3b4f 0xf2c57c, 0x3f5f8a 0xf4a259),
        Category::Games => light!(0xe9ebfc 0xb4bbef 0xe4572e 0xffc914, 0x17a398 0xffb30f, 0x7b3fb0 0x5ce1c6),
        Category::Study => light!(0xfff7dd 0xf6dc8c 0x2f7fb8 0xf26b5b, 0x1f8a70 0xff8552, 0x8a4fa8 0x3fb8c4),
        Category::Art => light!(0xfdebe8 0xf1b6af 0x2f6c9e 0xf6b93b, 0x2a8c74 0xe9604f, 0x7d4f9e 0xf7c548),
        Category::Plants => light!(0xeef7e3 0xb9dca0 0xd0663f 0xf4c95d, 0x3f79a8 0xf7d08a, 0xe0a03f 0xc95b4a),
        Category::Other => light!(0xecf3f3 0xb7cdd0 0xe07a3f 0xf6d55c, 0x2f7d8c 0xf7b05b, 0xb0485f 0xf3c969),
    }
}

const INK: Color = 0x2b_2d42;
const NIGHT: Color = 0x1d_1f30;
const STEEL: Color = 0xc3_cbd6;
const IRON: Color = 0x8a_94a6;
const PAPER: Color = 0xfd_faf3;
const SAND: Color = 0xe9_dfcc;
const WOOD: Color = 0xc9_8f5a;
const BARK: Color = 0x9a_6238;
const BRASS: Color = 0xd9_a441;
const LEAF: Color = 0x4f_9d5d;
const MOSS: Color = 0x2f_7446;
const CLAY: Color = 0xc9_6b45;
const SKY: Color = 0x8f_cdea;
/// With an alpha before the color: what lies over other things.
const SHADE: Color = 0x26_00_00_30;
const SHINE: Color = 0x50_ff_ff_ff;
const GLASS: Color = 0x90_d6_f0_f5;

/// So many percent of the second color in the first.
fn mix(color: Color, with: Color, percent: u32) -> Color {
    mix_fine(color, with, percent, 100)
}

/// So many parts of the second color in the first.
fn mix_fine(color: Color, with: Color, part: u32, of: u32) -> Color {
    let channel = |shift: u32| {
        let [a, b] = [color, with].map(|color| color >> shift & 0xff);
        ((a * (of - part) + b * part + of / 2) / of) << shift
    };
    channel(16) | channel(8) | channel(0)
}

fn skia(color: Color) -> tiny_skia::Color {
    let [alpha, red, green, blue] = color.to_be_bytes();
    tiny_skia::Color::from_rgba8(red, green, blue, if alpha == 0 { 255 } else { alpha })
}

// ---- the tools ----

/// What is drawn on, and where on it the stage is.
struct Easel {
    canvas: Pixmap,
    place: Transform,
    /// The row of pixels where the wall ends.
    horizon: u32,
}

impl Easel {
    fn fill(&mut self, path: Option<Path>, color: Color) {
        let Some(path) = path else { return };
        let mut paint = Paint::default();
        paint.set_color(skia(color));
        self.canvas.fill_path(&path, &paint, FillRule::Winding, self.place, None);
    }

    fn stroke(&mut self, path: Option<Path>, width: i16, color: Color) {
        let Some(path) = path else { return };
        let mut paint = Paint::default();
        paint.set_color(skia(color));
        let stroke = Stroke {
            width: f32::from(width),
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        self.canvas.stroke_path(&path, &paint, &stroke, self.place, None);
    }

    /// A rectangle from its upper left corner, with round corners.
    fn block(&mut self, (x, y): Spot, (width, height): Spot, round: i16, color: Color) {
        let r = round.min(width / 2).min(height / 2);
        let [left, top, right, bottom] = [x, y, x + width, y + height].map(f32::from);
        let [west, north, east, south] = [x + r, y + r, x + width - r, y + height - r].map(f32::from);
        let mut path = PathBuilder::new();
        path.move_to(west, top);
        path.line_to(east, top);
        path.quad_to(right, top, right, north);
        path.line_to(right, south);
        path.quad_to(right, bottom, east, bottom);
        path.line_to(west, bottom);
        path.quad_to(left, bottom, left, south);
        path.line_to(left, north);
        path.quad_to(left, top, west, top);
        path.close();
        self.fill(path.finish(), color);
    }

    fn disc(&mut self, middle: Spot, radius: i16, color: Color) {
        self.oval(middle, (radius, radius), color);
    }

    fn oval(&mut self, middle: Spot, radii: Spot, color: Color) {
        self.fill(oval(middle, radii), color);
    }

    fn ring(&mut self, middle: Spot, radius: i16, width: i16, color: Color) {
        self.stroke(oval(middle, (radius, radius)), width, color);
    }

    /// What lies within these corners.
    fn shape(&mut self, corners: &[Spot], color: Color) {
        self.fill(polygon(corners, true), color);
    }

    /// What lies within these corners, all of them rounded off.
    fn blob(&mut self, corners: &[Spot], color: Color) {
        self.fill(curve(corners, true), color);
    }

    /// A stroke from spot to spot.
    fn line(&mut self, spots: &[Spot], width: i16, color: Color) {
        self.stroke(polygon(spots, false), width, color);
    }

    /// A stroke that bends towards each spot on its way from the first to the last.
    fn bow(&mut self, spots: &[Spot], width: i16, color: Color) {
        self.stroke(curve(spots, false), width, color);
    }

    /// Draws that, turned clockwise by so many degrees about a spot.
    fn turned(&mut self, degrees: i16, (x, y): Spot, draw: impl FnOnce(&mut Self)) {
        let upright = self.place;
        self.place =
            upright.pre_concat(Transform::from_rotate_at(f32::from(degrees), f32::from(x), f32::from(y)));
        draw(self);
        self.place = upright;
    }

    /// Draws that, moved.
    fn moved(&mut self, (x, y): Spot, draw: impl FnOnce(&mut Self)) {
        let before = self.place;
        self.place = before.pre_translate(f32::from(x), f32::from(y));
        draw(self);
        self.place = before;
    }

    /// The soft shadow of a thing that wide on the floor.
    fn floor(&mut self, half: i16) {
        self.shadow((200, 241), half);
    }

    fn shadow(&mut self, (x, y): Spot, half: i16) {
        let stops = [(0.0, 0x58), (0.55, 0x34), (1.0, 0)]
            .map(|(place, alpha)| GradientStop::new(place, tiny_skia::Color::from_rgba8(20, 20, 50, alpha)));
        let middle = Point::from_xy(0.0, 0.0);
        let shader = RadialGradient::new(
            middle,
            0.0,
            middle,
            100.0,
            stops.to_vec(),
            SpreadMode::Pad,
            Transform::identity(),
        );
        let paint = Paint { shader: shader.unwrap_or(Shader::SolidColor(skia(SHADE))), ..Paint::default() };
        let Some(path) = oval((0, 0), (100, 100)) else { return };
        let flat = Transform::from_row(f32::from(half), 0.0, 0.0, 14.0, f32::from(x), f32::from(y));
        let place = self.place.pre_concat(flat).pre_scale(0.01, 0.01);
        self.canvas.fill_path(&path, &paint, FillRule::Winding, place, None);
    }

    /// The wall, a large soft disc of light on it, and the floor.
    fn backdrop(&mut self, light: &Light, look: usize) {
        let (rows, horizon) = (self.canvas.height(), self.horizon);
        self.rows(0..rows, |row| mix_fine(light.above, light.below, row, rows));
        match look {
            0 => self.disc((200, 145), 118, 0x58_ff_ff_ff),
            1 => {
                self.disc((262, 110), 96, 0x50_ff_ff_ff);
                self.disc((110, 170), 58, 0x40_ff_ff_ff);
            }
            _ => self.block((84, 26), (232, 300), 116, 0x50_ff_ff_ff),
        }
        let floor = mix(light.below, 0x60_4030, 12);
        self.rows(horizon..rows, |row| mix_fine(floor, light.below, row - horizon, rows));
    }

    /// Paints whole rows, each in one color: a tenth of the time a gradient takes.
    fn rows(&mut self, rows: std::ops::Range<u32>, color: impl Fn(u32) -> Color) {
        let long = self.canvas.width() as usize * 4;
        for (row, pixels) in (0..).zip(self.canvas.data_mut().chunks_exact_mut(long)) {
            if rows.contains(&row) {
                let [_, red, green, blue] = color(row).to_be_bytes();
                pixels.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&[red, green, blue, 255]));
            }
        }
    }
}

fn oval((x, y): Spot, (across, down): Spot) -> Option<Path> {
    let box_ = Rect::from_ltrb(
        f32::from(x - across),
        f32::from(y - down),
        f32::from(x + across),
        f32::from(y + down),
    )?;
    PathBuilder::from_oval(box_)
}

fn polygon(spots: &[Spot], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (number, (x, y)) in spots.iter().enumerate() {
        let [x, y] = [*x, *y].map(f32::from);
        if number == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// Each spot pulls the line towards it; the line itself runs through the middles between them.
fn curve(spots: &[Spot], closed: bool) -> Option<Path> {
    let at = |place: usize| {
        let (x, y) = spots[place % spots.len()];
        (f32::from(x), f32::from(y))
    };
    let between = |place: usize| {
        let ((ax, ay), (bx, by)) = (at(place), at(place + 1));
        (f32::midpoint(ax, bx), f32::midpoint(ay, by))
    };
    let mut path = PathBuilder::new();
    if closed {
        let (x, y) = between(0);
        path.move_to(x, y);
        for place in 1..=spots.len() {
            let (pull, to) = (at(place), between(place));
            path.quad_to(pull.0, pull.1, to.0, to.1);
        }
        path.close();
    } else {
        let last = spots.len() - 1;
        path.move_to(at(0).0, at(0).1);
        for place in 1..last {
            let (pull, to) = (at(place), if place + 1 == last { at(last) } else { between(place) });
            path.quad_to(pull.0, pull.1, to.0, to.1);
        }
    }
    path.finish()
}
