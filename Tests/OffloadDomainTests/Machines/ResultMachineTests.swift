import OffloadDomain
import OffloadTesting
import Testing

@Suite struct ResultMachineTests {
    private let plan = Integration(
        mode: .merge, target: "refs/heads/main",
        move: Integration.Move(before: Samples.commit(1), after: Samples.commit(2)))
    private let arrival = ResultMachine.Arrival(
        storage: .commit(Samples.commit(3), base: Samples.commit(1)), branch: "offload/x",
        extent: TaskResult.Extent(files: 1, insertions: 1, deletions: 0))

    private func machine(_ state: TaskResult.State) -> ResultMachine {
        let pair = state == .uploading ? Samples.devicePair(1).id : nil
        return ResultMachine(Samples.result(1, state: state, through: pair))
    }

    /// Everything that can be asked of a result, with the states in which it changes something.
    private var questions: [(name: String, answers: Set<TaskResult.State>, ask: (inout ResultMachine) throws -> Void)] {
        [
            ("arrive", [.uploading, .refused], { _ = $0.arrived(arrival, at: Samples.time(1)) }),
            ("refuse", [.uploading], { _ = $0.refused(because: "no", at: Samples.time(1)) }),
            ("clash", [.ready], { _ = $0.forecast(hasConflict: true, at: Samples.time(1)) }),
            ("fit", [.conflict], { _ = $0.forecast(hasConflict: false, at: Samples.time(1)) }),
            (
                "find", [.ready, .conflict],
                {
                    _ = $0.found(
                        in: ProjectPosition(branch: "refs/heads/main", commit: Samples.commit(4)), at: Samples.time(1))
                }
            ),
            ("merge", [.ready, .conflict], { try $0.merge(as: plan, at: Samples.time(1)) }),
            ("unmerge", [.merged], { _ = try $0.unmerge(at: Samples.time(1)) }),
            ("settle", [.merging, .unmerging], { _ = $0.settle(isInProject: true, at: Samples.time(1)) }),
            (
                "discard", [.uploading, .refused, .ready, .conflict], { try $0.discard(at: Samples.time(1)) }
            ),
            ("restore", [.discarded], { try $0.restore(branch: "b", at: Samples.time(1)) }),
        ]
    }

    @Test func eachStateAnswersToWhatBelongsToItAndToNothingElse() {
        for (name, answers, ask) in questions {
            for state in TaskResult.State.allCases {
                var machine = machine(state)
                let before = machine.result
                try? ask(&machine)
                #expect((machine.result.state != before.state) == answers.contains(state), "\(name) in \(state)")
                if !answers.contains(state) { #expect(machine.result == before, "\(name) in \(state)") }
                #expect((machine.result.integration != nil) == Self.isIntegrated(machine.result.state))
            }
        }
    }

    private static func isIntegrated(_ state: TaskResult.State) -> Bool {
        [.merging, .merged, .unmerging].contains(state)
    }

    @Test func theProjectDecidesWhatBecameOfAChange() {
        for (state, isInProject, after) in [
            (TaskResult.State.merging, true, TaskResult.State.merged), (.merging, false, .ready),
            (.unmerging, true, .merged), (.unmerging, false, .ready),
        ] {
            var machine = machine(state)
            let isSettled = machine.settle(isInProject: isInProject, at: Samples.time(1))
            #expect(isSettled && machine.result.state == after)
        }
    }

    @Test func whatWasMergedByHandIsTakenOutByHand() {
        var machine = machine(.ready)
        let isFound = machine.found(
            in: ProjectPosition(branch: "refs/heads/main", commit: Samples.commit(4)), at: Samples.time(1))
        #expect(isFound)
        #expect(throws: OffloadError.self) { try machine.unmerge(at: Samples.time(2)) }
        #expect(machine.result.state == .merged)
    }

    @Test func whatNeverCameComesBackAsSuch() throws {
        var machine = machine(.uploading)
        try machine.discard(at: Samples.time(1))
        try machine.restore(branch: nil, at: Samples.time(2))
        #expect(machine.result.state == .uploading)
    }

    @Test func pathsThatCanMakeProgramsRunAreKnownWhateverTheirCase() {
        let sensitive = [
            ".claude/settings.json", "a/.GitHub/workflows/x.yml", ".gitattributes", "sub/.mcp.json",
            ".husky/pre-commit",
            "CLAUDE.md", ".vscode/tasks.json", "Jenkinsfile",
        ]
        let plain = ["README.md", "src/github/x", "claude.mdx", "a.gitattributes", ".claudette/x"]
        #expect(SensitivePaths.among(sensitive + plain) == sensitive)
    }
}
