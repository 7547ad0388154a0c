# Habits. `just` lists them; every recipe is a plain cargo command.

default:
    @just --list

# Everything CI runs.
ci:
    .ci/run

# Tests only.
test *args:
    cargo test {{args}}

# Format and lint.
tidy:
    cargo fmt
    cargo clippy --all-targets -- -D warnings

# Rewrite the expected findings under tests/diagnostics; read the diff before you keep it.
bless:
    BLESS=1 cargo test --no-fail-fast --test diagnostics --test explanations || true
    INSTA_UPDATE=always cargo test
    git diff --stat tests src

# Figures: criterion, then whole processes.
bench:
    cargo bench
    benches/process.sh

# Talk to the support example.
chat *args:
    cargo run --release -- chat examples/support {{args}}
