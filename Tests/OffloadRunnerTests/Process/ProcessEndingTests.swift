import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

extension ProcessSuites {
    /// How programs are ended, and that nothing of them is left, whatever they do.
    @Suite(.serialized) struct ProcessEndingTests {
        /// Runs a script, stops it once it has written "ready", and returns what was seen.
        private func stopped(_ script: String, grace: Duration = .seconds(10)) async throws -> (
            exit: ProcessExit, output: Gathered
        ) {
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            let gathered = Gathered()
            async let result = run(
                ProcessWorld.shell(script, limits: ProcessLimits(grace: grace)), stop: stop, into: gathered)
            await gathered.contains("ready")
            continuation.yield(.cancelled)
            return try await result
        }

        @Test func aStopEndsTheGroup() async throws {
            let (exit, _) = try await stopped("sleep 1000 & echo ready; wait")
            #expect(exit.cause == .stopped(.cancelled))
            #expect(exit.status == .signalled(SIGTERM))
            #expect(exit.isOutputComplete)
        }

        @Test func whatHandlesTermMayFinishItsWork() async throws {
            let (exit, output) = try await stopped(
                "trap 'echo saved; exit 7' TERM; echo ready; while :; do sleep 0.01; done")
            #expect(exit.status == .exited(7))
            #expect(exit.cause == .stopped(.cancelled))
            #expect(output.text.hasSuffix("saved\n"))
        }

        @Test func whatIgnoresTermIsKilled() async throws {
            let script = "trap '' TERM; echo ready; while :; do sleep 1000; done"
            let (exit, _) = try await stopped(script, grace: .milliseconds(100))
            #expect(exit.status == .signalled(SIGKILL))
        }

        @Test func aStoppedProcessIsEndedToo() async throws {
            let (exit, _) = try await stopped("echo ready; kill -STOP $$")
            #expect(exit.status == .signalled(SIGTERM))
        }

        @Test func aStopBeforeTheStartEndsItAtOnce() async throws {
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            continuation.yield(.shutdown)
            let (exit, _) = try await run(ProcessWorld.shell("sleep 1000"), stop: stop)
            #expect(exit.cause == .stopped(.shutdown))
        }

        @Test func aStopStreamThatEndsStopsNothing() async throws {
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            continuation.finish()
            let (exit, _) = try await run(ProcessWorld.shell("sleep 0.05; exit 3"), stop: stop)
            #expect(exit.cause == nil)
            #expect(exit.status == .exited(3))
        }

        @Test func cancellingTheTaskEndsTheProgramDuringAFlood() async throws {
            let attempt = ProcessWorld.newAttempt()
            let gathered = Gathered()
            let session = ProcessSession(
                ProcessWorld.shell("echo ready; setsid sleep 1000 & cat /dev/zero"), for: attempt,
                keeper: ProcessWorld.keeper)
            let task = Task {
                try await session.run(stop: AsyncStream { _ in }) { channel, piece in
                    gathered.add(channel, UnsafeRawBufferPointer(rebasing: piece.prefix(6)))
                }
            }
            await gathered.contains("ready")
            task.cancel()
            let exit = try await task.value
            #expect(exit.cause == .abandoned)
            #expect(try ProcessWorld.survivors(of: attempt) == [])
        }

        @Test func aCancelledTaskStartsAndEndsIt() async throws {
            let attempt = ProcessWorld.newAttempt()
            let session = ProcessSession(ProcessWorld.shell("sleep 1000"), for: attempt, keeper: ProcessWorld.keeper)
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await session.run(stop: AsyncStream { _ in }) { _, _ in }
            }
            task.cancel()
            #expect(try await task.value.cause == .abandoned)
            #expect(try ProcessWorld.survivors(of: attempt) == [])
        }

        @Test func silenceEndsIt() async throws {
            let limits = ProcessLimits(silence: .milliseconds(300))
            let (exit, _) = try await run(ProcessWorld.shell("echo once; sleep 1000", limits: limits))
            #expect(exit.cause == .silent)
        }

        @Test func outputKeepsItAlive() async throws {
            let limits = ProcessLimits(silence: .milliseconds(500))
            let (exit, _) = try await run(
                ProcessWorld.shell("for i in 1 2 3 4 5 6 7 8; do echo; sleep 0.1; done", limits: limits))
            #expect(exit.cause == nil)
        }

        @Test func theTimeLimitEndsAlsoWhatTalks() async throws {
            let limits = ProcessLimits(silence: .seconds(100), total: .milliseconds(300))
            let (exit, _) = try await run(ProcessWorld.shell("while :; do echo; sleep 0.01; done", limits: limits))
            #expect(exit.cause == .timeLimit)
        }

        @Test func whatStaysAfterItsLastWordIsEnded() async throws {
            let session = ProcessSession(
                ProcessWorld.shell("echo done; sleep 1000"), for: ProcessWorld.newAttempt(), keeper: ProcessWorld.keeper
            )
            let exit = try await session.run(stop: AsyncStream { _ in }) { _, _ in
                session.expectExit(within: .milliseconds(50))
            }
            #expect(exit.cause == .lingered)
        }

        // MARK: What is left behind

        /// Ends when its orphan, which has thrown its environment away, has begun and told its pid.
        private static let bareOrphan =
            "{ env -i setsid sh -c 'echo $$; exec sleep 1000' & } | { read pid; echo $pid; }"

        @Test(arguments: [
            ("a child in the group", "sleep 1000 >/dev/null 2>&1 & echo $!"),
            ("a child that keeps the output open", "sleep 1000 & echo $!"),
            ("a grandchild in a session of its own", "setsid sleep 1000 & sleep 0.1; echo 0"),
            ("one that left no parent behind", "(setsid sh -c 'sleep 1000 & exit') ; echo 0"),
            (
                "one that ignores TERM and HUP",
                "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1000; done' & sleep 0.1; echo 0"
            ),
            ("one in a group of its own", "bash -c 'set -m; sleep 1000 & echo $!'"),
            ("a daemon", "setsid sh -c 'exec </dev/null >/dev/null 2>&1; cd /; (sleep 1000 &) ; exit' ; echo 0"),
            ("a stopped one", "setsid sh -c 'kill -STOP $$; sleep 1000' & sleep 0.1; echo 0"),
        ])
        func leavesNothing(_ what: String, _ script: String) async throws {
            let (exit, output) = try await run(ProcessWorld.shell(script))
            #expect(exit.status == .exited(0))
            #expect(exit.leftovers.ended >= 1, "\(what)")
            #expect(exit.leftovers.remaining == 0)
            #expect(exit.isOutputComplete)
            for pid in output.numbers where pid > 0 { #expect(!ProcessWorld.isAlive(pid)) }
        }

        /// The control: the same look finds a process that carries the marker and lives.
        @Test func theLookFindsALiveProcess() async throws {
            let attempt = ProcessWorld.newAttempt()
            let gathered = Gathered()
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            async let result = run(
                ProcessWorld.shell("setsid sleep 1000 & echo ready; wait"), attempt: attempt, stop: stop, into: gathered
            )
            await gathered.contains("ready")
            #expect(try ProcessWorld.survivors(of: attempt).count >= 1)
            continuation.yield(.cancelled)
            _ = try await result
        }

        @Test func fiftyChildren() async throws {
            let script = "i=0; while [ $i -lt 50 ]; do setsid sleep 1000 & i=$((i+1)); done; sleep 0.2; exit 0"
            let (exit, _) = try await run(ProcessWorld.shell(script))
            #expect(exit.leftovers == Leftovers(ended: 50, remaining: 0))
        }

        @Test func childrenThatForkWhileTheyAreSwept() async throws {
            let script = """
                cat > /dev/null <<X
                X
                setsid sh -c 'while :; do setsid sleep 5 & sleep 0.001; done' >/dev/null 2>&1 &
                sleep 0.1
                """
            let (exit, _) = try await run(ProcessWorld.shell(script))
            #expect(exit.leftovers.ended >= 2)
            #expect(exit.leftovers.remaining == 0)
        }

        @Test func anOrphanWithoutItsMarkerIsEnded() async throws {
            let (exit, output) = try await run(ProcessWorld.shell(Self.bareOrphan))
            let pid = try #require(output.numbers.first)
            #expect(exit.leftovers == Leftovers(ended: 1, remaining: 0))
            #expect(!ProcessWorld.isAlive(pid))
        }

        /// While another attempt that could be its parent runs, nobody can tell whose it is; when that one ends, it
        /// goes.
        @Test func anOrphanWithoutItsMarkerWaitsForOlderAttempts() async throws {
            let (stopOlder, older) = AsyncStream.makeStream(of: StopReason.self)
            let olderOutput = Gathered()
            async let olderRun = ProcessSession(
                ProcessWorld.shell("echo ready; sleep 1000"), for: ProcessWorld.newAttempt(),
                keeper: ProcessWorld.keeper
            ).run(stop: stopOlder) { olderOutput.add($0, $1) }
            await olderOutput.contains("ready")

            let gathered = Gathered()
            let exit = try await ProcessSession(
                // The orphan keeps the output open.
                ProcessWorld.shell(
                    Self.bareOrphan,
                    limits: ProcessLimits(drain: .milliseconds(100))),
                for: ProcessWorld.newAttempt(), keeper: ProcessWorld.keeper
            ).run(stop: AsyncStream { _ in }) { gathered.add($0, $1) }
            let pid = try #require(gathered.numbers.first)
            #expect(exit.leftovers == Leftovers(ended: 0, remaining: 1))
            #expect(!exit.isOutputComplete)
            #expect(ProcessWorld.isAlive(pid))

            older.yield(.cancelled)
            // The older one's own child may still be dying from TERM when its parent is gone; then it counts too.
            #expect(try await olderRun.leftovers.ended >= 1)
            #expect(!ProcessWorld.isAlive(pid))
        }

        @Test func theDaemonOfAnotherAttemptLivesOn() async throws {
            let (stopOther, other) = AsyncStream.makeStream(of: StopReason.self)
            let otherAttempt = ProcessWorld.newAttempt()
            let otherOutput = Gathered()
            async let otherRun = ProcessSession(
                ProcessWorld.shell(
                    "{ (setsid sh -c 'echo $$; exec sleep 1000' &) } | { read pid; echo $pid; }; echo ready; sleep 1000"
                ),
                for: otherAttempt, keeper: ProcessWorld.keeper
            ).run(stop: stopOther) { otherOutput.add($0, $1) }
            await otherOutput.contains("ready")
            let daemon = try #require(otherOutput.numbers.first)

            for script in ["exit 0", "setsid sleep 1000 & sleep 0.1", "exit 0"] {
                _ = try await ProcessSession(
                    ProcessWorld.shell(script), for: ProcessWorld.newAttempt(), keeper: ProcessWorld.keeper
                ).run(stop: AsyncStream { _ in }) { _, _ in }
                #expect(ProcessWorld.isAlive(daemon))
            }
            other.yield(.cancelled)
            #expect(try await otherRun.leftovers.ended >= 1)
            #expect(!ProcessWorld.isAlive(daemon))
        }

        @Test func deadOrphansAreReaped() async throws {
            _ = try await run(ProcessWorld.shell("for i in 1 2 3 4 5; do (setsid sh -c 'exit 0' &) ; done; sleep 0.2"))
            let own = getpid()
            let zombies = ProcessTable.entries().filter { $0.parent == own && $0.isZombie && $0.session != getsid(0) }
            #expect(zombies.isEmpty)
        }

        /// A child of another part of the device has its own waiter: its exit status must not be taken away.
        @Test func childrenOfOthersAreLeftAlone() async throws {
            var pid: pid_t = 0
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sh"), strdup("-c"), strdup("exit 9"), nil]
            defer { for argument in arguments { free(argument) } }
            #expect(posix_spawn(&pid, "/bin/sh", nil, nil, &arguments, nil) == 0)
            _ = try await run(ProcessWorld.shell("setsid sleep 1000 & sleep 0.2"))
            var status: Int32 = 0
            #expect(waitpid(pid, &status, 0) == pid)
            #expect((status >> 8) & 0xff == 9)
        }
    }
}
