extension Schema.Migration {
    /// Whether a person wants a device to take nothing new for now.
    static let pausedPairs = Schema.Migration(
        name: "0006-paused-pairs",
        sql: """
            ALTER TABLE device_pairs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
            """
    )
}
