//! The stack of dialogs. The top one has the keys, and each ends with an outcome.

pub mod comment;
pub mod confirm;
pub mod reading;
pub mod typed;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::app::Shared;
use super::command::Command;
use super::effect::Effect;
use super::key::Key;
use super::keymap::Scope;
use crate::domain::{Comment, Mark};
use crate::offboard::Plan;

/// One dialog.
#[derive(Debug, Clone, PartialEq)]
pub enum Modal {
    /// Why the machines are taken out.
    Comment(comment::State),
    /// What will happen, and the text that lets it.
    Confirm(Box<confirm::State>),
    /// Help, and the whole of what went wrong.
    Reading(reading::State),
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
}

impl Modal {
    /// Which keys have a meaning.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Comment(_) => Scope::Comment,
            Self::Confirm(_) => Scope::Typed,
            Self::Reading(_) => Scope::Reading,
        }
    }

    /// A key that the table gives a meaning.
    pub fn update(&mut self, command: Command, shared: &Shared) -> Outcome {
        match self {
            Self::Comment(state) => state.update(command),
            Self::Confirm(state) => state.update(command, shared),
            Self::Reading(state) => state.update(command, shared),
        }
    }

    /// A key that types.
    pub fn type_key(&mut self, key: Key) -> Outcome {
        let changed = match self {
            Self::Comment(state) => state.type_key(key),
            Self::Confirm(state) => state.type_key(key),
            Self::Reading(_) => false,
        };
        if changed { Outcome::Changed } else { Outcome::Stay }
    }

    /// A paste: into the field, or nowhere. It never presses Enter.
    pub fn paste(&mut self, text: &str) -> Outcome {
        let changed = match self {
            Self::Comment(state) => state.paste(text),
            Self::Confirm(state) => state.paste(text),
            Self::Reading(_) => false,
        };
        if changed { Outcome::Changed } else { Outcome::Stay }
    }

    /// Draws it over a screen that is dimmed already; says where the caret is.
    pub fn draw(&self, shared: &Shared, buf: &mut Buffer, area: Rect) -> Option<Position> {
        match self {
            Self::Comment(state) => Some(state.draw(shared, buf, area)),
            Self::Confirm(state) => Some(state.draw(shared, buf, area)),
            Self::Reading(state) => {
                state.draw(shared, buf, area);
                None
            }
        }
    }
}
