//! `verify`, `replay`, `backup`, `restore`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use auboutique_domain::bid_log::{self, Replayed};
use auboutique_market::env::SystemEnv;
use auboutique_market::{Env, Location, backup, verify_pictures};

use crate::config::{FOLDER, Place};
use crate::serve::make_folder;

fn existing(place: &Place) -> anyhow::Result<Location> {
    let folder = place.folder(FOLDER)?;
    let location = place.location(&folder)?;
    if let Location::Sqlite(file) = &location {
        anyhow::ensure!(
            file.exists(),
            "there is no market in {}: name its folder with --data",
            folder.display()
        );
    }
    Ok(location)
}

fn env() -> Arc<dyn Env> {
    Arc::new(SystemEnv::new())
}

/// Re-derives everything from the logs and says `clean`, or names what is wrong. Returns whether it is clean.
///
/// # Errors
///
/// When the database cannot be read.
pub fn verify(place: &Place) -> anyhow::Result<bool> {
    let location = existing(place)?;
    let mut verdict = auboutique_market::verify(&location)?;
    verify_pictures(&location, &place.pictures(&place.folder(FOLDER)?), &mut verdict)?;
    let checked: Vec<String> =
        verdict.checked.iter().map(|(what, count)| format!("{count} {what}")).collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "checked {}", checked.join(", "))?;
    for finding in &verdict.findings {
        writeln!(out, "wrong: {finding}")?;
    }
    if verdict.is_clean() {
        writeln!(out, "clean")?;
    } else {
        writeln!(
            out,
            "rows that disagree with the log they are derived from: {}. Keep a copy of the data as it is before anything else.",
            verdict.findings.len()
        )?;
    }
    Ok(verdict.is_clean())
}

/// The most a bid log is read of: as long as the server writes none by far.
const LONGEST_LOG: u64 = 256 * 1_024 * 1_024;

/// Runs a downloaded bid log again and says what it comes to and `clean`, or names the first line that is wrong. Returns
/// whether it is clean.
///
/// # Errors
///
/// When the file cannot be read.
pub fn replay(file: &Path) -> anyhow::Result<bool> {
    let mut text = String::new();
    let log = std::fs::File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    let read = log.take(LONGEST_LOG).read_to_string(&mut text);
    read.with_context(|| format!("{} cannot be read as a text", file.display()))?;
    let mut out = std::io::stdout().lock();
    let (auction, replayed) = match bid_log::replay(&text) {
        Ok(replayed) => replayed,
        Err(wrong) => {
            writeln!(out, "wrong: {wrong}")?;
            return Ok(false);
        }
    };
    let Replayed { bids, ending, winner, price, ends_at } = replayed;
    let known = |what: Option<String>| what.unwrap_or_else(|| "none".to_owned());
    writeln!(out, "auction {auction}")?;
    writeln!(out, "result {}", ending.map_or("none: it was not over", bid_log::Ending::name))?;
    writeln!(out, "winner {}", known(winner.map(|bidder| format!("bidder {bidder}"))))?;
    writeln!(out, "price {}", known(price.map(|price| price.to_string())))?;
    writeln!(out, "end {}", known(ends_at.map(|moment| moment.to_string())))?;
    writeln!(out, "bids {bids}")?;
    writeln!(out, "clean")?;
    Ok(true)
}

/// The folder beside a backup that holds the files of its pictures.
fn pictures_of(backup: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(".pictures");
    PathBuf::from(name)
}

/// Copies the database into a file, and the files of its pictures into a folder beside it.
///
/// # Errors
///
/// When the file or the folder exists or cannot be written, or the copy does not verify.
pub fn back_up(file: &Path, place: &Place) -> anyhow::Result<()> {
    let pictures = pictures_of(file);
    anyhow::ensure!(!pictures.exists(), "{} exists already; choose another name", pictures.display());
    let rows = backup::back_up(&existing(place)?, file, env().now())?;
    let from = place.pictures(&place.folder(FOLDER)?);
    // From the copy and not from the market, which goes on: every picture the copy knows is there before it.
    let copied = backup::copy_pictures(&Location::Sqlite(file.to_owned()), &from, &pictures).map_err(|error| {
        // Half a backup is worse than none; what was not made cannot be removed, which is as well.
        drop(std::fs::remove_file(file));
        drop(std::fs::remove_dir_all(&pictures));
        anyhow::anyhow!("there is no backup: {error}. Try again; if it stays, `auboutique verify` names what is missing")
    })?;
    writeln!(std::io::stdout(), "{} holds {rows} rows and verifies clean", file.display())?;
    writeln!(std::io::stdout(), "{} holds {copied} picture files", pictures.display())?;
    Ok(())
}

/// Brings a backup into an empty folder or database.
///
/// # Errors
///
/// When the backup does not verify, or there is something already.
pub fn restore(file: &Path, place: &Place) -> anyhow::Result<()> {
    let folder = place.folder(FOLDER)?;
    let location = place.location(&folder)?;
    make_folder(&folder)?;
    let rows = backup::restore(file, &location, env().now())?;
    let (from, to) = (pictures_of(file), place.pictures(&folder));
    if from.is_dir() {
        backup::copy_pictures(&location, &from, &to)?;
    }
    let mut verdict = auboutique_market::verify(&location)?;
    verify_pictures(&location, &to, &mut verdict)?;
    anyhow::ensure!(verdict.is_clean(), "what was restored does not verify: {:?}", verdict.findings.first());
    writeln!(std::io::stdout(), "restored {rows} rows into {location:?}; it verifies clean")?;
    Ok(())
}
