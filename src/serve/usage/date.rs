//! Days and months, as budgets know them: those of UTC.

use std::time::{Duration, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// A day, and the month that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    /// Since 1 January 1970.
    pub day: u32,
    /// Since January of the year 0.
    pub month: u32,
    day_of_month: u32,
    /// Seconds that are over of the day.
    seconds: u64,
}

/// A day or a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Day,
    Month,
}

impl Date {
    pub(super) fn today() -> Self {
        Self::at(UNIX_EPOCH.elapsed().unwrap_or_default())
    }

    /// The date at so much Unix time. The calendar is that of Howard Hinnant's `civil_from_days`: years begin in March, so that a leap day
    /// is the last one.
    pub(super) fn at(time: Duration) -> Self {
        let (day, seconds) = (time.as_secs() / DAY, time.as_secs() % DAY);
        let shifted = day + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
        let months = (era * 400 + year_of_era) * 12 + from_march + 2;
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self { day: narrow(day), month: narrow(months), day_of_month: narrow(day_of_month), seconds }
    }

    /// `2026-05-01`, or `2026-05`.
    pub(super) fn name(&self, span: Span) -> String {
        match span {
            Span::Day => format!("{}-{:02}", month_name(self.month), self.day_of_month),
            Span::Month => month_name(self.month),
        }
    }

    /// How long it is until the next one.
    pub(super) fn left(&self, span: Span) -> Duration {
        let days = match span {
            Span::Day => 1,
            Span::Month => {
                let mut next = self.day + 1;
                while Self::at(Duration::from_secs(u64::from(next) * DAY)).month == self.month {
                    next += 1;
                }
                u64::from(next - self.day)
            }
        };
        Duration::from_secs(days * DAY - self.seconds)
    }

    /// The day so many days before.
    pub(super) fn before(&self, days: u32) -> Self {
        Self::at(Duration::from_secs(u64::from(self.day.saturating_sub(days)) * DAY))
    }
}

fn month_name(month: u32) -> String {
    format!("{:04}-{:02}", month / 12, month % 12 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, name, hours_left) in [
            (0, "1970-01-01", 31 * 24),
            (951_782_400, "2000-02-29", 24),
            (951_868_800, "2000-03-01", 31 * 24),
            (1_704_067_199, "2023-12-31", 0),
            (1_704_067_200, "2024-01-01", 31 * 24),
            (1_709_164_800, "2024-02-29", 24),
            (1_772_323_200, "2026-03-01", 31 * 24),
            (4_107_542_400, "2100-03-01", 31 * 24),
        ] {
            let date = Date::at(Duration::from_secs(seconds));
            assert_eq!(date.name(Span::Day), name);
            assert_eq!(date.name(Span::Month), name[..7]);
            assert_eq!(date.left(Span::Month).as_secs() / 3600, hours_left, "{name}");
        }
        assert_eq!(Date::at(Duration::from_secs(86_399)).left(Span::Day), Duration::from_secs(1));
    }
}
