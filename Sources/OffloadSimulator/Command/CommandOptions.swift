/// The command line.
struct CommandOptions: Sendable, Equatable {
    var seeds = 1_000
    var first: UInt64 = 1
    var steps = 200
    var fault: PlantedFault?
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
        while let option = rest.popFirst() {
            switch option {
            case "--seeds": seeds = try Self.number(option, rest.popFirst(), 1...100_000_000)
            case "--first": first = try Self.seed(option, rest.popFirst())
            case "--steps": steps = try Self.number(option, rest.popFirst(), 1...1_000_000)
            case "--fault": fault = try Self.fault(option, rest.popFirst())
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

    private static func fault(_ option: String, _ text: String?) throws(Problem) -> PlantedFault {
        guard let text, let fault = PlantedFault(rawValue: text) else {
            let names = PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(description: "\(option) takes one of \(names)")
        }
        return fault
    }

    /// The arguments that examine one seed again.
    func repeating(_ seed: UInt64) -> String {
        var words = ["--seeds 1 --first \(seed) --steps \(steps)"]
        if let fault { words.append("--fault \(fault.rawValue)") }
        return (words + ["--trace"]).joined(separator: " ")
    }

    static var help: String {
        let width = PlantedFault.allCases.map(\.rawValue.count).max() ?? 0
        let faults = PlantedFault.allCases.map { fault in
            let padding = String(repeating: " ", count: width - fault.rawValue.count)
            return "      \(fault.rawValue)\(padding)  \(fault.meaning)"
        }
        return """
            Runs the device's own decisions through simulated days full of crashes, and checks after every step what \
            must always hold.

              --seeds <number>   how many seeds (1000)
              --first <seed>     the first of them (1)
              --steps <number>   steps with faults per seed, before the world calms down (200)
              --trace            print what happens
              --fault <name>     make a mistake on purpose, to see that it is found:
            \(faults.joined(separator: "\n"))
            """
    }
}
