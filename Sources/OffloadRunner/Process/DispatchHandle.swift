/// Carries a Dispatch source between threads.
///
/// Sound because Dispatch's objects are made to be used from any thread; only Linux's declarations do not say so.
struct DispatchHandle<Source>: @unchecked Sendable {
    let source: Source
}
