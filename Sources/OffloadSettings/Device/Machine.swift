#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the defaults take from the machine.
package struct Machine: Sendable, Equatable {
    package enum Platform: Sendable, Equatable {
        case linux
        case macOS
    }

    package let platform: Platform
    package let hostName: String
    /// The home folder by the user database; `HOME` in the environment goes before it.
    package let homeFolder: String

    package init(platform: Platform, hostName: String, homeFolder: String) {
        self.platform = platform
        self.hostName = hostName
        self.homeFolder = homeFolder
    }

    /// The machine that this program runs on.
    package static func current() -> Machine {
        #if os(macOS)
        let platform = Platform.macOS
        #else
        let platform = Platform.linux
        #endif
        return Machine(
            platform: platform, hostName: ProcessInfo.processInfo.hostName,
            homeFolder: FileManager.default.homeDirectoryForCurrentUser.path)
    }

    /// Where data belongs on this platform: by XDG on Linux, in Application Support on macOS.
    func defaultDataFolder(environment: [String: String]) -> String {
        let home = Self.absolute(environment["HOME"]) ?? homeFolder
        switch platform {
        case .macOS:
            return FilePath.join(home, "Library/Application Support/Offload")
        case .linux:
            // The XDG specification wants a relative path to be ignored.
            let data = Self.absolute(environment["XDG_DATA_HOME"]) ?? FilePath.join(home, ".local/share")
            return FilePath.join(data, "offload")
        }
    }

    /// The host name, made fit to be a device name whatever an administrator chose.
    var defaultDeviceName: String {
        var name = String.UnicodeScalarView()
        name.append(contentsOf: hostName.unicodeScalars.filter(ShownText.isPlain))
        let fitting = String(String(name).prefix(DeviceName.largestLength))
        return DeviceName.accepts(fitting) ? fitting : "device"
    }

    private static func absolute(_ path: String?) -> String? {
        guard let path, path.hasPrefix("/") else { return nil }
        return path
    }
}

/// The rule for names of devices.
enum DeviceName {
    static let largestLength = 64

    static func accepts(_ name: String) -> Bool {
        (1...largestLength).contains(name.count)
            // A character may be built of any number of scalars; the bytes need a bound of their own.
            && name.utf8.count <= largestLength * 4
            && name.unicodeScalars.allSatisfy(ShownText.isPlain)
            && name.contains { !$0.isWhitespace }
    }
}
