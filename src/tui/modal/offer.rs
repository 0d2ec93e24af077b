//! The offer of a run that a crash, a lost terminal or a stop left unfinished: what is known of it, and what each key
//! would do. Nothing goes on by itself.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Modal, Outcome, cancel_queued, choice, go_on};
use crate::domain::when::{count, instant, plural};
use crate::offboard::view::{Phase, RunId, RunView};
use crate::tui::command::Command;
use crate::tui::keymap::{Scope, shown};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::dialog::{Dialog, inside_width};
use crate::tui::widget::paint::wrap;
use crate::tui::widget::run::{elsewhere, is_halted, left_words};

/// Cells of the dialog.
const WIDTH: u16 = 96;

/// The dialog as it stands. Its numbers are those of now.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    run: RunId,
    /// How many other runs wait for a decision too.
    others: usize,
    /// Why a key did nothing.
    said: Option<String>,
    scroll: usize,
}

/// The runs that are offered: halted, driven by nobody else, and with something left to decide. The newest first.
pub fn due(shared: &Shared) -> Vec<RunId> {
    let left = |run: &RunView| run.counts.left_to_send() + run.counts.sending + run.counts.undecided > 0;
    let runs = shared.status.runs.iter();
    runs.filter(|run| is_halted(run) && elsewhere(run, shared).is_none() && left(run))
        .map(|run| run.id)
        .collect()
}

impl State {
    /// For a run, with so many others behind it.
    pub fn new(run: RunId, others: usize) -> Self {
        Self { run, others, said: None, scroll: 0 }
    }

    fn run<'a>(&self, shared: &'a Shared) -> Option<&'a RunView> {
        shared.status.runs.iter().find(|run| run.id == self.run)
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        let said = self.said.take().is_some();
        let outcome = self.command(command, shared);
        if said && outcome == Outcome::Stay { Outcome::Changed } else { outcome }
    }

    fn command(&mut self, command: Command, shared: &Shared) -> Outcome {
        let Some(run) = self.run(shared) else { return Outcome::Closed };
        match command {
            Command::Back => Outcome::Closed,
            Command::Enter => Outcome::Opened(self.run),
            Command::GoOn => {
                let why = elsewhere(run, shared).or_else(|| shared.cannot_send());
                match why
                    .or_else(|| (run.counts.left_to_send() == 0).then(|| "nothing is left to send".into()))
                {
                    Some(why) => self.say(why),
                    None => Outcome::Over(Box::new(Modal::GoOn(go_on::State::new(run)))),
                }
            }
            Command::CancelQueued => {
                let why = elsewhere(run, shared);
                match why.or_else(|| (run.counts.queued == 0).then(|| "nothing is queued".into())) {
                    Some(why) => self.say(why),
                    None => Outcome::Over(Box::new(Modal::CancelQueued(cancel_queued::State::new(self.run)))),
                }
            }
            Command::Down | Command::PageDown => self.turn(1, shared),
            Command::Up | Command::PageUp => self.turn(-1, shared),
            _ => Outcome::Stay,
        }
    }

    fn say(&mut self, why: String) -> Outcome {
        self.said = Some(why);
        Outcome::Changed
    }

    fn turn(&mut self, by: isize, shared: &Shared) -> Outcome {
        let most = self.dialog(shared).map_or(0, |mut dialog| dialog.fit(shared.area).scroll_max);
        let to = self.scroll.saturating_add_signed(by).min(most);
        if to == self.scroll {
            return Outcome::Stay;
        }
        self.scroll = to;
        Outcome::Changed
    }

    /// Draws the dialog.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) {
        if let Some(dialog) = self.dialog(shared) {
            dialog.draw(buf, area, shared.theme);
        }
    }

    fn dialog(&self, shared: &Shared) -> Option<Dialog<'static>> {
        let theme = shared.theme;
        let run = self.run(shared)?;
        let room = usize::from(inside_width(WIDTH, shared.area.width));
        let mut body = vec![Line::default()];
        body.extend(facts(run, shared, room));
        body.push(Line::default());
        body.extend(places(run, shared, room));
        let mut nothing = theme.span("Nothing goes on by itself.", Meaning::Warning);
        nothing.style = nothing.style.add_modifier(Modifier::BOLD);
        let mut foot = vec![Line::default(), Line::from(nothing), Line::default()];
        foot.extend(choices(run, shared, room));
        if self.others > 0 {
            let words = format!("{} more: first in Runs, key 2", plural(self.others, "run"));
            foot.push(Line::from(theme.span(words, Meaning::Muted)));
        }
        if let Some(why) = &self.said {
            foot.push(Line::from(theme.span(format!("! {why}"), Meaning::Warning)));
        }
        let title = match run.phase {
            Phase::Unfinished => format!("Run {} is unfinished", run.name),
            _ => format!("Run {} has stopped", run.name),
        };
        Some(Dialog {
            width: WIDTH,
            edge: Meaning::Warning,
            title,
            right: format!("started {}", instant(run.started, shared.now)),
            body,
            page: None,
            must_read: 0,
            foot,
            scroll: self.scroll,
        })
    }
}

fn facts(run: &RunView, shared: &Shared, room: usize) -> Vec<Line<'static>> {
    let theme = shared.theme;
    let mut out = Vec::new();
    let mut fact = |name: &str, words: &str| {
        for (index, line) in wrap(words, room.saturating_sub(10)).into_iter().enumerate() {
            let head = if index == 0 { name } else { "" };
            out.push(Line::from(vec![
                theme.span(format!("{head:<10}"), Meaning::Muted),
                theme.span(line, Meaning::Text),
            ]));
        }
    };
    fact("Comment", run.comment.as_str());
    if let Phase::Stopped { by, at } = &run.phase {
        fact("Ended", &format!("{by}, at {}", instant(*at, shared.now)));
    } else {
        let at = instant(run.last_word, shared.now);
        let words = if room > 80 {
            format!("its last word is of {at}; its process is gone, nothing was sent since")
        } else {
            format!("last word {at}; its process is gone, nothing sent since")
        };
        fact("Ended", &words);
    }
    fact("Known", &format!("{}, from this host's journal", plural(run.counts.all(), "machine")));
    out
}

/// How many are where, and what that means.
fn places(run: &RunView, shared: &Shared, room: usize) -> Vec<Line<'static>> {
    let theme = shared.theme;
    let counts = &run.counts;
    // A time that has passed promises nothing: the look-up goes on until two good lists have been read.
    let until = run.looking_until.filter(|at| *at > shared.now).map(|at| instant(at, shared.now));
    let unknown = match (&until, room > 80) {
        (Some(at), true) => format!(
            "on the way when it ended: their actions are being looked up until {at} at least; none of them is sent \
             meanwhile"
        ),
        (Some(at), false) => {
            format!("on the way when it ended: being looked up until {at} at least; none is sent meanwhile")
        }
        (None, _) => "their actions are being looked up; none of them is sent meanwhile".into(),
    };
    let at_service = "at the service, which goes on with them";
    let mut out = Vec::new();
    for (n, sign, meaning, word, words) in [
        (counts.failed, sign::FAILED, Meaning::Danger, "failed", "refused, or not done by the machine"),
        (counts.unknown, sign::UNKNOWN, Meaning::Warning, "unknown", unknown.as_str()),
        (
            counts.undecided,
            sign::UNKNOWN,
            Meaning::Warning,
            "undecided",
            "may have an action or not: you decide",
        ),
        (counts.sending, sign::OPEN, Meaning::Text, "sending", "on the way: their answers are awaited"),
        (counts.pending, sign::OPEN, Meaning::Text, "pending", at_service),
        (counts.succeeded, sign::DONE, Meaning::Ok, "succeeded", ""),
        (counts.queued, sign::QUEUED, Meaning::Muted, "queued", "never sent"),
        (
            counts.set_aside + counts.cancelled + counts.left,
            sign::NONE,
            Meaning::Muted,
            "not sent",
            "for good",
        ),
    ] {
        if n == 0 {
            continue;
        }
        for (index, line) in wrap(words, room.saturating_sub(19)).into_iter().enumerate() {
            let mut spans = if index == 0 {
                vec![
                    theme.span(sign, meaning),
                    theme.span(format!("{:>5}", count(n)), Meaning::Strong),
                    theme.span(format!("  {word:<11}"), Meaning::Text),
                ]
            } else {
                vec![Span::raw(" ".repeat(19))]
            };
            spans.push(theme.span(line, Meaning::Muted));
            out.push(Line::from(spans));
        }
    }
    out
}

/// What each key would do, to how many.
fn choices(run: &RunView, shared: &Shared, room: usize) -> Vec<Line<'static>> {
    let theme = shared.theme;
    let counts = &run.counts;
    let left = counts.left_to_send();
    let mut out = Vec::new();
    let mut choice = |command: Command, does: &str, follows: &str| {
        out.extend(choice::lines(shown(Scope::Offer, command), does, follows, 7, room, theme));
    };
    if left > 0 {
        choice(
            Command::GoOn,
            &format!("go on with {left}: {}.", left_words(counts)),
            &format!("{left} has to be typed; every machine is checked against the rule again."),
        );
    }
    if counts.queued > 0 {
        let looking = match counts.unknown {
            0 => String::new(),
            n => format!("Looking for the {} goes on.", count(n)),
        };
        let queued = count(counts.queued);
        choice(Command::CancelQueued, &format!("cancel the {queued}: this run never sends them."), &looking);
    }
    choice(Command::Enter, "open the run", "and look at each machine");
    choice(Command::Back, "leave it:", "it stands first in Runs, and is offered at each start");
    out
}
