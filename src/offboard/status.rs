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
    pub(super) late: i64,
    pub(super) me: Option<ProcessId>,
    pub(super) seat: Seat,
    pub(super) engine: Option<&'a Engine>,
    /// What is wrong beside what the engine says.
    pub(super) trouble: Option<SafeText>,
}

/// Everything that the status pane and the list of runs show.
pub(super) fn status(overview: &Overview, looking: &Looking<'_>) -> Status {
    let ends: Vec<Until> =
        overview.slots.iter().map(|slot| slot.until_in(looking.boot, looking.late)).collect();
    let calls = calls(overview, looking, &ends);
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
                        looking.anchor.instant(budget::all_sent(&ends, from, counts.queued, latency))
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
