use super::*;

fn near(intent: &'static str, score: f32) -> Near<&'static str> {
    Near { intent, score, threshold: 0.5 }
}

fn topics(allowed: &[&'static str], denied: &[&'static str]) -> Topics<&'static str> {
    Topics { allowed: allowed.to_vec(), denied: denied.to_vec(), off_topic_passes: false }
}

#[test]
fn texts_are_about_what_is_near() {
    let (both, only_denied) = (topics(&["orders", "greeting"], &["politics"]), topics(&[], &["politics"]));
    for (topics, meant, candidates, passes) in [
        (&both, Some("orders"), &[near("orders", 0.9)][..], true),
        (&both, Some("politics"), &[near("politics", 0.9)], false),
        // Both at once.
        (&both, Some("orders"), &[near("orders", 0.9), near("politics", 0.6)], false),
        (&both, Some("orders"), &[near("orders", 0.9), near("politics", 0.4)], true),
        // Another intent of the flows, and none.
        (&both, Some("weather"), &[near("weather", 0.9), near("orders", 0.6)], false),
        (&both, None, &[near("orders", 0.3)], false),
        (&both, None, &[], false),
        // A judge that chose what no candidate was.
        (&both, Some("politics"), &[near("orders", 0.4)], false),
        (&only_denied, None, &[], true),
        (&only_denied, Some("weather"), &[near("weather", 0.9)], true),
        (&only_denied, Some("weather"), &[near("weather", 0.9), near("politics", 0.5)], false),
        (&only_denied, None, &[near("politics", 0.49)], true),
    ] {
        let about = topics.about(meant, candidates);
        assert_eq!(topics.passes(&about), passes, "{meant:?} {candidates:?}: {about:?}");
    }
}

#[test]
fn off_topic_says_what_was_nearest() {
    let topics = Topics { off_topic_passes: true, ..topics(&["orders"], &[]) };
    let about = topics.about(None, &[near("weather", 0.4), near("orders", 0.2)]);
    assert_eq!(about, About::Off(Some(near("orders", 0.2))));
    assert!(topics.passes(&about));
}
