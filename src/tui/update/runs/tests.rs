//! What the top does about runs: stopping from everywhere, finding the run that goes on, and a screen that is too
//! small to see anything on.

use std::sync::Arc;

use insta::assert_snapshot;

use crate::offboard::view::Driver;
use crate::tui::effect::Effect;
use crate::tui::keymap::Scope;
use crate::tui::msg::Msg;
use crate::tui::sample::Console;
use crate::tui::sample::runs::{busy, console_with, id, opened, quiet, stopped, with};
use crate::tui::shared::Tab;

fn resized(console: &mut Console, width: u16, height: u16) {
    console.app.resize(ratatui::layout::Rect::new(0, 0, width, height));
}

#[test]
fn one_press_stops_the_run_from_every_screen_and_a_second_does_nothing() {
    for keys in ["", "2", "2 Esc", "2 Esc G", "v", "Enter", "?", "2 X", "2 ?"] {
        let mut console = console_with(busy(), 120, 36);
        if !keys.is_empty() {
            console.press(keys);
        }
        console.asked();
        console.press("!");
        assert_eq!(console.asked(), [Effect::Stop(id("51d0"))], "after {keys:?}");
        console.press("! ! !");
        assert_eq!(console.asked(), [], "after {keys:?}");
        console.tell(Msg::Status(Arc::new(stopped())));
        console.asked();
        console.press("! !");
        assert_eq!(console.asked(), [], "after {keys:?}");
    }
}

#[test]
fn a_second_stop_says_that_it_has_stopped_already() {
    let mut console = opened(busy(), "51d0", 120, 36);
    console.press("! !");
    assert!(console.screen().contains("! already being stopped"), "{}", console.screen());
    console.tell(Msg::Status(Arc::new(stopped())));
    console.press("!");
    assert!(console.screen().contains("! run 51d0: already stopped"), "{}", console.screen());
}

#[test]
fn a_stop_that_was_not_journaled_can_be_asked_again() {
    let mut console = opened(busy(), "51d0", 120, 36);
    console.press("!");
    console.tell(Msg::Wished(Err("the disk is full".into())));
    assert!(console.screen().contains("! the disk is full"), "{}", console.screen());
    console.asked();
    console.press("!");
    assert_eq!(console.asked(), [Effect::Stop(id("51d0"))]);
}

#[test]
fn where_text_is_typed_a_stop_is_text() {
    let mut console = console_with(busy(), 120, 36);
    console.press("a c");
    console.asked();
    console.press("!");
    assert_eq!(console.asked(), []);
}

#[test]
fn the_run_under_the_eyes_is_stopped_before_another_one() {
    let status = with(busy(), "4d02", |run| {
        run.phase = crate::offboard::view::Phase::Sending;
        run.counts.queued = 5;
    });
    let status = with(status, "4d02", |run| run.driver = Driver::Me);
    let mut console = opened(status.clone(), "4d02", 120, 36);
    console.press("!");
    assert_eq!(console.asked(), [Effect::Stop(id("4d02"))]);
    // Where none is under the eyes, nothing goes on that was meant to stop.
    let mut console = console_with(status, 120, 36);
    console.press("!");
    assert_eq!(console.asked(), [Effect::Stop(id("51d0")), Effect::Stop(id("4d02"))]);
}

#[test]
fn the_runs_open_on_the_one_that_goes_on() {
    let mut console = console_with(busy(), 120, 36);
    console.press("2");
    assert_eq!((console.app.tab, console.app.scope()), (Tab::Runs, Scope::Run));
    // Having come back to all of them, the operator stays there, and an open run stays open.
    console.press("Esc 2");
    assert_eq!(console.app.scope(), Scope::Runs);
    console.press("k Enter 1 2");
    assert_eq!(console.app.run.as_ref().map(crate::tui::screen::run::State::id), Some(id("4e90")));
    let mut console = console_with(quiet(), 120, 36);
    console.press("Tab");
    assert_eq!(console.app.scope(), Scope::Runs);
}

#[test]
fn a_confirmed_run_opens() {
    let mut console = console_with(busy(), 120, 36);
    console.asked();
    console.tell(Msg::Confirmed(Ok(id("51d0"))));
    assert_eq!(console.asked(), [Effect::Machines(id("51d0"))]);
    assert_eq!((console.app.tab, console.app.scope()), (Tab::Runs, Scope::Run));
}

#[test]
fn a_screen_that_is_too_small_stops_and_quits_and_nothing_else() {
    let mut console = opened(stopped(), "51d0", 120, 36);
    console.press(">").types("113");
    resized(&mut console, 44, 11);
    console.press("Enter 5");
    console.tell(Msg::Input(crate::tui::key::Input::Paste("113".into())));
    assert_eq!(console.asked(), [], "what cannot be seen cannot be confirmed");
    resized(&mut console, 120, 36);
    console.press("Enter");
    assert_eq!(console.asked(), [Effect::GoOn { run: id("51d0"), left: 113 }]);
}

#[test]
fn a_screen_that_is_too_small_says_what_goes_on() {
    let mut console = opened(busy(), "51d0", 44, 11);
    assert_snapshot!("too-small", console.screen());
    console.press("q");
    assert_snapshot!("too-small-quit", console.screen());
    console.press("q Enter");
    assert_eq!(console.asked(), []);
    console.press("!");
    assert_eq!(console.asked(), [Effect::Stop(id("51d0"))]);
    console.press("q Q");
    assert_eq!(console.asked(), [Effect::EndEngine]);
}

#[test]
fn the_machines_while_a_run_goes_on() {
    for (width, height) in [(120, 36), (80, 24)] {
        let console = console_with(busy(), width, height);
        assert_snapshot!(format!("machines-while-running-{width}x{height}"), console.screen());
    }
}

#[test]
fn leaving_says_what_it_waits_for_begins_nothing_new_and_a_second_time_leaves_at_once() {
    let mut console = opened(stopped(), "51d0", 120, 36);
    console.press("q Q");
    assert_eq!(console.asked(), [Effect::EndEngine]);
    assert!(console.screen().contains("waiting for 8 answers, 60 s at most"), "{}", console.screen());
    console.press(">").types("113").press("Enter");
    assert_eq!(console.asked(), []);
    assert!(console.screen().contains("! leaving: nothing new is begun"), "{}", console.screen());
    console.press("q");
    assert_eq!(console.asked(), [Effect::Leave]);
}

#[test]
fn every_size_draws_every_screen() {
    for (width, height) in [
        (1, 1),
        (20, 5),
        (59, 15),
        (60, 14),
        (60, 15),
        (79, 40),
        (99, 30),
        (100, 29),
        (100, 30),
        (160, 45),
        (250, 80),
    ] {
        for keys in ["1", "Esc", "Esc ?", ">", "X", "q", "G Enter", "j j j j Enter", "j j j j Enter a"] {
            let mut console = opened(stopped(), "51d0", 120, 36);
            console.press(keys);
            resized(&mut console, width, height);
            console.buffer();
        }
    }
}
