//! The tokens of sessions: kept in a file only the user can read, one per profile and market. `call` and `terminal`
//! share them, so whoever is signed in with one is signed in with the other.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use anyhow::Context as _;
use auboutique_terminal::Keeper;
use etcetera::BaseStrategy as _;

/// The sessions of this user's profiles: tokens by profile and server, in a file only the user can read.
struct Tokens {
    file: PathBuf,
    known: BTreeMap<String, String>,
}

impl Tokens {
    fn load() -> anyhow::Result<Self> {
        let strategy =
            etcetera::choose_base_strategy().context("there is no home folder to keep the session in")?;
        let file = strategy.config_dir().join("auboutique").join("sessions.json");
        let known = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} cannot be read: delete it and log in again", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        Ok(Self { file, known })
    }

    fn save(&self) -> anyhow::Result<()> {
        let folder = self.file.parent().context("the session's file has no folder")?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Written beside and moved into place: a call that is interrupted leaves the old file or the new one.
        let fresh = self.file.with_extension(format!("{}.new", std::process::id()));
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec_pretty(&self.known)?)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.file).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

fn place(profile: &str, server: &str) -> String {
    format!("{profile} {server}")
}

/// The token that is kept for a profile and a market.
///
/// # Errors
///
/// When the file is there and cannot be read.
pub fn kept(profile: &str, server: &str) -> anyhow::Result<Option<String>> {
    Ok(Tokens::load()?.known.remove(&place(profile, server)))
}

/// Keeps a token, or forgets it.
///
/// # Errors
///
/// When the file cannot be read or written.
pub fn keep(profile: &str, server: &str, token: Option<&str>) -> anyhow::Result<()> {
    let mut tokens = Tokens::load()?;
    let place = place(profile, server);
    let before = match token {
        Some(token) => tokens.known.insert(place, token.to_owned()),
        None => tokens.known.remove(&place),
    };
    if before.as_deref() == token { Ok(()) } else { tokens.save() }
}

/// The place of one profile's token for one market.
pub struct Drawer {
    /// The profile.
    pub profile: String,
    /// The market, HOST:PORT.
    pub server: String,
}

impl Keeper for Drawer {
    fn token(&self) -> Option<String> {
        kept(&self.profile, &self.server).ok().flatten()
    }

    fn keep(&mut self, token: Option<&str>) -> Result<(), String> {
        keep(&self.profile, &self.server, token)
            .map_err(|error| format!("The session cannot be kept for the next time: {error:#}"))
    }
}
