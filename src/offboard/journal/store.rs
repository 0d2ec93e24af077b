//! Rows to and from `SQLite`. No rules: see `transactions`.
//!
//! What comes out of the file is outside text again: it goes through the same doors as the service's answers.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, Transaction as Sql, params};

use crate::domain::{ActionId, ActionKind, ActionStatus, Comment, MachineAction, MachineId, SafeText};
use crate::offboard::budget::{Pause, Until};
use crate::offboard::machine_run::{DoubtKind, restored, stored};
use crate::offboard::moment::{ARRIVES_LATE_BEHIND_PROXY, Boot, Raw};
use crate::offboard::view::{Counts, MachineState, RunId};

use super::rows::{
    ActionRow, BucketId, BucketKey, BucketRow, EventRow, MachineRow, Operator, ProcessId, ProcessRow, RunRow,
    Seq, SlotId, SlotRow, Wish, count,
};
use super::sqlite::writing;
use super::{Result, Rows};

/// Read often, and most machines of a journal are long final: the claim's index holds the others alone. It is used
/// only where its own condition stands word by word.
pub(super) const HELD: &str = "SELECT machine FROM machine INDEXED BY machine_claim
    WHERE state IN ('sending', 'doubt', 'accepted', 'adopted', 'undecided')";
pub(super) const FOLLOWED_BEFORE: &str = "SELECT * FROM machine INDEXED BY machine_claim
    WHERE state IN ('sending', 'doubt', 'accepted', 'adopted', 'undecided') AND tenant = ?
        AND state IN ('accepted', 'adopted') AND action_since < ?";

/// Rows inside one transaction of `SQLite`.
pub(super) struct Store<'a> {
    pub(super) sql: &'a Sql<'a>,
    pub(super) path: &'a Path,
}

impl Store<'_> {
    pub(super) fn all<T>(
        &self,
        query: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let rows = self.sql.prepare_cached(query).and_then(|mut statement| {
            let rows = statement.query_map(params, read)?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        });
        rows.map_err(|error| writing(self.path, &error))
    }

    /// Machines that belong to a run now: what the claim holds.
    pub(super) fn held(&self) -> Result<BTreeSet<MachineId>> {
        let ids = self.all(HELD, [], |row| row.get::<_, String>(0))?;
        Ok(ids.iter().filter_map(|id| MachineId::parse(id).ok()).collect())
    }

    fn one<T>(
        &self,
        query: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.all(query, params, read).map(|rows| rows.into_iter().next())
    }

    fn change(&self, statement: &str, params: impl rusqlite::Params) -> Result<i64> {
        let done = self.sql.prepare_cached(statement).and_then(|mut prepared| prepared.execute(params));
        done.map_err(|error| writing(self.path, &error))?;
        Ok(self.sql.last_insert_rowid())
    }
}

/// 0 stands for a row without an id: the journal gives it one.
fn id(id: i64) -> Option<i64> {
    (id != 0).then_some(id)
}

impl Rows for Store<'_> {
    fn processes(&mut self) -> Result<Vec<ProcessRow>> {
        self.all("SELECT * FROM process WHERE ended = 0", [], process)
    }

    fn process(&mut self, id: ProcessId) -> Result<Option<ProcessRow>> {
        self.one("SELECT * FROM process WHERE id = ?", [id.0], process)
    }

    fn put_process(&mut self, row: &ProcessRow) -> Result<ProcessId> {
        let given = self.change(
            "INSERT INTO process (id, boot, pid, lock, inode, began, late, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET late = excluded.late, ended = excluded.ended",
            params![
                id(row.id.0),
                row.boot.as_str(),
                row.pid,
                row.lock,
                row.inode as i64,
                Instant(row.began),
                row.late,
                row.ended
            ],
        )?;
        Ok(ProcessId(id(row.id.0).unwrap_or(given)))
    }

    fn buckets(&mut self) -> Result<Vec<BucketRow>> {
        self.all("SELECT * FROM bucket WHERE api = 'offboard' ORDER BY id", [], bucket)
    }

    fn put_bucket(&mut self, row: &BucketRow) -> Result<BucketId> {
        let given = self.change(
            "INSERT INTO bucket (id, tenant, app, boot, paused_until, pause_length, pause_step, paused_at,
                                 pause_words, last_good_read, asked)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET boot = excluded.boot, paused_until = excluded.paused_until,
                 pause_length = excluded.pause_length, pause_step = excluded.pause_step,
                 paused_at = excluded.paused_at, pause_words = excluded.pause_words,
                 last_good_read = excluded.last_good_read, asked = excluded.asked",
            params![
                id(row.id.0),
                row.key.tenant.as_str(),
                row.key.app.as_str(),
                row.boot.as_str(),
                row.pause.map(|pause| pause.until.0),
                row.pause.map(|pause| pause.length),
                row.pause.map(|pause| pause.step),
                row.paused_at.0,
                row.pause_words.as_str(),
                row.last_good_read.map(Instant),
                row.asked.map(Instant),
            ],
        )?;
        Ok(BucketId(id(row.id.0).unwrap_or(given)))
    }

    fn slots(&mut self, bucket: BucketId) -> Result<Vec<SlotRow>> {
        self.all("SELECT * FROM slot WHERE bucket = ?", [bucket.0], slot)
    }

    fn open_slots(&mut self, process: ProcessId) -> Result<Vec<SlotRow>> {
        self.all("SELECT * FROM slot WHERE process = ? AND until IS NULL", [process.0], slot)
    }

    fn ends(&mut self, bucket: BucketId, boot: &Boot) -> Result<Vec<(SlotId, Until)>> {
        self.all(
            "SELECT id, iif(boot = ?2, until, ?3) FROM slot WHERE bucket = ?1",
            params![bucket.0, boot.as_str(), ARRIVES_LATE_BEHIND_PROXY],
            |row| Ok((SlotId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(Raw))),
        )
    }

    fn slot(&mut self, id: SlotId) -> Result<Option<SlotRow>> {
        self.one("SELECT * FROM slot WHERE id = ?", [id.0], slot)
    }

    fn put_slot(&mut self, row: &SlotRow) -> Result<SlotId> {
        let given = self.change(
            "INSERT INTO slot (id, bucket, process, run, machine, attempt, boot, taken, seq, until, probe)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET boot = excluded.boot, until = excluded.until",
            params![
                id(row.id.0),
                row.bucket.0,
                row.process.map(|process| process.0),
                row.run.map(|run| run.0),
                row.machine.as_ref().map(MachineId::as_str),
                row.attempt,
                row.boot.as_str(),
                row.taken.0,
                row.seq.0,
                row.until.map(|until| until.0),
                row.probe,
            ],
        )?;
        Ok(SlotId(id(row.id.0).unwrap_or(given)))
    }

    fn drop_slot(&mut self, id: SlotId) -> Result<()> {
        self.change("DELETE FROM slot WHERE id = ?", [id.0]).map(drop)
    }

    fn runs(&mut self) -> Result<Vec<RunRow>> {
        self.all("SELECT * FROM run ORDER BY id", [], run)
    }

    fn run(&mut self, id: RunId) -> Result<Option<RunRow>> {
        self.one("SELECT * FROM run WHERE id = ?", [id.0], run)
    }

    fn put_run(&mut self, row: &RunRow) -> Result<RunId> {
        let given = self.change(
            "INSERT INTO run (id, bucket, tenant, name, operator, sudo_user, login_uid, ssh_connection, comment,
                              requestor, confirmed, wish, why, stopped, driver, frozen, fail_kind, fail_count,
                              fail_seq, never_again, canary, gate_open, ended, changed, last_word)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET requestor = excluded.requestor, wish = excluded.wish,
                 why = excluded.why, stopped = excluded.stopped, driver = excluded.driver,
                 fail_kind = excluded.fail_kind, fail_count = excluded.fail_count, fail_seq = excluded.fail_seq,
                 gate_open = excluded.gate_open, ended = excluded.ended, changed = excluded.changed,
                 last_word = excluded.last_word",
            params![
                id(row.id.0),
                row.bucket.0,
                row.tenant.as_str(),
                row.name,
                row.operator.name.as_str(),
                text(row.operator.sudo_user.as_ref()),
                text(row.operator.login_uid.as_ref()),
                text(row.operator.ssh_connection.as_ref()),
                row.comment.as_sent(),
                text(row.requestor.as_ref()),
                Instant(row.confirmed),
                match row.wish {
                    Wish::Go => "go",
                    Wish::Pause => "pause",
                    Wish::Cancel => "cancel",
                },
                text(row.why.as_ref()),
                row.stopped.map(Instant),
                row.driver.0,
                row.frozen.0,
                text(row.fail_kind.as_ref()),
                row.fail_count,
                row.fail_seq.0,
                row.never_again,
                row.canary,
                row.gate_open,
                row.ended.map(Instant),
                row.changed.0,
                Instant(row.last_word),
            ],
        )?;
        Ok(RunId(id(row.id.0).unwrap_or(given)))
    }

    fn machine(&mut self, run: RunId, id: &MachineId) -> Result<Option<MachineRow>> {
        self.one("SELECT * FROM machine WHERE run = ? AND machine = ?", params![run.0, id.as_str()], machine)
    }

    fn machines_in(&mut self, run: RunId, state: MachineState, most: usize) -> Result<Vec<MachineRow>> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.all(
            "SELECT * FROM machine WHERE run = ? AND state = ? ORDER BY ord LIMIT ?",
            params![run.0, stored(state), most],
            machine,
        )
    }

    fn machines(&mut self, run: RunId) -> Result<Vec<MachineRow>> {
        self.all("SELECT * FROM machine WHERE run = ? ORDER BY ord", [run.0], machine)
    }

    fn same_machine(&mut self, tenant: &SafeText, id: &MachineId) -> Result<Vec<MachineRow>> {
        self.all(
            "SELECT * FROM machine WHERE machine = ? AND tenant = ? ORDER BY run",
            params![id.as_str(), tenant.as_str()],
            machine,
        )
    }

    fn movable(&mut self, tenant: &SafeText) -> Result<HashSet<MachineId>> {
        let ids = self.all(
            "SELECT m.machine FROM run r JOIN machine m ON m.run = r.id
             WHERE r.tenant = ? AND r.ended IS NULL AND m.state IN ('queued', 'doubt', 'undecided')",
            [tenant.as_str()],
            |row| row.get::<_, Id<MachineId>>(0),
        )?;
        Ok(ids.into_iter().map(|id| id.0).collect())
    }

    fn put_machine(&mut self, row: &MachineRow) -> Result<()> {
        let facts = serde_json::to_string(&row.facts).expect("facts are plain values");
        self.change(
            "INSERT INTO machine (run, tenant, machine, ord, name, facts, last_seen, inactive, state, attempt,
                                  intended, sent, boot, doubt_kind, doubts, doubt_since, look_after, action,
                                  action_since, words)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (run, machine) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,
                 intended = excluded.intended, sent = excluded.sent, boot = excluded.boot,
                 doubt_kind = excluded.doubt_kind, doubts = excluded.doubts,
                 doubt_since = excluded.doubt_since, look_after = excluded.look_after,
                 action = excluded.action, action_since = excluded.action_since, words = excluded.words",
            params![
                row.run.0,
                row.tenant.as_str(),
                row.id.as_str(),
                row.ord,
                text(row.name.as_ref()),
                facts,
                row.last_seen.map(Instant),
                row.inactive,
                stored(row.state),
                row.attempt,
                row.intended.map(Instant),
                row.sent.map(Instant),
                row.boot.as_str(),
                row.doubt_kind.map(DoubtKind::as_str),
                row.doubts,
                row.doubt_since.map(Instant),
                row.look_after.map(|after| after.0),
                row.action.as_ref().map(ActionId::as_str),
                row.action_since.map(Instant),
                text(row.words.as_ref()),
            ],
        )
        .map(drop)
    }

    fn counts(&mut self, run: RunId) -> Result<Counts> {
        let rows =
            self.all("SELECT state, count(*) FROM machine WHERE run = ? GROUP BY state", [run.0], |row| {
                Ok((row.get::<_, State>(0)?.0, row.get::<_, i64>(1)?))
            })?;
        let mut counts = Counts::default();
        for (state, n) in rows {
            count(&mut counts, state, n as usize);
        }
        Ok(counts)
    }

    fn queued(&mut self, run: RunId) -> Result<usize> {
        let query = "SELECT count(*) FROM machine WHERE run = ? AND state = 'queued'";
        let n = self.one(query, [run.0], |row| row.get::<_, i64>(0))?;
        Ok(n.unwrap_or(0) as usize)
    }

    fn action(&mut self, tenant: &SafeText, id: &ActionId) -> Result<Option<ActionRow>> {
        let query = "SELECT * FROM action WHERE tenant = ? AND id = ?";
        self.one(query, params![tenant.as_str(), id.as_str()], action)
    }

    fn actions_on(&mut self, tenant: &SafeText, machine: &MachineId) -> Result<Vec<ActionRow>> {
        let query = "SELECT * FROM action WHERE tenant = ? AND machine = ?";
        self.all(query, params![tenant.as_str(), machine.as_str()], action)
    }

    fn ours_between(&mut self, tenant: &SafeText, from: Timestamp, to: Timestamp) -> Result<Vec<ActionRow>> {
        self.all(
            "SELECT * FROM action WHERE tenant = ? AND ours IS NOT NULL AND created BETWEEN ? AND ?",
            params![tenant.as_str(), Instant(from), Instant(to)],
            action,
        )
    }

    fn nameless_actions(&mut self, tenant: &SafeText) -> Result<Vec<ActionRow>> {
        self.all("SELECT * FROM action WHERE tenant = ? AND machine IS NULL", [tenant.as_str()], action)
    }

    fn followed_before(&mut self, tenant: &SafeText, since: Timestamp) -> Result<Vec<MachineRow>> {
        self.all(FOLLOWED_BEFORE, params![tenant.as_str(), Instant(since)], machine)
    }

    fn put_action(&mut self, row: &ActionRow) -> Result<()> {
        let it = &row.action;
        let properties = serde_json::to_string(&it.properties).expect("properties are plain text");
        self.change(
            "INSERT INTO action (tenant, id, machine, ours, seq, asked, kind, status, name, requestor, comment,
                                 created, updated, error_hresult, properties)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (tenant, id) DO UPDATE SET asked = excluded.asked, status = excluded.status,
                 updated = excluded.updated, error_hresult = excluded.error_hresult,
                 properties = excluded.properties",
            params![
                row.tenant.as_str(),
                it.id.as_str(),
                it.machine.as_ref().map(MachineId::as_str),
                row.ours.map(|run| run.0),
                row.seq.0,
                Instant(row.asked),
                it.kind.as_str(),
                it.status.as_str(),
                text(it.name.as_ref()),
                text(it.requestor.as_ref()),
                text(it.comment.as_ref()),
                it.created.map(Instant),
                it.updated.map(Instant),
                it.error_hresult,
                properties,
            ],
        )
        .map(drop)
    }

    fn event(&mut self, row: &EventRow) -> Result<Seq> {
        let seq = self.change(
            "INSERT INTO event (run, machine, process, wall, kind, detail) VALUES (?, ?, ?, ?, ?, ?)",
            params![
                row.run.map(|run| run.0),
                row.machine.as_ref().map(MachineId::as_str),
                row.process.map(|process| process.0),
                Instant(row.wall),
                row.kind.as_str(),
                row.detail.as_str(),
            ],
        )?;
        Ok(Seq(seq))
    }

    fn last_seq(&mut self) -> Result<Seq> {
        let last = self.one("SELECT max(seq) FROM event", [], |row| row.get::<_, Option<i64>>(0))?;
        Ok(Seq(last.flatten().unwrap_or(0)))
    }
}

fn process(row: &Row<'_>) -> rusqlite::Result<ProcessRow> {
    Ok(ProcessRow {
        id: ProcessId(row.get("id")?),
        boot: boot(row)?,
        pid: row.get("pid")?,
        lock: row.get("lock")?,
        inode: row.get::<_, i64>("inode")? as u64,
        began: row.get::<_, Instant>("began")?.0,
        late: row.get("late")?,
        ended: row.get("ended")?,
    })
}

fn bucket(row: &Row<'_>) -> rusqlite::Result<BucketRow> {
    let until: Option<i64> = row.get("paused_until")?;
    let length: Option<i64> = row.get("pause_length")?;
    let pause = until.zip(length).map(|(until, length)| (Raw(until), length));
    let step: Option<u32> = row.get("pause_step")?;
    Ok(BucketRow {
        id: BucketId(row.get("id")?),
        key: BucketKey { tenant: safe(row, "tenant")?, app: safe(row, "app")? },
        boot: boot(row)?,
        pause: pause.map(|(until, length)| Pause { until, length, step: step.unwrap_or(0) }),
        paused_at: Seq(row.get("paused_at")?),
        pause_words: safe(row, "pause_words")?,
        last_good_read: instant(row, "last_good_read")?,
        asked: instant(row, "asked")?,
    })
}

pub(super) fn slot(row: &Row<'_>) -> rusqlite::Result<SlotRow> {
    Ok(SlotRow {
        id: SlotId(row.get("id")?),
        bucket: BucketId(row.get("bucket")?),
        process: row.get::<_, Option<i64>>("process")?.map(ProcessId),
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        machine: row.get::<_, Option<Id<MachineId>>>("machine")?.map(|id| id.0),
        attempt: row.get("attempt")?,
        boot: boot(row)?,
        taken: Raw(row.get("taken")?),
        seq: Seq(row.get("seq")?),
        until: row.get::<_, Option<i64>>("until")?.map(Raw),
        probe: row.get("probe")?,
    })
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: RunId(row.get("id")?),
        bucket: BucketId(row.get("bucket")?),
        tenant: safe(row, "tenant")?,
        name: safe(row, "name")?.to_string(),
        operator: Operator {
            name: safe(row, "operator")?,
            sudo_user: maybe(row, "sudo_user")?,
            login_uid: maybe(row, "login_uid")?,
            ssh_connection: maybe(row, "ssh_connection")?,
        },
        comment: row.get::<_, Id<Comment>>("comment")?.0,
        requestor: maybe(row, "requestor")?,
        confirmed: row.get::<_, Instant>("confirmed")?.0,
        wish: match row.get_ref("wish")?.as_str()? {
            "go" => Wish::Go,
            "cancel" => Wish::Cancel,
            _ => Wish::Pause,
        },
        why: maybe(row, "why")?,
        stopped: instant(row, "stopped")?,
        driver: ProcessId(row.get("driver")?),
        frozen: Seq(row.get("frozen")?),
        fail_kind: maybe(row, "fail_kind")?,
        fail_count: row.get("fail_count")?,
        fail_seq: Seq(row.get("fail_seq")?),
        never_again: row.get("never_again")?,
        canary: row.get("canary")?,
        gate_open: row.get("gate_open")?,
        ended: instant(row, "ended")?,
        changed: Seq(row.get("changed")?),
        last_word: row.get::<_, Instant>("last_word")?.0,
    })
}

fn machine(row: &Row<'_>) -> rusqlite::Result<MachineRow> {
    let facts = row.get_ref("facts")?.as_str()?;
    Ok(MachineRow {
        run: RunId(row.get("run")?),
        tenant: safe(row, "tenant")?,
        id: row.get::<_, Id<MachineId>>("machine")?.0,
        ord: row.get("ord")?,
        name: maybe(row, "name")?,
        facts: serde_json::from_str(facts).map_err(|error| FromSqlError::Other(Box::new(error)))?,
        last_seen: instant(row, "last_seen")?,
        inactive: row.get("inactive")?,
        state: row.get::<_, State>("state")?.0,
        attempt: row.get("attempt")?,
        intended: instant(row, "intended")?,
        sent: instant(row, "sent")?,
        boot: boot(row)?,
        doubt_kind: row.get_ref("doubt_kind")?.as_str_or_null()?.map(|kind| match kind {
            "exists" => DoubtKind::Exists,
            _ => DoubtKind::Unknown,
        }),
        doubts: row.get("doubts")?,
        doubt_since: instant(row, "doubt_since")?,
        look_after: row.get::<_, Option<i64>>("look_after")?.map(Raw),
        action: row.get::<_, Option<Id<ActionId>>>("action")?.map(|id| id.0),
        action_since: instant(row, "action_since")?,
        words: maybe(row, "words")?,
    })
}

pub(super) fn action(row: &Row<'_>) -> rusqlite::Result<ActionRow> {
    let properties = row.get_ref("properties")?.as_str()?;
    Ok(ActionRow {
        tenant: safe(row, "tenant")?,
        ours: row.get::<_, Option<i64>>("ours")?.map(RunId),
        seq: Seq(row.get("seq")?),
        asked: row.get::<_, Instant>("asked")?.0,
        action: MachineAction {
            id: row.get::<_, Id<ActionId>>("id")?.0,
            kind: ActionKind::parse(row.get_ref("kind")?.as_str()?),
            status: ActionStatus::parse(row.get_ref("status")?.as_str()?),
            machine: row.get::<_, Option<Id<MachineId>>>("machine")?.map(|id| id.0),
            name: maybe(row, "name")?,
            requestor: maybe(row, "requestor")?,
            comment: maybe(row, "comment")?,
            created: instant(row, "created")?,
            updated: instant(row, "updated")?,
            error_hresult: row.get("error_hresult")?,
            properties: serde_json::from_str(properties)
                .map_err(|error| FromSqlError::Other(Box::new(error)))?,
        },
    })
}

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        seq: Seq(row.get("seq")?),
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        machine: row.get::<_, Option<Id<MachineId>>>("machine")?.map(|id| id.0),
        process: row.get::<_, Option<i64>>("process")?.map(ProcessId),
        wall: row.get::<_, Instant>("wall")?.0,
        kind: safe(row, "kind")?,
        detail: safe(row, "detail")?,
    })
}

fn boot(row: &Row<'_>) -> rusqlite::Result<Boot> {
    Ok(Boot::restored(row.get_ref("boot")?.as_str()?))
}

fn safe(row: &Row<'_>, column: &str) -> rusqlite::Result<SafeText> {
    Ok(SafeText::restored(row.get_ref(column)?.as_str()?))
}

fn maybe(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<SafeText>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map(SafeText::restored))
}

fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<Instant>>(column)?.map(|instant| instant.0))
}

fn text(text: Option<&SafeText>) -> Option<&str> {
    text.map(SafeText::as_str)
}

/// An instant as whole nanoseconds: the service's have seven digits after the second.
struct Instant(Timestamp);

impl ToSql for Instant {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0.as_nanosecond()).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Instant {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let at = Timestamp::from_nanosecond(i128::from(value.as_i64()?));
        at.map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// A state by its stored word.
pub(super) struct State(pub(super) MachineState);

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        restored(value.as_str()?).map(Self).ok_or(FromSqlError::InvalidType)
    }
}

/// A value that is parsed on its way in, as anything from outside.
pub(super) struct Id<T>(pub(super) T);

impl FromSql for Id<MachineId> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        parsed(MachineId::parse(value.as_str()?))
    }
}

impl FromSql for Id<ActionId> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        parsed(ActionId::parse(value.as_str()?))
    }
}

impl FromSql for Id<Comment> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        parsed(Comment::restored(value.as_str()?))
    }
}

fn parsed<T, E>(value: std::result::Result<T, E>) -> FromSqlResult<Id<T>>
where
    E: std::error::Error + Send + Sync + 'static,
{
    value.map(Id).map_err(|error| FromSqlError::Other(Box::new(error)))
}
