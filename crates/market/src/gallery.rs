//! Where the files of pictures lie: outside the database, each under the hash of its content.
//!
//! A file is named by what is in it, so the same picture is kept once, a file is never changed, and one that was damaged
//! shows. It is durable before the row that names it is committed.

use std::fs::File;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use auboutique_db::DbError;
use futures_executor::block_on;
use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use crate::no::Stop;

/// The files of pictures.
#[derive(Clone)]
pub(crate) struct Gallery {
    files: Arc<dyn ObjectStore>,
    /// The folder, when it is one: what is written there is made durable by hand.
    folder: Option<PathBuf>,
    /// Held while a file is written, and while one is looked at and removed: what was just written again is not swept.
    hand: Arc<Mutex<()>>,
}

/// The SHA-256 of a file in hex: its name.
pub(crate) fn hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Where the file of that hash lies. No folder grows too large to be listed.
fn place(hash: &str) -> String {
    format!("{}/{hash}.webp", hash.get(..2).unwrap_or("00"))
}

fn wrong(error: &object_store::Error) -> Stop {
    Stop::Wrong(format!("a picture's file: {error}"))
}

impl Gallery {
    /// Opens the folder, and makes it if there is none, for its owner alone; without a folder, files are kept in memory.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, DbError> {
        let Some(folder) = folder else {
            return Ok(Self { files: Arc::new(InMemory::new()), folder: None, hand: Arc::default() });
        };
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| {
            DbError::ReadOnly(format!("cannot make the folder of pictures {}: {error}", folder.display()))
        })?;
        let files = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| DbError::Other(format!("cannot use {}: {error}", folder.display())))?;
        Ok(Self { files: Arc::new(files), folder: Some(folder.to_owned()), hand: Arc::default() })
    }

    /// Opens the folder to look at it: one that is not there is like an empty one, and is not made.
    pub(crate) fn existing(folder: &Path) -> Result<Self, DbError> {
        Self::open(folder.is_dir().then_some(folder))
    }

    /// Keeps a file and returns its hash once it is durable. Blocks.
    pub(crate) fn keep(&self, bytes: Vec<u8>) -> Result<String, Stop> {
        let hash = hash(&bytes);
        let place = place(&hash);
        let path = place.as_str().into();
        let _hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        block_on(self.files.put(&path, PutPayload::from(bytes))).map_err(|error| wrong(&error))?;
        if let Some(folder) = &self.folder {
            let file = folder.join(&place);
            let shelf = file.parent().unwrap_or(folder);
            for each in [file.as_path(), shelf, folder.as_path()] {
                File::open(each)
                    .and_then(|open| open.sync_all())
                    .map_err(|error| Stop::Wrong(format!("{} is not durable: {error}", each.display())))?;
            }
        }
        Ok(hash)
    }

    /// A piece of a file.
    pub(crate) async fn piece(&self, hash: &str, range: std::ops::Range<u64>) -> Result<Vec<u8>, Stop> {
        let place = place(hash);
        let bytes = self.files.get_range(&place.as_str().into(), range).await;
        Ok(bytes.map_err(|error| wrong(&error))?.to_vec())
    }

    /// What is wrong with the file of that hash, if something is. Blocks.
    pub(crate) fn problem(&self, hash: &str, length: i64) -> Option<String> {
        let place = place(hash);
        let read = block_on(async {
            let found = self.files.get(&place.as_str().into()).await?;
            found.bytes().await
        });
        match read {
            Err(object_store::Error::NotFound { .. }) => Some("the file is missing".to_owned()),
            Err(error) => Some(format!("the file cannot be read: {error}")),
            Ok(bytes) if i64::try_from(bytes.len()) != Ok(length) => {
                Some(format!("the file has {} bytes instead of {length}", bytes.len()))
            }
            Ok(bytes) if self::hash(&bytes) != hash => Some("the file holds something else".to_owned()),
            Ok(_) => None,
        }
    }

    /// Visits the hashes of all files that were last written before that moment. Blocks.
    pub(crate) fn written_before(&self, micros: i64) -> Result<Vec<String>, Stop> {
        let listed = block_on(self.files.list(None).collect::<Vec<_>>());
        let mut hashes = Vec::new();
        for file in listed {
            let file = file.map_err(|error| wrong(&error))?;
            let name = file.location.filename().and_then(|name| name.strip_suffix(".webp"));
            if let Some(hash) = name
                && file.last_modified.timestamp_micros() < micros
            {
                hashes.push(hash.to_owned());
            }
        }
        Ok(hashes)
    }

    /// Removes the file of that hash, unless it was written since that moment. Says whether it was there. Blocks.
    pub(crate) fn remove_older(&self, hash: &str, micros: i64) -> Result<bool, Stop> {
        let path = place(hash).as_str().into();
        let _hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = block_on(async {
            if self.files.head(&path).await?.last_modified.timestamp_micros() >= micros {
                return Ok(false);
            }
            self.files.delete(&path).await.map(|()| true)
        });
        match removed {
            // Another node was first.
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            removed => removed.map_err(|error| wrong(&error)),
        }
    }

    /// Copies the file of that hash into another gallery. Blocks.
    pub(crate) fn copy_to(&self, other: &Self, hash: &str) -> Result<(), Stop> {
        let place = place(hash);
        let bytes = block_on(async {
            let found = self.files.get(&place.as_str().into()).await?;
            found.bytes().await
        });
        let bytes = bytes.map_err(|error| wrong(&error))?;
        if self::hash(&bytes) != hash {
            return Err(Stop::Wrong(format!(
                "the picture file {hash} holds something else than its name says"
            )));
        }
        other.keep(bytes.to_vec()).map(drop)
    }
}
