//! What stands for a secret without being one.

/// Parts of examples and placeholders, in small letters.
const SIGNS: &[&str] = &[
    "example",
    "your",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "xxxx",
    "****",
    "....",
    "____",
    "dummy",
    "sample",
    "redacted",
    "insert",
    "replace",
    "todo",
    "fixme",
    "foobar",
    "notreal",
    "not-real",
    "not_real",
    "fake",
    "mysecret",
    "my_secret",
    "my-secret",
    "my_password",
    "my-password",
    "mypassword",
    "secret_here",
    "key_here",
    "key-here",
    "token_here",
    "goes_here",
    "goes-here",
    "${",
    "{{",
    "}}",
    "%s",
    "<",
    ">",
    "[...]",
    "…",
    "•••",
    "masked",
    "hidden",
    "undefined",
    "process.env",
    "os.environ",
    "getenv",
    "env(",
    "env.",
    "vault:",
    "secretref",
    "ssm:",
    "op://",
    "file:",
    "0123456789",
    "1234567890",
    "abcdefghij",
    "deadbeef",
    "aaaaaaa",
    "00000000",
];

/// Whole values that are no secrets.
const VALUES: &[&str] = &[
    "none",
    "null",
    "nil",
    "true",
    "false",
    "string",
    "str",
    "text",
    "optional",
    "required",
    "password",
    "passwd",
    "secret",
    "token",
    "key",
    "value",
    "undefined",
    "empty",
    "test",
    "xxx",
    "username",
    "user",
    "admin",
    "self",
    "this",
    "input",
    "bool",
    "bytes",
    "varchar",
    "incorrect",
    "invalid",
    "wrong",
    "missing",
    "expired",
    "forgotten",
    "reset",
    "correct",
    "valid",
];

/// Whether a value stands for a secret: an example of a manual, a variable, a mask, a word of a sentence.
pub(super) fn placeholder(value: &str) -> bool {
    let small = value.to_ascii_lowercase();
    let trimmed = small.trim_matches(|char: char| !char.is_alphanumeric());
    if VALUES.contains(&trimmed) || SIGNS.iter().any(|sign| small.contains(sign)) {
        return true;
    }
    if value.starts_with(['$', '%', '&', '@', '{', '(', '*', '.', '/'])
        && value.len() > 1
        && value[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.()[]{}'\"/".contains(&byte))
    {
        return true;
    }
    let mut seen = [false; 256];
    let distinct = value.bytes().filter(|&byte| !std::mem::replace(&mut seen[byte as usize], true)).count();
    distinct < 3 || (value.len() >= 16 && distinct < 6)
}
