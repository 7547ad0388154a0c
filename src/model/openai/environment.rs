//! What the environment says.

/// What a variable of the environment holds, if it is set.
pub(super) type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of this process.
pub(super) fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The same without space around it; a variable that holds nothing else is not set.
pub(super) fn trimmed(variable: Variable<'_>) -> impl Fn(&str) -> Option<String> {
    move |name| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
