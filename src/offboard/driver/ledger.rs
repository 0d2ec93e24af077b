//! The journal's own thread: it opens the file, performs what it is asked in order, and holds the locks.
//!
//! `SQLite` blocks, so it never runs where a screen or the network waits. The locks live here so that they end after the
//! last thing that was asked, also when the driver is dropped in the middle: no commit follows a death.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::domain::SafeText;
use crate::offboard::clock::Clock;
use crate::offboard::journal::JournalError;
use crate::offboard::journal::rows::{ProcessId, ProcessRow};
use crate::offboard::journal::sqlite::Sqlite;
use crate::offboard::lock::{self, Lock, SEAT};
use crate::offboard::moment::ARRIVES_LATE;

/// What the thread works on.
pub(super) struct Desk {
    pub(super) journal: Sqlite,
    dir: PathBuf,
    seat: Option<Lock>,
    process: Option<(ProcessId, Lock)>,
}

/// Whether this process may send.
pub(super) enum Seating {
    /// It may; these processes were proved dead, each with the name of its lock file.
    Mine { me: ProcessId, dead: Dead },
    /// Another one does.
    Other(u32),
}

/// Dead processes with the names of their lock files.
pub(super) type Dead = Vec<(ProcessId, String)>;

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The way to the thread. When the last one is dropped, the thread ends, and with it the locks.
#[derive(Clone)]
pub(super) struct Ledger(mpsc::Sender<Job>);

impl Ledger {
    /// Starts the thread; what became of opening the journal comes later.
    pub(super) fn open(dir: PathBuf) -> (Self, oneshot::Receiver<Result<(), JournalError>>) {
        let (jobs, todo) = mpsc::channel::<Job>();
        let (say, opened) = oneshot::channel();
        let work = move || {
            let journal = match Sqlite::open(&dir) {
                Ok(journal) => journal,
                Err(error) => {
                    let _ = say.send(Err(error)); // nobody waits any more
                    return;
                }
            };
            let _ = say.send(Ok(()));
            let mut desk = Desk { journal, dir, seat: None, process: None };
            for job in todo {
                job(&mut desk);
            }
        };
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let _ = thread.spawn(work); // without a thread nothing opens: the receiver is closed, which says so
        (Self(jobs), opened)
    }

    /// Has something done; jobs are done in the order in which they are asked for.
    pub(super) fn ask(&self, job: impl FnOnce(&mut Desk) + Send + 'static) {
        let _ = self.0.send(Box::new(job)); // the thread ends only when opening failed: then nothing is asked
    }
}

impl Desk {
    /// Tries to be the one that sends, and finds out who is dead.
    pub(super) fn sit(&mut self, clock: &Clock) -> Result<Seating, JournalError> {
        let failed = |path: &Path, error: std::io::Error| {
            JournalError::Failed(SafeText::new(&format!("{}: {error}", path.display())))
        };
        let path = self.dir.join(SEAT);
        if self.seat.is_none() {
            match Lock::take_seat(&path).map_err(|error| failed(&path, error))? {
                Some(lock) => self.seat = Some(lock),
                None => return Ok(Seating::Other(lock::seated(&path).unwrap_or(0))),
            }
        }
        let name = format!("process-{}-{:08x}.lock", std::process::id(), fastrand::u32(..));
        let path = self.dir.join(&name);
        let lock = Lock::take(&path)
            .and_then(|lock| lock.ok_or_else(|| std::io::Error::other("its lock is held already")))
            .map_err(|error| failed(&path, error))?;
        let me = self.journal.register(&ProcessRow {
            id: ProcessId(0),
            boot: clock.boot().clone(),
            pid: std::process::id(),
            lock: name,
            inode: lock.inode(),
            began: clock.now().wall,
            late: ARRIVES_LATE,
            ended: false,
        })?;
        self.process = Some((me, lock));
        Ok(Seating::Mine { me, dead: self.died(clock)? })
    }

    /// Processes that are proved dead, and those that ended and left a run behind: for whoever has the seat.
    pub(super) fn died(&mut self, clock: &Clock) -> Result<Dead, JournalError> {
        let Some((me, _)) = self.process else { return Ok(Dead::new()) };
        let (mut rows, runs) = self.journal.read(|rows| Ok((rows.processes()?, rows.runs()?)))?;
        for run in runs.iter().filter(|run| run.ended.is_none()) {
            if rows.iter().all(|row| row.id != run.driver) {
                rows.extend(self.journal.read(|rows| rows.process(run.driver))?);
            }
        }
        let is_dead = |row: &ProcessRow| {
            let over = !row.boot.same_kernel(clock.boot());
            row.id != me && (row.ended || over || lock::is_dead(&self.dir.join(&row.lock), row.inode))
        };
        Ok(rows.iter().filter(|row| is_dead(row)).map(|row| (row.id, row.lock.clone())).collect())
    }

    /// Takes away the lock file of a process whose death is written down.
    pub(super) fn forget(&self, name: &str) {
        let _ = std::fs::remove_file(self.dir.join(name)); // a file that stays harms nobody
    }

    /// Gives seat and lock back. The lock's file goes only if the journal says that this process has `ended`: else its
    /// free lock is all that proves it.
    pub(super) fn leave(&mut self, ended: bool) {
        if let Some((_, lock)) = self.process.take().filter(|_| ended) {
            lock.remove();
        }
        self.seat = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(dir: &Path) -> Desk {
        Desk { journal: Sqlite::open(dir).unwrap(), dir: dir.to_owned(), seat: None, process: None }
    }

    fn sit(desk: &mut Desk, clock: &Clock) -> (ProcessId, Dead) {
        match desk.sit(clock).unwrap() {
            Seating::Mine { me, dead } => (me, dead),
            Seating::Other(pid) => panic!("process {pid} has it"),
        }
    }

    #[test]
    fn without_an_end_in_the_journal_the_lock_still_proves_it() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start(1.0).unwrap());
        let mut first = desk(dir.path());
        let (process, _) = sit(&mut first, &clock);
        first.leave(false); // its End failed
        let (_, dead) = sit(&mut desk(dir.path()), &clock);
        assert_eq!(dead.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [process]);
    }

    #[test]
    fn a_death_that_is_proved_later_is_found_later() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start(1.0).unwrap());
        let (mut first, mut second) = (desk(dir.path()), desk(dir.path()));
        let (process, _) = sit(&mut first, &clock);
        first.seat = None; // the kernel frees a dead process's locks one by one
        assert_eq!(sit(&mut second, &clock).1, []);
        assert_eq!(second.died(&clock).unwrap(), []);
        drop(first);
        let dead: Vec<_> = second.died(&clock).unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(dead, [process]);
    }
}
