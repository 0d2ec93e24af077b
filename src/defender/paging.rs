//! Lists, page by page (reference, section 3: "Paging is where real clients broke").
//!
//! A page is what came, not what was asked for: the next one starts where the received rows end, until a page is
//! empty, is a 404, or brings nothing new. Links to a next page are not followed: those of real answers never ended.
//! Rows are one per id, whatever pages repeat.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::client::Client;
use super::error::{Bound, ServiceError};
use super::http::Answer;
use super::odata::{ActionQuery, page_query};
use super::{json, wire};
use crate::domain::{ActionId, Machine, MachineAction, MachineId};

/// A body from this size on is read on a thread of its own, so that the runtime's stay free.
const LARGE_BODY: usize = 256 << 10;

/// One page of the tenant's machines, or word that the next one has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The machines that no page before brought.
    pub machines: Vec<Machine>,
    /// Rows of this page without an id that a call could carry.
    pub unreadable: usize,
    /// Rows that came so far, repeated and unreadable ones too.
    pub received_so_far: usize,
    /// The answer's `Date`: the service's clock.
    pub date: Option<Timestamp>,
    /// Everything that came before this was full pages, and only one more call can prove that this was the end, but
    /// the limit for reading is reached: there is nothing in this page, and the next one comes after `wait`.
    pub checking_the_end: bool,
    /// How long the next page has to wait.
    pub wait: Option<Duration>,
}

/// All machines of the tenant, one page after another.
///
/// After an error [`next`](Self::next) goes on where it stopped.
#[derive(Debug)]
pub struct MachineList {
    client: Client,
    received: usize,
    seen: HashSet<MachineId>,
    told_to_wait: bool,
    ended: bool,
}

impl MachineList {
    pub(super) fn new(client: Client) -> Self {
        Self { client, received: 0, seen: HashSet::new(), told_to_wait: false, ended: false }
    }

    /// The next page; nothing after the last. A tenant without machines has one page without any.
    pub async fn next(&mut self) -> Option<Result<Page, ServiceError>> {
        if self.ended {
            return None;
        }
        while let Some(wait) = self.client.machines_pace().wait() {
            if !self.told_to_wait {
                self.told_to_wait = true;
                return Some(Ok(Page {
                    wait: Some(wait),
                    checking_the_end: self.received > 0,
                    ..self.empty(None)
                }));
            }
            tokio::time::sleep(wait).await;
        }
        self.told_to_wait = false;
        Some(self.page().await)
    }

    fn empty(&self, date: Option<Timestamp>) -> Page {
        Page {
            machines: Vec::new(),
            unreadable: 0,
            received_so_far: self.received,
            date,
            checking_the_end: false,
            wait: None,
        }
    }

    async fn page(&mut self) -> Result<Page, ServiceError> {
        let client = self.client.clone();
        let answer =
            client.read_list("machines", &page_query(None, self.received), client.machines_pace()).await?;
        let date = answer.date;
        let Rows { rows, unreadable } = client.rows(answer, wire::machine).await?;
        self.received += rows.len() + unreadable;
        if self.received > client.bounds().rows {
            let host = client.api_host();
            return Err(ServiceError::TooLarge { host, bound: Bound::Rows(client.bounds().rows) });
        }
        let machines: Vec<_> =
            rows.into_iter().filter(|machine| self.seen.insert(machine.id.clone())).collect();
        self.ended = machines.is_empty();
        Ok(Page { machines, unreadable, ..self.empty(date) })
    }
}

/// What one read of the machine actions brought, from all its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The actions, one per id, in the order in which they came.
    pub actions: Vec<MachineAction>,
    /// Whether the end was proved by an empty page and every row could be read. Only then does an action that is not
    /// here not exist.
    pub complete: bool,
    /// The `Date` of the last answer.
    pub date: Option<Timestamp>,
    /// How many calls it took.
    pub calls: u32,
}

/// A page of nothing new is asked past once more: new rows at the front of the list push known ones over the page's
/// edge. Two in a row are a list that does not obey `$skip`, and prove no end.
const PAGES_OF_NOTHING_NEW_MAX: u32 = 2;

pub(super) async fn actions(client: &Client, query: &ActionQuery) -> Result<Listing, ServiceError> {
    let filter = query.filter();
    let mut listing = Listing { actions: Vec::new(), complete: true, date: None, calls: 0 };
    let mut seen: HashSet<ActionId> = HashSet::new();
    let mut received = 0;
    let mut nothing_new = 0;
    loop {
        let query = page_query(filter.as_deref(), received);
        let answer = client.read_list("machineactions", &query, client.actions_pace()).await?;
        listing.calls += answer.tries;
        listing.date = answer.date.or(listing.date);
        let Rows { rows, unreadable } = client.rows(answer, wire::action).await?;
        let came = rows.len() + unreadable;
        listing.complete &= unreadable == 0;
        if came == 0 {
            return Ok(listing);
        }
        received += came;
        if received > client.bounds().rows {
            return Err(ServiceError::TooLarge {
                host: client.api_host(),
                bound: Bound::Rows(client.bounds().rows),
            });
        }
        let before = listing.actions.len();
        listing.actions.extend(rows.into_iter().filter(|action| seen.insert(action.id.clone())));
        nothing_new = if listing.actions.len() == before { nothing_new + 1 } else { 0 };
        if nothing_new == PAGES_OF_NOTHING_NEW_MAX {
            listing.complete = false;
            return Ok(listing);
        }
    }
}

/// The rows of one page.
pub(super) struct Rows<T> {
    pub(super) rows: Vec<T>,
    pub(super) unreadable: usize,
}

impl<T> Rows<T> {
    const NONE: Self = Self { rows: Vec::new(), unreadable: 0 };
}

impl Client {
    /// The rows of an answer: none for a 404 (reference, section 3: "no machine at all").
    async fn rows<T: Send + 'static>(
        &self,
        answer: Answer,
        one: fn(&json::Json<'_>) -> Option<T>,
    ) -> Result<Rows<T>, ServiceError> {
        if answer.status == 404 && answer.refused(self.hidden()).is_some() {
            return Ok(Rows::NONE);
        }
        if !answer.is_success() {
            return Err(answer.error(self.hidden(), answer.tries));
        }
        answer.whole.clone()?;
        let read = move |answer: Answer| {
            let mut rows = Rows::NONE;
            let read = json::each_row(&answer.body, |row| match one(row) {
                Some(row) => rows.rows.push(row),
                None => rows.unreadable += 1,
            });
            (answer, read.map(|()| rows))
        };
        let (answer, rows) = if answer.body.len() < LARGE_BODY {
            read(answer)
        } else {
            let host = answer.host.clone();
            let read = tokio::task::spawn_blocking(move || read(answer)).await;
            read.map_err(|_| ServiceError::NotReachable {
                host,
                step: super::Step::Lost,
                words: "the program is ending".into(),
            })?
        };
        rows.map_err(|why| answer.unreadable(&why, self.hidden()))
    }
}
