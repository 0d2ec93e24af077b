//! What was configured, resolved once: flags, then environment.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::defender::{ApiBase, ConfigError};
use crate::domain::SafeText;
use crate::emulator;

/// Where to go, and how to sign in there.
#[derive(Debug, Clone)]
pub enum Target {
    /// A tenant of the service, or a simulated one in another process.
    Service {
        /// Where the API is.
        api_base: ApiBase,
    },
    /// A simulated tenant in this process.
    Demo(Box<emulator::Options>),
}

/// What was configured.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to go.
    pub target: Target,
    /// How many times faster than real time tenant and console run; 1 but for a simulated tenant.
    pub speed: f64,
    /// Where the journal is kept, if not in the platform's state directory.
    pub state_dir: Option<PathBuf>,
}

/// Why the configuration cannot be used: a usage error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadConfig {
    /// An address.
    #[error("{0}")]
    Service(#[from] ConfigError),
    /// `--speed` against something that is not simulated.
    #[error("--speed is for a simulated tenant on this host only: {0} is another host")]
    SpeedElsewhere(SafeText),
    /// `--speed` of no use.
    #[error("--speed takes a number from 1 to 3600")]
    Speed,
}

impl Config {
    /// Resolves the flags of the console against an environment.
    pub fn resolve(
        api_url: Option<&str>,
        speed: f64,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, BadConfig> {
        let api_base = ApiBase::look(api_url, lookup)?;
        check_speed(speed)?;
        #[expect(clippy::float_cmp, reason = "1 is what was written, or the default")]
        if speed != 1.0 && !api_base.is_loopback() {
            return Err(BadConfig::SpeedElsewhere(SafeText::new(api_base.host())));
        }
        Ok(Self { target: Target::Service { api_base }, speed, state_dir: None })
    }

    /// The demo: a simulated tenant in this process, with a state directory of its own.
    pub fn demo(options: emulator::Options, state_dir: PathBuf) -> Result<Self, BadConfig> {
        check_speed(options.speed)?;
        Ok(Self { speed: options.speed, target: Target::Demo(Box::new(options)), state_dir: Some(state_dir) })
    }

    /// Whether everything is simulated in this process.
    pub fn is_demo(&self) -> bool {
        matches!(self.target, Target::Demo(_))
    }
}

/// A speed that makes sense: an hour in a second at most.
pub fn check_speed(speed: f64) -> Result<(), BadConfig> {
    if (1.0..=3_600.0).contains(&speed) { Ok(()) } else { Err(BadConfig::Speed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: Option<&str>, speed: f64, environment: Option<&str>) -> Result<Config, String> {
        let lookup = |name: &str| (name == "OFFRAMP_API_URL").then_some(environment?).map(OsString::from);
        Config::resolve(url, speed, lookup).map_err(|error| error.to_string())
    }

    fn host(config: &Config) -> &str {
        match &config.target {
            Target::Service { api_base } => api_base.host(),
            Target::Demo(_) => "demo",
        }
    }

    #[test]
    fn the_flag_goes_before_the_environment_and_both_before_the_default() {
        assert_eq!(host(&resolve(None, 1.0, None).unwrap()), "api.security.microsoft.com");
        let by_environment = resolve(None, 1.0, Some("https://eu.api.security.microsoft.com")).unwrap();
        assert_eq!(host(&by_environment), "eu.api.security.microsoft.com");
        let by_flag = resolve(Some("http://127.0.0.1:8080"), 1.0, Some("https://elsewhere.example")).unwrap();
        assert!(host(&by_flag).starts_with("127.0.0.1"));
        assert!(resolve(Some("http://elsewhere.example"), 1.0, None).is_err());
    }

    #[test]
    fn time_runs_faster_on_this_host_only() {
        assert!(resolve(Some("http://127.0.0.1:8080"), 60.0, None).is_ok());
        let elsewhere = resolve(None, 60.0, None).unwrap_err();
        assert!(elsewhere.starts_with("--speed is for a simulated tenant"), "{elsewhere}");
        for speed in [0.0, -1.0, 0.5, 4_000.0, f64::NAN, f64::INFINITY] {
            assert_eq!(
                resolve(Some("http://127.0.0.1:8080"), speed, None).unwrap_err(),
                BadConfig::Speed.to_string()
            );
        }
    }
}
