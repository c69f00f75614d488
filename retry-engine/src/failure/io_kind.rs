//! The class of an `io::Error` by its `ErrorKind`.

use std::io::{self, ErrorKind};

use super::class::{Class, Kind};
use super::describe::written;

/// The class of an I/O error without its inner error; `None` when the `ErrorKind` determines none.
#[inline]
pub(super) fn of_io(error: &io::Error) -> Option<Class> {
    of_io_kind(error.kind()).or_else(|| of_name_lookup(error)).map(Class::new)
}

/// The kinds with a class.
pub(super) const CLASSIFIED: [ErrorKind; 37] = {
    use ErrorKind::*;
    [
        ConnectionRefused,
        NotConnected,
        AddrNotAvailable,
        AddrInUse,
        HostUnreachable,
        NetworkUnreachable,
        NetworkDown,
        WouldBlock,
        Interrupted,
        ResourceBusy,
        Deadlock,
        ExecutableFileBusy,
        TimedOut,
        ConnectionReset,
        ConnectionAborted,
        BrokenPipe,
        UnexpectedEof,
        WriteZero,
        NotFound,
        PermissionDenied,
        AlreadyExists,
        NotADirectory,
        IsADirectory,
        DirectoryNotEmpty,
        ReadOnlyFilesystem,
        StaleNetworkFileHandle,
        InvalidInput,
        InvalidData,
        StorageFull,
        NotSeekable,
        QuotaExceeded,
        FileTooLarge,
        CrossesDevices,
        TooManyLinks,
        ArgumentListTooLong,
        Unsupported,
        OutOfMemory,
    ]
};

#[inline]
fn of_io_kind(kind: ErrorKind) -> Option<Kind> {
    Some(match kind {
        ErrorKind::ConnectionRefused
        | ErrorKind::NotConnected
        | ErrorKind::AddrNotAvailable
        | ErrorKind::AddrInUse
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::WouldBlock
        | ErrorKind::Interrupted
        | ErrorKind::ResourceBusy
        | ErrorKind::Deadlock
        | ErrorKind::ExecutableFileBusy => Kind::Transient,

        ErrorKind::TimedOut
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::WriteZero => Kind::Ambiguous,

        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::AlreadyExists
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::DirectoryNotEmpty
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::StaleNetworkFileHandle
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidData
        | ErrorKind::StorageFull
        | ErrorKind::NotSeekable
        | ErrorKind::QuotaExceeded
        | ErrorKind::FileTooLarge
        | ErrorKind::CrossesDevices
        | ErrorKind::TooManyLinks
        | ErrorKind::ArgumentListTooLong
        | ErrorKind::Unsupported
        | ErrorKind::OutOfMemory => Kind::Permanent,

        // `Other`, and kinds that are unstable, uncategorized or newer than this list.
        _ => return None,
    })
}

/// The standard library gives a failed `getaddrinfo` no kind, only the text of `gai_strerror`. For `EAI_AGAIN` the
/// text is "Temporary failure in name resolution" (glibc, BSD) or "Try again" (musl).
#[inline]
fn of_name_lookup(error: &io::Error) -> Option<Kind> {
    let text = written("Display", format_args!("{}", error.get_ref()?));
    let reason = text.strip_prefix("failed to lookup address information: ")?;
    let again = reason.starts_with("Temporary failure") || reason.starts_with("Try again");
    again.then_some(Kind::Transient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_kind_has_a_class_and_is_listed_once() {
        for (i, kind) in CLASSIFIED.into_iter().enumerate() {
            assert!(of_io_kind(kind).is_some(), "{kind:?}");
            assert!(!CLASSIFIED[..i].contains(&kind), "{kind:?}");
        }
    }
}
