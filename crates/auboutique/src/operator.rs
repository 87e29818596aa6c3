//! `operator`: what an operator does from the machine the market runs on.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::{Context as _, bail};
use auboutique_terminal::Client;
use auboutique_wire::json::Outcome;
use serde_json::{Map, Value};

use crate::call::{Status, fields, parameters, print};
use crate::config::{FOLDER, Operator, OperatorVerb};
use crate::console::Console;

/// Does it and prints the answer.
///
/// # Errors
///
/// When the market can be neither reached nor opened.
pub fn run(options: &Operator) -> anyhow::Result<Status> {
    let folder = options.place.folder(FOLDER)?;
    let mut console =
        Console::open(&folder, &options.place.location(&folder)?, options.place.pictures(&folder))?;
    let client = &mut console.client;
    let outcome = match &options.verb {
        OperatorVerb::Add { username, name, email } => {
            if let Some((name, email)) = name.as_ref().zip(email.as_ref()) {
                let joined = register(client, username, name, email)?;
                if !matches!(joined, Outcome::Reply(_)) {
                    return print(joined);
                }
            }
            client.call("change_role", fields([("username", username), ("role", "operator")]))?
        }
        OperatorVerb::Remove { username } => {
            client.call("change_role", fields([("username", username), ("role", "member")]))?
        }
        OperatorVerb::Appoint { username, point } => {
            let point = point_or_first(client, point.as_deref())?;
            client.call("appoint_attendant", fields([("username", username), ("pickup_point", &point)]))?
        }
        OperatorVerb::Dismiss { username, point } => {
            let point = point_or_first(client, point.as_deref())?;
            client.call("dismiss_attendant", fields([("username", username), ("pickup_point", &point)]))?
        }
        OperatorVerb::LegacyPassword { wire, name } => {
            let password = new_password()?;
            let said = [("wire", wire.as_str()), ("name", name), ("password", &password)];
            client.call("set_legacy_password", fields(said))?
        }
        OperatorVerb::Settings => client.call("settings", Map::new())?,
        OperatorVerb::Set { name, value } => {
            client.call("change_setting", fields([("name", name), ("value", value)]))?
        }
        OperatorVerb::Call { op, parameters: text } => client.call(op, parameters(text.as_deref())?)?,
    };
    print(outcome)
}

/// A password, from whoever sits there or from standard input.
fn new_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("New password: ")?;
        if rpassword::prompt_password("The same again: ")? != password {
            bail!("the two passwords differ; nothing was done");
        }
        return Ok(password);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Makes an account and hands the console back its rights.
fn register(client: &mut Client, username: &str, name: &str, email: &str) -> anyhow::Result<Outcome> {
    let password = new_password()?;
    let said = [("username", username), ("name", name), ("email", email), ("password", &password)];
    let joined = client.call("register", fields(said))?;
    if matches!(joined, Outcome::Reply(_)) {
        client.call("log_out", Map::new())?;
    }
    Ok(joined)
}

fn point_or_first(client: &mut Client, point: Option<&str>) -> anyhow::Result<String> {
    if let Some(point) = point {
        return Ok(point.to_owned());
    }
    match client.call("pickup_points", Map::new())? {
        Outcome::Reply(reply) => {
            let first = reply.pointer("/rows/0/id").and_then(Value::as_str);
            Ok(first
                .context("there is no pickup point; add one with `operator call add_pickup_point`")?
                .to_owned())
        }
        other => bail!("the pickup points cannot be read: {other:?}"),
    }
}
