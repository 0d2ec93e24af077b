//! Where a path leads: the paths of the reference, and which API's limits a call counts against.

use super::Api;
use super::query::decoded;

/// Where a path leads.
pub(super) enum Route {
    Token {
        tenant: String,
        v1: bool,
    },
    Machines,
    Machine(String),
    Offboard(String),
    Actions,
    Action(String),
    Cancel(String),
    /// A known path with another method: 405 with `Allow` (section 4, seen 2023).
    WrongMethod(&'static str),
    Unknown,
}

impl Route {
    /// Paths are matched without case (section 1, inferred), ids as they are; `/api/v1.0/…` pins the version.
    pub(super) fn of(method: &str, path: &str) -> Route {
        let segments: Vec<String> =
            path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
        let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let mut lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let mut segments = segments;
        if lower.len() > 1 && lower[0] == "api" && lower[1] == "v1.0" {
            lower.remove(1);
            segments.remove(1);
        }
        let mut take = |at: usize| std::mem::take(&mut segments[at]);
        let (allowed, route) = match lower[..] {
            [_, "oauth2", "v2.0", "token"] => ("POST", Route::Token { tenant: take(0), v1: false }),
            [_, "oauth2", "token"] => ("POST", Route::Token { tenant: take(0), v1: true }),
            ["api", "machines"] => ("GET", Route::Machines),
            ["api", "machines", _] => ("GET", Route::Machine(take(2))),
            ["api", "machines", _, "offboard"] => ("POST", Route::Offboard(take(2))),
            ["api", "machineactions"] => ("GET", Route::Actions),
            ["api", "machineactions", _] => ("GET", Route::Action(take(2))),
            ["api", "machineactions", _, "cancel"] => ("POST", Route::Cancel(take(2))),
            _ => return Route::Unknown,
        };
        if method == allowed { route } else { Route::WrongMethod(allowed) }
    }

    pub(super) fn api(&self) -> Api {
        match self {
            Route::Token { .. } => Api::Token,
            Route::Machines => Api::Machines,
            Route::Machine(_) => Api::Machine,
            Route::Offboard(_) => Api::Offboard,
            Route::Actions => Api::MachineActions,
            Route::Action(_) => Api::MachineAction,
            Route::Cancel(_) => Api::Cancel,
            Route::WrongMethod(_) | Route::Unknown => Api::Other,
        }
    }

    pub(super) fn machine(&self) -> Option<&str> {
        match self {
            Route::Machine(id) | Route::Offboard(id) => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_without_case_and_ids_are_kept() {
        for path in
            ["/api/machines/AbC/offboard", "/API/Machines/AbC/Offboard", "/api/v1.0/machines/AbC/offboard"]
        {
            let route = Route::of("POST", path);
            assert_eq!((route.api(), route.machine()), (Api::Offboard, Some("AbC")), "{path}");
        }
        for path in ["/", "/api", "/api/v1.0", "/api/machines/x/offboard/y", "/api/v2.0/machines"] {
            assert_eq!(Route::of("GET", path).api(), Api::Other, "{path}");
        }
        assert_eq!(Route::of("GET", "/api/machines/x/offboard").api(), Api::Other, "the wrong method");
    }
}
