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
    for (seed, offer) in (0_u64..).zip(campus::offers(1)) {
        let picture = image(&draw(offer.title, offer.category, seed << 8 | seed));
        *sizes.entry((picture.width(), picture.height())).or_default() += 1;
        let empty = {
            let light = light(offer.category);
            let (width, height, horizon, place) = FORMATS[(seed % 3) as usize];
            let mut easel = Easel { canvas: Pixmap::new(width, height).unwrap(), place, horizon };
            easel.backdrop(light, 0);
            easel.canvas
        };
        let different = empty.pixels().iter().zip(picture.pixels()).filter(|(a, b)| a != b).count();
        assert!(different * 40 > empty.pixels().len(), "{}", offer.title);
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
