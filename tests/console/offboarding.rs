//! The main job, from the start of the program to the MachineAction that comes back.

use offramp::emulator::{Api, SecondCall};

use crate::support::tenant::id_of;
use crate::support::{Console, NARROW, Tenant, WIDE, machine};

/// An action takes up to 23 seconds of the tenant, and is asked for each half a minute.
const FAST: f64 = 60.0;

#[test]
fn one_machine_from_the_start_to_its_machine_action() {
    for size in [WIDE, NARROW] {
        let tenant = Tenant::paris().speed(FAST).start();
        let mut console = Console::start_at(&tenant, size);
        console.list_is_whole().press("/").types("web-012").press("Enter").sees("1 offboardable");
        console.press("space").sees("1 selected").press("c");
        console
            .dialog("Comment for par-web-012")
            .types("CHG-1042 retire")
            .reads("sent as CHG-1042 retire [offramp ")
            .enter();
        console
            .dialog("Offboard par-web-012 from fabrikam.example?")
            .reads("CHG-1042 retire [offramp ")
            .reads("The sensor stops on this machine. No API puts it back.")
            .types("par-web-012")
            .reads("✓ matches")
            .enter();
        console.no_dialog().sees("CHG-1042 retire [offramp ").sees("1 of 1 sent").sees("✓ 1 succeeded");
        // The action stands there as the service returned it.
        let actions = tenant.emulator.offboard_actions();
        let [(machine, action, comment, _)] = &actions[..] else { panic!("{actions:?}") };
        assert_eq!(*machine, id_of("par-web-012"));
        assert!(comment.starts_with("CHG-1042 retire [offramp ") && comment.ends_with(']'), "{comment}");
        console.sees("MachineAction, as ").sees(&action[..8]).sees("Succeeded");
        // Back in the list it is not selected any more.
        console.press("1").sees("nothing selected");
        console.quits();
        console.left_the_terminal_intact();
        assert_eq!(tenant.offboard_calls().len(), 1);
    }
}

#[test]
fn several_machines_and_only_those_that_were_selected() {
    let tenant = Tenant::paris().speed(FAST).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press(".").sees(" that are not").press("/").types("web").press("Enter");
    // Three of the five that are shown are inside the rule.
    console.sees("3 offboardable + 2").press("a").sees("3 selected").press("Esc").sees("4 offboardable");
    console.press("c");
    console.dialog("Comment for 3 machines").types("CHG-7").reads("sent as CHG-7 [offramp ").enter();
    console
        .dialog("Offboard 3 machines from fabrikam.example?")
        .reads("No API puts it back")
        .reads("par-web-011 par-web-012 par-web-014")
        .types("3 fabrikam.example")
        .reads("✓ matches")
        .enter();
    console.sees("3 of 3 sent").sees("✓ 3 succeeded");
    console.quits();
    let names = ["par-db-003", "par-lin-007", "par-web-011", "par-web-012", "par-web-014", "par-web-024"];
    assert_eq!(tenant.offboarded(&names), ["par-web-011", "par-web-012", "par-web-014"]);
}

#[test]
fn more_than_a_minute_allows_is_sent_inside_the_limits_and_each_once() {
    let tenant = Tenant::of_many(230).speed(FAST).start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("230 selected").press("c");
    console.dialog("Comment for 230 machines").types("CHG-7").reads("sent as CHG-7 [offramp ").enter();
    console
        .dialog("Offboard 230 machines from fabrikam.example?")
        .reads("then 100 a minute")
        .reads("No API puts it back")
        .types("230 fabrikam.example")
        .reads("✓ matches")
        .enter();
    console.sees("230 of 230 sent").sees("✓ 230 succeeded");
    console.quits();
    assert_eq!(tenant.emulator.offboard_actions().len(), 230);
    let calls = tenant.offboard_calls();
    assert_eq!(calls.len(), 230, "each was sent once");
    assert!(calls.iter().all(|call| call.status == Some(201)), "none was refused");
    assert!(tenant.emulator.busiest(Api::Offboard, 60_000) <= 100);
}

#[test]
fn what_another_host_has_under_way_is_adopted_and_not_done_twice() {
    for answer in [SecondCall::Exists, SecondCall::Earlier] {
        // An inactive machine: its action stays pending.
        let machines = [machine("par-web-011").with("healthStatus", "Inactive")];
        let others = (1..=5).map(|number| machine(&format!("par-app-{number:03}")));
        let tenant = Tenant::of(machines.into_iter().chain(others)).speed(FAST);
        let tenant = tenant.but(|it| it.second_call = answer).start();
        let offboards = |console: &mut Console, comment: &str| {
            console.list_is_whole().press("/").types("web-011").press("Enter").sees("1 offboardable");
            console.press("space").sees("1 selected").press("c");
            console.dialog("Comment for par-web-011").types(comment).reads("[offramp ").enter();
            console
                .dialog("Offboard par-web-011 from fabrikam.example?")
                .reads("such actions were seen to time out after about 3 days")
                .types("par-web-011")
                .reads("✓ matches")
                .enter();
            console.no_dialog();
        };
        let mut here = Console::start(&tenant);
        offboards(&mut here, "CHG-1");
        here.sees("1 of 1 sent").sees("○ 1 pending").sees("Pending");
        let mut there = Console::start(&tenant);
        offboards(&mut there, "CHG-2");
        there.sees("Already under way by demo").sees("○ 1 pending");
        there.quits();
        here.quits();
        assert_eq!(tenant.actions(), 1);
    }
}
