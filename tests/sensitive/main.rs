//! Personal data and secrets: what is found and what is not, what is masked and put back, what settings can't be, and the figures of the page.

mod figures;
mod finding;
mod masking;
mod settings;

use rails::{Rails, RailsBuilder};

/// A builder over a folder that has nothing but this `config.yml`.
fn builder(config: &str) -> (tempfile::TempDir, RailsBuilder) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let builder = Rails::builder().path(folder.path());
    (folder, builder)
}

/// Rails that look for personal data in what the user says, with these settings below `sensitive_data_detection`, as one line of YAML.
fn detecting(settings: &str) -> Rails {
    let config = format!(
        "rails:\n  input: {{flows: [detect sensitive data on input]}}\n  config:\n    sensitive_data_detection: {settings}\n"
    );
    builder(&config).1.build().unwrap()
}
