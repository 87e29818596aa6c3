//! A private PostgreSQL cluster for the tests of one process.
//!
//! The first call of [`database_url`] makes a cluster in a temporary folder and starts it on a free port of
//! 127.0.0.1; every call answers the address of a fresh, empty database in it. The cluster is as careful with
//! its data as a real one (`fsync` and its companions are on), so what a test proves here holds elsewhere.
//!
//! ```text
//!  test process ──orders: create, start PORT, crash──▶ guardian (sh) ──▶ initdb, pg_ctl ──▶ postgres
//!               ◀──answers: done, failed─────────────
//!                  orders end ──────────────────────▶ stop at once, remove the folder, exit
//! ```
//!
//! **The cluster goes away with its process, however that ends.** The guardian reads its orders from a pipe
//! that only the test process can write to. The kernel closes that pipe when the process returns, panics,
//! aborts or is killed with SIGKILL; the guardian then finishes the order it is at, if any, and cleans up.
//! It also makes the folder, so there is no moment at which a folder exists that nobody would remove.
//!
//! PostgreSQL refuses to run as root: for root, all of this runs as the user `postgres`.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The guardian. Its arguments are the folder of PostgreSQL's programs and the folder for temporary files.
///
/// It first says where the cluster's folder is, then answers each order with one line. Signals meant for the
/// tests (Ctrl-C, a terminal that closes) must not end it before it has cleaned up.
const GUARDIAN: &str = r#"
trap '' HUP INT TERM PIPE
programs=$1
folder=$(mktemp -d "$2/auboutique-postgres.XXXXXX" || mktemp -d /tmp/auboutique-postgres.XXXXXX) || exit 1
data=$folder/data
log=$folder/log
cd "$folder" || exit 1
echo "$folder"

create() {
    "$programs/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
        --no-sync --no-instructions || return
    cat >>"$data/postgresql.conf" <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = on
full_page_writes = on
synchronous_commit = on
SETTINGS
}

while read -r order port; do
    case $order in
    create) create ;;
    start) "$programs/pg_ctl" start --wait --pgdata="$data" --log="$log" --options="-p $port" ;;
    crash) "$programs/pg_ctl" stop --wait --pgdata="$data" --mode=immediate ;;
    *) false ;;
    esac </dev/null >>"$log" 2>&1 && echo done || echo failed
done

"$programs/pg_ctl" stop --wait --pgdata="$data" --mode=immediate </dev/null >>"$log" 2>&1
cd /
rm -rf "${folder:?}"
"#;

/// The programs that must lie together in one folder.
const PROGRAMS: [&str; 4] = ["initdb", "pg_ctl", "postgres", "psql"];

/// How often another free port is tried when someone takes the chosen one before PostgreSQL does.
const PORTS_TO_TRY: usize = 5;

/// Answers the address of a fresh, empty database in the cluster of this process, which it starts at the
/// first call: `postgres://postgres@127.0.0.1:PORT/NAME`.
///
/// # Panics
///
/// If PostgreSQL is not installed or does not start: a test that needs PostgreSQL is never skipped.
pub fn database_url() -> String {
    cluster().new_database()
}

/// The cluster that the tests of this process share, started at the first call.
///
/// # Panics
///
/// If PostgreSQL is not installed or does not start.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

/// Runs SQL in the database at `url` with `psql`, and answers what it printed: a line per row, `|` between
/// columns. For looking at a database from outside; the product never goes this way.
///
/// # Panics
///
/// If PostgreSQL is not installed, or refuses the SQL.
pub fn sql(url: &str, text: &str) -> String {
    let mut psql = Command::new(programs().join("psql"));
    psql.args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"])
        .args(["--set=ON_ERROR_STOP=1", "--dbname", url, "--command", text])
        .stdin(Stdio::null());
    without_settings_from_outside(&mut psql);
    let output = psql.output().expect("psql should run");
    assert!(
        output.status.success(),
        "PostgreSQL refused `{text}` in {url}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).expect("the cluster speaks UTF-8").trim_end().to_owned()
}

/// A running private cluster. Most tests share [`cluster`]; one that crashes it starts its own.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    databases: AtomicU64,
    guardian: Mutex<Guardian>,
}

impl Cluster {
    /// Makes and starts another cluster, which goes away when this value is dropped or the process ends.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        let (mut guardian, folder) = Guardian::start(programs());
        assert!(guardian.obeys("create"), "initdb failed:\n{}", log_in(&folder));
        for _ in 0..PORTS_TO_TRY {
            let port = free_port();
            if guardian.obeys(&format!("start {port}")) {
                return Self { folder, port, databases: AtomicU64::new(0), guardian: Mutex::new(guardian) };
            }
        }
        panic!("PostgreSQL did not start on any of {PORTS_TO_TRY} free ports:\n{}", log_in(&folder));
    }

    /// The address of the database every cluster begins with. Leave it empty, and work in a
    /// [new one](Self::new_database).
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The cluster's folder: its data and its log. It belongs to the user that PostgreSQL runs as.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a fresh, empty database and answers its address.
    ///
    /// # Panics
    ///
    /// If PostgreSQL refuses.
    pub fn new_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("market_{number}");
        // Nobody can be connected to template0, so any number of tests may copy it at the same moment.
        sql(&self.url(), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.url_of(&name)
    }

    /// Ends the cluster the way a crash does, without a checkpoint, and starts it again on the same port. It
    /// recovers from its log before it answers. Open connections are cut.
    ///
    /// # Panics
    ///
    /// If it does not come back.
    pub fn crash_and_recover(&self) {
        let mut guardian = self.guardian.lock().unwrap_or_else(PoisonError::into_inner);
        for order in ["crash".to_owned(), format!("start {}", self.port)] {
            assert!(guardian.obeys(&order), "`{order}` failed:\n{}", log_in(&self.folder));
        }
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// The guardian's end that we hold.
#[derive(Debug)]
struct Guardian {
    process: Child,
    /// `None` only while being dropped.
    orders: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Guardian {
    /// Starts the guardian and answers it with the folder it made.
    fn start(programs: &Path) -> (Self, PathBuf) {
        let mut command = as_ordinary_user("sh");
        command
            .args(["-c", GUARDIAN, "guardian"])
            .arg(programs)
            .arg(env::temp_dir())
            // Its own process group: Ctrl-C at the tests' terminal is not for the guardian.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        without_settings_from_outside(&mut command);
        let mut process = command.spawn().expect("sh, or runuser for root, should run");
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        let mut guardian = Self { process, orders, answers };
        let folder = guardian.answer().expect(
            "the guardian of the PostgreSQL cluster should make a temporary folder \
             (for root it runs as the user `postgres`, which Debian's package `postgresql` makes)",
        );
        (guardian, PathBuf::from(folder))
    }

    /// Gives an order, waits for the answer, and says whether it was carried out.
    fn obeys(&mut self, order: &str) -> bool {
        let orders = self.orders.as_mut().expect("orders are open until the guardian is dropped");
        writeln!(orders, "{order}").is_ok() && self.answer().as_deref() == Some("done")
    }

    fn answer(&mut self) -> Option<String> {
        self.answers.next()?.ok()
    }
}

impl Drop for Guardian {
    /// Ends the orders and waits until everything is gone.
    fn drop(&mut self) {
        drop(self.orders.take());
        // A guardian that cannot be waited for has already ended.
        let _ = self.process.wait();
    }
}

/// A command that runs as ourselves, or as the user `postgres` if we are root.
fn as_ordinary_user(program: &str) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", program]);
    command
}

/// Takes the caller's language and `PG…` settings out of a command's environment: they would change messages,
/// defaults and destinations.
fn without_settings_from_outside(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env_remove("LANGUAGE").env("LC_ALL", "C.UTF-8");
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 should have a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// What PostgreSQL wrote into its log, for a panic's message.
fn log_in(folder: &Path) -> String {
    fs::read_to_string(folder.join("log"))
        .unwrap_or_else(|error| format!("(its log cannot be read: {error})"))
}

/// The folder of PostgreSQL's programs.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let on_path = env::var_os("PATH").unwrap_or_default();
        first_with_all_programs(env::split_paths(&on_path).chain(debian_folders()))
    })
}

/// Debian keeps each version in its own folder, off the PATH; newest first.
fn debian_folders() -> impl Iterator<Item = PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
}

fn first_with_all_programs(mut folders: impl Iterator<Item = PathBuf>) -> PathBuf {
    folders.find(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file())).unwrap_or_else(
        || {
            panic!(
                "this test needs PostgreSQL's programs ({}), which are neither on the PATH nor in \
             /usr/lib/postgresql/*/bin: install Debian's package `postgresql`, or run `cargo xtask test` as \
             root, which installs it",
                PROGRAMS.join(", ")
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "install Debian's package `postgresql`")]
    fn without_postgresql_the_panic_names_the_package() {
        let empty = tempfile::tempdir().unwrap();
        first_with_all_programs([empty.path().to_owned()].into_iter());
    }
}
