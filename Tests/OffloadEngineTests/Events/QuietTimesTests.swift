import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct QuietTimesTests {
    @Test func aQuietTimeIsSeenOnceAfterSomethingWasRecorded() async throws {
        let ledger = InMemoryLedger()
        let rests = Mailbox<Void>()
        let service = QuietTimes(ledger: ledger, patience: .milliseconds(1)) { rests.put(()) }
        try await testGracefulShutdown { trigger in
            async let run: Void = service.run()
            for _ in 1...3 {
                try ledger.changeNow { _ = try $0.record(.projectAdded(Samples.project(1)), at: Samples.time()) }
                try await rests.take()
            }
            trigger.triggerGracefulShutdown()
            try await run
        }
        #expect(rests.all.count == 3)
    }
}
