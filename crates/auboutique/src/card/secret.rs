//! The secret a market shares with its provider: it opens the provider's API, and signs what the provider tells.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use auboutique_market::Env;
use auboutique_market::env::random;
use ring::hmac;

/// How long a secret may be, in letters.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=256;

/// A secret that never prints.
#[derive(Clone)]
pub struct Secret {
    text: String,
    key: hmac::Key,
}

impl Secret {
    /// The secret of that text.
    ///
    /// # Errors
    ///
    /// When it is too short, too long, or cannot stand in a header.
    pub fn new(text: &str) -> anyhow::Result<Self> {
        ensure!(
            LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()),
            "a secret is {} to {} printable ASCII letters without a space",
            LENGTH.start(),
            LENGTH.end()
        );
        Ok(Self { text: text.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()) })
    }

    /// The secret in that file, without the line's end.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or holds none.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("cannot read the secret in {}", file.display()))?;
        Self::new(text.trim()).with_context(|| format!("{} holds no secret", file.display()))
    }

    /// The secret in that file. When there is no file, one that only its owner can read is made, with a secret nobody can
    /// guess.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or made.
    pub fn keep(file: &Path, env: &dyn Env) -> anyhow::Result<Self> {
        let text = data_encoding::HEXLOWER.encode(&random::<32>(env));
        let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        match made {
            Ok(mut made) => {
                let written = made.write_all(format!("{text}\n").as_bytes()).and_then(|()| made.sync_all());
                if written.is_err() {
                    // Half a secret would be taken for a whole one at the next start.
                    drop(fs::remove_file(file));
                }
                written.with_context(|| format!("cannot write {}", file.display()))?;
                Self::new(&text)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Self::read(file),
            Err(error) => Err(error).with_context(|| format!("cannot make {}", file.display())),
        }
    }

    /// The secret itself, for the header that proves it is known.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Whether that is the secret. How long this takes tells nothing of it.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        let own = hmac::sign(&self.key, self.text.as_bytes());
        hmac::verify(&self.key, given.as_bytes(), own.as_ref()).is_ok()
    }

    /// Signs a message, in hex.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(hmac::sign(&self.key, message).as_ref())
    }

    /// Whether that is the signature of the message. How long this takes tells nothing of it.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &str) -> bool {
        let signature = data_encoding::HEXLOWER.decode(signature.as_bytes());
        signature.is_ok_and(|signature| hmac::verify(&self.key, message, &signature).is_ok())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use auboutique_domain::time::Moment;
    use auboutique_market::env::ManualEnv;

    use super::*;

    #[test]
    fn a_secret_is_made_once_for_its_owner_alone_and_never_prints() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("card-sandbox.secret");
        let env = ManualEnv::new(Moment::from_micros(0), 1);
        let first = Secret::keep(&file, &env).unwrap();
        let again = Secret::keep(&file, &env).unwrap();
        assert!(again.is(first.reveal()) && first.reveal().len() == 64);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{first:?}").contains(first.reveal()));
    }

    #[test]
    fn what_is_no_secret_is_not_taken_for_one() {
        for text in ["", "short", "sixteen letters and a space", "sixteen-letters-ä"] {
            assert!(Secret::new(text).is_err(), "{text}");
        }
        let secret = Secret::new("a-secret-of-the-two").unwrap();
        assert!(secret.is("a-secret-of-the-two") && !secret.is("a-secret-of-the-tw") && !secret.is(""));
    }
}
