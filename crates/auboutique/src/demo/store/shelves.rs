//! The stores of the demo campus and what stands on their shelves.
//!
//! Data that was written by hand, as that of `campus.rs` is. A store comes into being with an invitation of the one before
//! it in the list; the operator invites the first.

use auboutique_domain::Currency;
use auboutique_domain::listing::{Category, Condition};

/// A store of the demo campus.
pub(crate) struct Store {
    /// What it is called.
    pub name: &'static str,
    /// The username of its owner.
    pub owner: &'static str,
    /// The usernames of those who act for it.
    pub staff: &'static [&'static str],
    /// Where mail would reach it.
    pub email: &'static str,
    /// What there is to know.
    pub description: &'static str,
    /// The word in the picture book for its window, and the light it stands in.
    pub looks: (&'static str, Category),
    /// What it sells.
    pub products: &'static [Product],
}

/// What a store sells.
pub(crate) struct Product {
    /// The word in the picture book.
    pub looks: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// What there is to know.
    pub description: &'static str,
    /// Its shelf.
    pub category: Category,
    /// How worn it is.
    pub condition: Condition,
    /// The forms it comes in, at least one.
    pub variants: &'static [Variant],
}

/// A form it comes in.
pub(crate) struct Variant {
    /// What the form is called; empty when it is the only one.
    pub label: &'static str,
    /// The store's own code for it.
    pub sku: &'static str,
    /// The price in minor units.
    pub minor: i64,
    /// What those minor units are of.
    pub currency: Currency,
    /// How many copies there are at the start.
    pub copies: i64,
    /// At how many the store wants to be warned.
    pub low_stock: i64,
}

/// Reads the lists below: shelf, wear, word in the picture book, title, description; then each form with its name, SKU,
/// currency, price in minor units, copies and mark for low stock.
macro_rules! products {
    ($($category:ident $condition:ident $looks:literal $title:literal $description:literal
        $([$label:literal $sku:literal $currency:ident $minor:literal $copies:literal $low_stock:literal])+)*) => {
        &[$(Product {
            looks: $looks,
            title: $title,
            description: $description,
            category: Category::$category,
            condition: Condition::$condition,
            variants: &[$(Variant {
                label: $label,
                sku: $sku,
                minor: $minor,
                currency: Currency::$currency,
                copies: $copies,
                low_stock: $low_stock,
            },)+],
        },)*]
    };
}

/// More copies come in: how many days after the beginning, of which SKU, how many.
pub(crate) const RESTOCKS: &[(i64, &str, i64)] = &[
    (5, "EC-TEE-M", 20),
    (6, "SC-CVSP-201", 15),
    (8, "EC-KIT-230", 10),
    (9, "PP-PEN-BLU", 40),
    (11, "YM-BASIL", 12),
    (12, "CT-JER-M", 10),
    (13, "EC-BB-830", 25),
    (15, "NE-MUG-BLU", 6),
    (16, "PP-NB-DOT", 24),
    (18, "EC-SOLDER", 8),
    (19, "SC-CVSP-203", 10),
    (20, "EC-GOGGLES", 30),
    (22, "CT-BTL-500", 20),
    (24, "EC-CALC", 12),
    (26, "YM-LAV", 9),
];

/// A count was put right: how many days after the beginning, of which SKU, by how many copies, and why.
pub(crate) const CORRECTIONS: &[(i64, &str, i64, &str)] = &[
    (7, "EC-WIRE-MM", -3, "Three bags were used in the freshman workshop"),
    (10, "NE-PLATE-L", -1, "Cracked in the kiln"),
    (14, "PP-STICKY", 6, "Found a carton behind the printer"),
    (17, "YM-SUCC", -2, "شتلتان لم تتحمّلا الحرّ"),
    (21, "SC-BLIND", -2, "Deux exemplaires abîmés par l'eau"),
    (23, "EC-TEE-L", -1, "Given to the guest speaker"),
];

/// What was taken off the shelves again: how many days after the beginning, and the SKU.
pub(crate) const WITHDRAWN: (i64, &str) = (25, "EC-BRIDGE");

/// The stores, in the order in which they opened.
pub(crate) const STORES: [Store; 6] =
    [ENGINEERING_CLUB, SECOND_CHAPTER, NURSERY, STATIONERY, TEAM_STORE, CERAMICS];

const ENGINEERING_CLUB: Store = Store {
    name: "Engineering Club",
    owner: "karim",
    staff: &["omar_itani", "danach"],
    email: "store@engineeringclub.aub.edu",
    description: "Parts, tools and shirts from students for students. Whatever is left at the end of the year pays for \
        the robotics team and for the pizza of whoever counts the resistors.\n\nWe drop off at the post office every \
        morning. If you need a part for a lab tomorrow, write to us first: one of us is usually in the Bechtel \
        basement.",
    looks: ("window with gears", Category::Electronics),
    products: products! {
        Electronics New "arduino" "Starter kit for EECE 230"
            "A board, a breadboard, wires, resistors, LEDs, two sensors and a small motor: everything the lab manual asks \
            for, counted twice. Comes in a box that closes."
            ["" "EC-KIT-230" Usd 3_200 18 6]
        Clothing New "tee" "Engineering Club T-shirt"
            "Heavy cotton, printed in Bourj Hammoud. The equation on the back is correct, we checked."
            ["S" "EC-TEE-S" Usd 1_000 14 4]
            ["M" "EC-TEE-M" Usd 1_000 12 6]
            ["L" "EC-TEE-L" Usd 1_000 22 6]
            ["XL" "EC-TEE-XL" Usd 1_100 9 3]
        Clothing New "hoodie" "Club hoodie with a gear on the chest"
            "Warm enough for the studio in January, when the heating is a theoretical concept."
            ["M" "EC-HOOD-M" Usd 2_600 8 3]
            ["L" "EC-HOOD-L" Usd 2_600 11 3]
            ["XL" "EC-HOOD-XL" Usd 2_800 0 2]
        Electronics New "soldering iron" "Soldering iron, 60 watts, with stand"
            "The temperature can be set, and the stand has a sponge. A spare tip is taped inside the lid."
            ["" "EC-SOLDER" Usd 1_900 10 4]
        Electronics New "multimeter" "Digital multimeter"
            "Measures voltage, current, resistance and patience. The battery is in it, and the fuse is the good kind."
            ["" "EC-METER" Usd 1_450 16 4]
        Electronics New "breadboard" "Breadboard"
            "The white ones that fit into each other."
            ["400 holes" "EC-BB-400" Usd 250 45 10]
            ["830 holes" "EC-BB-830" Usd 450 30 10]
        Electronics New "jumper wires" "Jumper wires, 40 in a bag"
            "Twenty centimeters, ten colors. You will lose the yellow ones first, everybody does."
            ["male to male" "EC-WIRE-MM" Lbp 250_000 40 10]
            ["male to female" "EC-WIRE-MF" Lbp 250_000 36 10]
            ["female to female" "EC-WIRE-FF" Lbp 250_000 5 8]
        Study New "lab coat" "Lab coat, cotton, with the club's badge"
            "Cut for people who also have to move in it. Wash it at 60 degrees and it stays white."
            ["S" "EC-COAT-S" Usd 1_800 7 3]
            ["M" "EC-COAT-M" Usd 1_800 13 3]
            ["L" "EC-COAT-L" Usd 1_800 10 3]
        Study New "goggles" "Safety goggles that fit over glasses"
            "Required in the machine shop and in Chem 101. They do not fog up, which is the whole point."
            ["" "EC-GOGGLES" Lbp 400_000 24 8]
        Electronics New "calculator" "Scientific calculator, allowed in exams"
            "The model the department lists. Sealed, with a year of warranty from the importer in Hamra."
            ["" "EC-CALC" Usd 1_900 9 5]
        Electronics New "robot car" "Line-following robot car, to be assembled"
            "Two motors, three sensors and an afternoon of your life. The code is on a card in the box."
            ["" "EC-ROBOT" Usd 2_400 12 3]
        Electronics New "power bank" "Power bank, 10,000 mAh, engraved"
            "Charges a phone twice, with the club's gear engraved on it. We engrave your initials under it if you ask."
            ["" "EC-POWER" Usd 1_700 20 5]
        Other New "screwdrivers" "Precision screwdrivers, set of six"
            "Magnetic tips, for laptops, glasses and everything that was not meant to be opened."
            ["" "EC-DRIVERS" Usd 750 28 6]
        Other New "helmet" "Safety helmet for site visits"
            "Civil people: you need one from the third year on. With an adjustable strap and room for a ponytail."
            ["white" "EC-HELM-W" Usd 1_200 10 3]
            ["yellow" "EC-HELM-Y" Usd 1_200 6 3]
        Kitchen New "mug" "Mug: It works on my machine"
            "Holds 330 ml of Nescafé. Dishwasher safe, deadline resistant."
            ["" "EC-MUG" Lbp 550_000 26 6]
        Other New "stickers" "Sheet of twelve stickers"
            "Gears, resistors, a cedar made of circuits. They survive a backpack."
            ["" "EC-STICK" Lbp 150_000 60 12]
        Study New "readers, bound" "Formula booklet, bound"
            "Forty pages: calculus, circuits, statics, thermodynamics. Written by three graduates who wished somebody had."
            ["" "EC-FORMULA" Lbp 350_000 34 8]
        Electronics New "usb-c hub" "USB hub with four ports"
            "Assembled and tested in the lab by second-year students. Each has the name of its maker inside."
            ["" "EC-HUB" Usd 1_100 2 4]
        Games New "puzzle" "Bridge-building game with 120 beams"
            "Build it, load it, watch it go. Some boxes of the last batch are short of beams, so we took it off the shelf \
            until they are counted."
            ["" "EC-BRIDGE" Usd 1_500 5 2]
        Furniture New "desk lamp" "Desk lamp kit, to be soldered"
            "Fourteen LEDs, a battery that lasts six hours and a neck that stays where you bend it. Takes about two hours."
            ["white" "EC-LAMP-W" Usd 1_600 11 3]
            ["black" "EC-LAMP-B" Usd 1_600 4 3]
    },
};

const SECOND_CHAPTER: Store = Store {
    name: "Second Chapter",
    owner: "hagop_d",
    staff: &[],
    email: "hagop@secondchapter.example.com",
    description: "Used readers, textbooks and novels that deserve another owner. I go through every page before a book is \
        put on the shelf: what is torn is mended, what is missing is said.\n\nNous avons aussi des livres en français et en \
        arabe.",
    looks: ("window with books", Category::Books),
    products: products! {
        Books Good "cvsp readers" "CVSP reader, used"
            "Bound, complete, with the underlining of at least one generation. Say which one you need."
            ["201" "SC-CVSP-201" Lbp 300_000 16 5]
            ["202" "SC-CVSP-202" Lbp 300_000 14 5]
            ["203" "SC-CVSP-203" Lbp 350_000 8 4]
            ["204" "SC-CVSP-204" Lbp 350_000 0 4]
        Books Good "calculus" "Thomas' Calculus, used"
            "The spines are taped where they have to be. Between the two editions only the numbering of the problems differs."
            ["12th edition" "SC-THOMAS-12" Usd 1_300 6 2]
            ["13th edition" "SC-THOMAS-13" Usd 1_900 9 2]
        Books Good "microeconomics" "Principles of economics for Econ 211 and 212"
            "One volume for both courses. Access codes are used up, the graphs are not."
            ["" "SC-ECON" Usd 1_600 10 3]
        Books Fair "molecular biology" "Campbell's Biology, used"
            "Heavy. Every copy has a name inside, some have three."
            ["" "SC-BIO" Usd 2_200 7 2]
        Books Good "thermodynamics" "Fundamentals of thermodynamics, with tables"
            "The tables at the back are complete in every copy, I looked."
            ["" "SC-THERMO" Usd 1_700 5 2]
        Books LikeNew "the prophet" "The Prophet, Khalil Gibran"
            "Everybody has one and nobody can find it. Small hardcovers, hardly read."
            ["English" "SC-PROPHET-EN" Usd 500 18 4]
            ["العربية" "SC-PROPHET-AR" Usd 500 12 4]
            ["français" "SC-PROPHET-FR" Usd 500 7 3]
        Books Good "wrapped book" "Blind date with a book"
            "A used novel in brown paper with three words on it. You find out at home."
            ["" "SC-BLIND" Lbp 250_000 30 6]
        Books Good "petit prince" "Le Petit Prince, édition de poche"
            "Quelques exemplaires ont une dédicace d'enfant. Ils sont au même prix, et ils valent plus."
            ["" "SC-PRINCE" Lbp 300_000 13 3]
        Books Good "constitutionnel" "Introduction au droit libanais"
            "Deux éditions récentes, surlignées avec méthode. Précisez si le jaune vous dérange."
            ["" "SC-DROIT" Usd 1_400 4 2]
        Books Good "bandes dessinées" "Bandes dessinées, l'album"
            "Gaulois, reporters et cow-boys solitaires. On choisit pour vous, ou vous écrivez ce qui vous manque."
            ["" "SC-BD" Lbp 400_000 22 5]
        Books Good "dictionnaire" "Dictionnaire français-arabe"
            "Relié, tranche un peu jaunie. Il sent la bibliothèque."
            ["" "SC-DICO" Usd 1_100 6 2]
        Books Good "diwan" "ديوان محمود درويش، نسخ مستعملة"
            "طبعات مختلفة، بعضها عليه ملاحظات قارئ سابق أذكى منّا. الأوراق كاملة كلها."
            ["" "SC-DARWISH" Lbp 450_000 11 3]
        Books Good "paperbacks" "روايات عربية، الواحدة"
            "من مكتبات بيوت انتقل أصحابها. اكتبوا لنا ما تحبّون ونختار لكم."
            ["" "SC-RIWAYA" Lbp 250_000 27 5]
        Music Good "vinyl" "Second-hand record, cleaned"
            "Fairuz, Ziad, and a lot of French pop from somebody's uncle. Played once on my machine to make sure."
            ["" "SC-VINYL" Usd 800 15 4]
        Clothing New "tote" "Tote bag: One more chapter"
            "Holds six paperbacks or one organic chemistry."
            ["natural" "SC-TOTE-N" Usd 600 17 4]
            ["black" "SC-TOTE-B" Usd 600 3 4]
        Art New "bookmarks" "Three bookmarks with old maps of Beirut"
            "Printed on thick paper, with a ribbon. Better than the receipt you are using."
            ["" "SC-MARKS" Lbp 150_000 40 8]
    },
};

const NURSERY: Store = Store {
    name: "مشتل ياسمين",
    owner: "yasmine_i",
    staff: &[],
    email: "mashtal@yasmine.example.com",
    description: "نباتات للشبابيك والبلكونات ولغرف السكن الضيقة. كل نبتة تكبر عندنا أسابيع قبل أن تُعرض، ومعها ورقة صغيرة \
        تقول كم تشرب وكم تحب من الشمس.",
    looks: ("window with plants", Category::Plants),
    products: products! {
        Plants New "pothos" "Pothos cutting in a glass"
            "Rooted in water, and it can stay there. If you forget it for a week it forgives you."
            ["small" "YM-POTHOS-S" Usd 500 15 4]
            ["large" "YM-POTHOS-L" Usd 900 6 3]
        Plants New "monstera" "Monstera with five leaves"
            "Needs a corner with light and somebody to admire it. In a pot of 18 cm."
            ["" "YM-MONST" Usd 2_200 5 2]
        Plants New "basil" "شتلة أعشاب للمطبخ"
            "مزروعة بتراب عضوي، جاهزة للشبّاك. كلما قطفتم منها زادت."
            ["حبق" "YM-BASIL" Lbp 200_000 14 5]
            ["نعنع" "YM-MINT" Lbp 200_000 18 5]
            ["إكليل الجبل" "YM-ROSE" Lbp 250_000 9 4]
        Plants New "cactus" "صبّار بزهرة"
            "يشرب مرة بالشهر. يناسب من ينسى ومن يسافر."
            ["" "YM-CACTUS" Lbp 350_000 20 5]
        Plants New "succulentes" "ثلاث نباتات عصارية في فخّار"
            "الأواني من الشوف والألوان تختلف من مجموعة إلى أخرى."
            ["" "YM-SUCC" Lbp 650_000 16 4]
        Plants New "olivier" "شجرة زيتون صغيرة"
            "عمرها ثلاث سنوات، من حاصبيا. تريد شمساً وبلكوناً وصبراً."
            ["" "YM-OLIVE" Usd 2_800 3 2]
        Plants New "ليمون" "شجرة حامض في حوض"
            "أزهرت هذا الموسم، وعليها حبّتان أو ثلاث."
            ["" "YM-LEMON" Usd 3_000 0 2]
        Plants New "snake plant" "Snake plant"
            "Lives on neglect and bad light, so it has done well in the dorms."
            ["30 cm" "YM-SNAKE-30" Usd 900 12 3]
            ["60 cm" "YM-SNAKE-60" Usd 1_700 4 2]
        Plants New "lavender" "Lavande en pot"
            "Pour un rebord de fenêtre au soleil. Les abeilles de la colline la connaissent déjà."
            ["" "YM-LAV" Lbp 400_000 8 4]
        Plants New "hanging fern" "Fern in a hanging pot"
            "For the bathroom or the shady side of the balcony. The string is included, the nail is not."
            ["" "YM-FERN" Usd 1_300 7 2]
        Plants New "watering can" "مِرشّة معدن، ليتر ونصف"
            "رفيعة العنق حتى لا يغرق أحد."
            ["خضراء" "YM-CAN-G" Usd 1_000 10 3]
            ["نحاسية" "YM-CAN-C" Usd 1_400 5 2]
        Plants New "soil" "Potting soil, five liters"
            "Mixed here: compost, perlite and coconut fiber. Enough for three pots of medium size."
            ["" "YM-SOIL" Lbp 300_000 32 8]
    },
};

const STATIONERY: Store = Store {
    name: "Papeterie Perla",
    owner: "perla_rizk",
    staff: &[],
    email: "bonjour@papeterieperla.example.com",
    description: "Cahiers, stylos, impressions et reliures, à deux pas de Main Gate. Envoyez votre fichier avant midi, \
        il est au bureau de poste le lendemain.\n\nNotebooks, pens, printing and binding. Send your file before noon and \
        it is at the post office the next day.",
    looks: ("window with pencils", Category::Study),
    products: products! {
        Study New "spiral notebook" "Spiral notebook, A5, 120 pages"
            "Paper that takes a fountain pen. The cover bends and comes back."
            ["lined" "PP-NB-LIN" Usd 350 40 10]
            ["squared" "PP-NB-SQU" Usd 350 34 10]
            ["dotted" "PP-NB-DOT" Usd 400 12 10]
        Study New "ballpoint" "Gel pen, 0.5 mm"
            "Does not smear, not even for the left-handed among us."
            ["blue" "PP-PEN-BLU" Lbp 100_000 50 15]
            ["black" "PP-PEN-BLK" Lbp 100_000 60 15]
            ["red" "PP-PEN-RED" Lbp 100_000 28 10]
        Study New "feutres" "Feutres fins, pochette de douze"
            "Pointe de 0,4 mm, encre à l'eau. Pour les plans, les fiches et les marges."
            ["" "PP-FEUTRES" Lbp 600_000 18 5]
        Study New "highlighters" "Surligneurs pastel, lot de cinq"
            "Jaune, rose, bleu, vert, lilas. Ils ne traversent pas le papier."
            ["" "PP-SURLI" Lbp 450_000 25 6]
        Study New "stapler" "Agrafeuse de bureau, avec mille agrafes"
            "Vingt-cinq feuilles d'un coup. Métal, donc elle restera chez vous plus longtemps que vos cours."
            ["" "PP-AGRAFE" Usd 700 11 3]
        Study New "binder" "Classeur à levier, A4"
            "Huit centimètres de dos, quatre intercalaires offerts."
            ["bleu" "PP-CLASS-B" Usd 450 20 5]
            ["rouge" "PP-CLASS-R" Usd 450 16 5]
            ["gris" "PP-CLASS-G" Usd 450 3 5]
        Study New "sticky notes" "Sticky notes, six pads"
            "They stick to screens, walls and roommates."
            ["" "PP-STICKY" Lbp 300_000 30 8]
        Study New "planner" "Semester planner, September to June"
            "A week on two pages, with the exam period marked in a color that does not shout."
            ["" "PP-PLAN" Usd 900 14 5]
        Study New "fiches" "Fiches bristol, deux cents, quadrillées"
            "Cinq couleurs, perforées dans un coin, avec leur anneau."
            ["" "PP-FICHES" Lbp 350_000 38 8]
        Study New "maquettes" "Kit maquette : tapis A3, cutter, règle"
            "Pour les premières années d'architecture. Les pansements ne sont pas compris."
            ["" "PP-MAQUET" Usd 1_900 9 3]
        Study New "رسم هندسي" "عدّة رسم هندسي للمبتدئين"
            "مسطرة، مثلثان، فرجار وقلمان، في علبة تُقفل جيداً."
            ["" "PP-HANDASA" Usd 1_500 8 3]
        Other New "poster print" "Poster, printed and rolled"
            "Matte paper of 180 grams. Send the file in a conversation about this order; we answer when it is on the machine."
            ["A2" "PP-POST-A2" Usd 400 60 0]
            ["A1" "PP-POST-A1" Usd 700 60 0]
            ["A0" "PP-POST-A0" Usd 1_200 60 0]
        Study New "thesis" "Thesis printed and bound, hard cover"
            "Up to 150 pages, gold letters on the spine. We check that the pages are in order before the glue is."
            ["" "PP-THESIS" Usd 2_500 20 0]
        Art New "aquarelle" "Boîte d'aquarelle, douze godets"
            "Avec un pinceau à réservoir. Tient dans une poche de manteau."
            ["" "PP-AQUA" Usd 1_300 1 3]
    },
};

const TEAM_STORE: Store = Store {
    name: "Hilltop Team Store",
    owner: "rami_sfeir",
    staff: &["tarek_f"],
    email: "team@hilltopstore.example.com",
    description: "Shirts, scarves and balls of the campus teams. A dollar of every shirt goes to the bus for the away \
        games, which is how we got to Tripoli last year.",
    looks: ("window with a ball", Category::Sports),
    products: products! {
        Clothing New "jersey" "Home jersey, this season's"
            "Light, dries overnight. The number on the back is 12 because the twelfth player is you."
            ["S" "CT-JER-S" Usd 1_800 10 3]
            ["M" "CT-JER-M" Usd 1_800 8 4]
            ["L" "CT-JER-L" Usd 1_800 15 4]
            ["XL" "CT-JER-XL" Usd 1_800 2 3]
        Clothing New "shorts" "Training shorts with pockets"
            "Yes, pockets. With a zipper."
            ["S" "CT-SHO-S" Usd 1_100 9 3]
            ["M" "CT-SHO-M" Usd 1_100 12 3]
            ["L" "CT-SHO-L" Usd 1_100 11 3]
        Clothing New "scarf" "Fan scarf"
            "Knitted, two sides. Warms necks in February and is waved the rest of the year."
            ["" "CT-SCARF" Usd 900 24 5]
        Clothing New "cap" "Cap with the cedar"
            "One size, with a strap at the back. Survived a season of sun on the Green Field."
            ["maroon" "CT-CAP-M" Usd 800 13 4]
            ["white" "CT-CAP-W" Usd 800 0 4]
        Sports New "water bottle" "Water bottle, steel"
            "Keeps cold for a whole tournament. The lid does not leak, we left one upside down in a bag for a week."
            ["500 ml" "CT-BTL-500" Usd 1_000 14 5]
            ["750 ml" "CT-BTL-750" Usd 1_300 12 4]
        Sports New "football" "Training football"
            "For grass and for concrete."
            ["size 4" "CT-FB-4" Lbp 1_200_000 7 2]
            ["size 5" "CT-FB-5" Lbp 1_300_000 10 3]
        Sports New "كرة سلة" "كرة سلة رسمية، قياس ٧"
            "جلد صناعي، مسكتها ممتازة حتى مع العرق. نفس الكرة التي يتدرّب بها الفريق."
            ["" "CT-BASKET" Usd 2_000 9 3]
        Sports New "corde à sauter" "Corde à sauter de compétition"
            "Câble gainé, longueur réglable. Trois minutes suffisent pour la regretter."
            ["" "CT-CORDE" Lbp 500_000 21 5]
        Sports New "medal" "Finisher medal of the campus run"
            "For those who ran and lost theirs. We do check the list."
            ["" "CT-MEDAL" Lbp 350_000 33 0]
    },
};

const CERAMICS: Store = Store {
    name: "Atelier Nanor",
    owner: "nanor",
    staff: &[],
    email: "nanor@ateliernanor.example.com",
    description: "Stoneware thrown and glazed by hand, a few pieces from each firing. No two are alike, and what you see is \
        one of them.\n\nThe kiln is in Anjar. When I am there the store is closed, and when I come back there is more.",
    looks: ("window with a vase", Category::Art),
    products: products! {
        Kitchen New "stoneware mug" "Stoneware mug"
            "A third of a liter, with a handle for three fingers."
            ["sea blue" "NE-MUG-BLU" Usd 1_400 5 2]
            ["sand" "NE-MUG-SND" Usd 1_400 7 2]
            ["moss" "NE-MUG-MOS" Usd 1_500 3 2]
        Kitchen New "espresso cups" "Two cups for coffee, without handles"
            "For the rakwe. The glaze is the color of what is in them."
            ["" "NE-CUPS" Usd 1_200 9 3]
        Art New "vase" "Vase with a narrow neck"
            "For one branch of jasmine, or for nothing at all."
            ["small" "NE-VASE-S" Usd 1_800 6 2]
            ["tall" "NE-VASE-T" Usd 3_400 3 1]
        Kitchen New "plate" "Plate, speckled"
            "Dishwasher safe. The specks are iron, they come up by themselves in the fire."
            ["20 cm" "NE-PLATE-S" Usd 1_300 12 4]
            ["26 cm" "NE-PLATE-L" Usd 1_900 10 4]
        Kitchen New "céramique" "Deux bols bleus"
            "Tournés le même matin, donc presque de la même taille."
            ["" "NE-BOLS" Lbp 1_700_000 6 2]
        Kitchen New "teapot" "Teapot for three glasses"
            "It pours without dripping, which took me two years."
            ["" "NE-TEAPOT" Usd 4_200 2 1]
        Art New "tile" "Painted tile with an Armenian bird"
            "After the old tiles of Kütahya. With a hook at the back, or to put a pot on."
            ["bird" "NE-TILE-B" Usd 1_600 8 2]
            ["pomegranate" "NE-TILE-P" Usd 1_600 0 2]
        Plants New "planter" "أصيص مزجّج مع صحن"
            "قطره خمسة عشر سنتيمتراً، وفيه ثقب للماء. النبتة من عند ياسمين."
            ["" "NE-ASIS" Lbp 1_500_000 7 2]
        Art New "candles" "Candle holders, set of three"
            "Three heights, one glaze. The candles in the picture are included, because it would be sad otherwise."
            ["" "NE-CANDLE" Usd 2_100 4 1]
    },
};
