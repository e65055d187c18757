extension Schema.Migration {
    /// The first schema.
    ///
    /// `sequence` is the order of insertion and the order of every list: wall clocks jump. Texts of people and agents
    /// come last in their rows, so that looking through the short columns reads no overflow pages. The CHECKs repeat
    /// what the model's types already say: they hold for every program that ever writes to this file.
    static let ledger = Schema.Migration(
        name: "0001-ledger",
        sql: """
            CREATE TABLE projects (
                sequence INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                version_control TEXT NOT NULL CHECK (version_control IN ('git', 'none')),
                created_at INTEGER NOT NULL,
                path TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL
            ) STRICT;

            CREATE TABLE ideas (
                sequence INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected', 'skipped', 'implemented')),
                priority INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                title TEXT NOT NULL,
                check_command TEXT,
                expected_paths TEXT NOT NULL CHECK (json_type(expected_paths) = 'array'),
                description TEXT NOT NULL
            ) STRICT;
            CREATE INDEX ideas_of_project ON ideas (project_id);
            CREATE INDEX ideas_of_project_by_status ON ideas (project_id, status);
            CREATE INDEX ideas_by_status ON ideas (status);

            CREATE TABLE requirements (
                sequence INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                idea_id TEXT NOT NULL REFERENCES ideas (id) ON DELETE CASCADE,
                project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                base TEXT CHECK (length(base) IN (40, 64)),
                created_at INTEGER NOT NULL,
                file_name TEXT NOT NULL,
                content TEXT NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX requirements_one_per_file ON requirements (project_id, file_name);
            CREATE INDEX requirements_of_idea ON requirements (idea_id);

            CREATE TABLE tasks (
                sequence INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                idea_id TEXT NOT NULL REFERENCES ideas (id) ON DELETE CASCADE,
                requirement_id TEXT NOT NULL REFERENCES requirements (id) ON DELETE CASCADE,
                lane INTEGER CHECK (lane BETWEEN 1 AND 64),
                priority INTEGER NOT NULL,
                position INTEGER NOT NULL,
                attempt INTEGER NOT NULL CHECK (attempt >= 0),
                interruptions INTEGER NOT NULL CHECK (interruptions >= 0),
                status TEXT NOT NULL
                    CHECK (status IN ('pending', 'synced', 'running', 'completed', 'failed', 'cancelled')),
                batch INTEGER CHECK (batch BETWEEN 1 AND 64),
                phase TEXT CHECK (phase IN ('working', 'cancelling', 'sealed')),
                failure_kind TEXT,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                finished_at INTEGER,
                title TEXT NOT NULL,
                failure_message TEXT,
                CHECK ((batch IS NOT NULL) = (status IN ('synced', 'running'))),
                CHECK ((phase IS NOT NULL) = (batch IS NOT NULL)),
                CHECK (attempt >= 1 OR status IN ('pending', 'cancelled')),
                CHECK ((failure_kind IS NOT NULL) = (status = 'failed')),
                CHECK ((failure_message IS NOT NULL) = (status = 'failed')),
                CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
            ) STRICT;
            CREATE UNIQUE INDEX tasks_one_open_per_idea ON tasks (idea_id) WHERE finished_at IS NULL;
            CREATE UNIQUE INDEX tasks_one_per_batch ON tasks (batch) WHERE batch IS NOT NULL;
            CREATE INDEX tasks_pending_of_project ON tasks (project_id, lane, priority DESC, position)
                WHERE status = 'pending';
            CREATE INDEX tasks_pending_of_lane ON tasks (lane, priority DESC, position) WHERE status = 'pending';
            CREATE INDEX tasks_open ON tasks (sequence) WHERE finished_at IS NULL;
            CREATE INDEX tasks_open_of_project ON tasks (project_id) WHERE finished_at IS NULL;
            CREATE INDEX tasks_of_project ON tasks (project_id);
            CREATE INDEX tasks_of_project_by_status ON tasks (project_id, status);
            CREATE INDEX tasks_by_status ON tasks (status);
            CREATE INDEX tasks_of_idea ON tasks (idea_id);
            CREATE INDEX tasks_of_requirement ON tasks (requirement_id);
            CREATE INDEX tasks_by_position ON tasks (position);

            CREATE TABLE attempts (
                sequence INTEGER PRIMARY KEY,
                task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
                number INTEGER NOT NULL CHECK (number >= 1),
                batch INTEGER NOT NULL CHECK (batch BETWEEN 1 AND 64),
                created_at INTEGER NOT NULL,
                status TEXT NOT NULL CHECK (
                    status IN ('starting', 'running', 'sealed', 'completed', 'failed', 'cancelled', 'interrupted')
                ),
                started_at INTEGER,
                ended_at INTEGER,
                orderly INTEGER CHECK (orderly IN (0, 1)),
                failure_kind TEXT,
                turns INTEGER CHECK (turns >= 0),
                cost_kind TEXT CHECK (cost_kind IN ('unknown', 'tokens', 'money')),
                microdollars INTEGER CHECK (microdollars >= 0),
                input_tokens INTEGER CHECK (input_tokens >= 0),
                output_tokens INTEGER CHECK (output_tokens >= 0),
                processes_ended INTEGER CHECK (processes_ended >= 0),
                result_kind TEXT CHECK (result_kind IN ('commit', 'change_set', 'empty')),
                result_commit TEXT CHECK (length(result_commit) IN (40, 64)),
                result_base TEXT CHECK (length(result_base) IN (40, 64)),
                files_changed INTEGER CHECK (files_changed >= 0),
                insertions INTEGER CHECK (insertions >= 0),
                deletions INTEGER CHECK (deletions >= 0),
                branch TEXT,
                session TEXT,
                model TEXT,
                failure_message TEXT,
                notes TEXT CHECK (notes IS NULL OR json_type(notes) = 'array'),
                summary TEXT,
                CHECK ((ended_at IS NULL) = (status IN ('starting', 'running'))),
                CHECK (started_at IS NULL OR status <> 'starting'),
                CHECK (started_at IS NOT NULL OR status <> 'running'),
                CHECK ((orderly IS NOT NULL) = (status = 'interrupted')),
                CHECK ((failure_kind IS NOT NULL) = (status = 'failed')),
                CHECK ((failure_message IS NOT NULL) = (status = 'failed')),
                CHECK ((summary IS NOT NULL) = (ended_at IS NOT NULL)),
                CHECK ((cost_kind IS NOT NULL) = (ended_at IS NOT NULL)),
                CHECK ((processes_ended IS NOT NULL) = (ended_at IS NOT NULL)),
                CHECK ((input_tokens IS NOT NULL) = (cost_kind IS NOT NULL AND cost_kind <> 'unknown')),
                CHECK ((output_tokens IS NOT NULL) = (input_tokens IS NOT NULL)),
                CHECK ((microdollars IS NOT NULL) = (cost_kind IS NOT NULL AND cost_kind = 'money')),
                CHECK (result_kind IS NULL OR ended_at IS NOT NULL),
                CHECK ((result_commit IS NOT NULL) = (result_kind IS NOT NULL AND result_kind = 'commit')),
                CHECK ((result_base IS NOT NULL) = (result_commit IS NOT NULL)),
                CHECK ((files_changed IS NOT NULL) = (result_kind IS NOT NULL)),
                CHECK ((insertions IS NOT NULL) = (result_kind IS NOT NULL)),
                CHECK ((deletions IS NOT NULL) = (result_kind IS NOT NULL)),
                CHECK ((notes IS NOT NULL) = (result_kind IS NOT NULL)),
                CHECK (branch IS NULL OR result_kind IS NOT NULL)
            ) STRICT;
            CREATE UNIQUE INDEX attempts_of_task ON attempts (task_id, number);
            CREATE INDEX attempts_unfinished ON attempts (sequence) WHERE status IN ('starting', 'running', 'sealed');

            CREATE TABLE batches (
                id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 64),
                state TEXT NOT NULL CHECK (state IN ('idle', 'running', 'paused')),
                finished INTEGER NOT NULL CHECK (finished >= 0)
            ) STRICT;

            CREATE TABLE events (
                position INTEGER PRIMARY KEY AUTOINCREMENT,
                name TEXT NOT NULL,
                project_id TEXT,
                recorded_at INTEGER NOT NULL,
                payload BLOB NOT NULL
            ) STRICT;
            CREATE INDEX events_of_project ON events (project_id);

            CREATE TABLE device_notes (
                key TEXT NOT NULL PRIMARY KEY,
                value TEXT NOT NULL
            ) STRICT, WITHOUT ROWID;
            """
    )
}
