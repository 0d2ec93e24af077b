//! The stack of dialogs. The top one has the keys, and each ends with an outcome.

pub mod cancel_queued;
pub mod choice;
pub mod comment;
pub mod confirm;
pub mod decide;
pub mod go_on;
pub mod leaving;
pub mod machine;
pub mod offer;
pub mod prompt;
pub mod reading;
pub mod typed;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::command::Command;
use super::effect::Effect;
use super::key::Key;
use super::keymap::Scope;
use super::shared::Shared;
use crate::domain::{Comment, Mark};
use crate::offboard::Plan;
use crate::offboard::view::RunId;

/// One dialog.
#[derive(Debug, Clone, PartialEq)]
pub enum Modal {
    /// Why the machines are taken out.
    Comment(comment::State),
    /// What will happen, and the text that lets it.
    Confirm(Box<confirm::State>),
    /// Help, and the whole of what went wrong.
    Reading(reading::State),
    /// A run that was left unfinished.
    Offer(offer::State),
    /// How many a stopped run goes on with, and the number that lets it.
    GoOn(go_on::State),
    /// What is queued is cancelled for good.
    CancelQueued(cancel_queued::State),
    /// An undecided machine: send it again, or leave it.
    Decide(Box<decide::State>),
    /// Everything that is known of a machine of a run.
    Machine(machine::State),
    /// Leave although something goes on?
    Leaving(leaving::State),
}

/// How a dialog answers a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing changed.
    Stay,
    /// It looks different now.
    Changed,
    /// It is closed, nothing more.
    Closed,
    /// The comment was left; its text is kept.
    CommentLeft(String),
    /// The comment stands: the operator's words, and the whole as it will be sent.
    Commented {
        /// What was typed.
        words: String,
        /// What is sent.
        comment: Comment,
        /// Run and operator.
        mark: Mark,
    },
    /// The confirmation was left: back to the comment.
    ConfirmLeft,
    /// The plan was confirmed.
    Confirmed(Plan),
    /// Closed, and the world is asked for something.
    Ask(Vec<Effect>),
    /// Another dialog stands over it.
    Over(Box<Modal>),
    /// A run goes on with so many.
    GoneOn {
        /// Which run.
        run: RunId,
        /// The number that was typed.
        left: usize,
    },
    /// Closed, and a run is opened.
    Opened(RunId),
    /// Closed, and the run is stopped.
    Stop,
    /// The program is left.
    Quit,
}

impl Modal {
    /// Which keys have a meaning.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Comment(_) => Scope::Comment,
            Self::Confirm(_) | Self::GoOn(_) => Scope::Typed,
            Self::Reading(_) | Self::Machine(_) => Scope::Reading,
            Self::Offer(_) => Scope::Offer,
            Self::CancelQueued(_) => Scope::Question,
            Self::Decide(state) => state.scope(),
            Self::Leaving(_) => Scope::Leaving,
        }
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        match self {
            Self::Comment(state) => state.update(command),
            Self::Confirm(state) => state.update(command, shared),
            Self::Reading(state) => state.update(command, shared),
            Self::Offer(state) => state.update(command, shared),
            Self::GoOn(state) => state.update(command, shared),
            Self::CancelQueued(state) => state.update(command, shared),
            Self::Decide(state) => state.update(command, shared),
            Self::Machine(state) => state.update(command, shared),
            Self::Leaving(state) => state.update(command),
        }
    }

    /// An Enter came within a burst of keys: where Enter sends, it does nothing.
    pub fn hasty_enter(&mut self) {
        match self {
            Self::Confirm(state) => state.hasty_enter(),
            Self::GoOn(state) => state.hasty_enter(),
            Self::Decide(state) => state.hasty_enter(),
            _ => {}
        }
    }

    /// A frame with this dialog on top was painted.
    pub fn painted(&mut self, shared: &Shared) {
        if let Self::Confirm(state) = self {
            state.painted(shared);
        }
    }

    /// A key that types.
    pub fn type_key(&mut self, key: Key) -> Outcome {
        let changed = match self {
            Self::Comment(state) => state.type_key(key),
            Self::Confirm(state) => state.type_key(key),
            Self::GoOn(state) => state.type_key(key),
            Self::Decide(state) => state.type_key(key),
            Self::Reading(_)
            | Self::Machine(_)
            | Self::Offer(_)
            | Self::CancelQueued(_)
            | Self::Leaving(_) => false,
        };
        if changed { Outcome::Changed } else { Outcome::Stay }
    }

    /// A paste: into the field, or nowhere. It never presses Enter.
    pub fn paste(&mut self, text: &str) -> Outcome {
        let changed = match self {
            Self::Comment(state) => state.paste(text),
            Self::Confirm(state) => state.paste(text),
            Self::GoOn(state) => state.paste(text),
            Self::Decide(state) => state.paste(text),
            Self::Reading(_)
            | Self::Machine(_)
            | Self::Offer(_)
            | Self::CancelQueued(_)
            | Self::Leaving(_) => false,
        };
        if changed { Outcome::Changed } else { Outcome::Stay }
    }

    /// Draws it over a screen that is dimmed already; says where the caret is.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) -> Option<Position> {
        match self {
            Self::Comment(state) => return Some(state.draw(shared, buf, area)),
            Self::Confirm(state) => return Some(state.draw(shared, buf, area)),
            Self::GoOn(state) => return Some(state.draw(shared, buf, area)),
            Self::Decide(state) => return state.draw(shared, buf, area),
            Self::Reading(state) => state.draw(shared, buf, area),
            Self::Offer(state) => state.draw(shared, buf, area),
            Self::CancelQueued(state) => state.draw(shared, buf, area),
            Self::Machine(state) => state.draw(shared, buf, area),
            Self::Leaving(state) => state.draw(shared, buf, area),
        }
        None
    }
}

#[cfg(test)]
mod tests;
