extension Schema.Migration {
    /// Fewer pages to write for each change.
    ///
    /// An index is a page more in every commit that touches it. Lists over several states are merged from one ordered walk
    /// per state, so that the index by state does for all of them, and tasks that wait for any lane are in no index of
    /// lanes. Events are read by position alone, and the newest one is never removed, so that a position cannot be given
    /// out twice without a second table that remembers the last.
    static let lighter = Schema.Migration(
        name: "0002-lighter",
        sql: """
            DROP INDEX tasks_open;
            DROP INDEX tasks_open_of_project;
            DROP INDEX tasks_of_project;
            DROP INDEX tasks_pending_of_lane;
            CREATE INDEX tasks_pending_of_lane ON tasks (lane, priority DESC, position)
                WHERE status = 'pending' AND lane IS NOT NULL;

            CREATE TABLE lighter_events (
                position INTEGER PRIMARY KEY,
                recorded_at INTEGER NOT NULL,
                name TEXT NOT NULL,
                project_id TEXT,
                payload BLOB NOT NULL
            ) STRICT;
            INSERT INTO lighter_events (position, recorded_at, name, project_id, payload)
                SELECT position, recorded_at, name, project_id, payload FROM events ORDER BY position;
            DROP TABLE events;
            ALTER TABLE lighter_events RENAME TO events;
            """
    )
}
