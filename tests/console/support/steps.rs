//! Steps that many scenarios begin with, each read as carefully as where it is what the scenario is about.

use std::collections::BTreeMap;

use super::screen::{Box, Screen};
use super::tenant::wait_until;
use super::{Console, Tenant};

impl Console {
    /// Selects all that the rule allows, comments and confirms; ends with the run open. Says the run's short name.
    #[track_caller]
    pub fn offboards_all(&mut self, count: usize, comment: &str) -> String {
        self.offboards_all_from("fabrikam.example", count, comment)
    }

    /// The same of a tenant that the header names like this.
    #[track_caller]
    pub fn offboards_all_from(&mut self, tenant: &str, count: usize, comment: &str) -> String {
        self.list_is_whole().press("a").sees(&format!("{count} selected")).press("c");
        self.dialog(&format!("Comment for {count} machines"))
            .types(comment)
            .reads(&format!("sent as {comment} [offramp "))
            .enter();
        self.dialog(&format!("Offboard {count} machines from {tenant}?"))
            .reads(&format!("{comment} [offramp "))
            .reads("The sensor stops on these machines. No API puts it back.")
            .reads(&format!("Type {count} {tenant} to confirm"))
            .types(&format!("{count} {tenant}"))
            .reads("✓ matches")
            .enter();
        self.run_name()
    }

    /// Goes on with a run that has stopped or lost its driver, from the list of runs, the open run or the offer.
    #[track_caller]
    pub fn goes_on(&mut self, run: &str, left: usize) -> &mut Self {
        let machines = if left == 1 { "1 machine".to_owned() } else { format!("{left} machines") };
        self.press(">")
            .dialog(&format!("Go on with {machines} of run {run}?"))
            .reads("No API puts it back.")
            .reads(&format!("Type {left} to confirm"))
            .types(&left.to_string())
            .reads("✓ matches")
            .enter()
    }

    /// The same while the number changes under the operator's eyes, because doubts are being settled: answers what
    /// the dialog asks for, and begins again when that does not hold any more.
    #[track_caller]
    pub fn goes_on_with_what_is_left(&mut self, run: &str) -> &mut Self {
        let of_run = format!(" of run {run}?");
        let asks = |dialog: &Box| dialog.title.starts_with("Go on with ") && dialog.title.ends_with(&of_run);
        let has_changed = |dialog: &Box| dialog.read_aloud().contains(" left now: ");
        loop {
            self.press(">")
                .wait_for("the question how many", |screen| screen.dialog().is_some_and(|it| asks(&it)));
            let title = self.screen().dialog().expect("it stood there a moment ago").title;
            let left = title.split_whitespace().nth(3).expect("a number").to_owned();
            self.dialog(&title).reads("No API puts it back.").types(&left).enter();
            // The dialog notices that the number has changed, or the journal does.
            let mut goes_on = false;
            self.wait_for("the run to go on, or another number", |screen| {
                let dialog = screen.dialog().filter(asks);
                goes_on = dialog.is_none() && !screen.contains("othing goes on by itself");
                goes_on || dialog.is_some_and(|it| has_changed(&it)) || screen.contains("are left now, not ")
            });
            if goes_on {
                return self;
            }
            if self.screen().dialog().is_some() {
                self.dialog(&title).esc();
            }
        }
    }

    /// Waits for the whole list of a tenant whose network is bad: asks again as often as it takes.
    #[track_caller]
    pub fn lists_whatever_it_takes(&mut self, tenant: &Tenant) -> &mut Self {
        loop {
            let failed = |screen: &Screen| screen.contains("ask again") || screen.contains("try again");
            self.wait_for("the list, or why there is none", |screen| {
                screen.contains("list of ") || failed(screen)
            });
            if !failed(&self.screen()) {
                return self;
            }
            let asked = tenant.emulator.log().len();
            self.press("r");
            wait_until("the service is asked again", || tenant.emulator.log().len() > asked);
        }
    }

    /// Waits until nothing of the open run is queued, on its way or in doubt any more; goes on as often as a guard stops
    /// it. Says how many machines are in which state.
    #[track_caller]
    pub fn ends_whatever_it_takes(&mut self, run: &str) -> BTreeMap<String, usize> {
        loop {
            let mut over = None;
            self.wait_for("the run to end or to stop", |screen| {
                let counts = counts(screen);
                over = is_over(&counts).then_some(counts);
                over.is_some() || screen.contains("Stopped: nothing more is sent")
            });
            if let Some(counts) = over {
                return counts;
            }
            self.goes_on_with_what_is_left(run).no_longer_sees("Stopped: nothing more is sent");
        }
    }
}

/// The counts of the open run: `✗ 3 failed   ? 1 unknown   · 137 queued`.
pub fn counts(screen: &Screen) -> BTreeMap<String, usize> {
    let pair = |item: &str| {
        let mut words = item.split_whitespace().skip(1);
        let count = words.next()?.replace(',', "").parse().ok()?;
        Some((words.collect::<Vec<_>>().join(" "), count))
    };
    screen.line(3).trim().split("   ").filter_map(pair).collect()
}

fn is_over(counts: &BTreeMap<String, usize>) -> bool {
    let open = ["queued", "sending", "unknown", "pending"];
    !counts.is_empty() && counts.keys().all(|state| !open.contains(&&**state))
}

impl Tenant {
    /// Fails unless each of so many machines has exactly one action, and no window of the service ever held too much.
    #[track_caller]
    pub fn offboarded_each_of_once(&self, count: usize) {
        let actions = self.emulator.offboard_actions();
        let mut machines: Vec<&String> = actions.iter().map(|(machine, ..)| machine).collect();
        machines.sort();
        machines.dedup();
        assert_eq!(actions.len(), machines.len(), "a machine has two actions: {actions:#?}");
        assert_eq!(machines.len(), count, "machines with an action");
        self.kept_inside_the_limits();
    }

    /// Fails if any window of the service ever held more calls than it may.
    #[track_caller]
    pub fn kept_inside_the_limits(&self) {
        use offramp::emulator::Api;
        assert!(self.emulator.busiest(Api::Offboard, 60_000) <= 100, "more than 100 in a minute");
        assert!(self.emulator.busiest(Api::Offboard, 3_600_000) <= 1_500, "more than 1,500 in an hour");
    }
}
