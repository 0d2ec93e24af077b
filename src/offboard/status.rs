//! From rows to what a screen sees: pure, so that every word of it can be tested without a driver.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Mark, SafeText, when};

use super::budget::{self, Limit, PER_HOUR, PER_MINUTE, Until};
use super::engine::Engine;
use super::journal::rows::{ProcessId, RunRow, Wish};
use super::journal::views::{MachineDetails, Overview};
use super::moment::{Boot, Now, Raw, between, shifted};
use super::view::{Calls, Counts, Driver, LastAction, MachineView, Phase, RunView, Seat, Status, Window};

/// A moment on both clocks, kept for a while: instants that are computed from it do not tremble.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor(pub(super) Now);

impl Anchor {
    /// When the raw clock will show, or showed, a value.
    pub(super) fn instant(self, raw: Raw) -> Timestamp {
        shifted(self.0.wall, raw.since(self.0.raw))
    }

    /// Whether the wall has been set, or the host has slept, since.
    pub(super) fn is_off(self, now: Now) -> bool {
        between(self.instant(now.raw), now.wall).abs() > 1_000
    }
}

/// Who looks, and when.
pub(super) struct Looking<'a> {
    pub(super) now: Now,
    pub(super) anchor: Anchor,
    pub(super) boot: &'a Boot,
    pub(super) me: Option<ProcessId>,
    pub(super) seat: Seat,
    pub(super) engine: Option<&'a Engine>,
    /// What is wrong beside what the engine says.
    pub(super) trouble: Option<SafeText>,
}

/// Everything that the status pane and the list of runs show.
pub(super) fn status(overview: &Overview, looking: &Looking<'_>) -> Status {
    let ends = &overview.ends;
    let calls = calls(overview, looking, ends);
    let latency = i64::from(calls.latency_ms);
    Status {
        runs: overview
            .runs
            .iter()
            .map(|(row, counts, doubts)| {
                let driver = driver(row, overview, looking);
                let phase = phase(row, counts, &driver, looking);
                let goes = matches!(phase, Phase::Sending | Phase::Waiting(_)) && counts.queued > 0;
                let here = overview.bucket.as_ref().filter(|bucket| bucket.id == row.bucket && goes);
                let looked = doubts.iter().filter(|machine| machine.boot == *looking.boot);
                RunView {
                    id: row.id,
                    name: row.name.clone(),
                    comment: row.comment.shown(),
                    operator: row.operator.name.clone(),
                    tenant: row.tenant.clone(),
                    started: row.confirmed,
                    ended: row.ended,
                    all_sent_by: here.map(|bucket| {
                        let paused = bucket.pause.map_or(looking.now.raw, |pause| pause.until);
                        let from = paused.max(looking.now.raw);
                        looking.anchor.instant(budget::all_sent(ends, from, counts.queued, latency))
                    }),
                    looking_until: looked
                        .filter_map(|machine| machine.look_after)
                        .max()
                        .map(|raw| looking.anchor.instant(raw)),
                    last_word: row.last_word,
                    counts: *counts,
                    phase,
                    driver,
                }
            })
            .collect(),
        calls,
        last_action: overview.last_action.as_ref().map(|(row, name)| LastAction {
            id: row.action.id.clone(),
            kind: row.action.kind.as_str().into(),
            status: row.action.status.as_str().into(),
            machine: name.clone().or_else(|| row.action.name.clone()).unwrap_or_else(|| {
                row.action.machine.as_ref().map_or_else(SafeText::default, |id| id.start(8).into())
            }),
            at: row.asked,
        }),
        seat: looking.seat.clone(),
        trouble: looking.trouble.clone().or_else(|| looking.engine.and_then(|e| e.trouble().cloned())),
        held: Arc::clone(&overview.held),
        change: overview.last_seq.0.unsigned_abs(),
    }
}

fn calls(overview: &Overview, looking: &Looking<'_>, ends: &[Until]) -> Calls {
    let now = looking.now.raw;
    let at = |raw: Raw| looking.anchor.instant(raw);
    let window = |limit: Limit| {
        let held = limit.held(ends, now);
        Window {
            used: held.used as u32,
            max: limit.calls as u32,
            first_frees: held.first_frees.map(at),
            all_free: held.all_free.map(at),
        }
    };
    let pause = overview.bucket.as_ref().and_then(|bucket| {
        let pause = bucket.pause.filter(|pause| bucket.boot == *looking.boot && pause.until > now)?;
        Some((pause.until, bucket.pause_words.clone()))
    });
    let free_now = if pause.is_some() { 0 } else { budget::free(ends, now) as u32 };
    let next = budget::next(ends, now);
    let next_call = match &pause {
        Some((until, _)) => next.map(|next| next.max(*until)),
        None => next.filter(|_| free_now == 0),
    };
    Calls {
        minute: window(PER_MINUTE),
        hour: window(PER_HOUR),
        free_now,
        next_call: next_call.map(at),
        pause: pause.map(|(until, words)| (at(until), words)),
        latency_ms: looking.engine.map_or(Calls::default().latency_ms, |engine| engine.latency() as u32),
    }
}

fn driver(row: &RunRow, overview: &Overview, looking: &Looking<'_>) -> Driver {
    if row.ended.is_some() {
        return Driver::Nobody;
    }
    if looking.me == Some(row.driver) {
        return Driver::Me;
    }
    let lives = overview.processes.iter().find(|process| process.id == row.driver);
    lives.map_or(Driver::Nobody, |process| Driver::Other { pid: process.pid })
}

fn phase(row: &RunRow, counts: &Counts, driver: &Driver, looking: &Looking<'_>) -> Phase {
    let open = counts.sending + counts.unknown + counts.undecided + counts.pending;
    if counts.queued + open == 0 {
        return Phase::Finished;
    }
    let to_do = counts.queued + counts.sending;
    match row.wish {
        Wish::Pause if to_do + counts.unknown > 0 => match (&row.why, row.stopped) {
            (Some(by), Some(at)) => Phase::Stopped { by: by.clone(), at },
            _ => Phase::Unfinished,
        },
        Wish::Go if to_do + counts.unknown > 0 && *driver == Driver::Nobody => Phase::Unfinished,
        _ if to_do == 0 => Phase::Sent,
        _ if *driver == Driver::Me && counts.queued > 0 && counts.sending == 0 => {
            let waits = looking.engine.and_then(|engine| engine.waits_for(row.id, looking.now));
            waits.map_or(Phase::Sending, Phase::Waiting)
        }
        _ => Phase::Sending,
    }
}

/// One machine of a run. `asked` is when the run's tenant was last asked for all its actions.
pub(super) fn machine(details: MachineDetails, asked: Option<Timestamp>, now: Timestamp) -> MachineView {
    let MachineDetails { row, action, events } = details;
    let asked = action.as_ref().map(|action| {
        let later = asked.filter(|_| !action.action.status.is_final());
        later.map_or(action.asked, |later| later.max(action.asked))
    });
    let history = events.into_iter().map(|event| {
        let said = if event.detail.is_empty() {
            event.kind.clone()
        } else {
            SafeText::new(&format!("{}: {}", shown(&event.kind), event.detail))
        };
        (SafeText::new(&when::instant(event.wall, now)), said)
    });
    MachineView {
        history: history.collect(),
        id: row.id,
        name: row.name,
        state: row.state,
        attempts: row.attempt,
        sent: row.sent,
        action: action.map(|action| action.action),
        asked,
        why: row.words,
        inactive_since: row.last_seen.filter(|_| row.inactive),
    }
}

/// A stored kind of event, as the screens call it.
fn shown(kind: &SafeText) -> &str {
    match kind.as_str() {
        "doubt" => "unknown",
        "set_aside" => "set aside",
        other => other,
    }
}

/// An operator's words without the mark that was added to them.
pub(super) fn without_mark(run: &RunRow) -> SafeText {
    let mark = Mark { run: run.name.clone(), operator: run.operator.name.clone() }.to_string();
    let sent = run.comment.as_sent();
    let words = sent.strip_suffix(&mark).map_or(sent, str::trim_end);
    SafeText::bounded(words, crate::domain::Comment::CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::super::journal::rows::{BucketId, BucketKey, BucketRow, Operator, ProcessRow, Seq};
    use super::super::view::RunId;
    use super::*;
    use crate::domain::Comment;

    const ME: ProcessId = ProcessId(2);

    fn wall() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn run_row() -> RunRow {
        let mark = Mark { run: "4f2a".into(), operator: "jdoe".into() };
        RunRow {
            id: RunId(1),
            bucket: BucketId(1),
            tenant: "t".into(),
            name: "4f2a".into(),
            operator: Operator { name: "jdoe".into(), ..Operator::default() },
            comment: Comment::parse("CHG-1042", Some(&mark)).unwrap(),
            requestor: None,
            confirmed: wall(),
            wish: Wish::Go,
            why: None,
            stopped: None,
            driver: ME,
            frozen: Seq(0),
            fail_kind: None,
            fail_count: 0,
            fail_seq: Seq(0),
            never_again: false,
            canary: None,
            gate_open: true,
            ended: None,
            changed: Seq(1),
            last_word: wall(),
        }
    }

    fn shown(row: RunRow, counts: Counts, change: impl FnOnce(&mut Overview)) -> Status {
        let boot = Boot::new("b", 1.0);
        let lives = ProcessRow {
            id: ProcessId(1),
            boot: boot.clone(),
            pid: 77,
            lock: String::new(),
            inode: 0,
            began: wall(),
            late: 0,
            ended: false,
        };
        let bucket = BucketRow {
            id: BucketId(1),
            key: BucketKey { tenant: "t".into(), app: "a".into() },
            boot: boot.clone(),
            pause: None,
            paused_at: Seq(0),
            pause_words: "API calls quota exceeded!".into(),
            last_good_read: None,
            asked: None,
        };
        let mut overview = Overview {
            runs: vec![(row, counts, Vec::new())],
            processes: vec![lives],
            bucket: Some(bucket),
            ..Overview::default()
        };
        change(&mut overview);
        let now = Now { raw: Raw(1_000_000), wall: wall() };
        let looking = Looking {
            now,
            anchor: Anchor(now),
            boot: &boot,
            me: Some(ME),
            seat: Seat::Mine,
            engine: None,
            trouble: None,
        };
        status(&overview, &looking)
    }

    #[test]
    fn what_the_sending_of_a_run_does() {
        let queued = Counts { queued: 5, ..Counts::default() };
        let sending = Counts { sending: 1, ..Counts::default() };
        let unknown = Counts { unknown: 1, succeeded: 4, ..Counts::default() };
        let pending = Counts { pending: 1, ..Counts::default() };
        let done = Counts { succeeded: 3, left: 1, set_aside: 1, ..Counts::default() };
        let by = || Phase::Stopped { by: "stopped by jdoe".into(), at: wall() };
        let go = run_row();
        let stopped = RunRow {
            wish: Wish::Pause,
            why: Some("stopped by jdoe".into()),
            stopped: Some(wall()),
            ..run_row()
        };
        let taken_over = RunRow { wish: Wish::Pause, ..run_row() };
        let others = RunRow { driver: ProcessId(1), ..run_row() };
        let orphan = RunRow { driver: ProcessId(9), ..run_row() };
        let cancelled = RunRow { wish: Wish::Cancel, ..stopped.clone() };
        for (name, row, counts, phase, driver) in [
            ("goes", &go, queued, Phase::Sending, Driver::Me),
            ("its last call is on its way", &go, sending, Phase::Sending, Driver::Me),
            ("one is looked for", &go, unknown, Phase::Sent, Driver::Me),
            ("all sent", &go, pending, Phase::Sent, Driver::Me),
            ("stopped", &stopped, queued, by(), Driver::Me),
            ("stopped, one is looked for", &stopped, unknown, by(), Driver::Me),
            ("stopped when all was sent", &stopped, pending, Phase::Sent, Driver::Me),
            ("taken over", &taken_over, queued, Phase::Unfinished, Driver::Me),
            ("of another", &others, queued, Phase::Sending, Driver::Other { pid: 77 }),
            ("of nobody", &orphan, queued, Phase::Unfinished, Driver::Nobody),
            ("of nobody, all sent", &orphan, pending, Phase::Sent, Driver::Nobody),
            ("cancelled, one is looked for", &cancelled, unknown, Phase::Sent, Driver::Me),
            ("finished", &go, done, Phase::Finished, Driver::Me),
        ] {
            let view = &shown(row.clone(), counts, |_| {}).runs[0];
            assert_eq!((&view.phase, &view.driver), (&phase, &driver), "{name}");
        }
    }

    #[test]
    fn the_budget_says_how_many_now_and_when_the_next() {
        let at = |ms: i64| shifted(wall(), ms);
        let counts = Counts { queued: 250, ..Counts::default() };
        let free = shown(run_row(), counts, |_| {});
        assert_eq!((free.calls.free_now, free.calls.next_call, free.calls.minute.used), (100, None, 0));
        assert_eq!(free.runs[0].all_sent_by, Some(at(2 * (60_061 + 300))), "two more windows");

        let full = shown(run_row(), counts, |it| it.ends = vec![Some(Raw(990_000)); 100]);
        assert_eq!((full.calls.free_now, full.calls.next_call), (0, Some(at(50_061))));
        assert_eq!((full.calls.minute.used, full.calls.hour.used), (100, 100));
        assert_eq!(full.calls.minute.all_free, Some(at(50_061)));

        let pause = budget::Pause { until: Raw(1_047_000), length: 60_000, step: 0 };
        let paused = shown(run_row(), counts, |it| {
            if let Some(bucket) = &mut it.bucket {
                bucket.pause = Some(pause);
            }
        });
        assert_eq!((paused.calls.free_now, paused.calls.next_call), (0, Some(at(47_000))));
        assert_eq!(paused.calls.pause, Some((at(47_000), "API calls quota exceeded!".into())));
    }

    #[test]
    fn comments_are_offered_without_their_mark() {
        assert_eq!(without_mark(&run_row()).as_str(), "CHG-1042");
        let plain = RunRow { comment: Comment::parse("CHG-7 [of mine]", None).unwrap(), ..run_row() };
        assert_eq!(without_mark(&plain).as_str(), "CHG-7 [of mine]");
    }
}
