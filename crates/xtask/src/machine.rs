//! What the tests need from this machine, and how it gets there.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{run, target_folder};

/// A program that tests start, and the Debian package it comes in. A package without a program is known by one of its
/// files.
struct Need {
    program: &'static str,
    package: &'static str,
}

const NEEDS: [Need; 10] = [
    // The private clusters of `auboutique-testbed`.
    Need { program: "initdb", package: "postgresql" },
    // Shows that a reply follows its fsync.
    Need { program: "strace", package: "strace" },
    // Sets the clock of a running program.
    Need { program: "faketime", package: "faketime" },
    // Speaks the line languages the way a student would, by hand.
    Need { program: "nc", package: "netcat-openbsd" },
    // Replays the walk-through of the JSON API.
    Need { program: "curl", package: "curl" },
    // Visits the pages as people do, driven over WebDriver.
    Need { program: "chromium", package: "chromium" },
    Need { program: "chromedriver", package: "chromium-driver" },
    // Pages are measured with real letters, Arabic ones too, and not with boxes.
    Need { program: "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf", package: "fonts-noto-core" },
    Need { program: "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", package: "fonts-dejavu-core" },
    // Keeps what comes from PyPI in folders of its own.
    Need { program: "python3", package: "python3-venv" },
];

/// What tests use from PyPI, to the version.
struct Brought {
    /// The folder below cargo's in which it is kept.
    name: &'static str,
    pins: &'static str,
    /// Whether what it depends on comes with it.
    whole: bool,
}

const BROUGHT: [Brought; 3] = [
    // Attacks the JSON API by its own document.
    Brought { name: "schemathesis", pins: include_str!("../schemathesis.txt"), whole: true },
    // Reads the tables of system 003 as its clients do.
    Brought {
        name: "pandas",
        pins: include_str!("../../auboutique/tests/legacy/requirements.txt"),
        whole: true,
    },
    // Without the browsers the package would bring: only its script is used.
    Brought { name: "axe", pins: include_str!("../axe.txt"), whole: false },
];

/// Installs what is missing, or fails with a sentence that says what to install.
pub(crate) fn make_ready_for_tests() -> Result<()> {
    let packages = missing_packages();
    if !packages.is_empty() {
        install_packages(&packages)?;
    }
    BROUGHT.iter().try_for_each(bring)
}

/// Installs from PyPI, into a folder of its own below cargo's. Where it is already, nothing is done.
fn bring(Brought { name, pins, whole }: &Brought) -> Result<()> {
    let folder = target_folder().join(name);
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == *pins) {
        return Ok(());
    }
    println!("The tests need {name}: installing it from PyPI into {}", folder.display());
    if run(&mut venv(&folder)).is_err() {
        // Debian's Python comes without the part that makes such a folder.
        install_packages(&["python3-venv"])?;
        run(&mut venv(&folder))?;
    }
    let wanted = folder.join("pins.txt");
    fs::write(&wanted, pins).with_context(|| format!("{} cannot be written", wanted.display()))?;
    let mut pip = Command::new(folder.join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]);
    if !whole {
        pip.arg("--no-deps");
    }
    run(pip.arg("--requirement").arg(&wanted).stdin(Stdio::null()))
        .with_context(|| format!("the tests need {name} from PyPI"))?;
    fs::rename(&wanted, &installed).with_context(|| format!("{} cannot be written", installed.display()))
}

fn venv(folder: &Path) -> Command {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    venv
}

fn install_packages(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if !is_root() || find("apt-get").is_none() {
        bail!("the tests need packages that are not installed: as root, run `apt-get install {wanted}`");
    }
    println!("The tests need packages that are not installed: {wanted}");
    install(packages).with_context(|| format!("the tests need these Debian packages: {wanted}"))?;
    let still_missing = missing_packages();
    if !still_missing.is_empty() {
        bail!("installed, but what they bring is not where it should be: {}", still_missing.join(" "));
    }
    Ok(())
}

/// Whether `cargo deny` can be used.
pub(crate) fn has_cargo_deny() -> bool {
    find("cargo-deny").is_some()
        || home_of_cargo().is_some_and(|home| home.join("bin").join("cargo-deny").is_file())
}

/// Whether cargo-deny has a copy of the advisory database.
pub(crate) fn has_advisories() -> bool {
    home_of_cargo().is_some_and(|home| {
        ["advisory-dbs", "advisory-db"]
            .iter()
            .any(|name| fs::read_dir(home.join(name)).is_ok_and(|mut entries| entries.next().is_some()))
    })
}

fn home_of_cargo() -> Option<PathBuf> {
    let in_home = || env::home_dir().map(|home| home.join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(in_home)
}

fn missing_packages() -> Vec<&'static str> {
    NEEDS.iter().filter(|need| find(need.program).is_none()).map(|need| need.package).collect()
}

/// Looks for a program on the PATH, and where Debian keeps each version of PostgreSQL; for a file just there.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let of_postgresql = versions.map(|version| version.path().join("bin"));
    env::split_paths(&path)
        .chain(of_postgresql)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Installs packages; where the machine's lists are absent or too old for that, fetches them and tries again.
fn install(packages: &[&str]) -> Result<()> {
    let _no_cluster = if packages.contains(&"postgresql") { Some(NoMainCluster::promise()?) } else { None };
    if run(&mut apt_get_install(packages)).is_ok() {
        return Ok(());
    }
    run(apt_get().arg("update"))?;
    run(&mut apt_get_install(packages))
}

fn apt_get_install(packages: &[&str]) -> Command {
    let mut command = apt_get();
    command.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    command
}

/// apt-get without questions, and patient with another one that is at work.
fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["-o", "DPkg::Lock::Timeout=300"])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    command
}

/// While this lives, Debian's PostgreSQL packages make no cluster of their own: the tests bring theirs, and a
/// server nobody asked for should not be left running on the machine.
struct NoMainCluster;

impl NoMainCluster {
    const FOLDER: &str = "/etc/postgresql-common/createcluster.d";
    const FILE: &str = "/etc/postgresql-common/createcluster.d/auboutique-tests.conf";

    fn promise() -> Result<Self> {
        let written = fs::create_dir_all(Path::new(Self::FOLDER))
            .and_then(|()| fs::write(Self::FILE, "create_main_cluster = false\n"));
        written.with_context(|| format!("{} cannot be written", Self::FILE))?;
        Ok(Self)
    }
}

impl Drop for NoMainCluster {
    fn drop(&mut self) {
        // If it stays, the worst is that a later installation makes no cluster either, as its output says.
        let _ = fs::remove_file(Self::FILE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_brought_from_elsewhere_is_pinned_to_the_version() {
        for Brought { name, pins, .. } in BROUGHT {
            let mut pins = pins.lines().filter(|line| !line.starts_with('#'));
            let pinned = |pin: &str| pin.split_once("==").is_some_and(|(_, version)| !version.is_empty());
            assert!(pins.clone().count() > 0 && pins.all(pinned), "{name}");
        }
    }

    #[test]
    fn a_program_on_the_path_is_found_and_one_that_nobody_wrote_is_not() {
        assert!(find("sh").is_some());
        assert!(find("a-program-that-nobody-wrote").is_none());
        assert!(find("/etc/passwd").is_some() && find("/etc/a-file-that-nobody-wrote").is_none());
    }
}
