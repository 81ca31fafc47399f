//! Numbers as people read them.

/// More is not claimed: so small a probability says more about what the model leaves out than about the cluster.
const MOST_NINES: f64 = 9.0;

/// Nines, to a tenth that is cut off and not rounded.
pub fn nines(nines: Option<f64>) -> String {
    match nines {
        None => "∞".to_owned(),
        Some(n) if n > MOST_NINES => "> 9".to_owned(),
        Some(n) => format!("{:.1}", (n * 10.0).floor() / 10.0),
    }
}

/// The share of time in which something works, as a percentage with as many decimals as its nines deserve. Cut off, not
/// rounded: a page never shows more than was reckoned.
pub fn percent(availability: f64, nines: Option<f64>) -> String {
    let Some(nines) = nines.filter(|n| n.is_finite()) else { return "100 %".to_owned() };
    if nines > MOST_NINES {
        return "> 99.9999999 %".to_owned();
    }
    let decimals = nines.ceil().max(2.0) as usize;
    let scale = 10_f64.powi(decimals as i32);
    format!("{:.decimals$} %", (availability * 100.0 * scale).floor() / scale)
}

/// Minutes, from fractions to months.
pub fn minutes(minutes: f64) -> String {
    match minutes {
        m if m <= 0.0 => "0".to_owned(),
        m if m < 0.01 => "< 0.01".to_owned(),
        m if m < 10.0 => format!("{m:.2}"),
        m if m < 100.0 => format!("{m:.1}"),
        m => grouped(&format!("{m:.0}")),
    }
}

/// Three significant digits; very small and very large ones with a power of ten.
pub fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0" } else { "∞" }.to_owned();
    }
    let exponent = value.abs().log10().floor() as i32;
    if (-3..4).contains(&exponent) {
        let decimals = usize::try_from(2 - exponent).unwrap_or(0);
        return format!("{value:.decimals$}");
    }
    let digits: String = exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0' => '⁰',
            d => char::from_u32(0x2070 + d.to_digit(10).unwrap_or(0)).unwrap_or(d),
        })
        .collect();
    format!("{:.2}×10{digits}", value / 10_f64.powi(exponent))
}

/// Milliseconds; from ten seconds on, seconds.
pub fn milliseconds(ms: f64) -> String {
    if ms < 10_000.0 { format!("{ms:.0} ms") } else { format!("{:.1} s", ms / 1000.0) }
}

/// Digits in groups of three, parted by narrow spaces that do not break.
pub fn grouped(digits: &str) -> String {
    let count = digits.chars().count();
    if count < 5 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return digits.to_owned();
    }
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (count - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_availability_is_never_shown_better_than_it_is() {
        assert_eq!(percent(0.99999, Some(5.0)), "99.99900 %");
        assert_eq!(percent(0.999_989_6, Some(4.98)), "99.99896 %");
        assert_eq!(percent(1.0, None), "100 %");
        assert_eq!((percent(1.0, Some(16.7)), nines(Some(16.7))), ("> 99.9999999 %".to_owned(), "> 9".to_owned()));
        assert_eq!(nines(Some(4.98)), "4.9");
        assert_eq!(percent(0.9, Some(1.0)), "90.00 %");
    }

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [0.0, 1.0, 0.01234, 123.4, 56_789.0, 0.000_012_34].map(significant);
        assert_eq!(shown, ["0", "1.00", "0.0123", "123", "5.68×10⁴", "1.23×10⁻⁵"]);
    }

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(["1234", "12345", "1234567"].map(grouped), ["1234", "12\u{202f}345", "1\u{202f}234\u{202f}567"]);
    }
}
