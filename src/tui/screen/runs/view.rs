//! How the runs look. Reads only.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::State;
use crate::domain::when::{count, date_minute, duration, instant, minute, plural};
use crate::offboard::view::{Counts, Phase, RunView};
use crate::tui::app::{Shared, Tab};
use crate::tui::command::Command;
use crate::tui::keymap::{Context, Scope, shown};
use crate::tui::layout::Rows;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, put, put_right};
use crate::tui::widget::run::{elsewhere, goes_on, is_halted, needs, word};
use crate::tui::widget::status::counts;
use crate::tui::widget::{cursor, footer, header, rule, status};

/// Draws the whole screen.
pub fn draw(state: &State, shared: &Shared, context: &Context, buf: &mut Buffer, area: Rect) {
    let rows = Rows::of(area);
    let theme = shared.theme;
    let host = || theme.span(shared.host_name.to_string(), Meaning::Text);
    let right = [vec![theme.span("runs of ", Meaning::Muted), host()], vec![host()]];
    header::draw(buf, rows.header, shared, Tab::Runs, right);
    totals(shared, buf, rows.filter);
    let columns = Columns::of(area.width, &shared.status.runs);
    if state.order.is_empty() {
        let words = "No run on this host yet.";
        put(buf, area.x + 4, rows.list.y, area.width, &[theme.span(words, Meaning::Strong)]);
    } else {
        columns.headings(shared, buf, rows.headings);
        for (y, (position, index)) in
            (rows.list.top()..rows.list.bottom()).zip(state.order.iter().enumerate().skip(state.offset))
        {
            let line = Rect { y, height: 1, ..area };
            columns.row(&shared.status.runs[*index], shared, buf, line);
            if position == state.cursor {
                cursor::draw(buf, line, theme);
            }
        }
    }
    run_rule(state, shared, buf, rows.rule);
    if let Some(run) = state.run(shared) {
        strip(run, shared, buf, rows.strip);
    }
    status::draw(buf, rows.status, shared, false);
    footer::draw(buf, rows.keys, theme, Scope::Runs, context);
}

/// How many runs want what, and how many there are.
fn totals(shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let runs = &shared.status.runs;
    if runs.is_empty() {
        return;
    }
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (name, meaning) in [
        ("stopped", Meaning::Warning),
        ("unfinished", Meaning::Warning),
        ("sending", Meaning::Text),
        ("waiting", Meaning::Text),
    ] {
        let n = runs.iter().filter(|run| word(&run.phase) == name).count();
        if n > 0 {
            spans.push(theme.span(format!("{} {name}", count(n)), meaning));
            spans.push(theme.span(" · ", Meaning::Muted));
        }
    }
    spans.push(theme.span(format!("{} of this host", plural(runs.len(), "run")), Meaning::Muted));
    put_right(buf, area.right() - 1, area.y, &spans);
}

/// Where the columns stand: first cell of what stands left, the cell after the last of what stands right.
struct Columns {
    started: Option<u16>,
    state: u16,
    /// ALL, FAILED, UNKNOWN, UNSENT, PENDING, SUCCEEDED.
    numbers: [(&'static str, u16); 6],
    comment: Option<u16>,
}

impl Columns {
    fn of(width: u16, runs: &[RunView]) -> Self {
        // "unfinished" is the longest state: it would touch a number of four digits.
        let wide = if runs.iter().any(|run| run.phase == Phase::Unfinished) { 2 } else { 0 };
        let mut columns = match width {
            ..80 => Self {
                started: None,
                state: 10,
                numbers: [
                    ("ALL", 26),
                    ("FAIL", 32),
                    ("UNKN", 38),
                    ("UNSENT", 46),
                    ("PEND", 52),
                    ("SUCC", 58),
                ],
                comment: None,
            },
            80..100 => Self {
                started: Some(22),
                state: 24,
                numbers: [
                    ("ALL", 39),
                    ("FAIL", 45),
                    ("UNKN", 51),
                    ("UNSENT", 59),
                    ("PEND", 65),
                    ("SUCC", 72),
                ],
                comment: None,
            },
            _ => Self {
                started: Some(27),
                state: 29,
                numbers: [
                    ("ALL", 44),
                    ("FAILED", 52),
                    ("UNKNOWN", 61),
                    ("UNSENT", 69),
                    ("PENDING", 78),
                    ("SUCCEEDED", 89),
                ],
                comment: Some(91),
            },
        };
        if width >= 80 {
            columns.numbers.iter_mut().for_each(|(_, end)| *end += wide);
            columns.comment = columns.comment.map(|x| x + wide);
        }
        columns
    }

    fn headings(&self, shared: &Shared, buf: &mut Buffer, area: Rect) {
        let theme = shared.theme;
        let muted = |text: &'static str| [theme.span(text, Meaning::Muted)];
        put(buf, area.x + 4, area.y, 4, &muted("RUN"));
        if let Some(end) = self.started {
            put_right(buf, area.x + end, area.y, &muted("STARTED"));
        }
        let sorted = [theme.span("STATE", Meaning::Strong), theme.span(" ▲", Meaning::Accent)];
        put(buf, area.x + self.state, area.y, 8, &sorted);
        for (name, end) in self.numbers {
            put_right(buf, area.x + end, area.y, &muted(name));
        }
        if let Some(x) = self.comment {
            put(buf, area.x + x, area.y, area.width.saturating_sub(x + 1), &muted("COMMENT"));
        }
    }

    fn row(&self, run: &RunView, shared: &Shared, buf: &mut Buffer, area: Rect) {
        let theme = shared.theme;
        let (mark, meaning) = mark(run);
        put(buf, area.x + 2, area.y, 1, &[theme.span(mark, meaning)]);
        put(
            buf,
            area.x + 4,
            area.y,
            self.state.min(12).saturating_sub(5),
            &[theme.span(run.name.as_str(), Meaning::Text)],
        );
        if let Some(end) = self.started {
            let started = started(run.started, shared.now, area.width >= 100);
            put_right(buf, area.x + end, area.y, &[theme.span(started, Meaning::Muted)]);
        }
        let halted = is_halted(run);
        let meaning = if halted { Meaning::Warning } else { Meaning::Text };
        put(buf, area.x + self.state, area.y, 10, &[theme.span(word(&run.phase), meaning)]);
        for ((name, end), (n, meaning)) in self.numbers.iter().zip(numbers(&run.counts)) {
            let meaning = match *name {
                _ if n == 0 => Meaning::Muted,
                "UNSENT" if halted => Meaning::Warning,
                _ => meaning,
            };
            put_right(buf, area.x + end, area.y, &[theme.span(count(n), meaning)]);
        }
        if let Some(x) = self.comment {
            let room = usize::from(area.width.saturating_sub(x + 1));
            let words = fit(shared.operators_words(&run.comment), room).into_owned();
            put(buf, area.x + x, area.y, room as u16, &[theme.span(words, Meaning::Text)]);
        }
    }
}

/// The six columns of a run: which state falls in which is the design's table, and the last five add up to the first.
pub(super) fn numbers(counts: &Counts) -> [(usize, Meaning); 6] {
    let unsent = counts.queued + counts.set_aside + counts.cancelled + counts.left;
    [
        (counts.all(), Meaning::Text),
        (counts.failed, Meaning::Danger),
        (counts.unknown + counts.undecided, Meaning::Warning),
        (unsent, Meaning::Text),
        (counts.sending + counts.pending, Meaning::Text),
        (counts.succeeded, Meaning::Text),
    ]
}

/// STATE is about the sending; the mark says whether actions are open, and whether all is well.
fn mark(run: &RunView) -> (&'static str, Meaning) {
    let counts = &run.counts;
    match () {
        () if is_halted(run) => (sign::WARNING, Meaning::Warning),
        () if goes_on(run) || run.phase == Phase::Sent => (sign::OPEN, Meaning::Text),
        () if counts.failed > 0 => (sign::FAILED, Meaning::Danger),
        () if counts.succeeded > 0 => (sign::DONE, Meaning::Ok),
        () => (sign::NONE, Meaning::Muted),
    }
}

/// The minute of today, else the day too; without the year where there is little room.
fn started(at: Timestamp, now: Timestamp, wide: bool) -> String {
    let text = minute(at, now);
    match text.split_once('-') {
        Some((_, rest)) if !wide => rest.to_owned(),
        _ => text,
    }
}

fn run_rule(state: &State, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let position = match &state.notice {
        Some(notice) => vec![theme.span(notice.as_str(), Meaning::Warning)],
        None if state.order.is_empty() => vec![],
        None => {
            let position = format!("{} of {}", count(state.cursor + 1), count(state.order.len()));
            vec![theme.span(position, Meaning::Muted)]
        }
    };
    let title = state.run(shared).map_or_else(Vec::new, |run| {
        let comment =
            if area.width >= 100 { run.comment.as_str() } else { shared.operators_words(&run.comment) };
        let right: usize = position.iter().map(Span::width).sum();
        let room = usize::from(area.width).saturating_sub(right + 14 + run.name.len());
        vec![
            theme.span(format!("Run {}", run.name), Meaning::Strong),
            theme.span(format!(" · {}", fit(comment, room)), Meaning::Text),
        ]
    });
    rule::draw(buf, area, theme, &title, &position);
}

/// What a decision about the run needs: how it stands, what follows from it, what can be done.
fn strip(run: &RunView, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let (x, width) = (area.x + 4, area.width.saturating_sub(5));
    if area.height == 1 {
        let mut line = short(run, shared);
        for (key, label) in keys(run, shared, false) {
            line.push(Span::raw("   "));
            line.push(theme.span(key, Meaning::Strong));
            line.push(theme.span(format!(" {label}"), Meaning::Muted));
        }
        put(buf, x, area.y, width, &line);
        return;
    }
    let (stands, follows) = long(run, shared);
    put(buf, x, area.y, width, &stands);
    put(buf, x, area.y + 1, width, &[theme.span(follows, Meaning::Muted)]);
    let mut line = Vec::new();
    for (key, label) in keys(run, shared, true) {
        if !line.is_empty() {
            line.push(Span::raw("   "));
        }
        line.push(theme.span(key, Meaning::Strong));
        line.push(theme.span(format!(" {label}"), Meaning::Muted));
    }
    put(buf, x, area.y + 2, width, &line);
}

fn keys(run: &RunView, shared: &Shared, long: bool) -> Vec<(&'static str, String)> {
    let (counts, mut out) = (&run.counts, Vec::new());
    if elsewhere(run, shared).is_none() {
        let left = counts.left_to_send();
        if is_halted(run) && left > 0 {
            out.push((shown(Scope::Runs, Command::GoOn), format!("go on with the {}", count(left))));
        }
        if is_halted(run) && counts.queued > 0 {
            let never = if long { ": never sent by this run" } else { "" };
            let label = format!("cancel the {}{never}", count(counts.queued));
            out.push((shown(Scope::Runs, Command::CancelQueued), label));
        }
        if goes_on(run) {
            out.push((shown(Scope::Runs, Command::Stop), "stop the run".into()));
        }
    }
    if long || out.is_empty() {
        out.push((shown(Scope::Runs, Command::Enter), "open".into()));
    }
    out
}

/// How the run stands, and what follows from it.
fn long<'a>(run: &RunView, shared: &Shared) -> (Vec<Span<'a>>, String) {
    let theme = shared.theme;
    let plain = |text: String| theme.span(text, Meaning::Text);
    let bold = |n: usize| theme.span(count(n), Meaning::Strong);
    let counts = &run.counts;
    let mut out = Vec::new();
    if is_halted(run) {
        out.push(plain(format!("{} ", how_it_halted(run, shared.now))));
        if counts.queued > 0 {
            out.extend([
                bold(counts.queued),
                plain(format!(" {} never sent", if counts.queued == 1 { "was" } else { "were" })),
            ]);
        } else {
            out.push(plain("Nothing is queued".into()));
        }
        if counts.unknown > 0 {
            out.extend([plain("; ".into()), bold(counts.unknown), plain(" unknown".into())]);
        }
        if counts.undecided > 0 {
            let verb = if counts.undecided == 1 { "is" } else { "are" };
            let undecided = format!(" {verb} undecided: Enter opens the run to decide");
            out.extend([plain("; ".into()), bold(counts.undecided), plain(undecided)]);
        }
        out.push(plain(".".into()));
        let follows = elsewhere(run, shared).map_or_else(
            || {
                "Nothing goes on by itself. Going on asks for the number that is left, and checks every machine \
                 again."
                    .into()
            },
            |why| format!("Nothing goes on by itself: {why}."),
        );
        return (out, follows);
    }
    let sent = format!("{} of {} sent", count(counts.sent()), count(counts.all()));
    match &run.phase {
        Phase::Waiting(why) => {
            out.push(theme.span(format!("Waiting: {why}"), Meaning::Warning));
            out.push(plain(format!("; {sent}{}.", by(run, shared))));
        }
        Phase::Sending => out.push(plain(format!("Sending: {sent}{}.", by(run, shared)))),
        Phase::Finished => {
            let took = run.ended.map_or_else(String::new, |ended| {
                let seconds = ended.as_second() - run.started.as_second();
                format!(" {}, took {}", instant(ended, shared.now), duration(seconds))
            });
            out.push(plain(format!("Finished{took}.")));
        }
        _ => out.push(plain(format!(
            "All sent; {} not final at the service yet, and followed until the end.",
            plural(counts.pending + counts.sending, "action")
        ))),
    }
    if needs(counts) > 0 {
        out.push(plain(" ".into()));
        out.push(bold(needs(counts)));
        let verb = if needs(counts) == 1 { "needs" } else { "need" };
        out.push(plain(format!(" {verb} you: Enter opens the run.")));
    }
    let follows = match elsewhere(run, shared) {
        Some(why) if goes_on(run) => format!("It goes on by itself: {why}."),
        _ if goes_on(run) => {
            "It goes on by itself. Stopping only stops: nothing more is sent until you go on.".into()
        }
        _ => format!("Confirmed by {} at {}.", run.operator, date_minute(run.started)),
    };
    (out, follows)
}

fn by(run: &RunView, shared: &Shared) -> String {
    run.all_sent_by.map_or_else(String::new, |at| format!(", all by {}", instant(at, shared.now)))
}

/// The same on the one line of a small screen.
fn short<'a>(run: &RunView, shared: &Shared) -> Vec<Span<'a>> {
    let theme = shared.theme;
    if !is_halted(run) {
        return counts_short(run, shared);
    }
    let counts = &run.counts;
    let mut words = match counts.queued {
        0 => "nothing queued".to_owned(),
        n => format!("{} never sent", count(n)),
    };
    for (n, word) in [(counts.unknown, "unknown"), (counts.undecided, "undecided")] {
        if n > 0 {
            words.push_str(&format!(", {} {word}", count(n)));
        }
    }
    vec![theme.span(words, Meaning::Text)]
}

fn counts_short<'a>(run: &RunView, shared: &Shared) -> Vec<Span<'a>> {
    counts(shared.theme, &run.counts, true)
}

/// By whom or by what it was stopped, as a sentence: "Stopped by jdoe at 12:05:31Z."
fn how_it_halted(run: &RunView, now: Timestamp) -> String {
    match &run.phase {
        Phase::Stopped { by, at } => {
            let at = instant(*at, now);
            // A guard's words begin with a number or carry a colon: a time behind them would belong to nothing.
            if by.as_str().contains(':') {
                return format!("Stopped at {at}: {by}.");
            }
            let mut chars = by.as_str().chars();
            let first: String = chars.next().map_or_else(String::new, |c| c.to_uppercase().collect());
            format!("{first}{} at {at}.", chars.as_str())
        }
        _ => format!("Its process is gone; its last word is of {}.", instant(run.last_word, now)),
    }
}
