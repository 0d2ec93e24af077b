//! The machine list, one machine, and what calls have done to machines (reference, section 3).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use super::action::Reach;
use super::clock::Moment;
use super::company;
use super::filter::{self, Kind, Property, Scalar};
use super::machine::{Machine, Text};
use super::population::{GONE_AFTER_MS, INACTIVE_AFTER_MS, NOBODY_GONE_FOR_MS};
use super::query::{ListQuery, PAGE_MAX, encoded, pairs};
use super::reply::Reply;
use super::switches::{EmptyList, Links};
use super::tenant::{Request, Tenant};

/// A machine as it is shown: drawn, or given by hand.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Row {
    Drawn(Box<Machine>),
    Given(Map<String, Value>),
}

/// What decides about a machine's offboard call.
pub(super) struct Facts {
    pub name: Option<String>,
    pub supported: bool,
    pub onboarded: bool,
    pub merged: bool,
    pub reach: Reach,
}

impl Row {
    fn property(&self, property: &Property) -> Scalar<'_> {
        let machine = match self {
            Row::Drawn(machine) => machine,
            Row::Given(given) => return given_property(given, property),
        };
        match property.name {
            "computerDnsName" => Scalar::text(machine.computer_dns_name.as_deref()),
            "id" => Scalar::Text(&machine.id),
            "version" => Scalar::text(machine.version.as_deref()),
            "deviceValue" => Scalar::text(machine.device_value.as_deref()),
            "aadDeviceId" => Scalar::text(machine.aad_device_id.as_deref()),
            "machineTags" => Scalar::Texts(machine.machine_tags.iter().map(Text::as_ref).collect()),
            "lastSeen" => Scalar::Time(machine.last_seen),
            "exposureLevel" => Scalar::text(machine.exposure_level.as_deref()),
            "onboardingStatus" => Scalar::text(machine.onboarding_status.as_deref()),
            "lastIpAddress" => Scalar::text(machine.last_ip_address.as_deref()),
            "healthStatus" => Scalar::Text(&machine.health_status),
            "osPlatform" => Scalar::Text(&machine.os_platform),
            "riskScore" => Scalar::text(machine.risk_score.as_deref()),
            "rbacGroupId" => number(&machine.rbac_group_id),
            _ => Scalar::Null,
        }
    }

    pub(super) fn facts(&self) -> Facts {
        match self {
            Row::Drawn(machine) => Facts {
                name: machine.computer_dns_name.clone(),
                supported: company::service_offboards(
                    &machine.os_platform,
                    machine.version.as_deref(),
                    machine.os_build.map(u64::from),
                ),
                onboarded: is_onboarded(machine.onboarding_status.as_deref()),
                merged: machine.merged_into_machine_id.is_some(),
                reach: reach(&machine.health_status),
            },
            Row::Given(given) => {
                let text = |name: &str| given.get(name).and_then(Value::as_str);
                Facts {
                    name: text("computerDnsName").map(str::to_owned),
                    supported: company::service_offboards(
                        text("osPlatform").unwrap_or(""),
                        text("version"),
                        given.get("osBuild").and_then(Value::as_u64),
                    ),
                    onboarded: is_onboarded(text("onboardingStatus")),
                    merged: text("mergedIntoMachineId").is_some(),
                    reach: reach(text("healthStatus").unwrap_or("Active")),
                }
            }
        }
    }
}

impl Tenant {
    /// `GET /api/machines`
    pub(super) fn list_machines(&mut self, now: Moment, request: &Request) -> Reply {
        let query = match ListQuery::parse(&request.query, filter::MACHINE) {
            Ok(query) => query,
            Err(reason) => return Reply::bad_query(&reason),
        };
        let context = format!("{}/api/$metadata#Machines", self.url);
        match self.switches.no_machines {
            Some(EmptyList::NotFound) => return self.api_error(404, "NotFound", "No machines were found."),
            Some(EmptyList::EmptyValue) => {
                return Reply::list(&context, query.count.then_some(0), &[(); 0], None);
            }
            None => {}
        }

        let links = self.links();
        let asked = query.top.unwrap_or(PAGE_MAX).min(self.switches.page_cap.unwrap_or(PAGE_MAX));
        let (rows, skip, total) = self.page(now, &query, links, asked);
        let next = skip + rows.len();
        let link = match links {
            Links::Never => None,
            // Without `$top` an answer that is not complete carries a link; with `$top` there is none (section 3).
            Links::Correct if query.top.is_some() || next >= total => None,
            Links::Correct | Links::Endless => Some(self.link(&query, next)),
            Links::Broken => Some(self.broken_link(&request.query, asked)),
            Links::Elsewhere => Some(format!("http://elsewhere.invalid/api/machines?$skip={next}")),
        };
        Reply::list(&context, query.count.then_some(total), &rows, link)
    }

    /// The rows of a page, from which row on they are, and how many there are in all.
    fn page(&self, now: Moment, query: &ListQuery, links: Links, asked: usize) -> (Vec<Row>, usize, usize) {
        let given = self.switches.extra_machines.len();
        let all = given + self.population.len();
        let row = |place: usize| match place.checked_sub(given) {
            None => Self::given_row(&self.switches.extra_machines[place]).map(|row| self.aged(row, now)),
            Some(place) => self.drawn_row(self.population.at_place(place), now),
        };
        // Where a broken link leads, the filter is gone and the pages begin again after the last (section 3).
        let wraps = links == Links::Endless || (links == Links::Broken && query.nameless);
        let start = |total: usize| {
            let skip = if wraps && total > 0 { query.skip % total } else { query.skip };
            skip.saturating_sub(self.switches.page_overlap)
        };
        // Nobody is gone yet in the first days: the youngest silence counts from before the start (section 4.2).
        let some_gone = now.ms_since(self.population.start()) >= NOBODY_GONE_FOR_MS;
        match &query.filter {
            None if !some_gone => {
                let skip = start(all);
                ((skip..all).take(asked).filter_map(row).collect(), skip, all)
            }
            filter => {
                let passes = |row: &Row| {
                    filter.as_ref().is_none_or(|filter| filter.holds(&|property| row.property(property)))
                };
                let mut rows: Vec<Row> = (0..all).filter_map(row).filter(passes).collect();
                let total = rows.len();
                let skip = start(total).min(total);
                rows.drain(..skip);
                rows.truncate(asked);
                (rows, skip, total)
            }
        }
    }

    fn link(&self, query: &ListQuery, skip: usize) -> String {
        let filter = match query.filter {
            Some(_) => format!("$filter={}&", encoded(&query.filter_text)),
            None => String::new(),
        };
        format!("{}/api/machines?{filter}$skip={skip}", self.url)
    }

    /// As reported: every option of the request has lost its name, and a `$skip` that never grows follows (section 3).
    fn broken_link(&self, query: &str, page: usize) -> String {
        let mut link = format!("{}/api/machines?", self.url);
        for (_, value) in pairs(query) {
            let _ = write!(link, "={}&", encoded(&value));
        }
        link + &format!("$skip={page}")
    }

    /// `GET /api/machines/{id}`; the id may also be the computer's name (section 3).
    pub(super) fn one_machine(&mut self, now: Moment, id: &str) -> Reply {
        let row = self.row(id, now).or_else(|| {
            let hex = id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let index = if hex { None } else { self.population.index_named(id) };
            index.and_then(|index| self.drawn_row(index, now))
        });
        match row {
            Some(row) => Reply::entity(200, &format!("{}/api/$metadata#Machines/$entity", self.url), &row),
            None => self.machine_not_found(id),
        }
    }

    pub(super) fn machine_not_found(&mut self, id: &str) -> Reply {
        self.api_error(404, "ResourceNotFound", &format!("Machine {id} was not found"))
    }

    /// The machine with this id as it is at `now`.
    pub(super) fn row(&self, id: &str, now: Moment) -> Option<Row> {
        if self.switches.no_machines.is_some() {
            return None;
        }
        let given =
            self.switches.extra_machines.iter().find(|it| it.get("id").and_then(Value::as_str) == Some(id));
        match given {
            Some(given) => Self::given_row(given).map(|row| self.aged(row, now)),
            None => self.drawn_row(self.population.index_of(id)?, now),
        }
    }

    fn given_row(given: &Value) -> Option<Row> {
        given.as_object().cloned().map(Row::Given)
    }

    /// What became of a machine given by hand whose sensor stopped: silent, and Inactive from day 7.
    fn aged(&self, row: Row, now: Moment) -> Row {
        let Row::Given(mut given) = row else { return row };
        let id = given.get("id").and_then(Value::as_str).unwrap_or("").to_owned();
        if let Some(returned) = self.returned(&id, now) {
            given.insert("lastSeen".to_owned(), Value::from(returned.to_string()));
        } else if self.stopped(&id, now).is_some_and(|at| now.ms_since(at) >= INACTIVE_AFTER_MS) {
            given.insert("healthStatus".to_owned(), Value::from("Inactive"));
        }
        Row::Given(given)
    }

    fn drawn_row(&self, index: u32, now: Moment) -> Option<Row> {
        let (stopped, returned) = if self.actions.is_empty() {
            (None, None)
        } else {
            let id = self.population.id(index);
            (self.stopped(&id, now), self.returned(&id, now))
        };
        let stopped = if returned.is_some() { None } else { stopped };
        let mut machine = self.population.machine(index, now, stopped);
        if let Some(returned) = returned {
            machine.last_seen = machine.last_seen.max(returned);
        }
        (now.ms_since(machine.last_seen) < GONE_AFTER_MS).then(|| Row::Drawn(Box::new(machine)))
    }

    /// When the machine reported again, if it has.
    pub(super) fn returned(&self, id: &str, now: Moment) -> Option<Moment> {
        let after_ms = self.switches.returning.get(id)?;
        let at = self.stopped(id, now)?.plus_ms(*after_ms);
        (at <= now).then_some(at)
    }

    fn links(&mut self) -> Links {
        if self.faults == super::Faults::Rough {
            let rng = &mut self.roll("links", "");
            // Links that lie.
            return *company::weighted(
                rng,
                &[(40, Links::Correct), (20, Links::Broken), (20, Links::Endless), (20, Links::Elsewhere)],
            );
        }
        self.switches.links
    }
}

fn is_onboarded(status: Option<&str>) -> bool {
    status.is_some_and(|status| status.eq_ignore_ascii_case("onboarded"))
}

fn reach(health: &str) -> Reach {
    match health {
        "Inactive" => Reach::Never,
        "ImpairedCommunication" | "NoSensorDataImpairedCommunication" => Reach::Slow,
        _ => Reach::Prompt,
    }
}

fn number(value: &Value) -> Scalar<'_> {
    let text = || value.as_str().and_then(|text| text.parse().ok());
    value.as_i64().or_else(text).map_or(Scalar::Null, Scalar::Number)
}

fn given_property<'a>(given: &'a Map<String, Value>, property: &Property) -> Scalar<'a> {
    let Some(value) = given.get(property.name) else { return Scalar::Null };
    match property.kind {
        Kind::Number => number(value),
        Kind::Text | Kind::Word => Scalar::text(value.as_str()),
        Kind::Time => {
            let time = value.as_str().and_then(|text| text.parse().ok());
            time.map_or(Scalar::Null, |time| Scalar::Time(Moment::from_timestamp(time)))
        }
        Kind::Texts => {
            Scalar::Texts(value.as_array().into_iter().flatten().filter_map(Value::as_str).collect())
        }
    }
}
