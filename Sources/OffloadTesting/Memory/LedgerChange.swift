package import OffloadDomain

/// One write that a transaction made, so that each can be judged, also the ones that a later write of the same
/// transaction hides.
package enum LedgerChange: Sendable {
    case project(Project)
    case idea(from: Idea?, to: Idea)
    case ideaRemoved(Idea)
    case requirement(Requirement)
    case task(from: OffloadTask?, to: OffloadTask)
    case attempt(from: Attempt?, to: Attempt)
    case result(from: TaskResult?, to: TaskResult)
    case batch(from: Batch, to: Batch)
    case event(BridgeEvent, position: Int64)
    case pruned(count: Int)
}
