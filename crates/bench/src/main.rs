//! The benchmarks: each figure beside its reference, measured in the same run, because this machine is shared and only
//! ratios hold.
//!
//! The rounds of all contestants are interleaved and the median is taken. The program ends with an error when a ratio
//! falls short of its target.

mod bid;
mod client;
mod hall;
mod listening;
mod older;
mod pages;
mod purchase;
mod raw;
mod reading;
mod stage;

use std::path::PathBuf;

use clap::Parser;
use serde_json::json;

/// Measure the market against its references.
#[derive(Parser)]
struct Options {
    /// How many bids a round has.
    #[arg(long, default_value_t = 32_768)]
    bids: usize,
    /// How many purchases a round has.
    #[arg(long, default_value_t = 8_000)]
    purchases: usize,
    /// How many rounds; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many listings the reading benchmarks read from.
    #[arg(long, default_value_t = 100_000)]
    listings: usize,
    /// Measure only figures whose number begins like this, such as `F7`.
    #[arg(long, value_name = "FIGURE")]
    only: Option<String>,
    /// Where to write the figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The part this program plays when it starts itself.
    #[arg(long, hide = true)]
    part: Option<String>,
    /// The folder of its market then.
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
}

/// A figure beside its reference.
struct Figure {
    /// Its number in the list of targets, such as `F4`.
    id: &'static str,
    /// What was measured.
    what: String,
    /// The figure, in its unit.
    ours: f64,
    /// The reference, or nothing where the target is absolute.
    reference: Option<f64>,
    /// The unit of both.
    unit: &'static str,
    /// What is asked: a ratio at least or at most, a value at most, or nothing yet.
    target: Target,
}

enum Target {
    RatioAtLeast(f64),
    RatioAtMost(f64),
    AtMost(f64),
    None,
}

impl Figure {
    #[expect(clippy::float_arithmetic, reason = "a ratio of two measurements, no money")]
    fn ratio(&self) -> Option<f64> {
        self.reference.map(|reference| self.ours / reference)
    }

    fn holds(&self) -> bool {
        match self.target {
            Target::RatioAtLeast(least) => self.ratio().is_some_and(|ratio| ratio >= least),
            Target::RatioAtMost(most) => self.ratio().is_some_and(|ratio| ratio <= most),
            Target::AtMost(most) => self.ours <= most,
            Target::None => true,
        }
    }

    fn row(&self) -> String {
        let reference = self.reference.map_or("–".to_owned(), |reference| format!("{reference:.0}"));
        let ratio = self.ratio().map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        let target = match self.target {
            Target::RatioAtLeast(least) => format!("≥ {least}"),
            Target::RatioAtMost(most) => format!("≤ {most}"),
            Target::AtMost(most) => format!("≤ {most} {}", self.unit),
            Target::None => "–".to_owned(),
        };
        let verdict = if self.holds() { "" } else { "  SHORT" };
        let (id, what, ours, unit) = (self.id, &self.what, self.ours, self.unit);
        format!("{id:<4} {what:<58} {ours:>10.1} {unit:<4} {reference:>10} {ratio:>6} {target:>10}{verdict}")
    }
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if let Some(part) = &options.part {
        return listening::play(part, options.folder.as_deref());
    }
    let wanted = |ids: &[&str]| {
        let only = options.only.as_deref();
        only.is_none_or(|only| ids.iter().any(|id| id.starts_with(only)))
    };
    let mut figures = Vec::new();
    if wanted(&["F1", "F2", "F3"]) {
        figures.extend(bid::measure(options.bids, options.rounds)?);
    }
    if wanted(&["F4a", "F4", "F4b"]) {
        figures.extend(purchase::measure(options.purchases, options.rounds)?);
    }
    if wanted(&["F5", "F5d", "F5e", "F5f"]) {
        figures.extend(pages::measure(options.listings, options.rounds)?);
    }
    if wanted(&["F5a", "F5b", "F6", "F12"]) {
        figures.extend(reading::measure(options.listings)?);
    }
    if wanted(&["F7", "F8"]) {
        figures.extend(listening::measure()?);
    }
    if options.only.as_deref().is_none_or(|only| "F13" == only) {
        figures.extend(older::measure(options.rounds)?);
    }
    println!(
        "{:<4} {:<58} {:>10} {:<4} {:>10} {:>6} {:>10}",
        "", "", "ours", "", "reference", "ratio", "target"
    );
    for figure in &figures {
        println!("{}", figure.row());
    }
    if let Some(file) = options.json {
        let rows: Vec<_> = figures
            .iter()
            .map(|figure| {
                json!({ "id": figure.id, "what": figure.what, "ours": figure.ours, "unit": figure.unit,
                    "reference": figure.reference, "ratio": figure.ratio(), "holds": figure.holds() })
            })
            .collect();
        let run = json!({ "bids": options.bids, "purchases": options.purchases, "rounds": options.rounds,
            "listings": options.listings,
            "cores": std::thread::available_parallelism()?.get(), "figures": rows });
        std::fs::write(file, serde_json::to_string_pretty(&run)?)?;
    }
    let short = figures.iter().filter(|figure| !figure.holds()).count();
    anyhow::ensure!(short == 0, "{short} figures fall short of their target");
    Ok(())
}
