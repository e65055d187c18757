extension Schema.Migration {
    /// Pairs of devices, one table for each role of this device.
    ///
    /// `device_pairs` has the columns and the texts of time that the bridge's specification names, and a few more. An open
    /// pairing code is never in the file: it lives in memory, together with the count of its wrong guesses, and a restart
    /// ends both. Its column is there because the specification has it, and is empty in every row.
    static let pairs = Schema.Migration(
        name: "0003-pairs",
        sql: """
            CREATE TABLE device_pairs (
                id TEXT NOT NULL PRIMARY KEY,
                source_device_id TEXT NOT NULL,
                target_device_id TEXT NOT NULL,
                source_project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                target_project_path TEXT NOT NULL,
                pairing_code TEXT UNIQUE CHECK (pairing_code IS NULL),
                status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'active', 'leaving', 'disconnected')),
                last_sync_at TEXT,
                created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
                target_name TEXT NOT NULL,
                key_digest TEXT NOT NULL UNIQUE CHECK (length(key_digest) = 64)
            ) STRICT;
            CREATE INDEX device_pairs_of_project ON device_pairs (source_project_id);

            CREATE TABLE joined_pairs (
                id TEXT NOT NULL PRIMARY KEY,
                source_device_id TEXT NOT NULL,
                source_name TEXT NOT NULL,
                source_project TEXT NOT NULL,
                project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
                pair_key TEXT NOT NULL CHECK (length(pair_key) = 64),
                addresses TEXT NOT NULL CHECK (json_type(addresses) = 'array'),
                status TEXT NOT NULL CHECK (status IN ('pending', 'active', 'leaving', 'disconnected')),
                created_at TEXT NOT NULL
            ) STRICT;
            CREATE INDEX joined_pairs_of_project ON joined_pairs (project_id);
            """
    )
}
