//! Going on with a run that has stopped: the number that is left has to be typed. The number is frozen when the dialog
//! opens; if it changes behind it, Enter does nothing and the dialog says so.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Outcome;
use super::confirm::sending_time;
use super::prompt::{Foot, Prompt, Sends};
use crate::domain::SafeText;
use crate::domain::when::{count, plural};
use crate::offboard::view::{Counts, RunId, RunView};
use crate::tui::command::Command;
use crate::tui::key::Key;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::dialog::{Dialog, inside_width};
use crate::tui::widget::paint::wrap;
use crate::tui::widget::run::{elsewhere, is_halted};

/// Cells of the dialog.
const WIDTH: u16 = 96;

/// The dialog as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    run: RunId,
    name: String,
    comment: SafeText,
    counts: Counts,
    prompt: Prompt,
    scroll: usize,
}

impl State {
    /// For a run as it stands.
    pub fn new(run: &RunView) -> Self {
        Self {
            run: run.id,
            name: run.name.clone(),
            comment: run.comment.clone(),
            counts: run.counts,
            prompt: Prompt::new(run.counts.left_to_send().to_string()),
            scroll: 0,
        }
    }

    fn left(&self) -> usize {
        self.counts.left_to_send()
    }

    /// Why Enter does nothing, whatever is typed.
    fn hindrance(&self, shared: &Shared) -> Option<String> {
        let again = shown(Scope::Run, Command::GoOn);
        match shared.status.runs.iter().find(|run| run.id == self.run) {
            None => Some("the run is not here any more".into()),
            Some(run) => elsewhere(run, shared)
                .or_else(|| (!is_halted(run)).then(|| "it is going on already".into()))
                .or_else(|| {
                    let left = run.counts.left_to_send();
                    (left != self.left()).then(|| format!("{left} are left now: Esc, then {again} again"))
                })
                .or_else(|| shared.cannot_send()),
        }
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        match command {
            Command::Back => Outcome::Closed,
            Command::Enter if self.prompt.matches() && self.hindrance(shared).is_none() => {
                Outcome::GoneOn { run: self.run, left: self.left() }
            }
            Command::Down | Command::PageDown => self.turn(1, shared),
            Command::Up | Command::PageUp => self.turn(-1, shared),
            _ => Outcome::Stay,
        }
    }

    fn turn(&mut self, by: isize, shared: &Shared) -> Outcome {
        let most = self.dialog(shared).0.fit(shared.area).scroll_max;
        let to = self.scroll.saturating_add_signed(by).min(most);
        if to == self.scroll {
            return Outcome::Stay;
        }
        self.scroll = to;
        Outcome::Changed
    }

    /// An Enter came within a burst of keys.
    pub fn hasty_enter(&mut self) {
        self.prompt.hasty_enter();
    }

    /// A key that types.
    pub fn type_key(&mut self, key: Key) -> bool {
        self.prompt.key(key)
    }

    /// A paste.
    pub fn paste(&mut self, text: &str) -> bool {
        self.prompt.paste(text)
    }

    fn dialog(&self, shared: &Shared) -> (Dialog<'static>, (usize, bool)) {
        let theme = shared.theme;
        let room = usize::from(inside_width(WIDTH, shared.area.width));
        let mut body = vec![Line::default()];
        for (index, line) in wrap(self.comment.as_str(), room.saturating_sub(10)).into_iter().enumerate() {
            let head = if index == 0 { "Comment   " } else { "          " };
            body.push(Line::from(vec![theme.span(head, Meaning::Muted), theme.span(line, Meaning::Text)]));
        }
        body.push(Line::default());
        for (n, sign, meaning, word, words) in [
            (self.counts.queued, sign::QUEUED, Meaning::Muted, "queued", "never sent by this run"),
            (
                self.counts.unknown,
                sign::UNKNOWN,
                Meaning::Warning,
                "unknown",
                "looked for first; sent again only if there is no action",
            ),
        ] {
            if n > 0 {
                body.push(Line::from(vec![
                    theme.span(sign, meaning),
                    theme.span(format!("{:>6}", count(n)), Meaning::Strong),
                    theme.span(format!("  {word:<9}"), Meaning::Text),
                    theme.span(words, Meaning::Muted),
                ]));
            }
        }
        body.push(Line::default());
        let words = "Each is checked against the rule once more before it is sent.";
        body.extend(wrap(words, room).into_iter().map(|line| Line::from(Span::raw(line))));
        let left = self.left();
        let hindrance = self.hindrance(shared);
        let does = if self.prompt.matches() && hindrance.is_none() {
            format!("goes on with {}", plural(left, "machine"))
        } else {
            format!("goes on once {left} is typed")
        };
        let time = sending_time(left, &shared.status.calls, shared.now);
        let hindrance = hindrance.as_deref();
        let cancels = "back, nothing is sent";
        let sends = Sends { machines: left, time: &time, does: &does, cancels, hindrance };
        let foot = self.prompt.foot(&sends, room, theme);
        let place = foot.place();
        let Foot { lines, .. } = foot;
        let dialog = Dialog {
            width: WIDTH,
            edge: Meaning::Danger,
            title: format!("Go on with {} of run {}?", plural(left, "machine"), self.name),
            right: format!("as {}", shared.who.acts),
            body,
            page: None,
            must_read: 0,
            foot: lines,
            scroll: self.scroll,
        };
        (dialog, place)
    }

    /// Draws the dialog; says where the caret is.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) -> Position {
        let (dialog, place) = self.dialog(shared);
        let drawn = dialog.draw(buf, area, shared.theme);
        self.prompt.draw(place, self.hindrance(shared).as_deref(), &drawn, buf, shared.theme)
    }
}
