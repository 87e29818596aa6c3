//! Adversarial power cuts: what a disk might hold had the power gone at some point of a recorded run.
//!
//! A program runs under strace ([`recorded`]) while load is put on it. [`Recording::read`] then learns from
//! the log every change the program made to the files of one folder, every sync, and every byte it sent to a
//! client. [`Recording::crash_states`] picks points in that log and builds, for each, one of the many
//! contents the folder might have had after the power was cut there:
//!
//! - A change that a completed sync covers is there. A sync covers what had completed before the sync was
//!   entered.
//! - Any other write, even one still in progress, may be there, be absent, or be torn, in which case any of
//!   its 512-byte sectors are there and the others are not. Each write has its own fate, so a later write may
//!   survive an earlier one. Bytes outside a write's range are never harmed by it, which is what SQLite calls
//!   a powersafe overwrite.
//! - A file may have kept its old length or taken the new one; where it grew without its data, it holds
//!   zeros.
//! - A file's creation is there once the file or its directory was synced, and a removal or a rename once the
//!   directory was; until then, each may or may not have happened. Directories themselves always survive.
//!
//! Beside the files stands what had been acknowledged: everything the program had finished sending before the
//! cut. Only fsync and fdatasync count as syncs. A program is durable when no crash state lacks an effect
//! that it had acknowledged.
//!
//! Files whose names end in `-shm` are left out, as SQLite rebuilds them. Writes through a memory map leave
//! no trace in the log, and a write without an offset of its own is taken to go where the writes and seeks of
//! its descriptor left off; [`Recording::everything`] shows whether something was missed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;

/// The size in bytes of what a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// The calls strace records. Some would change a file in a way this module does not follow; they are here so
/// that reading the log fails instead of going wrong silently.
const CALLS: &str = "open,openat,openat2,creat,lseek,write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,\
    fallocate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2,sendto,sendmsg,\
    link,linkat,copy_file_range,sendfile,splice,io_uring_setup";

/// The command that runs `program` under strace, recording to `log`.
///
/// The command's process is strace, which ends when the program does, with the program's exit status. Signals
/// meant for the program must go to [`traced`]: killing strace would let the program run on without it.
pub fn recorded(program: &Path, args: &[&OsStr], log: &Path) -> Command {
    let mut command = Command::new("strace");
    command
        // The filter lets the kernel stop the program at the recorded calls only, so it runs near full speed.
        .args(["-f", "--seccomp-bpf", "-qq", "-xx", "-y", "-e", "signal=none"])
        // A write must be recorded whole to be replayed, so the limit lies above any there should be.
        .args(["-s", "16777216", "-e", &format!("trace={CALLS}"), "-o"])
        .arg(log)
        .arg("--")
        .arg(program)
        .args(args);
    command
}

/// The process number of the program that `strace`, a child started from [`recorded`], is running.
///
/// There is none for the first moment, in which strace has yet to start the program.
pub fn traced(strace: &Child) -> io::Result<u32> {
    let id = strace.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
    // Before it becomes the program, strace's child is strace too, and so are those that try the kernel out.
    let executable = |process: &str| fs::read_link(format!("/proc/{process}/exe"));
    let strace = executable(&id.to_string())?;
    let is_program = |child: &&str| executable(child).is_ok_and(|program| program != strace);
    let program = children.split_whitespace().find(is_program).and_then(|child| child.parse().ok());
    program.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "strace has not started the program yet"))
}

/// What a program did to the files of a folder and sent to its clients, in order.
pub struct Recording {
    /// The files there were before the recording began.
    before: Disk,
    changes: Vec<Change>,
    /// For each change, the moment at which its call returned.
    ended: Vec<usize>,
    moments: Vec<Moment>,
    /// For each moment, the line of the log it comes from.
    lines: Vec<usize>,
    /// The cuts most worth making, each as the number of moments before it.
    telling: Vec<usize>,
    acknowledged: Arc<[String]>,
    calls: usize,
}

/// Something that happened: a call was entered or returned.
enum Moment {
    /// A change became possible, as the call making it was entered.
    Began(usize),
    /// A file was synced by a call that was entered at the moment `since`.
    FileSynced { file: usize, since: usize },
    /// A directory was synced by a call that was entered at the moment `since`.
    FolderSynced { folder: PathBuf, since: usize },
    /// Something was sent, which brought the acknowledgements to this number.
    Acknowledged(usize),
    /// A call was entered or returned without a consequence of its own.
    Passed,
}

/// A change to a file or to a directory, lost in a power cut unless synced.
enum Change {
    Write { file: usize, offset: u64, data: Vec<u8> },
    Resize { file: usize, length: u64 },
    Grow { file: usize, length: u64 },
    Create { file: usize, name: PathBuf },
    Remove { file: usize, name: PathBuf },
    Rename { file: usize, from: PathBuf, to: PathBuf },
}

impl Change {
    fn file(&self) -> usize {
        match *self {
            Change::Write { file, .. }
            | Change::Resize { file, .. }
            | Change::Grow { file, .. }
            | Change::Create { file, .. }
            | Change::Remove { file, .. }
            | Change::Rename { file, .. } => file,
        }
    }

    /// The names that the change gives or takes.
    fn names(&self) -> [Option<&PathBuf>; 2] {
        match self {
            Change::Write { .. } | Change::Resize { .. } | Change::Grow { .. } => [None, None],
            Change::Create { name, .. } | Change::Remove { name, .. } => [Some(name), None],
            Change::Rename { from, to, .. } => [Some(from), Some(to)],
        }
    }

    fn is_in(&self, folder: &Path) -> bool {
        self.names().into_iter().flatten().any(|name| name.parent() == Some(folder))
    }

    /// Whether the change, to a directory, gives its file a name.
    fn names_its_file(&self) -> bool {
        matches!(self, Change::Create { .. } | Change::Rename { .. })
    }
}

impl Recording {
    /// Reads the log of a program that began with an empty `folder`, the one whose files matter.
    ///
    /// `acknowledged` pulls the identities of acknowledged effects out of bytes sent to a client; it is
    /// called with the bytes of each send in turn.
    pub fn read(
        log: &Path,
        folder: &Path,
        acknowledged: impl Fn(&[u8]) -> Vec<String>,
    ) -> io::Result<Recording> {
        Recording::read_over(log, folder, &BTreeMap::new(), acknowledged)
    }

    /// Reads the log of a program that began with the files `before` in `folder`, which count as synced.
    ///
    /// Their paths are relative to the folder.
    pub fn read_over(
        log: &Path,
        folder: &Path,
        before: &BTreeMap<PathBuf, Vec<u8>>,
        acknowledged: impl Fn(&[u8]) -> Vec<String>,
    ) -> io::Result<Recording> {
        Recording::parse(BufReader::with_capacity(1 << 20, File::open(log)?), folder, before, acknowledged)
    }

    fn parse(
        log: impl BufRead,
        folder: &Path,
        before: &BTreeMap<PathBuf, Vec<u8>>,
        acknowledged: impl Fn(&[u8]) -> Vec<String>,
    ) -> io::Result<Recording> {
        let (steps, actions) = Reader::new(folder).read(log)?;
        Builder::new(before).build(steps, actions, acknowledged)
    }

    /// How many of the recorded calls changed or synced a file of the folder or sent something.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// How many effects were acknowledged in the whole recording, each counted once.
    pub fn acknowledgements(&self) -> usize {
        self.acknowledged.len()
    }

    /// How many moments there are at which calls were entered or returned; a power cut falls after any number
    /// of them.
    pub fn moments(&self) -> usize {
        self.moments.len()
    }

    /// What the files hold when the whole recording has happened and nothing is lost.
    ///
    /// This is what the folder itself held when the program ended. Where it is not, the program changed files
    /// in ways the log does not show, and the crash states are not to be relied on.
    pub fn everything(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut disk = self.before.clone();
        for (number, _) in self.moments.iter().enumerate() {
            disk.advance(self, number);
        }
        disk.crash(self, Loss::Nothing, &mut Random(0))
    }

    /// `count` crash states in the order of their cuts, the same for the same seed.
    ///
    /// Half of the cuts fall just before or just after a sync or just after an acknowledgement, where a
    /// program that is wrong is most likely to show it; the others fall anywhere.
    pub fn crash_states(&self, seed: u64, count: usize) -> impl Iterator<Item = CrashState> + '_ {
        let mut random = Random(seed);
        let mut cuts: Vec<(usize, u64)> = (0..count)
            .map(|_| {
                let anywhere = self.telling.is_empty() || random.below(2) == 0;
                let cut = match anywhere {
                    true => random.below(self.moments.len() + 1),
                    false => self.telling[random.below(self.telling.len())],
                };
                (cut, random.next())
            })
            .collect();
        // Going through the cuts in order means that the synced contents are only ever carried forward.
        cuts.sort_unstable();
        let mut disk = self.before.clone();
        let mut passed = 0;
        let mut acknowledgements = 0;
        cuts.into_iter().map(move |(cut, seed)| {
            while passed < cut {
                disk.advance(self, passed);
                if let Moment::Acknowledged(total) = self.moments[passed] {
                    acknowledgements = total;
                }
                passed += 1;
            }
            self.state(&disk, cut, acknowledgements, seed)
        })
    }

    /// The crash state that has these values of [`CrashState::cut_after`] and [`CrashState::seed`].
    pub fn crash_state(&self, cut_after: usize, seed: u64) -> CrashState {
        let mut disk = self.before.clone();
        let mut acknowledgements = 0;
        for (number, moment) in self.moments.iter().enumerate().take(cut_after) {
            disk.advance(self, number);
            if let Moment::Acknowledged(total) = moment {
                acknowledgements = *total;
            }
        }
        self.state(&disk, cut_after, acknowledgements, seed)
    }

    fn state(&self, disk: &Disk, cut_after: usize, acknowledgements: usize, seed: u64) -> CrashState {
        let mut random = Random(seed);
        let loss = Loss::ALL[random.below(Loss::ALL.len())];
        let files = disk.crash(self, loss, &mut random);
        let line = cut_after.checked_sub(1).and_then(|last| self.lines.get(last)).copied().unwrap_or(0);
        let all = Arc::clone(&self.acknowledged);
        CrashState { cut_after, line, seed, files, all, acknowledgements, unsynced: disk.pending.len(), loss }
    }
}

/// What a disk might hold after the power was cut, and what had been acknowledged by then.
pub struct CrashState {
    /// How many moments of the recording came before the cut.
    pub cut_after: usize,
    /// The line of the log that was the last before the cut, counted from one.
    pub line: usize,
    /// The number that, with `cut_after`, rebuilds this state with [`Recording::crash_state`].
    pub seed: u64,
    /// The contents of the files by their paths relative to the folder.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    all: Arc<[String]>,
    acknowledgements: usize,
    unsynced: usize,
    loss: Loss,
}

impl CrashState {
    /// The identities of the effects acknowledged before the cut, each once, in the order of acknowledgement.
    pub fn acknowledged(&self) -> &[String] {
        &self.all[..self.acknowledgements]
    }

    /// Writes the files to `folder`, which is created if need be.
    ///
    /// A folder that holds something is refused, as a file left over from another state would be taken for one
    /// of this state.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        if fs::read_dir(folder)?.next().is_some() {
            let told = format!("{} is not empty", folder.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, told));
        }
        for (name, contents) in &self.files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, contents)?;
        }
        Ok(())
    }
}

impl fmt::Display for CrashState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "power cut after moment {} (line {} of the log, seed {:#x}) with {} effects acknowledged and {} changes \
             not synced, of which {}",
            self.cut_after,
            self.line,
            self.seed,
            self.acknowledgements,
            self.unsynced,
            self.loss.told()
        )
    }
}

/// How the fates of the changes that were not synced are drawn.
///
/// Were each drawn by a coin of its own, nearly every state would be one in which something early is missing.
/// Most ways of being wrong show only in states that a coin all but never gives, hence several ways.
#[derive(Clone, Copy)]
enum Loss {
    Everything,
    Nothing,
    Later,
    Earlier,
    One,
    AllButOne,
    Files,
    Any,
}

impl Loss {
    /// The ways to draw, where those with the most different outcomes are listed more than once.
    const ALL: [Loss; 12] = [
        Loss::Everything,
        Loss::Nothing,
        Loss::Later,
        Loss::Later,
        Loss::Earlier,
        Loss::One,
        Loss::AllButOne,
        Loss::Files,
        Loss::Any,
        Loss::Any,
        Loss::Any,
        Loss::Any,
    ];

    fn told(self) -> &'static str {
        match self {
            Loss::Everything => "all were lost",
            Loss::Nothing => "none were lost",
            Loss::Later => "the later were lost",
            Loss::Earlier => "the earlier were lost",
            Loss::One => "one was lost or torn",
            Loss::AllButOne => "all but one were lost",
            Loss::Files => "those to some files were lost",
            Loss::Any => "any were lost or torn",
        }
    }

    /// The fates of the changes that `disk` has pending.
    fn fates(self, disk: &Disk, recording: &Recording, random: &mut Random) -> Vec<Fate> {
        let count = disk.pending.len();
        let mut fates = Vec::with_capacity(count);
        match self {
            Loss::Everything => fates.resize(count, Fate::Lost),
            Loss::Nothing => fates.resize(count, Fate::Kept),
            Loss::Later | Loss::Earlier => {
                let torn = random.below(count + 1);
                let (first, second) = match self {
                    Loss::Later => (Fate::Kept, Fate::Lost),
                    _ => (Fate::Lost, Fate::Kept),
                };
                fates.resize(torn, first);
                fates.resize(count, second);
                if let Some(fate) = fates.get_mut(torn) {
                    *fate = Fate::Torn;
                }
            }
            Loss::One | Loss::AllButOne => {
                let (most, one) = match self {
                    Loss::One => (Fate::Kept, Fate::Lost),
                    _ => (Fate::Lost, Fate::Kept),
                };
                fates.resize(count, most);
                let chosen = random.below(count.max(1));
                let torn = random.below(2) == 0;
                if let Some(fate) = fates.get_mut(chosen) {
                    *fate = if torn { Fate::Torn } else { one };
                }
            }
            Loss::Files => {
                let salt = random.next();
                fates.extend(disk.pending.iter().map(|&number| {
                    let change = &recording.changes[number];
                    // A file's name is part of its directory, so the name may go where the contents stay.
                    let part = change.file() as u64 * 2 + u64::from(change.names()[0].is_some());
                    if Random(salt ^ part).below(2) == 0 { Fate::Kept } else { Fate::Lost }
                }));
            }
            Loss::Any => {
                let kept = 1 + random.below(7);
                fates.extend((0..count).map(|_| match (random.below(8) < kept, random.below(4)) {
                    (true, 0) => Fate::Torn,
                    (true, _) => Fate::Kept,
                    (false, 0) => Fate::Hollow,
                    (false, _) => Fate::Lost,
                }));
            }
        }
        fates
    }
}

/// What becomes of a change that was not synced.
#[derive(Clone, Copy)]
enum Fate {
    Kept,
    Lost,
    /// Some of its sectors are there; a change without sectors is kept or lost.
    Torn,
    /// The file took its new length but not the data.
    Hollow,
}

/// The synced contents of the folder at some moment, and the changes that were not synced by then.
#[derive(Clone, Default)]
struct Disk {
    /// The contents of the files, which are numbered, as a name may come to stand for another file.
    contents: Vec<Vec<u8>>,
    names: BTreeMap<PathBuf, usize>,
    /// The changes entered and not synced, in the order they were entered.
    pending: Vec<usize>,
}

impl Disk {
    /// Takes the disk past one moment of the recording.
    fn advance(&mut self, recording: &Recording, number: usize) {
        match &recording.moments[number] {
            Moment::Began(change) => {
                self.pending.push(*change);
                let file = recording.changes[*change].file();
                if file >= self.contents.len() {
                    self.contents.resize(file + 1, Vec::new());
                }
            }
            Moment::FileSynced { file, since } => self.sync(recording, *since, |change| {
                // The rename of a file waits for its directory, as the disk may still have the old name.
                change.file() == *file && !matches!(change, Change::Remove { .. } | Change::Rename { .. })
            }),
            Moment::FolderSynced { folder, since } => {
                self.sync(recording, *since, |change| change.is_in(folder));
                self.forget_unnamed(recording);
            }
            Moment::Acknowledged(_) | Moment::Passed => {}
        }
    }

    /// Makes those pending changes that `covered` picks durable, if they had ended before the moment `since`.
    fn sync(&mut self, recording: &Recording, since: usize, covered: impl Fn(&Change) -> bool) {
        let mut kept: Vec<usize> = Vec::with_capacity(self.pending.len());
        for number in std::mem::take(&mut self.pending) {
            let change = &recording.changes[number];
            if recording.ended[number] >= since || !covered(change) {
                kept.push(number);
                continue;
            }
            self.settle_names(recording, &mut kept, change);
            rename(&mut self.names, change);
            let contents = &mut self.contents[change.file()];
            match change {
                Change::Write { offset, data, .. } => put(contents, *offset, data),
                Change::Resize { length, .. } => contents.resize(*length as usize, 0),
                Change::Grow { length, .. } => grow(contents, *length),
                Change::Create { .. } | Change::Remove { .. } | Change::Rename { .. } => {}
            }
        }
        self.pending = kept;
    }

    /// Makes those `pending` changes durable that `change`, which follows them and is durable, builds upon.
    ///
    /// What stands under a name cannot be undone by an earlier change to the same name, and where that was a
    /// rename, the file it moved out of the way is where it moved it.
    fn settle_names(&mut self, recording: &Recording, pending: &mut Vec<usize>, change: &Change) {
        let mut names: Vec<&PathBuf> = change.names().into_iter().flatten().collect();
        if names.is_empty() {
            return;
        }
        let mut settled = Vec::new();
        for at in (0..pending.len()).rev() {
            let earlier = &recording.changes[pending[at]];
            if earlier.names().into_iter().flatten().any(|name| names.contains(&name)) {
                names.extend(earlier.names().into_iter().flatten());
                settled.push(pending.remove(at));
            }
        }
        for number in settled.into_iter().rev() {
            rename(&mut self.names, &recording.changes[number]);
        }
    }

    /// Drops the contents of files that no longer can have a name, so that they cost nothing further.
    fn forget_unnamed(&mut self, recording: &Recording) {
        let mut named: HashSet<usize> = self.names.values().copied().collect();
        let changes = self.pending.iter().map(|&number| &recording.changes[number]);
        named.extend(changes.filter(|change| change.names_its_file()).map(Change::file));
        self.pending.retain(|&number| named.contains(&recording.changes[number].file()));
        for (file, contents) in self.contents.iter_mut().enumerate() {
            if !contents.is_empty() && !named.contains(&file) {
                *contents = Vec::new();
            }
        }
    }

    /// The files after a power cut in which the pending changes are lost as `loss` says.
    fn crash(&self, recording: &Recording, loss: Loss, random: &mut Random) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut fates = loss.fates(self, recording, random);
        let pending = || self.pending.iter().map(|&number| &recording.changes[number]);
        let mut names = self.names.clone();
        for (change, fate) in pending().zip(&mut fates) {
            if matches!(change, Change::Write { .. }) {
                continue;
            }
            if matches!(fate, Fate::Torn) {
                *fate = if random.below(2) == 0 { Fate::Kept } else { Fate::Lost };
            }
            if matches!(fate, Fate::Kept) {
                rename(&mut names, change);
            }
        }
        let mut contents: HashMap<usize, Vec<u8>> =
            names.values().map(|&file| (file, self.contents[file].clone())).collect();
        for (change, fate) in pending().zip(&fates) {
            let Some(contents) = contents.get_mut(&change.file()) else { continue };
            match (change, fate) {
                (Change::Write { offset, data, .. }, fate) => write(contents, *offset, data, *fate, random),
                (Change::Resize { length, .. }, Fate::Kept) => contents.resize(*length as usize, 0),
                (Change::Grow { length, .. }, Fate::Kept) => grow(contents, *length),
                _ => {}
            }
        }
        // Each file has one name, as hard links are refused.
        names.into_iter().filter_map(|(name, file)| Some((name, contents.remove(&file)?))).collect()
    }
}

/// Applies a change to the names of files.
fn rename(names: &mut BTreeMap<PathBuf, usize>, change: &Change) {
    match change {
        Change::Create { file, name } => {
            names.insert(name.clone(), *file);
        }
        Change::Remove { file, name } => {
            // Another file may have taken the name where the creation of the removed one was lost.
            if names.get(name) == Some(file) {
                names.remove(name);
            }
        }
        Change::Rename { file, to, .. } => {
            // Where an earlier rename was lost, the file still has a name older than `from`; it has one only.
            names.retain(|_, named| named != file);
            names.insert(to.clone(), *file);
        }
        Change::Write { .. } | Change::Resize { .. } | Change::Grow { .. } => {}
    }
}

/// Writes `data` over `contents` as far as its fate lets it.
fn write(contents: &mut Vec<u8>, offset: u64, data: &[u8], fate: Fate, random: &mut Random) {
    let end = offset + data.len() as u64;
    match fate {
        Fate::Lost => {}
        Fate::Kept => put(contents, offset, data),
        Fate::Hollow => grow(contents, end),
        Fate::Torn => {
            let first = offset / SECTOR;
            let count = (end.div_ceil(SECTOR) - first) as usize;
            let shape = random.below(3);
            let edge = random.below(count + 1);
            for sector in 0..count {
                let kept = match shape {
                    0 => random.below(2) == 0,
                    1 => sector < edge,
                    _ => sector >= edge,
                };
                if kept {
                    let start = ((first + sector as u64) * SECTOR).max(offset);
                    let stop = ((first + sector as u64 + 1) * SECTOR).min(end);
                    put(contents, start, &data[(start - offset) as usize..(stop - offset) as usize]);
                }
            }
            if random.below(2) == 0 {
                grow(contents, end);
            }
        }
    }
}

/// Puts `data` into `contents` at `offset`, with zeros before it where there was nothing.
fn put(contents: &mut Vec<u8>, offset: u64, data: &[u8]) {
    grow(contents, offset + data.len() as u64);
    let start = offset as usize;
    contents[start..start + data.len()].copy_from_slice(data);
}

/// Fills `contents` up to `length` with zeros.
fn grow(contents: &mut Vec<u8>, length: u64) {
    if contents.len() < length as usize {
        contents.resize(length as usize, 0);
    }
}

/// A random number generator: SplitMix64, by Steele, Lea and Flood.
///
/// Its state is a counter that goes up by an odd constant close to the golden ratio times 2⁶⁴, so it passes
/// through every 64-bit number once; each output is the counter after two rounds of shifting and multiplying,
/// which spread every bit over the whole word. Any seed is a good one, and the numbers that follow from it
/// are the same on every machine and in every version of this program, as a seed must.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `bound`, which is not zero.
    fn below(&mut self, bound: usize) -> usize {
        // The upper half of the product is uniform up to a bias far too small to matter here.
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

/// A point in the log at which a call was entered or returned.
struct Step {
    line: usize,
    /// The number of the action that the call takes.
    action: usize,
    returned: bool,
}

/// What a call did, in terms of the folder.
enum Action {
    Open { descriptor: i64, path: PathBuf, create: bool, truncate: bool, append: bool },
    Seek { descriptor: i64, path: PathBuf, position: u64 },
    Write { descriptor: i64, place: Place, offset: Option<u64>, data: Vec<u8> },
    Resize { place: Place, length: u64 },
    Grow { place: Place, length: u64 },
    Sync { place: Place },
    Remove { path: PathBuf },
    Rename { from: PathBuf, to: PathBuf },
    Send { data: Vec<u8> },
}

/// What a descriptor stands for: a path relative to the folder, and whether the file had lost that name.
#[derive(Clone)]
struct Place {
    path: PathBuf,
    removed: bool,
}

/// A failure to make sense of the log.
fn malformed(line: usize, told: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {line} of the log: {told}"))
}

/// Reads the lines of a log into actions.
struct Reader {
    folder: PathBuf,
    /// The working directory, as last seen.
    working: PathBuf,
    /// The real paths of directories that names were given in.
    real: HashMap<PathBuf, PathBuf>,
}

impl Reader {
    fn new(folder: &Path) -> Reader {
        // strace shows descriptors by their real paths, so the folder must be known by its own.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        Reader { folder, working: PathBuf::from("/"), real: HashMap::new() }
    }

    fn read(mut self, mut log: impl BufRead) -> io::Result<(Vec<Step>, Vec<Option<Action>>)> {
        let mut steps = Vec::new();
        let mut actions = Vec::new();
        let mut unfinished: HashMap<u64, (usize, Vec<u8>)> = HashMap::new();
        let mut text = Vec::new();
        let mut line = 0;
        loop {
            text.clear();
            line += 1;
            // A last line without an end was cut off with strace itself.
            if log.read_until(b'\n', &mut text)? == 0 || text.pop() != Some(b'\n') {
                break;
            }
            let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let process = number(&text[..digits])
                .ok_or_else(|| malformed(line, "no process number at its start"))?
                as u64;
            let call = text[digits..].trim_ascii_start();
            if call.starts_with(b"---") || call.starts_with(b"+++") {
                continue;
            }
            if let Some(start) = call.strip_suffix(b" <unfinished ...>") {
                unfinished.insert(process, (actions.len(), start.to_vec()));
                steps.push(Step { line, action: actions.len(), returned: false });
                actions.push(None);
            } else if call.starts_with(b"<... ") {
                let Some((action, mut whole)) = unfinished.remove(&process) else { continue };
                let rest = find(call, b" resumed>").map(|at| &call[at + b" resumed>".len()..]);
                whole.extend_from_slice(rest.ok_or_else(|| malformed(line, "a call that resumes oddly"))?);
                actions[action] = self.action(&whole, line)?;
                steps.push(Step { line, action, returned: true });
            } else if let Some(action) = self.action(call, line)? {
                steps.push(Step { line, action: actions.len(), returned: false });
                steps.push(Step { line, action: actions.len(), returned: true });
                actions.push(Some(action));
            }
        }
        // A call that was in progress when the program ended may have had its effect all the same.
        for (action, start) in unfinished.into_values() {
            actions[action] = self.action(&start, line)?;
        }
        Ok((steps, actions))
    }

    /// What a call did, if it did anything to the folder or sent anything.
    fn action(&mut self, text: &[u8], line: usize) -> io::Result<Option<Action>> {
        let Some(Call { name, arguments, result }) = Call::parse(text) else {
            return Err(malformed(line, "not a call"));
        };
        let argument = |index: usize| arguments.get(index).copied().unwrap_or_default();
        let first = Descriptor::parse(argument(0));
        if let Some(Descriptor { number: None, name: Some(path), .. }) = &first {
            self.working = PathBuf::from(OsStr::from_bytes(path));
        }
        let returned = match result {
            Outcome::Failed => return Ok(None),
            Outcome::Returned(text) => Descriptor::parse(text),
            Outcome::Missing => None,
        };
        let value = returned.as_ref().and_then(|returned| returned.number);
        let place = first.as_ref().and_then(|descriptor| self.place(descriptor));
        let descriptor = first.as_ref().and_then(|descriptor| descriptor.number).unwrap_or(-1);
        let missing = || malformed(line, "a call without the arguments it should have");
        let unsigned = |index: usize| number(argument(index)).and_then(|value| u64::try_from(value).ok());

        Ok(match name {
            b"open" | b"openat" | b"openat2" | b"creat" => {
                let flags = match name {
                    b"creat" => b"O_CREAT|O_TRUNC".as_slice(),
                    b"open" => argument(1),
                    _ => argument(2),
                };
                let has = |flag: &[u8]| find(flags, flag).is_some();
                let Some(returned) = returned else { return Ok(None) };
                match (self.place(&returned), returned.number) {
                    (Some(Place { path, removed: false }), Some(descriptor)) => Some(Action::Open {
                        descriptor,
                        path,
                        create: has(b"O_CREAT"),
                        truncate: has(b"O_TRUNC"),
                        append: has(b"O_APPEND"),
                    }),
                    _ => None,
                }
            }
            b"lseek" => match (place, value) {
                (Some(Place { path, .. }), Some(position)) => {
                    Some(Action::Seek { descriptor, path, position: position as u64 })
                }
                _ => None,
            },
            b"write" | b"writev" | b"pwrite64" | b"pwritev" | b"pwritev2" | b"sendto" | b"sendmsg" => {
                let is_send = name.starts_with(b"send")
                    || (!name.starts_with(b"p") && first.as_ref().is_some_and(Descriptor::is_client));
                if !is_send && place.is_none() {
                    return Ok(None);
                }
                let mut data = strings(argument(1));
                match value.map(|value| value as usize) {
                    Some(length) if length <= data.len() => data.truncate(length),
                    // Of a long send, what is shown will do, though some acknowledgements may be missed.
                    Some(_) if is_send => {}
                    Some(_) => return Err(malformed(line, "a write that is not shown whole")),
                    // What a client was not known to get was not acknowledged.
                    None if is_send => return Ok(None),
                    None => {}
                }
                match place {
                    _ if is_send => Some(Action::Send { data }),
                    None => None,
                    Some(place) => {
                        let offset = match name {
                            b"pwrite64" | b"pwritev" => Some(unsigned(3).ok_or_else(missing)?),
                            b"pwritev2" if argument(4) != b"0" => {
                                return Err(malformed(line, "pwritev2 with flags is not followed"));
                            }
                            // An offset of -1 stands for the current position.
                            b"pwritev2" => unsigned(3),
                            _ => None,
                        };
                        Some(Action::Write { descriptor, place, offset, data })
                    }
                }
            }
            b"ftruncate" => match place {
                Some(place) => Some(Action::Resize { place, length: unsigned(1).ok_or_else(missing)? }),
                None => None,
            },
            b"truncate" => match self.named(None, argument(0)) {
                Some(path) => Some(Action::Resize {
                    place: Place { path, removed: false },
                    length: unsigned(1).ok_or_else(missing)?,
                }),
                None => None,
            },
            b"fallocate" => match (place, argument(1)) {
                (None, _) | (Some(_), b"FALLOC_FL_KEEP_SIZE") => None,
                (Some(place), b"0") => {
                    let length = unsigned(2).zip(unsigned(3)).map(|(offset, length)| offset + length);
                    Some(Action::Grow { place, length: length.ok_or_else(missing)? })
                }
                _ => return Err(malformed(line, "this kind of fallocate is not followed")),
            },
            b"fsync" | b"fdatasync" => match (place, value) {
                (Some(place), Some(0)) => Some(Action::Sync { place }),
                _ => None,
            },
            b"unlink" => self.named(None, argument(0)).map(|path| Action::Remove { path }),
            b"unlinkat" if find(argument(2), b"AT_REMOVEDIR").is_some() => None,
            b"unlinkat" => self.named(first.as_ref(), argument(1)).map(|path| Action::Remove { path }),
            b"rename" | b"renameat" | b"renameat2" => {
                let (from, to) = match name {
                    b"rename" => (self.named(None, argument(0)), self.named(None, argument(1))),
                    _ => {
                        let second = Descriptor::parse(argument(2));
                        (self.named(first.as_ref(), argument(1)), self.named(second.as_ref(), argument(3)))
                    }
                };
                match (from, to) {
                    _ if find(argument(4), b"RENAME_EXCHANGE").is_some() => {
                        return Err(malformed(line, "an exchange of names is not followed"));
                    }
                    (Some(from), Some(to)) => Some(Action::Rename { from, to }),
                    (Some(path), None) => Some(Action::Remove { path }),
                    (None, Some(_)) => {
                        return Err(malformed(line, "a file brought into the folder from elsewhere"));
                    }
                    (None, None) => None,
                }
            }
            b"link" | b"linkat" => {
                let to = match name {
                    b"link" => self.named(None, argument(1)),
                    _ => self.named(Descriptor::parse(argument(2)).as_ref(), argument(3)),
                };
                match to {
                    Some(_) => return Err(malformed(line, "a hard link is not followed")),
                    None => None,
                }
            }
            b"copy_file_range" | b"splice" => {
                match Descriptor::parse(argument(2)).and_then(|descriptor| self.place(&descriptor)) {
                    Some(_) => return Err(malformed(line, "a copy between descriptors is not followed")),
                    None => None,
                }
            }
            b"sendfile" if place.is_some() => {
                return Err(malformed(line, "a copy between descriptors is not followed"));
            }
            b"io_uring_setup" => return Err(malformed(line, "io_uring is not followed")),
            _ => None,
        })
    }

    /// What a descriptor stands for, if it is something in the folder.
    fn place(&self, descriptor: &Descriptor) -> Option<Place> {
        let path = Path::new(OsStr::from_bytes(descriptor.name.as_ref()?));
        Some(Place { path: self.relative(path)?, removed: descriptor.removed })
    }

    /// The path relative to the folder of a name given to a call, if it is in the folder.
    fn named(&mut self, directory: Option<&Descriptor>, argument: &[u8]) -> Option<PathBuf> {
        let given = PathBuf::from(OsString::from_vec(strings(argument)));
        let directory = directory.and_then(|directory| directory.name.as_deref());
        let base = directory.map_or(self.working.as_path(), |name| Path::new(OsStr::from_bytes(name)));
        let mut plain = PathBuf::new();
        for component in base.join(given).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    plain.pop();
                }
                other => plain.push(other),
            }
        }
        let name = plain.file_name()?.to_os_string();
        plain.pop();
        let real = self.real.entry(plain).or_insert_with_key(|plain| {
            // The directory may be reached by a link, of which a descriptor's path shows nothing.
            plain.canonicalize().unwrap_or_else(|_| plain.clone())
        });
        let path = real.join(name);
        self.relative(&path)
    }

    fn relative(&self, path: &Path) -> Option<PathBuf> {
        let relative = path.strip_prefix(&self.folder).ok()?;
        (!relative.as_os_str().as_bytes().ends_with(b"-shm")).then(|| relative.to_path_buf())
    }
}

/// Turns actions into changes to numbered files.
struct Builder {
    before: Disk,
    /// The files that have names now, whatever of that is durable.
    live: HashMap<PathBuf, usize>,
    /// The files that had names last and lost them, as their descriptors may still be written to.
    removed: HashMap<PathBuf, usize>,
    lengths: Vec<u64>,
    positions: HashMap<(i64, PathBuf), Position>,
    changes: Vec<Change>,
}

/// Where a descriptor writes next.
struct Position {
    at: u64,
    append: bool,
}

/// What is known of an action when its call returns.
enum Begun {
    Change(usize),
    FileSync { file: usize, since: usize },
    FolderSync { folder: PathBuf, since: usize },
    Send,
}

impl Builder {
    fn new(before: &BTreeMap<PathBuf, Vec<u8>>) -> Builder {
        let contents: Vec<Vec<u8>> = before.values().cloned().collect();
        let names: BTreeMap<PathBuf, usize> = before.keys().cloned().zip(0..).collect();
        Builder {
            live: names.clone().into_iter().collect(),
            removed: HashMap::new(),
            lengths: contents.iter().map(|contents| contents.len() as u64).collect(),
            positions: HashMap::new(),
            changes: Vec::new(),
            before: Disk { contents, names, pending: Vec::new() },
        }
    }

    fn build(
        mut self,
        steps: Vec<Step>,
        mut actions: Vec<Option<Action>>,
        acknowledged: impl Fn(&[u8]) -> Vec<String>,
    ) -> io::Result<Recording> {
        let mut begun: HashMap<usize, (Begun, Vec<u8>)> = HashMap::new();
        let mut ended = Vec::new();
        let mut moments = Vec::new();
        let mut lines = Vec::new();
        let mut telling = BTreeSet::new();
        let mut all: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        let mut calls = 0;
        for Step { line, action: number, returned } in steps {
            let now = moments.len();
            if !returned {
                let Some(action) = actions[number].take() else { continue };
                let mut sent = Vec::new();
                let what = match action {
                    Action::Sync { place } => match self.file(&place) {
                        Some(file) => Begun::FileSync { file, since: now },
                        None if place.removed => continue,
                        None => Begun::FolderSync { folder: place.path, since: now },
                    },
                    Action::Send { data } => {
                        sent = data;
                        Begun::Send
                    }
                    other => match self.change(other, line)? {
                        Some(change) => {
                            self.changes.push(change);
                            ended.push(usize::MAX);
                            Begun::Change(self.changes.len() - 1)
                        }
                        None => continue,
                    },
                };
                calls += 1;
                lines.push(line);
                moments.push(match what {
                    Begun::Change(change) => Moment::Began(change),
                    _ => Moment::Passed,
                });
                if matches!(what, Begun::FileSync { .. } | Begun::FolderSync { .. }) {
                    telling.extend([now, now + 1]);
                }
                begun.insert(number, (what, sent));
                continue;
            }
            let Some((what, sent)) = begun.remove(&number) else { continue };
            lines.push(line);
            moments.push(match what {
                Begun::Change(change) => {
                    ended[change] = now;
                    Moment::Passed
                }
                Begun::FileSync { file, since } => {
                    telling.extend([now, now + 1]);
                    Moment::FileSynced { file, since }
                }
                Begun::FolderSync { folder, since } => {
                    telling.extend([now, now + 1]);
                    Moment::FolderSynced { folder, since }
                }
                Begun::Send => {
                    let before = all.len();
                    all.extend(acknowledged(&sent).into_iter().filter(|one| known.insert(one.clone())));
                    if all.len() > before {
                        telling.insert(now + 1);
                    }
                    Moment::Acknowledged(all.len())
                }
            });
        }
        Ok(Recording {
            before: self.before,
            changes: self.changes,
            ended,
            moments,
            lines,
            telling: telling.into_iter().collect(),
            acknowledged: all.into(),
            calls,
        })
    }

    /// The file that a descriptor stands for.
    fn file(&self, place: &Place) -> Option<usize> {
        let live = (!place.removed).then(|| self.live.get(&place.path)).flatten();
        // The name may have been lost between the call and its record, so the removed files are looked at
        // either way.
        live.or_else(|| self.removed.get(&place.path)).copied()
    }

    /// The file that a descriptor being written to stands for, if it ever had a name in the folder.
    fn written(&self, place: &Place, line: usize) -> io::Result<Option<usize>> {
        match self.file(place) {
            None if !place.removed => {
                let path = place.path.display();
                Err(malformed(line, format!("{path} was there before the recording began")))
            }
            file => Ok(file),
        }
    }

    fn change(&mut self, action: Action, line: usize) -> io::Result<Option<Change>> {
        Ok(match action {
            Action::Open { descriptor, path, create, truncate, append } => {
                self.positions.insert((descriptor, path.clone()), Position { at: 0, append });
                match self.live.get(&path) {
                    Some(&file) if truncate => {
                        self.lengths[file] = 0;
                        Some(Change::Resize { file, length: 0 })
                    }
                    Some(_) => None,
                    None if create => {
                        let file = self.lengths.len();
                        self.lengths.push(0);
                        self.live.insert(path.clone(), file);
                        Some(Change::Create { file, name: path })
                    }
                    // It is a directory, or a file from before the recording that is only read.
                    None => None,
                }
            }
            Action::Seek { descriptor, path, position } => {
                if let Some(known) = self.positions.get_mut(&(descriptor, path)) {
                    known.at = position;
                }
                None
            }
            Action::Write { descriptor, place, offset, data } => {
                let Some(file) = self.written(&place, line)? else { return Ok(None) };
                let position = self.positions.get_mut(&(descriptor, place.path.clone()));
                let offset = match (offset, position) {
                    // A descriptor opened for appending does so even where an offset is given.
                    (_, Some(position)) if position.append => self.lengths[file],
                    (Some(offset), _) => offset,
                    (None, Some(position)) => {
                        let at = position.at;
                        position.at += data.len() as u64;
                        at
                    }
                    (None, None) => {
                        let path = place.path.display();
                        return Err(malformed(line, format!("where in {path} this writes cannot be told")));
                    }
                };
                self.lengths[file] = self.lengths[file].max(offset + data.len() as u64);
                Some(Change::Write { file, offset, data })
            }
            Action::Resize { place, length } => self.written(&place, line)?.map(|file| {
                self.lengths[file] = length;
                Change::Resize { file, length }
            }),
            Action::Grow { place, length } => self.written(&place, line)?.map(|file| {
                self.lengths[file] = self.lengths[file].max(length);
                Change::Grow { file, length }
            }),
            Action::Remove { path } => self.live.remove(&path).map(|file| {
                self.removed.insert(path.clone(), file);
                Change::Remove { file, name: path }
            }),
            Action::Rename { from, to } => {
                let Some(file) = self.live.remove(&from) else {
                    let path = from.display();
                    return Err(malformed(line, format!("{path}, renamed here, is not a file known of")));
                };
                if let Some(replaced) = self.live.insert(to.clone(), file) {
                    self.removed.insert(to.clone(), replaced);
                }
                // A descriptor keeps its position, though it is shown by the new name from now on.
                let moved: Vec<i64> = self
                    .positions
                    .keys()
                    .filter(|(_, path)| *path == from)
                    .map(|(descriptor, _)| *descriptor)
                    .collect();
                for descriptor in moved {
                    if let Some(position) = self.positions.remove(&(descriptor, from.clone())) {
                        self.positions.insert((descriptor, to.clone()), position);
                    }
                }
                Some(Change::Rename { file, from, to })
            }
            Action::Sync { .. } | Action::Send { .. } => None,
        })
    }
}

/// A call as strace shows it.
struct Call<'a> {
    name: &'a [u8],
    arguments: Vec<&'a [u8]>,
    result: Outcome<'a>,
}

/// How a call ended.
enum Outcome<'a> {
    Returned(&'a [u8]),
    Failed,
    /// The call never returned, so it may or may not have had its effect.
    Missing,
}

impl<'a> Call<'a> {
    fn parse(text: &'a [u8]) -> Option<Call<'a>> {
        let open = text.iter().position(|&byte| byte == b'(')?;
        let name = &text[..open];
        let mut arguments = Vec::new();
        let mut depth = 0;
        let mut start = open + 1;
        let mut at = start;
        let mut close = None;
        while at < text.len() {
            match text[at] {
                b'"' => at = string_end(text, at),
                b'<' if text[at - 1].is_ascii_alphanumeric() => at = annotation_end(text, at),
                b'(' | b'[' | b'{' => depth += 1,
                b')' if depth == 0 => {
                    close = Some(at);
                    break;
                }
                b')' | b']' | b'}' => depth -= 1,
                b',' if depth == 0 => {
                    arguments.push(text[start..at].trim_ascii());
                    start = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        let last = text[start..close.unwrap_or(text.len())].trim_ascii();
        if !last.is_empty() {
            arguments.push(last);
        }
        let result = close.map(|close| text[close + 1..].trim_ascii_start());
        let result = match result.and_then(|result| result.strip_prefix(b"=")).map(<[u8]>::trim_ascii) {
            None | Some(b"?") => Outcome::Missing,
            Some(failed) if failed.starts_with(b"-1 ") || failed.starts_with(b"?") => Outcome::Failed,
            Some(returned) => Outcome::Returned(returned),
        };
        Some(Call { name, arguments, result })
    }
}

/// Where the string that begins at `start` has its closing quote, or the end of a text that lacks one.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at.min(text.len())
}

/// Where the note on a descriptor that begins at `start` has its closing bracket.
fn annotation_end(text: &[u8], start: usize) -> usize {
    let closes = |at: &usize| {
        // The name of a file may have a bracket in it, though strace escapes it when it escapes everything.
        text[*at] == b'>' && matches!(text.get(at + 1).copied(), None | Some(b',' | b')' | b'(' | b' '))
    };
    (start..text.len()).find(closes).unwrap_or(text.len())
}

/// A descriptor as strace shows it: its number, and what it stands for.
struct Descriptor {
    /// None stands for the working directory.
    number: Option<i64>,
    name: Option<Vec<u8>>,
    removed: bool,
}

impl Descriptor {
    fn parse(text: &[u8]) -> Option<Descriptor> {
        let open = text.iter().position(|&byte| byte == b'<');
        let shown = match &text[..open.unwrap_or(text.len())] {
            b"AT_FDCWD" => None,
            digits => Some(number(digits.split(|&byte| byte == b' ').next().unwrap_or_default())?),
        };
        let name = open.map(|open| (open, annotation_end(text, open)));
        Some(Descriptor {
            number: shown,
            name: name.map(|(open, close)| unescape(&text[open + 1..close])),
            removed: name.is_some_and(|(_, close)| text[close..].starts_with(b">(deleted)")),
        })
    }

    /// Whether a client may be at the other end: of a socket, or of the pipe that is the standard output.
    fn is_client(&self) -> bool {
        let name = self.name.as_deref().unwrap_or_default();
        let is_socket = name.starts_with(b"socket:") || name.starts_with(b"TCP") || name.starts_with(b"UNIX");
        is_socket || (self.number == Some(1) && (name.starts_with(b"pipe:") || name.starts_with(b"/dev/")))
    }
}

/// The decimal number that a text is.
fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Where `part` is first found in `text`.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The bytes of an argument: of the string that it is, or of the buffers listed in it one after the other.
fn strings(argument: &[u8]) -> Vec<u8> {
    if argument.first() == Some(&b'"') {
        return unescape(&argument[1..string_end(argument, 0)]);
    }
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < argument.len() {
        if argument[at] == b'"' {
            let end = string_end(argument, at);
            if argument[..at].ends_with(b"iov_base=") {
                bytes.extend(unescape(&argument[at + 1..end]));
            }
            at = end;
        }
        at += 1;
    }
    bytes
}

/// The bytes that an escaped text stands for.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 + 1);
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return bytes,
            [b'\\', b'x', high, low, rest @ ..] => {
                bytes.push(hexadecimal(*high) << 4 | hexadecimal(*low));
                rest
            }
            [b'\\', b'0'..=b'7', ..] => {
                let digits =
                    rest[1..].iter().take(3).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
                let value =
                    rest[1..=digits].iter().fold(0_u16, |value, digit| value * 8 + u16::from(digit - b'0'));
                bytes.push(value as u8);
                &rest[digits + 1..]
            }
            [b'\\', letter, rest @ ..] => {
                bytes.push(match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'v' => 0x0b,
                    b'f' => 0x0c,
                    other => *other,
                });
                rest
            }
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

/// The value of a hexadecimal digit.
fn hexadecimal(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a client is told, as these tests have it: every word that begins with a number sign.
    fn marks(bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        text.split_whitespace().filter(|word| word.starts_with('#')).map(String::from).collect()
    }

    fn recording(log: &str) -> Recording {
        read(log).expect("the log should be understood")
    }

    fn read(log: &str) -> io::Result<Recording> {
        Recording::parse(log.as_bytes(), Path::new("/powercut/data"), &BTreeMap::new(), marks)
    }

    /// A log line that writes a byte over and over.
    fn filling(byte: u8, length: usize, offset: usize) -> String {
        let data = format!("\\x{byte:02x}").repeat(length);
        format!("7 pwrite64(3</powercut/data/a>, \"{data}\", {length}, {offset}) = {length}\n")
    }

    const CREATED: &str =
        "7 openat(AT_FDCWD</>, \"/powercut/data/a\", O_RDWR|O_CREAT, 0644) = 3</powercut/data/a>\n";
    const SYNCED: &str = "7 fdatasync(3</powercut/data/a>) = 0\n";
    const FOLDER_SYNCED: &str = "7 fsync(4</powercut/data>) = 0\n";

    /// The different contents a file has in many crash states cut at the end; none where it does not exist.
    fn endings(recording: &Recording, name: &str) -> BTreeSet<Option<Vec<u8>>> {
        let end = recording.moments();
        (0..500).map(|seed| recording.crash_state(end, seed).files.get(Path::new(name)).cloned()).collect()
    }

    fn contents(name: &str, bytes: &[u8]) -> BTreeMap<PathBuf, Vec<u8>> {
        BTreeMap::from([(PathBuf::from(name), bytes.to_vec())])
    }

    #[test]
    fn escapes_stand_for_their_bytes() {
        assert_eq!(unescape(br"\x41\x00\xfF"), [0x41, 0x00, 0xff]);
        assert_eq!(unescape(br#"a\n\t\\\"\0\1012\7"#), b"a\n\t\\\"\0A2\x07");
    }

    #[test]
    fn a_call_is_split_into_name_arguments_and_result() {
        let text = br#"pwrite64(3</a/b, c>d>, "\x28,\"(", 4, 4096) = 4"#;
        let call = Call::parse(text).expect("a call");
        assert_eq!(call.name, b"pwrite64");
        let arguments: [&[u8]; 4] = [b"3</a/b, c>d>", br#""\x28,\"(""#, b"4", b"4096"];
        assert_eq!(call.arguments, arguments);
        assert!(matches!(call.result, Outcome::Returned(b"4")));
    }

    #[test]
    fn a_result_is_a_failure_only_if_the_call_is_known_to_have_failed() {
        let outcome = |text: &'static str| Call::parse(text.as_bytes()).expect("a call").result;
        assert!(matches!(outcome("fsync(3) = -1 EIO (Input/output error)"), Outcome::Failed));
        assert!(matches!(outcome("write(3, \"\", 0) = ? ERESTARTSYS (To be restarted)"), Outcome::Failed));
        assert!(matches!(outcome("fsync(3)                   = ?"), Outcome::Missing));
        assert!(matches!(outcome("fsync(3"), Outcome::Missing));
    }

    #[test]
    fn descriptors_are_known_by_what_strace_notes_on_them() {
        let shown = Descriptor::parse(br"12<\x2f\x61\x3e>(deleted)").expect("a descriptor");
        assert_eq!(shown.number, Some(12));
        assert_eq!(shown.name.as_deref(), Some(b"/a>".as_slice()));
        assert!(shown.removed);
        let client = |text: &str| Descriptor::parse(text.as_bytes()).expect("a descriptor").is_client();
        assert!(client("9<socket:[123]>"));
        assert!(client("1<pipe:[123]>"));
        assert!(!client("5<pipe:[123]>"));
        assert!(!client("1</powercut/output>"));
        assert!(!client("1"));
    }

    #[test]
    fn buffers_of_one_call_are_joined() {
        let sent = br#"{msg_name={sa_family=AF_UNIX, sun_path="no"}, msg_iov=[{iov_base="\x61", iov_len=1}, {iov_base="bc", iov_len=2}]}"#;
        assert_eq!(strings(sent), b"abc");
        assert_eq!(strings(br#"[{iov_base=NULL, iov_len=0}, {iov_base="d", iov_len=1}]"#), b"d");
    }

    #[test]
    fn everything_is_there_when_nothing_is_lost() {
        let log = [
            CREATED,
            "7 write(3</powercut/data/a>, \"one\", 3) = 3\n",
            "7 writev(3</powercut/data/a>, [{iov_base=\"tw\", iov_len=2}, {iov_base=\"o!\", iov_len=2}], 2) = 3\n",
            "7 lseek(3</powercut/data/a>, 1, SEEK_SET) = 1\n",
            "7 write(3</powercut/data/a>, \"N\", 1) = 1\n",
            "7 pwritev2(3</powercut/data/a>, [{iov_base=\"E\", iov_len=1}], 1, -1, 0) = 1\n",
            "7 pwrite64(3</powercut/data/a>, \"x\", 1, 8) = -1 ENOSPC (No space left on device)\n",
            "7 fallocate(3</powercut/data/a>, 0, 0, 9) = 0\n",
            "7 ftruncate(3</powercut/data/a>, 8) = 0\n",
            "7 openat(AT_FDCWD</>, \"powercut/data/b-shm\", O_RDWR|O_CREAT, 0644) = 5</powercut/data/b-shm>\n",
            "7 openat(AT_FDCWD</>, \"elsewhere\", O_RDWR|O_CREAT, 0644) = 6</elsewhere>\n",
            "7 write(6</elsewhere>, \"x\", 1) = 1\n",
            "7 --- SIGCHLD {si_signo=SIGCHLD} ---\n",
            "7 write(3</powercut/data/a>, \"this line was cut o",
        ];
        assert_eq!(recording(&log.concat()).everything(), contents("a", b"oNEtwo\0\0"));
    }

    #[test]
    fn a_write_not_synced_may_be_there_or_absent_or_torn() {
        let log = [CREATED, SYNCED, &filling(b'x', 1536, 0)].concat();
        let found = endings(&recording(&log), "a");
        let sectors = |bytes: &[u8]| [0, 512, 1024].map(|at| bytes.get(at).copied());
        let shapes: BTreeSet<_> = found.iter().flatten().map(|bytes| sectors(bytes)).collect();
        let (kept, hollow) = (Some(b'x'), Some(0));
        assert!(!found.contains(&None));
        assert!(shapes.contains(&[None, None, None]));
        assert!(shapes.contains(&[kept, kept, kept]));
        assert!(shapes.contains(&[hollow, hollow, hollow]));
        assert!(shapes.contains(&[kept, hollow, kept]));
        assert!(shapes.contains(&[hollow, hollow, kept]));
        assert!(shapes.contains(&[kept, None, None]));
        assert!(found.iter().flatten().all(|bytes| bytes.len() % 512 == 0));
    }

    #[test]
    fn tearing_leaves_what_lies_outside_the_write_alone() {
        let log = [CREATED, &filling(b'a', 1500, 0), SYNCED, &filling(b'b', 1000, 300)].concat();
        for bytes in endings(&recording(&log), "a").into_iter().flatten() {
            assert_eq!(bytes.len(), 1500);
            assert!(bytes[..300].iter().chain(&bytes[1300..]).all(|&byte| byte == b'a'));
            for piece in [300..512, 512..1024, 1024..1300] {
                assert!(bytes[piece.clone()].iter().all(|&byte| byte == bytes[piece.start]));
            }
        }
    }

    #[test]
    fn a_later_write_may_survive_an_earlier_one() {
        let log = [CREATED, SYNCED, &filling(b'a', 1, 0), &filling(b'b', 1, 1)].concat();
        let found = endings(&recording(&log), "a");
        let expected = [b"".as_slice(), b"a", b"a\0", b"ab", b"\0", b"\0b", b"\0\0"];
        assert_eq!(found, expected.into_iter().map(|bytes| Some(bytes.to_vec())).collect());
    }

    #[test]
    fn what_a_sync_covers_is_there() {
        let log = [CREATED, &filling(b'a', 2000, 0), &filling(b'b', 100, 700), SYNCED].concat();
        assert_eq!(endings(&recording(&log), "a").len(), 1);
        let failed = log.replace(") = 0", ") = -1 EIO (Input/output error)");
        assert!(endings(&recording(&failed), "a").len() > 1);
    }

    #[test]
    fn a_sync_counts_once_it_has_completed() {
        let recording = recording(&[CREATED, &filling(b'a', 4, 0), SYNCED].concat());
        let lost =
            |cut| (0..100).any(|seed| recording.crash_state(cut, seed).files != contents("a", b"aaaa"));
        assert!(lost(recording.moments() - 1));
        assert!(!lost(recording.moments()));
    }

    #[test]
    fn a_sync_covers_only_what_had_completed_before_it_was_entered() {
        let log = [
            CREATED,
            SYNCED,
            "7 pwrite64(3</powercut/data/a>, \"1\", 1, 0) = 1\n",
            "8 pwrite64(3</powercut/data/a>, \"2\", 1, 1 <unfinished ...>\n",
            "9 fdatasync(3</powercut/data/a> <unfinished ...>\n",
            "8 <... pwrite64 resumed>) = 1\n",
            "7 pwrite64(3</powercut/data/a>, \"3\", 1, 2) = 1\n",
            "9 <... fdatasync resumed>) = 0\n",
        ];
        let found = endings(&recording(&log.concat()), "a");
        assert!(found.iter().all(|bytes| bytes.as_ref().is_some_and(|bytes| bytes.starts_with(b"1"))));
        assert!(found.contains(&Some(b"1".to_vec())));
        assert!(found.contains(&Some(b"12".to_vec())));
        assert!(found.contains(&Some(b"1\x003".to_vec())));
    }

    #[test]
    fn a_write_may_be_there_before_it_has_completed() {
        let log = [CREATED, SYNCED, "7 pwrite64(3</powercut/data/a>, \"\\x31\", 1, 0 <unfinished ...>\n"];
        let found = endings(&recording(&log.concat()), "a");
        assert!(found.contains(&Some(b"1".to_vec())));
        assert!(found.contains(&Some(Vec::new())));
    }

    #[test]
    fn a_file_not_synced_may_not_exist() {
        let written = filling(b'a', 1, 0);
        assert!(endings(&recording(&[CREATED, &written].concat()), "a").contains(&None));
        assert!(!endings(&recording(&[CREATED, &written, SYNCED].concat()), "a").contains(&None));
        let named = endings(&recording(&[CREATED, &written, FOLDER_SYNCED].concat()), "a");
        assert_eq!(named, BTreeSet::from([b"".as_slice(), b"\0", b"a"].map(|bytes| Some(bytes.to_vec()))));
    }

    #[test]
    fn a_removed_file_may_be_there_until_its_directory_is_synced() {
        let removed =
            [CREATED, &filling(b'a', 1, 0), SYNCED, "7 unlink(\"/powercut/data/a\") = 0\n"].concat();
        let found = endings(&recording(&removed), "a");
        assert_eq!(found, BTreeSet::from([None, Some(b"a".to_vec())]));
        let synced = endings(&recording(&(removed + FOLDER_SYNCED)), "a");
        assert_eq!(synced, BTreeSet::from([None]));
    }

    #[test]
    fn a_name_taken_again_never_brings_back_what_was_replaced_durably() {
        let log = [
            CREATED,
            &filling(b'a', 1, 0),
            SYNCED,
            "7 unlinkat(5</powercut/data>, \"a\", 0) = 0\n",
            "7 pwrite64(3</powercut/data/a>(deleted), \"z\", 1, 0) = 1\n",
            CREATED,
            &filling(b'b', 1, 0),
        ]
        .concat();
        let found = endings(&recording(&log), "a");
        let expected = [None, Some("a"), Some("z"), Some(""), Some("\0"), Some("b")];
        assert_eq!(found, expected.map(|bytes| bytes.map(|bytes| bytes.as_bytes().to_vec())).into());
        assert_eq!(endings(&recording(&(log + SYNCED)), "a"), BTreeSet::from([Some(b"b".to_vec())]));
    }

    #[test]
    fn a_rename_happens_whole_or_not_at_all() {
        let renamed = [
            CREATED,
            &filling(b'a', 1, 0),
            SYNCED,
            "7 renameat2(AT_FDCWD</powercut>, \"data/a\", AT_FDCWD</powercut>, \"data/b\", RENAME_NOREPLACE) = 0\n",
        ]
        .concat();
        let recording_of = |log: &str| {
            let recording = recording(log);
            let end = recording.moments();
            let states: BTreeSet<_> = (0..200).map(|seed| recording.crash_state(end, seed).files).collect();
            states
        };
        let both = BTreeSet::from([contents("a", b"a"), contents("b", b"a")]);
        assert_eq!(recording_of(&renamed), both);
        // Syncing the file says nothing of its new name.
        assert_eq!(recording_of(&format!("{renamed}7 fsync(3</powercut/data/b>) = 0\n")), both);
        assert_eq!(recording_of(&(renamed + FOLDER_SYNCED)), BTreeSet::from([contents("b", b"a")]));
    }

    #[test]
    fn a_file_moved_out_of_the_way_is_there_once_what_took_its_name_is() {
        let log = [
            CREATED,
            &filling(b'a', 1, 0),
            SYNCED,
            "7 rename(\"/powercut/data/a\", \"/powercut/data/b\") = 0\n",
            CREATED,
            &filling(b'c', 1, 0),
            SYNCED,
        ]
        .concat();
        let recording = recording(&log);
        let found = endings(&recording, "a").into_iter().chain(endings(&recording, "b"));
        assert_eq!(found.collect::<Vec<_>>(), [Some(b"c".to_vec()), Some(b"a".to_vec())]);
    }

    #[test]
    fn files_from_before_the_recording_are_there_if_given() {
        let log = filling(b'b', 1, 1);
        let told = read(&log).err().expect("a file that appears from nowhere").to_string();
        assert_eq!(told, "line 1 of the log: a was there before the recording began");
        let before = contents("a", b"aaa");
        let recording = Recording::parse(log.as_bytes(), Path::new("/powercut/data"), &before, marks);
        let recording = recording.expect("the log should be understood");
        let expected = [b"aaa".as_slice(), b"aba"].map(|bytes| Some(bytes.to_vec()));
        assert_eq!(endings(&recording, "a"), expected.into());
    }

    #[test]
    fn a_send_acknowledges_once_it_has_completed() {
        let log = [
            "7 sendto(9<socket:[1]>, \"\\x23\\x31\\x20\", 3, MSG_NOSIGNAL, NULL, 0) = 3\n",
            "7 write(9<socket:[1]>, \"#2 #3\", 5) = 3\n",
            "7 write(2<pipe:[4]>, \"#no\", 3) = 3\n",
            "7 write(9<socket:[1]>, \"#no\", 3) = -1 EPIPE (Broken pipe)\n",
            "7 writev(1<pipe:[2]>, [{iov_base=\"#\", iov_len=1}, {iov_base=\"4\", iov_len=1}], 2 <unfinished ...>\n",
            "8 sendmsg(9<socket:[1]>, {msg_iov=[{iov_base=\"#1\", iov_len=2}], msg_iovlen=1}, 0) = 2\n",
            "7 <... writev resumed>) = 2\n",
            "7 write(9<socket:[1]>, \"#no\", 3 <unfinished ...>\n",
        ];
        let recording = recording(&log.concat());
        assert_eq!(recording.acknowledgements(), 3);
        assert_eq!(recording.calls(), 4);
        let known = |cut| recording.crash_state(cut, 0).acknowledged().to_vec();
        assert!(known(1).is_empty());
        assert_eq!(known(2), ["#1"]);
        assert_eq!(known(4), ["#1", "#2"]);
        assert_eq!(known(recording.moments() - 1), ["#1", "#2"]);
        assert_eq!(known(recording.moments()), ["#1", "#2", "#4"]);
    }

    #[test]
    fn what_is_not_followed_is_refused() {
        let refused = |line: &str| read(&format!("{CREATED}{line}\n")).is_err();
        assert!(refused("7 pwrite64(3</powercut/data/a>, \"abc\"..., 5, 0) = 5"));
        assert!(refused("7 linkat(AT_FDCWD</powercut/data>, \"a\", AT_FDCWD</powercut/data>, \"b\", 0) = 0"));
        assert!(refused("7 copy_file_range(5</other>, NULL, 3</powercut/data/a>, NULL, 9, 0) = 9"));
        assert!(refused("7 io_uring_setup(8, {flags=0}) = 4"));
        assert!(refused("7 write(8</powercut/data/a>, \"abc\", 3) = 3"));
        assert!(refused(
            "7 fallocate(3</powercut/data/a>, FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE, 0, 9) = 0"
        ));
        assert!(refused("not a line of a log"));
        assert!(!refused("7 fallocate(3</powercut/data/a>, FALLOC_FL_KEEP_SIZE, 0, 9) = 0"));
    }

    #[test]
    fn a_state_is_not_written_over_another() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let recording = recording(&[CREATED, &filling(b'a', 4, 0), SYNCED].concat());
        let state = recording.crash_state(recording.moments(), 1);
        let inside = folder.path().join("state");
        state.write_to(&inside).expect("the state should be written");
        assert_eq!(fs::read(inside.join("a")).expect("the file should be there"), b"aaaa");
        assert_eq!(state.write_to(&inside).expect_err("a refusal").kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn random_numbers_are_those_of_the_published_generator() {
        let mut random = Random(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
