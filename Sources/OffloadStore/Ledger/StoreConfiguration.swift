import GRDB

/// How connections are set up.
enum StoreConfiguration {
    static func make() -> Configuration {
        var configuration = Configuration()
        configuration.label = "offload.ledger"
        configuration.maximumReaderCount = 4
        configuration.foreignKeysEnabled = true
        // The folder's lock keeps other devices out; a person who looks in with another program may hold us up a
        // little.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // Five connections share the memory that one has by default.
            try database.execute(sql: "PRAGMA cache_size = -1024")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            if !database.configuration.readonly {
                // The write-ahead log is copied back every 4 MB and, after a time of long reads, cut back to 16 MB.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 1000")
                try database.execute(sql: "PRAGMA journal_size_limit = 16777216")
            }
        }
        return configuration
    }

    /// Makes every commit wait for the disk. It has to be said to the writer after opening: GRDB lowers the setting to
    /// NORMAL when it turns the write-ahead log on, and NORMAL loses acknowledged commits in a power cut.
    static func makeDurable(_ database: Database) throws {
        try database.execute(sql: "PRAGMA synchronous = FULL")
        #if canImport(Darwin)
        // There, fsync alone leaves the data in the drive's own cache.
        try database.execute(sql: "PRAGMA fullfsync = ON")
        try database.execute(sql: "PRAGMA checkpoint_fullfsync = ON")
        #endif
    }

    /// For looking at a file without changing a byte of it.
    static func makeReadOnly() -> Configuration {
        var configuration = Configuration()
        configuration.label = "offload.inspection"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return configuration
    }
}
