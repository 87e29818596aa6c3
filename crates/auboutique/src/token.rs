//! The tokens of sessions: kept in a file only the user can read, one per profile and market. `call` and `terminal`
//! share them, so whoever is signed in with one is signed in with the other. Beside them stands which markets were spoken
//! to over TLS, so that a token never goes out in clear to somebody on the way who pretends that theirs does not encrypt.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use anyhow::Context as _;
use auboutique_terminal::Keeper;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

/// What is kept of a profile at a market.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Whether the market was spoken to over TLS.
    encrypted: bool,
}

/// How it may stand in the file: the token alone, as it was written at first, or all of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Token(String),
    Whole {
        #[serde(default)]
        token: Option<String>,
        #[serde(default)]
        encrypted: bool,
    },
}

impl From<Written> for Kept {
    fn from(written: Written) -> Self {
        match written {
            Written::Token(token) => Self { token: Some(token), encrypted: false },
            Written::Whole { token, encrypted } => Self { token, encrypted },
        }
    }
}

/// The sessions of this user's profiles: what is kept by profile and server, in a file only the user can read.
struct Tokens {
    file: PathBuf,
    known: BTreeMap<String, Kept>,
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
    Ok(Tokens::load()?.known.remove(&place(profile, server)).and_then(|kept| kept.token))
}

/// Keeps a token, or forgets it.
///
/// # Errors
///
/// When the file cannot be read or written.
pub fn keep(profile: &str, server: &str, token: Option<&str>) -> anyhow::Result<()> {
    change(profile, server, |kept| kept.token = token.map(str::to_owned))
}

/// Whether anybody here spoke to that market over TLS.
///
/// # Errors
///
/// When the file is there and cannot be read.
pub fn is_encrypted(server: &str) -> anyhow::Result<bool> {
    let is_it = |place: &str| place.rsplit_once(' ').is_some_and(|(_, other)| other == server);
    Ok(Tokens::load()?.known.iter().any(|(place, kept)| kept.encrypted && is_it(place)))
}

/// Remembers that the market speaks TLS.
///
/// # Errors
///
/// When the file cannot be read or written.
pub fn keep_encrypted(profile: &str, server: &str) -> anyhow::Result<()> {
    change(profile, server, |kept| kept.encrypted = true)
}

fn change(profile: &str, server: &str, change: impl FnOnce(&mut Kept)) -> anyhow::Result<()> {
    let mut tokens = Tokens::load()?;
    let place = place(profile, server);
    let before = tokens.known.remove(&place).unwrap_or_default();
    let mut kept = before.clone();
    change(&mut kept);
    if kept == before {
        return Ok(());
    }
    if kept != Kept::default() {
        tokens.known.insert(place, kept);
    }
    tokens.save()
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

    fn is_encrypted(&self) -> bool {
        is_encrypted(&self.server).unwrap_or(false)
    }

    fn keep_encrypted(&mut self) -> Result<(), String> {
        keep_encrypted(&self.profile, &self.server)
            .map_err(|error| format!("That this market encrypts cannot be remembered: {error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tokens_alone_is_read_and_what_is_kept_besides_is_written() {
        let read = |text: &str| serde_json::from_str::<BTreeMap<String, Kept>>(text).unwrap();
        let mut known = read(r#"{"default a:1":"secret","nora b:2":{"encrypted":true}}"#);
        assert_eq!(known["default a:1"], Kept { token: Some("secret".to_owned()), encrypted: false });
        assert_eq!(known["nora b:2"], Kept { token: None, encrypted: true });
        known.insert("sami b:2".to_owned(), Kept { token: Some("other".to_owned()), encrypted: true });
        assert_eq!(read(&serde_json::to_string(&known).unwrap()), known);
    }
}
