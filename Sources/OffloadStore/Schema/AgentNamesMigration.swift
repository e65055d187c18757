extension Schema.Migration {
    /// Which agent was started for an attempt.
    static let agentNames = Schema.Migration(
        name: "0007-agent-names",
        sql: """
            ALTER TABLE attempts ADD COLUMN agent TEXT;
            """
    )
}
