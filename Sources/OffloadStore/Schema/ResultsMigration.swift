extension Schema.Migration {
    /// The work of completed tasks on its way into the project, and which of it a target still owes its source.
    ///
    /// `before_commit` and `after_commit` are what a merge does to `target`: written before it is done, read after a crash.
    static let results = Schema.Migration(
        name: "0005-results",
        sql: """
            CREATE TABLE results (
                sequence INTEGER PRIMARY KEY,
                task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
                attempt INTEGER NOT NULL CHECK (attempt >= 1),
                project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                idea_id TEXT NOT NULL REFERENCES ideas (id) ON DELETE CASCADE,
                pair_id TEXT REFERENCES device_pairs (id),
                state TEXT NOT NULL CHECK (
                    state IN (
                        'uploading', 'refused', 'ready', 'conflict', 'merging', 'merged', 'unmerging', 'discarded'
                    )
                ),
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                kind TEXT CHECK (kind IN ('commit', 'change_set')),
                result_commit TEXT CHECK (length(result_commit) IN (40, 64)),
                base TEXT CHECK (length(base) IN (40, 64)),
                files INTEGER NOT NULL CHECK (files >= 0),
                insertions INTEGER NOT NULL CHECK (insertions >= 0),
                deletions INTEGER NOT NULL CHECK (deletions >= 0),
                mode TEXT CHECK (mode IN ('merge', 'squash', 'files')),
                before_commit TEXT CHECK (length(before_commit) IN (40, 64)),
                after_commit TEXT CHECK (length(after_commit) IN (40, 64)),
                target TEXT,
                branch TEXT,
                title TEXT NOT NULL,
                sensitive_paths TEXT NOT NULL CHECK (json_type(sensitive_paths) = 'array'),
                notes TEXT NOT NULL CHECK (json_type(notes) = 'array'),
                CHECK (kind IS NOT NULL OR state IN ('uploading', 'refused', 'discarded')),
                CHECK (state <> 'uploading' OR pair_id IS NOT NULL),
                CHECK ((result_commit IS NOT NULL) = (kind IS NOT NULL AND kind = 'commit')),
                CHECK ((base IS NOT NULL) = (result_commit IS NOT NULL)),
                CHECK ((mode IS NOT NULL) = (state IN ('merging', 'merged', 'unmerging'))),
                CHECK ((target IS NOT NULL) = (mode IS NOT NULL)),
                CHECK ((before_commit IS NOT NULL) = (mode IS NOT NULL AND mode <> 'files')),
                CHECK ((after_commit IS NOT NULL) = (before_commit IS NOT NULL))
            ) STRICT;
            CREATE UNIQUE INDEX results_of_task ON results (task_id, attempt);
            CREATE INDEX results_mergeable ON results (project_id, sequence) WHERE state IN ('ready', 'conflict');
            CREATE INDEX results_unsettled ON results (sequence) WHERE state IN ('merging', 'unmerging');
            CREATE INDEX results_by_state ON results (state);
            CREATE INDEX results_of_project ON results (project_id, state);
            CREATE INDEX results_of_idea ON results (idea_id);

            ALTER TABLE inbox ADD COLUMN owes_result INTEGER NOT NULL DEFAULT 0 CHECK (owes_result IN (0, 1));
            CREATE INDEX inbox_owing ON inbox (pair_id, number) WHERE owes_result = 1;

            INSERT INTO results (
                task_id, attempt, project_id, idea_id, state, created_at, updated_at, kind, result_commit, base, files,
                insertions, deletions, branch, title, sensitive_paths, notes)
                SELECT tasks.id, attempts.number, tasks.project_id, tasks.idea_id, 'ready', attempts.ended_at,
                    attempts.ended_at, attempts.result_kind, attempts.result_commit, attempts.result_base,
                    attempts.files_changed, attempts.insertions, attempts.deletions, attempts.branch, tasks.title, '[]',
                    attempts.notes
                FROM attempts JOIN tasks ON tasks.id = attempts.task_id
                WHERE tasks.origin_pair_id IS NULL AND attempts.status = 'completed'
                    AND attempts.result_kind IN ('commit', 'change_set')
                ORDER BY attempts.sequence;
            """
    )
}
