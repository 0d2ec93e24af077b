//! An open run as an operator meets it, at the two sizes that must hold.

use std::sync::Arc;

use insta::assert_snapshot;

use crate::domain::SafeText;
use crate::offboard::view::{Counts, MachineState, MachineView, Phase, Status};
use crate::tui::effect::Effect;
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

/// The machine under the cursor, as the rule below the list names it.
fn under(console: &Console) -> String {
    let run = console.app.run.as_ref().expect("an open run");
    run.machine(run.cursor, &console.app.shared).map(|(_, called)| called.whole()).unwrap_or_default()
}

#[test]
fn a_long_comment_a_long_name_and_five_thousand_machines() {
    at_both_sizes("long", |width, height| {
        let status = with(busy(), "51d0", |run| {
            run.counts = Counts { queued: 4_997, undecided: 3, ..Counts::default() };
            run.comment =
                SafeText::bounded(&"retire the whole of the Paris site, floor by floor, ".repeat(30), 1_000);
        });
        let mut machines = machines_of(&Counts { queued: 4_997, undecided: 2, ..Counts::default() });
        let name = "a-name-that-never-ends-".repeat(13);
        machines.push(MachineView {
            name: Some(SafeText::new(&name)),
            ..machine("", "fefe", MachineState::Undecided)
        });
        let mut console = opened(status, "51d0", width, height);
        console.tell(Msg::Machines { run: id("51d0"), machines: Ok(machines) });
        console.press("j j");
        console
    });
}

#[test]
fn a_machine_that_was_never_sent() {
    at_both_sizes("queued", |width, height| {
        let mut console = opened(busy(), "51d0", width, height);
        console.press("G");
        let queued = console.app.run.as_ref().unwrap().order.len() - 116;
        for _ in 0..115 {
            console.press("k");
        }
        assert_eq!(console.app.run.as_ref().unwrap().cursor, queued);
        console
    });
}

#[test]
fn before_its_machines_came() {
    at_both_sizes("reading", |width, height| {
        let mut console = crate::tui::sample::runs::console_with(busy(), width, height);
        console.press("2");
        console
    });
}

#[test]
fn what_is_unfinished_says_what_each_key_would_do() {
    at_both_sizes("unfinished", |width, height| {
        let status = with(quiet(), "4e90", |run| run.phase = Phase::Unfinished);
        opened(status, "4e90", width, height)
    });
}

#[test]
fn a_guard_says_why_it_stopped_the_run() {
    at_both_sizes("guard", |width, height| {
        let status = with(stopped(), "51d0", |run| {
            let by = "10 failures of one kind in a row: 403 Forbidden".into();
            run.phase = Phase::Stopped { by, at: at("2026-11-24T12:05:31Z") };
        });
        opened(status, "51d0", width, height)
    });
}

#[test]
fn the_least_screen_keeps_what_counts() {
    let mut console = opened(stopped(), "51d0", 60, 15);
    console.press("j");
    assert_snapshot!("stopped-60x15", console.screen());
}

#[test]
fn the_cursor_follows_its_machine_into_another_group() {
    let mut console = opened(busy(), "51d0", 120, 36);
    console.press("j j j j j j j j");
    assert_eq!(under(&console), "par-web-014 #7b1f");
    let counts = Counts {
        failed: 3,
        unknown: 1,
        undecided: 1,
        pending: 80,
        succeeded: 115,
        queued: 137,
        ..Counts::default()
    };
    let mut machines = machines_of(&counts);
    let done = machines.iter_mut().find(|machine| machine.id.start(4) == "7b1f").unwrap();
    *done = acting("par-web-014", "7b1f4967", MachineState::Succeeded, "Succeeded", "2e9da30d");
    console.tell(Msg::Machines { run: id("51d0"), machines: Ok(machines) });
    assert_eq!(under(&console), "par-web-014 #7b1f");
    assert!(console.screen().contains("▌ ✓ par-web-014"), "{}", console.screen());
}

#[test]
fn a_cursor_that_was_never_moved_stays_on_what_comes_first() {
    let mut console = opened(busy(), "51d0", 120, 36);
    let first = machine("aaa-new-001", "ffff", MachineState::Refused);
    console.tell(Msg::Machines {
        run: id("51d0"),
        machines: Ok(vec![first, machine("b", "bb", MachineState::Queued)]),
    });
    assert_eq!(under(&console), "aaa-new-001");
}

#[test]
fn f_goes_round_what_needs_somebody() {
    let mut console = opened(busy(), "51d0", 120, 36);
    console.press("G f");
    let mut seen = vec![under(&console)];
    for _ in 0..5 {
        console.press("f");
        seen.push(under(&console));
    }
    assert_eq!(
        seen,
        ["par-db-003", "par-web-022", "par-web-031", "par-app-009", "prs-app-003", "par-db-003"]
    );
}

#[test]
fn machines_are_asked_for_again_when_one_changed_and_one_question_at_a_time() {
    let mut console = opened(busy(), "51d0", 120, 36);
    let ask = Effect::Machines(id("51d0"));
    let changed = |change| Msg::Status(Arc::new(Status { change, ..busy() }));
    console.tell(changed(1));
    assert_eq!(console.asked(), [], "nothing changed");
    console.tell(changed(2));
    assert_eq!(console.asked(), std::slice::from_ref(&ask));
    console.tell(changed(3));
    console.tell(changed(4));
    console.press("r");
    assert_eq!(console.asked(), [], "one is on its way");
    let answer = || Msg::Machines {
        run: id("51d0"),
        machines: Ok(machines_of(&Counts { queued: 3, ..Counts::default() })),
    };
    console.tell(answer());
    assert_eq!(console.asked(), std::slice::from_ref(&ask), "it changed meanwhile");
    console.tell(answer());
    assert_eq!(console.asked(), []);
    console.press("r");
    assert_eq!(console.asked(), [ask]);
}

#[test]
fn a_late_answer_of_another_run_is_dropped() {
    let mut console = opened(busy(), "51d0", 120, 36);
    let before = console.screen();
    assert!(!console.tell(Msg::Machines { run: id("3e81"), machines: Ok(vec![]) }));
    assert_eq!(console.screen(), before);
}

#[test]
fn what_cannot_be_read_is_said_and_what_was_read_stays() {
    let mut console = opened(busy(), "51d0", 120, 36);
    console.tell(Msg::Machines { run: id("51d0"), machines: Err("the journal is locked".into()) });
    let screen = console.screen();
    assert!(screen.contains("! its machines can't be read: the journal is locked"), "{screen}");
    assert!(screen.contains("par-db-003"), "{screen}");
}

#[test]
fn help() {
    at_both_sizes("help", |width, height| {
        let mut console = opened(stopped(), "51d0", width, height);
        console.press("?");
        console
    });
}
