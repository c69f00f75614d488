//! Lists, counts and sums over many rows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use retry_tasks::{
    Analytics, AttemptOutcome, Counts, Filter, Page, Phase, Record, Sums, TaskId, Time,
};
use tokio_postgres::Row;

use super::connect::{Call, Param};
use super::row::{COLUMNS, millis, natural, record, storable, time};
use super::rows::{Result, Rows, at, id, limit};

/// The names of the functions in each phase, one search of the index for each, whatever the number of tasks. `$1` are the
/// phases, `$2` is the beginning of the names.
macro_rules! names {
    ($($rest:literal),+) => {
        concat!(
            "WITH RECURSIVE n AS (\
             SELECT p.phase, (SELECT min(t.name) FROM @tasks AS t WHERE t.phase = p.phase AND t.name >= $2) AS name \
             FROM unnest($1::text[]) AS p (phase) \
             UNION ALL \
             SELECT n.phase, (SELECT min(t.name) FROM @tasks AS t WHERE t.phase = n.phase AND t.name > n.name) \
             FROM n WHERE n.name IS NOT NULL AND starts_with(n.name, $2)) ",
            $($rest),+
        )
    };
}

const PAGE: &str = names!(
    "SELECT f.% FROM n CROSS JOIN LATERAL (\
     SELECT * FROM @tasks AS t WHERE t.phase = n.phase AND t.name = n.name \
     AND t.id < $3::text::uuid AND t.id >= $4::text::uuid AND t.created_at >= $5 \
     AND ($6::bigint IS NULL OR t.created_at < $6) ORDER BY t.id DESC LIMIT $7) AS f \
     WHERE n.name IS NOT NULL AND starts_with(n.name, $2) AND ($8::text IS NULL OR n.name = $8) \
     ORDER BY f.id DESC LIMIT $7"
);

/// The same without arguments and results. A large text that no column asks for is not read.
static BRIEF_PAGE: LazyLock<String> = LazyLock::new(|| {
    let column = |column: &&str| match *column {
        "result" => "NULL::text AS result".to_owned(),
        "arguments" => "'{}' AS arguments".to_owned(),
        column => format!("f.{column}"),
    };
    PAGE.replace("f.%", &COLUMNS.iter().map(column).collect::<Vec<_>>().join(", "))
});

/// A page costs one page for each function and phase in the filter, whatever the number of tasks.
pub(crate) fn list(rows: &mut Rows, filter: &Filter) -> Result<Page<Record>> {
    let phases = if filter.phases.is_empty() { &Phase::ALL[..] } else { &filter.phases };
    let phases: Vec<&'static str> = phases.iter().map(|phase| phase.name()).collect();
    let wanted = filter.name.as_deref().map(storable);
    let prefix = wanted.as_deref().map(|wanted| wanted.strip_suffix('*').unwrap_or(wanted));
    let exact = wanted.clone().filter(|wanted| !wanted.ends_with('*'));
    let ids = filter.ids();
    let limit = i64::try_from(filter.limit.max(1)).unwrap_or(i64::MAX - 1).saturating_add(1);
    let prefix = prefix.unwrap_or_default().to_owned();
    let params: Vec<Param> = vec![
        Box::new(phases),
        Box::new(prefix),
        id(ids.end),
        id(ids.start),
        Box::new(filter.since.map_or(0, millis)),
        Box::new(filter.until.map(millis)),
        Box::new(limit),
        Box::new(exact),
    ];
    let found = rows.ask(if filter.is_brief { &BRIEF_PAGE } else { PAGE }, params)?;
    Ok(Page::new(found.iter().map(record).collect(), filter))
}

/// The first tasks of a function in a lane that are due after `$3`.
macro_rules! first_of {
    ($lane:literal) => {
        concat!(
            "(SELECT t.* FROM @tasks AS t WHERE t.name = m.name AND t.lane = '",
            $lane,
            "' AND t.run_at > $3 ORDER BY t.run_at, t.id LIMIT $4)"
        )
    };
}

/// The tasks that wait for a time to come. Asks each function for its first ones, through the index of each lane.
pub(crate) fn upcoming(rows: &mut Rows, now: Time, most: usize) -> Result<Vec<TaskId>> {
    let sql = concat!(
        names!(
            "SELECT f.% FROM \
             (SELECT DISTINCT n.name FROM n WHERE n.name IS NOT NULL AND starts_with(n.name, $2)) AS m \
             CROSS JOIN LATERAL ("
        ),
        first_of!("later"),
        " UNION ALL ",
        first_of!("paying"),
        ") AS f ORDER BY f.run_at, f.id LIMIT $4"
    );
    let phases = [Phase::Pending, Phase::Waiting].map(|phase| phase.name()).to_vec();
    let params: Vec<Param> = vec![Box::new(phases), Box::new(""), at(now), limit(most)];
    let found = rows.ask(sql, params)?;
    let tasks = found.iter().map(record).map(|record| {
        let id = record.id;
        // Loaded next, each by itself.
        rows.overlay.found(record);
        id
    });
    Ok(tasks.collect())
}

/// Counts the tasks of each function. Reads one index of all tasks, and of the open ones those that are due.
pub(crate) fn counts(rows: &mut Rows, now: Time) -> Result<BTreeMap<String, Counts>> {
    let by_phase = "SELECT name, phase, count(*) FROM @tasks GROUP BY phase, name";
    let due = "SELECT name, lane, count(*), min(run_at) FROM @tasks \
               WHERE lane IN ('ready', 'later', 'paying') AND run_at <= $1 GROUP BY name, lane";
    let calls =
        vec![Call::Query(by_phase, Vec::new()), Call::Query(due, vec![Box::new(millis(now))])];
    let mut answers = rows.send(calls)?.into_iter();
    let (by_phase, due) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
    let mut all = BTreeMap::<String, Counts>::new();
    for row in by_phase {
        let phase = Phase::named(row.get(1)).unwrap_or(Phase::Failed);
        *all.entry(row.get(0)).or_default().of_mut(phase) += natural(row.get(2));
    }
    for row in due {
        let (counts, count) = (all.entry(row.get(0)).or_default(), natural(row.get(2)));
        match row.get::<_, &str>(1) {
            "paying" => counts.held_back += count,
            _ => counts.due += count,
        }
        counts.oldest_due = counts.oldest_due.into_iter().chain([time(row.get(3))]).min();
    }
    Ok(all)
}

/// The names of all functions that have tasks.
pub(crate) fn names(rows: &mut Rows) -> Result<Vec<String>> {
    let sql = names!("SELECT DISTINCT n.name FROM n WHERE n.name IS NOT NULL ORDER BY n.name");
    let phases: Vec<&'static str> = Phase::ALL.iter().map(|phase| phase.name()).collect();
    let found = rows.ask(sql, vec![Box::new(phases), Box::new("")])?;
    Ok(found.iter().map(|row| row.get(0)).collect())
}

/// Evaluates the tasks of this function, or of all functions. Other questions need not wait: this one has a connection of its
/// own and locks nothing.
pub(crate) fn analytics(rows: &mut Rows, name: Option<&str>) -> Result<Analytics> {
    let outcomes = "SELECT a.number, a.outcome, count(*) FROM @attempts AS a JOIN @tasks AS t ON t.id = a.task \
                    WHERE $1::text IS NULL OR t.name = $1 GROUP BY a.number, a.outcome";
    let of_tasks = "SELECT count(*), coalesce(sum(started_at - created_at), 0)::bigint, \
                    coalesce(sum(ended_at - started_at), 0)::bigint FROM @tasks \
                    WHERE ended_at IS NOT NULL AND started_at IS NOT NULL AND ($1::text IS NULL OR name = $1)";
    let of_attempts = "SELECT coalesce(sum(a.ended - a.started), 0)::bigint FROM @attempts AS a \
                       JOIN @tasks AS t ON t.id = a.task WHERE t.ended_at IS NOT NULL AND t.started_at IS NOT NULL \
                       AND ($1::text IS NULL OR t.name = $1)";
    let name = name.map(storable);
    let calls =
        [outcomes, of_tasks, of_attempts].map(|sql| Call::Query(sql, vec![Box::new(name.clone())]));
    let answers = rows.send(calls.into())?;
    let [outcomes, of_tasks, of_attempts] = answers.as_slice() else {
        return Ok(Analytics::default());
    };
    let counts = outcomes.iter().map(|row| {
        let outcome = AttemptOutcome::named(row.get(1)).unwrap_or(AttemptOutcome::Lost);
        (row.get::<_, i64>(0).try_into().unwrap_or(u32::MAX), outcome, natural(row.get(2)))
    });
    let column = |rows: &[Row], column| rows.first().map_or(0, |row| natural(row.get(column)));
    let sums = Sums {
        ended: column(of_tasks, 0),
        pending: column(of_tasks, 1),
        running: column(of_attempts, 0),
        active: column(of_tasks, 2),
    };
    Ok(Analytics::new(counts, sums))
}
