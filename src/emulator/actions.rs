//! The calls on machine actions: offboard (reference, section 4), list, one, cancel (section 5).

use serde_json::Value;

use super::Faults;
use super::action::{Action, Cancellation, Fate, OFFBOARD, Reach};
use super::clock::{HOUR_MS, Moment};
use super::dice::{dice, guid, happens, hash};
use super::faults::LIST_LAG_ROUGH_MS;
use super::filter;
use super::query::{ListQuery, PAGE_MAX};
use super::reply::Reply;
use super::switches::SecondCall;
use super::tenant::{Request, Tenant};
use super::token::Caller;

impl Tenant {
    /// `POST /api/machines/{id}/offboard`. The second value is the id of the action that was created.
    pub(super) fn offboard(
        &mut self,
        now: Moment,
        id: &str,
        request: &Request,
        caller: &Caller,
    ) -> (Reply, Option<String>) {
        let comment = match self.comment(request) {
            Ok(comment) => comment,
            Err(reply) => return (reply, None),
        };
        let Some(facts) = self.row(id, now).map(|row| row.facts()) else {
            return (self.machine_not_found(id), None);
        };
        if !facts.supported {
            // One of the documented codes of 400 (section 6).
            let message = "Offboarding is not supported on this machine's operating system.";
            return (self.api_error(400, "OsPlatformNotSupported", message), None);
        }
        if !facts.onboarded || facts.merged {
            // What such a machine gets is not known (section 9): any 400 will do.
            let message = "The machine is not onboarded.";
            return (self.api_error(400, "BadRequest", message), None);
        }
        if let Some(pending) = self.pending_offboard(id, now) {
            return (self.second_call(now, pending), None);
        }
        let reach = if self.stopped(id, now).is_some() && self.returned(id, now).is_none() {
            Reach::Never
        } else {
            facts.reach
        };
        let action = self.create(now, OFFBOARD, id, facts.name, reach, &caller.requestor, &comment);
        let created = self.actions[action].id.clone();
        let reply = self.action_reply(now, self.switches.offboard_status, action);
        (reply, Some(created))
    }

    /// The Comment of a body, or the 400 for it. Property names are case-sensitive (section 4); a wrong capital
    /// gives `MissingRequiredParameter` (section 6); the code for a blank one is not known (section 9).
    fn comment(&mut self, request: &Request) -> Result<String, Reply> {
        let json = request.content_type.as_deref().is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
        if !json {
            // Both headers are required (section 4); the framework's own answer (inferred).
            return Err(Reply::bare(415));
        }
        match serde_json::from_slice::<Value>(&request.body) {
            Ok(Value::Object(body)) => match body.get("Comment") {
                Some(Value::String(comment)) if comment.trim().is_empty() => {
                    Err(self.api_error(400, "InvalidInput", "The Comment must not be blank."))
                }
                Some(Value::String(comment)) => Ok(comment.clone()),
                Some(_) => Err(self.api_error(400, "InvalidRequestBody", "The Comment must be a string.")),
                None => Err(self.api_error(400, "MissingRequiredParameter", "Comment is required.")),
            },
            _ => Err(self.api_error(400, "InvalidRequestBody", "The request's body is not valid.")),
        }
    }

    fn pending_offboard(&self, machine: &str, now: Moment) -> Option<usize> {
        let of_machine = self.actions_of.get(machine)?;
        of_machine.iter().copied().find(|at| {
            let action = &self.actions[*at];
            action.r#type == OFFBOARD && !action.is_final(now)
        })
    }

    /// Section 4.2: either way it is already under way.
    fn second_call(&mut self, now: Moment, pending: usize) -> Reply {
        self.second_calls += 1;
        let exists = match self.switches.second_call {
            SecondCall::Exists => true,
            SecondCall::Earlier => false,
            SecondCall::Alternate => !self.second_calls.is_multiple_of(2),
        };
        if exists {
            self.api_error(400, "ActiveRequestAlreadyExists", "Action is already in progress")
        } else {
            self.action_reply(now, self.switches.offboard_status, pending)
        }
    }

    #[expect(clippy::too_many_arguments, reason = "an action is all of these")]
    fn create(
        &mut self,
        now: Moment,
        r#type: &'static str,
        machine: &str,
        computer_dns_name: Option<String>,
        reach: Reach,
        requestor: &str,
        comment: &str,
    ) -> usize {
        let at = self.actions.len();
        let nth = self.actions_of.get(machine).map_or(0, Vec::len) as u64;
        let rng = &mut dice(self.seed, "action", hash(machine.as_bytes()) ^ nth);
        let fails = happens(rng, self.switches.failed_per_mille) || self.switches.failing.contains(machine);
        let lag = if self.faults == Faults::Rough { rng.u64(0..=LIST_LAG_ROUGH_MS) } else { 0 };
        let action = Action {
            id: guid(rng),
            r#type,
            machine_id: machine.to_owned(),
            computer_dns_name,
            requestor: requestor.to_owned(),
            source: if requestor.contains('@') { "Portal" } else { "PublicApi" },
            comment: comment.to_owned(),
            created: now,
            list_lag_ms: self.switches.list_lag_ms.unwrap_or(lag),
            fate: Fate::draw(rng, now, reach, fails),
            cancelled: None,
        };
        self.action_ids.insert(action.id.clone(), at);
        self.actions_of.entry(machine.to_owned()).or_default().push(at);
        self.actions.push(action);
        at
    }

    /// What other people did before the start, oldest first.
    pub(super) fn draw_history(&mut self, start: Moment) {
        const KINDS: &[(u32, &str)] = &[
            (50, "RunAntiVirusScan"),
            (10, "Isolate"),
            (10, "Unisolate"),
            (15, "CollectInvestigationPackage"),
            (15, OFFBOARD),
        ];
        const PEOPLE: [&str; 3] = ["kim@fabrikam.example", "mara@fabrikam.example", "patching"];
        let count = if self.population.len() == 0 { 0 } else { self.switches.history };
        let mut times: Vec<(u64, u64)> = (0..count as u64)
            .map(|number| (dice(self.seed, "history time", number).u64(0..30 * HOUR_MS), number))
            .collect();
        times.sort_unstable_by(|left, right| right.cmp(left));
        for (ago_ms, number) in times {
            let rng = &mut dice(self.seed, "history", number);
            let at = start.minus_ms(ago_ms).plus_ticks(rng.i64(0..10_000));
            let index = rng.u32(0..self.population.len() as u32);
            let id = self.population.id(index);
            let kind = *super::company::weighted(rng, KINDS);
            let requestor = *rng.choice(&PEOPLE).unwrap_or(&PEOPLE[0]);
            let comment = format!("IR-{} {kind}", rng.u32(300..900));
            let Some(facts) = self.row(&id, start).map(|row| row.facts()) else { continue };
            self.create(at, kind, &id, facts.name, facts.reach, requestor, &comment);
        }
    }

    /// `GET /api/machineactions`: newest first (section 5, inferred).
    pub(super) fn list_actions(&mut self, now: Moment, request: &Request) -> Reply {
        let query = match ListQuery::parse(&request.query, filter::MACHINE_ACTION) {
            Ok(query) => query,
            Err(reason) => return Reply::bad_query(&reason),
        };
        let passes = |action: &&Action| {
            let filter = query.filter.as_ref();
            action.is_listed(now)
                && filter.is_none_or(|it| it.holds(&|property| action.property(property, now)))
        };
        let all: Vec<&Action> = self.actions.iter().rev().filter(passes).collect();
        let asked = query.top.unwrap_or(PAGE_MAX).min(self.switches.page_cap.unwrap_or(PAGE_MAX));
        let rows: Vec<_> = all
            .iter()
            .skip(query.skip)
            .take(asked)
            .map(|action| action.json(now, self.switches.old_action_spelling))
            .collect();
        let next = query.skip + rows.len();
        let link = (query.top.is_none() && next < all.len()).then(|| {
            let filter = super::query::encoded(&query.filter_text);
            let filter = if filter.is_empty() { filter } else { format!("$filter={filter}&") };
            format!("{}/api/machineactions?{filter}$skip={next}", self.url)
        });
        let context = format!("{}/api/$metadata#MachineActions", self.url);
        Reply::list(&context, query.count.then_some(all.len()), &rows, link)
    }

    /// `GET /api/machineactions/{id}`
    pub(super) fn one_action(&mut self, now: Moment, id: &str) -> Reply {
        match self.find_action(id) {
            Ok(at) => self.action_reply(now, 200, at),
            Err(reply) => reply,
        }
    }

    /// `POST /api/machineactions/{id}/cancel`: works until the action is final; what a late one gets is not
    /// documented, 400 (section 5, inferred).
    pub(super) fn cancel(&mut self, now: Moment, id: &str, request: &Request, caller: &Caller) -> Reply {
        let comment = match self.comment(request) {
            Ok(comment) => comment,
            Err(reply) => return reply,
        };
        let at = match self.find_action(id) {
            Ok(at) => at,
            Err(reply) => return reply,
        };
        if self.actions[at].is_final(now) {
            return self.api_error(400, "BadRequest", "The action has ended and cannot be cancelled.");
        }
        let requestor = caller.requestor.clone();
        self.actions[at].cancelled = Some(Cancellation { at: now, requestor, comment });
        self.action_reply(now, 200, at)
    }

    fn find_action(&mut self, id: &str) -> Result<usize, Reply> {
        if !is_guid(id) {
            // Section 5, seen 2023.
            let message = format!("The value '{id}' should be format of type 'Edm.Guid'.");
            return Err(self.api_error(400, "BadRequest", &message));
        }
        match self.action_ids.get(&id.to_ascii_lowercase()) {
            Some(at) => Ok(*at),
            None => {
                Err(self.api_error(404, "ResourceNotFound", &format!("Machine action {id} was not found")))
            }
        }
    }

    fn action_reply(&self, now: Moment, status: u16, at: usize) -> Reply {
        let context = format!("{}/api/$metadata#MachineActions/$entity", self.url);
        Reply::entity(status, &context, &self.actions[at].json(now, false))
    }

    /// Since when the machine's sensor is stopped.
    pub(super) fn stopped(&self, machine: &str, now: Moment) -> Option<Moment> {
        let of_machine = self.actions_of.get(machine)?;
        of_machine.iter().filter_map(|at| self.actions[*at].stopped_sensor(now)).max()
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
