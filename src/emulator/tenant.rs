//! The tenant's state, and what happens to a call from its arrival to the decision how it ends.
//!
//! Everything here is synchronous and takes the present as an argument: [`Tenant::receive`] is the whole service as
//! a function, and the HTTP server around it only waits, cuts and writes.

use std::collections::HashMap;

use super::clock::Moment;
use super::dice::{dice, hash};
use super::faults::{self, Scripted, WAIT_MAX_MS};
use super::limits::Windows;
use super::log::Log;
use super::population::Population;
use super::reply::{Reply, tracking};
use super::route::Route;
use super::switches::{RetryAfter, Switches};
use super::token::{Caller, Identity};
use super::{Api, Call, Faults};

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

/// How a call ends.
#[derive(Debug)]
pub(super) enum Ending {
    Answer(Reply),
    /// The connection ends without an answer.
    Cut,
    /// The connection ends in the middle of this answer's body.
    CutInside(Reply),
    /// Nothing ever comes.
    Silence,
}

/// What the server has to do about a call.
#[derive(Debug)]
pub(super) struct Outcome {
    pub ending: Ending,
    /// Milliseconds of the tenant to wait first.
    pub wait_ms: u64,
    /// Number of the call in the log; none if it is counted later.
    pub call: Option<usize>,
}

/// A call whose connection is gone and that arrives later.
struct LateCall {
    due: Moment,
    request: Request,
}

/// The simulated tenant.
pub(super) struct Tenant {
    pub seed: u64,
    pub faults: Faults,
    pub switches: Switches,
    /// The server's own address, for contexts and links.
    pub url: String,
    pub identity: Identity,
    pub population: Population,
    pub actions: Vec<super::action::Action>,
    pub action_ids: HashMap<String, usize>,
    /// A machine's actions, oldest first.
    pub actions_of: HashMap<String, Vec<usize>>,
    pub second_calls: u64,
    pub tokens_given: u64,
    /// Tokens up to this number are refused.
    pub tokens_withdrawn: u64,
    start: Moment,
    /// By application and API (section 6: limits count per application and tenant together, and per API).
    windows: HashMap<(String, Api), Windows>,
    log: Log,
    late: Vec<LateCall>,
    /// How often chance was asked about the same thing.
    rolls: HashMap<(&'static str, String), u64>,
    errors: u64,
}

impl Tenant {
    pub(super) fn new(
        seed: u64,
        faults: Faults,
        devices: u32,
        switches: Switches,
        url: String,
        start: Moment,
    ) -> Tenant {
        let population = Population::new(seed, devices, start, faults == Faults::Hostile);
        let mut tenant = Tenant {
            seed,
            faults,
            switches,
            url,
            identity: Identity::drawn(seed),
            population,
            actions: Vec::new(),
            action_ids: HashMap::new(),
            actions_of: HashMap::new(),
            second_calls: 0,
            tokens_given: 0,
            tokens_withdrawn: 0,
            start,
            windows: HashMap::new(),
            log: Log::default(),
            late: Vec::new(),
            rolls: HashMap::new(),
            errors: 0,
        };
        tenant.draw_history(start);
        tenant
    }

    /// One call, from its arrival at `now` to how it ends.
    pub(super) fn receive(&mut self, now: Moment, request: &Request) -> Outcome {
        self.settle(now);
        let route = Route::of(&request.method, &request.path);
        let scripted = match self.signed_in(now, &route, request) {
            Ok(()) => self.what_happens(&route),
            Err(_) => Scripted::Normal,
        };
        if let Scripted::Late(ms) = scripted {
            let due = now.plus_ms(ms.min(WAIT_MAX_MS));
            self.late.push(LateCall { due, request: request.clone() });
            return Outcome { ending: Ending::Cut, wait_ms: 0, call: None };
        }
        let call = self.open(now, &route, request);
        let gate = self.gate(now, &route, request);
        let (ending, wait_ms) = match gate {
            Ok(caller) => self.play(now, scripted, &route, request, caller.as_ref(), call),
            Err(reply) => (Ending::Answer(reply), 0),
        };
        Outcome { ending, wait_ms, call: Some(call) }
    }

    /// Lets in what was under way and is due by now.
    pub(super) fn settle(&mut self, now: Moment) {
        self.late.sort_by_key(|late| late.due);
        let due = self.late.partition_point(|late| late.due <= now);
        let due: Vec<LateCall> = self.late.drain(..due).collect();
        for LateCall { due, request } in due {
            let route = Route::of(&request.method, &request.path);
            let call = self.open(due, &route, &request);
            if let Ok(caller) = self.gate(due, &route, &request) {
                self.perform(due, &route, &request, caller.as_ref(), call);
            }
        }
    }

    /// Notes what was answered.
    pub(super) fn answered(&mut self, call: Option<usize>, status: u16) {
        if let Some(call) = call.and_then(|number| self.log.call(number)) {
            call.status = Some(status);
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.log.calls()
    }

    /// Counts calls that another script or console made with the same application.
    pub(super) fn spend(&mut self, now: Moment, api: Api, calls: usize) {
        let at_ms = now.ms_since(self.start);
        let windows = self.windows.entry((self.identity.client_id.clone(), api)).or_default();
        for _ in 0..calls {
            windows.spend(at_ms);
        }
    }

    /// An error of the API in its documented shape.
    pub(super) fn api_error(&mut self, status: u16, code: &str, message: &str) -> Reply {
        self.errors += 1;
        let target = tracking(&mut dice(self.seed, "error", self.errors));
        Reply::error(status, code, message, &target)
    }

    /// The dice for the next time that chance is asked about this.
    pub(super) fn roll(&mut self, what: &'static str, about: &str) -> fastrand::Rng {
        let nth = self.rolls.entry((what, about.to_owned())).or_default();
        *nth += 1;
        dice(self.seed, what, hash(about.as_bytes()) ^ *nth)
    }

    fn open(&mut self, now: Moment, route: &Route, request: &Request) -> usize {
        self.log.open(Call {
            at: now.ms_since(self.start),
            api: route.api(),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            status: None,
            machine_id: route.machine().map(str::to_owned),
            action_id: None,
        })
    }

    /// Whether a script may be consumed: sign-in itself, or a call with a token that is accepted.
    fn signed_in(&mut self, now: Moment, route: &Route, request: &Request) -> Result<(), Reply> {
        match route.api() {
            Api::Token => Ok(()),
            Api::Other => Err(Reply::bare(404)),
            _ => self.authenticate(now, request).map(|_| ()),
        }
    }

    /// Sign-in, limits, permissions, in this order: a call that cannot be told whose it is cannot be counted.
    fn gate(&mut self, now: Moment, route: &Route, request: &Request) -> Result<Option<Caller>, Reply> {
        let api = match route {
            Route::Unknown => return Err(Reply::bare(404)),
            Route::WrongMethod(allow) => return Err(Reply { allow: Some(allow), ..Reply::bare(405) }),
            Route::Token { .. } => return Ok(None),
            _ => route.api(),
        };
        let caller = self.authenticate(now, request)?;
        self.count(now, &caller, api)?;
        self.authorize(&caller, api)?;
        Ok(Some(caller))
    }

    /// 429 (section 6): recorded with the code `"429"`, documented as `TooManyRequests`.
    fn count(&mut self, now: Moment, caller: &Caller, api: Api) -> Result<(), Reply> {
        let at_ms = now.ms_since(self.start);
        let counted = self.windows.entry((caller.app_id.clone(), api)).or_default().count(at_ms);
        let (message, seconds) = match counted {
            Err(refusal) => (refusal.message, refusal.retry_after_seconds),
            Ok(()) if self.switches.always_429.contains(&api) => {
                ("API calls quota exceeded! maximum allowed 100 per 00:01:00".to_owned(), 60)
            }
            Ok(()) => return Ok(()),
        };
        let retry_after = match self.switches.retry_after {
            RetryAfter::Truthful => Some(seconds),
            RetryAfter::Missing => None,
            RetryAfter::Seconds(seconds) => Some(seconds),
        };
        Err(self.too_many(&message, retry_after))
    }

    fn too_many(&mut self, message: &str, retry_after: Option<u64>) -> Reply {
        let code = if self.switches.documented_429 { "TooManyRequests" } else { "429" };
        Reply { retry_after, ..self.api_error(429, code, message) }
    }

    /// By script, else by chance in a rough tenant.
    fn what_happens(&mut self, route: &Route) -> Scripted {
        fn first(script: Option<&mut Vec<Scripted>>) -> Option<Scripted> {
            script.filter(|script| !script.is_empty()).map(|script| script.remove(0))
        }
        let api = route.api();
        let switches = &mut self.switches;
        let scripted = if let Route::Offboard(machine) = route {
            first(switches.machine_scripts.get_mut(machine))
                .or_else(|| first(Some(&mut switches.offboard_script)))
        } else {
            first(switches.scripts.get_mut(&api))
        };
        match scripted {
            Some(scripted) => scripted,
            None if self.faults == Faults::Rough => {
                // About the machine where there is one: then the order of calls does not matter.
                let about = format!("{api:?} {}", route.machine().unwrap_or(""));
                faults::rough(api, &mut self.roll("fault", &about))
            }
            None => Scripted::Normal,
        }
    }

    /// Reference, section 7: one row for each way in which a call ends.
    fn play(
        &mut self,
        now: Moment,
        scripted: Scripted,
        route: &Route,
        request: &Request,
        caller: Option<&Caller>,
        call: usize,
    ) -> (Ending, u64) {
        let does = !matches!(
            scripted,
            Scripted::Status(..)
                | Scripted::DropBeforeCreate
                | Scripted::Fail500
                | Scripted::Html502
                | Scripted::TooManyRequests(_)
                | Scripted::Hang
        );
        let reply = if does { self.perform(now, route, request, caller, call) } else { Reply::bare(500) };
        let mut failure = || self.api_error(500, "InternalServerError", "");
        let ending = match scripted {
            Scripted::Normal | Scripted::Late(_) => Ending::Answer(reply),
            Scripted::Slow(ms) => return (Ending::Answer(reply), ms.min(WAIT_MAX_MS)),
            Scripted::Status(status, body) if body.is_empty() => Ending::Answer(Reply::bare(status)),
            Scripted::Status(status, body) if body.starts_with('{') => {
                Ending::Answer(Reply::json(status, body))
            }
            Scripted::Status(status, body) => Ending::Answer(Reply { body, ..Reply::html(status, "") }),
            Scripted::DropBeforeCreate | Scripted::DropAfterCreate => Ending::Cut,
            Scripted::CreatedThenCut => Ending::CutInside(reply),
            Scripted::Fail500 | Scripted::CreatedThen500 => Ending::Answer(failure()),
            Scripted::Html502 | Scripted::CreatedThenHtml502 => {
                Ending::Answer(Reply::html(502, "Bad Gateway"))
            }
            Scripted::CreatedThenGarbage => {
                Ending::Answer(Reply::odata(200, "{\"@odata.context\":".to_owned()))
            }
            Scripted::TooManyRequests(seconds) => {
                let message = "API calls quota exceeded! maximum allowed 100 per 00:01:00";
                Ending::Answer(self.too_many(message, seconds))
            }
            Scripted::Hang | Scripted::CreatedThenHang => Ending::Silence,
        };
        (ending, 0)
    }

    fn perform(
        &mut self,
        now: Moment,
        route: &Route,
        request: &Request,
        caller: Option<&Caller>,
        call: usize,
    ) -> Reply {
        match (route, caller) {
            (Route::Token { tenant, v1 }, _) => self.sign_in(now, tenant, *v1, request),
            (Route::Machines, _) => self.list_machines(now, request),
            (Route::Machine(id), _) => self.one_machine(now, id),
            (Route::Actions, _) => self.list_actions(now, request),
            (Route::Action(id), _) => self.one_action(now, id),
            (Route::Cancel(id), Some(caller)) => self.cancel(now, id, request, caller),
            (Route::Offboard(id), Some(caller)) => {
                let (reply, created) = self.offboard(now, id, request, caller);
                if let Some(call) = self.log.call(call) {
                    call.action_id = created;
                }
                reply
            }
            _ => unreachable!("the gate lets no other route through, and these only with a caller"),
        }
    }
}
