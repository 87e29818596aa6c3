//! Planted defects. A test counts only after it has failed on one: with the feature `plants` the environment names the
//! defect that is in; without it, which is how the program is built for people, there is none and no way to have one.

/// Whether this defect is planted.
#[must_use]
pub fn is_planted(_name: &str) -> bool {
    #[cfg(feature = "plants")]
    return std::env::var("AUBOUTIQUE_PLANT").is_ok_and(|planted| planted == _name);
    #[cfg(not(feature = "plants"))]
    false
}
