//! The journal on disk: what it refuses, what it keeps, and the guards of its transactions.

use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use jiff::Timestamp;

use super::rows::{BucketKey, Operator, ProcessId, ProcessRow, Wish};
use super::sqlite::{FILE, Sqlite};
use super::*;
use crate::offboard::moment::{ARRIVES_LATE, ARRIVES_LATE_BEHIND_PROXY, LIST_LATE, shifted};
use crate::offboard::simulation::{action, plan};

fn opening(dir: &Path) -> String {
    match Sqlite::open(dir) {
        Ok(_) => "opened".to_owned(),
        Err(JournalError::Refused(words)) => words.to_string(),
        Err(error) => panic!("{error:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// What happens to a file.
type Spoil<'a> = &'a dyn Fn(&Path);

/// A journal with one process that is signed in.
struct Desk {
    journal: Sqlite,
    asker: Asker,
    bucket: BucketId,
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Sqlite::open(dir.path()).unwrap();
        let boot = Boot::new("b", 1.0);
        let wall: Timestamp = "2026-11-24T12:00:00.1183402Z".parse().unwrap();
        let row = ProcessRow {
            id: ProcessId(0),
            boot: boot.clone(),
            pid: 7,
            lock: "process-7.lock".into(),
            inode: u64::MAX,
            began: wall,
            late: ARRIVES_LATE,
            ended: false,
        };
        let me = journal.register(&row).unwrap();
        let asker = Asker { me, boot, late: ARRIVES_LATE, now: Now { raw: Raw(1_000_000), wall } };
        let key = BucketKey { tenant: "t".into(), app: "a".into() };
        let bucket = journal.commit(&asker, &Transaction::Open(key)).unwrap().buckets[0].id;
        Self { journal, asker, bucket, dir }
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<Reply> {
        self.journal.commit(&self.asker, transaction)
    }

    fn confirm(&mut self, name: &str, ids: &[&str]) -> RunId {
        let plan = Box::new(plan(name, ids.iter().map(|id| (*id).to_owned())));
        let operator = Operator { name: "jdoe".into(), ..Operator::default() };
        let confirm = Transaction::Confirm { bucket: self.bucket, plan, operator };
        self.commit(&confirm).unwrap().runs[0].id
    }

    fn take(&mut self, run: RunId, most: usize) -> Reply {
        let at = self.asker.now.wall;
        self.commit(&Transaction::Take { run, most, at }).unwrap()
    }

    fn settle(&mut self, slot: SlotId, outcome: Outcome) -> Reply {
        let at = self.asker.now.wall;
        self.commit(&Transaction::Settle { slot, outcome, at }).unwrap()
    }

    fn pass(&mut self, ms: i64) {
        self.asker.now.raw = self.asker.now.raw.plus(ms);
    }
}

/// What the tenant's list says about `m1` once its doubt may end.
fn look_up(desk: &mut Desk, run: RunId, row: Option<MachineAction>) -> MachineRow {
    desk.pass(ARRIVES_LATE + LIST_LATE);
    let sent = desk.asker.now.raw;
    let sent_at = desk.asker.now.wall;
    let machine = MachineId::parse("m1").unwrap();
    let proved = vec![Proved { run, machine: machine.clone(), attempt: 1, first: sent }];
    let look = Look {
        bucket: desk.bucket,
        sent,
        sent_at,
        from: Timestamp::UNIX_EPOCH,
        machine: Some(machine.clone()),
        rows: row.into_iter().collect(),
        complete: true,
        proved,
    };
    assert!(desk.commit(&Transaction::Look(look)).unwrap().good_read);
    desk.journal.read(|rows| rows.machine(run, &machine)).unwrap().unwrap()
}

#[test]
fn what_carries_our_comment_is_never_sent_beside_whatever_its_times_say() {
    let ours = "CHG-1042 [offramp 4f2a jdoe]";
    let long_ago = action("a-1", "m1", ours, "2026-11-24T10:00:00Z", "Succeeded");
    let no_creation = MachineAction { created: None, updated: None, ..long_ago.clone() };
    let pending = MachineAction { status: crate::domain::ActionStatus::Pending, ..long_ago.clone() };
    let no_machine = MachineAction { machine: None, ..long_ago.clone() };
    let by_another = MachineAction { requestor: Some("colleague".into()), ..long_ago.clone() };
    let of_another = MachineAction { comment: Some("by hand".into()), ..long_ago.clone() };
    for (name, row, expected) in [
        ("nothing there", None, MachineState::Queued),
        ("created before our intent, by a skewed Date", Some(long_ago), MachineState::Undecided),
        ("no readable creation", Some(no_creation), MachineState::Undecided),
        ("pending, and created before our intent", Some(pending), MachineState::Undecided),
        ("names no machine", Some(no_machine), MachineState::Undecided),
        ("of another requestor", Some(by_another), MachineState::Undecided),
        ("another's, over before our intent", Some(of_another), MachineState::Queued),
    ] {
        let mut desk = Desk::new();
        let run = desk.confirm("4f2a", &["m1"]);
        let taken = desk.take(run, 1);
        desk.settle(taken.sends[0].slot, unknown());
        assert_eq!(look_up(&mut desk, run, row).state, expected, "{name}");
    }
}

#[test]
fn an_action_of_an_earlier_run_with_the_same_comment_stays_that_runs() {
    let mut desk = Desk::new();
    let words = "CHG-1042 [offramp 4f2a jdoe]";
    let first = desk.confirm("4f2a", &["m1"]);
    let taken = desk.take(first, 1);
    let done = action("a-1", "m1", words, "2026-11-24T12:00:01Z", "Succeeded");
    desk.settle(taken.sends[0].slot, Outcome::Action(Box::new(done.clone())));
    let second = desk.confirm("51d0", &["m1"]);
    desk.journal.tamper(&format!("UPDATE run SET comment = '{words}'")); // as without a mark
    desk.asker.now.wall = shifted(desk.asker.now.wall, crate::offboard::moment::HOUR);
    let taken = desk.take(second, 1);
    desk.settle(taken.sends[0].slot, unknown());
    assert_eq!(look_up(&mut desk, second, Some(done)).state, MachineState::Queued);
}

fn unknown() -> Outcome {
    Outcome::Unknown { by_service: false, words: "connection lost".into() }
}

#[test]
fn only_its_owner_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("deep/state");
    let mut journal = Sqlite::open(&state).unwrap();
    let row = ProcessRow {
        id: ProcessId(0),
        boot: Boot::new("b", 1.0),
        pid: 7,
        lock: String::new(),
        inode: 0,
        began: Timestamp::UNIX_EPOCH,
        late: 0,
        ended: false,
    };
    journal.register(&row).unwrap();
    assert_eq!(mode(&state), 0o700);
    let mut names = Vec::new();
    for file in std::fs::read_dir(&state).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["journal.db", "journal.db-shm", "journal.db-wal"], "nothing half-made is left");
}

#[test]
fn a_directory_open_to_others_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    std::fs::DirBuilder::new().mode(0o700).create(&state).unwrap();
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o770)).unwrap();
    let words = opening(&state);
    assert!(words.ends_with(&format!("(chmod 700 {})", state.display())), "{words}");
    assert!(!state.join(FILE).exists());
}

#[test]
fn what_cannot_be_used_is_kept_and_named() {
    let newer = |path: &Path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
    };
    let other = |path: &Path| {
        std::fs::remove_file(path).unwrap();
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.execute_batch("CREATE TABLE notes (text)").unwrap();
    };
    let torn = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[4_096..].fill(0xAA);
        std::fs::write(path, bytes).unwrap();
    };
    let empty = |path: &Path| std::fs::write(path, "").unwrap();
    let text =
        |path: &Path| std::fs::write(path, "not a database at all, but long enough to be read").unwrap();
    let cases: [(&str, Spoil<'_>); 5] = [
        ("was written by a newer offramp (version 99, this one knows 1)", &newer),
        ("is damaged (it is no journal of offramp)", &other),
        ("is damaged (", &torn),
        ("is damaged (it is empty)", &empty),
        ("is damaged (file is not a database)", &text),
    ];
    for (expected, spoil) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        drop(Sqlite::open(dir.path()).unwrap());
        spoil(&path);
        let before = std::fs::read(&path).unwrap();
        let words = opening(dir.path());
        assert!(words.contains(expected) && words.contains(&path.display().to_string()), "{words}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{expected}: the file is kept as it is");
        assert_eq!(opening(dir.path()), words, "never silently a new one");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    // /proc takes no files, not even root's.
    let words = opening(Path::new("/proc/offramp-state"));
    assert!(words.starts_with("/proc/offramp-state cannot be used ("), "{words}");
    assert!(words.ends_with("or set OFFRAMP_STATE_DIR to a directory that is"), "{words}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(opening(&file).contains("cannot be used"));
}

#[test]
fn a_full_disk_changes_nothing() {
    let mut desk = Desk::new();
    let run = desk.confirm("4f2a", &["m1"]);
    desk.journal.limit_pages();
    let many: Vec<String> = (0..5_000).map(|i| format!("m{i}")).collect();
    let plan = Box::new(plan("51d0", many));
    let confirm = Transaction::Confirm { bucket: desk.bucket, plan, operator: Operator::default() };
    let error = desk.commit(&confirm).unwrap_err();
    assert!(
        matches!(&error, JournalError::Failed(words) if words.as_str().contains("the disk is full")),
        "{error}"
    );
    let runs = desk.journal.read(|rows| rows.runs()).unwrap();
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [run], "all or nothing");
}

#[test]
fn it_is_durable_before_a_call_and_events_stay() {
    let mut desk = Desk::new();
    let run = desk.confirm("4f2a", &["m1"]);
    desk.take(run, 1);
    let other = rusqlite::Connection::open(desk.dir.path().join(FILE)).unwrap();
    let state: String = other.query_row("SELECT state FROM machine", [], |row| row.get(0)).unwrap();
    assert_eq!(state, "sending");
    assert_eq!(desk.journal.synchronous(), 2, "FULL");
    for change in ["UPDATE event SET detail = ''", "DELETE FROM event"] {
        assert!(other.execute_batch(change).is_err(), "{change}");
    }
}

#[test]
fn what_is_read_often_does_not_grow_with_what_is_over() {
    let mut desk = Desk::new();
    for (query, expected) in [
        (super::store::HELD, "SCAN machine USING INDEX machine_claim"),
        (super::store::FOLLOWED_BEFORE, "SEARCH machine USING INDEX machine_claim (tenant=?)"),
        (
            super::views::LAST_ACTION,
            "SCAN a USING INDEX action_asked; SEARCH m USING INDEX machine_by_id (machine=? AND tenant=?)",
        ),
    ] {
        assert_eq!(desk.journal.plan(query), expected, "{query}");
    }
}

#[test]
fn what_is_stored_comes_back_as_it_was() {
    let mut desk = Desk::new();
    let run = desk.confirm("4f2a", &["m1"]);
    let taken = desk.take(run, 1);
    let mut action =
        action("a-1", "m1", "CHG-1042 [offramp 4f2a jdoe]", "2026-11-24T12:00:00.1183402Z", "Pending");
    action.name = Some("par‹202E›".into());
    action.properties = vec![("id".into(), "a-1".into()), ("scope".into(), "Full".into())];
    action.error_hresult = Some(-2_145_844_840);
    let settled = desk.settle(taken.sends[0].slot, Outcome::Action(Box::new(action.clone())));
    assert_eq!(settled.machines[0].state, MachineState::Accepted);
    let details = desk.journal.machine_details(run).unwrap();
    assert_eq!(details[0].row, settled.machines[0]);
    assert_eq!(details[0].action.as_ref().unwrap().action, action);
    let overview = desk.journal.overview(None, &desk.asker.boot).unwrap();
    let (row, counts, _) = &overview.runs[0];
    assert_eq!((row, counts.pending), (&settled.runs[0], 1));
    assert_eq!(overview.last_action.unwrap().0.action.id.as_str(), "a-1");
    assert_eq!(overview.ends, [settled.slots[0].until]);
}

#[test]
fn a_take_is_refused_by_wish_budget_pause_and_claim() {
    let mut desk = Desk::new();
    let ids: Vec<String> = (0..120).map(|i| format!("m{i:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let run = desk.confirm("4f2a", &ids);
    let first = desk.take(run, 500);
    assert_eq!(first.sends.len(), 100, "never more than the window holds");
    assert_eq!(first.queued, [(run, 20)]);
    for send in &first.sends {
        desk.settle(send.slot, Outcome::Refused { kind: "404".into(), words: "x".into() });
    }
    desk.pass(60_060);
    assert!(desk.take(run, 500).sends.is_empty(), "it counts until W⁺ after its answer");
    assert_eq!(desk.journal.read(|rows| rows.run(run)).unwrap().unwrap().wish, Wish::Pause, "ten in a row");
    desk.pass(1);
    assert!(desk.take(run, 500).sends.is_empty(), "nothing is taken from a stopped run");
    assert_eq!(
        desk.commit(&Transaction::GoOn { run, left: 19 }).unwrap_err().to_string(),
        "20 are left now, not 19: look again"
    );
    desk.commit(&Transaction::GoOn { run, left: 20 }).unwrap();
    let second = desk.take(run, 1);
    let wait = Some(std::time::Duration::from_secs(7));
    desk.settle(second.sends[0].slot, Outcome::TooMany { retry_after: wait, words: "quota".into() });
    assert!(desk.take(run, 5).sends.is_empty(), "paused");
    desk.pass(7_008);
    let probe = desk.take(run, 5);
    assert_eq!(probe.sends.len(), 1, "one call alone tries");
    assert!(desk.take(run, 5).sends.is_empty(), "while it is on its way");
    let other = desk.confirm("51d0", &["m101", "m119"]);
    assert_eq!(probe.sends[0].machine.id().as_str(), "m100");
    desk.settle(probe.sends[0].slot, unknown());
    assert_eq!(desk.take(run, 1).sends.len(), 1, "a doubt does not end the pause: the next is a probe again");
    let set_aside = desk.take(other, 1);
    assert!(set_aside.sends.is_empty(), "the probe is still on its way");
}

#[test]
fn a_slot_of_another_boot_counts_for_the_longest_way_that_it_may_have_gone() {
    let mut desk = Desk::new();
    desk.asker.late = ARRIVES_LATE_BEHIND_PROXY;
    let ids: Vec<String> = (0..101).map(|i| format!("m{i:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let run = desk.confirm("4f2a", &ids);
    for send in desk.take(run, 100).sends {
        desk.settle(send.slot, unknown());
    }
    // The next boot's process goes straight to the service.
    desk.asker.late = ARRIVES_LATE;
    desk.asker.boot = Boot::new("c", 1.0);
    let last = ARRIVES_LATE_BEHIND_PROXY + 60_061;
    desk.journal.tamper("UPDATE run SET wish = 'go'"); // ten doubts in a row have stopped it
    desk.asker.now.raw = Raw(last - 1);
    assert_eq!(desk.take(run, 1).sends.len(), 0);
    desk.asker.now.raw = Raw(last);
    assert_eq!(desk.take(run, 1).sends.len(), 1);
}

#[test]
fn only_its_driver_sends_an_undecided_machine_again() {
    let mut desk = Desk::new();
    let run = desk.confirm("4f2a", &["m1"]);
    let taken = desk.take(run, 1);
    desk.settle(taken.sends[0].slot, unknown());
    let not_ours = action("a-1", "m1", "CHG-1042 [offramp 4f2a jdoe]", "2026-11-24T10:00:00Z", "Failed");
    assert_eq!(look_up(&mut desk, run, Some(not_ours)).state, MachineState::Undecided);
    let machine = MachineId::parse("m1").unwrap();
    let decide = |decision| Transaction::Decide { run, machine: machine.clone(), decision };
    let driver = std::mem::replace(&mut desk.asker.me, ProcessId(0)); // a console that only looks
    let refused = desk.commit(&decide(Decision::SendAgain)).unwrap_err();
    assert_eq!(refused.to_string(), "process 7 sends from this host; decide there");
    desk.asker.me = driver;
    desk.commit(&decide(Decision::SendAgain)).unwrap();
}

#[test]
fn a_probe_that_never_left_ends_no_pause() {
    for outcome in [
        Outcome::NoToken("the secret has expired".into()),
        Outcome::Withheld("stopped before it left".into()),
        Outcome::NotSent("connection refused".into()),
        unknown(),
        Outcome::Unauthorized { tenant_trouble: false, words: "x".into() },
    ] {
        let mut desk = Desk::new();
        let run = desk.confirm("4f2a", &["m1", "m2"]);
        let first = desk.take(run, 1);
        let wait = Some(std::time::Duration::from_secs(7));
        desk.settle(first.sends[0].slot, Outcome::TooMany { retry_after: wait, words: "quota".into() });
        desk.pass(7_008);
        let probe = desk.take(run, 1);
        desk.settle(probe.sends[0].slot, outcome.clone());
        let bucket = desk.journal.read(|rows| rows.buckets()).unwrap().remove(0);
        let answered = matches!(outcome, Outcome::Unauthorized { .. });
        assert_eq!(bucket.pause.is_none(), answered, "{outcome:?}");
    }
}

#[test]
fn a_machine_belongs_to_one_run() {
    let mut desk = Desk::new();
    let first = desk.confirm("4f2a", &["m1", "m2"]);
    let second = desk.confirm("51d0", &["m1", "m2", "m3"]);
    let taken = desk.take(first, 1);
    let reply = desk.take(second, 2);
    let sent: Vec<_> = reply.sends.iter().map(|send| send.machine.id().as_str()).collect();
    assert_eq!(sent, ["m2", "m3"]);
    let aside = &reply.machines[0];
    assert_eq!((aside.id.as_str(), aside.state), ("m1", MachineState::SetAside));
    assert_eq!(aside.words.as_ref().unwrap().as_str(), "run 4f2a of this host holds it");
    desk.settle(reply.sends[0].slot, unknown());
    assert!(desk.take(first, 5).sends.is_empty(), "m2 is in doubt in the other run");
    let done = action("a-1", "m1", "CHG-1042 [offramp 4f2a jdoe]", "2026-11-24T12:00:01Z", "Succeeded");
    let third = desk.confirm("6a6a", &["m1"]);
    desk.settle(taken.sends[0].slot, Outcome::Action(Box::new(done)));
    let reply = desk.take(third, 1);
    assert_eq!(
        reply.machines[0].words.as_ref().unwrap().as_str(),
        "run 4f2a got an action for it since this plan was confirmed"
    );
    let fourth = desk.confirm("7b7b", &["m1"]);
    assert_eq!(desk.take(fourth, 1).sends.len(), 1, "confirmed after that action: it may be sent anew");
}

#[test]
fn the_rule_is_asked_once_more_before_sending() {
    let mut desk = Desk::new();
    let run = desk.confirm("4f2a", &["m1"]);
    desk.journal.tamper("UPDATE machine SET facts = replace(facts, 'Windows11', 'Ubuntu')");
    let reply = desk.take(run, 1);
    assert!(reply.sends.is_empty());
    assert_eq!(reply.machines[0].state, MachineState::SetAside);
    assert_eq!(reply.machines[0].words.as_ref().unwrap().as_str(), "outside offramp's rule: Linux");
}

#[test]
fn a_dead_drivers_calls_become_doubts_and_its_run_waits() {
    let mut desk = Desk::new();
    let run = desk.confirm("4f2a", &["m1", "m2"]);
    let taken = desk.take(run, 1);
    let dead = desk.asker.me;
    let row = desk.journal.read(|rows| rows.process(dead)).unwrap().unwrap();
    desk.asker.me = desk.journal.register(&ProcessRow { id: ProcessId(0), ..row }).unwrap();
    desk.pass(5_000);
    let reply = desk.commit(&Transaction::TakeOver(dead)).unwrap();
    let now = desk.asker.now.raw;
    let m1 = &reply.machines[0];
    assert_eq!((m1.state, m1.look_after), (MachineState::Unknown, Some(now.plus(ARRIVES_LATE + LIST_LATE))));
    assert_eq!(reply.slots[0].id, taken.sends[0].slot);
    assert_eq!(reply.slots[0].until, Some(now.plus(ARRIVES_LATE)));
    let row = &reply.runs[0];
    assert_eq!((row.driver, row.wish, &row.why), (desk.asker.me, Wish::Pause, &None));
    assert!(desk.take(run, 1).sends.is_empty(), "nothing goes on by itself");
    let settle =
        Transaction::Settle { slot: taken.sends[0].slot, outcome: unknown(), at: desk.asker.now.wall };
    desk.asker.me = dead;
    assert!(desk.commit(&settle).is_err(), "the dead one's late word changes nothing");
    assert!(desk.take(run, 1).sends.is_empty(), "nor does it send");
}
