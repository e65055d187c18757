import OffloadDomain
import OffloadEngine
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProgressBoardTests {
    private static let task = TaskID(unchecked: "t-1")
    private static let other = TaskID(unchecked: "t-2")
    /// What the board promises: one task is told about at most this often.
    private static let pace = Duration.milliseconds(200)

    private final class Count: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    @Test(arguments: [
        (AgentEvent.text("\n  Reading the code.\nThen more."), "Reading the code."),
        (.toolCall(name: "Edit", target: "main.swift"), "Edit main.swift"),
        (.toolCall(name: "Bash", target: nil), "Bash"),
        (.fileChange(path: "a/b.swift"), "changed a/b.swift"),
        (.rateLimit("waits until 10:00"), "waits until 10:00"),
        (.text(String(repeating: "ü", count: 400)), String(repeating: "ü", count: 100)),
    ])
    func showsOneLine(_ event: AgentEvent, _ action: String) {
        let board = ProgressBoard {}
        board.observe(event, of: Self.task)
        #expect(board.current(Self.task)?.action == action)
    }

    @Test(arguments: [
        AgentEvent.started(sessionID: nil, model: nil), .toolResult(isError: false, excerpt: "ok"), .unknown("?"),
        .ended(.init(failure: nil, report: RunReport())), .text(" \n "), .usage(.init(input: 1, output: 1)),
    ])
    func doesNotShowWhatSaysNothing(_ event: AgentEvent) {
        let count = Count()
        let board = ProgressBoard { count.add() }
        board.observe(event, of: Self.task)
        #expect(board.current(Self.task) == nil)
        #expect(count.value == 0)
    }

    @Test func keepsActionAndTokensBesideEachOther() {
        let board = ProgressBoard {}
        board.observe(.text("Thinking."), of: Self.task)
        board.observe(.usage(.init(input: 10, output: 2)), of: Self.task)
        #expect(board.current(Self.task)?.action == "Thinking.")
        #expect(board.current(Self.task)?.tokens == .init(input: 10, output: 2))
        board.observe(.text("Writing."), of: Self.task)
        #expect(board.current(Self.task)?.action == "Writing.")
        #expect(board.current(Self.task)?.tokens == .init(input: 10, output: 2))
    }

    @Test func givesEachChangeOnce() {
        let board = ProgressBoard {}
        board.observe(.text("one"), of: Self.task)
        board.observe(.text("two"), of: Self.other)
        let first = board.changes(since: 0)
        #expect(first.entries.map(\.action) == ["one", "two"])
        #expect(board.changes(since: first.version).entries == [])
        board.observe(.text("three"), of: Self.task)
        let second = board.changes(since: first.version)
        #expect(second.entries.map(\.action) == ["three"])
        #expect(second.version > first.version)
    }

    @Test func whoMissedStatesSeesTheNewest() {
        let board = ProgressBoard {}
        for number in 1...100 { board.observe(.text("step \(number)"), of: Self.task) }
        #expect(board.changes(since: 0).entries.map(\.action) == ["step 100"])
    }

    @Test func forgetsWhatHasEnded() {
        let board = ProgressBoard {}
        board.observe(.text("one"), of: Self.task)
        board.forget(Self.task)
        #expect(board.current(Self.task) == nil)
        #expect(board.changes(since: 0).entries == [])
    }

    /// An agent that talks without a pause is told about at its pace and not more, and not less either.
    @Test func tellsAboutOneTaskAtItsPace() {
        let count = Count()
        let board = ProgressBoard { count.add() }
        let began = ContinuousClock.now
        board.observe(.text("first"), of: Self.task)
        #expect(count.value == 1, "the first is told at once")
        var observed = 0
        while count.value < 3 {
            board.observe(.text("more"), of: Self.task)
            observed += 1
        }
        let elapsed = ContinuousClock.now - began
        #expect(elapsed >= Self.pace * 2, "three were told within \(elapsed)")
        #expect(observed >= 2)
    }

    @Test func eachTaskHasItsOwnPace() {
        let count = Count()
        let board = ProgressBoard { count.add() }
        board.observe(.text("one"), of: Self.task)
        board.observe(.text("two"), of: Self.other)
        #expect(count.value == 2)
        board.forget(Self.task)
        board.observe(.text("again"), of: Self.task)
        #expect(count.value == 3, "the next attempt begins afresh")
    }
}
