//! `call`: one request from the shell. The session it starts is kept for the next one.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use auboutique_terminal::{Client, ClientError};
use auboutique_wire::json::Outcome;
use etcetera::BaseStrategy as _;
use serde_json::{Map, Value};

use crate::config::{Call, Server};

/// How a call ended, as the exit status tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was answered.
    Answered = 0,
    /// The rules said no.
    Refused = 1,
    /// Not now.
    Busy = 3,
    /// Something is wrong over there, or nobody answered.
    Broken = 4,
}

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

fn place(server: &Server) -> String {
    format!("{} {}", server.profile, server.server)
}

/// Connects, and signs in again with the session that is kept.
///
/// # Errors
///
/// When nobody answers there.
pub fn connect(server: &Server) -> anyhow::Result<Client> {
    let mut client = Client::connect(&server.server, &server.tls())?;
    let tokens = Tokens::load()?;
    if let Some(token) = tokens.known.get(&place(server)) {
        match client.call("resume", fields([("token", token.as_str())]))? {
            Outcome::Reply(_) => {}
            Outcome::Refused(_) => forget(server)?,
            // Going on as a visitor would only hide what is wrong.
            Outcome::Busy(no) | Outcome::Broken(no) => {
                bail!(
                    "{}",
                    no.get("message").and_then(Value::as_str).unwrap_or("the market cannot sign you in now")
                )
            }
        }
    }
    Ok(client)
}

fn forget(server: &Server) -> anyhow::Result<()> {
    let mut tokens = Tokens::load()?;
    if tokens.known.remove(&place(server)).is_some() {
        tokens.save()?;
    }
    Ok(())
}

/// An object of text fields.
#[must_use]
pub fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// Reads the parameters of a request from an argument, or from standard input for `-`.
///
/// # Errors
///
/// When they are not a JSON object.
pub fn parameters(argument: Option<&str>) -> anyhow::Result<Map<String, Value>> {
    let text = match argument {
        None => return Ok(Map::new()),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .take(1_048_576)
                .read_to_string(&mut text)
                .context("cannot read standard input")?;
            text
        }
        Some(text) => text.to_owned(),
    };
    serde_json::from_str(&text).context("the parameters must be a JSON object, such as '{\"text\":\"lamp\"}'")
}

/// A fresh idempotency key.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the client's key is the only randomness this side needs")]
pub fn fresh_key() -> String {
    let mut bytes = [0; 16];
    // Without randomness a request still works, only asking twice is then not recognized.
    let _ = getrandom::fill(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes)
}

/// Sends one request and prints the answer.
///
/// # Errors
///
/// When the parameters are no JSON object, or nobody answers.
pub fn run(options: &Call) -> anyhow::Result<Status> {
    let server = &options.server;
    let mut parameters = parameters(options.parameters.as_deref())?;
    for reserved in ["id", "op"] {
        if parameters.remove(reserved).is_some() {
            bail!("the parameters must not have {reserved:?}: the command line sets it");
        }
    }
    if options.op == "log_in" && !parameters.contains_key("password") && std::io::stdin().is_terminal() {
        parameters.insert("password".to_owned(), Value::from(rpassword::prompt_password("Password: ")?));
    }
    // A lost answer is asked for again under the same key: it is not done twice.
    parameters.entry("key").or_insert_with(|| Value::from(fresh_key()));
    let mut client = connect(server)?;
    let outcome = match client.call(&options.op, parameters.clone()) {
        Err(ClientError::Lost(_)) => connect(server)?.call(&options.op, parameters)?,
        outcome => outcome?,
    };
    if let Outcome::Reply(reply) = &outcome {
        if let Some(token) = reply.get("token").and_then(Value::as_str) {
            let mut tokens = Tokens::load()?;
            tokens.known.insert(place(server), token.to_owned());
            tokens.save()?;
        }
        if options.op == "log_out" {
            forget(server)?;
        }
    }
    print(outcome)
}

/// Prints an answer as JSON; what is no reply goes to standard error as well, as a sentence.
///
/// # Errors
///
/// When standard output is gone.
pub fn print(outcome: Outcome) -> anyhow::Result<Status> {
    let (status, mut value) = match outcome {
        Outcome::Reply(value) => (Status::Answered, value),
        Outcome::Refused(value) => (Status::Refused, value),
        Outcome::Busy(value) => (Status::Busy, value),
        Outcome::Broken(value) => (Status::Broken, value),
    };
    if let Some(token) = value.get_mut("token") {
        // It is kept in the user's folder; on the screen it would only end up in somebody's scrollback.
        *token = Value::from("kept");
    }
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &value)?;
    writeln!(out)?;
    if status != Status::Answered
        && let Some(message) = value.get("message").and_then(Value::as_str)
    {
        writeln!(std::io::stderr(), "{message}")?;
    }
    Ok(status)
}
