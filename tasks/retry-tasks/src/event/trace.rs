//! Events through `tracing`.

use retry_runtime::Kind;

use super::{Event, EventKind};
use crate::record::reason::FailReason;

impl Event {
    /// Emits the event: as a warning when a task has failed or an attempt was lost, else for debugging. The engine
    /// emits the other failures of attempts itself.
    pub(super) fn trace(&self) {
        let (attempt, reason, kind, error, delay) = match &self.kind {
            EventKind::Started { attempt } | EventKind::Lost { attempt } => {
                (Some(*attempt), None, None, None, None)
            }
            EventKind::Waiting { attempt, kind, error, delay } => {
                (Some(*attempt), None, *kind, Some(error.as_str()), Some(*delay))
            }
            EventKind::HeldBack { attempt, delay } => {
                (Some(*attempt), None, None, None, Some(*delay))
            }
            EventKind::Snoozed { delay } => (None, None, None, None, Some(*delay)),
            EventKind::Misfit { error } => (None, None, None, Some(error.as_str()), None),
            EventKind::Failed { reason, error } => {
                (None, Some(*reason), None, Some(error.as_str()), None)
            }
            _ => (None, None, None, None, None),
        };
        macro_rules! emit {
            ($level:ident) => {
                tracing::$level!(
                    target: "retry_tasks",
                    event = self.kind.name(),
                    task = %self.id,
                    site = self.name,
                    attempt,
                    reason = reason.map(FailReason::name),
                    kind = kind.map(Kind::name),
                    error,
                    delay_s = delay.map(|delay| delay.as_secs_f64()),
                )
            };
        }
        match &self.kind {
            EventKind::Failed { .. } | EventKind::Lost { .. } | EventKind::Misfit { .. } => {
                emit!(warn);
            }
            _ => emit!(debug),
        }
    }
}
