use crate::run::Outcome;
pub(crate) fn write() -> Outcome {
    Ok(())
}
