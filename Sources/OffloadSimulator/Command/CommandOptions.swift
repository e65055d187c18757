/// The command line.
struct CommandOptions: Sendable, Equatable {
    var seeds = 1_000
    var first: UInt64 = 1
    var steps = 200
    var isFleet = false
    var fault: String?
    var showsTrace = false
    var showsHelp = false

    /// Something on the command line that cannot be taken.
    struct Problem: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    init() {}

    /// - Parameter arguments: without the program's name.
    init(_ arguments: [String]) throws(Problem) {
        var rest = arguments[...]
        isFleet = arguments.contains("--fleet")
        while let option = rest.popFirst() {
            switch option {
            case "--seeds": seeds = try Self.number(option, rest.popFirst(), 1...100_000_000)
            case "--first": first = try Self.seed(option, rest.popFirst())
            case "--steps": steps = try Self.number(option, rest.popFirst(), 1...1_000_000)
            case "--fleet": break
            case "--fault": fault = try fault(option, rest.popFirst())
            case "--trace": showsTrace = true
            case "--help", "-h": showsHelp = true
            default: throw Problem(description: "unknown option \(option)")
            }
        }
    }

    private static func number(_ option: String, _ text: String?, _ range: ClosedRange<Int>) throws(Problem) -> Int {
        guard let text, let number = Int(text), range.contains(number) else {
            throw Problem(description: "\(option) takes a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func seed(_ option: String, _ text: String?) throws(Problem) -> UInt64 {
        guard let text, let number = UInt64(text) else {
            throw Problem(description: "\(option) takes a number from 0 to \(UInt64.max)")
        }
        return number
    }

    private func fault(_ option: String, _ text: String?) throws(Problem) -> String {
        let names = isFleet ? FleetFault.allCases.map(\.rawValue) : PlantedFault.allCases.map(\.rawValue)
        guard let text, names.contains(text) else {
            throw Problem(description: "\(option) takes one of \(names.joined(separator: ", "))")
        }
        return text
    }

    var world: World {
        isFleet
            ? .fleet(fault.flatMap(FleetFault.init(rawValue:))) : .device(fault.flatMap(PlantedFault.init(rawValue:)))
    }

    /// The arguments that examine one seed again.
    func repeating(_ seed: UInt64) -> String {
        var words = ["--seeds 1 --first \(seed) --steps \(steps)"]
        if isFleet { words.append("--fleet") }
        if let fault { words.append("--fault \(fault)") }
        return (words + ["--trace"]).joined(separator: " ")
    }

    static var help: String {
        let faults = list(PlantedFault.allCases.map { ($0.rawValue, $0.meaning) })
        let fleetFaults = list(FleetFault.allCases.map { ($0.rawValue, $0.meaning) })
        return """
            Runs the device's own decisions through simulated days full of crashes, and checks after every step what \
            must always hold.

              --seeds <number>   how many seeds (1000)
              --first <seed>     the first of them (1)
              --steps <number>   steps with faults per seed, before the world calms down (200)
              --trace            print what happens
              --fleet            a source and two to five targets, with a network that loses and repeats
              --fault <name>     make a mistake on purpose, to see that it is found; of one device:
            \(faults)
                                 and with --fleet:
            \(fleetFaults)
            """
    }

    private static func list(_ faults: [(name: String, meaning: String)]) -> String {
        let width = faults.map(\.name.count).max() ?? 0
        return faults.map { name, meaning in
            "      \(name)\(String(repeating: " ", count: width - name.count))  \(meaning)"
        }.joined(separator: "\n")
    }
}
