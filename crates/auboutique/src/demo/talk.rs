//! What people on the demo campus say to each other: buyer first, then in turns.

const ABOUT_LISTINGS: &[&[&str]] = &[
    &["Hi! Is it still there?", "It is.", "Great, I take it today."],
    &["Bonjour, c'est toujours disponible ?", "Oui, bien sûr.", "Parfait, merci !"],
    &["مرحبا، هل ما زال متوفراً؟", "نعم، أهلاً وسهلاً.", "شكراً، سأشتريه الآن."],
    &[
        "Is there anything wrong with it that the picture does not show?",
        "A small scratch on the back. It works like on the first day.",
        "Good enough for me.",
    ],
    &[
        "Would you keep it for me until Friday?",
        "Better press Buy: then it is yours and nobody else's.",
        "Done :)",
    ],
    &[
        "How old is it?",
        "Two semesters. I am graduating, so it has to go.",
        "Congratulations! Then I help you pack.",
    ],
];

const ABOUT_ORDERS: &[&[&str]] = &[
    &["When will you bring it to the post office?", "Tomorrow after my lab, before five."],
    &[
        "I cannot come on that day, is the day after all right?",
        "Of course, the desk keeps it.",
        "Thank you!",
    ],
    &["Does the charger come with it?", "It does. I put it into the same bag."],
    &["Merci pour la vente rapide !", "Avec plaisir. Le code est tout ce qu'il te faut au guichet."],
    &["هل أحتاج إلى شيء غير الرمز؟", "لا، الرمز والنقود فقط."],
];

fn one_of(sets: &'static [&'static [&'static str]], place: i64) -> &'static [&'static str] {
    let count = i64::try_from(sets.len()).unwrap_or(1);
    usize::try_from((place / 4).rem_euclid(count))
        .ok()
        .and_then(|place| sets.get(place))
        .copied()
        .unwrap_or_default()
}

const ABOUT_STORES: &[&[&str]] = &[
    &[
        "Do you have more than what is shown?",
        "A box of them came in this morning.",
        "Then I take mine today.",
    ],
    &[
        "Can I come by and look first?",
        "Of course, Tuesdays and Thursdays from noon to three.",
        "See you there!",
    ],
    &["هل يمكن أن أبدّله إذا لم يناسبني؟", "أكيد، خلال أسبوع.", "ممتاز، شكراً."],
    &["Vous en aurez encore la semaine prochaine ?", "On réapprovisionne chaque lundi.", "Parfait."],
    &["Is there a discount for ten of them?", "Write to us by mail and we find a price.", "Will do, thanks."],
];

/// What is said to a store before something is bought.
pub(crate) fn about_store(place: i64) -> &'static [&'static str] {
    one_of(ABOUT_STORES, 4 * place)
}

/// What is said before something is bought.
pub(crate) fn about_listing(place: i64) -> &'static [&'static str] {
    one_of(ABOUT_LISTINGS, place)
}

/// What is said while an order is under way.
pub(crate) fn about_order(place: i64) -> &'static [&'static str] {
    one_of(ABOUT_ORDERS, place / 3 * 4)
}
