//! However the console ends, the terminal is as it was before.

use crate::support::console::Ended;
use crate::support::{Console, Tenant};

const WELL: Ended = Ended { code: 0, signal: None };

#[test]
fn after_quit_the_terminal_is_as_it_was() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().quits();
    console.left_the_terminal_intact();
}

#[test]
fn after_an_interrupt_the_terminal_is_as_it_was() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("^c");
    assert_eq!(console.ends(), WELL);
    console.left_the_terminal_intact();
}

#[test]
fn after_sigterm_the_terminal_is_as_it_was() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().signal("TERM");
    assert_eq!(console.ends(), WELL);
    console.left_the_terminal_intact();
}

#[test]
fn sigterm_before_the_service_answered_ends_it_as_well() {
    let tenant = Tenant::paris().but(|it| it.latency_ms = 3_600_000).start();
    let mut console = Console::start(&tenant);
    console.signal("TERM");
    assert_eq!(console.ends(), WELL);
    console.left_the_terminal_intact();
}

#[test]
fn after_sighup_the_process_is_gone() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().signal("HUP");
    console.ends();
    console.left_the_terminal_intact();
}

#[test]
fn a_terminal_that_is_lost_ends_the_process() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("4 selected").loses_its_terminal();
    console.ends();
    tenant.was_sent_nothing();
}
