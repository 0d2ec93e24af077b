//! How an open run looks. Reads only.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::order::{Group, Line};
use super::words::{Called, mark, state as state_word, why};
use super::{State, halted, head, pane};
use crate::domain::when::{count, instant};
use crate::offboard::view::{MachineView, RunView};
use crate::tui::keymap::{Context, Scope};
use crate::tui::layout::is_tall;
use crate::tui::shared::{Shared, Tab};
use crate::tui::theme::Meaning;
use crate::tui::widget::paint::{fit, put, width};
use crate::tui::widget::run::{goes_on, is_halted};
use crate::tui::widget::{cursor, footer, header, notice, rule, status};

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
        head::title(run, shared, buf, places.title);
        head::progress(run, shared, buf, places.progress);
        put(buf, area.x + 1, places.counts.y, area.width.saturating_sub(2), &head::counts(run, shared));
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
    let under = state.machine(state.cursor, shared);
    match (&state.notice, &under) {
        (Some(notice), under) => {
            let title = under.as_ref().map_or_else(String::new, |(_, called)| called.whole());
            notice::draw(buf, head, theme, &title, notice);
        }
        (None, Some((machine, called))) => pane::head(machine, called, shared, buf, head),
        (None, None) => rule::draw(buf, head, theme, &[], &[]),
    }
    if let Some((machine, _)) = under {
        pane::draw(machine, shared, buf, below);
    }
}

/// The budget in one line, where the screen is low.
fn calls(shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let calls = &shared.status.calls;
    if let (None, Some((trouble, _))) = (shared.blocked_short(), shared.instead_of_windows()) {
        return notice::draw(buf, area, theme, "Offboard calls", &trouble);
    }
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
