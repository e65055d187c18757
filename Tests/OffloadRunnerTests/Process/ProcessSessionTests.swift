import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

extension ProcessSuites {
    @Suite(.serialized) struct ProcessSessionTests {
        @Test(arguments: [0, 1, 3, 127, 255] as [Int32])
        func tellsTheExitStatus(code: Int32) async throws {
            let (exit, _) = try await run(ProcessWorld.shell("exit \(code)"))
            #expect(exit == ProcessExit(status: .exited(code), cause: nil, leftovers: .none, isOutputComplete: true))
        }

        @Test func tellsTheSignal() async throws {
            let (exit, _) = try await run(ProcessWorld.shell("kill -9 $$"))
            #expect(exit.status == .signalled(9))
            #expect(exit.cause == nil)
        }

        @Test func mergedStreamsKeepTheirOrder() async throws {
            let (_, output) = try await run(ProcessWorld.shell("echo a; echo b >&2; echo c; echo d >&2"))
            #expect(output.text == "a\nb\nc\nd\n")
        }

        @Test func separateStreamsAreToldApart() async throws {
            let (_, output) = try await run(ProcessWorld.shell("echo a; echo b >&2", streams: .separate))
            #expect(output.text == "a\n")
            #expect(String(decoding: output.errors, as: UTF8.self) == "b\n")
        }

        @Test func bytesArriveAsTheyAre() async throws {
            let (_, output) = try await run(ProcessWorld.shell(#"printf '\377\376\000\303'"#))
            #expect(output.output == [0xff, 0xfe, 0x00, 0xc3])
        }

        @Test func missingProgram() async throws {
            await #expect(throws: LaunchFailure.programMissing("/nowhere/program")) {
                _ = try await run(ProcessLaunch(program: "/nowhere/program"))
            }
            #expect(ProcessWorld.keeper.runningLeaders.isEmpty)
        }

        @Test func missingFolder() async throws {
            var launch = ProcessWorld.shell("true")
            launch.folder = "/nowhere"
            await #expect(throws: LaunchFailure.folderMissing("/nowhere")) { _ = try await run(launch) }
        }

        @Test func failedLaunchesLeaveNoDescriptorOpen() async throws {
            func descriptors() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            _ = try? await run(ProcessLaunch(program: "/nowhere/program"))
            _ = try? await run(ProcessWorld.shell("true", input: [1], streams: .separate))
            let before = try descriptors()
            for _ in 0..<40 {
                _ = try? await run(ProcessLaunch(program: "/nowhere/program", input: [1], streams: .separate))
                _ = try? await run(ProcessWorld.shell("true", input: [1], streams: .separate))
            }
            // Other suites run beside this one.
            #expect(try descriptors() < before + 40)
        }

        @Test func theChildGetsItsFolderItsEnvironmentAndNothingElse() async throws {
            let folder = try ProcessWorld.newFolder()
            var launch = ProcessWorld.shell("pwd; env; ls /proc/self/fd | wc -l")
            launch.folder = folder
            launch.environment += (1...40).map { EnvironmentVariable("WORD\($0)", String(repeating: "w", count: $0)) }
            let attempt = ProcessWorld.newAttempt()
            let (_, output) = try await run(launch, attempt: attempt)
            let lines = output.text.split(separator: "\n").map(String.init)
            #expect(lines.first == folder)
            for count in 1...40 { #expect(lines.contains("WORD\(count)=" + String(repeating: "w", count: count))) }
            #expect(lines.contains("\(AttemptMarker.variable)=\(ProcessWorld.keeper.instance):\(attempt)"))
            // Standard input, output, error, and the one with which ls reads the folder.
            #expect(lines.last?.trimmingCharacters(in: .whitespaces) == "4")
        }

        @Test func theChildLeadsASessionOfItsOwn() async throws {
            let (_, output) = try await run(ProcessWorld.shell("cut -d' ' -f1,5,6 /proc/$$/stat"))
            #expect(Set(output.numbers).count == 1)
            #expect(output.numbers.first != getsid(0))
        }

        @Test(arguments: [0, 1, 65_536, 65_537, 10 << 20])
        func inputArrivesWhole(size: Int) async throws {
            let input = [UInt8](repeating: UInt8(ascii: "x"), count: size)
            let (exit, output) = try await run(ProcessWorld.shell("wc -c", input: input))
            #expect(output.numbers == [Int32(size)])
            #expect(exit.status == .exited(0))
        }

        @Test func inputThatNobodyReadsDisturbsNobody() async throws {
            let (exit, _) = try await run(
                ProcessWorld.shell("exec <&-; echo done", input: .init(repeating: 0, count: 10 << 20)))
            #expect(exit.status == .exited(0))
        }

        /// The child writes far more than a pipe holds before it reads its first byte.
        @Test func largeInputAndLargeOutputDoNotWaitForEachOther() async throws {
            let input = [UInt8](repeating: UInt8(ascii: "x"), count: 10 << 20)
            let (exit, output) = try await run(ProcessWorld.shell("head -c 3000000 /dev/zero; wc -c", input: input))
            #expect(exit.status == .exited(0))
            #expect(output.output.count == 3_000_000 + "10485760\n".count)
        }

        @Test func manyAtOnce() async throws {
            let launch = ProcessWorld.shell("cat; sleep 0.05", input: Array("hello".utf8))
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        let attempt = ProcessWorld.newAttempt()
                        let gathered = Gathered()
                        let session = ProcessSession(launch, for: attempt, keeper: ProcessWorld.keeper)
                        let exit = try await session.run(stop: AsyncStream { _ in }) { gathered.add($0, $1) }
                        return exit.status == .exited(0) && exit.leftovers == .none && gathered.text == "hello"
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }

        @Test func startedComesBeforeTheOutput() async throws {
            let gathered = Gathered()
            let session = ProcessSession(
                ProcessWorld.shell("echo early"), for: ProcessWorld.newAttempt(), keeper: ProcessWorld.keeper)
            let order = Gathered()
            _ = try await session.run(stop: AsyncStream { _ in }) {
                for _ in 0..<50 { await Task.yield() }
                #expect(ProcessWorld.keeper.runningLeaders.count == 1)
                Array("started ".utf8).withUnsafeBytes { order.add(.output, $0) }
            } receive: { channel, piece in
                order.add(channel, piece)
                gathered.add(channel, piece)
            }
            #expect(order.text == "started early\n")
        }
    }
}
