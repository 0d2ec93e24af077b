//! The table of errors: what happened and what stays true, why, and what to do, by what the caller can do about it.

use crate::defender::ServiceError;

/// One failure: what happened and what stays true, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened, and what stays true.
    pub what: String,
    /// The same in few words, for one line.
    pub short: String,
    /// Why: host, code, the service's words, tracking id.
    pub why: String,
    /// What to do.
    pub todo: String,
    /// Whether it is about the list of machines: the next good list ends it.
    pub of_list: bool,
    /// Whether signing in anew may end it.
    pub of_sign_in: bool,
}

/// What was being done when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Signing in.
    SigningIn,
    /// Listing the machines for the first time.
    Listing,
    /// Listing the rest, after some pages came.
    ListingTheRest,
    /// Listing them again: the last list stays.
    Refreshing,
}

impl Trouble {
    /// From an error of the service.
    pub fn of(doing: Doing, error: &ServiceError) -> Self {
        let what = match (doing, error) {
            (Doing::SigningIn, ServiceError::WrongToken { .. }) => {
                "The access token was not used. Nothing was sent with it."
            }
            (Doing::SigningIn, ServiceError::NotReachable { .. }) => {
                "The sign-in host was not reached. Nothing was asked of the tenant."
            }
            (Doing::SigningIn, _) => "Not signed in. Nothing was asked of the tenant.",
            (Doing::Listing, ServiceError::Permission(_)) => "This sign-in may not list the machines.",
            (Doing::Listing, _) => "The machines were not listed.",
            (Doing::ListingTheRest, _) => {
                "The list broke off: there may be more machines than it shows, and shares are of what came."
            }
            (Doing::Refreshing, _) => {
                "The list was not refreshed. The last one stays, and so does the selection."
            }
        };
        let head = match doing {
            Doing::SigningIn => "Not signed in",
            Doing::Listing => "Not listed",
            Doing::ListingTheRest => "The list broke off",
            Doing::Refreshing => "Not refreshed",
        };
        let mut why = error.to_string();
        if let Some(host) = error.host()
            && !why.contains(host)
        {
            why = format!("{host}: {why}");
        }
        let ids = match (error, error.refused()) {
            (ServiceError::SignIn(refused), _) => {
                [("trace id", &refused.trace), ("correlation id", &refused.correlation)]
            }
            (_, Some(refused)) => {
                [("tracking id", &refused.tracking), ("correlation id", &refused.correlation)]
            }
            (_, None) => [("", &None), ("", &None)],
        };
        for (name, id) in ids.into_iter().filter_map(|(name, id)| Some((name, id.as_ref()?))) {
            why = format!("{why} ({name} {id})");
        }
        Self {
            what: what.to_owned(),
            short: format!("{head}: {error}"),
            why,
            todo: error.what_to_do().to_owned(),
            of_list: true,
            of_sign_in: matches!(
                error,
                ServiceError::SignIn(_) | ServiceError::TokenSpent { .. } | ServiceError::WrongToken { .. }
            ),
        }
    }
}
