//! What a terminal shows, as an SVG with the system's own fonts, in light and dark.

use anstyle_svg::Term;

/// The colours of the page on GitHub for those who prefer light; `anstyle-svg` draws in dark.
const LIGHT: &str = "\
    @media (prefers-color-scheme: light) {
      .fg { fill: #1F2328 }
      .bg { fill: #F6F8FA }
      .fg-black, .fg-white, .fg-bright-white { fill: #1F2328 }
      .fg-red, .fg-bright-red { fill: #B3261E }
      .fg-green, .fg-bright-green { fill: #116329 }
      .fg-yellow, .fg-bright-yellow { fill: #7D4E00 }
      .fg-blue, .fg-bright-blue { fill: #0550AE }
      .fg-magenta, .fg-bright-magenta { fill: #6639BA }
      .fg-cyan, .fg-bright-cyan { fill: #0B5A6B }
    }
";

/// The same for dark, with more contrast than the colours of a VGA card.
const DARK: [(&str, &str); 8] = [
    (".fg { fill: #AAAAAA }", ".fg { fill: #E6EDF3 }"),
    (".bg { fill: #000000 }", ".bg { fill: #0D1117 }"),
    (".fg-red { fill: #AA0000 }", ".fg-red { fill: #FF7B72 }"),
    (".fg-green { fill: #00AA00 }", ".fg-green { fill: #56D364 }"),
    (".fg-yellow { fill: #AA5500 }", ".fg-yellow { fill: #E3B341 }"),
    (".fg-blue { fill: #0000AA }", ".fg-blue { fill: #79C0FF }"),
    (".fg-cyan { fill: #00AAAA }", ".fg-cyan { fill: #76E3EA }"),
    (".dimmed { opacity: 0.4; }", ".dimmed { opacity: 0.8; }"),
];

/// A command as the session types it, with escapes.
pub(super) fn typed(command: &str) -> String {
    format!("\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m")
}

/// How a command stands in the picture.
pub(super) fn prompt(command: &str) -> String {
    format!("<tspan class=\"fg-green\">$</tspan><tspan> </tspan><tspan class=\"bold\">{}</tspan>", escaped(command))
}

/// The picture of what was printed.
pub(super) fn draw(printed: &str, commands: &[String]) -> String {
    let mut svg = Term::new().render_svg(printed.trim_end());
    for (from, to) in DARK {
        svg = svg.replace(from, to);
    }
    svg = svg.replacen("  </style>", &format!("{LIGHT}  </style>"), 1);
    // With a view box, a narrow page shows all of it.
    let number = |name: &str| {
        let rest = svg.split_once(&format!("{name}=\""))?.1;
        rest.split_once("px\"").map(|(number, _)| number.to_owned())
    };
    let (width, height) = (number("width").unwrap_or_default(), number("height").unwrap_or_default());
    let opening = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title description\" ");
    svg = svg.replacen("<svg ", &opening, 1);
    let description = escaped(&commands.join("; "));
    let texts = format!(
        "xmlns=\"http://www.w3.org/2000/svg\">\n  <title id=\"title\">line-channel-token in a terminal</title>\n  \
         <desc id=\"description\">The output of these commands, against the emulator: {description}</desc>"
    );
    svg.replacen("xmlns=\"http://www.w3.org/2000/svg\">", &texts, 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{draw, prompt, typed};

    #[test]
    fn a_command_is_found_in_the_picture() {
        let command = "a --b 'c' > d & e".to_owned();
        let svg = draw(&format!("{}\n\x1b[31mno\x1b[0m <b>\n", typed(&command)), std::slice::from_ref(&command));
        assert!(svg.contains(&prompt(&command)), "{svg}");
        assert!(svg.contains("&lt;b&gt;") && svg.contains(".fg-red { fill: #FF7B72 }"), "{svg}");
        assert!(svg.contains("viewBox=\"0 0 ") && svg.contains("<desc id=\"description\">"), "{svg}");
    }
}
