//! Every title of the demo has a drawing of its own, and the same one every time.

use std::collections::BTreeMap;

use super::super::campus;
use super::*;

fn image(bytes: &[u8]) -> Pixmap {
    Pixmap::decode_png(bytes).unwrap()
}

#[test]
fn everything_on_the_campus_has_a_page_of_its_own() {
    let without: Vec<&str> = campus::offers(1)
        .iter()
        .map(|offer| offer.title)
        .filter(|title| pages::find(title).is_none())
        .collect();
    assert_eq!(without, Vec::<&str>::new());
    assert!(pages::find("Something nobody has thought of").is_none());
}

#[test]
fn the_same_arguments_give_the_same_bytes_and_other_seeds_other_pictures() {
    let lamp = |seed| draw("Rechargeable desk lamp", Category::Furniture, seed);
    assert_eq!(lamp(7), lamp(7));
    assert_ne!(lamp(0), lamp(1));
    assert_ne!(lamp(0), draw("Rechargeable desk lamp", Category::Kitchen, 0));
}

#[test]
fn every_picture_has_one_of_the_three_sizes_and_something_on_it() {
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for (seed, offer) in (0..).zip(campus::offers(1)) {
        let picture = image(&draw(offer.title, offer.category, seed));
        let size = (picture.width(), picture.height());
        *sizes.entry(size).or_default() += 1;
        let format = FORMATS.iter().find(|(width, height, ..)| (*width, *height) == size);
        let (width, height, horizon, place) = *format.unwrap();
        let empty = |look| {
            let mut easel = Easel { canvas: Pixmap::new(width, height).unwrap(), place, horizon };
            easel.backdrop(light(offer.category), look);
            easel.canvas
        };
        let different = (0..3).map(|look| {
            empty(look).pixels().iter().zip(picture.pixels()).filter(|(a, b)| a != b).count() as u32
        });
        assert!(different.min().unwrap() > width * height / 40, "{}", offer.title);
    }
    assert_eq!(sizes.len(), 3, "{sizes:?}");
}

#[test]
fn a_parcel_stands_for_what_nobody_has_thought_of() {
    for category in Category::ALL {
        let picture = image(&draw("", *category, 0));
        assert_eq!((picture.width(), picture.height()), (800, 600));
    }
}
