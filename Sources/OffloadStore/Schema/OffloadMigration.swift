extension Schema.Migration {
    /// Tasks that go to other devices and come from them.
    ///
    /// A task is for lanes or for devices, and held by a lane or by a device. One that another device gave names that
    /// device's idea, which is not here. `offload_queue` has the columns that the bridge's specification names, and a few
    /// more; `inbox` and `outbox` are the target's: what it has taken over, and what the source has not acknowledged.
    static let offload = Schema.Migration(
        name: "0004-offload",
        sql: """
            CREATE TABLE new_requirements (
                sequence INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                idea_id TEXT REFERENCES ideas (id) ON DELETE CASCADE,
                project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                origin_pair_id TEXT REFERENCES joined_pairs (id) ON DELETE CASCADE,
                source_idea_id TEXT,
                base TEXT CHECK (length(base) IN (40, 64)),
                created_at INTEGER NOT NULL,
                file_name TEXT NOT NULL,
                content TEXT NOT NULL,
                CHECK ((idea_id IS NULL) = (origin_pair_id IS NOT NULL)),
                CHECK ((source_idea_id IS NOT NULL) = (origin_pair_id IS NOT NULL))
            ) STRICT;
            INSERT INTO new_requirements (sequence, id, idea_id, project_id, base, created_at, file_name, content)
                SELECT sequence, id, idea_id, project_id, base, created_at, file_name, content FROM requirements;
            DROP TABLE requirements;
            ALTER TABLE new_requirements RENAME TO requirements;
            CREATE UNIQUE INDEX requirements_one_per_file ON requirements (project_id, file_name);
            CREATE INDEX requirements_of_idea ON requirements (idea_id) WHERE idea_id IS NOT NULL;

            CREATE TABLE new_tasks (
                sequence INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                idea_id TEXT REFERENCES ideas (id) ON DELETE CASCADE,
                requirement_id TEXT NOT NULL REFERENCES requirements (id) ON DELETE CASCADE,
                origin_pair_id TEXT REFERENCES joined_pairs (id) ON DELETE CASCADE,
                source_idea_id TEXT,
                queue TEXT NOT NULL CHECK (queue IN ('lanes', 'devices')),
                lane INTEGER CHECK (lane BETWEEN 1 AND 64),
                wanted_pair_id TEXT REFERENCES device_pairs (id),
                priority INTEGER NOT NULL,
                position INTEGER NOT NULL,
                attempt INTEGER NOT NULL CHECK (attempt >= 0),
                interruptions INTEGER NOT NULL CHECK (interruptions >= 0),
                status TEXT NOT NULL
                    CHECK (status IN ('pending', 'synced', 'running', 'completed', 'failed', 'cancelled')),
                batch INTEGER CHECK (batch BETWEEN 1 AND 64),
                holder_pair_id TEXT REFERENCES device_pairs (id),
                phase TEXT CHECK (phase IN ('working', 'cancelling', 'sealed')),
                failure_kind TEXT,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                finished_at INTEGER,
                title TEXT NOT NULL,
                failure_message TEXT,
                CHECK ((idea_id IS NULL) = (origin_pair_id IS NOT NULL)),
                CHECK ((source_idea_id IS NOT NULL) = (origin_pair_id IS NOT NULL)),
                CHECK (queue = 'lanes' OR (lane IS NULL AND batch IS NULL AND origin_pair_id IS NULL)),
                CHECK (queue = 'devices' OR (wanted_pair_id IS NULL AND holder_pair_id IS NULL)),
                CHECK (status IN ('pending', 'synced', 'running') OR (batch IS NULL AND holder_pair_id IS NULL)),
                CHECK (status NOT IN ('synced', 'running') OR batch IS NOT NULL OR holder_pair_id IS NOT NULL),
                CHECK (status <> 'pending' OR batch IS NULL),
                CHECK ((phase IS NOT NULL) = (status IN ('synced', 'running'))),
                CHECK (attempt >= 1 OR (status = 'pending' AND holder_pair_id IS NULL) OR status = 'cancelled'),
                CHECK ((failure_kind IS NOT NULL) = (status = 'failed')),
                CHECK ((failure_message IS NOT NULL) = (status = 'failed')),
                CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
            ) STRICT;
            INSERT INTO new_tasks (
                sequence, id, project_id, idea_id, requirement_id, queue, lane, priority, position, attempt,
                interruptions, status, batch, phase, failure_kind, created_at, updated_at, finished_at, title,
                failure_message)
                SELECT sequence, id, project_id, idea_id, requirement_id, 'lanes', lane, priority, position, attempt,
                    interruptions, status, batch, phase, failure_kind, created_at, updated_at, finished_at, title,
                    failure_message
                FROM tasks;
            DROP TABLE tasks;
            ALTER TABLE new_tasks RENAME TO tasks;
            CREATE UNIQUE INDEX tasks_one_open_per_idea ON tasks (idea_id)
                WHERE finished_at IS NULL AND idea_id IS NOT NULL;
            CREATE UNIQUE INDEX tasks_one_per_batch ON tasks (batch) WHERE batch IS NOT NULL;
            CREATE INDEX tasks_away ON tasks (sequence) WHERE holder_pair_id IS NOT NULL;
            CREATE INDEX tasks_pending_of_project ON tasks (project_id, lane, priority DESC, position)
                WHERE status = 'pending' AND queue = 'lanes';
            CREATE INDEX tasks_pending_of_lane ON tasks (lane, priority DESC, position)
                WHERE status = 'pending' AND lane IS NOT NULL;
            CREATE INDEX tasks_claimable ON tasks (project_id, wanted_pair_id, priority DESC, position)
                WHERE status = 'pending' AND queue = 'devices' AND holder_pair_id IS NULL;
            CREATE INDEX tasks_wanted ON tasks (wanted_pair_id, priority DESC, position)
                WHERE status = 'pending' AND wanted_pair_id IS NOT NULL AND holder_pair_id IS NULL;
            CREATE INDEX tasks_offloaded ON tasks (status) WHERE queue = 'devices';
            CREATE INDEX tasks_of_project_by_status ON tasks (project_id, status);
            CREATE INDEX tasks_by_status ON tasks (status);
            CREATE INDEX tasks_of_idea ON tasks (idea_id) WHERE idea_id IS NOT NULL;
            CREATE INDEX tasks_of_requirement ON tasks (requirement_id);
            CREATE INDEX tasks_by_position ON tasks (position);

            CREATE TABLE new_attempts (
                sequence INTEGER PRIMARY KEY,
                task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
                number INTEGER NOT NULL CHECK (number >= 1),
                batch INTEGER CHECK (batch BETWEEN 1 AND 64),
                pair_id TEXT REFERENCES device_pairs (id),
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
                result_kind TEXT CHECK (result_kind IN ('commit', 'change_set', 'empty', 'elsewhere')),
                result_commit TEXT CHECK (length(result_commit) IN (40, 64)),
                result_base TEXT CHECK (length(result_base) IN (40, 64)),
                files_changed INTEGER CHECK (files_changed >= 0),
                insertions INTEGER CHECK (insertions >= 0),
                deletions INTEGER CHECK (deletions >= 0),
                branch TEXT,
                session TEXT,
                model TEXT,
                failure_message TEXT,
                paths TEXT CHECK (paths IS NULL OR json_type(paths) = 'array'),
                notes TEXT CHECK (notes IS NULL OR json_type(notes) = 'array'),
                summary TEXT,
                CHECK ((batch IS NULL) = (pair_id IS NOT NULL)),
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
                CHECK ((paths IS NOT NULL) = (result_kind IS NOT NULL)),
                CHECK ((notes IS NOT NULL) = (result_kind IS NOT NULL)),
                CHECK (branch IS NULL OR result_kind IS NOT NULL)
            ) STRICT;
            INSERT INTO new_attempts (
                sequence, task_id, number, batch, created_at, status, started_at, ended_at, orderly, failure_kind, turns,
                cost_kind, microdollars, input_tokens, output_tokens, processes_ended, result_kind, result_commit,
                result_base, files_changed, insertions, deletions, branch, session, model, failure_message, paths, notes,
                summary)
                SELECT sequence, task_id, number, batch, created_at, status, started_at, ended_at, orderly, failure_kind,
                    turns, cost_kind, microdollars, input_tokens, output_tokens, processes_ended, result_kind,
                    result_commit, result_base, files_changed, insertions, deletions, branch, session, model,
                    failure_message, CASE WHEN result_kind IS NOT NULL THEN '[]' END, notes, summary
                FROM attempts;
            DROP TABLE attempts;
            ALTER TABLE new_attempts RENAME TO attempts;
            CREATE UNIQUE INDEX attempts_of_task ON attempts (task_id, number);
            CREATE INDEX attempts_unfinished ON attempts (sequence)
                WHERE status IN ('starting', 'running', 'sealed') AND batch IS NOT NULL;

            CREATE TABLE offload_queue (
                id TEXT NOT NULL PRIMARY KEY,
                device_pair_id TEXT NOT NULL REFERENCES device_pairs (id) ON DELETE CASCADE,
                idea_id TEXT NOT NULL REFERENCES ideas (id) ON DELETE CASCADE,
                requirement_content TEXT NOT NULL,
                status TEXT NOT NULL DEFAULT 'pending' CHECK (
                    status IN ('pending', 'synced', 'running', 'completed', 'failed', 'cancelled', 'interrupted')
                ),
                synced_at TEXT,
                completed_at TEXT,
                result_summary TEXT,
                task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
                attempt INTEGER CHECK (attempt >= 1),
                cursor INTEGER NOT NULL DEFAULT 0 CHECK (cursor >= 0),
                CHECK (attempt IS NOT NULL OR status IN ('pending', 'cancelled')),
                CHECK (
                    (completed_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled', 'interrupted'))
                )
            ) STRICT;
            CREATE UNIQUE INDEX offload_queue_of_attempt ON offload_queue (task_id, attempt) WHERE attempt IS NOT NULL;
            CREATE UNIQUE INDEX offload_queue_waiting ON offload_queue (task_id)
                WHERE attempt IS NULL AND status = 'pending';
            CREATE INDEX offload_queue_of_idea ON offload_queue (idea_id);

            CREATE TABLE inbox (
                number INTEGER PRIMARY KEY,
                pair_id TEXT NOT NULL REFERENCES joined_pairs (id) ON DELETE CASCADE,
                task_id TEXT NOT NULL,
                attempt INTEGER NOT NULL CHECK (attempt >= 1),
                idea_id TEXT NOT NULL,
                last_report INTEGER NOT NULL CHECK (last_report >= 0),
                state TEXT NOT NULL CHECK (state IN ('held', 'over', 'delivered')),
                received_at INTEGER NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX inbox_of_attempt ON inbox (task_id, attempt);
            CREATE INDEX inbox_undelivered ON inbox (pair_id, number) WHERE state <> 'delivered';

            CREATE TABLE outbox (
                position INTEGER PRIMARY KEY,
                pair_id TEXT NOT NULL REFERENCES joined_pairs (id) ON DELETE CASCADE,
                task_id TEXT NOT NULL,
                attempt INTEGER NOT NULL,
                report INTEGER NOT NULL,
                payload BLOB NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX outbox_of_attempt ON outbox (task_id, attempt, report);
            CREATE INDEX outbox_of_pair ON outbox (pair_id, position);
            """
    )
}
