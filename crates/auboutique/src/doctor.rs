//! `doctor`: looks for what would keep a market from running well here.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use auboutique_market::Location;

use crate::config::{Doctor, Door, FOLDER};
use crate::serve::CONSOLE;

/// What was looked at, and what to do if it is not well.
struct Finding {
    what: String,
    advice: Option<String>,
}

fn well(what: impl Into<String>) -> Finding {
    Finding { what: what.into(), advice: None }
}
fn ill(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { what: what.into(), advice: Some(advice.into()) }
}

/// Looks at everything and prints it. Returns whether all is well.
///
/// # Errors
///
/// When there is no folder to look at.
pub fn run(options: &Doctor) -> anyhow::Result<bool> {
    let folder = options.place.folder(FOLDER)?;
    let location = options.place.location(&folder)?;
    let running = std::os::unix::net::UnixStream::connect(folder.join(CONSOLE)).is_ok();
    let mut findings = vec![descriptors()];
    if let Location::Sqlite(file) = &location {
        findings.extend(look_at_folder(&folder));
        if file.exists() && !running {
            findings.push(opens(&location));
        }
    } else {
        findings.push(opens(&location));
    }
    if running {
        findings.push(well(format!("a market is running on {}", folder.display())));
    } else {
        let protocol = SocketAddr::new(options.listen, options.port);
        findings.push(port(protocol, "choose another with --port or --listen, or stop what uses it"));
        if let Door::At(address) = options.http {
            findings.push(port(address, "choose another with --http, or stop what uses it"));
        }
    }
    let mut out = std::io::stdout().lock();
    let mut all_well = true;
    for Finding { what, advice } in findings {
        match advice {
            None => writeln!(out, "ok     {what}")?,
            Some(advice) => {
                all_well = false;
                writeln!(out, "wrong  {what}\n       → {advice}")?;
            }
        }
    }
    Ok(all_well)
}

/// Whether a market could listen there.
fn port(address: SocketAddr, advice: &str) -> Finding {
    let (port, ip) = (address.port(), address.ip());
    match TcpListener::bind(address) {
        Ok(_) => well(format!("port {port} on {ip} is free")),
        Err(error) => ill(format!("port {port} on {ip} cannot be listened on: {error}"), advice),
    }
}

/// How many files and sockets the process may have open.
fn descriptors() -> Finding {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)).and_then(|soft| soft.parse::<u64>().ok());
    match soft {
        Some(soft) if soft < 4_096 => ill(
            format!("only {soft} connections and files can be open at once"),
            "raise it with `ulimit -n 16384`, or LimitNOFILE=16384 in the service",
        ),
        Some(soft) => well(format!("{soft} connections and files can be open at once")),
        None => well("the limit of open files is not known on this system"),
    }
}

fn look_at_folder(folder: &Path) -> Vec<Finding> {
    let Ok(metadata) = fs::metadata(folder) else {
        return vec![well(format!("{} does not exist yet; serve makes it", folder.display()))];
    };
    let mut findings = Vec::new();
    if !metadata.is_dir() {
        return vec![ill(format!("{} is no folder", folder.display()), "choose another with --data")];
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        findings.push(ill(
            format!("others on this machine can look into {}", folder.display()),
            format!("close it with `chmod 700 {}`", folder.display()),
        ));
    } else {
        findings.push(well(format!("{} is for its owner (user {}) alone", folder.display(), metadata.uid())));
    }
    let probe = folder.join(".doctor");
    let written = fs::write(&probe, [0; 4_096]).and_then(|()| fs::File::open(&probe)?.sync_all());
    drop(fs::remove_file(&probe));
    findings.push(match written {
        Ok(()) => well("the folder can be written"),
        Err(error) => ill(
            format!("the folder cannot be written: {error}"),
            "give the account that runs the market write access, or free some space",
        ),
    });
    findings
}

/// Whether the database opens with the settings on which durability rests, and verifies. Looks, and changes nothing: a
/// schema of an older version stays as it is.
fn opens(location: &Location) -> Finding {
    if let Err(error) = auboutique_market::check_settings(location) {
        return ill(format!("{location:?} does not open"), error.to_string());
    }
    match auboutique_market::verify(location) {
        Ok(verdict) if verdict.is_clean() => {
            well(format!("{location:?} opens, is durable and verifies clean"))
        }
        Ok(verdict) => ill(
            format!("{location:?}: wrong rows, {} of them", verdict.findings.len()),
            "`auboutique verify` names them; keep a copy of the data before anything else",
        ),
        Err(error) => ill(
            format!("{location:?} holds no market that can be verified: {error}"),
            "start `auboutique serve` on it once if it is new, or name another with --data or --database",
        ),
    }
}
