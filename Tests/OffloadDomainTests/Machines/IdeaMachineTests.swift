import OffloadDomain
import OffloadTesting
import Testing

@Suite struct IdeaMachineTests {
    static let transcript = Transcript(
        """
        pending
          accept                changes                            → accepted
          reject                changes                            → rejected
          skip                  changes                            → skipped
          accept, open task     too late, is being worked on
          reject, open task     too late, is being worked on
          skip, open task       too late, is being worked on
        accepted
          accept                nothing
          reject                changes                            → rejected
          skip                  changes                            → skipped
          accept, open task     nothing
          reject, open task     too late, is being worked on
          skip, open task       too late, is being worked on
        rejected
          accept                changes                            → accepted
          reject                nothing
          skip                  changes                            → skipped
          accept, open task     too late, is being worked on
          reject, open task     nothing
          skip, open task       too late, is being worked on
        skipped
          accept                changes                            → accepted
          reject                changes                            → rejected
          skip                  nothing
          accept, open task     too late, is being worked on
          reject, open task     too late, is being worked on
          skip, open task       nothing
        implemented
          accept                too late, is implemented already
          reject                too late, is implemented already
          skip                  too late, is implemented already
          accept, open task     too late, is implemented already
          reject, open task     too late, is implemented already
          skip, open task       too late, is implemented already
        """)

    private static let events = IdeaMachine.Action.allCases.flatMap { action in
        [(action, false), (action, true)]
    }

    private static func name(_ action: IdeaMachine.Action, _ hasOpenTask: Bool) -> String {
        hasOpenTask ? "\(action.rawValue), open task" : action.rawValue
    }

    @Test func everyPairOfStatusAndDecisionIsListed() {
        let gaps = Self.transcript.gaps(
            states: Idea.Status.allCases.map(\.rawValue), events: Self.events.map { Self.name($0.0, $0.1) })
        #expect(gaps == [])
    }

    @Test func answersAsListed() throws {
        for line in Self.transcript.lines {
            let status = try #require(Idea.Status(rawValue: line.state))
            let (action, hasOpenTask) = try #require(Self.events.first { Self.name($0.0, $0.1) == line.event })
            let before = Samples.idea(1, status: status)
            var machine = IdeaMachine(before)
            do {
                let changed = try machine.decide(action, hasOpenTask: hasOpenTask, at: Samples.time(500))
                #expect(line.answer == (changed ? "changes" : "nothing"), "\(line)")
            } catch {
                #expect(error.kind == .conflict, "\(line)")
                #expect(line.answer.hasPrefix("too late, "), "\(line)")
                #expect(error.message.contains(line.answer.dropFirst("too late, ".count)), "\(line): \(error)")
            }
            guard let next = line.next else {
                #expect(machine.idea == before, "\(line)")
                continue
            }
            #expect(machine.idea.status.rawValue == next, "\(line)")
            #expect(machine.idea.updatedAt == Samples.time(500), "\(line)")
        }
    }

    // MARK: - Editing

    @Test func anEditChangesWhatItNamesOnly() throws {
        let before = Samples.idea(1)
        var machine = IdeaMachine(before)
        try machine.edit(IdeaMachine.Edit(title: "  New title "), at: Samples.time(1))
        var expected = before
        expected.title = "New title"
        expected.updatedAt = Samples.time(1)
        #expect(machine.idea == expected)
    }

    @Test func aCheckIsSetKeptAndTakenAway() throws {
        var machine = IdeaMachine(Samples.idea(1))
        try machine.edit(IdeaMachine.Edit(check: "make test"), at: Samples.time(1))
        #expect(machine.idea.check == "make test")
        try machine.edit(IdeaMachine.Edit(priority: 7), at: Samples.time(2))
        #expect(machine.idea.check == "make test")
        try machine.edit(IdeaMachine.Edit(check: .some(nil)), at: Samples.time(3))
        #expect(machine.idea.check == nil)
    }

    @Test func everyFieldOfAnEditArrives() throws {
        var machine = IdeaMachine(Samples.idea(1))
        let edit = IdeaMachine.Edit(
            title: "T", description: "D\nwith lines", priority: -3, check: "c", expectedPaths: ["a/b", "c d"])
        try machine.edit(edit, at: Samples.time(1))
        #expect(machine.idea.title == "T")
        #expect(machine.idea.description == "D\nwith lines")
        #expect(machine.idea.priority == -3)
        #expect(machine.idea.check == "c")
        #expect(machine.idea.expectedPaths == ["a/b", "c d"])
    }

    // MARK: - Bounds

    @Test func titlesAreTrimmedOneLineAndBounded() throws {
        #expect(try IdeaMachine.title("\t Fix it \n") == "Fix it")
        let longest = String(repeating: "t", count: Idea.Limits.title)
        #expect(try IdeaMachine.title(longest) == longest)
        for refused in ["", " \n", longest + "t", "two\nlines", "bell\u{7}", "line\u{2028}separator", "e\u{85}nel"] {
            #expect(throws: OffloadError.self, "\(refused.debugDescription)") { try IdeaMachine.title(refused) }
        }
        // The bound counts bytes: half as many letters of two bytes.
        let umlauts = String(repeating: "ü", count: Idea.Limits.title / 2)
        #expect(try IdeaMachine.title(umlauts) == umlauts)
        #expect(throws: OffloadError.self) { try IdeaMachine.title(umlauts + "ü") }
    }

    @Test func descriptionsAreBoundedAndWithoutNUL() throws {
        let longest = String(repeating: "d", count: Idea.Limits.description)
        #expect(try IdeaMachine.description(longest) == longest)
        #expect(try IdeaMachine.description("  as it is\r\n\t") == "  as it is\r\n\t")
        #expect(throws: OffloadError.self) { try IdeaMachine.description(longest + "d") }
        #expect(throws: OffloadError.self) { try IdeaMachine.description("a\0b") }
    }

    @Test func prioritiesAreBounded() throws {
        for value in [-1_000, -1, 0, 1_000] { #expect(try IdeaMachine.priority(value) == value) }
        for value in [-1_001, 1_001, .min, .max] {
            #expect(throws: OffloadError.self) { try IdeaMachine.priority(value) }
        }
    }

    @Test func checksAreOneLineOrNone() throws {
        #expect(try IdeaMachine.check(nil) == nil)
        #expect(try IdeaMachine.check("  ") == nil)
        #expect(try IdeaMachine.check("make test") == "make test")
        #expect(throws: OffloadError.self) { try IdeaMachine.check("make\ntest") }
        #expect(throws: OffloadError.self) {
            try IdeaMachine.check(String(repeating: "c", count: Idea.Limits.check + 1))
        }
    }

    @Test func expectedPathsAreFewAndOneLineEach() throws {
        let most = Array(repeating: "a", count: Idea.Limits.paths)
        #expect(try IdeaMachine.expectedPaths(most) == most)
        let longest = String(repeating: "p", count: Idea.Limits.path)
        #expect(try IdeaMachine.expectedPaths([longest]) == [longest])
        for refused in [most + ["a"], [""], ["a\nb"], [longest + "p"]] {
            #expect(throws: OffloadError.self) { try IdeaMachine.expectedPaths(refused) }
        }
    }

    @Test func whatIsRefusedIsNamed() {
        let error = #expect(throws: OffloadError.self) { try IdeaMachine.priority(5_000) }
        #expect(error == OffloadError(.invalidRequest, "priority: -1000 to 1000"))
    }
}
