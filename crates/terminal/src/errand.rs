//! What takes a while and is done beside: reading a picture's file, completing a path, making a picture ready.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, thread};

use crossbeam_channel::{Sender, unbounded};
use ratatui_image::picker::Picker;
use ratatui_image::protocol::Protocol;

use crate::picture::{self, Spot};

/// The most bytes a picture's file may have.
pub const MOST_BYTES: u64 = 8 * 1_024 * 1_024;
const ENDINGS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "gif"];

/// Something to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Errand {
    /// Read the picture's file.
    Read {
        /// Which picture of which form.
        number: u64,
        /// As it was typed.
        path: String,
    },
    /// Complete the path.
    Complete(String),
    /// Make the picture ready for the spot.
    Prepare(Spot, Arc<Vec<u8>>),
}

/// What came of it.
pub enum Done {
    /// The file, or why not.
    Read {
        /// Which picture.
        number: u64,
        /// Its bytes.
        bytes: Result<Vec<u8>, String>,
    },
    /// The path, as far as it is certain, and how it can go on.
    Completed {
        /// What was typed.
        typed: String,
        /// What it becomes.
        path: String,
        /// What could follow, when there are several.
        choices: Vec<String>,
    },
    /// The picture, when it is one.
    Prepared(Spot, Option<Protocol>),
}

/// Starts the thread that runs errands.
pub fn start(picker: Picker, mut tell: impl FnMut(Done) -> bool + Send + 'static) -> Sender<Errand> {
    let (sender, receiver) = unbounded();
    thread::spawn(move || {
        while let Ok(errand) = receiver.recv() {
            let done = match errand {
                Errand::Read { number, path } => Done::Read { number, bytes: read(&path) },
                Errand::Complete(typed) => {
                    let (path, choices) = complete(&typed);
                    Done::Completed { typed, path, choices }
                }
                Errand::Prepare(spot, bytes) => {
                    let protocol = picture::prepare(&picker, &bytes, spot.1, spot.2);
                    Done::Prepared(spot, protocol)
                }
            };
            if !tell(done) {
                return;
            }
        }
    });
    sender
}

/// A path as people type it: `~` is home, and what a file manager drops is quoted.
fn expand(typed: &str) -> PathBuf {
    let typed = typed.trim();
    let bare = typed
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
        .or_else(|| typed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')))
        .unwrap_or(typed);
    let bare = bare.strip_prefix("file://").unwrap_or(bare);
    match (bare.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ if bare.contains("\\ ") && !Path::new(bare).exists() => PathBuf::from(bare.replace("\\ ", " ")),
        _ => PathBuf::from(bare),
    }
}

fn read(typed: &str) -> Result<Vec<u8>, String> {
    let path = expand(typed);
    let facts = fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if !facts.is_file() {
        return Err(format!("{} is no file.", path.display()));
    }
    if facts.len() > MOST_BYTES {
        return Err("A picture can have 8 MiB at most. Save it smaller.".to_owned());
    }
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    match image::guess_format(&bytes) {
        Ok(
            image::ImageFormat::Jpeg
            | image::ImageFormat::Png
            | image::ImageFormat::WebP
            | image::ImageFormat::Gif,
        ) => Ok(bytes),
        _ => Err("This is no JPEG, PNG, WebP or GIF picture.".to_owned()),
    }
}

/// The path as far as all files agree that begin like it, and their names when they are several.
fn complete(typed: &str) -> (String, Vec<String>) {
    let (folder, begun) = typed.rsplit_once('/').map_or(("", typed), |(folder, begun)| (folder, begun));
    let place = if typed.contains('/') { expand(&format!("{folder}/")) } else { PathBuf::from(".") };
    let Ok(entries) = fs::read_dir(place) else { return (typed.to_owned(), Vec::new()) };
    let mut names: Vec<String> = entries
        .flatten()
        .take(10_000)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let folder = entry.path().is_dir();
            let picture = Path::new(&name)
                .extension()
                .is_some_and(|ending| ENDINGS.contains(&ending.to_string_lossy().to_lowercase().as_str()));
            let fits = name.starts_with(begun) && (!name.starts_with('.') || begun.starts_with('.'));
            (fits && (folder || picture)).then(|| if folder { format!("{name}/") } else { name })
        })
        .collect();
    names.sort();
    let Some(first) = names.first() else { return (typed.to_owned(), Vec::new()) };
    let mut shared = first.clone();
    for name in &names {
        while !name.starts_with(&shared) {
            shared.pop();
        }
    }
    let path = format!("{}{shared}", &typed[..typed.len() - begun.len()]);
    (path, if names.len() > 1 { names } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_completed_as_far_as_the_files_agree() {
        let folder = std::env::temp_dir().join(format!("auboutique-complete-{}", std::process::id()));
        fs::create_dir_all(folder.join("lamps")).unwrap();
        for name in ["lamp-1.png", "lamp-2.JPG", "lamp.txt", "book.webp"] {
            fs::write(folder.join(name), b"x").unwrap();
        }
        let base = folder.display();
        assert_eq!(complete(&format!("{base}/b")), (format!("{base}/book.webp"), vec![]));
        let (path, choices) = complete(&format!("{base}/la"));
        assert_eq!(path, format!("{base}/lamp"));
        assert_eq!(choices, ["lamp-1.png", "lamp-2.JPG", "lamps/"]);
        assert_eq!(complete(&format!("{base}/zz")).0, format!("{base}/zz"));
        assert!(read(&format!("{base}/lamp-1.png")).is_err(), "it is no picture inside");
        assert!(read(&base.to_string()).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
