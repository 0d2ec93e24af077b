//! A tenant behind a bad network and worse gateways: no machine gets two actions, none is forgotten.

use offramp::emulator::Faults;

use crate::support::{Console, Tenant};

const FAST: f64 = 60.0;
const MANY: usize = 60;

#[test]
fn whatever_gets_lost_every_machine_ends_in_a_state_that_is_known() {
    for seed in [1, 2] {
        let tenant = Tenant::of_many(MANY).faults(Faults::Rough).seed(seed).speed(FAST).start();
        let mut console = Console::start(&tenant);
        console.lists_whatever_it_takes(&tenant);
        let run = console.offboards_all(MANY, "CHG-7");
        let counts = console.ends_whatever_it_takes(&run);
        assert_eq!(counts.values().sum::<usize>(), MANY, "seed {seed}: {counts:?}");
        console.quits();
        let actions = tenant.emulator.offboard_actions();
        let mut machines: Vec<&String> = actions.iter().map(|(machine, ..)| machine).collect();
        machines.sort();
        machines.dedup();
        assert_eq!(actions.len(), machines.len(), "seed {seed}: a machine has two actions: {actions:#?}");
        tenant.kept_inside_the_limits();
    }
}
