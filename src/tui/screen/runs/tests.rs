//! The list of runs as an operator meets it, at the two sizes that must hold.

use std::sync::Arc;

use insta::assert_snapshot;

use super::view;
use crate::domain::SafeText;
use crate::offboard::view::{Counts, Driver, Phase, Seat, Status};
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;
use crate::tui::sample::runs::{busy, console_with, id, with};
use crate::tui::sample::{Console, at, run, status};

fn at_both_sizes(name: &str, make: impl Fn(u16, u16) -> Console) {
    for (width, height) in [(120, 36), (80, 24)] {
        assert_snapshot!(format!("{name}-{width}x{height}"), make(width, height).screen());
    }
}

fn listed(status: Status, width: u16, height: u16) -> Console {
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

#[test]
fn the_columns_add_up_whatever_the_counts() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..1_000 {
        let mut n = || random.usize(0..3_000);
        let counts = Counts {
            queued: n(),
            sending: n(),
            unknown: n(),
            undecided: n(),
            pending: n(),
            succeeded: n(),
            failed: n(),
            set_aside: n(),
            cancelled: n(),
            left: n(),
        };
        let [(all, _), rest @ ..] = view::numbers(&counts);
        assert_eq!(all, rest.iter().map(|(n, _)| n).sum::<usize>(), "{counts:?}");
    }
}

#[test]
fn the_cursor_follows_its_run() {
    let mut console = listed(busy(), 120, 36);
    console.press("j j j"); // 4c71
    let under = |console: &Console| console.app.runs.run(&console.app.shared).map(|run| run.name.clone());
    assert_eq!(under(&console).as_deref(), Some("4c71"));
    let mut newer = busy();
    newer.runs.insert(
        0,
        crate::offboard::view::RunView {
            started: at("2026-11-24T12:05:00Z"),
            ..run("beef", "CHG-1060", Phase::Finished, Counts { succeeded: 1, ..Counts::default() })
        },
    );
    console.tell(Msg::Status(Arc::new(newer)));
    assert_eq!(under(&console).as_deref(), Some("4c71"));
}

#[test]
fn a_run_of_another_process_is_shown_and_not_touched() {
    at_both_sizes("elsewhere", |width, height| {
        let status = with(busy(), "51d0", |run| run.driver = Driver::Other { pid: 4711 });
        let mut console = listed(status, width, height);
        console.press("j");
        console.asked();
        for key in ["!", "X", ">"] {
            console.press(key);
            assert!(console.screen().contains("! process 4711 drives"), "{key}: {}", console.screen());
            assert!(console.app.modals.is_empty());
        }
        assert_eq!(console.asked(), []);
        console
    });
}

#[test]
fn f_goes_to_the_next_run_that_needs_somebody() {
    let mut console = listed(busy(), 120, 36);
    let mut seen = Vec::new();
    for _ in 0..5 {
        console.press("f");
        seen.push(console.app.runs.run(&console.app.shared).map(|run| run.name.clone()).unwrap());
    }
    assert_eq!(seen, ["51d0", "3e81", "38aa", "4e90", "51d0"]);
}

#[test]
fn enter_opens_the_run_and_esc_comes_back_to_it() {
    let mut console = listed(busy(), 120, 36);
    console.press("j j");
    console.asked();
    console.press("Enter");
    assert_eq!(console.asked(), [Effect::Machines(id("4d02"))]);
    console.press("Esc");
    assert_eq!(console.app.runs.run(&console.app.shared).map(|run| run.name.as_str()), Some("4d02"));
}

#[test]
fn an_unfinished_run_of_thousands_does_not_touch_its_number() {
    let status = with(busy(), "4e90", |run| {
        run.phase = Phase::Unfinished;
        run.counts = Counts { queued: 12_345, ..Counts::default() };
    });
    for (width, height) in [(120, 36), (80, 24)] {
        let screen = listed(status.clone(), width, height).screen();
        assert!(screen.contains("unfinished 12,345") || screen.contains("unfinished  12,345"), "{screen}");
    }
}

#[test]
fn what_is_wrong_with_the_engine_stands_on_every_screen_until_it_passes() {
    let words = "the disk is full: make room";
    for (width, height) in [(120, 36), (80, 24)] {
        let trouble = Some(SafeText::new(words));
        let mut console = console_with(Status { trouble, ..busy() }, width, height);
        for keys in ["1", "2", "Enter"] {
            assert!(console.press(keys).screen().contains(words), "after {keys}: {}", console.screen());
        }
        console.tell(Msg::Status(Arc::new(busy())));
        assert!(!console.screen().contains(words), "{}", console.screen());
    }
}

#[test]
fn an_empty_list_of_runs_says_that_there_is_none_only_once_the_journal_was_read() {
    let none = "No run on this host yet.";
    let empty = |seat| Status { seat, ..Status::default() };
    let unread = Some(SafeText::new("it cannot be read"));
    for (width, height) in [(120, 36), (80, 24)] {
        for keys in ["1", "2"] {
            let mut console = console_with(empty(Seat::Mine), width, height);
            assert!(console.press(keys).screen().contains(none), "{}", console.screen());
            for status in [
                empty(Seat::NoJournal(SafeText::new("journal.db is damaged"))),
                Status { trouble: unread.clone(), ..empty(Seat::Mine) },
            ] {
                console.tell(Msg::Status(Arc::new(status)));
                assert!(!console.screen().contains(none), "{}", console.screen());
            }
        }
    }
}
