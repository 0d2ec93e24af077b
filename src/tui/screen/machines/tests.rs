//! The machines as an operator meets them, at the two sizes that must hold.

use insta::assert_snapshot;

use crate::tui::sample::{Console, console};

/// Shows a screen at both sizes after the same keys.
fn at_both_sizes(name: &str, act: impl Fn(&mut Console)) {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut console = console(width, height);
        act(&mut console);
        assert_snapshot!(format!("{name}-{width}x{height}"), console.screen());
    }
}

#[test]
fn machines_with_a_filter_and_a_selection() {
    at_both_sizes("selected", |console| {
        console.press(". / p a r Enter").press("j j j j space space space").press("j j j j j");
    });
}

#[test]
fn details_of_one_of_two_records() {
    at_both_sizes("details", |console| {
        console.press("j j j j j j j j j j j Enter");
    });
}

#[test]
fn help() {
    at_both_sizes("help", |console| {
        console.press("?");
    });
}
