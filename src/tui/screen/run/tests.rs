//! An open run as an operator meets it, at the two sizes that must hold.

use insta::assert_snapshot;

use crate::offboard::view::{Counts, Phase};
use crate::tui::msg::Msg;
use crate::tui::sample::runs::{acting, busy, id, machine, machines_of, opened, quiet, stopped, with};
use crate::tui::sample::{Console, at};

fn at_both_sizes(name: &str, make: impl Fn(u16, u16) -> Console) {
    for (width, height) in [(120, 36), (80, 24)] {
        assert_snapshot!(format!("{name}-{width}x{height}"), make(width, height).screen());
    }
}

#[test]
fn running() {
    at_both_sizes("running", |width, height| {
        let mut console = opened(busy(), "51d0", width, height);
        console.press("j j j j j j j j");
        console
    });
}

#[test]
fn after_the_stop() {
    at_both_sizes("stopped", |width, height| {
        let mut console = opened(stopped(), "51d0", width, height);
        console.now = at("2026-11-24T12:05:35Z");
        console.press("j j j j");
        console
    });
}

#[test]
fn finished_with_a_failure() {
    at_both_sizes("finished", |width, height| opened(quiet(), "3e81", width, height));
}
