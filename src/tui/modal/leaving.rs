//! The question before leaving while something is going on: only `Q` leaves, never the key that asked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Outcome;
use crate::domain::when::{count, plural};
use crate::offboard::view::{Counts, RunView};
use crate::tui::command::Command;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::Meaning;
use crate::tui::widget::dialog::{Dialog, inside_width, keys};
use crate::tui::widget::paint::wrap;
use crate::tui::widget::run::{goes_on, is_mine};

/// Cells of the dialog.
const WIDTH: u16 = 76;

/// The dialog: it has no state of its own, its numbers are those of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State;

/// The runs of this console that leaving would interrupt: they send, wait, or have calls in flight.
pub fn interrupted(shared: &Shared) -> Vec<&RunView> {
    let mine = shared.status.runs.iter().filter(|run| is_mine(run));
    mine.filter(|run| goes_on(run) || run.counts.sending > 0).collect()
}

impl State {
    /// A key that the table gives a meaning.
    pub fn update(self, command: Command) -> Outcome {
        match command {
            Command::Enter | Command::Back => Outcome::Closed,
            Command::Stop => Outcome::Stop,
            Command::QuitAnyway => Outcome::Quit,
            _ => Outcome::Stay,
        }
    }

    /// The question in one line, and the keys: for this dialog, and for a screen that is too small to draw it.
    pub fn words(shared: &Shared) -> (String, Vec<(&'static str, String)>) {
        let runs = interrupted(shared);
        let title = match &runs[..] {
            [] => "Quit?".into(),
            [run] if goes_on(run) => format!("Quit while run {} is going on?", run.name),
            [run] => format!("Quit while calls of run {} are on their way?", run.name),
            runs => format!("Quit while {} runs are going on?", count(runs.len())),
        };
        let key = |command| shown(Scope::Leaving, command);
        let mut items = vec![(key(Command::Enter), "stay".to_owned())];
        if runs.iter().any(|run| goes_on(run)) {
            items.push((key(Command::Stop), "stop the run and stay".to_owned()));
        }
        items.push((key(Command::QuitAnyway), "quit".to_owned()));
        (title, items)
    }

    /// Draws the dialog.
    pub fn draw(self, shared: &Shared, buf: &mut Buffer, area: Rect) {
        let theme = shared.theme;
        let room = usize::from(inside_width(WIDTH, area.width));
        let (title, items) = Self::words(shared);
        let mut body = vec![Line::default()];
        for words in consequences(&interrupted(shared)) {
            body.extend(
                wrap(&words, room).into_iter().map(|line| Line::from(theme.span(line, Meaning::Text))),
            );
        }
        let dialog = Dialog {
            width: WIDTH,
            edge: Meaning::Warning,
            title,
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

/// What becomes of what, one paragraph a thought.
fn consequences(runs: &[&RunView]) -> Vec<String> {
    let sum = |of: fn(&Counts) -> usize| runs.iter().map(|run| of(&run.counts)).sum::<usize>();
    let queued = sum(|counts| counts.queued);
    let sending = sum(|counts| counts.sending);
    let pending = sum(|counts| counts.pending);
    let unknown = sum(|counts| counts.unknown);
    let undecided = sum(|counts| counts.undecided);
    let mut out = Vec::new();
    let offered = "the run is offered again at the next start.";
    out.push(match queued {
        0 if runs.is_empty() => "Nothing is on its way any more.".into(),
        0 => "Everything was sent; nothing more is sent after you quit.".into(),
        1 => format!("1 machine is queued. It is not sent after you quit; {offered}"),
        n => format!("{} machines are queued. They are not sent after you quit; {offered}", count(n)),
    });
    if sending > 0 {
        let calls = if sending == 1 { "1 call is".into() } else { format!("{} calls are", count(sending)) };
        out.push(format!("{calls} on the way: leaving waits for the answers, 60 s at most."));
    }
    let at_service = match pending {
        0 => String::new(),
        1 => "1 action goes on at the service. ".to_owned(),
        n => format!("{} actions go on at the service. ", count(n)),
    };
    let be = |n: usize| if n == 1 { "is" } else { "are" };
    let doubts = match (unknown, undecided) {
        (0, 0) => String::new(),
        (n, 0) => format!("{} {} unknown: looked up again at the next start.", plural(n, "machine"), be(n)),
        (0, n) => format!("{} {} undecided: they wait for you.", plural(n, "machine"), be(n)),
        (n, m) => format!(
            "{} {} unknown and {} undecided: they are looked up again at the next start.",
            plural(n, "machine"),
            be(n),
            count(m)
        ),
    };
    let rest = at_service + &doubts;
    if !rest.is_empty() {
        out.push(rest.trim_end().to_owned());
    }
    out
}
