//! The pages of the picture book, one thing each, and the words that lead to them.

use super::*;

/// The page for the first word that a title contains. What is more special stands before what is less.
const WORDS: &[(&str, Page)] = &[
    // Books, by what is in them.
    ("anatomy atlas|physiologie", heart_book),
    ("calculus|analyse,|التفاضل", calculus_book),
    ("organic chem|chemistry textbook|كيمياء", chemistry_book),
    ("molecular biology", biology_book),
    ("algorithms", algorithms_book),
    ("the prophet|ديوان شعر", poetry_book),
    ("microeconomics", economics_book),
    ("novels|romans|روايات|saga|physics for", row_of_books),
    ("dictionary|dictionnaire|معجم", dictionary),
    ("thermodynamics", heat_book),
    ("constitutionnel", law_book),
    ("bandes dessinées|مجلات", magazines),
    ("petit prince", planet_book),
    ("histoire de l'art|الفلسفة", arch_book),
    ("كتاب طبخ", cookbook),
    ("readers, bound|handwritten notes|cours de|ملخصات|a4 pads|booklets", notebook),
    ("flash cards|fiches", flash_cards),
    // Electronics.
    ("arduino", arduino),
    ("graphing calculator", graphing_calculator),
    ("calculator|calculatrice|آلة حاسبة", calculator),
    ("power bank|batterie externe|باور", power_bank),
    ("laptop|ordinateur", laptop),
    ("monitor|شاشة", monitor),
    ("router", router),
    ("سماعات", earbuds),
    ("headphones", headphones),
    ("phone with", phone),
    ("mechanical keyboard", keyboard),
    ("usb-c hub", hub),
    ("tablet|تابلت", tablet),
    ("liseuse", e_reader),
    ("imprimante", printer),
    ("enceinte", speaker),
    // Furniture.
    ("lamp,|desk lamp|lampe|لمبة", lamp),
    ("drawing table|table à dessin", drawing_table),
    ("office chair|كرسي", office_chair),
    ("desk,|bureau|مكتب", desk),
    ("mattress|سرير", bed),
    ("bookshelf|étagère", shelf),
    ("bedside", bedside_table),
    ("clothes rack", clothes_rack),
    ("fauteuil", armchair),
    ("miroir", mirror),
    // The kitchen.
    ("kettle|bouilloire|غلاية", kettle),
    ("fridge|réfrigérateur|براد", fridge),
    ("rakwe|ركوة", rakwe),
    ("sandwich press", sandwich_press),
    ("rice cooker|طنجرة", cooker),
    ("moka", moka_pot),
    ("camping stove", camping_stove),
    ("first kitchen|صحون", dishes),
    ("expresso", espresso_machine),
    ("mini-four|فرن", oven),
    ("couteaux", knives),
    ("verres à thé", tea_glasses),
    // Clothes.
    ("dabke shoes|dabké|دبكة، قياس", dancing_shoes),
    ("winter jacket|جاكيت", winter_jacket),
    ("denim jacket", denim_jacket),
    ("suitcase|valise", suitcase),
    ("black suit", suit),
    ("manteau", coat),
    ("lab coat|blouse de|مريول", lab_coat),
    ("socks", socks),
    ("dress,|robe", dress),
    ("عباية", abaya),
    ("backpack|شنطة ظهر", backpack),
    ("pull marin", sweater),
    ("baskets", sneakers),
    ("randonnée", hiking_boots),
    // Sports.
    ("bike frame", bicycle_frame),
    ("bicycle|vélo|بسكليت", bicycle),
    ("ping-pong", ping_pong),
    ("tennis|مضرب", racket),
    ("yoga", yoga_mat),
    ("corde à sauter", skipping_rope),
    ("كرة سلة", basketball),
    ("dumbbells|أوزان", dumbbell),
    ("snorkel", snorkel),
    ("bodyboard", bodyboard),
    // Music.
    ("oud|عود", oud),
    ("ukulélé", ukulele),
    ("guitar", guitar),
    ("darbuka|دربكة", darbuka),
    ("piano|clavier", piano),
    ("vinyl|أسطوانات", records),
    ("pedal", pedal),
    ("clarinette", clarinet),
    ("ناي", ney),
    // Games.
    ("controllers", controller),
    ("ps4", game_case),
    ("football", football),
    ("backgammon|طاولة زهر", backgammon),
    ("puzzle", puzzle),
    ("decks of cards|ورق شدّة", playing_cards),
    ("handheld", handheld),
    ("échiquier", chess),
    ("mots croisés", letter_tiles),
    ("board game|jeu de société", board_game),
    // For studying.
    ("goggles|نظارات", goggles),
    ("dissection", scalpels),
    ("maquettes", cutting_mat),
    ("drawing set|رسم هندسي", drawing_set),
    ("molecular model", molecule),
    ("stethoscope", stethoscope),
    ("feutres", felt_pens),
    // Art.
    ("watercolor of", seascape),
    ("لوحة زيتية", house_painting),
    ("linogravure", cedar_print),
    ("خط عربي", calligraphy),
    ("macrame", macrame),
    ("acrylic", paint_tubes),
    ("easel", easel),
    ("céramique", bowls),
    ("aquarelle", paint_box),
    ("فسيفساء", mosaic),
    // Plants.
    ("pothos", pothos),
    ("monstera", monstera),
    ("basil|menthe|حبق", herbs),
    ("cactus|صبّار", cactus),
    ("succulentes", succulents),
    ("olivier", olive_tree),
    ("ليمون", lemon_tree),
    // The rest.
    ("candles", candles),
    ("inverter|onduleur|يو بي إس|إنفرتر", battery),
    ("fan with|ventilateur", fan),
    ("guirlande", fairy_lights),
];

/// The page for a title, if the book has one.
pub(super) fn find(title: &str) -> Option<Page> {
    let title = title.to_lowercase();
    WORDS.iter().find(|(words, _)| words.split('|').any(|word| title.contains(word))).map(|(_, page)| *page)
}

pub(super) fn parcel(e: &mut Easel, h: Hues) {
    e.floor(120);
    e.block((110, 110), (180, 130), 6, h.main);
    e.shape(&[(110, 116), (128, 84), (272, 84), (290, 116)], h.light);
    e.block((186, 84), (28, 156), 0, h.other);
    e.block((110, 200), (180, 40), 6, SHADE);
    e.bow(&[(200, 84), (150, 30), (140, 74), (200, 86)], 9, h.other);
    e.bow(&[(200, 84), (250, 30), (260, 74), (200, 86)], 9, h.other);
    e.disc((200, 84), 9, mix(h.other, INK, 15));
    e.block((126, 130), (46, 30), 3, PAPER);
    e.line(&[(133, 141), (165, 141)], 2, IRON);
    e.line(&[(133, 150), (154, 150)], 2, IRON);
}

// ---- books ----

/// A closed book that stands a little askew, with what is on its cover.
fn book(e: &mut Easel, h: Hues, emblem: impl FnOnce(&mut Easel)) {
    e.floor(105);
    e.turned(-5, (200, 150), |e| {
        e.block((128, 64), (152, 176), 6, h.dark);
        e.block((134, 58), (143, 178), 3, PAPER);
        e.line(&[(275, 66), (275, 230)], 1, SAND);
        e.line(&[(271, 66), (271, 232)], 1, SAND);
        e.block((122, 50), (146, 184), 6, h.main);
        e.block((122, 50), (18, 184), 6, h.dark);
        e.line(&[(143, 52), (143, 232)], 1, SHADE);
        e.block((158, 66), (94, 9), 4, h.other);
        e.block((176, 81), (58, 5), 2, h.light);
        e.block((176, 214), (58, 5), 2, h.light);
        emblem(e);
    });
}

fn calculus_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.bow(
            &[(226, 108), (212, 96), (206, 120), (206, 148), (206, 178), (198, 200), (184, 188)],
            8,
            h.other,
        );
        e.bow(&[(160, 190), (180, 186), (190, 150), (222, 140), (252, 120)], 3, h.light);
    });
}

fn chemistry_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        let ring = [(204, 106), (234, 124), (234, 160), (204, 178), (174, 160), (174, 124), (204, 106)];
        e.line(&ring, 6, h.other);
        e.line(&[(204, 118), (224, 130), (224, 154)], 4, h.light);
        e.line(&[(204, 178), (204, 198)], 6, h.other);
        e.disc((204, 201), 7, h.light);
    });
}

fn biology_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.blob(&[(170, 110), (220, 96), (254, 130), (240, 190), (190, 204), (156, 160)], h.light);
        e.blob(&[(180, 120), (220, 112), (240, 140), (228, 180), (192, 188), (170, 154)], h.other);
        e.disc((204, 148), 17, h.dark);
        e.disc((208, 144), 7, h.main);
        e.disc((178, 166), 5, h.dark);
        e.disc((228, 170), 4, h.dark);
    });
}

fn algorithms_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        for (from, to) in [((204, 112), (178, 148)), ((204, 112), (230, 148)), ((178, 148), (164, 188))] {
            e.line(&[from, to], 4, h.light);
        }
        e.line(&[(178, 148), (192, 188)], 4, h.light);
        e.line(&[(230, 148), (242, 188)], 4, h.light);
        for spot in [(204, 112), (178, 148), (230, 148), (164, 188), (192, 188), (242, 188)] {
            e.disc(spot, 10, h.other);
        }
    });
}

fn poetry_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.bow(&[(180, 200), (190, 170), (204, 140), (236, 104)], 4, h.light);
        e.blob(&[(190, 178), (186, 140), (220, 100), (250, 92), (240, 130), (214, 166)], h.other);
        e.bow(&[(186, 186), (204, 150), (234, 112)], 2, h.main);
    });
}

fn economics_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        for (x, height) in [(160, 30), (184, 50), (208, 42), (232, 76)] {
            e.block((x, 196 - height), (17, height), 3, h.other);
        }
        e.line(&[(160, 150), (190, 132), (212, 140), (246, 104)], 4, h.light);
        e.shape(&[(252, 98), (236, 104), (246, 114)], h.light);
    });
}

fn heat_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.blob(&[(204, 92), (236, 150), (238, 196), (204, 208), (170, 196), (176, 150), (190, 140)], h.other);
        e.blob(&[(208, 136), (222, 170), (216, 198), (196, 198), (190, 174)], h.light);
    });
}

fn heart_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.disc((188, 134), 22, h.other);
        e.disc((222, 134), 22, h.other);
        e.shape(&[(168, 144), (242, 144), (205, 190)], h.other);
        let beat = [(152, 152), (184, 152), (194, 132), (208, 172), (218, 152), (258, 152)];
        e.line(&beat, 4, h.main);
    });
}

fn law_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.line(&[(204, 108), (204, 190)], 6, h.other);
        e.line(&[(164, 122), (244, 122)], 5, h.other);
        e.line(&[(182, 193), (226, 193)], 7, h.other);
        for x in [166, 242] {
            e.line(&[(x, 122), (x - 14, 154)], 2, h.light);
            e.line(&[(x, 122), (x + 14, 154)], 2, h.light);
            e.blob(&[(x - 20, 152), (x + 20, 152), (x + 14, 172), (x - 14, 172)], h.other);
        }
    });
}

fn planet_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.disc((204, 164), 30, h.light);
        e.disc((194, 156), 6, h.main);
        e.disc((216, 174), 8, h.main);
        e.line(&[(204, 134), (204, 116)], 3, LEAF);
        e.disc((204, 112), 9, 0xe2_4b4b);
        for (x, y) in [(160, 112), (248, 124), (238, 98), (166, 196)] {
            e.shape(
                &[
                    (x, y - 8),
                    (x + 3, y - 2),
                    (x + 8, y),
                    (x + 2, y + 2),
                    (x, y + 8),
                    (x - 3, y + 2),
                    (x - 8, y),
                    (x - 2, y - 2),
                ],
                h.other,
            );
        }
    });
}

fn arch_book(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.block((160, 104), (88, 96), 4, h.other);
        for x in [168, 208] {
            e.disc((x + 16, 140), 16, h.dark);
            e.block((x, 140), (32, 60), 0, h.dark);
        }
        e.disc((204, 122), 6, h.main);
        e.line(&[(156, 200), (252, 200)], 5, h.light);
    });
}

fn cookbook(e: &mut Easel, h: Hues) {
    book(e, h, |e| {
        e.block((168, 146), (72, 50), 12, h.other);
        e.line(&[(160, 146), (248, 146)], 7, h.light);
        e.line(&[(158, 162), (166, 162)], 6, h.light);
        e.line(&[(242, 162), (250, 162)], 6, h.light);
        for x in [188, 204, 220] {
            e.bow(&[(x, 134), (x + 8, 124), (x - 8, 114), (x, 104)], 3, h.light);
        }
    });
}

fn row_of_books(e: &mut Easel, h: Hues) {
    e.floor(130);
    let colors = [h.main, h.other, h.dark, h.light, mix(h.other, h.main, 50), h.main];
    let mut x = 92;
    for (color, (width, height)) in
        colors.into_iter().zip([(32, 160), (26, 140), (36, 172), (28, 150), (30, 132), (24, 164)])
    {
        e.block((x, 240 - height), (width, height), 4, color);
        e.block((x, 262 - height), (width, 6), 0, mix(color, PAPER, 55));
        e.block((x, 214), (width, 5), 0, mix(color, PAPER, 55));
        e.block((x + width - 5, 240 - height), (5, height), 2, SHADE);
        x += width + 1;
    }
    e.turned(14, (300, 240), |e| {
        e.block((276, 92), (28, 148), 4, h.other);
        e.block((276, 112), (28, 24), 0, mix(h.other, h.main, 60));
        e.block((276, 220), (28, 5), 0, PAPER);
    });
}

fn dictionary(e: &mut Easel, h: Hues) {
    e.floor(115);
    e.turned(-4, (200, 150), |e| {
        e.block((120, 62), (182, 178), 8, h.dark);
        e.block((126, 56), (170, 178), 3, PAPER);
        for x in [272, 278, 284, 290] {
            e.line(&[(x, 62), (x, 230)], 1, SAND);
        }
        for (place, y) in (0..).zip([72, 102, 132, 162, 192]) {
            e.block((284, y), (24, 24), 6, [h.other, h.light, h.main, h.other, h.light][place]);
        }
        e.block((106, 48), (162, 186), 8, h.main);
        e.block((106, 48), (26, 186), 8, h.dark);
        for y in [66, 210] {
            e.line(&[(108, y), (130, y)], 4, h.other);
        }
        e.block((150, 66), (102, 10), 5, h.other);
        e.line(&[(162, 184), (182, 118), (188, 118), (208, 184)], 8, h.other);
        e.line(&[(172, 162), (198, 162)], 7, h.other);
        e.bow(&[(222, 160), (236, 128), (250, 160), (236, 190), (222, 160)], 6, h.light);
        e.line(&[(244, 142), (246, 186)], 6, h.light);
        e.block((170, 206), (62, 6), 3, h.light);
    });
}

fn magazines(e: &mut Easel, h: Hues) {
    e.floor(125);
    for (turn, color) in [(12, h.dark), (-9, h.light)] {
        e.turned(turn, (200, 200), |e| {
            e.block((132, 62), (132, 172), 3, PAPER);
            e.block((136, 66), (124, 164), 2, color);
        });
    }
    e.turned(2, (200, 150), |e| {
        e.block((130, 58), (138, 180), 3, PAPER);
        e.block((134, 62), (130, 172), 2, h.main);
        e.block((142, 70), (114, 24), 3, h.other);
        e.disc((214, 146), 30, h.other);
        e.shape(
            &[(134, 234), (134, 190), (176, 150), (210, 196), (230, 176), (264, 206), (264, 234)],
            h.dark,
        );
        e.line(&[(144, 104), (190, 104)], 4, PAPER);
        e.line(&[(144, 114), (174, 114)], 4, PAPER);
    });
}

fn notebook(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.turned(4, (200, 160), |e| {
        e.block((128, 56), (150, 182), 6, mix(h.other, INK, 10));
        e.block((122, 52), (150, 182), 6, PAPER);
        for y in [92, 108, 124, 140, 156, 172, 188, 204] {
            e.line(&[(142, y), (256, y)], 1, 0xb8_cbe0);
        }
        e.line(&[(158, 70), (158, 230)], 1, 0xf0_a0a0);
        e.bow(&[(166, 104), (180, 92), (196, 110), (212, 94), (234, 104)], 3, h.main);
        e.bow(&[(166, 136), (182, 126), (200, 142), (220, 128)], 3, h.main);
        e.line(&[(170, 196), (190, 168), (214, 180), (244, 156)], 3, h.other);
        for x in [136, 152, 168, 184, 200, 216, 232, 248] {
            e.line(&[(x, 46), (x, 60)], 4, IRON);
        }
    });
    e.turned(32, (290, 190), |e| {
        e.block((284, 96), (13, 112), 3, h.main);
        e.shape(&[(284, 206), (297, 206), (291, 226)], 0xf3_d9b1);
        e.shape(&[(288, 218), (293, 218), (291, 226)], INK);
        e.block((284, 90), (13, 14), 5, 0xf2_9aa0);
    });
}

fn flash_cards(e: &mut Easel, h: Hues) {
    e.floor(120);
    for (turn, color) in [(-26, h.dark), (-10, h.other), (6, h.main)] {
        e.turned(turn, (200, 250), |e| {
            e.block((136, 88), (128, 146), 10, color);
            e.block((142, 94), (116, 134), 7, mix(color, PAPER, 82));
        });
    }
    e.turned(20, (200, 250), |e| {
        e.block((136, 84), (128, 150), 10, h.light);
        e.block((141, 89), (118, 140), 8, PAPER);
        e.block((156, 102), (88, 9), 4, h.main);
        e.turned(35, (200, 160), |e| {
            e.block((172, 144), (56, 28), 14, h.other);
            e.block((200, 144), (28, 28), 14, h.main);
            e.block((190, 144), (20, 28), 0, h.main);
        });
        e.line(&[(160, 204), (240, 204)], 3, SAND);
        e.line(&[(160, 214), (216, 214)], 3, SAND);
    });
}

// ---- electronics ----

fn keys(e: &mut Easel, (x, y): Spot, (columns, rows): Spot, (width, height): Spot, color: Color) {
    for row in 0..rows {
        for column in 0..columns {
            e.block((x + column * (width + 4), y + row * (height + 4)), (width, height), 3, color);
        }
    }
}

fn calculator(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.turned(-6, (200, 150), |e| {
        e.block((142, 42), (122, 200), 16, INK);
        e.block((138, 38), (122, 200), 16, 0x44_4a63);
        e.block((150, 62), (98, 40), 5, 0xcf_dfc8);
        e.line(&[(206, 90), (236, 90)], 4, 0x5b_6f5b);
        e.bow(&[(160, 74), (166, 68), (172, 76), (180, 70)], 2, 0x5b_6f5b);
        e.block((206, 46), (40, 10), 2, 0x6b_3f3f);
        keys(e, (150, 112), (5, 2), (16, 9), STEEL);
        keys(e, (150, 142), (4, 4), (21, 17), PAPER);
        for y in [142, 163, 184, 205] {
            e.block((225, y), (21, 17), 3, h.other);
        }
        e.block((225, 205), (21, 17), 3, h.main);
    });
}

fn graphing_calculator(e: &mut Easel, h: Hues) {
    e.floor(95);
    e.turned(5, (200, 150), |e| {
        e.block((136, 36), (132, 206), 20, h.dark);
        e.block((132, 32), (132, 206), 20, h.main);
        e.block((146, 48), (104, 74), 6, 0xdd_ecd8);
        e.line(&[(152, 86), (244, 86)], 2, 0x8a_a38a);
        e.line(&[(198, 52), (198, 118)], 2, 0x8a_a38a);
        e.bow(&[(154, 112), (174, 30), (198, 86), (222, 142), (242, 58)], 4, 0xd0_473f);
        keys(e, (148, 134), (5, 4), (17, 14), INK);
        keys(e, (148, 206), (5, 1), (17, 14), PAPER);
        e.block((232, 134), (17, 14), 3, h.other);
    });
}

fn power_bank(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.bow(&[(226, 70), (240, 20), (300, 40), (300, 120), (296, 200), (330, 240)], 6, INK);
    e.block((146, 66), (112, 176), 18, h.dark);
    e.block((142, 62), (112, 176), 18, h.main);
    e.block((152, 70), (18, 160), 9, SHINE);
    e.shape(&[(204, 104), (176, 156), (196, 156), (188, 196), (222, 140), (200, 140)], h.other);
    for (place, x) in (0..).zip([180, 194, 208, 222]) {
        e.disc((x, 220), 4, if place < 3 { 0x8f_f0b0 } else { h.dark });
    }
    e.block((212, 54), (26, 14), 3, INK);
}

fn laptop(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.block((98, 70), (204, 140), 10, INK);
    e.block((106, 78), (188, 122), 4, h.main);
    e.shape(&[(106, 200), (106, 168), (160, 128), (210, 176), (244, 148), (294, 190), (294, 200)], h.dark);
    e.disc((246, 112), 17, h.other);
    e.block((118, 90), (62, 9), 4, SHINE);
    e.block((118, 104), (40, 9), 4, SHINE);
    e.shape(&[(82, 222), (98, 208), (302, 208), (318, 222)], STEEL);
    e.block((72, 220), (256, 17), 8, STEEL);
    e.block((72, 229), (256, 8), 4, IRON);
    e.block((176, 220), (48, 6), 3, IRON);
}

fn monitor(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.block((188, 190), (24, 46), 0, IRON);
    e.block((148, 228), (104, 12), 6, STEEL);
    e.block((74, 54), (252, 148), 10, INK);
    e.block((82, 62), (236, 126), 4, h.main);
    e.shape(&[(82, 188), (82, 160), (128, 134), (176, 164), (230, 122), (318, 172), (318, 188)], h.dark);
    e.disc((252, 104), 20, h.other);
    e.blob(&[(106, 106), (126, 88), (150, 94), (172, 104), (160, 118), (116, 118)], SHINE);
    e.block((74, 190), (252, 14), 8, INK);
    e.disc((200, 196), 3, STEEL);
}

fn router(e: &mut Easel, h: Hues) {
    e.floor(125);
    for (x, turn) in [(118, -10), (200, 0), (282, 10)] {
        e.turned(turn, (x, 190), |e| e.block((x - 5, 86), (10, 110), 5, INK));
    }
    e.block((90, 178), (220, 60), 18, h.dark);
    e.block((90, 172), (220, 58), 18, h.main);
    for (place, x) in (0..).zip([118, 136, 154, 172]) {
        e.disc((x, 206), 4, if place == 3 { h.other } else { 0x9c_f2c0 });
    }
    e.block((216, 200), (70, 11), 5, h.dark);
    for (radius, y) in [(16, 70), (30, 58), (44, 46)] {
        e.bow(&[(200 - radius, y), (200, y - radius / 2), (200 + radius, y)], 6, h.other);
    }
}

fn phone(e: &mut Easel, h: Hues) {
    e.floor(75);
    e.turned(8, (200, 150), |e| {
        e.block((148, 38), (108, 204), 20, h.dark);
        e.block((144, 36), (108, 204), 20, INK);
        e.block((151, 46), (94, 184), 13, NIGHT);
        e.block((180, 46), (36, 9), 4, INK);
        for crack in [
            &[(222, 100), (196, 86), (151, 96)][..],
            &[(222, 100), (210, 140), (180, 170), (172, 230)],
            &[(222, 100), (245, 130)],
            &[(222, 100), (232, 70), (226, 46)],
            &[(210, 140), (245, 176)],
            &[(196, 86), (176, 46)],
        ] {
            e.line(crack, 2, STEEL);
        }
        e.shape(&[(151, 60), (190, 46), (205, 46), (151, 180)], 0x18_ff_ff_ff);
    });
}

fn headphones(e: &mut Easel, h: Hues) {
    e.floor(100);
    e.bow(&[(112, 180), (104, 48), (200, 40), (296, 48), (288, 180)], 17, h.dark);
    e.bow(&[(112, 176), (106, 52), (200, 44), (294, 52), (288, 176)], 9, h.main);
    for (x, cushion) in [(96, 118), (264, 246)] {
        e.block((cushion, 152), (36, 80), 16, INK);
        e.block((x, 150), (40, 84), 20, h.main);
        e.block((x + 10, 166), (20, 52), 10, h.other);
    }
}

fn earbuds(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.block((122, 158), (156, 80), 34, h.main);
    e.block((122, 158), (156, 34), 30, h.dark);
    e.disc((200, 214), 4, 0x9c_f2c0);
    e.blob(&[(122, 162), (126, 116), (200, 100), (274, 116), (278, 162), (200, 176)], h.light);
    for (x, side) in [(150, 1), (250, -1)] {
        e.line(&[(x, 90), (x, 134)], 16, PAPER);
        e.disc((x, 82), 22, PAPER);
        e.oval((x + side * 14, 82), (9, 13), IRON);
        e.line(&[(x, 128), (x, 136)], 12, h.other);
    }
}

fn keyboard(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.bow(&[(200, 140), (196, 96), (250, 80), (260, 40)], 6, INK);
    e.block((60, 136), (280, 104), 14, h.dark);
    e.block((60, 130), (280, 102), 14, INK);
    keys(e, (72, 142), (13, 3), (16, 15), PAPER);
    keys(e, (72, 142), (1, 1), (16, 15), h.other);
    keys(e, (272, 161), (1, 1), (16, 15), h.other);
    keys(e, (72, 199), (3, 1), (16, 18), h.light);
    e.block((132, 199), (116, 18), 4, PAPER);
    keys(e, (252, 199), (3, 1), (16, 18), h.light);
    keys(e, (312, 161), (1, 2), (16, 15), h.main);
    keys(e, (312, 142), (1, 1), (16, 15), h.main);
    keys(e, (312, 199), (1, 1), (16, 18), h.main);
}

fn hub(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.bow(&[(100, 196), (60, 190), (80, 110), (130, 120), (170, 130), (160, 76)], 9, INK);
    e.block((148, 50), (24, 32), 5, IRON);
    e.block((153, 38), (14, 16), 3, STEEL);
    e.block((92, 162), (236, 76), 12, h.dark);
    e.block((92, 158), (236, 64), 12, h.main);
    for x in [112, 152, 192] {
        e.block((x, 180), (32, 18), 2, INK);
        e.block((x + 4, 184), (24, 6), 1, h.other);
    }
    e.block((234, 182), (26, 14), 7, INK);
    e.shape(&[(270, 180), (312, 180), (308, 200), (274, 200)], INK);
    e.disc((102, 170), 3, 0x9c_f2c0);
}

fn tablet(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.turned(-4, (200, 150), |e| {
        e.block((86, 62), (210, 174), 14, INK);
        e.block((96, 72), (190, 154), 6, PAPER);
        e.bow(&[(116, 110), (140, 84), (160, 130), (184, 92), (210, 118)], 4, h.main);
        e.line(&[(116, 146), (210, 146)], 3, SAND);
        e.line(&[(116, 160), (190, 160)], 3, SAND);
        e.ring((236, 180), 22, 4, h.other);
        e.line(&[(130, 204), (180, 180)], 4, h.dark);
    });
    e.turned(24, (310, 150), |e| {
        e.block((300, 70), (13, 140), 5, PAPER);
        e.block((300, 84), (13, 18), 0, h.main);
        e.shape(&[(300, 208), (313, 208), (307, 230)], STEEL);
    });
}

fn e_reader(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.turned(-5, (200, 150), |e| {
        e.block((134, 38), (134, 202), 14, h.dark);
        e.block((130, 36), (134, 202), 14, h.main);
        e.block((142, 50), (110, 156), 4, 0xee_ebe0);
        for (y, end) in [(92, 240), (106, 236), (120, 242), (134, 238), (148, 230), (162, 240), (176, 212)] {
            e.line(&[(154, y), (end, y)], 3, IRON);
        }
        e.line(&[(154, 70), (206, 70)], 6, INK);
        e.disc((197, 222), 6, h.light);
    });
}

fn printer(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.block((140, 58), (120, 80), 3, PAPER);
    e.block((90, 118), (220, 112), 16, h.main);
    e.block((90, 118), (220, 34), 14, h.dark);
    e.disc((284, 135), 6, 0x9c_f2c0);
    e.disc((264, 135), 5, h.other);
    e.block((122, 184), (156, 14), 5, INK);
    e.shape(&[(134, 190), (266, 190), (280, 240), (120, 240)], PAPER);
    for y in [204, 214, 224] {
        e.line(&[(146, y), (y + 32, y)], 3, STEEL);
    }
    e.block((100, 226), (18, 14), 3, INK);
    e.block((282, 226), (18, 14), 3, INK);
}

fn speaker(e: &mut Easel, h: Hues) {
    e.floor(105);
    e.block((108, 100), (184, 140), 60, h.dark);
    e.block((104, 94), (184, 140), 60, h.main);
    for (x, radius) in [(158, 38), (234, 38)] {
        e.disc((x, 164), radius, INK);
        e.disc((x, 164), radius - 10, IRON);
        e.disc((x, 164), 12, h.other);
    }
    e.bow(&[(140, 104), (150, 70), (242, 70), (252, 104)], 9, INK);
    for (x, y) in [(84, 80), (316, 74), (332, 112)] {
        e.line(&[(x, y), (x, y - 24), (x + 12, y - 20)], 3, h.other);
        e.disc((x - 4, y), 5, h.other);
    }
}

// ---- furniture ----

fn lamp(e: &mut Easel, h: Hues) {
    e.floor(95);
    e.shape(&[(232, 116), (130, 240), (322, 240)], 0x48_ff_ef_9a);
    e.line(&[(160, 230), (140, 150), (218, 92)], 7, INK);
    e.disc((140, 150), 9, h.dark);
    e.block((116, 224), (90, 16), 8, h.dark);
    e.turned(-28, (236, 96), |e| {
        e.shape(&[(216, 70), (256, 70), (282, 122), (190, 122)], h.main);
        e.shape(&[(236, 70), (256, 70), (282, 122), (252, 122)], SHADE);
        e.oval((236, 122), (46, 9), 0xff_f3b8);
        e.block((224, 58), (24, 14), 5, h.other);
    });
}

fn desk(e: &mut Easel, h: Hues) {
    e.floor(150);
    for x in [76, 308] {
        e.block((x, 150), (14, 90), 3, BARK);
    }
    e.block((222, 150), (90, 62), 4, WOOD);
    for y in [156, 184] {
        e.block((228, y), (78, 24), 4, h.main);
        e.block((258, y + 9), (18, 5), 2, h.other);
    }
    e.block((60, 138), (280, 15), 5, WOOD);
    e.block((60, 148), (280, 5), 2, SHADE);
    e.block((98, 122), (56, 8), 2, h.main);
    e.block((102, 130), (56, 8), 2, h.other);
    e.block((192, 108), (24, 30), 5, h.light);
    for (x, y) in [(196, 84), (204, 78), (212, 86)] {
        e.line(&[(204, 116), (x, y)], 3, h.dark);
    }
    e.block((266, 112), (18, 26), 4, CLAY);
    for (x, y) in [(258, 92), (276, 82), (292, 94)] {
        e.blob(&[(275, 114), (x - 8, y + 6), (x, y - 8), (x + 8, y + 6)], LEAF);
    }
}

fn office_chair(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.line(&[(200, 176), (200, 218)], 10, IRON);
    for x in [140, 172, 228, 260] {
        e.line(&[(200, 216), (x, 230)], 7, INK);
        e.disc((x, 233), 7, INK);
    }
    e.line(&[(200, 190), (200, 120)], 9, INK);
    e.block((148, 38), (104, 104), 26, h.main);
    e.block((158, 48), (84, 40), 18, h.light);
    e.block((136, 156), (128, 28), 14, h.dark);
    e.block((136, 152), (128, 24), 12, h.main);
    for (x, turn) in [(128, 1), (272, -1)] {
        e.line(&[(x + turn * 12, 166), (x, 158), (x, 130)], 7, INK);
        e.line(&[(x - 10, 128), (x + 10, 128)], 9, h.other);
    }
}

fn bed(e: &mut Easel, h: Hues) {
    e.floor(160);
    e.block((54, 96), (20, 144), 8, WOOD);
    e.block((326, 160), (18, 80), 8, WOOD);
    e.block((66, 196), (268, 26), 4, BARK);
    e.block((72, 154), (256, 48), 16, PAPER);
    e.block((160, 148), (170, 56), 16, h.main);
    e.block((160, 148), (40, 56), 10, h.light);
    for x in [226, 266, 304] {
        e.line(&[(x, 152), (x, 200)], 4, h.dark);
    }
    e.block((82, 130), (72, 34), 16, h.other);
    e.block((90, 134), (50, 12), 6, SHINE);
}

fn shelf(e: &mut Easel, h: Hues) {
    e.floor(105);
    e.block((116, 32), (168, 208), 5, BARK);
    for (row, y) in (0..).zip([40, 90, 140, 190]) {
        e.block((123, y), (154, 42), 2, mix(BARK, INK, 45));
        let mut x = 126;
        for (place, width) in (0..).zip([14, 11, 17, 12, 15]) {
            let color = [h.main, h.other, h.light, h.dark, PAPER][(place + row) % 5];
            let height = [34, 28, 38, 31, 36][(place + row * 2) % 5];
            e.block((x, y + 42 - height), (width, height), 2, color);
            x += width + 1;
        }
    }
    e.block((236, 58), (22, 24), 4, CLAY);
    e.blob(&[(247, 60), (228, 44), (244, 38), (250, 50), (266, 40), (268, 52)], LEAF);
    e.disc((250, 220), 12, h.other);
    e.block((206, 108), (52, 10), 2, h.main);
    e.block((210, 118), (50, 14), 2, h.other);
}

fn drawing_table(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.line(&[(132, 238), (232, 150)], 9, BARK);
    e.line(&[(270, 238), (172, 150)], 9, BARK);
    e.line(&[(146, 220), (254, 220)], 6, WOOD);
    e.turned(-12, (200, 130), |e| {
        e.block((74, 70), (252, 110), 5, WOOD);
        e.block((96, 78), (208, 92), 2, PAPER);
        e.line(&[(120, 150), (120, 112), (164, 92), (208, 112), (208, 150), (120, 150)], 3, h.main);
        e.line(&[(164, 92), (240, 92), (284, 112), (284, 150), (208, 150)], 3, h.main);
        e.line(&[(208, 112), (284, 112)], 3, h.main);
        e.block((74, 154), (252, 9), 2, h.other);
        e.block((74, 176), (252, 8), 3, BARK);
    });
    e.disc((200, 168), 8, INK);
}

fn bedside_table(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.block((136, 200), (10, 40), 3, BARK);
    e.block((254, 200), (10, 40), 3, BARK);
    e.block((126, 124), (148, 86), 8, WOOD);
    for y in [134, 172] {
        e.block((136, y), (128, 32), 5, h.main);
        e.disc((200, y + 16), 5, h.other);
    }
    e.block((116, 112), (168, 15), 6, WOOD);
    e.block((196, 76), (7, 36), 0, BRASS);
    e.shape(&[(178, 36), (222, 36), (238, 80), (162, 80)], h.other);
    e.block((182, 106), (36, 7), 3, BRASS);
    e.block((240, 96), (28, 16), 4, PAPER);
}

fn clothes_rack(e: &mut Easel, h: Hues) {
    e.floor(120);
    for x in [100, 300] {
        e.line(&[(x, 52), (x, 232)], 7, INK);
        e.line(&[(x - 24, 236), (x + 24, 236)], 7, INK);
    }
    e.line(&[(88, 56), (312, 56)], 7, INK);
    for (x, color, long) in [(146, h.main, 184), (200, h.other, 160), (256, h.dark, 200)] {
        e.bow(&[(x, 74), (x, 60), (x + 6, 52), (x, 48)], 3, STEEL);
        e.shape(
            &[(x - 6, 74), (x + 6, 74), (x + 26, 92), (x + 24, long), (x - 24, long), (x - 26, 92)],
            color,
        );
        e.shape(&[(x - 7, 74), (x + 7, 74), (x, 92)], PAPER);
        e.line(&[(x, 96), (x, long)], 1, SHADE);
    }
}

fn armchair(e: &mut Easel, h: Hues) {
    e.floor(120);
    for x in [118, 270] {
        e.line(&[(x, 222), (x - 3, 238)], 9, BARK);
        e.line(&[(x + 12, 222), (x + 15, 238)], 9, BARK);
    }
    e.block((118, 56), (164, 150), 44, h.main);
    e.block((132, 70), (136, 110), 34, h.light);
    e.block((130, 158), (140, 44), 16, h.main);
    e.block((96, 134), (44, 94), 22, h.dark);
    e.block((260, 134), (44, 94), 22, h.dark);
    e.block((118, 196), (164, 32), 10, h.dark);
    e.turned(-12, (200, 130), |e| e.block((170, 104), (64, 54), 12, h.other));
}

fn mirror(e: &mut Easel, h: Hues) {
    e.floor(80);
    e.line(&[(222, 60), (256, 236)], 7, BARK);
    e.turned(4, (200, 150), |e| {
        e.block((140, 28), (110, 212), 55, h.main);
        e.block((150, 38), (90, 192), 45, 0xc6_e4ef);
        e.line(&[(168, 150), (216, 76)], 9, 0x90_ff_ff_ff);
        e.line(&[(170, 186), (222, 106)], 4, 0x90_ff_ff_ff);
        e.disc((195, 28), 8, h.other);
    });
}

// ---- the kitchen ----

fn steam(e: &mut Easel, spots: &[Spot]) {
    for &(x, y) in spots {
        e.bow(&[(x, y), (x + 12, y - 12), (x - 12, y - 24), (x, y - 38)], 5, 0xa0_ff_ff_ff);
    }
}

fn kettle(e: &mut Easel, h: Hues) {
    e.floor(95);
    steam(e, &[(96, 96), (112, 84)]);
    e.bow(&[(250, 96), (320, 80), (318, 190), (262, 208)], 15, INK);
    e.shape(&[(150, 104), (102, 108), (122, 140), (142, 160)], h.dark);
    e.shape(&[(152, 82), (252, 82), (274, 226), (130, 226)], h.main);
    e.shape(&[(168, 90), (186, 90), (176, 216), (152, 216)], SHINE);
    e.block((126, 222), (152, 18), 7, INK);
    e.block((148, 70), (108, 18), 9, h.dark);
    e.disc((202, 64), 10, h.other);
    e.block((216, 132), (16, 66), 8, GLASS);
    e.block((216, 164), (16, 34), 8, SKY);
}

fn fridge(e: &mut Easel, h: Hues) {
    e.floor(95);
    e.block((132, 230), (16, 12), 3, INK);
    e.block((252, 230), (16, 12), 3, INK);
    e.block((122, 44), (156, 190), 20, h.dark);
    e.block((118, 42), (156, 190), 20, h.main);
    e.line(&[(120, 104), (272, 104)], 4, h.dark);
    e.block((134, 64), (8, 28), 4, PAPER);
    e.block((134, 118), (8, 50), 4, PAPER);
    e.block((196, 126), (34, 34), 2, h.other);
    e.disc((213, 126), 5, PAPER);
    e.block((222, 172), (26, 30), 2, PAPER);
    e.disc((235, 172), 4, h.dark);
    e.block((246, 56), (14, 160), 7, SHINE);
}

fn small_cup(e: &mut Easel, (x, y): Spot, h: Hues) {
    e.oval((x, y), (22, 5), SHADE);
    e.shape(&[(x - 18, y - 28), (x + 18, y - 28), (x + 10, y), (x - 10, y)], PAPER);
    e.line(&[(x - 15, y - 18), (x + 15, y - 18)], 4, h.main);
    e.oval((x, y - 28), (18, 5), 0x5a_3522);
}

fn rakwe(e: &mut Easel, h: Hues) {
    e.floor(140);
    steam(e, &[(140, 88), (164, 80)]);
    e.line(&[(190, 124), (322, 78)], 10, BARK);
    e.blob(
        &[(112, 104), (194, 104), (186, 140), (224, 230), (188, 246), (116, 246), (84, 230), (120, 140)],
        0xc0_7a45,
    );
    e.blob(&[(126, 118), (140, 118), (136, 150), (122, 226), (104, 224)], SHINE);
    e.oval((152, 110), (36, 8), 0x5a_3522);
    e.bow(&[(112, 190), (154, 206), (196, 190)], 4, BRASS);
    for spot in [(244, 224), (296, 224), (270, 240), (322, 240)] {
        small_cup(e, spot, h);
    }
}

fn sandwich_press(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.turned(-14, (300, 170), |e| {
        e.block((92, 108), (210, 46), 20, h.main);
        e.block((92, 140), (210, 16), 4, INK);
        e.bow(&[(96, 128), (56, 122), (56, 146), (96, 142)], 9, INK);
        e.disc((196, 126), 7, 0xff_5d4b);
    });
    e.block((100, 170), (196, 14), 5, 0xe8_b56a);
    e.block((96, 180), (204, 9), 4, 0xf4_e08a);
    e.block((104, 186), (188, 12), 5, LEAF);
    e.block((98, 194), (200, 14), 5, 0xe8_b56a);
    e.block((88, 204), (224, 34), 14, h.dark);
    e.block((88, 204), (224, 10), 4, INK);
}

fn cooker(e: &mut Easel, h: Hues) {
    e.floor(120);
    steam(e, &[(180, 84), (220, 84)]);
    e.block((84, 152), (30, 18), 8, INK);
    e.block((286, 152), (30, 18), 8, INK);
    e.block((106, 118), (188, 122), 34, h.main);
    e.block((120, 132), (18, 84), 9, SHINE);
    e.blob(&[(104, 126), (130, 80), (200, 74), (270, 80), (296, 126)], STEEL);
    e.block((100, 114), (200, 14), 7, IRON);
    e.block((182, 74), (36, 14), 7, INK);
    e.block((168, 176), (64, 44), 10, PAPER);
    e.disc((200, 198), 13, h.other);
    e.line(&[(200, 198), (206, 190)], 3, INK);
}

fn moka_pot(e: &mut Easel, h: Hues) {
    e.floor(80);
    steam(e, &[(134, 66)]);
    e.line(&[(252, 84), (292, 90), (284, 156)], 12, INK);
    e.shape(&[(158, 78), (246, 78), (230, 150), (172, 150)], STEEL);
    e.shape(&[(160, 80), (140, 82), (166, 106)], IRON);
    e.shape(&[(200, 78), (246, 78), (230, 150), (204, 150)], SHADE);
    e.block((166, 146), (70, 15), 4, h.main);
    e.shape(&[(170, 160), (232, 160), (250, 240), (152, 240)], STEEL);
    e.shape(&[(204, 160), (232, 160), (250, 240), (210, 240)], SHADE);
    e.shape(&[(158, 80), (202, 52), (246, 80)], h.main);
    e.disc((202, 48), 9, INK);
    e.disc((176, 196), 5, BRASS);
}

fn camping_stove(e: &mut Easel, h: Hues) {
    e.floor(115);
    for x in [172, 188, 204, 220] {
        e.blob(&[(x, 92), (x + 10, 120), (x, 130), (x - 10, 120)], 0x5b_b8f5);
        e.blob(&[(x, 104), (x + 5, 122), (x, 128), (x - 5, 122)], 0xff_c857);
    }
    e.line(&[(130, 92), (156, 138), (240, 138), (266, 92)], 7, INK);
    e.block((160, 132), (76, 14), 6, STEEL);
    e.block((190, 144), (16, 20), 0, IRON);
    e.block((146, 160), (104, 80), 22, h.main);
    e.block((146, 190), (104, 22), 0, h.other);
    e.block((156, 168), (12, 64), 6, SHINE);
    e.block((262, 186), (50, 54), 14, h.dark);
    e.block((276, 176), (22, 12), 4, STEEL);
    e.line(&[(206, 154), (244, 154)], 5, INK);
    e.disc((250, 154), 8, h.other);
}

fn dishes(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.disc((150, 140), 74, PAPER);
    e.ring((150, 140), 66, 5, h.main);
    e.disc((150, 140), 42, SAND);
    e.block((196, 172), (120, 66), 16, h.main);
    e.block((188, 166), (136, 14), 7, h.dark);
    e.block((172, 186), (26, 13), 6, INK);
    e.block((314, 186), (26, 13), 6, INK);
    e.blob(&[(192, 168), (210, 142), (302, 142), (320, 168)], h.light);
    e.disc((256, 146), 8, h.other);
    for (x, tines) in [(270, true), (306, false)] {
        e.line(&[(x, 130), (x, 78)], 6, IRON);
        if tines {
            for side in [-8, 0, 8] {
                e.line(&[(x + side, 50), (x + side, 66), (x, 80)], 4, IRON);
            }
        } else {
            e.oval((x, 60), (11, 19), IRON);
        }
    }
}

fn espresso_machine(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.block((112, 224), (176, 16), 6, INK);
    e.block((212, 80), (68, 150), 12, h.dark);
    e.block((116, 56), (164, 62), 16, h.main);
    e.disc((248, 86), 16, PAPER);
    e.line(&[(248, 86), (256, 78)], 3, 0xd0_473f);
    e.line(&[(160, 60), (128, 22)], 9, INK);
    e.disc((128, 22), 9, h.other);
    e.block((140, 116), (54, 20), 6, STEEL);
    e.line(&[(136, 128), (92, 132)], 10, BARK);
    e.line(&[(162, 136), (162, 190)], 3, 0x5a_3522);
    e.line(&[(174, 136), (174, 190)], 3, 0x5a_3522);
    small_cup(e, (168, 222), h);
}

fn oven(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.block((82, 90), (236, 148), 16, h.main);
    e.block((96, 106), (150, 116), 8, INK);
    e.block((104, 120), (134, 94), 5, 0x6b_3a22);
    e.oval((171, 190), (54, 12), 0xf0_c37a);
    for (x, y) in [(146, 186), (170, 192), (194, 186), (180, 184)] {
        e.disc((x, y), 4, LEAF);
    }
    e.line(&[(108, 202), (234, 202)], 3, STEEL);
    e.block((112, 108), (118, 8), 4, STEEL);
    for y in [126, 164, 202] {
        e.disc((282, y), 14, PAPER);
        e.line(&[(282, y), (288, y - 9)], 4, h.dark);
    }
    e.block((98, 234), (20, 8), 3, INK);
    e.block((282, 234), (20, 8), 3, INK);
}

fn knives(e: &mut Easel, h: Hues) {
    e.floor(110);
    for (x, y) in [(140, 70), (174, 56), (208, 62), (240, 76)] {
        e.turned(-14, (200, 200), |e| {
            e.block((x, y), (18, 76), 8, INK);
            e.disc((x + 9, y + 20), 3, STEEL);
            e.disc((x + 9, y + 44), 3, STEEL);
            e.block((x + 1, y + 66), (16, 14), 2, STEEL);
        });
    }
    e.shape(&[(116, 150), (264, 116), (292, 240), (132, 240)], h.main);
    e.shape(&[(116, 150), (264, 116), (268, 134), (119, 168)], h.light);
    e.shape(&[(132, 222), (288, 222), (292, 240), (132, 240)], h.dark);
}

fn tea_glasses(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.block((66, 222), (268, 14), 7, h.dark);
    e.block((56, 216), (288, 10), 5, h.main);
    for (place, x) in (0..).zip([98, 150, 202, 254, 306]) {
        e.blob(
            &[
                (x - 24, 146),
                (x + 24, 146),
                (x + 14, 186),
                (x + 22, 218),
                (x, 224),
                (x - 22, 218),
                (x - 14, 186),
            ],
            0xb8_e8_f4_f6,
        );
        e.blob(
            &[
                (x - 19, 166),
                (x + 19, 166),
                (x + 12, 190),
                (x + 18, 214),
                (x, 219),
                (x - 18, 214),
                (x - 12, 190),
            ],
            0xb5_5a2a,
        );
        e.line(&[(x - 13, 158), (x + 13, 158)], 3, BRASS);
        if place == 2 {
            e.blob(&[(x, 158), (x - 12, 136), (x + 4, 122), (x + 10, 140)], LEAF);
            steam(e, &[(x + 4, 112)]);
        }
    }
}

// ---- clothes ----

/// A pair of shoes: the sole, the upper, the laces, and how high the shaft is.
fn shoes(e: &mut Easel, upper: Color, sole: Color, lace: Color, shaft: i16, heel: i16) {
    e.floor(140);
    for (offset, color) in [((34, -34), mix(upper, INK, 28)), ((-14, 0), upper)] {
        e.moved(offset, |e| {
            e.blob(
                &[
                    (92, 150 - shaft),
                    (150, 146 - shaft),
                    (162, 168),
                    (214, 186),
                    (284, 196),
                    (296, 224),
                    (250, 234),
                    (110, 234),
                    (84, 230),
                    (90, 190),
                ],
                color,
            );
            e.oval((124, 160 - shaft), (24, 7), mix(color, INK, 45));
            e.block((88, 224), (204, 13), 6, sole);
            if heel > 0 {
                e.block((88, 226), (52, 14), 3, sole);
            }
            for (x, y) in [(158, 170), (176, 177), (194, 184)] {
                e.line(&[(x - 4, y + 14), (x + 12, y - 2)], 4, lace);
            }
        });
    }
}

fn dancing_shoes(e: &mut Easel, h: Hues) {
    shoes(e, 0x8a_4b2f, INK, h.other, 34, 1);
}

fn sneakers(e: &mut Easel, h: Hues) {
    shoes(e, PAPER, 0xd6_d9e2, h.main, 0, 0);
    e.blob(&[(130, 224), (150, 196), (214, 190), (190, 206)], h.main);
}

fn hiking_boots(e: &mut Easel, h: Hues) {
    shoes(e, 0x9b_6b3f, INK, 0xe0_4f3f, 42, 1);
    e.block((84, 126), (48, 14), 6, h.main);
}

/// A garment on a hanger with two sleeves, open in the middle.
pub(super) fn garment(e: &mut Easel, color: Color, inside: Color, long: i16) {
    e.floor(90);
    let dark = mix(color, NIGHT, 22);
    e.bow(&[(200, 52), (200, 36), (212, 30), (206, 20), (194, 22)], 4, IRON);
    e.blob(&[(160, 60), (110, 66), (92, 160), (84, 206), (112, 214), (128, 168), (150, 100)], dark);
    e.blob(&[(240, 60), (290, 66), (308, 160), (316, 206), (288, 214), (272, 168), (250, 100)], dark);
    e.blob(
        &[
            (176, 44),
            (224, 44),
            (268, 70),
            (262, 140),
            (270, long),
            (268, long + 8),
            (132, long + 8),
            (130, long),
            (138, 140),
            (132, 70),
        ],
        color,
    );
    e.shape(&[(178, 50), (222, 50), (200, 104)], inside);
    e.line(&[(200, 104), (200, long + 2)], 2, dark);
}

fn lapels(e: &mut Easel, color: Color) {
    e.shape(&[(178, 48), (162, 66), (174, 84), (200, 122)], color);
    e.shape(&[(222, 48), (238, 66), (226, 84), (200, 122)], color);
}

fn winter_jacket(e: &mut Easel, h: Hues) {
    garment(e, h.main, h.dark, 212);
    for y in [96, 126, 156, 186] {
        e.bow(&[(140, y), (170, y + 8), (200, y + 2), (230, y + 8), (260, y)], 3, h.dark);
    }
    e.block((164, 36), (72, 28), 14, 0xf0_e2cc);
    e.line(&[(200, 66), (200, 214)], 4, h.other);
}

fn denim_jacket(e: &mut Easel, h: Hues) {
    garment(e, 0x5b_83b5, h.other, 196);
    lapels(e, 0x46_6a99);
    for x in [150, 216] {
        e.block((x, 106), (34, 30), 4, 0x46_6a99);
        e.disc((x + 17, 114), 3, BRASS);
    }
    for y in [130, 152, 174] {
        e.disc((206, y), 4, BRASS);
    }
    e.block((132, 188), (136, 14), 5, 0x46_6a99);
}

fn suit(e: &mut Easel, h: Hues) {
    garment(e, 0x33_364a, PAPER, 212);
    e.shape(&[(194, 58), (206, 58), (210, 104), (200, 116), (190, 104)], h.main);
    lapels(e, 0x23_2536);
    e.line(&[(226, 104), (246, 104)], 4, PAPER);
    for y in [146, 168] {
        e.disc((206, y), 4, IRON);
    }
}

fn coat(e: &mut Easel, _: Hues) {
    garment(e, 0x9a_a0ad, 0xd9_dce3, 236);
    lapels(e, 0x80_8796);
    for y in [140, 166, 192] {
        e.disc((188, y), 5, INK);
        e.disc((212, y), 5, INK);
    }
    e.line(&[(146, 178), (170, 172)], 4, 0x6f_7686);
    e.line(&[(254, 178), (230, 172)], 4, 0x6f_7686);
}

fn lab_coat(e: &mut Easel, h: Hues) {
    garment(e, 0xf7_f8fb, h.light, 238);
    lapels(e, 0xe0_e4ec);
    e.block((222, 108), (34, 34), 4, 0xe0_e4ec);
    e.line(&[(232, 100), (232, 118)], 4, h.main);
    e.line(&[(242, 98), (242, 118)], 4, h.other);
    for x in [146, 216] {
        e.block((x, 176), (38, 40), 5, 0xe0_e4ec);
    }
    for y in [132, 154, 176, 198] {
        e.disc((206, y), 3, IRON);
    }
}

fn sweater(e: &mut Easel, h: Hues) {
    garment(e, PAPER, PAPER, 200);
    for y in [100, 120, 140, 160, 180] {
        e.line(&[(141, y), (259, y)], 8, h.main);
    }
    e.block((130, 192), (140, 16), 6, h.dark);
    e.block((172, 40), (56, 20), 10, h.dark);
}

fn dress(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.line(&[(176, 44), (182, 70)], 5, h.dark);
    e.line(&[(224, 44), (218, 70)], 5, h.dark);
    e.blob(
        &[
            (168, 60),
            (200, 78),
            (232, 60),
            (226, 108),
            (224, 124),
            (290, 236),
            (200, 250),
            (110, 236),
            (176, 124),
            (174, 108),
        ],
        h.main,
    );
    e.blob(&[(206, 124), (224, 126), (286, 236), (230, 244)], SHADE);
    e.block((172, 116), (56, 13), 6, h.other);
    for (x, y) in [(160, 180), (200, 160), (236, 190), (184, 214), (220, 222), (146, 218), (258, 222)] {
        e.disc((x, y), 5, h.light);
        e.disc((x, y), 2, h.other);
    }
}

fn abaya(e: &mut Easel, h: Hues) {
    garment(e, 0x33_2f4a, 0x4a_4568, 238);
    for y in [110, 128, 146, 164, 182, 200, 218] {
        e.disc((190, y), 4, BRASS);
        e.disc((210, y), 4, h.main);
    }
    e.line(&[(136, 232), (264, 232)], 4, BRASS);
    e.bow(&[(90, 196), (104, 204), (114, 200)], 4, BRASS);
    e.bow(&[(310, 196), (296, 204), (286, 200)], 4, BRASS);
}

fn socks(e: &mut Easel, h: Hues) {
    e.floor(120);
    for (x, color, band) in [(60, h.dark, h.light), (0, h.main, h.other), (-60, h.other, h.main)] {
        e.moved((x, 0), |e| {
            e.line(&[(176, 84), (176, 196), (226, 216)], 42, color);
            e.line(&[(164, 66), (188, 66)], 26, band);
            e.line(&[(158, 108), (194, 108)], 7, band);
            e.line(&[(158, 126), (194, 126)], 7, band);
            e.disc((230, 217), 20, band);
        });
    }
}

fn backpack(e: &mut Easel, h: Hues) {
    e.floor(95);
    e.bow(&[(170, 66), (172, 30), (228, 30), (230, 66)], 9, h.dark);
    e.block((104, 150), (40, 78), 14, h.dark);
    e.block((256, 150), (40, 78), 14, h.dark);
    e.block((124, 50), (152, 190), 50, h.main);
    e.bow(&[(132, 114), (160, 100), (240, 100), (268, 114)], 4, h.dark);
    e.block((144, 144), (112, 80), 20, h.light);
    e.line(&[(154, 164), (246, 164)], 4, h.dark);
    e.block((194, 162), (11, 22), 5, h.other);
    e.disc((200, 80), 13, h.other);
}

fn suitcase(e: &mut Easel, h: Hues) {
    e.floor(95);
    e.line(&[(166, 76), (166, 30), (234, 30), (234, 76)], 7, IRON);
    e.disc((146, 234), 9, INK);
    e.disc((254, 234), 9, INK);
    e.block((122, 70), (156, 160), 20, h.main);
    for x in [148, 174, 200, 226, 252] {
        e.line(&[(x, 84), (x, 216)], 4, h.dark);
    }
    e.block((180, 60), (40, 16), 6, INK);
    e.turned(-10, (160, 130), |e| e.block((136, 112), (52, 34), 5, h.other));
    e.disc((236, 180), 18, PAPER);
    e.disc((236, 180), 11, h.other);
}

// ---- sports ----

fn wheel(e: &mut Easel, (x, y): Spot, radius: i16) {
    e.ring((x, y), radius, 8, INK);
    e.ring((x, y), radius - 6, 2, STEEL);
    for (dx, dy) in [(1, 0), (0, 1), (1, 1), (1, -1)] {
        let reach = if dx * dy == 0 { radius - 6 } else { (radius - 6) * 7 / 10 };
        e.line(&[(x - dx * reach, y - dy * reach), (x + dx * reach, y + dy * reach)], 1, IRON);
    }
    e.disc((x, y), 6, STEEL);
}

fn frame(e: &mut Easel, color: Color, fork: Spot) {
    let (seat, head, crank, rear) = ((170, 118), (250, 108), (196, 188), (122, 188));
    e.line(&[seat, head], 8, color);
    e.line(&[seat, crank], 8, color);
    e.line(&[head, crank], 8, color);
    e.line(&[seat, rear, crank], 6, color);
    e.line(&[(246, 92), (256, 128), fork], 8, color);
    e.line(&[(164, 100), seat], 6, IRON);
}

fn bicycle(e: &mut Easel, h: Hues) {
    e.floor(160);
    wheel(e, (122, 188), 48);
    wheel(e, (278, 188), 48);
    frame(e, h.main, (278, 188));
    e.ring((196, 188), 14, 4, INK);
    e.line(&[(196, 188), (208, 210)], 4, INK);
    e.line(&[(200, 212), (216, 212)], 5, INK);
    e.blob(&[(138, 92), (186, 92), (188, 102), (160, 104)], INK);
    e.bow(&[(246, 94), (244, 76), (258, 74), (272, 84)], 6, INK);
    e.block((276, 88), (44, 30), 6, h.other);
    e.line(&[(280, 98), (316, 98)], 3, mix(h.other, BARK, 50));
    e.line(&[(280, 108), (316, 108)], 3, mix(h.other, BARK, 50));
}

fn bicycle_frame(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.moved((4, 24), |e| {
        frame(e, h.main, (262, 164));
        e.line(&[(262, 164), (296, 190)], 8, h.main);
        e.ring((196, 188), 14, 5, INK);
        e.disc((122, 188), 7, STEEL);
        e.disc((296, 190), 7, STEEL);
        e.line(&[(196, 116), (226, 112)], 6, h.other);
        e.blob(&[(138, 92), (186, 92), (188, 102), (160, 104)], INK);
    });
}

fn strung(e: &mut Easel, (x, y): Spot, (across, down): Spot, color: Color) {
    e.oval((x, y), (across + 7, down + 7), color);
    e.oval((x, y), (across, down), 0xf4_f3ee);
    for step in [-3, -2, -1, 0, 1, 2, 3] {
        let long = down * (10 - step * step * 6 / 10) / 10;
        e.line(&[(x + across * step / 4, y - long), (x + across * step / 4, y + long)], 1, IRON);
        let wide = across * (10 - step * step * 6 / 10) / 10;
        e.line(&[(x - wide, y + down * step / 4), (x + wide, y + down * step / 4)], 1, IRON);
    }
}

fn racket(e: &mut Easel, h: Hues) {
    e.floor(90);
    e.turned(28, (200, 150), |e| {
        e.line(&[(186, 140), (200, 170), (214, 140)], 8, h.main);
        e.line(&[(200, 168), (200, 236)], 13, INK);
        e.line(&[(200, 184), (200, 190)], 14, h.other);
        strung(e, (200, 84), (46, 58), h.main);
    });
    e.disc((290, 214), 25, 0xd8_e84a);
    e.bow(&[(270, 200), (290, 210), (286, 238)], 3, PAPER);
    e.bow(&[(300, 192), (292, 214), (314, 222)], 3, PAPER);
}

fn ping_pong(e: &mut Easel, h: Hues) {
    e.floor(130);
    for (turn, color) in [(34, INK), (-24, h.main)] {
        e.turned(turn, (200, 210), |e| {
            e.block((188, 150), (24, 84), 8, WOOD);
            e.oval((200, 102), (56, 60), color);
            e.shape(&[(164, 146), (236, 146), (214, 166), (186, 166)], WOOD);
        });
    }
    e.disc((308, 222), 16, h.other);
    e.disc((304, 217), 5, SHINE);
}

fn yoga_mat(e: &mut Easel, h: Hues) {
    e.floor(145);
    for (y, color) in [(196, h.other), (154, mix(h.other, PAPER, 35))] {
        e.block((240, y), (92, 42), 8, color);
        e.block((240, y + 32), (92, 10), 5, SHADE);
    }
    e.shape(&[(128, 240), (340, 240), (352, 228), (128, 226)], h.dark);
    e.block((64, 128), (136, 112), 56, h.main);
    for (radius, color) in [(46, h.light), (36, h.main), (26, h.light), (16, h.main)] {
        e.disc((134, 184), radius, color);
    }
    e.disc((134, 184), 7, h.dark);
}

fn skipping_rope(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.bow(
        &[
            (120, 150),
            (60, 250),
            (200, 262),
            (260, 190),
            (300, 100),
            (180, 40),
            (150, 120),
            (140, 220),
            (270, 250),
            (286, 150),
        ],
        7,
        h.other,
    );
    for (x, turn) in [(124, 18), (284, -12)] {
        e.turned(turn, (x, 120), |e| {
            e.block((x - 11, 72), (22, 84), 10, h.main);
            e.block((x - 11, 90), (22, 8), 0, h.dark);
            e.block((x - 11, 106), (22, 8), 0, h.dark);
        });
    }
}

fn football(e: &mut Easel, _: Hues) {
    e.floor(90);
    e.disc((200, 148), 92, PAPER);
    e.shape(&[(200, 112), (234, 137), (221, 177), (179, 177), (166, 137)], INK);
    for (inner, outer, left, right) in [
        ((200, 112), (200, 82), (176, 62), (224, 62)),
        ((234, 137), (262, 126), (276, 102), (286, 146)),
        ((221, 177), (240, 202), (266, 198), (240, 226)),
        ((179, 177), (160, 202), (134, 198), (160, 226)),
        ((166, 137), (138, 126), (124, 102), (114, 146)),
    ] {
        e.line(&[inner, outer], 3, INK);
        e.shape(&[outer, left, right], INK);
    }
    e.ring((200, 148), 92, 3, INK);
    e.oval((166, 98), (22, 14), 0x40_ff_ff_ff);
}

fn basketball(e: &mut Easel, _: Hues) {
    e.floor(90);
    e.disc((200, 148), 92, 0xe9_7b35);
    e.line(&[(200, 57), (200, 239)], 4, INK);
    e.line(&[(109, 148), (291, 148)], 4, INK);
    e.bow(&[(136, 82), (196, 148), (136, 214)], 4, INK);
    e.bow(&[(264, 82), (204, 148), (264, 214)], 4, INK);
    e.ring((200, 148), 91, 4, INK);
    e.oval((164, 98), (24, 14), SHINE);
}

fn dumbbell(e: &mut Easel, h: Hues) {
    e.floor(150);
    for (turn, up) in [(0, 0), (-16, -66)] {
        e.moved((0, up), |e| {
            e.turned(turn, (200, 200), |e| {
                e.block((70, 192), (260, 17), 8, STEEL);
                e.block((150, 190), (100, 21), 8, IRON);
                for (x, half, color) in
                    [(106, 40, h.main), (88, 28, h.dark), (274, 40, h.main), (292, 28, h.dark)]
                {
                    e.block((x, 200 - half), (20, half * 2), 8, color);
                }
                e.block((132, 186), (12, 28), 4, h.other);
                e.block((256, 186), (12, 28), 4, h.other);
            });
        });
    }
}

fn snorkel(e: &mut Easel, h: Hues) {
    e.floor(140);
    for (x, turn) in [(120, -12), (280, 12)] {
        e.turned(turn, (x, 236), |e| {
            e.blob(&[(x - 20, 60), (x + 20, 60), (x + 52, 240), (x, 250), (x - 52, 240)], h.other);
            for side in [-20, 0, 20] {
                e.line(&[(x + side / 2, 130), (x + side, 226)], 4, mix(h.other, INK, 25));
            }
            e.block((x - 24, 70), (48, 50), 20, INK);
        });
    }
    e.line(&[(292, 30), (292, 156), (262, 184)], 13, h.main);
    e.block((284, 26), (17, 30), 4, 0xff_8f3f);
    e.block((118, 116), (164, 84), 36, h.dark);
    e.block((130, 126), (140, 62), 26, SKY);
    e.shape(&[(190, 190), (200, 160), (210, 190)], h.dark);
    e.line(&[(148, 168), (174, 136)], 6, SHINE);
}

fn bodyboard(e: &mut Easel, h: Hues) {
    e.floor(100);
    e.turned(10, (200, 150), |e| {
        e.blob(
            &[
                (150, 20),
                (250, 20),
                (276, 120),
                (264, 240),
                (230, 256),
                (200, 230),
                (170, 256),
                (136, 240),
                (124, 120),
            ],
            h.main,
        );
        e.bow(&[(136, 120), (180, 150), (220, 110), (266, 140)], 16, h.other);
        e.bow(&[(136, 150), (180, 180), (220, 140), (264, 170)], 8, PAPER);
        e.disc((200, 70), 6, INK);
        e.bow(&[(200, 70), (150, 90), (160, 130), (124, 150)], 4, INK);
    });
    e.bow(&[(48, 236), (80, 216), (104, 236), (132, 220), (150, 238)], 8, SKY);
    e.bow(&[(250, 238), (276, 220), (300, 236), (326, 218), (352, 236)], 8, SKY);
}

// ---- music ----

/// A body with a round hole, a neck and its pegs.
fn lute(e: &mut Easel, wood: Color, body: &[Spot], (neck, pegs): (i16, i16), trim: Color) {
    e.floor(85);
    e.turned(18, (200, 150), |e| {
        e.block((190, neck), (20, 140), 4, BARK);
        for y in [neck + 16, neck + 32, neck + 48] {
            e.line(&[(191, y), (209, y)], 2, BRASS);
        }
        e.block((184, neck - 32), (32, 36), 6, mix(BARK, INK, 30));
        for place in 0..pegs {
            e.disc((180, neck - 26 + place * 11), 5, PAPER);
            e.disc((220, neck - 26 + place * 11), 5, PAPER);
        }
        e.blob(body, mix(wood, INK, 25));
        e.moved((-4, -2), |e| e.blob(body, wood));
        e.disc((198, 160), 23, trim);
        e.disc((198, 160), 18, 0x3a_2418);
        for x in [194, 198, 202, 206] {
            e.line(&[(x, neck - 10), (x, 212)], 1, 0xf5_ead0);
        }
        e.block((176, 208), (48, 9), 4, 0x3a_2418);
    });
}

fn guitar(e: &mut Easel, h: Hues) {
    let body = [
        (160, 112),
        (240, 112),
        (250, 150),
        (236, 172),
        (276, 210),
        (240, 262),
        (160, 262),
        (124, 210),
        (164, 172),
        (150, 150),
    ];
    lute(e, mix(0xd9_9a4e, h.main, 18), &body, (20, 3), h.other);
}

fn ukulele(e: &mut Easel, h: Hues) {
    let body = [
        (166, 124),
        (234, 124),
        (244, 154),
        (234, 174),
        (258, 206),
        (232, 248),
        (168, 248),
        (142, 206),
        (166, 174),
        (156, 154),
    ];
    lute(e, mix(0xe0_ab63, h.other, 30), &body, (46, 2), h.main);
}

fn oud(e: &mut Easel, h: Hues) {
    let body = [(190, 80), (210, 80), (270, 150), (278, 230), (230, 266), (170, 266), (122, 230), (130, 150)];
    lute(e, mix(0xc8_8445, h.main, 15), &body, (30, 3), h.other);
}

fn darbuka(e: &mut Easel, h: Hues) {
    e.floor(85);
    e.blob(
        &[
            (104, 70),
            (296, 70),
            (286, 120),
            (226, 152),
            (226, 190),
            (264, 250),
            (136, 250),
            (174, 190),
            (174, 152),
            (114, 120),
        ],
        h.main,
    );
    e.blob(
        &[(240, 82), (290, 82), (276, 120), (222, 150), (226, 200), (254, 246), (232, 246), (206, 190)],
        SHADE,
    );
    e.oval((200, 82), (84, 20), STEEL);
    e.oval((200, 80), (74, 16), PAPER);
    let zigzag =
        [(124, 112), (146, 124), (166, 112), (186, 128), (206, 114), (226, 128), (246, 112), (274, 118)];
    e.line(&zigzag, 4, h.other);
    e.line(&[(176, 170), (224, 170)], 6, h.other);
    for x in [164, 188, 212, 236] {
        e.disc((x, 226), 5, h.other);
    }
}

fn piano(e: &mut Easel, h: Hues) {
    e.floor(160);
    e.line(&[(110, 238), (270, 160)], 7, INK);
    e.line(&[(290, 238), (130, 160)], 7, INK);
    e.block((48, 104), (304, 74), 8, INK);
    e.block((48, 104), (304, 28), 8, h.main);
    for (x, color) in [(64, h.other), (82, PAPER), (100, PAPER)] {
        e.disc((x, 118), 5, color);
    }
    e.block((160, 110), (80, 16), 4, 0xbf_e8d8);
    e.block((54, 134), (292, 40), 2, PAPER);
    for key in 1..21 {
        e.line(&[(54 + key * 14, 136), (54 + key * 14, 172)], 1, IRON);
        if ![2, 6, 9, 13, 16, 20].contains(&key) {
            e.block((50 + key * 14, 134), (9, 24), 1, INK);
        }
    }
    e.shape(&[(160, 104), (168, 58), (232, 58), (240, 104)], PAPER);
    for (x, y) in [(184, 86), (204, 82), (218, 90)] {
        e.oval((x, y), (5, 4), INK);
        e.line(&[(x + 4, y), (x + 4, y - 18)], 2, INK);
    }
}

fn records(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.disc((246, 132), 82, NIGHT);
    for radius in [70, 58, 46] {
        e.ring((246, 132), radius, 1, 0x4a_4f6a);
    }
    e.disc((246, 132), 27, h.other);
    e.disc((246, 132), 5, NIGHT);
    for (x, color) in [(96, h.dark), (84, h.light), (72, h.main)] {
        e.block((x, 56), (164, 160), 3, color);
    }
    e.disc((154, 136), 50, h.other);
    e.disc((154, 136), 34, h.dark);
    e.disc((154, 136), 18, h.light);
    e.block((62, 182), (276, 58), 4, WOOD);
    e.line(&[(66, 210), (334, 210)], 3, BARK);
    e.block((172, 192), (54, 12), 6, BARK);
}

fn pedal(e: &mut Easel, h: Hues) {
    e.floor(100);
    e.bow(&[(276, 120), (340, 110), (330, 200), (380, 236)], 7, INK);
    e.bow(&[(126, 120), (60, 110), (80, 200), (20, 236)], 7, INK);
    e.block((128, 54), (144, 186), 14, h.dark);
    e.block((124, 50), (144, 184), 14, h.main);
    for x in [156, 196, 236] {
        e.disc((x, 84), 16, INK);
        e.line(&[(x, 84), (x + 6, 72)], 4, PAPER);
    }
    e.disc((196, 118), 6, 0xff_5d4b);
    e.shape(&[(206, 128), (178, 158), (194, 158), (186, 182), (216, 150), (200, 150)], h.other);
    e.disc((196, 206), 18, STEEL);
    e.disc((196, 204), 12, PAPER);
}

fn pipe(e: &mut Easel, color: Color, band: Color, flare: bool) {
    e.floor(120);
    e.turned(52, (200, 140), |e| {
        e.block((188, 6), (24, 250), 6, color);
        e.block((206, 6), (6, 250), 3, SHADE);
        for y in [40, 100, 170] {
            e.block((186, y), (28, 7), 2, band);
        }
        for y in [66, 84, 120, 138, 154, 190] {
            e.disc((200, y), 5, if flare { STEEL } else { 0x3a_2418 });
        }
        if flare {
            e.shape(&[(188, 226), (212, 226), (232, 268), (168, 268)], color);
            e.block((166, 262), (68, 8), 3, band);
            e.block((192, -12), (16, 20), 5, NIGHT);
        }
    });
}

fn clarinet(e: &mut Easel, _: Hues) {
    pipe(e, INK, STEEL, true);
}

fn ney(e: &mut Easel, h: Hues) {
    pipe(e, 0xdd_b56c, h.main, false);
}

// ---- games ----

fn controller(e: &mut Easel, h: Hues) {
    e.floor(130);
    for (dx, dy, color) in [(24, -58, h.main), (0, 0, INK)] {
        e.moved((dx, dy), |e| {
            e.blob(
                &[
                    (120, 124),
                    (160, 128),
                    (240, 128),
                    (280, 124),
                    (312, 170),
                    (322, 246),
                    (280, 250),
                    (250, 204),
                    (150, 204),
                    (120, 250),
                    (78, 246),
                    (88, 170),
                ],
                color,
            );
            e.block((174, 136), (52, 26), 6, mix(color, STEEL, 35));
            for (x, y) in [(138, 150), (138, 174), (126, 162), (150, 162)] {
                e.block((x - 6, y - 6), (13, 13), 3, STEEL);
            }
            for (x, y, dot) in
                [(264, 148, 0x5f_d3a5), (276, 162, 0xf0_6a6a), (264, 176, 0x7f_b8f0), (252, 162, 0xe8_9ad0)]
            {
                e.disc((x, y), 6, dot);
            }
            e.disc((172, 186), 15, mix(color, STEEL, 55));
            e.disc((228, 186), 15, mix(color, STEEL, 55));
        });
    }
    e.line(&[(180, 142), (220, 142)], 3, h.other);
}

fn game_case(e: &mut Easel, h: Hues) {
    e.floor(95);
    e.turned(6, (200, 150), |e| {
        e.disc((262, 142), 62, STEEL);
        e.ring((262, 142), 44, 9, SHINE);
        e.disc((262, 142), 14, PAPER);
        e.block((122, 46), (142, 192), 8, 0x2f_62b8);
        e.block((130, 66), (128, 164), 2, h.main);
        e.disc((208, 112), 28, h.other);
        e.shape(&[(130, 230), (174, 140), (192, 150), (226, 138), (258, 230)], h.dark);
        e.shape(&[(188, 230), (196, 150), (204, 150), (216, 230)], PAPER);
        e.block((138, 52), (46, 8), 4, PAPER);
    });
}

fn handheld(e: &mut Easel, h: Hues) {
    e.floor(100);
    for (x, color) in [(276, h.main), (262, h.light)] {
        e.block((x, 150), (52, 88), 6, color);
        e.block((x + 8, 164), (36, 40), 3, PAPER);
    }
    e.turned(-4, (180, 150), |e| {
        e.block((116, 36), (130, 204), 16, mix(h.other, IRON, 35));
        e.block((112, 34), (130, 204), 16, h.other);
        e.block((126, 50), (102, 82), 8, INK);
        e.block((138, 60), (78, 62), 2, 0xb8_cc7a);
        e.block((148, 102), (58, 6), 0, 0x5a_7038);
        e.block((158, 84), (12, 18), 2, 0x5a_7038);
        e.disc((194, 78), 7, 0x5a_7038);
        e.block((136, 160), (14, 42), 3, INK);
        e.block((122, 174), (42, 14), 3, INK);
        e.disc((222, 168), 11, h.main);
        e.disc((198, 184), 11, h.main);
        e.line(&[(166, 214), (180, 208)], 6, INK);
    });
}

fn board_game(e: &mut Easel, h: Hues) {
    e.floor(150);
    let colors = [LEAF, BRASS, h.main, CLAY, SKY, h.other, MOSS];
    let spots = [(200, 134), (146, 134), (254, 134), (173, 88), (227, 88), (173, 180), (227, 180)];
    for ((x, y), color) in spots.into_iter().zip(colors) {
        let hexagon = |r: i16| {
            [
                (x, y - r),
                (x + r * 7 / 8, y - r / 2),
                (x + r * 7 / 8, y + r / 2),
                (x, y + r),
                (x - r * 7 / 8, y + r / 2),
                (x - r * 7 / 8, y - r / 2),
            ]
        };
        e.moved((0, 5), |e| e.shape(&hexagon(31), SAND));
        e.shape(&hexagon(31), PAPER);
        e.shape(&hexagon(27), color);
    }
    for (x, y, color) in [(200, 134, h.dark), (254, 134, h.light)] {
        e.shape(&[(x - 10, y + 10), (x - 10, y - 6), (x, y - 16), (x + 10, y - 6), (x + 10, y + 10)], color);
    }
    e.turned(12, (300, 214), |e| {
        e.block((284, 196), (38, 38), 7, PAPER);
        for spot in [(293, 205), (313, 205), (303, 215), (293, 225), (313, 225)] {
            e.disc(spot, 4, INK);
        }
    });
    e.turned(-14, (104, 214), |e| {
        e.block((88, 200), (34, 34), 7, h.main);
        e.disc((105, 217), 5, PAPER);
    });
}

fn backgammon(e: &mut Easel, h: Hues) {
    e.floor(160);
    e.block((56, 56), (288, 184), 8, BARK);
    for x in [66, 206] {
        e.block((x, 66), (128, 164), 3, 0xe8_c99a);
        for place in 0..6 {
            let left = x + 4 + place * 20;
            let color = if place % 2 == 0 { 0x6b_3a22 } else { h.main };
            e.shape(&[(left, 66), (left + 20, 66), (left + 10, 134)], color);
            e.shape(&[(left, 230), (left + 20, 230), (left + 10, 162)], color);
        }
    }
    for (x, y, color) in [
        (80, 76, PAPER),
        (80, 94, PAPER),
        (80, 112, PAPER),
        (180, 220, INK),
        (180, 202, INK),
        (220, 76, INK),
        (220, 94, INK),
        (320, 220, PAPER),
        (320, 202, PAPER),
        (280, 220, PAPER),
    ] {
        e.disc((x, y), 9, color);
        e.ring((x, y), 6, 1, IRON);
    }
    e.turned(12, (240, 148), |e| e.block((232, 140), (17, 17), 4, PAPER));
    e.block((262, 138), (17, 17), 4, h.other);
    e.disc((270, 146), 3, INK);
    e.disc((240, 148), 3, INK);
}

fn puzzle(e: &mut Easel, h: Hues) {
    e.floor(140);
    for (x, y, color) in
        [(112, 60, SKY), (192, 60, mix(SKY, PAPER, 40)), (112, 140, 0x3f_8fc4), (208, 156, h.main)]
    {
        e.block((x, y), (80, 80), 4, color);
    }
    e.disc((232, 92), 17, h.other);
    e.disc((196, 100), 13, SKY);
    e.disc((152, 136), 13, SKY);
    e.disc((152, 64), 11, 0x3f_8fc4);
    e.disc((112, 180), 11, 0x3f_8fc4);
    e.disc((248, 156), 13, h.main);
    e.disc((288, 196), 13, h.main);
    e.disc((208, 196), 12, mix(h.main, INK, 20));
    e.bow(&[(116, 170), (134, 160), (152, 172), (170, 160), (188, 172)], 4, PAPER);
    e.bow(&[(116, 196), (134, 186), (152, 198), (170, 186), (188, 198)], 4, PAPER);
    e.shape(&[(134, 140), (140, 100), (160, 92), (172, 140)], SAND);
}

fn playing_cards(e: &mut Easel, h: Hues) {
    e.floor(120);
    for turn in [-28, -10] {
        e.turned(turn, (200, 250), |e| {
            e.block((146, 66), (108, 160), 10, PAPER);
            e.block((154, 74), (92, 144), 6, h.main);
            for y in [96, 126, 156, 186] {
                for x in [174, 200, 226] {
                    e.turned(45, (x, y), |e| e.block((x - 6, y - 6), (12, 12), 1, h.other));
                }
            }
        });
    }
    e.turned(12, (200, 250), |e| {
        e.block((148, 64), (108, 162), 10, SAND);
        e.block((146, 62), (108, 162), 10, PAPER);
        for (x, y, size) in [(200, 140, 24), (162, 84, 8), (238, 202, 8)] {
            e.disc((x - size / 2, y - size / 3), size * 5 / 9, 0xd4_3f45);
            e.disc((x + size / 2, y - size / 3), size * 5 / 9, 0xd4_3f45);
            e.shape(&[(x - size, y - size / 9), (x + size, y - size / 9), (x, y + size)], 0xd4_3f45);
        }
    });
}

fn chess(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.shape(&[(110, 176), (290, 176), (340, 240), (60, 240)], BARK);
    for row in 0..3 {
        for column in 0..6 {
            let edge = |place: i16, y: i16| 200 + (place - 3) * (28 + y * 5);
            let color = if (row + column) % 2 == 0 { 0xf0_dcb8 } else { h.dark };
            let (top, bottom) = (180 + row * 18, 198 + row * 18);
            e.shape(
                &[
                    (edge(column, row), top),
                    (edge(column + 1, row), top),
                    (edge(column + 1, row + 1), bottom),
                    (edge(column, row + 1), bottom),
                ],
                color,
            );
        }
    }
    for (x, y, color) in [(150, 196, PAPER), (262, 212, INK)] {
        e.shape(&[(x - 12, y - 52), (x + 12, y - 52), (x + 18, y), (x - 18, y)], color);
        e.disc((x, y - 62), 17, color);
        e.block((x - 24, y - 6), (48, 14), 6, color);
        e.block((x - 18, y - 50), (36, 8), 4, h.other);
    }
    e.shape(&[(190, 100), (216, 100), (224, 200), (182, 200)], h.main);
    e.line(&[(203, 50), (203, 84)], 7, h.main);
    e.line(&[(192, 62), (214, 62)], 7, h.main);
    e.blob(&[(180, 104), (184, 74), (222, 74), (226, 104), (203, 116)], h.main);
    e.block((174, 194), (58, 15), 7, h.main);
}

fn letter_tiles(e: &mut Easel, h: Hues) {
    e.floor(150);
    let strokes: [&[&[Spot]]; 4] = [
        &[&[(10, 42), (24, 10), (38, 42)], &[(16, 30), (32, 30)]],
        &[
            &[(12, 10), (12, 42), (30, 42), (36, 34), (30, 26), (12, 26)],
            &[(12, 10), (28, 10), (34, 18), (28, 26)],
        ],
        &[&[(12, 10), (12, 36), (20, 42), (30, 42), (36, 36), (36, 10)]],
        &[&[(34, 12), (14, 12), (14, 42), (34, 42)], &[(14, 27), (28, 27)]],
    ];
    for (place, letter) in (0..).zip(strokes) {
        let (x, y, turn) = [(82, 120, -6), (144, 112, 4), (206, 122, -3), (268, 114, 7)][place];
        e.turned(turn, (x + 24, y + 26), |e| {
            e.moved((x, y), |e| {
                e.block((2, 4), (52, 56), 6, BARK);
                e.block((0, 0), (52, 54), 6, 0xf3_dfb6);
                letter.iter().for_each(|stroke| e.line(stroke, 5, INK));
                e.disc((45, 47), 2, INK);
            });
        });
    }
    e.shape(&[(66, 206), (334, 206), (346, 240), (54, 240)], h.main);
    e.block((60, 196), (280, 14), 5, h.dark);
    e.disc((200, 224), 5, h.other);
}

// ---- for studying ----

fn goggles(e: &mut Easel, h: Hues) {
    e.floor(130);
    e.bow(&[(96, 150), (60, 80), (200, 60), (340, 80), (304, 150)], 15, h.dark);
    e.blob(
        &[
            (80, 120),
            (200, 108),
            (320, 120),
            (328, 190),
            (270, 230),
            (222, 214),
            (200, 184),
            (178, 214),
            (130, 230),
            (72, 190),
        ],
        h.main,
    );
    e.blob(
        &[
            (96, 132),
            (200, 122),
            (304, 132),
            (312, 184),
            (266, 214),
            (228, 202),
            (200, 170),
            (172, 202),
            (134, 214),
            (88, 184),
        ],
        0xd2_edf2,
    );
    e.line(&[(118, 188), (150, 146)], 9, 0xa0_ff_ff_ff);
    e.line(&[(248, 188), (280, 146)], 9, 0xa0_ff_ff_ff);
    e.disc((84, 158), 6, h.other);
    e.disc((316, 158), 6, h.other);
}

fn scalpels(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.block((84, 70), (232, 168), 14, h.dark);
    e.block((92, 78), (216, 152), 8, h.main);
    e.block((92, 140), (216, 20), 0, h.other);
    e.line(&[(126, 218), (126, 120)], 9, STEEL);
    e.blob(&[(121, 122), (131, 122), (136, 92), (122, 86)], PAPER);
    e.line(&[(172, 210), (178, 100)], 5, STEEL);
    e.line(&[(184, 210), (178, 100)], 5, STEEL);
    e.line(&[(224, 180), (238, 92)], 6, STEEL);
    e.line(&[(240, 180), (226, 92)], 6, STEEL);
    e.ring((218, 196), 12, 6, STEEL);
    e.ring((246, 196), 12, 6, STEEL);
    e.line(&[(284, 216), (284, 92)], 6, STEEL);
}

fn cutting_mat(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.turned(-5, (200, 150), |e| {
        e.block((78, 66), (244, 170), 8, MOSS);
        for x in [98, 118, 138, 158, 178, 198, 218, 238, 258, 278, 298] {
            e.line(&[(x, 76), (x, 226)], 1, 0x7f_b98f);
        }
        for y in [86, 106, 126, 146, 166, 186, 206] {
            e.line(&[(88, y), (312, y)], 1, 0x7f_b98f);
        }
    });
    e.turned(-24, (200, 160), |e| {
        e.block((86, 176), (220, 24), 3, STEEL);
        for place in 0..20 {
            e.line(&[(94 + place * 11, 178), (94 + place * 11, 186)], 1, INK);
        }
    });
    e.turned(38, (220, 110), |e| {
        e.block((176, 92), (96, 22), 9, h.other);
        e.block((190, 98), (40, 9), 4, INK);
        e.shape(&[(176, 96), (150, 100), (136, 112), (176, 112)], STEEL);
    });
}

fn drawing_set(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.shape(&[(76, 236), (76, 92), (220, 236)], mix(h.main, PAPER, 25));
    e.shape(&[(98, 216), (98, 142), (172, 216)], 0xf2_e7c9);
    for y in [112, 132, 152, 172, 192, 212] {
        e.line(&[(78, y), (88, y)], 2, h.dark);
    }
    e.line(&[(262, 66), (232, 226)], 9, STEEL);
    e.line(&[(262, 66), (300, 222)], 9, STEEL);
    e.line(&[(300, 222), (304, 238)], 4, INK);
    e.line(&[(232, 226), (229, 240)], 4, INK);
    e.bow(&[(242, 160), (264, 170), (286, 158)], 5, h.other);
    e.disc((262, 62), 15, h.main);
    e.block((257, 30), (10, 24), 4, INK);
    e.turned(64, (160, 90), |e| {
        e.block((152, 30), (13, 120), 3, h.other);
        e.shape(&[(152, 30), (165, 30), (158, 10)], 0xf3_d9b1);
    });
}

fn molecule(e: &mut Easel, h: Hues) {
    e.floor(120);
    let bonds = [
        ((144, 120), (200, 152)),
        ((200, 152), (258, 118)),
        ((200, 152), (200, 214)),
        ((144, 120), (96, 152)),
        ((144, 120), (140, 62)),
        ((258, 118), (312, 142)),
        ((258, 118), (262, 62)),
    ];
    for (from, to) in bonds {
        e.line(&[from, to], 9, STEEL);
    }
    let atoms = [
        (144, 120, 29, INK),
        (200, 152, 29, INK),
        (258, 118, 29, h.main),
        (200, 216, 21, h.other),
        (94, 154, 19, PAPER),
        (140, 60, 19, PAPER),
        (314, 144, 19, PAPER),
        (262, 60, 19, h.other),
    ];
    for (x, y, radius, color) in atoms {
        e.disc((x, y), radius, color);
        e.disc((x - radius / 3, y - radius / 3), radius / 4, SHINE);
    }
}

fn stethoscope(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.bow(&[(140, 46), (120, 60), (124, 130), (186, 176)], 8, STEEL);
    e.bow(&[(230, 46), (250, 60), (246, 130), (184, 176)], 8, STEEL);
    e.bow(&[(126, 92), (130, 150), (185, 168), (185, 176)], 10, h.main);
    e.bow(&[(244, 92), (240, 150), (185, 168), (185, 176)], 10, h.main);
    e.bow(&[(185, 172), (180, 250), (280, 260), (292, 180)], 11, h.main);
    e.disc((140, 46), 9, INK);
    e.disc((230, 46), 9, INK);
    e.disc((292, 160), 33, IRON);
    e.disc((292, 160), 25, STEEL);
    e.disc((292, 160), 16, h.other);
}

fn arduino(e: &mut Easel, h: Hues) {
    e.floor(140);
    e.block((80, 104), (180, 128), 10, 0x1f_7f86);
    e.block((66, 122), (48, 38), 3, STEEL);
    e.block((70, 190), (42, 28), 3, INK);
    e.block((138, 112), (112, 13), 1, INK);
    e.block((150, 212), (100, 13), 1, INK);
    e.block((168, 164), (76, 24), 2, INK);
    for x in [174, 186, 198, 210, 222, 234] {
        e.line(&[(x, 160), (x, 164)], 3, STEEL);
        e.line(&[(x, 188), (x, 192)], 3, STEEL);
    }
    e.disc((138, 174), 10, STEEL);
    e.block((278, 132), (60, 106), 5, PAPER);
    for y in [142, 154, 166, 190, 202, 214, 226] {
        for x in [288, 300, 314, 328] {
            e.disc((x, y), 2, IRON);
        }
    }
    e.bow(&[(160, 116), (170, 40), (290, 60), (300, 150)], 5, h.main);
    e.bow(&[(200, 116), (216, 60), (310, 90), (314, 164)], 5, h.other);
    e.bow(&[(230, 218), (256, 262), (292, 240), (300, 214)], 5, 0xd4_3f45);
    e.block((316, 116), (16, 22), 7, 0xff_5d4b);
}

fn felt_pens(e: &mut Easel, h: Hues) {
    e.floor(125);
    let colors = [0xe2_4b4b, 0xf2_8b3c, 0xf6_c945, 0x6b_b858, 0x2f_9c95, 0x3f_7fd0, 0x6a_5fc0, 0xd0_5fa8];
    for (place, color) in (0..).zip(colors) {
        let (x, top) = (100 + place * 26, 62 + (place * 37) % 26);
        e.shape(&[(x + 5, top + 14), (x + 15, top + 14), (x + 12, top), (x + 8, top)], INK);
        e.block((x, top + 12), (20, 150), 5, PAPER);
        e.block((x, top + 12), (20, 46), 5, color);
        e.block((x + 14, top + 14), (5, 140), 2, SHADE);
    }
    e.block((88, 156), (226, 84), 8, h.main);
    e.block((88, 156), (226, 14), 6, h.dark);
    for (place, color) in (0..).zip(colors) {
        e.disc((112 + place * 25, 206), 8, color);
    }
}

// ---- art ----

/// What hangs in a frame on the wall. The picture is 180 × 132 from (110, 66).
fn framed(e: &mut Easel, wood: Color, picture: impl FnOnce(&mut Easel)) {
    e.bow(&[(120, 52), (200, 6), (280, 52)], 3, IRON);
    e.block((88, 46), (230, 182), 4, SHADE);
    e.block((82, 38), (236, 188), 4, wood);
    e.block((92, 48), (216, 168), 2, mix(wood, INK, 25));
    e.block((96, 52), (208, 160), 0, PAPER);
    e.block((110, 66), (180, 132), 0, SKY);
    picture(e);
}

fn seascape(e: &mut Easel, h: Hues) {
    framed(e, WOOD, |e| {
        e.block((110, 66), (180, 70), 0, mix(h.other, PAPER, 62));
        e.disc((238, 106), 19, h.other);
        e.block((110, 134), (180, 44), 0, 0x4f_a3c7);
        e.bow(&[(114, 148), (150, 142), (190, 150), (230, 142), (286, 150)], 3, 0xd8_f0f5);
        e.shape(&[(110, 198), (110, 168), (210, 180), (290, 172), (290, 198)], SAND);
        e.line(&[(146, 176), (150, 100)], 5, BARK);
        for spot in [(118, 104), (128, 88), (170, 86), (182, 104), (150, 80)] {
            e.bow(&[(150, 102), ((spot.0 + 150) / 2, spot.1 - 6), spot], 7, MOSS);
        }
        e.shape(&[(226, 140), (254, 140), (248, 148), (232, 148)], h.main);
        e.shape(&[(240, 138), (240, 112), (258, 136)], PAPER);
    });
}

fn house_painting(e: &mut Easel, h: Hues) {
    framed(e, BRASS, |e| {
        e.block((110, 66), (180, 132), 0, 0xcf_e6f0);
        e.blob(&[(100, 160), (150, 96), (210, 140), (260, 100), (300, 160), (290, 210), (110, 210)], LEAF);
        e.block((110, 168), (180, 30), 0, mix(LEAF, BRASS, 35));
        e.block((158, 124), (84, 58), 0, 0xf1_e2c2);
        e.shape(&[(148, 126), (174, 98), (226, 98), (252, 126)], 0xc9_4f35);
        for x in [168, 192, 216] {
            e.disc((x + 8, 140), 8, h.main);
            e.block((x, 140), (16, 22), 0, h.main);
        }
        e.block((190, 164), (20, 18), 2, BARK);
        e.blob(&[(126, 180), (118, 120), (132, 96), (146, 124), (138, 180)], MOSS);
    });
}

fn cedar_print(e: &mut Easel, h: Hues) {
    framed(e, INK, |e| {
        e.block((110, 66), (180, 132), 0, 0xf3_ead6);
        e.disc((246, 98), 17, h.other);
        e.block((194, 150), (13, 40), 0, INK);
        for (y, half) in [(160, 74), (142, 60), (124, 46), (108, 32), (94, 17)] {
            e.blob(&[(200 - half, y), (200, y - 20), (200 + half, y), (200, y + 9)], MOSS);
        }
        e.line(&[(120, 190), (280, 190)], 4, INK);
    });
}

fn calligraphy(e: &mut Easel, h: Hues) {
    framed(e, BRASS, |e| {
        e.block((110, 66), (180, 132), 0, 0xf7_e9bd);
        for spot in [(122, 78), (278, 78), (122, 186), (278, 186)] {
            e.disc(spot, 8, h.main);
            e.disc(spot, 4, h.other);
        }
        e.bow(&[(262, 104), (256, 150), (240, 160), (226, 146)], 9, INK);
        e.bow(&[(246, 150), (226, 160), (214, 150), (210, 96)], 9, INK);
        e.bow(&[(214, 146), (190, 168), (170, 150), (184, 132), (196, 146), (176, 170)], 9, INK);
        e.bow(&[(180, 156), (150, 180), (134, 150), (140, 130)], 8, INK);
        e.turned(45, (190, 112), |e| e.block((185, 107), (10, 10), 0, h.main));
    });
}

fn macrame(e: &mut Easel, h: Hues) {
    e.bow(&[(96, 66), (200, 2), (304, 66)], 3, SAND);
    e.block((80, 60), (240, 11), 5, WOOD);
    let thread = 0xe2_c397;
    for (place, x) in (0..).zip([104, 128, 152, 176, 200, 224, 248, 272, 296]) {
        let down: i16 = [170, 190, 208, 224, 238, 224, 208, 190, 170][place];
        e.line(&[(x, 70), (x, down)], 6, mix(thread, BARK, 12));
        e.line(&[(x - 4, down - 20), (x - 5, down + 6)], 3, thread);
        e.line(&[(x + 4, down - 20), (x + 5, down + 6)], 3, thread);
        e.disc((x, down - 22), 6, if place % 2 == 0 { h.main } else { h.other });
    }
    for (y, edge) in [(96, 104), (126, 128), (156, 152)] {
        e.line(&[(edge, y - 20), (200, y + 22), (400 - edge, y - 20)], 6, thread);
    }
    e.disc((200, 180), 9, h.main);
}

fn paint_tubes(e: &mut Easel, h: Hues) {
    e.floor(130);
    for (x, turn, color) in
        [(112, -14, h.main), (168, -4, h.other), (224, 6, 0x3f_9b70), (280, 16, 0x8a_4fa8)]
    {
        e.turned(turn, (x, 240), |e| {
            e.shape(&[(x - 24, 62), (x + 24, 62), (x + 21, 196), (x - 21, 196)], PAPER);
            e.block((x - 26, 56), (52, 13), 2, STEEL);
            e.shape(&[(x - 23, 104), (x + 23, 104), (x + 22, 164), (x - 22, 164)], color);
            e.shape(&[(x - 21, 196), (x + 21, 196), (x + 9, 210), (x - 9, 210)], STEEL);
            e.block((x - 12, 208), (24, 28), 4, color);
        });
    }
    e.blob(&[(150, 236), (200, 222), (248, 234), (240, 256), (190, 262), (144, 252)], h.main);
    e.oval((190, 240), (18, 5), h.light);
}

fn easel(e: &mut Easel, h: Hues) {
    e.floor(110);
    e.line(&[(200, 36), (200, 236)], 9, BARK);
    e.line(&[(192, 40), (132, 240)], 9, WOOD);
    e.line(&[(208, 40), (268, 240)], 9, WOOD);
    e.block((124, 56), (152, 118), 2, PAPER);
    e.block((130, 62), (140, 106), 0, mix(h.other, PAPER, 55));
    e.disc((236, 92), 15, h.other);
    e.blob(&[(118, 150), (160, 100), (200, 140), (240, 116), (284, 160), (270, 184), (130, 184)], h.main);
    e.block((124, 168), (152, 7), 0, PAPER);
    e.block((118, 174), (164, 11), 3, BARK);
}

fn bowls(e: &mut Easel, h: Hues) {
    e.floor(140);
    for (x, y, half) in [(158, 120, 72), (256, 164, 62)] {
        e.blob(
            &[
                (x - half, y),
                (x - half, y + 20),
                (x - half / 2, 240),
                (x + half / 2, 240),
                (x + half, y + 20),
                (x + half, y),
            ],
            0x2f_6cae,
        );
        e.blob(&[(x + half / 3, y + 20), (x + half - 6, y + 16), (x + half / 2, 236), (x + 8, 238)], SHADE);
        e.oval((x, y + 7), (half - 6, 15), 0x1d_4a80);
        e.bow(&[(x - half + 8, y + 36), (x, y + 54), (x + half - 8, y + 36)], 5, h.other);
        e.bow(&[(x - half + 16, y + 52), (x, y + 68), (x + half - 16, y + 52)], 3, 0x9c_c8ee);
        e.block((x - 26, 232), (52, 9), 4, 0x1d_4a80);
    }
}

fn paint_box(e: &mut Easel, h: Hues) {
    e.floor(150);
    e.block((74, 44), (252, 90), 8, h.dark);
    e.block((84, 54), (232, 72), 4, PAPER);
    for (x, color) in [(122, h.main), (180, h.other), (240, 0x6b_b858)] {
        e.blob(&[(x - 20, 86), (x, 66), (x + 26, 80), (x + 18, 108), (x - 14, 110)], mix(color, PAPER, 40));
    }
    e.block((70, 130), (260, 106), 8, h.main);
    e.block((80, 140), (240, 86), 4, PAPER);
    let colors = [
        0xe2_4b4b, 0xf2_8b3c, 0xf6_c945, 0x9c_c84f, 0x4f_9d5d, 0x2f_9c95, 0x3f_9fd8, 0x2f_5fb8, 0x6a_4fc0,
        0xb0_4fa8, 0x9a_6238, INK,
    ];
    for (place, color) in (0..).zip(colors) {
        e.block((88 + place % 6 * 38, 146 + place / 6 * 30), (32, 24), 4, color);
    }
    e.line(&[(96, 216), (272, 212)], 6, WOOD);
    e.blob(&[(270, 206), (296, 204), (314, 212), (294, 218), (270, 218)], INK);
}

fn mosaic(e: &mut Easel, h: Hues) {
    e.floor(130);
    let colors = [h.main, h.other, SKY, 0xe2_6b5b, 0x5f_b88a, h.light, 0x8a_5fb8, BRASS];
    for row in 0..6_i16 {
        for column in 0..8_i16 {
            let (x, y) = (88 + column * 28, 66 + row * 28);
            let color =
                colors[usize::from((row * 5 + column * 3 + row * column).unsigned_abs()) % colors.len()];
            let lean = (row * 7 + column * 11) % 9 - 4;
            e.turned(lean * 2, (x + 12, y + 12), |e| {
                e.block((x, y), (25, 25), 3, color);
                e.shape(&[(x + 2, y + 3), (x + 16, y + 3), (x + 2, y + 16)], SHINE);
            });
        }
    }
    e.shape(&[(70, 238), (98, 206), (112, 240)], h.other);
    e.shape(&[(300, 240), (322, 208), (338, 238)], h.main);
}

// ---- plants ----

pub(super) fn pot(e: &mut Easel, (x, y): Spot, half: i16, color: Color) {
    e.shape(&[(x - half, y), (x + half, y), (x + half * 3 / 4, 240), (x - half * 3 / 4, 240)], color);
    e.shape(&[(x + half / 3, y), (x + half, y), (x + half * 3 / 4, 240), (x + half / 4, 240)], SHADE);
    e.block((x - half - 6, y - 6), (half * 2 + 12, 20), 5, mix(color, PAPER, 15));
}

pub(super) fn leaf(e: &mut Easel, (x, y): Spot, (dx, dy): Spot, wide: i16, color: Color) {
    let (tip, middle) = ((x + dx, y + dy), (x + dx / 2, y + dy / 2));
    let length = dx.abs().max(dy.abs()).max(1);
    let (nx, ny) = (dy * wide / length, -dx * wide / length);
    e.blob(
        &[(x, y), (middle.0 + nx, middle.1 + ny), tip, tip, (middle.0 - nx, middle.1 - ny), (x, y)],
        color,
    );
    e.line(&[(x + dx / 8, y + dy / 8), (x + dx * 3 / 4, y + dy * 3 / 4)], 1, mix(color, NIGHT, 30));
}

fn pothos(e: &mut Easel, h: Hues) {
    e.floor(80);
    for (way, tips) in [(-1, [(60, 60), (84, 104), (90, 150)]), (1, [(56, 50), (80, 92), (92, 140)])] {
        e.bow(&[(200, 130), (200 + way * 30, 60), (200 + way * 86, 70), (200 + way * 92, 190)], 4, MOSS);
        for (dx, y) in tips {
            leaf(e, (200 + way * dx, y), (way * 34, 26), 20, LEAF);
        }
    }
    for (dx, dy) in [(-26, -70), (4, -88), (34, -66)] {
        e.line(&[(200, 140), (200 + dx / 2, 140 + dy / 2)], 4, MOSS);
        leaf(e, (200 + dx / 2, 140 + dy / 2), (dx, dy / 2), 22, mix(LEAF, h.other, 25));
    }
    e.block((150, 130), (100, 110), 24, 0xb0_d9_f2_f5);
    e.block((154, 172), (92, 64), 20, 0x90_7f_c4_dc);
    for x in [180, 200, 220] {
        e.bow(&[(200, 140), (x, 170), (x + 4, 190), (x - 4, 220)], 2, PAPER);
    }
    e.block((146, 122), (108, 14), 7, 0xd0_e8_f6_f8);
    e.block((160, 148), (9, 74), 4, SHINE);
}

fn monstera(e: &mut Easel, h: Hues) {
    e.floor(80);
    for (x, y, turn) in [(116, 96, -48), (284, 92, 46), (160, 56, -16), (244, 52, 18), (200, 104, 0)] {
        e.bow(&[(200, 196), (200, 150), (x, y + 30)], 5, MOSS);
        e.turned(turn, (x, y), |e| {
            e.blob(
                &[
                    (x, y + 44),
                    (x - 50, y + 26),
                    (x - 42, y - 30),
                    (x, y - 58),
                    (x + 42, y - 30),
                    (x + 50, y + 26),
                ],
                LEAF,
            );
            e.line(&[(x, y + 34), (x, y - 36)], 3, MOSS);
            for (side, row) in [(-1, 0), (1, 0), (-1, 1), (1, 1)] {
                e.line(
                    &[(x + side * 16, y - 4 + row * 22), (x + side * 40, y - 16 + row * 22)],
                    6,
                    mix(LEAF, PAPER, 55),
                );
            }
        });
    }
    pot(e, (200, 186), 46, h.main);
    e.line(&[(162, 214), (238, 214)], 5, h.other);
}

fn herbs(e: &mut Easel, h: Hues) {
    e.floor(140);
    for (place, x) in (0..).zip([122, 200, 278]) {
        let color = [LEAF, 0x6f_b96a, MOSS][place];
        for (dx, up) in [(-24, 66), (0, 92), (24, 70)] {
            e.bow(&[(x, 196), (x + dx / 2, 160), (x + dx, 196 - up)], 3, MOSS);
            for step in [30, 50, 70] {
                let (lx, ly) = (x + dx * step / 90, 196 - up * step / 80);
                leaf(e, (lx, ly), (-22, -14), 11, color);
                leaf(e, (lx, ly), (22, -14), 11, color);
            }
        }
    }
    e.block((78, 184), (244, 56), 6, WOOD);
    e.line(&[(84, 212), (316, 212)], 3, BARK);
    for x in [122, 200, 278] {
        e.block((x - 24, 194), (48, 22), 4, PAPER);
        e.line(&[(x - 14, 205), (x + 14, 205)], 4, h.main);
    }
}

fn cactus(e: &mut Easel, h: Hues) {
    e.floor(75);
    e.line(&[(136, 104), (136, 138), (170, 150), (200, 150)], 27, LEAF);
    e.line(&[(264, 84), (264, 118), (236, 130), (200, 130)], 27, LEAF);
    e.block((170, 42), (60, 160), 30, LEAF);
    for x in [186, 200, 214] {
        e.line(&[(x, 60), (x, 184)], 2, MOSS);
    }
    for (x, y) in [
        (178, 80),
        (193, 100),
        (207, 76),
        (222, 104),
        (178, 130),
        (207, 140),
        (193, 166),
        (136, 112),
        (264, 94),
    ] {
        e.line(&[(x - 3, y), (x + 3, y - 5)], 2, PAPER);
    }
    for (x, y) in [(200, 36), (186, 42), (214, 42)] {
        e.disc((x, y), 9, 0xf2_7fa8);
    }
    e.disc((200, 42), 6, h.other);
    pot(e, (200, 190), 44, h.main);
}

fn succulents(e: &mut Easel, h: Hues) {
    e.floor(150);
    for (place, x) in (0..).zip([108, 200, 292]) {
        let color = [0x7f_b89a, LEAF, 0xa8_b86a][place];
        for (dx, dy) in [(-40, -18), (40, -18), (-28, -46), (28, -46), (0, -62), (-16, -28), (16, -28)] {
            leaf(e, (x, 182), (dx, dy), 17, mix(color, h.main, if dx.abs() < 20 { 0 } else { 12 }));
        }
        pot(e, (x, 186), 34, [CLAY, h.main, h.other][place]);
    }
}

fn tree(e: &mut Easel, h: Hues, crown: Color, fruit: Option<Color>) {
    e.floor(80);
    e.bow(&[(200, 200), (192, 160), (206, 140), (200, 110)], 11, BARK);
    for (x, y, radius) in [(160, 104, 40), (240, 104, 40), (200, 70, 48), (200, 116, 42)] {
        e.disc((x, y), radius, crown);
    }
    for (x, y) in
        [(150, 100), (176, 66), (206, 44), (232, 76), (250, 110), (200, 100), (180, 126), (222, 130)]
    {
        leaf(e, (x, y), (18, -14), 7, mix(crown, PAPER, 25));
        leaf(e, (x, y), (-16, -16), 7, mix(crown, NIGHT, 18));
    }
    for (x, y) in [(154, 122), (186, 92), (232, 104), (212, 138), (250, 86)] {
        if let Some(fruit) = fruit {
            e.oval((x, y), (11, 13), fruit);
            e.disc((x - 3, y - 4), 3, SHINE);
        }
    }
    pot(e, (200, 192), 44, h.main);
}

fn olive_tree(e: &mut Easel, h: Hues) {
    tree(e, h, 0x7f_9a6f, None);
}

fn lemon_tree(e: &mut Easel, h: Hues) {
    tree(e, h, LEAF, Some(0xf7_d23e));
}

// ---- the rest ----

fn candles(e: &mut Easel, h: Hues) {
    e.floor(130);
    for (x, top, color) in [(128, 116, h.main), (186, 84, PAPER), (240, 136, h.other)] {
        e.disc((x, top - 28), 34, 0x38_ff_e9_8a);
        e.block((x - 22, top), (44, 240 - top), 6, color);
        e.block((x + 8, top), (14, 240 - top), 6, SHADE);
        e.line(&[(x, top), (x, top - 10)], 3, INK);
        e.blob(&[(x, top - 52), (x + 14, top - 16), (x, top - 6), (x - 14, top - 16)], 0xff_a63f);
        e.blob(&[(x, top - 34), (x + 6, top - 14), (x, top - 8), (x - 6, top - 14)], 0xff_f0a8);
    }
    e.block((272, 204), (60, 36), 4, h.dark);
    e.block((280, 212), (44, 12), 2, h.other);
    for x in [282, 296, 310] {
        e.line(&[(x, 204), (x + 4, 172)], 4, 0xe8_c99a);
        e.disc((x + 4, 170), 5, 0xd4_3f45);
    }
}

fn battery(e: &mut Easel, h: Hues) {
    e.floor(135);
    e.bow(&[(128, 118), (120, 50), (230, 40), (272, 88)], 7, 0xd4_3f45);
    e.bow(&[(184, 118), (190, 70), (250, 60), (304, 92)], 7, INK);
    e.block((76, 126), (150, 114), 10, INK);
    e.block((76, 126), (150, 28), 8, h.main);
    e.block((116, 114), (24, 14), 3, 0xd4_3f45);
    e.block((172, 114), (24, 14), 3, IRON);
    e.line(&[(98, 184), (122, 184)], 6, PAPER);
    e.line(&[(110, 172), (110, 196)], 6, PAPER);
    e.line(&[(180, 184), (204, 184)], 6, PAPER);
    e.block((240, 84), (96, 156), 12, h.main);
    e.block((252, 98), (72, 42), 5, 0xbf_e8d8);
    e.shape(&[(292, 102), (274, 124), (286, 124), (280, 138), (302, 114), (290, 114)], h.dark);
    e.disc((264, 160), 6, 0x8f_f0b0);
    e.disc((288, 160), 6, h.other);
    for y in [184, 198, 212] {
        e.line(&[(256, y), (320, y)], 4, h.dark);
    }
}

fn fan(e: &mut Easel, h: Hues) {
    e.floor(80);
    e.block((193, 150), (14, 80), 4, IRON);
    e.block((138, 224), (124, 16), 8, h.dark);
    e.disc((200, 108), 80, 0x60_ff_ff_ff);
    for turn in [10, 130, 250] {
        e.turned(turn, (200, 108), |e| {
            e.blob(&[(200, 108), (160, 76), (186, 28), (226, 44), (214, 88)], h.main)
        });
    }
    for radius in [80, 60, 40] {
        e.ring((200, 108), radius, if radius == 80 { 6 } else { 2 }, IRON);
    }
    for turn in [0, 45, 90, 135] {
        e.turned(turn, (200, 108), |e| e.line(&[(200, 28), (200, 188)], 1, IRON));
    }
    e.disc((200, 108), 17, h.other);
}

fn fairy_lights(e: &mut Easel, h: Hues) {
    let wire = [(40, 60), (100, 130), (160, 70), (220, 20), (280, 140), (360, 80)];
    e.bow(&wire, 3, INK);
    e.bow(&[(40, 150), (110, 220), (190, 130), (250, 90), (300, 220), (360, 170)], 3, INK);
    for (place, (x, y)) in (0..).zip([
        (72, 92),
        (112, 104),
        (152, 78),
        (196, 50),
        (238, 72),
        (276, 108),
        (322, 104),
        (74, 182),
        (116, 190),
        (164, 156),
        (212, 120),
        (258, 142),
        (296, 184),
        (332, 190),
    ]) {
        let color = [h.main, h.other, 0xff_e08a, h.light][place % 4];
        e.disc((x, y + 15), 24, 0x48_ff_f3_b0);
        e.block((x - 5, y - 3), (10, 10), 2, INK);
        e.blob(&[(x - 9, y + 6), (x + 9, y + 6), (x + 9, y + 22), (x, y + 32), (x - 9, y + 22)], color);
        e.disc((x - 3, y + 14), 3, SHINE);
    }
}
