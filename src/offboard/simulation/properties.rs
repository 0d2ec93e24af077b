//! What must hold, over many seeds.

use super::super::budget::{PER_HOUR, PER_MINUTE};
use super::service::SimAction;
use super::*;

/// Runs one property for many seeds: `OFFRAMP_SEEDS` says for how many, `OFFRAMP_SEED` names a single one.
fn each_seed(seeds: u64, property: impl Fn(u64) + std::panic::RefUnwindSafe) {
    let named = |name| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    if let Some(seed) = named("OFFRAMP_SEED") {
        return property(seed);
    }
    for seed in 0..named("OFFRAMP_SEEDS").unwrap_or(seeds) {
        if let Err(panic) = std::panic::catch_unwind(|| property(seed)) {
            eprintln!("repeat this with OFFRAMP_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

fn ids(n: usize) -> impl Iterator<Item = String> {
    (0..n).map(|i| format!("m{i:05}"))
}

/// Any drift inside A3.
fn drift(seed: u64) -> i64 {
    [-990, -400, 1, 300, 990][(seed % 5) as usize]
}

#[test]
fn late_arrivals_never_overrun_a_window() {
    each_seed(30, |seed| {
        let fates = Fates {
            late: [5, 20, 50][(seed % 3) as usize],
            late_lists: true,
            latency: (20, [60, 400, 3_000][(seed / 3 % 3) as usize]),
            drift: drift(seed),
            ..Fates::default()
        };
        let mut world = World::new(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(220)));
        world.finish(20 * MINUTE);
        world.check_all();
    });
}

#[test]
fn slow_calls_never_overrun_a_window() {
    each_seed(6, |seed| {
        let fates = Fates { slow: 8, latency: (20, 300), drift: drift(seed), ..Fates::default() };
        let mut world = World::new(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(250)));
        world.finish(20 * MINUTE);
        world.check_all();
    });
}

#[test]
fn what_a_dead_driver_sent_still_counts() {
    each_seed(6, |seed| {
        let fates =
            Fates { latency: (300, 900), dead_arrive_last: true, drift: drift(seed), ..Fates::default() };
        let mut world = World::new(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(250)));
        world.until(|world| world.service.counted.len() >= 84 && world.flying() >= 14);
        world.kill();
        world.finish(20 * MINUTE);
        world.check_all();
    });
}

#[test]
fn everything_at_once_and_killed_in_between() {
    each_seed(100, |seed| {
        let fates = Fates {
            late: 10,
            slow: 1,
            not_sent: 3,
            refused: 2,
            broken: 4,
            expired: 2,
            too_many: [0, 0, 1, 4][(seed % 4) as usize],
            bad_list: 20,
            late_lists: true,
            killed: [0, 2, 8][(seed % 3) as usize],
            uncertain: [0, 1][(seed / 6 % 2) as usize],
            latency: (20, [100, 1_500][(seed / 3 % 2) as usize]),
            drift: drift(seed),
            ..Fates::default()
        };
        let mut world = World::new(seed, fates);
        world.run_ready();
        if world.journal.buckets.is_empty() {
            return; // killed before it was signed in: nothing to see
        }
        world.confirm(plan("4f2a", ids(130)));
        world.finish(30 * MINUTE);
        world.check_all();
    });
}

/// Whose an action is, and what a list must show, are then judged by a wrong time; that nothing is sent twice is not.
#[test]
fn a_wrong_date_sends_nothing_twice() {
    each_seed(40, |seed| {
        let fates = Fates {
            late: 30,
            broken: 5,
            bad_list: 10,
            late_lists: true,
            skewed: [10, 50, 100][(seed % 3) as usize],
            latency: (20, 800),
            drift: drift(seed),
            ..Fates::default()
        };
        let mut world = World::new(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(60)));
        world.finish(30 * MINUTE);
        world.check_all();
    });
}

#[test]
fn the_journal_on_disk_says_what_the_one_in_memory_says() {
    each_seed(2, |seed| {
        let fates = Fates {
            late: 15,
            not_sent: 3,
            refused: 4,
            broken: 4,
            expired: 2,
            too_many: 1,
            bad_list: 20,
            late_lists: true,
            killed: 2,
            latency: (20, 600),
            drift: 300,
            ..Fates::default()
        };
        let mut world = World::with_disk(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(60)));
        world.confirm(plan("51d0", ids(70).skip(50)));
        world.finish(20 * MINUTE);
        world.check_all();
    });
}

#[test]
fn the_hour_holds_over_many_windows() {
    each_seed(1, |seed| {
        let fates = Fates {
            late: 3,
            late_lists: true,
            killed: 1,
            latency: (20, 300),
            drift: drift(seed),
            ..Fates::default()
        };
        let mut world = World::new(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(1_700)));
        world.finish(3 * HOUR);
        world.check_all();
        assert!(world.service.counted.len() >= 1_650);
    });
}

/// P5, with c = 16: when the last call was answered, measured from the end of the list read that a run starts after.
#[test]
fn with_nothing_failing_the_end_is_inside_p5() {
    for (n, latency) in
        [(1, 200), (16, 200), (100, 200), (101, 200), (500, 20), (500, 200), (500, 1_000), (1_501, 370)]
    {
        let fates = Fates { latency: (latency, latency), ..Fates::default() };
        let mut world = World::new(n as u64, fates);
        world.fates.drift = 0;
        world.run_ready();
        let began = world.now;
        world.confirm(plan("4f2a", ids(n)));
        world.finish(4 * HOUR);
        world.check_all();
        let took = world.last_answer - began - latency;
        let last = n as i64 - 1;
        let burst = last % 100 + 1;
        let bound = last / 1_500 * (PER_HOUR.length + latency)
            + last % 1_500 / 100 * (PER_MINUTE.length + latency)
            + (burst + 15) / 16 * latency
            + 4 * latency;
        assert!(took <= bound, "{n} machines at {latency} ms took {took} ms, more than {bound}");
        let fastest = last / 1_500 * HOUR + last % 1_500 / 100 * MINUTE;
        assert!(took >= fastest, "{n} machines at {latency} ms took {took} ms: faster than the limits allow");
    }
}

#[test]
fn ten_failures_in_a_row_stop_a_run_and_it_can_go_on() {
    let fates = Fates { refused: 100, latency: (100, 100), ..Fates::default() };
    let mut world = World::new(1, fates);
    world.run_ready();
    let run = world.confirm(plan("4f2a", ids(200)));
    world.until(|world| world.journal.runs[&run].wish == Wish::Pause);
    let row = world.journal.runs[&run].clone();
    assert_eq!(row.why.unwrap().as_str(), "10 failures of one kind in a row: 404 ResourceNotFound");
    world.until(|world| world.coming.is_empty());
    let refused = world.journal.counts(run).unwrap().failed;
    assert!((10..=26).contains(&refused), "{refused} machines were refused before it stopped");
    world.calm = true;
    world.go_on();
    world.finish(HOUR);
    assert_eq!(world.journal.counts(run).unwrap().succeeded + refused, 200 - world.failed_there(run));
}

#[test]
fn a_cut_cable_is_one_failure() {
    let fates = Fates { latency: (1_000, 1_000), ..Fates::default() };
    let mut world = World::new(1, fates);
    world.run_ready();
    let run = world.confirm(plan("4f2a", ids(60)));
    world.until(|world| world.flying() == 16);
    world.fates.not_sent = 100; // and what is on its way is lost
    let flying: Vec<_> =
        world.journal.slots.values().filter(|slot| slot.until.is_none()).map(|slot| slot.id).collect();
    assert_eq!(flying.len(), 16);
    for slot in flying {
        let outcome = Outcome::Unknown { by_service: false, words: "connection lost".into() };
        let generation = Generation(world.generation);
        world.step(Event::Answer { slot, outcome, date: None, generation });
    }
    let row = &world.journal.runs[&run];
    assert_eq!((row.wish, row.fail_count), (Wish::Go, 1));
}

#[test]
fn the_newest_tokens_401_renews_once_and_a_second_stops() {
    let fates = Fates { latency: (100, 100), ..Fates::default() };
    let mut world = World::new(1, fates);
    world.run_ready();
    let run = world.confirm(plan("4f2a", ids(20)));
    world.fates.expired = 100;
    let before = world.generation;
    world.until(|world| world.journal.runs[&run].wish == Wish::Pause);
    assert_eq!(world.generation, before + 1, "renewed once");
    let row = &world.journal.runs[&run];
    let why = row.why.clone().unwrap();
    assert!(why.as_str().starts_with("the service refuses the sign-in: "), "{why}");
    world.until(|world| world.coming.is_empty());
    let counts = world.journal.counts(run).unwrap();
    assert_eq!(counts.queued, 20, "a 401 creates nothing, and its machine waits");
    world.calm = true;
    world.go_on();
    world.finish(HOUR);
    world.check_all();
}

#[test]
fn a_broken_token_is_tried_again_while_something_waits_for_it() {
    let mut world = World::new(1, Fates { latency: (100, 100), ..Fates::default() });
    world.run_ready();
    let run = world.confirm(plan("4f2a", ids(200)));
    world.until(|world| world.flying() == 8);
    let (broken, before) = (world.now, world.generation);
    let words = "the secret has expired";
    world.step(Event::RenewFailed { words: words.into(), again: false });
    world.until(|world| world.journal.runs[&run].wish == Wish::Pause);
    let trouble = |world: &World| world.engine.as_ref().unwrap().trouble().map(ToString::to_string);
    assert_eq!(trouble(&world).unwrap(), format!("the service refuses the sign-in: {words}"));
    // What was accepted is followed, and waits for a token.
    world.until(|world| world.generation > before);
    assert_eq!(world.now, broken + MINUTE);
    world.until(|world| trouble(world).is_none());

    let before = world.generation;
    world.step(Event::RenewFailed { words: words.into(), again: false });
    let asked = world.now;
    world.go_on();
    assert_eq!((world.generation, world.now), (before + 1, asked), "going on tries at once");
    world.finish(HOUR);
    world.check_all();
}

#[test]
fn a_list_that_keeps_lacking_our_actions_says_so() {
    let mut world = World::new(1, Fates { latency: (100, 100), ..Fates::default() });
    world.run_ready();
    let run = world.confirm(plan("4f2a", ids(3)));
    world.until(|world| world.journal.runs[&run].ended.is_some());
    world.now += 2 * MINUTE; // from here on every list must show them
    let hidden = std::mem::take(&mut world.service.actions);
    let trouble = |world: &World| world.engine.as_ref().unwrap().trouble().map(ToString::to_string);
    world.confirm(plan("51d0", ids(6).skip(3)));
    world.until(|world| trouble(world).is_some());
    let words = "the service's list lacks 3 known actions of ours, so the run waits";
    assert_eq!(trouble(&world).as_deref(), Some(words));
    world.service.actions = hidden;
    world.until(|world| trouble(world).is_none());
    world.finish(HOUR);
    world.check_all();
}

#[test]
fn an_older_tokens_401_says_nothing() {
    let mut world = World::new(1, Fates { latency: (1_000, 1_000), ..Fates::default() });
    world.run_ready();
    world.confirm(plan("4f2a", ids(40)));
    world.until(|world| world.flying() == 16);
    let now = world.now();
    let slots: Vec<_> = world.journal.slots.values().filter(|s| s.until.is_none()).map(|s| s.id).collect();
    let engine = world.engine.as_mut().unwrap();
    let mut answer = |slot, generation| {
        let outcome = Outcome::Unauthorized { tenant_trouble: false, words: "expired".into() };
        engine.step(now, Event::Answer { slot, outcome, date: None, generation })
    };
    let renews = |commands: &[Command]| commands.iter().any(|command| matches!(command, Command::Renew(_)));
    let stops = |commands: &[Command]| {
        commands.iter().any(|command| matches!(command, Command::Commit(Transaction::Stop { .. })))
    };
    assert!(renews(&answer(slots[0], Generation(1))), "the newest token's");
    assert!(!renews(&answer(slots[1], Generation(1))), "being renewed already");
    engine.step(now, Event::Token(Generation(2)));
    let mut answer = |slot, generation| {
        let outcome = Outcome::Unauthorized { tenant_trouble: false, words: "expired".into() };
        engine.step(now, Event::Answer { slot, outcome, date: None, generation })
    };
    let older = answer(slots[2], Generation(1));
    assert!(!renews(&older) && !stops(&older), "sent with the token before");
    assert!(stops(&answer(slots[3], Generation(2))), "the new one is refused too");
}

#[test]
fn a_commit_of_which_nothing_is_known_ends_the_driver() {
    each_seed(10, |seed| {
        let fates = Fates { late: 5, latency: (50, 600), drift: drift(seed), ..Fates::default() };
        let mut world = World::new(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(40)));
        world.until(|world| world.service.counted.len() > seed as usize);
        let life = world.life;
        world.fates.uncertain = 255;
        world.until(|world| world.life > life);
        world.fates.uncertain = 0;
        world.finish(HOUR);
        world.check_all();
    });
}

fn failed() -> JournalError {
    JournalError::Failed("the disk is full".into())
}

fn uncertain() -> JournalError {
    JournalError::Uncertain("disk I/O error".into())
}

#[test]
fn a_persons_commit_of_which_nothing_is_known_halts_too() {
    let mut world = World::new(1, Fates { latency: (100, 100), ..Fates::default() });
    world.run_ready();
    world.confirm(plan("4f2a", ids(40)));
    world.until(|world| world.flying() == 4);
    let now = world.now();
    let engine = world.engine.as_mut().unwrap();
    let refused = JournalError::refused("look again");
    for harmless in [refused, failed()] {
        let commands = engine.step(now, Event::Written(Err(harmless)));
        assert!(!commands.iter().any(|command| matches!(command, Command::Halt(_))), "{commands:?}");
    }
    assert_eq!(engine.step(now, Event::Written(Err(uncertain()))), [Command::Halt("disk I/O error".into())]);
    assert_eq!(engine.step(now, Event::Tick), [], "nothing is done from there on");
}

#[test]
fn a_take_over_that_failed_is_tried_again_when_the_death_is_told_again() {
    let mut world = World::new(1, Fates::default());
    world.run_ready();
    let now = world.now();
    let engine = world.engine.as_mut().unwrap();
    let dead = ProcessId(77);
    let take_over = Transaction::TakeOver(dead);
    let asks_for = |commands: &[Command]| {
        commands.iter().filter(|command| **command == Command::Commit(take_over.clone())).count()
    };
    assert_eq!(asks_for(&engine.step(now, Event::Died(vec![dead]))), 1);
    assert_eq!(asks_for(&engine.step(now, Event::Died(vec![dead]))), 0, "it is being written");
    engine.step(now, Event::CommitFailed(take_over.clone(), failed()));
    assert_eq!(asks_for(&engine.step(now, Event::Died(vec![dead]))), 1);
}

#[test]
fn an_end_that_was_not_written_keeps_the_lock_as_proof() {
    for (written, expected) in [(true, true), (false, false)] {
        let mut world = World::new(1, Fates::default());
        world.run_ready();
        let now = world.now();
        let engine = world.engine.as_mut().unwrap();
        assert_eq!(engine.step(now, Event::StopAsked), [Command::Commit(Transaction::End)]);
        let event = if written {
            Event::Committed(Transaction::End, Reply::default())
        } else {
            Event::CommitFailed(Transaction::End, failed())
        };
        assert_eq!(engine.step(now, event), [Command::Stop { ended: expected }]);
    }
}

#[test]
fn a_429_pauses_all_and_one_call_tries() {
    let fates = Fates { latency: (100, 100), ..Fates::default() };
    let mut world = World::new(1, fates);
    world.run_ready();
    world.confirm(plan("4f2a", ids(60)));
    world.until(|world| world.service.counted.len() >= 20);
    world.fates.too_many = 100;
    world.until(|world| world.journal.buckets.values().any(|bucket| bucket.pause.is_some()));
    let paused = world.now;
    world.until(|world| world.now > paused + 1_000);
    let burst = world.service.counted.len();
    world.until(|world| world.service.counted.len() > burst);
    let open = world.journal.slots.values().filter(|slot| slot.until.is_none()).count();
    assert_eq!(open, 1, "the probe is alone");
    let probe = world.journal.slots.values().find(|slot| slot.until.is_none()).unwrap();
    assert!(probe.probe);
    world.calm = true;
    world.finish(HOUR);
    world.check_all();
    assert!(world.journal.buckets.values().all(|bucket| bucket.pause.is_none()));
}

#[test]
fn cancelled_while_in_flight_loses_nothing() {
    each_seed(20, |seed| {
        let fates =
            Fates { late: 30, late_lists: true, latency: (50, 800), drift: drift(seed), ..Fates::default() };
        let mut world = World::new(seed, fates);
        world.run_ready();
        let run = world.confirm(plan("4f2a", ids(80)));
        let after = seed as usize * 2;
        world.until(|world| world.service.counted.len() > after);
        let counted = world.service.counted.len();
        world.asks(&Transaction::Stop { run, wish: Wish::Cancel, by: "cancelled by jdoe".into() }).unwrap();
        world.finish(HOUR);
        world.check_all();
        assert!(world.service.counted.len() <= counted + 16, "nothing is taken after a cancel");
    });
}

#[test]
fn anothers_pending_action_is_adopted_and_never_called_ours() {
    each_seed(20, |seed| {
        let fates = Fates { late: 20, late_lists: true, latency: (50, 300), drift: 1, ..Fates::default() };
        let mut world = World::new(seed, fates);
        world.run_ready();
        for i in 0..10 {
            world.service.add(SimAction {
                machine: MachineId::parse(&format!("m{i:05}")).unwrap(),
                comment: "by hand".into(),
                requestor: "colleague",
                created: world.now - i * HOUR,
                shown: world.now,
                ends: world.now + 2 * HOUR,
                end: ActionStatus::Succeeded,
            });
        }
        let run = world.confirm(plan("4f2a", ids(30)));
        world.finish(3 * HOUR);
        world.check_all();
        for i in 0..10 {
            let machine = &world.journal.machines[&(run, MachineId::parse(&format!("m{i:05}")).unwrap())];
            assert_eq!(world.service.ours_on(&machine.id, "CHG-1042 [offramp 4f2a jdoe]"), 0);
            let words = machine.words.clone().unwrap_or_default();
            assert!(words.as_str().starts_with("Already under way by colleague since "), "{words}");
        }
    });
}

#[test]
fn two_runs_never_send_to_one_machine() {
    each_seed(20, |seed| {
        let fates = Fates {
            late: 20,
            bad_list: 10,
            late_lists: true,
            latency: (50, 900),
            drift: 1,
            ..Fates::default()
        };
        let mut world = World::new(seed, fates);
        world.run_ready();
        world.confirm(plan("4f2a", ids(40)));
        world.confirm(plan("51d0", ids(60)));
        world.finish(HOUR);
        world.check_all();
        for i in 0..60 {
            let id = MachineId::parse(&format!("m{i:05}")).unwrap();
            let actions = world.service.actions.values().filter(|a| a.machine == id).count();
            assert!(actions <= 1, "{actions} actions on {id}");
        }
    });
}

#[test]
fn following_spares_its_api() {
    let fates = Fates { latency: (50, 50), ..Fates::default() };
    let mut world = World::new(1, fates);
    world.run_ready();
    let run = world.confirm(plan("4f2a", ids(3)));
    let ends = 72 * HOUR + 14 * MINUTE;
    let mut reads = Vec::new();
    while world.journal.runs[&run].ended.is_none() {
        for action in world.service.actions.values_mut() {
            (action.ends, action.end) = (action.created + ends, ActionStatus::TimeOut);
        }
        let reading = |world: &World| world.coming.iter().any(|c| matches!(c.0.coming, Coming::Lists { .. }));
        let before = reading(&world);
        assert!(world.happen());
        if reading(&world) && !before {
            reads.push(world.now);
        }
    }
    assert_eq!(world.journal.counts(run).unwrap().failed, 3, "TimeOut is an end");
    let later: Vec<_> = reads.windows(2).skip(3).map(|pair| pair[1] - pair[0]).collect();
    assert!(later.iter().all(|apart| *apart >= 30_000), "one read each 30 s at the most: {later:?}");
    assert!(reads.len() < 500, "{} reads in three days", reads.len());
}

impl World {
    /// Lets things happen until the driver waits for people.
    fn run_ready(&mut self) {
        while self.happen() {}
        if self.engine.is_none() {
            self.start();
            while self.happen() {}
        }
    }

    fn until(&mut self, condition: impl Fn(&Self) -> bool) {
        while !condition(self) {
            assert!(self.happen(), "nothing is left to happen");
            self.check();
        }
    }

    fn flying(&self) -> usize {
        self.engine.as_ref().map_or(0, Engine::in_flight)
    }

    fn failed_there(&self, run: RunId) -> usize {
        let failed =
            |m: &&super::super::journal::rows::MachineRow| m.run == run && m.state == MachineState::Failed;
        self.journal.machines.values().filter(failed).count()
    }
}
