import Foundation

/// Copies of what two devices and their agents left behind, so that looking at it, or changing it, changes nothing of theirs.
struct Evidence {
    let folder: String
    private let devices: TwoDevices
    private let queued: Set<String>
    private let cancelled: Set<String>

    /// Neither device may run.
    /// - Parameters:
    ///   - effects: the file in which agents tell of their starts.
    ///   - queued: ideas whose queueing was acknowledged.
    ///   - cancelled: tasks whose cancellation was acknowledged.
    init(
        of devices: TwoDevices, effects: String, queued: Set<String>, cancelled: Set<String>, in folder: String
    ) throws {
        self.folder = folder
        self.devices = devices
        self.queued = queued
        self.cancelled = cancelled
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try files.copyItem(atPath: effects, toPath: "\(folder)/effects")
        for (device, name) in [(devices.source, "source"), (devices.target, "target")] {
            // A device that was killed has a part of its record in the second file.
            for end in ["", "-wal"] where files.fileExists(atPath: "\(device.dataFolder)/offload.sqlite\(end)") {
                try files.copyItem(
                    atPath: "\(device.dataFolder)/offload.sqlite\(end)", toPath: "\(folder)/\(name).sqlite\(end)")
            }
        }
    }

    func history() throws -> History {
        let read = try Self.python(
            Self.reading, folder, devices.sourceProject.path, devices.source.dataFolder, devices.targetProject.path,
            devices.target.dataFolder)
        var history = try JSONDecoder().decode(History.self, from: Data(read.utf8))
        history.queued = queued
        history.cancelled = cancelled
        return history
    }

    /// Changes one row in the copy of a device's record, past every rule of the schema.
    /// - Parameter device: source or target.
    func plant(_ sql: String, on device: String) throws {
        _ = try Self.python(Self.planting, "\(folder)/\(device).sqlite", sql)
    }

    /// Returns when the target has told everything, or a while after it should have: no event tells of that.
    static func awaitQuiet(of target: DeviceProcess) throws {
        _ = try python(waiting, "\(target.dataFolder)/offload.sqlite")
    }

    private static func python(_ script: String, _ arguments: String...) throws -> String {
        let result = try CommandResult.run(
            "/usr/bin/env", ["python3", "-c", script] + arguments, environment: ProcessInfo.processInfo.environment,
            folder: "/")
        guard result.exitCode == 0 else { throw Unreadable(words: result.errors) }
        return result.output
    }

    struct Unreadable: Error {
        let words: String
    }

    private static let reading = #"""
        import glob, json, sqlite3, subprocess, sys
        folder, places = sys.argv[1], {"source": sys.argv[2:4], "target": sys.argv[4:6]}
        tables = {
            "tasks": """SELECT id, coalesce(idea_id, source_idea_id) AS idea, status, attempt,
                coalesce(CAST(batch AS TEXT), holder_pair_id) AS holder, origin_pair_id AS origin,
                finished_at IS NOT NULL AS isFinished FROM tasks ORDER BY sequence""",
            "attempts": """SELECT task_id AS task, number, status, batch AS lane, pair_id AS pair, result_kind AS result,
                branch FROM attempts ORDER BY sequence""",
            "handovers": """SELECT task_id AS task, attempt AS number, device_pair_id AS pair, status FROM offload_queue
                WHERE attempt IS NOT NULL""",
            "inbox": "SELECT task_id AS task, attempt AS number, pair_id AS pair FROM inbox ORDER BY number",
            "outbox": "SELECT task_id AS task, attempt AS number FROM outbox ORDER BY position",
            "events": """SELECT replace(replace(name, 'offload_', ''), 'task_', '') AS kind,
                json_extract(told, '$.taskId') AS task, json_extract(told, '$.attempt') AS number,
                json_extract(told, '$.status') AS status
                FROM (SELECT position, name, json_extract(CAST(payload AS TEXT), '$.payload') AS told FROM events)
                WHERE name GLOB 'task_*' OR name GLOB 'offload_task_*' ORDER BY position""",
        }

        def rows(record, sql):
            record.row_factory = sqlite3.Row
            return [dict(row) for row in record.execute(sql)]

        def refs(place, patterns):
            told = subprocess.run(["git", "-C", place, "for-each-ref", "--format=%(refname)", *patterns],
                capture_output=True, text=True, check=True)
            return told.stdout.split()

        history = {}
        for name, (project, data) in places.items():
            record = sqlite3.connect(f"{folder}/{name}.sqlite")
            history[name] = {table: rows(record, sql) for table, sql in tables.items()}
            history[name]["refs"] = refs(project, ["refs/heads/"])
            for ours in glob.glob(f"{data}/repositories/*.git"): history[name]["refs"] += refs(ours, ["refs/offload/"])
        # instance:task/attempt pid
        markers = [line.split()[0].split(":", 1)[1].split("/") for line in open(f"{folder}/effects") if line.strip()]
        history["starts"] = [{"task": task, "number": int(number)} for task, number in markers]
        print(json.dumps(history))
        """#

    private static let planting = """
        import sqlite3, sys
        record = sqlite3.connect(sys.argv[1])
        for rule in ["foreign_keys = OFF", "ignore_check_constraints = ON"]: record.execute(f"PRAGMA {rule}")
        assert record.execute(sys.argv[2]).rowcount == 1
        record.commit()
        """

    private static let waiting = """
        import sqlite3, sys, time
        record, end = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), time.monotonic() + 10
        while record.execute("SELECT count(*) FROM outbox").fetchone()[0] and time.monotonic() < end: time.sleep(0.02)
        """
}
