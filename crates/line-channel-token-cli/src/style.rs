//! What is coloured, and how. Escapes are written everywhere, and stripped by what writes to no terminal.

use clap::builder::styling::{AnsiColor, Style, Styles};

/// `error:`.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// `hint:`.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What may become a problem.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What is over a group of lines.
pub(crate) const HEADING: Style = Style::new().bold();

/// The same for clap's help and errors.
pub(crate) const HELP: Styles = Styles::styled()
    .header(HEADING.underline())
    .usage(HEADING.underline())
    .error(ERROR)
    .valid(GOOD)
    .invalid(WARNING)
    .literal(AnsiColor::Cyan.on_default());
