//! The dialogs about runs: how they look at the two sizes that must hold, and what no key may do in them.

use std::sync::Arc;

use insta::assert_snapshot;

use crate::domain::MachineId;
use crate::offboard::view::{Counts, Phase, Seat, Status};
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::keymap::{Scope, TABLE};
use crate::tui::msg::Msg;
use crate::tui::sample::runs::{busy, console_with, id, opened, quiet, stopped, with};
use crate::tui::sample::{self, Console, at};
use crate::tui::shared::Tab;

fn at_both_sizes(name: &str, make: impl Fn(u16, u16) -> Console) {
    for (width, height) in [(120, 36), (80, 24)] {
        assert_snapshot!(format!("{name}-{width}x{height}"), make(width, height).screen());
    }
}

/// 51d0 stopped and open, the cursor on the machine that is undecided.
fn on_the_undecided(width: u16, height: u16) -> Console {
    let mut console = opened(stopped(), "51d0", width, height);
    console.press("j j j j");
    console
}

/// 4e90 as a crash left it, at the start.
fn unfinished() -> Status {
    with(quiet(), "4e90", |run| {
        run.phase = Phase::Unfinished;
        run.counts = Counts {
            failed: 2,
            unknown: 3,
            undecided: 0,
            queued: 12,
            pending: 12,
            succeeded: 31,
            ..Counts::default()
        };
        run.looking_until = Some(at("2026-11-24T11:26:05Z"));
    })
}

fn started(status: Status, width: u16, height: u16) -> Console {
    let mut console = sample::console(width, height);
    console.now = at("2026-11-24T11:24:10Z");
    console.app.offering = crate::tui::app::Offering::NotYet;
    console.tell(Msg::Status(Arc::new(status)));
    console.asked();
    console
}

#[test]
fn the_offer_of_an_unfinished_run() {
    at_both_sizes("offer", |width, height| started(unfinished(), width, height));
}

#[test]
fn the_offer_names_no_time_that_has_passed() {
    for (width, height) in [(120, 36), (80, 24)] {
        let past = with(unfinished(), "4e90", |run| run.looking_until = Some(at("2026-11-24T11:19:00Z")));
        let console = started(past, width, height);
        let screen = console.screen();
        assert!(screen.contains("being looked up") && !screen.contains("11:19"), "{screen}");
    }
}

#[test]
fn going_on() {
    at_both_sizes("go-on", |width, height| {
        let mut console = opened(stopped(), "51d0", width, height);
        console.press(">").types("11");
        console
    });
}

#[test]
fn cancelling_what_is_queued() {
    at_both_sizes("cancel-queued", |width, height| {
        let mut console = opened(stopped(), "51d0", width, height);
        console.press("X");
        console
    });
}

#[test]
fn deciding() {
    at_both_sizes("decide", |width, height| {
        let mut console = on_the_undecided(width, height);
        console.press("Enter");
        console
    });
}

#[test]
fn sending_again() {
    at_both_sizes("send-again", |width, height| {
        let mut console = on_the_undecided(width, height);
        console.press("Enter a").types("prs-app");
        console
    });
}

#[test]
fn leaving_while_a_run_goes_on() {
    at_both_sizes("leaving", |width, height| {
        let mut console = opened(busy(), "51d0", width, height);
        console.press("q");
        console
    });
}

#[test]
fn everything_that_is_known_of_a_machine() {
    at_both_sizes("machine", |width, height| {
        let mut console = opened(busy(), "51d0", width, height);
        console.press("j j j j j j j j Enter");
        console
    });
}

#[test]
fn no_key_alone_sends_however_long_it_is_held() {
    type Start = (&'static str, fn() -> Console);
    let starts: [Start; 7] = [
        ("machines", || {
            let mut console = console_with(quiet(), 120, 36);
            console.press("a");
            console
        }),
        ("runs", || {
            let mut console = console_with(quiet(), 120, 36);
            console.press("2");
            console
        }),
        ("run", || opened(stopped(), "51d0", 120, 36)),
        ("undecided", || on_the_undecided(120, 36)),
        ("offer", || started(unfinished(), 120, 36)),
        ("decide", || {
            let mut console = on_the_undecided(120, 36);
            console.press("Enter");
            console
        }),
        ("one left", || {
            let status = with(stopped(), "51d0", |run| {
                run.counts = Counts { queued: 1, unknown: 0, ..run.counts };
            });
            let mut console = opened(status, "51d0", 120, 36);
            console.press(">");
            console
        }),
    ];
    let printable = (' '..='~').map(|c| if c == ' ' { "space".to_owned() } else { c.to_string() });
    let others = ["Enter", "Esc", "Tab", "Up", "Down", "PgDn", "PgUp", "Home", "End", "^a", "^d", "^r", "F1"];
    let keys: Vec<String> = printable.chain(others.map(str::to_owned)).collect();
    for (start, make) in starts {
        for key in &keys {
            let mut console = make();
            console.asked();
            for _ in 0..12 {
                console.press(key);
            }
            let asked = console.asked();
            assert!(!asked.iter().any(Effect::can_send), "{key} held on {start} asks {asked:?}");
        }
    }
}

#[test]
fn a_run_goes_on_with_the_number_that_is_left_and_no_other() {
    let run = id("51d0");
    for wrong in ["", "1", "11", "112", "114", "1130", "0113", "yes"] {
        let mut console = opened(stopped(), "51d0", 120, 36);
        console.press(">").types(wrong).press("Enter");
        assert_eq!(console.asked(), [], "{wrong}");
    }
    let mut console = opened(stopped(), "51d0", 120, 36);
    console.press(">").types("113").press("Enter");
    assert_eq!(console.asked(), [Effect::GoOn { run, left: 113 }]);
    assert!(console.app.modals.is_empty());
}

#[test]
fn a_number_that_changed_behind_the_dialog_is_not_the_one_that_was_confirmed() {
    let mut console = opened(stopped(), "51d0", 120, 36);
    console.press(">").types("113");
    let fewer = with(stopped(), "51d0", |run| run.counts.queued -= 1);
    console.tell(Msg::Status(Arc::new(fewer)));
    console.asked();
    console.press("Enter");
    assert_eq!(console.asked(), []);
    assert!(console.screen().contains("112 are left now: Esc, then > again"), "{}", console.screen());
}

#[test]
fn nothing_goes_on_without_a_seat_or_a_permission() {
    for (seat, says) in [
        (Seat::Other { pid: 4711 }, "process 4711 sends from this host"),
        (Seat::NoJournal("the journal is read-only".into()), "the journal is read-only"),
        (Seat::Opening, "the journal is being opened"),
    ] {
        let mut console = opened(stopped(), "51d0", 120, 36);
        console.tell(Msg::Status(Arc::new(Status { seat, ..stopped() })));
        console.asked();
        console.press(">");
        assert!(console.app.modals.is_empty());
        assert!(console.screen().contains(says), "{}", console.screen());
    }
}

#[test]
fn cancelling_asks_first_and_sends_nothing() {
    let mut console = opened(stopped(), "51d0", 120, 36);
    console.press("X Esc");
    assert_eq!(console.asked(), []);
    console.press("X X X Enter");
    assert_eq!(console.asked(), [Effect::CancelQueued(id("51d0"))]);
    assert!(console.app.modals.is_empty());
}

#[test]
fn an_undecided_machine_is_sent_again_by_its_name_or_left_by_a_key() {
    let machine = MachineId::parse(&format!("{:0<40}", "58c0e7f2")).unwrap();
    let run = id("51d0");
    let mut console = on_the_undecided(120, 36);
    console.press("Enter Enter a").types("prs-app-00").press("Enter");
    assert_eq!(console.asked(), [], "not its name yet");
    console.types("3").press("Enter");
    let send_again = true;
    assert_eq!(console.asked(), [Effect::Decide { run, machine: machine.clone(), send_again }]);

    let mut console = on_the_undecided(120, 36);
    console.press("Enter l");
    assert_eq!(console.asked(), [Effect::Decide { run, machine, send_again: false }]);
}

#[test]
fn what_is_decided_already_cannot_be_decided_again() {
    let mut console = on_the_undecided(120, 36);
    console.press("Enter a").types("prs-app-003");
    let counts = Counts { undecided: 0, failed: 3, ..Counts::default() };
    let mut machines = crate::tui::sample::runs::machines_of(&counts);
    machines.push(crate::tui::sample::runs::acting(
        "prs-app-003",
        "58c0e7f2",
        crate::offboard::view::MachineState::Accepted,
        "Pending",
        "11111111",
    ));
    console.tell(Msg::Machines { run: id("51d0"), machines: Ok(machines) });
    console.asked();
    console.press("Enter");
    assert_eq!(console.asked(), []);
    console.press("Esc l");
    assert_eq!(console.asked(), []);
}

#[test]
fn esc_closes_one_thing_at_a_time() {
    let mut console = started(unfinished(), 120, 36);
    console.press(">").types("1");
    let mut open = vec![console.app.modals.len()];
    for _ in 0..2 {
        console.press("Esc");
        open.push(console.app.modals.len());
    }
    assert_eq!(open, [2, 1, 0]);
    assert_eq!(console.asked(), []);

    let mut console = on_the_undecided(120, 36);
    console.press("Enter a").types("prs");
    assert_eq!(console.app.scope(), Scope::Typed);
    let mut scopes = Vec::new();
    for _ in 0..4 {
        console.press("Esc");
        scopes.push(console.app.scope());
    }
    assert_eq!(scopes, [Scope::Decide, Scope::Run, Scope::Runs, Scope::Runs]);
}

#[test]
fn leaving_asks_while_something_goes_on_and_only_a_capital_q_leaves() {
    let mut console = opened(busy(), "51d0", 120, 36);
    console.press("q q q Enter");
    assert!(console.app.modals.is_empty());
    assert_eq!(console.asked(), []);
    console.press("q !");
    assert_eq!((console.app.modals.len(), console.asked()), (0, vec![Effect::Stop(id("51d0"))]));
    console.press("q Q");
    assert_eq!(console.asked(), [Effect::EndEngine]);
}

#[test]
fn leaving_asks_while_calls_are_on_their_way_and_not_when_nothing_is() {
    let mut console = opened(stopped(), "51d0", 120, 36);
    console.press("q");
    assert!(console.screen().contains("8 calls are on the way"), "{}", console.screen());
    let mut console = opened(quiet(), "51d0", 120, 36);
    console.press("q");
    assert_eq!(console.asked(), [Effect::EndEngine]);
}

#[test]
fn every_key_of_these_dialogs_stands_in_the_table() {
    for (scope, keys) in [
        (Scope::Leaving, &["Enter", "Esc", "!", "Q", "^c"][..]),
        (Scope::Offer, &[">", "X", "Enter", "Esc", "!"]),
        (Scope::Decide, &["a", "l", "Enter", "Esc", "!"]),
        (Scope::Question, &["Enter", "Esc", "!"]),
        (Scope::TooSmall, &["q", "!", "^c"]),
    ] {
        for name in keys {
            let bound =
                TABLE.iter().any(|binding| binding.on.contains(&scope) && binding.keys.contains(name));
            assert!(bound && Key::named(name).is_some(), "{name} in {scope:?}");
        }
    }
}

#[test]
fn an_unfinished_run_is_offered_once_and_never_over_something_else() {
    let mut console = started(unfinished(), 120, 36);
    assert_eq!(console.app.scope(), Scope::Offer);
    console.press("Esc");
    console.tell(Msg::Status(Arc::new(unfinished())));
    assert_eq!(console.app.scope(), Scope::Machines);

    // While a filter is typed, and then while the comment is open: the keys are meant for these.
    for (before, after) in [("/ x", "Esc"), ("a c", "Esc")] {
        let mut console = sample::console(120, 36);
        console.app.offering = crate::tui::app::Offering::NotYet;
        console.press(before);
        let scope = console.app.scope();
        console.tell(Msg::Status(Arc::new(unfinished())));
        assert_eq!(console.app.scope(), scope);
        console.press(after);
        assert_eq!(console.app.scope(), Scope::Offer);
    }
}

#[test]
fn a_run_that_stops_before_the_operators_eyes_is_not_offered() {
    let mut console = started(busy(), 120, 36);
    console.press("Esc");
    console.tell(Msg::Status(Arc::new(stopped())));
    assert_eq!(console.app.scope(), Scope::Machines);
}

#[test]
fn the_offer_opens_the_run() {
    let mut console = started(unfinished(), 120, 36);
    console.press("Enter");
    assert_eq!(console.asked(), [Effect::Machines(id("4e90"))]);
    assert_eq!((console.app.tab, console.app.scope()), (Tab::Runs, Scope::Run));
}

#[test]
fn the_offer_goes_on_or_cancels_through_their_own_dialogs() {
    let mut console = started(unfinished(), 120, 36);
    console.press(">").types("15").press("Enter");
    let run = id("4e90");
    assert_eq!(console.asked(), [Effect::GoOn { run, left: 15 }, Effect::Machines(run)]);
    assert_eq!(console.app.scope(), Scope::Run);
    let mut console = started(unfinished(), 120, 36);
    console.press("X Enter");
    assert_eq!(console.asked(), [Effect::CancelQueued(run)]);
    assert_eq!(console.app.scope(), Scope::Machines);
}
