//! What was called: the tests' view of the tenant, in the order in which calls were counted.

use std::collections::VecDeque;

use super::Call;

/// The log forgets the oldest call beyond this many.
const LOG_MAX: usize = 1_000_000;

/// Every call, oldest first.
#[derive(Default)]
pub(super) struct Log {
    calls: VecDeque<Call>,
    forgotten: usize,
}

impl Log {
    /// Notes a call and gives it its number.
    pub(super) fn open(&mut self, call: Call) -> usize {
        self.calls.push_back(call);
        if self.calls.len() > LOG_MAX {
            self.calls.pop_front();
            self.forgotten += 1;
        }
        self.forgotten + self.calls.len() - 1
    }

    /// The call of this number, unless it is forgotten.
    pub(super) fn call(&mut self, number: usize) -> Option<&mut Call> {
        self.calls.get_mut(number.checked_sub(self.forgotten)?)
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::Api;

    #[test]
    fn the_oldest_calls_are_forgotten_and_numbers_stay() {
        let call = |at| Call {
            at,
            api: Api::Other,
            method: String::new(),
            path: String::new(),
            query: String::new(),
            status: None,
            machine_id: None,
            action_id: None,
        };
        let mut log = Log::default();
        let first = log.open(call(1));
        let second = log.open(call(2));
        for at in 0..LOG_MAX as u64 - 1 {
            log.open(call(at));
        }
        assert!(log.call(first).is_none());
        assert_eq!(log.call(second).unwrap().at, 2);
    }
}
