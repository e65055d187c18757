/// What kind of a simulation a seed makes: quiet or full of crashes, one lane or many. Drawn once per seed, because a
/// mean of everything at once never meets what happens only in extremes.
struct Temperament: Sendable {
    let lanes: Int
    let projects: Int
    /// The following are weights of moves, beside about 30 for one part of the device's own work.
    let people: Int
    let messengers: Int
    /// The following happen so many times in a thousand.
    let crashes: Int
    let stops: Int
    let fullDisk: Int
    let agentTrouble: Int
    let stubborn: Int
    /// How often a device goes on at once with the next part of its work, where something else might come between.
    let haste: Int

    init(random: inout SplitMix64) {
        lanes = random.within(1...4)
        projects = random.within(1...3)
        people = random.pick([4, 10, 20]) ?? 10
        crashes = random.pick([0, 3, 10, 20, 50]) ?? 10
        stops = random.pick([0, 0, 3, 10, 20]) ?? 3
        messengers = random.pick([0, 2, 6]) ?? 2
        fullDisk = random.pick([0, 0, 20, 150]) ?? 0
        agentTrouble = random.pick([50, 200, 500]) ?? 200
        stubborn = random.pick([0, 200, 600]) ?? 200
        haste = random.pick([200, 600, 900]) ?? 600
    }
}
