//! What an update asks for: to draw, to ask the world, to open a dialog, to go somewhere.

use super::effect::Effect;
use super::modal::Modal;
use super::shared::Tab;
use crate::offboard::view::RunId;

/// What an update asks for.
#[derive(Debug, Default, PartialEq)]
pub struct Then {
    /// Whether anything on the screen changed.
    pub changed: bool,
    /// What the world is asked.
    pub effects: Vec<Effect>,
    /// A dialog to open.
    pub open: Option<Modal>,
    /// A screen to go to.
    pub go: Option<Go>,
}

/// Where to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// To a list.
    Tab(Tab),
    /// To an open run.
    Run(RunId),
    /// From an open run back to all of them.
    AllRuns,
}

impl Then {
    /// Nothing happened.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Something on the screen changed.
    pub fn changed() -> Self {
        Self { changed: true, ..Self::default() }
    }

    /// The same, if it did.
    pub fn changed_if(changed: bool) -> Self {
        Self { changed, ..Self::default() }
    }

    /// Asks the world for something, and draws.
    pub fn ask(effect: Effect) -> Self {
        Self { changed: true, effects: vec![effect], ..Self::default() }
    }

    /// Opens a dialog.
    pub fn open(modal: Modal) -> Self {
        Self { changed: true, open: Some(modal), ..Self::default() }
    }

    /// Goes somewhere.
    pub fn go(go: Go) -> Self {
        Self { changed: true, go: Some(go), ..Self::default() }
    }

    /// Asks for one more thing.
    #[must_use]
    pub fn and_ask(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}
