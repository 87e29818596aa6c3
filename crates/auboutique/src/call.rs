//! `call`: one request from the shell. The session it starts is kept for the next one.

use std::io::{IsTerminal as _, Read as _, Write as _};

use anyhow::{Context as _, bail};
use auboutique_terminal::{Client, ClientError, News, Tls};
use auboutique_wire::json::Outcome;
use serde_json::{Map, Value, json};

use crate::config::{Call, Server};
use crate::{picture, token};

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

/// Connects, and signs in again with the session that is kept.
///
/// # Errors
///
/// When nobody answers there.
pub fn connect(server: &Server) -> anyhow::Result<Client> {
    let tls = match server.tls() {
        // The token that is kept does not go out in clear once the market was known to encrypt.
        Tls::Off if token::is_encrypted(&server.server)? => Tls::Public,
        tls => tls,
    };
    let mut client = Client::connect(&server.server, &tls)?;
    if tls != Tls::Off {
        token::keep_encrypted(&server.profile, &server.server)?;
    }
    if let Some(token) = token::kept(&server.profile, &server.server)? {
        match client.call("resume", fields([("token", token.as_str())]))? {
            Outcome::Reply(_) => {}
            Outcome::Refused(_) => token::keep(&server.profile, &server.server, None)?,
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
    if !options.pictures.is_empty() {
        let brought = options.pictures.iter().map(|file| picture::bring(&mut client, file));
        let brought = brought.collect::<anyhow::Result<Vec<_>>>()?;
        match parameters.entry("pictures").or_insert_with(|| Value::from(Vec::<Value>::new())) {
            Value::Array(pictures) => pictures.extend(brought),
            _ => bail!("the parameter \"pictures\" must be a list of ids"),
        }
    }
    if options.op == "listen" {
        return listen(&mut client, parameters);
    }
    let outcome = match client.call(&options.op, parameters.clone()) {
        Err(ClientError::Lost(_)) => connect(server)?.call(&options.op, parameters)?,
        outcome => outcome?,
    };
    if let Outcome::Reply(reply) = &outcome {
        if let Some(token) = reply.get("token").and_then(Value::as_str) {
            token::keep(&server.profile, &server.server, Some(token))?;
        }
        if options.op == "log_out" {
            token::keep(&server.profile, &server.server, None)?;
        }
    }
    print(outcome)
}

/// Prints what happens, one line of JSON each, until the stream or the reader ends.
fn listen(client: &mut Client, parameters: Map<String, Value>) -> anyhow::Result<Status> {
    let outcome = client.call("listen", parameters)?;
    let Outcome::Reply(reply) = outcome else { return print(outcome) };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{reply}")?;
    out.flush()?;
    loop {
        let line = match client.next_news()? {
            News::Event(event) => json!({ "event": event }),
            News::Presence(presence) => json!({ "presence": presence }),
            News::Typing(typing) => json!({ "typing": typing }),
            News::Here(here) => json!({ "here": here }),
            News::End(end) => {
                writeln!(out, "{}", json!({ "end": end }))?;
                return Ok(Status::Busy);
            }
        };
        writeln!(out, "{line}")?;
        out.flush()?;
    }
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
