//! A PostgreSQL of one's own: a cluster in a temporary folder that only a Unix socket leads to, gone with its last user.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

/// Why there is none, said where a person sees it.
const SKIPPED: &str = "SKIPPED: there is no PostgreSQL here (Debian: postgresql); nothing of the store in a database was tested";

static RUNNING: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A running server.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
}

/// A database of it that nobody else uses.
pub struct Database {
    cluster: Arc<Cluster>,
    name: String,
}

impl Database {
    /// A new one, or nothing and a line that says so where PostgreSQL is not installed.
    pub fn new() -> Option<Self> {
        let cluster = Cluster::running()?;
        let name = format!("calls{}", DATABASES.fetch_add(1, Ordering::SeqCst));
        let database = Self { cluster, name };
        database.cluster.psql("postgres", &format!("create database {}", database.name));
        Some(database)
    }

    pub fn url(&self) -> String {
        let socket = self.cluster.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{}", self.name)
    }

    /// Runs `sql` and says what came of it, a line a row.
    pub fn psql(&self, sql: &str) -> String {
        self.cluster.psql(&self.name, sql)
    }

    /// Ends the server as a power cut would, and starts it again.
    pub fn crash(&self) {
        self.cluster.stop();
        self.cluster.start();
    }

    /// Ends the server as a power cut would.
    pub fn stop(&self) {
        self.cluster.stop();
    }

    /// Starts it again.
    pub fn start(&self) {
        self.cluster.start();
    }
}

impl Cluster {
    fn running() -> Option<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = running.upgrade() {
            return Some(cluster);
        }
        let cluster = Arc::new(Self::new()?);
        *running = Arc::downgrade(&cluster);
        Some(cluster)
    }

    /// One of one's own, for a test that ends it.
    pub fn alone() -> Option<Database> {
        Some(Database { cluster: Arc::new(Self::new()?), name: "postgres".to_owned() })
    }

    fn new() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("{SKIPPED}");
            return None;
        };
        let template = std::env::temp_dir().join("ca2a-postgres-XXXXXX");
        let folder = said(owner("mktemp").arg("-d").arg(template));
        let cluster = Self { programs, folder: folder.trim().into() };
        said(
            cluster
                .run("initdb")
                .args(["--username=postgres", "--auth=trust", "--no-sync", "--no-instructions"])
                .arg("--pgdata")
                .arg(cluster.data()),
        );
        cluster.start();
        Some(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn run(&self, program: &str) -> Command {
        owner(self.programs.join(program))
    }

    fn start(&self) {
        let folder = self.folder.to_str().unwrap();
        let options =
            format!("-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=200");
        said(
            self.run("pg_ctl")
                .args(["--wait", "--silent", "--options", &options, "start", "--log"])
                .arg(self.folder.join("log"))
                .arg("--pgdata")
                .arg(self.data()),
        );
    }

    fn stop(&self) {
        let mut stop = self.run("pg_ctl");
        stop.args(["--wait", "--silent", "--mode=immediate", "stop", "--pgdata"]).arg(self.data());
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }

    fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.run("psql");
        psql.args(["--username=postgres", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--dbname", database, "--command", sql, "--host"]);
        said(psql.arg(&self.folder)).trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
        let _ = owner("rm").arg("-rf").arg(&self.folder).status();
    }
}

/// The folder of PostgreSQL's programs: the newest of Debian's, or whatever the path has.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).filter(|path| number(path).is_some());
    let newest = newest.max_by_key(|path| number(path)).map(|path| path.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest.into_iter().chain(std::env::split_paths(&path)).find(|folder| folder.join("initdb").is_file())
}

/// `program` as somebody whom PostgreSQL takes: not as root.
fn owner(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let me = Command::new("id").arg("-u").output().unwrap();
    let mut command = if me.stdout == b"0\n" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(std::env::temp_dir()).stdin(Stdio::null());
    command
}

/// What `command` said, which has to succeed.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
