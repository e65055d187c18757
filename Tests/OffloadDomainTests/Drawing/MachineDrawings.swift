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

    static var pairing: String {
        MachineDrawing(from: PairingPlace.start, name: \.name, moves: \.moves).mermaid
    }
}
