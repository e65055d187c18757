/// A text that must not appear in output, logs or error messages by accident.
package struct SecretText: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
