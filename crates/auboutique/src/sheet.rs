//! `import` and `export`: listings from and to spreadsheets, over the wire like everything a member does.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, IsTerminal as _, Write};
use std::path::{Component, Path};

use anyhow::{Context as _, bail};
use auboutique_domain::id::PickupPointId;
use auboutique_domain::listing::OwnListing;
use auboutique_terminal::Client;
use auboutique_wire::csv::{self, ListingRow, MOST_BYTES, Sheet};
use auboutique_wire::json::Outcome;
use serde_json::{Map, Value};

use crate::call::{Status, connect, fresh_key};
use crate::config::{Export, Import};
use crate::picture;

/// How many rows are shown before anything is done.
const PREVIEW: usize = 5;
/// How many requests are under way at once.
const WINDOW: usize = 100;

/// Shows what is in a spreadsheet, asks, and offers it.
///
/// # Errors
///
/// When the file cannot be read as a spreadsheet, or nobody answers.
pub fn import(options: &Import) -> anyhow::Result<Status> {
    let size =
        fs::metadata(&options.file).with_context(|| format!("cannot read {}", options.file.display()))?.len();
    if usize::try_from(size).unwrap_or(usize::MAX) > MOST_BYTES {
        bail!("{} has {size} bytes; a spreadsheet may have {MOST_BYTES}. Split it", options.file.display());
    }
    let bytes = fs::read(&options.file).with_context(|| format!("cannot read {}", options.file.display()))?;
    let sheet = csv::read(&bytes)?;
    let mut out = std::io::stdout().lock();
    let good = preview(&sheet, &mut out)?;
    let bad = sheet.rows.len() - good.len();
    if good.is_empty() {
        writeln!(out, "nothing to import")?;
        return Ok(if bad == 0 { Status::Answered } else { Status::Refused });
    }
    if !options.yes && !agreed(good.len(), &mut out)? {
        writeln!(out, "nothing was imported")?;
        return Ok(Status::Refused);
    }
    let mut client = connect(&options.server)?;
    let points = pickup_points(&mut client)?;
    // Running the import again, after a lost connection or a mended sheet, offers only what is not there yet.
    let Some(listings) = own_listings(&mut client)? else { return Ok(Status::Refused) };
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for OwnListing { listing, .. } in &listings {
        let said = (&listing.title, &listing.description, listing.price, listing.category, listing.condition);
        *there.entry(format!("{said:?}")).or_default() += 1;
    }
    let (mut added, mut failed, mut known) = (0, bad, 0);
    let mut waiting = std::collections::VecDeque::new();
    for (line, row) in good {
        let said = (&row.title, &row.description, row.price.money(), row.category, row.condition);
        if let Some(count) = there.get_mut(&format!("{said:?}"))
            && *count > 0
        {
            *count -= 1;
            known += 1;
            continue;
        }
        // Pictures first, each with its own answers: those under way are taken before.
        let mut pictures = Ok(Vec::new());
        if !row.pictures.is_empty() {
            while !waiting.is_empty() {
                settle(&mut client, &mut waiting, (&mut added, &mut failed), &mut out)?;
            }
            let beside = options.file.parent().unwrap_or(Path::new("."));
            let bring = |name: &String| {
                // A sheet may come from somebody else. It names what lies beside it, and nothing else on this machine.
                let is_beside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
                anyhow::ensure!(
                    is_beside,
                    "the picture {name:?} must lie beside the sheet, or in a folder beside it"
                );
                picture::bring(&mut client, &beside.join(name))
            };
            pictures = row.pictures.iter().map(bring).collect::<anyhow::Result<Vec<_>>>();
        }
        match pictures.and_then(|pictures| request(row, &points, pictures)) {
            Ok(fields) => {
                client.send("add_listing", fields)?;
                waiting.push_back(line);
            }
            Err(problem) => {
                failed += 1;
                writeln!(out, "line {line}: {problem:#}")?;
            }
        }
        if waiting.len() >= WINDOW {
            settle(&mut client, &mut waiting, (&mut added, &mut failed), &mut out)?;
        }
    }
    while !waiting.is_empty() {
        settle(&mut client, &mut waiting, (&mut added, &mut failed), &mut out)?;
    }
    writeln!(
        out,
        "{added} listings are new on sale, {known} were there already, {failed} lines were not imported"
    )?;
    Ok(if failed == 0 { Status::Answered } else { Status::Refused })
}

fn settle(
    client: &mut Client,
    waiting: &mut std::collections::VecDeque<u64>,
    (added, failed): (&mut usize, &mut usize),
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let Some(line) = waiting.pop_front() else { return Ok(()) };
    match client.answer()? {
        Outcome::Reply(_) => *added += 1,
        Outcome::Refused(no) | Outcome::Busy(no) | Outcome::Broken(no) => {
            *failed += 1;
            writeln!(
                out,
                "line {line}: {}",
                no.get("message").and_then(Value::as_str).unwrap_or("not imported")
            )?;
        }
    }
    Ok(())
}

/// Says what is in the sheet: the first rows, every bad line, and how many there are of each. Returns the good rows.
fn preview<'a>(sheet: &'a Sheet, out: &mut impl Write) -> anyhow::Result<Vec<(u64, &'a ListingRow)>> {
    let good: Vec<_> = sheet
        .rows
        .iter()
        .filter_map(|row| row.listing.as_ref().ok().map(|listing| (row.line, listing)))
        .collect();
    for (line, row) in good.iter().take(PREVIEW) {
        writeln!(out, "line {line}: {} · {} · {}", row.title, row.price.money(), row.category.name())?;
    }
    if good.len() > PREVIEW {
        writeln!(out, "… and {} more", good.len() - PREVIEW)?;
    }
    for row in &sheet.rows {
        for cell in row.listing.as_ref().err().into_iter().flatten() {
            writeln!(out, "line {}: {cell}", row.line)?;
        }
    }
    writeln!(out, "{} lines can be imported, {} cannot", good.len(), sheet.rows.len() - good.len())?;
    Ok(good)
}

fn agreed(count: usize, out: &mut impl Write) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        writeln!(out, "run it again with --yes to offer these {count} listings")?;
        return Ok(false);
    }
    write!(out, "Offer these {count} listings? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The market's pickup points by their names in lower case.
fn pickup_points(client: &mut Client) -> anyhow::Result<BTreeMap<String, PickupPointId>> {
    match client.call("pickup_points", Map::new())? {
        Outcome::Reply(reply) => {
            let rows = reply.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
            let named = |row: &Value| {
                let name = row.get("name")?.as_str()?.to_lowercase();
                Some((name, PickupPointId::parse(row.get("id")?.as_str()?).ok()?))
            };
            Ok(rows.iter().filter_map(named).collect())
        }
        other => bail!("the pickup points cannot be read: {other:?}"),
    }
}

/// The request that offers a row.
fn request(
    row: &ListingRow,
    points: &BTreeMap<String, PickupPointId>,
    pictures: Vec<Value>,
) -> anyhow::Result<Map<String, Value>> {
    let mut fields = match serde_json::to_value(row)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if let Some(name) = &row.pickup_point {
        let point = points.get(&name.to_lowercase()).with_context(|| {
            let known: Vec<&str> = points.keys().map(String::as_str).collect();
            format!("there is no pickup point {name:?}; there are: {}", known.join(", "))
        })?;
        fields.insert("pickup_point".to_owned(), Value::from(point.to_string()));
    }
    fields.insert("pictures".to_owned(), Value::from(pictures));
    fields.insert("key".to_owned(), Value::from(fresh_key()));
    Ok(fields)
}

/// Everything the member has listed, newest first. When the market refuses, that is printed and there is nothing.
fn own_listings(client: &mut Client) -> anyhow::Result<Option<Vec<OwnListing>>> {
    let mut listings = Vec::new();
    let mut after = Value::Null;
    loop {
        let mut fields = Map::new();
        fields.insert("limit".to_owned(), Value::from(100));
        fields.insert("after".to_owned(), after);
        let mut page = match client.call("my_listings", fields)? {
            Outcome::Reply(page) => page,
            other => {
                crate::call::print(other)?;
                return Ok(None);
            }
        };
        let rows: Vec<OwnListing> = serde_json::from_value(page["rows"].take())
            .context("the server sent listings this program cannot read; update it")?;
        listings.extend(rows);
        after = page["next"].take();
        if after.is_null() {
            return Ok(Some(listings));
        }
    }
}

/// Writes the member's listings to a spreadsheet.
///
/// # Errors
///
/// When nobody answers, or the file cannot be written.
pub fn export(options: &Export) -> anyhow::Result<Status> {
    let mut client = connect(&options.server)?;
    let Some(listings) = own_listings(&mut client)? else { return Ok(Status::Refused) };
    let count = listings.len();
    let bytes = csv::write(listings.into_iter().map(csv::ExportRow::from));
    match &options.file {
        None => std::io::stdout().lock().write_all(&bytes)?,
        Some(file) => {
            fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
            writeln!(std::io::stderr(), "{count} listings are in {}", file.display())?;
        }
    }
    Ok(Status::Answered)
}
