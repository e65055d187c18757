import OffloadDomain
import OffloadTesting

/// The drawings of the machines, made from the machines.
enum MachineDrawings {
    static var task: String {
        let anyEnd = TaskEvent.allCases.map(\.rawValue).filter { $0.hasPrefix("ended") }
        return MachineDrawing(
            from: TaskPlace(of: Samples.task(1)), groups: [.init(label: "ended in any way", members: anyEnd)],
            name: \.name
        ) { place in
            TaskEvent.allCases.map { event in
                let task = place.task
                var machine = TaskMachine(task)
                _ = event.happen(to: &machine, number: task.attempt, lane: Samples.batch(2), at: Samples.time(1))
                return (event.rawValue, TaskPlace(of: machine.task))
            }
        }.mermaid
    }

    static var attempt: String {
        MachineDrawing(from: Attempt.Status.starting, name: \.rawValue) { status in
            AttemptEvent.allCases.map { event in
                var machine = AttemptMachine(AttemptMachineTests.attempt(status))
                _ = event.happen(to: &machine, at: Samples.time(1))
                return (event.rawValue, machine.attempt.status)
            }
        }.mermaid
    }

    static var batch: String {
        MachineDrawing(from: Batch.State.idle, name: \.rawValue) { state in
            BatchMachine.Action.allCases.map { action in
                var machine = BatchMachine(Batch(id: Samples.batch(1), state: state))
                _ = machine.apply(action)
                return (action.rawValue, machine.batch.state)
            }
        }.mermaid
    }

    static var result: String {
        MachineDrawing(from: TaskResult.State.uploading, name: \.rawValue) { state in
            let pair = state == .uploading ? Samples.devicePair(1).id : nil
            let arrival = ResultMachine.Arrival(
                storage: .commit(Samples.commit(1), base: Samples.commit(0)), branch: nil,
                extent: TaskResult.Extent(files: 1, insertions: 1, deletions: 1))
            let position = ProjectPosition(branch: "refs/heads/main", commit: Samples.commit(2))
            let moves: [(String, (inout ResultMachine) throws -> Void)] = [
                ("arrives", { _ = $0.arrived(arrival, at: Samples.time()) }),
                ("is refused", { _ = $0.refused(because: "", at: Samples.time()) }),
                ("clashes", { _ = $0.forecast(hasConflict: true, at: Samples.time()) }),
                ("fits again", { _ = $0.forecast(hasConflict: false, at: Samples.time()) }),
                ("merged by hand", { _ = $0.found(in: position, at: Samples.time()) }),
                (
                    "merge",
                    { machine in
                        guard let plan = Samples.integration(of: .merging) else { return }
                        try machine.merge(as: plan, at: Samples.time())
                    }
                ),
                ("undo", { _ = try $0.unmerge(at: Samples.time()) }),
                ("is in the project", { _ = $0.settle(isInProject: true, at: Samples.time()) }),
                ("is not in the project", { _ = $0.settle(isInProject: false, at: Samples.time()) }),
                ("discard", { try $0.discard(at: Samples.time()) }),
                ("undo", { try $0.restore(branch: nil, at: Samples.time()) }),
            ]
            return moves.map { label, move in
                var machine = ResultMachine(Samples.result(1, state: state, through: pair))
                try? move(&machine)
                return (label, machine.result.state)
            }
        }.mermaid
    }

    static var pairing: String {
        MachineDrawing(from: PairingPlace.start, name: \.name, moves: \.moves).mermaid
    }
}
