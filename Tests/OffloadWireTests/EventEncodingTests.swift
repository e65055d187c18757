import Foundation
import OffloadDomain
import OffloadTesting
import OffloadWire
import Testing

/// The bytes of events are a promise to every listener: they are compared with whole texts.
@Suite struct EventEncodingTests {
    private static let time = Timestamp(milliseconds: 1_735_689_599_042)
    private static let frame = #""timestamp":"2024-12-31T23:59:59.042Z""#

    private static func text(_ event: BridgeEvent) throws -> String {
        String(decoding: try EventEncoding.encode(event, at: time), as: UTF8.self)
    }

    @Test func projects() throws {
        let payload = #"{"name":"Project 1","path":"/projects/1","projectId":"p-1"}"#
        for (event, name) in [
            (BridgeEvent.projectAdded(Samples.project(1)), "project_added"),
            (.projectUpdated(Samples.project(1)), "project_updated"),
            (.projectRemoved(Samples.project(1)), "project_removed"),
        ] {
            #expect(
                try Self.text(event) == #"{"payload":\#(payload),"projectId":"p-1",\#(Self.frame),"type":"\#(name)"}"#)
        }
    }

    @Test func pairedDevices() throws {
        let device = Samples.devicePair(3).device
        let about = #""deviceId":"d-4","deviceName":"Laptop 3","devicePairId":"x-3""#
        for (event, payload, name) in [
            (BridgeEvent.pairingCompleted(device), #"{\#(about),"role":"target"}"#, "pairing_completed"),
            (
                .deviceConnected(Samples.joinedPair(3).device),
                #"{"deviceId":"d-4","deviceName":"PC 3","devicePairId":"x-3","role":"source"}"#, "device_connected"
            ),
            (
                .deviceDisconnected(device, reason: "silent"), #"{\#(about),"reason":"silent","role":"target"}"#,
                "device_disconnected"
            ),
            (.pairingFailed(Samples.project(1).id, reason: "guessed"), #"{"reason":"guessed"}"#, "pairing_failed"),
            (.pairingExpired(Samples.project(1).id), "{}", "pairing_expired"),
        ] {
            #expect(
                try Self.text(event) == #"{"payload":\#(payload),"projectId":"p-1",\#(Self.frame),"type":"\#(name)"}"#)
        }
    }

    @Test func ideas() throws {
        let idea = Samples.idea(7, title: "Faster", status: .accepted, priority: -3)
        let payload = #"{"ideaId":"i-7","priority":-3,"status":"accepted","title":"Faster"}"#
        for (event, name) in [
            (BridgeEvent.ideaGenerated(idea), "idea_generated"), (.ideaUpdated(idea), "idea_updated"),
            (.ideaRemoved(idea), "idea_removed"),
        ] {
            #expect(
                try Self.text(event) == #"{"payload":\#(payload),"projectId":"p-1",\#(Self.frame),"type":"\#(name)"}"#)
        }
    }

    @Test func tasksThatHaveNotEnded() throws {
        let pending = Samples.task(7)
        #expect(
            try Self.text(.taskQueued(pending))
                == #"{"payload":{"attempt":0,"ideaId":"i-7","projectId":"p-1","status":"pending","taskId":"t-7","#
                + #""title":"Idea 7"},"projectId":"p-1",\#(Self.frame),"type":"task_queued"}"#)
        let running = Samples.task(7, attempt: 2, state: .running(.init(batch: Samples.batch(3))))
        let payload =
            #"{"attempt":2,"batchId":"batch3","ideaId":"i-7","projectId":"p-1","status":"running","taskId":"t-7","#
            + #""title":"Idea 7"}"#
        #expect(
            try Self.text(.taskStarted(running))
                == #"{"payload":\#(payload),"projectId":"p-1",\#(Self.frame),"type":"task_started"}"#)
        let waiting = Samples.task(7, lane: Samples.batch(2), attempt: 1)
        #expect(
            try Self.text(.taskInterrupted(waiting))
                == #"{"payload":{"attempt":1,"batchId":"batch2","ideaId":"i-7","projectId":"p-1","status":"pending","#
                + #""taskId":"t-7","title":"Idea 7"},"projectId":"p-1",\#(Self.frame),"type":"task_interrupted"}"#)
    }

    @Test func tasksThatHaveEnded() throws {
        let result = AttemptResult(
            storage: .commit(Samples.commit(1), base: Samples.commit(2)), branch: "offload/idea-7", filesChanged: 4,
            insertions: 10, deletions: 3)
        let ending = Attempt.Ending(
            outcome: .completed, startedAt: Samples.time(0), endedAt: Samples.time(1_500),
            report: RunReport(summary: "Done.", processesEnded: 2), result: result)
        #expect(
            try Self.text(.taskCompleted(Samples.task(7, attempt: 1, state: .completed), ending))
                == #"{"payload":{"attempt":1,"branch":"offload/idea-7","durationMs":1500,"filesChanged":4,"#
                + #""ideaId":"i-7","processesEnded":2,"projectId":"p-1","status":"completed","summary":"Done.","#
                + #""taskId":"t-7","title":"Idea 7"},"projectId":"p-1",\#(Self.frame),"type":"task_completed"}"#)
        let failure = Failure(.checkFailed, "make test ended with 2")
        let failed = Attempt.Ending(
            outcome: .failed(failure), startedAt: nil, endedAt: Samples.time(), report: RunReport(), result: nil)
        #expect(
            try Self.text(.taskFailed(Samples.task(7, attempt: 1, state: .failed(failure)), failure, failed))
                == #"{"payload":{"attempt":1,"error":{"kind":"check_failed","message":"make test ended with 2"},"#
                + #""ideaId":"i-7","processesEnded":0,"projectId":"p-1","status":"failed","summary":"","taskId":"t-7","#
                + #""title":"Idea 7"},"projectId":"p-1",\#(Self.frame),"type":"task_failed"}"#)
        #expect(
            try Self.text(.taskCancelled(Samples.task(7, state: .cancelled), nil))
                == #"{"payload":{"attempt":0,"ideaId":"i-7","projectId":"p-1","status":"cancelled","taskId":"t-7","#
                + #""title":"Idea 7"},"projectId":"p-1",\#(Self.frame),"type":"task_cancelled"}"#)
    }

    @Test func batchesBelongToNoProject() throws {
        let batch = Batch(id: Samples.batch(2), state: .paused, finished: 5)
        #expect(
            try Self.text(.batchProgress(batch, running: Samples.task(7).id))
                == #"{"payload":{"batchId":"batch2","finished":5,"status":"paused","taskId":"t-7"},"projectId":null,"#
                + #"\#(Self.frame),"type":"batch_progress"}"#)
        #expect(
            try Self.text(.batchProgress(batch, running: nil))
                == #"{"payload":{"batchId":"batch2","finished":5,"status":"paused"},"projectId":null,\#(Self.frame),"#
                + #""type":"batch_progress"}"#)
    }

    /// Every character that could end a line, a string or a stream frame, written and read back by another parser.
    @Test func awkwardTextsComeBack() throws {
        let controls = (0..<0x20).compactMap { Unicode.Scalar($0) }.map { String(Character($0)) }.joined()
        let title = controls + "\u{7F}\u{85}\u{2028}\u{2029}\"\\/é e\u{301} 👩‍👩‍👧‍👦 \u{10FFFF}"
        let bytes = try EventEncoding.encode(.ideaUpdated(Samples.idea(1, title: title)), at: Self.time)
        #expect(bytes.allSatisfy { $0 >= 0x20 }, "no control character stands there as itself")
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        let found = try #require((object?["payload"] as? [String: Any])?["title"] as? String)
        #expect(Array(found.utf8) == Array(title.utf8))
        #expect(
            try Self.text(.ideaUpdated(Samples.idea(1, title: "a/b\"c\\d\u{1}\n"))).contains(#""a/b\"c\\d\u0001\n""#))
    }

    @Test func longTextsAreCutBetweenCharacters() throws {
        let ending = Attempt.Ending(
            outcome: .completed, startedAt: nil, endedAt: Samples.time(),
            report: RunReport(summary: "x" + String(repeating: "é", count: 5_000)), result: nil)
        let event = BridgeEvent.taskCompleted(Samples.task(7, attempt: 1, state: .completed), ending)
        let object = try JSONSerialization.jsonObject(with: Data(EventEncoding.encode(event, at: Self.time)))
        let payload = (object as? [String: Any])?["payload"] as? [String: Any]
        #expect(payload?["summary"] as? String == "x" + String(repeating: "é", count: 1_999))
    }

    @Test func aClockThatWasSetBackMakesNoNegativeDuration() throws {
        for end in [Samples.time(-5), Timestamp(milliseconds: .min)] {
            let ending = Attempt.Ending(
                outcome: .cancelled, startedAt: Samples.time(), endedAt: end, report: RunReport(), result: nil)
            #expect(
                try Self.text(.taskCancelled(Samples.task(7, state: .cancelled), ending)).contains(#""durationMs":0,"#))
        }
    }

    @Test func theSameEventIsAlwaysTheSameBytes() throws {
        let event = BridgeEvent.taskQueued(Samples.task(7, lane: Samples.batch(2)))
        let first = try EventEncoding.encode(event, at: Self.time)
        for _ in 0..<50 { #expect(try EventEncoding.encode(event, at: Self.time) == first) }
    }
}
