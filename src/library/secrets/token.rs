//! Tokens that begin as their issuer writes them.

/// What the characters after a prefix may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Alphabet {
    /// Letters and digits.
    Base62,
    /// Letters, digits, `_` and `-`.
    Word,
    /// Hexadecimal digits.
    Hex,
    /// Capital letters and digits.
    Capitals,
    /// Letters, digits, `_`, `-`, `.`, `=`, `+`, `/` and `~`.
    Wide,
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Alphabet::Base62 => byte.is_ascii_alphanumeric(),
            Alphabet::Word => byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-',
            Alphabet::Hex => byte.is_ascii_hexdigit(),
            Alphabet::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Alphabet::Wide => byte.is_ascii_alphanumeric() || b"_-.=+/~".contains(&byte),
        }
    }
}

/// The tokens of one issuer.
#[derive(Debug)]
pub(super) struct Token {
    pub rule: &'static str,
    /// What it opens, for readers.
    pub what: &'static str,
    pub prefixes: &'static [&'static str],
    pub alphabet: Alphabet,
    /// The fewest and the most characters after the prefix.
    pub length: (usize, usize),
}

const fn token(
    rule: &'static str,
    what: &'static str,
    prefixes: &'static [&'static str],
    alphabet: Alphabet,
    length: (usize, usize),
) -> Token {
    Token { rule, what, prefixes, alphabet, length }
}

use Alphabet::{Base62, Capitals, Hex, Wide, Word};

/// Longer prefixes win over those they begin with.
pub(super) const TOKENS: &[Token] = &[
    token("aws_access_key", "Amazon Web Services", &["AKIA", "ASIA", "ABIA", "ACCA"], Capitals, (16, 16)),
    token("gcp_api_key", "Google Cloud, Firebase, Gemini", &["AIza"], Word, (35, 35)),
    token("gcp_oauth", "Google: client secret or access token", &["GOCSPX-", "ya29."], Word, (20, 400)),
    token("github_token", "GitHub", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], Base62, (36, 255)),
    token("github_token", "GitHub", &["github_pat_"], Word, (40, 255)),
    token(
        "gitlab_token",
        "GitLab",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glft-", "glimt-", "glagent-", "gloas-"],
        Word,
        (20, 255),
    ),
    token(
        "slack_token",
        "Slack",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xapp-"],
        Word,
        (20, 400),
    ),
    token(
        "slack_webhook",
        "Slack: address that posts to a channel",
        &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"],
        Wide,
        (30, 200),
    ),
    token(
        "discord_webhook",
        "Discord: address that posts to a channel",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        Wide,
        (60, 200),
    ),
    token(
        "stripe_key",
        "Stripe, Clerk, Paystack",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        Base62,
        (16, 255),
    ),
    token(
        "openai_key",
        "OpenAI and services that write keys as it does",
        &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"],
        Word,
        (20, 255),
    ),
    token("openai_key", "OpenAI and services that write keys as it does", &["sk-"], Base62, (32, 100)),
    token("anthropic_key", "Anthropic", &["sk-ant-"], Word, (32, 255)),
    token("openrouter_key", "OpenRouter", &["sk-or-v1-", "sk-or-"], Hex, (32, 128)),
    token("huggingface_token", "Hugging Face", &["hf_", "api_org_"], Base62, (30, 64)),
    token("groq_key", "Groq", &["gsk_"], Base62, (40, 80)),
    token("replicate_token", "Replicate", &["r8_"], Base62, (32, 64)),
    token("perplexity_key", "Perplexity", &["pplx-"], Base62, (40, 80)),
    token("xai_key", "xAI", &["xai-"], Base62, (60, 120)),
    token("langsmith_key", "LangSmith", &["lsv2_pt_", "lsv2_sk_"], Word, (32, 64)),
    token("npm_token", "npm", &["npm_"], Base62, (36, 36)),
    token("pypi_token", "PyPI", &["pypi-AgE"], Word, (50, 1000)),
    token("rubygems_token", "RubyGems", &["rubygems_"], Hex, (48, 48)),
    token("nuget_key", "NuGet", &["oy2"], Base62, (43, 43)),
    token("crates_io_token", "crates.io", &["cio"], Base62, (32, 32)),
    token("docker_token", "Docker Hub", &["dckr_pat_", "dckr_oat_"], Word, (24, 64)),
    token("twilio_key", "Twilio", &["SK"], Hex, (32, 32)),
    token("sendgrid_key", "SendGrid", &["SG."], Wide, (60, 72)),
    token("mailgun_key", "Mailgun", &["key-"], Hex, (32, 32)),
    token("brevo_key", "Brevo", &["xkeysib-", "xsmtpsib-"], Word, (70, 90)),
    token("digitalocean_token", "DigitalOcean", &["dop_v1_", "doo_v1_", "dor_v1_"], Hex, (64, 64)),
    token("shopify_token", "Shopify", &["shpat_", "shpca_", "shppa_", "shpss_"], Hex, (32, 32)),
    token("square_token", "Square", &["sq0atp-", "sq0csp-", "EAAAE"], Word, (22, 64)),
    token("databricks_token", "Databricks", &["dapi"], Hex, (32, 32)),
    token("atlassian_token", "Atlassian, Bitbucket", &["ATATT3", "ATCTT3", "ATBB"], Wide, (28, 255)),
    token("linear_key", "Linear", &["lin_api_", "lin_oauth_"], Base62, (40, 64)),
    token("notion_token", "Notion", &["ntn_"], Base62, (40, 50)),
    token("postman_key", "Postman", &["PMAK-"], Word, (50, 64)),
    token("new_relic_key", "New Relic", &["NRAK-", "NRAA-", "NRJS-"], Base62, (19, 40)),
    token("grafana_token", "Grafana", &["glsa_", "glc_"], Wide, (32, 400)),
    token("sentry_token", "Sentry", &["sntrys_", "sntryu_"], Wide, (40, 400)),
    token("hashicorp_token", "HashiCorp Vault", &["hvs.", "hvb.", "hvr."], Word, (24, 300)),
    token("doppler_token", "Doppler", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa."], Wide, (40, 64)),
    token("pulumi_token", "Pulumi", &["pul-"], Hex, (40, 40)),
    token("planetscale_token", "PlanetScale", &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], Word, (32, 64)),
    token("supabase_token", "Supabase", &["sbp_", "sb_secret_"], Word, (30, 64)),
    token("figma_token", "Figma", &["figd_"], Word, (40, 60)),
    token("dropbox_token", "Dropbox", &["sl.u.", "sl.B", "sl.A"], Word, (100, 2000)),
    token("facebook_token", "Facebook", &["EAACEdEose0cBA", "EAAB", "EAAG"], Base62, (60, 300)),
    token("age_secret_key", "age: private key", &["AGE-SECRET-KEY-1"], Capitals, (58, 58)),
    token("onepassword_token", "1Password service account", &["ops_eyJ"], Wide, (200, 2000)),
    token("sonarqube_token", "SonarQube", &["sqp_", "squ_", "sqa_"], Hex, (40, 40)),
    token("netlify_token", "Netlify", &["nfp_"], Base62, (36, 40)),
    token("circleci_token", "CircleCI", &["CCIPAT_"], Word, (40, 100)),
    token("buildkite_token", "Buildkite", &["bkua_"], Hex, (40, 40)),
    token("razorpay_key", "Razorpay", &["rzp_live_"], Base62, (14, 20)),
    token("flutterwave_key", "Flutterwave", &["FLWSECK-", "FLWSECK_TEST-"], Wide, (30, 64)),
    token("azure_storage_key", "Azure storage", &["AccountKey="], Wide, (86, 90)),
];

/// The fewest characters of a group but the last one, and the most between two.
const SHORTEST_GROUP: usize = 4;
const WIDEST_GAP: usize = 3;
/// Prefixes of fewer characters stand before words, too.
const CERTAIN: usize = 4;

impl Token {
    /// Whether what begins with one of its prefixes is hardly anything else.
    pub(super) fn is_certain(&self) -> bool {
        self.prefixes.iter().all(|prefix| prefix.len() >= CERTAIN) && self.rule != "mailgun_key"
    }

    /// The end of the token whose prefix ends at `from`; none if what follows isn't one.
    pub(super) fn end(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let length = bytes[from..].iter().take(self.length.1 + 1).take_while(|&&byte| self.alphabet.has(byte)).count();
        let trimmed = if self.alphabet == Wide {
            bytes[from..from + length].iter().rev().take_while(|&&byte| byte == b'.').count()
        } else {
            0
        };
        let length = length - trimmed;
        ((self.length.0..=self.length.1).contains(&length)).then_some(from + length)
    }
    /// The end of a token in several groups, whose prefix ends at `from`, and what of it stands behind the prefix; a blank or the end of a line parts
    /// two groups. None if what follows isn't one for certain: a prefix may stand before words, too.
    pub(super) fn end_in_groups(&self, bytes: &[u8], from: usize) -> Option<(usize, String)> {
        let (fewest, most) = self.length;
        let (mut body, mut at) = (String::with_capacity(fewest), from);
        let (mut groups, mut numbered) = (0, 0);
        let gap = |at: usize| bytes[at..].iter().take(WIDEST_GAP).take_while(|byte| b" \r\n\t".contains(byte)).count();
        // The prefix may be a group by itself.
        groups += usize::from(gap(at) > 0);
        numbered += groups;
        at += gap(at);
        loop {
            let room = most + 1 - body.len().min(most);
            let group = bytes[at..].iter().take(room).take_while(|byte| self.alphabet.has(**byte)).count();
            if group < SHORTEST_GROUP && body.len() + group < fewest || body.len() + group > most {
                return None;
            }
            let group = &bytes[at..at + group];
            groups += 1;
            numbered += usize::from(group.iter().any(u8::is_ascii_digit));
            body.extend(group.iter().copied().map(char::from));
            at += group.len();
            if body.len() >= fewest {
                break;
            }
            match gap(at) {
                0 => return None,
                width => at += width,
            }
        }
        // Words of small letters have no digits; in capitals there are few words at all.
        let is_certain = if self.alphabet == Capitals {
            body.bytes().any(|byte| byte.is_ascii_digit())
        } else {
            numbered * 3 >= groups * 2
        };
        (groups > 1 && is_certain).then_some((at, body))
    }
}
