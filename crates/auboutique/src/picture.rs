//! Pictures brought from the command line.

use std::path::Path;

use anyhow::{Context as _, bail};
use auboutique_domain::picture::MOST_BYTES;
use auboutique_terminal::Client;
use auboutique_wire::json::Outcome;
use data_encoding::BASE64;
use serde_json::{Map, Value, json};

/// Brings a picture's file to the market, piece by piece. Returns the picture's id.
///
/// # Errors
///
/// When the file cannot be read, the market refuses it, or nobody answers.
pub fn bring(client: &mut Client, file: &Path) -> anyhow::Result<Value> {
    let what = || format!("the picture {}", file.display());
    let size = std::fs::metadata(file).with_context(what)?.len();
    anyhow::ensure!(
        i64::try_from(size).is_ok_and(|size| size <= MOST_BYTES),
        "{} has {size} bytes; a picture may have {MOST_BYTES}",
        file.display()
    );
    let bytes = std::fs::read(file).with_context(what)?;
    let upload = ask(client, "start_upload", json!({ "bytes": bytes.len() })).with_context(what)?;
    let size = upload.get("chunk_bytes").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|&size| size > 0).context("the server does not say how large a piece may be")?;
    let id = upload.get("upload").cloned().unwrap_or_default();
    for (place, piece) in bytes.chunks(size).enumerate() {
        let fields = json!({ "upload": id, "offset": place * size, "data": BASE64.encode(piece) });
        ask(client, "send_chunk", fields).with_context(what)?;
    }
    let picture = ask(client, "finish_upload", json!({ "upload": id })).with_context(what)?;
    picture.get("picture").cloned().context("the server does not say which picture it became")
}

fn ask(client: &mut Client, op: &str, fields: Value) -> anyhow::Result<Value> {
    let fields: Map<String, Value> = serde_json::from_value(fields)?;
    match client.call(op, fields)? {
        Outcome::Reply(reply) => Ok(reply),
        Outcome::Refused(no) | Outcome::Busy(no) | Outcome::Broken(no) => {
            bail!("{}", no.get("message").and_then(Value::as_str).unwrap_or("the market did not take it"))
        }
    }
}
