//! A dot plot as SVG: one line per program, one dot per interpreter, the axis in powers of two.

use std::fmt::Write;

const COLOURS: [&str; 8] = [
    "#c0392b", "#2471a3", "#1e8449", "#b7950b", "#6c3483", "#34495e", "#d35400", "#7f8c8d",
];
const LEFT: f64 = 150.0;
const RIGHT: f64 = 30.0;
const WIDTH: f64 = 900.0;
const ROW: f64 = 22.0;
const TOP: f64 = 70.0;

/// Draw `rows` of ratios; a missing value has no dot.
pub(crate) fn dots(title: &str, names: &[String], rows: &[(String, Vec<Option<f64>>)]) -> String {
    let values = rows.iter().flat_map(|(_, values)| values.iter().flatten());
    let (low, high) = values.fold((0.0f64, 0.0f64), |(low, high), value| {
        (low.min(value.log2()), high.max(value.log2()))
    });
    let (low, high) = (low.floor() - 0.2, high.ceil() + 0.2);
    let x = |log: f64| LEFT + (log - low) / (high - low) * (WIDTH - LEFT - RIGHT);
    let bottom = TOP + ROW * rows.len() as f64;
    let mut svg = String::new();
    let mut line = |text: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(svg, "{text}");
    };
    line(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{}\" font-family=\"sans-serif\" font-size=\"12\">",
        bottom + 30.0
    ));
    line("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>".to_owned());
    line(format!(
        "<text x=\"10\" y=\"22\" font-size=\"15\">{title}</text>"
    ));
    for (at, name) in names.iter().enumerate() {
        let left = 10.0 + 125.0 * at as f64;
        line(format!(
            "<circle cx=\"{left}\" cy=\"42\" r=\"5\" fill=\"{}\"/>",
            colour(at)
        ));
        line(format!("<text x=\"{}\" y=\"46\">{name}</text>", left + 9.0));
    }
    for power in low.ceil() as i32..=high.floor() as i32 {
        let at = x(f64::from(power));
        let shade = if power == 0 { "#555" } else { "#ddd" };
        line(format!(
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"{shade}\"/>"
        ));
        let label = if power < 0 {
            format!("1/{}", 1u64 << -power)
        } else {
            format!("{}", 1u64 << power)
        };
        line(format!(
            "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
            bottom + 16.0
        ));
    }
    for (at, (name, values)) in rows.iter().enumerate() {
        let middle = TOP + ROW * (at as f64 + 0.5);
        line(format!(
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            LEFT - 10.0,
            middle + 4.0
        ));
        for (peer, value) in values.iter().enumerate() {
            if let Some(value) = value {
                let centre = x(value.log2());
                line(format!(
                    "<circle cx=\"{centre:.1}\" cy=\"{middle:.1}\" r=\"5\" fill=\"{}\" fill-opacity=\"0.8\"/>",
                    colour(peer)
                ));
            }
        }
    }
    line("</svg>".to_owned());
    svg
}

fn colour(at: usize) -> &'static str {
    COLOURS[at % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_dot_and_every_row_a_name() {
        let names = ["a".to_owned(), "b".to_owned()];
        let svg = dots(
            "t",
            &names,
            &[
                ("p".to_owned(), vec![Some(1.0), Some(4.0)]),
                ("q".to_owned(), vec![None, Some(0.25)]),
            ],
        );
        assert_eq!(svg.matches("<circle").count(), 2 + 3);
        assert!(
            svg.contains(">p</text>") && svg.contains(">q</text>") && svg.contains(">1/4</text>")
        );
    }
}
