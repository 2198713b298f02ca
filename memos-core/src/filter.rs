//! The filter language.
/// placeholder while the module is being written
#[derive(Clone, Debug, PartialEq)]
pub struct Filter;
