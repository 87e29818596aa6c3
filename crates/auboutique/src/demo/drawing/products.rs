//! The rest of the picture book: what only stores sell, and the stores themselves.

use super::pages::{garment, leaf, pot};
use super::*;

/// The page for each word. Unlike a title, which contains a word of the first part, these are the whole of what is asked for.
const WORDS: &[(&str, Page)] = &[
    // The stores, as one sees them from the street.
    ("window with gears", window_with_gears),
    ("window with books", window_with_books),
    ("window with plants", window_with_plants),
    ("window with pencils", window_with_pencils),
    ("window with a ball", window_with_a_ball),
    ("window with a vase", window_with_a_vase),
    // Clothes.
    ("tee", tee),
    ("hoodie", hoodie),
    ("cap", cap),
    ("jersey", jersey),
    ("shorts", shorts),
    ("scarf", scarf),
    ("tote", tote),
    // For engineers.
    ("soldering iron", soldering_iron),
    ("multimeter", multimeter),
    ("breadboard", breadboard),
    ("jumper wires", jumper_wires),
    ("robot car", robot_car),
    ("screwdrivers", screwdrivers),
    ("helmet", helmet),
    ("stickers", stickers),
    // Books.
    ("cvsp readers", readers),
    ("wrapped book", wrapped_book),
    ("diwan", diwan),
    ("paperbacks", paperbacks),
    // For the desk.
    ("bookmarks", bookmarks),
    ("spiral notebook", spiral_notebook),
    ("ballpoint", pens),
    ("highlighters", highlighters),
    ("stapler", stapler),
    ("binder", binder),
    ("sticky notes", sticky_notes),
    ("planner", planner),
    ("poster print", poster),
    ("thesis", thesis),
    // For teams.
    ("water bottle", water_bottle),
    ("medal", medal),
    // From the kiln.
    ("mug", mug),
    ("stoneware mug", stoneware_mug),
    ("espresso cups", espresso_cups),
    ("vase", vase),
    ("plate", plate),
    ("teapot", teapot),
    ("tile", tile),
    ("planter", planter),
    // For plants.
    ("snake plant", snake_plant),
    ("lavender", lavender),
    ("hanging fern", hanging_fern),
    ("watering can", watering_can),
    ("soil", soil),
];

/// The page of that name, if this part of the book has it.
pub(super) fn find(name: &str) -> Option<Page> {
    WORDS.iter().find(|(word, _)| *word == name).map(|(_, page)| *page)
}

// ---- stores ----

/// A small house front with an awning, a door, and something in the window.
fn front(e: &mut Easel, h: Hues, in_window: impl FnOnce(&mut Easel)) {
    e.floor(170);
    e.block((62, 40), (276, 200), 6, mix(h.light, PAPER, 45));
    e.block((62, 40), (276, 34), 6, h.dark);
    e.block((130, 50), (140, 13), 6, h.other);
    e.block((78, 108), (168, 112), 4, WOOD);
    e.block((85, 114), (154, 99), 2, mix(SKY, PAPER, 70));
    in_window(e);
    e.line(&[(100, 204), (148, 122)], 5, SHINE);
    e.line(&[(116, 206), (164, 124)], 3, SHINE);
    e.block((262, 112), (60, 128), 4, h.main);
    e.block((270, 122), (44, 58), 3, mix(SKY, PAPER, 55));
    e.disc((270, 192), 4, BRASS);
    e.block((278, 136), (28, 15), 3, PAPER);
    e.line(&[(284, 143), (300, 143)], 2, h.dark);
    for place in 0..9 {
        let x = 54 + place * 33;
        let color = if place % 2 == 0 { h.main } else { PAPER };
        e.shape(&[(x + 4, 70), (x + 31, 70), (x + 33, 98), (x, 98)], color);
        e.disc((x + 16, 98), 16, color);
    }
    e.block((54, 66), (292, 8), 3, h.dark);
    e.block((70, 220), (190, 20), 2, mix(h.light, INK, 20));
}

/// A wheel with teeth.
fn gear(e: &mut Easel, (x, y): Spot, radius: i16, color: Color, hole: Color) {
    for turn in [0, 45, 90, 135] {
        e.turned(turn, (x, y), |e| {
            e.block((x - radius / 5, y - radius), (radius * 2 / 5, radius * 2), 2, color);
        });
    }
    e.disc((x, y), radius * 4 / 5, color);
    e.disc((x, y), radius / 3, hole);
}

fn window_with_gears(e: &mut Easel, h: Hues) {
    front(e, h, |e| {
        let glass = mix(SKY, PAPER, 70);
        gear(e, (138, 168), 38, h.dark, glass);
        gear(e, (192, 146), 24, h.other, glass);
        gear(e, (206, 188), 17, IRON, glass);
    });
}

fn window_with_books(e: &mut Easel, h: Hues) {
    front(e, h, |e| {
        for (y, shift) in [(164, 0), (213, 2)] {
            let colors = [h.main, h.other, h.dark, MOSS, CLAY, h.light, h.other, h.main, INK, CLAY];
            for (place, x) in (0..).zip((92_i16..230).step_by(14)) {
                let height = 28 + (x * 7 + y) % 14;
                let color = colors[(place + shift) % colors.len()];
                e.block((x, y - height), (12, height), 2, color);
                e.block((x + 2, y - height + 6), (8, 3), 0, PAPER);
            }
            e.block((85, y - 1), (154, 5), 0, BARK);
        }
    });
}

fn window_with_plants(e: &mut Easel, h: Hues) {
    front(e, h, |e| {
        for (x, color) in [(112, CLAY), (162, h.other), (212, CLAY)] {
            for (dx, dy) in [(-24, -34), (24, -34), (-13, -52), (13, -52), (0, -60)] {
                leaf(e, (x, 188), (dx, dy), 14, if dx < 0 { LEAF } else { MOSS });
            }
            e.shape(&[(x - 17, 184), (x + 17, 184), (x + 12, 213), (x - 12, 213)], color);
        }
        for (x, long) in [(136, 30), (188, 42)] {
            e.bow(&[(x, 114), (x - 8, 114 + long / 2), (x + 2, 114 + long)], 3, MOSS);
            leaf(e, (x, 114 + long), (8, 14), 14, LEAF);
        }
    });
}

fn window_with_pencils(e: &mut Easel, h: Hues) {
    front(e, h, |e| {
        for (x, top, color) in [(106, 134, h.main), (120, 126, h.other), (134, 138, CLAY), (148, 130, LEAF)] {
            e.block((x - 5, top), (10, 60), 1, color);
            e.shape(&[(x - 5, top), (x + 5, top), (x, top - 12)], 0xf3_d9b1);
            e.disc((x, top - 10), 2, INK);
        }
        e.block((94, 172), (66, 41), 5, h.dark);
        e.block((176, 134), (48, 62), 3, PAPER);
        e.block((176, 134), (48, 14), 3, CLAY);
        for y in [160, 170, 180] {
            e.line(&[(184, y), (216, y)], 2, SAND);
        }
        e.block((168, 196), (64, 17), 3, h.light);
    });
}

fn window_with_a_ball(e: &mut Easel, h: Hues) {
    front(e, h, |e| {
        let sleeves = [(106, 128), (146, 128), (164, 150), (152, 162), (100, 162), (88, 150)];
        e.shape(&sleeves, h.dark);
        e.shape(&[(106, 128), (146, 128), (150, 212), (102, 212)], h.main);
        e.shape(&[(116, 128), (136, 128), (126, 142)], PAPER);
        e.line(&[(118, 166), (126, 160), (126, 188)], 6, h.other);
        e.disc((200, 184), 28, 0xe0_843c);
        e.line(&[(172, 184), (228, 184)], 2, INK);
        e.line(&[(200, 156), (200, 212)], 2, INK);
        e.bow(&[(180, 164), (196, 184), (180, 204)], 2, INK);
        e.bow(&[(220, 164), (204, 184), (220, 204)], 2, INK);
    });
}

fn window_with_a_vase(e: &mut Easel, h: Hues) {
    front(e, h, |e| {
        for (x, height, color) in [(116, 66, h.main), (166, 50, h.other), (212, 74, h.dark)] {
            let y = 213 - height;
            e.blob(
                &[
                    (x - 8, y),
                    (x + 8, y),
                    (x + 6, y + 14),
                    (x + 24, 186),
                    (x + 12, 216),
                    (x - 12, 216),
                    (x - 24, 186),
                    (x - 6, y + 14),
                ],
                color,
            );
            e.bow(&[(x - 16, 186), (x, 194), (x + 16, 186)], 3, PAPER);
        }
        e.bow(&[(116, 148), (110, 132), (122, 120)], 3, MOSS);
        e.disc((122, 124), 6, 0xf2_7fa8);
    });
}

// ---- clothes ----

/// A shirt with short sleeves, laid out flat.
fn shirt(e: &mut Easel, color: Color, trim: Color) {
    e.floor(110);
    let dark = mix(color, NIGHT, 20);
    e.shape(&[(160, 58), (104, 86), (82, 138), (116, 152), (140, 118)], dark);
    e.shape(&[(240, 58), (296, 86), (318, 138), (284, 152), (260, 118)], dark);
    e.shape(&[(158, 56), (242, 56), (270, 84), (262, 236), (138, 236), (130, 84)], color);
    e.shape(&[(170, 56), (230, 56), (218, 72), (200, 78), (182, 72)], dark);
    e.bow(&[(171, 58), (180, 78), (220, 78), (229, 58)], 5, trim);
    e.line(&[(86, 136), (114, 147)], 5, trim);
    e.line(&[(314, 136), (286, 147)], 5, trim);
    e.bow(&[(240, 130), (250, 180), (244, 228)], 3, SHADE);
}

fn tee(e: &mut Easel, h: Hues) {
    shirt(e, h.main, h.dark);
    gear(e, (200, 140), 36, h.other, h.main);
    e.block((168, 188), (64, 8), 4, h.light);
    e.block((180, 202), (40, 5), 2, h.light);
}

fn jersey(e: &mut Easel, h: Hues) {
    shirt(e, h.main, h.other);
    for x in [144, 246] {
        e.block((x, 112), (10, 120), 2, h.other);
    }
    e.line(&[(180, 122), (190, 112), (190, 184)], 12, PAPER);
    e.bow(&[(206, 126), (214, 104), (240, 118), (224, 146), (204, 184)], 12, PAPER);
    e.line(&[(208, 184), (232, 184)], 12, PAPER);
}

fn hoodie(e: &mut Easel, h: Hues) {
    garment(e, h.main, h.dark, 214);
    e.blob(&[(150, 62), (170, 32), (230, 32), (250, 62), (230, 96), (200, 104), (170, 96)], h.dark);
    e.blob(&[(168, 62), (182, 46), (218, 46), (232, 62), (216, 88), (184, 88)], NIGHT);
    for x in [186, 214] {
        e.line(&[(x, 92), (x, 136)], 4, PAPER);
    }
    e.shape(&[(160, 172), (240, 172), (254, 210), (146, 210)], h.dark);
    gear(e, (236, 132), 17, h.other, h.main);
}

fn cap(e: &mut Easel, h: Hues) {
    e.floor(120);
    e.blob(&[(96, 214), (100, 100), (170, 74), (240, 92), (270, 150), (272, 214), (180, 224)], h.main);
    e.blob(&[(200, 196), (276, 182), (350, 214), (346, 236), (270, 226), (200, 224)], h.dark);
    e.bow(&[(178, 92), (150, 130), (146, 206)], 2, h.dark);
    e.bow(&[(178, 92), (230, 120), (244, 200)], 2, h.dark);
    e.disc((178, 90), 8, h.dark);
    // A cedar.
    for (y, half) in [(134, 12), (150, 21), (166, 30)] {
        e.shape(&[(200, y - 16), (200 + half, y), (200 - half, y)], h.other);
    }
    e.block((197, 164), (6, 16), 1, h.other);
}

fn shorts(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.shape(&[(124, 72), (276, 72), (304, 222), (216, 232), (200, 140), (184, 232), (96, 222)], h.main);
    e.shape(&[(252, 86), (276, 86), (304, 222), (284, 225)], h.other);
    e.shape(&[(148, 86), (124, 86), (96, 222), (116, 225)], h.other);
    e.block((120, 62), (160, 24), 8, h.dark);
    e.bow(&[(194, 78), (182, 110), (190, 124)], 4, PAPER);
    e.bow(&[(206, 78), (218, 106), (212, 120)], 4, PAPER);
    e.line(&[(150, 116), (142, 150)], 4, h.dark);
    e.line(&[(250, 116), (258, 150)], 4, h.dark);
    e.line(&[(200, 90), (200, 140)], 2, h.dark);
}

fn scarf(e: &mut Easel, h: Hues) {
    e.floor(120);
    for (x, turn) in [(146, 8), (222, -6)] {
        e.turned(turn, (200, 100), |e| {
            e.block((x - 10, 90), (52, 132), 4, h.main);
            for y in [110, 146, 182] {
                e.block((x - 10, y), (52, 17), 0, h.other);
            }
            for fringe in 0..6 {
                e.line(&[(x - 6 + fringe * 9, 222), (x - 6 + fringe * 9, 236)], 4, h.dark);
            }
        });
    }
    e.bow(&[(132, 116), (116, 50), (200, 28), (284, 50), (266, 116)], 40, h.main);
    e.bow(&[(160, 58), (200, 40), (240, 58)], 12, h.other);
    e.blob(&[(128, 92), (200, 120), (272, 92), (262, 138), (200, 158), (138, 138)], h.dark);
}

fn tote(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.bow(&[(158, 112), (160, 34), (240, 34), (242, 112)], 9, mix(SAND, BARK, 40));
    e.shape(&[(112, 100), (288, 100), (298, 238), (102, 238)], SAND);
    e.shape(&[(250, 100), (288, 100), (298, 238), (268, 238)], SHADE);
    e.block((112, 96), (176, 12), 3, mix(SAND, BARK, 25));
    e.shape(&[(150, 142), (198, 152), (198, 208), (150, 198)], h.main);
    e.shape(&[(250, 142), (202, 152), (202, 208), (250, 198)], h.dark);
    for y in [156, 168, 180] {
        e.line(&[(158, y), (190, y + 6)], 3, h.light);
        e.line(&[(242, y), (210, y + 6)], 3, h.light);
    }
}

// ---- for engineers ----

fn soldering_iron(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.block((70, 218), (120, 20), 6, INK);
    e.block((84, 206), (46, 16), 4, 0xe6_c64a);
    for x in [144, 154, 164, 174] {
        e.ring((x, 168), 22, 3, IRON);
    }
    e.turned(-28, (200, 150), |e| {
        e.line(&[(86, 150), (126, 150)], 5, STEEL);
        e.line(&[(120, 150), (190, 150)], 12, IRON);
        e.block((184, 138), (16, 24), 4, INK);
        e.block((198, 134), (112, 32), 14, h.main);
        e.block((206, 140), (94, 7), 3, SHINE);
        e.block((226, 156), (44, 5), 2, h.other);
    });
    e.bow(&[(300, 96), (356, 70), (352, 190), (310, 232), (250, 236)], 6, INK);
    e.bow(&[(112, 186), (104, 160), (116, 140), (106, 116)], 3, SHINE);
}

fn multimeter(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.bow(&[(176, 222), (150, 262), (86, 240), (82, 120), (92, 74)], 5, 0xc9_3a3a);
    e.bow(&[(214, 222), (240, 264), (316, 240), (318, 120), (308, 74)], 5, INK);
    e.block((84, 40), (14, 46), 6, 0xc9_3a3a);
    e.block((302, 40), (14, 46), 6, INK);
    e.block((134, 36), (132, 204), 20, h.other);
    e.block((144, 46), (112, 184), 14, INK);
    e.block((154, 56), (92, 46), 4, 0xc5_d6bd);
    e.line(&[(172, 68), (172, 90)], 5, INK);
    e.line(&[(188, 68), (202, 68), (188, 90), (202, 90)], 4, INK);
    e.line(&[(216, 68), (230, 68), (230, 90), (216, 90), (216, 68)], 4, INK);
    e.disc((200, 152), 36, 0x45_4860);
    for (x, y) in [(200, 110), (238, 130), (244, 164), (162, 130), (156, 164)] {
        e.disc((x, y), 3, h.other);
    }
    e.turned(32, (200, 152), |e| e.block((193, 122), (14, 60), 6, STEEL));
    for (x, color) in [(176, 0xc9_3a3a), (200, h.other), (224, IRON)] {
        e.disc((x, 214), 8, color);
        e.disc((x, 214), 4, NIGHT);
    }
}

fn breadboard(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.turned(-6, (200, 150), |e| {
        e.block((66, 78), (268, 154), 8, SAND);
        e.block((66, 72), (268, 154), 8, PAPER);
        for (y, color) in [(84, 0xd8_4a4a), (100, 0x3f_6fc0), (198, 0xd8_4a4a), (214, 0x3f_6fc0)] {
            e.line(&[(78, y), (322, y)], 2, color);
        }
        for y in [91, 114, 124, 134, 160, 170, 180, 206] {
            for column in 0..19_i16 {
                e.block((82 + column * 13, y), (4, 4), 0, IRON);
            }
        }
        e.block((66, 145), (268, 8), 0, SAND);
        e.block((170, 130), (62, 36), 3, INK);
        e.disc((180, 148), 4, IRON);
        e.bow(&[(98, 116), (116, 60), (164, 84), (162, 126)], 5, h.main);
        e.bow(&[(248, 128), (262, 76), (306, 90), (300, 162)], 5, h.other);
        e.bow(&[(110, 172), (130, 150), (152, 172)], 5, LEAF);
        e.disc((276, 176), 10, 0xe2_4b4b);
        e.disc((273, 172), 3, SHINE);
    });
}

fn jumper_wires(e: &mut Easel, h: Hues) {
    e.floor(140);
    let colors = [0xd8_4a4a, 0xe8_8a3c, 0xf0_c94a, LEAF, 0x3f_6fc0, 0x8a_4fa8, h.main, INK, IRON, PAPER];
    for (place, color) in (0_i16..).zip(colors) {
        let x = 110 + place * 20;
        let sway = 40 - place * 9;
        e.bow(&[(x, 78), (x + sway, 120), (x - sway, 170), (x, 214)], 8, color);
        e.block((x - 5, 54), (10, 30), 2, NIGHT);
        e.line(&[(x, 42), (x, 54)], 3, STEEL);
        e.block((x - 5, 208), (10, 28), 2, NIGHT);
    }
    e.block((98, 132), (204, 22), 8, h.other);
    e.block((98, 136), (204, 5), 2, SHINE);
}

fn robot_car(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.line(&[(56, 244), (344, 244)], 7, INK);
    e.block((98, 148), (204, 44), 10, h.main);
    e.block((98, 178), (204, 14), 6, h.dark);
    e.block((136, 118), (92, 32), 4, MOSS);
    for x in [146, 162, 178, 194, 210] {
        e.block((x, 126), (8, 14), 1, NIGHT);
    }
    e.bow(&[(220, 130), (262, 100), (284, 150)], 4, 0xd8_4a4a);
    e.bow(&[(146, 120), (116, 96), (112, 150)], 4, h.other);
    e.line(&[(264, 148), (264, 112)], 5, IRON);
    e.block((240, 84), (58, 32), 8, INK);
    for x in [256, 282] {
        e.disc((x, 100), 10, STEEL);
        e.disc((x, 100), 5, NIGHT);
    }
    for x in [136, 262] {
        e.disc((x, 206), 36, NIGHT);
        e.disc((x, 206), 21, h.other);
        e.disc((x, 206), 8, PAPER);
    }
    e.disc((306, 168), 7, 0xff_e9a0);
}

fn screwdrivers(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.block((76, 60), (248, 178), 12, INK);
    e.block((84, 68), (232, 162), 8, 0x45_4860);
    let colors = [h.main, h.other, LEAF, 0xd8_4a4a, h.light, 0x3f_6fc0];
    for (place, color) in (0_i16..).zip(colors) {
        let x = 108 + place * 37;
        e.line(&[(x, 84), (x, 150)], 5, STEEL);
        e.shape(&[(x - 4, 84), (x + 4, 84), (x, 74)], STEEL);
        e.block((x - 10, 146), (20, 72), 8, color);
        e.block((x - 10, 160), (20, 5), 0, SHADE);
        e.block((x - 6, 170), (4, 38), 2, SHINE);
        e.block((x - 7, 210), (14, 10), 4, INK);
    }
    e.block((84, 112), (232, 14), 0, IRON);
}

fn helmet(e: &mut Easel, h: Hues) {
    e.floor(130);
    let color = 0xf4_c430;
    e.bow(&[(118, 200), (150, 262), (250, 262), (282, 200)], 5, INK);
    e.blob(&[(92, 206), (96, 96), (160, 62), (200, 60), (240, 62), (304, 96), (308, 206), (200, 214)], color);
    e.blob(&[(250, 80), (296, 106), (302, 200), (270, 204)], SHADE);
    e.block((182, 58), (36, 140), 14, mix(color, PAPER, 35));
    for x in [148, 252] {
        e.bow(&[(x, 78), (x + (x - 200) / 4, 130), (x + (x - 200) / 3, 196)], 6, mix(color, BARK, 25));
    }
    e.block((66, 192), (268, 26), 12, mix(color, BARK, 12));
    e.block((66, 208), (268, 10), 5, mix(color, BARK, 38));
    e.disc((200, 152), 22, PAPER);
    gear(e, (200, 152), 16, h.main, PAPER);
}

fn stickers(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.turned(-5, (200, 150), |e| {
        e.block((112, 40), (176, 198), 6, PAPER);
        let colors = [h.main, h.other, h.dark, LEAF, CLAY, h.light];
        for place in 0..12_i16 {
            let (x, y) = (142 + place % 3 * 58, 68 + place / 3 * 47);
            let color = colors[usize::from(place.unsigned_abs()) % colors.len()];
            e.disc((x, y), 22, SAND);
            match place % 4 {
                0 => gear(e, (x, y), 18, color, PAPER),
                1 => {
                    e.block((x - 16, y - 9), (32, 18), 5, color);
                    for stripe in [-8, 0, 8] {
                        e.block((x + stripe - 1, y - 9), (3, 18), 0, INK);
                    }
                }
                2 => {
                    for (dy, half) in [(-4, 8), (5, 13), (14, 18)] {
                        e.shape(&[(x, y + dy - 12), (x + half, y + dy), (x - half, y + dy)], MOSS);
                    }
                }
                _ => {
                    e.disc((x, y), 17, color);
                    e.shape(
                        &[
                            (x + 3, y - 13),
                            (x - 8, y + 3),
                            (x, y + 3),
                            (x - 3, y + 13),
                            (x + 8, y - 3),
                            (x, y - 3),
                        ],
                        PAPER,
                    );
                }
            }
        }
    });
    e.shape(&[(262, 240), (296, 232), (288, 210)], SAND);
}

// ---- books ----

fn readers(e: &mut Easel, h: Hues) {
    e.floor(130);
    for (y, x, color) in [(196, 96, h.main), (154, 108, h.other), (112, 92, h.dark)] {
        e.block((x, y), (208, 42), 3, color);
        e.block((x + 12, y + 7), (196, 28), 1, PAPER);
        for line in [13, 20, 27] {
            e.line(&[(x + 14, y + line), (x + 204, y + line)], 1, SAND);
        }
        for ring in 0..4_i16 {
            e.block((x - 6, y + 5 + ring * 9), (20, 5), 2, IRON);
        }
    }
    e.turned(-8, (200, 90), |e| {
        e.block((122, 94), (150, 17), 2, PAPER);
        e.block((116, 82), (158, 15), 3, h.light);
    });
    for (x, y, color) in [(270, 106, 0xf6_e06a), (286, 148, 0xf5_a8c4), (258, 190, 0x9c_cdf0)] {
        e.block((x, y), (30, 9), 1, color);
    }
}

fn wrapped_book(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.turned(-5, (200, 150), |e| {
        e.block((126, 54), (156, 184), 4, mix(WOOD, BARK, 55));
        e.block((118, 48), (156, 184), 4, WOOD);
        e.shape(&[(118, 48), (160, 48), (118, 96)], mix(WOOD, PAPER, 18));
        e.line(&[(196, 48), (196, 232)], 5, PAPER);
        e.line(&[(118, 134), (274, 134)], 5, PAPER);
        e.bow(&[(196, 134), (160, 96), (152, 132), (196, 136)], 5, PAPER);
        e.bow(&[(196, 134), (236, 96), (242, 132), (196, 136)], 5, PAPER);
        e.line(&[(196, 134), (180, 170)], 5, PAPER);
        e.line(&[(196, 134), (216, 168)], 5, PAPER);
        e.turned(6, (236, 196), |e| {
            e.block((208, 176), (56, 40), 3, PAPER);
            e.line(&[(217, 187), (252, 187)], 3, h.main);
            e.line(&[(217, 196), (244, 196)], 3, h.main);
            e.line(&[(217, 205), (249, 205)], 3, h.main);
        });
    });
}

fn diwan(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.turned(5, (200, 150), |e| {
        e.block((118, 56), (156, 184), 5, mix(h.main, NIGHT, 45));
        e.block((122, 52), (150, 182), 2, PAPER);
        e.block((130, 46), (150, 186), 5, h.main);
        e.block((262, 46), (18, 186), 5, h.dark);
        e.block((142, 58), (108, 162), 3, h.other);
        e.block((146, 62), (100, 154), 2, h.main);
        // A pointed arch with the moon in it.
        e.blob(&[(160, 196), (160, 130), (196, 76), (196, 76), (232, 130), (232, 196)], h.other);
        e.disc((196, 138), 24, h.main);
        e.disc((206, 132), 20, h.other);
        e.bow(&[(170, 184), (186, 174), (198, 188), (222, 176)], 5, h.main);
        for (x, y) in [(158, 74), (234, 74), (158, 204), (234, 204)] {
            e.disc((x, y), 4, h.other);
        }
    });
}

fn paperbacks(e: &mut Easel, h: Hues) {
    e.floor(125);
    let pile = [(98, 206, h.main), (114, 174, h.other), (92, 142, h.dark), (110, 110, CLAY)];
    for (place, (x, y, color)) in (0_i16..).zip(pile) {
        e.block((x, y), (196, 30), 4, color);
        e.block((x + 4, y + 5), (14, 20), 1, PAPER);
        e.block((x + 90 - place * 9, y + 11), (72, 8), 3, mix(color, PAPER, 60));
        e.line(&[(x + 176, y + 2), (x + 176, y + 28)], 3, mix(color, PAPER, 40));
    }
    e.blob(&[(118, 108), (160, 76), (202, 100), (246, 74), (292, 106), (204, 114)], PAPER);
    e.bow(&[(118, 106), (160, 86), (202, 108), (246, 84), (292, 104)], 4, h.main);
    e.line(&[(203, 96), (203, 110)], 2, SAND);
    for x in [146, 228] {
        e.bow(&[(x, 98), (x + 14, 92), (x + 30, 97)], 2, IRON);
    }
}

// ---- for the desk ----

fn bookmarks(e: &mut Easel, h: Hues) {
    e.floor(120);
    for (turn, x, color) in [(-12, 126, h.main), (0, 176, h.other), (12, 226, h.dark)] {
        e.turned(turn, (200, 240), |e| {
            e.bow(&[(x + 24, 70), (x + 12, 40), (x + 32, 30), (x + 22, 8)], 4, CLAY);
            e.block((x, 60), (48, 174), 5, PAPER);
            e.block((x + 5, 78), (38, 150), 2, mix(SAND, color, 30));
            e.bow(&[(x + 5, 130), (x + 20, 112), (x + 30, 140), (x + 43, 122)], 3, color);
            e.bow(&[(x + 5, 190), (x + 24, 170), (x + 43, 186)], 3, color);
            e.line(&[(x + 12, 90), (x + 34, 214)], 2, color);
            e.disc((x + 29, 158), 5, CLAY);
            e.disc((x + 24, 69), 4, mix(color, INK, 30));
        });
    }
}

fn spiral_notebook(e: &mut Easel, h: Hues) {
    e.floor(115);
    e.turned(-4, (200, 150), |e| {
        e.block((130, 52), (160, 188), 8, mix(h.main, NIGHT, 40));
        e.block((134, 48), (152, 186), 4, PAPER);
        e.block((126, 44), (158, 188), 8, h.main);
        e.block((126, 176), (158, 24), 0, h.other);
        e.block((166, 78), (88, 44), 5, PAPER);
        e.line(&[(178, 94), (242, 94)], 3, IRON);
        e.line(&[(178, 107), (222, 107)], 3, IRON);
        for place in 0..11_i16 {
            let y = 58 + place * 16;
            e.disc((140, y), 4, NIGHT);
            e.bow(&[(140, y), (126, y - 10), (112, y), (122, y + 6)], 3, STEEL);
        }
    });
    e.block((262, 40), (10, 50), 2, 0xe2_4b4b);
}

fn pens(e: &mut Easel, h: Hues) {
    e.floor(130);
    for (turn, x, color) in [(-20, 158, 0x2f_5fb8), (0, 192, INK), (20, 226, 0xc9_3a3a)] {
        e.turned(turn, (200, 250), |e| {
            e.shape(&[(x, 74), (x + 18, 74), (x + 9, 40)], mix(color, PAPER, 20));
            e.line(&[(x + 9, 32), (x + 9, 44)], 3, STEEL);
            e.block((x, 72), (18, 126), 4, 0xc8_e8_f0_f4);
            e.block((x + 6, 78), (6, 116), 2, color);
            e.block((x - 2, 74), (22, 34), 6, mix(color, h.light, 15));
            e.block((x - 1, 192), (20, 44), 6, color);
            e.block((x + 14, 170), (6, 52), 3, STEEL);
        });
    }
}

fn highlighters(e: &mut Easel, _: Hues) {
    e.floor(150);
    let colors = [0xf6_e06a, 0xf5_a8c4, 0x9c_cdf0, 0xa9_dfa0, 0xc9_b2ea];
    for (place, color) in (0_i16..).zip(colors) {
        let x = 82 + place * 48;
        let down = (place % 2) * 12;
        e.shape(&[(x + 12, 58 + down), (x + 30, 46 + down), (x + 30, 80 + down), (x + 12, 80 + down)], color);
        e.block((x + 7, 76 + down), (28, 22), 4, NIGHT);
        e.block((x, 92 + down), (42, 146 - down), 9, color);
        e.block((x, 196), (42, 42), 9, mix(color, INK, 14));
        e.block((x + 7, 112 + down), (28, 62), 4, PAPER);
        e.block((x + 6, 100), (5, 90), 2, SHINE);
    }
}

fn stapler(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.block((66, 218), (270, 20), 8, INK);
    e.block((84, 200), (230, 14), 4, STEEL);
    e.turned(-9, (296, 190), |e| {
        e.block((70, 178), (240, 16), 5, IRON);
        e.blob(&[(56, 182), (70, 132), (160, 118), (300, 132), (326, 160), (320, 186), (180, 184)], h.main);
        e.blob(&[(82, 160), (130, 138), (240, 138), (290, 150), (200, 150)], h.light);
        e.block((62, 168), (26, 22), 4, STEEL);
    });
    e.disc((304, 196), 17, h.dark);
    e.disc((304, 196), 7, STEEL);
    e.shape(&[(70, 214), (104, 214), (100, 220), (74, 220)], STEEL);
}

fn binder(e: &mut Easel, h: Hues) {
    e.floor(120);
    e.shape(&[(196, 44), (292, 62), (292, 234), (196, 240)], h.main);
    e.shape(&[(204, 52), (284, 68), (284, 226), (204, 232)], mix(h.main, INK, 12));
    for (x, color) in [(284, h.other), (290, PAPER), (296, h.light)] {
        e.line(&[(x, 74), (x, 224)], 5, color);
    }
    e.block((116, 38), (84, 202), 5, h.main);
    e.block((116, 38), (12, 202), 5, h.dark);
    e.block((132, 66), (54, 76), 3, PAPER);
    for y in [84, 100, 116] {
        e.line(&[(142, y), (176, y)], 3, IRON);
    }
    e.ring((158, 190), 18, 6, STEEL);
    e.disc((158, 190), 14, NIGHT);
    e.line(&[(118, 236), (198, 236)], 5, STEEL);
}

fn sticky_notes(e: &mut Easel, h: Hues) {
    e.floor(130);
    let pads = [(86, 120, -8, 0xf6_e06a), (196, 132, 6, 0xf5_a8c4), (142, 66, 3, 0x9c_cdf0)];
    for (x, y, turn, color) in pads {
        e.turned(turn, (x + 52, y + 52), |e| {
            e.block((x + 4, y + 6), (104, 104), 2, mix(color, INK, 30));
            e.block((x + 2, y + 3), (104, 104), 2, mix(color, INK, 14));
            e.shape(&[(x, y), (x + 104, y), (x + 104, y + 84), (x + 82, y + 104), (x, y + 104)], color);
            e.shape(&[(x + 104, y + 84), (x + 82, y + 104), (x + 80, y + 82)], mix(color, INK, 22));
            for line in [26, 44, 62] {
                e.line(&[(x + 16, y + line), (x + 84 - line / 3, y + line)], 4, mix(color, INK, 45));
            }
        });
    }
    e.line(&[(206, 104), (214, 114), (230, 92)], 6, h.main);
}

fn planner(e: &mut Easel, h: Hues) {
    e.floor(115);
    e.turned(3, (200, 150), |e| {
        e.block((118, 46), (170, 194), 8, h.dark);
        e.block((126, 52), (158, 184), 3, PAPER);
        e.block((112, 42), (166, 194), 8, h.main);
        e.block((250, 42), (9, 194), 0, h.other);
        e.block((130, 66), (102, 92), 5, PAPER);
        e.block((130, 66), (102, 20), 5, h.other);
        for row in 0..4_i16 {
            for column in 0..6_i16 {
                let color = if row * 6 + column == 15 { 0xe2_4b4b } else { SAND };
                e.block((138 + column * 15, 94 + row * 15), (11, 10), 2, color);
            }
        }
        e.block((148, 184), (66, 7), 3, h.light);
        e.block((160, 200), (42, 5), 2, h.light);
        e.block((196, 236), (9, 26), 1, 0xe2_4b4b);
    });
}

fn poster(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.shape(&[(104, 44), (272, 44), (272, 212), (104, 212)], PAPER);
    e.shape(&[(112, 52), (264, 52), (264, 200), (112, 200)], mix(SKY, h.light, 40));
    e.disc((222, 92), 22, 0xf6_c648);
    e.shape(&[(112, 200), (112, 160), (150, 116), (192, 168), (220, 140), (264, 186), (264, 200)], h.main);
    e.shape(&[(138, 130), (150, 116), (162, 131), (150, 138)], PAPER);
    e.oval((188, 212), (84, 10), SAND);
    e.block((96, 36), (184, 12), 6, SAND);
    e.turned(62, (312, 200), |e| {
        e.block((228, 188), (130, 30), 6, PAPER);
        e.oval((232, 203), (7, 15), SAND);
        e.oval((232, 203), (3, 8), IRON);
        e.block((284, 187), (16, 32), 2, h.other);
    });
}

fn thesis(e: &mut Easel, h: Hues) {
    e.floor(125);
    e.block((96, 196), (214, 42), 5, h.dark);
    e.block((300, 201), (16, 32), 0, PAPER);
    e.line(&[(120, 206), (120, 228)], 4, BRASS);
    e.line(&[(140, 217), (250, 217)], 5, BRASS);
    e.turned(-7, (200, 120), |e| {
        e.block((134, 28), (146, 168), 5, mix(h.main, NIGHT, 45));
        e.block((140, 24), (136, 166), 2, PAPER);
        e.block((126, 20), (144, 168), 5, mix(h.main, NIGHT, 25));
        e.line(&[(142, 24), (142, 184)], 2, SHADE);
        for (y, from, to) in [(52, 164, 248), (66, 174, 238), (150, 180, 232)] {
            e.line(&[(from, y), (to, y)], 4, BRASS);
        }
        e.ring((206, 106), 20, 3, BRASS);
        e.shape(&[(206, 92), (218, 116), (194, 116)], BRASS);
    });
}

// ---- for teams ----

fn water_bottle(e: &mut Easel, h: Hues) {
    e.floor(70);
    e.bow(&[(182, 44), (182, 18), (218, 18), (218, 44)], 7, INK);
    e.block((174, 38), (52, 26), 6, INK);
    e.block((168, 60), (64, 16), 4, STEEL);
    e.blob(
        &[(158, 70), (242, 70), (252, 104), (252, 170), (252, 246), (148, 246), (148, 170), (148, 104)],
        h.main,
    );
    e.block((150, 116), (100, 120), 8, h.main);
    e.block((150, 206), (100, 34), 10, h.dark);
    for (y, half) in [(136, 12), (152, 20), (168, 28)] {
        e.shape(&[(200, y - 16), (200 + half, y), (200 - half, y)], h.other);
    }
    e.block((197, 166), (6, 14), 1, h.other);
    e.block((160, 96), (8, 128), 4, SHINE);
}

fn medal(e: &mut Easel, h: Hues) {
    e.floor(80);
    e.shape(&[(126, 24), (166, 24), (216, 136), (184, 146)], h.main);
    e.shape(&[(139, 24), (151, 24), (202, 140), (194, 143)], h.other);
    e.shape(&[(274, 24), (234, 24), (184, 136), (216, 146)], h.dark);
    e.shape(&[(261, 24), (249, 24), (198, 140), (206, 143)], h.other);
    e.ring((200, 142), 9, 5, BRASS);
    e.disc((200, 190), 50, mix(BRASS, BARK, 30));
    e.disc((200, 188), 48, BRASS);
    e.ring((200, 188), 38, 3, mix(BRASS, PAPER, 45));
    e.line(&[(176, 198), (196, 184), (210, 196), (224, 180)], 6, mix(BRASS, BARK, 55));
    e.line(&[(196, 184), (206, 166)], 6, mix(BRASS, BARK, 55));
    e.disc((210, 158), 7, mix(BRASS, BARK, 55));
    e.bow(&[(164, 172), (176, 152), (196, 148)], 4, SHINE);
}

// ---- from the kiln ----

/// A mug with its handle on the right.
fn cup_with_handle(e: &mut Easel, color: Color, inside: Color) {
    e.floor(100);
    e.ring((262, 158), 34, 14, mix(color, NIGHT, 18));
    e.blob(&[(124, 84), (264, 84), (262, 160), (256, 246), (132, 246), (126, 160)], color);
    e.block((128, 92), (132, 140), 12, color);
    e.block((232, 96), (24, 130), 10, SHADE);
    e.oval((194, 92), (66, 14), mix(color, PAPER, 25));
    e.oval((194, 94), (58, 10), inside);
}

fn mug(e: &mut Easel, h: Hues) {
    cup_with_handle(e, h.main, 0x5a_3826);
    e.block((146, 126), (94, 74), 6, NIGHT);
    e.line(&[(156, 142), (166, 150), (156, 158)], 4, 0x7f_e0a0);
    e.line(&[(174, 160), (196, 160)], 4, 0x7f_e0a0);
    e.line(&[(156, 178), (212, 178)], 4, h.other);
    e.line(&[(156, 189), (196, 189)], 4, h.light);
    e.bow(&[(178, 74), (186, 60), (170, 46), (180, 30)], 4, SHINE);
    e.bow(&[(210, 74), (218, 60), (202, 46), (212, 30)], 4, SHINE);
}

fn stoneware_mug(e: &mut Easel, h: Hues) {
    let clay = 0xc9_b79c;
    cup_with_handle(e, clay, 0xe8_dcc6);
    e.blob(
        &[(124, 84), (264, 84), (264, 150), (240, 172), (214, 150), (184, 176), (152, 152), (126, 160)],
        h.main,
    );
    e.oval((194, 92), (66, 14), h.light);
    e.oval((194, 95), (58, 10), h.dark);
    for (x, y) in [(148, 196), (176, 216), (206, 194), (232, 214), (160, 226), (220, 232)] {
        e.disc((x, y), 2, BARK);
    }
    e.block((140, 108), (7, 40), 3, SHINE);
}

fn espresso_cups(e: &mut Easel, h: Hues) {
    e.floor(140);
    for (x, color) in [(132, h.main), (268, h.other)] {
        e.oval((x, 230), (70, 13), mix(SAND, BARK, 30));
        e.oval((x, 226), (70, 13), SAND);
        e.blob(
            &[(x - 52, 136), (x + 52, 136), (x + 48, 190), (x + 24, 232), (x - 24, 232), (x - 48, 190)],
            color,
        );
        e.blob(&[(x + 20, 146), (x + 46, 146), (x + 40, 190), (x + 16, 226)], SHADE);
        e.oval((x, 146), (48, 12), mix(color, PAPER, 35));
        e.oval((x, 148), (42, 9), 0x4a_2c1c);
        e.bow(&[(x - 8, 128), (x - 18, 110), (x + 6, 98), (x - 6, 76)], 4, SHINE);
    }
}

fn vase(e: &mut Easel, h: Hues) {
    e.floor(80);
    e.bow(&[(200, 110), (204, 60), (240, 26)], 4, MOSS);
    e.bow(&[(200, 100), (190, 60), (168, 40)], 3, MOSS);
    leaf(e, (208, 70), (36, 4), 22, LEAF);
    leaf(e, (196, 72), (-34, -2), 22, LEAF);
    for (x, y) in [(244, 24), (226, 36), (166, 38), (178, 50)] {
        for (dx, dy) in [(-6, 0), (6, 0), (0, -6), (0, 6)] {
            e.disc((x + dx, y + dy), 5, PAPER);
        }
        e.disc((x, y), 4, 0xf6_d155);
    }
    let side = [
        (184, 92),
        (216, 92),
        (210, 124),
        (268, 166),
        (258, 232),
        (216, 246),
        (184, 246),
        (142, 232),
        (132, 166),
        (190, 124),
    ];
    e.blob(&side, h.main);
    e.blob(&[(214, 140), (256, 170), (248, 228), (216, 240)], SHADE);
    e.oval((200, 98), (14, 5), h.dark);
    e.bow(&[(148, 176), (200, 196), (252, 176)], 7, h.other);
    e.bow(&[(148, 192), (200, 212), (252, 192)], 3, h.light);
    e.bow(&[(162, 162), (156, 186), (162, 210)], 6, SHINE);
}

fn plate(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.disc((204, 148), 98, mix(SAND, BARK, 35));
    e.disc((200, 144), 98, mix(SAND, PAPER, 40));
    e.ring((200, 144), 94, 7, h.main);
    e.disc((200, 144), 64, mix(SAND, PAPER, 65));
    e.ring((200, 144), 64, 2, mix(SAND, BARK, 20));
    for place in 0..40_i16 {
        let (x, y) = (place * 53 % 150 - 75, place * 31 % 150 - 75);
        if x * x / 4 + y * y / 4 < 1_900 {
            e.disc((200 + x, 144 + y), 1 + place % 2, mix(BARK, INK, 30));
        }
    }
    e.bow(&[(126, 108), (146, 76), (186, 60)], 7, SHINE);
    e.bow(&[(232, 208), (256, 192), (268, 170)], 5, h.other);
}

fn teapot(e: &mut Easel, h: Hues) {
    e.floor(120);
    e.bow(&[(264, 128), (322, 110), (326, 196), (256, 204)], 13, h.dark);
    e.shape(&[(146, 190), (140, 150), (92, 96), (74, 102), (112, 186), (140, 220)], h.dark);
    e.blob(&[(134, 120), (266, 120), (296, 180), (262, 246), (138, 246), (104, 180)], h.main);
    e.blob(&[(230, 130), (262, 136), (280, 180), (250, 234), (226, 236)], SHADE);
    e.oval((200, 126), (54, 13), h.light);
    e.blob(&[(150, 124), (164, 92), (236, 92), (250, 124), (200, 134)], h.main);
    e.disc((200, 88), 11, h.other);
    e.bow(&[(118, 176), (200, 206), (282, 176)], 6, h.other);
    e.bow(&[(140, 150), (132, 172), (140, 194)], 7, SHINE);
    e.bow(&[(72, 92), (58, 74), (76, 60), (64, 40)], 4, SHINE);
}

fn tile(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.block((110, 48), (186, 190), 4, mix(SAND, BARK, 35));
    e.block((104, 44), (186, 190), 4, PAPER);
    e.block((112, 52), (170, 174), 2, mix(PAPER, SKY, 18));
    for (x, y) in [(122, 62), (272, 62), (122, 216), (272, 216)] {
        e.disc((x, y), 22, h.main);
        e.disc((x, y), 11, h.other);
    }
    e.block((104, 44), (186, 8), 2, PAPER);
    e.block((104, 226), (186, 8), 2, PAPER);
    e.block((104, 44), (8, 190), 2, PAPER);
    e.block((282, 44), (8, 190), 2, PAPER);
    e.bow(&[(150, 206), (190, 200), (230, 206), (250, 188)], 4, MOSS);
    for (x, y, way) in [(168, 204, -14), (212, 202, 14), (242, 196, 12)] {
        leaf(e, (x, y), (way, -18), 12, LEAF);
    }
    e.blob(&[(150, 148), (172, 112), (226, 118), (246, 152), (216, 186), (176, 182)], h.main);
    e.shape(&[(226, 146), (286, 116), (262, 150), (274, 168), (232, 166)], h.dark);
    e.blob(&[(176, 142), (222, 130), (236, 158), (196, 170)], h.other);
    e.disc((162, 122), 21, h.main);
    e.shape(&[(144, 118), (144, 130), (124, 128)], CLAY);
    e.disc((158, 118), 5, PAPER);
    e.disc((157, 118), 2, INK);
    e.bow(&[(160, 104), (150, 86), (164, 78)], 4, h.other);
    for x in [186, 206] {
        e.line(&[(x, 182), (x, 200)], 3, CLAY);
    }
}

fn planter(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.oval((200, 232), (96, 14), h.dark);
    e.oval((200, 227), (96, 14), mix(h.main, NIGHT, 12));
    for (dx, dy) in [(-54, -52), (54, -52), (-30, -84), (30, -84), (0, -96)] {
        leaf(e, (200, 132), (dx, dy), 24, if dx > 0 { LEAF } else { MOSS });
    }
    e.shape(&[(122, 118), (278, 118), (258, 230), (142, 230)], h.main);
    e.shape(&[(226, 118), (278, 118), (258, 230), (222, 230)], SHADE);
    e.blob(
        &[(122, 118), (278, 118), (272, 150), (244, 168), (214, 148), (184, 172), (152, 150), (130, 158)],
        h.other,
    );
    e.block((114, 108), (172, 20), 9, h.other);
    e.block((124, 112), (60, 5), 2, SHINE);
}

// ---- for plants ----

fn snake_plant(e: &mut Easel, h: Hues) {
    e.floor(80);
    for (x, lean, top) in [(168, -34, 74), (184, -12, 40), (204, 4, 24), (222, 22, 54), (236, 40, 88)] {
        let tip = (x + lean, top);
        e.shape(
            &[(x - 13, 194), (x + lean / 2 - 15, 120), tip, (x + lean / 2 + 15, 120), (x + 13, 194)],
            0xd8_c860,
        );
        e.shape(&[(x - 9, 194), (x + lean / 2 - 10, 120), tip, (x + lean / 2 + 10, 120), (x + 9, 194)], MOSS);
        for y in [96, 124, 152, 176] {
            let middle = x + lean * (194 - y) / 150;
            e.bow(&[(middle - 7, y), (middle, y + 6), (middle + 7, y)], 3, mix(LEAF, PAPER, 30));
        }
    }
    pot(e, (200, 190), 46, h.main);
    e.line(&[(166, 216), (234, 216)], 5, h.other);
}

fn lavender(e: &mut Easel, h: Hues) {
    e.floor(85);
    for (lean, top) in [(-66, 78), (-42, 52), (-18, 66), (6, 36), (28, 60), (50, 50), (70, 84)] {
        e.bow(&[(200, 198), (200 + lean / 3, 140), (200 + lean, top)], 3, LEAF);
        for step in 0..6_i16 {
            let (x, y) = (200 + lean - lean * step / 16, top + step * 8);
            e.oval((x - 5, y), (5, 6), 0x8a_6fc0);
            e.oval((x + 5, y), (5, 6), 0xa3_8ad6);
        }
        e.disc((200 + lean, top - 6), 4, 0x8a_6fc0);
    }
    for (dx, dy) in [(-46, -40), (46, -40), (-24, -52), (24, -52)] {
        leaf(e, (200, 192), (dx, dy), 8, 0x7f_a88a);
    }
    pot(e, (200, 190), 44, h.main);
    e.disc((282, 66), 6, 0xf2_c23c);
    e.line(&[(280, 62), (280, 70)], 2, INK);
    e.oval((280, 58), (6, 4), GLASS);
}

fn hanging_fern(e: &mut Easel, h: Hues) {
    e.line(&[(200, 0), (200, 26)], 3, BARK);
    for x in [140, 200, 260] {
        e.line(&[(200, 26), (x, 116)], 3, BARK);
    }
    for (dx, dy) in
        [(-120, 40), (-96, 86), (-58, 118), (58, 118), (96, 86), (120, 40), (-80, -16), (80, -16), (0, 122)]
    {
        e.bow(&[(200, 112), (200 + dx / 2, 104), (200 + dx, 112 + dy)], 3, MOSS);
        for step in 3..10_i16 {
            // Along the bow, roughly.
            let (x, y) = (200 + dx * step / 10, 108 + dy * step / 10 * step / 10);
            leaf(e, (x, y), (-10, 10), 9, LEAF);
            leaf(e, (x, y), (10, 10), 9, mix(LEAF, PAPER, 15));
        }
    }
    e.blob(&[(138, 106), (262, 106), (254, 150), (200, 172), (146, 150)], h.main);
    e.block((134, 104), (132, 16), 7, h.other);
    e.shadow((200, 262), 90);
}

fn watering_can(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.line(&[(206, 208), (104, 116)], 14, h.dark);
    e.turned(-45, (96, 108), |e| e.block((72, 96), (52, 20), 6, h.dark));
    e.bow(&[(262, 122), (344, 96), (350, 210), (270, 222)], 11, h.dark);
    e.bow(&[(196, 122), (204, 62), (262, 62), (270, 122)], 9, h.dark);
    e.shape(&[(184, 120), (276, 120), (290, 240), (170, 240)], h.main);
    e.shape(&[(248, 120), (276, 120), (290, 240), (256, 240)], SHADE);
    e.oval((230, 120), (47, 11), h.light);
    e.oval((230, 121), (39, 8), NIGHT);
    e.block((172, 206), (116, 10), 2, h.other);
    for (x, y) in [(62, 124), (74, 142), (54, 150), (68, 166), (48, 178)] {
        e.oval((x, y), (4, 7), SKY);
    }
}

fn soil(e: &mut Easel, h: Hues) {
    e.floor(125);
    e.blob(&[(112, 60), (288, 60), (300, 120), (302, 250), (98, 250), (100, 120)], h.main);
    e.block((108, 50), (184, 26), 6, h.dark);
    for x in [126, 150, 174, 198, 222, 246, 270] {
        e.line(&[(x, 54), (x, 72)], 2, h.light);
    }
    e.block((132, 98), (136, 100), 12, PAPER);
    e.blob(&[(144, 186), (168, 160), (200, 154), (232, 160), (256, 186), (200, 194)], BARK);
    e.line(&[(200, 160), (200, 124)], 4, MOSS);
    leaf(e, (200, 136), (-30, -20), 18, LEAF);
    leaf(e, (200, 130), (30, -20), 18, LEAF);
    e.block((158, 208), (84, 12), 5, h.other);
    e.bow(&[(116, 100), (110, 160), (116, 220)], 6, SHINE);
}
