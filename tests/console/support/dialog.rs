//! A dialog, read before it is answered.
//!
//! Enter in a dialog can take machines out for good. So a test has to name the dialog by its title, and, but for the
//! comment, one line at least of what it says, before this driver presses Enter; it compares both with the screen
//! again at that moment. A test that meets another dialog than the one it was written for fails there.

use super::console::Console;
use super::screen::{Box, one_line};

/// A dialog whose title the test has named.
pub struct Dialog<'a> {
    console: &'a mut Console,
    title: String,
    read: Vec<String>,
}

impl<'a> Dialog<'a> {
    #[track_caller]
    pub(super) fn open(console: &'a mut Console, title: &str) -> Self {
        assert!(!title.trim().is_empty(), "a dialog is named by its title");
        console.wait_for(&format!("the dialog {title:?}"), |screen| {
            screen.dialog().is_some_and(|dialog| dialog.title == title)
        });
        Self { console, title: title.to_owned(), read: Vec::new() }
    }

    /// Waits until the dialog says this; wrapped lines read as one.
    #[track_caller]
    pub fn reads(mut self, text: &str) -> Self {
        assert!(!text.trim().is_empty(), "nothing is no content");
        let (title, text) = (self.title.clone(), one_line(text));
        self.console.wait_for(&format!("the dialog {title:?} to say {text:?}"), |screen| {
            says(screen.dialog().as_ref(), &title, &text)
        });
        self.read.push(text);
        self
    }

    /// Fails if the dialog says this.
    #[track_caller]
    pub fn does_not_read(self, text: &str) -> Self {
        let screen = self.console.screen();
        let dialog = screen.dialog().expect("the dialog is open");
        assert!(!dialog.read_aloud().contains(text), "{text:?} must not be here\n{screen}");
        self
    }

    /// Types into its field.
    #[track_caller]
    pub fn types(self, text: &str) -> Self {
        self.console.types(text);
        self
    }

    /// Pastes into its field.
    #[track_caller]
    pub fn pastes(self, text: &str) -> Self {
        self.console.pastes(text);
        self
    }

    /// Waits until the end of this text stands left of the cursor.
    #[track_caller]
    pub fn echoes(self, text: &str) -> Self {
        self.console.echoes(text);
        self
    }

    /// Presses a key that is not Enter.
    #[track_caller]
    pub fn press(self, key: &str) -> Self {
        self.console.press(key);
        self
    }

    /// Resizes the terminal and waits until the dialog stands in the middle of its new size.
    #[track_caller]
    pub fn resized(self, size: (u16, u16)) -> Self {
        let (columns, rows) = size;
        let title = self.title.clone();
        self.console.resize(size).wait_for(&format!("the dialog {title:?} at {columns}×{rows}"), |screen| {
            screen.dialog().is_some_and(|dialog| dialog.title == title && dialog.is_in_the_middle_of(columns))
        });
        self
    }

    /// Makes the terminal too small to show it.
    #[track_caller]
    pub fn hidden_at(self, (columns, rows): (u16, u16)) -> Hidden<'a> {
        self.console
            .resize((columns, rows))
            .sees("offramp needs ")
            .sees(&format!("this is {columns}×{rows}"));
        Hidden { dialog: self }
    }

    /// Presses Enter. Refused unless the dialog still is the one whose title and content the test has read.
    #[track_caller]
    pub fn enter(self) -> &'a mut Console {
        self.refuse_what_was_not_read();
        self.console.pressed_enter();
        self.console
    }

    #[track_caller]
    fn refuse_what_was_not_read(&self) {
        let dialog = self.console.screen().dialog();
        let title = dialog.as_ref().map(|dialog| dialog.title.clone());
        assert_eq!(title.as_deref(), Some(&*self.title), "another dialog stands there now: it was not read");
        assert!(
            !self.read.is_empty() || self.title.starts_with("Comment for "),
            "Enter in the dialog {:?} whose content the test has not read: use reads(…)",
            self.title
        );
        for text in &self.read {
            assert!(
                says(dialog.as_ref(), &self.title, text),
                "the dialog {:?} does not say {text:?} any more\n{}",
                self.title,
                self.console.screen()
            );
        }
    }

    /// Presses Esc, and waits until this dialog is gone.
    #[track_caller]
    pub fn esc(self) -> &'a mut Console {
        let title = self.title;
        self.console.press("Esc").wait_for(&format!("the dialog {title:?} to close"), |screen| {
            screen.dialog().is_none_or(|dialog| dialog.title != title)
        })
    }

    /// Leaves it open, and goes on with the console.
    pub fn stays(self) -> &'a mut Console {
        self.console
    }
}

/// A dialog that is open on a terminal too small to show it.
pub struct Hidden<'a> {
    dialog: Dialog<'a>,
}

impl<'a> Hidden<'a> {
    /// Presses Enter on what cannot be seen. It must do nothing, and the test has to have read the dialog before.
    #[track_caller]
    pub fn enter(self) -> Self {
        assert!(!self.dialog.read.is_empty(), "Enter on a hidden dialog whose content the test has not read");
        self.dialog.console.pressed_enter();
        self
    }

    /// Leaves it open and hidden, and goes on with the console.
    pub fn stays(self) -> &'a mut Console {
        self.dialog.console
    }

    /// Makes the terminal large enough again.
    #[track_caller]
    pub fn shown_at(self, size: (u16, u16)) -> Dialog<'a> {
        self.dialog.resized(size)
    }
}

fn says(dialog: Option<&Box>, title: &str, text: &str) -> bool {
    dialog.is_some_and(|dialog| dialog.title == title && dialog.read_aloud().contains(text))
}
