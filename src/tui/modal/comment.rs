//! The comment: one line that says why, who will be marked with it, and what exactly is sent.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::domain::when::{count, plural};
use crate::domain::{Comment, CommentError, Mark, SafeText};
use crate::tui::command::Command;
use crate::tui::key::Key;
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::dialog::{Dialog, inside_width, keys};
use crate::tui::widget::field::Field;
use crate::tui::widget::paint::{fit, put_right, wrap};

/// Cells of the dialog.
const WIDTH: u16 = 76;
/// Lines of the dialog that always stand: its frame, the question, the field, what is wrong, the keys.
const LINES_AROUND: u16 = 6;
/// Comments of earlier runs that are shown.
const RECENT_MAX: usize = 3;

/// The dialog as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    machines: usize,
    /// The only machine's name, when there is one.
    name: String,
    operator: SafeText,
    field: Field,
    /// The run's short name; it comes from the journal.
    run: Option<Result<String, SafeText>>,
    recent: Vec<SafeText>,
    /// Which of the recent comments the arrows are on.
    picked: Option<usize>,
    /// What was typed before the arrows were used.
    typed: String,
    /// Enter was pressed and refused: why stands there until the text changes.
    refused: Option<CommentError>,
}

impl State {
    /// For so many machines; `name` is the first one's.
    pub fn new(machines: usize, name: String, shared: &Shared) -> Self {
        Self {
            machines,
            name,
            operator: shared.operator.clone(),
            field: Field::default(),
            run: None,
            recent: Vec::new(),
            picked: None,
            typed: String::new(),
            refused: None,
        }
    }

    /// The same with a text that was typed before.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        self.field = Field::with(text);
        self
    }

    /// The run's name came, or why there is none.
    pub fn name_run(&mut self, run: Result<String, SafeText>) {
        self.run = Some(run);
    }

    /// Comments of earlier runs came.
    pub fn offer(&mut self, recent: Vec<SafeText>) {
        self.recent = recent;
        self.recent.truncate(RECENT_MAX);
    }

    fn mark(&self) -> Option<Mark> {
        match &self.run {
            Some(Ok(run)) => Some(Mark { run: run.clone(), operator: self.operator.clone() }),
            _ => None,
        }
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command) -> Outcome {
        match command {
            Command::Back => Outcome::CommentLeft(self.field.text().to_owned()),
            Command::Up => self.pick(1),
            Command::Down => self.pick(-1),
            Command::Enter => {
                let Some(mark) = self.mark() else { return Outcome::Stay };
                match Comment::parse(self.field.text(), Some(&mark)) {
                    Ok(comment) => Outcome::Commented { words: self.field.text().to_owned(), comment, mark },
                    Err(error) => {
                        self.refused = Some(error);
                        Outcome::Changed
                    }
                }
            }
            _ => Outcome::Stay,
        }
    }

    fn pick(&mut self, by: isize) -> Outcome {
        if self.picked.is_none() {
            self.field.text().clone_into(&mut self.typed);
        }
        let at = self.picked.map_or(0, |picked| picked as isize + 1) + by;
        if at < 0 || at as usize > self.recent.len() {
            return Outcome::Stay;
        }
        self.picked = (at as usize).checked_sub(1);
        self.field = Field::with(match self.picked {
            Some(index) => self.recent[index].as_str(),
            None => &self.typed,
        });
        self.refused = None;
        Outcome::Changed
    }

    /// A key that types.
    pub fn type_key(&mut self, key: Key) -> bool {
        let changed = self.field.key(key);
        self.edited(changed)
    }

    /// A paste.
    pub fn paste(&mut self, text: &str) -> bool {
        let changed = self.field.paste(text);
        self.edited(changed)
    }

    fn edited(&mut self, changed: bool) -> bool {
        if changed {
            self.refused = None;
            self.picked = None;
        }
        changed
    }

    /// Draws the dialog; says where the caret is.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) -> Position {
        let theme = shared.theme;
        let room = usize::from(inside_width(WIDTH, area.width));
        let muted = |text: String| Line::from(theme.span(text, Meaning::Muted));
        let text = self.field.text();
        let chars = text.chars().count();
        let mut foot = vec![Line::raw(" ")]; // the field is drawn over it
        let said = match &self.refused {
            Some(error) => {
                vec![
                    theme.span(sign::FAILED, Meaning::Danger),
                    theme.span(format!(" {error}"), Meaning::Danger),
                ]
            }
            None => vec![],
        };
        foot.push(Line::from(said));
        let parsed = self.mark().map(|mark| Comment::parse(text, Some(&mark)));
        match (&self.run, parsed) {
            (Some(Err(why)), _) => {
                for line in wrap(why.as_str(), room - 2) {
                    foot.push(Line::from(vec![theme.span(line, Meaning::Danger)]));
                }
            }
            (_, Some(Ok(comment))) => {
                let shown = comment.shown();
                let lines = wrap(shown.as_str(), room - 9);
                // What has no room is above, never below: the mark at its end counts.
                let above = lines.len().saturating_sub(usize::from(area.height.saturating_sub(LINES_AROUND)));
                for (index, line) in lines.into_iter().skip(above).enumerate() {
                    let head = match (index, above) {
                        (0, 0) => "sent as  ",
                        (0, _) => "sent as …",
                        _ => "         ",
                    };
                    foot.push(Line::from(vec![
                        theme.span(head, Meaning::Muted),
                        theme.span(line, Meaning::Text),
                    ]));
                }
            }
            (None, _) => foot.push(muted("sent as  … the journal names the run first".into())),
            (_, Some(Err(CommentError::Blank))) => {
                foot.push(muted("sent as  nothing yet: the mark alone does not count".into()));
            }
            _ => foot.push(muted("sent as  nothing yet".into())),
        }
        foot.push(Line::default());
        let has_room = foot.len() + self.recent.len() + usize::from(LINES_AROUND) < usize::from(area.height);
        if !self.recent.is_empty() && has_room {
            foot.push(Line::from(vec![
                theme.span("↑", Meaning::Strong),
                theme.span(" recent", Meaning::Muted),
            ]));
            for (index, recent) in self.recent.iter().enumerate() {
                let meaning = if self.picked == Some(index) { Meaning::Accent } else { Meaning::Muted };
                foot.push(Line::from(theme.span(format!("  {}", fit(recent.as_str(), room - 2)), meaning)));
            }
            foot.push(Line::default());
        }
        foot.push(keys(
            theme,
            &[("Enter", "go on to the confirmation".into()), ("Esc", "back, the text is kept".into())],
        ));
        let title = if self.machines == 1 {
            format!("Comment for {}", fit(&self.name, 40))
        } else {
            format!("Comment for {}", plural(self.machines, "machine"))
        };
        let dialog = Dialog {
            width: WIDTH,
            edge: Meaning::Muted,
            title,
            right: shared.who.tenant.to_string(),
            body: vec![
                Line::default(),
                muted("Why are they taken out? The service keeps this with every action.".into()),
                Line::default(),
            ],
            page: None,
            must_read: 0,
            foot,
            scroll: 0,
        };
        let drawn = dialog.draw(buf, area, theme);
        let y = drawn.foot_rows[0].unwrap_or(drawn.inside.y);
        let counter: Vec<Span<'_>> = vec![theme.span(format!("{} characters", count(chars)), Meaning::Muted)];
        // A refusal that says how long the text is has the line for itself.
        let told = matches!(self.refused, Some(CommentError::TooLong { .. }));
        if let Some(Some(row)) = drawn.foot_rows.get(1).filter(|_| !told) {
            put_right(buf, drawn.inside.right(), *row, &counter);
        }
        self.field.draw(buf, Rect { x: drawn.inside.x, y, width: drawn.inside.width, height: 1 }, theme)
    }
}
