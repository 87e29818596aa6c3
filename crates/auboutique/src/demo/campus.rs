//! The demo campus: who is on it and what they sell.
//!
//! Everything here is data that was written by hand, and functions of it: no I/O, no clock. The one thing that varies
//! is chosen by a seed, so that two runs of the demo with the same seed tell the same story.

use auboutique_domain::Currency;
use auboutique_domain::listing::{Category, Condition};

/// A member of the demo campus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name shown, in the script its owner writes it in.
    pub name: &'static str,
    /// The unique handle.
    pub username: &'static str,
    /// Where mail would reach the person, if the person existed.
    pub email: String,
}

/// A thing somebody there sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Who sells: an index into [`people`].
    pub seller: usize,
    /// What it is, in a line.
    pub title: &'static str,
    /// What there is to know.
    pub description: &'static str,
    /// The price in minor units.
    pub minor: i64,
    /// What those minor units are of.
    pub currency: Currency,
    /// Its shelf.
    pub category: Category,
    /// How worn it is.
    pub condition: Condition,
}

/// Everybody on the campus, always in the same order: sixty people, Rana first and Karim second.
pub(crate) fn people() -> Vec<Person> {
    PEOPLE
        .iter()
        .map(|&(name, username)| Person { name, username, email: format!("{username}@mail.aub.edu") })
        .collect()
}

/// Everything that is sold on the campus: the two hundred things below in an order of the seed's choice, each with a
/// seller and at a price of its choice. Everybody sells something; whoever sells more is left to the seed.
pub(crate) fn offers(seed: u64) -> Vec<Offer> {
    let mut dice = Dice(seed);
    let mut items: Vec<&Item> = LANGUAGES.into_iter().flatten().collect();
    dice.shuffle(&mut items);
    let mut sellers: Vec<usize> = (0..PEOPLE.len()).collect();
    sellers.resize_with(items.len(), || dice.below(PEOPLE.len()));
    dice.shuffle(&mut sellers);
    items
        .into_iter()
        .zip(sellers)
        .map(|(item, seller)| Offer {
            seller,
            title: item.title,
            description: item.description,
            minor: asked(item.minor, item.currency, VARIATIONS[dice.below(VARIATIONS.len())]),
            currency: item.currency,
            category: item.category,
            condition: item.condition,
        })
        .collect()
}

/// What a price may become, in percent of the item's base price.
const VARIATIONS: [i64; 7] = [85, 90, 95, 100, 105, 110, 115];

/// That many percent of the base price, rounded to what a person would ask: steps of 0.50 USD or 50,000 LBP, twice
/// that from forty steps on and ten times that from two hundred steps on; and never below or above the campus' prices.
fn asked(base: i64, currency: Currency, percent: i64) -> i64 {
    let (least, most, step) = match currency {
        Currency::Usd => (200, 90_000, 50),
        Currency::Lbp => (50_000, 60_000_000, 50_000),
    };
    let varied = base * percent / 100;
    let step = match varied / step {
        ..40 => step,
        40..200 => 2 * step,
        200.. => 10 * step,
    };
    ((varied + step / 2) / step * step).clamp(least, most)
}

/// A splitmix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the state
/// is a counter that grows by an odd constant, a number is the state stirred twice and folded. Good enough to deal
/// things out in a demo and the same on every machine; not for secrets.
pub(super) struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let stirred = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let stirred = (stirred ^ (stirred >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        stirred ^ (stirred >> 31)
    }

    /// A number from 0 up to but not `end`, which is small: the remainder's bias does not show.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Fisher and Yates' shuffle.
    fn shuffle<T>(&mut self, cards: &mut [T]) {
        for place in (1..cards.len()).rev() {
            cards.swap(place, self.below(place + 1));
        }
    }
}

/// Names and usernames. Everybody is made up.
const PEOPLE: [(&str, &str); 60] = [
    ("Rana Haddad", "rana"),
    ("Karim Mansour", "karim"),
    ("Lea Khoury", "lea_khoury"),
    ("Hagop Demirdjian", "hagop_d"),
    ("نور الحسيني", "nour_h"),
    ("Maya Saliba", "maya_saliba"),
    ("Tarek Fakhoury", "tarek_f"),
    ("Anoush Keshishian", "anoush"),
    ("Élise Moreau", "elise_m"),
    ("Omar Itani", "omar_itani"),
    ("ياسمين عيتاني", "yasmine_i"),
    ("Georges Abi Nader", "georges_an"),
    ("Sevag Torossian", "sevag"),
    ("Dana Chehab", "danach"),
    ("Ali Hamadeh", "ali_hamadeh"),
    ("Chukwuemeka Obi", "emeka"),
    ("Perla Rizk", "perla_rizk"),
    ("حسن مرتضى", "hassan_m"),
    ("Rami Sfeir", "rami_sfeir"),
    ("Talar Bedrossian", "talar_b"),
    ("Sara El Amine", "sara_elamine"),
    ("Jad Nassif", "jad_n"),
    ("Ingrid Solberg", "ingrid"),
    ("زينب قاسم", "zeinab_q"),
    ("Marc Tabet", "marctabet"),
    ("Lina Darwish", "lina_d"),
    ("Vahe Manoukian", "vahe_m"),
    ("Nadim Zoghbi", "nadim_z"),
    ("Christelle Bou Khalil", "christelle"),
    ("مازن شاهين", "mazen_sh"),
    ("Hiba Kanaan", "hiba_kanaan"),
    ("Firas Jaber", "firas07"),
    ("Aline Kazandjian", "aline_k"),
    ("Yara Najjar", "yara_najjar"),
    ("Tomás Rivera", "tomas_r"),
    ("Bilal Sleiman", "bilal_s"),
    ("ريم الخطيب", "reem_kh"),
    ("Joey Matta", "joey_m"),
    ("Ghida Osman", "ghida"),
    ("Garo Hovsepian", "garo_h"),
    ("Mira Tannous", "mira_t"),
    ("Wael Sabra", "wael_s"),
    ("جنى سليم", "jana_s"),
    ("Roy Chidiac", "roych"),
    ("Sirine Halabi", "sirine_h"),
    ("Abdallah Rifai", "abed_rifai"),
    ("Priya Raman", "priya_r"),
    ("Elie Daher", "elie_daher"),
    ("علي رضا فقيه", "alireza_f"),
    ("Nanor Ekmekjian", "nanor"),
    ("Charbel Azar", "charbel_a"),
    ("Farah Zein", "farah_zein"),
    ("Matteo Bianchi", "matteo_b"),
    ("Ziad Awad", "ziad_awad"),
    ("سلمى بركات", "salma_b"),
    ("Karen Abou Jaoude", "karen_aj"),
    ("Hadi Shaar", "hadi_shaar"),
    ("Arpi Semerdjian", "arpi"),
    ("Kenji Watanabe", "kenji_w"),
    ("ميرا حدّاد", "mira_h2"),
];

/// A thing and what it costs about.
struct Item {
    title: &'static str,
    description: &'static str,
    minor: i64,
    currency: Currency,
    category: Category,
    condition: Condition,
}

/// Reads the lists below: shelf, wear, currency, base price in minor units, title, description.
macro_rules! items {
    ($($category:ident $condition:ident $currency:ident $minor:literal $title:literal $description:literal)*) => {
        &[$(Item {
            title: $title,
            description: $description,
            minor: $minor,
            currency: Currency::$currency,
            category: Category::$category,
            condition: Condition::$condition,
        },)*]
    };
}

/// The lists, one per language. No text occurs in two of them.
const LANGUAGES: [&[Item]; 3] = [ENGLISH, FRENCH, ARABIC];

/// What is offered in English.
const ENGLISH: &[Item] = items! {
    Books Good Usd 1_800 "Calculus: Early Transcendentals, 8th edition"
        "Used for Math 101 and 102. Some problems are solved in pencil, feel free to erase them. The spine \
        is taped but nothing is loose."
    Books Fair Usd 2_200 "Organic chemistry textbook with the solutions manual"
        "Both books together. Chapters 5 to 12 are highlighted in three colors, which tells you what the \
        midterm is about. One coffee ring on the cover."
    Books LikeNew Usd 3_500 "Molecular biology of the cell, hardcover"
        "Bought it for a class I dropped in the second week and opened it maybe four times. It weighs more \
        than my laptop, so bring a good bag."
    Books Good Lbp 900_000 "Introduction to algorithms, international edition"
        "Paperback, black and white inside. My notes are in the margins up to dynamic programming, after \
        that you are on your own."
    Books Good Usd 600 "The Prophet, pocket edition"
        "Two people gave it to me for the same birthday, so one has to go."
    Books Fair Lbp 350_000 "CVSP 201 and 202 readers, bound"
        "Both readers, spiral bound. Underlined a lot where it gets interesting, which is not everywhere."
    Books Good Usd 1_400 "Principles of microeconomics, 7th edition"
        "For Econ 211. The access code is used up. The pages are clean except for the chapter on elasticity."
    Books LikeNew Usd 1_200 "Box of nine detective novels"
        "English paperbacks, each read once. I would rather sell them together than one by one.\n\nNo \
        missing pages, no dog-ears, and I promise not to tell you who did it."
    Books Good Usd 2_800 "Human anatomy atlas with flash cards"
        "The atlas plus the whole deck, 460 cards, I counted. The corners of the cover are a bit soft."
    Books Fair Lbp 1_200_000 "Physics for scientists and engineers, volumes 1 and 2"
        "Water got to the last pages of volume 2. Those are the answers to the odd problems and you can \
        still read them if you want to."
    Books New Usd 2_000 "Armenian-English dictionary"
        "Still in its plastic. My grandmother gave me one too, and hers has a dedication."
    Books Good Usd 900 "First three volumes of a fantasy saga"
        "Volume 4 was lent to a roommate and never came home. The maps at the front are all there."
    Books Good Usd 1_600 "Engineering thermodynamics, SI units"
        "The steam tables at the back are complete. Somebody before me wrote \"why?\" on every page of \
        chapter 6, and I never found out why."
    Books ForParts Usd 300 "Chemistry textbook, chapters 1 to 3 missing"
        "The first 120 pages left together with the binding. Good enough if you only need the second half, \
        or for cutting out figures."
    Electronics Good Usd 1_500 "Casio fx-991ES Plus calculator"
        "All keys work and so does the solar cell. There are initials scratched inside the cover, not even \
        mine."
    Electronics LikeNew Usd 2_500 "Power bank, 20,000 mAh"
        "Two USB ports and one USB-C. It gets a phone through about four nights without electricity. We have \
        solar panels at home now, so I hardly touch it."
    Electronics Fair Usd 21_000 "Laptop, 14 inch, 16 GB of memory, 512 GB SSD"
        "Four years old, the battery gives about three hours. Fresh install, nothing of mine is left on it. \
        The dent on the lid is from the library stairs and never bothered the screen.\n\nIncluded:\n- \
        charger\n- sleeve\n- a spare USB-C cable"
    Electronics Good Usd 7_000 "24 inch monitor with HDMI cable"
        "Full HD and no dead pixels. I am leaving Beirut in June and it does not fit in a suitcase."
    Electronics Good Lbp 2_200_000 "Router with a mini UPS"
        "The mini UPS keeps the Wi-Fi alive for about four hours when the power goes. Both adapters are in \
        the box."
    Electronics ForParts Usd 4_000 "Phone with a dead screen"
        "It still rings, charges and complains about updates, you just cannot see it. The battery was \
        changed last year. Reset to factory settings."
    Electronics LikeNew Usd 4_500 "Noise-canceling headphones"
        "For studying next to a generator. With case and cable. I got a second pair as a gift."
    Electronics Good Usd 3_000 "Mechanical keyboard, Arabic and English"
        "Brown switches. It is not quiet, my roommate can confirm."
    Electronics New Lbp 1_350_000 "USB-C hub with seven ports"
        "HDMI, ethernet, a card reader, the rest is USB. I ordered two by mistake."
    Electronics Good Usd 5_500 "Graphing calculator with USB cable"
        "Great for linear algebra and statistics. New batteries since last week."
    Electronics Fair Usd 8_500 "10 inch tablet with pen"
        "Made for writing on slides. The pen wants to be charged often, and there is a scratch in one corner \
        that shows only when the screen is off."
    Furniture Good Usd 4_500 "Folding desk, 100 x 50 cm"
        "Fits any dorm room. It holds two monitors if you trust it, and I did."
    Furniture Good Lbp 700_000 "Rechargeable desk lamp"
        "Three levels of brightness, about eight hours on one charge. Bought in the winter with two hours of \
        electricity a day."
    Furniture Fair Usd 3_000 "Office chair on wheels"
        "Wheels and gas lift are fine. One armrest is wrapped in tape, but it is good tape."
    Furniture LikeNew Usd 12_000 "Single mattress, medium firm"
        "Slept on for one semester, always with a protector over it. You will need a car or two strong \
        friends."
    Furniture Good Usd 2_500 "Bookshelf with five boards"
        "Comes apart with one Allen key, which is included. The middle board is slightly bent from organic \
        chemistry."
    Furniture Good Lbp 12_500_000 "Drawing table, A1, tilting"
        "It tilts, it locks and it has a parallel rule. Some cutter marks on the top, as on every drawing \
        table in the studio. I have graduated to doing everything on a screen."
    Furniture New Usd 2_200 "Bedside table, never assembled"
        "Still flat in its box with all the screws. My room turned out smaller than on the plan."
    Furniture Fair Usd 800 "Clothes rack"
        "Leans a little to the left. So did I after finals."
    Kitchen Good Usd 800 "Electric kettle, 1.7 liters"
        "Boils in four minutes. Descaled last week."
    Kitchen Good Usd 9_500 "Mini-fridge, 70 liters"
        "Quiet enough to sleep next to, and the freezer box holds exactly one tub of ice cream. It ran on a \
        5 amp subscription together with my lamp and my laptop. One shelf has a crack."
    Kitchen LikeNew Lbp 450_000 "Rakwe with six coffee cups"
        "The small pot and six cups without handles. Two of the cups were never used, because I only have \
        four friends who take it without sugar."
    Kitchen Fair Usd 1_500 "Sandwich press"
        "The little light no longer turns on, the heat does. Perfect for yesterday's man'oushe."
    Kitchen Good Usd 1_600 "Rice cooker for two"
        "Measuring cup included. Also does lentils."
    Kitchen New Usd 1_800 "Moka pot, three cups"
        "Never used. I own one already and there is only one of me."
    Kitchen Good Lbp 1_600_000 "Camping stove with two cartridges"
        "For balconies and blackouts. One cartridge is full, the other about half."
    Kitchen Fair Usd 2_000 "Everything for a first kitchen"
        "2 pots\n1 pan\n4 plates\n5 forks\n3 knives\n1 very good can opener\n\nNothing matches. All of it or \
        none of it, please."
    Clothing LikeNew Usd 2_500 "Dabke shoes, size 42"
        "Worn for one show and a lot of rehearsals on carpet. The heels are loud, as they should be."
    Clothing Good Usd 3_500 "Winter jacket, size L"
        "Warm enough for a day in the snow. I had the zipper replaced last month."
    Clothing Good Usd 4_000 "Black suit for interviews, size 48"
        "Two interviews, one job, so maybe it works for you too. Dry-cleaned and still in its cover."
    Clothing Fair Lbp 550_000 "Denim jacket, oversized"
        "Faded at the elbows in the good way. One button comes from another jacket."
    Clothing New Usd 1_400 "Three pairs of wool hiking socks"
        "Size 39 to 42, tags still on. They shrank in my imagination."
    Clothing Good Usd 3_000 "Evening dress, dark green, size 38"
        "My sister wore it once, to a graduation dinner. The hem is set for 1.65 m with heels, but there is \
        fabric left to let it out."
    Clothing Good Lbp 1_900_000 "Backpack, 30 liters, with rain cover"
        "It carried two years of engineering. The laptop pocket is padded on all sides and the zippers still \
        run."
    Sports Good Usd 11_000 "City bicycle, seven gears"
        "New chain and new brake pads. It does the Corniche by itself, uphill to Hamra is your part. Lock \
        and lights included."
    Sports Good Usd 1_800 "Tennis racket with bag"
        "Restrung in October, grip size 3. My shoulder says it is time to sell."
    Sports LikeNew Usd 1_300 "Yoga mat and two blocks"
        "My resolution for the new year, in much better shape than I am."
    Sports Fair Lbp 450_000 "Football, size 5"
        "Lost some of its print on the green field. Holds air."
    Sports Good Usd 6_000 "Adjustable dumbbells, 2 x 12 kg"
        "Cast-iron plates with collars and a rack. Come with somebody: I carried them up the stairs once and \
        that was enough."
    Sports Good Lbp 2_400_000 "Snorkel set with fins, size 43"
        "Mask, snorkel and fins, rinsed after every swim. The mask fits narrow faces better than mine."
    Sports ForParts Usd 2_000 "Road bike frame with a bent fork"
        "The frame is straight, the fork is not. Wheels and pedals have already found other homes."
    Music Good Usd 16_000 "Oud with soft case"
        "Walnut bowl, eleven strings put on in September, a warm sound. I am moving on to the cello and \
        there is no room here for both."
    Music Good Usd 9_000 "Classical guitar, full size"
        "Nylon strings, one of them newer than the rest. Capo and stand come with it."
    Music Fair Lbp 2_800_000 "Darbuka, aluminum"
        "Synthetic skin, tuning key included. It has a dent near the base because people keep sitting on it."
    Music LikeNew Usd 42_000 "Digital piano, 88 weighted keys"
        "It has a headphone jack, which is why my neighbors still greet me. Pedal and stand are included."
    Music Good Usd 1_200 "Three booklets for beginners on the violin"
        "Fingerings are in pencil. The pages open flat."
    Music Good Lbp 3_200_000 "Crate of thirty vinyl records"
        "Tarab, jazz and two comedy records that nobody in my family admits to having bought. The sleeves \
        are worn, the discs are clean."
    Music ForParts Usd 1_500 "Overdrive pedal that crackles"
        "Works if you hold the cable just so. Somebody with a soldering iron will be happy with it."
    Games Good Usd 1_200 "Racing game for the PS4"
        "One hairline scratch on the disc, loads fine. I have seen every corner of every track."
    Games Good Usd 15_000 "PS4 with two controllers"
        "500 GB, cleaned inside in spring. One controller drifts a bit to the left. Three games come with \
        it, so your semester is officially over."
    Games LikeNew Usd 2_000 "Board game about trading and building"
        "Complete, the cards are in sleeves. We played it twice and then exams started."
    Games Good Lbp 3_600_000 "Wooden backgammon board"
        "Inlaid edges, bought in the old souk. One of the white pieces is a replacement, see if you can find \
        it."
    Games New Usd 900 "Puzzle of 1,000 pieces: the sea at Raouche"
        "Sealed. About 600 of the pieces are blue."
    Games Fair Lbp 250_000 "Two decks of cards and a pad for likha"
        "The queen of spades has been hurt by everybody. Half of the score pad is left."
    Games Good Usd 3_500 "Retro handheld with four cartridges"
        "The battery cover is missing, a bit of tape does the job. Saving works on all four."
    Study Good Usd 800 "White lab coat, size M"
        "Washed and ironed. There is a faint purple spot on the left pocket from the week of potassium \
        permanganate."
    Study LikeNew Usd 400 "Safety goggles"
        "One semester of lab. No scratches."
    Study Good Lbp 600_000 "Drawing set: compass, set squares, lettering guide"
        "Complete in its case, with a new lead in the compass."
    Study Good Usd 1_200 "Molecular model kit"
        "There is enough carbon for cholesterol, I tried. Two hydrogen atoms were lost to the sofa."
    Study Good Usd 1_000 "Handwritten notes for electric circuits"
        "120 pages in clean handwriting with every derivation worked out. They got me an A minus, so trust \
        but verify."
    Study Good Usd 3_200 "Stethoscope, dark blue"
        "Comes with spare ear tips and a pouch. My rotation is over and my next year has only computers in \
        it."
    Study New Lbp 400_000 "Ten squared A4 pads"
        "I bought paper for four years and switched to a tablet after one."
    Study Fair Usd 2_500 "Arduino kit with breadboards and sensors"
        "Most of the jumper wires are there. The ultrasonic sensor works when it feels like it, everything \
        else works."
    Study Good Usd 700 "Pharmacology flash cards"
        "Around 300 cards, hand-made, sorted by system. Yes, hydrochlorothiazide and \
        benzathine-benzylpenicillin are spelled out in full, and so is pseudopseudohypoparathyroidism."
    Art Good Usd 4_000 "Watercolor of the Corniche, framed"
        "I painted it in one long afternoon, 30 x 40 cm. The frame is second-hand as well."
    Art New Usd 1_500 "Macrame wall hanging"
        "Cotton, about 60 cm wide, made by hand during a very long online course."
    Art LikeNew Lbp 1_150_000 "Acrylic paints, 24 tubes"
        "White, black and ochre have been opened, the rest is full. I throw in the brushes."
    Art Good Usd 2_400 "Folding easel, beech"
        "Fits under a bed. There is paint on it, which I consider part of its character."
    Plants Good Usd 700 "Pothos in a glass jar"
        "Two meters long and still going. Survives dorm light, power cuts and being forgotten."
    Plants LikeNew Usd 1_800 "Monstera with five leaves"
        "Repotted in March, a new leaf is on its way. It needs a window and I am moving to a room that looks \
        at a wall."
    Plants Good Lbp 250_000 "Basil, mint and thyme in one box"
        "Makes a decent tabbouleh if the sun cooperates."
    Plants Fair Usd 400 "Cactus"
        "It has been through a lot."
    Other Good Usd 19_000 "Inverter with battery, 1,000 VA"
        "Runs a fan, the lights, the router and a laptop for about five hours. The battery is fourteen \
        months old. Careful, the two together are 38 kg."
    Other LikeNew Lbp 1_400_000 "Rechargeable fan with a light"
        "Used for two weeks in August, then the building got a bigger generator."
    Other Good Usd 2_600 "Suitcase, 23 kg size"
        "It has seen three airports. One wheel complains, the lock does not."
    Other New Lbp 300_000 "Candles, matches and two headlamps"
        "Blackout starter pack. Nothing has been lit."
};

/// What is offered in French.
const FRENCH: &[Item] = items! {
    Books Good Usd 1_500 "Analyse, première année : cours et exercices corrigés"
        "Quelques exercices sont faits au crayon, et pas toujours juste. La couverture est propre, la \
        reliure tient bien."
    Books LikeNew Usd 1_000 "Lot de sept romans francophones"
        "Tous lus une seule fois, dans le service entre Beyrouth et Jounieh. Je préfère les vendre ensemble."
    Books Fair Lbp 650_000 "Précis de droit constitutionnel"
        "Surligné avec enthousiasme au début, beaucoup moins à la fin. Le mot « anticonstitutionnellement » \
        y figure pour de vrai, page 212."
    Books Good Usd 2_400 "Physiologie humaine, 2e édition, reliée"
        "Les schémas sont excellents et il n'y a aucune page arrachée. Mon nom est à l'intérieur, un \
        autocollant et on n'en parle plus."
    Books New Usd 1_200 "Dictionnaire français-arabe"
        "Encore sous plastique. On me l'a offert alors que j'en avais déjà deux."
    Books Good Lbp 1_100_000 "Six bandes dessinées cartonnées"
        "Les coins sont un peu usés, les pages sont impeccables. Mon petit frère jure qu'il s'est lavé les \
        mains."
    Books Good Usd 500 "Le Petit Prince, édition bilingue"
        "Français à gauche, arabe à droite. Parfait pour réviser l'un ou l'autre."
    Books Fair Usd 800 "Histoire de l'art du Levant"
        "Grand format, dos recollé. Il manque la jaquette mais toutes les planches sont là."
    Electronics Good Usd 1_600 "Calculatrice Casio fx-991EX"
        "Fonctionne parfaitement, pile changée en janvier. Je passe aux cours sans chiffres."
    Electronics LikeNew Lbp 1_250_000 "Batterie externe 10 000 mAh"
        "Petite, légère, indispensable pendant les coupures. Câble USB-C fourni."
    Electronics Good Usd 13_000 "Imprimante laser noir et blanc"
        "Le toner est à peu près à moitié. Elle a imprimé deux mémoires sans se plaindre, puis elle a pris \
        sa retraite sous mon lit."
    Electronics Fair Usd 6_000 "Liseuse 6 pouces"
        "Quelques rayures au dos, l'écran est intact. La batterie tient encore trois semaines. Étui inclus."
    Electronics ForParts Usd 3_500 "Ordinateur portable qui ne démarre plus"
        "Carte mère en panne selon le réparateur. L'écran, la mémoire et le clavier sont bons. J'ai retiré \
        le disque."
    Electronics Good Lbp 2_300_000 "Enceinte Bluetooth étanche"
        "Elle a survécu à deux étés à Batroun. Le bouton du volume est un peu dur."
    Furniture Good Usd 5_500 "Bureau en bois clair, 120 x 60 cm"
        "Un tiroir, quatre pieds à dévisser, aucune vis perdue. Je déménage dans un studio meublé."
    Furniture Good Lbp 650_000 "Lampe de bureau articulée"
        "Ampoule LED comprise. Elle éclaire juste ce qu'il faut pour ne pas réveiller sa colocataire."
    Furniture Fair Usd 1_800 "Fauteuil de lecture"
        "Très confortable, trop même : on ne lit jamais plus de dix pages. Un accoudoir est griffé par le \
        chat."
    Furniture LikeNew Lbp 6_200_000 "Étagère modulable en métal"
        "Cinq niveaux, montée une seule fois. Les patins pour le carrelage sont fournis."
    Furniture Good Usd 8_500 "Table à dessin inclinable"
        "Plateau A1 avec rail. Des traces de cutter, comme il se doit. L'idéal pour survivre aux charrettes \
        d'architecture."
    Furniture Good Usd 900 "Miroir 40 x 120 cm"
        "À poser contre un mur. Pas de fêlure, sept ans de bonheur."
    Kitchen Good Usd 900 "Bouilloire électrique"
        "1,5 litre, détartrée. Le couvercle ferme bien, elle s'arrête toute seule."
    Kitchen LikeNew Usd 3_000 "Machine à expresso manuelle"
        "Sans électricité, donc sans excuse le matin. Le joint est neuf et j'ajoute un paquet de café."
    Kitchen Fair Lbp 900_000 "Mini-four 10 litres"
        "La minuterie sonne quand elle veut. Pour le reste, il chauffe très bien."
    Kitchen Good Usd 7_500 "Petit réfrigérateur de chambre"
        "48 litres, silencieux, classe A+. Il consomme si peu qu'il tient sur l'abonnement du générateur. \
        Une petite bosse sur le côté gauche."
    Kitchen New Lbp 550_000 "Coffret de quatre couteaux"
        "Jamais déballé. Cadeau d'une tante qui espère encore que je vais cuisiner."
    Kitchen Good Usd 700 "Six verres à thé et leur plateau"
        "Il y en avait huit. Les six qui restent ont fait leurs preuves."
    Clothing Good Usd 2_200 "Chaussures de dabké, pointure 39"
        "Une saison de répétitions. Talons refaits chez le cordonnier."
    Clothing LikeNew Lbp 2_700_000 "Manteau en laine gris, taille M"
        "Porté trois fois, il fait trop doux à Beyrouth. La doublure est parfaite."
    Clothing Good Usd 1_800 "Robe d'été à fleurs, taille 36"
        "Coton léger, deux poches ! Elle ne va plus à ma sœur et mérite de voir la mer."
    Clothing Fair Lbp 400_000 "Pull marin"
        "Un coude reprisé, bien chaud. Lavé à la main."
    Clothing New Usd 2_800 "Baskets blanches, pointure 41"
        "Jamais sorties de la boîte. J'ai mal lu le tableau des tailles et la date limite de retour."
    Sports Good Usd 64_000 "Vélo électrique pliant, 20 pouces"
        "Entre dans un coffre de voiture et dans un ascenseur, quand l'ascenseur marche. La batterie fait \
        encore quarante kilomètres. Pneus neufs, chargeur et antivol fournis."
    Sports Fair Lbp 850_000 "Raquettes de ping-pong et filet"
        "Deux raquettes, un filet, quatre balles dont une presque ronde."
    Sports LikeNew Usd 5_000 "Chaussures de randonnée, pointure 43"
        "Une seule sortie dans la Qadicha et deux ampoules. Elles sont trop étroites pour moi."
    Sports Good Usd 14_000 "Combinaison et planche de bodyboard"
        "Combinaison taille M, 3 mm, sans trou. La planche a un leash neuf."
    Sports Good Lbp 1_300_000 "Corde à sauter, tapis et élastiques"
        "Le trio du confinement. Tout est propre et rangé dans un sac."
    Music Good Usd 17_500 "Oud d'étude avec housse"
        "Caisse en noyer et acajou, réglé par un luthier en novembre. Je garde le plectre de mon professeur, \
        mais j'en donne deux autres."
    Music LikeNew Lbp 4_500_000 "Ukulélé concert"
        "Reste bien accordé. Méthode pour débuter incluse, j'en suis à la page 9 depuis un an."
    Music Fair Usd 18_000 "Clarinette en si bémol"
        "Tampons à changer d'ici quelques mois. Bec, ligature et six anches dans l'étui."
    Music ForParts Lbp 2_000_000 "Clavier arrangeur, touches muettes"
        "Neuf touches ne répondent plus, les autres jouent en chœur. L'alimentation est bonne."
    Games Good Usd 1_400 "Jeu d'aventure pour PS4"
        "Version française, boîtier d'origine. Terminé deux fois, pleuré une fois."
    Games LikeNew Lbp 1_250_000 "Jeu de société coopératif"
        "Toutes les cartes y sont. Quatre personnes, une heure, aucune dispute garantie."
    Games Good Usd 1_100 "Échiquier de voyage magnétique"
        "Pièces en bois, plateau pliant. Il a fait Tripoli-Tyr plusieurs fois."
    Games Fair Usd 600 "Jeu de mots croisés en français, 101 lettres"
        "Il manque un E, on en a fabriqué un en carton. Les autres lettres suffisent largement pour écrire « \
        hexakosioihexekontahexaphobie »."
    Study Good Lbp 650_000 "Blouse de laboratoire, taille S"
        "Blanche, presque. Deux boutons remplacés."
    Study LikeNew Usd 1_400 "Trousse de dissection"
        "Inox, jamais rouillée. Pinces, ciseaux, deux manches, une boîte de lames entamée."
    Study Good Usd 900 "Fiches de révision : anatomie"
        "Environ 250 fiches illustrées à la main. La fiche « sterno-cléido-mastoïdien » est un chef-d'œuvre, \
        je le dis sans modestie."
    Study New Lbp 450_000 "Lot de feutres fins, 24 couleurs"
        "Neufs. J'ai commandé la même boîte deux fois pendant les partiels."
    Study Fair Usd 2_000 "Maquettes : tapis de coupe, cutters, règle en acier"
        "Tapis A2 bien entaillé d'un côté, neuf de l'autre. Je donne aussi les chutes de carton plume."
    Study Good Lbp 300_000 "Cours de statistiques imprimé et relié"
        "Les corrigés sont à la fin. Annoté lisiblement."
    Art Good Usd 3_500 "Linogravure « Cèdres », tirage 4/20"
        "Tirée à l'atelier, signée, format A3. Sans cadre."
    Art New Lbp 1_600_000 "Céramique faite main : deux bols bleus"
        "Sortis du four en mars. Chacun est un peu de travers, à sa façon."
    Art LikeNew Usd 1_900 "Coffret d'aquarelle, 36 godets"
        "Seul le bleu a vraiment servi. Carnet à moitié vide offert."
    Plants Good Lbp 400_000 "Trois succulentes en pot de terre"
        "Un arrosage toutes les deux semaines, pas plus.\nElles ont des prénoms, mais vous pouvez les \
        changer."
    Plants LikeNew Usd 2_500 "Olivier nain en pot"
        "Soixante centimètres, plein de feuilles, zéro olive. Il lui faut un balcon et je n'en ai plus."
    Plants Good Usd 600 "Boutures de menthe et de romarin"
        "Enracinées, prêtes à rempoter."
    Other Good Lbp 10_500_000 "Onduleur 850 VA"
        "Laisse le temps d'enregistrer, de sauvegarder et de dire au revoir. Batterie remplacée à l'automne."
    Other Fair Usd 1_200 "Valise cabine"
        "Une poignée recousue. Roule droit."
    Other LikeNew Usd 1_700 "Ventilateur sur pied"
        "Trois vitesses, démontable. J'ai maintenant un climatiseur et des factures."
    Other New Lbp 350_000 "Guirlande solaire, dix mètres"
        "Elle s'allume quand tout le reste s'éteint."
};

/// What is offered in Arabic.
const ARABIC: &[Item] = items! {
    Books Good Usd 1_100 "كتاب التفاضل والتكامل، الجزء الأول"
        "استعملته فصلاً واحداً لمادة الرياضيات. فيه حلول بقلم الرصاص يمكن محوها بسهولة، والغلاف سليم."
    Books Fair Lbp 1_300_000 "كيمياء عضوية مع دليل الحلول"
        "الكتاب معلّم بالأصفر من أوله إلى آخره لأن كل شيء كان مهماً قبل الامتحان. صفحة واحدة ملصقة بشريط \
        شفاف."
    Books LikeNew Usd 1_100 "مجموعة روايات عربية، ثماني روايات"
        "قرأتها مرة واحدة في الصيف. أفضّل بيعها معاً حتى لا تفترق."
    Books Good Lbp 450_000 "ديوان شعر مشروح"
        "طبعة قديمة ورقها أصفر ورائحتها جميلة. على الصفحة الأولى إهداء من شخص لا أعرفه إلى شخص لا أعرفه."
    Books Good Usd 900 "مدخل إلى الفلسفة الإسلامية"
        "نظيف من غير أي خط. قرأت منه نصفه، والنصف الثاني ما زال جديداً."
    Books New Lbp 1_200_000 "معجم عربي حديث"
        "لا يزال مغلّفاً. فيه شرح كلمة «أفاستسقيناكموها» لمن يحب الكلمات الطويلة."
    Books Fair Lbp 200_000 "مجلات قديمة عن بيروت"
        "عشرون عدداً من السبعينات، بعضها ناقص الغلاف. من مكتبة جدي الله يرحمه."
    Books Good Usd 1_300 "كتاب طبخ لبناني من مطبخ التيتا"
        "فيه بقعة زيت على صفحة الكبة، وهذا دليل أن الوصفة ناجحة."
    Electronics Good Usd 1_400 "آلة حاسبة Casio fx-991"
        "شغالة مية بالمية وكل الأزرار سليمة. خلصت مواد الرياضيات والحمد لله."
    Electronics LikeNew Usd 2_500 "باور بانك ٢٠٠٠٠ ملّي أمبير"
        "بيشحن التلفون أربع مرات، ومعه الشريط. ركّبنا طاقة شمسية بالبيت وما عاد لزمني."
    Electronics Good Usd 6_000 "شاشة كمبيوتر ٢٢ بوصة"
        "ألوانها ممتازة وما فيها أي بيكسل محروق. السفر قريب ولا مكان لها في الشنطة."
    Electronics Fair Usd 9_500 "تابلت مستعمل مع غلاف"
        "البطارية تخدم خمس ساعات تقريباً. في خدش صغير على الظهر لا يظهر مع الغلاف."
    Electronics ForParts Lbp 900_000 "سماعات لاسلكية، الفردة اليمنى لا تعمل"
        "الفردة اليسرى والعلبة بحالة ممتازة. تنفع لمن أضاع فردته اليسرى."
    Furniture Good Usd 3_500 "مكتب دراسة مع جارورين"
        "خشب متين، وعليه أثر فنجان قهوة من ليالي الامتحانات. يُفكّ ويُركّب خلال ربع ساعة."
    Furniture Good Usd 1_200 "لمبة مكتب تُشحن"
        "تضيء ست ساعات بعد انقطاع الكهرباء. اشتريت واحدة أكبر."
    Furniture Fair Lbp 1_400_000 "كرسي مكتب دوّار"
        "مريح للظهر، لكن إحدى العجلات تصدر صوتاً. جمعت عليه معدلاً لا بأس به."
    Furniture LikeNew Usd 6_500 "سرير مفرد مع فرشة"
        "استعمال سنة واحدة مع غطاء حماية. يحتاج إلى سيارة كبيرة أو صديق صبور."
    Kitchen Good Lbp 700_000 "غلاية كهرباء"
        "ليتر ونصف، تغلي بسرعة. نظفتها من الكلس الأسبوع الماضي."
    Kitchen LikeNew Lbp 600_000 "ركوة نحاس مع ستة فناجين"
        "النحاس أصلي والفناجين كاملة. القهوة فيها أطيب، جرّبوها."
    Kitchen Good Usd 8_800 "براد صغير للغرفة"
        "سبعون ليتراً، صوته هادئ. الرف الثاني فيه كسر بسيط لا يؤثر على شيء."
    Kitchen Fair Lbp 1_000_000 "فرن كهربائي صغير"
        "يسخّن المناقيش بخمس دقائق. الضوء الداخلي محروق."
    Kitchen New Usd 1_600 "طنجرة ضغط خمسة ليترات"
        "جديدة في علبتها. خفت منها وما استعملتها ولا مرة."
    Kitchen Good Lbp 250_000 "صحون وملاعق لشخصين"
        "صحنان كبيران\nصحنان صغيران\nملعقتان وشوكتان وسكينان\n\nكلها نظيفة، ومعها كيس قماش."
    Clothing Good Usd 2_100 "حذاء دبكة، قياس ٤٣"
        "رقصت به في ثلاث حفلات. الكعب جديد وصوته واصل لآخر القاعة."
    Clothing LikeNew Usd 4_500 "عباية مطرّزة باليد"
        "انلبست مرة واحدة في عرس. التطريز شغل يد من البقاع."
    Clothing Good Usd 2_800 "جاكيت شتوي، قياس كبير"
        "دافئ جداً، للثلج والجبل. السحّاب ممتاز."
    Clothing Fair Lbp 350_000 "شنطة ظهر للجامعة"
        "حملت كتب ثلاث سنين وما اشتكت. جيب واحد يحتاج إلى خياطة."
    Sports Good Usd 12_000 "بسكليت مدينة، سبع سرعات"
        "فرامل جديدة وسلسلة جديدة. مثالية للكورنيش، ومعها قفل وضوّان."
    Sports LikeNew Usd 1_200 "مضرب ريشة عدد اثنين مع شبكة"
        "لعبنا فيهم مرتين على الشط وبعدها بدأ الفصل."
    Sports Fair Lbp 500_000 "كرة سلة قياس ٧"
        "فيها علامات من ملعب الباطون لكنها تقفز كالجديدة."
    Sports Good Usd 3_800 "أوزان حديد، المجموع عشرون كيلو"
        "أربع قطع مع عصا قصيرة. مبروك مسبقاً على العضلات."
    Music Good Usd 18_500 "عود شرقي مع بيت قماش"
        "صوته دافئ والأوتار جديدة من أيلول. أبيعه لأنني حصلت على عود أستاذي."
    Music Fair Usd 3_300 "طبلة دربكة"
        "ألمنيوم، جلدها بلاستيك ويتحمّل. الجيران سعداء بهذا الإعلان."
    Music LikeNew Usd 6_000 "ناي قصب مع علبة خشب"
        "مقام دوكاه، صنعة نظيفة. لم أستطع أن أُخرج منه نغمة واحدة، لعل غيري أصبر."
    Music Good Usd 1_700 "أسطوانات طرب قديمة، عشر قطع"
        "بعض الأغلفة مهترئة لكن الصوت نظيف. جرّبتها كلها قبل العرض."
    Games Good Lbp 1_150_000 "لعبة كرة قدم للـ PS4"
        "الأسطوانة بلا خدوش. التعليق العربي هو نصف المتعة."
    Games LikeNew Usd 3_200 "طاولة زهر محفورة"
        "شغل يدوي، خشب جوز، والحجارة كاملة والزهر معها. اشتريتها هدية وغيّرت رأيي ثم غيّرته مرة ثانية."
    Games Fair Lbp 150_000 "ورق شدّة عدد ثلاثة"
        "ناقص جوكر واحد. للّيخا ما بتفرق."
    Study Good Lbp 600_000 "مريول مختبر أبيض، قياس وسط"
        "مغسول ومكوي. بقعة صغيرة على الكم من تجربة لم تنجح."
    Study LikeNew Lbp 300_000 "نظارات حماية للمختبر"
        "استعمال فصل واحد."
    Study Good Usd 1_700 "عدّة رسم هندسي كاملة"
        "مسطرة حرف T، مثلثان، فرجار، وأقلام تحبير. كلها في حقيبة واحدة جاهزة للاستوديو."
    Study Good Lbp 450_000 "ملخصات علم الأحياء بخط اليد"
        "ثمانون صفحة مع رسوم ملوّنة. خطّي واضح، والأساتذة أنفسهم قالوا ذلك."
    Art Good Usd 5_500 "لوحة زيتية لبيت قرميد"
        "مقاس ٤٠ × ٥٠ مع إطار خشب. رسمتها في صيف طويل بالجبل."
    Art New Lbp 1_350_000 "خط عربي على ورق مذهّب"
        "كلمة «سلام» بخط الثلث، بلا إطار. الحبر أسود والزخرفة باليد."
    Art ForParts Lbp 200_000 "بقايا فسيفساء وزجاج ملوّن"
        "كيلوان من القطع الصغيرة لمن يحب الأشغال اليدوية. انتبهوا للحواف."
    Plants Good Lbp 350_000 "ثلاث شتلات حبق ونعنع"
        "تكفي لتبّولة كل أسبوع."
    Plants LikeNew Usd 2_000 "شجرة ليمون صغيرة في حوض"
        "عمرها سنتان وأزهرت هذا الربيع. تحتاج إلى شمس كثيرة وكلام حلو."
    Plants Fair Lbp 300_000 "صبّار"
        "لا يطلب شيئاً."
    Other Good Lbp 53_000_000 "يو بي إس كبير مع بطاريتين"
        "يشغّل الضو والإنترنت والبراد حوالي ست ساعات. البطاريات عمرها سنة وشهران. ثقيل جداً، أحضروا من \
        يساعدكم."
    Other Fair Lbp 17_500_000 "بطارية إنفرتر ١٢ فولت، ١٠٠ أمبير"
        "تخدم نصف ما كانت تخدم وهي جديدة، والسعر على هذا الأساس."
};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use auboutique_domain::Price;
    use auboutique_domain::listing::ListingDraft;
    use auboutique_domain::member::{Email, Username, display_name};

    use super::*;

    fn arabic_letters(text: &str) -> usize {
        text.chars().filter(|letter| matches!(letter, '\u{600}'..='\u{6ff}')).count()
    }

    #[test]
    fn sixty_people_have_valid_names_and_unique_usernames_and_addresses() {
        let people = people();
        assert_eq!(people.len(), 60);
        for person in &people {
            assert_eq!(display_name(person.name).as_deref(), Ok(person.name));
            assert_eq!(Username::parse(person.username).unwrap().as_str(), person.username);
            assert_eq!(Email::parse(&person.email).unwrap().as_str(), person.email);
        }
        let count = |key: fn(&Person) -> &str| people.iter().map(key).collect::<BTreeSet<_>>().len();
        assert_eq!((count(|p| p.name), count(|p| p.username), count(|p| &p.email)), (60, 60, 60));
    }

    #[test]
    fn rana_is_first_karim_second_and_some_write_their_names_in_arabic() {
        let people = people();
        assert_eq!((people[0].username, people[0].email.as_str()), ("rana", "rana@mail.aub.edu"));
        assert!(people[0].name.starts_with("Rana"));
        assert_eq!(people[1].username, "karim");
        assert!(people.iter().filter(|person| arabic_letters(person.name) > 0).count() >= 8);
    }

    #[test]
    fn two_hundred_distinct_offers_make_valid_drafts_that_keep_their_text() {
        let offers = offers(1);
        assert_eq!(offers.len(), 200);
        assert_eq!(offers.iter().map(|offer| offer.title).collect::<BTreeSet<_>>().len(), 200);
        assert_eq!(offers.iter().map(|offer| offer.description).collect::<BTreeSet<_>>().len(), 200);
        for offer in &offers {
            let price = Price::new(offer.minor, offer.currency).unwrap();
            let draft = |title, description| {
                ListingDraft::new(title, description, price, offer.category, offer.condition, None)
            };
            assert!(draft(offer.title, offer.description).is_ok(), "{offer:?}");
            let clean = |text| auboutique_domain::text::lines("text", text, 1, 4_000);
            assert_eq!(clean(offer.title).as_deref(), Ok(offer.title));
            assert_eq!(clean(offer.description).as_deref(), Ok(offer.description));
            assert!(!offer.description.contains("  "), "{offer:?}");
        }
    }

    #[test]
    fn every_category_occurs_eight_times_and_every_condition_too() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for offer in offers(2) {
            *counts.entry(offer.category.name()).or_default() += 1;
            *counts.entry(offer.condition.name()).or_default() += 1;
        }
        let names = Category::ALL.iter().map(|each| each.name());
        for name in names.chain(Condition::ALL.iter().map(|each| each.name())) {
            assert!(counts.get(name).is_some_and(|&count| count >= 8), "{name}: {counts:?}");
        }
    }

    #[test]
    fn each_of_the_three_languages_occurs_at_least_forty_times() {
        let offers = offers(3);
        for list in LANGUAGES {
            let titles: BTreeSet<&str> = list.iter().map(|item| item.title).collect();
            assert!(offers.iter().filter(|offer| titles.contains(offer.title)).count() >= 40);
        }
        for item in ARABIC {
            assert!(arabic_letters(item.title) * 3 > item.title.chars().count(), "{}", item.title);
            assert!(
                arabic_letters(item.description) * 2 > item.description.chars().count(),
                "{}",
                item.title
            );
        }
        for item in ENGLISH.iter().chain(FRENCH) {
            assert_eq!(arabic_letters(item.title) + arabic_letters(item.description), 0, "{}", item.title);
        }
    }

    #[test]
    fn some_descriptions_are_very_short_some_have_several_lines_and_some_very_long_words() {
        let count = |test: fn(&str) -> bool| offers(4).iter().filter(|offer| test(offer.description)).count();
        assert!(count(|text| text.chars().count() <= 35) >= 5);
        assert!(count(|text| text.contains('\n')) >= 5);
        assert!(count(|text| text.split_whitespace().any(|word| word.chars().count() >= 22)) >= 3);
    }

    #[test]
    fn prices_are_round_within_what_a_campus_pays_and_a_third_of_them_in_pounds() {
        for seed in 0..50 {
            let offers = offers(seed);
            for offer in &offers {
                let (range, step) = match offer.currency {
                    Currency::Usd => (200..=90_000, 50),
                    Currency::Lbp => (50_000..=60_000_000, 50_000),
                };
                assert!(range.contains(&offer.minor) && offer.minor % step == 0, "{offer:?}");
            }
            let pounds = offers.iter().filter(|offer| offer.currency == Currency::Lbp).count();
            assert!((60..=75).contains(&pounds), "{pounds}");
        }
    }

    #[test]
    fn a_varied_price_is_rounded_to_what_a_person_would_ask() {
        assert_eq!(asked(1_500, Currency::Usd, 85), 1_300);
        assert_eq!(asked(4_500, Currency::Usd, 95), 4_300);
        assert_eq!(asked(21_000, Currency::Usd, 105), 22_000);
        assert_eq!(asked(900_000, Currency::Lbp, 95), 850_000);
        assert_eq!(asked(53_000_000, Currency::Lbp, 115), 60_000_000);
        assert_eq!(asked(100, Currency::Usd, 85), 200);
    }

    #[test]
    fn everybody_sells_something_and_nobody_sells_half_of_it() {
        for seed in 0..50 {
            let mut sold = [0; 60];
            for offer in offers(seed) {
                sold[offer.seller] += 1;
            }
            assert!(sold.iter().all(|count| (1..=20).contains(count)), "{sold:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_offers_and_another_seed_another_order() {
        assert_eq!(offers(7), offers(7));
        let titles = |seed| offers(seed).iter().map(|offer| offer.title).collect::<Vec<_>>();
        assert_ne!(titles(7), titles(8));
        assert_eq!(titles(7).into_iter().collect::<BTreeSet<_>>(), titles(8).into_iter().collect());
    }

    #[test]
    fn the_generator_is_splitmix64() {
        let mut dice = Dice(1_234_567);
        let numbers = [dice.next(), dice.next(), dice.next()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
