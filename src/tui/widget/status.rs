//! The status pane: how many calls are free now and when the next, both windows, and the run that matters most.
//!
//! Nothing in it depends on the present moment while nothing is waited for, so a quiet console has nothing to repaint.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::paint::{fit, put, put_right, width_of, wrap};
use super::rule;
use crate::domain::when::{count, duration, instant, minute};
use crate::offboard::view::{Counts, Phase, RunView, Window};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, Theme, sign};

/// Where the right pane begins.
const RIGHT_X: u16 = 56;

/// Draws the pane in the shape that the height allows; `whole` gives the budget all the width (an open run).
pub fn draw(buf: &mut Buffer, area: Rect, shared: &Shared, whole: bool) {
    if area.height < 4 {
        return small(buf, area, shared);
    }
    let theme = shared.theme;
    if whole {
        rule::draw(buf, row(area, 0), theme, &[theme.span("Offboard calls", Meaning::Text)], &[]);
        return budget(buf, area, shared, area.width.saturating_sub(80).clamp(24, 68));
    }
    let left = Rect { width: RIGHT_X - 2, ..area };
    let right = Rect { x: area.x + RIGHT_X, width: area.width.saturating_sub(RIGHT_X), ..area };
    rule::draw(buf, row(left, 0), theme, &[theme.span("Offboard calls", Meaning::Text)], &[]);
    budget(buf, left, shared, 24);
    run_pane(buf, right, shared);
}

fn row(area: Rect, index: u16) -> Rect {
    Rect { y: area.y + index, height: 1, ..area }
}

/// What the headline says: the words that count, and what follows.
pub fn headline(shared: &Shared) -> (String, String, Meaning) {
    if let Some(why) = &shared.blocked_short() {
        return (format!("none: {why}"), String::new(), Meaning::Warning);
    }
    let calls = &shared.status.calls;
    let pause = calls.pause.as_ref().map(|(until, _)| seconds_until(*until, shared.now));
    if let Some(left) = pause.filter(|left| *left > 0) {
        return (format!("wait {}", duration(left)), "the service asked for it".into(), Meaning::Warning);
    }
    if calls.free_now > 0 {
        let again =
            [calls.minute.all_free, calls.hour.all_free.filter(|_| calls.hour.used > calls.minute.used)];
        let then = match calls.minute.all_free.or(again[0]) {
            Some(at) if calls.minute.used > 0 => format!("all 100 again by {}", instant(at, shared.now)),
            _ => String::new(),
        };
        return (format!("{} free now", count(calls.free_now as usize)), then, Meaning::Strong);
    }
    let full = if calls.hour.used >= calls.hour.max { "the hour is full" } else { "the minute is full" };
    let waits =
        shared.current_run().is_some_and(|run| matches!(run.phase, Phase::Waiting(_) | Phase::Sending));
    match calls.next_call {
        Some(at) if waits => {
            let left = seconds_until(at, shared.now);
            let when = if left < 60 {
                format!("next call in {}", duration(left))
            } else {
                format!("next call at {}, in {}", minute(at, shared.now), duration(left))
            };
            (when, full.into(), Meaning::Warning)
        }
        Some(at) => {
            ("none free now".into(), format!("the next at {}", instant(at, shared.now)), Meaning::Warning)
        }
        None => ("none free now".into(), "all are on their way".into(), Meaning::Warning),
    }
}

fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    // Rounded up: "in 0 s" would say that it is over.
    (at.as_millisecond() - now.as_millisecond()).max(0).saturating_add(999) / 1_000
}

fn budget(buf: &mut Buffer, area: Rect, shared: &Shared, bar_cells: u16) {
    let theme = shared.theme;
    let width = area.width.saturating_sub(4);
    if let Some((words, meaning)) = shared.instead_of_windows() {
        let (head, ..) = headline(shared);
        put(buf, area.x + 4, area.y + 1, width, &[theme.span(head, Meaning::Strong)]);
        for (index, line) in wrap(&words, usize::from(width)).into_iter().take(2).enumerate() {
            put(buf, area.x + 4, area.y + 2 + index as u16, width, &[theme.span(line, meaning)]);
        }
        return;
    }
    let (head, then, meaning) = headline(shared);
    let spans = [theme.span(head, meaning), Span::raw("   "), theme.span(then, Meaning::Muted)];
    put(buf, area.x + 4, area.y + 1, width, &spans);
    let calls = &shared.status.calls;
    for (index, (name, window)) in [("minute", calls.minute), ("hour", calls.hour)].into_iter().enumerate() {
        let y = area.y + 2 + index as u16;
        put(buf, area.x + 4, y, 8, &[theme.span(name, Meaning::Muted)]);
        bar(buf, area.x + 12, y, bar_cells, window, theme);
        let x = area.x + 12 + bar_cells + 6;
        let used = if window.used >= window.max { Meaning::Warning } else { Meaning::Text };
        put_right(buf, x, y, &[theme.span(count(window.used as usize), used)]);
        let of = format!(" of {}", count(window.max as usize));
        let end = put(buf, x, y, 10, &[theme.span(of, Meaning::Muted)]);
        if bar_cells > 24
            && let Some(at) = window.first_frees
        {
            let x = (x + 11).max(end + 2);
            let text = format!("the first frees at {}", instant(at, shared.now));
            put(buf, x, y, area.right().saturating_sub(x), &[theme.span(text, Meaning::Muted)]);
        }
    }
}

/// A bar of used and free calls; a single used call shows.
pub fn bar(buf: &mut Buffer, x: u16, y: u16, cells: u16, window: Window, theme: Theme) {
    let meaning = if window.used >= window.max { Meaning::Warning } else { Meaning::Accent };
    progress(buf, x, y, cells, (window.used as usize, window.max as usize), meaning, theme);
}

/// A bar of something done out of something.
pub fn progress(
    buf: &mut Buffer,
    x: u16,
    y: u16,
    cells: u16,
    (done, all): (usize, usize),
    meaning: Meaning,
    theme: Theme,
) {
    let full = if all == 0 { 0 } else { (done * usize::from(cells)).div_ceil(all).min(usize::from(cells)) };
    // Full only when it is full.
    let full = if done < all { full.min(usize::from(cells).saturating_sub(1)) } else { full };
    put(
        buf,
        x,
        y,
        cells,
        &[
            theme.span(sign::USED.repeat(full), meaning),
            theme.span(sign::FREE.repeat(usize::from(cells) - full), Meaning::Faint),
        ],
    );
}

fn run_pane(buf: &mut Buffer, area: Rect, shared: &Shared) {
    let theme = shared.theme;
    let width = area.width.saturating_sub(1);
    let Some(run) = shared.current_run() else {
        rule::draw(buf, row(area, 0), theme, &[theme.span("Runs", Meaning::Text)], &[]);
        for (index, line) in shared.no_run_words().iter().enumerate() {
            let y = area.y + 1 + index as u16;
            put(buf, area.x + 4, y, width.saturating_sub(4), &[theme.span(*line, Meaning::Muted)]);
        }
        return;
    };
    let going_on = matches!(run.phase, Phase::Sending | Phase::Waiting(_));
    let area = Rect { x: area.x + 4, width: area.width.saturating_sub(4), ..area };
    let width = width.saturating_sub(4);
    let when = if going_on { String::new() } else { format!(" · {}", minute(run.started, shared.now)) };
    let words = if going_on { "Run" } else { "Last run" };
    let room = usize::from(area.width.saturating_sub(2));
    let title = format!("{words} {}{when} · {}", run.name, shared.operators_words(&run.comment));
    let whole = Rect { x: area.x - 4, width: area.width + 4, ..area };
    rule::draw(buf, row(whole, 0), theme, &[theme.span(fit(&title, room).into_owned(), Meaning::Text)], &[]);
    let y = area.y + 1;
    if going_on || matches!(run.phase, Phase::Stopped { .. } | Phase::Unfinished) {
        sending_line(buf, Rect { x: area.x, y, width, height: 1 }, run, shared, 28);
        put(buf, area.x, y + 1, width, &counts(theme, &run.counts, width));
    } else {
        let mut spans = counts(theme, &run.counts, width.saturating_sub(12));
        spans.push(theme.span(format!("   of {}", count(run.counts.all())), Meaning::Muted));
        put(buf, area.x, y, width, &spans);
        if shared.status.last_action.is_some() {
            let words = "last action, as the service gave it:";
            put(buf, area.x, y + 1, width, &[theme.span(words, Meaning::Muted)]);
        }
    }
    if let Some(action) = &shared.status.last_action {
        let failed = matches!(action.status.as_str(), "Failed" | "TimeOut");
        put(
            buf,
            area.x,
            y + 2,
            width,
            &[
                theme.span(format!("{}  ", action.kind), Meaning::Muted),
                theme.span(action.status.to_string(), if failed { Meaning::Danger } else { Meaning::Text }),
                theme.span(format!("  {}  ", action.id.short()), Meaning::Muted),
                theme.span(fit(bare(action.machine.as_str()), 18).into_owned(), Meaning::Text),
                theme.span(format!("  {}", instant(action.at, shared.now)), Meaning::Muted),
            ],
        );
    }
}

/// Progress of the sending: a bar, how many of how many, and what follows.
pub fn sending_line(buf: &mut Buffer, area: Rect, run: &RunView, shared: &Shared, bar_cells: u16) {
    let theme = shared.theme;
    let (sent, all) = (run.counts.sent(), run.counts.all());
    progress(buf, area.x, area.y, bar_cells, (sent, all), Meaning::Accent, theme);
    let (then, meaning) = sending_words(run, shared);
    let x = area.x + bar_cells + 1;
    put(
        buf,
        x,
        area.y,
        area.right().saturating_sub(x),
        &[
            theme.span(format!("{} of {} sent", count(sent), count(all)), Meaning::Text),
            theme.span(if then.is_empty() { String::new() } else { format!(", {then}") }, meaning),
        ],
    );
}

/// What the sending does, or when it ends.
pub fn sending_words(run: &RunView, shared: &Shared) -> (String, Meaning) {
    match &run.phase {
        Phase::Stopped { .. } => ("stopped".into(), Meaning::Warning),
        Phase::Unfinished => ("unfinished".into(), Meaning::Warning),
        Phase::Sending | Phase::Waiting(_) => match run.all_sent_by {
            Some(at) => (format!("all in {}", duration(seconds_until(at, shared.now))), Meaning::Muted),
            None => (String::new(), Meaning::Muted),
        },
        Phase::Sent | Phase::Finished => (String::new(), Meaning::Muted),
    }
}

/// How many machines are where, each with its sign; zeros are left out, and what has no room goes whole: what needs a
/// person stays longest.
pub fn counts<'a>(theme: Theme, counts: &Counts, room: u16) -> Vec<Span<'a>> {
    let not_sent = counts.set_aside + counts.cancelled + counts.left;
    let mut items: Vec<[Span<'a>; 2]> = [
        (counts.failed, sign::FAILED, "failed", Meaning::Danger),
        (counts.unknown + counts.undecided, sign::UNKNOWN, "unknown", Meaning::Warning),
        (counts.pending, sign::OPEN, "pending", Meaning::Text),
        (counts.succeeded, sign::DONE, "succeeded", Meaning::Ok),
        (counts.queued, sign::QUEUED, "queued", Meaning::Muted),
        (counts.sending, sign::OPEN, "sending", Meaning::Text),
        (not_sent, sign::NONE, "not sent", Meaning::Muted),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, mark, word, meaning)| {
        [theme.span(mark, meaning), theme.span(format!(" {} {word}", count(n)), Meaning::Text)]
    })
    .collect();
    let cells = |items: &[[Span<'a>; 2]]| {
        items.iter().map(|item| width_of(item)).sum::<u16>() + 3 * items.len().saturating_sub(1) as u16
    };
    while items.len() > 1 && cells(&items) > room {
        items.pop();
    }
    let mut out = Vec::new();
    for item in items {
        if !out.is_empty() {
            out.push(Span::raw("   "));
        }
        out.extend(item);
    }
    out
}

fn small(buf: &mut Buffer, area: Rect, shared: &Shared) {
    let theme = shared.theme;
    let calls = &shared.status.calls;
    let (head, then, meaning) = headline(shared);
    let right = match calls.minute.all_free {
        Some(at) if calls.free_now > 0 && calls.minute.used > 0 && shared.blocked_short().is_none() => {
            format!("all 100 by {}", instant(at, shared.now))
        }
        _ => then,
    };
    rule::draw(
        buf,
        row(area, 0),
        theme,
        &[theme.span("Offboard calls · ", Meaning::Text), theme.span(head, meaning)],
        &[theme.span(right, Meaning::Muted)],
    );
    let (x, width) = (area.x + 4, area.width.saturating_sub(5));
    if let Some((words, meaning)) = shared.instead_of_windows() {
        put(buf, x, area.y + 1, width, &[theme.span(words, meaning)]);
    } else {
        let bar_cells = if area.width >= 80 { 16 } else { 6 };
        let mut at = x;
        for (name, window) in [("minute ", calls.minute), ("hour ", calls.hour)] {
            at = put(buf, at, area.y + 1, 8, &[theme.span(name, Meaning::Muted)]);
            bar(buf, at, area.y + 1, bar_cells, window, theme);
            let used = if window.used >= window.max { Meaning::Warning } else { Meaning::Text };
            at = put(
                buf,
                at + bar_cells,
                area.y + 1,
                20,
                &[
                    theme.span(format!(" {}", count(window.used as usize)), used),
                    theme.span(format!(" of {}    ", count(window.max as usize)), Meaning::Muted),
                ],
            );
        }
    }
    let y = area.y + 2;
    match (shared.current_run(), &shared.status.last_action) {
        (Some(run), _) if matches!(run.phase, Phase::Sending | Phase::Waiting(_)) => {
            let name = format!("run {}  ", run.name);
            let at = put(buf, x, y, width, &[theme.span(name, Meaning::Muted)]);
            sending_line(
                buf,
                Rect { x: at, y, width: area.right().saturating_sub(at + 1), height: 1 },
                run,
                shared,
                16,
            );
        }
        (Some(run), None) => {
            let mut spans = vec![theme.span(format!("run {}  ", run.name), Meaning::Muted)];
            spans.extend(counts(theme, &run.counts, width.saturating_sub(10)));
            put(buf, x, y, width, &spans);
        }
        (_, Some(action)) => {
            put(
                buf,
                x,
                y,
                width,
                &[
                    theme.span("last ", Meaning::Muted),
                    theme.span(format!("{} {}", action.kind, action.status), Meaning::Text),
                    theme.span(format!(" {} ", action.id.short()), Meaning::Muted),
                    theme.span(fit(bare(action.machine.as_str()), 20).into_owned(), Meaning::Text),
                    theme.span(format!(" {}", instant(action.at, shared.now)), Meaning::Muted),
                ],
            );
        }
        (None, None) => {
            put(buf, x, y, width, &[theme.span(shared.no_run_short(), Meaning::Muted)]);
        }
    }
}

/// A name without its domain.
fn bare(name: &str) -> &str {
    name.split('.').next().filter(|host| !host.is_empty()).unwrap_or(name)
}
