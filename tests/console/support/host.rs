//! The host that an operator sits at: a home and a state directory of its own, and an environment with nothing in it
//! but what a test puts there.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::console::Builder;
use super::tenant::Tenant;

/// A host. Several consoles can be started on it, one after the other or at once; they share its state directory.
pub struct Host {
    directory: TempDir,
}

impl Host {
    /// A host on which `offramp` never ran.
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("offramp-test-").tempdir().expect("a directory");
        fs::create_dir(directory.path().join("home")).expect("a home");
        Self { directory }
    }

    /// The operator's home.
    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// Where consoles of this host keep their journal. It does not exist before the first one made it.
    pub fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// The whole environment of a program on this host that knows no tenant.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let pairs: [(&str, OsString); 6] = [
            ("HOME", self.home().into()),
            ("OFFRAMP_STATE_DIR", self.state_dir().into()),
            ("TMPDIR", self.directory.path().into()),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("RUST_BACKTRACE", "1".into()),
        ];
        pairs.map(|(name, value)| (name.into(), value)).into()
    }

    /// A console pointed at a tenant.
    pub fn console(&self, tenant: &Tenant) -> Builder {
        let mut builder = self.console_without_tenant();
        for (name, value) in tenant.emulator.environment() {
            builder = builder.environment(name, value);
        }
        // As operators configure it: by its domain, which the titles of dialogs then name.
        builder = builder.environment("AZURE_TENANT_ID", tenant.emulator.domain());
        if tenant.speed > 1.0 {
            builder.argument("--speed").argument(&tenant.speed.to_string())
        } else {
            builder
        }
    }

    /// A console that is told of no tenant.
    pub fn console_without_tenant(&self) -> Builder {
        Builder::new(self.environment())
    }

    /// Every file below the host's directory with its content: what a console left behind.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.directory.path(), &mut files);
        files
    }
}

fn collect(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(directory).expect("a directory that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            // A file may be gone again by now: a lock, a write-ahead log.
            files.extend(fs::read(&path).ok().map(|content| (path, content)));
        }
    }
}
