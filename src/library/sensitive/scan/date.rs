//! Dates, and those that a birth is near to.

use super::super::checksum::date;
use super::Hit;
use regex::Regex;
use std::sync::LazyLock;

/// Points in time, dates in numbers, dates with the month in words.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let month = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre)";
    let pattern = format!(
        r"(?i)(?P<stamp>[0-9]{{4}}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{1,9}})?)?(?:Z|[+-][0-2][0-9]:?[0-5][0-9])?)|(?P<a>[0-9]{{1,4}})(?P<joint>[/.-])(?P<b>[0-9]{{1,2}})(?:(?P<again>[/.-])(?P<c>[0-9]{{2,4}}))?|(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?[ -](?:of |de )?{month}\b\.?(?:,?[ -](?:de |del )?(?P<year>[0-9]{{4}}|[0-9]{{2}}\b))?|\b{month}\.?(?: (?P<day2>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year2>[0-9]{{4}}))?|-(?P<year3>[0-9]{{4}}|[0-9]{{2}}))|[0-9]{{4}}年[0-9]{{1,2}}月[0-9]{{1,2}}日"
    );
    Regex::new(&pattern).expect("the form of dates can be compiled, as a test holds")
});

/// Dates as `DATE_TIME` and, those with a year, as `DATE_OF_BIRTH`, which without words of birth near it is unlikely.
pub(in super::super) fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for found in DATE.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        let (start, end) = (whole.start(), whole.end());
        let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse::<u64>().ok());
        let cut = |at: Option<&u8>, further: Option<&u8>| {
            at.is_some_and(|byte| b"/.-".contains(byte)) && further.is_some_and(u8::is_ascii_digit)
        };
        let before = start.checked_sub(1).map(|at| &bytes[at]);
        let beyond = start.checked_sub(2).map(|at| &bytes[at]);
        if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            || bytes.get(end).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_')
            || cut(before, beyond)
            || cut(bytes.get(end), bytes.get(end + 1))
        {
            continue;
        }
        let (score, year) = if let (Some(a), Some(b)) = (number("a"), number("b")) {
            let joint = found.name("joint").map_or("", |joint| joint.as_str());
            match number("c") {
                Some(c) if found.name("again").is_some_and(|again| again.as_str() == joint) => {
                    let long = found.name("a").is_some_and(|a| a.len() == 4);
                    let length = found.name("c").map_or(0, |c| c.len());
                    let day = if long {
                        length == 2 && date(a, b, c)
                    } else {
                        matches!(length, 2 | 4)
                            && found.name("a").is_some_and(|a| a.len() < 3)
                            && (date(c, a, b) || date(c, b, a))
                    };
                    if !day {
                        continue;
                    }
                    (0.6, true)
                }
                None if joint == "/"
                    && found.name("a").is_some_and(|a| a.len() < 3)
                    && found.name("b").is_some_and(|b| b.len() == 2)
                    && (1..=12).contains(&a) =>
                {
                    (0.2, false)
                }
                _ => continue,
            }
        } else if found.name("stamp").is_some() {
            (0.8, true)
        } else if number("day").or(number("day2")).is_some_and(|day| !(1..=31).contains(&day)) {
            continue;
        } else {
            (
                0.6,
                ["year", "year2", "year3"].iter().any(|year| found.name(year).is_some())
                    || whole.as_str().contains('年'),
            )
        };
        hits.push(Hit::new("DATE_TIME", start..end, score));
        if year {
            hits.push(Hit::new("DATE_OF_BIRTH", start..end, 0.15));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        let found = |text: &str| {
            let mut hits = Vec::new();
            find(text, &mut hits);
            hits.iter()
                .filter(|hit| hit.entity == "DATE_TIME")
                .map(|hit| text[hit.range.clone()].to_owned())
                .collect::<Vec<_>>()
        };
        for date in [
            "1985-04-12",
            "12/04/1985",
            "12.4.85",
            "4 July 1985",
            "July 4th, 1985",
            "12-JAN-2020",
            "JAN-2020",
            "5/21",
            "2024-03-15T14:30Z",
            "3. März 1990",
        ] {
            assert_eq!(found(&format!("on {date}, say")), [date]);
        }
        for text in ["1985-14-12", "32/13/1985", "1.2.3.4", "12/345", "10.0.0.1", "99 July"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
