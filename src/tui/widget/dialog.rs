//! The frame of a dialog: a rounded box that owns its rows, with a foot that always stands.
//!
//! Everything above the foot scrolls as one piece and ends in "n more lines: ↓"; where the height is short the blank
//! lines go first (layout: "Dialogs").

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::paint::{fit, put, put_right, width_of};
use crate::tui::theme::{Meaning, Theme};

/// What a dialog is about, by the colour of its line.
pub type Edge = Meaning;

/// Cells inside the line: three on the left, one on the right, the line not counted.
const INSIDE_LEFT: u16 = 3;
const INSIDE_RIGHT: u16 = 2;

/// A dialog ready to be drawn.
pub struct Dialog<'a> {
    /// 76, 96 or 108: never more than the screen less two.
    pub width: u16,
    /// The colour of the line: muted, warning for a question, danger where machines are sent.
    pub edge: Edge,
    /// On the line, left.
    pub title: String,
    /// On the line, right.
    pub right: String,
    /// What scrolls. An empty line is a gap that may go.
    pub body: Vec<Line<'a>>,
    /// How many lines of the body are the first page, if not all: the rest is there to be scrolled to.
    pub page: Option<usize>,
    /// How many lines of the body, from its beginning, must have been on screen.
    pub must_read: usize,
    /// What always stands. An empty line is a gap that may go.
    pub foot: Vec<Line<'a>>,
    /// How far the body is scrolled.
    pub scroll: usize,
}

/// Where a dialog was drawn.
pub struct Drawn {
    /// The cells inside, where text stands.
    pub inside: Rect,
    /// Rows of the foot that were drawn, by their place in [`Dialog::foot`].
    pub foot_rows: Vec<Option<u16>>,
}

/// How the lines of a dialog fit a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Rows for the body, the hint included.
    rows: usize,
    /// Whether the last of them says how many lines are hidden.
    hint: bool,
    /// The furthest that scrolling has a use.
    pub scroll_max: usize,
    /// Whether everything that must be read is on screen or above it.
    pub read: bool,
}

/// Cells for text inside a dialog of this width on a screen of that.
pub fn inside_width(dialog: u16, screen: u16) -> u16 {
    dialog.min(screen.saturating_sub(2)).saturating_sub(INSIDE_LEFT + INSIDE_RIGHT)
}

impl Dialog<'_> {
    /// Makes the lines fit: the blank ones go first, then the body scrolls. Pure, so that `update` can ask what was on
    /// screen.
    pub fn fit(&mut self, area: Rect) -> Fit {
        let room = usize::from(area.height.saturating_sub(2));
        let blank = |line: &Line<'_>| line.width() == 0;
        let mut page = self.page.unwrap_or(self.body.len()).min(self.body.len());
        let mut surplus = (page + self.foot.len()).saturating_sub(room);
        // Of the body from its end, then of the foot from its end.
        for index in (0..page).rev() {
            if surplus > 0 && blank(&self.body[index]) {
                self.body.remove(index);
                self.must_read -= usize::from(index < self.must_read);
                (page, surplus) = (page - 1, surplus - 1);
            }
        }
        for index in (0..self.foot.len()).rev() {
            if surplus > 0 && blank(&self.foot[index]) {
                // An empty line without a blank: taken out of the drawing, its place in the foot stays.
                self.foot[index] = Line::from(Span::raw(GONE));
                surplus -= 1;
            }
        }
        let foot_rows = self.foot.iter().filter(|line| !is_gone(line)).count();
        let rows = page.min(room.saturating_sub(foot_rows));
        let hint = rows < page || (self.scroll > 0 && self.body.len() > rows);
        let shown = rows - usize::from(hint && rows > 0);
        let scroll_max = if self.body.len() > rows { self.body.len() - rows.saturating_sub(1) } else { 0 };
        let scroll = self.scroll.min(scroll_max);
        Fit { rows, hint, scroll_max, read: scroll + shown >= self.must_read }
    }

    /// Draws the dialog over an area that was drawn before; what it covers must be dimmed already.
    pub fn draw(mut self, buf: &mut Buffer, area: Rect, theme: Theme) -> Drawn {
        let fitted = self.fit(area);
        let width = self.width.min(area.width.saturating_sub(2));
        let foot_height = self.foot.iter().filter(|line| !is_gone(line)).count();
        let height = (fitted.rows + foot_height + 2) as u16;
        let top = area.y + area.height.saturating_sub(height) / 3;
        let left = area.x + area.width.saturating_sub(width) / 2;
        let outer = Rect::new(left, top, width, height.min(area.height));

        // A dialog owns its rows: left and right of it is nothing.
        Clear.render(Rect { x: area.x, width: area.width, ..outer }, buf);
        Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.style(self.edge))
            .render(outer, buf);
        let mut title = theme.span(format!(" {} ", self.title), self.edge);
        title.style = title.style.add_modifier(Modifier::BOLD);
        if self.edge == Meaning::Muted {
            title.style = theme.style(Meaning::Strong);
        }
        let right = if self.right.is_empty() { String::new() } else { format!(" {} ", self.right) };
        let end = put(buf, outer.x + 2, outer.y, outer.width.saturating_sub(4), &[title]);
        let right_room = usize::from((outer.right() - 2).saturating_sub(end + 1));
        if !right.is_empty() && right_room > 6 {
            let right = fit(&right, right_room).into_owned();
            put_right(buf, outer.right() - 2, outer.y, &[theme.span(right, Meaning::Muted)]);
        }

        let inside = Rect {
            x: outer.x + INSIDE_LEFT,
            y: outer.y + 1,
            width: outer.width.saturating_sub(INSIDE_LEFT + INSIDE_RIGHT),
            height: outer.height.saturating_sub(2),
        };
        let scroll = self.scroll.min(fitted.scroll_max);
        let shown = fitted.rows - usize::from(fitted.hint && fitted.rows > 0);
        for (y, line) in (inside.y..).zip(self.body.iter().skip(scroll).take(shown)) {
            put(buf, inside.x, y, inside.width, &line.spans);
        }
        let mut y = inside.y + fitted.rows as u16;
        if fitted.hint && fitted.rows > 0 {
            let text = match self.body.len().saturating_sub(scroll + shown) {
                0 => format!("{scroll} lines above: ↑"),
                1 => "1 more line: ↓".into(),
                n => format!("{n} more lines: ↓"),
            };
            put(buf, inside.x, y - 1, inside.width, &[theme.span(text, Meaning::Warning)]);
        }
        let mut foot_rows = Vec::new();
        for line in &self.foot {
            if is_gone(line) {
                foot_rows.push(None);
                continue;
            }
            foot_rows.push(Some(y));
            put(buf, inside.x, y, inside.width, &line.spans);
            y += 1;
        }
        Drawn { inside, foot_rows }
    }
}

/// Stands in a line of the foot that had to go.
const GONE: &str = "\u{0}";

fn is_gone(line: &Line<'_>) -> bool {
    line.spans.len() == 1 && line.spans[0].content == GONE
}

/// A line of keys: bold keys, muted words.
pub fn keys<'a>(theme: Theme, items: &[(&'a str, String)]) -> Line<'a> {
    let mut spans = Vec::new();
    for (key, label) in items {
        if !spans.is_empty() {
            spans.push(Span::raw("   "));
        }
        spans.push(theme.span(*key, Meaning::Strong));
        spans.push(theme.span(format!(" {label}"), Meaning::Muted));
    }
    Line::from(spans)
}

/// Cells of a line.
pub fn cells(line: &Line<'_>) -> u16 {
    width_of(&line.spans)
}
