//! One line to type in. `tui-input` edits; this adds what the console asks of every field: nothing hidden ever gets
//! in, a bound, a paste that never presses Enter, and a window on a text that is longer than its place.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::{Input, InputRequest};

use crate::domain::is_hidden;
use crate::tui::key::Key;
use crate::tui::theme::{Ground, Meaning, Theme};

/// A field and what is typed in it.
#[derive(Debug, Clone, Default)]
pub struct Field {
    input: Input,
}

/// `tui_input::Input` cannot be compared; text and caret can.
impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.input.cursor() == other.input.cursor()
    }
}

impl Field {
    /// Characters at most: more than any comment, and little enough to edit at once.
    const CHARS_MAX: usize = 2_000;

    /// A field that holds a text already, the caret behind it.
    pub fn with(text: &str) -> Self {
        Self { input: Input::new(clean(text, Self::CHARS_MAX)) }
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Takes a key. Says whether anything changed.
    pub fn key(&mut self, key: Key) -> bool {
        let Some(request) = request(key) else { return false };
        if let InputRequest::InsertChar(c) = request
            && (is_hidden(c) || self.text().chars().count() >= Self::CHARS_MAX)
        {
            return false;
        }
        self.input.handle(request).is_some()
    }

    /// Takes a paste: line ends and tabs become blanks, other hidden characters stay outside.
    pub fn paste(&mut self, text: &str) -> bool {
        let room = Self::CHARS_MAX.saturating_sub(self.text().chars().count());
        let text = clean(text.trim_end_matches(['\r', '\n']), room);
        let mut changed = false;
        for c in text.chars() {
            changed |= self.input.handle(InputRequest::InsertChar(c)).is_some();
        }
        changed
    }

    /// Draws text and ground; says where the caret is.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, theme: Theme) -> Position {
        buf.set_style(area, theme.ground(Ground::Field));
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let scroll = self.input.visual_scroll(usize::from(inner.width.max(1)));
        let mut skipped = 0;
        let shown: String = self
            .text()
            .chars()
            .skip_while(|c| {
                let before = skipped;
                skipped += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
                before < scroll
            })
            .collect();
        buf.set_stringn(inner.x, inner.y, &shown, usize::from(inner.width), theme.style(Meaning::Text));
        let caret = self.input.visual_cursor().saturating_sub(scroll) as u16;
        Position { x: (inner.x + caret).min(area.right().saturating_sub(1)), y: area.y }
    }
}

fn clean(text: &str, chars_max: usize) -> String {
    let blank = |c: char| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
    text.chars().map(blank).filter(|c| !is_hidden(*c)).take(chars_max).collect()
}

/// The keys of readline, as far as a field of one line has a use for them.
fn request(key: Key) -> Option<InputRequest> {
    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    Some(match (key.code, key.modifiers) {
        (KeyCode::Char(c), NONE) => InputRequest::InsertChar(c),
        (KeyCode::Backspace, NONE) | (KeyCode::Char('h'), CONTROL) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, NONE) | (KeyCode::Char('d'), CONTROL) => InputRequest::DeleteNextChar,
        (KeyCode::Left, NONE) | (KeyCode::Char('b'), CONTROL) => InputRequest::GoToPrevChar,
        (KeyCode::Right, NONE) | (KeyCode::Char('f'), CONTROL) => InputRequest::GoToNextChar,
        (KeyCode::Left, CONTROL | ALT) | (KeyCode::Char('b'), ALT) => InputRequest::GoToPrevWord,
        (KeyCode::Right, CONTROL | ALT) | (KeyCode::Char('f'), ALT) => InputRequest::GoToNextWord,
        (KeyCode::Home, NONE) | (KeyCode::Char('a'), CONTROL) => InputRequest::GoToStart,
        (KeyCode::End, NONE) | (KeyCode::Char('e'), CONTROL) => InputRequest::GoToEnd,
        (KeyCode::Char('w'), CONTROL) | (KeyCode::Backspace, ALT) => InputRequest::DeletePrevWord,
        (KeyCode::Delete, CONTROL) | (KeyCode::Char('d'), ALT) => InputRequest::DeleteNextWord,
        (KeyCode::Char('u'), CONTROL) => InputRequest::DeleteLine,
        (KeyCode::Char('k'), CONTROL) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('y'), CONTROL) => InputRequest::Yank,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_brings_text_and_nothing_that_acts() {
        let mut field = Field::with("CHG-1042");
        assert!(field.paste(" retire\nthe\tParis \u{1b}[2Jweb\u{202e}\r\n"));
        assert_eq!(field.text(), "CHG-1042 retire the Paris [2Jweb");
        assert!(!field.key(Key::named("Enter").unwrap()));
    }

    #[test]
    fn a_text_longer_than_its_place_shows_its_caret() {
        let field = Field::with(&"x".repeat(100));
        let area = Rect::new(0, 0, 12, 1);
        let mut buf = Buffer::empty(area);
        let caret = field.draw(&mut buf, area, Theme::new(crate::tui::theme::Depth::True));
        assert!(caret.x < 12, "{caret:?}");
    }
}
