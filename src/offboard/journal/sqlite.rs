//! The journal on disk: `SQLite`, write-ahead log, `synchronous=FULL`, every change in `BEGIN IMMEDIATE`.
//!
//! Only opening, transactions and errors are here; `store` loads and stores rows, `views` reads for screens. A journal
//! that cannot be used is never replaced by a new one: the error names the file and what to do.

use std::collections::{BTreeSet, HashMap};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction as Sql, TransactionBehavior};

use crate::domain::{MachineId, SafeText};
use crate::offboard::view::{Counts, RunId};

use super::rows::{ProcessId, ProcessRow, Seq};
use super::store::Store;
use super::{Asker, JournalError, Reply, Result, Rows, Transaction, transactions};

/// The file's name inside the state directory.
pub(crate) const FILE: &str = "journal.db";
/// The schema that this program reads and writes.
const VERSION: i64 = 1;
/// "offr": tells a journal from any other `SQLite` file.
const APPLICATION: i64 = 0x6f66_6672;
const SCHEMA: &str = include_str!("schema.sql");
/// How long a transaction waits for another process's.
const BUSY: Duration = Duration::from_secs(10);

/// File systems of the network, by their magic numbers (statfs(2)): the log's shared memory does not work there.
const NETWORK: [i64; 4] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42];

/// The journal.
pub(crate) struct Sqlite {
    connection: Connection,
    path: PathBuf,
    /// Counts of runs, as of their last event: most runs are long finished.
    pub(super) counted: HashMap<RunId, (Seq, Counts)>,
    /// Machines that belong to a run, as of the last event.
    pub(super) held: (Seq, Arc<BTreeSet<MachineId>>),
}

impl Sqlite {
    /// Opens the journal of a state directory, which is made if it is not there.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        prepare_directory(dir)?;
        let path = dir.join(FILE);
        match path.metadata() {
            Ok(found) if found.len() == 0 => return Err(damaged(&path, "it is empty")),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(dir, &path)?,
            Err(error) => return Err(unusable(&path, &error)),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(|error| opening(&path, &error))?;
        check(&connection, &path)?;
        Ok(Self { connection, path, counted: HashMap::new(), held: (Seq(-1), Arc::default()) })
    }

    /// Performs a transaction whole or not at all.
    pub(crate) fn commit(&mut self, asker: &Asker, transaction: &Transaction) -> Result<Reply> {
        self.write(|rows| transactions::apply(rows, asker, transaction))
    }

    /// Registers a process. Its rows of another boot mean what they meant: see `SlotRow::until_in`.
    pub(crate) fn register(&mut self, row: &ProcessRow) -> Result<ProcessId> {
        self.write(|rows| rows.put_process(row))
    }

    /// Changes rows: durable when this returns, or nothing was changed.
    fn write<T>(&mut self, change: impl FnOnce(&mut dyn Rows) -> Result<T>) -> Result<T> {
        let path = self.path.clone();
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let sql = begun.map_err(|error| writing(&path, &error))?;
        let done = change(&mut Store { sql: &sql, path: &path })?; // dropped on an error: rolled back
        sql.commit().map_err(|error| match writing(&path, &error) {
            JournalError::Failed(words) => JournalError::Uncertain(words),
            other => other,
        })?;
        Ok(done)
    }

    /// Reads rows as they are at one moment.
    pub(crate) fn read<T>(&mut self, read: impl FnOnce(&mut dyn Rows) -> Result<T>) -> Result<T> {
        let path = self.path.clone();
        let sql = self.reading()?;
        read(&mut Store { sql: &sql, path: &path })
    }

    /// A transaction that only reads.
    pub(super) fn reading(&mut self) -> Result<Sql<'_>> {
        let path = &self.path;
        self.connection.transaction().map_err(|error| writing(path, &error))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Changes whenever another process has written.
    pub(crate) fn data_version(&mut self) -> Result<i64> {
        self.connection
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map_err(|error| writing(&self.path, &error))
    }
}

#[cfg(test)]
impl Sqlite {
    /// Lets the file grow no more.
    pub(super) fn limit_pages(&mut self) {
        let pages: i64 = self.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        self.connection.pragma_update(None, "max_page_count", pages).unwrap();
    }

    pub(super) fn synchronous(&mut self) -> i64 {
        self.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
    }

    /// How a query is answered, in `SQLite`'s words.
    pub(super) fn plan(&mut self, query: &str) -> String {
        let query = format!("EXPLAIN QUERY PLAN {query}").replace('?', "NULL");
        let mut statement = self.connection.prepare(&query).unwrap();
        let steps = statement.query_map([], |row| row.get::<_, String>("detail")).unwrap();
        steps.collect::<rusqlite::Result<Vec<_>>>().unwrap().join("; ")
    }

    /// Changes rows behind the transactions' back.
    pub(super) fn tamper(&mut self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }
}

/// Makes the directory, for its owner alone, and refuses one in which the journal could not be trusted.
fn prepare_directory(dir: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| unusable(dir, &error))?;
    let found = dir.metadata().map_err(|error| unusable(dir, &error))?;
    if found.permissions().mode() & 0o022 != 0 {
        let shown = dir.display();
        return Err(words(format!(
            "{shown} can be written by others: make it yours alone (chmod 700 {shown})"
        )));
    }
    if let Ok(system) = rustix::fs::statfs(dir) {
        #[expect(clippy::unnecessary_cast, reason = "its type differs between architectures")]
        let kind = system.f_type as i64;
        if NETWORK.contains(&kind) {
            return Err(words(format!(
                "{} is on a network file system, where a journal cannot be kept safely: set OFFRAMP_STATE_DIR to a \
                 directory of a local disk",
                dir.display()
            )));
        }
    }
    Ok(())
}

/// Makes a new journal beside its place and links it there whole: an empty or half-made file at its place is damage,
/// never a beginning.
fn create(dir: &Path, path: &Path) -> Result<()> {
    let new = dir.join(format!("{FILE}.new-{}", std::process::id()));
    let _ = std::fs::remove_file(&new); // of a process of the same number that died here
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(|error| unusable(path, &error))?;
    let made = (|| -> rusqlite::Result<()> {
        let connection = Connection::open(&new)?;
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "application_id", APPLICATION)?;
        connection.pragma_update(None, "user_version", VERSION)
    })();
    let linked = made.map_err(|error| opening(path, &error)).and_then(|()| {
        let linked = File::open(&new).and_then(|file| file.sync_all()).and_then(|()| {
            std::fs::hard_link(&new, path).or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Ok(()), // another process was first
                _ => Err(error),
            })
        });
        linked.and_then(|()| File::open(dir)?.sync_all()).map_err(|error| unusable(path, &error))
    });
    let _ = std::fs::remove_file(&new); // only the second name of a linked file, or what failed
    linked
}

/// Refuses what is no journal, a damaged one, and one of a newer version.
fn check(connection: &Connection, path: &Path) -> Result<()> {
    let at = |error: rusqlite::Error| opening(path, &error);
    connection.busy_timeout(BUSY).map_err(at)?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(at);
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != APPLICATION {
        return Err(damaged(path, "it is no journal of offramp"));
    }
    if version > VERSION {
        return Err(words(format!(
            "{} was written by a newer offramp (version {version}, this one knows {VERSION}): use that one",
            path.display()
        )));
    }
    let sound: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(at)?;
    if sound != "ok" {
        return Err(damaged(path, &sound));
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)).map_err(at)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(at)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(at)?;
    if mode != "wal" || pragma("synchronous")? != 2 {
        return Err(words(format!("{} cannot be made durable (mode {mode})", path.display())));
    }
    // A directory that cannot be written is found here, not at the first intent.
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(at)
}

fn words(words: impl AsRef<str>) -> JournalError {
    JournalError::refused(words)
}

fn damaged(path: &Path, what: &str) -> JournalError {
    words(format!(
        "{} is damaged ({what}). It is kept as it is, and nothing is sent without it: restore nothing from a copy, \
         move it away to begin anew, and check the Action center for what it held",
        path.display()
    ))
}

fn unusable(path: &Path, error: &io::Error) -> JournalError {
    words(format!(
        "{} cannot be used ({error}): make it writable, or set OFFRAMP_STATE_DIR to a directory that is",
        path.display()
    ))
}

/// What went wrong while opening.
fn opening(path: &Path, error: &rusqlite::Error) -> JournalError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => damaged(path, &error.to_string()),
        _ => match writing(path, error) {
            JournalError::Failed(words) => JournalError::Refused(words),
            other => other,
        },
    }
}

/// What went wrong while reading or writing: nothing was changed.
pub(super) fn writing(path: &Path, error: &rusqlite::Error) -> JournalError {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full: make room",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "it cannot be written: make the directory writable, or set OFFRAMP_STATE_DIR"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another process holds it",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "it is damaged, and kept as it is",
        _ => "nothing was changed",
    };
    JournalError::Failed(SafeText::new(&format!("{}: {advice} ({error})", path.display())))
}
