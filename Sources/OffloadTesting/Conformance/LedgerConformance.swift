package import OffloadDomain

/// What every ledger has to do, as checks with names.
///
/// A check is given a fresh ledger and throws `Violation` when the ledger does something else. The suite needs no test
/// framework, so whoever has a ledger can run it.
package enum LedgerConformance {
    /// A ledger and the way to close it.
    package struct Subject: Sendable {
        package let ledger: any Ledger
        package let close: @Sendable () async throws -> Void

        package init(_ ledger: any Ledger, close: @escaping @Sendable () async throws -> Void) {
            self.ledger = ledger
            self.close = close
        }
    }

    package struct Check: Sendable, CustomStringConvertible {
        package let name: String
        package let run: @Sendable (Subject) async throws -> Void

        package var description: String { name }

        init(_ name: String, _ run: @escaping @Sendable (Subject) async throws -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// What a ledger did that it must not do.
    package struct Violation: Error, CustomStringConvertible {
        package let description: String
    }

    package static let checks: [Check] =
        transactionChecks + backlogChecks + requirementChecks + taskChecks + queueChecks + attemptChecks + eventChecks
        + removalChecks + pairChecks + offloadChecks + resultChecks
}

func expect(_ condition: Bool, _ rule: String, file: String = #fileID, line: Int = #line) throws {
    guard !condition else { return }
    throw LedgerConformance.Violation(description: "\(rule) (\(file):\(line))")
}

func expectEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ rule: String, file: String = #fileID, line: Int = #line
) throws {
    try expect(found == expected, "\(rule): found \(found), expected \(expected)", file: file, line: line)
}

/// Texts byte by byte: Swift takes differently composed letters for equal.
func expectSameBytes(
    _ found: String?, _ expected: String, _ rule: String, file: String = #fileID, line: Int = #line
) throws {
    try expect(found?.hasBytes(of: expected) ?? false, rule, file: file, line: line)
}

func expectRefusal(
    _ kind: OffloadError.Kind, _ rule: String, file: String = #fileID, line: Int = #line,
    _ operation: () throws -> Void
) throws {
    do {
        try operation()
    } catch let error as OffloadError {
        try expectEqual(error.kind, kind, rule, file: file, line: line)
        return
    }
    try expect(false, "\(rule): not refused", file: file, line: line)
}

func expectRefusal(
    _ kind: OffloadError.Kind, _ rule: String, file: String = #fileID, line: Int = #line,
    _ operation: () async throws -> Void
) async throws {
    do {
        try await operation()
    } catch let error as OffloadError {
        try expectEqual(error.kind, kind, rule, file: file, line: line)
        return
    }
    try expect(false, "\(rule): not refused", file: file, line: line)
}
