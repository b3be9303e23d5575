//! What an image said, beside what is said on a server.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use similar::TextDiff;

use super::image::Image;

/// What the scenario of the tests says everywhere.
const SCENARIO: &str = "tests/scenario/expected.txt";
/// What the other parts of the program say on every board.
const PARTS: &str = "firmware/expected.txt";
/// Where the part begins that differs between boards.
const FIGURES: &str = "figures\n";

/// How many bytes something took, by its name.
pub type Figures = Vec<(String, u64)>;

/// Compares all but the figures, byte by byte; gives the figures.
pub fn compare(root: &Path, image: &Image, said: &str) -> Result<Figures> {
    let read =
        |path: &str| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    let scenario = read(SCENARIO)?;
    let (said, figures) = match said.split_once(FIGURES) {
        Some((said, figures)) => (said, read_figures(figures)?),
        None => (said, Vec::new()),
    };
    let expected = if image.is_whole() {
        steps(&scenario, |verb| !verb.starts_with('!')) + &read(PARTS)?
    } else {
        let begin = scenario.split_once("\nrequest ").map_or(&*scenario, |(begin, _)| begin);
        steps(&format!("{begin}\n"), |step| !step.starts_with('!') && !step.starts_with("plugin echo "))
    };
    let difference =
        TextDiff::from_lines(&*expected, said).unified_diff().header("expected", "said").to_string();
    ensure!(
        difference.is_empty(),
        "{} on {} says something else:\n{difference}",
        image.name,
        image.board.name
    );
    Ok(figures)
}

/// The steps of a transcript that are wanted, each with what it says.
fn steps(transcript: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut want = true;
    let mut kept = String::new();
    for line in transcript.split_inclusive('\n') {
        if !line.starts_with(' ') {
            want = wanted(line);
        }
        if want {
            kept.push_str(line);
        }
    }
    kept
}

fn read_figures(text: &str) -> Result<Figures> {
    let figure = |line: &str| {
        let (name, bytes) = line.trim().split_once(": ").context("no figure")?;
        Ok((name.to_owned(), bytes.parse().with_context(|| format!("{line:?} is no figure"))?))
    };
    text.lines().map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_are_not_wanted_go_with_what_they_say() {
        let kept =
            steps("one\n    OK\n!two\n    E_IO\n    more\nthree\n    OK\n", |step| !step.starts_with('!'));
        assert_eq!(kept, "one\n    OK\nthree\n    OK\n");
    }

    #[test]
    fn figures_are_numbers_with_names() {
        let figures = read_figures("    region: 12\n    stack, start: 345\n").unwrap();
        assert_eq!(figures, [("region".to_owned(), 12), ("stack, start".to_owned(), 345)]);
        assert!(read_figures("    stack, start: E_STATE\n").is_err());
    }
}
