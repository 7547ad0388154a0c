//! What was used, on a disk: a thread of its own writes down what has changed, so that no request waits for it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};

use super::account::{Row, Totals, Who};
use super::accounts::Accounts;
use super::date::{Date, Span};
use crate::serve::error::ServeError;
use crate::serve::prices::Money;

/// How long what was used is in memory alone, and lost with the process.
const PAUSE: Duration = Duration::from_millis(250);
/// What a flush that somebody waits for may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long days are kept, in days; months are kept.
const KEPT: u32 = 400;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS usage (
        caller TEXT NOT NULL,
        user TEXT NOT NULL,
        period TEXT NOT NULL,
        requests INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cost_picodollars INTEGER NOT NULL,
        unknown INTEGER NOT NULL,
        PRIMARY KEY (caller, user, period)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS usage_by_period ON usage (period);
    PRAGMA user_version = 1;";

/// Writes what accounts say to a file, until it is dropped.
pub(super) struct Disk {
    wake: Option<SyncSender<SyncSender<()>>>,
    writer: Option<JoinHandle<()>>,
}

impl Disk {
    /// Opens the file at `path`, or makes it, and has `accounts` take up what it says of today and this month.
    ///
    /// # Errors
    /// When it can't be read, is no such file, or another process has it.
    pub(super) fn open(path: &Path, accounts: &Arc<Accounts>) -> Result<Self, ServeError> {
        let connection = connect(path).and_then(|connection| restore(&connection, accounts).map(|()| connection));
        let connection = connection.map_err(|error| {
            let what = path.display();
            ServeError::Setting(match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy) => format!("another process keeps usage in `{what}`: give each its own"),
                _ => format!("can't keep usage in `{what}`: {error}"),
            })
        })?;
        let (wake, woken) = sync_channel(4);
        let accounts = accounts.clone();
        let writer = std::thread::Builder::new().name("usage".to_owned()).spawn(move || {
            Writer { connection, accounts, pending: HashMap::new(), pruned: 0 }.run(&woken);
        });
        let writer = writer.map_err(ServeError::io("can't start a thread"))?;
        Ok(Self { wake: Some(wake), writer: Some(writer) })
    }

    /// Waits until what was used so far is written down, or can't be.
    pub(super) fn flush(&self) {
        let (done, is_done) = sync_channel(1);
        if self.wake.as_ref().is_some_and(|wake| wake.send(done).is_ok()) {
            let _ = is_done.recv_timeout(PATIENCE);
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Two processes that each write all they know would overwrite each other.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;"))?;
    Ok(connection)
}

/// Reads what was used today and this month, of those first who have used the most.
fn restore(connection: &Connection, accounts: &Accounts) -> rusqlite::Result<()> {
    let date = Date::today();
    for (span, is_day) in [(Span::Day, true), (Span::Month, false)] {
        let mut rows = connection.prepare(
            "SELECT caller, user, requests, input_tokens, output_tokens, cost_picodollars, unknown
             FROM usage WHERE period = ?1 ORDER BY cost_picodollars DESC",
        )?;
        let mut rows = rows.query([date.name(span)])?;
        while let Some(row) = rows.next()? {
            let count = |at: usize| row.get::<_, i64>(at).map(|count| u64::try_from(count).unwrap_or_default());
            let user: String = row.get(1)?;
            let who = Who { caller: row.get::<_, String>(0)?.into(), user: (!user.is_empty()).then(|| user.into()) };
            let totals = Totals {
                requests: count(2)?,
                input_tokens: count(3)?,
                output_tokens: count(4)?,
                cost: Money::picos(count(5)?),
                unknown: count(6)?,
            };
            let (day, month) = if is_day { (Some(totals), None) } else { (None, Some(totals)) };
            accounts.restore(&who, date, day, month);
        }
    }
    Ok(())
}

struct Writer {
    connection: Connection,
    accounts: Arc<Accounts>,
    /// What could not be written yet: the last of each.
    pending: HashMap<(Who, String), Totals>,
    /// The day on which old days were removed last.
    pruned: u32,
}

impl Writer {
    fn run(mut self, woken: &Receiver<SyncSender<()>>) {
        // However this ends, nothing is written from then on.
        let _ending = Ending(self.accounts.clone());
        loop {
            let waiting = woken.recv_timeout(PAUSE);
            self.write();
            match waiting {
                Ok(done) => {
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn write(&mut self) {
        for Row { who, period, totals } in self.accounts.take_rows() {
            self.pending.insert((who, period), totals);
        }
        let today = Date::today();
        if self.pending.is_empty() && self.pruned == today.day {
            return;
        }
        match self.transaction(today) {
            Ok(()) => {
                self.pending.clear();
                self.pruned = today.day;
                if !self.accounts.fails(false) {
                    tracing::info!("usage is written down again");
                }
            }
            Err(error) => {
                if self.accounts.fails(true) {
                    tracing::error!(%error, "usage can't be written down: whoever has a budget is refused until it can");
                }
            }
        }
    }

    fn transaction(&mut self, today: Date) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let mut upsert = transaction.prepare("INSERT OR REPLACE INTO usage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
        for ((who, period), totals) in &self.pending {
            upsert.execute(params![
                &*who.caller,
                who.user.as_deref().unwrap_or_default(),
                period,
                count(totals.requests),
                count(totals.input_tokens),
                count(totals.output_tokens),
                totals.cost.as_picos(),
                count(totals.unknown),
            ])?;
        }
        drop(upsert);
        if self.pruned != today.day {
            let oldest = today.before(KEPT).name(Span::Day);
            transaction.execute("DELETE FROM usage WHERE length(period) = 10 AND period < ?1", [oldest])?;
        }
        transaction.commit()
    }
}

struct Ending(Arc<Accounts>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.fails(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(accounts: &Accounts, user: Option<&str>, picos: u64) {
        let mut whose = vec![Who { caller: "a".into(), user: None }];
        whose.extend(user.map(|user| Who { caller: "a".into(), user: Some(user.into()) }));
        let used = Totals { requests: 1, cost: Money::picos(picos), ..Totals::default() };
        for hold in accounts.reserve(&whose, Money::ZERO, Date::today()).unwrap() {
            accounts.settle(&hold, &used, Date::today());
        }
    }

    fn month(accounts: &Accounts, user: Option<&str>) -> Money {
        accounts.read(&Who { caller: "a".into(), user: user.map(Into::into) }, Date::today()).1.cost
    }

    #[test]
    fn what_was_used_is_known_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usage.sqlite");
        for round in 1..=3 {
            let accounts = Arc::new(Accounts::new(100, Arc::default()));
            let disk = Disk::open(&path, &accounts).unwrap();
            spend(&accounts, Some("ada"), 5);
            spend(&accounts, None, 2);
            disk.flush();
            assert_eq!(
                (month(&accounts, None), month(&accounts, Some("ada"))),
                (Money::picos(7 * round), Money::picos(5 * round))
            );
        }
        let accounts = Arc::new(Accounts::new(100, Arc::default()));
        let _disk = Disk::open(&path, &accounts).unwrap();
        let error = Disk::open(&path, &accounts).err().unwrap().to_string();
        assert!(error.contains("another process keeps usage"), "{error}");
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usage.sqlite");
        std::fs::write(&path, "a letter, and not a short one, for it should look like a file that matters".repeat(99))
            .unwrap();
        let before = std::fs::read(&path).unwrap();
        let error = Disk::open(&path, &Arc::new(Accounts::new(1, Arc::default()))).err().unwrap().to_string();
        assert!(error.contains("can't keep usage in"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_disk_that_is_full_is_known_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Arc::new(Accounts::new(100_000, Arc::default()));
        let connection = connect(&folder.path().join("usage.sqlite")).unwrap();
        connection.pragma_update(None, "max_page_count", 8).unwrap();
        let mut writer = Writer { connection, accounts: accounts.clone(), pending: HashMap::new(), pruned: 0 };
        writer.write();
        assert!(!accounts.is_failing());
        for user in 0..5000 {
            spend(&accounts, Some(&user.to_string()), 1);
        }
        writer.write();
        assert!(accounts.is_failing());
        spend(&accounts, None, 1);
        writer.write();
        assert!(accounts.is_failing() && writer.pending.len() == 2 * 5001);
        writer.connection.pragma_update(None, "max_page_count", 1_000_000).unwrap();
        writer.write();
        assert!(!accounts.is_failing() && writer.pending.is_empty());
        let again = Accounts::new(100_000, Arc::default());
        restore(&writer.connection, &again).unwrap();
        assert_eq!(month(&again, None), Money::picos(5001));
    }
}
