//! The question before what is queued is cancelled for good. Nothing is sent by it; the numbers are those of now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Outcome;
use crate::domain::when::{count, plural};
use crate::offboard::view::{RunId, RunView};
use crate::tui::command::Command;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::Meaning;
use crate::tui::widget::dialog::{Dialog, inside_width, keys};
use crate::tui::widget::paint::wrap;
use crate::tui::widget::run::elsewhere;

/// Cells of the dialog.
const WIDTH: u16 = 76;

/// The dialog as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    run: RunId,
}

impl State {
    /// For a run.
    pub fn new(run: RunId) -> Self {
        Self { run }
    }

    fn run<'a>(&self, shared: &'a Shared) -> Option<&'a RunView> {
        shared.status.runs.iter().find(|run| run.id == self.run)
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        let can =
            self.run(shared).is_some_and(|run| run.counts.queued > 0 && elsewhere(run, shared).is_none());
        match command {
            Command::Back => Outcome::Closed,
            Command::Enter if can => Outcome::Ask(vec![Effect::CancelQueued(self.run)]),
            _ => Outcome::Stay,
        }
    }

    /// Draws the dialog.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) {
        let theme = shared.theme;
        let Some(run) = self.run(shared) else { return };
        let counts = &run.counts;
        let room = usize::from(inside_width(WIDTH, area.width));
        let mut says: Vec<String> = Vec::new();
        says.push(match counts.queued {
            0 => "Nothing is queued any more.".into(),
            1 => "1 machine is queued: this run never sends it. That is final; another run may.".into(),
            n => format!(
                "{} machines are queued: this run never sends them. That is final; another run may.",
                count(n)
            ),
        });
        if counts.unknown > 0 {
            says.push(format!(
                "Looking for the {} unknown goes on; what has no action is cancelled too.",
                count(counts.unknown)
            ));
        }
        let at_service = counts.pending + counts.sending;
        if at_service > 0 {
            says.push(format!(
                "{} at the service or on the way there: this does not reach them.",
                if at_service == 1 {
                    "1 action is".into()
                } else {
                    format!("{} actions are", count(at_service))
                }
            ));
        }
        let mut body = vec![Line::default()];
        for words in says {
            body.extend(
                wrap(&words, room).into_iter().map(|line| Line::from(theme.span(line, Meaning::Text))),
            );
        }
        let enter = shown(Scope::Question, Command::Enter);
        let back = shown(Scope::Question, Command::Back);
        let mut items = vec![(back, "back, they stay queued".to_owned())];
        if let Some(why) = elsewhere(run, shared) {
            body.push(Line::from(theme.span(why, Meaning::Warning)));
        } else if counts.queued > 0 {
            items.insert(0, (enter, format!("cancel the {} queued", count(counts.queued))));
        }
        let dialog = Dialog {
            width: WIDTH,
            edge: Meaning::Warning,
            title: format!("Cancel {} of run {}?", plural(counts.queued, "queued machine"), run.name),
            right: String::new(),
            body,
            page: None,
            must_read: 0,
            foot: vec![Line::default(), keys(theme, &items)],
            scroll: 0,
        };
        dialog.draw(buf, area, theme);
    }
}
