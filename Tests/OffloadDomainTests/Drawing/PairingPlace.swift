import OffloadDomain

/// Where a pairing code is, as far as it matters for what can happen next.
struct PairingPlace: Hashable {
    private(set) var window: PairingWindow

    private static let opened = Duration.seconds(1_000)
    private static let lasting = Duration.seconds(300)

    static var start: PairingPlace { PairingPlace(window: PairingWindow(openedAt: opened, lasting: lasting)) }

    private init(window: PairingWindow) { self.window = window }

    /// An open code has a name for each wrong proof.
    var name: String {
        switch window.state {
        case .open: window.wrongGuesses == 0 ? "open" : "open with \(window.wrongGuesses) wrong"
        case .taken: "taken"
        case .spoiled: "spoiled"
        case .burned: "burned"
        case .expired: "expired"
        case .cancelled: "cancelled"
        }
    }

    /// What can happen, tried on a copy each.
    var moves: [(label: String, next: PairingPlace)] {
        var moves = [
            after("begin") { _ = $0.begin(at: Self.opened) },
            after("cancel") { $0.cancel(at: Self.opened) },
            after("time is over") { $0.look(at: Self.opened + Self.lasting) },
            after("spoil") { $0.spoil() },
        ]
        for run in runs {
            moves += [
                after("right proof") { _ = $0.confirm(run, isRight: true, at: Self.opened) },
                after("wrong proof") { _ = $0.confirm(run, isRight: false, at: Self.opened) },
                after("abandon") { $0.abandon(run) },
            ]
        }
        return moves
    }

    private func after(_ label: String, _ event: (inout PairingWindow) -> Void) -> (label: String, next: PairingPlace) {
        var window = window
        event(&window)
        return (label, PairingPlace(window: window))
    }

    /// Those under way.
    private var runs: [PairingWindow.Run] {
        (0..<window.runsBegun).map { PairingWindow.Run(number: $0 + 1) }.filter {
            window.isRunning($0, at: Self.opened)
        }
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(window.runsBegun)
        hasher.combine(runs)
    }
}
