//! "Type 113 to confirm", the field beside it, and beside that what is missing: the foot of a dialog that sends.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::typed::{Typed, compare};
use crate::tui::key::Key;
use crate::tui::theme::{Meaning, Theme, sign};
use crate::tui::widget::dialog::{Drawn, keys};
use crate::tui::widget::field::Field;
use crate::tui::widget::paint::{put, width, width_of, wrap};

/// What has to be typed, and what was.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    expected: String,
    field: Field,
    /// An Enter came within a burst of keys, and did nothing.
    hasty: bool,
}

/// What a dialog does once its text is typed.
pub struct Sends<'a> {
    /// To how many machines.
    pub machines: usize,
    /// How long the sending takes; empty: not said.
    pub time: &'a str,
    /// What Enter does.
    pub does: &'a str,
    /// What Esc does.
    pub cancels: &'a str,
    /// Why Enter does nothing, whatever is typed.
    pub hindrance: Option<&'a str>,
}

/// How the prompt stands in the foot of a dialog.
pub struct Foot<'a> {
    /// What the dialog does, and its keys.
    pub lines: Vec<Line<'a>>,
    prompt: usize,
    apart: bool,
}

impl Prompt {
    /// Waits for a text.
    pub fn new(expected: String) -> Self {
        Self { expected, field: Field::default(), hasty: false }
    }

    /// Whether the text stands there.
    pub fn matches(&self) -> bool {
        compare(&self.expected, self.field.text()) == Typed::Matches
    }

    /// An Enter came within a burst of keys: it does nothing, and that is said.
    pub fn hasty_enter(&mut self) {
        self.hasty = true;
    }

    /// A key that types.
    pub fn key(&mut self, key: Key) -> bool {
        std::mem::take(&mut self.hasty) | self.field.key(key)
    }

    /// A paste.
    pub fn paste(&mut self, text: &str) -> bool {
        self.field.paste(text)
    }

    /// The foot: that it cannot be taken back, how long the sending takes if that is known, the prompt, the keys.
    pub fn foot<'a>(&self, sends: &Sends<'_>, room: usize, theme: Theme) -> Foot<'a> {
        let Sends { machines, time, does, cancels, hindrance } = *sends;
        let sentence = match machines {
            1 => "The sensor stops on this machine. No API puts it back.",
            _ => "The sensor stops on these machines. No API puts it back.",
        };
        let danger = theme.style(Meaning::Danger).add_modifier(Modifier::BOLD);
        let mut lines = vec![Line::default()];
        lines.extend(wrap(sentence, room).into_iter().map(|line| Line::from(Span::styled(line, danger))));
        if !time.is_empty() {
            lines
                .extend(wrap(time, room).into_iter().map(|line| Line::from(theme.span(line, Meaning::Text))));
        }
        lines.push(Line::default());
        let prompt = lines.len();
        let words = self.words(theme);
        let hint = self.hint(hindrance).0;
        let apart = usize::from(width_of(&words)) + 2 + self.cells() + 2 + width(&hint) > room;
        lines.push(Line::from(words));
        if apart {
            lines.push(Line::raw(" "));
        }
        lines.push(Line::default());
        let goes = self.matches() && hindrance.is_none();
        let enter = if goes { Meaning::Danger } else { Meaning::Muted };
        let mut line = vec![theme.span(format!("Enter {does}"), enter), Span::raw("   ")];
        line.extend(keys(theme, &[("Esc", cancels.to_owned())]).spans);
        lines.push(Line::from(line));
        Foot { lines, prompt, apart }
    }

    fn words<'a>(&self, theme: Theme) -> Vec<Span<'a>> {
        vec![
            theme.span("Type ", Meaning::Text),
            theme.span(self.expected.clone(), Meaning::Strong),
            theme.span(" to confirm", Meaning::Text),
        ]
    }

    fn cells(&self) -> usize {
        (width(&self.expected) + 4).clamp(10, 40)
    }

    fn hint(&self, hindrance: Option<&str>) -> (String, Meaning) {
        match (hindrance, compare(&self.expected, self.field.text())) {
            (Some(why), _) => (why.to_owned(), Meaning::Warning),
            (None, Typed::Matches) if self.hasty => {
                ("it came with other keys: press Enter again".into(), Meaning::Warning)
            }
            (None, Typed::Nothing) => (String::new(), Meaning::Muted),
            (None, Typed::Matches) => (format!("{} matches", sign::DONE), Meaning::Ok),
            (None, Typed::NotYet(words)) => (words, Meaning::Muted),
        }
    }

    /// Draws the field over a foot that is drawn already; says where the caret is.
    pub fn draw(
        &self,
        (prompt, apart): (usize, bool),
        hindrance: Option<&str>,
        drawn: &Drawn,
        buf: &mut Buffer,
        theme: Theme,
    ) -> Position {
        let row = |index: usize| drawn.foot_rows.get(index).copied().flatten();
        let inside = drawn.inside;
        let beside = inside.x + width_of(&self.words(theme)) + 1;
        let (x, y) = match row(prompt + 1).filter(|_| apart) {
            Some(y) => (inside.x, y),
            None => (beside, row(prompt).unwrap_or(inside.y)),
        };
        let cells = self.cells() as u16;
        let caret = self.field.draw(buf, Rect { x, y, width: cells, height: 1 }, theme);
        let (hint, meaning) = self.hint(hindrance);
        let x = x + cells + 2;
        put(buf, x, y, inside.right().saturating_sub(x), &[theme.span(hint, meaning)]);
        caret
    }
}

impl Foot<'_> {
    /// Where the prompt stands, for [`Prompt::draw`].
    pub fn place(&self) -> (usize, bool) {
        (self.prompt, self.apart)
    }
}
