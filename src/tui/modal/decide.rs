//! An undecided machine: it may have an action or not, and only a person can find out. First the choice, then, to send
//! it again, a confirmation of its own with its name to type.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::prompt::{Prompt, Sends};
use super::{Outcome, choice};
use crate::domain::{MachineId, SafeText};
use crate::offboard::view::{MachineState, MachineView, RunId, RunView};
use crate::tui::command::Command;
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::Meaning;
use crate::tui::widget::dialog::{Dialog, inside_width};
use crate::tui::widget::paint::{fit, wrap};
use crate::tui::widget::run::{elsewhere, is_halted};

/// Cells of the dialog.
const WIDTH: u16 = 96;
/// A name longer than this is not typed: the start of the id is.
const NAME_TYPED_MAX: usize = 63;

/// The dialog as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    run: RunId,
    run_name: String,
    comment: SafeText,
    machine: MachineId,
    /// As every place names it.
    called: String,
    history: Vec<(SafeText, SafeText)>,
    /// What has to be typed to send it again.
    expected: String,
    /// Open while it asks for that.
    confirming: Option<Prompt>,
    said: Option<String>,
    scroll: usize,
}

impl State {
    /// For a machine of a run, as its row names it.
    pub fn new(run: &RunView, machine: &MachineView, label: &str, tag: Option<&str>) -> Self {
        let typable = label.len() <= NAME_TYPED_MAX && label.bytes().all(|b| b.is_ascii_graphic());
        let expected = match tag {
            _ if !typable || machine.name.is_none() => machine.id.start(8).to_owned(),
            Some(tag) => format!("{label} {}", tag.trim_start_matches('#')),
            None => label.to_owned(),
        };
        Self {
            run: run.id,
            run_name: run.name.clone(),
            comment: run.comment.clone(),
            machine: machine.id.clone(),
            called: tag.map_or_else(|| label.to_owned(), |tag| format!("{label} {tag}")),
            history: machine.history.clone(),
            expected,
            confirming: None,
            said: None,
            scroll: 0,
        }
    }

    /// Which keys have a meaning.
    pub fn scope(&self) -> Scope {
        if self.confirming.is_some() { Scope::Typed } else { Scope::Decide }
    }

    /// Which machine of which run.
    pub fn is_about(&self, run: RunId, machine: &MachineView) -> bool {
        self.run == run && self.machine == machine.id
    }

    /// What became of the machine while the dialog stands: one that is not undecided any more cannot be decided.
    pub fn machine_changed(&mut self, machine: &MachineView) {
        self.said = (machine.state != MachineState::Undecided)
            .then(|| format!("it is {} now: there is nothing to decide any more", machine.state));
    }

    fn hindrance(&self, shared: &Shared) -> Option<String> {
        let run = shared.status.runs.iter().find(|run| run.id == self.run);
        self.said
            .clone()
            .or_else(|| run.and_then(|run| elsewhere(run, shared)))
            .or_else(|| shared.cannot_send())
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        let run = shared.status.runs.iter().find(|run| run.id == self.run);
        let mine = run.is_some_and(|run| elsewhere(run, shared).is_none());
        let decided = |send_again: bool, machine: &MachineId| {
            Outcome::Ask(vec![Effect::Decide { run: self.run, machine: machine.clone(), send_again }])
        };
        match (command, &self.confirming) {
            (Command::Back, Some(_)) => {
                self.confirming = None;
                self.scroll = 0;
                Outcome::Changed
            }
            (Command::Back, None) => Outcome::Closed,
            (Command::LeaveIt, None) if self.said.is_none() && mine => decided(false, &self.machine),
            (Command::SendAgain, None) if self.said.is_none() => {
                self.confirming = Some(Prompt::new(self.expected.clone()));
                self.scroll = 0;
                Outcome::Changed
            }
            (Command::Enter, Some(prompt)) if prompt.matches() && self.hindrance(shared).is_none() => {
                decided(true, &self.machine)
            }
            (Command::Down | Command::PageDown, _) => self.turn(1, shared),
            (Command::Up | Command::PageUp, _) => self.turn(-1, shared),
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
        if let Some(prompt) = &mut self.confirming {
            prompt.hasty_enter();
        }
    }

    /// A key that types.
    pub fn type_key(&mut self, key: Key) -> bool {
        self.confirming.as_mut().is_some_and(|prompt| prompt.key(key))
    }

    /// A paste.
    pub fn paste(&mut self, text: &str) -> bool {
        self.confirming.as_mut().is_some_and(|prompt| prompt.paste(text))
    }

    fn dialog(&self, shared: &Shared) -> (Dialog<'static>, Option<(usize, bool)>) {
        let theme = shared.theme;
        let room = usize::from(inside_width(WIDTH, shared.area.width));
        let mut body = vec![Line::default()];
        let mut fact = |name: &str, words: &str| {
            for (index, line) in wrap(words, room.saturating_sub(18)).into_iter().enumerate() {
                let head = fit(if index == 0 { name } else { "" }, 17).into_owned();
                body.push(Line::from(vec![
                    theme.span(format!("{head:<18}"), Meaning::Muted),
                    theme.span(line, Meaning::Text),
                ]));
            }
        };
        fact("machine", &self.called);
        fact("id", self.machine.as_str());
        fact("comment", self.comment.as_str());
        for (name, words) in &self.history {
            fact(name.as_str(), words.as_str());
        }
        let halted = shared.status.runs.iter().any(|run| run.id == self.run && is_halted(run));
        let mut says = vec![
            "It may have an action of this run or not. The Action center in the portal may show what the list does not: look there first.",
        ];
        if self.confirming.is_some() {
            says = vec![
                "If it has an action already, another call may create a second one.",
                if halted {
                    "The run has stopped: it is queued, and sent when you go on."
                } else {
                    "It is checked against the rule once more, and takes its turn."
                },
            ];
        }
        body.push(Line::default());
        for words in says {
            body.extend(wrap(words, room).into_iter().map(|line| Line::from(Span::raw(line))));
        }
        let called = fit(&self.called, 48).into_owned();
        let (title, edge, foot, place) = match &self.confirming {
            None => {
                let title = format!("{called} is undecided");
                (title, Meaning::Warning, self.choices(shared, room), None)
            }
            Some(prompt) => {
                let hindrance = self.hindrance(shared);
                let sends = Sends {
                    machines: 1,
                    time: "",
                    does: &format!("send {} again", fit(&self.called, 40)),
                    cancels: "back, nothing is sent",
                    hindrance: hindrance.as_deref(),
                };
                let foot = prompt.foot(&sends, room, theme);
                let place = foot.place();
                (format!("Send {called} again?"), Meaning::Danger, foot.lines, Some(place))
            }
        };
        let dialog = Dialog {
            width: WIDTH,
            edge,
            title,
            right: format!("run {}", self.run_name),
            body,
            page: None,
            must_read: 0,
            foot,
            scroll: self.scroll,
        };
        (dialog, place)
    }

    fn choices(&self, shared: &Shared, room: usize) -> Vec<Line<'static>> {
        let theme = shared.theme;
        let mut out = vec![Line::default()];
        if let Some(why) = &self.said {
            out.push(Line::from(theme.span(format!("! {why}"), Meaning::Warning)));
        }
        for (command, does, and) in [
            (Command::SendAgain, "send it again:", "a new confirmation, its name has to be typed"),
            (Command::LeaveIt, "leave it:", "final for this run, nothing more is sent; free for another run"),
            (Command::Back, "decide later", ""),
        ] {
            out.extend(choice::lines(shown(Scope::Decide, command), does, and, 5, room, theme));
        }
        out
    }

    /// Draws the dialog; says where the caret is.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) -> Option<Position> {
        let (dialog, place) = self.dialog(shared);
        let drawn = dialog.draw(buf, area, shared.theme);
        let (prompt, place) = (self.confirming.as_ref()?, place?);
        Some(prompt.draw(place, self.hindrance(shared).as_deref(), &drawn, buf, shared.theme))
    }
}
