//! The list of runs as an operator meets it, at the two sizes that must hold.

use insta::assert_snapshot;

use crate::tui::sample::runs::{busy, console_with, quiet};
use crate::tui::sample::{Console, status};

fn at_both_sizes(name: &str, make: impl Fn(u16, u16) -> Console) {
    for (width, height) in [(120, 36), (80, 24)] {
        assert_snapshot!(format!("{name}-{width}x{height}"), make(width, height).screen());
    }
}

fn listed(status: crate::offboard::view::Status, width: u16, height: u16) -> Console {
    let mut console = console_with(status, width, height);
    console.press("2");
    if console.app.run.is_some() {
        console.press("Esc g");
    }
    console
}

#[test]
fn stopped_first() {
    at_both_sizes("stopped-first", |width, height| listed(busy(), width, height));
}

#[test]
fn the_run_that_goes_on() {
    at_both_sizes("going-on", |width, height| {
        let mut console = listed(busy(), width, height);
        console.press("j");
        console
    });
}

#[test]
fn empty() {
    at_both_sizes("empty", |width, height| {
        listed(crate::offboard::view::Status { runs: vec![], ..status() }, width, height)
    });
}
