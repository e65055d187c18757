import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

extension ProcessSuites {
    @Suite(.serialized) struct ProcessKeeperTests {
        /// Starts a program the way a device that is gone had: with its marker, and nobody to wait for it.
        private func survivor(of instance: String, _ attempt: AttemptKey, _ script: String) async throws -> Gathered {
            let gathered = Gathered()
            let marker = AttemptMarker(instance: instance, attempt: attempt)
            let launch = ProcessWorld.shell(
                "setsid env \(AttemptMarker.variable)='\(marker.value)' sh -c '\(script)' & wait")
            let session = ProcessSession(launch, for: attempt, keeper: ProcessWorld.keeper)
            Task { try await session.run(stop: AsyncStream { _ in }) { gathered.add($0, $1) } }
            for word in ["ready", "steady", "bare"] where script.contains(word) { await gathered.contains(word) }
            return gathered
        }

        @Test func survivorsOfThisDataFolderAreEndedAtAnyDepth() async throws {
            let gone = "gone-\(getpid())"
            let attempt = ProcessWorld.newAttempt()
            let script = """
                (setsid sh -c "sleep 1000 & echo steady; wait" &)
                setsid env -i sh -c "echo bare; exec sleep 1000" &
                echo ready
                wait
                """
            _ = try await survivor(of: gone, attempt, script)
            #expect(try ProcessWorld.survivors(of: attempt, instance: gone).count >= 2)

            // Somebody else's data folder, with a name that begins alike.
            let other = ProcessWorld.newAttempt()
            let kept = try await survivor(of: gone + "0", other, "echo $$ ready; while :; do sleep 1000; done")

            let keeper = ProcessKeeper(instance: gone)
            #expect(await keeper.endSurvivors() == Leftovers(ended: 4, remaining: 0))
            #expect(try ProcessWorld.survivors(of: attempt, instance: gone) == [])
            #expect(await keeper.endSurvivors() == .none)

            #expect(try ProcessWorld.survivors(of: other, instance: gone + "0").count >= 1)
            #expect(await ProcessKeeper(instance: gone + "0").endSurvivors().ended >= 1)
            #expect(try ProcessWorld.survivors(of: other, instance: gone + "0") == [])
            for pid in kept.numbers { #expect(!ProcessWorld.isAlive(pid)) }
        }

        @Test func runningAttemptsAreNoSurvivors() async throws {
            let attempt = ProcessWorld.newAttempt()
            let gathered = Gathered()
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            async let result = run(
                ProcessWorld.shell("setsid sh -c 'echo $$ ready; while :; do sleep 1000; done' & wait"),
                attempt: attempt, stop: stop, into: gathered)
            await gathered.contains("ready")
            #expect(await ProcessWorld.keeper.endSurvivors() == .none)
            for pid in ProcessWorld.keeper.runningLeaders + gathered.numbers { #expect(ProcessWorld.isAlive(pid)) }
            continuation.yield(.cancelled)
            _ = try await result
        }

        @Test func aPidThatWasGivenAwayIsNotHit() async throws {
            let gathered = Gathered()
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            async let result = run(ProcessWorld.shell("echo ready; exec sleep 1000"), stop: stop, into: gathered)
            await gathered.contains("ready")
            let pid = try #require(ProcessWorld.keeper.runningLeaders.first)
            let process = try #require(ProcessTable.entry(of: pid))
            ProcessTable.signal(ProcessIdentity(pid: pid, startTime: process.startTime + 1), SIGKILL)
            #expect(ProcessWorld.isAlive(pid))
            // A group whose number is a live process's own is not the group of a leader that was reaped.
            #expect(!ProcessTable.groupExists(pid))
            continuation.yield(.cancelled)
            #expect(try await result.exit.status == .signalled(SIGTERM))
        }

        @Test func theKeeperKnowsWhatRuns() async throws {
            let gathered = Gathered()
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            async let result = run(ProcessWorld.shell("echo $$ ready; sleep 1000"), stop: stop, into: gathered)
            await gathered.contains("ready")
            #expect(ProcessWorld.keeper.runningLeaders == gathered.numbers)
            continuation.yield(.cancelled)
            _ = try await result
            #expect(ProcessWorld.keeper.runningLeaders == [])
        }

        @Test(arguments: ["plain", "with space", "a) R 1 2 3 (b", "((("])
        func aProgramsNameDoesNotConfuseTheTable(_ name: String) async throws {
            let folder = try ProcessWorld.newFolder()
            try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: "\(folder)/\(name)")
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            let attempt = ProcessWorld.newAttempt()
            let session = ProcessSession(
                ProcessLaunch(program: "\(folder)/\(name)", arguments: ["1000"]), for: attempt,
                keeper: ProcessWorld.keeper)
            let exit = try await session.run(stop: stop) {
                let entry = ProcessWorld.keeper.runningLeaders.first.flatMap(ProcessTable.entry)
                #expect(entry?.parent == getpid())
                #expect(entry?.session == entry?.pid)
                #expect(entry.map { $0.startTime <= ProcessTable.now() } == true)
                continuation.yield(.cancelled)
            } receive: { _, _ in
            }
            #expect(exit.cause == .stopped(.cancelled))
        }
    }

    @Suite struct DeadlinesTests {
        @Test func actionsComeInTheirOrderAndAgainWhenTheyAskForIt() async {
            let deadlines = Deadlines()
            let (stream, continuation) = AsyncStream.makeStream(of: String.self)
            let start = ContinuousClock.now
            let far = deadlines.add(at: start.advanced(by: .seconds(1_000))) {
                Issue.record("was removed")
                return nil
            }
            let rounds = Atomic32()
            _ = deadlines.add(at: start.advanced(by: .milliseconds(60))) {
                continuation.yield("second")
                return nil
            }
            _ = deadlines.add(at: start.advanced(by: .milliseconds(20))) {
                continuation.yield("first")
                return rounds.increment() < 2 ? start.advanced(by: .milliseconds(120)) : nil
            }
            deadlines.remove(far)
            var iterator = stream.makeAsyncIterator()
            #expect(await iterator.next() == "first")
            #expect(await iterator.next() == "second")
            #expect(await iterator.next() == "first")
            #expect(ContinuousClock.now - start >= .milliseconds(120))
        }
    }
}

/// A counter for closures.
final class Atomic32: Sendable {
    private let diary = Diary<Void>()
    func increment() -> Int {
        diary.write(())
        return diary.entries.count
    }
}
