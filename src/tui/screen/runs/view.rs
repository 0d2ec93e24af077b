//! How the runs look. Reads only.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{State, strip};
use crate::domain::when::{count, minute, plural};
use crate::offboard::view::{Counts, Phase, RunView};
use crate::tui::keymap::{Context, Scope};
use crate::tui::layout::Rows;
use crate::tui::shared::{RUNS_UNKNOWN, Shared, Tab};
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, put, put_right};
use crate::tui::widget::run::{goes_on, is_halted, word};
use crate::tui::widget::{cursor, footer, header, notice, rule, status};

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
        let words = if shared.runs_are_known() { "No run on this host yet." } else { RUNS_UNKNOWN };
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
        strip::draw(run, shared, buf, rows.strip);
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
    if let Some(notice) = &state.notice {
        let title = state.run(shared).map_or_else(String::new, |run| format!("Run {}", run.name));
        return notice::draw(buf, area, theme, &title, notice);
    }
    let position = if state.order.is_empty() {
        Vec::new()
    } else {
        let position = format!("{} of {}", count(state.cursor + 1), count(state.order.len()));
        vec![theme.span(position, Meaning::Muted)]
    };
    let title = state.run(shared).map_or_else(Vec::new, |run| {
        let comment =
            if area.width >= 100 { run.comment.as_str() } else { shared.operators_words(&run.comment) };
        let right: usize = position.iter().map(Span::width).sum();
        let room = usize::from(area.width).saturating_sub(right + 16 + run.name.len());
        vec![
            theme.span(format!("Run {}", run.name), Meaning::Strong),
            theme.span(format!(" · {}", fit(comment, room)), Meaning::Text),
        ]
    });
    rule::draw(buf, area, theme, &title, &position);
}
