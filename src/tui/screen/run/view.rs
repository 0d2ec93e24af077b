//! How an open run looks. Reads only.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::order::{Group, Line};
use super::words::{Called, mark, state as state_word, why};
use super::{State, halted, pane};
use crate::domain::when::{count, duration, instant};
use crate::offboard::view::{Counts, MachineView, Phase, RunView};
use crate::tui::app::{Shared, Tab};
use crate::tui::keymap::{Context, Scope};
use crate::tui::layout::is_tall;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, put, put_right, width, width_of};
use crate::tui::widget::run::{elsewhere, goes_on, is_halted};
use crate::tui::widget::{cursor, footer, header, rule, status};

/// Draws the whole screen.
pub fn draw(state: &State, shared: &Shared, context: &Context, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let places = state.places(shared);
    let run = state.run(shared);
    header::draw(
        buf,
        places.header,
        shared,
        Tab::Runs,
        run.map_or_else(Default::default, |run| of(run, shared)),
    );
    if let Some(run) = run {
        title(run, shared, buf, places.title);
        progress(run, shared, buf, places.progress);
        put(buf, area.x + 1, places.counts.y, area.width.saturating_sub(2), &counts(run, shared));
        let tall = is_tall(area);
        let block = if places.block_is_whole {
            halted::whole(run, shared, tall)
        } else {
            halted::least(run, shared, tall)
        };
        for (y, line) in (places.block.top()..places.block.bottom()).zip(block) {
            put(buf, area.x + 1, y, area.width.saturating_sub(2), &indented(line));
        }
    }
    let columns = Columns::of(area.width);
    columns.headings(shared, buf, places.headings);
    list(state, run, &columns, shared, buf, places.list);
    machine(state, shared, buf, places.rule, places.pane);
    if places.status.height > 1 {
        status::draw(buf, places.status, shared, true);
    } else {
        calls(shared, buf, places.status);
    }
    footer::draw(buf, places.keys, theme, Scope::Run, context);
}

/// The block's lines are written from column 0; the screen has one blank at its edge already.
fn indented(mut line: Vec<Span<'static>>) -> Vec<Span<'static>> {
    if let Some(first) = line.first_mut()
        && let Some(rest) = first.content.strip_prefix(' ')
    {
        *first = Span::styled(rest.to_owned(), first.style);
    }
    line
}

/// When it began, long and short.
fn of<'a>(run: &RunView, shared: &Shared) -> [Vec<Span<'a>>; 2] {
    let theme = shared.theme;
    let at = instant(run.started, shared.now);
    let words =
        |words: &'static str| vec![theme.span(words, Meaning::Muted), theme.span(at.clone(), Meaning::Text)];
    let short = if goes_on(run) || is_halted(run) { "since " } else { "of " };
    [words("started "), words(short)]
}

/// Its name, its comment, and when it is over.
fn title(run: &RunView, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let wide = area.width >= 100;
    let end = ends(run, shared, wide);
    let x = put_right(buf, area.right() - 1, area.y, &end);
    let name = if wide { format!("Run {}   ", run.name) } else { format!("{} ", run.name) };
    let at = put(buf, area.x + 1, area.y, area.width - 2, &[theme.span(name, Meaning::Strong)]);
    let room = usize::from(x.saturating_sub(at + 2));
    put(
        buf,
        at,
        area.y,
        room as u16,
        &[theme.span(fit(run.comment.as_str(), room).into_owned(), Meaning::Text)],
    );
}

fn ends<'a>(run: &RunView, shared: &Shared, wide: bool) -> Vec<Span<'a>> {
    let theme = shared.theme;
    let now = shared.now;
    let muted = |text: String| theme.span(text, Meaning::Muted);
    let text = |text: String| theme.span(text, Meaning::Text);
    let strong = |text: String| theme.span(text, Meaning::Strong);
    let warning = |text: &'static str| theme.span(text, Meaning::Warning);
    match &run.phase {
        Phase::Sending | Phase::Waiting(_) => match run.all_sent_by {
            Some(at) => {
                let left = duration((at.as_millisecond() - now.as_millisecond() + 999) / 1_000);
                if wide {
                    vec![
                        muted("all sent by ".into()),
                        text(instant(at, now)),
                        muted(", in ".into()),
                        strong(left),
                    ]
                } else {
                    vec![muted("all sent in ".into()), strong(left)]
                }
            }
            None => Vec::new(),
        },
        Phase::Stopped { by, at } => {
            let who = by.as_str().strip_prefix("stopped by ").filter(|who| wide && width(who) <= 32);
            let who = who.map_or_else(String::new, |who| format!(" by {who}"));
            let at_word = if wide { " at " } else { " " };
            vec![warning("stopped"), muted(format!("{who}{at_word}")), text(instant(*at, now))]
        }
        Phase::Unfinished if wide => {
            vec![
                warning("unfinished"),
                muted(", its last word is of ".into()),
                text(instant(run.last_word, now)),
            ]
        }
        Phase::Unfinished => vec![warning("unfinished")],
        Phase::Sent => vec![muted("all sent, some not final".into())],
        Phase::Finished => match run.ended {
            Some(ended) => {
                let took = duration(ended.as_second() - run.started.as_second());
                if wide {
                    vec![
                        muted("finished ".into()),
                        text(instant(ended, now)),
                        muted(", took ".into()),
                        text(took),
                    ]
                } else {
                    vec![muted("took ".into()), text(took)]
                }
            }
            None => vec![muted("finished".into())],
        },
    }
}

/// How far the sending is, and what it waits for.
fn progress(run: &RunView, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let cells = match area.width {
        ..80 => 10,
        80..100 => 20,
        _ => 60,
    };
    let meaning = if is_halted(run) { Meaning::Warning } else { Meaning::Accent };
    let (sent, all) = (run.counts.sent(), run.counts.all());
    status::progress(buf, area.x + 1, area.y, cells, (sent, all), meaning, theme);
    let mut spans = vec![
        theme.span(count(sent), Meaning::Strong),
        theme.span(format!(" of {} sent", count(all)), Meaning::Muted),
    ];
    if area.width < 100 && run.counts.queued > 0 {
        spans.push(theme.span(format!(" · {} queued", count(run.counts.queued)), Meaning::Muted));
    }
    let (then, follows) = sending(run, shared, area.width >= 100);
    if !then.is_empty() {
        spans.push(Span::raw("   "));
        spans.push(theme.span(then, Meaning::Warning));
        spans.push(theme.span(follows, Meaning::Muted));
    }
    let x = area.x + 1 + cells + 1;
    put(buf, x, area.y, area.right().saturating_sub(x + 1), &spans);
}

/// What the sending waits for: what counts, and what follows.
fn sending(run: &RunView, shared: &Shared, wide: bool) -> (String, String) {
    if let Some(why) = elsewhere(run, shared).filter(|_| goes_on(run)) {
        return (why, String::new());
    }
    let then = |then: &str| (then.to_owned(), String::new());
    match &run.phase {
        Phase::Stopped { .. } if wide => then("nothing more is sent"),
        Phase::Stopped { .. } => then("stopped"),
        Phase::Unfinished if wide => then("nothing goes on by itself"),
        Phase::Unfinished => then("unfinished"),
        Phase::Waiting(why) => {
            let calls = &shared.status.calls;
            let for_the_budget = calls.next_call.is_some() || calls.pause.is_some();
            match status::headline(shared) {
                (head, follows, _) if for_the_budget && calls.free_now == 0 && wide => {
                    (head, format!(": {follows}"))
                }
                (head, ..) if for_the_budget && calls.free_now == 0 => (head, String::new()),
                _ => (format!("waiting: {why}"), String::new()),
            }
        }
        Phase::Sending | Phase::Sent | Phase::Finished => then(""),
    }
}

/// How many machines are where, what needs a person in bold; what is under way in one number where the line is full.
fn counts<'a>(run: &RunView, shared: &Shared) -> Vec<Span<'a>> {
    let wide = shared.area.width >= 100;
    let room = shared.area.width.saturating_sub(2);
    let whole = pieces(&run.counts, shared, wide, false);
    if width_of(&whole) <= room { whole } else { pieces(&run.counts, shared, wide, true) }
}

fn pieces<'a>(counts: &Counts, shared: &Shared, wide: bool, in_one: bool) -> Vec<Span<'a>> {
    let theme = shared.theme;
    let (sending, pending, under_way) =
        if in_one { (0, 0, counts.sending + counts.pending) } else { (counts.sending, counts.pending, 0) };
    let mut out = Vec::new();
    for (n, sign, word, meaning) in [
        (counts.failed, sign::FAILED, "failed", Meaning::Danger),
        (counts.unknown, sign::UNKNOWN, "unknown", Meaning::Warning),
        (counts.undecided, sign::UNKNOWN, "undecided", Meaning::Warning),
        (sending, sign::OPEN, "sending", Meaning::Text),
        (pending, sign::OPEN, "pending", Meaning::Text),
        (under_way, sign::OPEN, "under way", Meaning::Text),
        (counts.succeeded, sign::DONE, "succeeded", Meaning::Ok),
        (if wide { counts.queued } else { 0 }, sign::QUEUED, "queued", Meaning::Muted),
        (counts.set_aside, sign::NONE, "set aside", Meaning::Muted),
        (counts.cancelled, sign::NONE, "cancelled", Meaning::Muted),
        (counts.left, sign::NONE, "left", Meaning::Muted),
    ] {
        if n == 0 {
            continue;
        }
        if !out.is_empty() {
            out.push(Span::raw(if wide { "   " } else { "  " }));
        }
        let bold = matches!(meaning, Meaning::Danger | Meaning::Warning);
        let words = if bold || meaning == Meaning::Muted { meaning } else { Meaning::Text };
        for (text, meaning) in [(format!("{sign} "), meaning), (format!("{} {word}", count(n)), words)] {
            let span = theme.span(text, meaning);
            let style = if bold { span.style.add_modifier(Modifier::BOLD) } else { span.style };
            out.push(span.style(style));
        }
    }
    out
}

/// Where the columns of the list begin.
struct Columns {
    state: u16,
    /// SENT and ACTION, where there is room for them.
    middle: Option<(u16, u16)>,
    why: u16,
}

impl Columns {
    fn of(width: u16) -> Self {
        match width {
            ..100 => Self { state: 23, middle: None, why: 35 },
            100..160 => Self { state: 24, middle: Some((36, 47)), why: 58 },
            _ => Self { state: 40, middle: Some((52, 63)), why: 74 },
        }
    }

    fn headings(&self, shared: &Shared, buf: &mut Buffer, area: Rect) {
        let muted = |text: &'static str| [shared.theme.span(text, Meaning::Muted)];
        put(buf, area.x + 4, area.y, 10, &muted("MACHINE"));
        put(buf, area.x + self.state, area.y, 10, &muted("STATE"));
        if let Some((sent, action)) = self.middle {
            put(buf, area.x + sent, area.y, 10, &muted("SENT"));
            put(buf, area.x + action, area.y, 10, &muted("ACTION"));
        }
        put(buf, area.x + self.why, area.y, 10, &muted("WHY"));
    }

    fn row(
        &self,
        machine: &MachineView,
        called: &Called,
        run: Option<&RunView>,
        shared: &Shared,
        buf: &mut Buffer,
        area: Rect,
    ) {
        let theme = shared.theme;
        let (sign, meaning) = mark(machine.state);
        put(buf, area.x + 2, area.y, 1, &[theme.span(sign, meaning)]);
        let room = usize::from(self.state - 4 - 2);
        let tag = called.tag.as_ref().map(|tag| format!(" {tag}")).unwrap_or_default();
        let name = fit(&called.label, room.saturating_sub(width(&tag))).into_owned();
        put(
            buf,
            area.x + 4,
            area.y,
            room as u16,
            &[theme.span(name, Meaning::Text), theme.span(tag, Meaning::Muted)],
        );
        let word = state_word(machine);
        let meaning = match meaning {
            Meaning::Ok => Meaning::Text,
            other => other,
        };
        let state_end = self.middle.map_or(self.why, |(sent, _)| sent);
        let state = fit(word, usize::from(state_end - self.state - 1)).into_owned();
        put(buf, area.x + self.state, area.y, state_end - self.state, &[theme.span(state, meaning)]);
        let mut why_x = self.why;
        if let Some((sent, action)) = self.middle {
            if let Some(at) = machine.sent {
                put(
                    buf,
                    area.x + sent,
                    area.y,
                    action - sent - 1,
                    &[theme.span(sent_at(at, shared), Meaning::Muted)],
                );
            }
            match &machine.action {
                Some(known) => {
                    put(
                        buf,
                        area.x + action,
                        area.y,
                        self.why - action,
                        &[theme.span(known.id.short(), Meaning::Muted)],
                    );
                }
                // A reason takes the room of the columns that it makes pointless.
                None => why_x = action,
            }
        }
        let why = why(machine, run, called, self.middle.is_none());
        let room = area.width.saturating_sub(why_x + 1);
        put(buf, area.x + why_x, area.y, room, &[theme.span(why, Meaning::Text)]);
    }
}

/// The time of day, or the day where it is another one: the column has no room for both.
fn sent_at(at: jiff::Timestamp, shared: &Shared) -> String {
    let text = instant(at, shared.now);
    match text.split_once(' ') {
        Some((day, _)) => day.to_owned(),
        None => text,
    }
}

fn list(
    state: &State,
    run: Option<&RunView>,
    columns: &Columns,
    shared: &Shared,
    buf: &mut Buffer,
    area: Rect,
) {
    let theme = shared.theme;
    if state.machines.is_empty() {
        let words = match &state.trouble {
            Some(why) => format!("Its machines can't be read: {why}"),
            None => "Reading its machines from the journal.".into(),
        };
        put(buf, area.x + 4, area.y, area.width.saturating_sub(5), &[theme.span(words, Meaning::Muted)]);
        return;
    }
    for (y, number) in (area.top()..area.bottom()).zip(state.offset..) {
        let line = Rect { y, height: 1, ..area };
        match state.order.line(number) {
            Some(Line::Heading(group, n)) => {
                let meaning = if group == Group::Needs { Meaning::Danger } else { Meaning::Text };
                let title = theme.span(group.title(), meaning);
                let style = title.style.add_modifier(Modifier::BOLD);
                put(
                    buf,
                    area.x + 1,
                    y,
                    area.width,
                    &[title.style(style), theme.span(format!(" {}", count(n)), Meaning::Muted)],
                );
            }
            Some(Line::Machine(position)) => {
                let Some((machine, called)) = state.machine(position, shared) else { continue };
                columns.row(machine, &called, run, shared, buf, line);
                if position == state.cursor {
                    cursor::draw(buf, line, theme);
                }
            }
            None => return,
        }
    }
}

/// The rule and what stands below it: the machine under the cursor. A notice takes the place of when it was asked.
fn machine(state: &State, shared: &Shared, buf: &mut Buffer, head: Rect, below: Rect) {
    let theme = shared.theme;
    let Some((machine, called)) = state.machine(state.cursor, shared) else {
        let notice = state.notice.as_ref().map(|notice| theme.span(notice.as_str(), Meaning::Warning));
        return rule::draw(buf, head, theme, &[], &notice.into_iter().collect::<Vec<_>>());
    };
    match &state.notice {
        Some(notice) => {
            let title = [theme.span(fit(&called.whole(), 24).into_owned(), Meaning::Strong)];
            rule::draw(buf, head, theme, &title, &[theme.span(notice.as_str(), Meaning::Warning)]);
        }
        None => pane::head(machine, &called, shared, buf, head),
    }
    pane::draw(machine, shared, buf, below);
}

/// The budget in one line, where the screen is low.
fn calls(shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let calls = &shared.status.calls;
    let (head, meaning) = match (shared.blocked_short(), calls.free_now) {
        (Some(why), _) => (format!("none: {why}"), Meaning::Warning),
        (None, 0) => ("none free".into(), Meaning::Warning),
        (None, n) => (format!("{} free now", count(n as usize)), Meaning::Strong),
    };
    let mut right = Vec::new();
    for (window, of) in [(calls.minute, " a minute"), (calls.hour, " an hour")] {
        if !right.is_empty() {
            right.push(theme.span(" · ", Meaning::Muted));
        }
        let used = if window.used >= window.max { Meaning::Warning } else { Meaning::Strong };
        right.push(theme.span(count(window.used as usize), used));
        let max = format!(" of {}{of}", count(window.max as usize));
        right.push(theme.span(max, Meaning::Muted));
    }
    let title = [theme.span("Offboard calls · ", Meaning::Text), theme.span(head, meaning)];
    rule::draw(buf, area, theme, &title, &right);
}
