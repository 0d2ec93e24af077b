//! Locks that end by death only: `flock` on a file of one's own. It is kept while a process is stopped, and freed by
//! the kernel when it dies; a lease that expires by time would let a woken process send.
//!
//! Two kinds: each process that may send holds its own file, whose free lock proves its death; and one file, the seat,
//! which only one process at a time holds.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// The seat's file inside the state directory.
pub(super) const SEAT: &str = "sender.lock";

/// A lock that is held until it is dropped, or its process dies.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    inode: u64,
}

impl Lock {
    /// Takes the lock of a file, which is made if need be. `None`: another process holds it.
    pub(super) fn take(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            let inode = file.metadata()?.ino();
            // Another file may have come in its place between opening and locking.
            if path.metadata().is_ok_and(|there| there.ino() == inode) {
                return Ok(Some(Self { file, path: path.to_owned(), inode }));
            }
        }
    }

    /// Takes the lock and writes into the file who holds it.
    pub(super) fn take_seat(path: &Path) -> io::Result<Option<Self>> {
        let Some(mut lock) = Self::take(path)? else { return Ok(None) };
        lock.file.set_len(0)?;
        lock.file.rewind()?;
        write!(lock.file, "{}", std::process::id())?;
        Ok(Some(lock))
    }

    /// The file's inode: a journal names it beside the path.
    pub(super) fn inode(&self) -> u64 {
        self.inode
    }

    /// Gives the lock back and takes its file away: nobody has to prove anything by it any more.
    pub(super) fn remove(self) {
        let _ = std::fs::remove_file(&self.path); // a file that stays harms nobody
    }
}

/// Who holds the seat, as its file says.
pub(super) fn seated(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path).ok()?.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Whether a process is proved dead by its lock: the same file, and nobody holds it. A missing file proves nothing.
pub(super) fn is_dead(path: &Path, inode: u64) -> bool {
    let Ok(file) = OpenOptions::new().read(true).write(true).open(path) else { return false };
    file.metadata().is_ok_and(|there| there.ino() == inode)
        && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_freed_with_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(SEAT);
        let lock = Lock::take_seat(&path).unwrap().unwrap();
        let inode = lock.inode();
        assert!(Lock::take_seat(&path).unwrap().is_none(), "held");
        assert_eq!(seated(&path), Some(std::process::id()));
        assert!(!is_dead(&path, inode), "its holder lives");
        drop(lock);
        assert!(is_dead(&path, inode));
        assert!(!is_dead(&path, inode + 1), "another file of the same name proves nothing");
        assert!(Lock::take(&path).unwrap().is_some());
        std::fs::remove_file(&path).unwrap();
        assert!(!is_dead(&path, inode), "a missing file proves nothing");
    }
}
